"""Final-accounts audit suite: reads a 部门决算 report, reconciles its figures by declared rules, explains findings."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.audit import Audit, ReportError, audit
    from helpers.data import DataError

__all__ = ["Audit", "DataError", "ReportError", "audit"]


class _Package(ModuleType):
    """The package, whose public names are loaded when they are asked for: the help of the command line needs none."""

    def __getattr__(self, name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found: object = getattr(
            import_module("helpers.data" if name == "DataError" else "helpers.audit"), name
        )
        setattr(self, name, found)
        return found

    def __setattr__(self, name: str, value: object) -> None:
        # Importing the module helpers.audit sets this name to the module; here it is the function.
        if name != "audit" or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
