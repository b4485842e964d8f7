"""Reading text reports: encodings, broken lines, headings by what they say, tables, and a place for every figure."""

import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, example, given, settings
from hypothesis import strategies as st

from generator import Report, reports
from helpers.audit import Audit, audit
from helpers.checking import check, form_of
from helpers.checking.rules import load_rules
from helpers.facts.extract import Extract, extract
from helpers.findings.finding import find
from helpers.reading.document import Document, ReportError, fold
from helpers.reading.read import read_bytes
from helpers.reading.text import decode, parse
from real_reports import ANJU, audit_of

# The same examples in every run.  Reports are not shrunk: that takes minutes, and a long report shows the fault too.
FIXED = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
    verbosity=Verbosity.quiet,
)
RULES = load_rules()

SNIPPET = """第一部分 部门概况
一、部门职责
1.贯彻执行水利方面的法律法规。
第二部分 2022年度部门决算情况说明
一、收入支出决算总体情况说明
2022年度收入总计486.2万元，支出总计486.2万元。
"""


@cache
def anju() -> str:
    return decode(ANJU.read_bytes(), ANJU.name)


def saved(folder: Path, content: bytes) -> Path:
    path = folder / "report.txt"
    path.write_bytes(content)
    return path


def readings(text: str) -> list[tuple[object, ...]]:
    """What the facts of a text say, places and the numbers of lists aside."""
    facts = [fact for fact in extract(parse(text)).facts if fact.concept != "numbering"]
    return [(f.concept, f.measure, f.dimensions, f.value, f.unit, f.state, f.year) for f in facts]


def audited(text: str) -> tuple[Document, Extract]:
    """Everything that an audit of this text does, findings too."""
    document = parse(text)
    extracted = extract(document)
    find(check(document, extracted, RULES), extracted.facts)
    return document, extracted


# --------------------------------------------------------------------------------------- encodings
@pytest.mark.parametrize(
    "content",
    [
        SNIPPET.encode("utf-8"),
        SNIPPET.encode("utf-8-sig"),
        SNIPPET.encode("gb18030"),
        SNIPPET.replace("\n", "\r\n").encode("utf-8"),
        SNIPPET.replace("\n", "\r\n").encode("gb18030"),
        SNIPPET.replace("\n", "\r").encode("utf-8"),
    ],
    ids=["utf-8", "utf-8 with BOM", "GB18030", "CRLF", "CRLF in GB18030", "CR"],
)
def test_one_text_in_any_encoding_reads_the_same(content: bytes) -> None:
    assert decode(content, "report.txt") == SNIPPET


def test_real_report_reads_the_same_in_gb18030_with_crlf(tmp_path: Path) -> None:
    other = audit(saved(tmp_path, anju().replace("\n", "\r\n").encode("gb18030")))
    same = audit_of(ANJU)
    assert [(f.id, f.value, f.source) for f in other.facts] == [(f.id, f.value, f.source) for f in same.facts]
    assert [(f.id, f.severity) for f in other.findings] == [(f.id, f.severity) for f in same.findings]


