"""Reading PDFs: the text report printed, real reports with their tables, and files that are no good."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from helpers import Audit, ReportError, audit
from helpers.reading.document import Document
from helpers.reading.read import read
from helpers.reading.text import parse
from printing import as_html, printed, turned_pdf, with_image_pages
from real_reports import ANJU, BAD, GOOD, TEMPLATE, audit_of

NARRATIVE = """<p>第一部分 收入支出决算情况说明</p><p>一、收入支出决算总体情况说明</p>
<p>2023年度收、支总计均为1179.47万元。与2022年度相比，收、支总计各增加84.88万元，增长7.75%。</p>"""


@cache
def putuo(which: str) -> Audit:
    return audit_of({"good": GOOD, "bad": BAD}[which])


def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "report.pdf"
    path.write_bytes(content)
    return path


def made(pages: int) -> bytes:
    """A PDF of empty pages."""
    pdf, out = pdfium.PdfDocument.new(), io.BytesIO()
    for _ in range(pages):
        pdf.new_page(595, 842)
    pdf.save(out)
    return out.getvalue()


def shown(document: Document) -> list[str]:
    return [paragraph.text.folded for paragraph in document.paragraphs]


# ------------------------------------------------------------------------------- the text report printed
def test_text_report_printed_as_pdf_gives_the_same_facts_results_and_findings(tmp_path: Path) -> None:
    text = audit(ANJU)
    pdf = audit(saved(tmp_path, printed(as_html(parse(ANJU.read_text("utf-8-sig"))))))
    assert [(f.concept, f.measure, f.value, f.unit, f.dimensions) for f in pdf.facts] == [
        (f.concept, f.measure, f.value, f.unit, f.dimensions) for f in text.facts
    ]
    assert [(r.rule.id, r.context, r.outcome, r.residual) for r in pdf.results] == [
        (r.rule.id, r.context, r.outcome, r.residual) for r in text.results
    ]
    assert {(f.id, f.severity, f.expected["zh"]) for f in pdf.findings} == {
        (f.id, f.severity, f.expected["zh"]) for f in text.findings
    }


def test_places_of_a_pdf_are_characters_of_its_pages(tmp_path: Path) -> None:
    found = audit(saved(tmp_path, printed(as_html(parse(ANJU.read_text("utf-8-sig"))))))
    document = found.document
    pages: dict[int, str] = {}
    for line, place in zip(document.lines, document.places, strict=True):
        assert place.page is not None
        pages[place.page] = pages.get(place.page, "") + line + "\n"
    for fact in found.facts:
        where = document.locate(fact.source)
        if fact.source.end > fact.source.start and fact.concept != "numbering":
            words = pages[int(where["page"])][int(where["start"]) : int(where["end"])]
            assert fact.printed.startswith(words) or words == fact.printed, fact.id


# ------------------------------------------------------------------------------------------- real reports
@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (
            "bad",
            [
                ("TXT-05", 18, "2023年"), ("TAB-07", 18, "0万元"), ("TOT-02", 18, "0万元"), ("TOT-03", 18, "0万元"),
                ("APP-04", 18, "2961.68万元"), ("TXT-05", 24, "2023年"), ("DSC-02", 2, "目录列有《支出决算表》，文中没有该表"),
            ],
        ),
        ("good", [("APP-02", 21, "0.3万元"), ("APP-03", 21, "0.3万元"), ("TAB-07", 21, "0.3万元")]),
    ],
)  # fmt: skip
def test_grave_findings_of_a_real_report(which: str, expected: list[tuple[str, int, str]]) -> None:
    found = [
        (f.result.rule.id, putuo(which).document.locate(f.evidence[0].source)["page"], f.reported["zh"])
        for lead in putuo(which).findings
        for f in (lead, *lead.gathered)
        if f.severity == "high"
    ]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("bad", {"TAB-07": ["REC-01", "APP-04"], "GEN-04": ["REC-02"]}),
        ("good", {"APP-02": ["APP-03"], "GEN-04": ["REC-02"]}),
    ],
)
def test_exceptions_of_one_figure_of_a_real_report_are_one_finding(
    which: str, expected: dict[str, list[str]]
) -> None:
    assert {
        f.result.rule.id: [other.result.rule.id for other in f.gathered]
        for f in putuo(which).findings
        if f.gathered
    } == expected


@pytest.mark.parametrize("which", ["good", "bad"])
def test_every_figure_of_a_real_report_is_understood_but_the_money_of_projects(which: str) -> None:
    unread = [numeral.text for numeral in putuo(which).numerals if not numeral.facts]
    assert set(unread) <= {"598.42", "0"}


# -------------------------------------------------------------------------------------------- layout
def test_line_broken_anywhere_goes_on_and_margins_go() -> None:
    head = '<p style="text-align:center;text-indent:0">某局部门决算</p>'
    body = "".join(
        f'<section style="break-after:page">{head}<p>一、第{n}部分</p><p>{"本段说明年度执行的有关情况，" * n * 2}其中基本支出{n}1179.47万元。</p></section>'
        for n in range(1, 5)
    )
    document = read(printed(body), "report.pdf")
    assert all("某局部门决算" not in text for text in shown(document))
    assert [text[text.rfind("基") :] for text in shown(document)] == [
        f"基本支出{n}1179.47万元。" for n in range(1, 5)
    ]


@pytest.mark.parametrize("path", [GOOD, BAD, TEMPLATE], ids=lambda path: path.stem)
def test_glossary_of_a_real_report_is_found_with_all_its_entries(path: Path) -> None:
    found = audit_of(path)
    glossary = found.document.section("glossary")
    assert glossary is not None
    assert glossary.text.folded == "第四部分名词解释"
    terms = [definition.term for definition in found.extract.definitions]
    assert len(terms) == 11
    assert [terms[0], terms[-1]] == ["财政拨款收入", "机关运行经费"]


def test_centred_heading_goes_on_and_an_indented_line_behind_it_does_not() -> None:
    body = "本段说明年度执行的有关情况，" * 6
    centred = '<p style="text-align:center;text-indent:0;font-size:16px">第四部分 {}</p>'
    title = "某某市某某区某某局二〇二三年度<br>部门决算情况说明"
    document = read(
        printed(
            f"<p>{body}。</p>{centred.format(title)}<p>{body}。</p>{centred.format('名词解释')}"
            f"<p>财政拨款收入：指从同级财政部门取得的财政拨款，包括一般公共预算财政拨款和政府性基金预算财政拨款。</p><p>{body}。</p>"
        ),
        "report.pdf",
    )
    assert [section.text.folded for section in document.sections] == [
        "第四部分某某市某某区某某局二〇二三年度部门决算情况说明",
        "第四部分名词解释",
    ]


def test_merged_cells_and_a_table_over_two_pages() -> None:
    rows = "".join(f"<tr><td>2010{n:02}</td><td>科目{n}</td><td>{n}.50</td></tr>" for n in range(60))
    body = f"<p>支出决算表</p><table><thead><tr><td colspan=2>项目</td><td rowspan=2>合计</td></tr><tr><td>编码</td><td>名称</td></tr></thead>{rows}</table>"
    document = read(printed(body), "report.pdf")
    [table] = document.tables
    assert [cell.folded for cell in table.rows[0]] == ["项目", "合计"]
    assert table.spans[0] == ((0, 2), (2, 3))
    assert [cell.folded for cell in table.rows[1]] == ["编码", "名称", ""]
    assert [[cell.folded for cell in row] for row in table.rows[2:]] == [
        [f"2010{n:02}", f"科目{n}", f"{n}.50"] for n in range(60)
    ]
    pages = {document.place(row[0].line).page for row in table.rows}
    assert pages == {1, 2}


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_page_that_is_turned_reads_as_it_is_looked_at(turn: int) -> None:
    # In figures: a browser writes the codes of some characters beside the page, where a form's turn does not reach them.
    body = "<p>2023: 1179.47</p><table><tr><td>301</td><td>1,238.58</td></tr><tr><td>302</td><td>6.20</td></tr></table>"
    straight = read(printed(body), "report.pdf")
    turned = read(turned_pdf(printed(body), turn), "report.pdf")
    assert turned.lines == straight.lines
    assert [table.spans for table in turned.tables] == [table.spans for table in straight.tables] != []


# ----------------------------------------------------------------------------------------- bad input
def test_pages_that_are_only_images_are_named_and_the_rest_is_audited(tmp_path: Path) -> None:
    found = audit(saved(tmp_path, with_image_pages(printed(NARRATIVE), [0, 2])))
    assert [part.where["zh"] for part in found.document.unread] == ["第1页", "第3页"]
    assert any(fact.printed == "1179.47" for fact in found.facts)
    reasons = [result.reason["zh"] for result in found.results if result.rule.id == "DSC-07"]
    assert reasons == ["第1页：只有图像，没有文字", "第3页：只有图像，没有文字"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: with_image_pages(None, [0]), "has no text that can be read"),
        (lambda: made(0), "has no pages or"),
        (lambda: made(3), "has no text that can be read"),
        (lambda: made(2000), "has 2000 pages"),
        (lambda: printed(NARRATIVE)[:900], "cut short"),
        (lambda: b"%PDF-1.7\n" + b"1 0 obj<<>>endobj\n" * 9, "cut short"),
        (lambda: _encrypted(), "password"),
    ],
    ids=["scanned", "no page", "empty pages", "2000 pages", "truncated", "no PDF", "encrypted"],
)  # fmt: skip
def test_bad_pdf_is_one_line(tmp_path: Path, content: object, message: str) -> None:
    path = saved(tmp_path, content())  # type: ignore[operator]
    with pytest.raises(ReportError, match=message) as error:
        audit(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def _encrypted() -> bytes:
    """A PDF that opens with a password only: the dictionary of encryption has keys that an empty one does not fit."""
    key = "<" + "5a" * 32 + ">"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        f"<</Filter/Standard/V 2/R 3/Length 128/P -44/O {key}/U {key}>>",
    ]
    out = "%PDF-1.6\n"
    offsets = []
    for number, words in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj{words}endobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(
        f"{at:010} 00000 n \n" for at in offsets
    )
    out += f"trailer<</Size {len(objects) + 1}/Root 1 0 R/Encrypt 4 0 R/ID[{key}{key}]>>\nstartxref\n{start}\n%%EOF"
    return out.encode("latin-1")
