"""What the notebooks of the performance annexes call: the department's workpaper, and that of one project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from markupsafe import Markup

from helpers.checking.facts_index import FactsIndex
from helpers.checking.kinds import Outcome
from helpers.checking.result import Result
from helpers.checking.rules import Selector
from helpers.facts.fact import SCALE, Fact, Numeral
from helpers.facts.tables import Row
from helpers.findings.finding import Finding
from helpers.findings.wording import equation, number, printed
from helpers.reading.document import fold
from helpers.showing.charts import Budget, Chart, NoChart, Points, budget_chart, points_chart
from helpers.showing.notebook import (
    PARAMETERS,
    Folded,
    Group,
    OpenWorkpaper,
    Shown,
    Table,
    clipped,
    joined,
    mark_of,
    opening,
    said,
)
from helpers.showing.projects import MOST_PAGES, Annexes, Part, Project, rows
from helpers.showing.tickmarks import Tickmark, marks_of, tickmark
from helpers.showing.workpapers import PROJECT, WORKPAPERS, workpaper_of

_COLUMNS = ("opening", "adjusted", "executed")
_METHOD, _LABEL, _MANY = 40, 40, 3
_BLANK = frozenset({"", "-", "—", "/", "无"})
_PERFORMANCE = next(workpaper for workpaper in WORKPAPERS if workpaper.stem == "10_performance")

_TERMS = {
    "accounts": ("决算：项目支出", "Accounts: project expenditure"), "adjusted": ("调整后预算（万元）", "Adjusted (万元)"),
    "adjustment": ("预算调整（万元）", "Adjustment (万元)"), "all_projects": ("全部项目", "all projects"),
    "amounts": ("各项目的预算与执行", "Budget and execution of the projects"), "blank": ("（空）", "(blank)"),
    "budget": ("预算执行情况", "Budget and execution"), "by_formula": ("按公式重算", "By its formula"),
    "completed": ("完成值", "Completed"), "counted_in": ("计入底稿：{}", "counted in {}"),
    "department": ("部门报告所列", "Stated for the department"), "executed": ("执行数（万元）", "Executed (万元)"),
    "formula_blank": ("得分未填", "no score"), "formula_ties": ("与公式相符", "agrees with the formula"),
    "here": ("项目的数字", "Figures of projects"), "heading": ("类别", "Heading"), "indicator": ("指标", "Indicator"),
    "indicators": ("绩效指标", "Indicators"), "level": ("上级指标", "Group"), "method": ("计分标准", "Method"),
    "opening": ("年初预算（万元）", "Opening (万元)"), "ordinal": ("序号", "No."),
    "more_pages": ("只有前{}个项目各有一页", "only the first {} projects have a page each"),
    "no_accounts": ("决算没有印项目支出", "the accounts do not state project expenditure"),
    "no_budget": ("附件没有本项目的自评表", "the annexes have no self-evaluation table of this project"),
    "no_indicators": ("附件没有本项目的绩效指标", "the annexes have no indicators of this project"),
    "no_projects": ("附件中没有项目，没有可核对的内容", "the annexes have no project: there is nothing to test"),
    "no_rating": ("附件没有本项目的评分表", "the annexes have no rating table of this project"),
    "no_scoring": ("附件中没有评分表，没有可核对的内容", "the annexes have no scoring table: there is nothing to test"),
    "no_statement": ("附件没有本项目的评价报告，或其中没有数字", "the annexes have no report of this project, or it has no figure"),
    "no_tie_out": ("没有可与他处核对的数字", "there is no figure that is printed elsewhere"),
    "of_figures": ("{}：数字{}，已核对{}", "{}: {} figures, {} checked"), "part_rating": ("评分表", "rating table"),
    "part_report": ("正文", "text"), "part_scoring": ("评分表", "scoring table"), "part_table": ("自评表", "self-evaluation table"),
    "points": ("权重与得分", "Weights and scores"), "project": ("项目", "Project"), "rate": ("执行率", "Rate"),
    "rating": ("项目评分表", "Rating table of the project"), "reason": ("原因", "Reason"), "rest": ("其他", "other"),
    "scope": ("适用范围", "Scope"), "score": ("得分", "Score"), "scoring": ("部门整体绩效评分表", "Scoring table of the department"),
    "source": ("资金来源", "Source of money"), "statements": ("评价报告中的数字", "Figures of its report"),
    "sum": ("各项目合计", "Sum of the projects"), "target": ("指标值", "Target"), "unnamed": ("（未命名）", "(without a name)"),
    "view": ("本页是视图；各项核对计入其所属底稿，不重复计数", "This page is a view: its checks are counted once, in the workpapers named"),
    "weight": ("权重", "Weight"), "whole_department": ("部门", "Department"),
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class AnnexWorkpaper(OpenWorkpaper):
    """What both workpapers of the annexes share: cells with their places and marks, checks folded by rule."""

    @cached_property
    def annexes(self) -> Annexes:
        """The annexes by project and by place."""
        return Annexes(self.audit)

    def _(self, name: str) -> str:
        return _TERMS[name][self._en] if name in _TERMS else super()._(name)

    def reconciliation(self, *kinds: str) -> Folded:
        """Each check with its numbers, residual, slack and outcome; of these kinds, if given.

        Exceptions stand first; the others are folded by rule.
        """
        chosen = self._of_kinds(kinds)
        wrong = [result for result in chosen if result.outcome is Outcome.EXCEPTION]
        by_rule: dict[str, list[Result]] = {}
        for result in chosen:
            if result.outcome is not Outcome.EXCEPTION:
                by_rule.setdefault(result.rule.id, []).append(result)
        groups = [Group(self._all_wrong(wrong), self._plain(wrong), is_open=True)] if wrong else []
        groups += [
            Group(self._of_rule(found), self._plain(found, with_rule=False)) for found in by_rule.values()
        ]
        notes = self._legend_of(map(tickmark, chosen))
        return Folded(self._reconciliation_title(kinds, chosen), tuple(groups), self._("no_checks"), notes)

    def _subject(self, result: Result) -> str:
        """What a result is about; of a cell, which says little by itself, the indicator of its row."""
        first = next(iter(result.operands), None)
        is_bare = not equation(result) and result.outcome is not Outcome.EXCEPTION
        if not is_bare or first is None or first.source.row is None:
            return super()._subject(result)
        return clipped(first.dimension("indicator") or self._meaning(first), _LABEL)

    def _listed_meaning(self, fact: Fact) -> str:
        """What a fact means; of which project is said above the list."""
        return self._meaning(replace(fact, dimensions=_without_project(fact)))

    def _side(self, facts: Sequence[Fact]) -> Shown:
        """One side of a tie-out; figures of one kind together."""
        kinds: dict[tuple[str, bool], list[Fact]] = {}
        for fact in facts:
            kinds.setdefault((fact.concept, bool(fact.dimension("project"))), []).append(fact)
        return joined(map(self._together, kinds.values()), "; ")

    def _together(self, facts: Sequence[Fact]) -> Shown:
        if len(facts) < _MANY:
            return super()._side(facts)
        figures = " + ".join(fact.printed for fact in facts)
        words = f"{facts[0].label[self.lang]} ({len(facts)}): {figures} {facts[0].unit}"
        return joined([said(words), *(self._line(fact.source.line) for fact in facts)])

    # ------------------------------------------------------------------------------------------------ cells

    def _marked(self, results: Iterable[Result]) -> Shown:
        """The distinct marks of results, each with the rules behind it; a dash where no check was made."""
        found = marks_of(results).items()
        marks = [mark_of(mark, self.lang, ", ".join(rules)) for mark, rules in found]
        if not marks:
            return said("–")
        shown = joined(marks)
        return Shown(shown.text, Markup('<span class="fa-marks">{}</span>').format(shown.html))

    def _row_marks(self, row: Row) -> Shown:
        return self._marked(self.annexes.results_at(row.texts))

    def _at(self, words: object, line: int, *below: Shown) -> Shown:
        """Words with their place, and what else stands there, below them."""
        shown, under = said(words), joined([*below, self._line(line)])
        return Shown(f"{shown.text} {under.text}", Markup("{}<br>{}").format(shown.html, under.html))

    def _amount(self, fact: Fact | None) -> Shown:
        """An amount in 万元 with its marks and its place; a dash where none is stated."""
        if fact is None:
            return said("–")
        return self._at(_figure(fact), fact.source.line, self._marked(self.audit.tickmarks.get(fact.id, ())))

    def _legend_below(self, table: Table) -> Table:
        """The table with what the marks say that stand in it."""
        shown = "".join(cell.html for row in table.rows for cell in row)
        used = [mark for mark in Tickmark if f'class="{mark.css}"' in shown]
        return replace(table, notes=(*self._legend_of(used), *table.notes))

    def _link(self, project: Project) -> Shown:
        """A project's name, which leads to its page."""
        name = said(project.label or self._("unnamed"))
        if not project.stem:
            return name
        return Shown(
            name.text, Markup('<a class="fa-page" href="{}.html">{}</a>').format(project.stem, name.html)
        )

    def _in_table(self, project: Project, column: str) -> Fact | None:
        """The amount of a project as a whole in the first row of its self-evaluation table."""
        first = next(rows(table.budget for table in project.tables), None)
        return None if first is None else self.annexes.fact(first.cells.get(column))

    def _own(self, row: Row, column: str) -> Fact | None:
        return self.annexes.fact(row.own(column))

    def _points_of(self, row: Row, label: str, is_supported: bool = True) -> list[Points]:
        """A row's weight and score, where it has a weight that is a number."""
        weight, score = self._own(row, "weight"), self._own(row, "score")
        if weight is None or weight.value is None:
            return []
        value = score.value if score else None
        return [Points(clipped(label, _LABEL), weight.value, value, bool(value) and not is_supported)]


