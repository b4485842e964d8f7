"""Every figure of the paraphrases is read as what it is of, or not at all."""

from collections import Counter
from functools import cache

import pytest

from helpers.facts.extract import extract
from helpers.facts.fact import Fact
from helpers.reading.text import parse
from paraphrases import FRAMES, SUBJECTS, Said, Sentence, sentences

HEADING = "七、“三公”经费支出决算情况说明\n"
OPEN_NAMES = frozenset(name for words, name in SUBJECTS if words == name)


@cache
def all_sentences() -> tuple[Sentence, ...]:
    return tuple(sentences())


@cache
def read(sentence: Sentence) -> Counter[Said]:
    """What the reader makes of a sentence in a report of 2023; what only a reader sees is no reading."""
    facts = extract(parse(HEADING + sentence.text), 2023).facts
    return Counter(
        said(fact) for fact in facts if fact.concept != "numbering" and fact.measure not in ("told", "stated")
    )


def said(fact: Fact) -> Said:
    name = fact.label["zh"] if fact.is_open else fact.concept
    # 村级运转经费支出 is 村级运转经费 with the word for what is done with it.
    plain = name.removesuffix("支出")
    measure = "prior" if (fact.measure, fact.year) == ("amount", "2022") else fact.measure
    return plain if plain in OPEN_NAMES else name, measure, str(fact.value)


def test_there_are_frames_enough() -> None:
    assert len(FRAMES) >= 40 and {sentence.frame for sentence in all_sentences()} == set(range(len(FRAMES)))


@pytest.mark.parametrize("frame", range(len(FRAMES)))
def test_no_figure_is_read_wrongly(frame: int) -> None:
    wrong = [
        (sentence.text, *(read(sentence) - Counter(sentence.said)))
        for sentence in all_sentences()
        if sentence.frame == frame and read(sentence) - Counter(sentence.said)
    ]
    assert not wrong, wrong[:5]


def test_nearly_every_figure_is_read() -> None:
    wanted = sum(len(sentence.said) for sentence in all_sentences())
    found = sum((read(sentence) & Counter(sentence.said)).total() for sentence in all_sentences())
    assert found / wanted >= 0.95, f"{found} of {wanted}"
