"""`audit diff`: figures known again by what they measure, findings by id, dispositions; an audit.json is untrusted."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import small
from command_line import call
from helpers import ReportError, audit
from helpers.findings.comparison import Comparison, compare
from helpers.findings.dispositions import record
from helpers.findings.finding import Disposition, id_of
from helpers.showing.terminal import show_comparison

TEXT = small.as_text().decode()
ID = "TOT-01-5fa45fad"  # 收入总计100.00万元 against 支出总计103.00万元


@pytest.fixture(autouse=True)
def of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No reviews beside the current folder."""
    monkeypatch.chdir(tmp_path)


def stored(folder: Path, text: str, reviews: Path | None = None) -> Path:
    """The audit of a text as `audit run` leaves it, as far as a comparison reads it."""
    folder.mkdir()
    (folder / "report.txt").write_text(text, "utf-8")
    (folder / "audit.json").write_text(audit(folder / "report.txt", reviews=reviews).to_json(), "utf-8")
    return folder


def compared(tmp_path: Path, first: str, second: str) -> Comparison:
    return compare(stored(tmp_path / "a", first), stored(tmp_path / "b", second))


def figures(found: Comparison) -> list[list[tuple[Any, ...]]]:
    """(concept, measure, first, second) of those that changed; (concept, measure, value) of those only in one."""

    def named(content: Any) -> tuple[str, str]:
        return content["concept"], content["dimensions"]["measure"]

    changed, *only = found.figures
    pairs = [(*named(a.content), a.content["value"], b.content["value"]) for a, b in changed]
    return [pairs, *([(*named(f.content), f.content["value"]) for f in side] for side in only)]


# ------------------------------------------------------------------------------------------------- figures


def test_the_same_audit_has_no_change(tmp_path):
    found = compared(tmp_path, TEXT, TEXT.replace("\n", "\n\n"))
    assert figures(found) == [[], [], []]
    assert (found.went, found.came, found.altered, found.decided) == ([], [], [], [])
    assert len(found.stayed) == len(found.first.findings) == 19


def test_a_corrected_figure_is_one_change_wherever_its_line_is(tmp_path):
    found = compared(tmp_path, TEXT, "\n\n" + TEXT.replace("支出总计103.00", "支出总计100.00"))
    assert figures(found) == [[("expenditure.total", "amount", "103.00", "100.00")], [], []]
    assert (found.went, found.came, found.altered) == ([ID], [], [])
    ((one, other),) = found.figures[0]
    assert (one.content["source"]["line"], other.content["source"]["line"]) == (6, 8)


def test_another_unit_or_another_zero_is_no_change(tmp_path):
    second = TEXT.replace("支出总计103.00万元", "支出总计1030000元").replace("收入总计100.00", "收入总计100")
    assert figures(compared(tmp_path, TEXT, second)) == [[], [], []]


def test_a_figure_that_came_or_went_is_only_in_one(tmp_path):
    found = compared(tmp_path, TEXT.replace("，占100.00%", ""), TEXT.replace("，支出总计103.00万元", ""))
    assert figures(found) == [[], [("expenditure.total", "amount", "103.00")], [("income.general", "share", "100.00")]]  # fmt: skip


def test_a_figure_printed_several_times_is_told_apart_by_its_section(tmp_path):
    again = "\n三、支出决算情况说明\n2023年度支出总计103.00万元。\n"
    found = compared(tmp_path, TEXT + again, TEXT + again.replace("103.00", "130.00"))
    assert figures(found) == [[("expenditure.total", "amount", "103.00", "130.00")], [], []]
    ((one, other),) = found.figures[0]
    assert {one.content["section"], other.content["section"]} == {"第三部分 2023年度部门决算情况说明 / 三、支出决算情况说明"}  # fmt: skip


def test_a_figure_that_one_section_no_longer_prints_is_missed_there(tmp_path):
    sides = [
        {**content(), "facts": [{**one, "section": section} for one, section in zip(content(*values)["facts"], sections, strict=True)]}
        for values, sections in ((("1", "2"), ("一、甲", "二、乙")), (("3",), ("一、乙",)))
    ]  # fmt: skip
    found = compare(*(saved(tmp_path / f"{at}.json", side) for at, side in enumerate(sides)))
    assert figures(found) == [[("x", "amount", "2", "3")], [("x", "amount", "1")], []]


def test_a_section_with_another_title_keeps_its_figures(tmp_path):
    second = TEXT.replace("一、收入支出决算总体情况说明", "一、收入支出总体情况").replace("103.00", "104.00")
    assert figures(compared(tmp_path, TEXT, second)) == [[("expenditure.total", "amount", "103.00", "104.00")], [], []]  # fmt: skip


