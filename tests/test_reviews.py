"""Dispositions: kept beside the report through runs, edits and spreadsheets; flagged where outdated, never lost."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import small
from audits import notebook
from command_line import call
from helpers import Audit, ReportError, audit
from helpers.findings.dispositions import Reviews, list_open, read_reviews, record
from helpers.findings.finding import Disposition
from helpers.running import report as running
from helpers.running.report import run_report
from helpers.showing.notebook import open_workpaper
from test_findings import CLEAN

TEXT = small.as_text().decode()
# 收入总计100.00万元 against 支出总计103.00万元.
ID = "TOT-01-5fa45fad"
HEADS = ["finding", "disposition", "note", "name", "date", "judged"]


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report in a folder of its own, which is the current one; nobody is named in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUDIT_NAME", raising=False)
    path = tmp_path / "report.txt"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "reviews"
    made.mkdir()
    return made


def decide(report: Path, folder: Path, state: str = "explained", note: str = "", lang: str = "zh") -> Path:
    """The file with a decision on the finding of the report."""
    found = next(finding for finding in audit(report).findings if finding.id == ID)
    return record(folder, report, found, "第6行", Disposition(state, note, "张三", "2024-03-05", True), lang)


def decision(report: Path, folder: Path) -> Disposition | None:
    return of(audit(report, reviews=folder))


def of(done: Audit) -> Disposition | None:
    return next(finding for finding in done.findings if finding.id == ID).disposition


def rows(path: Path) -> list[list[str]]:
    """The file as a program reads it that knows nothing of us."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def defects(report: Path, folder: Path) -> list[str]:
    with pytest.raises(ReportError) as error:
        audit(report, reviews=folder)
    return str(error.value).splitlines()


# ------------------------------------------------------------------------------------------- what is written


def test_a_row_says_what_a_person_recognises(report, folder):
    path = decide(report, folder, note="见批复")
    judged = rows(path)[1][-1]
    assert path == folder / "report.csv" and path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert rows(path) == [
        ["发现编号", "处理", "说明", "姓名", "日期", "规则", "报告", "应为或核算为", "原文", "位置", "所判摘要"],
        [ID, "已说明", "见批复", "张三", "2024-03-05", "TOT-01 收入总计等于支出总计", "100.00万元", "103.00万元", "2023年度收入总计100.00万元", "第6行", judged],
    ]  # fmt: skip
    assert re.fullmatch("j[0-9a-f]{12}", judged)
    assert decision(report, folder) == Disposition("explained", "见批复", "张三", "2024-03-05", True)
    assert [p.name for p in folder.iterdir()] == ["report.csv"]


def test_a_report_with_a_hostile_name_has_a_plain_file(report, folder):
    odd = report.rename(report.with_name("=cmd|' !A0.txt"))
    path = decide(odd, folder)
    assert re.fullmatch(r"cmd_A0-[0-9a-f]{8}\.csv", path.name) and decision(odd, folder)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    note=st.text(st.characters(exclude_categories=["Cc", "Cs"])).flatmap(
        lambda text: st.sampled_from(["", "=", "+", "-", "@", "\t", "\r", "\n", "'", "'=", "''-", "＝"]).map(
            lambda start: start + text + '",;\r\n'
        )
    )
)
def test_a_note_is_read_back_unchanged_and_is_no_formula(note, report, folder, finding_of):
    record(folder, report, finding_of(report), "", Disposition("accepted", note, "张三", "", True))
    (row,) = read_reviews(folder, report).rows
    assert row.disposition.note == note
    ((_, _, cell, *_),) = rows(folder / "report.csv")[1:]
    assert not cell.startswith(tuple("=+-@＝＋－＠\t\r\n"))


@pytest.fixture(scope="module")
def finding_of():
    """The finding of the report, audited once."""
    known = {}

    def found(report: Path):
        if report not in known:
            known[report] = next(finding for finding in audit(report).findings if finding.id == ID)
        return known[report]

    return found


def test_no_control_character_is_written(report, folder):
    path = decide(report, folder, note="甲\x1b[2J\x00乙\ud800\n丙")
    assert rows(path)[1][2] == "甲\ufffd[2J\ufffd乙\ufffd\n丙"


