"""Which of the figures of an exception is the likely wrong one (DESIGN.md, Diagnosis)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from helpers.checking.kinds import HUNDRED, Outcome
from helpers.checking.result import Check, Result, Words
from helpers.facts.fact import SCALE, Fact
from helpers.findings.wording import direction, number
from helpers.reading.document import Source

_SIGNED = frozenset({"change", "growth", "budget_change", "budget_growth", "direction", "budget_direction"})
_TELLING_DIGITS = 2  # Values of fewer stand in many places of any report by chance.


@dataclass(frozen=True)
class Suspect:
    """A figure that may be wrong, the value that would satisfy most checks, and why it is suspected.

    `value` is the corrected value in the figure's unit, `correction` how it would be printed; `slip` the name of the
    slip by which it was printed as it is, None where the two values show none.
    """

    fact: Fact
    value: Decimal
    correction: str
    why: Words
    slip: Words | None = None


@dataclass(frozen=True)
class Effect:
    """What becomes of the checks of a printed figure when it has another value."""

    satisfied: tuple[Result, ...]
    broken: tuple[Result, ...]
    exact: int  # how many more tie to the last digit, without the slack of rounding

    @property
    def gain(self) -> int:
        """By how many the exceptions become fewer."""
        return len(self.satisfied) - len(self.broken)


@dataclass(frozen=True)
class _Candidate:
    """A suspect and what ranks it; `position` is its place in the check, `held` how many checks of it hold as printed."""

    suspect: Suspect
    effect: Effect
    support: int
    unlikeness: int
    held: int
    position: int

    @property
    def strength(self) -> tuple[int, ...]:
        """What tells suspects apart, the less the stronger."""
        return (
            -self.effect.gain,
            len(self.effect.broken),
            -self.support,
            -self.effect.exact,
            self.unlikeness,
        )

    @property
    def rank(self) -> tuple[int, ...]:
        """Where it stands among the suspects; those of one strength in an order that decides nothing."""
        return (*self.strength, self.held, self.position)


class Diagnosis:
    """Tells of the exceptions among the results of one report which figures may be wrong."""

    def __init__(self, results: Sequence[Result], facts: Iterable[Fact]) -> None:
        self._at: dict[Source, list[Result]] = defaultdict(list)
        for result in results:
            if result.check and (result.outcome is Outcome.EXCEPTION or result.outcome.is_tie):
                for source in dict.fromkeys(fact.source for fact in result.check.operands):
                    self._at[source].append(result)
        self._printed: dict[tuple[str, Decimal], set[Source]] = defaultdict(set)
        self._years: dict[tuple[object, ...], set[str]] = defaultdict(set)
        for fact in dict.fromkeys([*facts, *(fact for result in results for fact in result.operands)]):
            self._printed[_kind(fact), abs(fact.exact)].add(fact.source)
            self._years[_subject(fact)].add(fact.year)
        self._effects: dict[tuple[Source, Decimal], Effect] = {}
        self._mending: dict[str, dict[int, list[Decimal]]] = {}
        self._stated: dict[int, dict[Source, list[Fact]]] = {}
        self._held: dict[Source, int] = {}

    def suspects(self, result: Result) -> tuple[Suspect, ...]:
        """The figures of an exception whose change alone would make it tie, the likeliest first.

        They are ranked by how many exceptions the change would resolve and ties it would break, then by whether the
        value is printed elsewhere, how many checks it ties to the last digit, and whether the slip is a common one.  Where the first ones are alike in all of that, their
        `why` says so.  Empty where no figure's change would do.
        """
        if result.check is None:
            return self._counted(result)
        found: dict[Source, _Candidate] = {}
        for position, fact in enumerate(result.check.operands):
            best = self._best(result, fact, position)
            if best is not None:
                found.setdefault(fact.source, best)
        ranked = sorted(found.values(), key=lambda one: one.rank)
        better = [one for one in ranked if one.effect.gain > 0]
        if not better:
            if any(fact.source.report for fact in result.operands):
                return ()  # What last year's report prints may be right and was restated since.
            # Where each would break as much as it mends, only who breaks least is worth a look.
            better = [one for one in ranked if one.strength == ranked[0].strength]
        level = sum(one.strength == better[0].strength for one in better)
        undecided = _undecided(level, len(better))
        return tuple(_with(one.suspect, undecided if i < level else None) for i, one in enumerate(better))

    def effect(self, source: Source, value: Decimal) -> Effect:
        """What becomes of the checks of the figure that is printed there when it is `value`."""
        if (source, value) not in self._effects:
            satisfied, broken, exact = [], [], 0
            for result in self._at[source]:
                assert result.check is not None
                stated = self._stated_by(result.check)[source]
                after = result.check.verdict({fact.id: value for fact in stated}).outcome
                exact += (after is Outcome.TIES) - (result.outcome is Outcome.TIES)
                if result.outcome is Outcome.EXCEPTION and after.is_tie:
                    satisfied.append(result)
                elif result.outcome.is_tie and after is Outcome.EXCEPTION:
                    broken.append(result)
            self._effects[source, value] = Effect(tuple(satisfied), tuple(broken), exact)
        return self._effects[source, value]

    def _stated_by(self, check: Check) -> dict[Source, list[Fact]]:
        """The operands of a check by the printed figure that states them."""
        if id(check) not in self._stated:
            found = self._stated[id(check)] = defaultdict(list)
            for fact in check.operands:
                found[fact.source].append(fact)
        return self._stated[id(check)]

    def _mends(self, fact: Fact, result: Result) -> Sequence[Decimal]:
        """The candidates for a figure with which an exception ties."""
        if fact.id not in self._mending:
            found = self._mending[fact.id] = defaultdict(list)
            for value in self._candidates(fact):
                for mended in self.effect(fact.source, value).satisfied:
                    found[id(mended)].append(value)
        return self._mending[fact.id].get(id(result), ())

    def _how_many_hold(self, source: Source) -> int:
        """How many checks of a printed figure hold."""
        if source not in self._held:
            self._held[source] = sum(one.outcome.is_tie for one in self._at[source])
        return self._held[source]

    def _best(self, result: Result, fact: Fact, position: int) -> _Candidate | None:
        """The value of a figure with which an exception ties and most others do; None where there is none."""
        assert result.check is not None
        found = []
        held = self._how_many_hold(fact.source)
        for value in self._mends(fact, result):
            effect = self.effect(fact.source, value)
            named = self._slip(fact, value)
            # What another report prints may be right and was restated since: a slip alone speaks against it.
            if fact.source.report and named is None:
                continue
            unlikeness = _unlikeness(result.check, position, named)
            support = self._support(fact, value, result)
            suspect = self._suspect(fact, value, effect, named, is_elsewhere=support > 0)
            found.append(_Candidate(suspect, effect, support, unlikeness, held, position))
        return min(
            found, key=lambda one: (one.strength, abs(one.suspect.value - (fact.value or 0))), default=None
        )

    def _counted(self, result: Result) -> tuple[Suspect, ...]:
        """The figure under test of an exception that rests on more than figures: on what was counted or written."""
        if result.outcome is not Outcome.EXCEPTION or result.computed is None or not result.operands:
            return ()
        fact = result.operands[0]
        step = min(_step(fact), Decimal(1).scaleb(-fact.decimals))
        # What one slip turns into the printed value is it rather than its rounding.
        near = (value for value in _slips_of(fact) if abs(value - result.computed) <= step / 2)
        value = next(near, result.computed.quantize(step, ROUND_HALF_UP))
        if value == fact.value:
            return ()
        return (self._suspect(fact, value, Effect((result,), (), 1), self._slip(fact, value)),)

    def _candidates(self, fact: Fact) -> Iterator[Decimal]:
        """The values that would satisfy a failing check, or that a slip turns into the printed one."""
        seen = {fact.value}
        solved, near = [], []
        edits = _edits(fact)
        for result in self._at[fact.source]:
            if result.outcome is not Outcome.EXCEPTION or result.check is None:
                continue
            stated = self._stated_by(result.check)[fact.source]
            found = [
                value.quantize(_step(fact), ROUND_HALF_UP) for value in _solved(result.check, fact, stated)
            ]
            solved += found
            # An amount behind a rounded rate has a range of values: the one that a slip of one digit makes stands for it.
            if edits and fact.unit != "%" and result.check.operands[0].unit == "%":
                near += found
        near = [_nearest(edits, value) for value in dict.fromkeys(near)]
        slips = () if "direction" in fact.measure else _slips_of(fact)
        for value in (*solved, *near, *slips, *self._instead_of_last_year(fact)):
            if value not in seen and _is_possible(fact, value):
                seen.add(value)
                yield value

    def _support(self, fact: Fact, value: Decimal, result: Result) -> int:
        """1 where the value is printed beside the exception's own figures too, -1 where another repeats the printed one."""
        if "direction" in fact.measure:
            return 0
        assert result.check is not None
        own = self._stated_by(result.check).keys()
        return self._is_printed(fact, value, own) - self._is_printed(
            fact, fact.value or Decimal(0), {fact.source}
        )

    def _is_printed(self, fact: Fact, value: Decimal, besides: Set[Source]) -> bool:
        """True where a value of this kind that tells something stands in another place than these."""
        if len(_digits(value).strip("0")) < _TELLING_DIGITS:
            return False
        printed = self._printed.get((_kind(fact), abs(value * fact.scale)), ())
        return not all(source in besides for source in printed)

    def _slip(self, fact: Fact, value: Decimal) -> Words | None:
        """The name of the slip by which the figure is printed as it is when it should be `value`."""
        if "direction" in fact.measure:
            return _SLIPS["word"]
        return self._other_year(fact, value) or self._to_hundred(fact, value) or _slip(fact, value)

    def _other_year(self, fact: Fact, value: Decimal) -> Words | None:
        """The year whose figure was printed: one that is stated, or that the change from it leads to."""
        if not fact.value or not fact.year.isdigit():
            return None
        year = max(self._years[_subject(fact)] - {fact.year}, default="")
        if not year:
            if value not in self._instead_of_last_year(fact):
                return None
            year = str(int(fact.year) - 1)
        if year == str(int(fact.year) - 1):
            return {"zh": "误用上年数字", "en": "last year's figure"}
        return {"zh": f"误用{year}年数字", "en": f"the figure of {year}"}

    def _instead_of_last_year(self, fact: Fact) -> list[Decimal]:
        """What the figure would be if last year's were printed in its place, by the changes that are stated of it."""
        changes = (
            result.check.operands[1]
            for result in self._at[fact.source]
            if result.check and result.check.formula == "growth" and result.check.operands[2].source == fact.source
        )  # fmt: skip
        return [(fact.exact + change.exact) / fact.scale for change in changes]

    def _to_hundred(self, fact: Fact, value: Decimal) -> Words | None:
        """A share that is a last digit off and with which the shares as printed make exactly 100%."""
        if fact.unit != "%" or abs(value - (fact.value or Decimal(0))) > 2 * fact.step:
            return None
        sums = (result.check for result in self._at[fact.source] if result.check and result.check.constant)
        if any(not check.verdict().residual for check in sums):
            return _SLIPS["hundred"]
        return None

    def _suspect(
        self, fact: Fact, value: Decimal, effect: Effect, named: Words | None, *, is_elsewhere: bool = False
    ) -> Suspect:
        satisfied, broken = len(effect.satisfied), len(effect.broken)
        checks = len(self._at[fact.source]) or 1
        shown = _shown(fact, value, named)
        why = {
            "zh": f"改为{shown}可使{satisfied}项核对相符（涉及{checks}项）",
            "en": f"{shown} would make {satisfied} of its {checks} checks tie that do not",
        }
        if broken:
            why["zh"] += f"，但有{broken}项会不符"
            why["en"] += f", but {broken} that do not tie no more"
        if is_elsewhere:
            why["zh"] += "；报告别处列示该数"
            why["en"] += "; it is printed elsewhere"
        if named:
            why = {"zh": f"{why['zh']}；{named['zh']}", "en": f"{why['en']}; {named['en']}"}
        return Suspect(fact, value, shown, why, named)


