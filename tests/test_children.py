"""Tasks in processes of their own: what comes back of each, whatever it does to itself, and that none is left over."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.running import children
from helpers.running.children import CAN_FORK, Ended, Limits, Task, TaskDied, run_tasks

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="processes cannot fork here")


class TwoPart(Exception):
    """An error that cannot be unpickled, whoever has taught pickle to make errors without their words."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), ("one word",)


class Unread:
    """A value that can be pickled and not unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _refuse, ()


def _refuse() -> None:
    raise ValueError("not to be had")


def run(*actions: Callable[..., object], jobs: int = 1, limits: Limits | None = None) -> list[Ended]:
    """What came of these actions, in the order in which they were given."""
    ended = list(run_tasks((Task(action, n) for n, action in enumerate(actions)), jobs, limits))
    return sorted(ended, key=lambda one: one.task.about)


def one(action: Callable[..., object], limits: Limits | None = None) -> Ended:
    """What came of this action."""
    (ended,) = run(action, limits=limits)
    return ended


def asleep(tell: object = None) -> None:
    time.sleep(600)


def is_running(pid: int) -> bool:
    """True where there is such a process, and not only what is left of one."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; a test that waits in vain fails."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail("waited in vain")


@pytest.fixture
def in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "CAN_FORK", False)


# ---------------------------------------------------------------------------------------- what comes back


def test_a_task_comes_back_with_its_value_and_what_it_does_to_its_process_stays_there(monkeypatch, tmp_path):
    monkeypatch.setenv("SEEN", "before")

    def act(tell: Callable[[object], None]) -> tuple[int, str]:
        os.environ["SEEN"] = "inside"
        os.chdir(tmp_path)
        tell({"half": os.environ["SEEN"]})
        return os.getpid(), os.getcwd()

    said: list[tuple[int, object]] = []
    here = os.getcwd()
    ended = list(
        run_tasks([Task(act, 7), Task(act, 8)], 1, told=lambda task, it: said.append((task.about, it)))
    )
    assert [e.task.about for e in ended] == [7, 8] and [e.error for e in ended] == [None, None]
    assert {e.value[1] for e in ended} == {str(tmp_path)}
    assert len({os.getpid(), *(e.value[0] for e in ended)}) == 3
    assert said == [(7, {"half": "inside"}), (8, {"half": "inside"})]
    assert (os.environ["SEEN"], os.getcwd()) == ("before", here)


def test_what_is_large_comes_whole():
    said: list[object] = []

    def act(tell: Callable[[object], None]) -> bytes:
        tell("甲" * 1_000_000)
        return b"x" * 5_000_000

    (ended,) = run_tasks([Task(act)], 1, told=lambda _, it: said.append(it))
    assert (ended.value, said) == (b"x" * 5_000_000, ["甲" * 1_000_000])


def test_an_error_comes_with_its_traceback_as_a_note():
    def act(_: object) -> None:
        raise FileNotFoundError(2, "No such file", "甲.txt")

    error = one(act).error
    assert type(error) is FileNotFoundError and (error.errno, error.filename) == (2, "甲.txt")
    (note,) = error.__notes__
    assert note.startswith("Traceback") and "in act" in note


def test_an_error_that_cannot_be_handed_over_comes_as_one_that_says_the_same():
    class Own(Exception):
        pass

    def local(_: object) -> None:
        raise Own("甲")

    def two_part(_: object) -> None:
        raise TwoPart("甲", "乙")

    for action, says in ((local, "Own: 甲"), (two_part, "TwoPart: 甲 乙")):
        error = one(action).error
        assert type(error) is RuntimeError and str(error) == says
        assert f"in {action.__name__}" in error.__notes__[0]


@pytest.mark.parametrize("value", [lambda: 0, threading.Lock(), Unread()], ids=["local", "lock", "unread"])
@pytest.mark.parametrize("way", ["returned", "told"])
def test_a_value_that_cannot_be_handed_over_is_an_error_and_stops_no_other(way, value):
    def act(tell: Callable[[object], None]) -> object:
        if way == "told":
            tell(value)
        return value

    bad, good = run(act, lambda _: "good")
    assert type(bad.error) is TypeError and "cannot be handed over" in str(bad.error)
    assert (good.value, good.error) == ("good", None)


