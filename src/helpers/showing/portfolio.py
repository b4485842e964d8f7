"""What the notebook of the portfolio calls: the store over many reports opened, and the tables that its cells show."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.checking.kinds import Outcome
from helpers.checking.rules import SEVERITIES, load_rules
from helpers.findings.wording import number
from helpers.findings.writing import KINDS
from helpers.reading.document import ReportError
from helpers.showing.notebook import (
    OUTCOMES,
    Shown,
    Table,
    clipped,
    found_path,
    public_name,
    refuse_unknown_parameters,
    said,
)
from helpers.showing.portfolio_schema import FOLDER, MISSING, TABLES, VOUCHED, digest, is_whole

if TYPE_CHECKING:
    import duckdb
    import pandas

PARAMETERS = ("out", "lang")
MOST = 20  # rows of a table; what there is beyond is counted
_CELL = 60

_WORDS = {
    "parameters": ("参数与数据", "Parameters and data"), "out": ("审计结果文件夹", "Folder of audits"),
    "lang": ("语言", "Language"), "reports": ("报告", "Reports"), "departments": ("部门", "Departments"), "years": ("年度", "Years"),
    "folder": ("文件夹", "Folder"), "entity": ("部门", "Department"), "year": ("年度", "Year"),
    "high": ("高", "High"), "medium": ("中", "Medium"), "low": ("低", "Low"), "info": ("提示", "Note"), "open": ("待处理", "Open"),
    "severity": ("程度", "Severity"), "rules": ("发现最多的规则", "Rules with the most findings"), "rule": ("规则", "Rule"), "label": ("内容", "What it says"),
    "findings": ("发现", "Findings"), "amounts": ("金额最大的发现", "Findings by amount"), "reported": ("报告数", "Reported"),
    "expected": ("应为或核算为", "Expected or computed"), "difference": ("差额", "Difference"),
    "coverage": ("未核对的比例", "Share not tested"), "kind": ("类别", "Kind"), "attempted": ("应核对", "Attempted"),
    "not_tested": ("未核对", "Not tested"), "rate": ("比例", "Share"), "total": ("合计", "Total"), "table": ("表", "Table"),
    "failures": ("未能读入的结果", "Audits that could not be read"), "error": ("原因", "Why"), "none": ("无", "none"),
    "more": ("另有{}行", "{} more rows"), "tie_out": ("各报告的计数与明细行数", "Counts of the reports, and rows of the tables"),
    "counted": ("各报告计数之和", "Sum of the counts"), "rows": ("明细行数", "Rows"), "residual": ("差额", "Residual"),
    "facts": ("数字", "Facts"), "results": ("核对", "Results"), "query": ("查询", "Query"),
    "sign_off": ("签署", "Sign-off"), "file": ("文件 {}", "File {}"),
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class OpenPortfolio:
    """The store of an output folder; its tables `reports`, `facts`, `results`, `findings` are there for `query`."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    out: str
    lang: str

    def __repr__(self) -> str:
        return f"portfolio {self.out}"

    def frame(self, sql: str) -> pandas.DataFrame:
        """What a query in DuckDB's SQL comes to, as a pandas table, decimals as `Decimal`."""
        found: pandas.DataFrame = self.connection.sql(sql).to_arrow_table().to_pandas()
        return found

    def query(self, sql: str) -> Table:
        """What a query in DuckDB's SQL comes to, its first rows."""
        return self._table("query", None, sql)

    # --------------------------------------------------------------------------------------------- tables

    def parameters(self) -> Table:
        """The parameters, and how many reports, departments and years they lead to."""
        ((reports, departments, first, last),) = self._rows(
            "SELECT count(*), count(DISTINCT entity), min(year), max(year) FROM reports WHERE error = ''"
        )
        years = f"{first}–{last}" if first != last else first
        rows = [
            ("out", public_name(self.out)),
            ("lang", self.lang),
            ("reports", reports),
            ("departments", departments),
            ("years", self._("none") if first is None else years),
        ]
        style = (Path(__file__).parent / "notebook.css").read_text("utf-8")
        named = tuple((said(self._(name)), said(value)) for name, value in rows)
        return Table(self._("parameters"), (), named, style=style)

    def reports(self) -> Table:
        """The reports with their findings by severity, the gravest first."""
        counts = (*SEVERITIES, "open", "not_tested")
        return self._table(
            "reports",
            ("entity", "year", "folder", *counts),
            f"SELECT entity, year, folder, {', '.join(counts)} FROM reports WHERE error = ''"
            " ORDER BY high DESC, medium DESC, low DESC, folder",
        )

    def rules(self) -> Table:
        """The rules among the findings but notes, those of the most reports first."""
        labels = {rule.id: rule.label[self.lang] for rule in load_rules()}
        return self._table(
            "rules",
            ("rule", "label", "reports", "findings", "high"),
            "SELECT rule, rule, count(DISTINCT folder) AS reports, count(*) AS findings,"
            " count(*) FILTER (severity = 'high') FROM findings WHERE severity <> 'info' GROUP BY rule"
            " ORDER BY reports DESC, findings DESC, rule",
            {1: lambda rule: labels.get(rule, "")},
        )

    def amounts(self) -> Table:
        """The findings but notes that are measured in money, the largest first."""
        return self._table(
            "amounts",
            ("entity", "year", "severity", "rule", "reported", "expected", "difference"),
            "SELECT entity, r.year, severity, rule, reported, expected, difference FROM findings AS f"
            " JOIN reports AS r USING (folder) WHERE difference_yuan IS NOT NULL AND severity <> 'info'"
            " ORDER BY abs(difference_yuan) DESC, folder, f.number",
            {2: self._},
        )

    def not_tested(self) -> Table:
        """How many checks of each kind there are, and how many of them were not tested; over all in the last row."""
        rows = self._rows(
            "SELECT kind, count(*), count(*) FILTER (outcome = 'not_tested') FROM results GROUP BY kind ORDER BY kind"
        )
        named = [(KINDS[kind].name[self.lang] if kind in KINDS else kind, *counts) for kind, *counts in rows]
        named.append((self._("total"), sum(row[1] for row in rows), sum(row[2] for row in rows)))
        shown = tuple(tuple(map(said, (*row, _share(row[2], row[1])))) for row in named)
        heads = ("kind", "attempted", "not_tested", "rate")
        return Table(self._("coverage"), tuple(map(self._, heads)), shown, frozenset({1, 2, 3}))

    def failures(self) -> Table:
        """The folders whose audit could not be read, and why."""
        sql = "SELECT folder, error FROM reports WHERE error <> '' ORDER BY folder"
        return self._table("failures", ("folder", "error"), sql)

    def tie_out(self) -> Table:
        """What the reports count against the rows of each table: the two are equal, and the residual is shown."""
        rows = []
        for name in VOUCHED:
            ((counted,),) = self._rows(f"SELECT coalesce(sum({name}), 0)::BIGINT FROM reports")
            ((found,),) = self._rows(f"SELECT count(*) FROM {name}")
            rows.append((self._(name), counted, found, counted - found))
        heads = ("table", "counted", "rows", "residual")
        shown = tuple(tuple(map(said, row)) for row in rows)
        return Table(self._("tie_out"), tuple(map(self._, heads)), shown, frozenset({1, 2, 3}))

    def sign_off(self) -> Table:
        """Checks attempted and what they came to, findings, and the SHA-256 of each file of the store."""
        counts = [outcome.value for outcome in Outcome]
        sums = ", ".join(f"coalesce(sum({name}), 0)::BIGINT" for name in counts)
        (found,) = self._rows(f"SELECT {sums} FROM reports")
        ((findings,),) = self._rows("SELECT count(*) FROM findings")
        rows: list[tuple[Any, Any]] = [(self._("attempted"), sum(found))]
        rows += [(OUTCOMES[outcome][self._en], count) for outcome, count in zip(Outcome, found, strict=True)]
        rows.append((self._("findings"), findings))
        files = [f"{name}.parquet" for name in TABLES]
        rows += [(self._("file").format(file), digest(self.folder / file)) for file in files]
        return Table(self._("sign_off"), (), tuple((said(name), said(value)) for name, value in rows))

    # -------------------------------------------------------------------------------------------- helpers

    @cached_property
    def _en(self) -> bool:
        return self.lang == "en"

    def _(self, name: str) -> str:
        return _WORDS[name][self._en]

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.sql(sql).fetchall()

    def _table(
        self,
        title: str,
        heads: Sequence[str] | None,
        sql: str,
        shown: Mapping[int, Callable[[str], str]] | None = None,
    ) -> Table:
        """The first rows that a query comes to, columns in `shown` put into words; how many more there are stands below."""
        found = self.connection.sql(sql)
        rows = found.limit(MOST).fetchall()
        words = shown or {}
        cells = tuple(
            tuple(_cell(words[at](value) if at in words else value) for at, value in enumerate(row))
            for row in rows
        )
        more = len(found) - len(rows)
        notes = (said(self._("more").format(more)),) if more else ()
        names = tuple(found.columns if heads is None else map(self._, heads))
        numbers = {at for at, type_ in enumerate(found.types) if re.match(r"DECIMAL|\w*INT", str(type_))}
        return Table(self._(title), names, cells, frozenset(numbers), self._("none"), notes)


