"""The rules of the published tables: sums down and across, balances rolled forward, table to table, and to the narrative."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product

from helpers.checking.facts_index import FactsIndex
from helpers.checking.kinds import Outcome
from helpers.checking.result import Check, Evidence, Result, Words
from helpers.checking.rules import Rule
from helpers.facts.concepts import classification, plain_name, taxonomy
from helpers.facts.extract import Extract
from helpers.facts.fact import Fact, FunctionalPath
from helpers.facts.published import (
    PublishedForm,
    PublishedTable,
    RowSubject,
    economic_named,
    economic_subjects,
)
from helpers.reading.document import Document, Paragraph, fold

# A table in detail is nearer to what a sentence says than a summary: the narrative is held against it first.
_DETAIL_FIRST = ("T05", "T06", "T09", "T03", "T02", "T12", "T11", "T10", "T07", "T08", "T04", "T01")
# What the table of the three public expenses counts.
_COUNTS = ("辆", "批次", "人次")
_OPERATING = ("行政运行", "事业运行")
_MEASURES = ("amount", "budget")
_BUDGETS = ("general", "fund", "state_capital")
_NO_TABLES: Words = {"zh": "报告没有决算表的内容", "en": "the report has no tables with figures"}
_NOTE = re.compile(
    r"^注(?!：?[\d.、]*(?:本表反映|本套报表|本表(?:金额|数据)|.*尾(?:数|差)))|无.{0,30}(?:收支|收入|支出|数据|经费|此项|内容)|空表|(?:没有|未).{0,30}(?:收入|支出|数据|安排|使用|发生)|不涉及|为零"
)
# What the narrative says of a budget that the department does not have explains the budget's empty table.
_NIL = {
    "T07": re.compile(
        r"(?:没有|无|未|不涉及)[^。；]{0,12}政府性基金|政府性基金[^。；]{0,40}(?:没有|无|未|不涉及|为0|支出0)"
    ),
    "T08": re.compile(
        r"(?:没有|无|未|不涉及)[^。；]{0,12}国有资本经营|国有资本经营[^。；]{0,40}(?:没有|无|未|不涉及|为0|支出0)"
    ),
}
# “无政府性基金预算财政拨款支出” says that there is nothing of it, in the budget's table too.
_NONE = re.compile(
    r"(?:没有|(?<!有)无|未安排|未发生|不涉及)(?:使用)?(政府性基金|国有资本经营)(?:预算)?(?:财政)?(?:拨款)?(?:安排的?)?"
    r"(收支|收入、?支出|收入和支出|收入|支出)(?!结转|变动|增减|决算表)"
)


class PublishedChecks:
    """Runs the rules on the published tables of one report."""

    def __init__(self, document: Document, extract: Extract, index: FactsIndex) -> None:
        self.document, self.extract, self.index = document, extract, index
        self._cells: dict[tuple[str, str, str], list[Fact]] = defaultdict(list)
        self._plain: dict[tuple[str, str, str, str | None], Fact] = {}
        self._groups: dict[tuple[str, str, str, str], list[Fact]] = {}
        self._said: dict[str, dict[str, set[Decimal]]] = {}
        self._by_table: dict[str, list[Fact]] = defaultdict(list)
        for fact in extract.facts:
            table = fact.dimension("table")
            if table is not None:
                self._by_table[table].append(fact)
                self._cells[table, fact.concept, fact.measure].append(fact)
                if _counts(fact) and not fact.dimension("economic") and not fact.dimension("budget"):
                    key = (table, fact.concept, fact.measure, fact.dimension("function"))
                    if fact.value is not None and self._plain.get(key, fact).value is None:
                        self._plain[key] = fact
                    self._plain.setdefault(key, fact)

    def bind(self, rule: Rule) -> Iterator[Result]:
        """The results of a rule; one that says so where there is no table to test."""
        procedure: Callable[[Rule], Iterator[Result]] = getattr(self, f"_{rule.parameters['procedure']}")
        results = list(procedure(rule))
        if results:
            yield from results
        else:
            yield Result(
                rule, "report", Outcome.NOT_TESTED,
                {"zh": "表中没有该规则所需的数字", "en": "the tables have no figures for this rule"} if self._by_table else _NO_TABLES,
            )  # fmt: skip

    # -- figures ------------------------------------------------------------------------------------------------

    def _checked(self, rule: Rule, formula: str, operands: Iterable[Fact]) -> Result:
        """The verdict of a formula over cells."""
        check = Check(formula, tuple(operands))
        verdict = check.verdict()
        first = check.operands[0]
        return Result(
            rule, first.id, verdict.outcome, {"zh": "", "en": ""}, check.operands, verdict.residual, verdict.slack,
            verdict.computed, check, section=first.section,
        )  # fmt: skip

    def _footed(self, rule: Rule, total: Fact, items: Sequence[Fact]) -> Iterator[Result]:
        """The verdict of a sum of which some part has an amount.

        An empty cell is nothing: a total that is empty is wrong where its parts come to something, and only there.
        """
        if any(item.value is not None for item in items):
            result = self._checked(rule, "foot", (total, *items))
            if total.value is not None or result.outcome is Outcome.EXCEPTION:
                yield result

    def _one(
        self, table: str, concept: str, function: str | None = None, measure: str = "amount"
    ) -> Fact | None:
        """The cell of a concept in a table, of a functional subject or of none: with an amount, or else empty."""
        return self._plain.get((table, concept, measure, function))

    def _items(
        self, table: str, word: str, function: str | None = None, measure: str = "amount"
    ) -> list[Fact]:
        """The cells that an item of a sum means; `a|b+c` is a, or where a is empty b with c, if that is not."""
        first: list[Fact] = []
        for choice in word.split("|"):
            found: list[Fact] = []
            for part in choice.split("+"):
                name, _, group = part.partition("@")
                if group:
                    found += self._group(table, name, measure, group)
                else:
                    one = self._one(table, name, function, measure)
                    found += [one] if one else []
            if any(fact.value is not None for fact in found):
                return found
            first = first or found
        return first

    def _group(self, table: str, concept: str, measure: str, group: str) -> list[Fact]:
        """The cells of the classes of a classification, or of the budgets."""
        key = (table, concept, measure, group)
        if key not in self._groups:
            cells = [f for f in self._cells.get(key[:3], ()) if _counts(f)]
            if group == "budget":
                self._groups[key] = [f for f in cells if f.dimension("budget")]
            else:
                kind = "function" if group == "class" else group
                self._groups[key] = [f for f in cells if len(f.dimension(kind) or "") == 3]
        return self._groups[key]

    # -- within a table -------------------------------------------------------------------------------------------

    def _statement(self, rule: Rule) -> Iterator[Result]:
        """The sums that a table's form declares down its columns."""
        for table, measure in product(self.extract.published, _MEASURES):
            footed: set[str] = set()
            for word, words in table.form.foot:
                items = [fact for item in words for fact in self._items(table.id, item, None, measure)]
                for total in self._stated(table.id, word, measure):
                    results = list(self._footed(rule, total, items))
                    footed.update([word] if results else [])
                    yield from results
            # A form may break a total down in several ways, and a table in one of them.
            for word in dict.fromkeys(word for word, _ in table.form.foot if word not in footed):
                for total in self._stated(table.id, word, measure):
                    if total.value:
                        yield self._without_parts(rule, total)

    def _stated(self, table: str, concept: str, measure: str) -> list[Fact]:
        """The cells of a total, which a table of three sides states on two of them."""
        cells = [
            f
            for f in self._cells.get((table, concept, measure), ())
            if _counts(f) and not {"function", "economic", "budget"} & dict(f.dimensions).keys()
        ]
        return [f for f in cells if f.value is not None] or cells[:1]

    def _without_parts(self, rule: Rule, total: Fact) -> Result:
        why = {"zh": "表中没有列示该合计的组成部分", "en": "the table does not list the parts of this total"}
        return Result(rule, total.id, Outcome.NOT_TESTED, why, (total,), section=total.section)

    def _across(self, rule: Rule) -> Iterator[Result]:
        """The sums that a table's form declares across its rows, for each row."""
        for table in self.extract.published:
            repeated = self._repeated(table)
            for (concept, words), measure in product(table.form.crossfoot, _MEASURES):
                functions = dict.fromkeys(
                    f.dimension("function") for f in self._cells.get((table.id, concept, measure), ())
                    if not f.dimension("budget") and not f.dimension("economic")
                )  # fmt: skip
                for function in functions:
                    total = self._one(table.id, concept, function, measure)
                    items = [f for item in words for f in self._items(table.id, item, function, measure)]
                    if total is not None and function not in repeated:
                        yield from self._footed(rule, total, items)

    def _repeated(self, table: PublishedTable) -> set[str]:
        """The subjects that several rows of a table are of, as where each unit has its rows: what adds up is not known."""
        count = Counter(row.code for row in table.subjects)
        return {code for code, rows in count.items() if rows > 1}

    def _levels(self, rule: Rule) -> Iterator[Result]:
        """项 add up to their 款, 款 to their 类, 类 to the total, in each column of amounts by function."""
        for table in self.extract.published:
            if table.form.rows != "function" or self._repeated(table) or self._has_sides(table):
                continue
            yield from self._lone_total(rule, table)
            for cells in self._columns(table):
                column = {f.dimension("function"): f for f in reversed(cells)}
                yield from self._level(rule, table.form, column)

    def _lone_total(self, rule: Rule, table: PublishedTable) -> Iterator[Result]:
        """A total that is the only amount of its table."""
        filled = [fact for fact in self._by_table.get(table.id, ()) if fact.value]
        if len(filled) == 1 and not {"function", "economic"} & dict(filled[0].dimensions).keys():
            [total] = filled
            yield Result(
                rule, total.id, Outcome.EXCEPTION, operands=(total,), evidence=(Evidence.of(total),),
                said={"zh": f"合计{total.printed}{total.unit}，表中其他各格没有金额", "en": f"a total of {total.printed} {total.unit}, and no other amount in the table"},
                should={"zh": "列示合计的组成部分，没有则合计为空", "en": "the parts of the total, or no total"}, section=total.section,
            )  # fmt: skip

    def _has_sides(self, table: PublishedTable) -> bool:
        """True for a table of totals, whose form itself declares the sum of the classes."""
        return any("@class" in item for _, items in table.form.foot for item in items)

    def _columns(self, table: PublishedTable) -> Iterator[list[Fact]]:
        """The amounts of each column of a table with subjects in rows."""
        columns: dict[tuple[str, str, str | None], list[Fact]] = defaultdict(list)
        for fact in self._by_table.get(table.id, ()):
            if _counts(fact) and not fact.dimension("budget"):
                columns[fact.concept, fact.measure, fact.dimension("economic")].append(fact)
        for cells in columns.values():
            if any(fact.dimension("function") for fact in cells):
                yield cells

    def _level(self, rule: Rule, form: PublishedForm, column: dict[str | None, Fact]) -> Iterator[Result]:
        codes = {code for code in column if code is not None}
        below: dict[str | None, list[str]] = defaultdict(list)
        for code in column:
            if code is not None:
                above = (code[:length] for length in range(len(code) - 1, 0, -1))
                below[next((one for one in above if one in codes), None)].append(code)
        for parent in [None, *(code for code in column if code is not None)]:
            total = column.get(parent)
            if below[parent] and total is not None:
                yield from self._footed(rule, total, [column[code] for code in reversed(below[parent])])

    def _economic(self, rule: Rule) -> Iterator[Result]:
        """款 of the economic classification add up to their 类, and 类 to the total, 人员经费 and 公用经费."""
        for table in self.extract.published:
            if table.form.rows == "economic" and not self._repeated(table):
                yield from self._subjects_down(rule, table)
            elif table.form.is_wide and not self._repeated(table):
                yield from self._subjects_across(rule, table)

    def _subjects_down(self, rule: Rule, table: PublishedTable) -> Iterator[Result]:
        """The sums of a table with economic subjects in rows."""
        columns: dict[tuple[str, str], dict[str | None, Fact]] = defaultdict(dict)
        for fact in reversed(self._by_table.get(table.id, ())):
            if _counts(fact):
                columns[fact.concept, fact.measure][fact.dimension("economic")] = fact
        for (concept, measure), codes in columns.items():
            below = {code: fact for code, fact in codes.items() if code}
            yield from self._by_class(rule, below)
            classes = [fact for code, fact in reversed(below.items()) if len(code) == 3]
            if not classes:
                continue
            total = codes.get(None)
            if concept != "general.basic":
                if total is not None:
                    yield from self._footed(rule, total, classes)
                continue
            if total is not None:
                yield from self._footed(rule, total, classes)
            for part in ("personnel", "public"):
                whole = self._one(table.id, f"general.{part}", None, measure)
                items = [fact for fact in classes if _part(fact.dimension("economic")) == part]
                if (
                    whole is not None
                    and items
                    and not any(
                        f.dimension("economic")
                        for f in self._cells.get((table.id, f"general.{part}", measure), ())
                    )
                ):
                    yield from self._footed(rule, whole, items)

    def _by_class(self, rule: Rule, codes: Mapping[str, Fact]) -> Iterator[Result]:
        below: dict[str, list[Fact]] = defaultdict(list)
        for code, fact in codes.items():
            if len(code) == 5:
                below[code[:3]].append(fact)
        for code, total in codes.items():
            if len(code) == 3 and code in below:
                yield from self._footed(rule, total, below[code][::-1])

    def _subjects_across(self, rule: Rule, table: PublishedTable) -> Iterator[Result]:
        """The sums of a table with economic subjects in columns, for each row."""
        rows: dict[tuple[str, str, str | None], dict[str | None, Fact]] = defaultdict(dict)
        for fact in reversed(self._by_table.get(table.id, ())):
            if _counts(fact):
                rows[fact.concept, fact.measure, fact.dimension("function")][fact.dimension("economic")] = (
                    fact
                )
        for codes in rows.values():
            below = {code: fact for code, fact in codes.items() if code}
            yield from self._by_class(rule, below)
            top = [f for c, f in below.items() if len(c) == 3 or c[:3] not in below]
            total = codes.get(None)
            if total is not None and top:
                yield from self._footed(rule, total, top[::-1])

    def _rolled(self, rule: Rule) -> Iterator[Result]:
        """年末 = 年初 + 本年收入 − 本年支出: each row of a table that has all four, and each budget of 总表."""
        for table in self.extract.published:
            if table.form.id == "T04":
                for budget in _BUDGETS:
                    yield from self._balance(rule, self._of_budget(table, budget))
            if not table.form.roll or not table.concepts.issuperset(table.form.roll):
                continue
            functions = dict.fromkeys(f.dimension("function") for f in self._by_table.get(table.id, ()))
            repeated = self._repeated(table)
            for function in functions:
                if function not in repeated:
                    yield from self._balance(
                        rule, [self._one(table.id, word, function) for word in table.form.roll]
                    )

    def _of_budget(self, table: PublishedTable, budget: str) -> list[Fact | None]:
        """Opening balance, income, expenditure and closing balance of a budget in 财政拨款收入支出决算总表."""

        def one(concept: str) -> Fact | None:
            cells = self._cells.get((table.id, concept, "amount"), ())
            return next((f for f in cells if _counts(f) and f.dimension("budget") == budget), None)

        balances = [one("appropriation.opening"), one("appropriation.closing")]
        # Where the form does not break the balances down, an absent one says nothing.
        if not any(
            f.dimension("budget") for f in self._cells.get((table.id, "appropriation.opening", "amount"), ())
        ):
            return []
        return [
            balances[0], self._one(table.id, f"income.{budget}"), self._one(table.id, f"{budget}.expenditure"), balances[1],
        ]  # fmt: skip

    def _balance(self, rule: Rule, figures: Sequence[Fact | None]) -> Iterator[Result]:
        left = [fact for fact in figures[:2] if fact is not None and fact.value is not None]
        right = [fact for fact in figures[2:] if fact is not None and fact.value is not None]
        # An empty cell is nothing: where cells are missing, what is left of the equation has one figure on a side.
        opening, income, spent, closing = [*figures, None, None, None, None][:4]
        if (
            opening
            and income
            and spent
            and closing
            and (len(left) == 2 or len(right) == 2 or (left and right))
        ):
            yield self._checked(rule, "roll_forward", (closing, opening, income, spent))
        elif len(left) == 1 and right:
            yield self._checked(rule, "foot", (left[0], *right))
        elif len(right) == 1 and left:
            yield self._checked(rule, "foot", (right[0], *left))
        elif any(fact.value for fact in left + right):
            yield self._without_parts(rule, (left + right)[0])

    # -- table to table -------------------------------------------------------------------------------------------

    def _agree(self, rule: Rule) -> Iterator[Result]:
        """The same figure in two tables, or on two sides of one; a unit's tables agree with that unit's."""
        same: dict[tuple[object, ...], list[Fact]] = defaultdict(list)
        count = Counter(table.form.id for table in self.extract.published)
        for table in self.extract.published:
            repeated = self._repeated(table)
            for fact in self._by_table.get(table.id, ()):
                if fact.value is not None and fact.dimension("function") not in repeated:
                    unit = (table.id.partition("~")[2], count[table.form.id] if "~" in table.id else 0)
                    same[(unit, fact.measure, *_meaning(fact))].append(fact)
        for one, *others in same.values():
            for other in others:
                yield self._checked(rule, "tie_out", (other, one))

    # -- table and narrative --------------------------------------------------------------------------------------

    def _narrative(self, rule: Rule) -> Iterator[Result]:
        """Each amount and budget of the narrative against the cell of a table that states the same."""
        order = {table: position for position, table in enumerate(_DETAIL_FIRST)}
        cells: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[Fact]] = defaultdict(list)
        others: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[Fact]] = defaultdict(list)
        for table, facts in self._by_table.items():
            for fact in facts:
                # A form that stands again is a unit's, of which the narrative may speak too.
                (others if "~" in table else cells)[fact.concept, fact.measure, _apart(fact)].append(fact)
        for listed in cells.values():
            listed.sort(key=lambda cell: order.get(cell.dimension("table") or "", 99))
        yield from self._against_none(rule)
        held = {(concept, measure) for _, concept, measure in self._cells}
        measures = ("amount", "budget", *_COUNTS)
        for fact in (fact for measure in measures for fact in self.index.measured(measure)):
            if (
                not (fact.is_money or fact.measure in _COUNTS)
                or fact.year not in ("", str(self.extract.year or ""))
                or (fact.concept, fact.measure) not in held
            ):
                continue
            found = cells.get((fact.concept, fact.measure, fact.dimensions), [])
            with_amount = [cell for cell in found if cell.value is not None]
            if with_amount:
                units = others.get((fact.concept, fact.measure, fact.dimensions), ())
                tying = [
                    cell
                    for cell in [*with_amount, *units]
                    if cell.value is not None and cell.exact == fact.exact
                ]
                # A sentence may count a part: the count is stated where one of the sentences gives the table's.
                if not fact.is_money and not tying and self._is_counted(fact, with_amount):
                    continue
                yield self._checked(rule, "tie_out", (fact, (tying or with_amount)[0]))
            elif found and fact.value:
                yield self._against_blank(rule, fact, found[0])
            elif found or not fact.value:
                yield Result(rule, fact.id, Outcome.TIES, operands=(fact,), section=fact.section)
            else:
                yield Result(
                    rule, fact.id, Outcome.NOT_TESTED, {"zh": "表中没有对应的单元格", "en": "no table has a cell for it"}, (fact,),
                    section=fact.section,
                )  # fmt: skip

    def _against_none(self, rule: Rule) -> Iterator[Result]:
        """A budget that the text says there is none of is zero: its table has no amount."""
        for block in self.document.paragraphs:
            if block.section is not None and {"glossary", "annexes"} & set(block.section.keys):
                continue
            for match in _NONE.finditer(block.text.folded):
                form, budget = ("T07", "fund") if match.group(1) == "政府性基金" else ("T08", "state_capital")
                concepts = [f"income.{budget}"] if match.group(2).startswith("收") else []
                concepts += [f"{budget}.expenditure"] if "支" in match.group(2) else []
                for fact in (f for concept in concepts for f in self._stated(form, concept, "amount")):
                    words = Evidence.of_words(block.text, *match.span())
                    if not fact.value:
                        yield Result(
                            rule, f"{fact.id}/none", Outcome.TIES, operands=(fact,), section=fact.section
                        )
                        continue
                    yield Result(
                        rule, f"{fact.id}/none", Outcome.EXCEPTION, operands=(fact,), evidence=(Evidence.of(fact), words),
                        said={"zh": f"文字称“{words.quote}”，表中为{fact.printed}{fact.unit}", "en": f"“{words.quote}” in the text, {fact.printed} {fact.unit} in the table"},
                        should={"zh": "文字与表一致", "en": "text and table agree"}, section=fact.section,
                    )  # fmt: skip

    def _is_counted(self, fact: Fact, cells: list[Fact]) -> bool:
        if fact.measure not in self._said:
            self._said[fact.measure] = defaultdict(set)
            for other in self.index.measured(fact.measure):
                self._said[fact.measure][other.concept].add(other.exact)
        return any(cell.exact in self._said[fact.measure][fact.concept] for cell in cells)

    def _against_blank(self, rule: Rule, fact: Fact, cell: Fact) -> Result:
        label = taxonomy().label(cell.concept)
        return Result(
            rule, fact.id, Outcome.EXCEPTION, operands=(fact,), evidence=(Evidence.of(cell), Evidence.of(fact)),
            said={"zh": f"表中“{label['zh']}”为空，文字为{fact.printed}{fact.unit}", "en": f"{label['en']}: empty in the table, {fact.printed} {fact.unit} in the text"},
            should={"zh": f"表中填列{fact.printed}{fact.unit}", "en": f"{fact.printed} {fact.unit} in the table"}, section=cell.section,
        )  # fmt: skip

    def _named(self, rule: Rule) -> Iterator[Result]:
        """The functional items that the narrative lists are rows of the table, and each row with an amount is listed."""
        table = self._table("T05")
        if table is None or not table.has_amount:
            return
        rows = {s.code: s for s in table.subjects}
        amounts = {
            f.dimension("function"): f
            for f in self._cells.get(("T05", "general.expenditure", "amount"), ())
            if f.value
        }
        listed: dict[str, FunctionalPath] = {}
        for path in self.extract.paths:
            keys = path.section.keys if path.section else ()
            if (
                len(path.names) == 3
                and path.code
                and {"general_items", "general", "general_structure"} & set(keys)
            ):
                listed.setdefault(path.code, path)
        items = {code: fact for code, fact in amounts.items() if code and len(code) == 7}
        if not listed or not items or len(listed.keys() & items.keys()) * 2 < len(items):
            return
        for code, path in listed.items():
            if code in rows:
                yield Result(rule, code, Outcome.TIES, section=path.section)
            else:
                yield Result(
                    rule, code, Outcome.EXCEPTION, evidence=(Evidence(path.quote, path.source),),
                    said={"zh": f"文字列有“{path.names[-1]}”，表中没有该科目", "en": f"{path.names[-1]} is named in the text and no row of the table"},
                    should={"zh": "文字与表的科目一致", "en": "the same subjects in text and table"}, section=path.section,
                )  # fmt: skip
        for code, fact in items.items():
            if code not in listed:
                name = rows[code].name if code in rows else code
                yield Result(
                    rule, code, Outcome.EXCEPTION, operands=(fact,), evidence=(Evidence.of(fact),),
                    said={"zh": f"表中“{name}”有金额，文字没有列示", "en": f"{name} has an amount in the table and is not named in the text"},
                    should={"zh": "文字列示该科目", "en": "the subject named in the text"}, section=fact.section,
                )  # fmt: skip

    def _table(self, form: str) -> PublishedTable | None:
        return next((table for table in self.extract.published if table.id == form), None)

    def _subjects(self, rule: Rule) -> Iterator[Result]:
        """The name that stands beside a code in a table is the code's in the classification."""
        for table in self.extract.published:
            for row in table.subjects:
                if not row.printed_code or not row.name or len(row.printed_code) not in (3, 5, 7):
                    continue
                names = self._names(table, row.printed_code)
                context = f"{table.id}/{row.printed_code}"
                own = [] if names else self._codes(table, row)
                if own:
                    yield Result(
                        rule, context, Outcome.EXCEPTION, evidence=(Evidence.of_words(row.text, 0, len(row.text.folded)),),
                        said={"zh": f"{row.printed_code} {row.name}", "en": f"{row.printed_code} {row.name}"},
                        should={"zh": f"{own[0]} {row.name}", "en": f"{own[0]} {row.name}"}, section=table.table.section,
                    )  # fmt: skip
                elif not names:
                    why = {
                        "zh": f"参照表中没有编码{row.printed_code}",
                        "en": f"the reference table has no code {row.printed_code}",
                    }
                    yield Result(rule, context, Outcome.NOT_TESTED, why, section=table.table.section)
                elif _is_part_of_one(plain_name(row.name), names) or not self._is_another(table, row.name):
                    yield Result(rule, context, Outcome.TIES, section=table.table.section)
                else:
                    yield Result(
                        rule, context, Outcome.EXCEPTION, evidence=(Evidence.of_words(row.text, 0, len(row.text.folded)),),
                        said={"zh": f"{row.printed_code} {row.name}", "en": f"{row.printed_code} {row.name}"},
                        should={"zh": f"{row.printed_code} {names[0]}", "en": f"{row.printed_code} {names[0]}"}, section=table.table.section,
                    )  # fmt: skip

    def _names(self, table: PublishedTable, code: str) -> list[str]:
        if table.form.rows == "economic":
            return list(economic_subjects()[code].names) if code in economic_subjects() else []
        return [subject.name for subject in classification().by_code.get(code, ())]

    def _codes(self, table: PublishedTable, row: RowSubject) -> list[str]:
        """The codes beside a code that the classification lacks, which a row's name has there."""
        code, above = row.printed_code, row.printed_code[:-2] if len(row.printed_code) > 3 else ""
        if table.form.rows == "economic":
            named = [subject.code for subject in economic_named(row.name)]
        else:
            named = [s.code for s in classification().named(plain_name(row.name), len(code), above)]
        return [one for one in named if len(one) == len(code) and one.startswith(above)]

    def _is_another(self, table: PublishedTable, name: str) -> bool:
        """True where a name is that of another subject: a name that no subject has may be a newer edition's."""
        if table.form.rows == "economic":
            return bool(economic_named(name))
        return any(classification().named(name, digits) for digits in (3, 5, 7))

    def _listed(self, rule: Rule) -> Iterator[Result]:
        """What 人员经费 and 公用经费 are said to include (主要包括) are the rows that are not zero."""
        table = self._table("T06")
        if table is None or not table.has_amount:
            return
        amounts = {
            f.dimension("economic"): f
            for f in self._cells.get(("T06", "general.basic", "amount"), ())
            if len(f.dimension("economic") or "") == 5 and f.value
        }
        for block in self.document.paragraphs:
            keys = block.section.keys if block.section else ()
            if not {"general_basic", "general"} & set(keys):
                continue
            folded = block.text.folded
            pattern = r"(人员经费|公用经费)[^；。：]{0,40}?(?:主要包括|包括|主要用于)：?(?P<list>(?:[^；。()]|\([^()]*\))+)"
            for match in re.finditer(pattern, folded):
                part = "personnel" if match.group(1) == "人员经费" else "public"
                yield from self._list(rule, block, match, part, amounts)

    def _list(
        self, rule: Rule, block: Paragraph, match: re.Match[str], part: str, amounts: dict[str | None, Fact]
    ) -> Iterator[Result]:
        subjects = economic_subjects()
        words = match.group("list")
        names = [
            n for n in re.split(r"[、，]|以及|及(?=其他)", re.sub(r"等(?:支出|费用|方面)?$", "", words)) if n
        ]
        of_part = {
            c: f for c, f in amounts.items() if c and c[:3] in subjects and subjects[c[:3]].part == part
        }
        known = {name: {subject.code for subject in economic_named(name)} for name in names}
        known = {name: codes for name, codes in known.items() if any(len(code) == 5 for code in codes)}
        context = f"basic.{part}"
        if len(known) * 2 < len(names) or not of_part:
            why = {"zh": "列举的名称不是经济分类科目", "en": "the names listed are not economic subjects"}
            yield Result(rule, context, Outcome.NOT_TESTED, why, section=block.section)
            return
        extra = [name for name, codes in known.items() if not codes & of_part.keys()]
        is_open = re.search(r"等(?:支出|费用|方面)?$", words) is not None
        missing = [] if is_open else [c for c in of_part if not any(c in codes for codes in known.values())]
        if extra and (is_open or len(extra) * 3 > len(known)):
            why = {
                "zh": "列举的是格式文字，不随金额变化",
                "en": "the list is the form's, whatever the amounts",
            }
            yield Result(rule, context, Outcome.NOT_TESTED, why, section=block.section)
            return
        if not extra and not missing:
            yield Result(rule, context, Outcome.TIES, section=block.section)
            return
        evidence = []
        for name in extra:
            at = match.start("list") + words.index(name)
            evidence.append(Evidence.of_words(block.text, at, at + len(name)))
        evidence += [Evidence.of(of_part[code]) for code in missing]
        if not extra:
            evidence.insert(
                0,
                Evidence.of_words(
                    block.text, match.start("list"), min(match.end("list"), match.start("list") + 40)
                ),
            )
        told = [subjects[code].names[0] for code in missing]
        said = {
            "zh": "；".join(w for w in (f"列有“{'、'.join(extra)}”，表中为空" if extra else "", f"没有列“{'、'.join(told)}”，表中有金额" if told else "") if w),
            "en": "; ".join(w for w in (f"named, and empty in the table: {', '.join(extra)}" if extra else "", f"not named, and with an amount: {', '.join(told)}" if told else "") if w),
        }  # fmt: skip
        should = {"zh": "列举表中有金额的科目", "en": "the subjects that have an amount in the table"}
        yield Result(
            rule,
            context,
            Outcome.EXCEPTION,
            evidence=tuple(evidence),
            said=said,
            should=should,
            section=block.section,
        )

    def _nature(self, rule: Rule) -> Iterator[Result]:
        """An item that the text calls basic (or project) expenditure has such money in the table."""
        for path in self.extract.paths:
            keys = path.section.keys if path.section else ()
            block = self.document.blocks[path.paragraph]
            if (
                not path.code
                or not {"general_items", "general"} & set(keys)
                or not isinstance(block, Paragraph)
            ):
                continue
            following = fold(block.text.raw)
            at = following.find(fold(path.quote))
            purpose = re.match(
                r"[^。]{0,4}。?[^。]{0,80}?(基本支出|项目支出)", following[at + len(fold(path.quote)) :]
            )
            spent = self._one("T05", "general.expenditure", path.code)
            if purpose is None or spent is None or not spent.value:
                continue
            kind, other = ("basic", "project") if purpose.group(1) == "基本支出" else ("project", "basic")
            own, others = (
                self._one("T05", f"general.{kind}", path.code),
                self._one("T05", f"general.{other}", path.code),
            )
            if own is not None and own.value:
                yield Result(rule, path.code, Outcome.TIES, operands=(own,), section=path.section)
            elif others is not None and others.value:
                start = at + len(fold(path.quote)) + purpose.start(1)
                evidence = (Evidence.of_words(block.text, max(0, start - 20), start + 4), Evidence.of(others))
                right = "项目支出" if kind == "basic" else "基本支出"
                yield Result(
                    rule, path.code, Outcome.EXCEPTION, operands=(others,), evidence=evidence,
                    said={"zh": f"文字称“{purpose.group(1)}”，表中全部为{right}", "en": f"called {kind} expenditure, and all {other} expenditure in the table"},
                    should={"zh": right, "en": f"{other} expenditure"}, section=path.section,
                )  # fmt: skip

    # -- disclosure -----------------------------------------------------------------------------------------------

    def _operating(self, rule: Rule) -> Iterator[Result]:
        """Project money under 行政运行 or 事业运行, which are for basic expenditure."""
        for form, concept in (("T05", "general.project"), ("T03", "expenditure.project")):
            for fact in self._cells.get((form, concept, "amount"), ()):
                code = fact.dimension("function") or ""
                names = {subject.name for subject in classification().by_code.get(code, ())}
                if not names.intersection(_OPERATING):
                    continue
                if not fact.value:
                    yield Result(rule, fact.id, Outcome.TIES, operands=(fact,), section=fact.section)
                    continue
                yield Result(
                    rule, fact.id, Outcome.EXCEPTION, operands=(fact,), evidence=(Evidence.of(fact),),
                    said={"zh": f"{min(names)}有项目支出{fact.printed}{fact.unit}", "en": f"{min(names)}: project expenditure {fact.printed} {fact.unit}"},
                    should={"zh": "说明为何列项目支出", "en": "an explanation"}, section=fact.section,
                )  # fmt: skip

    def _stray(self, rule: Rule) -> Iterator[Result]:
        """The heads of a table have no amount among them."""
        for table in self.extract.published:
            if not table.stray:
                yield Result(rule, table.id, Outcome.TIES, section=table.table.section)
            for cell in table.stray:
                yield Result(
                    rule, table.id, Outcome.EXCEPTION, evidence=(Evidence.of_words(cell, 0, len(cell.folded)),),
                    said={"zh": f"表头中有金额{cell.raw.strip()}", "en": f"an amount of {cell.raw.strip()} among the heads"},
                    should={"zh": "金额填列在所属的行", "en": "the amount in the row that it is of"}, section=table.table.section,
                )  # fmt: skip

    def _noted(self, rule: Rule) -> Iterator[Result]:
        """A table without a figure says below it why."""
        for table in self.extract.published:
            facts = self._by_table.get(table.id, ())
            if table.has_amount or any(fact.value is not None for fact in facts):
                yield Result(rule, table.id, Outcome.TIES, section=table.table.section)
                continue
            notes = [cell.folded for row in table.table.rows for cell in row]
            for block in self.document.blocks[table.block + 1 : table.block + 4]:
                if not isinstance(block, Paragraph):
                    break
                notes.append(block.text.folded)
            nil = _NIL.get(table.form.id)
            is_said = nil is not None and any(nil.search(p.text.folded) for p in self.document.paragraphs)
            if is_said or any(_NOTE.search(note) for note in notes):
                yield Result(rule, table.id, Outcome.TIES, section=table.table.section)
            else:
                yield Result(
                    rule, table.id, Outcome.EXCEPTION, evidence=(Evidence.of_words(table.title, 0, len(table.title.folded)),),
                    said={"zh": "空表没有说明", "en": "an empty table without a note"},
                    should={"zh": "注明本表无数据的原因", "en": "a note that says why"}, section=table.table.section,
                )  # fmt: skip


def _counts(fact: Fact) -> bool:
    """True for a cell with an amount, or an empty one, which is nothing; not for one that cannot be read."""
    return fact.value is not None or fact.is_empty


def _is_part_of_one(name: str, names: Sequence[str]) -> bool:
    """True for one of the names, or the part of it that a page cut off or a clerk shortened."""
    return any(name in plain_name(other) or plain_name(other) in name for other in names)


def _part(code: str | None) -> str:
    """Whether an economic subject is of 人员经费 (personnel) or of 公用经费 (public)."""
    subject = economic_subjects().get(code or "")
    return subject.part if subject else ""


def _meaning(fact: Fact) -> tuple[object, ...]:
    """What a cell states, by whichever table: the balance of a budget is a row of 总表 and a column of the budget's table."""
    budget = fact.dimension("budget")
    match = re.fullmatch(r"appropriation\.(opening|closing)", fact.concept)
    if match and budget:
        return (f"{budget}.{match.group(1)}",)
    return (fact.concept, *_apart(fact))


def _apart(fact: Fact) -> tuple[tuple[str, str], ...]:
    """The dimensions of a cell without its table."""
    return tuple(item for item in fact.dimensions if item[0] != "table")
