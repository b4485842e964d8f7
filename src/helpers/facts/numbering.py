"""The numbers that a report counts its headings, figures and list items by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from helpers.reading.document import Document, Paragraph, Section, Text, fold

_CHINESE = {char: value for value, char in enumerate("一二三四五六七八九", 1)}
_HEADING = re.compile(r"^第?([一二三四五六七八九十]+)(?:部分|[、.．])|^\(([一二三四五六七八九十]+)\)")
_CAPTION = re.compile(r"^\(?图(\d{1,2})[：:]")
_ITEM = re.compile(r"^(\d{1,2})([.、．])(?!\d)")
_SUBITEM = re.compile(r"^\((\d{1,2})(\))")


@dataclass(frozen=True, slots=True)
class Marker:
    """One number of a list: `list` tells its list from the others of the report."""

    list: str
    value: int
    text: Text
    start: int
    end: int
    section: Section | None
    block: int


def chinese_number(words: str) -> int:
    """The value of a Chinese numeral up to 99."""
    tens, has_tens, ones = words.partition("十") if "十" in words else ("", "", words)
    return (_CHINESE.get(tens, 1) * 10 if has_tens else 0) + (_CHINESE.get(ones, 0) if ones else 0)


def markers(document: Document) -> Iterator[Marker]:
    """The numbers of headings, figure captions and list items, annexes aside, in reading order by list."""
    for section in document.sections:
        if section.parent is not None and "annexes" in section.parent.keys:
            continue
        match = _HEADING.match(section.text.folded)
        if match:
            group = 1 if match.group(1) else 2
            owner = fold(section.parent.path) if section.parent else ""
            value = chinese_number(match.group(group))
            yield Marker(
                f"heading:{owner}:{section.level}", value, section.text, *match.span(group), section, -1
            )
    for index, block in enumerate(document.blocks):
        if not isinstance(block, Paragraph) or (block.section and "annexes" in block.section.keys):
            continue
        for pattern, kind in ((_CAPTION, "图"), (_ITEM, "item"), (_SUBITEM, "item")):
            match = pattern.match(block.text.folded)
            if match:
                owner = fold(block.section.path) if block.section else ""
                name = "图" if kind == "图" else f"item:{owner}:{match.group(2)}"
                yield Marker(name, int(match.group(1)), block.text, *match.span(1), block.section, index)
