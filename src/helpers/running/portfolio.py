"""The store over all reports of an output folder: four Parquet files, brought in line with what lies there.

The store is a function of the folders: the same folders make the same bytes, in whatever order they came.  Only what
changed is read anew; the rest is copied, a row group at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.reading.document import ReportError
from helpers.showing.portfolio_schema import (
    FOLDER,
    MISSING,
    TABLES,
    VOUCHED,
    Row,
    digest,
    is_whole,
    rows,
    schema,
)
from helpers.showing.summary import AUDIT, folders_in

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAX_BYTES = 200_000_000
# A row group ends with the report that brings it to so many rows, or is one of so many: what waits is kept in memory.
_GROUP = {"reports": 256, "facts": 32_768, "results": 32_768, "findings": 4096}
_REPORTS = 256
_NEEDED = ("folder", "audit_sha256", *VOUCHED)
_RENAMED = (*VOUCHED, "reports")  # last the one that vouches for the others


@dataclass(frozen=True)
class Update:
    """What became of the store: the reports in it, those of them that were `kept` as they stood, and those `dropped`.

    `why` says in one line why it was not written, and is empty where the store is in line with the folders.
    """

    reports: int = 0
    kept: int = 0
    dropped: int = 0
    why: str = ""


def update_portfolio(out: Path) -> Update:
    """The store `out`/portfolio in line with the finished folders in `out`.

    Readers see each file as it was or as it will be.  After a kill, also between the renames, or where a file is damaged,
    the next update writes all of them anew.  Raises `ReportError` where they cannot be written; the old ones stand.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return Update(why=MISSING)
    folder = out / FOLDER
    if folder.is_symlink() or (folder / AUDIT).exists() or (folder.exists() and not folder.is_dir()):
        return Update(why=f"{folder}: is in the way of the store of all reports; move it, and run again")
    found = {one.name: digest(one / AUDIT) for one in folders_in(out)}
    if not found and not folder.is_dir():
        return Update()
    with closing(_Stored.opened(folder)) as stored:
        kept = sum(stored.digests.get(name) == content for name, content in found.items())
        update = Update(len(found), kept, len(stored.digests.keys() - found))
        if stored.is_whole and stored.digests == found:
            return update
        new = folder / ".new"
        try:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            _write(new, out, found, stored)
            stored.close()  # no system but Unix replaces a file that is open
            for name in _RENAMED:
                os.replace(new / f"{name}.parquet", folder / f"{name}.parquet")
        except OSError as error:
            raise ReportError(
                f"{folder}: cannot be written ({error.strerror or error}); make room, or choose another --out"
            ) from error
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return update


def _write(new: Path, out: Path, found: Mapping[str, str], stored: _Stored) -> None:
    """The four files in the folder `new`, report by report."""
    writers = {name: _Writer(new / f"{name}.parquet", name) for name in TABLES}
    try:
        for folder, content in found.items():
            is_kept = stored.digests.get(folder) == content
            made = stored.tables(folder) if is_kept else _tables(out / folder)
            for name, table in made.items():
                writers[name].add(table)
        for name in VOUCHED:
            writers[name].close()
        writers["reports"].close(_vouched(new))
    finally:
        for writer in writers.values():
            writer.let_go()


def _vouched(folder: Path) -> dict[str, str]:
    return {name: digest(folder / f"{name}.parquet") for name in VOUCHED}


def _written(reports: pa.Table, vouched: Mapping[str, str]) -> bytes:
    """The file of these reports."""
    import pyarrow as pa

    written = pa.BufferOutputStream()
    writer = _Writer(written, "reports")
    for number in range(len(reports)):
        writer.add(reports.slice(number, 1))
    writer.close(vouched)
    content: bytes = written.getvalue().to_pybytes()
    return content


def _tables(folder: Path) -> dict[str, pa.Table]:
    """The rows of a finished folder, read from its `audit.json`; where that is none, a report that says so."""
    import pyarrow as pa

    read = ""
    try:
        if (folder / AUDIT).stat().st_size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES // 1_000_000} MB")
        content = (folder / AUDIT).read_bytes()
        read = hashlib.sha256(content).hexdigest()
        return _typed(rows(folder.name, read, json.loads(content)))
    except (OSError, ValueError, TypeError, OverflowError, RecursionError, pa.ArrowException) as problem:
        what = problem.strerror if isinstance(problem, OSError) else " ".join(str(problem).split())
        error = f"{AUDIT} is not the JSON of an audit, or cannot be read ({what}); run audit run again"
        report = {
            "folder": folder.name,
            "audit_sha256": read or digest(folder / AUDIT),
            "error": error,
            **dict.fromkeys(VOUCHED, 0),
        }
        return _typed({"reports": [report]})


