"""From lines and tables to a document: contents, paragraphs of broken lines, headings and sections."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from helpers.reading.document import Document, Paragraph, Place, Table, Text, Unread, fold
from helpers.reading.outline import Outline, heading_parts, is_title

_CONTENTS_TAIL = re.compile(r"(?:[.…·\-]{2,}|PAGEREF).*$|\(?\d{1,3}\)?$")
_ENDS = re.compile(r"[。！？…」]$|^\(图.*\)$")
_ITEM = re.compile(r"^(?:\d{1,2}[.、．)](?!\d)|\(\d{1,2}\)|[①-⑳]|注：|\(图|图\d|\[image)")
_CONTINUES = re.compile(r"^(?:\((?:款|项|类)\)|[，。、；：%)])")


def assemble(
    lines: Sequence[str],
    tables: Mapping[int, tuple[Table, int]],
    places: Sequence[Place] = (),
    starts: frozenset[int] | None = None,
    unread: Sequence[Unread] = (),
) -> Document:
    """The document of a file's lines.

    `tables` has the tables by the index of their first line, each with the index after its last line.  `starts` are
    the indices of the lines that begin a paragraph, where the layout tells them; else the words do, and a line that
    is broken inside a sentence is joined to the next.
    """
    outline = Outline()
    blocks: list[Paragraph | Table] = []
    number, contents = _contents(lines, tables)
    while number < len(lines):
        if number in tables:
            table, number = tables[number]
            blocks.append(replace(table, section=outline.current))
        elif lines[number].strip():
            if starts is None:
                paragraph, number = _paragraph(lines, tables, number)
                heading = Text(paragraph.pieces[:1])
            else:
                paragraph, number = _laid_out(lines, tables, starts, number)
                heading = paragraph
            if heading_parts(heading.folded) == (0, ""):
                heading, number = _with_title(heading, lines, tables, number)
            if not outline.heading(heading):
                blocks.append(Paragraph(paragraph, outline.current))
        else:
            number += 1
    sections = tuple(outline.sections)
    return Document(tuple(lines), tuple(blocks), sections, contents, tuple(places), tuple(unread))


def _laid_out(
    lines: Sequence[str], tables: Mapping[int, tuple[Table, int]], starts: frozenset[int], number: int
) -> tuple[Text, int]:
    """The paragraph that begins at line index `number`, up to the next that begins one, and the index after it."""
    pieces: list[tuple[int, int, str]] = []
    while number < len(lines) and number not in tables and not (pieces and number in starts):
        if lines[number].strip():
            pieces.append((number + 1, 0, lines[number]))
        number += 1
    return Text(tuple(pieces)), number


def _with_title(
    heading: Text, lines: Sequence[str], tables: Mapping[int, tuple[Table, int]], number: int
) -> tuple[Text, int]:
    """The heading of a part whose title stands on the next line (第一部分 / 某局概况), and the index after it."""
    after = _next_line(lines, number)
    if after is None or after in tables or not is_title(fold(lines[after])):
        return heading, number
    return Text((*heading.pieces, (after + 1, 0, lines[after]))), after + 1


def _next_line(lines: Sequence[str], number: int) -> int | None:
    """The index of the first line from `number` on that is not blank."""
    return next((n for n in range(number, len(lines)) if lines[n].strip()), None)


def _contents(lines: Sequence[str], tables: Mapping[int, tuple[Table, int]]) -> tuple[int, tuple[Text, ...]]:
    """Where the body begins, and the entries of a 目录 before it; what stands in a table is no entry."""
    inside = frozenset(number for first, (_, end) in tables.items() for number in range(first, end))
    for number, line in enumerate(lines[:200]):
        if fold(line) != "目录" or number in inside:
            continue
        entries: list[tuple[int, str]] = []
        for following in range(number + 1, len(lines)):
            folded = _CONTENTS_TAIL.sub("", fold(lines[following]))
            if not folded or following in inside:
                continue
            if entries and entries[0][1] in (folded, _whole_heading(folded, lines, following)):
                return following, tuple(Text(((n + 1, 0, lines[n]),)) for n, _ in entries)
            if heading_parts(folded)[0] is None and len(folded) > 60:
                break
            entries.append((following, folded))
    return 0, ()


def _whole_heading(folded: str, lines: Sequence[str], number: int) -> str:
    """The words of the heading at line index `number` with the title on the next line, where it has none itself."""
    after = _next_line(lines, number + 1) if heading_parts(folded) == (0, "") else None
    return folded if after is None else folded + fold(lines[after])


def continues(folded: str) -> bool:
    """True for the words of a line that cannot begin a paragraph."""
    return _CONTINUES.match(folded) is not None


def is_item(folded: str) -> bool:
    """True for the words of a line that begin with the marker of a list."""
    return _ITEM.match(folded) is not None


def _paragraph(
    lines: Sequence[str], tables: Mapping[int, tuple[Table, int]], number: int
) -> tuple[Text, int]:
    """The paragraph that begins at line index `number`, and the index after it."""
    pieces = [(number + 1, 0, lines[number])]
    folded = fold(lines[number])
    following = number + 1
    bracketed = 0
    while heading_parts(folded)[0] is None:
        bracketed += folded.count("(") - folded.count(")")
        # A sentence may end inside a bracket; the paragraph does not.
        if _ENDS.search(folded) and bracketed <= 0:
            break
        after = following
        while after < len(lines) and not lines[after].strip():
            after += 1
        if after >= len(lines) or after in tables:
            break
        next_folded = fold(lines[after])
        if after > following and not _CONTINUES.match(next_folded):
            break
        if after == following and not _is_wrapped(lines, number, after, next_folded):
            break
        pieces.append((after + 1, 0, lines[after]))
        folded, following = next_folded, after + 1
    return Text(tuple(pieces)), following


def _is_wrapped(lines: Sequence[str], first: int, after: int, next_folded: str) -> bool:
    """True where line `after` goes on with the sentence of the line before it."""
    if _CONTINUES.match(next_folded):
        return True
    if (
        _ITEM.match(next_folded)
        or heading_parts(next_folded)[0] is not None
        or _ITEM.match(fold(lines[first]))
    ):
        return bool(_ITEM.match(fold(lines[first]))) and not (
            _ITEM.match(next_folded) or heading_parts(next_folded)[0] is not None
        )
    return len(lines[after - 1].strip()) >= 20