def _unlikeness(check: Check, position: int, named: Words | None) -> int:
    """How unlikely it is that a figure was printed wrong in this way: 0 to 2."""
    if named is None:
        return 2
    if check.formula == "direction" and not check.operands[0].value:
        # Two amounts that a slip sets apart are said to be one: the slip is likelier than the word and the likeness.
        return int(position == 0)
    return int(named in (_SLIPS["digit"], _SLIPS["dropped"]))


def _kind(fact: Fact) -> str:
    return "money" if fact.is_money else fact.unit


def _subject(fact: Fact) -> tuple[object, ...]:
    """What a figure measures and comes to, whatever the year."""
    return fact.concept, fact.measure, fact.dimensions, fact.exact


def _step(fact: Fact) -> Decimal:
    """The distance between two values that could be printed in the figure's place."""
    if fact.step:
        return fact.step
    return Decimal("0.01") if fact.is_money or fact.unit in ("%", "分") else Decimal(1).scaleb(-fact.decimals)


def _undecided(level: int, suspects: int) -> Words | None:
    """What to say where the first `level` of the suspects are alike; None where one stands out."""
    if level < 2:
        return None
    if level == suspects:
        return {"zh": "没有其他核对能区分", "en": "no other check tells them apart"}
    return {
        "zh": f"前{level}个疑点没有其他核对能区分",
        "en": f"no other check tells the first {level} apart",
    }


