"""The rule catalogue: data, loaded strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from helpers.data import (
    DataError,
    Entry,
    check_keys,
    check_names,
    check_unique,
    compiled,
    data_folder,
    read_yaml,
)
from helpers.facts.concepts import taxonomy
from helpers.facts.document_kind import document_kinds
from helpers.reading.outline import section_kinds

SEVERITIES = ("high", "medium", "low", "info")
CONDITIONS = frozenset({"no_carry_over", "appropriation_only", "projects_complete", "totals_with_balances"})
GROUPS = frozenset({"class", "item", "kind", "basic_item", "project_item", "project"})

_COMMON = {"id": str, "kind": str, "label": dict, "reference": str}
_OPTIONAL = {"section": str, "years": str, "forms": list, "documents": list, "severity": str}
_DIFFERENCE = {"when": list, "difference": str, "because": dict}
_KEYS: dict[str, tuple[dict[str, type], dict[str, type]]] = {
    "foot": (
        {"total": str, "items": list},
        {
            **_DIFFERENCE, "optional": list, "remainder": str, "grouped": bool, "all_items": bool,
            "unless_zero": str, "flat": list, "same_section": bool,
        },
    ),
    "tie_out": ({}, {**_DIFFERENCE, "left": str, "right": str, "restated": list, "alone": dict}),
    "recompute": ({"formula": str}, {"averages": dict}),
    "direction": ({"against": str}, {}),
    "limit": ({}, {**_DIFFERENCE, "left": str, "right": str, "bounded": list, "bounds": list}),
    "nil": ({"pairs": dict}, {}),
    "agree_prior_year": ({}, {"figures": list, "balances": dict}),
    "agree_budget": ({"figures": list}, {}),
    "wording": ({}, {"procedure": str, "patterns": list, "should": dict, "gather": bool}),
    "observation": ({"procedure": str}, {}),
    "performance": ({"procedure": str, "shown_as": str}, {"patterns": list}),
    "published": ({"procedure": str, "shown_as": str}, {}),
    "open_table": ({"procedure": str, "shown_as": str}, {}),
    **dict.fromkeys(
        (
            "project_names", "unit_names", "required_sections", "required_tables", "breakdown", "item_amount", "used_is_defined",
            "defined_is_used", "readable", "subject_names", "subject_budget", "definition_terms", "definition_scope", "numbering",
        ),
        ({}, {}),
    ),
}  # fmt: skip

# What the JSON calls the kind: the field's term for the procedure (STYLE.md, Names).
PUBLIC_KINDS = {
    "agree_budget": "tie_out",
    "limit": "reasonableness", "nil": "reasonableness", "project_names": "foot", "unit_names": "foot", "wording": "presentation",
    "numbering": "presentation", "observation": "analytical", "required_sections": "disclosure",
    "required_tables": "disclosure", "readable": "disclosure", "breakdown": "disclosure", "item_amount": "disclosure",
    "used_is_defined": "disclosure", "defined_is_used": "disclosure", "subject_names": "classification",
    "subject_budget": "classification", "definition_terms": "classification", "definition_scope": "classification",
}  # fmt: skip


@dataclass(frozen=True)
class Selector:
    """Which facts an operand is: concept, measure (amount unless said), and a group of dimensions."""

    concept: str
    measure: str = "amount"
    group: str | None = None

    @classmethod
    def parse(cls, words: str) -> Selector:
        """The selector written as `concept`, `concept/measure`, `concept@group` or `concept/measure@group`."""
        rest, _, group = words.partition("@")
        concept, _, measure = rest.partition("/")
        return cls(concept, measure or "amount", group or None)


@dataclass(frozen=True)
class Rule:
    """One rule; `parameters` are the keys of its kind, see CONTRIBUTING.md."""

    id: str
    kind: str
    label: dict[str, str]
    reference: str
    section: str | None
    years: tuple[int, int]
    forms: tuple[str, ...]
    documents: tuple[str, ...]
    severity: str | None
    parameters: Mapping[str, Any] = field(hash=False, compare=False)

    @property
    def public_kind(self) -> str:
        """The field's term for the procedure, as in the JSON."""
        return str(self.parameters.get("shown_as") or PUBLIC_KINDS.get(self.kind, self.kind))

    def applies(self, year: int | None, form: str) -> bool:
        """True where the rule is in force in this year and for this form."""
        in_force = year is None or self.years[0] <= year <= self.years[1]
        return in_force and (not self.forms or form in self.forms)

    def is_of(self, document: str) -> bool:
        """True where the rule asks of this kind of document what that is meant to have."""
        return not self.documents or document in self.documents


