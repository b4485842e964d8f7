"""Which notebook is the workpaper of which sections."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from helpers.checking.result import Result
from helpers.facts.fact import Numeral
from helpers.reading.document import Section


@dataclass(frozen=True)
class Workpaper:
    """A notebook: its file name without ending, its title, and the section keys that it covers."""

    stem: str
    title: dict[str, str]
    sections: tuple[str, ...]


WORKPAPERS = (
    Workpaper("00_overview", {"zh": "部门概况", "en": "Overview"}, ("overview", "duties", "institutions")),
    Workpaper("01_totals", {"zh": "收入支出总体", "en": "Totals"}, ("totals", "prior_comparison")),
    Workpaper("02_income", {"zh": "收入", "en": "Income"}, ("income",)),
    Workpaper("03_expenditure", {"zh": "支出", "en": "Expenditure"}, ("expenditure", "project")),
    Workpaper("04_appropriation", {"zh": "财政拨款收入支出总体", "en": "Appropriations"}, ("appropriation",)),
    Workpaper(
        "05_general_budget",
        {"zh": "一般公共预算财政拨款支出", "en": "General public budget"},
        ("general", "general_total", "general_structure", "general_items", "general_project"),
    ),
    Workpaper("06_basic_expenditure", {"zh": "基本支出", "en": "Basic expenditure"}, ("general_basic",)),
    Workpaper("07_three_public", {"zh": "“三公”经费", "en": "Three public expenses"}, ("three_public",)),
    Workpaper(
        "08_funds",
        {"zh": "政府性基金与国有资本经营预算", "en": "Fund and state capital"},
        ("fund", "state_capital"),
    ),
    Workpaper(
        "09_other_matters",
        {"zh": "其他重要事项", "en": "Other matters"},
        ("other_matters", "operating_cost", "general_spending", "procurement", "assets", "performance"),
    ),
    Workpaper("10_performance", {"zh": "绩效附件", "en": "Performance annexes"}, ("annexes",)),
    Workpaper("11_tables", {"zh": "决算表", "en": "Published tables"}, ("tables",)),
    Workpaper(
        "12_glossary_and_form",
        {"zh": "名词解释与文字", "en": "Glossary and wording"},
        ("glossary", "report"),
    ),
)
TABLES = next(workpaper for workpaper in WORKPAPERS if workpaper.stem == "11_tables")

# The notebook that gathers all findings.
GATHERED = Workpaper("99_findings", {"zh": "全部发现", "en": "All findings"}, ())

# The notebook that shows one project of the annexes, run for each of them: a view, no part of any sum.
PROJECT = Workpaper("10_project", {"zh": "项目绩效", "en": "Performance of a project"}, ())

# The notebook over all reports of an output folder: it is on no report, and run by hand.
PORTFOLIO = Workpaper("95_portfolio", {"zh": "全部报告", "en": "Portfolio"}, ())

# What stands in these sections belongs to their workpaper, whatever the sections inside them are about.
_WHOLE = frozenset({"annexes"})
_BY_SECTION = {key: workpaper for workpaper in WORKPAPERS for key in workpaper.sections}


def workpaper_of(result: Result) -> Workpaper:
    """The workpaper that a result belongs to: that of its section in the report, else that of its rule.

    A result on a cell of a published table belongs to the tables, wherever they stand, unless it is of another section.
    """
    first = result.operands[0] if result.operands else None
    if first is not None and first.dimension("table") and result.section == first.section:
        return TABLES
    return workpaper_of_section(result.section, result.rule.section or "report")


def workpaper_of_numeral(numeral: Numeral, table_lines: Container[int]) -> Workpaper:
    """The workpaper that a printed figure belongs to; `table_lines` are those of the published tables."""
    return TABLES if numeral.source.line in table_lines else workpaper_of_section(numeral.section)


def workpaper_of_section(section: Section | None, otherwise: str = "report") -> Workpaper:
    """The workpaper that covers a section of the report."""
    keys = section.keys if section else ()
    for key in [key for key in keys if key in _WHOLE] or reversed(keys):
        if key in _BY_SECTION:
            return _BY_SECTION[key]
    return _BY_SECTION.get(otherwise, _BY_SECTION["report"])
