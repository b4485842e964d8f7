"""How the time of an audit grows with a report: the same report 1, 2, 4 and 8 times as large in one dimension.

`python tests/growth.py [NAME…]` prints the seconds of each stage and the exponent: 1 is linear, 2 quadratic.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TypeVar

from helpers.audit import Audit
from helpers.checking import check, form_of
from helpers.checking.rules import load_rules
from helpers.facts.concepts import classification
from helpers.facts.extract import extract
from helpers.findings.finding import find
from helpers.reading.read import read

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "data" / "reports" / "anju-2023.txt"
SCALES = (1, 2, 4, 8)
T = TypeVar("T")
STAGES = ("reading", "facts", "checking", "findings", "json")
_HEAD = [
    "某某市水务局2023年度部门决算",
    "第一部分 某某市水务局概况",
    "本部门负责水资源管理。",
    "第二部分 2023年度部门决算情况说明",
]
_ITEMS = "（三）一般公共预算财政拨款支出决算具体情况"


def dimensions() -> dict[str, Callable[[int], str]]:
    """By the name of a dimension, the report that is k times as large in it: a text, or a page where it has tables."""
    return {
        "items": _items,
        "items that do not add up": _wrong_items,
        "one item again": _one_item,
        "short paragraphs": _paragraphs,
        "one line again": _lines,
        "figures that contradict": _contradictions,
        "length of a paragraph": _length,
        "shares of a paragraph": _shares,
        "rows of a table": _rows,
        "rows of one subject": _rows_of_one,
        "tables": _tables,
        "projects": _projects,
        "indicators of a project": _indicators,
        "whole report": _whole,
    }


def exponent(times: dict[int, float]) -> float:
    """The slope of log time over log scale: what power of the scale the time grows with (least squares)."""
    points = [(math.log(scale), math.log(seconds)) for scale, seconds in times.items()]
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def stages(content: bytes) -> dict[str, float]:
    """The seconds of each stage of the audit of a report's bytes, in order."""
    rules = load_rules()
    seconds: dict[str, float] = {}

    def timed(stage: str, action: Callable[[], T]) -> T:
        gc.collect()
        start = time.process_time()
        made = action()
        seconds[stage] = time.process_time() - start
        return made

    document = timed("reading", lambda: read(content, "report"))
    extracted = timed("facts", lambda: extract(document))
    results = timed("checking", lambda: check(document, extracted, rules))
    findings = timed("findings", lambda: find(results, extracted.facts))
    found = Audit("report", "", document, extracted, rules, results, findings, form_of(document))
    timed("json", found.to_json)
    return seconds


def growth(name: str, scales: Sequence[int] = SCALES) -> dict[str, dict[int, float]]:
    """The seconds of each stage, and of all as `all`, by scale, for one of the dimensions."""
    found: dict[str, dict[int, float]] = {stage: {} for stage in (*STAGES, "all")}
    for scale in scales:
        seconds = stages(dimensions()[name](scale).encode())
        for stage, took in {**seconds, "all": sum(seconds.values())}.items():
            found[stage][scale] = took
    return found


# -- the reports ------------------------------------------------------------------------------------------------------


def _totals(total: Decimal) -> list[str]:
    return [
        "一、收入支出决算总体情况说明",
        f"2023年度收入总计{total}万元，支出总计{total}万元。",
        "二、收入决算情况说明",
        f"本年收入合计{total}万元，其中：一般公共预算财政拨款收入{total}万元，占100.00%。",
        "五、一般公共预算财政拨款支出决算情况说明",
        "（一）一般公共预算财政拨款支出决算总体情况",
        f"2023年度一般公共预算财政拨款支出{total}万元，与上年相比增加0.00万元。",
    ]


def _text(*lines: str, total: Decimal = Decimal("1000.00")) -> str:
    return "\n".join([*_HEAD, *_totals(total), *lines])


def _subjects() -> Iterator[tuple[str, str]]:
    """(code, 类款项 as the narrative names it) of the items of the general budget."""
    known = classification().by_code
    for code, subjects in known.items():
        if len(code) == 7 and known.get(code[:3]) and known.get(code[:5]) and code[:3] not in ("223", "230"):
            names = [known[code[:3]][0].name, known[code[:5]][0].name, subjects[0].name]
            yield code, "".join(f"{name}（{level}）" for name, level in zip(names, "类款项", strict=True))


def _items(k: int, wrong: int = 0) -> str:
    listed = [name for _, name in islice(_subjects(), 50 * k)]
    amounts = [Decimal(n) + Decimal("0.25") for n in range(1, len(listed) + 1)]
    return _text(
        _ITEMS,
        *(
            f"{n}.{name}：支出决算为{amount}万元，完成预算100%，决算数与预算数持平。"
            for n, (name, amount) in enumerate(zip(listed, amounts, strict=True), 1)
        ),
        total=sum(amounts, Decimal(wrong)),
    )


def _wrong_items(k: int) -> str:
    return _items(k, wrong=7)


def _one_item(k: int) -> str:
    _, name = next(_subjects())
    return _text(_ITEMS, *[f"{name}：支出决算为3.25万元，完成预算100%，决算数与预算数持平。"] * (100 * k))


