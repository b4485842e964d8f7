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
from helpers.reading.document import Document, Section, Source, Table, Text, fold
from helpers.reading.outline import heading_parts

_LABEL = re.compile(
    r"^(?:(?:收入|支出)?项目(?:\(.*\)|名称)?|.*科目.*|.*编码.*|.*名称.*|[类款项]+|功能分类.*|经济分类.*|支出功能.*|支出经济.*"
    r"|(?:支出)?\(?按.*(?:分类|性质).*)$"
)
_UNIT_NAME = re.compile(r"单位(?:编码|代码|名称)|^(?:预算|所属)?单位$|^部门(?:名称)?$")
_COUNTER = re.compile(r"^(?:行次|栏次|序号)$")
_COUNTED = re.compile(r"^\d{1,2}(?:=[\d+\-－]+)?$")
_BUDGET = re.compile(r"^(?:20\d\d年度?)?(?:本年)?(?:年初)?预算(?:数|安排|安排数|金额)?$")
_FINAL = re.compile(r"^(?:20\d\d年度?)?(?:本年)?(?:决算(?:统计)?(?:数|金额)?|支出数|金额)$")
_OTHER = re.compile(r"(?:全年|调整).*预算|预算调整|上年(?!.*结[转余])|增减|比较|完成|占比|比重|[率%]$")
_PARTS = re.compile(r"^(?:收入|支出)(?:\(.*\))?$")
_AMOUNT = re.compile(r"-?(?:\d{1,3}(?:，\d{3})+|\d+)(?:\.\d+)?")
_DECIMAL = re.compile(r"-?[\d，]+\.\d+")
_HEAD_OF_LABELS = re.compile(r"^(?:[类款项]|.*科目(?:编码|代码|名称)|项目(?:名称)?)$")
_DASH = re.compile(r"[-—–－]+")
_NUMBERING = re.compile(r"^(?:\(?[一二三四五六七八九十]+[、.)]|\(?\d{1,2}[、.)](?!\d)|其中：|[减加]：)*")
# 编制单位：元江县财政局 is no unit of money.
_UNIT = re.compile(
    r"单位：?(?:人民币)?(万元|亿元|千元|元)(?![\u4e00-\u9fff])|金额单位：?(?:人民币)?(万元|亿元|千元|元)|^\(?(万元|亿元|千元|元)\)?$"
)
_TOTAL = re.compile(r"^(?:合计|总计|(?:本年)?(?:收入|支出)合计)$")
_CODE = re.compile(r"\d{3}(?:\d\d){0,2}")
# The title of some table, and the lines that stand between a title and its table.
_ANY_TITLE = re.compile(r"表(?:\(.*\)|[一二三]|续)?$")
_TAIL = re.compile(
    r"^\(?(?:财决)?(?:公开|附|续)\S{0,6}表[\d-]*\)?$|^\(?续表?\)?$|单位：|^(?:编制)?(?:部门|单位)|^[\d-]+$"
)
# A sentence that mentions a table is no title of one.
_MENTION = re.compile(r"[。；]|详?见|^注")
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
    unit: str | None


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

    @property
    def is_wide(self) -> bool:
        """True where the columns are subjects of the economic classification."""
        return any(column.economic for column in self.columns)


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
    check_keys(
        entry, {"name": str, "concept": str}, {"budget": str, "after": str, "side": int, "unit": str}, defects
    )
    _check_concept(entry, ("", "="), defects)
    name = compiled(entry, entry.get("name", ""), defects)
    return NamedRow(
        name, entry.get("concept", ""), entry.get("budget"), entry.get("after"), entry.get("side"),
        entry.get("unit"),
    )  # fmt: skip


def _check_concept(entry: Entry, others: Sequence[str], defects: list[str]) -> None:
    if entry.get("concept") not in others:
        check_names(entry, "concept", [str(entry.get("concept"))], taxonomy().concepts, defects)


