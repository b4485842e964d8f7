"""Findings as audit writing, `findings.xlsx` and the draft evidence sheets: whole, linked, harmless, the same bytes."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook

import test_rules
from helpers import audit
from helpers.audit import Audit
from helpers.checking.kinds import Outcome
from helpers.checking.rules import load_rules
from helpers.findings.dispositions import Review
from helpers.findings.finding import Disposition, Finding, find, total_expenditure
from helpers.findings.writing import BLANK, KINDS, Writing, write
from helpers.showing import workbook as books
from helpers.showing.evidence_paper import evidence_name, evidence_paper
from helpers.showing.office_text import office_text
from helpers.showing.pages import Pages
from helpers.showing.tickmarks import Tickmark, tickmark
from helpers.showing.workbook import workbook
from real_reports import ANJU, BAD, GOOD, TEMPLATE, audit_of
from test_findings import CLEAN
from test_findings import of as text_of
from test_prior import LAST, NOW

PDFS = {path.name: path for path in (BAD, GOOD, TEMPLATE)}
PARTS = ("criteria", "condition", "effect", "cause", "recommendation")
LANGS = ("zh", "en")


@cache
def of(name: str) -> Audit:
    if name == "clean":
        return text_of(CLEAN)
    if name == "one figure":
        return text_of(CLEAN.replace("基本支出815.24万元，占58.80%", "基本支出851.24万元，占58.80%"))
    return audit_of(ANJU if name == "anju" else PDFS[name])


SEVERAL = ("anju", "one figure")  # reports with a figure that breaks several checks, and others
REPORTS = ("anju", *PDFS, "clean")


# --------------------------------------------------------------------------------------------- the writing


@cache
def written_cases() -> tuple[tuple[str, Finding, Writing], ...]:
    """What every rule's cases lead to, as an auditor writes it: the rule, the finding, the writing."""
    return tuple(_written_cases())


def _written_cases() -> Iterator[tuple[str, Finding, Writing]]:
    for case in test_rules.cases():
        _, extracted = test_rules.read_as(case)
        facts = extracted.facts
        for finding in find(test_rules.said(case), facts):
            yield case.rule, finding, write(finding, total_expenditure(facts), place)


def place(source: Any) -> dict[str, str]:
    return {"zh": f"第{source.line}行", "en": f"line {source.line}"}


def faults(words: str, lang: str) -> list[str]:
    """What is wrong with a text as a text, apart from what it quotes."""
    bare = words
    while (shorter := re.sub("“[^“”]*”", "“”", bare)) != bare and "“”" not in bare.replace(shorter, ""):
        bare = shorter
    found = []
    if not words.strip() or words != words.strip():
        found.append("is empty or begins or ends with a space")
    if not words.endswith({"zh": "。", "en": "."}[lang]):
        found.append("ends without a full stop")
    if "None" in words or "Decimal" in words or "{" in words:
        found.append("has what only a program says")
    if not words.isprintable():
        found.append("has a control character")
    if re.search(r"[。，；：、][。，；：、]|[.,;:][.,;:]|（）|\(\)| {2}", re.sub("“.*”", "“”", bare)):
        found.append("has doubled punctuation")
    if "misstatement" in words.lower():
        found.append("says more than is known")
    return found


def all_faults(finding: Finding, writing: Writing) -> list[tuple[str, str, str, str, str]]:
    return [
        (finding.id, part, lang, fault, getattr(writing, part)[lang])
        for part in PARTS
        for lang in LANGS
        for fault in faults(getattr(writing, part)[lang], lang)
    ]


def test_every_kind_of_rule_has_its_words() -> None:
    assert {rule.public_kind for rule in load_rules()} == set(KINDS)


@pytest.mark.parametrize("name", REPORTS)
def test_every_finding_has_five_parts_in_both_languages(name: str) -> None:
    done = of(name)
    assert [fault for f in done.findings for fault in all_faults(f, done.writing(f))] == []


def test_the_cases_of_every_rule_are_written_whole() -> None:
    found = written_cases()
    assert [fault for _, finding, writing in found for fault in all_faults(finding, writing)] == []
    assert len({rule for rule, _, _ in found}) > 150


def test_a_difference_in_money_is_measured_and_others_are_not() -> None:
    for _, finding, writing in written_cases():
        tested = finding.result.operands[0] if finding.result.operands else None
        is_amount = tested is not None and tested.is_money and finding.result.residual is not None
        is_claim = finding.result.outcome is Outcome.EXCEPTION and finding.severity != "info"
        measured = writing.effect["zh"].startswith("涉及金额")
        assert measured == (is_amount and is_claim), (finding.id, writing.effect["zh"])
        assert measured == writing.effect["en"].startswith("The amount in question")


