"""Which of the figures of an exception is the likely wrong one (DESIGN.md, Diagnosis)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from helpers.checking.kinds import HUNDRED, Outcome
from helpers.checking.result import Check, Result, Words
from helpers.facts.fact import Fact


@dataclass(frozen=True)
class Suspect:
    """A figure that may be wrong, the value that would satisfy most checks, and why it is suspected."""

    fact: Fact
    correction: str
    why: Words


def suspects(result: Result, results: Sequence[Result]) -> tuple[Suspect, ...]:
    """The figures of an exception by how many checks each one's change would satisfy, most first."""
    if result.check is None:
        return ()
    ranked: list[tuple[int, int, int, Suspect]] = []
    for position, fact in enumerate(_figures(result.check)):
        checks = [other for other in results if other.check and _involves(other.check, fact)]
        best = max(
            (
                (_gain(checks, fact, value), -_unlikeness(fact, value), value)
                for value in _candidates(checks, fact)
            ),
            default=None,
        )
        if best is None or best[0] <= 0:
            continue
        gain, likeness, value = best
        if fact.source.report and slip(fact.value or Decimal(0), value) is None:
            continue  # What another report prints may be right and was restated since: a slip alone speaks against it.
        ranked.append((-gain, -likeness, position, _suspect(fact, value, checks, gain)))
    ranked.sort(key=lambda item: item[:3])
    found = tuple(item[3] for item in ranked)
    if len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]:
        undecided = {"zh": "；没有其他核对能区分", "en": "; no other check tells them apart"}
        found = tuple(
            Suspect(s.fact, s.correction, {lang: s.why[lang] + undecided[lang] for lang in undecided})
            for s in found
        )
    return found


def _figures(check: Check) -> list[Fact]:
    return [fact for fact in check.operands if "direction" not in fact.measure]


def _involves(check: Check, fact: Fact) -> bool:
    return any(other.source == fact.source for other in check.operands)


def _changed(check: Check, fact: Fact, value: Decimal) -> dict[str, Decimal]:
    """The fact and those that state the same printed figure, with the new value."""
    return {other.id: value for other in check.operands if other.source == fact.source}


def _gain(checks: Sequence[Result], fact: Fact, value: Decimal) -> int:
    """By how many the exceptions among `checks` become fewer when `fact` is `value`; ties that break count against."""
    gain = 0
    for result in checks:
        assert result.check is not None
        after = result.check.verdict(_changed(result.check, fact, value)).outcome
        if result.outcome is Outcome.EXCEPTION and after.is_tie:
            gain += 2
        elif result.outcome.is_tie and after is Outcome.EXCEPTION:
            gain -= 2
    return gain


def _candidates(checks: Sequence[Result], fact: Fact) -> Iterator[Decimal]:
    """The values that would satisfy one of the failing checks."""
    seen: set[Decimal] = set()
    for result in checks:
        if result.outcome is not Outcome.EXCEPTION or result.check is None:
            continue
        for value in _solved(result.check, fact):
            step = fact.step or Decimal("0.01") if fact.is_money or fact.unit == "%" else Decimal(1)
            value = value.quantize(step, ROUND_HALF_UP)
            if value not in seen and value != fact.value:
                seen.add(value)
                yield value
    yield from (value for value in _slips_of(fact) if value not in seen)


def _slips_of(fact: Fact) -> Iterator[Decimal]:
    """The values that one slip of the pen turns into the printed one; a solved value may miss them by a rounding."""
    value = fact.value or Decimal(0)
    if not value:
        return
    yield -value
    if fact.is_money:
        yield value * 10_000
        yield value / 10_000
    for power in (1, 2, -1, -2):
        yield value.scaleb(power)
    digits = format(abs(value), "f")
    for i, (a, b) in enumerate(pairwise(digits)):
        j = i + 1 if b != "." else i + 2
        if a != "." and j < len(digits) and digits[i] != digits[j]:
            swapped = [*digits]
            swapped[i], swapped[j] = swapped[j], swapped[i]
            yield Decimal("".join(swapped)).copy_sign(value)


def _solved(check: Check, fact: Fact) -> Iterator[Decimal]:
    """The values of `fact` with which a check ties."""
    values = [other.exact for other in check.operands]
    for position, other in enumerate(check.operands):
        if other.source != fact.source:
            continue
        try:
            value = _solution(check, values, position)
        except ArithmeticError:
            continue
        if value is not None:
            yield value / fact.scale


