"""Fragments of reports in the wording of many provinces: complete lists of their facts, and of findings on one wrong figure.

The departments and figures are invented.  A fragment is no whole report: what it does not disclose is not looked at.
"""

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from helpers.audit import Audit, audit
from helpers.facts.fact import Fact


@dataclass(frozen=True)
class Fragment:
    """A text right in every figure, its facts by line, and changes with the findings (rule and line) that each gives."""

    text: str
    facts: tuple[str, ...]
    wrong: tuple[tuple[str, str, tuple[str, ...]], ...]


FRAGMENTS = {
    "hunan": Fragment(
        """\
七、财政拨款“三公”经费支出决算情况说明
公务接待费支出预算为6.00万元，支出决算为3.21万元，完成预算的53.50%，决算数小于预算数的主要原因是压减接待，与上年相比减少0.79万元，下降19.75%，下降的主要原因是接待批次减少。
公务接待费支出决算为3.21万元，全年共接待来访团组42个、来宾310人次，主要是考察学习发生的接待支出。
八、政府性基金预算收入支出决算情况
2023年度政府性基金预算财政拨款收入12.00万元；年初结转和结余0.00万元；支出12.00万元，其中基本支出0.00万元，项目支出12.00万元；年末结转和结余0.00万元。
""",
        (
            "2 three_public.reception/budget 6.00 万元",
            "2 three_public.reception/amount 3.21 万元",
            "2 three_public.reception/completion 53.50 %",
            "2 three_public.reception/budget_direction -1",
            "2 three_public.reception/change -0.79 万元",
            "2 three_public.reception/growth -19.75 %",
            "3 three_public.reception/amount 3.21 万元",
            "3 three_public.reception.domestic/批次 42 个",
            "3 three_public.reception.domestic/人次 310 人次",
            "5 income.fund/amount 12.00 万元",
            "5 fund.opening/amount 0.00 万元",
            "5 fund.expenditure/amount 12.00 万元",
            "5 fund.basic/amount 0.00 万元",
            "5 fund.project/amount 12.00 万元",
            "5 fund.closing/amount 0.00 万元",
        ),
        (("下降19.75%", "下降17.95%", ("REC-01 2",)),),
    ),
    "yunnan": Fragment(
        """\
二、支出决算情况说明
红土县林业局2022年度支出合计100.00万元。其中：基本支出45.00万元，占总支出的45.00%；项目支出55.00万元，占总支出的55.00%；上缴上级支出、经营支出、对附属单位补助支出共0.00万元，占总支出的0.00%。
（一）基本支出情况
2022年度用于保障红土县林业局机关、下属事业单位等机构正常运转的日常支出45.00万元。其中：基本工资、津贴补贴等人员经费支出40.50万元，占基本支出的90.00%；办公费、水电费等公用经费支出4.50万元，占基本支出的10.00%。
三、一般公共预算财政拨款支出决算情况说明
1.农林水（类）支出90.00万元，占一般公共预算财政拨款总支出的92.78%。主要用于护林员补助60.00万元、人员工资30.00万元。
2.住房保障（类）支出7.00万元，占一般公共预算财政拨款总支出的7.22%。主要用于住房公积金。
""",
        (
            "2 expenditure.year/amount 100.00 万元",
            "2 expenditure.basic/amount 45.00 万元",
            "2 expenditure.basic/share 45.00 %",
            "2 expenditure.project/amount 55.00 万元",
            "2 expenditure.project/share 55.00 %",
            "2 expenditure.superior/amount 0.00 万元",
            "2 expenditure.operating/amount 0.00 万元",
            "2 expenditure.affiliated/amount 0.00 万元",
            "2 expenditure.affiliated/share 0.00 %",
            "4 expenditure.basic/amount 45.00 万元",
            "4 general.personnel/amount 40.50 万元",
            "4 general.personnel/share 90.00 %",
            "4 general.public/amount 4.50 万元",
            "4 general.public/share 10.00 %",
            "6 general.expenditure/amount@213 90.00 万元",
            "6 general.expenditure/share@213 92.78 %",
            "6 detail/told@护林员补助 60.00 万元",
            "6 detail/told@人员工资 30.00 万元",
            "7 general.expenditure/amount@221 7.00 万元",
            "7 general.expenditure/share@221 7.22 %",
        ),
        (("公用经费支出4.50万元", "公用经费支出5.40万元", ("BAS-08 4", "REC-02 4")),),
    ),
    "shaanxi": Fragment(
        """\
一、收入支出决算总体情况说明
本年度收入、支出总计均为480.50万元，与上年相比收、支总计各增加30.50万元，增长6.78%。主要是项目资金增加。
（四）一般公共预算财政拨款基本支出决算情况说明
2021年度一般公共预算财政拨款基本支出80.00万元，包括：人员经费70.00万元和公用经费10.00万元。
公用经费10.00万元，主要包括：办公费（30201）6.00万元、差旅费（30211）4.00万元。
3. 公务用车运行维护费用支出情况说明。
2021年预算9.00万元，支出决算8.10万元，完成预算的90.00%。决算数较预算数减少0.90万元，主要原因是车辆使用减少。
""",
        (
            "2 income.total/amount 480.50 万元",
            "2 expenditure.total/amount 480.50 万元",
            "2 income.total/change 30.50 万元",
            "2 expenditure.total/change 30.50 万元",
            "2 income.total/growth 6.78 %",
            "2 expenditure.total/growth 6.78 %",
            "4 general.basic/amount 80.00 万元",
            "4 general.personnel/amount 70.00 万元",
            "4 general.public/amount 10.00 万元",
            "5 general.public/amount 10.00 万元",
            "5 detail/told@办公费 6.00 万元",
            "5 detail/told@差旅费 4.00 万元",
            "7 three_public.vehicles.running/budget 9.00 万元",
            "7 three_public.vehicles.running/amount 8.10 万元",
            "7 three_public.vehicles.running/completion 90.00 %",
            "7 three_public.vehicles.running/budget_change -0.90 万元",
        ),
        (
            ("增长6.78%", "增长7.68%", ("REC-01 2",)),
            ("和公用经费10.00万元", "和公用经费13.00万元", ("BAS-01 4", "BAS-05 5")),
        ),
    ),
    "inner_mongolia": Fragment(
        """\
四、财政拨款收入支出决算总体情况说明
2023年度财政拨款收入、支出决算总计520万元，与年初预算相比，收、支总计各增加20万元，增长4%，变动原因：追加人员经费；与上年决算相比，收、支总计各增加40万元，增长8.33%，变动原因：项目增加。
八、财政拨款“三公”经费支出决算情况说明
公务用车购置支出0万元，车均购置费0万元，购置车辆0辆；公务用车运行维护支出24万元，用于下乡检查，车均运行维护费3万元，财政拨款开支的公务用车保有量为8辆。
国内公务接待费2.4万元，接待30批次，共接待200人次，人均接待费120元。
""",
        (
            "2 appropriation.income.total/amount 520 万元",
            "2 appropriation.expenditure.total/amount 520 万元",
            "2 appropriation.income.total/budget_change 20 万元",
            "2 appropriation.expenditure.total/budget_change 20 万元",
            "2 appropriation.income.total/budget_growth 4 %",
            "2 appropriation.expenditure.total/budget_growth 4 %",
            "2 appropriation.income.total/change 40 万元",
            "2 appropriation.expenditure.total/change 40 万元",
            "2 appropriation.income.total/growth 8.33 %",
            "2 appropriation.expenditure.total/growth 8.33 %",
            "4 three_public.vehicles.purchase/amount 0 万元",
            "4 average.vehicles_purchase/amount 0 万元",
            "4 three_public.vehicles.purchase/辆 0 辆",
            "4 three_public.vehicles.running/amount 24 万元",
            "4 average.vehicles_running/amount 3 万元",
            "4 three_public.vehicles.held/辆 8 辆",
            "5 three_public.reception.domestic/amount 2.4 万元",
            "5 three_public.reception.domestic/批次 30 批次",
            "5 three_public.reception.domestic/人次 200 人次",
            "5 average.reception/amount 120 元",
        ),
        (
            ("车均运行维护费3万元", "车均运行维护费3.5万元", ("REC-05 4",)),
            ("人均接待费120元", "人均接待费102元", ("REC-05 5",)),
        ),
    ),
    "guangxi": Fragment(
        """\
一、2023年度收入支出决算总体情况
（一）收入总计232.73万元。其中：本年收入227.23万元，年初结转和结余5.50万元。与2022年度决算数相比，收入总计减少5.17万元，下降2.17%，主要原因是基金项目减少。
1.其他收入1.50万元，为利息等收入，与2022年度决算数相比，增加0.60万元，增长66.67%。
二、2023年度一般公共预算财政拨款支出决算情况
2023年度一般公共预算财政拨款支出200.00万元，其中：基本支出88.00万元，项目支出112.00万元。与年初预算数180.00万元相比，增加20.00万元，增长11.11%，主要原因是追加项目经费。
""",
        (
            "2 income.total/amount 232.73 万元",
            "2 income.year/amount 227.23 万元",
            "2 income.opening/amount 5.50 万元",
            "2 income.total/change -5.17 万元",
            "2 income.total/growth -2.17 %",
            "3 income.other/amount 1.50 万元",
            "3 income.other/change 0.60 万元",
            "3 income.other/growth 66.67 %",
            "5 general.expenditure/amount 200.00 万元",
            "5 general.basic/amount 88.00 万元",
            "5 general.project/amount 112.00 万元",
            "5 general.expenditure/budget 180.00 万元",
            "5 general.expenditure/budget_change 20.00 万元",
            "5 general.expenditure/budget_growth 11.11 %",
        ),
        (
            ("项目支出112.00万元", "项目支出121.00万元", ("GEN-08 5",)),
            ("增长66.67%", "增长76.67%", ("REC-01 3",)),
        ),
    ),
    "hubei": Fragment(
        """\
三、2023年度“三公”经费支出决算及增减变动情况
2023年度“三公”经费财政拨款支出预算为27万元，支出决算为22.9万元，完成预算的84.8%。较上年减少3.2万元，下降12.3%。其中：
1.公务用车购置及运行维护费支出决算为22万元，完成预算的88%，比预算减少3万元；较上年减少3万元，下降12%。其中：公务用车购置费0万元，本年度购置公务用车0辆；公务用车运行维护费22万元，年末公务用车保有量8辆，平均每辆运行维护费2.75万元。
2.公务接待费支出决算为0.9万元，完成预算的45%，比预算减少1.1万元；较上年减少0.2万元，下降18.2%。国内公务接待12批次，82人次，陪同18人次。
""",
        (
            "2 three_public/budget 27 万元",
            "2 three_public/amount 22.9 万元",
            "2 three_public/completion 84.8 %",
            "2 three_public/change -3.2 万元",
            "2 three_public/growth -12.3 %",
            "3 three_public.vehicles/amount 22 万元",
            "3 three_public.vehicles/completion 88 %",
            "3 three_public.vehicles/budget_change -3 万元",
            "3 three_public.vehicles/change -3 万元",
            "3 three_public.vehicles/growth -12 %",
            "3 three_public.vehicles.purchase/amount 0 万元",
            "3 three_public.vehicles.purchase/辆 0 辆",
            "3 three_public.vehicles.running/amount 22 万元",
            "3 three_public.vehicles.held/辆 8 辆",
            "3 average.vehicles_running/amount 2.75 万元",
            "4 three_public.reception/amount 0.9 万元",
            "4 three_public.reception/completion 45 %",
            "4 three_public.reception/budget_change -1.1 万元",
            "4 three_public.reception/change -0.2 万元",
            "4 three_public.reception/growth -18.2 %",
            "4 three_public.reception.domestic/批次 12 批次",
            "4 three_public.reception.domestic/人次 82 人次",
            "4 detail/人次@陪同 18 人次",
        ),
        (("完成预算的45%", "完成预算的54%", ("REC-03 4",)),),
    ),
    "zhejiang": Fragment(
        """\
（二）收入决算情况说明
本年收入合计357.22万元；包括财政拨款收入355万元（其中：一般公共预算310万元，政府性基金预算45万元，国有资本经营预算0万元），占收入合计99.38%；其他收入2.22万元，占收入合计0.62%。
（九）财政拨款“三公”经费支出决算情况说明
（3）公务接待费全年预算数为12万元，支出决算为8.12万元，完成全年预算的67.67%。与2021年度决算相比，减少0.88万元，下降9.78%。主要用于接待业务交流等支出，国内公务接待74批次，累计612人次。其中外事接待0批次，累计0人次，开支0万元。
（十）其他重要事项的情况说明
2022年度本级及所属2家行政单位、1家参公单位机关运行经费支出180万元，比2021年度增加12万元，增长7.14%。
""",
        (
            "2 income.year/amount 357.22 万元",
            "2 income.appropriation/amount 355 万元",
            "2 income.general/amount 310 万元",
            "2 income.fund/amount 45 万元",
            "2 income.state_capital/amount 0 万元",
            "2 income.appropriation/share 99.38 %",
            "2 income.other/amount 2.22 万元",
            "2 income.other/share 0.62 %",
            "4 three_public.reception/budget 12 万元",
            "4 three_public.reception/amount 8.12 万元",
            "4 three_public.reception/completion 67.67 %",
            "4 three_public.reception/change -0.88 万元",
            "4 three_public.reception/growth -9.78 %",
            "4 three_public.reception.domestic/批次 74 批次",
            "4 three_public.reception.domestic/人次 612 人次",
            "4 three_public.reception.foreign/批次 0 批次",
            "4 three_public.reception.foreign/人次 0 人次",
            "4 three_public.reception.foreign/amount 0 万元",
            "6 detail/家@本级及所属 2 家",
            "6 detail/stated@参公单位机关运行经费支出 1 家",
            "6 operating_cost/amount 180 万元",
            "6 operating_cost/change 12 万元",
            "6 operating_cost/growth 7.14 %",
        ),
        (
            ("政府性基金预算45万元", "政府性基金预算54万元", ("INC-02 2",)),
            ("占收入合计99.38%", "占收入合计93.98%", ("REC-02 2",)),
        ),
    ),
    "gansu": Fragment(
        """\
（二）支出决算情况说明
本年支出合计1,520,000.00元，较上年增加45,000.00元，增长3.05%。包括：基本支出1,000,000.00元，占65.79%；项目支出520,000.00元，占34.21%。
五、“三公”经费、会议费、培训费支出情况
2022年度“三公”经费支出36,000.00元，比预算数40,000.00元减少4,000.00元，下降10.00%；比上年减少2,000.00元，下降5.26%。其中公务用车运行维护费30,000.00元，公务接待费6,000.00元。
2022年度会议费支出5,000.00元，比上年减少1,000.00元。
""",
        (
            "2 expenditure.year/amount 1520000.00 元",
            "2 expenditure.year/change 45000.00 元",
            "2 expenditure.year/growth 3.05 %",
            "2 expenditure.basic/amount 1000000.00 元",
            "2 expenditure.basic/share 65.79 %",
            "2 expenditure.project/amount 520000.00 元",
            "2 expenditure.project/share 34.21 %",
            "4 three_public/amount 36000.00 元",
            "4 three_public/budget 40000.00 元",
            "4 three_public/budget_change -4000.00 元",
            "4 three_public/budget_growth -10.00 %",
            "4 three_public/change -2000.00 元",
            "4 three_public/growth -5.26 %",
            "4 three_public.vehicles.running/amount 30000.00 元",
            "4 three_public.reception/amount 6000.00 元",
            "5 meeting/amount 5000.00 元",
            "5 meeting/change -1000.00 元",
        ),
        (("公务接待费6,000.00元", "公务接待费9,000.00元", ("TPE-01 4",)),),
    ),
    "jiangsu": Fragment(
        """\
十、财政拨款“三公”经费支出决算情况说明
2023年度公务接待费支出预算9万元（其中：一般公共预算支出9万元；政府性基金预算支出0万元），支出决算6万元，完成预算的66.67%。
十一、财政拨款会议费支出决算情况说明
2023年度会议费支出决算5.2万元。2023年度全年召开会议6个，参加会议310人次，开支内容：住宿费、场地费。
""",
        (
            "2 three_public.reception/budget 9 万元",
            "2 three_public.reception/budget@general 9 万元",
            "2 three_public.reception/budget@fund 0 万元",
            "2 three_public.reception/amount 6 万元",
            "2 three_public.reception/completion 66.67 %",
            "4 meeting/amount 5.2 万元",
            "4 meeting/个 6 个",
            "4 meeting/人次 310 人次",
        ),
        (("支出决算6万元", "支出决算7万元", ("REC-03 2",)),),
    ),
    "fujian": Fragment(
        """\
一、收入支出决算总体情况说明
（二）2022年支出1,480万元，比上年决算数增加30万元，增长2.07%，具体情况如下：
1.基本支出890万元。其中，人员支出800万元，公用支出90万元。
2.项目支出590万元。
二、一般公共预算财政拨款支出决算情况说明
2022年一般公共预算财政拨款支出1,320万元，具体情况如下（按项级科目分类统计）：
（一）2070101-行政运行920万元，较上年决算数增加20万元，增长2.22%。
（二）2070109-群众文化400万元，较上年决算数减少30万元，下降6.98%。
三、政府性基金预算财政拨款支出决算情况说明
无。
""",
        (
            "2 expenditure.year/amount 1480 万元",
            "2 expenditure.year/change 30 万元",
            "2 expenditure.year/growth 2.07 %",
            "3 expenditure.basic/amount 890 万元",
            "3 general.personnel/amount 800 万元",
            "3 general.public/amount 90 万元",
            "4 expenditure.project/amount 590 万元",
            "6 general.expenditure/amount 1320 万元",
            "7 general.expenditure/amount@2070101 920 万元",
            "7 general.expenditure/change@2070101 20 万元",
            "7 general.expenditure/growth@2070101 2.22 %",
            "8 general.expenditure/amount@2070109 400 万元",
            "8 general.expenditure/change@2070109 -30 万元",
            "8 general.expenditure/growth@2070109 -6.98 %",
        ),
        (
            ("公用支出90万元", "公用支出60万元", ("BAS-08 3",)),
            ("群众文化400万元", "群众文化460万元", ("GEN-06 6", "REC-01 8")),
        ),
    ),
    "xinjiang": Fragment(
        """\
七、财政拨款“三公”经费支出决算情况说明
2023年度财政拨款“三公”经费支出全年预算数为20.00万元，支出全年决算数为19.50万元，预决算差异率-2.50%，主要原因是厉行节约。比上年减少1.50万元，降低7.14%。
""",
        (
            "2 three_public/budget 20.00 万元",
            "2 three_public/amount 19.50 万元",
            "2 three_public/budget_growth -2.50 %",
            "2 three_public/change -1.50 万元",
            "2 three_public/growth -7.14 %",
        ),
        (("差异率-2.50%", "差异率-5.20%", ("REC-01 2",)),),
    ),
    "chongqing": Fragment(
        """\
（一）收入支出决算总体情况说明
1.总体情况。2022年度收入总计315.00万元，支出总计315.00万元。收支较上年决算数增加8.00万元，增长2.6%，主要原因是新增项目。
（二）机关运行经费情况说明
2022年度机关运行经费支出25.00万元，主要用于开支办公费9.00万元、差旅费16.00万元。比上年增加2.00万元，增长8.7%，比2019年减少0.50万元，下降2.0%。
""",
        (
            "2 income.total/amount 315.00 万元",
            "2 expenditure.total/amount 315.00 万元",
            "2 income.total/change 8.00 万元",
            "2 expenditure.total/change 8.00 万元",
            "2 income.total/growth 2.6 %",
            "2 expenditure.total/growth 2.6 %",
            "4 operating_cost/amount 25.00 万元",
            "4 detail/told@开支办公费 9.00 万元",
            "4 detail/told@差旅费 16.00 万元",
            "4 operating_cost/change 2.00 万元",
            "4 operating_cost/growth 8.7 %",
            "4 operating_cost/change -0.50 万元",
            "4 operating_cost/growth -2.0 %",
        ),
        (("增长2.6%", "增长6.2%", ("REC-01 2",)),),
    ),
    "guizhou": Fragment(
        """\
2022年度我局总收入312万元，总支出312万元，与上年相比总收入增加18万元，增长6.12%。
基本支出、项目支出各是180万元、132万元，占比分别为57.69%、42.31%。
2022年“三公”经费支出共82万元，其中因公出国（境）费、公务用车运行维护费、公务接待费分别为0万元、60万元、22万元，较上年分别持平、减少5万元、增加2万元。
""",
        (
            "1 income.total/amount 312 万元",
            "1 expenditure.total/amount 312 万元",
            "1 income.total/change 18 万元",
            "1 income.total/growth 6.12 %",
            "2 expenditure.basic/amount 180 万元",
            "2 expenditure.project/amount 132 万元",
            "2 expenditure.basic/share 57.69 %",
            "2 expenditure.project/share 42.31 %",
            "3 three_public/amount 82 万元",
            "3 three_public.abroad/amount 0 万元",
            "3 three_public.vehicles.running/amount 60 万元",
            "3 three_public.reception/amount 22 万元",
            "3 three_public.vehicles.running/change -5 万元",
            "3 three_public.reception/change 2 万元",
        ),
        (
            ("、22万元，较上年", "、28万元，较上年", ("TPE-01 3",)),
            ("57.69%", "75.69%", ("EXP-02 2",)),
        ),
    ),
}


