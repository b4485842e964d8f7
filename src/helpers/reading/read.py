"""Reading a report file of any kind; what it is, is told by its content, not by its name."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from helpers.reading.document import Document, ReportError

MAX_BYTES = 50_000_000
# A report's files; a folder counts as those in it.
WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls"})
SUFFIXES = frozenset({".txt", ".pdf", ".docx", ".html", ".htm"}) | WORKBOOKS

_HTML = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|div|table)\b", re.I | re.S)  # fmt: skip


def read_bytes(path: Path) -> bytes:
    """The bytes of a report file; `ReportError` where there is none to read."""
    if path.is_dir():
        raise ReportError(f"{path}: is a folder, not a report; name a file in it")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError(
                f"{path}: larger than {MAX_BYTES // 1_000_000} MB; save it without its pictures, or in parts"
            )
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ReportError(f"{path}: no such file; check the name") from error
    except OSError as error:
        raise ReportError(
            f"{path}: cannot be read ({error.strerror}); check the file's permissions"
        ) from error
    if not content.strip():
        raise ReportError(f"{path}: is empty; save the report in it")
    return content


def read(content: bytes, name: str) -> Document:
    """The document of a file's bytes; `ReportError` names the file `name` and says what to do."""
    document: Document = import_module(f"helpers.reading.{kind_of(content, name)}").read(content, name)
    return document


def kind_of(content: bytes, name: str) -> str:
    """The module that reads this content: `pdf`, `docx`, `workbook`, `html` or `text`; `ReportError` where none does."""
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(b"PK"):
        return _kind_of_archive(content, name)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "workbook"
    return "html" if _HTML.match(content[:4096]) else "text"


def _kind_of_archive(content: bytes, name: str) -> str:
    from io import BytesIO
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(BytesIO(content)) as archive:
            members = set(archive.namelist())
    except (BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise ReportError(f"{name}: is damaged or cut short; download it again") from error
    if "word/document.xml" in members:
        return "docx"
    if "xl/workbook.xml" in members:
        return "workbook"
    if "xl/workbook.bin" in members:
        raise ReportError(f"{name}: is a binary workbook; save it as XLSX")
    raise ReportError(
        f"{name}: is an archive, not a report; unpack it and name the PDF, DOCX, HTML, XLSX, XLS or text file in it"
    )
