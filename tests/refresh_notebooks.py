"""Execute the committed notebooks again and write them with their outputs: `.venv/bin/python tests/refresh_notebooks.py`.

A maintainer's tool: run it after a change of rules or wording, and read the difference before committing it.  What it
writes is the same on every machine: no clock, path or version is kept.  Names of notebooks limit it to these.
"""

import sys
from pathlib import Path

import nbformat

from helpers.running.execute import execute

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def refresh(notebook: Path, output: Path) -> None:
    """Write `notebook` to `output` as JupyterLab would run it, and as it would be committed."""
    (node,) = execute(notebook, output, {}, cwd=notebook.parent)
    node.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    output.write_text(nbformat.writes(node) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    """Refresh every notebook, or those named on the command line."""
    names = sys.argv[1:]
    for notebook in sorted(NOTEBOOKS.glob("[!.]*.ipynb")):
        if not names or notebook.stem in names or notebook.name in names:
            refresh(notebook, notebook)
            print(notebook.name)


if __name__ == "__main__":
    main()
