"""What the command line prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from helpers.checking.kinds import Outcome
from helpers.checking.rules import Rule, reference_text
from helpers.findings.finding import Finding
from helpers.findings.wording import printed

if TYPE_CHECKING:
    from helpers.audit import Audit

_WORDS = {
    "zh": {"severity": "程度", "place": "位置", "message": "发现", "id": "编号", "rule": "规则", "kind": "类别", "label": "内容", "reference": "依据", "years": "年度", "forms": "格式", "none": "没有发现", "unread": "未能读出，未核对：{}：{}"},
    "en": {"severity": "Severity", "place": "Place", "message": "Finding", "id": "Id", "rule": "Rule", "kind": "Kind", "label": "What it says", "reference": "Reference", "years": "Years", "forms": "Forms", "none": "No findings", "unread": "Not read and not tested: {}: {}"},
}  # fmt: skip
_OUTCOMES = {
    "zh": {Outcome.TIES: "相符", Outcome.TIES_WITHIN_ROUNDING: "舍入内相符", Outcome.EXCEPTION: "不符", Outcome.NOT_TESTED: "未核对"},
    "en": {Outcome.TIES: "tie", Outcome.TIES_WITHIN_ROUNDING: "tie within rounding", Outcome.EXCEPTION: "exceptions", Outcome.NOT_TESTED: "not tested"},
}  # fmt: skip
_COLOURS = {"high": "bold red", "medium": "yellow", "low": "cyan", "info": "dim"}


def show(audit: Audit, lang: str) -> None:
    """Print the findings of an audit, then what was tested and what was not."""
    console, words = Console(), _WORDS[lang]
    console.print(Text(f"{audit.file}  {audit.entity}  {audit.year or ''}"))
    if audit.findings:
        heads = [Column(words[name], overflow="fold") for name in ("severity", "place", "message", "id")]
        table = Table(*heads)
        for finding in audit.findings:
            table.add_row(
                Text(finding.severity, _COLOURS[finding.severity]),
                Text(audit.where(finding.evidence[0].source)[lang]),
                Text(finding.message[lang] + _suspected(finding, lang) + _gathered(finding, lang)),
                Text(finding.id),
            )
        console.print(table)
    else:
        console.print(words["none"])
    for unread in audit.document.unread:
        console.print(Text(words["unread"].format(unread.where[lang], unread.why[lang])))
    console.print(Text(coverage(audit, lang)))


def _suspected(finding: Finding, lang: str) -> str:
    """The first suspect of a finding and the value that would satisfy its checks, or nothing."""
    if not finding.suspects:
        return ""
    suspect = finding.suspects[0]
    label = {"zh": "疑点", "en": " Suspect"}[lang]
    return f"{label}: {printed(suspect.fact)} → {suspect.correction}"


def _gathered(finding: Finding, lang: str) -> str:
    """How many other exceptions the first suspect explains and of which rules, or nothing."""
    if not finding.gathered:
        return ""
    label = {"zh": "；同一数字引起的其他不符{}项：", "en": "; {} more exceptions of the same figure: "}[lang]
    comma = {"zh": "、", "en": ", "}[lang]
    return label.format(len(finding.gathered)) + comma.join(f.id for f in finding.gathered)


def coverage(audit: Audit, lang: str) -> str:
    """One line: results by outcome, and figures found and checked."""
    counts = audit.counts()
    parts = [f"{_OUTCOMES[lang][outcome]} {count}" for outcome, count in counts.items()]
    total = sum(counts.values())
    checked = sum(map(audit.is_checked, audit.numerals))
    if lang == "zh":
        return f"核对 {total} 项：{'、'.join(parts)}；数字 {len(audit.numerals)} 个，已核对 {checked} 个"
    return f"{total} checks: {', '.join(parts)}; {len(audit.numerals)} figures, {checked} checked"


def show_rules(rules: Sequence[Rule], lang: str, markdown: bool) -> None:
    """Print the rule catalogue as a table, or as Markdown."""
    words = _WORDS[lang]
    heads = [words[name] for name in ("id", "kind", "label", "reference", "years", "forms")]
    rows = [
        [
            rule.id,
            rule.public_kind,
            rule.label[lang],
            reference_text(rule, lang),
            _years(rule),
            ", ".join(rule.forms) or "*",
        ]
        for rule in rules
    ]
    if markdown:
        print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for row in rows:
            print("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
        return
    table = Table(*(Column(head, overflow="fold") for head in heads))
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def _years(rule: Rule) -> str:
    first, last = rule.years
    return "*" if (first, last) == (0, 9999) else f"{first or ''}-{'' if last == 9999 else last}"
