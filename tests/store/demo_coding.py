"""Codes the charts of the demo site by their answer keys, through the services that the screens use."""

from __future__ import annotations

from sqlmodel import Session, select

from codesets.catalog import Reference, normalize
from store.actors import Actor
from store.coding.codes import Defaults
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis, AddProcedure, Entry, Remove
from store.coding.finishing import finalize
from store.coding.in_work import load_codes
from store.coding.opening import open_chart
from store.database import Database
from store.demo.site import DemoChart, load_site
from store.models import Encounter, WorkItem
from store.terms import CodingKind


def code_site(db: Database, reference: Reference, coder: Actor, kind: CodingKind) -> dict[str, str]:
    """Final code every task of a kind; coding id by visit number."""
    return {
        chart.encounter.visit_number: code_chart(db, reference, coder, chart, kind)
        for chart in load_site().charts
        if _task(db, chart, kind)
    }


def code_chart(db: Database, reference: Reference, coder: Actor, chart: DemoChart, kind: CodingKind) -> str:
    """Open a chart, enter the codes of its key, final code it; the id of the coding."""
    opened = open_chart(db, coder, _task(db, chart, kind) or "")
    with db.reading() as session:
        posted = len(load_codes(session, opened.coding_id).lines)
    for entry in [Remove(True, 1)] * posted + _entries(chart, kind):
        enter(db, coder, opened.coding_id, entry, Defaults(chart.encounter.started_at[:10]))
    finalize(db, reference, coder, opened.coding_id)
    return opened.coding_id


def _entries(chart: DemoChart, kind: CodingKind) -> list[Entry]:
    diagnoses: list[Entry] = [AddDiagnosis(each.code, each.role, each.poa) for each in chart.key.diagnoses_of(kind)]
    return diagnoses + [
        AddProcedure(
            system=each.system,
            code=normalize(each.code),
            modifiers=tuple(each.modifiers),
            units=each.units,
            charge_cents=each.charge_cents,
            pointers=tuple(each.pointers),
            service_date=each.service_date,
        )
        for each in chart.key.procedures_of(kind)
    ]


def _task(db: Database, chart: DemoChart, kind: CodingKind) -> str | None:
    with db.reading() as session:
        return _item(session, chart.encounter.visit_number, kind)


def _item(session: Session, visit: str, kind: CodingKind) -> str | None:
    query = select(WorkItem.id).join(Encounter, Encounter.id == WorkItem.encounter_id)
    return session.exec(query.where(Encounter.visit_number == visit, WorkItem.kind == kind)).first()
