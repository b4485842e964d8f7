"""What the notebooks call: a workpaper opened on a report, and the tables that its cells show.

Every table reads the same as a page (`_repr_html_`, the report's words escaped) and as plain text (`repr`).
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from helpers.audit import Audit
from helpers.auditing.store import kept_audit
from helpers.checking.kinds import Outcome
from helpers.checking.result import Result
from helpers.checking.rules import Rule, reference_text
from helpers.data import data_folder
from helpers.facts.fact import SCALE, Fact, Numeral
from helpers.findings.dispositions import FOLDER, Review, state_word
from helpers.findings.finding import Disposition, Finding, total_expenditure
from helpers.findings.wording import equation, number, printed
from helpers.findings.writing import KINDS
from helpers.reading.document import Source
from helpers.reading.join import SEPARATOR
from helpers.reading.outline import section_kinds
from helpers.reading.places import where, wheres
from helpers.showing.charts import Chart, NoChart, chart
from helpers.showing.dimensions import dimension_names, measure_name, subject_name
from helpers.showing.page_words import form_label, kind_label
from helpers.showing.tickmarks import Tickmark, legend, marks_of, tickmark
from helpers.showing.workpapers import (
    GATHERED,
    TABLES,
    WORKPAPERS,
    Workpaper,
    workpaper_of,
    workpaper_of_numeral,
    workpaper_of_section,
)

RULES_VARIABLE = "AUDIT_RULES"
REVIEWS_VARIABLE = "AUDIT_REVIEWS"
OTHER_VARIABLES = {"prior": "AUDIT_PRIOR", "budget": "AUDIT_BUDGET"}
PARAMETERS = ("report", "lang", "materiality", "out")
NARRATIVE = "narrative"  # the procedure that holds a figure of the text against a table's
_BY_STEM = {workpaper.stem: workpaper for workpaper in (*WORKPAPERS, GATHERED)}
_QUOTE, _SUBJECT = 60, 24

# Each kind of check: its name in zh and en, and what an auditor does next about an exception.
# What the auditor does next, by kind of check.
_STEPS = {
    "foot": ("按附表重新加总，查明合计与各项中哪一个有误，请部门更正。", "Add up again from the tables, find which of the figures is wrong, and ask for a correction."),
    "crossfoot": ("按附表逐行重新加总，查明有误的一栏，请部门更正。", "Add up the row again from the tables, find the wrong column, and ask for a correction."),
    "roll_forward": ("按期初数、增减和期末数重新推算，查明有误的一项，请部门更正。", "Roll it forward again from the opening figure and the changes, find the wrong one, and have it corrected."),
    "tie_out": ("将两处数字与决算报表核对，确定以哪一处为准，请部门更正另一处。", "Compare both figures with the statements, settle which is right, and have the other corrected."),
    "agree_prior_year": ("查阅上年决算批复和会计差错更正等依据，确定上年数是否经过调整；没有依据的，请部门更正有误的一处。", "Ask for the approval of last year's accounts and the grounds of a restatement; where there are none, have the wrong figure corrected."),
    "recompute": ("用决算报表的数字重新计算，请部门更正比率或其基数。", "Compute it again from the statements, and have the rate or its base corrected."),
    "direction": ("对照预算数、决算数和上年数，请部门更正文字或数字。", "Compare with the budget, the outturn and last year, and have the word or the figure corrected."),
    "reasonableness": ("请部门说明并提供依据，例如合同、台账或批复。", "Ask the department to explain it and to show evidence: contracts, registers or approvals."),
    "disclosure": ("请部门补充应公开的内容后重新公开。", "Have what is missing added, and the report published again."),
    "classification": ("对照当年《政府收支分类科目》和会计账簿，确定应列的科目。", "Settle the right subject from the classification of that year and the books."),
    "presentation": ("请部门更正文字后重新公开。", "Have the wording corrected, and the report published again."),
    "analytical": ("询问变动的原因，取得依据后判断是否需要进一步审计；仅为提示。", "Ask for the reason, and decide on the evidence whether to look further; this is a note only."),
}  # fmt: skip

OUTCOMES = {
    Outcome.TIES: ("相符", "ties"), Outcome.TIES_WITHIN_ROUNDING: ("舍入内相符", "ties within rounding"),
    Outcome.EXCEPTION: ("不符", "exception"), Outcome.NOT_TESTED: ("未核对", "not tested"),
}  # fmt: skip

_SEVERITIES = {
    "high": ("高", "High"),
    "medium": ("中", "Medium"),
    "low": ("低", "Low"),
    "info": ("提示", "Note"),
}

_WORDS = {
    "amount_share": ("差额{}，占支出总计的{}%", "difference {}, {}% of total expenditure"),
    "attempted": ("核对项数", "Checks attempted"), "equation": ("算式", "Equation"), "subject": ("核对的对象", "What is tested"),
    "checked": ("已核对", "of which checked"), "comma": ("、", ", "), "condition": ("情况", "Condition"),
    "control": ("控制总数", "Control total"), "coverage": ("各节核对情况", "Coverage by section"),
    "criteria": ("依据", "Criteria"), "difference": ("差额{}", "difference {}"), "disposition": ("处理", "Disposition"), "effect": ("影响", "Effect"),
    "elsewhere": ("他处数字", "Figure elsewhere"), "entity": ("部门", "Department"),
    "expected": ("；应为：{}", "; expected: {}"), "computed": ("；核算为：{}", "; computed: {}"), "figures": ("本节数字及其位置", "Figures and their places"),
    "figures_found": ("数字", "Figures found"), "files": ("写出文件", "File written"), "findings": ("发现", "Findings"),
    "document_kind": ("文件类型", "Kind of document"), "form": ("格式", "Form"), "gathered": ("各节合计", "Sum of the sections"),
    "gathered_here": ("同一数字引起的其他不符 ({})", "Other exceptions of the same figure ({})"),
    "gathered_elsewhere": ("；另有{}项不符并入他节的发现：{}", "; {} more exceptions are told in findings of other sections: {}"), "here": ("本节数字", "Figure of this section"),
    "in_prior": ("上年报告", "last year's report"), "in_budget": ("部门预算", "the budget"),
    "label": ("含义", "Meaning"), "legend": ("标记说明", "Legend"),
    "mark": ("标记", "Mark"), "materiality": ("重要性（占支出总计）", "Materiality (of total expenditure)"),
    "next": ("建议", "Next step"), "no_amount": ("未以金额计量", "not measured in money"),
    "no_checks": ("这几节没有此类核对", "These sections have no such check"), "no_figures": ("这几节没有数字", "These sections have no figure"),
    "no_findings": ("没有发现", "No findings"), "no_section": ("报告中没有这几节", "The report has none of these sections"),
    "no_tie_out": ("这几节没有可与他处核对的合计", "These sections have no total that is printed elsewhere"),
    "none": ("无", "none"), "not_applicable": ("不适用于本年度或本格式的规则", "Rules not in force for this year or form"),
    "not_of_kind": ("不适用于这类文件的规则", "Rules that do not apply to this kind of document"),
    "not_tested": ("未核对及其原因", "Not tested, and why"), "noted": ("（提示）", " (a note)"), "out": ("输出文件夹", "Output folder"),
    "orphan": ("已作处理、现无此发现：{}：", "Decided on, and no longer found: {}:"), "outdated": ("（所判内容已变，请重新判断）", "(what was judged has changed; judge again)"),
    "outcome": ("结果", "Outcome"), "parameters": ("参数与报告", "Parameters and report"), "place": ("位置", "Place"), "published": ("决算表", "Table"),
    "quote": ("原文", "Source words"), "reason": ("原因", "Reason"), "reconciliation": ("核对", "Reconciliation"),
    "report": ("报告文件", "Report"), "reported": ("报告：{}", "reported: {}"), "residual": ("差额", "Residual"),
    "results": ("核对项数", "checks"), "rule": ("规则", "Rule"), "rules": ("另加规则", "Further rules"),
    "section": ("节", "Section"), "sections": ("本稿各节", "Sections"), "sign_off": ("签署", "Sign-off"),
    "slack": ("容差", "Slack"), "suspects": ("疑点", "Suspects"), "tie_out": ("合计与他处核对", "Totals tied to figures printed elsewhere"),
    "total": ("合计", "Total"), "unit": ("单位", "Unit"), "unread": ("未能识别", "not understood"), "value": ("数值", "Value"),
    "whole": ("全文", "whole report"), "why": ("{}：{}", "{}: {}"), "workpaper": ("底稿", "Workpaper"), "year": ("年度", "Year"), "lang": ("语言", "Language"),
}  # fmt: skip


class Shown(NamedTuple):
    """Words as plain text and, escaped, as HTML."""

    text: str
    html: Markup


def _linked(line: int, words: str) -> Shown:
    """The words of a place, which lead to its line in the report."""
    return Shown(words, Markup(f'<a href="../source.html#L{line}">{escape(words)}</a>'))


def said(words: object) -> Shown:
    """Any words, a report's too: one line, with no control character, escaped."""
    line = " ".join(str(words).split())
    clean = "".join(char if char.isprintable() else "\ufffd" for char in line)
    return Shown(clean, escape(clean))


