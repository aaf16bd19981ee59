"""One clinical document: header, narrative and entries of a `ClinicalDocument`, as what it says of a visit.

Identifiers whose extension is missing are their root. Times keep their precision. Source: HL7 CDA R2 sections 4.2
(header) and 4.3 (body); C-CDA R2.1 volume 1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from store.intake.ccda.body import document_values, source_codes
from store.intake.ccda.elements import (
    below,
    child_of,
    high_of,
    identity_of,
    low_of,
    number_of,
    time_of,
)
from store.intake.ccda.header import BadDocument, patient_values, visit_values
from store.intake.ccda.narrative import local
from store.intake.files import EXPECTED, MAX_LINE, NotTakenIn
from store.intake.statement import Item, Statement, Step, Unplaced
from store.intake.unit import Unit, refused
from store.intake.writer import Raw

KIND = "ccda"
_SSN = re.compile(rb"<(?:\w+:)?id\b[^>]*\broot\s*=\s*[\"']2\.16\.840\.1\.113883\.4\.1[\"'][^>]*>", re.DOTALL)


def units(stream: BinaryIO) -> Iterator[Unit]:
    """The document of a file. Raises NotTakenIn for XML of another kind."""
    data = stream.read(MAX_LINE + 1)
    if len(data) > MAX_LINE:
        raise NotTakenIn(f"it is XML of more than {MAX_LINE // 2**20} MB; {EXPECTED}")
    if b"ClinicalDocument" not in data:
        raise NotTakenIn(f"it is XML, but no clinical document; {EXPECTED}")
    yield unit(data)


def unit(data: bytes, placed: bool = False) -> Unit:
    """What one document says; one that is `placed` by a person needs no day by which its visit is found."""
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
    number = identity_of(child_of(root, "id"))
    place = f"document {number}" if number else "document"
    try:
        item = _read(root, placed)
    except (BadDocument, RecursionError) as error:
        return refused(place, KIND, kept, str(error) or "it is nested too deep")
    digest = hashlib.sha256(data).hexdigest()
    return Unit(place, Raw(KIND, kept, (number or digest)[:400], digest), (item,))


def _read(root: Element, placed: bool) -> Item:
    role = below(root, "recordTarget", "patientRole")
    if role is None:
        raise BadDocument("recordTarget/patientRole: it is required")
    code = child_of(root, "code")
    values: dict[str, Any] = {"documents": [document_values(root)]}
    if codes := list(source_codes(root)):
        values["source_codes"] = codes
    encounter = below(root, "componentOf", "encompassingEncounter")
    number = number_of(child_of(encounter, "id")) if encounter is not None else None
    patient = patient_values(role)
    values["patient"] = patient
    date = _service_day(root) or time_of(child_of(root, "effectiveTime"))
    if encounter is None or number is None:
        if not placed and len(date or "") < 10:
            raise BadDocument("effectiveTime: expected a full day, since the document names no visit")
        return Unplaced((patient["source"], patient["mrn"]), (date or "")[:10], values)
    values |= visit_values(encounter, code.get("code", "") if code is not None else "")
    first = {"started_at": values.pop("started_at", None) or date, "setting": values.pop("setting")}
    return Statement(*number, values, Step.PAST, {k: v for k, v in first.items() if v}, about=patient)


def _service_day(root: Element) -> str | None:
    """The time of the service that is documented, unless that is a span of days, as in a summary of years."""
    service = below(root, "documentationOf", "serviceEvent", "effectiveTime")
    low, high = low_of(service), high_of(service)
    return low if low and (not high or high[:10] == low[:10]) else None
