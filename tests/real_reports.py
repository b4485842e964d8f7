"""The real reports that tests read, public documents (tests/reports/README.md), and the audit of each, made once a process."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from helpers import Audit, audit

HERE = Path(__file__).resolve().parent
REPORTS, LABELS = HERE / "reports", HERE / "labels"
ANJU = HERE.parent / "data" / "reports" / "anju-2023.txt"
BAD, GOOD, TEMPLATE = (
    REPORTS / f"{stem}.pdf"
    for stem in ("putuo-finance-2024-bad", "putuo-finance-2024-good", "putuo-template-2024")
)


@cache
def audit_of(path: Path) -> Audit:
    return audit(path)


@cache
def labels(path: Path) -> dict[str, Any]:
    """What people found in the report of this name."""
    [file] = LABELS.rglob(f"{path.stem}.json")
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return content
