"""One notebook executed by papermill, with the guarantees that papermill lacks (STYLE.md, 6).

An unknown parameter is refused; a run is done only where every code cell completed; what is written carries no
clock, path or host name, so that two runs are byte-identical; a run that fails leaves its notebook as evidence.
"""

from __future__ import annotations

import ast
import builtins
import logging
import math
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from traitlets import default

from helpers.reading.document import ReportError
from helpers.running.in_process import InProcessEngine
from helpers.running.warm import WarmKernelManager

STOCK, WARM, IN_PROCESS = "helpers-fresh-kernel", "helpers-warm-kernel", "helpers-in-process"
KERNEL = "python3"
CELL_SECONDS = 600
Scalar = str | int | float | bool | Decimal | None

_quiet = logging.getLogger(__name__)
_quiet.addHandler(logging.NullHandler())


class ParameterError(ReportError):
    """A notebook was given a parameter that it does not have, or a value that cannot be one."""


class NotebookError(Exception):
    """A notebook did not run to its end; the message names the cell, the error and the notebook left as evidence."""

    def __init__(self, notebook: str, problem: str, evidence: Path) -> None:
        self.notebook, self.problem, self.evidence = notebook, problem, evidence
        super().__init__(notebook, problem, evidence)

    def __str__(self) -> str:
        return f"{self.notebook}: {self.problem}; see the executed notebook {self.evidence}"


class _OwnKernel(AsyncKernelManager):
    """Always the kernel of this interpreter, whatever kernels are registered on the machine."""

    @default("kernel_spec_manager")
    def _own_spec(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[], parent=self)


class _OwnWarmKernel(_OwnKernel, WarmKernelManager):
    """The same, from the warm server."""


class FreshKernelEngine(NBClientEngine):  # type: ignore[misc]
    """The papermill engine that gives each notebook a fresh process, in a folder and with variables of its own.

    `cwd` and `env` are the kernel's alone: papermill would change the folder of this whole process.
    """

    manager: type[AsyncKernelManager] = _OwnKernel

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """Every cell of the managed notebook executed, up to the first that fails."""
        client = PapermillNotebookClient(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=cls.manager,
            timeout=CELL_SECONDS,
            shutdown_kernel="immediate",
            record_timing=False,
            log=_quiet,
        )
        # What cells print is in the notebook; what the kernel says of itself concerns nobody.
        client.execute(cwd=cwd, env={**os.environ, **(env or {})}, stderr=subprocess.DEVNULL)


class WarmKernelEngine(FreshKernelEngine):
    """The same, by a kernel that the warm server forks."""

    manager = _OwnWarmKernel


for _name, _engine in {STOCK: FreshKernelEngine, WARM: WarmKernelEngine, IN_PROCESS: InProcessEngine}.items():
    papermill_engines.register(_name, _engine)


@dataclass(frozen=True)
class _Prepared:
    """The runs of a notebook with each of several parameters, and the notebook of all their cells, to be executed."""

    runs: tuple[nbformat.NotebookNode, ...]
    whole: nbformat.NotebookNode

    @classmethod
    def of(cls, notebook: Path, parameters: Iterable[Mapping[str, Scalar]]) -> _Prepared:
        runs = tuple(parameterized(_read(notebook), values, notebook.name) for values in parameters)
        whole = copy(runs[0])
        whole.metadata["papermill"] = {}
        whole.cells = [cell for run in runs for cell in run.cells]
        return cls(runs, whole)

    def finish(self, notebook: str, output: Path, problem: str) -> tuple[nbformat.NotebookNode, ...]:
        """The runs with what was executed, the first or the one that failed written; `problem` is what the engine raised."""
        cells = iter(self.whole.cells)
        for run in self.runs:
            run.metadata, run.cells = deepcopy(self.whole.metadata), list(islice(cells, len(run.cells)))
        failed = next((run for run in self.runs if _failure(run)), self.runs[-1] if problem else None)
        failure = _failure(failed, problem) if failed else ""
        for run in self.runs:
            _strip(run)
        words = nbformat.writes(failed or self.runs[0])  # type: ignore[no-untyped-call]
        output.write_text(words + "\n", encoding="utf-8", newline="\n")
        if failure:
            raise NotebookError(notebook, failure, output)
        return self.runs


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Scalar],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    engine: str = WARM,
    again: Sequence[Mapping[str, Scalar]] = (),
    **options: Any,
) -> tuple[nbformat.NotebookNode, ...]:
    """The executed notebook, which is also written to `output`: every code cell of it has completed.

    `cwd` and `env` are the kernel's folder and further environment variables; `engine` the name of a papermill
    engine that takes them and the `options`.  With each parameters of `again` the same kernel runs all cells once more;
    these runs are returned after the first, in their order, and not written.  Raises `ParameterError` before anything
    runs, `NotebookError` after `output` is written.
    """
    prepared = _Prepared.of(notebook, (parameters, *again))
    problem = ""
    try:
        papermill_engines.execute_notebook_with_engine(
            engine,
            prepared.whole,
            KERNEL,
            output_path=None,
            progress_bar=False,
            cwd=None if cwd is None else str(cwd),
            env=env,
            **options,
        )
    except Exception as error:  # a dead kernel, a timeout: whatever it is, the notebook stays as evidence
        problem = _first_line(f"{type(error).__name__}: {error}")
    return prepared.finish(notebook.name, output, problem)