def _sum(entry: Entry, defects: list[str]) -> tuple[str, tuple[str, ...]]:
    check_keys(entry, {"total": str, "items": list}, {}, defects)
    words = [part for item in entry.get("items", ()) for part in re.split(r"[|+]", item)]
    concepts = [word.partition("@")[0] for word in [entry.get("total", ""), *words]]
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
    """A published table that was recognised: its form, where it stands, its unit, and its rows with subjects.

    `stray` are amounts among its heads.  `id` is that of the form; a form that stands again, as for a unit of the department, is T05~2.  `concepts` are those
    of its columns; `parts` are the tables of the document that it is made of, where it goes on over a page.
    """

    id: str
    form: PublishedForm
    title: Text
    table: Table
    block: int
    unit: str
    concepts: frozenset[str]
    subjects: list[RowSubject] = field(default_factory=list)
    has_amount: bool = False
    parts: list[Table] = field(default_factory=list)
    stray: list[Text] = field(default_factory=list)


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
            reader.recognise(block, index)
    return reader.read()


def _is_annex(table: Table) -> bool:
    return table.section is not None and "annexes" in table.section.keys


@dataclass(frozen=True)
class _Value:
    """A column of figures: what it is, of which measure and year, and of which economic subject."""

    column: Column
    measure: str
    year: str
    economic: str


@dataclass
class _Side:
    """The columns of a table that share labels; `is_economic` where the labels are of the economic classification."""

    labels: list[int]
    values: dict[int, _Value]
    is_economic: bool


@dataclass
class _Layout:
    """The columns of a table, left to right, and the row that its figures begin in."""

    sides: list[_Side]
    first_row: int


@dataclass(frozen=True)
class _Row:
    """A row on one side of a table: its subject or the name that the form has for it, and its figures by column."""

    side: int
    subject: str
    named: NamedRow | None
    code: str
    name: str
    labels: tuple[Text, ...]
    cells: dict[int, Text]

    @property
    def key(self) -> tuple[int, str]:
        """What no other row of the same table is."""
        plain = self.subject or _NUMBERING.sub("", self.name)
        # 政府性基金 is a row of the income and, further down, one of the opening balances.
        return self.side, f"{self.named.concept}/{self.named.budget}/{plain}" if self.named else plain


@dataclass
class _State:
    """What the rows so far, side by side, leave for the next: the last subject, and the last named row."""

    known: dict[int, str] = field(default_factory=lambda: defaultdict(str))
    after: dict[int, str] = field(default_factory=lambda: defaultdict(str))


@dataclass
class _Part:
    """A table of the document with its rows: a published table, or what goes on with one."""

    published: PublishedTable
    table: Table
    index: int
    layout: _Layout
    rows: list[_Row]


