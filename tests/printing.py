"""Reports printed as PDF by a browser, for the tests of reading them."""

from __future__ import annotations

import html
import io
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pypdfium2 as pdfium
from noto_cjk_sans_otc import FONT_PATH
from PIL import Image

import chromium
from helpers.reading.document import Document

_STYLE = f"""
@font-face {{ font-family: Printed; src: url("{Path(FONT_PATH).as_uri()}") }}
@page {{ size: A4; margin: 25mm 20mm }}
body {{ font: 11pt/1.8 Printed }}
p, td {{ white-space: pre-wrap }}
p {{ margin: 0; text-indent: 2em }}
table {{ border-collapse: collapse; width: 100%; font-size: 8pt; line-height: 1.3 }}
td {{ border: 1px solid #000; padding: 2px; min-width: 2em }}
tr {{ break-inside: avoid }}
"""


@cache
def printed(body: str, style: str = "") -> bytes:
    """The PDF that a browser prints of the HTML `body`."""
    with tempfile.TemporaryDirectory(prefix="audit-print-") as folder:
        page, out = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_text(f"<!doctype html><meta charset=utf-8><style>{_STYLE}{style}</style>{body}", "utf-8")
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/user",
        ]
        subprocess.run(
            [chromium.needed(), *options, f"--print-to-pdf={out}", page.as_uri()],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return out.read_bytes()


def as_html(document: Document) -> str:
    """The body of a page that shows a text report: a paragraph a line, its tables ruled, short rows filled up."""
    tables = {table.rows[0][0].line: table for table in document.tables}
    parts, number = [], 1
    while number <= len(document.lines):
        table = tables.get(number)
        if table is None:
            words = document.lines[number - 1].strip()
            parts.append(f"<p>{html.escape(words)}</p>" if words else "")
            number += 1
            continue
        width = max(map(len, table.rows))
        parts.append("<table>")
        for row in table.rows:
            spans = [1] * (len(row) - 1) + [width - len(row) + 1]
            cells = ("<br>".join(html.escape(words) for _, _, words in cell.pieces) for cell in row)
            parts.append(
                "<tr>"
                + "".join(f'<td colspan="{n}">{c}</td>' for n, c in zip(spans, cells, strict=True))
                + "</tr>"
            )
        parts.append("</table>")
        number = max(line for row in table.rows for cell in row for line, _, _ in cell.pieces) + 1
    return "\n".join(parts)


def with_image_pages(content: bytes | None, at: list[int]) -> bytes:
    """The PDF with pages before these indices that are only a picture."""
    picture, out = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (200, 280), "white").save(picture, "JPEG")
    pdf = pdfium.PdfDocument(content) if content else pdfium.PdfDocument.new()
    for index in at:
        page = pdf.new_page(595, 842, index)
        image = pdfium.PdfImage.new(pdf)
        image.load_jpeg(io.BytesIO(picture.getvalue()))
        image.set_matrix(pdfium.PdfMatrix().scale(595, 842))
        page.insert_obj(image)
        page.gen_content()
    pdf.save(out)
    return out.getvalue()


def turned_pdf(content: bytes, turn: int) -> bytes:
    """The first page drawn sideways in a sheet that the reader is told to turn back by `turn` degrees."""
    matrix = {
        90: (0, 1, -1, 0, 842, 0),
        180: (-1, 0, 0, -1, 595, 842),
        270: (0, -1, 1, 0, 0, 595),
    }[turn]
    pdf, out = pdfium.PdfDocument.new(), io.BytesIO()
    drawn = pdfium.PdfDocument(content).page_as_xobject(0, pdf).as_pageobject()
    page = pdf.new_page(*((842, 595) if turn != 180 else (595, 842)))
    drawn.set_matrix(pdfium.PdfMatrix(*matrix))
    page.insert_obj(drawn)
    page.gen_content()
    page.set_rotation(turn)
    pdf.save(out)
    return out.getvalue()
