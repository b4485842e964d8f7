"""Finding the facts that a rule's operands mean."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import overload

from helpers.checking.rules import Selector
from helpers.facts.concepts import classification
from helpers.facts.extract import Extract
from helpers.facts.fact import NO_SCOPE, Fact
from helpers.facts.scope import is_apart
from helpers.reading.document import Section

_BASIC_CLASSES = ("208", "210", "221")
_BASIC_ITEMS = ("行政运行", "事业运行", "机关服务")


class FactsIndex:
    """The facts of one report by concept and measure."""

    def __init__(self, extract: Extract) -> None:
        self.year = extract.year
        self._facts: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        self._alike: dict[tuple[object, ...], list[Fact]] = defaultdict(list)
        self._tabled: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        self._measures: dict[str, list[Fact]] = defaultdict(list)
        self._selected: dict[Selector, Near] = {}
        self._same: dict[tuple[object, ...], Near] = {}
        self._measured: dict[str, Near] = {}
        for fact in extract.facts:
            # The published tables have rules of their own.
            if fact.value is not None and [name for name, _ in fact.dimensions] == ["table"]:
                self._tabled[fact.concept, fact.measure].append(fact)
            if fact.value is not None and fact.dimension("table") is None:
                if not is_apart(fact.concept, fact.scope):
                    self._facts[fact.concept, fact.measure].append(fact)
                self._measures[fact.measure].append(fact)
                self._alike[_likeness(fact, fact.measure)].append(fact)

    def select(self, selector: Selector) -> Near:
        """The facts of this year that the selector means, in reading order."""
        if selector not in self._selected:
            self._selected[selector] = Near(self._select(selector))
        return self._selected[selector]

    def _select(self, selector: Selector) -> list[Fact]:
        found = self._facts.get((selector.concept, selector.measure), [])
        chosen = [
            f for f in found if self._is_current(f) and _in_group(f, selector.group) and _is_stated_here(f)
        ]
        if selector.group in ("item", "basic_item", "project_item"):
            # A 款 beside its items states their sum once more.
            codes = {fact.dimension("function") or "" for fact in chosen}
            above = {code[:length] for code in codes for length in range(len(code))}
            chosen = [fact for fact in chosen if (fact.dimension("function") or "") not in above]
        return chosen

    def same(self, fact: Fact, measure: str, year: int | None = None) -> Near:
        """The facts of another measure for the same concept and dimensions; `year` other than the report's, if given."""
        own = "" if year is not None or self._is_current(fact) else fact.year
        likeness = _likeness(fact, measure)
        key = (*likeness, year, own)
        if key not in self._same:
            self._same[key] = Near(
                other
                for other in self._alike.get(likeness, ())
                if (
                    other.year == own
                    # A change since a year other than the last is one of this year's amount.
                    or (self._is_current(other) and (not own or "/" in own))
                    if year is None
                    else other.year == str(year)
                )
            )
        return self._same[key]

    def tabled(self, fact: Fact, measure: str) -> Fact | None:
        """What the published tables print for the subject of a fact; None where they print nothing or disagree."""
        found = [] if fact.dimensions else self._tabled[fact.concept, measure]
        return found[0] if len({(other.exact, other.year) for other in found}) == 1 else None

    def amounts(self, concept: str, of: Fact) -> Near:
        """The amounts of a concept in the year of another fact."""
        if self._is_current(of) or "/" in of.year:
            return self.select(Selector(concept))
        facts = self._facts.get((concept, "amount"), ())
        return Near(fact for fact in facts if fact.year == of.year and not fact.dimensions)

    def _is_current(self, fact: Fact) -> bool:
        if self.year is None:
            return fact.year != "prior"
        return fact.year in ("", str(self.year), f"{self.year - 1}/{self.year}")

    def measured(self, measure: str) -> Near:
        """All facts of one measure, in reading order."""
        if measure not in self._measured:
            found = [fact for fact in self._measures.get(measure, ()) if _is_stated_here(fact)]
            self._measured[measure] = Near(sorted(found, key=_place))
        return self._measured[measure]


