"""Charts as SVG whose text stays text: the report's figures (图1 to 图7) drawn anew from the facts, and the annexes'."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise
from math import cos, radians, sin
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from helpers.checking.facts_index import FactsIndex, nearest
from helpers.checking.rules import Selector, alternatives
from helpers.facts.concepts import taxonomy
from helpers.facts.fact import SCALE, Fact
from helpers.findings.wording import number, rounded
from helpers.showing.dimensions import subject_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from helpers.audit import Audit

_WIDTH = 7.2
_WORDS = {
    "zh": {"figure": "图{}", "this": "{}年", "last": "{}年（推算）", "this_year": "本年", "last_year": "上年（推算）", "amount": "金额（{}）", "whole": "合计", "missing": "报告中没有找到画此图所需的数字：{}", "negative": "负数不能画成饼图：{}", "zero": "各部分都是零，没有可画的：{}", "apart": "所列部分合计{}，报告的合计是{}", "change": "的增减额", "opening": "年初预算", "adjusted": "调整后预算", "executed": "预算执行数", "weight": "权重", "score": "得分", "lost": "失分", "over": "超出权重", "unsupported": "得分，而完成值为空", "unscored": "得分未填", "points": "分值", "budgets": "各项目预算与执行", "no_budgets": "附件中没有项目的预算或执行数", "no_points": "没有可画的权重与得分", "of": "只画金额最大的{}项，共{}项", "first": "只画前{}项，共{}项"},
    "en": {"figure": "Figure {}", "this": "{}", "last": "{} (implied)", "this_year": "This year", "last_year": "Last year (implied)", "amount": "Amount ({})", "whole": "total", "missing": "The report does not state what this figure needs: {}", "negative": "A pie cannot show what is negative: {}", "zero": "Every part is zero, there is nothing to draw: {}", "apart": "the parts drawn add up to {}, the report's total is {}", "change": ", change", "opening": "Opening budget", "adjusted": "Adjusted budget", "executed": "Executed", "weight": "Weight", "score": "Score", "lost": "Points lost", "over": "Above the weight", "unsupported": "Scored, completion blank", "unscored": "Score blank", "points": "Points", "budgets": "Budget and execution by project", "no_budgets": "The annexes state no budget or execution of a project", "no_points": "There are no weights and scores to draw", "of": "only the {} largest of {} are drawn", "first": "only the first {} of {} are drawn"},
}  # fmt: skip


@dataclass(frozen=True)
class Bars:
    """Figure that sets amounts of this year beside those of last year."""

    title: dict[str, str]
    section: str
    concepts: tuple[str, ...]


@dataclass(frozen=True)
class Pie:
    """Figure that shows what a whole is made of; `parts` are written as the items of a rule are."""

    title: dict[str, str]
    section: str
    whole: str
    parts: tuple[str, ...]


CHARTS: dict[int, Bars | Pie] = {
    1: Bars(
        {"zh": "收、支决算总计变动情况", "en": "Total income and expenditure against last year"},
        "totals",
        ("income.total", "expenditure.total"),
    ),
    2: Pie(
        {"zh": "收入决算结构", "en": "Structure of income"},
        "income",
        "income.year",
        (
            "income.general+income.fund+income.state_capital|income.appropriation", "income.superior",
            "income.business", "income.operating", "income.affiliated", "income.other",
        ),
    ),
    3: Pie(
        {"zh": "支出决算结构", "en": "Structure of expenditure"},
        "expenditure",
        "expenditure.year",
        (
            "expenditure.basic", "expenditure.project", "expenditure.superior", "expenditure.operating",
            "expenditure.affiliated",
        ),
    ),
    4: Bars(
        {"zh": "财政拨款收、支决算总计变动情况", "en": "Appropriation totals against last year"},
        "appropriation",
        ("appropriation.income.total", "appropriation.expenditure.total"),
    ),
    5: Bars(
        {"zh": "一般公共预算财政拨款支出决算变动情况", "en": "General budget expenditure against last year"},
        "general",
        ("general.expenditure",),
    ),
    6: Pie(
        {"zh": "一般公共预算财政拨款支出决算结构", "en": "General budget expenditure by function"},
        "general",
        "general.expenditure",
        ("general.expenditure@class",),
    ),
    7: Pie(
        {"zh": "“三公”经费财政拨款支出结构", "en": "Structure of the three public expenses"},
        "three_public",
        "three_public",
        ("three_public.abroad", "three_public.vehicles", "three_public.reception"),
    ),
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Chart:
    """A drawn figure: an SVG picture, and its numbers in words for who cannot see it."""

    title: str
    rows: tuple[str, ...]
    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return "\n".join((self.title, *self.rows))


@dataclass(frozen=True, repr=False)
class NoChart:
    """What stands in place of a figure that cannot be drawn: the reason."""

    title: str
    reason: str

    def _repr_html_(self) -> str:
        return f'<p class="fa-none"><strong>{escape(self.title)}</strong> {escape(self.reason)}</p>'

    def __repr__(self) -> str:
        return f"{self.title}\n{self.reason}"


@dataclass(frozen=True)
class _Part:
    """A named amount; of a bar, with last year's."""

    label: str
    amount: Decimal
    prior: Decimal = Decimal(0)


