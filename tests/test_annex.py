"""The performance annexes as read: tables and places of the real report, and annexes that are broken, never a crash."""

import random
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise, takewhile

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from helpers.audit import Audit
from helpers.checking import check
from helpers.checking.kinds import Outcome
from helpers.checking.result import Result
from helpers.checking.rules import load_rules
from helpers.facts.annex import Annex
from helpers.facts.extract import Extract, extract
from helpers.facts.fact import Fact
from helpers.findings.finding import find
from helpers.reading.text import parse
from real_reports import ANJU, audit_of

ANNEXES = range(182, 2846)  # the lines of 第四部分
FIXED = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
    verbosity=Verbosity.quiet,
)
RULES = load_rules()
EVALUATION = [rule for rule in RULES if rule.kind == "performance"]

HALL, DECORATION, SEALS, PROPERTY, SQUARE = PROJECTS = (
    "办事大厅运转运行费",
    "政务服务综合大楼信息化建设、装饰装修费",
    "免费印章及专家评审费",
    "物业管理费",
    "政务服务综合大楼广场升级改造费",
)


def anju() -> Audit:
    return audit_of(ANJU)


def facts(concept: str, project: str | None = None) -> list[Fact]:
    """The facts of a concept that stand in a table, of one project as a whole if named."""
    found = [f for f in anju().facts if f.concept == concept and f.source.row is not None]
    return [f for f in found if project is None or f.dimensions == (("project", project),)]


# -------------------------------------------------------------------- the structure of the real report
def test_projects_are_read_by_name_each_with_its_tables() -> None:
    projects = anju().extract.annex.projects
    assert tuple(project.name for project in projects) == PROJECTS
    assert [project.title.line for project in projects] == [405, 627, 872, 1091, 1289]
    for project in projects:
        assert project.budget is not None and project.indicators is not None
        assert [cell.folded for cell in project.total[:3]] == ["合计", "100", "100"]
        assert [row.words("source").removeprefix("其中：") for row in project.budget.rows] == [
            "总额",
            "财政资金",
            "财政专户管理资金",
            "单位资金",
            "其他资金",
        ]


def test_scoring_table_has_each_indicator_below_its_groups() -> None:
    [grid] = anju().extract.annex.scoring
    rows = [
        (
            row.words("group"),
            row.words("subgroup"),
            row.words("name"),
            row.words("weight"),
            row.words("score"),
        )
        for row in grid.rows
    ]
    management, results, quality = "部门预算管理(80分)", "绩效结果应用(10分)", "自评质量(10分)"
    assert rows == [
        (management, "预算编制(30分)", "目标制定", "10", "10"),
        (management, "预算编制(30分)", "目标实现", "10", "10"),
        (management, "预算编制(30分)", "编制准确", "10", "10"),
        (management, "预算执行(30分)", "支出控制", "10", "10"),
        (management, "预算执行(30分)", "动态调整", "10", "10"),
        (management, "预算执行(30分)", "执行进度", "10", "9"),
        (management, "完成结果(20分)", "预算完成", "10", "10"),
        (management, "完成结果(20分)", "违规记录", "10", "10"),
        (results, "信息公开(2分)", "自评公开", "2", "2"),
        (results, "整改反馈(8分)", "结果整改", "4", "4"),
        (results, "整改反馈(8分)", "应用反馈", "4", "4"),
        (quality, quality, "自评准确", "10", ""),
    ]


# 二级指标, 三级指标, 指标性质, 指标值, 度量单位, 权重, 得分: two projects whole, of the others what is printed oddly.
HALL_INDICATORS = """
数量指标 维修维护面积 = 8000 平米 5 5
数量指标 完成免费复印 ≥ 20 万份 10 10
数量指标 广告宣传点位 = 4 座(处) 5 5
数量指标 公共场所消毒 ≥ 1100 次 10 10
质量指标 保障大楼正常运行 = 100 % 5 5
时效指标 预计完成时间 = 1 年 5 5
社会效益指标 提供了良好的办事环境 定性 100 % 20 20
服务对象满意度指标 让办事群众满意 ≥ 95 % 10 10
经济成本指标 免费复印 = 0.2 元/个 20 20
"""
SQUARE_INDICATORS = """
质量指标 广场升级改造 定性 优良 - 30 30
数量指标 竣工时间 = 8 月 10 10
社会效益指标 群众满意度 = 100 % 20 20
经济成本指标 广场升级改造费 = 47.99 元 30 30
"""
COLUMNS = ("level2", "name", "nature", "target", "unit", "weight", "score")


