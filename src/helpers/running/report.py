"""One report audited into its output folder (DESIGN.md, Contracts)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path

import nbformat

from helpers.audit import Audit
from helpers.auditing.store import kept_audit
from helpers.data import package_folder
from helpers.findings.finding import MATERIALITY, Finding
from helpers.reading.document import ReportError
from helpers.reading.join import SEPARATOR, files_of, sha256_of
from helpers.reading.names import folder_name
from helpers.reading.read import read_bytes
from helpers.running.children import CAN_FORK, PATIENCE, Limits, Task, TaskDied, Tell, run_tasks
from helpers.running.execute import (
    CELL_SECONDS,
    IN_PROCESS,
    WARM,
    NotebookError,
    Scalar,
    ended_early,
    execute,
    is_thin,
)
from helpers.running.folder import discard_evidence, keep_evidence, publish, staging, write_text
from helpers.running.in_process import enter
from helpers.running.manifest import inputs_of, is_current, write_manifest
from helpers.running.warm import warm_up
from helpers.showing.charts import prepare
from helpers.showing.evidence_paper import EVIDENCE, evidence_name, evidence_paper
from helpers.showing.pages import OTHER, Pages
from helpers.showing.projects import Annexes
from helpers.showing.source_files import source_files
from helpers.showing.workbook import workbook
from helpers.showing.workpapers import PORTFOLIO, PROJECT

JOBS = 2
RULES_VARIABLE = "AUDIT_RULES"
REVIEWS_VARIABLE = "AUDIT_REVIEWS"
OTHER_VARIABLES = {"prior": "AUDIT_PRIOR", "budget": "AUDIT_BUDGET"}
WORKBOOK, JSON = "findings.xlsx", ("audit.json", "findings.json")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Paper:
    """A notebook to execute: the stem of what is made from it, and the parameters that it alone is given."""

    notebook: Path
    stem: str
    parameters: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A finished audit and the folder that holds it; `is_kept` where it was complete before."""

    audit: Audit
    folder: Path
    is_kept: bool = False


def notebooks_folder() -> Path:
    """The folder of the notebooks: inside the package when installed, else of the checkout."""
    packaged = package_folder() / "notebooks"
    return packaged if packaged.is_dir() else package_folder().parents[1] / "notebooks"


def run_report(
    report: str | Path | Sequence[str | Path],
    out: str | Path,
    lang: str = "zh",
    rules: str | Path | None = None,
    materiality: Decimal | str = MATERIALITY,
    progress: Progress | None = None,
    notebooks: Path | None = None,
    prior: str | Path | None = None,
    budget: str | Path | None = None,
    reviews: str | Path | None = None,
    jobs: int = JOBS,
    with_notebooks: bool = True,
    resume: bool = False,
) -> Run:
    """The audit of `report` in the folder `out`/<report stem>, which is whole or as it was before.

    The folder of a report in several files is called like the first.  `progress` is told the name, parts done and
    parts in all; `jobs` of them are made at once, each in a process of its own.  With `resume`, a folder that was made
    from just these inputs and is whole stays as it is.  Raises `ReportError` or `DataError` before anything is written;
    `NotebookError` where a notebook fails, which leaves it in `out`/<stem>.failed.
    """
    paths, out = files_of(report), Path(out)
    for path in paths:
        _check_name(path)
    done = kept_audit(paths, rules, materiality, prior, budget, reviews)
    papers = _papers(notebooks or notebooks_folder(), done) if with_notebooks else []
    target = out / folder_name(paths[0])
    shown = {"lang": lang, "materiality": str(materiality)}
    sources = dict.fromkeys(paper.notebook for paper in papers)
    inputs = inputs_of(done, paths, sources, None if rules is None else Path(rules), shown)
    if resume and is_current(target, inputs):
        return Run(done, target, is_kept=True)
    parameters = {"report": "\n".join(path.name for path in paths), **shown, "out": ""}
    with staging(target) as new:
        work, env = _workplace(new.parent.resolve() / "work", paths, done)
        env[RULES_VARIABLE] = "" if rules is None else str(Path(rules).resolve())
        if not all(is_thin(paper.notebook) for paper in papers):
            warm_up(env)
        parts = _Parts(new.resolve(), done, paths, papers, lang, parameters, work, env)
        try:
            _make(parts, jobs, progress)
        except NotebookError as error:
            raise keep_evidence(error, target) from error
        write_manifest(new, inputs, done)
        publish(new, target)
    discard_evidence(target)
    return Run(done, target)


