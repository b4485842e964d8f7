"""The report itself with what was found in it: boxes on the pages of a PDF, its notes, and the comments of a DOCX."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from ctypes import c_double, c_ushort
from functools import cache
from hashlib import md5, shake_256
from io import BytesIO
from itertools import chain
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import docx as python_docx
import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest
from lxml import etree
from PIL import Image

from audits import ANJU, HOSTILE, ROOT, notebook
from converted import as_docx
from helpers import Audit, audit
from helpers.reading.document import Source, fold
from helpers.reading.text import parse
from helpers.running.report import run_report
from helpers.showing import annotated_pdf as annotating
from helpers.showing import commented_docx as commenting
from helpers.showing import pdf_pages
from helpers.showing import source_files as sources
from helpers.showing.annotated_pdf import annotated_pdf
from helpers.showing.commented_docx import commented_docx
from helpers.showing.notes import (
    AUTHOR,
    MAX_WORDS,
    NotAnnotated,
    Note,
    Spans,
    notes_of_figures,
    notes_of_findings,
    plain,
)
from helpers.showing.pdf_pages import Box, PageImage, page_images
from helpers.showing.source_files import source_files
from printing import as_html, printed, turned_pdf, with_image_pages
from real_reports import BAD, GOOD, TEMPLATE, audit_of

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


# The middles of a page's characters, and the characters.
Letters = list[tuple[float, float, str]]


def letters_on(page: pdfium.PdfPage) -> Letters:
    """The characters of a page but for white space."""
    text = page.get_textpage()
    found = []
    for index in range(text.count_chars()):
        left, bottom, right, top = text.get_charbox(index)
        char = chr(raw.FPDFText_GetUnicode(text.raw, index))
        if not char.isspace():
            found.append(((left + right) / 2, (bottom + top) / 2, char))
    return found


def within(letters: Letters, left: float, bottom: float, right: float, top: float) -> str:
    """The characters whose middles are in an area."""
    return "".join(char for x, y, char in letters if left <= x <= right and bottom <= y <= top)


def area_of(page: pdfium.PdfPage, box: Box) -> tuple[float, float, float, float]:
    """A box in the page's own coordinates."""
    x, y = c_double(), c_double()
    corners = []
    for across, down in ((box.left, box.top), (box.left + box.width, box.top + box.height)):
        at = (round(part * 1000) for part in (across, down))
        raw.FPDF_DeviceToPage(page.raw, 0, 0, 100_000, 100_000, 0, *at, x, y)
        corners.append((x.value, y.value))
    (a, b), (c, d) = corners
    return min(a, c), min(b, d), max(a, c), max(b, d)


def unboxed(content: bytes, found: Audit, images: tuple[PageImage, ...]) -> list[str]:
    """The figures that have no box, or one that holds other characters than theirs."""
    words: dict[int, str] = {}
    with pdfium.PdfDocument(content) as pdf:
        for image in images:
            page = pdf[image.number - 1]
            letters = letters_on(page)
            for box in image.boxes:
                words[box.numeral] = words.get(box.numeral, "") + within(letters, *area_of(page, box))
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


@pytest.mark.parametrize("path", [BAD, GOOD, TEMPLATE], ids=lambda path: path.stem)
def test_every_figure_of_a_real_report_is_boxed_and_its_pages_are_small(path: Path) -> None:
    content, found = path.read_bytes(), audit_of(path)
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
    files = source_files(["report.pdf"], [out.getvalue()], found).files
    assert sorted(files) == ["pages/001.webp", "pages/002.webp", "source-notes.txt", "source.pdf"]
    says = files["source-notes.txt"].decode().splitlines()
    assert [line.partition("：")[0] for line in says if "页" in line] == [
        "report.pdf: 第3页起1页", "report.pdf: 第4页起1页",
    ]  # fmt: skip


def test_page_that_is_a_photograph_stays_small(tmp_path: Path) -> None:
    picture = BytesIO()
    clouds = Image.frombytes("L", (120, 170), shake_256(b"clouds").digest(120 * 170))
    clouds.resize((1200, 1700), Image.Resampling.BICUBIC).save(picture, "JPEG")
    pdf, out = pdfium.PdfDocument(printed(NARRATIVE)), BytesIO()
    page, image = pdf.new_page(595, 842), pdfium.PdfImage.new(pdf)
    image.load_jpeg(BytesIO(picture.getvalue()))
    image.set_matrix(pdfium.PdfMatrix().scale(595, 842))
    page.insert_obj(image)
    page.gen_content()
    pdf.save(out)
    text, photograph = page_images(out.getvalue(), audited(tmp_path, out.getvalue()))
    assert len(text.data) < 15_000 and len(photograph.data) < 150_000


