"""What an audit takes, each beside a yardstick measured in the same run: `make bench`.

Prints seconds (the least of several runs) and the ratio to the yardstick.  Ratios compare across machines; seconds do not.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from converted import as_docx, as_html
from helpers.checking import check
from helpers.checking.rules import load_rules
from helpers.facts.extract import extract
from helpers.findings.finding import find
from helpers.reading.read import read, read_bytes
from helpers.reading.text import decode, parse
from printing import as_html as printable
from printing import printed

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "data" / "reports" / "anju-2023.txt"
RUNS = 7


def least(action: Callable[[], object]) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def process(*arguments: str) -> Callable[[], object]:
    """A whole process of this interpreter, start-up included."""
    return lambda: subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Print the table."""
    document = parse(decode(read_bytes(REPORT), REPORT.name))
    extracted, rules = extract(document), load_rules()
    results = check(document, extracted, rules)
    start_up = ("python and its YAML parser", process("-c", "import yaml, decimal, json"))
    reading = ("reading the text", lambda: parse(decode(read_bytes(REPORT), REPORT.name)))
    docx, page, pdf = (
        as_docx(),
        "\n".join(["<html><body>", *as_html(), "</body></html>"]).encode(),
        printed(printable(document)),
    )
    rows = [
        ("reading it as DOCX", lambda: read(docx, "report.docx"), reading),
        ("reading it as a web page", lambda: read(page, "report.html"), reading),
        ("reading it as PDF, 48 pages", lambda: read(pdf, "report.pdf"), reading),
        ("audit check, as a process", process("-m", "helpers", "check", str(REPORT), "--json"), start_up),
        ("audit rules, as a process", process("-m", "helpers", "rules", "--markdown"), start_up),
        ("extracting the facts", lambda: extract(document), reading),
        ("reconciling", lambda: check(document, extracted, rules), reading),
        ("findings and suspects", lambda: find(results, extracted.facts), reading),
    ]
    print(f"{'what':28} {'seconds':>8}  {'ratio':>6}  to")
    for name, action, (yardstick, beside) in rows:
        seconds = least(action)
        print(f"{name:28} {seconds:8.3f}  {seconds / least(beside):6.2f}  {yardstick}")


if __name__ == "__main__":
    main()