@cache
def content(*values: str) -> dict[str, Any]:
    """An audit that prints one figure with these values, one after another."""
    fact = {
        "id": "x", "concept": "x", "label": "甲", "unit": "万元", "state": "reported", "year": "2023", "section": "",
        "quote": "甲", "dimensions": {"measure": "amount"},
    }  # fmt: skip
    facts = [
        {**fact, "value": value, "source": {"line": at, "start": 0, "end": 1}}
        for at, value in enumerate(values, 1)
    ]
    report = {"file": "a.txt", "sha256": "0", "entity": "", "year": "2023"}
    return {"report": report, "facts": facts, "findings": [], "results": []}


def saved(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path


@pytest.mark.parametrize(
    ("first", "second", "changed", "only"),
    [
        (("1", "1"), ("3", "1"), [(1, 1)], [[], []]),
        (("1", "1"), ("1", "3"), [(2, 2)], [[], []]),
        (("1", "2", "3"), ("2", "3", "4"), [(1, 3)], [[], []]),
        (("1", "2", "3"), ("1", "3"), [], [[2], []]),
        (("1", "2"), ("5", "2", "1"), [], [[], [1]]),
        (("1", "1", "2"), ("1", "3"), [(2, 2)], [[3], []]),
        ((), ("1",), [], [[], [1]]),
    ],
)
def test_places_of_one_figure_are_paired(first, second, changed, only, tmp_path):
    found = compare(saved(tmp_path / "a.json", content(*first)), saved(tmp_path / "b.json", content(*second)))
    pairs, *sides = found.figures
    line = lambda figure: figure.content["source"]["line"]  # noqa: E731
    assert [(line(one), line(other)) for one, other in pairs] == changed
    assert [[line(figure) for figure in side] for side in sides] == only


# ----------------------------------------------------------------------------- findings, years, dispositions


def test_a_finding_of_another_amount_stayed_and_changed(tmp_path):
    found = compared(tmp_path, TEXT, TEXT.replace("103.00", "104.00").replace("占100.00%", "占90.00%"))
    assert (found.went, found.altered) == ([], [ID])
    assert [one[:6] for one in found.came] == ["REC-02"]


def test_another_year_is_held_against_it_by_the_years_distance(tmp_path):
    said = TEXT.replace(
        "支出总计103.00万元。", "支出总计103.00万元。与2022年相比，收入总计增加5.00万元，增长5.26%。"
    )
    second = said.replace("2022", "2021").replace("2023", "2022").replace("5.26", "6.26")
    found = compared(tmp_path, second, said)
    assert figures(found) == [[("income.total", "growth", "6.26", "5.26")], [], []]
    assert (found.went, found.came, found.altered) == (["REC-01 income.total/growth"], [], [])
    assert "TOT-01 income.total/amount.+0" in found.stayed
    assert json.loads(found.to_json())["findings"]["went"][0]["id"].startswith("REC-01-")
    assert [side.report["year"] for side in (found.first, found.second)] == ["2022", "2023"]


def test_dispositions_that_changed_are_said_those_without_a_finding_too(tmp_path):
    first = stored(tmp_path / "a", TEXT)
    (reviews := tmp_path / "reviews").mkdir()
    for finding in audit(first / "report.txt").findings:
        if finding.id.startswith(("TOT-01", "DSC-02-0d")):
            record(reviews, Path("report.txt"), finding, "", Disposition("accepted", "", "张三", "2024-03-05", True))  # fmt: skip
    decision = {"state": "accepted", "note": "", "name": "张三", "date": "2024-03-05"}
    second = stored(tmp_path / "b", TEXT.replace("103.00", "100.00"), reviews)
    found = compare(first, second)
    assert json.loads(found.to_json())["dispositions"] == [
        {"first": None, "second": {"finding": "DSC-02-0d1d76b3", **decision, "is_current": True}},
        {"first": None, "second": {"finding": ID, **decision, "is_current": False}},
    ]
    assert compare(second, second).decided == []


def test_the_same_decision_in_two_years_is_no_change(tmp_path):
    decision = {"state": "open", "note": "", "name": "", "date": "", "is_current": True}
    sides = []
    for year in ("2022", "2023"):
        report, context = {**content("1")["report"], "year": year}, f"income.total/amount.{year}"
        orphan = {"finding": id_of("TOT-01", context), "disposition": decision}
        results = [{"rule": "TOT-01", "context": context}]
        sides.append({**content("1"), "report": report, "results": results, "orphans": [orphan]})
    found = compare(*(saved(tmp_path / f"{at}.json", side) for at, side in enumerate(sides)))
    assert found.decided == [] and list(found.first.dispositions) == ["TOT-01 income.total/amount.+0"]


# ------------------------------------------------------------------------------------------- the command line


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ["有变化的数字", "第6行", "不再有的发现", "数字：变化 1，只在前一份 0，只在后一份 0；发现：不再有 1，新有 0，仍有 18（变化 0）；处理变化 0"]),
        ("en", ["Figures that changed", "line 6", "Findings that went", "Figures: 1 changed, 0 only in the first, 0 only in the second; findings: 1 went, 0 came, 18 stayed (0 changed); 0 dispositions changed"]),
    ],
)  # fmt: skip
def test_diff_prints_tables_and_counts(lang, words, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "300")
    first, second = stored(tmp_path / "a", TEXT), stored(tmp_path / "b", TEXT.replace("103.00", "100.00"))
    status, out, lines = call(monkeypatch, capsys, "diff", first, second / "audit.json", "--lang", lang)
    assert (status or 0, lines) == (0, [])
    for said in (*words, "支出总计", "103.00万元", "100.00万元", ID):
        assert said in out


