"""The real report's audit against what people found in it (tests/labels), as scoring.py scores it."""

import json
from functools import cache
from typing import Any

import pytest

from helpers.audit import Audit
from real_reports import ANJU, audit_of, labels
from scoring import Score, reached, score

LINES = ((1, 164), (2840, 2861))  # all but 第四部分: the accounts are measured without the annexes too


def anju() -> Audit:
    return audit_of(ANJU)


@cache
def as_json() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(anju().to_json())
    return content


def scored(whole: bool, certainty: float = 0.8) -> Score:
    return score(as_json(), labels(ANJU), certainty, () if whole else LINES)


def test_score_reaches_what_the_issue_asks_for() -> None:
    done = scored(whole=False)
    assert len(done.wanted) == 9 and done.missed == []
    assert reached(done.claims, done.unlabelled) >= 0.95, done.unlabelled
    assert len(done.facts) == 72 and done.unread == []
    assert len(done.holds) == 52 and reached(done.holds, done.unshown) >= 48 / 52, done.unshown


def test_score_of_the_whole_report_reaches_what_the_issue_asks_for() -> None:
    """With the annexes: every finding of certainty 0.8, 122 of 125 facts, 85 of 93 reconciliations."""
    done = scored(whole=True)
    assert len(done.wanted) == 36 and done.missed == []
    assert reached(done.claims, done.unlabelled) >= 0.95, done.unlabelled
    assert len(done.facts) == 125 and reached(done.facts, done.unread) >= 122 / 125, done.unread
    assert len(done.holds) == 93 and reached(done.holds, done.unshown) >= 85 / 93, done.unshown


def test_nearly_every_finding_of_the_whole_report_is_found_however_uncertain() -> None:
    done = scored(whole=True, certainty=0)
    assert len(done.wanted) == 62
    assert reached(done.wanted, done.missed) >= 55 / 62, done.missed


@pytest.mark.parametrize("whole", [False, True], ids=["accounts", "whole"])
def test_no_known_false_alarm(whole: bool) -> None:
    assert scored(whole).false_alarms == []


def test_figures_of_the_narrative_carry_tickmarks() -> None:
    narrative = [n for n in anju().numerals if 28 <= n.source.line <= 148]
    marked = [n for n in narrative if any(anju().tickmarks.get(fact) for fact in n.facts)]
    assert len(narrative) == 153
    assert len(marked) >= 145


# --------------------------------------------------------------------------------------------- the scoring
LABEL = {
    "id": "1",
    "kind": "tie",
    "certainty": 0.9,
    "line": 3,
    "quote": "支出合计912.50万元",
    "reported": "912.50",
}


def claim(line: int, quote: str, reported: str = "", severity: str = "high") -> dict[str, Any]:
    evidence = [{"quote": quote, "source": {"line": line}}]
    return {"severity": severity, "reported": reported, "expected": "", "evidence": evidence}


@pytest.mark.parametrize(
    ("finding", "is_met"),
    [
        (claim(3, "912.5"), True),
        (claim(4, "", "912.5万元"), True),
        (claim(5, "912.5"), False),
        (claim(3, "912.05"), False),
        (claim(2, "本年支出合计912", "2023"), True),
        (claim(3, "年支出合", "100%"), False),
        (claim(3, "912.5", severity="info"), False),
    ],
    ids=["figure", "reported a line on", "two lines on", "other", "passage", "short", "note"],
)
def test_finding_meets_a_label_of_its_place_that_has_its_figure_or_words(
    finding: dict[str, Any], is_met: bool
) -> None:
    audit = {"findings": [finding], "facts": [], "results": []}
    truth = {"findings": [LABEL], "facts": [], "holds": [], "not_findings": []}
    done = score(audit, truth)
    assert (done.missed == []) == is_met
    assert (done.unlabelled == []) == (is_met or finding["severity"] == "info")


def test_facts_are_read_and_sums_shown_by_their_figures_at_their_places() -> None:
    facts = [
        {"id": n, "value": v, "source": {"line": i}} for i, (n, v) in enumerate([("a", "12.0"), ("b", "7")])
    ]
    tied = {"outcome": "ties_within_rounding", "operands": ["a"]}
    audit = {"findings": [], "facts": facts, "results": [tied, {"outcome": "exception", "operands": ["b"]}]}
    truth = {
        "findings": [],
        "facts": [{"value": "12", "line": 1}, {"value": "7", "line": 1}, {"value": "7", "line": 3}],
        "holds": [{"numbers": ["12.00"], "line": 0}, {"numbers": ["12", "7"], "lines": [0, 1]}],
        "not_findings": [],
    }
    done = score(audit, truth)
    assert done.unread == truth["facts"][2:]
    assert done.unshown == truth["holds"][1:]
