"""The committed notebooks keep to STYLE.md, and what their cells show is complete, escaped and the same everywhere."""

import ast
import hashlib
import html
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest

import small
from helpers.checking.kinds import Outcome
from helpers.checking.rules import PUBLIC_KINDS, load_rules, references
from helpers.findings.writing import KINDS
from helpers.reading.places import where
from helpers.showing import chart_font
from helpers.showing import notebook as showing
from helpers.showing.charts import (
    CHARTS,
    Budget,
    Chart,
    NoChart,
    Points,
    budget_chart,
    chart,
    points_chart,
    prepare,
)
from helpers.showing.notebook import Annotated, OpenWorkpaper, Table, open_workpaper
from helpers.showing.performance import PerformanceWorkpaper, ProjectWorkpaper, open_performance, open_project
from helpers.showing.projects import MOST_PAGES, Annexes, Project
from helpers.showing.prose import in_language
from helpers.showing.tables import TablesWorkpaper, open_tables
from helpers.showing.tickmarks import Tickmark, legend, tickmark
from helpers.showing.workpapers import GATHERED, PORTFOLIO, PROJECT, WORKPAPERS
from real_reports import BAD, GOOD

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "data" / "reports" / "anju-2023.txt"
PAPERS = [*WORKPAPERS, PROJECT, GATHERED]
STEMS = [paper.stem for paper in PAPERS]
EVERY = [*STEMS, PORTFOLIO.stem]  # that one is on no report, and has other parameters
SECTIONS = [paper.stem for paper in WORKPAPERS]
OPENERS: dict[str, Callable[..., OpenWorkpaper]] = {
    "10_performance": open_performance,
    "11_tables": open_tables,
    PROJECT.stem: open_project,
}
TITLES = {paper.stem: f"# {paper.title['zh']} · {paper.title['en']}" for paper in (*PAPERS, PORTFOLIO)}
PARAMETERS = ["report", "lang", "materiality", "out"]
ORDER = re.compile(r"title parameters setup( claim check notice)+ claim tie-out claim sign-off")
# Nothing that computes, repeats or asks the machine: the helpers do that.
FORBIDDEN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.IfExp, ast.Try,
    ast.With, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Subscript, ast.BinOp, ast.JoinedStr,
)  # fmt: skip
MACHINE = re.compile(
    r"(?<![\w.])/(?:home|root|work|tmp|usr|opt|Users|private)/|[A-Za-z]:\\\\|0x[0-9a-f]{6,}|T\d\d:\d\d:\d\d"
)


def cells(stem: str) -> list[dict[str, Any]]:
    return json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text("utf-8"))["cells"]


def tagged(stem: str, *tags: str) -> list[dict[str, Any]]:
    return [cell for cell in cells(stem) if cell["metadata"]["tags"][0] in tags]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


# ------------------------------------------------------------------------------------------------ the notebooks


def test_each_workpaper_is_a_notebook() -> None:
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == sorted(EVERY)


@pytest.mark.parametrize("stem", EVERY)
def test_cells_stand_in_the_order_of_their_roles(stem: str) -> None:
    assert ORDER.fullmatch(" ".join(" ".join(cell["metadata"]["tags"]) for cell in cells(stem)))
    kinds = {"title": "markdown", "claim": "markdown", "notice": "markdown"}
    assert all(cell["cell_type"] == kinds.get(cell["metadata"]["tags"][0], "code") for cell in cells(stem))
    title, *lines = source(cells(stem)[0]).splitlines()
    assert title == TITLES[stem]
    assert [re.findall(r"^- \*\*.*? (\w.*?)\*\*", line)[0] for line in lines if line] == [
        "Input",
        "Output",
        "What this does not test",
    ]


@pytest.mark.parametrize("stem", STEMS)
def test_parameters_are_the_same_commented_scalars_in_all(stem: str) -> None:
    (cell,) = tagged(stem, "parameters")
    further = source(cell).removeprefix(source(tagged(STEMS[0], "parameters")[0]))
    assert bool(further) == (stem == PROJECT.stem) and source(cell) != further
    body = ast.parse(source(cell)).body
    own = ["project"] if stem == PROJECT.stem else []
    assert [statement.targets[0].id for statement in body] == PARAMETERS + own
    assert all(isinstance(statement.value, ast.Constant) for statement in body)
    assert all(re.search(r"  # .+ · .+", line) for line in source(cell).splitlines())
    assert cell["outputs"] == []


@pytest.mark.parametrize("stem", EVERY)
def test_code_is_thin(stem: str) -> None:
    for cell in tagged(stem, "setup", "check", "tie-out", "sign-off"):
        tree = ast.parse(source(cell))
        assert len(source(cell).splitlines()) <= 8
        assert not [node for node in ast.walk(tree) if isinstance(node, FORBIDDEN)], source(cell)
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert all(
            isinstance(node, ast.ImportFrom) and node.module.startswith("helpers.") for node in imports
        )
    for cell in tagged(stem, "check", "tie-out", "sign-off"):
        calls = [node for node in ast.walk(ast.parse(source(cell))) if isinstance(node, ast.Call)]
        assert len(calls) == 1 and isinstance(calls[0].func, ast.Attribute)
        assert isinstance(calls[0].func.value, ast.Name) and calls[0].func.value.id == "work"
        assert all(isinstance(argument, ast.Constant) for argument in calls[0].args)
    given = ", ".join(PARAMETERS)
    opens = {
        "10_performance": f"open_performance({given})",
        "11_tables": f"open_tables({given})",
        PROJECT.stem: f"open_project({given}, project)",
        PORTFOLIO.stem: "open_portfolio(out, lang)",
    }.get(stem, f'open_workpaper("{stem}", {given})')
    assert opens in source(tagged(stem, "setup")[0])


