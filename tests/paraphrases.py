"""Frames of sentences × the wordings of provinces: what each says, so that every figure can be held against its reading.

A frame has slots in braces.  `Said` is the subject as the reader names it (a concept, or the words of an open subject),
the measure and the figure.  Wordings are invented from the forms of many provinces; no report's sentence stands here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

Said = tuple[str, str, str]

SUBJECTS = (
    ("公务接待费", "three_public.reception"),
    ("公务接待支出", "three_public.reception"),
    ("公务用车购置及运行维护费", "three_public.vehicles"),
    ("公车购置及运行费", "three_public.vehicles"),
    ("公务用车运行费", "three_public.vehicles.running"),
    ("因公出国（境）经费", "three_public.abroad"),
    ("机关运行经费", "operating_cost"),
    ("会议费", "meeting"),
    ("上级补助收入", "income.superior"),
    ("村级运转经费", "村级运转经费"),
    ("拆迁补偿款", "拆迁补偿款"),
    ("公务船艇维修费用", "公务船艇维修费用"),
    ("债务还本支出", "债务还本支出"),
)
AGAINST = (
    "比上年",
    "较上年",
    "与上年相比，",
    "同比",
    "比2022年",
    "较2022年度决算数",
    "与去年相比，",
    "比上年决算数",
    "较上年同期",
)
DOWN = ("减少", "下降", "降低", "压减", "减少了", "缩减")
UP = ("增加", "增长", "上升", "增加了", "提高")
IS = ("", "为", "共计", "共", "合计", "是", "总额为")
BUDGET = ("年初预算", "年初预算数为", "预算为", "预算数", "预算安排")
FINISHED = ("完成预算的", "完成年初预算的", "预算完成率为", "为年初预算的", "占年初预算的", "预算执行率")
SHARE = ("占", "占比", "占比为", "占总支出的", "占本年支出合计的", "占比例为")
NAMELESS = ("，主要原因是厉行节约", "，主要是业务增加", "，原因是人员变动", "")


@dataclass(frozen=True)
class Sentence:
    """A sentence with all that it says."""

    frame: int
    text: str
    said: tuple[Said, ...]


# (frame, what each figure says: subject s or t, measure, figure); the slots are filled from the tuples above.
FRAMES: tuple[tuple[str, tuple[Said, ...]], ...] = (
    ("2023年{s}{is}20万元。", (("s", "amount", "20"),)),
    ("2023年度{s}决算{is}20万元。", (("s", "amount", "20"),)),
    ("{s}20万元，{vs}{down}5万元，{down}20%。", (("s", "amount", "20"), ("s", "change", "-5"), ("s", "growth", "-20"))),
    ("{s}20万元，{vs}{up}4万元，{up}25%{why}。", (("s", "amount", "20"), ("s", "change", "4"), ("s", "growth", "25"))),
    ("{s}20万元，{vs}{down}20%。", (("s", "amount", "20"), ("s", "growth", "-20"))),
    ("{s}20万元，{vs}{up}4万元（{up}25%）。", (("s", "amount", "20"), ("s", "change", "4"), ("s", "growth", "25"))),
    ("{s}{is}20万元，{vs}{down}5万元{why}。", (("s", "amount", "20"), ("s", "change", "-5"))),
    ("{s}{vs}{down}5万元，{down}20%。", (("s", "change", "-5"), ("s", "growth", "-20"))),
    ("{vs}{s}{down}5万元。", (("s", "change", "-5"),)),
    ("{s}{budget}25万元，支出决算20万元，{done}80%。", (("s", "budget", "25"), ("s", "amount", "20"), ("s", "completion", "80"))),
    ("{s}支出预算为25万元，决算数为20万元。", (("s", "budget", "25"), ("s", "amount", "20"))),
    ("{s}支出决算为20万元，{done}80%{why}。", (("s", "amount", "20"), ("s", "completion", "80"))),
    ("{s}20万元，{share}40%。", (("s", "amount", "20"), ("s", "share", "40"))),
    ("{s}20万元，{share}40%；{t}30万元，{share}60%。", (("s", "amount", "20"), ("s", "share", "40"), ("t", "amount", "30"), ("t", "share", "60"))),
    ("其中：{s}20万元，{t}30万元。", (("s", "amount", "20"), ("t", "amount", "30"))),
    ("其中，{s}20万元、{t}30万元。", (("s", "amount", "20"), ("t", "amount", "30"))),
    ("{s}20万元（其中：{t}12万元），{vs}{down}5万元。", (("s", "amount", "20"), ("t", "amount", "12"), ("s", "change", "-5"))),
    ("{s}20万元（{t}12万元），{vs}{up}25%。", (("s", "amount", "20"), ("t", "amount", "12"), ("s", "growth", "25"))),
    ("{s}20万元，{vs}{down}5万元；{t}30万元，{vs}{up}6万元，{up}25%。", (("s", "amount", "20"), ("s", "change", "-5"), ("t", "amount", "30"), ("t", "change", "6"), ("t", "growth", "25"))),
    ("{s}20万元，其中：{t}12万元，{vs}{up}2万元。", (("s", "amount", "20"), ("t", "amount", "12"), ("t", "change", "2"))),
    ("{s}20万元，比预算减少5万元，{vs}{down}1万元。", (("s", "amount", "20"), ("s", "budget_change", "-5"), ("s", "change", "-1"))),
    ("{s}20万元，比年初预算节约5万元，{vs}{down}1万元。", (("s", "amount", "20"), ("s", "budget_change", "-5"), ("s", "change", "-1"))),
    ("{s}20万元，较预算数增加5万元，增长33.33%。", (("s", "amount", "20"), ("s", "budget_change", "5"), ("s", "budget_growth", "33.33"))),
    ("{s}20万元，比预算{down}5万元，主要原因是厉行节约，{vs}{down}1万元。", (("s", "amount", "20"), ("s", "budget_change", "-5"), ("s", "change", "-1"))),
    ("{s}由16万元增加到20万元，增长25%。", (("s", "prior", "16"), ("s", "amount", "20"), ("s", "growth", "25"))),
    ("{s}从16万元增加至20万元。", (("s", "prior", "16"), ("s", "amount", "20"))),
    ("2022年{s}16万元，2023年20万元。", (("s", "prior", "16"), ("s", "amount", "20"))),
    ("2023年{s}20万元，2022年为16万元，增加4万元。", (("s", "amount", "20"), ("s", "prior", "16"), ("s", "change", "4"))),
    ("2023年{s}20万元，比2022年{s}16万元增加4万元。", (("s", "amount", "20"), ("s", "prior", "16"), ("s", "change", "4"))),
    ("2022年度{s}16万元，其中：{t}12万元。", (("s", "prior", "16"), ("t", "prior", "12"))),
    ("本年度{s}20万元，上年为16万元。", (("s", "amount", "20"), ("s", "prior", "16"))),
    ("我局{s}{is}20万元。", (("s", "amount", "20"),)),
    ("全年{s}{is}20万元{why}。", (("s", "amount", "20"),)),
    ("{s}支出20万元，{vs}持平；{t}支出30万元。", (("s", "amount", "20"), ("s", "direction", "0"), ("t", "amount", "30"))),
    ("{s}支出决算20万元，与预算持平。", (("s", "amount", "20"), ("s", "budget_direction", "0"))),
    ("{s}支出20万元，与2023年度预算相比无变化。", (("s", "amount", "20"), ("s", "budget_direction", "0"))),
    ("{s}支出决算比去年无增减变化，{t}支出决算30万元。", (("s", "direction", "0"), ("t", "amount", "30"))),
    ("{s}支出决算20万元，决算数小于预算数{why}。", (("s", "amount", "20"), ("s", "budget_direction", "-1"))),
    ("1.{s}20万元。2.{t}30万元。", (("s", "amount", "20"), ("t", "amount", "30"))),
    ("（1）{s}：20万元，{vs}{up}4万元。", (("s", "amount", "20"), ("s", "change", "4"))),
    ("{s}决算数20万元，{vs}{up}25%；{t}决算数30万元，{vs}{down}40%。", (("s", "amount", "20"), ("s", "growth", "25"), ("t", "amount", "30"), ("t", "growth", "-40"))),
    ("2023年，{s}实际支出20万元，{vs}有所减少，{down}5万元。", (("s", "amount", "20"), ("s", "change", "-5"))),
    ("{s}20万元，{vs}{down}5万元，降幅20%。", (("s", "amount", "20"), ("s", "change", "-5"), ("s", "growth", "-20"))),
    ("{s}20万元，{vs}{up}4万元，增幅25%。", (("s", "amount", "20"), ("s", "change", "4"), ("s", "growth", "25"))),
)  # fmt: skip


def sentences() -> Iterator[Sentence]:
    """Each frame with each subject, and each wording of each of its slots at least once."""
    slots = {"is": IS, "vs": AGAINST, "down": DOWN, "up": UP, "budget": BUDGET, "done": FINISHED, "share": SHARE, "why": NAMELESS}  # fmt: skip
    for number, (frame, said) in enumerate(FRAMES):
        most = max([len(words) for slot, words in slots.items() if f"{{{slot}}}" in frame], default=1)
        for at, turn in product(range(len(SUBJECTS)), range(most)):
            words = {slot: choice[(turn + at) % len(choice)] for slot, choice in slots.items()}
            (one, first), (other, second) = SUBJECTS[at], SUBJECTS[(at + 4) % len(SUBJECTS)]
            named = {"s": first, "t": second}
            yield Sentence(
                number,
                frame.format(s=one, t=other, **words),
                tuple((named[subject], measure, figure) for subject, measure, figure in said),
            )
