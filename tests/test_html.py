"""The pages in a browser: silent, offline, every link resolves, readable on a telephone and on paper, harmless."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import pytest
from playwright.sync_api import Browser, Page

import small
from audits import ANJU, HOSTILE, HOSTILE_NAME, batch_zh, folder, hostile_en
from helpers import audit
from helpers.showing import page_words, pages, source_page
from helpers.showing.projects import Annexes
from helpers.showing.workpapers import workpaper_of
from printing import with_image_pages

LANGUAGES = ("zh", "en")

# What a page must not have: anything that runs, loads, or leads out of the audit; its scripts are counted apart.
DANGEROUS = """
[...document.querySelectorAll('iframe,object,embed,link,base,form,meta[http-equiv=refresh],svg script')]
  .map(e => e.outerHTML)
  .concat([...document.querySelectorAll('*')].flatMap(e => [...e.attributes]
    .filter(a => a.name.startsWith('on')
      || (['href', 'src', 'action', 'xlink:href'].includes(a.name)
          && !/^(data:image\\/(svg\\+xml,|png;base64,)|[\\w.%/-]*(#.*)?$)/.test(a.value)))
    .map(a => e.outerHTML.slice(0, 200))))
"""

SCRIPTS = """
[...document.scripts].map(e => [e.type, e.id, e.type ? "" : e.textContent, e.attributes.length])
"""
OWN_SCRIPTS = {(pages.TEMPLATES / name).read_text("utf-8") for name in ("page.js", "source.js")}
STORES = (["application/octet-stream", "other", "", 2], ["application/octet-stream", "data", "", 2])


@dataclass
class Visited:
    """A page as the browser saw it."""

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    dangers: list[str] = field(default_factory=list)
    scripts: list[Any] = field(default_factory=list)
    lang: str = ""
    text: str = ""
    widths: dict[int, int] = field(default_factory=dict)


_visits: dict[Path, dict[Path, Visited]] = {}


def top(lang: str) -> Path:
    return batch_zh()[0] if lang == "zh" else hostile_en().parent


def report_folder(lang: str) -> Path:
    return batch_zh()[0] / "anju-2023" if lang == "zh" else hostile_en()


@pytest.fixture(params=LANGUAGES)
def visits(request: pytest.FixtureRequest, browser: Browser) -> dict[Path, Visited]:
    """Every page of the run in one language, visited once: the hostile report in English."""
    folder = top(request.param)
    if folder not in _visits:
        _visits[folder] = {path: visit(browser, path) for path in sorted(folder.rglob("*.html"))}
    return _visits[folder]


def visit(browser: Browser, path: Path) -> Visited:
    seen = Visited()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(path.as_uri())
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        seen.widths[width] = page.evaluate("document.documentElement.scrollWidth")
    seen.links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
    seen.ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    seen.dangers = page.evaluate(DANGEROUS)
    seen.scripts = page.evaluate(SCRIPTS)
    seen.lang = page.evaluate("document.documentElement.lang")
    seen.text = page.evaluate("document.body.textContent")
    page.close()
    return seen


def found(visits: dict[Path, Visited], what: Any) -> dict[str, Any]:
    """What each page was found guilty of, by page; those without fault left out."""
    return {str(path): fault for path, seen in visits.items() if (fault := what(path, seen))}


def test_no_page_complains_or_leaves_the_folder(visits):
    assert len(visits) >= 10
    assert found(visits, lambda _, seen: seen.complaints) == {}
    outside = re.compile(r"(?!data:image/)")
    own = found(
        visits, lambda path, seen: [u for u in seen.requests if outside.match(u) and u != path.as_uri()]
    )
    assert own == {}


def test_no_page_names_an_address_of_the_network(visits):
    address = re.compile(
        r"(?i)https?:(?!//www\.w3\.org/)|ftp:|[\"'(=]//"
    )  # an image has the name of its language
    assert found(visits, lambda path, _: address.findall(path.read_text("utf-8"))) == {}


def test_every_link_and_anchor_resolves(visits):
    ids = {path.as_uri(): set(seen.ids) for path, seen in visits.items()}

    def broken(path: Path, seen: Visited) -> list[str]:
        split = [(link, *urldefrag(urljoin(path.as_uri(), link))) for link in seen.links]
        files = [one for one in split if not one[1].endswith(".html")]
        assert all(Path(unquote(urlparse(page).path)).is_file() and not to for _, page, to in files)
        pages_ = [one for one in split if one not in files]
        return [link for link, page, to in pages_ if page not in ids or (to and unquote(to) not in ids[page])]

    assert found(visits, broken) == {}
    assert found(visits, lambda _, seen: sorted({i for i in seen.ids if seen.ids.count(i) > 1})) == {}


def test_no_page_scrolls_sideways(visits):
    for width in (1280, 390):
        assert found(visits, lambda _, seen, w=width: seen.widths[w] if seen.widths[w] > w else None) == {}


def test_nothing_of_a_report_acts(visits):
    assert found(visits, lambda _, seen: seen.dangers) == {}
    foreign = [script for seen in visits.values() for script in seen.scripts if not is_ours(script)]
    assert foreign == [] and all(len(seen.scripts) >= 2 for seen in visits.values())
    policy = re.compile(
        r"default-src 'none'; script-src( 'sha256-[\w+/=]{44}'){1,2}; style-src 'unsafe-inline'; "
        r"img-src data: 'self' file:; base-uri 'none'; form-action 'none'"
    )
    assert found(visits, lambda path, _: policy.search(path.read_text("utf-8")) is None) == {}


def is_ours(script: list[Any]) -> bool:
    kind, _, text, attributes = script
    return script in STORES or (not kind and not attributes and text in OWN_SCRIPTS)


def test_hostile_words_stand_on_the_pages_as_words(browser):
    folder = hostile_en()
    assert re.fullmatch(r"[\w-]+", folder.name)
    source = open_page(browser, folder / "source.html")
    source.evaluate("document.querySelectorAll('.source i, .source .pill').forEach(one => one.remove())")
    words = source.text_content("main")
    assert [word for word in HOSTILE.values() if word not in words] == []
    source.close()
    page = open_page(browser, folder / "index.html")
    assert HOSTILE_NAME in page.inner_text("main")
    name = HOSTILE["办事大厅运转运行费"]
    assert name in page.locator(".papers .below").all_inner_texts()
    page.close()
    for stem in ("10_performance", "10_project_01"):
        page = open_page(browser, folder / "notebooks" / f"{stem}.html")
        assert name in page.inner_text("main")
        page.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_are_in_one_language(lang, browser):
    page = open_page(browser, report_folder(lang) / "index.html")
    assert page.get_attribute("html", "lang") == {"zh": "zh-Hans", "en": "en"}[lang]
    headings = page.locator("h2").all_inner_texts()
    words = page_words.words(lang)
    assert headings == [words["sign_off"], words["findings"], words["workpapers"]]
    page.close()


def open_page(browser: Browser, path: Path, anchor: str = "") -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri() + (f"#{anchor}" if anchor else ""))
    return page


@cache
def whole_audit(lang: str) -> dict[str, Any]:
    return json.loads((report_folder(lang) / "audit.json").read_text("utf-8"))


# ------------------------------------------------------------------------------------------- what they say


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sign_off_is_first_and_adds_up(lang, browser):
    page = open_page(browser, report_folder(lang) / "index.html")
    assert page.locator("main h2").first.get_attribute("id") == "sign-off"
    rows = page.locator(".coverage tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => Number(cell.textContent)))"
    )
    page.close()
    total, papers = rows[0], rows[1:]
    assert [sum(column) for column in zip(*papers, strict=True)] == total
    assert all(row[0] == row[1] + row[2] and row[3] == sum(row[4:8]) for row in rows)
    data = whole_audit(lang)
    outcomes = [result["outcome"] for result in data["results"]]
    names = ("ties", "ties_within_rounding", "exception", "not_tested")
    assert total[3:8] == [len(outcomes), *map(outcomes.count, names)]
    tested = [any(mark["outcome"] != "not_tested" for mark in n["tickmarks"]) for n in data["numerals"]]
    checked, findings = sum(tested), len(data["findings"])
    assert [*total[:3], total[8]] == [len(tested), checked, len(tested) - checked, findings]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_not_tested_is_listed_with_its_reason(lang, browser):
    page = open_page(browser, report_folder(lang) / "index.html")
    groups = page.locator(".untested details").evaluate_all(
        "all => all.map(one => [one.querySelector('summary b').textContent, one.querySelector('ul').textContent])"
    )
    by_section = page.locator(".why td b").all_inner_texts()
    page.close()
    data = whole_audit(lang)
    untested = [result["rule"] for result in data["results"] if result["outcome"] == "not_tested"]
    unchecked = [n for n in data["numerals"] if all(m["outcome"] == "not_tested" for m in n["tickmarks"])]
    listed = " ".join(words for _, words in groups)
    assert all(rule in listed for rule in untested)
    assert sum(int(count) for count, _ in groups) == len(untested) + len(unchecked)
    assert sum(map(int, by_section)) == len(untested) + len(unchecked)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_stands_gravest_first_linked_to_its_workpaper_and_its_place(lang, browser):
    page = open_page(browser, report_folder(lang) / "index.html")
    shown = page.locator("article.finding").evaluate_all(
        "all => all.map(one => [one.id, one.querySelector('h3').textContent.trim(),"
        " [...one.querySelectorAll('.links a')].map(a => a.getAttribute('href')), one.textContent])"
    )
    page.close()
    findings = whole_audit(lang)["findings"]
    assert len(findings) >= 10
    assert [id_ for id_, *_ in shown] == [finding["id"] for finding in findings]
    severities = [("high", "medium", "low", "info").index(finding["severity"]) for finding in findings]
    assert severities == sorted(severities)
    for finding, (id_, _, links, text) in zip(findings, shown, strict=True):
        evidence = [link for link in links if link.startswith("evidence/")]
        assert evidence == ([f"evidence/{id_}.docx"] if finding["severity"] == "high" else [])
        *papers, place = [link for link in links if link not in evidence]
        assert len(papers) in (1, 2)
        assert all(re.fullmatch(rf"notebooks/\w+\.html#finding-{re.escape(id_)}", paper) for paper in papers)
        assert all("10_project_" in paper for paper in papers[1:])
        assert place == f"source.html#f-{id_}"
        assert all(" ".join(e["quote"].split()) in " ".join(text.split()) for e in finding["evidence"])
        if lang == "zh":
            assert finding["reported"] in text and finding["expected"] in text
            assert finding["difference"] in text and finding["reference"] in text


def test_a_finding_is_in_the_workpaper_of_its_section():
    shown = (batch_zh()[0] / "anju-2023" / "index.html").read_text("utf-8")
    for finding in audit(ANJU).findings:
        assert f"notebooks/{workpaper_of(finding.result).stem}.html#finding-{finding.id}" in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_project_has_a_page_that_the_others_link_to_by_its_name(lang, browser):
    folder = report_folder(lang)
    names = [project.label for project in Annexes(audit(ANJU)).projects]
    if lang == "en":
        names = [HOSTILE.get(name, name) for name in names]
    hrefs = [f"10_project_{number:02d}.html" for number in range(1, len(names) + 1)]
    links = "all => all.map(a => [a.textContent, a.getAttribute('href')])"
    page = open_page(browser, folder / "index.html")
    listed = page.locator(".papers .below a").evaluate_all(links)
    assert listed == [[name, f"notebooks/{href}"] for name, href in zip(names, hrefs, strict=True)]
    page.close()
    page = open_page(browser, folder / "notebooks" / "10_performance.html")
    assert page.locator("a.fa-page").evaluate_all(links) == [
        list(pair) for pair in zip(names, hrefs, strict=True)
    ]
    page.close()
    for name, href in zip(names, hrefs, strict=True):
        page = open_page(browser, folder / "notebooks" / href)
        assert name in page.inner_text(".above b") and name in page.title()
        assert page.locator(".above a").get_attribute("href") == "10_performance.html"
        page.close()


def test_a_finding_about_one_project_is_linked_to_its_page_too():
    page = (batch_zh()[0] / "anju-2023" / "index.html").read_text("utf-8")
    done = audit(ANJU)
    annexes = Annexes(done)
    of_projects = [(annexes.only(f.result), f.id) for f in done.findings]
    assert sum(project is not None for project, _ in of_projects) >= 40
    for project, id_ in of_projects:
        count = 0 if project is None else page.count(f"notebooks/{project.stem}.html#finding-{id_}")
        assert count == (project is not None)


def test_long_tables_are_folded_and_the_pages_stay_small(browser):
    folder = batch_zh()[0] / "anju-2023"
    pages_ = [*folder.glob("*.html"), *(folder / "notebooks").glob("*.html")]
    assert sum(path.stat().st_size for path in pages_) < 3_000_000
    page = open_page(browser, folder / "notebooks" / "10_performance.html")
    closed = page.locator("details.fa-fold:not([open])")
    assert closed.count() > 30 and page.locator("details.fa-fold table >> visible=true").count() == 3
    closed.first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("details.fa-fold table >> visible=true").count() == 4
    page.close()


def test_the_source_is_the_report_line_by_line(browser):
    page = open_page(browser, batch_zh()[0] / "anju-2023" / "source.html")
    shown = page.evaluate(
        """[...document.querySelectorAll('[id^=L]')].map(line => {
            const copy = line.cloneNode(true)
            copy.querySelectorAll('.no, i, .pill').forEach(one => one.remove())
            return [line.id, copy.textContent]
        })"""
    )
    page.close()
    lines = ANJU.read_text("utf-8-sig").split("\n")
    assert [id_ for id_, _ in shown] == [f"L{number}" for number in range(1, len(lines) + 1)]
    plain = [re.sub(r"[\s‸]", "", text) for _, text in shown]
    assert plain == [re.sub(r"\s", "", line) for line in lines]


def test_findings_are_marked_over_their_exact_characters(browser):
    page = open_page(browser, batch_zh()[0] / "anju-2023" / "source.html")
    marks = page.locator("[id^=L] mark").evaluate_all(
        "marks => marks.map(mark => [mark.closest('[id^=L]').id, mark.textContent])"
    )
    pills = page.locator("[id^=L] .pill").evaluate_all(
        "all => all.map(a => [a.closest('[id^=L]').id, a.hash.slice(1), a.id])"
    )
    page.close()
    lines = ANJU.read_text("utf-8-sig").split("\n")
    for finding in whole_audit("zh")["findings"]:
        source = finding["evidence"][0]["source"]
        line, anchor = f"L{source['line']}", f"f-{finding['id']}"
        assert [pill for pill in pills if pill[2] == anchor] == [[line, anchor, anchor]]
        words = lines[source["line"] - 1][source["start"] : source["end"]]
        assert words in "".join(text for at, text in marks if at == line)
        for evidence in finding["evidence"]:
            assert [f"L{evidence['source']['line']}", anchor] in [pill[:2] for pill in pills]


def test_marks_that_overlap_or_have_no_width_lose_nothing():
    found = audit(ANJU).findings[:3]
    marks = [
        source_page._Mark(2, 6, found[0], True),
        source_page._Mark(4, 8, found[1], False),
        source_page._Mark(8, 8, found[2], True),
    ]
    pieces = source_page._pieces("0123456789", marks)
    assert [(p.text, [f.id for f in p.findings], sorted(p.ends)) for p in pieces] == [
        ("01", [], []),
        ("23", [found[0].id], []),
        ("45", [found[0].id, found[1].id], [found[0].id]),
        ("67", [found[1].id], [found[1].id]),
        ("", [found[2].id], [found[2].id]),
        ("89", [], []),
    ]
    at_the_end = source_page._pieces("01", [source_page._Mark(2, 9, found[0], True)])
    assert [(p.text, len(p.findings)) for p in at_the_end] == [("01", 0), ("", 1)]


# ------------------------------------------------------------------------------- files that have a layout


@cache
def laid_out(kind: str) -> Path:
    """The pages index.html and source.html of the small report as this kind of file."""
    made = folder()
    report = small.saved(made, kind)
    if kind == "pdf":
        report.write_bytes(with_image_pages(report.read_bytes(), [1]))
    done = audit([small.saved(made, "txt"), report] if kind == "xlsx" else report)
    shown = pages.Pages(done, (), "zh")
    (made / "index.html").write_text(shown.index(), "utf-8")
    (made / "source.html").write_text(shown.source(), "utf-8")
    return made


def test_a_pdf_reads_as_its_pages_with_tables_and_whole_paragraphs(browser):
    page = open_page(browser, laid_out("pdf") / "source.html")
    divisions = page.locator(".division, .unread").all_inner_texts()
    assert divisions == ["第1页", "未能读出，未核对：第2页：只有图像，没有文字", "第3页"]
    table = page.locator(".source table").evaluate(
        "table => [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => {"
        " const copy = cell.cloneNode(true); copy.querySelectorAll('i, .pill').forEach(one => one.remove());"
        " return [copy.textContent, cell.colSpan] }))"
    )
    shown = [[(words.replace("‸", ""), span) for words, span in row] for row in table]
    assert shown == [[(str(number), 1), *row] for number, row in enumerate(small.ROWS, 1)]
    assert page.locator(".source thead td").all_inner_texts() == ["", "1", "2", "3", "4"]
    flow = page.locator(".source .flow")
    assert flow.locator("[id^=L]").count() >= 2
    assert flow.evaluate("one => one.querySelector('.text').textContent").startswith("2023年度收入总计")
    assert "压减一般性支出。" * 2 not in small.BELOW[2] and "严格执行" in flow.inner_text()
    page.close()


def test_every_line_of_a_laid_out_file_is_an_anchor_once(browser):
    for kind in ("pdf", "html", "xlsx"):
        made = laid_out(kind)
        page = open_page(browser, made / "source.html")
        ids = page.evaluate("[...document.querySelectorAll('[id^=L]')].map(one => one.id)")
        width = page.evaluate("document.documentElement.scrollWidth")
        page.set_viewport_size({"width": 390, "height": 900})
        narrow = page.evaluate("document.documentElement.scrollWidth")
        page.close()
        assert ids == [f"L{number}" for number in range(1, len(ids) + 1)] and len(ids) > 30
        assert width <= 1280 and narrow <= 390
        links = re.findall(r'href="source\.html#([^"]+)"', (made / "index.html").read_text("utf-8"))
        anchors = re.findall(r' id="([^"]+)"', (made / "source.html").read_text("utf-8"))
        assert {"L", "n", "f"} <= {link[0] for link in links} and set(links) <= set(anchors)


def test_a_finding_on_a_cell_is_marked_there_and_names_the_cell(browser):
    for kind, places in (
        ("pdf", ["第1页第5行第4列", "第1页第3行第4列", "第1页第4行第4列"]),
        ("html", [f"《{small.TITLE}》第{row}行第4列" for row in (5, 3, 4)]),
        ("xlsx", [f"report.xlsx {small.TITLE}!D{row}" for row in (7, 5, 6)]),
    ):
        made = laid_out(kind)
        page = open_page(browser, made / "index.html")
        finding = page.locator("article.finding", has_text="90 + 10 ≠ 103")
        assert finding.locator("cite").all_inner_texts() == places
        links = finding.locator("cite a").evaluate_all("all => all.map(a => a.hash.slice(1))")
        own = finding.get_attribute("id")
        page.close()
        page = open_page(browser, made / "source.html")
        for link, figure in zip(links, ("103", "90", "10"), strict=True):
            assert page.locator(f"td a[id={link}] mark").inner_text().startswith(figure)
            assert page.locator(f"td:has(a[id={link}]) .pill[href='#f-{own}']").count() == 1
        page.close()


def test_what_was_not_read_is_on_the_first_page(browser):
    page = open_page(browser, laid_out("pdf") / "index.html")
    shown = page.locator(".unread")
    assert shown.is_visible()
    assert shown.locator("li").all_inner_texts() == ["第2页：只有图像，没有文字"]
    assert shown.locator("a").get_attribute("href") == "source.html#U1"
    page.close()
    assert 'class="unread"' not in (laid_out("html") / "index.html").read_text("utf-8")


def test_a_workbook_beside_a_text_keeps_its_letters_and_row_numbers(browser):
    page = open_page(browser, laid_out("xlsx") / "source.html")
    assert page.locator(".division").all_inner_texts() == [
        "report.txt",
        f"report.xlsx · 工作表“{small.TITLE}”",
    ]
    assert page.locator(".source thead td").all_inner_texts() == ["", "A", "B", "C", "D"]
    rows = page.locator(".source tbody th.no").all_inner_texts()
    assert rows == [str(number) for number in range(3, 9)]
    page.close()


# -------------------------------------------------------------------------------------- how they are reached


def test_the_keyboard_reaches_every_finding_and_shows_where_it_is(browser):
    page = open_page(browser, batch_zh()[0] / "anju-2023" / "source.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    links = "[...document.querySelectorAll('.fig, .pill[href]')].filter(a => a.tabIndex === 0 && a.checkVisibility())"
    data = whole_audit("zh")
    pills = sum(
        len({(e["source"]["line"], e["source"]["end"]) for e in f["evidence"]}) for f in data["findings"]
    )
    assert page.evaluate(f"{links}.length") == len(data["numerals"]) + pills
    page.locator("#n0").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "n3"
    assert page.locator("main").count() == page.locator("header nav[aria-label]").count() == 1
    page.close()


def test_code_is_folded_away_and_tables_have_heads(browser):
    page = open_page(browser, batch_zh()[0] / "anju-2023" / "notebooks" / "05_general_budget.html")
    assert page.locator("details.code").count() > 5
    assert page.locator("details.code[open]").count() == 0
    assert page.locator("table.fa th[scope]").count() > 5
    assert page.locator(".output table, .output article, .output svg, .output img").count() > 5
    assert page.locator(".output:empty").count() == 0
    page.close()


@pytest.mark.parametrize("name", ["index.html", "source.html", "notebooks/05_general_budget.html"])
def test_pages_print(name, browser):
    page = open_page(browser, batch_zh()[0] / "anju-2023" / name)
    page.emulate_media(media="print")
    assert not page.locator("header nav").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF-")
    page.close()


def test_pages_of_notebooks_are_made_without_the_grammar_that_takes_a_second_to_import() -> None:
    script = (
        "import sys; from helpers.showing import pages; assert 'nbformat' not in sys.modules; pages._exporter()\n"
        "assert 'nbconvert' in sys.modules and 'rfc3987_syntax' not in sys.modules\n"
        "import rfc3987_syntax"  # for anyone else it is there
    )
    subprocess.run([sys.executable, "-c", script], check=True)
