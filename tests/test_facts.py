"""Figures read as facts: what they measure, how they are printed, what is no figure, and what stays unread."""

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from helpers.facts.extract import Extract, extract
from helpers.facts.fact import Fact
from helpers.reading.text import decode, parse

ANJU = Path(__file__).parents[1] / "data" / "reports" / "anju-2023.txt"
D = Decimal


@cache
def read(text: str) -> Extract:
    return extract(parse(text))


@cache
def anju() -> Extract:
    return extract(parse(decode(ANJU.read_bytes(), ANJU.name)))


def figures(text: str) -> list[str]:
    """`concept/measure value unit` of each fact, numbers of lists aside."""
    return [said(fact) for fact in read(text).facts if fact.concept != "numbering"]


def said(fact: Fact) -> str:
    dimensions = "".join(f"@{value}" for _, value in fact.dimensions)
    return f"{fact.concept}/{fact.measure}{dimensions} {fact.value} {fact.unit}".strip()


def one(text: str, concept: str, measure: str = "amount") -> Fact:
    [fact] = [f for f in read(text).facts if (f.concept, f.measure) == (concept, measure)]
    return fact


# ------------------------------------------------------------------------------------------ states
@pytest.mark.parametrize(
    ("printed", "value", "decimals", "state"),
    [
        ("0", "0", 0, "zero"),
        ("0.00", "0.00", 2, "zero"),
        ("12.5", "12.5", 1, "reported"),
        ("1,204.00", "1204.00", 2, "reported"),
        ("-3.2", "-3.2", 1, "reported"),
    ],
)
def test_printed_digits_are_kept_and_zero_is_told_apart(
    printed: str, value: str, decimals: int, state: str
) -> None:
    fact = one(f"2022年度收入总计{printed}万元。", "income.total")
    assert (str(fact.value), fact.decimals, fact.state) == (value, decimals, state)


@pytest.mark.parametrize(
    ("printed", "state"), [("—", "dash"), ("-", "dash"), ("——", "dash"), (" ", "blank"), ("", "blank")]
)
def test_dash_and_blank_are_neither_zero_nor_nothing(printed: str, state: str) -> None:
    fact = one(f"2022年度收入总计80万元，其中：事业收入80万元，其他收入{printed}万元。", "income.other")
    assert (fact.value, fact.state) == (None, state)


# ----------------------------------------------------------------------------------- what is none
@pytest.mark.parametrize(
    "text",
    [
        "2022年度",
        "2022年12月31日",
        "与2021年相比",
        "2021-2023年",
        "（2020）",
        "图7：“三公”经费支出结构",
        "见附件3、附表5",
        "财预〔2016〕143号",
        "第12期",
        "2080505机关事业单位基本养老保险缴费支出",
        "单价100万元以上设备",
        "单价50万元（含）以上通用设备",
        "单位价值20万元以下的办公设备",
        "[image: image12]",
        "第3次会议",
    ],
)
def test_years_dates_labels_codes_and_thresholds_are_no_figures(text: str) -> None:
    assert [n.text for n in read(f"说明：{text}，收入总计5万元。").numerals] == ["5"]


@pytest.mark.parametrize("marker", ["1.", "1、", "（1）", "(1)", "12.", "1．"])
def test_list_markers_are_no_figures(marker: str) -> None:
    assert [n.text for n in read(f"{marker}收入总计5万元。").numerals] == ["5"]
    assert [n.text for n in read(f"其中：{marker}收入总计5万元；{marker}支出总计5万元。").numerals] == [
        "5",
        "5",
    ]


def test_marker_that_lost_its_point_is_no_figure_and_a_count_is_one() -> None:
    assert [n.text for n in read("1办事大厅运转费5万元。").numerals] == ["5"]
    assert [n.text for n in read("3个项目共5万元。").numerals] == ["3", "5"]


# ------------------------------------------------------------------------------------------- units
@pytest.mark.parametrize(
    ("printed", "value", "unit", "worth"),
    [
        ("1,234.5万元", "1234.5", "万元", 12345000),
        ("12,345,678.90元", "12345678.90", "元", D("12345678.90")),
        ("12，345，678.90元", "12345678.90", "元", D("12345678.90")),
        ("0.12亿元", "0.12", "亿元", 12000000),
        ("88千元", "88", "千元", 88000),
    ],
)
def test_money_is_kept_in_its_unit_and_worth_its_scale(
    printed: str, value: str, unit: str, worth: Decimal | int
) -> None:
    fact = one(f"2022年度收入总计{printed}。", "income.total")
    assert (fact.value, fact.unit) == (D(value), unit)
    assert fact.value is not None
    assert fact.value * fact.scale == worth