def alternatives(words: str) -> list[list[Selector]]:
    """The alternatives of an item: `a|b+c` is a; or, where a is not stated, b with c."""
    return [[Selector.parse(part) for part in choice.split("+")] for choice in words.split("|")]


def load_rules(extra: Path | None = None) -> tuple[Rule, ...]:
    """The rules of data/rules/, and those of `extra` (a rule file or a folder of them), ordered by id.

    Raises `DataError` with every defect of every file: unknown key, duplicate id, dangling concept.
    """
    own, broken = _own_rules(data_folder() / "rules")
    rules, defects = dict(own), list(broken)
    if extra is not None:
        files = sorted(extra.glob("*.yaml")) if extra.is_dir() else [extra] if extra.is_file() else []
        if not files:
            raise DataError([f"{extra}:1: no rule file (*.yaml) here; check the name"])
        _add_rules(files, rules, defects)
    if defects:
        raise DataError(defects)
    return tuple(rules[id_] for id_ in sorted(rules))


@cache
def _own_rules(folder: Path) -> tuple[dict[str, Rule], list[str]]:
    """The rules of a folder of the project's by id, and the defects of its files: read once, as all declared data is."""
    rules, defects = dict[str, Rule](), list[str]()
    _add_rules(sorted(folder.glob("*.yaml")), rules, defects)
    return rules, defects


def _add_rules(files: Iterable[Path], rules: dict[str, Rule], defects: list[str]) -> None:
    """Add the rules of these files to `rules`, and what is wrong with them to `defects`."""
    for file in files:
        try:
            entries = read_yaml(file)
        except DataError as error:
            defects += error.defects
            continue
        if not isinstance(entries, list):
            defects.append(f"{file.name}:1: must be a list of rules")
            continue
        for entry in entries:
            rule = _rule(entry, file.name, defects)
            if rule is not None:
                if rule.id in rules:
                    defects.append(entry.at(f"the rule {rule.id} stands twice; ids are never reused"))
                rules[rule.id] = rule


@cache
def references() -> dict[str, dict[str, str]]:
    """The legal references of data/reference/legal.yaml by id, each with what it says in zh and en."""
    entries, defects = read_yaml(data_folder() / "reference" / "legal.yaml"), list[str]()
    check_unique(entries, "id", defects)
    texts = dict.fromkeys(("id", "title_zh", "title_en", "says_zh", "says_en"), str)
    for entry in entries:
        check_keys(entry, {**texts, "article": type(entry.get("article"))}, {}, defects)
    if defects:
        raise DataError(defects)
    found = {entry["id"]: dict(entry) for entry in entries}
    for name, zh, en in (
        ("arithmetic", "算术关系", "Arithmetic"),
        ("form", "部门决算公开格式", "The form of publication"),
    ):
        found[name] = {"title_zh": zh, "title_en": en, "article": "", "says_zh": "", "says_en": ""}
    return found


def reference_text(rule: Rule, lang: str) -> str:
    """The rule's legal reference in words: title and article."""
    entry = references()[rule.reference]
    title = entry[f"title_{lang}"]
    title = (
        f"《{title}》"
        if lang == "zh" and rule.reference not in ("arithmetic", "form") and "《" not in title
        else title
    )
    return f"{title}{entry['article'] or ''}" if lang == "zh" else f"{title} {entry['article'] or ''}".strip()


def _rule(entry: Any, file: str, defects: list[str]) -> Rule | None:
    if not isinstance(entry, Entry):
        defects.append(f"{file}:1: a rule must be a mapping of keys")
        return None
    kind = entry.get("kind")
    if kind not in _KEYS:
        defects.append(entry.at(f"unknown kind {kind!r}; known kinds: {', '.join(sorted(_KEYS))}"))
        return None
    before = len(defects)
    required, optional = _KEYS[kind]
    check_keys(entry, {**_COMMON, **required}, {**_OPTIONAL, **optional}, defects)
    if len(defects) > before:
        return None
    _check_values(entry, defects)
    years = re.fullmatch(r"(\d{4})?-(\d{4})?", entry.get("years", "-"))
    if years is None:
        defects.append(entry.at("'years' must be a range such as 2019-2023 or 2019-"))
    if len(defects) > before:
        return None
    assert years is not None
    parameters = {key: value for key, value in entry.items() if key not in _COMMON and key not in _OPTIONAL}
    return Rule(
        entry["id"],
        kind,
        dict(entry["label"]),
        entry["reference"],
        entry.get("section"),
        (int(years[1] or 0), int(years[2] or 9999)),
        tuple(entry.get("forms", ())),
        tuple(entry.get("documents", ())),
        entry.get("severity"),
        parameters,
    )


