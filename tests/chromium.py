"""The browser that tests print and look at pages with; run by itself, it downloads one where there is none.

It is the one that AUDIT_CHROMIUM names (`none` for none), else the system's Chromium, else playwright's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ABSENT = "no Chromium"


def found() -> str | None:
    """The path of the browser, or None."""
    if named := os.environ.get("AUDIT_CHROMIUM"):
        return shutil.which(named)
    system = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, system), None) or _of_playwright()


def _of_playwright() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


CHROMIUM = found()


def needed() -> str:
    """The path of the browser; where there is none the test that asks for it does not run, and conftest.py fails the run."""
    if CHROMIUM is None:
        pytest.skip(ABSENT)
    return CHROMIUM


def main() -> None:
    """Playwright's own Chromium downloaded where there is no other; where that fails, the tests will say so."""
    if CHROMIUM or os.environ.get("AUDIT_CHROMIUM"):
        return
    print("No Chromium here: playwright downloads its own")
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    if done.returncode:
        reasons = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        print("The download failed:", *reasons[:1] or [f"exit status {done.returncode}"])


if __name__ == "__main__":
    main()
