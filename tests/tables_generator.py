"""The published tables of consistent random accounts, in the layouts that the provinces use; each cell knows its fact."""

from __future__ import annotations

import html
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from helpers.facts.concepts import classification
from helpers.facts.published import economic_subjects
from helpers.reading.assemble import assemble
from helpers.reading.document import Document, Place, Table, Text
from helpers.reading.text import parse

# (table, concept, measure, other dimensions, value)
Want = tuple[str, str, str, frozenset[tuple[str, str]], Decimal]
Path = tuple[str, ...]

CLASSES = {
    "201": "一般公共服务支出", "202": "外交支出", "203": "国防支出", "204": "公共安全支出", "205": "教育支出",
    "206": "科学技术支出", "207": "文化旅游体育与传媒支出", "208": "社会保障和就业支出", "210": "卫生健康支出",
    "211": "节能环保支出", "212": "城乡社区支出", "213": "农林水支出", "214": "交通运输支出",
    "215": "资源勘探工业信息等支出", "216": "商业服务业等支出", "217": "金融支出", "219": "援助其他地区支出",
    "220": "自然资源海洋气象等支出", "221": "住房保障支出", "222": "粮油物资储备支出", "223": "国有资本经营预算支出",
    "224": "灾害防治及应急管理支出", "229": "其他支出", "231": "债务还本支出", "232": "债务付息支出",
    "234": "抗疫特别国债安排的支出",
}  # fmt: skip
NUMERALS = "一二三四五六七八九十"
BUDGETS = ("general", "fund", "state_capital")
INCOMES = ("superior", "business", "operating", "affiliated", "other")


@dataclass(frozen=True)
class Cell:
    """A cell as printed, over `span` columns, and the fact that it states; `step` is its last digit."""

    text: str = ""
    span: int = 1
    want: Want | None = None
    down: int = 1


@dataclass
class Grid:
    """A table: what stands above it, its rows, what stands below it, and its sheet."""

    form: str
    above: list[str]
    rows: list[list[Cell]]
    below: list[str] = field(default_factory=list)
    sheet: str = ""


@dataclass
class Accounts:
    """Accounts in fen: what each functional item spent, by (budget, kind, economic subject)."""

    spent: dict[str, dict[tuple[str, str, str], int]]
    income: dict[str, int]
    opening: dict[str, int]
    closing: dict[str, int]
    by_item: dict[str, dict[str, int]]
    three: dict[str, int]
    three_budget: dict[str, int]

    def sum(self, code: str = "", budget: str = "", kind: str = "", economic: str = "") -> int:
        """What was spent under a code of any level, of a budget, kind and economic subject."""
        return sum(
            value
            for item, parts in self.spent.items()
            if item.startswith(code)
            for (b, k, e), value in parts.items()
            if b.startswith(budget) and k.startswith(kind) and e.startswith(economic)
        )


