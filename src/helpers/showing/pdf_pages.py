"""The pages of a PDF report as pictures, and where on them its figures are."""

from __future__ import annotations

from collections import defaultdict
from ctypes import c_int
from dataclasses import dataclass, field
from io import BytesIO

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from helpers.audit import Audit
from helpers.showing.notes import Spans
from helpers.showing.pdf_places import Area, PrintedPlaces

DOTS_PER_INCH = 110
GREYS = 8
# A page of A3 at this resolution has 2.3 million; one that is larger is shown smaller.
MAX_PIXELS = 3_000_000
MAX_SIDE = 16_000  # in pixels; a picture can have no more
LARGE = 80_000  # in bytes; a page of text has half as many
# Of one report; those after them are only named.
MAX_SHOWN = 200

_NO_WORDS = {"zh": "", "en": ""}
_TOO_MANY = {
    "zh": f"只显示前{MAX_SHOWN}页，本页见报告文件",
    "en": f"only the first {MAX_SHOWN} pages are shown; see this one in the report's file",
}
_DAMAGED = {
    "zh": "本页无法显示，见报告文件",
    "en": "this page cannot be shown; see it in the report's file",
}
_PARTS = 100_000  # that a page's sides are divided into when a place on it is looked up


@dataclass(frozen=True, slots=True)
class Box:
    """A figure on a page: its index in `Audit.numerals`, and its place in percent of the page from its upper left."""

    numeral: int
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page (from 1) as a WebP picture of `width` by `height` pixels, and the figures on it in their order.

    A page that is not shown has neither; `unshown` says why, in zh and en.
    """

    number: int
    width: int
    height: int
    data: bytes
    boxes: tuple[Box, ...]
    unshown: dict[str, str] = field(default_factory=lambda: dict(_NO_WORDS))


def page_images(content: bytes, audit: Audit) -> tuple[PageImage, ...]:
    """The pages of a PDF that the audit read, each once.

    A figure over two lines has two boxes; one whose characters are not found as they were read has none.  Raises
    `ValueError` where the PDF is none of the audit's files.
    """
    with PrintedPlaces(content, audit) as places:
        areas: dict[int, list[tuple[int, Area]]] = defaultdict(list)
        spans = Spans(audit.document)
        for number, numeral in enumerate(audit.numerals):
            at = spans.of(numeral.source, numeral.text)
            if spans.is_read_as(at, numeral.text):
                for area in places.areas(at):
                    areas[area.page].append((number, area))
        return tuple(
            _page(places.pdf, number, areas[number]) if number <= MAX_SHOWN else _unshown(number, _TOO_MANY)
            for number in range(1, len(places.pdf) + 1)
        )


def _page(pdf: pdfium.PdfDocument, number: int, areas: list[tuple[int, Area]]) -> PageImage:
    try:
        page = pdf[number - 1]
    except pdfium.PdfiumError:
        return _unshown(number, _DAMAGED)
    try:
        width, height = page.get_size()
        scale = min(DOTS_PER_INCH / 72, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
        if min(width, height) * scale < 1 or max(width, height) * scale > MAX_SIDE:
            return _unshown(number, _DAMAGED)
        picture = page.render(scale=scale, grayscale=True).to_pil().convert("L")
        boxes = (_box(page, numeral, area) for numeral, area in areas)
        return PageImage(
            number,
            picture.width,
            picture.height,
            _webp(picture),
            tuple(box for box in boxes if box.width > 0 and box.height > 0),
        )
    except pdfium.PdfiumError:
        return _unshown(number, _DAMAGED)
    finally:
        page.close()


def _unshown(number: int, why: dict[str, str]) -> PageImage:
    return PageImage(number, 0, 0, b"", (), why)


def _webp(picture: Image.Image) -> bytes:
    """The picture in few greys: a page of text is then half as large as in any form that is as sharp.

    Of a photograph it is larger than one that is less sharp, which is then what is taken.
    """
    step = 255 / (GREYS - 1)
    out, other = BytesIO(), BytesIO()
    few = picture.point([round(round(grey / step) * step) for grey in range(256)])
    few.save(out, "WEBP", lossless=True, quality=50, method=4)
    if out.tell() <= LARGE:
        return out.getvalue()
    picture.save(other, "WEBP", quality=30, method=4)
    return min(out.getvalue(), other.getvalue(), key=len)


def _box(page: pdfium.PdfPage, numeral: int, area: Area) -> Box:
    x, y = c_int(), c_int()
    corners = []
    for across, up in ((area.left, area.bottom), (area.right, area.top)):
        raw.FPDF_PageToDevice(page.raw, 0, 0, _PARTS, _PARTS, 0, across, up, x, y)
        corners.append([min(max(place.value, 0), _PARTS) for place in (x, y)])
    (a, b), (c, d) = corners
    percent = [part * 100 / _PARTS for part in (min(a, c), min(b, d), abs(a - c), abs(b - d))]
    return Box(numeral, *percent)