def joined(items: Iterable[Shown], separator: str = " ") -> Shown:
    """The items one after another."""
    found = list(items)
    return Shown(separator.join(i.text for i in found), escape(separator).join(i.html for i in found))


# What has more lines than this shows the first ones and folds the others away.
_MOST_LINES, _FIRST_LINES = 9, 6


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of words under heads; columns in `numbers` are aligned right; `notes` stand below."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Shown, ...], ...]
    numbers: frozenset[int] = frozenset()
    empty: str = ""
    notes: tuple[Shown, ...] = ()
    style: str = ""

    def _repr_html_(self) -> str:
        style = Markup("<style>{}</style>").format(Markup(self.style)) if self.style else Markup()
        head = self._row([said(head) for head in self.heads], "col") if self.heads else Markup()
        caption = Markup("<caption>{}</caption>").format(self.title) if self.title else Markup()
        body = Markup().join(self._row(row) for row in self.rows)
        if not self.rows:
            body = Markup('<tr><td colspan="{}">{}</td></tr>').format(max(1, len(self.heads)), self.empty)
        notes = Markup().join(Markup('<p class="fa-note">{}</p>').format(note.html) for note in self.notes)
        table = Markup('<table class="fa">{}<thead>{}</thead><tbody>{}</tbody></table>').format(
            caption, head, body
        )
        return str(style + table + notes)

    def _row(self, cells: Sequence[Shown], scope: str = "") -> Markup:
        """A row of data, or of heads; a table without heads has them in its first column."""
        made = []
        for column, cell in enumerate(cells):
            of = scope or ("row" if column == 0 and not self.heads else "")
            number_ = ' class="num"' if column in self.numbers else ""
            html = escape(cell.html)
            made.append(f'<th scope="{of}"{number_}>{html}</th>' if of else f"<td{number_}>{html}</td>")
        return Markup(f"<tr>{''.join(made)}</tr>")

    def __repr__(self) -> str:
        rows = [" | ".join(cell.text for cell in row) for row in self.rows] or [self.empty]
        heads = [" | ".join(self.heads)] if self.heads else []
        return "\n".join([*filter(None, [self.title]), *heads, *rows, *(note.text for note in self.notes)])


