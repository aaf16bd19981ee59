"""Suggestions in the record: what is taken carries its evidence, what is rejected is remembered with its reason."""

from __future__ import annotations

import pytest
from sqlmodel import select

from codesets.catalog import dotted
from store.actors import Actor
from store.coding.codes import Defaults
from store.coding.entering import enter, undo
from store.coding.entry import AddDiagnosis
from store.coding.in_work import CodingRefused, load_codes
from store.coding.opening import OpenedChart, open_next
from store.coding.suggestions import reject, restore
from store.database import Database, operation_id
from store.models import Coding, LogEntry
from store.queries import SessionReader
from store.queries.suggestions import REASONS, Rejected, rejections
from store.terms import CodingStatus, Origin


@pytest.fixture
def chart(demo: Database, coder: Actor) -> OpenedChart:
    opened = open_next(demo, coder, "Clinic")
    assert opened is not None
    return opened


def rejected(db: Database, chart: OpenedChart) -> dict[str, Rejected]:
    with db.reading() as session:
        return rejections(SessionReader(session), chart.encounter_id)


def test_a_taken_suggestion_keeps_origin_evidence_and_reason(demo: Database, coder: Actor, chart: OpenedChart) -> None:
    entry = AddDiagnosis("M10.9", origin=Origin.SUGGESTED, evidence="D01-01 12-16: gout")

    enter(demo, coder, chart.coding_id, entry, Defaults("2026-08-04", dotted=dotted), why="suggested: index: Gout")

    with demo.reading() as session:
        (added,) = load_codes(session, chart.coding_id).diagnoses
    assert (added.origin, added.evidence, added.why) == (
        Origin.SUGGESTED,
        "D01-01 12-16: gout",
        "suggested: index: Gout",
    )


def test_undo_and_redo_keep_the_evidence(demo: Database, coder: Actor, chart: OpenedChart) -> None:
    first = AddDiagnosis("M10.9", origin=Origin.SUGGESTED, evidence="D01-01 12-16: gout")
    enter(demo, coder, chart.coding_id, first, Defaults("2026-08-04", dotted=dotted))
    enter(demo, coder, chart.coding_id, AddDiagnosis("I10"), Defaults("2026-08-04", dotted=dotted))

    after = undo(demo, coder, chart.coding_id)

    assert [(one.code, one.evidence) for one in after.codes.diagnoses] == [("M10.9", "D01-01 12-16: gout")]


def test_a_rejection_is_remembered_with_who_why_and_on_what_words(
    demo: Database, coder: Actor, chart: OpenedChart
) -> None:
    reject(demo, coder, chart.coding_id, "M10.9", "not current", "D01-01 12-16: gout")

    kept = rejected(demo, chart)["M10.9"]

    assert (kept.reason, kept.by) == ("not current", coder.login)
    with demo.reading() as session:
        told = session.exec(select(LogEntry).where(LogEntry.action == "suggestion.reject")).one()
        assert told.target_id == chart.encounter_id


def test_a_second_reason_takes_the_place_of_the_first(demo: Database, coder: Actor, chart: OpenedChart) -> None:
    reject(demo, coder, chart.coding_id, "M10.9", "not current")

    reject(demo, coder, chart.coding_id, "M10.9", "misread")

    assert [one.reason for one in rejected(demo, chart).values()] == ["misread"]


def test_a_rejection_is_taken_back(demo: Database, coder: Actor, chart: OpenedChart) -> None:
    reject(demo, coder, chart.coding_id, "M10.9", "not current")

    restore(demo, coder, chart.coding_id, "M10.9")

    assert rejected(demo, chart) == {}


def test_a_repeated_operation_rejects_once(demo: Database, coder: Actor, chart: OpenedChart) -> None:
    operation = operation_id()

    messages = {reject(demo, coder, chart.coding_id, "M10.9", "not current", operation_id=operation) for _ in range(2)}

    assert len(messages) == 1
    with demo.reading() as session:
        assert len(session.exec(select(LogEntry).where(LogEntry.action == "suggestion.reject")).all()) == 1


def test_a_rejection_needs_a_reason(demo: Database, coder: Actor, chart: OpenedChart) -> None:
    with pytest.raises(CodingRefused, match="reason"):
        reject(demo, coder, chart.coding_id, "M10.9", " ")

    assert rejected(demo, chart) == {}


@pytest.mark.parametrize("change", [lambda *a: reject(*a, "misread"), restore])
def test_a_final_coding_takes_neither(demo: Database, coder: Actor, chart: OpenedChart, change) -> None:
    with demo.change(coder) as opened:
        opened.session.get_one(Coding, chart.coding_id).status = CodingStatus.FINAL

    with pytest.raises(CodingRefused, match="final"):
        change(demo, coder, chart.coding_id, "M10.9")


def test_every_reason_says_what_it_means() -> None:
    assert all(name and meaning for name, meaning in REASONS)
    assert len({name for name, _ in REASONS}) == len(REASONS)
