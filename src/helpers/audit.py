"""One report audited: read, extracted, checked, and its findings."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cached_property
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.checking import check, form_of
from helpers.checking.kinds import Outcome
from helpers.checking.result import Result, Words
from helpers.checking.rules import Rule, load_rules
from helpers.facts.compared import Compared, find_prior, read_budget, read_prior, refuse_long_paragraphs
from helpers.facts.extract import Extract, extract
from helpers.facts.fact import Fact, Numeral
from helpers.findings.dispositions import Review, Reviews, dispose, read_reviews, reviews_folder
from helpers.findings.finding import MATERIALITY, Disposition, Finding, find, total_expenditure
from helpers.findings.wording import number
from helpers.findings.writing import Writing, write
from helpers.reading.document import Document, ReportError, Source
from helpers.reading.join import SEPARATOR, files_of, join, name_of, sha256_of
from helpers.reading.places import where
from helpers.reading.read import read, read_bytes

if TYPE_CHECKING:
    import pandas

__all__ = ["Audit", "ReportError", "audit"]


@dataclass(frozen=True)
class Audit:
    """What an audit of one report came to; `file` and `sha256` are of all its files, see `join`.

    `orphans` are the decisions in `reviews` whose finding is no longer there.
    """

    file: str
    sha256: str
    document: Document
    extract: Extract
    rules: tuple[Rule, ...]
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    form: str = field(default="national")
    compared: tuple[Compared, ...] = ()
    reviews: Reviews = field(default_factory=Reviews)
    orphans: tuple[Review, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The reported values, each with its place."""
        return self.extract.facts

    @property
    def numerals(self) -> tuple[Numeral, ...]:
        """Every printed figure that was looked at, understood or not."""
        return self.extract.numerals

    @property
    def entity(self) -> str:
        """The department's name, or "" where the report does not show it."""
        return self.extract.entity

    @property
    def year(self) -> int | None:
        """The year that the report is of."""
        return self.extract.year

    @cached_property
    def tickmarks(self) -> dict[str, tuple[Result, ...]]:
        """The results that each fact stands in, by fact id."""
        found: dict[str, list[Result]] = defaultdict(list)
        for result in self.results:
            for fact in dict.fromkeys(result.operands):
                found[fact.id].append(result)
        return {fact: tuple(results) for fact, results in found.items()}

    @cached_property
    def _finding_of(self) -> dict[int, Finding]:
        return {id(result): finding for finding in self.findings for result in finding.results}

    def finding_of(self, result: Result) -> Finding | None:
        """The finding that a result is told in: its own, or the one that gathers it; None where it is no finding."""
        return self._finding_of.get(id(result))

    @cached_property
    def other_facts(self) -> tuple[Fact, ...]:
        """The facts of other reports that some result rests on, in the order of their places."""
        found = {fact: None for result in self.results for fact in result.operands if fact.source.report}
        return tuple(sorted(found, key=lambda f: (f.source.report, f.source.line, f.source.start, f.id)))

    def locate(self, source: Source) -> dict[str, int | str]:
        """The fields of a place in the contract's JSON, with `file` where that is another report."""
        for other in self.compared:
            if other.role == source.report:
                return {"file": other.file, **other.document.locate(source)}
        return self.document.locate(source)

    def where(self, source: Source) -> dict[str, str]:
        """Where a person finds a place, in zh and en; of another report with its file before it."""
        for other in self.compared:
            if other.role == source.report:
                return {
                    lang: f"{other.file} {words}" for lang, words in where(other.document, source).items()
                }
        return where(self.document, source)

    def writing(self, finding: Finding) -> Writing:
        """A finding as an auditor writes it."""
        return write(finding, self._total_expenditure, self.where)

    @cached_property
    def _total_expenditure(self) -> Decimal:
        return total_expenditure(self.facts)

    @cached_property
    def table_lines(self) -> frozenset[int]:
        """The lines of the published tables."""
        return frozenset(
            line
            for published in self.extract.published
            for table in published.parts
            for row in table.rows
            for cell in row
            for line, _, _ in cell.pieces
        )

    def results_of(self, numeral: Numeral) -> list[Result]:
        """The results that a printed figure stands in, fact by fact."""
        return [result for fact in numeral.facts for result in self.tickmarks.get(fact, ())]

    def is_checked(self, numeral: Numeral) -> bool:
        """True where some check of a figure came to a result; not where every one of them was not tested."""
        return any(result.outcome is not Outcome.NOT_TESTED for result in self.results_of(numeral))

    def why_unchecked(self, numeral: Numeral) -> Words:
        """Why no check of a figure came to a result, in zh and en: not read, and by which words, or nothing restates it."""
        if not numeral.facts:
            zh, en = "没有读出这个数字指什么", "what the figure measures was not understood"
            return {
                "zh": f"{zh}：{numeral.beside}" if numeral.beside else zh,
                "en": f"{en}: {numeral.beside}" if numeral.beside else en,
            }
        results = self.results_of(numeral)
        if not results:
            return {"zh": "没有其他数字再次说明它", "en": "nothing else restates it"}
        return results[0].reason

    def counts(self) -> dict[Outcome, int]:
        """How many results there are of each outcome."""
        return {outcome: sum(result.outcome is outcome for result in self.results) for outcome in Outcome}

    def frame(self, name: str) -> pandas.DataFrame:
        """`facts`, `results`, `findings` or `numerals` as a table, one row each, in a stable order."""
        from helpers.showing.frames import frame

        return frame(self, name)

    def to_json(self) -> str:
        """The audit in the contract's JSON (DESIGN.md): UTF-8, sorted keys, numbers as strings, byte-stable."""
        return _written(self._json()) + "\n"

    def _json(self) -> dict[str, Any]:
        return {
            "report": {
                "file": self.file,
                "sha256": self.sha256,
                "entity": self.entity,
                "year": "" if self.year is None else str(self.year),
                "form": self.form,
                **({"compared": [_compared(other) for other in self.compared]} if self.compared else {}),
            },
            "facts": [_fact(fact, self) for fact in (*self.facts, *self.other_facts)],
            "results": [_result(result) for result in self.results],
            "findings": [_finding(finding, self) for finding in self.findings],
            "numerals": [self._numeral(numeral) for numeral in self.numerals],
            **({"orphans": [_orphan(review) for review in self.orphans]} if self.orphans else {}),
        }

    def _numeral(self, numeral: Numeral) -> dict[str, Any]:
        marks = dict.fromkeys((result.rule.id, result.outcome.value) for result in self.results_of(numeral))
        reason = {} if self.is_checked(numeral) else {"reason": self.why_unchecked(numeral)["zh"]}
        return {
            **reason,
            "text": numeral.text,
            "source": self.locate(numeral.source),
            "fact": numeral.facts[0] if numeral.facts else None,
            "tickmarks": [{"rule": rule, "outcome": outcome} for rule, outcome in marks],
        }


