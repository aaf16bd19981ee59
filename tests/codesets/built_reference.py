"""One reference database for a whole test run, whichever folder its tests stand in."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from codesets.reference import open_reference


@cache
def built_reference() -> Path:
    """A reference database built from the installed data, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="codedesk-reference-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "reference.sqlite"
    open_reference(path).close()
    return path
