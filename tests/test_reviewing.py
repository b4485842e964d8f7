"""A reviewer at the pages: each figure tells its checks, each finding its figures, in either language, to anyone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from audits import ANJU, HOSTILE, batch_zh, hostile_en
from helpers import audit
from helpers.checking.kinds import Outcome
from helpers.findings.wording import equation
from helpers.showing.source_page import SourcePage
from helpers.showing.tickmarks import Tickmark, leading_mark

PART_2 = range(28, 149)  # the lines of 第二部分 in the first report
FOLDER = Path("anju-2023")


@cache
def done() -> Any:
    return audit(ANJU)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that remembers nothing yet; what it complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def visit(page: Page, name: str, anchor: str = "") -> None:
    page.goto((batch_zh()[0] / FOLDER / name).as_uri() + anchor)
    page.wait_for_selector("#language:not([hidden])")


def turn(page: Page) -> None:
    """Press the switch of the language, and wait for the other."""
    before = page.get_attribute("html", "lang")
    page.click("#language")
    page.wait_for_function("before => document.documentElement.lang !== before", arg=before)


# ------------------------------------------------------------------------------------------------ figures


def test_every_figure_carries_the_mark_of_its_checks(page):
    visit(page, "source.html")
    shown = page.locator(".fig").evaluate_all(
        "all => all.map(a => [a.id, a.closest('[id^=L]').id, a.textContent, a.className, a.title])"
    )
    found = done()
    marks = [
        leading_mark(result for fact in numeral.facts for result in found.tickmarks.get(fact, ()))
        for numeral in found.numerals
    ]
    numbered = list(enumerate(zip(found.numerals, marks, strict=True)))
    assert sorted(shown) == sorted(
        [f"n{at}", f"L{n.source.line}", n.text + mark.glyph, f"fig {mark.css}", mark.label["zh"]]
        for at, (n, mark) in numbered
    )
    part = [mark for n, mark in zip(found.numerals, marks, strict=True) if n.source.line in PART_2]
    assert len(part) == 153 and sum(mark is not Tickmark.NOT_TESTED for mark in part) >= 149


def test_the_legend_is_the_enum_and_leads_to_figures(page):
    visit(page, "source.html")
    entries = page.locator(".legend li").all_inner_texts()[: len(Tickmark)]
    counts = [count for _, count, _ in SourcePage(done(), "zh").legend]
    assert entries == [
        f"{mark.glyph} {mark.label['zh']} {count}" for mark, count in zip(Tickmark, counts, strict=True)
    ]
    assert sum(counts) == len(done().numerals)
    exceptions = page.locator(".fig.tick-exception").evaluate_all("all => all.map(a => a.id)")
    for id_ in exceptions[:2]:
        page.click(".legend [data-mark=tick-exception]")
        page.wait_for_function("id => location.hash === `#${id}`", arg=id_)


def test_a_chosen_figure_shows_each_of_its_checks_and_leads_to_the_other_operands(page):
    found = done()
    at, numeral = next((at, n) for at, n in enumerate(found.numerals) if n.text == "469.52")
    results = {id(r): r for fact in numeral.facts for r in found.tickmarks[fact]}.values()
    results = sorted(results, key=lambda r: r.outcome is not Outcome.EXCEPTION)
    visit(page, "source.html")
    page.locator(f"#n{at}").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel:not([hidden])")
    assert page.locator("#panel-title").inner_text() == "469.52"
    shown = page.locator("#panel .checks > li")
    texts = shown.all_inner_texts()
    assert len(texts) == len(results) >= 4
    for text, result in zip(texts, results, strict=True):
        assert result.rule.id in text and result.rule.label["zh"] in text
        assert equation(result) in text and result.reason["zh"] in text
    for one, result in zip(shown.all(), results, strict=True):
        operands = one.locator("ul a").evaluate_all("all => all.map(a => a.hash.slice(1))")
        assert operands == [SourcePage(found, "zh").anchor(f.source) for f in dict.fromkeys(result.operands)]
    exception = next(r for r in results if r.outcome is Outcome.EXCEPTION)
    assert (
        page.locator("#panel a[href^='#f-']")
        .first.get_attribute("href")
        .startswith("#f-" + exception.rule.id)
    )
    assert page.evaluate("document.activeElement.id") == "panel-title"
    page.keyboard.press("Escape")
    assert not page.locator("#panel").is_visible()
    assert page.evaluate("document.activeElement.id") == f"n{at}"


def test_a_figure_that_was_not_tested_says_why(page):
    found = done()
    unchecked = {
        found.why_unchecked(n)["zh"]: at for at, n in enumerate(found.numerals) if not found.is_checked(n)
    }
    assert len(unchecked) >= 3
    for why, at in unchecked.items():
        visit(page, "source.html", f"#n{at}")
        assert page.locator("#panel-body > .reason").inner_text() == why


def test_a_chosen_finding_goes_to_all_its_figures(page):
    finding = next(f for f in done().findings if len(f.evidence) >= 4)
    visit(page, "index.html", f"#{finding.id}")
    page.click(f"#{finding.id} .links a[href^='source.html']")
    page.wait_for_selector("#panel:not([hidden])")
    anchors = [SourcePage(done(), "zh").anchor(e.source) for e in finding.evidence]
    chosen = page.locator(".chosen").evaluate_all("all => all.map(one => one.id)")
    assert set(chosen) == set(anchors)
    links = page.locator("#panel ul a").evaluate_all("all => all.map(a => a.hash.slice(1))")
    assert links == anchors
    assert finding.message["zh"] in page.locator("#panel-body").inner_text()
    assert page.locator(f"#f-{finding.id}").is_visible()


def test_hostile_words_are_words_in_the_panel_too(page):
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto((hostile_en() / "source.html").as_uri())
    page.wait_for_selector("#language:not([hidden])")
    for lang in ("en", "zh-Hans"):
        assert page.get_attribute("html", "lang") == lang
        page.locator(".pill[id]").first.click()
        page.wait_for_selector("#panel:not([hidden])")
        anchors = page.evaluate("[...document.querySelectorAll('.pill[id], .fig')].map(one => one.id)")
        said = page.evaluate(
            """anchors => anchors.map(id => {
                history.replaceState(null, "", "#" + id)  // quiet: the event below tells it once
                dispatchEvent(new Event("hashchange"))
                return document.getElementById("panel").textContent
            }).join(" ")""",
            anchors,
        )
        assert [word for word in HOSTILE.values() if word in said]
        assert page.locator("#panel :is(img, script, svg, style, iframe)").count() == 0
        turn(page)


# ------------------------------------------------------------------------------------------------ languages


@pytest.mark.parametrize("name", ["index.html", "source.html", "notebooks/01_totals.html", "../index.html"])
def test_the_switch_turns_every_page_and_back(name, page):
    visit(page, name)
    title, words = page.title(), page.inner_text("body")
    assert page.locator("#language").inner_text() == "English"
    turn(page)
    assert page.get_attribute("html", "lang") == "en" and page.title() != title
    assert page.locator("#language").inner_text() == "中文"
    assert page.inner_text("h1") and page.inner_text("h1") not in words
    turn(page)
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert page.title() == title and page.inner_text("body") == words


def test_the_language_is_remembered_on_the_other_pages(page):
    visit(page, "index.html")
    turn(page)
    page.click("nav a[href='source.html']")
    page.wait_for_function("() => document.documentElement.lang === 'en'")
    assert page.locator("h1").inner_text().startswith("Report text")
    visit(page, "source.html", "#n3")
    page.wait_for_function("() => document.documentElement.lang === 'en'")
    page.wait_for_selector("#panel:not([hidden])")
    assert "Footed" in page.inner_text("#panel")
    visit(page, "notebooks/02_income.html")
    page.wait_for_function("() => document.documentElement.lang === 'en'")
    prose = page.inner_text("main .prose >> nth=0")
    assert prose.startswith("Income") and "输入" not in prose
    turn(page)
    visit(page, "index.html")
    assert page.get_attribute("html", "lang") == "zh-Hans"


def test_without_scripts_the_pages_read_and_offer_no_switch(browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((batch_zh()[0] / FOLDER / "source.html").as_uri() + "#n5")
    assert page.locator(".fig").count() == len(done().numerals)
    assert not page.locator("#language").is_visible() and not page.locator("#panel").is_visible()
    context.close()


# --------------------------------------------------------------------------------------------- accessibility


@pytest.mark.parametrize(
    ("name", "width", "turned"),
    [
        ("index.html", 1280, False),
        ("index.html", 390, True),
        ("source.html#n3", 1280, False),
        ("source.html", 390, True),
        ("notebooks/05_general_budget.html", 390, False),
        ("notebooks/10_project_01.html", 1280, True),
        ("../index.html", 390, True),
    ],
)
def test_axe_finds_no_violation(name, width, turned, page):
    page.set_viewport_size({"width": width, "height": 900})
    name, _, anchor = name.partition("#")
    visit(page, name, f"#{anchor}" if anchor else "")
    if turned:
        turn(page)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
