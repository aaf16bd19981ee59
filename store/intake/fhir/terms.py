"""The words of FHIR in the words of the tables, from `terms.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from store.terms import DocumentStatus, EncounterStatus, PatientClass, ProviderRole, Relationship, Setting


@dataclass(frozen=True)
class VisitClass:
    """What an Encounter.class says of a visit."""

    setting: Setting
    patient_class: PatientClass
    place_of_service: str = ""


@dataclass(frozen=True)
class Terms:
    """The checked content of `terms.toml`."""

    classes: dict[str, VisitClass]
    status: dict[str, EncounterStatus]
    participant: dict[str, ProviderRole]
    document_status: dict[str, DocumentStatus]
    document_status_left_out: frozenset[str]
    sex: dict[str, str]
    relationship: dict[str, Relationship]
    admission_type: dict[str, str]
    disposition: dict[str, str]
    never_kept_types: frozenset[str]
    never_kept_systems: frozenset[str]
    npi: frozenset[str]
    tax_id: frozenset[str]
    taxonomy: frozenset[str]
    loinc: frozenset[str]
    hcpcs: frozenset[str]
    self_pay: frozenset[str]


@cache
def terms() -> Terms:
    """The terms, read once."""
    data = tomllib.loads(files("store.intake.fhir").joinpath("terms.toml").read_text(encoding="utf-8"))
    return Terms(
        classes={
            code: VisitClass(
                Setting(entry["setting"]), PatientClass(entry["patient_class"]), entry.get("place_of_service", "")
            )
            for code, entry in data["class"].items()
        },
        status={word: EncounterStatus(value) for word, value in data["status"].items()},
        participant={code: ProviderRole(value) for code, value in data["participant"].items()},
        document_status={word: DocumentStatus(value) for word, value in data["document_status"].items()},
        document_status_left_out=frozenset(data["document_status_left_out"]["names"]),
        sex=data["sex"],
        relationship={word: Relationship(value) for word, value in data["relationship"].items()},
        admission_type=data["admission_type"],
        disposition=data["disposition"],
        never_kept_types=frozenset(data["never_kept"]["types"]),
        never_kept_systems=frozenset(data["never_kept"]["systems"]),
        npi=frozenset(data["register"]["npi"]),
        tax_id=frozenset(data["register"]["tax_id"]),
        taxonomy=frozenset(data["register"]["taxonomy"]),
        loinc=frozenset(data["register"]["loinc"]),
        hcpcs=frozenset(data["hcpcs"]["systems"]),
        self_pay=frozenset(data["self_pay"]["names"]),
    )
