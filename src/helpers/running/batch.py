"""Several reports audited one after another: one that fails stops no other."""

from __future__ import annotations

import os
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
from helpers.running.execute import NotebookError
from helpers.running.report import Progress as Told
from helpers.running.report import folder_name, run_report, write_text
from helpers.showing.page_words import words
from helpers.showing.pages import Entry, batch_page


@dataclass(frozen=True)
class Done:
    """A report that was audited, and its folder."""

    file: Path
    folder: Path
    audit: Audit


@dataclass(frozen=True)
class Failure:
    """A report that was not audited, and why in one line; `is_ours` where the report is not to blame."""

    file: Path
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
) -> Batch:
    """Every report audited into `out`, a line said of each; over more than one, `out`/index.html too.

    With `debug`, an error that is not the report's is raised.  `prior` and `budget` are of one report: `ReportError`
    where there are more.
    """
    files, failed = reports_of(reports)
    for name, other in (("prior", prior), ("budget", budget)):
        if other is not None and len(files) > 1:
            raise ReportError(
                f"{other}: --{name} is of one report, and {len(files)} are named; run them one by one"
            )
    done: list[Done] = []
    taken: dict[str, Path] = {}
    for file in files:
        try:
            if (first := taken.setdefault(folder_name(file).casefold(), file)) != file:
                raise ReportError(f"{file}: is called like {first}; rename one, or use another --out")
            with _bar() as told:
                run = run_report(file, out, lang, rules, progress=told, prior=prior, budget=budget)
        except (ReportError, DataError) as error:
            failed.append(Failure(file, str(error)))
        except Exception as error:
            if debug:
                raise
            failed.append(Failure(file, _ours(file, error), is_ours=True))
        else:
            done.append(Done(file, run.folder, run.audit))
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
    return f"{done.file.name}{colon}{t['findings']} {len(severities)} ({found}); {t['checks']} {sum(counts.values())} ({checks}) → {done.folder / 'index.html'}"


def reports_of(paths: Iterable[Path]) -> tuple[list[Path], list[Failure]]:
    """The report files that the paths name, each once, in order; a folder names all *.txt in it."""
    found: dict[Path, Path] = {}
    failed = []
    for path in paths:
        files = sorted(file for file in path.glob("*.txt") if file.is_file()) if path.is_dir() else [path]
        if not files:
            failed.append(
                Failure(
                    path,
                    f"{path}: has no report (*.txt) in it (its subfolders are not searched); name another folder",
                )
            )
        for file in files:
            found.setdefault(file.resolve(), file)
    return list(found.values()), failed


def _ours(file: Path, error: Exception) -> str:
    if isinstance(error, NotebookError):
        return f"{file}: {error}"
    what = " ".join(str(error).split())
    return f"{file}: internal error: {type(error).__name__}: {what}; run again with --debug and report it"


def _write_index(batch: Batch, out: Path, lang: str) -> None:
    """The page over the batch, its errors without the folders of this machine."""
    entries = [Entry(done.file.name, done.folder.name, done.audit) for done in batch.done]
    for failure in batch.failed:
        error = failure.error.replace(str(failure.file), failure.file.name).replace(f"{out}{os.sep}", "")
        entries.append(Entry(failure.file.name, error=error))
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
