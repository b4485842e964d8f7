"""The command line: `audit check`, `audit run`, `audit review`, `audit diff`, `audit rules`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpers.checking.rules import SEVERITIES, load_rules
from helpers.data import DataError
from helpers.reading.document import ReportError

if TYPE_CHECKING:
    from helpers.findings.finding import Finding

DONE, REACHED, UNREADABLE, BROKEN = 0, 1, 2, 3

app = typer.Typer(
    help="Audit Chinese government final-accounts reports (部门决算).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Language(StrEnum):
    """The language of what is shown."""

    zh = "zh"
    en = "en"


class Severity(StrEnum):
    """How grave a finding is."""

    high = "high"
    medium = "medium"
    low = "low"
    info = "info"


Lang = Annotated[Language, typer.Option(help="Language of what is shown.")]
Rules = Annotated[Path | None, typer.Option(help="Your own rules: a file, or a folder of *.yaml.")]
Prior = Annotated[
    Path | None, typer.Option(help="Last year's report; if not given, looked for in the report's folder.")
]
Budget = Annotated[Path | None, typer.Option(help="The budget report (部门预算) of the report's year.")]
Reviews = Annotated[
    Path | None,
    typer.Option(help="Folder of the auditors' decisions; if not given, data/reviews, if it is there."),
]
FailOn = Annotated[Severity | None, typer.Option(help="Exit with 1 where a finding is at least this grave.")]
Debug = Annotated[bool, typer.Option(help="Show the traceback of an error.")]


@app.command()
def check(
    report: Annotated[
        list[Path],
        typer.Argument(
            metavar="REPORT...",
            help="The report: PDF, DOCX, HTML, text or workbook; if in several files, all.",
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print the whole audit as JSON.")] = False,
    lang: Lang = Language.zh,
    rules: Rules = None,
    prior: Prior = None,
    budget: Budget = None,
    reviews: Reviews = None,
    fail_on: FailOn = None,
    debug: Debug = False,
) -> None:
    """Reconcile one report, without notebooks: a table of findings, or JSON."""
    from helpers.audit import audit

    result = audit(report, rules, prior=prior, budget=budget, reviews=reviews)
    if json:
        _write_json(result.to_json())
    else:
        from helpers.showing.terminal import show

        show(result, lang.value)
    raise typer.Exit(REACHED if fail_on and _reaches(result.findings, fail_on.value) else DONE)


@app.command()
def run(
    reports: Annotated[
        list[Path],
        typer.Argument(
            metavar="REPORT...",
            help="Reports, or folders of them; in a folder a text and a workbook of one name are one report.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the results: one folder a report.")] = Path("outputs"),
    lang: Lang = Language.zh,
    rules: Rules = None,
    prior: Prior = None,
    budget: Budget = None,
    reviews: Reviews = None,
    fail_on: FailOn = None,
    debug: Debug = False,
) -> None:
    """Audit reports in full: notebooks, HTML and JSON, one report after another; one that fails stops no other."""
    load_rules(rules)
    from helpers.findings.dispositions import reviews_folder
    from helpers.running.batch import run_batch

    batch = run_batch(reports, out, lang.value, rules, _say, debug, prior, budget, reviews_folder(reviews))
    for entry in batch.failed:
        _complain(entry.error)
    findings = [finding for entry in batch.done for finding in entry.audit.findings]
    if batch.failed:
        raise typer.Exit(BROKEN if any(entry.is_ours for entry in batch.failed) else UNREADABLE)
    raise typer.Exit(REACHED if fail_on and _reaches(findings, fail_on.value) else DONE)


@app.command()
def review(
    named: Annotated[
        list[Path],
        typer.Argument(
            metavar="REPORT... [FINDING]",
            help="The report as for check, then the id of a finding, or as much of it as no other begins with.",
        ),
    ],
    accept: Annotated[bool, typer.Option("--accept", help="The finding stands.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="It was explained.")] = False,
    not_a_finding: Annotated[bool, typer.Option("--not-a-finding", help="It is none.")] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="It is to be decided on again.")] = False,
    note: Annotated[str, typer.Option(help="Why; if not given, the note that is there stays.")] = "",
    name: Annotated[
        str, typer.Option(help="Who decides; if not given, the environment variable AUDIT_NAME.")
    ] = "",
    lang: Lang = Language.zh,
    rules: Rules = None,
    prior: Prior = None,
    budget: Budget = None,
    reviews: Annotated[Path, typer.Option(help="Folder of the auditors' decisions.")] = Path("data/reviews"),
    debug: Debug = False,
) -> None:
    """Record what you decide on a finding; without a finding, list all of them in the file to be filled in."""
    from helpers.audit import audit
    from helpers.findings.dispositions import list_open, record, state_word
    from helpers.findings.finding import Disposition, State

    flags: dict[State, bool] = {
        "accepted": accept,
        "explained": explain,
        "not a finding": not_a_finding,
        "open": reopen,
    }
    states = [state for state, is_chosen in flags.items() if is_chosen]
    report, wanted = (named[:-1], str(named[-1])) if states else (named, "")
    if len(states) > 1 or not report:
        raise ReportError(
            "a decision is REPORT FINDING and one of --accept, --explain, --not-a-finding, --reopen"
        )
    name = name.strip() or os.environ.get("AUDIT_NAME", "").strip()
    if states and not name:
        raise ReportError("nobody is named who decides; give --name, or set AUDIT_NAME")
    result = audit(report, rules, prior=prior, budget=budget, reviews=reviews if reviews.is_dir() else None)
    if not states:
        placed = [(f, result.where(f.evidence[0].source)[lang.value]) for f in result.findings]
        _say(str(list_open(reviews, report[0], placed, lang.value)))
        return
    finding = _found(result.findings, wanted, result.file)
    decision = Disposition(states[0], note, name, date.today().isoformat(), True)
    place = result.where(finding.evidence[0].source)[lang.value]
    path = record(reviews, report[0], finding, place, decision, lang.value)
    _say(f"{finding.id}: {state_word(states[0], lang.value)} → {path}")


def _found(findings: Sequence[Finding], wanted: str, file: str) -> Finding:
    """The finding whose id this is or alone begins with it; else `ReportError`."""
    found = [f for f in findings if f.id == wanted] or [f for f in findings if f.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        for finding in findings:
            if wanted in {other.id for other in finding.gathered}:
                raise ReportError(f"{file}: {wanted} is told under {finding.id}; decide on that one")
        raise ReportError(f"{file}: no finding is called {wanted!r}; audit check lists them")
    several = ", ".join(finding.id for finding in found[:5]) + (", …" if len(found) > 5 else "")
    raise ReportError(f"{file}: {len(found)} findings begin with {wanted!r} ({several}); give more of the id")


@app.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="An output folder, or its audit.json.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="The one to hold against it.")],
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    lang: Lang = Language.zh,
    debug: Debug = False,
) -> None:
    """Show what changed between two audits: figures, findings and dispositions."""
    from helpers.findings.comparison import compare

    comparison = compare(first, second)
    if json:
        _write_json(comparison.to_json())
    else:
        from helpers.showing.terminal import show_comparison

        show_comparison(comparison, lang.value)


@app.command("rules")
def list_rules(
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
    lang: Lang = Language.zh,
    rules: Rules = None,
    debug: Debug = False,
) -> None:
    """List the rule catalogue."""
    from helpers.showing.terminal import show_rules

    show_rules(load_rules(rules), lang.value, markdown)


def _reaches(findings: Sequence[Finding], least: str) -> bool:
    """True where a finding is at least this grave and no auditor settled it."""
    severities = [finding.severity for finding in findings if not finding.is_settled]
    return any(SEVERITIES.index(severity) <= SEVERITIES.index(least) for severity in severities)


def main() -> None:
    """Run the command line; an error is one line on standard error, and an exit status (DESIGN.md, Contracts)."""
    debug = "--debug" in sys.argv
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False) or DONE)
    except typer.TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        _fail(f"{message.rstrip('.')}; see audit --help", UNREADABLE, debug)
    except ReportError as error:
        _fail(str(error), UNREADABLE, debug)
    except DataError as error:
        _fail("\n".join(error.defects), UNREADABLE, debug)
    except BrokenPipeError:
        sys.exit(DONE)
    except Exception as error:
        _fail(
            f"internal error: {type(error).__name__}: {error}; run again with --debug and report it",
            BROKEN,
            debug,
        )


def _fail(message: str, status: int, debug: bool) -> None:
    if debug:
        raise
    _complain(message)
    sys.exit(status)


def _complain(message: str) -> None:
    print(f"audit: {_clean(message)}", file=sys.stderr)


def _write_json(text: str) -> None:
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(text)


def _say(line: str) -> None:
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    print(_clean(line), flush=True)


def _clean(words: str) -> str:
    """What is named may come from a file name or a report: no control characters reach the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in words)
