"""Kernels that start at once, forked by a server that has imported what takes long.

A fresh kernel takes seconds to import pandas, seaborn and this package.  A server that has imported them forks a real
ipykernel for each notebook: a process of its own, whose variables, modules, folder and environment no other sees.  A
kernel that is not of this interpreter, and any where a process cannot fork, is started as ever.
"""

from __future__ import annotations

import contextlib
import gc
import locale
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from helpers.running.children import CAN_FORK

PROVISIONER = "final-accounts-warm"
_LAUNCHER = "ipykernel_launcher"
IMPORTED = (
    "pandas", "seaborn", "matplotlib.pyplot", "matplotlib_inline.backend_inline", "nbformat", "IPython.core.completer",
    "ipykernel.kernelapp", "helpers.showing.notebook", "helpers.showing.charts", "helpers.showing.performance",
    "helpers.showing.tables",
)  # fmt: skip
_START = "import sys; sys.path.pop(0); from helpers.running.warm import serve; serve(*map(int, sys.argv[1:]))"


class WarmKernelManager(AsyncKernelManager):
    """Starts kernels of this interpreter by the warm server, others as ever."""

    @property
    def kernel_spec(self) -> KernelSpec | None:
        """The kernel's specification, which names the warm server as who provides it."""
        spec = super().kernel_spec
        if spec is not None and CAN_FORK and "kernel_provisioner" not in spec.metadata:
            spec.metadata = {**spec.metadata, "kernel_provisioner": {"provisioner_name": PROVISIONER}}
        return spec


class WarmProvisioner(LocalProvisioner):
    """Has a kernel forked where the server's would be the same as a fresh one, else starts it."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """The connection of a kernel that runs."""
        argv, env, errors = _own_kernel(cmd), options.get("env"), options.get("stderr")
        quiet = errors == subprocess.DEVNULL or getattr(errors, "name", None) == os.devnull
        if argv is None or env is None or options.get("stdout") or (errors and not quiet):
            return await super().launch_kernel(cmd, **options)
        kernel = ForkedKernel(_server(_fixed(env)), argv, env, options.get("cwd"), quiet)
        self.process = cast("subprocess.Popen[bytes]", kernel)  # as much of it as anybody asks for
        self.pid = self.pgid = kernel.pid
        return self.connection_info


def _own_kernel(cmd: Sequence[str]) -> list[str] | None:
    """The arguments of the launcher where the command is one of this interpreter's; None where it is not."""
    if _LAUNCHER not in cmd or os.path.realpath(cmd[0]) != os.path.realpath(sys.executable):
        return None
    at = cmd.index(_LAUNCHER)
    if [*cmd[1:at]] not in (["-m"], ["-Xfrozen_modules=off", "-m"]):
        return None
    return list(cmd[at + 1 :])