@cache
def read(text: str) -> Audit:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fragment.txt"
        path.write_text(text, encoding="utf-8")
        return audit(path)


def said(fact: Fact, year: int | None) -> str:
    """The line, what it measures and the value; the year where it is not the report's."""
    dimensions = "".join(f"@{value}" for _, value in fact.dimensions)
    other = f" {fact.year}" if fact.measure == "amount" and fact.year not in ("", str(year)) else ""
    return f"{fact.source.line} {fact.concept}/{fact.measure}{dimensions} {fact.value} {fact.unit}{other}".rstrip()


def claims(text: str) -> list[str]:
    """Rule and first line of each finding that is a claim, and of those gathered under it."""
    return [
        f"{finding.result.rule.id} {finding.evidence[0].source.line}"
        for lead in read(text).findings
        for finding in (lead, *lead.gathered)
        if finding.severity != "info" and finding.result.rule.public_kind != "disclosure"
    ]


@pytest.mark.parametrize("name", FRAGMENTS)
def test_every_figure_is_a_fact(name: str) -> None:
    found = read(FRAGMENTS[name].text)
    facts = [said(fact, found.year) for fact in found.facts if fact.concept != "numbering"]
    assert facts == list(FRAGMENTS[name].facts)
    assert [numeral.text for numeral in found.numerals if not numeral.facts] == []


