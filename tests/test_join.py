"""A report in several files: one document, every place in its own file, checked and run like any other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import openpyxl
import pytest
import xlwt

from audits import ANJU, folder, notebook, run_cli
from command_line import call
from helpers import Audit, ReportError, audit
from helpers.reading.document import Document, Source, Text
from helpers.reading.join import files_of, join
from helpers.reading.read import read
from helpers.reading.text import parse
from helpers.running import report as running
from helpers.running.batch import Options, run_batch
from helpers.running.report import run_report
from helpers.running.selection import select
from helpers.showing.notebook import open_workpaper
from real_reports import audit_of

TEXT = "目录\n第一部分 概况\n第二部分 说明\n第一部分 概况\n一、部门职责\n履行职责。\n第二部分 说明\n（一）收入\n收入1万元。\n"
SPLIT = "第三部分 名词解释"


def tables(path: Path, *names: str) -> Path:
    workbook = openpyxl.Workbook()
    for name in names or ("收入支出决算总表",):
        sheet = workbook.create_sheet(name)
        for row in ([name], ["项目", "决算数"], ["一、一般公共服务", 912.5], ["注：单位为万元。"]):
            sheet.append(row)
    workbook["Sheet"]["A1"], workbook["Sheet"].sheet_state = "密", "hidden"
    workbook.save(path)
    return path


@cache
def pair() -> tuple[Path, Path]:
    """The real report and a workbook."""
    made = folder()
    (made / "说明.txt").write_bytes(ANJU.read_bytes())
    return made / "说明.txt", tables(made / "附表.xlsx")


def totals(path: Path, general: float) -> Path:
    """The first published table of the real report, in an old workbook, with this much general income."""
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Sheet1")
    sheet.write_merge(0, 0, 0, 5, "收入支出决算总表")
    sheet.write(1, 0, "部门：遂宁市安居区行政审批局")
    sheet.write(1, 5, "金额单位：万元")
    sheet.write_merge(2, 2, 0, 2, "收入")
    sheet.write_merge(2, 2, 3, 5, "支出")
    rows = [
        ["项目", "行次", "决算数", "项目", "行次", "决算数"],
        ["一、一般公共预算财政拨款收入", 1, general, "一、一般公共服务支出", 5, 1000],
        ["二、政府性基金预算财政拨款收入", 2, 129.49, "二、城乡社区支出", 6, 179.47],
        ["本年收入合计", 3, 1179.47, "本年支出合计", 7, 1179.47],
        ["总计", 4, 1179.47, "总计", 8, 1179.47],
        ["注：本表反映部门本年度的总收支和年末结转结余情况。"],
    ]
    for row, values in enumerate(rows, 3):
        for column, value in enumerate(values):
            sheet.write(row, column, value)
    workbook.save(str(path))
    return path


@cache
def halves() -> tuple[Path, Path]:
    """The real report cut in two."""
    made, text = folder(), ANJU.read_text("utf-8-sig")
    at = text.rindex("\n", 0, text.index(SPLIT, 2_000)) + 1
    for name, part in (("上.txt", text[:at]), ("下.txt", text[at:])):
        (made / name).write_bytes(part.encode())
    return made / "上.txt", made / "下.txt"


def texts(document: Document) -> Iterator[Text]:
    for section in document.sections:
        yield section.text
    for paragraph in document.paragraphs:
        yield paragraph.text
    for table in document.tables:
        for row in table.rows:
            yield from row
    yield from document.contents


def said(found: Audit) -> list[tuple[object, ...]]:
    return [(f.id, f.concept, f.value, f.unit, f.state, f.year, f.quote) for f in found.facts]


# -------------------------------------------------------------------------------------------- one document


def test_every_part_keeps_its_words_its_section_and_its_place_in_its_file(tmp_path):
    names = ["a.txt", "b.xlsx", "c.txt"]
    book = tables(tmp_path / "b.xlsx", "总表", "支出表")
    parts = [parse("一、甲\n甲。\n（一）乙\n乙。"), read(book.read_bytes(), "b.xlsx"), parse(TEXT)]
    whole = join(parts, names)
    assert whole.lines == tuple(line for part in parts for line in part.lines)
    for text in texts(whole):
        assert [whole.lines[line - 1][start : start + len(piece)] for line, start, piece in text.pieces] == [
            piece for _, _, piece in text.pieces
        ]
    own = [(name, line) for name, part in zip(names, parts, strict=True) for line in range(1, len(part.lines) + 1)]  # fmt: skip
    assert [(place.file, place.line) for place in whole.places] == own
    assert [type(block) for block in whole.blocks] == [type(block) for part in parts for block in part.blocks]
    assert [s.path for s in whole.sections] == [s.path for part in parts for s in part.sections]
    assert [b.section and b.section.path for b in whole.blocks] == [
        b.section and b.section.path for part in parts for b in part.blocks
    ]
    known = {id(section) for section in whole.sections}
    held = [*[s.parent for s in whole.sections], *[b.section for b in whole.blocks]]
    assert all(section is None or id(section) in known for section in held)
    assert [text.raw for text in whole.contents] == ["第一部分 概况", "第二部分 说明"]
    assert whole.tables[0].spans == parts[1].tables[0].spans
    assert [unread.where["zh"] for unread in whole.unread] == ["工作表“Sheet”"]


def test_a_place_is_told_with_its_file_and_the_line_in_it(tmp_path):
    book = tables(tmp_path / "b.xlsx")
    whole = join([parse("甲\n乙"), read(book.read_bytes(), "b.xlsx"), parse("丙\n丁")], ["a", "b", "c"])
    assert whole.locate(Source(2, 0, 1)) == {"file": "a", "line": 2, "start": 0, "end": 1}
    assert whole.lines[6] == "912.5"
    assert whole.locate(Source(7, 0, 5)) == {
        "file": "b", "line": 5, "table": "收入支出决算总表", "row": 3, "column": 2, "start": 0, "end": 5,
    }  # fmt: skip
    assert whole.locate(Source(10, 0, 1)) == {"file": "c", "line": 2, "start": 0, "end": 1}


def test_a_file_alone_is_as_it_was():
    document = parse(TEXT)
    assert join([document], ["a.txt"]) is document
    assert files_of("a.txt") == files_of([Path("a.txt")]) == (Path("a.txt"),)


# ----------------------------------------------------------------------------------------------- one audit


def test_a_report_cut_in_two_is_audited_like_the_whole():
    one, two = audit_of(ANJU), audit(halves())
    assert said(two) == said(one)
    assert [r.outcome for r in two.results] == [r.outcome for r in one.results]
    assert [f.id for f in two.findings] == [f.id for f in one.findings]
    for fact, same in zip(two.facts, one.facts, strict=True):
        place = two.document.locate(fact.source)
        lines = (halves()[0].parent / str(place["file"])).read_text("utf-8").split("\n")
        assert lines[int(place["line"]) - 1] == one.document.lines[same.source.line - 1]
        assert (place["start"], place["end"]) == (same.source.start, same.source.end)
    assert {two.document.locate(fact.source)["file"] for fact in two.facts} == {"上.txt", "下.txt"}


def test_a_narrative_and_its_workbook_are_audited_on_the_command_line(monkeypatch, capsys):
    done = run_cli("check", *pair(), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in pair()]
    assert found["report"]["file"] == "说明.txt + 附表.xlsx"
    assert found["report"]["sha256"] == hashlib.sha256(f"{hashes[0]}\n{hashes[1]}\n".encode()).hexdigest()
    alone = json.loads(audit_of(ANJU).to_json())
    assert [f["id"] for f in found["findings"]] == [f["id"] for f in alone["findings"]]
    assert [f["source"] for f in found["facts"] if f["source"]["file"] == "说明.txt"] == [
        {"file": "说明.txt", **f["source"]} for f in alone["facts"]
    ]
    status, table, _ = call(monkeypatch, capsys, "check", *pair())
    assert status == 0 and "说明.txt + 附表.xlsx" in table


def test_the_cells_of_a_workbook_are_checked_against_the_text_beside_it(tmp_path, monkeypatch, capsys):
    def findings(general: float) -> list[tuple[str, list[tuple[object, ...]]]]:
        book = totals(tmp_path / "附表.xls", general)
        status, out, lines = call(monkeypatch, capsys, "check", ANJU, book, "--json")
        assert (status, lines) == (0, [])
        return [
            (
                " ".join([f["rule"], *(other["rule"] for other in f["gathered"])]),
                [tuple(e["source"].get(k) for k in ("file", "row", "column")) for e in f["evidence"]],
            )
            for f in json.loads(out)["findings"]
            if f["id"] not in alone
        ]  # fmt: skip

    alone = {finding.id for finding in audit_of(ANJU).findings}
    assert findings(1049.98) == []
    book, text = "附表.xls", (ANJU.name, None, None)
    assert findings(1094.98) == [
        ("TAB-07 TAB-01", [text, (book, 5, 3), (book, 7, 3), (book, 6, 3)]),
    ]


def test_a_bad_file_of_several_is_one_line_that_names_it(tmp_path, monkeypatch, capsys):
    bad = tmp_path / "坏.xlsx"
    bad.write_bytes(pair()[1].read_bytes()[:3_000])
    for path, says in ((bad, "is damaged or cut short"), (tmp_path / "无.xls", "no such file")):
        status, _, (line,) = call(monkeypatch, capsys, "check", pair()[0], path)
        assert status == 2 and line.startswith(f"audit: {path}: {says}")


def test_files_of_one_name_are_no_report():
    with pytest.raises(
        ReportError, match=r"b/a\.txt: is called like a\.txt; name each file of a report once"
    ):
        files_of(["a.txt", "b/a.txt"])
    with pytest.raises(ReportError, match="no report is named"):
        audit([])


# ------------------------------------------------------------------------------------------------- a batch


def test_a_text_and_a_workbook_of_one_name_are_one_report_of_a_folder(tmp_path):
    for name in ["甲.xls", "甲.docx", "乙.PDF", "丙.docx", "丙.pdf", "丁.txt", "丁.xls", "丁.xlsx", "戊.xlsm",
                 "~$甲.docx", ".己.txt", "庚.md", "甲.png"]:  # fmt: skip
        (tmp_path / name).touch()
    (tmp_path / "辛.txt").mkdir()
    found = select([tmp_path, tmp_path / "甲.xls"])
    assert sorted(tuple(file.name for file in files) for files in found.reports) == sorted(
        [("甲.docx", "甲.xls"), ("乙.PDF",), ("丙.docx",), ("丙.pdf",), ("丁.txt",), ("丁.xls",), ("丁.xlsx",), ("戊.xlsm",)]
    )  # fmt: skip
    assert found.failed == ()


def test_a_report_in_two_files_is_run_beside_both_and_its_workpapers_open_them(monkeypatch, tmp_path):
    toys, reports, lines = tmp_path / "toys", tmp_path / "reports", list[str]()
    notebook(
        toys / "01_totals.ipynb",
        "import os\nfrom helpers.showing.notebook import open_workpaper",
        "print(sorted(os.listdir()), repr(report), open_workpaper('01_totals', report).audit.file)",
    )
    monkeypatch.setattr(running, "notebooks_folder", lambda: toys)
    reports.mkdir()
    for path, name in zip(pair(), ("安居 2023.txt", "安居 2023.xlsx"), strict=True):
        (reports / name).write_bytes(path.read_bytes())
    batch = run_batch([reports], Options(tmp_path / "out"), 1, lines.append, pytest.fail, debug=True)
    made = tmp_path / "out" / "安居 2023"
    assert (batch.done, batch.failed) == (1, [])
    assert lines[0].startswith("安居 2023.txt + 安居 2023.xlsx：")
    executed = json.loads((made / "notebooks" / "01_totals.ipynb").read_text("utf-8"))
    (printed,) = executed["cells"][-1]["outputs"]
    assert printed["text"] == [
        "['安居 2023.txt', '安居 2023.xlsx'] '安居 2023.txt\\n安居 2023.xlsx' 安居 2023.txt + 安居 2023.xlsx\n"
    ]
    assert "912.5" in (made / "source.html").read_text("utf-8")
    assert "安居 2023.txt + 安居 2023.xlsx" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_a_workpaper_shows_the_names_of_the_files_and_no_folder():
    shown = repr(open_workpaper("01_totals", "\n".join(map(str, pair()))).parameters())
    assert "说明.txt + 附表.xlsx" in shown and str(pair()[0].parent) not in shown


def test_a_file_name_over_two_lines_is_refused(tmp_path):
    odd = tmp_path / "a\nb.txt"
    odd.write_bytes(ANJU.read_bytes())
    with pytest.raises(ReportError, match="the file name goes over two lines; rename the file"):
        run_report([ANJU, odd], tmp_path / "out")