class Near(Sequence[Fact]):
    """Facts in reading order, and which of them stand where: asked for each of many others."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = list(facts)
        self._paragraphs: dict[int, list[Fact]] = defaultdict(list)
        self._sections: dict[Section | None, list[Fact]] = defaultdict(list)
        for fact in self._facts:
            self._paragraphs[fact.paragraph].append(fact)
            self._sections[fact.section].append(fact)
        self._first = min(self._paragraphs, default=0)

    def __len__(self) -> int:
        return len(self._facts)

    @overload
    def __getitem__(self, at: int) -> Fact: ...

    @overload
    def __getitem__(self, at: slice) -> list[Fact]: ...

    def __getitem__(self, at: int | slice) -> Fact | list[Fact]:
        return self._facts[at]

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def in_paragraph(self, paragraph: int) -> Sequence[Fact]:
        """Those that stand in a paragraph."""
        return self._paragraphs.get(paragraph, ())

    def in_section(self, section: Section | None) -> Sequence[Fact]:
        """Those that stand in a section."""
        return self._sections.get(section, ())

    def nearest(self, to: Fact) -> Fact | None:
        """The one that `nearest` finds, of all of them."""
        near = self.in_paragraph(to.paragraph)
        if not near and to.section is not None:
            near = self.in_section(to.section)
        return nearest(_around(near or self._paragraphs.get(self._first, ()), to), to)

    def nearest_in_section(self, to: Fact) -> Fact | None:
        """As `nearest`, of those in the section of `to`."""
        near = self.in_section(to.section)
        if to.section is None:
            return nearest(near, to)
        beside = [fact for fact in self.in_paragraph(to.paragraph) if fact.section == to.section]
        return nearest(_around(beside or near, to), to)

    def nearest_beside(self, to: Fact) -> Fact | None:
        """As `nearest`, of those in the paragraph of `to`."""
        return nearest(_around(self.in_paragraph(to.paragraph), to), to)


def _likeness(fact: Fact, measure: str) -> tuple[object, ...]:
    """What the facts of another measure of one subject share; the words of an open subject hold in their paragraph."""
    scope = replace(fact.scope, basis="") if is_apart(fact.concept, fact.scope) else NO_SCOPE
    return fact.concept, measure, fact.dimensions, scope, fact.paragraph if fact.is_open else None


# Sections that speak of money of projects and services, not of the accounts.
_OTHER_MONEY = frozenset({"performance", "duties", "institutions"})


def _is_stated_here(fact: Fact) -> bool:
    """False for an amount or rate of the accounts in a section that uses the same words of something else."""
    keys = fact.section.keys[-1:] if fact.section else ()
    own = fact.concept.startswith(("performance", "project", "institution")) or fact.measure == "ordinal"
    return own or not _OTHER_MONEY.intersection(keys)


def _around(facts: Sequence[Fact], to: Fact) -> list[Fact]:
    """Of facts in reading order those that may be the nearest to `to`, before it and behind it."""
    if len(facts) <= 4:
        return list(facts)
    here = bisect_right(facts, (to.source.line, to.source.start), key=_place)
    found = [
        *_lines_from(facts, range(here - 1, -1, -1), to),
        *_lines_from(facts, range(here, len(facts)), to),
    ]
    return [facts[at] for at in sorted(found)]


def _lines_from(facts: Sequence[Fact], ahead: range, to: Fact) -> Iterator[int]:
    """Of the facts ahead in one direction, on each line the nearest, up to the line where none can be nearer still."""
    least: int | None = None
    at, step = ahead.start, ahead.step
    while (at < ahead.stop) if step > 0 else (at > ahead.stop):
        line = facts[at].source.line
        if least is not None and abs(line - to.source.line) * _LINE > least:
            return
        first, last = bisect_left(facts, (line, 0), key=_place), bisect_left(facts, (line + 1, 0), key=_place)
        low, high = (max(first, ahead.start), last) if step > 0 else (first, min(last, ahead.start + 1))
        after = bisect_left(facts, (line, to.source.start), low, high, key=_place)
        for one in (after - 1, after):
            if low <= one < high:
                # Of several in one place the first.
                one = bisect_left(facts, _place(facts[one]), low, high, key=_place)
                gap = _gap(facts[one], to)
                least = gap if least is None else min(least, gap)
                yield one
        at = high if step > 0 else low - 1


# A line apart is as far as so many characters in a line.
_LINE = 10_000


def _place(fact: Fact) -> tuple[int, int]:
    return fact.source.line, fact.source.start


def _gap(one: Fact, other: Fact) -> int:
    lines, characters = one.source.line - other.source.line, one.source.start - other.source.start
    return abs(lines) * _LINE + abs(characters)


def nearest(candidates: Iterable[Fact], to: Fact) -> Fact | None:
    """The candidate that a reader would take with `to`: same paragraph (before it first), same section, then first."""

    def distance(fact: Fact) -> tuple[int, int, int]:
        same_paragraph = fact.paragraph == to.paragraph
        same_section = fact.section is not None and fact.section == to.section
        before = _place(fact) <= _place(to)
        gap = _gap(fact, to)
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
