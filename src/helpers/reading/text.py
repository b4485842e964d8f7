"""Reading a text report: decoding, headings, paragraphs, and tables of lines."""

from __future__ import annotations

import re

from helpers.reading.assemble import assemble
from helpers.reading.document import Document, ReportError, Table, Text
from helpers.reading.rows import row_table

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def decode(content: bytes, name: str) -> str:
    """The text of `content`, which is UTF-8 (with or without BOM) or GB18030; else `ReportError`."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _CONTROL.search(text):
            break
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise ReportError(
        f"{name}: is no PDF, DOCX, HTML, XLSX or XLS file, and not text in UTF-8 or GB18030; save the report as one of these"
    )


def read(content: bytes, name: str) -> Document:
    """The document of a text report."""
    return parse(decode(content, name))


def parse(text: str) -> Document:
    """The document of a text report: one paragraph a line (lines broken inside a sentence are joined)."""
    lines = tuple(text.split("\n"))
    tables: dict[int, tuple[Table, int]] = {}
    number = looked = 0
    while number < len(lines):
        table, end = None, number
        if number >= looked:
            table, looked = row_table(lines, number)
            end = looked
        if table is None and lines[number].startswith("\t"):
            rows, end = _table(lines, number)
            table = Table(rows)
        if table is not None:
            tables[number] = table, end
            number = end
        else:
            number += 1
    return assemble(lines, tables)


def _table(lines: tuple[str, ...], number: int) -> tuple[tuple[tuple[Text, ...], ...], int]:
    """The rows of the table that begins at line index `number`, and the index after it.

    A word processor's text export puts a cell on a line, led by a tab, and a blank line between rows; a line
    without a tab goes on with the cell before it, blank lines in that cell included.
    """
    rows: list[list[list[tuple[int, int, str]]]] = [[]]
    blanks = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("\t"):
            if blanks and rows[-1]:
                rows.append([])
            rows[-1].append([(number + 1, 1, line[1:])])
            blanks = 0
        elif not line.strip():
            blanks += 1
        elif blanks <= 1 and rows[-1] and _cell_goes_on(lines, number):
            rows[-1][-1].append((number + 1, 0, line))
            blanks = 0
        else:
            break
        number += 1
    return tuple(tuple(Text(tuple(cell)) for cell in row) for row in rows if row), number


def _cell_goes_on(lines: tuple[str, ...], number: int) -> bool:
    """True where the line without a tab at `number` is followed, within its cell, by the next cell."""
    blanks = 0
    for following in range(number + 1, min(number + 12, len(lines))):
        if lines[following].startswith("\t"):
            return blanks == 0
        blanks = 0 if lines[following].strip() else blanks + 1
        if blanks > 1:
            return False
    return False
