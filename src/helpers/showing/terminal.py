"""What the command line prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from helpers.checking.kinds import Outcome
from helpers.checking.rules import Rule, reference_text
from helpers.findings.comparison import Comparison, Figure
from helpers.findings.dispositions import state_word
from helpers.findings.finding import Disposition, Finding
from helpers.findings.wording import printed
from helpers.showing.dimensions import MEASURES, dimension_name
from helpers.showing.page_words import kind_label

if TYPE_CHECKING:
    from helpers.audit import Audit

_WORDS = {
    "zh": {"severity": "程度", "place": "位置", "message": "发现", "id": "编号", "rule": "规则", "kind": "类别", "label": "内容", "reference": "依据", "years": "年度", "forms": "格式", "none": "没有发现", "figure": "数字", "page": "第{}页", "line": "第{}行", "blank": "空白", "dash": "横线", "unreadable": "无法辨认", "section": "节", "changed": "有变化的数字", "only_first": "只在前一份中的数字", "only_second": "只在后一份中的数字", "went": "不再有的发现", "came": "新有的发现", "altered": "有变化的发现", "decided": "有变化的处理", "counts": "数字：变化 {}，只在前一份 {}，只在后一份 {}；发现：不再有 {}，新有 {}，仍有 {}（变化 {}）；处理变化 {}", "disposition": "处理", "outdated": "所判内容已变", "orphan": "已作处理、现无此发现：{}", "unread": "未能读出，未核对：{}：{}", "not_of_kind": "不适用于这类文件的规则：{}"},
    "en": {"severity": "Severity", "place": "Place", "message": "Finding", "id": "Id", "rule": "Rule", "kind": "Kind", "label": "What it says", "reference": "Reference", "years": "Years", "forms": "Forms", "none": "No findings", "figure": "Figure", "page": "p. {}", "line": "line {}", "section": "Section", "changed": "Figures that changed", "only_first": "Figures only in the first", "only_second": "Figures only in the second", "went": "Findings that went", "came": "Findings that came", "altered": "Findings that changed", "decided": "Dispositions that changed", "counts": "Figures: {} changed, {} only in the first, {} only in the second; findings: {} went, {} came, {} stayed ({} changed); {} dispositions changed", "disposition": "Disposition", "outdated": "what was judged has changed", "orphan": "Decided on, and no longer found: {}", "unread": "Not read and not tested: {}: {}", "not_of_kind": "Rules that do not apply to this kind of document: {}"},
}  # fmt: skip
_OUTCOMES = {
    "zh": {Outcome.TIES: "相符", Outcome.TIES_WITHIN_ROUNDING: "舍入内相符", Outcome.EXCEPTION: "不符", Outcome.NOT_TESTED: "未核对"},
    "en": {Outcome.TIES: "tie", Outcome.TIES_WITHIN_ROUNDING: "tie within rounding", Outcome.EXCEPTION: "exceptions", Outcome.NOT_TESTED: "not tested"},
}  # fmt: skip
_COLOURS = {"high": "bold red", "medium": "yellow", "low": "cyan", "info": "dim"}


def show(audit: Audit, lang: str) -> None:
    """Print the findings of an audit, then what was tested and what was not."""
    console, words = Console(), _WORDS[lang]
    console.print(Text(f"{audit.file}  {audit.entity}  {audit.year or ''}  {kind_label(audit.kind, lang)}"))
    if audit.findings:
        # The column of decisions is there where there are any.
        decided = ["disposition"] if any(finding.disposition for finding in audit.findings) else []
        names = ["severity", "place", "message", "id", *decided]
        table = Table(*(Column(words[name], overflow="fold") for name in names))
        for finding in audit.findings:
            table.add_row(
                Text(finding.severity, _COLOURS[finding.severity]),
                Text(audit.where(finding.evidence[0].source)[lang]),
                Text(finding.message[lang] + _suspected(finding, lang) + _gathered(finding, lang)),
                Text(finding.id),
                *([Text(_decision(finding.disposition, lang))] if decided else []),
            )
        console.print(table)
    else:
        console.print(words["none"])
    for review in audit.orphans:
        state = state_word(review.disposition.state, lang)
        told = (review.finding, state, review.disposition.note, review.rule, review.reported, review.place)
        console.print(Text(words["orphan"].format(" · ".join(filter(None, map(_plain, told))))))
    for unread in audit.document.unread:
        console.print(Text(words["unread"].format(unread.where[lang], unread.why[lang])))
    if audit.of_other_kinds:
        others = ", ".join(rule.id for rule in audit.of_other_kinds)
        console.print(Text(words["not_of_kind"].format(others)))
    console.print(Text(coverage(audit, lang)))


def _suspected(finding: Finding, lang: str) -> str:
    """The first suspect of a finding and the value that would satisfy its checks, or nothing."""
    if not finding.suspects:
        return ""
    suspect = finding.suspects[0]
    label = {"zh": "疑点", "en": " Suspect"}[lang]
    return f"{label}: {printed(suspect.fact)} → {suspect.correction}"


def _decision(decision: Disposition | None, lang: str) -> str:
    """The state that an auditor gave a finding, and whether that still is of what it says; or nothing."""
    if decision is None:
        return ""
    state = state_word(decision.state, lang)
    return state if decision.is_current else f"{state} ({_WORDS[lang]['outdated']})"


def _plain(words: str) -> str:
    """Words of a file in one line, without what a terminal would obey."""
    return "".join(char if char.isprintable() else "\ufffd" for char in " ".join(words.split()))


def _gathered(finding: Finding, lang: str) -> str:
    """How many other exceptions the first suspect explains and of which rules, or nothing."""
    if not finding.gathered:
        return ""
    label = {"zh": "；同一数字引起的其他不符{}项：", "en": "; {} more exceptions of the same figure: "}[lang]
    comma = {"zh": "、", "en": ", "}[lang]
    told = (" ".join(filter(None, (f.id, _decision(f.disposition, lang)))) for f in finding.gathered)
    return label.format(len(finding.gathered)) + comma.join(told)


def coverage(audit: Audit, lang: str) -> str:
    """One line: results by outcome, and figures found and checked."""
    counts = audit.counts()
    parts = [f"{_OUTCOMES[lang][outcome]} {count}" for outcome, count in counts.items()]
    total = sum(counts.values())
    checked = sum(map(audit.is_checked, audit.numerals))
    if lang == "zh":
        return f"核对 {total} 项：{'、'.join(parts)}；数字 {len(audit.numerals)} 个，已核对 {checked} 个"
    return f"{total} checks: {', '.join(parts)}; {len(audit.numerals)} figures, {checked} checked"


def show_comparison(comparison: Comparison, lang: str) -> None:
    """Print what changed between two audits: figures, findings, dispositions; then how many."""
    console, words = Console(), _WORDS[lang]
    first, second = comparison.first, comparison.second
    names = [f"{side} {a.report['year']}".strip() for side, a in (("A", first), ("B", second))]
    for side, stored in (("A", first), ("B", second)):
        about = (stored.report[key] for key in ("file", "entity", "year"))
        console.print(Text(_plain(f"{side}  {'  '.join(about)}")))
    changed, only_first, only_second = comparison.figures
    figure = [words["figure"], words["section"]]
    _print(console, words["changed"], [*figure, *names], [[*_about(a, lang), _value(a, lang), _value(b, lang)] for a, b in changed])  # fmt: skip
    for key, figures, name in (("only_first", only_first, names[0]), ("only_second", only_second, names[1])):
        _print(
            console, words[key], [*figure, name], [[*_about(one, lang), _value(one, lang)] for one in figures]
        )
    finding = [words["severity"], words["message"], words["id"]]
    for key, ids, stored in (("went", comparison.went, first), ("came", comparison.came, second)):
        found = [stored.findings[one] for one in ids]
        _print(console, words[key], finding, [[f["severity"], f["message"][lang], f["id"]] for f in found])
    altered = [
        [b["id"], *(f"{f['severity']}: {f['message'][lang]}" for f in (a, b))]
        for a, b in ((first.findings[one], second.findings[one]) for one in comparison.altered)
    ]
    _print(console, words["altered"], [words["id"], *names], altered)
    decisions = [(first.dispositions.get(one), second.dispositions.get(one)) for one in comparison.decided]
    decided = [[(b or a or {})["finding"], _stored(a, lang), _stored(b, lang)] for a, b in decisions]
    _print(console, words["decided"], [words["id"], *names], decided)
    parts = (changed, only_first, only_second, comparison.went, comparison.came, comparison.stayed)
    counts = [len(part) for part in (*parts, comparison.altered, comparison.decided)]
    console.print(Text(words["counts"].format(*counts)))


def _print(console: Console, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table, where it has rows."""
    if not rows:
        return
    table = Table(*(Column(Text(head), overflow="fold") for head in heads), title=Text(title))
    for row in rows:
        table.add_row(*(Text(_plain(cell)) for cell in row))
    console.print(table)


