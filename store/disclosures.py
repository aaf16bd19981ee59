"""The accounting of disclosures (45 CFR 164.528): what of a patient left the house, to whom, when and why.

Every export by hand is recorded here too, because codedesk cannot know where a file goes; what the rule excludes
(treatment, payment, operations) can say so in its purpose. The look-back is six years (164.528(a)(1)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, func, select

from codesets.errors import CodedeskError
from store.access import require_at
from store.actors import Actor
from store.clock import clock_day
from store.database import Change, Database
from store.models import Disclosure, Encounter
from store.record_numbers import find_number, find_patient, numbers_of
from store.settings import today

LOOK_BACK_YEARS = 6


class DisclosureRefused(CodedeskError):
    """A part of the disclosure is missing or no day."""

    title = "disclosure"


@dataclass(frozen=True)
class DisclosureLine:
    """One line of the report: the four parts of 164.528(b)(2), and who recorded it."""

    disclosed_on: str
    recipient: str
    recipient_address: str
    description: str
    purpose: str
    recorded_by: str
    visit_number: str


@dataclass(frozen=True)
class DisclosureReport:
    """The accounting for one patient; `since` is the ISO day it goes back to."""

    patient: str
    mrn: str
    since: str
    lines: tuple[DisclosureLine, ...]


def record_disclosure(
    db: Database,
    actor: Actor,
    mrn: str,
    recipient: str,
    description: str,
    purpose: str,
    disclosed_on: str = "",
    recipient_address: str = "",
    operation_id: str | None = None,
) -> str:
    """Record a disclosure made outside codedesk and return its id.

    Raises NoSuchPatient, DisclosureRefused, ChartRestricted.
    """
    day = disclosed_on or today().isoformat()
    try:
        late = date.fromisoformat(day) > max(today(), clock_day())
    except ValueError:
        raise DisclosureRefused(f"expected a day such as 2026-09-14, got {day!r}") from None
    if late:
        raise DisclosureRefused(f"{day} is in the future")
    for word, part in (("recipient", recipient), ("description", description), ("purpose", purpose)):
        if not part.strip():
            raise DisclosureRefused(f"the {word} is missing", "164.528(b)(2) asks for it")
    with db.change(actor, operation_id, "disclosure.record") as change:
        if change.repeated:
            return str(change.answer["disclosure_id"])
        patient = find_number(change.session, mrn)
        require_at(change, "patient", patient.id)
        row = Disclosure.model_validate(
            {
                "patient_id": patient.id,
                "disclosed_on": day,
                "recipient": recipient,
                "recipient_address": recipient_address,
                "description": description,
                "purpose": purpose,
                "recorded_by": actor.login,
            }
        )
        change.session.add(row)
        change.log("disclosure.record", "patient", row.patient_id, disclosure=row.id, recipient=row.recipient)
        change.answer = {"disclosure_id": row.id}
        return row.id


def record_export(change: Change, encounter_id: str, recipient: str, purpose: str) -> None:
    """Record, within the change that exports it, that an encounter left in a file, to whom and why."""
    encounter = change.session.get_one(Encounter, encounter_id)
    change.session.add(
        Disclosure(
            patient_id=encounter.patient_id,
            encounter_id=encounter_id,
            disclosed_on=clock_day().isoformat(),
            recipient=recipient,
            description=f"the whole encounter {encounter.visit_number} in the native format",
            purpose=purpose,
            recorded_by=change.actor.login,
        )
    )


def disclosure_report(db: Database, actor: Actor, mrn: str, since: str = "") -> DisclosureReport:
    """The accounting for a patient under all their numbers, newest first; the report itself is logged.

    What was disclosed of a visit is accounted to the patient whose the visit is now, whatever merges there were.

    Raises NoSuchPatient, ChartRestricted.
    """
    begin = since or _years_before(today(), LOOK_BACK_YEARS).isoformat()
    with db.change(actor) as change:
        patient = find_patient(change.session, mrn)
        require_at(change, "patient", patient.id)
        rows = change.session.exec(
            select(Disclosure, Encounter.visit_number)
            .join(Encounter, col(Encounter.id) == Disclosure.encounter_id, isouter=True)
            .where(
                func.coalesce(Encounter.patient_id, Disclosure.patient_id).in_(numbers_of(change.session, patient)),
                Disclosure.disclosed_on >= begin,
            )
            .order_by(col(Disclosure.disclosed_on).desc(), col(Disclosure.id).desc())
        ).all()
        change.log("disclosure.report", "patient", patient.id, since=begin)
        lines = tuple(
            DisclosureLine(
                row.disclosed_on,
                row.recipient,
                row.recipient_address,
                row.description,
                row.purpose,
                row.recorded_by,
                visit or "",
            )
            for row, visit in rows
        )
        name = ", ".join(filter(None, (patient.family_name, patient.given_name)))
        return DisclosureReport(name, patient.mrn, begin, lines)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
