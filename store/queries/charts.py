"""One chart as its coder sees it: patient and visit, documents, coverages, charges, and the state of its coding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from codesets.errors import CodedeskError
from store.queries import Reader, Row
from store.terms import CodingKind, CodingStatus, DocumentStatus, PatientClass, Setting, WorkStatus


class ChartMissing(CodedeskError):
    """No work item has this id: the visit was merged away or the row is from another time."""

    title = "chart"


@dataclass(frozen=True)
class ChartHead:
    """The line that stays in sight, and what the screens need to know of the task.

    Dates are ISO text; `coding_version` counts the changes of the coding's row.
    """

    work_item_id: str
    encounter_id: str
    coding_id: str | None
    kind: CodingKind
    work_status: WorkStatus
    coding_status: CodingStatus | None
    coding_version: int
    charged_cents: int
    """What is posted: of a visit that is billed on both sides, what this side bills (UB-04 form locator 42)."""

    worklist: str
    visit_number: str
    patient: str
    mrn: str
    sex: str
    birth_date: str | None
    setting: Setting
    patient_class: PatientClass
    started_at: str
    ended_at: str | None
    service_date: str
    place_of_service: str
    discharge_disposition: str
    reason: str
    provider: str
    payer: str

    @property
    def age(self) -> str:
        """Age at service as `58y`, `14m` or `9d`; empty where the birth date is not known to the day."""
        if not self.birth_date or len(self.birth_date) < 10:
            return ""
        born, day = date.fromisoformat(self.birth_date), date.fromisoformat(self.service_date)
        years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        if years >= 2:
            return f"{years}y"
        months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
        return f"{months}m" if months >= 1 else f"{max((day - born).days, 0)}d"

    @property
    def inpatient(self) -> bool:
        return self.patient_class == PatientClass.INPATIENT


@dataclass(frozen=True)
class ChartDocument:
    """One document; `text` as it came, made safe."""

    id: str
    number: str
    type_name: str
    title: str
    author: str
    authored_at: str
    authenticated_at: str
    status: DocumentStatus
    version: int
    text: str
    type_code: str = ""
    """LOINC, where the source gave one."""


@dataclass(frozen=True)
class ChartCharge:
    service_date: str
    procedure_code: str
    revenue_code: str
    description: str
    units: int
    cents: int
    hard_coded: bool
    number: str = ""


@dataclass(frozen=True)
class ChartCoverage:
    sequence: int
    payer: str
    member_id: str
    group_number: str
    relationship: str
    subscriber: str
    effective_on: str
    expires_on: str
    authorization_number: str


@dataclass(frozen=True)
class ReceivedCode:
    """A code as its sender gave it: evidence, not coding."""

    system: str
    code: str
    display: str
    kind: str


def held_by(reader: Reader, work_item_id: str) -> tuple[str, str]:
    """Who has a chart open for coding: the person's id and name, both empty where nobody has."""
    rows = reader.rows(
        "SELECT p.id, p.name FROM work_item w JOIN person p ON p.id = w.claimed_by"
        " WHERE w.id = :id AND w.status = 'in_progress'",
        id=work_item_id,
    )
    return (rows[0]["id"], rows[0]["name"]) if rows else ("", "")


def chart_head(reader: Reader, work_item_id: str) -> ChartHead:
    """The head of a chart by its work item. Raises ChartMissing."""
    rows = reader.rows(
        """
        SELECT w.id AS work_item_id, w.encounter_id, w.kind, w.status AS work_status, w.worklist,
               g.id AS coding_id, g.status AS coding_status, g.row_version,
               CASE WHEN EXISTS (SELECT 1 FROM work_item o WHERE o.encounter_id = w.encounter_id AND o.kind <> w.kind
                                 AND o.status <> 'canceled')
                    THEN COALESCE((SELECT SUM(h.amount_cents) FROM charge h WHERE h.encounter_id = w.encounter_id
                                   AND (h.revenue_code = '') = (w.kind = 'professional')), 0)
                    ELSE -w.charge_rank END AS charged_cents,
               e.visit_number, e.setting, e.patient_class,
               e.started_at, e.ended_at, e.service_date, e.place_of_service, e.discharge_disposition, e.reason,
               p.family_name, p.given_name, p.mrn, p.sex, p.birth_date,
               (SELECT v.family_name || CASE WHEN v.credential = '' THEN '' ELSE ' ' || v.credential END
                FROM encounter_provider x JOIN provider v ON v.id = x.provider_id
                WHERE x.encounter_id = e.id AND x.role IN ('rendering', 'attending', 'operating', 'ordering')
                ORDER BY CASE x.role WHEN 'rendering' THEN 1 WHEN 'attending' THEN 2 WHEN 'operating' THEN 3 ELSE 4 END
                LIMIT 1) AS provider,
               COALESCE((SELECT y.name FROM coverage c JOIN payer y ON y.id = c.payer_id
                         WHERE c.account_id = e.account_id ORDER BY c.sequence LIMIT 1), 'Self pay') AS payer
        FROM work_item w JOIN encounter e ON e.id = w.encounter_id JOIN patient p ON p.id = e.patient_id
        LEFT JOIN coding g ON g.encounter_id = e.id AND g.kind = w.kind AND g.status <> 'superseded'
        WHERE w.id = :id ORDER BY g.version DESC LIMIT 1
        """,
        id=work_item_id,
    )
    if not rows:
        raise ChartMissing("that chart is not in any worklist")
    return _head(rows[0])


