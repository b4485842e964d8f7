"""Each rule of the catalogue, shown passing, failing and not tested by snippets of reports in tests/rules/."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.checking import check
from helpers.checking.kinds import Outcome
from helpers.checking.result import Result
from helpers.checking.rules import load_rules
from helpers.facts.compared import other_extract
from helpers.facts.extract import Extract, extract
from helpers.reading.document import Document
from helpers.reading.text import parse
from tables_generator import tabled

FOLDER = Path(__file__).parent / "rules"
RULES = {rule.id: rule for rule in load_rules()}
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
FILE_KEYS = {"rule", "cases", "never_exception", "never_not_tested"}
CASE_KEYS = {"name", "text", "expect"}
OTHERS = {"prior", "budget"}  # the text of another report that the snippet is held against
EXPECT_KEYS = {"outcome", "context", "residual", "slack", "reason"}


@dataclass(frozen=True, eq=False)
class Case:
    """A snippet, and the complete list of what its rule comes to in it; one object for each, so that it may be a key."""

    rule: str
    name: str
    text: str
    expect: tuple[dict[str, str], ...]
    others: tuple[tuple[str, str], ...] = ()


@cache
def read(name: str) -> dict[str, Any]:
    # Each process of the tests reads all of them, and the loader in C does so ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: dict[str, Any] = yaml.load(FILES[name].read_text(encoding="utf-8"), Loader=loader)
    return content


@cache
def cases() -> tuple[Case, ...]:
    return tuple(
        Case(
            name,
            case["name"],
            case["text"],
            tuple(case["expect"]),
            tuple((role, case[role]) for role in sorted(OTHERS & set(case))),
        )
        for name in FILES
        for case in read(name)["cases"]
    )


def outcomes(rule: str) -> set[str]:
    return {expected["outcome"] for case in read(rule)["cases"] for expected in case["expect"]}


@cache
def read_as(case: Case) -> tuple[Document, Extract]:
    document = tabled(case.text)
    return document, extract(document)


@cache
def said(case: Case) -> tuple[Result, ...]:
    """The results of the case's rule on its snippet."""
    others = {role: other_extract(parse(text), role) for role, text in case.others}
    return check(*read_as(case), [RULES[case.rule]], others)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.rule}: {case.name}")
def test_rule_comes_to_what_its_case_says(case: Case) -> None:
    results = said(case)
    got = [(result.outcome.value, result.context) for result in results]
    assert got == [(expected["outcome"], expected["context"]) for expected in case.expect], [
        result.reason["zh"] for result in results
    ]
    for result, expected in zip(results, case.expect, strict=True):
        assert expected.get("reason", "") in result.reason["zh"]
        for name in ("residual", "slack"):
            if name in expected:
                exact = getattr(result, name)
                assert exact is not None, f"{name} is not shown"
                assert exact.quantize(Decimal("0.0001")) == Decimal(expected[name])


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.rule}: {case.name}")
def test_result_says_why_and_what_it_rests_on(case: Case) -> None:
    for result in said(case):
        assert result.rule.id == case.rule
        if result.outcome is Outcome.NOT_TESTED:
            assert result.reason["zh"], f"not tested without a reason: {result.context}"
            assert result.reason["en"], f"not tested without a reason: {result.context}"
        if result.outcome is Outcome.EXCEPTION:
            assert result.operands or result.evidence, f"an exception without a place: {result.context}"


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rule_is_shown_passing_failing_and_not_tested(rule: str) -> None:
    assert rule in FILES, f"{rule} has no cases: write tests/rules/{rule}.yaml"
    shown = outcomes(rule)
    assert shown & {"ties", "ties_within_rounding"}, f"no case of {rule} passes"
    for outcome in ("exception", "not_tested"):
        never = read(rule).get(f"never_{outcome}")
        assert (outcome in shown) != bool(never), (
            f"{rule}: show a case that comes to {outcome}, or say in `never_{outcome}` why there is none"
        )


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rule_has_at_least_three_cases_with_names_of_their_own(rule: str) -> None:
    names = [case["name"] for case in read(rule)["cases"]]
    assert len(names) >= 3
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(FILES))
def test_cases_belong_to_a_rule_and_have_no_unknown_key(name: str) -> None:
    content = read(name)
    assert name in RULES, f"tests/rules/{name}.yaml: there is no such rule"
    assert content["rule"] == name
    assert set(content) <= FILE_KEYS
    for case in content["cases"]:
        assert set(case) - OTHERS == CASE_KEYS
        assert case["expect"], f"{case['name']}: expects nothing, which nothing can break"
        for expected in case["expect"]:
            assert {"outcome", "context"} <= set(expected) <= EXPECT_KEYS
            assert expected["outcome"] in {outcome.value for outcome in Outcome}


def test_every_rule_gives_a_result_where_nothing_is_said() -> None:
    """Silence is never a pass: a report without a figure has a result for each rule."""
    document = parse("2022年度部门决算情况说明\n本部门没有可说明的事项。\n")
    results = check(document, extract(document), RULES.values())
    assert {result.rule.id for result in results} == set(RULES)
