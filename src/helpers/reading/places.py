"""Where a person finds a place of a report: the line of a text, the page of a PDF, the cell of a table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from helpers.reading.document import Document, Place, Source

Words = dict[str, str]


def where(document: Document, at: Source | int) -> Words:
    """The place of a source or of a line (from 1) in zh and en, as a person looks it up in the file.

    第439行 of a text, 第18页第4行第2列 of a PDF's table, 收入决算表!C7 of a workbook.  In a report made of several files,
    those after the first are named.
    """
    around, within = _parts(document, at)
    return {"zh": around["zh"] + within["zh"], "en": _comma(around["en"], within["en"])}


def wheres(document: Document, lines: Iterable[int]) -> list[tuple[int, Words]]:
    """The places of lines, each once and with its first line; what the one before has in common is not said again."""
    found: list[tuple[int, Words]] = []
    said: set[str] = set()
    before = {"zh": "", "en": ""}
    for line in lines:
        whole = where(document, line)
        if whole["zh"] in said:
            continue
        said.add(whole["zh"])
        around, within = _parts(document, line)
        found.append((line, within if around == before and within["zh"] else whole))
        before = around
    return found


def division(document: Document, line: int) -> Words:
    """The part of the file that a line stands in, as a page or a sheet; empty where the file has no such parts."""
    return place_name(document.place(line))


def place_name(place: Place) -> Words:
    """The page or sheet of a place; empty where its file has no such parts."""
    if place.page:
        found = {"zh": f"第{place.page}页", "en": f"p. {place.page}"}
    elif place.is_sheet:
        found = {"zh": f"工作表“{place.table}”", "en": f"sheet “{place.table}”"}
    else:
        found = {"zh": "", "en": ""}
    if place.file:
        found = {lang: " · ".join(filter(None, (place.file, words))) for lang, words in found.items()}
    return found


def column_name(number: int) -> str:
    """The letters of a workbook's column, from 1: C of 3, AA of 27."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _parts(document: Document, at: Source | int) -> tuple[Words, Words]:
    """The page, table or sheet of a place, and where in it; either may be empty."""
    source = at if isinstance(at, Source) else Source(at, 0, 0)
    place = document.place(source.line)
    file = place.file if place.file and place.file != document.place(1).file else ""
    if place.is_sheet:
        within = f"{column_name(place.column or 1)}{place.row}" if place.row else ""
        around = _sheet(place.table or "") + ("!" if within else "")
        return _named(file, {"zh": around, "en": around}), {"zh": within, "en": within}
    if place.page:
        return _named(file, {"zh": f"第{place.page}页", "en": f"p. {place.page}"}), _cell(place)
    if place.table:
        title = (f"表{place.table}", f"table {place.table}") if place.table.isdigit() else (f"《{place.table}》", f"“{place.table}”")  # fmt: skip
        return _named(file, dict(zip(("zh", "en"), title, strict=True))), _cell(place)
    if place.paragraph:
        return _named(file, {"zh": "", "en": ""}), {
            "zh": f"第{place.paragraph}段", "en": f"paragraph {place.paragraph}",
        }  # fmt: skip
    line = place.line or source.line
    return _named(file, {"zh": "", "en": ""}), {"zh": f"第{line}行", "en": f"line {line}"}


def _named(file: str, words: Words) -> Words:
    """The words with the name of the file before them, where it is to be named."""
    return {"zh": f"{file} {words['zh']}", "en": _comma(file, words["en"])} if file else words


def _cell(place: Place) -> Words:
    if not place.row:
        return {"zh": "", "en": ""}
    if not place.column:
        return {"zh": f"第{place.row}行", "en": f"row {place.row}"}
    return {"zh": f"第{place.row}行第{place.column}列", "en": f"row {place.row}, column {place.column}"}


def _sheet(name: str) -> str:
    """A sheet's name as a workbook's formula writes it."""
    return name if re.fullmatch(r"\w+", name) else "'" + name.replace("'", "''") + "'"


def _comma(before: str, after: str) -> str:
    """Two parts of a place in English: `sheet!C7` has no comma."""
    return f"{before}{'' if before.endswith('!') else ', '}{after}" if before and after else before + after
