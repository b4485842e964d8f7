"""A report against last year's and against the budget: what agrees, what does not, and what other files may be."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given

from audits import ANJU
from generator import FORMS, Report, decimals, two_years, with_error
from helpers import ReportError, audit, cli
from helpers.audit import Audit
from helpers.checking import check
from helpers.checking.kinds import Outcome
from helpers.checking.result import Result
from helpers.checking.rules import load_rules
from helpers.facts import compared
from helpers.facts.compared import is_same_entity, other_extract
from helpers.facts.extract import Extract, extract
from helpers.reading.document import Document
from helpers.reading.text import parse
from helpers.running import report as running
from real_reports import audit_of
from test_generated import FIXED

RULES = [rule for rule in load_rules() if rule.kind in ("agree_prior_year", "agree_budget")]
PRI = [rule for rule in RULES if rule.kind == "agree_prior_year"]

NOW = """云岭县司法局2023年度部门决算
一、收入支出决算总体情况说明
2023年度收、支总计均为1100万元。与2022年度相比，收、支总计各增加100万元，增长10%。
七、财政拨款“三公”经费支出决算情况说明
2023年度“三公”经费财政拨款支出年初预算为3万元，支出决算为2万元，比2022年度减少0.5万元，下降20%。
十、其他重要事项的情况说明
2023年度，云岭县司法局机关运行经费支出80万元，比2022年度增加5万元，增长6.67%。
"""
LAST = """云岭县司法局2022年度部门决算
一、收入支出决算总体情况说明
2022年度收、支总计均为1000万元。
七、财政拨款“三公”经费支出决算情况说明
2022年度“三公”经费财政拨款支出决算为2.5万元。
十、其他重要事项的情况说明
2022年度，云岭县司法局机关运行经费支出75万元。
"""
BUDGET = """云岭县司法局2023年部门预算
第二部分 2023年部门预算情况说明
三、“三公”经费财政拨款预算安排情况说明
2023年“三公”经费财政拨款预算数3万元，比2022年预算减少1万元。
"""


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder with this year's report in it, and what it is held against in folders of their own."""
    for name, text in {"now.txt": NOW, "last/last.txt": LAST, "plan/plan.txt": BUDGET}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def of_years(done: Audit) -> list[Result]:
    return [result for result in done.results if result.rule in RULES]


def came_to(done: Audit) -> list[tuple[str, str, str]]:
    """(rule, context, outcome) of what was held against another report and came to something."""
    return [
        (result.rule.id, result.context, result.outcome.value)
        for result in of_years(done)
        if result.outcome is not Outcome.NOT_TESTED
    ]


AGREED = [
    ("PRI-01", "income.total/change", "ties"),
    ("PRI-01", "expenditure.total/change", "ties"),
    ("PRI-08", "three_public/change", "ties"),
    ("PRI-10", "operating_cost/change", "ties"),
]


# ------------------------------------------------------------------------------------------ two years
@lru_cache(maxsize=1)
def read_now(text: str) -> tuple[Document, Extract]:
    """This year's report, which is held against one last year's after the other."""
    document = parse(text)
    return document, extract(document)


def held(last: str, now: str) -> tuple[Result, ...]:
    return check(*read_now(now), PRI, {"prior": other_extract(parse(last), "prior")})


@pytest.mark.parametrize("form", FORMS)
def test_two_years_that_agree_have_no_exception(form: str) -> None:
    outcomes: Counter[Outcome] = Counter()

    @FIXED
    @given(two_years((form,)))
    def run(drawn: tuple[Report, Report]) -> None:
        last, now = drawn
        results = held(last.text, now.text)
        wrong = [r for r in results if r.outcome is Outcome.EXCEPTION]
        assert not wrong, "\n".join(
            [now.entity, str(now.year)]
            + [f"{r.rule.id} {r.context}: {[(f.quote, f.source.report) for f in r.operands]}" for r in wrong]
        )
        outcomes.update(result.outcome for result in results)

    run()
    assert outcomes[Outcome.TIES] > outcomes.total() // 4, outcomes


