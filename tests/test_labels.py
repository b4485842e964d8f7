"""The real report's audit against what people found in it: ../shared/labels, scored by ../shared/tools/score.py."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from helpers.audit import Audit, audit

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
ANJU = ROOT / "data" / "reports" / "anju-2023.txt"
LABELS = SHARED / "labels" / "anju-2023.json"
SCORE = SHARED / "tools" / "score.py"
LINES = ((1, 164), (2840, 2861))  # all but 第四部分: the accounts are measured without the annexes too

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir() and os.environ.get("CI") != "true",
    reason=f"the labels are not here: {SHARED} is absent",
)


@cache
def anju() -> Audit:
    return audit(ANJU)


@cache
def labels() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(LABELS.read_text(encoding="utf-8"))
    return content


def score(folder: Path, *options: str, whole: bool = False) -> subprocess.CompletedProcess[str]:
    path = folder / "audit.json"
    path.write_text(anju().to_json(), encoding="utf-8")
    lines = ",".join(f"{first}-{last}" for first, last in LINES)
    command = [
        sys.executable,
        str(SCORE),
        str(path),
        str(LABELS),
        *([] if whole else ["--lines", lines]),
        *options,
    ]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment)


def test_labels_are_here() -> None:
    """With CI=true the labels must be here: nothing is skipped in silence."""
    assert LABELS.is_file() and SCORE.is_file()


def test_report_is_the_shared_one_unchanged() -> None:
    assert ANJU.read_bytes() == (SHARED / "reports" / "anju-2023.txt").read_bytes()


def test_score_reaches_what_the_issue_asks_for(tmp_path: Path) -> None:
    done = score(
        tmp_path, "--recall", "1.0", "--precision", "0.95", "--facts", "1.0", "--holds", str(48 / 52)
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_score_of_the_whole_report_reaches_what_the_issue_asks_for(tmp_path: Path) -> None:
    """With the annexes: every finding of certainty 0.8, 122 of 125 facts, 85 of 93 reconciliations."""
    done = score(
        tmp_path, "--recall", "1.0", "--precision", "0.95", "--facts", str(122 / 125), "--holds", str(85 / 93), whole=True
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recall 1.000 (36/36)" in done.stdout


def test_nearly_every_finding_of_the_whole_report_is_found_however_uncertain(tmp_path: Path) -> None:
    done = score(tmp_path, "--min-certainty", "0", "--recall", str(55 / 62), whole=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/62)" in done.stdout


@pytest.mark.parametrize("whole", [False, True], ids=["accounts", "whole"])
def test_no_known_false_alarm(tmp_path: Path, whole: bool) -> None:
    said = score(tmp_path, whole=whole).stdout
    assert re.search(r"\b0 known false alarms?\b|known false alarms?:? 0\b", said), said


def test_figures_of_the_narrative_carry_tickmarks() -> None:
    narrative = [n for n in anju().numerals if 28 <= n.source.line <= 148]
    marked = [n for n in narrative if any(anju().tickmarks.get(fact) for fact in n.facts)]
    assert len(narrative) == 153
    assert len(marked) >= 145
