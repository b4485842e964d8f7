"""Reading the narrative: a sentence is subjects, figures, and the words that relate them.

No sentence is matched as a whole.  A figure belongs to the last subject named before it; the words just before the
figure say whether it is the amount, a budget, a change, a growth rate, a share or a rate of completion.  A figure
whose relation is not plain stays unmatched: a wrong reading is worse than none.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, cached_property

from helpers.facts.concepts import classification, plain_name, relations, taxonomy
from helpers.facts.fact import NO_SCOPE, OPEN, SCALE, FunctionalPath, Scope, State
from helpers.facts.numerals import Figure, figures
from helpers.facts.open_subjects import OpenNames
from helpers.facts.scope import basis_of, budget_of, heading_budget, leading_years, territory
from helpers.reading.document import Paragraph, Section, Source, fold

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a figure is about: a concept with dimensions."""

    concept: str
    dimensions: Dimensions = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A subject named in a folded text; `subjects` are two where one name states both."""

    start: int
    end: int
    subjects: tuple[Subject, ...]
    is_path: bool = False
    counted: str | None = None
    # An open subject whose figure is a number of things: no money after it is of it.
    is_number: bool = False


@dataclass(slots=True)
class Reading:
    """A figure or a word of direction as understood: what becomes a fact."""

    subject: Subject
    measure: str
    value: Decimal | None
    unit: str
    decimals: int
    year: str
    source: Source
    quote: str
    printed: str
    section: Section | None
    paragraph: int
    state: State = "reported"
    whole: str | None = None
    # The decimals that the table is printed with; None: those of the narrative.
    precision: int | None = None
    scope: Scope = NO_SCOPE
    inherited: tuple[str, ...] = ()


@dataclass(slots=True)
class ParagraphReading:
    """What one paragraph says: a list of readings for each figure (empty where it was not understood)."""

    figures: list[tuple[Figure, list[Reading]]] = field(default_factory=list)
    directions: list[Reading] = field(default_factory=list)
    paths: list[FunctionalPath] = field(default_factory=list)
    ends_with: Mention | None = None
    leads_with: Mention | None = None
    parent: Mention | None = None
    budget: str = ""


@dataclass(slots=True)
class Earlier:
    """What the earlier paragraphs of a section leave for the next one.

    `leads_with` is the subject that leads the last of them; of the totals, those that were stated last: of income, of
    expenditure, and the expenditure that leads a paragraph.
    """

    leads_with: Mention | None = None
    # What a paragraph lists behind 其中： to its end, as the next one may go on, and the budget of the numbered heading.
    parent: Mention | None = None
    budget: str = ""
    income: str | None = None
    expenditure: str | None = None
    leading: str | None = None

    def add(self, said: ParagraphReading) -> None:
        """Take up what one more paragraph says."""
        self.leads_with = said.leads_with
        self.parent, self.budget = said.parent, said.budget
        concepts = [reading.subject.concept for _, found in said.figures for reading in found]
        for concept in concepts:
            if concept in _INCOMES:
                self.income = concept
            elif concept in _SPENDINGS:
                self.expenditure = concept
        if concepts and concepts[0] in _LEADING:
            self.leading = concepts[0]


class _Spans:
    """Spans of a text: whether a character stands in one of them."""

    def __init__(self, spans: Iterable[tuple[int, int]], length: int) -> None:
        self._inside = bytearray(length + 1)
        for start, end in spans:
            self._inside[start:end] = b"\x01" * (end - start)

    def __contains__(self, position: int) -> bool:
        return self._inside[position] == 1


class _Matches:
    """The matches of a pattern in a text, of which none goes over the end of a clause."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self._pattern, self._text = pattern, text
        self._found = list(pattern.finditer(text))
        self._starts = [match.start() for match in self._found]

    def last(self, start: int, end: int) -> re.Match[str] | None:
        """The last match between two places, the first of which begins a clause."""
        at = bisect_left(self._starts, end)
        while at > 0 and self._starts[at - 1] >= start:
            at -= 1
            if self._found[at].end() <= end:
                return self._found[at]
            # What goes on behind `end` may be a shorter match before it.
            shorter = None
            for match in self._pattern.finditer(self._text, self._starts[at], end):
                shorter = match
            if shorter is not None:
                return shorter
        return None


class _Words:
    """The relations of data/taxonomy/relations.yaml, compiled."""

    def __init__(self) -> None:
        words = relations()
        up, down, linking = words["up"], words["down"], words["linking"]
        self.change = re.compile(rf"(?:(?P<up>{up})|(?P<down>{down})){linking}$")
        self.reaching = re.compile(rf"(?:{up}|{down}){words['to']}$")
        self.share = re.compile(rf"(?:{words['share']}|(?:占比|比重|占总?比例){linking})$")
        self.share_span = re.compile(rf"{words['share']}(?=-?\d)")
        self.completion = re.compile(rf"{words['completion']}$")
        self.budget = re.compile(rf"{words['budget']}$")
        self.filler = re.compile(words["filler"])
        self.comparison = re.compile(
            rf"(?:{words['compared']})(?:于)?(?:(?:20\d\d年度?)?(?:年初|全年|调整后?|当年|本年|年度|部门|支出)*预算"
            rf"|{words['prior']}|20\d\d年度?)(?:同期|决算|预算|相比较?|比较|数|支出|收入|总额|情况|的|金额|执行|口径|，)*"
            r"|同比|同期|环比"
        )
        self.flat_words = re.compile(rf"(?:{words['approximately']})?(?:{words['flat']})")
        self.against = re.compile(rf"(?:{words['compared']})$")
        self.aside = re.compile(words["aside"])
        self.mutual = re.compile(words["mutual"])
        self.resumed = re.compile(words["resumed"])
        self.resumed_change = re.compile(rf"{words['resumed_change']}(?:{up}|{down}|{words['flat']})")
        self.resumed_parts = re.compile(words["resumed_parts"])
        self.difference = re.compile(rf"{words['difference']}$")
        self.budget_and_final = re.compile(rf"{words['budget_and_final']}$")
        self.bound = re.compile(rf"{words['bound']}$")
        self.defined = re.compile(words["defined"])
        self.grade = re.compile(words["grade"])
        compared, prior = words["compared"], words["prior"]
        self.base = re.compile(
            rf"(?:{compared})(?:于)?(?:(?P<budget>(?:20\d\d年度?)?(?:(?:年初|全年|调整后?|当年|本年|年度)?预算"
            r"|[^，。；\d]{1,16}?(?:年初|全年|调整后?)预算))"
            rf"|(?P<prior>{prior})|(?P<year>20\d\d)年)|(?<=[，。；：(])同比"
        )
        self.year = re.compile(rf"(?P<compared>{compared})?(?:于)?(?:(?P<year>20\d\d)年度?|(?:{prior}))")
        self.prior_amount = re.compile(
            rf"(?:^|[，、：；(])(?:(?:{compared})(?:于)?)?(?:(?:{prior})|(?P<year>20\d\d)年度?)(?:同期)?{words['filler']}$"
        )
        flat = f"(?P<about>{words['approximately']})?(?P<flat>{words['flat']})"
        order = f"(?P<above>{words['above']})|(?P<below>{words['below']})|(?P<equal>{words['equal']})"
        budget = r"(?:年初|全年|调整后?|当年|本年)?预算(?:数|安排|总额)?"
        final = r"决算(?:数|支出|金额)?"
        self.against_budget = re.compile(
            rf"{final}(?:{order}){budget}|(?:{final})?(?:与|同|和|较|比)(?:20\d\d年度?)?{budget}(?:数|相比较?)*，?{flat}"
        )
        self.against_prior = re.compile(
            rf"(?:与|同|和|较|比)(?:{prior}|(?P<year>20\d\d)年度?)(?:同期|决算|相比|数|支出|收入|情况)*，?{flat}"
            rf"|同比{_unnamed(flat)}"
        )
        self.somewhat = re.compile(f"有所(?:{up}|{down})")
        self.from_ = re.compile("(?:由|从)(?:上年|去年)?的?$")
        self.flat_alone = re.compile(
            rf"(?:支出|收入)?决算(?:数)?(?P<about>{words['approximately']})?(?P<flat>持平)"
        )


