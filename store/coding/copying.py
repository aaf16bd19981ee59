"""Codes of the last visit on the day of this one: which are still codes, and what is near those that are not.

A copied code is a proposal: the documents of this visit have to support it. Taken over together are diagnoses, and
lines that this visit was charged for: a line without a charge would bill what nobody posted, and what the last visit
took back is no model for this one.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from codesets import catalog
from codesets.catalog import ValidityKind
from codesets.reference import Reference
from codesets.releases import CodeSystem
from store.coding.codes import Codes
from store.coding.entry import AddDiagnosis, AddProcedure, Entry, Several
from store.terms import DiagnosisRole, Origin

NOT_CHARGED, REVERSED = "no charge here", "reversed then"


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
    alone: str = ""
    """Why it is taken over by itself only, in a few words; empty for what all come in with."""

    @property
    def left(self) -> str:
        """Why it does not come in with all, in a few words; empty for what does."""
        return "here already" if self.present else "no code any more" if self.entry is None else self.alone


def copies(
    reference: Reference,
    last: Codes,
    now: Codes,
    on: dt.date,
    charge_of: Callable[[str, int], int] = lambda code, units: 0,
    taken_back: Collection[str] = (),
) -> tuple[Copied, ...]:
    """Each code of the last visit checked on the day of this one, diagnoses first.

    `charge_of` gives the cents that this visit was charged for a code, `taken_back` are codes whose charges the last
    visit reversed.
    """
    coded = {d.code for d in now.diagnoses} | {line.code for line in now.lines}
    found = [
        _copied(reference, "icd10cm", d.code, on, AddDiagnosis(d.code, _role(d.role), origin=Origin.IMPORTED), coded)
        for d in last.diagnoses
    ]
    for line in last.lines:
        entry = AddProcedure(line.system, line.code, line.modifiers, line.units, origin=Origin.IMPORTED)
        alone = REVERSED if line.code in taken_back else "" if charge_of(line.code, 1) else NOT_CHARGED
        found.append(_copied(reference, line.system, line.code, on, entry, coded, alone))
    return tuple(found)


def take_all(found: tuple[Copied, ...]) -> Several:
    """The entries of all codes that still hold and are not there yet, made and taken back together."""
    return Several(tuple(one.entry for one in found if one.entry is not None and not one.left))


def left_out(found: tuple[Copied, ...]) -> str:
    """How many codes do not come in with all, and why: `2 left: 1 no charge here (G0467), 1 here already (I10)`."""
    left = [one for one in found if one.left]
    why = Counter(one.left for one in left)
    parts = [f"{n} {words} ({', '.join(one.code for one in left if one.left == words)})" for words, n in why.items()]
    return f"{len(left)} left: {'; '.join(parts)}" if left else ""


def _copied(
    reference: Reference, system: str, code: str, on: dt.date, entry: Entry, coded: set[str], alone: str = ""
) -> Copied:
    answer = catalog.validity(reference, CodeSystem(system), code, on)
    title = answer.code.title if answer.code else ""
    present = code in coded
    if answer.kind is ValidityKind.VALID:
        note = "coded already" if present else "still a code"
        return Copied(system, code, title, f"{note}; {alone}" if alone and not present else note, entry, present, alone)
    if answer.kind in (ValidityKind.COULD_NOT_CHECK, ValidityKind.NOT_COVERED):
        return Copied(system, code, title, "could not be checked", entry, present, alone)
    near = f"; near it {answer.proposed.dotted}" if answer.proposed else ""
    return Copied(system, code, title, f"no code on {on}{near}", None, present)


def _role(role: DiagnosisRole) -> DiagnosisRole | None:
    """What stands first follows from the order of this visit, not of the last one."""
    return None if role in (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY) else role
