"""The reports of a batch handed to a cluster of Dask Distributed: bytes go with each, and its folder comes back as bytes.

What a worker does is `remote`.  A worker that dies loses nothing: the scheduler gives its reports to others.
"""

from __future__ import annotations

import logging
import pickle
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from helpers.findings.dispositions import read_reviews, reviews_folder
from helpers.reading.document import ReportError
from helpers.reading.names import folder_name
from helpers.reading.read import read_bytes
from helpers.running.batch import Batch, Done, Options, Told, audit_report, run_batch
from helpers.running.children import Ended, Task, TaskDied
from helpers.running.execute import NotebookError
from helpers.running.folder import discard_evidence, keep_evidence, publish, staging
from helpers.running.helper import Helper, on_worker
from helpers.running.manifest import environment, made_from
from helpers.running.remote import (
    BUDGET,
    OUT,
    PRIOR,
    REPORT,
    REVIEWS,
    RULES,
    OtherCode,
    Reply,
    Work,
)
from helpers.running.selection import Files
from helpers.running.storage import mirrored

ANSWER = 10.0  # seconds that a cluster has to answer
WITHOUT_WORKERS = 60.0  # seconds that one may be without workers: they may be starting again
_AHEAD = 2  # reports in flight for each thread of the workers
_ADDRESS = re.compile(r"(?:\w+://)?(?:\[[^\]\s]+\]|[^\s/:]+):\d{1,5}")


def run_batch_on(
    address: str,
    reports: Sequence[Path],
    options: Options,
    url: str,
    say: Callable[[str], None],
    warn: Callable[[str], None],
    recursive: bool = False,
    debug: bool = False,
) -> Batch:
    """As `run_batch`, by the workers of a cluster; into the output folder of the options, or where there is one, a URL."""
    if not url:
        return run_batch(reports, options, 1, say, warn, recursive, debug, partial(run_on, address))
    with mirrored(url) as top:

        def named(line: str) -> str:
            return line.replace(str(top), url.rstrip("/"))

        batch = run_batch(
            reports,
            replace(options, out=top),
            1,
            lambda line: say(named(line)),
            lambda line: warn(named(line)),
            recursive,
            debug,
            partial(run_on, address, url=url),
        )
        batch.failed = [replace(failure, error=named(failure.error)) for failure in batch.failed]
    return batch


def run_on(
    address: str, reports: Sequence[Files], options: Options, told: Told, url: str = ""
) -> Iterator[Ended]:
    """What came of each report, audited by the workers of the cluster whose scheduler has this address.

    With `url` they put the folders there, and the output folder here has as much of each as the pages over all need.

    Raises `ReportError` where it does not answer, has no workers, or workers that are not what this machine is.
    """
    if not reports:
        return
    with _client(address) as client, closing(Helper()) as finder:
        try:
            client.wait_for_workers(1, timeout=ANSWER)
        except TimeoutError:
            raise ReportError(f"{address}: has no worker; start one: dask worker {address}") from None
        try:
            yield from _run(client, address, reports, options, url, finder)
        except (_distributed().comm.CommClosedError, CancelledError) as error:
            raise ReportError(
                f"{address}: the cluster no longer answers; start it and run again with --resume"
            ) from error


def _run(
    client: Any, address: str, reports: Sequence[Files], options: Options, url: str, finder: Helper
) -> Iterator[Ended]:
    """As `run_on`, by a client; so many are in flight as keep the workers busy."""
    waiting = iter(reports)
    running: dict[Any, Task] = {}
    mine = environment()
    while True:
        most = _AHEAD * (sum(client.nthreads().values()) or 1)
        while len(running) < most and (files := next(waiting, None)) is not None:
            task = Task(partial(audit_report, files, options, 1), files)
            try:
                packed = pickle.dumps(_work(files, options, finder, url))
            except Exception as error:
                yield Ended(task, error=error)
            else:
                running[client.submit(on_worker, packed, mine, pure=False)] = task
        if not running:
            return
        for future in _ended(client, address, list(running)):
            yield _come_back(future, running.pop(future), options)


