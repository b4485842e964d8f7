"""Heads and stubs of any table: which rows say what the columns are, and which columns say what the rows are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.reading.document import Table, Text

NUMBER = re.compile(r"(-?(?:\d{1,3}(?:，\d{3})+|\d+)(?:\.\d+)?)(%)?")
_YEAR_OR_CODE = re.compile(r"(?:19|20)\d\d|[23]\d\d(?:\d\d){1,2}")
_COUNTER = re.compile(r"^(?:行次|栏次|栏目次)$")
_ORDINAL = re.compile(r"行次|编码|代码|序号")
# Of what is wider no check looks at every pair of columns.
_MOST_COLUMNS = 200


@dataclass(frozen=True)
class Cell:
    """A figure of a table: where it stands, the heads above it, outermost first, and the stub beside it."""

    row: int
    column: int
    text: Text
    heads: tuple[str, ...]
    stub: tuple[str, ...]


@dataclass(frozen=True)
class Structure:
    """A table by its structure: its figures, and the places of the cells of figures that hold words instead."""

    cells: tuple[Cell, ...]
    words: frozenset[tuple[int, int]]


def structure(table: Table) -> Structure | None:
    """The structure of a table; None where no row above the figures says what they are."""
    placed = _placed(table)
    if placed is None:
        return None
    rows, width = placed
    counters = {n for n, row in enumerate(rows) if _counts(row)}
    first = next((n for n, row in enumerate(rows) if n not in counters and _has_figure(row)), None)
    heads = [
        row
        for n, row in enumerate(rows[:first])
        if n not in counters and len({id(cell) for cell in row.values() if cell.folded}) > 1
    ]
    if not first or not heads or width > _MOST_COLUMNS:
        return None
    paths = [_path([row[c] for row in heads if c in row]) for c in range(width)]
    body = [n for n in range(first, len(rows)) if n not in counters]
    values = {
        c
        for c in range(1, width)
        if not (paths[c] and _ORDINAL.search(paths[c][-1])) and any(_is_figure(rows[n], c) for n in body)
    }
    cells, words = list[Cell](), set[tuple[int, int]]()
    above: dict[int, str] = {}
    for n in body:
        row = rows[n]
        for c in sorted(values):
            cell = row.get(c)
            if cell is None or not cell.folded:
                continue
            if not NUMBER.fullmatch(cell.folded):
                words.add((n, c))
            elif row.get(c - 1) is not cell:
                cells.append(Cell(n, c, cell, paths[c], _stub(row, c, values, above)))
    return Structure(tuple(cells), frozenset(words)) if cells else None


def _placed(table: Table) -> tuple[list[dict[int, Text]], int] | None:
    """The cells of each row by every column that they are over; None where it is not known."""
    if table.spans:
        rows = [
            {
                column: cell
                for cell, (start, end) in zip(row, spans, strict=True)
                for column in range(start, end)
            }
            for row, spans in zip(table.rows, table.spans, strict=True)
        ]
    elif len({len(row) for row in table.rows}) == 1:
        rows = [dict(enumerate(row)) for row in table.rows]
    else:
        return None
    return rows, max((max(row, default=-1) + 1 for row in rows), default=0)


def _path(cells: Sequence[Text]) -> tuple[str, ...]:
    """The words of the heads over a column, each once."""
    return tuple(dict.fromkeys(cell.folded for cell in cells if cell.folded))


def _counts(row: dict[int, Text]) -> bool:
    """True for a row that numbers the columns."""
    words = list({id(cell): cell.folded for cell in row.values() if cell.folded}.values())
    numbers = [int(word) for word in words if word.isdigit() and len(word) < 4]
    in_order = (
        len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] <= 1
    )
    return any(_COUNTER.match(word) for word in words) or (in_order and len(numbers) >= len(words) - 1)


def _has_figure(row: dict[int, Text]) -> bool:
    return any(_is_figure(row, column) for column in row if column)


def _is_figure(row: dict[int, Text], column: int) -> bool:
    cell = row.get(column)
    if cell is None or not NUMBER.fullmatch(cell.folded):
        return False
    if not _YEAR_OR_CODE.fullmatch(cell.folded):
        return True
    before = "".join(row[c].folded for c in range(column) if c in row)
    return bool(before) and not before.isdigit()


def _stub(row: dict[int, Text], column: int, values: set[int], above: dict[int, str]) -> tuple[str, ...]:
    """The words of a row before a figure, from the nearest columns of words; those of a cell merged down go on."""
    end = next((c for c in range(column - 1, -1, -1) if c not in values), -1)
    start = next((c for c in range(end, -1, -1) if c in values), -1) + 1
    found = []
    for c in range(start, end + 1):
        words = row[c].folded if c in row else ""
        if words and not words.isdigit():
            above[c] = words
            for inner in [other for other in above if c < other <= end]:
                del above[inner]
        elif c == end:
            continue
        if above.get(c) and above[c] not in found:
            found.append(above[c])
    return tuple(found)
