"""The published tables in the layouts of the provinces: every cell is read as what it is, and adds up or is found."""

import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from noto_cjk_sans_otc import FONT_PATH

import chromium
from helpers.checking import check
from helpers.checking.kinds import Outcome
from helpers.checking.rules import load_rules
from helpers.facts.extract import Extract, extract
from helpers.facts.published import published_forms
from helpers.findings.finding import Finding, find
from helpers.reading.document import Document, fold
from helpers.reading.pdf import read as read_pdf
from real_reports import BAD, GOOD
from tables_generator import Grid, Printed, Printer, Want, document, drawn, narrative, page, tabled

FONT = f"{Path(FONT_PATH).as_uri()}#NotoSansCJKsc-Regular"
RULES = [rule for rule in load_rules() if rule.kind in ("published", "open_table")]


def printed(seed: int, cut: bool = False) -> Printed:
    """The tables of a seed; `cut` in two, as a page break does."""
    rng, books, how = drawn(seed)
    grids = Printer(rng, books, how).all(sichuan=rng.random() < 0.4)
    return document(
        grids, cut=(lambda grid: len(grid.rows) * 2 // 3 if len(grid.rows) > 12 else 0) if cut else None
    )


def stated(extracted: Extract) -> dict[int, set[Want]]:
    """What the figures of the tables say, by line."""
    found: dict[int, set[Want]] = defaultdict(set)
    for fact in extracted.facts:
        table = fact.dimension("table")
        if table and fact.concept != "cell" and fact.value is not None:
            others = frozenset(item for item in fact.dimensions if item[0] != "table")
            found[fact.source.line].add((table, fact.concept, fact.measure, others, fact.value))
    return found


def claims(read: Document) -> list[Finding]:
    """The findings above `info` of the rules on tables."""
    extracted = extract(read)
    found = find(check(read, extracted, RULES), extracted.facts)
    return [finding for finding in found if finding.severity != "info"]


def told(found: list[Finding]) -> list[str]:
    return [f"{f.result.rule.id} {f.message['zh']} {[e.quote for e in f.evidence][:5]}" for f in found]


def wrong(read: Printed) -> Iterator[str]:
    """Each cell that is not read as what it states, or that states nothing and is read as something."""
    got = stated(extract(read.document))
    for line in sorted({*got, *read.wants}):
        wanted = {read.wants[line]} if line in read.wants else set()
        if got.get(line, set()) != wanted:
            yield f"{read.document.lines[line - 1]!r}: {wanted or 'nothing'}, read as {got.get(line) or 'nothing'}"


@pytest.mark.parametrize("seed", range(16))
def test_every_cell_states_what_it_says_and_the_whole_adds_up(seed: int) -> None:
    read = printed(seed)
    assert list(wrong(read)) == []
    assert told(claims(read.document)) == []


@pytest.mark.parametrize("seed", range(100, 112))
def test_table_that_a_page_cuts_is_one(seed: int) -> None:
    read = printed(seed, cut=True)
    assert list(wrong(read)) == []
    assert told(claims(read.document)) == []


@pytest.mark.parametrize("seed", range(600, 606))
def test_table_that_repeats_its_title_on_the_next_page_is_one(seed: int) -> None:
    rng, books, how = drawn(seed)
    pages: list[Grid] = []
    for grid in Printer(rng, books, how).all(sichuan=True):
        heads = next((n for n, row in enumerate(grid.rows) if any(cell.want for cell in row)), 0)
        half = (heads + len(grid.rows)) // 2
        if not heads or len(grid.rows) < heads + 4 or grid.form == "T09":
            pages.append(grid)
            continue
        pages.append(replace(grid, rows=grid.rows[:half], below=[]))
        pages.append(replace(grid, rows=grid.rows[:heads] + grid.rows[half:]))
    read = document(pages)
    assert list(wrong(read)) == []
    assert told(claims(read.document)) == []


@pytest.mark.parametrize("seed", range(200, 220))
def test_cell_that_is_changed_is_found_where_it_stands(seed: int) -> None:
    rng, books, how = drawn(seed)
    grids = Printer(rng, books, how).all(sichuan=rng.random() < 0.4)
    spots = [
        (grid, row, column, cell)
        for grid in grids
        for row in grid.rows
        for column, cell in enumerate(row)
        if cell.want and cell.want[2] in ("amount", "budget")
    ]
    for grid, row, column, cell in rng.sample(spots, 2):
        assert cell.want
        value = cell.want[4] + (Decimal("3.33") if how.unit == "万元" else 33300)
        row[column] = replace(cell, text=f"{value:,.2f}")
        read = document(grids)
        [line] = [line for line, want in read.wants.items() if want is cell.want]
        found = claims(read.document)
        row[column] = cell
        assert any(e.source.line == line for f in found for e in f.evidence), (
            grid.form,
            cell,
            value,
            told(found),
        )


@pytest.mark.parametrize("seed", range(400, 408))
def test_narrative_in_another_unit_agrees_with_the_tables(seed: int) -> None:
    rng, books, how = drawn(seed)
    read = document(Printer(rng, books, how).all(), narrative(books))
    assert told(claims(read.document)) == []


@pytest.mark.parametrize("seed", range(500, 508))
def test_tables_of_whole_or_tenths_of_a_unit_add_up_within_their_rounding(seed: int) -> None:
    rng, books, how = drawn(seed)
    read = document(Printer(rng, books, replace(how, unit="万元", decimals=seed % 2)).all())
    assert list(wrong(read)) == []
    assert told(claims(read.document)) == []


@pytest.mark.parametrize("seed", range(300, 308))
def test_tables_of_a_unit_are_not_mixed_with_those_of_the_department(seed: int) -> None:
    rng, books, how = drawn(seed)
    how = replace(how, title="above")
    _, others, _ = drawn(seed + 1000)
    department, unit = Printer(rng, books, how), Printer(rng, others, how, "~2")
    in_sets = [*department.all(), Grid("", ["某某中心（下属单位）"], []), *unit.all()]
    read = document([grid for grid in in_sets if grid.rows])
    assert list(wrong(read)) == []
    assert told(claims(read.document)) == []
    pairs = zip(department.all(), unit.all(), strict=False)
    read = document([grid for pair in pairs for grid in pair if grid.form in ("T01", "T03", "T05", "T07")])
    assert told(claims(read.document)) == []


# -- titles and layouts ------------------------------------------------------------------------------------------------
TITLES = {
    "T01": """
        收入支出决算总表
        2023年度收入支出决算总表
        部门收支决算总表
        一、收入支出决算总表
        公开01表 收入支出决算总表
        表1 收入支出决算总表（公开01表）
        附件1：某某局2023年度收入支出决算公开总表
        收支总体情况表
        某市教育局2023年度部门收支决算总表
        （一）收入支出决算总表
        财决公开01表收入支出决算总表
        收入支出总体情况表""",
    "T02": """
        收入决算表
        2023年度收入决算表
        二、收入决算表
        部门收入决算表
        2.收入决算表
        附表2：收入决算表
        某某局收入决算表
        收入决算公开表
        收入决算情况表
        （二）收入决算表（分科目）
        收入决算表（分单位）""",
    "T03": """
        支出决算表
        2023年度支出决算表
        三、支出决算表
        部门支出决算表
        附表3支出决算表
        支出决算公开表
        支出决算情况表""",
    "T04": """
        财政拨款收入支出决算总表
        四、财政拨款收入支出决算总表
        财政拨款收支决算总表
        2023年度财政拨款收入支出决算总表
        财政拨款收入支出决算公开总表
        部门财政拨款收入支出决算总表
        财政拨款收支总体情况表""",
    "T05": """
        一般公共预算财政拨款支出决算表
        一般公共预算财政拨款收入支出决算表
        五、一般公共预算财政拨款支出决算表
        一般公共预算支出决算表
        一般公共预算财政拨款支出决算情况表""",
    "T06": """
        一般公共预算财政拨款基本支出决算表
        一般公共预算财政拨款基本支出决算明细表
        六、一般公共预算财政拨款基本支出决算表（按经济分类）
        一般公共预算基本支出决算表""",
    "T07": """
        政府性基金预算财政拨款收入支出决算表
        政府性基金预算财政拨款支出决算表
        政府性基金预算收入支出决算表
        八、政府性基金预算财政拨款收入支出决算表""",
    "T08": """
        国有资本经营预算财政拨款支出决算表
        国有资本经营预算财政拨款收入支出决算表
        国有资本经营预算支出决算表""",
    "T09": """
        财政拨款“三公”经费支出决算表
        一般公共预算财政拨款“三公”经费支出决算表
        “三公”经费支出决算表
        “三公”经费、行政参公单位机关运行经费情况表
        财政拨款“三公”经费及会议费、培训费支出决算表
        “三公”经费情况表""",
    "T10": """
        财政拨款支出决算明细表""",
    "T11": """
        一般公共预算财政拨款支出决算明细表""",
    "T12": """
        一般公共预算财政拨款项目支出决算表""",
    "none": """
        国有资产使用情况表
        机关运行经费情况表
        部门整体支出绩效自评表
        政府采购情况表
        项目支出绩效自评表
        财政专户管理资金收入支出决算表
        项目支出决算表
        基本支出决算表
        预算绩效目标完成情况表
        部门决算相关信息统计表
        政府性基金预算财政拨款项目支出决算表
        收入支出预算总表
        资产负债简表
        一般公共预算财政拨款收入支出决算总体情况说明""",
}


@pytest.mark.parametrize("form", TITLES)
def test_table_is_known_by_its_title(form: str) -> None:
    for title in TITLES[form].split("\n")[1:]:
        forms = sorted(published_forms(), key=lambda form: not form.is_wide)
        found = [one.id for one in forms if one.title.search(fold(title))]
        assert (found or ["none"])[0] == form, title


def figures(text: str) -> list[str]:
    """What the tables of a text state, in order: table, concept, measure, dimensions and value."""
    found = [
        fact
        for fact in extract(tabled("2023年度部门决算表\n" + text)).facts
        if fact.dimension("table") and fact.concept != "cell" and fact.value is not None
    ]
    return [
        " ".join([*(value for _, value in fact.dimensions), f"{fact.concept}/{fact.measure}", str(fact.value)])
        for fact in found
    ]  # fmt: skip


LAYOUTS = {
    "the department and the unit of money share a row": (
        "| 支出决算表 <4 |\n| 部门：某某局 <2 | 金额单位：元 <2 |\n| 科目编码 | 科目名称 | 合计 | 基本支出 |\n| 201 | 一般公共服务支出 | 5 | 5 |",
        ["T03 201 expenditure.year/amount 5", "T03 201 expenditure.basic/amount 5"],
    ),
    "a title in the corner of a sheet": (
        "| 支出决算表 | | | |\n| 编制单位：元江县财政局 | | | 单位：万元 |\n| 科目编码 | 科目名称 | 本年支出合计 | 基本支出 |\n| 201 | 一般公共服务支出 | 5 | 5 |",
        ["T03 201 expenditure.year/amount 5", "T03 201 expenditure.basic/amount 5"],
    ),
    "amounts without decimals in a wide table": (
        "“三公”经费支出决算表\n单位：元\n| 预算数 <2 | 决算数 <2 |\n| 合计 | 公务接待费 | 合计 | 公务接待费 |\n| 9500 | 9500 | - | 0 |",
        ["T09 three_public/budget 9500", "T09 three_public.reception/budget 9500", "T09 three_public.reception/amount 0"],
    ),
    "the department's name stands in the row": (
        "“三公”经费支出决算表\n| 单位名称 | 合计 | 公务接待费 |\n| 某某局 | 3.00 | 3.00 |",
        ["T09 three_public/amount 3.00", "T09 three_public.reception/amount 3.00"],
    ),
    "what another year or a rate says is of no rule": (
        "“三公”经费支出决算表\n| 项目 | 2022年决算数 | 2023年预算数 | 2023年决算数 | 增减额 | 完成预算% |\n| 合计 | 1.00 | 2.00 | 3.00 | 2.00 | 150.00 |",
        ["T09 three_public/budget 2.00", "T09 three_public/amount 3.00"],
    ),
    "only names, with their level in brackets": (
        "支出决算表\n| 项目 | 本年支出合计 |\n| 一般公共服务支出（类） | 5.00 |\n| 财政事务（款） | 5.00 |\n| 行政运行（项） | 5.00 |",
        [f"T03 {code} expenditure.year/amount 5.00" for code in ("201", "20106", "2010601")],
    ),
    "the codes of a level without those above it": (
        "支出决算表\n| 类 | 款 | 项 | 科目名称 | 本年支出合计 |\n| 201 | | | 一般公共服务支出 | 5.00 |\n| | 06 | | 财政事务 | 5.00 |\n| | | 01 | 行政运行 | 5.00 |",
        [f"T03 {code} expenditure.year/amount 5.00" for code in ("201", "20106", "2010601")],
    ),
    "codes repeated in full at each level": (
        "支出决算表\n| 类 | 款 | 项 | 科目名称 | 本年支出合计 |\n| 201 | | | 一般公共服务支出 | 5.00 |\n| 201 | 20106 | 2010601 | 行政运行 | 5.00 |",
        ["T03 201 expenditure.year/amount 5.00", "T03 2010601 expenditure.year/amount 5.00"],
    ),
    "codes of units are no subjects": (
        "支出决算表\n| 单位编码 | 单位名称 | 科目编码 | 科目名称 | 本年支出合计 |\n| 301 | 某某局 | 2010601 | 行政运行 | 5.00 |",
        ["T03 2010601 expenditure.year/amount 5.00"],
    ),
    "income that includes fees": (
        "收入决算表\n| 科目编码 | 科目名称 | 本年收入合计 | 事业收入（含教育收费） | 其中：教育收费 |\n| 205 | 教育支出 | 9.00 | 9.00 | 8.00 |",
        ["T02 205 income.year/amount 9.00", "T02 205 income.business/amount 9.00"],
    ),
    "a table without a form that follows one": (
        "支出决算表\n| 项目 | 本年支出合计 |\n| 合计 | 5.00 |\n\n国有资产使用情况表\n| 项目 | 决算数 |\n| 合计 | 7.00 |",
        ["T03 expenditure.year/amount 5.00"],
    ),
    "a sentence that mentions a table is no title": (
        "具体情况详见收入支出决算总表。\n| 项目 | 金额 |\n| 合计 | 7.00 |",
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_is_read_as_it_is_meant(layout: str) -> None:
    text, meant = LAYOUTS[layout]
    assert figures(text) == meant


# -- PDF -------------------------------------------------------------------------------------------------------------
def as_pdf(html: str, folder: Path) -> bytes:
    """A page printed by a browser."""
    source, target = folder / "page.html", folder / "page.pdf"
    source.write_text(html, encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--allow-file-access-from-files",
        "--no-pdf-header-footer",
    ]
    run = subprocess.run(
        [chromium.needed(), *options, f"--print-to-pdf={target}", source.as_uri()],
        capture_output=True,
        timeout=120,
    )
    assert target.exists(), run.stderr.decode()[-500:]
    return target.read_bytes()


@pytest.mark.parametrize("seed", [1, 22])
def test_ruled_tables_of_a_pdf_are_read_over_pages_and_merged_cells(seed: int, tmp_path: Path) -> None:
    rng, books, how = drawn(seed)
    grids = Printer(rng, books, how).all(sichuan=seed == 22)
    read = read_pdf(as_pdf(page(grids, font=FONT), tmp_path), "report.pdf")
    got = Counter(want for wants in stated(extract(read)).values() for want in wants)
    assert got == Counter(cell.want for grid in grids for row in grid.rows for cell in row if cell.want)
    assert told(claims(read)) == []


def test_table_of_a_turned_page_is_read_as_it_is_looked_at(tmp_path: Path) -> None:
    rng, books, how = drawn(2)
    grid = Printer(rng, books, replace(how, title="above")).t03()
    upright = page([grid], font=FONT).replace("size:A4 landscape;margin:12mm", "size:A4;margin:0")
    turned = upright.replace(
        "</style>",
        "body{position:absolute;width:277mm;transform-origin:0 0;transform:rotate(90deg) translate(5mm,-200mm)}</style>",
    )
    pdf = pdfium.PdfDocument(as_pdf(turned, tmp_path))
    for number in range(len(pdf)):
        pdf[number].set_rotation(270)
    pdf.save(tmp_path / "turned.pdf")
    read = read_pdf((tmp_path / "turned.pdf").read_bytes(), "turned.pdf")
    got = Counter(want for wants in stated(extract(read)).values() for want in wants)
    assert got == Counter(cell.want for row in grid.rows for cell in row if cell.want)


# -- a published report ----------------------------------------------------------------------------------------------
# Three pages of 上海市普陀区财政局 2024 as they look; each figure by its row, in the order of the columns.
PAGES = {
    10: """
        T03 expenditure.year expenditure.basic expenditure.project
        - 2940.05 2336.91 603.14
        201 2106.66 1503.52 603.14
        20106 2106.66 1503.52 603.14
        2010601 1511.89 1503.52 8.37
        2010602 10.00 - 10.00
        2010607 135.25 - 135.25
        2010608 449.52 - 449.52
        208 326.72 326.72 -
        20805 326.72 326.72 -
        2080501 84.65 84.65 -
        2080505 160.75 160.75 -
        2080506 80.38 80.38 -""",
    16: """
        T06 general.basic
        301 2082.85
        30101 262.33
        30102 1238.58
        30108 160.75
        30109 80.38
        30110 60.99
        30112 1.61
        30113 187.19
        30199 91.03
        303 69.41
        30302 69.10
        302 171.07
        30201 21.21
        30202 7.61
        30204 0.09
        30207 4.88
        30211 1.20
        30213 2.83
        30216 4.05""",
    18: """
        T09 three_public/budget three_public.reception/budget
        - 0.95 0.95""",
}


def on_page(words: str) -> set[Want]:
    """What a page states, from the lines above."""
    (table, *columns), *rows = (line.split() for line in words.strip().split("\n"))
    found = set()
    for code, *figures in rows:
        dimension = "economic" if table == "T06" else "function"
        for column, figure in zip(columns, figures, strict=True):
            concept, _, measure = column.partition("/")
            if figure != "-":
                dimensions = frozenset({(dimension, code)} if code != "-" else ())
                found.add((table, concept, measure or "amount", dimensions, Decimal(figure)))
    return found


@cache
def published(path: Path) -> Document:
    return read_pdf(path.read_bytes(), path.name)


@pytest.mark.parametrize("number", PAGES)
def test_page_of_a_published_report_is_read_as_it_looks(number: int) -> None:
    read = published(GOOD)
    got = [
        want
        for line, wants in stated(extract(read)).items()
        if read.place(line).page == number
        for want in wants
    ]
    assert sorted(map(str, got)) == sorted(map(str, on_page(PAGES[number])))


@pytest.mark.parametrize("path", [GOOD, BAD], ids=lambda path: path.name)
def test_every_figure_of_the_published_tables_is_read_and_added_up(path: Path) -> None:
    read = published(path)
    extracted = extract(read)
    results = check(read, extracted, RULES)
    summed = {f.id for r in results if r.outcome is not Outcome.NOT_TESTED for f in r.operands}
    facts = {
        fact.source.line: fact
        for fact in extracted.facts
        if fact.dimension("table") and fact.value is not None
    }
    missed = [
        (read.place(cell.line).page, cell.raw)
        for table in read.tables
        for row in table.rows
        for cell in row
        if re.fullmatch(r"-?[\d,]+\.\d\d", cell.raw.strip())
        and (cell.line not in facts or facts[cell.line].id not in summed)
    ]
    assert missed == []
