"""What the notebook of the published tables calls: the tables found, and what was reconciled of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from helpers.checking.kinds import Outcome
from helpers.checking.result import Result
from helpers.facts.fact import Fact, Numeral
from helpers.facts.published import PublishedTable
from helpers.showing.notebook import (
    NARRATIVE,
    OUTCOMES,
    Folded,
    Group,
    OpenWorkpaper,
    Shown,
    Table,
    joined,
    opening,
    said,
)
from helpers.showing.tickmarks import tickmark
from helpers.showing.workpapers import TABLES

_TERMS = {
    "found": ("找到的决算表", "Tables found"), "table_title": ("表名", "Title"), "rows": ("行数", "Rows"),
    "no_tables": ("报告中没有决算表的内容，没有可核对的表", "the report has no table with its contents: there is none to test"),
    "no_figures_in_tables": ("报告中没有决算表的数字", "the report has no figure in a published table"),
    "of_figures": ("数字{}，已核对{}", "{} figures, {} checked"), "no_table": ("未归入某一张表", "of no table in particular"),
    "both": ("一项核对涉及两张表的，两张表都计入；文字与表的核对也计入", "a check between two tables counts for both; one of the text with a table counts too"),
    "narrative": ("文字与决算表核对", "The text tied to the tables"), "in_text": ("文字中的数字", "Figure in the text"),
    "in_table": ("表中的数字", "Figure in the table"), "no_narrative": ("没有可与表核对的文字数字", "no figure of the text is held against a table"),
    "control_totals": ("表的合计与文字核对", "Totals of the tables tied to the text"), "no_tie_out": ("没有可与文字核对的合计", "there is no total that the text states"),
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class TablesWorkpaper(OpenWorkpaper):
    """The published tables of a report."""

    def _(self, name: str) -> str:
        return _TERMS[name][self._en] if name in _TERMS else super()._(name)

    # ----------------------------------------------------------------------------------- what is of which table

    @cached_property
    def _tables(self) -> dict[str, PublishedTable]:
        return {table.id: table for table in self.audit.extract.published}

    @cached_property
    def _table_at(self) -> dict[int, str]:
        """The table that each line is part of."""
        return {line: id_ for id_, table in self._tables.items() for line in _lines(table)}

    def _touched(self, result: Result) -> list[str]:
        """The tables that a result rests on or is said of, the one under test first."""
        named = [result.context.partition("/")[0]] if result.context.partition("/")[0] in self._tables else []
        named += [fact.dimension("table") or "" for fact in result.operands]
        sources = [evidence.source for evidence in result.evidence]
        named += [self._table_at.get(source.line, "") for source in sources if not source.report]
        return [id_ for id_ in dict.fromkeys(named) if id_ in self._tables]

    @cached_property
    def _touching(self) -> dict[str, list[Result]]:
        found: dict[str, list[Result]] = defaultdict(list)
        for result in self.audit.results:
            for id_ in self._touched(result):
                found[id_].append(result)
        return found

    def _title(self, id_: str) -> Shown:
        if id_ not in self._tables:
            return said(self._("no_table"))
        title = self._tables[id_].title
        return joined([said(title.raw.strip()), self._line(title.line)])

    # --------------------------------------------------------------------------------------------------- tables

    def tables(self) -> Table:
        """Every published table: its title and place, unit, rows, figures, and its checks by outcome."""
        body = [
            (said(number), *self._found(id_, table))
            for number, (id_, table) in enumerate(self._tables.items(), 1)
        ]
        outcomes = tuple(words[self._en] for words in OUTCOMES.values())
        names = ("table_title", "place", "unit", "rows", "figures_found", "checked")
        heads = ("", *map(self._, names), *outcomes, self._("findings"))
        notes = (said(self._("both")),) if body else ()
        numbers = frozenset({0, *range(4, len(heads))})
        return Table(self._("found"), heads, tuple(body), numbers, self._("no_tables"), notes)

    def _found(self, id_: str, table: PublishedTable) -> tuple[Shown, ...]:
        figures = [n for n in self.audit.numerals if self._table_at.get(n.source.line) == id_]
        touching = self._touching[id_]
        findings = [f for f in self.audit.findings if any(id_ in self._touched(r) for r in f.results)]
        counts = [
            sum(len(part.rows) for part in table.parts),
            len(figures),
            sum(map(self.audit.is_checked, figures)),
            *(sum(result.outcome is outcome for result in touching) for outcome in Outcome),
            len(findings),
        ]
        title = table.title
        return (said(title.raw.strip()), self._line(title.line), said(table.unit), *map(said, counts))

    def figures(self) -> Folded:
        """Every printed figure of the tables, folded by table: place, words, meaning, value, unit, tickmarks."""
        of: dict[str, list[Numeral]] = {id_: [] for id_ in self._tables}
        for numeral in self.numerals:
            of.setdefault(self._table_at.get(numeral.source.line, ""), []).append(numeral)
        groups = [
            Group(self._with_figures(id_, found), replace(self._figures(found), title=""))
            for id_, found in of.items()
            if found
        ]
        return Folded(self._("figures"), tuple(groups), self._("no_figures_in_tables"))

    def _with_figures(self, id_: str, numerals: Sequence[Numeral]) -> Shown:
        checked = sum(map(self.audit.is_checked, numerals))
        words = self._("of_figures").format(len(numerals), checked)
        return joined([self._title(id_), said(f"· {words}")])

    def _listed_meaning(self, fact: Fact) -> str:
        """What a fact means; of which table is said above the list."""
        return self._meaning(replace(fact, dimensions=_without_table(fact)))

    # ------------------------------------------------------------------------------------------- reconciliations

    def reconciliation(self, *kinds: str) -> Folded:
        """Each check of the tables with its numbers, residual, slack and outcome; of these kinds, if given.

        Exceptions stand first; the others are folded by table.
        """
        chosen = self._of_kinds(kinds)
        title = self._reconciliation_title(kinds, chosen)
        notes = self._legend_of(map(tickmark, chosen))
        return Folded(title, self._by_table(chosen), self._("no_checks"), notes)

    def _by_table(self, results: Sequence[Result]) -> tuple[Group, ...]:
        wrong = [result for result in results if result.outcome is Outcome.EXCEPTION]
        of: dict[str, list[Result]] = {id_: [] for id_ in self._tables}
        for result in results:
            if result.outcome is not Outcome.EXCEPTION:
                of.setdefault(next(iter(self._touched(result)), ""), []).append(result)
        groups = [Group(self._all_wrong(wrong), self._plain(wrong), is_open=True)] if wrong else []
        groups += [
            Group(self._over(self._title(id_), found), self._plain(found))
            for id_, found in of.items()
            if found
        ]
        return tuple(groups)

    def narrative(self) -> Folded:
        """Each figure of the text that a table states too, beside the table's; counted in the workpaper of its section.

        Exceptions stand first; the others are folded by table.
        """
        of: dict[str, list[Result]] = {"": [], **{id_: [] for id_ in self._tables}}
        for result in self.audit.results:
            if result.rule.parameters.get("procedure") == NARRATIVE and self._touched(result):
                is_wrong = result.outcome is Outcome.EXCEPTION
                of["" if is_wrong else self._touched(result)[0]].append(result)
        groups = [
            Group(
                self._over(self._title(id_), found) if id_ else self._all_wrong(found),
                self._sides(found, "", ()),
                is_open=not id_,
            )
            for id_, found in of.items()
            if found
        ]
        all_ = [result for found in of.values() for result in found]
        notes = self._legend_of(map(tickmark, all_))
        title = f"{self._('narrative')} ({len(all_)})"
        return Folded(title, tuple(groups), self._("no_narrative"), notes)

    def tie_out(self) -> Table:
        """The totals of the tables against the text, the residual shown on a tie too."""
        totals = [
            result
            for result in self.audit.results
            if result.rule.parameters.get("procedure") == NARRATIVE
            and any(not _without_table(fact) for fact in result.operands if fact.dimension("table"))
        ]
        return self._sides(totals, self._("control_totals"), self._legend_of(map(tickmark, totals)))

    def _sides(self, results: Sequence[Result], title: str, notes: tuple[Shown, ...]) -> Table:
        """Figures of the text beside those of the tables."""
        names = ("mark", "in_table", "in_text", "residual", "slack", "outcome")
        body = tuple(self._held(result) for result in results)
        numbers = frozenset({3, 4})
        return Table(title, tuple(map(self._, names)), body, numbers, self._("no_tie_out"), notes)

    def _held(self, result: Result) -> tuple[Shown, ...]:
        mark, _, here, elsewhere, *rest = self._tied(result)
        cells = (self._facts.get(evidence.fact or "") for evidence in result.evidence)
        blank = next((cell for cell in cells if cell and cell.dimension("table")), None)
        return (mark, here if here.text or blank is None else self._placed(blank), elsewhere, *rest)


def open_tables(
    report: str, lang: str = "zh", materiality: str | float = "0.005", out: str = ""
) -> TablesWorkpaper:
    """The workpaper of the published tables on the report; parameters and errors as of `open_workpaper`."""
    return TablesWorkpaper(*opening(TABLES, report, lang, materiality, out))


def _lines(table: PublishedTable) -> Iterable[int]:
    cells = (cell for part in table.parts for row in part.rows for cell in row)
    return (line for cell in cells for line, _, _ in cell.pieces)


def _without_table(fact: Fact) -> tuple[tuple[str, str], ...]:
    return tuple(dimension for dimension in fact.dimensions if dimension[0] != "table")
