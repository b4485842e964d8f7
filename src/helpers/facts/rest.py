"""The figures of a document that no reader of a part takes up: in headings and in the cells of any table."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from helpers.facts.fact import Numeral
from helpers.facts.numerals import Figure, figures
from helpers.reading.document import Document, Section, Source, Table, Text

_LONE = re.compile(r"-?(?:\d{1,3}(?:，\d{3})+|\d+)(?:\.\d+)?")
_YEAR_OR_CODE = re.compile(r"(?:19|20)\d\d|[23]\d\d(?:\d\d){1,2}")
# The head of a column that numbers its rows, or gives their codes or years, and the first cell of a row that numbers columns.
_ORDINAL = re.compile(r"行次|编码|代码|序号|^年[份度]$")
_COUNTER = ("行次", "栏次", "栏目次")
_MOST_OF_A_HEAD = 12
_MOST_BESIDE = 16


def rest(document: Document, known: Iterable[Numeral]) -> Iterator[Numeral]:
    """The figures of headings and cells that are not among those known, each with the words that it stands by."""
    taken: dict[int, list[Source]] = defaultdict(list)
    for numeral in known:
        taken[numeral.source.line].append(numeral.source)
    for text, figure, section, beside in _all(document):
        source = text.source(figure.start, figure.end)
        if not any(one.start < source.end and source.start < one.end for one in taken[source.line]):
            words = text.quote(figure.start, figure.end)
            yield Numeral(words, figure.unit, source, (), section, beside)


def clause_before(text: Text, figure: Figure) -> str:
    """The words before a figure, as far as its clause goes back."""
    start = max(text.folded.rfind(stop, 0, figure.start) for stop in "。；，：、(") + 1
    return text.quote(max(start, figure.start - _MOST_BESIDE), figure.start).strip()


def _all(document: Document) -> Iterator[tuple[Text, Figure, Section | None, str]]:
    """The figures of the headings and cells of a document, and what stands beside each."""
    for section in document.sections:
        for figure in figures(section.text.folded, section.text.gaps):
            yield section.text, figure, section, clause_before(section.text, figure)
    for table in document.tables:
        ordinal = _ordinal_columns(table)
        for number, row in enumerate(table.rows):
            words = [cell.folded for cell in row]
            if next(filter(None, words), "") in _COUNTER:
                continue
            for index, cell in enumerate(row):
                column = _columns(table, number, index).start
                if cell.folded.isdigit() and (
                    column in ordinal
                    or ((number < 2 or _leads(words[:index])) and _YEAR_OR_CODE.fullmatch(cell.folded))
                ):
                    continue
                for figure in figures(cell.folded, cell.gaps):
                    yield cell, figure, table.section, clause_before(cell, figure) or _label(words, index)


def _leads(before: Sequence[str]) -> bool:
    """True for the first cell of a row, or the next of its codes: a year or a code stands there; elsewhere it is a number."""
    return all(not word or word.isdigit() for word in before)


def _ordinal_columns(table: Table) -> set[int]:
    """The columns that number the rows or give their codes, by their heads."""
    return {
        column
        for number, row in enumerate(table.rows)
        for index, cell in enumerate(row)
        if len(cell.folded) <= _MOST_OF_A_HEAD and _ORDINAL.search(cell.folded)
        for column in _columns(table, number, index)
    }


def _columns(table: Table, row: int, index: int) -> range:
    return range(*table.spans[row][index]) if table.spans else range(index, index + 1)


def _label(words: Sequence[str], index: int) -> str:
    """The words of the row before a cell."""
    return next((word[:_MOST_BESIDE] for word in words[:index] if word and not _LONE.fullmatch(word)), "")
