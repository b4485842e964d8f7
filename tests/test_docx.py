"""Reading DOCX files: the same audit as of the text, what is printed and what is not, tables, and files that attack."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from converted import ANJU, as_docx, figures, gist
from helpers.audit import audit
from helpers.reading import docx as reader
from helpers.reading.document import Document, Place, ReportError
from helpers.reading.read import read
from helpers.reading.word_numbering import printed
from real_reports import audit_of

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:wps="urn:wps"'
)


def packed(body: str, prologue: str = "", **members: str) -> bytes:
    """A DOCX with this body, and members of word/ by name."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml", f"{prologue}<w:document {NAMES}><w:body>{body}</w:body></w:document>"
        )
        for name, content in members.items():
            archive.writestr(f"word/{name}.xml", content)
    return stream.getvalue()


def opened(body: str, prologue: str = "", **members: str) -> Document:
    return read(packed(body, prologue, **members), "report.docx")


def lines(body: str, **members: str) -> list[str]:
    return list(opened(body, **members).lines)


def p(words: str, properties: str = "") -> str:
    """A paragraph of one run."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{r(words)}</w:p>"


def r(words: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{words}</w:t></w:r>"


def tc(content: str, properties: str = "") -> str:
    """A cell of paragraphs, or of words."""
    inside = content if content.startswith("<") else p(content)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def tr(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def tbl(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/>{''.join(rows)}</w:tbl>"


def cells(document: Document, table: int = 0) -> list[list[str]]:
    return [[cell.raw for cell in row] for row in document.tables[table].rows]


# ------------------------------------------------------------------------------------ the real report
def test_report_as_docx_is_audited_as_its_text(tmp_path: Path) -> None:
    path = tmp_path / "anju.docx"
    path.write_bytes(as_docx())
    found, same = audit(path), audit_of(ANJU)
    assert gist(found) == gist(same)
    assert [s.title for s in found.document.sections] == [s.title for s in same.document.sections]
    assert [[len(row) for row in table.rows] for table in found.document.tables] == [
        [len(row) for row in table.rows] for table in same.document.tables
    ]
    assert figures(found) == figures(same)


# ------------------------------------------------------------------------------------ what is printed
def test_paragraphs_tabs_and_breaks_are_lines() -> None:
    body = (
        "<w:p><w:pPr><w:tabs><w:tab w:val='left' w:pos='9'/></w:tabs></w:pPr>"
        "<w:r><w:t>收入</w:t><w:tab/><w:t xml:space='preserve'> 4</w:t></w:r></w:p>"
        "<w:p/><w:p><w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t><w:cr/><w:noBreakHyphen/><w:t>1.00</w:t></w:r></w:p>"
        "<w:p><m:oMath><m:r><m:t>1+1</m:t></m:r></m:oMath></w:p>"
        f"<w:p><w:r><w:ruby><w:rt>{r('音')}</w:rt><w:rubyBase>{r('字')}</w:rubyBase></w:ruby></w:r></w:p>"
    )
    assert lines(body) == ["收入\t 4", "", "甲", "乙", "-1.00", "1+1", "字"]


def test_content_controls_and_links_are_read_and_hidden_text_and_codes_are_not() -> None:
    styles = (
        f"<w:styles {NAMES}><w:style w:type='character' w:styleId='H'><w:rPr><w:vanish/></w:rPr></w:style>"
        "<w:style w:type='character' w:styleId='I'><w:basedOn w:val='H'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='Q'><w:rPr><w:vanish/></w:rPr></w:style></w:styles>"
    )
    field = (
        "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>PAGEREF _1 \\h</w:instrText></w:r>"
        f"{r('码')}<w:r><w:fldChar w:fldCharType='separate'/></w:r>{r('12')}"
        "<w:r><w:fldChar w:fldCharType='end'/></w:r>"
    )
    styled, shown = "<w:rStyle w:val='I'/>", "<w:rStyle w:val='H'/><w:vanish w:val='0'/>"
    hidden = "<w:pStyle w:val='Q'/><w:rPr><w:vanish/></w:rPr>"
    body = (
        f"<w:sdt><w:sdtPr><w:rPr><w:vanish/></w:rPr></w:sdtPr><w:sdtContent>{p('控件')}</w:sdtContent></w:sdt>"
        f"<w:p><w:hyperlink>{r('链接')}</w:hyperlink><w:fldSimple w:instr='DATE'>{r('2023年')}</w:fldSimple></w:p>"
        f"<w:p>{r('第')}{field}{r('页')}</w:p>"
        f"<w:p>{r('见')}{r('隐', '<w:vanish/>')}{r('藏', styled)}"
        f"{r('得', shown)}{r('到', '<w:webHidden/>')}</w:p>"
        f"{p('隐段', hidden)}"
        f"<w:p><w:r><w:commentReference w:id='0'/></w:r>{r('完')}</w:p>"
    )
    comments = f"<w:comments {NAMES}><w:comment w:id='0'>{p('批注')}</w:comment></w:comments>"
    header = f"<w:hdr {NAMES}>{p('页眉')}</w:hdr>"
    assert lines(body, styles=styles, comments=comments, header1=header) == [
        "控件",
        "链接2023年",
        "第12页",
        "见得到",
        "完",
    ]


def test_field_left_open_hides_no_more_than_its_paragraph() -> None:
    body = f"<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r>{r('码')}</w:p>{p('收入')}"
    assert lines(body) == ["", "收入"]


def test_tracked_changes_are_read_as_accepted() -> None:
    gone = "<w:rPr><w:del/></w:rPr>"
    body = (
        f"<w:p><w:ins>{r('新')}</w:ins><w:del><w:r><w:delText>旧</w:delText></w:r>{r('旧')}</w:del>{r('增')}</w:p>"
        f"<w:p><w:moveFrom>{r('原处')}</w:moveFrom><w:moveTo>{r('今处')}</w:moveTo></w:p>"
        f"{p('收入', gone)}{p('合计', gone)}{p('10万元')}"
        f"<w:p><w:pPr>{gone}</w:pPr><w:del>{r('全删')}</w:del></w:p>"
        f"<w:p><w:r><w:rPr><w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t>改</w:t></w:r></w:p>"
        f"{p('末', gone)}"
        + tbl(
            tr(tc("甲"), tc("乙")),
            tr(tc("丙"), tc("丁"), properties="<w:del/>"),
            tr(
                tc("戊", "<w:tcPrChange><w:tcPr><w:gridSpan w:val='2'/></w:tcPr></w:tcPrChange>"),
                tc("己", "<w:cellDel/>"),
                tc("庚"),
                properties="<w:ins/><w:trPrChange><w:trPr><w:del/></w:trPr></w:trPrChange>",
            ),
        )
    )
    document = opened(body)
    assert document.lines == ("新增", "今处", "收入合计10万元", "改", "末", "甲", "乙", "戊", "庚")
    assert cells(document) == [["甲", "乙"], ["戊", "庚"]]


def test_text_box_is_read_once_behind_its_paragraph() -> None:
    box = f"<w:txbxContent>{p('框一')}{tbl(tr(tc('格')))}</w:txbxContent>"
    drawn = f"<mc:Choice Requires='wps'><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
    old = f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
    both = f"<w:r><mc:AlternateContent>{drawn}{old}</mc:AlternateContent></w:r>"
    only_old = f"<w:r><mc:AlternateContent>{old}</mc:AlternateContent></w:r>"
    for alternatives in (both, only_old):
        document = opened(f"<w:p>{r('前')}{alternatives}{r('后')}</w:p>{p('次段')}")
        assert document.lines == ("前后", "框一", "格", "次段")
        assert len(document.tables) == 1
    assert lines(tbl(tr(tc(f"<w:p>{r('格内')}{both}</w:p>"), tc("右")))) == ["格内", "框一", "右", "格"]


def test_notes_stand_behind_what_refers_to_them() -> None:
    footnotes = (
        f"<w:footnotes {NAMES}><w:footnote w:id='0' w:type='separator'>{p('分隔')}</w:footnote>"
        f"<w:footnote w:id='2'><w:p><w:r><w:footnoteRef/></w:r>{r(' 含上年结转。')}</w:p></w:footnote>"
        f"<w:footnote w:id='3'>{p('未引用')}</w:footnote></w:footnotes>"
    )
    endnotes = f"<w:endnotes {NAMES}><w:endnote w:id='2'>{p('尾注')}{p('两段')}</w:endnote></w:endnotes>"
    refer = "<w:r><w:footnoteReference w:id='2'/></w:r>"
    end = "<w:r><w:endnoteReference w:id='2'/></w:r>"
    table = tbl(tr(tc(f"<w:p>{r('格')}{end}{refer}</w:p>"), tc("右")))
    body = f"<w:p>{r('收入')}{refer}{r('10万元。')}</w:p>{table}{p('完')}"
    assert lines(body, footnotes=footnotes, endnotes=endnotes) == [
        "收入10万元。",
        "注：含上年结转。",
        "格",
        "右",
        "注：尾注",
        "两段",
        "完",
    ]


def test_contents_and_headings_are_found_with_their_automatic_numbers() -> None:
    numbering = numbered({0: ("chineseCountingThousand", "第%1部分"), 1: ("chineseCounting", "%2、")})
    toc = "".join(
        f"<w:p><w:r><w:t>{words}</w:t><w:tab/><w:t>{page}</w:t></w:r></w:p>"
        for words, page in (("第一部分 部门概况", 4), ("一、部门职责", 4), ("第二部分 决算情况说明", 5))
    )
    body = (
        p("目 录") + toc + item("部门概况", 0) + item("部门职责", 1) + p("负责。") + item("决算情况说明", 0)
    )
    document = opened(body, numbering=numbering)
    assert [(s.level, s.title) for s in document.sections] == [
        (0, "第一部分 部门概况"),
        (1, "一、部门职责"),
        (0, "第二部分 决算情况说明"),
    ]
    assert [entry.raw for entry in document.contents] == [
        "第一部分 部门概况\t4",
        "一、部门职责\t4",
        "第二部分 决算情况说明\t5",
    ]
    assert [block.text.raw for block in document.paragraphs] == ["负责。"]


def test_strict_form_reads_as_the_transitional_one() -> None:
    strict = NAMES.replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    content = packed("")
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.writestr(
            "word/document.xml", f"<w:document {strict}><w:body>{p('收入')}</w:body></w:document>"
        )
    assert read(stream.getvalue(), "report.docx").lines == ("收入",)
    with pytest.raises(ReportError, match="holds no text"):
        read(content, "report.docx")


# ------------------------------------------------------------------------------------ automatic numbers
def numbered(levels: Mapping[int, tuple[str, str]], more: str = "", lists: str = "") -> str:
    """A numbering part: list 1 of these levels, level → (format, text)."""
    made = "".join(
        f"<w:lvl w:ilvl='{level}'><w:start w:val='1'/><w:numFmt w:val='{kind}'/><w:lvlText w:val='{text}'/></w:lvl>"
        for level, (kind, text) in levels.items()
    )
    return (
        f"<w:numbering {NAMES}><w:abstractNum w:abstractNumId='7'>{made}</w:abstractNum>{more}"
        f"<w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num>{lists}</w:numbering>"
    )


def item(words: str, level: int | None = 0, list_id: int = 1) -> str:
    depth = "" if level is None else f"<w:ilvl w:val='{level}'/>"
    return p(words, f"<w:numPr>{depth}<w:numId w:val='{list_id}'/></w:numPr>")


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("decimal", {1: "1", 12: "12"}),
        ("decimalZero", {1: "01", 12: "12"}),
        ("decimalFullWidth", {10: "１０"}),
        ("chineseCounting", {1: "一", 10: "十", 11: "十一", 20: "二十", 99: "九十九", 100: "一〇〇"}),
        (
            "chineseCountingThousand",
            {10: "十", 21: "二十一", 101: "一百零一", 110: "一百一十", 1001: "一千零一"},
        ),
        ("japaneseCounting", {3: "三", 10: "十", 21: "二十一", 101: "百一", 1110: "千百十"}),
        ("taiwaneseCountingThousand", {15: "十五", 300: "三百"}),
        ("ideographDigital", {1: "一", 10: "一〇"}),
        ("ideographTraditional", {1: "甲", 10: "癸", 11: "11"}),
        ("ideographZodiac", {1: "子", 12: "亥"}),
        ("chineseLegalSimplified", {1: "壹", 10: "壹拾", 25: "贰拾伍"}),
        ("ideographLegalTraditional", {2: "貳", 16: "壹拾陸"}),
        ("decimalEnclosedCircle", {1: "①", 20: "⑳", 35: "㉟", 50: "㊿", 51: "51"}),
        ("decimalEnclosedCircleChinese", {3: "③"}),
        ("decimalEnclosedFullstop", {2: "⒉"}),
        ("decimalEnclosedParen", {3: "⑶"}),
        ("ideographEnclosedCircle", {4: "㊃"}),
        ("upperRoman", {4: "IV", 1999: "MCMXCIX", 4000: "4000"}),
        ("lowerRoman", {9: "ix"}),
        ("upperLetter", {1: "A", 27: "AA", 53: "AAA", 2_000_000_000: "2000000000"}),
        ("lowerLetter", {26: "z"}),
        ("numberInDash", {5: "- 5 -"}),
        ("bullet", {1: ""}),
        ("none", {1: ""}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_number_is_printed_as_its_format_says(kind: str, shown: dict[int, str]) -> None:
    assert {number: printed(number, kind) for number in shown} == shown


def test_levels_count_within_those_above_them() -> None:
    numbering = numbered(
        {0: ("chineseCounting", "%1、"), 1: ("chineseCounting", "（%2）"), 2: ("decimal", "%1.%2.%3.")}
    )
    levels = [0, 1, 1, 2, 2, 0, 1, 2]
    body = "".join(item("项", level) for level in levels) + p("无") + item("项", 0)
    assert lines(body, numbering=numbering) == [
        "一、项",
        "（一）项",
        "（二）项",
        "一.二.1.项",
        "一.二.2.项",
        "二、项",
        "（一）项",
        "二.一.1.项",
        "无",
        "三、项",
    ]


def test_list_of_the_same_definition_goes_on_unless_it_starts_anew() -> None:
    more = (
        "<w:num w:numId='2'><w:abstractNumId w:val='7'/></w:num>"
        "<w:num w:numId='3'><w:abstractNumId w:val='7'/>"
        "<w:lvlOverride w:ilvl='0'><w:startOverride w:val='5'/></w:lvlOverride></w:num>"
        "<w:num w:numId='4'><w:abstractNumId w:val='7'/><w:lvlOverride w:ilvl='0'><w:lvl w:ilvl='0'>"
        "<w:start w:val='1'/><w:numFmt w:val='upperRoman'/><w:lvlText w:val='(%1)'/></w:lvl></w:lvlOverride></w:num>"
    )
    numbering = numbered({0: ("decimal", "%1.")}, lists=more)
    body = "".join(item("项", 0, number) for number in (1, 1, 2, 3, 3, 1, 4, 0, 9))
    assert lines(body, numbering=numbering) == [
        "1.项", "2.项", "3.项", "5.项", "6.项", "7.项", "(VIII)项", "项", "项"
    ]  # fmt: skip


def test_numbers_restart_and_print_as_a_level_says() -> None:
    levels = (
        "<w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='chineseCounting'/><w:lvlText w:val='%1、'/></w:lvl>"
        "<w:lvl w:ilvl='1'><w:start w:val='3'/><w:lvlRestart w:val='0'/><w:isLgl/>"
        "<w:numFmt w:val='decimal'/><w:lvlText w:val='%1.%2'/></w:lvl>"
        "<w:lvl w:ilvl='2'><w:numFmt w:val='bullet'/><w:lvlText w:val='&#xF06C;'/></w:lvl>"
    )
    numbering = (
        f"<w:numbering {NAMES}><w:abstractNum w:abstractNumId='7'>{levels}</w:abstractNum>"
        "<w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num></w:numbering>"
    )
    body = "".join(item("项", level) for level in (0, 1, 0, 1, 2))
    assert lines(body, numbering=numbering) == ["一、项", "1.3 项", "二、项", "2.4 项", "项"]


def test_style_gives_its_paragraphs_a_list_and_level() -> None:
    styles = (
        f"<w:styles {NAMES}>"
        "<w:style w:type='paragraph' w:styleId='1'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
        "<w:style w:type='paragraph' w:styleId='2'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
        "<w:style w:type='paragraph' w:styleId='3'><w:basedOn w:val='2'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='4'><w:basedOn w:val='4'/></w:style>"
        "<w:style w:type='numbering' w:styleId='L'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
        "</w:styles>"
    )
    numbering = numbered(
        {0: ("chineseCounting", "%1、"), 1: ("chineseCounting", "（%2）")},
        more="<w:abstractNum w:abstractNumId='8'><w:numStyleLink w:val='L'/></w:abstractNum>",
        lists="<w:num w:numId='2'><w:abstractNumId w:val='8'/></w:num>",
    ).replace("<w:numFmt w:val='chineseCounting'/><w:lvlText w:val='（%2）'/>",
              "<w:numFmt w:val='chineseCounting'/><w:pStyle w:val='2'/><w:lvlText w:val='（%2）'/>")  # fmt: skip
    body = "".join(p("项", f"<w:pStyle w:val='{style}'/>") for style in (1, 2, 3, 4, 1))
    body += p("项", "<w:pStyle w:val='1'/><w:numPr><w:numId w:val='0'/></w:numPr>") + item("项", 0, 2)
    assert lines(body, styles=styles, numbering=numbering) == [
        "一、项", "（一）项", "（二）项", "项", "二、项", "项", "三、项"
    ]  # fmt: skip


def test_deleted_and_hidden_paragraphs_are_not_counted() -> None:
    numbering = numbered({0: ("decimal", "%1.")})
    listed = "<w:numPr><w:numId w:val='1'/></w:numPr>"
    body = (
        item("甲")
        + f"<w:p><w:pPr>{listed}<w:rPr><w:del/></w:rPr></w:pPr><w:del>{r('删')}</w:del></w:p>"
        + f"<w:p><w:pPr>{listed}<w:rPr><w:vanish/></w:rPr></w:pPr>{r('隐', '<w:vanish/>')}</w:p>"
        + p("曾编号", f"<w:pPrChange><w:pPr>{listed}</w:pPr></w:pPrChange>")
        + item("乙")
    )
    assert lines(body, numbering=numbering) == ["1.甲", "曾编号", "2.乙"]


def test_numbers_of_absurd_size_stay_short() -> None:
    numbering = numbered({0: ("upperRoman", "%1" * 50_000)}).replace(
        "<w:start w:val='1'/>", "<w:start w:val='999999999'/>"
    )
    [line] = lines(item("项"), numbering=numbering)
    assert len(line) <= 1000


# ------------------------------------------------------------------------------------ tables
def test_merged_cells_stand_once_and_know_their_columns() -> None:
    document = opened(
        p("收入支出决算总表")
        + p("部门：某局")
        + p("金额单位：万元")
        + tbl(
            tr(
                tc("项目", "<w:vMerge w:val='restart'/>"),
                tc("金额", "<w:gridSpan w:val='2'/>"),
                tc("备注"),
            ),
            tr(tc("盖住", "<w:vMerge/>"), tc("预算"), tc("决算"), tc(p("甲") + p("") + p("乙"))),
            tr(tc("5.00"), tc(""), properties="<w:gridBefore w:val='2'/>"),
            tr(tc("合", "<w:hMerge w:val='restart'/>"), tc("", "<w:hMerge/>"), tc("1"), tc("2")),
        )
        + p("后")
        + tbl(tr(tc("1")))
    )
    assert cells(document) == [
        ["项目", "金额", "备注"],
        ["", "预算", "决算", "甲乙"],
        ["5.00", ""],
        ["合", "1", "2"],
    ]
    assert document.tables[0].spans == (
        ((0, 1), (1, 3), (3, 4)),
        ((0, 1), (1, 2), (2, 3), (3, 4)),
        ((2, 3), (3, 4)),
        ((0, 2), (2, 3), (3, 4)),
    )
    assert document.lines == (
        "收入支出决算总表", "部门：某局", "金额单位：万元", "项目", "金额", "备注", "", "预算", "决算", "甲", "乙",
        "5.00", "", "合", "1", "2", "后", "1",
    )  # fmt: skip

    def place(row: int, column: int) -> Place:
        return Place(table="收入支出决算总表", row=row, column=column)

    assert document.places == (
        *(Place(paragraph=number) for number in (1, 2, 3)),
        *(place(1, column) for column in (1, 2, 4)),
        *(place(2, column) for column in (1, 2, 3, 4, 4)),
        *(place(3, column) for column in (3, 4)),
        *(place(4, column) for column in (1, 3, 4)),
        Place(paragraph=4),
        Place(table="2", row=1, column=1),
    )
    assert [piece for row in document.tables[0].rows for cell in row for piece in cell.pieces] == [
        (number, 0, line) for number, line in enumerate(document.lines[3:16], 4)
    ]


def test_table_within_a_table_comes_behind_it() -> None:
    innermost = tbl(tr(tc("深")))
    inner = tbl(tr(tc("内一"), tc(innermost + p("内二"))))
    document = opened(p("前") + tbl(tr(tc(p("外一") + inner + p("外二")), tc(tbl(tr(tc("旁")))))) + p("后"))
    assert document.lines == ("前", "外一", "外二", "", "内一", "内二", "深", "旁", "后")
    assert [cells(document, number) for number in range(4)] == [
        [["外一外二", ""]],
        [["内一", "内二"]],
        [["深"]],
        [["旁"]],
    ]
    assert [place.table for place in document.places] == [None, "1", "1", "1", "2", "2", "3", "4", None]


# ------------------------------------------------------------------------------------ bad files
def refused(content: bytes) -> str:
    with pytest.raises(ReportError) as error:
        reader.read(content, "report.docx")
    message = str(error.value)
    assert message.startswith("report.docx: ")
    assert "\n" not in message
    return message.removeprefix("report.docx: ")


DAMAGED = "is damaged or cut short; download it again"
AGAIN = "open it in a word processor and save it again"


def test_file_cut_short_or_damaged_is_refused() -> None:
    whole = as_docx()
    assert refused(whole[: len(whole) // 2]) == DAMAGED
    start = whole.index(b"word/document.xml") + 200
    assert refused(whole[:start] + bytes(500) + whole[start + 500 :]) == DAMAGED


def test_member_that_is_encrypted_or_packed_in_another_way_is_refused() -> None:
    for offset, value in ((8, 1), (10, 99)):
        content = bytearray(packed(p("收入")))
        struct.pack_into("<H", content, content.index(b"PK\x01\x02") + offset, value)
        assert refused(bytes(content)) == DAMAGED


def test_file_without_a_body_or_ill_formed_is_refused() -> None:
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.writestr("word/styles.xml", f"<w:styles {NAMES}/>")
    assert refused(stream.getvalue()) == DAMAGED
    assert refused(packed("<w:p>")) == f"word/document.xml is ill-formed (line 1); {AGAIN}"
    assert refused(packed(p("甲"), styles="<x")) == f"word/styles.xml is ill-formed (line 1); {AGAIN}"
    assert refused(packed("<w:tc/>")) == f"word/document.xml has a cell outside a table; {AGAIN}"
    assert refused(packed("<w:tr/>")) == f"word/document.xml has a row outside a table; {AGAIN}"


@pytest.mark.parametrize("external", [True, False])
def test_entities_are_refused_and_no_file_is_read(tmp_path: Path, external: bool) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密")
    value = f'SYSTEM "{secret.as_uri()}"' if external else '"机密"'
    dtd = f"<!DOCTYPE x [<!ENTITY e {value}>]>"
    expected = f"has a document type; {AGAIN}"
    assert refused(packed(p("&e;"), prologue=dtd)) == f"word/document.xml {expected}"
    for name in ("styles", "numbering"):
        part = f"{dtd}<w:{name} {NAMES}>&e;</w:{name}>"
        assert refused(packed(p("甲"), **{name: part})) == f"word/{name}.xml {expected}"


def test_bomb_is_refused_by_its_declared_size_and_by_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed("<!--" + " " * 200_000 + "-->" + p("甲"))
    monkeypatch.setattr(reader, "MAX_MEMBER", 100_000)
    too_large = "word/document.xml is larger than 0 MB; save the report in parts"
    assert refused(bomb) == too_large
    lying = bytearray(bomb)
    # The sizes that the central directory and the member's own header declare.
    struct.pack_into("<I", lying, lying.index(b"PK\x01\x02") + 24, 50_000)
    struct.pack_into("<I", lying, 22, 50_000)
    assert refused(bytes(lying)) == DAMAGED
    assert refused(packed(p("甲"), styles=f"<w:styles {NAMES}>{' ' * 6_000_000}</w:styles>")) == (
        "word/styles.xml is larger than 5 MB; save the report in parts"
    )


def test_absurd_nesting_and_counts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "<w:tbl><w:tr><w:tc>" * 100_000 + p("甲") + "</w:tc></w:tr></w:tbl>" * 100_000
    assert refused(packed(deep)) == f"word/document.xml is nested more than 256 deep; {AGAIN}"
    monkeypatch.setattr(reader, "MAX_ELEMENTS", 1000)
    assert refused(packed(p("甲") * 300)) == f"word/document.xml has more than 1000 elements; {AGAIN}"
    assert refused(packed(p(""))) == "holds no text; if its pages are pictures, recognise their text first"


def test_absurd_spans_cost_nothing() -> None:
    wide = "<w:gridSpan w:val='999999999'/>"
    document = opened(tbl(tr(tc("甲", wide), tc("乙", "<w:gridSpan w:val='" + "9" * 5000 + "'/>"))))
    assert document.tables[0].spans == (((0, 1000), (1000, 1001)),)
