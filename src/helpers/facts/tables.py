"""Reading tables by their declared forms (data/taxonomy/tables.yaml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from helpers.data import DataError, check_keys, data_folder, read_yaml
from helpers.facts.concepts import taxonomy
from helpers.facts.narrative import Reading, Subject
from helpers.reading.document import Source, Table, Text

_CODE = re.compile(r"^[\dA-Za-z]{8,}-(?:20\d\d年)?|^20\d\d年")
_AMOUNT = re.compile(r"-?(?:\d{1,3}(?:，\d{3})+|\d+)(?:\.\d+)?")


@dataclass(frozen=True)
class TableForm:
    """Column heads and the concepts of the figures below them, in the row with this label."""

    heads: dict[str, str]
    row: str
    name_row: str
    dimension: str


@cache
def table_forms() -> tuple[TableForm, ...]:
    """The table forms of the taxonomy; a concept that is not declared raises `DataError`."""
    forms, defects = [], list[str]()
    for entry in read_yaml(data_folder() / "taxonomy" / "tables.yaml"):
        required = {"id": str, "heads": dict, "row": str, "name_row": str, "dimension": str}
        check_keys(entry, required, {}, defects)
        for concept in entry.get("heads", {}).values():
            if concept not in taxonomy().concepts:
                defects.append(entry.at(f"no concept is called {concept!r}"))
        if not defects:
            forms.append(TableForm(dict(entry["heads"]), entry["row"], entry["name_row"], entry["dimension"]))
    if defects:
        raise DataError(defects)
    return tuple(forms)


def read_table(table: Table, index: int, year: int | None) -> Iterator[Reading]:
    """The figures of a table that follows a declared form; cells that hold no figure are left out."""
    for form in table_forms():
        name, columns, unit, awaited = "", dict[int, str](), "万元", False
        for number, row in enumerate(table.rows):
            words = [cell.folded for cell in row]
            if form.name_row in words:
                position = words.index(form.name_row)
                name = _CODE.sub("", words[position + 1]) if position + 1 < len(words) else ""
            if set(form.heads) <= set(words):
                columns = {words.index(head): concept for head, concept in form.heads.items()}
                unit = "元" if any("(元)" in word for word in words) else "万元"
                awaited = True
                continue
            if awaited and form.row in words:
                awaited = False
                for column, concept in columns.items():
                    if column < len(row) and _AMOUNT.fullmatch(words[column]):
                        yield _reading(
                            row[column],
                            concept,
                            form.dimension,
                            name,
                            unit,
                            year,
                            index,
                            number,
                            column,
                            table,
                        )


def _reading(
    cell: Text, concept: str, dimension: str, name: str, unit: str, year: int | None, index: int, row: int, column: int, table: Table
) -> Reading:  # fmt: skip
    folded = cell.folded
    place = cell.source(0, len(folded))
    plain = folded.replace("，", "")
    value = Decimal(plain)
    return Reading(
        Subject(concept, ((dimension, name),)),
        "amount",
        value,
        unit,
        len(plain.partition(".")[2]),
        str(year or ""),
        Source(place.line, place.start, place.end, row=row + 1, column=column + 1),
        cell.raw.strip(),
        cell.quote(0, len(folded)),
        table.section,
        index,
        "zero" if value == 0 else "reported",
    )