def _about(figure: Figure, lang: str) -> list[str]:
    """What a figure is of, and the section that it stands in."""
    content = figure.content
    names = dict(content["dimensions"])
    measure = names.pop("measure", "amount")
    if measure in MEASURES:
        measure = MEASURES[measure][lang == "en"]
    called = (dimension_name(name, value, content["year"], lang) for name, value in names.items())
    what = " · ".join(filter(None, (content["label"], *called, measure)))
    return [what, content["section"].split(" / ")[-1]]


def _value(figure: Figure, lang: str) -> str:
    """A figure with its unit, or the words that it is, or why it has no value; and its line or page."""
    content, words = figure.content, _WORDS[lang]
    source = content["source"]
    at = words["page"].format(source["page"]) if "page" in source else words["line"].format(source.get("line", ""))  # fmt: skip
    if content["value"] is None:
        value = words.get(content["state"], content["state"])
    else:
        value = content["quote"] if content["state"] == "stated" else f"{content['value']}{content['unit']}"
    return f"{value} ({at})"


def _stored(decision: Mapping[str, Any] | None, lang: str) -> str:
    """A decision as an audit keeps it."""
    if decision is None:
        return "—"
    words = [state_word(decision["state"], lang), decision["note"], decision["name"], decision["date"]]
    if not decision["is_current"]:
        words.append(f"({_WORDS[lang]['outdated']})")
    return " · ".join(filter(None, words))


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
