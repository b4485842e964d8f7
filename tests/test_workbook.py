"""Reading workbooks: a sheet is a table with its titles and notes, numbers as printed, every cell in its place."""

from __future__ import annotations

import random
import struct
import zipfile
from datetime import date
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
import xlwt
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from helpers.reading import xlsx
from helpers.reading.cells import moment, number
from helpers.reading.document import Document, Place, ReportError, Source, Unread
from helpers.reading.read import read
from helpers.reading.xls import _Texts

TITLES = ["收入支出决算总表", "公开01表", "部门：某市水务局", "金额单位：万元"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def saved(workbook: openpyxl.Workbook | xlwt.Workbook) -> bytes:
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def fill_xlsx(sheet: Worksheet) -> None:
    for row in [
        [TITLES[0]],
        [None, None, None, None, TITLES[1]],
        [TITLES[2], None, None, None, TITLES[3]],
        ["项目", None, "决算数"],
        ["科目编码", "科目名称", "小计", "基本支出", "项目支出"],
        [2010301, "行政运行", 2940.0500000000002, 0.1 + 0.2, "-"],
        [],
        [],
        [],
        [None, "合计", 1179],
        ["注：本表反映本年度收支"],
    ]:
        sheet.append(row)
    for merged in ("A1:E1", "A4:B4", "C4:E4", "D6:E6"):
        sheet.merge_cells(merged)
    sheet.merge_cells("A6:A8")


def fill_xls(sheet: xlwt.Worksheet) -> None:
    sheet.write_merge(0, 0, 0, 4, TITLES[0])
    sheet.write(1, 4, TITLES[1])
    sheet.write(2, 0, TITLES[2])
    sheet.write(2, 4, TITLES[3])
    sheet.write_merge(3, 3, 0, 1, "项目")
    sheet.write_merge(3, 3, 2, 4, "决算数")
    for column, head in enumerate(["科目编码", "科目名称", "小计", "基本支出", "项目支出"]):
        sheet.write(4, column, head)
    sheet.write_merge(5, 7, 0, 0, 2010301)
    sheet.write(5, 1, "行政运行")
    sheet.write(5, 2, 2940.0500000000002)
    sheet.write_merge(5, 5, 3, 4, 0.1 + 0.2)
    sheet.write(9, 1, "合计")
    sheet.write(9, 2, 1179)
    sheet.write(10, 0, "注：本表反映本年度收支")


def both() -> list[bytes]:
    new, old = openpyxl.Workbook(), xlwt.Workbook()
    new.active.title = "总表"
    fill_xlsx(new.active)
    fill_xls(old.add_sheet("总表"))
    return [saved(new), saved(old)]


def cells(document: Document, number: int = 0) -> list[list[str]]:
    return [[cell.raw for cell in row] for row in document.tables[number].rows]


def of_rows(*rows: list[object]) -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    return workbook


def with_member(content: bytes, name: str, body: bytes) -> bytes:
    """The archive with one member replaced or added."""
    buffer = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in {*old.namelist(), name}:
            new.writestr(member, body if member == name else old.read(member))
    return buffer.getvalue()


def sheet_xml(rows: str, rest: str = "") -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData>{rest}</worksheet>'.encode()


def with_texts(*texts: str) -> bytes:
    """A workbook that has these texts to share; its sheet is to be replaced."""
    items = "".join(f"<si>{text}</si>" for text in texts)
    return with_member(saved(of_rows(["甲", 1])), "xl/sharedStrings.xml", f"<sst>{items}</sst>".encode())


SHEET = "xl/worksheets/sheet1.xml"


# ---------------------------------------------------------------------------------------------- what is read


@pytest.mark.parametrize("content", both(), ids=["xlsx", "xls"])
def test_a_sheet_is_its_titles_its_table_and_its_notes(content):
    document = read(content, "总表")
    assert [p.text.raw for p in document.paragraphs] == [*TITLES, "注：本表反映本年度收支"]
    assert cells(document) == [
        ["项目", "决算数"],
        ["科目编码", "科目名称", "小计", "基本支出", "项目支出"],
        ["2010301", "行政运行", "2940.05", "0.3"],
        ["", "", "", "", ""],
        ["", "合计", "1179", "", ""],
    ]  # fmt: skip
    assert document.tables[0].spans == (
        ((0, 2), (2, 5)),
        ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5)),
        ((0, 1), (1, 2), (2, 3), (3, 5)),
        ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5)),
        ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5)),
    )
    assert document.unread == ()