@pytest.mark.parametrize(
    "error", [SystemExit(0), SystemExit(5), KeyboardInterrupt(), BrokenPipeError(32, "pipe")]
)
def test_what_would_end_a_program_or_a_conversation_is_an_error_as_any(error):
    def act(_: object) -> None:
        raise error

    found = one(act).error
    assert type(found) is type(error) and found.args == error.args


def test_what_a_task_prints_is_not_lost():
    program = """
from helpers.running.children import Task, run_tasks
print("before")
list(run_tasks([Task(lambda tell: print("inside"))], 1))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("before\ninside\n", "")


# -------------------------------------------------------------------------------------- tasks that go wrong


@pytest.mark.parametrize(
    ("death", "says"),
    [
        (lambda: os._exit(0), "its process ended with status 0"),
        (lambda: os._exit(7), "its process ended with status 7"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "its process was ended by SIGKILL"),
        (lambda: os.kill(os.getpid(), signal.SIGUSR1), "its process was ended by SIGUSR1"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "its process was ended by SIGTERM"),
        (lambda: os.kill(os.getpid(), signal.SIGINT), "its process was ended by SIGINT"),
    ],
)
def test_a_task_whose_process_ends_is_said_and_stops_no_other(death, says):
    dead, good = run(lambda _: death(), lambda _: "good", jobs=2)
    assert type(dead.error) is TaskDied and str(dead.error) == says
    assert (good.value, good.error) == ("good", None)


def test_a_task_that_dies_while_what_it_started_lives_is_said_all_the_same(tmp_path):
    """What it forked holds the way to the parent open, so that its end cannot be heard."""
    note = tmp_path / "pid"

    def act(_: object) -> None:
        if pid := os.fork():
            note.write_text(str(pid))
            os._exit(3)
        asleep()

    assert str(one(act).error) == "its process ended with status 3"
    until(lambda: not is_running(int(note.read_text())))


def test_what_a_task_started_and_left_ends_with_it():
    def act(_: object) -> int:
        return subprocess.Popen(["sleep", "600"]).pid

    pid = one(act).value
    until(lambda: not is_running(pid))


def test_a_task_over_its_time_is_ended_and_what_it_started_too(tmp_path):
    note = tmp_path / "pid"

    def act(_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note.write_text(str(subprocess.Popen(["sleep", "600"]).pid))
        asleep()

    late, good = run(act, lambda _: "good", limits=Limits(seconds=1))
    assert type(late.error) is TaskDied and str(late.error) == "ended after 1 s"
    assert (good.value, good.error) == ("good", None)
    until(lambda: not is_running(int(note.read_text())))


def test_only_a_task_that_says_nothing_is_ended_as_silent():
    def speaks(tell: Callable[[object], None]) -> str:
        for _ in range(30):
            tell("still here")
            time.sleep(0.1)
        return "done"

    silent, speaking = run(asleep, speaks, jobs=2, limits=Limits(silent=2))
    assert str(silent.error) == "ended after 2 s in one step"
    assert (speaking.value, speaking.error) == ("done", None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory is held")
def test_a_task_over_its_memory_is_an_error_of_memory():
    def act(_: object) -> int:
        return len(bytearray(400_000_000))

    assert type(one(act, Limits(bytes=100_000_000)).error) is MemoryError
    assert one(act, Limits(bytes=800_000_000)).value == 400_000_000


# ------------------------------------------------------------------------------------------ how many, and when


def test_at_most_so_many_run_at_once_and_tasks_are_taken_as_they_start(tmp_path):
    taken: list[int] = []

    def act(_: object) -> int:
        mine = tmp_path / str(os.getpid())
        mine.touch()
        time.sleep(0.05)
        count = len(list(tmp_path.iterdir()))
        mine.unlink()
        return count

    def tasks() -> Iterator[Task]:
        for number in range(9):
            taken.append(number)
            yield Task(act, number)

    counts = []
    for done, ended in enumerate(run_tasks(tasks(), 3), 1):
        counts.append(ended.value)
        assert len(taken) <= done + 3
    assert max(counts) <= 3 and taken == list(range(9)) and len(counts) == 9


def test_there_is_at_least_one_job():
    for jobs in (0, -1):
        with pytest.raises(ValueError, match=f"jobs is {jobs}; it must be at least 1"):
            list(run_tasks([], jobs))
    assert list(run_tasks([], 64)) == []
    assert [ended.value for ended in run(lambda _: 1, lambda _: 2, jobs=64)] == [1, 2]


def test_a_caller_that_stops_listening_ends_what_runs(tmp_path):
    def act(_: object) -> None:
        (tmp_path / str(os.getpid())).touch()
        asleep()

    def quick(_: object) -> None:
        until(lambda: len(list(tmp_path.iterdir())) == 2)

    running = run_tasks([Task(act), Task(act), Task(quick)], 3)
    assert next(running).error is None
    running.close()  # type: ignore[attr-defined]
    pids = [int(path.name) for path in tmp_path.iterdir()]
    assert len(pids) == 2 and not any(map(is_running, pids))
    for pid in pids:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_what_the_listener_raises_ends_what_runs(tmp_path):
    def act(tell: Callable[[object], None]) -> None:
        tell(os.getpid())
        asleep()

    heard = []

    def told(_: Task, pid: int) -> None:
        heard.append(pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_tasks([Task(act)], 1, told=told))
    assert not is_running(heard[0])


# ------------------------------------------------------------------------------------- who is killed with whom

NESTED = """
import os, sys, time
from helpers.running.children import Task, run_tasks