def _unnamed(pattern: str) -> str:
    """A pattern whose groups have no names, to stand beside one that has them."""
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


@cache
def _words() -> _Words:
    return _Words()


_NAME = r"(?:[^()。；：，\d]|\((?!类|款|项)[^()]*\))"
_PATH = re.compile(
    r"(?P<lei>[^()。；：，、.．\d]{2,20}?)(?:支出)?\(类\)\)?"
    rf"(?:(?P<kuan>{_NAME}{{2,40}}?)\(款\)\)?(?:(?P<xiang>{_NAME}{{2,50}}?)\(项\)\)?)?)?"
    # Under a heading that names the 类, an item is named from its 款 on.
    rf"|(?P<alone>[^()。；：，.．\d]{{2,40}}?(?:\([^()类款项]+\)[^()。；：，.．\d]{{0,30}}?)*)\(款\)(?P<item>{_NAME}{{2,50}}?)\(项\)"
    # Items after the first of their 款 are named alone.
    rf"|(?<=[、；，和])(?P<only>{_NAME}{{2,40}}?)\(项\)"
    # A 款 that stands for all its items.
    r"|(?P<division>[^()。；：，、.．\d]{2,40}?)\(款\)"
)
# Levels in other brackets: 农林水支出【类】水利【款】.
_BRACKETS = str.maketrans("[]【】〔〕〈〉", "()()()()")
# The unit of an amount that stands before the name: 40.00万元用于住房保障支出(类).
_BEFORE_NAME = re.compile(r"^[万亿千]?元(?:主要)?(?:用于|为|是)?")
# What the words 基本支出 and 项目支出 may be parts of: of the one that stands last before them.
_EXPENDITURES = frozenset(
    {"expenditure.year", "expenditure.total", "general.expenditure", "fund.expenditure", "state_capital.expenditure", "appropriation.expenditure"}
)  # fmt: skip
# And what 本年支出 behind the income of a budget is the expenditure of.
_BUDGET_INCOMES = frozenset({"income.appropriation", "income.general", "income.fund", "income.state_capital"})
_PARTS = frozenset(
    {"expenditure.basic", "expenditure.project", "general.basic", "general.project", "general.personnel", "general.public", "economic.wages", "economic.goods", "economic.household", "economic.capital"}
)  # fmt: skip
# Words so short that they are names only at the head of a clause, before a figure or a change.
_OF_GENERAL = frozenset({"general", "general_total", "general_structure", "general_items"})
_BARE = frozenset({"收入", "支出", "今年收入", "今年支出", "收支", "收、支", "收入支出", "收入、支出"})
_BARE_BEFORE = re.compile(r"(?:^|\d年度?|部门|单位|\([一二三四五六七八九十\d]{1,2}\)|\d[.、．])$")
_BARE_PAIR_BEFORE = re.compile(r"(?:^|[，。；：]|年度?)$")
_BARE_BEHIND = re.compile(
    r"(?:总?计|共|为|各|均|决算|，)*(?:\d|增加|减少|增长|下降|持平|[与较比同](?:上年|20\d\d))"
)
_BONUS = re.compile(r"加分|附加分|满分(?:为|是)?(?!100分)\d{3}")
# A paragraph that is only a title names the subject of the one behind it.
_TITLE = re.compile(r"^.{4,40}(?:情况|说明)[。：]?$")
_ACCOUNTS = frozenset({"general", "fund", "state_capital", "income", "expenditure", "appropriation"})
# What may stand before the name of a 类: 其他一般公共服务支出 is the name of something else.
_CLASS_BEFORE = re.compile(r"(?:^|[^\u4e00-\u9fff]|[年度于中为是的即在对用和与及])$")
_REASON = re.compile(r"原因|由于|因为|主要系|所致")
_DETAIL = re.compile(
    r"(?P<name>[\u4e00-\u9fff][\u4e00-\u9fff()、/]{1,23}?)(?:(?:共计?|合计|总计|累计|分别|为|是|达到?|约|了|各|均|：|有|近)*)$"
)
_NO_DETAIL = re.compile(r"(?:[与比较同和](?:上年|去年|20|年初)|增加|减少|增长|下降|降低|占(?![用有地]))")
_DETAIL_BEHIND = re.compile(r"(?P<name>[\u4e00-\u9fff]{2,16})")
_BROKEN_DOWN_BY_FUNCTION = frozenset(
    {"general.expenditure", "appropriation.expenditure", "fund.expenditure", "state_capital.expenditure"}
)
_LEADING = _BROKEN_DOWN_BY_FUNCTION | _EXPENDITURES
_INCOMES, _SPENDINGS = ("income.total", "income.year"), ("expenditure.total", "expenditure.year")
# How many subjects back a name may take its meaning from.
_NEAR = 40
# What may stand before 支出合计 or 收入总额, where it is not the end of a name: a department, a year, no word at all.
_TOTAL_BEFORE = re.compile(
    r"(?:^|[^\u4e00-\u9fff]|[局委办厅院部会站队所校馆心位门关级处室团社厂库园场府司行段组度年市县区镇乡省州旗盟村街国的中其我全总计]|各项|所有|以上|上述|决算)$"
)
_MAKES_A_LONGER_NAME = frozenset("类性级型种")
_UNIT_BEFORE = re.compile(
    r"(?:^|[，。；：、])([\u4e00-\u9fff]{1,14}?(?:机关|本级|站|中心|队|所|院|校|馆|局|委|办))(?:\([^()]*\))?$"
)
# A year that leads a clause, and an amount behind its subject.
_YEAR_LEADS = re.compile(r"(?<=[，；])20\d\d年度?")
_AMOUNT = re.compile(r"(?:决算|为|是|共计?|合计)*\d[\d，.]*(?:万元|元|亿元)")
_STOPS = tuple("，；。")
# What opens a list of the parts of what stands before it.
_PARTS_OPEN = re.compile("其中[：，]?")
# What may stand in a bracket before the name that what stands before the bracket is called by.
_CALLED = re.compile("(?:以下|下同|并?[简统合]称|即|为|，)*")
# Where a clause turns to a unit of the department, or to the territory that it serves.
_OF_UNITS = re.compile(r"(?<![及和与])(?:所属|下属|直属|二级)(?:[^，。；：、]{0,8}单位)|(?:按|分)单位")
_UNIT = re.compile(
    r"(?:^|[，。；：、中])((?:[\u4e00-\u9fff]{0,8}[局委办厅院]|部门|机关|单位)?(?:本级|(?<=[局委办厅院])机关(?!运行|事务|服务))(?![及和与])"
    r"|(?:所属|下属|直属)(?!事业单位等机构)[^，。；：、\d]{2,16})"
)
_UNIT_LISTED = re.compile(r"^\d+[.、．][\u4e00-\u9fff]{1,16}(?:本级|[局委办厅会站队所院校馆]|中心)：")
_TERRITORY = re.compile(r"(?:^|[，。；：、])(?:20\d\d年度?，?)?全(?:县|市|区|省|国|州|旗|镇|乡|盟)(?!性)")
_NO_FIGURE = re.compile(
    r"(?P<filler>[\u4e00-\u9fff]{0,6}?)(?:(?P<dash>[-—]+)|(?P<letters>[X×*_]+(?:\.[X×*_]+)?))?(?P<unit>万元|亿元)"
)
_OTHER_BUDGET = re.compile(r"(?:调整|全年)[^，。；]{0,4}预算|调整(?:后|为)")
_CLASS_SECTIONS = frozenset(
    {"general", "general_total", "general_structure", "general_items", "fund", "state_capital", "expenditure", "totals", "appropriation"}
)  # fmt: skip


