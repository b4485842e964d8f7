"""Binding the arithmetic rules to a report's facts: one result for each rule and context."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import islice

from helpers.checking.facts_index import FactsIndex, class_of, nearest
from helpers.checking.kinds import HUNDRED, Outcome, Quantity
from helpers.checking.readings import totals_may_be_of_the_year
from helpers.checking.result import Check, Result, Words
from helpers.checking.rules import Rule, Selector, alternatives
from helpers.facts.concepts import taxonomy
from helpers.facts.extract import Extract
from helpers.facts.fact import Fact
from helpers.reading.document import Document, Section

_REASONS: dict[str, Words] = {
    "zero_denominator": {"zh": "分母可能为零，比率无意义", "en": "the denominator may be zero: the rate is undefined"},
    "negative_part": {"zh": "同段有负数，占比可以超出该范围", "en": "an amount beside it is negative: a share may lie outside"},
    "zero_budget": {"zh": "预算为零，完成率无意义", "en": "the budget is zero: the rate of completion is undefined"},
    "negative_prior": {"zh": "推算的上年数为负", "en": "the implied figure of last year is negative"},
    "rate_too_coarse": {"zh": "百分比未列小数，不能判断大小", "en": "the percentage has no decimals: it does not tell"},
    "fewer_decimals": {"zh": "该百分比的小数位数少于全文", "en": "this percentage has fewer decimals than the rest"},
    "nil_disagrees": {"zh": "金额与数量一个为零、一个不为零", "en": "of money and number one is nil and the other is not"},
    "unread": {"zh": "同一段落有未能识别的数字", "en": "a figure in the same paragraph could not be read"},
    "cut": {"zh": "所列项目在文本首尾，可能不完整", "en": "the list stands at the edge of the text and may be cut"},
    "unstated": {"zh": "差额可能是报告未列示的部分", "en": "the difference may be a part that the report does not state"},
    "about": {"zh": "“基本持平”不是确切的数量关系", "en": "“about the same” states no exact relation"},
    "no_base": {"zh": "未说明占比的整体，或整体没有金额", "en": "the whole of the share is not stated, or has no amount"},
    "shares_missing": {"zh": "有的部分没有列示占比", "en": "a part has no share printed"},
    "total_zero": {"zh": "合计为零，占比无意义", "en": "the total is zero: shares are undefined"},
}  # fmt: skip
# The concept of this year alone that a word for a total may mean as well.
_YEAR_OF = {"income.total": "income.year", "expenditure.total": "expenditure.year"}


def reason(name: str) -> Words:
    """The wording of a reason, or none for the empty name."""
    return dict(_REASONS[name]) if name else {"zh": "", "en": ""}


def _missing(*concepts: str) -> Words:
    labels = [operand_label(alternatives(words)[0][0]) for words in concepts]
    return {
        "zh": "报告中没有找到：" + "、".join(label["zh"] for label in labels),
        "en": "not found in the report: " + ", ".join(label["en"] for label in labels),
    }


_GROUP_LABELS: dict[str | None, Words] = {
    "class": {"zh": "（分类）", "en": " by class"},
    "item": {"zh": "（分项）", "en": " by item"},
    "basic_item": {"zh": "（基本支出类科目）", "en": " of basic items"},
    "project_item": {"zh": "（项目类科目）", "en": " of project items"},
    "kind": {"zh": "（按种类）", "en": " by kind"},
    "project": {"zh": "（按项目）", "en": " by project"},
}
_MEASURE_LABELS: dict[str, Words] = {
    "budget": {"zh": "预算数", "en": " (budget)"},
    "share": {"zh": "占比", "en": " (share)"},
    "change": {"zh": "增减额", "en": " (change)"},
    "growth": {"zh": "增长率", "en": " (growth)"},
    "completion": {"zh": "完成预算率", "en": " (completion)"},
}


def operand_label(selector: Selector) -> Words:
    """What an operand is called: its concept, measure and group."""
    label = taxonomy().concepts[selector.concept].label
    measure, group = _MEASURE_LABELS.get(selector.measure), _GROUP_LABELS.get(selector.group)
    return {
        lang: label[lang] + (measure[lang] if measure else "") + (group[lang] if group else "")
        for lang in ("zh", "en")
    }


def checked(rule: Rule, check: Check, context: str) -> Result:
    """The result of a check bound to a rule."""
    verdict = check.verdict()
    return Result(
        rule,
        context,
        verdict.outcome,
        reason(verdict.reason),
        check.operands,
        verdict.residual,
        verdict.slack,
        verdict.computed,
        check,
        section=check.operands[0].section,
    )


class _Amounts:
    """The amounts of a section, each value once, in reading order and by size."""

    def __init__(self) -> None:
        self._facts: dict[tuple[Decimal, ...], Fact] = {}

    def add(self, fact: Fact) -> None:
        """Take up an amount where its value has not been printed before."""
        self._facts.setdefault((fact.exact, fact.step, fact.scale, fact.coarse_step), fact)

    @cached_property
    def _by_size(self) -> list[Fact]:
        return sorted(self._facts.values(), key=lambda fact: fact.exact)

    @cached_property
    def _coarsest(self) -> Decimal:
        return max(fact.step * fact.scale for fact in self._by_size)

    def wholes(self, rate: Fact, part: Fact) -> Iterable[Fact]:
        """Those that a part may be this share of, and hardly any other, in reading order."""
        width, slack = rate.step + rate.coarse_step, part.step * part.scale
        least, most = (rate.value or Decimal(0)) - width, (rate.value or Decimal(0)) + width
        if least <= 0 or part.exact <= slack or not self._facts:
            return self._facts.values()
        low = (part.exact - slack) * HUNDRED / most - self._coarsest
        high = (part.exact + slack) * HUNDRED / least + self._coarsest
        first = bisect_left(self._by_size, low, key=lambda fact: fact.exact)
        end = bisect_right(self._by_size, high, key=lambda fact: fact.exact)
        return sorted(self._by_size[first:end], key=lambda fact: (fact.source.line, fact.source.start))


class Binder:
    """Binds rules to the facts of one report."""

    def __init__(self, extract: Extract, index: FactsIndex, document: Document) -> None:
        self.extract, self.index = extract, index
        # A text without the parts of a report may begin and end in the middle of a list.
        self._sections = document.sections
        self._is_part = sum(section.level == 0 for section in document.sections) < 3
        details = {fact.id: fact for fact in extract.facts if fact.is_open}
        unread = [
            (
                (numeral.source.line, numeral.source.start),
                numeral.unit,
                next((details[name] for name in numeral.facts), None),
            )
            for numeral in extract.numerals
            if details.keys() >= set(numeral.facts)
        ]
        self._unread = sorted(unread, key=lambda one: one[0])
        self._amounts: dict[Section | None, _Amounts] = defaultdict(_Amounts)
        for fact in extract.facts:
            if fact.measure == "amount" and fact.value and fact.is_money:
                self._amounts[fact.section].add(fact)
        self.bind: dict[str, Callable[[Rule], Iterator[Result]]] = {
            "foot": self.foot,
            "tie_out": self.tie_out,
            "recompute": self.recompute,
            "direction": self.direction,
            "limit": self.limit,
            "nil": self.nil,
        }

    # -- results ------------------------------------------------------------------------------------------------

    def _result(self, rule: Rule, check: Check, context: str | None = None) -> Result:
        return checked(rule, check, context or _context(check.operands[0]))

    def _not_tested(
        self, rule: Rule, why: Words, context: str = "report", operands: tuple[Fact, ...] = ()
    ) -> Result:
        section = operands[0].section if operands else None
        return Result(rule, context, Outcome.NOT_TESTED, why, operands, section=section)

    def _settled(self, rule: Rule, result: Result) -> Result:
        """A difference that the rule, or what could not be read, leaves open is not an exception."""
        if result.outcome is not Outcome.EXCEPTION:
            return result
        if rule.parameters.get("difference") == "not_tested":
            return result.with_outcome(Outcome.NOT_TESTED, dict(rule.parameters["because"]))
        if result.check and result.check.formula == "foot" and self._has_unread(result.operands):
            return result.with_outcome(Outcome.NOT_TESTED, reason("unread"))
        return result

    def _has_unread(self, facts: tuple[Fact, ...]) -> bool:
        """True where a figure of the same unit that was not understood stands among the facts.

        What an item's explanation tells is none of the items, but in the total's own paragraph it may hold them.  A
        list of subjects goes on to the last that it names: the amount of that may stand before its name.
        """
        places = [(fact.source.line, fact.source.start) for fact in facts]
        if facts[-1].dimension("function"):
            places += [
                (path.source.line, path.source.end)
                for path in self.extract.paths
                if path.section == facts[-1].section and len(path.names) == 3
            ]
        first = bisect_right(self._unread, min(places), key=lambda one: one[0])
        end = bisect_left(self._unread, max(places), key=lambda one: one[0])
        return any(
            unit == facts[0].unit
            and (detail is None or detail.measure != "told" or detail.paragraph == facts[0].paragraph)
            for _, unit, detail in islice(self._unread, first, end)
        )

    def _applies(self, rule: Rule) -> Words | None:
        """Why the rule's conditions are not met; None where they are."""
        for condition in rule.parameters.get("when", ()):
            if condition == "no_carry_over" and not self._no_carry_over():
                return {
                    "zh": "有结转结余，或未列示",
                    "en": "there are balances carried over, or they are not stated",
                }
            if condition == "appropriation_only" and not self._appropriation_only():
                return {
                    "zh": "有财政拨款以外的收入或结转",
                    "en": "there is income other than appropriations, or a balance",
                }
            if condition == "totals_with_balances" and totals_may_be_of_the_year(self.index):
                return {
                    "zh": "“总收入”“总支出”在此可指本年收入、本年支出：两者之差与结转结余相符",
                    "en": "the totals may be those of the year: their difference fits the balances",
                }
            if condition == "projects_complete" and not self._projects_complete():
                return {
                    "zh": "所附自评表未必涵盖全部项目",
                    "en": "the self-evaluation tables need not cover all projects",
                }
        return None

    def _first(self, words: str) -> Fact | None:
        found = self.index.select(Selector.parse(words))
        return found[0] if found else None

    def _beside(self, fact: Fact, measure: str) -> Fact | None:
        """The figure of this measure, of the same subject, that stands nearest in the paragraph of `fact`."""
        return self.index.same(fact, measure).nearest_beside(fact)

    def _no_carry_over(self) -> bool:
        for total, year in (("income.total", "income.year"), ("expenditure.total", "expenditure.year")):
            one, other = self._first(total), self._first(year)
            if one is None or other is None or one.exact != other.exact:
                return False
        return True

    def _appropriation_only(self) -> bool:
        others = ("superior", "business", "operating", "affiliated", "other", "surplus_used")
        stated = [self._first(f"income.{name}") for name in others]
        return self._no_carry_over() and all(fact is None or fact.value == 0 for fact in stated)

    def _projects_complete(self) -> bool:
        """True where there is a self-evaluation table for each project that has targets, which all must have."""
        targets = self._first("performance.targets/个")
        tables = {
            fact.dimensions for fact in self.index.select(Selector("project.executed", "amount", "project"))
        }
        return targets is not None and targets.value == len(tables) > 0

    # -- foot ---------------------------------------------------------------------------------------------------

    def foot(self, rule: Rule) -> Iterator[Result]:
        """Totals against their items, for each place where both stand."""
        unmet = self._applies(rule)
        if unmet:
            yield self._not_tested(rule, unmet)
            return
        if rule.parameters["total"] == "100%":
            yield from self._foot_shares(rule)
            return
        total = Selector.parse(rule.parameters["total"])
        totals = self.index.select(total)
        if not totals:
            yield self._not_tested(rule, _missing(rule.parameters["total"]))
            return
        if rule.parameters.get("grouped"):
            yield from self._foot_grouped(rule, totals)
            return
        bound = [(fact, self._items(rule, fact, own_section=True)) for fact in totals]
        bound = [(fact, items) for fact, items in bound if items]
        if rule.parameters.get("same_section"):
            bound = [(f, items) for f, items in bound if f.section or items[0].paragraph == f.paragraph]
        if not bound:
            apart = not rule.parameters.get("same_section")
            items = self._items(rule, totals[0], own_section=False) if apart else []
            if not items:
                yield self._not_tested(rule, _missing(*_concepts(rule)), operands=(totals[0],))
                return
            bound = [(totals[0], items)]
        closest: dict[tuple[str, ...], tuple[Fact, list[Fact]]] = {}
        for fact, items in bound:
            key = tuple(item.id for item in items)
            if key not in closest or _gap(fact, items) < _gap(closest[key][0], items):
                closest[key] = (fact, items)
        for fact, items in closest.values():
            yield self._footed(rule, fact, items)

    def _footed(self, rule: Rule, total: Fact, items: list[Fact]) -> Result:
        result = self._result(rule, Check("foot", (total, *items)))
        if rule.parameters.get("all_items"):
            absent = [words for words in rule.parameters["items"] if not self._chosen(words, items)]
            if absent:
                return self._not_tested(rule, _missing(*absent), result.context, result.operands)
        if result.outcome is Outcome.EXCEPTION and result.residual is not None and result.residual > 0:
            # What stands in other sections may be left out there where it is nil, or not read.
            absent = [words for words in rule.parameters["items"] if not self._chosen(words, items)]
            flat = rule.parameters.get("flat")
            if absent and not flat and any(item.section != total.section for item in items):
                return result.with_outcome(Outcome.NOT_TESTED, _missing(*absent))
            optional = rule.parameters.get("optional", ())
            if absent and not flat and len(items) == 1 and len(rule.parameters["items"]) + len(optional) > 2:
                # One part of several is no list of them: 年初结转和结余 alone, 固定资产 alone.
                return result.with_outcome(Outcome.NOT_TESTED, _missing(*absent))
            if optional and not any(self._chosen(words, items) for words in optional):
                # A list that names one of them leaves out what is nil; one that names none says nothing.
                return result.with_outcome(Outcome.NOT_TESTED, _missing(*optional))
            # A list that has a kind for the rest, or names one that is nil, leaves none out.
            kinds = [(kind, item.value) for item in items if (kind := item.dimension("kind"))]
            is_complete = any(kind.startswith(("其他", "其它")) or value == 0 for kind, value in kinds)
            if rule.parameters.get("remainder") == "may_be_unstated" and not is_complete:
                return result.with_outcome(Outcome.NOT_TESTED, reason("unstated"))
        if self._is_cut(result, [total], items, rule):
            return result.with_outcome(Outcome.NOT_TESTED, reason("cut"))
        return self._settled(rule, result)

    def _is_cut(
        self, result: Result, totals: list[Fact], items: list[Fact], rule: Rule | None = None
    ) -> bool:
        """True where a list of paragraphs that falls short begins or ends with the text, which may hold a part of it.

        A list of named kinds that has them all is whole, and what is less than a hundredth of the total is no item.
        """
        short = result.residual or Decimal(0)
        whole = (totals[0].value if totals else HUNDRED) or Decimal(0)
        is_short = abs(short) * HUNDRED > abs(whole) and (short > 0 or items[0].measure == "change")
        if result.outcome is not Outcome.EXCEPTION or not is_short or not self._is_part:
            return False
        if rule and self._has_all_kinds(rule, items):
            return False
        own = {total.paragraph for total in totals}
        places = {item.paragraph for item in items} - own
        is_last = not self._sections or items[-1].section == self._sections[-1]
        # The total stands before its items: a list that ends with the text may go on.
        return bool(places) and (is_last or (min(places) == 0 and not own))

    def _has_all_kinds(self, rule: Rule, items: list[Fact]) -> bool:
        """True where a list of named kinds is whole: each of the rule's items stands in it."""
        kinds = [*rule.parameters["items"], *rule.parameters.get("optional", ())]
        concepts = {item.concept for item in items}
        flat = rule.parameters.get("flat", [])
        if flat and len(concepts) + self._flat(flat, items[0]) >= len(flat):
            return True
        return not any("@" in words for words in kinds) and all(
            any(all(selector.concept in concepts for selector in choice) for choice in alternatives(words))
            for words in kinds
        )

    def _chosen(self, words: str, items: list[Fact]) -> bool:
        concepts = {selector.concept for choice in alternatives(words) for selector in choice}
        return any(item.concept in concepts for item in items)

    def _items(self, rule: Rule, total: Fact, own_section: bool) -> list[Fact]:
        """The facts that add up to `total`: from its own section, or from anywhere in the report."""
        found: list[Fact] = []
        for words in [*rule.parameters["items"], *rule.parameters.get("optional", ())]:
            choices = [
                [self._selected(selector, total, own_section) for selector in choice]
                for choice in alternatives(words)
            ]
            # The first whose leading figure is stated; else the first of which anything is.
            best = next((c for c in choices if c[0]), None) or next((c for c in choices if any(c)), [])
            found += [fact for facts in best for fact in facts]
        if total.value and found and all(item.dimension("function") and not item.value for item in found):
            # 其他支出0万元 alone is no breakdown by function.
            return []
        flat = [words for words in rule.parameters.get("flat", ())]
        if found and flat:
            found = found if len(found) >= 2 or len(found) + self._flat(flat, total) >= len(flat) else []
        return found

    def _flat(self, concepts: list[str], total: Fact) -> int:
        """How many of the concepts are said to be unchanged."""
        return sum(
            any(fact.value == 0 for fact in self.index.select(Selector(concept, "direction")))
            for concept in concepts
        )

    def _selected(self, selector: Selector, total: Fact, own_section: bool) -> list[Fact]:
        selected = self.index.select(selector)
        if selector.group is None:
            one = selected.nearest_in_section(total) if own_section else selected.nearest(total)
            return [one] if one else []
        if selector.group == "kind":
            # A list by kind belongs to the total of its own sentence.
            candidates: Sequence[Fact] = selected.in_paragraph(total.paragraph)
        else:
            candidates = selected.in_section(total.section) if own_section else selected
        if own_section:
            candidates = [fact for fact in candidates if fact.section == total.section]
        elif total.section is not None:
            # A list before the first heading of a text in part is of nothing that is known.
            candidates = [fact for fact in candidates if fact.section is not None]
        first: dict[tuple[tuple[str, str], ...], Fact] = {}
        for fact in sorted(candidates, key=lambda fact: abs(fact.paragraph - total.paragraph)):
            first.setdefault(fact.dimensions, fact)
        return sorted(first.values(), key=lambda fact: (fact.source.line, fact.source.start))

    def _foot_grouped(self, rule: Rule, totals: Sequence[Fact]) -> Iterator[Result]:
        selector = Selector.parse(rule.parameters["items"][0])
        items = self.index.select(selector)
        seen: set[str] = set()
        by_class: dict[str | None, list[Fact]] = defaultdict(list)
        for item in items:
            by_class[class_of(item)].append(item)
        for total in totals:
            code = class_of(total)
            if code is None or code in seen:
                continue
            seen.add(code)
            own = by_class.get(code, [])
            if own:
                result = self._settled(rule, self._result(rule, Check("foot", (total, *own))))
                if self._is_cut(result, [total], own):
                    result = result.with_outcome(Outcome.NOT_TESTED, reason("cut"))
                yield result
            elif total.value:
                yield self._not_tested(rule, _missing(rule.parameters["items"][0]), _context(total), (total,))
        for class_, own in by_class.items():
            if class_ not in seen:
                yield self._not_tested(rule, _missing(rule.parameters["total"]), _context(own[0]), tuple(own))

    def _foot_shares(self, rule: Rule) -> Iterator[Result]:
        zero = rule.parameters.get("unless_zero")
        whole = self._first(zero) if zero else None
        if whole is not None and whole.value == 0:
            yield self._not_tested(rule, reason("total_zero"), operands=(whole,))
            return
        first = _anywhere(self, rule)
        shares = self._items(rule, first, own_section=True) if first else []
        if len(shares) < 2:
            yield self._not_tested(rule, _missing(*_concepts(rule)))
            return
        if any(share.id in self.extract.wholes for share in shares) and not self._are_of_one_whole(shares):
            yield self._not_tested(rule, reason("no_base"), operands=tuple(shares))
            return
        if self._parts_without_share(rule, shares):
            yield self._not_tested(rule, reason("shares_missing"), operands=tuple(shares))
            return
        check = Check("foot", tuple(shares), Quantity(HUNDRED))
        result = self._settled(rule, self._result(rule, check))
        if self._is_cut(result, [], shares):
            result = result.with_outcome(Outcome.NOT_TESTED, reason("cut"))
        yield result

    def _are_of_one_whole(self, shares: list[Fact]) -> bool:
        """True where the shares name one whole, and that is the one that their parts make up."""
        named = {self.extract.wholes.get(share.id) for share in shares}
        own = {
            share.concept if share.dimensions else taxonomy().concepts[share.concept].whole
            for share in shares
        }
        return len(named) == 1 and named <= own

    def _parts_without_share(self, rule: Rule, shares: list[Fact]) -> bool:
        shared = {(fact.concept, fact.dimensions) for fact in shares}
        shared_concepts = {fact.concept for fact in shares}
        for words in rule.parameters["items"]:
            choices = alternatives(words)
            if any(selector.concept in shared_concepts for choice in choices for selector in choice):
                choices = [c for c in choices if any(selector.concept in shared_concepts for selector in c)][
                    :1
                ]
            for selector in choices[0]:
                amounts = self.index.select(Selector(selector.concept, "amount", selector.group))
                for fact in amounts.in_section(shares[0].section):
                    if fact.value and (fact.concept, fact.dimensions) not in shared:
                        return True
        return False

    # -- tie_out ------------------------------------------------------------------------------------------------

    def tie_out(self, rule: Rule) -> Iterator[Result]:
        """The same figure in two places: two named ones, or each restatement of one."""
        unmet = self._applies(rule)
        if unmet:
            yield self._not_tested(rule, unmet)
            return
        if "restated" in rule.parameters:
            yield from self._restated(rule)
            return
        if "alone" in rule.parameters:
            yield from self._alone(rule)
            return
        yield self._sides(rule, "tie_out")

    def _sides(self, rule: Rule, formula: str) -> Result:
        """The left of a rule against its right."""
        left, right = self._first(rule.parameters["left"]), self._first(rule.parameters["right"])
        if left is None or right is None:
            absent = [
                rule.parameters[side] for side, fact in (("left", left), ("right", right)) if fact is None
            ]
            return self._not_tested(rule, _missing(*absent), operands=tuple(f for f in (left, right) if f))
        return self._settled(rule, self._result(rule, Check(formula, (left, right))))

    def _restated(self, rule: Rule) -> Iterator[Result]:
        tested = False
        for words in rule.parameters["restated"]:
            first: dict[tuple[tuple[str, str], ...], Fact] = {}
            for fact in self.index.select(Selector.parse(words)):
                if not is_at_home(fact):
                    continue
                one = first.setdefault(fact.dimensions, fact)
                if one is not fact and one.source != fact.source:
                    tested = True
                    yield self._settled(rule, self._result(rule, Check("tie_out", (fact, one))))
        if not tested:
            why = {"zh": "没有重复出现的数字", "en": "no figure is stated twice"}
            yield self._not_tested(rule, why)

    def _alone(self, rule: Rule) -> Iterator[Result]:
        """The rates of a total against those of its one part that is not nil: they come from the same figures."""
        tested = False
        for concept, part_concepts in rule.parameters["alone"].items():
            for measure, base in (("completion", "budget"), ("growth", "change")):
                for rate in self.index.select(Selector(concept, measure)):
                    amount = self.index.same(rate, "amount").nearest(rate)
                    parts = [self.index.select(Selector(c)).nearest(rate) for c in part_concepts]
                    own = [part for part in parts if part is None or part.value]
                    if amount is None or len(own) != 1 or own[0] is None or own[0].exact != amount.exact:
                        continue
                    other = self.index.select(Selector(own[0].concept, measure)).nearest_in_section(rate)
                    if other is None:
                        continue
                    bases = self._beside(rate, base), self._beside(other, base)
                    if bases[0] and bases[1] and bases[0].exact == bases[1].exact:
                        tested = True
                        yield self._result(rule, Check("tie_out", (other, rate)))
        if not tested:
            why = {"zh": "没有只含一项的合计", "en": "no total has but one part"}
            yield self._not_tested(rule, why)

    # -- recompute ----------------------------------------------------------------------------------------------

    def recompute(self, rule: Rule) -> Iterator[Result]:
        """Each printed rate or change against the amounts it comes from."""
        formula = rule.parameters["formula"]
        if formula == "average":
            yield from self._averages(rule)
            return
        found = False
        for prefix in ("", "budget_") if formula in ("growth", "change") else ("",):
            for fact in self.index.measured(prefix + formula):
                result = getattr(self, f"_{formula}")(rule, fact, prefix)
                if result is not None:
                    found = True
                    yield self._settled(rule, result)
        if not found:
            label = {
                "growth": ("增长率", "rate of growth"),
                "share": ("占比", "share"),
                "completion": ("完成率", "rate of completion"),
                "change": ("可比的增减额", "comparable change"),
            }[formula]
            yield self._not_tested(
                rule, {"zh": f"报告中没有{label[0]}", "en": f"the report has no {label[1]}"}
            )

    def _averages(self, rule: Rule) -> Iterator[Result]:
        """Each printed average against its amount and number, where both stand in its section."""
        found = False
        for words, parts in rule.parameters["averages"].items():
            for average in self.index.select(Selector.parse(words)):
                amount_words, *counts = parts
                amounts = [self.index.select(Selector.parse(w)) for w in amount_words.split("|")]
                near = [[f for f in found_ if _is_beside(f, average)] for found_ in amounts]
                amount = nearest(next((found_ for found_ in near if found_), []), average)
                numbers = [f for w in counts for f in self.index.select(Selector.parse(w))]
                number = nearest([f for f in numbers if _is_beside(f, average)], average)
                found = True
                if amount is None or number is None:
                    why = {"zh": "没有列示金额或数量", "en": "the amount or the number is not printed"}
                    yield self._not_tested(rule, why, _context(average), (average,))
                    continue
                result = self._result(rule, Check("average", (average, amount, number)))
                yield self._settled(rule, result)
        if not found:
            yield self._not_tested(rule, {"zh": "报告中没有平均数", "en": "the report has no average"})

    def _growth(self, rule: Rule, rate: Fact, prefix: str) -> Result:
        amount = self.index.same(rate, "amount").nearest(rate)
        changes = self.index.same(rate, prefix + "change")
        change = changes.nearest_beside(rate)
        if change is not None and change.year != rate.year:
            beside = changes.in_paragraph(rate.paragraph)
            change = nearest([fact for fact in beside if fact.year == rate.year], rate)
        if change is not None and amount is not None:
            result = self._result(rule, Check("growth", (rate, change, amount)))
            if result.outcome is Outcome.EXCEPTION:
                return self._of_another(rule, rate, change, amount) or result
            return result
        other = self._compared(rate, prefix)
        if amount is not None and other is not None:
            return self._result(rule, Check("growth_on_prior", (rate, amount, other)))
        missing = {"zh": "没有列示增减额或本年数", "en": "the change or this year's figure is not printed"}
        return self._not_tested(rule, missing, _context(rate), (rate,))

    def _of_another(self, rule: Rule, rate: Fact, change: Fact, amount: Fact) -> Result | None:
        """The growth of another amount of the sentence, where it fits: 总计20万元，其中结转5万元，比上年增加4万元，增长25%."""
        place = (change.source.line, change.source.start)
        before = [
            fact
            for fact in self.index.measured("amount").in_paragraph(change.paragraph)
            if (fact.source.line, fact.source.start) < place and fact is not amount
        ]
        for other in reversed(before):
            result = self._result(rule, Check("growth", (rate, change, other)))
            if result.outcome.is_tie:
                return result
        return None

    def _compared(self, fact: Fact, prefix: str) -> Fact | None:
        """The figure that a change is measured from: last year's amount, or the budget."""
        if prefix:
            return self.index.same(fact, "budget").nearest(fact)
        year = None if self.index.year is None else self.index.year - 1
        return self.index.same(fact, "amount", year).nearest(fact) if year else None

    def _change(self, rule: Rule, change: Fact, prefix: str) -> Result | None:
        amount = self.index.same(change, "amount").nearest(change)
        other = self._compared(change, prefix)
        if amount is None or other is None or other.paragraph != change.paragraph:
            return None
        return self._result(rule, Check("change", (change, amount, other)))

    def _completion(self, rule: Rule, rate: Fact, prefix: str) -> Result:
        final = self.index.same(rate, "amount").nearest(rate)
        budget = self._beside(rate, "budget")
        changes = self.index.same(rate, "budget_change").in_paragraph(rate.paragraph)
        if final is not None and budget is None and changes and final.paragraph == rate.paragraph:
            return self._result(rule, Check("completion_on_change", (rate, final, changes[0])))
        if final is None or budget is None:
            why = {"zh": "报告没有列示预算数", "en": "the budget is not printed in the report"}
            return self._not_tested(rule, why, _context(rate), tuple(f for f in (rate, final) if f))
        return self._result(rule, Check("completion", (rate, final, budget)))

    def _share(self, rule: Rule, rate: Fact, prefix: str) -> Result:
        part = self.index.same(rate, "amount").nearest(rate)
        named = self.extract.wholes.get(rate.id)
        if part is None or part.paragraph != rate.paragraph:
            missing = {"zh": "没有列示该部分的金额", "en": "the amount of the part is not printed"}
            return self._not_tested(rule, missing, _context(rate), (rate,))
        wholes = self._wholes(rate, named)
        results = [self._result(rule, Check("share", (rate, part, whole))) for whole in wholes]
        for result in results:
            if result.outcome.is_tie:
                return result
        # Of a whole that is not stated, a share is none of a larger one either, unless it fits.
        is_direct = named is not None or any(whole.concept == _direct_whole(rate) for whole in wholes)
        if not results or not is_direct or (named is not None and named.startswith("?")):
            return self._not_tested(rule, reason("no_base"), _context(rate), (rate, part))
        return (None if named else self._of_another_whole(rule, rate, part)) or results[0]

    def _of_another_whole(self, rule: Rule, rate: Fact, part: Fact) -> Result | None:
        """A share that names no whole, as one of an amount printed before it in its section where that fits."""
        for fact in self._amounts[rate.section].wholes(rate, part):
            if (fact.source.line, fact.source.start) >= (part.source.line, part.source.start):
                return None
            result = self._result(rule, Check("share", (rate, part, fact)))
            if result.outcome.is_tie:
                return result
        return None

    def _wholes(self, rate: Fact, named: str | None) -> list[Fact]:
        """The amounts that a share may be of: the named one; else the concept's own whole, then that one's."""
        if named is not None:
            if named.startswith("?"):
                return []
            # 总收入 may mean 收入总计 or, as where no total is stated, 本年收入合计.
            names = [named, _YEAR_OF[named]] if named in _YEAR_OF else [named]
            of = [fact for fact in (self.index.amounts(n, rate).nearest(rate) for n in names) if fact]
            return sorted(of, key=lambda fact: fact is not nearest(of, rate))
        concepts: list[str] = [rate.concept] if rate.dimensions else []
        concept = taxonomy().concepts[rate.concept]
        while concept.whole is not None:
            concepts.append(concept.whole)
            concept = taxonomy().concepts[concept.whole]
        found_ = [self.index.amounts(name, rate).nearest(rate) for name in concepts]
        return [fact for fact in found_ if fact is not None]

    # -- direction ----------------------------------------------------------------------------------------------

    def direction(self, rule: Rule) -> Iterator[Result]:
        """Words of direction against the figures of the same subject."""
        against = rule.parameters["against"]
        measure = "budget_direction" if against == "budget" else "direction"
        found = False
        for name in (measure, f"{measure}_about"):
            for word in self.index.measured(name):
                found = True
                result = self._directed(rule, word, against)
                if name.endswith("about") and result.outcome is Outcome.EXCEPTION:
                    result = result.with_outcome(Outcome.NOT_TESTED, reason("about"))
                yield result
        if not found:
            yield self._not_tested(rule, {"zh": "报告中没有此类表述", "en": "the report has no such words"})

    def _directed(self, rule: Rule, word: Fact, against: str) -> Result:
        amount = self._beside(word, "amount")
        if against == "budget":
            budget, rate = self._beside(word, "budget"), self._beside(word, "completion")
            if amount is not None and budget is not None:
                return self._result(rule, Check("direction", (word, amount, budget)))
            if rate is not None:
                return self._result(rule, Check("direction_of_rate", (word, rate)))
            # The budget of a table may be that of the whole year: no word on the opening one is held against it.
            tabled = None if "年初" in word.quote else self.index.tabled(word, "budget")
            if amount is not None and tabled is not None and not self._beside(word, "budget_change"):
                return self._result(rule, Check("direction", (word, amount, tabled)))
        else:
            change = self._beside(word, "change")
            if change is not None:
                return self._result(rule, Check("direction_of_change", (word, change)))
            prior = self._compared(word, "")
            if amount is not None and prior is not None:
                return self._result(rule, Check("direction", (word, amount, prior)))
        why = {"zh": "没有列示可对照的数字", "en": "no figure is printed to hold it against"}
        return self._not_tested(rule, why, _context(word), tuple(f for f in (word, amount) if f))

    # -- limit, nil ---------------------------------------------------------------------------------------------

    def limit(self, rule: Rule) -> Iterator[Result]:
        """Figures that cannot exceed another, or a bound."""
        if "bounded" in rule.parameters:
            bounds = tuple(Quantity(Decimal(bound)) for bound in rule.parameters["bounds"])
            # A target may be above 100%, and so may what a sentence of an annex tells.
            facts = [
                fact
                for measure in rule.parameters["bounded"]
                for fact in self.index.measured(measure)
                if fact.concept.partition(".")[0] not in ("indicator", "statement")
            ]
            negative = {
                f.paragraph
                for f in self.extract.facts
                if f.measure == "amount" and (f.value or Decimal(0)) < 0
            }
            for fact in facts:
                result = self._result(rule, Check("bounded", (fact,), bounds=bounds))
                is_open = fact.measure == "share" and fact.paragraph in negative
                if result.outcome is Outcome.EXCEPTION and is_open:
                    result = result.with_outcome(Outcome.NOT_TESTED, reason("negative_part"))
                yield result
            if not facts:
                yield self._not_tested(
                    rule, {"zh": "报告中没有此类数字", "en": "the report has no such figure"}
                )
            return
        yield self._sides(rule, "at_most")

    def nil(self, rule: Rule) -> Iterator[Result]:
        """Money and number of the same thing."""
        found = False
        for amount_words, counts in rule.parameters["pairs"].items():
            for words in counts:
                for count in self.index.select(Selector.parse(words)):
                    amount = self.index.select(Selector.parse(amount_words)).nearest(count)
                    if amount is not None and amount.section == count.section:
                        found = True
                        yield self._result(rule, Check("nil_agrees", (amount, count)), _context(count))
        if not found:
            yield self._not_tested(rule, _missing(*rule.parameters["pairs"]))