def inner(tell):
    tell(os.getpid())
    time.sleep(600)

def outer(tell):
    tell(os.getpid())
    list(run_tasks([Task(inner)], 1, told=lambda task, pid: tell(pid)))

print(os.getpid(), flush=True)
list(run_tasks([Task(outer)], 1, told=lambda task, pid: print(pid, flush=True)))
"""


@pytest.fixture
def nested() -> Iterator[list[int]]:
    """The processes of a program, of its task, and of the task of that."""
    with subprocess.Popen([sys.executable, "-c", NESTED], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        pids = [int(program.stdout.readline()) for _ in range(3)]
        assert all(map(is_running, pids))
        yield pids
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child outlives a parent that was killed")
@pytest.mark.parametrize("killed", [0, 1])
def test_children_and_theirs_end_with_whoever_started_them(killed, nested):
    os.kill(nested[killed], signal.SIGKILL)
    until(lambda: not any(map(is_running, nested)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_that_is_asked_to_end_leaves_no_child(number, nested):
    os.kill(nested[0], number)
    until(lambda: not any(map(is_running, nested)))


def test_a_request_to_stop_waits_until_the_new_child_is_known(monkeypatch):
    """A child that nobody knows of would go on, and hold what it locked."""
    fork, forked = os.fork, []

    def interrupted_fork() -> int:
        if pid := fork():
            forked.append(pid)
            # To this thread: one that pytest has beside it would take it at once.
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        return pid

    monkeypatch.setattr(os, "fork", interrupted_fork)
    with pytest.raises(KeyboardInterrupt):
        list(run_tasks([Task(asleep)], 1))
    assert len(forked) == 1 and not is_running(forked[0])
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_child_takes_requests_to_stop_as_any_process():
    def act(_: object) -> tuple[object, ...]:
        return (
            *(signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)),
            signal.pthread_sigmask(0, ()),
        )

    assert one(act).value == (signal.SIG_DFL, signal.SIG_DFL, set())


# -------------------------------------------------------------------------------------------- without a fork


@pytest.mark.usefixtures("in_threads")
def test_where_processes_cannot_fork_there_are_threads():
    together = threading.Barrier(2)

    def act(tell: Callable[[object], None]) -> int:
        together.wait(60)
        tell("met")
        return os.getpid()

    def fail(_: object) -> None:
        raise TwoPart("甲", "乙")

    said: list[object] = []
    first, second = run_tasks([Task(act), Task(act)], 2, told=lambda _, it: said.append(it))
    assert {first.value, second.value} == {os.getpid()} and said == ["met", "met"]
    bad, good = run(fail, lambda _: pickle)
    assert type(bad.error) is TwoPart and good.value is pickle


@pytest.mark.usefixtures("in_threads")
def test_threads_are_as_many_as_asked_for_and_a_caller_may_stop():
    count, most, taken = 0, 0, []
    lock = threading.Lock()

    def act(_: object) -> None:
        nonlocal count, most
        with lock:
            count += 1
            most = max(most, count)
        time.sleep(0.02)
        with lock:
            count -= 1

    def tasks() -> Iterator[Task]:
        for number in range(50):
            taken.append(number)
            yield Task(act)

    running = run_tasks(tasks(), 2)
    for _ in range(3):
        next(running)
    running.close()  # type: ignore[attr-defined]
    assert most <= 2 and len(taken) <= 5 and count == 0
