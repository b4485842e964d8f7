"""What was tested of each part of a report, what was not, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from helpers.audit import Audit
from helpers.checking.kinds import Outcome
from helpers.checking.result import Words
from helpers.showing.workpapers import WORKPAPERS, Workpaper, workpaper_of, workpaper_of_numeral


@dataclass
class Coverage:
    """What was tested of one workpaper, and what was found; `why` counts what was not tested by reason.

    Figures and checks have their reasons apart, as one check may keep several figures untested, and none.
    """

    workpaper: Workpaper
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    figures: int = 0
    checked: int = 0
    findings: int = 0
    why_figures: Counter[str] = field(default_factory=Counter)
    why_checks: Counter[str] = field(default_factory=Counter)

    @property
    def attempted(self) -> int:
        """Ties, ties within rounding, exceptions and not tested together."""
        return sum(self.outcomes.values())


def coverage(audit: Audit, lang: str) -> tuple[Coverage, ...]:
    """Results, figures and findings by workpaper, in the order of the notebooks; none falls between."""
    found = {workpaper.stem: Coverage(workpaper) for workpaper in WORKPAPERS}
    for result in audit.results:
        entry = found[workpaper_of(result).stem]
        entry.outcomes[result.outcome] += 1
        if result.outcome is Outcome.NOT_TESTED:
            entry.why_checks[reason_of(result.reason, lang)[0]] += 1
    for numeral in audit.numerals:
        entry = found[workpaper_of_numeral(numeral, audit.table_lines).stem]
        entry.figures += 1
        if audit.is_checked(numeral):
            entry.checked += 1
        else:
            entry.why_figures[reason_of(audit.why_unchecked(numeral), lang)[0]] += 1
    for finding in audit.findings:
        found[workpaper_of(finding.result).stem].findings += 1
    return tuple(found.values())


def reason_of(why: Words, lang: str) -> tuple[str, str]:
    """Why something was not tested, and what in particular was missing."""
    reason, _, detail = why[lang].partition({"zh": "：", "en": ": "}[lang])
    return reason, detail