def _papers(folder: Path, done: Audit) -> list[Paper]:
    """The notebooks on a report, by name; that of a project once for each project of the annexes, by number."""
    found = sorted(path for path in folder.glob("[!.]*.ipynb") if path.stem != PORTFOLIO.stem)
    if not found:
        raise ReportError(f"{folder}: no notebook here; install the package again")
    papers = []
    for notebook in found:
        if notebook.stem == PROJECT.stem:
            projects = Annexes(done).with_page
            papers += [Paper(notebook, one.stem, {"project": one.number}) for one in projects]
        else:
            papers.append(Paper(notebook, notebook.stem))
    return papers


def _check_name(path: Path) -> None:
    try:
        path.name.encode("utf-8")
    except UnicodeEncodeError:
        raise ReportError(f"{path}: the file name is not readable text; rename the file") from None
    if "\n" in path.name:
        raise ReportError(f"{path}: the file name goes over two lines; rename the file")


def _workplace(folder: Path, report: Sequence[Path], done: Audit) -> tuple[Path, dict[str, str]]:
    """A folder that holds the files of the report alone, for notebooks to run in, and their environment variables.

    Beside the report itself may lie anything that was downloaded with it, a pandas.py that Python would import.  What
    the report is held against has a folder of its own, as notebooks must not look for it where the audit did.
    """
    contents = _unchanged(report, done.sha256)
    others = [(other, _unchanged([other.path], other.sha256)[0]) for other in done.compared]
    work = folder / "report"
    work.mkdir(parents=True)
    for path, content in zip(report, contents, strict=True):
        (work / path.name).write_bytes(content)
    # No start-up script or setting of the user's takes part; nor does the order of a set.
    env = {"IPYTHONDIR": str(folder / "ipython"), "PYTHONHASHSEED": "0"}
    env |= dict.fromkeys(OTHER_VARIABLES.values(), "")
    for other, bytes_ in others:
        path = folder / other.role / other.file
        path.parent.mkdir()
        path.write_bytes(bytes_)
        env[OTHER_VARIABLES[other.role]] = str(path)
    reviews = folder / "reviews"
    reviews.mkdir()
    if done.reviews.file:
        (reviews / done.reviews.file).write_bytes(done.reviews.content)
    env[REVIEWS_VARIABLE] = str(reviews)
    return work, env


def _unchanged(paths: Sequence[Path], sha256: str) -> list[bytes]:
    """The bytes of the files of a report that was audited; `ReportError` where they are others now."""
    contents = [read_bytes(path) for path in paths]
    if sha256_of(contents) != sha256:
        raise ReportError(f"{SEPARATOR.join(map(str, paths))}: changed while it was being audited; run again")
    return contents