class _Reader:
    def __init__(self, document: Document, year: int | None) -> None:
        self.document, self.year = document, year
        self.tables: list[PublishedTable] = []
        self.figures: list[tuple[Text, int, int, str, Section | None, list[Reading]]] = []
        self.empty: list[Reading] = []
        self._parts: list[_Part] = []
        self._state = _State()

    def recognise(self, table: Table, index: int) -> None:
        """Take up a table that follows a form, or goes on with the one before it."""
        above = self._above(index)
        found = self._form(table, above)
        last = self._parts[-1] if self._parts else None
        if found is None:
            goes_on = (
                self._goes_on(last, table) if last and all(_TAIL.search(t.folded) for t in above) else None
            )
            if last and goes_on:
                self._go_on(last.published, table, index, goes_on)
            return
        form, title, layout = found
        if last and last.published.form is form:
            before = self._state
            self._state = _State(defaultdict(str, before.known), defaultdict(str, before.after))
            keys = {row.key for part in self._parts if part.published is last.published for row in part.rows}
            rows = self._rows(form, table, layout)
            self._state = before
            if not {key for key in keys if key[1]} & {row.key for row in rows}:
                self._go_on(last.published, table, index, layout)
                return
        count = sum(other.form is form for other in self.tables) + 1
        published = PublishedTable(
            form.id if count == 1 else f"{form.id}~{count}", form, title, table, index, self._unit(table, above),
            frozenset(value.column.concept for side in layout.sides for value in side.values.values()),
        )  # fmt: skip
        self.tables.append(published)
        self._state = _State()
        self._go_on(published, table, index, layout)

    def _goes_on(self, last: _Part, table: Table) -> _Layout | None:
        """The columns of a table that goes on with the one before it, under the same heads or none; else None."""
        layout = self._layout(last.published.form, table)
        if layout and (
            _width(last.table) == _width(table) or _heads(table, layout) == _heads(last.table, last.layout)
        ):
            return layout
        first_row = next((row for row in table.rows if any(cell.folded for cell in row)), ())
        if layout or not _is_data(last.published.form, first_row):
            return None
        shift = _width(table) - _width(last.table)
        if not shift:
            return _Layout(last.layout.sides, 0)
        # Columns of codes that are merged in every row of a page are one there; those of the figures are the same.
        side, *others = last.layout.sides
        first = min(side.values, default=0) + shift
        if others or shift > 0 or first < 1 or not table.rows or not _CODE.fullmatch(table.rows[0][0].folded):
            return None
        values = {column + shift: value for column, value in side.values.items()}
        return _Layout([_Side(list(range(first)), values, side.is_economic)], 0)

    def _go_on(self, published: PublishedTable, table: Table, index: int, layout: _Layout) -> None:
        rows = self._rows(published.form, table, layout)
        published.parts.append(table)
        heads = (cell for row in table.rows[: layout.first_row] for cell in row)
        published.stray.extend(cell for cell in heads if _DECIMAL.fullmatch(cell.folded))
        self._parts.append(_Part(published, table, index, layout, rows))

    def _form(self, table: Table, above: list[Text]) -> tuple[PublishedForm, Text, _Layout] | None:
        """The form of a table, the words that say so, and its columns."""
        rows = [row for row in table.rows[:3] if sum(bool(cell.folded) for cell in row) == 1]
        titles = [next(cell for cell in row if cell.folded) for row in rows] + above
        named = [(title, title.folded) for title in titles]
        sheet = self._sheet(table.rows[0][0].line)
        if sheet:
            named.append((table.rows[0][0], re.sub(r"^[\dA-Za-z、._-]+", "", fold(sheet))))
        for text, words in named:
            if _MENTION.search(words):
                continue
            for form in sorted(published_forms(), key=lambda form: not form.is_wide):
                if form.title.search(words):
                    layout = self._layout(form, table)
                    if layout is not None:
                        return form, text, layout
            # The heading of the part, 第二部分 部门决算表, is the title of no table of it.
            if _ANY_TITLE.search(words) and not _TAIL.search(words) and heading_parts(words)[0] != 0:
                return None
        return None

    def _unit(self, table: Table, above: list[Text]) -> str:
        """The unit that is said above a table or in its first rows; else that of the table before it."""
        said = [*above, *(cell for row in table.rows[:5] for cell in row)]
        for text in said:
            match = _UNIT.search(text.folded)
            if match:
                return next(group for group in match.groups() if group)
        return self.tables[-1].unit if self.tables else "万元"

    def _sheet(self, line: int) -> str:
        """The sheet of a workbook that a line is of."""
        place = self.document.place(line)
        return (place.table or "") if place.is_sheet else ""

    def _above(self, index: int) -> list[Text]:
        """The lines above a table, nearest first, as far as they may be of it."""
        block = self.document.blocks[index]
        assert isinstance(block, Table)
        sheet = self._sheet(block.rows[0][0].line)
        found: list[Text] = []
        for before in reversed(self.document.blocks[max(0, index - _ABOVE) : index]):
            if isinstance(before, Table):
                if block.section is None or block.section.text.line < before.rows[0][0].line:
                    return found
                break
            text = before.text
            if block.section is not None and text.line < block.section.text.line:
                break
            if len(text.folded) > 60 or text.folded.startswith("注：") or self._sheet(text.line) != sheet:
                return found
            found.append(text)
        if block.section is not None and (not found or block.section.text.line < found[-1].line):
            found.append(block.section.text)
        return found

    # -- heads --------------------------------------------------------------------------------------------------

    def _layout(self, form: PublishedForm, table: Table) -> _Layout | None:
        """The columns of a table by its heads; None where no column is one of the form's."""
        first = _first_row(form, table)
        width = _width(table)
        paths: dict[int, list[str]] = defaultdict(list)
        for row, spans in zip(table.rows[:first], table.spans[:first], strict=True):
            if _is_counter(row) or _is_title(row, spans[0][1] - spans[0][0] == width):
                continue
            for cell, (start, end) in zip(row, spans, strict=True):
                for column in range(start, end):
                    is_stray = _DECIMAL.fullmatch(cell.folded) is not None
                    if cell.folded and not is_stray and cell.folded not in paths[column]:
                        paths[column].append(cell.folded)
        groups: list[tuple[list[int], list[int]]] = [([], [])]
        for column in range(width):
            heads = paths[column]
            if heads and (_COUNTER.match(heads[-1]) or _UNIT_NAME.search(heads[-1])):
                continue
            if not heads or _LABEL.match(heads[-1]):
                if groups[-1][1]:
                    groups.append(([], []))
                groups[-1][0].append(column)
            else:
                groups[-1][1].append(column)
        sides = []
        for labels, columns in groups:
            said = "".join(head for column in labels for head in paths[column])
            found = {c: self._value(form, paths[c], len(columns) > 1) for c in columns}
            sides.append(
                _Side(
                    labels, {c: value for c, value in found.items() if value is not None},
                    form.rows == "function" and re.search("性质|经济", said) is not None,
                )
            )  # fmt: skip
        values = [value for side in sides for value in side.values.values()]
        if not values or (form.is_wide and not any(value.economic for value in values)):
            return None
        return _Layout(sides, first)

    def _value(self, form: PublishedForm, heads: list[str], is_shared: bool) -> _Value | None:
        """What a column's heads say it is; None where no rule knows it."""
        if any(_OTHER.search(head) for head in heads):
            return None
        year, measure, rest = str(self.year or ""), "amount", []
        for head in heads:
            named = re.search(r"(20\d\d)年", head)
            if year and named and named.group(1) != year and (_BUDGET.match(head) or _FINAL.match(head)):
                return None
            if _BUDGET.match(head):
                measure = "budget"
            elif not _FINAL.match(head):
                rest.append(head)
        if form.rows != "none" and rest and _PARTS.match(rest[0]):
            rest = rest[1:]
        path = "/".join(rest)
        for column in form.columns:
            if column.head.search(path) and (is_shared or not column.shared):
                economic = _economic(rest) if column.economic else ""
                if not column.concept or (column.economic and not economic):
                    return None
                return _Value(column, measure, year, economic)
        return None

    # -- rows ---------------------------------------------------------------------------------------------------

    def _rows(self, form: PublishedForm, table: Table, layout: _Layout) -> list[_Row]:
        """The rows below the heads, side by side."""
        found = []
        state, first = self._state, layout.first_row
        for row, spans in zip(table.rows[first:], table.spans[first:], strict=True):
            if _is_counter(row):
                continue
            cells = {start: cell for cell, (start, _) in zip(row, spans, strict=True)}
            # A label may be merged from the columns of one side into those of the next.
            over = {c: start for start, end in spans for c in range(start, end)}
            for number, side in enumerate(layout.sides):
                starts = dict.fromkeys(over[c] for c in side.labels if c in over)
                labels = tuple(cells[c] for c in starts if cells[c].folded)
                labels = labels or _label_before(side, cells)
                code, name = _code_and_name(labels)
                if code and len(code) == 2 and len(side.labels) > 2:
                    code = _completed(code, side.labels, cells, state.known[number])
                subject = self._subject(form, code, name, state.known[number], side.is_economic)
                named = None
                if subject:
                    state.known[number] = subject
                else:
                    plain = _NUMBERING.sub("", name)
                    named = next((
                        n for n in form.named
                        if n.name.search(plain) and n.side in (None, min(number, 1))
                        and (n.after is None or n.after == state.after[number])
                    ), None)  # fmt: skip
                    if named and not named.after:
                        state.after[number] = named.concept
                found.append(_Row(number, subject, named, code, name, labels, cells))
        return found

    def _subject(self, form: PublishedForm, code: str, name: str, before: str, is_economic: bool) -> str:
        """The code of the subject that a row is of; "" where it is none."""
        if form.rows == "none" or not (code or name):
            return ""
        plain = plain_name(re.sub(r"\([类款项]\)$", "", _NUMBERING.sub("", name)))
        if form.rows == "economic" or is_economic:
            # 5 begins the codes of the government's economic classification.
            if code and len(code) in (3, 5) and code[0] in "35":
                return code
            found = [subject.code for subject in economic_named(plain)]
            if is_economic:
                found = [code for code in found if len(code) == 3]
            return next((code for code in found if code.startswith(before[:3])), found[0] if found else "")
        if code and len(code) in (3, 5, 7) and code[0] == "2":
            return code
        if code or _TOTAL.match(plain):
            return ""
        for digits, above in ((7, before[:5]), (5, before[:3]), (3, "")):
            if len(above) == max(0, digits - 2) or digits == 3:
                named = classification().named(plain, digits, above)
                if named:
                    return named[0].code
        return ""

    # -- figures ------------------------------------------------------------------------------------------------

    def read(self) -> PublishedReading:
        """The tables and their figures."""
        decimals = self._decimals()
        for part in self._parts:
            published, form = part.published, part.published.form
            alone = _only_row(form, part.rows)
            filled = {c for row in part.rows for c in row.cells if _is_amount(row.cells[c])}
            for row in part.rows:
                side = part.layout.sides[row.side]
                # Where a row has an amount a blank beside it says something; in a single column every blank does.
                says = len(side.values) == 1 or any(
                    c in row.cells and _is_amount(row.cells[c]) for c in side.values
                )
                if row.subject and row.labels:
                    words = row.labels[-1] if row.name else row.labels[0]
                    published.subjects.append(RowSubject(row.subject, row.code, row.name, words))
                for column, value in side.values.items():
                    cell = row.cells.get(column)
                    if cell is not None:
                        found, measure = self._what(published, value, row, side, row is alone)
                        is_kept = says and column in filled
                        self._cell(
                            part, cell, found, measure, value.year, row, decimals[published.unit], is_kept
                        )
        return PublishedReading(tuple(self.tables), tuple(self.figures), tuple(self.empty))

    def _decimals(self) -> dict[str, int]:
        """The decimals that the tables print the amounts of a unit with.

        Workbooks drop trailing zeros, so that one figure's do not say it: it is the most that any has, and 万元 has
        two unless at least eight amounts are printed and none has as many.
        """
        printed: dict[str, list[int]] = defaultdict(list)
        for part in self._parts:
            columns = {column for side in part.layout.sides for column in side.values}
            for row in part.rows:
                if row.named is not None and row.named.unit:
                    continue
                words = [
                    row.cells[c].folded
                    for c in part.layout.sides[row.side].values
                    if c in row.cells and c in columns
                ]
                printed[part.published.unit] += [
                    len(word.partition(".")[2])
                    for word in words
                    if _AMOUNT.fullmatch(word) and word.strip("0.-")
                ]
        found = {unit: min(max(decimals, default=0), 2) for unit, decimals in printed.items()}
        return defaultdict(lambda: 2, {
            unit: most if unit != "万元" or len(printed[unit]) >= 8 else 2 for unit, most in found.items()
        })  # fmt: skip

    def _what(
        self, published: PublishedTable, value: _Value, row: _Row, side: _Side, is_alone: bool
    ) -> tuple[Subject | None, str]:
        """What a figure is, from its row and its column, and its measure."""
        form, column, named, measure = published.form, value.column, row.named, value.measure
        dimensions: tuple[tuple[str, str], ...] = (("table", published.id),)
        if value.economic:
            dimensions += (("economic", value.economic),)
        if row.subject:
            kind = "economic" if form.rows == "economic" or side.is_economic else "function"
            return (
                None
                if column.concept == "="
                else Subject(column.concept, (*dimensions, (kind, row.subject))),
                measure,
            )
        if named is not None:
            if not named.concept or (named.unit and measure != "amount"):
                return None, measure
            budget = named.budget or column.budget
            if named.concept != "=":
                return (
                    Subject(named.concept, (*dimensions, ("budget", budget)) if budget else dimensions),
                    named.unit or measure,
                )
            return Subject(column.concept, dimensions), measure
        plain = _NUMBERING.sub("", row.name)
        if column.concept == "=":
            return None, measure
        if form.rows == "none":
            if _BUDGET.match(plain) or _FINAL.match(plain):
                return Subject(column.concept, dimensions), "budget" if _BUDGET.match(plain) else "amount"
            if not plain or is_alone:
                return Subject(column.concept, dimensions), measure
        elif _TOTAL.match(plain):
            return Subject(column.concept, dimensions), measure
        return None, measure

    def _cell(
        self, part: _Part, cell: Text, found: Subject | None, measure: str, year: str, row: _Row, decimals: int,
        is_kept: bool,
    ) -> None:  # fmt: skip
        """The figure of a cell; an empty cell of a total or named row is a fact too, and one of a subject that is kept."""
        published = part.published
        unit = row.named.unit if row.named is not None and row.named.unit else published.unit
        words = cell.folded
        match = _AMOUNT.fullmatch(words)
        state: State = "blank" if not words else "dash" if _DASH.fullmatch(words) else "unreadable"
        if match is None and found is None:
            return
        if match is None and not (is_kept and state != "unreadable") and _is_of_subject(found):
            return
        plain = words.replace("，", "")
        amount = Decimal(plain) if match and len(plain) <= 20 else None
        published.has_amount = published.has_amount or bool(amount)
        start, end = match.span() if match else (0, len(words))
        source = cell.source(start, end) if words else Source(cell.line, *cell.pieces[0][1:2] * 2)
        readings = []
        if found is not None:
            quote = "／".join(
                text for text in (published.title.raw.strip(), row.name, cell.raw.strip() or "（空）") if text
            )
            readings.append(
                Reading(
                    found, measure, amount, unit, len(plain.partition(".")[2]), year, source, quote,
                    cell.raw.strip() or "空白", part.table.section, part.index,
                    state if amount is None else "zero" if amount == 0 else "reported", None, decimals,
                )
            )  # fmt: skip
        if match:
            self.figures.append((cell, start, end, unit, part.table.section, readings))
        else:
            self.empty.extend(readings)


