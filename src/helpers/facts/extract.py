"""From a document to its facts: every figure read, located and identified; what was not understood is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from helpers.facts.annex import Annex, read_annex
from helpers.facts.concepts import taxonomy
from helpers.facts.fact import OPEN, SCALE, Definition, Fact, FunctionalPath, Numeral
from helpers.facts.forms.read import OpenTable, read_open
from helpers.facts.narrative import (
    Earlier,
    Mention,
    Reading,
    Subject,
    functional_paths,
    read_paragraph,
)
from helpers.facts.numbering import markers
from helpers.facts.numerals import Figure, figures
from helpers.facts.published import PublishedTable, read_published
from helpers.facts.rest import clause_before, rest
from helpers.reading.document import Document, Paragraph, fold

_YEAR_IN_TITLE = re.compile(r"(?<![与比较同于])(20\d\d)年度?(?:部门|单位|本级|[^。]{0,12}?)?决算")
_YEAR = re.compile(r"(?<![与比较同于])(20\d\d)年度")
_PLAIN_YEAR = re.compile(r"(?<![与比较同于])(20\d\d)年(?!初|以前|之前)")
_ENTITY_IN_TITLE = re.compile(r"([\u4e00-\u9fff()]{4,40}?)(?:20\d\d年度?)(?:部门|单位)?决算")
_ORGANS = "局|委|委员会|厅|办公室|院|会|中心|学校|小学|中学|政府|部|处|所|站|队|馆|社|团|校|园|厂|办|法院|检察院|街道办事处|医院"
_ENTITY_OF_TITLE = re.compile(
    rf"^(?:第一部分[：:、]?)?(?:20\d\d年度?)?([\u4e00-\u9fff()]{{2,30}}?(?:{_ORGANS}))(?:\(?本级\)?)?(?:概况|(?:部门|单位)决算)"
)
_ENTITY = re.compile(
    rf"(?:^|[，。：；])(?:20\d\d年度?，?|截至20\d\d年12月31日，)?([\u4e00-\u9fff()]{{3,30}}?(?:{_ORGANS}))"
    r"(?=20\d\d年度?|(?:部门|单位)?(?:机关运行|政府采购|共有车辆|下属|所属|本年|年初结转|决算|财政拨款|一般公共|无)|（|\()"
)
_NO_ENTITY = re.compile(
    r"财政拨款|收支|三公|其中|预算|收入|支出|[本我](?:部门|单位)|所属|副[部省]|^(?:部门|单位|年度)"
)
# Parts whose figures, if any, are of nothing that a rule knows: they are kept unmatched.
_NO_SENTENCES = frozenset({"tables", "glossary"})
_DEFINITION = re.compile(
    r"^(?:\(?(?:\d{1,2}|[一二三四五六七八九十]+)[.、．)])?(?P<term>[^：。；]{2,90}?)[：:]?(?=指|：|是指|反映)"
)


@dataclass(frozen=True)
class Extract:
    """All that a document says in figures; `cells` are the facts of open tables by the id of their reading."""

    entity: str
    year: int | None
    facts: tuple[Fact, ...]
    numerals: tuple[Numeral, ...]
    paths: tuple[FunctionalPath, ...]
    definitions: tuple[Definition, ...]
    wholes: dict[str, str]
    annex: Annex
    published: tuple[PublishedTable, ...]
    open_tables: tuple[OpenTable, ...]
    cells: dict[int, Fact]


def extract(document: Document, year: int | None = None) -> Extract:
    """The facts, numerals, functional subjects and definitions of a document, of `year` or the one that it says."""
    year = report_year(document) if year is None else year
    readings: list[Reading] = []
    numerals: list[tuple[Figure, Paragraph, list[Reading]]] = []
    paths: list[FunctionalPath] = []
    definitions: list[Definition] = []
    carried: Mention | None = None
    section, earlier = None, Earlier()
    for index, block in enumerate(document.blocks):
        if not isinstance(block, Paragraph):
            continue
        keys = block.section.keys if block.section else ()
        if "glossary" in keys:
            definitions.extend(_definitions(block, index))
        if "annexes" in keys:
            continue
        if _NO_SENTENCES.intersection(keys):
            numerals.extend((figure, block, []) for figure in figures(block.text.folded, block.text.gaps))
            continue
        if section is not block.section:
            section, earlier = block.section, Earlier()
        said = read_paragraph(block, index, year, carried, earlier)
        carried = said.ends_with
        earlier.add(said)
        paths.extend(said.paths)
        for figure, found in said.figures:
            readings.extend(found)
            numerals.append((figure, block, found))
        readings.extend(said.directions)
    measured = [reading for reading in readings if reading.subject.concept != OPEN]
    precision, coarse = _precision(measured), _rounds_rates_coarsely(measured)
    annexes, published = read_annex(document, year), read_published(document, year)
    others = read_open(document, year, (part for table in published.tables for part in table.parts))
    cells = [*annexes.figures, *published.figures, *others.figures]
    readings.extend(reading for *_, found in cells for reading in found)
    readings.extend(published.empty)
    readings.extend(_numbering(document))
    facts: dict[int, Fact] = {}
    wholes: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for reading in sorted(readings, key=lambda r: (r.source.line, r.source.start)):
        fact = _fact(reading, precision, coarse, seen)
        facts[id(reading)] = fact
        if reading.whole:
            wholes[fact.id] = reading.whole
    located = tuple(
        Numeral(
            block.text.quote(figure.start, figure.end),
            figure.unit,
            block.text.source(figure.start, figure.end),
            tuple(facts[id(reading)].id for reading in found),
            block.section,
            "" if found else clause_before(block.text, figure),
        )
        for figure, block, found in numerals
    ) + tuple(
        Numeral(
            text.quote(start, end),
            unit,
            text.source(start, end),
            tuple(facts[id(r)].id for r in found),
            section,
        )
        for text, start, end, unit, section, found in cells
    )
    return Extract(
        report_entity(document),
        year,
        tuple(facts.values()),
        (*located, *rest(document, located)),
        tuple(paths),
        tuple(definitions),
        wholes,
        annexes.annex,
        published.tables,
        tuple(others.tables),
        {id(one.reading): facts[id(one.reading)] for table in others.tables for one in table.cells},
    )


def report_year(document: Document) -> int | None:
    """The year that a report is of: the one that its titles and sentences name most, comparisons aside."""
    titles = [fold(line) for line in document.lines[:3]] + [
        section.text.folded for section in document.sections
    ]
    texts = [paragraph.text.folded for paragraph in document.paragraphs]
    years = Counter(year for title in titles for year in _YEAR_IN_TITLE.findall(title))
    years.update(year for text in texts for year in _YEAR.findall(text))
    if years.total() <= 2:
        # A text in part may name its year but once: then every mention counts.
        years.update(year for text in texts for year in _PLAIN_YEAR.findall(text))
    if not years:
        # Only what it is compared with: the year before.
        compared = [int(year) for text in texts for year in re.findall(r"(?<=[与比较同于])(20\d\d)年", text)]
        return max(compared) + 1 if compared else None
    return int(max(years, key=lambda year: (years[year], year)))


def report_entity(document: Document) -> str:
    """The department's name: the one that stands most often before its year or figures; "" where none does."""
    names: Counter[str] = Counter()
    titles = [fold(line) for line in document.lines[:5]]
    titles += [section.text.folded for section in document.sections]
    for title in titles:
        found = _ENTITY_IN_TITLE.findall(title) or _ENTITY_OF_TITLE.findall(title)
        names.update(
            re.sub(r"^第[一二三四五六]部分[：:]?|^\(?[一二三四五六七八九十]+[)、.]+", "", name)
            for name in found
        )
    for paragraph in document.paragraphs:
        names.update(_ENTITY.findall(paragraph.text.folded))
    for name in [name for name in names if len(name) < 4 or _NO_ENTITY.search(name)]:
        del names[name]
    return max(names, key=lambda name: (names[name], len(name), name)) if names else ""