def _with(suspect: Suspect, said: Words | None) -> Suspect:
    if said is None:
        return suspect
    why = {"zh": f"{suspect.why['zh']}；{said['zh']}", "en": f"{suspect.why['en']}; {said['en']}"}
    return replace(suspect, why=why)


def _is_possible(fact: Fact, value: Decimal) -> bool:
    """False for what no such figure can be: finer than it is printed, less than nothing, a share above the whole."""
    if value != value.quantize(_step(fact), ROUND_HALF_UP):
        return False
    if value < 0 and fact.measure not in _SIGNED and (fact.value or 0) >= 0:
        return False
    return fact.measure != "share" or value <= HUNDRED


def _slips_of(fact: Fact) -> Iterator[Decimal]:
    """The values that one slip of the pen turns into the printed one; a solved value may miss them by a rounding."""
    value = fact.value or Decimal(0)
    if not value:
        return
    yield -value
    if fact.is_money:
        yield from (value * fact.scale / worth for worth in SCALE.values() if worth != fact.scale)
    for power in (1, 2, -1, -2):
        yield value.scaleb(power)
    digits = format(abs(value), "f")
    for i, (a, b) in enumerate(pairwise(digits)):
        j = i + 1 if b != "." else i + 2
        if a != "." and j < len(digits) and digits[i] != digits[j]:
            swapped = [*digits]
            swapped[i], swapped[j] = swapped[j], swapped[i]
            yield Decimal("".join(swapped)).copy_sign(value)