@pytest.mark.parametrize("stem", EVERY)
def test_claims_are_bilingual_and_rest_on_a_known_reference(stem: str) -> None:
    known = "".join(entry["title_zh"] for entry in references().values())
    claims = [source(cell) for cell in tagged(stem, "claim")]
    for claim in claims:
        chinese, english = claim.split("\n\n")
        assert re.match(r"\*\*.*[a-z\d]\*\* — ", chinese) and not re.search(r"[\u4e00-\u9fff]", english), (
            claim
        )
    for claim in claims[:-2]:  # the tie-out and the sign-off are our own
        reference = claim.split("\n\n")[0].partition("依据：")[2]
        assert reference, claim
        titles = re.findall("《(.+?)》", reference) or [reference.rstrip("。")]
        assert all(title in known for title in titles), claim


@pytest.mark.parametrize("stem", EVERY)
def test_prose_holds_for_any_report(stem: str) -> None:
    prose = "\n".join(source(cell) for cell in tagged(stem, "title", "claim", "notice"))
    assert not re.search(r"\d+\.\d|万元|%|20\d\d年", prose)


@pytest.mark.parametrize("stem", STEMS[:-1])
def test_every_check_of_the_sections_is_shown_once(stem: str) -> None:
    calls = [ast.parse(source(cell)).body[0].value for cell in tagged(stem, "check")]
    kinds = [
        [argument.value for argument in call.args] for call in calls if call.func.attr == "reconciliation"
    ]
    named = [kind for found in kinds for kind in found] or list(KINDS)
    assert sorted(named) == sorted(KINDS)
    shown = [call.func.attr for call in calls]
    assert shown.count("statements" if stem == PROJECT.stem else "figures") == 1
    assert shown[-1] == "findings" and (stem in OPENERS or shown[0] == "figures")


def test_every_figure_of_the_report_is_drawn_once() -> None:
    drawn = [
        found
        for stem in STEMS
        for cell in tagged(stem, "check")
        for found in re.findall(r"chart\((\d)\)", source(cell))
    ]
    assert sorted(map(int, drawn)) == sorted(CHARTS)


@pytest.mark.parametrize("stem", EVERY)
def test_every_cell_has_run(stem: str) -> None:
    code = [cell for cell in cells(stem) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for cell in code[1:]:
        (output,) = cell["outputs"]
        assert output["output_type"] == "execute_result" and output["metadata"] == {}
        assert sorted(output["data"]) in (["text/html", "text/plain"], ["image/svg+xml", "text/plain"])


@pytest.mark.parametrize("stem", EVERY)
def test_nothing_tells_of_the_machine_or_the_time(stem: str) -> None:
    text = (ROOT / "notebooks" / f"{stem}.ipynb").read_text("utf-8")
    assert not MACHINE.search(re.sub(r"base64,[\w+/=]+", "", text)) and str(ROOT) not in text
    notebook = json.loads(text)
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert all(list(cell["metadata"]) == ["tags"] for cell in notebook["cells"])


# ---------------------------------------------------------------------------------------- what they display


@pytest.fixture(scope="module")
def text() -> str:
    return REPORT.read_text("utf-8")


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., OpenWorkpaper]:
    """A workpaper on a report of these words."""

    def open_(words: str, stem: str = "99_findings", lang: str = "zh", **parameters: Any) -> OpenWorkpaper:
        report = tmp_path / "report.txt"
        report.write_text(words, "utf-8", newline="\n")
        return open_paper(stem, report, lang, **parameters)

    return open_


def open_paper(stem: str, report: Path | str = REPORT, lang: str = "zh", **parameters: Any) -> OpenWorkpaper:
    """A workpaper as its notebook opens it."""
    if stem in OPENERS:
        return OPENERS[stem](str(report), lang, **parameters)
    return open_workpaper(stem, str(report), lang, **parameters)


def displays(work: OpenWorkpaper) -> list[Any]:
    shown = [
        work.parameters(),
        work.figures(),
        work.reconciliation(),
        work.findings(),
        work.tie_out(),
        work.sign_off(),
    ]
    shown += [work.coverage(), work.not_tested(), work.legend()]
    own = {
        "10_performance": ("projects", "scoring"),
        "11_tables": ("tables", "narrative"),
        PROJECT.stem: ("budget", "indicators", "rating", "statements"),
    }
    return [*shown, *(getattr(work, name)() for name in own.get(work.workpaper.stem, ()))]


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def words(shown: str) -> list[str]:
    return re.sub(r"[\s|]+", "", shown).split()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("stem", STEMS)
def test_page_and_plain_text_show_the_same_rows(stem: str, lang: str) -> None:
    for shown in displays(open_paper(stem, REPORT, lang)):
        page = re.sub(r"<style>.*?</style>|<summary>\+\d+</summary>", "", shown._repr_html_(), flags=re.S)
        rows = html.unescape(re.sub(r"<[^>]+>", "", page))
        plain = repr(shown)
        if isinstance(
            shown, Annotated
        ):  # a name that stands before each of its lines is printed once on a page
            names = {name for entry in shown.entries for name, _ in entry.parts}
            plain, rows = (re.sub("|".join(names) + "|[:\\s]", "", words_) for words_ in (plain, rows))
        assert words(plain) == words(rows)


def test_english_shows_no_chinese_of_ours(opened: Callable[..., OpenWorkpaper]) -> None:
    for name in ("figures", "reconciliation", "tie_out", "coverage", "not_tested", "legend", "sign_off"):
        table = getattr(open_workpaper("01_totals", str(REPORT), "en"), name)()
        assert not re.search(r"[\u4e00-\u9fff]", table.title + "".join(table.heads))
    performance, project = open_performance(str(REPORT), "en"), open_project(str(REPORT), "en")
    tables = [
        performance.projects(),
        performance.scoring(),
        project.budget(),
        project.indicators(),
        project.rating(),
    ]
    for table in [*tables, project.statements(), *(group.table for group in performance.figures().groups)]:
        assert not re.search(r"[\u4e00-\u9fff]", (table.title + "".join(table.heads)).replace("万元", ""))


