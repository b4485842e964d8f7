"""The taxonomy: concepts with their names, the wording of relations, and the functional classification."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from helpers.data import DataError, check_keys, check_names, compiled, data_folder, read_csv, read_yaml
from helpers.reading.document import fold
from helpers.reading.outline import section_kinds


@dataclass(frozen=True)
class Concept:
    """What a figure measures; see data/taxonomy/concepts.yaml for the fields."""

    id: str
    label: dict[str, str]
    whole: str | None
    pair: tuple[str, ...]
    kinds_of: tuple[str, ...]
    functions: tuple[str, ...]
    counts: str | None
    unit: str | None
    after: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Taxonomy:
    """All concepts, and their names by first two characters: (name, concept id, sections or None)."""

    concepts: dict[str, Concept]
    names: dict[str, list[tuple[str, str, str | None]]]

    def label(self, concept: str) -> dict[str, str]:
        """The concept's label in zh and en."""
        return self.concepts[concept].label


def expand(name: str) -> Iterator[str]:
    """The literal names of a pattern in which [a] may be left out and {a|b} is one of the two."""
    parts = re.split(r"(\[[^\]]*\]|\{[^}]*\})", fold_name(name))
    choices = [
        [part[1:-1], ""]
        if part.startswith("[")
        else part[1:-1].split("|")
        if part.startswith("{")
        else [part]
        for part in parts
    ]
    yield from dict.fromkeys("".join(choice) for choice in product(*choices))


def fold_name(name: str) -> str:
    """A name folded as text is, its pattern brackets kept."""
    return "".join(char if char in "[]" else fold(char) for char in name)


@cache
def taxonomy() -> Taxonomy:
    """The concepts of data/taxonomy/concepts.yaml; raises `DataError` with every defect of the file."""
    concepts: dict[str, Concept] = {}
    names: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    seen: dict[tuple[str, str | None], str] = {}
    defects: list[str] = []
    entries = read_yaml(data_folder() / "taxonomy" / "concepts.yaml")
    known = {entry.get("id") for entry in entries}
    sections = {kind.key for kind in section_kinds()}
    for entry in entries:
        optional = {"names": list, "local": dict, "whole": str, "pair": list, "kinds_of": list}
        check_keys(
            entry,
            {"id": str, "label": dict},
            {**optional, "functions": list, "after": list, "counts": str, "unit": str},
            defects,
        )
        others = [entry.get("whole"), entry.get("counts"), *entry.get("pair", ()), *entry.get("kinds_of", ())]
        check_names(entry, "concept", [other for other in others if other is not None], known, defects)
        check_names(entry, "section", entry.get("functions", ()), sections, defects)
        check_names(entry, "section or concept", entry.get("local", ()), sections | known, defects)
        if not {"zh", "en"} <= set(entry.get("label", ())):
            defects.append(entry.at("'label' needs both zh and en"))
        if entry.get("id") in concepts:
            defects.append(entry.at(f"the concept {entry['id']!r} stands twice"))
        concepts[entry["id"]] = Concept(
            entry["id"],
            dict(entry.get("label", {})),
            entry.get("whole"),
            tuple(entry.get("pair", ())),
            tuple(entry.get("kinds_of", ())),
            tuple(entry.get("functions", ())),
            entry.get("counts"),
            entry.get("unit"),
            tuple(compiled(entry, pattern, defects) for pattern in entry.get("after", ())),
        )
        scoped = [(None, name) for name in entry.get("names", ())]
        scoped += [(section, name) for section, local in entry.get("local", {}).items() for name in local]
        for section, pattern in scoped:
            for name in expand(pattern):
                other = seen.setdefault((name, section), entry["id"])
                if other != entry["id"]:
                    defects.append(entry.at(f"{name!r} names both {other!r} and {entry['id']!r}"))
                elif len(name) >= 2:
                    names[name[:2]].append((name, entry["id"], section))
    if defects:
        raise DataError(defects)
    for listed in names.values():
        # Longest first; what a concept before it makes of a name goes before what the section makes of it.
        listed.sort(key=lambda item: (-len(item[0]), 2 if item[2] is None else item[2] in sections))
    return Taxonomy(concepts, dict(names))


_RELATIONS = (
    "up", "down", "flat", "approximately", "above", "below", "equal", "linking", "share", "completion", "budget", "final",
    "to", "filler", "aside", "prior", "compared", "mutual", "resumed", "resumed_change", "resumed_parts", "difference",
    "budget_and_final", "bound", "grade", "defined", "leading", "copula", "no_name",
    "basis_opening", "basis_adjusted", "basis_annual", "budget_heading",
)  # fmt: skip


@cache
def relations() -> dict[str, str]:
    """The regular expressions of data/taxonomy/relations.yaml by name."""
    entry, defects = read_yaml(data_folder() / "taxonomy" / "relations.yaml"), list[str]()
    check_keys(entry, dict.fromkeys(_RELATIONS, str), {}, defects)
    for pattern in entry.values():
        compiled(entry, str(pattern), defects)
    if defects:
        raise DataError(defects)
    return dict(entry)


@dataclass(frozen=True)
class Subject:
    """A subject of the functional classification in the years it was in force."""

    code: str
    name: str
    budget: str
    since: int
    until: int


@dataclass(frozen=True)
class Classification:
    """The functional classification (《政府收支分类科目》) by code and by name."""

    by_code: dict[str, tuple[Subject, ...]]
    by_name: dict[tuple[str, int], tuple[Subject, ...]]

    def named(self, name: str, digits: int, above: str = "") -> tuple[Subject, ...]:
        """The subjects of this level (3 类, 5 款, 7 项) and name below the code `above`, best known first."""
        found = self.by_name.get((plain_name(name), digits), ())
        return tuple(subject for subject in found if subject.code.startswith(above))

    def below(self, code: str) -> tuple[Subject, ...]:
        """The subjects one level below `code`."""
        return tuple(
            subject
            for other, subjects in self.by_code.items()
            if len(other) == len(code) + 2 and other.startswith(code)
            for subject in subjects
        )

    def budget(self, code: str) -> str | None:
        """The budget that a code belongs to: general, fund, state_capital; None where it is unknown."""
        for length in (7, 5, 3):
            for subject in self.by_code.get(code[:length], ()):
                if subject.budget:
                    return subject.budget
        return None


def plain_name(name: str) -> str:
    """A subject's name as reports shorten it: folded, without the closing 支出, 与 for 和."""
    return fold(name).removesuffix("支出").replace("和", "与")


@cache
def classification() -> Classification:
    """The functional classification of data/reference/functional.csv."""
    by_code: dict[str, list[Subject]] = defaultdict(list)
    by_name: dict[tuple[str, int], list[Subject]] = defaultdict(list)
    for row in read_csv(data_folder() / "reference" / "functional.csv"):
        subject = Subject(
            row["code"], row["name"], row["budget"], int(row["since"] or 0), int(row["until"] or 9999)
        )
        by_code[subject.code].append(subject)
        by_name[plain_name(subject.name), len(subject.code)].append(subject)
    return Classification(
        {code: tuple(found) for code, found in by_code.items()},
        {key: tuple(sorted(found, key=lambda subject: -subject.until)) for key, found in by_name.items()},
    )