@pytest.mark.parametrize("name", FRAGMENTS)
def test_right_fragment_has_no_finding(name: str) -> None:
    assert claims(FRAGMENTS[name].text) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [(name, *wrong) for name, fragment in FRAGMENTS.items() for wrong in fragment.wrong],
)
def test_wrong_figure_is_found_and_nothing_else(
    name: str, old: str, new: str, expected: tuple[str, ...]
) -> None:
    text = FRAGMENTS[name].text
    assert text.count(old) == 1
    assert claims(text.replace(old, new)) == list(expected)


# ------------------------------------------------------------------------- layouts met in whole reports
def test_title_of_a_part_on_the_next_line_and_contents_before_it() -> None:
    contents = "2023年度\n某某市某局部门决算\n目录\n第一部分 某某市某局概况 3\n一、部门职责 3\n第三部分 部门决算情况说明 5\n"
    body = "第一部分\n某某市某局概况\n一、部门职责\n负责有关工作。\n第三部分\n部门决算情况说明\n一、收入决算情况说明\n2023年度收入合计10.00万元。\n"
    document = read(contents + body).document
    assert len(document.contents) == 3
    assert [section.key for section in document.sections] == ["overview", "duties", "narrative", "income"]
    assert read(contents + body).extract.entity == "某某市某局"


