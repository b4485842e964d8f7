"""Reading web pages: the same audit as of the text, the report without menus, tables, and pages that attack."""

from __future__ import annotations

from pathlib import Path

import pytest

from converted import ANJU, as_html, figures, gist
from helpers.audit import Audit, audit
from helpers.reading import html as reader
from helpers.reading.document import Document, Place, ReportError
from helpers.reading.read import read
from real_reports import audit_of

SITE = """<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>某网站</title>
<style>p {{color: red}}</style><script>var 决算 = "1.00万元";</script></head>
<body><header><a href="/">某区人民政府门户网站</a></header><nav><ul><li>2022年收入9.99万元</li></ul></nav>
<div class="wrap"><div class="side"><a href="/1">2021年度部门决算公开</a><br><a href="/2">一、政务公开</a></div>
<div class="article">{title}<div class="info">发布时间：2024-09-30　来源：财政局</div>
<div class="content">{main}</div></div></div>
<footer>主办单位：某区人民政府　备案号：12.00</footer></body></html>"""


def opened(body: str) -> Document:
    return read(f"<html><body>{body}</body></html>".encode(), "report.html")


def lines(body: str) -> list[str]:
    return list(opened(body).lines)


def cells(document: Document, table: int = 0) -> list[list[str]]:
    return [[cell.raw for cell in row] for row in document.tables[table].rows]


# ------------------------------------------------------------------------------------ the real report
def plain() -> Audit:
    return audit_of(ANJU)


def test_report_as_page_is_audited_as_its_text(tmp_path: Path) -> None:
    path = tmp_path / "anju.html"
    path.write_text(f"<html><meta charset=utf-8><body>{''.join(as_html())}</body></html>", "utf-8")
    found, same = audit(path), plain()
    assert gist(found) == gist(same)
    assert figures(found) == figures(same)
    assert [s.title for s in found.document.sections] == [s.title for s in same.document.sections]
    assert [[len(row) for row in table.rows] for table in found.document.tables] == [
        [len(row) for row in table.rows] for table in same.document.tables
    ]


def test_report_on_a_site_in_gbk_is_audited_as_its_text(tmp_path: Path) -> None:
    path = tmp_path / "anju.htm"
    site = SITE.format(title="", main="".join(as_html())).replace("utf-8", "gb2312")
    path.write_bytes(site.encode("gb18030"))
    assert gist(audit(path)) == gist(plain())


# ------------------------------------------------------------------------------------ decoding
PAGE = "<html><head>{meta}</head><body><p>收入合计，一百万元</p></body></html>"


