"""One clinical document: header, narrative and entries of a `ClinicalDocument`, as what it says of a visit.

Identifiers whose extension is missing are their root. Times keep their precision. Source: HL7 CDA R2 sections 4.2
(header) and 4.3 (body); C-CDA R2.1 volume 1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from codesets.home import home
from store.intake.ccda.narrative import local, text_of, words
from store.intake.fhir.parties import visit_class
from store.intake.files import EXPECTED, MAX_LINE, NotTakenIn
from store.intake.hl7v2.values import day, line, moment
from store.intake.statement import NO_TEXT, Item, Statement, Step, Unplaced
from store.intake.unit import Unit, refused
from store.intake.writer import Raw

KIND = "ccda"
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SSN = re.compile(rb"<(?:\w+:)?id\b[^>]*\broot\s*=\s*[\"']2\.16\.840\.1\.113883\.4\.1[\"'][^>]*>", re.DOTALL)
_SEX = {"F": "F", "M": "M", "UN": "X"}


class BadDocument(ValueError):
    """The document lacks what it takes to place it; the message names the element."""


@dataclass(frozen=True)
class Terms:
    """The content of `terms.toml`."""

    never_kept: frozenset[str]
    npi: str
    code_system: dict[str, str]
    section: dict[str, str]
    inpatient: frozenset[str]
    participant: dict[str, str]


@cache
def terms() -> Terms:
    """The terms, read once."""
    data = tomllib.loads(files("store.intake.ccda").joinpath("terms.toml").read_text(encoding="utf-8"))
    return Terms(
        frozenset(data["register"]["never_kept"]),
        data["register"]["npi"],
        data["code_system"],
        data["section"],
        frozenset(data["inpatient"]["documents"]),
        data["participant"],
    )


def units(stream: BinaryIO) -> Iterator[Unit]:
    """The document of a file. Raises NotTakenIn for XML of another kind."""
    data = stream.read(MAX_LINE + 1)
    if len(data) > MAX_LINE:
        raise NotTakenIn(f"it is XML of more than {MAX_LINE // 2**20} MB; {EXPECTED}")
    if b"ClinicalDocument" not in data:
        raise NotTakenIn(f"it is XML, but no clinical document; {EXPECTED}")
    yield unit(data)


def unit(data: bytes, visit: tuple[str, str] | None = None) -> Unit:
    """What one document says; `visit` is (source, number) of the visit that a person chose for it."""
    kept = _SSN.sub(b"<!-- number left out -->", data)
    try:
        root = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        at = f"line {error.position[0]}, column {error.position[1] + 1}"
        return refused("document", KIND, kept, f"it is not well-formed XML ({at})")
    except (DefusedXmlException, ValueError, LookupError, RecursionError):
        return refused("document", KIND, kept, "it declares entities or an encoding that is not allowed")
    if local(root) != "ClinicalDocument":
        return refused("document", KIND, kept, "expected ClinicalDocument as the root element")
    number = _identity(_child(root, "id"))
    place = f"document {number}" if number else "document"
    try:
        item = _read(root, visit)
    except (BadDocument, RecursionError) as error:
        return refused(place, KIND, kept, str(error) or "it is nested too deep")
    digest = hashlib.sha256(data).hexdigest()
    return Unit(place, Raw(KIND, kept, (number or digest)[:400], digest), (item,))


def _read(root: Element, visit: tuple[str, str] | None) -> Item:
    role = _path(root, "recordTarget", "patientRole")
    if role is None:
        raise BadDocument("recordTarget/patientRole: it is required")
    code = _child(root, "code")
    values: dict[str, Any] = {"documents": [_document(root)]}
    if codes := list(_source_codes(root)):
        values["source_codes"] = codes
    encounter = _path(root, "componentOf", "encompassingEncounter")
    number = _number(_child(encounter, "id")) if encounter is not None else None
    if visit is not None:
        return Statement(*visit, values, Step.PAST, known_only="the visit that was chosen is not here")
    patient = values["patient"] = _patient(role)
    date = _service_day(root) or _time(_child(root, "effectiveTime"))
    if encounter is None or number is None:
        if not date or len(date) < 10:
            raise BadDocument("effectiveTime: expected a full day, since the document names no visit")
        return Unplaced((patient["source"], patient["mrn"]), date[:10], values)
    values |= _visit(encounter, code.get("code", "") if code is not None else "")
    first = {"started_at": values.pop("started_at", None) or date, "setting": values.pop("setting")}
    return Statement(*number, values, Step.PAST, {k: v for k, v in first.items() if v})


def _service_day(root: Element) -> str | None:
    """The time of the service that is documented, unless that is a span of days, as in a summary of years."""
    service = _path(root, "documentationOf", "serviceEvent", "effectiveTime")
    low, high = _low(service), _high(service)
    return low if low and (not high or high[:10] == low[:10]) else None


def _patient(role: Element) -> dict[str, Any]:
    numbers = (_number(one) for one in _children(role, "id") if one.get("root") not in terms().never_kept)
    number = next((one for one in numbers if one), None)
    if number is None:
        raise BadDocument("recordTarget/patientRole/id: expected a record number (not a social security number)")
    person = _child(role, "patient")
    values: dict[str, Any] = {"source": number[0], "mrn": number[1], "family_name": ""}
    if person is not None:
        name = _child(person, "name")
        if name is not None:
            given = [line(words(one)) for one in _children(name, "given")]
            values["family_name"] = _words(name, "family") or line(words(name))
            values["given_name"] = given[0] if given else ""
            values["middle_name"] = line(" ".join(given[1:]))
            values["suffix"] = _words(name, "suffix")
        born = _child(person, "birthTime")
        if born is not None and (birth := day(born.get("value", ""))):
            values["birth_date"] = birth
        sex = _child(person, "administrativeGenderCode")
        if sex is not None and sex.get("code"):
            values["sex"] = _SEX.get(sex.get("code", ""), "U")
    where = _child(role, "addr")
    if where is not None:
        lines = [line(words(one)) for one in _children(where, "streetAddressLine")] + ["", ""]
        values |= {"address_line1": lines[0], "address_line2": lines[1], "city": _words(where, "city")}
        values |= {"state": _words(where, "state"), "zip": _words(where, "postalCode").replace("-", "")}
    return values


def _document(root: Element) -> dict[str, Any]:
    code, number = _child(root, "code"), _identity(_child(root, "setId")) or _identity(_child(root, "id"))
    if not number:
        raise BadDocument("id: expected the number of the document")
    author, signer = _child(root, "author"), _child(root, "legalAuthenticator")
    title = line(words(found)) if (found := _child(root, "title")) is not None else ""
    values: dict[str, Any] = {
        "document_number": number[:120],
        "type_code": code.get("code", "") if code is not None else "",
        "type_name": line(code.get("displayName", "") if code is not None else "") or title or "Document",
        "title": title,
        "author": _person(author, "assignedAuthor") if author is not None else "",
        "authored_at": _time(_child(author, "time")) if author is not None else None,
        "status": "PA",
        "text": _body(root) or NO_TEXT,
    }
    values["authored_at"] = values["authored_at"] or _time(_child(root, "effectiveTime"))
    if signer is not None:
        values |= {"status": "LA", "authenticated_by": _person(signer, "assignedEntity")}
        values["authenticated_at"] = _time(_child(signer, "time"))
    elif _child(root, "authenticator") is not None:
        values["status"] = "AU"
    return values


def _body(root: Element) -> str:
    """The sections one after another, each under its title; or what is said of a body that is no XML."""
    component = _child(root, "component")
    if component is None:
        return ""
    plain = _child(component, "nonXMLBody")
    if plain is not None:
        return _unstructured(_child(plain, "text"))
    pieces = []
    for section in (one for one in component.iter() if local(one) == "section"):
        title, block = _child(section, "title"), _child(section, "text")
        text = text_of(block) if block is not None else ""
        name = line(words(title)) if title is not None else ""
        if text or name:
            pieces.append("\n".join(filter(None, (name.upper(), text))))
    return "\n\n".join(pieces)


def _unstructured(text: Element | None) -> str:
    if text is None:
        return ""
    kind = text.get("mediaType", "text/plain").lower()
    reference = _child(text, "reference")
    if reference is not None:
        return f"not readable here: {kind} at {line(reference.get('value', ''))}"
    content = "".join(text.itertext())
    if not kind.startswith("text/"):
        return f"not readable here: {kind}"
    if text.get("representation") != "B64":
        return content.strip()
    try:
        return base64.b64decode("".join(content.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return "not readable here: its attachment is not base64"


def _visit(encounter: Element, document_type: str) -> dict[str, Any]:
    when, code = _child(encounter, "effectiveTime"), _child(encounter, "code")
    started, ended = _low(when) or _time(when), _high(when)
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
    disposition = _child(encounter, "dischargeDispositionCode")
    if disposition is not None and (found := disposition.get("code", "")):
        values["discharge_disposition"] = found.zfill(2) if found.isdigit() else line(found)
    if providers := list(_providers(encounter)):
        values["providers"] = list({(p["role"], p["provider"]["local_id"]): p for p in providers}.values())
    facility = _path(encounter, "location", "healthCareFacility")
    if facility is not None:
        organization = _child(facility, "serviceProviderOrganization")
        place_element = organization if organization is not None else _child(facility, "location")
        number, name = _number(_child(facility, "id")), ""
        if place_element is not None:
            name = _words(place_element, "name")
        if number and name:
            values["facility"] = {"source": number[0], "local_id": number[1], "name": name}
    return values


def _providers(encounter: Element) -> Iterator[dict[str, Any]]:
    for name, role in (("responsibleParty", "attending"), ("encounterParticipant", "")):
        for party in _children(encounter, name):
            entity = _child(party, "assignedEntity")
            role = role or terms().participant.get(party.get("typeCode", ""), "")
            number = _number(_child(entity, "id")) if entity is not None else None
            if entity is None or number is None or not role:
                continue
            person = _path(entity, "assignedPerson", "name")
            national = _child(entity, "id").get("root") == terms().npi  # type: ignore[union-attr]
            fields = {
                "source": number[0],
                "local_id": number[1],
                "npi": number[1] if national and re.fullmatch(r"\d{10}", number[1]) else "",
                "family_name": _words(person, "family") if person is not None else "",
                "given_name": _words(person, "given") if person is not None else "",
            }
            yield {"role": role, "provider": fields}


def _source_codes(root: Element) -> Iterator[dict[str, str]]:
    """The coded entries of the sections that hold diagnoses, procedures and reasons, as hints."""
    for section in (one for one in root.iter() if local(one) == "section"):
        code = _child(section, "code")
        kind = terms().section.get(code.get("code", "") if code is not None else "")
        if not kind:
            continue
        for entry in _children(section, "entry"):
            for statement in _statements(entry):
                yield from _coded(statement, kind)


def _statements(element: Element, depth: int = 0) -> Iterator[Element]:
    """Observations, procedures and acts below an entry; what is negated is left out with all below it."""
    if depth > 40 or element.get("negationInd") == "true":
        return
    if local(element) in ("observation", "procedure"):
        yield element
    for child in element:
        yield from _statements(child, depth + 1)


def _coded(statement: Element, kind: str) -> Iterator[dict[str, str]]:
    name = "code" if local(statement) == "procedure" else "value"
    for value in _children(statement, name):
        if name == "value" and value.get(_XSI_TYPE, "").rpartition(":")[2] not in ("CD", "CE"):
            continue
        for one in (value, *_children(value, "translation")):
            system = terms().code_system.get(one.get("codeSystem", ""))
            if system and one.get("code"):
                display = line(one.get("displayName", ""))
                yield {"system": system, "code": line(one.get("code", "")), "display": display, "kind": kind}


def _identity(element: Element | None) -> str:
    if element is None:
        return ""
    return "^".join(filter(None, (element.get("root", ""), element.get("extension", ""))))[:300]


def _number(element: Element | None) -> tuple[str, str] | None:
    """(source, number) of an identifier: its authority's name of the site, else its root."""
    if element is None or element.get("nullFlavor"):
        return None
    root, extension = element.get("root", "").strip(), element.get("extension", "").strip()
    if not (root or extension):
        return None
    if not extension:
        return "ccda", root[:120]
    return (_sources().get(root) or element.get("assigningAuthorityName") or root or "ccda")[:120], extension[:120]


def _sources() -> dict[str, str]:
    """The site's own names for roots, from the table `[sources]` of its `ccda.toml`."""
    path = home() / "ccda.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("sources", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    return {str(root): str(name) for root, name in found.items()} if isinstance(found, dict) else {}


def _person(element: Element, role: str) -> str:
    name = _path(element, role, "assignedPerson", "name")
    if name is None:
        return ""
    said = " ".join(filter(None, (_words(name, "given"), _words(name, "family"))))
    return said or line(words(name))


def _time(element: Element | None) -> str | None:
    return moment(element.get("value", "")) if element is not None else None


def _low(element: Element | None) -> str | None:
    return _time(_child(element, "low")) if element is not None else None


def _high(element: Element | None) -> str | None:
    return _time(_child(element, "high")) if element is not None else None


def _words(element: Element, name: str) -> str:
    found = _child(element, name)
    return line(words(found)) if found is not None else ""


def _child(element: Element | None, name: str) -> Element | None:
    return next(iter(_children(element, name)), None) if element is not None else None


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if local(child) == name]


def _path(element: Element, *names: str) -> Element | None:
    found: Element | None = element
    for name in names:
        found = _child(found, name)
    return found