def test_indicators_are_read_with_their_headings_carried_down() -> None:
    projects = {project.name: project for project in anju().extract.annex.projects}
    counts = []
    for name in PROJECTS:
        grid = projects[name].indicators
        assert grid is not None
        counts.append(len(grid.rows))
        assert all(row.words(column) for row in grid.rows for column in ("level1", "level2", "name"))
        assert {row.words("completed") for row in grid.rows} == {""}
    assert counts == [9, 11, 8, 7, 4]
    for name, wanted in ((HALL, HALL_INDICATORS), (SQUARE, SQUARE_INDICATORS)):
        grid = projects[name].indicators
        assert grid is not None
        rows = [" ".join(row.words(column) or "-" for column in COLUMNS) for row in grid.rows]
        assert rows == wanted.strip().split("\n")


def test_rating_tables_have_fifteen_scored_rows_each() -> None:
    ratings = anju().extract.annex.ratings
    assert tuple(project for project, _ in ratings) == PROJECTS
    for _, grid in ratings:
        scored = [
            (row.words("scope"), row.words("name"), row.words("score"))
            for row in grid.rows
            if row.words("score")
        ]
        assert len(scored) == 15
        assert [int(score) for *_, score in scored] == [4, 4, 4, 4, 4, 4, 4, 2, 20, 10, 5, 5, 10, 10, 10]
        assert [scope for scope, *_ in scored] == (
            ["所有专项项目"] * 8
            + ["产业发展项目"] * 2
            + ["民生保障项目"] * 3
            + ["基础设施(设备购置)项目"] * 2
        )
        weights = [row.words("weight") for row in grid.rows if row.own("weight") and row.words("weight")]
        assert weights == ["4%"] * 7 + ["2%", "20%"]


# (project, line and row of 总额, 年初, 调整后, 执行), read off the page; the columns are 3, 4 and 5.
BUDGETS = [
    (HALL, 438, 8, "100.00", "129.24", "129.24"),
    (DECORATION, 660, 34, "100.00", "150.00", "150.00"),
    (SEALS, 909, 64, "20.00", "19.93", "19.93"),
    (PROPERTY, 1124, 90, "40.00", "40.00", "40.00"),
    (SQUARE, 1322, 115, "0.00", "47.99", "47.99"),
]


@pytest.mark.parametrize("project, line, row, opening, adjusted, executed", BUDGETS, ids=PROJECTS)
def test_budget_row_has_its_figures_line_row_and_columns(
    project: str, line: int, row: int, opening: str, adjusted: str, executed: str
) -> None:
    for offset, (column, printed) in enumerate(
        (("opening", opening), ("adjusted", adjusted), ("executed", executed))
    ):
        [fact] = facts(f"project.{column}", project)
        assert (fact.printed, fact.unit, fact.is_money) == (printed, "万元", True)
        assert (fact.source.line, fact.source.row, fact.source.column) == (line + offset, row, 3 + offset)
    [rate] = facts("project.rate", project)
    assert (rate.printed, rate.unit, rate.source.column) == ("100.00", "%", 6)


def test_row_and_column_of_every_figure_lead_to_its_cell() -> None:
    tables = [t for t in anju().document.tables if t.section and "annexes" in t.section.keys]
    cells = {
        (cell.line, row, column): cell
        for table in tables
        for row, texts in enumerate(table.rows, 1)
        for column, cell in enumerate(texts, 1)
    }
    placed = [fact for fact in anju().facts if fact.source.row is not None]
    assert len(placed) > 350
    for fact in placed:
        assert fact.source.row and fact.source.column
        # A heading of two lines, or a figure on a later line of a cell, keeps the line where it stands.
        lines = [fact.source.line - back for back in range(4)]
        found = [cells.get((line, fact.source.row, fact.source.column)) for line in lines]
        assert any(cell is not None and fact.printed in cell.raw for cell in found), fact.id


