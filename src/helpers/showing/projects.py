"""The projects of a report's annexes: where each is spoken of, and what of an audit is about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from helpers.checking.result import Result
from helpers.facts.annex import ProjectTable
from helpers.facts.fact import Fact, Numeral
from helpers.facts.tables import Grid, Row
from helpers.findings.finding import Finding
from helpers.reading.document import Source, Table, Text
from helpers.showing.workpapers import PROJECT

if TYPE_CHECKING:
    from helpers.audit import Audit

# A page takes a notebook and a kernel; projects beyond these stand in the department's notebook alone, which says so.
MOST_PAGES = 99


@dataclass(frozen=True)
class Project:
    """A project as the annexes name it: its number in their order, from 1, its self-evaluation and rating tables."""

    number: int
    name: str
    tables: tuple[ProjectTable, ...] = ()
    ratings: tuple[Grid, ...] = ()

    @property
    def label(self) -> str:
        """The name as its own table prints it, without the code before it; else as it is compared."""
        for table in self.tables:
            words = table.title.folded
            if self.name and words.endswith(self.name):
                return table.title.quote(len(words) - len(self.name), len(words)).strip()
        return self.name

    @property
    def stem(self) -> str:
        """The file name of its notebook and page, without ending; "" where it has none."""
        return f"{PROJECT.stem}_{self.number:02d}" if self.number <= MOST_PAGES else ""


class Part(NamedTuple):
    """A part of the annexes: the project that it is about ("" for the department), and its kind."""

    project: str
    kind: str


class Annexes:
    """The annexes of an audited report, looked at by project and by place."""

    def __init__(self, audit: Audit) -> None:
        self.audit, self.annex = audit, audit.extract.annex

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        """Every project once, those with a self-evaluation table first; a project may be named in one place only."""
        tables: dict[str, list[ProjectTable]] = {}
        for table in self.annex.projects:
            tables.setdefault(table.name, []).append(table)
        ratings: dict[str, list[Grid]] = {}
        for name, grid in self.annex.ratings:
            ratings.setdefault(name, []).append(grid)
        told = (passage.project for passage in self.annex.passages)
        names = dict.fromkeys([*tables, *filter(None, chain(ratings, told))])
        return tuple(
            Project(number, name, tuple(tables.get(name, ())), tuple(ratings.get(name, ())))
            for number, name in enumerate(names, 1)
        )

    @property
    def with_page(self) -> tuple[Project, ...]:
        """The projects that have a notebook and a page of their own."""
        return tuple(project for project in self.projects if project.stem)

    # -- places ---------------------------------------------------------------------------------------------------

    @cached_property
    def _parts(self) -> dict[int, Part]:
        """Which part of the annexes each source line belongs to."""
        found: dict[int, Part] = {}
        kinds = self._table_kinds()
        for passage in self.annex.passages:
            kind = kinds.get(passage.block, "table" if passage.project else "report")
            kind = kind if passage.in_table else "report"
            found |= dict.fromkeys(_lines([passage.text]), Part(passage.project or "", kind))
        found |= dict.fromkeys(_lines(_cells(self.annex.scoring)), Part("", "scoring"))
        for project in self.annex.projects:
            grids = [grid for grid in (project.budget, project.indicators) if grid]
            cells = [project.title, *_cells(grids), *project.total]
            found |= dict.fromkeys(_lines(cells), Part(project.name, "table"))
        for name, grid in self.annex.ratings:
            found |= dict.fromkeys(_lines(_cells([grid])), Part(name, "rating"))
        return found

    def _table_kinds(self) -> dict[int, str]:
        """What the tables hold whose other cells are prose, by block."""
        block_of = {
            cell.line: number
            for number, block in enumerate(self.audit.document.blocks)
            if isinstance(block, Table)
            for row in block.rows
            for cell in row
        }
        ratings = [grid for _, grid in self.annex.ratings]
        return {
            block_of[cell.line]: kind
            for kind, grids in (("scoring", self.annex.scoring), ("rating", ratings))
            for cell in _cells(grids)
            if cell.line in block_of
        }

    def part(self, source: Source) -> Part | None:
        """The part of the annexes that a place is in; None for a place elsewhere."""
        return self._parts.get(source.line)

    @cached_property
    def _facts(self) -> dict[tuple[int, int], Fact]:
        return {(fact.source.line, fact.source.start): fact for fact in self.audit.facts}

    def fact(self, cell: Text | None) -> Fact | None:
        """The fact that a cell states, if it states one."""
        if cell is None or not cell.folded:
            return None
        source = cell.source(0, len(cell.folded))
        return self._facts.get((source.line, source.start))

    @cached_property
    def _at(self) -> dict[tuple[int, int], list[Result]]:
        found: dict[tuple[int, int], list[Result]] = defaultdict(list)
        for result in self.audit.results:
            for source in dict.fromkeys(sources(result)):
                found[source.line, source.start].append(result)
        return found

    def results_at(self, cells: Iterable[Text]) -> list[Result]:
        """The results that rest on any of these cells: on their figures, or on their words or blanks."""
        found: dict[int, Result] = {}
        for cell in cells:
            source = cell.source(0, len(cell.folded))
            found |= {id(result): result for result in self._at.get((source.line, source.start), ())}
        return list(found.values())

    # -- what is about a project ----------------------------------------------------------------------------------

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(project.name for project in self.projects)

    def touched(self, result: Result) -> frozenset[str]:
        """The names of the projects that a result rests on, or is said to be of."""
        parts = (self.part(source) for source in sources(result))
        named = [part.project for part in parts if part and part.project]
        named += [name for fact in result.operands for name in _of(fact)]
        return self._names.intersection([*named, result.context])

    @cached_property
    def _touched(self) -> dict[str, list[Result]]:
        found: dict[str, list[Result]] = defaultdict(list)
        for result in self.audit.results:
            for name in self.touched(result):
                found[name].append(result)
        return found

    def results(self, project: Project) -> tuple[Result, ...]:
        """The results that touch a project, in the order of the rules."""
        return tuple(self._touched.get(project.name, ()))

    def findings(self, project: Project) -> tuple[Finding, ...]:
        """The findings that touch a project, gravest first."""
        return tuple(
            f for f in self.audit.findings if any(project.name in self.touched(r) for r in f.results)
        )

    def numerals(self, project: Project) -> tuple[Numeral, ...]:
        """The printed figures about a project, in reading order."""
        facts = {fact.id: fact for fact in self.audit.facts}
        return tuple(
            numeral
            for numeral in self.audit.numerals
            if ((part := self.part(numeral.source)) and part.project == project.name)
            or any(project.name in _of(facts[fact]) for fact in numeral.facts)
        )

    def only(self, result: Result) -> Project | None:
        """The one project with a page that a result touches; None where there is none, or more than one."""
        names = self.touched(result)
        return next((p for p in self.with_page if names == {p.name}), None)


def sources(result: Result) -> list[Source]:
    """Every place in the report that a result rests on: of its figures and of its evidence."""
    found = [fact.source for fact in result.operands] + [evidence.source for evidence in result.evidence]
    return [source for source in found if not source.report]


def rows(grids: Iterable[Grid | None]) -> Iterator[Row]:
    """The rows of tables, one after another."""
    return chain.from_iterable(grid.rows for grid in grids if grid is not None)


def _of(fact: Fact) -> list[str]:
    """The names that a fact's dimensions give for what it is of."""
    return [value for name, value in fact.dimensions if name in ("project", "of")]


def _cells(grids: Iterable[Grid]) -> list[Text]:
    found = [grid.head for grid in grids]
    return [cell for head in found for cell in head] + [cell for row in rows(grids) for cell in row.texts]


def _lines(texts: Iterable[Text]) -> Iterator[int]:
    return (line for text in texts for line, _, _ in text.pieces)
