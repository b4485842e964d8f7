"""The output folder of a report: made beside its place, and put there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers.reading.document import ReportError
from helpers.reading.names import FAILED
from helpers.running.execute import NotebookError

try:
    import fcntl
except ImportError:  # Windows: what a kill leaves there stays until somebody removes it.
    fcntl = None  # type: ignore[assignment]

BATCH_PAGE = "index.html"
_PREFIX = ".audit-"


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """An empty folder beside the target, for `publish`; gone afterwards unless it was published.

    What is needed to make it may lie in the folder above, which goes.  It is locked as long as this process lives, so that `sweep` knows what a kill left behind.
    """
    if target.is_symlink() or (target.exists() and not _may_be_replaced(target)):
        raise ReportError(
            f"{target}: exists and is not the output of an audit; move it, or choose another --out"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target.parent.absolute()))
    except OSError as error:
        raise ReportError(
            f"{target.parent}: cannot be written to ({error.strerror}); choose another --out"
        ) from error
    try:
        with (folder / "target").open("w", encoding="utf-8") as lock:
            lock.write(target.name)
            lock.flush()
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX)
            new = folder / "new"
            new.mkdir()
            yield new
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(new: Path, target: Path) -> None:
    """Put `new` where `target` is; the old one goes only when the new one stands."""
    old = new.parent / "old"
    replaced = target.exists()
    if replaced:
        os.replace(target, old)
    try:
        os.replace(new, target)
    except OSError:
        if replaced:
            os.replace(old, target)
        raise


def sweep(out: Path, patience: float = 0) -> None:
    """Remove what killed runs left in `out`, and put back what they had taken away and not yet replaced.

    `patience` are the seconds to wait for runs that are just ending.
    """
    if not fcntl or not out.is_dir():
        return
    for folder in sorted(out.glob(f"{_PREFIX}*")):
        with suppress(OSError):
            # One without a lock file was killed before it took anything away.
            lock = folder / "target"
            with lock.open("a+", encoding="utf-8") as file:
                if not _locks(file, patience):
                    continue
                file.seek(0)
                target = out / file.read()
                if (folder / "old").is_dir() and not target.exists():
                    os.replace(folder / "old", target)
                shutil.rmtree(folder)


def _locks(file: object, patience: float) -> bool:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
            return True
        except OSError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.05)


def is_audit(folder: Path) -> bool:
    """True where the folder is the output of an audit."""
    return (folder / "audit.json").is_file()


def _may_be_replaced(folder: Path) -> bool:
    return folder.is_dir() and (is_audit(folder) or not any(folder.iterdir()))


def write_text(path: Path, words: str) -> None:
    """Write a text file that has the same bytes on every system."""
    path.write_text(words, encoding="utf-8", newline="\n")


def _failed(target: Path) -> Path:
    return target.with_name(target.name + FAILED)


def keep_evidence(error: NotebookError, target: Path) -> NotebookError:
    """The error, its notebook now in a folder that stays."""
    folder = _failed(target)
    discard_evidence(target)
    folder.mkdir(exist_ok=True)
    kept = folder / error.evidence.name
    shutil.move(error.evidence, kept)
    return NotebookError(error.notebook, error.problem, kept)


def discard_evidence(target: Path) -> None:
    """Remove the evidence of an earlier failure, if there is any."""
    folder = _failed(target)
    if folder.is_dir() and not folder.is_symlink():
        for notebook in folder.glob("*.ipynb"):
            notebook.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