# ------------------------------------------------------------------------------------------------ the annotated PDF


def annotations(content: bytes) -> list[tuple[int, int, str, str]]:
    """The notes of a PDF: page, kind, the characters under their corners, and the note's text."""
    found = []
    corners = raw.FS_QUADPOINTSF()
    with pdfium.PdfDocument(content) as pdf:
        for number, page in enumerate(pdf, 1):
            letters = letters_on(page)
            for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
                one = raw.FPDFPage_GetAnnot(page.raw, index)
                if _string(one, b"T") != AUTHOR:
                    continue
                words = ""
                for part in range(raw.FPDFAnnot_CountAttachmentPoints(one)):
                    assert raw.FPDFAnnot_GetAttachmentPoints(one, part, corners)
                    xs = (corners.x1, corners.x2, corners.x3, corners.x4)
                    ys = (corners.y1, corners.y2, corners.y3, corners.y4)
                    words += within(letters, min(xs), min(ys), max(xs), max(ys))
                found.append((number, raw.FPDFAnnot_GetSubtype(one), words, _string(one, b"Contents")))
                raw.FPDFPage_CloseAnnot(one)
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
    for note in chain(notes_of_findings(found), notes_of_figures(found)):
        expected.setdefault(note.places, []).append(note.text)
    lines = found.document.lines
    marked = annotations(copy.data)
    kinds = {raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_TEXT}
    assert {kind for _, kind, _, _ in marked} <= kinds
    boxed = [(words, text) for _, kind, words, text in marked if kind != raw.FPDF_ANNOT_TEXT]
    icons = [text for _, kind, _, text in marked if kind == raw.FPDF_ANNOT_TEXT]
    assert len(icons) == copy.astray
    wanted, blank = [], []
    for places, texts in expected.items():
        pages: dict[int | None, str] = {}
        for at in places:
            page = found.document.place(at.line).page
            words = fold(lines[at.line - 1][at.start : at.end])
            pages[page] = pages.get(page, "") + words
        if any(pages.values()):
            wanted += [(words, "\n\n".join(texts)) for words in pages.values()]
        else:
            blank.append("\n\n".join(texts))
    assert sorted((fold(words), text) for words, text in boxed if words) == sorted(wanted)
    assert sorted([text for words, text in boxed if not words] + icons) == sorted(blank)
    with pdfium.PdfDocument(content) as one, pdfium.PdfDocument(copy.data) as other:
        assert [page.get_textpage().get_text_range() for page in one] == [
            page.get_textpage().get_text_range() for page in other
        ]
    assert gist(audited(tmp_path, copy.data, "again.pdf")) == gist(found)


def test_annotated_pdf_has_a_note_at_every_figure_finding_and_blank_cell(tmp_path: Path) -> None:
    found = audited(tmp_path, anju_pdf())
    check_annotated(anju_pdf(), found, tmp_path)
    assert annotated_pdf(anju_pdf(), found).astray == 0


def test_finding_of_nothing_printed_is_an_icon_beside_the_words_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = Note("缺", (Source(3, 5, 5),), severity="low")
    monkeypatch.setattr(annotating, "notes_of_findings", lambda _: [note])
    monkeypatch.setattr(annotating, "notes_of_figures", lambda _: [])
    copy = annotated_pdf(printed(NARRATIVE), audited(tmp_path, printed(NARRATIVE)))
    assert annotations(copy.data) == [(1, raw.FPDF_ANNOT_TEXT, "", "缺")] and copy.astray == 1


def test_notes_beyond_the_limit_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.showing.notes.MAX_NOTES", 2)
    for name, content in (("r.pdf", printed(NARRATIVE)), ("r.docx", packed(p(r(SAID + "9.75%。"))))):
        files = source_files([name], [content], audited(tmp_path, content, name)).files
        assert "too many notes" in files["source-notes.txt"].decode()


@pytest.mark.parametrize("path", [BAD, GOOD, TEMPLATE], ids=lambda path: path.stem)
def test_annotated_pdf_of_a_real_report(path: Path, tmp_path: Path) -> None:
    check_annotated(path.read_bytes(), audit_of(path), tmp_path)


