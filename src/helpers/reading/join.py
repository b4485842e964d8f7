"""Several files that are one report: a narrative and its tables, each line with its place in its own file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from helpers.reading.document import Document, Paragraph, Place, ReportError, Section, Table, Text, Unread

SEPARATOR = " + "


def files_of(report: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """The files of a report, which is one or several; `ReportError` where two have the same name."""
    paths = (Path(report),) if isinstance(report, str | Path) else tuple(map(Path, report))
    if not paths:
        raise ReportError("no report is named; name at least one file")
    named: dict[str, Path] = {}
    for path in paths:
        if path.name in named:
            raise ReportError(
                f"{path}: is called like {named[path.name]}; name each file of a report once, and rename one"
            )
        named[path.name] = path
    return paths


def name_of(paths: Sequence[Path]) -> str:
    """The name of a report: those of its files."""
    return SEPARATOR.join(path.name for path in paths)


def sha256_of(contents: Sequence[bytes]) -> str:
    """The sha256 of a report: the file's; of several files, that of their sha256, each in hex on a line."""
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()


def join(documents: Sequence[Document], names: Sequence[str]) -> Document:
    """The files' documents as one, in order; of one file its own, of several every place names the file."""
    if len(documents) == 1:
        return documents[0]
    lines: list[str] = []
    blocks: list[Paragraph | Table] = []
    sections: list[Section] = []
    places: list[Place] = []
    contents: tuple[Text, ...] = ()
    unread: list[Unread] = []
    for document, name in zip(documents, names, strict=True):
        moved = _Moved(len(lines))
        sections += map(moved.section, document.sections)
        blocks += map(moved.block, document.blocks)
        contents = contents or tuple(map(moved.text, document.contents))
        for line in range(1, len(document.lines) + 1):
            places.append(replace(document.place(line), file=name, line=line))
        unread += (replace(one, line=one.line + len(lines)) for one in document.unread)
        lines += document.lines
    return Document(tuple(lines), tuple(blocks), tuple(sections), contents, tuple(places), tuple(unread))


class _Moved:
    """The parts of a document some lines further down."""

    def __init__(self, shift: int) -> None:
        self._shift = shift
        self._sections: dict[int, Section] = {}

    def text(self, text: Text) -> Text:
        return Text(tuple((line + self._shift, start, piece) for line, start, piece in text.pieces))

    def section(self, section: Section) -> Section:
        """The section, the same one each time, in the section that holds it."""
        if id(section) not in self._sections:
            parent = section.parent and self.section(section.parent)
            self._sections[id(section)] = replace(section, text=self.text(section.text), parent=parent)
        return self._sections[id(section)]

    def block(self, block: Paragraph | Table) -> Paragraph | Table:
        section = block.section and self.section(block.section)
        if isinstance(block, Paragraph):
            return Paragraph(self.text(block.text), section)
        return replace(block, rows=tuple(tuple(map(self.text, row)) for row in block.rows), section=section)