# --------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"%PDF-1.7\n\x00\x01\x02\xff\xfe", "is no readable PDF"),
        (b"\xff\xff\xff\xff", "not text in UTF-8 or GB18030"),
        ("会议纪要\n今天天气很好。\n".encode(), "is no final-accounts report"),
        ("第一部分 概况\n本部门没有数字。\n".encode(), "is no final-accounts report"),
        ("﻿\n".encode(), "report"),
    ],
    ids=["empty", "blank", "PDF", "undecodable", "other text", "no figure", "only a BOM"],
)
def test_bad_file_is_one_line_that_names_it(tmp_path: Path, content: bytes, message: str) -> None:
    path = saved(tmp_path, content)
    with pytest.raises(ReportError, match=message) as error:
        audit(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_folder_and_missing_file_are_one_line_errors(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="is a folder"):
        read_bytes(tmp_path)
    with pytest.raises(ReportError, match="no such file"):
        read_bytes(tmp_path / "absent.txt")


# ------------------------------------------------------------------------------------ broken lines
def test_line_broken_inside_a_sentence_is_one_paragraph() -> None:
    document = parse(
        "一、收入情况说明\n2023年度本年收入合计1179.47万元，其中：一般公共预算财政\n拨款收入1049.98万元，占89.02%。\n"
    )
    [paragraph] = document.paragraphs
    assert [piece[0] for piece in paragraph.text.pieces] == [2, 3]
    assert "一般公共预算财政拨款收入1049.98万元" in paragraph.text.folded


def test_paragraph_broken_at_a_bracket_goes_on_over_blank_lines() -> None:
    document = parse(
        "3.一般公共服务（类）财政事务\n\n（款）行政运行（项）：支出决算为5万元。\n4.教育支出。\n"
    )
    assert [p.text.folded[:4] for p in document.paragraphs] == ["3.一般", "4.教育"]
    assert extract(document).paths[0].names == ("一般公共服务", "财政事务", "行政运行")


def test_ended_sentences_and_list_items_are_paragraphs_of_their_own() -> None:
    document = parse(
        "本部门认真贯彻执行上级的各项决策部署和工作要求。\n主要职责如下各条，具体内容为以下列明的事项\n1.拟订规划\n2.组织实施\n"
    )
    assert len(document.paragraphs) == 4


def test_heading_never_joins_what_follows() -> None:
    document = parse("二、收入决算情况说明\n2023年度本年收入合计10万元。\n")
    assert [s.key for s in document.sections] == ["income"]
    assert document.paragraphs[0].section is document.sections[0]


def test_blanks_between_characters_change_nothing() -> None:
    plain = "2022年度收入总计486.2万元，支出总计486.2万元。比上年增加12.5万元，增长2.64%。"
    spaced = "2022 年 度 收 入 总 计 486.2 万 元 ， 支 出 总　计 486.2 万元。比 上 年 增 加12.5 万元，增 长 2.64 %。"
    assert readings(plain) == readings(spaced) != []


def test_full_width_figures_and_signs_read_as_half_width_ones() -> None:
    assert readings("２０２２年度收入总计４８６．２万元，增长２．５％。") == readings(
        "2022年度收入总计486.2万元，增长2.5%。"
    )


@settings(FIXED, max_examples=25)
@given(reports(), st.integers(32, 60))
def test_lines_wrapped_anywhere_but_in_a_figure_read_the_same(report: Report, width: int) -> None:
    assert readings(wrapped(report.text, width)) == readings(report.text)


def wrapped(text: str, width: int) -> str:
    """Each paragraph of the narrative broken every `width` characters, as text copied from a PDF is."""
    lines = []
    for line in text.split("\n"):
        while len(line) > width:
            cut = width
            # Not inside a figure; nor behind a full stop, where a paragraph might as well end.
            while line[cut - 1] in "。！" or (
                line[cut - 1] in "0123456789.," and line[cut] in "0123456789.,%"
            ):
                cut -= 1
            lines.append(line[:cut])
            line = line[cut:]
        lines.append(line)
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------- contents
CONTENTS = """目  录

第一部分 部门概况……………………………4
一、部门职责............................4
二、机构设置 ………………………………（5）
第二部分 2022年度部门决算情况说明\t6
一、收入支出决算总体情况说明\t6
第三部分 名词解释PAGEREF _Toc1 \\h 12

"""


def test_contents_with_page_numbers_are_entries_and_no_sections() -> None:
    plain, with_contents = parse(SNIPPET), parse(CONTENTS + SNIPPET)
    assert [s.title for s in with_contents.sections] == [s.title for s in plain.sections]
    assert [fold(entry.raw)[:4] for entry in with_contents.contents] == [
        "第一部分",
        "一、部门",
        "二、机构",
        "第二部分",
        "一、收入",
        "第三部分",
    ]
    assert readings(CONTENTS + SNIPPET) == readings(SNIPPET)
    assert with_contents.sections[0].text.line == CONTENTS.count("\n") + 1


# ------------------------------------------------------------------------------------------ tables
TABLE = """一、项目情况
\t项目名称
\t防汛物资储备

\t预算执行情况
\t年初预算
\t预算执行数
\t执行率

\t
\t10.00
\t9.50
\t95.00%

\t说明
\t按计划采购，
分两批到货。

已验收。
\t无

第二部分 情况说明
"""


def test_tab_led_lines_are_rows_of_cells() -> None:
    document = parse(TABLE)
    [table] = document.tables
    assert [[cell.folded for cell in row] for row in table.rows] == [
        ["项目名称", "防汛物资储备"],
        ["预算执行情况", "年初预算", "预算执行数", "执行率"],
        ["", "10.00", "9.50", "95.00%"],
        ["说明", "按计划采购，分两批到货。已验收。", "无"],
    ]
    assert table.section is document.sections[0]
    assert [s.title for s in document.sections] == ["一、项目情况", "第二部分 情况说明"]


def test_cells_keep_their_places() -> None:
    lines = TABLE.split("\n")
    for row in parse(TABLE).tables[0].rows:
        for cell in row:
            for line, column, words in cell.pieces:
                assert lines[line - 1][column : column + len(words)] == words


def test_real_report_has_a_budget_of_each_project_with_its_row_and_column() -> None:
    executed = [f for f in extract(parse(anju())).facts if f.concept == "project.executed" and f.source.row]
    assert all(f.source.row and f.source.column and f.dimension("project") for f in executed)
    # The total of each project, then its sources: 财政资金, 财政专户管理资金 and 单位资金 (其他资金 is blank).
    assert [str(f.value) for f in executed if f.dimension("money") is None] == [
        "129.24",
        "150.00",
        "19.93",
        "40.00",
        "47.99",
    ]
    assert [f.dimension("money") for f in executed] == [None, "财政资金", "财政专户管理资金", "单位资金"] * 5


# ---------------------------------------------------------------------------------------- headings
# Level, key and title of each heading, in the forms of the provinces.
OUTLINES = {
    "sichuan": """
0 overview 第一部分 部门概况
1 duties 一、部门职责
1 institutions 二、机构设置
0 narrative 第二部分 2023年度部门决算情况说明
1 totals 一、收入支出决算总体情况说明
1 income 二、收入决算情况说明
1 expenditure 三、支出决算情况说明
1 appropriation 四、财政拨款收入支出决算总体情况说明
1 general 五、一般公共预算财政拨款支出决算情况说明
2 general_total （一）一般公共预算财政拨款支出决算总体情况
2 general_structure （二）一般公共预算财政拨款支出决算结构情况
2 general_items （三）一般公共预算财政拨款支出决算具体情况
1 general_basic 六、一般公共预算财政拨款基本支出决算情况说明
1 three_public 七、财政拨款“三公”经费支出决算情况说明
2 three_public （一）“三公”经费财政拨款支出决算总体情况说明
1 fund 八、政府性基金预算支出决算情况说明
1 state_capital 九、国有资本经营预算支出决算情况说明
1 other_matters 十、其他重要事项的情况说明
2 operating_cost （一）机关运行经费支出情况
2 procurement （二）政府采购支出情况
2 assets （三）国有资产占有使用情况
2 performance （四）预算绩效管理情况
0 glossary 第三部分 名词解释
0 annexes 第四部分 附件
0 tables 第五部分 附表
1 - 一、收入支出决算总表
""",
    "shanghai": """
0 overview 第一部分 上海市东滨区水务局概况
1 duties 一、主要职能
1 institutions 二、部门决算单位构成
0 tables 第二部分 上海市东滨区水务局2022年度部门决算表
1 - 一、收入支出决算总表
0 narrative 第三部分 上海市东滨区水务局2022年度部门决算情况说明
1 totals 一、收入支出决算总体情况说明
1 appropriation 四、财政拨款收入支出决算总体情况说明
1 three_public 七、财政拨款“三公”经费支出决算情况说明
1 fund 八、政府性基金预算财政拨款收入支出决算情况说明
1 state_capital 九、国有资本经营预算财政拨款收入支出决算情况说明
1 performance 十、预算绩效管理情况
1 other_matters 十一、其他重要事项的情况说明
2 operating_cost （一）机关运行经费支出情况
0 glossary 第四部分 名词解释
""",
    "hunan": """
0 overview 第一部分 沅溪县司法局概况
1 duties 一、部门职责
1 institutions 二、机构设置及决算单位构成
0 tables 第二部分 2021年度部门决算表
0 narrative 第三部分 2021年度部门决算情况说明
1 totals 一、收入支出决算总体情况说明
1 three_public 七、财政拨款“三公”经费支出决算情况说明
1 fund 八、政府性基金预算收入支出决算情况
1 operating_cost 九、关于机关运行经费支出说明
1 general_spending 十、一般性支出情况
1 procurement 十一、关于政府采购支出说明
1 assets 十二、关于国有资产占用情况说明
1 performance 十三、关于2021年度预算绩效情况的说明
0 glossary 第四部分 名词解释
0 annexes 第五部分 附件
""",
    "yunnan": """
0 overview 第一部分 澜水县民政局概况
0 tables 第二部分 2023年度部门决算表
0 narrative 第三部分 2023年度部门决算情况说明
1 income 一、收入决算情况说明
1 expenditure 二、支出决算情况说明
1 general 三、一般公共预算财政拨款支出决算情况说明
1 three_public 四、财政拨款“三公”经费支出决算情况说明
0 other_matters 第四部分 其他重要事项及相关口径情况说明
1 operating_cost 一、机关运行经费支出情况
1 assets 二、国有资产占用情况
1 procurement 三、政府采购支出情况
1 performance 四、部门绩效自评情况
0 glossary 第五部分 名词解释
""",
    "shaanxi": """
0 overview 第一部分 部门概况
0 tables 第二部分 2022年度部门决算表
0 narrative 第三部分 2022年度部门决算情况说明
1 totals 一、收入支出决算总体情况说明
1 appropriation 二、财政拨款收入支出决算总体情况说明
1 three_public 三、“三公”经费、培训费及会议费支出决算情况说明
1 performance 四、部门绩效管理情况
1 other_matters 五、其他重要事项情况说明
0 glossary 第四部分 专业名词解释
""",
    "inner_mongolia": """
0 overview 第一部分 部门基本情况
0 narrative 第二部分 2020年度部门决算情况说明
1 totals 一、收入支出决算总体情况说明
1 income 二、收入决算情况说明
1 expenditure 三、支出决算情况说明
1 appropriation 四、财政拨款收入支出决算总体情况说明
1 general 五、一般公共预算财政拨款支出决算情况说明
1 general_basic 六、一般公共预算财政拨款基本支出决算情况说明
1 general_project 七、一般公共预算财政拨款项目支出决算情况说明
1 three_public 八、财政拨款“三公”经费支出决算情况说明
1 fund 九、政府性基金预算财政拨款支出决算情况说明
1 state_capital 十、国有资本经营预算财政拨款支出决算情况说明
1 project 十一、项目支出情况说明
1 operating_cost 十二、机构运行经费支出情况
1 procurement 十三、政府采购支出情况
1 assets 十四、国有资产占用情况
1 performance 十五、预算绩效情况
0 glossary 第三部分 名词解释
0 tables 第四部分 部门决算公开表
""",
    "guangxi": """
0 overview 第一部分 桂安市统计局概况
0 tables 第二部分 桂安市统计局2024年度部门决算报表
0 narrative 第三部分 桂安市统计局2024年度部门决算情况说明
1 totals 一、2024年度收入支出决算总体情况
1 general 二、一般公共预算财政拨款支出决算情况
1 fund 三、政府性基金预算财政拨款支出决算情况
1 general_basic 四、一般公共预算财政拨款基本支出决算情况
1 three_public 五、财政拨款“三公”经费支出决算情况
1 other_matters 六、其他重要事项情况说明
2 operating_cost （一）机关运行经费支出情况
2 performance （四）预算绩效管理情况
0 glossary 第四部分 名词解释
""",
    "hubei": """
0 overview 第一部分 清江县教育局概况
0 narrative 第二部分 2019年度部门决算情况说明
1 totals 一、收入支出决算总体情况及增减变动情况说明
2 income （二）收入决算情况
2 expenditure （三）支出决算情况
1 general 二、财政拨款支出决算情况说明
2 appropriation （一）财政拨款收入支出决算总体情况
2 general_total （二）一般公共预算财政拨款支出决算总体情况
1 three_public 三、财政拨款“三公”经费支出决算及增减变动情况说明
1 fund 四、政府性基金预算财政拨款收入支出决算情况说明
1 state_capital 五、国有资本经营预算财政拨款支出决算情况说明
0 other_matters 第三部分 其他重要事项情况说明
1 operating_cost 一、机关运行经费支出情况
1 procurement 二、政府采购支出情况
1 assets 三、国有资产占用情况
1 performance 四、预算绩效情况
0 glossary 第四部分 名词解释
0 tables 第五部分 附表
""",
    "zhejiang": """
1 overview 一、浙安县审计局概况
2 duties （一）部门职责
2 institutions （二）机构设置
1 tables 二、2022年度部门决算公开表
1 narrative 三、2022年度部门决算情况说明
2 totals （一）收入支出决算总体情况说明
2 income （二）收入决算情况说明
2 expenditure （三）支出决算情况说明
2 appropriation （四）财政拨款收入支出决算总体情况说明
2 general （五）一般公共预算财政拨款支出决算情况说明
2 three_public （八）“三公”经费决算情况说明
2 other_matters （十）其他重要事项的情况说明
1 glossary 四、名词解释
""",
    "gansu": """
1 overview 一、部门概况
1 narrative 二、2021年度部门决算情况说明
2 income （一）收入决算情况说明
2 expenditure （二）支出决算情况说明
2 appropriation （三）财政拨款收入支出决算情况说明
1 general 三、一般公共预算财政拨款支出决算情况说明
1 three_public 四、“三公”经费支出决算情况说明
1 glossary 五、名词解释
""",
}


@pytest.mark.parametrize("form", OUTLINES)
def test_headings_are_known_by_what_they_say(form: str) -> None:
    wanted = [line.split(" ", 2) for line in OUTLINES[form].strip().split("\n")]
    document = parse("\n".join(title for _, _, title in wanted))
    assert [[str(s.level), s.key or "-", s.title] for s in document.sections] == wanted


@pytest.mark.parametrize("form", OUTLINES)
def test_form_is_told_by_its_titles(form: str) -> None:
    titles = [line.split(" ", 2)[2] for line in OUTLINES[form].strip().split("\n")]
    assert form_of(parse("\n".join(titles))) == form


@pytest.mark.parametrize("form", OUTLINES)
def test_numbers_of_headings_do_not_matter(form: str) -> None:
    """The same titles under other numbers are the same sections."""
    wanted = [line.split(" ", 2) for line in OUTLINES[form].strip().split("\n")]
    renumbered = [re.sub(r"^[一二三四五六七八九十]+、", "九、", title) for _, _, title in wanted]
    assert [s.key or "-" for s in parse("\n".join(renumbered)).sections] == [key for _, key, _ in wanted]


def test_sentence_with_a_number_before_it_is_no_heading() -> None:
    document = parse(
        "一、收入总计10万元，支出总计10万元。\n二、收入决算情况说明\n（一）本年收入合计10万元。\n"
    )
    assert [s.title for s in document.sections] == ["二、收入决算情况说明"]


def test_part_of_another_kind_ends_the_scope_of_the_one_before() -> None:
    document = parse("第三部分 名词解释\n一、财政拨款收入\n第四部分 决算情况说明\n一、收入决算情况说明\n")
    assert [s.key for s in document.sections] == ["glossary", None, "narrative", "income"]


# ------------------------------------------------------------------------------------------ places
def misplaced(text: str) -> Iterator[str]:
    """Facts and numerals whose place does not hold the words that they were read from."""
    lines = text.split("\n")
    extracted = extract(parse(text))
    for fact in extracted.facts:
        here = lines[fact.source.line - 1][fact.source.start : fact.source.end]
        if here != fact.printed:
            yield f"{fact.id}: {here!r} is not {fact.printed!r}"
        if not fact.quote.strip():
            yield f"{fact.id}: no quote"
    for numeral in extracted.numerals:
        here = lines[numeral.source.line - 1][numeral.source.start : numeral.source.end]
        if here != numeral.text:
            yield f"numeral {numeral.text!r} at {numeral.source}: {here!r}"


def test_every_fact_of_the_real_report_stands_where_it_says() -> None:
    assert list(misplaced(anju())) == []
    assert len(extract(parse(anju())).facts) > 200


@settings(FIXED, max_examples=40)
@given(reports())
def test_every_fact_of_a_generated_report_stands_where_it_says(report: Report) -> None:
    assert list(misplaced(report.text)) == []


@settings(FIXED, max_examples=40)
@given(reports())
def test_every_figure_of_a_generated_report_is_seen(report: Report) -> None:
    """The generator knows each figure that it printed: none is overlooked, and none read with another value."""
    seen = {(n.source.line, n.source.start, n.source.end): n for n in extract(parse(report.text)).numerals}
    for figure in report.figures:
        numeral = seen.get((figure.line, figure.start, figure.end))
        assert numeral is not None, report.text.split("\n")[figure.line - 1]
    facts = {f.id: f for f in extract(parse(report.text)).facts}
    values = {(f.line, f.start): f.value for f in report.figures}
    for (line, start, _), numeral in seen.items():
        assert re.fullmatch(r"-?[\d,]+(?:\.\d+)?", numeral.text)
        for fact in numeral.facts:
            value = facts[fact].value
            assert value is not None
            assert abs(value) == values.get((line, start), abs(value))


# ------------------------------------------------------------------------------------ never a crash
CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cs",))
WORDS = st.sampled_from(
    [
        "收入总计",
        "支出",
        "其中：",
        "占",
        "%",
        "万元",
        "元",
        "增长",
        "比上年",
        "2022年度",
        "1,234.50",
        "0",
        "-5",
        "（类）",
        "（款）",
        "（项）",
        "一、",
        "第二部分",
        "名词解释",
        "目录",
        "\t",
        "\n",
        "\n\n",
        "。",
        "，",
        "、",
        "“三公”",
        "（",
        "）",
        "图1：",
        "辆",
        "与",
        "持平",
        "年初预算",
        "完成预算",
        "等3个项目",
        "各是",
        "\u3000",
        "10.",
        "1.",
    ]
)


def survives(text: str) -> None:
    document, extracted = audited(text)
    assert len(document.lines) == text.count("\n") + 1
    assert "\n" in text or list(misplaced(text)) == []
    assert all(0 < fact.source.line <= len(document.lines) for fact in extracted.facts)


@settings(FIXED, max_examples=150)
@given(st.text(CHARACTERS, max_size=200))
@example("")
@example("目录")
@example("\t")
def test_arbitrary_text_is_read_without_a_crash(text: str) -> None:
    survives(text)


@settings(FIXED, max_examples=250)
@given(st.lists(WORDS, max_size=60).map("".join))
def test_words_of_reports_in_any_order_are_read_without_a_crash(text: str) -> None:
    survives(text)


@settings(FIXED, max_examples=25)
@given(st.integers(0, 2**32))
def test_real_report_with_lines_lost_doubled_and_cut_is_read_without_a_crash(seed: int) -> None:
    dice = random.Random(seed)
    lines = anju().split("\n")[:200] + anju().split("\n")[420:470]
    for _ in range(40):
        at = dice.randrange(len(lines))
        line = lines[at]
        cut = dice.randrange(len(line) + 1)
        lines[at : at + 1] = dice.choice(
            [
                [],
                [line, line],
                [line[:cut]],
                [line[:cut], line[cut:]],
                [line[cut:] + line[:cut]],
                ["\t" + line],
                [line.translate({ord(c): None for c in dice.sample("，。（）：、万元0123456789", 3)})],
            ]
        )
    dice.shuffle(lines) if dice.random() < 0.2 else None
    audited("\n".join(lines))


@settings(FIXED, max_examples=60)
@given(content=st.binary(max_size=300))
def test_arbitrary_bytes_are_audited_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = saved(tmp_path_factory.mktemp("bytes"), content)
    try:
        result = audit(path)
    except ReportError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(result, Audit)