@pytest.mark.parametrize("content", both(), ids=["xlsx", "xls"])
def test_every_line_is_a_cell_and_knows_its_place_in_the_sheet(content):
    document = read(content, "总表")
    where = [(place.row, place.column) for place in document.places]
    assert where == [
        (1, 1), (2, 5), (3, 1), (3, 5), (4, 1), (4, 3), *[(5, n) for n in range(1, 6)],
        (6, 1), (6, 2), (6, 3), (6, 4), *[(7, n) for n in range(1, 6)], *[(10, n) for n in range(1, 6)], (11, 1),
    ]  # fmt: skip
    assert {place.table for place in document.places} == {"总表"}
    rows = document.tables[0].rows
    assert [cell.pieces for cell in rows[2]] == [
        ((12, 0, "2010301"),),
        ((13, 0, "行政运行"),),
        ((14, 0, "2940.05"),),
        ((15, 0, "0.3"),),
    ]
    for block in (*document.paragraphs, *[cell for row in rows for cell in row]):
        text = getattr(block, "text", block)
        assert [document.lines[line - 1] for line, _, _ in text.pieces] == [text.raw]
    assert document.locate(rows[2][2].source(0, 7)) == {
        "line": 14, "table": "总表", "row": 6, "column": 3, "start": 0, "end": 7,
    }  # fmt: skip


def test_a_cell_merged_down_is_empty_below_and_a_row_of_one_cell_stays_in_the_table():
    workbook = of_rows(
        ["表"], ["科目", "数"], ["一、收入", 1], [None, 2], ["二、支出"], ["结余", 3], ["合计"]
    )
    workbook.active.merge_cells("A3:A4")
    document = read(saved(workbook), "a.xlsx")
    assert cells(document) == [["科目", "数"], ["一、收入", "1"], ["", "2"], ["二、支出", ""], ["结余", "3"], ["合计", ""]]  # fmt: skip


def test_what_a_merged_cell_covers_is_not_shown():
    rows = "".join(f"<row><c><v>{n}</v></c><c><v>{n + 5}</v></c></row>" for n in (1, 2))
    merged = '<mergeCells><mergeCell ref="A1:A2"/></mergeCells>'
    document = read(with_member(saved(of_rows(["甲", 1])), SHEET, sheet_xml(rows, merged)), "a.xlsx")
    assert cells(document) == [["1", "6"], ["", "7"]]


def test_notes_begin_at_the_first_that_says_so():
    rows = [["项目", "数"], ["甲", 1], ["合计"], ["说明：一"], ["第二行"], ["无此项收支。"]]
    document = read(saved(of_rows(*rows)), "a.xlsx")
    assert [p.text.raw for p in document.paragraphs] == ["Sheet", "说明：一", "第二行", "无此项收支。"]
    assert cells(document) == [["项目", "数"], ["甲", "1"], ["合计", ""]]


def test_a_sheet_without_a_title_goes_by_its_name_and_one_without_a_table_is_text():
    workbook = of_rows(["甲", 1])
    workbook.active.title = "Z03 支出决算表"
    second = workbook.create_sheet("说明")
    second["B2"], second["B5"] = "一、编制说明", "本表数据取自账簿。"
    document = read(saved(workbook), "a.xlsx")
    assert document.lines == ("Z03 支出决算表", "甲", "1", "一、编制说明", "本表数据取自账簿。")
    assert document.places[0] == Place(table="Z03 支出决算表", is_sheet=True)
    assert document.places[3] == Place(table="说明", row=2, column=2, is_sheet=True)
    assert [section.title for section in document.sections] == ["一、编制说明"]
    assert len(document.tables) == 1


def test_a_list_of_the_tables_is_a_table_and_hides_none():
    workbook = of_rows(["目录"], ["序号", "表名"], [1, "收入决算表"])
    second = workbook.create_sheet("收入决算表")
    for row in (["收入决算表"], ["序号", "项目", "数"], [1, "甲", 2]):
        second.append(row)
    document = read(saved(workbook), "a.xlsx")
    assert [cells(document, n)[0] for n in range(2)] == [["序号", "表名"], ["序号", "项目", "数"]]
    assert document.contents == ()


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2940.0500000000002", "2940.05"),
        ("0.30000000000000004", "0.3"),
        ("912.5", "912.5"),
        ("1179.0", "1179"),
        ("-0.0", "0"),
        ("-3.10", "-3.1"),
        ("123456789012.34500", "123456789012.345"),
        ("1E-05", "0.00001"),
        ("1.1794700000000001E+7", "11794700"),
        ("1E+999999", "1E+999999"),
        ("nan", "nan"),
    ],
)
def test_a_number_is_its_shortest_decimal(stored, shown):
    assert number(stored) == shown