class _Undrawable(Exception):
    """The facts do not make a figure; the message says why."""


def prepare(audit: Audit) -> None:
    """Make the charts of this report quick to draw, in this process and its forks; worth it before several of them."""
    from helpers.showing.chart_font import expect

    _style()
    ours = [words for lang in _WORDS.values() for words in lang.values()]
    ours += [words for plan in CHARTS.values() for words in plan.title.values()]
    expect(set(map(chr, range(32, 127))).union("\n–−·…□", *ours, *audit.document.lines))


def chart(audit: Audit, number_: int, lang: str) -> Chart | NoChart:
    """The report's figure of this number from the facts of `audit`: the same bytes for the same facts.

    Last year's amount is the one that this year's change implies.  Parts that are zero are left out.
    """
    plan = CHARTS[number_]
    title = f"{_WORDS[lang]['figure'].format(number_)} {plan.title[lang]}"
    try:
        if isinstance(plan, Bars):
            return _bars(FactsIndex(audit.extract), plan, number_, title, lang)
        return _pie(FactsIndex(audit.extract), plan, number_, title, lang)
    except _Undrawable as why:
        return NoChart(title, str(why))


# ---------------------------------------------------------------------------------------- figures from facts


def _in_section(facts: Sequence[Fact], section: str) -> Fact | None:
    """The first of the facts that stands in this section, else the first of all."""
    here = (fact for fact in facts if fact.section and section in fact.section.keys)
    return next(here, facts[0] if facts else None)


def _in(unit: str, fact: Fact) -> Decimal:
    return fact.exact / SCALE.get(unit, Decimal(1))


def _compared(index: FactsIndex, plan: Bars, lang: str) -> tuple[list[_Part], str]:
    """This year's amounts with last year's, and their unit."""
    parts: list[_Part] = []
    missing: list[str] = []
    unit = ""
    for concept in plan.concepts:
        label = taxonomy().label(concept)[lang]
        fact = _in_section(index.select(Selector(concept)), plan.section)
        if fact is None:
            missing.append(label)
            continue
        unit = unit or fact.unit
        amount, change = _in(unit, fact), nearest(index.same(fact, "change"), fact)
        stated = nearest(index.same(fact, "amount", index.year - 1), fact) if index.year else None
        if change is not None:
            parts.append(_Part(label, amount, amount - _in(unit, change)))
        elif stated is not None:
            parts.append(_Part(label, amount, _in(unit, stated)))
        else:
            missing.append(label + _WORDS[lang]["change"])
    if missing:
        raise _Undrawable(_WORDS[lang]["missing"].format(_listed(missing, lang)))
    return parts, unit