def test_other_rows_columns_and_their_order_stay(report, folder):
    path = folder / "report.csv"
    other = 'OLD-01-00000000,"两行\r\n说明",某,accepted,=1+1,2023/1/2,j0,李四,-5\r\n'
    path.write_bytes(f"finding,note,我的列,disposition,另一列,date,judged,name,数\r\n\r\n{other}".encode())
    decide(report, folder, "not a finding")
    head, blank, old, new = rows(path)
    assert head == [*["finding", "note", "我的列", "disposition", "另一列", "date", "judged", "name", "数"], "rule", "reported", "expected", "quote", "place"]  # fmt: skip
    assert (blank, old) == ([], ["OLD-01-00000000", "两行\r\n说明", "某", "accepted", "=1+1", "2023/1/2", "j0", "李四", "-5"])  # fmt: skip
    assert (new[:2], new[2], new[3], new[4]) == ([ID, ""], "", "not a finding", "")
    before = path.read_bytes()
    decide(report, folder, "not a finding")
    assert path.read_bytes() == before


def test_a_later_decision_replaces_and_keeps_the_note_where_it_gives_none(report, folder):
    decide(report, folder, "accepted", "甲")
    decide(report, folder, "open")
    (row,) = read_reviews(folder, report).rows
    assert (row.disposition.state, row.disposition.note) == ("open", "甲")


def test_two_that_write_at_once_lose_nothing(report, folder):
    path = decide(report, folder)
    before = path.read_bytes()
    (folder / ".report.csv.new").touch()
    with pytest.raises(ReportError, match=r"is being written to; .* remove \.report\.csv\.new"):
        decide(report, folder, "accepted")
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_replaced_stays_as_it_was(report, folder, monkeypatch):
    path = decide(report, folder)
    before = path.read_bytes()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ReportError, match=r"cannot be written \(Permission denied\); close it where it is open"):  # fmt: skip
        decide(report, folder, "accepted")
    assert path.read_bytes() == before and len(list(folder.iterdir())) == 1


# ------------------------------------------------------------------------------------ what a spreadsheet saves


def reordered(table: list[list[str]]) -> list[list[str]]:
    return [["注", *reversed(row)] for row in table]


