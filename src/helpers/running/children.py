"""Tasks, each in a forked process of its own: what one does to memory, modules, folder or environment no other sees.

A child inherits what this process has imported and read, so it starts at once.  Where a process cannot fork, tasks
run in it, in threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import connection
from typing import Any, cast

# Apple's frameworks do not survive a fork without exec.
CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"
PATIENCE = 5.0  # seconds that a task which ends itself at a limit of its own has for it
_LOOK = 1.0  # seconds after which a child is looked at that says nothing
_STOPS = (signal.SIGINT, signal.SIGTERM)

Tell = Callable[[object], None]
_SET_PARENT_DEATH_SIGNAL = 1  # of prctl(2)


@dataclass(frozen=True)
class Limits:
    """What a task may take: `seconds` in all, `silent` seconds without a word of it, and further `bytes` of memory."""

    seconds: float | None = None
    silent: float | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Task:
    """Work to do: `action` is given a function that tells the parent something, and returns what can be pickled."""

    action: Callable[[Tell], object]
    about: Any = None


@dataclass(frozen=True)
class Ended:
    """What came of a task: its value, or the error that it raised or that ended it."""

    task: Task
    value: Any = None
    error: BaseException | None = None


class TaskDied(Exception):
    """A task's process ended before the task did; the message says how."""


@dataclass
class _Child:
    """A running task: its process, what it says, and since when."""

    task: Task
    pid: int
    says: connection.Connection
    started: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)

    def overdue(self, limits: Limits) -> str:
        """Which limit it is over, in words, or nothing."""
        now = time.monotonic()
        if limits.seconds is not None and now - self.started > limits.seconds:
            return f"ended after {limits.seconds:.0f} s"
        if limits.silent is not None and now - self.heard > limits.silent:
            return f"ended after {limits.silent:.0f} s in one step"
        return ""

    def is_gone(self) -> bool:
        """True where its process ended and left nothing to hear; what it started may hold the line open."""
        try:
            exited = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        except ChildProcessError:
            return True
        return exited is not None and not self.says.poll()


def run_tasks(
    tasks: Iterable[Task],
    jobs: int,
    limits: Limits | None = None,
    told: Callable[[Task, Any], None] | None = None,
) -> Iterator[Ended]:
    """What came of each task, in the order in which they end; at most `jobs` run at once, and are taken as they start.

    `told` is given what tasks tell.  A caller that stops listening ends the tasks that still run.
    """
    if jobs < 1:
        raise ValueError(f"jobs is {jobs}; it must be at least 1")
    run = _run_forked if CAN_FORK else _run_in_threads
    yield from run(iter(tasks), jobs, limits or Limits(), told or (lambda task, said: None))


def _run_forked(
    tasks: Iterator[Task], jobs: int, limits: Limits, told: Callable[[Task, Any], None]
) -> Iterator[Ended]:
    running: dict[connection.Connection, _Child] = {}
    # What was allocated until now is not walked by the collectors of the children, and so stays shared.
    gc.freeze()
    try:
        while True:
            while len(running) < jobs and (task := next(tasks, None)) is not None:
                with _unstopped() as stops:
                    child = _fork(task, limits, stops)
                    running[child.says] = child
            if not running:
                return
            for says in connection.wait(list(running), _patience(running.values(), limits)):
                assert isinstance(says, connection.Connection)
                ended = _hear(running[says], told)
                if ended is not None:
                    del running[says]
                    yield ended
            for child in list(running.values()):
                why = child.overdue(limits)
                if why or child.is_gone():
                    how = _end(child)
                    del running[child.says]
                    yield Ended(child.task, error=TaskDied(why or how))
    finally:
        for child in running.values():
            _end(child)
        gc.unfreeze()


def _patience(running: Iterable[_Child], limits: Limits) -> float:
    """Seconds until the next limit of a running task, or until each is looked at."""
    ends = [time.monotonic() + _LOOK]
    for child in running:
        ends += [child.started + limits.seconds] if limits.seconds is not None else []
        ends += [child.heard + limits.silent] if limits.silent is not None else []
    return max(0.01, min(ends) - time.monotonic())


