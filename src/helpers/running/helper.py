"""A process of its own for what must not be done in this one, one thing after another.

What has threads must not fork, and what reads an untrusted file may end its process: a helper is started afresh, has
one thread, and keeps what it has imported and read.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from helpers.running.children import TaskDied

_START = "from helpers.running.helper import serve; serve()"
_BEAT = None

Beat = Callable[..., None]  # called now and then by what takes long: it ends where nobody hears it
_idle: list[Helper] = []  # those of a worker that do nothing just now


class Helper:
    """A helper process, started when it is first needed, and again where it ended; it ends with this one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def do(self, module: str, function: str, *arguments: object) -> Any:
        """What the function, which is also given a `Beat`, returns or raises there; `TaskDied` where the helper ends.

        It is given by its name, as its module is imported there alone.
        """
        if self._process is None:
            # Nothing is imported from the folder that this process happens to be in.
            command = [sys.executable, "-P", "-c", _START]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        asks, answers = self._process.stdin, self._process.stdout
        assert asks and answers
        try:
            pickle.dump((module, function, arguments), asks)
            asks.flush()
            while (said := pickle.load(answers)) is _BEAT:
                pass
        except (EOFError, OSError, pickle.UnpicklingError):
            raise TaskDied(f"its helper process ended with status {self.close()}") from None
        except BaseException:
            self.close()
            raise
        value, error = said
        if error is not None:
            raise error
        return value

    def close(self) -> int:
        """End it, whatever it does; the status that it ended with, negative for a signal."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(BrokenPipeError), process:  # it may not have heard what was asked
            process.kill()
        return process.returncode


def serve() -> None:
    """Be a helper: do what is asked on standard input, until that ends or nobody hears a beat."""
    # What is printed here is no answer.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # an interrupt is for who started this, and who then ends it

        def say(said: object) -> None:
            answers.write(pickle.dumps(said))
            answers.flush()

        with contextlib.suppress(EOFError, BrokenPipeError):
            while True:
                module, function, arguments = pickle.load(sys.stdin.buffer)
                answer: tuple[Any, Exception | None]
                try:
                    answer = getattr(import_module(module), function)(*arguments, lambda *_: say(_BEAT)), None
                except BrokenPipeError:
                    raise
                except Exception as error:
                    answer = None, error
                say(answer)


def on_worker(packed: bytes, wanted: Mapping[str, Any]) -> bytes:
    """What a worker of a cluster does with packed work: the reply of `remote.audited` by a helper, or its error, packed.

    A worker has threads, and imports no more than this.
    """
    helper = _idle.pop() if _idle else Helper()
    try:
        reply: bytes = helper.do("helpers.running.remote", "audited", packed, wanted)
    except Exception as error:
        reply = pickle.dumps(error)
    _idle.append(helper)
    return reply
