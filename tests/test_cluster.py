"""`audit run --cluster`: a scheduler and two workers, one of which dies, give what this machine alone gives."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from distributed import KilledWorker

import small
from helpers import ReportError, cli
from helpers.findings.dispositions import reviews_file
from helpers.reading.names import folder_name
from helpers.running import cluster as clusters
from helpers.running.batch import Options, run_batch
from helpers.running.children import Task, TaskDied
from helpers.running.cluster import run_batch_on, run_on
from helpers.running.helper import Helper

REPORTS = [
    "水务一局2023.txt",
    "it's, 水务 (2) 局2023.txt",
    "水务三局2023.txt",
    "水务四局2023.txt",
    "水务五局2023.txt",
]
PRIOR = "水务三局2022.txt"
RULE = """- id: MY-01
  kind: tie_out
  label: {zh: 甲, en: A}
  reference: arithmetic
  left: income.total
  right: expenditure.total
"""


class Cluster:
    """A scheduler and two workers on this machine, each a process."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        def started(what: str, *arguments: object) -> subprocess.Popen[bytes]:
            options = ["--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
            command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *options, *map(str, arguments)]
            log = stack.enter_context((folder / "log").open("ab"))
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        found = folder / "scheduler.json"
        self.scheduler = started("scheduler", "--port", 0, "--scheduler-file", found)
        until = time.monotonic() + 60
        while not (found.exists() and found.read_bytes().endswith(b"}")):
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.1)
        self.address: str = json.loads(found.read_bytes())["address"]
        own = "--nthreads", 1, "--no-nanny", "--local-directory", folder
        self.workers = [started("worker", self.address, *own) for _ in range(2)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(tmp_path_factory.mktemp("cluster"), stack)


def files(top: Path) -> dict[str, bytes]:
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def given(folder: Path) -> Options:
    """Options with all that a report may be given, in a folder that holds the reports too."""
    reports = folder / "reports"
    reports.mkdir()
    for name in [*REPORTS, PRIOR]:
        text = small.as_text().decode().replace("2023", name[-8:-4]).replace("某某市水务局", name[:-8])
        (reports / name).write_text(text, "utf-8")
    (reports / "空.txt").touch()
    (reports / "说明.txt").write_text("鸡蛋三个，面粉二两。\n", "utf-8")
    (folder / "rules.yaml").write_text(RULE, "utf-8")
    decisions = reviews_file(folder / "reviews", Path(REPORTS[3]))
    decisions.parent.mkdir()
    decisions.write_text(
        "finding,disposition,note,name,date,judged\nMY-01-0,accepted,,张三,2024-03-05,\n", "utf-8"
    )
    return Options(
        folder / "out", rules=folder / "rules.yaml", reviews=decisions.parent, with_notebooks=False
    )


def test_a_worker_that_dies_loses_nothing_and_the_files_are_those_of_this_machine(
    cluster: Cluster, tmp_path: Path
) -> None:
    options = given(tmp_path)
    reports = [tmp_path / "reports"]
    here = run_batch(reports, options, 2, lambda line: None, pytest.fail)
    expected = files(options.out)
    options.out.rename(tmp_path / "here")
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 1:
            cluster.workers[0].send_signal(signal.SIGKILL)

    there = run_batch(reports, options, 2, say, pytest.fail, run=partial(run_on, cluster.address))
    assert cluster.workers[0].wait() == -signal.SIGKILL
    assert there.done == here.done == len(REPORTS) + 1
    assert there.unsettled == here.unsettled
    assert sorted(there.failed, key=str) == sorted(here.failed, key=str)
    assert len(said) == there.done
    assert files(options.out) == expected
    audited = json.loads(expected[f"{folder_name(Path(REPORTS[2]))}/audit.json"])
    assert [other["file"] for other in audited["report"]["compared"]] == [PRIOR]

    # The same to a URL; what is there stands, and what is damaged is made again.
    store, url = tmp_path / "store", (tmp_path / "store").as_uri()
    said.clear()
    for times in range(2):
        if times:
            (store / folder_name(Path(REPORTS[0])) / "index.html").unlink()
        resumed = replace(options, out=tmp_path / "none", resume=times > 0)
        run_batch_on(cluster.address, reports, resumed, url, said.append, pytest.fail)
        assert files(store) == expected
    assert [line.endswith("(已是最新)") for line in said].count(False) == there.done + 1
    assert all(f" → {url}/" in line for line in said)

    # What is whole and unchanged is left alone; what is damaged is made again.
    (options.out / folder_name(Path(REPORTS[0])) / "index.html").unlink()
    said.clear()
    again = replace(options, resume=True)
    run_batch(reports, again, 2, said.append, pytest.fail, run=partial(run_on, cluster.address))
    assert [line.endswith("(已是最新)") for line in sorted(said)].count(False) == 1
    assert files(options.out) == expected


def refused(address: str, folder: Path) -> str:
    """What is said of a cluster that cannot be used; nothing is written."""
    report = small.saved(folder, "txt")
    with pytest.raises(ReportError) as error:
        run_batch(
            [report], Options(folder / "out"), 1, pytest.fail, pytest.fail, run=partial(run_on, address)
        )
    assert not (folder / "out").exists()
    line = str(error.value)
    assert "\n" not in line
    return line


def test_a_worker_with_other_code_is_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = {**clusters.environment(), "code": "0" * 64}
    monkeypatch.setattr(clusters, "environment", lambda: other)
    line = refused(cluster.address, tmp_path)
    assert line.startswith("a worker cannot be used: ")
    assert line.endswith(": has other code of this package; install the same there")


@pytest.mark.parametrize("address", ["", "nonsense", "tcp://", "a b:1", "127.0.0.1:port"])
def test_what_is_no_address_is_said(address: str, tmp_path: Path) -> None:
    assert refused(address, tmp_path).startswith(f"{address!r} is no address of a cluster; ")


def test_a_cluster_that_does_not_answer_is_said_in_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clusters, "ANSWER", 1.0)
    begun = time.monotonic()
    assert refused("tcp://127.0.0.1:1", tmp_path).startswith("tcp://127.0.0.1:1: no cluster answers there; ")
    assert time.monotonic() - begun < 20


