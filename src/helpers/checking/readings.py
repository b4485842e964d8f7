"""Words whose meaning varies by province: which readings fit what else the report prints.

A reading is not chosen because it ties; a rule that rests on one is an exception only where no other fits.
"""

from __future__ import annotations

from helpers.checking.facts_index import FactsIndex
from helpers.checking.interval import Interval
from helpers.checking.rules import Selector
from helpers.facts.fact import Fact


def totals_may_be_of_the_year(index: FactsIndex) -> bool:
    """True where 总收入 and 总支出 fit the year's own income and expenditure: they differ, and the closing balance takes it up.

    总计 with balances are equal on both sides.  Where 本年收入 or 本年支出 is printed too, it must be the same figure.
    """
    income, spent = _first(index, "income.total"), _first(index, "expenditure.total")
    closing, opening = _first(index, "expenditure.closing"), _first(index, "income.opening")
    if income is None or spent is None or closing is None or income.exact == spent.exact or not closing.value:
        return False
    of_year = (income, _first(index, "income.year")), (spent, _first(index, "expenditure.year"))
    if any(year is not None and year.exact != total.exact for total, year in of_year):
        return False
    surplus = _interval(income).minus(_interval(spent))
    change = _first(index, "expenditure.closing/change")
    taken_up = [_interval(closing).minus(_interval(opening))] if opening is not None else []
    taken_up += [_interval(change)] if change is not None else []
    if taken_up:
        return all(one.meets(surplus) for one in taken_up)
    # The opening balance that this leaves is one that can be.
    return _interval(closing).minus(surplus).upper >= 0


def _first(index: FactsIndex, words: str) -> Fact | None:
    found = index.select(Selector.parse(words))
    return found[0] if found else None


def _interval(fact: Fact) -> Interval:
    return Interval.printed(fact.value or fact.exact, fact.step).scaled(fact.scale)