def test_a_note_claims_nothing_and_asks_for_no_correction() -> None:
    notes = [(f, w) for _, f, w in written_cases() if f.severity == "info"]
    assert {f.result.outcome for f, _ in notes} == {Outcome.EXCEPTION, Outcome.TIES_WITHIN_ROUNDING}
    for finding, writing in notes:
        assert "不构成差错" in writing.effect["zh"] and "no error is claimed" in writing.effect["en"], (
            finding.id
        )
        assert "不要求更正" in writing.recommendation["zh"] or "无需更正" in writing.recommendation["zh"]
        assert not re.search("have .*corrected|should correct", writing.recommendation["en"])
        assert writing.cause["zh"].startswith("提示事项")


def test_the_cause_is_the_auditors() -> None:
    for _, finding, writing in written_cases():
        for lang in LANGS:
            assert BLANK in writing.cause[lang]
        leads = [s for s in finding.suspects[:1] if s.slip and finding.severity != "info"]
        assert ("线索（有待核实）" in writing.cause["zh"]) == bool(leads)
        if leads:
            assert leads[0].why["zh"] in writing.cause["zh"] and leads[0].why["en"] in writing.cause["en"]


def first(rule: str, outcome: Outcome = Outcome.EXCEPTION) -> Writing:
    return next(w for name, f, w in written_cases() if name == rule and f.result.outcome is outcome)


# Whole sentences of each relation between what is reported and what it is held against.
CONDITIONS = {
    "AST-02": ("报告列示10辆，不应超过9辆，相差1辆（10 ≰ 9）。", "The report shows 10辆; it cannot exceed 9辆; they differ by 1辆 (10 ≰ 9)."),
    "DIR-01": ("报告表述为“决算数与预算数持平”，按所列数字为“小于预算”（49.99 : 50 → 决算数与预算数持平）。", "The report says “决算数与预算数持平”; by its figures it is “below the budget” (49.99 : 50 → 决算数与预算数持平)."),
    "EVA-13": ("报告列示的各项合计99%，应为100%，相差1个百分点（40 + 30 + 29 ≠ 100%）。", "The parts that the report shows make 99% in all; they must make 100%; they differ by 1 percentage points (40 + 30 + 29 ≠ 100%)."),
    "LIM-01": ("报告列示100.01%，超出界限100.00%，相差0.01个百分点。", "The report shows 100.01%, beyond the bound of 100.00%; they differ by 0.01 percentage points."),
    "OPC-03": ("报告列示65.98万元，应与之一致的数字为66.00万元，相差0.02万元（65.98 ≠ 66）。", "The report shows 65.98万元; the figure that must agree with it is 66.00万元; they differ by 0.02万元 (65.98 ≠ 66)."),
    "PER-04": ("报告列示88.52万元，经核算为88.50万元，相差0.02万元（88.5 ≠ 88.52）。", "The report shows 88.52万元; computed from the other figures it is 88.50万元; they differ by 0.02万元 (88.5 ≠ 88.52)."),
    "PRI-02": ("上年报告列示50.02万元，本年报告推算的上年数为50.00万元，相差0.02万元（50 ≠ 50.02）；上年数已经调整，还是其中一处有误，仅凭报告无从判断。", "Last year's report prints 50.02万元; this year's implies 50.00万元; they differ by 0.02万元 (50 ≠ 50.02); whether it was restated or one of the two is wrong, the reports do not tell."),
    "TXT-01": ("报告情况：“", "The report shows: “"),
}  # fmt: skip


@pytest.mark.parametrize("rule", CONDITIONS)
def test_the_condition_says_what_is_held_against_what(rule: str) -> None:
    writing = first(rule)
    for lang, begins in zip(LANGS, CONDITIONS[rule], strict=True):
        assert writing.condition[lang].startswith(begins)
        assert {"zh": "见第", "en": " See line "}[lang] in writing.condition[lang]


def test_one_figure_that_breaks_several_checks_is_said_once() -> None:
    leads = [(name, f) for name in SEVERAL for f in of(name).findings if f.gathered]
    assert leads
    for name, finding in leads:
        done = of(name)
        condition, count = done.writing(finding).condition, len(finding.gathered)
        assert f"同一数字还造成{count}项核对不符，涉及规则" in condition["zh"]
        assert f"The same figure breaks {count} other check" in condition["en"]
        for other in finding.gathered[:3]:
            assert other.result.rule.id in condition["zh"] and other.result.rule.id in condition["en"]
        row = rows(book_of(name)["发现"])[done.findings.index(finding)]
        told = text(row["同一数字造成的其他不符"]).split("\n")
        assert [line.rpartition(" (")[0] for line in told] == [
            other.message["zh"] for other in finding.gathered
        ]
    for done in map(of, SEVERAL):
        for finding in done.findings:
            assert ("同一数字" in done.writing(finding).condition["zh"]) == bool(finding.gathered)


