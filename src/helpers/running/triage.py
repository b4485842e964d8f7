"""Many reports reconciled without notebooks or files, a line each: which of them to look at first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from helpers.audit import audit
from helpers.data import DataError
from helpers.reading.document import ReportError
from helpers.reading.join import SEPARATOR
from helpers.running.children import CAN_FORK, Ended, Task, Tell, run_tasks
from helpers.running.limits import LIMITS, why_not
from helpers.running.selection import Failure, Files, refuse_several, select
from helpers.showing.summary import Summary, in_words


@dataclass(frozen=True)
class Triaged:
    """A report in counts, or why it was not audited."""

    files: Files
    found: Summary | Failure

    def line(self, lang: str) -> str:
        """It in a line for people."""
        said = self.found.error if isinstance(self.found, Failure) else in_words(self.found, lang)
        return f"{self._name}: {said}"

    def to_json(self) -> str:
        """It as a line of JSON, its numbers as strings, sorted and byte-stable; what is no plain character escaped."""
        found = self.found
        content = {"error": found.error} if isinstance(found, Failure) else found.as_strings()
        words = json.dumps({"path": self._name, **content}, ensure_ascii=False, sort_keys=True)
        return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in words)

    @property
    def _name(self) -> str:
        return SEPARATOR.join(map(str, self.files))


def triage(
    reports: Sequence[Path],
    jobs: int,
    recursive: bool = False,
    rules: Path | None = None,
    prior: Path | None = None,
    budget: Path | None = None,
    reviews: Path | None = None,
) -> Iterator[Triaged]:
    """What each report comes to, in the order in which the paths name them; what is no report at the end.

    Raises `ReportError` where last year's report or the budget is named for more than one report.
    """
    selected = select(reports, recursive)
    refuse_several(selected.reports, prior=prior, budget=budget)

    def of(files: Files, _: Tell) -> Summary:
        return Summary.of(audit(files, rules, prior=prior, budget=budget, reviews=reviews))

    tasks = (Task(partial(of, files), files) for files in selected.reports)
    waiting = {files: number for number, files in enumerate(selected.reports)}
    ended: dict[int, Triaged] = {}
    turn = 0
    for one in run_tasks(tasks, jobs if CAN_FORK else 1, LIMITS):
        ended[waiting.pop(one.task.about)] = _triaged(one)
        while turn in ended:
            yield ended.pop(turn)
            turn += 1
    yield from (Triaged(failure.files, failure) for failure in selected.failed)


def _triaged(ended: Ended) -> Triaged:
    files, error = ended.task.about, ended.error
    if error is None:
        return Triaged(files, ended.value)
    if isinstance(error, ReportError | DataError):
        return Triaged(files, Failure(files, str(error)))
    return Triaged(files, why_not(files, error))
