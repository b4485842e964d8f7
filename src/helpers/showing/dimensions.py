"""What the measure and the dimensions of a fact are called: a subject of a classification, a budget, a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.facts.concepts import classification
from helpers.facts.fact import Fact
from helpers.facts.published import economic_subjects

if TYPE_CHECKING:
    from helpers.audit import Audit

_BUDGETS = {
    "general": {"zh": "一般公共预算", "en": "general public budget"},
    "fund": {"zh": "政府性基金预算", "en": "fund budget"},
    "state_capital": {"zh": "国有资本经营预算", "en": "state capital budget"},
}

# Which figure of a concept a fact is, in zh and en.
MEASURES = {
    "amount": ("金额", "amount"), "budget": ("预算数", "budget"), "change": ("比上年增减", "change on last year"),
    "growth": ("增长率", "growth"), "share": ("占比", "share"), "completion": ("完成预算率", "completion"),
    "budget_change": ("与预算差额", "change on budget"), "budget_growth": ("与预算差异率", "change on budget, rate"),
    "direction": ("增减表述", "word on the change"), "budget_direction": ("与预算比较的表述", "word against the budget"),
}  # fmt: skip


_NUMBER = ("数量", "number")


def measure_name(fact: Fact, lang: str) -> str:
    """What a fact's measure is called; of a count, a number."""
    return MEASURES.get(fact.measure, _NUMBER)[lang == "en"]


def dimension_names(audit: Audit, fact: Fact, lang: str) -> list[str]:
    """The names of a fact's dimensions, in their order; what has none is shown as it is."""
    return [_name(audit, name, value, fact.year, lang) for name, value in fact.dimensions]


def _name(audit: Audit, name: str, value: str, year: str, lang: str) -> str:
    if name == "table":
        titles = (table.title.raw for table in audit.extract.published if table.id == value)
        return " ".join(next(titles, value).split())
    return dimension_name(name, value, year, lang)


def dimension_name(name: str, value: str, year: str, lang: str) -> str:
    """The name of one dimension in a year, whatever the report; what has none is shown as it is."""
    if name == "function":
        return subject_name(value, year)
    if name == "economic" and value in economic_subjects():
        return economic_subjects()[value].names[0]
    if name == "budget" and value in _BUDGETS:
        return _BUDGETS[value][lang]
    return value


def subject_name(function: str, year: str) -> str:
    """The name of a functional subject (a code, or names joined by /) in a year."""
    subjects = classification().by_code.get(function, ())
    in_force = [s for s in subjects if not year.isdigit() or s.since <= int(year) <= s.until] or subjects
    return in_force[0].name if in_force else function.split("/")[-1]