def _precision(readings: Iterable[Reading]) -> dict[str, int]:
    """For money and rates, the number of decimals that the narrative as a whole is printed with, by unit.

    Reports drop trailing zeros, so one figure's digits do not say how precise it is (912.5 stands for 912.50).
    万元 has two decimals by the form, unless at least eight amounts are printed and none has as many.
    """
    precision = {"万元": 2}
    for unit, decimals in _printed_decimals(readings).items():
        most = max(decimals)
        if unit in ("万元", "元"):
            precision[unit] = min(most, 2) if len(decimals) >= 8 or unit == "元" else 2
        elif unit == "亿元":
            precision[unit] = most
        elif unit == "%":
            precision[unit] = min(most, 2)
    return precision


def _printed_decimals(readings: Iterable[Reading]) -> dict[str, list[int]]:
    """The printed decimals of the figures that are not zero (nor 100%), by unit."""
    printed: dict[str, list[int]] = {}
    for reading in readings:
        if reading.value and not (reading.unit == "%" and abs(reading.value) == 100):
            printed.setdefault(reading.unit, []).append(reading.decimals)
    return printed


def _rounds_rates_coarsely(readings: Iterable[Reading]) -> bool:
    """True where more rates lack decimals than dropped zeros explain: a tenth of them ends in a zero by chance."""
    decimals = _printed_decimals(readings).get("%", [])
    short = sum(number < max(decimals) for number in decimals)
    return len(decimals) < 8 or short > len(decimals) * Decimal("0.15") + 1