def _is_amount(cell: Text) -> bool:
    return _AMOUNT.fullmatch(cell.folded) is not None


def _is_of_subject(found: Subject | None) -> bool:
    """True for what is of a subject of a classification."""
    return found is not None and not {"function", "economic"}.isdisjoint(dict(found.dimensions))


def _label_before(side: _Side, cells: dict[int, Text]) -> tuple[Text, ...]:
    """The label of figures that begins in the columns before their side, where blanks stand for the rest of it."""
    if not any(c in cells and _AMOUNT.fullmatch(cells[c].folded) for c in side.values):
        return ()
    column = min(side.labels, default=0) - 1
    while column >= 0 and column in cells and not cells[column].folded:
        column -= 1
    return (cells[column],) if column in cells and re.search("[\u4e00-\u9fff]", cells[column].folded) else ()


def _width(table: Table) -> int:
    return max((spans[-1][1] for spans in table.spans if spans), default=0)


def _heads(table: Table, layout: _Layout) -> list[str]:
    """The words above the figures of a table, in order."""
    return [cell.folded for row in table.rows[: layout.first_row] for cell in row if cell.folded]


def _is_counter(row: Sequence[Text]) -> bool:
    """True for a row that only numbers the columns."""
    words = [cell.folded for cell in row if cell.folded]
    if any(word in ("栏次", "栏目次") for word in words):
        return True
    numbers = [word.partition("=")[0] for word in words if _COUNTED.match(word)]
    return (
        len(numbers) > 1
        and all(_COUNTED.match(word) or word in ("类", "款", "项", "行次") for word in words)
        and all(int(number) == n for n, number in enumerate(numbers, int(numbers[0])))
        and int(numbers[0]) <= 1
    )


