"""Random performance annexes that are right in every figure, on the consistent Sichuan reports of `generator`.

An `Annexes` book writes a report of `generator` and, in place of its 第四部分, the annexes: the evaluation of
the department with its scoring table, a self-evaluation table for each project, and a report with a rating table for
each. Their money is the report's: what the projects executed adds up to 项目支出, the projects are those of
十（四）, the opening budget is the one the narrative compares with. Words and figures that a fault may replace are
remembered with their place as `Spot`s; a fault is a few of them printed otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from generator import (
    FIRST_MARK,
    FORMS,
    HALF_BRACKETS,
    Book,
    Figure,
    Report,
    Style,
    _chance,
    _quotient,
    _subset,
    ledgers,
    rounded,
)

FIRST_WORD = (
    0x100000  # while an annex is written, each word that a fault may replace is one character from here on
)
NUMERALS = "一二三四五六七八九十"


# -------------------------------------------------------------------------------- what is returned
@dataclass(frozen=True)
class Spot:
    """A word or figure of a report that a fault may replace: its role and its place."""

    role: str
    line: int
    start: int
    end: int
    text: str
    figure: Figure | None = None


@dataclass(frozen=True)
class Annexed:
    """A consistent report with annexes, what was drawn for them, and the places of their words and figures."""

    report: Report
    plan: Plan
    spots: tuple[Spot, ...]

    def at(self, role: str) -> list[Spot]:
        """The places of a role, in reading order."""
        return [spot for spot in self.spots if spot.role == role]

    def in_text(self, role: str) -> list[Spot]:
        """Those of them that stand in running text or a cell of prose, not in a cell of their own."""
        lines = self.report.text.split("\n")
        return [s for s in self.at(role) if lines[s.line - 1].strip().removesuffix("%") != s.text]

    def in_table(self, role: str) -> list[Spot]:
        """Those of them that are a table's cell."""
        told = self.in_text(role)
        return [spot for spot in self.at(role) if spot not in told]


# ----------------------------------------------------------------------------- what is drawn first
@dataclass(frozen=True)
class Indicator:
    """A row of a self-evaluation table. Amounts count units of the last of `places` decimals, scores tenths."""

    level1: str
    level2: str
    name: str
    nature: str
    target: int | str
    unit: str
    done: int | str
    places: int = 0
    weight: int = 0
    score: int = 0

    @property
    def is_met(self) -> bool:
        """The completion is what the target asks for."""
        if isinstance(self.target, str) or isinstance(self.done, str):
            return self.target == self.done
        return {"＝": self.done == self.target, "≥": self.done >= self.target, "≤": self.done <= self.target}[
            self.nature
        ]


@dataclass(frozen=True)
class Project:
    """A project: amounts in hundredths of 万元, its indicators, and its scores in tenths of a point."""

    name: str
    opening: int
    adjusted: int
    executed: int
    own: int  # of `executed`, paid out of the department's own money
    recurrent: bool
    budget_weight: int
    budget_score: int
    indicators: tuple[Indicator, ...]
    scope: int  # which of the kinds of the rating table it is
    month: int  # in which it was completed

    @property
    def role(self) -> str:
        return f"annex.{self.name}"

    @property
    def change(self) -> int:
        return self.adjusted - self.opening

    @property
    def total(self) -> int:
        """The score of the self-evaluation, which is the one of the project's report too."""
        return self.budget_score + sum(indicator.score for indicator in self.indicators)


@dataclass(frozen=True)
class Plan:
    """What the annexes of one report say."""

    projects: tuple[Project, ...]
    opening_income: int
    opening_expenditure: int
    final_income: int
    final_expenditure: int
    weights: dict[str, int]  # of the scoring table, by indicator
    scores: dict[str, int | None]
    basis: str  # on which the budgets of the classes are given: opening or adjusted

    @property
    def change(self) -> int:
        return sum(project.change for project in self.projects)

    @property
    def total(self) -> int:
        return sum(score or 0 for score in self.scores.values())

    def sum_of(self, column: str, projects: Sequence[Project] | None = None) -> int:
        return sum(getattr(project, column) for project in projects or self.projects)


QUANTITIES: tuple[tuple[str, str, str, int, int], ...] = (  # name, unit, what its price is called, from, to
    ("宣传资料印制", "份", "宣传资料印制单价", 500, 6000),
    ("业务培训场次", "场", "", 2, 20),
    ("现场检查次数", "次", "", 20, 300),
    ("设备维护数量", "台", "设备维护单价", 5, 60),
    ("服务点位数量", "个", "", 3, 40),
    ("抽样检测批次", "批次", "抽样检测", 20, 200),
    ("受益群众人数", "人", "", 200, 9000),
    ("场地维护面积", "平方米", "场地维护", 300, 8000),
    ("档案整理数量", "卷", "档案整理", 500, 5000),
    ("免费复印", "万份", "免费复印", 1, 5),
    ("专家评审次数", "次", "专家评审", 10, 60),
)
QUALITIES: tuple[tuple[str, str, int | str, str], ...] = (
    ("项目验收合格率", "≥", 95, "%"), ("系统正常运行率", "＝", 100, "%"), ("服务质量", "定性", "优良", ""),
    ("资金使用合规率", "＝", 100, "%"), ("数据准确率", "≥", 98, "%"), ("工作规范性", "定性", "好", ""),
)  # fmt: skip
BENEFITS: tuple[tuple[str, str, str, int | str, str], ...] = (
    ("社会效益指标", "政策知晓率", "≥", 85, "%"), ("社会效益指标", "办事环境改善", "定性", "明显", ""),
    ("社会效益指标", "行业规范水平提升", "定性", "有效", ""), ("可持续影响指标", "长效管理机制健全", "定性", "健全", ""),
    ("生态效益指标", "废弃物规范处置率", "＝", 100, "%"), ("社会效益指标", "投诉处理率", "≥", 96, "%"),
)  # fmt: skip
SATISFIED = ("服务对象满意度", "群众满意度", "办事群众满意率", "受益对象满意度")
PLACES_OF_WORK = ("业务用房", "服务窗口", "基层站点", "信息平台")
GENERAL_WEIGHTS = ((4, 4, 4, 4, 4, 4, 4, 2), (5, 5, 3, 3, 4, 4, 4, 2), (6, 4, 5, 5, 5, 5, 6, 4))
GRADES = (
    (("0", "0.3", "0.6", "0.8", "1"), 1),
    (("0", "0.5", "1"), 1),
    (("0", "0.4", "0.7", "1"), 1),
    ((), 1),
)
SCOPES: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("产业发展项目", (("符合性", "比率分值法", "指标得分=符合的点位数/所有选点总数×100%×指标分值"),
                      ("成长性", "比率分值法", "指标得分=各项具体指标得分的平均分"))),
    ("民生保障项目", (("区域均衡性", "分级评分法", "不均衡 较均衡 均衡"), ("对象公平性", "分级评分法", "不公平 一般 公平"),
                      ("社会满意度", "比率分值法", "按实际满意度与满意度标准值的比率计算指标得分"))),
    ("基础设施（设备购置）项目", (("功能性", "缺（错）项扣分法", "发现一项扣1分，直至扣完"),
                                 ("配套性", "分级评分法", "差 一般 好"))),
    ("行政运转项目", (("用途合规性", "是否评分法", "否 是"), ("标准合规性", "缺（错）项扣分法", "发现一处扣0.5分，直至扣完"))),
)  # fmt: skip
GENERAL: tuple[tuple[str, str, str, str, str], ...] = (
    ("项目决策", "程序严密", "项目设立是否经过严格评估论证，管理制度是否健全完善", "分级评分法", "不完善 较完善 完善"),
    ("项目决策", "规划合理", "项目规划是否符合重大决策部署，是否与年度目标一致", "分级评分法", "不合理 较合理 合理"),
    ("项目实施", "分配合理", "资金分配结果是否与规划计划一致；是否及时分配", "是否评分法", "否 是"),
    ("项目实施", "使用合规", "资金使用是否符合相关的财务管理制度规定", "缺（错）项扣分法", "发现一处扣0.5分，直至扣完"),
    ("项目实施", "执行有效", "项目实施是否符合相关管理制度规定", "缺（错）项扣分法", "发现一处扣0.5分，直至扣完"),
    ("完成结果", "预算完成", "资金拨付到具体支持对象的情况", "比率分值法", "指标得分=到位额度/资金额度×100%×指标分值"),
    ("完成结果", "目标完成", "项目实施后是否完成预期目标", "比率分值法", "指标得分=实际完成任务量/目标任务量×100%×指标分值"),
    ("完成结果", "违规记录", "项目管理是否合规", "分级评分法", "不合规 1处不合规 合规"),
)  # fmt: skip
SCORING: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("部门预算管理", "预算编制", ("目标制定", "目标实现", "编制准确")),
    ("部门预算管理", "预算执行", ("支出控制", "动态调整", "执行进度")),
    ("部门预算管理", "完成结果", ("预算完成", "违规记录")),
    ("绩效结果应用", "信息公开", ("自评公开",)),
    ("绩效结果应用", "整改反馈", ("结果整改", "应用反馈")),
    ("自评质量", "自评质量", ("自评准确",)),
)
EXPLAINED = {
    "目标制定": "评价部门绩效目标是否要素完整、细化量化。",
    "目标实现": "评价部门绩效目标实际实现程度与预期目标的偏离度。",
    "编制准确": "评价部门年初预算编制是否科学准确。",
    "支出控制": "部门公用经费及非定额公用支出控制情况。",
    "动态调整": "评价部门将绩效监控结果应用到预算调整的情况。",
    "执行进度": "评价部门在6、9、11月的预算执行情况。",
    "预算完成": "评价部门预算项目年终预算执行情况。",
    "违规记录": "反映部门上一年度部门预算管理是否合规。",
    "自评公开": "评价部门是否按要求将绩效自评情况向社会公开。",
    "结果整改": "评价部门根据绩效管理结果整改问题、完善政策的情况。",
    "应用反馈": "评价部门按要求及时反馈结果应用情况。",
    "自评准确": "评价部门整体支出自评准确率。",
}
NOTE = (
    "1.预算执行率=预算执行数/调整后预算数，预算执行率未达到90%的需说明原因（100字以内）；"
    "2.年中发生预算调整的（追加或调减），应单独说明理由；3.其他资金包括：社会投入资金、银行贷款。"
)
MORE = (
    "年中根据工作需要追加专项工作经费",
    "上级新增工作任务，年中追加相应预算",
    "业务量增长，按程序追加项目预算",
)
LESS = (
    "项目招标后资金节约，年末按程序调减预算",
    "部分工作任务取消，年中按程序调减预算",
    "严格控制成本，年末调减结余指标",
)


