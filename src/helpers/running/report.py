"""One report audited into its output folder (DESIGN.md, Contracts)."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import nbformat

from helpers.audit import Audit, audit
from helpers.findings.finding import MATERIALITY
from helpers.reading.document import ReportError
from helpers.reading.join import SEPARATOR, files_of, sha256_of
from helpers.reading.names import FAILED, folder_name
from helpers.reading.read import read_bytes
from helpers.running.execute import NotebookError, Scalar, execute
from helpers.showing.evidence_paper import evidence_name, evidence_paper
from helpers.showing.pages import OTHER, Pages
from helpers.showing.projects import Annexes
from helpers.showing.source_files import source_files
from helpers.showing.workbook import workbook
from helpers.showing.workpapers import PROJECT

KERNELS = 2
RULES_VARIABLE = "AUDIT_RULES"
REVIEWS_VARIABLE = "AUDIT_REVIEWS"
OTHER_VARIABLES = {"prior": "AUDIT_PRIOR", "budget": "AUDIT_BUDGET"}
Progress = Callable[[str, int, int], None]

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Paper:
    """A notebook to execute: the stem of what is made from it, and the parameters that it alone is given."""

    notebook: Path
    stem: str
    parameters: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A finished audit and the folder that holds it."""

    audit: Audit
    folder: Path


def notebooks_folder() -> Path:
    """The folder of the notebooks: inside the package when installed, else of the checkout."""
    packaged = _PACKAGE / "notebooks"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "notebooks"


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
) -> Run:
    """The audit of `report` in the folder `out`/<report stem>, which is whole or as it was before.

    The folder of a report in several files is called like the first.  `progress` is told the name, notebooks done and
    notebooks in all.  Raises `ReportError` or `DataError` before anything is written; `NotebookError` where a notebook
    fails, which leaves it in `out`/<stem>.failed.
    """
    paths, out = files_of(report), Path(out)
    for path in paths:
        _check_name(path)
    done = audit(paths, rules, materiality, prior, budget, reviews)
    papers = _papers(notebooks or notebooks_folder(), done)
    target = out / folder_name(paths[0])
    parameters = {
        "report": "\n".join(path.name for path in paths),
        "lang": lang,
        "materiality": str(materiality),
        "out": "",
    }
    with _staging(target) as new:
        with _workplace(paths, done) as (work, env):
            env[RULES_VARIABLE] = "" if rules is None else str(Path(rules).resolve())
            try:
                executed = _execute_all(papers, new / "notebooks", parameters, work, env, progress)
            except NotebookError as error:
                raise _keep_evidence(error, target) from error
        _write(new, done, paths, executed, lang)
        _publish(new, target)
    _discard(_failed(target))
    return Run(done, target)


def _papers(folder: Path, done: Audit) -> list[Paper]:
    """The notebooks of the folder, by name; that of a project once for each project of the annexes, by number."""
    found = sorted(folder.glob("[!.]*.ipynb"))
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


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """An empty folder beside the target, gone afterwards unless it was published."""
    if target.is_symlink() or (target.exists() and not _is_audit(target)):
        raise ReportError(
            f"{target}: exists and is not the output of an audit; move it, or choose another --out"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".audit-", dir=target.parent))
    except OSError as error:
        raise ReportError(
            f"{target.parent}: cannot be written to ({error.strerror}); choose another --out"
        ) from error
    try:
        new = folder / "new"
        (new / "notebooks").mkdir(parents=True)
        yield new
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_audit(folder: Path) -> bool:
    return folder.is_dir() and ((folder / "audit.json").is_file() or not any(folder.iterdir()))


