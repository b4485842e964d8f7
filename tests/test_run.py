"""`audit run`: one line for every bad input, nothing half-written, the same bytes twice, evidence of a failure."""

from __future__ import annotations

import json
import re
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from audits import ANJU, ROOT, batch_zh, folder, notebook, run_cli
from helpers import ReportError, cli
from helpers.reading.names import folder_name
from helpers.running import report as running
from helpers.running.execute import NotebookError, ParameterError, execute
from helpers.running.report import run_report

NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
# What a run makes of them: that of a project once for each of the report's five.
EXECUTED = [stem for stem in NOTEBOOKS if stem not in ("10_project", "95_portfolio")] + [
    f"10_project_{n:02d}" for n in range(1, 6)
]
BAD = {
    "empty.txt": b"",
    "blank.txt": b" \r\n\t\n",
    "binary.txt": bytes(range(256)) * 8,
    "undecodable.txt": "部门决算".encode() + b"\xff\xfe\x80\n",
    "recipe.txt": "鸡蛋三个，面粉二两。\n".encode(),
    "one paragraph.txt": "2022年度收入合计0万元，与上年相比，增加0万元，增长0%。".encode() * 2_000,
}


def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path):
    """Exit status and lines on standard error of the command line."""
    monkeypatch.setattr(sys, "argv", ["audit", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code, capsys.readouterr().err.splitlines()


def files(top: Path) -> dict[str, bytes]:
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with one small notebook, which the runs of a test use in place of the project's."""
    made = tmp_path / "toys"
    notebook(made / "01_totals.ipynb", "print(report)")
    monkeypatch.setattr(running, "notebooks_folder", lambda: made)
    return made


# ------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("name", [*BAD, "missing.txt"])
def test_a_bad_report_is_one_line_that_names_it(command, name, monkeypatch, capsys, tmp_path):
    report, out = tmp_path / name, tmp_path / "out"
    if name in BAD:
        report.write_bytes(BAD[name])
    options = ["--out", out] if command == "run" else []
    status, lines = call(monkeypatch, capsys, command, report, *options)
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(f"audit: {report}: ")
    assert not out.exists()


def test_a_folder_is_no_report_to_check(monkeypatch, capsys, tmp_path):
    status, lines = call(monkeypatch, capsys, "check", tmp_path)
    assert (status, len(lines)) == (2, 1)
    assert str(tmp_path) in lines[0] and "folder" in lines[0]


@pytest.mark.parametrize("command", ["check", "run"])
def test_an_unknown_key_in_a_rule_file_is_one_line_with_file_and_line(command, monkeypatch, capsys, tmp_path):
    rules, out = tmp_path / "mine.yaml", tmp_path / "out"
    rules.write_text(
        "- id: MY-01\n  kind: tie_out\n  label: {zh: 甲, en: A}\n  reference: arithmetic\n"
        "  left: income.total\n  right: expenditure.total\n  tolerence: '1'\n",
        "utf-8",
    )
    options = ["--out", out] if command == "run" else []
    status, lines = call(monkeypatch, capsys, command, ANJU, "--rules", rules, *options)
    assert (status, len(lines)) == (2, 1)
    assert re.match(r"audit: mine\.yaml:\d+: .*'tolerence'", lines[0])
    assert not out.exists()


def test_a_folder_without_reports_is_said(monkeypatch, capsys, tmp_path):
    (tmp_path / "reports").mkdir()
    status, lines = call(monkeypatch, capsys, "run", tmp_path / "reports", "--out", tmp_path / "out")
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(
        f"audit: {tmp_path / 'reports'}: has no report in it (.docx, .htm, .html, .pdf, "
    )


@pytest.mark.parametrize("stem", ["01_totals", "10_performance", "99_findings"])
def test_a_project_is_a_parameter_of_its_notebook_alone(stem, tmp_path):
    with pytest.raises(ParameterError, match=f"{stem}.ipynb: has no parameter 'project'"):
        execute(ROOT / "notebooks" / f"{stem}.ipynb", tmp_path / "out.ipynb", {"project": 1})
    with pytest.raises(ParameterError, match="'projekt'; it has: report, lang, materiality, out, project"):
        execute(ROOT / "notebooks" / "10_project.ipynb", tmp_path / "out.ipynb", {"projekt": 1})
    assert not list(tmp_path.iterdir())


def test_a_project_that_is_not_there_fails_its_notebook_with_the_reason(tmp_path):
    parameters = {"report": str(ANJU), "project": "没有"}
    with pytest.raises(NotebookError, match="ValueError: project is '没有'; it must be a name, or a number"):
        execute(ROOT / "notebooks" / "10_project.ipynb", tmp_path / "out.ipynb", parameters)


@pytest.mark.parametrize("stem", ["01_totals", "99_findings"])
def test_a_misspelt_parameter_is_refused_with_the_known_ones(stem, tmp_path):
    with pytest.raises(ParameterError) as refused:
        execute(ROOT / "notebooks" / f"{stem}.ipynb", tmp_path / "out.ipynb", {"reprot": "x", "lang": "en"})
    line = str(refused.value)
    assert line == f"{stem}.ipynb: has no parameter 'reprot'; it has: report, lang, materiality, out"
    assert not list(tmp_path.iterdir())


def test_a_parameter_that_is_no_scalar_is_refused(tmp_path):
    paper = notebook(tmp_path / "a.ipynb")
    for value in (["a"], float("nan")):
        with pytest.raises(ParameterError, match=r"a\.ipynb: the parameter 'report' must be"):
            execute(paper, tmp_path / "out.ipynb", {"report": value})


# ----------------------------------------------------------------------------------------------- one notebook


def test_an_executed_notebook_is_readable_and_tells_nothing_of_machine_or_time(tmp_path):
    paper = notebook(tmp_path / "in" / "a.ipynb", "print(report, materiality, type(materiality).__name__)")
    outputs = []
    for name in ("one", "two"):
        out = tmp_path / name / "a.ipynb"
        out.parent.mkdir()
        parameters = {"report": "安居“2023”.txt", "materiality": Decimal("0.0050"), "out": ""}
        execute(paper, out, parameters, cwd=tmp_path)
        outputs.append(out.read_text("utf-8"))
    assert outputs[0] == outputs[1]
    assert "report = '安居“2023”.txt'" in outputs[0] and "\\u" not in outputs[0]
    assert str(tmp_path) not in outputs[0]
    node = json.loads(outputs[0])
    assert node["metadata"].keys() == {"kernelspec", "language_info"}
    assert [cell["metadata"] for cell in node["cells"]] == [
        {"tags": ["parameters"]},
        {"tags": ["injected-parameters"]},
        {},
    ]
    (printed,) = node["cells"][2]["outputs"]
    assert printed["text"] == ["安居“2023”.txt 0.0050 str\n"]


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("import sys\nsys.exit(0)", "code cell 3 failed: SystemExit: 0"),
        ("raise ValueError('甲\\n乙')", "code cell 3 failed: ValueError: 甲"),
        ("import os\nos._exit(0)", "code cell 3 did not complete: DeadKernelError: Kernel died"),
    ],
)
def test_a_run_is_done_only_when_every_cell_completed(cell, says, tmp_path):
    paper, out = notebook(tmp_path / "a.ipynb", cell, "print('not reached')"), tmp_path / "out.ipynb"
    with pytest.raises(NotebookError) as failed:
        execute(paper, out, {"lang": "zh"})
    assert str(failed.value) == f"a.ipynb: {says}; see the executed notebook {out}"
    evidence = json.loads(out.read_text("utf-8"))
    assert "papermill" not in evidence["metadata"]
    assert [cell["execution_count"] for cell in evidence["cells"][:2]] == [1, 2]
    assert evidence["cells"][-1]["execution_count"] is None


