"""What auditors decided on the findings of a report: a CSV file that they edit in a spreadsheet, read and written.

A row is kept by the id of its finding, and says in `judged` what was judged: so a decision survives a run and edits
elsewhere in the report, and shows where what it judged is no longer what the report says.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from helpers.findings.finding import Disposition, Finding, State
from helpers.findings.wording import printed
from helpers.reading.document import ReportError
from helpers.reading.names import folder_name

FOLDER = Path("data", "reviews")
MAX_BYTES = 10_000_000

_STATES: dict[State, tuple[str, str]] = {
    "open": ("待处理", "open"),
    "accepted": ("采纳", "accepted"),
    "explained": ("已说明", "explained"),
    "not a finding": ("不构成问题", "not a finding"),
}
_COLUMNS = {
    "finding": ("发现编号", "finding"),
    "disposition": ("处理", "disposition"),
    "note": ("说明", "note"),
    "name": ("姓名", "name"),
    "date": ("日期", "date"),
    "rule": ("规则", "rule"),
    "reported": ("报告", "reported"),
    "expected": ("应为或核算为", "expected"),
    "quote": ("原文", "quote"),
    "place": ("位置", "place"),
    "judged": ("所判摘要", "judged"),
}
_REQUIRED = ("finding", "disposition", "note", "name", "date", "judged")
_LANGS = ("zh", "en")
_SEPARATORS = (",", ";", "\t")
_QUOTE = 200
# What a spreadsheet takes for a formula, in the wide forms of Chinese input too, or drops before one.
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0?0:00(?::00)?)?")


@dataclass(frozen=True)
class Review:
    """A row of the file: the decision on a finding, and what it was when that was recorded."""

    finding: str
    disposition: Disposition
    judged: str
    rule: str
    reported: str
    expected: str
    quote: str
    place: str


@dataclass(frozen=True)
class Reviews:
    """The decisions on a report: the name and bytes of their file (none: empty), and its rows in order."""

    file: str = ""
    content: bytes = b""
    rows: tuple[Review, ...] = ()


def state_word(state: State, lang: str) -> str:
    """What a state is called in zh or en."""
    return _STATES[state][_LANGS.index(lang)]


def reviews_folder(named: str | Path | None) -> Path | None:
    """The folder of decisions: the named one, else `data/reviews` of the current folder, if it is there.

    Raises `ReportError` where the named one is no folder.
    """
    if named is None:
        return FOLDER if FOLDER.is_dir() else None
    if not Path(named).is_dir():
        raise ReportError(f"{named}: no such folder; name the folder that holds the reviews")
    return Path(named)


def reviews_file(folder: Path, report: Path) -> Path:
    """The file in `folder` that holds the decisions on a report."""
    return folder / f"{folder_name(report)}.csv"


def read_reviews(folder: Path, report: Path) -> Reviews:
    """The decisions in `folder` on a report; none where it has no file there.

    Raises `ReportError` where the file does not say what it must, a line for each defect.
    """
    path = reviews_file(folder, report)
    content = _content(path)
    return Reviews(path.name, content, tuple(_Sheet(content, path.name).reviews())) if content else Reviews()


def dispose(findings: Sequence[Finding], reviews: Reviews) -> tuple[tuple[Finding, ...], tuple[Review, ...]]:
    """The findings with the decisions on them, and the rows whose finding is no longer there, in order."""
    rows = {row.finding: row for row in reviews.rows}

    def disposed(finding: Finding) -> Finding:
        # A decision on a finding that is now told under another stays with it there.
        finding = replace(finding, gathered=tuple(map(disposed, finding.gathered)))
        row = rows.pop(finding.id, None)
        if row is None:
            return finding
        return replace(
            finding, disposition=replace(row.disposition, is_current=row.judged == judged(finding))
        )

    done = tuple(map(disposed, findings))
    return done, tuple(rows.values())


def judged(finding: Finding) -> str:
    """A short digest of what one judges in a finding: rule, what is reported and expected, and the figures quoted.

    And the same of the findings that it gathers.  It leaves out where they stand, and how grave it is.  It begins with a letter: a spreadsheet makes a
    number of 12e45678.
    """
    result = finding.result
    figures = {fact.id: printed(fact) for fact in result.operands}
    quoted = [figures.get(e.fact or "", e.quote) for e in result.evidence] or list(figures.values())
    parts = [result.rule.id, finding.reported["zh"], finding.expected["zh"], *sorted(quoted)]
    parts += map(judged, finding.gathered)
    words = "\x1f".join(" ".join(part.split()) for part in parts)
    return f"j{hashlib.sha256(words.encode('utf-8', 'replace')).hexdigest()[:12]}"


def record(
    folder: Path, report: Path, finding: Finding, place: str, decision: Disposition, lang: str = "zh"
) -> Path:
    """The file with this decision on a finding that stands at `place` written into it; all else in it stays.

    A `note` of "" leaves the one that is there.  A new file has its heads in `lang`.  Raises `ReportError` where the
    file is not as it must be or cannot be written; it is then as it was.
    """
    path = reviews_file(folder, report)
    with _edited(path, lang) as sheet:
        values = {"name": decision.name, "date": decision.date} | _known(finding, place, sheet.lang)
        if decision.note:
            values["note"] = decision.note
        sheet.put(finding.id, {**values, "disposition": sheet.word(decision.state)})
    return path


def list_open(folder: Path, report: Path, findings: Sequence[tuple[Finding, str]], lang: str = "zh") -> Path:
    """The file with a row for each finding (and its place), to be filled in; a new row is `open`.

    An open row is brought up to date; one that was decided on stays as it was.  Raises as `record` does.
    """
    path = reviews_file(folder, report)
    with _edited(path, lang) as sheet:
        states = {review.finding: review.disposition.state for review in sheet.reviews()}
        for finding, place in findings:
            if states.get(finding.id, "open") == "open":
                opened = {"disposition": sheet.word("open")} | _known(finding, place, sheet.lang)
                sheet.put(finding.id, opened)
    return path


def _known(finding: Finding, place: str, lang: str) -> dict[str, str]:
    """What a person recognises a finding by."""
    rule, quote = finding.result.rule, " ".join(finding.evidence[0].quote.split())
    return {
        "rule": f"{rule.id} {rule.label[lang]}",
        "reported": finding.reported[lang],
        "expected": finding.expected[lang],
        "quote": quote if len(quote) <= _QUOTE else f"{quote[: _QUOTE - 1]}…",
        "place": place,
        "judged": judged(finding),
    }


# -------------------------------------------------------------------------------------------------- the file


class _Sheet:
    """The heads of a file and the rows below them; `lang` is that of the heads, of a new file as given.

    Raises `ReportError` where the file has defects, a line for each.
    """

    def __init__(self, content: bytes, file: str, lang: str = "zh") -> None:
        self._file, self.lang = file, lang
        self.head = [heads[_LANGS.index(lang)] for heads in _COLUMNS.values()]
        self.rows: list[list[str]] = []
        self._lines: list[int] = []
        self._defects: list[str] = []
        if content:
            self._read(_decoded(content, file))
        if self._defects:
            raise ReportError("\n".join(self._defects))

    def _read(self, text: str) -> None:
        numbered = _rows(text, self._file)
        while numbered and not any(map(str.strip, numbered[0][1])):
            numbered.pop(0)
        line, self.head = numbered.pop(0) if numbered else (1, [])
        self._lines, self.rows = [at for at, _ in numbered], [row for _, row in numbered]
        self._check_head(line)
        if not self._defects:
            is_english = any(_folded(head) == _COLUMNS["disposition"][1] for head in self.head)
            self.lang = "en" if is_english else "zh"
            self._check_rows()

    def _check_head(self, line: int) -> None:
        keys = [_key(head) for head in self.head]
        missing = [key for key in _REQUIRED if key not in keys]
        if missing:
            self._defect(line, f"lacks the column {_heads(missing)}; add it")
        for key in dict.fromkeys(key for key in keys if key and keys.count(key) > 1):
            self._defect(line, f"has the column {_heads([key])} twice; keep one")

    def _check_rows(self) -> None:
        first: dict[str, int] = {}
        for line, row in self._filled():
            finding, word = self.cell(row, "finding"), self.cell(row, "disposition")
            if not finding:
                self._defect(line, "has no finding's id; add it, or clear the row")
            elif first.setdefault(finding, line) != line:
                self._defect(line, f"{finding[:60]!r} stands twice, first in line {first[finding]}; keep one")
            if _state(word) is None:
                known = ", ".join(f"{en} ({zh})" for zh, en in _STATES.values())
                self._defect(line, f"no disposition is called {word[:60]!r}; there are {known}")

    def _defect(self, line: int, what: str) -> None:
        self._defects.append(f"{self._file}:{line}: {what}")

    def _filled(self) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not blank, each with its line."""
        return ((line, row) for line, row in zip(self._lines, self.rows, strict=True) if any(map(str.strip, row)))  # fmt: skip

    def column(self, key: str) -> int | None:
        """The place of a column, if there is one."""
        return next((at for at, head in enumerate(self.head) if _key(head) == key), None)

    def word(self, state: State) -> str:
        """A state in the language of the heads."""
        return state_word(state, self.lang)

    def cell(self, row: list[str], key: str) -> str:
        """What a cell says; a note as it was written, all else without the blanks around it."""
        at = self.column(key)
        text = _unescaped(row[at]) if at is not None and at < len(row) else ""
        return _clean(text if key == "note" else text.strip())

    def reviews(self) -> list[Review]:
        """The rows as decisions, none yet held against its finding."""
        found = []
        for _, row in self._filled():
            cells = {key: self.cell(row, key) for key in _COLUMNS}
            state, date = _state(cells.pop("disposition")), _date(cells.pop("date"))
            assert state is not None  # else the file was refused
            decision = Disposition(state, cells.pop("note"), cells.pop("name"), date, False)
            found.append(Review(disposition=decision, **cells))
        return found

    def put(self, finding: str, values: dict[str, str]) -> None:
        """Write `values` into the row of a finding, a new one below the others where it has none."""
        rows = (row for _, row in self._filled() if self.cell(row, "finding") == finding)
        row = next(rows, None)
        if row is None:
            self.rows.append(row := [])
            self._lines.append(0)
        for key, value in {"finding": finding, **values}.items():
            at = self.column(key)
            if at is None:
                at = len(self.head)
                self.head.append(_COLUMNS[key][_LANGS.index(self.lang)])
            row += [""] * (at + 1 - len(row))
            row[at] = _clean(value)

    def bytes(self) -> bytes:
        """The file as a spreadsheet opens it: UTF-8 with its mark, commas, no cell of ours that is a formula."""
        ours = {at for at, head in enumerate(self.head) if _key(head)}
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.head)
        for row in self.rows:
            writer.writerow(
                [_escaped(_unescaped(cell)) if at in ours else cell for at, cell in enumerate(row)]
            )
        return out.getvalue().encode("utf-8-sig")


