"""The HTML of an audit: self-contained pages in two languages, all report text escaped."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from helpers.audit import Audit
from helpers.checking.kinds import Outcome
from helpers.checking.result import Result
from helpers.checking.rules import SEVERITIES, Rule
from helpers.facts.fact import Numeral
from helpers.findings.dispositions import state_word
from helpers.findings.finding import Finding, State
from helpers.findings.wording import equation
from helpers.reading.document import Source
from helpers.reading.places import where, wheres
from helpers.showing.coverage import coverage, reason_of
from helpers.showing.dimensions import dimension_names
from helpers.showing.evidence_paper import EVIDENCE, evidence_name
from helpers.showing.imports import IRI, without
from helpers.showing.page_words import form_label, kind_label, words
from helpers.showing.projects import Annexes
from helpers.showing.prose import in_language
from helpers.showing.source_files import PagePicture
from helpers.showing.source_page import SourcePage, unread_words
from helpers.showing.summary import Entry
from helpers.showing.tickmarks import tickmark
from helpers.showing.workpapers import GATHERED, WORKPAPERS, workpaper_of

if TYPE_CHECKING:
    import nbformat

TEMPLATES = Path(__file__).parent / "templates"
MOST_QUOTES = 6  # of a finding's evidence, what stands open
LANGUAGE_TAGS = {"zh": "zh-Hans", "en": "en"}
LANGUAGE_NAMES = {"zh": "中文", "en": "English"}
OTHER = {"zh": "en", "en": "zh"}
_PLAIN_IN_ADDRESS = " !$()*+,-./:;=?@[]_|~'"
_OTHER_LANGUAGE = "<!--other language-->"


class Item(NamedTuple):
    """A notebook in the menu: its stem, its name, and its level (1: of a project, below the one before)."""

    stem: str
    label: str
    level: int


class Pages:
    """The pages of one audit, each in `lang` with its other language behind the switch.

    `stems` are the notebooks that were run, `pictures` the pages of a PDF report as they are published, `files` the
    other files of the output folder.
    """

    def __init__(
        self,
        audit: Audit,
        stems: Sequence[str],
        lang: str,
        pictures: Sequence[PagePicture] = (),
        files: Sequence[str] = (),
    ) -> None:
        self._lang = lang
        self._in = {one: _OneLanguage(audit, stems, one, pictures, files) for one in LANGUAGE_TAGS}

    def index(self) -> str:
        """The page that a reviewer opens first: what was tested, findings gravest first, what was not tested."""
        return in_both_languages(lambda lang: self._in[lang].index(), self._lang)

    def source(self) -> str:
        """The report as it reads, each line (`#L1`) and each figure (`#n0`) an anchor, every figure with its tickmark."""
        return in_both_languages(lambda lang: self._in[lang].source(), self._lang)

    def workpaper(self, stem: str, nodes: Mapping[str, nbformat.NotebookNode]) -> str:
        """A notebook, executed in each language, as a page."""
        return in_both_languages(lambda lang: self._in[lang].workpaper(stem, nodes[lang]), self._lang)


class _OneLanguage:
    """The pages of one audit in one language."""

    def __init__(
        self,
        audit: Audit,
        stems: Sequence[str],
        lang: str,
        pictures: Sequence[PagePicture],
        files: Sequence[str],
    ) -> None:
        self.audit, self.stems, self.lang = audit, tuple(stems), lang
        self.pictures, self.files = pictures, files

    def index(self) -> str:
        unchecked = [numeral for numeral in self.audit.numerals if not self.audit.is_checked(numeral)]
        return self._render(
            "index.html.j2",
            root="",
            page="index",
            form=form_label(self.audit.form, self.lang),
            kind=kind_label(self.audit.kind, self.lang),
            severities=by_severity(self.audit.findings),
            coverage=coverage(self.audit, self.lang),
            counts=self.audit.counts(),
            untested=_grouped(self.audit.results, self.lang),
            unchecked=self._by_reason(unchecked),
            checked=len(self.audit.numerals) - len(unchecked),
            idle=_idle(self.audit),
            stem_of=self._stem,
            project_of=self._project,
            decisions=decisions(self.audit),
            outdated=sum(
                one.disposition is not None and not one.disposition.is_current for one in self.audit.findings
            ),
            state_word=state_word,
            files=self.files,
            evidence_of=lambda finding: f"{EVIDENCE}/{evidence_name(finding)}",
            most_quotes=MOST_QUOTES,
            facts={fact.id: fact for fact in (*self.audit.facts, *self.audit.other_facts)},
            unread=self._unread,
            dimensions=lambda fact: dimension_names(self.audit, fact, self.lang),
        )

    def source(self) -> str:
        scripts = (_script("page.js"), _script("source.js"))
        return self._render("source.html.j2", root="", page="source", scripts=scripts, source=self._source)

    def workpaper(self, stem: str, node: nbformat.NotebookNode) -> str:
        return self._render(
            "workpaper.html.j2",
            root="../",
            page=stem,
            heading=self._titles.get(stem) or title(stem, self.lang),
            above=self._above(stem),
            cells=Markup(_cells(node, self.lang)),
        )

    def _by_reason(self, numerals: Iterable[Numeral]) -> dict[str, list[Numeral]]:
        """Figures that were not checked, by what kept them from it, the most frequent reason first."""
        found: dict[str, list[Numeral]] = defaultdict(list)
        for numeral in numerals:
            found[reason_of(self.audit.why_unchecked(numeral), self.lang)[0]].append(numeral)
        return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))

    @cached_property
    def _source(self) -> SourcePage:
        return SourcePage(self.audit, self.lang, self.pictures)

    @cached_property
    def _annexes(self) -> Annexes:
        return Annexes(self.audit)

    @cached_property
    def _titles(self) -> dict[str, str]:
        """What the pages of projects are called, by stem: as the projects are, or by number where one has no name."""
        number = words(self.lang)["project"]
        projects = self._annexes.with_page
        named = {p.stem: _on_one_line(p.label) or number.format(p.number) for p in projects}
        return {stem: named[stem] for stem in self.stems if stem in named}

    @cached_property
    def _menu(self) -> list[Item]:
        """Every notebook that was run, those of projects a level below."""
        items = []
        for stem in self.stems:
            name = self._titles.get(stem)
            label = f"{stem.split('_')[0]} {title(stem, self.lang)}" if name is None else name
            items.append(Item(stem, label, 0 if name is None else 1))
        return items

    def _above(self, stem: str) -> Item | None:
        """The notebook that a project's stands below; None for the others."""
        menu = [item.stem for item in self._menu]
        before = (
            [item for item in self._menu[: menu.index(stem)] if not item.level]
            if stem in self._titles
            else []
        )
        return before[-1] if before else None

    def _project(self, finding: Finding) -> Item | None:
        """The page of the project that a finding is about, where it is about one that has a page."""
        found = self._annexes.only(finding.result)
        name = self._titles.get(found.stem) if found else None
        return Item(found.stem, name, 1) if found and name else None

    def _stem(self, finding: Finding) -> str:
        """The notebook that shows a finding, or "" where it was not run."""
        stem = workpaper_of(finding.result).stem
        return stem if stem in self.stems else ""

    @cached_property
    def _unread(self) -> tuple[tuple[str, int], ...]:
        """The parts of the file that could not be read, each with its number in their order."""
        return tuple(
            (unread_words(one, self.lang), number) for number, one in enumerate(self.audit.document.unread, 1)
        )

    def _where(self, source: Source) -> str:
        """A place in words; of another report with its file."""
        return self.audit.where(source)[self.lang]

    def _where_line(self, line: int) -> str:
        return where(self.audit.document, line)[self.lang]

    def _places(self, results: Iterable[Result]) -> list[tuple[int, str]]:
        """Where the figures under test stand, with the line that leads there."""
        lines = [result.operands[0].source.line for result in results if result.operands]
        return [(line, words[self.lang]) for line, words in wheres(self.audit.document, lines)]

    def _render(self, template: str, **values: Any) -> str:
        ordinals = {finding.id: number for number, finding in enumerate(self.audit.findings, 1)}
        common = {"audit": self.audit, "menu": self._menu, "stems": self.stems, "ordinals": ordinals}
        common["where"] = self._where
        common |= {"where_line": self._where_line, "places": self._places, "anchor": self._source.anchor}
        return render(template, self.lang, **common, **values)


