"""`audit run FOLDER` and `audit check FOLDER`: whatever lies in it, nothing is lost, and a batch that was stopped goes on."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import small
from audits import notebook
from helpers import cli
from helpers.running import batch as batches
from helpers.running import folder as folders
from helpers.running import report as running
from helpers.running.children import CAN_FORK
from helpers.running.folder import sweep
from helpers.running.selection import select

SIZE = "\n（以上为本部门2023年度决算说明，供社会公众监督。）" * 40

OVER_ALL = ("index.html", "portfolio")  # what stands beside the folders of the reports


def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str | Path):
    """Exit status, and lines on standard output and standard error, of the command line."""
    monkeypatch.setattr(sys, "argv", ["audit", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    said = capfd.readouterr()
    return stopped.value.code, said.out.splitlines(), said.err.splitlines()


def files(top: Path) -> dict[str, bytes]:
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def names(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def modified(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder for kept audits; runs in this process write no evidence, which takes the longest of a small report."""
    monkeypatch.setenv("AUDIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(running, "evidence_paper", lambda *given: b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder with four small reports, each with a figure of its own."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for number in range(1, 5):
        text = small.as_text().replace("支出总计103.00".encode(), f"支出总计{number}00.00".encode())
        (folder / f"{number}.txt").write_bytes(text)
    return folder


# ----------------------------------------------------------------------------------------- what lies in a folder


def test_each_report_of_a_folder_is_audited_whatever_it_is_called(monkeypatch, capfd, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    good = ["a b.txt", "空\u3000白.txt", "'q\" c.txt", "<i>.txt", "-x.txt"]
    for name in [*good, ".hidden.txt", "~$a b.txt", "a\nb.txt", "notes.md", "sub/x.txt"]:
        (folder / name).write_bytes(small.as_text())
    (folder / os.fsdecode(b"\xff.txt")).write_bytes(small.as_text())
    (folder / "empty.txt").touch()
    (folder / "folder.txt").mkdir()
    (folder / "gone.txt").symlink_to(tmp_path / "nowhere")
    (folder / "round.txt").symlink_to("round.txt")
    status, said, errors = call(
        monkeypatch, capfd, "run", folder, "--out", out, "--no-notebooks", "--jobs", "3"
    )
    assert status == 2
    assert sorted(line.partition("：")[0] for line in said) == sorted(good)
    assert errors == [
        f"audit: {folder}/a\ufffdb.txt: the file name goes over two lines; rename the file",
        f"audit: {folder}/empty.txt: is empty; save the report in it",
        f"audit: {folder}/\ufffd.txt: the file name is not readable text; rename the file",
    ]
    made = [name for name in names(out) if name not in OVER_ALL]
    assert len(made) == len(good) and all((out / name / "audit.json").is_file() for name in made)
    page = (out / "index.html").read_text("utf-8")
    assert (
        page.count("</html>") == 1
        and "\\udcff.txt" in page
        and "<i>.txt" not in page
        and str(tmp_path) not in page
    )


def test_the_folders_in_a_folder_are_searched_on_request_but_not_what_an_audit_wrote(
    monkeypatch, capfd, reports
):
    (reports / "sub" / ".git").mkdir(parents=True)
    (reports / "sub" / "5.txt").write_bytes(small.as_text())
    (reports / "sub" / ".git" / "6.txt").write_bytes(small.as_text())
    given = [reports, "--no-notebooks", "--recursive", "--jobs", "2", "--resume", "--out"]
    for out in (reports, reports / "sub" / "out"):
        status, said, errors = call(monkeypatch, capfd, "run", *given, out)
        assert (status, errors, len(said)) == (0, [], 5)
        for recursive, count in ((False, 4), (True, 5)):
            for other in (None, reports, out):
                selected = select([reports], recursive, other)
                found = [file.name for files in selected.reports for file in files]
                assert (found, selected.failed) == ([f"{n}.txt" for n in range(1, count + 1)], ())
    # Without audits beside it, an index.html may be a report.
    (reports / "sub" / "plain").mkdir()
    (reports / "sub" / "plain" / "index.html").write_bytes(small.as_page())
    assert select([reports], True).reports[-1] == (reports / "sub" / "plain" / "index.html",)


def test_what_cannot_be_read_is_said_and_stops_no_other(monkeypatch, capfd, reports):
    """Permissions do not bind root: what the system would say is said here by the functions that ask it."""
    (reports / "closed").mkdir()
    (reports / "open").mkdir()
    (reports / "open" / "9.txt").write_bytes(small.as_text())
    scandir, read = os.scandir, Path.open

    def closed(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    def unreadable(path: Path, *given: object, **named: object) -> object:
        if path.name == "2.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, *given, **named)

    monkeypatch.setattr(os, "scandir", closed)
    monkeypatch.setattr(Path, "open", unreadable)
    status, said, errors = call(monkeypatch, capfd, "check", reports, "--recursive")
    assert (status, len(said)) == (2, 4)
    assert len(errors) == 2 and errors[0].startswith(
        f"audit: {reports}/2.txt: cannot be read (Permission denied)"
    )
    assert errors[1] == f"audit: {reports}/closed: cannot be read (Permission denied); check its permissions"


def test_two_reports_of_one_stem_are_one_or_a_failure(tmp_path):
    for name in ("a.txt", "a.xlsx", "b.pdf", "b.docx", "c.txt", "C.html"):
        (tmp_path / name).touch()
    selected = select([tmp_path, tmp_path / "a.txt"], out=tmp_path / "out")
    found = [["C.html"], ["a.txt", "a.xlsx"], ["b.docx"]]
    assert [[file.name for file in files] for files in selected.reports] == found
    assert {failure.error for failure in selected.failed} == {
        f"{tmp_path}/b.pdf: is called like {tmp_path}/b.docx; rename one, or use another --out",
        f"{tmp_path}/c.txt: is called like {tmp_path}/C.html; rename one, or use another --out",
    }
    assert [len(files) for files in select([tmp_path]).reports] == [1, 2, 1, 1, 1]


# --------------------------------------------------------------------------------------------- how it is called


@pytest.mark.parametrize("jobs", ["0", "-1", "x", "1.5", ""])
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_wrong_number_of_jobs_is_one_line(command, jobs, monkeypatch, capfd, reports):
    status, said, errors = call(monkeypatch, capfd, command, reports, f"--jobs={jobs}")
    assert (status, said) == (2, [])
    assert errors == [f"audit: argument --jobs: {jobs!r} is not a whole number from 1; see audit --help"]


def test_many_jobs_and_one_give_the_same(monkeypatch, capfd, reports, tmp_path):
    (reports / "0.txt").touch()
    (reports / "5.txt").write_bytes(b"\xff")
    outs = []
    for jobs in ("1", "64"):
        out = tmp_path / jobs / "out"
        status, said, errors = call(
            monkeypatch, capfd, "run", reports, "--out", out, "--no-notebooks", "--jobs", jobs
        )
        assert status == 2 and len(said) == 4
        assert [line.rpartition("/")[2][:5] for line in errors] == ["0.txt", "5.txt"]
        outs.append(files(out))
    assert outs[0] == outs[1]


def test_a_folder_to_keep_audits_in_that_cannot_be_had_is_one_line(
    monkeypatch, capfd, reports, cache, tmp_path
):
    cache.write_text("a file in its place")
    given = ["run", reports, "--out", tmp_path / "out", "--no-notebooks"]
    status, said, errors = call(monkeypatch, capfd, *given)
    assert (status, len(said)) == (0, 4)
    assert errors == [
        f"audit: {cache}: audits cannot be kept here (File exists); set AUDIT_CACHE to another folder"
    ]
    assert call(monkeypatch, capfd, *given, "--fail-on", "high")[0] == 1


def test_an_output_folder_that_cannot_be_had_is_said_of_each(monkeypatch, capfd, reports, tmp_path):
    (tmp_path / "out").write_text("a file in its place")
    status, said, errors = call(
        monkeypatch, capfd, "run", reports, "--out", tmp_path / "out", "--no-notebooks"
    )
    assert (status, said, len(errors)) == (2, [], 4)
    assert {line.partition(": ")[2] for line in errors} == {
        f"{tmp_path}/out: cannot be written to (File exists); choose another --out"
    }


def test_check_of_a_folder_is_a_line_a_report_in_their_order(monkeypatch, capfd, reports):
    (reports / "2x.txt").touch()
    (reports / "空\u3000白\n\u2028.txt").write_bytes(small.as_text())
    (reports / os.fsdecode(b"\xff.txt")).write_bytes(small.as_text())
    shown = []
    for jobs in ("1", "64"):
        status, said, errors = call(monkeypatch, capfd, "check", reports, "--json", "--jobs", jobs)
        assert status == 2
        assert errors == [f"audit: {reports}/2x.txt: is empty; save the report in it"]
        shown.append(said)
    assert shown[0] == shown[1]
    lines = [json.loads(line) for line in shown[0]]
    found = ["1.txt", "2.txt", "2x.txt", "3.txt", "4.txt", "空\u3000白\n\u2028.txt", os.fsdecode(b"\xff.txt")]
    assert [line["path"] for line in lines] == [str(reports / name) for name in found]
    assert [("error" in line) for line in lines] == [False, False, True, False, False, False, False]
    assert all(list(line) == sorted(line) for line in lines)
    (reports / "2x.txt").unlink()
    assert call(monkeypatch, capfd, "check", reports)[0] == 0
    assert call(monkeypatch, capfd, "check", reports, "--fail-on", "high")[0] == 1


# -------------------------------------------------------------------------------------------------- going on


def test_only_what_is_not_complete_and_unchanged_is_done_again(monkeypatch, capfd, reports, tmp_path):
    out = tmp_path / "out"
    given = ["run", reports, "--out", out, "--no-notebooks", "--jobs", "2", "--resume"]
    assert call(monkeypatch, capfd, *given)[0] == 0
    whole, before = files(out), modified(out)
    rules = tmp_path / "mine.yaml"
    rules.write_text(
        "- {id: MY-01, kind: tie_out, label: {zh: 甲, en: A}, reference: arithmetic, left: income.total,"
        " right: expenditure.total}\n",
        "utf-8",
    )

    def redone(*further: str | Path) -> list[str]:
        """The folders that are made anew, as the time of each and what is said of it tell."""
        nonlocal before
        status, said, errors = call(monkeypatch, capfd, *given, *further)
        assert (status, errors) == (0, [])
        now = modified(out)
        changed = sorted(name for name in before if now[name] != before[name] and name not in OVER_ALL)
        kept = [line.partition(".txt")[0] for line in said if line.endswith(("(已是最新)", "(up to date)"))]
        assert sorted({*"1234"} - {*kept}) == changed
        before = now
        return changed

    assert redone() == []
    (out / "1" / "findings.json").write_text("{}")
    (out / "2" / "findings.xlsx").unlink()
    (out / "3" / "further.html").touch()
    (out / "4" / "manifest.json").write_text("{")
    assert redone() == ["1", "2", "3", "4"] and files(out) == whole
    (out / "4" / "manifest.json").unlink()
    assert redone() == ["4"] and files(out) == whole and redone() == []
    report = reports / "3.txt"
    text = report.read_bytes()
    report.write_bytes(text.replace("支出总计300".encode(), "支出总计301".encode()))
    assert redone() == ["3"] and files(out) != whole
    report.write_bytes(text)
    assert redone() == ["3"] and files(out) == whole
    assert redone("--lang", "en") == ["1", "2", "3", "4"]
    assert redone("--lang", "en") == []
    assert redone("--rules", rules) == ["1", "2", "3", "4"] and redone("--rules", rules) == []
    assert redone() == ["1", "2", "3", "4"] and files(out) == whole
    monkeypatch.setattr("helpers.running.manifest.code_sha256", lambda: "other code")
    assert redone() == ["1", "2", "3", "4"]


# The command line, without evidence, which takes the longest of a small report.
PROGRAM = """
from helpers import cli
from helpers.running import report
report.evidence_paper = lambda *given: b""
cli.main()
"""


def program(*arguments: str | Path) -> subprocess.Popen[str]:
    """The command line in a process group of its own."""
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def until(holds: Callable[[], object]) -> None:
    """Wait until it holds; a test that waits in vain fails."""
    for _ in range(2400):
        if holds():
            return
        time.sleep(0.02)
    pytest.fail("waited in vain")


def alive_in(folder: Path) -> list[str]:
    """The processes that were called with this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def moments(out: Path) -> Iterator[Callable[[], object]]:
    """What is to hold when a run is stopped."""
    yield lambda: [*out.glob(".audit-*")]
    yield lambda: [*out.glob(".audit-*/new/*")]
    yield lambda: [*out.glob(".audit-*/new/manifest.json")]
    yield lambda: (out / "2").is_dir()
    yield lambda: len([*out.glob("[1-4]")]) >= 3


LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere a child outlives a parent that was killed"
)


@LINUX
def test_a_batch_killed_at_any_moment_goes_on_to_the_same_bytes(reports, tmp_path):
    whole, out = tmp_path / "whole", tmp_path / "out"
    with program("run", reports, "--out", whole, "--no-notebooks") as undisturbed:
        assert undisturbed.wait() == 0
    chance = random.Random(7)
    for moment in [*moments(out), None]:
        with program("run", reports, "--out", out, "--no-notebooks", "--resume", "--jobs", "2") as run:
            if moment is None:
                time.sleep(chance.random())
            else:
                until(lambda moment=moment: moment() or run.poll() is not None)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
        until(lambda: not alive_in(out))
    with program("run", reports, "--out", out, "--no-notebooks", "--resume", "--jobs", "2") as run:
        assert run.wait() == 0
    assert files(out) == files(whole) and names(out) == names(whole)


@LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_batch_that_is_asked_to_stop_leaves_nothing_but_what_is_whole(
    number, reports, monkeypatch, tmp_path
):
    out, work = tmp_path / "out", tmp_path / "tmp"
    work.mkdir()
    monkeypatch.setenv("TMPDIR", str(work))
    for report in reports.iterdir():
        report.write_bytes(report.read_bytes() + SIZE.encode())
    for moment in (lambda: [*out.glob(".audit-*/new/*")], lambda: (out / "1").is_dir()):
        with program("run", reports, "--out", out, "--no-notebooks", "--jobs", "2") as run:
            until(moment)
            os.kill(run.pid, number)
            assert run.wait() in (130, 0)
            assert run.stderr is not None and run.stderr.read() == ""
        assert not alive_in(out)
        assert not [path for path in out.rglob(".*")]
        assert all((path / "manifest.json").is_file() for path in out.iterdir() if path.is_dir())
    assert names(work) == []


@pytest.mark.skipif(not CAN_FORK, reason="notebooks of a killed run go on here")
def test_a_batch_with_notebooks_killed_in_one_goes_on_to_the_same_bytes(reports, tmp_path):
    """Its notebooks are small ones, run by a warm kernel, and one of them in the process itself."""
    toys, out, note = tmp_path / "toys", tmp_path / "out", tmp_path / "note"
    notebook(toys / "01_totals.ipynb", "from helpers.showing.notebook import open_workpaper")
    notebook(
        toys / "02_income.ipynb",
        f"import os, time\nprint(report)\ntime.sleep(0 if os.path.exists({str(note)!r}) else 600)",
    )
    for name in ("2.txt", "3.txt", "4.txt"):
        (reports / name).unlink()
    starts = f"""
import sys
from pathlib import Path
from helpers import cli
from helpers.running import report
report.evidence_paper = lambda *given: b""
report.notebooks_folder = lambda: Path({str(toys)!r})
sys.argv = ["audit", "run", {str(reports)!r}, "--out", {str(out)!r}, "--resume", "--jobs", "2"]
cli.main()
"""
    with subprocess.Popen([sys.executable, "-c", starts], start_new_session=True) as run:
        until(lambda: len([*out.glob(".audit-*/new/notebooks/01_totals.html")]) == 1)
        os.killpg(run.pid, signal.SIGKILL)
    until(lambda: not alive_in(out))
    assert names(out) and all(name.startswith(".audit-") for name in names(out))
    note.touch()
    with subprocess.Popen([sys.executable, "-c", starts], stdout=subprocess.PIPE) as run:
        assert run.wait() == 0
    assert names(out) == ["1", *OVER_ALL]
    with subprocess.Popen(
        [sys.executable, "-c", starts.replace("/out'", "/whole'")], stdout=subprocess.PIPE
    ) as run:
        assert run.wait() == 0
    assert files(out) == files(tmp_path / "whole")
    assert '"1.txt\\n"' in (out / "1" / "notebooks" / "02_income.ipynb").read_text("utf-8")


def left(out: Path, name: str, words: str | None, *inside: str) -> Path:
    """What a kill leaves in the output folder: a folder that is locked no more."""
    folder = out / name
    for path in inside:
        (folder / path).mkdir(parents=True)
        (folder / path / "audit.json").write_text(path)
    folder.mkdir(parents=True, exist_ok=True)
    if words is not None:
        (folder / "target").write_text(words)
    return folder


@pytest.mark.skipif(folders.fcntl is None, reason="nothing is swept here")
def test_what_a_kill_left_is_swept_and_what_it_took_away_put_back(tmp_path):
    left(tmp_path, ".audit-a", "1", "new", "old")
    left(tmp_path, ".audit-b", "2", "old")
    left(tmp_path, ".audit-c", "3", "new")
    left(tmp_path, ".audit-d", None)
    left(tmp_path, ".audit-e", "", "new")
    left(tmp_path, "2", None, ".")
    (tmp_path / "2" / "audit.json").write_text("stands")
    left(tmp_path, "mine", None, ".")
    sweep(tmp_path)
    assert {path: content.decode() for path, content in files(tmp_path).items()} == {
        "1/audit.json": "old",
        "2/audit.json": "stands",
        "mine/audit.json": ".",
    }


@pytest.mark.skipif(folders.fcntl is None, reason="nothing is swept here")
def test_what_another_run_is_making_is_not_swept(tmp_path):
    with folders.staging(tmp_path / "1") as new:
        (new / "audit.json").touch()
        sweep(tmp_path)
        assert (new / "audit.json").is_file()
        folders.publish(new, tmp_path / "1")
    assert names(tmp_path) == ["1"]


# ---------------------------------------------------------------------------------------------------- a full disk

LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
"""


@LINUX
def test_a_full_disk_is_one_line_a_report_and_nothing_half_written(reports, tmp_path):
    out = tmp_path / "out"

    def run(limit: int, *given: str | Path) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-c",
            LIMITED + PROGRAM,
            str(limit),
            "run",
            *map(str, given),
            "--out",
            str(out),
            "--no-notebooks",
        ]
        return subprocess.run(command, capture_output=True, text=True)

    assert run(10**9, reports / "1.txt").returncode == 0
    before = files(out / "1")
    for limit in (20_000, 1_000, 0):
        done = run(limit, reports)
        lines = done.stderr.splitlines()
        assert done.returncode == 2 and done.stdout == ""
        for number in range(1, 5):
            (line,) = [line for line in lines if line.startswith(f"audit: {reports}/{number}.txt: ")]
            assert "File too large" in line and line.endswith("see to it and run again with --resume")
        assert not [line for line in lines if "Traceback" in line or "internal" in line]
        assert files(out / "1") == before
        assert [name for name in names(out) if name not in OVER_ALL] == ["1"]
    assert len(lines) == 5 and f"{out}/index.html: cannot be written (File too large)" in lines[-1]


def test_an_error_of_ours_in_one_report_stops_no_other(monkeypatch, capfd, reports, tmp_path):
    run = batches.run_report

    def broken(files: Sequence[Path], *given: object, **named: object) -> object:
        if files[0].name == "2.txt":
            time.sleep(2)  # It is told first all the same.
            raise AssertionError("甲\n乙")
        if files[0].name == "3.txt":
            os._exit(9)
        if files[0].name == "4.txt":
            raise MemoryError
        return run(files, *given, **named)

    monkeypatch.setattr(batches, "run_report", broken)
    status, said, errors = call(
        monkeypatch, capfd, "run", reports, "--out", tmp_path / "out", "--no-notebooks", "--jobs", "4"
    )
    assert (status, len(said)) == (3, 1)
    assert errors == [
        f"audit: {reports}/2.txt: internal error: AssertionError: 甲 乙; run again with --debug and report it",
        f"audit: {reports}/3.txt: its process ended with status 9; audit it in parts, or alone",
        f"audit: {reports}/4.txt: needs more than 4 GB of memory; audit it in parts",
    ]
    assert names(tmp_path / "out") == ["1", *OVER_ALL]
