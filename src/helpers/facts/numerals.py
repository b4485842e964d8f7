"""Every printed figure of a text, apart from years, dates, list markers, labels and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

_NUMBER = re.compile(r"(?<![\dA-Za-z.])(-?)((?:\d{1,3}(?:，\d{3})+(?![\d])|\d+)(?:\.\d+)?)(?![\dA-Za-z])")
_UNITS = (
    "台(套)", "个百分点", "平方米", "万元", "亿元", "千元", "批次", "人次", "万份", "元", "万", "%", "‰", "个", "辆", "台",
    "套", "次", "批", "人", "名", "项", "家", "件", "分", "份", "户", "期", "场", "条", "起", "倍", "枚", "天", "部", "张", "宗", "团组",
)  # fmt: skip
_UNIT = re.compile("|".join(re.escape(unit) for unit in _UNITS))
UNIT_NAMES = {"万": "万元", "台": "台（套）", "套": "台（套）", "台(套)": "台（套）", "批": "批次"}
_LABEL_BEFORE = re.compile(r"(?:图|附?表|附件|第|image|〔|财预|楼)$")
_LABEL_AFTER = re.compile(
    r"^(?:年|月|日|号|时许|楼|层|[-—~至]\d+(?:年|月|日|层|号)|(?:万元|元)(?:\(含\))?以[上下])"
)
_RANGE_BEFORE = re.compile(r"\d[-—~至]$")
_CODE = re.compile(r"2\d{2}(?:\d{2}){0,2}")
_ECONOMIC_CODE = re.compile(r"3[01]\d(?:\d{2})?")
_MARKER = re.compile(r"(?:^|(?<=[。；：]))\(?(\d{1,2})(?:[.．、)](?!\d)|(?=[\u4e00-\u9fff（(]))")
_JOINT = re.compile(r"^[，、和及与](-?[\d，]+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Figure:
    """A printed number in a folded text: span of the digits, span with its unit, value and unit.

    `unit` is "" where none is printed; `decimals` counts the printed digits after the point.
    """

    start: int
    end: int
    end_with_unit: int
    value: Decimal
    unit: str
    decimals: int


def figures(folded: str, gaps: Sequence[int] = ()) -> Iterator[Figure]:
    """The figures of a folded text, in order; none goes over one of the `gaps` in it, see `Text.gaps`."""
    if not gaps:
        yield from _figures(folded)
        return
    start = 0
    for end in (*gaps, len(folded)):
        for one in _figures(folded[start:end]):
            one = replace(
                one, start=one.start + start, end=one.end + start, end_with_unit=one.end_with_unit + start
            )
            # A percent sign is of the number before it: nothing begins with one.
            is_rate = one.end == end and folded.startswith("%", end)
            yield replace(one, end_with_unit=end + 1, unit="%") if is_rate else one
        start = end


def _figures(folded: str) -> Iterator[Figure]:
    markers = {match.start(1) for match in _MARKER.finditer(folded) if _is_marker(folded, match)}
    for match in _NUMBER.finditer(folded):
        start, end = match.span(2)
        before, after = folded[max(0, start - 6) : start], folded[end : end + 12]
        if start in markers or _is_label(match.group(2), before, after):
            continue
        negative = match.group(1) == "-" and not before[:-1].endswith(tuple("0123456789年月日"))
        plain = match.group(2).replace("，", "")
        unit = _UNIT.match(folded, end)
        name, unit_end = (unit.group(), unit.end()) if unit else ("", end)
        if not unit:
            joint = _JOINT.match(after)
            following = _UNIT.match(folded, end + joint.end()) if joint else None
            name = following.group() if following else ""
        yield Figure(
            start - negative,
            end,
            unit_end,
            Decimal(f"-{plain}" if negative else plain),
            UNIT_NAMES.get(name, name),
            len(plain.partition(".")[2]),
        )


def _is_marker(folded: str, match: re.Match[str]) -> bool:
    if match.group().endswith((".", "．", "、", ")")):
        return True
    # 1办事大厅运转运行费: a marker that lost its point; 3个项目 is a figure.
    return match.start() == 0 and not _UNIT.match(folded, match.end(1))


def _is_label(digits: str, before: str, after: str) -> bool:
    plain = digits.replace("，", "")
    if re.fullmatch(r"(?:19|20)\d\d", plain) and (
        after[:1] in tuple("年-—)") or before.endswith(("(", "-", "—"))
    ):
        return True
    return bool(
        _LABEL_AFTER.match(after)
        or _LABEL_BEFORE.search(before)
        or _RANGE_BEFORE.search(before)
        or len(plain) > 15
        # The code of a subject beside its name: 2080505机关事业单位基本养老保险缴费支出, 行政运行(2010301).
        or (_CODE.fullmatch(plain) and before.endswith("(") and after.startswith(")"))
        or (_ECONOMIC_CODE.fullmatch(plain) and before.endswith("(") and after.startswith(")"))
        or (_CODE.fullmatch(plain) and re.match(r"[-—]?[\u4e00-\u9fff]{3}", after) and not _UNIT.match(after))
        or (_CODE.fullmatch(plain) and re.match(r"[-—][\u4e00-\u9fff]{2}", after))
    )