def batch_page(entries: Sequence[Entry], lang: str) -> str:
    """The page over several reports: each with its counts and a link, and those that failed with their error."""
    done = [entry for entry in entries if entry.summary is not None]
    failed = [entry for entry in entries if entry.summary is None]

    def one(lang: str) -> str:
        return render("batch.html.j2", lang, page="batch", done=done, failed=failed, severities=SEVERITIES)

    return in_both_languages(one, lang)


def in_both_languages(page: Callable[[str], str], lang: str) -> str:
    """The page in `lang` with its other language packed into its head, where the script of the switch finds it.

    Packed, as a report's pages are to be small enough to send; the packing has no clock in it.
    """
    other = page(OTHER[lang])
    title_, body = (re.search(rf"<{tag}[^>]*>(.*)</{tag}>", other, re.DOTALL) for tag in ("title", "body"))
    assert title_ and body
    content = {"title": Markup(title_[1]).unescape(), "body": body[1]}
    return page(lang).replace(_OTHER_LANGUAGE, _packed("other", content), 1)


def _packed(id_: str, content: Any) -> Markup:
    """What a script of the page unpacks: JSON, deflated and in base64, as an element that nothing runs."""
    words = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    packed = base64.b64encode(zlib.compress(words.encode("utf-8", "replace"), 9)).decode("ascii")
    return Markup(f'<script type="application/octet-stream" id="{id_}">{packed}</script>')


