"""The notebook over many reports: what its tables say, and that it opens nothing that is not whole."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import small
from audits import ROOT
from helpers.audit import audit
from helpers.checking.rules import SEVERITIES
from helpers.reading.document import ReportError
from helpers.running.portfolio import update_portfolio
from helpers.running.report import _papers, notebooks_folder
from helpers.showing.notebook import Table
from helpers.showing.portfolio import MOST, PARAMETERS, OpenPortfolio, _share, open_portfolio
from helpers.showing.portfolio_schema import TABLES, is_whole
from portfolios import NAMES, SAMPLE, SEEDS, audits, files, filled, invented, rows, stored


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output folder with an audit of each name, and no store yet."""
    return filled(tmp_path / "out", audits())


@pytest.fixture
def opened(out: Path) -> OpenPortfolio:
    stored(out, "broken", "{")
    update_portfolio(out)
    return open_portfolio(str(out), "en")


def cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_the_tables_say_what_the_audits_say(opened: OpenPortfolio) -> None:
    contents = {name: json.loads(text) for name, text in audits().items()}
    findings = [(name, one) for name, content in contents.items() for one in content["findings"]]
    results = [result for content in contents.values() for result in content["results"]]
    assert cells(opened.parameters())[2:] == [["Reports", "4"], ["Departments", "4"], ["Years", "2023"]]
    assert sorted(row[2:7] for row in cells(opened.reports())) == [
        [name, *(str(sum(f["severity"] == s for of, f in findings if of == name)) for s in SEVERITIES)]
        for name in NAMES
    ]
    claims = [(name, finding) for name, finding in findings if finding["severity"] != "info"]
    told = {row[0]: row[2:] for row in cells(opened.rules())}
    assert told == {
        rule: [
            str(len({name for name, one in claims if one["rule"] == rule})),
            str(sum(one["rule"] == rule for _, one in claims)),
            str(sum(one["rule"] == rule and one["severity"] == "high" for _, one in claims)),
        ]
        for rule in told
    }
    assert len(told) == min(MOST, len({one["rule"] for _, one in claims}))
    assert cells(opened.amounts())[0][2:] == ["High", "PER-04", "469.52万元", "387.16万元", "82.36万元"]
    *kinds, total = cells(opened.not_tested())
    untested = sum(result["outcome"] == "not_tested" for result in results)
    assert total[:3] == ["Total", str(len(results)), str(untested)]
    assert [sum(int(row[at]) for row in kinds) for at in (1, 2)] == [len(results), untested]
    ((folder, error),) = cells(opened.failures())
    assert folder == "broken" and error.startswith("audit.json is not the JSON of an audit")
    assert [row[3] for row in cells(opened.tie_out())] == ["0", "0", "0"]
    signed = dict(cells(opened.sign_off()))
    assert (signed["Attempted"], signed["Findings"]) == (str(len(results)), str(len(findings)))
    digests = {
        f"File {name}": hashlib.sha256(content).hexdigest()
        for name, content in files(opened.folder.parent).items()
    }
    assert {name: said for name, said in signed.items() if name.startswith("File")} == digests


def test_what_is_more_than_a_table_shows_is_counted(opened: OpenPortfolio) -> None:
    shown = opened.query("SELECT number, yuan FROM facts ORDER BY folder, number")
    facts = sum(len(json.loads(text)["facts"]) for text in audits().values())
    assert len(shown.rows) == MOST and [note.text for note in shown.notes] == [f"{facts - MOST} more rows"]
    assert shown.heads == ("number", "yuan") and shown.numbers == {0, 1}
    frame = opened.frame("SELECT sum(yuan) AS yuan FROM facts")
    assert isinstance(frame["yuan"][0], Decimal)


def test_no_number_is_a_float_in_the_shares() -> None:
    assert [_share(*of) for of in ((0, 0), (1, 3), (2, 3), (1, 2000), (1, 2001), (5, 5))] == [
        "—", "33.3%", "66.7%", "0.1%", "0.0%", "100.0%",
    ]  # fmt: skip


def test_hostile_words_are_shown_and_do_nothing(tmp_path: Path) -> None:
    text = invented(3, 1).replace("某某市司法局", "<script>alert(1)</script>\x1b[31m")
    stored(tmp_path / "out", "a", text.replace("\x1b", "\\u001b"))
    update_portfolio(tmp_path / "out")
    work = open_portfolio(str(tmp_path / "out"))
    for shown in (work.reports(), work.amounts(), work.query("SELECT entity FROM reports")):
        page = shown._repr_html_()
        assert "<script" not in page and "&lt;script&gt;" in page and "\x1b" not in page + repr(shown)


def test_a_folder_whose_name_is_a_pattern_is_that_folder(out: Path) -> None:
    other = out.rename(out.with_name("a[1]*?'b"))
    stored(out.with_name("a1xx'b"), "a", "{")
    update_portfolio(other)
    update_portfolio(out.with_name("a1xx'b"))
    assert len(open_portfolio(str(other)).reports().rows) == 4


@pytest.mark.parametrize("table", TABLES)
def test_files_that_do_not_belong_together_are_not_shown(out: Path, tmp_path: Path, table: str) -> None:
    update_portfolio(out)
    old = files(out)
    stored(out, "anju", invented(4, 2))
    update_portfolio(out)
    (out / "portfolio" / f"{table}.parquet").write_bytes(old[f"{table}.parquet"])
    with pytest.raises(
        ReportError, match="portfolio: is being written, damaged or of another version; run audit run again"
    ):
        open_portfolio(str(out))


def test_what_cannot_be_opened_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReportError, match="has no portfolio/ in it; name the folder that audit run wrote to"):
        open_portfolio(str(tmp_path))
    with pytest.raises(ValueError, match="lang is 'fr'"):
        open_portfolio(str(tmp_path), "fr")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ReportError, match="pip install"):
        open_portfolio(str(tmp_path))


def test_the_committed_sample_is_small_and_whole() -> None:
    sizes = {path.name: path.stat().st_size for path in SAMPLE.iterdir()}
    assert sorted(sizes) == sorted(["README.md", *(f"{name}.parquet" for name in TABLES)])
    assert sum(sizes.values()) <= 200_000
    assert is_whole(SAMPLE), "the schema has changed: run tests/portfolios.py"
    assert [row["folder"] for row in rows(SAMPLE.parent, "reports")] == sorted(
        f"invented-{seed}" for seed in SEEDS
    )


def test_the_parameters_of_the_notebook_are_commented_scalars() -> None:
    notebook = json.loads((ROOT / "notebooks" / "95_portfolio.ipynb").read_text("utf-8"))
    (cell,) = (cell for cell in notebook["cells"] if "parameters" in cell["metadata"]["tags"])
    lines = "".join(cell["source"]).splitlines()
    assert [re.fullmatch(r'(\w+) = "\w+"  # .+ · .+', line)[1] for line in lines] == list(PARAMETERS)


def test_the_audit_of_one_report_does_not_run_it(tmp_path: Path) -> None:
    papers = _papers(notebooks_folder(), audit(small.saved(tmp_path, "html")))
    assert "95_portfolio" not in [paper.stem for paper in papers]