def _fixed(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What an interpreter takes from its environment once and for all: a server for each."""
    return tuple(sorted(item for item in env.items() if item[0].startswith(("PYTHON", "LD_", "LC_", "LANG"))))


class ForkedKernel:
    """A kernel that the server forked, as `subprocess.Popen` would show it."""

    stdin = stdout = stderr = None

    def __init__(
        self, server: str, argv: Sequence[str], env: Mapping[str, str], cwd: str | None, quiet: bool
    ) -> None:
        self.returncode: int | None = None
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(server)
            self._server = Connection(link.detach())
        self._server.send((list(argv), dict(env), cwd or os.getcwd(), quiet))
        self.pid: int = self._server.recv()

    def poll(self) -> int | None:
        """The status that it ended with, negative for a signal; None while it runs."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """The status that it ended with; None where it still runs after `timeout` seconds."""
        if self.returncode is None and self._server.poll(timeout):
            try:
                self.returncode = self._server.recv()
            except (EOFError, OSError):
                self.returncode = -signal.SIGKILL
            self._server.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to it, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


# ------------------------------------------------------------------------------------------------- the server


@cache
def _server(fixed: tuple[tuple[str, str], ...]) -> str:
    """The socket of a server with these variables, which lives as long as this process and its children."""
    folder = tempfile.mkdtemp(prefix="audit-warm-")
    address = os.path.join(folder, "socket")
    leash, held = os.pipe()
    env = {name: value for name, value in os.environ.items() if not _fixed({name: value})} | dict(fixed)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(128)
        command = [sys.executable, "-c", _START, str(listener.fileno()), str(leash)]
        # The leash's other end is closed when this process and what it forked are gone.
        subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno(), leash],
            start_new_session=True,
        )
    os.close(leash)
    os.set_inheritable(held, False)
    return address


def warm_up(env: Mapping[str, str]) -> None:
    """Have the server for kernels with these variables started, so that what this process forks shares it."""
    if CAN_FORK:
        _server(_fixed({**os.environ, **env}))


def serve(listening: int, leash: int) -> None:
    """Fork a kernel for each connection to the socket, until the leash is let go."""
    listener = socket.socket(fileno=listening)
    for name in IMPORTED:
        import_module(name)
    path = list(sys.path)
    gc.collect()
    gc.freeze()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(ended, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    kernels: dict[int, Connection] = {}
    selector = selectors.DefaultSelector()
    for file in (listening, leash, ended):
        selector.register(file, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fd == leash:
                for pid in kernels:
                    _kill(pid)
                shutil.rmtree(os.path.dirname(listener.getsockname()), ignore_errors=True)
                return
            if key.fd == ended:
                os.read(ended, 4096)
                _reap(kernels, selector)
            elif key.fd == listening:
                client = Connection(listener.accept()[0].detach())
                _fork(client, [listening, leash, ended, wake], kernels, selector, path)
            elif key.data in kernels:
                # A client that is gone wants no kernel any longer.
                _kill(key.data)
                selector.unregister(key.fd)


def _fork(
    client: Connection,
    own: Sequence[int],
    kernels: dict[int, Connection],
    selector: selectors.BaseSelector,
    path: list[str],
) -> None:
    """Fork a kernel for a client, and tell it its process."""
    try:
        argv, env, cwd, quiet = client.recv()
        pid = os.fork()
    except (EOFError, OSError):
        client.close()
        return
    if pid == 0:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for file in (*own, client.fileno(), *(other.fileno() for other in kernels.values())):
                os.close(file)
            status = _be_kernel(argv, env, cwd, quiet, path)
        finally:
            os._exit(status)
    kernels[pid] = client
    selector.register(client.fileno(), selectors.EVENT_READ, pid)
    with contextlib.suppress(OSError):
        client.send(pid)


def _reap(kernels: dict[int, Connection], selector: selectors.BaseSelector) -> None:
    """Tell the clients of kernels that ended how they did."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        client = kernels.pop(pid, None)
        if client is not None:
            with contextlib.suppress(KeyError):
                selector.unregister(client.fileno())
            with contextlib.suppress(OSError):
                client.send(os.waitstatus_to_exitcode(status))
            client.close()


def _kill(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _be_kernel(argv: list[str], env: dict[str, str], cwd: str, quiet: bool, path: list[str]) -> int:
    """Make this process what `python -m ipykernel_launcher` would be, and its exit status."""
    import atexit

    import matplotlib
    import numpy
    from ipykernel.kernelapp import IPKernelApp

    server = os.getppid()
    os.setsid()
    os.chdir(cwd)
    fname = matplotlib.matplotlib_fname()
    os.environ.clear()
    os.environ.update(env)
    if quiet:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), 2)
    # What an interpreter takes from its folder, its environment and chance as it starts.
    time.tzset()
    locale.setlocale(locale.LC_CTYPE, "")
    numpy.random.seed()
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    if matplotlib.matplotlib_fname() != fname:
        matplotlib.rcParams.update(matplotlib.rc_params())
    matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
    sys.path[:] = path
    sys.argv = [str(Path(sys.modules["ipykernel"].__file__ or "").parents[1] / f"{_LAUNCHER}.py"), *argv]
    status = 0
    try:
        # It ends with the server: there is nobody else to end it.
        IPKernelApp.launch_instance(argv=argv, parent_handle=server)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status
