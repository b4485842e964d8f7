"""The words of the HTML pages in zh and en."""

from __future__ import annotations

from helpers.data import data_folder, read_yaml
from helpers.facts.document_kind import document_kinds

_WORDS = {
    "title": ("部门决算核对底稿", "Final-accounts audit"),
    "title_of": ("{}年度部门决算核对底稿", "Audit of the final accounts of {}"),
    "skip": ("跳到正文", "Skip to content"),
    "nav": ("页面", "Pages"),
    "summary": ("核对结果", "Summary"),
    "source": ("报告原文", "Report text"),
    "batch": ("全部报告", "All reports"),
    "file": ("报告文件", "Report file"),
    "sha256": ("文件校验值", "SHA-256"),
    "entity": ("部门", "Department"),
    "year": ("年度", "Year"),
    "document_kind": ("文件类型", "Kind of document"),
    "form": ("公开格式", "Form"),
    "unknown": ("报告中未见", "not shown in the report"),
    "sign_off": ("核对概况", "What was tested"),
    "attempted": ("应核对", "Attempted"),
    "ties": ("相符", "Ties"),
    "ties_within_rounding": ("舍入内相符", "Within rounding"),
    "exception": ("不符", "Exceptions"),
    "not_tested": ("未核对", "Not tested"),
    "figures": ("数字", "Figures"),
    "checked": ("已核对", "Checked"),
    "unchecked": ("未核对的数字", "Figures not checked"),
    "checks": ("核对项目", "Checks"),
    "workpaper": ("底稿", "Workpaper"),
    "total": ("合计", "Total"),
    "found": ("找到", "Found"),
    "finding": ("发现", "Finding"),
    "and": ("；", "; "),
    "kept": ("已是最新", "up to date"),
    "whole": ("完整的发现", "The whole finding"),
    "findings": ("发现", "Findings"),
    "no_findings": ("没有发现。", "No findings."),
    "why_not": ("未核对的项目与原因", "What was not tested, and why"),
    "by_section": ("按部分列出", "By section"),
    "by_reason": ("按原因逐项列出", "Each of them, by reason"),
    "coverage": ("各部分的核对", "Coverage by section"),
    "not_met": ("不符合", "Not met"),
    "note_on": ("提示", "Note on"),
    "all_tested": ("没有未核对的项目。", "Nothing was left untested."),
    "not_applicable": ("不适用于本年度或本格式的规则", "Rules that do not apply to this year or form"),
    "not_of_kind": ("不适用于这类文件的规则", "Rules that do not apply to this kind of document"),
    "high": ("高", "High"),
    "medium": ("中", "Medium"),
    "low": ("低", "Low"),
    "info": ("提示", "Note"),
    "reported": ("报告数", "Reported"),
    "expected": ("应为", "Expected"),
    "computed": ("核算为", "Computed"),
    "difference": ("差异", "Difference"),
    "reference": ("依据", "Reference"),
    "suspect": ("疑点", "Likely slip"),
    "suspects": ("疑点（按可能性）", "Suspects, likeliest first"),
    "equation": ("算式", "Equation"),
    "section": ("所在部分", "Section"),
    "unread": ("未能读出，未核对", "Not read, and not tested"),
    "in_prior": ("上年报告", "Last year's report"),
    "in_budget": ("部门预算", "The budget"),
    "disposition": ("处理", "Disposition"),
    "outdated": ("所判内容已变，请重新判断", "what was judged has changed; judge again"),
    "orphans": ("已作处理、现已没有的发现", "Decided on, and no longer found"),
    "open": ("待处理", "Open"),
    "gathered": ("同一数字引起的其他不符", "Other exceptions of the same figure"),
    "writing": ("审计表述", "As audit writing"),
    "criteria": ("标准", "Criteria"),
    "condition": ("情况", "Condition"),
    "effect": ("影响", "Effect"),
    "cause": ("原因", "Cause"),
    "recommendation": ("建议", "Recommendation"),
    "evidence_sheet": ("审计取证单（草稿）", "Evidence sheet (draft)"),
    "files": ("文件", "Files"),
    "to_workpaper": ("查看底稿", "Workpaper"),
    "project": ("项目{}", "Project {}"),
    "to_project": ("项目：{}", "Project: {}"),
    "to_source": ("查看原文", "In the report"),
    "more": ("其余各处", "Further places"),
    "how_to_read": ("每个数字都有核对符号；点选数字看它的全部核对，点选方框中的编号看发现。", "Every figure carries a tickmark: choose a figure for all its checks, a number in a box for the finding."),
    "legend": ("核对符号", "Tickmarks"),
    "finding_numbers": ("发现编号", "Findings by number"),
    "pictures": ("公开的页面", "The pages as published"),
    "close": ("关闭", "Close"),
    "tested_figure": ("有疑问之处", "in question"),
    "other_figure": ("对照之处", "compared with"),
    "code": ("代码", "Code"),
    "parameters": ("参数", "Parameters"),
    "colon": ("：", ": "),
    "table": ("表格", "Table"),
    "workpapers": ("底稿目录", "Workpapers"),
    "says_high": ("数字错误或缺少法定内容，达到重要性水平", "A material contradiction, or required content missing"),
    "says_medium": ("较小的不符，或说明不能成立", "A smaller contradiction, or an explanation that does not follow"),
    "says_low": ("列示、文字或末位百分比", "Presentation, wording, or a last digit"),
    "says_info": ("舍入尾差或分析性观察，不作结论", "A rounding tail or an observation; not a claim"),
    "prepared": ("编制人", "Prepared by"),
    "reviewed": ("复核人", "Reviewed by"),
    "date": ("日期", "Date"),
    "reports": ("报告", "Reports"),
    "report": ("报告", "Report"),
    "failed": ("未能完成的报告", "Reports that could not be audited"),
    "error": ("原因", "Reason"),
    "offline": ("由程序核对；是否属于问题由审计人员判断。", "Computed; whether a difference is an error is for the auditor to judge."),
}  # fmt: skip


def words(lang: str) -> dict[str, str]:
    """The words of the pages by name, in `zh` or `en`."""
    return {name: pair[lang == "en"] for name, pair in _WORDS.items()}


def form_label(form: str, lang: str) -> str:
    """What a form of publication is called."""
    names = {entry["id"]: entry[lang] for entry in read_yaml(data_folder() / "taxonomy" / "forms.yaml")}
    return str(names.get(form, {"zh": "全国通用", "en": "National"}[lang]))


def kind_label(kind: str, lang: str) -> str:
    """What a kind of document is called."""
    return document_kinds()[kind][lang]