def test_every_figure_of_the_annexes_stands_where_it_says() -> None:
    lines = anju().document.lines
    numerals = [n for n in anju().numerals if n.source.line in ANNEXES]
    assert len(numerals) >= 595
    for numeral in numerals:
        assert lines[numeral.source.line - 1][numeral.source.start : numeral.source.end] == numeral.text
        assert re.fullmatch(r"-?[\d,]+(?:\.\d+)?", numeral.text)
    places = [(n.source.line, n.source.start) for n in numerals]
    assert len(set(places)) == len(places), "a figure is read twice"


def test_figures_of_the_annexes_carry_tickmarks() -> None:
    """At least 480 of the 595 figures that people counted there; not tested alone is no tickmark."""
    numerals = [n for n in anju().numerals if n.source.line in ANNEXES]
    assert sum(anju().is_checked(numeral) for numeral in numerals) >= 480


def test_no_figure_of_the_annexes_is_read_of_another_project() -> None:
    """A project's tables and report stand in lines of their own."""
    starts = {name: (title, report) for name, title, report in zip(
        PROJECTS, (405, 627, 872, 1091, 1289), (1451, 1728, 2008, 2287, 2565), strict=True
    )}  # fmt: skip
    ends = {**dict(zip(PROJECTS, (626, 871, 1090, 1288, 1447), strict=True))}
    report_ends = dict(zip(PROJECTS, (1727, 2007, 2286, 2564, 2845), strict=True))
    for fact in anju().facts:
        name = fact.dimension("project")
        if name is not None:
            (title, report), line = starts[name], fact.source.line
            assert title <= line <= ends[name] or report <= line <= report_ends[name], (fact.id, line)


# ------------------------------------------------------------------------------------ a small annex
def cells(text: str) -> str:
    """A text with its tables as a word processor saves them: `|a|b` stands for a row of two cells."""
    lines: list[str] = []
    for line in text.strip("\n").split("\n"):
        if line.startswith("|"):
            lines += [*("\t" + (cell or "\u3000") for cell in line[1:].split("|")), ""]
        else:
            # Two blank lines end a table.
            lines += ["", line] if lines and not lines[-1] else [line]
    return "\n".join(lines)


ACCOUNTS = """第二部分 平溪县水务局2022年度部门决算情况说明
一、收入支出决算总体情况说明
2022年度收、支总计均为520.00万元。
三、支出决算情况说明
2022年度本年支出合计520.00万元，其中：基本支出350.00万元，占67.31%；项目支出170.00万元，占32.69%。
（四）预算绩效管理情况
组织对河道清淤、水库除险等2个项目开展绩效自评，部门整体绩效自评得分为97分，河道清淤预算项目绩效自评得分为100分。
"""
DEPARTMENT = """第四部分 附件
附件1
部门预算整体绩效评价报告
（三）人员概况。截至2022年末，共有编制40名，其中行政编制12名，事业编制28名。
（一）收入情况。年初预算收入500.00万元、决算报表收入520.00万元。
（二）支出情况。年初预算支出500.00万元、决算报表支出520.00万元。
项目资金年初预算150.00万元，使用170.00万元（其中：预算支出170.00万元，年度调增预算20.00万元）。
（一）评价结论。绩效目标完成情况良好，自评得分97分。
|2022年部门整体支出绩效评价自评得分
|一级指标|二级指标|三级指标|指标分值|指标解释|计分标准|自评得分
|部门预算管理（90分）|预算编制（40分）|目标制定|40|目标是否完整。|酌情评分。|40
||预算执行（50分）|支出控制|50|支出是否受控。|酌情评分。|48
|绩效结果应用（10分）|信息公开（10分）|自评公开|10|是否公开。|按要求公开的，得满分。|9
"""
SHEET = """|部门预算项目支出绩效自评表（2022年度）
|项目名称|51090422T000000000001-河道清淤
|项目基本情况|年度目标完成情况|2022年实际投入资金110.00万元，疏浚河道12公里。
|预算执行情况（10分）|年度预算数（万元）|年初预算|调整后预算数|预算执行数|预算执行率|权重|得分|原因
||总额|100.00|110.00|110.00|100.00%|10|10|汛期淤积加重，经批准追加清淤资金。
||其中：财政资金|100.00|110.00|110.00|100.00%|/|/|
||单位资金|0.00|0.00|0.00|0.00%|/|/|
|绩效指标（90分）|一级指标|二级指标|三级指标|指标性质|指标值|度量单位|完成值|权重|得分
||产出指标|数量指标|河道清淤长度|≥|12|公里|12|40|40
||||护岸修复处数|＝|3|处|3|20|20
||满意度指标|服务对象满意度指标|沿岸居民满意度|≥|90|%|95|10|10
||成本指标|经济成本指标|清淤成本|≤|110|万元|110|20|20
|合计|100|100|
"""
SECOND = """|项目名称|水库除险
||年度预算数（万元）|年初预算|调整后预算数|预算执行数|预算执行率|权重|得分|原因
||总额|50.00|60.00|60.00|100.00%|10|10|新增库区险情处置任务，经批准追加。
||其中：财政资金|50.00|60.00|60.00|100.00%|/|/|
"""
REPORT = """附件2
项目支出绩效评价报告
（河道清淤）
（三）预算安排及分配管理。年初预算安排100.00万元，使用110.00万元（其中：预算支出110.00万元，年度调增预算10.00万元）。
四、评价结论
河道清淤项目绩效总体评价良好，自评得分100分。
|分值权重|分层指标|适用范围|一级指标|二级指标|指标解释|方法归类|计算公式|自评得分
|60%|通用指标|所有专项项目|项目决策|程序严密|程序是否严密|分级评分法|酌情评分|60
|40%|||项目实施|使用合规|使用是否合规|分级评分法|酌情评分|40
"""
TAIL = """第五部分 附表
一、收入支出决算总表
"""
SMALL = cells(ACCOUNTS + DEPARTMENT + SHEET + SECOND + REPORT + TAIL)
FIRST = SMALL[: SMALL.index("第四部分")].count("\n")  # lines before the annexes


