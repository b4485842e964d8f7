"""A copy of a DOCX report with the findings as comments at their places.

The parts of the file are edited as XML and all others copied as they are: python-docx would read every part whole,
whatever its size, write each anew, and date both the comments and the archive.
"""

from __future__ import annotations

import posixpath
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from io import BytesIO
from itertools import count, islice
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from lxml import etree

from helpers.audit import Audit
from helpers.reading import docx
from helpers.reading.document import ReportError, Source
from helpers.reading.word_numbering import W
from helpers.showing.notes import (
    AUTHOR,
    MAX_NOTES,
    Annotated,
    NotAnnotated,
    Note,
    first_line,
    notes_of_findings,
)

# Of the archive unpacked, and of each of its parts that is edited, which is held as a tree.
MAX_UNPACKED = 300_000_000
MAX_PART = 20_000_000

_DOCUMENT, _TYPES, _RELATIONS = "word/document.xml", "[Content_Types].xml", "word/_rels/document.xml.rels"
_READ = ("word/styles.xml", "word/numbering.xml", "word/footnotes.xml", "word/endnotes.xml")
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_TYPES_NAMES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELATIONS_NAMES = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
# The two forms of the format, each with the kind of relation that leads to its comments.
_KINDS = {
    W: "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}": "http://purl.oclc.org/ooxml/officeDocument/relationships/comments",
}
# What may hold a mark of a comment beside its runs.
_HOLDERS = frozenset(
    ["p", "hyperlink", "ins", "moveTo", "smartTag", "sdtContent", "fldSimple", "customXml", "bdo", "dir"]
)
# Characters that stand for an element.
_CODES = range(0x10000, 0x110000)

_DAMAGED = ("报告文件有损坏或加密的部分，无法另存为批注副本", "the file has parts that are damaged or encrypted; no copy with comments can be made")  # fmt: skip
_TOO_LARGE = ("报告文件过大，无法另存为批注副本", "the file is too large for a copy with comments")
_UNUSUAL = ("报告文件的结构不常见，无法另存为批注副本", "the file is put together in an unusual way; no copy with comments can be made")  # fmt: skip
_SIGNED = {
    "zh": "报告有电子签名；加了批注的副本不再符合签名，查验请用原文件",
    "en": "the report is signed; its copy with comments no longer fits the signature: verify the original",
}


class _Letter(NamedTuple):
    """A character of the file: the element that it is in, and its offset in the text there."""

    element: etree._Element
    offset: int


