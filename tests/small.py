"""A small report with one published table, as a page, a PDF and a workbook: what the tests of showing places share."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook

from printing import printed

TITLE = "收入支出决算总表"
# The cells of the table with the columns that each spans; 本年支出合计 is not the sum of its parts.
ROWS: list[list[tuple[str, int]]] = [
    [("收入", 2), ("支出", 2)],
    [("项目", 1), ("决算数", 1), ("项目", 1), ("决算数", 1)],
    [("一、一般公共预算财政拨款收入", 1), ("100.00", 1), ("一、一般公共服务支出", 1), ("90.00", 1)],
    [("二、政府性基金预算财政拨款收入", 1), ("", 1), ("二、教育支出", 1), ("10.00", 1)],
    [("本年收入合计", 1), ("100.00", 1), ("本年支出合计", 1), ("103.00", 1)],
    [("总计", 1), ("100.00", 1), ("总计", 1), ("103.00", 1)],
]
ABOVE = [
    "某某市水务局2023年度部门决算",
    "第一部分 某某市水务局概况",
    "第二部分 2023年度部门决算表",
    TITLE,
    "单位：万元",
]
BELOW = [
    "第三部分 2023年度部门决算情况说明",
    "一、收入支出决算总体情况说明",
    "2023年度收入总计100.00万元，支出总计103.00万元。" + "本部门严格执行预算，压减一般性支出。" * 5,
    "二、收入决算情况说明",
    "本年收入合计100.00万元，其中：一般公共预算财政拨款收入100.00万元，占100.00%。",
]  # fmt: skip


def body() -> str:
    """The report as the body of a page; before the third part begins a new one."""
    cells = (
        "<tr>" + "".join(f"<td colspan={span}>{text}</td>" for text, span in row) + "</tr>" for row in ROWS
    )
    above = "".join(f"<p>{line}</p>" for line in ABOVE)
    below = "".join(f"<p>{line}</p>" for line in BELOW)
    return f"{above}<table>{''.join(cells)}</table><div style='break-after:page'></div>{below}"


@cache
def as_pdf() -> bytes:
    """The report as a PDF of two pages."""
    return printed(body())


def as_page() -> bytes:
    """The report as a web page."""
    return f"<!doctype html><meta charset=utf-8><title>决算</title><body>{body()}".encode()


def as_workbook() -> bytes:
    """The table alone in a workbook."""
    workbook, out = Workbook(), BytesIO()
    sheet = workbook.active
    sheet.title = TITLE
    sheet["A1"], sheet["A2"] = TITLE, "单位：万元"
    for number, row in enumerate(ROWS, 3):
        column = 1
        for text, span in row:
            sheet.cell(number, column, float(text) if text.replace(".", "").isdigit() else text or None)
            if span > 1:
                sheet.merge_cells(
                    start_row=number, end_row=number, start_column=column, end_column=column + span - 1
                )
            column += span
    workbook.save(out)
    return out.getvalue()


def saved(folder: Path, kind: str) -> Path:
    """The report as a file of this kind: pdf, html, xlsx, or txt for its text alone."""
    content = {"pdf": as_pdf, "html": as_page, "xlsx": as_workbook, "txt": as_text}[kind]()
    path = folder / f"report.{kind}"
    path.write_bytes(content)
    return path


def as_text() -> bytes:
    """The text of the report without its table."""
    return "\n".join([*ABOVE[:3], *BELOW]).encode()