def _split(index: FactsIndex, plan: Pie, lang: str) -> tuple[list[_Part], str]:
    """The parts of a whole, zero ones included, and their unit."""
    facts = [fact for words in plan.parts for fact in _stated(index, words, plan.section)]
    if not facts:
        names = [
            taxonomy().label(selector.concept)[lang]
            for words in plan.parts
            for choice in alternatives(words)
            for selector in choice
        ]
        raise _Undrawable(_WORDS[lang]["missing"].format(_listed(dict.fromkeys(names), lang)))
    unit = facts[0].unit
    parts = [_Part(_name(fact, lang), _in(unit, fact)) for fact in facts]
    for reason, wrong in (("negative", [p for p in parts if p.amount < 0]), ("zero", parts)):
        if wrong and (reason == "negative" or not any(part.amount for part in parts)):
            raise _Undrawable(_WORDS[lang][reason].format(_listed((part.label for part in wrong), lang)))
    return parts, unit


def _stated(index: FactsIndex, words: str, section: str) -> list[Fact]:
    """The facts of the alternative that says most of the amount, each once; the first where they say as much."""
    choices = [
        [fact for selector in choice for fact in _each(index, selector, section)]
        for choice in alternatives(words)
    ]
    return max(choices, key=lambda facts: sum((fact.value or 0) * fact.scale for fact in facts))


def _each(index: FactsIndex, selector: Selector, section: str) -> Iterable[Fact]:
    """Of the facts that a selector means, one for each subject."""
    named: dict[object, list[Fact]] = {}
    for fact in index.select(selector):
        named.setdefault(fact.dimensions, []).append(fact)
    return filter(None, (_in_section(facts, section) for facts in named.values()))


def _name(fact: Fact, lang: str) -> str:
    function = fact.dimension("function")
    return fact.label[lang] if function is None else subject_name(function, fact.year)


def _listed(names: Iterable[str], lang: str) -> str:
    return {"zh": "、", "en": ", "}[lang].join(names)


# ------------------------------------------------------------------------------------------------- drawing


def _printable(text: str, width: int) -> str:
    """A label as the font can show it, of lines of `width` characters, three at the most."""
    from helpers.showing.chart_font import glyphs

    known = "".join(char if ord(char) in glyphs() and char.isprintable() else "□" for char in text)
    return "\n".join(textwrap.wrap(known, width, max_lines=3, placeholder="…"))


@cache
def _style() -> Any:
    """The look of the charts, whose font matplotlib knows from now on."""
    import seaborn

    from helpers.showing.chart_font import NAME, glyphs

    glyphs()
    return {
        **seaborn.axes_style("whitegrid", {"axes.spines.top": False, "axes.spines.right": False}),
        "font.family": [NAME], "font.size": 10, "axes.titlesize": 12, "text.parse_math": False,
        "axes.unicode_minus": False, "svg.fonttype": "none", "hatch.linewidth": 0.8,
    }  # fmt: skip


@contextmanager
def _figure(number_: int | str, height: float) -> Iterator[Figure]:
    """An empty figure, to be drawn while the style of the charts holds."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({**_style(), "svg.hashsalt": f"figure-{number_}"}):
        yield Figure(figsize=(_WIDTH, height), layout="constrained")


def _svg(figure: Figure, number_: int | str, title: str) -> str:
    """The picture alone, to stand in a page: no prolog, no date, ids that no other figure has."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    from helpers.showing.chart_font import NAME, embedded

    buffer = io.StringIO()
    no_metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(buffer, metadata=no_metadata)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
    for reference in ('id="', "url(#", 'href="#'):
        svg = svg.replace(reference, f"{reference}figure{number_}-")
    own = f"figure{number_}"
    svg = svg.replace(f"'{NAME}'", f"'{own}', '{NAME}', 'Microsoft YaHei', 'PingFang SC', sans-serif")
    face = f"@font-face{{font-family:'{own}';src:url(data:font/otf;base64,{embedded(frozenset(svg))})}}"
    return svg.replace('<style type="text/css">', f'<style type="text/css">{face}', 1)


def _colours(count: int) -> list[tuple[float, ...]]:
    """Colours from dark to light, told apart in grey and by colour-blind people."""
    import seaborn

    scale = seaborn.color_palette("cividis", as_cmap=True)
    return [scale(0.12 + 0.76 * i / max(1, count - 1)) for i in range(count)]


