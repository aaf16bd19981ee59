"""Risk-adjustment categories (CMS-HCC) that a diagnosis maps to, by date of service. Mapping only, no scores.

Source: the CMS-HCC format files of a payment year, which counts the services of the year before. Hierarchies and
coefficients belong to a grouper.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from codesets.reference import Reference
from codesets.sources.source import FileKind


@dataclass(frozen=True)
class Category:
    """A category of a model such as V28, and the payment year edition that says so."""

    model: str
    category: str
    edition: str


def categories(reference: Reference, code: str, on: dt.date) -> list[Category]:
    """The categories of a diagnosis (no dot) in every model loaded for services on the date, by model.

    Empty when the code has none, or when no mapping covers the date: see `is_loaded`.
    """
    rows = reference.db.execute(
        "SELECT model, category, edition FROM hcc_mappings JOIN loads ON loads.id = load_id"
        " WHERE kind = ? AND ? BETWEEN starts AND ends AND code = ? ORDER BY model, category",
        (FileKind.HCC_MAPPING.value, str(on), code),
    )
    return [Category(*row) for row in rows]


def is_loaded(reference: Reference, on: dt.date) -> bool:
    """Whether any mapping for services on the date is loaded."""
    query = "SELECT 1 FROM loads WHERE kind = ? AND ? BETWEEN starts AND ends"
    return reference.db.execute(query, (FileKind.HCC_MAPPING.value, str(on))).fetchone() is not None
