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
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.machinery import all_suffixes
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from helpers.running.children import CAN_FORK, die_with

PROVISIONER = "final-accounts-warm"
_LAUNCHER = "ipykernel_launcher"
_SUFFIXES = tuple(all_suffixes())
# But not matplotlib's inline back end: as it is imported, it makes the shell that is there show figures.
IMPORTED = (
    "pandas", "seaborn", "matplotlib.pyplot", "nbformat", "IPython.core.completer",
    "ipykernel.kernelapp", "helpers.showing.notebook", "helpers.showing.charts", "helpers.showing.performance",
    "helpers.showing.tables",
)  # fmt: skip
# Variables that begin so are looked at as the interpreter starts or a package is imported.
_AT_START = (
    "PYTHON", "LD_", "LC_", "LANG", "HOME", "XDG_", "MPL", "MATPLOTLIB", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "NPY_",
    "PANDAS_",
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
        is_plain = not options.get("stdout") and (quiet or not errors)
        kernel = (
            _forked_kernel(argv, env, options.get("cwd") or os.getcwd(), quiet)
            if argv and env and is_plain
            else None
        )
        if not kernel:
            return await super().launch_kernel(cmd, **options)
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
    """What is taken from the environment once and for all as an interpreter or a package starts: a server for each."""
    return tuple(sorted(item for item in env.items() if item[0].startswith(_AT_START)))


class ForkedKernel:
    """A kernel that the server forked, as `subprocess.Popen` would show it."""

    stdin = stdout = stderr = None

    def __init__(self, server: Connection, pid: int) -> None:
        self.returncode: int | None = None
        self._server, self.pid = server, pid

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


def _forked_kernel(argv: list[str], env: Mapping[str, str], cwd: str, quiet: bool) -> ForkedKernel | None:
    """The kernel that the server forked; None where it would not be as a fresh one, or no server can be had."""
    fixed = _fixed(env)
    for _ in range(2):
        with contextlib.suppress(OSError, EOFError):
            with socket.socket(socket.AF_UNIX) as link:
                link.connect(_servers.get(fixed) or _start(fixed))
                server = Connection(link.detach())
            server.send((argv, {**env, "JPY_PARENT_PID": str(os.getpid())}, cwd, quiet))
            pid: int | None = server.recv()
            return None if pid is None else ForkedKernel(server, pid)
        _servers.pop(fixed, None)  # It is dead: another may live.
    return None


# ------------------------------------------------------------------------------------------------- the server

# The sockets of the servers that this process or one before it started, by their variables.
_servers: dict[tuple[tuple[str, str], ...], str] = {}


def _start(fixed: tuple[tuple[str, str], ...]) -> str:
    """The socket of a new server with these variables, which lives as long as this process and its children."""
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
    _servers[fixed] = address
    return address


def warm_up(env: Mapping[str, str]) -> None:
    """Have the server for kernels with these variables started, so that what this process forks shares it."""
    fixed = _fixed({**os.environ, **env})
    if CAN_FORK and fixed not in _servers:
        _start(fixed)


@dataclass(frozen=True)
class _State:
    """The server as its kernels find it: where it imports from, the file of matplotlib's settings, its process."""

    path: list[str]
    settings: str
    server: int = field(default_factory=os.getpid)


def serve(listening: int, leash: int) -> None:
    """Fork a kernel for each connection to the socket, until the leash is let go."""
    listener = socket.socket(fileno=listening)
    for name in IMPORTED:
        import_module(name)
    import matplotlib

    state = _State(list(sys.path), matplotlib.matplotlib_fname())
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
                _fork(client, [listening, leash, ended, wake], kernels, selector, state)
            elif key.data in kernels:
                # A client that is gone wants no kernel any longer.
                _kill(key.data)
                selector.unregister(key.fd)


def _fork(
    client: Connection,
    own: Sequence[int],
    kernels: dict[int, Connection],
    selector: selectors.BaseSelector,
    state: _State,
) -> None:
    """Fork a kernel for a client, and tell it its process, or None where one in that folder would import others."""
    try:
        argv, env, cwd, quiet = client.recv()
        if _hides_imported(cwd):
            client.send(None)
            client.close()
            return
        pid = os.fork()
    except (EOFError, OSError):
        client.close()
        return
    if pid == 0:
        status = 1
        try:
            die_with(state.server)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for file in (*own, client.fileno(), *(other.fileno() for other in kernels.values())):
                os.close(file)
            status = _be_kernel(argv, env, cwd, quiet, state)
        except BaseException:
            traceback.print_exc()
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


def _hides_imported(cwd: str) -> bool:
    """True where the folder has a module that is called like one that the server imported: a fresh kernel takes it."""
    imported = {name.partition(".")[0] for name in sys.modules}
    try:
        for entry in os.scandir(cwd):
            name = entry.name.partition(".")[0]
            is_module = entry.name.endswith(_SUFFIXES) or os.path.isfile(os.path.join(entry, "__init__.py"))
            if name in imported and is_module:
                return True
    except OSError:  # What is wrong with the folder, a fresh kernel tells.
        return True
    return False


def _kill(pid: int) -> None:
    # It may not have got as far as to have a group of its own.
    for kill in (os.kill, os.killpg):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)


def _be_kernel(argv: list[str], env: dict[str, str], cwd: str, quiet: bool, state: _State) -> int:
    """Make this process what `python -m ipykernel_launcher` would be, and its exit status."""
    import atexit

    import matplotlib
    import numpy
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()
    os.chdir(cwd)
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
    if matplotlib.matplotlib_fname() != state.settings:
        # To ask for the back end would choose one.
        read = matplotlib.rc_params()
        settings: Any = {name: read[name] for name in read if name != "backend"}
        matplotlib.rcParams.update(settings)
        matplotlib.rcParamsOrig.update(settings)
    matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
    sys.path[:] = state.path
    sys.argv = [str(Path(sys.modules["ipykernel"].__file__ or "").parents[1] / f"{_LAUNCHER}.py"), *argv]
    status = 0
    try:
        # It ends with the server: there is nobody else to end it.
        IPKernelApp.launch_instance(argv=argv, parent_handle=state.server)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    threading._shutdown()  # type: ignore[attr-defined]
    # A folder that matplotlib made for want of a home is the server's.
    atexit.unregister(shutil.rmtree)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status
