"""Numbers of offices, units and projects against the names that the report lists beside them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from helpers.checking.kinds import Outcome
from helpers.checking.result import Evidence, Result, Words
from helpers.checking.rules import Rule
from helpers.facts.fact import Fact
from helpers.reading.document import Text

_BODY = r"(?:机构|[科股处]室|职能部门|部门|(?:预算|事业|行政|企业|直属|下属|所属|二级)+单位)"
_LEADS = r"(?:，?(?:(?:分别|具体)(?:是|为|包括)?|包括|即)：?|：)"
_BEHIND = re.compile(
    rf"(?:{_BODY}(?:共?有|共|为|数)*(?P<own>\d+)个|(?P<number>\d+)个[\u4e00-\u9fff]{{0,6}}?{_BODY}){_LEADS}(?P<names>[^。；]+)"
)
_BEFORE = re.compile(r"下设(?P<names>[^。；：\d]+?)(?P<number>\d+)个(?:事业单位|单位|机构)")
# How the name of an office or unit ends; what ends otherwise may be the first half of a name with a 、 in it.
_IS_BODY = re.compile(r"(?:[室科股处局队站所院校馆厅司部办组委会社团库园场厂台段]|中心|公司|窗口|机关|本级)$")
# Why a number above that of the names is left open.
OPEN_LIST: Words = {"zh": "“等”可能省略了名称", "en": "the list may leave names out"}
_OWN = re.compile(r"本级|机关$")


@dataclass(frozen=True, slots=True)
class _Listed:
    """A printed number of bodies at `span`, and how many names stand beside it, at the fewest and at the most."""

    span: tuple[int, int]
    fewest: int
    most: int
    is_open: bool  # “等” may leave names out


def listed_bodies(
    rule: Rule, texts: Iterable[Text], facts: Mapping[tuple[int, int], Fact]
) -> Iterator[Result]:
    """Each number of offices or units of these texts against the names beside it; `facts` by line and start."""
    for text in texts:
        for listed in _listed(text.folded):
            source = text.source(*listed.span)
            fact = facts.get((source.line, source.start))
            if fact is not None:
                yield _held(rule, fact, listed)


def _held(rule: Rule, fact: Fact, listed: _Listed) -> Result:
    """A printed number of bodies against the names beside it."""
    result = Result(rule, fact.id, Outcome.TIES, operands=(fact,), section=fact.section)
    if fact.value is None or listed.fewest <= fact.value <= listed.most:
        return result
    if listed.is_open and fact.value > listed.most:
        return result.with_outcome(Outcome.NOT_TESTED, dict(OPEN_LIST))
    names = f"{listed.fewest}–{listed.most}" if listed.fewest < listed.most else str(listed.most)
    return replace(
        result, outcome=Outcome.EXCEPTION, evidence=(Evidence.of(fact),),
        said={"zh": f"{fact.printed}个", "en": fact.printed}, should={"zh": f"所列名称{names}个", "en": f"{names} names listed"},
        computed=Decimal(listed.fewest if fact.value < listed.fewest else listed.most),
    )  # fmt: skip


def _listed(words: str) -> Iterator[_Listed]:
    """The numbers of bodies in a folded text that have a list of two names or more behind or before them."""
    for pattern in (_BEHIND, _BEFORE):
        for match in pattern.finditer(words):
            # 行政单位1个、事业单位2个 lists kinds.
            if not re.search(r"\d+[个家]", match["names"]):
                group = "own" if match.groupdict().get("own") else "number"
                listed = _counted(match.span(group), match["names"])
                if listed.most > 1:
                    yield listed


def _counted(span: tuple[int, int], words: str) -> _Listed:
    """The number at `span` with the names that a list of words may be counted as."""
    words = re.sub(r"\([^()]*\)", "", words)
    # 高等教育科 is a name.
    closed, *etc = re.split(r"等(?=$|，|\d|共|[科股处]室|机构|部门|单位)", words, maxsplit=1)
    names: list[str] = []
    for piece in closed.split("、"):
        first, *others = piece.split("，")
        names.append(first)
        if others and not all(_IS_BODY.search(other) for other in others):
            break  # another clause begins
        names += others
    ends = [name for name in names[:-1] if _IS_BODY.search(name)]
    joined = sum(len(re.findall(r"(?:[室科股处局队站所院]|中心|本级)[及和与]", name)) for name in names)
    # The department itself may or may not be counted as one of its units.
    own = sum(_OWN.search(name) is not None for name in names)
    return _Listed(span, len(ends) + 1 - own, len(names) + joined, bool(etc))


def names_before(text: Text, fact: Fact) -> list[str]:
    """The names that a list before a number of projects holds, split at every 、."""
    end = text.span(fact.source)[0]
    start = max(text.folded.rfind(stop, 0, end) for stop in "。；，：") + 1
    words = text.folded[start:end].removesuffix("共").removesuffix("等")
    if not text.folded[start:end].endswith(("等", "共", "等共")):
        return []
    parts = words.split("、")
    parts[0] = re.sub(r"^.*?(?:组织对|对于|对|包括|涉及|分别为|分别是|即)(?:20\d\d年度?)?", "", parts[0])
    return parts


class Listings:
    """The words of a report, and where in them a name is joined to another by 、: by the characters about it."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._joints: dict[str, list[int]] = defaultdict(list)
        for match in re.finditer("、", words):
            self._joints[words[match.start() - 1 : match.end() + 1]].append(match.start())

    def merged(self, names: list[str]) -> list[str]:
        """The names with neighbours joined that stand together, apart from a list, elsewhere in the report."""
        found: list[str] = []
        position = 0
        while position < len(names):
            length = 1
            for more in range(len(names) - position, 1, -1):
                if self._stand_apart(names[position : position + more]):
                    length = more
                    break
            found.append("、".join(names[position : position + length]))
            position += length
        return found

    def _stand_apart(self, names: list[str]) -> bool:
        """True where these names stand together and neither 、 nor 等 goes on with them."""
        together = "、".join(names)
        if not names[0] or not names[1]:
            return re.search(rf"(?<!、){re.escape(together)}(?!、|等)", self._words) is not None
        for joint in self._joints.get(f"{names[0][-1]}、{names[1][0]}", ()):
            start = joint - len(names[0])
            if (
                start >= 0
                and self._words.startswith(together, start)
                and self._words[start - 1 : start] != "、"
                and not self._words.startswith(("、", "等"), start + len(together))
            ):
                return True
        return False
