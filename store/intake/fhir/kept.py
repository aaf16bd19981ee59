"""A FHIR resource out of quarantine, for a visit that a person chose: what it adds to a chart, and whose it is.

Kept are the resource alone, the resource with its patient, or an encounter with all that points at it. What else they
refer to (who wrote a note, who ordered) is not here any more; a name that stands beside the reference is.
"""

from __future__ import annotations

from itertools import chain

from store.intake.fhir.encounter import CannotRead, read_alone, read_encounter
from store.intake.fhir.parties import Reader, without_secrets
from store.intake.fhir.spool import TYPES, Spool, group_scope
from store.intake.jsontext import BadJson, parse_json
from store.intake.statement import Item, Unplaced
from store.intake.unit import Unit, refused
from store.intake.writer import Raw

KIND = "fhir"


def unit(content: bytes, place: str) -> Unit:
    """What the lines that were kept of a refusal say; refused again where they cannot be read without their file."""
    spool = Spool()
    try:
        for number, line in enumerate(filter(bytes.strip, content.splitlines()), 1):
            resource = parse_json(line)
            kind = resource.get("resourceType") if isinstance(resource, dict) else None
            if not isinstance(resource, dict) or kind not in TYPES:
                return refused(place, KIND, content, "it is no resource that is used; take in its file again")
            spool.add(without_secrets(resource), 0, group_scope(0), 0, f"line {number}", f"{kind}/{number}")
        return Unit(place, Raw(KIND, content), (_said(spool),))
    except (BadJson, CannotRead) as error:
        return refused(place, KIND, content, str(error))
    finally:
        spool.close()


def _said(spool: Spool) -> Item:
    """Raises CannotRead."""
    reader = Reader(spool)
    if (encounter := next(spool.all("Encounter"), None)) is not None:
        return read_encounter(reader, encounter).record
    patient = next(spool.all("Patient"), None)
    if patient is None:
        raise CannotRead("its patient is not among what was kept of it; take in its file again")
    values = read_alone(reader, patient, chain.from_iterable(map(spool.all, sorted(TYPES - {"Patient"}))))
    return Unplaced((values["patient"]["source"], values["patient"]["mrn"]), "", values)
