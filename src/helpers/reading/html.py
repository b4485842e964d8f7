"""Reading a web page that was saved from a browser: its main content, without menus, as lines and tables."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from helpers.reading.document import Document, ReportError, fold
from helpers.reading.flow import MAX_CHARACTERS, Cell, Grid, document
from helpers.reading.outline import heading_parts
from helpers.reading.word_numbering import printed, small

MAX_TAGS = 400_000
MAX_CELLS = 300_000
MAX_COLSPAN = 1000

_CHARSET = re.compile(rb"""<meta\b[^>]{0,300}?charset\s*=\s*["']?\s*([\w-]{1,40})""", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff]")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_HIDDEN = re.compile(r"display:none|visibility:hidden|mso-hide:all")

# What is not printed, or is no part of the text.
_DROPPED = frozenset({
    "head", "title", "style", "script", "noscript", "template", "nav", "select", "datalist", "button",
    "textarea", "iframe", "object", "svg", "math", "audio", "video", "canvas", "map", "rt", "rp", "del"
})  # fmt: skip
_BOXES = frozenset({
    "article", "aside", "blockquote", "body", "center", "div", "dl", "fieldset", "footer", "form", "header",
    "main", "ol", "section", "ul"
})  # fmt: skip
_BLOCKS = _BOXES | frozenset({
    "address", "caption", "dd", "details", "dialog", "dir", "dt", "figcaption", "figure", "h1", "h2", "h3",
    "h4", "h5", "h6", "hgroup", "hr", "html", "legend", "li", "menu", "p", "pre", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr"
})  # fmt: skip
_LIST_KINDS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}

_FIGURE = re.compile(r"\d(?:万元|亿元)|^-?[\d，]+\.\d{2}$")
# How much of a line is looked at for what tells a report.
_SEEN = 1000
# Of the text outside links, what the main content holds at least.
_MAIN_SHARE = 0.9


def read(content: bytes, name: str) -> Document:
    """The document of a web page; `ReportError` where it has no text or is too large to be a report."""
    root = _root(_decoded(content, name), name)
    return document(() if root is None else _main(root, name), name)


def _decoded(content: bytes, name: str) -> str:
    """The text of a page: by its byte order mark or the charset it names, else UTF-8, else GB18030."""
    declared = _CHARSET.search(content[:4096])
    label = declared.group(1).decode("ascii").lower() if declared else ""
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    marked = [encoding for mark, encoding in marks if content.startswith(mark)]
    if not marked:
        marked = ["gb18030"] if label.startswith("gb") else []
    for encoding in (*marked, "utf-8", "gb18030"):
        try:
            return _CONTROL.sub("", content.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise ReportError(f"{name}: is not text in UTF-8 or GB18030; save the page again, in UTF-8")


def _root(text: str, name: str) -> etree._Element | None:
    """The root of a page's tree, None where it has nothing."""
    if text.count("<") > MAX_TAGS:
        raise ReportError(f"{name}: has more than {MAX_TAGS} tags; save the report in parts")
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root: etree._Element | None = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        root = None
    # The parser drops what is nested deeper than its limit, and goes on.
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log.filter_from_fatals()):
        raise ReportError(
            f"{name}: its elements are nested too deep for a report; save the page again, as text"
        )
    return root


class _Link(str):
    """A line that is a link to something else."""


@dataclass
class _Box:
    """An element and what it holds, in order; counts of it that tell the report from what surrounds it."""

    parts: list[str | Grid | _Box] = field(default_factory=list)
    # Lines that are headings or figures of a report; of these the headings, and those of its parts.
    evidence: int = 0
    headings: int = 0
    part_headings: int = 0
    titles: int = 0
    # Characters outside links; lines and tables, those in tables not counted.
    weight: int = 0
    lines: int = 0
    grids: int = 0

    def count(self, line: str) -> None:
        """Count a line of text."""
        self.lines += 1
        if isinstance(line, _Link):
            return
        folded = fold(line[:_SEEN])
        level, _ = heading_parts(folded)
        self.weight += len(line)
        self.headings += level is not None
        self.part_headings += level == 0
        self.evidence += level is not None or bool(_FIGURE.search(folded))
        self.titles += _is_title(folded)

    def include(self, other: _Box, as_table: bool = False) -> None:
        """Count what another box, which stands in this one, counts."""
        self.evidence += other.evidence
        self.headings += other.headings
        self.part_headings += other.part_headings
        self.titles += other.titles
        self.weight += other.weight
        self.lines += 0 if as_table else other.lines
        self.grids += 0 if as_table else other.grids

    def add(self, other: _Box) -> None:
        """Take in a box that has ended."""
        if other.parts:
            self.parts.append(other.parts[0] if len(other.parts) == 1 else other)
            self.include(other)


