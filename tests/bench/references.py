"""Reference databases that benchmarks measure on and none of them changes.

That of the shipped code sets, made once a run, and copies of it, as with the official index files, which lie beside the
repository (`../shared/data`). Each is `reference.sqlite` in a folder of its own, which can be a home.
"""

from __future__ import annotations

import atexit
import shutil
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from codesets import gathering, importing
from codesets.reference import open_reference

DATA = Path(__file__).parents[2].parent / "shared" / "data"
INDEX_FILES = DATA / "icd10cm" / "fy2025xml"


@dataclass(frozen=True)
class Made:
    """A reference database and how many seconds it took to make."""

    path: Path
    seconds: float


@cache
def shipped() -> Made:
    """The reference database of the shipped code sets."""
    path = _folder() / "reference.sqlite"
    began = time.perf_counter()
    open_reference(path).close()
    return Made(path, time.perf_counter() - began)


def copied(folder: Path, made: Path | None = None) -> Path:
    """A copy of one in a folder, to load more into: of the shipped one where none is named."""
    made = made or shipped().path
    shutil.copytree(made.parent, folder, dirs_exist_ok=True)
    return folder / made.name


def load_index(made: Path) -> None:
    """Load the official index files into a reference database."""
    with gathering.gather([str(INDEX_FILES)], lambda stage, done: None) as gathered:
        importing.run(made, importing.plan(made, gathered), lambda stage, done: None)


def _folder() -> Path:
    folder = Path(mkdtemp(prefix="codedesk-reference-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
