"""What decides the edits of a chart beside its codes: who is billed, who performed, what other claims state.

The claim that is made of the chart states the same (`store.claims.chart`, `store.claims.scrubbing`): what is an error,
a warning or nothing there is so here, and the coder hears of it while the chart is open.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from codesets.edits import OtherService
from codesets.edits.surgery import LONGEST
from store.queries import Reader
from store.queries.charts import ChartHead
from store.queries.standing import Posted
from store.terms import CodingKind


@dataclass(frozen=True)
class Surroundings:
    """The first coverage (empty for who pays themselves), the NPI of who performed what no line names, other services.

    `others` are those of the patient on other claims around the visit; None where nobody can know them. `posted` are
    the charges that a facility bills, `type_of_bill` is what its sender stated; both of the facility's side alone.
    """

    payer: str = ""
    payer_name: str = ""
    filing_code: str = ""
    plan: str = ""
    performer: str = ""
    others: tuple[OtherService, ...] | None = ()
    posted: tuple[Posted, ...] = ()
    type_of_bill: str = ""


def surroundings_of(reader: Reader, head: ChartHead) -> Surroundings:
    """What the record tells beside the codes of a chart."""
    covered = reader.rows(
        "SELECT y.payer_identifier AS payer, y.name AS payer_name, y.claim_filing_code AS filing_code,"
        " c.plan_name AS plan FROM encounter e JOIN coverage c ON c.account_id = e.account_id"
        " JOIN payer y ON y.id = c.payer_id WHERE e.id = :id ORDER BY c.sequence LIMIT 1",
        id=head.encounter_id,
    )
    professional = head.kind == CodingKind.PROFESSIONAL
    return Surroundings(
        **(dict(covered[0]) if covered else {}),
        performer=_performer(reader, head) if professional else "",
        others=_others(reader, head),
        posted=() if professional else _posted(reader, head),
        type_of_bill="" if professional else _type_of_bill(reader, head),
    )


def _performer(reader: Reader, head: ChartHead) -> str:
    """Who performed a line that names nobody: the rendering provider, else the attending one."""
    rows = reader.rows(
        "SELECT v.npi FROM encounter_provider x JOIN provider v ON v.id = x.provider_id"
        " WHERE x.encounter_id = :id AND x.role IN ('rendering', 'attending')"
        " ORDER BY CASE x.role WHEN 'rendering' THEN 1 ELSE 2 END, x.id LIMIT 1",
        id=head.encounter_id,
    )
    return rows[0]["npi"] if rows else ""


def _others(reader: Reader, head: ChartHead) -> tuple[OtherService, ...]:
    """Services on claims of other visits of the patient: the longest global period before to a day after."""
    first = min(head.started_at[:10], head.service_date)
    last = max((head.ended_at or first)[:10], head.service_date)
    rows = reader.rows(
        "SELECT other.claim_number, line.code, line.service_date, line.modifiers, line.performer_npi, line.units,"
        " other.parties"
        " FROM encounter mine JOIN encounter theirs ON theirs.patient_id = mine.patient_id"
        " JOIN claim other ON other.encounter_id = theirs.id JOIN claim_line line ON line.claim_id = other.id"
        " WHERE mine.id = :id AND theirs.id <> mine.id AND other.status <> 'void' AND other.form = :form"
        " AND other.service_from <= :until AND other.service_through >= :since"
        " ORDER BY other.claim_number, line.sequence",
        id=head.encounter_id,
        form="837p" if head.kind == CodingKind.PROFESSIONAL else "837i",
        since=_moved(first, -LONGEST),
        until=_moved(last, 1),
    )
    rendering: dict[str, str] = {}
    found = []
    for row in rows:
        number, on = row["claim_number"], _day(row["service_date"])
        if on is None:
            continue
        performer = row["performer_npi"]
        if not performer:
            if number not in rendering:
                rendering[number] = (_plain(row["parties"]).get("rendering") or {}).get("npi", "")
            performer = rendering[number]
        found.append(OtherService(row["code"], on, performer, tuple(_plain(row["modifiers"])), row["units"], number))
    return tuple(found)


def _posted(reader: Reader, head: ChartHead) -> tuple[Posted, ...]:
    """The charges of a visit that carry a revenue code (UB-04 form locator 42), reversals too."""
    rows = reader.rows(
        "SELECT charge_number, reversal_of, revenue_code, procedure_code, modifiers, units, amount_cents, service_date,"
        " hard_coded, posted_at > COALESCE((SELECT g.finalized_at FROM coding g WHERE g.id = :coding"
        " AND g.status = 'final'), '9999') AS late"
        " FROM charge WHERE encounter_id = :id AND revenue_code <> '' ORDER BY charge_number",
        id=head.encounter_id,
        coding=head.coding_id or "",
    )
    return tuple(
        Posted(
            row["charge_number"],
            row["reversal_of"],
            row["revenue_code"],
            row["procedure_code"],
            tuple(_plain(row["modifiers"])),
            row["units"],
            row["amount_cents"],
            row["service_date"],
            bool(row["hard_coded"]),
            bool(row["late"]),
        )
        for row in rows
    )


def _type_of_bill(reader: Reader, head: ChartHead) -> str:
    """The type of bill that the sender stated of the visit, as it stands; empty where none is stated, or no text."""
    rows = reader.rows("SELECT extra FROM encounter WHERE id = :id", id=head.encounter_id)
    stated = (_plain(rows[0]["extra"]) or {}).get("facility_bill") if rows else None
    found = stated.get("type_of_bill", "") if isinstance(stated, dict) else ""
    return found if isinstance(found, str) else ""


def _plain(value: object) -> Any:
    """JSON as either database hands it out."""
    return json.loads(value) if isinstance(value, str) else value


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _moved(day: str, days: int) -> str:
    """A day some days away; itself where it is none, and the first or last day there is where it would lie outside."""
    if (on := _day(day)) is None:
        return day
    try:
        return str(on + timedelta(days=days))
    except OverflowError:
        return str(date.min if days < 0 else date.max)