def test_notes_say_what_was_found_in_both_languages(tmp_path: Path) -> None:
    found = audited(tmp_path, printed(NARRATIVE))
    texts = {words: text for _, _, words, text in annotations(annotated_pdf(printed(NARRATIVE), found).data)}
    [finding] = [f for f in found.findings if f.result.rule.id == "REC-01"]
    number = found.findings.index(finding) + 1
    assert f"发现 {number} · 中 · REC-01 · 有疑问之处\n{finding.message['zh']}" in texts["9.75"]
    assert f"Finding {number} · Medium · REC-01 · in question\n{finding.message['en']}" in texts["9.75"]
    suspect = finding.suspects[0]
    assert f"疑点：{suspect.fact.printed}" in texts["9.75"] and f" → {suspect.correction}：" in texts["9.75"]


# ------------------------------------------------------------------------------------------- hostile and odd PDFs


def amended(content: bytes, objects: dict[int, bytes], trailer: bytes = b"") -> bytes:
    """A PDF with objects replaced or added, by an update at its end; of `trailer` the entries too."""
    size = int(re.findall(rb"/Size (\d+)", content)[-1])
    root = re.findall(rb"/Root \d+ 0 R", content)[-1]
    before = re.findall(rb"startxref\s+(\d+)", content)[-1]
    out, table = content, b""
    for number, body in objects.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    end = b"trailer\n<</Size %d %s/Prev %s%s>>\nstartxref\n%d\n%%%%EOF\n"
    size = max(size, *(number + 1 for number in objects))
    return out + b"xref\n" + table + end % (size, root, before, trailer, len(out))


def object_of(content: bytes, kind: bytes) -> tuple[int, bytes]:
    """The number and the dictionary of the first object of a type, to be added to."""
    found = re.search(rb"(?m)^(\d+) 0 obj\n<<(/Type /%s\n.*?)>>\nendobj" % kind, content, re.S)
    assert found
    return int(found.group(1)), found.group(2)


def active(content: bytes) -> bytes:
    """A PDF with everything in it that may act: scripts, links, programs, files, in the document, its page and on it."""
    catalog, page = object_of(content, b"Catalog"), object_of(content, b"Page")
    script = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
    objects = {
        catalog[
            0
        ]: b"<<%s/OpenAction %s/AA<</WC %s>>/AcroForm<</Fields[904 0 R]/XFA(xfa-evil)>>/Names<</JavaScript<</Names[(a)%s]>>/EmbeddedFiles<</Names[(evil.exe) 907 0 R]>>>>>>"
        % (catalog[1], script, script, script),
        page[0]: b"<<%s/AA<</O %s/C 909 0 R>>/Annots[901 0 R 902 0 R 903 0 R 904 0 R 905 0 R 906 0 R]>>"
        % (page[1], script),
        901: b"<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A<</S/URI/URI(http://evil.example)>>>>",
        902: b"<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS 907 0 R>>",
        903: b"<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]/Contents(kept)/A<</S/Launch/F(evil.exe)>>>>",
        904: b"<</Type/Annot/Subtype/Widget/FT/Btn/T(b)/Rect[9 9 20 20]/AA<</U %s>>/A 909 0 R>>" % script,
        905: b"<</Type/Annot/Subtype/Screen/Rect[0 0 9 9]/A<</S/Rendition/JS(app.alert\\(2\\))>>>>",
        906: b"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents((/S/JavaScript endobj))/A<</S 910 0 R/F(x)>>>>",
        907: b"<</Type/Filespec/F(evil.exe)/EF<</F 908 0 R>>>>",
        908: b"<</Type/EmbeddedFile/Length 4>>\nstream\nevil\nendstream",
        909: script,
        910: b"/SubmitForm",
    }
    return amended(content, objects)


def test_nothing_that_acts_is_in_the_annotated_copy(tmp_path: Path) -> None:
    content = active(printed(NARRATIVE))
    found = audited(tmp_path, content)
    check_annotated(content, found, tmp_path)
    data = annotated_pdf(content, found).data
    for words in (
        b"/OpenAction", b"/XFA", b"/EmbeddedFile", b"/Filespec", b"evil.example", b"/Launch", b"/URI", b"/Rendition",
        b"/AcroForm", b"\n/SubmitForm", b"/Link", b"/Names", b"/S/JavaScript/", b"/JavaScript(", b"/JavaScript>",
    ):  # fmt: skip
        assert words not in data, words
    assert data.count(b"/S/JavaScript endobj") == 1  # the words of a note
    with pdfium.PdfDocument(data) as pdf:
        assert raw.FPDFDoc_GetJavaScriptActionCount(pdf.raw) == 0
        assert raw.FPDFDoc_GetAttachmentCount(pdf.raw) == 0
        assert b"kept" in data  # a seal stays to be seen