@contextlib.contextmanager
def _unstopped() -> Iterator[set[signal.Signals]]:
    """Hold back requests to stop, so that no child is forked that nobody knows of; those held back before."""
    before = cast("set[signal.Signals]", signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS))
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _fork(task: Task, limits: Limits, stops: set[signal.Signals]) -> _Child:
    """The task in a child, which is the first of a process group and holds back only these requests to stop."""
    says, mouth = connection.Pipe(duplex=False)
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        mouth.close()
        return _Child(task, pid, says)
    status = 1
    try:
        says.close()
        os.setpgid(0, 0)
        die_with(parent)
        for number in _STOPS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, stops)
        _limit_memory(limits.bytes)
        _speak(task, mouth)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _speak(task: Task, mouth: connection.Connection) -> None:
    """Do the task, and send what it tells and what came of it, if anybody still listens."""
    try:
        last = _packed("value", task.action(lambda said: mouth.send_bytes(_packed("told", said))))
    except BaseException as error:
        last = pickle.dumps(("error", _sendable(error)))
    with contextlib.suppress(BrokenPipeError):
        mouth.send_bytes(last)


def _packed(kind: str, said: object) -> bytes:
    """What a child says, for the way to its parent; `TypeError` where it cannot be pickled."""
    try:
        return pickle.dumps((kind, said))
    except Exception as error:
        raise _not_handed_over(error) from error


def _not_handed_over(error: Exception) -> TypeError:
    return TypeError(f"what a task came to cannot be handed over: {type(error).__name__}: {error}")


def _sendable(error: BaseException) -> BaseException:
    """The error with its traceback as a note; one that cannot be pickled as another that says the same."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        said = RuntimeError(f"{type(error).__name__}: {error}")
        said.add_note("".join(error.__notes__))
        return said
    return error


def _hear(child: _Child, told: Callable[[Task, Any], None]) -> Ended | None:
    """Take one message of a child; what came of its task, where that was the last one."""
    try:
        packed = child.says.recv_bytes()
    except (EOFError, OSError):
        return Ended(child.task, error=TaskDied(_end(child)))
    try:
        kind, said = pickle.loads(packed)
    except Exception as error:
        _end(child)
        return Ended(child.task, error=_not_handed_over(error))
    child.heard = time.monotonic()
    if kind == "told":
        told(child.task, said)
        return None
    _end(child, is_done=True)
    return Ended(child.task, value=said) if kind == "value" else Ended(child.task, error=said)


def _end(child: _Child, is_done: bool = False) -> str:
    """End a child and whatever it started; how its process ended, in words."""
    child.says.close()
    if not is_done:
        # It may not have got as far as to have a group of its own.
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
    try:
        # The group keeps its number until its first process is waited for.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
    except ChildProcessError:
        return "its process was gone"
    if status < 0:
        return f"its process was ended by {signal.Signals(-status).name}"
    return f"its process ended with status {status}"


def die_with(parent: int) -> None:
    """Have this process killed when the one that forked it ends, however that is; where the system can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _limit_memory(further: int | None) -> None:
    """Let this process have so many further bytes of address space; where the system says what it has."""
    if further is None or sys.platform != "linux":
        return
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        held = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = held + further if hard == resource.RLIM_INFINITY else min(held + further, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _run_in_threads(
    tasks: Iterator[Task], jobs: int, limits: Limits, told: Callable[[Task, Any], None]
) -> Iterator[Ended]:
    """As forked, without limits: nothing ends a thread."""
    running: dict[Future[Any], Task] = {}

    def start(task: Task) -> None:
        running[pool.submit(task.action, partial(told, task))] = task

    with ThreadPoolExecutor(jobs) as pool:
        try:
            while True:
                while len(running) < jobs and (task := next(tasks, None)) is not None:
                    start(task)
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    task, error = running.pop(future), future.exception()
                    yield Ended(task, error=error) if error else Ended(task, value=future.result())
        finally:
            pool.shutdown(cancel_futures=True)