def _edits(fact: Fact) -> list[Decimal]:
    """The values that differ from the printed one in a digit, or have one more or one less."""
    value = fact.value or Decimal(0)
    if not value:
        return []
    digits = format(abs(value).quantize(_step(fact), ROUND_HALF_UP), "f")
    found = []
    for i, old in enumerate(digits):
        if old == ".":
            continue
        found += [digits[:i] + new + digits[i + 1 :] for new in "0123456789" if new != old]
        found += [digits[:i] + new + digits[i:] for new in "0123456789"]
        found.append(digits[:i] + digits[i + 1 :])
    edits = [Decimal(text).copy_sign(value) for text in found if text.strip(".")]
    return [edit for edit in edits if _is_possible(fact, edit)]


def _nearest(edits: Sequence[Decimal], value: Decimal) -> Decimal:
    return min(edits, key=lambda edit: (abs(edit - value), edit))


def _solved(check: Check, fact: Fact, stated: Iterable[Fact]) -> Iterator[Decimal]:
    """The values of `fact` with which a check ties; `stated` are the operands that are printed as the same figure."""
    for position in sorted({position for other in stated for position in check.positions[other.id]}):
        try:
            value = _solution(check, position)
        except ArithmeticError:
            continue
        if value is not None:
            yield value / fact.scale


