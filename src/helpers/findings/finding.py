"""Findings: exceptions graded and put into words."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from helpers.checking.kinds import Outcome
from helpers.checking.result import Evidence, Result, Words
from helpers.checking.rules import SEVERITIES
from helpers.facts.fact import Fact
from helpers.findings import wording
from helpers.findings.diagnosis import Diagnosis, Suspect
from helpers.reading.document import Section, Source

MATERIALITY = Decimal("0.005")
_LAST_DIGITS = 2

State = Literal["open", "accepted", "explained", "not a finding"]


@dataclass(frozen=True)
class Disposition:
    """What an auditor decided on a finding; not `is_current` where what was judged has changed since.

    `date` is written 2024-03-05, or as it stands where the file has no such date.
    """

    state: State
    note: str
    name: str
    date: str
    is_current: bool

    @property
    def is_settled(self) -> bool:
        """True where nothing is left to be done about the finding, as it stands now."""
        return self.is_current and self.state in ("explained", "not a finding")


@dataclass(frozen=True)
class Finding:
    """One finding: criteria (rule, reference), condition (reported, evidence), effect (difference); cause is the auditor's.

    `same` are the results that say the same of another subject (收、支总计).  `gathered` are the findings that the
    same one figure explains as this one's first suspect; their evidence stands after this one's own.
    """

    id: str
    result: Result
    severity: str
    message: Words
    reported: Words
    expected: Words
    difference: str
    reference: Words
    evidence: tuple[Evidence, ...]
    suspects: tuple[Suspect, ...]
    same: tuple[Result, ...] = ()
    gathered: tuple[Finding, ...] = ()
    disposition: Disposition | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """Every result that the finding stands for, its own first."""
        return (self.result, *self.same, *(one for other in self.gathered for one in other.results))

    @property
    def is_settled(self) -> bool:
        """True where an auditor decided that nothing is left to be done about it."""
        return self.disposition is not None and self.disposition.is_settled

    @property
    def section(self) -> Section | None:
        """The section that the finding is about."""
        return self.result.section


def find(
    results: Sequence[Result], facts: Iterable[Fact], materiality: Decimal = MATERIALITY
) -> tuple[Finding, ...]:
    """The findings of an audit, gravest first: exceptions, and as `info` rounding tails between restated figures.

    `materiality` is a share of total expenditure; it grades, and neither hides nor drops a finding.
    """
    limit = total_expenditure(facts) * materiality
    diagnosis = Diagnosis(results, facts)
    found: dict[tuple[object, ...], Finding] = {}
    same: dict[tuple[object, ...], list[Result]] = defaultdict(list)
    for result in results:
        severity = _severity(result, limit)
        if severity is None:
            continue
        evidence = result.evidence or tuple(Evidence.of(fact) for fact in dict.fromkeys(result.operands))
        if not evidence:
            raise AssertionError(
                f"the finding of {result.rule.id} in {result.context} has no place in the source"
            )
        reported, expected = wording.reported(result), wording.expected(result)
        # A figure said of income and expenditure at once is checked for each, and found wrong once.
        key = (result.rule.id, reported["zh"], expected["zh"], evidence[0].source)
        if key in found:
            same[key].append(result)
            continue
        found[key] = Finding(
            id_of(result.rule.id, result.context),
            result,
            severity,
            wording.message(result),
            reported,
            expected,
            wording.difference(result),
            wording.reference(result),
            evidence,
            diagnosis.suspects(result) if result.outcome is Outcome.EXCEPTION else (),
        )
    for first, others in same.items():
        found[first] = replace(found[first], same=tuple(others))
    return tuple(
        sorted(
            _gathered(_numbered(found.values()), diagnosis),
            key=lambda f: (SEVERITIES.index(f.severity), *_place(f), f.id),
        )
    )


def _numbered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with an id of their own each: those of one rule in one context are numbered as the report has them."""
    of: dict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_place):
        of[finding.id].append(finding)
    return [
        finding if number == 1 else replace(finding, id=f"{finding.id}-{number}")
        for same in of.values()
        for number, finding in enumerate(same, 1)
    ]


def _place(finding: Finding) -> tuple[int, int]:
    return finding.evidence[0].source.line, finding.evidence[0].source.start


def _gathered(findings: Sequence[Finding], diagnosis: Diagnosis) -> list[Finding]:
    """The findings, those that one figure's change to one value would resolve as one.

    Only where the change breaks no check and no other figure's would resolve as many of them: else it is a guess.
    """
    of = {id(f.result): f for f in findings if f.severity != "info"}

    def explained(suspect: Suspect) -> list[Finding]:
        effect = diagnosis.effect(suspect.fact.source, suspect.value)
        return [] if effect.broken else [of[id(r)] for r in effect.satisfied if id(r) in of]

    alike: dict[tuple[Source, Decimal], list[Finding]] = defaultdict(list)
    for finding in of.values():
        if finding.suspects and any(f is finding for f in explained(finding.suspects[0])):
            alike[finding.suspects[0].fact.source, finding.suspects[0].value].append(finding)
    leads: dict[int, Finding] = {}
    gathered: set[int] = set()
    for (source, _), group in alike.items():
        others = [s for finding in group for s in finding.suspects if s.fact.source != source]
        if len(group) < 2 or any(len(explained(other)) >= len(group) for other in others):
            continue
        # The one that tests the figure says best what is wrong with it.
        lead, *rest = sorted(group, key=lambda f: (f.result.operands[0].source != source, *_place(f), f.id))
        leads[id(lead)] = replace(
            lead,
            severity=min((f.severity for f in group), key=SEVERITIES.index),
            evidence=_distinct(e for f in (lead, *rest) for e in f.evidence),
            gathered=tuple(rest),
        )
        gathered.update(map(id, rest))
    return [leads.get(id(f), f) for f in findings if id(f) not in gathered]


def _distinct(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The evidence with each place once: one figure may state several facts."""
    found: dict[tuple[Source, str], Evidence] = {}
    for one in evidence:
        found.setdefault((one.source, one.quote), one)
    return tuple(found.values())


def id_of(rule: str, context: str) -> str:
    """The id of the finding of a rule in a context: the same for the same, whatever else the report says."""
    return f"{rule}-{hashlib.sha256(context.encode()).hexdigest()[:8]}"


def total_expenditure(facts: Iterable[Fact]) -> Decimal:
    """The largest amount that is stated for total expenditure, in 元; 0 where there is none."""
    amounts = [f for f in facts if f.measure == "amount" and f.is_money and not f.dimensions and f.value]
    for concept in ("expenditure.total", "expenditure.year", "general.expenditure"):
        found = [abs(fact.exact) for fact in amounts if fact.concept == concept]
        if found:
            return max(found)
    return Decimal(0)


def _severity(result: Result, limit: Decimal) -> str | None:
    """How grave a result is; None where it is no finding."""
    if result.outcome is Outcome.TIES_WITHIN_ROUNDING:
        is_tail = result.rule.kind in ("tie_out", "agree_budget") or bool(result.reason["zh"])
        return "info" if is_tail else None
    if result.outcome is not Outcome.EXCEPTION:
        return None
    if result.rule.severity is not None:
        return result.rule.severity
    if not result.operands or result.residual is None:
        return "medium"
    tested = result.operands[0]
    if tested.is_money:
        return "high" if limit and abs(result.residual) * tested.scale >= limit else "medium"
    if tested.unit == "%":
        last_digits = max(tested.step * _LAST_DIGITS, tested.coarse_step)
        return "low" if abs(result.residual) <= last_digits else "medium"
    return "medium"
