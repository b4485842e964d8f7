"""An audit's facts, results, findings and numerals as pandas tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.checking.rules import reference_text
from helpers.findings.wording import equation

if TYPE_CHECKING:
    from helpers.audit import Audit


def frame(audit: Audit, name: str) -> pd.DataFrame:
    """One of `facts`, `results`, `findings`, `numerals`; one row each, numbers as `Decimal`, in a stable order."""
    rows = {"facts": _facts, "results": _results, "findings": _findings, "numerals": _numerals}
    if name not in rows:
        raise ValueError(f"no table is called {name!r}; there are {', '.join(rows)}")
    return pd.DataFrame(rows[name](audit))


def _facts(audit: Audit) -> list[dict[str, Any]]:
    return [
        {
            "id": fact.id, "concept": fact.concept, "measure": fact.measure, "label": fact.label["zh"],
            "value": fact.value, "unit": fact.unit, "state": fact.state, "year": fact.year,
            "section": fact.section.title if fact.section else "", "place": audit.where(fact.source)["zh"],
            "line": fact.source.line,
            "start": fact.source.start, "end": fact.source.end, "quote": fact.quote,
        }
        for fact in audit.facts
    ]  # fmt: skip


def _results(audit: Audit) -> list[dict[str, Any]]:
    return [
        {
            "rule": result.rule.id, "kind": result.rule.public_kind, "label": result.rule.label["zh"],
            "context": result.context, "outcome": result.outcome.value, "reason": result.reason["zh"],
            "equation": equation(result), "residual": result.residual, "slack": result.slack,
            "section": result.section.title if result.section else "",
            "operands": [fact.id for fact in result.operands],
        }
        for result in audit.results
    ]  # fmt: skip


def _findings(audit: Audit) -> list[dict[str, Any]]:
    return [
        {
            "id": finding.id, "severity": finding.severity, "rule": finding.result.rule.id,
            "message": finding.message["zh"], "reported": finding.reported["zh"], "expected": finding.expected["zh"],
            "difference": finding.difference, "reference": reference_text(finding.result.rule, "zh"),
            "place": audit.where(finding.evidence[0].source)["zh"], "line": finding.evidence[0].source.line, "quote": finding.evidence[0].quote,
        }
        for finding in audit.findings
    ]  # fmt: skip


def _numerals(audit: Audit) -> list[dict[str, Any]]:
    return [
        {
            "text": numeral.text, "place": audit.where(numeral.source)["zh"], "line": numeral.source.line, "start": numeral.source.start, "end": numeral.source.end,
            "facts": list(numeral.facts),
            "tickmarks": sum(len(audit.tickmarks.get(fact, ())) for fact in numeral.facts),
        }
        for numeral in audit.numerals
    ]  # fmt: skip
