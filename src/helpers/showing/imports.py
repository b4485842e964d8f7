"""Imports that are quicker for what they leave out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# To check the format `iri`, jsonschema compiles a grammar when it is imported: a second in each process that imports
# nbformat, papermill or nbconvert. No schema of a notebook, nor of our data, has this format.
IRI = "rfc3987_syntax"


@contextmanager
def without(name: str) -> Iterator[None]:
    """What is imported inside does not find the package of this name, which it must be able to do without.

    It can be imported again afterwards; one that is imported already stays.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # how the import system says that it is not there
    try:
        yield
    finally:
        del sys.modules[name]
