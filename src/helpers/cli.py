"""The command line: `audit check`, `audit run`, `audit review`, `audit diff`, `audit rules`.

A command is a function under `@command`, which names its arguments; the docstring is its help.  What a command needs
is imported when it runs: the help comes at once.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from helpers.findings.finding import Finding, State
    from helpers.running.selection import Failure

DONE, REACHED, UNREADABLE, BROKEN, INTERRUPTED = 0, 1, 2, 3, 130
LANGUAGES = ("zh", "en")
SEVERITIES = ("high", "medium", "low", "info")
_BLANKS = "\u00a0\u3000"

Add = Callable[[argparse.ArgumentParser], argparse.Action]
Command = Callable[..., int]


class UsageError(Exception):
    """The call is wrong."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises its errors, and takes no abbreviation, which the next option would make ambiguous."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def argument(*names: str, **settings: Any) -> Add:
    """An argument or option of a command, told as to `ArgumentParser.add_argument`."""
    return lambda parser: parser.add_argument(*names, **settings)


def flag(name: str, says: str) -> Add:
    """An option without a value."""
    return argument(name, action="store_true", help=says)


def path(name: str, metavar: str, says: str, **settings: Any) -> Add:
    """An argument or option that names a file or folder."""
    return argument(name, metavar=metavar, type=Path, help=says, **settings)


def decision(name: str, state: State, says: str) -> Add:
    """An option that decides on a finding."""
    return argument(name, action="append_const", dest="states", const=state, default=[], help=says)


def at_least_one(words: str) -> int:
    """The number that the words are; `ArgumentTypeError` where they are none that is at least 1."""
    if not words.isdecimal() or int(words) < 1:
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number from 1")
    return int(words)


def available_cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


LANG = argument(
    "--lang", choices=LANGUAGES, default="zh", help="language of what is shown (default: %(default)s)"
)
RULES = path("--rules", "PATH", "your own rules: a file, or a folder of *.yaml")
PRIOR = path("--prior", "REPORT", "last year's report; if not given, looked for in the report's folder")
BUDGET = path("--budget", "REPORT", "the budget report (部门预算) of the report's year")
REVIEWS = path(
    "--reviews", "DIR", "folder of the auditors' decisions; if not given, data/reviews, if it is there"
)
FAIL_ON = argument("--fail-on", choices=SEVERITIES, help="exit with 1 where a finding is at least this grave")
JOBS = argument(
    "--jobs",
    type=at_least_one,
    default=available_cores(),
    metavar="N",
    help="processes that work at once (default here: %(default)s)",
)
RECURSIVE = flag("--recursive", "search the folders in a folder too")
DEBUG = flag("--debug", "show the traceback of an error")

COMMANDS: dict[str, tuple[Command, tuple[Add, ...]]] = {}


def command(name: str, *arguments: Add) -> Callable[[Command], Command]:
    """Make a function the command `name`: called with the values of its arguments, it returns the exit status."""

    def register(function: Command) -> Command:
        COMMANDS[name] = (function, (*arguments, DEBUG))
        return function

    return register


@command(
    "check",
    path(
        "report",
        "REPORT...",
        "the report: PDF, DOCX, HTML, text or workbook; if in several files, all; or a folder of reports",
        nargs="+",
    ),
    flag("--json", "print the whole audit as JSON; of a folder a line of JSON a report"),
    JOBS,
    RECURSIVE,
    LANG,
    RULES,
    PRIOR,
    BUDGET,
    REVIEWS,
    FAIL_ON,
)
def check(
    report: list[Path],
    json: bool,
    jobs: int,
    recursive: bool,
    lang: str,
    rules: Path | None,
    prior: Path | None,
    budget: Path | None,
    reviews: Path | None,
    fail_on: str | None,
    debug: bool,
) -> int:
    """Reconcile one report, without notebooks: a table of findings, or JSON; of a folder a line a report."""
    if any(one.is_dir() for one in report):
        return _check_all(report, json, jobs, recursive, lang, rules, prior, budget, reviews, fail_on)
    from helpers.audit import audit

    result = audit(report, rules, prior=prior, budget=budget, reviews=reviews)
    if json:
        _write_json(result.to_json())
    else:
        from helpers.showing.terminal import show

        show(result, lang)
    unsettled = (finding.severity for finding in result.findings if not finding.is_settled)
    return REACHED if _reaches(unsettled, fail_on) else DONE


def _check_all(
    reports: list[Path],
    json: bool,
    jobs: int,
    recursive: bool,
    lang: str,
    rules: Path | None,
    prior: Path | None,
    budget: Path | None,
    reviews: Path | None,
    fail_on: str | None,
) -> int:
    """Reconcile each report in folders, a line each."""
    from helpers.checking.rules import load_rules
    from helpers.findings.dispositions import reviews_folder
    from helpers.running.selection import Failure
    from helpers.running.triage import triage

    load_rules(rules)
    failed: list[Failure] = []
    unsettled: set[str] = set()
    with _stoppable():
        for one in triage(reports, jobs, recursive, rules, prior, budget, reviews_folder(reviews)):
            is_failure = isinstance(one.found, Failure)
            if json or not is_failure:
                _say(one.to_json() if json else one.line(lang))
            if isinstance(one.found, Failure):
                failed.append(one.found)
                _complain(one.found.error)
            else:
                unsettled.update(name for name, count in one.found.unsettled.items() if count)
    return _status(failed, unsettled, fail_on)


