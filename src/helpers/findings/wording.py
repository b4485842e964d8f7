"""The words of a finding: figures, equations and messages in zh and en."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from helpers.checking.kinds import Outcome
from helpers.checking.result import Result, Words
from helpers.checking.rules import reference_text
from helpers.facts.fact import Fact

_SIGNS = {-1: ("少于上年", "less than last year"), 0: ("与上年持平", "as last year"), 1: ("多于上年", "more than last year")}  # fmt: skip
_BUDGET_SIGNS = {
    -1: ("小于预算", "below the budget"),
    0: ("等于预算", "equal to the budget"),
    1: ("大于预算", "above the budget"),
}
_OPERATORS = {"share": "÷", "completion": "÷", "tie_out": "=", "at_most": "≤", "nil_agrees": "⇔"}


# What a difference between two years leaves open, and what each side of it is called.
_OF_YEARS = {
    "zh": "上年报告列示{}，本年报告推算的上年数为{}（{}）；上年数已经调整，还是有一处有误，无从判断。",
    "en": "last year's report prints {}, this year's implies {} ({}): restated or wrong, it cannot be told which.",
}


def number(value: Decimal) -> str:
    """A number as a person would write it: no exponent, no trailing zeros."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def rounded(value: Decimal, step: Decimal) -> str:
    """`value` at the precision of `step` (0: as it is), rounded half up as the form does."""
    if step == 0:
        return number(
            value.quantize(Decimal("0.01"), ROUND_HALF_UP) if value != value.to_integral_value() else value
        )
    return format(value.quantize(step, ROUND_HALF_UP), "f")


def printed(fact: Fact) -> str:
    """The figure as it stands in the report, with its unit."""
    return f"{fact.printed}{fact.unit}" if fact.unit else fact.printed


# What stands for a blank cell in an equation.
_BLANK = "（空）"


def equation(result: Result) -> str:
    """The reconciliation with its numbers in it, the figure under test last; ≠ and ≰ where it does not hold."""
    words = _equation(result)
    if result.outcome is not Outcome.EXCEPTION:
        return words
    return words.replace(" = ", " ≠ ").replace(" ≤ ", " ≰ ").replace(" ⇔ ", " ⇎ ")


def _equation(result: Result) -> str:
    check = result.check
    if check is None or check.bounds:
        return ""
    facts = [_BLANK if fact.state == "blank" else number(fact.value or Decimal(0)) for fact in check.operands]
    formula = check.formula
    if check.constant is not None:
        return " + ".join(facts) + f" = {number(check.constant.value)}%"
    if formula == "foot":
        plus, minus = facts[1 : len(facts) - check.taken_off], facts[len(facts) - check.taken_off :]
        return " − ".join([" + ".join(plus), *minus]) + f" = {facts[0]}"
    if formula == "roll_forward":
        return f"{facts[1]} + {facts[2]} − {facts[3]} = {facts[0]}"
    if formula == "growth":
        return f"{_signed(facts[1])} ÷ ({facts[2]} − {_signed(facts[1])}) = {facts[0]}%"
    if formula == "agree_prior_year":
        return " − ".join([facts[0], *map(_signed, facts[1:-1])]) + f" = {facts[-1]}"
    if formula == "agree_prior_year_by_growth":
        return f"{facts[0]} ÷ (1 + {_signed(facts[1])}%) = {facts[2]}"
    if formula == "growth_on_prior":
        return f"{facts[1]} ÷ {facts[2]} − 1 = {facts[0]}%"
    if formula in ("share", "completion"):
        return f"{facts[1]} ÷ {facts[2]} = {facts[0]}%"
    if formula == "completion_on_change":
        return f"{facts[1]} ÷ ({facts[1]} − {_signed(facts[2])}) = {facts[0]}%"
    if formula == "average":
        return f"{printed(check.operands[1])} ÷ {facts[2]} = {printed(check.operands[0])}"
    if formula == "change":
        return f"{facts[1]} − {facts[2]} = {facts[0]}"
    if formula == "direction":
        return f"{facts[1]} : {facts[2]} → {check.operands[0].printed}"
    if formula in ("direction_of_rate", "direction_of_change"):
        return f"{printed(check.operands[1])} → {check.operands[0].printed}"
    return f" {_OPERATORS.get(formula, '=')} ".join(facts)