def _bars(index: FactsIndex, plan: Bars, number_: int, title: str, lang: str) -> Chart:
    parts, unit = _compared(index, plan, lang)
    words, year = _WORDS[lang], index.year
    last = words["last"].format(year - 1) if year else words["last_year"]
    this = words["this"].format(year) if year else words["this_year"]
    colours = _colours(2)
    with _figure(number_, 3.6) as figure:
        axes = figure.subplots()
        series = ((last, [p.prior for p in parts], colours[1]), (this, [p.amount for p in parts], colours[0]))
        for offset, (label, amounts, colour) in zip((-0.18, 0.18), series, strict=True):
            places = [position + offset for position in range(len(parts))]
            bars = axes.bar(places, [float(amount) for amount in amounts], 0.32, label=label, color=colour)
            axes.bar_label(bars, [number(amount) for amount in amounts], padding=2)
        axes.set_title(_printable(title, 60))
        axes.set_xticks(range(len(parts)), [_printable(part.label, 24) for part in parts])
        axes.set_xlim(-0.6, len(parts) - 0.4)
        axes.set_ylabel(words["amount"].format(unit))
        axes.margins(y=0.12)
        axes.grid(visible=False, axis="x")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        svg = _svg(figure, number_, title)
    colon = {"zh": "：", "en": ": "}[lang]
    rows = [
        f"{part.label}{colon}{last} {number(part.prior)}{unit} → {this} {number(part.amount)}{unit}"
        for part in parts
    ]
    return Chart(title, tuple(rows), svg)


def _pie(index: FactsIndex, plan: Pie, number_: int, title: str, lang: str) -> Chart:
    parts, unit = _split(index, plan, lang)
    drawn = [part for part in parts if part.amount]
    total = sum((part.amount for part in drawn), Decimal(0))
    shares = [rounded(part.amount / total * 100, Decimal("0.01")) for part in drawn]
    figures = [f"{number(p.amount)}{unit} ({share}%)" for p, share in zip(drawn, shares, strict=True)]
    note = _note(index, plan, total, unit, lang)
    width = {"zh": 14, "en": 26}[lang]
    labels = [f"{_printable(part.label, width)}\n{said}" for part, said in zip(drawn, figures, strict=True)]
    sides = _sides([float(part.amount) for part in drawn], labels)
    reach = max(1.35, *(abs(height) + 0.5 for _, _, height in sides))
    with _figure(number_, 1.45 * reach + 1.3) as figure:
        axes = figure.subplots()
        _draw_pie(axes, [float(part.amount) for part in drawn], labels, sides)
        axes.set_xlim(-3, 3)
        axes.set_ylim(-reach, reach)
        axes.set_title(_printable(title, 60))
        axes.text(0, -reach, _printable(note, 60), ha="center", va="bottom")
        svg = _svg(figure, number_, title)
    colon = {"zh": "：", "en": ": "}[lang]
    rows = [f"{part.label}{colon}{said}" for part, said in zip(drawn, figures, strict=True)]
    return Chart(title, (*rows, note), svg)


def _note(index: FactsIndex, plan: Pie, total: Decimal, unit: str, lang: str) -> str:
    """The whole, or by how much the parts drawn miss it."""
    whole = _in_section(index.select(Selector(plan.whole)), plan.section)
    if whole is None or _in(unit, whole) == total:
        return f"{_WORDS[lang]['whole']} {number(total)}{unit}"
    return _WORDS[lang]["apart"].format(f"{number(total)}{unit}", f"{number(_in(unit, whole))}{unit}")


