"""Random final-accounts reports that are right in every figure: a hypothesis strategy.

A report is drawn top down. A `Ledger` holds a department's money as whole hundredths of 万元, so that parts
add exactly to totals; a `Book` writes it out in the wording of one province's form. Every printed figure is
recorded with its place, and every relation that a reader could check with it. The relations alone decide
which figures are `movable`: those that another printed figure contradicts once they are moved by `delta`.

Rounding follows STYLE.md: a printed figure stands for ± half its last unit with closed ends, the slack of a
relation is the sum of its half units, and the same figure printed twice may be one last unit apart.

A figure is not movable where only words stand beside it (完成预算100% with 持平), or nothing at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import TypeVar

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

T = TypeVar("T")


# -------------------------------------------------------------------------------- what is returned
@dataclass(frozen=True)
class Style:
    """How one report prints its numbers: the same everywhere in it."""

    places: int = 2  # decimals of a percentage
    zeros: bool = False  # trailing zeros are kept: 912.50, 21.60%
    commas: bool = False  # thousands are separated: 1,179.47

    def show(self, value: Decimal, places: int) -> str:
        """`value` as this report would print it at `places` decimals."""
        text = f"{value:,.{places}f}" if self.commas else f"{value:.{places}f}"
        return text if self.zeros or "." not in text else text.rstrip("0").rstrip(".")

    def half(self, value: int, places: int) -> Fraction:
        """Half the unit that a percentage is printed to: 15.60 without its zero may be any rate that rounds to 15.6."""
        dropped = 0
        while not self.zeros and dropped < places and value % 10 ** (dropped + 1) == 0:
            dropped += 1
        return Fraction(10**dropped, 2)


@dataclass(frozen=True)
class Figure:
    """One printed figure. `line` counts from 1; `start` and `end` are characters in that line."""

    line: int
    start: int
    end: int
    value: Decimal
    unit: str
    role: str  # fact/aspect, as in income.general/share; two figures of one role are the same figure
    movable: bool  # another printed figure contradicts this one when it is moved by `delta` or more
    delta: Decimal  # least change, up or down, beyond the slack of one relation; 0 where not movable


@dataclass(frozen=True)
class Report:
    """A text report, and every figure in it in reading order (years, dates and list numbers are none)."""

    text: str
    figures: tuple[Figure, ...]
    entity: str
    year: int
    form: str
    style: Style = Style()


# ------------------------------------------------------------------- the functional classification
CLASSES = {
    "201": "一般公共服务支出", "204": "公共安全支出", "205": "教育支出", "206": "科学技术支出",
    "207": "文化旅游体育与传媒支出", "208": "社会保障和就业支出",
    "210": "卫生健康支出", "211": "节能环保支出",
    "212": "城乡社区支出", "213": "农林水支出", "214": "交通运输支出", "221": "住房保障支出",
    "224": "灾害防治及应急管理支出",
}  # fmt: skip
GROUPS = {
    "20103": "政府办公厅（室）及相关机构事务", "20105": "统计信息事务", "20106": "财政事务",
    "20138": "市场监督管理事务", "20199": "其他一般公共服务支出",
    "20406": "司法", "20501": "教育管理事务", "20502": "普通教育", "20601": "科学技术管理事务",
    "20604": "技术研究与开发", "20607": "科学技术普及", "20701": "文化和旅游", "20802": "民政管理事务",
    "20805": "行政事业单位养老支出", "20810": "社会福利", "20899": "其他社会保障和就业支出",
    "21001": "卫生健康管理事务", "21004": "公共卫生", "21011": "行政事业单位医疗",
    "21101": "环境保护管理事务",
    "21103": "污染防治", "21208": "国有土地使用权出让收入安排的支出", "21301": "农业农村", "21303": "水利",
    "21401": "公路水路运输", "22102": "住房改革支出", "22401": "应急管理事务",
}  # fmt: skip
RUNNING = ("行政运行", "反映行政单位（包括实行公务员管理的事业单位）的基本支出")
GENERAL_ADMINISTRATION = (
    "一般行政管理事务",
    "反映行政单位（包括实行公务员管理的事业单位）未单独设置项级科目的其他项目支出",
)
INSTITUTION_RUNNING = (
    "事业运行",
    "反映事业单位的基本支出，不包括行政单位（包括实行公务员管理的事业单位）后勤服务中心、"
    "医务室等附属事业单位",
)
SUBJECTS: dict[str, tuple[str, str]] = {  # code of the 项: its name, and what it stands for in our own words
    **{group + "01": RUNNING for group in (
        "20103", "20105", "20106", "20138", "20406", "20501", "20601", "20701", "20802", "21001", "21101",
        "21301", "21303", "21401", "22401")},
    **{group + "50": INSTITUTION_RUNNING for group in ("20103", "20105", "20106", "20138", "20406", "22401")},
    **{group + "02": GENERAL_ADMINISTRATION for group in ("20103", "20106", "21301", "21401")},
    "2130104": INSTITUTION_RUNNING,
    "2010399": ("其他政府办公厅（室）及相关机构事务支出",
                "反映除上述项目以外其他用于政府办公厅（室）及相关机构事务方面的支出"),
    "2010505": ("专项统计业务", "反映统计部门开展专项统计业务方面的支出"),
    "2010507": ("专项普查活动", "反映统计部门开展人口普查、经济普查、农业普查等专项普查活动的支出"),
    "2010508": ("统计抽样调查", "反映统计部门开展各类统计抽样调查工作方面的支出"),
    "2010607": ("信息化建设", "反映财政部门用于信息化建设方面的支出"),
    "2010608": ("财政委托业务支出", "反映财政部门委托评审机构等单位开展评审、评估等工作的支出"),
    "2013815": ("质量安全监管", "反映质量安全监督管理、风险监测等方面的支出"),
    "2013816": ("食品安全监管", "反映食品安全监督管理、监督抽检等方面的支出"),
    "2019999": ("其他一般公共服务支出", "反映除上述项目以外的其他一般公共服务支出"),
    "2040604": ("基层司法业务", "反映各级司法行政部门用于基层业务的支出，包括基层工作指导费、"
                                "调解费、司法所经费等"),
    "2040605": ("普法宣传", "反映各级司法行政部门组织开展法治宣传教育的支出"),
    "2040610": ("社区矫正", "反映各级司法行政部门用于社区矫正工作的支出"),
    "2050201": ("学前教育", "反映各部门举办的学前教育支出，"
                            "政府各部门对社会组织等举办的幼儿园的资助也在此反映"),
    "2050202": ("小学教育", "反映各部门举办的小学教育支出，政府各部门对社会组织等举办的小学的资助也在此反映"),
    "2060404": ("科技成果转化与扩散", "反映促进科技成果转化为现实生产力的应用、推广和引导性支出"),
    "2060702": ("科普活动", "反映用于开展科学技术普及活动的支出"),
    "2070109": ("群众文化", "反映用于群众文化方面的支出，包括基层文化馆（站）、群众艺术馆支出等"),
    "2070199": ("其他文化和旅游支出", "反映除上述项目以外其他用于文化和旅游方面的支出"),
    "2080299": ("其他民政管理事务支出", "反映除上述项目以外其他用于民政管理事务方面的支出"),
    "2080505": ("机关事业单位基本养老保险缴费支出",
                "反映机关事业单位实施养老保险制度由单位缴纳的基本养老保险费支出"),
    "2080506": ("机关事业单位职业年金缴费支出",
                "反映机关事业单位实施养老保险制度由单位实际缴纳的职业年金支出"),
    "2081002": ("老年福利", "反映对老年人提供福利服务方面的支出"),
    "2089999": ("其他社会保障和就业支出", "反映除上述项目以外其他用于社会保障和就业方面的支出"),
    "2100408": ("基本公共卫生服务", "反映基本公共卫生服务支出"),
    "2100409": ("重大公共卫生服务", "反映重大疾病预防控制等重大公共卫生服务项目支出"),
    "2101101": ("行政单位医疗",
                "反映财政部门安排的行政单位（包括实行公务员管理的事业单位）基本医疗保险缴费经费，"
                "未参加医疗保险的行政单位的公费医疗经费，按国家规定享受离休人员、"
                "红军老战士待遇人员的医疗经费"),
    "2101102": ("事业单位医疗", "反映财政部门安排的事业单位基本医疗保险缴费经费，"
                "未参加医疗保险的事业单位的公费医疗经费，按国家规定享受离休人员待遇的医疗经费"),
    "2101103": ("公务员医疗补助", "反映财政部门安排的公务员医疗补助经费"),
    "2110301": ("大气", "反映政府在治理空气污染等方面的支出"),
    "2110302": ("水体", "反映政府在排水、污水处理、水污染防治等方面的支出"),
    "2120801": ("征地和拆迁补偿支出", "反映地方人民政府在征地过程中发生的土地补偿费、安置补助费、"
                "地上附着物和青苗补偿费、拆迁补偿费支出"),
    "2120803": ("城市建设支出",
                "反映土地出让收入用于完善国有土地使用功能的配套设施建设和城市基础设施建设支出"),
    "2120804": ("农村基础设施建设支出", "反映土地出让收入用于农村饮水、环境、卫生、"
                                        "教育以及文化等基础设施建设支出"),
    "2120899": ("其他国有土地使用权出让收入安排的支出", "反映土地出让收入用于其他方面的支出，"
                "不包括市县级政府当年按规定用土地出让收入向中央和省级政府缴纳的新增建设用地土地有偿使用费支出"),
    "2130106": ("科技转化与推广服务", "反映用于农业科技成果转化，农业新品种、新机具、新技术引进、"
                                      "试验、示范、推广及服务等方面的支出"),
    "2130108": ("病虫害控制", "反映用于病虫鼠害及疫情监测、预报、预防、控制、检疫、防疫所需的仪器、"
                              "设施、药物等方面的支出"),
    "2130199": ("其他农业农村支出", "反映除上述项目以外其他用于农业农村方面的支出"),
    "2130306": ("水利工程运行与维护", "反映水利系统用于水利工程运行与维护方面的支出"),
    "2130314": ("防汛", "反映防汛业务支出，包括防汛物资购置管护、防汛通信设施设备与网络系统、防洪抢险等支出"),
    "2140106": ("公路养护", "反映公路养护支出"),
    "2140112": ("公路运输管理", "反映公路运输管理方面的支出"),
    "2210201": ("住房公积金", "反映行政事业单位按人力资源和社会保障部、财政部规定的基本工资和津贴补贴"
                "以及规定比例为职工缴纳的住房公积金"),
    "2210203": ("购房补贴", "反映按房改政策规定，行政事业单位向符合条件职工（含离退休人员）、军队（含武警）"
                "向转役复员离退休人员发放的用于购买住房的补贴"),
    "2240106": ("安全监管", "反映用于安全生产监督管理方面的支出"),
    "2240109": ("应急管理", "反映用于应急管理、应急指挥等方面的支出"),
}  # fmt: skip
OLD_NAMES = {("210", 2018): "医疗卫生与计划生育支出", ("20805", 2018): "行政事业单位离退休",
             ("20805", 2019): "行政事业单位离退休"}  # fmt: skip


# ------------------------------------------------------------------------------------- departments
@dataclass(frozen=True)
class Body:
    """A kind of department: its home 款, the 项 of its projects, and words that are its own."""

    name: str
    home: str
    projects: tuple[str, ...]
    field: str  # what it is in charge of
    tasks: tuple[str, ...]  # names of projects
    institution: str = ""  # 项 of its institutions' running costs
    administrative: bool = True
    since: int = 2018  # the first year whose classification has these names


def _body(name: str, home: str, projects: str, field_: str, tasks: str, institution: str = "", *,
          administrative: bool = True, since: int = 2018) -> Body:  # fmt: skip
    return Body(
        name, home, tuple(projects.split()), field_, tuple(tasks.split()), institution, administrative, since
    )


BODIES = (
    _body("财政局", "20106", "2010602 2010607 2010608", "财政收支管理",
          "财政信息系统运行维护 预算绩效第三方评价 财政投资评审服务 会计人员继续教育", "2010650"),
    _body("司法局", "20406", "2040604 2040605 2040610", "法治建设和司法行政",
          "人民调解以案定补 法治宣传教育 社区矫正监管 基层司法所规范化建设 法律援助办案补助", "2040650"),
    _body("统计局", "20105", "2010505 2010507 2010508", "统计调查和普查",
          "城乡住户调查 经济普查 人口变动抽样调查 企业统计人员培训 统计信息网络维护", "2010550"),
    _body("行政审批局", "20103", "2010302 2010399 2019999", "行政审批和政务服务",
          "政务大厅运行维护 免费刻制印章 物业管理服务 一体化平台推广 专家评审劳务", "2010350"),
    _body("市场监督管理局", "20138", "2013815 2013816", "市场监督管理",
          "食品安全监督抽检 特种设备安全检查 产品质量监督抽查 计量器具检定 消费维权宣传",
          "2013850", since=2020),
    _body("教育局", "20501", "2050201 2050202", "教育事业发展",
          "普惠性幼儿园奖补 校舍维修改造 教师培训 学生营养改善 教学质量监测"),
    _body("科学技术局", "20601", "2060404 2060702", "科技创新和成果转化",
          "科技成果转化补助 科普示范基地建设 科技特派员服务 创新平台培育"),
    _body("文化和旅游局", "20701", "2070109 2070199", "文化和旅游公共服务",
          "公共文化场馆免费开放 送戏下乡 旅游宣传推介 文物安全巡查 全民阅读推广", since=2019),
    _body("民政局", "20802", "2080299 2081002", "民政事业发展",
          "高龄津贴发放 婚姻登记规范化建设 社区养老服务 殡葬服务管理 社会组织评估", since=2020),
    _body("卫生健康局", "21001", "2100408 2100409", "卫生健康",
          "基本公共卫生服务补助 妇幼健康筛查 卫生应急演练 家庭医生签约服务", since=2020),
    _body("生态环境局", "21101", "2110301 2110302", "生态环境保护",
          "空气质量自动监测站运维 饮用水水源地保护 污染源在线监控 环境应急物资储备", since=2020),
    _body("农业农村局", "21301", "2130102 2130108 2130199", "农业农村发展",
          "重大动物疫病防控 农产品质量安全检测 高标准农田管护 农机安全监理", "2130104", since=2020),
    _body("水利局", "21303", "2130306 2130314", "水资源管理和水旱灾害防御",
          "小型水库运行管护 山洪灾害防治 河道清淤疏浚 防汛物资储备"),
    _body("交通运输局", "21401", "2140102 2140106 2140112", "公路建设和运输管理",
          "农村公路日常养护 客运市场整治 桥梁安全检测 公路安全防护工程"),
    _body("应急管理局", "22401", "2240106 2240109", "安全生产和应急管理",
          "安全生产专项检查 应急指挥平台运维 应急救援物资储备 防灾减灾宣传", "2240150", since=2020),
    _body("政务服务中心", "20103", "2010399", "政务服务窗口运行",
          "窗口服务外包 大厅设备维护 政务热线运行 自助终端租赁",
          "2010350", administrative=False),
    _body("国库集中支付中心", "20106", "2010607", "国库集中支付",
          "支付系统升级改造 电子票据管理 账务档案整理",
          "2010650", administrative=False),
    _body("农业技术推广中心", "21301", "2130106 2130108", "农业技术推广",
          "水稻新品种示范 测土配方施肥 病虫害统防统治",
          "2130104", administrative=False, since=2020),
)  # fmt: skip
PLACES = {
    "sichuan": ("青溪县", "云岭县", "安和市平川区", "锦阳市", "安和市双桥区", "广源县"),
    "shanghai": ("上海市临江区", "上海市东滨区", "上海市云间区"),
    "hunan": ("沅溪县", "湘安市", "湘安市雁塘区", "衡桥县"),
    "hubei": ("楚安市", "清江县", "楚安市汉阳湖区"),
    "guangxi": ("桂安市", "龙江县", "桂安市江北区"),
}
OFFICES = ("办公室", "综合股", "财务股", "法规股", "人事股", "业务指导股", "监督检查股", "信息股")
UNITS = ("综合服务中心", "信息中心", "综合行政执法大队", "后勤保障中心")

CAUSES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # why it rose, why it fell
    "all": (("新增专项工作任务，相关经费增加", "业务量增加，工作经费相应增加", "年中追加了专项工作经费"),
            ("严格落实过紧日子要求，压减一般性支出", "部分项目已完成，"
                                                     "资金需求减少", "优化支出结构，减少非急需支出")),
    "basic": (("人员增加及工资正常晋升", "落实国家增资政策，人员经费增加", "缴费基数调整，相应支出增加"),
              ("人员调动和退休，人员经费减少", "在职人员减少，相应支出减少")),
    "project": (("年中追加了专项工作经费", "项目实施进度加快，支付资金增加", "新增专项工作任务，"
        "相关经费增加"),
                ("项目招标后资金节约", "部分项目已完成，资金需求减少", "部分项目未达到支付条件，"
                    "支付资金减少")),
    "operating": (("人员增加，日常办公支出相应增加", "办公设备更新，商品和服务支出增加"),
                  ("厉行节约，压减办公费、印刷费等支出", "严格控制日常公用支出")),
    "three": (("公务活动增加，相关支出增加", "工作任务增加，相应支出增加"),
              ("贯彻落实中央八项规定精神，严格控制“三公”经费支出", "厉行节约，从严控制支出")),
    "abroad": (("根据工作安排，因公出国（境）任务增加",), ("根据工作安排，因公出国（境）任务减少",)),
    "vehicles": (("公务用车出行任务增加，相关费用上升", "部分车辆使用年限较长，维修费用增加"),
                 ("加强公务用车管理，减少相关支出", "从严控制公务用车支出")),
    "hosting": (("公务接待批次增加", "来访调研和考察活动增加"),
                ("严格控制公务接待标准和陪餐人数", "公务接待批次减少")),
}  # fmt: skip
HOSPITALITY = ("接待上级部门检查指导工作", "接待兄弟单位考察学习", "接待外地同行业务交流", "接待项目评审专家")


def title(code: str, year: int) -> str:
    """The name that the 类, 款 or 项 of this code had in `year`."""
    names = CLASSES if len(code) == 3 else GROUPS
    return OLD_NAMES.get((code, year)) or (SUBJECTS[code][0] if len(code) == 7 else names[code])


def is_basic(code: str) -> bool:
    """Money under this 项 is basic expenditure: running costs, social security, medical care, housing."""
    return SUBJECTS[code][0] in ("行政运行", "事业运行") or code[:5] in ("20805", "20899", "21011", "22102")


# --------------------------------------------------------------------------------------- the money
@dataclass(frozen=True)
class Money:
    """One amount in hundredths of 万元: this year's, last year's, and the opening budget."""

    now: int
    last: int = 0
    budget: int = 0


@dataclass(frozen=True)
class Ledger:
    """What a department received, spent and owns in one year. Every identity of DESIGN.md 2 holds in it."""

    form: str
    year: int
    entity: str
    body: Body
    items: dict[str, Money]  # general budget, by 项
    fund: dict[str, Money]  # fund budget, by 项
    own: Money  # spent out of the department's own income
    own_income: dict[str, int]
    opening: dict[str, int]  # 年初结转和结余 by source: general, fund, own
    closing: dict[str, int]
    surplus: int  # 使用非财政拨款结余
    basic_own: int
    basic_last: int
    public: Money  # 公用经费
    abroad: Money
    bought: Money
    running: Money
    hosting: Money
    hosting_foreign: int
    journeys: tuple[int, int]  # groups, persons
    receptions: tuple[int, int]  # 批次, 人次
    foreign_receptions: tuple[int, int]
    cars: tuple[int, ...]  # 轿车, 越野车, 载客汽车
    cars_bought: tuple[int, ...]
    car_uses: tuple[int, ...]
    equipment: int
    procurement: tuple[int, ...]  # goods, works, services
    small: int  # contracts to small and medium firms
    micro: int
    tasks: tuple[str, ...]
    offices: tuple[str, ...]
    units: tuple[str, ...]
    staff: tuple[int, int]

    @property
    def general(self) -> Money:
        return total(self.items.values())

    @property
    def funds(self) -> Money:
        return total(self.fund.values())

    @property
    def spent(self) -> Money:
        return total((self.general, self.funds, self.own))

    @property
    def basic(self) -> Money:
        """Basic expenditure of the general budget."""
        return total(money for code, money in self.items.items() if is_basic(code))

    @property
    def income(self) -> dict[str, int]:
        """This year's income by source."""
        gained = {source: self.closing[source] - self.opening[source] for source in ("general", "fund")}
        return {
            "一般公共预算财政拨款收入": self.general.now + gained["general"],
            "政府性基金预算财政拨款收入": self.funds.now + gained["fund"],
            **self.own_income,
        }

    @property
    def whole(self) -> Money:
        """收入总计 and 支出总计: last year's closing balance is this year's opening one."""
        spent = self.spent
        return Money(spent.now + sum(self.closing.values()), spent.last + sum(self.opening.values()))

    @property
    def fiscal(self) -> Money:
        """财政拨款收入总计 and 支出总计."""
        spent = total((self.general, self.funds))
        return Money(
            spent.now + self.closing["general"] + self.closing["fund"],
            spent.last + self.opening["general"] + self.opening["fund"],
        )

    @property
    def is_fiscal_only(self) -> bool:
        """The department has no money but appropriations."""
        return not (
            self.own.now
            or self.own.last
            or sum(self.own_income.values())
            or self.opening["own"]
            or self.closing["own"]
        )

    @property
    def vehicles(self) -> Money:
        return total((self.bought, self.running))

    @property
    def three(self) -> Money:
        """The “三公” total."""
        return total((self.abroad, self.vehicles, self.hosting))

    @property
    def classes(self) -> dict[str, Money]:
        """General expenditure by 类."""
        codes = sorted({code[:3] for code in self.items})
        return {top: total(money for code, money in self.items.items() if code[:3] == top) for top in codes}