class Group(NamedTuple):
    """A part of a long table: what stands over it, the table, and whether it is open at first."""

    heading: Shown
    table: Table
    is_open: bool = False


@dataclass(frozen=True, repr=False)
class Folded:
    """A long table in groups that open one by one."""

    title: str
    groups: tuple[Group, ...]
    empty: str = ""
    notes: tuple[Shown, ...] = ()

    @property
    def rows(self) -> tuple[tuple[Shown, ...], ...]:
        """The rows of all groups."""
        return tuple(row for group in self.groups for row in group.table.rows)

    def _repr_html_(self) -> str:
        head = Markup('<p class="fa-title">{}</p>').format(self.title)
        if not self.groups:
            return str(head + Markup('<p class="fa-none">{}</p>').format(self.empty))
        folds = Markup().join(
            Markup('<details class="fa-fold"{}><summary>{}</summary>{}</details>').format(
                Markup(" open") if group.is_open else Markup(),
                group.heading.html,
                Markup(group.table._repr_html_()),
            )
            for group in self.groups
        )
        notes = Markup().join(Markup('<p class="fa-note">{}</p>').format(note.html) for note in self.notes)
        return str(head + folds + notes)

    def __repr__(self) -> str:
        lines = [line for group in self.groups for line in (group.heading.text, repr(group.table))]
        return "\n".join([self.title, *(lines or [self.empty]), *(note.text for note in self.notes)])


class Entry(NamedTuple):
    """One finding as it is shown: anchor, severity, heading, and named paragraphs."""

    anchor: str
    severity: str
    heading: Shown
    parts: tuple[tuple[str, tuple[Shown, ...]], ...]


@dataclass(frozen=True, repr=False)
class Annotated:
    """Findings as audit writing, gravest first; `notes` stand below."""

    title: str
    entries: tuple[Entry, ...]
    empty: str
    notes: tuple[Shown, ...] = ()

    def _repr_html_(self) -> str:
        head = Markup('<p class="fa-title">{}</p>').format(self.title)
        notes = Markup().join(Markup('<p class="fa-note">{}</p>').format(note.html) for note in self.notes)
        if not self.entries:
            return str(head + Markup('<p class="fa-none">{}</p>').format(self.empty) + notes)
        return str(head + Markup().join(self._entry(entry) for entry in self.entries) + notes)

    def _entry(self, entry: Entry) -> Markup:
        parts = Markup().join(
            Markup("<dt>{}</dt>").format(name) + self._lines(lines) for name, lines in entry.parts
        )
        return Markup(
            '<article class="fa-finding fa-{}" id="{}"><h2 class="fa-head">{}</h2><dl>{}</dl></article>'
        ).format(entry.severity, entry.anchor, entry.heading.html, parts)

    @staticmethod
    def _lines(lines: Sequence[Shown]) -> Markup:
        """The lines of a part; of many, those after the first ones folded away behind their number."""
        first = len(lines) if len(lines) <= _MOST_LINES else _FIRST_LINES
        shown = Markup().join(Markup("<dd>{}</dd>").format(line.html) for line in lines[:first])
        if first == len(lines):
            return shown
        rest = Markup().join(Markup("<div>{}</div>").format(line.html) for line in lines[first:])
        fold = Markup("<dd><details><summary>+{}</summary>{}</details></dd>")
        return shown + fold.format(len(lines) - first, rest)

    def __repr__(self) -> str:
        lines = [self.title] if self.entries else [self.title, self.empty]
        for entry in self.entries:
            lines.append(entry.heading.text)
            lines += [f"  {name}: {line.text}" for name, found in entry.parts for line in found]
        return "\n".join([*lines, *(note.text for note in self.notes)])