@cache
def _class_names() -> dict[str, list[tuple[str, str]]]:
    """Names of 类 with 支出, by first two characters: (name, code)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for code, subjects in classification().by_code.items():
        if len(code) == 3:
            for subject in subjects:
                name = plain_name(subject.name) + "支出"
                for written in {name, name.replace("和", "与"), name.replace("与", "和")}:
                    found.setdefault(written[:2], []).append((written, code))
    return found


@cache
def _beginnings() -> frozenset[str]:
    """The first two characters of all names, of concepts and of 类."""
    return frozenset(taxonomy().names) | frozenset(_class_names())


@cache
def _listed_under(key: str | None) -> str | None:
    """The concept that the functional subjects of a section are parts of, where the taxonomy says so."""
    return next((c.id for c in taxonomy().concepts.values() if key in c.functions), None)


@cache
def _named_behind() -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    """The concepts that words behind a number name, with the patterns of those words."""
    return tuple((c.id, c.after) for c in taxonomy().concepts.values() if c.after)


@cache
def _joint() -> frozenset[frozenset[str]]:
    """The pairs of concepts that one name states."""
    return frozenset(frozenset(concept.pair) for concept in taxonomy().concepts.values())


_CODED = re.compile(r"(?<!\d)(2\d{2}(?:\d{2}){0,2})[-—]?(?=[\u4e00-\u9fff])")


def _coded_subjects(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, code) of subjects that a text names by code and name: 2010301-行政运行."""
    for match in _CODED.finditer(text):
        for subject in classification().by_code.get(match.group(1), ()):
            name = fold(subject.name)
            written = next(
                (n for n in (name, name.removesuffix("支出")) if text.startswith(n, match.end())), None
            )
            if written is not None:
                yield match.start(), match.end() + len(written), subject.code
                break


def function_code(names: Iterable[str]) -> str | None:
    """The code of a functional subject from its names, 类 first; None where the names lead to none.

    Where the 类 was renamed or shortened, the names below it decide.
    """
    listed = list(names)
    above = ""
    for digits, name in zip((3, 5, 7), listed, strict=False):
        found = classification().named(name, digits, above)
        if not found:
            return None
        above = found[0].code
    return above


def functional_paths(paragraph: Paragraph, index: int) -> Iterator[tuple[re.Match[str], FunctionalPath]]:
    """The functional subjects that a paragraph names in the form 类（类）款（款）项（项）."""
    last: tuple[str, ...] = ()
    folded = paragraph.text.folded.translate(_BRACKETS)
    if not any(level in folded for level in ("(类)", "(款)", "(项)")):
        return
    for match in _PATH.finditer(folded):
        # 公共安全类（类） doubles the word.
        lei = match.group("lei") and _BEFORE_NAME.sub("", match.group("lei")).removesuffix("类")
        names = tuple(name for name in (lei, *match.group("kuan", "xiang")) if name)
        if match.group("only"):
            if len(last) != 3:
                continue
            names = (*last[:2], match.group("only"))
        if match.group("division"):
            found = classification().named(match.group("division"), 5)
            above = classification().by_code.get(found[0].code[:3], ()) if found else ()
            names = (above[0].name if above else "", match.group("division"))
        if match.group("alone"):
            divisions = classification().named(match.group("alone"), 5)
            classes = classification().by_code.get(divisions[0].code[:3], ()) if divisions else ()
            names = (classes[0].name if classes else "", match.group("alone"), match.group("item"))
        last = names
        yield (
            match,
            FunctionalPath(
                names,
                function_code(names),
                paragraph.text.source(*match.span()),
                paragraph.text.quote(*match.span()),
                paragraph.section,
                index,
            ),
        )


def read_paragraph(
    paragraph: Paragraph,
    index: int,
    year: int | None,
    carried: Mention | None,
    earlier: Earlier,
) -> ParagraphReading:
    """What a paragraph of the report of `year` says.

    `carried` is the subject that an earlier one left open, `earlier` what those of its section leave.
    """
    return _Reader(paragraph, index, year, carried, earlier).read()


