"""Which line is a heading, at which level, and what its section is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from helpers.data import DataError, check_keys, check_names, compiled, data_folder, read_yaml
from helpers.reading.document import Section, Text

_NUMERALS = "一二三四五六七八九十百"
_PART = re.compile(rf"^第[{_NUMERALS}]+部分[：:、]?(.*)$")
_LEVELS = (
    (1, re.compile(rf"^([{_NUMERALS}]+)[、.．](.+)$")),
    (2, re.compile(rf"^\(([{_NUMERALS}]+)\)[、.]?(.+)$")),
)
# What no title has; a line that ends in the middle of a statement is none either.
_SENTENCE = re.compile(
    r"[。；！]|[：，]指|是指|：反映|\d(?:万|元|%)|[：，].*[：，]|(?:\d|为|占|达|较|比|与)$"
)
_TITLE_LENGTH = 45


@dataclass(frozen=True)
class SectionKind:
    """A section that the forms know: how its title reads, and within which parts it stands."""

    key: str
    titles: tuple[re.Pattern[str], ...]
    label: dict[str, str]
    within: frozenset[str]
    part: bool
    level: int


@cache
def section_kinds() -> tuple[SectionKind, ...]:
    """The section kinds of data/taxonomy/sections.yaml, in order of precedence."""
    kinds, defects = [], list[str]()
    entries = read_yaml(data_folder() / "taxonomy" / "sections.yaml")
    known = {entry.get("key") for entry in entries}
    for entry in entries:
        check_names(entry, "section", entry.get("within", ()), known, defects)
        titles = tuple(compiled(entry, title, defects) for title in entry.get("titles", ()))
        check_keys(
            entry,
            {"key": str, "titles": list, "zh": str, "en": str},
            {"within": list, "part": bool, "level": int},
            defects,
        )
        if not defects:
            kinds.append(
                SectionKind(
                    entry["key"],
                    titles,
                    {"zh": entry["zh"], "en": entry["en"]},
                    frozenset(entry.get("within", ())),
                    entry.get("part", False),
                    entry.get("level", 0),
                )
            )
    if defects:
        raise DataError(defects)
    return tuple(kinds)


# Titles within these parts read like the narrative's and mean something else: they are not looked up.
_CLOSED = frozenset({"annexes", "tables", "glossary"})


class Outline:
    """The sections met so far; `heading` recognises the next one."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self._open: list[Section] = []

    @property
    def current(self) -> Section | None:
        """The section that a paragraph met now belongs to."""
        return self._open[-1] if self._open else None

    def heading(self, text: Text) -> bool:
        """True where `text` is a heading, which is then the current section; a run-in heading is not one."""
        level, title = heading_parts(text.folded)
        if level is None:
            return False
        self.open(text, level, title)
        return True

    def open(self, text: Text, level: int, title: str) -> None:
        """Make `text` the heading of a new current section."""
        while self._open and self._open[-1].level >= level:
            self._open.pop()
        key = self._key(title, level)
        section = Section(text.raw.strip(), level, key, text, self.current)
        self._open.append(section)
        self.sections.append(section)

    def _key(self, title: str, level: int) -> str | None:
        keys = self.current.keys if self.current else ()
        if _CLOSED.intersection(keys):
            return None
        for kind in section_kinds():
            if kind.part and level > kind.level:
                continue
            if kind.within and not kind.within.intersection(keys):
                continue
            if any(pattern.search(title) for pattern in kind.titles):
                return kind.key
        return None


def is_title(folded: str) -> bool:
    """True for words that may be the title of a part on a line of its own; that of one table is none."""
    is_short = 1 < len(folded) <= _TITLE_LENGTH and not _SENTENCE.search(folded)
    return is_short and heading_parts(folded)[0] is None and not re.search("(?:收入|支出|经费).*表", folded)


def heading_parts(folded: str) -> tuple[int | None, str]:
    """(level, title) of a heading line: 0 第一部分, 1 一、, 2 （一）; (None, "") where it is none."""
    part = _PART.match(folded)
    if part and len(folded) <= _TITLE_LENGTH + 20 and not _SENTENCE.search(part.group(1)):
        return 0, part.group(1)
    for level, pattern in _LEVELS:
        match = pattern.match(folded)
        if match:
            title = match.group(2).rstrip("。：")
            if len(title) <= _TITLE_LENGTH and not _SENTENCE.search(title):
                return level, title
    return None, ""