@pytest.mark.parametrize("form", FORMS)
def test_figure_of_last_year_that_is_another_is_found_wherever_this_year_speaks_of_it(form: str) -> None:
    """The total of last year, moved wherever that report prints it: the complete list of what does not agree."""
    found = 0

    @FIXED
    @given(two_years((form,)))
    def run(drawn: tuple[Report, Report]) -> None:
        last, now = drawn
        before = held(last.text, now.text)
        roles = {"three/amount"} if form != "guangxi" else {"whole/amount"}
        moved = last
        for number, figure in enumerate(last.figures):
            if figure.role in roles:
                step = Decimal(1).scaleb(-min(decimals(figure), 2))
                moved = with_error(moved, moved.figures[number], figure.value + 3 + step)
        concepts = {"three_public"} if form != "guangxi" else {"income.total", "expenditure.total"}
        expected = {r.context for r in before if r.outcome.is_tie and r.operands[0].concept in concepts}
        wrong = {r.context for r in held(moved.text, now.text) if r.outcome is Outcome.EXCEPTION}
        # Growth alone leaves so wide a range for last year's figure that a small change may lie in it.
        assert wrong <= expected
        assert {c for c in expected if c.partition("/")[2].startswith(("change", "direction"))} <= wrong
        nonlocal found
        found += len(wrong)

    run()
    assert found


# ------------------------------------------------------------------------------- which report is at hand
def test_without_last_year_each_rule_says_so() -> None:
    done = audit_of(ANJU)
    got = [(r.rule.id, r.context, r.outcome.value, r.reason["zh"]) for r in of_years(done)]
    words = {"agree_prior_year": "没有上年决算报告可供核对", "agree_budget": "没有本年部门预算可供核对"}
    assert got == [(rule.id, "report", "not_tested", words[rule.kind]) for rule in RULES]
    assert "compared" not in json.loads(done.to_json())["report"]


def test_named_report_of_last_year_is_used(reports: Path) -> None:
    done = audit(reports / "now.txt", prior=reports / "last" / "last.txt")
    assert came_to(done) == AGREED
    assert [(other.role, other.file) for other in done.compared] == [("prior", "last.txt")]


def test_report_of_last_year_is_found_in_the_folder(reports: Path) -> None:
    for name, content in {
        "last.txt": LAST.encode(),
        "another year.txt": LAST.replace("2022", "2021").encode(),
        "another department.txt": LAST.replace("云岭县司法局", "云岭县司法局法律援助中心").encode(),
        "plan.txt": BUDGET.replace("2023", "2022").encode(),
        "broken 2022.txt": b"\xff\xfe\x80" * 9,
        "broken 2022.docx": b"PK\x03\x04" + bytes(200),
        "notes 2022.md": LAST.encode(),
        "empty 2022.txt": b"",
    }.items():
        (reports / name).write_bytes(content)
    (reports / "2022.txt").mkdir()
    done = audit(reports / "now.txt")
    assert came_to(done) == AGREED
    assert [other.file for other in done.compared] == ["last.txt"]


def test_of_two_reports_of_last_year_none_is_used_and_of_two_copies_one(reports: Path) -> None:
    (reports / "a.txt").write_text(LAST, "utf-8")
    (reports / "b.txt").write_text(LAST, "utf-8")
    assert [other.file for other in audit(reports / "now.txt").compared] == ["a.txt"]
    (reports / "b.txt").write_text(LAST.replace("75万元", "76万元"), "utf-8")
    assert audit(reports / "now.txt").compared == ()
    (reports / "b.txt").rename(reports / "b 2022.txt")
    assert [other.file for other in audit(reports / "now.txt").compared] == ["b 2022.txt"]


