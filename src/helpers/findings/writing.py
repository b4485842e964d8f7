"""Findings as an auditor writes them: criteria, condition, effect, cause, recommendation, in zh and en.

The cause is the auditor's: it is a blank, at most with a lead.  A note (`info`) is written as one: it claims nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from helpers.checking.kinds import Outcome
from helpers.checking.result import Evidence, Result, Words
from helpers.checking.rules import references
from helpers.facts.fact import Fact
from helpers.findings.finding import Finding
from helpers.findings.wording import equation, number, printed
from helpers.reading.document import Source

LANGUAGES = ("zh", "en")
BLANK = "_" * 12
MOST_PLACES = 5  # of a finding's evidence, what a sentence names
_QUOTE, _SAID = 60, 300  # the longest words of a report in a sentence
_MARKS = "。，；：、！？.,;:!?"


class Kind(NamedTuple):
    """What a kind of check is called, what its exceptions mean where no money measures them, and what is to be done."""

    name: Words
    consequence: Words
    recommendation: Words


def _kind(*words: str) -> Kind:
    zh, en = words[::2], words[1::2]
    return Kind(*({"zh": a, "en": b} for a, b in zip(zh, en, strict=True)))


# By the public kind of a rule (`Rule.public_kind`).
KINDS: dict[str, Kind] = {
    "foot": _kind(
        "纵加", "foot",
        "合计与分项不符，其中至少有一个数字不可靠。", "A total and its items disagree, so at least one of the figures is not reliable.",
        "建议被审计单位对照决算报表、会计账簿等原始资料重新加总，查明有误的数字，予以更正并重新公开。", "The department should add up again from its statements, books and records, correct the figure found wrong, and publish again.",
    ),
    "crossfoot": _kind(
        "横加", "cross-foot",
        "同一行各栏与合计不符，其中至少有一栏不可靠。", "The columns of a row and their total disagree, so at least one of them is not reliable.",
        "建议被审计单位对照决算报表逐行重新加总，查明有误的一栏，予以更正并重新公开。", "The department should add up the row again from its statements, correct the column found wrong, and publish again.",
    ),
    "roll_forward": _kind(
        "增减推算", "roll-forward",
        "期初、增减与期末不能衔接，其中至少有一个数字不可靠。", "Opening figure, changes and closing figure do not connect, so at least one of them is not reliable.",
        "建议被审计单位按期初数、增减数和期末数重新推算，查明有误的一项，予以更正并重新公开。", "The department should roll the figures forward again, correct the one found wrong, and publish again.",
    ),
    "tie_out": _kind(
        "核对一致", "tie-out",
        "同一事项前后不一致，报告使用者无法确定以哪一处为准。", "The same matter is stated differently, and a reader cannot tell which statement holds.",
        "建议被审计单位以决算报表和原始资料为准，查明不一致的原因，更正有误的一处，统一口径后重新公开。", "The department should settle from its statements and records which statement is right, correct the other, and publish again.",
    ),
    "agree_prior_year": _kind(
        "与上年核对", "agree with prior year",
        "本年报告与上年报告不能衔接，增减变动的说明缺少可靠的基数。", "The two years' reports do not connect, so the changes stated rest on no reliable base.",
        "建议被审计单位提供上年决算批复和年初数调整的依据；没有依据的，更正有误的一处并重新公开。", "The department should show the approval of last year's accounts and the grounds of any restatement; where there are none, correct the figure found wrong and publish again.",
    ),
    "recompute": _kind(
        "重新计算", "recompute",
        "所列结果与其计算基数不符，据此作出的比较和评价可能有偏差。", "What is stated does not follow from its base, so comparisons and ratings that rest on it may mislead.",
        "建议被审计单位用决算报表等原始数据重新计算，更正所列结果或其计算基数，并重新公开。", "The department should compute it again from its statements, correct the result or its base, and publish again.",
    ),
    "direction": _kind(
        "方向", "direction",
        "文字表述与数字所示相反或不符，报告使用者可能误解增减变动或预算执行情况。", "The words do not say what the figures show, and a reader may misjudge the change or the execution of the budget.",
        "建议被审计单位对照预算数、决算数和上年数，更正不符的文字或数字，并重新公开。", "The department should compare with the budget, the outturn and last year, correct the word or the figure, and publish again.",
    ),
    "reasonableness": _kind(
        "合理性", "reasonableness",
        "所列数字之间的关系难以成立，在取得说明和依据之前，其可靠性无法确认。", "The figures can hardly hold together; until they are explained and supported they cannot be relied on.",
        "建议被审计单位就有关数字作出书面说明，并提供合同、台账或批复等依据；确属差错的，予以更正并重新公开。", "The department should explain the figures in writing and support them by contracts, registers or approvals, and correct and publish again what proves wrong.",
    ),
    "disclosure": _kind(
        "披露", "disclosure",
        "公开的内容不完整，社会公众和监督部门无法据此了解有关情况。", "What is published is incomplete, and the public and the supervisors cannot learn the matter from it.",
        "建议被审计单位补充应当公开的内容，并重新公开完整的报告。", "The department should add what must be disclosed, and publish the complete report again.",
    ),
    "classification": _kind(
        "科目", "classification",
        "归类不符合规定的，有关类别之间的数据不可比，汇总结果也会受到影响。", "Where the classification is wrong, the classes concerned cannot be compared, and sums over them are affected.",
        "建议被审计单位对照当年《政府收支分类科目》或有关分类规定和会计账簿核实归属，归类有误的予以更正并重新公开。", "The department should settle the class from the classification in force and its books, correct what is misplaced, and publish again.",
    ),
    "presentation": _kind(
        "文字", "presentation",
        "属于文字或格式问题，未以金额计量；报告的规范性和准确理解受到影响。", "A matter of wording or form, not measured in money; it impairs how well and how rightly the report is understood.",
        "建议被审计单位更正有关文字和格式，加强公开前的校对，并重新公开。", "The department should correct the wording or the form, proofread before publication, and publish again.",
    ),
    "analytical": _kind(
        "分析", "analytical",
        "属于分析性提示，不构成差错，不计影响金额。", "An analytical note: no error is claimed, and no amount is measured.",
        "建议审计人员向被审计单位了解原因并取得依据，再判断是否需要进一步审计；本项不要求更正。", "The auditor may ask the department for the reason and decide on the evidence whether to look further; no correction is asked for.",
    ),
}  # fmt: skip

_ROUNDING = _kind(
    "舍入尾差", "rounding tail",
    "属于四舍五入形成的尾差，不构成差错，不影响数据的可靠性。", "A tail left by rounding: no error is claimed, and the figures remain reliable.",
    "无需更正；由审计人员确认属于舍入尾差即可。", "No correction is needed; the auditor need only confirm that rounding explains it.",
)  # fmt: skip
_NOTE = _kind(
    "提示", "note",
    "属于提示事项，不构成差错，不计影响金额。", "A note: no error is claimed, and no amount is measured.",
    "由审计人员判断是否请被审计单位说明；本项不要求更正。", "The auditor decides whether to ask the department about it; no correction is asked for.",
)  # fmt: skip

_CAUSE = {
    "claim": {"zh": f"由审计人员查明后填写：{BLANK}。", "en": f"To be established by the auditor: {BLANK}."},
    "note": {"zh": f"提示事项，如需了解原因，由审计人员填写：{BLANK}。", "en": f"A note; where a cause is to be sought, for the auditor to fill in: {BLANK}."},
}  # fmt: skip

# What the report shows and what it is held against; {0} and {1}.
_SHOWN: dict[str, Words] = {
    "of_years": {"zh": "上年报告列示{}，本年报告推算的上年数为{}", "en": "Last year's report prints {}; this year's implies {}"},
    "total": {"zh": "报告列示的各项{}，应为{}", "en": "The parts that the report shows make {}; they must make {}"},
    "tie_out": {"zh": "报告列示{}，应与之一致的数字为{}", "en": "The report shows {}; the figure that must agree with it is {}"},
    "at_most": {"zh": "报告列示{}，不应超过{}", "en": "The report shows {}; it cannot exceed {}"},
    "bound": {"zh": "报告列示{}，超出界限{}", "en": "The report shows {}, beyond the bound of {}"},
    "direction": {"zh": "报告表述为“{}”，按所列数字为“{}”", "en": "The report says “{}”; by its figures it is “{}”"},
    "computed": {"zh": "报告列示{}，经核算为{}", "en": "The report shows {}; computed from the other figures it is {}"},
    "compared": {"zh": "报告情况：{}；对照情况：{}", "en": "The report shows: {}; held against it: {}"},
    "required": {"zh": "报告情况：{}；应为：{}", "en": "The report shows: {}; required: {}"},
    "alone": {"zh": "报告情况：{}", "en": "The report shows: {}"},
}  # fmt: skip


@dataclass(frozen=True)
class Writing:
    """The five parts of a finding as audit writing, each in complete sentences in `zh` and `en`."""

    criteria: Words
    condition: Words
    effect: Words
    cause: Words
    recommendation: Words


def write(finding: Finding, total: Decimal, where: Callable[[Source], Words]) -> Writing:
    """The audit writing of a finding.

    `total` is the total expenditure in 元 that an amount is measured by, 0 where there is none; `where` says a place
    in zh and en.
    """
    kind = _kind_of(finding)
    return Writing(
        {lang: _criteria(finding, lang) for lang in LANGUAGES},
        {
            lang: f"{_compared(finding, lang)}{_gathered(finding, lang)}{_places(finding, where, lang)}"
            for lang in LANGUAGES
        },
        {lang: _effect(finding, kind, total, lang) for lang in LANGUAGES},
        {lang: _cause(finding, where, lang) for lang in LANGUAGES},
        dict(kind.recommendation),
    )


def _kind_of(finding: Finding) -> Kind:
    """How a finding is to be read: by its kind of check, unless it is a note."""
    if finding.result.outcome is Outcome.TIES_WITHIN_ROUNDING:
        return _ROUNDING
    public = finding.result.rule.public_kind
    return _NOTE if finding.severity == "info" and public != "analytical" else KINDS[public]


# ------------------------------------------------------------------------------------------------- criteria


def _criteria(finding: Finding, lang: str) -> str:
    """The law or form that the rule rests on, what it says in substance, and the rule."""
    rule = finding.result.rule
    law, label = finding.reference[lang], rule.label[lang].rstrip(_MARKS)
    says = references()[rule.reference][f"says_{lang}"].rstrip(_MARKS)
    analytical = rule.public_kind == "analytical"
    if lang == "zh":
        found = f"依据{law}（大意：{says}）。" if says else ""
        by = f"规则{rule.id}" if says else f"{law}和规则{rule.id}"
        return f"{found}本项{'为分析性程序，' if analytical else ''}按{by}{'关注' if analytical else '核对'}：{label}。"
    found = f"The criterion is {law} (in substance: {says[0].lower()}{says[1:]}). " if says else ""
    by = f"rule {rule.id}" if says else f"{law[0].lower()}{law[1:]} and rule {rule.id}"
    item = "An analytical procedure looks by" if analytical else "The item is tested by"
    return f"{found}{item} {by}: {label}."


# ------------------------------------------------------------------------------------------------ condition


def _compared(finding: Finding, lang: str) -> str:
    """What the report shows, what it is held against, by how much they differ, and the equation."""
    result, formula = finding.result, _formula(finding.result)
    said, should = _shown(finding.reported[lang]), _shown(finding.expected[lang])
    if formula == "of_years":
        said = printed(result.operands[-1])
    if formula == "at_most":
        should = should.removeprefix("≤")
    words = _SHOWN[formula if should else "alone"][lang].format(said, should)
    colon, stop = {"zh": ("；", "。"), "en": ("; ", ".")}[lang]
    apart = _apart(result, lang)
    if apart:
        words += {"zh": "，", "en": "; "}[lang] + apart
    if result.outcome is Outcome.TIES_WITHIN_ROUNDING and result.slack is not None:
        slack = f"{_short(result.slack)}{_unit(result, lang)}"
        words += {"zh": f"，在舍入允许的误差{slack}之内", "en": f", within the {slack} that rounding allows"}[
            lang
        ]
    sum_ = _clipped(equation(result), _SAID)
    if sum_:
        words += {"zh": f"（{sum_}）", "en": f" ({sum_})"}[lang]
    if result.reason[lang]:
        words += colon + result.reason[lang].rstrip(_MARKS)
    if formula == "of_years" and result.outcome is Outcome.EXCEPTION:
        words += colon + {"zh": "上年数已经调整，还是其中一处有误，仅凭报告无从判断", "en": "whether it was restated or one of the two is wrong, the reports do not tell"}[lang]  # fmt: skip
    return words + stop


def _formula(result: Result) -> str:
    """How the two sides of a result are related, a name of `_SHOWN`."""
    check = result.check
    if check is not None and check.constant is not None:
        return "total"
    if check is not None and check.formula.startswith("agree_prior_year"):
        return "of_years"
    if check is not None and check.formula.startswith("direction"):
        return "direction"
    if not result.said["zh"] and not result.should["zh"]:
        if check is not None and check.formula in ("tie_out", "at_most"):
            return check.formula
        if result.rule.kind == "limit":
            return "bound"
    if result.is_computed and not result.said["zh"]:
        return "computed"
    return "compared" if result.rule.public_kind == "analytical" else "required"


def _apart(result: Result, lang: str) -> str:
    """By how much what is reported differs from what it is held against; "" where no number says so."""
    if not _is_measured(result):
        return ""
    assert result.residual is not None
    amount = _short(abs(result.residual))
    if amount == "0":
        return ""
    # A fall is printed without its sign, so which of two figures is above the other is left to them.
    return f"{'相差' if lang == 'zh' else 'they differ by '}{amount}{_unit(result, lang)}"


def _is_measured(result: Result) -> bool:
    """True where a number says how far the two sides are apart: not of a word of direction."""
    return (
        bool(result.operands)
        and result.residual is not None
        and "direction" not in result.operands[0].measure
    )


def _unit(result: Result, lang: str) -> str:
    # Parts that must make 100% may be points.
    unit = "%" if _formula(result) == "total" else result.operands[0].unit
    return {"zh": "个百分点", "en": " percentage points"}[lang] if unit == "%" else unit


def _short(value: Decimal) -> str:
    return number(value.quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _gathered(finding: Finding, lang: str) -> str:
    """Which other rules the same figure breaks."""
    rules = list({other.result.rule.id: other.result.rule for other in finding.gathered}.values())
    if not rules:
        return ""
    count, named = len(finding.gathered), rules[:MOST_PLACES]
    if lang == "zh":
        listed = "、".join(f"{rule.id}“{rule.label['zh'].rstrip(_MARKS)}”" for rule in named)
        return f"同一数字还造成{count}项核对不符，涉及规则{listed}{f'等{len(rules)}条' if len(rules) > len(named) else ''}。"
    listed = ", ".join(f"{rule.id} “{rule.label['en'].rstrip(_MARKS)}”" for rule in named)
    more = f" and {len(rules) - len(named)} more" if len(rules) > len(named) else ""
    return f" The same figure breaks {count} other {'check' if count == 1 else 'checks'}, by {'rule' if len(rules) == 1 else 'rules'} {listed}{more}."


def _places(finding: Finding, where: Callable[[Source], Words], lang: str) -> str:
    """Where the words stand that the finding rests on, the first of them."""
    named = [_place(evidence, where, lang) for evidence in finding.evidence[:MOST_PLACES]]
    count = len(finding.evidence)
    if lang == "zh":
        return f"见{'、'.join(named)}{f'等{count}处' if count > MOST_PLACES else ''}。"
    more = f" and {count - MOST_PLACES} more" if count > MOST_PLACES else ""
    return f" See {', '.join(named)}{more}."


def _place(evidence: Evidence, where: Callable[[Source], Words], lang: str) -> str:
    quote = _clipped(evidence.quote, _QUOTE)
    at = where(evidence.source)[lang]
    return at + {"zh": f"“{quote}”", "en": f" “{quote}”"}[lang] if quote else at


# ------------------------------------------------------------------------------------------- effect, cause


def _effect(finding: Finding, kind: Kind, total: Decimal, lang: str) -> str:
    """The amount with its shares of the figure tested and of total expenditure; where there is none, what it means."""
    result = finding.result
    if kind in (_ROUNDING, _NOTE) or not _is_measured(result) or not result.operands[0].is_money:
        return kind.consequence[lang]
    assert result.residual is not None
    tested, amount = result.operands[0], abs(result.residual) * result.operands[0].scale
    figure = result.operands[-1] if _formula(result) == "of_years" else tested
    wholes = {}
    if figure.exact and amount <= abs(figure.exact):
        shown = printed(figure)
        wholes[abs(figure.exact)] = {"zh": f"所核对数字{shown}", "en": f"the figure tested ({shown})"}
    if total:  # which the figure tested may itself be
        shown = f"{number(total / tested.scale)}{tested.unit}"
        wholes[total] = {"zh": f"支出总额{shown}", "en": f"total expenditure ({shown})"}
    shares = [_share(amount / whole, name[lang], lang) for whole, name in wholes.items()]
    sum_ = f"{_short(abs(result.residual))}{tested.unit}"
    if lang == "zh":
        return "，".join([f"涉及金额{sum_}", *shares]) + "。"
    return f"The amount in question is {sum_}{', ' if shares else ''}{' and '.join(shares)}."


def _share(share: Decimal, whole: str, lang: str) -> str:
    rounded = (share * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    if lang == "zh":
        return f"相当于{whole}的{rounded}%" if rounded else f"不足{whole}的0.01%"
    return f"{rounded}% of {whole}" if rounded else f"less than 0.01% of {whole}"


def _cause(finding: Finding, where: Callable[[Source], Words], lang: str) -> str:
    """A blank, and as a lead the figure most suspected where a slip explains it."""
    is_note = finding.severity == "info"
    blank = _CAUSE["note" if is_note else "claim"][lang]
    suspect = next(iter(finding.suspects), None)
    if is_note or suspect is None or suspect.slip is None:
        return blank
    at, why = where(suspect.fact.source)[lang], suspect.why[lang].rstrip(_MARKS)
    figure = _figure(suspect.fact)
    return (
        blank
        + {
            "zh": f"线索（有待核实）：{at}列示的{figure}，{why}。",
            "en": f" A lead, to be verified: {figure} at {at}; {why}.",
        }[lang]
    )


def _figure(fact: Fact) -> str:
    return _clipped(printed(fact), _QUOTE)


# --------------------------------------------------------------------------------------- words of a report


def _shown(words: str) -> str:
    """Words as they stand inside a sentence: those that end in a mark of their own are set in quotation marks."""
    words = _clipped(words, _SAID)
    return f"“{words}”" if words and (words[0] in _MARKS or words[-1] in _MARKS) else words


def _clipped(words: str, length: int) -> str:
    """The words on one line, without control characters, cut off at `length`."""
    line = "".join(char if char.isprintable() else "\ufffd" for char in " ".join(words.split()))
    return line if len(line) <= length else f"{line[: length - 1]}…"
