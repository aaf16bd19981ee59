"""Whether what comes in is about the patient it is put to: a document and its visit, a record number and its person.

A number decides where both are of one source. Documents often number people by another source than the registration
that opened the visit; then name and day of birth must both be there and agree. Two persons sharing a chart is a wrong
that no later check finds, so that anything that differs is refused, by what differs. Case, accents and punctuation of
names do not count, nor do further given names; a birth date known to the month agrees with each of its days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from store.intake.merging import RecordRefused, find_patient
from store.intake.rows import UNKNOWN_SEX, KnownRows
from store.intake.statement import Statement
from store.models import Encounter, Patient
from store.models.patient import PatientFields
from store.names import plain


def refuse_another(rows: KnownRows, said: Statement, visit: Encounter) -> None:
    """Raise RecordRefused, naming what differs, where a document is about another person than the patient of its visit.

    A statement that names nobody is about the patient of its visit.
    """
    if not said.about:
        return
    patient = rows.session.get_one(Patient, visit.patient_id)
    if differing := "; ".join(_differences(rows, said.about, patient)):
        raise RecordRefused(f"it is about another person than visit {visit.visit_number}: {differing}")


def refuse_replaced(said: PatientFields, patient: Patient) -> None:
    """Raise RecordRefused where a record number tells of another person than before.

    That is where name and birth date both differ, and where family name, given name and sex do. One of them alone is a
    marriage, a newborn who got a name, or a mistake that somebody mends.
    """
    name, born = (said.family_name or "", said.given_name or ""), said.birth_date or ""
    if _names_agree(name, patient, needed=False):
        return
    if _agree(born, patient.birth_date or "", needed=False) and not _nothing_agrees(said, patient):
        return
    here = f"{_whole(patient)}, born {patient.birth_date or 'not known'}"
    raise RecordRefused(
        f"record number {patient.mrn} is {here}; this makes another person of it, {_whole(said)},"
        f" born {born or 'not given'}: the sender gives the right number, or somebody mends one of them by itself first"
    )


def _nothing_agrees(said: PatientFields, patient: Patient) -> bool:
    """Whether family name, first given name and sex are all known on both sides and all differ."""
    if said.sex == UNKNOWN_SEX or patient.sex == UNKNOWN_SEX or said.sex == patient.sex:
        return False
    family = (plain(said.family_name).replace(" ", ""), plain(patient.family_name).replace(" ", ""))
    given = (plain(said.given_name).split()[:1], plain(patient.given_name).split()[:1])
    return all(one and other and one != other for one, other in (family, given))


def _whole(person: PatientFields) -> str:
    return f"{_name(person.family_name, person.given_name)} ({person.sex})"


def _differences(rows: KnownRows, about: Mapping[str, Any], patient: Patient) -> Iterator[str]:
    here = find_patient(rows, about["source"], about["mrn"])
    same_number = here is not None and here.id == patient.id
    if not same_number and (here is not None or about["source"] == patient.source):
        yield f"record number {about['mrn']}, not {patient.mrn}"
    family, given = about.get("family_name", ""), about.get("given_name", "")
    if not _names_agree((family, given), patient, needed=not same_number):
        yield f"name {_name(family, given)}, not {_name(patient.family_name, patient.given_name)}"
    born = about.get("birth_date") or ""
    if not _agree(born, patient.birth_date or "", needed=not same_number):
        yield f"birth date {born or 'not given'}, not {patient.birth_date or 'known here'}"


def _names_agree(said: tuple[str, str], patient: Patient, needed: bool) -> bool:
    """Family names whole and the first given names alike; a name that one side lacks decides nothing by itself."""
    family, own_family = (plain(name).replace(" ", "") for name in (said[0], patient.family_name))
    given, own_given = (plain(name).split()[:1] for name in (said[1], patient.given_name))
    if not family or not own_family:
        return not needed
    return family == own_family and (not given or not own_given or given == own_given)


def _agree(born: str, known: str, needed: bool) -> bool:
    """Whether two ISO dates, either known to the year or month alone, may be one day."""
    if not born or not known:
        return not needed
    shorter = min(len(born), len(known))
    return born[:shorter] == known[:shorter]


def _name(family: str, given: str) -> str:
    return ", ".join(filter(None, (family, given))) or "not given"