def test_no_more_of_a_folder_is_read_than_the_limits_allow(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (reports / "b.txt").write_text(LAST, "utf-8")
    (reports / "a.txt").write_text("一" * 200, "utf-8")
    monkeypatch.setattr(compared, "MAX_FILES", 1)
    assert audit(reports / "now.txt").compared == ()
    (reports / "b.txt").rename(reports / "b 2022.txt")  # what is called so comes first
    assert [other.file for other in audit(reports / "now.txt").compared] == ["b 2022.txt"]
    monkeypatch.setattr(compared, "MAX_BYTES", 100)
    assert audit(reports / "now.txt").compared == ()


def test_reports_of_other_departments_in_the_folder_are_not_read(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (reports / "b.txt").write_text(LAST, "utf-8")
    for number in range(9):
        other = LAST.replace(audit(reports / "now.txt").entity, f"某某县第{number}实验中学")
        (reports / f"other {number}.txt").write_text(other, "utf-8")
    seen: list[str] = []
    read = compared.read
    monkeypatch.setattr(
        compared, "read", lambda content, name: seen.append(Path(name).name) or read(content, name)
    )
    assert [other.file for other in audit(reports / "now.txt").compared] == ["b.txt"]
    assert set(seen) == {"b.txt"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("云岭县司法局", "云岭县司法局", True),
        ("安和市云岭县司法局", "云岭县司法局", True),
        ("云岭县财政局", "云岭县财政局国库支付中心", False),
        ("云岭县司法局", "司法局", False),
        ("云岭县司法局", "双桥县司法局", False),
    ],
)
def test_a_department_is_known_by_its_name(one: str, other: str, same: bool) -> None:
    assert is_same_entity(one, other) is is_same_entity(other, one) is same


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LAST.replace("云岭县", "双桥县"), ["双桥县司法局 2022", "云岭县司法局 2022"]),
        (LAST.replace("2022", "2021"), ["云岭县司法局 2021", "云岭县司法局 2022"]),
        (NOW, ["云岭县司法局 2023", "云岭县司法局 2022"]),
        (BUDGET, ["no final-accounts report"]),
    ],
    ids=["department", "year", "itself", "a budget"],
)
def test_another_report_is_refused_in_one_line_that_names_both(
    text: str, says: list[str], reports: Path
) -> None:
    (reports / "last" / "last.txt").write_text(text, "utf-8")
    with pytest.raises(ReportError) as refused:
        audit(reports / "now.txt", prior=reports / "last" / "last.txt")
    assert all(words in str(refused.value) for words in says)
    assert "\n" not in str(refused.value)


def test_a_report_that_names_no_department_is_taken_on_trust(reports: Path) -> None:
    (reports / "last" / "last.txt").write_text(LAST.replace("云岭县司法局", ""), "utf-8")
    assert came_to(audit(reports / "now.txt", prior=reports / "last" / "last.txt")) == AGREED


# ------------------------------------------------------------------------------------------ what is said
def test_difference_names_both_figures_and_both_places(reports: Path) -> None:
    (reports / "last" / "last.txt").write_text(LAST.replace("75万元", "73.5万元"), "utf-8")
    done = audit(reports / "now.txt", prior=reports / "last" / "last.txt")
    (finding,) = [f for f in done.findings if f.result.rule in RULES]
    assert (finding.result.rule.id, finding.severity, finding.difference) == ("PRI-10", "medium", "-1.5万元")
    assert (finding.reported["zh"], finding.expected["zh"]) == ("上年报告73.5万元", "75.0万元")
    assert finding.suspects == ()
    assert "上年报告列示73.5万元，本年报告推算的上年数为75.0万元（80 − 5 ≠ 73.5）" in finding.message["zh"]
    assert finding.message["zh"].endswith("无从判断。")
    assert finding.message["en"].endswith("restated or wrong, it cannot be told which.")
    data = json.loads(done.to_json())
    (found,) = [one for one in data["findings"] if one["id"] == finding.id]
    places = [(e["fact"], e["source"].get("file"), e["source"]["line"]) for e in found["evidence"]]
    assert places == [
        ("operating_cost/amount.2023", None, 7),
        ("operating_cost/change", None, 7),
        ("prior:operating_cost/amount.2022", "last.txt", 7),
    ]
    assert data["report"]["compared"] == [
        {
            "role": "prior", "file": "last.txt", "sha256": done.compared[0].sha256,
            "entity": "云岭县司法局", "year": "2022",
        }
    ]  # fmt: skip
    ids = {fact["id"] for fact in data["facts"]}
    assert all(operand in ids for result in data["results"] for operand in result["operands"])


