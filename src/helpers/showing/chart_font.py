"""The font of the charts: which characters it has, and the part of it that a chart carries with it."""

from __future__ import annotations

import base64
import io
from functools import cache
from typing import TYPE_CHECKING

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from noto_cjk_sans_otc import FONT_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "Noto Sans CJK SC"
_NUMBER = 2  # the simplified Chinese face in the package's collection
_NO_TABLES = ("BASE", "VORG", "vhea", "vmtx")

# A part of the font that holds more than one chart needs, with its characters; see `expect`.
_part: tuple[frozenset[str], bytes] | None = None


@cache
def glyphs() -> frozenset[int]:
    """The characters of the font, which matplotlib knows from now on."""
    font_manager.fontManager.addfont(str(FONT_PATH))
    return frozenset(FT2Font(font_manager.findfont(NAME, fallback_to_default=False)).get_charmap())


def expect(characters: Iterable[str]) -> None:
    """Make what is embedded from now on, in this process and its forks, quick to make of these characters.

    The font is large: to take the few characters of a chart from it is most of drawing one.  What is embedded is the
    same without.
    """
    global _part
    expected = frozenset(characters)
    if _part is None or not expected <= _part[0]:
        # Bounds and hints are those of a later part.
        _part = expected, _subset(_whole(recalcBBoxes=False), expected, hinting=True)


@cache
def embedded(characters: frozenset[str]) -> str:
    """The font with these characters only, in base64, so that the text shows on a machine without Chinese fonts."""
    if _part is not None and characters <= _part[0]:
        font = TTFont(io.BytesIO(_part[1]), lazy=True, recalcTimestamp=False)
    else:
        font = _whole()
    return base64.b64encode(_subset(font, characters)).decode("ascii")


def _whole(**options: bool) -> TTFont:
    return TTFont(str(FONT_PATH), fontNumber=_NUMBER, lazy=True, recalcTimestamp=False, **options)


def _subset(font: TTFont, characters: Iterable[str], hinting: bool = False) -> bytes:
    """The file of the font with these characters only; closes the font."""
    options = subset.Options()
    options.set(
        layout_features=[], name_IDs=[1, 2], hinting=hinting, desubroutinize=True, notdef_outline=True
    )
    options.drop_tables += _NO_TABLES
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(sorted(characters)))
    subsetter.subset(font)
    buffer = io.BytesIO()
    font.save(buffer)
    font.close()
    return buffer.getvalue()
