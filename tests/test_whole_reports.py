"""Whole reports in the styles of other provinces, invented: right in every figure, and what each publishes is seen.

They name functional subjects without （类）（款）（项）, in other brackets, by code alone, with blanks or dashes between, behind
their amount, and in another section than the form has them; and they tell two projects' scores in one text.
"""

from functools import cache
from pathlib import Path

import pytest

from helpers.checking import check
from helpers.checking.rules import load_rules
from helpers.facts.document_kind import document_kind, is_in_part
from helpers.facts.extract import extract
from helpers.findings.finding import find
from helpers.reading.text import parse

REPORTS = {
    path.stem: path.read_text("utf-8") for path in sorted((Path(__file__).parent / "styles").iterdir())
}
# What each must still be accused of, once it is taken out of the report (words to replace): rule and context.
TAKEN = [
    ("zhejiang", ("其中，用于社会福利的彩票公益金支出30.00万元。", ""), ("DSC-03", "fund.expenditure")),
    ("zhejiang", ("（三）支出决算表\n", ""), ("DSC-02", "T03")),
    ("zhejiang", ("四、名词解释", "四、其他说明"), ("DSC-01", "glossary")),
    ("gansu", ("，用于2120801征地和拆迁补偿支出", ""), ("DSC-03", "fund.expenditure")),
    ("gansu", ("112.00万元用于林业事业机构（2130204），8.00万元用于事业单位医疗（2101102），", "130.00万元用于各项业务，含"), ("DSC-03", "general.expenditure")),
    ("gansu", ("表二：收入决算表\n", ""), ("DSC-02", "T02")),
    ("inner_mongolia", ("移民补助50.00万元", "其他项目50.00万元"), ("DSC-03", "fund.expenditure")),
    ("yunnan", ("，其中：2296006 用于教育事业的彩票公益金支出30.00万元", ""), ("DSC-03", "fund.expenditure")),
    ("shaanxi", ("主要用于支持彩票公益金项目：20.00万元，为用于法律援助的彩票公益金支出（2296012）", "用于法律援助"), ("DSC-03", "fund.expenditure")),
    ("guangxi", ("，为彩票公益金安排的支出（22960）5.00万元", ""), ("DSC-03", "fund.expenditure")),
    ("hubei", ("二、政府采购支出情况\n2020年度政府采购支出总额0.00万元。\n", ""), ("DSC-01", "procurement")),
]  # fmt: skip


@cache
def claims(text: str) -> list[tuple[str, str]]:
    """The findings above `info`: rule and context."""
    document = parse(text)
    extracted = extract(document)
    found = find(check(document, extracted, load_rules()), extracted.facts)
    return [(f.result.rule.id, f.result.context) for f in found if f.severity != "info"]


@pytest.mark.parametrize("province", REPORTS)
def test_right_report_of_another_style_has_no_finding(province: str) -> None:
    document = parse(REPORTS[province])
    assert (document_kind(document), is_in_part(document)) == ("final_accounts", False)
    assert claims(REPORTS[province]) == []


@pytest.mark.parametrize(("province", "change", "finding"), TAKEN, ids=lambda value: None)
def test_what_is_really_lacking_is_still_said(
    province: str, change: tuple[str, str], finding: tuple[str, str]
) -> None:
    assert change[0] in REPORTS[province]
    assert finding in claims(REPORTS[province].replace(change[0], change[1], 1))
