"""Reading the published tables (data/taxonomy/published.yaml): each cell with an amount, by row and column."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from helpers.data import (
    DataError,
    Entry,
    check_keys,
    check_names,
    check_unique,
    compiled,
    data_folder,
    read_csv,
    read_yaml,
)
from helpers.facts.concepts import classification, plain_name, taxonomy
from helpers.facts.fact import State
from helpers.facts.narrative import Reading, Subject
from helpers.reading.document import Document, Paragraph, Section, Source, Table, Text, fold

_LABEL = re.compile(
    r"^(?:项目(?:\(.*\))?|.*科目.*|.*编码.*|.*名称.*|类|款|项|功能分类.*|经济分类.*|支出功能.*|支出经济.*|按功能分类.*|按支出性质.*)$"
)
_COUNTER = re.compile(r"^(?:行次|栏次|序号)$")
_BUDGET = re.compile(r"^(?:20\d\d年度?)?(?:本年)?(?:年初)?预算(?:数|安排|安排数|金额)?$")
_FINAL = re.compile(r"^(?:20\d\d年度?)?(?:本年)?(?:决算(?:数|金额)?|支出数|金额)$")
_OTHER = re.compile(r"(?:全年|调整).*预算|预算调整|上年|增减|比较|完成")
_AMOUNT = re.compile(r"-?(?:\d{1,3}(?:，\d{3})+|\d+)(?:\.\d+)?")
_DASH = re.compile(r"[-—–－]+")
_NUMBERING = re.compile(r"^(?:\(?[一二三四五六七八九十]+[、.)]|\(?\d{1,2}[、.)](?!\d)|其中：)*")
_UNIT = re.compile(r"单位：?(?:人民币)?(万元|亿元|千元|元)")
_TOTAL = re.compile(r"^(?:合计|总计)$")
# How many lines above a table may say what it is.
_ABOVE = 8


@dataclass(frozen=True)
class Column:
    """What the heads of a column say its figures are."""

    head: re.Pattern[str]
    concept: str
    budget: str | None
    shared: bool
    economic: bool


@dataclass(frozen=True)
class NamedRow:
    """What the label of a row that is no subject of a classification says its figures are."""

    name: re.Pattern[str]
    concept: str
    budget: str | None
    after: str | None
    side: int | None


@dataclass(frozen=True)
class PublishedForm:
    """A published table as its form has it; `foot`, `crossfoot` and `roll` are the sums that it must keep."""

    id: str
    title: re.Pattern[str]
    rows: str
    columns: tuple[Column, ...]
    named: tuple[NamedRow, ...]
    foot: tuple[tuple[str, tuple[str, ...]], ...]
    crossfoot: tuple[tuple[str, tuple[str, ...]], ...]
    roll: tuple[str, ...]


@cache
def published_forms() -> tuple[PublishedForm, ...]:
    """The forms of data/taxonomy/published.yaml; raises `DataError` with every defect."""
    forms, defects = [], list[str]()
    entries = read_yaml(data_folder() / "taxonomy" / "published.yaml")
    check_unique(entries, "id", defects)
    for entry in entries:
        check_keys(
            entry,
            {"id": str, "title": str, "rows": str, "columns": list},
            {"named": list, "foot": list, "crossfoot": list, "roll": list},
            defects,
        )
        title = compiled(entry, entry.get("title", ""), defects)
        columns = [_column(column, defects) for column in entry.get("columns", ())]
        named = [_named(row, defects) for row in entry.get("named", ())]
        sums = {name: [_sum(one, defects) for one in entry.get(name, ())] for name in ("foot", "crossfoot")}
        check_names(entry, "concept", entry.get("roll", ()), taxonomy().concepts, defects)
        if entry.get("rows", "none") not in ("function", "economic", "none"):
            defects.append(entry.at("'rows' must be function, economic or none"))
        if not defects:
            forms.append(
                PublishedForm(
                    entry["id"], title, entry["rows"], tuple(columns), tuple(named), tuple(sums["foot"]),
                    tuple(sums["crossfoot"]), tuple(entry.get("roll", ())),
                )
            )  # fmt: skip
    if defects:
        raise DataError(defects)
    return tuple(forms)


def _column(entry: Entry, defects: list[str]) -> Column:
    optional = {"budget": str, "shared": bool, "economic": bool}
    check_keys(entry, {"head": str, "concept": str}, optional, defects)
    _check_concept(entry, ("", "="), defects)
    head = compiled(entry, entry.get("head", ""), defects)
    return Column(
        head, entry.get("concept", ""), entry.get("budget"), entry.get("shared", False), entry.get("economic", False)
    )  # fmt: skip


def _named(entry: Entry, defects: list[str]) -> NamedRow:
    check_keys(entry, {"name": str, "concept": str}, {"budget": str, "after": str, "side": int}, defects)
    _check_concept(entry, ("=",), defects)
    name = compiled(entry, entry.get("name", ""), defects)
    return NamedRow(
        name, entry.get("concept", ""), entry.get("budget"), entry.get("after"), entry.get("side")
    )


def _check_concept(entry: Entry, others: Sequence[str], defects: list[str]) -> None:
    if entry.get("concept") not in others:
        check_names(entry, "concept", [str(entry.get("concept"))], taxonomy().concepts, defects)


def _sum(entry: Entry, defects: list[str]) -> tuple[str, tuple[str, ...]]:
    check_keys(entry, {"total": str, "items": list}, {}, defects)
    words = [part for item in entry.get("items", ()) for part in re.split(r"[|+]", item)]
    concepts = [re.split("[/@]", word)[0] for word in [entry.get("total", ""), *words]]
    check_names(entry, "concept", concepts, taxonomy().concepts, defects)
    return entry.get("total", ""), tuple(entry.get("items", ()))


@dataclass(frozen=True)
class EconomicSubject:
    """A subject of the economic classification: its name and others in use; `part` is personnel, public or other."""

    code: str
    names: tuple[str, ...]
    part: str


@cache
def economic_subjects() -> dict[str, EconomicSubject]:
    """The economic classification of data/reference/economic.csv by code."""
    rows = read_csv(data_folder() / "reference" / "economic.csv")
    return {
        row["code"]: EconomicSubject(
            row["code"],
            tuple(name for name in (row["name"], *row["aliases"].split("｜")) if name),
            row["class"],
        )
        for row in rows
    }


@cache
def _economic_names() -> dict[str, tuple[EconomicSubject, ...]]:
    found: dict[str, tuple[EconomicSubject, ...]] = defaultdict(tuple)
    for subject in economic_subjects().values():
        for name in subject.names:
            found[plain_name(name)] += (subject,)
    return found


def economic_named(name: str) -> tuple[EconomicSubject, ...]:
    """The economic subjects of a name: 办公设备购置 is one of 309 and one of 310."""
    return _economic_names().get(plain_name(name), ())


@dataclass(frozen=True)
class RowSubject:
    """The subject of a classification that a row names: its code (where none is printed, from its name), and as printed."""

    code: str
    printed_code: str
    name: str
    text: Text


@dataclass
class PublishedTable:
    """A published table that was recognised: its form, where it stands, its unit, and its rows with subjects."""

    form: PublishedForm
    title: Text
    table: Table
    block: int
    unit: str
    subjects: list[RowSubject] = field(default_factory=list)
    has_amount: bool = False


@dataclass(frozen=True)
class PublishedReading:
    """The published tables; for each cell with a figure (text, start, end, unit, section, readings); and the readings
    of the cells of totals that are left empty.
    """

    tables: tuple[PublishedTable, ...]
    figures: tuple[tuple[Text, int, int, str, Section | None, list[Reading]], ...]
    empty: tuple[Reading, ...]


def read_published(document: Document, year: int | None) -> PublishedReading:
    """The published tables of a document and the amounts in them."""
    reader = _Reader(document, year)
    for index, block in enumerate(document.blocks):
        if isinstance(block, Table) and block.spans and not _is_annex(block):
            reader.table(block, index)
    return PublishedReading(tuple(reader.tables), tuple(reader.figures), tuple(reader.empty))


def _is_annex(table: Table) -> bool:
    return table.section is not None and "annexes" in table.section.keys


@dataclass(frozen=True)
class _Value:
    """A column of figures: what it is, of which measure and year, and the last of its heads."""

    column: Column
    measure: str
    year: str
    head: str


@dataclass
class _Layout:
    """The columns of a table: of each value column what it is, and the label columns to its left."""

    values: dict[int, _Value]
    labels: dict[int, list[int]]
    first_row: int


class _Reader:
    def __init__(self, document: Document, year: int | None) -> None:
        self.document, self.year = document, year
        self.tables: list[PublishedTable] = []
        self.figures: list[tuple[Text, int, int, str, Section | None, list[Reading]]] = []
        self.empty: list[Reading] = []
        self._last: tuple[PublishedTable, _Layout] | None = None

    def table(self, table: Table, index: int) -> None:
        """Read a table that follows a form, or goes on with the one before it."""
        above = self._above(index)
        titles = [(text, text.folded) for text in above]
        titles += [(row[0], row[0].folded) for row in table.rows[:3] if sum(bool(c.folded) for c in row) == 1]
        sheet = self.document.place(table.rows[0][0].line).table or ""
        found = next(
            (
                (form, text)
                for text, words in titles
                for form in published_forms()
                if form.title.search(words)
            ),
            None,
        )
        if found is None and sheet:
            words = re.sub(r"^[\dGKZgkz.、_-]+", "", fold(sheet))
            found = next(((f, table.rows[0][0]) for f in published_forms() if f.title.search(words)), None)
        if found is None:
            if self._last and not above and _width(self._last[0].table) == _width(table):
                published, layout = self._last
                self._rows(published, table, index, self._layout(published.form, table) or layout, 0)
            return
        form, title = found
        unit = next((m.group(1) for t in above for m in [_UNIT.search(t.folded)] if m), None) or next(
            (m.group(1) for row in table.rows[:4] for c in row for m in [_UNIT.search(c.folded)] if m), "万元"
        )
        layout_ = self._layout(form, table)
        if layout_ is None:
            return
        published = PublishedTable(form, title, table, index, unit)
        self.tables.append(published)
        self._last = published, layout_
        self._rows(published, table, index, layout_, layout_.first_row)

    def _above(self, index: int) -> list[Text]:
        """The lines above a table, nearest first, as far as they may be of it."""
        found: list[Text] = []
        for block in reversed(self.document.blocks[max(0, index - _ABOVE) : index]):
            if (
                not isinstance(block, Paragraph)
                or len(block.text.folded) > 60
                or block.text.folded.startswith("注：")
            ):
                return found
            found.append(block.text)
        section = self.document.blocks[index].section
        if section is not None and (not found or section.text.line < found[-1].line):
            found.append(section.text)
        return found

    # -- heads --------------------------------------------------------------------------------------------------

    def _layout(self, form: PublishedForm, table: Table) -> _Layout | None:
        """The columns of a table by its heads; None where no column is one of the form's."""
        first = next(
            (n for n, row in enumerate(table.rows) if _is_data(form, row)),
            max((n + 1 for n, row in enumerate(table.rows[:8]) if any(c.folded for c in row)), default=0),
        )
        paths: dict[int, list[str]] = defaultdict(list)
        for row, spans in zip(table.rows[:first], table.spans[:first], strict=True):
            if sum(bool(cell.folded) for cell in row) == 1 and spans[0][1] - spans[0][0] == _width(table):
                continue
            for cell, (start, end) in zip(row, spans, strict=True):
                for column in range(start, end):
                    if cell.folded and cell.folded not in paths[column]:
                        paths[column].append(cell.folded)
        values: dict[int, _Value] = {}
        labels: list[int] = []
        groups: dict[int, list[int]] = {}
        of_group: dict[int, int] = defaultdict(int)
        for column in range(_width(table)):
            heads = paths[column]
            if heads and _COUNTER.match(heads[-1]):
                continue
            if not heads or _LABEL.match(heads[-1]):
                if labels and any(v > labels[-1] for v in groups):
                    labels = []
                labels.append(column)
                continue
            groups[column] = labels
            of_group[id(labels)] += 1
        for column, own in groups.items():
            found = self._value(form, paths[column], of_group[id(own)] > 1)
            if found is not None:
                values[column] = found
        if not values:
            return None
        return _Layout(values, groups, first)

    def _value(self, form: PublishedForm, heads: list[str], is_shared: bool) -> _Value | None:
        """What a column's heads say it is; None where no rule knows it."""
        if any(_OTHER.search(head) for head in heads):
            return None
        year, measure, rest = str(self.year or ""), "amount", []
        for head in heads:
            named = re.search(r"(20\d\d)年", head)
            if named and named.group(1) != year and (_BUDGET.match(head) or _FINAL.match(head)):
                return None
            if _BUDGET.match(head):
                measure = "budget"
            elif not _FINAL.match(head):
                rest.append(head)
        if form.rows != "none" and rest and rest[0] in ("收入", "支出"):
            rest = rest[1:]
        path = "/".join(rest)
        for column in form.columns:
            if column.head.search(path) and (is_shared or not column.shared):
                return _Value(column, measure, year, heads[-1]) if column.concept else None
        return None

    # -- rows ---------------------------------------------------------------------------------------------------

    def _rows(self, published: PublishedTable, table: Table, index: int, layout: _Layout, first: int) -> None:
        form = published.form
        decimals = _decimals(table, layout, first)
        known: dict[int, str] = defaultdict(str)
        after: dict[int, str] = defaultdict(str)
        sides = {
            id(group): side for side, group in enumerate({id(g): g for g in layout.labels.values()}.values())
        }
        for row, spans in zip(table.rows[first:], table.spans[first:], strict=True):
            cells = {start: cell for cell, (start, _) in zip(row, spans, strict=True)}
            if any(_COUNTER.match(cell.folded) for cell in row):
                continue
            done: set[int] = set()
            for column, group in layout.labels.items():
                side = sides[id(group)]
                labels = [cells[c] for c in group if c in cells and cells[c].folded]
                code, name = _code_and_name(labels)
                if side not in done:
                    done.add(side)
                    subject = self._subject(form, code, name, known[side])
                    if subject:
                        known[side] = subject
                        published.subjects.append(
                            RowSubject(subject, code, name, labels[-1] if name else labels[0])
                        )
                    current, named = subject, None
                    if not subject:
                        named = next((
                            n for n in form.named
                            if n.name.search(_NUMBERING.sub("", name)) and n.side in (None, side)
                            and (n.after is None or n.after == after[side])
                        ), None)  # fmt: skip
                        if named and not named.after:
                            after[side] = named.concept
                cell = cells.get(column)
                if cell is None or column not in layout.values:
                    continue
                found = self._what(form, layout.values[column], current, named, name)
                self._cell(published, cell, found, layout.values[column], index, decimals, name)

    def _subject(self, form: PublishedForm, code: str, name: str, before: str) -> str:
        """The code of the subject that a row is of; "" where it is none."""
        if form.rows == "none" or not (code or name):
            return ""
        plain = plain_name(_NUMBERING.sub("", name))
        if form.rows == "economic":
            if code and len(code) in (3, 5):
                return code
            found = [subject.code for subject in economic_named(plain)]
            return next((code for code in found if code.startswith(before[:3])), found[0] if found else "")
        if code and len(code) in (3, 5, 7):
            return code
        if code or _TOTAL.match(plain):
            return ""
        for digits, above in ((7, before[:5]), (5, before[:3]), (3, "")):
            if len(above) == max(0, digits - 2) or digits == 3:
                named = classification().named(plain, digits, above)
                if named:
                    return named[0].code
        return ""

    def _what(
        self, form: PublishedForm, value: _Value, subject: str, named: NamedRow | None, name: str
    ) -> Subject | None:
        """What a figure is, from its row and its column."""
        column = value.column
        dimensions: tuple[tuple[str, str], ...] = (("table", form.id),)
        if column.economic:
            found = economic_named(value.head)
            if not found:
                return None
            dimensions += (("economic", found[0].code),)
        if subject:
            kind = "economic" if form.rows == "economic" else "function"
            return None if column.concept == "=" else Subject(column.concept, (*dimensions, (kind, subject)))
        if named is not None:
            budget = named.budget or column.budget
            if named.concept != "=":
                return Subject(named.concept, (*dimensions, ("budget", budget)) if budget else dimensions)
            return Subject(column.concept, dimensions)
        is_total = _TOTAL.match(_NUMBERING.sub("", name)) is not None
        if column.concept != "=" and (is_total or (form.rows == "none" and not name)):
            return Subject(column.concept, dimensions)
        return None

    def _cell(
        self, published: PublishedTable, cell: Text, found: Subject | None, value: _Value,
        index: int, decimals: int, name: str,
    ) -> None:  # fmt: skip
        """The figure of a cell; an empty cell of a total or named row is a fact too."""
        words = cell.folded
        match = _AMOUNT.fullmatch(words)
        state: State = "blank" if not words else "dash" if _DASH.fullmatch(words) else "unreadable"
        if match is None and (found is None or dict(found.dimensions).keys() & {"function", "economic"}):
            return
        plain = words.replace("，", "")
        amount = Decimal(plain) if match and len(plain) <= 20 else None
        published.has_amount = published.has_amount or bool(amount)
        start, end = match.span() if match else (0, len(words))
        source = cell.source(start, end) if words else Source(cell.line, 0, 0)
        readings = []
        if found is not None:
            quote = "／".join(
                part for part in (published.title.raw.strip(), name, cell.raw.strip() or "（空）") if part
            )
            readings.append(
                Reading(
                    found, value.measure, amount, published.unit, len(plain.partition(".")[2]), value.year, source, quote,
                    cell.raw.strip() or "空白", published.table.section, index,
                    state if amount is None else "zero" if amount == 0 else "reported", None,
                    max(decimals, 2) if published.unit == "万元" else decimals,
                )
            )  # fmt: skip
        if match:
            self.figures.append((cell, start, end, published.unit, published.table.section, readings))
        else:
            self.empty.extend(readings)