def _typed(made: Mapping[str, list[Row]]) -> dict[str, pa.Table]:
    import pyarrow as pa

    return {name: pa.Table.from_pylist(found, schema(name)) for name, found in made.items()}


class _Stored:
    """The store as it stands: the digest of each report's audit by folder, and its rows, asked for in their order."""

    def __init__(self, files: Mapping[str, pq.ParquetFile], reports: pa.Table | None = None) -> None:
        self.is_whole = reports is not None
        self._files, self._reports = files, reports
        self._cursors = {name: _Cursor(files[name]) for name in VOUCHED if self.is_whole}
        self._columns: dict[str, list[Any]] = {
            name: [] if reports is None else reports.column(name).to_pylist() for name in _NEEDED
        }
        self._starts = {name: list(accumulate(self._columns[name], initial=0)) for name in VOUCHED}
        self._number = {folder: number for number, folder in enumerate(self._columns["folder"])}
        self.digests: dict[str, str] = dict(zip(self._number, self._columns["audit_sha256"], strict=True))

    @classmethod
    def opened(cls, folder: Path) -> _Stored:
        """The store in this folder; empty where it is missing, damaged, of another schema, or renamed in part only."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        files: dict[str, pq.ParquetFile] = {}
        try:
            if is_whole(folder):
                for name in TABLES:
                    path = folder / f"{name}.parquet"
                    files[name] = pq.ParquetFile(path, page_checksum_verification=True)
                reports = files["reports"].read(use_threads=False)
                # It vouches for the others; for itself, that it would be written so again.
                if _written(reports, _vouched(folder)) == (folder / "reports.parquet").read_bytes():
                    return cls(files, reports)
        except (OSError, pa.ArrowException):
            pass
        return cls(files)

    def close(self) -> None:
        """Let go of the files; nothing can be asked for after that."""
        for file in self._files.values():
            file.close()

    def tables(self, folder: str) -> dict[str, pa.Table]:
        """The rows of a report that is in the store."""
        assert self._reports is not None
        number = self._number[folder]
        others = {
            name: cursor.rows(self._starts[name][number], self._columns[name][number])
            for name, cursor in self._cursors.items()
        }
        return {"reports": self._reports.slice(number, 1), **others}


class _Cursor:
    """The rows of a table, a row group at a time; each report's stand in one."""

    def __init__(self, file: pq.ParquetFile) -> None:
        self._file, self._group = file, -1
        self._first = self._end = 0  # the rows of the group
        self._table: pa.Table | None = None

    def rows(self, start: int, count: int) -> pa.Table:
        """So many rows from `start` on, which never goes back."""
        if not count:
            return self._file.schema_arrow.empty_table()
        while start >= self._end:
            self._group += 1
            self._first = self._end
            self._end += self._file.metadata.row_group(self._group).num_rows
            self._table = None
        if self._table is None:
            self._table = self._file.read_row_group(self._group, use_threads=False)
        return self._table.slice(start - self._first, count)


class _Writer:
    """A table written report by report, in row groups of whole reports."""

    def __init__(self, where: Path | pa.BufferOutputStream, name: str) -> None:
        import pyarrow.parquet as pq

        self._file = pq.ParquetWriter(where, schema(name), compression="zstd", write_page_checksum=True)
        self._most, self._rows = _GROUP[name], 0
        self._waiting: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        """Rows after the others; written when they are enough for a group."""
        self._waiting.append(table)
        self._rows += len(table)
        if self._rows >= self._most or len(self._waiting) >= _REPORTS:
            self._flush()

    def close(self, vouched: Mapping[str, str] | None = None) -> None:
        """Write what is left, and with it the digests of the other files."""
        self._flush()
        self._file.add_key_value_metadata(dict(vouched or {}))
        self._file.close()

    def let_go(self) -> None:
        """Close the file as it is, where it is not closed yet."""
        self._file.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            # In one piece: where pages end must not tell how the rows came together.
            table = pa.concat_tables(
                [one.replace_schema_metadata() for one in self._waiting]
            ).combine_chunks()
            self._file.write_table(table, row_group_size=max(1, len(table)))
            self._waiting, self._rows = [], 0
