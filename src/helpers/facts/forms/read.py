"""Reading the tables that no declared form knows: each figure with what its heads and its stub say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from helpers.facts.fact import SCALE
from helpers.facts.forms.grid import NUMBER, Cell, Structure, structure
from helpers.facts.forms.labels import Said, said
from helpers.facts.narrative import Reading, Subject
from helpers.reading.document import Document, Paragraph, Section, Table, Text

_UNIT = re.compile(r"单位：?(?:人民币)?(万元|亿元|千元|元)(?![\u4e00-\u9fff])|^\(?(万元|亿元|千元|元)\)?$")
_COUNTS = re.compile(r"(人次|批次|人数|辆数|团组|保有量|数量|次数|面积|分值|得分|权重|数)数?(?:\([^()]*\))?$")
_RATES = ("growth", "completion", "share")
# How many blocks above a table may say its unit.
_ABOVE = 4


@dataclass(frozen=True)
class OpenCell:
    """A figure of an open table: what its labels say, and its reading."""

    cell: Cell
    said: Said
    reading: Reading


@dataclass(frozen=True)
class OpenTable:
    """A table that no declared form knows, by its structure."""

    id: str
    table: Table
    structure: Structure
    cells: tuple[OpenCell, ...]


@dataclass
class OpenReading:
    """The open tables of a document; for each cell with a figure text, start, end, unit, section, readings."""

    tables: list[OpenTable] = field(default_factory=list)
    figures: list[tuple[Text, int, int, str, Section | None, list[Reading]]] = field(default_factory=list)


def read_open(document: Document, year: int | None, declared: Iterable[Table]) -> OpenReading:
    """The open tables of a document: those that are none of the declared ones, and in no annex."""
    known = {id(table) for table in declared}
    out = OpenReading()
    for index, block in enumerate(document.blocks):
        if not isinstance(block, Table) or id(block) in known:
            continue
        if block.section is not None and "annexes" in block.section.keys:
            continue
        found = structure(block)
        if found is not None:
            name = f"G{len(out.tables) + 1}"
            unit = _unit(document.blocks[max(0, index - _ABOVE) : index], block)
            table = OpenTable(
                name, block, found, tuple(_cells(name, found, block, index, str(year or ""), unit))
            )
            out.tables.append(table)
            for one in table.cells:
                figure = one.cell.text, *_span(one.cell), one.reading.unit, block.section, [one.reading]
                out.figures.append(figure)
    return out


def _unit(above: Sequence[Paragraph | Table], table: Table) -> str:
    """The unit that is said above a table or in its first rows; 万元 where none is."""
    cells = [cell for row in table.rows[:3] for cell in row]
    for text in [*cells, *(block.text for block in reversed(above) if isinstance(block, Paragraph))]:
        match = _UNIT.search(text.folded)
        if match:
            return next(group for group in match.groups() if group)
    return "万元"


def _cells(name: str, found: Structure, table: Table, index: int, year: str, unit: str) -> Iterator[OpenCell]:
    """The figures with their readings; each is printed as finely as the finest of its kind."""
    told = [(cell, said((*cell.heads, *cell.stub), year)) for cell in found.cells]
    units = [_unit_of(cell, words, unit) for cell, words in told]
    finest: dict[str, int] = {}
    for (cell, _), one in zip(told, units, strict=True):
        finest[one] = max(finest.get(one, 0), len(_digits(cell).partition(".")[2]))
    for (cell, words), one in zip(told, units, strict=True):
        printed = _digits(cell)
        value = Decimal(printed) if len(printed) <= 20 else None
        start, end = _span(cell)
        labels = (*cell.stub, *cell.heads)
        yield OpenCell(
            cell,
            words,
            Reading(
                Subject(
                    "cell", (("table", name), ("row", "/".join(cell.stub)), ("column", "/".join(cell.heads)))
                ),
                words.measure if words.measure != "amount" or one in SCALE else one or "number",
                value,
                one,
                len(printed.partition(".")[2]),
                words.years[0] if words.years else "",
                cell.text.source(start, end),
                "／".join([*labels, cell.text.raw.strip()]),
                cell.text.raw.strip(),
                table.section,
                index,
                "unreadable" if value is None else "zero" if value == 0 else "reported",
                None,
                finest[one],
            ),
        )


def _unit_of(cell: Cell, words: Said, unit: str) -> str:
    """The unit of a figure: of a rate %, of a count the words that say so, else that of the table."""
    if cell.text.folded.endswith("%") or words.measure in _RATES:
        return "%"
    count = next((m.group(1) for label in words.subject for m in [_COUNTS.search(label)] if m), None)
    return count or words.unit or unit


def _span(cell: Cell) -> tuple[int, int]:
    """Where in the words of a cell its number stands."""
    match = NUMBER.match(cell.text.folded)
    assert match is not None
    return match.span(1)


def _digits(cell: Cell) -> str:
    return cell.text.folded.rstrip("%").replace("，", "")
