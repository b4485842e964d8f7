"""Rules against facts: one result for each applicable rule and context."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from helpers.checking.annex import AnnexChecks
from helpers.checking.bind import Binder
from helpers.checking.facts_index import FactsIndex
from helpers.checking.open_tables import OpenTableChecks
from helpers.checking.procedures import Procedures
from helpers.checking.published import PublishedChecks
from helpers.checking.result import Result
from helpers.checking.rules import Rule
from helpers.checking.years import YearChecks
from helpers.data import DataError, check_keys, check_unique, compiled, data_folder, read_yaml
from helpers.facts.document_kind import document_kind
from helpers.facts.extract import Extract
from helpers.reading.document import Document, fold


@cache
def _forms() -> list[tuple[str, list[re.Pattern[str]]]]:
    entries, defects = read_yaml(data_folder() / "taxonomy" / "forms.yaml"), list[str]()
    check_unique(entries, "id", defects)
    forms = []
    for entry in entries:
        check_keys(entry, {"id": str, "zh": str, "en": str, "signs": list}, {}, defects)
        forms.append(
            (entry.get("id", ""), [compiled(entry, sign, defects) for sign in entry.get("signs", ())])
        )
    if defects:
        raise DataError(defects)
    return forms


def form_of(document: Document) -> str:
    """The regional form that a report follows, told by its titles; "national" where none is."""
    titles = [section.text.folded for section in document.sections] + [fold(t.raw) for t in document.contents]
    for form, signs in _forms():
        if all(any(sign.search(title) for title in titles) for sign in signs):
            return form
    return "national"


def check(
    document: Document,
    extract: Extract,
    rules: Iterable[Rule],
    others: Mapping[str, Extract] | None = None,
) -> tuple[Result, ...]:
    """The results of all rules, in the order of the rules; each rule has at least one.

    `others` are the reports that this one is held against, by role (`prior`, `budget`), if they are at hand.
    """
    form, kind = form_of(document), document_kind(document)
    index = FactsIndex(extract)
    binds = {
        **Binder(extract, index, document).bind,
        **Procedures(document, extract, index, form).bind,
        "performance": AnnexChecks(document, extract, index).bind,
        **YearChecks(extract, index, others or {}).bind,
        "published": PublishedChecks(document, extract, index).bind,
        "open_table": OpenTableChecks(extract, index).bind,
    }
    results: list[Result] = []
    for rule in rules:
        if not rule.applies(extract.year, form) or not rule.is_of(kind):
            continue
        results.extend(binds[rule.kind](rule))
    return tuple(results)
