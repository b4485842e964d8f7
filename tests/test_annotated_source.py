"""The report itself with what was found in it: boxes on the pages of a PDF, its notes, and the comments of a DOCX."""

from __future__ import annotations

import json
import os
from ctypes import c_double, c_ushort
from functools import cache
from io import BytesIO
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest
from PIL import Image

from audits import ANJU, ROOT
from helpers import Audit, audit
from helpers.reading.document import Source, fold
from helpers.reading.text import parse
from helpers.showing import pdf_pages
from helpers.showing.annotated_pdf import annotated_pdf
from helpers.showing.notes import AUTHOR, notes
from helpers.showing.pdf_pages import Box, PageImage, page_images
from helpers.showing.source_files import source_files
from printing import as_html, printed, turned_pdf

SHARED = ROOT.parent / "shared" / "reports"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir() and not os.environ.get("CI"), reason="the reports of ../shared are not here"
)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
NARRATIVE = """<p>第一部分 收入支出决算情况说明</p><p>一、收入支出决算总体情况说明</p>
<p>2023年度收、支总计均为1179.47万元。与2022年度相比，收、支总计各增加84.88万元，增长9.75%。</p>"""


def audited(tmp_path: Path, content: bytes, name: str = "report.pdf") -> Audit:
    path = tmp_path / name
    path.write_bytes(content)
    return audit(path)


@cache
def anju_pdf() -> bytes:
    return printed(as_html(parse(ANJU.read_text("utf-8-sig"))))


def gist(found: Audit) -> dict[str, object]:
    """The audit's JSON, but for what file it is of."""
    whole: dict[str, object] = json.loads(found.to_json())
    whole["report"] = {k: v for k, v in whole["report"].items() if k not in ("file", "sha256")}  # type: ignore[attr-defined]
    return whole


# ----------------------------------------------------------------------------------------------- boxes on pages


def words_in(page: pdfium.PdfPage, box: Box) -> str:
    """The characters of a page whose middles are in a box."""
    x, y = c_double(), c_double()
    corners = []
    for across, down in ((box.left, box.top), (box.left + box.width, box.top + box.height)):
        at = (int(part * 1000) for part in (across, down))
        raw.FPDF_DeviceToPage(page.raw, 0, 0, 100_000, 100_000, 0, *at, x, y)
        corners.append((x.value, y.value))
    (a, b), (c, d) = corners
    text = page.get_textpage()
    found = ""
    for index in range(text.count_chars()):
        left, bottom, right, top = text.get_charbox(index)
        inside = min(a, c) <= (left + right) / 2 <= max(a, c) and min(b, d) <= (bottom + top) / 2 <= max(b, d)
        char = chr(raw.FPDFText_GetUnicode(text.raw, index))
        # A figure drawn twice to look bold is read once.
        found += char if inside and not char.isspace() else ""
    return found


def unboxed(content: bytes, found: Audit, images: tuple[PageImage, ...]) -> list[str]:
    """The figures that have no box, or one that holds other characters than theirs."""
    words: dict[int, str] = {}
    with pdfium.PdfDocument(content) as pdf:
        for image in images:
            for box in image.boxes:
                words[box.numeral] = words.get(box.numeral, "") + words_in(pdf[image.number - 1], box)
    return [
        f"{numeral.text} {words.get(number)}"
        for number, numeral in enumerate(found.numerals)
        if fold(words.get(number, "")) != fold(numeral.text)
    ]


def test_every_figure_of_a_printed_report_is_boxed_on_its_page(tmp_path: Path) -> None:
    found = audited(tmp_path, anju_pdf())
    images = page_images(anju_pdf(), found)
    assert [image.number for image in images] == list(range(1, len(pdfium.PdfDocument(anju_pdf())) + 1))
    assert unboxed(anju_pdf(), found, images) == []
    for image in images:
        assert Image.open(BytesIO(image.data)).size == (image.width, image.height)
        numbers = [box.numeral for box in image.boxes]
        assert numbers == sorted(numbers)
        pages = {found.document.place(found.numerals[number].source.line).page for number in numbers}
        assert pages <= {image.number, image.number - 1}
    assert page_images(anju_pdf(), found) == images


