"""Reading a PDF that has text: lines by their baselines, tables by their ruling lines, paragraphs by their indents."""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from ctypes import c_double, c_float
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from helpers.reading.assemble import assemble, continues, is_item
from helpers.reading.document import Document, Place, ReportError, Table, Text, Unread, fold
from helpers.reading.outline import heading_parts

MAX_PAGES = 500
# Of one page; a report prints some 1,500 characters and 500 ruling lines.
MAX_CHARACTERS = 60_000
MAX_EDGES = 20_000
MAX_DEPTH = 5
# In points: how far apart the ends of ruling lines that meet may be, and how thick a filled box still is a line.
_NEAR = 3.0
_THIN = 2.5
_PAGE_NUMBER = re.compile(r"^(?:[-—·~]*\d{1,4}[-—·~]*|第\d{1,4}页(?:，?共\d{1,4}页)?|\d{1,4}/\d{1,4})$")
_UNMAPPED = re.compile(r"[\x00-\x08\x0e-\x1f\ue000-\uf8ff\ufffd-\uffff]")


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A printed character in points from the page's lower left corner as it is looked at: where it begins and ends,
    the line that it stands on, and its size; `index` is its number among the page's characters.
    """

    index: int
    char: str
    left: float
    right: float
    base: float
    size: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, self.base + self.size / 3


@dataclass(frozen=True, slots=True)
class _Edge:
    """A ruling line at `at` (x of a vertical, y of a horizontal one) from `low` to `high`."""

    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _Line:
    """A printed line of text with its extent, and the number of each of its characters on the page, -1 of a space.

    A blank cell has one that is as large as the cell.
    """

    text: str
    indices: array[int]
    left: float
    right: float
    top: float
    size: float


@dataclass
class _Grid:
    """A ruled table of one page: rows of (text lines of the cell, first column, column after), and its extent."""

    rows: list[list[tuple[list[_Line], int, int]]]
    columns: list[float]
    top: float
    bottom: float


@dataclass
class _Page:
    """What a page shows: lines and grids from top to bottom."""

    number: int
    items: list[_Line | _Grid] = field(default_factory=list)
    unread: Unread | None = None


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of a PDF's document: its text, its page (from 1), and for each of its characters the number that the
    character has in the page's text, -1 of a space.

    Of a blank cell `cell` has the left, lower, right and upper side, in points from the lower left corner of the page
    as it is looked at.
    """

    text: str
    page: int
    indices: array[int]
    cell: tuple[float, float, float, float] | None = None


def read(content: bytes, name: str) -> Document:
    """The document of a PDF; raises `ReportError` where it is encrypted, damaged, too long or has no text at all.

    A page that is only an image, or whose letters have no code, is named in `Document.unread`; the rest is read.
    """
    return _document(_pages(content, name))[0]


def printed_lines(content: bytes, name: str) -> tuple[PrintedLine, ...]:
    """The lines of the PDF's document, in order, with where their characters are printed; raises as `read`."""
    return _document(_pages(content, name))[1]


def _pages(content: bytes, name: str) -> list[_Page]:
    try:
        pdf = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise ReportError(f"{name}: is protected by a password; save it without one") from error
        raise ReportError(
            f"{name}: is no readable PDF, has no pages or is cut short; download it again"
        ) from error
    try:
        if len(pdf) > MAX_PAGES:
            raise ReportError(
                f"{name}: has {len(pdf)} pages, more than the {MAX_PAGES} of any report; split it and name the report's part"
            )
        pages = [_page(pdf, number) for number in range(len(pdf))]
    finally:
        pdf.close()
    unread = [page.unread for page in pages if page.unread]
    if not any(page.items for page in pages):
        why = unread[0].why["en"] if unread else "its pages are empty"
        raise ReportError(
            f"{name}: has no text that can be read ({why}); recognise its text (OCR) and try again"
        )
    _strip_margins(pages)
    return pages


# -- one page -------------------------------------------------------------------------------------------------------