def audited(text: str) -> tuple[Extract, list[Result]]:
    """All that an audit of this text does; its facts, and the results of the rules of the annexes."""
    document = parse(text)
    extracted = extract(document)
    results = check(document, extracted, RULES)
    for finding in find(results, extracted.facts):
        for evidence in finding.evidence:
            assert 1 <= evidence.source.line <= len(document.lines)
    for result in results:
        if result.outcome is Outcome.NOT_TESTED:
            assert result.reason["zh"] and result.reason["en"], (result.rule.id, result.context)
    assert {result.rule.id for result in results} >= {rule.id for rule in EVALUATION}
    for numeral in extracted.numerals:
        place = numeral.source
        assert numeral.text.startswith(document.lines[place.line - 1][place.start : place.end])
    return extracted, [result for result in results if result.rule.kind == "performance"]


def told(results: list[Result], outcome: Outcome = Outcome.EXCEPTION) -> list[tuple[str, str]]:
    return [(result.rule.id, result.context) for result in results if result.outcome is outcome]


def changed(*replacements: tuple[str, str]) -> str:
    """The small annex with rows or words put otherwise."""
    text = SMALL
    for before, after in replacements:
        one, other = cells(before), cells(after)
        assert one in text, before
        text = text.replace(one, other, 1)
    return text


def test_small_annex_is_read_whole_and_right() -> None:
    extracted, results = audited(SMALL)
    annex: Annex = extracted.annex
    assert told(results) == []
    assert [project.name for project in annex.projects] == ["河道清淤", "水库除险"]
    assert [len(grid.rows) for grid in annex.scoring] == [3]
    assert [(project, len(grid.rows)) for project, grid in annex.ratings] == [("河道清淤", 2)]
    ties = {rule for rule, _ in told(results, Outcome.TIES)}
    tested = {
        "01",
        "02",
        "03",
        "04",
        "05",
        "06",
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "18",
        "19",
        "20",
        "21",
    }
    assert ties >= {f"EVA-{number}" for number in tested}


# ----------------------------------------------------------------------------------- broken annexes
def facts_of(extracted: Extract) -> dict[tuple[int, int], tuple[object, ...]]:
    return {
        (f.source.line, f.source.start): (f.concept, f.measure, f.value, f.unit, f.dimensions)
        for f in extracted.facts
        if f.source.line > FIRST and f.concept != "numbering"
    }


# A sum lacks what the cut took away: the difference is on the page.
SUMS = {"EVA-12", "EVA-13", "EVA-14", "EVA-17", "EVA-18"}


