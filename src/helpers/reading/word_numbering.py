"""The numbers that a word processor prints before paragraphs: kept in a DOCX as lists and levels, not as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_LEVELS = 9
# No level's text is longer in a report; a longer one before each paragraph is an attack.
_MAX_TEXT = 100
_SMALL = re.compile(r"-?\d{1,9}")

# The digits and the units that a number is counted in.
_COUNTING = {
    "chineseCountingThousand": ("零一二三四五六七八九", "千百十 "),
    "taiwaneseCountingThousand": ("零一二三四五六七八九", "千百十 "),
    "chineseLegalSimplified": ("零壹贰叁肆伍陆柒捌玖", "仟佰拾 "),
    "ideographLegalTraditional": ("零壹貳參肆伍陸柒捌玖", "仟佰拾 "),
}
_ENCLOSED = {
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟㊱㊲㊳㊴㊵㊶㊷㊸㊹㊺㊻㊼㊽㊾㊿",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
}
_ENCLOSED["decimalEnclosedCircleChinese"] = _ENCLOSED["decimalEnclosedCircle"]
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
    (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def printed(value: int, kind: str) -> str:
    """A number as a list of this kind (ST_NumberFormat) prints it; in plain digits where the kind cannot show it."""
    if kind in ("none", "bullet"):
        return ""
    if kind in _ENCLOSED and 1 <= value <= len(_ENCLOSED[kind]):
        return _ENCLOSED[kind][value - 1]
    if kind in _COUNTING and 0 < value < 10_000:
        return _counted(value, *_COUNTING[kind])
    if kind in ("chineseCounting", "taiwaneseCounting") and 0 < value < 100:
        return _counted(value, *_COUNTING["chineseCountingThousand"])
    if kind in ("chineseCounting", "taiwaneseCounting", "ideographDigital", "japaneseDigitalTenThousand"):
        return str(value).translate(
            {ord("0") + digit: char for digit, char in enumerate("〇一二三四五六七八九")}
        )
    if kind == "japaneseCounting" and 0 < value < 10_000:
        # Neither a nought between nor a one before a hundred: 百一.
        return re.sub("零|一(?=[十百千])", "", _counted(value, *_COUNTING["chineseCountingThousand"]))
    if kind in ("upperRoman", "lowerRoman") and 0 < value < 4000:
        return _roman(value) if kind == "upperRoman" else _roman(value).lower()
    if kind in ("upperLetter", "lowerLetter") and 0 < value <= 780:
        # After Z comes AA, then BB.
        letters = chr(ord("A") + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letters if kind == "upperLetter" else letters.lower()
    if kind == "decimalZero":
        return f"{value:02d}"
    if kind in ("decimalFullWidth", "decimalFullWidth2"):
        return str(value).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    if kind == "numberInDash":
        return f"- {value} -"
    return str(value)


def _counted(value: int, digits: str, units: str) -> str:
    """A number below 10,000 in words: 一百零一; 十一 and not 一十一."""
    words, gap = "", False
    for place, unit in zip((1000, 100, 10, 1), units, strict=True):
        digit = value // place % 10
        if digit:
            words += (digits[0] if gap and words else "") + digits[digit] + unit.strip()
        gap = not digit
    return words.removeprefix("一") if 10 <= value < 20 else words


def _roman(value: int) -> str:
    words = ""
    for size, letters in _ROMAN:
        count, value = divmod(value, size)
        words += letters * count
    return words


@dataclass(frozen=True)
class _Level:
    start: int = 1
    kind: str = "decimal"
    text: str = ""
    restart: int | None = None
    legal: bool = False


@dataclass
class _Style:
    """A style: the one that it is based on, its list and level, and whether its text is hidden."""

    based_on: str | None = None
    list: str | None = None
    level: int | None = None
    hidden: bool | None = None


@dataclass
class _List:
    """A list (w:num): the definition that it counts in, and the levels where it differs from it."""

    definition: str
    starts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, _Level] = field(default_factory=dict)


class Styles:
    """The styles of a DOCX."""

    def __init__(self, root: etree._Element | None) -> None:
        self.default: str | None = None
        self._styles: dict[str, _Style] = {}
        self._hidden: dict[str | None, bool] = {}
        for element in () if root is None else root.iterfind(f"{W}style"):
            name = element.get(f"{W}styleId", "")
            level = _value(element, "pPr", "numPr", "ilvl")
            hidden = element.find(f"{W}rPr/{W}vanish")
            self._styles[name] = _Style(
                _value(element, "basedOn"),
                _value(element, "pPr", "numPr", "numId"),
                None if level is None else small(level, 0),
                None if hidden is None else is_on(hidden.get(f"{W}val")),
            )
            if element.get(f"{W}type") == "paragraph" and element.get(f"{W}default") in ("1", "true"):
                self.default = name

    def _chain(self, name: str | None) -> Iterator[tuple[str, _Style]]:
        """A style and those that it is based on, nearest first."""
        seen = set[str]()
        while name is not None and name in self._styles and name not in seen:
            seen.add(name)
            yield name, self._styles[name]
            name = self._styles[name].based_on

    def is_hidden(self, name: str | None) -> bool:
        """True where the text of a style is not printed."""
        if name not in self._hidden:
            said = (style.hidden for _, style in self._chain(name) if style.hidden is not None)
            self._hidden[name] = next(said, False)
        return self._hidden[name]

    def list_of(self, name: str | None) -> tuple[str | None, int | None, str | None]:
        """The list of a paragraph style and the level in it, None where it has none; and the style that says so."""
        level = None
        for owner, style in self._chain(name):
            level = style.level if level is None else level
            if style.list is not None:
                return style.list, level, owner
        return None, level, None


class Numbering:
    """The lists of a DOCX, and how far each has counted."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        self._styles = styles
        self._definitions: dict[str, dict[int, _Level]] = {}
        self._level_of_style: dict[tuple[str, str], int] = {}
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()
        links: dict[str, str] = {}
        for element in () if root is None else root.iterfind(f"{W}abstractNum"):
            name = element.get(f"{W}abstractNumId", "")
            self._definitions[name] = {}
            for level in element.iterfind(f"{W}lvl"):
                number = small(level.get(f"{W}ilvl"), 0)
                self._definitions[name][number] = _level(level)
                style = _value(level, "pStyle")
                if style is not None:
                    self._level_of_style.setdefault((name, style), number)
            link = _value(element, "numStyleLink")
            if link is not None:
                links[name] = link
        for element in () if root is None else root.iterfind(f"{W}num"):
            made = _List(_value(element, "abstractNumId") or "")
            for override in element.iterfind(f"{W}lvlOverride"):
                number = small(override.get(f"{W}ilvl"), 0)
                start, level_element = _value(override, "startOverride"), override.find(f"{W}lvl")
                if level_element is not None:
                    made.levels[number] = _level(level_element)
                if start is not None:
                    made.starts[number] = small(start, 1)
            self._lists[element.get(f"{W}numId", "")] = made
        for made in self._lists.values():
            # A definition that only names a list style stands for that of the style's list.
            target = self._lists.get(styles.list_of(links.get(made.definition))[0] or "")
            if made.definition in links and target is not None:
                made.definition = target.definition

    def next(self, style: str | None, list_id: str | None, level: int | None) -> str:
        """The number printed before the next paragraph of a style, list and level; "" where it is none.

        What the paragraph does not say itself (None), its style says.
        """
        styled, styled_level, owner = self._styles.list_of(style)
        chosen = (styled if list_id is None else list_id) or ""
        made = self._lists.get(chosen)
        if made is None:
            return ""
        if level is None and list_id is None and owner is not None:
            level = self._level_of_style.get((made.definition, owner), styled_level)
        level = min(max(level or 0, 0), _LEVELS - 1)
        levels = {**self._definitions.get(made.definition, {}), **made.levels}
        if level not in levels:
            return ""
        self._count(chosen, made, levels, level)
        counts = self._counts[made.definition]

        def number(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            shown = levels.get(at, _Level())
            count = counts.get(at, shown.start)
            return printed(count, "decimal" if levels[level].legal else shown.kind)

        return "" if levels[level].kind == "bullet" else re.sub(r"%([1-9])", number, levels[level].text)

    def _count(self, list_id: str, made: _List, levels: dict[int, _Level], level: int) -> None:
        """Count one more paragraph at a level; the levels below it begin anew."""
        counts = self._counts.setdefault(made.definition, {})
        if level in made.starts and (list_id, level) not in self._begun:
            counts[level] = made.starts[level]
        else:
            counts[level] = counts[level] + 1 if level in counts else levels[level].start
        self._begun.add((list_id, level))
        for below in range(level + 1, _LEVELS):
            restart = levels[below].restart if below in levels else None
            if restart is None or level < restart:
                counts.pop(below, None)


def _level(element: etree._Element) -> _Level:
    restart, legal = _value(element, "lvlRestart"), element.find(f"{W}isLgl")
    return _Level(
        small(_value(element, "start"), 0),
        _value(element, "numFmt") or "decimal",
        (_value(element, "lvlText") or "")[:_MAX_TEXT],
        None if restart is None else small(restart, 0),
        legal is not None and is_on(legal.get(f"{W}val")),
    )


def _value(element: etree._Element, *path: str) -> str | None:
    """The w:val of what is found down a path; None where there is none."""
    found = element.find("/".join(W + name for name in path))
    return None if found is None else found.get(f"{W}val")


def small(text: str | None, default: int) -> int:
    """A whole number of at most nine digits, else `default`."""
    return int(text) if text is not None and _SMALL.fullmatch(text) else default


def is_on(value: str | None) -> bool:
    """Whether the w:val of a property that is either on or off says on, as its absence does."""
    return value not in ("0", "false", "off")