def test_precision_is_of_the_report_and_not_of_one_figure() -> None:
    text = "2022年度收入总计912.5万元，其中：财政拨款收入900万元，占98.63%；其他收入12.5万元，占1.4%。"
    facts = {said(f).split()[0]: f.step for f in read(text).facts}
    assert facts["income.total/amount"] == facts["income.appropriation/amount"] == D("0.01")
    assert facts["income.appropriation/share"] == facts["income.other/share"] == D("0.01")


def test_report_without_decimals_is_read_so() -> None:
    parts = "；".join(
        f"{name}{n}0万元" for n, name in enumerate(("上级补助收入", "事业收入", "经营收入", "其他收入"), 1)
    )
    text = f"收入总计100万元，支出总计100万元，本年收入合计100万元，其中：{parts}。本年支出合计100万元，其中：基本支出60万元，项目支出40万元。"
    assert {f.step for f in read(text).facts} == {D(1)}


def test_counts_are_exact() -> None:
    assert {f.step for f in read("截至2022年12月31日，共有车辆3辆，其中：其他用车3辆。").facts} == {D(0)}


# --------------------------------------------------------------------------------- pairs and lists
@pytest.mark.parametrize(
    "text",
    [
        "2022年度收、支总计各是486.20万元、486.21万元。",
        "2022年度收入总计486.20万元，支出总计486.21万元。",
        "2022年度收入总计、支出总计分别为486.20万元和486.21万元。",
        "2022年度收入支出总计各为486.20、486.21万元。",
    ],
)
def test_income_and_expenditure_are_given_a_figure_each(text: str) -> None:
    assert figures(text) == ["income.total/amount 486.20 万元", "expenditure.total/amount 486.21 万元"]


@pytest.mark.parametrize(
    "text",
    ["2022年度收、支总计均为486.2万元。", "2022年度收入支出总计486.2万元。", "2022年度收、支总计486.2万元。"],
)
def test_one_figure_is_said_of_both(text: str) -> None:
    assert figures(text) == ["income.total/amount 486.2 万元", "expenditure.total/amount 486.2 万元"]
    [numeral] = read(text).numerals
    assert len(numeral.facts) == 2


def test_both_change_by_the_same_amount() -> None:
    text = "2022年度收、支总计均为486.2万元。与2021年度相比，收、支总计各减少20.5万元，下降4.05%。"
    assert figures(text)[2:] == [
        "income.total/change -20.5 万元",
        "expenditure.total/change -20.5 万元",
        "income.total/growth -4.05 %",
        "expenditure.total/growth -4.05 %",
    ]


def test_appropriation_keeps_its_name_in_the_second_place() -> None:
    text = "2021年度财政拨款收入总计163.75万元，支出总计163.75万元。财政拨款收入总计包括本年收入160万元、年初结转和结余3.75万元；财政拨款支出总计包括本年支出161万元、年末结转和结余2.75万元。"
    assert [name.split()[0] for name in figures(text)] == [
        "appropriation.income.total/amount",
        "appropriation.expenditure.total/amount",
        "income.appropriation/amount",
        "appropriation.opening/amount",
        "appropriation.expenditure/amount",
        "appropriation.closing/amount",
    ]


# ------------------------------------------------------------------------------------------- signs
@pytest.mark.parametrize(
    ("words", "change", "growth"),
    [
        ("增加8.4万元，增长10.5%", "8.4", "10.5"),
        ("减少8.4万元，下降10.5%", "-8.4", "-10.5"),
        ("减少8.4万元，降低10.5%", "-8.4", "-10.5"),
        ("增加8.4万元，上升10.5%", "8.4", "10.5"),
        ("增加了8.4万元，增幅为10.5%", "8.4", "10.5"),
        ("增加8.4万元（10.5%）", "8.4", "10.5"),
        ("减少8.4万元，增长-10.5%", "-8.4", "-10.5"),
        ("减少-8.4万元，下降-10.5%", "-8.4", "-10.5"),
    ],
)
def test_words_of_direction_give_the_sign(words: str, change: str, growth: str) -> None:
    text = f"2022年度机关运行经费支出88.4万元，比上年{words}。"
    assert figures(text)[1:] == [f"operating_cost/change {change} 万元", f"operating_cost/growth {growth} %"]


def test_change_spans_both_years() -> None:
    assert one("2022年度收入总计88.4万元，比上年增加8.4万元。", "income.total", "change").year == "2021/2022"


