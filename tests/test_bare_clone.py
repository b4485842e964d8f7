"""A bare clone is enough: the tests need nothing outside the repository, and say what they cannot do without."""

import hashlib
import os
import re
import subprocess
import sys
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


def test_no_test_is_skipped_but_for_want_of_a_browser_or_where_the_system_lacks_what_it_tests() -> None:
    system = r"(?!\s*(?:not CAN_FORK|sys\.platform != |not hasattr\(os, |folders\.fcntl is None))"
    skipping = re.compile(rf"\bskip\(|\bskipif\({system}|\bimportorskip\b|\bxfail\b")
    found = {path.name: skipping.findall(path.read_text("utf-8")) for path in SOURCES}
    assert {name: words for name, words in found.items() if words} == {"chromium.py": ["skip("]}


# ------------------------------------------------------------------------------------------- no browser here
TINY = """
from printing import printed

def test_page(browser):
    raise AssertionError

def test_print():
    raise AssertionError(printed("<p>"))

def test_other():
    pass
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_run_without_a_browser_has_failed_and_says_so_last(tmp_path: Path, processes: str) -> None:
    (tmp_path / "test_tiny.py").write_text(TINY, "utf-8")
    plugins = (part for name in ("xdist", "conftest", "no:cacheprovider") for part in ("-p", name))
    options = [*plugins, "-n", processes, "--rootdir", tmp_path]
    done = without_browser("-m", "pytest", *options, tmp_path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    *_, summary, last = done.stdout.splitlines()
    assert done.returncode == 1, done.stdout
    assert "1 passed, 2 skipped" in summary
    assert last == "no Chromium: 2 tests that need a browser did not run; install the package chromium"


def test_download_that_fails_is_said_in_a_line_and_stops_nothing(tmp_path: Path) -> None:
    nowhere = {"PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    done = without_browser(HERE / "chromium.py", AUDIT_CHROMIUM="", PATH="", **nowhere)
    first, last = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert first == "No Chromium here: playwright downloads its own"
    assert last.startswith("The download failed: Error: ")


def without_browser(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python that finds no browser, nor what the run around it says to its own processes."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    paths = os.pathsep.join([str(HERE), outside.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**outside, "PYTHONPATH": paths, "AUDIT_CHROMIUM": "none", **environment},
        timeout=120,
    )