@dataclass(frozen=True, repr=False)
class PerformanceWorkpaper(AnnexWorkpaper):
    """The performance annexes of the department as a whole, its projects beside each other."""

    def _subject(self, result: Result) -> str:
        """What a result is about; an exception also of which project, where it is one."""
        subject = super()._subject(result)
        project = self.annexes.only(result) if result.outcome is Outcome.EXCEPTION else None
        if project is None or project.name in subject:
            return subject
        return self._("why").format(project.label or self._("unnamed"), subject)

    def projects(self) -> Table:
        """The amounts of all projects beside each other, their sum, and what is stated elsewhere of all of them.

        Amounts are in 万元.  A sum is shown where every project states the amount.
        """
        projects = self.annexes.projects
        body = [self._project(project) for project in projects]
        if projects:
            body += [self._sum(projects), self._stated(), self._accounts()]
        heads = ("ordinal", "project", *_COLUMNS, "adjustment", "rate", "score", "findings")
        notes = () if len(projects) <= MOST_PAGES else (said(self._("more_pages").format(MOST_PAGES)),)
        table = self._table("amounts", heads, body, {2, 3, 4, 5, 6, 7, 8}, "no_projects", notes)
        return self._legend_below(table)

    def _project(self, project: Project) -> tuple[Shown, ...]:
        facts = [self._in_table(project, column) for column in (*_COLUMNS, "rate")]
        totals = [fact for fact in self._facts_of("indicator.total_score", project.name) if fact.source.row]
        findings = self.annexes.findings(project)
        return (
            said(project.number),
            self._link(project),
            *map(self._amount, facts[:3]),
            said(_difference(facts[1], facts[0])),
            said(printed(facts[3]) if facts[3] else "–"),
            self._amount(totals[0] if totals else None),
            said(len(findings)),
        )

    def _sum(self, projects: Sequence[Project]) -> tuple[Shown, ...]:
        sums = [self._sum_of(projects, column) for column in _COLUMNS]
        opening_, adjusted, executed = sums
        change = None if adjusted is None or opening_ is None else adjusted - opening_
        rate = None if executed is None or not adjusted else executed / adjusted * 100
        findings = {f.id for project in projects for f in self.annexes.findings(project)}
        shown = ["–" if value is None else _cents(value) for value in (*sums, change)]
        shown.append("–" if rate is None else f"{_cents(rate)}%")
        return (said(""), said(self._("sum")), *map(said, shown), said(""), said(len(findings)))

    def _sum_of(self, projects: Sequence[Project], column: str) -> Decimal | None:
        facts = [self._in_table(project, column) for project in projects]
        amounts = [_in_wan(fact) for fact in facts if fact]
        return sum(amounts, Decimal(0)) if amounts and len(amounts) == len(facts) else None

    def _stated(self) -> tuple[Shown, ...]:
        """What the department's own report says of all projects together."""
        found = [
            self._facts_of(f"project.{name}") for name in ("opening", "adjusted", "executed", "adjustment")
        ]
        first = [facts[0] if facts else None for facts in found]
        return self._beside("department", map(self._amount, first))

    def _accounts(self) -> tuple[Shown, ...]:
        """The project expenditure of the accounts."""
        fact = next(iter(FactsIndex(self.audit.extract).select(Selector("expenditure.project"))), None)
        return self._beside("accounts", [said("–"), said("–"), self._amount(fact), said("–")])

    def _beside(self, name: str, amounts: Iterable[Shown]) -> tuple[Shown, ...]:
        return (said(""), said(self._(name)), *amounts, said(""), said(""), said(""))

    def _facts_of(self, concept: str, project: str = "") -> list[Fact]:
        """The facts of a concept about a project as a whole, or about the department."""
        of = (("project", project),) if project else ()
        return [f for f in self.audit.facts if f.concept == concept and f.dimensions == of]

    def budget_chart(self) -> Chart | NoChart:
        """Opening, adjusted and executed budget of each project."""
        drawn = []
        for project in self.annexes.projects:
            facts = [self._in_table(project, column) for column in _COLUMNS]
            opening_, adjusted, executed = (_in_wan(fact) if fact else None for fact in facts)
            label = f"{project.number} {project.label or self._('unnamed')}"
            drawn.append(Budget(label, (opening_, adjusted, executed)))
        return budget_chart(drawn, self.lang)

    # ---------------------------------------------------------------------------------------- the scoring table

    def scoring(self) -> Table:
        """The scoring table of the department, each score beside what the formula printed with it comes to."""
        body = [self._scored(row) for row in rows(self.annexes.annex.scoring) if row.words("name")]
        if body:
            body.append(self._scored_total())
        heads = ("heading", "indicator", "weight", "score", "by_formula", "method", "mark")
        return self._legend_below(self._table("scoring", heads, body, {2, 3}, "no_scoring"))

    def _scored(self, row: Row) -> tuple[Shown, ...]:
        score, name = self._own(row, "score"), row.cells["name"]
        points = [self._figure_in(row, column) for column in ("weight", "score")]
        return (
            said(row.words("subgroup") or row.words("group")),
            self._at(row.words("name"), name.line),
            *points,
            said(self._by_formula(score)),
            said(clipped(row.words("method"), _METHOD)),
            self._row_marks(row),
        )

    def _figure_in(self, row: Row, column: str) -> Shown:
        fact, words = self._own(row, column), row.words(column)
        return said(fact.printed if fact else words or self._("blank"))

    def _by_formula(self, score: Fact | None) -> str:
        """What the formula of a score comes to, in the words of the check that recomputed it."""
        if score is None:
            return self._("formula_blank")
        for result in self.audit.tickmarks.get(score.id, ()):
            if result.rule.parameters.get("procedure") != "score_formula" or result.operands[0] is not score:
                continue
            if result.outcome is Outcome.NOT_TESTED:
                return result.reason[self.lang]
            return result.should[self.lang] or self._("formula_ties")
        return "–"

    def _scored_total(self) -> tuple[Shown, ...]:
        found = [
            [f.value for row in rows(self.annexes.annex.scoring) if (f := self._own(row, column)) and f.value]
            for column in ("weight", "score")
        ]
        sums = [number(sum(values, Decimal(0))) for values in found]
        stated = self._facts_of("evaluation.score")[:1]
        words = [
            joined([said(f"{self._('department')} {printed(f)}"), self._line(f.source.line)]) for f in stated
        ]
        results = [result for fact in stated for result in self.audit.tickmarks.get(fact.id, ())]
        blank = said("")
        return (blank, said(self._("total")), *map(said, sums), joined(words), blank, self._marked(results))

    def points_chart(self) -> Chart | NoChart:
        """The score of each indicator of the department against its weight, the points lost marked."""
        drawn = [
            p for row in rows(self.annexes.annex.scoring) for p in self._points_of(row, row.words("name"))
        ]
        return points_chart(self._("scoring"), drawn, self.lang)

    # ---------------------------------------------------------------------------------------- figures, tie-out

    def figures(self) -> Folded:
        """Every printed figure of the annexes, by project and table: place, words, meaning, value, unit, tickmarks."""
        parts: dict[Part, list[Numeral]] = {}
        for numeral in self.numerals:
            parts.setdefault(self.annexes.part(numeral.source) or Part("", "report"), []).append(numeral)
        order = {"": 0} | {project.name: project.number for project in self.annexes.projects}
        kinds = ("report", "scoring", "table", "rating")
        found = sorted(
            parts.items(), key=lambda item: (order.get(item[0].project, 0), kinds.index(item[0].kind))
        )
        groups = tuple(
            Group(self._counted(part, numerals), replace(self._figures(numerals), title=""))
            for part, numerals in found
        )
        return Folded(f"{self._('figures')} ({len(self.numerals)})", groups, self._("no_figures"))

    def _counted(self, part: Part, numerals: Sequence[Numeral]) -> Shown:
        checked = sum(map(self.audit.is_checked, numerals))
        name = f"{part.project or self._('whole_department')} · {self._(f'part_{part.kind}')}"
        return said(self._("of_figures").format(name, len(numerals), checked))

    def tie_out(self) -> Table:
        """The projects together against the department's statement and against the accounts, a tie too."""
        found = [result for result in self.audit.results if self._is_control(result)]
        return self._tie_out(sorted(found, key=self._rank))

    @staticmethod
    def _rank(result: Result) -> tuple[bool, bool]:
        """Money before points and numbers, and of money the projects together first."""
        about = {bool(fact.dimension("project")) for fact in result.operands}
        return not result.operands[0].is_money, len(about) < 2

    def _is_control(self, result: Result) -> bool:
        """True where projects are held against the department, or figures of the annexes against another section."""
        if self._crosses(result):
            return True
        about = {bool(fact.dimension("project")) for fact in result.operands}
        is_sum = result.check is not None and result.check.formula == "foot"
        return is_sum and len(about) > 1 and workpaper_of(result) is self.workpaper

    def _here(self, result: Result) -> list[Fact]:
        projects = [fact for fact in result.operands if fact.dimension("project")]
        return projects if len(projects) < len(result.operands) and projects else super()._here(result)


