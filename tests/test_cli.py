"""The command line itself: what it takes, how it says what is wrong, and what it loads for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ReportError, cli
from helpers.audit import _written
from helpers.checking import rules

BLANK = "空 白.txt"


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """A call of the command line, in a folder with a blank report: exit status, standard output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / BLANK).touch()

    def called(*arguments: str) -> tuple[int | str | None, str, str]:
        monkeypatch.setattr(sys, "argv", ["audit", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        said = capsys.readouterr()
        return stopped.value.code, said.out, said.err

    return called


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, call):
    """The values that a command gets from these arguments."""
    got: dict[str, object] = {}

    def taken(name: str, *arguments: str) -> dict[str, object]:
        monkeypatch.setitem(
            cli.COMMANDS, name, (lambda **values: got.update(values) or 0, cli.COMMANDS[name][1])
        )
        assert call(name, *arguments) == (0, "", "")
        return got

    return taken


# ------------------------------------------------------------------------------------------------- the help


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_help_names_every_command(arguments, call):
    status, out, err = call(*arguments)
    assert (status, err) == (0, "")
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("    ") and line[4] != " "]
    assert listed == ["check", "run", "review", "diff", "rules"]
    assert "部门决算" in out


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_help_of_a_command_names_every_option(name, call):
    status, out, err = call(name, "--help")
    assert (status, err) == (0, "")
    parser = cli._Parser()
    actions = [add(parser) for add in cli.COMMANDS[name][1]]
    assert all(action.help for action in actions)
    assert [word for action in actions for word in action.option_strings if f"\n  {word}" not in out] == []
    assert out.startswith(f"usage: audit {name} ")


# --------------------------------------------------------------------------------------------- wrong calls


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("nope", "invalid choice: 'nope'"),
        ("--version", "COMMAND"),
        ("-- check x", ""),
        ("check", "REPORT..."),
        ("check --", "REPORT..."),
        ("check x --nope", "--nope"),
        ("check x --js", "--js"),
        ("check x --json=1", "--json"),
        ("check x --lang", "--lang"),
        ("check x --lang --json", "--json"),
        ("check x --lang fr", "'fr'"),
        ("check x --fail-on bad", "'bad'"),
        ("run", "REPORT..."),
        ("review", "REPORT... [FINDING]"),
        ("diff a", "B"),
        ("diff a b c", "c"),
        ("rules x", "arguments: x"),
    ],
)
def test_a_wrong_call_is_one_line_that_says_where_help_is(arguments, says, call):
    status, out, err = call(*arguments.split())
    assert (status, out) == (2, "")
    assert err.startswith("audit: ") and err.endswith("; see audit --help\n") and err.count("\n") == 1
    assert says in err


@pytest.mark.parametrize(
    "arguments", [["check", "甲\n乙\x1b.txt"], ["check", "x", "--甲\n乙\x1b"], ["甲\n乙\x1b"]]
)
def test_a_name_with_a_newline_is_told_in_one_line(arguments, call):
    status, _, err = call(*arguments)
    assert (status, err.count("\n"), "\x1b" in err) == (2, 1, False)


def test_debug_raises_the_error(call, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["audit", "check", BLANK, "--debug"])
    with pytest.raises(ReportError):
        cli.main()


def test_an_interrupt_says_nothing(call, monkeypatch):
    def interrupted(**values: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "rules", (interrupted, ()))
    assert call("rules") == (130, "", "")


# ------------------------------------------------------------------------------------------- what is taken


@pytest.mark.parametrize(
    "arguments",
    [
        ["甲.txt", "--json", "--lang", "en", "--", "-乙.xlsx"],
        ["--json", "甲.txt", "--lang=en", "--", "-乙.xlsx"],
        ["--lang", "en", "--json", "--", "甲.txt", "-乙.xlsx"],
    ],
)
def test_options_and_reports_stand_in_any_order(arguments, given):
    values = given("check", *arguments)
    assert [values[name] for name in ("report", "json", "lang", "rules", "fail_on", "debug")] == [
        [Path("甲.txt"), Path("-乙.xlsx")],
        True,
        "en",
        None,
        None,
        False,
    ]


def test_a_value_may_begin_with_a_dash_and_a_decision_stand_before_the_finding(given):
    values = given("review", "甲.txt", "--explain", "PER-04", "--note", "-10%", "--name", "张三")
    assert values["named"] == [Path("甲.txt"), Path("PER-04")]
    assert (values["states"], values["note"], values["name"]) == (["explained"], "-10%", "张三")


def test_severities_are_those_of_the_rules():
    assert cli.SEVERITIES == rules.SEVERITIES


# ------------------------------------------------------------------------------------------ what is loaded


def said(program: str, *arguments: str) -> list[str]:
    """The words that a program prints on standard error, in a process of its own."""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    return done.stderr.split()


def test_the_help_loads_no_stage_and_no_package():
    program = """
import sys
from helpers.cli import main
try:
    main()
except SystemExit:
    ours = (name for name in sys.modules if name.startswith("helpers."))
    print(*ours, *({"yaml", "rich", "pandas", "lxml", "json", "dataclasses"} & sys.modules.keys()), file=sys.stderr)
"""
    assert said(program, "--help") == said(program, "check", "--help") == ["helpers.cli"]


@pytest.mark.parametrize("first", ["import helpers.audit", "from helpers.audit import Audit", ""])
def test_the_package_gives_the_function_whatever_was_imported_before(first):
    program = f"""
import sys
{first}
from helpers import Audit, DataError, ReportError, audit
import helpers
print(helpers.audit.__name__, *(thing.__module__ for thing in (helpers.audit, audit, Audit, DataError, ReportError)), file=sys.stderr)
"""
    assert said(program) == [
        "audit",
        *["helpers.audit"] * 3,
        "helpers.data",
        "helpers.reading.document",
    ]


def test_json_is_what_the_standard_library_writes():
    odd = {
        "乙": ['"\\/', "\x00\x1f\x7f\u2028", "\ud800", "é甲😀", ""],
        "a": [[], {}, [[]], {"b": {}, "B": [{}]}],
        "": {"none": None, "yes": True, "no": False, "whole": [0, 1, -7, 10**30], "part": [0.0, -1.5, 1e300]},
    }
    for value in (odd, [odd], {}, [], "甲", None, 0, True):
        assert _written(value) == json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
