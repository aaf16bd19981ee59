"""Who and where a claim names: addresses and clinicians, as every part of it holds them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """A postal address; `zip` as it stands in the record, with or without hyphen."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""


@dataclass(frozen=True)
class Practitioner:
    """A clinician by name and NPI (loops 2310A, B, D and 2420A to F)."""

    family_name: str
    given_name: str = ""
    npi: str = ""
    taxonomy: str = ""
