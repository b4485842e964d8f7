"""A papermill engine that runs cells in this very process, by an IPython shell of its own: for a forked child.

It spares the messages between two processes.  What a cell returns, displays, prints or raises comes out as from a
kernel, but for the colour of the part of a line that failed; what it does beside that (subprocesses that print,
widgets, input) does not: it is for the project's own notebooks, which a test runs by this engine and by a kernel,
cell for cell.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from ipykernel.ipkernel import IPythonKernel
from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from papermill.engines import Engine
from traitlets import Type
from traitlets.config import Config

Told = Callable[[int, nbformat.NotebookNode], None]


class CellTimeoutError(BaseException):
    """A cell took longer than it may; no cell catches it unmeant."""


class _Hook(DisplayHook):
    """What a cell returns, as an output of the notebook."""

    def write_output_prompt(self) -> None:
        """Nothing: the number of the cell is in the output."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        assert isinstance(self.shell, _Shell)
        content = {"metadata": md_dict or {}, "execution_count": self.prompt_count}
        self.shell.add("execute_result", data=_plain(format_dict), **content)

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Publisher(DisplayPublisher):
    """What a cell displays, as an output of the notebook."""

    def publish(self, data: Any, metadata: Any = None, source: Any = None, **_: Any) -> None:
        self.shell.add("display_data", data=_plain(data), metadata=metadata or {})

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear()


def _plain(data: dict[str, Any]) -> Any:
    """The forms of what is shown as a kernel sends them."""
    return json_clean(encode_images(data))  # type: ignore[no-untyped-call]


class _Stream(io.TextIOBase):
    """What a cell prints, as an output of the notebook."""

    def __init__(self, shell: _Shell, name: str) -> None:
        self._shell, self._name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, words: str) -> int:
        last = self._shell.outputs[-1] if self._shell.outputs else None
        if last is not None and last.output_type == "stream" and last.name == self._name:
            last.text += words
        elif words:
            self._shell.add("stream", name=self._name, text=words)
        return len(words)


class _Shell(InteractiveShell):
    """A shell whose outputs are those of a notebook's cell."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    outputs: list[nbformat.NotebookNode]

    def add(self, kind: str, **content: Any) -> None:
        self.outputs.append(nbformat.v4.new_output(kind, **content))  # type: ignore[no-untyped-call]

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.add("error", ename=etype.__name__, evalue=str(evalue), traceback=stb)


class InProcessEngine(Engine):  # type: ignore[misc]
    """The papermill engine of this module; it changes this process, which is to end after the notebook.

    `seconds` are what a cell may take; `told` is given the index of each code cell and the cell, as it starts and
    as it has completed.
    """

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, seconds: float = 0, told: Told | None = None, **options: Any
    ) -> None:
        """Every cell of the managed notebook executed, up to the first that fails."""
        config = Config()
        config.HistoryManager.enabled = False  # It would start a thread and write to the user's profile.
        shell = _Shell.instance(config=config)
        told = told or (lambda index, cell: None)
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            try:
                if cell.cell_type == "code" and cell.source.strip():
                    told(index, cell)
                    cell.outputs = shell.outputs = []
                    with _at_most(seconds), _printing_to(shell):
                        done = shell.run_cell(cell.source, store_history=True)  # type: ignore[no-untyped-call]
                    cell.execution_count = done.execution_count
                    told(index, cell)
                    if not done.success:
                        nb_man.cell_exception(cell, cell_index=index)
                        break
            finally:
                nb_man.cell_complete(cell, cell_index=index)
        nb_man.nb.metadata["language_info"] = dict(IPythonKernel.language_info)


@contextlib.contextmanager
def _printing_to(shell: _Shell) -> Iterator[None]:
    with (
        contextlib.redirect_stdout(_Stream(shell, "stdout")),
        contextlib.redirect_stderr(_Stream(shell, "stderr")),
    ):
        yield


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise `CellTimeoutError` in what runs longer."""

    def stop(*_: object) -> None:
        raise CellTimeoutError(f"ended after {seconds:.0f} s")

    if not seconds:
        yield
        return
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def enter(folder: Path, variables: Mapping[str, str]) -> None:
    """Make this process what a kernel would be: in this folder, from which it imports, with these variables."""
    os.chdir(folder)
    os.environ.update(variables)
    sys.path.insert(0, "")