def _solution(check: Check, values: list[Decimal], position: int) -> Decimal | None:
    formula = check.formula
    if formula == "foot":
        if check.constant is not None:
            return check.constant.value - sum(values[:position] + values[position + 1 :], Decimal(0))
        if position == 0:
            return sum(values[1:], Decimal(0))
        return values[0] - sum(values[1:], Decimal(0)) + values[position]
    if formula in ("tie_out", "at_most"):
        return values[1 - position] if len(values) == 2 else None
    if formula in ("share", "completion"):
        rate, part, whole = values
        return (part / whole * HUNDRED, rate * whole / HUNDRED, part / rate * HUNDRED)[position]
    if formula == "completion_on_change":
        rate, final, change = values
        return (
            final / (final - change) * HUNDRED,
            rate * change / (rate - HUNDRED),
            final - final / rate * HUNDRED,
        )[position]
    if formula == "growth":
        rate, change, amount = values
        ratio = rate / HUNDRED
        return (change / (amount - change) * HUNDRED, amount * ratio / (1 + ratio), change / ratio + change)[
            position
        ]
    if formula == "growth_on_prior":
        rate, amount, prior = values
        ratio = 1 + rate / HUNDRED
        return ((amount / prior - 1) * HUNDRED, prior * ratio, amount / ratio)[position]
    if formula == "change":
        change, amount, prior = values
        return (amount - prior, change + prior, amount - change)[position]
    if formula == "agree_prior_year":
        if len(values) == 2:
            return values[1 - position]
        amount, change, prior = values
        return (prior + change, amount - prior, amount - change)[position]
    if formula == "agree_prior_year_by_growth":
        amount, rate, prior = values
        ratio = 1 + rate / HUNDRED
        return (prior * ratio, (amount / prior - 1) * HUNDRED, amount / ratio)[position]
    if formula == "average":
        average, amount, number_ = values
        return (amount / number_, average * number_, amount / average)[position]
    if formula == "nil_agrees":
        return Decimal(0)
    return None


def _unlikeness(fact: Fact, value: Decimal) -> int:
    """0 where a slip that leaves every digit turns the one value into the other, 1 for a wrong digit, 2 for none."""
    named = slip(fact.value or Decimal(0), value)
    if named is None:
        return 2
    return 1 if named in (_SLIPS["digit"], _SLIPS["dropped"]) else 0


_SLIPS: dict[str, Words] = {
    "sign": {"zh": "正负号", "en": "sign"},
    "swapped": {"zh": "数字颠倒", "en": "digits swapped"},
    "point": {"zh": "小数点移位", "en": "decimal point moved"},
    "unit": {"zh": "万元与元混用", "en": "元 and 万元 confused"},
    "digit": {"zh": "一位数字之误", "en": "one digit wrong"},
    "dropped": {"zh": "漏掉或多出一位数字", "en": "a digit dropped or added"},
}


def slip(wrong: Decimal, right: Decimal) -> Words | None:
    """The name of the slip that turns `right` into `wrong`; None where none does."""
    if wrong == right or right == 0 or wrong == 0:
        return None
    if wrong == -right:
        return _SLIPS["sign"]
    ratio = abs(wrong / right)
    if ratio in (10_000, Decimal("0.0001")):
        return _SLIPS["unit"]
    a, b = _digits(wrong), _digits(right)
    if a.strip("0") == b.strip("0"):
        return _SLIPS["point"]
    width = max(len(a), len(b))
    if len(a) == len(b):
        apart = [i for i in range(width) if a[i] != b[i]]
        if len(apart) == 1:
            return _SLIPS["digit"]
        if (
            len(apart) == 2
            and apart[1] == apart[0] + 1
            and a[apart[0]] == b[apart[1]]
            and a[apart[1]] == b[apart[0]]
        ):
            return _SLIPS["swapped"]
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    if len(longer) == len(shorter) + 1 and any(
        longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer))
    ):
        return _SLIPS["dropped"]
    return None


def _digits(value: Decimal) -> str:
    """The digits with two decimals, the point left out."""
    return format(abs(value).quantize(Decimal("0.01"), ROUND_HALF_UP), "f").replace(".", "")


def _suspect(fact: Fact, value: Decimal, checks: Sequence[Result], gain: int) -> Suspect:
    named = slip(fact.value or Decimal(0), value)
    # A figure is printed without the sign that its word of direction gives it.
    shown = (
        format(value, "+f")
        if named is _SLIPS["sign"]
        else _plain(abs(value) if (fact.value or 0) < 0 else value)
    )
    others = len({result.context for result in checks})
    why = {
        "zh": f"改为{shown}可使{gain // 2}项核对相符（涉及{others}项）",
        "en": f"{shown} would make {gain // 2} of its {others} checks tie that do not",
    }
    if named:
        why = {"zh": f"{why['zh']}；{named['zh']}", "en": f"{why['en']}; {named['en']}"}
    return Suspect(fact, shown, why)


def _plain(value: Decimal) -> str:
    return format(value, "f")