def render(template: str, lang: str, **values: Any) -> str:
    """A page in one language, ending in a newline."""
    other = OTHER[lang]
    common = {"t": words(lang), "lang": lang, "tag": LANGUAGE_TAGS[lang], "Outcome": Outcome}
    common |= {"other_tag": LANGUAGE_TAGS[other], "other_name": LANGUAGE_NAMES[other]}
    common |= {"scripts": (_script("page.js"),), "other_language": Markup(_OTHER_LANGUAGE)}
    page = _environment().get_template(template).render({**common, **values})
    # HTML lets a cell and a row end without saying so: twenty thousand times on the pages of one report.
    return re.sub(r"</t[dhr]>\s*(?=<t[dhr]|</t)", "", page).rstrip("\n") + "\n"


@cache
def _stylesheet(name: str) -> Markup:
    """A stylesheet without its comments and line breaks."""
    sheet = re.sub(r"/\*.*?\*/", "", (TEMPLATES / name).read_text("utf-8"), flags=re.DOTALL)
    return Markup(re.sub(r"\s*([{};])\s*|\s+", lambda m: m[1] or " ", sheet))


@cache
def _script(name: str) -> Markup:
    return Markup((TEMPLATES / name).read_text("utf-8"))


def _allowed(script: str) -> Markup:
    """What a Content-Security-Policy calls a script that may run."""
    digest = hashlib.sha256(script.encode()).digest()
    return Markup(f"'sha256-{base64.b64encode(digest).decode('ascii')}'")


def title(stem: str, lang: str) -> str:
    """A notebook's title, or its file name where it is none of ours."""
    named = {workpaper.stem: workpaper.title for workpaper in (*WORKPAPERS, GATHERED)}
    return named[stem][lang] if stem in named else stem