def _is_title(row: Sequence[Text], is_whole: bool) -> bool:
    """True for a row above the heads: the title, the number of the table, the department, the unit."""
    words = [cell.folded for cell in row if cell.folded]
    if len(words) == 1:
        return (
            is_whole
            or any(form.title.search(words[0]) for form in published_forms())
            or bool(_TAIL.search(words[0]))
        )
    return any(_UNIT.search(word) for word in words) and all(_TAIL.search(word) for word in words)


def _first_row(form: PublishedForm, table: Table) -> int:
    """The index of the first row below the heads."""
    for number, row in enumerate(table.rows):
        if _is_counter(row):
            return number + 1
        if _is_data(form, row):
            return number
    return max((n + 1 for n, row in enumerate(table.rows[:8]) if any(c.folded for c in row)), default=0)


def _is_data(form: PublishedForm, row: Sequence[Text]) -> bool:
    """True for a row below the heads: it has an amount, a code, a total or a row that the form names."""
    words = [cell.folded for cell in row if cell.folded]
    if any(_COUNTER.match(word) for word in words):
        return False
    amounts = sum(_DECIMAL.fullmatch(word) is not None for word in words)
    if amounts:
        # One amount among the heads of labels is not in its row.
        return amounts > 1 or not any(_HEAD_OF_LABELS.match(word) for word in words)
    # A wide table may print the codes of its columns in the heads.
    codes = sum(_CODE.fullmatch(word) is not None for word in words)
    if 0 < codes <= 4 and codes < len(words):
        return True
    figures = [
        word
        for word in words
        if _AMOUNT.fullmatch(word) or _DASH.fullmatch(word) or word in ("类", "款", "项")
    ]
    if any(_TOTAL.match(word) for word in words):
        others = len(words) - len(figures)
        if others == 1:
            return form.rows != "none" or bool(figures)
        return form.rows != "none" and all(_TOTAL.match(word) for word in words)
    if len(words) > 1 and len(figures) >= len(words) - 1 and form.rows == "none":
        return True
    is_numbered = any(word != _NUMBERING.sub("", word) and not word.startswith("其中") for word in words)
    return is_numbered and (form.rows != "none" or len(words) == len(figures) + 1)


