"""A fact: a reported value, what it measures, and its place in the source."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from helpers.reading.document import Section, Source

State = Literal["reported", "zero", "blank", "dash", "unreadable", "stated"]

# The concept of an open subject, which only the words before its figure name: they are its dimension `of`.
OPEN = "detail"
# What one printed unit is worth in 元; other units are counts or rates and are worth themselves.
SCALE = {"元": Decimal(1), "千元": Decimal(1000), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a figure is of besides its subject; "" where nothing is said.

    `basis`: actual, or the opening, adjusted or annual budget; `budget`: general, fund, state_capital or social;
    `parent`: the concept or the words that it is printed as a part of; `entity`: the territory, where not the department.
    """

    basis: str = ""
    budget: str = ""
    parent: str = ""
    entity: str = ""

    @property
    def said(self) -> dict[str, str]:
        """What of it is said."""
        said = {"basis": self.basis, "budget": self.budget, "parent": self.parent, "entity": self.entity}
        return {name: value for name, value in said.items() if value}


NO_SCOPE = Scope()


@dataclass(frozen=True, slots=True)
class Fact:
    """One reported value.

    `measure` says which figure of the concept it is: amount, budget, change, growth, share, completion,
    budget_change, budget_growth, or the counting unit of a count; direction and budget_direction are words
    (持平, 大于) with the value -1, 0 or 1.  `step` is the distance between two printable values of
    the narrative, `coarse_step` that of this figure where the narrative prints some rates with fewer digits.
    """

    id: str
    concept: str
    measure: str
    label: dict[str, str] = field(compare=False)
    value: Decimal | None
    unit: str
    decimals: int
    state: State
    year: str
    dimensions: tuple[tuple[str, str], ...]
    source: Source
    quote: str
    printed: str
    section: Section | None
    paragraph: int
    step: Decimal
    coarse_step: Decimal
    scope: Scope = NO_SCOPE
    # What of it the clause itself does not say: subject, year, parent, budget, entity.
    inherited: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.source is None or not self.quote:
            raise ValueError(f"the fact {self.id} has no place in the source")

    def dimension(self, name: str) -> str | None:
        """The value of one dimension, if the fact has it."""
        return dict(self.dimensions).get(name)

    @property
    def is_open(self) -> bool:
        """True where no concept is known of its subject, only its name."""
        return self.concept == OPEN

    @property
    def scale(self) -> Decimal:
        """What one printed unit is worth: 元 for money, 1 for all else."""
        return SCALE.get(self.unit, Decimal(1))

    @property
    def exact(self) -> Decimal:
        """The value in the smallest unit: 元 for money; 0 where there is none."""
        return (self.value or Decimal(0)) * self.scale

    @property
    def is_empty(self) -> bool:
        """True for a cell that is blank or has a dash: in a sum it is nothing."""
        return self.state in ("blank", "dash")

    @property
    def is_money(self) -> bool:
        """True for an amount in a unit of money."""
        return self.unit in SCALE


@dataclass(frozen=True, slots=True)
class Numeral:
    """A printed figure and, where it was understood, the facts that it states; `beside` are the words that it stands by."""

    text: str
    unit: str
    source: Source
    facts: tuple[str, ...]
    section: Section | None
    beside: str = ""


@dataclass(frozen=True, slots=True)
class FunctionalPath:
    """A functional subject as printed, 类 to 项, with the code that its names lead to, if they do."""

    names: tuple[str, ...]
    code: str | None
    source: Source
    quote: str
    section: Section | None
    paragraph: int


@dataclass(frozen=True, slots=True)
class Definition:
    """An entry of 名词解释."""

    term: str
    text: str
    path: FunctionalPath | None
    source: Source
    quote: str
