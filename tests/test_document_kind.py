"""What kind of document a report is, what is asked of each kind, and how that is said."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from generator import Report, reports
from helpers import Audit, ReportError, audit
from helpers.checking import check
from helpers.checking.kinds import Outcome
from helpers.checking.rules import load_rules
from helpers.facts.document_kind import document_kind, is_in_part
from helpers.facts.extract import extract
from helpers.reading.read import read
from helpers.reading.text import parse
from helpers.showing.notebook import open_workpaper
from helpers.showing.pages import Pages
from helpers.showing.terminal import show
from real_reports import ANJU, BAD, GOOD, REPORTS, TEMPLATE

FRAGMENTS = {
    "anhui-duji-office-2021.html": "three_public",
    "anhui-huaining-court-2017.html": "three_public",
    "chongqing-yuzhong-2020.html": "three_public",
    "fujian-cangshan-2020.txt": "government",
    "gansu-huanxian-school-2018.txt": "final_accounts",
    "guangdong-procurement-centre-2015.html": "three_public",
    "guangdong-zhanjiang-xcb-2017.txt": "three_public",
    "guangxi-luzhai-2019.txt": "three_public",
    "guangxi-wuzhou-2023budget.txt": "budget",
    "guangxi-wuzhou-agri-2020.txt": "three_public",
    "shanxi-linfen-school-2017.txt": "final_accounts",
    "shanxi-xinzhou-school-2018.txt": "final_accounts",
    "sichuan-daying-school-2020.txt": "final_accounts",
    "yunnan-deqin-2017.txt": "final_accounts",
    "zhejiang-longquan-2018.txt": "three_public",
    "zhejiang-qujiang-2016.html": "three_public",
}
THREE = """\
云岭县文化馆2022年度“三公”经费支出情况
2022年度“三公”经费支出合计5.20万元，其中：公务接待费1.20万元，公务用车运行维护费4.00万元，无因公出国（境）费。
"""
TERRITORY = """\
关于云岭县2022年财政决算的报告
全县一般公共预算收入完成30000万元，其中税收收入20000万元，非税收入10000万元；上级补助收入50000万元，债务转贷收入6000万元。
全县一般公共预算支出70000万元，上解上级支出2000万元，债务还本支出5000万元。
"""
TERRITORY_UNTITLED = TERRITORY.split("\n", 1)[1]
BUDGET = """\
云岭县文化馆2023年部门预算
一、收支预算总体情况
2023年收入预算100.00万元，支出预算100.00万元，比2022年预算增加10.00万元。
二、“三公”经费预算情况
2023年“三公”经费预算5.00万元，其中公务接待费1.00万元，公务用车运行费4.00万元。
"""
PAGE = "<html><head><meta charset='utf-8'></head><body>{}</body></html>"
TABLE = PAGE.format(
    "<p>收入决算表</p><p>部门：云岭县文化馆 单位：万元</p><table><tr><td>项目</td><td>本年收入合计</td><td>财政拨款收入</td></tr>"
    "<tr><td>合计</td><td>100.00</td><td>100.00</td></tr></table><p>注：本表反映部门本年度取得的各项收入情况。</p>"
)
# The accounts of a department of finance tell of the territory too, and remain a department's.
FINANCE = """\
云岭县财政局2022年度部门决算
第一部分 部门概况
一、主要职责：全县一般公共预算收入中税收收入、非税收入的管理，上级补助收入、债务转贷和上解上级支出的核算。
第三部分 部门决算情况说明
一、收入支出决算总体情况说明
2022年度收入总计100.00万元，支出总计100.00万元。
"""
PART = """\
八、政府性基金预算收入支出决算情况
2023年度政府性基金预算财政拨款收入12.00万元，支出12.00万元，其中基本支出0.00万元，项目支出12.00万元。
"""
WHOLE = """\
云岭县文化馆2022年度部门决算
第一部分 部门概况
一、主要职责
第二部分 部门决算情况说明
一、收入支出决算总体情况说明
2022年度收入总计100.00万元，支出总计100.00万元。
"""


def saved(folder: Path, text: str) -> Path:
    path = folder / ("report.html" if text.startswith("<") else "report.txt")
    path.write_text(text, "utf-8")
    return path


@cache
def fragment(name: str) -> Audit:
    return audit(REPORTS / "fragments" / name)


def not_published(found: Audit) -> list[str]:
    return [f.result.context for f in found.findings if f.result.rule.id in ("DSC-01", "DSC-02")]


# ------------------------------------------------------------------------------------------- which kind it is
@pytest.mark.parametrize("name", sorted(FRAGMENTS))
def test_kind_of_a_real_fragment(name: str) -> None:
    found = fragment(name)
    assert found.kind == FRAGMENTS[name]
    assert json.loads(found.to_json())["report"]["kind"] == FRAGMENTS[name]


def test_every_fragment_is_read() -> None:
    assert {path.name for path in (REPORTS / "fragments").iterdir()} == set(FRAGMENTS)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (THREE, "three_public"), (TERRITORY, "government"), (TERRITORY_UNTITLED, "government"), (BUDGET, "budget"),
        (TABLE, "table"), (FINANCE, "final_accounts"), (PART, "final_accounts"), (WHOLE, "final_accounts"),
    ],
    ids=["三公", "territory", "territory without a title", "budget", "table", "finance department", "part", "whole"],
)  # fmt: skip
def test_kind_of_a_document(tmp_path: Path, text: str, kind: str) -> None:
    assert audit(saved(tmp_path, text)).kind == kind


@pytest.mark.parametrize("path", [ANJU, GOOD, BAD, TEMPLATE], ids=lambda path: path.stem)
def test_whole_real_report_is_of_a_department_and_whole(path: Path) -> None:
    document = read(path.read_bytes(), path.name)
    assert (document_kind(document), is_in_part(document)) == ("final_accounts", False)


@settings(deadline=None, derandomize=True, max_examples=30, suppress_health_check=list(HealthCheck))
@given(report=reports())
def test_generated_report_is_of_a_department_and_whole(report: Report) -> None:
    document = parse(report.text)
    assert (document_kind(document), is_in_part(document)) == ("final_accounts", False)


# ------------------------------------------------------------------------------------- what is asked of a kind
@pytest.mark.parametrize(
    "text", [THREE, TERRITORY, BUDGET, TABLE], ids=["三公", "territory", "budget", "table"]
)
def test_no_kind_but_final_accounts_is_asked_for_their_content(tmp_path: Path, text: str) -> None:
    found = audit(saved(tmp_path, text))
    assert not_published(found) == []
    asked = {result.rule.id for result in found.results}
    idle = {rule.id for rule in (*found.not_in_force, *found.of_other_kinds)}
    assert {"DSC-01", "DSC-02"} <= {rule.id for rule in found.of_other_kinds}
    # Silence is never a pass: each rule has a result, or is listed.
    assert asked | idle == {rule.id for rule in load_rules()}
    assert not asked & idle


def test_part_of_a_report_is_not_asked_for_the_rest(tmp_path: Path) -> None:
    found = audit(saved(tmp_path, PART))
    assert not_published(found) == []
    results = {r.context: (r.outcome, r.reason.get("zh")) for r in found.results if r.rule.id == "DSC-01"}
    assert results["fund"][0] is Outcome.TIES
    assert results["glossary"] == (Outcome.NOT_TESTED, "报告不完整，这项内容可能在未收录的部分")


def test_report_that_breaks_off_behind_a_heading_is_a_part() -> None:
    assert not is_in_part(parse(WHOLE))
    assert is_in_part(parse(f"{WHOLE}二、收入决算情况说明\n"))


def test_whole_report_is_asked_for_all_of_it(tmp_path: Path) -> None:
    assert {"glossary", "three_public", "procurement"} <= set(not_published(audit(saved(tmp_path, WHOLE))))


# ------------------------------------------------------------------------------------------ nothing is refused
@pytest.mark.parametrize(
    "text",
    [
        "2022年度“三公”经费公开\n公务接待费用了大约三千元，即0.30万元。\n",
        PAGE.format("<p>公开08表</p><table><tr><td>某项支出</td><td>甲</td></tr><tr><td>乙</td><td>3.20</td></tr></table>"),
        "决算情况\n单位：万元\n支出一 3.20\n",
    ],
    ids=["page", "table", "list"],
)  # fmt: skip
def test_whatever_has_a_figure_of_the_domain_is_read(tmp_path: Path, text: str) -> None:
    assert audit(saved(tmp_path, text)).kind


@pytest.mark.parametrize(
    "text",
    [
        "红烧肉\n五花肉500克，每斤25元；糖30克。\n",
        "会议纪要\n会议讨论了决算，共12人参加，3人请假。\n",
        PAGE.format("<table><tr><td>食材</td><td>克</td></tr><tr><td>糖</td><td>30</td></tr></table>"),
    ],
    ids=["recipe", "minutes", "table"],
)
def test_what_has_none_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReportError, match="is no final-accounts report") as error:
        audit(saved(tmp_path, text))
    assert "\n" not in str(error.value)


# ----------------------------------------------------------------------------------------------- how it is said
@pytest.mark.parametrize(
    ("lang", "kind", "idle"),
    [
        ("zh", "“三公”经费公开", "不适用于这类文件的规则"),
        ("en", "The three public expenses alone", "Rules that do not apply to this kind of document"),
    ],
)
def test_pages_say_the_kind_and_what_does_not_apply(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, kind: str, idle: str
) -> None:
    path = saved(tmp_path, THREE)
    found = audit(path)
    assert kind in repr(open_workpaper("07_three_public", str(path), lang).parameters())
    page = Pages(found, (), lang).index()
    assert re.search(rf"<dd[^>]*>{kind}</dd>", page)
    assert re.search(rf"{idle} <b>6</b>", page)
    show(found, lang)
    said = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert kind in said
    assert f"{idle}{'：' if lang == 'zh' else ': '}DSC-01, DSC-02" in said


def test_rule_of_a_kind_has_results_for_that_kind_alone() -> None:
    [rule] = [rule for rule in load_rules() if rule.id == "DSC-01"]
    for text, has_results in ((WHOLE, True), (THREE, False)):
        document = parse(text)
        assert bool(check(document, extract(document), [rule])) is has_results