def _page(pdf: pdfium.PdfDocument, number: int) -> _Page:
    try:
        page = pdf[number]
    except pdfium.PdfiumError:
        return _Page(number + 1, unread=_unread(number, "页面损坏", "the page is damaged"))
    try:
        turn = _turn(page)
        glyphs = _glyphs(page, turn)
        if glyphs is None:
            return _Page(
                number + 1, unread=_unread(number, "文字过多", "there are too many characters on it")
            )
        horizontal, vertical, has_image = _edges(page, turn)
    finally:
        page.close()
    unmapped = sum(bool(_UNMAPPED.match(glyph.char)) for glyph in glyphs)
    if not glyphs and has_image:
        return _Page(number + 1, unread=_unread(number, "只有图像，没有文字", "it is only an image"))
    if unmapped * 3 > len(glyphs):
        return _Page(
            number + 1, unread=_unread(number, "字体没有编码，文字无法识别", "its letters have no code")
        )
    if len(horizontal) + len(vertical) > MAX_EDGES:
        return _Page(number + 1, unread=_unread(number, "线条过多", "there are too many lines on it"))
    grids, outside = _grids(glyphs, horizontal, vertical)
    items: list[_Line | _Grid] = [*_lines(outside), *grids]
    items.sort(key=lambda item: -item.top)
    return _Page(number + 1, items)


def _unread(number: int, zh: str, en: str) -> Unread:
    return Unread({"zh": f"第{number + 1}页", "en": f"page {number + 1}"}, {"zh": zh, "en": en})


_Matrix = tuple[float, float, float, float, float, float]


def _turn(page: pdfium.PdfPage) -> _Matrix:
    """The matrix from the page's own coordinates to those of the page as it is looked at."""
    left, bottom, right, top = page.get_cropbox()
    turned: dict[int, _Matrix] = {
        0: (1, 0, 0, 1, -left, -bottom),
        90: (0, -1, 1, 0, -bottom, right),
        180: (-1, 0, 0, -1, right, top),
        270: (0, 1, -1, 0, top, -left),
    }
    return turned[page.get_rotation()]


def _through(outer: _Matrix, inner: _Matrix) -> _Matrix:
    """The matrix that applies `inner`, then `outer`."""
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (
        a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m,
    )  # fmt: skip


