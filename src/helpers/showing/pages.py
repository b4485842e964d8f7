"""The HTML of an audit: self-contained pages without script, all report text escaped."""

from __future__ import annotations

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
from helpers.reading.document import Table
from helpers.showing.page_words import form_label, words
from helpers.showing.projects import Annexes
from helpers.showing.tickmarks import tickmark
from helpers.showing.workpapers import GATHERED, WORKPAPERS, Workpaper, workpaper_of, workpaper_of_section

TEMPLATES = Path(__file__).parent / "templates"
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
    """A source line as shown: its number, its pieces, the heading level it stands at (0: none), and the page that it
    is the first line of, if any.
    """

    number: int
    pieces: tuple[Piece, ...]
    level: int = 0
    page: int | None = None


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its lines, and how many columns it is wide."""

    lines: tuple[Line, ...]
    width: int = 1


@dataclass(frozen=True)
class Block:
    """Lines of running text, or the rows of a table, each cell its lines."""

    lines: tuple[Line, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()


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
        )

    def source(self) -> str:
        """The report as it reads, each line numbered (`#L1`), what findings rest on marked."""
        return self._render("source.html.j2", root="", page="source", blocks=blocks(self.audit))

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
            entry = found[workpaper_of_section(numeral.section).stem]
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

    def _placed(self, line: int) -> str:
        return self.audit.document.where(line, self.lang)

    def _render(self, template: str, **values: Any) -> str:
        ordinals = {finding.id: number for number, finding in enumerate(self.audit.findings, 1)}
        common = {
            "audit": self.audit,
            "menu": self._menu,
            "stems": self.stems,
            "ordinals": ordinals,
            "placed": self._placed,
        }
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


def blocks(audit: Audit) -> list[Block]:
    """The whole report in order, every source line once: runs of lines, and tables."""
    levels = {line: s.level + 2 for s in audit.document.sections for line, _, _ in s.text.pieces[:1]}
    marks = _marks(audit.findings)
    begins: dict[int, int] = {}
    for number, place in enumerate(audit.document.places, 1):
        if place.page and place.page not in begins.values():
            begins[number] = place.page

    def shown(numbers: Iterable[int]) -> tuple[Line, ...]:
        lines = audit.document.lines
        return tuple(
            Line(n, _pieces(lines[n - 1], marks.get(n, ())), levels.get(n, 0), begins.get(n)) for n in numbers
        )

    found: list[Block] = []
    at = 1
    for table in audit.document.tables:
        starts = [[cell.line for cell in row] for row in table.rows]
        if starts[0][0] > at:
            found.append(Block(lines=shown(range(at, starts[0][0]))))
        at = _end(table)
        found.append(
            Block(
                rows=tuple(
                    _shown_row(table, list(map(shown, row)), n)
                    for n, row in enumerate(_cell_lines(starts, at))
                )
            )
        )
    last = len(audit.document.lines) + 1
    if at < last:
        found.append(Block(lines=shown(range(at, last))))
    return found


def _shown_row(table: Table, lines: Sequence[tuple[Line, ...]], row: int) -> tuple[Cell, ...]:
    """The cells of a row; where it is only known that they stand side by side, the last fills up the width."""
    if table.spans:
        return tuple(
            Cell(one, end - start) for one, (start, end) in zip(lines, table.spans[row], strict=True)
        )
    rest = max(map(len, table.rows)) - len(lines)
    return tuple(Cell(one, 1 + (rest if one is lines[-1] else 0)) for one in lines)


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


def _lines(results: Iterable[Result]) -> list[int]:
    """Where the figures under test stand."""
    return list(dict.fromkeys(result.operands[0].source.line for result in results if result.operands))


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
        "lines": _lines,
        "tickmark": tickmark,
    }
    environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text("utf-8"))
    return environment