@cache
def cuts() -> tuple[tuple[int, bool, dict[tuple[int, int], tuple[object, ...]], list[tuple[str, str]]], ...]:
    """For each line of the annexes, what the text up to it comes to: lines, cut inside a row, facts, exceptions."""
    lines = SMALL.split("\n")
    found = []
    for end in range(FIRST + 1, len(lines)):
        extracted, results = audited("\n".join(lines[:end]))
        row = "".join(takewhile(lambda line: line.startswith("\t"), reversed(lines[:end])))
        # Of a row that begins with merged cells nothing is there to see before its first words.
        in_row = bool(row.strip()) and lines[end].startswith("\t")
        found.append((end, in_row, facts_of(extracted), told(results)))
    return tuple(found)


def test_annex_cut_off_at_any_line_is_read_without_a_crash() -> None:
    assert len(cuts()) >= 200
    assert sum(in_row for _, in_row, _, _ in cuts()) >= 100
    counts = [len(found) for _, _, found, _ in cuts()]
    assert counts[-1] == len(facts_of(audited(SMALL)[0])) > 75
    assert all(after >= before - 2 for before, after in pairwise(counts))


def test_figures_above_a_cut_are_what_they_are_in_the_whole() -> None:
    """A row that ends early does not pass its last cell off as that of another column."""
    whole = facts_of(audited(SMALL)[0])
    wrong = [
        (end, place, concept, whole.get(place))
        for end, _, found, _ in cuts()
        for place, (concept, _, value, *_) in found.items()
        if place not in whole or concept not in ("statement", whole[place][0]) or value != whole[place][2]
    ]
    assert wrong == []


def test_cut_between_rows_shows_no_difference_but_that_of_the_sums() -> None:
    assert [
        (end, said) for end, in_row, _, said in cuts() if not in_row and {r for r, _ in said} - SUMS
    ] == []


def test_cut_inside_a_row_shows_no_difference() -> None:
    """The table is seen to be broken: what it should add up to is not tested."""
    assert [(end, said) for end, in_row, _, said in cuts() if in_row and said] == []


FULL_ROWS = {
    "budget": "||总额|100.00|110.00|110.00|100.00%|10|10|汛期淤积加重，经批准追加清淤资金。",
    "source": "||其中：财政资金|100.00|110.00|110.00|100.00%|/|/|",
    "indicator": "||产出指标|数量指标|河道清淤长度|≥|12|公里|12|40|40",
    "merged": "||||护岸修复处数|＝|3|处|3|20|20",
    "scoring": "||预算执行（50分）|支出控制|50|支出是否受控。|酌情评分。|48",
    "rating": "|40%|||项目实施|使用合规|使用是否合规|分级评分法|酌情评分|40",
}
# The cell that is lost, doubled or put in, counted from the row's end.
PLACES = (1, 2, 3, 4, 5)


def mangled() -> Iterator[tuple[str, str, str]]:
    for name, row in FULL_ROWS.items():
        parts = row[1:].split("|")
        for place in PLACES:
            at = len(parts) - place
            yield (
                f"{name} without its cell {place} from the end",
                row,
                "|" + "|".join(parts[:at] + parts[at + 1 :]),
            )
            yield (
                f"{name} with a cell too many, {place} from the end",
                row,
                "|" + "|".join([*parts[:at], "", *parts[at:]]),
            )


MANGLED = list(mangled())


@pytest.mark.parametrize("row, broken", [case[1:] for case in MANGLED], ids=[case[0] for case in MANGLED])
def test_row_with_too_few_or_too_many_cells_is_not_guessed(row: str, broken: str) -> None:
    extracted, results = audited(changed((row, broken)))
    assert told(results) == []
    # Every other row says what it said: compare what the cells are, as lines move.
    lines = SMALL.split("\n")
    first = next(n for n in range(len(lines)) if "\n".join(lines[n:]).startswith(cells(row))) + 1
    last = first + row.count("|") - 1
    moved = broken.count("|") - row.count("|")
    whole, now = facts_of(audited(SMALL)[0]), facts_of(extracted)
    for (line, start), meaning in whole.items():
        if line < first:
            assert now.get((line, start)) == meaning
        elif line > last:
            assert now.get((line + moved, start)) == meaning
    # And a figure of the row is what it was, or nothing but a figure.
    was = {(meaning[0], meaning[2]) for (line, _), meaning in whole.items() if first <= line <= last}
    here = {(m[0], m[2]) for (line, _), m in now.items() if first <= line <= last + moved}
    assert {(concept, value) for concept, value in here if concept != "statement"} <= was


