"""The rules that hold a report against another one: last year's of the same department, and this year's budget.

This year's report says last year's figure, or implies it by a change or a rate of growth (《部门决算管理办法》: the
accounts of a year go on from those of the year before).  Where last year's report prints another figure, that was
restated (会计差错更正, a change of classification) or one of the two is wrong: the figures do not tell which.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from helpers.checking.bind import checked, is_at_home, operand_label
from helpers.checking.facts_index import FactsIndex, nearest
from helpers.checking.kinds import Outcome
from helpers.checking.result import Check, Result, Words
from helpers.checking.rules import Rule, Selector
from helpers.facts.concepts import classification, plain_name
from helpers.facts.extract import Extract
from helpers.facts.fact import Fact
from helpers.reading.document import fold

Dimensions = tuple[tuple[str, str], ...]
# What is said of last year's figure: the context, the formula, and its operands but for last year's report's.
Claim = tuple[str, str, tuple[Fact, ...]]

_REASONS: dict[str, Words] = {
    "no_prior": {"zh": "没有上年决算报告可供核对", "en": "last year's report was not at hand"},
    "no_budget": {"zh": "没有本年部门预算可供核对", "en": "this year's budget was not at hand"},
    "adjusted": {"zh": "报告列示的是调整后的预算，不是年初预算", "en": "the budget that the report prints is the adjusted one, not the opening one"},
    "any_budget": {"zh": "报告没有说明该预算数是年初预算，可能是调整后的", "en": "the report does not say that this is the opening budget; it may be the adjusted one"},
}  # fmt: skip
_COLONS = {"zh": "：", "en": ": "}
_COMMAS = {"zh": "、", "en": ", "}
_ABSENT: dict[str, Words] = {
    "change": {"zh": "本年报告没有列示与上年比较的数字", "en": "this year's report prints no comparison with last year"},
    "prior": {"zh": "上年报告没有列示", "en": "last year's report does not print"},
    "balance": {"zh": "两年的报告都没有列示", "en": "neither year's report prints"},
    "now": {"zh": "上年报告列示而本年报告没有", "en": "printed by last year's report and not by this year's"},
    "opening_budget": {"zh": "本年报告没有列示预算数", "en": "this year's report prints no budget"},
    "budget": {"zh": "部门预算没有列示", "en": "the budget does not print"},
    "planned": {"zh": "部门预算列示而本年报告没有", "en": "printed by the budget and not by this year's report"},
    "changed": {"zh": "功能分类科目已变", "en": "classification changed"},
}  # fmt: skip
_NEW, _ENDED = "new", "ended"
_REMARKS: dict[str, Words] = {
    _NEW: {"zh": "（上年无此科目）", "en": " (not in use last year)"},
    _ENDED: {"zh": "（本年无此科目）", "en": " (no longer in use)"},
}


class YearChecks:
    """Runs the rules on several years against one report; `others` are the reports that are at hand, by role."""

    def __init__(self, extract: Extract, index: FactsIndex, others: Mapping[str, Extract]) -> None:
        self.year, self.index = extract.year, index
        self.others = {role: FactsIndex(other) for role, other in others.items()}
        self._stated: dict[Selector, dict[Dimensions, list[Fact]]] = {}
        self.other_year = {role: other.year for role, other in others.items()}
        self.bind: dict[str, Callable[[Rule], Iterator[Result]]] = {
            "agree_prior_year": self.agree_prior_year,
            "agree_budget": self.agree_budget,
        }

    # -- last year's report -------------------------------------------------------------------------------------

    def agree_prior_year(self, rule: Rule) -> Iterator[Result]:
        """Each figure of last year that this year's report states or implies against last year's report."""
        prior = self.others.get("prior")
        if prior is None:
            yield _not_tested(rule, dict(_REASONS["no_prior"]))
        elif "balances" in rule.parameters:
            yield from self._balances(rule, prior)
        else:
            yield from self._figures(rule, prior)

    def _balances(self, rule: Rule, prior: FactsIndex) -> Iterator[Result]:
        """Opening balances against last year's closing ones: {opening: closing}."""
        found = False
        for words, other in rule.parameters["balances"].items():
            one, last = Selector.parse(words), Selector.parse(other)
            opening, closing = _home(self.index.select(one)), _home(prior.select(last))
            if opening and closing:
                found = True
                for fact in _distinct(opening):
                    yield _closest(rule, fact.id, "agree_prior_year", (fact,), closing)
            elif opening:
                found = True
                yield _not_tested(rule, _absent("prior", [operand_label(last)]), opening[0].id, opening[:1])
            elif closing:
                found = True
                yield _not_tested(rule, _absent("now", [operand_label(one)]), words)
        if not found:
            labels = [operand_label(Selector.parse(words)) for words in rule.parameters["balances"]]
            yield _not_tested(rule, _absent("balance", labels))

    def _figures(self, rule: Rule, prior: FactsIndex) -> Iterator[Result]:
        found = False
        unstated: list[Words] = []
        gone: list[Words] = []
        ended: list[Words] = []
        for words in rule.parameters["figures"]:
            selector = Selector.parse(words)
            now, then = _by_dimensions(self.index.select(selector)), _by_dimensions(prior.select(selector))
            moved = self._moved(now, then)
            for dimensions, amounts in now.items():
                claims = self._claims(selector, amounts)
                if not claims:
                    if dimensions in then or dimensions in moved:
                        unstated.append(operand_label(selector))
                elif dimensions in then:
                    found = True
                    for claim in claims:
                        yield self._agreed(rule, claim, then[dimensions], prior)
                elif dimensions not in moved:
                    found = True
                    is_new = not _is_in_force(_function(dimensions), self.other_year["prior"])
                    why = _absent(
                        "changed" if is_new else "prior", [_label(amounts[0], _NEW if is_new else "")]
                    )
                    for context, _, operands in claims:
                        yield _not_tested(rule, why, context, operands)
            for dimensions, facts in then.items():
                if dimensions not in now and dimensions not in moved.values() and facts[0].value:
                    if _is_in_force(_function(dimensions), self.year):
                        gone.append(_label(facts[0]))
                    else:
                        ended.append(_label(facts[0], _ENDED))
            for new, old in moved.items():
                found = True
                change = _renamed(_function(old), _function(new), self.other_year["prior"], self.year)
                yield _not_tested(rule, change, now[new][0].id, now[new][:1])
        if unstated:
            yield _not_tested(rule, _absent("change", unstated), "report:unstated")
        if gone:
            yield _not_tested(rule, _absent("now", gone), "report:gone")
        if ended:
            yield _not_tested(rule, _absent("changed", ended), "report:ended")
        if not (found or unstated or gone or ended):
            labels = [operand_label(Selector.parse(words)) for words in rule.parameters["figures"]]
            yield _not_tested(rule, _absent("change", labels))

    def _claims(self, selector: Selector, amounts: Sequence[Fact]) -> list[Claim]:
        """What this year's report says of last year's figure.

        The figure itself, else the changes, else the rates: where two are printed, other rules hold them together.
        """
        first = amounts[0]
        if self.year is not None:
            stated = _home(self.index.same(first, "amount", self.year - 1))
            if stated:
                return [(fact.id, "agree_prior_year", (fact,)) for fact in _distinct(stated)]

        def said(measure: str) -> list[tuple[Fact, Fact]]:
            found = self._now(Selector(selector.concept, measure, selector.group))
            pairs = [(fact, nearest(amounts, fact)) for fact in found.get(first.dimensions, ())]
            distinct = {(a.exact, fact.exact): (a, fact) for fact, a in reversed(pairs) if a is not None}
            return list(reversed(distinct.values()))

        claims: list[Claim] = [(fact.id, "agree_prior_year", (a, fact)) for a, fact in said("change")]
        # 与上年持平: last year's figure was this one.
        claims += [(word.id, "agree_prior_year", (a,)) for a, word in said("direction") if not word.value]
        return claims or [(rate.id, "agree_prior_year_by_growth", (a, rate)) for a, rate in said("growth")]

    def _now(self, selector: Selector) -> dict[Dimensions, list[Fact]]:
        """The facts of this year's report that a selector means, by their dimensions."""
        if selector not in self._stated:
            self._stated[selector] = _by_dimensions(self.index.select(selector))
        return self._stated[selector]

    def _agreed(self, rule: Rule, claim: Claim, then: Sequence[Fact], prior: FactsIndex) -> Result:
        context, formula, operands = claim
        result = _closest(rule, context, formula, operands, then)
        if result.outcome is not Outcome.EXCEPTION:
            return result
        if len(operands) == 2 and "其中" in operands[0].quote:
            # 总计20万元，其中结转5万元，比上年增加4万元: the change may be that of the whole.
            for whole in reversed(self._before(operands[0])):
                others = _home(prior.same(whole, "amount"))
                other = _closest(rule, context, formula, (whole, operands[1]), others) if others else None
                if other is not None and other.outcome.is_tie:
                    return other
        code = operands[0].dimension("function") or ""
        change = _renamed(code, code, self.other_year["prior"], self.year)
        if _name(code, self.other_year["prior"]) != _name(code, self.year):
            return result.with_outcome(Outcome.NOT_TESTED, change)
        return result

    def _before(self, amount: Fact) -> list[Fact]:
        """The amounts before this one in its paragraph."""
        return [
            fact
            for fact in self.index.measured("amount").in_paragraph(amount.paragraph)
            if fact.source.start < amount.source.start
        ]

    def _moved(
        self, now: Mapping[Dimensions, Sequence[Fact]], then: Mapping[Dimensions, Sequence[Fact]]
    ) -> dict[Dimensions, Dimensions]:
        """Items that only one year has and whose name is the same under another code: this year's to last year's.

        A name that stands under several codes of either year says nothing.
        """
        new = [key for key in now if key not in then and now[key][0].value and _function(key)]
        old = [key for key in then if key not in now and then[key][0].value and _function(key)]
        called_now, called_then = _by_name(new, self.year), _by_name(old, self.other_year["prior"])
        return {
            keys[0]: called_then[name][0]
            for name, keys in called_now.items()
            if len(keys) == len(called_then.get(name, ())) == 1
        }

    # -- this year's budget -------------------------------------------------------------------------------------

    def agree_budget(self, rule: Rule) -> Iterator[Result]:
        """Each opening budget that the report prints against the budget as it was published."""
        budget = self.others.get("budget")
        if budget is None:
            yield _not_tested(rule, dict(_REASONS["no_budget"]))
            return
        found = False
        unstated: list[Words] = []
        gone: list[Words] = []
        for words in rule.parameters["figures"]:
            selector = Selector.parse(words)
            stated = _by_dimensions(self.index.select(Selector(selector.concept, "budget", selector.group)))
            planned = _by_dimensions(self._planned(budget, selector))
            final = _by_dimensions(self.index.select(selector))
            for dimensions, facts in stated.items():
                found = True
                for fact in _distinct(facts):
                    if dimensions in planned:
                        yield self._against_budget(rule, fact, planned[dimensions])
                    else:
                        yield _not_tested(rule, _absent("budget", [_label(fact)]), fact.id, (fact,))
            for dimensions, facts in planned.items():
                if dimensions in final and dimensions not in stated:
                    unstated.append(operand_label(selector))
                elif dimensions not in stated and facts[0].value:
                    gone.append(_label(facts[0]))
        if unstated:
            yield _not_tested(rule, _absent("opening_budget", unstated), "report:unstated")
        if gone:
            yield _not_tested(rule, _absent("planned", gone), "report:gone")
        if not (found or unstated or gone):
            labels = [operand_label(Selector.parse(words)) for words in rule.parameters["figures"]]
            yield _not_tested(rule, _absent("opening_budget", labels))

    def _planned(self, budget: FactsIndex, selector: Selector) -> list[Fact]:
        """What a budget report prints for a subject: as an amount or as a budget, of no other year."""
        year = str(self.other_year["budget"] or "")
        facts = [
            fact
            for measure in ("budget", "amount")
            for fact in budget.select(Selector(selector.concept, measure, selector.group))
        ]
        return [fact for fact in facts if "上年" not in fact.quote and _years(fact.quote) <= {year}]

    def _against_budget(self, rule: Rule, fact: Fact, planned: Sequence[Fact]) -> Result:
        result = _closest(rule, fact.id, "tie_out", (fact,), planned)
        if result.outcome is not Outcome.EXCEPTION:
            return result
        words = fold(fact.quote)
        if "年初预算" in words:
            return result
        adjusted = "全年预算" in words or "调整" in words
        return result.with_outcome(
            Outcome.NOT_TESTED, dict(_REASONS["adjusted" if adjusted else "any_budget"])
        )