def audit(
    report: str | Path | Sequence[str | Path],
    rules: str | Path | None = None,
    materiality: Decimal | str = MATERIALITY,
    prior: str | Path | None = None,
    budget: str | Path | None = None,
    reviews: str | Path | None = None,
) -> Audit:
    """The audit of the report at this path, or at these: the report first, then what belongs to it, such as its tables.

    `rules` is a rule file or a folder of them, in addition to the project's; `materiality` a share of total
    expenditure.  `prior` is last year's report of the department, where not given looked for beside this one;
    `budget` its budget (部门预算) of the year.  `reviews` is the folder of the auditors' decisions, where not given
    `data/reviews` of the current folder, if it is there.  Raises `ReportError` where a report cannot be read or is of
    another department or year, or the decisions are not as they must be, `DataError` where a data file is wrong.
    """
    paths, folder = files_of(report), reviews_folder(reviews)
    contents = [read_bytes(path) for path in paths]
    documents = [_read(content, path) for content, path in zip(contents, paths, strict=True)]
    document = join(documents, [path.name for path in paths])
    extracted = extract(document)
    if not _is_final_accounts(document, extracted):
        raise ReportError(
            f"{SEPARATOR.join(map(str, paths))}: is no final-accounts report (部门决算): no section or figure of the form was found"
        )
    loaded = load_rules(Path(rules) if rules is not None else None)
    others = _others(paths[0], extracted, prior, budget)
    results = check(document, extracted, loaded, {other.role: other.extract for other in others})
    decided = Reviews() if folder is None else read_reviews(folder, paths[0])
    findings, orphans = dispose(find(results, extracted.facts, Decimal(materiality)), decided)
    return Audit(
        name_of(paths),
        sha256_of(contents),
        document,
        extracted,
        loaded,
        results,
        findings,
        form_of(document),
        others,
        decided,
        orphans,
    )


