"""The rules of tables that no declared form knows: totals, differences and growth, and the text beside them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from decimal import Decimal

from helpers.checking.facts_index import FactsIndex
from helpers.checking.kinds import Outcome
from helpers.checking.result import Check, Result, Words
from helpers.checking.rules import Rule
from helpers.facts.concepts import taxonomy
from helpers.facts.extract import Extract
from helpers.facts.fact import SCALE, Fact
from helpers.facts.forms.read import OpenCell, OpenTable

_NO_TABLES: Words = {"zh": "没有格式以外的表", "en": "there is no table of another form"}
_NOTHING: Words = {"zh": "表中没有该规则所需的数字", "en": "the tables have no figures for this rule"}
_UNPROVEN: Words = {
    "zh": "表中没有别处表明合计由这些部分组成",
    "en": "nothing else in the table shows that the total is made of these parts",
}
_UNCLEAR: Words = {"zh": "表头没有说明与什么比较", "en": "the heads do not say what it is compared with"}
_TOTAL = re.compile(r"^(?:合计|总计|小计|共计|总数)$")
_OF_WHICH = re.compile(r"^其中")
_NUMBERING = re.compile(r"^(?:\(?[一二三四五六七八九十]+[、.)]|\(?\d{1,2}[、.)](?!\d)|其中：)*")
_SUMMED = ("amount", "opening", "adjusted", "budget")
# What the narrative calls the measures of tables.
_MEASURES = {"amount": "amount", "opening": "budget", "budget": "budget"}
# How many rows the parts of one may be.
_MOST_PARTS = 60


class OpenTableChecks:
    """Runs the rules on the open tables of one report."""

    def __init__(self, extract: Extract, index: FactsIndex) -> None:
        self.extract = extract
        self._told: dict[tuple[str, str, str], list[Fact]] = defaultdict(list)
        for name in set(_MEASURES.values()) if extract.open_tables else ():
            for fact in index.measured(name):
                if not fact.dimensions:
                    self._told[fact.concept, name, fact.year].append(fact)

    def bind(self, rule: Rule) -> Iterator[Result]:
        """The results of a rule; one that says so where there is no table to test."""
        procedure: Callable[[Rule, OpenTable], Iterator[Result]] = getattr(
            self, f"_{rule.parameters['procedure']}"
        )
        results = [result for table in self.extract.open_tables for result in procedure(rule, table)]
        if results:
            yield from results
        else:
            why = _NOTHING if self.extract.open_tables else _NO_TABLES
            yield Result(rule, "report", Outcome.NOT_TESTED, why)

    def _fact(self, one: OpenCell) -> Fact:
        return self.extract.cells[id(one.reading)]

    def _checked(self, rule: Rule, formula: str, operands: Iterable[Fact]) -> Result:
        check = Check(formula, tuple(operands))
        verdict = check.verdict()
        first = check.operands[0]
        return Result(
            rule, first.id, verdict.outcome, {"zh": verdict.reason, "en": verdict.reason}, check.operands,
            verdict.residual, verdict.slack, verdict.computed, check, section=first.section,
        )  # fmt: skip

    # -- totals -----------------------------------------------------------------------------------------------------

    def _totals(self, rule: Rule, table: OpenTable) -> Iterator[Result]:
        """Totals across the rows and down the columns; a sum that ties nowhere in the table accuses no figure."""
        for sums in (self._across(table), self._down(table)):
            by_parts: dict[object, list[Result]] = defaultdict(list)
            for key, total, parts in sums:
                if len(parts) > 1:
                    by_parts[key].append(self._checked(rule, "foot", (total, *parts)))
            for results in by_parts.values():
                is_proven = any(
                    result.outcome.is_tie and any(f.value for f in result.operands) for result in results
                )
                for result in results:
                    if result.outcome is Outcome.EXCEPTION and not is_proven:
                        yield Result(
                            rule,
                            result.context,
                            Outcome.NOT_TESTED,
                            _UNPROVEN,
                            result.operands,
                            section=result.section,
                        )
                    else:
                        yield result

    def _across(self, table: OpenTable) -> Iterator[tuple[object, Fact, list[Fact]]]:
        """The sums of each row, by the heads of its columns."""
        rows: dict[tuple[int, str, tuple[str, ...]], dict[tuple[str, ...], OpenCell]] = defaultdict(dict)
        for one in table.cells:
            if one.said.measure in _SUMMED and one.reading.unit in SCALE and one.reading.value is not None:
                stub = len([label for label in one.said.subject if label in one.cell.stub])
                path = one.said.subject[: len(one.said.subject) - stub]
                rows[one.cell.row, one.said.measure, one.said.years].setdefault(path, one)
        # Words in a column of amounts may be a part that is not counted.
        money = {one.cell.column for one in table.cells if one.reading.unit in SCALE}
        told = {row for row, column in table.structure.words if column in money}
        for (row, *_), cells in rows.items():
            if len(cells) > 2 and row not in told:
                yield from self._nodes((), cells)

    def _nodes(
        self, path: tuple[str, ...], cells: dict[tuple[str, ...], OpenCell]
    ) -> Iterator[tuple[object, Fact, list[Fact]]]:
        """The total below a head and its parts, and the same for each head below it."""
        depth = len(path)
        below: dict[str, dict[tuple[str, ...], OpenCell]] = defaultdict(dict)
        for other, one in cells.items():
            if len(other) > depth:
                below[other[depth]][other] = one
        total, parts = None, []
        for label, inner in below.items():
            head = self._total_of((*path, label), inner)
            if _TOTAL.match(label) and head is not None:
                total = head
            elif head is not None and not _OF_WHICH.match(label):
                parts.append(head)
            elif not _OF_WHICH.match(label):
                parts.extend(inner.values())
        if total is not None:
            facts = [self._fact(one) for one in parts]
            yield ("across", path, tuple(one.cell.column for one in parts)), self._fact(total), facts
        for label, inner in below.items():
            if len(inner) > 1:
                yield from self._nodes((*path, label), inner)

    def _total_of(self, path: tuple[str, ...], cells: dict[tuple[str, ...], OpenCell]) -> OpenCell | None:
        """The figure of a head: its own, or the total below it."""
        if path in cells:
            return cells[path]
        return next(
            (one for other, one in cells.items() if len(other) == len(path) + 1 and _TOTAL.match(other[-1])),
            None,
        )

    def _down(self, table: OpenTable) -> Iterator[tuple[object, Fact, list[Fact]]]:
        """The sums of each column: the rows before or after a total, as their numbers and 其中 set them apart."""
        columns: dict[int, list[OpenCell]] = defaultdict(list)
        for one in table.cells:
            if one.said.measure in _SUMMED and one.reading.value is not None and one.cell.stub:
                columns[one.cell.column].append(one)
        for cells in columns.values():
            totals = [one for one in cells if self._is_total(one)]
            if len(totals) != 1 or len({one.reading.unit for one in cells}) > 1:
                continue
            rest = [one for one in cells if one is not totals[0]]
            found = None
            for name, parts in self._readings(rest):
                if len(parts) < 2:
                    continue
                facts = [self._fact(one) for one in parts]
                found = found or (("down", name), self._fact(totals[0]), facts)
                if Check("foot", (self._fact(totals[0]), *facts)).verdict().outcome.is_tie:
                    found = (("down", name), self._fact(totals[0]), facts)
                    break
            if found:
                yield found

    def _is_total(self, one: OpenCell) -> bool:
        words = _NUMBERING.sub("", one.cell.stub[0])
        return bool(_TOTAL.match(words) or re.match(r"^总.*(?:支出|收入|经费)$|.*(?:总计|合计)$", words))

    def _readings(self, rest: Sequence[OpenCell]) -> Iterator[tuple[str, list[OpenCell]]]:
        """The ways in which rows may be the parts of a total, the plainest first."""
        concepts = {concept_of(one.cell.stub) for one in rest}
        outer = [one for one in rest if not self._is_inner(one, concepts)]
        yield "outer", outer
        # A row that those behind it add up to is a part, and they are its own.
        parts, at = list[OpenCell](), 0
        while at < len(rest):
            parts.append(rest[at])
            whole, sum_, end = rest[at].reading.value or Decimal(0), Decimal(0), at + 1
            while whole and end < min(len(rest), at + _MOST_PARTS) and sum_ < whole:
                sum_ += rest[end].reading.value or Decimal(0)
                end += 1
            at = end if whole and sum_ == whole and end > at + 2 else at + 1
        yield "nested", parts

    def _is_inner(self, one: OpenCell, concepts: Container[str | None]) -> bool:
        """True for a row of which its words, its indent or its concept say that it is part of another."""
        label = one.cell.stub[-1]
        concept = concept_of(one.cell.stub)
        whole = taxonomy().concepts[concept].whole if concept else None
        return bool(
            _OF_WHICH.match(label)
            or len(one.cell.stub) > 1
            or re.match(r"\(\d", label)
            or (whole and whole in concepts)
        )

    # -- differences and growth -------------------------------------------------------------------------------------

    def _compared(self, rule: Rule, table: OpenTable) -> Iterator[Result]:
        """Each change, growth and rate of completion against the two figures that it is of."""
        groups: dict[object, list[OpenCell]] = defaultdict(list)
        for one in table.cells:
            if one.reading.value is not None:
                groups[one.said.subject].append(one)
        for cells in groups.values():
            amounts = [one for one in cells if one.said.measure == "amount"]
            budgets = [one for one in cells if one.said.measure in ("adjusted", "budget", "opening")]
            for one in cells:
                if one.said.measure in ("change", "growth", "completion"):
                    yield from self._against(rule, one, amounts, budgets)

    def _against(
        self, rule: Rule, one: OpenCell, amounts: Sequence[OpenCell], budgets: Sequence[OpenCell]
    ) -> Iterator[Result]:
        """A change, growth or completion against an amount and what it is compared with; several that fit none are unclear."""
        by_year = {other.said.years[:1]: other for other in amounts}
        if len(by_year) < len(amounts):
            return
        this = by_year.get(one.said.years[:1]) or max(
            amounts, key=lambda other: other.said.years, default=None
        )
        if this is None:
            return
        priors = [other for other in amounts if self._is_year_before(other, this)]
        if one.said.measure == "completion":
            bases, formula = list(budgets), "completion"
        else:
            bases = [
                *([] if one.said.of == "budget" else priors),
                *([] if one.said.of == "prior" else budgets),
            ]
            formula = "change" if one.said.measure == "change" else "growth_on_prior"
        pairs = [(this, base) for base in bases]
        if one.said.falls:
            if formula != "change":
                return
            pairs = [(base, of) for of, base in pairs]
        results = [
            self._checked(rule, formula, (self._fact(one), self._fact(of), self._fact(base)))
            for of, base in pairs
        ]
        tying = [result for result in results if result.outcome.is_tie]
        if tying or len(results) == 1:
            yield (tying or results)[0]
        elif results:
            fact = self._fact(one)
            yield Result(rule, fact.id, Outcome.NOT_TESTED, _UNCLEAR, (fact,), section=fact.section)

    def _is_year_before(self, one: OpenCell, this: OpenCell) -> bool:
        mine, other = one.said.years[:1], this.said.years[:1]
        return bool(
            mine and other and mine[0].isdigit() and other[0].isdigit() and int(mine[0]) == int(other[0]) - 1
        )

    # -- the text -----------------------------------------------------------------------------------------------------

    def _text(self, rule: Rule, table: OpenTable) -> Iterator[Result]:
        """A figure of the text against the cell of the same subject, measure and year."""
        for one in table.cells:
            concept, measure = concept_of(one.said.subject), _MEASURES.get(one.said.measure)
            if concept is None or measure is None or not one.said.years or one.reading.value is None:
                continue
            cell = self._fact(one)
            for fact in self._told.get((concept, measure, one.said.years[0]), ()):
                if fact.is_money and cell.is_money:
                    yield self._checked(rule, "tie_out", (fact, cell))


def concept_of(labels: Sequence[str]) -> str | None:
    """The concept that labels name: the innermost of them that is no total, within what those outside it name."""
    found: str | None = None
    for label in labels:
        words = _NUMBERING.sub("", label)
        if _TOTAL.match(words):
            continue
        named = [
            (concept, within)
            for name, concept, within in taxonomy().names.get(words[:2], ())
            if name == words
        ]
        own = [concept for concept, within in named if within == found and within is not None]
        plain = [concept for concept, within in named if within is None]
        found = next(iter([*own, *plain]), None)
        if found is None:
            return None
    return found
