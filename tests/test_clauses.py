"""Clauses beside each other: one that is not understood does not spoil the next, and reasons that state figures are read."""

from pathlib import Path

import pytest

from helpers.audit import audit
from helpers.facts.extract import extract
from helpers.reading.text import parse

FRAGMENTS = Path(__file__).parent / "reports" / "fragments"


def said(text: str) -> list[str]:
    """The facts of a text with their years, numbers of lists aside."""
    facts = [fact for fact in extract(parse(text)).facts if fact.concept != "numbering"]
    return [f"{fact.concept} {fact.measure} {fact.value} {fact.year}".strip() for fact in facts]


@pytest.mark.parametrize("word", ["节约", "减少", "压减", "节省"])
@pytest.mark.parametrize("reason", ["", "，主要原因是从严控制"])
def test_change_on_last_year_is_read_behind_one_on_the_budget(word: str, reason: str) -> None:
    text = f"2023年公务接待费支出5万元，比预算{word}5万元{reason}，较上年{word}1万元，下降10%。"
    assert said(text) == [
        "three_public.reception amount 5 2023",
        "three_public.reception budget_change -5 2023",
        "three_public.reception change -1 2022/2023",
        "three_public.reception growth -10 2022/2023",
    ]


def test_amounts_of_the_accounts_in_a_reason_are_read() -> None:
    text = "2017年比上年基本支出增加49万元，增加原因是人员工资增加，2017年项目支出2626万元，2016年项目支出398万元，与上年相比增了2228万元，增加的原因是增加了移民资金项目5万元。"
    assert said(text) == [
        "expenditure.basic change 49 2016/2017",
        "expenditure.project amount 2626 2017",
        "expenditure.project amount 398 2016",
        "expenditure.project change 2228 2016/2017",
    ]


def test_bare_income_is_not_of_the_expenditure_before_it() -> None:
    text = "一、收入支出决算总体情况说明\n2018年度收入总计267万元，支出总计213万元。与2017年决算数相比，收入减少15万元，支出减少75万元。"
    assert said(text)[2:] == ["income.total change -15 2017/2018", "expenditure.total change -75 2017/2018"]


def test_words_against_the_budget_are_held_against_that_of_the_table() -> None:
    found = audit(FRAGMENTS / "anhui-duji-office-2021.html").findings
    told = [finding.result.operands[0].source.line for finding in found if finding.result.rule.id == "DIR-01"]
    assert told == [29, 31]