def ended_early(
    notebook: Path,
    output: Path,
    parameters: Sequence[Mapping[str, Scalar]],
    done: Mapping[int, nbformat.NotebookNode],
    problem: str,
) -> NotebookError:
    """The error of a notebook whose process ended in it, what it had done written to `output`.

    `parameters` are those of each run, `done` the cells that were begun, by their index over all runs.
    """
    prepared = _Prepared.of(notebook, parameters)
    for index, cell in done.items():
        prepared.whole.cells[index] = cell
    try:
        prepared.finish(notebook.name, output, problem)
    except NotebookError as error:
        return error
    raise AssertionError(f"{notebook.name}: ended early, and yet whole")


def is_thin(notebook: Path) -> bool:
    """True where every code cell only calls this package: nothing that it does needs a kernel of its own.

    It may read what it has imported from here or assigned: no builtin, and nothing that the shell puts beside them.
    """
    own: set[str] = set()
    read: set[str] = set()
    for cell in _read(notebook).cells:
        if cell.cell_type != "code":
            continue
        try:
            nodes = list(ast.walk(ast.parse(cell.source)))
        except SyntaxError:  # a magic, or no Python
            return False
        for node in nodes:
            if isinstance(node, ast.Import | ast.Await | ast.AsyncFor | ast.AsyncWith):
                return False
            if isinstance(node, ast.ImportFrom):
                if (node.module or "").partition(".")[0] != __package__.partition(".")[0]:
                    return False
                own.update(alias.asname or alias.name for alias in node.names)
            elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
                return False
            elif isinstance(node, ast.Name):
                (read if isinstance(node.ctx, ast.Load) else own).add(node.id)
    return read <= own and not any(hasattr(builtins, name) for name in own)


def known_parameters(node: nbformat.NotebookNode) -> tuple[str, ...]:
    """The names that the notebook's cell tagged `parameters` assigns, in its order."""
    cell = next((cell for cell in node.cells if _has_tag(cell, "parameters")), None)
    if cell is None:
        return ()
    names = []
    for statement in ast.parse(cell.source).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        names += [target.id for target in targets if isinstance(target, ast.Name)]
    return tuple(names)


def parameterized(
    node: nbformat.NotebookNode, parameters: Mapping[str, Scalar], name: str
) -> nbformat.NotebookNode:
    """The notebook with a cell that sets `parameters`, readable as typed, after its `parameters` cell."""
    known = known_parameters(node)
    unknown = [parameter for parameter in parameters if parameter not in known]
    if unknown:
        raise ParameterError(
            f"{name}: has no parameter {', '.join(map(repr, unknown))}; it has: {', '.join(known) or 'none'}"
        )
    cells = [cell for cell in node.cells if not _has_tag(cell, "injected-parameters")]
    if parameters:
        lines = [
            f"{parameter} = {_literal(name, parameter, value)}" for parameter, value in parameters.items()
        ]
        source = "\n".join(["# Parameters", *lines])
        injected = nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
        injected.id = "injected-parameters"
        injected.metadata["tags"] = ["injected-parameters"]
        at = next(i for i, cell in enumerate(cells) if _has_tag(cell, "parameters"))
        cells.insert(at + 1, injected)
    node.cells = cells
    return node


def _literal(notebook: str, name: str, value: Scalar) -> str:
    if isinstance(value, Decimal):
        return repr(format(value, "f"))
    is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    if value is None or is_number or isinstance(value, str):
        return repr(value)
    raise ParameterError(f"{notebook}: the parameter {name!r} must be a text, a number, true, false or none")


def _has_tag(cell: nbformat.NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", ())


def _read(notebook: Path) -> nbformat.NotebookNode:
    node: nbformat.NotebookNode = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    node.nbformat_minor = max(node.nbformat_minor, 5)
    for number, cell in enumerate(node.cells):
        cell.setdefault("id", f"cell-{number}")
    return node


def _strip(node: nbformat.NotebookNode) -> None:
    """Take out what differs from run to run, or tells of the machine."""
    for name in ("papermill", "widgets"):
        node.metadata.pop(name, None)
    for cell in node.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)


def _failure(node: nbformat.NotebookNode, problem: str = "") -> str:
    """What kept a code cell from completing, or nothing; `problem` is what the engine raised.

    papermill's own word for it is not asked: it calls a cell completed whose kernel died in it.
    """
    code = [cell for cell in node.cells if cell.cell_type == "code" and cell.source.strip()]
    for number, cell in enumerate(code, 1):
        for output in cell.outputs:
            if output.output_type == "error":
                return f"code cell {number} failed: {_first_line(f'{output.ename}: {output.evalue}')}"
    started = [n for n, cell in enumerate(code, 1) if cell.metadata.get("papermill", {}).get("start_time")]
    if problem:
        return f"code cell {started[-1]} did not complete: {problem}" if started else problem
    unfinished = [n for n, cell in enumerate(code, 1) if cell.execution_count is None]
    return f"code cell {unfinished[0]} did not complete" if unfinished else ""


def _first_line(words: str) -> str:
    return next((line.strip() for line in words.splitlines() if line.strip()), "")[:300].removesuffix(":")
