"""The scope of a figure: its year, which budget it is on, what it is part of; figures tie only within equal scope."""

import json
from pathlib import Path

import pytest

from helpers.audit import audit
from helpers.checking import check
from helpers.checking.rules import load_rules
from helpers.facts.extract import Extract, extract
from helpers.facts.fact import Fact, Scope
from helpers.facts.scope import basis_of, heading_budget, is_foreign
from helpers.reading.text import parse

RULES = load_rules()
OTHER_YEAR = "2017年度支出合计2906万元，其中：基本支出280万元；项目支出2626万元。2016年度支出合计628万元，其中：基本支出230万元，占总支出的37%；项目支出398万元，占总支出的63%。"
TWO_PARENTS = "1.基本支出900万元，占总支出的90%，其中：\n商品和服务支出165万元，占基本支出18.33%。\n2.项目支出100万元，占总支出的10%，其中：\n商品和服务支出100万元，占项目支出100%。"
BUDGETS = "1.政府性基金收支及其平衡情况\n政府性基金收入10万元，上级补助收入113万元，收入合计123万元。\n2.国有资本经营收支及其平衡情况\n国有资本经营收入14万元，上级补助收入44万元，收入合计58万元。"


def read(text: str) -> Extract:
    return extract(parse(text))


def facts(text: str, concept: str, measure: str = "amount") -> list[Fact]:
    return [fact for fact in read(text).facts if (fact.concept, fact.measure) == (concept, measure)]


def exceptions(text: str) -> list[tuple[str, str]]:
    document = parse(text)
    found = check(document, extract(document), RULES)
    kinds = ("foot", "tie_out", "recompute", "direction")
    return [(r.rule.id, r.context) for r in found if r.outcome.value == "exception" and r.rule.kind in kinds]


def test_year_that_leads_a_sentence_is_that_of_its_parts() -> None:
    assert [fact.year for fact in facts(OTHER_YEAR, "expenditure.project")] == ["2017", "2016"]
    assert [fact.year for fact in facts(OTHER_YEAR, "expenditure.basic", "share")] == ["2016"]
    assert exceptions(OTHER_YEAR) == []


def test_share_of_another_year_is_held_against_that_year() -> None:
    assert exceptions(OTHER_YEAR.replace("占总支出的37%", "占总支出的73%")) == [
        ("REC-02", "expenditure.basic/share")
    ]


def test_change_in_a_sentence_on_both_years_is_that_of_this_year() -> None:
    text = "2022年度机关运行经费支出58.4万元，2021年度为50万元，增加8.4万元。"
    assert [fact.year for fact in facts(text, "operating_cost", "change")] == ["2021/2022"]


def test_parts_of_one_name_under_two_parents_are_two_figures() -> None:
    basic, project = facts(TWO_PARENTS, "economic.goods")
    assert (basic.scope.parent, project.scope.parent) == ("expenditure.basic", "expenditure.project")
    assert exceptions(TWO_PARENTS) == []


def test_list_goes_on_in_the_paragraph_that_begins_with_its_next_part() -> None:
    text = "2.项目支出100万元，占总支出的10%，其中：\n工资福利支出40万元。\n商品和服务支出60万元。\n2023年度商品和服务支出80万元。"
    parts = [(fact.scope.parent, "parent" in fact.inherited) for fact in facts(text, "economic.goods")]
    assert parts == [("expenditure.project", True), ("", False)]


def test_heading_of_one_budget_holds_until_the_next() -> None:
    assert [fact.scope.budget for fact in facts(BUDGETS, "income.superior")] == ["fund", "state_capital"]
    assert exceptions(BUDGETS) == []


@pytest.mark.parametrize(
    ("text", "above", "budget"),
    [
        ("2.政府性基金收支及其平衡情况", "general", "fund"),
        ("上述收支相抵，年终结余5万元。", "fund", "fund"),
        ("3.其他情况", "fund", ""),
        ("1.一般公共预算收支情况", "", "general"),
    ],
)
def test_budget_of_a_numbered_heading(text: str, above: str, budget: str) -> None:
    assert heading_budget(text, above) == budget


@pytest.mark.parametrize(
    ("measure", "words", "basis"),
    [
        ("amount", "全年预算5万元，支出决算4万元", "actual"),
        ("budget", "年初预算为5万元", "opening"),
        ("budget", "调整后预算数5万元", "adjusted"),
        ("budget", "全年预算数为5万元", "annual"),
        ("budget_change", "较调整预算减少5万元", "adjusted"),
    ],
)
def test_basis_is_told_by_the_words(measure: str, words: str, basis: str) -> None:
    assert basis_of(measure, words) == basis


@pytest.mark.parametrize(
    ("concept", "parent", "foreign"),
    [
        ("economic.goods", "expenditure.project", True),
        ("economic.goods", "expenditure.basic", False),
        ("general.personnel", "general.expenditure", False),
        ("general.personnel", "fund.expenditure", True),
        ("three_public.reception", "operating_cost", True),
        ("three_public.reception", "three_public", False),
        ("expenditure.basic", "幸福院", True),
        ("income.year", "income.total", False),
    ],
)
def test_part_of_another_parent_is_another_figure(concept: str, parent: str, foreign: bool) -> None:
    assert is_foreign(concept, parent) is foreign


def test_scope_is_said_in_the_json(tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    report.write_text("2017年度部门决算\n" + OTHER_YEAR, "utf-8")
    found = json.loads(audit(report).to_json())["facts"]
    [share] = [fact for fact in found if fact["id"] == "expenditure.basic/share"]
    assert share["scope"] == {"basis": "actual", "parent": "expenditure.year"}
    assert share["inherited"] == ["subject", "year", "parent"]


def test_territory_of_a_title_is_the_entity() -> None:
    text = "一、2020年全区收支决算情况说明\n政府性基金支出83万元。"
    assert [fact.scope for fact in facts(text, "fund.expenditure")] == [Scope("actual", "fund", "", "全区")]
