"""A draft 审计取证单 (audit evidence sheet) of a finding as a Word file: filled in as far as a report allows.

Who audited, when, and what the audited unit says of it are left blank.  The sheet is in Chinese, as audit offices use
it; in English its headings stand in English too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from functools import cache
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from helpers.audit import Audit
from helpers.findings.finding import Finding
from helpers.findings.wording import printed
from helpers.showing.office_text import office_text

MOST_QUOTE = 600  # characters of a quote; the whole stands in the report
_MOST_WORDS = 8_000
_CREATED = datetime(2000, 1, 1)  # the same for every sheet: it has no clock
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_BODY, _TITLE, _LATIN = "宋体", "黑体", "Times New Roman"
_FIELDS, _EVIDENCE = (
    (32, 53, 32, 53),
    (12, 46, 38, 74),
)  # widths of columns in mm: 170 in all, of A4 without its margins
_LABEL_FILL = "F2F2F2"

_WORDS = {
    "title": ("审计取证单", "Audit evidence sheet"), "number": ("编号：", "No."),
    "draft": ("草稿：根据公开的报告生成，须经审计人员核实后使用。", "A draft made from the published report, to be verified by the auditor."),
    "project": ("项目名称", "Project"), "unit": ("被审计单位", "Audited unit"), "matter": ("审计事项", "Matter audited"),
    "summary": ("审计事项摘要", "Summary of the matter"), "criteria": ("标准", "Criteria"), "condition": ("情况", "Condition"),
    "effect": ("影响", "Effect"), "list": ("证据清单", "List of evidence"), "ordinal": ("序号", "No."), "figure": ("数字", "Figure"),
    "place": ("位置", "Place"), "quote": ("原文摘录", "Quote"), "auditor": ("审计人员", "Auditor"), "date": ("编制日期", "Date"),
    "reviewer": ("复核人员", "Reviewer"), "reviewed": ("复核日期", "Date of review"),
    "opinion": ("被审计单位意见", "Opinion of the audited unit"), "seal": ("（单位盖章）", "(seal of the unit)"),
    "signed": ("负责人签名：", "Signature:"), "day": ("　　　年　　月　　日", ""),
}  # fmt: skip


EVIDENCE = "evidence"  # the folder of the sheets


def evidence_name(finding: Finding) -> str:
    """The file name of a finding's sheet: its id; where that is no safe name, made one and unique."""
    plain = re.sub(r"[^\w-]", "_", finding.id)[:60] or "_"
    if plain != finding.id:
        plain += "-" + hashlib.sha256(finding.id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}.docx"


def evidence_paper(audit: Audit, finding: Finding, lang: str) -> bytes:
    """The draft evidence sheet of a finding as a DOCX file, the same bytes for the same finding."""
    return _Paper(audit, finding, lang).content()


