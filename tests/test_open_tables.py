"""Tables of no declared form: what their heads and stubs say of each figure, turned, in levels, and as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.checking import check
from helpers.checking.kinds import Outcome
from helpers.checking.rules import load_rules
from helpers.facts.extract import Extract, extract
from helpers.facts.forms import labels
from helpers.facts.forms.labels import said
from helpers.findings.finding import find
from helpers.reading.text import parse
from real_reports import REPORTS, audit_of
from tables_generator import tabled

RULES = [rule for rule in load_rules() if rule.kind == "open_table"]
TURNED = """2023年度某某局支出情况
单位：万元
| 年度 | 合计 | 差旅费 | 车辆费用 <2 |
| | | | 购置 | 运行 |
| 行次 | 1 | 2 | 3 | 4 |
| 2022年 | 9.00 | 2.00 | 3.00 | 4.00 |
| 2023年 | 9.50 | 2.50 | 3.00 | 4.00 |
| 2023年比2022年增减% | 5.56 | 25.00 | 0 | - |
"""


def told(found: Extract) -> list[tuple[object, ...]]:
    return [
        (one.reading.printed, one.reading.unit, one.said.measure, one.said.years, "/".join(one.said.subject))
        for table in found.open_tables
        for one in table.cells
    ]


def test_figures_of_a_turned_table_have_year_measure_and_subject() -> None:
    assert told(extract(tabled(TURNED))) == [
        ("9.00", "万元", "amount", ("2022",), "合计"),
        ("2.00", "万元", "amount", ("2022",), "差旅费"),
        ("3.00", "万元", "amount", ("2022",), "车辆费用/购置"),
        ("4.00", "万元", "amount", ("2022",), "车辆费用/运行"),
        ("9.50", "万元", "amount", ("2023",), "合计"),
        ("2.50", "万元", "amount", ("2023",), "差旅费"),
        ("3.00", "万元", "amount", ("2023",), "车辆费用/购置"),
        ("4.00", "万元", "amount", ("2023",), "车辆费用/运行"),
        ("5.56", "%", "growth", ("2023", "2022"), "合计"),
        ("25.00", "%", "growth", ("2023", "2022"), "差旅费"),
        ("0", "%", "growth", ("2023", "2022"), "车辆费用/购置"),
    ]


def test_rows_of_a_text_are_read_as_the_table_is() -> None:
    lines = TURNED.replace("车辆费用 <2", "车辆费用 | ").split("\n")
    rows = ["\t".join(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:-1]]
    assert told(extract(parse("\n".join([*lines[:2], *rows, ""])))) == told(extract(tabled(TURNED)))


def test_figures_of_an_open_table_are_numerals_that_are_read() -> None:
    found = extract(tabled(TURNED))
    assert [numeral.text for numeral in found.numerals if not numeral.facts] == []
    assert len(found.numerals) == 11


@pytest.mark.parametrize(
    ("words", "measure", "years", "subject"),
    [
        (("2022年度决算数", "差旅费"), "amount", ("2022",), ("差旅费",)),
        (("差旅费", "上年决算数"), "amount", ("2022",), ("差旅费",)),
        (("差旅费", "年初预算数"), "opening", (), ("差旅费",)),
        (("差旅费", "全年预算数"), "adjusted", (), ("差旅费",)),
        (("差旅费", "完成预算%"), "completion", (), ("差旅费",)),
        (("差旅费", "占比"), "share", (), ("差旅费",)),
        (("差旅费", "比上年增减额"), "change", ("2023", "2022"), ("差旅费",)),
        (("差旅费", "支出减少率"), "growth", (), ("差旅费",)),
    ],
)
def test_labels_say_year_measure_and_subject(
    words: tuple[str, ...], measure: str, years: tuple[str, ...], subject: tuple[str, ...]
) -> None:
    found = said(words, "2023")
    assert (found.measure, found.years, found.subject) == (measure, years, subject)


@pytest.fixture
def province(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The words of heads, and one more."""
    (tmp_path / "taxonomy").mkdir()
    content = (labels.data_folder() / "taxonomy" / "heads.yaml").read_text("utf-8")
    added = "- {measure: change, words: '涨跌', of: either}\n"
    (tmp_path / "taxonomy" / "heads.yaml").write_text(added + content, "utf-8")
    monkeypatch.setattr(labels, "data_folder", lambda: tmp_path)
    cached = (labels.head_words, labels.is_plain, labels._word)
    for one in cached:
        one.cache_clear()
    yield
    for one in cached:
        one.cache_clear()


RISE = (
    "2023年度某某局支出情况\n单位：万元\n| 项目 | 2022年 | 2023年 | 涨跌 |\n| 差旅费 | 2.00 | 3.00 | 1.20 |\n"
)


def test_word_that_no_entry_has_says_no_measure() -> None:
    assert told(extract(tabled(RISE)))[2] == ("1.20", "万元", "amount", (), "涨跌/差旅费")


@pytest.mark.usefixtures("province")
def test_word_of_another_province_is_an_entry_of_data() -> None:
    document = tabled(RISE)
    extracted = extract(document)
    assert told(extracted)[2] == ("1.20", "万元", "change", (), "差旅费")
    [finding] = find(check(document, extracted, RULES), extracted.facts)
    assert finding.expected["zh"] == "1.00万元"


def test_a_growth_that_does_not_follow_is_found_where_it_stands() -> None:
    found = audit_of(REPORTS / "fragments" / "zhejiang-qujiang-2016.html")
    [growth] = [f for f in found.findings if f.result.rule.id == "TAB-15" and "-47.95" in f.reported["zh"]]
    assert growth.expected["zh"] == "-49.32%"
    assert growth.evidence[0].quote.endswith("-47.95")


def test_tables_of_real_fragments_have_no_wrong_total() -> None:
    for name in ("chongqing-yuzhong-2020", "guangdong-procurement-centre-2015", "zhejiang-qujiang-2016"):
        found = audit_of(REPORTS / "fragments" / f"{name}.html")
        totals = [r for r in found.results if r.rule.id == "TAB-14"]
        assert totals
        assert all(result.outcome is Outcome.TIES for result in totals)


def test_a_consistent_table_has_no_finding() -> None:
    document = tabled(TURNED)
    extracted = extract(document)
    assert find(check(document, extracted, RULES), extracted.facts) == ()
