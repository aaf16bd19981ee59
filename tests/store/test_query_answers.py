"""Answers of providers by HL7: matched with their query by its number, read in the chart, and work goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM, Actor
from store.database import Database
from store.intake import IntakeReport, take_in
from store.models import Document, Encounter, LogEntry, Patient, ProviderQuery, ProviderQueryStep, Quarantine, WorkItem
from store.provider_queries import QueryRefused, correct, draft, send
from store.provider_queries.desk import Question, option_meant
from store.provider_queries.output import as_hl7
from store.queries import SessionReader
from store.queries.provider_queries import provider_query_of
from store.queries.worklists import Listing, worklist_rows
from store.settings import today
from store.terms import QueryStatus, QueryType, WorkStatus
from tests.store.hl7_samples import message, pv1, segment, write

pytestmark = pytest.mark.both_databases

OPTIONS = ["Stage 3a", "Stage 3b", "Other", "Unable to determine"]


@pytest.fixture
def asked(demo: Database, coder: Actor) -> ProviderQuery:
    """A query with options that was sent about a chart of the clinic's list."""
    with demo.reading() as session:
        item = worklist_rows(SessionReader(session), Listing("Clinic"))[0]
        document = session.exec(select(Document).where(Document.encounter_id == item.encounter_id)).first()
        assert document is not None
        line = next(n for n, text in enumerate(document.text.splitlines(), 1) if text.strip())
    words = "Chronic kidney disease is documented. What stage is it, in your judgment?"
    quoted = ((document.document_number, line),)
    question = Question(QueryType.MULTIPLE_CHOICE, "specificity", words, "Adeyemi", ("Stage 3a", "Stage 3b"), quoted)
    query_id = draft(demo, coder, item.id, question)
    send(demo, coder, query_id)
    return row_of(demo, query_id)


def row_of(db: Database, query_id: str) -> ProviderQuery:
    with db.reading() as session:
        return session.get_one(ProviderQuery, query_id)


def pid_of(db: Database, query: ProviderQuery) -> str:
    with db.reading() as session:
        patient = session.get_one(Patient, session.get_one(Encounter, query.encounter_id).patient_id)
    return segment(
        "PID", f1="1", f3=f"{patient.mrn}^^^{patient.source}^MR", f5=f"{patient.family_name}^{patient.given_name}"
    )


def reply(pid: str, *observations: str, parent: str = "query-1", status: str = "AU") -> bytes:
    txa = segment("TXA", f1="1", f2="PQ", f6="202610081000", f9="7^Adeyemi^Funmi", f12="ANS-1", f13=parent, f17=status)
    return message("MDM^T02", pid, pv1("UNKNOWN", "O"), txa, *observations)


def words(text: str, name: str = "ANSWER") -> str:
    return segment("OBX", f1="1", f2="TX", f3=name, f5=text, f11="F")


def take(db: Database, tmp_path: Path, *messages: bytes) -> IntakeReport:
    return take_in(db, SYSTEM, [write(tmp_path / "answers.hl7", *messages)])


def refusals(db: Database) -> list[str]:
    with db.reading() as session:
        return [row.reason for row in session.exec(select(Quarantine))]


def test_an_answer_settles_its_query_clears_the_hold_and_is_read_in_the_chart(
    demo: Database, asked: ProviderQuery, tmp_path: Path
) -> None:
    answer = reply(pid_of(demo, asked), words("Stage 3b"), words("eGFR 38 twice, 90 days apart."))

    report = take(demo, tmp_path, answer)

    row = row_of(demo, asked.id)
    with demo.reading() as session:
        item = session.get_one(WorkItem, asked.work_item_id)
        document = session.exec(select(Document).where(Document.document_number == "ANS-1")).one()
        logged = session.exec(select(LogEntry).where(LogEntry.action == "query.answer")).all()
    assert (row.status, row.answer, row.answered_by) == (QueryStatus.ANSWERED, "Stage 3b", "Funmi Adeyemi")
    assert row.answer_text == "Stage 3b\neGFR 38 twice, 90 days apart." and item.status is WorkStatus.READY
    assert document.encounter_id == asked.encounter_id and document.type_name == "Answer to a query"
    with demo.reading() as session:
        steps = session.exec(select(ProviderQueryStep).where(ProviderQueryStep.step == "answer")).all()
    assert [step.made_by for step in steps] == ["Funmi Adeyemi"]
    assert not report.quarantined and [entry.target_id for entry in logged] == [asked.id]


def test_what_a_provider_s_own_message_said_is_not_corrected_at_the_desk(
    demo: Database, asked: ProviderQuery, tmp_path: Path
) -> None:
    take(demo, tmp_path, reply(pid_of(demo, asked), words("Stage 3b")))

    with pytest.raises(QueryRefused, match="the provider's own message answered it"):
        correct(demo, SYSTEM, asked.id, "we think otherwise", "Stage 3a")

    assert row_of(demo, asked.id).answer == "Stage 3b"


