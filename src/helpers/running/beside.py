"""Last year's report beside one that is not read yet: what a helper looks for."""

from __future__ import annotations

import signal
from pathlib import Path

from helpers.facts.compared import prior_file, refuse_long_paragraphs
from helpers.facts.extract import report_entity, report_year
from helpers.reading.join import join
from helpers.reading.read import read, read_bytes
from helpers.running.helper import Beat

_SECONDS = 60


def prior_beside(files: tuple[Path, ...], beat: Beat) -> Path | None:
    """As `prior_file`; None too where the report cannot be read, which is said elsewhere.  It ends with its process."""
    if hasattr(signal, "alarm"):
        signal.alarm(_SECONDS)
    try:
        names = [path.name for path in files]
        document = join([read(read_bytes(path), str(path)) for path in files], names)
        refuse_long_paragraphs(document, names[0])
        return prior_file(files[0], report_entity(document), report_year(document))
    except Exception:
        return None
    finally:
        if hasattr(signal, "alarm"):
            signal.alarm(0)
