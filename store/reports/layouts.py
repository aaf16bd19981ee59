"""The layouts that rows leave in: tidy tables (the views), one row a claim, and source tables of OMOP CDM 5.4.

    claims   one row a claim with diagnosis_code_1 to 25 and POA, procedure_code_1 to 25 with dates, units, modifiers
             and charges, the billing and rendering NPI, and what was paid
    omop     person, visit_occurrence, condition_occurrence, procedure_occurrence, payer_plan_period, cost, provider:
             the *_source_value columns are filled, concept ids are 0, because the vocabularies cannot be shipped

Each table of a layout is a list of columns with their classes, and the rows.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from codesets.errors import UnreadableInput
from store.queries import Reader
from store.queries.chains import counted, paid_of_chains, replaced_claims, written_out
from store.reports.profiles import FieldClass
from store.reports.tables import plain
from store.reports.views import views

MOST_CODES = 25
MOST_MODIFIERS = 4
OMOP = "omop.toml"

_KEY, _DATE, _CODE, _MONEY, _NUMBER = (
    FieldClass.KEY, FieldClass.DATE, FieldClass.CODE, FieldClass.MONEY, FieldClass.NUMBER,
)  # fmt: skip


Rows = Callable[[Reader, str, str, Sequence[str]], Iterator[dict[str, Any]]]
"""What reads rows of days (both included) in an order, given as SQL of told columns."""


@dataclass(frozen=True)
class Table:
    """One table of a layout: its columns with their classes, and what reads its rows."""

    name: str
    classes: Mapping[str, FieldClass]
    rows: Rows


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
    """The source-loaded tables of OMOP CDM 5.4 that the record can fill (`omop.toml`). Raises UnreadableInput."""
    text = files("store.reports").joinpath(OMOP).read_text(encoding="utf-8")
    return tuple(table_of(name, table) for name, table in tomllib.loads(text).items())


def table_of(name: str, table: Mapping[str, Any]) -> Table:
    """A table of a layout from its data: `sql` and the class of every column. Raises UnreadableInput."""
    try:
        sql, columns = table["sql"], table["columns"]
        return Table(name, {column: FieldClass(kind) for column, kind in columns.items()}, _sql(sql))
    except (KeyError, ValueError, AttributeError) as error:
        raise UnreadableInput(f"{OMOP}: {name}: {error}", "expected sql, and a class of each of its columns") from None


def tidy_tables() -> tuple[Table, ...]:
    """The views as tables, all rows of the days where they have a service day."""

    def reading(sql: str, day: str) -> Rows:
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


def _sql(sql: str) -> Rows:
    def rows(reader: Reader, since: str, until: str, order: Sequence[str]) -> Iterator[dict[str, Any]]:
        ordered = f"SELECT * FROM ({written_out(sql)}) o{' ORDER BY ' + ', '.join(order) if order else ''}"
        for row in reader.rows(ordered, since=since, until=until):
            found = {name: plain(value) for name, value in dict(row).items()}
            if "modifier_source_value" in found:
                found["modifier_source_value"] = ":".join(_loaded(found["modifier_source_value"]))
            yield found

    return rows


def _claims(reader: Reader, since: str, until: str, order: Sequence[str]) -> Iterator[dict[str, Any]]:
    of_head = [one for one in order if not re.search(r"diagnosis_|procedure_|rendering_", one)]
    heads = reader.rows(
        f"""
        SELECT * FROM (
        SELECT m.id AS claim_id, m.encounter_id, e.patient_id, m.claim_number, m.form, m.status, m.frequency,
               COALESCE(y.name, 'Self pay') AS payer, m.service_from AS service_date, m.service_through, p.sex,
               p.birth_date, p.zip, e.discharge_disposition AS disposition, f.npi AS facility_npi,
               f.tax_id AS facility_tax_id, m.total_cents AS charge_cents,
               COALESCE(c.paid, 0) AS paid_cents,
               COALESCE(d.denied, 0) AS denied_cents
        FROM claim m JOIN encounter e ON e.id = m.encounter_id JOIN patient p ON p.id = e.patient_id
        LEFT JOIN payer y ON y.id = m.payer_id LEFT JOIN facility f ON f.id = e.facility_id
        LEFT JOIN ({paid_of_chains()}) c ON c.claim_id = m.id
        LEFT JOIN (SELECT COALESCE(k.last, z.claim_id) AS claim_id, SUM(z.cents) AS denied FROM denial z
                   LEFT JOIN ({replaced_claims()}) k ON k.id = z.claim_id
                   WHERE z.status <> 'withdrawn' GROUP BY COALESCE(k.last, z.claim_id)) d ON d.claim_id = m.id
        WHERE p.restricted IS NULL AND {counted("m")} AND m.service_from >= :since AND m.service_from <= :until) o
        ORDER BY {", ".join(of_head)}
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


def _loaded(value: Any) -> list[str]:
    """JSON columns come as text from SQLite and as values from PostgreSQL."""
    return list(json.loads(value) if isinstance(value, str) else value or ())
