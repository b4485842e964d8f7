"""The reports that one is held against: last year's of the same department, and the budget of its own year.

Last year's report is the one that is named, or the one report of the same entity and the year before that lies in
the report's folder.  What else lies there is not our concern: it is looked at within limits, and never an error.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from helpers.facts.document_kind import titles
from helpers.facts.extract import Extract, extract, report_entity, report_year
from helpers.reading.document import Document, ReportError, fold
from helpers.reading.places import where
from helpers.reading.read import SUFFIXES, kind_of, read, read_bytes
from helpers.reading.text import decode

PRIOR, BUDGET = "prior", "budget"
# Ten times the longest that a report is known to print; what relates figures looks over a whole paragraph.
MAX_PARAGRAPH = 20_000
# What is looked at in a folder to find last year's report.
MAX_FILES, MAX_BYTES = 50, 50_000_000
# The shortest name that says which department it is without the place before it: 教育局 is every town's.
_SHORTEST_NAME = 5

_BUDGET_TITLE = re.compile(r"(20\d\d)年度?[^。，；]{0,30}?预算")
_BUDGET_ENTITY = re.compile(r"([\u4e00-\u9fff()]{4,40}?)(?:20\d\d年度?)(?:部门|单位)?预算")


@dataclass(frozen=True)
class Compared:
    """Another report: what it is to the audited one (`prior` or `budget`), and what it says.

    Its facts have ids and places that are told from those of the audited report: `prior:income.total/amount`.
    """

    role: str
    path: Path
    sha256: str
    document: Document
    extract: Extract

    @property
    def file(self) -> str:
        """Its file name, without the folders of this machine."""
        return self.path.name


def refuse_long_paragraphs(document: Document, name: str) -> None:
    """Raise `ReportError` where a paragraph is longer than any that a report prints."""
    for paragraph in document.paragraphs:
        if len(paragraph.text.folded) > MAX_PARAGRAPH:
            raise ReportError(
                f"{name}: {where(document, paragraph.text.line)['en']} is a paragraph of {len(paragraph.text.folded)} "
                "characters; break the text into the report's paragraphs"
            )


def read_prior(path: Path, entity: str, year: int | None) -> Compared:
    """Last year's report of the department `entity`, whose report of `year` is audited.

    Raises `ReportError` where it cannot be read, or is of another department or year; what either report does not
    say of itself is taken on trust.
    """
    content, document = _read(path)
    if not _is_accounts(document):
        raise ReportError(f"{path}: is no final-accounts report (部门决算); name last year's report")
    found = _compared(PRIOR, path, content, document)
    _refuse_other(found, entity, None if year is None else year - 1, "last year's report")
    return found


def read_budget(path: Path, entity: str, year: int | None) -> Compared:
    """The budget report (部门预算) of `year` of the department `entity`; errors as of `read_prior`."""
    content, document = _read(path)
    if _is_accounts(document) or not any("预算" in fold(line) for line in document.lines):
        raise ReportError(f"{path}: is no budget report (部门预算); name the budget of the report's year")
    found = _compared(BUDGET, path, content, document)
    _refuse_other(found, entity, year, "the budget report")
    return found


def find_prior(report: Path, entity: str, year: int | None) -> Compared | None:
    """Last year's report from the folder of `report`; None where none is there, or more than one could be it."""
    path = prior_file(report, entity, year)
    try:
        return None if path is None else read_prior(path, entity, year)
    except Exception:
        # It was not named: whatever is wrong with it is no fault of the report that is audited.
        return None


def prior_file(report: Path, entity: str, year: int | None) -> Path | None:
    """The file in the folder of `report` that is last year's; None where none is, or more than one could be it."""
    if not entity or year is None:
        return None
    fitting: list[tuple[bool, Path]] = []
    named_fits = False
    for is_named, path in _neighbours(report, year - 1):
        if named_fits and not is_named:
            break  # A file that is called so is enough: the others need not be read.
        about = _about(path) if _may_name(path, entity) else None
        if about and about[1] == year - 1 and is_same_entity(about[0], entity):
            fitting.append((about[0] != entity, path))
            named_fits |= is_named
    exact = [path for other, path in fitting if not other] or [path for _, path in fitting]
    try:
        is_one = len({hashlib.sha256(read_bytes(path)).digest() for path in exact}) == 1
    except ReportError:
        return None
    return exact[0] if is_one else None


