"""The result of one rule in one context, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from helpers.checking.interval import Interval
from helpers.checking.kinds import Outcome, Quantity, Verdict, evaluate, foot_to
from helpers.checking.rules import Rule
from helpers.facts.fact import Fact
from helpers.reading.document import Section, Source, Text

Words = dict[str, str]
NO_WORDS: Words = {"zh": "", "en": ""}


@dataclass(frozen=True)
class Evidence:
    """Words of the source that bear on a result: their place, and the fact that they state, if any."""

    quote: str
    source: Source
    fact: str | None = None

    @classmethod
    def of(cls, fact: Fact) -> Evidence:
        """A fact where it stands."""
        return cls(fact.quote, fact.source, fact.id)

    @classmethod
    def of_words(cls, text: Text, start: int, end: int) -> Evidence:
        """The words of a span of a text as folded."""
        return cls(text.quote(start, end), text.source(start, end))


@dataclass(frozen=True)
class _Items:
    """The items of a foot, by their position among the operands, and what they add up to."""

    quantities: list[Quantity | None]
    computed: Decimal
    range: Interval


@dataclass(frozen=True)
class Check:
    """A formula bound to facts; the first operand is the figure under test, the last `taken_off` of a foot are subtracted.

    `constant` is the total of a foot whose items are all operands, `bounds` the two that a figure lies between.
    """

    formula: str
    operands: tuple[Fact, ...]
    constant: Quantity | None = None
    taken_off: int = 0
    bounds: tuple[Quantity, ...] = ()

    def verdict(self, changed: dict[str, Decimal] | None = None) -> Verdict:
        """What the formula comes to, with the values of `changed` facts in place of the printed ones."""
        if changed and self.formula == "foot":
            return self._footed_again(changed)
        values = changed or {}
        quantities = [quantity(fact, values.get(fact.id)) for fact in self.operands]
        for i in range(len(quantities) - self.taken_off, len(quantities)):
            quantities[i] = replace(quantities[i], value=-quantities[i].value)
        constants = [self.constant] if self.constant else []
        return evaluate(self.formula, [*constants, *quantities, *self.bounds])

    def _footed_again(self, changed: dict[str, Decimal]) -> Verdict:
        """The verdict of a foot with changed values: a sum of many is not made anew for one of them."""
        items, total = (
            self._items,
            self.constant or quantity(self.operands[0], changed.get(self.operands[0].id)),
        )
        computed, lower, upper = items.computed, items.range.lower, items.range.upper
        for name, value in changed.items():
            for position in self.positions.get(name, ()):
                old = items.quantities[position]
                if old is not None:
                    sign = -1 if position >= len(self.operands) - self.taken_off else 1
                    new = replace(old, value=value * sign)
                    computed += new.exact - old.exact
                    lower += new.interval.lower - old.interval.lower
                    upper += new.interval.upper - old.interval.upper
        return foot_to(total, computed, Interval(lower, upper))

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """Where among the operands each fact stands, by its id."""
        found: dict[str, list[int]] = {}
        for position, fact in enumerate(self.operands):
            found.setdefault(fact.id, []).append(position)
        return found

    @cached_property
    def _items(self) -> _Items:
        """The items of a foot as printed; None for its total."""
        quantities: list[Quantity | None] = [quantity(fact) for fact in self.operands]
        for i in range(len(quantities) - self.taken_off, len(quantities)):
            taken = quantities[i]
            quantities[i] = None if taken is None else replace(taken, value=-taken.value)
        if self.constant is None:
            quantities[0] = None
        items = [one for one in quantities if one is not None]
        return _Items(
            quantities,
            sum((item.exact for item in items), Decimal(0)),
            Interval.total(item.interval for item in items),
        )

    @cached_property
    def exact(self) -> tuple[Decimal, ...]:
        """The operands in the smallest unit."""
        return tuple(fact.exact for fact in self.operands)

    @cached_property
    def balance(self) -> Decimal:
        """What the signed operands of a foot or a roll forward come to."""
        return sum((sign * value for sign, value in zip(self.signs, self.exact, strict=True)), Decimal(0))

    @cached_property
    def signs(self) -> tuple[int, ...]:
        """Of a foot or a roll forward: 1 or -1 for each operand, so that the signed operands come to nothing, or to the constant."""
        if self.constant is not None:
            return (1,) * len(self.operands)
        last = 1 if self.formula == "roll_forward" else self.taken_off
        return (-1, *(1,) * (len(self.operands) - 1 - last), *(-1,) * last)


def quantity(fact: Fact, value: Decimal | None = None) -> Quantity:
    """A fact's value as an operand; an empty cell is nothing, exactly."""
    printed = fact.value if value is None else value
    if printed is None:
        assert fact.is_empty
        printed = Decimal(0)
    return Quantity(printed, fact.step, fact.scale, fact.coarse_step)


@dataclass(frozen=True)
class Result:
    """What a rule came to in a context; a rule that was not tested says why, and which operand is missing."""

    rule: Rule
    context: str
    outcome: Outcome
    reason: Words = field(default_factory=lambda: dict(NO_WORDS), hash=False)
    operands: tuple[Fact, ...] = ()
    residual: Decimal | None = None
    slack: Decimal | None = None
    computed: Decimal | None = None
    check: Check | None = None
    evidence: tuple[Evidence, ...] = ()
    section: Section | None = None
    said: Words = field(default_factory=lambda: dict(NO_WORDS), hash=False)
    should: Words = field(default_factory=lambda: dict(NO_WORDS), hash=False)

    @property
    def is_computed(self) -> bool:
        """True where what is expected was computed from other figures, which may be the wrong ones."""
        return self.check is not None or self.computed is not None

    def with_outcome(self, outcome: Outcome, reason: Words) -> Result:
        """The same with another outcome and the reason for it."""
        return replace(self, outcome=outcome, reason=reason)
