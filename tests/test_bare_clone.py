"""A bare clone is enough: the tests need nothing outside the repository, and say what they cannot do without."""

import hashlib
import re
from pathlib import Path

import pytest

from real_reports import ANJU, HERE, LABELS, REPORTS, labels

ROOT = HERE.parent
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| `([0-9a-f]{64})` \|$", re.M)
SOURCES = sorted(
    {path for kind in ("*.py", "*.yaml", "*.md") for path in HERE.rglob(kind)} - {Path(__file__)}
)


def test_every_report_and_its_labels_are_as_the_readme_says() -> None:
    readme = REPORTS / "README.md"
    told = {name: digest for name, _, digest in ROW.findall(readme.read_text("utf-8"))}
    here = [path for folder in (REPORTS, LABELS) for path in sorted(folder.rglob("*")) if path.is_file()]
    assert told == {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (ANJU, *here)
        if path != readme
    }


@pytest.mark.parametrize("path", sorted((REPORTS / "fragments").iterdir()), ids=lambda path: path.stem)
def test_every_fragment_has_its_labels(path: Path) -> None:
    assert labels(path)["report"] == path.name


def test_no_test_looks_outside_the_repository() -> None:
    outside = re.compile(r"\bshared\b|ROOT\.parent\b|parents\[[2-9]\]", re.I)
    found = {path.name: outside.findall(path.read_text("utf-8")) for path in SOURCES}
    assert {name: words for name, words in found.items() if words} == {}
