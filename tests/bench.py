"""What an audit takes, each beside a yardstick measured in the same run: `make bench`, or some parts of it by name.

    .venv/bin/python tests/bench.py run check batch growth

Seconds are the least of several runs, ratios are to the yardstick named: ratios compare across machines, seconds do not.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import growth as growing
from helpers.cli import available_cores
from many_reports import generated

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "data" / "reports" / "anju-2023.txt"
NOTEBOOKS = sorted(path for path in (ROOT / "notebooks").glob("[!.]*.ipynb") if path.stem != "95_portfolio")
PROJECTS = range(1, 6)
CORES = available_cores()
PYTHON = [sys.executable]
AUDIT = [*PYTHON, "-m", "helpers"]
WIDTH = 46


def main() -> None:
    """Print the parts that are named on the command line, or all."""
    parts = {"check": check, "run": run, "batch": batch, "growth": growth}
    subprocess.run([*PYTHON, "-m", "compileall", "-q", ROOT / "src" / "helpers"], check=True)
    for name in sys.argv[1:] or parts:
        parts[name]()
        print(flush=True)


def line(what: str, seconds: float, yardstick: float, beside: str, further: str = "") -> None:
    """A row of a table: what, its seconds, the ratio to the yardstick, and what that is."""
    print(
        f"{what:{WIDTH}} {seconds:8.2f} s {seconds / yardstick:7.2f} x {beside} {further}".rstrip(),
        flush=True,
    )


def least(action: Callable[[], object], runs: int) -> float:
    """The shortest of several runs, in seconds."""
    return min(timed(action) for _ in range(runs))


def timed(action: Callable[[], object]) -> float:
    """How long it takes, in seconds."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def process(command: Sequence[str | Path], **env: str) -> Callable[[], object]:
    """A whole process, start-up included, which must not fail."""
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **env})


# --------------------------------------------------------------------------------------- what `audit check` takes


def check() -> None:
    """The start of the command line, and a report reconciled, beside an interpreter that does nothing."""
    start = process([*PYTHON, "-c", "import yaml, decimal, json"])
    base = least(start, 9)
    line('python -c "import yaml, decimal, json"', base, base, "itself")
    line("audit --help", least(process([*AUDIT, "--help"]), 9), base, "python")
    line(
        "audit check anju-2023 --json", least(process([*AUDIT, "check", REPORT, "--json"]), 9), base, "python"
    )


# ----------------------------------------------------------------------------------------- what `audit run` takes


def run() -> None:
    """The notebooks of a report in both languages: without us, by the floor, and by us."""
    with _fresh() as folder:
        lines = timed(lambda: _command_lines(folder))
        line("papermill and nbconvert, by command line", lines, lines, "itself")
        api = timed(process([*PYTHON, "-c", _API, str(folder / "api")]))
        line("papermill and nbconvert, by their APIs", api, lines, "command lines")
        floor = least(lambda: process([*PYTHON, "-c", _FLOOR, str(_empty(folder / "floor"))])(), 2)
        line("the floor: all parts in one process", floor, lines, "command lines")
        for jobs in (1, CORES):
            out = folder / f"out-{jobs}"
            with _memory() as memory:
                ours = least(partial(_audited, out, REPORT, jobs), 3)
            line(
                f"audit run --jobs {jobs}",
                ours,
                lines,
                "command lines",
                f"{lines / ours:.1f} times faster, {ours / floor:.2f} of the floor, {memory()} MB",
            )


def _command_lines(folder: Path) -> None:
    """What a user does without us: a notebook and its page after another, in each language."""
    for lang in ("zh", "en"):
        for notebook, further in _papers():
            made = folder / "lines" / f"{notebook.stem}{''.join(further[2:])}-{lang}.ipynb"
            made.parent.mkdir(exist_ok=True)
            given = ["-p", "report", str(REPORT), "-p", "lang", lang, *further]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
            subprocess.run([*PYTHON, "-m", "papermill", notebook, made, *given, "-k", "python3"], **quiet)
            subprocess.run([*PYTHON, "-m", "nbconvert", "--to", "html", made], **quiet)


def _papers() -> Iterator[tuple[Path, list[str]]]:
    """The notebooks, that of a project for each, with its parameter."""
    for notebook in NOTEBOOKS:
        if notebook.stem == "10_project":
            yield from ((notebook, ["-p", "project", str(number)]) for number in PROJECTS)
        else:
            yield notebook, []