def tenths(value: Fraction) -> int:
    """Points in tenths, rounded."""
    return rounded(value * 10)


# ------------------------------------------------------------------------------------ drawing them
def _parts(draw: DrawFn, whole: int, number: int, least: int = 1) -> list[int]:
    """`whole` in so many parts of at least `least`."""
    shares = [draw(st.integers(2, 9)) for _ in range(number)]
    free = whole - least * number
    parts = [least + free * share // sum(shares) for share in shares]
    parts[-1] += whole - sum(parts)
    return parts


def _counted(draw: DrawFn, nature: str, target: int, *, met: bool) -> int:
    """A completion that meets the target, by less than the 30% above which it does not count; or one that does not."""
    if not met:
        return target * draw(st.integers(70, 95)) // 100
    return target if nature == "＝" else min(target * draw(st.integers(100, 125)) // 100, 10**6)


def _percent(draw: DrawFn, nature: str, target: int, *, met: bool) -> int:
    if not met:
        return target - draw(st.integers(3, 15))
    return target if nature == "＝" else draw(st.integers(target, 100))


def _indicators(draw: DrawFn, opening: int, adjusted: int, executed: int, weight: int, month: int) -> tuple[Indicator, ...]:  # fmt: skip
    """The indicators of a project with these amounts; their weights add up to `weight`."""

    def met() -> bool:
        return not _chance(draw, 8)

    rows: list[Indicator] = []
    prices: list[Indicator] = []
    money = executed * 100  # 元
    for name, unit, price, low, high in _subset(draw, QUANTITIES)[:3]:
        nature = draw(st.sampled_from("＝≥≥"))
        target = draw(st.integers(low, high))
        rows.append(Indicator("产出指标", "数量指标", name, nature, target, unit, _counted(draw, nature, target, met=met())))  # fmt: skip
        number = target * (10_000 if unit.startswith("万") else 1)
        dearest = money * 100 // (3 * number)  # hundredths of 元: two of them cost less than the project has
        if price and dearest >= 30 and len(prices) < 2 and _chance(draw, 60):
            cost = draw(st.integers(max(20, dearest // 2), dearest))
            cost = cost // 100 * 100 if cost >= 10_000 else cost // 10 * 10
            paid = cost * draw(st.integers(85, 100)) // 1000 * 10
            prices.append(Indicator("成本指标", "经济成本指标", price, "≤", cost, "元/" + unit.removeprefix("万"), paid, 2))  # fmt: skip
    for name, nature, aim, unit in _subset(draw, QUALITIES)[:2]:
        done = aim if isinstance(aim, str) else _percent(draw, nature, aim, met=met())
        rows.append(Indicator("产出指标", "质量指标", name, nature, aim, unit, done))
    time: dict[str, Indicator] = {
        "month": Indicator("产出指标", "时效指标", "完成时间", "≤", month, "月", month),
        "rate": Indicator("产出指标", "时效指标", "工作按时完成率", "＝", 100, "%", 100),
        "year": Indicator("产出指标", "时效指标", "项目完成期限", "＝", 1, "年", 1),
    }
    rows.append(time[draw(st.sampled_from(sorted(time)))])
    for level2, name, nature, aim, unit in _subset(draw, BENEFITS)[:2]:
        done = aim if isinstance(aim, str) else _percent(draw, nature, aim, met=met())
        rows.append(Indicator("效益指标", level2, name, nature, aim, unit, done))
    good = draw(st.sampled_from((90, 95, 98)))
    rows.append(
        Indicator(
            "满意度指标", draw(st.sampled_from(("服务对象满意度指标", "满意度指标"))), draw(st.sampled_from(SATISFIED)),
            "≥", good, "%", _percent(draw, "≥", good, met=met()),
        )
    )  # fmt: skip
    costs = prices
    if not prices or _chance(draw, 60):
        exact = executed == adjusted and _chance(draw, 40)
        costs = [*prices, Indicator("成本指标", "经济成本指标", "项目总成本", "＝" if exact else "≤", adjusted, "万元", executed, 2)]  # fmt: skip
    rows = rows + costs if _chance(draw, 60) else costs + rows
    weights = _parts(draw, weight, len(rows), 2)
    scored = []
    for row, points in zip(rows, weights, strict=True):
        score = points * 10
        if not row.is_met:
            assert isinstance(row.done, int) and isinstance(row.target, int)
            score = tenths(Fraction(points * row.done, row.target))
        scored.append(replace(row, weight=points, score=score))
    return tuple(scored)


def _projects(draw: DrawFn, names: Sequence[str], executed: int, opening: int | None, own: int) -> tuple[Project, ...]:  # fmt: skip
    """Projects that executed so much together, of which `own` from own money; `opening`: what the narrative says."""
    spent = _parts(draw, executed, len(names), executed // (4 * len(names)))
    adjusted = [a if _chance(draw, 65) else a * 1000 // draw(st.integers(850, 990)) for a in spent]
    if opening is None:
        openings = [
            draw(st.sampled_from((a, a, a * 4 // 5, a * 9 // 8, a - a // 50, a // 3, 0))) for a in adjusted
        ]
    else:
        openings, missing = list(adjusted), opening - sum(adjusted)
        for index in draw(st.permutations(range(len(names)))):
            step = max(missing, -openings[index])
            openings[index] += step
            missing -= step
    projects = []
    for name, o, a, e in zip(names, openings, adjusted, spent, strict=True):
        part = min(own, e)
        own -= part
        points = draw(st.sampled_from((10, 10, 10, 20)))
        month = draw(st.integers(6, 12))
        projects.append(
            Project(
                name, o, a, e, part, _chance(draw, 55), points, tenths(Fraction(points * e, a)),
                _indicators(draw, o, a, e, 100 - points, month), draw(st.integers(0, len(SCOPES) - 1)), month,
            )
        )  # fmt: skip
    return tuple(projects)


def _weights(draw: DrawFn) -> dict[str, int]:
    """The weights of the scoring table, which add up to 100."""
    weights = {name: 10 for _, _, names in SCORING for name in names}
    weights |= {"自评公开": 2, "结果整改": 4, "应用反馈": 4}
    for one, other in (("目标制定", "编制准确"), ("支出控制", "执行进度"), ("预算完成", "违规记录")):
        moved = draw(st.sampled_from((0, 0, 2, -2)))
        weights[one] += moved
        weights[other] -= moved
    if _chance(draw, 20):  # from one group to another
        weights["目标实现"] -= 4
        weights["预算完成"] += 4
    return weights


def plan(draw: DrawFn, book: Annexes) -> Plan:
    """What the annexes of this report say; the narrative's opening budget where it prints one."""
    ledger = book.ledger
    basic = ledger.basic
    spent = ledger.spent.now - basic.now - ledger.basic_own
    own = ledger.own.now - ledger.basic_own
    planned = ledger.general.budget + ledger.funds.budget - basic.budget + own
    projects = _projects(draw, ledger.tasks, spent, planned if book.planned else None, own)
    basic_opening = (basic.budget if book.planned else basic.now) + ledger.basic_own
    opening = basic_opening + sum(project.opening for project in projects)
    income = sum(ledger.income.values())
    weights = _weights(draw)
    change = abs(sum(project.change for project in projects))
    adjusted = sum(project.adjusted for project in projects)
    quantities = [i for project in projects for i in project.indicators if i.level2 == "数量指标"]
    scores: dict[str, int | None] = {name: points * 10 for name, points in weights.items()}
    if Fraction(10 * change, opening) > 1:
        scores["编制准确"] = 0
    else:
        scores["编制准确"] = tenths((1 - Fraction(10 * change, opening)) * weights["编制准确"])
    scores["预算完成"] = tenths(min(Fraction(spent, adjusted), Fraction(1)) * weights["预算完成"])
    scores["目标实现"] = tenths(
        Fraction(weights["目标实现"] * sum(i.is_met for i in quantities), len(quantities))
    )
    scores["执行进度"] = weights["执行进度"] * 10 - draw(st.sampled_from((0, 0, 5, 10, 15)))
    scores["目标制定"] = weights["目标制定"] * 10 - draw(st.sampled_from((0, 0, 10, 20)))
    scores["自评准确"] = None if _chance(draw, 70) else weights["自评准确"] * 10
    return Plan(
        projects, income - (ledger.spent.now - opening), opening, income, ledger.spent.now, weights, scores,
        draw(st.sampled_from(("adjusted", "adjusted", "opening"))),
    )  # fmt: skip


# ------------------------------------------------------------------------------------ writing them
Row = Sequence[str]


@dataclass
class Annexes(Book):
    """Writes a Sichuan report with annexes. Words are remembered as figures are: one private character each."""

    words: list[tuple[str, str]] = field(default_factory=list)
    cells: set[str] = field(default_factory=set)  # figures printed with all their decimals
    points: set[str] = field(default_factory=set)  # figures printed without trailing zeros
    budgets: dict[str, list[str]] = field(
        default_factory=dict
    )  # the cells of a project's opening, adjusted, executed

    # -- pieces
    def word(self, text: str, role: str) -> str:
        """A piece of text that a fault may replace."""
        self.words.append((text, role))
        return chr(FIRST_WORD + len(self.words) - 1)

    def cell_money(self, amount: int, role: str) -> str:
        """An amount in a cell of a self-evaluation table; in 元 it is another figure than the one in 万元."""
        yuan = self.in_yuan
        mark = (
            self._figure(amount * 10_000, 2, "元", role + ".yuan", Fraction(1, 2))
            if yuan
            else self.money(amount, role)
        )
        self.cells.add(mark)
        return mark

    def rate_of(self, part: str, base: str, role: str, *, cell: bool = False) -> str:
        """The percentage of two printed amounts, with two decimals."""
        a, b = self[part], self[base]
        mark = self._figure(rounded(Fraction(10_000 * a.value, b.value)), 2, "%", role, Fraction(1, 2))
        if cell:
            self.cells.add(mark)
        else:
            self[mark].half = self.style.half(self[mark].value, 2)
        _quotient(a, b, self[mark])
        return mark

    def score(self, value: int, role: str, unit: str = "分") -> str:
        """Points, in tenths."""
        mark = self._figure(value, 1, unit, role, Fraction(0))
        self.points.add(mark)
        return mark

    def free(self, value: int, places: int, unit: str, role: str) -> str:
        """A figure that stands in no relation to another."""
        mark = self._figure(value, places, unit, role, Fraction(1, 2) if places else Fraction(0))
        self.points.add(mark)
        return mark

    def table(self, *rows: Row) -> None:
        """Cells one a line, led by a tab; a blank line between rows, two behind the table."""
        for row in rows:
            for cell in row:
                self.lines.extend(("\t" + cell).split("\n"))
            self.lines.append("")
        self.lines.append("")

    def broken(self, words: str) -> str:
        """A column head, with a blank line in it in some tables."""
        return words[:2] + "\n\n" + words[2:] if self.breaks_heads else words

    # -- the whole
    def written(self) -> Annexed:
        """The report with its annexes."""
        draw = self.draw
        FORMS["sichuan"](self)
        self.plan = plan(draw, self)
        self.breaks_heads = _chance(draw, 50)
        self.blank_cell = self.choose("", "　")
        self.grades = self.choose(*GRADES)[0]
        self.says_opening = _chance(draw, 75)
        self.in_yuan = _chance(draw, 15)  # the tables' amounts
        self.one_head = _chance(draw, 30)  # heads in one row
        self.percents = _chance(draw, 20)  # a completion is printed with its %
        self.titled_apart = _chance(draw, 30)  # a table's title is a paragraph
        self.spend = self.marks("project.total/amount")[0]
        where = self.lines.index("第四部分 附件")
        after = next(n for n, line in enumerate(self.lines) if line == "第五部分 附表")
        head, tail = self.lines[:where], self.lines[after:]
        if _chance(draw, 60):
            self.lines = []
            self.narrated()
            at = head.index("第三部分 名词解释")
            head[at:at] = self.lines
        self.lines = []
        self.say("第四部分 附件", self.choose("附件1", "附件一"))
        self.department()
        self.say("附件2")
        for project in self.plan.projects:
            self.report_on(project)
        annex = self.lines
        self.lines = [*head, *("" for _ in annex), *tail]
        return self._placed(self.finish(), annex, len(head))

    def _placed(self, report: Report, annex: list[str], first: int) -> Annexed:
        """The report with the annex's lines in their place, and the places of its words and figures."""
        lines = report.text.split("\n")
        figures: list[Figure] = []
        spots: list[Spot] = []
        for number, line in enumerate(annex, first + 1):
            written = ""
            for character in line:
                if ord(character) < FIRST_MARK:
                    written += character.translate(HALF_BRACKETS) if self.half_brackets else character
                    continue
                start = len(written)
                if ord(character) >= FIRST_WORD:
                    text, role = self.words[ord(character) - FIRST_WORD]
                    written += text.translate(HALF_BRACKETS) if self.half_brackets else text
                    spots.append(Spot(role, number, start, len(written), written[start:]))
                    continue
                draft = self[character]
                unit = Decimal(1).scaleb(-draft.places)
                value = draft.value * unit
                style = replace(self.style, zeros=True) if character in self.cells else self.style
                written += (replace(style, zeros=False) if character in self.points else style).show(
                    value, draft.places
                )
                moves = draft.delta is not None
                figures.append(
                    Figure(number, start, len(written), value, draft.unit, draft.role, moves, (draft.delta or 0) * unit)
                )  # fmt: skip
            lines[number - 1] = written
        figures = sorted([*report.figures, *figures], key=lambda figure: (figure.line, figure.start))
        spots += [
            Spot(f.role, f.line, f.start, f.end, lines[f.line - 1][f.start : f.end], f) for f in figures
        ]
        spots.sort(key=lambda spot: (spot.line, spot.start))
        return Annexed(
            replace(report, text="\n".join(lines), figures=tuple(figures)), self.plan, tuple(spots)
        )

    # -- 十（四）
    def narrated(self) -> None:
        """The scores, in the narrative."""
        entity, plan = self.ledger.entity, self.plan
        said = [
            f"其中，{entity}部门整体（含部门预算项目）绩效自评得分为{self.score(plan.total, 'annex.total/score')}分，"
            "绩效自评综述：财务管理制度健全规范，整体评价良好"
        ]
        for project in plan.projects:
            satisfied = next(i for i in project.indicators if i.level1 == "满意度指标")
            assert isinstance(satisfied.done, int)
            end = (
                f"受益群众满意度达{self.free(satisfied.done, 0, '%', f'{project.role}.satisfied/told')}%，"
                if _chance(self.draw, 50)
                else ""
            )
            said.append(
                f"{project.name}{self.choose('专项预算项目', '预算项目', '项目')}绩效自评得分为"
                f"{self.score(project.total, f'{project.role}.total/score')}分，绩效自评综述：通过{project.name}项目经费的使用，"
                f"较好地完成了年度目标，{end}评价结论为“好”"
            )
        self.say("；".join(said) + "。绩效自评报告详见附件。")

    # -- 附件1
    def department(self) -> None:
        """部门预算整体绩效评价报告, its scoring table, and the self-evaluation tables of the projects."""
        self.say("部门预算整体绩效评价报告", "一、部门（单位）基本情况")
        self.organs()
        self.say("二、部门资金收支情况")
        self.accounts()
        self.say("三、部门预算绩效分析", "（一）部门预算总体绩效分析。")
        self.achievements()
        self.say("（二）部门预算项目绩效分析。")
        self.project_analysis()
        self.say(
            "（三）重点领域绩效分析。"
            + self.word(self.choose("本部门无相关重点领域支出。", "无。"), "instruction"),
            "（四）绩效结果应用情况。"
            + "绩效自评情况按要求随同决算向社会公开，评价结果作为改进预算管理和安排以后年度预算的重要依据。",
        )
        self.say("四、评价结论及建议")
        total = self.score(self.plan.total, "annex.total/score")
        self.say(f"（一）评价结论。绩效目标完成情况良好，资金使用合规，{self.choose(*SCORED)}{total}分。")
        self.scoring(total)
        problem = self.choose("部分项目资金支付集中在下半年。", "个别项目前期准备不够充分。")
        if (self.plan.scores["目标制定"] or 0) < self.plan.weights["目标制定"] * 10 and _chance(
            self.draw, 60
        ):
            problem = "部门整体绩效目标需进一步细化量化。"
        self.say(
            f"（二）存在问题。{self.word(problem, 'problem')}",
            "（三）改进建议。提前做好项目前期准备，加强预算执行情况分析，进一步加快支付进度。",
        )
        title = f"部门预算项目支出绩效自评表（{self.year}年度）"
        self.say(f"附表：{title}")
        for project in self.plan.projects:
            if self.titled_apart:
                self.say(title)
            self.self_evaluation(project, title)

    def organs(self) -> None:
        ledger = self.ledger
        offices = ledger.offices
        word = self.choose("内设股室", "股室", "内设机构")
        number = self.count(len(offices), "个", "annex.offices/count")
        units = (
            f"下属{'、'.join(ledger.units)}{self.choose('等事业单位', '')}。" if len(ledger.units) > 1 else ""
        )
        self.say(f"（一）机构组成。{ledger.entity}下设{number}个{word}：{'、'.join(offices)}。{units}")
        self.say(f"（二）机构职能。负责{ledger.body.field}方面的组织实施、业务指导和监督检查。")
        service = self.draw(st.sampled_from((0, 0, 1, 2)))
        kinds = [
            ("行政编制", ledger.staff[0], "administrative"),
            ("事业编制", ledger.staff[1], "institution"),
            ("工勤编制", service, "service"),
        ]
        kinds = [kind for kind in kinds if kind[1]]
        whole = self.count(sum(kind[1] for kind in kinds), "名", "annex.posts/count")
        parts = [self.count(n, "名", f"annex.posts.{role}/count") for _, n, role in kinds]
        self.adds(whole, *parts)
        listed = self.choose("，", "、").join(
            f"{name}{part}名" for (name, _, _), part in zip(kinds, parts, strict=True)
        )
        lead = self.choose(f"截至{self.year}年末，共有编制", "核定编制总数", "编制人数共")
        self.say(f"（三）人员概况。{lead}{whole}名，{self.choose('其中：', '其中', '')}{listed}。")

    def accounts(self) -> None:
        """Opening budget and final, which is the narrative's."""
        plan, year = self.plan, self.year
        for number, kind, name, opening, final in (
            ("一", "income", "收入", plan.opening_income, plan.final_income),
            ("二", "expenditure", "支出", plan.opening_expenditure, plan.final_expenditure),
        ):
            first = (
                f"年初预算{name}{self.money(opening, f'annex.opening.{kind}/amount')}万元、"
                if self.says_opening
                else ""
            )
            said = f"{first}{self.choose('决算报表', '决算')}{name}{self.money(final, f'{kind}.total/amount')}万元"
            if kind == "expenditure" and plan.change and _chance(self.draw, 40):
                words = "调增" if plan.change > 0 else "调减"
                said += f"，年中项目支出{words}预算{self.money(abs(plan.change), 'annex.change/amount')}万元"
            self.say(f"（{number}）{name}情况。{self.ledger.entity}{year}年{said}。")
        self.say("（三）结余分配和结转结余情况。结转结余按规定管理使用。")

    def achievements(self) -> None:
        ledger, draw = self.ledger, self.draw
        procured = sum(ledger.procurement)
        self.say(
            "1.履职效能。"
            + f"围绕{ledger.body.field}履行职责，全年召开专题会议{draw(st.integers(3, 30))}次，"
            + f"开展调研{draw(st.integers(3, 30))}次，推动各项重点工作按计划完成，服务对象反映良好，社会效益持续显现，"
            + "没有发生影响履职的重大问题。"
        )
        self.say(
            f"2.预算管理。按时完成{self.year}年预算编制工作，按时提交部门预算草案和编制说明。",
            self.word("3.财务管理。制定了《财务管理制度》等内部控制制度，明确财务管理各个环节的权利和责任，严格预算执行、"
                      "合同和支付审核，定期清理往来款项，及时编报财务报表，无截留、挤占、挪用、虚列支出等情况，资金使用安全规范。", "long"),
            self.word("4.资产管理。建立资产台账，落实专人专责，定期盘点清查，做到账账相符、账实相符，及时盘活闲置的办公设备和"
                      "办公家具，提高资产使用效率，资产处置按程序报批，处置收入及时足额上缴国库，没有资产流失的情况发生。", "long"),
        )  # fmt: skip
        said = "5.采购管理。落实促进中小企业发展等政府采购政策，"
        if procured and _chance(draw, 75):
            said += self.savings(procured)
        elif ledger.procurement[2] and _chance(draw, 60):
            said += "通过政府采购方式购买物业管理等服务，采购过程公开透明。"
        else:
            said += "科学编制政府采购预算，采购过程公开透明。"
        self.say(said)

    def savings(self, procured: int) -> str:
        """成交金额, 节约金额, 节资率: in 万元, or the amount contracted in 亿元 where the centre buys for all."""
        draw = self.draw
        large = self.ledger.body.home == "20103" and _chance(draw, 50)
        if large:
            procured = draw(st.integers(10_000, 60_000)) * 100  # whole 万元, to four decimals of 亿元
            contracted = self._figure(procured // 100, 4, "亿元", "annex.contracted/amount", Fraction(1, 2))
        else:
            contracted = self.money(procured, "annex.contracted/amount")
        saved = procured * draw(st.integers(8, 90)) // 1000 or 1
        places = draw(st.sampled_from((2, 2, 3)))
        exact = Fraction(100 * saved, procured + saved)
        rate = self._figure(rounded(exact * 10**places), places, "%", "annex.saving/rate", Fraction(1, 2))
        return (
            f"共开展政府采购项目{draw(st.integers(2, 60))}起，成交金额{contracted}{'亿元' if large else '万元'}，"
            f"节约{self.choose('金额', '资金')}{self.money(saved, 'annex.saved/amount')}万元，"
            f"{self.choose('节资率', '节约率', '节约率为')}{rate}%。"
        )

    def project_analysis(self) -> None:
        """The classes of projects, and the projects together."""
        plan, draw = self.plan, self.draw
        column = "opening" if plan.basis == "opening" else "adjusted"
        classes = [
            (name, [p for p in plan.projects if p.recurrent == recurrent])
            for name, recurrent in (("常年项目", True), ("阶段（一次性）项目", False))
        ]
        if any(
            plan.sum_of(column, members) < plan.sum_of("executed", members)
            for _, members in classes
            if members
        ):
            column = "adjusted"  # no more than all of a budget can be executed
        if all(members for _, members in classes):
            for name, members in classes:
                budget = plan.sum_of(column, members)
                key = "recurrent" if members[0].recurrent else "single"
                rate = rounded(Fraction(10_000 * plan.sum_of("executed", members), budget))
                printed = self.free(rate, 2, "%", f"annex.class.{key}/rate")
                late = sum(1 for p in members if p.executed * 10 < p.adjusted * 9)
                self.say(
                    f"{name}绩效分析。该类项目总数{self.count(len(members), '个', f'annex.class.{key}/number')}个，"
                    f"涉及预算总金额{self.money(budget, f'annex.class.{key}/{column}')}万元，"
                    f"1—12月预算执行总体进度为{printed}%，其中：预算结余率大于10%的项目共计{late}个。"
                )
        self.say(
            "1.项目决策。成立专门小组评估项目的必要性和可行性，提出具体实施方案和预算安排，经集体研究同意后实施，项目入库全部到位。"
        )
        opening = self.money(plan.sum_of("opening"), "annex.opening/amount")
        used = self.money(self[self.spend].value, "project.total/amount")
        said = f"项目资金{self.choose(*OPENED)}{opening}万元，{self.choose(*SPENT)}{used}万元"
        change = plan.change
        self.change_mark = ""
        if change:
            self.change_mark = self.money(abs(change), "annex.change/amount")
            verb = self.choose(*(RAISED if change > 0 else LOWERED))
            words = f"{self.choose('年度', '年中')}{verb}{self.change_mark}万元"
            if sum(p.adjusted for p in plan.projects) == self[self.spend].value and _chance(draw, 60):
                again = self.money(self[self.spend].value, "project.total/amount")
                said += f"（其中：预算支出{again}万元，{words}）"
            else:
                said += f"，{words}"
        self.opening_mark = opening
        self.say("2.项目执行。", said + "。")
        self.say("3.目标实现。各项目按实施方案推进，年度绩效目标完成情况较好，服务对象满意。")

    # -- the scoring table
    def method(self, name: str, weight: int) -> str:
        """计分标准: formulas where the form has them."""
        third = {8: "2、3、3", 10: "3、4、3", 12: "4、4、4"}.get(weight, "")
        told = {
            "目标制定": f"1.绩效目标编制要素完整的，得{weight // 2}分，否则酌情扣分。\n\n2.绩效指标细化量化的，得{weight - weight // 2}分，否则酌情扣分。",
            "目标实现": "以项目完成数量为核心，评价实际完成情况与预期绩效目标偏离度，单个数量指标实际完成未达到预期指标或超过预期指标30%以上的，"
            "均不计分。该项指标得分=达到预期值的数量指标个数/全部数量指标个数×指标分值",
            "编制准确": "指标得分=（1-（10×部门全年预算调剂金额/年初部门预算数））*指标分值。其中：若部门全年预算调剂金额/年初部门预算数>0.1，此项得0分。",
            "支出控制": f"预决算偏差程度在10%以内的，得{weight}分。偏差度在10%-20%之间的，得{weight // 2}分，偏差度超过20%的，不得分。",
            "动态调整": "1.当绩效监控调整取消额和结余注销额均不为零时，按比例计算得分。\n\n2.当部门绩效监控调整取消额与结余注销额均为零时，得满分。",
            "执行进度": f"6、9、11月部门预算执行进度达到量化指标的分别得{third}分，未达到目标进度的按其实际进度占目标进度的比重计算得分。"
            if third
            else "未达到目标进度的按其实际进度占目标进度的比重计算得分。",
            "预算完成": f"部门预算项目12月预算执行进度达到100%的，得{weight}分，未达100%的，按照实际进度量化计算得分。",
            "违规记录": "出现部门预算管理方面违纪违规问题的，每个问题扣0.5分，直至扣完。",
            "自评公开": f"按要求将相关绩效信息随同决算公开的，得{weight}分，否则不得分。",
            "结果整改": f"将绩效管理结果应用于完善政策、改进管理、预算挂钩等的，得{weight}分。否则，酌情扣分。",
            "应用反馈": "部门在规定时间内向财政部门反馈应用绩效结果报告的，得满分，否则不得分。",
            "自评准确": "部门整体支出自评得分与评价组抽查得分差异在5%以内的，不扣分；在5%-10%之间的，扣4分，在10%-20%的，扣8分，在20%以上的，扣10分。",
        }
        return told[name]

    def scoring(self, total: str) -> None:
        """The scoring table: weights by group, scores by the formulas printed beside them."""
        plan, blank = self.plan, self.blank_cell
        heads = ("绩效指标", self.broken("指标分值"), "指标解释", "计分标准", "自评得分", "备注")
        levels = tuple(self.broken(f"{n}级指标") for n in "一二三")
        rows: list[Row] = [
            (f"{self.year}年区级部门整体支出绩效评价自评得分",),
            *([(*levels, *heads[1:])] if self.one_head else [heads, (*levels, "", "", "", "", "")]),
        ]
        weights: list[str] = []
        scores: list[str] = []
        tops: dict[str, list[str]] = defaultdict(list)
        for top, group, names in SCORING:
            for index, name in enumerate(names):
                weight = self.score(plan.weights[name] * 10, f"annex.scoring.{name}/weight")
                weights.append(weight)
                tops[top].append(weight)
                value = plan.scores[name]
                score = blank if value is None else self.score(value, f"annex.scoring.{name}/score")
                if value is not None:
                    scores.append(score)
                first = ["", ""]
                if index == 0:
                    points = self.score(
                        sum(plan.weights[n] * 10 for n in names), f"annex.scoring.{group}/heading"
                    )
                    first[1] = f"{group}（{points}分）"
                    if len(tops[top]) == 1:
                        whole = sum(plan.weights[n] * 10 for t, _, ns in SCORING if t == top for n in ns)
                        first[0] = f"{top}（{self.score(whole, f'annex.scoring.{top}/top')}分）"
                method = self.method(name, plan.weights[name])
                if name == "自评准确" and value is None:
                    method += "（部门在自评时，此项指标无需打分，部门自评满分为90分）"
                rows.append((*first, name, weight, EXPLAINED[name], method, score, ""))
            self.adds(self.marks(f"annex.scoring.{group}/heading")[0], *weights[-len(names) :])
        for top, marks in tops.items():
            self.adds(self.marks(f"annex.scoring.{top}/top")[0], *marks)
        self.adds(total, *scores)
        self.table(*rows)

    # -- a project's self-evaluation table
    def self_evaluation(self, project: Project, title: str) -> None:
        """项目支出绩效自评表."""
        draw, year, name = self.draw, self.year, project.name
        code = self.choose("", f"{year}年", f"51{draw(st.integers(10**6, 10**7 - 1))}23T{draw(st.integers(10**8, 10**9 - 1))}-{year}年")  # fmt: skip
        role, blank = project.role, self.blank_cell
        entity = self.ledger.entity
        aim, done = self.told_in_table(project)
        budget_points = self.score(project.budget_weight * 10, f"{role}.budget/heading")
        points = self.score(1000 - project.budget_weight * 10, f"{role}.indicators/heading")
        more = self.choose("", "\n\n") if _chance(draw, 30) else ""
        rows: list[Row] = [
            *([] if self.titled_apart else [(title,)]),
            ("项目名称", code + name),
            ("主管部门", f"{entity}部门", "实施单位\n\n（盖章）" if self.breaks_heads else "实施单位（盖章）", entity),
            ("项目基本情况", "1.项目年度目标完成情况", "项目年度目标", "年度目标完成情况"),
            ("", "", aim, done + more),
            ("", "2.项目实施内容及过程概述", f"按照实施方案推进{name}各项工作，做好{self.choose(*PLACES_OF_WORK)}保障。"),
            *self.budget_block(project, budget_points),
            *self.indicator_block(project, points),
        ]  # fmt: skip
        whole = self.score(1000, f"{role}.weights/total")
        got = self.score(project.total, f"{role}.total/score")
        weights = [
            m for i in range(len(project.indicators)) for m in self.marks(f"{role}.indicator{i}/weight")
        ]
        self.adds(whole, *self.marks(f"{role}.budget/weight"), *weights)
        self.adds(points, *weights)
        self.adds(got, *self.marks(f"{role}.budget/score"), *(
            m for i in range(len(project.indicators)) for m in self.marks(f"{role}.indicator{i}/score")
        ))  # fmt: skip
        rows += [
            (self.choose("合计", "合计", "总分"), whole, got, blank),
            ("评价结论", self.concluded(project)),
            ("存在问题", "无" if all(i.is_met for i in project.indicators) else "个别指标未达到预期目标。"),
            ("改进措施", self.choose("无", "加强项目全过程管理。")),
        ]  # fmt: skip
        if _chance(draw, 40):
            rows.append(("项目负责人：张某", "财务负责人：李某"))
        self.table(*rows)

    def concluded(self, project: Project) -> str:
        said = f"{project.name}绩效总体评价良好"
        if _chance(self.draw, 25):
            said += f"，最终项目综合得分为{self.score(project.total, f'{project.role}.total/score')}分"
        return said + "。"

    def told_in_table(self, project: Project) -> tuple[str, str]:
        """The target and what became of it, in words: with the opening budget and with what was spent."""
        role, year, name = project.role, self.year, project.name
        use = self.choose("保障业务工作正常开展", "提升服务能力", "改善办公和服务条件")
        aim = f"{year}年{name}年初未安排预算，年中根据工作需要追加，主要用于{use}。"
        if project.opening:
            mark = self.money(project.opening, f"{role}.opening/amount")
            aim = self.choose(
                f"{year}年预计投入资金{mark}万元，用于{use}。",
                f"{year}年{name}年初预算{mark}万元，主要用于{use}。",
            )
        spent = self.money(project.executed, f"{role}.executed/amount")
        verb = self.choose("实际投入资金", "实际使用资金", "实际支出", "实际使用")
        return aim, f"{year}年{name}{verb}{spent}万元，{use}，{self.word('达到预期目标', f'{role}.plain')}。"

    def budget_block(self, project: Project, points: str) -> Iterator[Row]:
        """年初预算, 调整后预算数, 预算执行数, by source."""
        role, blank, draw = project.role, self.blank_cell, self.draw
        reason = self.choose(NOTE, "", "无")
        if project.change:
            cause = self.choose(*(MORE if project.change > 0 else LESS)) + "。"
            reason = self.choose(cause, NOTE + "调整理由：" + cause)
        if project.executed * 10 < project.adjusted * 9:
            reason = (
                "" if reason in ("", "无") else reason
            ) + "部分合同款项未达到支付条件，执行率未达到90%。"
        unit = "元" if self.in_yuan else "万元"
        yield (
            f"预算执行情况（{points}分）", self.choose("年度预算数", "项目资金", "资金来源") + f"（{unit}）",
            self.choose("年初预算", "年初预算数"), self.choose("调整后预算数", "调整后预算", "全年预算数"),
            self.choose("预算执行数", "全年执行数"), self.choose("预算执行率", "执行率"), self.choose("权重", "分值"), "得分",
            self.choose("原因", "原因说明"),
        )  # fmt: skip
        columns = ("opening", "adjusted", "executed")
        whole = [self.cell_money(getattr(project, column), f"{role}.{column}/amount") for column in columns]
        self.budgets[project.name] = whole
        rate = self.rate_of(whole[2], whole[1], f"{role}.rate/rate", cell=True)
        weight = self.score(project.budget_weight * 10, f"{role}.budget/weight")
        score = self.score(project.budget_score, f"{role}.budget/score")
        self.adds(points, weight)
        yield ("", self.choose("总额", "年度资金总额"), *whole, f"{rate}%", weight, score, self.word(reason, f"{role}.reason"))  # fmt: skip
        first = min(project.own, project.opening)
        parts: dict[str, list[str]] = {}
        for name, amounts in (
            ("其中：财政资金", (project.opening - first, project.adjusted - project.own, project.executed - project.own)),
            ("财政专户管理资金", (0, 0, 0)),
            ("单位资金", (first, project.own, project.own)),
        ):  # fmt: skip
            marks = [
                self.cell_money(amount, f"{role}.{name[-4:]}.{column}/amount")
                for column, amount in zip(columns, amounts, strict=True)
            ]
            parts[name] = marks
            percent = self.rate_of(marks[2], marks[1], f"{role}.{name[-4:]}/rate", cell=True) + "%" if amounts[1] else "0.00%"  # fmt: skip
            yield ("", name, *marks, percent, "/", "/", "")
        for column, mark in enumerate(whole):
            self.adds(mark, *(marks[column] for marks in parts.values()))
        none = blank if _chance(draw, 70) else "0.00"
        yield ("", "其他资金", none, none, none, blank if none != "0.00" else "0.00%", "/", "/", "")

    def indicator_block(self, project: Project, points: str) -> Iterator[Row]:
        role, blank = project.role, self.blank_cell
        levels = tuple(self.broken(f"{n}级指标") for n in "一二三")
        yield (f"绩效指标（{points}分）", *levels, self.broken("指标性质"), self.choose("指标值", "年度指标值"), self.broken(self.choose("度量单位", "计量单位")), self.choose("完成值", "实际完成值"),
               "权重", "得分", self.choose("未完成原因分析", "偏差原因分析"))  # fmt: skip
        above = ("", "")
        for index, row in enumerate(project.indicators):
            key = f"{role}.indicator{index}"
            level1 = self.word(row.level1, f"{key}.level1") if row.level1 != above[0] else ""
            level2 = self.word(row.level2, f"{key}.level2") if (row.level1, row.level2) != above else ""
            above = (row.level1, row.level2)
            target = self.value(row, row.target, f"{key}.target")
            done = self.value(row, row.done, f"{key}.done") + "%" * (row.unit == "%" and self.percents)
            yield (
                "", level1, level2, row.name, self.word(row.nature, f"{key}.nature"), target,
                self.word(row.unit or blank, f"{key}.unit"), done,
                self.score(row.weight * 10, f"{key}/weight"), self.score(row.score, f"{key}/score") + self.choose("", "　"),
                blank if row.is_met else self.choose("部分任务因客观原因未完成", "推进进度慢于计划"),
            )  # fmt: skip

    def value(self, row: Indicator, value: int | str, key: str) -> str:
        if isinstance(value, str):
            return self.word(value, f"{key}/word")
        return self.free(value, row.places, row.unit, f"{key}/value")

    # -- 附件2
    def report_on(self, project: Project) -> None:
        """预算项目绩效评价报告 and its rating table."""
        name, role, year = project.name, project.role, self.year
        office = self.choose("本单位", "我局" if self.ledger.body.administrative else "本中心")
        self.say("预算项目绩效评价报告", f"（{name}）", "一、项目概况", "（一）设立背景及基本情况。")
        opening = (
            f"{self.choose(*OPENED)}{self.money(project.opening, f'{role}.opening/amount')}万元"
            if project.opening
            else f"预算{self.money(project.adjusted, f'{role}.adjusted/amount')}万元"
        )
        self.say(
            f"1.{name}{opening}，主要用于{self.choose(*PLACES_OF_WORK)}等方面的工作。",
            "2.项目立项、资金申报的依据。县级相关文件。",
            f"3.项目主要内容、部门职能。{self.aims(project)}。",
            f"（二）实施目的及支持方向。保障{name}相关工作开展，提高服务水平。该项目资金根据实际支出情况按需支取。",
        )
        self.say(
            f"（三）预算安排及分配管理。{self.budget_told(project)}项目资金由{office}监管，严格按照财经纪律执行。"
        )
        self.say(
            f"（四）项目绩效目标设置。目标设置与{self.ledger.body.field}职责相符，指标可衡量。",
            "二、评价实施",
            "（一）评价目的。反映项目实施是否偏离目标，总结经验，为改善管理提供依据。",
            "（二）评价选点。项目实际完成情况。",
        )
        methods = self.used_methods(project)
        told = (
            "、".join(methods[:-1]) + self.choose("、", "和") + methods[-1]
            if len(methods) > 1
            else methods[0]
        )
        self.say(f"（三）评价方法。本次项目支出绩效评价采取{self.word(told, f'{role}.methods')}。")
        self.say("三、绩效分析")
        layers = "“通用指标”“共性指标”“个性指标”"
        self.say(
            f"根据项目预算绩效评价指标体系{self.word(layers, f'{role}.layers')}，对项目分析如下。",
            "（一）通用指标绩效分析。",
            f"1.项目决策。{self.word('设立依据充分，资金配置有明确的测算依据。', f'{role}.sentence')}",
        )
        rate = self.marks(f"{role}.rate/rate")[0]
        again = self.free(self[rate].value, 2, "%", f"{role}.rate/rate")
        received = self.money(project.adjusted, f"{role}.adjusted/amount")
        spent = self.money(project.executed, f"{role}.executed/amount")
        self.say(
            f"2.项目管理。截至{year}年12月31日，项目资金到位{received}万元，{self.choose(*SPENT)}{spent}万元，{self.choose(*EXECUTED)}{again}%。",
            f"3.项目实施。项目经费专款专用，{self.budget_told(project)}{self.word('无挤占、挪用等情况。', f'{role}.sentence')}",
            f"4.项目结果。{self.results(project)}",
        )
        scope = SCOPES[project.scope][0]
        self.say(
            f"（二）共性指标绩效分析。{self.choose('本项目属于' + scope + '，', '')}{self.word('实施效果符合相关要求。', f'{role}.sentence')}",
            "（三）个性指标绩效分析。个性指标按自评表所列内容评价。",
            "四、评价结论",
        )
        total = self.score(project.total, f"{role}.total/score")
        self.say(f"{name}绩效总体评价良好，{self.choose(*SCORED)}{total}分。")
        self.rating(project, total)
        self.say("五、存在主要问题", "无。" if project.total == 1000 else "个别指标未得满分。")
        self.say("六、改进建议", self.choose("无。", "加强项目全过程管理，提高资金使用效益。"))

    def aims(self, project: Project) -> str:
        """Targets in words: those that at least so much was asked of."""
        said = []
        for index, row in enumerate(project.indicators):
            if row.level2 == "数量指标" and row.nature == "≥" and isinstance(row.target, int):
                key = f"{project.role}.indicator{index}"
                mark = self.free(row.target, row.places, row.unit, f"{key}.target/told")
                said.append(f"{row.name}至少{mark}{self.word(row.unit, f'{key}.unit/told')}")
        return "，".join(["按实施方案开展工作", *said])

    def budget_told(self, project: Project) -> str:
        """Opening, adjustment and spending of a project in one sentence."""
        role = project.role
        spent = f"{self.choose(*SPENT)}{self.money(project.executed, f'{role}.executed/amount')}万元"
        if not project.opening:
            got = self.money(project.adjusted, f"{role}.adjusted/amount")
            return f"{self.choose('预算安排', '调整后预算')}{got}万元，{spent}。"
        first = f"{self.choose(*OPENED)}{self.money(project.opening, f'{role}.opening/amount')}万元"
        if not project.change:
            return f"{first}，{spent}。"
        change = self.money(abs(project.change), f"{role}.change/amount")
        verb = self.choose(*(RAISED if project.change > 0 else LOWERED))
        low, high = sorted(self.budgets[project.name][:2], key=lambda mark: self[mark].value)
        if not self.in_yuan:
            self.adds(high, low, change)
        if project.executed == project.adjusted and _chance(self.draw, 50):
            again = self.money(project.executed, f"{role}.executed/amount")
            return f"{first}，{spent}（其中：预算支出{again}万元，年度{verb}{change}万元）。"
        moved = f"年中{verb}{change}万元"
        if _chance(self.draw, 30):
            moved += f"，调整后预算{self.money(project.adjusted, f'{role}.adjusted/amount')}万元"
        return f"{first}，{moved}，{spent}。"

    def results(self, project: Project) -> str:
        """What was done, in words."""
        said = []
        for index, row in enumerate(project.indicators):
            key = f"{project.role}.indicator{index}"
            if row.level2 == "数量指标" and isinstance(row.done, int) and _chance(self.draw, 60):
                mark = self.free(row.done, row.places, row.unit, f"{key}.done/told")
                said.append(
                    f"{row.name}{self.choose('达到', '')}{mark}{self.word(row.unit, f'{key}.unit/told')}"
                )
            if row.level1 == "满意度指标" and isinstance(row.done, int) and _chance(self.draw, 60):
                said.append(f"{row.name}为{self.free(row.done, 0, '%', f'{key}.done/told')}%")
            if row.name == "完成时间":
                planned = self.word(str(row.target), f"{project.role}.planned")
                actual = self.word(str(row.target), f"{project.role}.actual")
                said.append(f"计划{self.year}年{planned}月完成，实际于{self.year}年{actual}月完成")
        return "，".join(said or ["完成预期任务"]) + "。"

    def used_methods(self, project: Project) -> list[str]:
        rows = [method for *_, method, _ in GENERAL]
        rows += [method for _, items in SCOPES for _, method, _ in items] + ["比率分值法"]
        return list(dict.fromkeys(rows))

    def rating(self, project: Project, total: str) -> None:
        """指标体系: the weights of its layers add up to 100%, and only the project's own kind is scored."""
        role, grades, draw = project.role, self.grades, self.draw
        general = self.choose(*GENERAL_WEIGHTS)
        common = draw(st.sampled_from((20, 24, 30)))
        special = 100 - sum(general) - common
        own = _parts(draw, special, draw(st.integers(1, 3)), 5)
        lost = 1000 - project.total
        head: list[Row] = [(f"{self.year}年区级项目支出绩效评价指标体系",)]
        head += [("分值权重", "分层分类指标", "指标解释", "评分方法", "自评得分"), ("", "", "", "", "")][
            : 1 + self.choose(0, 1)
        ]
        head.append(("", "分层指标", "适用范围", "一级指标", "二级指标", "", "方法归类", "计算公式", ""))
        if self.one_head:
            head[1:] = [
                (
                    "分值权重",
                    "分层指标",
                    "适用范围",
                    "一级指标",
                    "二级指标",
                    "指标解释",
                    "方法归类",
                    "计算公式",
                    "自评得分",
                )
            ]
        if grades:
            head.append(("", "", "", "", "", "", "", *grades, ""))
        weights: list[str] = []
        scores: list[str] = []

        def row(weight: int | None, points: int | None, first: Row, name: str, text: str, method: str, formula: str, key: str) -> Row:  # fmt: skip
            left = ""
            if weight is not None:
                mark = self.free(weight, 0, "%", f"{role}.rating.{key}/weight")
                weights.append(mark)
                left = f"{mark}%"
            cells = [formula]
            if grades and " " in formula:
                named = formula.split(" ")
                places = [round(i * (len(grades) - 1) / (len(named) - 1)) for i in range(len(named))]
                cells = [named[places.index(i)] if i in places else "" for i in range(len(grades))]
            elif " " in formula:
                cells = [formula.replace(" ", "/")]
            last = self.word("", f"{role}.rating.{key}/blank")
            if points is not None:
                last = self.score(points, f"{role}.rating.{key}/score")
                scores.append(last)
            return (left, *first, name, text, method, *cells, last)

        body: list[Row] = []
        special_rows = []
        for index, points in enumerate(own):
            taken = min(lost, points * 10)
            lost -= taken
            special_rows.append((points, points * 10 - taken, index))
        above = ""
        for index, (level, name, text, method, formula) in enumerate(GENERAL):
            taken = min(lost, general[index] * 10)
            lost -= taken
            first = ("通用指标" if index == 0 else "", "所有专项项目" if index == 0 else "", level if level != above else "")  # fmt: skip
            above = level
            body.append(row(general[index], general[index] * 10 - taken, first, name, text, method, formula, f"general{index}"))  # fmt: skip
        is_first = True
        for scope, (kind, items) in enumerate(SCOPES):
            shares = _parts(draw, common, len(items), 3)
            for index, (name, method, formula) in enumerate(items):
                taken = min(lost, shares[index] * 10) if scope == project.scope else 0
                lost -= taken
                mine = shares[index] * 10 - taken if scope == project.scope else None
                first = (
                    "共性指标" if is_first else "",
                    kind if index == 0 else "",
                    "项目效果" if index == 0 else "",
                )
                body.append(row(common if is_first else None, mine, first, name, f"反映项目的{name}", method, formula, f"scope{scope}.{index}"))  # fmt: skip
                is_first = False
        for points, got, index in special_rows:
            first = (
                "个性指标" if index == 0 else "",
                "本项目" if index == 0 else "",
                "项目效果" if index == 0 else "",
            )
            name = ("任务完成情况", "服务效果", "长效机制")[index]
            body.append(row(points, got, first, name, f"反映本项目的{name}", "比率分值法", "指标得分=实际完成情况/目标×100%×指标分值", f"own{index}"))  # fmt: skip
        assume(not lost)
        drafts = [self[mark] for mark in weights]
        for draft in drafts:  # they add up to 100%
            draft.half = Fraction(0)
            draft.delta = 1
        self.adds(total, *scores)
        self.table(*head, *body)


# ---------------------------------------------------------------------------------------- the faults
Edit = tuple[Spot, str]
Fault = list[Edit]
Seeder = Callable[[Annexed, DrawFn], list[Fault]]
SEEDERS: dict[str, Seeder] = {}


def seeds(function: Seeder) -> Seeder:
    """Register what gives the candidates of a kind of fault: the first replacement of each is the fault's place."""
    SEEDERS[function.__name__] = function
    return function


def _moved(spot: Spot, step: Decimal | int, style: Style) -> Edit:
    """The figure of a spot printed as so much more."""
    figure = spot.figure
    assert figure is not None
    value = figure.value + step
    places = -int(value.as_tuple().exponent)
    decimals = len(spot.text.partition(".")[2])
    text = f"{value:,.{places}f}" if style.commas else f"{value:.{places}f}"
    if "." in text and (len(text.partition(".")[2]) > decimals or figure.unit == "分"):
        text = text.rstrip("0").rstrip(".")
    return spot, text


def _changed(annexed: Annexed, draw: DrawFn, spots: Sequence[Spot]) -> list[Fault]:
    """Each of these figures moved by an eighth or more, percentages down."""
    faults: list[Fault] = []
    for spot in spots:
        assert spot.figure is not None
        unit = Decimal(1).scaleb(int(spot.figure.value.as_tuple().exponent))
        step = max(spot.figure.value / 8, 3 * unit).quantize(unit) + unit * draw(st.integers(1, 9))
        is_less = step < spot.figure.value and (spot.figure.unit == "%" or _chance(draw, 50))
        faults.append([_moved(spot, -step if is_less else step, annexed.report.style)])
    return faults


def _set(annexed: Annexed, spot: Spot, value: int, places: int = 2) -> Edit:
    """The figure of a spot printed as this value, in units of its last decimal."""
    assert spot.figure is not None
    return _moved(spot, value * Decimal(1).scaleb(-places) - spot.figure.value, annexed.report.style)


def _told(column: str) -> Seeder:
    def seed(a: Annexed, draw: DrawFn) -> list[Fault]:
        return _changed(a, draw, [s for p in a.plan.projects for s in a.in_text(f"{p.role}.{column}/amount")])

    return seed


SEEDERS["opening_in_text"] = _told("opening")
SEEDERS["executed_in_text"] = _told("executed")
SEEDERS["adjustment"] = _told("change")


@seeds
def rate(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A rate of execution in the table."""
    return _changed(a, draw, [s for p in a.plan.projects for s in a.in_table(f"{p.role}.rate/rate")])


@seeds
def rate_in_text(a: Annexed, draw: DrawFn) -> list[Fault]:
    return _changed(a, draw, [s for p in a.plan.projects for s in a.in_text(f"{p.role}.rate/rate")])


@seeds
def sources(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A part by source."""
    starts = tuple(f"{p.role}.财政资金." for p in a.plan.projects)
    return _changed(a, draw, [s for s in a.spots if s.role.startswith(starts) and "/amount" in s.role])


@seeds
def total_opening(a: Annexed, draw: DrawFn) -> list[Fault]:
    return _changed(a, draw, a.at("annex.opening/amount"))


@seeds
def total_adjustment(a: Annexed, draw: DrawFn) -> list[Fault]:
    return _changed(a, draw, a.at("annex.change/amount"))


@seeds
def total_executed(a: Annexed, draw: DrawFn) -> list[Fault]:
    last = a.at("annex.opening/amount")[0].line
    return _changed(a, draw, [s for s in a.at("project.total/amount") if s.line == last][:1])


@seeds
def class_basis(a: Annexed, draw: DrawFn) -> list[Fault]:
    """One class on its opening budget, the other on its adjusted one."""
    plan = a.plan
    faults: list[Fault] = []
    totals = {plan.sum_of(column) for column in ("opening", "adjusted", "executed")}
    for key, recurrent in (("recurrent", True), ("single", False)):
        members = [p for p in plan.projects if p.recurrent == recurrent]
        for basis, other in (("adjusted", "opening"), ("opening", "adjusted")):
            for spot in a.at(f"annex.class.{key}/{basis}"):
                there, now = plan.sum_of(other, members), plan.sum_of(basis, members)
                if plan.sum_of(basis) - now + there not in totals:
                    faults.append([_set(a, spot, there)])
    return faults


@seeds
def class_rate(a: Annexed, draw: DrawFn) -> list[Fault]:
    """The execution of a class, where its number and budget leave no doubt of what it executed."""
    spots: list[Spot] = []
    for key, recurrent in (("recurrent", True), ("single", False)):
        members = [p for p in a.plan.projects if p.recurrent == recurrent]
        for basis in ("adjusted", "opening"):
            executed = {
                a.plan.sum_of("executed", group)
                for column in ("adjusted", "opening")
                for group in combinations(a.plan.projects, len(members))
                if a.plan.sum_of(column, group) == a.plan.sum_of(basis, members)
            }
            if a.at(f"annex.class.{key}/{basis}") and len(executed) == 1:
                spots += a.at(f"annex.class.{key}/rate")
    return _changed(a, draw, spots)


@seeds
def class_number(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A number of projects of a class: they no longer add up to the projects evaluated."""
    spots = [s for key in ("recurrent", "single") for s in a.at(f"annex.class.{key}/number")]
    return [[_moved(spot, 1, a.report.style)] for spot in spots]


@seeds
def opening_equals_final(a: Annexed, draw: DrawFn) -> list[Fault]:
    """The opening budget printed as the final, beside an adjustment."""
    if a.plan.opening_expenditure == a.plan.final_expenditure or not a.plan.change:
        return []
    return [[_set(a, spot, a.plan.final_expenditure)] for spot in a.at("annex.opening.expenditure/amount")]


@seeds
def final(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A final amount that is not the narrative's."""
    first = a.at("annex.posts/count")[0].line
    spots = [s for k in ("income", "expenditure") for s in a.at(f"{k}.total/amount") if s.line > first]
    return _changed(a, draw, spots)


def _with_total(a: Annexed, spot: Spot, value: int, more: Sequence[Edit] = ()) -> Fault:
    """A score of the scoring table set to `value` tenths, and the total, wherever it stands, with it."""
    assert spot.figure is not None
    step = Decimal(value).scaleb(-1) - spot.figure.value
    totals = [_moved(total, step, a.report.style) for total in a.at("annex.total/score")]
    return [_moved(spot, step, a.report.style), *more, *totals]


@seeds
def score_formula(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Full marks where the printed formula gives less; the total agrees with them."""
    faults: list[Fault] = []
    for name in ("编制准确", "预算完成"):
        full, score = a.plan.weights[name] * 10, a.plan.scores[name] or 0
        told = a.at("annex.change/amount") and a.at("annex.opening.expenditure/amount")
        if full - score >= 2 and (name == "预算完成" or told):
            faults += [_with_total(a, spot, full) for spot in a.at(f"annex.scoring.{name}/score")]
    return faults


@seeds
def goal_score(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A quantity told to be half above its target does not count, and 目标实现 has full marks."""
    if a.plan.scores["目标实现"] != a.plan.weights["目标实现"] * 10:
        return []
    faults: list[Fault] = []
    for project in a.plan.projects:
        for index, row in enumerate(project.indicators):
            told = a.at(f"{project.role}.indicator{index}.done/told")
            if row.level2 == "数量指标" and row.nature == "≥" and isinstance(row.target, int) and told:
                value = row.target * 3 // 2 + 1
                cells = a.at(f"{project.role}.indicator{index}.done/value")
                faults.append([_set(a, spot, value, 0) for spot in (*told, *cells)])
    return faults


@seeds
def budget_score(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Points of a project's budget that do not follow from its rate; the project's total agrees."""
    faults: list[Fault] = []
    for project in a.plan.projects:
        spot = a.at(f"{project.role}.budget/score")[0]
        if project.budget_score > 20 and project.executed * 10 != project.adjusted * 9:
            faults.append([_moved(spot, Decimal("-1.5"), a.report.style)])
    return faults


@seeds
def score_sum(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A total of scores: the department's everywhere, or one of a project's table."""
    spots = a.at("annex.total/score")
    whole: Fault = [_moved(spot, Decimal("-2"), a.report.style) for spot in reversed(spots)]
    tables = [s for p in a.plan.projects for s in a.in_table(f"{p.role}.total/score")]
    return [whole, *([_moved(spot, Decimal("-2"), a.report.style)] for spot in tables)]


@seeds
def weight_sum(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A weight that no longer adds to 100."""
    spots = [s for name in a.plan.weights for s in a.at(f"annex.scoring.{name}/weight")]
    for p in a.plan.projects:
        spots += [s for i in range(len(p.indicators)) for s in a.at(f"{p.role}.indicator{i}/weight")]
        spots += a.at(f"{p.role}.weights/total")
    return [[_moved(spot, 2, a.report.style)] for spot in spots]


@seeds
def heading(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Points of a group's heading."""
    roles = [f"annex.scoring.{group}/heading" for _, group, _ in SCORING]
    roles += [f"annex.scoring.{top}/top" for top, _, _ in SCORING]
    roles += [f"{p.role}.{part}/heading" for p in a.plan.projects for part in ("budget", "indicators")]
    return [[_moved(spot, 5, a.report.style)] for role in dict.fromkeys(roles) for spot in a.at(role)]


@seeds
def score_over_weight(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A score above its weight, another one lower by as much."""
    faults: list[Fault] = []
    for project in a.plan.projects:
        for i, row in enumerate(project.indicators):
            for j, other in enumerate(project.indicators):
                if row.score == row.weight * 10 and other.score >= 20 and i != j:
                    one = a.at(f"{project.role}.indicator{i}/score")[0]
                    two = a.at(f"{project.role}.indicator{j}/score")[0]
                    faults.append([_moved(one, 1, a.report.style), _moved(two, -1, a.report.style)])
    return faults


def _narrated(a: Annexed, role: str) -> list[Spot]:
    return [spot for spot in a.at(role) if spot.line < a.at("annex.posts/count")[0].line]


@seeds
def score_in_narrative(a: Annexed, draw: DrawFn) -> list[Fault]:
    roles = ["annex.total/score", *(f"{p.role}.total/score" for p in a.plan.projects)]
    return [[_moved(spot, Decimal("-1"), a.report.style)] for role in roles for spot in _narrated(a, role)]


def _rating(a: Annexed, project: Project, tail: str) -> list[Spot]:
    start = f"{project.role}.rating."
    return [s for s in a.spots if s.role.startswith(start) and s.role.endswith(tail)]


@seeds
def rating_weight(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A weight of a rating table: they no longer add up to 100%."""
    return [[_moved(s, 3, a.report.style)] for p in a.plan.projects for s in _rating(a, p, "/weight")]


@seeds
def rating_sum(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A score of a rating table: they no longer add up to the score stated."""
    spots = [s for p in a.plan.projects for s in _rating(a, p, "/score") if s.figure and s.figure.value >= 2]
    return [[_moved(spot, -1, a.report.style)] for spot in spots]


@seeds
def rating_scope(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Kinds that are not the project's are scored too."""
    faults: list[Fault] = []
    for project in a.plan.projects:
        mine = [s for s in _rating(a, project, "/score") if f".rating.scope{project.scope}." in s.role]
        others = [s for s in _rating(a, project, "/blank") if ".rating.scope" in s.role and f".rating.scope{project.scope}." not in s.role]  # fmt: skip
        for spot in mine:
            if spot.figure and spot.figure.value >= 3 and others:
                faults.append([(others[0], "2"), _moved(spot, -2, a.report.style)])
        faults.append([(spot, "10") for spot in others])
    return faults


def _rows(a: Annexed) -> Iterator[tuple[Project, str, Indicator]]:
    for project in a.plan.projects:
        for index, row in enumerate(project.indicators):
            yield project, f"{project.role}.indicator{index}", row


def _cells(a: Annexed, key: str, column: str) -> list[Spot]:
    return [*a.at(f"{key}.{column}/value"), *a.at(f"{key}.{column}/word")]


def _blanked(a: Annexed, spot: Spot) -> Edit:
    """The whole cell left blank, with the % behind a figure."""
    line = a.report.text.split("\n")[spot.line - 1]
    return replace(spot, end=spot.end + (line[spot.end : spot.end + 1] == "%")), ""


@seeds
def completion_blank(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Full marks without a completion, in one row."""
    return [[_blanked(a, _cells(a, key, "done")[0])] for _, key, row in _rows(a) if row.is_met]


@seeds
def target_missed(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Full marks, and a completion that is not what was asked for."""
    faults: list[Fault] = []
    for _, key, row in _rows(a):
        if row.is_met and isinstance(row.target, int) and row.places == 0 and row.target > 4:
            step = row.target // 4
            value = row.target + step if row.nature == "≤" else row.target - step
            told = [_set(a, s, value, 0) for s in a.at(f"{key}.done/told")]
            faults.append([_set(a, _cells(a, key, "done")[0], value, 0), *told])
    return faults


@seeds
def cost_direction(a: Annexed, draw: DrawFn) -> list[Fault]:
    rows = [(key, row) for _, key, row in _rows(a) if row.level1 == "成本指标" and row.nature == "≤"]
    return [[(a.at(f"{key}.nature")[0], "≥")] for key, _ in rows]


@seeds
def qualitative_number(a: Annexed, draw: DrawFn) -> list[Fault]:
    faults: list[Fault] = []
    for _, key, row in _rows(a):
        if row.nature == "定性":
            faults.append([(_cells(a, key, "target")[0], "100"), (a.at(f"{key}.unit")[0], "%"), (_cells(a, key, "done")[0], "100")])  # fmt: skip
    return faults


@seeds
def quantitative_word(a: Annexed, draw: DrawFn) -> list[Fault]:
    return [
        [(_cells(a, key, "target")[0], "优良"), (_cells(a, key, "done")[0], "优良")]
        for _, key, row in _rows(a)
        if row.level2 == "质量指标" and row.nature != "定性"
    ]


@seeds
def satisfaction_heading(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Satisfaction as a social benefit."""
    rows = [key for _, key, row in _rows(a) if row.level1 == "满意度指标"]
    return [
        [(a.at(f"{key}.level2")[0], "社会效益指标"), (a.at(f"{key}.level1")[0], "效益指标")] for key in rows
    ]


@seeds
def time_heading(a: Annexed, draw: DrawFn) -> list[Fault]:
    rows = [key for _, key, row in _rows(a) if row.level2 == "时效指标"]
    return [[(a.at(f"{key}.level2")[0], "数量指标")] for key in rows if a.at(f"{key}.level2")]


@seeds
def cost_unit(a: Annexed, draw: DrawFn) -> list[Fault]:
    return [[(a.at(f"{key}.unit")[0], "元")] for _, key, row in _rows(a) if row.unit == "万元"]


@seeds
def cost_over_budget(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A cost that is to be met exactly, above all that the project has."""
    faults: list[Fault] = []
    for project, key, row in _rows(a):
        if row.unit == "万元" and row.nature == "＝":
            value = max(project.adjusted, project.opening) * 5 // 2
            faults.append([_set(a, spot, value) for c in ("target", "done") for spot in _cells(a, key, c)])
    return faults


@seeds
def quantity_price(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A unit price at which the quantity costs more than the project has."""
    faults: list[Fault] = []
    for project, key, row in _rows(a):
        if "/" not in row.unit:
            continue
        quantity = next(
            i for i in project.indicators if i.level2 == "数量指标" and i.name[:4] == row.name[:4]
        )
        assert isinstance(quantity.target, int)
        number = quantity.target * (10_000 if quantity.unit.startswith("万") else 1)
        value = max(project.opening, project.executed) * 10_000 * 3 // (2 * number) // 100 * 100 + 100
        faults.append([_set(a, spot, value) for c in ("target", "done") for spot in _cells(a, key, c)])
    return faults


UNITS_MISTAKEN = {"份": "册", "台": "辆", "次": "场", "场": "期", "个": "处", "批次": "家", "人": "户", "平方米": "亩",
                  "卷": "件", "万份": "万册"}  # fmt: skip


@seeds
def unit_text(a: Annexed, draw: DrawFn) -> list[Fault]:
    """The unit of a target that the project's report tells."""
    faults: list[Fault] = []
    for _, key, row in _rows(a):
        told = [s for s in a.at(f"{key}.unit/told") if s.line == _line(a, f"{key}.target/told")]
        faults += [[(spot, UNITS_MISTAKEN[row.unit])] for spot in told[:1]]
    return faults


def _line(a: Annexed, role: str) -> int:
    return next((spot.line for spot in a.at(role)), 0)


@seeds
def unit_cost(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A price by another unit than the quantity of the same name."""
    return [
        [(a.at(f"{key}.unit")[0], "元/" + UNITS_MISTAKEN[row.unit.removeprefix("元/")])]
        for _, key, row in _rows(a)
        if "/" in row.unit
    ]


@seeds
def no_reason(a: Annexed, draw: DrawFn) -> list[Fault]:
    """An adjustment whose reason is the form's note, or nothing."""
    spots = [a.at(f"{p.role}.reason")[0] for p in a.plan.projects if p.change]
    return [[(spot, text)] for spot in spots for text in (NOTE, "", "无")]


@seeds
def template_text(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Instructions of the form instead of what it asks for."""
    year = a.report.year
    faults: list[Fault] = [
        [
            (
                spot,
                f"省级部门{year}年度若涉及国有资本、债券资金等重点领域的，应在自评报告中对完成情况进行梳理阐述。无",
            )
        ]
        for spot in a.at("instruction")
    ]
    texts = ("围绕符合性、成长性、经济性进行绩效分析。", "根据项目个性自行设定部分指标，反映该项指标执行完成情况。",
             "根据预算项目资金支持对象选择所属指标进行绩效分析。")  # fmt: skip
    spots = [s for p in a.plan.projects for s in a.at(f"{p.role}.sentence")]
    return faults + [[(spot, text)] for spot in spots for text in texts]


@seeds
def method(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Methods that the table uses and the text does not announce."""
    return [[(s, "分级评分法")] for p in a.plan.projects for s in a.at(f"{p.role}.methods")]


@seeds
def layer(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A layer that the text announces and the table lacks."""
    return [
        [(s, "“通用指标”“专用指标”“个性指标”")] for p in a.plan.projects for s in a.at(f"{p.role}.layers")
    ]


@seeds
def repeated_paragraph(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A paragraph that stands twice."""
    one, other = a.at("long")
    return [[(other, "4.资产管理。" + one.text.partition("。")[2])]]


@seeds
def saving_rate(a: Annexed, draw: DrawFn) -> list[Fault]:
    """The decimal point of the rate of saving."""
    faults: list[Fault] = []
    for spot in a.at("annex.saving/rate"):
        assert spot.figure is not None
        faults += [[_moved(spot, spot.figure.value * 9, a.report.style)], [_moved(spot, 1, a.report.style)]]
    return faults


@seeds
def posts(a: Annexed, draw: DrawFn) -> list[Fault]:
    spots = [s for s in a.spots if s.role.startswith("annex.posts")]
    return [[_moved(spot, 1, a.report.style)] for spot in spots]


@seeds
def offices(a: Annexed, draw: DrawFn) -> list[Fault]:
    return [[_moved(spot, 1, a.report.style)] for spot in a.at("annex.offices/count")]


@seeds
def dates(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Completed in another month than planned."""
    return [
        [(spot, str(p.month % 12 + 1))]
        for p in a.plan.projects
        for spot in a.at(f"{p.role}.actual")
        if p.month < 12
    ]


@seeds
def problem(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Targets said to need detail, and full marks for their detail."""
    if a.plan.scores["目标制定"] != a.plan.weights["目标制定"] * 10:
        return []
    return [[(spot, "部门整体绩效目标需进一步细化量化。")] for spot in a.at("problem")]


@seeds
def satisfaction_unsupported(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A satisfaction told in the narrative, and no completion of it in any table."""
    told = [s for p in a.plan.projects for s in a.at(f"{p.role}.satisfied/told")]
    rows = [key for _, key, row in _rows(a) if row.level1 == "满意度指标"]
    blank = [_blanked(a, s) for key in rows for s in _cells(a, key, "done")]
    return [[_moved(told[0], 0, a.report.style), *blank]] if told else []


@seeds
def target_in_text(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A target that the project's report tells otherwise than its table."""
    return _changed(a, draw, [s for _, key, _ in _rows(a) for s in a.at(f"{key}.target/told")])


@seeds
def done_in_text(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A completion that the project's report tells otherwise than its table."""
    rows = [key for _, key, row in _rows(a) if row.level2 == "数量指标"]
    return [[_moved(s, 1, a.report.style)] for key in rows for s in a.at(f"{key}.done/told")]


@seeds
def satisfaction_in_text(a: Annexed, draw: DrawFn) -> list[Fault]:
    """A satisfaction told otherwise than in the table."""
    rows = [key for _, key, row in _rows(a) if row.level1 == "满意度指标"]
    return [[_moved(s, -1, a.report.style)] for key in rows for s in a.at(f"{key}.done/told")]


@seeds
def services(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Services procured, in an annex of a department that says it procured none."""
    if any(f.role == "procurement.services/amount" and f.value for f in a.report.figures):
        return []
    told = "通过政府采购方式购买物业管理等服务。"
    is_said = any(f.role == "procurement.services/amount" for f in a.report.figures)
    return [[(s, told)] for p in a.plan.projects for s in a.at(f"{p.role}.sentence")] if is_said else []


@seeds
def wording(a: Annexed, draw: DrawFn) -> list[Fault]:
    """Quotes in quotes, a bracket of two widths, a hyphen between a number and its unit."""
    faults: list[Fault] = []
    for p in a.plan.projects:
        for spot in a.at(f"{p.role}.sentence"):
            faults.append([(spot, "打通服务“群众“最后一公里””。")])
            faults.append([(spot, "按规定执行（含专项资金)。")])
        faults += [[(s, s.text + "-")] for s in a.in_text(f"{p.role}.executed/amount")]
    return faults


def seeded(annexed: Annexed, fault: Fault) -> tuple[Report, int]:
    """The report with these places printed otherwise, and the line of the first of them."""
    report = annexed.report
    lines = report.text.split("\n")
    figures = list(report.figures)
    for spot, text in sorted(fault, key=lambda edit: (edit[0].line, -edit[0].start)):
        line = lines[spot.line - 1]
        lines[spot.line - 1] = line[: spot.start] + text + line[spot.end :]
        shift = len(text) - (spot.end - spot.start)
        kept = []
        for figure in figures:
            if figure.line != spot.line or figure.end <= spot.start:
                kept.append(figure)
            elif figure.start >= spot.end and (figure.start, figure.end) != (spot.start, spot.end):
                kept.append(replace(figure, start=figure.start + shift, end=figure.end + shift))
            elif (figure.start, figure.end) == (spot.start, spot.end) and _number(text) is not None:
                kept.append(replace(figure, end=figure.end + shift, value=_number(text) or Decimal(0)))
        figures = kept
    return replace(report, text="\n".join(lines), figures=tuple(figures)), fault[0][0].line


def _number(text: str) -> Decimal | None:
    plain = text.replace(",", "").rstrip("-")
    return Decimal(plain) if plain.replace(".", "", 1).isdigit() else None


# -------------------------------------------------------------------------------------- strategies
OPENED = (
    "年初预算安排",
    "年初预算",
    "年初预算为",
    "年初预算数为",
    "年初安排预算",
    "年初批复预算",
    "年初预算安排资金",
)
SPENT = ("使用", "实际支出", "全年支出", "累计支出", "实际使用资金", "已支付", "实际执行", "支出")
RAISED = ("调增预算", "追加预算", "追加", "调增", "追加资金", "调整增加预算")
LOWERED = ("调减预算", "核减预算", "调减", "压减预算", "核减", "调整减少预算")
EXECUTED = ("项目资金执行率为", "预算执行率为", "执行率达到", "预算执行进度为", "执行率", "预算执行率达")
SCORED = ("自评得分", "综合得分为", "评价得分为", "自评总分", "绩效自评得分为", "综合评分为", "最终得分")
SUFFIXES = ("", "", "经费", "专项经费")
MORE_TASKS = ("办公区维修、设施更新", "业务骨干培训", "档案数字化加工")


@st.composite
def annexes(draw: DrawFn, years: tuple[int, int] = (2018, 2024)) -> Annexed:
    """A consistent Sichuan report with annexes, and the places of their words and figures."""
    ledger = draw(ledgers("sichuan", years))
    suffix = draw(st.sampled_from(SUFFIXES))
    number = draw(st.integers(1, 6))
    names = draw(st.permutations((*ledger.body.tasks, *MORE_TASKS)))[:number]
    style = Style(places=2 if _chance(draw, 80) else 1, zeros=_chance(draw, 40), commas=_chance(draw, 15))
    tasks = tuple(name if name in MORE_TASKS else name + suffix for name in names)
    return Annexes(draw, replace(ledger, tasks=tasks), style).written()


def annexed_reports() -> st.SearchStrategy[Report]:
    """Consistent Sichuan reports with performance annexes."""
    return annexes().map(lambda annexed: annexed.report)


@st.composite
def annex_faults(draw: DrawFn, kinds: Sequence[str] | None = None) -> tuple[Report, str, int]:
    """A consistent report with one fault: the report, the kind of the fault and its line.

    `kinds`: those to choose from, all where None is given.
    """
    kind = draw(st.sampled_from(tuple(kinds or SEEDERS)))
    annexed = draw(annexes())
    options = SEEDERS[kind](annexed, draw)
    assume(options)
    report, line = seeded(annexed, draw(st.sampled_from(options)))
    return report, kind, line