def test_a_kernel_runs_beside_the_report_alone(toys, tmp_path):
    """Python would import a pandas.py that lies beside a downloaded report."""
    report = tmp_path / "reports" / "a.txt"
    report.parent.mkdir()
    report.write_bytes(ANJU.read_bytes())
    (report.parent / "pandas.py").write_text("raise SystemExit('imported from the folder of the report')")
    notebook(toys / "01_totals.ipynb", "import os, pandas\nprint(os.listdir(), pandas.__name__)")
    run = run_report(report, tmp_path / "out")
    executed = (run.folder / "notebooks" / "01_totals.ipynb").read_text("utf-8")
    assert "['a.txt'] pandas" in executed


def test_further_rules_reach_the_kernels_by_the_environment(toys, monkeypatch, tmp_path):
    rules = tmp_path / "mine.yaml"
    rules.write_text(
        "- {id: MY-01, kind: tie_out, label: {zh: 甲, en: A}, reference: arithmetic, left: income.total, right: expenditure.total}\n",
        "utf-8",
    )
    notebook(
        toys / "01_totals.ipynb",
        "import os\nname = os.environ['AUDIT_RULES']\nprint(os.path.isabs(name), [os.path.basename(name)])",
    )
    run = run_report(ANJU, tmp_path / "out", rules=rules)
    assert "True ['mine.yaml']" in (run.folder / "notebooks" / "01_totals.ipynb").read_text("utf-8")
    assert "MY-01" in (run.folder / "audit.json").read_text("utf-8")
    assert not any(str(tmp_path).encode() in content for content in files(run.folder).values())
    monkeypatch.setenv("AUDIT_RULES", str(tmp_path / "others.yaml"))
    run = run_report(ANJU, tmp_path / "out")
    assert "False ['']" in (run.folder / "notebooks" / "01_totals.ipynb").read_text("utf-8")


