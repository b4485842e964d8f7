"""The papermill engine `warm` gives what papermill's own gives, keeps notebooks apart, and outlives whatever they do.

Cells tagged `raises-exception` let a notebook go on, so that one kernel of each engine shows all of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from jupyter_client.kernelspec import KernelSpec
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from helpers.running import warm
from helpers.running.children import CAN_FORK

pytestmark = pytest.mark.skipif(
    not CAN_FORK, reason="where processes cannot fork, papermill's own engine serves"
)
STOCK = "nbclient"

# Each is a cell, or several that go together; what they show must be the same from both engines.
HARD = {
    "print": "print('甲', end='')\nprint(' 10%\\r 20%\\r', end='')\nprint('done')\nprint()",
    "both streams": "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')\nsys.stderr.write('e\\n')",
    "values": "1\n2\n_\n3;\n'last'",
    "a value kept back": "40 + 2;",
    "the cell before": "Out[max(Out)], In[1][:5], __",
    "frame": "import pandas as pd\npd.DataFrame({'科目': ['基本支出', '项目支出'], 'x': [1.5, None]}, index=pd.Index(['a', 'b'], name='i'))",
    "options of pandas": "pd.options.display.max_rows, pd.options.mode.copy_on_write",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.title('t');",
    "several figures": "for n in (1, 2):\n    plt.figure(figsize=(2, 1))\n    plt.plot([n, 0])\nplt.figure(figsize=(1, 1)).add_subplot()",
    "show in a loop": "for n in (1, 2):\n    print(n)\n    plt.plot([n])\n    plt.show()\nprint(plt.get_fignums())",
    "figure as a value": "figure, axes = plt.subplots(figsize=(2, 1))\nplt.close(figure)\nfigure",
    "back end": "import matplotlib\nmatplotlib.get_backend(), matplotlib.is_interactive(), plt.isinteractive()",
    "all settings": "print(*sorted(f'{k}={v}' for k, v in matplotlib.rcParams.items()), sep='\\n')",
    "settings as they were": "print([k for k, v in matplotlib.rcParams.items() if matplotlib.rcParamsOrig[k] != v])",
    "settings changed": "plt.rcParams['figure.figsize'] = 2, 1\nplt.rcParams['axes.facecolor'] = '#eee'\nplt.plot([1, 2]);",
    "form of figures": "%config InlineBackend.figure_format = 'svg'\n%config InlineBackend.rc",
    "seaborn": "import seaborn as sns\nsns.set_theme(rc={'figure.figsize': (2, 1), 'svg.hashsalt': 'x'})\nsns.barplot(x=['a', 'b'], y=[1, 2]).set_title('t')\nplt.close()",
    "seaborn as png": "%config InlineBackend.figure_format = 'png'\nsns.lineplot(x=[1, 2, 3], y=[1, 3, 2]);",
    "shell": "!echo out of a shell; echo err >&2; exit 4\n_exit_code",
    "shell as a value": "words = !printf 'a\\nb'\nwords",
    "subprocess": "import subprocess, sys, time\nsubprocess.run(['echo', 'run'])\nsubprocess.run('echo err >&2', shell=True)\ntime.sleep(.5)",
    "captured subprocess": "subprocess.run([sys.executable, '-c', 'import os, sys; print(sys.argv, os.getcwd())', 'x'], capture_output=True, text=True).stdout",
    "system": "import os, time\nstatus = os.system('echo system')\ntime.sleep(.5)\nstatus",
    "write to the descriptor": "os.write(1, b'one\\n')\nos.write(2, b'two\\n')\ntime.sleep(.5)",
    "bash": "%%bash\necho from bash\necho err >&2",
    "bash that fails": "%%bash\nexit 3",
    "display": "from IPython.display import HTML, Markdown, clear_output, display, update_display\ndisplay(1, HTML('<b>x</b>'), Markdown('*y*'))\ndisplay({'text/plain': 'p', 'application/json': {'a': 1}}, raw=True)",
    "update display": "handle = display('one', display_id='mine')\nprint('between')\nhandle.update('two')",
    "update from another cell": "update_display('three', display_id='mine')\ndisplay('four', display_id=True).display_id != ''",
    "clear output": "print('gone')\nclear_output()\nprint('stays')\nclear_output(wait=True)\ndisplay('alone')",
    "exit 0": "print('before')\nsys.exit(0)",
    "exit 3": "sys.exit(3)",
    "exit with words": "raise SystemExit('enough')",
    "error": "def f(x):\n    return 1 / x\n\ntry:\n    f(0)\nexcept ZeroDivisionError as error:\n    raise ValueError('甲\\n乙') from error",
    "error of a library": "pd.DataFrame({'a': [1]})['nope']",
    "syntax": "x = = 1",
    "indent": "if True:\nx",
    "unknown name": "nope",
    "interrupted": "raise KeyboardInterrupt",
    "warnings": "import warnings\nwarnings.warn('look', UserWarning)\nwarnings.warn('old', DeprecationWarning)\nsorted(map(str, warnings.filters))",
    "logging": "import logging\nlogging.getLogger('x').info('quiet')\nlogging.getLogger('x').warning('loud')\nlogging.basicConfig(level=logging.INFO)\nlogging.info('on stderr')\nlogging.root.handlers, logging.root.level",
    "threads": "import threading\nthreads = [threading.Thread(target=print, args=('thread', n)) for n in range(3)]\nfor t in threads:\n    t.start()\n    t.join()\nthreading.current_thread().name",
    "await": "import asyncio\nawait asyncio.sleep(0)\nprint(asyncio.get_running_loop().is_running())\nawait asyncio.gather(*(asyncio.sleep(0, n) for n in range(3)))",
    "task": "task = asyncio.create_task(asyncio.sleep(0, 'later'))\nawait task",
    "input": "input('name? ')",
    "password": "import getpass\ngetpass.getpass()",
    "environment": "sorted(name for name in os.environ), os.environ['SEEN'], os.environ.get('MPLBACKEND')",
    "magics": "%env SEEN\n%env SEEN=inside\n!echo $SEEN\nimport builtins\nprint(builtins.open is open, get_ipython().__class__)",
    "more magics": "%who_ls str\n%pwd",
    "captured": "%%capture held\nprint('held')",
    "held": "print(held.stdout)\n%precision 3\n1 / 3",
    "folder": "import beside\nos.getcwd() == os.path.realpath('.'), beside.__file__ == os.path.abspath('beside.py'), beside.VALUE",
    "path": "sys.path",
    "locale": "import locale\nlocale.setlocale(locale.LC_ALL, None), locale.getlocale(), locale.getpreferredencoding(), sys.getfilesystemencoding(), sys.stdout.encoding, time.tzname",
    "decimal": "import decimal\ndecimal.getcontext(), decimal.DefaultContext.prec",
    "numpy": "import numpy as np\nnp.geterr(), np.get_printoptions(), np.array([1.0, 1e-9])",
    "who it is": "__name__, sys.argv[0], sys.argv[1], len(sys.argv), sys.modules['__main__'].__dict__ is globals(), sys.flags, sys.executable, sys.getrecursionlimit(), __doc__ == sys.modules['__main__'].__doc__, '__file__' in globals()",
    "names": "sorted(name for name in globals() if name.startswith('__'))",
    "helpers": "import helpers\nfrom helpers.checking.interval import Interval\nhelpers.audit.__name__, helpers.__file__, helpers.__name__ in dir()",
    "processes": "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n    print(pool.map(abs, [-1, -2, -3]))",
    "fork": "pid = os.fork()\nif not pid:\n    os._exit(7)\nos.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])",
    "limits": "import resource, gc, faulthandler\nresource.getrlimit(resource.RLIMIT_AS), gc.isenabled(), gc.get_threshold(), faulthandler.is_enabled()",
    "signals": "import signal\n[signal.getsignal(n).__class__ for n in (signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP)], signal.set_wakeup_fd(-1) >= -1, signal.pthread_sigmask(signal.SIG_BLOCK, ())",
    "at exit": "import atexit\natexit.register(lambda: open('left', 'a').write('x'))\nNone",
    "completion": "get_ipython().complete('imp'), get_ipython().kernel.do_complete('ma', 2)['matches'][:3]",
    "extensions": "sorted(get_ipython().extension_manager.loaded), get_ipython().events.callbacks['post_execute'], [c.__name__ for c in get_ipython().events.callbacks['post_run_cell']]",
    "formatters": "sorted(map(str, get_ipython().display_formatter.formatters['image/png'].type_printers)), sorted(get_ipython().display_formatter.formatters)",
    "time": "import datetime\ndatetime.datetime(2023, 1, 1).astimezone().tzname()",
}  # fmt: skip


def paper(path: Path, *cells: str) -> Path:
    """A notebook with these code cells; one that raises lets the next run."""
    node = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(cells)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    for cell in node.cells:
        cell.metadata["tags"] = ["raises-exception"]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(node, path)
    return path


def executed(engine: str, folder: Path, cells: Sequence[str], **options: Any) -> list[dict[str, Any]]:
    """The code cells of a notebook of these cells, executed by an engine in a folder, errors and all."""
    given, out = (
        paper(folder.with_name(f"{folder.name}.ipynb"), *cells),
        folder.with_name(f"{folder.name}.out.ipynb"),
    )
    # ipykernel leaves what is written to descriptors to pytest in its tests.
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    settings = {"kernel_name": "python3", "cwd": folder, "progress_bar": False, **options}
    with contextlib.suppress(PapermillExecutionError):
        papermill.execute_notebook(given, out, engine_name=engine, **settings)
    found = {cell["id"]: cell for cell in json.loads(out.read_text("utf-8"))["cells"]}
    return [found[f"c{n}"] for n in range(len(cells))]


def plain(cell: dict[str, Any]) -> tuple[Any, ...]:
    """What a cell shows, without what differs between any two processes, each stream between displays in one piece."""
    outputs: list[dict[str, Any]] = []
    for output in cell["outputs"]:
        same = next((o for o in _streams_at_end(outputs) if o["name"] == output.get("name")), None)
        if same:
            # A flush may fall within a line.
            same["text"] = "".join([*same["text"], *output["text"]]).splitlines(keepends=True)
        else:
            outputs.append(output)
    ends = _streams_at_end(outputs)
    words = json.dumps([*outputs[: len(outputs) - len(ends)], *sorted(ends, key=lambda o: o["name"])])
    words = re.sub(r"0x[0-9a-f]{6,}", "ADDRESS", re.sub(r"ipykernel_\d+", "ipykernel_PID", words))
    return cell["execution_count"], json.loads(words)


def _streams_at_end(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    count = next((n for n, o in enumerate(reversed(outputs)) if o["output_type"] != "stream"), len(outputs))
    return outputs[len(outputs) - count :]


# ------------------------------------------------------------------------------------------------ equality


def test_warm_and_stock_kernels_show_the_same_on_everything_hard(monkeypatch, tmp_path):
    monkeypatch.setenv("SEEN", "outside")
    # The server is not started in the folder of the notebook, whose settings it would take.
    monkeypatch.setattr(warm, "_servers", {})
    warm.warm_up({})
    shown = {}
    for engine in (STOCK, "warm"):
        folder = tmp_path / "same"
        folder.mkdir(exist_ok=True)
        (folder / "beside.py").write_text("VALUE = 'beside the notebook'")
        (folder / "matplotlibrc").write_text("lines.linewidth: 5\naxes.grid: True\n")
        shown[engine] = dict(zip(HARD, map(plain, executed(engine, folder, [*HARD.values()])), strict=True))
        until((folder / "left").exists)
        assert (folder / "left").read_text() == "x"
        (folder / "left").unlink()
    different = [name for name in HARD if shown[STOCK][name] != shown["warm"][name]]
    assert {name: (shown[STOCK][name], shown["warm"][name]) for name in different} == {}


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; a test that waits in vain fails."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail("waited in vain")


@pytest.fixture
def server_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """The process of the one server that serves a test, which no other test shares."""
    servers: list[int] = []
    popen = subprocess.Popen

    class Noted(popen):  # type: ignore[misc, valid-type]
        def __init__(self, command: Any, *args: Any, **options: Any) -> None:
            super().__init__(command, *args, **options)
            if "serve(" in str(command):
                servers.append(self.pid)

    monkeypatch.setattr(warm, "_servers", {})
    monkeypatch.setattr(warm.subprocess, "Popen", Noted)
    yield lambda: servers[-1]
    for pid in servers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def texts(cells: Sequence[dict[str, Any]]) -> list[str]:
    """What each cell prints, returns or raises, as text."""
    return [
        "".join(
            "".join(output.get("text", output.get("data", {}).get("text/plain", output.get("ename", ""))))
            for output in cell["outputs"]
        )
        for cell in cells
    ]


# ----------------------------------------------------------------------------------------------- isolation

SPOILT = """
import builtins, decimal, locale, os, random, sys, warnings
import matplotlib, pandas, numpy
pandas.options.display.max_rows = 3
matplotlib.rcParams['lines.linewidth'] = 7
locale.setlocale(locale.LC_ALL, 'C')
decimal.getcontext().prec = 5
decimal.DefaultContext.prec = 6
os.environ['LEAK'] = 'x'
os.chdir('/')
builtins.oct = abs
pandas.DataFrame.leak = 1
sys.path.insert(0, '/leak')
sys.setrecursionlimit(2000)
random.seed(1)
numpy.random.seed(1)
numpy.seterr(all='raise')
warnings.filterwarnings('error', 'leak')
import helpers.checking.interval
helpers.checking.interval.Interval = None
os.umask(0o777)
leak = 1
"""
SEEN = """
import builtins, decimal, locale, os, random, sys, warnings
import matplotlib, pandas, numpy, helpers.checking.interval
mask = os.umask(0)
os.umask(mask)
(pandas.options.display.max_rows, matplotlib.rcParams['lines.linewidth'], locale.setlocale(locale.LC_ALL, None),
 decimal.getcontext().prec, decimal.DefaultContext.prec, 'LEAK' in os.environ, os.getcwd(), oct(8),
 hasattr(pandas.DataFrame, 'leak'), '/leak' in sys.path, sys.getrecursionlimit(), numpy.geterr(), mask,
 any(f[0] == 'error' and f[1] and f[1].pattern == 'leak' for f in warnings.filters), helpers.checking.interval.Interval is None, 'leak' in globals())
