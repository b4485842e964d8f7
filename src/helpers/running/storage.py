"""An output folder that is on no disk of this machine: an fsspec URL.

Workers put the folders of reports there; what is over all of them is made here, from as much of each as that needs.
Most of what a URL names cannot rename a folder: there one is whole when its manifest stands, which comes last and goes
first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from importlib import import_module
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from helpers.reading.document import ReportError
from helpers.reading.names import FAILED
from helpers.showing.portfolio_schema import FOLDER as PORTFOLIO
from helpers.showing.summary import AUDIT, MANIFEST

NEEDED = (AUDIT, MANIFEST)


@contextmanager
def _opened(url: str) -> Iterator[tuple[Any, str]]:
    """The file system of a URL, and the path in it; `ReportError` where that cannot be reached."""
    try:
        fs, root = import_module("fsspec.core").url_to_fs(url)
        yield fs, root.rstrip("/")
    except (ImportError, OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise ReportError(f"{url}: cannot be reached ({why}); see to it, or choose another --out") from error


def fetch(url: str, name: str, target: Path) -> None:
    """Get the folder of a report, if it is whole."""
    with _opened(url) as (fs, root):
        if fs.exists(f"{root}/{name}/{MANIFEST}"):
            there = f"{root}/{name}/"
            _receive(fs, there, target, [path.removeprefix(there) for path in fs.find(there)])


def put(url: str, name: str, folder: Path) -> None:
    """Put the folder of a report there, in place of an older one."""
    with _opened(url) as (fs, root):
        target = f"{root}/{name}"
        old = set(fs.find(target))
        if old and f"{target}/{AUDIT}" not in old:
            raise ReportError(f"{url}/{name}: exists and is not the output of an audit; choose another --out")
        paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        old -= {f"{target}/{path}" for path in paths if path != MANIFEST}
        gone = sorted(old, key=lambda path: path != f"{target}/{MANIFEST}")
        for path in [*gone, *fs.find(f"{target}{FAILED}")]:
            fs.rm_file(path)
        for some in ([AUDIT], [path for path in paths if path not in NEEDED], [MANIFEST]):
            _send(fs, folder, target, some)


@contextmanager
def mirrored(url: str) -> Iterator[Path]:
    """A folder with what is over all reports there, and of each what that is made from; what is made goes back."""
    with TemporaryDirectory(prefix="audit-out-", ignore_cleanup_errors=True) as folder:
        top = Path(folder)
        with _opened(url) as (fs, root):
            there = escape(root)  # its stars are none
            whole = [PurePosixPath(path).parent.name for path in fs.glob(f"{there}/*/{MANIFEST}")]
            paths = [f"{name}/{file}" for name in whole for file in NEEDED]
            stored = map(PurePosixPath, fs.glob(f"{there}/{PORTFOLIO}/*.parquet"))
            paths += [f"{PORTFOLIO}/{path.name}" for path in stored]
            _receive(fs, f"{root}/", top, paths)
        yield top
        own = [path for one in top.glob(f"*{FAILED}") for path in one.iterdir()]
        own += [*top.glob(f"{PORTFOLIO}/*.parquet"), *(path for path in top.iterdir() if path.is_file())]
        with _opened(url) as (fs, root):
            _send(fs, top, root, [path.relative_to(top).as_posix() for path in own])


def _send(fs: Any, folder: Path, target: str, paths: list[str]) -> None:
    """Put some files of a folder into another there."""
    for parent in {f"{target}/{path}".rpartition("/")[0] for path in paths}:
        fs.makedirs(parent, exist_ok=True)
    if paths:
        fs.put([str(folder / path) for path in paths], [f"{target}/{path}" for path in paths])


def _receive(fs: Any, there: str, folder: Path, paths: list[str]) -> None:
    """Get some files of a folder there into one here."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    if paths:
        fs.get([f"{there}{path}" for path in paths], [str(folder / path) for path in paths])
