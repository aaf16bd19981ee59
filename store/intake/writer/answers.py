"""Matches the answer of a provider with the query it answers: the query is answered, and its hold is cleared.

What remains is a document of the query's chart, so that coders read and cite it as any other.
"""

from __future__ import annotations

from sqlmodel import select

from store.database import Change
from store.intake.merging import RecordRefused, find_patient
from store.intake.rows import KnownRows
from store.intake.statement import QueryAnswer, Statement
from store.models import Encounter, ProviderQuery


def match_answer(change: Change, rows: KnownRows, said: QueryAnswer) -> Statement:
    """Answer the query and say what document its chart gets.

    Raises RecordRefused for a number that is not here, another patient, or a query that waits for no answer.
    """
    from store.provider_queries.desk import option_meant, take_answer
    from store.provider_queries.machine import QueryRefused

    rows.write()
    session = change.session
    row = session.exec(select(ProviderQuery).where(ProviderQuery.number == said.number)).first()
    if row is None:
        raise RecordRefused(f"no query has the number {said.number}")
    encounter = session.get_one(Encounter, row.encounter_id)
    patient = find_patient(rows, *said.patient)
    if patient is None or patient.id != encounter.patient_id:
        raise RecordRefused(f"query {said.number} is about another patient than {said.patient[1]}")
    words = said.words or ("" if row.options else said.choice)
    try:
        option = option_meant(row.options, said.choice, words)
        take_answer(change, row, option, words or said.choice, said.answered_by, by_provider=True)
    except QueryRefused as refused:
        raise RecordRefused(f"query {said.number}: {refused.message}") from None
    session.flush()
    rows.forget_children()
    return Statement(encounter.source, encounter.visit_number, {"documents": [dict(said.document)]})
