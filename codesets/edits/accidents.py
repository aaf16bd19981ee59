"""What kind of accident the external causes tell of: by `accidents.csv`, never by titles.

Work goes before the road: its insurer pays before any other. Source: ICD-10-CM tabular list, chapter 20.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

from codesets.catalog import normalize
from codesets.shipped_tables import read_table

AUTO, EMPLOYMENT = "AA", "EM"


def accident_cause(diagnoses: Collection[str]) -> str:
    """The related cause (AA, EM) that codes in any spelling tell; empty where they tell none."""
    causes = {_cause(normalize(code)) for code in diagnoses}
    return next((cause for cause in (EMPLOYMENT, AUTO) if cause in causes), "")


def _cause(code: str) -> str:
    if code[:1] not in ("V", "Y"):
        return ""
    return next((cause for begins, cause in _table() if code.startswith(begins)), "")


@cache
def _table() -> tuple[tuple[str, str], ...]:
    rows = read_table(Path(__file__).with_name("accidents.csv"), ("begins", "cause"))
    return tuple((begins, cause) for begins, cause in rows)