def total(parts: Iterable[Money]) -> Money:
    """The sum of the parts, year by year."""
    parts = tuple(parts)
    return Money(sum(p.now for p in parts), sum(p.last for p in parts), sum(p.budget for p in parts))


def rounded(value: Fraction) -> int:
    """Half up, as 四舍五入."""
    return floor(value + Fraction(1, 2))


def _chance(draw: DrawFn, percent: int) -> bool:
    return draw(st.integers(0, 99)) >= 100 - percent


def _near(draw: DrawFn, amount: int, low: int, high: int) -> int:
    """An amount of low to high per mille of `amount`: equal to it or visibly different."""
    if _chance(draw, 8):
        return amount
    other = amount * draw(st.integers(low, high)) // 1000
    return amount if abs(other - amount) * 400 < amount else other


def _money(draw: DrawFn, low: int, high: int, *, planned: bool, late: bool = False) -> Money:
    """An amount; where `planned`, its opening budget may differ from it, and be zero if `late`."""
    now = draw(st.integers(low, high))
    budget = _near(draw, now, 850, 1250) if planned and _chance(draw, 60) else now
    budget *= not (late and planned and _chance(draw, 10))
    return Money(now, _near(draw, now, 700, 1350), budget)


def _split(draw: DrawFn, whole: int, parts: int) -> tuple[int, ...]:
    """`whole` in so many parts, none negative, some of them zero."""
    cuts = sorted(draw(st.integers(0, whole)) for _ in range(parts - 1))
    return tuple(b - a for a, b in zip([0, *cuts], [*cuts, whole], strict=True))


def _subset(draw: DrawFn, options: Sequence[T], low: int = 1) -> tuple[T, ...]:
    """At least `low` of the options, in their order."""
    chosen = draw(st.sets(st.integers(0, len(options) - 1), min_size=low))
    return tuple(option for index, option in enumerate(options) if index in chosen)