def test_a_rounding_tail_says_what_rounding_allows() -> None:
    writing = first("OPC-03", Outcome.TIES_WITHIN_ROUNDING)
    assert writing.condition["zh"].startswith(
        "报告列示65.99万元，应与之一致的数字为66.00万元，相差0.01万元，在舍入允许的误差0.01万元之内（65.99 = 66）。"
    )
    assert "within the 0.01万元 that rounding allows" in writing.condition["en"]
    assert "舍五入形成的尾差" in writing.effect["zh"]


def test_the_criteria_name_rule_and_law() -> None:
    done = of("anju")
    written = {finding.result.rule.id: done.writing(finding) for finding in done.findings}
    assert written["DSC-04"].criteria["zh"] == (
        "依据《中华人民共和国预算法实施条例（国务院令第729号）》第六条（大意：部门决算公开基本支出和项目支出；功能分类公开到项，"
        "基本支出按经济性质分类公开到款；机关运行经费、政府采购等按规定公开）。本项按规则DSC-04核对：所列科目有支出金额。"
    )
    assert written["REC-02"].criteria["zh"] == "本项按算术关系和规则REC-02核对：占比等于部分除以整体。"
    assert written["REC-02"].criteria["en"] == (
        "The item is tested by arithmetic and rule REC-02: A share is the part over the whole."
    )
    assert (
        written["ANA-01"].criteria["zh"] == "本项为分析性程序，按算术关系和规则ANA-01关注：增幅远高于总体。"
    )


def test_the_effect_is_a_share_of_the_figure_and_of_total_expenditure() -> None:
    done = of("anju")
    (finding,) = (f for f in done.findings if f.result.rule.id == "PER-04")
    assert done.writing(finding).effect == {
        "zh": "涉及金额82.36万元，相当于所核对数字469.52万元的17.54%，相当于支出总额1179.47万元的6.98%。",
        "en": "The amount in question is 82.36万元, 17.54% of the figure tested (469.52万元) and 6.98% of total expenditure (1179.47万元).",
    }
    alone = write(finding, Decimal(0), place).effect["zh"]
    assert alone == "涉及金额82.36万元，相当于所核对数字469.52万元的17.54%。"
    # The difference is more than the figure, which is no whole of it then; the figure may be nothing.
    total = Decimal(4_695_200)
    for value in ("1", "0"):
        tested, *others = finding.result.operands
        changed = replace(tested, value=Decimal(value), printed=value)
        result = replace(finding.result, operands=(changed, *others))
        words = write(replace(finding, result=result), total, place).effect["zh"]
        assert words == "涉及金额82.36万元，相当于支出总额469.52万元的17.54%。"


def test_a_place_in_another_report_has_its_file(tmp_path: Path) -> None:
    (tmp_path / "now.txt").write_text(NOW, "utf-8")
    (tmp_path / "last.txt").write_text(LAST.replace("均为1000万元", "均为1010万元"), "utf-8")
    done = audit(tmp_path / "now.txt", prior=tmp_path / "last.txt")
    (finding,) = (f for f in done.findings if f.result.rule.id == "PRI-01")
    assert "、last.txt 第3行“2022年度收、支总计均为1010万元”" in done.writing(finding).condition["zh"]
    book = opened(done)
    (row,) = (row for row in rows(book["证据"]) if text(row["位置"]).startswith("last.txt"))
    assert row["位置"].hyperlink is None and text(row["原文"]) == "2022年度收、支总计均为1010万元"
    assert row["数字"].hyperlink is not None


def test_the_json_has_the_writing() -> None:
    done = of("anju")
    for finding, told in zip(done.findings, json.loads(done.to_json())["findings"], strict=True):
        assert set(told["writing"]) == set(PARTS)
        for part in PARTS:
            assert told["writing"][part] == getattr(done.writing(finding), part)


# -------------------------------------------------------------------------------------------- the workbook


def built(done: Audit, lang: str = "zh") -> bytes:
    return workbook(done, lang)


def opened(done: Audit) -> Workbook:
    """The workbook of an audit in Chinese."""
    return openpyxl.load_workbook(BytesIO(built(done)))