def _fact(reading: Reading, precision: dict[str, int], coarse: bool, seen: Counter[str]) -> Fact:
    concept = taxonomy().concepts[reading.subject.concept]
    dimensions = dict(reading.subject.dimensions)
    name = f"{concept.id}/{reading.measure}"
    name += "".join(f"@{value}" for value in dimensions.values())
    if reading.year and "/" not in reading.year and reading.measure == "amount":
        name += f".{reading.year}"
    seen[name] += 1
    if seen[name] > 1:
        name += f"~{seen[name]}"
    step = Decimal(0)
    if reading.unit in SCALE or reading.unit == "%":
        usual = (
            precision.get(reading.unit, reading.decimals) if reading.precision is None else reading.precision
        )
        decimals = max(reading.decimals, usual)
        # A nil of the narrative is one; a cell's 0.00 may be a small amount rounded.
        is_rounded = reading.precision is not None and reading.value is not None and reading.decimals > 0
        if reading.value or reading.unit == "%" or is_rounded:
            step = Decimal(1).scaleb(-decimals)
    return Fact(
        name,
        concept.id,
        reading.measure,
        dict.fromkeys(("zh", "en"), dimensions["of"]) if concept.id == OPEN else concept.label,
        reading.value,
        reading.unit,
        reading.decimals,
        reading.state,
        reading.year,
        tuple(dimensions.items()),
        reading.source,
        reading.quote,
        reading.printed,
        reading.section,
        reading.paragraph,
        step,
        Decimal(1).scaleb(-reading.decimals) if coarse and reading.unit == "%" else step,
        reading.scope,
        reading.inherited,
    )


def _numbering(document: Document) -> Iterable[Reading]:
    for marker in markers(document):
        yield Reading(
            Subject("numbering", (("list", marker.list),)),
            "ordinal",
            Decimal(marker.value),
            "",
            0,
            "",
            marker.text.source(marker.start, marker.end),
            marker.text.raw.strip()[:40],
            marker.text.quote(marker.start, marker.end),
            marker.section,
            marker.block,
        )


def _definitions(paragraph: Paragraph, index: int) -> Iterable[Definition]:
    folded = paragraph.text.folded
    match = _DEFINITION.match(folded)
    if match is None:
        return
    paths = [path for _, path in functional_paths(paragraph, index) if path.source.start <= 60]
    text = folded[match.end() :].lstrip("：")
    yield Definition(
        match.group("term"),
        text,
        paths[0] if paths and len(paths[0].names) > 1 else None,
        paragraph.text.source(0, len(folded)),
        paragraph.text.raw.strip(),
    )