def _sides(amounts: list[float], labels: list[str]) -> list[tuple[float, int, float]]:
    """For each slice, clockwise from the top: its middle angle, the side of its label, and the label's height."""
    total, turned = sum(amounts), 0.0
    places: list[tuple[float, int, float]] = []
    for amount in amounts:
        angle = radians(90 - 360 * (turned + amount / 2) / total)
        turned += amount
        places.append((angle, 1 if cos(angle) >= -1e-9 else -1, 1.15 * sin(angle)))
    gap = 0.19 * (1 + max(label.count("\n") + 1 for label in labels))
    for side in (1, -1):
        order = sorted((i for i, place in enumerate(places) if place[1] == side), key=lambda i: -places[i][2])
        for above, below in pairwise(order):
            angle, _, height = places[below]
            places[below] = (angle, side, min(height, places[above][2] - gap))
        if order:  # what was pushed down is balanced about the middle
            excess = max(0.0, -places[order[-1]][2] - 1.15) / 2
            for i in order:
                places[i] = (places[i][0], side, places[i][2] + excess)
    return places


def _draw_pie(
    axes: Any, amounts: list[float], labels: list[str], places: list[tuple[float, int, float]]
) -> None:
    colours = _colours(len(amounts))
    edge = {"edgecolor": "white", "linewidth": 1.5}
    line = {"arrowstyle": "-", "color": "0.45", "shrinkA": 2, "shrinkB": 0}
    axes.pie(amounts, colors=colours, startangle=90, counterclock=False, radius=1, wedgeprops=edge)
    for label, (angle, side, height) in zip(labels, places, strict=True):
        axes.annotate(
            label,
            (cos(angle), sin(angle)),
            (side * 1.3, height),
            ha="left" if side > 0 else "right",
            va="center",
            linespacing=1.4,
            arrowprops={**line, "relpos": (0 if side > 0 else 1, 0.5)},
        )


# ------------------------------------------------------------------------------------------------- the annexes

_MOST_BARS = 40


@dataclass(frozen=True)
class Budget:
    """A project's budgets and execution in 万元; None where its table does not state one."""

    label: str
    amounts: tuple[Decimal | None, Decimal | None, Decimal | None]


@dataclass(frozen=True)
class Points:
    """An indicator's weight and score; `is_unsupported` where it was scored and its completion is blank."""

    label: str
    weight: Decimal
    score: Decimal | None
    is_unsupported: bool = False


def budget_chart(budgets: Sequence[Budget], lang: str) -> Chart | NoChart:
    """Opening, adjusted and executed budget of each project, beside each other."""
    words, unit = _WORDS[lang], "万元"
    title = words["budgets"]
    named = [budget for budget in budgets if any(amount is not None for amount in budget.amounts)]
    if not named:
        return NoChart(title, words["no_budgets"])
    drawn = _largest(named)
    series = ("opening", "adjusted", "executed")
    with _figure("budgets", 1.1 + 0.72 * len(drawn)) as figure:
        axes = figure.subplots()
        for place, (name, colour) in enumerate(zip(series, reversed(_colours(3)), strict=True)):
            stated = [(i, b.amounts[place]) for i, b in enumerate(drawn) if b.amounts[place] is not None]
            amounts = [amount for _, amount in stated if amount is not None]
            heights = [i + 0.27 * (place - 1) for i, _ in stated]
            bars = axes.barh(heights, [float(a) for a in amounts], 0.25, label=words[name], color=colour)
            axes.bar_label(bars, [number(amount) for amount in amounts], padding=3, fontsize=9)
        axes.set_title(_printable(title, 60))
        _label_rows(axes, [budget.label for budget in drawn], lang)
        axes.set_xlabel(words["amount"].format(unit))
        axes.margins(x=0.12)
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        svg = _svg(figure, "budgets", title)
    colon, blank = {"zh": "：", "en": ": "}[lang], {"zh": "未列", "en": "not stated"}[lang]
    rows = [
        budget.label
        + colon
        + " → ".join(
            f"{words[name]} {blank if amount is None else number(amount) + unit}"
            for name, amount in zip(series, budget.amounts, strict=True)
        )
        for budget in drawn
    ]
    left = [words["of"].format(len(drawn), len(named))] if len(drawn) < len(named) else []
    return Chart(title, (*rows, *left), svg)


def _largest(budgets: Sequence[Budget]) -> list[Budget]:
    """As many as can be drawn, those with the largest amount, in their own order."""
    sizes = [max(abs(amount or Decimal(0)) for amount in budget.amounts) for budget in budgets]
    order = sorted(range(len(budgets)), key=lambda i: (-sizes[i], i))
    return [budgets[i] for i in sorted(order[:_MOST_BARS])]