@pytest.mark.parametrize(
    ("meta", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("", "gb18030"),
        ('<meta charset="utf-8">', "utf-8"),
        ("<META CHARSET=GBK>", "gb18030"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=gb2312">', "gb18030"),
        ('<meta charset="gb2312">', "utf-8-sig"),
        ('<meta charset="utf-8">', "gb18030"),
        ('<meta charset="rot13">', "utf-8"),
    ],
)
def test_page_is_decoded_by_its_mark_or_what_it_names_or_what_fits(meta: str, encoding: str) -> None:
    assert reader.read(PAGE.format(meta=meta).encode(encoding), "report.html").lines == (
        "收入合计，一百万元",
    )


def test_declaration_of_xml_and_characters_that_no_text_has_do_no_harm() -> None:
    content = (
        "<?xml version='1.0' encoding='gb2312'?><html><body><p>收\x00\x0b入&#11;&#xD800;</p></body></html>"
    )
    assert read(content.encode("gb18030"), "report.html").lines == ("收入\ufffd",)


# ------------------------------------------------------------------------------------ lines
def test_blocks_and_breaks_are_lines_and_blanks_collapse() -> None:
    assert lines(
        "前\n 文<div>甲 <b>乙</b>\n\n丙<p>丁<br>戊<br></p>己</div><p></p><p>&nbsp;</p><p><br></p>"
        "<ul><li>庚</li><li>　辛&nbsp;&nbsp;1</li></ul><pre>壬\n\n癸</pre><h2>子</h2>丑<!-- 寅 -->卯<hr>辰"
    ) == ["前 文", "甲 乙 丙", "丁", "戊", "己", "", "", "庚", "辛\xa0\xa01", "壬", "", "癸", "子", "丑卯", "辰"]  # fmt: skip


def test_numbered_lists_have_the_numbers_that_a_browser_shows() -> None:
    assert lines(
        "<ol><li>甲<ol type=A start=3><li>子</ol><li>乙<li value=7>丙<li>丁</ol>"
        "<ol style='list-style: none'><li>1.戊</ol><ul><li>己</ul>"
    ) == ["1.甲", "C.子", "2.乙", "7.丙", "8.丁", "1.戊", "己"]


def test_what_is_not_shown_is_not_read() -> None:
    assert lines(
        "<p>甲<span style='DISPLAY : none'>隐</span><span hidden>隐</span>乙</p><div style='display:none'>"
        "<p>隐</p><table><tr><td>隐</table></div>丙<script>隐()</script><style>隐</style><noscript>隐</noscript>"
        "<template>隐</template><select><option>隐</select><textarea>隐</textarea><nav>隐<p>隐</nav>"
        "<p><ruby>丁<rt>隐</rt></ruby><del>隐</del><ins>戊</ins></p>"
    ) == ["甲乙", "丙", "丁戊"]


# ------------------------------------------------------------------------------------ main content
MAIN = (
    "<p>第一部分 概况</p><p>负责行政审批事项的梳理、规范和优化，推进标准化建设。</p>"
    "<p>第二部分 情况说明</p><p>收入合计10.00万元。</p><table><tr><td>项目<td>金额<tr><td>合计<td>10.00</table>"
)
MAIN_LINES = [
    "第一部分 概况",
    "负责行政审批事项的梳理、规范和优化，推进标准化建设。",
    "第二部分 情况说明",
    "收入合计10.00万元。",
    "项目",
    "金额",
    "合计",
    "10.00",
]


@pytest.mark.parametrize(
    ("title", "first"),
    [
        ("<h1>某局2023年度部门决算</h1>", ["某局2023年度部门决算"]),
        ("<header><h1>某局2023年度部门决算</h1></header>", ["某局2023年度部门决算"]),
        ("<div class=title>某局2023年度部门决算<br></div>", ["某局2023年度部门决算"]),
        ("", []),
        ("<p>当前位置：首页 > 2023年度部门决算</p>", []),
    ],
)
def test_site_around_a_report_is_left_out_and_its_title_kept(title: str, first: list[str]) -> None:
    page = SITE.format(title=title, main=MAIN + "<p>结余分配：单位的结余提取。</p>" * 60)
    found = list(read(page.encode(), "report.html").lines)
    assert found == first + MAIN_LINES + ["结余分配：单位的结余提取。"] * 60


def test_head_and_foot_of_the_page_are_left_out_unless_they_are_of_the_report() -> None:
    assert lines(f"<header>欢迎访问</header>{MAIN}<footer>版权所有</footer>") == MAIN_LINES
    kept = f"<header>某局部门决算</header>{MAIN}<footer>合计1.00万元</footer>"
    assert lines(kept) == ["某局部门决算", *MAIN_LINES, "合计1.00万元"]


def test_title_that_the_content_repeats_stands_once() -> None:
    title = "<p>某局2023年度部门决算</p>"
    page = SITE.format(title=title, main=title + MAIN * 9)
    assert list(read(page.encode(), "report.html").lines) == ["某局2023年度部门决算", *MAIN_LINES * 9]


def test_part_of_a_report_that_stands_aside_is_not_lost() -> None:
    parts = f"<div><p>第三部分 名词解释</p><p>一、结余分配</p></div><div>{MAIN * 9}</div><section><header>二、其他</header>无。</section>"
    assert lines(parts) == ["第三部分 名词解释", "一、结余分配", *MAIN_LINES * 9, "二、其他", "无。"]
    prose = "<div>" + "<p>负责行政审批事项的梳理、规范和优化。</p>" * 20 + "</div>"
    assert len(lines(f"{prose}<div>{MAIN}</div>")) == 20 + len(MAIN_LINES)


def test_contents_that_link_into_the_report_are_contents() -> None:
    contents = (
        "<p>目 录</p><p><a href='#1'>第一部分 概况</a> 1</p><p><a href='#2'>第二部分 情况说明</a> 2</p>"
    )
    document = opened(f"<div>{contents}{MAIN}</div>")
    assert [entry.raw for entry in document.contents] == ["第一部分 概况 1", "第二部分 情况说明 2"]
    assert [section.title for section in document.sections] == ["第一部分 概况", "第二部分 情况说明"]


# ------------------------------------------------------------------------------------ tables
def test_merged_cells_stand_once_and_know_their_columns() -> None:
    document = opened(
        "<p>前</p><table><caption>收入支出决算总表（2023年）</caption><thead><tr><th rowspan=3>项目<th colspan=2>金额"
        "<th>备注<tbody><tr><td>预算<td>决算<td>甲<br><p>乙</p><p></p><tr><td colspan=2 rowspan=0>5.00<td>&nbsp;"
        "<tr><td>合计<td>1.00</table><p>后</p>"
    )
    assert cells(document) == [
        ["项目", "金额", "备注"],
        ["", "预算", "决算", "甲乙"],
        ["", "5.00", ""],
        ["合计", "", "1.00"],
    ]
    assert document.tables[0].spans == (
        ((0, 1), (1, 3), (3, 4)),
        ((0, 1), (1, 2), (2, 3), (3, 4)),
        ((0, 1), (1, 3), (3, 4)),
        ((0, 1), (1, 3), (3, 4)),
    )
    assert document.lines == (
        "前", "收入支出决算总表（2023年）", "项目", "金额", "备注", "", "预算", "决算", "甲", "乙", "", "5.00", "",
        "合计", "", "1.00", "后",
    )  # fmt: skip

    def place(row: int, column: int) -> Place:
        return Place(table="收入支出决算总表（2023年）", row=row, column=column)

    assert document.places == (
        Place(paragraph=1),
        Place(paragraph=2),
        *(place(1, column) for column in (1, 2, 4)),
        *(place(2, column) for column in (1, 2, 3, 4, 4)),
        *(place(row, column) for row in (3, 4) for column in (1, 2, 4)),
        Place(paragraph=3),
    )


def test_table_within_a_data_table_comes_behind_it() -> None:
    inner = "<table><tr><td>内一<td>内二<tr><td>内三<td>内四</table>"
    document = opened(f"<table><tr><td>甲<td>乙<tr><td>丙{inner}丁<td>戊</table><p>后</p>")
    assert document.lines == ("甲", "乙", "丙", "丁", "戊", "内一", "内二", "内三", "内四", "后")
    assert [cells(document, number) for number in (0, 1)] == [
        [["甲", "乙"], ["丙丁", "戊"]],
        [["内一", "内二"], ["内三", "内四"]],
    ]


def test_cell_that_would_lie_over_one_merged_down_ends_before_it() -> None:
    document = opened("<table><tr><td>甲<td>乙<td rowspan=2>丙<tr><td colspan=9>丁<tr><td>戊</table>")
    assert cells(document) == [["甲", "乙", "丙"], ["丁", ""], ["戊"]]
    assert document.tables[0].spans == (((0, 1), (1, 2), (2, 3)), ((0, 2), (2, 3)), ((0, 1),))


@pytest.mark.parametrize(
    "layout",
    [
        "<table><tr><td>{}</table>",
        "<table><tr><td>{}</td></tr></table><table role=presentation><tr><td>左<td>右</table>",
        "<table><tr><td>左<td><table><tr><td>{}</table></table><p>右</p>",
        "<table><tr><td>左<tr><td><center>{}</center><tr><td>右</table>",
    ],
)
def test_table_that_arranges_the_page_is_no_table(layout: str) -> None:
    document = opened(layout.format(MAIN))
    assert [line for line in document.lines if line not in ("左", "右")] == MAIN_LINES
    assert [cells(document, number) for number in range(len(document.tables))] == [
        [["项目", "金额"], ["合计", "10.00"]]
    ]


@pytest.mark.parametrize(
    ("table", "number"),
    [
        ("<table><tr><td>收入10.00万元", 0),
        ("<table role=presentation><tr><td>甲<td>乙<tr><td>丙<td>丁", 0),
        ("<table><tr><td>甲<td>乙<tr><td>丙<td>第一部分 概况", 0),
        (f"<table><tr><td>甲<td><p>一、甲</p><p>二、乙</p><p>三、丙</p>{'文' * 1000}", 0),
        ("<table><tr><td>甲<td><p>一、甲</p><p>二、乙</p><p>三、丙</p>", 1),
        (f"<table><tr><td>甲<td>{'文' * 1000}", 1),
        ("<table><tr><td>甲<td>乙", 1),
    ],
)
def test_table_of_one_cell_or_of_parts_of_a_report_is_no_table(table: str, number: int) -> None:
    assert len(opened(f"<p>前</p>{table}</table>").tables) == number


# ------------------------------------------------------------------------------------ bad pages
def refused(content: str | bytes) -> str:
    content = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(ReportError) as error:
        reader.read(content, "report.html")
    message = str(error.value)
    assert message.startswith("report.html: ")
    assert "\n" not in message
    return message.removeprefix("report.html: ")


NO_TEXT = "holds no text; if its pages are pictures, recognise their text first"


def test_page_without_text_is_refused() -> None:
    assert refused("<html>") == NO_TEXT
    assert refused("<html><body><script>决算</script><img src=x alt=决算></body></html>") == NO_TEXT
    assert refused(b"<html>\xff\xff\xff</html>") == (
        "is not text in UTF-8 or GB18030; save the page again, in UTF-8"
    )


@pytest.mark.parametrize("tag", ["div", "b", "table><tr><td", "ul><li", "span"])
def test_absurd_nesting_is_refused(tag: str) -> None:
    assert refused("<html><body>" + "<p></q>" * 500 + f"<{tag}>" * 50_000 + "决算") == (
        "its elements are nested too deep for a report; save the page again, as text"
    )


def test_deep_nesting_is_read() -> None:
    assert lines("<div><b>" * 900 + "决算" + "</b></div>" * 900 + "后") == ["决算", "后"]
    assert lines("<table><tr><td>甲<td>" * 400 + "决算") == ["甲"] * 400 + ["决算"]


def test_absurd_spans_are_bounded() -> None:
    document = opened(
        "<table><tr><td colspan=100000>甲<td colspan=-1>乙<td colspan=x rowspan=999999999>丙</table>"
    )
    assert document.tables[0].spans == (((0, 1000), (1000, 1001), (1001, 1002)),)
    blown = "<table><tr>" + "<td rowspan=65534>1" * 1000 + "<tr>" * 100_000
    assert refused("<html><body>" + blown) == (
        "its tables have more than 300000 cells; save the report in parts"
    )


def test_pages_larger_than_a_report_are_refused() -> None:
    assert refused("<html><body>" + "<p>a" * 400_000) == "has more than 400000 tags; save the report in parts"
    assert refused("<html><body><p>" + "a b" * 1_700_000) == (
        "holds more than 5000000 characters; save the report in parts"
    )


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密")
    dtd = f'<!DOCTYPE html [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    document = read(
        f"{dtd}<html><body><p>收入&e;</p><iframe src='{secret.as_uri()}'></iframe></body></html>".encode(),
        "report.html",
    )
    assert "机密" not in "".join(document.lines)
    assert document.lines[-1] == "收入&e;"