@needs_shared
@pytest.mark.parametrize("name", ["putuo-finance-2024-bad", "putuo-finance-2024-good", "putuo-template-2024"])
def test_every_figure_of_a_real_report_is_boxed_and_its_pages_are_small(name: str) -> None:
    content, found = (SHARED / f"{name}.pdf").read_bytes(), audit(SHARED / f"{name}.pdf")
    images = page_images(content, found)
    assert unboxed(content, found, images) == []
    assert sum(len(image.data) for image in images) / len(images) < 30_000


def test_figure_over_two_lines_has_two_boxes(tmp_path: Path) -> None:
    ends = "".join(
        f"<p>{'本年度执行情况良好' * 2}其中支出{printed_as}万元。</p>"
        for printed_as in ("1<br>179.47", "1179.<br>47", "1179.4<br>7", "1179.47")
    )
    content = printed(NARRATIVE + ends)
    found = audited(tmp_path, content)
    images = page_images(content, found)
    assert unboxed(content, found, images) == []
    boxes = [box.numeral for image in images for box in image.boxes]
    lines = found.document.lines
    whole = {
        number: lines[numeral.source.line - 1][numeral.source.start : numeral.source.end] == numeral.text
        for number, numeral in enumerate(found.numerals)
    }
    assert {number: boxes.count(number) for number in whole} == {n: 1 if whole[n] else 2 for n in whole}
    assert list(whole.values()) == [True, True, True, False, False, False, True]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_boxes_of_a_turned_page_are_where_it_is_looked_at(turn: int, tmp_path: Path) -> None:
    # In figures: a browser writes the codes of some characters beside the page, where a form's turn does not reach them.
    figures = printed("<p>1179.47; 1,238.58; 6.20.</p>")
    both = []
    for second in (figures, turned_pdf(figures, turn)):
        pdf, out = pdfium.PdfDocument(printed(NARRATIVE)), BytesIO()
        pdf.import_pages(pdfium.PdfDocument(second))
        pdf.save(out)
        found = audited(tmp_path, out.getvalue())
        images = page_images(out.getvalue(), found)
        assert unboxed(out.getvalue(), found, images) == []
        both.append([(box.left, box.top, box.width, box.height) for box in images[1].boxes])
        marked = annotations(annotated_pdf(out.getvalue(), found).data)
        assert [words for number, kind, words, _ in marked if number == 2] == ["1179.47", "1,238.58", "6.20"]
    assert len(both[0]) == 3
    for straight, turned in zip(*both, strict=True):
        assert turned == pytest.approx(straight, abs=0.5)


def test_pages_beyond_the_limit_and_huge_pages_are_bounded_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf, out = pdfium.PdfDocument(printed(NARRATIVE)), BytesIO()
    pdf.new_page(14_400, 14_400)
    pdf.new_page(14_400, 1)
    pdf.new_page(595, 842)
    pdf.save(out)
    monkeypatch.setattr(pdf_pages, "MAX_SHOWN", 3)
    found = audited(tmp_path, out.getvalue())
    images = page_images(out.getvalue(), found)
    assert [bool(image.data) for image in images] == [True, True, False, False]
    # A side is rounded up.
    assert (images[1].width - 1) * (images[1].height - 1) < pdf_pages.MAX_PIXELS
    files = source_files(["report.pdf"], [out.getvalue()], found)
    assert sorted(files) == ["pages/001.webp", "pages/002.webp", "source-notes.txt", "source.pdf"]
    says = files["source-notes.txt"].decode().splitlines()
    assert [line.partition("：")[0] for line in says if "页" in line] == [
        "report.pdf: 第3页起1页", "report.pdf: 第4页起1页",
    ]  # fmt: skip


def test_page_that_is_a_photograph_stays_small(tmp_path: Path) -> None:
    noise = Image.effect_noise((800, 1100), 90)
    assert len(pdf_pages._webp(noise)) < 400_000


# ------------------------------------------------------------------------------------------------ the annotated PDF


