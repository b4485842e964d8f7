"""Text as a workbook or a Word file can hold it: what is in a report may be anything."""

from __future__ import annotations

import re

# What XML 1.0 has no way to write; a carriage return would come back as another character.
_FORBIDDEN = re.compile(r"[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def office_text(words: str, most: int) -> str:
    """The words with U+FFFD in place of characters that XML forbids, at most `most` UTF-16 units, as Office counts."""
    clean = _FORBIDDEN.sub("\ufffd", words.replace("\r\n", "\n").replace("\r", "\n"))
    units = clean.encode("utf-16-le")
    if len(units) <= 2 * most:
        return clean
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "…"