def test_appropriation_in_the_section_of_the_general_budget_is_of_that_budget() -> None:
    title, text = "五、{}支出决算情况说明\n", "2023年度财政拨款支出12.00万元，占本年支出合计的80.00%。\n"
    for name, concept in (
        ("一般公共预算财政拨款", "general.expenditure"),
        ("财政拨款", "appropriation.expenditure"),
    ):
        facts = read(title.format(name) + text).extract.facts
        assert [f.concept for f in facts if f.is_money] == [concept]


@pytest.mark.parametrize(("share", "found"), [("60.00", []), ("65.00", ["REC-02"])])
def test_share_of_all_expenditure_is_of_that_of_the_year_where_no_other_is_stated(
    share: str, found: list[str]
) -> None:
    text = f"二、支出决算情况说明\n2023年度支出合计50.00万元。其中：基本支出30.00万元，占总支出的{share}%；项目支出20.00万元，占总支出的40.00%。\n"
    rules = [r.rule.id for r in read(text).results if r.outcome.value == "exception"]
    assert [rule for rule in rules if rule == "REC-02"] == found


def test_unit_above_a_table_of_a_page_is_its_unit(tmp_path: Path) -> None:
    cells = "".join(
        f"<tr><td>{a}</td><td>{b}</td><td>{c}</td><td>{d}</td></tr>"
        for a, b, c, d in (
            ("项目", "金额", "项目", "金额"),
            ("一、一般公共预算财政拨款收入", "1,200.50", "一、一般公共服务支出", "1,200.50"),
            ("本年收入合计", "1,200.50", "本年支出合计", "1,200.50"),
        )
    )
    path = tmp_path / "report.html"
    path.write_text(
        f"<meta charset=utf-8><p>第二部分 部门决算表</p><p>收入支出决算表</p><p>公开01表</p><p>部门：某局　金额单位：元</p><table>{cells}</table>",
        "utf-8",
    )
    units = {f.unit for f in audit(path).extract.facts if f.dimension("table") and f.is_money}
    assert units == {"元"}
