"""Declared data is loaded strictly, the classification is whole, and the stages import only earlier ones."""

import ast
import csv
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

import helpers.checking
import helpers.checking.procedures
import helpers.checking.rules
import helpers.facts.annex
import helpers.facts.concepts
import helpers.facts.document_kind
import helpers.facts.forms.labels
import helpers.facts.tables
import helpers.reading.outline
from helpers.checking.rules import load_rules, references
from helpers.data import DataError, data_folder, read_yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "helpers"
DATA = ROOT / "data"
AT = re.compile(r"^\S+:\d+: \S")

RULE = """- id: {id}
  kind: tie_out
  label: {{zh: 甲等于乙, en: one is the other}}
  reference: arithmetic
  left: income.total
  right: expenditure.total
"""


def defects(load: Callable[[], object]) -> list[str]:
    """What is wrong, each with its file and line."""
    with pytest.raises(DataError) as error:
        load()
    for defect in error.value.defects:
        assert AT.match(defect), f"no file and line: {defect}"
    return error.value.defects


# ------------------------------------------------------------------------------------------- rules
def rule_defects(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return defects(lambda: load_rules(path))


def test_rule_of_ones_own_is_added(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(RULE.format(id="MY-01"), encoding="utf-8")
    assert {rule.id for rule in load_rules(path)} - {rule.id for rule in load_rules()} == {"MY-01"}
    assert load_rules(tmp_path) == load_rules(path)


def test_own_rules_are_read_once_and_a_users_each_time(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(RULE.format(id="MY-01"), "utf-8")
    first = load_rules(path)
    path.write_text(RULE.format(id="MY-02"), "utf-8")
    second = load_rules(path)
    assert {rule.id for rule in first} ^ {rule.id for rule in second} == {"MY-01", "MY-02"}
    assert {id(rule) for rule in load_rules()} == {id(rule) for rule in first} & {id(rule) for rule in second}


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("  left:", "  lfet: income.total\n  left:"), 1, "unknown key 'lfet'"),
        (("  reference: arithmetic\n", ""), 1, "'reference' is missing"),
        (("  reference: arithmetic", "  reference: law_of_the_jungle"), 1, "'law_of_the_jungle'"),
        (("kind: tie_out", "kind: tie_in"), 1, "unknown kind 'tie_in'"),
        (("left: income.total", "left: income.totle"), 1, "'income.totle'"),
        (("left: income.total", "left: income.total@klass"), 1, "'klass'"),
        (("{zh: 甲等于乙, en: one is the other}", "{zh: 甲等于乙}"), 1, "zh and en"),
        (("{zh: 甲等于乙, en: one is the other}", "甲等于乙"), 1, "must be a mapping"),
        (("  left:", "  section: nowhere\n  left:"), 1, "'nowhere'"),
        (("  left:", "  severity: grave\n  left:"), 1, "'severity' must be one of"),
        (("  left:", "  years: lately\n  left:"), 1, "'years' must be a range"),
        (("  left:", "  when: [full_moon]\n  left:"), 1, "'full_moon'"),
        (("  left:", "  difference: not_tested\n  left:"), 1, "'because'"),
        (("  left:", "  forms: [atlantis]\n  left:"), 1, "'atlantis'"),
        (("  left:", "  documents: [diary]\n  left:"), 1, "'diary'"),
        (("  right: expenditure.total\n", ""), 1, "right"),
        (("  left:", "  left: income.year\n  left:"), 6, "stands twice"),
        (("- id", "- id: [\n- id"), 2, ""),
        (("- id: MY-01", "- just words\n- id: MY-01"), 1, "must be a mapping"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_defect_of_a_rule_is_told_with_file_and_line(
    tmp_path: Path, change: tuple[str, str], line: int, says: str
) -> None:
    text = RULE.format(id="MY-01")
    assert change[0] in text
    found = rule_defects(tmp_path, text.replace(*change, 1))
    assert any(defect.startswith(f"mine.yaml:{line}: ") and says in defect for defect in found), found


def test_rule_that_is_taken_or_stands_twice_is_refused(tmp_path: Path) -> None:
    [taken] = rule_defects(tmp_path, RULE.format(id="TOT-01"))
    assert taken.startswith("mine.yaml:1: ") and "TOT-01" in taken
    [twice] = rule_defects(tmp_path, RULE.format(id="MY-01") * 2)
    assert twice.startswith("mine.yaml:7: ") and "MY-01" in twice


def test_bad_pattern_is_refused(tmp_path: Path) -> None:
    wording = "- {id: MY-02, kind: wording, label: {zh: 甲, en: a}, reference: form, should: {zh: 填写, en: fill in}, patterns: ['(未填']}\n"
    [defect] = rule_defects(tmp_path, wording)
    assert "'(未填' is not a regular expression" in defect


PERFORMANCE = "- {id: MY-03, kind: performance, shown_as: foot, label: {zh: 甲, en: a}, reference: form, procedure: scores_add_up}\n"


@pytest.mark.parametrize(
    "change",
    [("scores_add_up", "scores_add_upp"), ("shown_as: foot", "shown_as: foto")],
    ids=["procedure", "shown_as"],
)
def test_rule_of_the_annexes_names_what_exists(tmp_path: Path, change: tuple[str, str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(PERFORMANCE, encoding="utf-8")
    assert load_rules(path)
    [defect] = rule_defects(tmp_path, PERFORMANCE.replace(*change))
    assert defect.startswith("mine.yaml:1: ") and repr(change[1].removeprefix("shown_as: ")) in defect


def test_every_defect_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    first = RULE.format(id="MY-01").replace("income.total", "income.totle").replace("arithmetic", "nothing")
    (tmp_path / "a.yaml").write_text(first, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(
        RULE.format(id="MY-02") + RULE.format(id="MY-03").replace("tie_out", "tie_in"), encoding="utf-8"
    )
    (tmp_path / "c.yaml").write_bytes("- id: 规则".encode("gb18030"))
    (tmp_path / "d.yaml").write_text(RULE.format(id="MY-04").replace("kind", "id"), encoding="utf-8")
    places = Counter(
        defect.rpartition(": ")[0].split(": ")[0] for defect in defects(lambda: load_rules(tmp_path))
    )
    assert set(places) == {"a.yaml:1", "b.yaml:7", "c.yaml:1", "d.yaml:2"}
    assert places["a.yaml:1"] == 2


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_no_rule_file_is_an_error(tmp_path: Path, name: str) -> None:
    assert "no rule file" in defects(lambda: load_rules(tmp_path / name))[0]


@pytest.mark.parametrize("text", ["# nothing yet\n", "id: MY-01\n", "just words\n"])
def test_file_that_is_no_list_of_rules_is_an_error(tmp_path: Path, text: str) -> None:
    assert "must be a list" in rule_defects(tmp_path, text)[0]


# ---------------------------------------------------------------------------- taxonomy, references
LOADERS: dict[str, Callable[[], object]] = {
    "taxonomy/concepts.yaml": helpers.facts.concepts.taxonomy,
    "taxonomy/relations.yaml": helpers.facts.concepts.relations,
    "taxonomy/sections.yaml": helpers.reading.outline.section_kinds,
    "taxonomy/tables.yaml": helpers.facts.tables.table_forms,
    "taxonomy/heads.yaml": helpers.facts.forms.labels.head_words,
    "taxonomy/annex.yaml": helpers.facts.annex._phrases,
    "taxonomy/forms.yaml": helpers.checking._forms,
    "taxonomy/documents.yaml": helpers.facts.document_kind._declared,
    "reference/required.yaml": helpers.checking.procedures._required,
    "reference/definitions.yaml": helpers.checking.procedures._definition_terms,
    "reference/legal.yaml": helpers.checking.rules.references,
}


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of data/ that everything is loaded from, anew."""
    folder = tmp_path / "data"
    for name in ("taxonomy", "reference", "rules"):
        shutil.copytree(DATA / name, folder / name)
    modules = [helpers.facts.annex, helpers.facts.concepts, helpers.facts.tables, helpers.reading.outline]
    modules += [helpers.facts.forms.labels, helpers.facts.document_kind]
    for module in [*modules, helpers.checking, helpers.checking.procedures, helpers.checking.rules]:
        monkeypatch.setattr(module, "data_folder", lambda: folder)
    clear()
    yield folder
    monkeypatch.undo()
    clear()


def clear() -> None:
    for module in [module for name, module in sys.modules.items() if name.startswith("helpers.")]:
        for thing in vars(module).values():
            if hasattr(thing, "cache_clear"):
                thing.cache_clear()


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("taxonomy/concepts.yaml", ("  whole: income.year", "  hole: income.year"), "unknown key 'hole'"),
        ("taxonomy/concepts.yaml", ("whole: income.year", "whole: income.yaer"), "'income.yaer'"),
        ("taxonomy/concepts.yaml", ("pair: [income.total,", "pair: [income.totle,"), "'income.totle'"),
        ("taxonomy/concepts.yaml", ("- id: income.year", "- id: income.total"), "stands twice"),
        ("taxonomy/concepts.yaml", ("{zh: 收入总计, en: ", "{zh: 收入总计, ne: "), "en"),
        ("taxonomy/concepts.yaml", ("  local: {fund: ", "  local: {fnud: "), "'fnud'"),
        ("taxonomy/concepts.yaml", ("functions: [fund]", "functions: [fnud]"), "'fnud'"),
        ("taxonomy/concepts.yaml", ("after: ['", "after: ['("), "regular expression"),
        ("taxonomy/concepts.yaml", ("names: ['收入总计'", "names: ['支出总计'"), "names both"),
        ("taxonomy/concepts.yaml", ("  label:", "  id: x\n  label:"), "stands twice"),
        ("taxonomy/relations.yaml", ("up: '", "up: '("), "regular expression"),
        ("taxonomy/relations.yaml", ("up: '", "upp: '"), "'upp'"),
        ("taxonomy/relations.yaml", ("up: '", "up: x\nup: '"), "stands twice"),
        ("taxonomy/sections.yaml", ("part: true", "pert: true"), "unknown key 'pert'"),
        ("taxonomy/sections.yaml", ("titles: ['", "titles: ['("), "regular expression"),
        ("taxonomy/sections.yaml", ("within: [overview]", "within: [overveiw]"), "'overveiw'"),
        ("taxonomy/sections.yaml", (", en: Annexes", ""), "'en' is missing"),
        ("taxonomy/tables.yaml", ("required: [opening", "required: [opned"), "'opned'"),
        ("taxonomy/tables.yaml", ("carry: [group", "carry: [gruop"), "'gruop'"),
        ("taxonomy/tables.yaml", ("  carry: []", "  cary: []"), "unknown key 'cary'"),
        ("taxonomy/tables.yaml", ("opening: '^", "opening: '(^"), "regular expression"),
        ("taxonomy/tables.yaml", ("- id: indicators", "- id: scoring"), "stands twice"),
        ("taxonomy/heads.yaml", ("measure: opening", "measure: openning"), "'measure' must be one of"),
        ("taxonomy/heads.yaml", ("falls: true", "fals: true"), "unknown key 'fals'"),
        ("taxonomy/heads.yaml", ("words: '(", "words: '(("), "regular expression"),
        ("taxonomy/annex.yaml", ("concept: project.opening", "concept: project.opned"), "'project.opned'"),
        ("taxonomy/annex.yaml", ("unit: money, sign", "unit: money, sing"), "unknown key 'sing'"),
        ("taxonomy/annex.yaml", ("before: '(?:调增", "before: '((?:调增"), "regular expression"),
        ("taxonomy/annex.yaml", ("of: department", "of: deparment"), "'deparment'"),
        ("taxonomy/forms.yaml", ("signs: ['", "signs: ['("), "regular expression"),
        ("taxonomy/forms.yaml", ("zh: 四川", "hz: 四川"), "unknown key 'hz'"),
        ("taxonomy/forms.yaml", ("id: hunan", "id: sichuan"), "stands twice"),
        ("taxonomy/documents.yaml", ("most_tables: 2", "most_tabels: 2"), "unknown key 'most_tabels'"),
        ("taxonomy/documents.yaml", ("sections: [tables]", "sections: [tabels]"), "'tabels'"),
        ("taxonomy/documents.yaml", ("titles: ['", "titles: ['("), "regular expression"),
        ("taxonomy/documents.yaml", ("- id: budget", "- id: table"), "stands twice"),
        ("reference/required.yaml", ("keys: [totals]", "keys: [toatls]"), "'toatls'"),
        ("reference/required.yaml", ("title: '", "title: '("), "regular expression"),
        ("reference/required.yaml", ("forms: [sichuan]", "forms: [sihcuan]"), "'sihcuan'"),
        ("reference/required.yaml", ("terms:", "tremes:"), "unknown key 'tremes'"),
        ("reference/definitions.yaml", ("none:", "nnoe:"), "unknown key 'nnoe'"),
        ("reference/legal.yaml", ("says_zh:", "syas_zh:"), "unknown key 'syas_zh'"),
        ("reference/legal.yaml", ("- id: budget_law_27", "- id: budget_law_14"), "stands twice"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_defect_of_a_data_file_is_told_with_file_and_line(
    copied: Path, file: str, change: tuple[str, str], says: str
) -> None:
    path = copied / file
    text = path.read_text(encoding="utf-8")
    start = next((m.end() for m in re.finditer(r"(?m)^(?!#)", text)), 0)  # comments may say the same words
    assert change[0] in text[start:], f"{file} has no longer {change[0]!r}: change this test"
    path.write_text(text[:start] + text[start:].replace(*change, 1), encoding="utf-8")
    line = text[: text.index(change[0], start)].count("\n") + 1
    found = defects(LOADERS[file])
    told = [defect for defect in found if defect.startswith(path.name + ":") and says in defect]
    assert told, found
    assert any(abs(int(defect.split(":")[1]) - line) <= 8 for defect in told), (line, told)


@pytest.mark.parametrize("file", LOADERS)
def test_data_file_as_it_is_loads_without_a_defect(copied: Path, file: str) -> None:
    assert LOADERS[file]()


@pytest.mark.parametrize("path", sorted(DATA.glob("*/*.yaml")), ids=lambda path: str(path.relative_to(DATA)))
def test_yaml_has_no_duplicate_key(path: Path) -> None:
    assert read_yaml(path)


# ----------------------------------------------------------------------------------- classification
def rows(name: str) -> list[dict[str, str]]:
    lines = (DATA / "reference" / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_functional_classification_is_whole() -> None:
    listed = rows("functional.csv")
    codes = {row["code"] for row in listed}
    assert all(re.fullmatch(r"2\d\d(?:\d\d){0,2}", code) for code in codes)
    assert [code for code in sorted(codes) if len(code) > 3 and code[:-2] not in codes] == []
    twice = [pair for pair, n in Counter((row["code"], row["name"]) for row in listed).items() if n > 1]
    assert twice == []
    assert {row["budget"] for row in listed} <= {"general", "fund", "state_capital", "social_insurance"}
    for row in listed:
        assert row["name"] == row["name"].strip() != ""
        assert int(row["since"] or 0) <= int(row["until"] or 9999), row


def test_names_of_one_code_follow_one_another() -> None:
    """A code with two names has them in different years, or at least one of both is dated."""
    by_code: dict[str, list[dict[str, str]]] = {}
    for row in rows("functional.csv"):
        by_code.setdefault(row["code"], []).append(row)
    undated = [
        code
        for code, found in by_code.items()
        if sum(not row["since"] and not row["until"] for row in found) > 1
    ]
    assert undated == []


def test_divisions_said_to_be_complete_exist() -> None:
    codes = {row["code"] for row in rows("functional.csv")}
    lines = (DATA / "reference" / "complete_kuan.txt").read_text(encoding="utf-8").split()
    assert [line for line in lines if not line.startswith("#") and line not in codes] == []


def test_economic_classification_is_whole() -> None:
    listed = rows("economic.csv")
    codes = {row["code"] for row in listed}
    assert [code for code in sorted(codes) if len(code) == 5 and code[:3] not in codes] == []
    assert [code for code, n in Counter(row["code"] for row in listed).items() if n > 1] == []
    assert {row["class"] for row in listed} <= {"personnel", "public", "other"}


def test_subjects_of_the_definitions_exist() -> None:
    names = {row["name"].removesuffix("支出") for row in rows("functional.csv")}
    codes = {row["code"] for row in rows("functional.csv")}
    for entry in read_yaml(DATA / "reference" / "definitions.yaml"):
        if entry["code"] is None:
            continue
        pattern = re.compile(str(entry["code"]).replace("?", r"\d") + "$")
        assert any(pattern.match(code) for code in codes), entry.at(f"no code is like {entry['code']}")
        assert entry["name"].removesuffix("支出") in names, entry.at(f"no subject is called {entry['name']}")


# ---------------------------------------------------------------------------------- the catalogue
def test_every_legal_reference_used_exists_and_says_what_it_says() -> None:
    known = references()
    for rule in load_rules():
        entry = known[rule.reference]
        assert entry["title_zh"] and entry["title_en"], rule.id
        if rule.reference not in ("arithmetic", "form"):
            assert entry["says_zh"] and entry["says_en"], rule.reference


def test_rule_ids_are_of_one_style_and_labels_are_their_own() -> None:
    rules = load_rules()
    assert all(re.fullmatch(r"[A-Z]{3}-\d\d", rule.id) for rule in rules)
    for rule in rules:
        assert not rule.label["zh"].endswith(("。", "；")) and not rule.label["en"].endswith("."), rule.id


def test_rule_sections_and_kinds_are_those_that_the_readers_know() -> None:
    kinds = {"foot", "tie_out", "recompute", "direction", "disclosure", "reasonableness", "classification"}
    kinds |= {"presentation", "analytical", "roll_forward", "agree_prior_year", "crossfoot"}
    assert {rule.public_kind for rule in load_rules()} <= kinds


# --------------------------------------------------------------------------------------- the stages
STAGES = ("reading", "facts", "checking", "findings", "auditing", "showing", "running")
ON_TOP = {"audit": "findings", "cli": "running"}  # a module of its own, and the last stage it may import


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def stage(parts: tuple[str, ...]) -> str:
    """The stage of `helpers.<parts>`: the folder, or the module beside the folders."""
    return parts[0] if parts else ""


def imported(path: Path) -> Iterator[tuple[int, str, bool]]:
    """(line, stage, inside a function) of each import of a module of ours."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = ("helpers", *path.relative_to(PACKAGE).parts[:-1])
    deferred = {
        inner
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join([*base, *([node.module] if node.module else [])])
            names = [name] + [f"{name}.{alias.name}" for alias in node.names if name == "helpers"]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "helpers" and len(parts) > 1:
                yield node.lineno, parts[1], node in deferred


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_imports_only_earlier_stages(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own in ("__init__", "__main__", "cli"):
        return  # on top of all
    wrong = []
    for line, other, deferred in imported(path):
        if own == "data":
            wrong.append(f"{line}: data stands below all, and imports {other}")
        elif own == "audit":
            # `Audit.frame` shows, when it is called: the only step down.
            if (other in ("showing", "running") and not deferred) or other == "cli":
                wrong.append(f"{line}: audit imports {other}")
        elif own in STAGES:
            allowed = {"data", *STAGES[: STAGES.index(own) + 1]}
            if own in ("auditing", "showing", "running"):
                allowed |= {"audit"}  # what they keep, show and run
            if other not in allowed:
                wrong.append(f"{line}: {own} imports {other}")
        else:
            wrong.append(f"{own} is neither a stage nor a module on top")
    assert wrong == []


def test_every_stage_is_there() -> None:
    found = {path.relative_to(PACKAGE).parts[0] for path in modules() if path.parent != PACKAGE}
    assert found == set(STAGES)


HEAVY = (
    "pandas",
    "seaborn",
    "matplotlib",
    "IPython",
    "jupyter",
    "jupyter_core",
    "jupyter_client",
    "ipykernel",
)
HEAVY += ("papermill", "nbconvert", "nbformat", "numpy", "rich.markdown", "hypothesis", "xlsxwriter", "docx")


@pytest.mark.parametrize("options", [[], ["--json"], ["--lang", "en"]], ids=["table", "json", "en"])
def test_check_imports_nothing_heavy(options: list[str]) -> None:
    program = f"""
import sys
sys.argv = ["audit", "check", {str(DATA / "reports" / "anju-2023.txt")!r}, *{options!r}]
from helpers.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(sorted(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_cases_and_data_are_plain_yaml() -> None:
    """Any YAML reader loads the data: no tag of ours, no anchor."""
    for path in [*DATA.glob("*/*.yaml"), *(ROOT / "tests" / "rules").glob("*.yaml")]:
        yaml.safe_load(path.read_text(encoding="utf-8"))


def test_data_folder_is_that_of_the_checkout() -> None:
    assert data_folder().resolve() == DATA