# ------------------------------------------------------------------------------------------ shares
@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("占本年支出合计的80%", "expenditure.year"),
        ("占支出合计的80%", "expenditure.year"),
        ("占80%", None),
        ("占比80%", None),
        ("占比为80%", None),
        ("占全县财力的80%", "?全县财力的"),
    ],
)
def test_share_is_of_the_whole_that_it_names(words: str, whole: str | None) -> None:
    text = f"2022年度一般公共预算财政拨款支出800万元，{words}。"
    fact = one(text, "general.expenditure", "share")
    assert fact.value == 80
    named = read(text).wholes.get(fact.id)
    assert named == whole or (named and whole and named.rstrip("的") == whole.rstrip("的"))


def test_whole_named_in_a_share_is_not_the_subject_of_the_next_figure() -> None:
    text = "2022年度本年支出合计1000万元。2022年度一般公共预算财政拨款支出800万元，占本年支出合计的80%，比上年增加50万元。"
    assert figures(text)[-1] == "general.expenditure/change 50 万元"


# ------------------------------------------------------------------------------------------ counts
def test_counts_are_of_what_they_count() -> None:
    text = (
        "七、财政拨款“三公”经费支出决算情况说明\n"
        "1.因公出国（境）费支出3万元。全年安排因公出国（境）团组2个，累计5人次。\n"
        "2.公务用车购置及运行维护费支出9万元。年末公务用车保有量4辆。\n"
        "3.公务接待费支出1.5万元，其中：国内公务接待16批次，170人次（不包括陪同人员），共计支出1.5万元。"
    )
    assert figures(text) == [
        "three_public.abroad/amount 3 万元",
        "three_public.abroad.trips/个 2 个",
        "three_public.abroad.trips/人次 5 人次",
        "three_public.vehicles/amount 9 万元",
        "three_public.vehicles.held/辆 4 辆",
        "three_public.reception/amount 1.5 万元",
        "three_public.reception.domestic/批次 16 批次",
        "three_public.reception.domestic/人次 170 人次",
        "three_public.reception.domestic/amount 1.5 万元",
    ]


def test_kinds_break_a_count_down() -> None:
    text = "截至2022年12月31日，共有车辆3辆，其中：机要通信用车1辆、应急保障用车0辆、其他用车2辆。单价100万元以上设备（不含车辆）1台（套）。"
    assert figures(text) == [
        "assets.vehicles/辆 3 辆",
        "assets.vehicles/辆@机要通信用车 1 辆",
        "assets.vehicles/辆@应急保障用车 0 辆",
        "assets.vehicles/辆@其他用车 2 辆",
        "assets.equipment100/台（套） 1 台（套）",
    ]


def test_projects_scores_and_satisfaction() -> None:
    text = "（四）预算绩效管理情况\n组织对3个项目开展了预算事前绩效评估，对4个项目编制了绩效目标，选取2个项目开展绩效监控。部门整体绩效自评得分为95.5分，服务对象满意度达98.5%。"
    assert figures(text) == [
        "performance.appraised/个 3 个",
        "performance.targets/个 4 个",
        "performance.monitored/个 2 个",
        "performance.score/分@部门整体 95.5 分",
        "performance.satisfaction/rate 98.5 %",
    ]


# ------------------------------------------------------------------------------ last year's figures
@pytest.mark.parametrize(
    "words",
    [
        "2021年度为50万元，",
        "上年为50万元，",
        "2021年度机关运行经费支出50万元，",
        "比2021年度机关运行经费支出50万元",
        "上年机关运行经费支出50万元，",
        "较2021年的50万元",
    ],
)
def test_last_years_figure_is_of_last_year(words: str) -> None:
    text = f"2022年度机关运行经费支出58.4万元，{words}增加8.4万元。"
    amounts = [f for f in read(text).facts if f.measure == "amount"]
    assert [(str(f.value), f.year) for f in amounts] == [("58.4", "2022"), ("50", "2021")]


@pytest.mark.parametrize(
    "text", ["与2021年度相比，2022年度收入总计50万元。", "2022年度与2021年度相比，收入总计50万元。"]
)
def test_year_in_a_comparison_is_not_that_of_the_amount(text: str) -> None:
    assert one(text, "income.total").year == "2022"


# ----------------------------------------------------------------------------------------- budgets
def test_budget_final_completion_and_words_of_direction() -> None:
    text = "“三公”经费财政拨款支出预算为5万元，支出决算为4万元，完成预算的80%，决算数小于预算数的主要原因是厉行节约。"
    assert figures(text) == [
        "three_public/budget 5 万元",
        "three_public/amount 4 万元",
        "three_public/completion 80 %",
        "three_public/budget_direction -1",
    ]