def _years(words: str) -> set[str]:
    """The years that words name."""
    return set(re.findall(r"(20\d\d)年", fold(words)))


def _home(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if is_at_home(fact)]


def _distinct(facts: Iterable[Fact]) -> list[Fact]:
    """The first of those with the same value."""
    found: dict[object, Fact] = {}
    for fact in facts:
        found.setdefault(fact.exact, fact)
    return list(found.values())


def _by_dimensions(facts: Iterable[Fact]) -> dict[Dimensions, list[Fact]]:
    found: dict[Dimensions, list[Fact]] = {}
    for fact in _home(facts):
        found.setdefault(fact.dimensions, []).append(fact)
    return found


def _closest(
    rule: Rule, context: str, formula: str, operands: Sequence[Fact], printed: Sequence[Fact]
) -> Result:
    """The result with the figure of the other report that ties, else with that of the same section, else the first."""
    keys = operands[0].section.keys[-1:] if operands[0].section else ()
    ordered = sorted(
        _distinct(printed), key=lambda fact: (fact.section.keys[-1:] if fact.section else ()) != keys
    )
    results = [checked(rule, Check(formula, (*operands, fact)), context) for fact in ordered]
    return next((result for result in results if result.outcome.is_tie), results[0])


def _not_tested(rule: Rule, why: Words, context: str = "report", operands: Sequence[Fact] = ()) -> Result:
    section = operands[0].section if operands else None
    return Result(rule, context, Outcome.NOT_TESTED, why, tuple(operands), section=section)


