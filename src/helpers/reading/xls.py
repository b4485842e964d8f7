"""The sheets of an XLS workbook (BIFF 5 and 8): its records, read one after another."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from helpers.reading.cells import (
    MAX_CELLS,
    MAX_CHARACTERS,
    Sheet,
    is_date,
    is_percent,
    moment,
    number,
    words,
)
from helpers.reading.document import ReportError
from helpers.reading.ole import Ole, OleError

MAX_RECORDS = 3_000_000

_FORMULA, _EOF, _DATEMODE, _FILEPASS, _CONTINUE, _CODEPAGE = 0x06, 0x0A, 0x22, 0x2F, 0x3C, 0x42
_BOUNDSHEET, _MULRK, _RSTRING, _XF, _MERGED, _SST = 0x85, 0xBD, 0xD6, 0xE0, 0xE5, 0xFC
_LABELSST, _NUMBER, _LABEL, _BOOLERR, _STRING, _RK = 0xFD, 0x203, 0x204, 0x205, 0x207, 0x27E
_FORMAT, _BOF = 0x41E, 0x809
_BIFF8 = 0x600
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}  # fmt: skip
_CODECS = {936: "gb18030", 950: "big5", 1200: "gb18030", 10008: "gb18030"}


class _TooBig(Exception):
    """There is more than a report holds."""


def sheets(content: bytes, name: str) -> Iterator[Sheet]:
    """The worksheets of a workbook, in order; `ReportError` where the file is none, or cannot be read."""
    try:
        yield from _Workbook(_workbook_stream(content, name), name).sheets()
    except (OleError, struct.error, ValueError, LookupError) as error:
        raise ReportError(f"{name}: is damaged or cut short; download it again") from error
    except _TooBig as error:
        raise ReportError(f"{name}: holds more than a report does; save its tables alone") from error


def _workbook_stream(content: bytes, name: str) -> bytes:
    """The stream that holds the workbook."""
    ole = Ole(content)
    if "EncryptedPackage" in ole.names:
        raise ReportError(f"{name}: is protected by a password; save it without one")
    if "WordDocument" in ole.names:
        raise ReportError(f"{name}: is a document of an old Word; save it as DOCX")
    for stream in ("Workbook", "Book"):
        if stream in ole.names:
            return ole.stream(stream)
    raise ReportError(f"{name}: is no workbook and no report; name a PDF, DOCX, HTML, XLSX, XLS or text file")


class _Workbook:
    """What holds for all sheets of a workbook, and the records of each."""

    def __init__(self, stream: bytes, name: str) -> None:
        self._stream, self._name = stream, name
        self._records = 0
        self._codec = "gb18030"
        self._is_8 = self._is_1904 = False
        self._codes: dict[int, str] = {}
        self._formats: list[int] = []
        self._strings: list[str] = []
        self._listed: list[tuple[str, int, bool]] = []

    def sheets(self) -> Iterator[Sheet]:
        self._globals()
        for listed in self._listed:
            yield self._sheet(*listed)

    def _from(self, start: int) -> Iterator[tuple[int, bytes]]:
        """The records from `start` to the end of their part; what is embedded in it, such as a chart, is left out."""
        at, depth = start, 0
        while at < len(self._stream):
            kind, length = struct.unpack_from("<HH", self._stream, at)
            body = self._stream[at + 4 : at + 4 + length]
            at += 4 + length
            self._records += 1
            if self._records > MAX_RECORDS:
                raise _TooBig
            depth += (kind == _BOF) - (kind == _EOF)
            if depth <= 0:
                return
            if depth == 1:
                yield kind, body
        raise ValueError("a part without an end")

    def _globals(self) -> None:
        sheets, formats, texts = list[bytes](), list[bytes](), list[bytes]()
        before = 0
        for kind, body in self._from(0):
            if kind == _BOF:
                self._is_8 = struct.unpack_from("<H", body)[0] >= _BIFF8
            elif kind == _FILEPASS:
                raise ReportError(f"{self._name}: is protected by a password; save it without one")
            elif kind == _CODEPAGE:
                page = struct.unpack_from("<H", body)[0]
                self._codec = _CODECS.get(page, f"cp{page}")
            elif kind == _DATEMODE:
                self._is_1904 = body[:1] == b"\x01"
            elif kind == _BOUNDSHEET:
                sheets.append(body)
            elif kind == _FORMAT:
                formats.append(body)
            elif kind == _XF:
                self._formats.append(struct.unpack_from("<H", body, 2)[0])
            elif kind == _SST or (kind == _CONTINUE and before == _SST):
                texts.append(body)
            before = before if kind == _CONTINUE else kind
        for body in sheets:
            start, state = struct.unpack_from("<IB", body)
            self._listed.append((words(self._text(body, 6, 1)), start, state & 3 != 0))
        for body in formats:
            code = self._text(body, 2, 2 if self._is_8 else 1)
            self._codes[struct.unpack_from("<H", body)[0]] = code
        if texts:
            self._strings = _Texts(texts).read()

    def _text(self, body: bytes, at: int, size: int) -> str:
        """The text that stands in a record, behind its length in `size` bytes."""
        length = int.from_bytes(body[at : at + size], "little")
        at += size
        if not self._is_8:
            return body[at : at + length].decode(self._codec, "replace")
        if body[at] & 1:
            return body[at + 1 : at + 1 + 2 * length].decode("utf-16-le", "replace")
        return body[at + 1 : at + 1 + length].decode("latin-1")

    def _sheet(self, name: str, start: int, is_hidden: bool) -> Sheet:
        cells: dict[tuple[int, int], str] = {}
        merged: list[tuple[int, int, int, int]] = []
        characters = 0
        for row, column, shown in self._cells(start, merged):
            if not shown.strip():
                continue
            cells[row + 1, column + 1] = shown
            characters += len(shown)
            if max(len(cells), len(merged)) > MAX_CELLS or characters > MAX_CHARACTERS:
                return Sheet(name, {}, is_hidden=is_hidden, is_too_big=True)
        return Sheet(name, cells, tuple(merged), is_hidden=is_hidden)

    def _cells(self, start: int, merged: list[tuple[int, int, int, int]]) -> Iterator[tuple[int, int, str]]:
        """Row and column, from 0, and words of each cell; the merged ranges go to `merged`."""
        formula = (0, 0)
        for kind, body in self._from(start):
            if kind == _MERGED:
                ranges = struct.iter_unpack("<4H", body[2 : 2 + 8 * (len(body) // 8)])
                merged.extend((top + 1, left + 1, end + 1, right + 1) for top, end, left, right in ranges)
            elif kind == _STRING:
                yield *formula, words(self._text(body, 0, 2))
            elif kind in (_LABEL, _RSTRING):
                yield *struct.unpack_from("<HH", body), words(self._text(body, 6, 2))
            elif kind == _LABELSST:
                row, column, index = struct.unpack_from("<HH2xI", body)
                yield row, column, self._strings[index]
            elif kind == _BOOLERR:
                row, column, value, is_error = struct.unpack_from("<HH2xBB", body)
                yield row, column, _truth(value) if not is_error else _ERRORS.get(value, "#N/A")
            elif kind == _NUMBER:
                row, column, style, value = struct.unpack_from("<HHHd", body)
                yield row, column, self._number(value, style)
            elif kind == _RK:
                row, column, style, value = struct.unpack_from("<HHHI", body)
                yield row, column, self._number(_rk(value), style)
            elif kind == _MULRK:
                row, first = struct.unpack_from("<HH", body)
                for column, (style, value) in enumerate(struct.iter_unpack("<HI", body[4:-2]), first):
                    yield row, column, self._number(_rk(value), style)
            elif kind == _FORMULA:
                row, column, style = struct.unpack_from("<HHH", body)
                formula = (row, column)
                if body[12:14] != b"\xff\xff":
                    yield row, column, self._number(struct.unpack_from("<d", body, 6)[0], style)
                elif body[6] == 1:
                    yield row, column, _truth(body[8])
                elif body[6] == 2:
                    yield row, column, _ERRORS.get(body[8], "#N/A")

    def _number(self, value: float, style: int) -> str:
        """A number as a report prints it."""
        format_number = self._formats[style] if style < len(self._formats) else 0
        code = self._codes.get(format_number, "")
        if is_date(format_number, code):
            return moment(value, self._is_1904)
        return number(repr(value), is_percent(format_number, code))


def _truth(value: int) -> str:
    return "TRUE" if value else "FALSE"


def _rk(packed: int) -> float:
    """The number packed into 30 bits: an integer or the upper part of a float, perhaps of its hundredfold."""
    value: float
    if packed & 2:
        value = (packed >> 2) - ((packed & 0x80000000) >> 1)
    else:
        (value,) = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))
    return value / 100 if packed & 1 else value


class _Texts:
    """The table of texts: a record and those that continue it, where a text may go on in the next."""

    def __init__(self, records: list[bytes]) -> None:
        self._records = records
        self._record, self._at = 0, 8

    def read(self) -> list[str]:
        (count,) = struct.unpack_from("<I", self._records[0], 4)
        texts: list[str] = []
        characters = 0
        while len(texts) < count and self._goes_on():
            texts.append(words(self._text()))
            characters += len(texts[-1])
            if characters > MAX_CHARACTERS:
                raise _TooBig
        return texts

    def _goes_on(self) -> bool:
        """True where there is more, which then begins at the place reached."""
        while self._at >= len(self._records[self._record]):
            if self._record + 1 == len(self._records):
                return False
            self._record, self._at = self._record + 1, 0
        return True

    def _take(self, length: int) -> bytes:
        """Bytes that do not stand over the end of a record."""
        taken = self._records[self._record][self._at : self._at + length]
        self._at += length
        return taken

    def _text(self) -> str:
        length, flags = struct.unpack("<HB", self._take(3))
        aside = 0
        if flags & 8:
            aside += 4 * struct.unpack("<H", self._take(2))[0]
        if flags & 4:
            aside += struct.unpack("<I", self._take(4))[0]
        parts: list[str] = []
        while length:
            size = 2 if flags & 1 else 1
            room = (len(self._records[self._record]) - self._at) // size
            taken = self._take(min(length, room) * size)
            parts.append(taken.decode("utf-16-le" if size == 2 else "latin-1", "replace"))
            length -= len(taken) // size
            if length:
                # The part in the next record says anew how wide its characters are.
                self._at = len(self._records[self._record])
                if not self._goes_on():
                    raise ValueError("a text without an end")
                flags = self._take(1)[0]
        while aside and self._goes_on():
            here = min(aside, len(self._records[self._record]) - self._at)
            self._at += here
            aside -= here
        return "".join(parts)