def test_diff_as_json_is_stable_and_names_no_folder(tmp_path, monkeypatch, capsys):
    first, second = stored(tmp_path / "a", TEXT), stored(tmp_path / "b", TEXT.replace("103.00", "100.00"))
    _, out, _ = call(monkeypatch, capsys, "diff", first, second, "--json")
    found = json.loads(out)
    assert set(found) == {"first", "second", "figures", "findings", "dispositions"}
    assert [finding["id"] for finding in found["findings"]["went"]] == [ID] and len(found["findings"]["stayed"]) == 18  # fmt: skip
    assert out == compare(first, second).to_json() and str(tmp_path) not in out


def test_hostile_words_obey_no_terminal(tmp_path, capsys):
    one = content("1")
    bad = {**one["facts"][0], "label": "\x1b[2J[red]甲", "value": "2", "source": {"line": "\x07"}}
    found = compare(
        saved(tmp_path / "a.json", one),
        saved(tmp_path / "b.json", {**one, "facts": [{**bad, "concept": "\x1b]0;x"}]}),
    )
    show_comparison(found, "zh")
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\x07" not in out and "[red]" in out


def broken(change: Any) -> Any:
    """The audit with something else in it."""
    return json.loads(json.dumps(content("1"))) | change


FACT = content("1")["facts"][0]
UNFIT = {
    "list": [],
    "text": "audit",
    "no facts": {"report": content("1")["report"], "findings": []},
    "report": broken({"report": "x"}),
    "facts": broken({"facts": {"a": 1}}),
    "fact": broken({"facts": ["x"]}),
    "value": broken({"facts": [FACT | {"value": "1e999999999"}]}),
    "number": broken({"facts": [FACT | {"value": 1}]}),
    "long": broken({"facts": [FACT | {"value": "1" * 100}]}),
    "section": broken({"facts": [{key: value for key, value in FACT.items() if key != "section"}]}),
    "dimensions": broken({"facts": [FACT | {"dimensions": []}]}),
    "finding": broken({"findings": [{"id": "x"}]}),
    "results": broken({"results": [{"rule": "x"}]}),
    "orphans": broken({"orphans": [{"finding": "x", "disposition": {"state": "done", "note": "", "name": "", "date": "", "is_current": True}}]}),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_no_audit_is_one_line(name, tmp_path, monkeypatch, capsys):
    good, bad = saved(tmp_path / "good.json", content("1")), saved(tmp_path / "bad.json", UNFIT[name])
    status, _, lines = call(monkeypatch, capsys, "diff", good, bad)
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(f"audit: {bad}: is not the JSON of an audit (") and "run audit run again" in lines[0]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"{", "{path}: is not readable as JSON; run audit run again"),
        (b"\xff\xfe", "{path}: is not readable as JSON; run audit run again"),
        (b"[" * 200_000, "{path}: is not readable as JSON; run audit run again"),
        (b'{"a": ' + b"1" * 10_000 + b"}", "{path}: is not readable as JSON; run audit run again"),
        (None, "{path}: no such file or folder; name the folder of a report, as audit run leaves it"),
    ],
)
def test_what_is_no_json_is_one_line(content, line, tmp_path, monkeypatch, capsys):
    path = tmp_path / "audit.json"
    if content is not None:
        path.write_bytes(content)
    status, _, lines = call(monkeypatch, capsys, "diff", path, path)
    assert (status, lines) == (2, ["audit: " + line.format(path=path)])


def test_a_folder_without_an_audit_is_said(tmp_path):
    with pytest.raises(ReportError, match=r"has no audit\.json in it; name the folder of a report"):
        compare(tmp_path, tmp_path)
