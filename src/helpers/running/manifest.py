"""What an output folder was made from and what it holds, each by its sha256: `manifest.json`."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from helpers.audit import Audit
from helpers.auditing.store import code_sha256
from helpers.reading.read import read_bytes
from helpers.showing.summary import MANIFEST, Summary

_PROJECT = "final-accounts-audit"


def inputs_of(
    done: Audit,
    paths: Sequence[Path],
    notebooks: Iterable[Path],
    rules: Path | None,
    parameters: Mapping[str, str],
) -> dict[str, Any]:
    """Everything that shapes the output folder of an audit: files by name and sha256, parameters, code and versions."""
    further = [] if rules is None else sorted(rules.rglob("*.yaml")) if rules.is_dir() else [rules]
    return {
        "report": [_of(path.name, read_bytes(path)) for path in paths],
        "compared": [{"role": o.role, "file": o.file, "sha256": o.sha256} for o in done.compared],
        "reviews": _of(done.reviews.file, done.reviews.content),
        "rules": [_of(path.name, path.read_bytes()) for path in further],
        "notebooks": [_of(path.name, path.read_bytes()) for path in notebooks],
        "parameters": dict(parameters),
        **environment(),
    }


def environment() -> dict[str, Any]:
    """What an audit is made with: the sha256 of the code, and the versions of Python and of packages."""
    return {"code": code_sha256(), "python": platform.python_version(), "packages": _packages()}


def write_manifest(folder: Path, inputs: Mapping[str, Any], done: Audit) -> None:
    """Write the manifest of the folder of an audit, whose files are all there."""
    _write(folder, {"inputs": inputs, "outputs": _outputs(folder), "summary": Summary.of(done).as_strings()})


def is_current(folder: Path, inputs: Mapping[str, Any]) -> bool:
    """True where the folder was made from these inputs, and holds exactly what it held then."""
    return made_from(folder) == inputs


def made_from(folder: Path) -> dict[str, Any] | None:
    """The inputs of a folder that holds exactly what it held when it was made; None where it does not."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        inputs: dict[str, Any] = content["inputs"]
        return inputs if content["outputs"] == _outputs(folder) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stand_in(folder: Path, inputs: Mapping[str, Any]) -> None:
    """Make a folder that stands for one elsewhere which was made from these inputs and is whole."""
    folder.mkdir(parents=True)
    (folder / "audit.json").touch()
    _write(folder, {"inputs": inputs, "outputs": _outputs(folder)})


def _write(folder: Path, content: Mapping[str, Any]) -> None:
    words = json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    (folder / MANIFEST).write_text(words, encoding="utf-8", newline="\n")


def _of(name: str, content: bytes) -> dict[str, str]:
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest()}


def _outputs(folder: Path) -> dict[str, str]:
    """The sha256 of every file in the folder but the manifest, by path."""
    files = (path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@cache
def _packages() -> dict[str, str]:
    """The versions of the packages that this project declares, "" of one that is not here."""
    try:
        declared = requires(_PROJECT) or []
    except PackageNotFoundError:  # run from its source, not installed
        return {}
    names = sorted({re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in declared if "extra ==" not in line})
    return {name: version(name) for name in names}
