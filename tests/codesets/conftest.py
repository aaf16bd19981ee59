"""Fixtures of the code-set tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets.reference import Reference, open_reference
from tests.codesets.built_reference import built_reference


@pytest.fixture(scope="session")
def reference_path() -> Path:
    """The reference database of this test run."""
    return built_reference()


@pytest.fixture(scope="session")
def reference(reference_path: Path) -> Iterator[Reference]:
    """The open reference database."""
    with open_reference(reference_path) as opened:
        yield opened