@command(
    "run",
    path(
        "reports",
        "REPORT...",
        "reports, or folders of them; in a folder a text and a workbook of one name are one report",
        nargs="+",
    ),
    argument(
        "--out",
        metavar="DIR",
        default="outputs",
        help="folder of the results: one folder a report; with --cluster also a URL (default: %(default)s)",
    ),
    JOBS,
    RECURSIVE,
    flag("--resume", "leave alone what is complete and unchanged: go on after a stop"),
    flag("--no-notebooks", "pages, workbook and JSON only"),
    argument("--cluster", metavar="ADDRESS", help="have the workers of this Dask scheduler do it"),
    LANG,
    RULES,
    PRIOR,
    BUDGET,
    REVIEWS,
    FAIL_ON,
)
def run(
    reports: list[Path],
    out: str,
    jobs: int,
    recursive: bool,
    resume: bool,
    no_notebooks: bool,
    cluster: str | None,
    lang: str,
    rules: Path | None,
    prior: Path | None,
    budget: Path | None,
    reviews: Path | None,
    fail_on: str | None,
    debug: bool,
) -> int:
    """Audit reports in full: notebooks, HTML and JSON, several at once; one that fails stops no other."""
    url = out if "://" in out else ""
    if url and cluster is None:
        raise UsageError("--out is a URL, to which only --cluster writes; name a folder")
    from helpers.checking.rules import load_rules

    load_rules(rules)
    from helpers.findings.dispositions import reviews_folder
    from helpers.showing.imports import IRI, without

    with without(IRI):
        from helpers.running.batch import Options, run_batch

    options = Options(
        Path(out), lang, rules, prior, budget, reviews_folder(reviews), not no_notebooks, resume
    )
    with _stoppable():
        if cluster is None:
            batch = run_batch(reports, options, jobs, _say, _complain, recursive, debug)
        else:
            from helpers.running.cluster import run_batch_on

            batch = run_batch_on(cluster, reports, options, url, _say, _complain, recursive, debug)
    for failure in batch.failed:
        _complain(failure.error)
    unsettled = [name for name, count in batch.unsettled.items() if count]
    return _status(batch.failed, unsettled, fail_on)


@command(
    "review",
    path(
        "named",
        "REPORT... [FINDING]",
        "the report as for check, then the id of a finding, or as much of it as no other begins with",
        nargs="+",
    ),
    decision("--accept", "accepted", "the finding stands"),
    decision("--explain", "explained", "it was explained"),
    decision("--not-a-finding", "not a finding", "it is none"),
    decision("--reopen", "open", "it is to be decided on again"),
    argument("--note", default="", help="why; if not given, the note that is there stays"),
    argument("--name", default="", help="who decides; if not given, the environment variable AUDIT_NAME"),
    LANG,
    RULES,
    PRIOR,
    BUDGET,
    path(
        "--reviews",
        "DIR",
        "folder of the auditors' decisions (default: %(default)s)",
        default=Path("data/reviews"),
    ),
)
def review(
    named: list[Path],
    states: list[State],
    note: str,
    name: str,
    lang: str,
    rules: Path | None,
    prior: Path | None,
    budget: Path | None,
    reviews: Path,
    debug: bool,
) -> int:
    """Record what you decide on a finding; without a finding, list all of them in the file to be filled in."""
    from helpers.audit import ReportError, audit
    from helpers.findings.dispositions import list_open, record, state_word
    from helpers.findings.finding import Disposition

    report, wanted = (named[:-1], str(named[-1])) if states else (named, "")
    if len(set(states)) > 1 or not report:
        raise ReportError(
            "a decision is REPORT FINDING and one of --accept, --explain, --not-a-finding, --reopen"
        )
    name = name.strip() or os.environ.get("AUDIT_NAME", "").strip()
    if states and not name:
        raise ReportError("nobody is named who decides; give --name, or set AUDIT_NAME")
    result = audit(report, rules, prior=prior, budget=budget, reviews=reviews if reviews.is_dir() else None)
    if not states:
        placed = [(f, result.where(f.evidence[0].source)[lang]) for f in result.findings]
        _say(str(list_open(reviews, report[0], placed, lang)))
        return DONE
    from datetime import date

    finding = _found(result.findings, wanted, result.file)
    decided = Disposition(states[0], note, name, date.today().isoformat(), True)
    place = result.where(finding.evidence[0].source)[lang]
    file = record(reviews, report[0], finding, place, decided, lang)
    _say(f"{finding.id}: {state_word(states[0], lang)} → {file}")
    return DONE