def open_portfolio(out: str, lang: str = "zh") -> OpenPortfolio:
    """The store in the folder `out`, which a relative name has in the working folder, else in that of `notebooks/`.

    Raises `ReportError` where there is none, or the extra `portfolio` is not installed; `ValueError` where a parameter
    is wrong.
    """
    refuse_unknown_parameters(PARAMETERS)
    if lang not in ("zh", "en"):
        raise ValueError(f"lang is {lang!r}; it must be zh or en")
    try:
        import duckdb
        import pyarrow  # noqa: F401
    except ImportError:
        raise ReportError(MISSING) from None
    folder = found_path(str(Path(out, FOLDER)))
    if not folder.is_dir():
        raise ReportError(
            f"{out}: has no {FOLDER}/ in it; name the folder that audit run wrote to with --out"
        )
    if not is_whole(folder):
        raise ReportError(
            f"{out}/{FOLDER}: is being written, damaged or of another version; run audit run again"
        )
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    for name in TABLES:
        connection.execute(
            f"CREATE VIEW {name} AS FROM read_parquet('{_literal(folder / f'{name}.parquet')}')"
        )
    return OpenPortfolio(connection, folder, out, lang)


def _literal(path: Path) -> str:
    """A path inside an SQL text, where it stands for itself and is no pattern."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path)).replace("'", "''")


def _cell(value: Any) -> Shown:
    if isinstance(value, Decimal):
        return said(number(value))
    return said("" if value is None else clipped(str(value), _CELL))


def _share(part: int, whole: int) -> str:
    """A share in per cent to one decimal, half up; a dash of nothing."""
    tenths = (2000 * part + whole) // (2 * whole) if whole else None
    return "—" if tenths is None else f"{tenths // 10}.{tenths % 10}%"