def test_an_option_in_a_field_of_its_own_is_the_answer_and_the_same_message_changes_nothing(
    demo: Database, asked: ProviderQuery, tmp_path: Path
) -> None:
    answer = reply(pid_of(demo, asked), words("stage 3A", "CHOICE"), words("By the last two values."))

    take(demo, tmp_path, answer)
    again = take(demo, tmp_path, answer)

    row = row_of(demo, asked.id)
    assert (row.answer, row.answer_text) == ("Stage 3a", "By the last two values.")
    assert not again.quarantined and again.total("encounters_changed") == 0


def test_a_result_can_carry_the_answer_by_the_number_of_its_order(
    demo: Database, asked: ProviderQuery, tmp_path: Path
) -> None:
    obr = segment("OBR", f1="1", f2="QUERY-1", f3="R-9", f4="PQ^Query", f16="7^Adeyemi^Funmi", f25="F")

    take(demo, tmp_path, message("ORU^R01", pid_of(demo, asked), obr, words("Unable to determine", "REPLY")))

    assert row_of(demo, asked.id).answer == "Unable to determine"


@pytest.mark.parametrize(
    ("parent", "said"),
    [
        ("query-99", "no query has the number 99"),
        ("query-x", "TXA-13: expected query- and the number of a query, found 'query-x'"),
    ],
)
def test_an_unknown_number_goes_to_quarantine_with_the_reason(
    demo: Database, asked: ProviderQuery, tmp_path: Path, parent: str, said: str
) -> None:
    report = take(demo, tmp_path, reply(pid_of(demo, asked), words("Stage 3b"), parent=parent))

    assert report.quarantined == 1 and said in refusals(demo)
    assert row_of(demo, asked.id).status is QueryStatus.SENT


def test_an_answer_about_another_patient_or_without_words_answers_nothing(
    demo: Database, asked: ProviderQuery, tmp_path: Path
) -> None:
    stranger = segment("PID", f1="1", f3="0000^^^NORTH^MR", f5="Sample^Ann")

    take(demo, tmp_path, reply(stranger, words("Stage 3b")), reply(pid_of(demo, asked), words("x", "QUESTION")))

    assert row_of(demo, asked.id).status is QueryStatus.SENT
    assert sorted(refusals(demo)) == [
        "OBX-5: expected the answer to query 1",
        "query 1 is about another patient than 0000",
    ]


def test_a_second_answer_is_refused_whole_and_leaves_no_word_in_the_log(
    demo: Database, asked: ProviderQuery, tmp_path: Path
) -> None:
    pid = pid_of(demo, asked)
    take(demo, tmp_path, reply(pid, words("Stage 3b")))

    take(demo, tmp_path, reply(pid, words("Stage 3a")))

    with demo.reading() as session:
        logged = session.exec(select(LogEntry).where(LogEntry.action == "query.answer")).all()
    assert row_of(demo, asked.id).answer == "Stage 3b" and len(logged) == 1
    assert "query 1: a query that is answered has no step answer" in refusals(demo)


def test_the_query_itself_coming_back_unsigned_is_no_answer(
    demo: Database, asked: ProviderQuery, tmp_path: Path
) -> None:
    with demo.reading() as session:
        page = provider_query_of(SessionReader(session), asked.id, today())
        assert page is not None
        sent = as_hl7(SessionReader(session), page)

    take(demo, tmp_path, sent.encode())

    assert row_of(demo, asked.id).status is QueryStatus.SENT


def test_a_site_maps_where_its_sender_puts_number_and_answer(
    demo: Database, asked: ProviderQuery, tmp_path: Path, home: Path
) -> None:
    (home / "hl7v2.toml").write_text(
        '[[interface]]\napplication = "REG"\n'
        '[interface.query_answers]\nnumber = ["ZQA-1"]\nprefix = ""\nanswer = ["TXT"]\n'
    )
    segments = (segment("TXA", f2="PQ", f12="X-1", f17="LA"), "ZQA|1", words("Stage 3a", "TXT"), words("noise", "X"))

    take(demo, tmp_path, message("MDM^T02", pid_of(demo, asked), *segments))

    assert row_of(demo, asked.id).answer_text == "Stage 3a"


@pytest.mark.parametrize(
    ("choice", "text", "meant"),
    [
        ("Stage 3a", "", "Stage 3a"),
        ("", "stage 3b.\nAs seen", "Stage 3b"),
        ("", "Unable to determine, no labs", "Unable to determine"),
        ("", "It is stage 4", "Other"),
    ],
)
def test_words_mean_an_option_or_other(choice: str, text: str, meant: str) -> None:
    assert option_meant(OPTIONS, choice, text) == meant