def _is_title(folded: str) -> bool:
    """True where a line may be the report's title."""
    return len(folded) <= 60 and "决算" in folded and not re.search("[>》。；]", folded)


def _flat(parts: Iterable[str | Grid | _Box]) -> Iterator[str | Grid]:
    """The lines and tables of parts, in order."""
    rest = [iter(parts)]
    while rest:
        for part in rest[-1]:
            if isinstance(part, _Box):
                rest.append(iter(part.parts))
                break
            yield part
        else:
            rest.pop()


def _main(root: etree._Element, name: str) -> list[str | Grid]:
    """The lines and tables of the report: the smallest box with all its evidence and nearly all text, and its title."""
    page = _Walk(name).page(root)
    box, title = page, ""
    while (inner := _inner(box, page)) is not None:
        number, found = inner
        for line in _flat(box.parts[:number]):
            if isinstance(line, str) and not isinstance(line, _Link) and _is_title(fold(line)):
                title = line
        box = found
    blocks = list(_flat(box.parts))
    known = {fold(block) for block in blocks[:20] if isinstance(block, str)}
    return [title, *blocks] if title and fold(title) not in known else blocks


def _inner(box: _Box, page: _Box) -> tuple[int, _Box] | None:
    """The part of a box, with its number, that holds all evidence of the page and nearly all its text."""
    for number, part in enumerate(box.parts):
        if (
            isinstance(part, _Box)
            and part.evidence == page.evidence > 0
            and part.weight >= _MAIN_SHARE * page.weight
        ):
            return number, part
    return None


@dataclass
class _Cell:
    box: _Box
    colspan: int
    rowspan: int


@dataclass
class _Table:
    is_layout: bool
    rows: list[list[_Cell]] = field(default_factory=list)