def points_chart(title: str, points: Sequence[Points], lang: str) -> Chart | NoChart:
    """The score of each indicator against its weight; what was lost, or lies above the weight, is hatched and named."""
    words = _WORDS[lang]
    drawn = list(points[:_MOST_BARS])
    if not drawn:
        return NoChart(title, words["no_points"])
    dark, pale = _colours(2)
    with _figure("points", 1.1 + 0.36 * len(drawn)) as figure:
        axes = figure.subplots()
        for kind, places in _kinds_of_points(drawn).items():
            looks: dict[str, dict[str, Any]] = {
                "score": {"color": dark},
                "unsupported": {"facecolor": pale, "edgecolor": dark, "hatch": "|||"},
                "lost": {"facecolor": "white", "edgecolor": "#b00020", "hatch": "////"},
                "over": {"facecolor": "white", "edgecolor": "#b00020", "hatch": "xxxx"},
                "unscored": {"facecolor": "white", "edgecolor": "0.45", "linestyle": "--"},
            }
            lefts, widths = [float(low) for _, low, _ in places], [float(wide) for *_, wide in places]
            axes.barh([i for i, *_ in places], widths, 0.62, lefts, label=words[kind], **looks[kind])
        for i, one in enumerate(drawn):
            end = max(one.weight, one.score or Decimal(0), Decimal(0))
            axes.annotate(_score_of(one, lang), (float(end), i), (4, 0), textcoords="offset points", va="center", fontsize=9)  # fmt: skip
        axes.set_title(_printable(title, 60))
        _label_rows(axes, [one.label for one in drawn], lang)
        axes.set_xlabel(words["points"])
        axes.margins(x=0.14)
        figure.legend(loc="outside lower center", ncols=4, frameon=False)
        svg = _svg(figure, "points", title)
    colon = {"zh": "：", "en": ": "}[lang]
    rows = [one.label + colon + _score_of(one, lang, in_full=True) for one in drawn]
    left = [words["first"].format(len(drawn), len(points))] if len(drawn) < len(points) else []
    return Chart(title, (*rows, *left), svg)


def _kinds_of_points(points: Sequence[Points]) -> dict[str, list[tuple[int, Decimal, Decimal]]]:
    """The bars of each kind that occurs: (row, where it begins, how wide it is)."""
    found: dict[str, list[tuple[int, Decimal, Decimal]]] = {}

    def add(kind: str, row: int, start: Decimal, end: Decimal) -> None:
        if end > start:
            found.setdefault(kind, []).append((row, start, end - start))

    for row, one in enumerate(points):
        if one.score is None:
            add("unscored", row, Decimal(0), one.weight)
            continue
        kind = "unsupported" if one.is_unsupported else "score"
        add(kind, row, Decimal(0), min(one.score, one.weight))
        add("lost", row, max(one.score, Decimal(0)), one.weight)
        add("over", row, max(one.weight, Decimal(0)), one.score)
    order = ("score", "unsupported", "lost", "over", "unscored")
    return {kind: found[kind] for kind in order if kind in found}


def _score_of(one: Points, lang: str, in_full: bool = False) -> str:
    """A score against its weight, and what was lost."""
    words = _WORDS[lang]
    if one.score is None:
        return f"– / {number(one.weight)} ({words['unscored']})"
    said = f"{number(one.score)} / {number(one.weight)}"
    if one.score != one.weight:
        said += f" ({'+' if one.score > one.weight else '−'}{number(abs(one.score - one.weight))})"
    return f"{said} {words['unsupported']}" if in_full and one.is_unsupported else said


def _label_rows(axes: Any, labels: Sequence[str], lang: str) -> None:
    """Names of the rows of a bar chart, the first on top."""
    axes.set_yticks(range(len(labels)), [_printable(label, {"zh": 13, "en": 24}[lang]) for label in labels])
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.grid(visible=False, axis="y")
