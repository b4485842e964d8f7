"""The check kinds: what a rule computes from its operands.  Each is a pure function from quantities to a verdict.

Amounts are compared in the unit of the first operand (the figure under test); rates are per cent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from helpers.checking.interval import Interval

HUNDRED = Decimal(100)


class Outcome(Enum):
    """What a check came to."""

    TIES = "ties"
    TIES_WITHIN_ROUNDING = "ties_within_rounding"
    EXCEPTION = "exception"
    NOT_TESTED = "not_tested"

    @property
    def is_tie(self) -> bool:
        """True for a tie, within rounding or not."""
        return self in (Outcome.TIES, Outcome.TIES_WITHIN_ROUNDING)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A printed value: its unit's worth and the distance between two printable values, both in that unit's terms."""

    value: Decimal
    step: Decimal = Decimal(0)
    scale: Decimal = Decimal(1)
    coarse_step: Decimal = Decimal(0)

    @property
    def interval(self) -> Interval:
        """The true values behind it, in the smallest unit (元, or the count itself)."""
        return Interval.printed(self.value, self.step).scaled(self.scale)

    @property
    def exact(self) -> Decimal:
        """The printed value in the smallest unit."""
        return self.value * self.scale


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome, the residual (printed − computed) and the slack that rounding allows, and the computed value."""

    outcome: Outcome
    residual: Decimal | None = None
    slack: Decimal | None = None
    computed: Decimal | None = None
    reason: str = ""


def _compare(tested: Quantity, computed: Decimal, range_: Interval) -> Verdict:
    """The verdict of a printed figure against what it should be: a value and the range rounding leaves it."""
    scale = tested.scale
    residual = (tested.exact - computed) / scale
    slack = (tested.interval.half_width + range_.half_width) / scale
    value = computed / scale
    if residual == 0:
        return Verdict(Outcome.TIES, residual, slack, value)
    if tested.interval.meets(range_):
        return Verdict(Outcome.TIES_WITHIN_ROUNDING, residual, slack, value)
    return Verdict(Outcome.EXCEPTION, residual, slack, value)


def foot(total: Quantity, *items: Quantity) -> Verdict:
    """A total against the sum of its items; n items and a total leave (n+1)·½ unit of slack."""
    computed = sum((item.exact for item in items), Decimal(0))
    return foot_to(total, computed, Interval.total(item.interval for item in items))


def foot_to(total: Quantity, computed: Decimal, range_: Interval) -> Verdict:
    """A total against items that add up to this, within that range."""
    return _compare(total, computed, range_)


def roll_forward(closing: Quantity, opening: Quantity, income: Quantity, spent: Quantity) -> Verdict:
    """年末 = 年初 + 本年收入 − 本年支出."""
    computed = opening.exact + income.exact - spent.exact
    range_ = Interval.total((opening.interval, income.interval)).minus(spent.interval)
    return _compare(closing, computed, range_)


def tie_out(one: Quantity, other: Quantity) -> Verdict:
    """The same figure in two places."""
    return _compare(one, other.exact, other.interval)


def _rate(rate: Quantity, exact: Decimal, range_: Interval) -> Verdict:
    """A printed percentage against a ratio; one that is printed with fewer digits than the rest is read so."""
    verdict = _compare(rate, exact * HUNDRED, range_.scaled(HUNDRED))
    if verdict.outcome is Outcome.EXCEPTION and rate.coarse_step > rate.step:
        coarse = _compare(Quantity(rate.value, rate.coarse_step), exact * HUNDRED, range_.scaled(HUNDRED))
        if coarse.outcome is not Outcome.EXCEPTION:
            return Verdict(
                Outcome.TIES_WITHIN_ROUNDING, coarse.residual, coarse.slack, coarse.computed, "fewer_decimals"
            )
    # A rate ties exactly where the computed ratio rounds to what is printed.
    residual = abs(verdict.residual or Decimal(0))
    if verdict.outcome is Outcome.TIES_WITHIN_ROUNDING and residual <= rate.step / 2:
        return Verdict(Outcome.TIES, verdict.residual, verdict.slack, verdict.computed)
    return verdict


def share(rate: Quantity, part: Quantity, whole: Quantity) -> Verdict:
    """占比 = part ÷ whole."""
    range_ = Interval.of_quotient(part.interval, whole.interval)
    if range_ is None:
        if part.value == whole.value == 0 and rate.value == 0:
            return Verdict(Outcome.TIES, Decimal(0), Decimal(0), Decimal(0))
        return Verdict(Outcome.NOT_TESTED, reason="zero_denominator")
    return _rate(rate, part.exact / whole.exact, range_)


def completion(rate: Quantity, final: Quantity, budget: Quantity) -> Verdict:
    """完成预算 = final ÷ budget; of a zero budget it is undefined."""
    range_ = Interval.of_quotient(final.interval, budget.interval)
    if range_ is None:
        if final.value > 0 and budget.value == 0 and rate.value not in (0,):
            return Verdict(Outcome.EXCEPTION, reason="zero_budget")
        return Verdict(Outcome.NOT_TESTED, reason="zero_budget")
    return _rate(rate, final.exact / budget.exact, range_)


def completion_on_change(rate: Quantity, final: Quantity, change_: Quantity) -> Verdict:
    """完成预算 = final ÷ (final − what it differs from the budget by)."""
    if final.interval.minus(change_.interval).lower <= 0:
        return Verdict(Outcome.NOT_TESTED, reason="zero_budget")
    ends = [
        f / (f - c)
        for f in (final.interval.lower, final.interval.upper)
        for c in (change_.interval.lower, change_.interval.upper)
    ]
    return _rate(rate, final.exact / (final.exact - change_.exact), Interval(min(ends), max(ends)))


def growth(rate: Quantity, change: Quantity, amount: Quantity) -> Verdict:
    """增长率 = change ÷ (this year − change), with each operand used once: 1 ÷ (amount ÷ change − 1)."""
    if change.value == 0 and (change.step == 0 or rate.value == 0):
        prior = amount.interval
        if prior.lower <= 0:
            outcome = Outcome.TIES if rate.value == 0 else Outcome.NOT_TESTED
            return Verdict(
                outcome, Decimal(0), Decimal(0), Decimal(0), "" if rate.value == 0 else "zero_denominator"
            )
        return _rate(rate, Decimal(0), Interval(Decimal(0), Decimal(0)))
    prior = amount.interval.minus(change.interval)
    if prior.upper < 0:
        return Verdict(Outcome.EXCEPTION, reason="negative_prior")
    if prior.lower <= 0:
        return Verdict(Outcome.NOT_TESTED, reason="zero_denominator")
    ends = [
        c / (a - c)
        for a in (amount.interval.lower, amount.interval.upper)
        for c in (change.interval.lower, change.interval.upper)
        if a - c > 0
    ]
    return _rate(rate, change.exact / (amount.exact - change.exact), Interval(min(ends), max(ends)))


def growth_on_prior(rate: Quantity, amount: Quantity, prior: Quantity) -> Verdict:
    """增长率 = this year ÷ last year − 1."""
    range_ = Interval.of_quotient(amount.interval, prior.interval)
    if range_ is None:
        return Verdict(Outcome.NOT_TESTED, reason="zero_denominator")
    return _rate(rate, amount.exact / prior.exact - 1, Interval(range_.lower - 1, range_.upper - 1))


def change(change_: Quantity, amount: Quantity, prior: Quantity) -> Verdict:
    """change = this year − last year (or final − budget)."""
    return _compare(change_, amount.exact - prior.exact, amount.interval.minus(prior.interval))


def average(average_: Quantity, amount: Quantity, number: Quantity) -> Verdict:
    """An average = amount ÷ number; of none it is nil."""
    if number.value == 0:
        outcome = Outcome.TIES if average_.value == 0 else Outcome.NOT_TESTED
        return Verdict(outcome, reason="" if average_.value == 0 else "zero_denominator")
    ends = sorted((amount.interval.lower / number.value, amount.interval.upper / number.value))
    return _compare(average_, amount.exact / number.value, Interval(*ends))


def direction(sign: Quantity, one: Quantity, other: Quantity) -> Verdict:
    """A word of direction (-1, 0, 1) against the two amounts: sign of one − other."""
    difference = one.exact - other.exact
    actual = Decimal((difference > 0) - (difference < 0))
    outcome = Outcome.TIES if actual == sign.value else Outcome.EXCEPTION
    return Verdict(outcome, difference / one.scale, Decimal(0), actual)


def direction_of_rate(sign: Quantity, rate: Quantity) -> Verdict:
    """A word of direction against a rate of completion: above, at or below 100%."""
    difference = rate.value - HUNDRED
    actual = Decimal((difference > 0) - (difference < 0))
    if actual == sign.value:
        return Verdict(Outcome.TIES, difference, Decimal(0), actual)
    if difference == 0 and rate.step >= 1:
        return Verdict(Outcome.NOT_TESTED, reason="rate_too_coarse")
    return Verdict(Outcome.EXCEPTION, difference, Decimal(0), actual)


def direction_of_change(sign: Quantity, change_: Quantity) -> Verdict:
    """持平 (0) against a stated change: both say the same direction."""
    actual = Decimal((change_.value > 0) - (change_.value < 0))
    outcome = Outcome.TIES if actual == sign.value else Outcome.EXCEPTION
    return Verdict(outcome, change_.value, Decimal(0), actual)


def agree_prior_year(amount: Quantity, *change_and_printed: Quantity) -> Verdict:
    """What last year's report prints (the last operand) against this year's amount − change; no change: as this year's."""
    *changes, printed = change_and_printed
    implied, range_ = amount.exact, amount.interval
    for change_ in changes:
        implied, range_ = implied - change_.exact, range_.minus(change_.interval)
    return _of_last_year(printed, implied, range_, amount.scale)


