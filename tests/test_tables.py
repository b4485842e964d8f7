"""The published tables in the layouts of the provinces: every cell is read as what it is, and adds up or is found."""

import os
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from noto_cjk_sans_otc import FONT_PATH

from helpers.checking import check
from helpers.checking.kinds import Outcome
from helpers.checking.rules import load_rules
from helpers.facts.extract import Extract, extract
from helpers.findings.finding import Finding, find
from helpers.reading.document import Document
from helpers.reading.pdf import read as read_pdf
from tables_generator import Grid, Printed, Printer, Want, document, drawn, page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FONT = f"{Path(FONT_PATH).as_uri()}#NotoSansCJKsc-Regular"
RULES = [rule for rule in load_rules() if rule.kind == "published"]


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
        if table and fact.value is not None:
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


@pytest.mark.parametrize("seed", range(20))
def test_every_cell_states_what_it_says_and_the_whole_adds_up(seed: int) -> None:
    read = printed(seed)
    assert list(wrong(read)) == []
    assert told(claims(read.document)) == []


@pytest.mark.parametrize("seed", range(100, 112))
def test_table_that_a_page_cuts_is_one(seed: int) -> None:
    read = printed(seed, cut=True)
    assert list(wrong(read)) == []
    assert told(claims(read.document)) == []


@pytest.mark.parametrize("seed", range(200, 224))
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
        [str(CHROMIUM), *options, f"--print-to-pdf={target}", source.as_uri()],
        capture_output=True,
        timeout=120,
    )
    assert target.exists(), run.stderr.decode()[-500:]
    return target.read_bytes()


@pytest.mark.skipif(CHROMIUM is None, reason="no browser to print with")
@pytest.mark.parametrize("seed", [1, 22])
def test_ruled_tables_of_a_pdf_are_read_over_pages_and_merged_cells(seed: int, tmp_path: Path) -> None:
    rng, books, how = drawn(seed)
    grids = Printer(rng, books, how).all(sichuan=seed == 22)
    read = read_pdf(as_pdf(page(grids, font=FONT), tmp_path), "report.pdf")
    got = Counter(want for wants in stated(extract(read)).values() for want in wants)
    assert got == Counter(cell.want for grid in grids for row in grid.rows for cell in row if cell.want)
    assert told(claims(read)) == []


@pytest.mark.skipif(CHROMIUM is None, reason="no browser to print with")
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


def published(name: str) -> Document:
    path = Path(os.environ.get("AUDIT_REPORTS", Path(__file__).parents[1] / "data" / "reports")) / name
    if not path.exists():
        pytest.skip(f"{name} is not here; AUDIT_REPORTS names the folder that has it")
    return read_pdf(path.read_bytes(), name)


@pytest.mark.parametrize("number", PAGES)
def test_page_of_a_published_report_is_read_as_it_looks(number: int) -> None:
    read = published("putuo-finance-2024-good.pdf")
    got = [
        want
        for line, wants in stated(extract(read)).items()
        if read.place(line).page == number
        for want in wants
    ]
    assert sorted(map(str, got)) == sorted(map(str, on_page(PAGES[number])))


@pytest.mark.parametrize("name", ["putuo-finance-2024-good.pdf", "putuo-finance-2024-bad.pdf"])
def test_every_figure_of_the_published_tables_is_read_and_added_up(name: str) -> None:
    read = published(name)
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
