"""What changed between two audits, by their `audit.json`: of a corrected report, or of another year.

A figure is known again by what it measures and where it is said, whatever its line; a finding by its id, which is its
rule and context.  Years count from the report's own: last year's figure of each is one of the same thing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from helpers.checking.rules import SEVERITIES
from helpers.facts.fact import SCALE
from helpers.findings.finding import State
from helpers.reading.document import ReportError
from helpers.reading.outline import heading_parts

MAX_BYTES = 200_000_000

_ORDINAL = "ordinal"  # the number before a heading counts, and measures nothing
_NUMBER = re.compile(r"-?\d{1,60}(?:\.\d{1,60})?")
_YEARS = re.compile(r"(?:19|20)\d\d(?:年度?)?")


@dataclass(frozen=True)
class Figure:
    """A figure of an audit: `measures` is what it is of, `section` where it is said, without numbers and years."""

    measures: tuple[Hashable, ...]
    section: str
    value: Decimal | None
    content: Mapping[str, Any]

    @property
    def says(self) -> tuple[Hashable, ...]:
        """The amount, whatever unit of money it is printed in; of one without a value why it has none."""
        unit = self.content["unit"]
        if self.value is None:
            return (self.content["state"],)
        return self.value * SCALE.get(unit, Decimal(1)), "" if unit in SCALE else unit


@dataclass(frozen=True)
class StoredAudit:
    """What an `audit.json` says of its report, figures and findings; dispositions are by the id of their finding."""

    report: Mapping[str, str]
    figures: tuple[Figure, ...]
    findings: Mapping[str, Mapping[str, Any]]
    dispositions: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """Two audits held together, the earlier named first."""

    first: StoredAudit
    second: StoredAudit

    @cached_property
    def figures(self) -> tuple[list[tuple[Figure, Figure]], list[Figure], list[Figure]]:
        """The figures that changed, as pairs, those only in the first and those only in the second; in reading order."""
        changed: list[tuple[Figure, Figure]] = []
        first, second = list(self.first.figures), list(self.second.figures)
        # Within its section first: a section that got another title is no reason to lose its figures.
        for key in (lambda f: (f.measures, f.section), lambda f: f.measures):
            first, second = _paired(first, second, key, changed)
        order = {id(figure): at for at, figure in enumerate(self.first.figures)}
        return sorted(changed, key=lambda pair: order[id(pair[0])]), first, second

    @cached_property
    def went(self) -> list[str]:
        """The ids of the findings that are only in the first, in its order."""
        return [one for one in self.first.findings if one not in self.second.findings]

    @cached_property
    def came(self) -> list[str]:
        """The ids of the findings that are only in the second, in its order."""
        return [one for one in self.second.findings if one not in self.first.findings]

    @cached_property
    def stayed(self) -> list[str]:
        """The ids of the findings in both, in the second's order."""
        return [one for one in self.second.findings if one in self.first.findings]

    @cached_property
    def altered(self) -> list[str]:
        """Those that stayed and say something else, or weigh otherwise."""
        said = ("severity", "reported", "expected", "difference")
        sides = self.first.findings, self.second.findings
        return [one for one in self.stayed if any(sides[0][one][key] != sides[1][one][key] for key in said)]

    @cached_property
    def decided(self) -> list[str]:
        """The ids of the findings whose disposition changed, that of one no longer found included."""
        ids = sorted({*self.first.dispositions, *self.second.dispositions})
        return [one for one in ids if self.first.dispositions.get(one) != self.second.dispositions.get(one)]

    def to_json(self) -> str:
        """The comparison as JSON: UTF-8, sorted keys, numbers as strings, byte-stable."""
        return json.dumps(self._json(), ensure_ascii=False, sort_keys=True, indent=1) + "\n"

    def _json(self) -> dict[str, Any]:
        changed, only_first, only_second = self.figures
        sides = self.first.findings, self.second.findings
        decisions = self.first.dispositions, self.second.dispositions
        return {
            "first": dict(self.first.report),
            "second": dict(self.second.report),
            "figures": {
                "changed": [{"first": one.content, "second": other.content} for one, other in changed],
                "only_first": [figure.content for figure in only_first],
                "only_second": [figure.content for figure in only_second],
            },
            "findings": {
                "went": [sides[0][one] for one in self.went],
                "came": [sides[1][one] for one in self.came],
                "changed": [{"first": sides[0][one], "second": sides[1][one]} for one in self.altered],
                "stayed": self.stayed,
            },
            "dispositions": [
                {"finding": one, "first": decisions[0].get(one), "second": decisions[1].get(one)}
                for one in self.decided
            ],
        }


def compare(first: Path, second: Path) -> Comparison:
    """Two audits held together, each an output folder or its `audit.json`.

    Raises `ReportError` where one cannot be read, or is no audit.
    """
    return Comparison(read_audit(first), read_audit(second))


def _paired(
    first: Sequence[Figure],
    second: Sequence[Figure],
    key: Callable[[Figure], Hashable],
    changed: list[tuple[Figure, Figure]],
) -> tuple[list[Figure], list[Figure]]:
    """Append the figures of one key that say different things to `changed`; those that have no other are left."""
    groups: dict[Hashable, tuple[list[Figure], list[Figure]]] = defaultdict(lambda: ([], []))
    for side, figures in enumerate((first, second)):
        for figure in figures:
            groups[key(figure)][side].append(figure)
    left: set[int] = set()
    for ones, others in groups.values():
        rest = _without_equal(ones, others)
        changed += zip(*rest, strict=False)
        left.update(id(figure) for side in rest for figure in side[min(map(len, rest)) :])
    return [f for f in first if id(f) in left], [f for f in second if id(f) in left]