def _absent(what: str, labels: Sequence[Words]) -> Words:
    """A reason, and the names of what is missing, each once."""
    return {
        lang: words + _COLONS[lang] + _COMMAS[lang].join(dict.fromkeys(label[lang] for label in labels))
        for lang, words in _ABSENT[what].items()
    }


def _function(dimensions: Dimensions) -> str:
    return dict(dimensions).get("function", "")


def _name(function: str, year: int | None) -> str:
    """What a functional subject is called in `year`: by its code, else the last of its printed names."""
    subjects = classification().by_code.get(function, ())
    in_force = [subject for subject in subjects if year is None or subject.since <= year <= subject.until]
    # Where the year of a renaming is not certain, either name is right: the later one.
    found = max(in_force or subjects, key=lambda subject: subject.since, default=None)
    return found.name if found else function.split("/")[-1]


def _by_name(keys: Iterable[Dimensions], year: int | None) -> dict[str, list[Dimensions]]:
    """Functional subjects by what they are called in `year`."""
    found: dict[str, list[Dimensions]] = {}
    for key in keys:
        found.setdefault(plain_name(_name(_function(key), year)), []).append(key)
    return found


def _is_in_force(function: str, year: int | None) -> bool:
    """False for a code of the classification that was not in use in `year`."""
    subjects = classification().by_code.get(function, ())
    return not subjects or year is None or any(s.since <= year <= s.until for s in subjects)


def _label(fact: Fact, remark: str = "") -> Words:
    """What a figure is of: its concept, or the functional subject with its code; and a remark on that."""
    function = fact.dimension("function")
    if function is None:
        return dict(fact.label)
    words = _coded(function, int(fact.year) if fact.year.isdigit() else None)
    added = _REMARKS[remark] if remark else {"zh": "", "en": ""}
    return {lang: words + added[lang] for lang in ("zh", "en")}


def _coded(function: str, year: int | None) -> str:
    return f"{function} {_name(function, year)}" if function.isdigit() else function


def _renamed(old: str, new: str, last: int | None, year: int | None) -> Words:
    """The reason that a subject changed its code or its name, naming both."""
    change = f"{_coded(old, last)} → {_coded(new, year)}"
    return _absent("changed", [{"zh": change, "en": change}])