def test_a_number_survives_its_way_through_a_binary_fraction():
    rng = random.Random(7)
    for _ in range(2_000):
        printed = f"{rng.randrange(10**9)}.{rng.randrange(100):02d}"
        assert Decimal(number(repr(float(printed)))) == Decimal(printed)
        assert Decimal(number(f"{float(printed):.17g}")) == Decimal(printed)


def values() -> list[bytes]:
    new = of_rows(["甲", 0.4114, 0.075, date(2024, 3, 1), True, "#REF!", 45352.5, 41.5, 12])
    for column, code in zip(
        "BCDGHI", ["0.00%", "0%", "yyyy年m月d日", "yyyy-mm-dd hh:mm", '0.0"%元"', "[Red]0_);0"], strict=True
    ):
        new.active[f"{column}1"].number_format = code
    old = xlwt.Workbook()
    sheet = old.add_sheet("Sheet")
    codes = {
        1: "0.00%",
        2: "0%",
        3: 'yyyy"年"m"月"d"日"',
        6: "yyyy-mm-dd hh:mm",
        7: '0.0"%元"',
        8: "[Red]0_);0",
    }
    row = ["甲", 0.4114, 0.075, date(2024, 3, 1), True, None, 45352.5, 41.5, 12]
    for column, value in enumerate(row):
        if value is None:
            sheet.row(0).set_cell_error(column, "#REF!")
        else:
            style = xlwt.easyxf(num_format_str=codes[column]) if column in codes else xlwt.Style.default_style
            sheet.write(0, column, value, style)
    return [saved(new), saved(old)]


@pytest.mark.parametrize("content", values(), ids=["xlsx", "xls"])
def test_percentages_dates_truths_and_errors_read_as_they_are_shown(content):
    (row,) = cells(read(content, "a"))
    assert row == ["甲", "41.14%", "7.5%", "2024-03-01", "TRUE", "#REF!", "2024-03-01 12:00:00", "41.5", "12"]


def test_days_count_from_1900_or_1904():
    assert moment(59, False) == "1900-02-28" and moment(61, False) == "1900-03-01"
    assert moment(0, True) == "00:00:00" and moment(1, True) == "1904-01-02"
    assert moment(0.75, False) == "18:00:00" and moment(1e12, False) == "1000000000000"


def test_texts_that_go_over_the_end_of_a_record_are_whole():
    rng = random.Random(3)
    texts = [
        "".join(rng.choice("决算abc收入é") for _ in range(rng.choice([3, 40, 3_000]))) for _ in range(200)
    ]
    texts += ["x" * rng.randrange(1, 9_000) for _ in range(50)]
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("a")
    for row, text in enumerate(texts):
        sheet.write(row, 0, text)
        sheet.write(row, 1, row - 100.25)
    rows = cells(read(saved(workbook), "a.xls"))
    assert rows == [[text, number(repr(n - 100.25))] for n, text in enumerate(texts)]


def test_a_text_may_change_its_width_where_it_goes_on_in_the_next_record():
    first = struct.pack("<II", 2, 2) + struct.pack("<HB", 5, 0) + b"abc"
    second = b"\x01" + "决算".encode("utf-16-le") + struct.pack("<HBH", 2, 8, 1) + b"xy" + b"\0\0\0\0"
    assert _Texts([first, second]).read() == ["abc决算", "xy"]
    with pytest.raises(ValueError):
        _Texts([first]).read()


def test_rich_texts_phonetics_and_inline_texts_of_a_stream():
    rows = (
        '<row r="3"><c r="B3" t="inlineStr"><is><r><t>一般</t></r><r><t>公共_x000D_\n预算</t></r>'
        "<rPh><t>yiban</t></rPh></is></c><c t='str'><f>A1</f><v>合计</v></c><c><v>7</v></c></row>"
        "<row><c><v>8</v></c></row>"
    )
    content = with_member(saved(of_rows(["甲", 1])), SHEET, sheet_xml(rows))
    document = read(content, "a.xlsx")
    assert cells(document) == [["", "一般公共 预算", "合计", "7"], ["8", "", "", ""]]
    assert document.places[-1] == Place(table="Sheet", row=4, column=4, is_sheet=True)


def test_shared_texts_are_read_with_their_runs_and_without_their_phonetics():
    book = with_texts(
        "\n <t>项目</t>", '<r><t xml:space="preserve"> 一般</t></r><r><t>预算</t></r><rPh><t>yu</t></rPh>'
    )
    rows = '<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="s"><v>0</v></c></row>'
    assert cells(read(with_member(book, SHEET, sheet_xml(rows)), "a.xlsx")) == [[" 一般预算", "项目"]]
    assert refused(with_member(book, SHEET, sheet_xml(rows.replace("1</v>", "2</v>")))).startswith(
        "is damaged"
    )