def test_last_year_leaves_all_other_rules_as_they_were(reports: Path) -> None:
    alone = audit(reports / "now.txt")
    both = audit(reports / "now.txt", prior=reports / "last" / "last.txt")
    assert [r for r in alone.results if r.rule not in RULES] == [
        r for r in both.results if r.rule not in RULES
    ]
    assert alone.facts == both.facts


# --------------------------------------------------------------------------------------------- the budget
def test_budget_is_held_against_the_opening_budget(reports: Path) -> None:
    plan = reports / "plan" / "plan.txt"
    done = audit(reports / "now.txt", budget=plan)
    assert came_to(done) == [("BUD-02", "three_public/budget", "ties")]
    plan.write_text(BUDGET.replace("预算数3万元", "预算数4万元"), "utf-8")
    done = audit(reports / "now.txt", budget=plan)
    assert came_to(done) == [("BUD-02", "three_public/budget", "exception")]
    (finding,) = [f for f in done.findings if f.result.rule in RULES]
    assert (finding.reported["zh"], finding.expected["zh"]) == ("3万元", "4.0万元")
    assert [done.locate(e.source).get("file") for e in finding.evidence] == [None, "plan.txt"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BUDGET.replace("2023年", "2024年"), ["云岭县司法局 2024", "云岭县司法局 2023"]),
        (BUDGET.replace("云岭县", "双桥县"), ["双桥县司法局 2023", "云岭县司法局 2023"]),
        (NOW, ["no budget report"]),
    ],
    ids=["year", "department", "final accounts"],
)
def test_another_budget_is_refused(text: str, says: list[str], reports: Path) -> None:
    (reports / "plan" / "plan.txt").write_text(text, "utf-8")
    with pytest.raises(ReportError) as refused:
        audit(reports / "now.txt", budget=reports / "plan" / "plan.txt")
    assert all(words in str(refused.value) for words in says)


# ---------------------------------------------------------------------------------------- the command line
def call(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["audit", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code


def test_check_takes_both(
    reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    others = ("--prior", reports / "last" / "last.txt", "--budget", reports / "plan" / "plan.txt")
    assert call(monkeypatch, "check", reports / "now.txt", "--json", *others) == 0
    data = json.loads(capsys.readouterr().out)
    assert [other["role"] for other in data["report"]["compared"]] == ["prior", "budget"]


def test_run_of_several_reports_takes_none(
    reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (reports / "more.txt").write_text(NOW, "utf-8")
    last = reports / "last" / "last.txt"
    assert call(monkeypatch, "run", reports, "--prior", last, "--out", reports / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--prior is of one report" in line
    assert not (reports / "out").exists()


def test_pages_and_notebooks_of_a_run_say_the_same_of_last_year(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = reports / "last" / "last.txt"
    last.write_text(LAST.replace("75万元", "73.5万元"), "utf-8")
    plan = reports / "plan" / "plan.txt"
    plan.write_text(BUDGET.replace("预算数3万元", "预算数4万元"), "utf-8")
    out, papers = reports / "out", reports / "papers"
    papers.mkdir()
    shutil.copy(running.notebooks_folder() / "09_other_matters.ipynb", papers)
    monkeypatch.setattr(running, "notebooks_folder", lambda: papers)
    others = ("--prior", last, "--budget", plan)
    assert call(monkeypatch, "run", reports / "now.txt", *others, "--out", out) == 0
    index = (out / "now" / "index.html").read_text("utf-8")
    assert "上年报告 last.txt 第7行" in index and "部门预算 plan.txt 第4行" in index
    page = (out / "now" / "notebooks" / "09_other_matters.html").read_text("utf-8")
    assert "上年报告 last.txt 第7行" in page
    assert '<a href="../source.html#L7">第7行</a>' in page
    source = (out / "now" / "source.html").read_text("utf-8")
    assert (
        source.count('href="#f-PRI-10-') == 2
    )  # this year's amount and change, and nothing of last year's lines
