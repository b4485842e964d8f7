"""Output folders over invented departments: what the tests of the portfolio share, and the sample that is committed.

`python tests/portfolios.py` makes `data/portfolio/` anew: run it after a change of rules, wording or schema that the
sample should show, then `tests/refresh_notebooks.py 95_portfolio`.
"""

from __future__ import annotations

import random
import re
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from audits import ANJU
from helpers.audit import audit
from helpers.running.portfolio import update_portfolio
from helpers.showing.portfolio_schema import FOLDER, TABLES
from tables_generator import Printer, drawn, page

SAMPLE = Path(__file__).resolve().parents[1] / "data" / FOLDER
DEPARTMENTS = ("水务局", "教育局", "档案馆", "司法局", "统计局", "文化馆", "民政局")
SEEDS = (2, 3, 5, 7, 11)


@cache
def invented(seed: int, faults: int = 0) -> str:
    """The audit of the tables of an invented department, with so many of their digits moved, in the contract's JSON."""
    rng, books, how = drawn(seed)
    report = page(Printer(rng, books, how).all(sichuan=seed % 2 == 0))
    report = report.replace("某某局", f"某某市{DEPARTMENTS[seed % len(DEPARTMENTS)]}")
    digits = list(re.finditer(r"(?<=[1-9])[1-8](?=\d*\.\d\d)", report))
    for digit in random.Random(seed).sample(digits, faults):
        at = digit.start()
        report = f"{report[:at]}{int(report[at]) + 1}{report[at + 1 :]}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"invented-{seed}.html")
        file.write_text(report, "utf-8", newline="\n")
        return audit(file).to_json()


def stored(out: Path, name: str, text: str) -> Path:
    """A finished folder with this as its audit."""
    made = out / name
    made.mkdir(parents=True, exist_ok=True)
    (made / "audit.json").write_text(text, "utf-8", newline="\n")
    return made


# Names that a folder may have: blanks, Chinese, both kinds of quotes.
NAMES = ["a b", "anju", "quo\"te'd", "安居区 '2023'"]


@cache
def audits() -> dict[str, str]:
    """An audit for each name, of one the real report."""
    return dict(zip(NAMES, (invented(2), audit(ANJU).to_json(), invented(3), invented(5)), strict=True))


def filled(out: Path, audits: Mapping[str, str]) -> Path:
    """The output folder, with these audits in it by the names of their folders."""
    for name, text in audits.items():
        stored(out, name, text)
    return out


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / "portfolio").iterdir()}


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    return pq.read_table(out / "portfolio" / f"{table}.parquet").to_pylist(maps_as_pydicts="strict")


def main() -> None:
    """Write the sample."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for faults, seed in enumerate(SEEDS):
            stored(out, f"invented-{seed}", invented(seed, faults))
        update_portfolio(out)
        SAMPLE.mkdir(exist_ok=True)
        for table in TABLES:
            shutil.copyfile(out / FOLDER / f"{table}.parquet", SAMPLE / f"{table}.parquet")


if __name__ == "__main__":
    main()