def test_change_against_the_budget_is_told_from_one_against_last_year() -> None:
    text = "2023年度机关运行经费支出45万元，比年初预算减少5万元，降低10%。比上年增加3万元，增长7.14%。"
    assert figures(text) == [
        "operating_cost/amount 45 万元",
        "operating_cost/budget_change -5 万元",
        "operating_cost/budget_growth -10 %",
        "operating_cost/change 3 万元",
        "operating_cost/growth 7.14 %",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "完成预算80%",
        "完成年初预算的80%",
        "完成预算的80%",
        "为预算的80%",
        "占年初预算的80%",
        "预算完成率80%",
        "预算执行率为80%",
    ],
)
def test_completion_in_many_words(words: str) -> None:
    text = f"1.教育支出（类）普通教育（款）小学教育（项）：支出决算为4万元，{words}。"
    assert one(text, "general.expenditure", "completion").value == 80


# ---------------------------------------------------------------------------- functional subjects
def test_item_has_its_code_whatever_the_brackets() -> None:
    for text in (
        "1.农林水支出（类）水利（款）防汛（项）：支出决算为6万元。",
        "1.农林水支出(类)水利(款)防汛(项)：支出决算为6万元。",
        "1.农林水（类））水利（款）防汛（项），支出决算为6万元。",
    ):
        assert figures(text) == ["general.expenditure/amount@2130314 6 万元"]


def test_class_named_without_its_bracket_is_a_class_in_the_section_of_classes() -> None:
    text = "五、一般公共预算财政拨款支出决算情况说明\n（二）一般公共预算财政拨款支出决算结构情况\n主要用于以下方面：农林水支出6万元，占60%；住房保障支出4万元，占40%。"
    assert figures(text) == [
        "general.expenditure/amount@213 6 万元",
        "general.expenditure/share@213 60 %",
        "general.expenditure/amount@221 4 万元",
        "general.expenditure/share@221 40 %",
    ]


# --------------------------------------------------------------------------- what is not understood
def test_figure_without_a_subject_is_kept_unmatched() -> None:
    extracted = read("2022年度收入总计5万元。全年消毒1100次，发放手册300本。")
    assert [fact.id for fact in extracted.facts] == ["income.total/amount.2022", "detail/次@消毒"]
    assert [(n.text, bool(n.facts)) for n in extracted.numerals] == [
        ("5", True),
        ("1100", True),
        ("300", False),
    ]


def test_reason_and_purpose_state_no_amount_of_the_subject() -> None:
    text = "2022年度收入总计50万元，比上年增加5万元，主要原因是新增培训经费5万元和会议费3万元。"
    assert figures(text) == ["income.total/amount 50 万元", "income.total/change 5 万元"]
    assert len(read(text).numerals) == 4


# ------------------------------------------------------------------------------------------- places
def test_fact_cannot_be_built_without_its_place() -> None:
    fact = one("2022年度收入总计5万元。", "income.total")
    with pytest.raises(ValueError, match="no place"):
        replace(fact, source=None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no place"):
        replace(fact, quote="")


def test_ids_are_unique() -> None:
    ids = [fact.id for fact in anju().facts]
    assert len(ids) == len(set(ids))


# ------------------------------------------------------------------------------------ real report
def test_all_figures_of_the_real_narrative_are_found() -> None:
    assert len([n for n in anju().numerals if 28 <= n.source.line <= 148]) == 153


def test_what_the_real_narrative_says_and_nobody_understood() -> None:
    narrative = [n for n in anju().numerals if 28 <= n.source.line <= 148]
    # 公共场所消毒至少达到1100次: how often the hall was disinfected.
    assert [(n.source.line, n.text) for n in narrative if not n.facts] == [(147, "1100")]


def test_entity_and_year_of_the_real_report() -> None:
    assert (anju().entity, anju().year) == ("遂宁市安居区行政审批局", 2023)


def test_figures_of_the_real_report_read_against_the_page() -> None:
    facts = {fact.id: fact for fact in anju().facts}
    for id_, value, line in (
        ("income.total/amount.2023", "1179.47", 31),
        ("expenditure.total/growth", "7.75", 31),
        ("income.fund/share", "10.98", 37),
        ("expenditure.project/amount.2023", "469.52", 43),
        ("general.expenditure/growth", "3.49", 57),
        ("general.expenditure/share@221", "4.57", 63),
        ("general.personnel/amount.2023", "636.88", 96),
        ("three_public/growth", "21.6", 104),
        ("three_public.reception.domestic/人次", "170", 118),
        ("operating_cost/growth", "41.14", 134),
        ("procurement.goods/amount.2023", "6.4", 137),
    ):
        assert (str(facts[id_].value), facts[id_].source.line) == (value, line), id_
