"""What stands before a figure is its subject, known to the taxonomy or not; nothing is inherited across it."""

import json
from pathlib import Path

import pytest

from helpers.audit import audit
from helpers.facts.extract import extract
from helpers.facts.fact import Fact
from helpers.facts.open_subjects import OpenNames
from helpers.reading.text import parse


def said(text: str) -> list[str]:
    """The facts of a text, those of open subjects under their words."""
    return [_said(fact) for fact in extract(parse(text)).facts if fact.concept != "numbering"]


def _said(fact: Fact) -> str:
    return f"{fact.label['zh'] if fact.is_open else fact.concept} {fact.measure} {fact.value}{fact.unit}"


def test_unknown_name_does_not_take_the_subject_before_it() -> None:
    """公务船艇费用 is no concept: its growth became that of the receptions before it."""
    text = "2023年公务接待费1356万元，比上年决算数下降3.14%；公务船艇费用995万元（其中公务用车购置费38万元），比上年决算数下降26.24%。"
    assert said(text) == [
        "three_public.reception amount 1356万元",
        "three_public.reception growth -3.14%",
        "公务船艇费用 amount 995万元",
        "three_public.vehicles.purchase amount 38万元",
        "公务船艇费用 growth -26.24%",
    ]


def test_words_of_direction_are_of_the_phrase_before_them() -> None:
    text = "2020年度“三公”经费支出决算总额为5.48万元，其中，公务船艇支出决算比去年无增减变化。"
    assert said(text) == ["three_public amount 5.48万元", "公务船艇支出 direction 0"]


def test_name_that_a_known_one_begins_is_another() -> None:
    text = "2023年项目支出80万元，项目支出结转和结余27.8万元，比上年减少2万元。"
    assert said(text) == [
        "expenditure.project amount 80万元",
        "项目支出结转和结余 amount 27.8万元",
        "项目支出结转和结余 change -2万元",
    ]


def test_parts_behind_among_them_are_subjects_of_their_own() -> None:
    text = "2023年收入合计100万元，其中：拆迁补偿款20万元，比上年增加4万元，增长25%；学费收入占5%。"
    assert said(text) == [
        "income.year amount 100万元",
        "拆迁补偿款 amount 20万元",
        "拆迁补偿款 change 4万元",
        "拆迁补偿款 growth 25%",
        "学费收入 share 5%",
    ]


def test_name_that_fills_a_bracket_is_of_what_stands_before_it() -> None:
    text = "2018年因公出国（境）经费、公务接待费、公务用车费用（以下简称“三公”经费）决算总额2771万元，比上年下降1.8%。"
    assert said(text) == ["three_public amount 2771万元", "three_public growth -1.8%"]


def test_money_behind_a_number_of_things_is_not_of_them() -> None:
    text = "2023年公务接待费5万元，接待记者46批次，比上年减少2万元。"
    assert said(text) == ["three_public.reception amount 5万元", "接待记者 批次 46批次"]


@pytest.mark.parametrize(
    "words",
    ["公务用车购置及运行费", "公车购置及运行费", "公务车购置和运行维护费支出", "公务用车购置及运行维护费用"],
)
def test_vehicles_have_many_names(words: str) -> None:
    assert said(f"2023年{words}995万元。") == ["three_public.vehicles amount 995万元"]


def test_vehicles_bought_and_held_are_given_a_number_each() -> None:
    text = "2016年公务用车购置数及保有量分别为1辆和130辆。"
    assert said(text) == ["three_public.vehicles.purchase 辆 1辆", "three_public.vehicles.held 辆 130辆"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("其中：村级运转经费共计", "村级运转经费"),
        ("2023年度我局拆迁补偿款为", "拆迁补偿款"),
        ("与上年相比，拆迁补偿款增加", "拆迁补偿款"),
        ("拆迁补偿款比上年决算数增长", "拆迁补偿款"),
        ("比上年拆迁补偿款减少了", "拆迁补偿款"),
        ("（其中抗疫特别国债", "抗疫特别国债"),
        ("拆迁补偿款支出决算占总支出的", "拆迁补偿款支出"),
        ("上年结余", "上年结余"),
        ("比上年决算数增加", None),
        ("决算数较预算数减少", None),
        ("其中：", None),
        ("按同口径同比减少", None),
    ],
)
def test_phrase_is_what_neither_leads_nor_relates(words: str, name: str | None) -> None:
    text = words.replace("（", "(").replace("：", "：")
    found = OpenNames(text + "5万元", [], []).before([(len(text), len(text) + 3)])
    assert [one.name for one in found] == [name for name in (name,) if name]


def test_growth_of_an_unknown_subject_is_recomputed(tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    report.write_text(
        "2023年度部门决算\n收入合计100万元。拆迁补偿款20万元，比上年增加4万元，增长52%。", "utf-8"
    )
    found = json.loads(audit(report).to_json())
    assert [
        (f["rule"], f["reported"], f["expected"]) for f in found["findings"] if f["kind"] == "recompute"
    ] == [("REC-01", "52%", "25%")]
    told = {fact["label"]: fact["concept"] for fact in found["facts"]}
    assert told["拆迁补偿款"] is None and told["本年收入合计"] == "income.year"
