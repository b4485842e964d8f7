"""The text report as a DOCX and as a web page: what the tests of their readers share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from helpers.audit import Audit
from helpers.reading.document import Table
from helpers.reading.text import decode, parse

ANJU = Path(__file__).parents[1] / "data" / "reports" / "anju-2023.txt"

# A row's cells, each with its lines and the columns that it spans.
Rows = list[list[tuple[list[str], int]]]


@cache
def blocks() -> list[str | Rows]:
    """The lines of the report outside tables, and its tables, with rows padded to one width by their last cells."""
    document = parse(decode(ANJU.read_bytes(), ANJU.name))
    found: list[str | Rows] = []
    at = 0
    for table in document.tables:
        first = table.rows[0][0].line - 1
        found += document.lines[at:first]
        found.append(rows(table))
        at = max(line for row in table.rows for cell in row for line, _, _ in cell.pieces)
    return [*found, *document.lines[at:]]


def rows(table: Table) -> Rows:
    """The cells of a table."""
    width = max(map(len, table.rows))
    return [
        [
            ([words for _, _, words in cell.pieces], 1 if cell is not row[-1] else width - len(row) + 1)
            for cell in row
        ]
        for row in table.rows
    ]


@cache
def as_docx() -> bytes:
    """The report as a DOCX."""
    made = docx.Document()
    body = made.element.body
    for block in blocks():
        if isinstance(block, str):
            made.add_paragraph(block)
        else:
            body.insert(len(body) - 1, _table(block))
    stream = BytesIO()
    made.save(stream)
    return stream.getvalue()


def _table(rows: Rows) -> OxmlElement:
    table = OxmlElement("w:tbl")
    for row in rows:
        made = OxmlElement("w:tr")
        table.append(made)
        for lines, span in row:
            cell = OxmlElement("w:tc")
            made.append(cell)
            cell.get_or_add_tcPr().get_or_add_gridSpan().set(qn("w:val"), str(span))
            run = cell.add_p().add_r()
            for number, line in enumerate(lines):
                if number:
                    run.add_br()
                run.add_t(line)
    return table


def as_html() -> Iterator[str]:
    """The report as the elements of a web page's main content, spaces kept as a word processor keeps them."""

    def kept(line: str) -> str:
        return escape(line).replace("  ", " &nbsp;")

    for block in blocks():
        if isinstance(block, str):
            yield f"<p>{kept(block) if block.strip() else '&nbsp;'}</p>\n"
            continue
        yield "<table border=1>\n"
        for row in block:
            yield "<tr>"
            for lines, span in row:
                yield f"<td colspan={span}>{'<br>'.join(map(kept, lines))}</td>"
            yield "</tr>\n"
        yield "</table>\n"


def gist(found: Audit) -> dict[str, list[tuple[object, ...]]]:
    """What an audit came to, but for places and the ids made of them."""
    return {
        "facts": [(f.concept, f.measure, f.value, f.unit, f.dimensions) for f in found.facts],
        "results": [(r.rule.id, r.context, r.outcome) for r in found.results],
        "findings": [(f.id, f.severity, _told(f.reported), f.expected) for f in found.findings],
    }


def _told(reported: dict[str, str]) -> dict[str, str]:
    """What is reported, a line or a paragraph that it names called a place."""
    return {
        lang: re.sub(r"第\d+[行段]|(?:line|paragraph) \d+", "·", words) for lang, words in reported.items()
    }


def figures(found: Audit) -> list[str]:
    """The characters at the place of each fact."""
    lines = found.document.lines
    return [lines[f.source.line - 1][f.source.start : f.source.end] for f in found.facts]
