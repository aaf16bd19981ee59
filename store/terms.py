"""The fixed words of the workstation database: states, kinds, roles and severities.

Plain enums without tables, so that lists and the first screen can name them without loading the ORM. The
transitions between states stand in the module that owns them (work items in `worklists`, claims in `claims`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

RESTRICTED = "Restricted"
"""What lists call a patient whose charts are restricted."""


def open_by(name: str, since: str | None) -> str:
    """Who has a chart open, and since when by this host's clock: `Jae Park since 10:42`. `since` is ISO in UTC."""
    return f"{name or 'somebody'} since {clock_time(since)}" if since else name or "somebody"


def clock_time(moment: str) -> str:
    """A point in time (ISO text in UTC) by this host's clock: `10:42`; empty for none."""
    return f"{datetime.fromisoformat(moment.replace('Z', '+00:00')).astimezone():%H:%M}" if moment else ""


def day_and_time(moment: str) -> str:
    """A point in time (ISO text in UTC) by this host's day and clock: `2026-03-02 10:42`."""
    return f"{datetime.fromisoformat(moment.replace('Z', '+00:00')).astimezone():%Y-%m-%d %H:%M}"


class Setting(StrEnum):
    """Where the visit took place; it decides the worklist, the code sets and the claim form."""

    CLINIC = "clinic"
    EMERGENCY = "emergency"
    SURGERY = "surgery"
    OBSERVATION = "observation"
    INPATIENT = "inpatient"
    RADIOLOGY = "radiology"
    SERIES = "series"

    @property
    def label(self) -> str:
        return {"emergency": "ED"}.get(self.value, self.value.capitalize())


class PatientClass(StrEnum):
    """HL7 table 0004, as PV1-2 carries it."""

    EMERGENCY = "E"
    INPATIENT = "I"
    OUTPATIENT = "O"
    PREADMIT = "P"
    RECURRING = "R"
    OBSTETRICS = "B"


class EncounterStatus(StrEnum):
    OPEN = "open"
    DISCHARGED = "discharged"
    CANCELED = "canceled"
    MERGED = "merged"


class CodingKind(StrEnum):
    """The side of the bill that a coding task serves; an ED visit may have both."""

    PROFESSIONAL = "professional"
    FACILITY = "facility"


class WorkStatus(StrEnum):
    """Where a coding task is; people call one in progress open (`in_words`)."""

    READY = "ready"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    FINAL = "final"
    CANCELED = "canceled"


def in_words(state: StrEnum) -> str:
    """A state, kind or role as screens and commands say it: `on hold`, `part denied`."""
    return "open" if state is WorkStatus.IN_PROGRESS else state.value.replace("_", " ")


class CodingStatus(StrEnum):
    DRAFT = "draft"
    FINAL = "final"
    SUPERSEDED = "superseded"


class DiagnosisRole(StrEnum):
    """What a diagnosis is on the claim (UB-04 FL 67, 69, 70, 72; CMS-1500 item 21)."""

    PRINCIPAL = "principal"
    SECONDARY = "secondary"
    ADMITTING = "admitting"
    REASON = "reason_for_visit"
    EXTERNAL_CAUSE = "external_cause"


class Origin(StrEnum):
    """How a code came into the coding."""

    TYPED = "typed"
    SUGGESTED = "suggested"
    IMPORTED = "imported"
    CHARGE = "charge"


class ProviderRole(StrEnum):
    ATTENDING = "attending"
    ADMITTING = "admitting"
    REFERRING = "referring"
    CONSULTING = "consulting"
    OPERATING = "operating"
    RENDERING = "rendering"
    ORDERING = "ordering"
    SUPERVISING = "supervising"


class Relationship(StrEnum):
    """The patient's relationship to the subscriber."""

    SELF = "self"
    SPOUSE = "spouse"
    CHILD = "child"
    OTHER = "other"


class DocumentStatus(StrEnum):
    """Completion of a document (HL7 table 0271, TXA-17)."""

    DICTATED = "DI"
    IN_PROGRESS = "IP"
    PREAUTHENTICATED = "PA"
    AUTHENTICATED = "AU"
    LEGALLY_AUTHENTICATED = "LA"

    @property
    def authenticated(self) -> bool:
        return self in (DocumentStatus.AUTHENTICATED, DocumentStatus.LEGALLY_AUTHENTICATED)


class ClaimStatus(StrEnum):
    DRAFT = "draft"
    SCRUB_FAILED = "scrub_failed"
    READY = "ready"
    EXPORTED = "exported"
    REJECTED = "rejected"
    VOID = "void"
    PATIENT = "billed_to_patient"


class AcknowledgmentKind(StrEnum):
    TA1 = "ta1"
    IMPLEMENTATION = "999"
    CLAIM = "277ca"


class Outcome(StrEnum):
    """What an acknowledgment says of what it answers."""

    ACCEPTED = "accepted"
    IN_PART = "in_part"
    REJECTED = "rejected"