def _signed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def reported(result: Result) -> Words:
    """What the report prints."""
    if result.said["zh"]:
        return result.said
    if result.check is not None and result.check.constant is not None:
        total = number(result.check.constant.value - (result.residual or Decimal(0)))
        return {"zh": f"合计{total}%", "en": f"{total}% in all"}
    if not result.operands:
        return {"zh": "", "en": ""}
    if _is_of_years(result):
        last = printed(result.operands[-1])
        return {"zh": f"上年报告{last}", "en": f"last year's report: {last}"}
    words = printed(result.operands[0])
    return {"zh": words, "en": words}


def _is_of_years(result: Result) -> bool:
    """True where last year's report, the last operand, is held against what this year's says of it."""
    return result.check is not None and result.check.formula.startswith("agree_prior_year")


def expected(result: Result) -> Words:
    """What the other figures come to."""
    if result.should["zh"]:
        return result.should
    if result.computed is None or not result.operands:
        return {"zh": "", "en": ""}
    tested = result.operands[0]
    if result.check is not None and result.check.constant is not None:
        return {"zh": "100%", "en": "100%"}
    if "direction" in tested.measure:
        return direction(tested, result.computed)
    bound = "≤" if result.check is not None and result.check.formula == "at_most" else ""
    words = f"{bound}{rounded(abs(result.computed), tested.step)}{tested.unit}"
    if result.computed < 0 and ((tested.value or 0) > 0 or tested.printed.startswith("-")):
        words = f"-{words}"
    return {"zh": words, "en": words}


def direction(word: Fact, sign: Decimal) -> Words:
    """What a word of direction would say of a difference of this sign (-1, 0, 1)."""
    zh, en = (_BUDGET_SIGNS if word.measure.startswith("budget_direction") else _SIGNS)[int(sign)]
    return {"zh": zh, "en": en}


def difference(result: Result) -> str:
    """The residual with its unit, or nothing where there is none."""
    if result.residual is None or not result.operands:
        return ""
    unit = "个百分点" if result.operands[0].unit == "%" else result.operands[0].unit
    return f"{number(result.residual.quantize(Decimal('0.0001'), ROUND_HALF_UP))}{unit}"


def message(result: Result) -> Words:
    """One sentence that says what does not agree."""
    words: Words = {}
    said, should = reported(result), expected(result)
    for lang in ("zh", "en"):
        label = result.rule.label[lang]
        if _is_of_years(result) and result.outcome is Outcome.EXCEPTION:
            of_years = _OF_YEARS[lang].format(printed(result.operands[-1]), should[lang], equation(result))
            words[lang] = label + {"zh": "：", "en": ": "}[lang] + of_years
            continue
        # What other figures come to is not for that alone what it should be.
        zh, en = ("，核算为：", "; computed: ") if result.is_computed else ("，应为：", "; expected: ")
        parts = {"zh": ("报告：", zh), "en": ("reported: ", en)}[lang]
        colon = {"zh": "：", "en": ": "}[lang]
        sentence = label + colon + parts[0] + said[lang]
        if should[lang]:
            sentence += parts[1] + should[lang]
        sum_ = equation(result)
        if sum_ and result.outcome is Outcome.EXCEPTION:
            sentence += {"zh": f"（{sum_}）", "en": f" ({sum_})"}[lang]
        words[lang] = sentence + {"zh": "。", "en": "."}[lang]
    return words


def reference(result: Result) -> Words:
    """The law or form that the rule rests on."""
    return {lang: reference_text(result.rule, lang) for lang in ("zh", "en")}
