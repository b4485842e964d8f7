"""The rules that look at words and at what is there: disclosure, classification, wording, observations."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache, cached_property
from itertools import groupby

from helpers.checking.facts_index import FactsIndex
from helpers.checking.kinds import Outcome
from helpers.checking.listed import OPEN_LIST, Listings, listed_bodies, names_before
from helpers.checking.result import Evidence, Result, Words
from helpers.checking.rules import Rule, Selector
from helpers.data import DataError, Entry, check_keys, check_names, compiled, data_folder, read_yaml
from helpers.facts.concepts import classification, plain_name, relations
from helpers.facts.extract import Extract
from helpers.facts.fact import Definition, Fact, FunctionalPath
from helpers.facts.numerals import figures
from helpers.facts.published import published_forms
from helpers.reading.document import Document, Paragraph, Section, Text, fold
from helpers.reading.outline import section_kinds

_BUDGETS = {"general": {"zh": "一般公共预算", "en": "the general public budget"}, "fund": {"zh": "政府性基金预算", "en": "the government fund budget"}, "state_capital": {"zh": "国有资本经营预算", "en": "the state capital budget"}, "social_insurance": {"zh": "社会保险基金预算", "en": "the social insurance budget"}}  # fmt: skip
_LISTED_IN = {"general": "general", "general_total": "general", "general_structure": "general", "general_items": "general", "fund": "fund", "state_capital": "state_capital"}  # fmt: skip
# Units of things that are whole; 1.5个月, 0.5个百分点 and 2.5次 on average are none.
_COUNTED = re.compile(
    r"(?:台(?:\(套\))?|辆|批次|人次?|名|家|户|个(?=[^，。；、\d]{0,6}(?:项目|单位|机构|[科股处]室)))(?!/)"
)
_UNREAD = frozenset({"annexes"})
# A fault of wording: the text and its section, the span of folded text, what it says and what it should say.
Fault = tuple[Text, Section | None, int, int, Words, Words]


@cache
def _definition_terms() -> list[Entry]:
    entries: list[Entry] = read_yaml(data_folder() / "reference" / "definitions.yaml")
    defects: list[str] = []
    for entry in entries:
        # A term that is no functional subject has no code.
        code = {"code": type(entry.get("code"))}
        check_keys(entry, {**code, "name": str, "all": list, "none": list, "source": str}, {}, defects)
    if defects:
        raise DataError(defects)
    return entries


@cache
def _required() -> Entry:
    required: Entry = read_yaml(data_folder() / "reference" / "required.yaml")
    sections = {kind.key for kind in section_kinds()}
    forms = {entry.get("id") for entry in read_yaml(data_folder() / "taxonomy" / "forms.yaml")}
    defects: list[str] = []
    check_keys(required, {"sections": list, "tables": list}, {}, defects)
    labels = {"id": str, "zh": str, "en": str}
    for entry in required.get("sections", ()):
        check_keys(entry, {**labels, "keys": list, "terms": list}, {"not_forms": list}, defects)
        check_names(entry, "form", entry.get("not_forms", ()), forms, defects)
        check_names(entry, "section", entry.get("keys", ()), sections, defects)
    for entry in required.get("tables", ()):
        check_keys(entry, {**labels, "title": str, "forms": list}, {"not_forms": list, "since": int}, defects)
        check_names(entry, "form", [*entry.get("forms", ()), *entry.get("not_forms", ())], forms, defects)
        compiled(entry, entry.get("title", ""), defects)
    if defects:
        raise DataError(defects)
    return required


class Procedures:
    """Runs the rules on words and content against one report."""

    def __init__(self, document: Document, extract: Extract, index: FactsIndex, form: str) -> None:
        self.document, self.extract, self.index, self.form = document, extract, index, form
        self.texts: list[tuple[Text, Section | None]] = [
            (section.text, section)
            for section in document.sections
            if not _UNREAD.intersection(section.parent.keys if section.parent else ())
        ]
        self.texts += [
            (paragraph.text, paragraph.section)
            for paragraph in document.paragraphs
            if not (paragraph.section and _UNREAD.intersection(paragraph.section.keys))
        ]
        self.texts += [(passage.text, passage.section) for passage in extract.annex.passages]
        self.texts.sort(key=lambda item: item[0].line)
        self._of_year: dict[Section | None, set[tuple[object, ...]]] | None = None
        self.bind: dict[str, Callable[[Rule], Iterator[Result]]] = {
            name: getattr(self, name)
            for name in (
                "project_names", "unit_names", "required_sections", "required_tables", "breakdown", "item_amount", "used_is_defined",
                "defined_is_used", "subject_names", "subject_budget", "definition_terms", "definition_scope", "numbering",
                "wording", "observation", "readable",
            )
        }  # fmt: skip

    # -- results ------------------------------------------------------------------------------------------------

    def _exception(
        self, rule: Rule, context: str, evidence: Iterable[Evidence], said: Words, should: Words,
        section: Section | None = None, operands: tuple[Fact, ...] = (), computed: Decimal | None = None,
    ) -> Result:  # fmt: skip
        return Result(
            rule, context, Outcome.EXCEPTION, evidence=tuple(evidence), said=said, should=should, section=section,
            operands=operands, computed=computed,
        )  # fmt: skip

    def _ties(
        self,
        rule: Rule,
        context: str = "report",
        section: Section | None = None,
        operands: tuple[Fact, ...] = (),
    ) -> Result:
        return Result(rule, context, Outcome.TIES, section=section, operands=operands)

    def _not_tested(
        self, rule: Rule, zh: str, en: str, context: str = "report", section: Section | None = None
    ) -> Result:
        return Result(rule, context, Outcome.NOT_TESTED, {"zh": zh, "en": en}, section=section)

    def _start(self) -> Evidence:
        """The report's first words: where a thing that is missing was looked for."""
        text = self.texts[0][0] if self.texts else Text(((1, 0, self.document.lines[0]),))
        return Evidence(text.raw.strip()[:60], text.source(0, len(text.folded)))

    # -- disclosure ---------------------------------------------------------------------------------------------

    def required_sections(self, rule: Rule) -> Iterator[Result]:
        """Each content that the law requires: present, or missing."""
        keys = {section.key for section in self.document.sections}
        words = "".join(text.folded for text, _ in self.texts)
        for entry in _required()["sections"]:
            if self.form in entry.get("not_forms", ()):
                continue
            present = keys.intersection(entry["keys"]) or any(term in words for term in entry["terms"])
            if present:
                yield self._ties(rule, entry["id"])
            else:
                yield self._exception(
                    rule, entry["id"], [self._start()],
                    {"zh": f"没有“{entry['zh']}”", "en": f"no {entry['en']}"},
                    {"zh": f"公开“{entry['zh']}”", "en": f"{entry['en']} published"},
                )  # fmt: skip

    def required_tables(self, rule: Rule) -> Iterator[Result]:
        """Each table of the form: listed, or missing; whether its body is there."""
        titles = [fold(entry.raw) for entry in self.document.contents]
        part = self.document.section("tables")
        titles += [text.folded for text, section in self.texts if section and "tables" in section.keys]
        titles += [table.title.folded for table in self.extract.published]
        present = {table.form.id for table in self.extract.published}
        if not any("表" in title for title in titles):
            yield self._not_tested(rule, "文本中没有表格清单，无法核对", "the text has no list of tables")
            return
        where = (
            Evidence(part.text.raw.strip(), part.text.source(0, len(part.text.folded)))
            if part
            else self._start()
        )
        for entry in _required()["tables"]:
            if not self._is_required(entry):
                continue
            if entry["id"] in present or any(re.search(entry["title"], title) for title in titles):
                yield self._ties(rule, entry["id"], part)
            else:
                yield self._exception(
                    rule, entry["id"], [where], {"zh": f"清单中没有《{entry['zh']}》", "en": f"{entry['en']} is not listed"},
                    {"zh": f"列出《{entry['zh']}》", "en": f"{entry['en']} listed"}, part,
                )  # fmt: skip
        yield from self._bodies(rule, part)

    def _bodies(self, rule: Rule, part: Section | None) -> Iterator[Result]:
        """Each table that the contents list is there, where the report has its tables in it."""
        present = {table.form.id for table in self.extract.published}
        if not present:
            yield self._not_tested(
                rule, "文本只列表名，没有表格内容，表内数字未核对", "titles only: the tables themselves are not in this text",
                "bodies", part,
            )  # fmt: skip
            return
        words = [text.folded for text, _ in self.texts]
        for entry in _required()["tables"]:
            listed = [text for text in self.document.contents if re.search(entry["title"], text.folded)]
            if not listed or entry["id"] not in {form.id for form in published_forms()}:
                continue
            context = f"body/{entry['id']}"
            if entry["id"] in present or any(re.search(entry["title"], line) for line in words):
                yield self._ties(rule, context, part)
            elif self.document.unread:
                yield self._not_tested(
                    rule, "有页面无法识别，表格可能在其中", "a part of the file could not be read; the table may be there", context, part
                )  # fmt: skip
            else:
                text = listed[0]
                yield self._exception(
                    rule, context, [Evidence.of_words(text, 0, len(text.folded))],
                    {"zh": f"目录列有《{entry['zh']}》，文中没有该表", "en": f"{entry['en']} is in the contents and not in the report"},
                    {"zh": f"公开《{entry['zh']}》", "en": f"{entry['en']} published"}, part,
                )  # fmt: skip

    def _is_required(self, entry: Entry) -> bool:
        in_force = self.extract.year is None or self.extract.year >= entry.get("since", 0)
        of_form = not entry["forms"] or self.form in entry["forms"]
        return in_force and of_form and self.form not in entry.get("not_forms", ())

    def readable(self, rule: Rule) -> Iterator[Result]:
        """Each part of the file that could not be read is not tested; where there is none, all was read."""
        for part in self.document.unread:
            zh, en = (
                f"{part.where[lang]}{mark}{part.why[lang]}" for lang, mark in (("zh", "："), ("en", ": "))
            )
            yield self._not_tested(rule, zh, en, part.where["en"])
        if not self.document.unread:
            yield self._ties(rule)

    def breakdown(self, rule: Rule) -> Iterator[Result]:
        """Money that is not zero is shown by functional item."""
        for concept, budget in (
            ("general.expenditure", "general"), ("fund.expenditure", "fund"), ("state_capital.expenditure", "state_capital"),
        ):  # fmt: skip
            totals = self.index.select(Selector(concept))
            if not totals:
                yield self._not_tested(
                    rule,
                    f"没有找到{_BUDGETS[budget]['zh']}支出",
                    f"no expenditure of {_BUDGETS[budget]['en']} found",
                    concept,
                )
                continue
            if all(total.value == 0 for total in totals):
                yield self._ties(rule, concept, totals[0].section, (totals[0],))
                continue
            # Where a section lists all appropriations, its items are those of each budget.
            items = [
                f
                for listed in (concept, "appropriation.expenditure")
                for group in ("item", "class")
                for f in self.index.select(Selector(listed, "amount", group))
            ]
            if items:
                yield self._ties(rule, concept, totals[0].section, (totals[0],))
                continue
            total = next((t for t in totals if t.value), totals[0])
            name = _BUDGETS[budget]
            yield self._exception(
                rule, concept, [Evidence.of(total)],
                {"zh": f"{name['zh']}支出{total.printed}{total.unit}，未列功能分类科目", "en": f"{name['en']}: {total.printed} {total.unit} without functional items"},
                {"zh": "公开到类、款、项", "en": "published by class, division and item"}, total.section, (total,),
            )  # fmt: skip

    def _listed(self) -> Iterator[tuple[FunctionalPath, Paragraph]]:
        """Functional subjects that lead a paragraph of a list in the narrative."""
        for path in self.extract.paths:
            block = self.document.blocks[path.paragraph]
            assert isinstance(block, Paragraph)
            keys = block.section.keys if block.section else ()
            if len(path.names) < 2 or not _LISTED_IN.keys() & set(keys):
                continue
            if block.text.folded.find(fold(path.quote)) <= 8:
                yield path, block

    def item_amount(self, rule: Rule) -> Iterator[Result]:
        """Each subject that a list names has its amount, in a list whose subjects mostly have one."""
        listed = [(path, block, self._amount_of(path)) for path, block in self._listed()]
        with_amount = sum(amount is not None for _, _, amount in listed)
        if not listed or with_amount * 2 < len(listed):
            yield self._not_tested(rule, "没有按科目列示金额的清单", "no list of items with amounts")
            return
        for path, block, amount in listed:
            context = path.code or "/".join(path.names)
            words = block.text.folded
            if amount is not None:
                yield self._ties(rule, context, block.section, (amount,))
            elif re.search(r"\d(?:万元|元|亿元)", words):
                yield self._not_tested(
                    rule,
                    "该科目的数字未能识别",
                    "a figure of this item could not be read",
                    context,
                    block.section,
                )
            elif re.search(r"未发生|没有支出|无此项|无(?:项目|相关)?支出", words):
                yield self._ties(rule, context, block.section)
            else:
                is_definition = bool(re.search(r"\(项\)\)?：?(?:指|是指|反映)", words))
                yield self._exception(
                    rule, context, [Evidence(block.text.raw.strip(), block.text.source(0, len(words)))],
                    {"zh": "科目没有金额" + ("，而是名词解释的文字" if is_definition else ""), "en": "no amount" + (", but the words of a definition" if is_definition else "")},
                    {"zh": "支出决算数", "en": "the amount spent"}, block.section,
                )  # fmt: skip

    def _amount_of(self, path: FunctionalPath) -> Fact | None:
        """The amount of a listed subject, in its paragraph or the one behind it."""
        function = path.code or "/".join(path.names)
        found = (self._money_of.get((at, function)) for at in (path.paragraph, path.paragraph + 1))
        return min(filter(None, found), key=lambda fact: (fact.source.line, fact.source.start), default=None)

    @cached_property
    def _money_of(self) -> dict[tuple[int, str], Fact]:
        """The first amount of each functional subject in each paragraph."""
        found: dict[tuple[int, str], Fact] = {}
        for fact in self.extract.facts:
            function = fact.dimension("function")
            if fact.is_money and function is not None:
                found.setdefault((fact.paragraph, function), fact)
        return found

    @cached_property
    def _on_line(self) -> dict[int, list[Fact]]:
        """The facts of each line."""
        found: dict[int, list[Fact]] = defaultdict(list)
        for fact in self.extract.facts:
            found[fact.source.line].append(fact)
        return found

    def _facts_of(self, text: Text) -> list[Fact]:
        """The facts of the lines that a text is of, in reading order."""
        lines = dict.fromkeys(line for line, _, _ in text.pieces)
        return [fact for line in sorted(lines) for fact in self._on_line.get(line, ())]

    def _defined(self) -> dict[tuple[str, ...], Definition]:
        return {_key(d.path): d for d in self.extract.definitions if d.path is not None}

    def used_is_defined(self, rule: Rule) -> Iterator[Result]:
        """Each functional subject of the narrative has its definition, in a glossary that defines subjects."""
        defined = self._defined()
        used = {_key(path): path for path in reversed(self.extract.paths) if len(path.names) == 3}
        known = [key for key in used if key in defined]
        if len(known) * 2 < len(used) or not used:
            yield self._not_tested(
                rule,
                "名词解释不解释功能分类科目，或没有使用科目",
                "the glossary does not define functional subjects",
            )
            return
        glossary = self.document.section("glossary")
        for key, path in used.items():
            if key in defined:
                yield self._ties(rule, "/".join(key), glossary)
            else:
                # Where it is used, and the last entry of its kind, behind which it belongs.
                last = [definition for definition in self.extract.definitions if definition.path][-1]
                evidence = [Evidence(path.quote, path.source), Evidence(last.quote[:60], last.source)]
                yield self._exception(
                    rule, "/".join(key), evidence,
                    {"zh": f"“{path.names[-1]}”没有名词解释", "en": f"{path.names[-1]} is not defined"},
                    {"zh": "名词解释有该科目的一条", "en": "an entry in the glossary"}, glossary,
                )  # fmt: skip

    def defined_is_used(self, rule: Rule) -> Iterator[Result]:
        """Each functional subject of the glossary is used."""
        used = {_key(path) for path in self.extract.paths}
        defined = self._defined()
        for key, definition in defined.items():
            if key in used:
                yield self._ties(rule, "/".join(key))
            else:
                yield self._exception(
                    rule, "/".join(key), [Evidence(definition.quote[:80], definition.source)],
                    {"zh": "报告没有使用该科目", "en": "the report does not use this subject"},
                    {"zh": "可以删去", "en": "it may be left out"}, self.document.section("glossary"),
                )  # fmt: skip
        if not defined:
            yield self._not_tested(
                rule, "名词解释没有功能分类科目", "the glossary has no functional subjects"
            )

    # -- classification -----------------------------------------------------------------------------------------

    def subject_names(self, rule: Rule) -> Iterator[Result]:
        """Names of 类, 款 and 项 as in the classification."""
        paths = [*self.extract.paths, *(d.path for d in self.extract.definitions if d.path)]
        if not paths:
            yield self._not_tested(rule, "没有功能分类科目", "no functional subjects")
        for path in paths:
            context = "/".join(path.names)
            if path.code is not None:
                yield self._ties(rule, context, path.section)
                continue
            level, right = _closest_name(path.names)
            if right is None:
                yield self._not_tested(
                    rule,
                    f"参照表中没有“{path.names[level]}”",
                    f"{path.names[level]} is not in the reference table",
                    context,
                    path.section,
                )
            else:
                yield self._exception(
                    rule, context, [Evidence(path.quote, path.source)],
                    {"zh": f"“{path.names[level]}”", "en": f"“{path.names[level]}”"}, {"zh": f"“{right}”", "en": f"“{right}”"}, path.section,
                )  # fmt: skip

    def subject_budget(self, rule: Rule) -> Iterator[Result]:
        """A subject stands in the section of the budget that it belongs to."""
        found = False
        for path, block in self._listed():
            key = next(k for k in reversed(block.section.keys) if k in _LISTED_IN) if block.section else ""
            here = _LISTED_IN[key]
            context = f"{path.code or '/'.join(path.names)}:{here}"
            budget = classification().budget(path.code) if path.code else None
            found = True
            if budget is None:
                yield self._not_tested(
                    rule,
                    "参照表中没有该科目",
                    "the subject is not in the reference table",
                    context,
                    block.section,
                )
            elif budget == here or (block.section and self._lists_all_budgets(block.section)):
                yield self._ties(rule, context, block.section)
            else:
                yield self._exception(
                    rule, context, [Evidence(path.quote, path.source)],
                    {"zh": f"列在{_BUDGETS[here]['zh']}", "en": f"listed under {_BUDGETS[here]['en']}"},
                    {"zh": f"{path.code}属于{_BUDGETS[budget]['zh']}", "en": f"{path.code} belongs to {_BUDGETS[budget]['en']}"}, block.section,
                )  # fmt: skip
        if not found:
            yield self._not_tested(rule, "没有按科目列示的清单", "no list of items")

    def _lists_all_budgets(self, section: Section) -> bool:
        """True for a section of 财政拨款支出 whose titles name no budget."""
        return "财政拨款" in section.path and not re.search("一般公共预算|基金|国有资本", section.path)

    def definition_terms(self, rule: Rule) -> Iterator[Result]:
        """A definition has the terms that mark its subject, and none that mark another."""
        glossary = self.document.section("glossary")
        if not self.extract.definitions:
            yield self._not_tested(rule, "没有名词解释", "no glossary")
        for definition in self.extract.definitions:
            entry = _terms_for(definition)
            if entry is None:
                yield self._not_tested(
                    rule,
                    "参照表没有该名词的要点",
                    "no key terms at hand for this entry",
                    definition.term[:40],
                    glossary,
                )
                continue
            wrong = [term for term in entry["none"] if fold(term) in definition.text]
            missing = [
                terms for terms in entry["all"] if not any(fold(term) in definition.text for term in terms)
            ]
            if not wrong and not missing:
                yield self._ties(rule, definition.term[:40], glossary)
            elif not wrong:
                yield self._not_tested(
                    rule,
                    "释义的措辞与要点不能对应",
                    "the wording cannot be matched to the key terms",
                    definition.term[:40],
                    glossary,
                )
            else:
                other = _described(definition, entry)
                is_of = f"，像是“{other}”的释义" if other else ""
                yield self._exception(
                    rule, definition.term[:40], [Evidence(definition.quote, definition.source)],
                    {"zh": f"释义含“{'、'.join(wrong)}”{is_of}", "en": f"the definition has “{', '.join(wrong)}”" + (f", the mark of {other}" if other else "")},
                    {"zh": f"“{entry['name']}”的释义，含“{'、'.join('或'.join(terms[:2]) for terms in missing or entry['all'])}”", "en": f"the definition of {entry['name']}"}, glossary,
                )  # fmt: skip

    def definition_scope(self, rule: Rule) -> Iterator[Result]:
        """The items that a definition lists (除……以外) are those of its own 款."""
        found = False
        for definition in self.extract.definitions:
            listed = re.search(r"除(?:了)?(.{6,}?)(?:以外|之外|外)", definition.text)
            path = definition.path
            if listed is None or path is None or path.code is None or len(path.code) < 5:
                continue
            found = True
            foreign = _foreign_items(re.split(r"、|及(?!机关)|和(?!技术)", listed.group(1)), path.code)
            if len(foreign) < 2:
                yield self._ties(rule, definition.term[:40], self.document.section("glossary"))
                continue
            yield self._exception(
                rule, definition.term[:40], [Evidence(definition.quote, definition.source)],
                {"zh": f"列举的“{'、'.join(foreign)}”属于另一款", "en": f"the items listed ({', '.join(foreign)}) belong to another division"},
                {"zh": f"“{path.names[-1]}”（{path.code}）自己的释义", "en": f"the definition of {path.names[-1]} ({path.code}) itself"},
                self.document.section("glossary"),
            )  # fmt: skip
        if not found:
            yield self._not_tested(rule, "没有列举科目的释义", "no definition lists items")

    # -- performance, numbering ---------------------------------------------------------------------------------

    def project_names(self, rule: Rule) -> Iterator[Result]:
        """A number of projects against the names listed before it; a name may hold a 、 where it does elsewhere too."""
        listed = Listings("".join(map(fold, self.document.lines)))
        counts = [f for f in self.extract.facts if f.concept.startswith("performance.") and f.unit == "个"]
        stated = Counter(fact.value for fact in counts)
        found = False
        for fact in counts:
            if fact.value is None:
                continue
            block = self.document.blocks[fact.paragraph]
            assert isinstance(block, Paragraph)
            names = names_before(block.text, fact)
            if len(names) < 2 and not (names and fact.value == 0):
                continue
            found = True
            fewest = len(listed.merged(names))
            # Where another count is that of the names, the list leaves none out.
            own = fact.value in (len(names), fewest)
            is_whole = sum(stated[Decimal(n)] for n in {len(names), fewest}) > own
            result = self._ties(rule, fact.id, fact.section, (fact,))
            if fact.value in (len(names), fewest):
                yield result
            elif fact.value > len(names) and not is_whole:
                yield result.with_outcome(Outcome.NOT_TESTED, dict(OPEN_LIST))
            elif fewest < fact.value < len(names):
                yield result.with_outcome(
                    Outcome.NOT_TESTED,
                    {"zh": "名称可能含顿号，无法分清", "en": "a name may hold a 、: cannot be told apart"},
                )
            else:
                yield self._exception(
                    rule, fact.id, [Evidence.of(fact)],
                    {"zh": f"{fact.printed}个", "en": fact.printed}, {"zh": f"所列名称{fewest}个", "en": f"{fewest} names listed"}, fact.section, (fact,), Decimal(fewest),
                )  # fmt: skip
        if not found:
            yield self._not_tested(rule, "没有列出项目名称", "no projects are listed by name")

    def unit_names(self, rule: Rule) -> Iterator[Result]:
        """A number of offices or units against the names listed beside it."""
        # What an annex states has a rule of its own.
        facts = [fact for fact in self.extract.facts if fact.concept != "statement"]
        at = {(fact.source.line, fact.source.start): fact for fact in facts}
        found = list(listed_bodies(rule, (block.text for block in self.document.paragraphs), at))
        yield from found or [
            self._not_tested(rule, "没有列出机构、单位的名称", "no offices or units are listed by name")
        ]

    def numbering(self, rule: Rule) -> Iterator[Result]:
        """Headings, figures and list items count on from one to the next."""
        lists: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.extract.facts:
            if fact.concept == "numbering":
                lists[fact.dimension("list") or ""].append(fact)
        for name, facts in lists.items():
            run: list[Fact] = []
            for fact, following in zip(facts, [*facts[1:], None], strict=True):
                if fact.value == 1 and run and not _is_alone(run[-1], fact, following):
                    yield self._ties(rule, name, run[0].section, tuple(run))
                    run = []
                elif run and fact.value != (run[-1].value or 0) + 1 and self._is_part(run[-1], fact):
                    zh, en = (
                        "报告不完整，编号可能在未收录的部分",
                        "a report in part: numbers may stand in what is left out",
                    )
                    yield self._not_tested(rule, zh, en, fact.id, fact.section)
                elif run and fact.value != (run[-1].value or 0) + 1 and not self._runs_on(run[-1], fact):
                    expected = (run[-1].value or Decimal(0)) + 1
                    yield self._exception(
                        rule, fact.id, [Evidence.of(fact), Evidence.of(run[-1])],
                        {"zh": f"编号{fact.printed}", "en": f"number {fact.printed}"}, {"zh": f"编号{expected}", "en": f"number {expected}"}, fact.section, (fact,), expected,
                    )  # fmt: skip
                run.append(fact)
            if run:
                yield self._ties(rule, name, run[0].section, tuple(run))
        if not lists:
            yield self._not_tested(rule, "没有编号", "nothing is numbered")

    def _is_part(self, one: Fact, other: Fact) -> bool:
        """True where the numbers between may be missing because the report is given in part."""
        is_part = sum(section.level == 0 for section in self.document.sections) < 3
        return is_part and (other.value or 0) > (one.value or 0) + 1 and not self._runs_on(one, other)

    def _runs_on(self, one: Fact, other: Fact) -> bool:
        """True where the numbers between stand inside a paragraph, not at its start."""
        first, last = int(one.value or 0) + 1, int(other.value or 0)
        if first >= last:
            return False
        between = fold("".join(self.document.lines[one.source.line - 1 : other.source.line]))
        return all(re.search(rf"(?<!\d){n}[.、．)）](?!\d)", between) for n in range(first, last))

    # -- wording ------------------------------------------------------------------------------------------------

    def wording(self, rule: Rule) -> Iterator[Result]:
        """Faults of wording: one result for each place, or one that says there are none."""
        if "patterns" in rule.parameters:
            faults = self._patterns(rule.parameters["patterns"], rule.parameters["should"])
        else:
            faults = getattr(self, "_" + rule.parameters["procedure"])()
        found: list[Result] = []
        for text, section, start, end, said, should in faults:
            a, b = max(0, start - 12), min(len(text.folded), end + 12)
            evidence = Evidence(text.quote(a, b), text.source(start, end))
            context = f"{text.quote(start, end)}:{text.quote(max(0, start - 20), start)}"
            found.append(self._exception(rule, context, [evidence], said, should, section))
        if len(found) > 1 and rule.parameters.get("gather"):
            # A habit of the whole report is one finding, with every place.
            one, places = found[0], [evidence for result in found for evidence in result.evidence]
            said = {
                "zh": f"{one.said['zh']}等{len(found)}处",
                "en": f"{one.said['en']} and {len(found) - 1} more",
            }
            found = [self._exception(rule, "report", places, said, one.should, one.section)]
        yield from found or [self._ties(rule)]

    def _patterns(self, patterns: list[str], should: Words) -> Iterator[Fault]:
        for text, section in self.texts:
            for pattern in patterns:
                for match in re.finditer(pattern, text.folded):
                    words = text.quote(*match.span())
                    yield text, section, *match.span(), {"zh": words, "en": words}, dict(should)

    def _doubled_punctuation(self) -> Iterator[Fault]:
        for text, section in self.texts:
            for match in re.finditer(r"([，。；：、])\1+|[，；、：][。；，、]|。[，；、]", text.folded):
                words = match.group()
                yield (
                    text,
                    section,
                    *match.span(),
                    {"zh": f"“{words}”", "en": f"“{words}”"},
                    {"zh": f"“{words[-1]}”", "en": f"“{words[-1]}”"},
                )

    def _unbalanced(self) -> Iterator[Fault]:
        for text, section in self.texts:
            for position, char in _unbalanced(text.raw):
                folded = text.folded_position(position)
                # A quotation mark is not in the folded text: the character after it stands for its place.
                end = min(folded + 1, len(text.folded))
                start = max(0, end - 1)
                yield (
                    text,
                    section,
                    start,
                    end,
                    {"zh": f"不成对的{char}", "en": f"unbalanced {char}"},
                    {"zh": "成对使用", "en": "a pair"},
                )

    def _nested_quotes(self) -> Iterator[Fault]:
        for text, section in self.texts:
            for match in re.finditer("“[^“”]*“", text.raw):
                start, end = map(text.folded_position, match.span())
                yield (
                    text,
                    section,
                    start,
                    max(end, start + 1),
                    {"zh": "双引号内又用双引号", "en": "double quotes inside double quotes"},
                    {"zh": "内层用单引号", "en": "single quotes inside"},
                )

    def _mixed_brackets(self) -> Iterator[Fault]:
        for text, section in self.texts:
            for match in re.finditer(r"（[^（）()]*\)|\([^（）()]*）", text.raw):
                start, end = map(text.folded_position, match.span())
                yield (
                    text,
                    section,
                    start,
                    end,
                    {"zh": match.group()[-12:], "en": match.group()[-12:]},
                    {"zh": "左右括号宽度一致", "en": "brackets of one width"},
                )

    def _short_units(self) -> Iterator[Fault]:
        for text, section in self.texts:
            for match in re.finditer(r"\d万(?=[，。；、）)]|$)", text.folded):
                yield (
                    text,
                    section,
                    *match.span(),
                    {"zh": match.group(), "en": match.group()},
                    {"zh": match.group() + "元", "en": match.group() + "元"},
                )

    def _broken_counts(self) -> Iterator[Fault]:
        """Numbers of things that are no whole numbers: 3.21台; averages may be none."""
        for text, section in self.texts:
            if section and "annexes" in section.keys:
                continue
            for figure in figures(text.folded, text.gaps):
                clause = max(text.folded.rfind(stop, 0, figure.start) for stop in "，。；：") + 1
                if (
                    figure.value % 1
                    and _COUNTED.match(text.folded, figure.end)
                    and not re.search(r"均|每|折合|标准", text.folded[clause : figure.start])
                ):
                    words = text.quote(figure.start, figure.end_with_unit)
                    should = {"zh": "整数", "en": "a whole number"}
                    yield text, section, figure.start, figure.end, {"zh": words, "en": words}, should

    def _missing_punctuation(self) -> Iterator[Fault]:
        labels: Counter[str] = Counter()
        for text, _ in self.texts:
            # 主要用于：and 主要用于公务 are both right: what ends in a preposition or a verb is no label.
            labels.update(
                re.findall(r"(?<=[，。；])([\u4e00-\u9fff]{3,9}[^于为是括含有如下用即\W])：", text.folded)
            )
        usual: dict[str, list[str]] = defaultdict(list)
        for words, count in labels.items():
            if count >= 3:
                usual[words[:4]].append(words)
        for text, section in self.texts if usual else ():
            for match in re.finditer(r"(?<=[，。；])([\u4e00-\u9fff]{4,})", text.folded):
                begun = usual.get(match.group()[:4], ())
                label = next((words for words in begun if match.group().startswith(words)), None)
                if label is None or text.folded[match.start() + len(label)] in "：是为有和与及的等":
                    continue
                end = match.start() + len(label)
                if end < len(text.folded) and text.folded[end] not in "：，。；、（(":
                    yield (
                        text,
                        section,
                        match.start(),
                        end + 2,
                        {"zh": text.quote(match.start(), end + 2), "en": text.quote(match.start(), end + 2)},
                        {"zh": f"{label}：", "en": f"{label}："},
                    )

    def _wrong_year(self) -> Iterator[Fault]:
        year = self.extract.year
        if year is None:
            return
        compared, aside = relations()["compared"], relations()["aside"]
        titles = (r"(?<![与比较同和])(20\d\d)年度?(?=.*决算)", year)
        year_end = (r"截至(20\d\d)年12月31日", year)
        lead = (
            r"^(?:\(?[\d一二三四五六七八九十]{1,3}[.、．)]+)?[^，。；：\d]{0,24}?(20\d\d)年度?(?![与、和至—-]|\d*月)",
            year,
        )
        comparison = (rf"(?:{compared})(20\d\d)年(?:度)?(?!\d*月|初|[^，。；]{{0,24}}预算)", year - 1)
        for text, section in self.texts:
            is_title = section is not None and section.text is text
            keys = section.keys if section else ()
            for pattern, right in (
                [titles] if is_title else [comparison, lead] + [year_end] * ("performance" not in keys)
            ):
                for match in re.finditer(pattern, text.folded):
                    sentence = text.folded[text.folded.rfind("。", 0, match.start()) + 1 : match.start()]
                    if int(match.group(1)) == right or re.search(aside, sentence):
                        continue
                    if pattern == comparison[0] and (
                        self._is_range(text.folded, match)
                        or not self._compares_figures(text, match)
                        or self._is_second_base(text, match)
                    ):
                        continue
                    if pattern == lead[0] and not self._is_stale(text, section, match.group(1), year):
                        continue
                    said, should = (
                        {"zh": f"{match.group(1)}年", "en": match.group(1)},
                        {"zh": f"{right}年", "en": str(right)},
                    )
                    yield text, section, *match.span(1), said, should

    def _compares_figures(self, text: Text, match: re.Match[str]) -> bool:
        """True where the sentence of a comparison states a figure of the accounts: what else compares may be any year."""
        start = text.folded.rfind("。", 0, match.start()) + 1
        end = text.folded.find("。", match.end())
        return any(
            fact.concept not in ("statement", "detail")
            and start <= text.span(fact.source)[0] < (end if end > 0 else len(text.folded))
            for fact in self._facts_of(text)
        )

    def _is_second_base(self, text: Text, match: re.Match[str]) -> bool:
        """True where the figure was compared with the last year before: 比上年增加1万元，比2019年减少2万元."""
        place = text.source(*match.span())
        changes = [fact for fact in self._facts_of(text) if fact.measure in ("change", "growth")]
        here = (place.line, place.start)
        before = [fact for fact in changes if (fact.source.line, fact.source.start) < here]
        behind = [fact for fact in changes if (fact.source.line, fact.source.start) > here]
        return (
            bool(before and behind)
            and (before[-1].concept, before[-1].dimensions) == (behind[0].concept, behind[0].dimensions)
            and before[-1].year != behind[0].year
        )

    def _is_stale(self, text: Text, section: Section | None, said: str, year: int) -> bool:
        """True where a paragraph is led by another year, and its section states no such figures of this one."""
        if re.search(rf"{year}年|本年|当年|今年", text.folded):
            return False
        here = {(f.concept, f.dimensions) for f in self._facts_of(text) if _is_amount(f) and f.year == said}
        return bool(here) and not here & self._current(year)[section]

    def _current(self, year: int) -> dict[Section | None, set[tuple[object, ...]]]:
        """What the amounts of `year` are of, by section."""
        if self._of_year is None:
            self._of_year = defaultdict(set)
            for fact in self.extract.facts:
                if _is_amount(fact) and fact.year == str(year):
                    self._of_year[fact.section].add((fact.concept, fact.dimensions))
        return self._of_year

    def _is_range(self, folded: str, match: re.Match[str]) -> bool:
        """True where a connective joins years (2021年和2022年) and does not compare."""
        return bool(re.search(r"20\d\d年(?:度)?$", folded[: match.start()])) or match.group().startswith("和")

    def _other_entity(self) -> Iterator[Fault]:
        entity = self.extract.entity
        if not entity:
            return
        mentions = "".join(text.folded for text, _ in self.texts)
        institutions = "".join(
            text.folded for text, section in self.texts if section and "overview" in section.keys
        )
        count = cache(mentions.count)
        for text, section in self.texts:
            for match in re.finditer(
                r"(?:^|[，。：；])([\u4e00-\u9fff]{4,30}?(?:局|委员会|厅|办公室|院|中心|处|所|站|馆|社|校))(?=机关运行经费支出|政府采购支出总额|共有车辆)",
                text.folded,
            ):
                name = match.group(1)
                if (
                    name in entity
                    or entity in name
                    or name in institutions
                    or count(name) * 2 > count(entity)
                    or re.search(r"[本我]|全部|所属|下属|单位$", name)
                ):
                    continue
                yield text, section, *match.span(1), {"zh": name, "en": name}, {"zh": entity, "en": entity}

    def _number_style(self) -> Iterator[Fault]:
        facts = [
            f
            for f in self.extract.facts
            if f.is_money
            and not {"project", "table"} & dict(f.dimensions).keys()
            and abs(f.value or Decimal(0)) >= 1000
        ]
        unique = list({(f.source.line, f.source.start): f for f in facts}.values())
        grouped, plain = list[Fact](), list[Fact]()
        for fact in unique:
            (grouped if "," in fact.printed or "，" in fact.printed else plain).append(fact)
        few, many = sorted((grouped, plain), key=len)
        if not few or len(many) < 3 * len(few):
            return
        for fact in few:
            block = self.document.blocks[fact.paragraph]
            assert isinstance(block, Paragraph)
            start = block.text.folded.find(fold(fact.printed))
            other = many[0].printed
            yield (
                block.text,
                fact.section,
                start,
                start + len(fold(fact.printed)),
                {"zh": fact.printed, "en": fact.printed},
                {"zh": f"与全文一致，如{other}", "en": f"as elsewhere, such as {other}"},
            )

    # -- observations -------------------------------------------------------------------------------------------

    def observation(self, rule: Rule) -> Iterator[Result]:
        """Analytical observations: notes, never claims."""
        found = list(getattr(self, "_" + rule.parameters["procedure"])(rule))
        yield from found or [self._ties(rule)]

    def _unusual_growth(self, rule: Rule) -> Iterator[Result]:
        rates = self.index.measured("growth")
        whole = next(
            (
                f
                for f in rates
                if f.concept in ("expenditure.total", "general.expenditure") and not f.dimensions
            ),
            None,
        )
        if whole is None or whole.value is None:
            return
        for rate in rates:
            distance = (rate.value or Decimal(0)) - whole.value
            if abs(distance) >= 20 and rate.source != whole.source:
                yield self._exception(
                    rule, rate.id, [Evidence.of(f) for f in (rate, whole)],
                    {"zh": f"{rate.label['zh']}变动{rate.value}%", "en": f"{rate.label['en']} changed by {rate.value}%"},
                    {"zh": f"总体变动{whole.value}%，宜了解原因", "en": f"the whole changed by {whole.value}%: ask why"}, rate.section, (rate,),
                )  # fmt: skip

    def _reused_explanation(self, rule: Rule) -> Iterator[Result]:
        uses: dict[str, list[tuple[Fact, Evidence]]] = defaultdict(list)
        for paragraph, changes in groupby(self.index.measured("change"), lambda change: change.paragraph):
            block = self.document.blocks[paragraph]
            assert isinstance(block, Paragraph)
            match = re.search(r"原因(?:是|：|为)+([^。]{12,})。?", block.text.folded)
            if match:
                evidence = Evidence.of_words(block.text, *match.span())
                uses[match.group(1)] += ((change, evidence) for change in changes)
        for words, found in uses.items():
            distinct = {fact.value: (fact, evidence) for fact, evidence in found}
            if len(distinct) >= 2:
                facts = tuple(fact for fact, _ in distinct.values())
                yield self._exception(
                    rule, words[:40], [evidence for _, evidence in distinct.values()],
                    {"zh": f"{len(distinct)}个不同的变动使用同一说明", "en": f"one explanation for {len(distinct)} different changes"},
                    {"zh": "各自的原因", "en": "the reason of each"}, facts[0].section, facts,
                )  # fmt: skip

    def _rate_of_zero(self, rule: Rule) -> Iterator[Result]:
        for rate in self.index.measured("completion"):
            amounts = self.index.same(rate, "amount").in_paragraph(rate.paragraph)
            budgets = self.index.same(rate, "budget").in_paragraph(rate.paragraph)
            if amounts and all(f.value == 0 for f in [*amounts, *budgets]):
                yield self._exception(
                    rule, rate.id, [Evidence.of(rate)],
                    {"zh": f"支出为零，完成预算{rate.printed}%", "en": f"nothing spent, {rate.printed}% of the budget"},
                    {"zh": "预算为零时没有完成率", "en": "there is no rate of a zero budget"}, rate.section, (rate,),
                )  # fmt: skip