@dataclass(frozen=True, repr=False)
class ProjectWorkpaper(AnnexWorkpaper):
    """One project of the annexes: a view of the checks and figures that touch it, which are counted elsewhere."""

    project: Project

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The results that touch the project, in the order of the rules."""
        return self.annexes.results(self.project)

    @cached_property
    def numerals(self) -> tuple[Numeral, ...]:
        """The printed figures about the project, in reading order."""
        return self.annexes.numerals(self.project)

    @cached_property
    def _findings(self) -> tuple[Finding, ...]:
        return self.annexes.findings(self.project)

    def _meaning(self, fact: Fact) -> str:
        """What a fact means; the project goes without saying where it is this one."""
        own = fact.dimension("project") == self.project.name
        return super()._meaning(replace(fact, dimensions=_without_project(fact)) if own else fact)

    def _opened(self) -> list[tuple[str, Shown]]:
        name = said(f"{self.project.number} {self.project.label or self._('unnamed')}")
        words = self._("all_projects")
        back = Shown(
            words, Markup('<a class="fa-page" href="{}.html">{}</a>').format(_PERFORMANCE.stem, words)
        )
        titles = [table.title.line for table in self.project.tables]
        places = [joined([said(self._("part_table")), *map(self._line, titles)])] if titles else []
        heads = [grid.rows[0].texts[0].line for grid in self.project.ratings if grid.rows]
        places += [joined([said(self._("part_rating")), *map(self._line, heads)])] if heads else []
        told = self.annexes.annex.of_project(self.project.name)
        first = next((passage.text.line for passage in told if not passage.in_table), None)
        places += [joined([said(self._("part_report")), self._line(first)])] if first else []
        return [("project", joined([name, back], " · ")), ("sections", joined(places, "; "))]

    def budget(self) -> Table:
        """The project's opening, adjusted and executed budget by source of money, as its own table states them."""
        body = [self._budgeted(row) for row in rows(table.budget for table in self.project.tables)]
        heads = ("source", *_COLUMNS, "rate", "weight", "score", "mark")
        return self._legend_below(self._table("budget", heads, body, {1, 2, 3, 4, 5, 6}, "no_budget"))

    def _budgeted(self, row: Row) -> tuple[Shown, ...]:
        amounts = [self._amount_in(row, column) for column in _COLUMNS]
        rates = [said(row.words(column) or self._("blank")) for column in ("rate", "weight", "score")]
        return (said(row.words("source")), *amounts, *rates, self._row_marks(row))

    def _amount_in(self, row: Row, column: str) -> Shown:
        fact = self._own(row, column)
        return self._amount(fact) if fact else said(row.words(column) or self._("blank"))

    def indicators(self) -> Table:
        """The project's indicators: target, completion, weight, score, and the marks of every check of the row."""
        found = rows(table.indicators for table in self.project.tables)
        body = [self._indicator(row) for row in found if row.words("name")]
        heads = ("heading", "indicator", "target", "completed", "weight", "score", "mark")
        return self._legend_below(self._table("indicators", heads, body, {4, 5}, "no_indicators"))

    def _indicator(self, row: Row) -> tuple[Shown, ...]:
        target = f"{row.words('nature')} {row.words('target')} {row.words('unit')}"
        completed = row.words("completed") if "completed" in row.cells else "–"
        return (
            said(row.words("level2")),
            self._at(row.words("name"), row.cells["name"].line),
            said(target),
            *[
                said(words or self._("blank"))
                for words in (completed, row.words("weight"), row.words("score"))
            ],
            self._row_marks(row),
        )

    def chart(self, number_: int = 0) -> Chart | NoChart:
        """The points of each indicator against its weight, those given without a completion marked."""
        if number_:
            return super().chart(number_)
        drawn = []
        for table in self.project.tables:
            for row in table.budget.rows if table.budget else ():
                drawn += self._points_of(row, f"{self._('budget')} · {row.words('source')}")
            for row in table.indicators.rows if table.indicators else ():
                is_blank = "completed" in row.cells and row.words("completed") in _BLANK
                drawn += self._points_of(row, row.words("name"), not is_blank)
        return points_chart(self._("points"), drawn, self.lang)

    def rating(self) -> Table:
        """The rating table of the project's report: weights and scores by scope."""
        body = [self._rated(row) for row in rows(self.project.ratings) if row.words("name")]
        heads = ("scope", "level", "indicator", "weight", "score", "method", "mark")
        return self._legend_below(self._table("rating", heads, body, {3, 4}, "no_rating"))

    def _rated(self, row: Row) -> tuple[Shown, ...]:
        return (
            said(row.words("scope")),
            said(row.words("level1")),
            self._at(row.words("name"), row.cells["name"].line),
            said(row.words("weight")),
            said(row.words("score") or self._("blank")),
            said(row.words("method")),
            self._row_marks(row),
        )

    def statements(self) -> Table:
        """What the running text of the report says of the project in figures."""
        told = [numeral for numeral in self.numerals if not self._is_in_form(numeral)]
        table = self._figures(told)
        title = f"{self._('statements')} ({len(told)})"
        return replace(table, title=title, empty=self._("no_statement"))

    def _is_in_form(self, numeral: Numeral) -> bool:
        """True for a figure in a cell of one of the forms, which another table of this workpaper shows."""
        return any(self._facts[fact].source.row is not None for fact in numeral.facts)

    def tie_out(self) -> Table:
        """The project's figures against the same figures printed elsewhere, within the annexes too; a tie too."""
        return self._tie_out([result for result in self.results if self._is_control(result)])

    def _is_control(self, result: Result) -> bool:
        """True for a tie-out whose figures stand in different parts of the report."""
        if result.rule.public_kind not in ("tie_out", "roll_forward", "foot") or result.residual is None:
            return False
        return len({(self.annexes.part(f.source), f.source.row is None) for f in result.operands}) > 1

    def _here(self, result: Result) -> list[Fact]:
        own = Part(self.project.name, "table")
        cells = [f for f in result.operands if self.annexes.part(f.source) == own and f.source.row]
        return cells or list(result.operands[:1])

    def sign_off(self) -> Table:
        """The counts of the checks that touch the project, which add up, and the workpapers that count them."""
        table = super().sign_off()
        counted: dict[str, int] = {}
        for result in self.results:
            stem = workpaper_of(result).stem
            counted[stem] = counted.get(stem, 0) + 1
        if sum(counted.values()) != len(self.results):
            raise AssertionError(f"{len(self.results)} checks touch the project, {counted} are counted")
        body = [(said(self._("counted_in").format(stem)), said(n)) for stem, n in sorted(counted.items())]
        return replace(table, rows=(*table.rows, *body), notes=(said(self._("view")),))