@contextmanager
def _workplace(report: Sequence[Path], done: Audit) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder that holds the files of the report alone, for kernels to run in, and their environment variables.

    Beside the report itself may lie anything that was downloaded with it, a pandas.py that Python would import.  What
    the report is held against has a folder of its own, as kernels must not look for it where the audit did.
    """
    contents = _unchanged(report, done.sha256)
    others = [(other, _unchanged([other.path], other.sha256)[0]) for other in done.compared]
    with tempfile.TemporaryDirectory(prefix="audit-", ignore_cleanup_errors=True) as folder:
        work = Path(folder, "report")
        work.mkdir()
        for path, content in zip(report, contents, strict=True):
            (work / path.name).write_bytes(content)
        # No start-up script or setting of the user's takes part; nor does the order of a set.
        env = {"IPYTHONDIR": str(Path(folder, "ipython")), "PYTHONHASHSEED": "0"}
        env |= dict.fromkeys(OTHER_VARIABLES.values(), "")
        for other, bytes_ in others:
            path = Path(folder, other.role, other.file)
            path.parent.mkdir()
            path.write_bytes(bytes_)
            env[OTHER_VARIABLES[other.role]] = str(path)
        reviews = Path(folder, "reviews")
        reviews.mkdir()
        if done.reviews.file:
            (reviews / done.reviews.file).write_bytes(done.reviews.content)
        env[REVIEWS_VARIABLE] = str(reviews)
        yield work, env


def _unchanged(paths: Sequence[Path], sha256: str) -> list[bytes]:
    """The bytes of the files of a report that was audited; `ReportError` where they are others now."""
    contents = [read_bytes(path) for path in paths]
    if sha256_of(contents) != sha256:
        raise ReportError(f"{SEPARATOR.join(map(str, paths))}: changed while it was being audited; run again")
    return contents


def _execute_all(
    papers: Sequence[Paper],
    folder: Path,
    parameters: Mapping[str, Scalar],
    work: Path,
    env: Mapping[str, str],
    progress: Progress | None,
) -> dict[str, dict[str, nbformat.NotebookNode]]:
    """The notebooks by stem, executed in each language; the first that failed, by name, is the error."""
    name = str(parameters["report"]).replace("\n", SEPARATOR)
    lang = str(parameters["lang"])
    other = OTHER[lang]
    if progress:
        progress(name, 0, len(papers))
    with ThreadPoolExecutor(KERNELS) as pool:
        futures = {
            pool.submit(
                execute,
                paper.notebook,
                folder / f"{paper.stem}.ipynb",
                given := {**parameters, **paper.parameters},
                work,
                env,
                again=[{**given, "lang": other}],
            ): paper
            for paper in papers
        }
        try:
            for number, future in enumerate(as_completed(futures), 1):
                if future.exception() is not None:
                    break
                if progress:
                    progress(name, number, len(papers))
        finally:
            pool.shutdown(cancel_futures=True)
    return {
        paper.stem: dict(zip((lang, other), future.result(), strict=True))
        for future, paper in futures.items()
        if not future.cancelled()
    }


def _write(
    folder: Path,
    done: Audit,
    paths: Sequence[Path],
    executed: Mapping[str, Mapping[str, nbformat.NotebookNode]],
    lang: str,
) -> None:
    """Write the audit, its pages, its papers, and the report's own files with what was found in them."""
    source = source_files([path.name for path in paths], _unchanged(paths, done.sha256), done)
    pages = Pages(done, tuple(executed), lang, source.pages)
    content = json.loads(text := done.to_json())
    findings = {"report": content["report"], "findings": content["findings"]}
    texts = {
        "index.html": pages.index(),
        "source.html": pages.source(),
        "audit.json": text,
        "findings.json": json.dumps(findings, ensure_ascii=False, sort_keys=True, indent=1) + "\n",
        **{f"notebooks/{stem}.html": pages.workpaper(stem, nodes) for stem, nodes in executed.items()},
    }
    for name, words in texts.items():
        write_text(folder / name, words)
    files = {
        "findings.xlsx": workbook(done, lang),
        **{
            f"evidence/{evidence_name(finding)}": evidence_paper(done, finding, lang)
            for finding in done.findings
            if finding.severity == "high"
        },
        **source.files,
    }
    for name, content_ in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content_)


def write_text(path: Path, words: str) -> None:
    """Write a text file that has the same bytes on every system."""
    path.write_text(words, encoding="utf-8", newline="\n")


def _publish(new: Path, target: Path) -> None:
    """Put `new` where `target` is; the old one goes only when the new one stands."""
    old = new.parent / "old"
    replaced = target.exists()
    if replaced:
        os.replace(target, old)
    try:
        os.replace(new, target)
    except OSError:
        if replaced:
            os.replace(old, target)
        raise


def _failed(target: Path) -> Path:
    return target.with_name(target.name + FAILED)


def _keep_evidence(error: NotebookError, target: Path) -> NotebookError:
    """The error, its notebook now in a folder that stays."""
    folder = _failed(target)
    _discard(folder)
    folder.mkdir(exist_ok=True)
    kept = folder / error.evidence.name
    shutil.move(error.evidence, kept)
    return NotebookError(error.notebook, error.problem, kept)


def _discard(folder: Path) -> None:
    """Remove the evidence of an earlier failure, if there is any."""
    if folder.is_dir() and not folder.is_symlink():
        for notebook in folder.glob("*.ipynb"):
            notebook.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
