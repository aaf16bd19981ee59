"""Requests for information of a patient: received, then released (a disclosure) or refused, each within its days.

A person's own request is answered within 30 days (45 CFR 164.524(b)(2)); what others may have rests on an
authorization (164.508) or a rule that needs none, which the request names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from codesets.errors import UsageError
from codesets.safe import safe_block, safe_line
from store.access import require_at
from store.actors import Actor
from store.clock import clock_day
from store.database import Database
from store.models import Disclosure, Patient, ReleaseRequest
from store.models.columns import now
from store.reasons import reason_in_words
from store.record_numbers import find_number, remaining_patient
from store.records.deficiencies import RecordsRefused
from store.settings import today
from store.terms import RESTRICTED, ReleaseStatus

OLDEST_DAYS = 6 * 366
"""A request that came longer ago is none that is open: documentation is kept for six years (45 CFR 164.530(j)(2))."""

ANSWER_DAYS = 30

LEAST_AUTHORIZATION = 8
"""Characters that name what allows a release at least: a kind and its day, or a rule such as 164.512(e)."""

_NODS = frozenset(("yes", "y", "ok", "okay", "sure", "fine", "no", "none", "n", "a", "it", "is", "was", "all",
                   "allowed", "approved", "authorized", "known", "not", "yet"))  # fmt: skip
"""Words that answer a question and name no authorization."""


@dataclass(frozen=True)
class ReleaseRow:
    """One request; `left` days until it is due, negative past it."""

    id: str
    received_on: str
    due_on: str
    left: int
    patient: str
    mrn: str
    requester: str
    what: str
    purpose: str
    authorization: str
    status: ReleaseStatus
    note: str


def receive(
    db: Database,
    actor: Actor,
    mrn: str,
    requester: str,
    what: str,
    purpose: str,
    address: str = "",
    authorization: str = "",
    received_on: str = "",
    operation_id: str | None = None,
) -> str:
    """Record a request under the number that it names; its id. Raises NoSuchPatient, RecordsRefused, UsageError."""
    day = today()
    try:
        came = date.fromisoformat(received_on) if received_on else day
    except ValueError:
        raise UsageError(f"expected a day such as 2026-09-14, got {received_on!r}") from None
    if came > max(day, clock_day()):
        raise RecordsRefused(f"{came} is in the future", "--on is the day on which the request came")
    if came < day - timedelta(days=OLDEST_DAYS):
        raise RecordsRefused(f"{came} is more than six years ago", "--on is the day on which the request came")
    allowed = authorization_in_words(authorization) if authorization.strip() else ""
    for word, part in (("requester", requester), ("purpose", purpose), ("information asked for", what)):
        if not part.strip():
            raise RecordsRefused(f"the {word} is missing")
    with db.change(actor, operation_id, "release.receive") as change:
        if change.repeated:
            return str(change.answer["request_id"])
        request = ReleaseRequest(
            patient_id=find_number(change.session, mrn).id,
            requester=safe_line(requester)[:400],
            address=safe_line(address)[:400],
            purpose=safe_block(purpose),
            what=safe_block(what),
            authorization=allowed,
            received_on=came.isoformat(),
            due_on=(came + timedelta(days=ANSWER_DAYS)).isoformat(),
            recorded_by=actor.person_id,
        )
        change.session.add(request)
        change.log("release.receive", "patient", request.patient_id, request=request.id, requester=request.requester)
        change.answer = {"request_id": request.id}
        return request.id


def release(
    db: Database,
    actor: Actor,
    request_id: str,
    note: str = "",
    authorization: str = "",
    operation_id: str | None = None,
) -> str:
    """Note that the information was sent, which is a disclosure; the disclosure's id.

    An `authorization` names what allows it where none was named before, and is kept only with the release itself.
    Raises RecordsRefused, ChartRestricted.
    """
    with db.change(actor, operation_id, "release.send") as change:
        if change.repeated:
            return str(change.answer["disclosure_id"])
        request = _open(change.session, request_id)
        require_at(change, "patient", request.patient_id)
        if authorization.strip():
            request.authorization = authorization_in_words(authorization)
            change.log("release.authorize", "patient", request.patient_id, request=request.id)
        if not request.authorization:
            raise RecordsRefused(
                "no authorization is named",
                "the patient's own request, a form and its day, or the rule that needs none",
            )
        disclosure = Disclosure(
            patient_id=request.patient_id,
            disclosed_on=today().isoformat(),
            recipient=request.requester,
            recipient_address=request.address,
            description=request.what,
            purpose=f"{request.purpose} ({request.authorization})",
            recorded_by=actor.login,
        )
        change.session.add(disclosure)
        change.session.flush()
        request.status, request.closed_at, request.disclosure_id = ReleaseStatus.RELEASED, now(), disclosure.id
        request.note = safe_block(note)
        change.session.add(request)
        change.log("release.send", "patient", request.patient_id, request=request.id, disclosure=disclosure.id)
        change.answer = {"disclosure_id": disclosure.id}
        return disclosure.id


def authorization_in_words(text: str) -> str:
    """What allows a release as it is kept, on one line. Raises RecordsRefused for words that name no authorization.

    An accounting tells on what a release rested: a signed form and its day (45 CFR 164.508), the patient's own request
    (164.524), or a rule that needs neither (164.512).
    """
    words = safe_line(" ".join(text.split()))[:400]
    said = "".join(c if c.isalnum() else " " for c in words.lower()).split()
    if len(words) < LEAST_AUTHORIZATION or _NODS.issuperset(said):
        raise RecordsRefused(
            f"{words!r} names no authorization" if words else "no authorization is named",
            "as in: form signed 2026-09-21, own request of 2026-09-21, court order of 2026-09-01, 45 CFR 164.512(e)",
        )
    return words


def refuse(db: Database, actor: Actor, request_id: str, reason: str, operation_id: str | None = None) -> None:
    """Refuse a request, with the reason that the person is told (45 CFR 164.524(d)).

    Raises RecordsRefused, ReasonNeeded.
    """
    with db.change(actor, operation_id, "release.refuse") as change:
        if change.repeated:
            return
        request = _open(change.session, request_id)
        reason_in_words(reason)
        request.status, request.closed_at, request.note = ReleaseStatus.REFUSED, now(), safe_block(reason)
        change.session.add(request)
        change.log("release.refuse", "patient", request.patient_id, request=request.id)


def requests(db: Database, actor: Actor, everything: bool = False) -> list[ReleaseRow]:
    """Open requests, the nearest due day first; with `everything` closed ones too. A look, and logged."""
    with db.change(actor, action="release.list") as change:
        change.log("release.list", "", "", everything=everything)
        query = (
            select(ReleaseRequest, Patient)
            .join(Patient, col(Patient.id) == ReleaseRequest.patient_id)
            .order_by(ReleaseRequest.due_on, ReleaseRequest.id)
        )
        if not everything:
            query = query.where(ReleaseRequest.status == ReleaseStatus.RECEIVED)
        day = today()
        found = [(one, remaining_patient(change.session, who)) for one, who in change.session.exec(query).all()]
        return [
            ReleaseRow(
                one.id,
                one.received_on,
                one.due_on,
                (date.fromisoformat(one.due_on) - day).days,
                RESTRICTED
                if who.restricted is not None
                else ", ".join(filter(None, (who.family_name, who.given_name))),
                "" if who.restricted is not None else who.mrn,
                one.requester,
                one.what,
                one.purpose,
                one.authorization,
                one.status,
                one.note,
            )
            for one, who in found
        ]


def _named(who: Patient) -> str:
    return ", ".join(filter(None, (who.family_name, who.given_name)))


def _open(session: Session, request_id: str) -> ReleaseRequest:
    found = session.get(ReleaseRequest, request_id)
    if found is None:
        raise RecordsRefused(f"no request has the id {request_id[:40]!r}", "codedesk records releases lists them")
    if found.status is not ReleaseStatus.RECEIVED:
        raise RecordsRefused(f"the request was {found.status.value} on {(found.closed_at or '')[:10]}")
    return found
