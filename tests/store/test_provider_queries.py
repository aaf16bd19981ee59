"""Queries to providers: compliant before they are sent, a hold until they are answered, one state machine."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from store.access import ChartRestricted
from store.actors import Actor
from store.database import Database
from store.intake.hl7v2.message import parse
from store.models import (
    ChartAccess,
    Claim,
    Coding,
    Document,
    Encounter,
    Hold,
    LogEntry,
    Patient,
    Provider,
    ProviderQuery,
    WorkItem,
)
from store.provider_queries import (
    NotKnown,
    QueryRefused,
    answer,
    cancel,
    close,
    correct,
    draft,
    escalate_due,
    lint,
    options_of,
    query_reasons,
    reassign,
    remind,
    revise,
    send,
    templates,
    withdraw,
)
from store.provider_queries.desk import Question, from_template
from store.provider_queries.machine import STEPS
from store.provider_queries.output import as_hl7, as_text
from store.queries import SessionReader
from store.queries.provider_queries import QueryFilter, provider_query_list, provider_query_of
from store.queries.worklists import Listing, worklist_rows
from store.reasons import ReasonNeeded
from store.settings import today
from store.terms import ClaimStatus, CodingStatus, QueryOutcome, QueryStatus, QueryTiming, QueryType, WorkStatus

GOOD = "Chronic kidney disease is documented. What stage is it, in your judgment?"
STAGES = ("Stage 3a", "Stage 3b")


@pytest.fixture
def chart(demo: Database) -> tuple[str, str, int]:
    """A chart of the clinic, a document of it, and a line of the document that has words."""
    with demo.reading() as session:
        row = worklist_rows(SessionReader(session), Listing("Clinic"))[0]
        document = session.exec(select(Document).where(Document.encounter_id == row.encounter_id)).first()
        assert document is not None
        line = next(n for n, text in enumerate(document.text.splitlines(), 1) if text.strip())
        return row.id, document.document_number, line


def asked(chart: tuple[str, str, int], **more: object) -> Question:
    question = Question(QueryType.MULTIPLE_CHOICE, "specificity", GOOD, "Adeyemi", STAGES, ((chart[1], chart[2]),))
    return replace(question, **more)  # type: ignore[arg-type]


def status_of(db: Database, query_id: str) -> tuple[QueryStatus, WorkStatus]:
    with db.reading() as session:
        query = session.get_one(ProviderQuery, query_id)
        return query.status, session.get_one(WorkItem, query.work_item_id).status


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"question": "The DRG would be higher with a stage. Which is it?"}, "“DRG”: a query says nothing of groups"),
        (
            {"question": "Reimbursement depends on the stage. Which is it?"},
            "“Reimbursement”: a query says nothing of mon",
        ),
        ({"question": "Our PSI rate suffers. What stage is it?"}, "“PSI”: a query says nothing of quality"),
        ({"question": "Would you agree that it is advanced?"}, "“Would you agree”: it leads"),
        ({"question": "Please document the stage."}, "“Please document”: it leads: it tells"),
        (
            {"question": "What stage is it, stage 3a?"},
            "“Stage 3a”: it leads: the question names one of its",
        ),
        ({"indicators": ()}, "quotes at least one clinical indicator"),
        ({"options": ()}, "at least one clinically supported option"),
        ({"type": QueryType.YES_NO}, "more specific diagnosis is not asked by yes or no"),
    ],
)
def test_what_leads_or_speaks_of_money_is_not_sent_and_the_word_is_named(
    demo: Database, coder: Actor, chart: tuple[str, str, int], how: dict[str, object], said: str
) -> None:
    query = draft(demo, coder, chart[0], asked(chart, **how))

    with pytest.raises(QueryRefused) as refused:
        send(demo, coder, query)

    assert said in refused.value.message
    assert status_of(demo, query) == (QueryStatus.DRAFT, WorkStatus.READY)


def test_options_always_leave_the_answer_open() -> None:
    assert options_of(QueryType.MULTIPLE_CHOICE, ["Right", "other", "Left"]) == [
        *("Right", "Left", "Other", "Unable to determine")
    ]
    assert options_of(QueryType.YES_NO, ["ignored"]) == ["Yes", "No", "Other", "Unable to determine"]
    assert options_of(QueryType.OPEN_ENDED, ["ignored"]) == []


@pytest.mark.parametrize("name", list(templates()))
def test_every_template_that_ships_is_compliant(name: str) -> None:
    question = from_template(name, "Adeyemi", "2026-09-14")

    flaws = lint(
        question.type, question.reason, question.question, options_of(question.type, question.options), ("line",)
    )

    assert [flaw.told for flaw in flaws] == []
    assert question.reason in query_reasons()


@given(st.sampled_from(["payment", "MCC", "clearly", "quality score", "don't you think"]), st.text("ab .,", max_size=9))
def test_a_word_that_is_refused_is_found_wherever_it_stands(word: str, around: str) -> None:
    flaws = lint(QueryType.OPEN_ENDED, "specificity", f"{around} {word} {around}", (), ("line",))

    assert [flaw.words for flaw in flaws if flaw.refuses] == [word]


def test_words_that_only_contain_such_a_word_are_let_pass() -> None:
    flaws = lint(QueryType.OPEN_ENDED, "specificity", "Was the account of the accident, the acc. clear?", (), ("line",))

    assert flaws == []


@pytest.mark.parametrize(
    "question",
    [
        "Can you add acute respiratory failure to the discharge summary?",
        "Please addend the discharge summary with acute blood loss anemia.",
        "Is this ATN?",
        "Based on Hgb 6.8 and 1 u PRBC, is this acute blood loss anemia?",
        "This will help with your RVUs and profiling.",
        "The record does not support medical necessity.",
        "This would raise the risk adjustment factor. State the stage.",
        "The hospital will lose money otherwise.",
    ],
)
def test_what_asks_for_a_diagnosis_or_speaks_of_figures_is_refused(question: str) -> None:
    assert any(flaw.refuses for flaw in lint(QueryType.OPEN_ENDED, "specificity", question, (), ("line",)))


@pytest.mark.parametrize(
    "question",
    [
        "Patient denied chest pain, ROM limited at the left knee. What was treated?",
        "Is this diagnosis confirmed for this stay?",
        "The lipid profile is quoted below. What does it mean?",
        "What does the fall risk score of 12 mean for this stay?",
    ],
)
def test_clinical_words_that_only_look_like_money_are_let_pass(question: str) -> None:
    assert lint(QueryType.OPEN_ENDED, "specificity", question, (), ("line",)) == []


LINES = tomllib.loads((Path(__file__).parent / "query_lines.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("question", LINES["leading"])
def test_a_question_that_says_its_answer_is_refused(question: str) -> None:
    flaws = lint(QueryType.OPEN_ENDED, "specificity", question, (), ("line",))

    assert any(flaw.refuses and "leads" in flaw.why for flaw in flaws)


@pytest.mark.parametrize("question", LINES["compliant"])
def test_a_question_that_leaves_the_answer_open_is_let_pass(question: str) -> None:
    assert lint(QueryType.OPEN_ENDED, "specificity", question, (), ("line",)) == []


@pytest.mark.parametrize(
    ("documents", "refused"),
    [
        (["Cough for two days."], True),
        (["No heart failure. Denies CHF."], True),
        (["Seen for cough.", "History of CHF, on furosemide."], False),
    ],
)
def test_a_diagnosis_that_a_question_names_stands_in_a_document_of_the_chart(
    documents: list[str], refused: bool
) -> None:
    question = "The record says heart failure, with the findings below. Please state its type."

    flaws = lint(QueryType.OPEN_ENDED, "specificity", question, (), ("line",), documents)

    assert [flaw.words for flaw in flaws if flaw.refuses] == (["heart failure"] if refused else [])


def test_the_history_of_a_draft_tells_what_was_revised_and_nothing_twice(
    demo: Database, coder: Actor, chart: tuple[str, str, int]
) -> None:
    query_id = draft(demo, coder, chart[0], asked(chart))
    revise(demo, coder, query_id, asked(chart))
    revise(demo, coder, query_id, asked(chart, question="What stage is it?"))
    revise(demo, coder, query_id, asked(chart, question="What stage is it?", options=("Stage 3b",)))

    with demo.reading() as session:
        page = provider_query_of(SessionReader(session), query_id, today(), coder.person_id or "")
    assert page is not None
    assert [(step.step, step.said) for step in page.steps[1:]] == [("revise", "question, options")]


def test_a_query_quotes_lines_of_this_chart_only(demo: Database, coder: Actor, chart: tuple[str, str, int]) -> None:
    query = draft(demo, coder, chart[0], asked(chart))

    with demo.reading() as session:
        page = provider_query_of(SessionReader(session), query, today())
        text = session.exec(select(Document.text).where(Document.document_number == chart[1])).first()

    assert page is not None and text is not None
    assert page.indicators[0]["quote"] == " ".join(text.splitlines()[chart[2] - 1].split())
    with pytest.raises(QueryRefused, match="no document"):
        draft(demo, coder, chart[0], asked(chart, indicators=(("NOT-HERE", 1),)))
    with pytest.raises(QueryRefused, match="no words in line"):
        draft(demo, coder, chart[0], asked(chart, indicators=((chart[1], 99_999),)))


def test_a_sent_query_holds_its_chart_until_it_is_answered(
    demo: Database, coder: Actor, chart: tuple[str, str, int]
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    send(demo, coder, query, drg_before="683")
    sent = status_of(demo, query)

    ready = answer(demo, coder, query, "stage 3B", answered_by="Adeyemi MD")
    close(demo, coder, query, QueryOutcome.AGREED, drg_after="682")

    with demo.reading() as session:
        page = provider_query_of(SessionReader(session), query, today())
        held = session.exec(select(Hold).where(Hold.work_item_id == chart[0])).one()
        logged = [e.action for e in session.exec(select(LogEntry).where(LogEntry.target_id == query))]
    assert sent == (QueryStatus.SENT, WorkStatus.ON_HOLD) and ready
    assert status_of(demo, query) == (QueryStatus.CLOSED, WorkStatus.READY)
    assert held.cleared_why == "query 1 answered" and held.physician == "Adeyemi"
    assert page and (page.answer, page.drg_before, page.drg_after) == ("Stage 3b", "683", "682")
    assert [step.step for step in page.steps] == ["draft", "send", "answer", "close"]
    assert logged == ["query.draft", "query.send", "query.answer", "query.close"]


def test_an_answer_that_was_written_down_wrong_is_corrected_and_the_history_keeps_both(
    demo: Database, coder: Actor, chart: tuple[str, str, int]
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    send(demo, coder, query)
    answer(demo, coder, query, "Stage 3a", answered_by="Adeyemi MD")

    correct(demo, coder, query, "the row above was taken", "Stage 3b")

    with demo.reading() as session:
        page = provider_query_of(SessionReader(session), query, today())
        logged = [e.action for e in session.exec(select(LogEntry).where(LogEntry.target_id == query))]
    assert page and (page.answer, page.answered_by) == ("Stage 3b", "Adeyemi MD")
    assert page.steps[-1].said == ("Stage 3b (Adeyemi MD); before: Stage 3a (Adeyemi MD); why: the row above was taken")
    assert status_of(demo, query) == (QueryStatus.ANSWERED, WorkStatus.READY)
    assert logged[-1] == "query.correct"


def test_an_answer_that_never_came_is_withdrawn_and_the_chart_waits_again(
    demo: Database, coder: Actor, chart: tuple[str, str, int]
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    send(demo, coder, query)
    answer(demo, coder, query, "Stage 3a")

    waits = withdraw(demo, coder, query, "Enter was pressed by mistake")

    waiting = status_of(demo, query)
    answer(demo, coder, query, "Stage 3b")
    assert waits and waiting == (QueryStatus.SENT, WorkStatus.ON_HOLD)
    assert status_of(demo, query) == (QueryStatus.ANSWERED, WorkStatus.READY)


@pytest.mark.parametrize("mend", [lambda *to: correct(*to, "Stage 3b"), withdraw])
@pytest.mark.parametrize(
    ("before", "reason", "said"),
    [
        ("answered", " ", "say why, in some words"),
        ("closed", "wrong", "closed has no step"),
        ("sent", "wrong", "sent has no step"),
    ],
)
def test_an_answer_is_mended_with_a_reason_until_its_query_is_closed(
    demo: Database,
    coder: Actor,
    chart: tuple[str, str, int],
    mend: Callable[..., object],
    before: str,
    reason: str,
    said: str,
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    send(demo, coder, query)
    if before != "sent":
        answer(demo, coder, query, "Stage 3a")
    if before == "closed":
        close(demo, coder, query, QueryOutcome.AGREED)

    with pytest.raises((QueryRefused, ReasonNeeded), match=said):
        mend(demo, coder, query, reason)


def test_an_answer_is_not_withdrawn_from_a_chart_whose_claim_would_leave_without_it(
    demo: Database, coder: Actor, chart: tuple[str, str, int]
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    send(demo, coder, query)
    answer(demo, coder, query, "Stage 3a")
    final_coded(demo, coder, chart[0], ClaimStatus.READY)

    with pytest.raises(QueryRefused, match="not taken back: the chart is final coded"):
        withdraw(demo, coder, query, "it never came")

    assert status_of(demo, query)[0] == QueryStatus.ANSWERED


def final_coded(db: Database, coder: Actor, work_item_id: str, claim: ClaimStatus) -> None:
    """The chart as it is after final coding, with its claim in this state."""
    with db.change(coder) as change:
        item = change.session.get_one(WorkItem, work_item_id)
        item.status = WorkStatus.FINAL
        coding = Coding(encounter_id=item.encounter_id, kind=item.kind, status=CodingStatus.FINAL)
        change.session.add(coding)
        change.session.flush()
        days = {"service_from": "2026-03-02", "service_through": "2026-03-02"}
        number = {"claim_number": "Q1", "form": "837p", "encounter_id": item.encounter_id}
        change.session.add(Claim(coding_id=coding.id, status=claim, **number, **days))


@pytest.mark.parametrize(
    ("claim", "timing", "said"),
    [
        (ClaimStatus.READY, QueryTiming.RETROSPECTIVE, "its claim would leave without the answer"),
        (ClaimStatus.READY, QueryTiming.POST_BILL, "its claim would leave without the answer"),
        (ClaimStatus.EXPORTED, QueryTiming.RETROSPECTIVE, "the claim has left and cannot wait"),
    ],
)
def test_a_query_about_a_final_coded_chart_is_not_sent_where_its_claim_does_not_wait(
    demo: Database, coder: Actor, chart: tuple[str, str, int], claim: ClaimStatus, timing: QueryTiming, said: str
) -> None:
    query = draft(demo, coder, chart[0], asked(chart, timing=timing))
    final_coded(demo, coder, chart[0], claim)

    with pytest.raises(QueryRefused, match=said):
        send(demo, coder, query)

    assert status_of(demo, query) == (QueryStatus.DRAFT, WorkStatus.FINAL)


def test_a_query_after_the_bill_is_sent_and_says_that_nothing_waits_for_it(
    demo: Database, coder: Actor, chart: tuple[str, str, int]
) -> None:
    query = draft(demo, coder, chart[0], asked(chart, timing=QueryTiming.POST_BILL))
    final_coded(demo, coder, chart[0], ClaimStatus.EXPORTED)

    sent = send(demo, coder, query)

    assert not sent.waits
    assert status_of(demo, query) == (QueryStatus.SENT, WorkStatus.FINAL)


def test_answers_are_options_and_other_needs_words(demo: Database, coder: Actor, chart: tuple[str, str, int]) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    send(demo, coder, query)

    for choice, words, said in (("moon", "", "none of the options"), ("Other", "", "answered with words")):
        with pytest.raises(QueryRefused, match=said):
            answer(demo, coder, query, choice, words)
    with pytest.raises(QueryRefused, match="no answer yet"):
        close(demo, coder, query, QueryOutcome.AGREED)

    assert answer(demo, coder, query, "Other", "stage 4 since August")


def test_a_query_without_an_answer_escalates_and_is_closed_as_that(
    demo: Database, coder: Actor, chart: tuple[str, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    send(demo, coder, query)
    in_time = escalate_due(demo, coder)

    monkeypatch.setenv("CODEDESK_TODAY", (today() + timedelta(days=8)).isoformat())
    late, again = escalate_due(demo, coder), escalate_due(demo, coder)
    with demo.reading() as session:
        listed = provider_query_list(SessionReader(session), today(), QueryFilter.LATE)
    close(demo, coder, query, QueryOutcome.NO_RESPONSE)

    assert (in_time, late, again) == (0, 1, 0)
    assert [(row.number, row.escalations, row.days) for row in listed] == [(1, 1, listed[0].days)]
    assert status_of(demo, query) == (QueryStatus.CLOSED, WorkStatus.READY)


def test_words_of_a_restricted_chart_are_for_those_who_may_open_it(
    demo: Database, coder: Actor, another_coder: Actor, chart: tuple[str, str, int]
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    with demo.change(coder) as change:
        item = change.session.get_one(WorkItem, chart[0])
        patient = change.session.get_one(Patient, change.session.get_one(Encounter, item.encounter_id).patient_id)
        patient.restricted, item.restricted = "staff", True
        change.session.add(ChartAccess(patient_id=patient.id, person_id=coder.person_id or ""))

    with demo.reading() as session:
        reader = SessionReader(session)
        mine = provider_query_of(reader, query, today(), coder.person_id or "")
        theirs = provider_query_of(reader, query, today(), another_coder.person_id or "")

    assert mine and mine.text == GOOD and mine.evidence
    assert theirs and "restricted" in theirs.text and not theirs.evidence and not theirs.options
    with pytest.raises(ChartRestricted):
        draft(demo, another_coder, chart[0], asked(chart))


def test_a_query_can_be_given_to_another_provider_and_a_draft_be_rewritten(
    demo: Database, coder: Actor, chart: tuple[str, str, int]
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    revise(demo, coder, query, asked(chart, question="What stage of kidney disease was treated?"))
    send(demo, coder, query)
    with pytest.raises(QueryRefused, match="no provider is called 'mcall'"):
        reassign(demo, coder, query, "mcall", "on leave")
    with pytest.raises(NotKnown, match="no provider is called 'Adaeze Okonkwo'"):
        reassign(demo, coder, query, "Adaeze Okonkwo", "on leave")
    reassign(demo, coder, query, "Adaeze Okonkwo", "on leave", somebody_new=True)

    with demo.reading() as session:
        page = provider_query_of(SessionReader(session), query, today())
        held = session.exec(select(Hold).where(Hold.work_item_id == chart[0])).one()
    assert page and page.text.startswith("What stage of kidney")
    assert page.row.provider == held.physician == "Adaeze Okonkwo"
    with pytest.raises(QueryRefused, match="no step revise"):
        revise(demo, coder, query, asked(chart))


@pytest.mark.parametrize("said", ["{family}", "{family}, {given}", "Dr. {given} {family}", "{initial}. {family} MD"])
def test_a_provider_is_known_by_the_family_name_and_what_fits_it(
    demo: Database, coder: Actor, chart: tuple[str, str, int], said: str
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    send(demo, coder, query)
    with demo.reading() as session:
        one = session.exec(select(Provider).where(Provider.given_name != "")).first()
    name = said.format(family=one.family_name, given=one.given_name, initial=one.given_name[0])

    reassign(demo, coder, query, name, "on leave")

    with demo.reading() as session:
        assert session.get_one(ProviderQuery, query).provider == name


def test_a_query_is_a_letter_and_an_hl7_message_that_our_own_reader_reads(
    demo: Database, coder: Actor, chart: tuple[str, str, int]
) -> None:
    query = draft(demo, coder, chart[0], asked(chart, question="Which stage | of kidney^disease?"))
    send(demo, coder, query)

    with demo.reading() as session:
        reader = SessionReader(session)
        page = provider_query_of(reader, query, today())
        assert page is not None
        letter, sent = as_text(page), as_hl7(reader, page)

    message = parse(sent.encode())
    texts = [segment.split("|")[5] for segment in sent.split("\r") if segment.startswith("OBX")]
    assert "[ ] Unable to determine" in letter and page.evidence[0] in letter
    assert message is not None and texts[0] == "Which stage \\F\\ of kidney\\S\\disease?"
    assert sent.split("\r")[4].split("|")[12] == "query-1"


class Walk(RuleBasedStateMachine):
    """Steps in any order: each either follows the diagram or is refused and changes nothing."""

    db: Database
    coder: Actor
    chart: tuple[str, str, int]

    queries = Bundle("queries")

    def _step(self, query: str, step: str, do: Callable[[], object]) -> None:
        before, _ = status_of(self.db, query)
        try:
            do()
        except QueryRefused:
            assert status_of(self.db, query)[0] == before
            return
        assert status_of(self.db, query)[0] == STEPS[before][step]  # type: ignore[index]

    @initialize()
    def begin(self) -> None:
        with self.db.reading() as session:
            waiting = session.exec(select(ProviderQuery.id).where(ProviderQuery.status.in_(["draft", "sent"]))).all()
        for query in waiting:
            cancel(self.db, self.coder, query, "begin anew")

    @rule(target=queries, good=st.booleans())
    def write(self, good: bool) -> str:
        more = {} if good else {"question": "What would payment be?"}
        return draft(self.db, self.coder, self.chart[0], asked(self.chart, **more))

    @rule(query=queries)
    def send(self, query: str) -> None:
        self._step(query, "send", lambda: send(self.db, self.coder, query))

    @rule(query=queries, choice=st.sampled_from(["Stage 3a", "Other", "moon"]))
    def answer(self, query: str, choice: str) -> None:
        self._step(query, "answer", lambda: answer(self.db, self.coder, query, choice))

    @rule(query=queries, choice=st.sampled_from(["Stage 3a", "Stage 3b"]))
    def correct(self, query: str, choice: str) -> None:
        self._step(query, "correct", lambda: correct(self.db, self.coder, query, "mistaken", choice))

    @rule(query=queries)
    def withdraw(self, query: str) -> None:
        self._step(query, "withdraw", lambda: withdraw(self.db, self.coder, query, "it never came"))

    @rule(query=queries, outcome=st.sampled_from(list(QueryOutcome)))
    def close(self, query: str, outcome: QueryOutcome) -> None:
        self._step(query, "close", lambda: close(self.db, self.coder, query, outcome))

    @rule(query=queries)
    def cancel(self, query: str) -> None:
        self._step(query, "cancel", lambda: cancel(self.db, self.coder, query, "not needed"))

    @rule(query=queries)
    def remind(self, query: str) -> None:
        self._step(query, "remind", lambda: remind(self.db, self.coder, query, "by telephone"))

    @invariant()
    def a_chart_waits_exactly_while_a_query_is_sent(self) -> None:
        with self.db.reading() as session:
            sent = session.exec(select(ProviderQuery).where(ProviderQuery.status == QueryStatus.SENT)).all()
            item = session.get_one(WorkItem, self.chart[0])
        assert (item.status == WorkStatus.ON_HOLD) == bool(sent)


@pytest.mark.thorough
def test_whatever_is_tried_queries_follow_the_diagram(
    demo: Database, coder: Actor, chart: tuple[str, str, int]
) -> None:
    from hypothesis import HealthCheck, settings

    machine = type("Walk", (Walk,), {"db": demo, "coder": coder, "chart": chart})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("step", [correct, withdraw, cancel])
def test_a_query_is_mended_and_canceled_for_a_reason_in_words(
    demo: Database, coder: Actor, chart: tuple[str, str, int], step: object
) -> None:
    query = draft(demo, coder, chart[0], asked(chart))
    send(demo, coder, query)
    if step is not cancel:
        answer(demo, coder, query, "Stage 3a")

    with pytest.raises(ReasonNeeded):
        step(demo, coder, query, "x")
