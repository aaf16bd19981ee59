"""Codes of the last visit on the day of this one: which are still codes, and what is near those that are not.

A copied code is a proposal: the documents of this visit have to support it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from codesets import catalog
from codesets.catalog import ValidityKind
from codesets.reference import Reference
from codesets.releases import CodeSystem
from store.coding.codes import Codes
from store.coding.entry import AddDiagnosis, AddProcedure, Entry, Several
from store.terms import DiagnosisRole, Origin


@dataclass(frozen=True)
class Copied:
    """A code of the last visit: its title, the entry that takes it over, None where it is no code any more.

    `note` says in a few words whether it still holds, else why not and which code is near.
    """

    system: str
    code: str
    title: str
    note: str
    entry: Entry | None
    present: bool


def copies(reference: Reference, last: Codes, now: Codes, on: dt.date) -> tuple[Copied, ...]:
    """Each code of the last visit checked on the day of this one, diagnoses first."""
    coded = {d.code for d in now.diagnoses} | {line.code for line in now.lines}
    found = [
        _copied(reference, "icd10cm", d.code, on, AddDiagnosis(d.code, _role(d.role), origin=Origin.IMPORTED), coded)
        for d in last.diagnoses
    ]
    for line in last.lines:
        entry = AddProcedure(line.system, line.code, line.modifiers, line.units, origin=Origin.IMPORTED)
        found.append(_copied(reference, line.system, line.code, on, entry, coded))
    return tuple(found)


def take_all(found: tuple[Copied, ...]) -> Several:
    """The entries of all codes that still hold and are not there yet, made and taken back together."""
    return Several(tuple(one.entry for one in found if one.entry is not None and not one.present))


def _copied(reference: Reference, system: str, code: str, on: dt.date, entry: Entry, coded: set[str]) -> Copied:
    answer = catalog.validity(reference, CodeSystem(system), code, on)
    title = answer.code.title if answer.code else ""
    present = code in coded
    if answer.kind is ValidityKind.VALID:
        return Copied(system, code, title, "coded already" if present else "still a code", entry, present)
    if answer.kind in (ValidityKind.COULD_NOT_CHECK, ValidityKind.NOT_COVERED):
        return Copied(system, code, title, "could not be checked", entry, present)
    near = f"; near it {answer.proposed.dotted}" if answer.proposed else ""
    return Copied(system, code, title, f"no code on {on}{near}", None, present)


def _role(role: DiagnosisRole) -> DiagnosisRole | None:
    """What stands first follows from the order of this visit, not of the last one."""
    return None if role in (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY) else role
