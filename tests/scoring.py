"""How an audit fares against labels, what people found in the report: what it met, missed, and claims beyond them.

A finding meets a label where a piece of its evidence stands at most a line (of a PDF a page) from the label, and both print
the same telling figure or the same words. A note, a finding of severity `info`, is not a claim. A labelled slip of wording
only (`typo`) need not be found.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]
Ranges = tuple[tuple[int, int], ...]

RUN = 6  # characters in a row that tell a passage
COMMON = re.compile(
    r".|(?:19|20)\d\d|100?"
)  # figures that stand anywhere: one digit, a year, a round percentage


@dataclass(frozen=True)
class Score:
    """Labels, claims, figures and sums that hold, and of each those without their like."""

    wanted: list[Item]
    missed: list[Item]
    claims: list[Item]
    unlabelled: list[Item]
    false_alarms: list[Item]
    facts: list[Item]
    unread: list[Item]
    holds: list[Item]
    unshown: list[Item]


def score(audit: Item, labels: Item, certainty: float = 0.8, lines: Ranges = ()) -> Score:
    """The score of `audit`, its JSON, by the labels of at least this certainty; of these lines only, where some are named."""

    def within(*items: Item) -> bool:
        places = {place for item in items for place in _places(item)}
        return not lines or any(first <= place <= last for place in places for first, last in lines)

    truth = [label for label in labels["findings"] if within(label)]
    wanted = [one for one in truth if one.get("certainty", 1) >= certainty and one["kind"] != "typo"]
    claims = [
        finding
        for finding in audit["findings"]
        if finding["severity"] != "info" and within(*(e["source"] for e in finding["evidence"]))
    ]
    unlabelled = [claim for claim in claims if not any(meets(claim, label) for label in truth)]
    facts = [fact for fact in labels["facts"] if within(fact)]
    holds = [hold for hold in labels["holds"] if within(hold)]
    said = _figures_by_place(audit["facts"])
    tied = {name for r in audit["results"] if r["outcome"].startswith("ties") for name in r["operands"]}
    shown = _figures_by_place(fact for fact in audit["facts"] if fact["id"] in tied)
    return Score(
        wanted,
        [label for label in wanted if not any(meets(claim, label) for claim in claims)],
        claims,
        unlabelled,
        [claim for claim in unlabelled if any(meets(claim, trap) for trap in labels["not_findings"])],
        facts,
        [fact for fact in facts if not _figure(fact["value"]) & _near(fact, said)],
        holds,
        [hold for hold in holds if not all(_figure(n) & _near(hold, shown) for n in hold["numbers"])],
    )


def reached(whole: list[Item], without: list[Item]) -> float:
    """The share of `whole` that is not `without`; of nothing, all."""
    return 1 - len(without) / len(whole) if whole else 1.0


def meets(finding: Item, label: Item) -> bool:
    """Whether the finding says what the label does."""
    said = _telling(finding.get("reported"), finding.get("expected"))
    meant = _telling(label.get("quote"), label.get("reported"))
    words = _squashed(label.get("quote") or label.get("what"))
    return any(
        meant & (said | _telling(evidence.get("quote")))
        or _same_passage(words, _squashed(evidence.get("quote")))
        or (not words and label.get("kind") == "missing")
        for evidence in finding["evidence"]
        if _is_near(label, evidence["source"])
    )


def _is_near(label: Item, source: Item) -> bool:
    return not _places(label) or any(abs(a - b) <= 1 for a in _places(label) for b in _places(source))


def _same_passage(one: str, other: str) -> bool:
    length = min(RUN, len(one), len(other))
    return length > 0 and any(one[at : at + length] in other for at in range(len(one) - length + 1))


def _places(item: Item) -> set[int]:
    """The lines of a text, the pages of a PDF."""
    told = [item.get("line"), item.get("lines"), item.get("page")]
    each = (place for one in told for place in (one if isinstance(one, list) else [one]))
    return {place for place in each if isinstance(place, int)}


def _near(item: Item, figures: dict[int, set[str]]) -> set[str]:
    return {figure for place in _places(item) for at in (-1, 0, 1) for figure in figures[place + at]}


def _figures_by_place(facts: Iterable[Item]) -> defaultdict[int, set[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    for fact in facts:
        for place in _places(fact["source"]):
            found[place] |= _figure(fact["value"])
    return found


def _squashed(words: object) -> str:
    return "".join(unicodedata.normalize("NFKC", str(words or "")).split())


def _telling(*words: object) -> set[str]:
    """The figures of some words that tell a place, without commas and the zeros at their ends."""
    printed = (
        n.replace(",", "") for text in words for n in re.findall(r"\d[\d,]*(?:\.\d+)?", _squashed(text))
    )
    figures = {number.rstrip("0").rstrip(".") if "." in number else number for number in printed}
    return {figure for figure in figures if not COMMON.fullmatch(figure)}


def _figure(value: object) -> set[str]:
    """A value as a figure, by which it is known again; as it is printed where it tells no place."""
    return _telling(value) or {_squashed(value)}
