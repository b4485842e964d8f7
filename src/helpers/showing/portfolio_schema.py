"""What the store over many reports holds: its tables, their columns, and the rows that one `audit.json` makes.

The names are those of the JSON contract wherever the content is.  `docs/portfolio.md` is made from this.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from helpers.facts.fact import SCALE
from helpers.showing.summary import Summary

if TYPE_CHECKING:
    import pyarrow

FOLDER = "portfolio"
MISSING = "portfolio/*.parquet needs two more packages: pip install 'final-accounts-audit[portfolio]'"
# Each file says in its footer which schema it was written by; that of `reports` has the SHA-256 of the others too.
VERSION, VERSION_KEY = b"2", b"final-accounts-audit"
VOUCHED = ("facts", "results", "findings")

Row = dict[str, Any]
# A type as DuckDB names it; of a list in brackets, of a struct by its fields.
Type = str | list[Any] | dict[str, Any]


class Column(NamedTuple):
    """A column: its name, its type, and what it says."""

    name: str
    type: Type
    says: str


_TEXT, _FLAG, _COUNT, _YEAR, _DECIMAL = "VARCHAR", "BOOLEAN", "INTEGER", "SMALLINT", "DECIMAL(38,10)"
_PLACES = Decimal("1E-10")
_WIDE, _FITTING = Context(prec=200), Context(prec=38, rounding=ROUND_HALF_EVEN)
_BOTH = {"zh": _TEXT, "en": _TEXT}
_PLACE = {
    "file": _TEXT, "line": _COUNT, "page": _COUNT, "table": _TEXT, "row": _COUNT, "column": _COUNT, "start": _COUNT, "end": _COUNT,
}  # fmt: skip
_DECISION = {"state": _TEXT, "note": _TEXT, "name": _TEXT, "date": _TEXT, "is_current": _FLAG}
_OUTLINE = {
    **dict.fromkeys(("id", "rule", "kind", "severity", "section"), _TEXT),
    "message": _BOTH,
    **dict.fromkeys(("reported", "expected", "difference"), _TEXT),
    "disposition": _DECISION,
}
_WRITING = dict.fromkeys(("criteria", "condition", "effect", "cause", "recommendation"), _BOTH)
_ORPHAN = {
    "finding": _TEXT,
    "disposition": _DECISION,
    **dict.fromkeys(("rule", "reported", "expected", "quote", "place"), _TEXT),
}
_OF = (
    Column("folder", _TEXT, "the report's folder in OUT: the key that joins the tables"),
    Column("number", _COUNT, "its place among those of the report, from 0"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "reports": (
        _OF[0],
        Column("audit_sha256", _TEXT, "SHA-256 of the folder's audit.json, from which every row is made"),
        Column("error", _TEXT, "why audit.json could not be read; empty where it could. Then the rest is null, and no other table has a row"),
        Column("file", _TEXT, "the report's file"),
        Column("sha256", _TEXT, "SHA-256 of the report"),
        Column("entity", _TEXT, "the department, or empty"),
        Column("year", _YEAR, "the year that the report is of, or null"),
        Column("form", _TEXT, "the regional form"),
        Column("kind", _TEXT, "final_accounts, three_public, table, budget or government"),
        Column("compared", [dict.fromkeys(("role", "file", "sha256", "entity", "year"), _TEXT)], "the reports that it was held against; null where there are none"),
        *(Column(name, _COUNT, f"findings of severity {name}") for name in ("high", "medium", "low", "info")),
        *(Column(f"unsettled_{name}", _COUNT, f"those of severity {name} that nobody explained or dismissed") for name in ("high", "medium", "low", "info")),
        *(Column(name, _COUNT, f"findings with the disposition {name.replace('_', ' ')}") for name in ("open", "accepted", "explained", "not_a_finding")),
        *(Column(name, _COUNT, f"results with the outcome {name}") for name in ("ties", "ties_within_rounding", "exception", "not_tested")),
        Column("numerals", _COUNT, "printed figures"),
        Column("checked", _COUNT, "those that some check came to a result on"),
        *(Column(name, _COUNT, f"rows of the report in {name}.parquet") for name in VOUCHED),
        Column("orphans", [_ORPHAN], "decisions whose finding is no longer there; null where there are none"),
    ),
    "facts": (
        *_OF,
        Column("id", _TEXT, "unique in the report"),
        Column("concept", _TEXT, "what it measures; null for a subject that the taxonomy does not know"),
        Column("label", _TEXT, "the concept in Chinese"),
        Column("measure", _TEXT, "amount, growth, share, …: `dimensions` has it too"),
        Column("value", _DECIMAL, "the value, or null where there is none"),
        Column("value_text", _TEXT, "the same, exact"),
        Column("unit", _TEXT, "as printed"),
        Column("yuan", _DECIMAL, "the value in 元, where the unit is one of money; else null"),
        Column("decimals", _COUNT, "decimals that the value is printed to"),
        Column("state", _TEXT, "reported, zero, blank, dash, unreadable or stated"),
        Column("year", _YEAR, "the year, where it is one year; else null"),
        Column("year_text", _TEXT, "the same as the audit says it: 2023, 2022/2023, or empty"),
        Column("dimensions", "MAP(VARCHAR, VARCHAR)", "project, function, table and the like, by name"),
        Column("scope", "MAP(VARCHAR, VARCHAR)", "basis, budget, parent and entity of a figure of the narrative, where they are told"),
        Column("inherited", [_TEXT], "names of what was not in the figure's own clause"),
        Column("section", _TEXT, "the section's titles from the top"),
        Column("source", _PLACE, "where it stands: a line, or a page; characters from start to end"),
        Column("quote", _TEXT, "the report's words"),
    ),
    "results": (
        *_OF,
        Column("rule", _TEXT, "the rule's id"),
        Column("kind", _TEXT, "foot, tie_out, recompute, …"),
        Column("context", _TEXT, "what of the report the rule was applied to"),
        Column("outcome", _TEXT, "ties, ties_within_rounding, exception or not_tested"),
        Column("reason", _TEXT, "why it was not tested, in Chinese"),
        Column("operands", [_TEXT], "ids of facts; the first is the figure under test"),
        Column("residual", _DECIMAL, "printed less computed, in the unit of the first operand, or null"),
        Column("residual_text", _TEXT, "the same, exact"),
        Column("slack", _DECIMAL, "what rounding allows, or null"),
        Column("slack_text", _TEXT, "the same, exact"),
    ),
    "findings": (
        *_OF,
        Column("id", _TEXT, "stable across runs"),
        Column("rule", _TEXT, "the rule's id"),
        Column("kind", _TEXT, "foot, tie_out, recompute, …"),
        Column("severity", _TEXT, "high, medium, low or info"),
        Column("section", _TEXT, "the section's titles from the top"),
        Column("message", _BOTH, "one sentence"),
        Column("reported", _TEXT, "what the report says"),
        Column("expected", _TEXT, "what it should say, or what was computed"),
        Column("difference", _TEXT, "with its unit; empty where none is measured"),
        Column("difference_yuan", _DECIMAL, "the same in 元, where it is money; else null"),
        Column("reference", _TEXT, "the norm"),
        Column("evidence", [{"fact": _TEXT, "quote": _TEXT, "source": _PLACE}], "figures and places it rests on"),
        Column("suspects", [{"fact": _TEXT, "correction": _TEXT, "why": _TEXT}], "likeliest first"),
        Column("gathered", [_OUTLINE], "the findings that are told under this one, and are no rows of their own"),
        Column("writing", _WRITING, "as audit writing"),
        Column("disposition", _DECISION, "what an auditor decided; null where nobody did"),
    ),
}  # fmt: skip


def schema(table: str) -> pyarrow.Schema:
    """The Arrow schema of a table."""
    import pyarrow as pa

    return pa.schema([(one.name, _arrow(one.type)) for one in TABLES[table]], metadata={VERSION_KEY: VERSION})


def _arrow(type_: Type) -> pyarrow.DataType:
    import pyarrow as pa

    if isinstance(type_, list):
        return pa.list_(_arrow(type_[0]))
    if isinstance(type_, dict):
        return pa.struct([(name, _arrow(of)) for name, of in type_.items()])
    named = {_TEXT: pa.string(), _FLAG: pa.bool_(), _COUNT: pa.int32(), _YEAR: pa.int16()}
    named |= {_DECIMAL: pa.decimal128(38, 10), "MAP(VARCHAR, VARCHAR)": pa.map_(pa.string(), pa.string())}
    return named[type_]


def digest(file: Path) -> str:
    """The SHA-256 of a file, or "" where it cannot be read."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return ""


