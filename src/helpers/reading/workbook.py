"""Reading a workbook: a sheet is a table, with its title lines before it and its notes after it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from helpers.reading import xls, xlsx
from helpers.reading.assemble import assemble
from helpers.reading.cells import MAX_CELLS, Sheet
from helpers.reading.document import Document, Place, ReportError, Table, Text, Unread, fold

_NUMBER = re.compile(r"[-+]?[\d，]*\.?\d+%?")
# Above a table, in one line or in cells side by side: the form's number, the department, the unit of the amounts.
_CAPTION = re.compile(
    r"^\(?(?:财决|公开|附)+\w{0,6}表(?:\d|\)?$)|^(?:填报|编制)?(?:部门|单位)(?:名称|\(单位\)|\(公章\))?："
    r"|^\(?(?:金额)?单位：?(?:人民币)?[百千万亿]*元"
)
_NOTE = re.compile(r"^\(?(?:注|说明|备注|附注)(?:\d*[：:.、]|$)|^[※*★]|^本表|。$")


def read(content: bytes, name: str) -> Document:
    """The document of an XLSX, XLSM or XLS workbook; `ReportError` where no sheet of it can be read."""
    reader = xlsx if content.startswith(b"PK") else xls
    pages = _Pages()
    for sheet in reader.sheets(content, name):
        pages.add(sheet)
    if not pages.lines:
        if pages.unread:
            first = pages.unread[0]
            raise ReportError(f"{name}: {first.where['en']} {first.why['en']}; no other sheet holds anything")
        raise ReportError(f"{name}: no sheet holds anything; save the tables in it")
    return assemble(pages.lines, pages.tables, pages.places, frozenset(pages.starts), pages.unread)


@dataclass
class _Pages:
    """The lines of the sheets so far, the places of them, and which of them are tables."""

    lines: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    starts: set[int] = field(default_factory=set)
    tables: dict[int, tuple[Table, int]] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def add(self, sheet: Sheet) -> None:
        """Add a sheet, or say why it was not read; one that is blank has nothing to say."""
        if sheet.is_hidden and (sheet.cells or sheet.is_too_big):
            self._leave_out(sheet, "是隐藏的", "is hidden")
        elif sheet.is_too_big:
            self._leave_out(sheet, "内容太多", "holds too much")
        elif sheet.cells:
            grid = _Grid(sheet)
            if len(self.lines) + grid.size > MAX_CELLS:
                last = max(sheet.cells)[0]
                self._leave_out(sheet, f"太大，直到第{last}行", f"is too big, it reaches to row {last}")
                return
            self._add(sheet, grid)
        if sheet.uncalculated and not sheet.is_hidden:
            row, column = sheet.uncalculated[0]
            self._leave_out(
                sheet,
                f"第{row}行第{column}列等{len(sheet.uncalculated)}个公式没有保存结果",
                f"has {len(sheet.uncalculated)} formulas without a stored result, the first in row {row}, column {column}",
            )

    def _leave_out(self, sheet: Sheet, zh: str, en: str) -> None:
        where = {"zh": f"工作表“{sheet.name}”", "en": f"sheet “{sheet.name}”"}
        self.unread.append(Unread(where, {"zh": zh, "en": en}, len(self.lines) + 1))

    def _add(self, sheet: Sheet, grid: _Grid) -> None:
        if not grid.titles:
            self._line(sheet.name, Place(table=sheet.name, is_sheet=True), starts=True)
        self._paragraphs(sheet, grid, grid.titles)
        if grid.rows:
            self._table(sheet, grid)
        self._paragraphs(sheet, grid, grid.notes)

    def _line(self, text: str, place: Place, starts: bool = False) -> None:
        if starts:
            self.starts.add(len(self.lines))
        self.lines.append(text)
        self.places.append(place)

    def _paragraphs(self, sheet: Sheet, grid: _Grid, rows: Iterable[int]) -> None:
        for row in rows:
            for column in grid.filled[row]:
                place = Place(table=sheet.name, row=row, column=column, is_sheet=True)
                self._line(sheet.cells[row, column], place, starts=True)

    def _table(self, sheet: Sheet, grid: _Grid) -> None:
        first = len(self.lines)
        texts: list[tuple[Text, ...]] = []
        spans: list[tuple[tuple[int, int], ...]] = []
        for row, cells in zip(grid.rows, grid.cells(), strict=True):
            in_row = []
            for start, _, text in cells:
                column = grid.columns[start]
                self._line(text, Place(table=sheet.name, row=row, column=column, is_sheet=True))
                in_row.append(Text(((len(self.lines), 0, text),)))
            texts.append(tuple(in_row))
            spans.append(tuple((start, end) for start, end, _ in cells))
        self.tables[first] = Table(tuple(texts), spans=tuple(spans)), len(self.lines)


class _Grid:
    """The rows of a sheet: titles, those of its table, and notes; of blank ones that follow each other one stands.

    `columns` are those of the table, likewise.  `filled` has for each row the columns of its cells that are not blank.
    """

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self.filled: dict[int, list[int]] = {}
        for row, column in sorted(sheet.cells):
            self.filled.setdefault(row, []).append(column)
        rows = list(self.filled)
        top, end = self._table(rows)
        self.titles, self.notes = rows[:top], rows[end:]
        self.rows = _with_gaps(rows[top:end])
        self.columns = _with_gaps(sorted({column for row in rows[top:end] for column in self.filled[row]}))

    @property
    def size(self) -> int:
        """How many lines the sheet comes to."""
        around = sum(len(self.filled[row]) for row in (*self.titles, *self.notes))
        return len(self.rows) * len(self.columns) + around

    def _table(self, rows: Sequence[int]) -> tuple[int, int]:
        """Where the table begins and ends among the rows that hold something."""
        top = 0
        while top < len(rows) and self._is_title(rows[top]):
            top += 1
        end = at = len(rows)
        while at > top and self._is_single(rows[at - 1]):
            at -= 1
            if _NOTE.search(self._folded(rows[at])[0]):
                end = at
        return top, end

    def _folded(self, row: int) -> list[str]:
        return [fold(self._sheet.cells[row, column]) for column in self.filled[row]]

    def _is_single(self, row: int) -> bool:
        """True where a row holds one text and nothing else."""
        texts = self._folded(row)
        return len(texts) == 1 and not _NUMBER.fullmatch(texts[0])

    def _is_title(self, row: int) -> bool:
        return self._is_single(row) or any(_CAPTION.search(text) for text in self._folded(row))

    def cells(self) -> Iterator[list[tuple[int, int, str]]]:
        """The cells of each row of the table: first column, from 0, the one after the last, and the text."""
        merged = self._merged()
        for row in self.rows:
            found: list[tuple[int, int, str]] = []
            at = 0
            while at < len(self.columns):
                end, is_first = merged.get((row, at), (at + 1, True))
                text = self._sheet.cells.get((row, self.columns[at]), "") if is_first else ""
                found.append((at, end, text))
                at = end
            yield found

    def _merged(self) -> dict[tuple[int, int], tuple[int, bool]]:
        """By row and first column of the table, the column after a merged cell, and whether it begins in that row."""
        found: dict[tuple[int, int], tuple[int, bool]] = {}
        taken: set[tuple[int, int]] = set()
        left = self.size
        for top, first, bottom, last in self._sheet.merged:
            start, end = bisect_left(self.columns, first), bisect_right(self.columns, last)
            here = self.rows[bisect_left(self.rows, top) : bisect_right(self.rows, bottom)]
            # Merged cells do not overlap; where a damaged file says so, the first counts.
            left -= len(here) * max(0, end - start)
            if left < 0:
                break
            places = [(row, column) for row in here for column in range(start, end)]
            if places and taken.isdisjoint(places):
                taken.update(places)
                found.update({(row, start): (end, row == top) for row in here})
        return found


def _with_gaps(filled: Iterable[int]) -> list[int]:
    """The numbers, and of each run that is left out between them the first."""
    found: list[int] = []
    for number in filled:
        before = found[-1] if found else 0
        if found and number > before + 1:
            found.append(before + 1)
        found.append(number)
    return found