def _is_amount(fact: Fact) -> bool:
    """True for an amount of money that a rule knows."""
    return fact.measure == "amount" and fact.is_money and fact.concept not in ("detail", "statement")


def _is_alone(last: Fact, first: Fact, following: Fact | None) -> bool:
    """True for a 1 in the paragraph behind an item that no 2 follows: it counts nothing anew."""
    return (
        last.value != 1
        and first.paragraph == last.paragraph + 1
        and (following is None or following.value == 1)
    )


def _key(path: FunctionalPath) -> tuple[str, ...]:
    """What makes two printed subjects the same: their code, else their names as reports shorten them."""
    return (path.code,) if path.code else tuple(plain_name(name) for name in path.names)


def _closest_name(names: tuple[str, ...]) -> tuple[int, str | None]:
    """Which level of a path the classification does not know, and the name there that it is a slip of."""
    above = ""
    for level, name in enumerate(names):
        found = classification().named(name, 3 + 2 * level, above)
        if found:
            above = found[0].code
            continue
        if level and not above:
            return level, None
        siblings = (
            classification().below(above)
            if above
            else [s for c, ss in classification().by_code.items() if len(c) == 3 for s in ss]
        )
        # Names of 类 are few and unlike: there four characters are enough to know one by.
        least = 5 if level else 4
        return level, next(
            (s.name for s in siblings if _is_slip(plain_name(name), plain_name(s.name), least)), None
        )
    return len(names) - 1, None