def is_same_entity(one: str, other: str) -> bool:
    """True where two names are of one department: the same, or one of them without the place before it.

    A name inside another (财政局 in 财政局国库支付中心) is another department.
    """
    short, long = sorted((fold(one), fold(other)), key=len)
    return short == long or (len(short) >= _SHORTEST_NAME and long.endswith(short))


def _neighbours(report: Path, year: int) -> Iterator[tuple[bool, Path]]:
    """The files beside a report that may be of `year`, whether they are called so, those first; within the limits."""
    try:
        beside = sorted(path for path in report.parent.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError:
        return
    named = [path for path in beside if str(year) in path.stem]
    # A name with another year alone says that it is of that one.
    unnamed = [path for path in beside if path not in named and not re.search(r"20\d\d", path.stem)]
    left = MAX_BYTES
    for path in [*named, *unnamed][:MAX_FILES]:
        try:
            if not path.is_file() or path.samefile(report):
                continue
            left -= path.stat().st_size
        except OSError:
            continue
        if left < 0:
            return
        yield path in named, path


def _may_name(path: Path, entity: str) -> bool:
    """False for a text without the words that a name of the department ends with: it need not be read as a report."""
    try:
        content = read_bytes(path)
        if kind_of(content, path.name) != "text":
            return True
        lines = decode(content, path.name).split("\n")
    except (OSError, ReportError):
        return False
    return fold(entity)[-_SHORTEST_NAME:] in fold("".join(filter(str.strip, lines)))


def _about(path: Path) -> tuple[str, int | None] | None:
    """Which department and year a final-accounts report is of; None where the file is none that can be read."""
    try:
        about = path.stat()
    except OSError:
        return None
    return _about_content(path, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=1024)
def _about_content(path: Path, size: int, changed: int) -> tuple[str, int | None] | None:
    """As `_about`, once for a file in this state: in a batch each report is another's neighbour."""
    try:
        document = read(read_bytes(path), str(path))
        refuse_long_paragraphs(document, path.name)
        return (report_entity(document), report_year(document)) if _is_accounts(document) else None
    except Exception:
        # A neighbour is not the report: whatever a reader makes of it, the audit goes on without it.
        return None


def _is_accounts(document: Document) -> bool:
    """True for a report that its titles call final accounts: a budget report does not."""
    return any("决算" in title for title in titles(document))


def _budget_year(document: Document) -> int | None:
    """The year that the first title of a budget report names; else as of any report."""
    named = (match for title in titles(document) if (match := _BUDGET_TITLE.search(title)))
    first = next(named, None)
    return int(first.group(1)) if first else report_year(document)


def _budget_entity(document: Document) -> str:
    named = (match for title in titles(document) if (match := _BUDGET_ENTITY.search(title)))
    first = next(named, None)
    return re.sub(r"^第[一二三四五六]部分", "", first.group(1)) if first else ""


def _read(path: Path) -> tuple[bytes, Document]:
    content = read_bytes(path)
    document = read(content, str(path))
    refuse_long_paragraphs(document, str(path))
    return content, document


def extract_budget(document: Document) -> Extract:
    """What a budget report says, of the department and year that its titles name."""
    extracted = extract(document, _budget_year(document))
    return replace(extracted, entity=_budget_entity(document) or extracted.entity)


def other_extract(document: Document, role: str) -> Extract:
    """What another report says, its facts told from those of the audited one."""
    extracted = extract_budget(document) if role == BUDGET else extract(document)
    facts = tuple(
        replace(fact, id=f"{role}:{fact.id}", source=replace(fact.source, report=role))
        for fact in extracted.facts
    )
    return replace(extracted, facts=facts)


def _compared(role: str, path: Path, content: bytes, document: Document) -> Compared:
    return Compared(role, path, hashlib.sha256(content).hexdigest(), document, other_extract(document, role))


def _refuse_other(found: Compared, entity: str, year: int | None, what: str) -> None:
    """Raise `ReportError` where a report is of another department or year than it must be."""
    own = found.extract
    is_other = bool(entity and own.entity) and not is_same_entity(entity, own.entity)
    if is_other or (year is not None and own.year is not None and own.year != year):
        raise ReportError(
            f"{found.path}: is of {own.entity or '?'} {own.year or '?'}; {what} must be of "
            f"{entity or '?'} {year or '?'}; name that one"
        )