_HOMES = {
    "income": {"totals", "income", "expenditure", "appropriation", "narrative", "prior_comparison"},
    "expenditure": {"totals", "income", "expenditure", "basic", "project", "narrative", "prior_comparison"},
}


def is_at_home(fact: Fact) -> bool:
    """False where a section of one budget or purpose uses the department's words for a part: 基金的年初结转."""
    family, _, name = fact.concept.partition(".")
    key = fact.section.keys[-1] if fact.section and fact.section.keys else "narrative"
    if family == "income" and name == key:
        # The income of a fund is named in full in the fund's own section.
        return True
    if family in _HOMES:
        return key in _HOMES[family]
    if family == "general" and name in ("basic", "personnel", "public", "project"):
        return key.startswith("general")
    return True


def _direct_whole(share: Fact) -> str | None:
    """The concept that a share which names no whole is first of all a share of."""
    return share.concept if share.dimensions else taxonomy().concepts[share.concept].whole


def _is_beside(fact: Fact, other: Fact) -> bool:
    """True for facts of one section, or of sections of one section."""
    if fact.section is None or other.section is None:
        return fact.section is other.section
    return fact.section == other.section or (
        fact.section.parent is not None and fact.section.parent == other.section.parent
    )


def _context(fact: Fact) -> str:
    return fact.id


def _concepts(rule: Rule) -> list[str]:
    """The first items of a rule, as its data names them."""
    return list(rule.parameters["items"][:3])


def _gap(total: Fact, items: list[Fact]) -> tuple[bool, int, int]:
    first = items[0]
    after = (total.source.line, total.source.start) > (first.source.line, first.source.start)
    return after, abs(total.paragraph - first.paragraph), abs(total.source.start - first.source.start)


def _anywhere(binder: Binder, rule: Rule) -> Fact | None:
    """The first share of the rule's items, to find the others of its section by."""
    for words in rule.parameters["items"]:
        for choice in alternatives(words):
            for selector in choice:
                found = binder.index.select(selector)
                if found:
                    return found[0]
    return None