def _is_slip(name: str, right: str, least: int) -> bool:
    """True where one character more, less or other makes the one name of the other, both `least` long or longer."""
    if min(len(name), len(right)) < least or abs(len(name) - len(right)) > 1:
        return False
    blocks = difflib.SequenceMatcher(None, name, right, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= max(len(name), len(right)) - 1


def _terms_for(definition: Definition) -> Entry | None:
    """The key terms of what is defined: by name, and by code where the name alone is shared."""
    name = definition.path.names[-1] if definition.path else definition.term
    code = definition.path.code if definition.path else None
    for entry in _definition_terms():
        if plain_name(entry["name"]) != plain_name(name):
            continue
        pattern = entry["code"]
        if pattern is None and definition.path is None:
            return entry
        if (
            pattern is not None
            and definition.path is not None
            and (code is None or fnmatchcase(code, str(pattern)))
        ):
            return entry
    return None


def _described(definition: Definition, own: Entry) -> str | None:
    """The subject whose terms a definition has instead of its own: the one with most of them."""
    best: tuple[int, str] = (0, "")
    for entry in _definition_terms():
        if entry is own or entry["code"] is None or own["code"] is None:
            continue
        present = [[term for term in terms if fold(term) in definition.text] for terms in entry["all"]]
        if all(present) and any(term in own["none"] for terms in present for term in terms):
            best = max(best, (sum(map(len, present)), str(entry["name"])), key=lambda item: item[0])
    return best[1] or None


def _foreign_items(names: list[str], code: str) -> list[str]:
    """The names that are items only of other 款 than that of `code`."""
    foreign = []
    for name in names:
        divisions = {subject.code[:5] for subject in classification().named(name, 7)}
        if divisions and code[:5] not in divisions and len(divisions) <= 2:
            foreign.append(name)
    return foreign


_PAIRS = {"（": "）", "(": ")", "《": "》", "“": "”", "〔": "〕", "【": "】", "[": "]"}
_CLOSE = {")": "(", "）": "(", "》": "《", "”": "“", "〕": "〔", "】": "【", "]": "["}
_WIDE = {"（": "(", "）": ")"}


def _unbalanced(raw: str) -> Iterator[tuple[int, str]]:
    """The brackets and quotation marks of a paragraph without a partner: (position, character)."""
    markers = {m.end() - 1 for m in re.finditer(r"(?:^|[。；：，\s])[\d一二三四五六七八九十]{1,2}[)）]", raw)}
    stack: list[tuple[int, str]] = []
    for position, char in enumerate(raw):
        if char in _PAIRS:
            stack.append((position, _WIDE.get(char, char)))
        elif char in _CLOSE and position not in markers:
            if stack and stack[-1][1] == _CLOSE[char]:
                stack.pop()
            else:
                yield position, char
    for position, _ in stack:
        yield position, raw[position]
