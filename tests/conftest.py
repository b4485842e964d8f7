"""What tests share: the browser and what is said without one, and on which core the files of tests run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from xdist.scheduler import LoadFileScheduling

import chromium

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
    path = chromium.needed()
    options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=options)
        yield found
        found.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """A run that lacked the browser has failed, and its last line says so."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = terminal.stats.get("skipped", []) if terminal else []
    missed = sum(chromium.ABSENT in str(report.longrepr) for report in skipped)
    if missed and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield
    if missed:
        terminal.write_line(
            f"{chromium.ABSENT}: {missed} tests that need a browser did not run; install the package chromium",
            red=True,
        )
