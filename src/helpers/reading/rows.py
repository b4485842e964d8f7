"""Tables in text whose rows are lines: cells parted by tabs, by pipes, or by blanks that align them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from helpers.reading.document import Table, Text, fold

_NUMBER = re.compile(r"-?(?:\d{1,3}(?:，\d{3})+|\d+)(?:\.\d+)?%?")
_NO_AMOUNT = re.compile(r"(?:19|20)\d\d|[—–-]*")
_PIPE = re.compile("[|｜│┃]")
_RULE = re.compile(r"^[\s|｜│┃+:=—–\-┌┬┐├┼┤└┴┘─━┏┳┓┣╋┫┗┻┛]*$")
_WIDE = re.compile(r"[ \u3000\u00a0]{2,}")
_FORM = re.compile("科目|合计|结转|收入|支出|预算|决算")
# 单位：万元, and who signs: what stands above and below a table.
_ABOVE = re.compile("单位[:：]|[:：].*[:：]")
_SENTENCE = re.compile(r"[。；]")
# Of what is longer or wider than any table, nothing is looked at twice.
_MOST_ROWS, _MOST_CELLS = 2000, 60
_MOST_OF_A_LABEL, _MOST_BETWEEN_LETTERS = 20, 8


@dataclass(frozen=True)
class _Cell:
    """A cell of a line: its first character, its words, and the columns that it is printed over."""

    start: int
    text: str
    left: int = 0
    right: int = 0


_Row = tuple[int, list[_Cell]]


def row_table(lines: Sequence[str], number: int) -> tuple[Table | None, int]:
    """The table whose first row is the line of this index, if there is one, and the index after the lines looked at."""
    line = lines[number]
    if _PIPE.search(line):
        rows, end = _block(lines, number, _piped)
        return _made(_even(_without_border(lines, rows))), end
    if "\t" in line.strip(" ") and (line.count("\t") > 1 or not line.startswith("\t")):
        rows, end = _block(lines, number, _tabbed)
        return _made(_even(rows)), end
    if _WIDE.search(line.strip()):
        rows, end = _block(lines, number, _spaced)
        while rows and len(rows[-1][1]) < 2:
            end = rows.pop()[0] - 1
        return _made(_even(_aligned(rows))) if len(rows) > 2 else None, max(end, number + 1)
    return None, number


def _block(
    lines: Sequence[str], number: int, split: Callable[[str], list[_Cell] | None]
) -> tuple[list[_Row], int]:
    """The rows from a line on, as far as lines have cells, and the index after them."""
    rows: list[_Row] = []
    end = number
    while end < len(lines) and len(rows) < _MOST_ROWS:
        is_rule = _RULE.match(lines[end]) is not None and _PIPE.search(lines[end]) is not None
        cells = [] if is_rule and re.search("[-—–─━=]", lines[end]) else split(lines[end])
        if cells is None or len(cells) > _MOST_CELLS or not lines[end].strip():
            break
        if cells:
            rows.append((end + 1, cells))
        end += 1
    return rows, max(end, number + 1)


def _tabbed(line: str) -> list[_Cell] | None:
    return _parted(line, re.compile("\t")) if "\t" in line and not re.match(r"\t[^\t]*$", line) else None


def _piped(line: str) -> list[_Cell] | None:
    cells = _parted(line, _PIPE)
    return cells if len(cells) > 1 and not _SENTENCE.search(line) else None


def _without_border(lines: Sequence[str], rows: list[_Row]) -> list[_Row]:
    """The rows without the blanks before the first and after the last pipe, where every line has them."""
    if all(re.match(rf"\s*{_PIPE.pattern}.*{_PIPE.pattern}\s*$", lines[line - 1]) for line, _ in rows):
        return [(line, cells[1:-1]) for line, cells in rows]
    return rows


def _parted(line: str, mark: re.Pattern[str]) -> list[_Cell]:
    cells, start = [], 0
    for end in [*(match.start() for match in mark.finditer(line)), len(line)]:
        words = line[start:end]
        cells.append(_Cell(start + len(words) - len(words.lstrip()), words.strip()))
        start = end + 1
    return cells


def _spaced(line: str) -> list[_Cell] | None:
    """The cells of a line that wide blanks part; 合　　计 is one."""
    if _SENTENCE.search(line) or _ABOVE.search(line) or "\t" in line:
        return None
    found: list[_Cell] = []
    start = len(line) - len(line.lstrip())
    for end, after in [*(m.span() for m in _WIDE.finditer(line, start)), (len(line.rstrip()),) * 2]:
        words = line[start:end]
        if not words:
            continue
        left = _width(line[:start])
        cell = _Cell(start, words, left, left + _width(words))
        if found and _is_spread(found[-1], cell):
            first = found.pop()
            cell = _Cell(first.start, line[first.start : end], first.left, cell.right)
        found.append(cell)
        start = after
    return found if len(found) > 1 or (found and len(fold(line)) <= _MOST_OF_A_LABEL) else None


def _is_spread(before: _Cell, cell: _Cell) -> bool:
    """True for a letter of a word whose letters are set apart, 合　　计, and not for 类　款　项."""
    letters = [*_WIDE.sub(" ", before.text).split(" "), cell.text]
    return (
        all(len(letter) == 1 and "\u4e00" <= letter <= "\u9fff" for letter in letters)
        and len(letters) <= 4
        and cell.left - before.right <= _MOST_BETWEEN_LETTERS
        and not {"类", "款", "项"}.issuperset(letters)
    )


def _width(words: str) -> int:
    """How wide words are printed in a type of one width, in which Chinese characters have two."""
    return sum(2 if east_asian_width(char) in "FWA" else 1 for char in words)


def _even(rows: list[_Row]) -> list[tuple[_Row, list[tuple[int, int]]]] | None:
    """Rows with a column to a cell; a head that blanks follow goes over those that stand above words."""
    width = max((len(cells) for _, cells in rows), default=0)
    if width < 2 or sum(len(cells) > width // 2 for _, cells in rows) < len(rows):
        return None
    first = next((n for n, (_, cells) in enumerate(rows) if _has_amount(cells)), len(rows))
    filled = [[bool(cell.text) for cell in cells] + [False] * (width - len(cells)) for _, cells in rows]
    made = []
    for number, (line, cells) in enumerate(rows):
        spans, kept = list[tuple[int, int]](), list[_Cell]()
        for column in range(width):
            is_over = (
                number < first
                and kept
                and kept[-1].text
                and not filled[number][column]
                and not any(filled[above][column] for above in range(number))
                and (any(row[column] for row in filled[number + 1 : first]) or sum(filled[number]) == 1)
            )
            if is_over:
                spans[-1] = spans[-1][0], column + 1
            else:
                kept.append(cells[column] if column < len(cells) else _Cell(_end(cells), ""))
                spans.append((column, column + 1))
        made.append(((line, kept), spans))
    return made


def _end(cells: list[_Cell]) -> int:
    return cells[-1].start + len(cells[-1].text)


def _aligned(rows: list[_Row]) -> list[_Row]:
    """The rows with a cell to each column: columns are what blanks part in all rows below the heads."""
    first = next((n for n, (_, cells) in enumerate(rows) if _has_amount(cells)), len(rows))
    spans = sorted((cell.left, cell.right) for _, cells in rows[max(first - 1, 0) :] for cell in cells)
    columns: list[tuple[int, int]] = []
    for left, right in spans:
        if columns and left < columns[-1][1]:
            columns[-1] = columns[-1][0], max(columns[-1][1], right)
        else:
            columns.append((left, right))
    lefts = [left for left, _ in columns]
    made = []
    for line, cells in rows:
        placed: dict[int, _Cell] = {}
        for cell in cells:
            column = max(bisect_right(lefts, cell.left) - 1, 0)
            # A head set in the middle begins between two columns: it is over the next one.
            if (
                cell.left >= columns[column][1]
                and column + 1 < len(columns)
                and cell.right > lefts[column + 1]
            ):
                column += 1
            placed.setdefault(column, cell)
        if len(placed) < len(cells):
            return []
        made.append((line, [placed.get(n, _Cell(_end(cells), "")) for n in range(len(columns))]))
    return made


def _made(rows: list[tuple[_Row, list[tuple[int, int]]]] | None) -> Table | None:
    """The table of rows, where they are one: heads without amounts, and amounts below them.

    The entries of a table of contents have page numbers from the first on; lines for signatures have no amounts.
    """
    if not rows or len(rows) < 2:
        return None
    first = next((n for n, ((_, cells), _) in enumerate(rows) if _has_amount(cells)), 0)
    if not first and sum(bool(_FORM.search(cell.text)) for (_, cells), _ in rows for cell in cells) > 2:
        # A form that was left empty.
        first = len(rows)
    heads = [cell for (_, cells), _ in rows[:first] for cell in cells if cell.text]
    if first == 0 or len(heads) < 2 or any(_SENTENCE.search(cell.text) for cell in heads):
        return None
    return Table(
        tuple(tuple(Text(((line, cell.start, cell.text),)) for cell in cells) for (line, cells), _ in rows),
        spans=tuple(tuple(spans) for _, spans in rows),
    )


def _has_amount(cells: Sequence[_Cell]) -> bool:
    """True for a row with a number behind its first cell that is no year."""
    words = [fold(cell.text) for cell in cells[1:]]
    return any(_NUMBER.fullmatch(word) and not _NO_AMOUNT.fullmatch(word) for word in words)