class _Reader:
    def __init__(
        self,
        paragraph: Paragraph,
        index: int,
        year: int | None,
        carried: Mention | None,
        earlier: Earlier,
    ) -> None:
        self.paragraph, self.index, self.year = paragraph, index, year
        self.earlier = earlier
        self.text = paragraph.text.folded
        self.section = paragraph.section
        self.keys = paragraph.section.keys if paragraph.section else ()
        self._is_of_general = _is_of_general(self.section)
        self.words = _words()
        self.out = ParagraphReading()
        self.opened: list[tuple[int, int, int, bool]] = []
        # Clauses behind an amount that say what it is: 100万元，为本级财政当年拨付的资金，.
        definitions = (match.span() for match in self.words.defined.finditer(self.text))
        self.asides = sorted([*self._asides(), *definitions])
        self._aside = _Spans(self.asides, len(self.text))
        self.brackets = [match.span() for match in re.finditer(r"\((?:[^()]|\([^()]*\))*\)", self.text)]
        shares = (match.span() for match in self.words.share_span.finditer(self.text))
        self._share = _Spans(((start + 1, end) for start, end in shares), len(self.text))
        self.two_budgets = "年初预算" in self.text and _OTHER_BUDGET.search(self.text) is not None
        self.mentions = self._without_units([self._in_apposition(m) for m in self._mentions()])
        self.figures = list(figures(self.text, self.paragraph.text.gaps))
        self.mentions = sorted(
            [*self.mentions, *self._open_mentions()], key=lambda mention: (mention.start, mention.end)
        )
        self._ends = [mention.end for mention in self.mentions]
        self._parents = self._parts()
        self._leading_years = leading_years(self.text)
        self.out.budget = heading_budget(self.text, earlier.budget)
        self._territory = territory(self.section.path) if self.section else ""
        # A paragraph that only compares goes on with the subject that leads the one before it.
        lead = earlier.leads_with if self.words.comparison.match(self.text) else None
        self.carried = carried or lead or self._from_title()

    def read(self) -> ParagraphReading:
        listed = self.figures
        position = 0
        self.previous_end = 0
        self.lost: int | None = None
        self.sign = 0
        self.listed: tuple[Mention, list[Subject]] | None = None
        while position < len(listed):
            figure = listed[position]
            joined = [figure]
            while position + 1 < len(listed) and self.text[
                joined[-1].end_with_unit : listed[position + 1].start
            ] in ("，", "、", "和", "及", "与"):
                position += 1
                joined.append(listed[position])
            for one, readings in self._read_figures(joined):
                self.out.figures.append((one, readings))
            self.previous_end = joined[-1].end_with_unit
            position += 1
        self.out.directions.extend(self._directions())
        self.out.directions.extend(self._without_figure())
        self.out.leads_with = next((m for m in self.mentions if m.subjects), self.carried)
        if self.mentions and not listed and (self.mentions[-1].is_path or _TITLE.search(self.text)):
            self.out.ends_with = self.mentions[-1]
        return self.out

    # -- subjects -----------------------------------------------------------------------------------------------

    def _asides(self) -> Iterator[tuple[int, int]]:
        for match in self.words.aside.finditer(self.text):
            if self._lists_parts(match):
                continue
            ends = [self.text.find(stop, match.end()) for stop in "。；"]
            end = min((end for end in ends if end >= 0), default=len(self.text))
            end = self._resumed(match.start(), match.end(), end)
            self.opened.append((match.start(), match.end(), end, _REASON.search(match.group()) is not None))
            yield match.start(), end

    def _lists_parts(self, match: re.Match[str]) -> bool:
        """True where the words open a list of what there is: 主要用于：教育支出12万元, 包括：财政拨款收入9万元."""
        listed = match.end() + self.text.startswith("：", match.end())
        pair = self.text[listed : listed + 2]
        if any(self.text.startswith(name, listed) for name, _ in _class_names().get(pair, ())):
            return True
        # A long name cannot be a purpose: 用于专项业务工作的经费支出9万元.
        least = 2 if "包括" in match.group() else 8
        return any(
            concept.partition(".")[0] in _ACCOUNTS
            and len(name) >= least
            and self.text.startswith(name, listed)
            for name, concept, _ in taxonomy().names.get(pair, ())
        )

    def _resumed(self, start: int, opened: int, end: int) -> int:
        """Where an aside ends: where its clause is over, or takes up its subject again before that."""
        patterns = [self.words.resumed, self.words.resumed_parts]
        # A reason in a clause of its own is one of the clause before it.
        before = start - (self.text[start - 1 : start] == "，")
        clause = max(self.text.rfind(stop, 0, before) for stop in "。；，：") + 1
        if "预算" in self.text[clause:start] and not self._has_compared(clause):
            patterns.append(self.words.resumed_change)
        found = [pattern.search(self.text, opened, end) for pattern in patterns]
        stated = (m for m in _YEAR_LEADS.finditer(self.text, opened, end) if self._states_account(m.end()))
        return min((match.start() for match in (*found, next(stated, None)) if match), default=end)

    def _states_account(self, position: int) -> bool:
        """True where an amount of the accounts is stated: 项目支出2626万元."""
        return any(
            concept.partition(".")[0] in _ACCOUNTS
            and self.text.startswith(name, position)
            and _AMOUNT.match(self.text, position + len(name))
            for name, concept, _ in taxonomy().names.get(self.text[position : position + 2], ())
        )

    @cached_property
    def _first_change(self) -> tuple[int, int]:
        """The span of the first words that compare with the year before; behind the text where there are none."""
        match = self.words.resumed_change.search(self.text)
        return match.span() if match else (len(self.text), len(self.text))

    def _has_compared(self, position: int) -> bool:
        """True where words before `position` compare with the year before."""
        start, end = self._first_change
        if start < position < end:
            return self.words.resumed_change.search(self.text, 0, position) is not None
        return start < position

    def _is_aside(self, position: int) -> bool:
        return position in self._aside

    def _mentions(self) -> Iterator[Mention]:
        paths = {match.start(): (match, path) for match, path in functional_paths(self.paragraph, self.index)}
        coded = {start: (end, code) for start, end, code in _coded_subjects(self.text)}
        beginnings = _beginnings()
        recent: list[Mention] = []
        self.functional_end = -1
        # The last total before a functional subject, which that is a part of.
        self.total: str | None = None
        next_position = 0
        for position in range(len(self.text)):
            if position < next_position:
                continue
            if position in coded and not self._is_aside(position):
                end, code = coded[position]
                yield Mention(position, end, (self._function_subject(code, ()),), len(code) > 3)
                self.functional_end = next_position = end
                continue
            if position in paths:
                match, path = paths[position]
                self.out.paths.append(path)
                if not self._is_aside(position):
                    yield Mention(
                        *match.span(),
                        (self._function_subject(path.code, path.names),),
                        len(path.names) > 1,
                    )
                    self.functional_end = match.end()
                next_position = match.end()
                continue
            if self.text[position : position + 2] not in beginnings:
                continue
            if position in self._aside or position in self._share:
                continue
            found = self._name_at(position, recent)
            if found is None:
                continue
            recent.append(found)
            for subject in found.subjects:
                if subject.concept in _BROKEN_DOWN_BY_FUNCTION:
                    self.total = subject.concept
            yield found
            next_position = found.end

    def _in_apposition(self, mention: Mention) -> Mention:
        """A name that fills a bracket names what stands before it: 因公出国费、公务接待费（“三公”经费）总额20万元."""
        start, end = self._bracket_before(mention.start)
        if mention.end + 1 != end or _CALLED.fullmatch(self.text, start + 1, mention.start) is None:
            return mention
        return replace(mention, start=start, end=end)

    def _open_mentions(self) -> Iterator[Mention]:
        """The noun phrases before figures and words of direction that no known name covers."""
        spans = [(figure.start, figure.end_with_unit) for figure in self.figures if figure.unit]
        numbers = {f.start for f in self.figures if f.unit not in ("%", *SCALE)}
        directions = (self.words.against_budget, self.words.against_prior, self.words.flat_alone)
        spans += [match.span() for pattern in directions for match in pattern.finditer(self.text)]
        names = OpenNames(self.text, [(m.start, m.end) for m in self.mentions], self.asides)
        for found in names.before(sorted(spans)):
            subject = Subject(OPEN, (("of", found.name),))
            yield Mention(found.start, found.end, (subject,), is_number=found.position in numbers)

    def _of_others(self) -> Iterator[tuple[int, int]]:
        """The spans that are of a unit of the department, up to their ；, or of its territory, up to their 。."""
        if _UNIT_LISTED.match(self.text):
            yield 0, len(self.text)
        stops = (
            [(match, "；。") for match in _UNIT.finditer(self.text)] if _OF_UNITS.search(self.text) else []
        )
        stops += [(match, "。") for match in _TERRITORY.finditer(self.text)]
        for match, ends in stops:
            found = [self.text.find(stop, match.end()) for stop in ends]
            yield match.start(), min((end for end in found if end >= 0), default=len(self.text))

    def _without_units(self, mentions: list[Mention]) -> list[Mention]:
        """The mentions, those of single units (局机关收入合计, 水文站收入合计) without a subject, up to their ；."""
        units: dict[tuple[Subject, ...], set[str]] = {}
        owners: list[str | None] = []
        for mention in mentions:
            owner = _UNIT_BEFORE.search(self.text[max(0, mention.start - 16) : mention.start])
            owners.append(owner.group(1) if owner else None)
            if owner:
                units.setdefault(mention.subjects, set()).add(owner.group(1))
        found: list[Mention] = []
        part_until = -1
        others = _Spans(self._of_others(), len(self.text))
        for mention, owner_name in zip(mentions, owners, strict=True):
            if owner_name is not None and len(units[mention.subjects]) > 1:
                ends = [self.text.find(stop, mention.end) for stop in "；。"]
                part_until = min((end for end in ends if end >= 0), default=len(self.text))
            is_part = mention.start < part_until or mention.start in others
            found.append(Mention(mention.start, mention.end, (), mention.is_path) if is_part else mention)
        return found

    def _name_at(self, position: int, recent: list[Mention]) -> Mention | None:
        pair = self.text[position : position + 2]
        named = taxonomy().names.get(pair, ())
        if not any(self.text.startswith(name, position) for name, _, _ in named):
            return self._class_at(position)
        near = recent[-_NEAR:]
        before = [s.concept for m in near if not self._is_closed(m, position) for s in m.subjects]
        for name, concept_id, section in named:
            if (
                self._is_meant(name, section, before, position)
                and self.text.startswith(name, position)
                and self._begins_here(name, position)
            ):
                concept = taxonomy().concepts[concept_id]
                if concept.kinds_of:
                    broken_down = next((c for c in reversed(before) if c in concept.kinds_of), None)
                    if broken_down is None:
                        return None
                    subject = Subject(broken_down, (("kind", name),))
                    return Mention(position, position + len(name), (subject,))
                counts = concept.counts
                if counts and before and before[-1].rpartition(".")[0] == counts.rpartition(".")[0]:
                    counts = before[-1]
                if name in _BARE and section in self.keys[-1:]:
                    subjects = self._bare_subjects(name, concept_id, before)
                else:
                    subjects = tuple(Subject(c) for c in concept.pair or (counts or concept_id,))
                if self._breaks_down_by_budget(concept_id, before, position):
                    subjects = self._of_one_budget(concept_id, before)
                elif self._is_qualified(name, position) or self._is_part_of_function(concept_id, position):
                    subjects = ()
                return Mention(position, position + len(name), subjects, counted=concept.unit)
        return self._class_at(position)

    def _class_at(self, position: int) -> Mention | None:
        """A 类 that is named with 支出, in a section that breaks expenditure down."""
        pair = self.text[position : position + 2]
        if not _CLASS_BEFORE.search(self.text[max(0, position - 1) : position]):
            return None
        if not self.keys or _CLASS_SECTIONS.intersection(self.keys):
            for name, code in _class_names().get(pair, ()):
                if self.text.startswith(name, position):
                    return Mention(position, position + len(name), (self._function_subject(code, (name,)),))
        return None

    def _is_meant(self, name: str, scope: str | None, before: list[str], position: int) -> bool:
        """True where the scope of a name holds: its section, or the concept that stands last before it."""
        if name in _BARE and scope in self.keys[-1:]:
            # 收支 and 今年收入 name totals wherever a clause begins; 支出 may go on with the subject of its sentence.
            begins = _BARE_PAIR_BEFORE if len(name) > 2 or name == "收支" else _BARE_BEFORE
            turns = self.text[position - 1 : position] in _STOPS and before[-1:] and _turns(name, before[-1])
            if not turns and not begins.search(self.text[max(0, position - 4) : position]):
                return False
            if not _BARE_BEHIND.match(self.text, position + len(name)):
                return False
        if scope in _OF_GENERAL and "财政拨款支出" in name:
            # 财政拨款支出 is of the general budget where the title of the section says so.
            return scope in self.keys[-1:] and self._is_of_general
        if scope is None or scope in self.keys[-1:]:
            return True
        for family in (_EXPENDITURES, _BUDGET_INCOMES):
            if scope in family and (family is _EXPENDITURES or name == "本年支出"):
                return next((c for c in reversed(before) if c in family), None) == scope
        return scope in before

    def _bare_subjects(self, name: str, concept: str, before: list[str]) -> tuple[Subject, ...]:
        """What 收入, 支出 or 收支 alone means: the total that was stated last, which its change is of."""
        of_income = next((c for c in reversed(before) if c in _INCOMES), self.earlier.income)
        of_spending = next((c for c in reversed(before) if c in _SPENDINGS), self.earlier.expenditure)
        if concept == "totals":
            wholes = ("income.total", "expenditure.total")
            return tuple(Subject(c) for c in wholes) if (of_income, of_spending) == wholes else ()
        found = of_income if concept.startswith("income") else of_spending
        # Without a total before it, it states one itself.
        return (Subject(found or concept),)

    def _is_part_of_function(self, concept: str, position: int) -> bool:
        """True for the parts of a functional subject's money: 行政运行（项）100万元，其中：人员经费80万元."""
        return concept in _PARTS and self.text.rfind("。", 0, position) < self.functional_end

    def _of_one_budget(self, concept: str, before: list[str]) -> tuple[Subject, ...]:
        """What a bracket breaks down by budget: “三公”经费6万元（其中：一般公共预算支出6万元）."""
        return (Subject(before[-1], (("budget", concept.partition(".")[0]),)),)

    def _begins_here(self, name: str, position: int) -> bool:
        """False for a name that ends a longer one: 基本建设类项目支出, 公益性项目支出, 拆迁补偿款支出合计."""
        if name.startswith(("支出", "收入")) and not _TOTAL_BEFORE.search(
            self.text[max(0, position - 2) : position]
        ):
            return False
        return len(name) > 4 or self.text[position - 1 : position] not in _MAKES_A_LONGER_NAME

    def _is_qualified(self, name: str, position: int) -> bool:
        """True for basic or project expenditure of another budget, or an appropriation for it: 基本支出拨款."""
        return name in ("基本支出", "项目支出") and (
            self.text.startswith("拨款", position + len(name))
            or re.search(r"(?:政府性基金|国有资本经营)(?:预算)?(?:财政拨款)?$", self.text[:position][-16:])
            is not None
        )

    def _breaks_down_by_budget(self, concept: str, before: list[str], position: int) -> bool:
        """True for a budget named in a bracket behind something else: “三公”经费6万元（其中：一般公共预算支出6万元）."""
        is_budget = concept.partition(".")[0] in ("general", "fund", "state_capital")
        _, bracket_end = self._bracket_before(position)
        in_bracket = position < bracket_end
        return is_budget and in_bracket and bool(before) and before[-1].partition(".")[0] not in _ACCOUNTS

    def _function_subject(self, code: str | None, names: tuple[str, ...]) -> Subject:
        """A functional subject of the total that its paragraph names before it, else of its section's budget."""
        # Else the total that leads a paragraph of the section before it.
        lead = self.earlier.leading
        key = self.keys[-1] if self.keys else None
        concept = _listed_under(key)
        total = self.total or lead
        if concept == "general.expenditure" and total == "appropriation.expenditure":
            # 财政拨款支出 means that of the section's budget, or of all where its title names none.
            concept = concept if self._is_of_general_budget() else total
        elif self.total:
            concept = self.total
        elif concept is None:
            of_year = (
                lead.startswith("expenditure.") if lead else key in ("expenditure", "totals", "appropriation")
            )
            concept = "expenditure.year" if of_year else lead or "general.expenditure"
        return Subject(concept, (("function", code or "/".join(names)),))

    def _is_of_general_budget(self) -> bool:
        return self.section is not None and "一般公共预算" in self.section.path

    def _from_title(self) -> Mention | None:
        """The subject that the section's title names, for sentences that name none."""
        if self.section is None:
            return None
        title = self.section.text.folded
        for position in range(len(title)):
            for name, concept_id, section in taxonomy().names.get(title[position : position + 2], ()):
                if section is None and title.startswith(name, position):
                    concept = taxonomy().concepts[concept_id]
                    if concept.pair or concept.kinds_of:
                        return None
                    return Mention(0, 0, (Subject(concept.counts or concept_id),))
        return None

    def _bracket_before(self, position: int) -> tuple[int, int]:
        """The span of the last bracket that opens before `position`; an empty one where none does."""
        at = bisect_left(self.brackets, (position,)) - 1
        return self.brackets[at] if at >= 0 else (0, 0)

    def _parts(self) -> list[tuple[int, int, Mention]]:
        """The spans that list parts behind 其中, with what they are parts of; the last is the innermost."""
        found = []
        if self.earlier.parent is not None and self.mentions and self.mentions[0].start == 0:
            found.append((-1, len(self.text), self.earlier.parent))
            self.out.parent = self.earlier.parent
        for match in _PARTS_OPEN.finditer(self.text):
            whole = next((m for m in self._before(match.start()) if m.subjects and not m.is_number), None)
            bracket = self._bracket_before(match.start() + 1)
            end = bracket[1] if match.start() < bracket[1] else self.text.find("。", match.end())
            if whole is not None and len(whole.subjects) == 1 and not whole.subjects[0].dimensions[:-1]:
                found.append((match.end(), end if end >= 0 else len(self.text), whole))
                if match.group().endswith("：") and end in (-1, len(self.text) - 1):
                    self.out.parent = whole
        return found

    def _scope(self, figure: Figure, subject: Subject, measure: str) -> tuple[Scope, tuple[str, ...]]:
        """The scope of a figure, and what of it and of its subject the clause itself does not say."""
        clause = max(self.previous_end, *(self.text.rfind(stop, 0, figure.start) + 1 for stop in "，。；："))
        named = self._last_before(figure.start)
        inherited = [] if named is not None and named.start >= clause else ["subject"]
        if not re.search(r"20\d\d年", self.text[clause : figure.start]):
            inherited.append("year")
        parents = (span for span in reversed(self._parents) if span[0] <= figure.start < span[1])
        start, _, whole = next(parents, (0, 0, None))
        parent = _name(whole.subjects[0]) if whole is not None else ""
        sides = {name.partition(".")[0] for name in (parent, subject.concept)}
        if parent == _name(subject) or sides == {"income", "expenditure"}:
            parent = ""
        budget = budget_of(subject.concept)
        if not budget and not _CLASS_SECTIONS.intersection(self.keys[-1:]):
            budget = self.out.budget
            inherited += ["budget"] * bool(budget)
        inherited += ["parent"] * (bool(parent) and start < clause)
        inherited += ["entity"] * bool(self._territory)
        words = self.text[max(clause - 40, self.text.rfind("。", 0, clause) + 1) : figure.end_with_unit]
        return Scope(basis_of(measure, words), budget, parent, self._territory), tuple(inherited)

    def _is_closed(self, mention: Mention, position: int) -> bool:
        """True where the mention stands in a bracket that closes before `position`."""
        return mention.end <= self._bracket_before(mention.start)[1] <= position

    def _last_before(self, position: int) -> Mention | None:
        """The last mention that ends before `position`."""
        at = bisect_right(self._ends, position) - 1
        return self.mentions[at] if at >= 0 else None

    def _before(self, position: int) -> Iterator[Mention]:
        """The mentions before `position`, the last first, without those of brackets that are closed there."""
        for at in range(bisect_right(self._ends, position) - 1, -1, -1):
            if not self._is_closed(self.mentions[at], position):
                yield self.mentions[at]

    def _subjects_before(self, position: int, gap_start: int) -> tuple[list[Subject], int]:
        """The subjects in effect at `position`, and where the words about the figure begin.

        Names joined by 、 or 和 just before the figure count as one list.
        """
        before = self._before(position)
        last = next(before, None)
        if last is None:
            return (list(self.carried.subjects) if self.carried else []), gap_start
        if last.start < gap_start:
            # What is said after an average goes on with what it is an average of.
            last = next((m for m in self._before(position) if not self._is_average(m)), last)
            if self.listed and self.listed[0] is last:
                return self.listed[1], gap_start
            return list(self._resumed_whole(last, position).subjects), gap_start
        chain = [last]
        for earlier in before:
            if earlier.start < gap_start or self.text[earlier.end : chain[-1].start] not in (
                "、",
                "和",
                "与",
                "及",
            ):
                break
            chain.append(earlier)
        return [subject for mention in reversed(chain) for subject in mention.subjects], last.end

    def _is_average(self, mention: Mention) -> bool:
        return any(subject.concept.startswith("average.") for subject in mention.subjects)

    def _resumed_whole(self, last: Mention, position: int) -> Mention:
        """The whole, where a new sentence compares without a subject: A100万元，其中：B60万元，C40万元。与上年相比，增加…."""
        stop = self.text.rfind("。", 0, position)
        if stop < last.end or not self.words.comparison.match(self.text, stop + 1):
            return last
        start = self.text.rfind("。", 0, stop) + 1
        if self.text.startswith("其中", start):
            start = self.text.rfind("。", 0, max(0, start - 1)) + 1
        parts = self.text.find("其中", start, last.start)
        whole = next((m for m in self._before(parts) if m.subjects), None) if parts >= 0 else None
        return whole if whole and start <= whole.start and not self._is_average(whole) else last

    # -- figures ------------------------------------------------------------------------------------------------

    def _read_figures(self, joined: list[Figure]) -> Iterator[tuple[Figure, list[Reading]]]:
        """The readings of a figure, or of figures listed side by side (“各是 A、B”)."""
        first = joined[0]
        sentence = self.text.rfind("。", 0, first.start) + 1
        gap_start = max(sentence, self.previous_end)
        # What follows a bracket goes on from before it.
        _, bracket_end = self._bracket_before(gap_start)
        if gap_start < bracket_end <= first.start:
            gap_start = bracket_end
        subjects, tail_start = self._subjects_before(first.start, gap_start)
        tail_start = self._behind_asides(tail_start, first.start)
        tail = self.text[tail_start : first.start]
        if self.words.budget_and_final.search(tail) and len(joined) == len(subjects) == 1:
            year = str(self.year or "")
            yield first, [self._reading(first, subjects[0], m, 0, year, None) for m in ("budget", "amount")]
            return
        is_aside = self._is_aside(first.start)
        if self.two_budgets and re.search(r"调整|全年", tail):
            # Nothing of the form relates to a second budget.
            yield from ((figure, []) for figure in joined)
            return
        if self._is_lost(first.start) or self._is_of_number(first):
            subjects = []
        relation = self._relation(first, tail, sentence) if not is_aside else None
        if (relation is None or _are_open(subjects)) and len(joined) == 1:
            counted = (
                self._count_by_what_follows(first)
                or self._kind_by_words(first, gap_start)
                or self._grade(first, gap_start)
            )
            if counted is not None:
                subjects, relation = [counted], (first.unit, 0, str(self.year or ""), None)
        if not subjects or relation is None or not relation[0]:
            if not is_aside and first.unit:
                self.lost = first.start
            yield from ((figure, self._detail(figure, gap_start)) for figure in joined)
            return
        measure, sign, year, whole = relation
        if measure == "amount" and "；" in tail and tail_start == gap_start and year == str(self.year or ""):
            # Behind a ； an amount belongs to a subject of its own: 年初结转和结余0万元；支出12万元.
            yield from ((figure, self._detail(figure, gap_start)) for figure in joined)
            return
        if measure == "amount" and (
            self._is_named_budget(first.start) or self._breaks_down_a_budget(subjects)
        ):
            measure = "budget"
        if len(joined) == len(subjects) > 1:
            self._hold(subjects, first.start)
            for figure, subject in zip(joined, subjects, strict=True):
                yield figure, [self._reading(figure, subject, measure, sign, year, whole)]
            return
        is_of_list = self.listed is not None and self.listed[1] is subjects
        if is_of_list and len(joined) == 1:
            one = self._in_turn(first, subjects, sentence)
            if one is not None:
                yield first, [one]
                return
        is_of_each = not is_of_list and len(subjects) > 1 and self._is_stated_of_each(subjects, tail)
        # One figure for several that are nil together is the figure of each.
        is_nil = not is_of_list and not first.value and len(joined) == 1
        if len(subjects) > 1 and not is_of_each and not is_nil:
            yield from ((figure, self._detail(figure, gap_start)) for figure in joined)
            return
        yield first, [self._reading(first, subject, measure, sign, year, whole) for subject in subjects]
        for figure in joined[1:]:
            following = self._follow_up(figure, first, measure)
            yield (
                figure,
                [self._reading(figure, s, following, sign, year, whole) for s in subjects if following],
            )

    def _behind_asides(self, start: int, end: int) -> int:
        """Where the last aside between two places ends; `start` where there is none."""
        found = start
        for at in range(bisect_left(self.asides, (start,)), len(self.asides)):
            if self.asides[at][0] > end:
                break
            if self.asides[at][1] <= end:
                found = max(found, self.asides[at][1])
        return found

    def _is_named_budget(self, position: int) -> bool:
        """True where the name before a figure is one of a budget: 全年预算数为5万元，执行数为4万元."""
        named = self._last_before(position)
        return named is not None and self.text[named.start : named.end].startswith("全年预算")

    def _breaks_down_a_budget(self, subjects: list[Subject]) -> bool:
        """True behind a budget that a bracket breaks down: 预算9万元（其中：一般公共预算支出9万元）."""
        if not any(name == "budget" for subject in subjects for name, _ in subject.dimensions):
            return False
        whole = next(
            (r for _, found in reversed(self.out.figures) for r in found if not r.subject.dimensions), None
        )
        return whole is not None and whole.measure == "budget"

    def _hold(self, subjects: list[Subject], position: int) -> None:
        """Keep a list of subjects for the figures that follow it in the same order: A、B各是1万元、2万元，占比分别为…."""
        last = next(self._before(position), None)
        if last is not None and len(last.subjects) < len(subjects):
            self.listed = (last, subjects)

    def _in_turn(self, figure: Figure, subjects: list[Subject], sentence: int) -> Reading | None:
        """The figure of one subject of a list, in its order: A、B、C较上年分别持平、减少5万元、增加2万元."""
        assert self.listed is not None
        start = self.text.rfind("分别", self.listed[0].end, figure.start)
        turns = re.split("[、，]", self.text[start + 2 : figure.start])
        if start < 0 or len(turns) > len(subjects):
            return None
        relation = self._relation(figure, turns[-1], sentence)
        if relation is None or not relation[0]:
            return None
        measure, sign, year, whole = relation
        return self._reading(figure, subjects[len(turns) - 1], measure, sign, year, whole)

    def _detail(self, figure: Figure, start: int) -> list[Reading]:
        """A figure of no declared concept, under the words that name it just before: 办公费12万元.

        It is a fact for a reader; no rule tests it.  What gives a reason states nothing of the report's money.
        """
        if figure.start in self._reasons:
            return []
        start = max(start, self._told_from(figure.start))
        start = max(start, *(self.text.rfind(stop, start, figure.start) + 1 for stop in "。；，：、"))
        words = re.sub(r"\(\d+\)", "", self.text[start : figure.start])
        match = _DETAIL.search(words)
        if figure.unit in ("", "次") or self.words.bound.search(words):
            return []
        if match is None and figure.unit not in ("%", *SCALE):
            match = _DETAIL_BEHIND.match(self.text, figure.end_with_unit)
        name = match.group("name").removeprefix("年") if match else ""
        if not name or (_NO_DETAIL.search(name) and not (figure.unit == "%" and name.startswith("占"))):
            return []
        subject = Subject(OPEN, (("of", name),))
        measure = "told" if self._is_aside(figure.start) else "stated"
        return [self._reading(figure, subject, measure, 0, str(self.year or ""), None)]

    @cached_property
    def _reasons(self) -> _Spans:
        """The asides that give a reason."""
        return _Spans(((a, b) for a, _, b, is_reason in self.opened if is_reason), len(self.text))

    def _told_from(self, position: int) -> int:
        """Where the last aside that a figure stands in begins, behind the words that open it; 0 where it is in none."""
        stop = max(self.text.rfind(stop, 0, position) for stop in "。；")
        for at in range(bisect_right(self.opened, position, key=lambda aside: aside[1]) - 1, -1, -1):
            _, opened, end, _ = self.opened[at]
            if opened <= stop:
                break
            if position < end:
                return opened
        return 0

    def _is_lost(self, position: int) -> bool:
        """True where a figure before was of something unknown, and no subject has been named since.

        What follows such a figure (较上年增加5万元) is of the same unknown thing; in a bracket only up to its end.
        """
        if self.lost is None:
            return False
        named = bisect_right(self.mentions, self.lost, key=lambda mention: mention.start)
        if named < len(self.mentions) and self.mentions[named].start < position:
            return False
        _, bracket_end = self._bracket_before(self.lost)
        return not self.lost < bracket_end <= position

    def _is_of_number(self, figure: Figure) -> bool:
        """True for money behind an open subject that is a number of things: 记者46批次，比上年减少2万元."""
        last = next(self._before(figure.start), None) if figure.unit in SCALE else None
        return last is not None and last.is_number and last.end <= self.previous_end

    def _is_clear(self, words: str) -> bool:
        """True where the words between a subject and its figure bring in nothing new."""
        left = re.sub(r"\([^()]*\)", "", words).removeprefix("(")
        left = self.words.somewhat.sub("", left)
        left = re.sub("(?:增加|增长|减少|下降)/", "", left)
        left = self.words.flat_words.sub("", self.words.comparison.sub("", left))
        return self.words.filler.fullmatch(re.sub(r"20\d\d年度?", "", left)) is not None

    def _follow_up(self, figure: Figure, first: Figure, measure: str) -> str:
        """What a figure is that follows another with no word between: 增加84.88万元，7.75%; 16批次，170人次."""
        if figure.unit == "%" and measure in ("change", "budget_change"):
            return measure.replace("change", "growth")
        if figure.unit not in ("%", "", *SCALE) and first.unit not in ("%", *SCALE):
            return figure.unit
        return ""

    def _is_stated_of_each(self, subjects: list[Subject], tail: str) -> bool:
        """True where one figure is said of each subject: 收、支总计均为; 各增加."""
        names = frozenset(subject.concept for subject in subjects)
        return names in _joint() or bool(self.words.mutual.search(tail))

    def _relation(self, figure: Figure, tail: str, sentence: int) -> tuple[str, int, str, str | None] | None:
        """(measure, sign, year, named whole) of a figure from the words before it; None where they do not say."""
        this_year = self._told_year(sentence, figure.start)
        clause = max(sentence, self.text.rfind("；", sentence, figure.start) + 1)
        change = self.words.change.search(tail)
        if change:
            if not self._is_clear(tail[: change.start()]):
                return None
            sign = 1 if change.group("up") else -1
            base = self._base(clause, figure.start)
            prefix = "budget_" if base == "budget" else ""
            self.sign = sign
            # Against a year other than the last, a change is one of its own.
            year = f"{base}/{this_year}" if base.isdigit() and self.year else this_year
            if year == this_year != str(self.year or ""):
                year = f"{int(this_year) - 1}/{this_year}"
            if figure.unit in SCALE:
                return f"{prefix}change", sign, year, None
            if figure.unit == "%":
                return f"{prefix}growth", sign, year, None
            return f"{figure.unit}_change" if figure.unit else "", sign, this_year, None
        if figure.unit == "%" and self.words.difference.search(tail):
            return "budget_growth", 0, this_year, None
        if figure.unit == "%":
            share = self.words.share.search(tail)
            completion = self.words.completion.search(tail)
            if completion:
                return (
                    ("completion", 0, this_year, None) if self._is_clear(tail[: completion.start()]) else None
                )
            if share:
                if not self._is_clear(tail[: share.start()]):
                    return None
                return "share", 0, this_year, self._whole(share.groupdict().get("whole"))
            return self._bare_rate(tail, this_year)
        counted = self._counted(figure)
        if (
            counted
            and figure.unit not in SCALE
            and self.words.filler.fullmatch(re.sub(r"\([^()]*\)", "", tail))
        ):
            return counted, 0, this_year, None
        if not figure.unit:
            return None
        stripped = re.sub(r"\([^()]*\)", "", tail)
        is_money = figure.unit in SCALE
        is_budget = self.words.budget.search(stripped) and "决算" not in stripped.rpartition("预算")[2]
        if (
            is_money
            and is_budget
            and self._is_clear(
                self.words.against.sub("", self.words.budget.sub("", self._of_this_year(stripped)))
            )
        ):
            return "budget", 0, this_year, None
        prior = self.words.prior_amount.search(stripped)
        measure = "amount" if is_money else figure.unit
        if prior and (prior.group("year") is None or int(prior.group("year")) == (self.year or 0) - 1):
            return measure, 0, self._last_year(), None
        rises_from = self.words.from_.search(stripped)
        if rises_from and self.year and self.words.filler.fullmatch(stripped[: rises_from.start()]):
            return measure, 0, self._last_year(), None
        lead = self.words.reaching.sub("", stripped)
        lead = re.sub(r"20\d\d年度?", "", lead)
        if self.words.filler.fullmatch(lead):
            return measure, 0, self._year_of(clause, figure.start), None
        return None

    def _of_this_year(self, words: str) -> str:
        """The words without this year: 2023年预算数 is the budget that a report of 2023 speaks of anyway."""
        return re.sub(rf"{self.year}年度?(?=[^。，；]*预算)", "", words) if self.year else words

    def _counted(self, figure: Figure) -> str | None:
        """The unit that the name before a figure says it counts: 接待批次为12个 counts 批次."""
        last = self._last_before(figure.start)
        return last.counted if last is not None and self.previous_end <= last.end else None

    def _bare_rate(self, tail: str, year: str) -> tuple[str, int, str, str | None] | None:
        """A rate with hardly a word before it: （7.75%） behind a change, or a satisfaction rate."""
        if self.out.figures and tail.strip("，(的约") == "":
            last = self.out.figures[-1][1]
            if last and last[0].measure == "budget" and tail == "的":
                return "completion", 0, year, None
            if last and last[0].measure in ("change", "budget_change"):
                return last[0].measure.replace("change", "growth"), self.sign, last[0].year or year, None
        if re.fullmatch(r"(?:率|度)?(?:为|达|达到|是)?(?:了)?", tail):
            return "rate", 0, year, None
        return None

    def _told_year(self, sentence: int, position: int) -> str:
        """The year that a sentence, or the one before that lists its parts, speaks of: the report's, unless it names another.

        2016年度支出合计628万元，其中：基本支出230万元，占总支出的37%；项目支出398万元.
        """
        if self.text.startswith("其中", sentence) and sentence:
            sentence = self.text.rfind("。", 0, sentence - 1) + 1
        end = bisect_right(self._leading_years, (position, 0))
        first = bisect_left(self._leading_years, (sentence, 0))
        years = [year for _, year in self._leading_years[first:end]]
        return str(self.year or "") if not years or self.year in years else str(years[-1])

    def _year_of(self, clause: int, position: int) -> str:
        """The year that an amount is of: the last year named in its clause, unless something is compared with it.

        比2021年度机关运行经费支出50万元增加8.4万元 names the year of the 50万元 itself.
        """
        plain, compared = (self._last_year_named(which, clause, position) for which in self._years)
        if compared is not None and not re.search(r"，|相比", self.text[compared.end() : position]):
            plain = compared if plain is None or plain.start() < compared.start() else plain
        if plain is None:
            return self._told_year(self.text.rfind("。", 0, position) + 1, position)
        return plain.group("year") or self._last_year()

    @cached_property
    def _years(self) -> tuple[list[re.Match[str]], list[re.Match[str]]]:
        """The years that the text names outside the names of subjects: as such, and as what is compared with."""
        named = _Spans(((mention.start, mention.end) for mention in self.mentions), len(self.text))
        found = [match for match in self.words.year.finditer(self.text) if match.start() not in named]
        return [m for m in found if not m.group("compared")], [m for m in found if m.group("compared")]

    def _last_year_named(
        self, years: list[re.Match[str]], clause: int, position: int
    ) -> re.Match[str] | None:
        """The last of the years between two places."""
        at = bisect_right(years, position, key=lambda match: match.end()) - 1
        return years[at] if at >= 0 and years[at].start() >= clause else None

    def _last_year(self) -> str:
        return str(self.year - 1) if self.year else "prior"

    @cached_property
    def _bases(self) -> _Matches:
        """What the text compares with."""
        return _Matches(self.words.base, self.text)

    def _base(self, clause: int, position: int) -> str:
        """What a change is measured against: "budget", a year other than the last, else "prior"."""
        found = self._bases.last(clause, position)
        if found and found.group("budget"):
            return "budget"
        year = found.group("year") if found else None
        return year if year and self.year and int(year) != self.year - 1 else "prior"

    def _whole(self, words: str | None) -> str | None:
        """The concept that a share says it is a share of."""
        if not words:
            return None
        for position in range(len(words)):
            mention = self._literal(words, position)
            if mention:
                return mention
        return "?" + words

    def _literal(self, words: str, position: int) -> str | None:
        """The concept named in the words of a share."""
        for name, concept_id, section in taxonomy().names.get(words[position : position + 2], ()):
            if (section is None or section in self.keys[-1:]) and words.startswith(name, position):
                concept = taxonomy().concepts[concept_id]
                return concept.pair[1] if concept.pair else concept_id
        return None

    def _grade(self, figure: Figure, gap_start: int) -> Subject | None:
        """The grade that a number of evaluated projects has: 优6个、良2个."""
        if figure.unit != "个":
            return None
        start = max(gap_start, *(self.text.rfind(stop, 0, figure.start) for stop in "，、；：中"))
        grades = self.words.grade.finditer(self.text, start, figure.end_with_unit)
        match = next((m for m in grades if m.end() == figure.start), None)
        first = next(
            (m for m in self.mentions if any(s.concept == "performance.evaluated" for s in m.subjects)), None
        )
        if match is None or first is None or first.end > figure.start:
            return None
        return Subject("performance.evaluated", (("kind", match.group("grade")),))

    def _count_by_what_follows(self, figure: Figure) -> Subject | None:
        """The subject of a count that the words behind it name: 5个项目开展了事前绩效评估."""
        following = self.text[figure.end : figure.end + 24]
        for concept, patterns in _named_behind():
            if any(pattern.search(following) for pattern in patterns):
                return Subject(concept)
        return None

    def _kind_by_words(self, figure: Figure, gap_start: int) -> Subject | None:
        """A kind of vehicle that the taxonomy does not name: what stands in a list after 其中, before its number."""
        if figure.unit != "辆":
            return None
        words = re.search(
            r"(?:^|[，、；：中])([\u4e00-\u9fff()]{2,20}?(?:用车|车辆?))(?:为|共)?$",
            self.text[gap_start : figure.start],
        )
        if words is None or "共" in words.group(1):
            return None
        kinds = taxonomy().concepts["vehicle_kinds"].kinds_of
        before = (self.mentions[at] for at in range(bisect_right(self._ends, figure.start) - 1, -1, -1))
        leads = (mention.subjects[0].concept for mention in before if mention.subjects)
        whole = next((concept for concept in leads if concept in kinds), None)
        is_listed = "其中" in self.text[self.text.rfind("。", 0, figure.start) + 1 : figure.start]
        return Subject(whole, (("kind", words.group(1)),)) if whole and is_listed else None

    def _reading(
        self, figure: Figure, subject: Subject, measure: str, sign: int, year: str, whole: str | None
    ) -> Reading:
        value = figure.value
        if sign:
            value = abs(value) * sign if sign < 0 else value
        if measure in ("change", "growth") and self.year and "/" not in year:
            year = f"{self.year - 1}/{self.year}"
        if subject.concept == "performance.score":
            # With bonus points a score may pass 100, which is then no bound.
            if measure == "分" and _BONUS.search(self.text):
                measure = "分_open"
            subject = Subject(subject.concept, (("of", self._scored(figure.start)),))
        return Reading(
            subject,
            measure,
            value,
            figure.unit,
            figure.decimals,
            year,
            self.paragraph.text.source(figure.start, figure.end),
            self._quote(figure),
            self.paragraph.text.quote(figure.start, figure.end),
            self.section,
            self.index,
            "zero" if value == 0 else "reported",
            whole,
            None,
            *self._scope(figure, subject, measure),
        )

    def _scored(self, position: int) -> str:
        """What a score is of: the words of its clause before 绩效自评."""
        start = max(self.text.rfind(stop, 0, position) for stop in "。；，：") + 1
        words = re.sub(
            r"(?:专项)?(?:预算)?项目?(?:支出)?(?:整体)?(?:绩效)?(?:自评|评价|平均|综合).*$",
            "",
            self.text[start:position],
        )
        return "部门整体" if "部门整体" in self.text[start:position] else words

    def _quote(self, figure: Figure) -> str:
        """The source words of the clause up to the figure and its unit."""
        start = max(0, figure.start - 40, self.previous_end)
        start = max(start, *(self.text.rfind(stop, start, figure.start) + 1 for stop in "。；，："))
        start += len(self.text[start : figure.start]) - len(
            self.text[start : figure.start].lstrip("、和及与")
        )
        return self.paragraph.text.quote(start, figure.end_with_unit)

    def _without_figure(self) -> Iterator[Reading]:
        """Amounts that are left blank, dashed or unfilled: a unit of money behind a subject, without a figure."""
        for mention in self.mentions:
            match = _NO_FIGURE.match(self.text, mention.end)
            if match is None or not self.words.filler.fullmatch(match.group("filler")):
                continue
            state: State = (
                "dash" if match.group("dash") else "unreadable" if match.group("letters") else "blank"
            )
            for subject in mention.subjects:
                yield Reading(
                    subject,
                    "amount",
                    None,
                    match.group("unit"),
                    0,
                    str(self.year or ""),
                    self.paragraph.text.source(match.end("filler"), match.start("unit")),
                    self.paragraph.text.quote(mention.start, match.end()),
                    self.paragraph.text.quote(match.end("filler"), match.end()),
                    self.section,
                    self.index,
                    state,
                )

    # -- words of direction ---------------------------------------------------------------------------------------

    def _directions(self) -> Iterator[Reading]:
        for match in self.words.against_budget.finditer(self.text):
            if self.two_budgets and re.search(r"调整|全年", match.group()):
                continue
            yield from self._direction(match, "budget_direction")
        for match in self.words.against_prior.finditer(self.text):
            year = match.group("year")
            if year is None or self.year is None or int(year) == self.year - 1:
                yield from self._direction(match, "direction")
        told = _Spans(
            (match.span() for match in self.words.against_prior.finditer(self.text)), len(self.text)
        )
        for match in self.words.flat_alone.finditer(self.text):
            if match.end() - 1 in told:
                continue
            sentence = self.text.rfind("。", 0, match.start()) + 1
            budget = self.text[sentence : match.start()].rfind("预算数")
            if (self._base(sentence, match.start()) == "prior" and budget < 0) or "持平" in self.text[
                sentence : match.start()
            ]:
                yield from self._direction(match, "direction")

    def _direction(self, match: re.Match[str], measure: str) -> Iterator[Reading]:
        groups = match.groupdict()
        value = 1 if groups.get("above") else -1 if groups.get("below") else 0
        subjects, _ = self._subjects_before(match.start() + 1, 0)
        for subject in subjects:
            yield Reading(
                subject,
                measure if not groups.get("about") else f"{measure}_about",
                Decimal(value),
                "",
                0,
                str(self.year or ""),
                self.paragraph.text.source(*match.span()),
                self.paragraph.text.quote(*match.span()),
                self.paragraph.text.quote(*match.span()),
                self.section,
                self.index,
                "stated",
            )


def _turns(name: str, concept: str) -> bool:
    """True where a bare 收入 or 支出 cannot go on with the subject before it, which is of the other side."""
    family = concept.partition(".")[0]
    return (name, family) in (("收入", "expenditure"), ("支出", "income"))


def _name(subject: Subject) -> str:
    """What a subject is called as a parent: its concept, or the words of an open one."""
    return dict(subject.dimensions)["of"] if subject.concept == OPEN else subject.concept


def _are_open(subjects: list[Subject]) -> bool:
    """True where no concept is known of a subject."""
    return bool(subjects) and all(subject.concept == OPEN for subject in subjects)


def _is_of_general(section: Section | None) -> bool:
    """True where the title of a section, or of one that it stands in, names the general public budget."""
    while section is not None:
        if "一般公共预算" in section.text.folded:
            return True
        section = section.parent
    return False
