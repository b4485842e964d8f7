"""A copy of a PDF report with the findings and tickmarks as notes at their places."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from ctypes import c_ushort
from dataclasses import replace
from io import BytesIO

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from helpers.audit import Audit
from helpers.reading.document import Source
from helpers.showing.notes import AUTHOR, Annotated, NotAnnotated, Note, Spans, notes
from helpers.showing.pdf_places import Area, PrintedPlaces
from helpers.showing.tickmarks import Tickmark

_Colour = tuple[int, int, int]
_HIGHLIGHTS: dict[str, _Colour] = {
    "high": (255, 150, 150),
    "medium": (255, 205, 110),
    "low": (150, 200, 255),
    "info": (205, 210, 216),
}
_PASSED: _Colour = (26, 107, 52)
_UNDERLINES: dict[Tickmark, _Colour] = {
    Tickmark.EXCEPTION: (179, 29, 40),
    Tickmark.NOTED: (138, 75, 0),
    Tickmark.WITHIN_ROUNDING: (138, 75, 0),
    Tickmark.NOT_TESTED: (120, 128, 136),
}
_ICON = 12.0  # in points
# Of the report's own annotations, those that only show something: seals, fields, marks, words.
_KEPT = frozenset(
    {
        raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_INK,
        raw.FPDF_ANNOT_LINE, raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE, raw.FPDF_ANNOT_POLYGON,
        raw.FPDF_ANNOT_POLYLINE, raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_SQUIGGLY,
        raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_CARET, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_WATERMARK,
    }
)  # fmt: skip
# What an action may do, but for going to a page of the same file.
_ACTIONS = frozenset(
    b"GoToE GoToR GoTo3DView Hide ImportData JavaScript Launch Movie Named Rendition ResetForm RichMediaExecute "
    b"SetOCGState Sound SubmitForm Thread Trans URI".split()
)
# The dictionaries as the library writes them: brackets within strings are escaped.
_TOKEN = re.compile(rb"\((?:[^\\()]|\\.)*\)|<<|>>|<[^>]*>|/[^\s()<>\[\]{}/%]*|[^\s()<>\[\]{}/%]+", re.S)
_ENTRY = re.compile(rb"(\d{10}) \d{5} n")
_ID = re.compile(rb"/ID\[<([0-9A-Fa-f]{32})><([0-9A-Fa-f]{32})>\]")
_DATE = re.compile(rb"/CreationDate\([^()]*\)")
_INFO = re.compile(rb"/Info (\d+) 0 R")
_UNMADE = ("这份PDF无法另存为标注副本，标注见报告原文页", "no annotated copy of this PDF can be made; see the page of its text")  # fmt: skip
_SIGNED = {
    "zh": "报告有电子签名；标注副本不带签名，查验请用原文件",
    "en": "the report is signed; its annotated copy is not: verify the original",
}


def annotated_pdf(content: bytes, audit: Audit) -> Annotated:
    """The PDF with a highlight at every place of a finding, and an underline at every other figure, each with its note.

    The pages alone are copied: nothing of the document around them, and of its own annotations no link, file or
    action.  A finding whose words are not printed has an icon beside the words before it.  Same bytes each time.
    Raises `NotAnnotated` where the library cannot copy the pages, `ValueError` where the PDF is none of the audit's.
    """
    spans = Spans(audit.document)
    marked: dict[int, list[tuple[Note, list[Area]]]] = defaultdict(list)
    icons: dict[int, list[tuple[Note, Area]]] = defaultdict(list)
    astray = 0
    with PrintedPlaces(content, audit) as places:
        for note in _together(notes(audit)):
            if places.page(note.places[0]) is None:
                continue
            is_read = not note.quote or spans.is_read_as(note.places, note.quote)
            areas = places.areas(note.places) if is_read else ()
            for number in dict.fromkeys(area.page for area in areas):
                marked[number].append((note, [area for area in areas if area.page == number]))
            if not areas:
                astray += 1
                beside = places.near(note.places[0]) if note.severity else None
                if beside:
                    icons[beside.page].append((note, beside))
        remarks = (_SIGNED,) if raw.FPDF_GetSignatureCount(places.pdf.raw) > 0 else ()
        copy = _copy(places.pdf)
    try:
        for number in sorted({*marked, *icons}):
            _annotate(copy, number, marked[number], icons[number])
        out = BytesIO()
        copy.save(out, flags=raw.FPDF_NO_INCREMENTAL)
    except pdfium.PdfiumError as error:
        raise NotAnnotated(*_UNMADE) from error
    finally:
        copy.close()
    return Annotated(_settled(out.getvalue()), astray, remarks)


def _together(found: Iterable[Note]) -> list[Note]:
    """The notes, those at the same places as one, as grave as the gravest, which is first."""
    at: dict[tuple[Source, ...], Note] = {}
    for note in found:
        first = at.get(note.places)
        at[note.places] = replace(first, text=f"{first.text}\n\n{note.text}") if first else note
    return list(at.values())


def _copy(pdf: pdfium.PdfDocument) -> pdfium.PdfDocument:
    """A document of the pages of another, which loses the annotations that are not copied."""
    copy = pdfium.PdfDocument.new()
    try:
        for page in pdf:
            for index in reversed(range(raw.FPDFPage_GetAnnotCount(page.raw))):
                annotation = raw.FPDFPage_GetAnnot(page.raw, index)
                kind = raw.FPDFAnnot_GetSubtype(annotation) if annotation else raw.FPDF_ANNOT_UNKNOWN
                raw.FPDFPage_CloseAnnot(annotation)
                if kind not in _KEPT and not raw.FPDFPage_RemoveAnnot(page.raw, index):
                    raise NotAnnotated(*_UNMADE)
            page.close()
        copy.import_pages(pdf)
        if len(copy) != len(pdf):
            raise NotAnnotated(*_UNMADE)
    except pdfium.PdfiumError as error:
        copy.close()
        raise NotAnnotated(*_UNMADE) from error
    except NotAnnotated:
        copy.close()
        raise
    return copy


def _annotate(
    copy: pdfium.PdfDocument,
    number: int,
    marked: list[tuple[Note, list[Area]]],
    icons: list[tuple[Note, Area]],
) -> None:
    page = copy[number - 1]
    try:
        turn = page.get_rotation()
        for note, areas in marked:
            if note.severity:
                _add(page, raw.FPDF_ANNOT_HIGHLIGHT, note, areas, turn, _HIGHLIGHTS[note.severity])
            else:
                colour = _UNDERLINES.get(note.mark or Tickmark.NOT_TESTED, _PASSED)
                _add(page, raw.FPDF_ANNOT_UNDERLINE, note, areas, turn, colour)
        for note, beside in icons:
            icon = Area(number, beside.right, beside.bottom, beside.right + _ICON, beside.bottom + _ICON)
            _add(page, raw.FPDF_ANNOT_TEXT, note, [icon], turn, _HIGHLIGHTS[note.severity])
    finally:
        page.close()


def _add(page: pdfium.PdfPage, kind: int, note: Note, areas: list[Area], turn: int, colour: _Colour) -> None:
    annotation = raw.FPDFPage_CreateAnnot(page.raw, kind)
    if not annotation:
        raise pdfium.PdfiumError("no annotation was made")
    try:
        done = [
            raw.FPDFAnnot_SetColor(annotation, raw.FPDFANNOT_COLORTYPE_Color, *colour, 255),
            raw.FPDFAnnot_SetStringValue(annotation, b"Contents", _wide(note.text)),
            raw.FPDFAnnot_SetStringValue(annotation, b"T", _wide(AUTHOR)),
            raw.FPDFAnnot_SetFlags(annotation, raw.FPDF_ANNOT_FLAG_PRINT),
            raw.FPDFAnnot_SetRect(
                annotation,
                raw.FS_RECTF(
                    min(area.left for area in areas),
                    max(area.top for area in areas),
                    max(area.right for area in areas),
                    min(area.bottom for area in areas),
                ),
            ),
        ]
        if kind != raw.FPDF_ANNOT_TEXT:
            done += [raw.FPDFAnnot_AppendAttachmentPoints(annotation, _corners(area, turn)) for area in areas]
        if not all(done):
            raise pdfium.PdfiumError("an annotation was not made in full")
    finally:
        raw.FPDFPage_CloseAnnot(annotation)


def _corners(area: Area, turn: int) -> raw.FS_QUADPOINTSF:
    """The corners of an area as its page is looked at: upper left, upper right, lower left, lower right."""
    _, left, bottom, right, top = area
    corners = {
        0: (left, top, right, top, left, bottom, right, bottom),
        90: (left, bottom, left, top, right, bottom, right, top),
        180: (right, bottom, left, bottom, right, top, left, top),
        270: (right, top, right, bottom, left, top, left, bottom),
    }
    return raw.FS_QUADPOINTSF(*corners[turn])


def _wide(text: str) -> object:
    """Words as the library takes them: UTF-16, closed by a zero."""
    content = f"{text}\0".encode("utf-16-le", "replace")
    return (c_ushort * (len(content) // 2)).from_buffer_copy(content)


def _settled(data: bytes) -> bytes:
    """A saved copy without what would differ the next time, and without actions that its pages still have.

    Raises `NotAnnotated` where it is not written as the library writes a document of its own.
    """
    start = data.rfind(b"trailer")
    identity, info = _ID.search(data, start), _INFO.search(data, start)
    table = data.rfind(b"xref", 0, start)
    offsets = [int(entry.group(1)) for entry in _ENTRY.finditer(data, table, start)]
    if start < 0 or table < 0 or identity is None or info is None:
        raise NotAnnotated(*_UNMADE)
    settled = bytearray(data)
    for offset in offsets:
        if data.startswith(b"%s 0 obj" % info.group(1), offset) and (date := _DATE.search(data, offset)):
            settled[date.start() : date.end()] = b" " * (date.end() - date.start())
        for name in _actions(data, offset):
            settled[name] = ord("x")
    digest = hashlib.sha256(settled[:start]).hexdigest()[:32].upper().encode()
    for group in (1, 2):
        settled[identity.start(group) : identity.end(group)] = digest
    return bytes(settled)


def _actions(data: bytes, offset: int) -> Iterator[int]:
    """Where the names of actions begin in the object at this offset: what `/S` says, or all that the object is."""
    depth, before = 0, b"obj"
    begun = data.index(b"obj", offset) + 3
    for match in _TOKEN.finditer(data, begun):
        token = match.group()
        depth += (token == b"<<") - (token == b">>")
        if before in (b"/S", b"obj") and token[1:] in _ACTIONS:
            yield match.start() + 1
        if token in (b"endobj", b"stream"):
            return
        before = token