def _without_equal(ones: Sequence[Figure], others: Sequence[Figure]) -> tuple[list[Figure], list[Figure]]:
    """The figures of two lists without those that say the same: at the same place of the list, else anywhere."""
    equal = {at for at, (one, other) in enumerate(zip(ones, others, strict=False)) if one.says == other.says}
    first, second = ([f for at, f in enumerate(side) if at not in equal] for side in (ones, others))
    waiting: dict[Hashable, int] = defaultdict(int)
    for figure in second:
        waiting[figure.says] += 1
    kept, met = [], defaultdict[Hashable, int](int)
    for figure in first:
        if met[figure.says] < waiting[figure.says]:
            met[figure.says] += 1
        else:
            kept.append(figure)
    rest = []
    for figure in second:
        if met[figure.says]:
            met[figure.says] -= 1
        else:
            rest.append(figure)
    return kept, rest


# ------------------------------------------------------------------------------------ reading an audit.json


class _Unfit(Exception):
    """What an audit.json must say, and does not."""


def read_audit(path: Path) -> StoredAudit:
    """What the `audit.json` at this path, or in this folder, says; `ReportError` where it is none."""
    file = path / "audit.json" if path.is_dir() else path
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ReportError(f"{file}: larger than {MAX_BYTES // 1_000_000} MB; run audit run again")
        content = json.loads(file.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        what = "has no audit.json in it" if path.is_dir() else "no such file or folder"
        raise ReportError(f"{path}: {what}; name the folder of a report, as audit run leaves it") from None
    except OSError as error:
        raise ReportError(
            f"{file}: cannot be read ({error.strerror}); check the file's permissions"
        ) from error
    except (ValueError, RecursionError):
        raise ReportError(f"{file}: is not readable as JSON; run audit run again") from None
    try:
        return _audit(content)
    except _Unfit as error:
        raise ReportError(f"{file}: is not the JSON of an audit ({error}); run audit run again") from None


def _audit(content: object) -> StoredAudit:
    about = _mapping(content, "report")
    report = {key: _text(about, key) for key in ("file", "sha256", "entity", "year")}
    others = tuple(f"{_text(other, 'role')}:" for other in _items(about, "compared", optional=True))
    figures = [
        _figure(fact, report["year"])
        for fact in _items(content, "facts")
        if not _text(fact, "id").startswith(others)
        and _mapping(fact, "dimensions").get("measure") != _ORDINAL
    ]
    findings: dict[str, Mapping[str, Any]] = {}
    dispositions: dict[str, Mapping[str, Any]] = {}
    for entry in _items(content, "findings"):
        for one in (entry, *_items(entry, "gathered", optional=True)):
            finding = _finding(one)
            findings[finding["id"]] = finding
            if one.get("disposition") is not None:
                dispositions[finding["id"]] = _disposition(one)
    for orphan in _items(content, "orphans", optional=True):
        dispositions[_text(orphan, "finding")] = _disposition(orphan)
    return StoredAudit(report, tuple(figures), findings, dispositions)


def _figure(fact: Mapping[str, Any], year: str) -> Figure:
    dimensions = {name: str(value) for name, value in sorted(_mapping(fact, "dimensions").items())}
    texts = {key: _text(fact, key) for key in ("concept", "label", "unit", "state", "year", "section", "quote")}  # fmt: skip
    value = fact.get("value")
    if value is not None and not (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise _Unfit("the value of a fact is no number")
    place = {
        key: value
        for key, value in _mapping(fact, "source").items()
        if key in ("file", "line", "page", "table", "row", "column") and isinstance(value, str | int)
    }
    return Figure(
        (texts["concept"], tuple(dimensions.items()), _years_after(texts["year"], year)),
        " / ".join(map(_title, texts["section"].split(" / "))),
        None if value is None else Decimal(value),
        {**texts, "value": value, "dimensions": dimensions, "source": place},
    )


def _years_after(year: str, own: str) -> str:
    """A year as its distance from the report's own; as it stands where one of the two is none."""
    is_year = all(re.fullmatch("[0-9]{4}", one) for one in (year, own))
    return f"{int(year) - int(own):+}" if is_year else year


def _title(heading: str) -> str:
    """What a heading is about, the same in another year and under another number."""
    folded = "".join(unicodedata.normalize("NFKC", heading).split())
    return _YEARS.sub("", heading_parts(folded)[1] or folded)


def _finding(entry: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("id", "rule", "kind", "severity", "section", "reported", "expected", "difference")
    found: dict[str, Any] = {key: _text(entry, key) for key in keys}
    if found["severity"] not in SEVERITIES:
        raise _Unfit("the severity of a finding is none")
    message = _mapping(entry, "message")
    return {**found, "message": {lang: _text(message, lang) for lang in ("zh", "en")}}


def _disposition(entry: Mapping[str, Any]) -> dict[str, Any]:
    decision = _mapping(entry, "disposition")
    texts = {key: _text(decision, key) for key in ("state", "note", "name", "date")}
    if texts["state"] not in get_args(State) or not isinstance(decision.get("is_current"), bool):
        raise _Unfit("a disposition is none")
    return {**texts, "is_current": decision["is_current"]}


def _mapping(entry: object, key: str) -> Mapping[str, Any]:
    value = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(value, Mapping):
        raise _Unfit(f"it lacks {key!r}")
    return value


def _items(entry: object, key: str, optional: bool = False) -> Iterable[Mapping[str, Any]]:
    value = entry.get(key, [] if optional else None) if isinstance(entry, Mapping) else None
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise _Unfit(f"it lacks the list {key!r}")
    return value


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise _Unfit(f"it lacks the text {key!r}")
    return value
