"""The command line: `audit check`, `audit run`, `audit rules`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from helpers.checking.rules import SEVERITIES, load_rules
from helpers.data import DataError
from helpers.reading.document import ReportError

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
    fail_on: FailOn = None,
    debug: Debug = False,
) -> None:
    """Reconcile one report, without notebooks: a table of findings, or JSON."""
    from helpers.audit import audit

    result = audit(report, rules, prior=prior, budget=budget)
    if json:
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
        sys.stdout.write(result.to_json())
    else:
        from helpers.showing.terminal import show

        show(result, lang.value)
    severities = [finding.severity for finding in result.findings]
    raise typer.Exit(REACHED if fail_on and _reaches(severities, fail_on.value) else DONE)


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
    fail_on: FailOn = None,
    debug: Debug = False,
) -> None:
    """Audit reports in full: notebooks, HTML and JSON, one report after another; one that fails stops no other."""
    load_rules(rules)
    from helpers.running.batch import run_batch

    batch = run_batch(reports, out, lang.value, rules, _say, debug, prior, budget)
    for entry in batch.failed:
        _complain(entry.error)
    severities = [finding.severity for entry in batch.done for finding in entry.audit.findings]
    if batch.failed:
        raise typer.Exit(BROKEN if any(entry.is_ours for entry in batch.failed) else UNREADABLE)
    raise typer.Exit(REACHED if fail_on and _reaches(severities, fail_on.value) else DONE)


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


def _reaches(severities: list[str], least: str) -> bool:
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


def _say(line: str) -> None:
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    print(_clean(line), flush=True)


def _clean(words: str) -> str:
    """What is named may come from a file name or a report: no control characters reach the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in words)