@cache
def _base() -> bytes:
    """An empty sheet: A4 with the page's number below, Chinese fonts, properties that name no person and no time."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(22)
    styles = document.styles.element
    defaults = styles.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    fonts = defaults.find(qn("w:rFonts"))
    fonts.attrib.clear()
    for name, font in (("ascii", _LATIN), ("hAnsi", _LATIN), ("cs", _LATIN), ("eastAsia", _BODY)):
        fonts.set(qn(f"w:{name}"), font)
    defaults.find(qn("w:lang")).set(qn("w:eastAsia"), "zh-CN")
    normal = document.styles["Normal"]
    normal.font.size = Pt(10.5)
    normal.paragraph_format.space_after = Pt(2)
    normal.paragraph_format.line_spacing = 1.15
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for words, field in (("第 ", "PAGE"), (" 页，共 ", "NUMPAGES"), (" 页", "")):
        foot.add_run(words)
        if field:
            _add_field(foot, field)
    properties = document.core_properties
    properties.title = _WORDS["title"][0]
    properties.author = properties.comments = properties.last_modified_by = ""
    properties.created = properties.modified = _CREATED
    # Of the library's template, what makes every sheet four times as large and as slow to write.
    for style in styles.findall(qn("w:style")):
        if style.get(qn("w:type")) == "table" and style.get(qn("w:styleId")) not in (
            "TableNormal",
            "TableGrid",
        ):
            styles.remove(style)
    for rels, unused in (
        (document.part.rels, "stylesWithEffects"),
        (document.part.package.rels, "thumbnail"),
    ):
        for key in [key for key, rel in rels.items() if rel.reltype.endswith(f"/{unused}")]:
            del rels[key]
    out = BytesIO()
    document.save(out)
    return out.getvalue()


@cache
def _form(lang: str) -> bytes:
    """The sheet with all that is the same for every finding; its list of evidence has one row, to be copied."""
    return _Form(lang).content()


class _Form:
    """The headings, labels and empty cells of the sheet."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.document: Document = docx.Document(BytesIO(_base()))

    def content(self) -> bytes:
        self._heading()
        self._matter()
        self._evidence()
        self._signatures()
        out = BytesIO()
        self.document.save(out)
        return out.getvalue()

    def _heading(self) -> None:
        title = self.document.add_paragraph()
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _add(title, self._label("title", "  "), size=18, font=_TITLE)
        draft = self.document.add_paragraph()
        _add(draft, self._label("draft", " "), size=9)
        number = self.document.add_paragraph()
        number.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def _matter(self) -> None:
        table = self._table(4, _FIELDS)
        for row, name in zip(table.rows, ("project", "unit", "matter", "summary"), strict=True):
            self._fill_label(row.cells[0], name)
            row.cells[1].merge(row.cells[3])

    def _evidence(self) -> None:
        title = self.document.add_paragraph()
        title.paragraph_format.space_before = Pt(8)
        title.paragraph_format.keep_with_next = True
        _add(title, self._label("list", "  "), bold=True)
        head, row = self._table(2, _EVIDENCE).rows
        for cell, name in zip(_cells(head), ("ordinal", "figure", "place", "quote"), strict=True):
            self._fill_label(cell, name)
        head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))

    def _signatures(self) -> None:
        """Room for those who audited and reviewed, and for the audited unit's opinion, signature and seal."""
        self.document.add_paragraph().paragraph_format.space_after = Pt(0)
        table = self._table(3, _FIELDS)
        for row, pair in zip(table.rows, (("auditor", "date"), ("reviewer", "reviewed")), strict=False):
            for column, name in zip((0, 2), pair, strict=True):
                self._fill_label(row.cells[column], name)
            row.height = Mm(11)
        opinion = table.rows[2]
        opinion.height, opinion.height_rule = Mm(52), WD_ROW_HEIGHT_RULE.AT_LEAST
        opinion._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        self._fill_label(opinion.cells[0], "opinion")
        cell = opinion.cells[1].merge(opinion.cells[3])
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
        _add(cell.paragraphs[0], self._label("signed", " "))
        _add(cell.add_paragraph(), self._label("seal", " "))
        day = cell.add_paragraph()
        day.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _add(day, _WORDS["day"][0])

    # ------------------------------------------------------------------------------------------- the pieces

    def _label(self, name: str, between: str) -> str:
        """The Chinese heading; in English with the English one after it."""
        zh, en = _WORDS[name]
        return f"{zh}{between}{en}" if self.lang == "en" else zh

    def _fill_label(self, cell: _Cell, name: str) -> None:
        shade = OxmlElement("w:shd")
        for key, value in (("val", "clear"), ("color", "auto"), ("fill", _LABEL_FILL)):
            shade.set(qn(f"w:{key}"), value)
        cell._tc.get_or_add_tcPr().append(shade)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        _add(cell.paragraphs[0], self._label(name, "\n"), bold=True)

    def _table(self, rows: int, widths: Sequence[int]) -> Table:
        """An empty table with lines and columns of these widths."""
        table: Table = self.document.add_table(rows, len(widths), "Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        for row in table.rows:
            for cell, width in zip(_cells(row), widths, strict=True):
                cell.width = Mm(width)
        return table


class _Paper:
    """The form filled in for one finding."""

    def __init__(self, audit: Audit, finding: Finding, lang: str) -> None:
        self.audit, self.finding = audit, finding
        self.document: Document = docx.Document(BytesIO(_form(lang)))

    def content(self) -> bytes:
        _add(self.document.paragraphs[2], f"{_WORDS['number'][0]}{self.finding.id}", size=9)
        matter, evidence, _ = self.document.tables
        self._fill_matter(matter)
        self._fill_evidence(evidence)
        out = BytesIO()
        self.document.save(out)
        return _without_dates(out.getvalue())

    def _fill_matter(self, table: Table) -> None:
        """What was audited, of whom, and the finding's criteria, condition and effect."""
        year = self.audit.year
        written = self.audit.writing(self.finding)
        cells = [_Cell(row.tc_lst[1], table) for row in table._tbl.tr_lst]
        for cell, words in zip(
            cells,
            (
                f"{self.audit.entity}{f'{year}年度' if year else ''}部门决算审计",
                self.audit.entity or "（报告中未见）",
                f"核对“{self.finding.result.rule.label['zh']}”是否成立",
                "",
            ),
            strict=True,
        ):
            _add(cell.paragraphs[0], words)
        for name in ("criteria", "condition", "effect"):
            paragraph = cells[-1].paragraphs[0] if name == "criteria" else cells[-1].add_paragraph()
            _add(paragraph, f"{_WORDS[name][0]}：", bold=True)
            _add(paragraph, getattr(written, name)["zh"])

    def _fill_evidence(self, table: Table) -> None:
        """The places that the finding rests on, each with its figure and the words of the report."""
        facts = {fact.id: fact for fact in (*self.audit.facts, *self.audit.other_facts)}
        empty = table._tbl.tr_lst[1]
        for number, piece in enumerate(self.finding.evidence, 1):
            fact = facts.get(piece.fact or "")
            figure = f"{fact.label['zh']} {printed(fact)}" if fact else "—"
            quote = office_text(" ".join(piece.quote.split()), MOST_QUOTE)
            place = self.audit.where(piece.source)["zh"]
            row = deepcopy(empty)
            empty.addprevious(row)
            for cell, words in zip(row.tc_lst, (str(number), figure, place, quote), strict=True):
                _add(_Cell(cell, table).paragraphs[0], words, size=9)
        table._tbl.remove(empty)


def _cells(row: _Row) -> tuple[_Cell, ...]:
    return tuple(row.cells)


def _add(
    paragraph: Paragraph, words: str, size: float | None = None, bold: bool = False, font: str | None = None
) -> None:
    """Words at the end of a paragraph."""
    run = paragraph.add_run(office_text(words, _MOST_WORDS))
    run.bold = bold or None
    if size is not None:
        run.font.size = Pt(size)
    if font is not None:
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _add_field(paragraph: Paragraph, name: str) -> None:
    """A field that Word fills in, such as the number of the page."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    shown = paragraph.add_run("1")
    field.append(shown._r)
    paragraph._p.append(field)


def _without_dates(content: bytes) -> bytes:
    """The same package; its entries have one date, as they would else have the time of writing."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            info = ZipInfo(entry.filename, _ZIP_DATE)
            info.compress_type = ZIP_DEFLATED
            new.writestr(info, old.read(entry))
    return out.getvalue()
