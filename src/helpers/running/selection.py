"""Which reports the paths of a call name."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.reading.document import ReportError
from helpers.reading.names import folder_name
from helpers.reading.read import SUFFIXES, WORKBOOKS
from helpers.running.folder import BATCH_PAGE, is_audit

Files = tuple[Path, ...]


@dataclass(frozen=True)
class Failure:
    """A report that was not audited, and why in one line; `is_ours` where the report is not to blame."""

    files: Files
    error: str
    is_ours: bool = False


@dataclass(frozen=True)
class Selection:
    """The reports, each once, in order, and what of the paths is none."""

    reports: tuple[Files, ...]
    failed: tuple[Failure, ...]


def select(paths: Iterable[Path], recursive: bool = False, out: Path | None = None) -> Selection:
    """The reports that the paths name; a folder names all in it, if `recursive` also those in its folders.

    What an audit wrote is no report.  A report may be two files.  Where they are to be written to `out`, that folder is not searched, and one whose
    output folder would be that of another is a failure.
    """
    found: list[Files] = []
    seen: set[Path] = set()
    failed: list[Failure] = []
    taken: dict[str, Path] = {}
    left_out = None if out is None else out.resolve()
    for path in paths:
        unread: list[OSError] = []
        try:
            reports = list(_in_folder(path, recursive, left_out, unread)) if path.is_dir() else [(path,)]
        except OSError as error:
            reports, unread = [], [error]
        for refused in unread:
            folder = Path(refused.filename or path)
            failed.append(
                Failure((folder,), f"{folder}: cannot be read ({refused.strerror}); check its permissions")
            )
        if not reports and not unread:
            searched = "nor in its subfolders" if recursive else "its subfolders are not searched"
            failed.append(
                Failure(
                    (path,),
                    f"{path}: has no report in it ({', '.join(sorted(SUFFIXES))}; {searched}); "
                    "name another folder",
                )
            )
        for files in reports:
            resolved = [file.resolve() for file in files]
            if seen.issuperset(resolved):
                continue
            seen.update(resolved)
            first = taken.setdefault(folder_name(files[0]).casefold(), files[0])
            if out is None or first == files[0]:
                found.append(files)
            else:
                why = f"{files[0]}: is called like {first}; rename one, or use another --out"
                failed.append(Failure(files, why))
    return Selection(tuple(found), tuple(failed))


def _in_folder(folder: Path, recursive: bool, without: Path | None, unread: list[OSError]) -> Iterator[Files]:
    """The reports in a folder by name, those of its own before those of its folders; `unread` takes what cannot be read."""
    for top, folders, names in os.walk(folder, onerror=unread.append):
        audits = {name for name in folders if is_audit(Path(top, name))}
        # The page over a batch stands beside the folders of its audits.
        yield from _beside([Path(top, name) for name in sorted(names) if not audits or name != BATCH_PAGE])
        inside = [name for name in folders if recursive and not name.startswith(".") and name not in audits]
        folders[:] = sorted(name for name in inside if Path(top, name).resolve() != without)


def _beside(files: Iterable[Path]) -> Iterator[Files]:
    """The reports among files of one folder: each file; a text and a workbook alone of one name are one report.

    What an editor keeps beside an open file begins with ~$, what a system hides with a dot.
    """
    named: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        if file.suffix.lower() in SUFFIXES and file.is_file() and not file.name.startswith(("~$", ".")):
            named[file.stem].append(file)
    for same in named.values():
        same.sort(key=_is_workbook)
        if list(map(_is_workbook, same)) == [False, True]:
            yield tuple(same)
        else:
            # The same report twice, as PDF and as DOCX, is no longer one.
            yield from ((file,) for file in same)


def _is_workbook(file: Path) -> bool:
    return file.suffix.lower() in WORKBOOKS


def refuse_several(reports: Iterable[Files], **others: Path | None) -> None:
    """Raise `ReportError` where another report is named to hold one against, and there is more than one."""
    count = len(list(reports))
    for name, other in others.items():
        if other is not None and count > 1:
            raise ReportError(
                f"{other}: --{name} is of one report, and {count} are named; run them one by one"
            )
