"""The store over many reports: complete, the same whatever came first, and whole again after any accident."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import small
from audits import ROOT
from helpers.audit import audit
from helpers.facts.fact import SCALE
from helpers.findings.dispositions import record
from helpers.findings.finding import Disposition
from helpers.reading.document import ReportError
from helpers.running import portfolio
from helpers.running.portfolio import Update, update_portfolio
from helpers.showing.portfolio_schema import MISSING, TABLES, VOUCHED, markdown, type_name
from helpers.showing.summary import Summary
from portfolios import NAMES, audits, files, filled, invented, rows, stored


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output folder with an audit of each name, and no store yet."""
    return filled(tmp_path / "out", audits())


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """One with two small audits."""
    return filled(tmp_path / "out", {"a": invented(2), "b": invented(3)})


def place(source: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in source.items() if value is not None}


def told(out: Path, folder: str) -> dict[str, Any]:
    """What the store says of a report, in the words of its audit.json."""
    report, *_ = (row for row in rows(out, "reports") if row["folder"] == folder)
    of = {name: [row for row in rows(out, name) if row["folder"] == folder] for name in VOUCHED}
    for found in of.values():
        assert [row["number"] for row in found] == list(range(len(found)))
    year = {"year": "" if report["year"] is None else str(report["year"])}
    optional = {name: report[name] for name in ("compared",) if report[name] is not None}
    fact = ("id", "concept", "label", "unit", "state", "dimensions", "scope", "inherited", "section", "quote")
    result = ("rule", "kind", "context", "outcome", "reason", "operands")
    finding = {
        column.name
        for column in TABLES["findings"]
        if column.name not in ("folder", "number", "difference_yuan")
    }
    return {
        "report": {name: report[name] for name in ("file", "sha256", "entity", "form", "kind")}
        | year
        | optional,
        "facts": [
            {name: row[name] for name in fact}
            | {"value": row["value_text"], "decimals": str(row["decimals"]), "year": row["year_text"]}
            | {"source": place(row["source"])}
            for row in of["facts"]
        ],
        "results": [
            {name: row[name] for name in result}
            | {name: row[f"{name}_text"] for name in ("residual", "slack")}
            for row in of["results"]
        ],
        "findings": [
            {name: row[name] for name in finding}
            | {"evidence": [{**one, "source": place(one["source"])} for one in row["evidence"]]}
            for row in of["findings"]
        ],
    } | ({"orphans": report["orphans"]} if report["orphans"] is not None else {})


def counts(out: Path, folder: str) -> dict[str, Any]:
    """The counts of a report in the store, by the names of `Summary`."""
    row, *_ = (row for row in rows(out, "reports") if row["folder"] == folder)
    severities = ("high", "medium", "low", "info")
    return {
        "severities": {name: row[name] for name in severities},
        "unsettled": {name: row[f"unsettled_{name}"] for name in severities},
        "decisions": {
            name: row[name.replace(" ", "_")] for name in ("open", "accepted", "explained", "not a finding")
        },
        "outcomes": {name: row[name] for name in ("ties", "ties_within_rounding", "exception", "not_tested")},
        "figures": row["numerals"],
        "checked": row["checked"],
    }


# ------------------------------------------------------------------------------------------------ what it holds


def test_the_store_says_all_that_the_audits_say_but_the_numerals(out: Path) -> None:
    assert update_portfolio(out) == Update(4)
    assert [row["folder"] for row in rows(out, "reports")] == NAMES
    for name, text in audits().items():
        content = json.loads(text)
        summary = Summary.of_content(content)
        assert counts(out, name) == {key: getattr(summary, key) for key in counts(out, name)}
        del content["numerals"]
        assert told(out, name) == content