def _solution(check: Check, position: int) -> Decimal | None:
    """The value, in the smallest unit, that the operand at `position` would have to have; None where none is implied."""
    formula, values = check.formula, check.exact
    if formula in ("foot", "roll_forward"):
        signs = check.signs
        rest = check.balance - signs[position] * values[position]
        return ((check.constant.value if check.constant else Decimal(0)) - rest) * signs[position]
    if formula in ("tie_out", "at_most") or (formula == "agree_prior_year" and len(values) == 2):
        return values[1 - position]
    if formula == "nil_agrees":
        return Decimal(0)
    if formula == "bounded":
        return None  # Anything within the bounds would do: a slip alone tells more.
    if formula.startswith("direction"):
        if position == 0:
            return check.verdict().computed
        # 持平 says that the two amounts are one.
        return values[3 - position] if formula == "direction" and not values[0] else None
    one, two, three = values
    ratio = 1 + (two if formula == "agree_prior_year_by_growth" else one) / HUNDRED
    match formula, position:
        case (("share" | "completion"), 0):
            return two / three * HUNDRED
        case (("share" | "completion"), 1):
            return one * three / HUNDRED
        case (("share" | "completion"), 2):
            return two / one * HUNDRED
        case "completion_on_change", 0:
            return two / (two - three) * HUNDRED
        case "completion_on_change", 1:
            return one * three / (one - HUNDRED)
        case "completion_on_change", 2:
            return two - two / one * HUNDRED
        case "growth", 0:
            return two / (three - two) * HUNDRED
        case "growth", 1:
            return three - three / ratio
        case "growth", 2:
            return two / (ratio - 1) + two
        case "growth_on_prior", 0:
            return (two / three - 1) * HUNDRED
        case "growth_on_prior", 1:
            return three * ratio
        case "growth_on_prior", 2:
            return two / ratio
        case (("change" | "agree_prior_year"), 0):
            return two - three if formula == "change" else three + two
        case (("change" | "agree_prior_year"), 1):
            return one + three if formula == "change" else one - three
        case (("change" | "agree_prior_year"), 2):
            return two - one if formula == "change" else one - two
        case "agree_prior_year_by_growth", 0:
            return three * ratio
        case "agree_prior_year_by_growth", 1:
            return (one / three - 1) * HUNDRED
        case "agree_prior_year_by_growth", 2:
            return one / ratio
        case "average", 0:
            return two / three
        case "average", 1:
            return one * three
        case "average", 2:
            return two / one
    raise AssertionError(f"no operand of {formula} can be solved for")


_SLIPS: dict[str, Words] = {
    "sign": {"zh": "正负号", "en": "sign"},
    "swapped": {"zh": "数字颠倒", "en": "digits swapped"},
    "point": {"zh": "小数点移位", "en": "decimal point moved"},
    "digit": {"zh": "一位数字之误", "en": "one digit wrong"},
    "dropped": {"zh": "漏掉或多出一位数字", "en": "a digit dropped or added"},
    "hundred": {"zh": "末位为凑足100%而调整", "en": "last digit adjusted to reach 100%"},
    "word": {"zh": "用词与数字方向相反", "en": "the word says another direction than the figures"},
}
# Units that are written for each other; 千元 is rare, and a point moved by one place.
_CONFUSED = ("元", "万元", "亿元")


def _slip(fact: Fact, right: Decimal) -> Words | None:
    """The name of the slip of the pen that turns `right` into what is printed; None where none does."""
    wrong = fact.value
    if not wrong or not right or wrong == right:
        return None
    if wrong == -right:
        return _SLIPS["sign"]
    # As if the number of another unit were printed: 万元 ten thousand times too large were 元.
    worth = abs(right / wrong) * fact.scale
    meant = next((unit for unit in _CONFUSED if SCALE[unit] == worth), None)
    if fact.is_money and meant:
        return {"zh": f"{fact.unit}与{meant}混用", "en": f"{fact.unit} and {meant} confused"}
    a, b = _digits(wrong), _digits(right)
    if a.strip("0") == b.strip("0"):
        # A count has no point to move.
        return _SLIPS["point" if fact.is_money or fact.decimals or fact.unit == "%" else "dropped"]
    if len(a) == len(b):
        apart = [i for i in range(len(a)) if a[i] != b[i]]
        if len(apart) == 1:
            return _SLIPS["digit"]
        if len(apart) == 2:
            i, j = apart
            if j == i + 1 and (a[i], a[j]) == (b[j], b[i]):
                return _SLIPS["swapped"]
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    if len(longer) == len(shorter) + 1 and any(
        longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer))
    ):
        return _SLIPS["dropped"]
    return None


def _digits(value: Decimal) -> str:
    """The digits of the value with two decimals or more, the point left out."""
    return format(abs(value) + Decimal("0.00"), "f").replace(".", "")


def _shown(fact: Fact, value: Decimal, named: Words | None) -> str:
    """The value as it would be printed: without the sign that its word of direction gives it."""
    if "direction" in fact.measure:
        return direction(fact, value)["zh"]
    if named is _SLIPS["sign"]:
        return format(value, "+f")
    is_word = (fact.value or 0) < 0 and not fact.printed.startswith("-")
    words = format(abs(value) if is_word else value, "f")
    return words if fact.is_money or fact.unit == "%" else number(Decimal(words))
