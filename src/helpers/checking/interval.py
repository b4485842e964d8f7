"""Arithmetic of printed figures: each stands for every true value that would be printed so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Self


@dataclass(frozen=True, slots=True)
class Interval:
    """The closed range of true values behind a printed figure."""

    lower: Decimal
    upper: Decimal

    def __post_init__(self) -> None:
        if self.lower > self.upper:
            raise ValueError(f"the lower end {self.lower} is above the upper end {self.upper}")

    @classmethod
    def printed(cls, value: Decimal, step: Decimal) -> Self:
        """The values that are printed as `value` where printed values are `step` apart (0: exact)."""
        return cls(value - step / 2, value + step / 2)

    @classmethod
    def total(cls, items: Iterable[Interval]) -> Interval:
        """The range of the sum of the items."""
        lower = upper = Decimal(0)
        for item in items:
            lower, upper = lower + item.lower, upper + item.upper
        return Interval(lower, upper)

    @classmethod
    def of_quotient(cls, numerator: Interval, denominator: Interval) -> Interval | None:
        """The range of numerator ÷ denominator; None where the denominator may be 0."""
        if denominator.lower <= 0 <= denominator.upper:
            return None
        ends = [
            a / b
            for a, b in product((numerator.lower, numerator.upper), (denominator.lower, denominator.upper))
        ]
        return Interval(min(ends), max(ends))

    def scaled(self, factor: Decimal) -> Interval:
        """Every value times `factor`, which is not negative."""
        return Interval(self.lower * factor, self.upper * factor)

    def minus(self, other: Interval) -> Interval:
        """The range of the difference."""
        return Interval(self.lower - other.upper, self.upper - other.lower)

    def meets(self, other: Interval) -> bool:
        """True where some value lies in both."""
        return self.lower <= other.upper and other.lower <= self.upper

    @property
    def half_width(self) -> Decimal:
        """Half the distance of the ends."""
        return (self.upper - self.lower) / 2
