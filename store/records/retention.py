"""Retention: how long each kind of record is kept, what is due by its rule, and what keeps it all the same.

The schedule is data (`retention.csv`, a site's own over it). A chart is due its years after the patient's last visit,
of a minor not before the age that the schedule names; claims, disclosures and requests have years of their own. Due is
not to be destroyed: a hold by a person (a lawsuit, an investigation), open work, an open claim, denial, audit or
request keep it, and are told. This module lists and holds (`store.records.destruction` destroys); of the log, a chain,
no entry is ever due here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from codesets.errors import UnreadableInput
from codesets.home import home
from codesets.shipped_tables import read_table
from store.actors import Actor
from store.database import Database
from store.models import Patient, RetentionHold
from store.models.columns import now
from store.queries import SessionReader
from store.reasons import reason_in_words
from store.record_numbers import find_number, numbers_of
from store.records.deficiencies import RecordsRefused
from store.settings import today
from store.terms import RESTRICTED

OWN_FILE = "retention.csv"
COLUMNS = ("kind", "years", "minor_until", "counted_from", "source")
KINDS = ("chart", "claim", "disclosure", "request", "log")
MAJORITY = 18


@dataclass(frozen=True)
class RetentionRule:
    """How many years a kind of record is kept, from when, and by which rule; `minor_until` is an age, 0 for none."""

    kind: str
    years: int
    minor_until: int
    counted_from: str
    source: str


@dataclass(frozen=True)
class DueRow:
    """A record whose years are over: `what` in words, ISO days, what keeps it (empty: nothing), and its rule."""

    kind: str
    id: str
    mrn: str
    patient: str
    what: str
    last_day: str
    due_on: str
    kept_by: str
    source: str


def schedule() -> dict[str, RetentionRule]:
    """The rules by kind, a site's own over those shipped. Raises UnreadableInput with the row that is wrong."""
    found: dict[str, RetentionRule] = {}
    for path in (Path(str(files("store.records").joinpath(OWN_FILE))), home() / OWN_FILE):
        if not path.is_file():
            continue
        for kind, years, minor_until, counted_from, source in read_table(path, COLUMNS):
            if kind not in KINDS:
                raise UnreadableInput(f"{path.name}: {kind}: expected one of {', '.join(KINDS)}")
            if not (years.isdecimal() and minor_until.isdecimal() and int(years) > 0):
                raise UnreadableInput(f"{path.name}: {kind}: expected whole years and an age")
            found[kind] = RetentionRule(kind, int(years), int(minor_until), counted_from, source)
    return found


def due(db: Database, actor: Actor) -> list[DueRow]:
    """Every record whose years are over, the longest due first; what keeps it is told. A look, and logged."""
    with db.change(actor, action="retention.list") as change:
        rows = due_rows(SessionReader(change.session), today())
        change.log("retention.list", "", "", due=len(rows))
        return rows


def due_rows(reader: SessionReader, day: date, kinds: Sequence[str] = ()) -> list[DueRow]:
    """The same of some kinds (all without them) as of a day, for a caller who logs it."""
    rules, people = schedule(), _people(reader)
    rows = [
        row
        for kind in kinds or _DUE
        for found in reader.rows(_DUE[kind], cutoff=_years_before(day, rules[kind].years).isoformat())
        if (row := _row(rules[kind], found, people)).due_on <= day.isoformat()
    ]
    return sorted(rows, key=lambda row: (row.due_on, row.kind, row.id))


def hold(db: Database, actor: Actor, mrn: str, reason: str, operation_id: str | None = None) -> None:
    """Keep everything of a patient, under all their numbers, until somebody lets it go.

    The hold is filed under the number that was named, and goes with it where its merge is undone. Raises NoSuchPatient,
    RecordsRefused, ReasonNeeded.
    """
    with db.change(actor, operation_id, "retention.hold") as change:
        if change.repeated:
            return
        patient = find_number(change.session, mrn)
        if _standing(change.session, patient):
            raise RecordsRefused(f"{mrn} is held already", "codedesk records let-go ends a hold")
        kept = RetentionHold(patient_id=patient.id, reason=reason_in_words(reason), placed_by=actor.person_id)
        change.session.add(kept)
        change.log("retention.hold", "patient", patient.id, reason=kept.reason)


