"""The HTML of an audit: self-contained pages without script, all report text escaped."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from helpers.audit import Audit
from helpers.checking.kinds import Outcome
from helpers.checking.result import Result
from helpers.checking.rules import SEVERITIES, Rule
from helpers.findings.finding import Finding
from helpers.findings.wording import equation
from helpers.reading.document import Source, Table, Text, Unread
from helpers.reading.places import column_name, division, where, wheres
from helpers.showing.dimensions import dimension_names
from helpers.showing.page_words import form_label, words
from helpers.showing.projects import Annexes
from helpers.showing.tickmarks import tickmark
from helpers.showing.workpapers import GATHERED, WORKPAPERS, Workpaper, workpaper_of, workpaper_of_numeral

TEMPLATES = Path(__file__).parent / "templates"
_AMOUNT = re.compile(r"-?[\d,]+\.\d+%?|-?\d{1,3}(?:,\d{3})+|0%?|[-—–]+")
MOST_QUOTES = 6  # of a finding's evidence, what stands open
LANGUAGE_TAGS = {"zh": "zh-Hans", "en": "en"}


@dataclass
class Coverage:
    """What was tested of one workpaper, and what was found."""

    workpaper: Workpaper
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    figures: int = 0
    checked: int = 0
    findings: int = 0

    @property
    def attempted(self) -> int:
        """Ties, ties within rounding, exceptions and not tested together."""
        return sum(self.outcomes.values())


@dataclass(frozen=True)
class Piece:
    """A run of characters of a source line, and the findings it belongs to: in question, or compared with.

    `ends` are the ids of those findings whose words end with it.
    """

    text: str
    findings: tuple[Finding, ...] = ()
    in_question: bool = False
    ends: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Line:
    """A source line as shown: its number, its pieces, and the heading level it stands at (0: none).

    `begins` says which page or sheet begins with it, inside a paragraph.
    """

    number: int
    pieces: tuple[Piece, ...]
    level: int = 0
    begins: str = ""

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


@dataclass(frozen=True)
class Entry:
    """A report of a batch: its file and, where its audit succeeded, the folder and the audit; else the error."""

    file: str
    folder: str = ""
    audit: Audit | None = None
    error: str = ""


class Item(NamedTuple):
    """A notebook in the menu: its stem, its name, and its level (1: of a project, below the one before)."""

    stem: str
    label: str
    level: int


class Pages:
    """The pages of one audit; `stems` are the notebooks that were run, all pages in one language."""

    def __init__(self, audit: Audit, stems: Sequence[str], lang: str) -> None:
        self.audit, self.stems, self.lang = audit, tuple(stems), lang

    def index(self) -> str:
        """The page that a reviewer opens first: sign-off, findings gravest first, what was not tested."""
        return self._render(
            "index.html.j2",
            root="",
            page="index",
            form=form_label(self.audit.form, self.lang),
            severities=by_severity(self.audit.findings),
            coverage=self.coverage,
            counts=self.audit.counts(),
            untested=_grouped(self.audit.results, self.lang),
            unchecked=[numeral for numeral in self.audit.numerals if not self.audit.is_checked(numeral)],
            not_applicable=_not_applicable(self.audit),
            stem_of=self._stem,
            project_of=self._project,
            most_quotes=MOST_QUOTES,
            facts={fact.id: fact for fact in (*self.audit.facts, *self.audit.other_facts)},
            unread=self._unread,
            dimensions=lambda fact: dimension_names(self.audit, fact, self.lang),
        )

    def source(self) -> str:
        """The report as it reads, each line numbered (`#L1`), what findings rest on marked."""
        return self._render("source.html.j2", root="", page="source", blocks=blocks(self.audit, self.lang))

    def workpaper(self, stem: str, node: nbformat.NotebookNode) -> str:
        """An executed notebook as a page."""
        return self._render(
            "workpaper.html.j2",
            root="../",
            page=stem,
            heading=self._titles.get(stem) or title(stem, self.lang),
            above=self._above(stem),
            cells=Markup(_cells(node, self.lang)),
        )

    @cached_property
    def coverage(self) -> tuple[Coverage, ...]:
        """Results, figures and findings by workpaper, in the order of the notebooks; none falls between."""
        found = {workpaper.stem: Coverage(workpaper) for workpaper in WORKPAPERS}
        for result in self.audit.results:
            found[workpaper_of(result).stem].outcomes[result.outcome] += 1
        for numeral in self.audit.numerals:
            entry = found[workpaper_of_numeral(numeral, self.audit.table_lines).stem]
            entry.figures += 1
            entry.checked += self.audit.is_checked(numeral)
        for finding in self.audit.findings:
            found[workpaper_of(finding.result).stem].findings += 1
        return tuple(found.values())

    @cached_property
    def _annexes(self) -> Annexes:
        return Annexes(self.audit)

    @cached_property
    def _titles(self) -> dict[str, str]:
        """What the pages of projects are called, by stem: as the projects are, or by number where one has no name."""
        number = words(self.lang)["project"]
        projects = self._annexes.with_page
        named = {p.stem: _on_one_line(p.label) or number.format(p.number) for p in projects}
        return {stem: named[stem] for stem in self.stems if stem in named}

    @cached_property
    def _menu(self) -> list[Item]:
        """Every notebook that was run, those of projects a level below."""
        items = []
        for stem in self.stems:
            name = self._titles.get(stem)
            label = f"{stem.split('_')[0]} {title(stem, self.lang)}" if name is None else name
            items.append(Item(stem, label, 0 if name is None else 1))
        return items

    def _above(self, stem: str) -> Item | None:
        """The notebook that a project's stands below; None for the others."""
        menu = [item.stem for item in self._menu]
        before = (
            [item for item in self._menu[: menu.index(stem)] if not item.level]
            if stem in self._titles
            else []
        )
        return before[-1] if before else None

    def _project(self, finding: Finding) -> Item | None:
        """The page of the project that a finding is about, where it is about one that has a page."""
        found = self._annexes.only(finding.result)
        name = self._titles.get(found.stem) if found else None
        return Item(found.stem, name, 1) if found and name else None

    def _stem(self, finding: Finding) -> str:
        """The notebook that shows a finding, or "" where it was not run."""
        stem = workpaper_of(finding.result).stem
        return stem if stem in self.stems else ""

    @cached_property
    def _unread(self) -> tuple[tuple[str, int], ...]:
        """The parts of the file that could not be read, each with its number in their order."""
        return tuple(
            (_unread_words(one, self.lang), number)
            for number, one in enumerate(self.audit.document.unread, 1)
        )

    def _where(self, source: Source) -> str:
        """A place in words; of another report with its file."""
        return self.audit.where(source)[self.lang]

    def _where_line(self, line: int) -> str:
        return where(self.audit.document, line)[self.lang]

    def _places(self, results: Iterable[Result]) -> list[tuple[int, str]]:
        """Where the figures under test stand, with the line that leads there."""
        lines = [result.operands[0].source.line for result in results if result.operands]
        return [(line, words[self.lang]) for line, words in wheres(self.audit.document, lines)]

    def _render(self, template: str, **values: Any) -> str:
        ordinals = {finding.id: number for number, finding in enumerate(self.audit.findings, 1)}
        common = {"audit": self.audit, "menu": self._menu, "stems": self.stems, "ordinals": ordinals}
        common["where"] = self._where
        common |= {"where_line": self._where_line, "places": self._places}
        return render(template, self.lang, **common, **values)