@pytest.mark.parametrize(
    ("encoding", "separator", "end", "change"),
    [
        ("gb18030", ",", "\r\n", None),
        ("gb18030", ";", "\r\n", None),
        ("utf-8", "\t", "\n", None),
        ("utf-16", "\t", "\r\n", None),
        ("utf-8-sig", ",", "\n", reordered),
        ("utf-8-sig", ",", "\r\n", lambda table: [[], *table, ["", " "], []]),
        ("gb18030", ",", "\r\n", lambda table: [[*row, "", ""] for row in table]),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_spreadsheet_saves_is_read(encoding, separator, end, change, lang, report, folder):
    path = decide(report, folder, note="=甲, 乙; 丙\n丁", lang=lang)
    before = decision(report, folder)
    table = rows(path)
    table[1][4] = "2024/3/5"
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(change(table) if change else table)
    path.write_bytes(out.getvalue().encode(encoding))
    assert decision(report, folder) == before
    decide(report, folder, "accepted")
    assert decision(report, folder) == Disposition("accepted", "=甲, 乙; 丙\n丁", "张三", "2024-03-05", True)


@pytest.mark.parametrize(
    ("word", "state"),
    [("已说明", "explained"), (" Accepted ", "accepted"), ("NOT_A_FINDING", "not a finding"), ("not-a-finding", "not a finding"), ("不构成问题", "not a finding"), ("", "open"), ("待处理", "open")],
)  # fmt: skip
def test_a_state_is_known_in_both_languages(word, state, report, folder):
    (folder / "report.csv").write_text(f"{','.join(HEADS)}\n{ID},{word},,,,\n", "utf-8")
    found = decision(report, folder)
    assert found is not None and found.state == state


@pytest.mark.parametrize(("date", "read"), [("2024年3月5日", "2024-03-05"), ("2024/12/05 0:00", "2024-12-05"), ("5/3/24", "5/3/24")])  # fmt: skip
def test_a_date_is_read_where_it_is_certain(date, read, report, folder):
    (folder / "report.csv").write_text(f"{','.join(HEADS)}\n{ID},open,,,{date},\n", "utf-8")
    assert decision(report, folder).date == read


def test_every_defect_is_said_with_its_line_and_nothing_is_written(report, folder):
    path = folder / "report.csv"
    head = ",".join(HEADS)
    path.write_text(f'{head}\nA-1,done,"two\nlines",,,\nA-1,open,,,,\n,accepted,x,,,\nB-1,ok,,,,\n', "utf-8")
    states = "there are open (待处理), accepted (采纳), explained (已说明), not a finding (不构成问题)"
    assert defects(report, folder) == [
        f"report.csv:2: no disposition is called 'done'; {states}",
        "report.csv:4: 'A-1' stands twice, first in line 2; keep one",
        "report.csv:5: has no finding's id; add it, or clear the row",
        f"report.csv:6: no disposition is called 'ok'; {states}",
    ]
    before = path.read_bytes()
    with pytest.raises(ReportError):
        decide(report, folder)
    assert path.read_bytes() == before and len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"finding,disposition,Finding\n", ["report.csv:1: lacks the column note (说明), name (姓名), date (日期), judged (所判摘要); add it", "report.csv:1: has the column finding (发现编号) twice; keep one"]),
        (b"\r\n\r\n", ["report.csv:1: lacks the column finding (发现编号), disposition (处理), note (说明), name (姓名), date (日期), judged (所判摘要); add it"]),
        (b"\x81\xff\xff\x00", ["report.csv:1: is not text in UTF-8 or GB18030; save it as CSV (UTF-8)"]),
        (",".join(HEADS).encode() + b"\n\n" + b"x" * 200_000, ["report.csv:3: cannot be read as CSV (field larger than field limit (131072)); save it as CSV (UTF-8)"]),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_said(content, lines, report, folder):
    (folder / "report.csv").write_bytes(content)
    assert defects(report, folder) == lines


# --------------------------------------------------------------------------- runs, edits, and what is no more


def test_a_disposition_survives_edits_elsewhere(report, folder):
    decide(report, folder)
    edited = TEXT.replace("第三部分", "本部门另有说明。\n\n第三部分").replace("压减一般性支出", "厉行节约")
    report.write_text(edited.replace("占100.00%", "占90.00%"), "utf-8")
    assert decision(report, folder) == Disposition("explained", "", "张三", "2024-03-05", True)


def test_a_disposition_is_flagged_where_what_it_judged_has_changed(report, folder):
    path = decide(report, folder)
    report.write_text(TEXT.replace("支出总计103.00", "支出总计104.00"), "utf-8")
    assert decision(report, folder) == Disposition("explained", "", "张三", "2024-03-05", False)
    decide(report, folder, "explained")
    assert decision(report, folder).is_current and "104.00万元" in rows(path)[1]


def test_a_row_that_does_not_say_what_it_judged_is_not_current(report, folder):
    (folder / "report.csv").write_text(f"{','.join(HEADS)}\n{ID},explained,,,,\n", "utf-8")
    assert decision(report, folder) == Disposition("explained", "", "", "", False)


def test_an_orphan_is_shown_and_stays_in_the_file(report, folder, monkeypatch, capsys):
    path = decide(report, folder, note="见\x1b批复")
    report.write_text(TEXT.replace("支出总计103.00", "支出总计100.00"), "utf-8")
    done = audit(report, reviews=folder)
    assert json.loads(done.to_json())["orphans"] == [
        {
            "finding": ID,
            "rule": "TOT-01 收入总计等于支出总计",
            "reported": "100.00万元",
            "expected": "103.00万元",
            "quote": "2023年度收入总计100.00万元",
            "place": "第6行",
            "disposition": {"state": "explained", "note": "见\ufffd批复", "name": "张三", "date": "2024-03-05", "is_current": False},
        }
    ]  # fmt: skip
    _, out, _ = call(monkeypatch, capsys, "check", report, "--reviews", folder)
    assert f"已作处理、现无此发现：{ID} · 已说明" in out and "\x1b" not in out
    other = done.findings[0]
    record(folder, report, other, "", Disposition("accepted", "", "李四", "", True))
    assert [row[0] for row in rows(path)[1:]] == [ID, other.id]


def test_without_reviews_nothing_is_said_of_them(report, folder):
    without = audit(report)
    assert without.reviews == Reviews() and without.to_json() == audit(report, reviews=folder).to_json()
    content = json.loads(without.to_json())
    assert "orphans" not in content and {f["disposition"] for f in content["findings"]} == {None}


def test_the_same_reviews_give_the_same_bytes(report, folder, tmp_path):
    decide(report, folder, note="<script>=1")
    copy = tmp_path / "elsewhere" / "copy"
    copy.mkdir(parents=True)
    (copy / "report.csv").write_bytes((folder / "report.csv").read_bytes())
    first = audit(report, reviews=folder).to_json()
    assert first == audit(report, reviews=copy).to_json() and str(tmp_path) not in first


def test_a_decision_on_what_is_now_told_under_another_stays_with_it(report, folder, monkeypatch, capsys):
    report.write_text(CLEAN.replace("基本支出815.24万元", "基本支出815.34万元"), "utf-8")
    (lead,) = audit(report).findings
    (under,) = lead.gathered
    record(folder, report, under, "第9行", Disposition("explained", "甲", "张三", "2024-03-05", True))
    done = audit(report, reviews=folder)
    assert (done.orphans, done.findings[0].disposition) == ((), None)
    assert done.findings[0].gathered[0].disposition == Disposition("explained", "甲", "张三", "2024-03-05", True)  # fmt: skip
    assert [one["disposition"]["state"] for one in json.loads(done.to_json())["findings"][0]["gathered"]] == ["explained"]  # fmt: skip
    monkeypatch.setenv("COLUMNS", "600")
    status, out, _ = call(monkeypatch, capsys, "check", report, "--reviews", folder, "--fail-on", "low")
    assert status == 1 and f"{under.id} 已说明" in out
    monkeypatch.setenv("AUDIT_REVIEWS", str(folder))
    assert f"({under.id}) 已说明 · 甲 · 张三" in repr(open_workpaper("99_findings", str(report)).findings())
    status, _, lines = call(monkeypatch, capsys, "review", report, under.id, "--accept", "--name", "张三")
    assert (status, lines) == (2, [f"audit: report.txt: {under.id} is told under {lead.id}; decide on that one"])  # fmt: skip


# ---------------------------------------------------------------------------------------- the command line


def test_review_records_by_the_beginning_of_an_id(report, monkeypatch, capsys):
    status, out, lines = call(monkeypatch, capsys, "review", report, "TOT-01", "--explain", "--note", "甲", "--name", "张三")  # fmt: skip
    path = Path("data", "reviews", "report.csv")
    assert (status, out, lines) == (0, f"{ID}: 已说明 → {path}\n", [])
    found = of(audit(report))  # the folder that is looked for where none is named
    assert found is not None and (found.state, found.name, found.note) == ("explained", "张三", "甲")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found.date)
    monkeypatch.setenv("AUDIT_NAME", "李四")
    assert call(monkeypatch, capsys, "review", report, ID, "--reopen")[0] == 0
    found = of(audit(report))
    assert found is not None and (found.state, found.name, found.note) == ("open", "李四", "甲")


