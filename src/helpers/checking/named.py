"""Functional subjects that a report names in any way: by code or by name, in text or table, before or after their amount.

What reads figures knows subjects as the form prints them, 类（类）款（款）项（项）.  Before a rule says that one is not
published it looks here, where a name without brackets, a code alone or the row of any table will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from helpers.facts.concepts import classification, plain_name
from helpers.facts.fact import SCALE, Definition
from helpers.facts.numerals import figures
from helpers.facts.published import economic_subjects
from helpers.reading.document import Document, Paragraph

# A comma between three digits and three more is none of the sentence.
_CLAUSE_END = re.compile(r"[。；]|，(?!\d{3}(?!\d))")
_CODE = re.compile(r"(?<![\d.，])(2\d{6}|2\d{4})(?![\d.，]|万?元|%)")
_CELL = re.compile(r"-?\d[\d，]*\.\d+")
_NO_NAME = re.compile(r"\([类款项]\)|[\d—-]")
_SHORTEST = 3
_ELSEWHERE = frozenset({"glossary", "annexes"})


def amount_by_subject(document: Document, budget: str) -> Decimal:
    """In 元, what the report states beside subjects of this budget that it names, each once, outside its glossary."""
    found: dict[str, Decimal] = {}
    for words, amount in _statements(document):
        subject = _subject(words, budget)
        if subject and amount:
            found[subject] = max(amount, found.get(subject, Decimal(0)))
    return sum(found.values(), Decimal(0))


def is_defined(name: str, definitions: tuple[Definition, ...]) -> bool:
    """True where an entry of the glossary is of a subject of this name, however it is written."""
    return any(plain_name(_NO_NAME.sub("", entry.term)).endswith(plain_name(name)) for entry in definitions)


def is_named(name: str, document: Document) -> bool:
    """True where the report has this name outside its glossary."""
    plain = plain_name(name)
    return any(plain in words.replace("和", "与") for words, _ in _statements(document))


def _statements(document: Document) -> Iterator[tuple[str, Decimal]]:
    """The clauses, and the rows of tables, each with the amount that it states, in 元, 0 where it states none.

    A clause without a figure has that of the next, or of the one before: 住房公积金。支出决算为6.00万元.
    """
    for block in document.blocks:
        keys = block.section.keys if block.section else ()
        if _ELSEWHERE.intersection(keys):
            continue
        if isinstance(block, Paragraph):
            folded = block.text.folded
            clauses = [words for words in _CLAUSE_END.split(folded) if words]
            amounts = [_amount(words) for words in clauses]
            for at, words in enumerate(clauses):
                near = (*amounts[at : at + 2], *amounts[max(0, at - 1) : at])
                yield words, next((amount for amount in near if amount), Decimal(0))
            continue
        for row in block.rows:
            cells = [cell.folded for cell in row]
            number = next((cell for cell in cells if _CELL.fullmatch(cell)), "0")
            yield "|".join(cells), Decimal(number.replace("，", "")) * SCALE["万元"]


def _amount(words: str) -> Decimal:
    money = (figure for figure in figures(words) if figure.unit in SCALE)
    return next((figure.value * SCALE[figure.unit] for figure in money), Decimal(0))


def _subject(words: str, budget: str) -> str:
    """The subject of this budget that the words name, its code or its plain name; "" where they name none."""
    for code in _CODE.findall(words):
        if code in classification().by_code and classification().budget(code) == budget:
            return str(code)
    plain = words.replace("和", "与")
    names = (
        name for begin in range(len(plain) - 2) for name in _names(budget).get(plain[begin : begin + 3], ())
    )
    return max((name for name in names if name in plain), key=len, default="")


@cache
def _names(budget: str) -> dict[str, list[str]]:
    """The names of 类 and 项 that are of this budget alone, and of no economic subject, by their first characters."""
    economic = {plain_name(name) for subject in economic_subjects().values() for name in subject.names}
    found: dict[str, list[str]] = {}
    for (name, digits), subjects in classification().by_name.items():
        is_own = all(subject.budget == budget for subject in subjects)
        if is_own and digits != 5 and len(name) >= _SHORTEST and name not in economic:
            found.setdefault(name[:3], []).append(name)
    return found