def batch_page(entries: Sequence[Entry], lang: str) -> str:
    """The page over several reports: each with its counts and a link, and those that failed with their error."""
    done = [entry for entry in entries if entry.audit is not None]
    failed = [entry for entry in entries if entry.audit is None]
    return render("batch.html.j2", lang, page="batch", done=done, failed=failed, by_severity=by_severity)


def render(template: str, lang: str, **values: Any) -> str:
    """A page in one language, ending in a newline."""
    return (
        _environment()
        .get_template(template)
        .render(t=words(lang), lang=lang, tag=LANGUAGE_TAGS[lang], Outcome=Outcome, **values)
        .rstrip("\n")
        + "\n"
    )


def title(stem: str, lang: str) -> str:
    """A notebook's title, or its file name where it is none of ours."""
    named = {workpaper.stem: workpaper.title for workpaper in (*WORKPAPERS, GATHERED)}
    return named[stem][lang] if stem in named else stem


def _on_one_line(name: str) -> str:
    """A report's own name for something, without breaks and control characters."""
    return "".join(char if char.isprintable() else "\ufffd" for char in " ".join(name.split()))


def by_severity(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings of each severity, gravest first; severities without a finding too."""
    found: dict[str, list[Finding]] = {severity: [] for severity in SEVERITIES}
    for finding in findings:
        found[finding.severity].append(finding)
    return found


def blocks(audit: Audit, lang: str) -> list[Block]:
    """The whole report in order, every source line once: paragraphs, tables, where pages begin, what was not read."""
    return _Source(audit, lang).blocks()


class _Source:
    """The report as it is shown: a text line by line, any other file as it reads."""

    def __init__(self, audit: Audit, lang: str) -> None:
        self.audit, self.lang, self.document = audit, lang, audit.document
        self._levels = {
            line: section.level + 2
            for section in audit.document.sections
            for line, _, _ in section.text.pieces[:1]
        }
        self._marks = _marks(audit.findings)
        self._unread = list(enumerate(audit.document.unread, 1))

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
        return [Block(unread=_unread_words(one, self.lang), number=number) for number, one in found]

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
        return Line(number, _pieces(text, self._marks.get(number, ())), self._levels.get(number, 0), begins)

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


def _unread_words(unread: Unread, lang: str) -> str:
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


def _marks(findings: Iterable[Finding]) -> dict[int, list[_Mark]]:
    """The marked spans of each line; the first evidence of a finding is what is in question."""
    found: dict[int, list[_Mark]] = defaultdict(list)
    for finding in findings:
        for number, evidence in enumerate(finding.evidence):
            source = evidence.source
            if source.report:
                continue
            found[source.line].append(_Mark(source.start, source.end, finding, number == 0))
    return found


def _pieces(text: str, marks: Sequence[_Mark]) -> tuple[Piece, ...]:
    """A line cut where marks begin and end, each piece with the findings of the marks over it; no mark is lost."""
    marks = [_Mark(min(m.start, len(text)), min(m.end, len(text)), m.finding, m.in_question) for m in marks]
    edges = sorted({0, len(text)} | {edge for mark in marks for edge in (mark.start, mark.end)})
    pieces = []
    for start, end in zip(edges, [*edges[1:], edges[-1]], strict=True):
        here = [mark for mark in marks if mark.start == mark.end == start]
        if here:
            pieces.append(_piece("", here, start))
        if start < end:
            over = [mark for mark in marks if mark.start <= start and end <= mark.end and mark not in here]
            pieces.append(_piece(text[start:end], over, end))
    return tuple(pieces)


def _piece(text: str, marks: Sequence[_Mark], end: int) -> Piece:
    """A piece with its findings, those that question it first."""
    findings = {m.finding.id: m.finding for m in sorted(marks, key=lambda mark: not mark.in_question)}
    return Piece(
        text,
        tuple(findings.values()),
        any(mark.in_question for mark in marks),
        frozenset(mark.finding.id for mark in marks if mark.end == end),
    )


def _grouped(results: Iterable[Result], lang: str) -> list[tuple[str, list[Result]]]:
    """The results that were not tested by what kept them from it, the most frequent first."""
    found: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.outcome is Outcome.NOT_TESTED:
            found[_reason(result, lang)[0]].append(result)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def _reason(result: Result, lang: str) -> tuple[str, str]:
    """Why a result was not tested, and what in particular was missing."""
    reason, _, detail = result.reason[lang].partition({"zh": "：", "en": ": "}[lang])
    return reason, detail


def _by_rule(results: Iterable[Result], lang: str) -> list[tuple[tuple[Rule, str], list[Result]]]:
    """The results of each rule, those that miss the same thing together."""
    found: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        found[result.rule.id, _reason(result, lang)[1]].append(result)
    return [((same[0].rule, detail), same) for (_, detail), same in found.items()]


def _not_applicable(audit: Audit) -> list[Rule]:
    return [rule for rule in audit.rules if not rule.applies(audit.year, audit.form)]


def _cells(node: nbformat.NotebookNode, lang: str) -> str:
    """The cells of an executed notebook as HTML: prose and outputs, code folded away."""
    body, _ = _exporter().from_notebook_node(node, resources={"words": words(lang)})
    return str(body)


@cache
def _exporter() -> Any:
    from nbconvert import HTMLExporter

    return HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="base",
        template_file="cells.html.j2",
        extra_loaders=[FileSystemLoader(TEMPLATES)],
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "equation": equation,
        "groupby_rule": _by_rule,
        "tickmark": tickmark,
    }
    environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text("utf-8"))
    return environment
