"""What tests share: the browser, and on which core the files of tests run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from xdist.scheduler import LoadFileScheduling

from printing import CHROMIUM

# The tests of these files share whole runs, which take the longest of all: one core has them.
RUNS = {"test_html.py", "test_reviewing.py", "test_run.py"}


class Scheduling(LoadFileScheduling):
    """The tests of a file on one core, and those that share runs on one."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "runs" if file.rpartition("/")[2] in RUNS else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "no Chromium here: install the package chromium"
        )
    options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield found
        found.close()
