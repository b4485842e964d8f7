"""A report as read: sections, paragraphs and tables, every piece with its place in the source."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

_WIDTHS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLD: dict[int, str] = {
    **{code: chr(half) for code, half in _WIDTHS.items()},
    **dict.fromkeys(map(ord, " \t\r\n\u3000\u00a0\u200b\ufeff\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069“”„‟\"'‘’『』"), ""),
    **{ord(a): b for a, b in zip(",:;－−〔〕［］％", "，：；--()[]%", strict=True)},
    ord("，"): "，", ord("："): "：", ord("；"): "；", ord("！"): "！", ord("？"): "？", ord("?"): "？",
}  # fmt: skip


def fold(text: str) -> str:
    """`text` without white space and quotation marks, in one width: what wordings are compared by.

    Latin letters, digits, brackets and signs become half-width; commas, colons and semicolons full-width.
    """
    return text.translate(_FOLD)


class ReportError(Exception):
    """A report cannot be read; the message says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a document: its line (from 1), characters `start` to `end` of it; see `Document.locate`.

    `report` is "" for the report that is audited, "prior" or "budget" for one that it is held against.
    """

    line: int
    start: int
    end: int
    row: int | None = None
    column: int | None = None
    report: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line of a document stands in the file that it was read from, as far as a person can look it up.

    `page` counts from 1, and `offset` is the number of characters of the page before the line; `table` is the
    table's title, or where `is_sheet` a workbook's sheet, `row` and `column` count from 1 in it; `paragraph` counts
    from 1 those that are not blank, outside tables, of a file without pages; `file` is named, with the `line` in it,
    where a report is made of several.  See `places.where`.
    """

    page: int | None = None
    offset: int = 0
    table: str | None = None
    row: int | None = None
    column: int | None = None
    file: str | None = None
    line: int | None = None
    paragraph: int | None = None
    is_sheet: bool = False


