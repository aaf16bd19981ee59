"""The header of a clinical document: its patient, and the visit that it was written for (CDA R2 section 4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from store.intake.ccda.elements import (
    below,
    child_of,
    children_of,
    high_of,
    low_of,
    number_of,
    time_of,
    words_of,
)
from store.intake.ccda.narrative import words
from store.intake.ccda.terms import terms
from store.intake.fhir.parties import visit_class
from store.intake.hl7v2.values import day, line

_SEX = {"F": "F", "M": "M", "UN": "X"}


class BadDocument(ValueError):
    """The document lacks what it takes to place it; the message names the element."""


def patient_values(role: Element) -> dict[str, Any]:
    numbers = (number_of(one) for one in children_of(role, "id") if one.get("root") not in terms().never_kept)
    number = next((one for one in numbers if one), None)
    if number is None:
        raise BadDocument("recordTarget/patientRole/id: expected a record number (not a social security number)")
    person = child_of(role, "patient")
    values: dict[str, Any] = {"source": number[0], "mrn": number[1], "family_name": ""}
    if person is not None:
        name = child_of(person, "name")
        if name is not None:
            given = [line(words(one)) for one in children_of(name, "given")]
            values["family_name"] = words_of(name, "family") or line(words(name))
            values["given_name"] = given[0] if given else ""
            values["middle_name"] = line(" ".join(given[1:]))
            values["suffix"] = words_of(name, "suffix")
        born = child_of(person, "birthTime")
        if born is not None and (birth := day(born.get("value", ""))):
            values["birth_date"] = birth
        sex = child_of(person, "administrativeGenderCode")
        if sex is not None and sex.get("code"):
            values["sex"] = _SEX.get(sex.get("code", ""), "U")
    where = child_of(role, "addr")
    if where is not None:
        lines = [line(words(one)) for one in children_of(where, "streetAddressLine")] + ["", ""]
        values |= {"address_line1": lines[0], "address_line2": lines[1], "city": words_of(where, "city")}
        values |= {"state": words_of(where, "state"), "zip": words_of(where, "postalCode").replace("-", "")}
    return values


def visit_values(encounter: Element, document_type: str) -> dict[str, Any]:
    when, code = child_of(encounter, "effectiveTime"), child_of(encounter, "code")
    started, ended = low_of(when) or time_of(when), high_of(when)
    act = code.get("code", "") if code is not None else ""
    setting, patient_class, place = visit_class(act)
    if document_type in terms().inpatient and act.upper() not in ("EMER", "OBSENC", "SS"):
        setting, patient_class, place = visit_class("IMP")
    values: dict[str, Any] = {"setting": setting}
    if act.isalpha() or document_type in terms().inpatient:
        values |= {"patient_class": patient_class, "place_of_service": place}
    if started and len(started) >= 10:
        values["started_at"] = started
    if ended and len(ended) >= 10:
        values["ended_at"] = ended
    disposition = child_of(encounter, "dischargeDispositionCode")
    if disposition is not None and (found := disposition.get("code", "")):
        values["discharge_disposition"] = found.zfill(2) if found.isdigit() else line(found)
    if providers := list(_providers(encounter)):
        values["providers"] = list({(p["role"], p["provider"]["local_id"]): p for p in providers}.values())
    facility = below(encounter, "location", "healthCareFacility")
    if facility is not None:
        organization = child_of(facility, "serviceProviderOrganization")
        place_element = organization if organization is not None else child_of(facility, "location")
        number, name = number_of(child_of(facility, "id")), ""
        if place_element is not None:
            name = words_of(place_element, "name")
        if number and name:
            values["facility"] = {"source": number[0], "local_id": number[1], "name": name}
    return values


def _providers(encounter: Element) -> Iterator[dict[str, Any]]:
    for name, role in (("responsibleParty", "attending"), ("encounterParticipant", "")):
        for party in children_of(encounter, name):
            entity = child_of(party, "assignedEntity")
            role = role or terms().participant.get(party.get("typeCode", ""), "")
            identifier = child_of(entity, "id") if entity is not None else None
            number = number_of(identifier)
            if entity is None or identifier is None or number is None or not role:
                continue
            person = below(entity, "assignedPerson", "name")
            national = identifier.get("root") == terms().npi
            fields = {
                "source": number[0],
                "local_id": number[1],
                "npi": number[1] if national and re.fullmatch(r"\d{10}", number[1]) else "",
                "family_name": words_of(person, "family") if person is not None else "",
                "given_name": words_of(person, "given") if person is not None else "",
            }
            yield {"role": role, "provider": fields}
