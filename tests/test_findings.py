"""What an audit claims: the findings of the real report, the ids that stay, the JSON, and who is suspected."""

import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from helpers.audit import Audit, audit
from helpers.checking.kinds import Outcome
from helpers.checking.rules import SEVERITIES
from helpers.findings.finding import Finding

ROOT = Path(__file__).resolve().parents[1]
ANJU = ROOT / "data" / "reports" / "anju-2023.txt"

# A consistent report: nothing in it is a finding above `info`.  (A department of nowhere.)
CLEAN = """平溪县水务局2022年度部门决算
第一部分 平溪县水务局概况
一、部门职责
1.负责水资源管理和水旱灾害防御。
二、机构设置
平溪县水务局下属二级预算单位2个，其中行政单位0个，参照公务员法管理的事业单位1个，其他事业单位1个。
第二部分 平溪县水务局2022年度部门决算情况说明
一、收入支出决算总体情况说明
2022年度收、支总计均为1386.42万元。与2021年度相比，收、支总计各增加125.97万元，增长9.99%。主要原因是新增水库除险加固任务。
二、收入决算情况说明
2022年度本年收入合计1386.42万元，其中：一般公共预算财政拨款收入1245.67万元，占89.85%；政府性基金预算财政拨款收入98.35万元，占7.09%；其他收入42.40万元，占3.06%。
三、支出决算情况说明
2022年度本年支出合计1386.42万元，其中：基本支出815.24万元，占58.80%；项目支出571.18万元，占41.20%。
四、财政拨款收入支出决算总体情况说明
2022年度财政拨款收、支总计均为1344.02万元。与2021年度相比，财政拨款收、支总计各增加113.26万元，增长9.20%。主要原因是年中追加了防汛抗旱资金。
五、一般公共预算财政拨款支出决算情况说明
（一）一般公共预算财政拨款支出决算总体情况
2022年度一般公共预算财政拨款支出1245.67万元，占本年支出合计的89.85%。与2021年度相比，一般公共预算财政拨款支出增加82.56万元，增长7.10%。主要原因是人员经费按政策调整。
（二）一般公共预算财政拨款支出决算结构情况
2022年度一般公共预算财政拨款支出1245.67万元，主要用于以下方面：社会保障和就业支出95.32万元，占7.65%；农林水支出1078.21万元，占86.56%；住房保障支出72.14万元，占5.79%。
（三）一般公共预算财政拨款支出决算具体情况
2022年度一般公共预算财政拨款支出年初预算为1310.50万元，支出决算为1245.67万元，完成年初预算的95.05%。其中：
1.社会保障和就业支出（类）行政事业单位养老支出（款）机关事业单位基本养老保险缴费支出（项）：年初预算为98.60万元，支出决算为95.32万元，完成年初预算的96.67%，决算数小于预算数的主要原因是人员退休。
2.农林水支出（类）水利（款）行政运行（项）：年初预算为660.30万元，支出决算为638.45万元，完成年初预算的96.69%，决算数小于预算数的主要原因是压减公用支出。
3.农林水支出（类）水利（款）防汛（项）：年初预算为478.00万元，支出决算为439.76万元，完成年初预算的92.00%，决算数小于预算数的主要原因是部分物资推迟采购。
4.住房保障支出（类）住房改革支出（款）住房公积金（项）：年初预算为73.60万元，支出决算为72.14万元，完成年初预算的98.02%，决算数小于预算数的主要原因是人员调出。
六、一般公共预算财政拨款基本支出决算情况说明
2022年度一般公共预算财政拨款基本支出805.91万元，其中：
人员经费702.18万元，主要包括：基本工资、津贴补贴、奖金。
公用经费103.73万元，主要包括：办公费、水费、差旅费。
七、财政拨款“三公”经费支出决算情况说明
2022年度“三公”经费财政拨款支出18.36万元。其中：因公出国（境）费支出0.00万元，占0.00%；公务用车购置及运行维护费支出14.52万元，占79.08%；公务接待费支出3.84万元，占20.92%。
八、政府性基金预算支出决算情况说明
2022年度政府性基金预算财政拨款支出98.35万元。其中：
1.城乡社区支出（类）国有土地使用权出让收入安排的支出（款）农村基础设施建设支出（项）：支出决算为98.35万元。
九、国有资本经营预算支出决算情况说明
2022年度国有资本经营预算财政拨款支出0.00万元。
十、其他重要事项的情况说明
（一）机关运行经费支出情况
2022年度，平溪县水务局机关运行经费支出76.81万元，比2021年度增加4.65万元，增长6.44%。主要原因是水电费上涨。
（二）政府采购支出情况
2022年度，平溪县水务局政府采购支出总额263.57万元，其中：政府采购货物支出58.24万元、政府采购工程支出124.90万元、政府采购服务支出80.43万元。
（三）国有资产占有使用情况
截至2022年12月31日，平溪县水务局共有车辆7辆，其中：机要通信用车1辆、应急保障用车4辆、其他用车2辆。
（四）预算绩效管理情况
对6个项目编制了绩效目标，对6个项目开展绩效监控。
第三部分 名词解释
1.财政拨款收入：指单位从同级财政部门取得的财政预算资金。
"""

