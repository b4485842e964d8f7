"""Reading the performance annexes: scoring table, self-evaluation tables, project reports and their rating tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Literal

from helpers.data import DataError, check_keys, compiled, data_folder, read_yaml
from helpers.facts.concepts import taxonomy
from helpers.facts.fact import SCALE
from helpers.facts.narrative import Reading, Subject
from helpers.facts.numerals import UNIT_NAMES, Figure, figures
from helpers.facts.tables import Grid, Row, grids
from helpers.reading.document import Document, Paragraph, Section, Source, Table, Text

_CODE = re.compile(r"^[\dA-Za-z]{8,}-?(?:20\d\d年)?|^20\d\d年")
_NUMBER = re.compile(r"(-?(?:\d{1,3}(?:，\d{3})+|\d+)(?:\.\d+)?)(%|万元|元|分)?")
_REPORT_TITLE = re.compile(r"项目(?:支出)?绩效(?:评价|自评)报告$")
_PROJECT_TITLE = re.compile(r"^\((.{2,40})\)$")
_POINTS = re.compile(r"\((\d+(?:\.\d+)?)分\)")
_AMOUNTS = ("opening", "adjusted", "executed")


@dataclass(frozen=True)
class Passage:
    """A run of text of an annex: a paragraph, or a cell of prose; `project` is the one that it is about, if any."""

    text: Text
    project: str | None
    section: Section | None
    block: int
    in_table: bool = False


@dataclass
class ProjectTable:
    """The self-evaluation table of one project."""

    name: str
    title: Text
    budget: Grid | None = None
    indicators: Grid | None = None
    total: tuple[Text, ...] = ()


@dataclass
class Annex:
    """What the annexes hold: passages in reading order, and the tables that were recognised."""

    passages: list[Passage] = field(default_factory=list)
    projects: list[ProjectTable] = field(default_factory=list)
    scoring: list[Grid] = field(default_factory=list)
    ratings: list[tuple[str, Grid]] = field(default_factory=list)
    _of: dict[str, list[Passage]] = field(default_factory=dict)

    def add(self, passage: Passage) -> None:
        """Take up the passage that follows."""
        self.passages.append(passage)
        if passage.project is not None:
            self._of.setdefault(passage.project, []).append(passage)

    def of_project(self, name: str) -> Sequence[Passage]:
        """The passages about a project."""
        return self._of.get(name, ())


@dataclass(frozen=True)
class _Phrase:
    concept: str
    before: re.Pattern[str]
    unit: str
    sign: int
    of: Literal["project", "department"] | None


@cache
def _phrases() -> tuple[_Phrase, ...]:
    phrases, defects = [], list[str]()
    for entry in read_yaml(data_folder() / "taxonomy" / "annex.yaml"):
        check_keys(entry, {"concept": str, "before": str, "unit": str}, {"sign": int, "of": str}, defects)
        if entry.get("concept") not in taxonomy().concepts:
            defects.append(entry.at(f"no concept is called {entry.get('concept')!r}"))
        if entry.get("of", "project") not in ("project", "department"):
            defects.append(entry.at(f"'of' must be project or department, not {entry['of']!r}"))
        pattern = compiled(entry, rf"(?:{entry.get('before', '')})$", defects)
        if not defects:
            phrases.append(
                _Phrase(entry["concept"], pattern, entry["unit"], entry.get("sign", 1), entry.get("of"))
            )
    if defects:
        raise DataError(defects)
    return tuple(phrases)


@dataclass(frozen=True)
class AnnexReading:
    """The annexes as read, the readings for each printed figure, in order."""

    annex: Annex
    figures: list[tuple[Text, int, int, str, Section | None, list[Reading]]]


def read_annex(document: Document, year: int | None) -> AnnexReading:
    """The annexes of a report: their structure, and what their figures are."""
    reader = _AnnexReader(year)
    for index, block in enumerate(document.blocks):
        if block.section is None or "annexes" not in block.section.keys:
            continue
        if isinstance(block, Table):
            reader.table(block, index)
        else:
            reader.paragraph(block, index)
    return AnnexReading(reader.annex, reader.figures)


class _AnnexReader:
    def __init__(self, year: int | None) -> None:
        self.year = str(year or "")
        self.annex = Annex()
        self.figures: list[tuple[Text, int, int, str, Section | None, list[Reading]]] = []
        self._project: str | None = None
        self._awaits_name = False
        # Of the table that is read: the row and column of each cell, from 0.
        self._places: dict[int, tuple[int, int]] = {}

    # -- running text -------------------------------------------------------------------------------------------

    def paragraph(self, block: Paragraph, index: int) -> None:
        """Read a paragraph; a title of a project's report opens that project."""
        folded = block.text.folded
        title = _PROJECT_TITLE.match(folded)
        if _REPORT_TITLE.search(folded) and len(folded) <= 40:
            self._awaits_name = True
        elif title and self._awaits_name:
            self._project, self._awaits_name = self._known(title.group(1)), False
        self._passage(Passage(block.text, self._project, block.section, index))

    def _known(self, name: str) -> str:
        """The name as the self-evaluation tables give it, where one of them is the same project."""
        names = [project.name for project in self.annex.projects]
        return next((known for known in names if known == name or known in name or name in known), name)

    def _passage(self, passage: Passage) -> None:
        self.annex.add(passage)
        text = passage.text
        for printed in figures(text.folded, text.gaps):
            figure = self._before_gap(passage, printed)
            reading = self._phrase(passage, figure)
            self.figures.append((text, figure.start, figure.end, figure.unit, passage.section, [reading]))

    def _before_gap(self, passage: Passage, figure: Figure) -> Figure:
        """The figure as far as its digits stand together: a wide gap, or a line of a cell, ends it."""
        text = passage.text
        if len(text.quote(figure.start, figure.end)) == figure.end - figure.start and len(text.pieces) == 1:
            return figure
        for length in range(1, figure.end - figure.start):
            between = text.quote(figure.start + length - 1, figure.start + length + 1)[1:-1]
            breaks = passage.in_table and text.is_broken(figure.start + length)
            if breaks or len(between) > 1:
                part = text.folded[: figure.start + length]
                return next((f for f in figures(part) if f.start == figure.start), figure)
        return figure

    def _phrase(self, passage: Passage, figure: Figure) -> Reading:
        """What the words before a figure say it is; a figure of no declared kind is that of its statement."""
        folded = passage.text.folded
        start = max(folded.rfind(stop, 0, figure.start) for stop in "。；，：、(") + 1
        before = folded[start : figure.start]
        kind = "money" if figure.unit in SCALE else figure.unit
        for phrase in _phrases():
            if phrase.of is not None and (phrase.of == "project") != (passage.project is not None):
                continue
            if phrase.unit == kind and phrase.before.search(before):
                dimensions = (("project", passage.project),) if passage.project else ()
                return self._reading(phrase.concept, dimensions, figure, passage, phrase.sign)
        words = re.sub(r"20\d\d年度?|[\d.%]", "", before)[-12:] or "·"
        return self._reading("statement", (("of", words),), figure, passage, 1)

    def _reading(
        self,
        concept: str,
        dimensions: tuple[tuple[str, str], ...],
        figure: Figure,
        passage: Passage,
        sign: int,
    ) -> Reading:
        text = passage.text
        start = max(text.folded.rfind(stop, 0, figure.start) for stop in "。；，：") + 1
        is_money = figure.unit in SCALE
        return Reading(
            Subject(concept, dimensions),
            "amount" if is_money else "rate" if figure.unit == "%" else figure.unit or "number",
            figure.value * sign,
            figure.unit,
            figure.decimals,
            self.year,
            text.source(figure.start, figure.end),
            text.quote(max(start, figure.start - 40), figure.end_with_unit),
            text.quote(figure.start, figure.end),
            passage.section,
            passage.block,
            "zero" if figure.value == 0 else "reported",
        )

    # -- tables -------------------------------------------------------------------------------------------------

    def table(self, table: Table, index: int) -> None:
        """Read a table: the forms in it, the prose of its other cells."""
        found = list(grids(table))
        self._places = {id(cell): (r, c) for r, row in enumerate(table.rows) for c, cell in enumerate(row)}
        inside = {row.number for grid in found for row in grid.rows}
        heads = {
            number
            for grid in found
            for number in range(grid.first, grid.rows[0].number if grid.rows else grid.first + 1)
        }
        by_first = {grid.first: grid for grid in found}
        for number, row in enumerate(table.rows):
            words = [cell.folded for cell in row]
            if "项目名称" in words and words.index("项目名称") + 1 < len(row):
                cell = row[words.index("项目名称") + 1]
                self._project = _CODE.sub("", cell.folded)
                self.annex.projects.append(ProjectTable(self._project, cell))
            elif number in by_first:
                self._grid(by_first[number], table, index)
            elif words and words[0] in ("合计", "总计", "总分") and self.annex.projects:
                self._total(row, table, index)
            elif number not in inside and number not in heads:
                for cell in row:
                    if cell.folded:
                        self._passage(Passage(cell, self._project, table.section, index, in_table=True))
        if self.annex.projects and found and found[-1].form != "rating":
            self._project = None

    def _grid(self, grid: Grid, table: Table, index: int) -> None:
        if grid.form == "scoring":
            self.annex.scoring.append(grid)
            for row in grid.rows:
                indicator = (("indicator", row.words("name")),)
                self._cell(row, "weight", "scoring.weight", indicator, "分", table, index)
                self._cell(row, "score", "scoring.score", indicator, "分", table, index)
                for column in ("explanation", "method"):
                    cell = row.own(column)
                    if cell is not None and cell.folded:
                        self._passage(Passage(cell, None, table.section, index, in_table=True))
                self._headings(row, ("group", "subgroup"), table, index)
        elif grid.form == "rating":
            project = self._project or ""
            self.annex.ratings.append((project, grid))
            for row in grid.rows:
                dimensions = (
                    ("project", project),
                    ("indicator", f"{row.words('scope')}/{row.words('name')}"),
                )
                self._cell(row, "weight", "rating.weight", dimensions, "%", table, index)
                self._cell(row, "score", "rating.score", dimensions, "分", table, index)
        elif self.annex.projects:
            project_table = self.annex.projects[-1]
            for cell in grid.head:
                self._points(cell, (("project", project_table.name),), table, index)
            if grid.form == "project_budget":
                project_table.budget = grid
                self._budget(grid, project_table.name, table, index)
            else:
                project_table.indicators = grid
                self._indicators(grid, project_table.name, table, index)

    def _budget(self, grid: Grid, project: str, table: Table, index: int) -> None:
        unit = "万元" if any("万元" in cell.folded for cell in grid.head) else "元"
        for row in grid.rows:
            source = re.sub(r"^其中：?", "", row.words("source"))
            dimensions: tuple[tuple[str, str], ...] = (("project", project),)
            if source not in ("总额", "合计", "年度资金总额"):
                dimensions += (("money", source),)
            for column in _AMOUNTS:
                self._cell(row, column, f"project.{column}", dimensions, unit, table, index)
            self._cell(row, "rate", "project.rate", dimensions, "%", table, index)
            self._cell(row, "weight", "project.budget_weight", dimensions, "分", table, index)
            self._cell(row, "score", "project.budget_score", dimensions, "分", table, index)

    def _indicators(self, grid: Grid, project: str, table: Table, index: int) -> None:
        for row in grid.rows:
            dimensions = (("project", project), ("indicator", row.words("name")))
            unit = UNIT_NAMES.get(row.words("unit"), row.words("unit"))
            self._cell(row, "target", "indicator.target", dimensions, unit, table, index)
            self._cell(row, "completed", "indicator.completed", dimensions, unit, table, index)
            self._cell(row, "weight", "indicator.weight", dimensions, "分", table, index)
            self._cell(row, "score", "indicator.score", dimensions, "分", table, index)

    def _total(self, row: tuple[Text, ...], table: Table, index: int) -> None:
        project = self.annex.projects[-1]
        project.total = row
        values = [cell for cell in row[1:] if _NUMBER.fullmatch(cell.folded)]
        for cell, concept in zip(values, ("indicator.total_weight", "indicator.total_score"), strict=False):
            self._number(cell, concept, (("project", project.name),), "分", table, index)

    def _headings(self, row: Row, columns: tuple[str, ...], table: Table, index: int) -> None:
        for column in columns:
            cell = row.own(column)
            if cell is not None and cell.folded:
                self.annex.add(Passage(cell, None, table.section, index, in_table=True))
                self._points(cell, (), table, index)

    def _points(self, cell: Text, dimensions: tuple[tuple[str, str], ...], table: Table, index: int) -> None:
        """The points that a heading gives in brackets: 预算编制（30分）."""
        match = _POINTS.search(cell.folded)
        if match:
            name = cell.folded[: match.start()]
            reading = self._value(
                cell, *match.span(1), "heading.weight", (*dimensions, ("heading", name)), "分", table, index
            )
            self.figures.append((cell, *match.span(1), "分", table.section, [reading]))

    def _cell(
        self, row: Row, column: str, concept: str, dimensions: tuple[tuple[str, str], ...], unit: str, table: Table, index: int
    ) -> None:  # fmt: skip
        cell = row.own(column)
        if cell is not None:
            self._number(cell, concept, dimensions, unit, table, index)

    def _number(
        self, cell: Text, concept: str, dimensions: tuple[tuple[str, str], ...], unit: str, table: Table, index: int
    ) -> None:  # fmt: skip
        match = _NUMBER.fullmatch(cell.folded)
        # More than 15 digits are a code or a fault, as in running text.
        if match is None or sum(c.isdigit() for c in match.group(1)) > 15:
            return
        start, end = match.span(1)
        if any(cell.is_broken(position) for position in range(start + 1, end)):
            return
        reading = self._value(cell, start, end, concept, dimensions, match.group(2) or unit, table, index)
        self.figures.append((cell, start, end, reading.unit, table.section, [reading]))

    def _value(
        self, cell: Text, start: int, end: int, concept: str, dimensions: tuple[tuple[str, str], ...], unit: str,
        table: Table, index: int,
    ) -> Reading:  # fmt: skip
        plain = cell.folded[start:end].replace("，", "")
        value = Decimal(plain)
        row, column = self._places[id(cell)]
        place = cell.source(start, end)
        return Reading(
            Subject(concept, dimensions),
            "amount" if unit in SCALE else "rate" if unit == "%" else unit or "number",
            value,
            unit,
            len(plain.partition(".")[2]),
            self.year,
            Source(place.line, place.start, place.end, row=row + 1, column=column + 1),
            cell.raw.strip(),
            cell.quote(start, end),
            table.section,
            index,
            "zero" if value == 0 else "reported",
        )
