"""Names of files and folders that are made for a report: safe on every system, and one for each report."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path

FAILED = ".failed"

_PLAIN = re.compile(r"\w(?:[\w.() （）【】《》“”、，·+-]*[\w)）】》”])?")
# What Windows keeps for devices, and what is made over a batch and stands beside the folders.
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?|index\.html|portfolio(?:\.xlsx)?")


def folder_name(report: Path) -> str:
    """The name of a report's output folder: its stem; where that is no safe folder name, made one and unique."""
    stem = unicodedata.normalize("NFC", report.stem)
    fits = len(stem.encode("utf-8", "surrogateescape")) <= 200
    if fits and _PLAIN.fullmatch(stem) and not _RESERVED.fullmatch(stem) and not stem.endswith(FAILED):
        return stem
    plain = re.sub(r"[^\w-]+", "_", stem)[:40].strip("_")
    digest = hashlib.sha256(report.stem.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{plain or 'report'}-{digest}"
