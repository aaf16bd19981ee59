"""What a site says of each HL7 sender, as data: `interfaces.toml` as shipped, and the site's `hl7v2.toml` over it.

The site's file is read again when it changes, so that a mended map works for the next message. Its schema is checked:
a word that does not exist is refused with the place it stands in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from codesets.errors import CodedeskError
from codesets.home import home
from store.intake.jsontext import first_error
from store.terms import DocumentStatus, PatientClass, Relationship, Setting

FieldPath = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{2}-\d{1,3}(\.\d{1,2}){0,2}$")]


class BadInterface(CodedeskError):
    """The site's map of HL7 senders cannot be used; the message says where."""

    title = "hl7v2.toml"


class Happening(StrEnum):
    """What a message tells of a visit."""

    OPENS = "opens"
    CLOSES = "closes"
    CANCELS = "cancels"
    REOPENS = "reopens"
    UPDATES = "updates"
    PERSON = "person"
    MERGES_PATIENTS = "merges_patients"
    MERGES_ACCOUNTS = "merges_accounts"
    MERGES_VISITS = "merges_visits"
    MOVES_ACCOUNTS = "moves_accounts"
    MOVES_VISITS = "moves_visits"
    CHARGES = "charges"
    DOCUMENTS = "documents"
    RESULTS = "results"
    ORDERS = "orders"
    PASSED_OVER = "passed_over"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VisitClass(_Strict):
    """What PV1-2 says of a visit."""

    setting: Setting
    patient_class: PatientClass
    place_of_service: str = ""


class DocumentType(_Strict):
    """A type of document: LOINC, or empty, and its name."""

    code: str = ""
    name: str


class QueryAnswers(_Strict):
    """Where the answer of a provider to a query of this desk stands; `interfaces.toml` explains each name."""

    events: frozenset[str]
    number: tuple[FieldPath, ...]
    prefix: str
    choice: frozenset[str]
    answer: frozenset[str]
    around: frozenset[str]
    answered_by: tuple[FieldPath, ...]
    type_name: str


class _Closing(_Strict):
    events: frozenset[str]


class Interface(_Strict):
    """Everything that is known of one sender; `interfaces.toml` explains each name."""

    application: str = "*"
    sending_facility: str = "*"
    source: str
    visit: tuple[FieldPath, ...]
    account: tuple[FieldPath, ...]
    facility: tuple[FieldPath, ...]
    facility_of_new: tuple[FieldPath, ...]
    start: tuple[FieldPath, ...]
    start_of_opening: tuple[FieldPath, ...]
    end: tuple[FieldPath, ...]
    revenue_code: FieldPath | Annotated[str, StringConstraints(max_length=0)]
    poa: tuple[FieldPath, ...]
    patient_number_types: tuple[str, ...]
    never_kept_types: frozenset[str]
    never_kept_fields: tuple[FieldPath, ...]
    npi_types: frozenset[str]
    npi_authorities: frozenset[str]
    charge_types: frozenset[str]
    credit_types: frozenset[str]
    narrative_types: frozenset[str]
    events: dict[str, Happening]
    closes_outpatients: _Closing
    class_: dict[str, VisitClass] = Field(alias="class")
    service: dict[str, Setting]
    admission_type: dict[str, str]
    sex: dict[str, str]
    relationship: dict[str, Relationship]
    document_status: dict[str, DocumentStatus]
    document_type: dict[str, DocumentType]
    code_system: dict[str, str]
    extra: dict[str, FieldPath]
    query_answers: QueryAnswers

    def happening(self, event: str) -> Happening:
        """What an event such as `ADT^A01` means; an unknown one is passed over."""
        return self.events.get(event) or self.events.get(event.partition("^")[0]) or Happening.PASSED_OVER


def interface_for(application: str, facility: str) -> Interface:
    """The map for a sender. Raises BadInterface where the site's file cannot be used."""
    path = site_file()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return shipped()
    for interface in _site(path, changed):
        if fnmatchcase(application, interface.application) and fnmatchcase(facility, interface.sending_facility):
            return interface
    return shipped()


def site_file() -> Path:
    """Where the site's own map is looked for."""
    return home() / "hl7v2.toml"


@cache
def shipped() -> Interface:
    """The map for senders of whom the site says nothing."""
    return Interface.model_validate(_shipped_values())


@cache
def _shipped_values() -> dict[str, Any]:
    return tomllib.loads(files("store.intake.hl7v2").joinpath("interfaces.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def _site(path: Path, changed: int) -> tuple[Interface, ...]:
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInterface(f"{path} cannot be read: {error}", "mend the file and try again") from None
    entries = said.pop("interface", [])
    if said or not isinstance(entries, list):
        raise BadInterface(f"{path}: expected [[interface]] tables only", "see the shipped interfaces.toml")
    found = []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(Interface.model_validate(_over(_shipped_values(), entry)))
        except ValidationError as error:
            raise BadInterface(f"interface {number}: {first_error(error)}", f"mend {path}") from None
    return tuple(found)


def _over(shipped_values: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What the site names over what is shipped; tables are laid over each other name by name."""
    out = dict(shipped_values)
    for name, value in said.items():
        below = out.get(name)
        out[name] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return out
