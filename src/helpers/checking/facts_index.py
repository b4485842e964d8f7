"""Finding the facts that a rule's operands mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from helpers.checking.rules import Selector
from helpers.facts.concepts import classification
from helpers.facts.extract import Extract
from helpers.facts.fact import Fact

_BASIC_CLASSES = ("208", "210", "221")
_BASIC_ITEMS = ("行政运行", "事业运行", "机关服务")


class FactsIndex:
    """The facts of one report by concept and measure."""

    def __init__(self, extract: Extract) -> None:
        self.year = extract.year
        self._facts: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        for fact in extract.facts:
            # The published tables have rules of their own.
            if fact.value is not None and fact.dimension("table") is None:
                self._facts[fact.concept, fact.measure].append(fact)

    def select(self, selector: Selector) -> list[Fact]:
        """The facts of this year that the selector means, in reading order."""
        found = self._facts.get((selector.concept, selector.measure), [])
        chosen = [
            f for f in found if self._is_current(f) and _in_group(f, selector.group) and _is_stated_here(f)
        ]
        if selector.group in ("item", "basic_item", "project_item"):
            # A 款 beside its items states their sum once more.
            codes = [fact.dimension("function") or "" for fact in chosen]
            chosen = [
                fact
                for fact, code in zip(chosen, codes, strict=True)
                if not any(other != code and other.startswith(code) for other in codes)
            ]
        return chosen

    def same(self, fact: Fact, measure: str, year: int | None = None) -> list[Fact]:
        """The facts of another measure for the same concept and dimensions; `year` other than the report's, if given."""
        return [
            other
            for other in self._facts.get((fact.concept, measure), [])
            if other.dimensions == fact.dimensions
            and (
                self._is_current(other) or other.year == fact.year
                if year is None
                else other.year == str(year)
            )
        ]

    def _is_current(self, fact: Fact) -> bool:
        if self.year is None:
            return fact.year != "prior"
        return fact.year in ("", str(self.year), f"{self.year - 1}/{self.year}")

    def measured(self, measure: str) -> list[Fact]:
        """All facts of one measure, in reading order."""
        found = [
            f for (_, m), facts in self._facts.items() if m == measure for f in facts if _is_stated_here(f)
        ]
        return sorted(found, key=lambda fact: (fact.source.line, fact.source.start))


# Sections that speak of money of projects and services, not of the accounts.
_OTHER_MONEY = frozenset({"performance", "duties", "institutions"})


def _is_stated_here(fact: Fact) -> bool:
    """False for an amount or rate of the accounts in a section that uses the same words of something else."""
    keys = fact.section.keys[-1:] if fact.section else ()
    own = fact.concept.startswith(("performance", "project", "institution")) or fact.measure == "ordinal"
    return own or not _OTHER_MONEY.intersection(keys)


def nearest(candidates: Iterable[Fact], to: Fact) -> Fact | None:
    """The candidate that a reader would take with `to`: same paragraph (before it first), same section, then first."""

    def distance(fact: Fact) -> tuple[int, int, int]:
        same_paragraph = fact.paragraph == to.paragraph
        same_section = fact.section is not None and fact.section == to.section
        before = (fact.source.line, fact.source.start) <= (to.source.line, to.source.start)
        gap = abs(fact.source.line - to.source.line) * 10_000 + abs(fact.source.start - to.source.start)
        scope = 0 if same_paragraph and before else 1 if same_paragraph else 2 if same_section else 3
        return scope, 0 if scope < 3 else fact.paragraph, gap

    return min(candidates, key=distance, default=None)


def class_of(fact: Fact) -> str | None:
    """The 类 that a functional fact belongs to: its three-digit code, or its printed name."""
    function = fact.dimension("function")
    if function is None:
        return None
    if function.isdigit():
        return function[:3]
    name = function.split("/")[0]
    found = classification().named(name, 3)
    return found[0].code if found else name


def is_basic_item(fact: Fact) -> bool:
    """True for an item that usually carries basic expenditure: operating, pension, medical and housing items."""
    function = fact.dimension("function") or ""
    if not function.isdigit():
        return function.split("/")[-1] in _BASIC_ITEMS
    names = {subject.name for subject in classification().by_code.get(function, ())}
    return function[:3] in _BASIC_CLASSES or bool(names.intersection(_BASIC_ITEMS))


def _in_group(fact: Fact, group: str | None) -> bool:
    function, kind = fact.dimension("function"), fact.dimension("kind")
    if group is None:
        return not fact.dimensions
    if group == "project":
        return [name for name, _ in fact.dimensions] == ["project"] and fact.source.row is not None
    if group == "kind":
        return kind is not None
    if function is None:
        return False
    is_class = len(function) == 3 if function.isdigit() else "/" not in function
    if group == "class":
        return is_class
    if is_class:
        return False
    return group == "item" or (group == "basic_item") == is_basic_item(fact)