def outcomes(results: list[Result], rule: str) -> set[Outcome]:
    return {result.outcome for result in results if result.rule.id == rule}


def test_project_that_the_text_names_and_no_table_shows() -> None:
    """Two projects are evaluated and one has a table: their sum is not that of the department."""
    extracted, results = audited(changed((SECOND, "")))
    assert [project.name for project in extracted.annex.projects] == ["河道清淤"]
    assert told(results) == []
    assert outcomes(results, "EVA-05") == {Outcome.NOT_TESTED}
    assert Outcome.TIES in outcomes(results, "EVA-01") & outcomes(results, "EVA-03")


def test_project_that_only_a_report_is_about() -> None:
    report = """项目支出绩效评价报告
（堤防加固）
（三）预算安排及分配管理。年初预算安排30.00万元，使用29.00万元（其中：预算支出29.00万元，年度调减预算1.00万元）。
"""
    extracted, results = audited(SMALL.replace("第五部分", report + "第五部分"))
    assert told(results) == []
    only = [f for f in extracted.facts if f.dimension("project") == "堤防加固"]
    assert [f.printed for f in only if f.is_money] == ["30.00", "29.00", "29.00", "1.00"]
    assert {p.name for p in extracted.annex.projects} == {"河道清淤", "水库除险"}


def test_project_that_only_its_table_names() -> None:
    _, results = audited(changed(("组织对河道清淤、水库除险等2个项目开展绩效自评，", ""), (REPORT, "")))
    assert told(results) == []
    assert outcomes(results, "EVA-18") == {Outcome.NOT_TESTED}


def test_name_of_a_project_left_blank() -> None:
    extracted, results = audited(changed(("|项目名称|水库除险", "|项目名称|")))
    assert told(results) == []
    assert extracted.annex.projects[0].name == "河道清淤"


@pytest.mark.parametrize("words", ["无", "附件1\n无", "无。", "\t无", "", "附件1\n\n附件2"], ids=repr)
def test_empty_annex_has_nothing_to_test(words: str) -> None:
    extracted, results = audited(f"{ACCOUNTS}第四部分 附件\n{words}\n{TAIL}")
    assert extracted.annex.projects == [] and extracted.annex.scoring == [] and extracted.annex.ratings == []
    assert facts_of(extracted) == {}
    # That no instruction of the form was left in can be seen of few words too.
    assert [r.rule.id for r in results if r.outcome is not Outcome.NOT_TESTED] in ([], ["EVA-32"])
    assert told(results) == []


@pytest.mark.parametrize(
    "row, broken, sums",
    [
        (FULL_ROWS["merged"], "||||护岸修复处数|＝|3|处|3|较高|20", {"EVA-13", "EVA-14"}),
        (FULL_ROWS["merged"], "||||护岸修复处数|＝|3|处|3|20|优", {"EVA-12"}),
        (FULL_ROWS["budget"], FULL_ROWS["budget"].replace("|10|10|", "|较高|10|"), {"EVA-13", "EVA-14"}),
        (FULL_ROWS["scoring"], FULL_ROWS["scoring"].replace("|50|", "|较高|"), {"EVA-13", "EVA-14"}),
        (FULL_ROWS["scoring"], FULL_ROWS["scoring"].replace("|48", "|良"), {"EVA-12"}),
        (FULL_ROWS["rating"], FULL_ROWS["rating"].replace("40%", "较高"), {"EVA-17"}),
        (FULL_ROWS["rating"], FULL_ROWS["rating"].replace("|40", "|良", 2).replace("良%", "40%"), {"EVA-18"}),
    ],
    ids=[
        "weight",
        "score",
        "budget weight",
        "scoring weight",
        "scoring score",
        "rating weight",
        "rating score",
    ],
)
def test_weight_or_score_that_is_a_word_is_not_added(row: str, broken: str, sums: set[str]) -> None:
    assert row != broken
    _, results = audited(changed((row, broken)))
    assert told(results) == []
    for rule in sums:
        assert Outcome.NOT_TESTED in outcomes(results, rule), rule