def _read(content: bytes, path: Path) -> Document:
    document = read(content, str(path))
    refuse_long_paragraphs(document, str(path))
    return document


def _others(
    path: Path, extracted: Extract, prior: str | Path | None, budget: str | Path | None
) -> tuple[Compared, ...]:
    """The reports that the audited one is held against, those that are at hand."""
    about = extracted.entity, extracted.year
    last = find_prior(path, *about) if prior is None else read_prior(Path(prior), *about)
    planned = None if budget is None else read_budget(Path(budget), *about)
    return tuple(other for other in (last, planned) if other is not None)


def _is_final_accounts(document: Document, extracted: Extract) -> bool:
    money = sum(fact.is_money for fact in extracted.facts)
    return money >= 1 and any("决算" in line or "收入" in line or "支出" in line for line in document.lines)


def _written(value: Any, line: str = "\n") -> str:
    """What `json.dumps` makes of it with `ensure_ascii=False, sort_keys=True, indent=1`, in two thirds of the time.

    `line` is the end of a line with the indent of the next one.
    """
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or type(value) is int:
        return "null" if value is None else str(value)
    if not value or not isinstance(value, dict | list):
        return json.dumps(value)
    inner = f"{line} "
    if isinstance(value, dict):
        items = [f"{encode_basestring(key)}: {_written(value[key], inner)}" for key in sorted(value)]
        return f"{{{inner}{f',{inner}'.join(items)}{line}}}"
    return f"[{inner}{f',{inner}'.join([_written(item, inner) for item in value])}{line}]"


def _fact(fact: Fact, found: Audit) -> dict[str, Any]:
    return {
        "id": fact.id,
        "concept": fact.concept,
        "label": fact.label["zh"],
        "value": None if fact.value is None else _plain(fact.value),
        "unit": fact.unit,
        "decimals": str(fact.decimals),
        "state": fact.state,
        "year": fact.year,
        "dimensions": {**dict(fact.dimensions), "measure": fact.measure},
        "source": found.locate(fact.source),
        "quote": fact.quote,
        "section": fact.section.path if fact.section else "",
    }


def _compared(other: Compared) -> dict[str, str]:
    year = other.extract.year
    return {
        "role": other.role,
        "file": other.file,
        "sha256": other.sha256,
        "entity": other.extract.entity,
        "year": "" if year is None else str(year),
    }


def _plain(value: Decimal) -> str:
    return format(value, "f")


def _result(result: Result) -> dict[str, Any]:
    return {
        "rule": result.rule.id,
        "kind": result.rule.public_kind,
        "context": result.context,
        "outcome": result.outcome.value,
        "reason": result.reason["zh"],
        "operands": [fact.id for fact in result.operands],
        "residual": None if result.residual is None else number(result.residual),
        "slack": None if result.slack is None else number(result.slack),
    }


def _finding(finding: Finding, found: Audit) -> dict[str, Any]:
    return {
        **_outline(finding),
        "reference": finding.reference["zh"],
        "evidence": [
            {"fact": evidence.fact, "quote": evidence.quote, "source": found.locate(evidence.source)}
            for evidence in finding.evidence
        ],
        "suspects": [
            {"fact": suspect.fact.id, "correction": suspect.correction, "why": suspect.why["zh"]}
            for suspect in finding.suspects
        ],
        "gathered": [_outline(other) for other in finding.gathered],
        "writing": asdict(found.writing(finding)),
    }


def _outline(finding: Finding) -> dict[str, Any]:
    """What is told of a finding under its lead, and of any finding among the rest."""
    rule = finding.result.rule
    return {
        "id": finding.id,
        "rule": rule.id,
        "kind": rule.public_kind,
        "severity": finding.severity,
        "section": finding.section.path if finding.section else "",
        "message": finding.message,
        "reported": finding.reported["zh"],
        "expected": finding.expected["zh"],
        "difference": finding.difference,
        "disposition": None if finding.disposition is None else _disposition(finding.disposition),
    }


def _disposition(decision: Disposition) -> dict[str, str | bool]:
    return {
        "state": decision.state,
        "note": decision.note,
        "name": decision.name,
        "date": decision.date,
        "is_current": decision.is_current,
    }


def _orphan(review: Review) -> dict[str, Any]:
    return {
        "finding": review.finding,
        "disposition": _disposition(review.disposition),
        "rule": review.rule,
        "reported": review.reported,
        "expected": review.expected,
        "quote": review.quote,
        "place": review.place,
    }