# The complete findings of the real report: rule, line, severity, reported, expected.  Read against the page.
GOLDEN = [
    ("PER-04", 43, "high", "469.52万元", "387.16万元"),
    ("DSC-04", 89, "high", "科目没有金额，而是名词解释的文字", "支出决算数"),
    ("CLS-02", 89, "high", "列在一般公共预算", "2120899属于政府性基金预算"),
    (
        "EVA-09",
        212,
        "high",
        "年初预算1179.47万元与决算持平",
        "年中调整209.52万元，年初预算应为969.95万元（其他不变时）",
    ),
    ("EVA-36", 223, "high", "21.844%", "2.1844%（节约 ÷（成交＋节约））"),
    (
        "EVA-07",
        234,
        "high",
        "各类项目预算合计357.99万元",
        "应同一口径：年初260、调整后387.16或执行387.16万元",
    ),
    ("EVA-05", 242, "high", "209.52万元", "127.16万元"),
    ("EVA-36", 250, "high", "21.844%", "2.1844%（节约 ÷（成交＋节约））"),
    ("EVA-11", 313, "high", "编制准确10分", "按所列公式0分（209.52 ÷ 1179.47 = 17.76%）"),
    ("EVA-20", 507, "high", "9项指标未填完成值而得满分", "填列实际完成值"),
    ("EVA-20", 727, "high", "11项指标未填完成值而得满分", "填列实际完成值"),
    ("EVA-26", 833, "high", "成本指标合计694.56万元", "不超过项目的150.00万元"),
    ("EVA-27", 980, "high", "按目标数量与单价至少需35.5万元", "不超过项目的20.00万元"),
    ("EVA-20", 982, "high", "8项指标未填完成值而得满分", "填列实际完成值"),
    ("EVA-20", 1191, "high", "7项指标未填完成值而得满分", "填列实际完成值"),
    ("EVA-01", 1303, "high", "47.99万元", "0.00万元"),
    ("EVA-20", 1389, "high", "4项指标未填完成值而得满分", "填列实际完成值"),
    ("EVA-25", 1423, "high", "47.99元", "47.99万元"),
    ("EVA-17", 1436, "high", "权重合计50%，得分合计100分", "权重合计100%"),
    ("EVA-17", 1501, "high", "权重合计50%，得分合计100分", "权重合计100%"),
    (
        "EVA-19",
        1645,
        "high",
        "3类适用范围（产业发展项目、基础设施(设备购置)项目、民生保障项目）共70分",
        "只评适用的一类，不超过20分",
    ),
    ("EVA-17", 1780, "high", "权重合计50%，得分合计100分", "权重合计100%"),
    (
        "EVA-19",
        1924,
        "high",
        "3类适用范围（产业发展项目、基础设施(设备购置)项目、民生保障项目）共70分",
        "只评适用的一类，不超过20分",
    ),
    ("EVA-27", 2020, "high", "免费发放印章1092套，按单价需31.67万元", "项目共支出19.93万元"),
    ("EVA-27", 2048, "high", "免费发放印章1092套，按单价需31.67万元", "项目共支出19.93万元"),
    ("EVA-17", 2060, "high", "权重合计50%，得分合计100分", "权重合计100%"),
    (
        "EVA-19",
        2204,
        "high",
        "3类适用范围（产业发展项目、基础设施(设备购置)项目、民生保障项目）共70分",
        "只评适用的一类，不超过20分",
    ),
    ("EVA-17", 2338, "high", "权重合计50%，得分合计100分", "权重合计100%"),
    (
        "EVA-19",
        2482,
        "high",
        "3类适用范围（产业发展项目、基础设施(设备购置)项目、民生保障项目）共70分",
        "只评适用的一类，不超过20分",
    ),
    (
        "EVA-19",
        2763,
        "high",
        "3类适用范围（产业发展项目、基础设施(设备购置)项目、民生保障项目）共70分",
        "只评适用的一类，不超过20分",
    ),
    (
        "DSC-05",
        89,
        "medium",
        "“其他国有土地使用权出让收入安排的支出”没有名词解释",
        "名词解释有该科目的一条",
    ),
    ("DSC-03", 124, "medium", "政府性基金预算支出129.49万元，未列功能分类科目", "公开到类、款、项"),
    ("EVA-42", 137, "medium", "政府采购服务支出为零", "附件称通过政府采购购买服务"),
    ("EVA-43", 147, "medium", "受益群众满意度达100%", "自评表没有满意度的完成值"),
    (
        "CLS-03",
        155,
        "medium",
        "释义含“后勤服务、未单设项级科目”，像是“机关服务”的释义",
        "“行政运行”的释义，含“基本支出或正常运转”",
    ),
    (
        "CLS-04",
        161,
        "medium",
        "列举的“专项服务、专项业务及机关事务管理、信访事务、参事事务”属于另一款",
        "“其他一般公共服务支出”（2019999）自己的释义",
    ),
    ("EVA-32", 232, "medium", "模板说明文字未删改（1处）", "换成实际情况"),
    ("TXT-04", 232, "medium", "填报以下数据", "填写或删去"),
    ("EVA-32", 251, "medium", "模板说明文字未删改（1处）", "换成实际情况"),
    ("EVA-30", 304, "medium", "免费发放印章1092套，目标≥500，仍得满分10", "超过目标30%以上不计分"),
    ("EVA-40", 398, "medium", "存在问题。部门整体支出绩效目标需进一步细化", "“目标制定”不应得满分"),
    ("EVA-31", 444, "medium", "预算由100.00调整为129.24，未说明理由", "单独说明调整理由"),
    ("EVA-23", 577, "medium", "定性指标，指标值100%", "定性指标用等级或文字，有数值的用＝、≥、≤"),
    ("EVA-31", 666, "medium", "预算由100.00调整为150.00，未说明理由", "单独说明调整理由"),
    ("EVA-31", 915, "medium", "预算由20.00调整为19.93，未说明理由", "单独说明调整理由"),
    ("EVA-22", 1051, "medium", "成本指标≥0.3万元/场", "成本指标应为≤"),
    ("EVA-23", 1201, "medium", "定性指标，指标值4座(处)", "定性指标用等级或文字，有数值的用＝、≥、≤"),
    ("EVA-24", 1223, "medium", "“群众满意度提高”列在社会效益指标", "满意度指标"),
    ("EVA-22", 1248, "medium", "成本指标≥3.8万元", "成本指标应为≤"),
    ("EVA-31", 1328, "medium", "预算由0.00调整为47.99，未说明理由", "单独说明调整理由"),
    ("EVA-24", 1397, "medium", "“竣工时间”列在数量指标", "时效指标"),
    ("EVA-24", 1409, "medium", "“群众满意度”列在社会效益指标", "满意度指标"),
    ("EVA-32", 1481, "medium", "模板说明文字未删改（7处）", "换成实际情况"),
    ("EVA-32", 1760, "medium", "模板说明文字未删改（7处）", "换成实际情况"),
    ("EVA-32", 2040, "medium", "模板说明文字未删改（7处）", "换成实际情况"),
    ("EVA-32", 2318, "medium", "模板说明文字未删改（7处）", "换成实际情况"),
    ("EVA-32", 2598, "medium", "模板说明文字未删改（7处）", "换成实际情况"),
    ("EVA-39", 2606, "medium", "2022年11月完成，实际2023年4月", "同一完成日期，延期应反映在评分与存在问题"),
    ("TXT-01", 63, "low", "“；；”", "“；”"),
    ("REC-02", 63, "low", "4.57%", "4.58%"),
    ("TXT-07", 69, "low", "1,049.98", "与全文一致，如1179.47"),
    ("TXT-02", 81, "low", "不成对的）", "成对使用"),
    ("EVA-45", 147, "low", "称对国有资本经营预算等开展绩效自评", "本部门没有该项支出"),
    (
        "EVA-44",
        147,
        "low",
        "政务服务综合大楼信息化建设、装饰装修及运行经费",
        "政务服务综合大楼信息化建设、装饰装修费",
    ),
    ("TXT-03", 147, "low", "绩效自评综述通过", "绩效自评综述："),
    ("TXT-08", 220, "low", "双引号内又用双引号等2处", "内层用单引号"),
    ("TXT-09", 242, "low", "增预算209.52万元)等7处", "左右括号宽度一致"),
    ("EVA-35", 244, "low", "4段与前文（第218行起）相同", "该部分自己的内容"),
    ("TXT-10", 419, "low", "0-", "去掉该符号"),
    ("EVA-28", 602, "low", "免费复印单价按元/个", "数量单位为万份"),
    ("TXT-11", 641, "low", "0万等11处", "0万元"),
    (
        "EVA-33",
        1474,
        "low",
        "评价方法：分级评分法",
        "评分表使用分级评分法、是否评分法、比率分值法、缺项扣分法",
    ),
    ("EVA-34", 1481, "low", "正文提出专用指标、个性指标、行政运转", "评分表没有对应内容"),
    ("EVA-28", 1489, "low", "完成免费复印20万册", "20万份"),
    (
        "EVA-33",
        1753,
        "low",
        "评价方法：分级评分法",
        "评分表使用分级评分法、是否评分法、比率分值法、缺项扣分法",
    ),
    ("EVA-34", 1760, "low", "正文提出专用指标、个性指标、行政运转", "评分表没有对应内容"),
    (
        "EVA-33",
        2033,
        "low",
        "评价方法：分级评分法",
        "评分表使用分级评分法、是否评分法、比率分值法、缺项扣分法",
    ),
    ("EVA-34", 2040, "low", "正文提出专用指标、个性指标、行政运转", "评分表没有对应内容"),
    (
        "EVA-33",
        2311,
        "low",
        "评价方法：分级评分法",
        "评分表使用分级评分法、是否评分法、比率分值法、缺项扣分法",
    ),
    ("EVA-34", 2318, "low", "正文提出专用指标、个性指标、行政运转", "评分表没有对应内容"),
    (
        "EVA-33",
        2591,
        "low",
        "评价方法：分级评分法",
        "评分表使用分级评分法、是否评分法、比率分值法、缺项扣分法",
    ),
    ("EVA-34", 2598, "low", "正文提出专用指标、个性指标、行政运转", "评分表没有对应内容"),
    ("ANA-02", 49, "info", "3个不同的变动使用同一说明", "各自的原因"),
    ("ANA-03", 112, "info", "支出为零，完成预算100%", "预算为零时没有完成率"),
    ("ANA-03", 114, "info", "支出为零，完成预算100%", "预算为零时没有完成率"),
    ("ANA-01", 134, "info", "机关运行经费变动41.14%", "总体变动7.75%，宜了解原因"),
]