def test_hostile_words_do_no_harm(text: str, opened: Callable[..., OpenWorkpaper]) -> None:
    script = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    hostile = changed(text, "占86.91%；；教育", f"占86.91%{script}；；\u202e教育")
    hostile = changed(hostile, "（三）国有资产占有使用情况", f"（三）国有资产占有使用情况{script[:20]}")
    for stem in ("05_general_budget", "09_other_matters", "99_findings"):
        work = opened(hostile, stem)
        pages = "".join(shown._repr_html_() for shown in displays(work))
        assert (
            "<script" not in pages and "<img" not in pages and "\x1b" not in pages and "\u202e" not in pages
        )
        assert "\x1b" not in "".join(map(repr, displays(work)))
        assert "&lt;script&gt;" in pages or stem != "99_findings"


def test_every_place_is_a_line_of_the_report(text: str) -> None:
    work = open_workpaper("99_findings", str(REPORT))
    pages = "".join(shown._repr_html_() for shown in displays(work))
    lines = [int(line) for line in re.findall(r'href="\.\./source\.html#L(\d+)"', pages)]
    assert len(lines) > 300 and max(lines) <= len(text.splitlines())
    assert len(re.findall("href=", pages)) == len(lines)


def test_every_finding_has_its_anchor_and_all_parts() -> None:
    work = open_workpaper("99_findings", str(REPORT))
    shown = work.findings()
    assert [entry.anchor for entry in shown.entries] == [
        f"finding-{finding.id}" for finding in work.audit.findings
    ]
    for entry in shown.entries:
        names = [name for name, _ in entry.parts if name != "疑点"]
        assert names == ["依据", "情况", "影响", "建议"]
        assert all(line.text for _, lines in entry.parts for line in lines)
        assert f'id="{entry.anchor}"' in shown._repr_html_()


def test_every_result_is_in_one_workpaper_and_counted_in_its_table() -> None:
    work = open_workpaper("99_findings", str(REPORT))
    papers = [open_paper(stem) for stem in SECTIONS]
    assert sum(len(paper.results) for paper in papers) == len(work.audit.results)
    for paper in papers:
        times = [re.search(r"×(\d+)", row[-1].text) for row in paper.reconciliation().rows]
        assert sum(int(found[1]) if found else 1 for found in times) == len(paper.results)
        assert len(paper.figures().rows) == len(paper.numerals)


def test_an_equation_that_does_not_hold_is_not_shown_as_one(
    text: str, opened: Callable[..., OpenWorkpaper]
) -> None:
    work = opened(
        changed(text, "基本支出709.95万元，占60.19%", "基本支出719.95万元，占60.19%"), "03_expenditure"
    )
    shown = repr(work.reconciliation("foot"))
    assert "719.95 + 469.52 + 0 + 0 + 0 ≠ 1179.47" in shown and " = 1179.47" in shown


def test_a_count_that_does_not_add_up_stops_the_notebook() -> None:
    work = open_workpaper("01_totals", str(REPORT))
    broken = replace(work.results[0], outcome=None)  # type: ignore[arg-type]
    work.__dict__["results"] = (*work.results, broken)
    with pytest.raises(AssertionError, match=r"8 checks|9 checks|\d+ checks were attempted"):
        work.sign_off()


def test_only_the_gathering_workpaper_writes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    open_workpaper("01_totals", str(REPORT), out=str(out)).sign_off()
    assert not out.exists()
    work = open_workpaper("99_findings", str(REPORT), out=str(out))
    shown = repr(work.sign_off())
    assert sorted(path.name for path in out.iterdir()) == ["audit.json", "findings.json"]
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() in shown for path in out.iterdir())
    assert (out / "audit.json").read_text("utf-8") == work.audit.to_json()
    assert (
        json.loads((out / "findings.json").read_text("utf-8")) == json.loads(work.audit.to_json())["findings"]
    )
    assert str(tmp_path) not in shown + repr(work.parameters())


def test_a_report_is_found_from_the_root_and_from_the_notebooks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = []
    for folder in (ROOT, ROOT / "notebooks", tmp_path):
        monkeypatch.chdir(folder)
        shown.append(repr(open_workpaper("01_totals", "data/reports/anju-2023.txt").parameters()))
    assert len(set(shown)) == 1 and "data/reports/anju-2023.txt" in shown[0]


@pytest.mark.parametrize(
    ("stem", "lang", "materiality"),
    [("13_none", "zh", "0"), ("01_totals", "fr", "0"), ("01_totals", "zh", "much")],
)
def test_a_wrong_parameter_is_refused(stem: str, lang: str, materiality: str) -> None:
    with pytest.raises(ValueError, match=r"13_none|fr|much"):
        open_workpaper(stem, str(REPORT), lang, materiality)


def test_further_rules_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rule = "- id: OWN-01\n  kind: tie_out\n  section: totals\n  label: {zh: 自加, en: Own}\n  reference: arithmetic\n"
    (tmp_path / "own.yaml").write_text(f"{rule}  left: income.total\n  right: income.year\n", "utf-8")
    monkeypatch.setenv("AUDIT_RULES", str(tmp_path / "own.yaml"))
    work = open_workpaper("01_totals", str(REPORT))
    assert "OWN-01 自加" in repr(work.reconciliation("tie_out")) and "own.yaml" in repr(work.parameters())


# -------------------------------------------------------------------------------------------- the annexes


def annexes(text: str) -> str:
    return text[text.index("第四部分 附件", text.index("第三部分 名词解释", 2000)) :]


