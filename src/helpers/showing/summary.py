"""What an audit came to, in counts: what is kept of each report where there are thousands."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from helpers.audit import Audit
from helpers.checking.kinds import Outcome
from helpers.checking.rules import SEVERITIES
from helpers.findings.finding import Disposition, State
from helpers.showing.page_words import words

AUDIT, MANIFEST = "audit.json", "manifest.json"

_STATES: tuple[State, ...] = get_args(State)
_OUTCOMES = tuple(outcome.value for outcome in Outcome)


@dataclass(frozen=True)
class Summary:
    """A report in counts: findings by severity and by decision, results by outcome, figures found and checked.

    `unsettled` are the findings of each severity that still call for something.  Every severity, decision and outcome
    is there, also where it counts none.
    """

    file: str
    sha256: str
    entity: str
    year: int | None
    form: str
    severities: Mapping[str, int]
    unsettled: Mapping[str, int]
    decisions: Mapping[str, int]
    outcomes: Mapping[str, int]
    figures: int
    checked: int

    @classmethod
    def of(cls, audit: Audit) -> Summary:
        """The counts of an audit."""
        found = audit.findings
        return cls(
            audit.file,
            audit.sha256,
            audit.entity,
            audit.year,
            audit.form,
            _counted((one.severity for one in found), SEVERITIES),
            _counted((one.severity for one in found if not one.is_settled), SEVERITIES),
            _counted((one.disposition.state if one.disposition else "open" for one in found), _STATES),
            {outcome.value: count for outcome, count in audit.counts().items()},
            len(audit.numerals),
            sum(map(audit.is_checked, audit.numerals)),
        )

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> Summary:
        """The same counts from what an `audit.json` says; `ValueError` where that is not as it must be."""
        try:
            report, found, numerals = content["report"], content["findings"], content["numerals"]
            unsettled = (one["severity"] for one in found if not _is_settled(one["disposition"]))
            return cls(
                report["file"],
                report["sha256"],
                report["entity"],
                int(report["year"]) if report["year"] else None,
                report["form"],
                _counted((one["severity"] for one in found), SEVERITIES),
                _counted(unsettled, SEVERITIES),
                _counted(
                    (one["disposition"]["state"] if one["disposition"] else "open" for one in found), _STATES
                ),
                _counted((result["outcome"] for result in content["results"]), _OUTCOMES),
                len(numerals),
                sum(map(_is_checked, numerals)),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no audit: {error}") from error

    @classmethod
    def of_manifest(cls, content: Mapping[str, Any]) -> Summary:
        """The summary that a manifest holds as `as_strings` makes it; `ValueError` where it holds none."""
        try:
            content = content["summary"]
            texts = {name: content[name] for name in ("file", "sha256", "entity", "form")}
            if not all(isinstance(said, str) for said in texts.values()):
                raise TypeError("words that are none")
            return cls(
                **texts,
                year=int(content["year"]) if content["year"] else None,
                severities=_numbers(content["severities"], SEVERITIES),
                unsettled=_numbers(content["unsettled"], SEVERITIES),
                decisions=_numbers(content["decisions"], _STATES),
                outcomes=_numbers(content["outcomes"], _OUTCOMES),
                figures=int(content["figures"]),
                checked=int(content["checked"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no summary: {error}") from error

    def as_strings(self) -> dict[str, Any]:
        """The summary as the contract writes JSON: each number as a string, "" for none."""
        return {key: _as_strings(value) for key, value in asdict(self).items()}

    @property
    def findings(self) -> int:
        """How many findings there are."""
        return sum(self.severities.values())

    @property
    def attempted(self) -> int:
        """How many checks there are, whatever came of them."""
        return sum(self.outcomes.values())


@dataclass(frozen=True)
class Entry:
    """A report of a batch: its file and, where its audit succeeded, the folder and the summary; else the error."""

    file: str
    folder: str = ""
    summary: Summary | None = None
    error: str = ""


def folders_in(out: Path) -> list[Path]:
    """The folders of finished audits in an output folder, by name; none of what is hidden or a link."""
    if not out.is_dir():
        return []
    with os.scandir(out) as found:
        names = [
            one.name for one in found if not one.name.startswith(".") and one.is_dir(follow_symlinks=False)
        ]
    return [out / name for name in sorted(names) if (out / name / AUDIT).is_file()]


def entries_of(out: Path) -> list[Entry]:
    """Every audit that lies in an output folder, of whatever run, by the name of its folder."""
    return [_entry(folder) for folder in folders_in(out)]


def _entry(folder: Path) -> Entry:
    try:
        found = summary_in(folder)
    except (OSError, ValueError):
        error = f"{folder.name}/{AUDIT}: is not the JSON of an audit, or cannot be read; run audit run again"
        return Entry(folder.name, error=error)
    return Entry(found.file, folder.name, found)


def summary_in(folder: Path) -> Summary:
    """The summary of a finished audit's folder: as its manifest has it, else counted from its `audit.json`.

    Raises `OSError` where that cannot be read, `ValueError` where it is no audit.
    """
    try:
        return Summary.of_manifest(json.loads((folder / MANIFEST).read_bytes()))
    except (OSError, ValueError):
        return Summary.of_content(json.loads((folder / AUDIT).read_bytes()))


def _counted(values: Iterable[str], names: Iterable[str]) -> dict[str, int]:
    """How often each name is there; a name that none is called is a `KeyError`."""
    found, counts = Counter(values), dict.fromkeys(names, 0)
    if unknown := found.keys() - counts:
        raise KeyError(*unknown)
    return counts | found


def _numbers(counts: Mapping[str, Any], names: Iterable[str]) -> dict[str, int]:
    return {name: int(counts[name]) for name in names}


def _is_settled(decision: Mapping[str, Any] | None) -> bool:
    return decision is not None and Disposition(**decision).is_settled


def _is_checked(numeral: Mapping[str, Any]) -> bool:
    return any(mark["outcome"] != Outcome.NOT_TESTED.value for mark in numeral["tickmarks"])


def in_words(found: Summary, lang: str) -> str:
    """The findings by severity and the checks by outcome, in a line."""
    t, comma = words(lang), {"zh": "，", "en": ", "}[lang]
    severities = comma.join(f"{t[severity]} {found.severities[severity]}" for severity in SEVERITIES)
    checks = comma.join(f"{t[outcome]} {count}" for outcome, count in found.outcomes.items())
    return f"{t['findings']} {found.findings} ({severities}); {t['checks']} {found.attempted} ({checks})"


def _as_strings(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _as_strings(value) for key, value in content.items()}
    return "" if content is None else str(content)