def _only_row(form: PublishedForm, rows: Sequence[_Row]) -> _Row | None:
    """In a table whose figures stand in columns, the row with amounts where no row is named: the department's name."""
    if form.rows != "none" or any(row.named is not None or not row.name for row in rows if row.cells):
        return None
    with_amount = [row for row in rows if any(_AMOUNT.fullmatch(cell.folded) for cell in row.cells.values())]
    named = [
        row
        for row in with_amount
        if _BUDGET.match(row.name) or _FINAL.match(row.name) or _OTHER.search(row.name)
    ]
    return with_amount[0] if with_amount and not named else None


def _economic(heads: Sequence[str]) -> str:
    """The economic subject that the heads of a column name, by code or by name; 小计 is that of the head above."""
    for position in range(len(heads) - 1, -1, -1):
        code = re.match(r"(\d{5}|\d{3})(?!\d)", heads[position])
        if code:
            return code.group(1)
        if heads[position] in ("小计", "合计"):
            continue
        found = [subject.code for subject in economic_named(heads[position])]
        above = "" if position < len(heads) - 1 else _economic(heads[:position])
        # 其他资本性支出 is an earlier name of 310 and the name of 31099: what stands below another is the latter.
        found.sort(key=lambda code: (not code.startswith(above), (len(code) == 5) != bool(above)))
        return found[0] if found else ""
    return ""


def _completed(code: str, labels: Sequence[int], cells: dict[int, Text], before: str) -> str:
    """The code of a row that prints only its own two digits below those of 类 and 款."""
    column = next(n for n, c in enumerate(labels) if c in cells and cells[c].folded == code)
    above = before[: 1 + 2 * column]
    return above + code if len(above) == 1 + 2 * column else code


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
