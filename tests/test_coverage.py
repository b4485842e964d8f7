"""Every numeral of a report is a numeral of its audit, read or not, and says why it was not read or not tested."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from annex_generator import annexed_reports
from generator import FORMS, Report, reports
from helpers import Audit, audit
from helpers.facts.extract import extract
from helpers.reading.document import Document
from helpers.reading.html import read as read_html
from helpers.reading.text import parse
from plain_count import plain_count
from real_reports import ANJU, BAD, GOOD, REPORTS, audit_of
from tables_generator import Printer, document, drawn

REAL = (ANJU, BAD, GOOD, *sorted(path for path in (REPORTS / "fragments").iterdir() if path.suffix != ".md"))
DRAWN = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
    max_examples=8,
)


def numerals(found: Document) -> int:
    return len(extract(found).numerals)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_numerals_of_a_real_report_are_those_of_a_plain_count(path: Path) -> None:
    found = audit_of(path)
    assert len(found.numerals) == plain_count(found.document) > 0


@pytest.mark.parametrize("form", FORMS)
def test_numerals_of_a_generated_report_are_those_of_a_plain_count(form: str) -> None:
    @DRAWN
    @given(reports((form,)))
    def run(report: Report) -> None:
        found = parse(report.text)
        assert numerals(found) == plain_count(found) > 0

    run()


def test_numerals_of_generated_annexes_are_those_of_a_plain_count() -> None:
    @DRAWN
    @given(annexed_reports())
    def run(report: Any) -> None:
        found = parse(report.text)
        assert numerals(found) == plain_count(found) > 0

    run()


@pytest.mark.parametrize("seed", range(700, 708))
def test_numerals_of_generated_tables_are_those_of_a_plain_count(seed: int) -> None:
    found = document(Printer(*drawn(seed)).all(sichuan=seed % 2 == 0)).document
    assert numerals(found) == plain_count(found) > 0


def page_of(*rows: str) -> str:
    return f"<!doctype html><meta charset=utf-8><p>某某局2023年度部门决算</p><p>2023年度收入总计10万元。</p><table>{''.join(rows)}</table>"


@pytest.fixture
def audited(tmp_path: Path) -> Callable[[str, str], Audit]:
    def run(name: str, text: str) -> Audit:
        (tmp_path / name).write_text(text, "utf-8")
        return audit(tmp_path / name)

    return run


def test_cells_of_any_table_are_numerals_and_years_codes_and_ordinals_are_none() -> None:
    found = extract(
        read_html(
            page_of(
                "<tr><td>序号</td><td>年份</td><td>科目编码</td><td>面积</td><td>说明</td></tr>",
                "<tr><td>1</td><td>2019</td><td>2010301</td><td>37</td><td>共3处，12.5元</td></tr>",
                "<tr><td>2</td><td>2020</td><td>30101</td><td>0.00</td><td>—</td></tr>",
            ).encode(),
            "report.html",
        )
    )
    assert sorted(numeral.text for numeral in found.numerals) == ["0.00", "10", "12.5", "3", "37"]


def test_figures_do_not_join_over_a_tab() -> None:
    found = extract(parse("2023年度决算\n本年收入 49.9\t7.69\t-3万元。\n"))
    assert [numeral.text for numeral in found.numerals] == ["49.9", "7.69", "-3"]


def test_figures_of_headings_are_numerals() -> None:
    found = extract(parse("2023年度部门决算\n一、保有车辆3辆情况\n收入总计10万元。\n"))
    assert sorted(numeral.text for numeral in found.numerals) == ["10", "3"]


def test_numeral_says_why_it_was_not_read_or_not_tested(audited: Callable[[str, str], Audit]) -> None:
    found = audited("report.txt", "某某局2023年度部门决算\n2023年度收入总计10万元。铺设管道37.5公里。\n")
    got = {n["text"]: (n["fact"] is None, n.get("reason")) for n in json.loads(found.to_json())["numerals"]}
    assert got["37.5"] == (True, "没有读出这个数字指什么：铺设管道")
    assert got["10"][0] is False and got["10"][1]


def test_numeral_that_was_checked_gives_no_reason() -> None:
    for numeral in json.loads(audit_of(GOOD).to_json())["numerals"]:
        reached = any(mark["outcome"] != "not_tested" for mark in numeral["tickmarks"])
        assert reached is ("reason" not in numeral)