@cache
def _form_ids() -> frozenset[str]:
    return frozenset(entry.get("id", "") for entry in read_yaml(data_folder() / "taxonomy" / "forms.yaml"))


def _procedures(kind: str) -> type:
    """The class whose methods are the procedures of a kind; imported here, as it imports rules."""
    from helpers.checking.annex import AnnexChecks
    from helpers.checking.open_tables import OpenTableChecks
    from helpers.checking.procedures import Procedures
    from helpers.checking.published import PublishedChecks

    classes = {"performance": AnnexChecks, "published": PublishedChecks, "open_table": OpenTableChecks}
    return classes.get(kind, Procedures)


def _check_values(entry: Entry, defects: list[str]) -> None:
    if not {"zh", "en"} <= set(entry["label"]):
        defects.append(entry.at("'label' needs both zh and en"))
    if entry["reference"] not in references():
        defects.append(entry.at(f"no legal reference is called {entry['reference']!r}"))
    if entry.get("severity", "info") not in SEVERITIES:
        defects.append(entry.at(f"'severity' must be one of {', '.join(SEVERITIES)}"))
    known = {kind.key for kind in section_kinds()} | {"report"}
    if entry.get("section", "report") not in known:
        defects.append(entry.at(f"no section is called {entry['section']!r}"))
    check_names(entry, "condition", entry.get("when", ()), CONDITIONS, defects)
    check_names(entry, "form", entry.get("forms", ()), _form_ids(), defects)
    check_names(entry, "kind of document", entry.get("documents", ()), document_kinds(), defects)
    for one, other in (("left", "right"), ("bounded", "bounds")):
        if (one in entry) != (other in entry):
            defects.append(entry.at(f"{one!r} and {other!r} go together"))
    alternatives_of = {
        "tie_out": ("left", "restated", "alone"),
        "limit": ("left", "bounded"),
        "wording": ("procedure", "patterns"),
        "agree_prior_year": ("figures", "balances"),
    }
    needed = alternatives_of.get(entry["kind"])
    if needed and sum(key in entry for key in needed) != 1:
        defects.append(entry.at(f"needs exactly one of {', '.join(map(repr, needed))}"))
    if entry.get("difference", "not_tested") not in ("not_tested", "exception"):
        defects.append(entry.at("'difference' must be exception or not_tested"))
    if entry.get("difference") == "not_tested" and "because" not in entry:
        defects.append(entry.at("'difference: not_tested' needs 'because', the reason in zh and en"))
    if entry.get("formula", "growth") not in ("growth", "share", "completion", "change", "average"):
        defects.append(entry.at(f"unknown formula {entry['formula']!r}"))
    if "procedure" in entry and not hasattr(_procedures(entry["kind"]), f"_{entry['procedure']}"):
        defects.append(entry.at(f"no procedure is called {entry['procedure']!r}"))
    if entry.get("shown_as", "foot") not in {
        *(PUBLIC_KINDS.get(kind, kind) for kind in _KEYS),
        "crossfoot",
        "roll_forward",
    }:
        defects.append(entry.at(f"no kind of procedure is called {entry['shown_as']!r}"))
    if entry["kind"] == "wording" and ("patterns" in entry) != ("should" in entry):
        defects.append(entry.at("'patterns' and 'should' go together"))
    for pattern in entry.get("patterns", ()):
        compiled(entry, pattern, defects)
    selectors = [entry[key] for key in ("total", "left", "right", "unless_zero") if key in entry]
    selectors += [
        words for key in ("items", "optional", "restated", "flat", "figures") for words in entry.get(key, ())
    ]
    for parts in (entry.get("pairs", {}), entry.get("averages", {}), entry.get("alone", {})):
        selectors += [words for amount, counts in parts.items() for words in (amount, *counts)]
    selectors += [words for pair in entry.get("balances", {}).items() for words in pair]
    if ("averages" in entry) != (entry.get("formula") == "average"):
        defects.append(entry.at("'averages' and 'formula: average' go together"))
    for words in selectors:
        for choice in [] if words == "100%" else alternatives(words):
            for selector in choice:
                if selector.concept not in taxonomy().concepts:
                    defects.append(entry.at(f"no concept is called {selector.concept!r} (in {words!r})"))
                if selector.group is not None and selector.group not in GROUPS:
                    defects.append(entry.at(f"no group is called {selector.group!r} (in {words!r})"))