def agree_prior_year_by_growth(amount: Quantity, rate: Quantity, printed: Quantity) -> Verdict:
    """What last year's report prints against this year's amount ÷ (1 + 增长率)."""
    factor = Interval.printed(HUNDRED + rate.value, max(rate.step, rate.coarse_step))
    range_ = Interval.of_quotient(amount.interval.scaled(HUNDRED), factor)
    if range_ is None:
        return Verdict(Outcome.NOT_TESTED, reason="zero_denominator")
    return _of_last_year(printed, amount.exact * HUNDRED / (HUNDRED + rate.value), range_, amount.scale)


def _of_last_year(printed: Quantity, implied: Decimal, range_: Interval, scale: Decimal) -> Verdict:
    """The verdict in units of this year's amount, as that is where a reader looks; last year's may be in others."""
    verdict = _compare(printed, implied, range_)
    assert verdict.residual is not None and verdict.slack is not None and verdict.computed is not None
    ratio = printed.scale / scale
    return Verdict(verdict.outcome, verdict.residual * ratio, verdict.slack * ratio, verdict.computed * ratio)


def at_most(one: Quantity, limit: Quantity) -> Verdict:
    """A figure that cannot exceed another."""
    if one.interval.lower > limit.interval.upper:
        residual = (one.exact - limit.exact) / one.scale
        return Verdict(Outcome.EXCEPTION, residual, Decimal(0), limit.exact / one.scale)
    return Verdict(Outcome.TIES, max(Decimal(0), (one.exact - limit.exact) / one.scale), Decimal(0))


def bounded(figure: Quantity, low: Quantity, high: Quantity) -> Verdict:
    """A figure that lies within two bounds, as printed."""
    nearest = min(max(figure.value, low.value), high.value)
    outcome = Outcome.TIES if figure.value == nearest else Outcome.EXCEPTION
    return Verdict(outcome, figure.value - nearest, Decimal(0), nearest)


def nil_agrees(amount: Quantity, count: Quantity) -> Verdict:
    """Money and number are nil together."""
    if (amount.value == 0) == (count.value == 0):
        return Verdict(Outcome.TIES, Decimal(0), Decimal(0))
    return Verdict(Outcome.EXCEPTION, reason="nil_disagrees")


KINDS: dict[str, Callable[..., Verdict]] = {
    function.__name__: function
    for function in (
        foot, roll_forward, tie_out, share, completion, completion_on_change, growth, growth_on_prior, change, average, direction, direction_of_rate,
        direction_of_change, at_most, bounded, nil_agrees, agree_prior_year, agree_prior_year_by_growth,
    )
}  # fmt: skip


def evaluate(formula: str, operands: Sequence[Quantity]) -> Verdict:
    """The verdict of a formula by name."""
    return KINDS[formula](*operands)