def commented_docx(content: bytes, audit: Audit) -> Annotated:
    """The DOCX with a comment at every place of a finding, and nothing else changed; the same bytes each time.

    A comment whose words are not in the text itself stands at the blank cell, or at the words before it.  Raises
    `NotAnnotated` where the file is too large or damaged, `ValueError` where it is none of the audit's files.
    """
    try:
        with ZipFile(BytesIO(content)) as archive:
            return _commented(archive, content, audit)
    except (BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise NotAnnotated(*_DAMAGED) from error


def _commented(archive: ZipFile, content: bytes, audit: Audit) -> Annotated:
    members = {info.filename: info for info in archive.infolist()}
    if sum(info.file_size for info in members.values()) > MAX_UNPACKED:
        raise NotAnnotated(*_TOO_LARGE)
    lines = docx.read(content, audit.file).lines
    first = first_line(lines, audit)
    body = _root(archive, _DOCUMENT)
    names = f"{{{etree.QName(body).namespace}}}"
    if names not in _KINDS:
        raise NotAnnotated(*_UNUSUAL)
    found = [
        note
        for note in islice(notes_of_findings(audit), MAX_NOTES)
        if 0 <= note.places[0].line - first < len(lines)
    ]
    letters = _Letters(lines, _traced(archive, body, names), first)
    parts, comments = _with_comments(archive, members, names)
    number = 1 + max(_numbers(body, names) | _numbers(comments, names), default=-1)
    marks = _Marks(body, names)
    astray = 0
    for identity, note in enumerate(found, number):
        own = letters.of(note.places) or letters.blank(note.places[0])
        astray += own is None
        marks.add(identity, letters.before(note.places[0]) if own is None else own)
        comments.append(_comment(names, identity, note))
    marks.place()
    edited = {member: _written(root) for member, root in {**parts, _DOCUMENT: body}.items()}
    is_signed = any(name.startswith("_xmlsignatures/") for name in members)
    return Annotated(_packed(archive, members, edited), astray, (_SIGNED,) if is_signed else ())


# -- where the document's characters stand in the file ----------------------------------------------------------------


class _Trace(NamedTuple):
    """The lines that the reader makes of a body whose characters stand for elements, and those elements.

    `texts` are those whose characters were replaced, `blank` the paragraphs of cells without text, which have got one.
    """

    lines: tuple[str, ...]
    texts: dict[str, etree._Element]
    blank: dict[str, etree._Element]


def _traced(archive: ZipFile, body: etree._Element, names: str) -> _Trace:
    """What the reader makes of the body with every printed character replaced by one for the element that it is in.

    So the reader's own ways with fields, changes and text boxes say where each character of a line comes from.
    """
    texts = [e for e in body.iter(f"{names}t", _MATHS) if e.text and not len(e)]
    blank = [
        paragraph
        for cell in body.iter(f"{names}tc")
        if not any((e.text or "").strip() for e in cell.iter(f"{names}t", _MATHS))
        and (paragraph := cell.find(f"{names}p")) is not None
    ]
    if len(texts) + len(blank) > len(_CODES):
        raise NotAnnotated(*_TOO_LARGE)
    codes = map(chr, _CODES)
    coded = dict(zip(islice(codes, len(texts)), texts, strict=True))
    marked = dict(zip(islice(codes, len(blank)), blank, strict=True))
    printed = [e.text or "" for e in texts]
    added = []
    for code, element in coded.items():
        element.text = "".join(char if char.isspace() else code for char in element.text or "")
    for code, paragraph in marked.items():
        run = etree.SubElement(paragraph, f"{names}r")
        etree.SubElement(run, f"{names}t").text = code
        added.append(run)
    stream = BytesIO()
    with ZipFile(stream, "w") as copy:
        copy.writestr(_DOCUMENT, _written(body))
        for member in _READ:
            if member in archive.namelist():
                copy.writestr(member, archive.read(member))
    for element, words in zip(texts, printed, strict=True):
        element.text = words
    for run in added:
        _parent(run).remove(run)
    try:
        return _Trace(docx.read(stream.getvalue(), "").lines, coded, marked)
    except ReportError as error:
        raise NotAnnotated(*_UNUSUAL) from error


class _Letters:
    """The characters of a document's lines in the file; `first` is the line of the audit's document that they begin at."""

    def __init__(self, lines: Sequence[str], trace: _Trace, first: int) -> None:
        if len(trace.lines) != len(lines):
            raise NotAnnotated(*_UNUSUAL)
        self._lines, self._trace, self._first = lines, trace, first
        # How many characters of an element, but for white space, stand on the lines before each line.
        self._before: dict[tuple[int, str], int] = {}
        seen: Counter[str] = Counter()
        for at, line in enumerate(trace.lines):
            for code, times in Counter(line).items():
                if code in trace.texts:
                    self._before[at, code] = seen[code]
                    seen[code] += times

    def of(self, places: Sequence[Source]) -> list[_Letter]:
        """The characters at places within lines, in order, those that the file has as such."""
        return [
            letter
            for place in places
            for letter in self._on(place.line - self._first)[place.start : place.end]
            if letter
        ]

    def blank(self, place: Source) -> etree._Element | None:
        """The paragraph of the blank cell that a place is, if it is one."""
        at = place.line - self._first
        paragraph = self._trace.blank.get(self._trace.lines[at].strip())
        return None if self._lines[at].strip() else paragraph

    def before(self, place: Source) -> list[_Letter] | None:
        """The character nearest before the end of a place's line, if there is one."""
        for at in range(place.line - self._first, -1, -1):
            if letters := [letter for letter in self._on(at) if letter]:
                return letters[-1:]
        return None

    def _on(self, at: int) -> list[_Letter | None]:
        """For each character of a line where it is, None of one that is not in an element, as of a number."""
        line, trace = self._lines[at], self._trace.lines[at]
        if len(line) != len(trace):
            return []
        found: list[_Letter | None] = []
        seen: Counter[str] = Counter()
        printed: dict[str, list[int]] = {}
        for char, code in zip(line, trace, strict=True):
            letter = None
            if (element := self._trace.texts.get(code)) is not None:
                if code not in printed:
                    printed[code] = [o for o, c in enumerate(element.text or "") if not c.isspace()]
                number = self._before[at, code] + seen[code]
                seen[code] += 1
                offset = printed[code][number] if number < len(printed[code]) else -1
                if offset >= 0 and (element.text or "")[offset] == char:
                    letter = _Letter(element, offset)
            found.append(letter)
        return found


# -- comments in the text ---------------------------------------------------------------------------------------------


class _Marks:
    """The marks of comments in a body: ranges of characters, for which runs are divided, or paragraphs."""

    def __init__(self, body: etree._Element, names: str) -> None:
        self._body, self._names = body, names
        self._ranges: list[tuple[int, _Letter, _Letter]] = []
        self._whole: list[tuple[int, etree._Element]] = []

    def add(self, identity: int, at: list[_Letter] | etree._Element | None) -> None:
        """A comment from the first to the last of the characters, or on a paragraph, or on the body's first."""
        if isinstance(at, list):
            if all(map(self._is_in_run, (at[0].element, at[-1].element))):
                self._ranges.append((identity, at[0], at[-1]))
                return
            at = self._paragraph(at[0].element)
        if at is None:
            at = next(self._body.iter(f"{self._names}p"), None)
        if at is None:
            raise NotAnnotated(*_UNUSUAL)
        self._whole.append((identity, at))

    def place(self) -> None:
        """Put all the marks into the body."""
        edges: dict[etree._Element, set[int]] = {}
        for _, first, last in self._ranges:
            edges.setdefault(first.element, set()).add(first.offset)
            edges.setdefault(last.element, set()).add(last.offset + 1)
        starts: dict[tuple[etree._Element, int], etree._Element] = {}
        ends: dict[tuple[etree._Element, int], etree._Element] = {}
        for element, offsets in edges.items():
            self._divide(element, sorted(offsets), starts, ends)
        for identity, first, last in self._ranges:
            starts[first.element, first.offset].addprevious(self._mark("commentRangeStart", identity))
            end = ends[last.element, last.offset + 1]
            end.addnext(self._reference(identity))
            end.addnext(self._mark("commentRangeEnd", identity))
        for identity, paragraph in self._whole:
            has_properties = len(paragraph) > 0 and paragraph[0].tag == f"{self._names}pPr"
            paragraph.insert(int(has_properties), self._mark("commentRangeStart", identity))
            paragraph.append(self._mark("commentRangeEnd", identity))
            paragraph.append(self._reference(identity))

    def _divide(
        self,
        element: etree._Element,
        offsets: Sequence[int],
        starts: dict[tuple[etree._Element, int], etree._Element],
        ends: dict[tuple[etree._Element, int], etree._Element],
    ) -> None:
        """Divide the run of a text at these offsets; the run that begins and the one that ends at each are kept."""
        text, begun, here = element.text or "", 0, element
        for offset in offsets:
            if 0 < offset < len(text):
                here.text, behind = text[begun:offset], deepcopy(here)
                behind.text = text[offset:]
                for piece in (here, behind):
                    piece.set(_SPACE, "preserve")
                here.addnext(behind)
                ends[element, offset] = _parent(here)
                here, begun = behind, offset
            elif offset:
                ends[element, offset] = _parent(here)
                following = here.getnext()
                if following is not None:
                    self._break_before(following)
                continue
            starts[element, offset] = self._break_before(here)

    def _break_before(self, child: etree._Element) -> etree._Element:
        """The run that begins with a child of one, which is made where something that is printed stands before it."""
        run = _parent(child)
        properties = f"{self._names}rPr"
        if all(before.tag == properties for before in child.itersiblings(preceding=True)):
            return run
        made = run.makeelement(run.tag)
        made.attrib.update(run.attrib)
        made.extend(deepcopy(found) for found in run.findall(properties))
        made.extend([child, *child.itersiblings()])
        run.addnext(made)
        return made

    def _is_in_run(self, element: etree._Element) -> bool:
        """True for a text of a run that marks may stand beside; a text box takes no comments."""
        run = _parent(element)
        holder = run.getparent()
        return (
            run.tag == f"{self._names}r"
            and holder is not None
            and holder.tag in {self._names + name for name in _HOLDERS}
            and next(element.iterancestors(f"{self._names}txbxContent"), None) is None
        )

    def _paragraph(self, element: etree._Element) -> etree._Element | None:
        """The paragraph of a text; of a text box the one that holds it."""
        boxes = [element, *element.iterancestors(f"{self._names}txbxContent")]
        return next(boxes[-1].iterancestors(f"{self._names}p"), None)

    def _mark(self, name: str, identity: int) -> etree._Element:
        return self._body.makeelement(f"{self._names}{name}", {f"{self._names}id": str(identity)})

    def _reference(self, identity: int) -> etree._Element:
        run = self._body.makeelement(f"{self._names}r")
        run.append(self._mark("commentReference", identity))
        return run


def _comment(names: str, identity: int, note: Note) -> etree._Element:
    """A comment without a date."""
    attributes = {"id": str(identity), "author": AUTHOR, "initials": AUTHOR}
    comment = etree.Element(
        f"{names}comment", {f"{names}{name}": value for name, value in attributes.items()}
    )
    for line in note.text.split("\n"):
        run = etree.SubElement(etree.SubElement(comment, f"{names}p"), f"{names}r")
        text = etree.SubElement(run, f"{names}t", {_SPACE: "preserve"})
        text.text = line
    return comment


def _numbers(root: etree._Element, names: str) -> set[int]:
    """The numbers of the comments that a part has or refers to."""
    kinds = [names + name for name in ("comment", "commentRangeStart", "commentRangeEnd", "commentReference")]
    found = (element.get(f"{names}id", "") for element in root.iter(*kinds))
    return {int(number) for number in found if re.fullmatch(r"[0-9]{1,9}", number)}


# -- the parts of the file --------------------------------------------------------------------------------------------


def _with_comments(
    archive: ZipFile, members: Mapping[str, ZipInfo], names: str
) -> tuple[dict[str, etree._Element], etree._Element]:
    """The parts to be written beside the body, and of them that of the comments, made where the file has none."""
    has_relations = _RELATIONS in members
    relations = (
        _root(archive, _RELATIONS) if has_relations else etree.Element(f"{_RELATIONS_NAMES}Relationships")
    )
    for relation in relations:
        if relation.get("Type") == _KINDS[names] and relation.get("TargetMode") != "External":
            member = posixpath.normpath(posixpath.join("/word", relation.get("Target", ""))).lstrip("/")
            if member not in members:
                raise NotAnnotated(*_UNUSUAL)
            comments = _root(archive, member)
            return {member: comments}, comments
    types = _root(archive, _TYPES)
    member = next(
        f"word/comments{n or ''}.xml" for n in count() if f"word/comments{n or ''}.xml" not in members
    )
    etree.SubElement(
        types, f"{_TYPES_NAMES}Override", {"PartName": f"/{member}", "ContentType": _COMMENTS_TYPE}
    )
    taken = {relation.get("Id") for relation in relations}
    identity = next(f"rIdComments{n or ''}" for n in count() if f"rIdComments{n or ''}" not in taken)
    etree.SubElement(
        relations,
        f"{_RELATIONS_NAMES}Relationship",
        {"Id": identity, "Type": _KINDS[names], "Target": posixpath.basename(member)},
    )
    comments = etree.Element(f"{names}comments", nsmap={"w": names[1:-1]})
    return {_TYPES: types, _RELATIONS: relations, member: comments}, comments


def _root(archive: ZipFile, member: str) -> etree._Element:
    """The root of a part; `NotAnnotated` where it is too large, ill-formed or has a document type."""
    if archive.getinfo(member).file_size > MAX_PART:
        raise NotAnnotated(*_TOO_LARGE)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root: etree._Element = etree.fromstring(archive.read(member), parser)
    except etree.XMLSyntaxError as error:
        raise NotAnnotated(*_UNUSUAL) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotAnnotated(*_UNUSUAL)
    return root


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True)


def _packed(archive: ZipFile, members: Mapping[str, ZipInfo], edited: Mapping[str, bytes]) -> bytes:
    """The archive with some parts edited or added; its dates are the original's."""
    stream = BytesIO()
    with ZipFile(stream, "w") as copy:
        for name in dict.fromkeys([*members, *edited]):
            made = ZipInfo(name)
            if name in members:
                made.date_time, made.external_attr = members[name].date_time, members[name].external_attr
            made.compress_type, made.create_system = ZIP_DEFLATED, 0
            copy.writestr(made, edited[name] if name in edited else archive.read(name))
    return stream.getvalue()


def _parent(element: etree._Element) -> etree._Element:
    found = element.getparent()
    assert found is not None
    return found
