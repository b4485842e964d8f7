"""Lines and tables in the order that a word processor's file or a web page has them, made into a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from helpers.reading.assemble import assemble
from helpers.reading.document import Document, Place, ReportError, Table, Text, fold

# Ten times the longest report known.
MAX_CHARACTERS = 5_000_000

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")
_TITLE = re.compile(r"^[^。；]{1,50}表(?:\([^()]{1,20}\))?$")
# What stands between the title of a table and the table.
_BELOW_TITLE = re.compile(r"^(?:公开)?[\d一-十]*表$|^(?:金额)?单位：|^(?:编制)?(?:部门|单位)(?:名称)?[：(]")


@dataclass
class Cell:
    """A cell: its text, lines parted by line feeds; its columns (from 0, `end` not included); tables in it."""

    text: str
    start: int
    end: int
    inner: Sequence[Grid] = ()


@dataclass
class Grid:
    """A table: for each row its own cells, one merged across standing once, one merged down leaving a blank."""

    rows: list[list[Cell]] = field(default_factory=list)


def document(blocks: Iterable[str | Grid], name: str) -> Document:
    """The document of paragraphs (lines parted by line feeds) and tables; a table within one comes behind it.

    `ReportError` names the file where it has no text, or more than a report has.
    """
    lines: list[str] = []
    places: list[Place] = []
    tables: dict[int, tuple[Table, int]] = {}
    above = paragraphs = 0
    for block in blocks:
        if isinstance(block, str):
            lines += _CONTROL.sub("", block).split("\n")
            paragraphs += bool(block.strip())
            places += [Place(paragraph=paragraphs or None)] * (len(lines) - len(places))
            continue
        title = _title(lines[above:])
        grids = [block]
        while grids:
            grid = grids.pop()
            if any(grid.rows):
                first = len(lines)
                table = _table(grid, title or str(len(tables) + 1), lines, places)
                tables[first] = table, len(lines)
            grids += reversed([inner for row in grid.rows for cell in row for inner in cell.inner])
            title = ""
        above = len(lines)
    characters = sum(map(len, lines))
    if characters > MAX_CHARACTERS:
        raise ReportError(f"{name}: holds more than {MAX_CHARACTERS} characters; save the report in parts")
    if not any(map(str.strip, lines)):
        raise ReportError(f"{name}: holds no text; if its pages are pictures, recognise their text first")
    return assemble(lines, tables, places)


def _table(grid: Grid, title: str, lines: list[str], places: list[Place]) -> Table:
    """The table of a grid, its lines and their places added to `lines` and `places`."""
    rows, spans = [], []
    for number, row in enumerate((row for row in grid.rows if row), 1):
        texts = []
        for cell in row:
            own = [line for line in _CONTROL.sub("", cell.text).split("\n") if line.strip()] or [""]
            texts.append(Text(tuple((at, 0, line) for at, line in enumerate(own, len(lines) + 1))))
            lines += own
            places += [Place(table=title, row=number, column=cell.start + 1)] * len(own)
        rows.append(tuple(texts))
        spans.append(tuple((cell.start, cell.end) for cell in row))
    return Table(tuple(rows), spans=tuple(spans))


def _title(above: Sequence[str]) -> str:
    """The title that the lines above a table end in, "" where they do not."""
    near = [line for line in above[-8:] if line.strip()]
    while near and _BELOW_TITLE.search(fold(near[-1])):
        near.pop()
    return near[-1].strip() if near and _TITLE.search(fold(near[-1])) else ""