def is_whole(folder: Path) -> bool:
    """True where the folder's files are of this schema and belong together; not where one is missing or damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    said: dict[str, dict[bytes, bytes]] = {}
    try:
        for name in TABLES:
            with pq.ParquetFile(folder / f"{name}.parquet") as file:
                if file.schema_arrow.remove_metadata() != schema(name).remove_metadata():
                    return False
                said[name] = file.metadata.metadata
    except (OSError, pa.ArrowException):
        return False
    return all(of.get(VERSION_KEY) == VERSION for of in said.values()) and all(
        said["reports"].get(name.encode()) == digest(folder / f"{name}.parquet").encode() for name in VOUCHED
    )


def type_name(type_: Type) -> str:
    """A type as DuckDB says it."""
    if isinstance(type_, list):
        return f"{type_name(type_[0])}[]"
    if isinstance(type_, dict):
        fields = (f'"{name}" {type_name(of)}' for name, of in type_.items())
        return f"STRUCT({', '.join(fields)})"
    return type_


def markdown() -> str:
    """The tables and their columns, as docs/portfolio.md has them."""
    lines = []
    for name, columns in TABLES.items():
        lines += [f"### `{name}.parquet`", "", "| column | type | says |", "|---|---|---|"]
        lines += [f"| `{one.name}` | `{type_name(one.type)}` | {one.says} |" for one in columns]
        lines.append("")
    return "\n".join(lines)


def rows(folder: str, audit_sha256: str, content: Mapping[str, Any]) -> dict[str, list[Row]]:
    """What an `audit.json` says as rows of each table; `ValueError` where it is not as it must be."""
    try:
        made = {
            name: [
                {"folder": folder, "number": number, **row(one)} for number, one in enumerate(content[name])
            ]
            for name, row in (("facts", _fact), ("results", _result), ("findings", _finding))
        }
        report = {
            **content["report"],
            "folder": folder,
            "audit_sha256": audit_sha256,
            "error": "",
            "orphans": content.get("orphans"),
            **_counts(Summary.of_content(content)),
            **{name: len(found) for name, found in made.items()},
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no audit: {error}") from error
    return {"reports": [report], **made}


def _counts(of: Summary) -> Row:
    counts = {
        **of.severities,
        **{f"unsettled_{name}": count for name, count in of.unsettled.items()},
        **{state.replace(" ", "_"): count for state, count in of.decisions.items()},
        **of.outcomes,
    }
    return {**counts, "year": of.year, "numerals": of.figures, "checked": of.checked}


def _fact(fact: Mapping[str, Any]) -> Row:
    value, unit, year = fact["value"], fact["unit"], fact["year"]
    return {
        **fact,
        "measure": fact["dimensions"].get("measure"),
        "value": _decimal(value),
        "value_text": value,
        "yuan": _decimal(value, unit) if unit in SCALE else None,
        "decimals": int(fact["decimals"]),
        "year": int(year) if re.fullmatch(r"[0-9]{4}", year) else None,
        "year_text": year,
        "dimensions": sorted(fact["dimensions"].items()),
        "scope": sorted(fact["scope"].items()),
    }


def _result(result: Mapping[str, Any]) -> Row:
    numbers = ("residual", "slack")
    return {
        **result,
        **{name: _decimal(result[name]) for name in numbers},
        **{f"{name}_text": result[name] for name in numbers},
    }


def _finding(finding: Mapping[str, Any]) -> Row:
    money = re.fullmatch(rf"(-?[0-9.]+)({'|'.join(SCALE)})", finding["difference"])
    return {**finding, "difference_yuan": _decimal(money[1], money[2]) if money else None}


def _decimal(value: str | None, unit: str = "") -> Decimal | None:
    """The value, of money in 元, to ten decimals, half to even beyond.

    None where there is none, or it has more than 28 digits before the point.
    """
    if value is None:
        return None
    try:
        exact = _WIDE.multiply(Decimal(value), SCALE.get(unit, Decimal(1)))
        return exact.quantize(_PLACES, context=_FITTING)
    except InvalidOperation:
        return None
