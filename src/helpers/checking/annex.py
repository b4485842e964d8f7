"""The rules of the performance annexes: amounts, scores, indicators and words of projects."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import combinations

from helpers.checking.bind import checked
from helpers.checking.facts_index import FactsIndex
from helpers.checking.kinds import HUNDRED, Outcome, Quantity
from helpers.checking.listed import listed_bodies
from helpers.checking.result import Check, Evidence, Result, Words
from helpers.checking.rules import Rule, Selector
from helpers.facts.annex import Annex, Passage, ProjectTable
from helpers.facts.extract import Extract
from helpers.facts.fact import SCALE, Fact
from helpers.facts.tables import Grid, Row
from helpers.reading.document import Document, Section, Text
from helpers.reading.places import where

_MOST_PROJECTS = 20
_AMOUNTS = ("opening", "adjusted", "executed")
_TIME_UNITS = frozenset({"年", "月", "日", "天", "小时", "个月"})
_TIME_NAME = re.compile(r"时间|时限|期限|工期|及时|竣工|完工|按时|时效")
_SATISFACTION = re.compile(r"满意")
# What stands behind the name of an indicator: a number and its unit, or the target that it is to reach.
_NUMBER_TOLD = re.compile(
    r"(?:至少|达到?|共|为)*((?:\d{1,3}(?:，\d{3})+|\d+)(?:\.\d+)?)(万?[\u4e00-\u9fff]{1,2})"
)
_TARGET_TOLD = re.compile(r"(?:达到|要?求|不|为|应)*(?:至少|少于|低于|≥|≤|超过|高于)(?:达到|为)*(?=[-\d])")
_INSTRUCTION = re.compile(r"需说明理由|应?单独说明理由|\d+字以内|请填写|需说明原因")
# What may stand between the name of an indicator and its figure in running text.
_JOINTS = (
    "至少",
    "达到",
    "达",
    "共",
    "为",
    "要求",
    "求",
    "不",
    "应",
    "少于",
    "低于",
    "≥",
    "≤",
    "超过",
    "高于",
)
# A sentence about one project by its name, and not about all projects of the department.
_ONE_PROJECT = re.compile(
    r"[\u4e00-\u9fff]{2,30}(?<!部门)(?<!单位)(?<!我局)(?<!全部)(?<!所有)(?<!各类)(?<![个类级性本该])项目(?!总)"
)
_BLANK = frozenset({"", "-", "—", "/", "无"})


def _words(zh: str, en: str) -> Words:
    return {"zh": zh, "en": en}


class AnnexChecks:
    """Runs the rules of the annexes against one report."""

    def __init__(self, document: Document, extract: Extract, index: FactsIndex) -> None:
        self.document, self.extract, self.index = document, extract, index
        self.annex: Annex = extract.annex
        self._at = {(fact.source.line, fact.source.start): fact for fact in extract.facts}
        texts = [passage.text for passage in self.annex.passages]
        self._text_at = {line: text for text in texts for line, _, _ in text.pieces}
        self._of: dict[tuple[str, tuple[tuple[str, str], ...]], list[Fact]] = defaultdict(list)
        self._headings: dict[int, Fact] = {}
        self._stated: dict[int, list[Fact]] = defaultdict(list)
        for fact in extract.facts:
            self._of[fact.concept, fact.dimensions].append(fact)
            if fact.concept == "heading.weight":
                self._headings.setdefault(fact.source.line, fact)
            elif fact.concept == "statement":
                self._stated[fact.paragraph].append(fact)
        statements = [fact for found in self._stated.values() for fact in found]
        self._in_narrative = [f for f in statements if f.section and "performance" in f.section.keys]
        self._statements: dict[str, list[Fact]] = {}
        self._counted: dict[tuple[str, str], list[Fact]] = {}
        self._by_value: dict[str, dict[Decimal | None, list[Fact]]] = {}
        self._names: dict[str, set[str]] = defaultdict(set)
        for project, row in self._indicators():
            self._names[project.name].add(row.words("name"))
        self._named: dict[str, dict[str, list[tuple[Passage, int]]]] = {}

    def bind(self, rule: Rule) -> Iterator[Result]:
        """The results of a rule: those of its procedure, or one that says that there was nothing to test."""
        procedure: Callable[[Rule], Iterable[Result]] = getattr(self, "_" + rule.parameters["procedure"])
        found = list(procedure(rule))
        yield from found or [
            self._not_tested(rule, "附件中没有可核对的内容", "the annexes hold nothing to test")
        ]

    # -- helpers ------------------------------------------------------------------------------------------------

    def _checked(self, rule: Rule, formula: str, *operands: Fact) -> Result:
        check = Check(formula, operands)
        verdict = check.verdict()
        why = _words("", "")
        if verdict.outcome is Outcome.NOT_TESTED:
            why = _words("分母为零，比率无意义", "the denominator is zero: the rate is undefined")
        return Result(
            rule, operands[0].id, verdict.outcome, why, operands, verdict.residual, verdict.slack, verdict.computed,
            check, section=operands[0].section,
        )  # fmt: skip

    def _summed(
        self, rule: Rule, total: Fact, plus: list[Fact], minus: list[Fact], context: str = ""
    ) -> Result:
        """A total against a sum with parts taken off; rounding as in a foot."""
        check = Check("foot", (total, *plus, *minus), taken_off=len(minus))
        return checked(rule, check, context or total.id)

    def _fault(
        self, rule: Rule, context: str, evidence: Iterable[Evidence], said: Words, should: Words,
        operands: tuple[Fact, ...] = (), section: Section | None = None, computed: Decimal | None = None,
    ) -> Result:  # fmt: skip
        return Result(
            rule, context, Outcome.EXCEPTION, operands=operands, evidence=tuple(evidence), said=said, should=should,
            section=section or (operands[0].section if operands else None), computed=computed,
        )  # fmt: skip

    def _ties(self, rule: Rule, context: str, *operands: Fact) -> Result:
        section = operands[0].section if operands else None
        return Result(rule, context, Outcome.TIES, operands=operands, section=section)

    def _not_tested(self, rule: Rule, zh: str, en: str, context: str = "annexes", *operands: Fact) -> Result:
        return Result(rule, context, Outcome.NOT_TESTED, _words(zh, en), operands)

    def _gap(self, rule: Rule, context: str, *parts: tuple[Grid | None, str]) -> Result | None:
        """Why the cells of a column of a table cannot be added up; None where they can."""
        for grid, column in parts:
            if grid is None:
                continue
            if grid.unread:
                place = where(self.document, grid.unread[0].line)
                return self._not_tested(
                    rule,
                    f"{place['zh']}起的一行与表头的列数不同，读不出各列",
                    f"the row at {place['en']} is not as wide as the head: its columns cannot be told",
                    context,
                )
            for row in grid.rows:
                cell = row.own(column)
                if cell is not None and cell.folded not in _BLANK and self._fact_in(cell) is None:
                    words, place = cell.raw.strip()[:20], where(self.document, cell.line)
                    return self._not_tested(
                        rule,
                        f"“{words}”（{place['zh']}）不是数字",
                        f"{words} ({place['en']}) is no number",
                        context,
                    )
        return None

    def _fact_in(self, cell: Text | None) -> Fact | None:
        """The fact that a cell states."""
        if cell is None or not cell.folded:
            return None
        source = cell.source(0, len(cell.folded))
        return self._at.get((source.line, source.start))

    def _facts(self, concept: str, project: str | None = None) -> list[Fact]:
        """The facts of a concept about a project as a whole, or about none."""
        return self._of[concept, (("project", project),) if project else ()]

    def _of_department(self, concept: str) -> list[Fact]:
        """The facts of a concept about no project: neither the passage nor the sentence before them names one."""
        return [
            fact for fact in self._facts(concept) if not _ONE_PROJECT.search(self._said_before(fact, "。；"))
        ]

    def _said_before(self, fact: Fact, stops: str) -> str:
        """The words of a fact's text before it, from the last of these stops on."""
        text = self._text_at[fact.source.line]
        before = text.folded[: text.span(fact.source)[0]]
        return before[max(map(before.rfind, stops)) + 1 :]

    def _in_table(self, concept: str, project: str) -> Fact | None:
        return next((fact for fact in self._facts(concept, project) if fact.source.row is not None), None)

    def _told(self, concept: str, project: str) -> list[Fact]:
        """The facts of running text about a project."""
        return [fact for fact in self._facts(concept, project) if fact.source.row is None]

    def _indicators(self) -> Iterator[tuple[ProjectTable, Row]]:
        for project in self.annex.projects:
            for row in project.indicators.rows if project.indicators else ():
                if row.words("name"):
                    yield project, row

    def _cell(self, row: Row, *columns: str) -> list[Evidence]:
        """The cells of a row as evidence, with the facts that they state; a blank one by the name of its row."""
        found = []
        for column in columns:
            cell = row.cells.get(column)
            if cell is not None:
                fact = self._fact_in(cell)
                quote = cell.raw.strip() or row.words("name")
                found.append(Evidence(quote, cell.source(0, len(cell.folded)), fact.id if fact else None))
        return found

    def _facts_of(self, row: Row, *columns: str) -> tuple[Fact, ...]:
        return tuple(fact for fact in (self._fact_in(row.cells.get(column)) for column in columns) if fact)

    # -- amounts of projects --------------------------------------------------------------------------------------

    def _project_amounts_agree(self, rule: Rule) -> Iterator[Result]:
        for project in self.annex.projects:
            name = project.name
            opening, adjusted, executed = (self._in_table(f"project.{column}", name) for column in _AMOUNTS)
            for told, table in (("opening", opening), ("executed", executed)):
                for fact in self._told(f"project.{told}", name) if table else ():
                    assert table is not None
                    yield self._checked(rule, "tie_out", fact, table)
            # 预算 and 资金到位 do not say which budget: any of the three that is the same will do.
            for fact in [*self._told("project.budget", name), *self._told("project.received", name)]:
                candidates = [f for f in (adjusted, opening, executed) if f is not None]
                results = [self._checked(rule, "tie_out", fact, other) for other in candidates]
                ties = [r for r in results if r.outcome.is_tie]
                yield from (ties or results)[:1]

    def _project_adjustment(self, rule: Rule) -> Iterator[Result]:
        sums = self._sums()
        for project in [*(p.name for p in self.annex.projects), None]:
            for change in (
                self._told("project.adjustment", project) if project else self._facts("project.adjustment")
            ):
                opening, used = (
                    next(
                        (f for f in self._facts(f"project.{c}", project) if f.paragraph == change.paragraph),
                        None,
                    )
                    for c in ("opening", "executed")
                )
                # What was used is opening and adjustment only where all of the adjusted budget was spent.
                is_spent = (
                    self._is_spent(project)
                    if project
                    else sums is not None and sums["adjusted"] == sums["executed"]
                )
                if opening is not None and used is not None and is_spent:
                    yield self._checked(rule, "foot", used, opening, change)
                if project is None:
                    continue
                first, adjusted = (
                    self._in_table("project.opening", project),
                    self._in_table("project.adjusted", project),
                )
                if first is not None and adjusted is not None:
                    yield self._summed(rule, change, [adjusted], [first])

    def _is_spent(self, project: str) -> bool:
        adjusted, executed = (
            self._in_table("project.adjusted", project),
            self._in_table("project.executed", project),
        )
        return adjusted is not None and executed is not None and adjusted.exact == executed.exact

    def _execution_rate(self, rule: Rule) -> Iterator[Result]:
        for project in self.annex.projects:
            for row in project.budget.rows if project.budget else ():
                rate, executed, adjusted = (
                    self._fact_in(row.cells.get(c)) for c in ("rate", "executed", "adjusted")
                )
                if rate and executed and adjusted:
                    yield self._checked(rule, "completion", rate, executed, adjusted)
            table = self._in_table("project.rate", project.name)
            for fact in self._told("project.execution_rate", project.name) if table else ():
                assert table is not None
                yield self._checked(rule, "tie_out", fact, table)

    def _sources_add_up(self, rule: Rule) -> Iterator[Result]:
        for project in self.annex.projects:
            rows = list(project.budget.rows) if project.budget else []
            if gap := self._gap(rule, project.name, *((project.budget, c) for c in _AMOUNTS)):
                yield gap
                continue
            for column in _AMOUNTS:
                facts = [self._fact_in(row.cells.get(column)) for row in rows]
                total, parts = (facts[0] if facts else None), [f for f in facts[1:] if f]
                if total is not None and parts:
                    yield self._checked(rule, "foot", total, *parts)

    def _projects_total(self, rule: Rule) -> Iterator[Result]:
        tables = [
            [self._in_table(f"project.{c}", p.name) for p in self.annex.projects]
            for c in ("opening", "adjusted")
        ]
        openings, adjusted = ([f for f in facts if f] for facts in tables)
        if not openings or len(openings) != len(self.annex.projects):
            return
        if not self._is_complete():
            yield self._not_tested(
                rule, "自评表的个数与所述项目个数不同", "there are not as many tables as projects are stated"
            )
            return
        for total in self._facts("project.opening"):
            yield self._summed(rule, total, openings, [])
        if len(adjusted) == len(openings):
            for total in self._facts("project.adjustment"):
                yield self._summed(rule, total, adjusted, openings)

    def _executed_is_project_expenditure(self, rule: Rule) -> Iterator[Result]:
        accounts = self.index.select(Selector("expenditure.project"))
        for fact in self._of_department("project.executed") if accounts else ():
            yield self._checked(rule, "tie_out", fact, accounts[0])

    def _sums(self) -> dict[str, Decimal] | None:
        """What the self-evaluation tables add up to, by column; None where a table, or an amount in one, is lacking."""
        if not self._is_complete():
            return None
        sums = {}
        for column in _AMOUNTS:
            facts = [self._in_table(f"project.{column}", p.name) for p in self.annex.projects]
            if not facts or any(fact is None for fact in facts):
                return None
            sums[column] = sum((fact.exact for fact in facts if fact), Decimal(0))
        return sums

    def _is_complete(self) -> bool:
        """False where the report says that more or fewer projects are evaluated than have a table."""
        stated = [
            f.value
            for c in ("evaluated", "targets")
            for f in self.index.select(Selector(f"performance.{c}", "个"))
        ]
        return not stated or len(self.annex.projects) in stated

    def _class_basis(self, rule: Rule) -> Iterator[Result]:
        budgets, numbers = self._facts("project.class_budget"), self._facts("project.class_number")
        sums = self._sums()
        if len(budgets) < 2 or sums is None or sum(f.value or 0 for f in numbers) != len(self.annex.projects):
            return
        total = sum((f.exact for f in budgets), Decimal(0))
        if total in sums.values():
            yield self._ties(rule, budgets[0].id, *budgets, *numbers)
            return
        listed = [_in_wan(sums[column]) for column in _AMOUNTS]
        yield self._fault(
            rule, budgets[0].id, [Evidence.of(f) for f in budgets],
            _words(f"各类项目预算合计{_in_wan(total)}万元", f"the classes add up to {_in_wan(total)}"),
            _words(f"应同一口径：年初{listed[0]}、调整后{listed[1]}或执行{listed[2]}万元", f"one basis: opening {listed[0]}, adjusted {listed[1]} or executed {listed[2]}"),
            tuple(budgets),
        )  # fmt: skip

    def _class_execution(self, rule: Rule) -> Iterator[Result]:
        numbers, budgets = self._facts("project.class_number"), self._facts("project.class_budget")
        rates = self._facts("project.class_rate")
        amounts = [
            tuple(fact for c in _AMOUNTS if (fact := self._in_table(f"project.{c}", p.name)))
            for p in self.annex.projects
        ]
        if not 0 < len(amounts) <= _MOST_PROJECTS or any(len(row) < len(_AMOUNTS) for row in amounts):
            return
        for number, budget, rate in zip(numbers, budgets, rates, strict=False):
            if not number.paragraph == budget.paragraph == rate.paragraph or not budget.value:
                continue
            found = self._class_members(int(number.value or 0), budget.exact, amounts)
            if found is None:
                yield self._not_tested(
                    rule,
                    "不能确定该类包括哪些项目",
                    "which projects the class holds cannot be told",
                    rate.id,
                    rate,
                    budget,
                )
                continue
            executed = sum((f.exact for f in found), Decimal(0))
            actual = executed / budget.exact * HUNDRED
            if abs(actual - (rate.value or 0)) <= rate.step / 2 + Decimal("0.01"):
                yield self._ties(rule, rate.id, rate, budget, *found)
                continue
            shown = actual.quantize(Decimal("0.01"), ROUND_HALF_UP)
            yield self._fault(
                rule, rate.id, [Evidence.of(f) for f in (rate, budget, *found)],
                _words(f"{rate.printed}%", f"{rate.printed}%"),
                _words(f"{shown}%（执行{_in_wan(executed)} ÷ 预算{budget.printed}）", f"{shown}% ({_in_wan(executed)} ÷ {budget.printed})"),
                (rate, budget, *found), computed=actual,
            )  # fmt: skip

    def _class_members(
        self, size: int, budget: Decimal, amounts: list[tuple[Fact, ...]]
    ) -> tuple[Fact, ...] | None:
        """The executed amounts of the `size` projects whose opening, else adjusted, budgets add up to `budget`.

        None where no projects do, or several that were not executed alike.
        """
        for column in (1, 0):
            groups = [
                group
                for group in combinations(amounts, size)
                if sum((row[column].exact for row in group), Decimal(0)) == budget
            ]
            if len({sum((row[2].exact for row in group), Decimal(0)) for group in groups}) == 1:
                return tuple(row[2] for row in groups[0])
        return None

    def _opening_equals_final(self, rule: Rule) -> Iterator[Result]:
        adjustments = [f for f in self._facts("project.adjustment") if f.value]
        for kind in ("income", "expenditure"):
            for opening, final in zip(
                self._facts(f"department.opening_{kind}"),
                self._facts(f"department.final_{kind}"),
                strict=False,
            ):
                if kind == "income" or not adjustments:
                    yield self._not_tested(
                        rule,
                        "没有可对照的预算调整",
                        "no adjustment to hold it against",
                        opening.id,
                        opening,
                        final,
                    )
                elif opening.exact != final.exact:
                    yield self._ties(rule, opening.id, opening, final)
                else:
                    change = adjustments[0]
                    should = _in_wan(final.exact - change.exact)
                    yield self._fault(
                        rule, opening.id, [Evidence.of(f) for f in (opening, final, change)],
                        _words(f"年初预算{opening.printed}{opening.unit}与决算持平", f"opening budget {opening.printed} as the final"),
                        _words(f"年中调整{change.printed}{change.unit}，年初预算应为{should}万元（其他不变时）", f"adjusted by {change.printed} in the year: {should} if nothing else moved"),
                        (opening, final, change), computed=(final.exact - change.exact) / opening.scale,
                    )  # fmt: skip

    def _final_is_accounts(self, rule: Rule) -> Iterator[Result]:
        for kind in ("income", "expenditure"):
            accounts = [f for c in ("total", "year") for f in self.index.select(Selector(f"{kind}.{c}"))[:1]]
            for fact in self._facts(f"department.final_{kind}"):
                results = [self._checked(rule, "tie_out", fact, other) for other in accounts]
                ties = [result for result in results if result.outcome is not Outcome.EXCEPTION]
                yield from (ties or results)[:1]

    # -- scores ---------------------------------------------------------------------------------------------------

    def _score_formula(self, rule: Rule) -> Iterator[Result]:
        for grid in self.annex.scoring:
            for row in grid.rows:
                score, weight = self._fact_in(row.cells.get("score")), self._fact_in(row.cells.get("weight"))
                if score is None or weight is None:
                    continue
                computed = self._by_formula(row.words("method"), weight.value or Decimal(0))
                if computed is None:
                    yield self._not_tested(
                        rule,
                        "公式所需的数字报告没有列示",
                        "the figures of its formula are not in the report",
                        score.id,
                        score,
                    )
                    continue
                value, operands, how = computed
                if abs(value - (score.value or 0)) <= Decimal("0.5") / 10:
                    yield self._ties(rule, score.id, score, weight, *operands)
                else:
                    yield self._fault(
                        rule, score.id, [*self._cell(row, "score", "method"), *(Evidence.of(f) for f in operands)],
                        _words(f"{row.words('name')}{score.printed}分", f"{row.words('name')}: {score.printed}"),
                        _words(f"按所列公式{_plain(value)}分（{how}）", f"{_plain(value)} by the formula printed ({how})"),
                        (score, *operands), computed=value,
                    )  # fmt: skip
        for project in self.annex.projects:
            facts = [
                self._in_table(f"project.{c}", project.name)
                for c in ("budget_score", "budget_weight", "rate")
            ]
            if all(facts):
                score, weight, rate = (f for f in facts if f)
                value = (weight.value or 0) * min(rate.value or Decimal(0), HUNDRED) / HUNDRED
                if abs(value - (score.value or 0)) <= Decimal("0.1"):
                    yield self._ties(rule, score.id, score, weight, rate)
                elif (rate.value or 0) >= 90 and score.value == weight.value:
                    yield self._not_tested(
                        rule,
                        "执行率90%以上是否扣分由各地规定",
                        "whether a rate above 90% loses points is local",
                        score.id,
                        score,
                    )
                else:
                    yield self._fault(
                        rule, score.id, [Evidence.of(f) for f in (score, rate)],
                        _words(f"{score.printed}分", score.printed), _words(f"{_plain(value)}分（执行率{rate.printed}%×{weight.printed}）", f"{_plain(value)} ({rate.printed}% of {weight.printed})"), (score, weight, rate), computed=value,
                    )  # fmt: skip

    def _by_formula(self, method: str, weight: Decimal) -> tuple[Decimal, tuple[Fact, ...], str] | None:
        """The score that a printed formula comes to from the report's own figures: (score, figures, how)."""
        if re.search(r"调剂金额/.{0,4}年初.{0,6}预算", method):
            changes = [f for f in self._facts("project.adjustment")]
            openings = self._facts("department.opening_expenditure")
            if not changes or not openings or not openings[0].value:
                return None
            ratio = abs(changes[0].exact) / openings[0].exact
            value = Decimal(0) if ratio > Decimal("0.1") else (1 - 10 * ratio) * weight
            percent = (ratio * HUNDRED).quantize(Decimal("0.01"), ROUND_HALF_UP)
            return (
                value,
                (changes[0], openings[0]),
                f"{changes[0].printed} ÷ {openings[0].printed} = {percent}%",
            )
        if re.search(r"12月.{0,12}执行进度达到100%", method):
            sums = self._sums()
            if sums is None or not sums["adjusted"]:
                return None
            rate = min(sums["executed"] / sums["adjusted"], Decimal(1))
            executed = [f for p in self.annex.projects if (f := self._in_table("project.executed", p.name))]
            return (
                rate * weight,
                tuple(executed),
                f"{_in_wan(sums['executed'])} ÷ {_in_wan(sums['adjusted'])}",
            )
        return None

    def _scores_add_up(self, rule: Rule) -> Iterator[Result]:
        stated = [f for f in self._facts("evaluation.score")]
        for grid in self.annex.scoring:
            scores = [f for row in grid.rows if (f := self._fact_in(row.cells.get("score")))]
            for total in stated[:1] if len(scores) >= 2 else ():
                yield self._gap(rule, total.id, (grid, "score")) or self._checked(
                    rule, "foot", total, *scores
                )
        for project in self.annex.projects:
            scores = [
                f
                for row in (project.indicators.rows if project.indicators else ())
                if (f := self._fact_in(row.own("score")))
            ]
            budget = self._in_table("project.budget_score", project.name)
            totals = self._facts("indicator.total_score", project.name)
            gap = self._gap(rule, project.name, (project.budget, "score"), (project.indicators, "score"))
            if gap and totals:
                yield gap
            elif totals and scores and budget:
                yield self._checked(rule, "foot", totals[0], budget, *scores)

    def _weights_add_up(self, rule: Rule) -> Iterator[Result]:
        for grid in self.annex.scoring:
            weights = [f for row in grid.rows if (f := self._fact_in(row.own("weight")))]
            if gap := self._gap(rule, "annexes", (grid, "weight")):
                yield gap
            elif len(weights) >= 3:
                yield self._hundred(rule, *weights)
        for project in self.annex.projects:
            weights = [
                f
                for row in (project.indicators.rows if project.indicators else ())
                if (f := self._fact_in(row.own("weight")))
            ]
            budget = self._in_table("project.budget_weight", project.name)
            totals = self._facts("indicator.total_weight", project.name)
            gap = self._gap(rule, project.name, (project.budget, "weight"), (project.indicators, "weight"))
            if gap and totals:
                yield gap
            elif totals and weights and budget:
                yield self._checked(rule, "foot", totals[0], budget, *weights)
                if totals[0].value != HUNDRED:
                    yield self._hundred(rule, budget, *weights)

    def _hundred(self, rule: Rule, *weights: Fact) -> Result:
        """Weights against 100 points."""
        check = Check("foot", weights, Quantity(HUNDRED))
        verdict = check.verdict()
        return Result(
            rule, weights[0].id, verdict.outcome, operands=weights, residual=verdict.residual, slack=verdict.slack,
            computed=verdict.computed, check=check, section=weights[0].section,
        )  # fmt: skip

    def _headings_add_up(self, rule: Rule) -> Iterator[Result]:
        for grid in self.annex.scoring:
            if gap := self._gap(rule, "annexes", (grid, "weight")):
                yield gap
                continue
            for column in ("group", "subgroup"):
                groups: dict[tuple[int, int], list[Fact]] = defaultdict(list)
                cells: dict[tuple[int, int], Text] = {}
                for row in grid.rows:
                    cell, weight = row.cells.get(column), self._fact_in(row.own("weight"))
                    if cell is not None and weight is not None:
                        key = (cell.line, cell.pieces[0][1])
                        groups[key].append(weight)
                        cells[key] = cell
                for key, weights in groups.items():
                    yield from self._heading(rule, cells[key], weights)
        for project in self.annex.projects:
            for part, column in ((project.budget, "weight"), (project.indicators, "weight")):
                if gap := self._gap(rule, project.name, (part, column)):
                    yield gap
                    continue
                facts = [f for row in (part.rows if part else ()) if (f := self._fact_in(row.own(column)))]
                for cell in part.head[:1] if part and facts else ():
                    yield from self._heading(rule, cell, facts)

    def _heading(self, rule: Rule, cell: Text, weights: list[Fact]) -> Iterator[Result]:
        headings = (self._headings.get(line) for line in dict.fromkeys(line for line, _, _ in cell.pieces))
        total = next((fact for fact in headings if fact is not None), None)
        if total is not None:
            yield self._checked(rule, "foot", total, *weights)

    def _method_points(self, rule: Rule) -> Iterator[Result]:
        """The points that a method gives to its steps, against the weight of the indicator."""
        for grid in self.annex.scoring:
            for row in grid.rows:
                cell, weight = row.own("method"), self._fact_in(row.own("weight"))
                if cell is None or weight is None:
                    continue
                spans = [m.span(1) for m in re.finditer(r"\d\.[^。；]*?得(\d+)分，否则", cell.folded)]
                listed = re.search(r"分别得((?:\d+、)+\d+)分", cell.folded)
                if listed:
                    spans = [
                        (listed.start(1) + m.start(), listed.start(1) + m.end())
                        for m in re.finditer(r"\d+", listed.group(1))
                    ]
                facts = [self._at.get((s.line, s.start)) for s in (cell.source(*span) for span in spans)]
                steps = [fact for fact in facts if fact]
                if len(steps) >= 2:
                    result = self._checked(rule, "foot", weight, *steps)
                    # Steps may be alternatives, which need not add up.
                    yield (
                        result
                        if result.outcome is Outcome.TIES
                        else self._not_tested(
                            rule,
                            "各档分值可能是并列的选择",
                            "the steps may be alternatives",
                            weight.id,
                            weight,
                        )
                    )

    def _class_numbers(self, rule: Rule) -> Iterator[Result]:
        """The numbers of projects by class add up to the number of projects that the report states."""
        numbers = self._facts("project.class_number")
        stated = [
            f for c in ("evaluated", "targets") for f in self.index.select(Selector(f"performance.{c}", "个"))
        ]
        results = (
            [self._checked(rule, "foot", total, *numbers) for total in stated] if len(numbers) >= 2 else []
        )
        ties = [result for result in results if result.outcome is Outcome.TIES]
        yield from ties or results[:1]

    def _score_within_weight(self, rule: Rule) -> Iterator[Result]:
        rows = [row for grid in self.annex.scoring for row in grid.rows]
        rows += [row for _, row in self._indicators()]
        for row in rows:
            score, weight = self._fact_in(row.own("score")), self._fact_in(row.own("weight"))
            if score is not None and weight is not None:
                yield self._checked(rule, "at_most", score, weight)

    def _score_restated(self, rule: Rule) -> Iterator[Result]:
        told = [f for f in self.extract.facts if f.concept == "performance.score"]
        for fact in told:
            subject = fact.dimension("of") or ""
            if subject == "部门整体":
                others = self._of_department("evaluation.score")
            else:
                name = next(
                    (
                        p.name
                        for p in self.annex.projects
                        if p.name and (p.name in subject or subject in p.name)
                    ),
                    None,
                )
                others = (
                    [*self._facts("evaluation.score", name), *self._facts("indicator.total_score", name)]
                    if name
                    else []
                )
            for other in others:
                yield self._checked(rule, "tie_out", other, fact)

    def _rating_weights(self, rule: Rule) -> Iterator[Result]:
        for project, grid in self.annex.ratings:
            weights = [f for row in grid.rows if (f := self._fact_in(row.own("weight")))]
            if len(weights) < 2:
                continue
            if gap := self._gap(rule, project, (grid, "weight"), (grid, "score")):
                yield gap
                continue
            total = sum((f.value or Decimal(0) for f in weights), Decimal(0))
            if total == HUNDRED:
                yield self._ties(rule, project, *weights)
                continue
            scores = [f for row in grid.rows if (f := self._fact_in(row.own("score")))]
            points = sum((f.value or Decimal(0) for f in scores), Decimal(0))
            stated = self._facts("evaluation.score", project)
            yield self._fault(
                rule, project or str(weights[0].source.line), [*(Evidence.of(f) for f in stated), *(Evidence.of(f) for f in weights)],
                _words(f"权重合计{_plain(total)}%，得分合计{_plain(points)}分", f"weights add up to {_plain(total)}%, scores to {_plain(points)}"),
                _words("权重合计100%", "weights of 100%"), (*stated, *weights),
            )  # fmt: skip

    def _rating_scores(self, rule: Rule) -> Iterator[Result]:
        for project, grid in self.annex.ratings:
            scores = [f for row in grid.rows if (f := self._fact_in(row.own("score")))]
            for total in self._facts("evaluation.score", project)[:1] if len(scores) >= 2 else ():
                yield self._gap(rule, total.id, (grid, "score")) or self._checked(
                    rule, "foot", total, *scores
                )

    def _rating_scopes(self, rule: Rule) -> Iterator[Result]:
        """The scopes of one weight are alternatives: only the project's own kind is scored, within that weight."""
        for project, grid in self.annex.ratings:
            if gap := self._gap(rule, project, (grid, "weight"), (grid, "score")):
                yield gap
                continue
            groups: list[tuple[Fact, list[Row]]] = []
            for row in grid.rows:
                weight = self._fact_in(row.own("weight"))
                if weight is not None:
                    groups.append((weight, [row]))
                elif groups and row.words("name"):
                    groups[-1][1].append(row)
            for weight, rows in groups:
                scopes = {row.words("scope") for row in rows}
                scored = [(row, f) for row in rows if (f := self._fact_in(row.own("score"))) and f.value]
                points = sum((f.value or Decimal(0) for _, f in scored), Decimal(0))
                kinds = sorted({row.words("scope") for row, _ in scored})
                if len(kinds) <= 1 and points <= (weight.value or 0):
                    yield self._ties(rule, weight.id, weight, *(f for _, f in scored))
                    continue
                fault = self._fault(
                    rule, weight.id, [*(Evidence.of(f) for _, f in scored), Evidence.of(weight)],
                    _words(f"{len(kinds)}类适用范围（{'、'.join(kinds)}）共{_plain(points)}分", f"{len(kinds)} kinds of project ({', '.join(kinds)}): {_plain(points)} points"),
                    _words(f"只评适用的一类，不超过{weight.printed}分" if len(scopes) > 1 else f"不超过{weight.printed}分", f"only the kind that applies, at most {weight.printed}"),
                    (weight, *(f for _, f in scored)),
                )  # fmt: skip
                yield (
                    replace(fault, check=Check("at_most", (scored[0][1], weight)))
                    if len(scored) == 1
                    else fault
                )

    # -- indicators -----------------------------------------------------------------------------------------------

    def _completion_blank(self, rule: Rule) -> Iterator[Result]:
        for project in self.annex.projects:
            grid = project.indicators
            if grid is None or not any("completed" in row.cells for row in grid.rows):
                continue
            blank = [r for r in grid.rows if r.words("completed") in _BLANK and self._is_full(r)]
            filled = [f for r in grid.rows if (f := self._fact_in(r.own("completed")))]
            if not blank:
                yield self._ties(rule, project.name, *filled)
                continue
            yield self._fault(
                rule, project.name, [e for row in blank for e in self._cell(row, "completed", "score")],
                _words(f"{len(blank)}项指标未填完成值而得满分", f"{len(blank)} indicators with full marks and no completion"),
                _words("填列实际完成值", "the actual completion"), tuple(f for row in blank for f in self._facts_of(row, "score")),
            )  # fmt: skip

    def _is_full(self, row: Row) -> bool:
        score, weight = self._fact_in(row.own("score")), self._fact_in(row.own("weight"))
        return score is not None and weight is not None and bool(score.value) and score.value == weight.value

    def _target_met(self, rule: Rule) -> Iterator[Result]:
        for _, row in self._indicators():
            target, done = self._fact_in(row.own("target")), self._fact_in(row.own("completed"))
            if target is None or done is None or target.value is None or done.value is None:
                continue
            nature = row.words("nature")
            met = {"=": done.value == target.value, "≥": done.value >= target.value, "≤": done.value <= target.value, ">": done.value > target.value, "<": done.value < target.value}.get(nature)  # fmt: skip
            if met is None:
                continue
            if met or not self._is_full(row):
                yield self._ties(rule, done.id, done, target)
            else:
                yield self._fault(
                    rule, done.id, self._cell(row, "completed", "target", "score"),
                    _words(f"完成值{done.printed}，得满分", f"completed {done.printed}, full marks"), _words(f"{nature}{target.printed}", f"{nature} {target.printed}"), (done, target),
                )  # fmt: skip

    def _cost_direction(self, rule: Rule) -> Iterator[Result]:
        for project, row in self._indicators():
            if "成本" not in row.words("level1") + row.words("level2"):
                continue
            operands = self._facts_of(row, "target")
            context = f"{project.name}/{row.words('name')}"
            if row.words("nature") not in ("≥", ">"):
                yield self._ties(rule, context, *operands)
            else:
                yield self._fault(
                    rule, context, self._cell(row, "nature", "target", "name"),
                    _words(f"成本指标{row.words('nature')}{row.words('target')}{row.words('unit')}", f"a cost indicator {row.words('nature')} {row.words('target')}"),
                    _words("成本指标应为≤", "≤ for a cost"), operands,
                )  # fmt: skip

    def _nature_and_value(self, rule: Rule) -> Iterator[Result]:
        for project, row in self._indicators():
            nature, target = row.words("nature"), row.words("target")
            is_number = bool(re.fullmatch(r"-?[\d.，]+%?", target))
            operands, context = self._facts_of(row, "target"), f"{project.name}/{row.words('name')}"
            if not nature or not target:
                continue
            if nature == "定性" and is_number:
                said, should = (
                    f"定性指标，指标值{target}{row.words('unit')}",
                    "定性指标用等级或文字，有数值的用＝、≥、≤",
                )
            elif nature in ("=", "≥", "≤", ">", "<") and not is_number:
                said, should = f"{nature}{target}", "数值，或改为定性"
            else:
                yield self._ties(rule, context, *operands)
                continue
            yield self._fault(
                rule,
                context,
                self._cell(row, "target", "nature", "unit", "name"),
                _words(said, said),
                _words(should, "a grade for a qualitative indicator, a number for a quantitative one"),
                operands,
            )

    def _indicator_heading(self, rule: Rule) -> Iterator[Result]:
        for project, row in self._indicators():
            name, heading = row.words("name"), row.words("level2")
            context = f"{project.name}/{name}"
            operands = self._facts_of(row, "target")
            if not heading:
                continue
            if _SATISFACTION.search(name) and "满意" not in heading + row.words("level1"):
                right = "满意度指标"
            elif "数量" in heading and (_TIME_NAME.search(name) or row.words("unit") in _TIME_UNITS):
                right = "时效指标"
            else:
                yield self._ties(rule, context, *operands)
                continue
            yield self._fault(
                rule, context, self._cell(row, "name", "target", "level2"),
                _words(f"“{name}”列在{heading}", f"{name} under {heading}"), _words(right, right), operands,
            )  # fmt: skip

    def _cost_unit(self, rule: Rule) -> Iterator[Result]:
        """A cost in 元 that has the digits of the project's 万元 has lost its unit, or the reverse."""
        for project, row in self._indicators():
            target = self._fact_in(row.own("target"))
            if target is None or not target.is_money or not target.value:
                continue
            same = [
                f
                for c in ("executed", "adjusted", "opening")
                if (f := self._in_table(f"project.{c}", project.name))
                and (
                    f.value == target.value
                    or (f.unit == target.unit == "元" and _in_wan(f.exact) == _plain(target.value))
                )
            ]
            if not same or (same[0].unit == target.unit and same[0].value == target.value):
                yield self._ties(rule, target.id, target)
                continue
            yield self._fault(
                rule, target.id, [*self._cell(row, "target", "unit", "name"), Evidence.of(same[0])],
                _words(f"{target.printed}{target.unit}", f"{target.printed} {target.unit}"), _words(f"{same[0].printed}{same[0].unit}", f"{same[0].printed} {same[0].unit}"), (target, same[0]),
            )  # fmt: skip

    def _cost_within_budget(self, rule: Rule) -> Iterator[Result]:
        for project in self.annex.projects:
            costs = [
                (row, f)
                for row in (project.indicators.rows if project.indicators else ())
                if "成本" in row.words("level1") + row.words("level2")
                and (f := self._fact_in(row.own("target"))) and f.is_money and row.words("nature") in ("=", "≥")
            ]  # fmt: skip
            limits = [
                f
                for c in ("adjusted", "executed", "opening")
                if (f := self._in_table(f"project.{c}", project.name))
            ]
            if not costs or not limits:
                continue
            limit = max(limits, key=lambda fact: fact.exact)
            total = sum((f.exact for _, f in costs), Decimal(0))
            if total <= limit.exact:
                yield self._ties(rule, project.name, *(f for _, f in costs), limit)
                continue
            yield self._fault(
                rule, project.name, [*(e for row, _ in costs for e in self._cell(row, "target", "name")), Evidence.of(limit)],
                _words(f"成本指标合计{_in_wan(total)}万元", f"costs of {_in_wan(total)}"),
                _words(f"不超过项目的{limit.printed}{limit.unit}", f"within the project's {limit.printed} {limit.unit}"), (*(f for _, f in costs), limit),
            )  # fmt: skip

    def _quantity_price(self, rule: Rule) -> Iterator[Result]:
        """What the quantities cost at the unit prices of the same table, against the project's money."""
        for project in self.annex.projects:
            rows = project.indicators.rows if project.indicators else ()
            opening, executed = (
                self._in_table("project.opening", project.name),
                self._in_table("project.executed", project.name),
            )
            counted = _quantities(project)
            pairs = [(p, q) for p in rows if "/" in p.words("unit") for q in counted if _is_priced(q, p)]
            if not pairs or opening is None or executed is None:
                continue
            prices = {id(p): (p, q) for p, q in pairs}
            costs = [(p, q, self._price(p) * self._amount(q)) for p, q in prices.values()]
            operands = tuple(f for p, q, _ in costs for row in (p, q) for f in self._facts_of(row, "target"))
            total = sum((cost for *_, cost in costs), Decimal(0))
            limit = max((opening, executed), key=lambda fact: fact.exact)
            if total <= limit.exact:
                yield self._ties(rule, project.name, *operands, limit)
            else:
                yield self._fault(
                    rule, project.name, [*(e for p, q, _ in costs for row in (q, p) for e in self._cell(row, "target", "name")), Evidence.of(limit)],
                    _words(f"按目标数量与单价至少需{_in_wan(total)}万元", f"the targets at their prices cost at least {_in_wan(total)}"),
                    _words(f"不超过项目的{limit.printed}{limit.unit}", f"within the project's {limit.printed} {limit.unit}"), (*operands, limit),
                )  # fmt: skip
            for price, _, _ in costs:
                yield from self._actual_quantity(rule, project, price, executed)

    def _actual_quantity(
        self, rule: Rule, project: ProjectTable, price: Row, executed: Fact
    ) -> Iterator[Result]:
        """The quantity that the project's report says was done, at the price of its table, against what was spent."""
        unit = price.words("unit").rpartition("/")[2]
        for fact in self._told_of(project.name):
            if fact.source.row is not None or not fact.value or not self._counts(fact, unit):
                continue
            if not _shares_word(fact.dimension("of") or "", price.words("name")):
                continue
            cost = (fact.value or Decimal(0)) * self._price(price)
            evidence = [
                Evidence.of(fact),
                *self._cell(price, "target", "name"),
                Evidence.of(executed),
            ]
            operands = (fact, *self._facts_of(price, "target"), executed)
            if cost <= executed.exact:
                yield self._ties(rule, fact.id, *operands)
            else:
                yield self._fault(
                    rule, fact.id, evidence,
                    _words(f"{fact.quote}，按单价需{_in_wan(cost)}万元", f"{fact.quote}: {_in_wan(cost)} at the unit price"),
                    _words(f"项目共支出{executed.printed}{executed.unit}", f"the whole project spent {executed.printed} {executed.unit}"), operands,
                )  # fmt: skip

    def _counts(self, fact: Fact, unit: str) -> bool:
        text = self._text_at[fact.source.line]
        return text.folded.startswith(unit, text.span(fact.source)[1])

    def _price(self, row: Row) -> Decimal:
        """The price of one unit in 元."""
        money = row.words("unit").partition("/")[0]
        fact = self._fact_in(row.own("target"))
        return (fact.value or Decimal(0)) * SCALE.get(money, Decimal(1)) if fact else Decimal(0)

    def _amount(self, row: Row) -> Decimal:
        fact = self._fact_in(row.own("target"))
        factor = Decimal(10_000) if row.words("unit").startswith("万") else Decimal(1)
        return (fact.value or Decimal(0)) * factor if fact else Decimal(0)

    def _units_agree(self, rule: Rule) -> Iterator[Result]:
        for project, row in self._indicators():
            target, name, unit = self._fact_in(row.own("target")), row.words("name"), row.words("unit")
            if target is None or not unit:
                continue
            if "/" in unit:
                for other in _quantities(project):
                    quantity_unit = other.words("unit").removeprefix("万")
                    if not _same_thing(name, other.words("name")):
                        continue
                    per = unit.rpartition("/")[2]
                    if per == quantity_unit:
                        yield self._ties(rule, target.id, target)
                    else:
                        yield self._fault(
                            rule, target.id, [*self._cell(row, "unit", "name", "target"), *self._cell(other, "unit", "target")],
                            _words(f"{name}单价按{unit}", f"{name} priced per {per}"), _words(f"数量单位为{other.words('unit')}", f"counted in {other.words('unit')}"), (target,),
                        )  # fmt: skip
                continue
            for passage, start, match in self._told_with(project.name, name, _NUMBER_TOLD):
                if Decimal(match.group(1).replace("，", "")) != target.value:
                    continue
                whole = start, match.end()
                place, quote = passage.text.source(*match.span(1)), passage.text.quote(*whole)
                fact = self._at.get((place.line, place.start))
                operands = (target, *([fact] if fact else []))
                if match.group(2).startswith(unit[: len(match.group(2))]):
                    yield self._ties(rule, target.id, *operands)
                else:
                    yield self._fault(
                        rule, target.id, [Evidence(quote, passage.text.source(*whole), fact.id if fact else None), *self._cell(row, "target", "unit", "name")],
                        _words(quote, quote), _words(f"{target.printed}{row.words('unit')}", f"{target.printed} {row.words('unit')}"), operands,
                    )  # fmt: skip

    def _target_told(self, rule: Rule) -> Iterator[Result]:
        """A figure of the project's report that is an indicator's target, by its words and unit.

        One told as the target of an indicator by its whole name is to be that of the table.
        """
        names = Counter((project.name, row.words("name")) for project, row in self._indicators())
        for project, row in self._indicators():
            target, name = self._fact_in(row.own("target")), row.words("name")
            if target is None:
                continue
            is_one = names[project.name, name] == 1 and len(name) >= 4
            for passage, _, match in self._told_with(project.name, name, _TARGET_TOLD) if is_one else ():
                source = passage.text.source(match.end(), match.end() + 1)
                fact = self._at.get((source.line, source.start))
                if (
                    fact is not None
                    and (fact.unit == target.unit or self._counts(fact, row.words("unit") or "?"))
                    and fact.value != target.value
                ):
                    yield self._checked(rule, "tie_out", fact, target)
            for fact in self._with_value(project.name, target.value):
                same_unit = fact.unit == target.unit or self._counts(fact, row.words("unit") or "?")
                about = (fact.dimension("of") or "") + fact.quote
                if same_unit and _shares_word(about, row.words("name") + row.words("level2")):
                    yield self._ties(rule, fact.id, fact, target)

    def _told_of(self, project: str) -> list[Fact]:
        """The statements in the running text about a project."""
        blocks = dict.fromkeys(p.block for p in self.annex.of_project(project) if not p.in_table)
        return [fact for block in sorted(blocks) for fact in self._stated.get(block, ())]

    def _statements_of(self, project: str) -> list[Fact]:
        """The statements about a project, and those of the narrative on performance."""
        if project not in self._statements:
            self._statements[project] = [*self._told_of(project), *self._in_narrative]
        return self._statements[project]

    def _with_value(self, project: str, value: Decimal | None) -> list[Fact]:
        """Those of `_statements_of` that state this value."""
        if project not in self._by_value:
            self._by_value[project] = defaultdict(list)
            for fact in self._statements_of(project):
                self._by_value[project][fact.value].append(fact)
        return self._by_value[project].get(value, [])

    def _that_count(self, project: str, unit: str) -> list[Fact]:
        """Those of `_statements_of` that count a unit."""
        if (project, unit) not in self._counted:
            found = [f for f in self._statements_of(project) if f.value and self._counts(f, unit)]
            self._counted[project, unit] = found
        return self._counted[project, unit]

    def _names_told(self, project: str) -> dict[str, list[tuple[Passage, int]]]:
        """Where the running text about a project names its indicators with a figure behind them, by name."""
        if project not in self._named:
            names = self._names[project]
            lengths = sorted({len(name) for name in names})
            found: dict[str, list[tuple[Passage, int]]] = defaultdict(list)
            for passage in self.annex.of_project(project):
                words, starts = passage.text.folded, set[int]()
                for end in _before_figures(words) if not passage.in_table else ():
                    starts.update(end - n for n in lengths if end >= n and words[end - n : end] in names)
                for start in sorted(starts):
                    for n in lengths:
                        if words[start : start + n] in names:
                            found[words[start : start + n]].append((passage, start))
            self._named[project] = found
        return self._named[project]

    def _told_with(
        self, project: str, name: str, pattern: re.Pattern[str]
    ) -> Iterator[tuple[Passage, int, re.Match[str]]]:
        """Where the name of an indicator stands before a match of the pattern, in the running text about its project."""
        last: tuple[Passage, int] | None = None
        for passage, start in self._names_told(project).get(name, ()):
            if last is not None and passage is last[0] and start < last[1]:
                continue
            match = pattern.match(passage.text.folded, start + len(name))
            if match:
                last = passage, match.end()
                yield passage, start, match

    def _overfulfilled(self, rule: Rule) -> Iterator[Result]:
        """A quantity far above its target does not count towards a score whose method says so."""
        rows = [
            row
            for grid in self.annex.scoring
            for row in grid.rows
            if re.search(r"超过.{0,6}指标\d+%以上的?，?均?不计分", row.words("method"))
        ]
        for row in rows:
            score = self._fact_in(row.own("score"))
            limit = re.search(r"超过.{0,6}指标(\d+)%以上", row.words("method"))
            if score is None or limit is None or not self._is_full(row):
                continue
            for project, indicator in self._indicators():
                target = self._fact_in(indicator.own("target"))
                if target is None or not target.value or "数量" not in indicator.words("level2"):
                    continue
                done = [
                    f for f in self._that_count(project.name, indicator.words("unit") or "?")
                    if _shares_word(f.dimension("of") or "", indicator.words("name"))
                    and not re.search(r"至少|不少于|不低于|≥", f.dimension("of") or "")
                ]  # fmt: skip
                over = [
                    f for f in done if (f.value or 0) > target.value * (1 + Decimal(limit.group(1)) / 100)
                ]
                if over:
                    yield self._fault(
                        rule, over[0].id, [*self._cell(row, "score"), *self._cell(indicator, "target", "name"), Evidence.of(over[0])],
                        _words(f"{over[0].quote}，目标{indicator.words('nature')}{target.printed}，仍得满分{score.printed}", f"{over[0].quote} against a target of {target.printed}, full marks"),
                        _words(f"超过目标{limit.group(1)}%以上不计分", f"no points above {limit.group(1)}% over the target"), (score, target, over[0]),
                    )  # fmt: skip
                elif done:
                    yield self._ties(rule, done[0].id, done[0], target)

    def _adjustment_reason(self, rule: Rule) -> Iterator[Result]:
        for project in self.annex.projects:
            opening, adjusted = (
                self._in_table("project.opening", project.name),
                self._in_table("project.adjusted", project.name),
            )
            row = project.budget.rows[0] if project.budget and project.budget.rows else None
            if opening is None or adjusted is None or row is None or row.cells.get("reason") is None:
                continue
            if opening.value == adjusted.value:
                yield self._ties(rule, project.name, opening, adjusted)
                continue
            unread = project.budget is not None and project.budget.unread
            if gap := self._gap(rule, project.name, (project.budget, "reason")) if unread else None:
                yield gap
                continue
            words = row.words("reason")
            # The form's own note says what to fill in; what is left without its sentences is the reason.
            notes = re.compile(r"^(?:\d\.)?(?:预算执行率=|其他资金包括|社会投入)")
            left = "".join(
                s for s in re.split(r"[；。]", words) if not _INSTRUCTION.search(s) and not notes.match(s)
            )
            if len(left) >= 8 and words not in _BLANK:
                yield self._ties(rule, project.name, opening, adjusted)
            else:
                evidence = self._cell(row, "reason") or self._cell(row, "adjusted")
                yield self._fault(
                    rule, project.name, [*evidence, *(Evidence.of(f) for f in (opening, adjusted))],
                    _words(f"预算由{opening.printed}调整为{adjusted.printed}，未说明理由", f"adjusted from {opening.printed} to {adjusted.printed}, no reason"),
                    _words("单独说明调整理由", "the reason of the adjustment"), (opening, adjusted),
                )  # fmt: skip

    # -- words ----------------------------------------------------------------------------------------------------

    def _template_text(self, rule: Rule) -> Iterator[Result]:
        patterns = [re.compile(pattern) for pattern in rule.parameters["patterns"]]
        groups: dict[str, list[Evidence]] = defaultdict(list)
        for passage in self.annex.passages:
            for pattern in [] if passage.in_table else patterns:
                match = pattern.search(passage.text.folded)
                if match:
                    key = passage.project or match.group()[:8]
                    groups[key].append(Evidence.of_words(passage.text, *match.span()))
                    break
        for key, evidence in groups.items():
            yield self._fault(
                rule, key, evidence, _words(f"模板说明文字未删改（{len(evidence)}处）", f"instructions of the form left in ({len(evidence)} places)"),
                _words("换成实际情况", "the facts instead"),
            )  # fmt: skip
        if not groups and self.annex.passages:
            yield self._ties(rule, "annexes")

    def _methods_announced(self, rule: Rule) -> Iterator[Result]:
        for project, grid in self.annex.ratings:
            used = {
                re.sub(r"\([^)]*\)", "", row.words("method"))
                for row in grid.rows
                if row.words("method").endswith("法")
            }
            for passage in self.annex.of_project(project):
                match = re.search(r"采取(?:了)?([^。，]{2,30}?法)[。，]", passage.text.folded)
                if match is None or not used:
                    continue
                told = set(re.split(r"[、和及]", re.sub(r"\([^)]*\)", "", match.group(1))))
                if told >= used:
                    yield self._ties(rule, project)
                else:
                    yield self._fault(
                        rule, project, [Evidence.of_words(passage.text, *match.span())],
                        _words(f"评价方法：{match.group(1)}", match.group(1)), _words(f"评分表使用{'、'.join(sorted(used))}", ", ".join(sorted(used))), section=passage.section,
                    )  # fmt: skip

    def _layers_announced(self, rule: Rule) -> Iterator[Result]:
        """The layers of indicators and kinds of project that the text announces stand in the table."""
        for project, grid in self.annex.ratings:
            layers = "".join(dict.fromkeys(row.words("layer") for row in grid.rows))
            scopes = "".join(dict.fromkeys(row.words("scope") for row in grid.rows))
            missing: list[str] = []
            evidence: list[Evidence] = []
            for passage in self.annex.of_project(project):
                words = passage.text.folded
                told = (
                    re.findall(r"(通用|专用|共性|个性)指标", words)
                    if re.match(r"根据.{0,20}指标体系|^\([一二三]\)", words)
                    else []
                )
                told = [f"{name}指标" for name in dict.fromkeys(told) if f"{name}指标" not in layers]
                kinds = re.search(r"支持对象包括([^。]+?)等", words)
                told += [
                    kind for kind in (kinds.group(1).split("、") if kinds else []) if kind[:4] not in scopes
                ]
                if told:
                    missing += [name for name in told if name not in missing]
                    evidence.append(
                        Evidence(passage.text.raw.strip()[:80], passage.text.source(0, len(words)))
                    )
            if missing:
                yield self._fault(
                    rule, project, evidence, _words(f"正文提出{'、'.join(missing)}", f"the text announces {', '.join(missing)}"),
                    _words("评分表没有对应内容", "the table has none of it"),
                )  # fmt: skip
            elif layers:
                yield self._ties(rule, project)

    def _repeated_paragraph(self, rule: Rule) -> Iterator[Result]:
        first: dict[str, Passage] = {}
        repeated: list[tuple[Passage, Passage]] = []
        for passage in self.annex.passages:
            words = passage.text.folded
            if passage.project is not None or passage.in_table or len(words) < 80:
                continue
            key = words[-60:]
            if key in first:
                repeated.append((first[key], passage))
            else:
                first[key] = passage
        if repeated:
            place = where(self.document, repeated[0][0].text.line)
            yield self._fault(
                rule, repeated[0][1].text.folded[:30], [Evidence(p.text.raw.strip()[:80], p.text.source(0, len(p.text.folded))) for _, p in repeated],
                _words(f"{len(repeated)}段与前文（{place['zh']}起）相同", f"{len(repeated)} paragraphs repeat what stands before ({place['en']})"),
                _words("该部分自己的内容", "what this part is about"),
            )  # fmt: skip
        elif first:
            yield self._ties(rule, "annexes")

    def _saving_rate(self, rule: Rule) -> Iterator[Result]:
        for rate in self._facts("procurement.saving_rate"):
            saved, contracted = (
                next((f for f in self._facts(f"procurement.{c}") if f.paragraph == rate.paragraph), None)
                for c in ("saved", "contracted")
            )
            if saved is None or contracted is None or not saved.value:
                continue
            low = (
                (saved.exact - saved.step * saved.scale / 2)
                / (contracted.exact + contracted.step * contracted.scale / 2 + saved.exact)
                * 100
            )
            high = (
                (saved.exact + saved.step * saved.scale / 2)
                / (contracted.exact - contracted.step * contracted.scale / 2 + saved.exact)
                * 100
            )
            exact = saved.exact / (contracted.exact + saved.exact) * 100
            step = Decimal(1).scaleb(-rate.decimals)
            residual = (rate.value or Decimal(0)) - exact
            inside = low - step / 2 <= (rate.value or 0) <= high + step / 2
            shown = exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
            if inside:
                yield Result(
                    rule,
                    rate.id,
                    Outcome.TIES if abs(residual) <= step / 2 else Outcome.TIES_WITHIN_ROUNDING,
                    operands=(rate, saved, contracted),
                    residual=residual,
                    slack=(high - low) / 2 + step / 2,
                    computed=exact,
                    section=rate.section,
                )
            else:
                yield self._fault(
                    rule, rate.id, [Evidence.of(f) for f in (rate, saved, contracted)],
                    _words(f"{rate.printed}%", f"{rate.printed}%"), _words(f"{shown}%（节约 ÷（成交＋节约））", f"{shown}% (saved ÷ (contracted + saved))"), (rate, saved, contracted),
                    computed=exact,
                )  # fmt: skip

    def _posts_add_up(self, rule: Rule) -> Iterator[Result]:
        for total in self._facts("posts.total"):
            parts = [
                f
                for c in ("administrative", "institution", "service")
                for f in self._facts(f"posts.{c}")
                if f.paragraph == total.paragraph
            ]
            if parts:
                yield self._checked(rule, "foot", total, *parts)

    def _listed_numbers(self, rule: Rule) -> Iterator[Result]:
        """A number of offices or units against the names listed behind it, or before it."""
        yield from listed_bodies(rule, (passage.text for passage in self.annex.passages), self._at)

    def _completion_dates(self, rule: Rule) -> Iterator[Result]:
        pattern = re.compile(
            r"(20\d\d年\d{1,2}月)(?:底)?(?:竣工|完工|完成|交付)[^。；]{0,20}?实际(?:于)?(20\d\d年\d{1,2}月)"
        )
        for passage in self.annex.passages:
            for match in pattern.finditer(passage.text.folded):
                if match.group(1) == match.group(2):
                    yield self._ties(rule, match.group())
                else:
                    yield self._fault(
                        rule, match.group(), [Evidence.of_words(passage.text, *match.span())],
                        _words(f"{match.group(1)}完成，实际{match.group(2)}", f"done {match.group(1)}, actually {match.group(2)}"), _words("同一完成日期，延期应反映在评分与存在问题", "one date; a delay shows in the score and the problems"),
                    )  # fmt: skip

    def _problem_against_score(self, rule: Rule) -> Iterator[Result]:
        """A problem that the report names against full marks for just that."""
        rows = [row for grid in self.annex.scoring for row in grid.rows]
        rows = [row for row in rows if "细化" in row.words("method") + row.words("explanation")]
        problem = re.compile(r"存在问题。?[^。]*绩效目标[^。]*(?:细化|量化)[^。]*")
        of_all = [passage for passage in self.annex.passages if passage.project is None] if rows else []
        searched = [(passage, problem.search(passage.text.folded)) for passage in of_all]
        told = [(passage, match) for passage, match in searched if match]
        for row in rows:
            for passage, match in told:
                if not self._is_full(row):
                    yield self._ties(rule, row.words("name"), *self._facts_of(row, "score"))
                else:
                    yield self._fault(
                        rule, row.words("name"), [Evidence.of_words(passage.text, *match.span()), *self._cell(row, "score")],
                        _words(passage.text.quote(*match.span())[:60], passage.text.quote(*match.span())[:60]), _words(f"“{row.words('name')}”不应得满分", f"less than full marks for {row.words('name')}"), self._facts_of(row, "score"),
                    )  # fmt: skip

    def _restated_statement(self, rule: Rule) -> Iterator[Result]:
        """Figures of sentences that stand more than once about one thing: the same words, the same figure."""
        about = {passage.block: passage.project for passage in self.annex.passages if not passage.in_table}
        first: dict[tuple[str, str], Fact] = {}
        for fact in self.extract.facts:
            if fact.concept != "statement":
                continue
            text = self._text_at[fact.source.line]
            start, end = text.span(fact.source)
            before, after = text.folded[max(0, start - 10) : start], text.folded[end : end + 4]
            if len(before) < 6:
                continue
            one = first.setdefault((before, after), fact)
            if one is fact:
                continue
            named, other = (_ONE_PROJECT.search(self._said_before(f, "。；")) for f in (fact, one))
            same_subject = about.get(fact.paragraph, "") == about.get(one.paragraph, "") and (
                (named and named.group()) == (other and other.group())
            )
            if one.value == fact.value:
                yield self._ties(rule, fact.id, fact, one)
            elif (
                same_subject
                and len(before) >= 10
                and len(after) >= 4
                and fact.source.row is None
                and one.source.row is None
            ):
                yield self._checked(rule, "tie_out", fact, one)

    # -- the narrative against the annexes --------------------------------------------------------------------------

    def _services_bought(self, rule: Rule) -> Iterator[Result]:
        services = self.index.select(Selector("procurement.services"))
        for passage in self.annex.passages:
            match = re.search(r"通过政府采购[^。]{0,24}?(?:采购|购买)[^。]{0,8}服务", passage.text.folded)
            if match is None or not services:
                continue
            if services[0].value:
                yield self._ties(rule, passage.project or "annexes", services[0])
            else:
                yield self._fault(
                    rule, passage.project or "annexes", [Evidence.of(services[0]), Evidence.of_words(passage.text, *match.span())],
                    _words("政府采购服务支出为零", "no services procured"), _words("附件称通过政府采购购买服务", "the annexes say that services were procured"), (services[0],),
                )  # fmt: skip
                return

    def _satisfaction_supported(self, rule: Rule) -> Iterator[Result]:
        told = [f for f in self.extract.facts if f.concept == "performance.satisfaction"]
        rows = [row for _, row in self._indicators() if _SATISFACTION.search(row.words("name"))]
        if not told or not rows or "completed" not in rows[0].cells:
            return
        if any(row.words("completed") not in _BLANK for row in rows):
            yield self._ties(rule, "satisfaction", *told)
        else:
            yield self._fault(
                rule, "satisfaction", [Evidence.of(f) for f in told],
                _words(f"{told[0].quote}", told[0].quote), _words("自评表没有满意度的完成值", "the tables give no completion of satisfaction"), tuple(told),
            )  # fmt: skip

    def _project_named(self, rule: Rule) -> Iterator[Result]:
        """A project is called in its summary as it is called elsewhere."""
        names = [project.name for project in self.annex.projects]
        for paragraph in self.document.paragraphs:
            if not paragraph.section or "performance" not in paragraph.section.keys:
                continue
            for match in re.finditer(r"通过([^，。；：]{4,40}?)项目经费的使用", paragraph.text.folded):
                name = match.group(1)
                if not names:
                    yield self._not_tested(
                        rule, "附件没有项目自评表", "the annexes hold no table of a project", name
                    )
                    continue
                if any(known in name or name in known for known in names):
                    yield self._ties(rule, name)
                    continue
                close = next(
                    (known for known in names if len(_common_prefix(known, name)) >= max(4, len(name) // 2)),
                    None,
                )
                if close:
                    yield self._fault(
                        rule, name, [Evidence.of_words(paragraph.text, *match.span(1))],
                        _words(name, name), _words(close, close), section=paragraph.section,
                    )  # fmt: skip

    def _evaluated_budgets(self, rule: Rule) -> Iterator[Result]:
        money = self.index.select(Selector("state_capital.expenditure"))
        for paragraph in self.document.paragraphs:
            if not paragraph.section or "performance" not in paragraph.section.keys:
                continue
            match = re.search(r"组织对[^。；]*国有资本经营预算[^。；]*绩效自评", paragraph.text.folded)
            if match is None or not money:
                continue
            if any(f.value for f in money):
                yield self._ties(rule, "state_capital", money[0])
            else:
                yield self._fault(
                    rule, "state_capital", [Evidence.of_words(paragraph.text, *match.span()), Evidence.of(money[0])],
                    _words("称对国有资本经营预算等开展绩效自评", "claims to have evaluated the state capital budget"), _words("本部门没有该项支出", "the department has no such expenditure"), (money[0],),
                )  # fmt: skip


def _plain(value: Decimal) -> str:
    text = format(value.quantize(Decimal("0.01"), ROUND_HALF_UP), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _in_wan(value: Decimal) -> str:
    return _plain(value / 10_000)


def _quantities(project: ProjectTable) -> list[Row]:
    """The indicators of a project that count something."""
    rows = project.indicators.rows if project.indicators else ()
    return [row for row in rows if "数量" in row.words("level2") and row.words("unit").removeprefix("万")]


def _before_figures(words: str) -> set[int]:
    """Where in a text a figure begins, or the words that join it to the name of what it is a figure of."""
    found, ends = set[int](), [match.start() for match in re.finditer(r"[-\d]", words)]
    while ends:
        end = ends.pop()
        if end not in found:
            found.add(end)
            ends += (end - len(joint) for joint in _JOINTS if words.endswith(joint, 0, end))
    return found


def _is_priced(quantity: Row, price: Row) -> bool:
    """True where a row counts what another gives the unit price of: the same unit, or 场 for 次, and a common word."""
    per, unit = price.words("unit").rpartition("/")[2], quantity.words("unit").removeprefix("万")
    if not per or quantity is price:
        return False
    alike = per == unit or {per, unit} <= {"场", "次", "批", "批次"}
    return alike and _shares_word(quantity.words("name"), price.words("name"))


_COMMON_WORDS = frozenset(
    {
        "项目", "指标", "完成", "达到", "数量", "年度", "工作", "预算", "情况", "次数", "人数", "面积", "场次", "批次", "至少",
        "个数", "单价", "成本",
    }
)  # fmt: skip


def _shares_word(one: str, other: str) -> bool:
    """True where two characters in a row, other than common ones, stand in both."""
    return any(pair in other for pair in _pairs(one))


@lru_cache(maxsize=1024)
def _pairs(words: str) -> frozenset[str]:
    """Every two characters in a row that tell what words are about."""
    return frozenset(re.findall(r"(?=([\u4e00-\u9fff]{2}))", words)) - _COMMON_WORDS


def _same_thing(one: str, other: str) -> bool:
    """True where two indicators are of one thing: a name within the other, words for number and price left out."""
    a, b = _thing(one), _thing(other)
    return min(len(a), len(b)) >= 3 and (a in b or b in a)


@lru_cache(maxsize=1024)
def _thing(name: str) -> str:
    """The name of an indicator without the words for number and price."""
    return re.sub(r"数量|单价|成本|费用|次数|面积|单位|[个台套]数", "", name)


def _common_prefix(one: str, other: str) -> str:
    length = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one[:length]
