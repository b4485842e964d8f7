"""Reading a DOCX: what it prints, with its automatic numbers, and its tables; tracked changes as accepted."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from lxml import etree

from helpers.reading.document import Document, ReportError
from helpers.reading.flow import Cell, Grid, document
from helpers.reading.word_numbering import Numbering, Styles, W, is_on, small

MAX_MEMBER = 100_000_000
# The definitions of styles and lists are held as a tree, many times as large as its file.
MAX_DEFINITIONS = 5_000_000
MAX_ELEMENTS = 2_000_000
MAX_DEPTH = 256
MAX_COLUMNS = 1000

_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_FORMULA_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
# Lists and rows as they were before a tracked change, and readings printed above characters.
_DROPPED = ("pPrChange", "trPrChange", "rt")
_SAVE_AGAIN = "open it in a word processor and save it again"

# A note by "footnote" or "endnote" and its id.
_Notes = dict[tuple[str, str], str]
_Attributes = Mapping[str, str]


class _Refused(Exception):
    """What is wrong with a member of a DOCX, and what to do about it."""


def read(content: bytes, name: str) -> Document:
    """The document of a DOCX; `ReportError` where it is damaged, hostile, too large or without text."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            members = set(archive.namelist())
            trees = [
                _tree(archive, member) if member in members else None
                for member in ("word/styles.xml", "word/numbering.xml")
            ]
            styles = Styles(trees[0])
            notes: _Notes = {}
            for kind in ("footnote", "endnote"):
                if f"word/{kind}s.xml" in members:
                    target = _Target(styles, Numbering(trees[1], styles), {})
                    _parse(archive, f"word/{kind}s.xml", target)
                    notes |= target.notes
            body = _Target(styles, Numbering(trees[1], styles), notes)
            _parse(archive, "word/document.xml", body)
    except _Refused as error:
        raise ReportError(f"{name}: {error}") from error
    except (BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise ReportError(f"{name}: is damaged or cut short; download it again") from error
    return document(body.story.finished(), name)


def _tree(archive: ZipFile, member: str) -> etree._Element:
    """The root of a member's tree."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root: etree._Element = _fed(archive, member, MAX_DEFINITIONS, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise _Refused(f"{member} has a document type; {_SAVE_AGAIN}")
    return root


def _parse(archive: ZipFile, member: str, target: Any) -> None:
    """Feed a member to a `_Target`."""
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        _fed(archive, member, MAX_MEMBER, parser)
    except _Hostile as error:
        raise _Refused(f"{member} {error}; {_SAVE_AGAIN}") from error


def _fed(archive: ZipFile, member: str, limit: int, parser: etree.XMLParser) -> Any:
    """What a parser makes of a member."""
    try:
        for chunk in _chunks(archive, member, limit):
            parser.feed(chunk)
        return parser.close()
    except etree.XMLSyntaxError as error:
        raise _Refused(f"{member} is ill-formed (line {error.lineno}); {_SAVE_AGAIN}") from error


def _chunks(archive: ZipFile, member: str, limit: int) -> Iterator[bytes]:
    """The bytes of a member, its names as in the Transitional form; `_Refused` where they are too many."""
    read = archive.getinfo(member).file_size
    if read <= limit:
        read = 0
        with archive.open(member) as stream:
            while read <= limit and (chunk := stream.read(1 << 16)):
                yield chunk if read else chunk.replace(_STRICT, W[1:-1].encode())
                read += len(chunk)
    if read > limit:
        raise _Refused(f"{member} is larger than {limit // 1_000_000} MB; save the report in parts")


class _Hostile(Exception):
    """What no word processor writes."""


@dataclass
class _Story:
    """What text flows in: the body, a cell, a text box or a note; its paragraphs and tables so far."""

    blocks: list[str | Grid] = field(default_factory=list)
    # The text of paragraphs whose marks are deleted: the next paragraph goes on with it.
    carried: list[str] = field(default_factory=list)

    def flush(self) -> None:
        """End the paragraph that nothing goes on with."""
        if any(self.carried):
            self.blocks.append("".join(self.carried))
        self.carried = []

    def finished(self) -> list[str | Grid]:
        """All its paragraphs and tables."""
        self.flush()
        return self.blocks


@dataclass
class _Paragraph:
    style: str | None
    list_id: str | None = None
    level: int | None = None
    text: list[str] = field(default_factory=list)
    behind: list[str | Grid] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # For each open field, whether its code (and not yet its result) is being read; and how many are so.
    fields: list[bool] = field(default_factory=list)
    codes: int = 0
    # Its mark is deleted, or hidden.
    joined: bool = False
    hidden: bool = False


@dataclass
class _Cell:
    story: _Story = field(default_factory=_Story)
    span: int = 1
    # It goes on with the cell above, or with the one to the left.
    down: bool = False
    across: bool = False
    deleted: bool = False


@dataclass
class _Table:
    grid: Grid = field(default_factory=Grid)
    row: list[Cell] = field(default_factory=list)
    column: int = 0
    deleted: bool = False
    cells: list[_Cell] = field(default_factory=list)


class _Target:
    """A parser's target: it keeps what is printed, and no tree.

    `notes` are those that the text may refer to; for a member of notes, those that were in it.
    """

    def __init__(self, styles: Styles, numbering: Numbering, notes: _Notes) -> None:
        self.story = _Story()
        self.notes = notes
        self._styles = styles
        self._numbering = numbering
        self._stories = [self.story]
        self._paragraphs: list[_Paragraph] = []
        # For each open run, whether it is hidden; for each open set of alternatives, whether one was taken.
        self._runs: list[bool] = []
        self._taken: list[bool] = []
        self._tables: list[_Table] = []
        # Notes to cells come behind the table.
        self._behind_table: list[str] = []
        self._note = ("", "")
        self._is_text = False
        self._path: list[str] = []
        self._elements = 0
        # The depth of the element that is dropped with all that it holds.
        self._dropped = 0
        self._starts: dict[str, Callable[[_Attributes], None]] = {
            _FORMULA_TEXT: self._start_text,
            _ALTERNATIVES + "AlternateContent": self._start_alternatives,
            _ALTERNATIVES + "Choice": self._alternative,
            _ALTERNATIVES + "Fallback": self._alternative,
        }
        self._starts |= {W + name: self._drop for name in _DROPPED}
        for name, start in {
            "p": self._start_paragraph, "pStyle": self._paragraph_style, "numId": self._list, "ilvl": self._level,
            "r": self._start_run, "rStyle": self._run_style, "vanish": self._vanish, "fldChar": self._field,
            "t": self._start_text, "tab": self._tab, "ptab": self._tab, "br": self._break, "cr": self._break,
            "noBreakHyphen": self._hyphen, "footnoteReference": self._refer, "endnoteReference": self._refer,
            "del": self._deleted, "moveFrom": self._deleted, "txbxContent": self._start_box,
            "footnote": self._start_note, "endnote": self._start_note, "tbl": self._start_table,
            "tr": self._start_row, "gridBefore": self._columns_before, "tc": self._start_cell,
            "gridSpan": self._span, "vMerge": self._merge, "hMerge": self._merge, "cellDel": self._delete_cell,
        }.items():  # fmt: skip
            self._starts[W + name] = start
        self._ends: dict[str, Callable[[], None]] = {
            W + "p": self._end_paragraph, W + "r": self._end_run, W + "t": self._end_text, W + "tc": self._end_cell,
            W + "tr": self._end_row, W + "tbl": self._end_table, W + "txbxContent": self._end_box,
            W + "footnote": self._end_note, W + "endnote": self._end_note, _FORMULA_TEXT: self._end_text,
            _ALTERNATIVES + "AlternateContent": self._end_alternatives,
        }  # fmt: skip

    # -- what the parser calls ----------------------------------------------------------------------------------

    def start(self, tag: str, attributes: _Attributes) -> None:
        """An element begins."""
        self._path.append(tag)
        self._elements += 1
        if len(self._path) > MAX_DEPTH:
            raise _Hostile(f"is nested more than {MAX_DEPTH} deep")
        if self._elements > MAX_ELEMENTS:
            raise _Hostile(f"has more than {MAX_ELEMENTS} elements")
        if not self._dropped and (handle := self._starts.get(tag)):
            handle(attributes)

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._dropped:
            if self._dropped == len(self._path):
                self._dropped = 0
        elif handle := self._ends.get(tag):
            handle()
        self._path.pop()

    def data(self, text: str) -> None:
        """Text stands in an element."""
        if self._is_text and self._paragraphs:
            self._paragraphs[-1].text.append(text)

    def doctype(self, *_: str | None) -> None:
        """A document type, in which entities are declared."""
        raise _Hostile("has a document type")

    def close(self) -> None:
        """The member ends."""

    # -- elements -----------------------------------------------------------------------------------------------

    def _drop(self, _: _Attributes) -> None:
        self._dropped = len(self._path)

    def _start_alternatives(self, _: _Attributes) -> None:
        self._taken.append(False)

    def _end_alternatives(self) -> None:
        self._taken.pop()

    def _alternative(self, attributes: _Attributes) -> None:
        if self._taken and self._taken[-1]:
            self._drop(attributes)
        elif self._taken:
            self._taken[-1] = True

    def _parents(self, *names: str) -> bool:
        """True where the element that begins stands in these, outermost first."""
        return self._path[-1 - len(names) : -1] == [W + name for name in names]

    def _deleted(self, attributes: _Attributes) -> None:
        if self._parents("pPr", "rPr") and self._paragraphs:
            self._paragraphs[-1].joined = True
        elif self._parents("trPr") and self._tables:
            self._tables[-1].deleted = True
        else:
            self._drop(attributes)

    # -- paragraphs and text --------------------------------------------------------------------------------------

    def _start_paragraph(self, _: _Attributes) -> None:
        self._paragraphs.append(_Paragraph(self._styles.default))

    def _paragraph_style(self, attributes: _Attributes) -> None:
        if self._paragraphs:
            self._paragraphs[-1].style = attributes.get(W + "val")

    def _list(self, attributes: _Attributes) -> None:
        if self._paragraphs:
            self._paragraphs[-1].list_id = attributes.get(W + "val")

    def _level(self, attributes: _Attributes) -> None:
        if self._paragraphs:
            self._paragraphs[-1].level = small(attributes.get(W + "val"), 0)

    def _end_paragraph(self) -> None:
        paragraph = self._paragraphs.pop()
        story = self._stories[-1]
        story.carried += paragraph.text
        if not paragraph.joined and (any(story.carried) or not paragraph.hidden):
            number = self._numbering.next(paragraph.style, paragraph.list_id, paragraph.level)
            gap = " " if number[-1:].isalnum() else ""
            story.blocks.append("".join((number, gap, *story.carried)))
            story.carried = []
        story.blocks += paragraph.behind
        if self._tables:
            self._behind_table += paragraph.notes
        else:
            story.blocks += paragraph.notes

    def _start_run(self, _: _Attributes) -> None:
        self._runs.append(bool(self._paragraphs) and self._styles.is_hidden(self._paragraphs[-1].style))

    def _run_style(self, attributes: _Attributes) -> None:
        if self._parents("r", "rPr") and self._styles.is_hidden(attributes.get(W + "val")):
            self._runs[-1] = True

    def _vanish(self, attributes: _Attributes) -> None:
        hidden = is_on(attributes.get(W + "val"))
        if self._parents("r", "rPr"):
            self._runs[-1] = hidden
        elif self._parents("pPr", "rPr") and self._paragraphs:
            self._paragraphs[-1].hidden = hidden

    def _end_run(self) -> None:
        self._runs.pop()

    @property
    def _is_printed(self) -> bool:
        paragraph = self._paragraphs[-1] if self._paragraphs else None
        return not (self._runs and self._runs[-1]) and not (paragraph and paragraph.codes)

    def _start_text(self, _: _Attributes) -> None:
        self._is_text = self._is_printed

    def _end_text(self) -> None:
        self._is_text = False

    def _character(self, character: str) -> None:
        if self._parents("r") and self._paragraphs and self._is_printed:
            self._paragraphs[-1].text.append(character)

    def _tab(self, _: _Attributes) -> None:
        self._character("\t")

    def _break(self, _: _Attributes) -> None:
        self._character("\n")

    def _hyphen(self, _: _Attributes) -> None:
        self._character("-")

    def _field(self, attributes: _Attributes) -> None:
        if not self._paragraphs:
            return
        paragraph, kind = self._paragraphs[-1], attributes.get(W + "fldCharType")
        if kind == "begin":
            paragraph.fields.append(True)
            paragraph.codes += 1
        elif paragraph.fields:
            paragraph.codes -= paragraph.fields.pop()
            if kind == "separate":
                paragraph.fields.append(False)

    # -- text boxes and notes -------------------------------------------------------------------------------------

    def _start_box(self, _: _Attributes) -> None:
        self._stories.append(_Story())

    def _end_box(self) -> None:
        blocks = self._stories.pop().finished()
        behind = self._paragraphs[-1].behind if self._paragraphs else self._stories[-1].blocks
        behind += blocks

    def _start_note(self, attributes: _Attributes) -> None:
        self._note = self._path[-1].removeprefix(W), attributes.get(W + "id", "")
        self._stories.append(_Story())

    def _end_note(self) -> None:
        blocks = self._stories.pop().finished()
        self.notes[self._note] = "\n".join(
            block if isinstance(block, str) else "\n".join(cell.text for row in block.rows for cell in row)
            for block in blocks
        )

    def _refer(self, attributes: _Attributes) -> None:
        key = self._path[-1].removeprefix(W).removesuffix("Reference"), attributes.get(W + "id", "")
        # A note is printed once, however often it is referred to.
        if self._paragraphs and self._is_printed and key in self.notes:
            self._paragraphs[-1].notes.append("注：" + self.notes.pop(key).strip())

    # -- tables ---------------------------------------------------------------------------------------------------

    def _start_table(self, _: _Attributes) -> None:
        self._stories[-1].flush()
        self._tables.append(_Table())

    def _end_table(self) -> None:
        story = self._stories[-1]
        story.blocks.append(self._tables.pop().grid)
        if not self._tables:
            story.blocks += self._behind_table
            self._behind_table = []

    def _start_row(self, _: _Attributes) -> None:
        if not self._tables:
            raise _Hostile("has a row outside a table")
        table = self._tables[-1]
        table.row, table.column, table.deleted = [], 0, False

    def _columns_before(self, attributes: _Attributes) -> None:
        if self._parents("trPr") and self._tables:
            self._tables[-1].column = _columns(attributes, 0)

    def _end_row(self) -> None:
        table = self._tables[-1]
        if not table.deleted:
            table.grid.rows.append(table.row)

    def _start_cell(self, _: _Attributes) -> None:
        if not self._tables:
            raise _Hostile("has a cell outside a table")
        self._tables[-1].cells.append(_Cell())
        self._stories.append(self._tables[-1].cells[-1].story)

    def _open_cell(self) -> _Cell | None:
        """The cell whose properties are being read."""
        return self._tables[-1].cells[-1] if self._parents("tc", "tcPr") else None

    def _span(self, attributes: _Attributes) -> None:
        if cell := self._open_cell():
            cell.span = _columns(attributes, 1)

    def _merge(self, attributes: _Attributes) -> None:
        cell = self._open_cell()
        if cell and attributes.get(W + "val") != "restart":
            if self._path[-1] == W + "vMerge":
                cell.down = True
            else:
                cell.across = True

    def _delete_cell(self, _: _Attributes) -> None:
        if cell := self._open_cell():
            cell.deleted = True

    def _end_cell(self) -> None:
        table = self._tables[-1]
        cell, blocks = table.cells.pop(), self._stories.pop().finished()
        if cell.deleted:
            return
        start, table.column = table.column, table.column + cell.span
        if cell.across and table.row:
            table.row[-1].end = table.column
            return
        words = "" if cell.down else "\n".join(block for block in blocks if isinstance(block, str))
        inner = [block for block in blocks if isinstance(block, Grid)]
        table.row.append(Cell(words, start, table.column, inner))


def _columns(attributes: _Attributes, least: int) -> int:
    return min(max(small(attributes.get(W + "val"), least), least), MAX_COLUMNS)
