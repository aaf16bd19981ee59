"""Fixtures of the code-set tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets.reference import Reference, open_reference


@pytest.fixture(scope="session")
def reference(reference_file: Path) -> Iterator[Reference]:
    """The open reference database."""
    with open_reference(reference_file) as opened:
        yield opened
