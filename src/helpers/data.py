"""Declared data, loaded strictly: every defect of a file is reported with its line, all of them at once."""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = Path(__file__).parent


def package_folder() -> Path:
    """The folder of this package."""
    return _PACKAGE


def data_folder() -> Path:
    """The folder of taxonomy, rules and reference: inside the package when installed, else of the checkout."""
    packaged = _PACKAGE / "data"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "data"


class DataError(Exception):
    """A data file does not say what it must; `defects` has one `file:line: what is wrong` for each defect."""

    def __init__(self, defects: Iterable[str]) -> None:
        self.defects = list(defects)
        super().__init__("\n".join(self.defects))


class Entry(dict[str, Any]):
    """A mapping of a YAML file that knows its file and line."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file, self.line = file, line

    def at(self, what: str) -> str:
        """`what`, said of this place."""
        return f"{self.file}:{self.line}: {what}"


def read_yaml(path: Path) -> Any:
    """The content of a YAML file, its mappings as `Entry`; a duplicate key or bad syntax raises `DataError`."""
    try:
        node = yaml.compose(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not readable as YAML"
        raise DataError([f"{path.name}:{mark.line + 1 if mark else 1}: {problem}"]) from error
    except UnicodeDecodeError as error:
        raise DataError([f"{path.name}:1: not UTF-8; save the file as UTF-8"]) from error
    except OSError as error:
        raise DataError([f"{path.name}:1: cannot be read ({error.strerror})"]) from error
    defects: list[str] = []
    content = _construct(node, path.name, defects)
    if defects:
        raise DataError(defects)
    return content


def _construct(node: Any, file: str, defects: list[str]) -> Any:
    if node is None:
        return None
    if isinstance(node, yaml.MappingNode):
        entry = Entry(file, node.start_mark.line + 1)
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in entry:
                defects.append(
                    f"{file}:{key_node.start_mark.line + 1}: the key {key!r} stands twice; keep one"
                )
            entry[key] = _construct(value_node, file, defects)
        return entry
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, file, defects) for item in node.value]
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value.lower() in ("true", "yes", "on")
    if node.tag == "tag:yaml.org,2002:int":
        return int(node.value)
    if node.tag == "tag:yaml.org,2002:null":
        return None
    return node.value


def check_keys(
    entry: Entry, required: Mapping[str, type], optional: Mapping[str, type], defects: list[str]
) -> None:
    """Append to `defects` each unknown, missing or wrongly typed key of `entry`."""
    for key in entry:
        if key not in required and key not in optional:
            known = ", ".join(sorted([*required, *optional]))
            defects.append(entry.at(f"unknown key {key!r}; known keys: {known}"))
    for key, kind in {**required, **optional}.items():
        if key not in entry:
            if key in required:
                defects.append(entry.at(f"the key {key!r} is missing"))
        elif not isinstance(entry[key], kind):
            defects.append(entry.at(f"{key!r} must be {_TYPES[kind]}"))


def compiled(entry: Entry, pattern: str, defects: list[str]) -> re.Pattern[str]:
    """The regular expression that `pattern` is; where it is none, a defect is appended and nothing matches."""
    try:
        return re.compile(pattern)
    except re.error as error:
        defects.append(entry.at(f"{pattern!r} is not a regular expression ({error})"))
        return re.compile(r"(?!)")


def check_names(
    entry: Entry, what: str, names: Iterable[str], known: Container[str], defects: list[str]
) -> None:
    """Append to `defects` each of `names` that is not among the `known`."""
    defects += [entry.at(f"no {what} is called {name!r}") for name in names if name not in known]


def check_unique(entries: Iterable[Entry], key: str, defects: list[str]) -> None:
    """Append to `defects` each entry whose `key` another has already."""
    seen: set[str] = set()
    for entry in entries:
        if entry.get(key) in seen:
            defects.append(entry.at(f"{entry[key]!r} stands twice; keep one"))
        seen.add(entry.get(key, ""))


_TYPES = {str: "a text", list: "a list", dict: "a mapping", int: "a whole number", bool: "true or false"}


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file with a head line; lines that begin with # are comments."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(line for line in file if not line.startswith("#"))
        # Not `csv.DictReader`, which takes twice as long.
        head = next(rows, [])
        yield from (dict(zip(head, row, strict=True)) for row in rows if row)
