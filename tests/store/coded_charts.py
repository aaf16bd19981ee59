"""Charts of the demo site as their coders left them, put into the record at once: one by one takes minutes."""

from __future__ import annotations

from sqlmodel import select

from codesets.catalog import normalize
from store.actors import SYSTEM, Actor
from store.database import Database
from store.demo.site import load_site
from store.models import Coding, Encounter, FinalDiagnosis, FinalProcedureLine, WorkItem
from store.terms import CodingKind, CodingStatus, WorkStatus


def final_code(db: Database, coder: Actor, number: int, finalized_at: str = "2026-09-30T10:00:00.000Z") -> list[str]:
    """Final code the first professional charts by their answer keys, without asking the edits; ids of the codings."""
    made = []
    with db.change(SYSTEM) as change:
        session = change.session
        tasks = {
            visit: item
            for item, visit in session.exec(
                select(WorkItem, Encounter.visit_number)
                .join(Encounter, Encounter.id == WorkItem.encounter_id)
                .where(WorkItem.kind == CodingKind.PROFESSIONAL)
            )
        }
        for chart in load_site().charts:
            item = tasks.get(chart.encounter.visit_number)
            if item is None or len(made) == number:
                continue
            coding = Coding(
                id=f"CODING-{chart.encounter.visit_number}",  # the same in every run, so that draws are
                encounter_id=item.encounter_id,
                kind=item.kind,
                status=CodingStatus.FINAL,
                coder_id=coder.person_id,
                finalized_at=finalized_at,
            )
            session.add(coding)
            session.flush()
            for sequence, key in enumerate(chart.key.diagnoses_of(item.kind), 1):
                session.add(
                    FinalDiagnosis(coding_id=coding.id, sequence=sequence, code=key.code, role=key.role, poa=key.poa)
                )
            for sequence, key in enumerate(chart.key.procedures_of(item.kind), 1):
                session.add(
                    FinalProcedureLine(
                        coding_id=coding.id,
                        sequence=sequence,
                        system=key.system,
                        code=normalize(key.code),
                        modifiers=list(key.modifiers),
                        units=key.units,
                        charge_cents=key.charge_cents,
                        pointers=list(key.pointers),
                        service_date=key.service_date,
                    )
                )
            item.status, item.finished_at = WorkStatus.FINAL, finalized_at
            made.append(coding.id)
    return made
