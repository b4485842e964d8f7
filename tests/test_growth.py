"""What an audit does grows with the report and no faster: told by counting, not by the clock (`make bench` has that)."""

from __future__ import annotations

import json

import pytest

from audits import ANJU
from growth import SCALES, dimensions, exponent, stages
from helpers import audit
from helpers.checking import check, result
from helpers.checking.facts_index import Near, nearest
from helpers.checking.rules import load_rules
from helpers.facts.extract import extract
from helpers.facts.fact import Fact
from helpers.findings.finding import find
from helpers.reading.read import read


def test_exponent_is_the_power_that_the_time_grows_with() -> None:
    assert exponent({scale: 0.1 * scale for scale in SCALES}) == pytest.approx(1)
    assert exponent({scale: 0.1 * scale**2 for scale in SCALES}) == pytest.approx(2)


@pytest.mark.parametrize("name", dimensions())
def test_a_report_is_larger_in_its_dimension_and_is_audited(name: str) -> None:
    make = dimensions()[name]
    assert 1.5 < len(make(4)) / len(make(2)) < 2.5
    assert stages(make(1).encode()).keys() == {"reading", "facts", "checking", "findings", "json"}


def facts_of(name: str, scale: int) -> tuple[Fact, ...]:
    return extract(read(dimensions()[name](scale).encode(), name)).facts


@pytest.mark.parametrize("name", ["whole report", "shares of a paragraph", "one line again", "projects"])
def test_nearest_is_the_same_as_by_looking_at_all(name: str) -> None:
    facts = facts_of(name, 2)
    some = [fact for fact in facts if fact.source.row is None][:: max(1, len(facts) // 60)]
    for start in range(3):
        near = Near(facts[start::3])
        for fact in some:
            here = [one for one in near if one.section == fact.section]
            beside = [one for one in near if one.paragraph == fact.paragraph]
            assert near.nearest(fact) is nearest(near, fact)
            assert near.nearest_in_section(fact) is nearest(here, fact)
            assert near.nearest_beside(fact) is nearest(beside, fact)


def quantities(scale: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many operands are looked at to audit a list of items that do not add up."""
    document = read(dimensions()["items that do not add up"](scale).encode(), "items")
    extracted = extract(document)
    seen = 0
    quantity = result.quantity

    def counted(*arguments: object) -> object:
        nonlocal seen
        seen += 1
        return quantity(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(result, "quantity", counted)
        find(check(document, extracted, load_rules()), extracted.facts)
    return seen


def test_a_wrong_sum_of_four_times_as_many_items_looks_at_four_times_as_many_operands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert quantities(4, monkeypatch) < 4.4 * quantities(1, monkeypatch)


def test_json_is_written_as_the_standard_writer_does() -> None:
    written = audit(ANJU).to_json()
    again = json.dumps(json.loads(written), ensure_ascii=False, sort_keys=True, indent=1)
    assert written == again + "\n"
