"""The sheets of an XLSX or XLSM workbook, read as a stream: what is not kept takes no memory."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile
from zlib import error as ZlibError

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

# Of the parts that are read; a million rows that only have a height come to half of either.
MAX_UNPACKED = 128_000_000
MAX_ELEMENTS = 4_000_000
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CHUNK, _LONGEST = 1 << 16, 1 << 20

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str, str], None]


class _TooBig(Exception):
    """A part holds more than a report does."""


def sheets(content: bytes, name: str) -> Iterator[Sheet]:
    """The worksheets of a workbook, in order; `ReportError` where it cannot be read."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            yield from _Workbook(archive, name).sheets()
    except (
        BadZipFile,
        ZlibError,
        EOFError,
        ExpatError,
        LookupError,
        ValueError,
        NotImplementedError,
    ) as error:
        raise ReportError(f"{name}: is damaged or cut short; download it again") from error
    except RuntimeError as error:  # What the archive says of a member with a password.
        raise ReportError(f"{name}: is protected by a password; save it without one") from error
    except _TooBig as error:
        raise ReportError(f"{name}: holds more text than a report does; save its tables alone") from error


class _Workbook:
    def __init__(self, archive: ZipFile, name: str) -> None:
        self._archive = archive
        self._name = name
        self._members = {info.filename.casefold(): info for info in reversed(archive.infolist())}
        self._left, self._elements = MAX_UNPACKED, MAX_ELEMENTS
        self._is_1904 = False

    def sheets(self) -> Iterator[Sheet]:
        listed: list[tuple[str, str, bool]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "workbookPr":
                self._is_1904 = attributes.get("date1904") in ("1", "true")
            elif tag == "sheet":
                relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                is_hidden = attributes.get("state", "visible") != "visible"
                listed.append((words(attributes["name"]), relation, is_hidden))

        self._parse("xl/workbook.xml", start)
        paths = self._relations()
        self._strings = self._shared_strings()
        self._formats = self._cell_formats()
        for title, relation, is_hidden in listed:
            if relation in paths:
                yield self._sheet(title, paths[relation], is_hidden)

    def _relations(self) -> dict[str, str]:
        """The paths of the worksheets by the ids of their relations."""
        paths: dict[str, str] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes["Type"].endswith("/worksheet"):
                paths[attributes["Id"]] = posixpath.normpath(posixpath.join("/xl", attributes["Target"]))

        self._parse("xl/_rels/workbook.xml.rels", start)
        return paths

    def _shared_strings(self) -> list[str]:
        strings: list[str] = []
        runs: list[str] = []
        phonetic, characters = False, 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal phonetic
            phonetic = phonetic or tag == "rPh"

        def end(tag: str, text: str) -> None:
            nonlocal phonetic, characters
            if tag == "t" and not phonetic:
                runs.append(text)
            elif tag == "rPh":
                phonetic = False
            elif tag == "si":
                strings.append(_unescaped("".join(runs)))
                runs.clear()
                characters += len(strings[-1])
                if characters > MAX_CHARACTERS:
                    raise _TooBig

        self._parse("xl/sharedStrings.xml", start, end, optional=True)
        return strings

    def _cell_formats(self) -> list[tuple[bool, bool]]:
        """For each style of a cell, whether it shows a percentage and whether a date."""
        codes: dict[int, str] = {}
        numbers: list[int] = []
        in_cells = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal in_cells
            if tag == "numFmt":
                codes[int(attributes["numFmtId"])] = attributes["formatCode"]
            elif tag == "cellXfs":
                in_cells = True
            elif tag == "xf" and in_cells:
                numbers.append(int(attributes.get("numFmtId", "0")))

        def end(tag: str, text: str) -> None:
            nonlocal in_cells
            in_cells = in_cells and tag != "cellXfs"

        self._parse("xl/styles.xml", start, end, optional=True)
        return [(is_percent(n, codes.get(n, "")), is_date(n, codes.get(n, ""))) for n in numbers]

    def _sheet(self, title: str, path: str, is_hidden: bool) -> Sheet:
        reader = _SheetReader(self._strings, self._formats, self._is_1904)
        try:
            self._parse(path.lstrip("/"), reader.start, reader.end)
        except _TooBig:
            return Sheet(title, {}, is_hidden=is_hidden, is_too_big=True)
        return Sheet(title, reader.cells, tuple(reader.merged), tuple(reader.uncalculated), is_hidden)

    def _parse(self, path: str, start: Start, end: End | None = None, optional: bool = False) -> None:
        """Tell `start` of every element, and `end` of every element with the text just before its end."""
        info = self._members.get(path.casefold())
        if info is None:
            if optional:
                return
            raise KeyError(path)
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise NotImplementedError(info.compress_type)
        # A member is never unpacked beyond the size that it declares.
        self._left -= info.file_size
        if self._left < 0:
            raise ReportError(
                f"{self._name}: unpacks to more than {MAX_UNPACKED // 1_000_000} MB; save its tables alone"
            )
        with self._archive.open(info) as stream:
            self._tell(stream, start, end)

    def _tell(self, stream: IO[bytes], start: Start, end: End | None) -> None:
        texts: list[str] = []
        length = 0
        parser = ParserCreate()
        parser.buffer_text = True

        def opened(tag: str, attributes: dict[str, str]) -> None:
            self._elements -= 1
            if self._elements < 0:
                raise _TooBig
            texts.clear()
            start(tag.rpartition(":")[2] if ":" in tag else tag, attributes)

        def printed(text: str) -> None:
            nonlocal length
            length += len(text)
            if length > MAX_CHARACTERS:
                raise _TooBig
            texts.append(text)

        def closed(tag: str) -> None:
            nonlocal length
            assert end is not None
            end(tag.rpartition(":")[2] if ":" in tag else tag, "".join(texts))
            texts.clear()
            length = 0

        def typed(*declaration: object) -> None:
            raise ValueError("a document type in a workbook")

        parser.StartElementHandler, parser.StartDoctypeDeclHandler = opened, typed
        if end is not None:
            parser.EndElementHandler, parser.CharacterDataHandler = closed, printed
        read = 0
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk)
            read += len(chunk)
            # A tag that does not end is looked over again with each chunk.
            if read - parser.CurrentByteIndex > _LONGEST:
                raise ValueError("a tag without an end")
        parser.Parse(b"", True)


