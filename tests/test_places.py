"""A place as a person finds it: the line of a text, the page of a PDF, the cell of a table, of a sheet."""

from __future__ import annotations

from pathlib import Path

import pytest

import small
from helpers import audit
from helpers.reading.document import Document, Place, Source
from helpers.reading.places import column_name, division, where, wheres
from helpers.showing.terminal import show


def document(*places: Place) -> Document:
    return Document(tuple("x" for _ in places), (), (), (), places)


PLACES = {
    Place(page=18): ("第18页", "p. 18"),
    Place(page=18, row=4, column=2): ("第18页第4行第2列", "p. 18, row 4, column 2"),
    Place(table="收入决算表", row=4, column=2): ("《收入决算表》第4行第2列", "“收入决算表”, row 4, column 2"),
    Place(table="3", row=4, column=2): ("表3第4行第2列", "table 3, row 4, column 2"),
    Place(paragraph=57): ("第57段", "paragraph 57"),
    Place(table="收入决算表", row=7, column=3, is_sheet=True): ("收入决算表!C7", "收入决算表!C7"),
    Place(table="Z03 支出", row=7, column=28, is_sheet=True): ("'Z03 支出'!AB7", "'Z03 支出'!AB7"),
    Place(table="收入决算表", is_sheet=True): ("收入决算表", "收入决算表"),
    Place(): ("第1行", "line 1"),
}


@pytest.mark.parametrize(("place", "words"), PLACES.items(), ids=str)
def test_a_place_is_said_as_a_person_finds_it(place: Place, words: tuple[str, str]) -> None:
    told = where(document(place), Source(1, 0, 1))
    assert (told["zh"], told["en"]) == words
    assert told == where(document(place), 1)


def test_a_text_has_lines() -> None:
    text = Document(("甲", "乙"), (), ())
    assert where(text, 2) == {"zh": "第2行", "en": "line 2"} and division(text, 2) == {"zh": "", "en": ""}


def test_of_several_files_those_after_the_first_are_named() -> None:
    both = document(
        Place(file="说明.txt", line=1),
        Place(file="表.xlsx", line=1, table="收入", row=2, column=1, is_sheet=True),
        Place(file="附.pdf", line=1, page=3),
        Place(file="再.txt", line=9),
    )
    assert [where(both, line)["zh"] for line in (1, 2, 3, 4)] == [
        "第1行", "表.xlsx 收入!A2", "附.pdf 第3页", "再.txt 第9行",
    ]  # fmt: skip
    assert [where(both, line)["en"] for line in (2, 4)] == ["表.xlsx, 收入!A2", "再.txt, line 9"]
    assert division(both, 2) == {"zh": "表.xlsx · 工作表“收入”", "en": "表.xlsx · sheet “收入”"}


def test_of_several_places_each_is_said_once_and_its_page_once() -> None:
    cells = [Place(page=7, row=row, column=2) for row in (3, 3, 5)]
    several = document(*cells, Place(page=8), Place(page=8), Place(page=8, row=1, column=1))
    assert [(line, words["zh"]) for line, words in wheres(several, range(1, 7))] == [
        (1, "第7页第3行第2列"), (3, "第5行第2列"), (4, "第8页"), (6, "第1行第1列"),
    ]  # fmt: skip


def test_columns_have_letters() -> None:
    assert [column_name(number) for number in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_the_terminal_and_the_frames_say_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    done = audit(small.saved(tmp_path, "xlsx"))
    cell = f"{small.TITLE}!D7"
    for lang, head in (("zh", "位置"), ("en", "Place")):
        show(done, lang)
        printed = capsys.readouterr().out
        assert head in printed and any(
            cell in line and "90 + 10 ≠ 103" in line for line in printed.splitlines()
        )
    findings = done.frame("findings")
    assert list(findings[findings["rule"] == "TAB-01"]["place"]) == [cell, f"{small.TITLE}!B8"]
    assert {"place", "line"} <= set(done.frame("facts").columns) & set(done.frame("numerals").columns)
