"""The annotated source: the report as it reads, a tickmark on every figure, and what stands behind each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from helpers.audit import Audit
from helpers.checking.result import Result
from helpers.checking.rules import SEVERITIES
from helpers.facts.fact import Fact, Numeral
from helpers.findings.finding import Finding
from helpers.findings.wording import equation, expected, printed, reported
from helpers.reading.document import Source, Table, Text, Unread
from helpers.reading.places import column_name, division
from helpers.showing.dimensions import dimension_names
from helpers.showing.page_words import words
from helpers.showing.source_files import PagePicture
from helpers.showing.tickmarks import Tickmark, leading_mark, tickmark, urgency

_AMOUNT = re.compile(r"-?[\d,]+\.\d+%?|-?\d{1,3}(?:,\d{3})+|0%?|[-—–]+")


@dataclass(frozen=True)
class Piece:
    """A run of characters of a source line, and the findings it belongs to: in question, or compared with.

    `ends` are the ids of those findings whose words end with it, `leads` those of them that are found here first;
    `numeral` is the number of the figure that it is part of.
    """

    text: str
    findings: tuple[Finding, ...] = ()
    in_question: bool = False
    ends: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset()
    numeral: int | None = None


@dataclass(frozen=True)
class Line:
    """A source line as shown: its number, its pieces, and the heading level it stands at (0: none).

    `begins` says which page or sheet begins with it, inside a paragraph.
    """

    number: int
    pieces: tuple[Piece, ...]
    level: int = 0
    begins: str = ""

    @property
    def runs(self) -> list[tuple[int | None, list[Piece]]]:
        """The pieces of each figure together, with its number, and those between figures."""
        return [(numeral, list(pieces)) for numeral, pieces in groupby(self.pieces, lambda p: p.numeral)]

    @cached_property
    def text(self) -> str:
        """The line's words."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def is_blank(self) -> bool:
        """True for a line without words and marks."""
        return not self.text.strip() and not any(piece.findings for piece in self.pieces)


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its lines, and over how many columns it goes."""

    lines: tuple[Line, ...]
    span: int = 1

    @property
    def form(self) -> str:
        """How the cell is set: an amount, or a long text."""
        words = "".join(line.text for line in self.lines).strip()
        return "num" if _AMOUNT.fullmatch(words) else "long" if len(words) > 40 else ""


@dataclass(frozen=True)
class Row:
    """A row of a table, with the number that it is found by; `begins` as of `Line`."""

    number: str
    cells: tuple[Cell, ...]
    begins: str = ""


@dataclass(frozen=True)
class Flow:
    """Source lines that are one paragraph, with the number that it is found by, if any."""

    number: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Block:
    """Paragraphs of running text; or a table, with the names of its columns; or where a page or a sheet begins; or what was not read.

    `number` is that of the part not read.  `is_laid_out` where the lines of a paragraph and of a cell are the file's and not the text's.
    """

    flows: tuple[Flow, ...] = ()
    rows: tuple[Row, ...] = ()
    columns: tuple[str, ...] = ()
    begins: str = ""
    unread: str = ""
    number: int = 0
    is_laid_out: bool = False


class SourcePage:
    """The report as it is shown, in one language: a text line by line, any other file as it reads.

    `pictures` are the pages of a PDF as they are published.
    """

    def __init__(self, audit: Audit, lang: str, pictures: Sequence[PagePicture] = ()) -> None:
        self.audit, self.lang, self.document, self.pictures = audit, lang, audit.document, pictures
        self._levels = {
            line: section.level + 2
            for section in audit.document.sections
            for line, _, _ in section.text.pieces[:1]
        }
        self._marks = _marks(audit.findings)
        self._unread = list(enumerate(audit.document.unread, 1))

    @cached_property
    def marks(self) -> tuple[Tickmark, ...]:
        """The tickmark of each figure, in the order of `audit.numerals`."""
        return tuple(leading_mark(self.audit.results_of(numeral)) for numeral in self.audit.numerals)

    @cached_property
    def legend(self) -> list[tuple[Tickmark, int, int]]:
        """Every mark with how many figures carry it, and the first of these (0 where there is none)."""
        return [
            (mark, self.marks.count(mark), self.marks.index(mark) if mark in self.marks else 0)
            for mark in Tickmark
        ]

    def anchor(self, source: Source) -> str:
        """The anchor of the figure at a place, else of its line; "" for a place in another report."""
        if source.report:
            return ""
        numeral = self._at.get((source.line, source.start))
        return f"L{source.line}" if numeral is None else f"n{numeral}"

    @cached_property
    def _at(self) -> dict[tuple[int, int], int]:
        """The number of each figure by its place."""
        return {(n.source.line, n.source.start): at for at, n in enumerate(self.audit.numerals)}

    @cached_property
    def _spans(self) -> dict[int, list[tuple[int, int, int]]]:
        """Where the figures of each line begin and end, with their numbers."""
        found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for at, numeral in enumerate(self.audit.numerals):
            found[numeral.source.line].append((numeral.source.start, numeral.source.end, at))
        return found

    def blocks(self) -> list[Block]:
        found: list[Block] = []
        at = 1
        for table in self.document.tables:
            first = table.rows[0][0].line
            found += self._running(range(at, first))
            at = _end(table)
            found += self._before(first)
            found.append(self._table(table, at))
        found += self._running(range(at, len(self.document.lines) + 1))
        return found + self._not_read(len(self.document.lines) + 1)

    @cached_property
    def picture_of(self) -> dict[str, int]:
        """The number of the picture of each page, from 1, by what the page is called."""
        return {picture.name[self.lang]: number for number, picture in enumerate(self.pictures, 1)}

    def boxes(self, number: int) -> list[tuple[int, Tickmark, str, str]]:
        """The figures on a picture: number, mark, what the box is called, and its place as a style."""
        return [
            (
                box.numeral,
                mark := self.marks[box.numeral],
                f"{self.audit.numerals[box.numeral].text} {mark.label[self.lang]}",
                f"left:{box.left:.2f}%;top:{box.top:.2f}%;width:{box.width:.2f}%;height:{box.height:.2f}%",
            )
            for box in self.pictures[number - 1].image.boxes
        ]

    # -- what stands behind each figure ---------------------------------------------------------------------------

    def data(self) -> dict[str, Any]:
        """What the script of the page shows of a chosen figure or finding; lists refer to each other by number.

        `facts`: label, printed, numeral (-1: none), line (0: in another report), place. `checks`: rule, mark, equation,
        reason, facts, finding (-1: none). `figures`: mark, why it was not tested, facts; in the order of the numerals.
        `findings`: id, ordinal, severity, heading, message, places as facts are.  `pictures`: path, width, height in
        pixels, name; `boxes` of each figure: picture, left, top, width, height in percent of it.
        """
        t, lang = words(self.lang), self.lang
        facts = {fact.id: at for at, fact in enumerate(self._facts)}
        results = sorted((result for result in self.audit.results if result.operands), key=urgency)
        rules = {result.rule.id: result.rule.label[lang] for result in results}
        number_of = {rule: at for at, rule in enumerate(rules)}
        boxes: dict[int, list[list[float]]] = defaultdict(list)
        for at, picture in enumerate(self.pictures):
            for box in picture.image.boxes:
                place = (box.left, box.top, box.width, box.height)
                boxes[box.numeral].append([at, *(round(part, 2) for part in place)])
        number = {finding.id: at for at, finding in enumerate(self.audit.findings)}
        return {
            "words": {name: t[name] for name in ("finding", "and", "whole", *SEVERITIES)},
            "marks": {mark.css: [mark.glyph, mark.label[lang]] for mark in Tickmark},
            "rules": list(rules.items()),
            "facts": [[self._label(fact), printed(fact), *self._place(fact.source)] for fact in self._facts],
            "checks": [
                [
                    number_of[result.rule.id],
                    tickmark(result).css,
                    equation(result) or _without_equation(result, lang),
                    result.reason[lang],
                    [facts[fact.id] for fact in dict.fromkeys(result.operands)],
                    number[found.id] if (found := self.audit.finding_of(result)) else -1,
                ]
                for result in results
            ],
            "figures": [
                [mark.css, self._why_not(numeral), [facts[fact] for fact in numeral.facts if fact in facts]]
                for numeral, mark in zip(self.audit.numerals, self.marks, strict=True)
            ],
            "pictures": [
                [picture.path, picture.image.width, picture.image.height, picture.name[lang]]
                for picture in self.pictures
            ],
            "boxes": boxes,
            "findings": [
                [
                    finding.id,
                    ordinal,
                    finding.severity,
                    finding.result.rule.label[lang],
                    finding.message[lang],
                    [["", evidence.quote, *self._place(evidence.source)] for evidence in finding.evidence],
                ]
                for ordinal, finding in enumerate(self.audit.findings, 1)
            ],
        }

    @cached_property
    def _facts(self) -> tuple[Fact, ...]:
        return (*self.audit.facts, *self.audit.other_facts)

    def _label(self, fact: Fact) -> str:
        names = [fact.label[self.lang], *dimension_names(self.audit, fact, self.lang)]
        return " · ".join(name for name in names if name.strip("· "))

    def _place(self, source: Source) -> list[str | int]:
        """The figure at a place, its line, and the place in words."""
        line = 0 if source.report else source.line
        numeral = self._at.get((line, source.start), -1)
        return [numeral, line, self.audit.where(source)[self.lang]]

    def _why_not(self, numeral: Numeral) -> str:
        return "" if self.audit.is_checked(numeral) else self.audit.why_unchecked(numeral)[self.lang]

    # -- where a page begins, and what was not read ---------------------------------------------------------------

    def _division(self, line: int) -> str:
        return division(self.document, line)[self.lang]

    def _begins(self, line: int) -> str:
        """The page or sheet that begins with a line, if one does."""
        here = self._division(line)
        return here if here and (line == 1 or here != self._division(line - 1)) else ""

    def _not_read(self, line: int) -> list[Block]:
        """The parts not read that stand before a line, each once."""
        found = [one for one in self._unread if one[1].line <= line]
        self._unread = [one for one in self._unread if one[1].line > line]
        return [Block(unread=unread_words(one, self.lang), number=number) for number, one in found]

    def _before(self, line: int) -> list[Block]:
        begins = self._begins(line)
        return [*self._not_read(line), *([Block(begins=begins)] if begins else [])]

    # -- running text ---------------------------------------------------------------------------------------------

    @cached_property
    def _texts(self) -> dict[int, Text]:
        """The paragraph or heading that each line is part of."""
        texts = [paragraph.text for paragraph in self.document.paragraphs]
        texts += [section.text for section in self.document.sections]
        return {line: text for text in texts for line, _, _ in text.pieces}

    def _running(self, numbers: range) -> list[Block]:
        """The lines between two tables."""
        found: list[Block] = []
        flows: list[Flow] = []
        before: Text | None = None
        for number in numbers:
            text = self._texts.get(number) if self._is_laid_out(number) else None
            if text is not None and text is before:
                flow = flows.pop()
                line = self._line(number, begins=self._begins(number))
                flows.append(Flow(flow.number, (*flow.lines, line)))
                continue
            division_ = self._before(number)
            if division_:
                found += [Block(flows=tuple(flows)), *division_] if flows else division_
                flows = []
            flows.append(Flow(self._number(number), (self._line(number),)))
            before = text
        return [*found, Block(flows=tuple(flows))] if flows else found

    def _is_laid_out(self, line: int) -> bool:
        """True where the lines are those of a layout, which the text goes over."""
        place = self.document.place(line)
        return bool(place.page or place.paragraph or place.table)

    def _number(self, line: int) -> str:
        """The number that a person finds a line by: of a text its line, of a file without pages its paragraph."""
        place = self.document.place(line)
        if self._is_laid_out(line):
            return (
                str(place.row if place.is_sheet else place.paragraph or "") if self._has_words(line) else ""
            )
        return str(place.line or line)

    def _has_words(self, line: int) -> bool:
        return bool(self.document.lines[line - 1].strip())

    def _line(self, number: int, begins: str = "") -> Line:
        text = self.document.lines[number - 1]
        pieces = _pieces(text, self._marks.get(number, ()), self._spans.get(number, ()))
        return Line(number, pieces, self._levels.get(number, 0), begins)

    # -- tables ---------------------------------------------------------------------------------------------------

    def _table(self, table: Table, end: int) -> Block:
        starts = [[cell.line for cell in row] for row in table.rows]
        width = max(map(len, table.rows))
        rows: list[Row] = []
        for position, numbers in enumerate(_cell_lines(starts, end)):
            first = numbers[0][0]
            place = self.document.place(first)
            spans = [stop - start for start, stop in table.spans[position]] if table.spans else []
            if not spans:
                spans = [1] * (len(numbers) - 1) + [width - len(numbers) + 1]
            cells = tuple(
                Cell(tuple(map(self._line, lines)), span) for lines, span in zip(numbers, spans, strict=True)
            )
            number = str(place.row or place.line or first)
            rows.append(Row(number, cells, self._begins(first) if position else ""))
        is_laid_out = self.document.place(starts[0][0]).page is not None
        return Block(rows=tuple(rows), columns=self._columns(table), is_laid_out=is_laid_out)

    def _columns(self, table: Table) -> tuple[str, ...]:
        """What a person finds the columns of a table by: letters in a workbook, else numbers; nothing in a text."""
        if not table.spans:
            return ()
        width = max(spans[-1][1] for spans in table.spans if spans)
        names = [str(number) for number in range(1, width + 1)]
        for row, spans in zip(table.rows, table.spans, strict=True):
            for cell, (start, _) in zip(row, spans, strict=True):
                place = self.document.place(cell.line)
                if place.is_sheet and place.column:
                    names[start] = column_name(place.column)
        return tuple(names)


def unread_words(unread: Unread, lang: str) -> str:
    """Which part of the file was not read, and why."""
    return f"{unread.where[lang]}{words(lang)['colon']}{unread.why[lang]}"


def _end(table: Table) -> int:
    """The line after a table's last."""
    return max(line for row in table.rows for cell in row for line, _, _ in cell.pieces) + 1