def accounts(rng: random.Random) -> Accounts:
    """Consistent random accounts."""
    by_budget: dict[str, list[str]] = defaultdict(list)
    for code, subjects in classification().by_code.items():
        if (
            len(code) == 7
            and code[:3] in CLASSES
            and subjects[0].until == 9999
            and code[:5] in classification().by_code
        ):
            by_budget[classification().budget(code) or ""].append(code)
    kuan = rng.sample(
        sorted({code[:5] for code in by_budget["general"] if code[:3] in CLASSES}), rng.randint(2, 6)
    )
    items = [c for k in kuan for c in rng.sample([i for i in by_budget["general"] if i[:5] == k], 1)]
    items += [c for k in kuan[:3] for c in by_budget["general"] if c[:5] == k and rng.random() < 0.3]
    items += ["2080505", "2101101", "2210201", "2089999", "2299999"][: rng.randint(0, 5)]
    economic = [code for code in economic_subjects() if len(code) == 5]
    of = {
        part: [c for c in economic if economic_subjects()[c].part == part] for part in ("personnel", "public")
    }
    of["public"] = [c for c in of["public"] if c[:3] in ("302", "310")]
    used = {part: rng.sample(codes, min(len(codes), rng.randint(3, 9))) for part, codes in of.items()}
    project = rng.sample([c for c in of["public"]], 5)
    spent: dict[str, dict[tuple[str, str, str], int]] = {}

    def money(low: int = 1_000, high: int = 900_000_000) -> int:
        return rng.choice(
            [rng.randint(low, high), rng.randint(low, high // 100), rng.randint(1, 99) * 1_000_000]
        )

    for code in dict.fromkeys(sorted(items)):
        parts: dict[tuple[str, str, str], int] = {}
        for part in rng.sample(["personnel", "public", "project"], rng.randint(1, 3)):
            for subject in rng.sample(project if part == "project" else used[part], rng.randint(1, 3)):
                parts["general", part, subject] = money()
        if rng.random() < 0.2:
            parts["other", rng.choice(["project", "public"]), rng.choice(project)] = money()
        spent[code] = parts
    for budget in ("fund", "state_capital"):
        if rng.random() < 0.5:
            for code in rng.sample(by_budget[budget], rng.randint(1, 3)):
                spent.setdefault(code, {})[budget, "project", rng.choice(project)] = money()
    opening: dict[str, int] = {}
    closing: dict[str, int] = {}
    income: dict[str, int] = {}
    by_item: dict[str, dict[str, int]] = defaultdict(dict)
    result = Accounts(spent, income, opening, closing, by_item, {}, {})
    for budget in (*BUDGETS, "other"):
        # The table of a budget without an item has no row for a balance.
        is_used = budget == "other" or result.sum(budget=budget) > 0
        opening[budget] = rng.choice([0, money(), money()]) if is_used else 0
    for budget in (*BUDGETS, "other"):
        out = result.sum(budget=budget)
        left = min(opening[budget], out, rng.choice([0, 0, money()]))
        gained = rng.choice([0, money(1_000, 90_000_000)]) if out else 0
        closing[budget] = opening[budget] - left + gained
        income[budget] = out - left + gained
    # Income by item: what the item spent, and the difference of the balances on one item of the budget.
    for budget in (*BUDGETS, "other"):
        codes = [c for c in spent if result.sum(c, budget)] or ([next(iter(spent))] if income[budget] else [])
        for code in codes:
            by_item[code][budget] = result.sum(code, budget)
        if codes:
            by_item[codes[0]][budget] += income[budget] - result.sum(budget=budget)
    other = income.pop("other")
    kinds = rng.sample(INCOMES, rng.randint(1, 3)) if other >= 0 else ["other"]
    share = {kind: other // len(kinds) for kind in kinds}
    share[kinds[0]] += other - sum(share.values())
    income.update({kind: share.get(kind, 0) for kind in INCOMES})
    for code in list(by_item):
        whole = by_item[code].pop("other", 0)
        rest = {kind: whole // len(kinds) for kind in kinds}
        rest[kinds[0]] += whole - sum(rest.values())
        by_item[code].update(rest)
    for kind in kinds:  # the division leaves a few fen, which the totals take over
        income[kind] = sum(row.get(kind, 0) for row in by_item.values())
    for amounts in (result.three, result.three_budget):
        nil = rng.random() < 0.2
        for name in ("abroad", "purchase", "running", "reception"):
            amounts[name] = 0 if nil or rng.random() < 0.3 else rng.randint(1000, 9_000_000)
    return result


@dataclass
class Style:
    """How a province prints its tables."""

    unit: str = "万元"
    separators: bool = True
    nil: str = ""
    counters: bool = True
    code: str = "one"  # one, three, merged
    levels: str = "all"  # all, kuan, xiang
    total: str = "first"  # first, last, none
    indent: bool = True
    title: str = "above"  # above, row, sheet
    budget_columns: bool = False
    nature: bool = False
    general: str = "plain"  # plain, split, balances
    basic: str = "pairs"  # pairs, list, two
    balances: bool = True
    three: str = "wide"  # wide, long, counts, interleaved, rows
    amount: str = "决算数"
    brackets: bool = True
    opening: str = "年初结转和结余"
    decimals: int = 2


def style(rng: random.Random) -> Style:
    """A style drawn at random."""
    return Style(
        rng.choice(["万元", "万元", "元"]), rng.random() < 0.6, rng.choice(["", "", "0.00", "-", "—"]),
        rng.random() < 0.6, rng.choice(["one", "three", "merged"]), rng.choice(["all", "all", "all", "kuan", "xiang"]),
        rng.choice(["first", "first", "last"]), rng.random() < 0.5, rng.choice(["above", "row", "sheet"]),
        rng.random() < 0.3, rng.random() < 0.3, rng.choice(["plain", "split", "balances"]),
        rng.choice(["pairs", "list", "two"]), rng.random() < 0.7,
        rng.choice(["wide", "long", "counts", "interleaved", "rows"]), rng.choice(["决算数", "金额", "2023年度决算数"]),
        rng.random() < 0.5, rng.choice(["年初结转和结余", "上年结转和结余", "年初结转结余"]),
    )  # fmt: skip


class Printer:
    """Prints accounts in a style."""

    def __init__(self, rng: random.Random, books: Accounts, how: Style, suffix: str = "") -> None:
        self.rng, self.books, self.how, self.suffix = rng, books, how, suffix

    # -- cells --------------------------------------------------------------------------------------------------

    def value(self, fen: int) -> Decimal:
        exact = Decimal(fen) / (1_000_000 if self.how.unit == "万元" else 100)
        return exact.quantize(Decimal(1).scaleb(-self.how.decimals), ROUND_HALF_UP)

    def amount(
        self, form: str, concept: str, fen: int, measure: str = "amount", span: int = 1, **dimensions: str
    ) -> Cell:
        """A cell with an amount, and what it states."""
        value = self.value(fen)
        if not value and self.how.nil != "0.00":
            return Cell(self.how.nil, span)
        text = f"{value:,f}" if self.how.separators else f"{value:f}"
        if not concept:
            return Cell(text, span)
        dims = frozenset((k, v) for k, v in dimensions.items() if v)
        return Cell(text, span, (form + self.suffix, concept, measure, dims, value))

    def name(self, code: str, economic: bool = False) -> str:
        words = (
            economic_subjects()[code].names[0]
            if economic
            else CLASSES.get(code) or classification().by_code[code][0].name
        )
        return ("　" * ((len(code) - 3) // 2) if self.how.indent else "") + words

    def grid(
        self, form: str, title: str, number: str, rows: list[list[Cell]], below: Sequence[str] = ()
    ) -> Grid:
        """A table with its title where the style puts it."""
        tail = [f"公开{number}表"] if self.how.counters else []
        tail.append(
            f"部门：某某局　　　　金额单位：{self.how.unit}"
            if self.how.counters
            else f"单位：{self.how.unit}"
        )
        width = sum(cell.span for cell in rows[0])
        if self.how.title == "above":
            return Grid(form, [title, *tail], rows, list(below))
        if self.how.title == "sheet":
            head = [[Cell(line, width)] for line in tail]
            return Grid(form, [], head + rows, list(below), f"GK{number} {title}")
        head = [[Cell(line, width)] for line in (title, *tail)]
        return Grid(form, [], head + rows, list(below))

    # -- tables by functional subject ---------------------------------------------------------------------------

    def heads(self, labels: Sequence[Path], values: Sequence[Path]) -> list[list[Cell]]:
        """The rows of heads: neighbours that share a head are merged."""
        paths = [*labels, *values]
        depth = max(map(len, paths))
        rows = []
        for level in range(depth):
            row: list[Cell] = []
            before: Path | None = None
            for path in paths:
                if len(path) > level and path[: level + 1] == before:
                    row[-1] = replace(row[-1], span=row[-1].span + 1)
                elif len(path) > level:
                    row.append(Cell(path[level], 1, None, depth - level if len(path) == level + 1 else 1))
                else:
                    row.append(Cell("", down=0))
                before = path[: level + 1] if len(path) > level else None
            rows.append(row)
        return rows

    def labels(self) -> list[Path]:
        if self.how.code == "one":
            return (
                [("项目", "科目编码"), ("项目", "科目名称")]
                if self.how.counters
                else [("科目编码",), ("科目名称",)]
            )
        code = "支出功能分类科目编码" if self.how.counters else "功能分类科目编码"
        if self.how.code == "merged":
            return [("项目", code)] * 3 + [("项目", "科目名称")]
        return [("项目", code, "类"), ("项目", code, "款"), ("项目", code, "项"), ("项目", "科目名称")]

    def label(self, code: str) -> list[Cell]:
        if self.how.code == "one":
            return [Cell(code), Cell(self.name(code))]
        if self.how.code == "merged":
            return [Cell(code, 3), Cell(self.name(code))]
        parts = [Cell(part) for part in (code[:3], code[3:5], code[5:7])]
        return [*parts, Cell(self.name(code))]

    def codes(self, codes: Iterable[str]) -> list[str]:
        """The rows that the style shows for items."""
        listed = sorted({code[:n] for code in codes for n in (3, 5, 7)})
        if self.how.levels == "kuan":
            return [code for code in listed if len(code) < 7]
        if self.how.levels == "xiang":
            return [code for code in listed if len(code) == 7]
        return listed

    def by_function(
        self,
        form: str,
        values: Sequence[tuple[Path, str, Callable[[str], int], dict[str, str]]],
        codes: Iterable[str],
    ) -> list[list[Cell]]:
        """A table with functional subjects in rows: for each column its heads, concept and amount of a code."""
        labels = self.labels()
        rows = self.heads(labels, [path for path, *_ in values])
        if self.how.counters:
            counters = [Cell(str(n)) for n, _ in enumerate(values, 1)]
            if self.how.code == "three" and self.rng.random() < 0.5:
                rows.append([Cell("类"), Cell("款"), Cell("项"), Cell("栏次"), *counters])
            else:
                rows.append([Cell("栏次", len(labels)), *counters])
        total: list[Cell] = [Cell("合计" if self.rng.random() < 0.8 else "合　　计", len(labels))]
        if len(labels) == 4 and self.rng.random() < 0.5:
            total = [Cell(), Cell(), Cell(), Cell("合计")]
        total += [self.amount(form, concept, get(""), **dims) for _, concept, get, dims in values]
        if self.how.total == "first":
            rows.append(total)
        for code in self.codes(codes):
            cells = [
                self.amount(form, concept, get(code), function=code, **dims)
                for _, concept, get, dims in values
            ]
            rows.append([*self.label(code), *cells])
        if self.how.total == "last":
            rows.append(total)
        return rows

    # -- the tables ---------------------------------------------------------------------------------------------

    def t01(self) -> Grid:
        books, opening = self.books, self.how.opening
        total_income = sum(books.income.values()) + sum(books.opening.values())
        sides: list[list[tuple[str, str, int, dict[str, str]]]] = [[], [], []]
        names = ["一般公共预算财政拨款收入", "政府性基金预算财政拨款收入", "国有资本经营预算财政拨款收入", "上级补助收入",
                 "事业收入", "经营收入", "附属单位上缴收入", "其他收入"]  # fmt: skip
        for n, (name, kind) in enumerate(zip(names, (*BUDGETS, *INCOMES), strict=True)):
            sides[0].append((f"{NUMERALS[n]}、{name}", f"income.{kind}", books.income[kind], {}))
        for n, (code, name) in enumerate(CLASSES.items()):
            numeral = (
                NUMERALS[n]
                if n < 10
                else ("二" if n >= 19 else "") + "十" + ("" if n in (9, 19) else NUMERALS[n % 10])
            )
            sides[1].append((f"{numeral}、{name}", "expenditure.year", books.sum(code), {"function": code}))
        if self.how.nature:
            basic = books.sum(kind="personnel") + books.sum(kind="public")
            sides[2] += [
                ("一、基本支出", "expenditure.basic", basic, {}),
                ("人员经费", "", books.sum(kind="personnel"), {}), ("公用经费", "", books.sum(kind="public"), {}),
                ("二、项目支出", "expenditure.project", books.sum(kind="project"), {}), ("其中：基本建设类项目", "", 0, {}),
                ("三、上缴上级支出", "expenditure.superior", 0, {}), ("四、经营支出", "expenditure.operating", 0, {}),
                ("五、对附属单位补助支出", "expenditure.affiliated", 0, {}),
                ("经济分类支出合计", "expenditure.year", books.sum(), {}),
            ]  # fmt: skip
            for n, code in enumerate(("301", "302", "303", "310")):
                sides[2].append(
                    (
                        f"{NUMERALS[n]}、{self.name(code, True)}",
                        "expenditure.year",
                        books.sum(economic=code),
                        {"economic": code},
                    )
                )
        height = max(map(len, sides)) + self.rng.randint(0, 1)
        for side in sides[1:]:
            side += [("", "", 0, {})] * (height - len(side))
        sides[0] += [("", "", 0, {})] * (height - len(sides[0]))
        tails = [
            [("本年收入合计", "income.year", sum(books.income.values()), {}),
             ("使用非财政拨款结余（含专用结余）", "income.surplus_used", 0, {}),
             (opening, "income.opening", sum(books.opening.values()), {}), ("总计", "income.total", total_income, {})],
            [("本年支出合计", "expenditure.year", books.sum(), {}), ("结余分配", "expenditure.distribution", 0, {}),
             ("年末结转和结余", "expenditure.closing", sum(books.closing.values()), {}),
             ("总计", "expenditure.total", total_income, {})],
        ]  # fmt: skip
        tails.append(tails[1])
        for side, tail in zip(sides, tails, strict=True):
            side += tail
        measures = [("年初预算数", "budget"), ("全年预算数", ""), ("决算数", "amount")]
        if not self.how.budget_columns:
            measures = [(self.how.amount, "amount")]
        shown = 3 if self.how.nature else 2
        tops = (
            ["收入", "支出", "支出"]
            if not self.how.nature
            else ["收入", "支出（按功能分类）", "支出（按支出性质和经济分类）"]
        )
        if not self.how.nature and self.rng.random() < 0.3:
            tops[1] = "支出（按功能分类）"
        paths: list[Path] = []
        for top in tops[:shown]:
            paths.append((top, "项目"))
            paths += [(top, "行次")] if self.how.counters else []
            paths += [(top, name) for name, _ in measures]
        rows = self.heads([], paths)
        if self.how.counters:
            rows.append(
                [
                    c
                    for _ in range(shown)
                    for c in (Cell("栏次"), Cell(), *(Cell(str(n + 1)) for n in range(len(measures))))
                ]
            )
        for n in range(height + 4):
            row: list[Cell] = []
            for side in sides[:shown]:
                name, concept, fen, dims = side[n]
                row.append(Cell(("　" if self.how.indent else "") + name if name else ""))
                row += [Cell(str(n + 1))] if self.how.counters else []
                for _, measure in measures:
                    known = concept if measure else ""
                    shown_fen = fen if measure == "amount" else fen * 2
                    row.append(self.amount("T01", known, shown_fen, measure, **dims) if name else Cell())
            rows.append(row)
        return self.grid("T01", "收入支出决算总表", "01", rows)

    def t02(self) -> Grid:
        def of(*kinds: str) -> Callable[[str], int]:
            return lambda code: sum(
                row.get(k, 0) for c, row in self.books.by_item.items() if c.startswith(code) for k in kinds
            )

        split = self.rng.random() < 0.4
        year = of(*BUDGETS, *INCOMES)
        top: list[Path] = [("财政拨款收入",)]
        columns: list[tuple[Path, str, Callable[[str], int], dict[str, str]]] = [
            (("本年收入合计",), "income.year", year, {})
        ]
        if split:
            columns += [
                (("财政拨款收入", "小计"), "income.appropriation", of(*BUDGETS), {}),
                (("财政拨款收入", "一般公共预算"), "income.general", of("general"), {}),
                (("财政拨款收入", "政府性基金预算"), "income.fund", of("fund"), {}),
                (("财政拨款收入", "国有资本经营预算"), "income.state_capital", of("state_capital"), {}),
            ]
        else:
            columns.append((top[0], "income.appropriation", of(*BUDGETS), {}))
        columns.append((("上级补助收入",), "income.superior", of("superior"), {}))
        if self.rng.random() < 0.4:
            columns += [
                (("事业收入", "小计"), "income.business", of("business"), {}),
                (("事业收入", "其中：教育收费"), "", lambda code: of("business")(code) // 2, {}),
            ]
        else:
            columns.append((("事业收入",), "income.business", of("business"), {}))
        columns += [
            (("经营收入",), "income.operating", of("operating"), {}),
            (("附属单位上缴收入",), "income.affiliated", of("affiliated"), {}),
            (("其他收入",), "income.other", of("other"), {}),
        ]
        return self.grid("T02", "收入决算表", "02", self.by_function("T02", columns, self.books.by_item))

    def t03(self) -> Grid:
        books = self.books
        basic = lambda code: books.sum(code, kind="personnel") + books.sum(code, kind="public")  # noqa: E731
        columns: list[tuple[Path, str, Callable[[str], int], dict[str, str]]] = [
            (("本年支出合计",), "expenditure.year", books.sum, {}), (("基本支出",), "expenditure.basic", basic, {}),
            (("项目支出",), "expenditure.project", lambda code: books.sum(code, kind="project"), {}),
            (("上缴上级支出",), "expenditure.superior", lambda code: 0, {}), (("经营支出",), "expenditure.operating", lambda code: 0, {}),
            (("对附属单位补助支出",), "expenditure.affiliated", lambda code: 0, {}),
        ]  # fmt: skip
        return self.grid("T03", "支出决算表", "03", self.by_function("T03", columns, books.spent))

    def t04(self) -> Grid:
        books, how = self.books, self.how
        budgets = ["一般公共预算财政拨款", "政府性基金预算财政拨款", "国有资本经营预算财政拨款"]
        income = sum(books.income[b] for b in BUDGETS)
        opening = sum(books.opening[b] for b in BUDGETS)
        closing = sum(books.closing[b] for b in BUDGETS)
        left: list[tuple[str, str, int, dict[str, str]]] = [
            (f"{NUMERALS[n]}、{name}", f"income.{b}", books.income[b], {}) for n, (name, b) in enumerate(zip(budgets, BUDGETS, strict=True))
        ]  # fmt: skip
        sums: list[tuple[str, str, Callable[[str], int], dict[str, str]]] = [
            (
                "小计" if self.rng.random() < 0.3 else "合计",
                "appropriation.expenditure",
                lambda code: sum(books.sum(code, b) for b in BUDGETS),
                {},
            )
        ]
        for name, b in zip(budgets, BUDGETS, strict=True):
            sums.append((name, f"{b}.expenditure", lambda code, b=b: books.sum(code, b), {}))  # type: ignore[misc]
        rows_right: list[tuple[str, list[Cell]]] = []
        for n, (code, name) in enumerate(CLASSES.items()):
            if code == "234" and not books.sum(code):
                continue
            numeral = (
                NUMERALS[n]
                if n < 10
                else ("二" if n >= 19 else "") + "十" + ("" if n in (9, 19) else NUMERALS[n % 10])
            )
            rows_right.append(
                (
                    f"{numeral}、{name}",
                    [self.amount("T04", c, get(code), function=code) for _, c, get, _ in sums],
                )
            )
        left += [("", "", 0, {})] * (len(rows_right) - len(left))
        left.append(("本年收入合计", "income.appropriation", income, {}))
        rows_right.append(("本年支出合计", [self.amount("T04", c, get("")) for _, c, get, _ in sums]))
        by_budget = [(None, 0), *((b, books.closing[b]) for b in BUDGETS)]
        left.append((how.opening.replace("结转", "财政拨款结转"), "appropriation.opening", opening, {}))
        rows_right.append(("年末财政拨款结转和结余", [
            self.amount("T04", "appropriation.closing", value if b else closing, budget=b or "") for b, value in by_budget
        ]))  # fmt: skip
        for name, b in zip(budgets, BUDGETS, strict=True):
            left.append(
                (
                    f"{'　' if how.indent else ''}{name}",
                    "appropriation.opening",
                    books.opening[b],
                    {"budget": b},
                )
            )
            rows_right.append(("", [Cell()] * 4))
        left.append(("总计", "appropriation.income.total", income + opening, {}))
        rows_right.append(("总计", [
            self.amount("T04", "appropriation.expenditure.total", (books.sum(budget=b) + value) if b else income + opening, budget=b or "")
            for b, value in by_budget
        ]))  # fmt: skip
        tops = ("收入", "支出")
        paths: list[Path] = [
            (tops[0], "项目"),
            *([(tops[0], "行次")] if how.counters else []),
            (tops[0], how.amount),
        ]
        middle: Path = (how.amount,) if self.rng.random() < 0.4 else ()
        paths += [(tops[1], "项目"), *([(tops[1], "行次")] if how.counters else [])]
        paths += [(tops[1], *middle, name) for name, *_ in sums]
        rows = self.heads([], paths)
        if how.counters:
            rows.append(
                [Cell("栏次"), Cell(), Cell("1"), Cell("栏次"), Cell(), *(Cell(str(n)) for n in range(2, 6))]
            )
        for n, ((name, concept, fen, dims), (words, cells)) in enumerate(
            zip(left, rows_right, strict=True), 1
        ):
            counter = [Cell(str(n))] if how.counters else []
            first = self.amount("T04", concept, fen, **dims) if name else Cell()
            rows.append([Cell(name), *counter, first, Cell(words), *counter, *cells])
        return self.grid("T04", "财政拨款收入支出决算总表", "04", rows)

    def t05(self) -> Grid:
        books = self.books

        def of(*kinds: str) -> Callable[[str], int]:
            return lambda code: sum(books.sum(code, "general", kind) for kind in kinds)

        top: Path = () if self.how.general == "plain" and self.rng.random() < 0.5 else ("本年支出",)
        whole = "合计" if not top or self.how.general == "balances" else "小计"
        columns: list[tuple[Path, str, Callable[[str], int], dict[str, str]]] = [
            ((*top, whole), "general.expenditure", of(""), {})
        ]
        if self.how.general == "plain":
            columns.append(((*top, "基本支出"), "general.basic", of("personnel", "public"), {}))
        else:
            columns += [
                ((*top, "基本支出", "小计" if self.how.general == "split" else "合计"), "general.basic", of("personnel", "public"), {}),
                ((*top, "基本支出", "人员经费"), "general.personnel", of("personnel"), {}),
                ((*top, "基本支出", "公用经费" if self.rng.random() < 0.5 else "日常公用经费"), "general.public", of("public"), {}),
            ]  # fmt: skip
        columns.append(((*top, "项目支出"), "general.project", of("project"), {}))
        codes = [code for code in books.spent if books.sum(code, "general")]
        title = "一般公共预算财政拨款支出决算表"
        if self.how.general == "balances":
            title = "一般公共预算财政拨款收入支出决算表"
            first = codes[0]
            # Each item lives of its own income; the balances stand on the first.
            opening = lambda code: books.opening["general"] if first.startswith(code) else 0  # noqa: E731
            closing = lambda code: books.closing["general"] if first.startswith(code) else 0  # noqa: E731
            income = lambda code: of("")(code) + closing(code) - opening(code)  # noqa: E731
            columns = [
                (("年初结转和结余", "合计"), "general.opening", opening, {}), (("年初结转和结余", "基本支出结转"), "", lambda code: 0, {}),
                (("年初结转和结余", "项目支出结转和结余"), "", opening, {}),
                (("本年收入", "合计"), "income.general", income, {}), (("本年收入", "基本支出"), "", of("personnel", "public"), {}),
                (("本年收入", "项目支出"), "", lambda code: income(code) - of("personnel", "public")(code), {}),
                *columns,
                (("年末结转和结余", "合计"), "general.closing", closing, {}), (("年末结转和结余", "基本支出结转"), "", lambda code: 0, {}),
                (("年末结转和结余", "项目支出结转和结余", "项目支出结转"), "", closing, {}),
                (("年末结转和结余", "项目支出结转和结余", "项目支出结余"), "", lambda code: 0, {}),
            ]  # fmt: skip
        return self.grid("T05", title, "05", self.by_function("T05", columns, codes))

    def t06(self) -> Grid:
        books, how = self.books, self.how
        used = {
            c[:n]
            for parts in books.spent.values()
            for (b, k, c), _ in parts.items()
            if b == "general" and k != "project"
            for n in (3, 5)
        }

        def get(code: str, *kinds: str) -> int:
            return sum(
                books.sum(budget="general", kind=k, economic=code) for k in kinds or ("personnel", "public")
            )

        title = "一般公共预算财政拨款基本支出决算" + ("明细表" if self.rng.random() < 0.4 else "表")
        personnel, public = get("", "personnel"), get("", "public")
        if how.basic == "list":
            three = self.rng.random() < 0.6
            labels: list[Path] = (
                [("项目", "经济分类科目编码"), ("项目", "科目名称")]
                if how.counters
                else [("科目编码",), ("科目名称",)]
            )
            tops: Path = ("一般公共预算财政拨款基本支出",) if self.rng.random() < 0.3 else ()
            values: list[Path] = (
                [(*tops, "合计"), (*tops, "人员经费"), (*tops, "公用经费")] if three else [(how.amount,)]
            )
            rows = self.heads(labels, values)
            if how.counters:
                rows.append([Cell("栏次", 2), *(Cell(str(n + 1)) for n in range(len(values)))])
            total = [Cell("合计", 2), self.amount("T06", "general.basic", personnel + public)]
            if three:
                total += [
                    self.amount("T06", "general.personnel", personnel),
                    self.amount("T06", "general.public", public),
                ]
            if how.total == "first":
                rows.append(total)
            for code in sorted(used):
                row = [
                    Cell(code),
                    Cell(self.name(code, True)),
                    self.amount("T06", "general.basic", get(code), economic=code),
                ]
                if three:
                    row += [
                        self.amount("T06", "general.personnel", get(code, "personnel"), economic=code),
                        self.amount("T06", "general.public", get(code, "public"), economic=code),
                    ]  # fmt: skip
                rows.append(row)
            if how.total == "last":
                rows.append(total)
            return self.grid("T06", title, "06", rows)
        listed = [c for c in economic_subjects() if len(c) in (3, 5)]
        groups = [
            [c for c in listed if c[:3] in ("301", "303")], [c for c in listed if c[:3] == "302"],
            [c for c in listed if c[:3] in ("307", "310", "399")],
        ]  # fmt: skip
        if how.basic == "two":
            groups = [groups[0], groups[1] + groups[2]]
        heads: list[Path] = []
        for n in range(len(groups)):
            top = "人员经费" if n == 0 else "公用经费"
            heads += [(top, "科目编码"), (top, "科目名称"), (top, how.amount)]
        rows = self.heads([], heads)
        for n in range(max(map(len, groups))):
            row = []
            for group in groups:
                if n < len(group):
                    code = group[n]
                    row += [
                        Cell(code),
                        Cell(self.name(code, True)),
                        self.amount("T06", "general.basic", get(code), economic=code),
                    ]
                else:
                    row += [Cell(), Cell(), Cell()]
            rows.append(row)
        rows.append([
            Cell("人员经费合计", 2), self.amount("T06", "general.personnel", personnel),
            Cell("公用经费合计", 2 if len(groups) == 2 else 5), self.amount("T06", "general.public", public),
        ])  # fmt: skip
        return self.grid("T06", title, "06", rows)

    def balances(self, form: str, budget: str, title: str, number: str) -> Grid:
        books = self.books
        codes = [code for code in books.spent if books.sum(code, budget)]
        first = codes[0] if codes else "9999999"
        project = lambda code: books.sum(code, budget)  # noqa: E731
        opening = lambda code: books.opening[budget] if codes and first.startswith(code) else 0  # noqa: E731
        closing = lambda code: books.closing[budget] if codes and first.startswith(code) else 0  # noqa: E731
        columns: list[tuple[Path, str, Callable[[str], int], dict[str, str]]] = [
            (("本年支出", "小计"), f"{budget}.expenditure", project, {}), (("本年支出", "基本支出"), f"{budget}.basic", lambda code: 0, {}),
            (("本年支出", "项目支出"), f"{budget}.project", project, {}),
        ]  # fmt: skip
        if self.how.balances:
            columns = [
                ((self.how.opening,), f"{budget}.opening", opening, {}),
                (("本年收入",), f"income.{budget}", lambda code: project(code) + closing(code) - opening(code), {}),
                *columns, (("年末结转和结余",), f"{budget}.closing", closing, {}),
            ]  # fmt: skip
        else:
            columns = [(path[1:] if self.rng.random() < 0 else path, *rest) for path, *rest in columns]  # type: ignore[misc]
        title = title.replace("收入支出", "收入支出" if self.how.balances else "支出")
        note = (
            []
            if codes
            else [
                self.rng.choice(
                    [
                        "注：本部门没有相关收入，也没有相关支出，故本表无数据。",
                        "本表为空表，说明：本单位无此项收支。",
                    ]
                )
            ]
        )
        return self.grid(form, title, number, self.by_function(form, columns, codes), note)

    def t07(self) -> Grid:
        return self.balances("T07", "fund", "政府性基金预算财政拨款收入支出决算表", "07")

    def t08(self) -> Grid:
        return self.balances("T08", "state_capital", "国有资本经营预算财政拨款收入支出决算表", "08")

    def t09(self) -> Grid:
        final, budget, how = self.books.three, self.books.three_budget, self.how

        def sums(amounts: dict[str, int]) -> list[tuple[str, int]]:
            vehicles = amounts["purchase"] + amounts["running"]
            return [
                ("three_public", vehicles + amounts["abroad"] + amounts["reception"]), ("three_public.abroad", amounts["abroad"]),
                ("three_public.vehicles", vehicles), ("three_public.vehicles.purchase", amounts["purchase"]),
                ("three_public.vehicles.running", amounts["running"]), ("three_public.reception", amounts["reception"]),
            ]  # fmt: skip

        care = self.rng.choice(["运行维护费", "运行费"])
        abroad = "因公出国（境）费" if how.brackets else "因公出国(境)费用"
        heads: list[Path] = [
            ("合计",), (abroad,), (f"公务用车购置及{care}", "小计"), (f"公务用车购置及{care}", "公务用车购置费"),
            (f"公务用车购置及{care}", f"公务用车{care}"), ("公务接待费",),
        ]  # fmt: skip
        title = self.rng.choice(
            [
                "财政拨款“三公”经费支出决算表",
                "一般公共预算财政拨款“三公”经费支出决算表",
                "“三公”经费支出决算表",
            ]
        )
        both = [("预算数", "budget", sums(budget)), ("决算数", "amount", sums(final))]
        if how.three == "wide":
            paths = [(top, *path) for top, *_ in both for path in heads]
            rows = self.heads([], paths)
            if how.counters:
                rows.append([Cell(str(n)) for n in range(1, 13)])
            rows.append(
                [self.amount("T09", c, fen, measure) for _, measure, values in both for c, fen in values]
            )
        elif how.three == "interleaved":
            paths = [(*path, top) for path in heads for top, *_ in both]
            rows = self.heads([], paths)
            pairs = [
                (c, fen, measure) for at in range(6) for _, measure, values in both for c, fen in [values[at]]
            ]
            rows.append([self.amount("T09", c, fen, measure) for c, fen, measure in pairs])
        elif how.three == "rows":
            rows = self.heads([("项目",)], [*heads, ("会议费",), ("培训费",)])
            for top, measure, values in both:
                cells = [self.amount("T09", c, fen, measure) for c, fen in values]
                rows.append(
                    [Cell(top), *cells, self.amount("T09", "", 700_000), self.amount("T09", "", 1_900_000)]
                )
            rows.append(
                [
                    Cell("增减额"),
                    *(
                        self.amount("T09", "", f - b)
                        for (_, b), (_, f) in zip(sums(budget), sums(final), strict=True)
                    ),
                    Cell(),
                    Cell(),
                ]
            )
            title = "财政拨款“三公”经费及会议费、培训费支出决算表"
        else:
            names = ["合计", f"1.{abroad}", f"2.公务用车购置及{care}", "其中：（1）公务用车购置费" if how.brackets else "（1）公务用车购置费",
                     f"（2）公务用车{care}", "3.公务接待费"]  # fmt: skip
            columns = [both[0], ("全年预算数", "", sums(budget)), both[1]] if how.budget_columns else both
            counter = [("行次",)] if how.counters else []
            rows = self.heads([("项目",), *counter], [(top,) for top, *_ in columns])
            if how.three == "counts":
                rows.append(
                    [
                        Cell("一、“三公”经费支出"),
                        *([Cell("1")] if how.counters else []),
                        *([Cell("—")] * len(columns)),
                    ]
                )
                names[0] = "（一）支出合计" if how.brackets else "合计"
            for n, name in enumerate(names):
                row = [Cell(name), *([Cell(str(n + 2))] if how.counters else [])]
                rows.append(
                    row + [self.amount("T09", v[n][0] if m else "", v[n][1], m) for _, m, v in columns]
                )
            if how.three == "counts":
                counted = [
                    ("（二）相关统计数", "", ""), ("1.因公出国（境）团组数（个）", "three_public.abroad.trips", "次"),
                    ("2.因公出国（境）人次数（人）", "three_public.abroad.trips", "人"),
                    ("3.公务用车购置数（辆）", "three_public.vehicles.purchase", "辆"),
                    ("4.公务用车保有量（辆）", "three_public.vehicles.held", "辆"),
                    ("5.国内公务接待批次（个）", "three_public.reception.domestic", "批次"), ("其中：外事接待批次（个）", "", "个"),
                    ("6.国内公务接待人次（人）", "three_public.reception.domestic", "人次"), ("二、机关运行经费", "operating_cost", ""),
                ]  # fmt: skip
                for n, (name, concept, unit) in enumerate(counted):
                    row = [Cell(name), *([Cell(str(n + 8))] if how.counters else [])]
                    count = self.rng.randint(0, 40)
                    last = Cell("—") if n == 0 else self.amount("T09", concept, 123_456_789)
                    if unit:
                        want = (
                            "T09" + self.suffix,
                            concept,
                            unit,
                            frozenset[tuple[str, str]](),
                            Decimal(count),
                        )
                        last = Cell(str(count), 1, want if concept else None)
                    rows.append([*row, *([Cell("—")] * (len(columns) - 1)), last])
                title = self.rng.choice([title, "“三公”经费、行政参公单位机关运行经费情况表"])
        is_blank = not any(cell.want for row in rows for cell in row)
        note = ["注：本部门2023年度没有“三公”经费预算，也没有支出，故本表无数据。"] if is_blank else []
        return self.grid("T09", title, "09", rows, note)

    def wide(self, form: str, title: str, number: str, budgets: Sequence[str], concept: str) -> Grid:
        """A table with functional subjects in rows and economic ones in columns."""
        books = self.books
        used = sorted({c for parts in books.spent.values() for (b, _, c) in parts if b in budgets})

        def of(economic: str) -> Callable[[str], int]:
            return lambda code: sum(books.sum(code, b, economic=economic) for b in budgets)

        columns: list[tuple[Path, str, Callable[[str], int], dict[str, str]]] = [
            (("合计",), concept, of(""), {})
        ]
        for group in sorted({c[:3] for c in used}):
            top = self.name(group, True)
            columns.append(((top, "小计"), concept, of(group), {"economic": group}))
            columns += [
                ((top, self.name(c, True)), concept, of(c), {"economic": c}) for c in used if c[:3] == group
            ]
        codes = [c for c in books.spent if any(books.sum(c, b) for b in budgets)]
        return self.grid(form, title, number, self.by_function(form, columns, codes))

    def t10(self) -> Grid:
        return self.wide("T10", "财政拨款支出决算明细表", "05", BUDGETS, "appropriation.expenditure")

    def t11(self) -> Grid:
        return self.wide(
            "T11", "一般公共预算财政拨款支出决算明细表", "07", ("general",), "general.expenditure"
        )

    def t12(self) -> Grid:
        project = lambda code: self.books.sum(code, "general", "project")  # noqa: E731
        codes = [c for c in self.books.spent if project(c)]
        rows = self.by_function("T12", [(("金额",), "general.project", project, {})], codes)
        return self.grid("T12", "一般公共预算财政拨款项目支出决算表", "09", rows)

    def others(self) -> list[Grid]:
        """Tables that are none of the forms."""
        assets = [
            [Cell(w) for w in ("项目", "行次", "资产总额", "流动资产", "固定资产", "其他资产")],
            [Cell("栏次"), Cell(), *(Cell(str(n)) for n in range(1, 5))],
            [Cell("合计"), Cell("1"), Cell("1,234.56"), Cell("200.00"), Cell("1,034.56"), Cell("")],
        ]
        running = [
            [Cell("项目"), Cell("决算数")],
            [Cell("机关运行经费"), Cell("88.12")],
            [Cell("（一）行政单位"), Cell("88.12")],
        ]
        return [
            Grid("", ["国有资产使用情况表", f"单位：{self.how.unit}"], assets),
            Grid("", ["机关运行经费情况表", f"单位：{self.how.unit}"], running),
        ]

    def all(self, sichuan: bool = False) -> list[Grid]:
        """The whole set, in the order of the form."""
        made = [self.t01(), self.t02(), self.t03(), self.t04()]
        made += [self.t10(), self.t05(), self.t11()] if sichuan else [self.t05()]
        made += [self.t06()]
        made += [self.t12()] if sichuan else []
        made += [self.t09(), self.t07(), self.t08()] if sichuan else [self.t07(), self.t08(), self.t09()]
        return made + (self.others() if self.rng.random() < 0.5 else [])


def narrative(books: Accounts) -> list[str]:
    """What the narrative says of the accounts, in 万元."""

    def said(fen: int) -> str:
        return f"{(Decimal(fen) / 1_000_000).quantize(Decimal('0.01'), ROUND_HALF_UP)}万元"

    year = sum(books.income.values())
    general = {kind: books.sum(budget="general", kind=kind) for kind in ("personnel", "public", "project")}
    basic = general["personnel"] + general["public"]
    lines = [
        "一、收入支出决算总体情况说明",
        f"2023年度收、支总计均为{said(year + sum(books.opening.values()))}。",
        "二、收入决算情况说明",
        f"2023年度本年收入合计{said(year)}，其中：一般公共预算财政拨款收入{said(books.income['general'])}，其他收入{said(books.income['other'])}。",
        "三、支出决算情况说明",
        f"2023年度本年支出合计{said(books.sum())}，其中：项目支出{said(books.sum(kind='project'))}。",
        "五、一般公共预算财政拨款支出决算情况说明",
        "（一）一般公共预算财政拨款支出决算总体情况",
        f"2023年度一般公共预算财政拨款支出{said(books.sum(budget='general'))}。",
        "（三）一般公共预算财政拨款支出决算具体情况",
    ]  # fmt: skip
    names = classification().by_code
    for code in books.spent:
        if books.sum(code, "general"):
            parts = (
                f"{names[code[:3]][0].name}（类）{names[code[:5]][0].name}（款）{names[code][0].name}（项）"
            )
            lines.append(f"{parts}：支出决算为{said(books.sum(code, 'general'))}。")
    return [
        *lines,
        "六、一般公共预算财政拨款基本支出决算情况说明",
        f"2023年度一般公共预算财政拨款基本支出{said(basic)}，其中：人员经费{said(general['personnel'])}，公用经费{said(general['public'])}。",
        "七、“三公”经费支出决算情况说明",
        f"2023年度“三公”经费支出{said(sum(books.three.values()))}，其中：公务接待费支出{said(books.three['reception'])}。",
    ]


@dataclass
class Printed:
    """A document, what each of its lines that is a cell states, and the same as a page."""

    document: Document
    wants: dict[int, Want]
    grids: list[Grid]


def document(
    grids: Sequence[Grid], narrative: Sequence[str] = (), cut: Callable[[Grid], int] | None = None
) -> Printed:
    """The document that holds the tables, each cell on a line."""
    lines = [
        "某某局2023年度部门决算",
        "第一部分 某某局概况",
        "本部门负责某某工作。",
        "第二部分 2023年度部门决算表",
    ]
    sheets = [""] * len(lines)
    tables: dict[int, tuple[Table, int]] = {}
    wants: dict[int, Want] = {}

    def table(rows: Sequence[Sequence[Cell]], sheet: str) -> None:
        first = len(lines)
        texts, spans = [], []
        for row in rows:
            cells, at, widths = [], 0, []
            for cell in row:
                lines.append(cell.text)
                sheets.append(sheet)
                if cell.want:
                    wants[len(lines)] = cell.want
                cells.append(Text(((len(lines), 0, cell.text),)))
                widths.append((at, at + cell.span))
                at += cell.span
            texts.append(tuple(cells))
            spans.append(tuple(widths))
        tables[first] = Table(tuple(texts), None, tuple(spans)), len(lines)

    for grid in grids:
        lines += grid.above
        sheets += [grid.sheet] * len(grid.above)
        at = cut(grid) if cut else 0
        if at:
            table(grid.rows[:at], grid.sheet)
            table(grid.rows[at:], grid.sheet)
        else:
            table(grid.rows, grid.sheet)
        lines += grid.below
        sheets += [grid.sheet] * len(grid.below)
    lines += ["第三部分 2023年度部门决算情况说明", *narrative]
    sheets += [""] * (len(lines) - len(sheets))
    places = [Place(table=sheet or None, is_sheet=bool(sheet)) for sheet in sheets]
    starts = frozenset(range(len(lines)))
    return Printed(assemble(lines, tables, places, starts), wants, list(grids))


def page(grids: Sequence[Grid], narrative: Sequence[str] = (), font: str = "") -> str:
    """The same as a web page with ruled tables, for a browser to print; `font` is the address of one with the characters."""
    body = [
        "<h1>某某局2023年度部门决算</h1><h2>第一部分 某某局概况</h2><p>本部门负责某某工作。</p><h2>第二部分 2023年度部门决算表</h2>"
    ]
    for grid in grids:
        above = [grid.sheet.partition(" ")[2]] if grid.sheet else grid.above
        body += [f"<p class=c>{html.escape(line)}</p>" for line in above]
        heads = next((n for n, row in enumerate(grid.rows) if any(cell.want for cell in row)), 0)
        body.append("<table><thead>")
        for n, row in enumerate(grid.rows):
            if n == heads:
                body.append("</thead><tbody>")
            cells = "".join(
                f"<td colspan={c.span} rowspan={c.down}>{html.escape(c.text)}</td>" for c in row if c.down
            )
            body.append(f"<tr>{cells}</tr>")
        body.append("</table>")
        body += [f"<p>{html.escape(line)}</p>" for line in grid.below]
        body.append("<div style='break-after:page'></div>")
    body.append("<h2>第三部分 2023年度部门决算情况说明</h2>")
    body += [f"<p>{html.escape(line)}</p>" for line in narrative]
    css = f"@font-face{{font-family:F;src:url({font})}} body{{font-family:F}}" if font else ""
    css += (
        "@page{size:A4 landscape;margin:12mm} table{border-collapse:collapse;font-size:8pt;width:100%}"
        "tr{break-inside:avoid} td{border:1px solid #000;padding:1px 2px;white-space:pre-wrap} .c{text-align:center;margin:2px}"
    )
    return f"<!doctype html><meta charset=utf-8><style>{css}</style>" + "\n".join(body)


def as_text(grids: Sequence[Grid], how: str, narrative: Sequence[str] = ()) -> str:
    """The same as a text whose rows are lines, parted by `how`: tabs, pipes, or blanks."""
    lines = [
        "某某局2023年度部门决算",
        "第一部分 某某局概况",
        "本部门负责某某工作。",
        "第二部分 2023年度部门决算表",
    ]
    for grid in grids:
        lines += [grid.sheet.partition(" ")[2]] if grid.sheet else grid.above
        rows = [[word for cell in row for word in [cell.text, *[""] * (cell.span - 1)]] for row in grid.rows]
        if how == "blanks":
            wide = [max(map(_width, column)) + 2 for column in zip(*rows, strict=True)]
            rows = [
                [word + " " * (at - _width(word)) for word, at in zip(row, wide, strict=True)] for row in rows
            ]
        mark, border = {"tabs": ("\t", ""), "pipes": ("|", "|"), "blanks": ("", "")}[how]
        lines += [border + mark.join(row) + border for row in rows] + [""]
        lines += grid.below
    return "\n".join([*lines, "第三部分 2023年度部门决算情况说明", *narrative])


def _width(words: str) -> int:
    return sum(2 if ord(char) > 0x2000 else 1 for char in words)


def drawn(seed: int) -> tuple[random.Random, Accounts, Style]:
    """The accounts and the style of a seed."""
    rng = random.Random(seed)
    return rng, accounts(rng), style(rng)


def tabled(text: str) -> Document:
    """The document of a snippet; lines led by | are the rows of a table, `| 合计 <2 | 5.00 |` has a cell over two columns."""
    if "\n|" not in text:
        return parse(text)
    lines: list[str] = []
    tables: dict[int, tuple[Table, int]] = {}
    for is_table, group in groupby(text.split("\n"), lambda line: line.startswith("|")):
        first, rows, spans = len(lines), [], []
        for line in group:
            if not is_table:
                lines.append(line)
                continue
            row, places, column = [], [], 0
            for cell in line.strip("|").split("|"):
                words, _, merged = cell.strip().partition("<")
                lines.append(words.strip())
                row.append(Text(((len(lines), 0, lines[-1]),)))
                places.append((column, column + int(merged or 1)))
                column = places[-1][1]
            rows.append(tuple(row))
            spans.append(tuple(places))
        if is_table:
            tables[first] = Table(tuple(rows), None, tuple(spans)), len(lines)
    return assemble(lines, tables)