_API = f"""
import sys
from functools import partial
from pathlib import Path
import nbconvert, papermill
out = Path(sys.argv[1]); out.mkdir()
for lang in ("zh", "en"):
    for notebook in {[str(path) for path in NOTEBOOKS]!r}:
        stem = Path(notebook).stem
        for project in {list(PROJECTS)!r} if stem == "10_project" else [None]:
            given = {{"report": {str(REPORT)!r}, "lang": lang, **({{"project": project}} if project else {{}})}}
            made = out / f"{{stem}}-{{project}}-{{lang}}.ipynb"
            papermill.execute_notebook(notebook, made, given, kernel_name="python3", progress_bar=False)
            body, _ = nbconvert.HTMLExporter().from_filename(str(made))
            made.with_suffix(".html").write_text(body, "utf-8")
"""

# The parts of a report's folder, made one after another in the process that has audited it.
_FLOOR = f"""
import sys
from pathlib import Path
from helpers.showing.imports import IRI, without
with without(IRI):
    from helpers.running import children, report

def one_after_another(tasks, jobs, limits, told):
    from helpers.running.in_process import _Shell
    for task in tasks:
        _Shell.clear_instance()
        yield children.Ended(task, task.action(lambda said: None))

report.run_tasks = one_after_another
report.run_report(Path({str(REPORT)!r}), Path(sys.argv[1]).resolve())
import os
os._exit(0)
"""


# ------------------------------------------------------------------------------------------------ many reports


def batch() -> None:
    """Generated reports in a batch: how many a second, and what that takes of memory."""
    with _fresh() as folder:
        base = 0.0
        for count in (1, 4, 16, 64):
            reports = generated(_empty(folder / f"reports-{count}"), count)
            out = folder / f"out-{count}"
            with _memory() as memory:
                seconds = timed(partial(_audited, out, reports, CORES))
            base = base or seconds
            line(
                f"audit run of {count} reports, --jobs {CORES}",
                seconds,
                base * count,
                f"{count} x one",
                f"{count / seconds:.2f} a second, {memory()} MB",
            )
        resumed = timed(lambda: _audited(out, reports, CORES, "--resume"))
        line("the same again, --resume", resumed, seconds, "the first run")
        triage = timed(process([*AUDIT, "check", reports, "--jobs", str(CORES)]))
        line(
            f"audit check of {count} reports",
            triage,
            seconds,
            "the first run",
            f"{count / triage:.1f} a second",
        )


# --------------------------------------------------------------------------------------------- one large report


def growth() -> None:
    """One report 1, 2, 4 and 8 times as long in each of its dimensions: the exponent of the time that an audit takes."""
    heads = "".join(f"{scale:>8} x" for scale in growing.SCALES)
    print(f"{'an audit, in seconds, by its length in':{WIDTH}}{heads}  exponent")
    for name in growing.dimensions():
        times = growing.growth(name)["all"]
        row = "".join(f"{seconds:10.2f}" for seconds in times.values())
        print(f"{name:{WIDTH}}{row}{growing.exponent(times):10.2f}", flush=True)


# ------------------------------------------------------------------------------------------------------ helpers


def _audited(out: Path, reports: Path, jobs: int, *options: str) -> None:
    """The command in a process, with nothing kept from before unless it is to resume."""
    cache = Path(f"{out}-cache")
    if not options:
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(cache, ignore_errors=True)
    process([*AUDIT, "run", reports, "--out", out, "--jobs", str(jobs), *options], AUDIT_CACHE=str(cache))()


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextlib.contextmanager
def _fresh() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="audit-bench-") as name:
        yield Path(name).resolve()


@contextlib.contextmanager
def _memory() -> Iterator[Callable[[], int]]:
    """The most memory of all processes below this one together in MB, what several have counted once; 0 if not to be had."""
    most, stop = [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.2):
            most[0] = max(most[0], sum(map(_share, _below(os.getpid()))))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield lambda: most[0] // 1024
    finally:
        stop.set()
        watching.join()


def _below(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from _below(child)


def _share(pid: int) -> int:
    """The proportional set of a process, in kB."""
    with contextlib.suppress(OSError):
        for words in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if words.startswith("Pss:"):
                return int(words.split()[1])
    return 0


if __name__ == "__main__":
    main()
