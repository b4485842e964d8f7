"""What the tests of running and of the HTML share: finished audits, each made once, and small notebooks."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import nbformat

from helpers.reading.names import folder_name

ROOT = Path(__file__).resolve().parents[1]
ANJU = ROOT / "data" / "reports" / "anju-2023.txt"

# A hostile report is the real one with these words in it: in headings, prose, subjects, table cells, names.
HOSTILE_NAME = "安居 <img src=x onerror=alert(1)> '2023'.txt"
HOSTILE = {
    "行政审批局": '行政审批局"><img src=x onerror=alert(1)>',
    "三、支出决算情况说明": "三、支出决算情况说明<script>alert(2)</script>",
    "办事大厅运转运行费": "办事大厅<svg onload=alert(3)>运转运行费",
    "主要变动原因是": "主要变动原因是[点此](javascript:alert(4))</pre></td></table><a href='javascript:alert(5)'>点此</a>，",
    "城乡社区支出（类）": "城乡社区支出<style>body{display:none}</style>{{ 7*7 }}（类）",
}


def folder() -> Path:
    """A new folder that goes when the tests end."""
    made = tempfile.TemporaryDirectory(prefix="audit-test-")
    _kept.append(made)
    return Path(made.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []


def run_cli(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    command = [sys.executable, "-m", "helpers", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300)


@cache
def batch_zh() -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run over a folder with the real report and an empty one: its output, and what it printed."""
    reports, out = folder() / "reports", folder() / "out"
    reports.mkdir()
    (reports / ANJU.name).write_bytes(ANJU.read_bytes())
    (reports / "empty.txt").touch()
    return out, run_cli("run", reports, "--out", out)


@cache
def hostile_en() -> Path:
    """The audit folder of the hostile report, in English."""
    text = ANJU.read_text("utf-8-sig")
    for words, replacement in HOSTILE.items():
        assert words in text, words
        text = text.replace(words, replacement)
    report, out = folder() / HOSTILE_NAME, folder() / "out"
    report.write_text(text, "utf-8")
    done = run_cli("run", report, "--out", out, "--lang", "en")
    assert done.returncode == 0, done.stderr
    return out / folder_name(report)


def notebook(path: Path, *cells: str) -> Path:
    """A notebook with a `parameters` cell and these code cells."""
    parameters = 'report = ""  # the report\nlang = "zh"\nmateriality = "0.005"\nout: str = ""'
    node = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in (parameters, *cells)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    node.cells[0].metadata["tags"] = ["parameters"]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(node, path)
    return path