def open_performance(
    report: str, lang: str = "zh", materiality: str | float = "0.005", out: str = ""
) -> PerformanceWorkpaper:
    """The workpaper of the performance annexes; parameters and errors as of `open_workpaper`."""
    return PerformanceWorkpaper(*opening(_PERFORMANCE, report, lang, materiality, out))


def open_project(
    report: str,
    lang: str = "zh",
    materiality: str | float = "0.005",
    out: str = "",
    project: str | int = 1,
) -> ProjectWorkpaper:
    """The workpaper of one project: `project` is its name, or its number from 1; errors as of `open_workpaper`."""
    opened = opening(PROJECT, report, lang, materiality, out, (*PARAMETERS, "project"))
    return ProjectWorkpaper(*opened, project=_chosen(Annexes(opened.audit).projects, project))


def _chosen(projects: Sequence[Project], wanted: str | int) -> Project:
    """The project of this name, else of this number."""
    tests: tuple[Callable[[Project], bool], ...] = (
        lambda project: wanted in (project.name, project.label),
        lambda project: bool(project.name) and project.name == fold(str(wanted)),
        lambda project: not isinstance(wanted, bool) and str(project.number) == str(wanted).strip(),
    )
    found = next((project for is_it in tests for project in projects if is_it(project)), None)
    if found is None:
        known = (
            f"it must be a name, or a number from 1 to {len(projects)}"
            if projects
            else "the annexes have none"
        )
        raise ValueError(f"project is {wanted!r}; {known}")
    return found


def _without_project(fact: Fact) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in fact.dimensions if name != "project")


def _figure(fact: Fact) -> str:
    """A figure as printed, of money in 万元; what the words before it call a decrease is negative."""
    if fact.is_money and fact.unit != "万元":
        value = _in_wan(fact)
        return _cents(value) if value == value.quantize(Decimal("0.01")) else number(value)
    is_decrease = bool(fact.value) and (fact.value or 0) < 0 and not fact.printed.startswith(("-", "−"))
    return f"-{fact.printed}" if is_decrease else fact.printed


def _in_wan(fact: Fact) -> Decimal:
    """An amount in 万元."""
    return fact.exact / SCALE["万元"]


def _difference(one: Fact | None, other: Fact | None) -> str:
    return "–" if one is None or other is None else _cents(_in_wan(one) - _in_wan(other))


def _cents(value: Decimal) -> str:
    """A computed amount or rate, to two decimals."""
    return format(value.quantize(Decimal("0.01"), ROUND_HALF_UP), "f")
