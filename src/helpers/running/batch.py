"""Several reports audited at once, each in a process of its own: one that fails stops no other."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from helpers.auditing.store import cache_problem
from helpers.data import DataError
from helpers.reading.document import ReportError
from helpers.reading.join import name_of
from helpers.running.children import CAN_FORK, Ended, Task, Tell, run_tasks
from helpers.running.execute import NotebookError
from helpers.running.folder import BATCH_PAGE, sweep, write_text
from helpers.running.limits import LIMITS, why_not
from helpers.running.portfolio import update_portfolio
from helpers.running.report import run_report
from helpers.running.selection import Failure, Files, refuse_several, select
from helpers.showing.page_words import words
from helpers.showing.pages import batch_page
from helpers.showing.portfolio_schema import MISSING
from helpers.showing.summary import Entry, Summary, entries_of, in_words


@dataclass(frozen=True)
class Options:
    """How each report of a batch is audited."""

    out: Path
    lang: str = "zh"
    rules: Path | None = None
    prior: Path | None = None
    budget: Path | None = None
    reviews: Path | None = None
    with_notebooks: bool = True
    resume: bool = False


@dataclass(frozen=True)
class Done:
    """A report that was audited, in counts, and its folder; `is_kept` where it was complete before."""

    summary: Summary
    folder: Path
    is_kept: bool = False


@dataclass
class Batch:
    """What came of the reports: how many were audited, their unsettled findings by severity, and those that failed."""

    done: int = 0
    unsettled: Counter[str] = field(default_factory=Counter)
    failed: list[Failure] = field(default_factory=list)


Told = Callable[[str, int, int], None]
# Given the reports, how each is audited, and who is told of their parts: what came of each, about its files, as they end.
Runner = Callable[[Sequence[Files], Options, Told], Iterator[Ended]]


def run_batch(
    reports: Sequence[Path],
    options: Options,
    jobs: int,
    say: Callable[[str], None],
    warn: Callable[[str], None],
    recursive: bool = False,
    debug: bool = False,
    run: Runner | None = None,
) -> Batch:
    """Every report audited into the output folder, a line said of each, and the pages over all that lies there.

    At most `jobs` processes work at once on this machine, unless `run` has the reports audited elsewhere.  With
    `debug`, an error that is not the report's is raised.  Raises `ReportError` where last year's report or the budget
    is named for more than one report.
    """
    selected = select(reports, recursive, options.out)
    refuse_several(selected.reports, prior=options.prior, budget=options.budget)
    batch = Batch(failed=list(selected.failed))
    if selected.reports and (problem := cache_problem()):
        warn(problem)
    sweep(options.out)
    try:
        with _bar(len(selected.reports)) as bar:
            ended = (run or partial(_run_here, jobs))(selected.reports, options, bar.told)
            for done in _audited(ended, batch, bar, debug):
                batch.done += 1
                batch.unsettled.update(done.summary.unsettled)
                say(summary(done, options.lang))
    finally:
        sweep(options.out, patience=2)
    order = {files: number for number, files in enumerate(selected.reports)}
    batch.failed.sort(key=lambda failure: order.get(failure.files, -1))
    if not options.out.is_dir():
        return batch
    page = options.out / BATCH_PAGE
    try:
        _write_index(batch.failed, options)
    except OSError as error:
        said = f"{page}: cannot be written ({error.strerror}); see to it and run again with --resume"
        batch.failed.append(Failure((page,), said))
    why = update_portfolio(options.out).why
    if why and (why != MISSING or len(selected.reports) > 1):
        warn(why)
    return batch


def _run_here(jobs: int, reports: Sequence[Files], options: Options, told: Told) -> Iterator[Ended]:
    """What came of each report, audited on this machine; at most `jobs` processes work at once."""
    at_once = min(jobs, len(reports)) or 1
    inner = max(1, jobs // at_once)
    # Without fork there are threads, which share the state of this package: one report at a time.
    tasks = (Task(partial(audit_report, files, options, inner), files) for files in reports)
    yield from run_tasks(tasks, at_once if CAN_FORK else 1, LIMITS, lambda task, said: told(*said))


def _audited(all_ended: Iterable[Ended], batch: Batch, bar: _Bar, debug: bool) -> Iterator[Done]:
    """What came of each report that was audited, as they end; the others go to the failures of the batch."""
    for ended in all_ended:
        bar.ended(name_of(ended.task.about))
        if ended.error is None:
            yield ended.value
        elif isinstance(ended.error, ReportError | DataError):
            batch.failed.append(Failure(ended.task.about, str(ended.error)))
        elif isinstance(ended.error, NotebookError):
            error = f"{ended.task.about[0]}: {ended.error}"
            batch.failed.append(Failure(ended.task.about, error, is_ours=True))
        elif debug:
            raise ended.error
        else:
            batch.failed.append(why_not(ended.task.about, ended.error))


def audit_report(files: Files, options: Options, jobs: int, tell: Tell) -> Done:
    """One report audited, in a process of its own."""
    run = run_report(
        files,
        options.out,
        options.lang,
        options.rules,
        progress=lambda *said: tell(said),
        prior=options.prior,
        budget=options.budget,
        reviews=options.reviews,
        jobs=jobs,
        with_notebooks=options.with_notebooks,
        resume=options.resume,
    )
    return Done(Summary.of(run.audit), run.folder, run.is_kept)


def summary(done: Done, lang: str) -> str:
    """One line on a finished audit: its counts, and where to read on."""
    kept = f" ({words(lang)['kept']})" if done.is_kept else ""
    return f"{done.summary.file}{words(lang)['colon']}{in_words(done.summary, lang)} → {done.folder / 'index.html'}{kept}"


def _write_index(failed: Sequence[Failure], options: Options) -> None:
    """The page over all that lies in the output folder, and this run's errors without the folders of this machine.

    Of one report that failed there is none.
    """
    entries = entries_of(options.out)
    if not entries and len(failed) < 2:
        return
    for failure in failed:
        error = failure.error.replace(f"{options.out}{os.sep}", "")
        for file in failure.files:
            error = error.replace(str(file), file.name)
        entries.append(Entry(_readable(name_of(failure.files)), error=_readable(error)))
    new = options.out / f".{BATCH_PAGE}.new"
    try:
        write_text(new, batch_page(entries, options.lang))
        new.replace(options.out / BATCH_PAGE)
    finally:
        new.unlink(missing_ok=True)


def _readable(words: str) -> str:
    """The words with what is no text, as a file name may have it, written out."""
    return words.encode("utf-8", "backslashreplace").decode("utf-8")


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Any) -> Text:
        return Text(f"{task.speed:.2f}/s" if task.speed else "")


class _Bar:
    """What is shown of a batch while it runs: of one report its notebooks, of more the reports."""

    def __init__(self, progress: Progress, reports: int) -> None:
        self._progress, self._reports = progress, reports
        self._task = progress.add_task("", total=reports or None, visible=reports > 0)

    def told(self, name: str, number: int, total: int) -> None:
        shown = name if name.isprintable() else ascii(name)
        if self._reports == 1:
            self._progress.update(self._task, completed=number, total=total)
        self._progress.update(self._task, description=shown)
        self._progress.refresh()

    def ended(self, name: str) -> None:
        if self._reports > 1:
            self._progress.advance(self._task)
        self._progress.refresh()


@contextmanager
def _bar(reports: int) -> Iterator[_Bar]:
    """A progress bar on standard error where that is a terminal, gone when done."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    # It draws when it is told something: a thread that draws could not be forked.
    with Progress(
        *columns, console=console, transient=True, auto_refresh=False, disable=not console.is_terminal
    ) as bar:
        yield _Bar(bar, reports)
