"""Random departments: a consistent report has no finding, and one figure moved beyond its slack is found where it stands.

`AUDIT_EXAMPLES=1000 pytest tests/test_generated.py` draws as many reports as the issue asks for.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings

from annex_generator import SEEDERS, annex_faults, annexed_reports
from generator import FORMS, Figure, Report, reports, with_error, wrong_reports
from helpers.checking import check
from helpers.checking.rules import load_rules
from helpers.facts.extract import extract
from helpers.findings.finding import Finding, find
from helpers.reading.document import Source
from helpers.reading.text import parse

EXAMPLES = int(os.environ.get("AUDIT_EXAMPLES", "120"))
RULES = load_rules()

# The same examples in every run.  Reports are not shrunk: that takes minutes, and the message says enough.
FIXED = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
    verbosity=Verbosity.quiet,
    max_examples=max(1, EXAMPLES // len(FORMS)),
)


def claims(text: str) -> list[Finding]:
    """The findings above `info`."""
    document = parse(text)
    extracted = extract(document)
    found = find(check(document, extracted, RULES), extracted.facts)
    return [finding for finding in found if finding.severity != "info"]


def is_at(source: Source, figure: Figure) -> bool:
    """The place covers the figure, or a part of it."""
    return source.line == figure.line and source.start < figure.end and figure.start < source.end


def told(finding: Finding) -> str:
    places = ", ".join(f"{e.source.line}: {e.quote}" for e in finding.evidence)
    return f"[{finding.severity}] {finding.message['zh']} ({places})"


def each_form(test: Callable[..., None]) -> Any:
    return pytest.mark.parametrize("form", FORMS)(test)


@each_form
def test_consistent_report_has_no_finding(form: str) -> None:
    @FIXED
    @given(reports((form,)))
    def run(report: Report) -> None:
        found = [told(finding) for finding in claims(report.text)]
        assert not found, "\n".join([report.entity, str(report.year), *found])

    run()


@each_form
def test_moved_figure_is_found_where_it_stands(form: str) -> None:
    @FIXED
    @given(wrong_reports((form,)))
    def run(drawn: tuple[Report, Figure]) -> None:
        report, figure = drawn
        found = claims(report.text)
        line = report.text.split("\n")[figure.line - 1]
        where = f"{line[: figure.start]}【{line[figure.start : figure.end]}】{line[figure.end :]}"
        assert any(is_at(e.source, figure) for finding in found for e in finding.evidence), "\n".join(
            [f"{figure.role}, moved by {figure.delta} or more, is not found:", where, *map(told, found)]
        )

    run()


@each_form
def test_moved_figure_gathers_what_follows_from_it(form: str) -> None:
    """A finding that gathers others suspects the moved figure, which stands in each of them."""

    @settings(FIXED, max_examples=max(1, EXAMPLES // 12))
    @given(wrong_reports((form,)))
    def run(drawn: tuple[Report, Figure]) -> None:
        report, figure = drawn
        for lead in claims(report.text):
            for finding in lead.gathered:
                assert is_at(finding.suspects[0].fact.source, figure), told(finding)
                assert finding.suspects[0].value == lead.suspects[0].value
                assert {e.source for e in finding.evidence} <= {e.source for e in lead.evidence}

    run()


@each_form
def test_generator_moves_one_figure_and_nothing_else(form: str) -> None:
    """What is called wrong differs from a consistent report in one figure, and every figure stands where it says."""

    @settings(FIXED, max_examples=10)
    @given(reports((form,)))
    def run(report: Report) -> None:
        lines = report.text.split("\n")
        for figure in report.figures:
            printed = lines[figure.line - 1][figure.start : figure.end].replace(",", "")
            assert abs(float(printed) - float(figure.value)) < 1e-9
        movable = [figure for figure in report.figures if figure.movable]
        assert movable
        one = movable[len(movable) // 2]
        wrong = with_error(report, one, one.value + one.delta)
        differing = [
            n for n, (a, b) in enumerate(zip(lines, wrong.text.split("\n"), strict=True), 1) if a != b
        ]
        assert differing == [one.line]

    run()


def test_consistent_annexes_have_no_finding() -> None:
    @FIXED
    @given(annexed_reports())
    def run(report: Report) -> None:
        found = [told(finding) for finding in claims(report.text)]
        assert not found, "\n".join([report.entity, str(report.year), *found])

    run()


# No rule holds a completion that the text restates against its row.
UNTESTED = {"done_in_text", "satisfaction_in_text"}


@pytest.mark.parametrize("kind", [kind for kind in SEEDERS if kind not in UNTESTED])
def test_fault_of_an_annex_is_found_where_it_stands(kind: str) -> None:
    @settings(FIXED, max_examples=max(1, EXAMPLES // 40))
    @given(annex_faults((kind,)))
    def run(drawn: tuple[Report, str, int]) -> None:
        report, _, line = drawn
        found = claims(report.text)
        assert any(abs(e.source.line - line) <= 1 for finding in found for e in finding.evidence), "\n".join(
            [f"{kind} in line {line} is not found:", report.text.split("\n")[line - 1], *map(told, found)]
        )

    run()