@dataclass(frozen=True)
class Text:
    """A run of text put together from pieces of source lines: (line from 1, first character there, text)."""

    pieces: tuple[tuple[int, int, str], ...]

    @cached_property
    def raw(self) -> str:
        """The text as printed, pieces joined without a break."""
        return "".join(piece for _, _, piece in self.pieces)

    @cached_property
    def folded(self) -> str:
        """The text as compared, see `fold`."""
        return fold(self.raw)

    @cached_property
    def _raw_index(self) -> list[int]:
        return [i for i, char in enumerate(self.raw) if _FOLD.get(ord(char)) != ""]

    @cached_property
    def _piece_ends(self) -> list[int]:
        """Where in `raw` each piece ends."""
        return list(accumulate(len(piece) for _, _, piece in self.pieces))

    @cached_property
    def _pieces_of(self) -> dict[int, list[int]]:
        """The pieces of each line, by their number."""
        found: dict[int, list[int]] = {}
        for at, (line, _, _) in enumerate(self.pieces):
            found.setdefault(line, []).append(at)
        return found

    @cached_property
    def gaps(self) -> tuple[int, ...]:
        """Where in `folded` a tab stood: what is on both sides of it is not one word."""
        return tuple(self.folded_position(i) for i, char in enumerate(self.raw) if char == "\t")

    def folded_position(self, position: int) -> int:
        """How many characters of `folded` come from `raw` before this position."""
        return bisect_left(self._raw_index, position)

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of `raw` that the span `start` to `end` of `folded` comes from."""
        index = self._raw_index
        if start >= end:
            here = index[start] if start < len(index) else len(self.raw)
            return here, here
        return index[start], index[end - 1] + 1

    def quote(self, start: int, end: int) -> str:
        """The source words of a span of `folded`."""
        a, b = self.raw_span(start, end)
        return self.raw[a:b]

    def source(self, start: int, end: int) -> Source:
        """The place of a span of `folded`; of a span over several lines, the part on its first line."""
        a, b = self.raw_span(start, end)
        at = min(bisect_right(self._piece_ends, a), len(self.pieces) - 1)
        line, column, piece = self.pieces[at]
        offset = self._piece_ends[at] - len(piece)
        return Source(line, column + a - offset, column + min(b - offset, len(piece)))

    def sources(self, start: int, end: int) -> tuple[Source, ...]:
        """The places of a span of `folded`, one on each of the lines that it goes over."""
        a, b = self.raw_span(start, end)
        found = []
        at = bisect_right(self._piece_ends, a)
        offset = self._piece_ends[at - 1] if at else 0
        for line, column, piece in self.pieces[at:]:
            if offset >= b:
                break
            first, last = max(a, offset), min(b, offset + len(piece))
            if first < last:
                found.append(Source(line, column + first - offset, column + last - offset))
            offset += len(piece)
        return tuple(found) or (self.source(start, end),)

    def span(self, source: Source) -> tuple[int, int]:
        """The span of `folded` that a place in one of the lines comes from; raises `ValueError` where it is no part of it."""
        for at in self._pieces_of.get(source.line, ()):
            _, column, piece = self.pieces[at]
            start, end = source.start - column, source.end - column
            if 0 <= start <= len(piece):
                index, offset = self._raw_index, self._piece_ends[at] - len(piece)
                return bisect_left(index, offset + start), bisect_left(index, offset + end)
        raise ValueError(f"line {source.line} is no part of this text")

    def is_broken(self, position: int) -> bool:
        """True where a source line ends between this character of `folded` and the one before it."""
        return self.source(position - 1, position).line != self.source(position, position + 1).line

    @property
    def line(self) -> int:
        """The first source line."""
        return self.pieces[0][0]


@dataclass(frozen=True)
class Section:
    """A heading and what it opens: `key` says what it is about (see data/taxonomy/sections.yaml), if known."""

    title: str
    level: int
    key: str | None
    text: Text
    parent: Section | None = None

    def __hash__(self) -> int:
        """By its place alone: the sections above it need not be looked at."""
        return hash((self.level, self.text.line))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Known keys of this section and of those that hold it, outermost first."""
        above = self.parent.keys if self.parent else ()
        return (*above, self.key) if self.key else above

    @cached_property
    def path(self) -> str:
        """Titles from the outermost section to this one."""
        return f"{self.parent.path} / {self.title}" if self.parent else self.title


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of running text."""

    text: Text
    section: Section | None


@dataclass(frozen=True)
class Table:
    """A table: `rows` of cells.  A cell merged across columns stands once; one merged down rows is empty below.

    `spans` has, for each cell, its first column (from 0) and the one after its last; where it is empty, as in a text
    report, the cells of a row are only known to stand side by side.
    """

    rows: tuple[tuple[Text, ...], ...]
    section: Section | None = None
    spans: tuple[tuple[tuple[int, int], ...], ...] = ()


@dataclass(frozen=True)
class Unread:
    """A part of the file that could not be read: where, as a person would say it, and why, in zh and en.

    `line` is the line of the document (from 1) that it stands before.
    """

    where: dict[str, str]
    why: dict[str, str]
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Document:
    """One report: its blocks in reading order, its sections, and its source lines for display.

    `places` says for each line where it stands in the file; it is empty for a text report, whose lines are the
    file's own.
    """

    lines: tuple[str, ...]
    blocks: tuple[Paragraph | Table, ...]
    sections: tuple[Section, ...]
    contents: tuple[Text, ...] = field(default=())
    places: tuple[Place, ...] = field(default=())
    unread: tuple[Unread, ...] = field(default=())

    @cached_property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The blocks that are running text."""
        return tuple(block for block in self.blocks if isinstance(block, Paragraph))

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The blocks that are tables."""
        return tuple(block for block in self.blocks if isinstance(block, Table))

    def place(self, line: int) -> Place:
        """Where a line (from 1) stands in the file."""
        return self.places[line - 1] if self.places else Place()

    def locate(self, source: Source) -> dict[str, int | str]:
        """The fields of a place in the contract's JSON: `line` or `page`, `table`, `row`, `column`, `start`, `end`.

        Of a report made of several files, `file` too.
        """
        place = self.place(source.line)
        shift = place.offset if place.page else 0
        found = {
            "file": place.file,
            "line": None if place.page else place.line or source.line,
            "page": place.page,
            "table": place.table,
            "row": place.row or source.row,
            "column": place.column or source.column,
            "start": source.start + shift,
            "end": source.end + shift,
        }
        return {name: value for name, value in found.items() if value is not None}

    def section(self, key: str) -> Section | None:
        """The first section with this key."""
        return next((section for section in self.sections if section.key == key), None)
