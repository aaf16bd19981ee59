"""CMS-HCC risk scores (RAF) of a patient's diagnoses, through the optional package hccinfhir (`codedesk[hcc]`).

Hierarchies, interactions and counts are the package's: coefficients are never summed by hand. A payment year counts
the services of the year before; where a model has no tables for it, the newest year before answers and says so.
Source: CMS-HCC model software and rate announcements V24 and V28. Categories that a hierarchy drops are told too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

MODELS = ("V28", "V24")
PAYMENT_YEARS = {"V28": (2025, 2026, 2027), "V24": (2025, 2026)}
"""The payment years that the package has tables of, by model."""

PROPOSED = {2027: "ra_proposed_coefficients_2027.csv"}
"""Coefficients that were only proposed when the package was made."""

LAST_HIERARCHIES = 2026
NO_SCORES = "No risk model is loaded: pip install 'codedesk[hcc]' adds them."


@dataclass(frozen=True)
class Member:
    """What a score needs of the patient: age on February 1 of the payment year, sex, and entitlement.

    `dual` is the dual status code (NA: none), `original_reason` of entitlement 0 age, 1 disability, 2 kidney failure.
    """

    age: int
    sex: str
    dual: str = "NA"
    original_reason: str = "0"
    new_enrollee: bool = False

    @property
    def assumed(self) -> str:
        """What is taken for granted, in words: nobody tells codedesk of institutions or of Medicaid."""
        dual = "not dual" if self.dual == "NA" else f"dual status {self.dual}"
        return f"community, {dual}, entitled by {'disability' if self.original_reason == '1' else 'age'}"


@dataclass(frozen=True)
class CategoryScore:
    """A category with its label, coefficient and the diagnoses behind it (no dots).

    `counted` is False where a higher category of the hierarchy took its place; it adds nothing then.
    """

    category: str
    label: str
    coefficient: float
    codes: tuple[str, ...]
    counted: bool = True


@dataclass(frozen=True)
class Score:
    """The raw score of a model for a payment year, in parts that add up to it; `warning` is one line or empty."""

    model: str
    payment_year: int
    engine: str
    score: float
    demographic: float
    categories: tuple[CategoryScore, ...]
    interactions: tuple[tuple[str, float], ...]
    warning: str = ""


@dataclass(frozen=True)
class NoScore:
    """Why there is no score."""

    reason: str


def member_of(birth_date: str, sex: str, service_year: int) -> Member | NoScore:
    """The member for services of a year, from an ISO birth date; a score needs the whole date and the sex."""
    if len(birth_date) < 10 or sex not in ("F", "M"):
        return NoScore("A risk score needs the birth date and the sex.")
    born, day = dt.date.fromisoformat(birth_date[:10]), dt.date(service_year + 1, 2, 1)
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return Member(max(age, 0), sex, original_reason="0" if age >= 65 else "1")


def score(codes: Iterable[str], member: Member, service_year: int, model: str) -> Score | NoScore:
    """The score of diagnoses (no dots) of services in a year, for the payment year after it."""
    wanted = service_year + 1
    year = max((one for one in PAYMENT_YEARS[model] if one <= wanted), default=PAYMENT_YEARS[model][0])
    processor = _processor(model, year)
    if processor is None:
        return NoScore(NO_SCORES)
    found = processor.calculate_from_diagnosis(
        sorted(set(codes)),
        age=member.age,
        sex=member.sex,
        dual_elgbl_cd=member.dual,
        orec=member.original_reason,
        crec=member.original_reason,
        new_enrollee=member.new_enrollee,
    )
    labels = {one.hcc: one.label or "" for one in found.hcc_details}
    counted = set(found.hcc_list)
    categories = tuple(
        CategoryScore(
            category,
            labels.get(category, ""),
            found.coefficients.get(category, 0.0),
            tuple(sorted(found.cc_to_dx[category])),
            category in counted,
        )
        for category in sorted(found.cc_to_dx, key=_number)
    )
    demographic = found.risk_score_demographics
    together = found.coefficients.items()
    rest = [(name, value) for name, value in together if value and name not in counted and name in found.interactions]
    return Score(
        model=model,
        payment_year=year,
        engine=f"hccinfhir {metadata.version('hccinfhir')}",
        score=found.risk_score,
        demographic=demographic,
        categories=categories,
        interactions=tuple(rest),
        warning=_warning(model, wanted, year),
    )


def categories_of(code: str, service_year: int, model: str) -> tuple[str, ...]:
    """The categories of one diagnosis (no dot) in a model for services of a year; empty without the package."""
    years = PAYMENT_YEARS[model]
    processor = _processor(model, max((one for one in years if one <= service_year + 1), default=years[0]))
    if processor is None:
        return ()
    return tuple(sorted(processor.dx_to_cc_mapping.get((code, f"CMS-HCC Model {model}"), ()), key=_number))


def _warning(model: str, wanted: int, year: int) -> str:
    if year != wanted:
        return f"{model} has no tables for payment year {wanted}; answered from {year}."
    return f"The coefficients of {year} are those proposed, not final." if year in PROPOSED else ""


def _number(category: str) -> float:
    return float(category) if category.replace(".", "", 1).isdigit() else 0.0


@cache
def _processor(model: str, year: int) -> Any:
    """The package's model for a payment year, None where it is not installed. A fifth of a second at first use."""
    try:
        from hccinfhir import HCCInFHIR
    except ImportError:
        return None
    name = f"CMS-HCC Model {model}"
    processor = HCCInFHIR(
        model_name=name,
        filter_claims=False,
        dx_cc_mapping_filename=f"ra_dx_to_cc_{year}.csv",
        coefficients_filename=PROPOSED.get(year, f"ra_coefficients_{year}.csv"),
        hierarchies_filename=f"ra_hierarchies_{min(year, LAST_HIERARCHIES)}.csv",
    )
    # It holds the tables of every model; what this one does not ask would stay in memory of each session.
    processor.dx_to_cc_mapping = {key: found for key, found in processor.dx_to_cc_mapping.items() if key[1] == name}
    processor.is_chronic_mapping = {key: found for key, found in processor.is_chronic_mapping.items() if key[1] == name}
    processor.professional_cpt = set()
    return processor
