"""Thin notebooks come out of a forked process as out of a kernel, cell for cell, and only thin ones are run there."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest

from audits import ROOT, notebook
from helpers.running.children import CAN_FORK, Task, run_tasks
from helpers.running.execute import IN_PROCESS, STOCK, NotebookError, execute, is_thin
from helpers.running.in_process import enter

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="processes cannot fork here")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# One that shows charts, one that takes a parameter of its own, one that writes files.
KINDS = ["02_income", "10_project", "99_findings"]
IMPORTS = "from helpers.showing.notebook import open_workpaper"


def toy(path: Path, *cells: str) -> Path:
    """A notebook with these cells, whose parameters have no types, which would be builtins."""
    node = nbformat.read(notebook(path, *cells), 4)
    node.cells[0].source = node.cells[0].source.replace(": str", "")
    nbformat.write(node, path)
    return path


def run(paper: Path, out: Path, engine: str, *langs: str) -> list[dict[str, Any]]:
    """The code cells of the notebook in each language, from a kernel or from a forked child."""

    def act(_: object) -> list[Any]:
        if engine == IN_PROCESS:
            enter(paper.parent, {})
        first, *again = [{"lang": lang} for lang in langs] or [{}]
        return list(execute(paper, out, first, cwd=paper.parent, engine=engine, again=again))

    if engine == STOCK:
        return [cell for node in act(None) for cell in node.cells]
    (ended,) = run_tasks([Task(act)], 1)
    if ended.error:
        raise ended.error
    return [cell for node in ended.value for cell in node.cells]


def shown(cells: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(c["source"], c.get("execution_count"), json.loads(json.dumps(c.get("outputs")))) for c in cells]


def test_notebooks_of_each_kind_come_out_as_from_a_kernel_in_both_languages(tmp_path):
    for stem in KINDS:
        paper = ROOT / "notebooks" / f"{stem}.ipynb"
        stock, ours = (
            run(paper, tmp_path / f"{engine}.ipynb", engine, "zh", "en") for engine in (STOCK, IN_PROCESS)
        )
        assert shown(ours) == shown(stock), stem
        assert (tmp_path / f"{IN_PROCESS}.ipynb").read_bytes() == (
            tmp_path / f"{STOCK}.ipynb"
        ).read_bytes(), stem


def test_every_notebook_comes_out_as_it_was_committed(tmp_path):
    def act(paper: Path, _: object) -> list[tuple[Any, ...]]:
        enter(paper.parent, {})
        (node,) = execute(paper, tmp_path / paper.name, {}, cwd=paper.parent, engine=IN_PROCESS)
        return shown(node.cells)

    assert all(map(is_thin, NOTEBOOKS))
    for ended in run_tasks((Task(partial(act, paper), paper) for paper in NOTEBOOKS), 2):
        assert ended.error is None, ended.task.about
        assert ended.value == shown(_committed(ended.task.about)), ended.task.about.name


def _committed(paper: Path) -> list[dict[str, Any]]:
    return nbformat.read(paper, 4).cells


def test_a_thin_notebook_that_fails_fails_in_the_same_words(tmp_path):
    paper = toy(
        tmp_path / "a.ipynb", IMPORTS, "open_workpaper", "open_workpaper;", "open_workpaper.nope", "lang"
    )
    assert is_thin(paper)
    kept = []
    for engine in (STOCK, IN_PROCESS):
        with pytest.raises(NotebookError) as failed:
            run(paper, tmp_path / "out.ipynb", engine)
        assert failed.value.problem.startswith(
            "code cell 5 failed: AttributeError: 'function' object has no attribute"
        )
        # A kernel colours the part of the line that failed.
        kept.append(re.sub(r"\\u001b\[[\d;]*m", "", (tmp_path / "out.ipynb").read_text("utf-8")))
    assert kept[0] == kept[1]


@pytest.mark.parametrize(
    "cells",
    [
        ["import os"],
        ["import helpers"],
        ["from os import path"],
        ["from . import x"],
        ["from helpers2 import x"],
        ["print(report)"],
        ["open"],
        ["__import__('os')"],
        ["f'{len(report)}'"],
        ["input()"],
        ["exit()"],
        ["display(report)"],
        ["get_ipython().system('echo')"],
        ["In[1]"],
        ["_"],
        ["%matplotlib inline"],
        ["!echo"],
        ["%%bash\necho"],
        ["open_workpaper?"],
        ["x = = 1"],
        ["await open_workpaper()"],
        ["async def f():\n    async with open_workpaper():\n        pass"],
        ["open_workpaper.__globals__"],
        ["unknown"],
        ["print = open_workpaper", "print(report)"],
        ["from helpers.x import y as open", "open(report)"],
    ],
)
def test_what_needs_a_kernel_is_not_thin(cells, tmp_path):
    assert not is_thin(toy(tmp_path / "a.ipynb", IMPORTS, *cells))
    assert is_thin(
        toy(tmp_path / "b.ipynb", IMPORTS, "work = open_workpaper('x', report)", "work.shown(lang)", "")
    )