@pytest.mark.parametrize(
    "head, row, placed",
    [
        ("|二级指标|三级指标|指标值|权重|得分", "|数量指标|清淤长度|12|90|90", 3),
        ("|三级指标|指标分值|计分标准|自评得分", "|目标制定|10|酌情评分。|10", 2),
        ("|分值权重|适用范围|二级指标|方法归类|自评得分", "|100%|所有项目|程序严密|分级评分法|100", 2),
        ("|年初预算|预算执行数", "|100.00|98.00", 2),
    ],
    ids=["indicators", "scoring", "rating", "budget"],
)
def test_form_with_no_columns_but_those_required_is_read(head: str, row: str, placed: int) -> None:
    extracted, results = audited("第四部分 附件\n" + cells(f"|项目名称|河道清淤\n{head}\n{row}"))
    assert told(results) == []
    assert len([fact for fact in extracted.facts if fact.source.row is not None]) == placed


@pytest.mark.parametrize(
    "words", ["10\n2", "10      2", "1.得5分；      2.得5分"], ids=["line", "gap", "none"]
)
def test_digits_with_a_break_between_them_are_not_one_figure(words: str) -> None:
    """Nothing but a single blank inside a figure is a slip: a new line or a gap begins another figure."""
    text = SMALL.replace("\t酌情评分。\n\t48", f"\t{words}\n\t48")
    extracted, _ = audited(text)
    assert {n.text for n in extracted.numerals} <= {
        *(n.text for n in audited(SMALL)[0].numerals),
        "10",
        "2",
        "5",
    }


def test_number_of_forty_digits_is_read_without_a_crash() -> None:
    audited(
        changed((FULL_ROWS["budget"], FULL_ROWS["budget"].replace("110.00|100.00%", "9" * 40 + "|100.00%")))
    )


# ------------------------------------------------------------------------------------ never a crash
def disturbed(lines: list[str], dice: random.Random, times: int) -> str:
    """Lines lost, doubled, moved, emptied, or with their tab gone."""
    lines = list(lines)
    for _ in range(times):
        at = dice.randrange(len(lines))
        line = lines[at]
        lines[at : at + 1] = dice.choice(
            [
                [],
                [],
                [line, line],
                ["", line],
                ["\t" + line.strip()],
                [line.strip()],
                [line[: len(line) // 2]],
                ["\t\u3000"],
            ]
        )
        if dice.random() < 0.1:
            lines.insert(dice.randrange(len(lines)), line)
    return "\n".join(lines)


@settings(FIXED, max_examples=150)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_small_annex_with_lines_lost_and_doubled_is_read_without_a_crash(seed: int, times: int) -> None:
    lines = SMALL.split("\n")
    audited("\n".join(lines[:FIRST]) + "\n" + disturbed(lines[FIRST:], random.Random(seed), times))


@settings(FIXED, max_examples=12)
@given(st.integers(0, 2**32))
def test_real_annex_with_lines_lost_and_doubled_is_read_without_a_crash(seed: int) -> None:
    lines = list(anju().document.lines)
    first, last = ANNEXES.start - 1, ANNEXES.stop - 1
    audited(
        "\n".join([*lines[:first], disturbed(lines[first:last], random.Random(seed), 150), *lines[last:]])
    )


CELLS = st.sampled_from(
    [
        *(
            "项目名称",
            "一级指标",
            "二级指标",
            "三级指标",
            "指标值",
            "指标分值",
            "权重",
            "得分",
            "自评得分",
            "分值权重",
        ),
        *(
            "年初预算",
            "调整后预算数",
            "预算执行数",
            "预算执行率",
            "完成值",
            "度量单位",
            "指标性质",
            "适用范围",
            "方法归类",
        ),
        *(
            "计分标准",
            "总额",
            "合计",
            "数量指标",
            "经济成本指标",
            "（10分）",
            "定性",
            "≥",
            "100.00",
            "0.00%",
            "-5",
            "1,2,3",
        ),
        *(
            "元/套",
            "万份",
            "/",
            "",
            "\u3000",
            "较高",
            "9" * 40,
            "50%",
            "3.14.15",
            "第四部分 附件",
            "（河道清淤）",
        ),
    ]
)


@settings(FIXED, max_examples=150)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=11).map("|".join), min_size=1, max_size=12))
def test_cells_of_the_forms_in_any_order_are_read_without_a_crash(rows: list[str]) -> None:
    audited("第四部分 附件\n" + cells("\n".join("|" + row for row in rows)))