@dataclass(frozen=True, repr=False)
class OpenWorkpaper:
    """A workpaper on one report: `audit` is the whole audit, the methods show this workpaper's sections of it."""

    audit: Audit
    workpaper: Workpaper
    lang: str
    materiality: Decimal
    report: str
    out: str
    rules: str

    def __repr__(self) -> str:
        return f"{self.workpaper.stem} {self.audit.file}"

    # ----------------------------------------------------------------------------------- what belongs here

    @property
    def is_gathered(self) -> bool:
        """True for the workpaper that gathers all sections."""
        return self.workpaper is GATHERED

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The results of these sections, in the order of the rules."""
        return tuple(r for r in self.audit.results if self.is_gathered or workpaper_of(r) is self.workpaper)

    @cached_property
    def numerals(self) -> tuple[Numeral, ...]:
        """The printed figures of these sections, in reading order."""
        lines = self.audit.table_lines
        return tuple(
            numeral
            for numeral in self.audit.numerals
            if self.is_gathered or workpaper_of_numeral(numeral, lines) is self.workpaper
        )

    @cached_property
    def _findings(self) -> tuple[Finding, ...]:
        found = self.audit.findings
        return tuple(f for f in found if self.is_gathered or workpaper_of(f.result) is self.workpaper)

    @cached_property
    def _facts(self) -> dict[str, Fact]:
        return {fact.id: fact for fact in self.audit.facts}

    @cached_property
    def _total_expenditure(self) -> Decimal:
        """In 元; 0 where the report does not state it."""
        return total_expenditure(self.audit.facts)

    # --------------------------------------------------------------------------------------------- tables

    def parameters(self) -> Table:
        """The parameters, and which report, department, year and sections they lead to."""
        limit = self.materiality * self._total_expenditure / SCALE["万元"]
        rows = [
            ("report", said(self.report)),
            ("lang", said(self.lang)),
            ("materiality", said(f"{number(self.materiality)} ({_short(limit)}万元)")),
            ("out", said(public_name(self.out) or self._("none"))),
            ("entity", said(self.audit.entity or self._("none"))),
            ("year", said(self.audit.year or self._("none"))),
            ("document_kind", said(kind_label(self.audit.kind, self.lang))),
            ("form", said(form_label(self.audit.form, self.lang))),
            *self._opened(),
        ]
        if self.rules:
            rows.insert(4, ("rules", said(self.rules)))
        rows += [(f"in_{other.role}", said(other.file)) for other in self.audit.compared]
        named = [(said(self._(name)), shown) for name, shown in rows]
        named.append((said("sha256"), said(self.audit.sha256)))
        style = (Path(__file__).parent / "notebook.css").read_text("utf-8")
        return self._table("parameters", (), named, style=style)

    def _opened(self) -> list[tuple[str, Shown]]:
        """What of the report this workpaper is on, each with its name."""
        if self.is_gathered:
            return [("sections", said(self._("whole")))]
        sections = [s for s in self.audit.document.sections if s.key in self.workpaper.sections]
        titles = [joined([said(s.title), self._line(s.text.line)]) for s in sections]
        return [("sections", joined(titles, "; ") if titles else said(self._("no_section")))]

    def figures(self) -> Table | Folded:
        """Every printed figure of these sections: place, source words, meaning, value, unit, tickmarks.

        Where published tables state any of them, the table's figure stands beside.
        """
        return self._figures(self.numerals)

    def _figures(self, numerals: Sequence[Numeral]) -> Table:
        rows = [self._figure(numeral) for numeral in numerals]
        heads: tuple[str, ...] = ("place", "quote", "label", "value", "unit", "mark")
        cells = [self._cell_of(numeral) for numeral in numerals]
        if any(cells):
            heads = (*heads[:5], "published", *heads[5:])
            rows = [
                (*row[:5], self._in_published(cell), *row[5:]) for row, cell in zip(rows, cells, strict=True)
            ]
        marks = [self._marks(numeral)[0] for numeral in numerals]
        used = [mark for found in marks for mark in found]
        return self._table("figures", heads, rows, {3}, "no_figures", self._legend_of(used))

    def reconciliation(self, *kinds: str) -> Table | Folded:
        """Each check of these sections with its numbers, residual, slack and outcome; of these kinds, if given.

        Ties and what was not tested are shown too.  Checks without an equation that came to the same by one rule
        stand in one row, counted.
        """
        chosen = self._of_kinds(kinds)
        return replace(self._checks(chosen), title=self._reconciliation_title(kinds, chosen))

    def _of_kinds(self, kinds: Sequence[str]) -> list[Result]:
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            raise ValueError(f"no kind of check is called {', '.join(unknown)}; kinds: {', '.join(KINDS)}")
        return [r for r in self.results if not kinds or r.rule.public_kind in kinds]

    def _reconciliation_title(self, kinds: Sequence[str], chosen: Sequence[Result]) -> str:
        names = self._("comma").join(KINDS[kind].name[self.lang] for kind in kinds)
        title = self._("reconciliation")
        return f"{self._('why').format(title, names) if names else title} ({len(chosen)})"

    def _checks(self, results: Sequence[Result]) -> Table:
        rows = [self._check(group) for group in _grouped(results)]
        heads = ("mark", "rule", "subject", "equation", "place", "residual", "slack", "outcome")
        marks = self._legend_of(map(tickmark, results))
        return self._table("reconciliation", heads, rows, {5, 6}, "no_checks", marks)

    def _plain(self, results: Sequence[Result], with_rule: bool = True) -> Table:
        """The checks without a title and a legend; without the column of the rule where all are of one."""
        table = replace(self._checks(results), title="", notes=())
        if with_rule:
            return table
        body = tuple((row[0], *row[2:]) for row in table.rows)
        numbers = frozenset(column - 1 for column in table.numbers)
        return replace(table, heads=(table.heads[0], *table.heads[2:]), rows=body, numbers=numbers)

    def _all_wrong(self, results: Sequence[Result]) -> Shown:
        words = f"{OUTCOMES[Outcome.EXCEPTION][self._en]} {len(results)}"
        return joined([mark_of(Tickmark.EXCEPTION, self.lang), said(words)])

    def _of_rule(self, results: Sequence[Result]) -> Shown:
        """A rule, and how many of its results came to what."""
        return self._over(self._rule(results[0]), results)

    def _over(self, name: Shown, results: Sequence[Result]) -> Shown:
        """What stands over a group of results: their marks, its name, and how many came to what."""
        found = [(o, sum(result.outcome is o for result in results)) for o in Outcome]
        counts = self._("comma").join(f"{OUTCOMES[o][self._en]} {n}" for o, n in found if n)
        marks = {tickmark(result) for result in results}
        shown = [mark_of(mark, self.lang) for mark in Tickmark if mark in marks]
        return joined([*shown, name, said(f"· {counts}")])

    def findings(self) -> Annotated:
        """The findings of these sections with criteria, condition, effect, suspects and a suggested next step."""
        entries = tuple(self._entry(finding) for finding in self._findings)
        title = f"{self._('findings')} ({len(entries)})"
        own = {finding.id for finding in self._findings}
        leads = [
            self.audit.finding_of(result) for result in self.results if result.outcome is Outcome.EXCEPTION
        ]
        elsewhere = [lead.id for lead in leads if lead is not None and lead.id not in own]
        if elsewhere:
            title += self._("gathered_elsewhere").format(
                len(elsewhere), self._("comma").join(dict.fromkeys(elsewhere))
            )
        orphans = tuple(map(self._orphan, self.audit.orphans if self.is_gathered else ()))
        return Annotated(title, entries, self._("no_findings"), orphans)

    def chart(self, number_: int) -> Chart | NoChart:
        """The report's figure of this number, drawn anew from the facts; or which facts are missing."""
        return chart(self.audit, number_, self.lang)

    def tie_out(self) -> Table:
        """The totals of these sections against figures printed in other sections, the residual shown on a tie too.

        Of the workpaper that gathers all: its counts against the sum of the sections.
        """
        if self.is_gathered:
            return self._control()
        return self._tie_out([r for r in self.audit.results if self._crosses(r)])

    def _tie_out(self, crossing: Sequence[Result]) -> Table:
        rows = [self._tied(result) for result in crossing]
        heads = ("mark", "rule", "here", "elsewhere", "residual", "slack", "outcome")
        return self._table(
            "tie_out", heads, rows, {4, 5}, "no_tie_out", self._legend_of(map(tickmark, crossing))
        )

    def coverage(self) -> Table:
        """Checks by outcome, and figures found and checked, for each workpaper and in all."""
        papers = [_on(self, workpaper) for workpaper in WORKPAPERS]
        rows = [
            (said(p.workpaper.stem), said(p.workpaper.title[self.lang]), *map(said, p._counts().values()))
            for p in papers
        ]
        rows.append((said(""), said(self._("total")), *map(said, self._counts().values())))
        outcomes = tuple(words[self._en] for words in OUTCOMES.values())
        heads = (self._("workpaper"), self._("section"), self._("attempted"), *outcomes)
        heads += (self._("findings"), self._("figures_found"), self._("checked"))
        numbers = frozenset(range(2, len(heads)))
        return Table(self._("coverage"), heads, tuple(rows), numbers)

    def not_tested(self) -> Table:
        """What was not tested, by rule and reason, counted; and the rules that are not in force for this report."""
        left = [result for result in self.results if result.outcome is Outcome.NOT_TESTED]
        rows = [
            (self._rule(group[0]), said(len(group)), said(group[0].reason[self.lang]), self._lines(group))
            for group in _grouped(left)
        ]
        note = self._idle("not_applicable", self.audit.not_in_force)
        heads = ("rule", "results", "reason", "place")
        others = self.audit.of_other_kinds
        notes = (note, self._idle("not_of_kind", others)) if others else (note,)
        return self._table("not_tested", heads, rows, {1}, "none", notes)

    def _idle(self, reason: str, rules: Sequence[Rule]) -> Shown:
        """The rules that were not applied for a reason."""
        return said(
            self._("why").format(self._(reason), ", ".join(rule.id for rule in rules) or self._("none"))
        )

    def legend(self) -> Table:
        """Every tickmark and what it says."""
        rows = [(mark_of(mark, self.lang), said(words)) for mark, words in legend(self.lang)]
        return self._table("legend", ("mark", "label"), rows)

    def sign_off(self) -> Table:
        """The counts of this workpaper, which add up, and the files written with their sha256.

        Only the workpaper that gathers all writes, and only where `out` is given.  A count that does not add up
        raises `AssertionError`: a bug of ours.
        """
        counts = self._counts()
        self._assert_adds_up(counts)
        names = ("attempted", *(outcome.name for outcome in Outcome), "findings", "figures_found", "checked")
        rows = [
            (
                said(OUTCOMES[Outcome[name]][self._en] if name in Outcome.__members__ else self._(name)),
                said(n),
            )
            for name, n in zip(names, counts.values(), strict=True)
        ]
        rows += [
            (said(self._("why").format(self._("files"), name)), said(digest))
            for name, digest in self._write()
        ]
        return self._table("sign_off", (), rows)

    # ------------------------------------------------------------------------------------------ their rows

    @property
    def _en(self) -> int:
        return 0 if self.lang == "zh" else 1

    def _(self, name: str) -> str:
        return _WORDS[name][self._en]

    def _table(
        self,
        title: str,
        heads: Sequence[str],
        rows: Iterable[tuple[Shown, ...]],
        numbers: Iterable[int] = (),
        empty: str = "none",
        notes: tuple[Shown, ...] = (),
        style: str = "",
    ) -> Table:
        named = tuple(self._(head) for head in heads)
        return Table(self._(title), named, tuple(rows), frozenset(numbers), self._(empty), notes, style)

    def _place(self, source: Source) -> Shown:
        """A place as it is shown: a link into the report, or the name of the other report and where in it."""
        if not source.report:
            return self._line(source.line)
        return joined([said(self._(f"in_{source.report}")), said(self.audit.where(source)[self.lang])])

    def _line(self, line: int) -> Shown:
        """A place in the report by its line, linked."""
        return _linked(line, where(self.audit.document, line)[self.lang])

    def _lines(self, results: Iterable[Result]) -> Shown:
        """The places that results rest on, each once, in the order of the figures; of many cells, the rest folded."""
        lines = [source.line for result in results for source in _sources(result)]
        places = [_linked(line, words[self.lang]) for line, words in wheres(self.audit.document, lines)]
        if len(places) <= _MOST_LINES or not self.audit.document.places:
            return joined(places)
        shown, rest = joined(places[:_FIRST_LINES]), joined(places[_FIRST_LINES:])
        fold = Markup("{} <details><summary>+{}</summary>{}</details>")
        folded = fold.format(shown.html, len(places) - _FIRST_LINES, rest.html)
        return Shown(f"{shown.text} {rest.text}", folded)

    def _rule(self, result: Result) -> Shown:
        return said(f"{result.rule.id} {result.rule.label[self.lang]}")

    def _legend_of(self, marks: Iterable[Tickmark]) -> tuple[Shown, ...]:
        used = set(marks)
        listed = [joined([mark_of(m, self.lang), said(words)]) for m, words in legend(self.lang) if m in used]
        return (joined(listed, "   "),) if listed else ()

    def _meaning(self, fact: Fact) -> str:
        words = dimension_names(self.audit, fact, self.lang)
        inner = f" ({', '.join(words)})" if words else ""
        other = fact.year.isdigit() and fact.year != str(self.audit.year)
        measure = measure_name(fact, self.lang)
        return f"{fact.label[self.lang]}{inner} · {measure}" + (f" {fact.year}" if other else "")

    def _listed_meaning(self, fact: Fact) -> str:
        """What a fact means in a list of figures."""
        return self._meaning(fact)

    def _marks(self, numeral: Numeral) -> tuple[list[Tickmark], list[Shown]]:
        """The distinct marks of a figure in the order of the legend, and each shown with the rules behind it."""
        marks = marks_of(self.audit.results_of(numeral))
        return list(marks), [mark_of(mark, self.lang, ", ".join(rules)) for mark, rules in marks.items()]

    def _figure(self, numeral: Numeral) -> tuple[Shown, ...]:
        facts = [self._facts[fact] for fact in numeral.facts]
        marks = self._marks(numeral)[1]
        return (
            self._line(numeral.source.line),
            said(clipped(facts[0].quote if facts else self._around(numeral), _QUOTE)),
            said("; ".join(map(self._listed_meaning, facts)) or self._("unread")),
            said(facts[0].printed if facts else numeral.text),
            said(facts[0].unit if facts else ""),
            joined(marks) if marks else said("–"),
        )

    def _cell_of(self, numeral: Numeral) -> Fact | None:
        """The cell of a published table that a figure of the narrative was held against."""
        results = [
            result
            for fact in numeral.facts
            if not self._facts[fact].dimension("table")
            for result in self.audit.tickmarks.get(fact, ())
            if result.rule.parameters.get("procedure") == NARRATIVE
        ]
        found = [fact for result in results for fact in result.operands]
        found += [self._facts[e.fact] for result in results for e in result.evidence if e.fact in self._facts]
        return next((fact for fact in found if fact.dimension("table")), None)

    def _in_published(self, cell: Fact | None) -> Shown:
        """A table's figure with its place; a dash where there is none."""
        if cell is None:
            return said("–")
        return joined([said(_printed(cell)), self._place(cell.source)])

    def _around(self, numeral: Numeral) -> str:
        line = self.audit.document.lines[numeral.source.line - 1]
        return line[max(0, numeral.source.start - 15) : numeral.source.end + 10]

    def _check(self, group: Sequence[Result]) -> tuple[Shown, ...]:
        first = group[0]
        times = f" ×{len(group)}" if len(group) > 1 else ""
        noted = self._("noted") if tickmark(first) is Tickmark.NOTED else ""
        outcome = OUTCOMES[first.outcome][self._en] + noted + times
        reason = first.reason[self.lang]
        subjects = dict.fromkeys(self._subject(result) for result in group)
        return (
            mark_of(tickmark(first), self.lang),
            self._rule(first),
            said("; ".join(subjects)),
            said(equation(first) if len(group) == 1 else ""),
            self._lines(group),
            said(_short(first.residual) if len(group) == 1 else ""),
            said(_short(first.slack) if len(group) == 1 else ""),
            said(self._("why").format(outcome, reason) if reason else outcome),
        )

    def _subject(self, result: Result) -> str:
        """What a result is about: the figure tested, the words that were found wrong, or the words read."""
        if result.check is not None:
            is_sum = result.check.constant is not None
            return self._("total") if is_sum else self._meaning(result.check.operands[0])
        if result.outcome is Outcome.EXCEPTION and result.said[self.lang]:
            return result.said[self.lang]
        if result.operands and result.residual is not None:
            return self._meaning(result.operands[0])
        quotes = [e.quote for e in result.evidence] or [fact.quote for fact in result.operands]
        return clipped(quotes[0], _SUBJECT) if quotes else self._context(result.context)

    def _context(self, context: str) -> str:
        """The context of a result in words: a functional subject, a section, the whole report."""
        if context == "report":
            return self._("whole")
        names = [kind.label[self.lang] for kind in section_kinds() if kind.key == context]
        code = context.partition(":")[0]
        if code.isdigit():
            names = [f"{code} {subject_name(code, str(self.audit.year))}"]
        return names[0] if names else clipped(context, _QUOTE)

    def _crosses(self, result: Result) -> bool:
        """True where a total of these sections is held against a figure of another."""
        formula = result.check.formula if result.check else ""
        if not result.check or not formula.startswith(("foot", "tie_out", "at_most", "agree_prior_year")):
            return False
        homes = {_home(fact) for fact in result.check.operands}
        return self.workpaper.stem in homes and len(homes) > 1

    def _here(self, result: Result) -> list[Fact]:
        """Of the figures of a tie-out, those of these sections; what they are held against stands elsewhere."""
        return [fact for fact in result.operands if _home(fact) == self.workpaper.stem]

    def _side(self, facts: Sequence[Fact]) -> Shown:
        """One side of a tie-out: its figures with their places."""
        return joined((self._placed(fact) for fact in facts), "; ")

    def _placed(self, fact: Fact) -> Shown:
        return joined([said(f"{self._meaning(fact)} {_printed(fact)}"), self._place(fact.source)])

    def _tied(self, result: Result) -> tuple[Shown, ...]:
        here = self._here(result)
        return (
            mark_of(tickmark(result), self.lang),
            self._rule(result),
            self._side(here),
            self._side([fact for fact in result.operands if fact not in here]),
            said(_short(result.residual)),
            said(_short(result.slack)),
            said(OUTCOMES[result.outcome][self._en]),
        )

    def _entry(self, finding: Finding) -> Entry:
        result, rule = finding.result, finding.result.rule
        severity = _SEVERITIES[finding.severity][self._en]
        heading = joined(
            [
                mark_of(tickmark(result), self.lang),
                said(f"{severity} · {rule.label[self.lang]} · {finding.id}"),
            ]
        )
        kind, step = KINDS[rule.public_kind].name[self.lang], _STEPS[rule.public_kind][self._en]
        criteria = f"{rule.id} {rule.label[self.lang]} ({kind}) · {reference_text(rule, self.lang)}"
        reported = self._("reported").format(finding.reported[self.lang])
        if finding.expected[self.lang]:
            reported += self._("computed" if result.is_computed else "expected").format(
                finding.expected[self.lang]
            )
        if equation(result):
            reported += f" [{equation(result)}]"
        quotes = [
            joined([self._place(e.source), said(f"“{clipped(e.quote, 3 * _QUOTE)}”")])
            for e in finding.evidence
        ]
        parts: list[tuple[str, tuple[Shown, ...]]] = [
            (self._("criteria"), (said(criteria),)),
            (self._("condition"), (said(reported), *quotes)),
            (self._("effect"), (said(self._effect(finding)),)),
        ]
        if finding.suspects:
            suspects = tuple(
                joined(
                    [
                        self._place(s.fact.source),
                        said(
                            f"{self._meaning(s.fact)} {printed(s.fact)} → {s.correction}: {s.why[self.lang]}"
                        ),
                    ]
                )
                for s in finding.suspects
            )
            parts.append((self._("suspects"), suspects))
        if finding.gathered:
            told = (
                joined(
                    [
                        self._place(f.evidence[0].source),
                        said(f"{f.message[self.lang]} ({f.id})"),
                        *([self._decision(f.disposition)] if f.disposition else []),
                    ]
                )
                for f in finding.gathered
            )
            parts.append((self._("gathered_here").format(len(finding.gathered)), tuple(told)))
        parts.append((self._("next"), (said(step),)))
        if finding.disposition:
            parts.append((self._("disposition"), (self._decision(finding.disposition),)))
        return Entry(f"finding-{finding.id}", finding.severity, heading, tuple(parts))

    def _decision(self, decision: Disposition) -> Shown:
        """What an auditor decided, why, who and when, and whether it is still of what the finding says."""
        words = [state_word(decision.state, self.lang), decision.note, decision.name, decision.date]
        if not decision.is_current:
            words.append(self._("outdated"))
        return said(" · ".join(filter(None, words)))

    def _orphan(self, review: Review) -> Shown:
        named = " · ".join(filter(None, (review.finding, review.rule, review.reported, review.place)))
        decision = replace(review.disposition, is_current=True)
        return joined([said(self._("orphan").format(named)), self._decision(decision)])

    def _effect(self, finding: Finding) -> str:
        """The difference and, of money, its share of total expenditure."""
        result = finding.result
        if not finding.difference or result.residual is None:
            return self._("no_amount")
        if not result.operands[0].is_money or not self._total_expenditure:
            return self._("difference").format(finding.difference)
        share = abs(result.residual) * result.operands[0].scale / self._total_expenditure * 100
        rounded = share.quantize(Decimal("0.01"), ROUND_HALF_UP)
        return self._("amount_share").format(finding.difference, rounded)

    # ---------------------------------------------------------------------------------------- the sign-off

    def _counts(self) -> dict[str, int]:
        """Results in all and by outcome, findings, figures and figures checked."""
        outcomes = {o.value: sum(result.outcome is o for result in self.results) for o in Outcome}
        checked = sum(map(self.audit.is_checked, self.numerals))
        found = {"findings": len(self._findings), "figures": len(self.numerals), "checked": checked}
        return {"attempted": len(self.results), **outcomes, **found}

    def _assert_adds_up(self, counts: dict[str, int]) -> None:
        parts = sum(counts[outcome.value] for outcome in Outcome)
        if counts["attempted"] != parts:
            raise AssertionError(
                f"{counts['attempted']} checks were attempted, the outcomes add up to {parts}"
            )
        if self.is_gathered and counts != self._summed():
            raise AssertionError(f"the sections add up to {self._summed()}, the report to {counts}")

    def _summed(self) -> dict[str, int]:
        papers = [_on(self, workpaper)._counts() for workpaper in WORKPAPERS]
        return {name: sum(paper[name] for paper in papers) for name in papers[0]}

    def _control(self) -> Table:
        counts, summed = self._counts(), self._summed()
        named = {
            "attempted": "attempted",
            "findings": "findings",
            "figures": "figures_found",
            "checked": "checked",
        }
        rows = [
            (said(self._(word)), *map(said, (counts[name], summed[name], counts[name] - summed[name])))
            for name, word in named.items()
        ]
        return self._table("tie_out", ("control", "whole", "gathered", "residual"), rows, {1, 2, 3})

    def _write(self) -> list[tuple[str, str]]:
        """The files written, each with its sha256."""
        if not self.out or not self.is_gathered:
            return []
        whole = self.audit.to_json()
        findings = (
            json.dumps(json.loads(whole)["findings"], ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        )
        folder = Path(self.out)
        folder.mkdir(parents=True, exist_ok=True)
        contents = {"audit.json": whole.encode("utf-8"), "findings.json": findings.encode("utf-8")}
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        return [(name, hashlib.sha256(content).hexdigest()) for name, content in contents.items()]


class Opening(NamedTuple):
    """What a workpaper is opened with: the audit of its report, and its parameters."""

    audit: Audit
    workpaper: Workpaper
    lang: str
    materiality: Decimal
    report: str
    out: str
    rules: str


def open_workpaper(
    stem: str, report: str, lang: str = "zh", materiality: str | float = "0.005", out: str = ""
) -> OpenWorkpaper:
    """The workpaper of this notebook on the report.

    `report` names a file, or several that are one report, each on a line of its own; a relative one is looked for in
    the working folder, then in the folder that holds `notebooks/`.  The environment variable AUDIT_RULES may name
    further rules, a file or a folder; AUDIT_PRIOR and AUDIT_BUDGET last year's report and this year's budget;
    AUDIT_REVIEWS the folder of the auditors' decisions, `data/reviews` where it names none.  Raises `ReportError` where
    a report cannot be read, `ValueError` where a parameter is wrong.
    """
    if stem not in _BY_STEM:
        raise ValueError(f"no workpaper is called {stem!r}; there are {', '.join(_BY_STEM)}")
    return OpenWorkpaper(*opening(_BY_STEM[stem], report, lang, materiality, out))


def opening(
    workpaper: Workpaper,
    report: str,
    lang: str,
    materiality: str | float,
    out: str,
    known: Sequence[str] = PARAMETERS,
) -> Opening:
    """The audit and the parameters that a workpaper is opened with, checked; `known` are the names it may be given."""
    refuse_unknown_parameters(known)
    if lang not in ("zh", "en"):
        raise ValueError(f"lang is {lang!r}; it must be zh or en")
    rules = os.environ.get(RULES_VARIABLE, "")
    share = _share(materiality)
    files = report.split("\n")
    others = {role: os.environ.get(variable, "") for role, variable in OTHER_VARIABLES.items()}
    paths = {role: found_path(name) if name else None for role, name in others.items()}
    decided = found_path(os.environ.get(REVIEWS_VARIABLE) or str(FOLDER))
    reviews = decided if decided.is_dir() or os.environ.get(REVIEWS_VARIABLE) else None
    done = kept_audit(
        [found_path(file) for file in files],
        found_path(rules) if rules else None,
        share,
        **paths,
        reviews=reviews,
    )
    return Opening(
        done, workpaper, lang, share, SEPARATOR.join(map(public_name, files)), out, public_name(rules)
    )


def refuse_unknown_parameters(known: Sequence[str]) -> None:
    """Raise `ValueError` where papermill injected a parameter that the notebook does not have: it only warns of one."""
    shell = _shell()
    cells = shell.user_ns.get("In", []) if shell is not None else []
    injected = [cell for cell in cells if cell.startswith("# Parameters")]
    names = [
        target.id
        for cell in injected
        for statement in ast.parse(cell).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"no parameter is called {', '.join(map(repr, unknown))}; there are {', '.join(known)}"
        )


def _shell() -> Any:
    """The IPython shell that this runs in, if any; it is not imported to be asked."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _share(materiality: str | float) -> Decimal:
    try:
        share = Decimal(str(materiality))
        is_share = 0 <= share <= 1
    except ArithmeticError:
        is_share = False
    if not is_share:
        raise ValueError(f"materiality is {materiality!r}; it must be a share from 0 to 1, such as 0.005")
    return share


def found_path(name: str) -> Path:
    """The path in the working folder, else in the project's; as given where it is in neither."""
    above = (Path(".."),) if Path.cwd().name == "notebooks" else ()
    places = (Path(), *above, data_folder().parent)
    return next((place / name for place in places if (place / name).exists()), Path(name))


def public_name(name: str) -> str:
    """A file name as it may be shown: as given, without the folders of this machine."""
    return Path(name).name if Path(name).is_absolute() else name


def _on(work: OpenWorkpaper, workpaper: Workpaper) -> OpenWorkpaper:
    return OpenWorkpaper(
        work.audit, workpaper, work.lang, work.materiality, work.report, work.out, work.rules
    )


def _home(fact: Fact) -> str:
    """The workpaper that a fact's section belongs to; "" for a section that none covers, and for another report."""
    if fact.source.report:
        return ""
    if fact.dimension("table"):
        return TABLES.stem
    keys = fact.section.keys if fact.section else ()
    covered = any(key in workpaper.sections for workpaper in WORKPAPERS for key in keys)
    return workpaper_of_section(fact.section).stem if covered else ""


def _grouped(results: Sequence[Result]) -> list[list[Result]]:
    """Results in order, those of one rule together that came to the same and have no equation to show."""
    groups: dict[object, list[Result]] = {}
    for place, result in enumerate(results):
        alone = result.outcome is Outcome.EXCEPTION or (
            result.outcome is not Outcome.NOT_TESTED and equation(result)
        )
        key = place if alone else (result.rule.id, result.outcome, result.reason["zh"])
        groups.setdefault(key, []).append(result)
    return list(groups.values())


def _sources(result: Result) -> list[Source]:
    """The places in the audited report that a result rests on."""
    found = [fact.source for fact in result.operands] or [evidence.source for evidence in result.evidence]
    return [source for source in found if not source.report]


def mark_of(mark: Tickmark, lang: str, about: str = "") -> Shown:
    """A tickmark as it is shown; its tooltip names what it is about."""
    return Shown(mark.glyph, mark.span(lang, about))


def _printed(fact: Fact) -> str:
    """The figure as it stands in the report; of one that is blank or cannot be read, that."""
    return fact.printed if fact.value is None else printed(fact)


def _short(value: Decimal | None) -> str:
    """A residual or a slack to four decimals."""
    return "" if value is None else number(value.quantize(Decimal("0.0001"), ROUND_HALF_UP))


def clipped(text: str, length: int) -> str:
    """The text, cut off at `length` characters."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
