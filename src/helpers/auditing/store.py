"""Audits kept by content: the same report by the same rules, decisions and code is audited once.

The last audit of this process is kept in memory, which a forked child inherits; all are kept in a folder of the
user's, bounded in size.  An entry that is stale or damaged is computed again.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import stat
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path

import platformdirs

from helpers.audit import Audit, audit
from helpers.data import data_folder, package_folder
from helpers.facts.compared import BUDGET, PRIOR, Compared, prior_file
from helpers.findings.dispositions import Reviews, read_reviews, reviews_folder
from helpers.findings.finding import MATERIALITY
from helpers.reading.join import files_of
from helpers.reading.read import read_bytes

MOST_BYTES = 500_000_000
VARIABLE = "AUDIT_CACHE"  # names another folder
_READERS = ("lxml", "pypdfium2", "PyYAML")  # whose versions what is read may depend on
_DIGEST_BYTES = hashlib.sha256().digest_size
_NEW = ".audit-new-"
_ENTRY = re.compile(rf"[0-9a-f]{{{2 * _DIGEST_BYTES}}}|{re.escape(_NEW)}\w+")

_last: tuple[str, Audit] | None = None


def kept_audit(
    report: str | Path | Sequence[str | Path],
    rules: str | Path | None = None,
    materiality: Decimal | str = MATERIALITY,
    prior: str | Path | None = None,
    budget: str | Path | None = None,
    reviews: str | Path | None = None,
) -> Audit:
    """As `audit`, from memory or the folder where it is kept there; parameters and errors are the same."""
    global _last
    paths, folder = files_of(report), reviews_folder(reviews)
    decided = Reviews() if folder is None else read_reviews(folder, paths[0])
    given = {PRIOR: None if prior is None else Path(prior), BUDGET: None if budget is None else Path(budget)}
    key = _key(paths, rules, Decimal(materiality), decided, given[BUDGET])
    found = _last[1] if _last is not None and _last[0] == key else _load(key)
    done = None if found is None else _placed(found, paths[0], given)
    if done is None:
        done = audit(report, rules, materiality, prior, budget, reviews)
        # What changed meanwhile is not what the key was made of.
        if key != _key(paths, rules, Decimal(materiality), done.reviews, given[BUDGET]):
            return done
        _save(key, done)
    _last = key, done
    return done


@cache
def code_sha256() -> str:
    """The sha256 of what computes an audit: this package, its declared data, and the libraries that read files."""
    digest = hashlib.sha256()
    package = package_folder()
    data = (data_folder() / name for name in ("taxonomy", "rules", "reference"))
    for folder in (package, *data):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                _add(digest, path.relative_to(folder).as_posix().encode(), path.read_bytes())
    for name in _READERS:
        _add(digest, name.encode(), version(name).encode())
    return digest.hexdigest()


def cache_problem() -> str:
    """Why nothing can be kept in the folder, in one line; "" where it can."""
    folder = _folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return f"{folder}: audits cannot be kept here ({error.strerror}); set {VARIABLE} to another folder"
    return (
        ""
        if _is_ours(folder)
        else f"{folder}: others may write here, so no audit is taken from it; set {VARIABLE} to a folder of your own"
    )


def _folder() -> Path:
    named = os.environ.get(VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("final-accounts-audit", appauthor=False)


def _is_ours(path: Path) -> bool:
    """True where nobody else can have written this folder or entry: reading an entry runs what it says."""
    about = path.stat()
    if not hasattr(os, "getuid"):
        return True
    return about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _add(digest: hashlib._Hash, *parts: bytes) -> None:
    """The parts, so that no others add up to the same."""
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)


def _key(
    paths: Sequence[Path],
    rules: str | Path | None,
    materiality: Decimal,
    decided: Reviews,
    budget: Path | None,
) -> str:
    """A digest of all that shapes an audit but last year's report, which may be looked for."""
    digest = hashlib.sha256()
    _add(digest, code_sha256().encode(), str(materiality.normalize()).encode())
    for path in (*paths, *([budget] if budget else [])):
        _add(digest, path.name.encode("utf-8", "surrogateescape"), read_bytes(path))
    _add(digest, b"budget" if budget else b"", decided.file.encode(), decided.content)
    if rules is not None:
        # Rules that cannot be read are an error of theirs, told where they are loaded.
        for path in sorted(Path(rules).rglob("*.yaml")) if Path(rules).is_dir() else [Path(rules)]:
            _add(digest, path.name.encode(), path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def _placed(done: Audit, report: Path, given: dict[str, Path | None]) -> Audit | None:
    """The audit with the other reports where they lie now; None where last year's is another than it was held against."""
    found = given[PRIOR] or prior_file(report, done.entity, done.year)
    held = [(other.file, other.sha256) for other in done.compared if other.role == PRIOR]
    if held != ([(found.name, hashlib.sha256(read_bytes(found)).hexdigest())] if found else []):
        return None
    now = {PRIOR: found, BUDGET: given[BUDGET]}

    def moved(other: Compared) -> Compared:
        return replace(other, path=now[other.role] or other.path)

    return replace(done, compared=tuple(map(moved, done.compared)))


def _load(key: str) -> Audit | None:
    """The audit of an entry; None where there is none that is whole."""
    path = _folder() / key
    try:
        if not (_is_ours(path.parent) and _is_ours(path)):
            return None
        content = path.read_bytes()
        digest, packed = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(packed).digest() != digest:
            return None
        done = Audit(**pickle.loads(zlib.decompress(packed)))
    except Exception:  # Whatever is wrong with an entry, the audit is computed.
        return None
    with suppress(OSError):
        os.utime(path)
    return done


def _save(key: str, done: Audit) -> None:
    """Keep an audit; where that cannot be, it is not kept."""
    folder = _folder()
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = pickle.dumps({field.name: getattr(done, field.name) for field in fields(done)}, 5)
        packed = zlib.compress(content, 1)
        file, name = tempfile.mkstemp(prefix=_NEW, dir=folder)
        try:
            with open(file, "wb") as new:
                new.write(hashlib.sha256(packed).digest() + packed)
            os.replace(name, folder / key)
        except BaseException:
            os.unlink(name)
            raise
        # A look at every entry is paid for by one in sixteen.
        if key.endswith("0"):
            _prune(folder)


def _prune(folder: Path) -> None:
    """Remove the entries used longest ago, down to the size that all may have; nothing that is not ours."""
    ours = (path for path in folder.iterdir() if _ENTRY.fullmatch(path.name))
    entries = sorted(((path, path.stat()) for path in ours), key=lambda e: -e[1].st_mtime)
    size = 0
    for path, about in entries:
        size += about.st_size
        if size > MOST_BYTES:
            path.unlink(missing_ok=True)