@dataclass(frozen=True)
class _Parts:
    """What the output folder is made of, each part by a task of its own that writes its files."""

    folder: Path
    audit: Audit
    paths: Sequence[Path]
    papers: Sequence[Paper]
    lang: str
    parameters: Mapping[str, Scalar]
    work: Path
    env: Mapping[str, str]

    def tasks(self) -> Iterator[Task]:
        """The tasks; those of papers are about them.

        What papers share is prepared as the first of them is taken, while the source is being made.
        """
        yield Task(self._source)
        if self.papers:
            prepare(self.audit)
        for paper in self.papers:
            yield Task(partial(self._paper, paper), paper)
        yield Task(self._workbook)
        yield Task(self._evidence)
        yield Task(self._json)

    def runs_of(self, paper: Paper) -> list[dict[str, Scalar]]:
        """The parameters of a paper in each language, that of the report's pages first."""
        given = {**self.parameters, **paper.parameters}
        return [given, {**given, "lang": OTHER[self.lang]}]

    def executed(self, paper: Paper) -> Path:
        """Where the executed notebook stands."""
        return self.folder / "notebooks" / f"{paper.stem}.ipynb"

    @property
    def _stems(self) -> tuple[str, ...]:
        return tuple(paper.stem for paper in self.papers)

    def _paper(self, paper: Paper, tell: Tell) -> None:
        """The notebook executed in both languages, and its page."""
        first, *again = self.runs_of(paper)
        output = self.executed(paper)
        if CAN_FORK and is_thin(paper.notebook):
            enter(self.work, self.env)
            engine = IN_PROCESS
            options = {"seconds": CELL_SECONDS, "told": lambda index, cell: tell((index, cell))}
        else:
            engine, options = WARM, {}
        nodes = execute(paper.notebook, output, first, self.work, self.env, engine, again, **options)
        pages = Pages(self.audit, self._stems, self.lang)
        words = pages.workpaper(paper.stem, dict(zip((self.lang, OTHER[self.lang]), nodes, strict=True)))
        write_text(output.with_suffix(".html"), words)

    def _source(self, _: Tell) -> None:
        """The report's own files with what was found in them, the page of the source, and the index, which lists all."""
        contents = _unchanged(self.paths, self.audit.sha256)
        source = source_files([path.name for path in self.paths], contents, self.audit)
        self._write(source.files)
        pictures = {page.path for page in source.pages}
        own = [WORKBOOK, *map(_evidence_path, self._evidenced), *source.files.keys() - pictures]
        pages = Pages(self.audit, self._stems, self.lang, source.pages, [*sorted(own), *JSON])
        write_text(self.folder / "source.html", pages.source())
        write_text(self.folder / "index.html", pages.index())

    def _workbook(self, _: Tell) -> None:
        self._write({WORKBOOK: workbook(self.audit, self.lang)})

    @property
    def _evidenced(self) -> list[Finding]:
        return [finding for finding in self.audit.findings if finding.severity == "high"]

    def _evidence(self, _: Tell) -> None:
        self._write({_evidence_path(f): evidence_paper(self.audit, f, self.lang) for f in self._evidenced})

    def _json(self, _: Tell) -> None:
        content = json.loads(text := self.audit.to_json())
        findings = {"report": content["report"], "findings": content["findings"]}
        words = json.dumps(findings, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        for name, said in zip(JSON, (text, words), strict=True):
            write_text(self.folder / name, said)

    def _write(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)


def _evidence_path(finding: Finding) -> str:
    return f"{EVIDENCE}/{evidence_name(finding)}"


def _make(parts: _Parts, jobs: int, progress: Progress | None) -> None:
    """Every part made; of notebooks that fail, the first in their order is the error."""
    name = str(parts.parameters["report"]).replace("\n", SEPARATOR)
    if parts.papers:
        (parts.folder / "notebooks").mkdir()
    begun: dict[str, dict[int, nbformat.NotebookNode]] = {paper.stem: {} for paper in parts.papers}
    failed: dict[int, NotebookError] = {}
    number = 0

    def told(task: Task, said: tuple[int, nbformat.NotebookNode]) -> None:
        begun[task.about.stem][said[0]] = said[1]

    def report() -> None:
        if progress:
            progress(name, number, len(parts.papers))

    report()
    limits = Limits(silent=CELL_SECONDS + PATIENCE)
    tasks = (task for task in parts.tasks() if not failed)
    for ended in run_tasks(tasks, jobs, limits, told):
        error, paper = ended.error, ended.task.about
        if paper is not None and isinstance(error, TaskDied):
            runs = parts.runs_of(paper)
            error = ended_early(paper.notebook, parts.executed(paper), runs, begun[paper.stem], str(error))
        if isinstance(error, NotebookError):
            failed[parts.papers.index(paper)] = error
        elif error is not None:
            raise error
        elif paper is not None:
            number += 1
            report()
    if failed:
        raise failed[min(failed)]
