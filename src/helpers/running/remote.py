"""What a worker of a cluster does: a report that comes as bytes is audited as here, and its files go back as bytes."""

from __future__ import annotations

import os
import pickle
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from helpers.reading.document import ReportError
from helpers.reading.names import folder_name
from helpers.running.batch import Done, Options, audit_report
from helpers.running.children import Task, run_tasks
from helpers.running.execute import NotebookError
from helpers.running.helper import Beat
from helpers.running.limits import LIMITS
from helpers.running.manifest import environment, stand_in
from helpers.running.storage import NEEDED, fetch, put
from helpers.running.warm import IMPORTED

REPORT, RULES, PRIOR, BUDGET, REVIEWS, OUT = map(
    Path, ("report", "rules", "prior", "budget", "reviews", "out")
)
_WORDS = {"code": "code of this package", "python": "versions of Python", "packages": "versions of packages"}


@dataclass(frozen=True)
class Work:
    """A report to audit: what is to lie in a folder, by path; the paths of `files` and `options` are in it too.

    `origins` says what the paths that begin so begin with where the report comes from.  `inputs` are those that the
    finished folder there was made from, if it is whole.  With `url` the folder is put there, and does not come back.
    """

    contents: Mapping[Path, bytes]
    files: tuple[Path, ...]
    options: Options
    origins: Mapping[Path, str]
    inputs: Mapping[str, Any] | None = None
    url: str = ""


@dataclass(frozen=True)
class Reply:
    """What came of a report: the files of its folder, by path, or the error and the notebook left as its evidence."""

    done: Done | None
    error: BaseException | None
    contents: Mapping[str, bytes]


class OtherCode(ReportError):
    """A worker has not the code, the Python or the packages of who sends the work."""


def audited(packed: bytes, wanted: Mapping[str, Any], beat: Beat) -> bytes:
    """The packed reply to packed work, by a child of this process, in a folder that goes afterwards.

    Raises `OtherCode` where this environment is not the one that is wanted.
    """
    here = environment()
    if other := [words for name, words in _WORDS.items() if here[name] != wanted[name]]:
        raise OtherCode(f"{platform.node()}: has other {' and other '.join(other)}; install the same there")
    work: Work = pickle.loads(packed)
    if work.options.with_notebooks:
        for name in IMPORTED:
            import_module(name)
    with TemporaryDirectory(prefix="audit-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        for path, content in work.contents.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        (root / REVIEWS).mkdir(exist_ok=True)  # else those of the folder that this process is in would count
        files, options = tuple(root / path for path in work.files), _in(root, work.options)
        name = folder_name(files[0])
        if work.inputs is not None:
            stand_in(options.out / name, work.inputs)
        if work.url and options.resume:
            _apart(fetch, work.url, name, options.out / name)
        [ended] = run_tasks([Task(partial(audit_report, files, options, 1))], 1, LIMITS, beat)
        done, error = ended.value, ended.error
        contents = {}
        if isinstance(error, NotebookError):
            contents = {error.evidence.name: error.evidence.read_bytes()}
        elif error is None and not done.is_kept:
            found = [path for path in done.folder.rglob("*") if path.is_file()]
            if work.url:
                _apart(put, work.url, name, done.folder)
                found = [done.folder / needed for needed in NEEDED]
            contents = {path.relative_to(done.folder).as_posix(): path.read_bytes() for path in found}
        if error is not None:
            error.args = tuple(_told(arg, root, work.origins) for arg in error.args)
        return pickle.dumps(Reply(done, error, contents))


def _apart(function: Callable[..., None], *arguments: object) -> None:
    """Call a function in a child of this process: a file system may have threads."""
    [ended] = run_tasks([Task(lambda tell: function(*arguments))], 1, LIMITS)
    if ended.error is not None:
        raise ended.error


def _in(root: Path, options: Options) -> Options:
    """The options, their paths in a folder."""
    named = {name: getattr(options, name) for name in ("out", "rules", "prior", "budget", "reviews")}
    return replace(options, **{name: root / path for name, path in named.items() if path is not None})


def _told(said: object, root: Path, origins: Mapping[Path, str]) -> object:
    """What an error says, of the files where they come from."""
    if isinstance(said, str):
        for path, origin in origins.items():
            said = said.replace(f"{root / path}{os.sep}", origin)
    return said