def _found(findings: Sequence[Finding], wanted: str, file: str) -> Finding:
    """The finding whose id this is or alone begins with it; else `ReportError`."""
    from helpers.audit import ReportError

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


@command(
    "diff",
    path("first", "A", "an output folder, or its audit.json"),
    path("second", "B", "the one to hold against it"),
    flag("--json", "print the comparison as JSON"),
    LANG,
)
def diff(first: Path, second: Path, json: bool, lang: str, debug: bool) -> int:
    """Show what changed between two audits: figures, findings and dispositions."""
    from helpers.findings.comparison import compare

    comparison = compare(first, second)
    if json:
        _write_json(comparison.to_json())
    else:
        from helpers.showing.terminal import show_comparison

        show_comparison(comparison, lang)
    return DONE


@command("rules", flag("--markdown", "as a Markdown table"), LANG, RULES)
def list_rules(markdown: bool, lang: str, rules: Path | None, debug: bool) -> int:
    """List the rule catalogue."""
    from helpers.checking.rules import load_rules
    from helpers.showing.terminal import show_rules

    show_rules(load_rules(rules), lang, markdown)
    return DONE


def _reaches(unsettled: Iterable[str], least: str | None) -> bool:
    """True where one of these severities, of findings that no auditor settled, is at least this grave."""
    return least is not None and any(SEVERITIES.index(one) <= SEVERITIES.index(least) for one in unsettled)


def _status(failed: Sequence[Failure], unsettled: Iterable[str], fail_on: str | None) -> int:
    """The exit status of a batch: of what failed, else of the severities of its findings."""
    if failed:
        return BROKEN if any(failure.is_ours for failure in failed) else UNREADABLE
    return REACHED if _reaches(unsettled, fail_on) else DONE


@contextmanager
def _stoppable() -> Iterator[None]:
    """Have a request to stop end what runs, and clear up, as an interrupt from the keyboard does."""

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _called(arguments: Sequence[str]) -> int:
    """Call the command that the arguments name, and return its exit status."""
    top = _Parser(
        prog="audit",
        usage="audit COMMAND [options]",
        description="Audit Chinese government final-accounts reports (部门决算).",
        epilog="audit COMMAND --help tells the options of a command.",
    )
    parsers = top.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for name, (function, adds) in COMMANDS.items():
        parser = parsers.add_parser(name, help=function.__doc__, description=function.__doc__)
        actions = [add(parser) for add in adds]
        positionals = [str(action.metavar) for action in actions if not action.option_strings]
        parser.usage = " ".join(["audit", name, *positionals, "[options]"])
        if arguments[:1] == [name]:
            valued = {
                option for action in actions if action.nargs is None for option in action.option_strings
            }
            return function(**vars(parser.parse_args(_options_first(arguments[1:], valued))))
    top.parse_args(arguments or ["--help"])
    raise UsageError("the command comes first")


def _options_first(arguments: Sequence[str], valued: Container[str]) -> list[str]:
    """The arguments, options first: argparse takes no name after an option, and no value that begins with a dash."""
    options: list[str] = []
    names: list[str] = []
    rest = iter(arguments)
    for words in rest:
        if words == "--":
            options.append(words)
            names += rest
        elif words in valued:
            options.append("=".join([words, *islice(rest, 1)]))
        else:
            (options if words.startswith("-") and words != "-" else names).append(words)
    return options + names


def main() -> None:
    """Run the command line; an error is one line on standard error, and an exit status (DESIGN.md, Contracts)."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    # Of what an audit makes nearly all stays to its end: looking for garbage as often as by default is 6% of a check.
    gc.set_threshold(50_000)
    try:
        sys.exit(_called(sys.argv[1:]))
    except BrokenPipeError:
        sys.exit(DONE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        lines, status = _told(error)
        _complain(*lines)
        sys.exit(status)


def _told(error: Exception) -> tuple[list[str], int]:
    """What is said of an error, and the exit status."""
    if isinstance(error, UsageError):
        return [f"{error}; see audit --help"], UNREADABLE
    from helpers.data import DataError
    from helpers.reading.document import ReportError

    if isinstance(error, ReportError):
        return [str(error)], UNREADABLE
    if isinstance(error, DataError):
        return error.defects, UNREADABLE
    said = f"internal error: {type(error).__name__}: {error}"
    return [f"{said}; run again with --debug and report it"], BROKEN


def _complain(*lines: str) -> None:
    print("audit:", "\n".join(map(_clean, lines)), file=sys.stderr)


def _write_json(text: str) -> None:
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(text)


def _say(line: str) -> None:
    print(_clean(line), flush=True)


def _clean(line: str) -> str:
    """What is named may come from a file name or a report: nothing in it ends the line or controls the terminal."""
    return "".join(char if char.isprintable() or char in _BLANKS else "\ufffd" for char in line)