@cache
def anju() -> Audit:
    return audit(ANJU)


@cache
def of(text: str, materiality: str = "0.005") -> Audit:
    """The audit of a text, saved in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.txt"
        path.write_text(text, encoding="utf-8")
        return audit(path, materiality=Decimal(materiality))


def told(found: Audit) -> list[tuple[str, int, str, str, str]]:
    return [
        (f.result.rule.id, f.evidence[0].source.line, f.severity, f.reported["zh"], f.expected["zh"])
        for f in found.findings
    ]


def results(found: Audit) -> list[tuple[str, str, Outcome]]:
    return [(r.rule.id, r.context, r.outcome) for r in found.results]


# ----------------------------------------------------------------------------------- what is found
def test_findings_of_the_real_report() -> None:
    assert told(anju()) == GOLDEN


def test_clean_report_has_no_finding() -> None:
    assert told(of(CLEAN)) == []
    counts = of(CLEAN).counts()
    assert counts[Outcome.TIES] > 60
    assert counts[Outcome.EXCEPTION] == 0
    # The rate of completion of the whole and the like are all read: what is not tested lacks an operand.
    assert all(r.reason["zh"] for r in of(CLEAN).results if r.outcome is Outcome.NOT_TESTED)


# What a department prints beside its own totals: units, its territory, other budgets, other years, parts of a part.
BESIDE = {
    "units, in a list": "按单位分：本级支出60.00万元，其中基本支出40.00万元、项目支出20.00万元；所属水文站支出40.00万元，其中基本支出20.00万元、项目支出20.00万元。",
    "units, named": "其中：县水务局机关运行经费30.00万元，县水政监察队（参公）机关运行经费20.00万元。",
    "units, of procurement": "其中局机关政府采购支出总额30.00万元，所属单位政府采购支出总额70.00万元。",
    "units, a paragraph each": "1.局本级：本年收入合计70.00万元，其中财政拨款收入70.00万元。",
    "territory": "2022年，全县一般公共预算收入完成12.35亿元，同比增长6.5%；一般公共预算支出30.2亿元，同比增长5.1%。",
    "two budgets": "“三公”经费年初预算12.00万元，调整预算11.00万元，支出决算10.00万元，完成年初预算的83.33%，完成调整预算的90.91%。决算数小于年初预算数。",
    "other years": "与2015年相比，灌溉面积增长35.2%。2022年较2017年减少漏损12000吨。",
    "appropriation for basic expenditure": "财政拨款收入90.00万元中，基本支出拨款50.00万元，项目支出拨款40.00万元。",
    "shares of an amount before": "授予中小企业合同金额80.00万元，占80.00%，其中：授予小微企业合同金额40.00万元，占50.00%。",
    "one kind of assets": "本部门资产总额500.00万元。固定资产300.00万元，其中房屋200.00万元。",
    "an address": "联系邮箱：XXXX@example.com，型号为XX-200。",
}
ACCOUNTS = """第二部分 2022年度部门决算情况说明
二、收入决算情况说明
2022年度收入合计100.00万元，其中：财政拨款收入90.00万元，占90.00%；其他收入10.00万元，占10.00%。
三、支出决算情况说明
2022年度支出合计100.00万元，其中：基本支出60.00万元，占60.00%；项目支出40.00万元，占40.00%。
七、“三公”经费支出决算情况说明
"""


@pytest.mark.parametrize("beside", BESIDE)
def test_what_is_not_of_the_department_as_a_whole_is_not_held_against_it(beside: str) -> None:
    found = told(of(ACCOUNTS + BESIDE[beside] + "\n"))
    assert [finding for finding in found if not finding[0].startswith(("DSC", "NUM"))] == []


def test_completion_of_a_budget_named_in_its_phrase_is_tested() -> None:
    text = "公务接待费支出决算11.20万元，完成预算16.00万元的{}%。\n"
    assert "REC-03" not in {finding[0] for finding in told(of(ACCOUNTS + text.format("70.00")))}
    assert "REC-03" in {finding[0] for finding in told(of(ACCOUNTS + text.format("76.00")))}


def test_change_against_a_budget_that_is_named_in_full_is_tested() -> None:
    text = "2022年“三公”经费财政拨款决算数8.72万元，比2022年“三公”经费财政拨款年初预算14.50万元减少{}万元。\n"
    assert "REC-04" not in {finding[0] for finding in told(of(ACCOUNTS + text.format("5.78")))}
    assert "REC-04" in {finding[0] for finding in told(of(ACCOUNTS + text.format("5.87")))}


def test_counts_add_up_and_no_rule_is_silent() -> None:
    for found in (anju(), of(CLEAN)):
        assert sum(found.counts().values()) == len(found.results)
        assert {result.rule.id for result in found.results} == {
            rule.id for rule in found.rules if rule.applies(found.year, found.form)
        }


def test_every_exception_is_a_finding_and_every_finding_has_its_place() -> None:
    for found in (anju(), *(of(text) for text in SEEDED_TEXTS)):
        exceptions = {(r.rule.id, r.context) for r in found.results if r.outcome is Outcome.EXCEPTION}
        listed = {(f.result.rule.id, f.result.context) for f in found.findings}
        # One cause of two subjects at once (收、支总计各增加) is one finding.
        assert listed <= exceptions | {
            (r.rule.id, r.context) for r in found.results if r.outcome is Outcome.TIES_WITHIN_ROUNDING
        }
        places = {e.source for f in found.findings for e in f.evidence}
        for result in found.results:
            if result.outcome is Outcome.EXCEPTION:
                shown = [e.source for e in result.evidence] or [o.source for o in result.operands]
                assert shown[0] in places, (result.rule.id, result.context)
        for finding in found.findings:
            lines = found.document.lines
            for evidence in finding.evidence:
                assert evidence.quote
                assert 1 <= evidence.source.line <= len(lines)
                place, line = evidence.source, lines[evidence.source.line - 1]
                assert 0 <= place.start <= place.end <= len(line)
                # A cell that was left blank has no words to point at.
                assert place.start < place.end or not line.strip(), (finding.result.rule.id, place)


def test_findings_stand_gravest_first_and_then_in_reading_order() -> None:
    for found in (anju(), *(of(text) for text in SEEDED_TEXTS)):
        order = [(SEVERITIES.index(f.severity), f.evidence[0].source.line) for f in found.findings]
        assert order == sorted(order)


def test_messages_say_what_disagrees_in_both_languages_and_never_misstatement() -> None:
    for finding in (f for text in SEEDED_TEXTS for f in of(text).findings):
        assert finding.message["zh"].endswith("。") and finding.message["en"].endswith(".")
        assert finding.reported["zh"] in finding.message["zh"]
        assert finding.expected["zh"] in finding.message["zh"]
        assert "misstatement" not in finding.message["en"].lower()
        assert finding.reference["zh"] and finding.reference["en"]


# ------------------------------------------------------------------------------------ ids that stay
INSERTED = "本部门认真落实各项工作要求。\n全年召开专题会议，研究部署有关工作。\n"


def edited(text: str, before: str, inserted: str) -> str:
    assert before in text
    return text.replace(before, inserted + before, 1)


@pytest.mark.parametrize("before", ["第二部分 2023年度", "一、收入支出决算总体", "（二）政府采购支出情况"])
def test_ids_stay_when_a_paragraph_is_inserted_elsewhere(before: str) -> None:
    other = of(edited(ANJU.read_text(encoding="utf-8"), before, INSERTED))
    assert [(f.id, f.severity) for f in other.findings] == [(f.id, f.severity) for f in anju().findings]


def test_ids_stay_when_a_section_is_taken_out() -> None:
    text = ANJU.read_text(encoding="utf-8")
    start, end = text.index("（一）机关运行经费支出情况"), text.index("（二）政府采购支出情况")
    other = {f.id for f in of(text[:start] + text[end:]).findings}
    gone = {f.id for f in anju().findings if f.result.rule.id == "ANA-01"}
    changed = {f.id for f in anju().findings if f.result.rule.id in ("ANA-02", "DSC-01", "NUM-01")}
    assert {f.id for f in anju().findings} - other <= gone | changed


def test_id_of_a_number_out_of_order_stays_when_lines_are_inserted() -> None:
    wrong = CLEAN.replace("4.住房保障支出（类）", "5.住房保障支出（类）")
    ids = [f.id for f in of(wrong).findings if f.result.rule.id == "NUM-01"]
    moved = of(edited(wrong, "二、机构设置", INSERTED))
    assert [f.id for f in moved.findings if f.result.rule.id == "NUM-01"] == ids != []


def test_ids_stay_when_the_file_is_renamed_and_differ_from_each_other(tmp_path: Path) -> None:
    path = tmp_path / "另一个名字.txt"
    path.write_bytes(ANJU.read_bytes())
    other = audit(path)
    assert [f.id for f in other.findings] == [f.id for f in anju().findings]
    assert [f.id for f in other.facts] == [f.id for f in anju().facts]
    assert len({f.id for f in other.findings}) == len(other.findings)


# ------------------------------------------------------------------------------------- materiality
@pytest.mark.parametrize("materiality", ["0", "0.0001", "0.05", "1000"])
def test_materiality_grades_and_never_alters_an_outcome(materiality: str) -> None:
    seeded = CLEAN.replace("基本支出815.24万元", "基本支出851.24万元")
    for text in (seeded, ANJU.read_text(encoding="utf-8")):
        assert results(of(text, materiality)) == results(of(text))
        assert {f.id for f in of(text, materiality).findings} == {f.id for f in of(text).findings}


def test_materiality_sorts_what_is_grave() -> None:
    text = CLEAN.replace("基本支出815.24万元", "基本支出815.34万元")
    [finding] = of(text).findings
    assert [finding.severity, *(f.severity for f in finding.gathered)] == ["medium", "low"]
    assert "high" in {f.severity for f in of(text, "0.00001").findings}
    assert "high" in {f.severity for f in of(text.replace("815.34", "8152.4")).findings}


# -------------------------------------------------------------------------------------------- JSON
SOURCE = {"line", "page", "table", "row", "column", "start", "end"}
KEYS: dict[str, set[str]] = {
    "report": {"file", "sha256", "entity", "year", "form"},
    "facts": {
        *("id", "concept", "label", "value", "unit", "decimals", "state", "year", "dimensions", "source", "quote"),
        "section",
    },
    "results": {"rule", "kind", "context", "outcome", "reason", "operands", "residual", "slack"},
    "findings": {
        *("id", "rule", "kind", "severity", "section", "message", "reported", "expected", "difference"),
        *("reference", "evidence", "suspects", "gathered", "writing", "disposition"),
    },
    "numerals": {"text", "source", "fact", "tickmarks"},
}  # fmt: skip


@cache
def contract() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(anju().to_json())
    return content


def test_json_has_the_fields_of_the_contract_and_no_other() -> None:
    assert set(contract()) == set(KEYS)
    assert set(contract()["report"]) == KEYS["report"]
    for name in ("facts", "results", "findings", "numerals"):
        assert contract()[name]
        for item in contract()[name]:
            assert set(item) - ({"reason"} if name == "numerals" else set()) == KEYS[name]
    for item in [*contract()["facts"], *contract()["numerals"]]:
        assert {"line", "start", "end"} <= set(item["source"]) <= SOURCE
    for finding in contract()["findings"]:
        assert set(finding["message"]) == {"zh", "en"}
        assert finding["severity"] in ("high", "medium", "low", "info")
        assert finding["evidence"]
        for evidence in finding["evidence"]:
            assert set(evidence) == {"fact", "quote", "source"}
            assert set(evidence["source"]) <= SOURCE
        for suspect in finding["suspects"]:
            assert set(suspect) == {"fact", "correction", "why"}
    for numeral in contract()["numerals"]:
        assert all(set(mark) == {"rule", "outcome"} for mark in numeral["tickmarks"])


def test_json_refers_to_what_it_holds() -> None:
    facts = {fact["id"] for fact in contract()["facts"]}
    assert len(facts) == len(contract()["facts"])
    outcomes = {"ties", "ties_within_rounding", "exception", "not_tested"}
    for result in contract()["results"]:
        assert set(result["operands"]) <= facts
        assert result["outcome"] in outcomes
        assert (result["outcome"] != "not_tested") or result["reason"]
    for finding in contract()["findings"]:
        assert {s["fact"] for s in finding["suspects"]} <= facts
        assert {e["fact"] for e in finding["evidence"]} <= facts | {None}
    for numeral in contract()["numerals"]:
        assert numeral["fact"] in facts | {None}
        assert numeral["fact"] or not numeral["tickmarks"]


def test_json_has_numbers_as_strings_and_sorted_keys() -> None:
    def numbers(item: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        if isinstance(item, dict):
            assert list(item) == sorted(item)
            return [found for key, value in item.items() for found in numbers(value, (*path, key))]
        if isinstance(item, list):
            return [found for value in item for found in numbers(value, path)]
        return [path] if isinstance(item, int | float) and not isinstance(item, bool) else []

    assert {path[-1] for path in numbers(contract())} <= {"line", "page", "row", "column", "start", "end"}
    assert "1179.47" in {fact["value"] for fact in contract()["facts"]}
    assert not any("E" in (fact["value"] or "") for fact in contract()["facts"])


def test_json_is_the_same_bytes_in_any_process_on_any_path(tmp_path: Path) -> None:
    path = tmp_path / "深 层" / ANJU.name
    path.parent.mkdir()
    path.write_bytes(ANJU.read_bytes())
    for seed, report in (("1", ANJU), ("2", path)):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-m", "helpers", "check", str(report), "--json"]
        done = subprocess.run(command, capture_output=True, env=environment, cwd=tmp_path, check=True)
        assert done.stdout.replace(b"\r\n", b"\n") == anju().to_json().encode()


def test_json_tells_no_path_and_no_time() -> None:
    text = anju().to_json()
    assert str(ROOT) not in text
    assert contract()["report"]["file"] == "anju-2023.txt"


# ---------------------------------------------------------------------------------------- suspects
# (what is printed, what was wrongly printed instead, correction, the slip's name)
SLIPS = [
    ("基本支出815.24万元，占58.80%", "基本支出851.24万元，占58.80%", "815.24", "数字颠倒"),
    ("农林水支出1078.21万元", "农林水支出10782.10万元", "1078.21", "小数点移位"),
    ("其他收入42.40万元", "其他收入424000万元", "42.40", "万元与元混用"),
    ("政府采购服务支出80.43万元", "政府采购服务支出8043万元", "80.43", "小数点移位"),
    ("项目支出571.18万元", "项目支出571.48万元", "571.18", "一位数字之误"),
    ("支出决算为439.76万元", "支出决算为43.76万元", "439.76", "漏掉或多出一位数字"),
    ("人员经费702.18万元", "人员经费7022.18万元", "702.18", "漏掉或多出一位数字"),
    ("一般公共预算财政拨款支出增加82.56万元", "一般公共预算财政拨款支出减少82.56万元", "82.56", "正负号"),
    ("占86.56%", "占86.65%", "86.56", "数字颠倒"),
    ("完成年初预算的92.00%", "完成年初预算的91.00%", "92.00", "一位数字之误"),
    ("年初预算为660.30万元", "年初预算为606.30万元", "660.30", "数字颠倒"),
    ("公务接待费支出3.84万元", "公务接待费支出38.4万元", "3.84", "小数点移位"),
    ("政府采购支出总额263.57万元", "政府采购支出总额2635700万元", "263.57", "万元与元混用"),
    ("机关运行经费支出76.81万元", "机关运行经费支出72.16万元", "76.81", "误用上年数字"),
    ("收、支总计均为1386.42万元", "收、支总计均为1260.45万元", "1386.42", "误用上年数字"),
]
SEEDED_TEXTS = [CLEAN.replace(right, wrong) for right, wrong, _, _ in SLIPS]


@pytest.mark.parametrize(
    ("right", "wrong", "correction", "slip"), SLIPS, ids=[f"{slip[2]} in its place" for slip in SLIPS]
)
def test_single_slip_is_found_named_and_corrected(right: str, wrong: str, correction: str, slip: str) -> None:
    assert CLEAN.count(right) == 1
    text = CLEAN.replace(right, wrong)
    line = CLEAN[: CLEAN.index(right)].count("\n") + 1
    findings = [f for f in of(text).findings if f.severity != "info"]
    assert findings, "not found"
    suspects = [
        finding.suspects[0]
        for finding in findings
        if finding.suspects and finding.suspects[0].fact.source.line == line
    ]
    assert suspects, [(f.result.rule.id, [s.fact.id for s in f.suspects]) for f in findings]
    named = [s for s in suspects if s.fact.printed in wrong and Decimal(s.correction) == Decimal(correction)]
    assert named, [(s.fact.printed, s.correction, s.why["zh"]) for s in suspects]
    assert any(slip in suspect.why["zh"] for suspect in named)


def test_nothing_distinguishes_two_parts_of_one_sum_and_that_is_said() -> None:
    text = CLEAN.replace("政府采购货物支出58.24万元", "政府采购货物支出59.36万元")
    [finding] = of(text).findings
    assert finding.result.rule.id == "PRO-01"
    assert len(finding.suspects) == 4
    assert {s.fact.concept for s in finding.suspects} >= {"procurement", "procurement.goods"}
    tied = [s for s in finding.suspects if "没有其他核对能区分" in s.why["zh"]]
    assert len(tied) >= 2


def test_shares_bent_to_reach_100_percent_are_told_from_a_digit_that_is_wrong() -> None:
    bent = CLEAN.replace("占7.09%", "占7.10%").replace("占3.06%", "占3.05%")
    assert ["末位为凑足100%而调整" in f.suspects[0].why["zh"] for f in of(bent).findings] == [True, True]
    [finding] = of(CLEAN.replace("占3.06%", "占3.05%")).findings
    assert "一位数字之误" in finding.suspects[0].why["zh"]


def test_only_some_of_the_suspects_may_be_beyond_telling_apart() -> None:
    # Swapped digits in 货物 or in 工程 would be the 2.70 that the sum is off; 服务 and the total have no such slip.
    text = CLEAN
    for right, wrong in (("263.57", "100.00"), ("58.24", "63.00"), ("124.90", "24.10"), ("80.43", "15.60")):
        text = text.replace(f"{right}万元", f"{wrong}万元")
    [finding] = of(text).findings
    told = [(s.fact.printed, "前2个疑点没有其他核对能区分" in s.why["zh"]) for s in finding.suspects]
    assert told == [("63.00", True), ("24.10", True), ("100.00", False), ("15.60", False)]


def test_word_of_direction_is_the_suspect_where_the_figures_agree() -> None:
    [finding] = of(
        CLEAN.replace("决算数小于预算数的主要原因是人员退休", "决算数大于预算数的主要原因是人员退休")
    ).findings
    assert finding.result.rule.id == "DIR-01"
    assert [(s.fact.measure, s.correction) for s in finding.suspects] == [("budget_direction", "小于预算")]


def test_of_two_amounts_said_to_be_one_that_differ_by_a_slip_the_slip_is_the_suspect() -> None:
    flat = "年初预算为95.23万元，支出决算为95.32万元，决算数与预算数持平"
    line = next(line for line in CLEAN.split("\n") if line.startswith("1.社会保障"))
    text = CLEAN.replace(line, line.split("：")[0] + "：" + flat + "。")
    [suspects] = [f.suspects for f in every(of(text)) if f.result.rule.id == "DIR-01"]
    assert [(s.fact.measure, s.correction) for s in suspects][:1] == [("budget", "95.32")]
    # Where they are far apart, the word is.
    text = CLEAN.replace("决算数小于预算数的主要原因是人员退休", "决算数与预算数持平，主要原因是人员退休")
    [suspects] = [f.suspects for f in every(of(text)) if f.result.rule.id == "DIR-01"]
    assert [s.fact.measure for s in suspects][:1] == ["budget_direction"]


def test_of_two_rates_of_the_same_figures_the_one_that_they_do_not_come_to_is_the_suspect() -> None:
    rates = (
        "2022年度“三公”经费财政拨款支出预算为20.13万元，支出决算为19.02万元，完成预算的94.49%。"
        "因公出国（境）费支出决算为0.00万元。公务接待费支出决算为0.00万元。\n"
        "公务用车购置及运行维护费预算为20.13万元，支出决算为19.02万元，完成预算的94.45%。"
    )
    line = next(line for line in CLEAN.split("\n") if line.startswith("2022年度“三公”"))
    [suspects] = [f.suspects for f in every(of(CLEAN.replace(line, rates))) if f.result.rule.id == "TPE-14"]
    assert (suspects[0].fact.printed, suspects[0].correction) == ("94.45", "94.49")
    assert "没有其他核对能区分" not in suspects[0].why["zh"]


def test_what_was_counted_corrects_the_number_printed() -> None:
    text = CLEAN.replace(
        "对6个项目编制了绩效目标", "对甲项目建设、乙项目建设、丙项目建设等2个项目编制了绩效目标，"
    )
    suspects = [s for f in of(text).findings if f.result.rule.id == "PER-01" for s in f.suspects]
    assert [(s.fact.printed, s.correction) for s in suspects] == [("2", "3")]


def test_every_suspect_makes_its_own_exception_tie() -> None:
    for text in SEEDED_TEXTS:
        for finding in every(of(text)):
            check = finding.result.check
            for suspect in finding.suspects:
                assert check is not None
                changed = {o.id: suspect.value for o in check.operands if o.source == suspect.fact.source}
                assert check.verdict(changed).outcome.is_tie


# --------------------------------------------------------------------------------------- gathering
def every(found: Audit) -> list[Finding]:
    """The findings of an audit and those gathered under them."""
    return [finding for lead in found.findings for finding in (lead, *lead.gathered)]


def gathered(found: Audit) -> list[tuple[str, list[str]]]:
    return [(f.result.rule.id, [g.result.rule.id for g in f.gathered]) for f in found.findings]


def test_wrong_total_is_one_finding_that_gathers_what_follows_from_it() -> None:
    wrong = of(CLEAN.replace("收、支总计均为1386.42万元", "收、支总计均为1368.42万元"))
    assert gathered(wrong) == [("TOT-02", ["TOT-03", "REC-01"])]
    [finding] = wrong.findings
    assert (finding.severity, finding.suspects[0].fact.printed) == ("high", "1368.42")
    assert finding.suspects[0].correction == "1386.42"
    # Its evidence covers theirs, its own first and none twice.
    places = [evidence.source for evidence in finding.evidence]
    assert len(set(places)) == len(places)
    assert {e.source for f in finding.gathered for e in f.evidence} <= set(places)
    assert places[0] == finding.result.operands[0].source


def test_two_errors_that_have_nothing_to_do_with_each_other_are_two_findings() -> None:
    text = CLEAN.replace("基本支出815.24万元", "基本支出851.24万元").replace(
        "接待费支出3.84万元", "接待费支出38.4万元"
    )
    assert gathered(of(text)) == [("EXP-01", ["REC-02"]), ("TPE-01", ["REC-02"])]


def test_what_no_one_figure_explains_best_is_not_gathered() -> None:
    # The contracts exceed the whole and are not its 95%: less of the one or more of the other would mend both.
    text = (
        ACCOUNTS
        + "2022年度政府采购支出总额200.00万元。授予中小企业合同金额210.00万元，占政府采购支出总额的95.00%。\n"
    )
    money = [f for f in of(text).findings if f.suspects]
    assert [(f.result.rule.id, f.gathered) for f in money] == [("PRO-02", ()), ("REC-02", ())]
    assert {len(f.suspects) for f in money} == {2}


def test_results_keep_their_outcome_and_know_the_finding_that_tells_them() -> None:
    for text in SEEDED_TEXTS:
        found = of(text)
        assert found.counts()[Outcome.EXCEPTION] == sum(
            sum(r.outcome is Outcome.EXCEPTION for r in finding.results) for finding in found.findings
        )
        for result in found.results:
            lead = found.finding_of(result)
            assert (lead is not None) == (result.outcome is Outcome.EXCEPTION)
            assert lead is None or any(one is result for one in lead.results)


def test_gathered_findings_are_in_the_json_under_their_lead() -> None:
    found = of(CLEAN.replace("收、支总计均为1386.42万元", "收、支总计均为1368.42万元"))
    [finding] = json.loads(found.to_json())["findings"]
    assert [other["rule"] for other in finding["gathered"]] == ["TOT-03", "REC-01"]
    assert all(
        set(other)
        == {
            *("id", "rule", "kind", "severity", "section", "message", "reported", "expected", "difference"),
            "disposition",
        }
        for other in finding["gathered"]
    )
    assert all(other["gathered"] == [] for other in contract()["findings"])


def test_id_of_the_finding_that_gathers_stays_when_lines_are_inserted() -> None:
    wrong = CLEAN.replace("收、支总计均为1386.42万元", "收、支总计均为1368.42万元")
    moved = of(edited(wrong, "二、机构设置", INSERTED))
    assert [f.id for f in every(moved)] == [f.id for f in every(of(wrong))]


def test_consistent_figures_are_not_suspected() -> None:
    for text in SEEDED_TEXTS:
        for finding in of(text).findings:
            for suspect in finding.suspects:
                assert suspect.correction != suspect.fact.printed


def test_findings_of_one_rule_in_one_context_have_ids_of_their_own(tmp_path):
    line = "各位同志：附件另发。"
    text = (
        f"2023年度部门决算\n一、收入决算情况说明\n2023年度收入总计100万元。\n{line}\n"
        + "某单位XX科目。\n" * 3
    )
    path = tmp_path / "a.txt"
    path.write_text(text, "utf-8")
    found = audit(path)
    ids = [one.id for finding in found.findings for one in (finding, *finding.gathered)]
    same = [one for one in ids if one.startswith("TXT-04-")]
    assert len(same) == 3 and len(set(ids)) == len(ids)
    assert sorted(same) == sorted([min(same, key=len) + end for end in ("", "-2", "-3")])
    assert all(found.finding_of(finding.result) is finding for finding in found.findings)