def _content(path: Path) -> bytes:
    """The bytes of a file; none where there is no file."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError(
                f"{path.name}:1: larger than {MAX_BYTES // 1_000_000} MB; keep only the reviews in it"
            )
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ReportError(
            f"{path.name}:1: cannot be read ({error.strerror}); check the file's permissions"
        ) from error


def _decoded(content: bytes, file: str) -> str:
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ReportError(f"{file}:1: is not text in UTF-8 or GB18030; save it as CSV (UTF-8)")


def _rows(text: str, file: str) -> list[tuple[int, list[str]]]:
    """Every row with the line it begins in, by the separator that makes the most of the heads."""
    heads = next((line for line in text.splitlines() if line.strip(" ,;\t")), "")
    separator = max(_SEPARATORS, key=lambda mark: sum(_key(head) is not None for head in heads.split(mark)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows, line = [], 1
    try:
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ReportError(
            f"{file}:{line}: cannot be read as CSV ({error}); save it as CSV (UTF-8)"
        ) from error
    return rows


@contextmanager
def _edited(path: Path, lang: str) -> Iterator[_Sheet]:
    """The sheet of a file, written when the block ends well; two that write at once cannot lose a decision."""
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(
            f"{path.parent}: cannot be made ({error.strerror}); choose another --reviews"
        ) from error
    try:
        file = new.open("xb")
    except FileExistsError:
        raise ReportError(
            f"{path}: is being written to; try again, and if nobody is at it remove {new.name}"
        ) from None
    except OSError as error:
        raise ReportError(
            f"{path.parent}: cannot be written to ({error.strerror}); choose another --reviews"
        ) from error
    try:
        with file:
            sheet = _Sheet(_content(path), path.name, lang)
            yield sheet
            file.write(sheet.bytes())
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, new)
        os.replace(new, path)
    except OSError as error:
        raise ReportError(
            f"{path}: cannot be written ({error.strerror}); close it where it is open"
        ) from error
    finally:
        new.unlink(missing_ok=True)


# -------------------------------------------------------------------------------------------------- the cells


def _clean(text: str) -> str:
    """Words without control characters but line ends and tabs, and without halves of characters."""
    return "".join(
        char if char in "\t\r\n" or unicodedata.category(char) not in ("Cc", "Cs") else "\ufffd"
        for char in text
    )


def _escaped(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _folded(word: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", word).replace("_", " ").casefold().split())


def _key(head: str) -> str | None:
    """The column that a head names, in either language, in quotes or not."""
    folded = _folded(head.strip('"'))
    return next((key for key, heads in _COLUMNS.items() if folded in heads), None)


def _heads(keys: Sequence[str]) -> str:
    return ", ".join(f"{_COLUMNS[key][1]} ({_COLUMNS[key][0]})" for key in keys)


def _state(word: str) -> State | None:
    """The state of a word in either language; a blank is one not decided on, None a word that is none."""
    folded = _folded(word).replace("-", " ")
    return next((state for state, words in _STATES.items() if folded in words), None) if folded else "open"


def _date(cell: str) -> str:
    """A date as 2024-03-05, however a spreadsheet writes it; what is none as it stands."""
    match = _DATE.fullmatch(cell)
    return "{}-{:0>2}-{:0>2}".format(*match.groups()) if match else cell