def _at(matrix: _Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _glyphs(page: pdfium.PdfPage, turn: _Matrix) -> list[_Glyph] | None:
    """The characters of a page, those that are drawn twice to look bold once; None where there are too many."""
    text = page.get_textpage()
    try:
        count = text.count_chars()
        if count > MAX_CHARACTERS:
            return None
        box, x0, y0 = raw.FS_RECTF(), c_double(), c_double()
        found: list[_Glyph] = []
        seen: set[tuple[str, int, int]] = set()
        for index in range(count):
            char = chr(raw.FPDFText_GetUnicode(text.raw, index))
            if char.isspace() or raw.FPDFText_IsGenerated(text.raw, index) == 1:
                continue
            if not raw.FPDFText_GetLooseCharBox(text.raw, index, box):
                continue
            raw.FPDFText_GetCharOrigin(text.raw, index, x0, y0)
            x, y = _at(turn, box.left, box.bottom)
            u, v = _at(turn, box.right, box.top)
            left, right = min(x, u), max(x, u)
            base = _at(turn, x0.value, y0.value)[1]
            # A Chinese character is as wide as it is high; the heights that fonts state differ at one size.
            size = right - left if char > "\u2e7f" else abs(y - v)
            here = round(left), round(base)
            near = [(char, here[0] + dx, here[1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
            if right - left > 2 and any(place in seen for place in near):
                continue
            seen.add((char, *here))
            found.append(_Glyph(index, char, left, right, base, size))
        return found
    finally:
        text.close()


def _edges(page: pdfium.PdfPage, turn: _Matrix) -> tuple[list[_Edge], list[_Edge], bool]:
    """The horizontal and the vertical ruling lines of a page, and whether it has an image."""
    horizontal: list[_Edge] = []
    vertical: list[_Edge] = []
    has_image = False
    for item, matrix in _objects(page, turn):
        kind = raw.FPDFPageObj_GetType(item)
        has_image = has_image or kind == raw.FPDF_PAGEOBJ_IMAGE
        if kind != raw.FPDF_PAGEOBJ_PATH or len(horizontal) + len(vertical) > MAX_EDGES:
            continue
        for (x, y), (u, v) in _strokes(item, matrix):
            if abs(y - v) <= _THIN < abs(x - u):
                horizontal.append(_Edge((y + v) / 2, min(x, u), max(x, u)))
            elif abs(x - u) <= _THIN < abs(y - v):
                vertical.append(_Edge((x + u) / 2, min(y, v), max(y, v)))
    return horizontal, vertical, has_image


def _objects(page: pdfium.PdfPage, turn: _Matrix) -> Iterator[tuple[raw.FPDF_PAGEOBJECT, _Matrix]]:
    """The objects of a page and of the forms in it, each with the matrix of the space that it is drawn in."""
    stack = [
        (raw.FPDFPage_GetObject(page.raw, index), turn, 0)
        for index in range(raw.FPDFPage_CountObjects(page.raw))
    ]
    while stack:
        item, matrix, depth = stack.pop()
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_FORM:
            if depth < MAX_DEPTH:
                inner = _through(matrix, _matrix_of(item))
                stack += [
                    (raw.FPDFFormObj_GetObject(item, index), inner, depth + 1)
                    for index in range(raw.FPDFFormObj_CountObjects(item))
                ]
        else:
            yield item, matrix


def _matrix_of(item: raw.FPDF_PAGEOBJECT) -> _Matrix:
    found = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(item, found):
        return (1, 0, 0, 1, 0, 0)
    return (found.a, found.b, found.c, found.d, found.e, found.f)


def _strokes(
    item: raw.FPDF_PAGEOBJECT, space: _Matrix
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight lines of a path: of a thin box its length, of any other path its sides."""
    left, bottom, right, top = (c_float() for _ in range(4))
    if raw.FPDFPageObj_GetBounds(item, left, bottom, right, top):
        x, y = _at(space, left.value, bottom.value)
        u, v = _at(space, right.value, top.value)
        if abs(x - u) <= _THIN or abs(y - v) <= _THIN:
            yield (x, y), (u, v)
            return
    matrix = _through(space, _matrix_of(item))
    start = here = (0.0, 0.0)
    a, b = c_float(), c_float()
    for index in range(min(raw.FPDFPath_CountSegments(item), MAX_EDGES)):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        raw.FPDFPathSegment_GetPoint(segment, a, b)
        point = _at(matrix, a.value, b.value)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == raw.FPDF_SEGMENT_LINETO:
            yield here, point
        here = point
        if raw.FPDFPathSegment_GetClose(segment):
            yield here, start
            here = start


# -- tables ---------------------------------------------------------------------------------------------------------


def _grids(
    glyphs: list[_Glyph], horizontal: list[_Edge], vertical: list[_Edge]
) -> tuple[list[_Grid], list[_Glyph]]:
    """The ruled tables of a page, and the characters that stand outside of them."""
    grids = []
    rest = glyphs
    for across, down in _connected(_merged(horizontal), _merged(vertical)):
        columns = _clusters([edge.at for edge in down] + [end for e in across for end in (e.low, e.high)])
        rows = _clusters([edge.at for edge in across] + [end for e in down for end in (e.low, e.high)])[::-1]
        if len(columns) < 3 or len(rows) < 3:
            continue
        box = (columns[0], rows[-1], columns[-1], rows[0])
        inside = [glyph for glyph in rest if _is_in(glyph, box)]
        rest = [glyph for glyph in rest if not _is_in(glyph, box)]
        grids.append(_grid(inside, across, down, columns, rows))
    return grids, rest


def _is_in(glyph: _Glyph, box: tuple[float, float, float, float]) -> bool:
    x, y = glyph.middle
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _merged(edges: Iterable[_Edge]) -> list[_Edge]:
    """The edges, pieces of one line as one."""
    found: list[_Edge] = []
    for edge in sorted(edges, key=lambda edge: (round(edge.at / _NEAR), edge.low)):
        last = found[-1] if found else None
        if last and abs(last.at - edge.at) <= _NEAR and edge.low <= last.high + _NEAR:
            found[-1] = _Edge(last.at, min(last.low, edge.low), max(last.high, edge.high))
        else:
            found.append(edge)
    return found


def _connected(
    horizontal: Sequence[_Edge], vertical: Sequence[_Edge]
) -> Iterator[tuple[list[_Edge], list[_Edge]]]:
    """The groups of lines that meet."""
    parent = list(range(len(horizontal) + len(vertical)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for i, across in enumerate(horizontal):
        for j, down in enumerate(vertical, len(horizontal)):
            if (
                across.low - _NEAR <= down.at <= across.high + _NEAR
                and down.low - _NEAR <= across.at <= down.high + _NEAR
            ):
                parent[root(i)] = root(j)
    groups: dict[int, tuple[list[_Edge], list[_Edge]]] = defaultdict(lambda: ([], []))
    for i, edge in enumerate(horizontal):
        groups[root(i)][0].append(edge)
    for j, edge in enumerate(vertical, len(horizontal)):
        groups[root(j)][1].append(edge)
    yield from sorted(
        (group for group in groups.values() if len(group[0]) >= 2 and len(group[1]) >= 2),
        key=lambda group: -max(edge.at for edge in group[0]),
    )


def _clusters(values: Iterable[float]) -> list[float]:
    """The middle of each run of values that lie close together, in order."""
    found: list[list[float]] = []
    for value in sorted(values):
        if found and value - found[-1][-1] <= _NEAR:
            found[-1].append(value)
        else:
            found.append([value])
    return [sum(run) / len(run) for run in found]


def _grid(
    glyphs: list[_Glyph], across: list[_Edge], down: list[_Edge], columns: list[float], rows: list[float]
) -> _Grid:
    """The table that the lines make: places without a line between them are one cell."""
    width, height = len(columns) - 1, len(rows) - 1
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    walls_x = [[edge for edge in down if abs(edge.at - x) <= _NEAR] for x in columns]
    walls_y = [[edge for edge in across if abs(edge.at - y) <= _NEAR] for y in rows]

    def is_walled(edges: list[_Edge], low: float, high: float) -> bool:
        middle = (low + high) / 2
        return any(edge.low <= middle <= edge.high for edge in edges)

    for row in range(height):
        for column in range(width):
            if (row, column) in owner:
                continue
            right = column + 1
            while (
                right < width
                and (row, right) not in owner
                and not is_walled(walls_x[right], rows[row + 1], rows[row])
            ):
                right += 1
            below = row + 1
            while below < height and not any(
                is_walled(walls_y[below], columns[c], columns[c + 1]) for c in range(column, right)
            ):
                below += 1
            for r in range(row, below):
                for c in range(column, right):
                    owner.setdefault((r, c), (row, column))
    inside: dict[tuple[int, int], list[_Glyph]] = defaultdict(list)
    for glyph in glyphs:
        x, y = glyph.middle
        row = next((r for r in range(height) if y >= rows[r + 1]), height - 1)
        column = next((c for c in range(width) if x <= columns[c + 1]), width - 1)
        inside[owner[row, column]].append(glyph)
    made: list[list[tuple[list[_Line], int, int]]] = []
    for row in range(height):
        cells: list[tuple[list[_Line], int, int]] = []
        column = 0
        while column < width:
            own = owner[row, column]
            end = column + 1
            while end < width and owner[row, end] == own:
                end += 1
            words = _lines(inside[own]) if own == (row, column) else []
            if not words:
                below = next((r for r in range(row, height) if owner[r, column] != own), height)
                high = rows[row] - rows[below]
                words = [_Line("", array("i"), columns[column], columns[end], rows[row], high)]
            cells.append((words, column, end))
            column = end
        made.append(cells)
    return _Grid(made, columns, rows[0], rows[-1])


# -- lines ----------------------------------------------------------------------------------------------------------


def _lines(glyphs: Iterable[_Glyph]) -> list[_Line]:
    """The characters as lines, top to bottom; a gap wider than a third of a character is a space, a wide one several."""
    rows: list[list[_Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph.base):
        if rows and rows[-1][0].base - glyph.base <= min(glyph.size, rows[-1][0].size) * 0.4:
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    found = []
    for row in rows:
        row.sort(key=lambda glyph: glyph.left)
        words, indices = row[0].char, array("i", [row[0].index])
        for before, glyph in pairwise(row):
            gap = glyph.left - before.right
            spaces = max(1, round(gap * 2 / glyph.size)) if gap > glyph.size / 3 else 0
            words += " " * spaces + glyph.char
            indices += array("i", [-1]) * spaces
            indices.append(glyph.index)
        sizes = sorted([g.size for g in row if g.char > "\u2e7f"] or [g.size for g in row])
        size = sizes[len(sizes) // 2]
        found.append(_Line(words, indices, row[0].left, max(g.right for g in row), row[0].base + size, size))
    return found


def _strip_margins(pages: list[_Page]) -> None:
    """Take away page numbers, and the lines that stand first or last on most pages."""
    for end in (0, -1):
        ends = [page.items[end] for page in pages if page.items]
        repeated = Counter(re.sub(r"\d+", "", fold(item.text)) for item in ends if isinstance(item, _Line))
        for page in pages:
            item = page.items[end] if page.items else None
            if not isinstance(item, _Line):
                continue
            words = fold(item.text)
            plain = re.sub(r"\d+", "", words)
            if _PAGE_NUMBER.match(words) or (plain and repeated[plain] >= max(3, len(pages) // 2)):
                del page.items[end]


# -- the document ---------------------------------------------------------------------------------------------------


def _document(pages: list[_Page]) -> tuple[Document, tuple[PrintedLine, ...]]:
    """The document of the pages, and its lines as they are printed."""
    lines: list[str] = []
    printed: list[PrintedLine] = []
    places: list[Place] = []
    tables: dict[int, tuple[Table, int]] = {}
    starts: set[int] = set()
    before: _Line | None = None
    open_table: tuple[int, _Grid, int] | None = None
    offset = 0

    def add(line: _Line, page: int, row: int | None = None, column: int | None = None) -> None:
        nonlocal offset
        lines.append(line.text)
        cell = None if line.text else (line.left, line.top - line.size, line.right, line.top)
        printed.append(PrintedLine(line.text, page, line.indices, cell))
        places.append(Place(page, offset, row=row, column=column))
        offset += len(line.text) + 1

    margins = _margins(pages)
    unread: list[Unread] = []
    for page in pages:
        offset = 0
        if page.unread:
            unread.append(replace(page.unread, line=len(lines) + 1))
        for item in page.items:
            if isinstance(item, _Line):
                if before is None or _begins(item, before, margins[page.number]):
                    starts.add(len(lines))
                add(item, page.number)
                before, open_table = item, None
                continue
            goes_on = open_table is not None and _goes_on(open_table[1], item)
            first = open_table[0] if open_table and goes_on else len(lines)
            rows = list(tables[first][0].rows) if goes_on else []
            spans = list(tables[first][0].spans) if goes_on else []
            skipped = _repeated_head(rows, item) if goes_on else 0
            for cells in item.rows[skipped:]:
                texts = []
                for words, start, _ in cells:
                    pieces = []
                    for word in words:
                        add(word, page.number, len(rows) + 1, start + 1)
                        pieces.append((len(lines), 0, word.text))
                    texts.append(Text(tuple(pieces)))
                rows.append(tuple(texts))
                spans.append(tuple((start, end) for _, start, end in cells))
            tables[first] = Table(tuple(rows), None, tuple(spans)), len(lines)
            open_table = (first, item, page.number)
            before = None
    return assemble(lines, tables, places, frozenset(starts), unread), tuple(printed)


def _goes_on(above: _Grid, grid: _Grid) -> bool:
    """True where a table has the columns of the one on the page before."""
    return len(above.columns) == len(grid.columns) and all(
        abs(a - b) <= 3 * _NEAR for a, b in zip(above.columns, grid.columns, strict=True)
    )


def _repeated_head(rows: list[tuple[Text, ...]], grid: _Grid) -> int:
    """How many rows of a table that goes on repeat its head."""
    count = 0
    for above, below in zip(rows, grid.rows, strict=False):
        words = [fold("".join(line.text for line in lines)) for lines, _, _ in below]
        if [text.folded for text in above] != words or not any(words) or _has_amount(words):
            break
        count += 1
    return count


def _has_amount(words: Iterable[str]) -> bool:
    return any(re.fullmatch(r"-?[\d，]+\.\d+", word) for word in words)


def _margins(pages: Sequence[_Page]) -> dict[int, tuple[float, float]]:
    """Where the lines of running text begin and end, by page: a page that has hardly any is laid out as the others."""
    lines = {page.number: [item for item in page.items if isinstance(item, _Line)] for page in pages}
    long = {
        number: [line for line in found if line.right - line.left > 12 * line.size]
        for number, found in lines.items()
    }
    everywhere = [line for found in long.values() for line in found]
    usual = _extent(everywhere) if everywhere else None
    return {
        number: _extent(found) if len(found) >= 4 else usual or _extent(lines[number])
        for number, found in long.items()
    }


def _extent(lines: Sequence[_Line]) -> tuple[float, float]:
    return min((line.left for line in lines), default=0.0), max((line.right for line in lines), default=0.0)


def _begins(line: _Line, before: _Line, margins: tuple[float, float]) -> bool:
    """True where a line begins a paragraph: it is indented, or a heading, or the line before ended early."""
    words = fold(line.text)
    if continues(words):
        return False
    if heading_parts(words)[0] is not None or is_item(words):
        return True
    if abs(before.size - line.size) > 0.2 * line.size:
        return True
    heading, ended_early = heading_parts(fold(before.text))[0], before.right < margins[1] - 2.5 * before.size
    if heading == 0 and abs(line.size - before.size) < 0.5 and _is_centred(line, margins):
        return False
    if heading is not None and ended_early:
        return True
    if line.left > margins[0] + 1.2 * line.size:
        return True
    # A figure that does not fit goes to the next line whole: only a sentence's end makes a short line a last one.
    return ended_early and fold(before.text).endswith(("。", "！", "？", "；"))


def _is_centred(line: _Line, margins: tuple[float, float]) -> bool:
    """True for a line clearly shorter than the text is wide, with as much room before it as behind it."""
    before, behind = line.left - margins[0], margins[1] - line.right
    is_short = line.right - line.left < 0.8 * (margins[1] - margins[0])
    return is_short and before > line.size and abs(before - behind) < 2 * line.size