def views(report: Path | str = REPORT) -> list[ProjectWorkpaper]:
    projects = Annexes(open_performance(str(report)).audit).projects
    return [open_project(str(report), project=project.number) for project in projects]


def test_amounts_of_all_projects_stand_beside_each_other_and_beside_their_sum() -> None:
    shown = open_performance(str(REPORT)).projects()
    rows = [[cell.text for cell in row] for row in shown.rows]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "", "", ""]
    assert rows[0][1] == "办事大厅运转运行费" and 'href="10_project_01.html"' in shown.rows[0][1].html
    assert rows[0][3] == "129.24 ∧ ✓ R ✗ 第439行" and "#L439" in shown.rows[0][3].html
    assert rows[5][1:7] == ["各项目合计", "260.00", "387.16", "387.16", "127.16", "100.00%"]
    assert rows[6][2].startswith("260 ") and rows[6][5].startswith("209.52 ")
    assert rows[7][1] == "决算：项目支出" and rows[7][4].startswith("469.52 ")


def test_a_decrease_is_negative_and_money_is_in_one_unit(
    text: str, opened: Callable[..., OpenWorkpaper]
) -> None:
    work = opened(changed(text, "年度调增预算209.52万元", "年度调减预算2095200元"), "10_performance")
    assert isinstance(work, PerformanceWorkpaper)
    assert work.projects().rows[6][5].text.startswith("-209.52 ")


def test_scores_stand_beside_what_their_formula_comes_to() -> None:
    shown = {row[1].text.split(" ")[0]: row for row in open_performance(str(REPORT)).scoring().rows}
    assert "按所列公式0分" in shown["编制准确"][4].text and "✗" in shown["编制准确"][6].text
    assert shown["预算完成"][4].text == "与公式相符"
    assert shown["自评准确"][3].text == "（空）" and shown["自评准确"][4].text == "得分未填"
    assert [shown["合计"][column].text for column in (2, 3)] == ["100", "89"]


def test_the_projects_together_are_tied_to_the_department_and_the_accounts() -> None:
    shown = open_performance(str(REPORT)).tie_out().rows
    tied = [(row[1].text.split(" ")[0], row[4].text) for row in shown]
    assert tied[:3] == [("EVA-05", "0"), ("EVA-05", "82.36"), ("PER-04", "82.36")]
    assert "129.24 + 150.00 + 19.93 + 40.00 + 47.99 万元" in shown[2][2].text and "第43行" in shown[2][3].text


def test_a_project_is_a_view_of_what_touches_it() -> None:
    whole = open_workpaper("99_findings", str(REPORT)).audit
    for view in views():
        name = view.project.name
        touching = [r for r in whole.results if any(f.dimension("project") == name for f in r.operands)]
        assert {(r.rule.id, r.context) for r in touching} <= {(r.rule.id, r.context) for r in view.results}
        words = repr(view.sign_off())
        counted = sum(map(int, re.findall(r"计入底稿：\w+ \| (\d+)", words)))
        assert f"核对项数 | {counted}\n" in words and counted == len(view.results)
        found = [entry.anchor.removeprefix("finding-") for entry in view.findings().entries]
        assert len(found) >= 10 and set(found) <= {finding.id for finding in whole.findings}
        assert [f.id for f in whole.findings if f.id in found] == found


def test_every_finding_of_the_annexes_that_is_about_projects_is_shown_with_them() -> None:
    shown = {entry.anchor for view in views() for entry in view.findings().entries}
    of_department = {
        f.result.rule.id for f in open_performance(str(REPORT))._findings if f"finding-{f.id}" not in shown
    }
    assert of_department <= {
        "EVA-07",
        "EVA-09",
        "EVA-11",
        "EVA-32",
        "EVA-35",
        "EVA-36",
        "EVA-40",
        "TXT-04",
        "TXT-08",
    }


@pytest.mark.parametrize("wanted", [3, "3", "免费印章及专家评审费", " 免费印章及专家评审费 "])
def test_a_project_is_chosen_by_name_or_number(wanted: str | int) -> None:
    assert open_project(str(REPORT), project=wanted).project.number == 3


@pytest.mark.parametrize("wanted", [0, 6, -1, True, "", "没有这个项目", "1.0"])
def test_a_project_that_is_not_there_is_refused(wanted: str | int) -> None:
    with pytest.raises(
        ValueError, match=re.escape(f"project is {wanted!r}; it must be a name, or a number from 1 to 5")
    ):
        open_project(str(REPORT), project=wanted)