def let_go(db: Database, actor: Actor, mrn: str, reason: str, operation_id: str | None = None) -> list[str]:
    """End the hold that is filed under a number of a patient, and say why; the numbers of theirs that are held still.

    Raises ReasonNeeded, NoSuchPatient, and RecordsRefused, also where the hold is filed under another number of theirs,
    which is named.
    """
    with db.change(actor, operation_id, "retention.let_go") as change:
        if change.repeated:
            return list(change.answer.get("held", ()))
        patient = find_number(change.session, mrn)
        standing = _standing(change.session, patient)
        if not standing:
            others = _held_under(change.session, patient)
            if not others:
                raise RecordsRefused(f"{mrn} is not held")
            raise RecordsRefused(f"nothing is held under {mrn}; it is under {' and '.join(others)}", "name that number")
        why = reason_in_words(reason)
        for kept in standing:
            kept.ended_at, kept.ended_by, kept.ended_why = now(), actor.person_id, why
            change.session.add(kept)
        change.log("retention.let_go", "patient", patient.id, reason=why)
        change.session.flush()
        change.answer = {"held": _held_under(change.session, patient)}
        return list(change.answer["held"])


def _held_under(session: Session, patient: Patient) -> list[str]:
    """The record numbers of a person that a hold is filed under."""
    query = (
        select(Patient.mrn)
        .join(RetentionHold, col(RetentionHold.patient_id) == Patient.id)
        .where(col(Patient.id).in_(numbers_of(session, patient)), col(RetentionHold.ended_at).is_(None))
        .order_by(Patient.mrn)
    )
    return list(session.exec(query.distinct()))


def _standing(session: Session, patient: Patient) -> Sequence[RetentionHold]:
    """The holds under a number: more than one where a merge was undone that both were held in."""
    query = select(RetentionHold).where(RetentionHold.patient_id == patient.id, col(RetentionHold.ended_at).is_(None))
    return session.exec(query).all()


_WHO = "p.id AS patient_id, p.mrn, p.family_name, p.given_name, p.birth_date, p.restricted"
_DUE = {
    "chart": f"""
        SELECT p.id, {_WHO}, MAX(e.service_date) AS last_day, COUNT(*) AS many
        FROM patient p JOIN encounter e ON e.patient_id = p.id WHERE p.merged_into_id IS NULL
        GROUP BY p.id, p.mrn, p.family_name, p.given_name, p.birth_date, p.restricted
        HAVING MAX(e.service_date) <= :cutoff
    """,
    "claim": f"""
        SELECT m.id, {_WHO}, MAX(CASE WHEN t.received_at > m.service_through THEN SUBSTR(t.received_at, 1, 10)
                                      ELSE m.service_through END) AS last_day, m.claim_number AS many
        FROM claim m JOIN encounter e ON e.id = m.encounter_id JOIN patient p ON p.id = e.patient_id
        LEFT JOIN remittance_claim r ON r.claim_id = m.id LEFT JOIN remittance t ON t.id = r.remittance_id
        WHERE m.service_through <= :cutoff
        GROUP BY m.id, m.claim_number, p.id, p.mrn, p.family_name, p.given_name, p.birth_date, p.restricted
    """,
    "disclosure": f"""
        SELECT d.id, {_WHO}, d.disclosed_on AS last_day, d.recipient AS many,
               CASE WHEN EXISTS (SELECT 1 FROM release_request q WHERE q.disclosure_id = d.id)
                    THEN 'its request is kept' ELSE '' END AS beside
        FROM disclosure d LEFT JOIN encounter e ON e.id = d.encounter_id
        JOIN patient p ON p.id = COALESCE(e.patient_id, d.patient_id) WHERE d.disclosed_on <= :cutoff
    """,
    "request": f"""
        SELECT q.id, {_WHO}, SUBSTR(q.closed_at, 1, 10) AS last_day, q.requester AS many
        FROM release_request q JOIN patient p ON p.id = q.patient_id
        WHERE q.closed_at IS NOT NULL AND SUBSTR(q.closed_at, 1, 10) <= :cutoff
    """,
}
_HELD = """
    SELECT patient_id, 'hold: ' || reason AS why FROM retention_hold WHERE ended_at IS NULL
    UNION ALL SELECT patient_id, 'a request is open' FROM release_request WHERE closed_at IS NULL
    UNION ALL SELECT e.patient_id, 'a chart is not final coded' FROM work_item w
              JOIN encounter e ON e.id = w.encounter_id WHERE w.status NOT IN ('final', 'canceled')
    UNION ALL SELECT e.patient_id, 'a claim is open' FROM claim m JOIN encounter e ON e.id = m.encounter_id
              WHERE m.status IN ('draft', 'scrub_failed', 'ready', 'rejected')
                 OR (m.status = 'exported'
                     AND NOT EXISTS (SELECT 1 FROM remittance_claim r WHERE r.claim_id = m.id))
    UNION ALL SELECT e.patient_id, 'a denial is open' FROM denial z JOIN claim m ON m.id = z.claim_id
              JOIN encounter e ON e.id = m.encounter_id WHERE z.status IN ('open', 'appealed')
    UNION ALL SELECT e.patient_id, 'an audit is open' FROM audit a JOIN encounter e ON e.id = a.encounter_id
              WHERE a.final_at IS NULL
"""

