"""The identifiers of CDA and C-CDA in the words of the tables, from `terms.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Terms:
    """The content of `terms.toml`."""

    never_kept: frozenset[str]
    npi: str
    code_system: dict[str, str]
    section: dict[str, str]
    inpatient: frozenset[str]
    participant: dict[str, str]


@cache
def terms() -> Terms:
    """The terms, read once."""
    data = tomllib.loads(files("store.intake.ccda").joinpath("terms.toml").read_text(encoding="utf-8"))
    return Terms(
        frozenset(data["register"]["never_kept"]),
        data["register"]["npi"],
        data["code_system"],
        data["section"],
        frozenset(data["inpatient"]["documents"]),
        data["participant"],
    )
