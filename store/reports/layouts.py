"""The layouts that rows leave in: tidy tables (the views), one row a claim, and source tables of OMOP CDM 5.4.

    claims   one row a claim with diagnosis_code_1 to 25 and POA, procedure_code_1 to 25 with dates, units, modifiers
             and charges, the billing and rendering NPI, and what was paid
    omop     visit_occurrence, condition_occurrence, procedure_occurrence, payer_plan_period, cost, provider: the
             *_source_value columns are filled, concept ids are 0, because the vocabularies cannot be shipped

Each table of a layout is a list of columns with their classes, and the rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from store.queries import Reader
from store.reports.profiles import FieldClass
from store.reports.tables import plain
from store.reports.views import views

MOST_CODES = 25
MOST_MODIFIERS = 4

_KEY, _DATE, _CODE, _MONEY, _NUMBER = (
    FieldClass.KEY, FieldClass.DATE, FieldClass.CODE, FieldClass.MONEY, FieldClass.NUMBER,
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One table of a layout: its columns with their classes, and what reads its rows."""

    name: str
    classes: Mapping[str, FieldClass]
    rows: Callable[[Reader, str, str], Iterator[dict[str, Any]]]


def claims_layout() -> Table:
    """One row a claim that is not void, by service day."""
    classes: dict[str, FieldClass] = {
        "claim_id": _KEY,
        "encounter_id": _KEY,
        "patient_id": _KEY,
        "claim_number": FieldClass.IDENTIFIER,
        "form": _CODE,
        "status": _CODE,
        "frequency": _CODE,
        "payer": _CODE,
        "service_date": _DATE,
        "service_through": _DATE,
        "sex": _CODE,
        "birth_date": FieldClass.BIRTH,
        "zip": FieldClass.ZIP,
        "disposition": _CODE,
        "facility_npi": FieldClass.STAFF,
        "facility_tax_id": FieldClass.STAFF,
        "rendering_npi": FieldClass.STAFF,
        "charge_cents": _MONEY,
        "paid_cents": _MONEY,
        "denied_cents": _MONEY,
    }
    for place in range(1, MOST_CODES + 1):
        classes |= {f"diagnosis_code_{place}": _CODE, f"diagnosis_poa_{place}": _CODE}
    for place in range(1, MOST_CODES + 1):
        classes |= {f"procedure_code_{place}": _CODE, f"procedure_date_{place}": _DATE}
        classes |= {f"procedure_modifier_{place}_{n}": _CODE for n in range(1, MOST_MODIFIERS + 1)}
        classes |= {f"procedure_units_{place}": _NUMBER, f"procedure_charge_cents_{place}": _MONEY}
    return Table("claims", classes, _claims)


