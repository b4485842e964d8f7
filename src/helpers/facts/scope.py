"""What a figure is of besides its subject: which budget it is on, what it is part of, whose it is.

What holds for a span of the text (其中, a numbered heading of one budget) is found once a paragraph; what a clause
does not say itself is inherited, and a fact says so.
"""

from __future__ import annotations

import re
from functools import cache

from helpers.facts.concepts import relations, taxonomy
from helpers.facts.fact import NO_SCOPE, OPEN, Scope

_BUDGETS = ("general", "fund", "state_capital")
_TERRITORY = re.compile(r"全(?:县|市|区|省|州|旗|镇|乡|盟)(?!性)")
_MARKER = re.compile(r"^\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[.．、)]")
_LEADING_YEAR = re.compile(r"(?:^|(?<=[，。；：(]))(?:其中[：，]?)?(20\d\d)年(?:度|(?![\d末底初终]))")


@cache
def _basis() -> tuple[tuple[str, re.Pattern[str]], ...]:
    words = relations()
    return tuple((name, re.compile(words[f"basis_{name}"])) for name in ("adjusted", "annual", "opening"))


@cache
def _of_budget() -> re.Pattern[str]:
    return re.compile(relations()["budget_heading"])


def basis_of(measure: str, words: str) -> str:
    """Which figure it is: actual, or of the opening, adjusted or annual budget as the words before it say."""
    if not measure.startswith("budget"):
        return "actual"
    return next((name for name, pattern in _basis() if pattern.search(words)), "opening")


def budget_of(concept: str) -> str:
    """The budget that a concept belongs to by itself; "" where it is of all of them, or of none."""
    family, _, rest = concept.partition(".")
    return family if family in _BUDGETS else rest if family == "income" and rest in _BUDGETS else ""


def heading_budget(text: str, above: str) -> str:
    """The budget that the numbered heading at the start of a paragraph names, else the one named `above` it."""
    marker = _MARKER.match(text)
    if marker is None:
        return above
    heading = _of_budget().match(text, marker.end())
    return next((name for name, words in heading.groupdict().items() if words), "") if heading else ""


def territory(title: str) -> str:
    """The territory whose accounts a title announces: 全区; "" for those of a department."""
    found = _TERRITORY.search(title)
    return found.group() if found else ""


def leading_years(text: str) -> list[tuple[int, int]]:
    """(place, year) of the years that lead a clause: 2016年度支出合计628万元，其中：基本支出230万元."""
    return [(match.end(), int(match.group(1))) for match in _LEADING_YEAR.finditer(text)]


def is_apart(concept: str, scope: Scope) -> bool:
    """True for a figure that is no figure of the department as a whole: of one budget, of another parent, of a territory."""
    if scope is NO_SCOPE:
        return False
    own = budget_of(concept)
    if scope.budget not in ("", own) and concept.partition(".")[0] in ("income", "expenditure"):
        return True
    return bool(scope.parent) and is_foreign(concept, scope.parent)


@cache
def is_foreign(concept: str, parent: str) -> bool:
    """True where a figure that is printed as part of `parent` is not the one that its concept means.

    工资福利支出 is part of 基本支出; under 项目支出, under a fund or under a name that is not known it is another figure.
    """
    known = taxonomy().concepts
    if concept == OPEN or concept not in known or known[concept].whole is None:
        return False
    if parent not in known:
        return True
    above: list[str] = []
    whole = known[concept].whole
    while whole is not None:
        above.append(whole)
        whole = known[whole].whole
    family, _, tail = parent.partition(".")
    if parent in above or budget_of(concept) == budget_of(parent) != "":
        return False
    if family in ("fund", "state_capital"):
        return concept.partition(".")[0] in ("general", "economic")
    return (
        tail == "project" and all(not name.endswith(".project") for name in above)
    ) or parent == "operating_cost"
