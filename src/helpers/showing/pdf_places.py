"""Where the words of an audited PDF are printed on its pages."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import c_double
from types import TracebackType
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from helpers.audit import Audit
from helpers.reading.document import Source
from helpers.reading.pdf import PrintedLine, printed_lines
from helpers.showing.notes import first_line

# In points: the least height of what is marked, as of a dash, and the room left around it.
_LEAST = 4.0
_ROOM = 0.8


class Area(NamedTuple):
    """A part of a page (from 1), in points of the page's own coordinates."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


class PrintedPlaces:
    """The places of an audit in the PDF that it read them from, open until closed.

    Raises `ValueError` where `content` is none of the audit's files.
    """

    def __init__(self, content: bytes, audit: Audit) -> None:
        self._lines = printed_lines(content, audit.file)
        self._first = first_line([line.text for line in self._lines], audit)
        self.pdf = pdfium.PdfDocument(content)
        self._open: tuple[int, pdfium.PdfPage, pdfium.PdfTextPage] | None = None

    def __enter__(self) -> PrintedPlaces:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        self.pdf.close()

    def page(self, source: Source) -> int | None:
        """The page (from 1) that a place stands on; None where it is in another file."""
        line = self._line(source)
        return line.page if line else None

    def areas(self, places: Sequence[Source]) -> tuple[Area, ...]:
        """What to mark for places within lines, one area for each.

        Empty where not all of their characters are found printed as they were read.
        """
        found = []
        for source in places:
            line = self._line(source)
            area = self._area(line, source.start, source.end) if line else None
            if area is None:
                return ()
            found.append(area)
        return tuple(found)

    def near(self, source: Source) -> Area | None:
        """The words nearest before a place that nothing is printed at, on its page, else the page's first; if any."""
        here = self._line(source)
        if here is None:
            return None
        at = source.line - self._first
        before = [line for line in self._lines[: at + 1] if line.page == here.page]
        after = [line for line in self._lines[at + 1 :] if line.page == here.page]
        for line in (*reversed(before), *after):
            if line.text and (area := self._area(line, 0, len(line.text))):
                return area
        return None

    def _line(self, source: Source) -> PrintedLine | None:
        at = source.line - self._first
        return self._lines[at] if not source.report and 0 <= at < len(self._lines) else None

    def _area(self, line: PrintedLine, start: int, end: int) -> Area | None:
        printed = [
            (char, index)
            for char, index in zip(line.text[start:end], line.indices[start:end], strict=True)
            if index >= 0
        ]
        if not printed:
            return None
        text = self._text(line.page)
        boxes = []
        left, right, bottom, top = (c_double() for _ in range(4))
        for char, index in printed:
            if chr(raw.FPDFText_GetUnicode(text.raw, index)) != char:
                return None
            if not raw.FPDFText_GetCharBox(text.raw, index, left, right, bottom, top):
                return None
            boxes.append((left.value, bottom.value, right.value, top.value))
        x, y, u, v = (
            min(box[0] for box in boxes) - _ROOM,
            min(box[1] for box in boxes) - _ROOM,
            max(box[2] for box in boxes) + _ROOM,
            max(box[3] for box in boxes) + _ROOM,
        )
        wide, high = max(0.0, _LEAST - (u - x)) / 2, max(0.0, _LEAST - (v - y)) / 2
        return Area(line.page, x - wide, y - high, u + wide, v + high)

    def _text(self, number: int) -> pdfium.PdfTextPage:
        """The text of a page, which is held open until another is asked for."""
        if self._open is None or self._open[0] != number:
            self._close()
            page = self.pdf[number - 1]
            self._open = number, page, page.get_textpage()
        return self._open[2]

    def _close(self) -> None:
        if self._open is not None:
            _, page, text = self._open
            text.close()
            page.close()
            self._open = None