def _cell_lines(starts: list[list[int]], end: int) -> list[list[range]]:
    """The lines of each cell: up to the next cell's first."""
    flat = [line for row in starts for line in row]
    following = dict(zip(flat, [*flat[1:], end], strict=True))
    return [[range(line, following[line]) for line in row] for row in starts]


@dataclass(frozen=True)
class _Mark:
    start: int
    end: int
    finding: Finding
    in_question: bool
    leads: bool = False


def _marks(findings: Iterable[Finding]) -> dict[int, list[_Mark]]:
    """The marked spans of each line; the first evidence of a finding is what is in question."""
    found: dict[int, list[_Mark]] = defaultdict(list)
    for finding in findings:
        here = [evidence for evidence in finding.evidence if not evidence.source.report]
        for number, evidence in enumerate(here):
            source = evidence.source
            in_question = evidence is finding.evidence[0]
            found[source.line].append(_Mark(source.start, source.end, finding, in_question, number == 0))
    return found


def _pieces(
    text: str, marks: Sequence[_Mark], figures: Sequence[tuple[int, int, int]] = ()
) -> tuple[Piece, ...]:
    """A line cut where marks and figures begin and end, each piece with the findings of the marks over it.

    No mark is lost: one without a character of its own stands on an empty piece.
    """
    size = len(text)
    marks = [replace(mark, start=min(mark.start, size), end=min(mark.end, size)) for mark in marks]
    cuts = {edge for mark in marks for edge in (mark.start, mark.end)}
    cuts |= {min(edge, size) for start, end, _ in figures for edge in (start, end)}
    edges = sorted({0, size} | cuts)
    pieces = []
    for start, end in zip(edges, [*edges[1:], edges[-1]], strict=True):
        here = [mark for mark in marks if mark.start == mark.end == start]
        if here:
            inside = next((at for first, last, at in figures if first < start < last), None)
            pieces.append(_piece("", here, start, inside))
        if start < end:
            over = [mark for mark in marks if mark.start <= start and end <= mark.end and mark not in here]
            numeral = next((at for first, last, at in figures if first <= start and end <= last), None)
            pieces.append(_piece(text[start:end], over, end, numeral))
    return tuple(pieces)


def _piece(text: str, marks: Sequence[_Mark], end: int, numeral: int | None = None) -> Piece:
    """A piece with its findings, those that question it first."""
    findings = {m.finding.id: m.finding for m in sorted(marks, key=lambda mark: not mark.in_question)}
    return Piece(
        text,
        tuple(findings.values()),
        any(mark.in_question for mark in marks),
        frozenset(mark.finding.id for mark in marks if mark.end == end),
        frozenset(mark.finding.id for mark in marks if mark.end == end and mark.leads),
        numeral,
    )


def _without_equation(result: Result, lang: str) -> str:
    """What a result without an equation rests on, in words."""
    said, should = reported(result)[lang], expected(result)[lang]
    t = words(lang)
    parts = [(t["reported"], said), (t["computed"] if result.is_computed else t["expected"], should)]
    return t["and"].join(f"{name}{t['colon']}{value}" for name, value in parts if value)
