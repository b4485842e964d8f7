"""Several reports audited one after another: one that fails stops no other."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from helpers.audit import Audit
from helpers.checking.rules import SEVERITIES
from helpers.data import DataError
from helpers.reading.document import ReportError
from helpers.reading.join import name_of
from helpers.reading.names import folder_name
from helpers.reading.read import SUFFIXES, WORKBOOKS
from helpers.running.execute import NotebookError
from helpers.running.report import Progress as Told
from helpers.running.report import run_report, write_text
from helpers.showing.page_words import words
from helpers.showing.pages import batch_page
from helpers.showing.summary import Entry, Summary


@dataclass(frozen=True)
class Done:
    """A report that was audited, its files, and its folder."""

    files: tuple[Path, ...]
    folder: Path
    audit: Audit


@dataclass(frozen=True)
class Failure:
    """A report that was not audited, and why in one line; `is_ours` where the report is not to blame."""

    files: tuple[Path, ...]
    error: str
    is_ours: bool = False


@dataclass(frozen=True)
class Batch:
    """What came of each report."""

    done: tuple[Done, ...]
    failed: tuple[Failure, ...]


def run_batch(
    reports: Sequence[Path],
    out: Path,
    lang: str,
    rules: Path | None,
    say: Callable[[str], None],
    debug: bool = False,
    prior: Path | None = None,
    budget: Path | None = None,
    reviews: Path | None = None,
) -> Batch:
    """Every report audited into `out`, a line said of each; over more than one, `out`/index.html too.

    With `debug`, an error that is not the report's is raised.  `prior` and `budget` are of one report: `ReportError`
    where there are more.
    """
    found, failed = reports_of(reports)
    for name, other in (("prior", prior), ("budget", budget)):
        if other is not None and len(found) > 1:
            raise ReportError(
                f"{other}: --{name} is of one report, and {len(found)} are named; run them one by one"
            )
    done: list[Done] = []
    taken: dict[str, Path] = {}
    for files in found:
        try:
            file = files[0]
            if (first := taken.setdefault(folder_name(file).casefold(), file)) != file:
                raise ReportError(f"{file}: is called like {first}; rename one, or use another --out")
            with _bar() as told:
                run = run_report(
                    files, out, lang, rules, progress=told, prior=prior, budget=budget, reviews=reviews
                )
        except (ReportError, DataError) as error:
            failed.append(Failure(files, str(error)))
        except Exception as error:
            if debug:
                raise
            failed.append(Failure(files, _ours(file, error), is_ours=True))
        else:
            done.append(Done(files, run.folder, run.audit))
            say(summary(done[-1], lang))
    batch = Batch(tuple(done), tuple(failed))
    if len(done) + len(failed) > 1 or any(report.is_dir() for report in reports):
        _write_index(batch, out, lang)
    return batch


def summary(done: Done, lang: str) -> str:
    """One line on a finished audit: findings by severity, checks by outcome, and where to read on."""
    severities = [finding.severity for finding in done.audit.findings]
    t, counts = words(lang), done.audit.counts()
    separator, colon = ("，", t["colon"]) if lang == "zh" else (", ", t["colon"])
    found = separator.join(f"{t[severity]} {severities.count(severity)}" for severity in SEVERITIES)
    checks = separator.join(f"{t[outcome.value]} {count}" for outcome, count in counts.items())
    return f"{done.audit.file}{colon}{t['findings']} {len(severities)} ({found}); {t['checks']} {sum(counts.values())} ({checks}) → {done.folder / 'index.html'}"


def reports_of(paths: Iterable[Path]) -> tuple[list[tuple[Path, ...]], list[Failure]]:
    """The reports that the paths name, each once, in order; a folder names all in it, a report may be two files."""
    found: list[tuple[Path, ...]] = []
    seen: set[Path] = set()
    failed = []
    for path in paths:
        reports = _in_folder(path) if path.is_dir() else [(path,)]
        if not reports:
            failed.append(
                Failure(
                    (path,),
                    f"{path}: has no report in it ({', '.join(sorted(SUFFIXES))}; its subfolders are not searched); "
                    "name another folder",
                )
            )
        for files in reports:
            resolved = [file.resolve() for file in files]
            if not seen.issuperset(resolved):
                found.append(files)
                seen.update(resolved)
    return found, failed


def _in_folder(folder: Path) -> list[tuple[Path, ...]]:
    """The reports in a folder: each file; a text and a workbook alone of one name are one report.

    What an editor keeps beside an open file begins with ~$, what a system hides with a dot.
    """
    named: dict[str, list[Path]] = defaultdict(list)
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in SUFFIXES and file.is_file() and not file.name.startswith(("~$", ".")):
            named[file.stem].append(file)
    reports: list[tuple[Path, ...]] = []
    for files in named.values():
        files.sort(key=_is_workbook)
        if list(map(_is_workbook, files)) == [False, True]:
            reports.append(tuple(files))
        else:
            # The same report twice, as PDF and as DOCX, is no longer one.
            reports += [(file,) for file in files]
    return reports


def _is_workbook(file: Path) -> bool:
    return file.suffix.lower() in WORKBOOKS


def _ours(file: Path, error: Exception) -> str:
    if isinstance(error, NotebookError):
        return f"{file}: {error}"
    what = " ".join(str(error).split())
    return f"{file}: internal error: {type(error).__name__}: {what}; run again with --debug and report it"


def _write_index(batch: Batch, out: Path, lang: str) -> None:
    """The page over the batch, its errors without the folders of this machine."""
    entries = [Entry(done.audit.file, done.folder.name, Summary.of(done.audit)) for done in batch.done]
    for failure in batch.failed:
        error = failure.error.replace(f"{out}{os.sep}", "")
        for file in failure.files:
            error = error.replace(str(file), file.name)
        entries.append(Entry(name_of(failure.files), error=error))
    out.mkdir(parents=True, exist_ok=True)
    new = out / ".index.html.new"
    write_text(new, batch_page(entries, lang))
    new.replace(out / "index.html")


@contextmanager
def _bar() -> Iterator[Told]:
    """A progress bar on standard error where that is a terminal, gone when done, and what to tell it."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", visible=False)

        def told(name: str, number: int, total: int) -> None:
            shown = name if name.isprintable() else ascii(name)
            bar.update(task, description=shown, completed=number, total=total, visible=True)

        yield told