@cache
def book_of(name: str, lang: str = "zh") -> Workbook:
    """The workbook of one of the reports."""
    return openpyxl.load_workbook(BytesIO(built(of(name), lang)))


def rows(sheet: Any) -> list[dict[str, Cell]]:
    """The rows below the heads, each cell by its head."""
    heads = [cell.value for cell in sheet[1]]
    return [dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=2)]


def text(cell: Cell) -> str:
    return "" if cell.value is None else str(cell.value)


SHEETS = {"zh": ["发现", "证据", "核对", "数字", "覆盖情况"], "en": ["Findings", "Evidence", "Checks", "Figures", "Coverage"]}  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", REPORTS)
def test_the_workbook_holds_the_whole_audit(name: str, lang: str) -> None:
    done, book = of(name), book_of(name, lang)
    assert book.sheetnames == SHEETS[lang]
    findings, evidence, checks, facts, _ = book.worksheets
    assert [[cell.value for cell in row[:9]] for row in findings.iter_rows(min_row=2)] == [
        [
            number,
            {"zh": {"high": "高", "medium": "中", "low": "低", "info": "提示"}, "en": {"high": "High", "medium": "Medium", "low": "Low", "info": "Note"}}[lang][f.severity],
            f.id, blank(f.section.path if f.section else ""), f.result.rule.id,
            done.writing(f).criteria[lang], done.writing(f).condition[lang],
            blank(f.reported[lang]), blank(f.expected[lang]),
        ]
        for number, f in enumerate(done.findings, 1)
    ]  # fmt: skip
    told = [[cell.value for cell in row[11:17]] for row in findings.iter_rows(min_row=2)]
    for row, f in zip(told, done.findings, strict=True):
        assert row[:2] == [done.writing(f).effect[lang], done.writing(f).cause[lang]]
        assert (row[2] or "").count("→") == sum(1 + s.why[lang].count("→") for s in f.suspects)
        assert row[3:5] == [done.writing(f).recommendation[lang], done.where(f.evidence[0].source)[lang]]
        assert row[5].startswith(str(len(f.evidence))) or row[5].endswith("places")
    assert [[cell.value for cell in row[:3]] for row in evidence.iter_rows(min_row=2)] == [
        [f.id, done.where(e.source)[lang], blank(e.quote)] for f in done.findings for e in f.evidence
    ]
    assert [(row[0].value, row[1].value) for row in checks.iter_rows(min_row=2)] == [
        (tickmark(result).glyph, result.rule.id) for result in done.results
    ]
    assert [blank(text(row[9])) for row in checks.iter_rows(min_row=2)] == [
        blank(result.reason[lang]) for result in done.results
    ]
    every = (*done.facts, *done.other_facts)
    assert [row[0].value for row in facts.iter_rows(min_row=2)] == [fact.id for fact in every]
    assert [blank(text(row[10])) for row in facts.iter_rows(min_row=2)] == [fact.quote for fact in every]
    values = [row[3] for row in facts.iter_rows(min_row=2)]
    for cell, fact in zip(values, every, strict=True):
        assert (cell.value is None) == (fact.value is None)
        if fact.value is not None:
            assert cell.data_type == "n" and Decimal(repr(cell.value)) == fact.value
            assert cell.number_format.startswith("#,##0")


def blank(words: str) -> str | None:
    return words or None


def test_a_difference_is_a_number_with_its_unit() -> None:
    for lang in LANGS:
        points = {"zh": "个百分点", "en": "percentage points"}[lang]
        sheet = book_of("anju", lang).worksheets[0]
        for row, finding in zip(sheet.iter_rows(min_row=2), of("anju").findings, strict=True):
            if not finding.difference:
                assert (row[9].value, row[10].value) == (None, None)
                continue
            unit = row[10].value or ""
            shown = f"{Decimal(repr(row[9].value)).normalize():f}{unit.replace(points, '个百分点')}"
            assert shown == finding.difference


@pytest.mark.parametrize("name", REPORTS)
def test_every_link_leads_to_its_row_its_finding_or_its_line(name: str) -> None:
    done = of(name)
    pages = Pages(done, (), "zh")
    anchors = {
        "index.html": set(re.findall(r'id="([^"]+)"', pages.index())),
        "source.html": set(re.findall(r'id="([^"]+)"', pages.source())),
    }
    book = book_of(name)
    seen: dict[str, int] = {}
    values = {sheet.title: list(sheet.values) for sheet in book}
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                link = cell.hyperlink
                if link is None:
                    continue
                kind = link.target or "inside"
                seen[kind] = seen.get(kind, 0) + 1
                if link.target:
                    assert link.location in anchors[link.target], link.location
                    continue
                found = re.fullmatch(r"'(.+)'!A(\d+)", link.location)
                assert found, link.location
                head, *below = values[found[1]]
                assert 2 <= int(found[2]) <= len(below) + 1
                there = dict(zip(head, below[int(found[2]) - 2], strict=True))
                assert is_named(there, found[1], cell), (cell.coordinate, there)
    assert set(seen) <= {"inside", "index.html", "source.html"}
    assert seen["inside"] >= len(done.facts) and seen["source.html"] >= len(done.facts)
    assert seen.get("index.html", 0) == len(done.findings)