# ------------------------------------------------------------------------------------------------- one report


def test_the_notebook_of_a_project_runs_once_for_each_and_not_without(toys, tmp_path):
    project = notebook(toys / "10_project.ipynb", "print(project)")
    node = json.loads(project.read_text("utf-8"))
    node["cells"][0]["source"] = [*node["cells"][0]["source"], "\nproject = 1"]
    project.write_text(json.dumps(node), "utf-8")
    seen = []
    run = run_report(ANJU, tmp_path / "out", progress=lambda *told: seen.append(told))
    made = sorted(path.name for path in (run.folder / "notebooks").glob("*.ipynb"))
    assert made == ["01_totals.ipynb", *(f"10_project_{n:02d}.ipynb" for n in range(1, 6))]
    assert seen[-1] == ("anju-2023.txt", 6, 6)
    for number in range(1, 6):
        words = (run.folder / "notebooks" / f"10_project_{number:02d}.ipynb").read_text("utf-8")
        assert f'project = {number}"' in words and f'"{number}\\n"' in words
    text = ANJU.read_text("utf-8-sig")
    bare = tmp_path / "bare.txt"
    bare.write_text(text[: text.index("第四部分 附件", text.index("第三部分 名词解释", 2000))], "utf-8")
    run = run_report(bare, tmp_path / "out")
    assert [path.name for path in (run.folder / "notebooks").glob("*.ipynb")] == ["01_totals.ipynb"]


def test_a_project_that_fails_is_named_by_its_evidence(toys, monkeypatch, capsys, tmp_path):
    notebook(toys / "10_project.ipynb", "1 / (project - 3)")
    node = json.loads((toys / "10_project.ipynb").read_text("utf-8"))
    node["cells"][0]["source"] = [*node["cells"][0]["source"], "\nproject = 1"]
    (toys / "10_project.ipynb").write_text(json.dumps(node), "utf-8")
    status, (line,) = call(monkeypatch, capsys, "run", ANJU, "--out", tmp_path / "out")
    assert status == 3 and line.endswith("10_project_03.ipynb") and "ZeroDivisionError" in line


def test_a_failing_notebook_leaves_itself_and_no_half_written_output(toys, monkeypatch, capsys, tmp_path):
    out = tmp_path / "out"
    notebook(toys / "02_income.ipynb", "1 / 0")
    status, lines = call(monkeypatch, capsys, "run", ANJU, "--out", out)
    evidence = out / "anju-2023.failed" / "02_income.ipynb"
    assert (status, len(lines)) == (3, 1)
    assert "02_income.ipynb: code cell 3 failed: ZeroDivisionError" in lines[0] and str(evidence) in lines[0]
    assert list(files(out)) == ["anju-2023.failed/02_income.ipynb"]
    notebook(toys / "02_income.ipynb", "1 / 1")
    status, lines = call(monkeypatch, capsys, "run", ANJU, "--out", out)
    assert (status, lines) == (0, [])
    assert sorted(path.name for path in out.iterdir()) == ["anju-2023", "index.html", "portfolio"]


def test_an_old_audit_is_replaced_and_kept_where_the_new_one_fails(toys, tmp_path):
    folder = tmp_path / "out" / "anju-2023"
    run_report(ANJU, tmp_path / "out")
    (folder / "left.html").touch()
    (before := files(folder)).pop("left.html")
    run_report(ANJU, tmp_path / "out")
    assert files(folder) == before
    notebook(toys / "01_totals.ipynb", "1 / 0")
    with pytest.raises(NotebookError):
        run_report(ANJU, tmp_path / "out")
    assert files(folder) == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["anju-2023", "anju-2023.failed"]


