"""Reckons risk scores with the optional package hccinfhir, in a process of its own: `python -m codesets.risk_engine`.

The package with its tables takes 80 MiB and more, which a session would keep for a look that takes a moment. So the
process reads questions as JSON lines, answers each with one, and ends by itself once it is asked nothing for
`IDLE_SECONDS` or its input ends. `codesets.risk_scores` asks it.
"""

from __future__ import annotations

import json
import select
import sys
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from importlib import metadata
from typing import Any

from codesets.risk_scores import NO_SCORES, PAYMENT_YEARS, CategoryScore, Member, NoScore, Score

PROPOSED = {2027: "ra_proposed_coefficients_2027.csv"}
"""Coefficients that were only proposed when the package was made."""

LAST_HIERARCHIES = 2026
IDLE_SECONDS = 20.0


def main() -> None:
    """Answer questions until there are no more."""
    while select.select([sys.stdin], [], [], IDLE_SECONDS)[0] and (line := sys.stdin.readline()):
        asked = json.loads(line)
        if asked["ask"] == "categories":
            answer: object = categories_of(asked["code"], asked["year"], asked["model"])
        else:
            found = score(asked["codes"], Member(**asked["member"]), asked["year"], asked["model"])
            answer = {"score": asdict(found)} if isinstance(found, Score) else {"none": found.reason}
        print(json.dumps(answer), flush=True)


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


if __name__ == "__main__":
    main()
