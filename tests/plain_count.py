"""All numerals of a document, counted plainly: what is a year, a date, a number of a list or a document, or a code is taken away first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from helpers.reading.document import Document, Text

_NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
_AWAY = [
    # Letters stick to what is a name: B2, A4; versions and codes of more than 15 digits.
    r"[A-Za-z.][\d.,]*\d|\d[\d.,]*(?=[A-Za-z])|\d{16,}",
    # The number of a list, and one that has lost its point.
    r"(?:^|(?<=[。;:]))\(?\d{1,2}(?:[.、)](?!\d)|(?=[\u4e00-\u9fff(])(?!UNIT))",
    r"(?:(?<=[。;:]))\(?\d{1,2}[.、)](?!\d)",
    # Dates: a day, a month, a year; where a range ends; what a limit is called.
    r"\d+(?:[-—~至]\d+)?(?=[-—~至]\d+[年月日号层]|[年月日号楼层]|时许)|(?<=\d)[-—~至]\d[\d.]*",
    r"(?:19|20)\d\d(?=[-—)])|(?<=[(\-—])(?:19|20)\d\d",
    rf"(?:{_NUMBER})(?=(?:万元|元)(?:\(含\))?以[上下])",
    # The name of a table, a picture, a document.
    r"(?:附?表|图|附件|第|image|〔|财预|楼)-?\d[\d,]*(?:\.\d+)?",
    # The code of a subject with its name.
    r"(?<=\()(?:2\d\d(?:\d\d){0,2}|3[01]\d(?:\d\d)?)(?=\))|2\d\d(?:\d\d){0,2}(?=[-—]?[\u4e00-\u9fff]{3})(?!UNIT)",
]  # fmt: skip
_UNIT = "(?:台|个百分点|平方米|[万亿千]?元|万份|万|%|‰|批|人|次|个|辆|套|名|项|家|件|分|份|户|期|场|条|起|倍|枚|天|部|张|宗|团组)"
_AWAYS = [re.compile(pattern.replace("UNIT", _UNIT)) for pattern in _AWAY]
_LONE = re.compile(rf"-?(?:{_NUMBER})")


def plain_count(document: Document) -> int:
    """How many numerals a document has in its headings, paragraphs and cells."""
    return sum(len(found) for _, found in plain(document))


def plain(document: Document) -> Iterator[tuple[Text, list[str]]]:
    """The numerals of each heading, paragraph and cell."""
    for section in document.sections:
        yield section.text, in_words(section.text.raw)
    for paragraph in document.paragraphs:
        yield paragraph.text, in_words(paragraph.text.raw)
    for table in document.tables:
        numbers = {
            place
            for row, cells in enumerate(table.rows)
            for at, cell in enumerate(cells)
            if re.search("行次|编码|代码|序号|^年[份度]$", plainly(cell.raw)) and len(plainly(cell.raw)) <= 12
            for place in (range(*table.spans[row][at]) if table.spans else [at])
        }
        for row, cells in enumerate(table.rows):
            words = [plainly(cell.raw) for cell in cells]
            if next((word for word in words if word), "") in ("行次", "栏次", "栏目次"):
                continue
            for at, (cell, word) in enumerate(zip(cells, words, strict=True)):
                if not _LONE.fullmatch(word):
                    # In a cell, the number of a list begins a line, which blanks may fill.
                    lines = "\n".join(piece for _, _, piece in cell.pieces)
                    yield cell, in_words(re.sub(r"(?:\n\s*|\s{3,})(?=\d{1,2}[.．、)）]\D)", "\t", lines))
                    continue
                column = table.spans[row][at][0] if table.spans else at
                # A year or a code stands in a head or before the words of its row; elsewhere it is a number.
                leads = row < 2 or not re.search(r"\D", "".join(words[:at]))
                is_name = leads and re.fullmatch(r"(?:19|20)\d\d|[23]\d\d(?:\d\d){1,2}", word)
                yield cell, [] if word.isdigit() and (column in numbers or is_name) else [word]


def plainly(raw: str) -> str:
    """The words in one width, without blanks but with tabs."""
    return re.sub(
        r"[^\S\t]+|[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", unicodedata.normalize("NFKC", raw)
    )


def in_words(raw: str) -> list[str]:
    """The numerals of running text."""
    found = []
    for part in plainly(raw).split("\t"):
        for pattern in _AWAYS:
            part = pattern.sub("·", part)
        found += re.findall(_NUMBER, part)
    return found