def annotations(content: bytes) -> list[tuple[int, int, str, str]]:
    """The notes of a PDF: page, kind, the characters under their corners, and the note's text."""
    found = []
    corners, area = raw.FS_QUADPOINTSF(), None
    with pdfium.PdfDocument(content) as pdf:
        for number, page in enumerate(pdf, 1):
            text = page.get_textpage()
            for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
                one = raw.FPDFPage_GetAnnot(page.raw, index)
                if _string(one, b"T") != AUTHOR:
                    continue
                words = ""
                for part in range(raw.FPDFAnnot_CountAttachmentPoints(one)):
                    assert raw.FPDFAnnot_GetAttachmentPoints(one, part, corners)
                    xs = (corners.x1, corners.x2, corners.x3, corners.x4)
                    ys = (corners.y1, corners.y2, corners.y3, corners.y4)
                    area = min(xs), min(ys), max(xs), max(ys)
                    words += _within(text, *area)
                found.append((number, raw.FPDFAnnot_GetSubtype(one), words, _string(one, b"Contents")))
                raw.FPDFPage_CloseAnnot(one)
    return found


def _within(text: pdfium.PdfTextPage, left: float, bottom: float, right: float, top: float) -> str:
    found = ""
    for index in range(text.count_chars()):
        a, b, c, d = text.get_charbox(index)
        char = chr(raw.FPDFText_GetUnicode(text.raw, index))
        if left <= (a + c) / 2 <= right and bottom <= (b + d) / 2 <= top and not char.isspace():
            found += char
    return found


def _string(annotation: object, key: bytes) -> str:
    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    buffer = (c_ushort * (size // 2))()
    raw.FPDFAnnot_GetStringValue(annotation, key, buffer, size)
    return bytes(buffer).decode("utf-16-le").rstrip("\0")


def check_annotated(content: bytes, found: Audit, tmp_path: Path) -> None:
    """Every note is at its words, the pages read as before, and the copy gives the same audit."""
    copy = annotated_pdf(content, found)
    assert annotated_pdf(content, found) == copy
    expected: dict[tuple[Source, ...], list[str]] = {}
    for note in notes(found):
        expected.setdefault(note.places, []).append(note.text)
    lines = found.document.lines
    marked = annotations(copy.data)
    kinds = {raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_TEXT}
    assert {kind for _, kind, _, _ in marked} <= kinds
    boxed = [(words, text) for _, kind, words, text in marked if kind != raw.FPDF_ANNOT_TEXT]
    icons = [text for _, kind, _, text in marked if kind == raw.FPDF_ANNOT_TEXT]
    assert len(icons) == copy.astray
    wanted = []
    for places, texts in expected.items():
        pages: dict[int | None, str] = {}
        for at in places:
            page = found.document.place(at.line).page
            words = fold(lines[at.line - 1][at.start : at.end])
            pages[page] = pages.get(page, "") + words
        if any(pages.values()):
            wanted += [(words, "\n\n".join(texts)) for words in pages.values()]
    assert sorted((fold(words), text) for words, text in boxed) == sorted(wanted)
    with pdfium.PdfDocument(content) as one, pdfium.PdfDocument(copy.data) as other:
        assert [page.get_textpage().get_text_range() for page in one] == [
            page.get_textpage().get_text_range() for page in other
        ]
    assert gist(audited(tmp_path, copy.data, "again.pdf")) == gist(found)


def test_annotated_pdf_has_a_note_at_every_figure_and_finding(tmp_path: Path) -> None:
    check_annotated(anju_pdf(), audited(tmp_path, anju_pdf()), tmp_path)


@needs_shared
@pytest.mark.parametrize("name", ["putuo-finance-2024-bad", "putuo-finance-2024-good", "putuo-template-2024"])
def test_annotated_pdf_of_a_real_report(name: str, tmp_path: Path) -> None:
    check_annotated((SHARED / f"{name}.pdf").read_bytes(), audit(SHARED / f"{name}.pdf"), tmp_path)


def test_notes_say_what_was_found_in_both_languages(tmp_path: Path) -> None:
    found = audited(tmp_path, printed(NARRATIVE))
    texts = {words: text for _, _, words, text in annotations(annotated_pdf(printed(NARRATIVE), found).data)}
    [finding] = [f for f in found.findings if f.result.rule.id == "REC-01"]
    number = found.findings.index(finding) + 1
    assert f"发现 {number} · 中 · REC-01 · 有疑问之处\n{finding.message['zh']}" in texts["9.75"]
    assert f"Finding {number} · Medium · REC-01 · in question\n{finding.message['en']}" in texts["9.75"]
    suspect = finding.suspects[0]
    assert f"疑点：{suspect.fact.printed}" in texts["9.75"] and f" → {suspect.correction}：" in texts["9.75"]