def rc4(key: bytes, data: bytes) -> bytes:
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def locked(content: bytes) -> bytes:
    """A PDF that opens without a password and whose owner allows no change."""
    pad = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    owner, identity = rc4(md5(b"owner" + pad[:27]).digest()[:5], pad), b"0123456789abcdef"
    key = md5(pad + owner + (-64).to_bytes(4, "little", signed=True) + identity).digest()[:5]
    out = bytearray(content)
    for match in re.finditer(rb"(?m)^(\d+) 0 obj\n<<[^\n]*?/Length (\d+)[^\n]*?>> stream\n|^(\d+) 0 obj\n(?:(?!endobj).)*?/Length (\d+)(?:(?!endobj).)*?stream\n", content, re.S):  # fmt: skip
        number, length = (int(match.group(n) or match.group(n + 2)) for n in (1, 2))
        own = md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10]
        out[match.end() : match.end() + length] = rc4(own, content[match.end() : match.end() + length])
    encryption = b"<</Filter/Standard/V 1/R 2/P -64/O<%s>/U<%s>>>" % tuple(
        part.hex().encode() for part in (owner, rc4(key, pad))
    )
    entries = b"/Encrypt 999 0 R/ID[<%s><%s>]" % ((identity.hex().encode(),) * 2)
    return amended(bytes(out), {999: encryption}, entries)


def test_pdf_that_its_owner_allows_no_change_of_is_annotated(tmp_path: Path) -> None:
    content = locked(printed(NARRATIVE))
    assert b"/Encrypt" in content and raw.FPDF_GetDocPermissions(pdfium.PdfDocument(content).raw) & 0x20 == 0
    found = audited(tmp_path, content)
    assert any(numeral.text == "1179.47" for numeral in found.numerals)
    check_annotated(content, found, tmp_path)
    assert unboxed(content, found, page_images(content, found)) == []


def test_signature_is_said_not_to_hold_for_the_copy(tmp_path: Path) -> None:
    content = printed(NARRATIVE)
    catalog, page = object_of(content, b"Catalog"), object_of(content, b"Page")
    signed = amended(
        content,
        {
            catalog[0]: b"<<%s/AcroForm<</SigFlags 3/Fields[901 0 R]>>>>" % catalog[1],
            page[0]: b"<<%s/Annots[901 0 R]>>" % page[1],
            901: b"<</Type/Annot/Subtype/Widget/FT/Sig/T(s)/Rect[0 0 0 0]/V 902 0 R>>",
            902: b"<</Type/Sig/Filter/Adobe.PPKLite/ByteRange[0 1 2 3]/Contents<00>>>",
        },
    )
    files = source_files(["r.pdf"], [signed], audited(tmp_path, signed)).files
    assert "r.pdf: the report is signed; its annotated copy is not" in files["source-notes.txt"].decode()
    assert "source.pdf" in files


def test_pages_that_are_pictures_are_shown_and_copied(tmp_path: Path) -> None:
    content = with_image_pages(printed(NARRATIVE), [0, 2])
    found = audited(tmp_path, content)
    images = page_images(content, found)
    assert [bool(image.boxes) for image in images] == [False, True, False]
    assert all(image.data for image in images)
    check_annotated(content, found, tmp_path)


def test_file_of_another_report_is_refused(tmp_path: Path) -> None:
    found = audited(tmp_path, printed(NARRATIVE))
    other = printed(NARRATIVE.replace("84.88", "84.89"))
    for make in (page_images, annotated_pdf):
        with pytest.raises(ValueError, match=r"the file is none of report\.pdf"):
            make(other, found)


def test_copy_that_reads_otherwise_is_not_kept_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = printed(NARRATIVE)
    found = audited(tmp_path, content)
    other = annotated_pdf(content, found)._replace(data=printed(NARRATIVE.replace("84.88", "84.89")))
    monkeypatch.setitem(sources._COPIES, "pdf", lambda *_: other)
    files = source_files(["r.pdf"], [content], found).files
    assert sorted(files) == ["pages/001.webp", "source-notes.txt"]
    assert "did not read as the report does" in files["source-notes.txt"].decode()