@st.composite
def ledgers(draw: DrawFn, form: str, years: tuple[int, int]) -> Ledger:
    """A department's year. `planned`: the report compares with the opening, not the adjusted budget."""
    year = draw(st.integers(*years))
    body = draw(st.sampled_from([body for body in BODIES if body.since <= year]))
    place = draw(st.sampled_from(PLACES[form]))
    planned = form != "sichuan" or _chance(draw, 40)

    pay = draw(st.integers(15_000, 300_000))
    tenth = pay // 10
    items: dict[str, Money] = {}
    if body.administrative:
        items[body.home + "01"] = _money(draw, pay, pay, planned=planned)
    if body.institution and (not body.administrative or _chance(draw, 50)):
        items[body.institution] = _money(draw, pay // 4, pay, planned=planned)
    for code in _subset(draw, body.projects):
        items[code] = _money(draw, tenth, pay, planned=planned, late=True)
    items["2080505"] = _money(draw, tenth // 2, tenth, planned=planned)
    for code, percent in (("2080506", 50), ("2089999", 40), ("2210203", 20)):
        if _chance(draw, percent):
            items[code] = _money(draw, tenth // 5, tenth // 2, planned=planned)
    medical = {
        "2101101": body.administrative,
        "2101102": body.institution in items,
        "2101103": body.administrative and _chance(draw, 60),
    }
    for code in (code for code, used in medical.items() if used):
        items[code] = _money(draw, tenth // 5, tenth // 2, planned=planned)
    items["2210201"] = _money(draw, tenth // 2, tenth, planned=planned)
    items = dict(sorted(items.items()))
    fund: dict[str, Money] = {}
    if year >= 2020 and _chance(draw, 40):
        codes = [code for code in SUBJECTS if code.startswith("212")]
        fund = {code: _money(draw, tenth, pay, planned=planned) for code in _subset(draw, codes)[:2]}
    own, own_income, surplus = Money(0), {}, 0
    opening, closing = ({"general": 0, "fund": 0, "own": 0} for _ in "ab")
    if _chance(draw, 30):
        opening["general"], closing["general"] = draw(st.integers(1, tenth)), draw(st.integers(0, tenth))
    if _chance(draw, 30):
        own = _money(draw, tenth, 3 * tenth, planned=False)
        opening["own"], closing["own"] = draw(
            st.sampled_from([(0, 0), (tenth // 3, tenth // 4), (0, tenth // 5)])
        )
        sources = ("其他收入",) if body.administrative else ("事业收入", "其他收入")
        surplus = 0 if body.administrative else draw(st.sampled_from([0, tenth // 6]))
        earned = own.now + closing["own"] - opening["own"] - surplus
        own_income = dict(
            zip(
                sources,
                (earned,) if body.administrative else (earned - earned // 3, earned // 3),
                strict=True,
            )
        )

    if _chance(draw, 8):  # a year in which nothing moved
        items, fund = (
            {code: replace(money, last=money.now) for code, money in part.items()} for part in (items, fund)
        )
        own = replace(own, last=own.now)
    basic = total(money for code, money in items.items() if is_basic(code))
    public_now = basic.now * draw(st.integers(80, 220)) // 1000
    public = Money(public_now, _near(draw, public_now, 700, 1350))
    none = Money(0)
    cars: tuple[int, ...] = (
        tuple(draw(st.integers(0, 4)) for _ in range(3)) if _chance(draw, 60) else (0, 0, 0)
    )
    running, each = none, sum(cars)
    if each * 600 > public_now:
        cars, each = (0, 0, 0), 0
    if each:
        running = _money(draw, 90 * each, min(360 * each, 90 * each + public_now // 6), planned=planned)
    cars_bought: tuple[int, ...] = (0, 0, 0)
    bought = none
    if each and public_now > 12_000 and _chance(draw, 25):
        kind = draw(st.sampled_from([index for index, number in enumerate(cars) if number]))
        cars_bought = tuple(int(index == kind) for index in range(3))
        price = draw(st.integers(1_200, 1_799))
        bought = Money(
            price, draw(st.sampled_from([0, price - 130])), price + draw(st.sampled_from([0, 60])) * planned
        )
    abroad = _money(draw, 300, 1_500, planned=planned) if public_now > 12_000 and _chance(draw, 15) else none
    if abroad.now and _chance(draw, 30):
        abroad = replace(abroad, last=0)
    hosting = _money(draw, 30, min(300, public_now // 8), planned=planned) if _chance(draw, 75) else none
    if not hosting.now and _chance(draw, 30):
        hosting = Money(0, draw(st.integers(30, 200)))
    foreign = hosting.now // 5 if abroad.now and _chance(draw, 50) else 0
    procurement = _split(draw, draw(st.integers(100, public_now // 2)), 3) if _chance(draw, 80) else (0, 0, 0)
    procured = sum(procurement)
    small = _near(draw, procured, 200, 1000)
    offices, units = _subset(draw, OFFICES, 2), _subset(draw, UNITS, 0) if body.institution in items else ()
    return Ledger(
        form=form,
        year=year,
        entity=place + body.name,
        body=body,
        items=items,
        fund=fund,
        own=own,
        own_income=own_income,
        opening=opening,
        closing=closing,
        surplus=surplus,
        basic_own=draw(st.sampled_from([0, own.now // 4])),
        basic_last=_near(draw, basic.last, 800, 999),
        public=public,
        abroad=abroad,
        bought=bought,
        running=running,
        hosting=hosting,
        hosting_foreign=foreign,
        journeys=(1, draw(st.integers(1, 5))) if abroad.now else (0, 0),
        receptions=_heads(draw, hosting.now - foreign),
        foreign_receptions=_heads(draw, foreign),
        cars=cars,
        cars_bought=cars_bought,
        car_uses=_split(draw, sum(cars), 4),
        equipment=draw(st.sampled_from([0, 0, 0, 1, 2])),
        procurement=procurement,
        small=small,
        micro=_near(draw, small, 200, 1000),
        tasks=_subset(draw, body.tasks),
        offices=offices,
        units=units,
        staff=(
            draw(st.integers(8, 60)) * body.administrative,
            draw(st.integers(5, 60)) * (body.institution in items),
        ),
    )


def _heads(draw: DrawFn, amount: int) -> tuple[int, int]:
    """Receptions and guests that this amount pays for, at 60 to 120 元 a head."""
    if not amount:
        return 0, 0
    guests = max(1, amount * 100 // draw(st.integers(60, 120)))
    return max(1, guests // draw(st.integers(5, 12))), guests


# ----------------------------------------------------------------------- relations between figures
@dataclass
class Draft:
    """A figure before it has a place: `value` and its slack `half` count units of its last decimal."""

    value: int
    places: int
    unit: str
    role: str
    half: Fraction
    delta: int | None = None  # in units of the last decimal


def _demand(draft: Draft, *needs: Fraction | None) -> None:
    """A change beyond all `needs` contradicts this relation; None where some change never would."""
    if any(need is None for need in needs):
        return
    least = max(1, *(floor(need) + 1 for need in needs if need is not None))
    draft.delta = least if draft.delta is None else min(draft.delta, least)


def _linear(drafts: Sequence[Draft]) -> None:
    """The first is the sum of the others: any of them is found beyond the sum of the half units."""
    slack = sum((draft.half for draft in drafts), Fraction(0))
    for draft in drafts:
        _demand(draft, slack)


def _quotient(part: Draft, base: Draft, rate: Draft) -> None:
    """`rate` is part ÷ base in percent, each within its half unit."""
    scale, half = Fraction(100 * 10**rate.places), rate.half
    a, b, r = Fraction(part.value), Fraction(base.value), Fraction(rate.value)
    if b <= base.half:
        return
    high, low = scale * (a + part.half) / (b - base.half), scale * (a - part.half) / (b + base.half)
    _demand(rate, high - r + half, r + half - low)
    _demand(
        part,
        (r + half) * (b + base.half) / scale - a + part.half,
        a + part.half - (r - half) * (b - base.half) / scale,
    )
    if r > half:
        _demand(
            base,
            scale * (a + part.half) / (r - half) - b + base.half,
            b + base.half - scale * (a - part.half) / (r + half),
        )


def _growth(now: Draft, change: Draft, sign: int, rate: Draft) -> None:
    """`rate` is change ÷ (now ∓ change). The base is taken at its widest, a half unit of each of the two."""
    scale, half = Fraction(100 * 10**rate.places), rate.half
    c, r, base = Fraction(change.value), Fraction(rate.value), Fraction(now.value - sign * change.value)
    if base <= 1 or r <= half:
        return
    high, low = scale * (c + change.half) / (base - 1), scale * (c - change.half) / (base + 1)
    _demand(rate, high - r + half, r + half - low)
    up, down = scale + sign * (r + half), scale + sign * (r - half)  # moving the change moves the base too
    _demand(
        change,
        ((r + half) * (base + 1) - scale * (c - change.half)) / up if up > 0 else None,
        (scale * (c + change.half) - (r - half) * (base - 1)) / down if down > 0 else None,
    )
    _demand(
        now,
        scale * (c + change.half) / (r - half) - base + 1,
        base + 1 - scale * (c - change.half) / (r + half),
    )


# -------------------------------------------------------------------------------- writing a report
FIRST_MARK = 0xF0000  # while a report is written, each figure is one character of this private plane


@dataclass
class Book:
    """Writes one report: sentences with figures in them, and the relations that hold between the figures."""

    draw: DrawFn
    ledger: Ledger
    style: Style
    lines: list[str] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)  # what 名词解释 has to explain

    def __post_init__(self) -> None:
        """Choose once what is the same in the whole report."""
        self.year, self.last = self.ledger.year, self.ledger.year - 1
        self.kind = "部门" if self.ledger.body.administrative else "单位"
        self.half_brackets = _chance(self.draw, 15)
        self.blank = self.choose("", None)
        self.marker = self.choose(".", "、")
        self.short_names = _chance(self.draw, 30)
        self.because = self.choose("：", "是") if self.ledger.form in ("shanghai", "hunan") else "是"
        self.why = f"主要原因{self.because}"
        if self.because == "是":
            self.why = self.choose("主要变动原因是", "主要原因是", "主要是因为", "变动的主要原因是")
        self.prefix = f"{self.year}年度"  # before the first words of a section
        self.means = _chance(self.draw, 50)  # a definition begins 指
        self.up = self.choose(("增加", "增长"), ("增加", "上升"))
        self.down = self.choose(("减少", "下降"), ("减少", "降低"))
        self.than = self.choose(
            f"与{self.last}年度相比",
            f"与{self.last}年相比",
            "与上年相比",
            f"较{self.last}年度决算数",
            "比上年",
            f"比{self.last}年度",
        )
        self.of = self.choose("占", "占", "占比")

        self.pictures = self.ledger.form == "sichuan" and _chance(self.draw, 60)
        self.uses = self.ledger.form == "shanghai"  # an item says what its money was used for
        moved = any(
            m.now != m.budget
            for m in (*self.ledger.items.values(), *self.ledger.fund.values(), self.ledger.three)
        )
        self.planned = self.ledger.form != "sichuan" or moved  # amounts are compared with the opening budget
        self.all_kinds = _chance(
            self.draw, 50
        )  # kinds of income and expenditure that are zero are listed too
        ledger, self.alias = self.ledger, dict[str, str]()
        if self.is_level and ledger.form != "guangxi":  # which does not print the income of the year
            self.alias |= {"income.general": "general", "income.fund": "fund", "income.capital": "capital"}
        if ledger.is_fiscal_only:
            self.alias["income.fiscal"] = "income.total"

    @property
    def is_level(self) -> bool:
        """Nothing was carried over: income, expenditure and both totals are one amount."""
        return not any((self.ledger.surplus, *self.ledger.opening.values(), *self.ledger.closing.values()))

    def fact(self, role: str) -> str:
        """Roles of one fact are one figure: the same amount is printed for each of them."""
        name, _, aspect = role.partition("/")
        return f"{self.alias.get(name, name)}/{aspect}" if aspect == "amount" else role

    # -- choices and lines
    def choose(self, *options: T) -> T:
        return self.draw(st.sampled_from(options))

    def say(self, *paragraphs: str) -> None:
        """Each paragraph a line of its own, with a blank line between where this report has them."""
        for paragraph in paragraphs:
            self.lines.append(paragraph)
            if self.blank is not None:
                self.lines.append("")

    def picture(self, number: int, caption: str, chart: str) -> None:
        if self.pictures:
            self.say(f"[image: image{number}]", f"（图{number}：{caption}）（{chart}）")

    # -- figures
    def _figure(self, value: int, places: int, unit: str, role: str, half: Fraction) -> str:
        self.drafts.append(Draft(value, places, unit, role, half))
        return chr(FIRST_MARK + len(self.drafts) - 1)

    def money(self, amount: int, role: str) -> str:
        return self._figure(amount, 2, "万元", role, Fraction(1, 2))

    def count(self, number: int, unit: str, role: str) -> str:
        return self._figure(number, 0, unit, role, Fraction(0))

    def free_rate(self, value: int, role: str) -> str:
        """A percentage that stands in no relation to another printed figure."""
        return self._figure(value * 10**self.style.places, self.style.places, "%", role, Fraction(1, 2))

    def _rate(self, mark: str, exact: Fraction) -> None:
        """Give a percentage its value; one that is printed with fewer decimals than the rest may stand for more."""
        draft = self[mark]
        draft.value = rounded(exact)
        draft.half = self.style.half(draft.value, draft.places)

    def share(self, part: str, base: str, role: str) -> str:
        """The percentage of two printed figures."""
        a, b = self[part], self[base]
        rate = self.free_rate(0, role)
        self._rate(rate, Fraction(100 * 10**self.style.places * a.value, b.value))
        assume(self[rate].value or not a.value)
        _quotient(a, b, self[rate])
        return rate

    def __getitem__(self, mark: str) -> Draft:
        return self.drafts[ord(mark) - FIRST_MARK]

    def marks(self, role: str) -> list[str]:
        """The figures of this role so far."""
        return [chr(FIRST_MARK + index) for index, draft in enumerate(self.drafts) if draft.role == role]

    def adds(self, whole: str, *parts: str) -> None:
        """The reader can see that the whole is the sum of the parts."""
        assert self[whole].value == sum(self[part].value for part in parts), (
            self[whole],
            [self[p] for p in parts],
        )
        _linear([self[whole], *(self[part] for part in parts)])

    # -- sentences
    def breakdown(
        self,
        whole: str,
        parts: Sequence[tuple[str, int, str]],
        *,
        shares: bool = True,
        then: str = "；",
        unit: str = "万元",
        word: str = "",
        complete: bool = True,
    ) -> str:
        """`甲1万元，占10%；乙9万元，占90%`: parts of a printed whole, which they add up to.

        Where the list may leave a part out (not `complete`), the reader cannot tell that it does not add up.
        """
        said, marks = [], []
        for name, amount, role in parts:
            mark = (
                self.money(amount, f"{role}/amount")
                if unit == "万元"
                else self.count(amount, unit, f"{role}/count")
            )
            marks.append(mark)
            share = f"，{word or self.of}{self.share(mark, whole, f'{role}/share')}%" if shares else ""
            said.append(f"{name}{mark}{unit}{share}")
        if complete:
            self.adds(whole, *marks)
        return then.join(said)

    def change(self, now: str, last: int, role: str, *, each: str = "", reason: bool = True) -> str:
        """`增加1万元，增长10%。主要原因是…`: the movement since last year of a printed amount."""
        amount = self[now].value
        assert amount != last
        sign = 1 if amount > last else -1
        verb, rate_verb = self.up if sign > 0 else self.down
        change = self.money(abs(amount - last), f"{role}/change")
        said = f"{each}{verb}{change}万元"
        if last:
            rate = self.free_rate(0, f"{role}/growth")
            self._rate(rate, Fraction(100 * 10**self.style.places * abs(amount - last), last))
            assume(self[rate].value)
            _growth(self[now], self[change], sign, self[rate])
            said += f"，{rate_verb}{rate}%"
        else:
            said += "，上年未发生此项支出"
        return said + (f"。{self.why}{self.cause(sign, role)}。" if reason else "")

    def compare(
        self, subject: str, now: str, last: int, role: str, *, each: str = "", reason: bool = True
    ) -> str:
        """A sentence: the subject against last year, also where it did not move."""
        stop = "" if reason else "。"
        if self[now].value == last:
            return f"{subject}与{self.choose(f'{self.last}年度', '上年')}持平。"
        comma = "，" if self.than[0] == "与" else ""
        lead = f"{self.than}，{subject}" if comma else f"{subject}{self.than}"
        return lead + self.change(now, last, role, each=each, reason=reason) + stop

    def cause(self, sign: int, role: str) -> str:
        """A reason that fits what moved and where to."""
        kind, _, code = role.partition(".")
        if kind == "item":
            kind = "basic" if is_basic(code) else "project"
        return self.choose(*CAUSES.get(kind, CAUSES["all"])[sign < 0])

    def against_budget(
        self, money: Money, role: str, *, rate: bool = True, budget: str = "年初预算"
    ) -> tuple[str, str, str]:
        """`年初预算为1万元，支出决算为1万元，…，决算数与预算数持平`, and the marks of both amounts."""
        planned = self.money(money.budget, f"{role}/budget")
        final = self.money(money.now, f"{role}/amount")
        said = f"{budget}为{planned}万元，支出决算为{final}万元"
        if rate and money.budget:
            said += f"，完成{budget}的{self.share(final, planned, f'{role}/completion')}%"
        elif rate and money.now:
            said += f"，由于{budget}为零，不计算完成率"
        stop = "。" if self.ledger.form == "shanghai" else "，"
        return f"{said}{stop}{self.versus(money, role, self.choose(budget, '预算'))}", planned, final

    def versus(self, money: Money, role: str, budget: str = "预算") -> str:
        """`决算数小于预算数的主要原因是…`: the words for final against budget."""
        if money.now == money.budget:
            return f"决算数与{budget}数持平"
        sign = 1 if money.now > money.budget else -1
        reason = self.cause(sign, role) if money.budget else f"{budget}未安排，年中根据工作需要追加"
        return f"决算数{'大于' if sign > 0 else '小于'}{budget}数的主要原因{self.because}{reason}"

    def subject(self, code: str) -> str:
        """`一般公共服务支出（类）财政事务（款）行政运行（项）`."""
        top = title(code[:3], self.year)
        if self.short_names:
            top = top.removesuffix("支出")
        return f"{top}（类）{title(code[:5], self.year)}（款）{title(code, self.year)}（项）"

    def numbered(self, paragraphs: Iterable[str]) -> None:
        for number, paragraph in enumerate(paragraphs, 1):
            self.say(f"{number}{self.marker}{paragraph}")

    # -- the report
    def finish(self) -> Report:
        """Put every figure into its place and settle which of them can be moved unseen."""
        groups: dict[tuple[str, int], list[Draft]] = defaultdict(list)
        for draft in self.drafts:
            groups[self.fact(draft.role), draft.places].append(draft)
        for same in groups.values():
            for draft in same if len(same) > 1 else ():
                assert draft.value == same[0].value, same
                _linear([draft, replace(draft, delta=None)])
        lines, figures = [], []
        for number, line in enumerate(self.lines, 1):
            written = ""
            for character in line.translate(HALF_BRACKETS) if self.half_brackets else line:
                if ord(character) < FIRST_MARK:
                    written += character
                    continue
                draft = self[character]
                unit = Decimal(1).scaleb(-draft.places)
                value, start = draft.value * unit, len(written)
                written += self.style.show(value, draft.places)
                figures.append(
                    Figure(
                        number,
                        start,
                        len(written),
                        value,
                        draft.unit,
                        draft.role,
                        draft.delta is not None,
                        (draft.delta or 0) * unit,
                    )
                )
            lines.append(written)
        text = "\n".join(lines).rstrip("\n") + "\n"
        return Report(text, tuple(figures), self.ledger.entity, self.year, self.ledger.form, self.style)


HALF_BRACKETS = str.maketrans("（）", "()")


# ---------------------------------------------------------------------------------------- sections
INCOME_KINDS = ("上级补助收入", "事业收入", "经营收入", "附属单位上缴收入", "其他收入")
SPENDING_KINDS = ("上缴上级支出", "经营支出", "对附属单位补助支出")
STAFF_COSTS = {
    "2080505": "机关事业单位基本养老保险缴费",
    "2080506": "职业年金缴费",
    "21011": "职工基本医疗保险缴费",
    "2101103": "公务员医疗补助缴费",
    "2089999": "其他社会保障缴费",
    "2210201": "住房公积金",
}


def duties(book: Book, style: str = "{}.") -> None:
    """职责: what a department of this field does."""
    ledger = book.ledger
    level = ledger.entity.removesuffix(ledger.body.name)[-1]
    work = ledger.body.field
    said = [
        f"贯彻执行{work}方面的法律法规和方针政策，拟订全{level}相关规划和年度计划并组织实施。",
        f"负责全{level}{work}的日常管理、业务指导和监督检查。",
        f"负责{work}方面的宣传、培训和信息化建设。",
        "负责职责范围内的安全生产、生态环境保护和依法行政工作。",
    ]
    said = [text.replace("管理的日常管理", "管理工作") for text in said]
    chosen = [*_subset(book.draw, said), f"完成{level}委、{level}政府交办的其他任务。"]
    book.say(*(style.format(number) + text for number, text in enumerate(chosen, 1)))


def units(book: Book) -> None:
    """机构设置 in Sichuan: subordinate budget units by kind, and their names."""
    ledger, year = book.ledger, book.year
    names = ledger.units
    own_law = len([name for name in names if "执法" in name])
    number = book.count(len(names), "个", "units/count")
    kinds = [
        ("行政单位", 0, "units.administrative"),
        ("参照公务员法管理的事业单位", own_law, "units.civil_service"),
        ("其他事业单位", len(names) - own_law, "units.other"),
    ]
    book.say(
        f"{ledger.entity}下属二级预算单位{number}个，其中"
        f"{book.breakdown(number, kinds, shares=False, then='，', unit='个')}。"
    )
    scope = f"纳入{ledger.entity}{year}年度{book.kind}决算编制范围的二级预算单位"
    book.say(f"{scope}包括：" if names else f"无{scope}。")
    place = ledger.entity.removesuffix(ledger.body.name)
    book.numbered(f"{place}{ledger.body.name.removesuffix('局')}{name}" for name in names)


def offices(book: Book) -> None:
    """机构设置 elsewhere: offices by name, staff by kind."""
    ledger = book.ledger
    place = ledger.entity.removesuffix(ledger.body.name)
    names = "、".join(ledger.offices)
    names = names if place.endswith("县") else names.replace("股", "科")
    number = book.count(len(ledger.offices), "个", "offices/count")
    book.say(f"{ledger.entity}内设机构{number}个，包括：{names}。")
    if _chance(book.draw, 60):
        kinds = [
            ("行政编制", ledger.staff[0], "staff.administrative"),
            ("事业编制", ledger.staff[1], "staff.institution"),
        ]
        staff = book.count(sum(ledger.staff), "名", "staff/count")
        book.say(
            f"核定编制{staff}名，其中："
            f"{book.breakdown(staff, kinds, shares=False, then='，', unit='名', complete=False)}。"
        )
    scope = f"纳入{book.year}年度{book.kind}决算编制范围的"
    book.say(
        f"{scope}只有{ledger.entity}本级，没有其他二级预算单位。"
        if not ledger.units
        else f"{scope}预算单位包括：{ledger.entity}本级、{'、'.join(ledger.units)}。"
    )


def whole(book: Book, *, fiscal: bool) -> None:
    """收入支出总体, of all money or of appropriations: totals, their make-up, against last year."""
    ledger = book.ledger
    money, role, name = (ledger.fiscal, "fiscal.whole", "财政拨款") if fiscal else (ledger.whole, "whole", "")
    sources = ("general", "fund") if fiscal else ("general", "fund", "own")
    opening, closing = (sum(side[source] for source in sources) for side in (ledger.opening, ledger.closing))
    amount = book.money(money.now, f"{role}/amount")
    wording = book.choose("both", "one", "each", "pair")
    subject, each = (f"{name}收入支出总计", "") if wording == "one" else (f"{name}收、支总计", "各")
    if wording in ("both", "one"):
        said = f"{book.prefix}{subject}{'均为' if each else ''}{amount}万元。"
    else:
        second = book.money(money.now, f"{role}/amount")
        said = (
            f"{book.prefix}{name}收入总计{amount}万元，支出总计{second}万元。"
            if wording == "each"
            else f"{book.prefix}{name}收、支总计各是{amount}万元、{second}万元。"
        )
    used = 0 if fiscal else ledger.surplus
    if opening or closing or used:
        flow = "fiscal" if fiscal else "total"
        earned = [
            ("本年收入", money.now - opening - used, f"income.{flow}"),
            ("年初结转和结余", opening, f"opening.{flow}"),
        ]
        if used:
            earned.insert(1, ("使用非财政拨款结余", used, "surplus"))
            book.terms.append("使用非财政拨款结余")
        spent = [
            ("本年支出", money.now - closing, f"expenditure.{flow}"),
            ("年末结转和结余", closing, f"closing.{flow}"),
        ]
        said += (
            f"{name}收入总计包括{book.breakdown(amount, earned, shares=False, then='、')}；"
            f"{name}支出总计包括{book.breakdown(amount, spent, shares=False, then='、')}。"
        )
        book.terms += ["年初结转和结余", "年末结转和结余"]
    if fiscal and ledger.is_fiscal_only and book.is_level and ledger.form != "guangxi":
        _demand(book[amount], Fraction(1))  # there is no other money: these totals are those of section one
    book.say(said + book.compare(subject, amount, money.last, role, each=each))


def income(book: Book, lead: str, *, by_budget: bool = True) -> None:
    """收入: each kind with its share."""
    kinds = {"general": "一般公共预算财政拨款收入", "fund": "政府性基金预算财政拨款收入"}
    sources = book.ledger.income
    if by_budget:
        parts = [
            (name, sources[name], f"income.{role}")
            for role, name in kinds.items()
            if sources[name] or book.all_kinds
        ]
        if book.all_kinds:
            parts.append(("国有资本经营预算财政拨款收入", 0, "income.capital"))
    else:
        parts = [("财政拨款收入", sum(sources[name] for name in kinds.values()), "income.fiscal")]
    parts += [
        (name, sources.get(name, 0), f"income.{name}")
        for name in INCOME_KINDS
        if sources.get(name, 0) or book.all_kinds
    ]
    amount = book.money(sum(sources.values()), "income.total/amount")
    book.terms += ["财政拨款收入", *(name for name in INCOME_KINDS if sources.get(name, 0))]
    book.say(
        f"{lead}{amount}万元，"
        f"其中：{book.breakdown(amount, parts, word=book.choose('', '占本年收入合计的'))}。"
    )


def spending(book: Book, lead: str) -> None:
    """支出: basic, project and other expenditure with their shares."""
    ledger = book.ledger
    basic = ledger.basic.now + ledger.basic_own
    parts = [("基本支出", basic, "basic.total"), ("项目支出", ledger.spent.now - basic, "project.total")]
    if book.all_kinds:
        parts += [(name, 0, f"expenditure.{name}") for name in SPENDING_KINDS]
    amount = book.money(ledger.spent.now, "expenditure.total/amount")
    book.say(
        f"{lead}{amount}万元，"
        f"其中：{book.breakdown(amount, parts, word=book.choose('', '占本年支出合计的'))}。"
    )


def general_whole(book: Book) -> None:
    """五（一）: general expenditure, its share of the whole and its movement."""
    name = "一般公共预算财政拨款支出"
    ledger = book.ledger
    amount = book.money(ledger.general.now, "general/amount")
    share = book.share(amount, book.marks("expenditure.total/amount")[0], "general/share")
    book.say(
        f"{book.prefix}{name}{amount}万元，占本年支出合计的{share}%。"
        + book.compare(name, amount, ledger.general.last, "general")
    )


def general_classes(book: Book) -> None:
    """五（二）: general expenditure by 类 with shares."""
    name = "一般公共预算财政拨款支出"
    amount = book.money(book.ledger.general.now, "general/amount")
    suffix = book.choose("", "（类）") if not book.short_names else ""
    parts = [
        (title(top, book.year) + suffix, money.now, f"class.{top}")
        for top, money in book.ledger.classes.items()
    ]
    book.say(f"{book.prefix}{name}{amount}万元，主要用于以下方面：{book.breakdown(amount, parts)}。")


def general_items(book: Book) -> None:
    """五（三）: every 项, with budget and completion in one of the ways that reports use."""
    name = "一般公共预算财政拨款支出"
    ledger, prefix = book.ledger, book.prefix
    rates, planned = ledger.form != "shanghai", book.planned
    said, amounts = [], {}
    if planned:
        text, _, spent = book.against_budget(ledger.general, "general")
        book.say(f"{prefix}{name}{text}。其中：")
    else:
        spent = book.money(ledger.general.now, "general/amount")
        book.say(
            f"{prefix}{name}决算数为{spent}万元，完成预算{book.free_rate(100, 'general/completion')}%。其中："
        )
    for code, money in ledger.items.items():
        if planned:
            text, _, amounts[code] = book.against_budget(money, f"item.{code}", rate=rates)
            use = f"主要用于：{purpose(book, code)}。" if book.uses else ""
            said.append(f"{book.subject(code)}{'。' if use else '：'}{use}{text}。")
        else:
            amounts[code] = book.money(money.now, f"item.{code}/amount")
            done = book.free_rate(100, f"item.{code}/completion")
            said.append(
                f"{book.subject(code)}：支出决算为{amounts[code]}万元，完成预算{done}%，决算数与预算数持平。"
            )
    book.numbered(said)
    book.terms += ledger.items
    book.adds(spent, *amounts.values())
    for top in ledger.classes:
        for mark in book.marks(f"class.{top}/amount"):
            book.adds(mark, *(amount for code, amount in amounts.items() if code.startswith(top)))
    # Opening budgets need not add up: an item that was budgeted and not spent is not listed.


def general_parts(book: Book, numbers: str) -> None:
    """General expenditure as a whole, by 类 and by 项, under headings with these numbers."""
    parts = (("总体", general_whole), ("结构", general_classes), ("具体", general_items))
    for number, (name, section) in zip(numbers, parts, strict=True):
        book.say(f"（{number}）一般公共预算财政拨款支出决算{name}情况")
        section(book)


USES = {
    "2080505": "缴纳在职人员基本养老保险",
    "2080506": "缴纳在职人员职业年金",
    "2089999": "缴纳在职人员工伤保险等",
    "2101101": "缴纳行政人员基本医疗保险",
    "2101102": "缴纳事业人员基本医疗保险",
    "2101103": "缴纳公务员医疗补助",
    "2210201": "缴纳在职人员住房公积金",
    "2210203": "发放购房补贴",
    "2120801": "征地和拆迁补偿",
    "2120803": "城市基础设施建设",
    "2120804": "农村基础设施建设",
    "2120899": "土地出让收入安排的其他项目",
}


def purpose(book: Book, code: str) -> str:
    """What money under this 项 is used for, in a word."""
    running = "人员经费和公用经费等基本支出" if is_basic(code) else f"{book.ledger.body.field}方面的专项工作"
    return USES.get(code, running)


def basic_costs(book: Book, lead: str, *, shares: bool = False, lines: bool = True) -> None:
    """六: basic expenditure of the general budget: staff and running costs, and what they consist of."""
    ledger = book.ledger
    pay = [name for code, name in STAFF_COSTS.items() if any(item.startswith(code) for item in ledger.items)]
    staff = "、".join([*_subset(book.draw, ("基本工资", "津贴补贴", "奖金", "绩效工资")), *pay])
    goods = [*_subset(book.draw, ("办公费", "印刷费", "水费", "电费", "邮电费", "差旅费", "维修（护）费"))]
    goods += ["因公出国（境）费用"] * bool(ledger.abroad.now) + ["培训费"]
    goods += ["公务接待费"] * bool(ledger.hosting.now) + ["工会经费", "福利费"]
    goods += ["公务用车运行维护费"] * bool(ledger.running.now) + ["其他商品和服务支出"]
    amount = book.money(ledger.basic.now, "basic/amount")
    said = book.breakdown(
        amount,
        [
            ("人员经费", ledger.basic.now - ledger.public.now, "staff_costs"),
            ("公用经费", ledger.public.now, "public"),
        ],
        shares=shares,
        word="占基本支出的",
    )
    one, two = said.split("；")
    one, two = f"{one}，主要包括：{staff}", f"{two}，主要包括：{'、'.join(goods)}"
    if lines:
        book.say(f"{lead}{amount}万元，其中：", f"{one}。", f"{two}。")
    else:
        book.say(f"{lead}{amount}万元，其中：{one}；{two}。")


def operating(book: Book, lead: str) -> None:
    """机关运行经费: the running costs of an administrative department, and none of an institution."""
    ledger = book.ledger
    if not ledger.body.administrative:
        book.say(f"{ledger.entity}为事业单位，按规定不涉及机关运行经费。")
        return
    amount = book.money(ledger.public.now, "operating/amount")
    if ledger.public.now == ledger.public.last:
        book.say(f"{lead}{amount}万元，与{book.last}年度持平。")
    else:
        said = book.change(amount, ledger.public.last, "operating")
        book.say(
            f"{lead}{amount}万元，{book.choose(f'比{book.last}年度', f'较{book.last}年', '比上年')}{said}"
        )
    book.terms.append("机关运行经费")


def procurement(book: Book, lead: str) -> None:
    """政府采购: by kind, and the contracts that small firms have got."""
    ledger = book.ledger
    spent = sum(ledger.procurement)
    if not spent:
        book.say(f"{book.year}年度，{ledger.entity}未发生政府采购支出。")
        return
    amount = book.money(spent, "procurement/amount")
    kinds = [
        (f"政府采购{name}支出", part, f"procurement.{role}")
        for name, role, part in zip(
            ("货物", "工程", "服务"), ("goods", "works", "services"), ledger.procurement, strict=True
        )
    ]
    said = f"{lead}{amount}万元，其中：{book.breakdown(amount, kinds, shares=False, then='、')}。"
    small, micro = book.money(ledger.small, "small/amount"), book.money(ledger.micro, "micro/amount")
    said += (
        f"授予中小企业合同金额{small}万元，占政府采购支出总额的{book.share(small, amount, 'small/share')}%，"
        f"其中：授予小微企业合同金额{micro}万元，"
        f"占政府采购支出总额的{book.share(micro, amount, 'micro/share')}%。"
    )
    book.say(said)


CAR_USES = ("主要领导干部用车", "机要通信用车", "应急保障用车", "其他用车")


def assets(book: Book, *, more: bool = False) -> None:
    """国有资产: vehicles by use, and large equipment."""
    ledger = book.ledger
    cars = book.count(sum(ledger.cars), "辆", "cars/count")
    uses = [(name, number, f"cars.{name}") for name, number in zip(CAR_USES, ledger.car_uses, strict=True)]
    if more:
        uses[3:3] = [("执法执勤用车", 0, "cars.enforcement"), ("特种专业技术用车", 0, "cars.technical")]
    large = book.count(ledger.equipment, "台（套）", "equipment/count")
    over = "100万元（含）以上" if more else "100万元以上"
    book.say(
        f"截至{book.year}年12月31日，{ledger.entity}共有车辆{cars}辆，其中："
        f"{book.breakdown(cars, uses, shares=False, then='、', unit='辆')}。"
        f"单价{over}设备（不含车辆）{large}台（套）。"
    )


GLOSSARY = {
    "财政拨款收入": "指单位从同级财政部门取得的财政预算资金。",
    "事业收入": "指事业单位开展专业业务活动及其辅助活动取得的收入。",
    "其他收入": "指单位取得的除上述收入以外的各项收入。",
    "使用非财政拨款结余": "指事业单位按照预算管理要求使用非财政拨款结余弥补收支差额的金额。",
    "年初结转和结余": "指以前年度尚未完成、结转到本年按有关规定继续使用的资金。",
    "年末结转和结余": "指本年度或以前年度预算安排、因客观条件发生变化无法按原计划实施，需要延迟到以后年度"
    "按有关规定继续使用的资金。",
    "基本支出": "指为保障机构正常运转、完成日常工作任务而发生的人员支出和公用支出。",
    "项目支出": "指在基本支出之外为完成特定行政任务和事业发展目标所发生的支出。",
    "“三公”经费": "指部门用财政拨款安排的因公出国（境）费、公务用车购置及运行维护费和公务接待费。"
    "其中，因公出国（境）费"
    "反映单位公务出国（境）的国际旅费、国外城市间交通费、住宿费、伙食费、培训费、公杂费等支出；公务用车购置及"
    "运行维护费反映单位公务用车车辆购置支出（含车辆购置税）及租用费、燃料费、维修费、过路过桥费、"
    "保险费等支出；"
    "公务接待费反映单位按规定开支的各类公务接待（含外宾接待）支出。",
    "机关运行经费": "指为保障行政单位（含参照公务员法管理的事业单位）运行用于购买货物和服务的各项资金，"
    "包括办公及印刷费、"
    "邮电费、差旅费、会议费、福利费、日常维修费、专用材料及一般设备购置费、办公用房水电费、办公用房取暖费、"
    "办公用房物业管理费、公务用车运行维护费以及其他费用。",
}


def glossary(book: Book) -> None:
    """名词解释: every term and every 项 that the report uses, once."""
    book.terms += ["基本支出", "项目支出", "“三公”经费"]
    used = set(book.terms)
    order = list(GLOSSARY)
    said = [f"{term}：{GLOSSARY[term]}" for term in order[:6] if term in used]
    said += [
        f"{book.subject(code)}：指{SUBJECTS[code][1].removeprefix('反映')}。"
        if book.means
        else f"{book.subject(code)}：{SUBJECTS[code][1]}。"
        for code in sorted(SUBJECTS)
        if code in used
    ]
    book.numbered([*said, *(f"{term}：{GLOSSARY[term]}" for term in order[6:] if term in used)])


# ------------------------------------------------------------------------------ “三公” and funds
ABROAD, VEHICLES, HOSTING = "因公出国（境）费", "公务用车购置及运行维护费", "公务接待费"


def three_parts(ledger: Ledger) -> list[tuple[str, Money, str]]:
    return [
        (ABROAD, ledger.abroad, "abroad"),
        (VEHICLES, ledger.vehicles, "vehicles"),
        (HOSTING, ledger.hosting, "hosting"),
    ]


def three_structure(book: Book, lead: str) -> None:
    """The “三公” total by its three parts, with shares."""
    ledger = book.ledger
    amount = book.money(ledger.three.now, "three/amount")
    parts = [(f"{name}支出决算", money.now, role) for name, money, role in three_parts(ledger)]
    book.say(f"{lead}{amount}万元，其中：{book.breakdown(amount, parts)}。具体情况如下：")


def nothing(book: Book, count: str, amount: str) -> None:
    """No money, so nothing was bought or received: a count above zero contradicts the amount."""
    if not book[amount].value:
        _demand(book[count], Fraction(0))


def journeys(book: Book, amount: str, group: str = "次") -> str:
    groups = book.count(book.ledger.journeys[0], group, "journeys.groups/count")
    persons = book.count(book.ledger.journeys[1], "人", "journeys.persons/count")
    for number in (groups, persons):
        nothing(book, number, amount)
    return f"全年安排因公出国（境）团组{groups}{group}，出国（境）{persons}人"


def receptions(book: Book, amount: str, heads: tuple[int, int], role: str) -> tuple[str, str]:
    times = book.count(heads[0], "批次", f"{role}.times/count")
    guests = book.count(heads[1], "人次", f"{role}.guests/count")
    for number in (times, guests):
        nothing(book, number, amount)
    return times, guests


def vehicle_costs(book: Book, amount: str) -> str:
    """Bought and running costs, which add up to the printed amount, and the fleet by kind."""
    ledger = book.ledger
    bought = book.money(ledger.bought.now, "bought/amount")
    names = ("轿车", "越野车", "载客汽车")
    if sum(ledger.cars_bought) or book.all_kinds:
        number = book.count(sum(ledger.cars_bought), "辆", "cars_bought/count")
        counts = [
            book.count(count, "辆", f"cars_bought.{name}/count")
            for name, count in zip(names, ledger.cars_bought, strict=True)
        ]
        prices = [
            book.money(ledger.bought.now * count, f"bought.{name}/amount")
            for name, count in zip(names, ledger.cars_bought, strict=True)
        ]
        book.adds(number, *counts)
        book.adds(bought, *prices)
        listed = "，".join(f"{n}{c}辆、金额{p}万元" for n, c, p in zip(names, counts, prices, strict=True))
        purchase = f"全年按规定更新购置公务用车{number}辆，其中：{listed}。"
    else:
        purchase = "全年未购置公务用车。"
    fleet = book.count(sum(ledger.cars), "辆", "cars.held/count")
    kinds = [(name, count, f"fleet.{name}") for name, count in zip(names, ledger.cars, strict=True)]
    running = book.money(ledger.running.now, "running/amount")
    book.adds(amount, bought, running)
    return (
        f"其中：公务用车购置支出{bought}万元。{purchase}截至{book.year}年12月31日，"
        f"本{book.kind}共有公务用车{fleet}辆，其中："
        f"{book.breakdown(fleet, kinds, shares=False, then='、', unit='辆')}。"
        f"公务用车运行维护费支出{running}万元"
        f"{'，主要用于公务用车的燃料费、维修费、过路过桥费、保险费等支出' if ledger.running.now else ''}。"
    )


def hosting_costs(book: Book, amount: str) -> list[str]:
    """Domestic and foreign receptions, which add up to the printed amount."""
    ledger = book.ledger
    home = book.money(ledger.hosting.now - ledger.hosting_foreign, "hosting.domestic/amount")
    times, guests = receptions(book, home, ledger.receptions, "hosting.domestic")
    foreign = book.money(ledger.hosting_foreign, "hosting.foreign/amount")
    foreign_times, foreign_guests = receptions(book, foreign, ledger.foreign_receptions, "hosting.foreign")
    book.adds(amount, home, foreign)
    content = f"，具体内容包括：{'、'.join(_subset(book.draw, HOSPITALITY))}" if ledger.hosting.now else ""
    return [
        f"国内公务接待支出{home}万元，接待{times}批次，{guests}人次（不包括陪同人员）{content}。",
        f"外事接待支出{foreign}万元，接待{foreign_times}批次，{foreign_guests}人次（不包括陪同人员）。",
    ]


def fund_items(book: Book, *, whole_amount: str, rates: bool = True) -> None:
    """The fund budget's items, which add up to the printed amount."""
    amounts = {}
    said = []
    for code, money in book.ledger.fund.items():
        role = f"item.{code}"
        if book.ledger.form == "sichuan":
            amounts[code] = book.money(money.now, f"{role}/amount")
            movement = book.compare("决算数", amounts[code], money.last, role, reason=_chance(book.draw, 50))
            said.append(
                f"{book.subject(code)}：支出决算为{amounts[code]}万元，"
                f"主要用于{purpose(book, code)}。{movement}"
            )
        else:
            text, _, amounts[code] = book.against_budget(money, role, rate=rates)
            said.append(f"{book.subject(code)}。主要用于：{purpose(book, code)}。{text}。")
    book.adds(whole_amount, *amounts.values())
    book.terms += book.ledger.fund
    book.numbered(said)


# ---------------------------------------------------------------------------- the provinces' forms
SICHUAN_TABLES = (
    "收入支出决算总表",
    "收入决算表",
    "支出决算表",
    "财政拨款收入支出决算总表",
    "财政拨款支出决算明细表",
    "一般公共预算财政拨款支出决算表",
    "一般公共预算财政拨款支出决算明细表",
    "一般公共预算财政拨款基本支出决算表",
    "一般公共预算财政拨款项目支出决算表",
    "政府性基金预算财政拨款收入支出决算表",
    "国有资本经营预算财政拨款收入支出决算表",
    "国有资本经营预算财政拨款支出决算表",
    "财政拨款“三公”经费支出决算表",
)
TABLES = (
    "收入支出决算总表",
    "收入决算表",
    "支出决算表",
    "财政拨款收入支出决算总表",
    "一般公共预算财政拨款支出决算表",
    "一般公共预算财政拨款基本支出决算表",
    "财政拨款“三公”经费支出决算表",
    "政府性基金预算财政拨款收入支出决算表",
    "国有资本经营预算财政拨款收入支出决算表",
)
NUMERALS = (*"一二三四五六七八九十", "十一", "十二", "十三")


def table_list(book: Book, names: Sequence[str]) -> None:
    book.say(*(f"{number}、{name}" for number, name in zip(NUMERALS, names, strict=False)))


def sichuan(book: Book) -> None:
    """The form of Sichuan: five parts, tables last."""
    ledger, year, kind = book.ledger, book.year, book.kind
    heading = book.choose("情况说明", "情况")
    if _chance(book.draw, 50):
        book.say(f"{ledger.entity}{year}年度{kind}决算")
    book.say(f"第一部分 {kind}概况", f"一、{kind}职责")
    duties(book)
    book.say("二、机构设置")
    units(book)
    book.say(f"第二部分 {year}年度{kind}决算情况说明", f"一、收入支出决算总体{heading}")
    whole(book, fiscal=False)
    book.picture(1, "收、支决算总计变动情况图", "柱状图")
    book.say(f"二、收入决算{heading}")
    income(book, f"{year}年度本年收入合计")
    book.picture(2, "收入决算结构图", "饼状图")
    book.say(f"三、支出决算{heading}")
    spending(book, f"{year}年度本年支出合计")
    book.picture(3, "支出决算结构图", "饼状图")
    book.say(f"四、财政拨款收入支出决算总体{heading}")
    whole(book, fiscal=True)
    book.picture(4, "财政拨款收、支决算总计变动情况", "柱状图")
    name = "一般公共预算财政拨款支出"
    book.say(f"五、{name}决算{heading}", f"（一）{name}决算总体情况")
    general_whole(book)
    book.picture(5, f"{name}决算变动情况", "柱状图")
    book.say(f"（二）{name}决算结构情况")
    general_classes(book)
    book.picture(6, f"{name}决算结构", "饼状图")
    book.say(f"（三）{name}决算具体情况")
    general_items(book)
    book.say(f"六、一般公共预算财政拨款基本支出决算{heading}")
    basic_costs(book, f"{year}年度一般公共预算财政拨款基本支出")
    sichuan_three(book, heading)
    book.say(f"八、政府性基金预算支出决算{heading}")
    funds = ledger.funds
    if funds.now:
        amount = book.money(funds.now, "fund/amount")
        book.say(
            f"{year}年度政府性基金预算财政拨款支出{amount}万元。"
            + book.compare("政府性基金预算财政拨款支出", amount, funds.last, "fund")
            + "具体情况如下："
        )
        fund_items(book, whole_amount=amount)
    elif book.all_kinds:
        book.say(f"{year}年度政府性基金预算财政拨款支出{book.money(0, 'fund/amount')}万元。")
    else:
        book.say(f"{year}年度无政府性基金预算财政拨款支出。")
    book.say(f"九、国有资本经营预算支出决算{heading}")
    capital = f"{year}年度国有资本经营预算财政拨款支出"
    book.say(
        f"{capital}{book.money(0, 'capital/amount')}万元。"
        if book.all_kinds
        else f"{year}年度无国有资本经营预算财政拨款支出。"
    )
    book.say("十、其他重要事项的情况说明", "（一）机关运行经费支出情况")
    operating(book, f"{year}年度，{ledger.entity}机关运行经费支出")
    book.say("（二）政府采购支出情况")
    procurement(book, f"{year}年度，{ledger.entity}政府采购支出总额")
    book.say("（三）国有资产占有使用情况")
    assets(book)
    book.say("（四）预算绩效管理情况")
    performance(book)
    book.say("第三部分 名词解释")
    glossary(book)
    book.say("第四部分 附件", "无。", "第五部分 附表")
    table_list(book, SICHUAN_TABLES)


def settled(book: Book, name: str, money: Money, role: str) -> tuple[str, str]:
    """`“三公”经费支出决算为1万元，完成预算100%`, with the budget if those are printed; and the mark."""
    if book.planned and money.budget:
        budget, amount = book.money(money.budget, f"{role}/budget"), book.money(money.now, f"{role}/amount")
        rate = book.share(amount, budget, f"{role}/completion")
        return f"{name}年初预算为{budget}万元，支出决算为{amount}万元，完成年初预算的{rate}%", amount
    amount = book.money(money.now, f"{role}/amount")
    done = f"，完成预算{book.free_rate(100, f'{role}/completion')}%" if money.budget else ""
    return f"{name}支出决算为{amount}万元{done}", amount


def sichuan_three(book: Book, heading: str) -> None:
    """七: “三公” in Sichuan's words."""
    ledger, year, three = book.ledger, book.year, book.ledger.three
    book.say(f"七、财政拨款“三公”经费支出决算{heading}", "（一）“三公”经费财政拨款支出决算总体情况说明")
    said, amount = settled(book, f"{year}年度“三公”经费财政拨款", three, "three")
    if three.now == three.last:
        said += f"，与{book.last}年度持平。"
    else:
        said += f"，较上年度{book.change(amount, three.last, 'three')}"
    book.say(said + (f"{book.versus(three, 'three')}。" if three.now else ""))
    book.say("（二）“三公”经费财政拨款支出决算具体情况说明")
    if not three.now:
        book.say(f"{year}年度未发生“三公”经费财政拨款支出。")
        if not book.all_kinds:
            return
    else:
        three_structure(book, f"{year}年度“三公”经费财政拨款支出决算")
    for number, (name, money, role) in enumerate(three_parts(ledger), 1):
        said, amount = settled(book, name, money, role)
        if role == "abroad":
            said += f"。{journeys(book, amount)}"
        book.say(f"{number}{book.marker}{said}。{book.compare(f'{name}支出决算', amount, money.last, role)}")
        if role == "vehicles" and (book.all_kinds or any(ledger.cars)):
            book.say(vehicle_costs(book, amount))
        if role == "hosting" and (book.all_kinds or money.now):
            home, foreign = hosting_costs(book, amount)
            book.say(f"其中：{home}", foreign)


def performance(book: Book) -> None:
    """十（四）: as many projects as are named."""
    ledger = book.ledger
    names = "、".join(ledger.tasks)

    def number(
        role: str,
    ) -> str:  # a list before 等 need not be complete, and each count may differ from the others
        return book.count(len(ledger.tasks), "个", f"tasks.{role}/count")

    book.say(
        f"根据预算绩效管理要求，本{book.kind}在{book.year}年度预算编制阶段，"
        f"组织对{names}等{number('appraised')}个项目开展了预算事前"
        f"绩效评估，对{number('targets')}个项目编制了绩效目标，预算执行过程中，"
        f"对{number('monitored')}个项目开展绩效监控。",
        f"组织对{book.year}年度{names}等{number('evaluated')}个项目开展绩效自评，从自评情况看，项目管理规范，"
        f"资金使用合规，"
        f"较好地完成了年度绩效目标。",
    )


def three_planned(book: Book) -> None:
    """“三公” elsewhere: budget, final, completion of the total and of each part, against last year."""
    ledger, budget = book.ledger, book.choose("预算", "年初预算")
    text, plan, final = book.against_budget(ledger.three, "three", budget=budget)
    said, plans, finals = [], [], []
    for name, money, role in three_parts(ledger):
        part, planned, amount = book.against_budget(money, role, budget=budget)
        plans.append(planned)
        finals.append(amount)
        said.append(f"{name}{part}。{book.compare(f'{name}支出决算', amount, money.last, role)}")
    book.adds(plan, *plans)
    book.adds(final, *finals)
    book.say(
        f"{book.prefix}“三公”经费财政拨款支出{text}。"
        f"{book.compare('“三公”经费支出决算', final, ledger.three.last, 'three')}",
        *said,
    )


def three_details(book: Book) -> None:
    """“三公” elsewhere: shares of the total, and what each part was spent on."""
    ledger = book.ledger
    three_structure(book, f"{book.year}年度“三公”经费财政拨款支出决算")
    abroad, vehicles, hosting = (
        book.money(money.now, f"{role}/amount") for _, money, role in three_parts(ledger)
    )
    book.say(f"1{book.marker}{ABROAD}支出{abroad}万元。{journeys(book, abroad, '个')}。")
    bought, running = (
        book.money(ledger.bought.now, "bought/amount"),
        book.money(ledger.running.now, "running/amount"),
    )
    book.adds(vehicles, bought, running)
    number = book.count(sum(ledger.cars_bought), "辆", "cars_bought/count")
    nothing(book, number, bought)
    fleet = book.count(sum(ledger.cars), "辆", "cars.held/count")
    use = "，主要用于公务用车的燃料费、维修费、过路过桥费、保险费等支出" if ledger.running.now else ""
    book.say(
        f"2{book.marker}{VEHICLES}支出{vehicles}万元。其中：公务用车购置支出{bought}万元，"
        f"更新购置公务用车{number}辆；"
        f"公务用车运行维护费支出{running}万元{use}。截至{book.year}年12月31日，"
        f"开支财政拨款的公务用车保有量为{fleet}辆。",
        f"3{book.marker}{HOSTING}支出{hosting}万元。其中：{''.join(hosting_costs(book, hosting))}",
    )


def three_sections(book: Book) -> None:
    """Both parts of “三公” under the usual headings, or the one sentence of a department that has none."""
    book.say("（一）“三公”经费财政拨款支出决算总体情况说明")
    if not book.ledger.three.now:
        book.say(f"{book.ledger.entity}{book.year}年度无“三公”经费财政拨款支出。")
        return
    three_planned(book)
    book.say("（二）“三公”经费财政拨款支出决算具体情况说明")
    three_details(book)


def fund_section(book: Book) -> None:
    """政府性基金 elsewhere: income, expenditure, and every item of it."""
    ledger = book.ledger
    if not ledger.funds.now:
        book.say(f"{ledger.entity}{book.year}年度无政府性基金预算财政拨款收入和支出。")
        return
    earned, spent = (book.money(ledger.funds.now, role) for role in ("income.fund/amount", "fund/amount"))
    book.say(f"{book.prefix}政府性基金预算财政拨款收入{earned}万元，支出{spent}万元，支出具体情况如下：")
    fund_items(book, whole_amount=spent, rates=ledger.form != "shanghai")


def capital_section(book: Book) -> None:
    book.say(f"{book.ledger.entity}{book.year}年度无国有资本经营预算财政拨款收入和支出。")


def outline(book: Book, part: str, *, intro: str = "主要职能", own: str = "{}.") -> None:
    """第一部分 elsewhere: duties, and the units that the accounts cover."""
    book.say(f"{book.ledger.entity}{book.year}年度{book.kind}决算", f"第一部分 {part}概况", f"一、{intro}")
    duties(book, own)


def shanghai(book: Book) -> None:
    """The form of Shanghai: tables before the narrative, budgets beside every amount, 十 on performance."""
    ledger, year, kind, entity = book.ledger, book.year, book.kind, book.ledger.entity
    outline(book, entity, own=book.choose("{}.", "{}、"))
    book.say(f"二、{kind}决算单位构成")
    offices(book)
    book.say(f"第二部分 {entity}{year}年度{kind}决算表")
    table_list(book, TABLES)
    book.say(f"第三部分 {entity}{year}年度{kind}决算情况说明", "一、收入支出决算总体情况说明")
    book.prefix = f"{entity}{year}年度"
    whole(book, fiscal=False)
    book.say("二、收入决算情况说明")
    income(book, "本年收入合计", by_budget=False)
    book.say("三、支出决算情况说明")
    spending(book, "本年支出合计")
    book.say("四、财政拨款收入支出决算总体情况说明")
    whole(book, fiscal=True)
    book.prefix = ""
    book.say("五、一般公共预算财政拨款支出决算情况说明")
    general_parts(book, "一二三")
    book.say("六、一般公共预算财政拨款基本支出决算情况说明")
    basic_costs(book, "一般公共预算财政拨款基本支出", lines=False)
    book.say("七、财政拨款“三公”经费支出决算情况说明")
    three_sections(book)
    book.say("八、政府性基金预算财政拨款收入支出决算情况说明")
    fund_section(book)
    book.say("九、国有资本经营预算财政拨款收入支出决算情况说明")
    capital_section(book)
    book.say("十、预算绩效管理情况")
    roles = ("targets", "monitored", "evaluated")
    tasks = [book.count(len(ledger.tasks), "个", f"tasks.{role}/count") for role in roles]
    grades = [
        ("绩效评级为“优”的项目", len(ledger.tasks), "tasks.excellent"),
        ("绩效评级为“良”的项目", 0, "tasks.good"),
        ("绩效评级为“合格”的项目", 0, "tasks.fair"),
        ("绩效评级为“不合格”的项目", 0, "tasks.poor"),
    ]
    listed = book.breakdown(tasks[2], grades, shares=False, unit="个")
    book.say(
        f"{entity}{year}年度预算绩效管理工作开展情况如下：编报绩效目标的项目{tasks[0]}个；"
        f"绩效跟踪的项目{tasks[1]}个；"
        f"绩效自评的项目{tasks[2]}个（其中，{listed}）。"
    )
    book.say("十一、其他重要事项的情况说明", "（一）机关运行经费支出情况")
    operating(book, "机关运行经费支出")
    book.say("（二）政府采购支出情况")
    procurement(book, f"{entity}{year}年度政府采购支出总额")
    book.say("（三）国有资产占有使用情况说明")
    assets(book, more=True)
    book.say("第四部分 名词解释")
    glossary(book)


def hunan(book: Book) -> None:
    """The form of Hunan: thirteen sections, everything against last year and the opening budget."""
    ledger, year, kind, entity = book.ledger, book.year, book.kind, book.ledger.entity
    outline(book, entity, intro=f"{kind}职责", own=book.choose("{}、", "（{}）"))
    book.say("二、机构设置及决算单位构成")
    offices(book)
    book.say(f"第二部分 {year}年度{kind}决算表")
    table_list(book, TABLES)
    book.say(f"第三部分 {year}年度{kind}决算情况说明", "一、收入支出决算总体情况说明")
    whole(book, fiscal=False)
    book.say("二、收入决算情况说明")
    income(book, f"{year}年度收入合计", by_budget=False)
    book.say("三、支出决算情况说明")
    spending(book, f"{year}年度支出合计")
    book.say("四、财政拨款收入支出决算总体情况说明")
    whole(book, fiscal=True)
    book.say("五、一般公共预算财政拨款支出决算情况说明")
    general_parts(book, "一二三")
    book.say("六、一般公共预算财政拨款基本支出决算情况说明")
    basic_costs(book, f"{year}年度一般公共预算财政拨款基本支出", shares=True)
    book.say("七、财政拨款“三公”经费支出决算情况说明")
    three_sections(book)
    book.say("八、政府性基金预算收入支出决算情况")
    fund_section(book)
    book.say("九、关于机关运行经费支出说明")
    operating(book, f"本{kind}{year}年度机关运行经费支出")
    book.say("十、一般性支出情况")
    training = book.money(ledger.public.now // 40, "training/amount")
    persons = book.count(ledger.public.now // 400 + 5, "人", "training.persons/count")
    book.say(
        f"{year}年度本{kind}未召开会议，未发生会议费支出；开支培训费{training}万元，"
        f"用于开展业务培训，培训{persons}人；"
        "未举办节庆、晚会、论坛、赛事等活动。"
    )
    book.say("十一、关于政府采购支出说明")
    procurement(book, f"本{kind}{year}年度政府采购支出总额")
    book.say("十二、关于国有资产占用情况说明")
    assets(book, more=True)
    book.say(f"十三、关于{year}年度预算绩效情况的说明")
    performance(book)
    book.say("第四部分 名词解释")
    glossary(book)
    book.say("第五部分 附件", "无。")


def hubei(book: Book) -> None:
    """The form of Hubei: five sections, with movements in their headings; the rest is a part of its own."""
    year, kind, entity = book.year, book.kind, book.ledger.entity
    outline(book, entity, intro=f"{kind}主要职责", own="（{}）")
    book.say("二、机构设置情况")
    offices(book)
    book.say(
        f"第二部分 {year}年度{kind}决算情况说明",
        "一、收入支出决算总体情况及增减变动情况说明",
        "（一）收入支出总体情况",
    )
    whole(book, fiscal=False)
    book.say("（二）收入决算情况")
    income(book, f"{year}年度本年收入合计")
    book.say("（三）支出决算情况")
    spending(book, f"{year}年度本年支出合计")
    book.say("二、财政拨款支出决算情况说明", "（一）财政拨款收入支出决算总体情况")
    whole(book, fiscal=True)
    general_parts(book, "二三四")
    book.say("（五）一般公共预算财政拨款基本支出决算情况")
    basic_costs(book, f"{year}年度一般公共预算财政拨款基本支出")
    book.say("三、财政拨款“三公”经费支出决算及增减变动情况说明")
    three_sections(book)
    book.say("四、政府性基金预算财政拨款收入支出决算情况说明")
    fund_section(book)
    book.say("五、国有资本经营预算财政拨款支出决算情况说明")
    capital_section(book)
    book.say("第三部分 其他重要事项情况说明", "一、机关运行经费支出情况")
    operating(book, f"{year}年度{entity}机关运行经费支出")
    book.say("二、政府采购支出情况")
    procurement(book, f"{year}年度{entity}政府采购支出总额")
    book.say("三、国有资产占用情况")
    assets(book, more=True)
    book.say("四、预算绩效情况")
    performance(book)
    book.say("第四部分 名词解释")
    glossary(book)
    book.say("第五部分 附表")
    table_list(book, TABLES)


def guangxi(book: Book) -> None:
    """The form of Guangxi: income and expenditure kind by kind, each against last year."""
    ledger, year, kind, entity = book.ledger, book.year, book.kind, book.ledger.entity
    outline(book, entity, intro=f"本{kind}职责", own=book.choose("{}.", "（{}）"))
    book.say("二、机构设置情况")
    offices(book)
    book.say(f"第二部分 {entity}{year}年度{kind}决算报表")
    table_list(book, TABLES[:8])
    book.say(f"第三部分 {entity}{year}年度{kind}决算情况说明", f"一、{year}年度收入支出决算总体情况")
    flows(book)
    name = "一般公共预算财政拨款支出"
    book.say("二、一般公共预算财政拨款支出决算情况", "（一）一般公共预算财政拨款支出决算总体情况")
    amount = book.money(ledger.general.now, "general/amount")
    book.say(f"{year}年度{name}{amount}万元。{book.compare(name, amount, ledger.general.last, 'general')}")
    book.say("（二）一般公共预算财政拨款支出决算结构情况")
    general_classes(book)
    book.say("（三）一般公共预算财政拨款支出决算具体情况")
    general_items(book)
    book.say("三、政府性基金预算财政拨款支出决算情况")
    fund_section(book)
    book.say("四、一般公共预算财政拨款基本支出决算情况")
    basic_costs(book, f"{year}年度一般公共预算财政拨款基本支出")
    book.say("五、财政拨款“三公”经费支出决算情况")
    three_sections(book)
    book.say("六、其他重要事项情况说明", "（一）机关运行经费支出情况")
    operating(book, f"{year}年度本{kind}机关运行经费支出")
    book.say("（二）政府采购支出情况")
    procurement(book, f"{year}年度本{kind}政府采购支出总额")
    book.say("（三）国有资产占用情况")
    assets(book, more=True)
    book.say("（四）预算绩效管理情况")
    performance(book)
    book.say("第四部分 名词解释")
    glossary(book)


def flows(book: Book) -> None:
    """Guangxi's first section: each kind of income and expenditure with its own movement."""
    ledger = book.ledger
    last_year = {
        "一般公共预算财政拨款收入": ledger.general.last + ledger.opening["general"],
        "政府性基金预算财政拨款收入": ledger.funds.last,
    }
    own_last = ledger.own.last + ledger.opening["own"]
    for index, kind in enumerate(ledger.own_income):  # the first kind takes what the others leave
        last_year[kind] = (
            own_last - own_last // 3 * (len(ledger.own_income) - 1) if not index else own_last // 3
        )
    roles = {"一般公共预算财政拨款收入": "income.general", "政府性基金预算财政拨款收入": "income.fund"}
    earned = [
        (name, amount, last_year[name], roles.get(name, f"income.{name}"))
        for name, amount in ledger.income.items()
        if amount
    ]
    basic = ledger.basic.now + ledger.basic_own
    spent = [
        ("基本支出", basic, ledger.basic_last, "basic.total"),
        ("项目支出", ledger.spent.now - basic, ledger.spent.last - ledger.basic_last, "project.total"),
    ]
    opening, closing = sum(ledger.opening.values()), sum(ledger.closing.values())
    sides = [
        (
            "收入",
            "（一）",
            earned,
            [("使用非财政拨款结余", ledger.surplus, "surplus"), ("年初结转和结余", opening, "opening.total")],
        ),
        ("支出", "（二）", spent, [("年末结转和结余", closing, "closing.total")]),
    ]
    for side, number, parts, balances in sides:
        amount = book.money(ledger.whole.now, "whole/amount")
        movement = book.compare(f"{side}总计", amount, ledger.whole.last, "whole")
        book.say(f"{number}{side}总计{amount}万元。{movement}其中：")
        marks, said = [], []
        for name, now, last, role in parts:
            marks.append(book.money(now, f"{role}/amount"))
            said.append(f"{name}{marks[-1]}万元。{book.compare(name, marks[-1], last, role)}")
        for name, now, role in balances:
            if now:
                marks.append(book.money(now, f"{role}/amount"))
                said.append(f"{name}{marks[-1]}万元。")
                book.terms.append(name)
        if any(now for _, now, _ in balances):  # a list without balances need not be complete
            book.adds(amount, *marks)
        book.numbered(said)
    book.terms += ["财政拨款收入", *ledger.own_income]


FORMS: dict[str, Callable[[Book], None]] = {
    "sichuan": sichuan,
    "shanghai": shanghai,
    "hunan": hunan,
    "hubei": hubei,
    "guangxi": guangxi,
}


# -------------------------------------------------------------------------------------- strategies
@st.composite
def reports(
    draw: DrawFn, forms: Sequence[str] = tuple(FORMS), years: tuple[int, int] = (2018, 2024)
) -> Report:
    """A consistent report of one of the forms."""
    form = draw(st.sampled_from(tuple(forms)))
    ledger = draw(ledgers(form, years))
    style = Style(places=2 if _chance(draw, 80) else 1, zeros=_chance(draw, 40), commas=_chance(draw, 15))
    book = Book(draw, ledger, style)
    FORMS[form](book)
    return book.finish()


def _year_before(draw: DrawFn, ledger: Ledger) -> Ledger:
    """The year before of a department: what the ledger says of it, and what nobody says of it drawn anew."""

    def before(money: Money) -> Money:
        return Money(money.last, _near(draw, money.last, 700, 1350), money.last)

    own, opening = before(ledger.own), dict.fromkeys(ledger.opening, 0)
    earned = own.now + ledger.opening["own"]
    rest = earned // 3 * (len(ledger.own_income) - 1)
    income = dict(zip(ledger.own_income, (earned - rest, rest), strict=False))
    items, fund = (
        {code: before(money) for code, money in part.items()} for part in (ledger.items, ledger.fund)
    )
    basic = total(money for code, money in items.items() if is_basic(code))
    abroad, bought, hosting = before(ledger.abroad), before(ledger.bought), before(ledger.hosting)
    return replace(
        ledger,
        year=ledger.year - 1,
        items=items,
        fund=fund,
        own=own,
        own_income=income,
        opening=opening,
        closing=dict(ledger.opening),
        surplus=0,
        basic_own=ledger.basic_last - basic.now,
        basic_last=basic.last,
        public=before(ledger.public),
        abroad=abroad,
        bought=bought,
        running=before(ledger.running),
        hosting=hosting,
        hosting_foreign=0,
        journeys=(1, 2) if abroad.now else (0, 0),
        receptions=_heads(draw, hosting.now),
        foreign_receptions=(0, 0),
        cars_bought=ledger.cars_bought if bought.now else (0, 0, 0),
    )


@st.composite
def two_years(
    draw: DrawFn, forms: Sequence[str] = tuple(FORMS), years: tuple[int, int] = (2019, 2024)
) -> tuple[Report, Report]:
    """Last year's report and this year's of one department, which agree, each printed in a style of its own."""
    form = draw(st.sampled_from(tuple(forms)))
    ledger = draw(ledgers(form, years))
    assume(ledger.body.since < ledger.year and (ledger.year > 2020 or not ledger.fund))
    basic = sum(money.last for code, money in ledger.items.items() if is_basic(code))
    ledger = replace(ledger, basic_last=basic + ledger.own.last // 5)
    written = []
    for one in (_year_before(draw, ledger), ledger):
        style = Style(places=2, zeros=_chance(draw, 40), commas=_chance(draw, 15))
        book = Book(draw, one, style)
        FORMS[form](book)
        written.append(book.finish())
    return written[0], written[1]


def with_error(report: Report, figure: Figure, new_value: Decimal) -> Report:
    """The same report with this one figure printed as `new_value`, at its own decimals or more."""
    before = report.text.split("\n")
    line = before[figure.line - 1]
    shown = report.style.show(new_value, max(-int(new_value.as_tuple().exponent), decimals(figure)))
    before[figure.line - 1] = line[: figure.start] + shown + line[figure.end :]
    shift = len(shown) - (figure.end - figure.start)

    def moved(other: Figure) -> Figure:
        if other == figure:
            return replace(other, value=new_value, end=other.end + shift)
        if other.line == figure.line and other.start > figure.start:
            return replace(other, start=other.start + shift, end=other.end + shift)
        return other

    return replace(report, text="\n".join(before), figures=tuple(moved(other) for other in report.figures))


def decimals(figure: Figure) -> int:
    """How many decimals this figure is printed to, trailing zeros counted."""
    return -int(figure.value.as_tuple().exponent)


def slips(figure: Figure) -> list[Decimal]:
    """Wrong values beyond a figure's slack: the least step, a digit, two digits swapped, the point."""
    unit = Decimal(1).scaleb(-decimals(figure))
    digits = str(int(figure.value / unit))
    wrong = [figure.value + figure.delta, figure.value - figure.delta, figure.value * 10, (figure.value / 10)]
    wrong += [
        Decimal(digits[:i] + str((int(digits[i]) + 4) % 10) + digits[i + 1 :]) * unit
        for i in range(len(digits))
    ]
    wrong += [
        Decimal(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]) * unit
        for i in range(len(digits) - 1)
    ]
    wrong = [value.quantize(unit) for value in wrong]
    return sorted({value for value in wrong if value >= 0 and abs(value - figure.value) >= figure.delta})


def is_testable(report: Report, figure: Figure, value: Decimal) -> bool:
    """The growth in which this figure stands keeps a base: last year's implied amount is not about zero."""
    fact, _, aspect = figure.role.partition("/")
    other = {"change": "amount", "amount": "change"}.get(aspect)
    others = (other_figure.value for other_figure in report.figures if other_figure.role == f"{fact}/{other}")
    if figure.unit == "%":  # moved to 15.60, it is printed 15.6, which stands for more
        places = decimals(figure)
        half = report.style.half(int(value.scaleb(places)), places)
        wider = Decimal(half.numerator) / half.denominator * Decimal(1).scaleb(-places)
        if abs(value - figure.value) < figure.delta + wider:
            return False
    return all(abs(value - amount) > Decimal("0.02") for amount in others)


@st.composite
def wrong_reports(
    draw: DrawFn, forms: Sequence[str] = tuple(FORMS), years: tuple[int, int] = (2018, 2024)
) -> tuple[Report, Figure]:
    """A consistent report with one movable figure moved beyond its slack, and that figure, moved."""
    report = draw(reports(forms, years))
    index = draw(st.sampled_from([i for i, figure in enumerate(report.figures) if figure.movable]))
    figure = report.figures[index]
    options = [value for value in slips(figure) if is_testable(report, figure, value)]
    assume(options)
    wrong = with_error(report, figure, draw(st.sampled_from(options)))
    return wrong, wrong.figures[index]
