"""The command line called in this process, where starting another is not what is tested."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helpers import cli


def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> tuple[int | str | None, str, list[str]]:
    """Exit status, standard output, and lines on standard error."""
    monkeypatch.setattr(sys, "argv", ["audit", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    said = capsys.readouterr()
    return stopped.value.code, said.out, said.err.splitlines()
