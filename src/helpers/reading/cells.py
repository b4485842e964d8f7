"""The cells of a workbook's sheets, whatever kind of file it is: what stands in them, as a report prints it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation

# What all tables of a department come to is a few thousand cells; these are what one audit can look at.
MAX_CELLS = 200_000
MAX_CHARACTERS = 5_000_000

# A binary fraction has 15 digits that were meant; what is printed after them is noise.
_EXCEL = Context(prec=15)
_MOST_DIGITS = 30
_WORDS_OF_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|[\\_*].', re.S)
_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_PERCENTS = frozenset([9, 10])
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


@dataclass(frozen=True)
class Sheet:
    """A sheet: the words of its cells that are not blank, by row and column from 1, and its merged cells.

    A merged range is its first row, first column, last row and last column.  `uncalculated` are the cells whose
    formula has no stored result.  Of a sheet that is too big no cell was kept.
    """

    name: str
    cells: dict[tuple[int, int], str]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    uncalculated: tuple[tuple[int, int], ...] = ()
    is_hidden: bool = False
    is_too_big: bool = False


def words(text: str) -> str:
    """The text of a cell on one line."""
    return _CONTROL.sub(" ", text)


def number(printed: str, is_percent: bool = False) -> str:
    """A stored number as its shortest decimal, without the noise of a binary fraction; a percentage with its sign."""
    try:
        value = _EXCEL.create_decimal(printed)
    except InvalidOperation:
        return words(printed)
    if not value.is_finite() or (value and abs(value.adjusted()) > _MOST_DIGITS):
        return words(printed)
    if is_percent:
        value = value.scaleb(2)
    plain = format(value.normalize() if value else Decimal(0), "f")
    return f"{plain}%" if is_percent else plain


def is_percent(number: int, code: str) -> bool:
    """True where a number format, by its number and its code, shows a percentage."""
    return number in _PERCENTS or "%" in _WORDS_OF_FORMAT.sub("", code)


def is_date(number: int, code: str) -> bool:
    """True where a number format shows a date or a time."""
    return number in _DATES or re.search("[ymdhs]", _WORDS_OF_FORMAT.sub("", code), re.I) is not None


def moment(days: float, is_1904: bool) -> str:
    """The date, the date and time, or the time that a stored number of days stands for."""
    # The first two months of 1900 are a day off: Excel has a 29 February in that year.
    first = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30 if days >= 60 else 31)
    if 0 <= days < 1:
        return str((datetime.min + timedelta(seconds=round(days * 86400))).time())
    try:
        return dated(first + timedelta(seconds=round(days * 86400)))
    except (OverflowError, ValueError):
        return number(repr(days))


def dated(when: date) -> str:
    """A date as ISO writes it, its time only where it has one."""
    if isinstance(when, datetime) and not (when.hour or when.minute or when.second):
        return when.date().isoformat()
    return str(when)
