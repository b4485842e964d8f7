"""pyproject.toml declares, requirements.lock pins, environment.yml repeats it for conda: the three agree."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]

# What conda-forge calls by another name than its own project does.
CONDA_NAMES = {"playwright-python": "playwright", "python-duckdb": "duckdb"}

# The machines that the lock must serve: interpreter and system, each as pip would evaluate its markers.
SYSTEMS = {
    "linux": {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    "macos": {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    "windows": {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
}
PYTHONS = ["3.11.0", "3.12.0", "3.13.0", "3.14.0"]

PIN = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;]+)(?:\s*;\s*(?P<marker>.+))?$")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class Pin:
    """One line of the lock: a name, one exact version, where it applies, and the hashes of its files."""

    def __init__(self, entry: str) -> None:
        head, *options = entry.split(" --")
        found = PIN.match(head.strip())
        assert found, f"not a pin to one exact version: {entry!r}"
        self.name = canonicalize_name(found["name"])
        self.version = Version(found["version"])
        self.marker = Marker(found["marker"]) if found["marker"] else None
        self.options = [f"--{option.strip()}" for option in options]

    def applies(self, python: str, system: str) -> bool:
        machine = {"python_full_version": python, "python_version": python.rpartition(".")[0]}
        machine |= {"platform_python_implementation": "CPython", "implementation_name": "cpython"}
        return self.marker is None or self.marker.evaluate(machine | SYSTEMS[system])


def read_pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read_lock() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def pins() -> list[Pin]:
    lines = [line for line in read_lock().splitlines() if line.strip() and not line.startswith("#")]
    return [Pin(entry) for entry in "\n".join(lines).replace("\\\n", " ").splitlines()]


def bounds(requirements: list[str]) -> dict[str, SpecifierSet]:
    """Each canonical name with its bounds; every name is there once."""
    parsed = [Requirement(text) for text in requirements]
    names = Counter(canonicalize_name(requirement.name) for requirement in parsed)
    assert [name for name, times in names.items() if times > 1] == []
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in parsed}


def declared() -> dict[str, SpecifierSet]:
    """What pyproject.toml asks for to run, with every extra, and to test."""
    project = read_pyproject()["project"]
    extras = project["optional-dependencies"].values()
    return bounds(project["dependencies"] + [text for extra in extras for text in extra])


def conda() -> tuple[list[str], list[str]]:
    """The requirements of environment.yml: conda's own, and those it leaves to pip."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    own = [entry for entry in entries if isinstance(entry, str)]
    [left_to_pip] = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    return own, left_to_pip


def test_every_extra_is_in_the_lock_or_known_to_be_left_out() -> None:
    assert list(read_pyproject()["project"]["optional-dependencies"]) == ["cluster", "portfolio", "test"]


def test_every_declared_dependency_states_a_lower_bound() -> None:
    build = bounds(read_pyproject()["build-system"]["requires"])
    without = [
        name
        for name, specifier in (declared() | build).items()
        if not any(part.operator == ">=" for part in specifier)
    ]
    assert without == []


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_each_machine_gets_one_pin_of_every_declared_dependency(system: str, python: str) -> None:
    pinned: dict[str, list[Version]] = {}
    for pin in pins():
        if pin.applies(python, system):
            pinned.setdefault(pin.name, []).append(pin.version)
    assert {name: versions for name, versions in pinned.items() if len(versions) > 1} == {}

    wanted = declared() | bounds(read_pyproject()["build-system"]["requires"])
    assert [name for name in wanted if name not in pinned] == []
    assert [
        f"{name} {version}, declared {wanted[name]}"
        for name in wanted
        for version in pinned[name]
        if not wanted[name].contains(version)
    ] == []


def test_every_pin_has_hashes_and_nothing_else() -> None:
    assert [pin.name for pin in pins() if not pin.options] == []
    assert [
        f"{pin.name}: {option}" for pin in pins() for option in pin.options if not HASH.fullmatch(option)
    ] == []


def test_the_lock_names_no_index_host_or_path() -> None:
    lines = read_lock().splitlines()
    assert [line for line in lines if "/" in line or "@" in line or re.search(r"\bhttps?\b", line)] == []
    assert [line for line in lines if line.lstrip().startswith("-") and not HASH.search(line)] == []


def test_conda_users_get_the_same_dependencies_and_bounds() -> None:
    own, left_to_pip = conda()
    assert left_to_pip[-1] == "-e ."
    found = bounds(own + left_to_pip[:-1])
    del found["python"], found["pip"]
    found = {CONDA_NAMES.get(name, name): specifier for name, specifier in found.items()}
    assert found == declared()


def test_the_oldest_python_is_the_same_everywhere() -> None:
    pyproject = read_pyproject()
    floor = pyproject["project"]["requires-python"]
    own, _ = conda()
    assert str(bounds(own)["python"]) == floor
    oldest = floor.removeprefix(">=")
    assert pyproject["tool"]["mypy"]["python_version"] == oldest
    assert pyproject["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert PYTHONS[0] == f"{oldest}.0"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"({oldest.replace('.', ', ')})" in makefile
    assert f"--python-version {oldest}" in makefile
