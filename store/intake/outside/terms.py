"""The code lists of 837 claims in the words of the tables, from `terms.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from store.terms import Setting


@dataclass(frozen=True)
class Terms:
    """The content of `terms.toml`."""

    place_of_service: Mapping[str, Setting]
    bill_type: Mapping[str, Setting]
    revenue: Mapping[str, Setting]
    code: Mapping[str, tuple[str, str, str]]
    no_code: frozenset[str]
    role: Mapping[str, str]
    relationship: Mapping[str, str]


@cache
def terms() -> Terms:
    """The terms, read once."""
    data = tomllib.loads(files("store.intake.outside").joinpath("terms.toml").read_text(encoding="utf-8"))
    places, bills, revenue = (
        {k: Setting(v) for k, v in data[name].items()} for name in ("place_of_service", "bill_type", "revenue")
    )
    return Terms(
        places,
        bills,
        revenue,
        {qualifier: (words[0], words[1], words[2]) for qualifier, words in data["code"].items()},
        frozenset(data["no_code"]["qualifiers"]),
        data["role"],
        data["relationship"],
    )