def omop_tables() -> tuple[Table, ...]:
    """The source-loaded tables of OMOP CDM 5.4 that the record can fill."""
    return (
        Table(
            "visit_occurrence",
            {
                "visit_occurrence_id": _KEY,
                "person_id": _KEY,
                "visit_concept_id": _NUMBER,
                "visit_start_date": _DATE,
                "visit_end_date": _DATE,
                "visit_type_concept_id": _NUMBER,
                "provider_id": FieldClass.STAFF,
                "visit_source_value": _CODE,
                "discharged_to_source_value": _CODE,
                "service_date": _DATE,
            },
            _sql(
                """
                SELECT e.id AS visit_occurrence_id, e.patient_id AS person_id, 0 AS visit_concept_id,
                       SUBSTR(e.started_at, 1, 10) AS visit_start_date,
                       SUBSTR(COALESCE(e.ended_at, e.started_at), 1, 10) AS visit_end_date, 0 AS visit_type_concept_id,
                       (SELECT MIN(x.provider_id) FROM encounter_provider x WHERE x.encounter_id = e.id) AS provider_id,
                       e.setting AS visit_source_value, e.discharge_disposition AS discharged_to_source_value,
                       e.service_date
                FROM encounter e JOIN patient p ON p.id = e.patient_id
                WHERE p.restricted IS NULL AND e.service_date >= :since AND e.service_date <= :until ORDER BY e.id
                """
            ),
        ),
        Table(
            "condition_occurrence",
            {
                "condition_occurrence_id": _KEY,
                "person_id": _KEY,
                "condition_concept_id": _NUMBER,
                "condition_start_date": _DATE,
                "condition_type_concept_id": _NUMBER,
                "visit_occurrence_id": _KEY,
                "condition_source_value": _CODE,
                "condition_source_concept_id": _NUMBER,
                "condition_status_source_value": _CODE,
            },
            _sql(
                """
                SELECT d.id AS condition_occurrence_id, e.patient_id AS person_id, 0 AS condition_concept_id,
                       e.service_date AS condition_start_date, 0 AS condition_type_concept_id,
                       e.id AS visit_occurrence_id, d.code AS condition_source_value, 0 AS condition_source_concept_id,
                       d.role AS condition_status_source_value
                FROM final_diagnosis d JOIN coding g ON g.id = d.coding_id JOIN encounter e ON e.id = g.encounter_id
                JOIN patient p ON p.id = e.patient_id
                WHERE p.restricted IS NULL AND g.status = 'final' AND e.service_date >= :since
                  AND e.service_date <= :until ORDER BY d.id
                """
            ),
        ),
        Table(
            "procedure_occurrence",
            {
                "procedure_occurrence_id": _KEY,
                "person_id": _KEY,
                "procedure_concept_id": _NUMBER,
                "procedure_date": _DATE,
                "procedure_type_concept_id": _NUMBER,
                "quantity": _NUMBER,
                "visit_occurrence_id": _KEY,
                "procedure_source_value": _CODE,
                "procedure_source_concept_id": _NUMBER,
                "modifier_source_value": _CODE,
            },
            _sql(
                """
                SELECT l.id AS procedure_occurrence_id, e.patient_id AS person_id, 0 AS procedure_concept_id,
                       COALESCE(l.service_date, e.service_date) AS procedure_date, 0 AS procedure_type_concept_id,
                       l.units AS quantity, e.id AS visit_occurrence_id, l.code AS procedure_source_value,
                       0 AS procedure_source_concept_id, l.modifiers AS modifier_source_value
                FROM final_procedure_line l JOIN coding g ON g.id = l.coding_id
                JOIN encounter e ON e.id = g.encounter_id JOIN patient p ON p.id = e.patient_id
                WHERE p.restricted IS NULL AND g.status = 'final' AND e.service_date >= :since
                  AND e.service_date <= :until ORDER BY l.id
                """
            ),
        ),
        Table(
            "payer_plan_period",
            {
                "payer_plan_period_id": _KEY,
                "person_id": _KEY,
                "payer_plan_period_start_date": _DATE,
                "payer_plan_period_end_date": _DATE,
                "payer_concept_id": _NUMBER,
                "payer_source_value": _CODE,
                "plan_source_value": _CODE,
            },
            _sql(
                """
                SELECT c.id AS payer_plan_period_id, e.patient_id AS person_id,
                       COALESCE(c.effective_on, e.service_date) AS payer_plan_period_start_date,
                       COALESCE(c.expires_on, e.service_date) AS payer_plan_period_end_date, 0 AS payer_concept_id,
                       y.name AS payer_source_value, c.plan_name AS plan_source_value
                FROM coverage c JOIN encounter e ON e.account_id = c.account_id JOIN payer y ON y.id = c.payer_id
                JOIN patient p ON p.id = e.patient_id
                WHERE p.restricted IS NULL AND e.service_date >= :since AND e.service_date <= :until
                ORDER BY c.id, e.id
                """
            ),
        ),
        Table(
            "cost",
            {
                "cost_id": _KEY,
                "cost_event_id": _KEY,
                "cost_domain_id": _CODE,
                "cost_type_concept_id": _NUMBER,
                "total_charge_cents": _MONEY,
                "total_paid_cents": _MONEY,
            },
            _sql(
                """
                SELECT m.id AS cost_id, m.encounter_id AS cost_event_id, 'Visit' AS cost_domain_id,
                       0 AS cost_type_concept_id, m.total_cents AS total_charge_cents,
                       (SELECT COALESCE(SUM(r.paid_cents), 0) FROM remittance_claim r WHERE r.claim_id = m.id)
                       AS total_paid_cents
                FROM claim m JOIN encounter e ON e.id = m.encounter_id JOIN patient p ON p.id = e.patient_id
                WHERE p.restricted IS NULL AND m.status <> 'void' AND m.service_from >= :since
                  AND m.service_from <= :until ORDER BY m.id
                """
            ),
        ),
        Table(
            "provider",
            {
                "provider_id": FieldClass.STAFF,
                "npi": FieldClass.STAFF,
                "specialty_concept_id": _NUMBER,
                "specialty_source_value": _CODE,
            },
            _sql(
                """
                SELECT v.id AS provider_id, v.npi, 0 AS specialty_concept_id, v.specialty AS specialty_source_value
                FROM provider v WHERE :since <= :until ORDER BY v.id
                """
            ),
        ),
    )