def test_review_of_a_report_in_several_files(report, monkeypatch, capsys):
    tables = report.with_name("tables.xlsx")
    tables.write_bytes(small.as_workbook())
    status, _, lines = call(monkeypatch, capsys, "review", report, tables, "TOT-01", "--accept", "--name", "张三")  # fmt: skip
    assert (status, lines) == (0, [])
    assert of(audit([report, tables])).state == "accepted"


def test_review_without_a_finding_lists_them_all_as_open(report, folder, monkeypatch, capsys):
    path = decide(report, folder, "accepted", "甲")
    status, _, lines = call(monkeypatch, capsys, "review", report, "--reviews", folder)
    findings = audit(report).findings
    assert (status, lines) == (0, [])
    assert sorted(row[0] for row in rows(path)[1:]) == sorted(finding.id for finding in findings)
    assert {row[1] for row in rows(path)[1:]} == {"采纳", "待处理"} and rows(path)[1][2] == "甲"
    # What is open is brought up to date; what was decided on is not touched.
    report.write_text(TEXT.replace("100.00%", "90.00%").replace("103.00", "104.00"), "utf-8")
    done = audit(report)
    assert done.findings != findings
    list_open(folder, report, [(finding, "") for finding in done.findings])
    after = {f.id: f.disposition for f in audit(report, reviews=folder).findings}
    assert [one for one, found in after.items() if not found.is_current] == [ID]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["TOT-01", "--accept"], "nobody is named who decides; give --name, or set AUDIT_NAME"),
        (["NONE-1", "--accept", "--name", "x"], "report.txt: no finding is called 'NONE-1'; audit check lists them"),
        (["DSC-02", "--accept", "--name", "x"], r"report.txt: 9 findings begin with 'DSC-02' (DSC-02-0d1d76b3, DSC-02-15ae8c86, DSC-02-1b98de9a, DSC-02-24d9b674, DSC-02-27588521, …); give more of the id"),
        (["TOT-01", "--accept", "--reopen", "--name", "x"], "a decision is REPORT FINDING and one of --accept, --explain, --not-a-finding, --reopen"),
    ],
)  # fmt: skip
def test_a_wrong_review_is_one_line(arguments, line, report, folder, monkeypatch, capsys):
    status, _, lines = call(monkeypatch, capsys, "review", report, *arguments, "--reviews", folder)
    assert (status, lines) == (2, [f"audit: {line}"]) and not list(folder.iterdir())


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_folder_of_reviews_that_is_not_there_is_one_line(command, report, monkeypatch, capsys):
    status, _, lines = call(monkeypatch, capsys, command, report, "--reviews", "nowhere")
    assert (status, lines) == (2, ["audit: nowhere: no such folder; name the folder that holds the reviews"])