def test_a_folder_that_is_no_audit_is_never_replaced(toys, tmp_path):
    mine = tmp_path / "anju-2023" / "thesis.docx"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(ReportError, match="is not the output of an audit"):
        run_report(ANJU, tmp_path)
    assert files(tmp_path / "anju-2023") == {"thesis.docx": b"mine"}


@pytest.mark.parametrize(
    "name", ["...txt", ".txt", "a\nb.txt", "<b>.txt", "con.txt", "index.html.txt", "portfolio.txt", "a.failed.txt", "长" * 90 + ".txt", "-x.txt", "a .txt"]
)  # fmt: skip
def test_an_odd_file_name_gives_a_plain_folder_name(name):
    found = folder_name(Path(name))
    assert re.fullmatch(r"[\w-]*-[0-9a-f]{8}", found) and len(found.encode()) < 200
    assert found != folder_name(Path("x" + name))


@pytest.mark.parametrize("stem", ["anju-2023", "安居区（本级）2023年度部门决算", "普陀区 财政局.终稿"])
def test_a_plain_file_name_is_the_folder_name(stem):
    assert folder_name(Path("somewhere", f"{stem}.txt")) == stem


# --------------------------------------------------------------------------------------------------- a batch


def test_a_bad_report_of_a_batch_is_listed_and_stops_no_other():
    out, done = batch_zh()
    assert done.returncode == 2
    (line,) = done.stdout.splitlines()
    assert line.startswith("anju-2023.txt：") and line.endswith(str(out / "anju-2023" / "index.html"))
    (error,) = done.stderr.splitlines()
    assert re.fullmatch(r"audit: .*empty\.txt: is empty; .*", error)
    assert sorted(path.name for path in out.iterdir()) == ["anju-2023", "index.html", "portfolio"]
    page = (out / "index.html").read_text("utf-8")
    assert 'href="anju-2023/index.html"' in page and "empty.txt: is empty" in page
    assert str(out.parent) not in page and str(done.args[4]) not in page


def test_two_reports_of_one_name_do_not_replace_each_other(toys, monkeypatch, capsys, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "r.txt").write_bytes(ANJU.read_bytes())
    one, two = tmp_path / "a" / "r.txt", tmp_path / "b" / "r.txt"
    status, lines = call(monkeypatch, capsys, "run", one, two, tmp_path / "a", "--out", tmp_path / "out")
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(f"audit: {two}: is called like {one}")


def test_fail_on_tells_by_the_exit_status(toys, monkeypatch, capsys, tmp_path):
    assert call(monkeypatch, capsys, "run", ANJU, "--out", tmp_path / "a", "--fail-on", "high")[0] == 1
    assert call(monkeypatch, capsys, "run", ANJU, "--out", tmp_path / "b")[0] == 0


# ----------------------------------------------------------------------------------------- the whole, for real


def test_the_output_folder_holds_what_the_contract_says():
    out, _ = batch_zh()
    notebooks = {f"notebooks/{stem}.{ending}" for stem in EXECUTED for ending in ("ipynb", "html")}
    findings = json.loads((out / "anju-2023" / "findings.json").read_text("utf-8"))
    high = [finding["id"] for finding in findings["findings"] if finding["severity"] == "high"]
    assert set(files(out / "anju-2023")) == {
        "index.html", "source.html", "audit.json", "findings.json", "findings.xlsx", "manifest.json", *notebooks,
        *(f"evidence/{name}.docx" for name in high),
    }  # fmt: skip
    assert not list(out.rglob(".*"))
    whole = json.loads((out / "anju-2023" / "audit.json").read_text("utf-8"))
    assert findings == {"report": whole["report"], "findings": whole["findings"]}
    assert run_cli("check", ANJU, "--json").stdout == (out / "anju-2023" / "audit.json").read_text("utf-8")


def test_two_runs_in_different_folders_give_the_same_bytes():
    out, _ = batch_zh()
    again = folder() / "elsewhere" / "deeper"
    assert run_cli("run", ANJU, "--out", again).returncode == 0
    one, two = files(out / "anju-2023"), files(again / "anju-2023")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    secrets = (str(out.parent), str(ROOT), str(Path.home()), sys.prefix)
    assert not [name for name, content in one.items() for s in secrets if s.encode() in content]