def is_named(there: dict[str, Any], title: str, cell: Cell) -> bool:
    """True where the row that a cell leads to, on the sheet of this title, is the one that its words name."""
    if title == "发现":
        return bool(there["编号"] == cell.value)
    if title == "数字":
        return str(cell.value).startswith(there["内容"])
    if title == "证据":
        return bool(there["发现"] == cell.parent.cell(cell.row, 3).value)
    return there["规则"] == cell.value or str(cell.value).endswith("项")


def test_a_finding_its_check_and_its_figures_lead_to_one_another() -> None:
    done, book = of("anju"), book_of("anju")
    checks = {row["规则"].row: row for row in rows(book["核对"])}
    for row, finding in zip(rows(book["发现"]), done.findings, strict=True):
        at = int(row["规则"].hyperlink.location.rpartition("A")[2])
        assert checks[at]["发现"].value == finding.id
        assert done.results[at - 2] is finding.result
    of_results = {id(result): f for f in done.findings for result in f.results}
    for row, result in zip(rows(book["核对"]), done.results, strict=True):
        own = of_results.get(id(result))
        assert row["发现"].value == (own.id if own else None)
    about = [row for row in rows(book["数字"]) if row["发现"].value]
    named = {e.fact for f in done.findings for e in f.evidence if e.fact}
    assert {row["编号"].value for row in about} == named
    with_checks = {row["编号"].value for row in rows(book["数字"]) if row["核对"].value}
    assert with_checks == {fact.id for fact in done.facts if fact.id in done.tickmarks}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", REPORTS)
def test_the_coverage_adds_up_and_says_what_the_marks_mean(name: str, lang: str) -> None:
    done = of(name)
    formulas = book_of(name, lang).worksheets[-1]
    sheet = openpyxl.load_workbook(BytesIO(built(done, lang)), data_only=True).worksheets[-1]
    table = list(sheet.iter_rows(min_row=2, max_col=10, values_only=True))
    end = next(i for i, row in enumerate(table) if row[0] in ("合计", "Total"))
    for row in table[: end + 1]:
        attempted, *outcomes = row[1:6]
        assert attempted == sum(outcomes) and row[8] == row[6] - row[7]
    counts = done.counts()
    checked = sum(map(done.is_checked, done.numerals))
    assert list(table[end][1:]) == [
        len(done.results), *(counts[outcome] for outcome in Outcome),
        len(done.numerals), checked, len(done.numerals) - checked, len(done.findings),
    ]  # fmt: skip
    for at, row in enumerate(formulas.iter_rows(min_row=2, max_row=end + 1), 2):
        assert (row[1].value, row[8].value) == (f"=SUM(C{at}:F{at})", f"=G{at}-H{at}")
    assert formulas.cell(end + 2, 2).value == f"=SUM(B2:B{end + 1})"
    below = {row[0]: row[1] for row in table[end + 1 :]}
    for mark in Tickmark:
        assert below[mark.glyph] == mark.label[lang]
    assert done.sha256 in below.values() and done.file in below.values()
    for unread in done.document.unread:
        assert below[unread.where[lang]] == unread.why[lang]


@pytest.mark.parametrize("lang", LANGS)
def test_the_sheets_are_set_up_to_be_read_and_printed(lang: str) -> None:
    for sheet in book_of("anju", lang):
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.freeze_panes.endswith("2")
        assert {"zh": "第 &[Page] 页，共 &[Pages] 页", "en": "Page &[Page] of &[Pages]"}[lang] == (
            sheet.oddFooter.right.text.replace("&P", "&[Page]").replace("&N", "&[Pages]")
        )
        assert "遂宁市安居区行政审批局" in sheet.oddHeader.left.text
        assert all(cell.value for cell in sheet[1])
        if sheet.title not in ("覆盖情况", "Coverage"):
            assert sheet.auto_filter.ref == sheet.dimensions
            assert all(cell.alignment.wrap_text for cell in sheet[2] if cell.data_type == "s" and cell.value)


