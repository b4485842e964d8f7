"""Reading a text report: decoding, headings, paragraphs, and tables of tab-led lines."""

from __future__ import annotations

import re
from pathlib import Path

from helpers.reading.document import Document, Paragraph, Table, Text, fold
from helpers.reading.outline import Outline, heading_parts

MAX_BYTES = 20_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_CONTENTS_TAIL = re.compile(r"(?:[.…·\-]{2,}|PAGEREF).*$|\(?\d{1,3}\)?$")
_ENDS = re.compile(r"[。！？…」]$|^\(图.*\)$")
_ITEM = re.compile(r"^(?:\d{1,2}[.、．)](?!\d)|\(\d{1,2}\)|[①-⑳]|注：|\(图|图\d|\[image)")
_CONTINUES = re.compile(r"^(?:\((?:款|项|类)\)|[，。、；：%)])")


class ReportError(Exception):
    """A report cannot be read; the message says what, where and what to do."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a report file; `ReportError` where there is none to read."""
    if path.is_dir():
        raise ReportError(f"{path}: is a folder, not a report; name a file in it")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; not a text report")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ReportError(f"{path}: no such file; check the name") from error
    except OSError as error:
        raise ReportError(
            f"{path}: cannot be read ({error.strerror}); check the file's permissions"
        ) from error
    if not content.strip():
        raise ReportError(f"{path}: is empty; save the report's text in it")
    return content


def decode(content: bytes, name: str) -> str:
    """The text of `content`, which is UTF-8 (with or without BOM) or GB18030; else `ReportError`."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _CONTROL.search(text):
            break
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise ReportError(f"{name}: is not text in UTF-8 or GB18030; save the report as UTF-8 text")


def parse(text: str) -> Document:
    """The document of a text report: one paragraph a line (lines broken inside a sentence are joined)."""
    lines = tuple(text.split("\n"))
    outline = Outline()
    blocks: list[Paragraph | Table] = []
    start, contents = _contents(lines)
    number = start
    while number < len(lines):
        line = lines[number]
        if line.startswith("\t"):
            table, number = _table(lines, number)
            blocks.append(Table(table, outline.current))
            continue
        if line.strip():
            paragraph, number = _paragraph(lines, number)
            heading = paragraph.pieces[0]
            if not outline.heading(Text((heading,)) if len(paragraph.pieces) > 1 else paragraph):
                blocks.append(Paragraph(paragraph, outline.current))
            continue
        number += 1
    return Document(lines, tuple(blocks), tuple(outline.sections), contents)


def _contents(lines: tuple[str, ...]) -> tuple[int, tuple[Text, ...]]:
    """Where the body begins, and the entries of a 目录 before it."""
    for number, line in enumerate(lines[:200]):
        if fold(line) != "目录":
            continue
        entries: list[tuple[int, str]] = []
        for following in range(number + 1, len(lines)):
            folded = _CONTENTS_TAIL.sub("", fold(lines[following]))
            if not folded:
                continue
            if entries and folded == entries[0][1]:
                return following, tuple(Text(((n + 1, 0, lines[n]),)) for n, _ in entries)
            if heading_parts(folded)[0] is None and len(folded) > 60:
                break
            entries.append((following, folded))
    return 0, ()


def _paragraph(lines: tuple[str, ...], number: int) -> tuple[Text, int]:
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
        if after >= len(lines) or lines[after].startswith("\t"):
            break
        next_folded = fold(lines[after])
        if after > following and not _CONTINUES.match(next_folded):
            break
        if after == following and not _is_wrapped(lines, number, after, next_folded):
            break
        pieces.append((after + 1, 0, lines[after]))
        folded, following = next_folded, after + 1
    return Text(tuple(pieces)), following


def _is_wrapped(lines: tuple[str, ...], first: int, after: int, next_folded: str) -> bool:
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


def _table(lines: tuple[str, ...], number: int) -> tuple[tuple[tuple[Text, ...], ...], int]:
    """The rows of the table that begins at line index `number`, and the index after it.

    A word processor's text export puts a cell on a line, led by a tab, and a blank line between rows; a line
    without a tab goes on with the cell before it, blank lines in that cell included.
    """
    rows: list[list[list[tuple[int, int, str]]]] = [[]]
    blanks = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("\t"):
            if blanks and rows[-1]:
                rows.append([])
            rows[-1].append([(number + 1, 1, line[1:])])
            blanks = 0
        elif not line.strip():
            blanks += 1
        elif blanks <= 1 and rows[-1] and _cell_goes_on(lines, number):
            rows[-1][-1].append((number + 1, 0, line))
            blanks = 0
        else:
            break
        number += 1
    return tuple(tuple(Text(tuple(cell)) for cell in row) for row in rows if row), number


def _cell_goes_on(lines: tuple[str, ...], number: int) -> bool:
    """True where the line without a tab at `number` is followed, within its cell, by the next cell."""
    blanks = 0
    for following in range(number + 1, min(number + 12, len(lines))):
        if lines[following].startswith("\t"):
            return blanks == 0
        blanks = 0 if lines[following].strip() else blanks + 1
        if blanks > 1:
            return False
    return False
