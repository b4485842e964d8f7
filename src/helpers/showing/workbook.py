"""The audit as a workbook (`findings.xlsx`): findings, their evidence, checks, figures, coverage; each row linked.

All text is written as text, whatever it begins with; what is a number is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from helpers.audit import Audit
from helpers.checking.kinds import Outcome
from helpers.checking.result import Evidence, Result
from helpers.checking.rules import SEVERITIES
from helpers.facts.fact import Fact
from helpers.findings.dispositions import Review, state_word
from helpers.findings.finding import Disposition, Finding
from helpers.findings.wording import equation, printed
from helpers.findings.writing import KINDS
from helpers.reading.document import Source
from helpers.showing.coverage import coverage
from helpers.showing.dimensions import dimension_names, measure_name
from helpers.showing.office_text import office_text
from helpers.showing.page_words import form_label, kind_label, words
from helpers.showing.tickmarks import legend, tickmark

MOST_TEXT, MOST_LINKS = 32_767, 65_530  # what a cell and a sheet can hold
_MOST_DIGITS = 15  # what a spreadsheet's number keeps; one with more is written as text
_MOST_TITLE = 60  # of a head or foot of the printed page, which holds 255 characters in all
_CREATED = datetime(2000, 1, 1)  # the same for every workbook: it has no clock
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t")
_A3 = 8

_WORDS = {
    "findings_sheet": ("发现", "Findings"), "evidence_sheet": ("证据", "Evidence"), "checks_sheet": ("核对", "Checks"),
    "facts_sheet": ("数字", "Figures"), "coverage_sheet": ("覆盖情况", "Coverage"),
    "number": ("序号", "No."), "severity": ("程度", "Severity"), "id": ("编号", "Id"), "rule": ("规则", "Rule"),
    "criteria": ("标准", "Criteria"), "condition": ("情况", "Condition"), "effect": ("影响", "Effect"), "cause": ("原因", "Cause"),
    "recommendation": ("建议", "Recommendation"), "reported": ("报告数", "Reported"), "expected": ("应为或核算为", "Expected or computed"),
    "unit": ("单位", "Unit"), "place": ("位置", "Place"), "evidence": ("证据", "Evidence"), "pieces": ("{}处", "{} places"),
    "disposition": ("处理", "Disposition"), "note": ("说明", "Note"), "name": ("姓名", "Name"), "date": ("日期", "Date"),
    "mark": ("标记", "Mark"), "kind": ("类别", "Kind"), "label": ("内容", "What it says"), "outcome": ("结果", "Outcome"),
    "residual": ("差额", "Residual"), "slack": ("允许误差", "Slack"), "reason": ("原因", "Reason"), "figure": ("数字", "Figure"),
    "finding": ("发现", "Finding"), "value": ("数值", "Value"), "measure": ("指标", "Measure"), "dimensions": ("口径", "Dimensions"),
    "state": ("状态", "State"), "quote": ("原文", "Quote"), "checks": ("核对", "Checks"), "times": ("{}项", "{} checks"),
    "reported_state": ("有数", "reported"), "zero": ("零", "zero"), "blank": ("空白", "blank"), "dash": ("短横线", "dash"),
    "unreadable": ("无法辨认", "unreadable"), "stated": ("文字表述", "stated in words"),
    "figures_found": ("数字", "Figures"), "figures_checked": ("已核对", "Figures checked"), "figures_not": ("未核对的数字", "Figures not checked"),
    "page": ("第 &P 页，共 &N 页", "Page &P of &N"), "marks": ("标记", "Tickmarks"), "gathered": ("同一数字造成的其他不符", "Other exceptions of the same figure"),
    "outdated": ("（所判内容已变）", " (what was judged has changed)"), "orphans": ("已作处理、现无此发现", "Decided on, and no longer found"),
    "points": ("个百分点", "percentage points"),
}  # fmt: skip

_SEVERITY_FILLS = {"high": "#F4C7C3", "medium": "#FCE8B2", "low": "#D9EAF7", "info": "#EDEDED"}
_OUTCOME_FILLS = {Outcome.EXCEPTION: "#F4C7C3", Outcome.NOT_TESTED: "#EDEDED"}


class Link(NamedTuple):
    """Words of a cell that lead to a target: `internal:'sheet'!A2`, or `external:` a page beside the workbook."""

    words: str
    target: str


class Filled(NamedTuple):
    """Words of a cell with a colour behind them."""

    words: str
    colour: str | None


Cell = str | int | Decimal | Link | Filled | None


class Column(NamedTuple):
    """A column: its head, its width in characters, and the cell that it has of a row."""

    head: str
    width: int
    cell: Callable[[Any], Cell]


def workbook(audit: Audit, lang: str) -> bytes:
    """The workbook of an audit as an XLSX file in one language.

    The same bytes for the same audit.  It stands beside `index.html` and `source.html`, to which it links.
    """
    return _Workbook(audit, lang).content()


class _Workbook:
    def __init__(self, audit: Audit, lang: str) -> None:
        self.audit, self.coverage, self.lang = audit, coverage(audit, lang), lang
        self._t = {**words(lang), **{name: pair[lang == "en"] for name, pair in _WORDS.items()}}
        self._out = BytesIO()
        font = {"font_name": {"zh": "宋体", "en": "Calibri"}[lang], "font_size": 10}
        self._book = xlsxwriter.Workbook(self._out, {"in_memory": True, "default_format_properties": font})
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}
        self._links: dict[str, int] = {}
        # The rows that others lead to, counted from 1 below the heads.
        facts = (*audit.facts, *audit.other_facts)
        evidence = [(finding, piece) for finding in audit.findings for piece in finding.evidence]
        self._facts = {fact.id: (row, fact) for row, fact in enumerate(facts, 2)}
        self._checks = {id(result): row for row, result in enumerate(audit.results, 2)}
        self._findings = {id(finding): row for row, finding in enumerate(audit.findings, 2)}
        self._writing = {id(finding): audit.writing(finding) for finding in audit.findings}
        self._evidence: dict[int, int] = {}
        self._finding_of_fact: dict[str, Finding] = {}
        for row, (finding, piece) in enumerate(evidence, 2):
            self._evidence.setdefault(id(finding), row)
            if piece.fact:
                self._finding_of_fact.setdefault(piece.fact, finding)
        self._finding_of = {id(result): finding for finding in audit.findings for result in finding.results}
        self._pieces = evidence

    def content(self) -> bytes:
        title = self._title()
        self._book.set_properties({"title": title, "author": "", "company": "", "created": _CREATED})
        self._sheet("findings_sheet", self._finding_columns(), self.audit.findings, frozen=3)
        self._sheet("evidence_sheet", self._evidence_columns(), self._pieces, frozen=1)
        self._sheet("checks_sheet", self._check_columns(), self.audit.results, frozen=2)
        self._sheet("facts_sheet", self._fact_columns(), [fact for _, fact in self._facts.values()], frozen=1)
        self._cover()
        self._book.close()
        return self._out.getvalue()

    def _title(self) -> str:
        entity = office_text(self.audit.entity or self.audit.file, _MOST_TITLE)
        year = self.audit.year
        of_year = self._t["title_of"].format(year) if year else self._t["title"]
        return f"{entity} {of_year}"

    # ------------------------------------------------------------------------------------------- the columns

    def _finding_columns(self) -> list[Column]:
        lang, written = self.lang, self._writing
        return [
            self._column("number", 6, lambda f: self._findings[id(f)] - 1),
            self._column("severity", 6, lambda f: Filled(self._t[f.severity], _SEVERITY_FILLS[f.severity])),
            self._column("id", 12, lambda f: Link(f.id, f"external:index.html#{f.id}")),
            self._column("section", 18, lambda f: f.section.path if f.section else ""),
            self._column("rule", 9, lambda f: self._to_check(f.result)),
            self._column("criteria", 30, lambda f: written[id(f)].criteria[lang]),
            self._column("condition", 44, lambda f: written[id(f)].condition[lang]),
            self._column("reported", 13, lambda f: f.reported[lang]),
            self._column("expected", 13, lambda f: f.expected[lang]),
            self._column("difference", 10, lambda f: _short(f.result.residual) if f.difference else None),
            self._column("unit", 8, self._difference_unit),
            self._column("effect", 24, lambda f: written[id(f)].effect[lang]),
            self._column("cause", 20, lambda f: written[id(f)].cause[lang]),
            self._column("suspects", 26, self._suspects),
            self._column("recommendation", 26, lambda f: written[id(f)].recommendation[lang]),
            self._column("place", 12, lambda f: self._to_source(f.evidence[0].source)),
            self._column("evidence", 8, self._to_evidence),
            self._column("gathered", 26, self._gathered),
            self._column("disposition", 12, lambda f: self._state(f.disposition)),
            self._column("note", 16, lambda f: f.disposition and f.disposition.note),
            self._column("name", 10, lambda f: f.disposition and f.disposition.name),
            self._column("date", 11, lambda f: f.disposition and f.disposition.date),
        ]

    def _evidence_columns(self) -> list[Column]:
        """Of pairs of a finding and a piece of its evidence."""
        return [
            self._column("finding", 18, lambda pair: self._to_finding(pair[0])),
            self._column("place", 22, lambda pair: self._to_source(pair[1].source)),
            self._column("quote", 70, lambda pair: pair[1].quote),
            self._column("figure", 34, lambda pair: self._to_fact(pair[1].fact)),
            self._column("value", 16, lambda pair: self._value(pair[1])),
            self._column("unit", 10, lambda pair: self._facts[pair[1].fact][1].unit if pair[1].fact in self._facts else ""),
        ]  # fmt: skip

    def _check_columns(self) -> list[Column]:
        lang = self.lang
        return [
            self._column("mark", 6, lambda r: tickmark(r).glyph),
            self._column("rule", 10, lambda r: r.rule.id),
            self._column("kind", 12, lambda r: KINDS[r.rule.public_kind].name[lang]),
            self._column("label", 36, lambda r: r.rule.label[lang]),
            self._column("section", 28, lambda r: r.section.path if r.section else ""),
            self._column("outcome", 12, lambda r: Filled(self._t[r.outcome.value], _OUTCOME_FILLS.get(r.outcome))),
            self._column("equation", 46, equation),
            self._column("residual", 12, lambda r: _short(r.residual)),
            self._column("slack", 12, lambda r: _short(r.slack)),
            self._column("reason", 34, lambda r: r.reason[lang]),
            self._column("figure", 30, lambda r: self._to_fact(r.operands[0].id) if r.operands else ""),
            self._column("place", 18, lambda r: self._to_source(r.operands[0].source) if r.operands else ""),
            self._column("finding", 18, lambda r: self._to_finding(self._finding_of.get(id(r)))),
        ]  # fmt: skip

    def _fact_columns(self) -> list[Column]:
        return [
            self._column("id", 30, lambda f: f.id),
            self._column("label", 30, lambda f: f.label[self.lang]),
            self._column("measure", 14, lambda f: measure_name(f, self.lang)),
            self._column("value", 16, lambda f: f.value),
            self._column("unit", 8, lambda f: f.unit),
            self._column("year", 8, lambda f: f.year),
            self._column("dimensions", 28, lambda f: " · ".join(dimension_names(self.audit, f, self.lang))),
            self._column("state", 10, lambda f: self._t["reported_state" if f.state == "reported" else f.state]),
            self._column("section", 28, lambda f: f.section.path if f.section else ""),
            self._column("place", 18, lambda f: self._to_source(f.source)),
            self._column("quote", 50, lambda f: f.quote),
            self._column("checks", 10, self._to_checks),
            self._column("finding", 18, lambda f: self._to_finding(self._finding_of_fact.get(f.id))),
        ]  # fmt: skip

    def _column(self, name: str, width: int, cell: Callable[[Any], Cell]) -> Column:
        return Column(self._t[name], width, cell)

    # --------------------------------------------------------------------------------------------- the cells

    def _to(self, sheet: str, row: int, shown: str) -> Link:
        return Link(shown, f"internal:'{self._t[sheet]}'!A{row}")

    def _to_finding(self, finding: Finding | None) -> Cell:
        return self._to("findings_sheet", self._findings[id(finding)], finding.id) if finding else ""

    def _to_check(self, result: Result) -> Cell:
        return self._to("checks_sheet", self._checks[id(result)], result.rule.id)

    def _to_checks(self, fact: Fact) -> Cell:
        results = self.audit.tickmarks.get(fact.id, ())
        if not results:
            return ""
        return self._to("checks_sheet", self._checks[id(results[0])], self._t["times"].format(len(results)))

    def _to_fact(self, fact: str | None) -> Cell:
        if fact not in self._facts:
            return ""
        row, found = self._facts[fact]
        return self._to("facts_sheet", row, f"{found.label[self.lang]} {printed(found)}")

    def _to_evidence(self, finding: Finding) -> Cell:
        shown = self._t["pieces"].format(len(finding.evidence))
        return self._to("evidence_sheet", self._evidence[id(finding)], shown)

    def _to_source(self, source: Source) -> Cell:
        """A place as a link to its line; of another report the words alone, as its text is not shown."""
        shown = self.audit.where(source)[self.lang]
        return shown if source.report else Link(shown, f"external:source.html#L{source.line}")

    def _value(self, piece: Evidence) -> Cell:
        return self._facts[piece.fact][1].value if piece.fact in self._facts else None

    def _difference_unit(self, finding: Finding) -> str:
        if not finding.difference:
            return ""
        unit = finding.result.operands[0].unit
        return self._t["points"] if unit == "%" else unit

    def _state(self, decision: Disposition | None) -> str:
        """What an auditor decided, and whether it is still of what the finding says."""
        if decision is None:
            return ""
        return state_word(decision.state, self.lang) + ("" if decision.is_current else self._t["outdated"])

    def _orphan(self, review: Review) -> str:
        """A decision whose finding is no longer there: what was decided, and on what."""
        of = review.disposition
        said = (state_word(of.state, self.lang), of.note, of.name, of.date, review.reported, review.place)
        return " · ".join(filter(None, said))

    def _gathered(self, finding: Finding) -> str:
        """The other findings that the same figure leads to, one a line."""
        return "\n".join(
            f"{other.message[self.lang]} ({' · '.join(filter(None, (other.id, self._state(other.disposition))))})"
            for other in finding.gathered
        )

    def _suspects(self, finding: Finding) -> str:
        """The figures suspected, likeliest first, one a line."""
        return "\n".join(
            f"{suspect.fact.label[self.lang]} {printed(suspect.fact)} → {suspect.correction}{self._t['colon']}"
            f"{suspect.why[self.lang]} ({self.audit.where(suspect.fact.source)[self.lang]})"
            for suspect in finding.suspects
        )

    # -------------------------------------------------------------------------------------------- the sheets

    def _sheet(self, name: str, columns: Sequence[Column], rows: Sequence[Any], frozen: int) -> None:
        """A sheet with one row for each of `rows`, filtered by its heads."""
        sheet = self._new_sheet(name, columns, frozen)
        for number, row in enumerate(rows, 1):
            self._row(sheet, number, (column.cell(row) for column in columns))
        sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)

    def _new_sheet(self, name: str, columns: Sequence[Column], frozen: int) -> Worksheet:
        sheet: Worksheet = self._book.add_worksheet(self._t[name])
        head = self._format(bold=True, bg_color="#D9E1E8", border=1, valign="vcenter")
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, column.head, head)
        sheet.freeze_panes(1, frozen)
        sheet.set_landscape()
        sheet.set_paper(_A3)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.hide_gridlines(0)
        sheet.set_header(f"&L{_of_page(self._title())}&R{_of_page(self._t[name])}")
        sheet.set_footer(f"&L{_of_page(self.audit.file)}&R{self._t['page']}")
        return sheet

    def _row(self, sheet: Worksheet, number: int, cells: Iterable[Cell]) -> None:
        for column, cell in enumerate(cells):
            self._write(sheet, number, column, cell)

    def _write(self, sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
        if isinstance(cell, Link):
            shown = office_text(cell.words, MOST_TEXT)
            if self._links.get(sheet.name, 0) < MOST_LINKS:
                self._links[sheet.name] = self._links.get(sheet.name, 0) + 1
                form = self._text_format(shown, font_color="#0B5394", underline=1)
                sheet.write_url(row, column, cell.target, form, shown)
                return
            cell = shown
        if isinstance(cell, Decimal) and len(cell.as_tuple().digits) > _MOST_DIGITS:
            cell = format(cell, "f")
        if isinstance(cell, Decimal | int):
            decimals = max(0, -int(cell.as_tuple().exponent)) if isinstance(cell, Decimal) else 0
            shape = "#,##0" + ("." + "0" * decimals if decimals else "")
            sheet.write_number(row, column, float(cell), self._format(num_format=shape, valign="top"))
        elif cell:
            shown, fill = cell if isinstance(cell, Filled) else (cell, None)
            shown = office_text(shown, MOST_TEXT)
            sheet.write_string(
                row, column, shown, self._text_format(shown, **({"bg_color": fill} if fill else {}))
            )

    def _text_format(self, shown: str, **properties: object) -> Format:
        """The format of text: where it begins like a formula, one that keeps it text when the cell is edited."""
        quoted = {"quote_prefix": True} if shown.startswith(_FORMULA_SIGNS) else {}
        return self._format(text_wrap=True, valign="top", num_format="@", **quoted, **properties)

    def _format(self, **properties: object) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(dict(properties))
        return self._formats[key]

    # ------------------------------------------------------------------------------------------------ coverage

    def _cover(self) -> None:
        """What was tested by section, with the sums that must hold as formulas; what was not read; the legends."""
        t = self._t
        outcomes = [t[outcome.value] for outcome in Outcome]
        heads = [
            t["workpaper"], t["attempted"], f"= {outcomes[0]}", *(f"+ {name}" for name in outcomes[1:]),
            t["figures_found"], t["figures_checked"], t["figures_not"], t["findings"],
        ]  # fmt: skip
        columns = [Column(head, 34 if not n else 14, str) for n, head in enumerate(heads)]
        sheet = self._new_sheet("coverage_sheet", columns, 1)
        last = len(self.coverage) + 1
        for row, one in enumerate(self.coverage, 1):
            counts = [one.outcomes[outcome] for outcome in Outcome]
            self._row(
                sheet,
                row,
                [one.workpaper.title[self.lang], None, *counts, one.figures, one.checked, None, one.findings],
            )
            self._sums(sheet, row, one.attempted, one.figures - one.checked)
        total = self._format(bold=True, top=1, num_format="#,##0")
        sheet.write_string(last, 0, t["total"], total)
        sums = [
            sum(one.attempted for one in self.coverage),
            *(sum(one.outcomes[outcome] for one in self.coverage) for outcome in Outcome),
            *(sum(getattr(one, name) for one in self.coverage) for name in ("figures", "checked")),
            sum(one.figures - one.checked for one in self.coverage),
            sum(one.findings for one in self.coverage),
        ]
        for column, value in enumerate(sums, 1):
            letter = chr(ord("A") + column)
            sheet.write_formula(last, column, f"=SUM({letter}2:{letter}{last})", total, value)
        row = last + 2
        for title, lines in self._notes():
            sheet.write_string(row, 0, title, self._format(bold=True))
            for at, (name, says) in enumerate(lines, row + 1):
                self._write(sheet, at, 0, name)
                # Not wrapped: it goes on over the cells to its right, which are empty.
                sheet.write_string(at, 1, office_text(says, MOST_TEXT), self._format(num_format="@"))
            row += len(lines) + 2

    def _sums(self, sheet: Worksheet, row: int, attempted: int, unchecked: int) -> None:
        """The two cells of a row that follow from others: attempted is all outcomes, not checked what is left."""
        form, at = self._format(num_format="#,##0", valign="top"), row + 1
        sheet.write_formula(row, 1, f"=SUM(C{at}:F{at})", form, attempted)
        sheet.write_formula(row, 8, f"=G{at}-H{at}", form, unchecked)

    def _notes(self) -> list[tuple[str, list[tuple[Cell, str]]]]:
        """What stands below the table: which report it is, what could not be read, and what the marks mean."""
        t, audit = self._t, self.audit
        about: list[tuple[Cell, str]] = [
            (t["file"], audit.file), (t["sha256"], audit.sha256), (t["entity"], audit.entity or t["unknown"]),
            (t["year"], str(audit.year or t["unknown"])), (t["document_kind"], kind_label(audit.kind, self.lang)),
            (t["form"], form_label(audit.form, self.lang)),
            *((t[f"in_{other.role}"], other.file) for other in audit.compared),
        ]  # fmt: skip
        unread: list[tuple[Cell, str]] = [
            (one.where[self.lang], one.why[self.lang]) for one in audit.document.unread
        ]
        marks: list[tuple[Cell, str]] = [(mark.glyph, says) for mark, says in legend(self.lang)]
        grades: list[tuple[Cell, str]] = [
            (Filled(t[severity], _SEVERITY_FILLS[severity]), t[f"says_{severity}"]) for severity in SEVERITIES
        ]
        decided: list[tuple[Cell, str]] = [(one.finding, self._orphan(one)) for one in audit.orphans]
        notes = [(t["report"], about)]
        notes += [(t[name], lines) for name, lines in (("unread", unread), ("orphans", decided)) if lines]
        return [*notes, (t["marks"], marks), (t["severity"], grades), (t["offline"], [])]


def _short(value: Decimal | None) -> Decimal | None:
    """A residual or a slack to four decimals, without zeros at the end."""
    if value is None:
        return None
    rounded = value.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return next((short for n in range(4) if (short := round(rounded, n)) == rounded), rounded)


def _of_page(shown: str) -> str:
    """Words for the head or foot of a printed page, where & begins a code."""
    return office_text(" ".join(shown.split()), _MOST_TITLE).replace("&", "&&")