def chart_documents(reader: Reader, encounter_id: str) -> list[ChartDocument]:
    """The newest version of each document, oldest first."""
    rows = reader.rows(
        """
        SELECT id, document_number, type_code, type_name, title, author, authored_at, authenticated_at, status, version,
               text
        FROM document WHERE encounter_id = :id AND current ORDER BY authored_at, document_number
        """,
        id=encounter_id,
    )
    return [
        ChartDocument(
            id=row["id"],
            number=row["document_number"],
            type_name=row["type_name"],
            title=row["title"],
            author=row["author"],
            authored_at=row["authored_at"] or "",
            authenticated_at=row["authenticated_at"] or "",
            status=DocumentStatus(row["status"]),
            version=row["version"],
            text=row["text"],
            type_code=row["type_code"] or "",
        )
        for row in rows
    ]


def chart_charges(reader: Reader, encounter_id: str) -> list[ChartCharge]:
    """The posted charges in their order, reversals included."""
    rows = reader.rows(
        """
        SELECT service_date, procedure_code, revenue_code, description, units, amount_cents, hard_coded,
               charge_number
        FROM charge WHERE encounter_id = :id ORDER BY service_date, charge_number
        """,
        id=encounter_id,
    )
    return [
        ChartCharge(
            row["service_date"],
            row["procedure_code"],
            row["revenue_code"],
            row["description"],
            row["units"],
            row["amount_cents"],
            bool(row["hard_coded"]),
            row["charge_number"],
        )
        for row in rows
    ]


def chart_coverages(reader: Reader, encounter_id: str) -> list[ChartCoverage]:
    """The insurances of the account in their order."""
    rows = reader.rows(
        """
        SELECT c.sequence, y.name, c.member_id, c.group_number, c.relationship, c.subscriber_family_name,
               c.subscriber_given_name, c.effective_on, c.expires_on, c.authorization_number
        FROM coverage c JOIN payer y ON y.id = c.payer_id
        JOIN encounter e ON e.account_id = c.account_id WHERE e.id = :id ORDER BY c.sequence
        """,
        id=encounter_id,
    )
    return [
        ChartCoverage(
            sequence=row["sequence"],
            payer=row["name"],
            member_id=row["member_id"],
            group_number=row["group_number"],
            relationship=row["relationship"],
            subscriber=", ".join(filter(None, (row["subscriber_family_name"], row["subscriber_given_name"]))),
            effective_on=row["effective_on"] or "",
            expires_on=row["expires_on"] or "",
            authorization_number=row["authorization_number"],
        )
        for row in rows
    ]


def source_codes(reader: Reader, encounter_id: str) -> list[ReceivedCode]:
    """The codes as senders gave them, in the order they came."""
    rows = reader.rows(
        "SELECT system, code, display, kind FROM source_code WHERE encounter_id = :id ORDER BY received_at, id",
        id=encounter_id,
    )
    return [ReceivedCode(row["system"], row["code"], row["display"], row["kind"]) for row in rows]


def _head(row: Row) -> ChartHead:
    return ChartHead(
        work_item_id=row["work_item_id"],
        encounter_id=row["encounter_id"],
        coding_id=row["coding_id"],
        kind=CodingKind(row["kind"]),
        work_status=WorkStatus(row["work_status"]),
        coding_status=CodingStatus(row["coding_status"]) if row["coding_status"] else None,
        coding_version=row["row_version"] or 0,
        charged_cents=row["charged_cents"],
        worklist=row["worklist"],
        visit_number=row["visit_number"],
        patient=", ".join(filter(None, (row["family_name"], row["given_name"]))),
        mrn=row["mrn"],
        sex=row["sex"],
        birth_date=row["birth_date"],
        setting=Setting(row["setting"]),
        patient_class=PatientClass(row["patient_class"]),
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        service_date=row["service_date"],
        place_of_service=row["place_of_service"],
        discharge_disposition=row["discharge_disposition"],
        reason=row["reason"],
        provider=row["provider"] or "",
        payer=row["payer"],
    )
