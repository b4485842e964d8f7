"""The papermill engine `warm` gives what papermill's own gives, keeps notebooks apart, and outlives whatever they do.

Cells tagged `raises-exception` let a notebook go on, so that one kernel of each engine shows all of it.
"""

from __future__ import annotations

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
    try:
        papermill.execute_notebook(given, out, engine_name=engine, **settings)
    except PapermillExecutionError:
        pass
    found = {cell["id"]: cell for cell in json.loads(out.read_text("utf-8"))["cells"]}
    return [found[f"c{n}"] for n in range(len(cells))]


def plain(cell: dict[str, Any]) -> tuple[Any, ...]:
    """What a cell shows, without what differs between any two processes, each stream between displays in one piece."""
    outputs: list[dict[str, Any]] = []
    for output in cell["outputs"]:
        same = next((o for o in _streams_at_end(outputs) if o["name"] == output.get("name")), None)
        if same:
            same["text"] = [*same["text"], *output["text"]]
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
