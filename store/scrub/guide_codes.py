"""The code lists of the guides that are shipped as data: what an element may say, and what certifications take.

Source: 005010X222A1 and 005010X223A2, as `guide_codes.csv` and `certifications.csv` name segment and element.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codesets.shipped_tables import read_table


@dataclass(frozen=True)
class CertificationKind:
    """A category of CRC: whether its conditions may (N, Y) apply, which there are, and how many it takes.

    `most` is of conditions in a segment, `segments` of segments of the same `kind` on a claim.
    """

    category: str
    kind: str
    applies: tuple[str, ...]
    conditions: tuple[str, ...]
    most: int
    segments: int


def guide_codes(name: str, form: str) -> tuple[str, ...]:
    """The codes of an element in claims of a form (837p, 837i), in the order of the guide; none where it has none."""
    return _codes().get((name, form), ())


@cache
def certification_kinds() -> Mapping[str, CertificationKind]:
    """The categories of certifications of professional claims, by CRC01."""
    columns = ("category", "kind", "applies", "conditions", "most", "segments")
    return {
        category: CertificationKind(
            category, kind, tuple(applies.split()), tuple(conditions.split()), int(most), int(segments)
        )
        for category, kind, applies, conditions, most, segments in read_table(
            Path(__file__).with_name("certifications.csv"), columns
        )
    }


@cache
def _codes() -> Mapping[tuple[str, str], tuple[str, ...]]:
    rows = read_table(Path(__file__).with_name("guide_codes.csv"), ("name", "element", "forms", "codes"))
    return {(name, form): tuple(codes.split()) for name, _, forms, codes in rows for form in forms.split()}