def _paragraphs(k: int) -> str:
    return _text(*(f"第{n}期业务培训费支出{n}.50万元。" for n in range(500 * k)))


def _contradictions(k: int) -> str:
    return _text(*(f"机关运行经费支出{n}.50万元。" for n in range(20 * k)))


def _lines(k: int) -> str:
    return _text(*["公务接待费支出3.25万元，比上年增加0.25万元，增长8.33%。"] * (150 * k))


def _length(k: int) -> str:
    words = "公务接待费支出决算为3.25万元，比上年增加0.25万元，主要原因是工作需要；公务用车运行维护费支出决算为2.00万元，完成预算的100%。"
    return _text("七、“三公”经费支出决算情况说明", words * (2400 * k // len(words)))


def _shares(k: int) -> str:
    words = "一般公共服务支出12.50万元，占12.50%；教育支出25.00万元，占25%；"
    return _text("（二）一般公共预算财政拨款支出决算结构情况", words * (2400 * k // len(words)))


def _page(*tables: str) -> str:
    above = "".join(f"<p>{line}</p>" for line in [*_HEAD[:3], "第二部分 2023年度部门决算表"])
    below = "".join(
        f"<p>{line}</p>" for line in ["第三部分 2023年度部门决算情况说明", *_totals(Decimal("1000.00"))]
    )
    return f"<!doctype html><meta charset=utf-8><body>{above}{''.join(tables)}{below}"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    """支出决算表 with these subjects."""
    heads = ["科目编码", "科目名称", "本年支出合计", "基本支出", "项目支出"]
    cells = [heads, *([code, name, "3.00", "1.00", "2.00"] for code, name in rows)]
    made = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells)
    return f"<p>支出决算表</p><p>单位：万元</p><table>{made}</table>"


def _coded(number: int) -> list[tuple[str, str]]:
    """Items of the classification with their 类 and 款, in the order of a table."""
    known, found = classification().by_code, dict[str, str]()
    for code, _ in islice(_subjects(), number):
        found.update((code[:n], known[code[:n]][0].name) for n in (3, 5, 7))
    return list(found.items())


def _rows(k: int) -> str:
    return _page(_table(_coded(60 * k)))


def _rows_of_one(k: int) -> str:
    return _page(_table([("2010301", "行政运行")] * (60 * k)))


def _tables(k: int) -> str:
    return _page(_table(_coded(20)) * (4 * k))


def _cells(*rows: Sequence[str]) -> list[str]:
    """The lines of a table of a text report: a cell a line, led by a tab, and a blank line behind a row."""
    return [line for row in rows for line in (*(f"\t{cell}" for cell in row), "")]


def _project(number: int, indicators: int) -> tuple[list[str], list[str]]:
    """The self-evaluation table of a project, and the report on it."""
    name = f"第{number}号水库维修养护"
    heads = ["绩效指标", "一级指标", "二级指标", "三级指标", "指标性质", "指标值", "度量单位", "完成值", "权重", "得分", "未完成原因分析"]  # fmt: skip
    kinds = ("巡查", "清淤", "除险", "绿化", "监测", "培训")
    rows = [
        ["", "产出指标", "数量指标", f"{kinds[n % 6]}水库{n}号段次数", "≥", str(n + 3), "次", str(n + 3), "1", "1", ""]
        for n in range(indicators)
    ]  # fmt: skip
    table = _cells(
        ["项目名称", f"51090423T00000{number:07}-2023年{name}"],
        ["预算执行情况（10分）", "年度预算数（万元）", "年初预算", "调整后预算数", "预算执行数", "预算执行率", "权重", "得分", "原因"],
        ["", "总额", "100.00", "150.00", "150.00", "100.00%", "10", "10", "年中追加防汛应急维修资金"],
        heads,
        *rows,
        ["合计", "100", "100", ""],
    )  # fmt: skip
    text = [
        "预算项目绩效评价报告",
        f"（{name}）",
        "（三）预算安排及分配管理。年初预算安排100万元，使用150万元。",
        *(f"{n + 1}.完成{kinds[n % 6]}水库{n}号段次数{n + 3}次，群众满意。" for n in range(indicators)),
    ]
    return table, text


def _annexed(projects: int, indicators: int) -> str:
    made = [_project(number, indicators) for number in range(projects)]
    tables = [line for table, _ in made for line in table]
    return _text("第四部分 附件", *tables, *(line for _, text in made for line in text))


def _projects(k: int) -> str:
    return _annexed(4 * k, 10)


def _indicators(k: int) -> str:
    return _annexed(1, 25 * k)


def _whole(k: int) -> str:
    return "\n".join([REPORT.read_text("utf-8-sig")] * k)


def main(names: Sequence[str]) -> None:
    """Print the seconds of all stages by scale, and the exponent of each stage."""
    print(
        f"{'dimension':24}"
        + "".join(f"{f'{k}×':>8}" for k in SCALES)
        + "".join(f"{s:>10}" for s in (*STAGES, "all"))
    )
    for name in names or dimensions():
        found = growth(name)
        powers = "".join(f"{exponent(found[stage]):10.2f}" for stage in (*STAGES, "all"))
        print(f"{name:24}" + "".join(f"{found['all'][k]:8.2f}" for k in SCALES) + powers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