"""
CHANCE = "import random, numpy, uuid\n[random.random(), numpy.random.random(), numpy.random.default_rng().random(), uuid.uuid4()]"


def test_nothing_goes_from_one_notebook_to_the_next(server_of, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    before, chance = texts(executed("warm", folder, [SEEN, CHANCE]))
    first = server_of()
    assert texts(executed("warm", folder, [SPOILT])) == [""]
    after, again = texts(executed("warm", folder, [SEEN, CHANCE]))
    assert before == after and str(folder) in before
    assert server_of() == first
    drawn = [words.strip("[]").split(",") for words in (chance, again)]
    assert len(drawn[0]) == 4 and not {*drawn[0]} & {*drawn[1]}


# ------------------------------------------------------------------------------------------ what goes wrong


def run(folder: Path, *cells: str, **options: Any) -> Path:
    """Where the notebook of these cells is written, run by the warm engine; it raises as papermill does."""
    given, out = paper(folder / "in.ipynb", *cells), folder / "out.ipynb"
    node = nbformat.read(given, 4)
    for cell in node.cells:
        cell.metadata["tags"] = []
    nbformat.write(node, given)
    settings = {"engine_name": "warm", "kernel_name": "python3", "cwd": folder, "progress_bar": False}
    papermill.execute_notebook(given, out, **{**settings, **options})
    return out


def counts(out: Path) -> list[int | None]:
    cells = json.loads(out.read_text("utf-8"))["cells"]
    return [cell["execution_count"] for cell in cells if re.fullmatch(r"c\d", cell["id"])]


def test_whatever_a_notebook_does_the_server_serves_the_next(server_of, tmp_path):
    with pytest.raises(PapermillExecutionError) as failed:
        run(tmp_path, "1", "1 / 0", "print('not reached')")
    assert failed.value.ename == "ZeroDivisionError" and failed.value.exec_count == 2
    assert counts(tmp_path / "out.ipynb") == [1, 2, None]
    first = server_of()
    with pytest.raises(CellTimeoutError):
        run(tmp_path, "import time\ntime.sleep(600)", execution_timeout=1)
    for death in ("os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"):
        with pytest.raises(DeadKernelError):
            run(tmp_path, f"print('last')\nimport os, signal\n{death}")
    assert texts(executed("warm", tmp_path, ["import os\nos.getppid()"])) == [str(first)]
    until(lambda: not children_of(first))
    # A server that is gone is replaced; a kernel of it ends with it.
    with pytest.raises(DeadKernelError):
        run(
            tmp_path,
            "import os, signal\nopen('pid', 'w').write(str(os.getpid()))\nos.kill(os.getppid(), 9)\nimport time\ntime.sleep(600)",
        )
    until(lambda: not is_running(int((tmp_path / "pid").read_text())))
    assert texts(executed("warm", tmp_path, ["import os\nos.getppid()"])) == [str(server_of())]
    assert server_of() != first


def test_where_no_server_can_be_had_a_kernel_is_started_as_ever(monkeypatch, tmp_path):
    monkeypatch.setattr(warm, "_servers", {})
    monkeypatch.setattr(warm, "_START", "raise SystemExit(1)")
    assert texts(executed("warm", tmp_path / "x", [IS_FORKED], cwd=tmp_path)) == ["False"]


# A fresh kernel has been started by its module, a forked one by what started the server.
IS_FORKED = "import sys\n'ipykernel_launcher' not in sys.orig_argv"


def test_a_kernel_that_would_differ_from_a_fresh_one_is_started_as_ever(monkeypatch, server_of, tmp_path):
    for name in ("plain", "module", "package", "unimported"):
        (tmp_path / name / "folder").mkdir(parents=True)
    (tmp_path / "module" / "yaml.py").write_text("HERE = 'a module beside the notebook'")
    (tmp_path / "package" / "seaborn").mkdir()
    (tmp_path / "package" / "seaborn" / "__init__.py").write_text("HERE = 'a package beside the notebook'")
    (tmp_path / "unimported" / "mine.py").write_text("HERE = 'mine'")
    # A folder without a module in it is none, and a package that is there goes before it.
    (tmp_path / "unimported" / "pandas").mkdir()
    found = {
        name: texts(executed("warm", tmp_path / name, [IS_FORKED, f"from {module} import {what}\n{what}"]))
        for name, module, what in (
            ("module", "yaml", "HERE"),
            ("package", "seaborn", "HERE"),
            ("unimported", "mine", "HERE"),
            ("plain", "helpers", "__name__"),
        )
    }
    assert found == {
        "module": ["False", "'a module beside the notebook'"],
        "package": ["False", "'a package beside the notebook'"],
        "unimported": ["True", "'mine'"],
        "plain": ["True", "'helpers'"],
    }
    monkeypatch.setattr(warm, "CAN_FORK", False)
    assert texts(executed("warm", tmp_path / "plain", [IS_FORKED])) == ["False"]


@pytest.mark.parametrize(
    "command",
    [
        ["ir-kernel", "-f", "x"],
        ["/usr/bin/other-python", "-m", "ipykernel_launcher", "-f", "x"],
        [sys.executable, "-m", "another_kernel", "-f", "x"],
        [sys.executable, "-O", "-m", "ipykernel_launcher", "-f", "x"],
        ["env", sys.executable, "-m", "ipykernel_launcher", "-f", "x"],
    ],
)
def test_only_a_kernel_of_this_interpreter_is_our_own(command):
    assert warm._own_kernel(command) is None
    assert warm._own_kernel([sys.executable, "-m", "ipykernel_launcher", "-f", "x"]) == ["-f", "x"]


def test_a_kernel_that_names_who_provides_it_keeps_to_that(monkeypatch):
    mine = {"kernel_provisioner": {"provisioner_name": "mine"}}
    for metadata, provider in ((mine, "mine"), ({"debugger": True}, warm.PROVISIONER)):
        manager = warm.WarmKernelManager()
        manager._kernel_spec = KernelSpec(argv=["x"], metadata=dict(metadata))
        assert manager.kernel_spec.metadata["kernel_provisioner"] == {"provisioner_name": provider}
        assert manager.kernel_spec.metadata.keys() >= metadata.keys()


CLIENT = """
import sys, time
from helpers.running import warm
import papermill
papermill.execute_notebook(sys.argv[1], None, engine_name="warm", kernel_name="python3", cwd=sys.argv[2], progress_bar=False)
"""


def test_a_client_that_is_killed_leaves_neither_kernel_nor_server(tmp_path):
    cell = "import os, time\nwith open('new', 'w') as f:\n    print(os.getpid(), os.getppid(), file=f)\nos.rename('new', 'pids')\ntime.sleep(600)"
    given = paper(tmp_path / "in.ipynb", cell)
    with subprocess.Popen([sys.executable, "-c", CLIENT, given, tmp_path]) as client:
        until((tmp_path / "pids").exists)
        pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
        assert all(map(is_running, pids)) and client.pid not in pids
        client.kill()
    until(lambda: not any(map(is_running, pids)))


def is_running(pid: int) -> bool:
    """True where there is such a process, and not only what is left of one."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