def _on_one_line(name: str) -> str:
    """A report's own name for something, without breaks and control characters."""
    return "".join(char if char.isprintable() else "\ufffd" for char in " ".join(name.split()))


def decisions(audit: Audit) -> dict[State, int]:
    """How many findings there are of each disposition; one that nobody decided on is open."""
    states = [finding.disposition.state if finding.disposition else "open" for finding in audit.findings]
    return {state: states.count(state) for state in get_args(State)}


def by_severity(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings of each severity, gravest first; severities without a finding too."""
    found: dict[str, list[Finding]] = {severity: [] for severity in SEVERITIES}
    for finding in findings:
        found[finding.severity].append(finding)
    return found


def _grouped(results: Iterable[Result], lang: str) -> list[tuple[str, list[Result]]]:
    """The results that were not tested by what kept them from it, the most frequent first."""
    found: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.outcome is Outcome.NOT_TESTED:
            found[reason_of(result.reason, lang)[0]].append(result)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def _by_rule(results: Iterable[Result], lang: str) -> list[tuple[tuple[Rule, str], list[Result]]]:
    """The results of each rule, those that miss the same thing together."""
    found: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        found[result.rule.id, reason_of(result.reason, lang)[1]].append(result)
    return [((same[0].rule, detail), same) for (_, detail), same in found.items()]


def _idle(audit: Audit) -> list[tuple[str, tuple[Rule, ...]]]:
    """The rules that were not applied, by the name of the reason."""
    groups = (("not_applicable", audit.not_in_force), ("not_of_kind", audit.of_other_kinds))
    return [(name, rules) for name, rules in groups if rules]


def _cells(node: nbformat.NotebookNode, lang: str) -> str:
    """The cells of an executed notebook as HTML: prose and outputs, code folded away."""
    body, _ = _exporter().from_notebook_node(
        node, resources={"words": words(lang), "in_language": partial(in_language, lang=lang)}
    )
    return str(body)


def _chart(svg: str) -> str:
    """A chart as the address of an image, in the reader's own font as the page about it, to a hundredth of a point.

    What is special in HTML is encoded; short, as the address is not in base64.
    """
    svg = re.sub(r"@font-face\{[^}]*\}", "", svg)
    svg = re.sub(r"(\d\.\d\d)\d+", r"\1", svg)
    return "data:image/svg+xml," + quote(svg.replace("'", "&apos;").replace('"', "'"), safe=_PLAIN_IN_ADDRESS)


@cache
def _exporter() -> Any:
    with without(IRI):
        from nbconvert import HTMLExporter
        from nbconvert.exporters import TemplateExporter
        from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter

    class CellsExporter(HTMLExporter):
        """An exporter without what `HTMLExporter` does to a page of its own templates, after it is rendered.

        It parses and writes each page anew to describe images and to let the keyboard reach cells: `cells.html.j2`
        describes every image, and has none of the cells that are looked for.
        """

        def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> Any:
            shown = WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self)  # type: ignore[no-untyped-call]
            self.register_filter("filter_data_type", shown)  # type: ignore[no-untyped-call]
            return TemplateExporter.from_notebook_node(self, nb, self._init_resources(resources), **options)  # type: ignore[no-untyped-call]

    return CellsExporter(  # type: ignore[no-untyped-call]
        template_name="base",
        template_file="cells.html.j2",
        extra_loaders=[FileSystemLoader(TEMPLATES)],
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        optimistic_validation=True,
        # Of those that change a notebook only where their settings ask for it, none is asked for here.
        default_preprocessors=["nbconvert.preprocessors.CoalesceStreamsPreprocessor"],
        filters={"chart": _chart},
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "equation": equation,
        "allowed": _allowed,
        "groupby_rule": _by_rule,
        "tickmark": tickmark,
    }
    environment.globals |= {"stylesheet": _stylesheet, "packed": _packed}
    return environment
