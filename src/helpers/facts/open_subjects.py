"""Open subjects: the noun phrase before a figure names what the figure is of, known to the taxonomy or not.

A phrase is what is left of the words before a figure without those that lead a clause (其中, 2023年度) and those that
relate a subject to its figure (增加, 占, 完成预算的, 共计为).  Nothing that stands before it is inherited across it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from helpers.facts.concepts import relations

# How far before a figure its phrase may begin.
_LONGEST = 60
# What joins a name to another one.
_JOINING = "及和与、，（("
# Behind what a clause goes on with the phrase before it: 村级运转经费：20万元, 村级运转经费与上年相比，减少5万元.
_GOES_ON = ("：", "相比，", "比较，")
_STOP = re.compile("[。；，：、]")
_NAME = re.compile(r"[\u4e00-\u9fff(A-Za-z][\u4e00-\u9fff()/·A-Za-z\d-]{1,29}")


@dataclass(frozen=True, slots=True)
class OpenName:
    """A noun phrase with its span in a folded text, and where the figure stands that it is the subject of."""

    start: int
    end: int
    name: str
    position: int


class _Words:
    def __init__(self) -> None:
        words = relations()
        change = f"(?:{words['up']}|{words['down']}){words['linking']}"
        relating = (
            change,
            words["share"],
            words["completion"],
            words["budget"],
            words["difference"],
            words["final"],
            f"(?:{words['approximately']})?(?:{words['flat']})",
            words["copula"],
            "(?<!同)[与比较]于?|同比",
        )
        self.relating = re.compile("(?:" + "|".join(f"(?:{_plain(one)})" for one in relating) + ")$")
        self.leading = re.compile(f"(?:{words['leading']})+")
        self.compared = re.compile(
            rf"(?:{words['compared']})于?(?:(?:{words['prior']}|20\d\d年度?)(?:同期|决算|预算|数|相比较?|的)*"
            rf"|{words['budget']}(?:相比较?)?)|(?:同比|环比|同期)(?:{words['prior']})?"
        )
        self.filler = re.compile(words["filler"])
        self.no_name = re.compile(words["no_name"])


def _plain(pattern: str) -> str:
    """A pattern without the names of its groups, to stand in a larger one."""
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


@cache
def _words() -> _Words:
    return _Words()


class OpenNames:
    """The noun phrases before the figures and the words of direction of a text that no known name covers."""

    def __init__(
        self, text: str, known: Sequence[tuple[int, int]], hidden: Iterable[tuple[int, int]]
    ) -> None:
        self._text, self._known = text, sorted(known)
        self._starts = [start for start, _ in self._known]
        self._hidden = bytearray(len(text) + 1)
        for start, end in hidden:
            self._hidden[start:end] = b"\x01" * (end - start)

    def before(self, spans: Iterable[tuple[int, int]]) -> Iterator[OpenName]:
        """The phrases before these spans (of figures and words of direction), given in their order."""
        previous = 0
        for start, end in spans:
            found = None if self._hidden[start] else self._one(previous, start, start)
            previous = max(previous, end)
            if found is not None:
                yield found

    def _one(self, previous: int, end: int, position: int) -> OpenName | None:
        """The phrase between two places that is the subject of the figure at `position`."""
        start = self._opens(max(previous, end - _LONGEST), end)
        words, known = _words(), self._last_known(start, end)
        if known is not None:
            return self._longer(known, end, position)
        end = self._related(start, end)
        if end == start > previous and self._text.endswith(_GOES_ON, 0, start):
            return self._one(previous, start - 1, position)
        compared = words.compared.search(self._text, start, end)
        if compared is not None:
            # A比上年增加 is of A, 比上年A增加 of what stands behind the comparison.
            lead = words.leading.match(self._text, start, compared.start())
            is_named = compared.start() > (lead.end() if lead else start)
            start, end = (start, compared.start()) if is_named else (compared.end(), end)
            end = self._related(start, end)
        lead = words.leading.match(self._text, start, end)
        first = lead.end() if lead else start
        return self._named(first, first, end, position)

    def _longer(self, known: tuple[int, int], end: int, position: int) -> OpenName | None:
        """The name that a known one begins: 项目支出结转和结余 is not 项目支出."""
        end = self._related(known[1], end)
        compared = _words().compared.search(self._text, known[1], end)
        end = compared.start() if compared else end
        if self._text[known[1]] in _JOINING or not _NAME.fullmatch(self._text, known[1], end):
            return None
        return (
            None
            if _words().filler.fullmatch(self._text, known[1], end)
            else self._named(known[0], known[1], end, position)
        )

    def _related(self, start: int, end: int) -> int:
        """Where the words begin that relate a phrase to its figure; 支出 before 决算 or 预算 is of the phrase."""
        first = end
        while (relating := _words().relating.search(self._text, start, first)) is not None:
            first = relating.start()
        return first + 2 if start < first < end and self._text.startswith("支出", first) else first

    def _named(self, first: int, start: int, end: int, position: int) -> OpenName | None:
        words, name = _words(), self._text[first:end]
        if not _NAME.fullmatch(name) or words.filler.fullmatch(name) or words.no_name.search(name):
            return None
        return OpenName(start, end, name, position) if name.count("(") == name.count(")") else None

    def _opens(self, start: int, end: int) -> int:
        """Where the words about a figure begin: behind the last stop, or the last bracket that stays open."""
        depth = 0
        for at in range(end - 1, start - 1, -1):
            char = self._text[at]
            if char == ")":
                depth += 1
            elif char == "(":
                depth -= 1
                if depth < 0:
                    return at + 1
            elif depth == 0 and _STOP.match(char):
                return at + 1
        return start

    def _last_known(self, start: int, end: int) -> tuple[int, int] | None:
        """The last known name that stands between two places, or reaches into them."""
        at = bisect_right(self._starts, end - 1) - 1
        return self._known[at] if at >= 0 and self._known[at][1] > start else None