def test_decisions_their_orphans_and_what_a_report_is_held_against_are_in_the_store(tmp_path: Path) -> None:
    report, out = small.saved(tmp_path, "html"), tmp_path / "out"
    first = audit(report)
    for finding, state in zip(first.findings[:2], ("accepted", "explained"), strict=True):
        record(
            tmp_path / "reviews",
            report,
            finding,
            "",
            Disposition(state, "因", "名", "2024-03-05", True),
            "zh",
        )
    with next((tmp_path / "reviews").iterdir()).open("a", encoding="utf-8") as reviews:
        reviews.write("GEN-99-00000000,explained,note,name,2024-03-05\n")
    content = json.loads(audit(report, reviews=tmp_path / "reviews").to_json())
    assert len(content["orphans"]) == 1
    content["report"]["compared"] = [
        {"role": "prior", "file": "f", "sha256": "0", "entity": "e", "year": "2022"}
    ]
    stored(out, "small", json.dumps(content))
    update_portfolio(out)
    del content["numerals"]
    assert told(out, "small") == content
    assert counts(out, "small")["decisions"] == {"open": len(first.findings) - 2, "accepted": 1, "explained": 1, "not a finding": 0}  # fmt: skip


def test_decimals_are_exact_and_sum_in_duckdb(out: Path) -> None:
    update_portfolio(out)
    facts = [fact for text in audits().values() for fact in json.loads(text)["facts"]]
    money = [
        Decimal(f["value"]) * SCALE[f["unit"]] for f in facts if f["value"] is not None and f["unit"] in SCALE
    ]
    assert [row["yuan"] for row in rows(out, "facts") if row["yuan"] is not None] == money
    summed = duckdb.sql(f"SELECT sum(yuan) FROM '{out}/portfolio/facts.parquet'").fetchall()
    assert summed == [(sum(money),)] and isinstance(summed[0][0], Decimal)
    for name, row in [("value", row) for row in rows(out, "facts")] + [
        (name, row) for row in rows(out, "results") for name in ("residual", "slack")
    ]:
        exact = row[f"{name}_text"]
        assert (row[name] is None) == (exact is None)
        assert exact is None or abs(row[name] - Decimal(exact)) <= Decimal("5E-11")
    assert {row["difference_yuan"] for row in rows(out, "findings") if row["difference"] == "82.36万元"} == {
        823600
    }


def test_a_number_that_no_decimal_column_holds_is_told_in_words(tmp_path: Path) -> None:
    content = json.loads(invented(2))
    values = ["1" * 29, "0.00000000005", "-0.00000000015", "1" * 28 + ".5"]
    for fact, value in zip(content["facts"], values, strict=False):
        fact |= {"value": value, "unit": "元"}
    stored(tmp_path, "a", json.dumps(content))
    update_portfolio(tmp_path)
    found = [(row["value"], row["yuan"], row["value_text"]) for row in rows(tmp_path, "facts")[:4]]
    decimals = [None, Decimal(0), Decimal("-0.0000000002"), Decimal(values[3])]
    assert found == [(value, value, text) for value, text in zip(decimals, values, strict=True)]


def test_the_documented_columns_are_those_that_duckdb_reads(out: Path) -> None:
    update_portfolio(out)
    for table, columns in TABLES.items():
        described = duckdb.sql(f"DESCRIBE SELECT * FROM '{out}/portfolio/{table}.parquet'").fetchall()
        assert [(name, kind.replace('"', "")) for name, kind, *_ in described] == [
            (column.name, type_name(column.type).replace('"', "")) for column in columns
        ]
    assert markdown() in (ROOT / "docs" / "portfolio.md").read_text("utf-8")


# --------------------------------------------------------------------------------- in line with the folders