def tidy_tables() -> tuple[Table, ...]:
    """The views as tables, all rows of the days where they have a service day."""

    def reading(sql: str, day: str) -> Callable[[Reader, str, str], Iterator[dict[str, Any]]]:
        where = f" WHERE SUBSTR({day}, 1, 10) >= :since AND SUBSTR({day}, 1, 10) <= :until"
        return _sql(f"SELECT * FROM ({sql}) v{where}")

    return tuple(
        Table(
            view.name,
            {one.name: one.kind for one in view.fields},
            reading(view.sql, "opened_at" if view.name == "denial" else "service_date"),
        )
        for view in views().values()
    )


def _sql(sql: str) -> Callable[[Reader, str, str], Iterator[dict[str, Any]]]:
    def rows(reader: Reader, since: str, until: str) -> Iterator[dict[str, Any]]:
        for row in reader.rows(sql, since=since, until=until):
            found = {name: plain(value) for name, value in dict(row).items()}
            if "modifier_source_value" in found:
                found["modifier_source_value"] = ":".join(_loaded(found["modifier_source_value"]))
            yield found

    return rows


def _claims(reader: Reader, since: str, until: str) -> Iterator[dict[str, Any]]:
    heads = reader.rows(
        """
        SELECT m.id AS claim_id, m.encounter_id, e.patient_id, m.claim_number, m.form, m.status, m.frequency,
               COALESCE(y.name, 'Self pay') AS payer, m.service_from AS service_date, m.service_through, p.sex,
               p.birth_date, p.zip, e.discharge_disposition AS disposition, f.npi AS facility_npi,
               f.tax_id AS facility_tax_id, m.total_cents AS charge_cents,
               (SELECT COALESCE(SUM(r.paid_cents), 0) FROM remittance_claim r WHERE r.claim_id = m.id) AS paid_cents,
               (SELECT COALESCE(SUM(z.cents), 0) FROM denial z WHERE z.claim_id = m.id AND z.status <> 'withdrawn')
               AS denied_cents
        FROM claim m JOIN encounter e ON e.id = m.encounter_id JOIN patient p ON p.id = e.patient_id
        LEFT JOIN payer y ON y.id = m.payer_id LEFT JOIN facility f ON f.id = e.facility_id
        WHERE p.restricted IS NULL AND m.status <> 'void' AND m.service_from >= :since AND m.service_from <= :until
        ORDER BY m.id
        """,
        since=since,
        until=until,
    )
    days = {"since": since, "until": until}
    inside = "JOIN claim m ON m.id = x.claim_id WHERE m.service_from >= :since AND m.service_from <= :until"
    diagnoses: dict[str, list[Any]] = {}
    for row in reader.rows(f"SELECT x.* FROM claim_diagnosis x {inside} ORDER BY x.claim_id, x.sequence", **days):
        diagnoses.setdefault(row["claim_id"], []).append(row)
    lines: dict[str, list[Any]] = {}
    for row in reader.rows(f"SELECT x.* FROM claim_line x {inside} ORDER BY x.claim_id, x.sequence", **days):
        lines.setdefault(row["claim_id"], []).append(row)
    for head in heads:
        found = {name: plain(value) for name, value in dict(head).items()}
        for place, one in enumerate(diagnoses.get(found["claim_id"], ())[:MOST_CODES], 1):
            found |= {f"diagnosis_code_{place}": one["code"], f"diagnosis_poa_{place}": one["poa"]}
        for place, one in enumerate(lines.get(found["claim_id"], ())[:MOST_CODES], 1):
            found |= {
                f"procedure_code_{place}": one["code"],
                f"procedure_date_{place}": one["service_date"],
                f"procedure_units_{place}": one["units"],
                f"procedure_charge_cents_{place}": one["charge_cents"],
            }
            for n, modifier in enumerate(_loaded(one["modifiers"])[:MOST_MODIFIERS], 1):
                found[f"procedure_modifier_{place}_{n}"] = modifier
            if place == 1:
                found["rendering_npi"] = one["performer_npi"]
        yield found


def _loaded(value: object) -> list[str]:
    """JSON columns come as text from SQLite and as values from PostgreSQL."""
    return json.loads(value) if isinstance(value, str) else list(value or ())  # type: ignore[call-overload]
