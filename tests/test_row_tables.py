"""Tables in text whose rows are lines: the same figures and findings as of any other file, and no table that is none."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from helpers.checking import check
from helpers.checking.rules import load_rules
from helpers.facts.extract import extract
from helpers.findings.finding import find
from helpers.reading.document import Document
from helpers.reading.text import parse
from tables_generator import Grid, Printer, as_text, document, drawn

RULES = [rule for rule in load_rules() if rule.kind in ("published", "open_table")]
HOW = ("tabs", "pipes", "blanks")


def grids(seed: int) -> list[Grid]:
    return Printer(*drawn(seed)).all(sichuan=seed % 2 == 0)


def stated(found: Document) -> Counter[object]:
    facts = extract(found).facts
    return Counter(
        (fact.concept, fact.measure, fact.value, fact.dimensions)
        for fact in facts
        if fact.dimension("table") and fact.value is not None
    )


def said(found: Document) -> Counter[object]:
    extracted = extract(found)
    findings = find(check(found, extracted, RULES), extracted.facts)
    return Counter((f.result.rule.id, f.reported["zh"], f.expected["zh"]) for f in findings)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("seed", range(4))
def test_rows_of_a_text_state_what_a_table_states(seed: int, how: str) -> None:
    made = grids(seed)
    assert stated(parse(as_text(made, how))) == stated(document(made).document)


@pytest.mark.parametrize("how", HOW)
def test_findings_of_a_text_are_those_of_a_table(how: str) -> None:
    made = grids(1)
    total = next((row, n) for row in made[1].rows for n, cell in enumerate(row) if cell.want)
    total[0][total[1]] = replace(total[0][total[1]], text="3.33")
    found = said(document(made).document)
    assert found
    assert said(parse(as_text(made, how))) == found


def tables(*lines: str) -> list[list[list[str]]]:
    return [[[cell.raw for cell in row] for row in t.rows] for t in parse("\n".join(lines)).tables]


def test_head_over_several_columns_is_followed_by_blanks() -> None:
    [table] = parse("\t收入\t\n项目\t预算\t决算\n合计\t1.00\t2.00\n").tables
    assert table.spans == (((0, 1), (1, 3)), ((0, 1), (1, 2), (2, 3)), ((0, 1), (1, 2), (2, 3)))


def test_spread_letters_of_a_word_are_one_cell() -> None:
    assert tables(
        "项　　目    决算数    占比", "工　资    1.50    30.00%", "合　　计    5.00    100.00%"
    ) == [[["项　　目", "决算数", "占比"], ["工　资", "1.50", "30.00%"], ["合　　计", "5.00", "100.00%"]]]


@pytest.mark.parametrize(
    "lines",
    [
        ["第一部分 概况\t1", "一、主要职责\t1", "二、机构设置\t2", "第二部分 决算表\t3"],
        ["单位负责人：张某\t财务负责人：李某\t填表人：王某", "联系电话：无\t报送日期：无\t盖章"],
        ["单位负责人：张某    财务负责人：李某", "填表人：王某    复核人：赵某", "日期：12    页：3"],
        ["某某局    2023年度", "本部门　　共有编制12名，实有10人。", "其中　　行政编制8名。"],
        ["项目\t数量", "本部门按规定编制预算。\t依法公开。"],
    ],
    ids=["contents", "signatures", "signatures apart", "prose", "words"],
)
def test_lines_that_are_no_table(lines: list[str]) -> None:
    assert tables(*lines) == []