@pytest.mark.parametrize("most", [1, 700, 100_000])
def test_the_bytes_tell_nothing_of_the_order_in_which_reports_came(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(portfolio, "_GROUP", dict.fromkeys(TABLES, most))
    update_portfolio(out)
    for order in (NAMES, NAMES[::-1], [*NAMES[2:], *NAMES[:2]]):
        other = tmp_path / "-".join(order)[:3] / "deeper"
        for number, name in enumerate(order):
            stored(other, name, audits()[name])
            assert update_portfolio(other) == Update(number + 1, number)
        assert files(other) == files(out)
    groups = pq.ParquetFile(out / "portfolio" / "facts.parquet").num_row_groups
    assert groups == {1: 4, 700: 2, 100_000: 1}[most]


def test_changed_reports_are_replaced_and_those_gone_are_dropped(out: Path, tmp_path: Path) -> None:
    update_portfolio(out)
    before = files(out)
    assert update_portfolio(out) == Update(4, 4) and files(out) == before
    stored(out, "anju", invented(4, 2))
    shutil.rmtree(out / "a b")
    stored(out, "zz", audits()["a b"])
    assert update_portfolio(out) == Update(4, 2, 1)
    assert [row["folder"] for row in rows(out, "reports")] == ["anju", NAMES[2], "zz", NAMES[3]]
    content = json.loads(invented(4, 2))
    del content["numerals"]
    assert told(out, "anju") == content
    fresh = tmp_path / "fresh"
    shutil.copytree(out, fresh, ignore=shutil.ignore_patterns("portfolio"))
    update_portfolio(fresh)
    assert files(fresh) == files(out)
    for name in ("anju", *NAMES[2:], "zz"):
        shutil.rmtree(out / name)
    assert update_portfolio(out) == Update(0, 0, 4) and rows(out, "facts") == []


def test_the_files_say_nothing_of_the_machine_or_the_time(out: Path) -> None:
    update_portfolio(out)
    kept = files(out)
    for path in out.rglob("*"):
        os.utime(path, (1, 1))
    moved = out.rename(out.with_name("moved"))
    shutil.rmtree(moved / "portfolio")
    update_portfolio(moved)
    assert files(moved) == kept and sorted(kept) == sorted(f"{name}.parquet" for name in TABLES)
    assert not [name for name, content in kept.items() if str(out.parent).encode() in content]


# ----------------------------------------------------------------------------------------------- accidents

KILLED = """
import os, sys
from pathlib import Path
from helpers.running.portfolio import update_portfolio
renames, replace = 0, os.replace
def replace_or_die(*paths):
    global renames
    if renames == int(sys.argv[2]):
        os._exit(9)
    renames += 1
    replace(*paths)
os.replace = replace_or_die
update_portfolio(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("renames", range(4))
def test_a_kill_between_the_renames_is_repaired(few: Path, renames: int) -> None:
    update_portfolio(few)
    old = files(few)
    stored(few, "b", invented(4, 2))
    command = [sys.executable, "-c", KILLED, str(few), str(renames)]
    assert subprocess.run(command, timeout=120).returncode == 9
    left = files_of_tables(few)
    assert [name for name in left if left[name] != old[name]] == [
        f"{name}.parquet" for name in VOUCHED[:renames]
    ]
    assert update_portfolio(few).reports == 2
    whole = files(few)
    shutil.rmtree(few / "portfolio")
    update_portfolio(few)
    assert files(few) == whole != old


def files_of_tables(out: Path) -> dict[str, bytes]:
    return {
        f"{name}.parquet": (out / "portfolio" / f"{name}.parquet").read_bytes()
        for name in (*VOUCHED, "reports")
    }


def flipped(where: float) -> Callable[[bytes], bytes]:
    """A byte at that part of a file changed."""

    def damage(content: bytes) -> bytes:
        at = int(len(content) * where)
        return content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]

    return damage


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "damage",
    [lambda c: c[:-9], lambda c: b"", lambda c: b"no parquet", *map(flipped, (0.1, 0.5, 0.8, 0.99)), None],
)
def test_a_damaged_or_missing_file_is_made_anew(few: Path, table: str, damage: Any) -> None:
    update_portfolio(few)
    whole, file = files(few), few / "portfolio" / f"{table}.parquet"
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage(file.read_bytes()))
    assert update_portfolio(few) == Update(2)
    assert files(few) == whole


def test_a_store_of_another_schema_is_made_anew(few: Path) -> None:
    update_portfolio(few)
    whole, file = files(few), few / "portfolio" / "facts.parquet"
    pq.write_table(pa.table({"folder": ["a"]}), file)
    update_portfolio(few)
    assert files(few) == whole
    content = pq.ParquetFile(few / "portfolio" / "reports.parquet")
    said = {**content.metadata.metadata, b"final-accounts-audit": b"0"}
    pq.write_table(content.read().replace_schema_metadata(said), few / "portfolio" / "reports.parquet")
    update_portfolio(few)
    assert files(few) == whole


def test_a_full_disk_leaves_the_old_store(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    update_portfolio(few)
    old = files(few)
    stored(few, "b", invented(4, 2))

    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(portfolio.os, "replace", full)
        with pytest.raises(
            ReportError, match=r"portfolio: cannot be written \(No space left on device\); make room"
        ):
            update_portfolio(few)
    assert files(few) == old
    assert update_portfolio(few) == Update(2, 1)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"report": 1}', "[" * 100_000, '{"report": {"file": "\\ud800"}}', "\x00"],
)
def test_what_is_no_audit_is_a_report_with_an_error_and_stops_no_other(few: Path, text: str) -> None:
    stored(few, "b", text)
    assert update_portfolio(few) == Update(2)
    found = {row["folder"]: row["error"] for row in rows(few, "reports")}
    assert [name for name, error in found.items() if error] == ["b"]
    assert found["b"].startswith("audit.json is not the JSON of an audit, or cannot be read (")
    assert str(few) not in found["b"]
    assert update_portfolio(few) == Update(2, 2)
    stored(few, "b", invented(3))
    assert update_portfolio(few) == Update(2, 1)


@pytest.mark.parametrize("key", ["facts", "results", "findings", "numerals", "report"])
def test_a_field_of_another_type_is_an_error_and_no_crash(tmp_path: Path, key: str) -> None:
    for wrong in (3, "x", [3], {"a": 1}, None, [{"id": 3}]):
        content = json.loads(invented(2)) | {key: wrong}
        stored(tmp_path, "a", json.dumps(content))
        update_portfolio(tmp_path)
        (report,) = rows(tmp_path, "reports")
        assert report["error"]


def test_without_the_extra_nothing_is_written_and_the_caller_told(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert update_portfolio(out) == Update(why=MISSING)
    assert "pip install 'final-accounts-audit[portfolio]'" in MISSING and "\n" not in MISSING
    assert not (out / "portfolio").exists()


def test_the_extra_is_imported_only_when_it_is_used() -> None:
    # What shows is left out of the first: pandas takes pyarrow where it finds it.
    for modules, extra in (("running.portfolio", ("duckdb", "pyarrow")), ("showing.portfolio", ("duckdb",))):
        code = f"import sys, helpers.{modules}; print({{*{extra}}} & {{*sys.modules}})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
        assert done.stdout.strip() == "set()", done.stderr


def test_what_stands_in_the_way_stays(tmp_path: Path) -> None:
    assert update_portfolio(tmp_path) == Update() and not list(tmp_path.iterdir())
    stored(tmp_path, "portfolio", "{}")
    stored(tmp_path, "a", audits()["a b"])
    why = f"{tmp_path / 'portfolio'}: is in the way of the store of all reports; move it, and run again"
    assert update_portfolio(tmp_path) == Update(why=why)
    assert [path.name for path in (tmp_path / "portfolio").iterdir()] == ["audit.json"]
    shutil.rmtree(tmp_path / "portfolio")
    (tmp_path / "portfolio").write_text("mine")
    assert update_portfolio(tmp_path) == Update(why=why)
    assert (tmp_path / "portfolio").read_text() == "mine"
