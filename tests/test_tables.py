"""The published tables in the layouts of the provinces: every cell is read as what it is, and adds up or is found."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from helpers.checking import check
from helpers.checking.rules import load_rules
from helpers.facts.extract import Extract, extract
from helpers.findings.finding import Finding, find
from helpers.reading.document import Document
from tables_generator import Grid, Printed, Printer, Want, document, drawn

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