_REMAINING = """
    WITH RECURSIVE same(id, remaining, restricted) AS (
        SELECT p.id, p.id, p.restricted FROM patient p WHERE p.merged_into_id IS NULL
        UNION ALL
        SELECT q.id, same.remaining, same.restricted FROM same JOIN patient q ON q.merged_into_id = same.id)
    SELECT id, remaining, restricted FROM same WHERE id <> remaining
"""


@dataclass(frozen=True)
class _People:
    """Who remains of each who was merged, which of those are restricted, and what keeps the records of who remains."""

    remaining: Mapping[str, str]
    restricted: frozenset[str]
    kept_by: Mapping[str, str]

    def why_kept(self, patient_id: str) -> str:
        return self.kept_by.get(self.remaining.get(patient_id, patient_id), "")


def _people(reader: SessionReader) -> _People:
    """What merges and holds come to: what is filed under one number keeps the records under all of a person."""
    merged = reader.rows(_REMAINING)
    remaining: dict[str, str] = {row["id"]: row["remaining"] for row in merged}
    found: dict[str, set[str]] = {}
    for row in reader.rows(_HELD):
        patient = str(row["patient_id"])
        found.setdefault(remaining.get(patient, patient), set()).add(row["why"])
    kept_by = {patient: "; ".join(sorted(reasons)) for patient, reasons in found.items()}
    return _People(remaining, frozenset(row["id"] for row in merged if row["restricted"] is not None), kept_by)


def _row(rule: RetentionRule, found: Mapping[str, Any], people: _People) -> DueRow:
    last = _last_day(found["last_day"])
    hidden = found["restricted"] is not None or found["patient_id"] in people.restricted
    name = ", ".join(filter(None, (found["family_name"], found["given_name"])))
    what = {
        "chart": f"{found['many']} visit{'' if found['many'] == 1 else 's'}",
        "claim": f"claim {found['many']}",
        "disclosure": f"disclosure to {found['many']}",
        "request": f"request of {found['many']}",
    }[rule.kind]
    return DueRow(
        rule.kind,
        found["id"],
        "" if hidden else found["mrn"],
        RESTRICTED if hidden else name,
        what,
        last.isoformat(),
        _due_on(rule, last, found["birth_date"] or "").isoformat(),
        "; ".join(filter(None, (people.why_kept(found["patient_id"]), dict(found).get("beside", "")))),
        rule.source,
    )


def _due_on(rule: RetentionRule, last: date, born: str) -> date:
    """The day on which the years of a record are over; a birth year alone counts as its last day."""
    over = _years_before(last, -rule.years)
    if not rule.minor_until or not born[:4].isdigit():
        return over
    birth = _last_day(born)
    of_age = _years_before(birth, -MAJORITY)
    return max(over, _years_before(birth, -rule.minor_until)) if last < of_age else over


def _last_day(text: str) -> date:
    """An ISO day; of a month or year alone its last, so that nothing is due too early."""
    if len(text) == 10:
        return date.fromisoformat(text)
    year, month = int(text[:4]), int(text[5:7] or 12)
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _years_before(day: date, years: int) -> date:
    """The same day so many years before, below 0 after; of February 29 the day behind it where there is none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28) + timedelta(days=1)