# ------------------------------------------------------------------------------------------------ the commented DOCX

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
OPENING = "<w:p><w:r><w:t>第一部分 收入支出决算情况说明</w:t></w:r></w:p><w:p><w:r><w:t>一、收入支出决算总体情况说明</w:t></w:r></w:p>"
SAID = "2023年度收、支总计均为1179.47万元。与2022年度相比，收、支总计各增加84.88万元，增长"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relations(kind: str, target: str) -> str:
    """The one relation of a part."""
    names = "http://schemas.openxmlformats.org/package/2006/relationships"
    one = f'<Relationship Id="rId1" Type="{RELATIONS}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{names}">{one}</Relationships>'


def packed(body: str, members: Mapping[str, str] | None = None) -> bytes:
    """A DOCX of this body behind an opening of a report, with further members by name."""
    stream = BytesIO()
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations("officeDocument", "word/document.xml"),
        "word/document.xml": f"<w:document {NAMES}><w:body>{OPENING}{body}</w:body></w:document>",
        **(members or {}),
    }
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def r(words: str, properties: str = "") -> str:
    return f'<w:r w:rsidR="00A1"><w:rPr>{properties}</w:rPr><w:t>{words}</w:t></w:r>'


def p(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def part(content: bytes, member: str = "word/document.xml") -> etree._Element:
    with ZipFile(BytesIO(content)) as archive:
        return etree.fromstring(archive.read(member))


def anchored(content: bytes) -> dict[str, str]:
    """The words between the marks of each comment, by its number, each comment marked and referred to once."""
    found: dict[str, str] = {}
    open_: list[str] = []
    referred = []
    for element in part(content).iter():
        identity = element.get(f"{W}id", "")
        if element.tag == f"{W}commentRangeStart":
            assert identity not in found
            open_.append(identity)
            found[identity] = ""
        elif element.tag == f"{W}commentRangeEnd":
            open_.remove(identity)
        elif element.tag == f"{W}commentReference":
            referred.append(identity)
        elif element.tag == f"{W}t":
            found |= {one: found[one] + (element.text or "") for one in open_}
    assert not open_ and sorted(referred) == sorted(found)
    return found


def letters(content: bytes) -> list[tuple[str, str, list[str]]]:
    """Every character of a DOCX with the formatting of its run and the elements around the run."""
    return [
        (
            char,
            b"".join(map(etree.tostring, element.getparent().findall(f"{W}rPr"))).decode(),
            [
                *element.getparent().attrib.values(),
                *(above.tag for above in element.getparent().iterancestors()),
            ],
        )
        for element in part(content).iter(f"{W}t")
        for char in element.text or ""
    ]


def commented(
    tmp_path: Path, body: str, members: Mapping[str, str] | None = None
) -> tuple[Audit, bytes, dict[str, list[str]]]:
    """An audit of a DOCX, its copy with comments, and the words that each finding's rule is anchored at."""
    content = packed(body, members)
    found = audited(tmp_path, content, "report.docx")
    copy = commented_docx(content, found)
    assert commented_docx(content, found) == copy
    assert letters(copy.data) == letters(content)
    assert gist(audited(tmp_path, copy.data, "again.docx")) == gist(found)
    python_docx.Document(BytesIO(copy.data))
    at = anchored(copy.data)
    words: dict[str, list[str]] = {}
    for comment in part(copy.data, comments_of(copy.data)):
        identity = comment.get(f"{W}id")
        if comment.get(f"{W}author") == AUTHOR:
            rule = comment.findtext(f".//{W}t", "").split(" · ")[2]
            words.setdefault(rule, []).append(at[identity])
    return found, copy.data, words


def comments_of(content: bytes) -> str:
    relations = part(content, "word/_rels/document.xml.rels")
    [target] = [one.get("Target") for one in relations if one.get("Type") == f"{RELATIONS}/comments"]
    return f"word/{target}"


def test_every_finding_of_a_report_is_a_comment_at_its_words(tmp_path: Path) -> None:
    found = audited(tmp_path, as_docx(), "anju.docx")
    copy = commented_docx(as_docx(), found)
    assert copy == commented_docx(as_docx(), found) and copy.astray == 0
    comments = list(python_docx.Document(BytesIO(copy.data)).comments)
    expected = list(notes_of_findings(found))
    assert [comment.text for comment in comments] == [note.text for note in expected]
    assert {(comment.author, comment.timestamp) for comment in comments} == {(AUTHOR, None)}
    assert {finding.id for finding in found.findings} == {
        found.findings[int(comment.text.split()[1]) - 1].id for comment in comments
    }
    at, lines = anchored(copy.data), found.document.lines
    for comment, note in zip(comments, expected, strict=True):
        words = "".join(lines[place.line - 1][place.start : place.end] for place in note.places)
        assert fold(at[str(comment.comment_id)]) == fold(words)
    assert letters(copy.data) == letters(as_docx())
    assert gist(audited(tmp_path, copy.data, "again.docx")) == gist(found)


def test_all_but_the_text_and_its_comments_is_copied_as_it_is(tmp_path: Path) -> None:
    found = audited(tmp_path, as_docx(), "anju.docx")
    with ZipFile(BytesIO(as_docx())) as one, ZipFile(BytesIO(commented_docx(as_docx(), found).data)) as other:
        assert set(other.namelist()) == {*one.namelist(), "word/comments.xml"}
        changed = {name for name in one.namelist() if one.read(name) != other.read(name)}
        assert changed == {"word/document.xml", "[Content_Types].xml", "word/_rels/document.xml.rels"}
        assert [one.getinfo(n).date_time for n in one.namelist()] == [
            other.getinfo(n).date_time for n in one.namelist()
        ]
        assert other.getinfo("word/comments.xml").date_time == (1980, 1, 1, 0, 0, 0)


FIELD = (
    "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>9.75</w:instrText></w:r>"
    "<w:r><w:fldChar w:fldCharType='separate'/></w:r>{}<w:r><w:fldChar w:fldCharType='end'/></w:r>"
)
BOLD = "<w:b/><w:sz w:val='28'/>"


@pytest.mark.parametrize(
    "figure",
    [
        r("9.75%。", BOLD),
        r("9") + r(".7", BOLD) + r("5%。"),
        "<w:r><w:t>9.75</w:t><w:tab/><w:t>%。</w:t></w:r>",
        "<w:r><w:lastRenderedPageBreak/><w:t>9.7</w:t><w:t>5</w:t><w:t>%。</w:t></w:r>",
        f"<w:hyperlink>{r('9.75%')}</w:hyperlink>{r('。')}",
        f"<w:ins>{r('9.75', BOLD)}</w:ins><w:del><w:r><w:delText>8.88</w:delText></w:r></w:del>{r('%。')}",
        FIELD.format(r("9.75")) + r("%。"),
        f"<w:sdt><w:sdtContent>{r('9.75')}</w:sdtContent></w:sdt>{r('%。')}",
        f"<w:smartTag>{r('9.75')}</w:smartTag>{r('%。')}",
    ],
    ids=["formatted", "three runs", "tab", "texts of a run", "link", "change", "field", "control", "smart tag"],
)  # fmt: skip
def test_figure_is_anchored_however_it_is_written(figure: str, tmp_path: Path) -> None:
    words = commented(tmp_path, p(r(SAID, BOLD) + figure))[2]
    assert words["REC-01"] == ["9.75", "84.88", "1179.47"]


def test_figure_in_a_text_box_is_anchored_at_its_paragraph(tmp_path: Path) -> None:
    box = f"<w:r><w:pict><w:txbxContent>{p(r(SAID + '9.75%。'))}</w:txbxContent></w:pict></w:r>"
    _, data, words = commented(tmp_path, p(r("说明：") + box))
    assert words["REC-01"] == [f"说明：{SAID}9.75%。"] * 3
    assert not list(part(data).find(f".//{W}txbxContent").iter(f"{W}commentRangeStart"))


def test_formula_is_anchored_at_its_paragraph(tmp_path: Path) -> None:
    formula = "<m:oMath><m:r><m:t>9.75</m:t></m:r></m:oMath>"
    words = commented(tmp_path, p(r(SAID), formula, r("%。")))[2]
    assert words["REC-01"] == [f"{SAID}%。", "84.88", "1179.47"]


def test_words_of_a_note_are_anchored_at_what_stands_before_them(tmp_path: Path) -> None:
    members = {
        "word/footnotes.xml": f"<w:footnotes {NAMES}><w:footnote w:id='2'>{p(r(SAID + '9.75%。'))}</w:footnote></w:footnotes>"
    }
    body = p(r("说明如下") + "<w:r><w:footnoteReference w:id='2'/></w:r>")
    found, _, words = commented(tmp_path, body, members)
    assert words["REC-01"] == ["下"] * 3
    assert commented_docx(packed(body, members), found).astray >= 3


def test_blank_cell_is_anchored_in_the_cell(tmp_path: Path) -> None:
    found = audited(tmp_path, as_docx(), "anju.docx")
    copy = commented_docx(as_docx(), found).data
    blank = [
        identity
        for identity, note in enumerate(notes_of_findings(found))
        if not found.document.lines[note.places[0].line - 1].strip()
    ]
    assert len(blank) > 5
    for identity in blank:
        [start] = part(copy).xpath(f"//w:commentRangeStart[@w:id='{identity}']", namespaces={"w": W[1:-1]})
        cell = next(start.iterancestors(f"{W}tc"))
        assert not "".join(e.text or "" for e in cell.iter(f"{W}t")).strip()


def test_comments_of_the_report_stay_and_new_ones_have_other_numbers(tmp_path: Path) -> None:
    old = f"<w:comments {NAMES}><w:comment w:id='7' w:author='某人'>{p(r('旧批注'))}</w:comment></w:comments>"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
    members = {
        "[Content_Types].xml": TYPES.replace(
            "</Types>", f'<Override PartName="/word/notes.xml" ContentType="{kind}"/></Types>'
        ),
        "word/notes.xml": old,
        "word/_rels/document.xml.rels": relations("comments", "notes.xml"),
    }
    mark = "<w:commentRangeStart w:id='7'/>{}<w:commentRangeEnd w:id='7'/><w:r><w:commentReference w:id='7'/></w:r>"
    found, copy, _ = commented(tmp_path, p(mark.format(r(SAID + "9.75%。"))), members)
    assert anchored(copy)["7"] == f"{SAID}9.75%。"
    comments = {comment.comment_id: comment for comment in python_docx.Document(BytesIO(copy)).comments}
    assert comments[7].text == "旧批注" and comments[7].author == "某人"
    assert sorted(comments) == list(range(7, 8 + len(list(notes_of_findings(found)))))


def test_strict_form_gets_its_own_kind_of_comments(tmp_path: Path) -> None:
    names, kinds = "http://purl.oclc.org/ooxml/wordprocessingml/main", "http://purl.oclc.org/ooxml/officeDocument/relationships"  # fmt: skip
    plain_, stream = packed(p(r(SAID + "9.75%。"))), BytesIO()
    with ZipFile(BytesIO(plain_)) as one, ZipFile(stream, "w") as other:
        for name in one.namelist():
            words = one.read(name).replace(W[1:-1].encode(), names.encode())
            other.writestr(name, words.replace(RELATIONS.encode(), kinds.encode()))
    found = audited(tmp_path, stream.getvalue(), "report.docx")
    copy = commented_docx(stream.getvalue(), found).data
    assert part(copy, "word/comments.xml").tag == f"{{{names}}}comments"
    assert [e.get("Type") for e in part(copy, "word/_rels/document.xml.rels")] == [f"{kinds}/comments"]
    assert gist(audited(tmp_path, copy, "again.docx")) == gist(found)


BROKEN = "word/_rels/document.xml.rels"


@pytest.mark.parametrize(
    ("members", "limits", "says"),
    [
        ({"word/media/a.png": "0" * 9_000_000}, {"MAX_UNPACKED": 1_000_000}, "too large"),
        ({}, {"MAX_PART": 100}, "too large"),
        ({BROKEN: '<!DOCTYPE a [<!ENTITY a "b">]>' + relations("styles", "s.xml")}, {}, "unusual"),
        ({BROKEN: "<a"}, {}, "unusual"),
        ({BROKEN: relations("comments", "../../etc/x")}, {}, "unusual"),
    ],
    ids=["bomb", "large part", "entity", "ill-formed", "no such part"],
)  # fmt: skip
def test_file_that_cannot_be_commented_is_said_and_stops_nothing(
    members: dict[str, str],
    limits: dict[str, int],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, limit in limits.items():
        monkeypatch.setattr(commenting, name, limit)
    content = packed(p(r(SAID + "9.75%。")), members)
    found = audited(tmp_path, content, "report.docx")
    with pytest.raises(NotAnnotated, match=says):
        commented_docx(content, found)
    assert list(source_files(["report.docx"], [content], found).files) == ["source-notes.txt"]


def test_damaged_or_locked_part_is_said(tmp_path: Path) -> None:
    content = packed(p(r(SAID + "9.75%。")), {"word/media/a": "picture"})
    found = audited(tmp_path, content, "report.docx")
    at = content.rindex(b"PK\1\2")
    locked_ = content[: at + 8] + b"\1" + content[at + 9 :]
    with pytest.raises(NotAnnotated, match="damaged or encrypted"):
        commented_docx(locked_, found)


# --------------------------------------------------------------------------------------------- words, and the run


def test_notes_have_no_control_characters_and_are_bounded(tmp_path: Path) -> None:
    text = ANJU.read_text("utf-8-sig")
    for words, replacement in HOSTILE.items():
        text = text.replace(words, f"\u202e\u0085\ufffe{replacement}{'长' * 500}")
    found = audited(tmp_path, text.encode(), "hostile.txt")
    assert found.findings
    for note in chain(notes_of_findings(found), notes_of_figures(found)):
        for line in note.text.split("\n"):
            assert line.isprintable() and len(line) <= MAX_WORDS
    assert plain("=1+1\x00\u202e\n@a") == "=1+1\ufffd\ufffd @a"
    assert plain("长" * 500) == "长" * (MAX_WORDS - 1) + "…"


def test_hostile_words_in_comments_are_words(tmp_path: Path) -> None:
    name = "]]&gt;&lt;w:p/&gt;&amp;#x202e;=cmd()"
    subject = f"<w:p>{r('行政运行（项）' + name + '支出决算为10.00万元，完成预算的50%，年初预算为30.00万元。')}</w:p>"
    _, data, words = commented(tmp_path, p(r(SAID + "9.75%。")) + subject)
    assert words and b"<w:p/>" not in etree.tostring(part(data, comments_of(data)))


def test_spans_go_on_only_where_the_words_do(tmp_path: Path) -> None:
    document = parse("本年度执行情况良好，并且在各方面都取得了较大的进展，其中支出11\n79.47万元。\n")
    spans = Spans(document)
    at = Source(1, document.lines[0].index("11"), len(document.lines[0]))
    both = spans.of(at, "1179.47")
    assert both == (at, Source(2, 0, 5)) and spans.is_read_as(both, "1179.47")
    assert spans.of(at, "1180.00") == (at,) and not spans.is_read_as((at,), "1179.47")


def test_run_leaves_the_source_and_check_imports_none_of_it(tmp_path: Path) -> None:
    toys = tmp_path / "toys"
    notebook(toys / "01_totals.ipynb", "print(report)")
    for name, content in (("r.pdf", printed(NARRATIVE)), ("r.docx", packed(p(r(SAID + "9.75%。")))), ("r.txt", ANJU.read_bytes())):  # fmt: skip
        report = tmp_path / name
        report.write_bytes(content)
        made = []
        for out in ("a", "b"):
            folder = run_report(report, tmp_path / name.replace(".", "-") / out, notebooks=toys).folder
            made.append(
                {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
            )
        assert made[0] == made[1]
        source = {file for file in made[0] if file.startswith(("source", "pages"))} - {"source.html"}
        assert source == {
            "r.pdf": {"source.pdf", "pages/001.webp"}, "r.docx": {"source.docx"}, "r.txt": set(),
        }[name]  # fmt: skip
    program = (
        f"import sys; sys.argv = ['audit', 'check', {str(tmp_path / 'r.pdf')!r}]\n"
        "from helpers.cli import main\ntry: main()\nexcept SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m in ('PIL', 'docx') or 'showing' in m))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", cwd=ROOT)  # fmt: skip
    assert (
        done.stdout.splitlines()[-1]
        == "['helpers.showing', 'helpers.showing.dimensions', 'helpers.showing.page_words', 'helpers.showing.terminal']"
    ), done.stderr


def test_files_of_one_report_are_annotated_each(tmp_path: Path) -> None:
    contents = [
        packed(p(r(SAID + "9.75%。"))),
        printed(NARRATIVE),
        printed("<p>收入决算表</p><p>合计12.34万元。</p>"),
    ]
    paths = [tmp_path / name for name in ("说明.docx", "附件.pdf", "附表.pdf")]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    found = audit(paths)
    files = source_files([path.name for path in paths], contents, found).files
    assert files.keys() - {"source-notes.txt"} == {
        "source.docx", "source.pdf", "pages/001.webp", "source-2.pdf", "pages/2-001.webp",
    }  # fmt: skip
    assert "9.75" in anchored(files["source.docx"]).values()
    assert "9.75" in {words for _, _, words, _ in annotations(files["source.pdf"])}
    assert [words for _, _, words, _ in annotations(files["source-2.pdf"])] == ["12.34"]
    for content in contents[1:]:
        numbers = {box.numeral for image in page_images(content, found) for box in image.boxes}
        names = {found.document.place(found.numerals[n].source.line).file for n in numbers}
        assert len(names) == 1 and len(numbers) >= 1
