"""The papermill engine `warm`: `papermill --engine warm in.ipynb out.ipynb`.

papermill loads this module as it is imported itself, by the entry point; no module of ours may import it before.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import NBClientEngine

from helpers.running.warm import WarmKernelManager


class WarmEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's own engine, its kernels from the warm server."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Every cell of the managed notebook executed, up to the first that fails."""
        super().execute_managed_notebook(
            nb_man, kernel_name, **{"kernel_manager_class": WarmKernelManager, **options}
        )
