"""Printed figures are ranges: the truth always lies inside them, and one unit beyond the slack never does."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers.checking.interval import Interval
from helpers.checking.kinds import KINDS, Outcome, Quantity, evaluate

D = Decimal
TIES, WITHIN, EXCEPTION, NOT_TESTED = (
    Outcome.TIES,
    Outcome.TIES_WITHIN_ROUNDING,
    Outcome.EXCEPTION,
    Outcome.NOT_TESTED,
)
CENT, ONE = D("0.01"), D(1)


def money(value: str) -> Quantity:
    """An amount printed with two decimals."""
    return Quantity(D(value), CENT, D(10_000))


def percent(value: str, step: str = "0.01", coarse: str = "0") -> Quantity:
    """A rate in a report that prints rates at `step`, and some of them with fewer digits (`coarse`)."""
    return Quantity(D(value), D(step), coarse_step=D(coarse))


def count(value: int) -> Quantity:
    return Quantity(D(value))


# ---------------------------------------------------------------------------------------- Interval
def test_printed_figure_stands_for_half_a_unit_to_each_side_ends_included() -> None:
    assert Interval.printed(D("912.5"), CENT) == Interval(D("912.495"), D("912.505"))
    assert Interval.printed(D(7), D(0)) == Interval(D(7), D(7))
    assert Interval.printed(D("-3.2"), D("0.1")) == Interval(D("-3.25"), D("-3.15"))


def test_interval_refuses_ends_the_wrong_way_round() -> None:
    with pytest.raises(ValueError, match="above"):
        Interval(D(2), D(1))


def test_ranges_meet_where_they_touch_and_not_one_step_further() -> None:
    one = Interval(D(1), D(2))
    assert one.meets(Interval(D(2), D(3)))
    assert Interval(D(2), D(3)).meets(one)
    assert not one.meets(Interval(D("2.0001"), D(3)))


def test_half_widths_add() -> None:
    items = [Interval.printed(D(value), CENT) for value in ("1", "2", "3.5")]
    assert Interval.total(items) == Interval(D("6.485"), D("6.515"))
    assert Interval.total(items).half_width == D("0.015")
    assert Interval.total([]) == Interval(D(0), D(0))


def test_difference_is_as_wide_as_both() -> None:
    assert Interval(D(5), D(6)).minus(Interval(D(1), D(3))) == Interval(D(2), D(5))


@pytest.mark.parametrize("denominator", [("-1", "1"), ("0", "1"), ("-1", "0"), ("0", "0")])
def test_denominator_that_touches_zero_has_no_quotient(denominator: tuple[str, str]) -> None:
    assert Interval.of_quotient(Interval(D(1), D(2)), Interval(*(D(end) for end in denominator))) is None


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [
        (("1", "2"), ("4", "5"), ("0.2", "0.5")),
        (("-2", "1"), ("4", "5"), ("-0.5", "0.25")),
        (("1", "2"), ("-5", "-4"), ("-0.5", "-0.2")),
        (("-2", "-1"), ("-5", "-4"), ("0.2", "0.5")),
    ],
)
def test_quotient_takes_the_farthest_ends(
    numerator: tuple[str, str], denominator: tuple[str, str], quotient: tuple[str, str]
) -> None:
    a, b, c = (Interval(*map(D, ends)) for ends in (numerator, denominator, quotient))
    assert Interval.of_quotient(a, b) == c


# ------------------------------------------------------------- the truth always lies inside (STYLE)
def printed(true: Decimal, places: int, scale: Decimal = ONE) -> Quantity:
    """`true`, in the smallest unit, as a report would print it in units of `scale`."""
    step = D(1).scaleb(-places)
    return Quantity((true / scale).quantize(step, ROUND_HALF_UP), step, scale)


TRUE_MONEY = st.decimals(D(0), D(10) ** 9, places=4)
SIGNED_MONEY = st.decimals(-(D(10) ** 9), D(10) ** 9, places=4)
SCALES = st.sampled_from([D(1), D(1000), D(10_000), D(100_000_000)])
PLACES = st.integers(0, 4)


def print_rate(true: Decimal, places: int) -> Quantity:
    step = D(1).scaleb(-places)
    return Quantity((true * 100).quantize(step, ROUND_HALF_UP), step)


@given(st.lists(SIGNED_MONEY, min_size=1, max_size=12), st.data())
def test_true_sum_is_never_an_exception(items: list[Decimal], data: st.DataObject) -> None:
    shown = [printed(item, data.draw(PLACES), data.draw(SCALES)) for item in items]
    total = printed(sum(items, D(0)), data.draw(PLACES), data.draw(SCALES))
    assert evaluate("foot", [total, *shown]).outcome is not EXCEPTION


@given(SIGNED_MONEY, PLACES, SCALES, PLACES, SCALES)
def test_one_true_value_printed_twice_is_never_an_exception(
    true: Decimal, places: int, scale: Decimal, other_places: int, other_scale: Decimal
) -> None:
    one, other = printed(true, places, scale), printed(true, other_places, other_scale)
    assert evaluate("tie_out", [one, other]).outcome is not EXCEPTION
    assert evaluate("at_most", [one, other]).outcome is TIES


@given(TRUE_MONEY, TRUE_MONEY, PLACES, SCALES, st.integers(0, 3))
def test_true_share_and_completion_are_never_exceptions(
    part: Decimal, whole: Decimal, places: int, scale: Decimal, digits: int
) -> None:
    assume(whole > 0)
    a, b = printed(part, places, scale), printed(whole, places, scale)
    rate = print_rate(part / whole, digits)
    assert evaluate("share", [rate, a, b]).outcome is not EXCEPTION
    if b.value != 0:  # what is printed as zero is a budget of zero to the reader
        assert evaluate("completion", [rate, a, b]).outcome is not EXCEPTION


@given(TRUE_MONEY, TRUE_MONEY, PLACES, SCALES, st.integers(0, 3))
def test_true_growth_and_change_are_never_exceptions(
    now: Decimal, last: Decimal, places: int, scale: Decimal, digits: int
) -> None:
    assume(last > 0)
    a, b, c = (printed(true, places, scale) for true in (now, last, now - last))
    rate = print_rate((now - last) / last, digits)
    assert evaluate("growth", [rate, c, a]).outcome is not EXCEPTION
    assert evaluate("growth_on_prior", [rate, a, b]).outcome is not EXCEPTION
    assert evaluate("change", [c, a, b]).outcome is not EXCEPTION


@given(SIGNED_MONEY, SIGNED_MONEY, PLACES, SCALES)
def test_smaller_true_value_is_always_within_its_limit(
    one: Decimal, other: Decimal, places: int, scale: Decimal
) -> None:
    low, high = sorted((one, other))
    assert evaluate("at_most", [printed(low, places, scale), printed(high, places, scale)]).outcome is TIES


@given(st.lists(TRUE_MONEY, min_size=1, max_size=8), st.integers(1, 1000), st.booleans())
def test_foot_one_unit_beyond_its_slack_is_always_an_exception(
    items: list[Decimal], more: int, above: bool
) -> None:
    shown = [printed(item, 2) for item in items]
    slack = CENT * (len(items) + 1) / 2
    computed = sum((item.value for item in shown), D(0))
    beyond = (slack // CENT + more) * CENT * (1 if above else -1)
    verdict = evaluate("foot", [Quantity(computed + beyond, CENT), *shown])
    assert (verdict.outcome, verdict.residual, verdict.slack) == (EXCEPTION, beyond, slack)


@given(st.lists(TRUE_MONEY, min_size=1, max_size=8), st.data())
def test_foot_within_its_slack_never_is(items: list[Decimal], data: st.DataObject) -> None:
    shown = [printed(item, 2) for item in items]
    units = (len(items) + 1) // 2
    moved = data.draw(st.integers(-units, units)) * CENT
    computed = sum((item.value for item in shown), D(0))
    verdict = evaluate("foot", [Quantity(computed + moved, CENT), *shown])
    assert verdict.outcome is (TIES if moved == 0 else WITHIN)
    assert verdict.residual == moved


# ---------------------------------------------------------------------------- edges, kind by kind
@pytest.mark.parametrize(
    ("total", "items", "outcome", "residual", "slack"),
    [
        ("10", ["4", "6"], TIES, "0", "0.015"),
        ("10.01", ["4", "6"], WITHIN, "0.01", "0.015"),
        ("10.02", ["4", "6"], EXCEPTION, "0.02", "0.015"),
        ("10.02", ["4", "5", "1"], WITHIN, "0.02", "0.02"),  # on the edge: closed ends
        ("10.03", ["4", "5", "1"], EXCEPTION, "0.03", "0.02"),
        ("9.98", ["4", "5", "1"], WITHIN, "-0.02", "0.02"),
        ("9.97", ["4", "5", "1"], EXCEPTION, "-0.03", "0.02"),
        ("-2", ["-5", "3"], TIES, "0", "0.015"),
        ("-2.02", ["-5", "3"], EXCEPTION, "-0.02", "0.015"),
    ],
)
def test_foot(total: str, items: list[str], outcome: Outcome, residual: str, slack: str) -> None:
    verdict = evaluate("foot", [money(total), *map(money, items)])
    assert (verdict.outcome, verdict.residual, verdict.slack) == (outcome, D(residual), D(slack))


@pytest.mark.parametrize(
    ("closing", "outcome", "residual"),
    [("7", TIES, "0"), ("7.02", WITHIN, "0.02"), ("6.98", WITHIN, "-0.02"), ("7.03", EXCEPTION, "0.03")],
)
def test_roll_forward(closing: str, outcome: Outcome, residual: str) -> None:
    """10 + 5 − 8 = 7: four printed figures leave two cents of slack."""
    verdict = evaluate("roll_forward", [money(closing), money("10"), money("5"), money("8")])
    assert (verdict.outcome, verdict.residual, verdict.slack) == (outcome, D(residual), D("0.02"))


@pytest.mark.parametrize(
    ("rate", "final", "change", "outcome"),
    [
        ("80", "40", "-10", TIES),  # 40 ÷ 50
        ("80.01", "40", "-10", WITHIN),  # 40.005 ÷ 50 is 80.009, and 80.01 may stand for 80.005
        ("80.03", "40", "-10", EXCEPTION),
        ("79.97", "40", "-10", EXCEPTION),
        ("100", "40", "0", TIES),
        ("100", "10", "10", NOT_TESTED),  # the budget may be nil
    ],
)
def test_completion_on_change(rate: str, final: str, change: str, outcome: Outcome) -> None:
    assert evaluate("completion_on_change", [percent(rate), money(final), money(change)]).outcome is outcome


@pytest.mark.parametrize(
    ("printed_", "outcome"),
    [("100", TIES), ("100.01", WITHIN), ("99.99", WITHIN), ("100.02", EXCEPTION), ("99.98", EXCEPTION)],
)
def test_agree_prior_year_by_growth(printed_: str, outcome: Outcome) -> None:
    """110 at 10.00% more than last year: between 109.995 ÷ 1.10005 and 110.005 ÷ 1.09995."""
    assert (
        evaluate("agree_prior_year_by_growth", [money("110"), percent("10"), money(printed_)]).outcome
        is outcome
    )


@pytest.mark.parametrize(
    ("printed_", "outcome"),
    [("84", TIES), ("84.01", WITHIN), ("83.99", WITHIN), ("84.02", EXCEPTION), ("83.98", EXCEPTION)],
)
def test_agree_prior_year(printed_: str, outcome: Outcome) -> None:
    """100, 16 more than last year: three printed figures leave a cent and a half of slack."""
    assert evaluate("agree_prior_year", [money("100"), money("16"), money(printed_)]).outcome is outcome


@pytest.mark.parametrize(
    ("average_", "amount", "number", "outcome"),
    [
        ("2.50", "10", 4, TIES),
        ("3.33", "10", 3, WITHIN),
        ("3.34", "10", 3, WITHIN),  # 10.005 ÷ 3 is 3.335
        ("3.35", "10", 3, EXCEPTION),
        ("0", "0", 0, TIES),
        ("2", "10", 0, NOT_TESTED),
    ],
)
def test_average(average_: str, amount: str, number: int, outcome: Outcome) -> None:
    assert evaluate("average", [money(average_), money(amount), count(number)]).outcome is outcome


def test_exact_residual_is_shown_where_rounding_explains_it() -> None:
    verdict = evaluate("foot", [money("10.01"), money("4"), money("6")])
    assert (verdict.computed, verdict.residual, verdict.slack) == (D(10), D("0.01"), D("0.015"))


def test_counts_have_no_slack() -> None:
    assert evaluate("foot", [count(3), count(1), count(2)]).outcome is TIES
    assert evaluate("foot", [count(4), count(1), count(2)]).outcome is EXCEPTION
    assert evaluate("tie_out", [count(4), count(5)]).outcome is EXCEPTION


def test_units_are_compared_by_what_they_are_worth() -> None:
    yuan = Quantity(D("3204500.00"), CENT)
    assert evaluate("tie_out", [yuan, money("320.45")]).outcome is TIES
    assert evaluate("tie_out", [money("320.45"), Quantity(D("3204549"), D(1), D(1))]).outcome is WITHIN
    verdict = evaluate("tie_out", [money("320.45"), Quantity(D("3204551"), D(1), D(1))])
    assert (verdict.outcome, verdict.residual) == (EXCEPTION, D("-0.0051"))
    assert evaluate("tie_out", [money("3.20"), Quantity(D("3.2"), D("0.1"), D(100_000_000))]).outcome is (
        EXCEPTION
    )


@pytest.mark.parametrize(
    ("other", "outcome"), [("5", TIES), ("5.01", WITHIN), ("4.99", WITHIN), ("5.02", EXCEPTION)]
)
def test_tie_out(other: str, outcome: Outcome) -> None:
    assert evaluate("tie_out", [money(other), money("5")]).outcome is outcome


@pytest.mark.parametrize(
    ("rate", "part", "whole", "outcome"),
    [
        ("66.67", "200", "300", TIES),
        ("66.66", "200", "300", WITHIN),  # 199.995 ÷ 300.005 is 66.6639
        ("66.68", "200", "300", EXCEPTION),
        ("66.65", "200", "300", EXCEPTION),
        ("100", "5", "5", TIES),
        ("-50", "-5", "10", TIES),
        ("0", "0", "10", TIES),
        ("0.05", "0", "10", WITHIN),  # 0.005 ÷ 9.995
        ("0.06", "0", "10", EXCEPTION),
        ("0", "0", "0", TIES),
        ("100", "0", "0", NOT_TESTED),
        ("100", "1", "0", NOT_TESTED),
    ],
)
def test_share(rate: str, part: str, whole: str, outcome: Outcome) -> None:
    assert evaluate("share", [percent(rate), money(part), money(whole)]).outcome is outcome


def test_rate_printed_with_fewer_digits_than_the_rest_is_read_so_and_says_so() -> None:
    amounts = [money("200"), money("300")]
    verdict = evaluate("share", [percent("66.7", coarse="0.1"), *amounts])
    assert (verdict.outcome, verdict.reason) == (WITHIN, "fewer_decimals")
    assert evaluate("share", [percent("66.8", coarse="0.1"), *amounts]).outcome is EXCEPTION
    assert evaluate("share", [percent("66.7"), *amounts]).outcome is EXCEPTION  # it stands for 66.70
    assert evaluate("share", [percent("67", "1"), *amounts]).outcome is TIES


@pytest.mark.parametrize(
    ("rate", "final", "budget", "outcome", "reason"),
    [
        ("75", "60", "80", TIES, ""),
        ("120", "60", "50", TIES, ""),
        ("75.01", "60", "80", WITHIN, ""),  # 60.005 ÷ 79.995 is 75.0109
        ("75.02", "60", "80", EXCEPTION, ""),
        ("100", "60", "0", EXCEPTION, "zero_budget"),
        ("0", "60", "0", NOT_TESTED, "zero_budget"),
        ("0", "0", "0", NOT_TESTED, "zero_budget"),
        ("100", "0", "0", NOT_TESTED, "zero_budget"),
    ],
)
def test_completion(rate: str, final: str, budget: str, outcome: Outcome, reason: str) -> None:
    verdict = evaluate("completion", [percent(rate), money(final), money(budget)])
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("rate", "change", "now", "outcome", "reason"),
    [
        ("7.75", "84.88", "1179.47", TIES, ""),
        ("41.14", "21.3", "73.07", TIES, ""),
        ("-10", "-100", "900", TIES, ""),
        ("-9.09", "-100", "900", EXCEPTION, ""),
        ("10.00", "100", "1100", TIES, ""),
        ("10.01", "100", "1100", EXCEPTION, ""),
        ("9.99", "100", "1100", EXCEPTION, ""),
        ("0", "0", "500", TIES, ""),  # nothing changed
        ("0.01", "0", "500", EXCEPTION, ""),
        ("0", "0", "0", TIES, ""),
        ("5", "0", "0", NOT_TESTED, "zero_denominator"),
        ("100", "100", "100", NOT_TESTED, "zero_denominator"),  # nothing last year
        ("100", "100", "90", EXCEPTION, "negative_prior"),
    ],
)
def test_growth(rate: str, change: str, now: str, outcome: Outcome, reason: str) -> None:
    verdict = evaluate("growth", [percent(rate), money(change), money(now)])
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_growth_uses_each_operand_once() -> None:
    """As change ÷ (now − change), taken apart, the change would widen the range twice."""
    # True values of 0.53 and 0.03 that are furthest apart give 4.95% (.025 of .535) to 7.14% (.035 of .525).
    edge = [money("0.03"), money("0.53")]
    assert evaluate("growth", [percent("4.9"), *edge]).outcome is WITHIN  # 0.025 ÷ 0.51 is 4.902
    assert evaluate("growth", [percent("4.89"), *edge]).outcome is EXCEPTION
    assert evaluate("growth", [percent("7.14"), *edge]).outcome is WITHIN  # 0.035 ÷ 0.49 is 7.143
    assert evaluate("growth", [percent("7.15"), *edge]).outcome is EXCEPTION


@pytest.mark.parametrize(
    ("rate", "now", "last", "outcome"),
    [
        ("10", "33", "30", TIES),
        ("-10", "27", "30", TIES),
        ("10.05", "33", "30", EXCEPTION),
        ("10.03", "33", "30", WITHIN),  # 33.005 ÷ 29.995 − 1 is 10.035
        ("10", "33", "0", NOT_TESTED),
    ],
)
def test_growth_on_prior(rate: str, now: str, last: str, outcome: Outcome) -> None:
    assert evaluate("growth_on_prior", [percent(rate), money(now), money(last)]).outcome is outcome


@pytest.mark.parametrize(
    ("change", "now", "last", "outcome"),
    [
        ("3", "33", "30", TIES),
        ("-3", "27", "30", TIES),
        ("3.01", "33", "30", WITHIN),
        ("3.02", "33", "30", EXCEPTION),
        ("3", "27", "30", EXCEPTION),
    ],
)
def test_change(change: str, now: str, last: str, outcome: Outcome) -> None:
    assert evaluate("change", [money(change), money(now), money(last)]).outcome is outcome


@pytest.mark.parametrize(
    ("one", "limit", "outcome"),
    [
        ("5", "6", TIES),
        ("5", "5", TIES),
        ("5.01", "5", TIES),
        ("5.02", "5", EXCEPTION),
        ("-9", "-10", EXCEPTION),
    ],
)
def test_at_most(one: str, limit: str, outcome: Outcome) -> None:
    assert evaluate("at_most", [money(one), money(limit)]).outcome is outcome


@pytest.mark.parametrize(
    ("figure", "outcome", "residual"),
    [("0", TIES, "0"), ("100", TIES, "0"), ("100.01", EXCEPTION, "0.01"), ("-0.01", EXCEPTION, "-0.01")],
)
def test_bounded(figure: str, outcome: Outcome, residual: str) -> None:
    """A share has the whole for a bound, as printed: its rounding cannot take it over."""
    verdict = evaluate("bounded", [money(figure), money("0"), money("100")])
    assert (verdict.outcome, verdict.residual) == (outcome, Decimal(residual))


@pytest.mark.parametrize(
    ("sign", "one", "other", "outcome"),
    [
        (1, "5.01", "5", TIES),
        (0, "5", "5", TIES),
        (-1, "4.99", "5", TIES),
        (0, "4.99", "5", EXCEPTION),
        (1, "4", "5", EXCEPTION),
        (-1, "5", "5", EXCEPTION),
    ],
)
def test_direction_needs_no_slack(sign: int, one: str, other: str, outcome: Outcome) -> None:
    assert evaluate("direction", [count(sign), money(one), money(other)]).outcome is outcome


@pytest.mark.parametrize(
    ("sign", "rate", "step", "outcome"),
    [
        (0, "100", "0.01", TIES),
        (-1, "99.99", "0.01", TIES),
        (1, "100.01", "0.01", TIES),
        (0, "99.99", "0.01", EXCEPTION),
        (-1, "100", "0.01", EXCEPTION),
        (-1, "100", "1", NOT_TESTED),  # 99.6% is printed 100% too
        (-1, "101", "1", EXCEPTION),
    ],
)
def test_direction_of_rate(sign: int, rate: str, step: str, outcome: Outcome) -> None:
    assert evaluate("direction_of_rate", [count(sign), percent(rate, step)]).outcome is outcome


@pytest.mark.parametrize(
    ("sign", "change", "outcome"),
    [(0, "0", TIES), (0, "0.01", EXCEPTION), (1, "2", TIES), (-1, "2", EXCEPTION), (-1, "-2", TIES)],
)
def test_direction_of_change(sign: int, change: str, outcome: Outcome) -> None:
    assert evaluate("direction_of_change", [count(sign), money(change)]).outcome is outcome


@pytest.mark.parametrize(
    ("amount", "number", "outcome"),
    [("2", 20, TIES), ("0", 0, TIES), ("0", 1, EXCEPTION), ("0.01", 0, EXCEPTION)],
)
def test_nil_agrees(amount: str, number: int, outcome: Outcome) -> None:
    assert evaluate("nil_agrees", [money(amount), count(number)]).outcome is outcome


def test_every_kind_has_a_test_here() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert set(KINDS) - tested - {"direction"} == set()
    assert "direction_needs_no_slack" in tested
