"""Generated reports as files, the same ones each time: what the benchmarks and the tests of batches share."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from annex_generator import annexed_reports
from generator import Report, reports


def generated(folder: Path, count: int) -> Path:
    """The folder, with so many consistent reports in it, of any form and year, about half with annexes."""
    texts: dict[str, None] = {}

    @settings(
        max_examples=20,
        derandomize=False,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(reports() | annexed_reports())
    def take(report: Report) -> None:
        texts[report.text] = None

    for number in range(1, 1000):
        if len(texts) >= count:
            break
        seed(number)(take)()
    for number, text in enumerate(list(texts)[:count], 1):
        (folder / f"report-{number:04d}.txt").write_text(text, "utf-8")
    return folder
