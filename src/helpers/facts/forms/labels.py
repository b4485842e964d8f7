"""What the words of a head or a stub say: the year, the measure, and of what (data/taxonomy/heads.yaml)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from helpers.data import DataError, check_keys, compiled, data_folder, read_yaml

_MEASURES = ("growth", "completion", "share", "change", "opening", "adjusted", "budget", "amount")
_OF = ("either", "prior", "budget")
_YEAR = re.compile(r"(20\d\d)年?")
_PRIOR = re.compile(r"上年|去年|上一年|同比")
_THIS = re.compile(r"本年|今年|当年")
_UNIT = re.compile(r"\(?(?:单位：?)?(万元|亿元|千元|元)\)?")
# What is left of a label that says a year and a measure and nothing else.
_PLAIN = re.compile(
    r"20\d\d|年初|年末|全年|年度?|[比与较同占]|相比|增减|增加|减少|增长|下降|变动|对比|情况|差额|幅度?|率|[%±()+\-/：]|万元|亿元|千元|元"
    r"|单位|调整后?|追加|预算|决算|支出|执行|完成|比重|构成|实际|金额|数额?|额|[本上去今当]"
)


@dataclass(frozen=True)
class Word:
    """An entry: labels with these words are of this measure."""

    measure: str
    words: re.Pattern[str]
    of: str
    falls: bool


@dataclass(frozen=True)
class Said:
    """What the labels of a cell say: year, the year it is compared with, measure, what of, and the unit if any."""

    years: tuple[str, ...]
    measure: str
    of: str
    falls: bool
    subject: tuple[str, ...]
    unit: str


@cache
def head_words() -> tuple[Word, ...]:
    """The entries of data/taxonomy/heads.yaml; raises `DataError` with every defect."""
    found, defects = [], list[str]()
    for entry in read_yaml(data_folder() / "taxonomy" / "heads.yaml"):
        check_keys(entry, {"measure": str, "words": str}, {"of": str, "falls": bool}, defects)
        if entry.get("measure") not in _MEASURES:
            defects.append(entry.at(f"'measure' must be one of {', '.join(_MEASURES)}"))
        if entry.get("of", "either") not in _OF:
            defects.append(entry.at(f"'of' must be one of {', '.join(_OF)}"))
        words = compiled(entry, entry.get("words", ""), defects)
        if not defects:
            found.append(Word(entry["measure"], words, entry.get("of", ""), entry.get("falls", False)))
    if defects:
        raise DataError(defects)
    return tuple(found)


@lru_cache(maxsize=4096)
def is_plain(label: str) -> bool:
    """True for a label that says a year or a measure, and of nothing."""
    word = _word(label)
    return not _PLAIN.sub("", word.words.sub("", label) if word else label)


def said(labels: Sequence[str], year: str) -> Said:
    """What the labels of a cell say together, in a report of `year`."""
    years = tuple(dict.fromkeys(found for label in labels for found in _YEAR.findall(label)))
    if not years:
        last = str(int(year) - 1) if year.isdigit() else ""
        has_prior = any(_PRIOR.search(label) for label in labels)
        years = (
            (year, last)
            if has_prior and any(_measure(label) for label in labels if _PRIOR.search(label))
            else ()
        )
        if not years:
            years = (last,) if has_prior else (year,) if any(_THIS.search(label) for label in labels) else ()
    years = tuple(sorted(years, reverse=True))
    words = [word for label in labels for word in [_word(label)] if word is not None]
    word = min(words, key=head_words().index, default=None)
    of = word.of if word else ""
    if of == "either":
        text = "".join(label for label in labels if _word(label) is word)
        of = "budget" if "预算" in text else "prior" if _PRIOR.search(text) or len(years) > 1 else of
    unit = next((m.group(1) for label in labels for m in [_UNIT.search(label)] if m and "(" in m.group()), "")
    subject = tuple(label for label in labels if not is_plain(label))
    return Said(years, word.measure if word else "amount", of, bool(word and word.falls), subject, unit)


@lru_cache(maxsize=4096)
def _word(label: str) -> Word | None:
    return next((word for word in head_words() if word.words.search(label)), None)


def _measure(label: str) -> bool:
    """True for a label of a change or a growth, in which last year is what it is compared with."""
    word = _word(label)
    return word is not None and word.measure in ("growth", "change")