def entries(content: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(BytesIO(content)) as package:
        return package.infolist()


def test_a_workbook_has_no_clock_and_no_person_and_the_same_bytes() -> None:
    one, two = built(of("anju")), built(audit(ANJU))
    assert one == two
    assert {entry.date_time for entry in entries(one)} == {(1980, 1, 1, 0, 0, 0)}
    about = book_of("anju").properties
    assert (about.creator, about.lastModifiedBy) == (None, None)
    assert (about.created.year, about.modified.year) == (2000, 2000)
    assert about.title == "遂宁市安居区行政审批局 2023年度部门决算核对底稿"


def test_what_auditors_decided_stands_beside_its_finding() -> None:
    done = of("anju")
    decided = Disposition("explained", "=已说明", "甲", "2024-03-05", True)
    outdated = replace(decided, state="not a finding", is_current=False)
    first, second, *others = done.findings
    gone = Review("TOT-01-0a0b0c0d", decided, "", "TOT-01", "10万元", "9万元", "", "第9行")
    findings = (replace(first, disposition=decided), replace(second, disposition=outdated), *others)
    done = replace(done, findings=findings, orphans=(gone,))
    one, two, three, *_ = rows(opened(done)["发现"])
    heads = ("处理", "说明", "姓名", "日期")
    assert [one[head].value for head in heads] == ["已说明", "=已说明", "甲", "2024-03-05"]
    assert two["处理"].value == "不构成问题（所判内容已变）"
    assert not any(three[head].value for head in heads)
    notes = [(row[0].value, row[1].value) for row in opened(done)["覆盖情况"].iter_rows(min_row=16)]
    at = notes.index(("已作处理、现无此发现", None))
    assert notes[at + 1] == ("TOT-01-0a0b0c0d", "已说明 · =已说明 · 甲 · 2024-03-05 · 10万元 · 第9行")


# ------------------------------------------------------------------------------------------ hostile reports

FORMULAS = ('=HYPERLINK("http://a.example","x")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1+1")
ODD = ("http://a.example/", "mailto:a@b.example", "internal:'x'!A1", "]]>", "<b>&amp;</b>", "_x0041_", "甲\x00\x08\x1b\ufffe乙", "\ud800", "𠀀" * 40_000, "长" * 40_000, "=" * 40_000, "1179.47", "0012", "TRUE", " 甲 ")  # fmt: skip


def hostile(words: str) -> Audit:
    """The real audit, these words in place of what a report and a file may say."""
    done = of("anju")
    first, second, *_ = done.findings
    facts = tuple(replace(fact, quote=words, label={"zh": words, "en": words}) for fact in done.facts[:3])
    said = {"zh": words, "en": words}
    finding = replace(
        first,
        reported=said,
        expected=said,
        evidence=tuple(replace(e, quote=words, fact=facts[0].id) for e in first.evidence),
    )
    extracted = replace(done.extract, entity=words, facts=(*facts, *done.facts[3:]))
    # A few of the results are enough, and much sooner written.
    results = (first.result, second.result, *done.results[:20])
    return replace(done, file=words, extract=extracted, results=results, findings=(finding, second))


def shown(words: str) -> str:
    """What a cell must show of it."""
    return office_text(words, books.MOST_TEXT)


@pytest.mark.parametrize("words", [*FORMULAS, *ODD], ids=lambda words: ascii(words[:12]))
def test_what_a_report_says_is_text_in_every_cell(words: str) -> None:
    done = hostile(words)
    content = built(done)
    book = openpyxl.load_workbook(BytesIO(content))
    assert book.sheetnames == SHEETS["zh"]
    findings, evidence, _, facts, coverage = book.worksheets
    cells = [findings["H2"], findings["I2"], evidence["C2"], facts["B2"], facts["K2"]]
    cells += [row[1] for row in coverage.iter_rows(min_row=16) if row[0].value == "报告文件"]
    assert len(cells) == 6
    for cell in cells:
        assert cell.data_type == "s" and cell.value == shown(words), cell.coordinate
        assert cell.hyperlink is None
        if words.startswith(("=", "+", "-", "@", "\t")) and cell.parent is not coverage:
            assert cell.quotePrefix, cell.coordinate
    with zipfile.ZipFile(BytesIO(content)) as package:
        for name in package.namelist():
            body = package.read(name).decode("utf-8")
            if name.startswith("xl/worksheets/sheet") and not name.endswith("5.xml"):
                assert "<f>" not in body
            assert (
                "a.example" not in body or name.endswith(("sharedStrings.xml", "core.xml")) or "sheet" in name
            )
        rels = "".join(package.read(n).decode() for n in package.namelist() if n.endswith(".rels"))
        assert "a.example" not in rels
    for sheet in book:
        assert len(sheet.oddHeader.left.text) + len(sheet.oddHeader.right.text) < 250


def test_text_is_cut_to_what_a_cell_holds_as_office_counts_it() -> None:
    for words in ("长" * 40_000, "𠀀" * 40_000, "a" + "𠀀" * 40_000):
        cut = office_text(words, books.MOST_TEXT)
        assert books.MOST_TEXT - 1 <= len(cut.encode("utf-16-le")) // 2 <= books.MOST_TEXT
        assert cut.endswith("…") and words.startswith(cut[:-1])
    assert office_text("长" * books.MOST_TEXT, books.MOST_TEXT) == "长" * books.MOST_TEXT
    assert (
        office_text("甲\r\n乙\r丙\x00\x1f\x7f\ufffe\ud800\t\n", 99)
        == "甲\n乙\n丙\ufffd\ufffd\x7f\ufffd\ufffd\t\n"
    )


def test_links_beyond_what_a_sheet_holds_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = book_of("anju")
    monkeypatch.setattr(books, "MOST_LINKS", 10)
    content = built(of("anju"))
    for sheet, full in zip(openpyxl.load_workbook(BytesIO(content)), whole, strict=True):
        linked = [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]
        assert len(linked) == (0 if sheet.title == "覆盖情况" else 10)
        assert [[cell.value for cell in row] for row in sheet] == [
            [cell.value for cell in row] for row in full
        ]


def test_a_number_that_a_spreadsheet_would_round_is_text() -> None:
    done = of("anju")
    long, short = Decimal("1234567890123.4567"), Decimal("12345678901234.5")
    facts = (replace(done.facts[0], value=long), replace(done.facts[1], value=short))
    book = opened(replace(done, extract=replace(done.extract, facts=(*facts, *done.facts[2:]))))
    one, two = rows(book["数字"])[:2]
    assert (one["数值"].data_type, one["数值"].value) == ("s", "1234567890123.4567")
    assert (two["数值"].data_type, two["数值"].value) == ("n", 12345678901234.5)


# -------------------------------------------------------------------------------------- the evidence sheets


def paper(done: Audit, finding: Finding, lang: str = "zh") -> Document:
    return docx.Document(BytesIO(evidence_paper(done, finding, lang)))


def grid(document: Document, number: int) -> list[list[str]]:
    """The cells of a table, those that go over several columns once."""
    found = []
    for row in document.tables[number].rows:
        cells = [cell for i, cell in enumerate(row.cells) if i == 0 or cell._tc is not row.cells[i - 1]._tc]
        found.append([cell.text for cell in cells])
    return found


def graves(done: Audit) -> list[Finding]:
    return [finding for finding in done.findings if finding.severity == "high"]


@pytest.mark.parametrize("name", ["anju", BAD.name, GOOD.name])
def test_an_evidence_sheet_is_filled_in_from_the_finding(name: str) -> None:
    done = of(name)
    facts = {fact.id: fact for fact in (*done.facts, *done.other_facts)}
    for finding in graves(done)[:8]:
        document = paper(done, finding)
        assert document.paragraphs[0].text == "审计取证单"
        assert finding.id in document.paragraphs[2].text
        matter, evidence, signatures = (grid(document, number) for number in range(3))
        writing = done.writing(finding)
        assert matter == [
            ["项目名称", f"{done.entity}{done.year}年度部门决算审计"],
            ["被审计单位", done.entity],
            ["审计事项", f"核对“{finding.result.rule.label['zh']}”是否成立"],
            ["审计事项摘要", f"标准：{writing.criteria['zh']}\n情况：{writing.condition['zh']}\n影响：{writing.effect['zh']}"],
        ]  # fmt: skip
        head, *listed = evidence
        assert head == ["序号", "数字", "位置", "原文摘录"]
        assert len(listed) == len(finding.evidence)
        for number, (row, piece) in enumerate(zip(listed, finding.evidence, strict=True), 1):
            fact = facts.get(piece.fact or "")
            assert row[0] == str(number) and row[2] == done.where(piece.source)["zh"]
            assert row[1] == "—" if fact is None else row[1].startswith(fact.label["zh"])
            assert " ".join(piece.quote.split())[:599] == row[3].rstrip("…")[:599]
        assert signatures == [
            ["审计人员", "", "编制日期", ""],
            ["复核人员", "", "复核日期", ""],
            ["被审计单位意见", "负责人签名：\n（单位盖章）\n　　　年　　月　　日"],
        ]


def test_an_evidence_sheet_in_english_has_both_headings_and_the_chinese_text() -> None:
    done = of("anju")
    zh, en = (paper(done, graves(done)[0], lang) for lang in LANGS)
    assert en.paragraphs[0].text == "审计取证单  Audit evidence sheet"
    assert [row[0] for row in grid(en, 0)] == ["项目名称\nProject", "被审计单位\nAudited unit", "审计事项\nMatter audited", "审计事项摘要\nSummary of the matter"]  # fmt: skip
    assert [row[1] for row in grid(en, 0)] == [row[1] for row in grid(zh, 0)]
    assert grid(en, 1)[1:] == grid(zh, 1)[1:]
    assert not re.search("[A-Za-z]{3}", "".join(row[0] for row in grid(zh, 0)))


def test_an_evidence_sheet_is_an_a4_page_with_its_number_and_chinese_fonts() -> None:
    document = paper(of("anju"), graves(of("anju"))[0])
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert 15 <= section.left_margin.mm <= 30 and 15 <= section.top_margin.mm <= 30
    width = section.page_width - section.left_margin - section.right_margin
    for table in document.tables:
        assert abs(sum(column.width for column in table.columns) - width) < 20_000
        assert len(table._tbl.tblPr.findall(qn("w:tblLayout"))) == 1
    fields = [field.get(qn("w:instr")) for field in section.footer._element.iter(qn("w:fldSimple"))]
    assert fields == ["PAGE", "NUMPAGES"]
    fonts = document.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:rFonts')}")
    assert fonts.get(qn("w:eastAsia")) == "宋体" and not any("Theme" in name for name in fonts.attrib)
    assert "黑体" in document.paragraphs[0]._p.xml
    head = document.tables[1].rows[0]._tr
    assert head.find(f".//{qn('w:tblHeader')}") is not None
    # The order that the schema asks for: Word refuses a file, or repairs it, where it is another.
    order = ["tcW", "gridSpan", "vMerge", "shd", "vAlign"]
    for properties in document.element.iter(qn("w:tcPr")):
        named = [child.tag.rpartition("}")[2] for child in properties]
        assert named == sorted(named, key=order.index)


def test_an_evidence_sheet_has_no_clock_and_no_person_and_the_same_bytes() -> None:
    done, again = of("anju"), audit(ANJU)
    for one, two in zip(graves(done)[:3], graves(again)[:3], strict=True):
        content = evidence_paper(done, one, "zh")
        assert content == evidence_paper(again, two, "zh")
        assert {entry.date_time for entry in entries(content)} == {(1980, 1, 1, 0, 0, 0)}
        about = docx.Document(BytesIO(content)).core_properties
        assert (about.author, about.last_modified_by, about.comments) == ("", "", "")
        assert about.created.year == about.modified.year == 2000


@pytest.mark.parametrize("words", [*FORMULAS, *ODD], ids=lambda words: ascii(words[:12]))
def test_what_a_report_says_is_text_in_an_evidence_sheet(words: str) -> None:
    done = hostile(words)
    content = evidence_paper(done, done.findings[0], "zh")
    document = docx.Document(BytesIO(content))
    quote = grid(document, 1)[1][3]
    assert quote == office_text(" ".join(words.split()), 600)
    assert grid(document, 0)[1][1] == office_text(words, 8_000)
    with zipfile.ZipFile(BytesIO(content)) as package:
        body = package.read("word/document.xml").decode("utf-8")
        assert "<w:hyperlink" not in body and "<w:instrText" not in body and "<w:fldSimple" not in body
        assert "a.example" not in package.read("word/_rels/document.xml.rels").decode("utf-8")


def test_a_sheet_of_a_report_that_tells_no_name_says_so() -> None:
    done = replace(of("anju"), extract=replace(of("anju").extract, entity="", year=None))
    document = paper(done, graves(done)[0])
    assert [row[1] for row in grid(document, 0)][:2] == ["部门决算审计", "（报告中未见）"]


def test_file_names_of_evidence_are_safe_and_their_own() -> None:
    finding = of("anju").findings[0]
    ids = ["PER-04-225a7f84", "../x-1", "A/B-1", "A_B-1", "a\x00b", "规则-1", "长" * 300, "长" * 301, "", ".", "con", "\ud800", "a b"]  # fmt: skip
    names = [evidence_name(replace(finding, id=name)) for name in ids]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[\w-]+\.docx", name) and len(name.encode("utf-8")) < 240
    assert names[0] == "PER-04-225a7f84.docx"
