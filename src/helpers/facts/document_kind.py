"""What kind of document a report is: the final accounts of a department, its “三公” page, a table, a budget, a territory's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

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
from helpers.facts.fact import SCALE
from helpers.facts.numerals import figures
from helpers.reading.document import Document, fold
from helpers.reading.outline import section_kinds

FINAL_ACCOUNTS, BUDGET = "final_accounts", "budget"
# The longest line, without a stop, that may be a title.
_TITLE = re.compile(r"[^，。；]{2,60}")
_CELL = re.compile(r"-?\d[\d，]*(?:\.\d+)?%?")
_UNITS = frozenset({*SCALE, "%"})
_UNIT_OF_ALL = re.compile(r"单位：(?:[万亿千]元|元)")
# Parts that may be no more than titles: what they list is attached.
_LISTS = frozenset({"tables", "annexes"})
_PATTERNS = ("titles", "not_titles", "words", "not_words")


@dataclass(frozen=True)
class _Sign:
    """What a document says that is of a kind; see data/taxonomy/documents.yaml."""

    titles: tuple[re.Pattern[str], ...]
    not_titles: tuple[re.Pattern[str], ...]
    words: tuple[re.Pattern[str], ...]
    not_words: tuple[re.Pattern[str], ...]
    at_least: int
    sections: frozenset[str] | None
    most_tables: int | None
    most_sentences: int

    def fits(self, said: _Said) -> bool:
        """True where all that is declared holds."""
        return (
            (not self.titles or any(p.search(title) for p in self.titles for title in said.titles))
            and not any(p.search(title) for p in self.not_titles for title in said.titles)
            and (self.sections is None or said.sections <= self.sections)
            and (self.most_tables is None or 0 < said.tables <= self.most_tables)
            and (self.most_tables is None or said.sentences <= self.most_sentences)
            and (not self.words or sum(bool(p.search(said.words)) for p in self.words) >= self.at_least)
            and not any(p.search(said.words) for p in self.not_words)
        )


@dataclass(frozen=True)
class _Said:
    """What signs are looked for in: the titles, all words, the known sections, and how many tables and sentences."""

    titles: tuple[str, ...]
    words: str
    sections: frozenset[str]
    tables: int
    sentences: int


@dataclass(frozen=True)
class _Kind:
    id: str
    label: dict[str, str]
    signs: tuple[_Sign, ...]


@cache
def _declared() -> tuple[tuple[_Kind, ...], re.Pattern[str]]:
    """The kinds in order of precedence, and the words of the domain."""
    declared: Entry = read_yaml(data_folder() / "taxonomy" / "documents.yaml")
    defects: list[str] = []
    check_keys(declared, {"domain": list, "kinds": list}, {}, defects)
    entries = declared.get("kinds", [])
    check_unique(entries, "id", defects)
    for entry in entries:
        check_keys(entry, {"id": str, "zh": str, "en": str, "signs": list}, {}, defects)
    kinds = [
        _Kind(
            entry.get("id", ""),
            {lang: entry.get(lang, "") for lang in ("zh", "en")},
            tuple(_sign(sign, defects) for sign in entry.get("signs", ())),
        )
        for entry in entries
    ]
    domain = compiled(declared, "|".join(declared.get("domain", [])), defects)
    if defects:
        raise DataError(defects)
    return tuple(kinds), domain


def _sign(entry: Entry, defects: list[str]) -> _Sign:
    numbers = {"at_least": int, "most_tables": int, "most_sentences": int}
    check_keys(entry, {}, {**dict.fromkeys(_PATTERNS, list), **numbers, "sections": list}, defects)
    check_names(entry, "section", entry.get("sections", ()), {kind.key for kind in section_kinds()}, defects)
    patterns = {key: tuple(compiled(entry, p, defects) for p in entry.get(key, ())) for key in _PATTERNS}
    return _Sign(
        **patterns,
        at_least=entry.get("at_least", 1),
        sections=frozenset(entry["sections"]) if "sections" in entry else None,
        most_tables=entry.get("most_tables"),
        most_sentences=entry.get("most_sentences", 0),
    )


def document_kind(document: Document) -> str:
    """The id of the kind of a document: `final_accounts`, `three_public`, `table`, `budget` or `government`."""
    said = _said(document)
    kinds, _ = _declared()
    return next((kind.id for kind in kinds if any(sign.fits(said) for sign in kind.signs)), kinds[-1].id)


def document_kinds() -> dict[str, dict[str, str]]:
    """What each kind is called in zh and en, by its id."""
    return {kind.id: kind.label for kind in _declared()[0]}


def titles(document: Document) -> tuple[str, ...]:
    """The first lines that may be titles, and the headings, folded."""
    first = [line for line in map(fold, document.lines) if line][:5]
    return (
        *(line for line in first if _TITLE.fullmatch(line)),
        *(section.text.folded for section in document.sections),
    )


def is_in_part(document: Document) -> bool:
    """True for a piece of a report: it has not two of the parts that all forms have, or breaks off behind a heading."""
    kinds = {kind.key for kind in section_kinds() if kind.part}
    parts = [s for s in document.sections if s.level == 0 or s.key in kinds]
    if len({part.key or str(part.text.line) for part in parts}) < 2:
        return True
    last = document.sections[-1]
    is_listed = last.level == 0 or _LISTS.intersection(last.keys)
    return not is_listed and not any(map(str.strip, document.lines[last.text.pieces[-1][0] :]))


def has_figures(document: Document) -> bool:
    """True where the words of the domain stand in a document, and an amount, a rate or a cell that is a number."""
    _, domain = _declared()
    if not any(domain.search(line) for line in map(fold, document.lines)):
        return False
    texts = [paragraph.text.folded for paragraph in document.paragraphs]
    # A unit that stands once over a list is that of all its figures.
    in_list = any(_UNIT_OF_ALL.search(text) for text in texts)
    if any(in_list or figure.unit in _UNITS for text in texts for figure in figures(text)):
        return True
    return any(
        _CELL.fullmatch(cell.folded) for table in document.tables for row in table.rows for cell in row
    )


def _said(document: Document) -> _Said:
    texts = [paragraph.text.folded for paragraph in document.paragraphs]
    cells = (cell.folded for table in document.tables for row in table.rows for cell in row)
    # A heading that is the title of a table says nothing of what is told.
    told = {section.key for section in document.sections if not section.text.folded.endswith("表")}
    return _Said(
        titles(document),
        "\n".join([*(section.text.folded for section in document.sections), *texts, *cells]),
        frozenset(key for key in told if key),
        len(document.tables),
        sum(text.count("。") for text in texts),
    )
