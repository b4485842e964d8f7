"""What auditing one report may take, and what is said where it took more or broke."""

from __future__ import annotations

from helpers.running.children import Limits, TaskDied
from helpers.running.selection import Failure, Files

# The longest report that we know takes a hundredth of either.
LIMITS = Limits(seconds=1800, bytes=4 << 30)


def why_not(files: Files, error: BaseException) -> Failure:
    """Why a report was not audited that is not to blame, or not known to be."""
    file = files[0]
    if isinstance(error, TaskDied):
        return Failure(files, f"{file}: {error}; audit it in parts, or alone")
    if isinstance(error, MemoryError):
        most = (LIMITS.bytes or 0) >> 30
        return Failure(files, f"{file}: needs more than {most} GB of memory; audit it in parts")
    if isinstance(error, OSError) and error.errno:
        where = f"{error.filename}: " if error.filename else ""
        return Failure(files, f"{file}: {where}{error.strerror}; see to it and run again with --resume")
    what = " ".join(str(error).split())
    said = f"{file}: internal error: {type(error).__name__}: {what}; run again with --debug and report it"
    return Failure(files, said, is_ours=True)