def test_only_the_notebook_of_a_project_takes_a_project(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shell:
        user_ns: ClassVar = {"In": ["", "# Parameters\nproject = 2\nlang = 'zh'"]}

    monkeypatch.setattr(showing, "_shell", Shell)
    assert open_project(str(REPORT), project=2).project.number == 2
    for open_ in (lambda: open_performance(str(REPORT)), lambda: open_workpaper("01_totals", str(REPORT))):
        with pytest.raises(ValueError, match="no parameter is called 'project'; there are report, lang"):
            open_()
    Shell.user_ns["In"][1] = "# Parameters\nprojekt = 2"
    with pytest.raises(ValueError, match=r"no parameter is called 'projekt'; there are .*out, project"):
        open_project(str(REPORT))


def test_a_report_without_annexes_says_that_there_is_nothing_to_test(
    text: str, opened: Callable[..., OpenWorkpaper]
) -> None:
    bare = text.replace(annexes(text), "")
    work = opened(bare, "10_performance")
    assert repr(work.projects()).endswith("附件中没有项目，没有可核对的内容")
    assert "没有可核对的内容" in repr(work.scoring())
    assert isinstance(work.budget_chart(), NoChart) and isinstance(work.points_chart(), NoChart)
    assert work.figures().rows == () and work.findings().entries == ()
    assert "核对项数 | " in repr(work.sign_off()) and repr(work.reconciliation())
    with pytest.raises(ValueError, match="project is 1; the annexes have none"):
        opened(bare, PROJECT.stem)


@pytest.mark.parametrize("share", [0.05, 0.12, 0.2, 0.35, 0.5, 0.8])
def test_annexes_that_are_cut_off_are_shown_as_far_as_they_go(
    share: float, text: str, opened: Callable[..., OpenWorkpaper]
) -> None:
    there = annexes(text)
    cut = text.replace(there, there[: int(len(there) * share)])
    work = opened(cut, "10_performance")
    assert all(map(repr, [*displays(work), work.budget_chart(), work.points_chart()]))
    for project in work.annexes.projects:
        view = opened(cut, PROJECT.stem, project=project.number)
        assert all(map(repr, [*displays(view), view.chart()]))


def test_a_project_that_only_a_report_names_has_its_page(
    text: str, opened: Callable[..., OpenWorkpaper]
) -> None:
    at = text.rindex("（物业管理费）")
    other = text[:at] + "（只在报告中的项目）" + text[at + len("（物业管理费）") :]
    work = opened(other, "10_performance")
    assert isinstance(work, PerformanceWorkpaper)
    assert [project.name for project in work.annexes.projects][5:] == ["只在报告中的项目"]
    assert [cell.text for cell in work.projects().rows[5]][:5] == ["6", "只在报告中的项目", "–", "–", "–"]
    view = opened(other, PROJECT.stem, project=6)
    assert isinstance(view, ProjectWorkpaper)
    assert view.budget().rows == () and "附件没有本项目的自评表" in repr(view.budget())
    assert view.statements().rows and isinstance(view.chart(), NoChart)


def test_hostile_names_of_projects_are_shown_as_words(
    text: str, opened: Callable[..., OpenWorkpaper]
) -> None:
    name = "办事大厅<script>alert(1)</script>\u202e运转“运行”费"
    hostile = changed(text, "办事大厅运转运行费", name)
    work, view = opened(hostile, "10_performance"), opened(hostile, PROJECT.stem)
    shown = [*displays(work), *displays(view)]
    pages = "".join(one._repr_html_() for one in shown)
    assert "<script" not in pages and "\u202e" not in pages + "".join(map(repr, shown))
    assert '<a class="fa-page" href="10_project_01.html">办事大厅&lt;script&gt;' in pages
    drawn = [work.budget_chart(), view.chart()]
    assert all("<script" not in one.svg for one in drawn if isinstance(one, Chart)) and len(drawn) == 2
    assert view.project.stem == "10_project_01"


def test_projects_beyond_the_pages_have_none() -> None:
    assert [Project(n, "x").stem for n in (1, 12, MOST_PAGES, MOST_PAGES + 1)] == ["10_project_01", "10_project_12", "10_project_99", ""]  # fmt: skip


def test_charts_of_the_annexes_say_what_they_show() -> None:
    work, view = open_performance(str(REPORT)), open_project(str(REPORT))
    budgets, points, own = work.budget_chart(), work.points_chart(), view.chart()
    assert isinstance(budgets, Chart) and isinstance(points, Chart) and isinstance(own, Chart)
    assert budgets.rows[4].endswith("年初预算 0万元 → 调整后预算 47.99万元 → 预算执行数 47.99万元")
    assert "执行进度：9 / 10 (−1)" in points.rows and "失分" in points.svg
    assert own.rows[0] == "预算执行情况 · 总额：10 / 10" and own.rows[1].endswith("5 / 5 得分，而完成值为空")
    assert all(view.chart().svg == own.svg for view in [open_project(str(REPORT))])
    assert all(len(one.svg) < 60_000 for one in (budgets, points, own))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_charts_of_the_annexes_take_any_figures(lang: str) -> None:
    one = Decimal(1)
    strange = [Points("甲$x$\U0001f600", one, 3 * one), Points("", one, None), Points("乙", -one, -2 * one), Points("丙", 0 * one, 0 * one)]  # fmt: skip
    amounts = [Budget("x" * 99, (None, -one, 0 * one)), Budget("y", (None, None, None))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = [points_chart("t", strange, lang), budget_chart(amounts, lang)]
        many = [points_chart("t", [Points(str(n), one, one) for n in range(99)], lang)]
        many.append(budget_chart([Budget(str(n), (one, one, n * one)) for n in range(99)], lang))
    assert all(isinstance(chart_, Chart) for chart_ in made + many)
    assert "(+2)" in made[0].rows[0] and len(made[1].rows) == 1
    assert all("40" in chart_.rows[-1] and "99" in chart_.rows[-1] for chart_ in many)
    assert many[1].rows[-2].startswith("98")


# ------------------------------------------------------------------------------------- the published tables


@pytest.fixture(params=["html", "xlsx"])
def small_report(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return small.saved(tmp_path, request.param)


def open_small(report: Path, lang: str = "zh") -> TablesWorkpaper:
    return open_tables(str(report), lang)


def test_a_table_is_shown_with_its_place_its_figures_and_its_checks(small_report: Path) -> None:
    work = open_small(small_report)
    (row,) = work.tables().rows
    _, title, place, unit, rows, figures, checked, ties, rounding, exceptions, untested, findings = (
        cell.text for cell in row
    )
    assert (title, unit, rows, figures, checked) == (small.TITLE, "万元", "6", "7", "7")
    assert place == ("第4段" if small_report.suffix == ".html" else "收入支出决算总表!A1")
    assert (rounding, exceptions, untested, findings) == ("0", "2", "0", "2")
    assert int(ties) == (10 if small_report.suffix == ".html" else 5)


def test_sums_of_a_table_are_shown_with_equation_residual_slack_and_cells(small_report: Path) -> None:
    shown = open_small(small_report).reconciliation("foot")
    wrong, *tables = shown.groups
    assert wrong.is_open and [group.heading.text.split(" ")[1] for group in tables] == [
        small.TITLE,
        "未归入某一张表",
    ]
    cells_ = {
        ".html": (
            "《收入支出决算总表》第5行第4列 第3行第4列 第4行第4列",
            "《收入支出决算总表》第6行第2列 第6行第4列",
        ),
        ".xlsx": ("收入支出决算总表!D7 D5 D6", "收入支出决算总表!B8 D8"),
    }[small_report.suffix]
    assert [tuple(cell.text for cell in row[3:7]) for row in wrong.table.rows] == [
        ("90 + 10 ≠ 103", cells_[0], "3", "0.015"),
        ("103 ≠ 100", cells_[1], "-3", "0.01"),
    ]
    ties = [tuple(cell.text for cell in row[3:6:2]) for row in tables[0].table.rows]
    assert ties == [("100 + （空） = 100", "0"), ("100 = 100", "0"), ("103 = 103", "0")]
    assert wrong.table.rows[0][4].html.count('href="../source.html#L') == 3


def test_the_text_is_tied_to_the_tables_and_their_totals(tmp_path: Path) -> None:
    work = open_small(small.saved(tmp_path, "html"))
    names = ["收入总计", "支出总计", "本年收入合计", "一般公共预算财政拨款收入"]
    places = ["第6行第2列", "第6行第4列", "第5行第2列", "第3行第2列"]
    values = ["100.00", "103.00", "100.00", "100.00"]
    paragraphs = [8, 8, 10, 10]
    expected = [
        (
            f"{name} ({small.TITLE}) · 金额 {value}万元 《{small.TITLE}》{place}",
            f"{name} · 金额 {value}万元 第{paragraph}段", "0", "0.01", "相符",
        )
        for name, place, value, paragraph in zip(names, places, values, paragraphs, strict=True)
    ]  # fmt: skip
    for shown in (work.narrative(), work.tie_out()):
        assert [tuple(cell.text for cell in row[1:]) for row in shown.rows] == expected
    counted = {
        id(result)
        for paper in SECTIONS
        if paper != "11_tables"
        for result in open_paper(paper, work_file(tmp_path)).results
        if result.rule.id == "TAB-07"
    }
    assert len(counted) == 4


def work_file(folder: Path) -> Path:
    return folder / "report.html"


def test_a_cell_that_is_blank_where_the_text_has_a_figure_is_said_to_be(tmp_path: Path) -> None:
    report = small.saved(tmp_path, "html")
    words_ = report.read_text("utf-8").replace(
        "占100.00%", "占99.00%；政府性基金预算财政拨款收入1.00万元，占1.00%"
    )
    report.write_text(words_, "utf-8")
    shown = open_small(report).narrative().groups[0]
    assert shown.is_open and [[cell.text for cell in row[1:3]] for row in shown.table.rows] == [
        [
            f"政府性基金预算财政拨款收入 ({small.TITLE}) · 金额 空白 《{small.TITLE}》第4行第2列",
            "政府性基金预算财政拨款收入 · 金额 1.00万元 第10段",
        ]
    ]


def test_the_figure_of_the_table_stands_beside_that_of_the_text(tmp_path: Path) -> None:
    shown = open_paper("02_income", small.saved(tmp_path, "html")).figures()
    assert isinstance(shown, Table) and shown.heads[5] == "决算表"
    assert [row[5].text for row in shown.rows] == [
        f"100.00万元 《{small.TITLE}》第5行第2列", f"100.00万元 《{small.TITLE}》第3行第2列", "–",
    ]  # fmt: skip
    plain = open_paper("02_income", small.saved(tmp_path, "txt")).figures()
    assert isinstance(plain, Table) and "决算表" not in plain.heads and len(plain.heads) == 6


def test_a_report_without_tables_says_so_plainly() -> None:
    for lang, said in (
        ("zh", "报告中没有决算表的内容，没有可核对的表"),
        ("en", "the report has no table with its contents: there is none to test"),
    ):
        work = open_small(REPORT, lang)
        assert repr(work.tables()).endswith(said) and said in work.tables()._repr_html_()
    work = open_small(REPORT)
    assert work.figures().rows == work.narrative().rows == work.tie_out().rows == ()
    assert all(
        result.outcome is Outcome.NOT_TESTED for result in work.results if result.rule.kind == "published"
    )


def test_every_result_on_a_table_is_in_one_workpaper_and_counted(small_report: Path) -> None:
    papers = [open_paper(stem, small_report) for stem in SECTIONS]
    whole = papers[0].audit
    assert sum(len(paper.results) for paper in papers) == len(whole.results)
    assert sum(len(paper.numerals) for paper in papers) == len(whole.numerals)
    tables = next(paper for paper in papers if isinstance(paper, TablesWorkpaper))
    assert len(tables.figures().rows) == len(tables.numerals) == 7
    gathered = open_paper("99_findings", small_report)
    assert gathered.tie_out().rows and "核对项数" in repr(gathered.sign_off())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_and_plain_text_of_the_tables_show_the_same_rows(small_report: Path, lang: str) -> None:
    work = open_small(small_report, lang)
    for shown in (work.tables(), work.figures(), work.reconciliation(), work.narrative(), work.tie_out()):
        page = re.sub(r"<summary>\+\d+</summary>", "", shown._repr_html_())
        assert words(repr(shown)) == words(html.unescape(re.sub(r"<[^>]+>", "", page)))


def test_charts_are_drawn_or_say_why_on_a_report_with_tables(small_report: Path) -> None:
    work = open_paper("99_findings", small_report)
    assert all(isinstance(work.chart(number), Chart | NoChart) for number in CHARTS)


@pytest.mark.parametrize("which", ["good", "bad"])
def test_real_tables_are_shown_each_with_its_page(which: str) -> None:
    work = open_tables(str({"good": GOOD, "bad": BAD}[which]))
    shown = [tuple(cell.text for cell in row[1:4]) for row in work.tables().rows]
    assert ("收入支出决算总表", {"good": "第6页", "bad": "第7页"}[which], "万元") in shown
    assert all(re.fullmatch(r"第\d+页(第\d+行第\d+列)?", place) for _, place, _ in shown) and len(shown) >= 8
    links = re.findall(r'source\.html#L(\d+)">([^<]+)<', work.narrative()._repr_html_())
    document = work.audit.document
    assert len(links) > 40 and {words_ for line, words_ in links} == {
        where(document, int(line))["zh"] for line, _ in links
    }
    assert not [row for row in work.figures().rows if row[2].text == "未能识别"]


# ----------------------------------------------------------------------------------------------- tickmarks


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_legend_is_complete(lang: str) -> None:
    assert [mark for mark, _ in legend(lang)] == list(Tickmark)
    assert all(said == mark.label[lang] and said for mark, said in legend(lang))
    assert len({mark.glyph for mark in Tickmark}) == len({mark.css for mark in Tickmark}) == len(Tickmark)


def test_every_outcome_of_every_kind_has_its_mark() -> None:
    result = open_workpaper("99_findings", str(REPORT)).results[0]
    kinds = set(PUBLIC_KINDS.values()) | {rule.public_kind for rule in load_rules()}
    assert kinds <= set(KINDS)
    marks = {
        (rule.public_kind, outcome): tickmark(replace(result, rule=rule, outcome=outcome))
        for rule in load_rules()
        for outcome in Outcome
    }
    assert marks["foot", Outcome.TIES] is Tickmark.FOOTED and marks["tie_out", Outcome.TIES] is Tickmark.TIED
    assert marks["recompute", Outcome.TIES] is Tickmark.RECOMPUTED
    assert {marks[kind, Outcome.TIES_WITHIN_ROUNDING] for kind in kinds} == {Tickmark.WITHIN_ROUNDING}
    assert {marks[kind, Outcome.NOT_TESTED] for kind in kinds} == {Tickmark.NOT_TESTED}
    assert {marks[kind, Outcome.EXCEPTION] for kind in kinds - {"analytical"}} == {Tickmark.EXCEPTION}
    assert marks["analytical", Outcome.EXCEPTION] is Tickmark.NOTED
    passed = {marks[kind, Outcome.TIES] for kind in kinds}
    assert passed.isdisjoint(
        {Tickmark.EXCEPTION, Tickmark.NOTED, Tickmark.NOT_TESTED, Tickmark.WITHIN_ROUNDING}
    )


def test_a_tickmark_is_escaped() -> None:
    assert Tickmark.CROSS_FOOTED.span("en", '"><b>') == (
        '<b class="tick-cross-footed" title="&#34;&gt;&lt;b&gt;">&lt;</b>'
    )
    assert Tickmark.TIED.span("zh") == '<b class="tick-tied" title="与他处数字核对一致">✓</b>'


# -------------------------------------------------------------------------------------------------- prose


@pytest.mark.parametrize("stem", STEMS)
def test_prose_can_be_had_in_one_language(stem: str) -> None:
    for words in [source(cell) for cell in cells(stem) if cell["cell_type"] == "markdown"]:
        zh, en = in_language(words, "zh"), in_language(words, "en")
        assert not re.search(r"[A-Za-z]{4,}", re.sub(r"\w+\.json", "", zh))
        assert not re.search(r"[\u4e00-\u9fff]", en)
        assert len(re.findall(r"(?m)^- ", zh)) == len(re.findall(r"(?m)^- ", en)) == words.count("\n- ")


@pytest.mark.parametrize(
    "words",
    ["自己的一段 own words · and more", "**只有一种** — 语言", "**标签 label** — 没有译文", "- 一 · one", ""],
)
def test_prose_of_another_form_stays_as_it_is(words: str) -> None:
    assert in_language(words, "zh") == in_language(words, "en") == words


# -------------------------------------------------------------------------------------------------- charts


def drawn(work: OpenWorkpaper, number: int) -> Chart:
    made = work.chart(number)
    assert isinstance(made, Chart)
    return made


def test_charts_are_the_same_in_another_process() -> None:
    script = (
        "import sys, hashlib, helpers; from helpers.showing.charts import CHARTS, chart\n"
        "audit = helpers.audit(sys.argv[1])\n"
        "drawn = [chart(audit, n, lang).svg for lang in ('zh', 'en') for n in CHARTS]\n"
        "print(hashlib.sha256(''.join(drawn).encode()).hexdigest())"
    )
    run = [
        subprocess.run(
            [sys.executable, "-c", script, str(REPORT)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    assert run[0].stdout == run[1].stdout != "" and run[0].stderr == ""
    audit = open_workpaper("01_totals", str(REPORT)).audit
    here = [chart(audit, number, lang) for lang in ("zh", "en") for number in CHARTS]
    svg = "".join(made.svg for made in here if isinstance(made, Chart))
    assert hashlib.sha256(svg.encode()).hexdigest() == run[0].stdout.strip()


def test_a_chart_is_the_same_where_the_report_was_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    audit = open_workpaper("01_totals", str(REPORT)).audit
    monkeypatch.setattr(chart_font, "_part", None)
    whole = [chart(audit, number, "zh") for number in CHARTS]
    chart_font.embedded.cache_clear()
    prepare(audit)
    monkeypatch.setattr(chart_font, "_whole", None)  # the whole font is not opened any more
    assert [chart(audit, number, "zh") for number in CHARTS] == whole
    assert all(isinstance(made, Chart) for made in whole)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("number", CHARTS)
def test_chart_text_is_text_in_a_font_that_has_it(
    number: int, lang: str, caplog: pytest.LogCaptureFixture
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = drawn(open_workpaper("99_findings", str(REPORT), lang), number)
    assert not caplog.records
    texts = [html.unescape(found) for found in re.findall(r"<text[^>]*>([^<]*)</text>", made.svg)]
    assert made.title in texts and made.svg.startswith("<svg role=")
    assert {ord(char) for said in texts for char in said} <= chart_font.glyphs()
    fonts = re.findall(r"font-family: ([^;\"]+)", made.svg)
    assert fonts and all(
        font.startswith(f"'figure{number}'") and font.endswith("sans-serif") for font in fonts
    )
    assert not re.search(r"<dc:date|\d\d:\d\d:\d\d|matplotlib\.org", made.svg)
    assert all(found.startswith(f"figure{number}-") for found in re.findall(r' id="([^"]+)"', made.svg))


def test_charts_come_from_the_facts(text: str, opened: Callable[..., OpenWorkpaper]) -> None:
    other = changed(
        text,
        "基本支出709.95万元，占60.19%；项目支出469.52万元",
        "基本支出700.00万元，占60.19%；项目支出479.47万元",
    )
    other = changed(other, "收、支总计各增加84.88万元", "收、支总计各减少100.53万元")
    work = opened(other)
    assert drawn(work, 3).rows == (
        "基本支出：700万元 (59.35%)",
        "项目支出：479.47万元 (40.65%)",
        "合计 1179.47万元",
    )
    assert drawn(work, 1).rows[0] == "收入总计：2022年（推算） 1280万元 → 2023年 1179.47万元"
    assert ">1280<" in drawn(work, 1).svg and ">700万元 (59.35%)<" in drawn(work, 3).svg


def test_parts_that_miss_the_total_are_said_so(text: str, opened: Callable[..., OpenWorkpaper]) -> None:
    work = opened(changed(text, "基本支出709.95万元，占60.19%", "基本支出609.95万元，占60.19%"))
    assert drawn(work, 3).rows[-1] == "所列部分合计1079.47万元，报告的合计是1179.47万元"


def test_a_part_that_is_stated_whole_is_not_drawn_from_some_of_its_parts(
    text: str, opened: Callable[..., OpenWorkpaper]
) -> None:
    old = "一般公共预算财政拨款收入1049.98万元，占89.02%；政府性基金"
    work = opened(changed(text, old, "财政拨款收入1179.47万元，占100%，其中：政府性基金"))
    assert drawn(work, 2).rows == ("财政拨款收入：1179.47万元 (100.00%)", "合计 1179.47万元")


def test_zero_parts_are_left_out() -> None:
    work = open_workpaper("99_findings", str(REPORT))
    assert drawn(work, 7).rows == ("公务接待费：1.52万元 (100.00%)", "合计 1.52万元")
    assert drawn(work, 7).svg.count("<path") < drawn(work, 2).svg.count("<path")


@pytest.mark.parametrize(
    ("number", "old", "new", "said"),
    [
        (1, "收、支总计各增加84.88万元", "收、支总计各有增加", "收入总计的增减额、支出总计的增减额"),
        (3, "基本支出709.95万元，占60.19%；项目支出469.52万元，占39.81%；上缴上级支出0万元，占0%；经营支出0万元，占0%；对附属单位补助支出0万元，占0%。", "略。", "基本支出、项目支出"),
        (7, "因公出国（境）费支出决算0万元", "因公出国（境）费支出决算-3万元", "负数不能画成饼图：因公出国（境）费"),
        (7, "公务接待费支出决算1.52万元", "公务接待费支出决算0万元", "各部分都是零"),
    ],
)  # fmt: skip
def test_what_a_chart_lacks_is_said_in_its_place(
    number: int, old: str, new: str, said: str, text: str, opened: Callable[..., OpenWorkpaper]
) -> None:
    made = opened(changed(text, old, new)).chart(number)
    assert isinstance(made, NoChart)
    assert said in repr(made) and said in made._repr_html_()


def test_many_parts_have_labels_apart(text: str, opened: Callable[..., OpenWorkpaper]) -> None:
    names = ["国防", "公共安全", "节能环保", "农林水", "交通运输", "商业服务业等", "科学技术"]
    kinds = "；".join(f"{name}支出{10 + i}万元，占1%" for i, name in enumerate(names))
    made = drawn(opened(changed(text, "教育支出0万元，占0%", kinds)), 6)
    assert len(made.rows) == 12
    width, height = map(float, re.findall(r'viewBox="0 0 (\S+) (\S+)"', made.svg)[0])
    lines = re.findall(r'<text[^>]*transform="translate\(([-\d.]+) ([-\d.]+)\)"', made.svg)
    lefts = sorted(float(y) for x, y in lines if float(x) < width / 2)
    assert len(lefts) == 20 and lefts[0] > 0 and lefts[-1] < height
    assert min(below - above for above, below in pairwise(lefts)) > 10


def test_strange_names_can_be_drawn() -> None:
    strange = "支出$x$&lt;<b>\U0001f600" + "很" * 60
    audit = open_workpaper("99_findings", str(REPORT)).audit
    facts = [
        replace(fact, dimensions=(("function", strange),)) if fact.dimension("function") == "201" else fact
        for fact in audit.facts
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = chart(replace(audit, extract=replace(audit.extract, facts=tuple(facts))), 6, "zh")
    assert isinstance(made, Chart)
    assert ">支出$x$&amp;lt;&lt;b&gt;" in made.svg and "□" in made.svg
    assert "<b>" not in made.svg and "\U0001f600" not in made.svg