# ------------------------------------------------------------------------------------ what is said to be unread


def hidden() -> list[bytes]:
    new = of_rows(["甲", 1])
    for name, state in (("藏一", "hidden"), ("藏二", "veryHidden"), ("空", "hidden")):
        new.create_sheet(name).sheet_state = state
    new["藏一"]["A1"] = new["藏二"]["A1"] = "密"
    old = xlwt.Workbook()
    for name, state in (("Sheet", 0), ("藏一", 1), ("藏二", 2), ("空", 1)):
        sheet = old.add_sheet(name)
        sheet.visibility = state
        if name != "空":
            sheet.write(0, 0, "甲" if name == "Sheet" else "密")
            sheet.write(0, 1, 1)
    return [saved(new), saved(old)]


@pytest.mark.parametrize("content", hidden(), ids=["xlsx", "xls"])
def test_hidden_sheets_are_not_read_and_are_said(content):
    document = read(content, "a")
    assert document.lines == ("Sheet", "甲", "1")
    why = {"zh": "是隐藏的", "en": "is hidden"}
    assert document.unread == tuple(
        Unread({"zh": f"工作表“{name}”", "en": f"sheet “{name}”"}, why) for name in ("藏一", "藏二")
    )


def test_a_formula_that_was_never_calculated_is_said():
    workbook = of_rows(["甲", 1], ["合计", "=SUM(B1:B1)"])
    document = read(saved(workbook), "a.xlsx")
    assert cells(document) == [["甲", "1"], ["合计", ""]]
    (unread,) = document.unread
    assert unread.why["en"] == "has 1 formulas without a stored result, the first in row 2, column 2"


def test_a_sheet_that_is_too_big_is_said_and_the_others_are_read():
    workbook = of_rows(["甲", 1])
    big = openpyxl.Workbook(write_only=True)
    for name in ("大", "小"):
        sheet = big.create_sheet(name)
        for row in range(70_000 if name == "大" else 2):
            sheet.append([row, 1, 2])
    document = read(saved(big), "a.xlsx")
    assert document.lines == ("小", "0", "1", "2", "1", "1", "2")
    (unread,) = document.unread
    assert unread.where["zh"] == "工作表“大”"
    assert read(saved(workbook), "a.xlsx").unread == ()


# ------------------------------------------------------------------------------------------------- hostile files


def refused(content: bytes) -> str:
    with pytest.raises(ReportError) as error:
        read(content, "a.xls")
    (line,) = str(error.value).splitlines()
    assert line.startswith("a.xls: ")
    return line.removeprefix("a.xls: ")


def compound(*names: str) -> bytes:
    """A compound file with empty streams of these names."""
    listing = b""
    for name, kind in [("Root Entry", 5), *[(name, 2) for name in names]]:
        title = name.encode("utf-16-le")
        entry = title.ljust(64, b"\0") + struct.pack("<HB", len(title) + 2, kind)
        listing += entry.ljust(116, b"\0") + struct.pack("<III", 0xFFFFFFFE, 0, 0)
    head = OLE + bytes(16) + struct.pack("<HHHH", 62, 3, 0xFFFE, 9) + bytes(12)
    head += struct.pack("<IIII", 1, 1, 0, 4096) + struct.pack("<IIII", 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0).ljust(436, b"\xff")
    table = struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE).ljust(512, b"\xff")
    return head + table + listing.ljust(512, b"\0")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (compound("EncryptionInfo", "EncryptedPackage"), "is protected by a password; save it without one"),
        (compound("WordDocument", "1Table"), "is a document of an old Word; save it as DOCX"),
        (compound("PowerPoint Document"), "is no workbook and no report; name a PDF, DOCX, HTML, XLSX, XLS or text file"),
        (OLE + b"\0" * 600, "is damaged or cut short; download it again"),
    ],
)  # fmt: skip
def test_office_files_that_are_no_workbook_are_refused(content, says):
    assert refused(content) == says


def test_a_workbook_with_a_password_is_refused():
    content = both()[1]
    at = content.index(struct.pack("<HH", 0x42, 2))  # The code page; what stands there instead is FILEPASS.
    locked = content[:at] + struct.pack("<H", 0x2F) + content[at + 2 :]
    assert refused(locked) == "is protected by a password; save it without one"