def test_a_url_that_nothing_reaches_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"^nowhere://x: cannot be reached \(.*\); see to it") as error:
        run_batch_on(
            "127.0.0.1:1", [tmp_path], Options(tmp_path / "out"), "nowhere://x", pytest.fail, pytest.fail
        )
    assert "\n" not in str(error.value)


def test_a_url_is_written_to_by_a_cluster_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["audit", "run", str(tmp_path), "--out", tmp_path.as_uri()])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    line = refused("tcp://127.0.0.1:1", tmp_path)
    assert line.endswith(": pip install 'final-accounts-audit[cluster]'")


def test_a_report_that_ends_each_worker_is_a_failure_of_that_report(tmp_path: Path) -> None:
    class Killed:
        def result(self) -> None:
            raise KilledWorker("task", None, 3)  # type: ignore[arg-type]

    ended = clusters._come_back(Killed(), Task(lambda tell: None, (tmp_path / "a.txt",)), Options(tmp_path))
    assert isinstance(ended.error, TaskDied)
    assert str(ended.error) == "its worker died, 4 times"


def test_a_helper_that_ends_is_said_and_another_serves() -> None:
    with closing(Helper()) as helper:
        assert helper.do("builtins", "callable") is True
        assert helper._process is not None
        helper._process.kill()
        with pytest.raises(TaskDied, match="its helper process ended with status -9"):
            helper.do("builtins", "callable")
        assert helper.do("builtins", "callable") is True


def test_a_scheduler_that_dies_is_said_and_what_is_done_stands(cluster: Cluster, tmp_path: Path) -> None:
    options = given(tmp_path)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        cluster.scheduler.kill()

    with pytest.raises(ReportError, match="no longer answers; start it and run again with --resume"):
        run_batch([tmp_path / "reports"], options, 1, say, pytest.fail, run=partial(run_on, cluster.address))
    assert said and len(list(options.out.iterdir())) == len(said)