def _width(table: Table) -> int:
    return max((spans[-1][1] for spans in table.spans if spans), default=0)


def _is_data(form: PublishedForm, row: Sequence[Text]) -> bool:
    """True for a row below the heads: it has an amount, a code, a total or a row that the form names."""
    words = [cell.folded for cell in row if cell.folded]
    if any(_COUNTER.match(word) for word in words):
        return False
    if any(re.fullmatch(r"-?[\d，]+\.\d+|\d{3}|\d{5}|\d{7}", word) for word in words):
        return True
    if any(_TOTAL.match(word) for word in words):
        return (form.rows != "none" and len(words) <= 2) or bool({"类", "款", "项"} & set(words))
    plain = [_NUMBERING.sub("", word) for word in words]
    return form.rows != "none" and any(word != name for word, name in zip(words, plain, strict=True) if name)


def _code_and_name(labels: Sequence[Text]) -> tuple[str, str]:
    """The code and the name that the label cells of a row print."""
    words = [label.folded for label in labels if label.folded not in ("类", "款", "项")]
    digits = [word for word in words if word.isdigit()]
    name = "".join(word for word in words if not word.isdigit())
    code = "".join(digits)
    if len(code) not in (3, 5, 7) and digits:
        code = digits[-1]
    if not digits:
        match = re.match(r"(\d{3}(?:\d\d){0,2})[-—]?(?=\D)", name)
        if match and not name[match.end() :].startswith(("年", "月")):
            code, name = match.group(1), name[match.end() :]
    return code, name


def _decimals(table: Table, layout: _Layout, first: int) -> int:
    """The decimals that a table prints its amounts with: a workbook drops trailing zeros, so the most that any has."""
    most = 0
    for row, spans in zip(table.rows[first:], table.spans[first:], strict=True):
        for cell, (start, _) in zip(row, spans, strict=True):
            if start in layout.values and _AMOUNT.fullmatch(cell.folded):
                most = max(most, len(cell.folded.partition(".")[2]))
    return min(most, 2)