def _distributed() -> Any:
    """The package, which is imported only when a cluster is asked for: it is an extra."""
    return import_module("distributed")


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A client of the cluster; what runs there is given up when it closes."""
    if not _ADDRESS.fullmatch(address):
        raise ReportError(
            f"{address!r} is no address of a cluster; give its scheduler's, such as tcp://192.0.2.1:8786"
        )
    try:
        distributed = _distributed()
    except ImportError as error:
        raise ReportError(
            f"--cluster needs what is not installed ({error.name}): pip install 'final-accounts-audit[cluster]'"
        ) from error
    # What it logs of lost connections is said by an error, in a line.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    settings = {
        "distributed.comm.timeouts.connect": ANSWER,
        "distributed.admin.large-graph-warning-threshold": "1GB",
    }
    with import_module("dask").config.set(settings):
        try:
            client = distributed.Client(address, timeout=ANSWER)
        except (OSError, ValueError) as error:
            raise ReportError(
                f"{address}: no cluster answers there; start one (dask scheduler), or check the address"
            ) from error
        try:
            yield client
        finally:
            client.close(timeout=ANSWER)


def _ended(client: Any, address: str, futures: list[Any]) -> list[Any]:
    """Those of the futures that are done, at least one."""
    wait = _distributed().wait
    seen = time.monotonic()
    while True:
        try:
            return list(wait(futures, timeout=ANSWER, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            if client.nthreads():
                seen = time.monotonic()
            elif time.monotonic() - seen > WITHOUT_WORKERS:
                raise ReportError(
                    f"{address}: has no worker any longer; start one and run again with --resume"
                ) from None


def _come_back(future: Any, task: Task, options: Options) -> Ended:
    """What came of a report, its folder in its place; `ReportError` where a worker is not what this machine is."""
    try:
        reply = pickle.loads(future.result())
    except _distributed().KilledWorker as error:
        died = f"its worker died, {error.allowed_failures + 1} times"
        return Ended(task, error=TaskDied(died))
    except (_distributed().comm.CommClosedError, CancelledError):
        raise
    except Exception as error:
        why = " ".join(str(error.__cause__ or error).split())
        raise ReportError(
            f"the scheduler or a worker cannot run this package ({why}); install the same there"
        ) from error
    if isinstance(reply, OtherCode | ImportError):
        raise ReportError(f"a worker cannot be used: {reply}")
    if isinstance(reply, BaseException):
        return Ended(task, error=reply)
    try:
        return Ended(task, _put(reply, task.about, options))
    except Exception as error:
        return Ended(task, error=error)


def _put(reply: Reply, files: Files, options: Options) -> Done:
    """The folder of a report put in its place; raises what went wrong, its evidence there."""
    target, error = options.out / folder_name(files[0]), reply.error
    if error is not None and not isinstance(error, NotebookError):
        raise error
    if reply.done is None or not reply.done.is_kept:
        with staging(target) as new:
            for name, content in reply.contents.items():
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).write_bytes(content)
            if error is not None:
                evidence = new / error.evidence.name
                raise keep_evidence(NotebookError(error.notebook, error.problem, evidence), target)
            publish(new, target)
        discard_evidence(target)
    assert reply.done is not None
    return replace(reply.done, folder=target)


def _work(files: Files, options: Options, finder: Helper, url: str) -> Work:
    """What a worker needs for a report; `ReportError` where a file of it cannot be read."""
    contents = {REPORT / path.name: read_bytes(path) for path in files}
    origins = {REPORT: _before(files[0]), OUT: _before(options.out / "_")}
    there = Options(
        OUT, options.lang, reviews=REVIEWS, with_notebooks=options.with_notebooks, resume=options.resume
    )
    for role, named in ((PRIOR, options.prior), (BUDGET, options.budget)):
        if named is not None:
            contents[role / named.name], origins[role] = read_bytes(named), _before(named)
    there = replace(
        there,
        prior=options.prior and PRIOR / options.prior.name,
        budget=options.budget and BUDGET / options.budget.name,
    )
    if options.prior is None and (found := _prior(files, finder)):
        contents[REPORT / found.name] = read_bytes(found)
    if (rules := options.rules) is not None:
        top = rules if rules.is_dir() else rules.parent
        paths = sorted(rules.rglob("*.yaml")) if rules.is_dir() else [rules]
        contents |= {RULES / path.relative_to(top): path.read_bytes() for path in paths}
        there = replace(there, rules=RULES if rules.is_dir() else RULES / rules.name)
    if (folder := reviews_folder(options.reviews)) and (reviews := read_reviews(folder, files[0])).file:
        contents[REVIEWS / reviews.file] = reviews.content
    inputs = made_from(options.out / folder_name(files[0])) if options.resume and not url else None
    return Work(contents, tuple(REPORT / path.name for path in files), there, origins, inputs, url)


def _before(path: Path) -> str:
    """What a path says before the name of the file."""
    return str(path)[: -len(path.name)]


def _prior(files: Files, finder: Helper) -> Path | None:
    """Last year's report beside a report.  Here, and not by a worker, which would need all that may be it."""
    try:
        found: Path | None = finder.do("helpers.running.beside", "prior_beside", files)
    except TaskDied:  # The report, or what lies beside it, is too much for any process.
        return None
    return found