@pytest.mark.parametrize("kind", [0, 1], ids=["xlsx", "xls"])
def test_a_file_that_is_cut_or_damaged_is_refused_or_read(kind):
    content = both()[kind]
    for length in range(600, len(content), 211):
        try:
            read(content[:length], "a")
        except ReportError as error:
            assert str(error).count("\n") == 0
    assert refused(content[: len(content) // 2]).startswith("is damaged or cut short")
    rng = random.Random(5)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 5, 40])):
            damaged[rng.randrange(8, len(damaged))] = rng.choice([0, 255, rng.randrange(256)])
        try:
            read(bytes(damaged), "a")
        except ReportError as error:
            assert str(error).count("\n") == 0


def test_a_bomb_is_not_unpacked():
    content = with_member(saved(of_rows(["甲", 1])), SHEET, sheet_xml(" " * 130_000_000))
    assert len(content) < 1_000_000
    assert refused(content) == "unpacks to more than 128 MB; save its tables alone"


def test_a_tag_without_an_end_and_a_sheet_of_blank_cells_are_given_up(monkeypatch):
    def with_sheet(rows: str) -> bytes:
        return with_member(saved(of_rows(["甲", 1])), SHEET, sheet_xml(rows))

    assert (
        refused(with_sheet(f'<row x="{"a" * 3_000_000}"/>')) == "is damaged or cut short; download it again"
    )
    content = with_sheet(f"<row>{'<c/>' * 900}<c><v>1</v></c></row>")
    assert read(content, "a.xlsx").lines == ("Sheet", "1")
    monkeypatch.setattr(xlsx, "MAX_ELEMENTS", 800)
    assert "holds too much" in refused(content)


def test_a_text_that_is_shown_everywhere_is_not_multiplied():
    book = with_texts(f"<t>{'长' * 30_000}</t>")
    rows = "".join(f'<row><c t="s"><v>0</v></c><c><v>{n}</v></c></row>' for n in range(1_000))
    assert "holds too much" in refused(with_member(book, SHEET, sheet_xml(rows)))


def test_a_document_type_is_refused():
    bomb = b'<!DOCTYPE a [<!ENTITY b "b">]>' + sheet_xml("<row><c t='str'><v>&b;</v></c></row>")
    assert refused(with_member(saved(of_rows(["甲", 1])), SHEET, bomb)).startswith("is damaged")


def test_a_workbook_that_holds_nothing_is_said():
    assert refused(saved(of_rows([None], [" "]))) == "no sheet holds anything; save the tables in it"
    workbook = of_rows([])
    hidden_sheet = workbook.create_sheet("藏")
    hidden_sheet["A1"], hidden_sheet.sheet_state = "密", "hidden"
    assert refused(saved(workbook)) == "sheet “藏” is hidden; no other sheet holds anything"


def test_a_million_empty_rows_and_every_column_leave_the_table_as_it_is():
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
    rows += "".join(f'<row r="{n}" ht="14.25"><c r="A{n}" s="0"/></row>' for n in range(2, 1_000_000))
    rows += '<row r="1000000"><c r="XFD1000000"><v>3</v></c></row>'
    merged = '<mergeCells><mergeCell ref="A1:B1000000"/><mergeCell ref="C1:XFC999999"/></mergeCells>'
    document = read(with_member(saved(of_rows(["甲", 1])), SHEET, sheet_xml(rows, merged)), "a.xlsx")
    assert cells(document) == [["1", "", ""], ["", "", ""], ["", "", "3"]]
    assert document.locate(Source(len(document.lines), 0, 1))["column"] == xlsx.MAX_COLUMNS


def test_merged_cells_that_overlap_cost_no_more_than_the_table():
    rows = "".join(f"<row>{''.join(f'<c><v>{n}</v></c>' for n in range(100))}</row>" for _ in range(1_000))
    merged = "".join(f'<mergeCell ref="A{n}:CV1000"/>' for n in range(1, 1_000)) * 20
    content = with_member(
        saved(of_rows(["甲", 1])), SHEET, sheet_xml(rows, f"<mergeCells>{merged}</mergeCells>")
    )
    document = read(content, "a.xlsx")
    assert [len(row) for row in document.tables[0].rows] == [1] * 1_000


def test_columns_to_the_last_are_read():
    sheet = of_rows(["甲", *range(1, xlsx.MAX_COLUMNS)])
    sheet.active["A1"].font = Font(bold=True)
    (row,) = cells(read(saved(sheet), "a.xlsx"))
    assert (len(row), row[-1]) == (xlsx.MAX_COLUMNS, "16383")
