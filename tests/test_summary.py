"""An audit in counts: the same from the audit, from its JSON and from the summary that was written."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import small
from audits import ANJU
from helpers.audit import Audit, audit
from helpers.findings.dispositions import record
from helpers.findings.finding import Disposition
from helpers.showing.pages import batch_page
from helpers.showing.summary import Entry, Summary, entries_of, summary_in


@cache
def anju() -> Audit:
    return audit(ANJU)


def stored(out: Path, name: str, text: str) -> Path:
    """A finished folder with this as its audit."""
    made = out / name
    made.mkdir(parents=True)
    (made / "audit.json").write_text(text, "utf-8", newline="\n")
    return made


def test_the_counts_are_those_of_the_audit() -> None:
    found = Summary.of(anju())
    assert (found.file, found.sha256, found.entity) == (ANJU.name, anju().sha256, anju().entity)
    assert (found.year, found.form) == (2023, "sichuan")
    severities = [finding.severity for finding in anju().findings]
    assert found.severities == {name: severities.count(name) for name in ("high", "medium", "low", "info")}
    assert found.unsettled == found.severities and found.findings == len(severities)
    assert found.decisions == {"open": len(severities), "accepted": 0, "explained": 0, "not a finding": 0}
    assert found.outcomes == {outcome.value: count for outcome, count in anju().counts().items()}
    assert found.attempted == len(anju().results)
    assert found.figures == len(anju().numerals)
    assert found.checked == sum(map(anju().is_checked, anju().numerals))


def test_an_audit_its_json_and_the_written_summary_count_the_same(tmp_path: Path) -> None:
    report = small.saved(tmp_path, "html")
    first = audit(report)
    for finding, state in zip(first.findings[:2], ("accepted", "explained"), strict=True):
        record(
            tmp_path / "reviews", report, finding, "", Disposition(state, "", "n", "2024-03-05", True), "zh"
        )
    decided = audit(report, reviews=tmp_path / "reviews")
    for done in (anju(), first, decided):
        found = Summary.of(done)
        assert Summary.of_content(json.loads(done.to_json())) == found
        assert Summary.of_manifest({"summary": found.as_strings()}) == found
    assert sum(found.unsettled.values()) == found.findings - 1
    assert (found.decisions["accepted"], found.decisions["explained"]) == (1, 1)
    unknown = replace(found, year=None)
    assert Summary.of_manifest({"summary": unknown.as_strings()}) == unknown


@pytest.mark.parametrize("content", [[], {}, {"summary": {"file": 1}}, {"summary": None}, None, ""])
def test_what_is_no_summary_or_audit_is_said_to_be_none(content: object) -> None:
    with pytest.raises(ValueError):
        Summary.of_manifest(content)
    with pytest.raises(ValueError):
        Summary.of_content({"report": {}, "findings": [None], "numerals": [], "results": []})


def test_a_folder_tells_its_summary_and_where_that_is_damaged_its_audit(tmp_path: Path) -> None:
    found, made = Summary.of(anju()), stored(tmp_path, "a", anju().to_json())
    assert summary_in(made) == found
    other = replace(found, figures=7)
    written = json.dumps({"summary": other.as_strings()})
    (made / "manifest.json").write_text(written, "utf-8")
    assert summary_in(made) == other
    (made / "manifest.json").write_text(written[:-40], "utf-8")
    assert summary_in(made) == found


def test_entries_are_of_everything_in_the_folder_and_the_page_lists_them(tmp_path: Path) -> None:
    found = Summary.of(anju())
    for name in ("乙 '2023'", "a"):
        stored(tmp_path, name, anju().to_json())
    stored(tmp_path, "broken", "{")
    stored(tmp_path, ".audit-new", anju().to_json())
    (tmp_path / "c.failed").mkdir()
    (tmp_path / "index.html").touch()
    entries = entries_of(tmp_path)
    error = "broken/audit.json: is not the JSON of an audit, or cannot be read; run audit run again"
    assert entries == [
        Entry(ANJU.name, "a", found),
        Entry("broken", error=error),
        Entry(ANJU.name, "乙 '2023'", found),
    ]
    page = batch_page(entries, "zh")
    assert 'href="%E4%B9%99%20%272023%27/index.html"' in page and error in page
    assert f"<td>{found.attempted}<td>{found.outcomes['ties']}<td>" in page.replace("</td>", "")
    assert entries_of(tmp_path / "nowhere") == []
