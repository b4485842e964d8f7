"""Recognising tables by their declared forms (data/taxonomy/tables.yaml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from helpers.data import DataError, check_keys, check_unique, compiled, data_folder, read_yaml
from helpers.reading.document import Table, Text


@dataclass(frozen=True)
class TableForm:
    """A kind of table: what its column heads say, by column name."""

    id: str
    heads: dict[str, re.Pattern[str]]
    required: frozenset[str]
    carry: frozenset[str]


@dataclass(frozen=True)
class Row:
    """One row of a recognised table: its cells by column name; a carried cell stands for a merged one."""

    cells: dict[str, Text]
    texts: tuple[Text, ...]
    number: int

    def words(self, column: str) -> str:
        """The folded text of a cell, "" where the row has none."""
        cell = self.cells.get(column)
        return cell.folded if cell is not None else ""

    def own(self, column: str) -> Text | None:
        """The cell where it is the row's own, not carried down from a merged one."""
        cell = self.cells.get(column)
        return cell if any(cell is text for text in self.texts) else None


@dataclass(frozen=True)
class Grid:
    """A recognised part of a table: its form, the cells of its head, its rows, and the number of its first row.

    `unread` are the first cells of rows that are not as wide as the head: what their cells are cannot be told.
    """

    form: str
    head: tuple[Text, ...]
    rows: tuple[Row, ...]
    first: int
    unread: tuple[Text, ...]


@cache
def table_forms() -> tuple[TableForm, ...]:
    """The table forms of the taxonomy; a column that is required or carried and has no head raises `DataError`."""
    forms, defects = [], list[str]()
    entries = read_yaml(data_folder() / "taxonomy" / "tables.yaml")
    check_unique(entries, "id", defects)
    for entry in entries:
        check_keys(entry, {"id": str, "heads": dict, "required": list, "carry": list}, {}, defects)
        for column in [*entry.get("required", ()), *entry.get("carry", ())]:
            if column not in entry.get("heads", {}):
                defects.append(entry.at(f"the column {column!r} has no head"))
        heads = {
            column: compiled(entry, pattern, defects) for column, pattern in entry.get("heads", {}).items()
        }
        if not defects:
            forms.append(
                TableForm(entry["id"], heads, frozenset(entry["required"]), frozenset(entry["carry"]))
            )
    if defects:
        raise DataError(defects)
    return tuple(forms)


def grids(table: Table) -> Iterator[Grid]:
    """The parts of a table that follow a declared form, in order."""
    position = 0
    while position < len(table.rows):
        found = _head(table, position)
        if found is None:
            position += 1
            continue
        form, columns, head, start = found
        end = start
        while end < len(table.rows) and _belongs(table, end, head):
            end += 1
        read, unread = list[int](), list[Text]()
        for number in range(start, end):
            row = table.rows[number]
            if _is_readable(row, form, head):
                read.append(number)
            else:
                unread.append(row[0])
        yield Grid(form.id, head, tuple(_rows(table, form, columns, read)), position, tuple(unread))
        position = end


def _is_readable(row: tuple[Text, ...], form: TableForm, head: tuple[Text, ...]) -> bool:
    """True where the cells of a row stand below the heads; a rating table splits cells below one head."""
    if not any(cell.folded for cell in row):
        return True
    return len(row) >= len(head) if form.id == "rating" else len(row) == len(head)


def _head(table: Table, position: int) -> tuple[TableForm, dict[str, int], tuple[Text, ...], int] | None:
    """(form, column positions, head cells, first row below) where a head stands at `position`: one row, or two."""
    one = table.rows[position]
    # Heads are short; a row of prose or figures is none.
    if sum(bool(_HEAD_WORDS.search(cell.folded)) for cell in one) < 2:
        return None
    tries = [(list(one), position + 1)]
    # A second row may be blank, or hold the heads below a merged one.
    for below in range(position + 1, min(position + 4, len(table.rows))):
        two = table.rows[below]
        if any(cell.folded for cell in two):
            if len(two) > len(one):
                tries.append((_merged(one, two), below + 1))
            break
    for cells, start in tries:
        for form in table_forms():
            columns = {
                column: index
                for column, pattern in form.heads.items()
                for index, cell in reversed(list(enumerate(cells)))
                if pattern.search(cell.folded)
            }
            if form.required <= columns.keys() and len(set(columns.values())) == len(columns):
                return form, columns, tuple(cells), start
    return None


def _merged(one: tuple[Text, ...], two: tuple[Text, ...]) -> list[Text]:
    """The heads of two rows as one: where the lower is blank the upper goes down, a run of lower ones is below one."""
    upper = iter(one)
    cells: list[Text] = []
    in_run = False
    for cell in two:
        if cell.folded:
            if not in_run:
                next(upper, None)
            in_run = True
            cells.append(cell)
        else:
            in_run = False
            cells.append(next(upper, cell))
    return cells


_HEAD_WORDS = re.compile(r"指标|权重|分值|得分|预算|执行|标准|方法|解释")
_END = re.compile(r"^(?:合计|总计|总分|评价结论|存在问题|改进措施|项目名称|项目负责人|部门预算项目|注：)")


def _belongs(table: Table, position: int, head: tuple[Text, ...]) -> bool:
    """True while a row goes on with the table below a head."""
    row = table.rows[position]
    first = next((cell.folded for cell in row if cell.folded), "")
    return not _END.match(first) and (position == 0 or _head(table, position) is None)


def _rows(table: Table, form: TableForm, columns: dict[str, int], numbers: list[int]) -> Iterator[Row]:
    carried: dict[str, Text] = {}
    last = max(columns, key=lambda column: columns[column])
    for number in numbers:
        row = table.rows[number]
        cells: dict[str, Text] = {}
        for column, index in columns.items():
            # A row may be wider than its head where cells below one head are split: the last column stays last.
            if column == last and len(row) > 1:
                index = index if index < len(row) and len(row) <= index + 1 else len(row) - 1
            if index < len(row):
                cells[column] = row[index]
        # Outer columns first: a new group ends the groups inside the one before.
        for column in sorted(form.carry & columns.keys(), key=lambda column: columns[column]):
            if cells.get(column) is not None and cells[column].folded:
                carried[column] = cells[column]
                for later in [c for c in form.carry & carried.keys() if columns[c] > columns[column]]:
                    carried.pop(later, None)
        for column in form.carry:
            if column in carried:
                cells[column] = carried[column]
        yield Row(cells, row, number)