def test_fail_on_does_not_count_what_is_settled(report, folder, monkeypatch, capsys):
    def status(state: str) -> int:
        for finding in audit(report).findings:
            decided = state if finding.id == ID else "not a finding"
            record(folder, report, finding, "", Disposition(decided, "", "张三", "", True))
        return call(monkeypatch, capsys, "check", report, "--reviews", folder, "--fail-on", "low")[0]

    assert [status(state) for state in ("open", "accepted", "explained", "not a finding")] == [1, 1, 0, 0]
    report.write_text(TEXT.replace("103.00", "104.00"), "utf-8")
    assert call(monkeypatch, capsys, "check", report, "--reviews", folder, "--fail-on", "low")[0] == 1


@pytest.mark.parametrize(("lang", "word"), [("zh", "已说明 (所判内容已变)"), ("en", "explained (what was judged has changed)")])  # fmt: skip
def test_check_shows_the_state_beside_the_finding(lang, word, report, folder, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "400")
    decide(report, folder)
    report.write_text(TEXT.replace("103.00", "104.00"), "utf-8")
    _, out, _ = call(monkeypatch, capsys, "check", report, "--reviews", folder, "--lang", lang)
    (line,) = (line for line in out.splitlines() if ID in line)
    assert word in line


# --------------------------------------------------------------------------------------------- the notebooks


def test_a_notebook_shows_what_was_decided_and_what_is_no_more(report, folder, monkeypatch):
    decide(report, folder, note="<b>甲</b>")
    monkeypatch.setenv("AUDIT_REVIEWS", str(folder))
    shown = open_workpaper("01_totals", str(report)).findings()
    assert (
        "  处理: 已说明 · <b>甲</b> · 张三 · 2024-03-05" in repr(shown) and "<b>" not in shown._repr_html_()
    )
    report.write_text(TEXT.replace("103.00", "104.00"), "utf-8")
    assert "所判内容已变" in repr(open_workpaper("01_totals", str(report)).findings())
    report.write_text(TEXT.replace("103.00", "100.00"), "utf-8")
    gone = open_workpaper("99_findings", str(report)).findings()
    assert f"已作处理、现无此发现：{ID} · TOT-01" in repr(gone) and "&lt;b&gt;甲" in gone._repr_html_()
    assert ID not in repr(open_workpaper("01_totals", str(report)).findings())


def test_run_gives_its_kernels_a_copy_of_the_reviews_alone(report, folder, monkeypatch, tmp_path):
    decide(report, folder)
    (folder / "another.csv").touch()
    toys = tmp_path / "toys"
    cell = "import os\nfrom helpers import audit\nat = os.environ['AUDIT_REVIEWS']\nprint(os.listdir(at), [f.disposition for f in audit(report, reviews=at).findings if f.disposition])"
    notebook(toys / "01_totals.ipynb", cell)
    monkeypatch.setattr(running, "notebooks_folder", lambda: toys)
    run = run_report(report, tmp_path / "out", reviews=folder)
    printed = (run.folder / "notebooks" / "01_totals.ipynb").read_text("utf-8")
    assert "['report.csv'] [Disposition(state='explained'" in printed
    (found,) = (f["disposition"] for f in json.loads((run.folder / "audit.json").read_text("utf-8"))["findings"] if f["disposition"])  # fmt: skip
    assert found["state"] == "explained"
    # Reviews of a kernel's surroundings are none of the audit's.
    monkeypatch.setenv("AUDIT_REVIEWS", str(folder))
    run = run_report(report, tmp_path / "out")
    assert "[] []" in (run.folder / "notebooks" / "01_totals.ipynb").read_text("utf-8")