class _SheetReader:
    """What the parser of a worksheet tells."""

    def __init__(self, strings: list[str], formats: list[tuple[bool, bool]], is_1904: bool) -> None:
        self.cells: dict[tuple[int, int], str] = {}
        self.merged: list[tuple[int, int, int, int]] = []
        self.uncalculated: list[tuple[int, int]] = []
        self._strings, self._formats, self._is_1904 = strings, formats, is_1904
        self._row = self._column = 0
        self._reference = ""
        self._kind, self._style = "n", 0
        self._value = ""
        self._has_formula = self._in_phonetic = False
        self._characters = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            reference = attributes.get("r", "")
            if not reference:
                self._arrive()
                self._column += 1
            self._reference = reference
            self._kind, self._style = attributes.get("t", "n"), int(attributes.get("s", "0"))
            self._value, self._has_formula = "", False
        elif tag == "row":
            if "r" not in attributes:
                self._arrive()
            self._row, self._column, self._reference = int(attributes.get("r", self._row + 1)), 0, ""
        elif tag == "rPh":
            self._in_phonetic = True
        elif tag == "f":
            self._has_formula = True
        elif tag == "mergeCell":
            first, _, last = attributes["ref"].partition(":")
            self.merged.append((*_position(first), *_position(last or first)))
            if len(self.merged) > MAX_CELLS:
                raise _TooBig

    def end(self, tag: str, text: str) -> None:
        if tag == "v" or (tag == "t" and not self._in_phonetic):
            self._value += text
            if len(self._value) > MAX_CHARACTERS:
                raise _TooBig
        elif tag == "rPh":
            self._in_phonetic = False
        elif tag == "c":
            self._keep()

    def _arrive(self) -> None:
        """Be where the last cell says that it stands; of most blank ones that never matters."""
        if self._reference:
            self._row, self._column = _position(self._reference)
            self._reference = ""

    def _keep(self) -> None:
        if not self._value and not self._has_formula:
            return
        self._arrive()
        if not (0 < self._row <= MAX_ROWS and 0 < self._column <= MAX_COLUMNS):
            raise ValueError("a cell outside of the sheet")
        if not self._value:
            if self._kind != "str":
                self.uncalculated.append((self._row, self._column))
            if len(self.uncalculated) > MAX_CELLS:
                raise _TooBig
            return
        shown = self._shown()
        if not shown.strip():
            return
        self.cells[self._row, self._column] = shown
        self._characters += len(shown)
        if len(self.cells) > MAX_CELLS or self._characters > MAX_CHARACTERS:
            raise _TooBig

    def _shown(self) -> str:
        """The value of the cell as a report prints it."""
        if self._kind == "s":
            return self._strings[_index(self._value, self._strings)]
        if self._kind == "b":
            return "TRUE" if self._value.strip() == "1" else "FALSE"
        if self._kind != "n":
            return _unescaped(self._value)
        percent, date = self._formats[self._style] if self._style < len(self._formats) else (False, False)
        return moment(float(self._value), self._is_1904) if date else number(self._value.strip(), percent)


def _index(printed: str, strings: list[str]) -> int:
    index = int(printed)
    if not 0 <= index < len(strings):
        raise ValueError("a text that is not there")
    return index


def _position(reference: str) -> tuple[int, int]:
    """The row and column, from 1, of a reference such as B12."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column


def _unescaped(text: str) -> str:
    return words(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))
