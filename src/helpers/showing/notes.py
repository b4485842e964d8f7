"""What is noted on the report itself: the words of findings and of tickmarks, and the places they stand at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from helpers.audit import Audit
from helpers.facts.fact import Numeral
from helpers.findings.finding import Finding
from helpers.findings.wording import printed
from helpers.reading.document import Document, Source, Text, fold
from helpers.showing.page_words import words
from helpers.showing.tickmarks import Tickmark, leading_of, marks_of

# The name that notes are signed with.
AUTHOR = "核对底稿"
MAX_WORDS = 400  # of what a report says, in one sentence of a note

MAX_NOTES = 20_000  # that an annotated copy holds

_LANGUAGES = ("zh", "en")
_FINDING = {"zh": "发现 {}", "en": "Finding {}"}
_TOO_MANY = {
    "zh": f"标注过多，只列入前{MAX_NOTES}处",
    "en": f"there are too many notes; the copy has the first {MAX_NOTES}",
}
_UNREAD = {"zh": "未能识别其含义", "en": "not known what it measures"}


@dataclass(frozen=True)
class Note:
    """A note, and where it stands: the places of the words that it is about, one on each of their lines.

    `quote` has those words, "" where they are known by their place alone.  `severity` is that of a finding, "" of a
    figure, which then has its `mark`.
    """

    text: str
    places: tuple[Source, ...]
    quote: str = ""
    severity: str = ""
    mark: Tickmark | None = None


class Annotated(NamedTuple):
    """A copy of a report with its notes: the file's bytes; how many notes could not be put at their words; and what
    the reader should know of the copy, in zh and en.
    """

    data: bytes
    astray: int
    remarks: tuple[dict[str, str], ...] = ()


class NotAnnotated(Exception):
    """No annotated copy of a report can be made; `why` says it in zh and en."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.why = {"zh": zh, "en": en}


class Spans:
    """The words of a document by their places, over the ends of its lines."""

    def __init__(self, document: Document) -> None:
        self._document = document

    @cached_property
    def _texts(self) -> dict[int, Text]:
        """The paragraph, heading, entry or cell that each line is part of."""
        document = self._document
        texts = [
            *document.contents,
            *(section.text for section in document.sections),
            *(paragraph.text for paragraph in document.paragraphs),
            *(cell for table in document.tables for row in table.rows for cell in row),
        ]
        return {line: text for text in texts for line, _, _ in text.pieces}

    def of(self, source: Source, quote: str) -> tuple[Source, ...]:
        """The places of the words that begin at `source`, and of all of `quote` where that is what stands there."""
        text = self._texts.get(source.line)
        if text is None or source.start >= source.end:
            return (source,)
        try:
            start, end = text.span(source)
        except ValueError:
            return (source,)
        whole = start + len(words := fold(quote))
        return text.sources(start, max(end, whole) if text.folded[start:whole] == words else end)

    def is_read_as(self, places: tuple[Source, ...], quote: str) -> bool:
        """True where the lines say `quote` at these places."""
        lines = self._document.lines
        return fold("".join(lines[at.line - 1][at.start : at.end] for at in places)) == fold(quote)


def notes_of_findings(audit: Audit) -> Iterator[Note]:
    """A note at each place of each finding, in their order; places in other reports have none."""
    spans = Spans(audit.document)
    for number, finding in enumerate(audit.findings, 1):
        said: set[tuple[Source, ...]] = set()
        for position, evidence in enumerate(finding.evidence):
            places = spans.of(evidence.source, evidence.quote)
            if evidence.source.report or places in said:
                continue
            said.add(places)
            yield Note(_of_finding(finding, number, position == 0), places, severity=finding.severity)


def notes_of_figures(audit: Audit) -> Iterator[Note]:
    """A note at each figure that no finding rests on: what was done with it."""
    spans = Spans(audit.document)
    found = {evidence.fact for finding in audit.findings for evidence in finding.evidence}
    for numeral in audit.numerals:
        if found.isdisjoint(numeral.facts):
            places = spans.of(numeral.source, numeral.text)
            marks = marks_of(audit.results_of(numeral))
            text = _of_figure(numeral, marks)
            yield Note(text, places, numeral.text, mark=leading_of(marks))


def limited(found: Iterable[Note]) -> tuple[tuple[Note, ...], tuple[dict[str, str], ...]]:
    """As many of the notes as a copy holds, and the remark that there are more, where there are."""
    notes = tuple(islice(found, MAX_NOTES + 1))
    return notes[:MAX_NOTES], (_TOO_MANY,) if len(notes) > MAX_NOTES else ()


def first_line(lines: Sequence[str], audit: Audit) -> int:
    """The line of the audit's document (from 1) that one of its files begins with, which has these lines.

    Raises `ValueError` where none of its files has them.
    """
    document = audit.document
    files = [document.place(line).file for line in range(1, len(document.lines) + 1)]
    for file in dict.fromkeys(files):
        first = files.index(file)
        if document.lines[first : first + files.count(file)] == tuple(lines):
            return first + 1
    raise ValueError(f"the file is none of {audit.file}")


def plain(said: str, most: int = MAX_WORDS) -> str:
    """Words on one line without control characters, cut to `most` characters."""
    line = "".join(char if char.isprintable() else "\ufffd" for char in " ".join(said.split()))
    return line if len(line) <= most else line[: most - 1] + "…"


def _of_finding(finding: Finding, number: int, in_question: bool) -> str:
    lines = []
    for lang in _LANGUAGES:
        t = words(lang)
        about = t["tested_figure"] if in_question else t["other_figure"]
        named = _FINDING[lang].format(number)
        lines.append(f"{named} · {t[finding.severity]} · {finding.result.rule.id} · {about}")
        lines.append(plain(finding.message[lang]))
        for suspect in finding.suspects[:1]:
            change = f"{printed(suspect.fact)} → {suspect.correction}"
            lines.append(plain(f"{t['suspect']}{t['colon']}{change}{t['colon']}{suspect.why[lang]}"))
    return "\n".join(lines)


def _of_figure(numeral: Numeral, marks: dict[Tickmark, tuple[str, ...]]) -> str:
    lines = []
    for lang in _LANGUAGES:
        colon = words(lang)["colon"]
        for mark, rules in marks.items():
            lines.append(plain(f"{mark.glyph} {mark.label[lang]}{colon}{', '.join(rules)}"))
        if not marks:
            mark = Tickmark.NOT_TESTED
            why = "" if numeral.facts else f"{colon}{_UNREAD[lang]}"
            lines.append(f"{mark.glyph} {mark.label[lang]}{why}")
    return "\n".join(lines)
