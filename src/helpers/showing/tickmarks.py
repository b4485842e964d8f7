"""Tickmarks: what was done with a figure, in one sign."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from markupsafe import Markup, escape

from helpers.checking.kinds import Outcome
from helpers.checking.result import Result


class Tickmark(Enum):
    """A sign beside a figure: glyph, and what it says in zh and en."""

    FOOTED = ("∧", "纵加核对相符", "Footed: the items add up to the total")
    CROSS_FOOTED = ("<", "横加核对相符", "Cross-footed: the row adds up")
    TIED = ("✓", "与他处数字核对一致", "Tied to the same figure elsewhere")
    RECOMPUTED = ("R", "重新计算相符", "Recomputed from its operands")
    AGREED = ("=", "核对一致（方向、合理性、披露、科目、文字）", "Agreed: direction, reasonableness, disclosure, classification or wording")  # fmt: skip
    WITHIN_ROUNDING = ("≈", "舍入范围内相符", "Agrees within rounding")
    NOTED = ("※", "分析性提示，不是差错", "Noted in analysis: a question, not an error")
    EXCEPTION = ("✗", "不符", "Exception: does not agree")
    NOT_TESTED = ("○", "未核对", "Not tested")

    def __init__(self, glyph: str, zh: str, en: str) -> None:
        self.glyph = glyph
        self.label = {"zh": zh, "en": en}

    @property
    def css(self) -> str:
        """The class of its element on a page."""
        return f"tick-{self.name.lower().replace('_', '-')}"

    def span(self, lang: str, about: str = "") -> Markup:
        """The mark as HTML; its tooltip says which checks it is `about`, else what it means."""
        title = escape(about or self.label[lang])
        return Markup(f'<b class="{self.css}" title="{title}">{escape(self.glyph)}</b>')


_PASSED = {
    "foot": Tickmark.FOOTED,
    "crossfoot": Tickmark.CROSS_FOOTED,
    "roll_forward": Tickmark.FOOTED,
    "tie_out": Tickmark.TIED,
    "recompute": Tickmark.RECOMPUTED,
}


def tickmark(result: Result) -> Tickmark:
    """The one mark of a result: of its outcome, and where it ties, of the procedure."""
    if result.outcome is Outcome.NOT_TESTED:
        return Tickmark.NOT_TESTED
    if result.outcome is Outcome.EXCEPTION:
        return Tickmark.NOTED if result.rule.public_kind == "analytical" else Tickmark.EXCEPTION
    if result.outcome is Outcome.TIES_WITHIN_ROUNDING:
        return Tickmark.WITHIN_ROUNDING
    return _PASSED.get(result.rule.public_kind, Tickmark.AGREED)


def _precedence(mark: Tickmark) -> int:
    """Exceptions before notes, before ties, before what was not tested."""
    return {Tickmark.EXCEPTION: 0, Tickmark.NOTED: 1, Tickmark.NOT_TESTED: 3}.get(mark, 2)


def urgency(result: Result) -> int:
    """Where a result stands among those of a figure: exceptions first, what was not tested last."""
    return _precedence(tickmark(result))


def leading_mark(results: Iterable[Result]) -> Tickmark:
    """The one mark of a figure that stands in these results: what was found first, then the procedures that it passed."""
    return leading_of(tickmark(result) for result in results)


def leading_of(marks: Iterable[Tickmark]) -> Tickmark:
    """The one mark that stands for these: what was found first, then the procedures passed in the order of the legend."""
    found = set(marks)
    return min((mark for mark in Tickmark if mark in found), key=_precedence, default=Tickmark.NOT_TESTED)


def legend(lang: str) -> tuple[tuple[Tickmark, str], ...]:
    """Every mark with what it says, in the order of the enum."""
    return tuple((mark, mark.label[lang]) for mark in Tickmark)


def marks_of(results: Iterable[Result]) -> dict[Tickmark, tuple[str, ...]]:
    """The distinct marks of results in the order of the legend, each with the ids of the rules behind it."""
    rules: dict[Tickmark, dict[str, None]] = {}
    for result in results:
        rules.setdefault(tickmark(result), {})[result.rule.id] = None
    return {mark: tuple(rules[mark]) for mark in Tickmark if mark in rules}