class AnswerPart(StrEnum):
    """What a claim has to do with an answer: it is at fault, it only traveled with one, or it is named itself."""

    CULPRIT = "culprit"
    TRAVELED = "traveled"
    NAMED = "named"


class RemittanceStatus(StrEnum):
    """Where a remittance stands; the transitions are in `store.remits`."""

    HELD = "held"
    POSTED = "posted"
    UNPOSTED = "unposted"
    SET_ASIDE = "set aside"


class MatchedBy(StrEnum):
    """How a claim of a remittance found ours, the surest first."""

    CLAIM_NUMBER = "claim_number"
    PAYER_NUMBER = "payer_number"
    PATIENT = "patient_day_charge"
    BY_HAND = "by_hand"
    NOTHING = "nothing"


class PostingKind(StrEnum):
    CLAIM_PAYMENT = "claim_payment"
    UNAPPLIED = "unapplied"
    PROVIDER_ADJUSTMENT = "provider_adjustment"
    WRITE_OFF = "write_off"
    CHARGE = "charge"
    TRANSFER = "transfer"
    LEFT_TO_PATIENT = "left_to_patient"
    PATIENT_PAYMENT = "patient_payment"
    REFUND = "refund"


class DenialStatus(StrEnum):
    """Where a denial stands; the transitions are in `store.denials`."""

    OPEN = "open"
    APPEALED = "appealed"
    RESOLVED = "resolved"
    WRITTEN_OFF = "written_off"
    PATIENT_OWES = "patient_owes"
    WITHDRAWN = "withdrawn"


LIVING_DENIALS = (DenialStatus.OPEN, DenialStatus.APPEALED)
"""Denials that are work: nobody has decided or closed them."""


class JournalAccount(StrEnum):
    """The accounts of the journal. A debit of a receivable is owed to us, a debit of cash has come in."""

    CASH = "cash"
    PAYER_RECEIVABLE = "payer_receivable"
    PATIENT_RECEIVABLE = "patient_receivable"
    DENIED = "denied"
    WRITE_OFF = "write_off"
    CONTRACTUAL = "contractual"
    PAYER_INITIATED = "payer_initiated"
    OTHER_ADJUSTMENT = "other_adjustment"
    UNAPPLIED = "unapplied"
    PROVIDER_LEVEL = "provider_level"
    CHARGES = "charges"


class Severity(StrEnum):
    """How much a finding weighs; `could_not_check` is an answer of its own, never silence."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    COULD_NOT_CHECK = "could_not_check"

    @property
    def mark(self) -> str:
        return {"critical": "!!", "error": "!", "warning": "~", "info": "i", "could_not_check": "?"}[self.value]

    @property
    def blocks(self) -> bool:
        """Whether an open finding of this kind keeps a claim from leaving."""
        return self in (Severity.CRITICAL, Severity.ERROR)


class AuditStatus(StrEnum):
    """Where the audit of a chart stands; the transitions are in `store.audits.states`."""

    SELECTED = "selected"
    ASSIGNED = "assigned"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    FINAL = "final"
    WITHDRAWN = "withdrawn"


class FindingStatus(StrEnum):
    """Where a finding of an audit stands; the transitions are in `store.audits.states`."""

    DRAFT = "draft"
    RETURNED = "returned"
    AGREED = "agreed"
    ACCEPTED = "accepted"
    REBUTTED = "rebutted"
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    SECOND_LEVEL = "second_level"
    UPHELD_AGAIN = "upheld_again"
    ESCALATED = "escalated"
    CONFIRMED = "confirmed"


class ReleaseStatus(StrEnum):
    """Where a request for a patient's information stands."""

    RECEIVED = "received"
    RELEASED = "released"
    REFUSED = "refused"


class FindingState(StrEnum):
    OPEN = "open"
    OVERRIDDEN = "overridden"


class Role(StrEnum):
    CODER = "coder"
    BILLER = "biller"
    AUDITOR = "auditor"
    MANAGER = "manager"
    RECORDS = "records"
    ANALYST = "analyst"
    ADMIN = "admin"


class QueryType(StrEnum):
    """How a provider is asked (ACDIS/AHIMA compliant query practice brief, 2022)."""

    OPEN_ENDED = "open_ended"
    MULTIPLE_CHOICE = "multiple_choice"
    YES_NO = "yes_no"


class QueryTiming(StrEnum):
    """When a provider is asked; the rules are the same for all, spoken ones too."""

    CONCURRENT = "concurrent"
    RETROSPECTIVE = "retrospective"
    POST_BILL = "post_bill"
    VERBAL = "verbal"


class QueryStatus(StrEnum):
    """Where a query to a provider stands; the transitions are in `store.provider_queries`."""

    DRAFT = "draft"
    SENT = "sent"
    ANSWERED = "answered"
    CLOSED = "closed"
    CANCELED = "canceled"


class QueryOutcome(StrEnum):
    """What came of a query that was closed."""

    AGREED = "agreed"
    DISAGREED = "disagreed"
    NO_OPINION = "no_opinion"
    NO_RESPONSE = "no_response"
