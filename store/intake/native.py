"""The native format: one encounter per line of JSON, with everything that belongs to it, in the tables' own names.

Exports write it and intake reads it without loss. Its JSON Schema comes from these models (`codedesk schema
encounter`). It says nothing of worklists and claims: those are made here, not taken in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError, field_validator
from sqlmodel import Field, SQLModel

from codesets.safe import safe_block, safe_line
from store.intake.jsontext import BadJson, first_error, parse_json
from store.models.coding import FinalDiagnosisFields, FinalProcedureLineFields
from store.models.columns import Line
from store.models.directory import FacilityFields, PayerFields, ProviderFields
from store.models.encounter import (
    AccountFields,
    ChargeFields,
    CoverageFields,
    DocumentFields,
    EncounterFields,
    SourceCodeFields,
)
from store.models.patient import PatientFields
from store.terms import CodingKind, CodingStatus, ProviderRole

FORMAT = "codedesk.encounter/1"


class NativeCoverage(CoverageFields):
    payer: PayerFields


class NativeProvider(SQLModel):
    role: ProviderRole
    provider: ProviderFields


class NativeDocument(DocumentFields):
    version: int = 1


class NativeCoding(SQLModel):
    """Final codes of one side of the bill; `coder` is a login of the site."""

    kind: CodingKind
    version: int = Field(default=1, ge=1)
    status: CodingStatus = CodingStatus.FINAL
    release: Line = ""
    coder: Line = ""
    finalized_at: Line | None = None
    diagnoses: list[FinalDiagnosisFields] = Field(default_factory=list)
    procedures: list[FinalProcedureLineFields] = Field(default_factory=list)


class NativeEncounter(EncounterFields):
    """One line of the native format."""

    model_config = {"extra": "forbid", "title": "codedesk encounter"}

    format: Literal["codedesk.encounter/1"] = "codedesk.encounter/1"
    patient: PatientFields
    account: AccountFields
    facility: FacilityFields | None = None
    coverages: list[NativeCoverage] = Field(default_factory=list)
    providers: list[NativeProvider] = Field(default_factory=list)
    documents: list[NativeDocument] = Field(default_factory=list)
    charges: list[ChargeFields] = Field(default_factory=list)
    source_codes: list[SourceCodeFields] = Field(default_factory=list)
    codings: list[NativeCoding] = Field(default_factory=list)
    tasks: list[CodingKind] = Field(
        default_factory=list, description="sides of the bill to code; empty: those usual for the setting"
    )

    @field_validator("extra")
    @classmethod
    def _safe_extra(cls, extra: dict[str, Any]) -> dict[str, Any]:
        return {safe_line(str(name)): _safe_value(value) for name, value in extra.items()}


@dataclass(frozen=True)
class NativeLine:
    """One line as read: its 1-based number, its bytes, and either the record or what is wrong with the line."""

    number: int
    raw: bytes
    record: NativeEncounter | None
    problem: str = ""


def read_lines(lines: Iterable[bytes], first_number: int = 1) -> Iterator[NativeLine]:
    """Read lines of the native format one by one; a blank line is passed over, a bad one says what was expected."""
    for number, raw in enumerate(lines, first_number):
        if not raw.strip():
            continue
        try:
            yield NativeLine(number, raw, to_record(raw))
        except BadJson as error:
            yield NativeLine(number, raw, None, error.message)


def to_record(raw: bytes) -> NativeEncounter:
    """The encounter of one line. Raises BadJson that names the field and what was expected."""
    value = parse_json(raw)
    if not isinstance(value, dict):
        raise BadJson("expected one encounter as a JSON object")
    try:
        return NativeEncounter.model_validate(value)
    except ValidationError as error:
        raise BadJson(first_error(error)) from None


def to_line(record: NativeEncounter) -> str:
    """A record as its line of JSON, without the line end: every field, lists in their standard order."""
    return ordered(record).model_dump_json()


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one line of the native format."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **NativeEncounter.model_json_schema()}


def ordered(record: NativeEncounter) -> NativeEncounter:
    """The same record with its lists in their standard order and repeated source codes taken out."""
    roles = list(ProviderRole)
    return record.model_copy(
        update={
            "coverages": sorted(record.coverages, key=lambda c: c.sequence),
            "providers": sorted(
                record.providers, key=lambda p: (roles.index(p.role), p.provider.source, p.provider.local_id)
            ),
            "documents": sorted(record.documents, key=lambda d: (d.document_number, d.version)),
            "charges": sorted(record.charges, key=lambda c: c.charge_number),
            "source_codes": list({(c.kind, c.system, c.code, c.display): c for c in record.source_codes}.values()),
            "codings": [_ordered_coding(c) for c in sorted(record.codings, key=lambda c: (c.kind.value, c.version))],
            "tasks": sorted(set(record.tasks)),
        }
    )


def _ordered_coding(coding: NativeCoding) -> NativeCoding:
    return coding.model_copy(
        update={
            "diagnoses": sorted(coding.diagnoses, key=lambda d: d.sequence),
            "procedures": sorted(coding.procedures, key=lambda p: p.sequence),
        }
    )


def _safe_value(value: object) -> object:
    if isinstance(value, str):
        return safe_block(value)
    if isinstance(value, dict):
        return {safe_line(str(key)): _safe_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_safe_value(item) for item in value]
    return value