class _Walk:
    """A walk over a page's tree that puts together its lines and tables."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._boxes = [_Box()]
        self._tables: list[_Table] = []
        # The line that is being read; whether it is to stand though it is blank; its characters in links.
        self._line: list[str] = []
        self._is_kept = False
        self._linked = 0
        self._links = 0
        self._preformatted = 0
        # For each open list how its items are numbered, None where they are not, and the last number.
        self._lists: list[tuple[str | None, int]] = []
        self._cells = 0
        self._characters = 0

    def page(self, root: etree._Element) -> _Box:
        """What the page holds."""
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            tag = element.tag
            dropped = tag in _DROPPED or _is_hidden(element)
            if event == "start":
                if dropped:
                    walk.skip_subtree()
                else:
                    self._start(tag, element)
                    self._text(element.text)
            else:
                if not dropped:
                    self._end(tag, element)
                self._text(element.tail)
        self._break()
        return self._boxes[0]

    def _text(self, text: str | None) -> None:
        if not text:
            return
        self._characters += len(text.strip())
        if self._characters > MAX_CHARACTERS:
            raise ReportError(
                f"{self._name}: holds more than {MAX_CHARACTERS} characters; save the report in parts"
            )
        pieces = text.split("\n") if self._preformatted else [_SPACE.sub(" ", text)]
        for number, piece in enumerate(pieces):
            if number:
                self._break(keep=True)
            self._line.append(piece)
            self._is_kept = self._is_kept or "\xa0" in piece
            self._linked += len(piece.strip()) if self._links else 0

    def _break(self, keep: bool = False) -> None:
        """End the line; a blank one stands only where the page says so."""
        line = _SPACE.sub(" ", "".join(self._line)).strip()
        if line:
            line = _Link(line) if self._linked * 2 > len(line) else line
            self._boxes[-1].count(line)
        if line or keep or self._is_kept:
            self._boxes[-1].parts.append(line)
        self._line, self._is_kept, self._linked = [], False, 0

    def _start(self, tag: str, element: etree._Element) -> None:
        if tag == "br":
            self._break(keep=True)
        if tag not in _BLOCKS:
            self._links += tag == "a" and "href" in element.attrib
            return
        self._break()
        if tag in _BOXES:
            self._boxes.append(_Box())
        if tag == "table":
            self._tables.append(_Table(element.get("role") in ("presentation", "none")))
        elif tag == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif tag in ("td", "th") and self._tables:
            self._start_cell(element)
        elif tag == "pre":
            self._preformatted += 1
        elif tag in ("ol", "ul"):
            is_numbered = tag == "ol" and "list-style" not in element.get("style", "")
            kind = _LIST_KINDS.get(element.get("type", ""), "decimal") if is_numbered else None
            self._lists.append((kind, small(element.get("start"), 1) - 1))
        elif tag == "li" and self._lists and self._lists[-1][0]:
            kind, last = self._lists.pop()
            number = small(element.get("value"), last + 1)
            self._lists.append((kind, number))
            self._line.append(f"{printed(number, kind or 'none')}.")

    def _end(self, tag: str, element: etree._Element) -> None:
        if tag not in _BLOCKS:
            self._links -= tag == "a" and "href" in element.attrib
            return
        self._break()
        if tag in _BOXES:
            box = self._boxes.pop()
            # A site's head and foot; those of a part of the report hold evidence, or its title.
            if tag not in ("header", "footer") or box.evidence or box.titles:
                self._boxes[-1].add(box)
        if tag == "table":
            self._end_table(self._tables.pop())
        elif tag in ("td", "th") and self._tables:
            self._boxes.pop()
        elif tag == "pre":
            self._preformatted -= 1
        elif tag in ("ol", "ul"):
            self._lists.pop()

    # -- tables -------------------------------------------------------------------------------------------------

    def _start_cell(self, element: etree._Element) -> None:
        table = self._tables[-1]
        if not table.rows:
            table.rows.append([])
        box = _Box()
        self._boxes.append(box)
        # A rowspan of 0 reaches to the end.
        colspan = min(max(small(element.get("colspan"), 1), 1), MAX_COLSPAN)
        rowspan = small(element.get("rowspan"), 1) or MAX_CELLS
        table.rows[-1].append(_Cell(box, colspan, max(rowspan, 1)))
        self._count_cell()

    def _count_cell(self) -> None:
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise ReportError(
                f"{self._name}: its tables have more than {MAX_CELLS} cells; save the report in parts"
            )

    def _end_table(self, table: _Table) -> None:
        into = self._boxes[-1]
        boxes = [cell.box for row in table.rows for cell in row]
        if table.is_layout or _is_layout(table, boxes):
            for box in boxes:
                into.add(box)
        elif boxes:
            into.parts.append(Grid(list(self._rows(table))))
            into.grids += 1
            for box in boxes:
                into.include(box, as_table=True)

    def _rows(self, table: _Table) -> Iterator[list[Cell]]:
        """The rows of a data table; below a cell merged down stand blank ones."""
        # Cells that reach down into the next row: their columns, and how many rows more they reach.
        above: list[tuple[int, int, int]] = []
        for row in table.rows:
            made: list[Cell] = []
            below: list[tuple[int, int, int]] = []
            column = 0
            reaching = iter([*above, (MAX_CELLS * MAX_COLSPAN, 0, 0)])
            start, end, rows = next(reaching)
            for cell in [*row, None]:
                while start <= column or (cell is None and rows):
                    self._count_cell()
                    made.append(Cell("", start, end))
                    if rows > 1:
                        below.append((start, end, rows - 1))
                    column = end
                    start, end, rows = next(reaching)
                if cell is not None:
                    right = min(column + cell.colspan, start)
                    made.append(_cell(cell.box, column, right))
                    if cell.rowspan > 1:
                        below.append((column, right, cell.rowspan - 1))
                    column = right
            yield made
            above = below


def _is_hidden(element: etree._Element) -> bool:
    style = element.get("style")
    return "hidden" in element.attrib or bool(style and _HIDDEN.search(re.sub(r"\s", "", style.lower())))


def _is_layout(table: _Table, boxes: list[_Box]) -> bool:
    """True where a table only arranges what it holds: one cell, parts of a report in a cell, or tables side by side."""
    if len(boxes) == 1 or any(
        box.part_headings or (box.headings >= 3 and box.weight >= 1000) for box in boxes
    ):
        return True
    # A data table may hold a table in a cell, but then its other cells hold data.
    rows_of_data = sum(sum(bool(cell.box.lines) for cell in row) >= 2 for row in table.rows)
    return any(box.grids for box in boxes) and rows_of_data < 2


def _cell(box: _Box, start: int, end: int) -> Cell:
    blocks = list(_flat(box.parts))
    text = "\n".join(block for block in blocks if isinstance(block, str))
    return Cell(text, start, end, [block for block in blocks if isinstance(block, Grid)])
