"""Audits of coded charts: the draw and its proof, the blind review, findings, answers with their clock, and scores."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from codesets.errors import UsageError
from codesets.reference import Reference
from store import log
from store.actors import SYSTEM, Actor, NotAllowed
from store.audits import (
    answers,
    assigning,
    corrections,
    education,
    explaining,
    found,
    review,
    samples,
    states,
    withdrawing,
)
from store.audits.samples import Criteria, draw, reproduce
from store.audits.sampling import Method, SampleTooLarge, Size
from store.audits.scorecards import scorecard
from store.audits.states import AuditRefused
from store.claims.build import NotBuiltReason, build_claims
from store.claims.export import staying_behind
from store.coding.codes import Codes, Defaults
from store.coding.entering import enter as enter_code
from store.coding.entry import AddDiagnosis, parse
from store.coding.finishing import finalize
from store.coding.in_work import CodingRefused, load_codes
from store.coding.reopening import take_back
from store.database import Database
from store.figures.last_audit import LastAudit, last_audit
from store.intake.changes import mark_seen
from store.models import (
    Audit,
    AuditFinding,
    Claim,
    ClaimExport,
    Coding,
    CodingDrg,
    EditFiring,
    Encounter,
    LogEntry,
    Person,
    WorkItem,
)
from store.models.columns import now
from store.people import actor_for, add_person
from store.queries import SessionReader
from store.queries.audits import (
    AuditFilter,
    audit_findings,
    audit_history,
    audit_list,
    audit_row,
    audited_after_bill,
    sample_list,
)
from store.queries.figures import own_figures
from store.reasons import ReasonNeeded
from store.reports.catalog import figure_named
from store.reports.run import period_of, read_report
from store.settings import today
from store.terms import AuditStatus, ClaimStatus, CodingKind, FindingStatus, PatientClass, Role, WorkStatus
from tests.store.coded_charts import final_code
from tui.commands.audits_text import side_by_side

pytestmark = pytest.mark.both_databases

WHOLE = Size(number=4)


@pytest.fixture
def coded_site(demo: Database, coder: Actor) -> Database:
    """The demo site with some professional charts final coded by one coder."""
    final_code(demo, coder, 30)
    return demo


@pytest.fixture
def auditor(demo: Database) -> Actor:
    return person_of(demo, Role.AUDITOR)


@pytest.fixture
def second_auditor(demo: Database, auditor: Actor) -> Actor:
    add_person(demo, Actor("root", Role.ADMIN), "auditor2", "Second Auditor", Role.AUDITOR)
    return person_of(demo, Role.AUDITOR, "auditor2")


@pytest.fixture
def manager(demo: Database) -> Actor:
    return person_of(demo, Role.MANAGER)


def person_of(db: Database, role: Role, login: str = "") -> Actor:
    with db.reading() as session:
        query = select(Person).where(Person.role == role).order_by(Person.login)
        return actor_for(session.exec(query.where(Person.login == login) if login else query).first())


def audits(db: Database, **where: object) -> list[Audit]:
    with db.reading() as session:
        found = list(session.exec(select(Audit).order_by(Audit.position, Audit.second_of)))
        session.expunge_all()
    return [one for one in found if all(getattr(one, name) == value for name, value in where.items())]


def findings(db: Database, audit_id: str) -> list:
    with db.reading() as session:
        return audit_findings(SessionReader(session), audit_id)


def type_in(db: Database, actor: Actor, audit_id: str, *lines: str) -> None:
    for line in lines:
        review.enter(db, actor, audit_id, parse(line, lambda code: "icd10cm" if "." in code else "hcpcs"), DEFAULTS)


DEFAULTS = Defaults("2026-09-14")


def reviewed(db: Database, auditor: Actor, audit_id: str, *lines: str) -> str:
    """Review a chart by typing, look at the coder's codes, and return it; what happened."""
    review.begin(db, auditor, audit_id)
    type_in(db, auditor, audit_id, *lines)
    review.reveal(db, auditor, audit_id)
    return review.give_back(db, auditor, audit_id)


@pytest.fixture
def returned(coded_site: Database, auditor: Actor) -> str:
    """An audit with findings, returned to its coder; its id."""
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=2), Criteria(), seed=1)
    audit = audits(coded_site)[0]
    reviewed(coded_site, auditor, audit.id, "e11.42", "g0467-25 1")
    return audit.id


def test_the_same_seed_draws_the_same_charts_whatever_happened_since(coded_site: Database, auditor: Actor) -> None:
    drawn = draw(coded_site, auditor, "Q3", Method.SIMPLE, WHOLE, Criteria(), seed=48213)

    again = reproduce(coded_site, auditor, "Q3")

    assert (drawn.picked, again.picked, again.population, again.seed) == (4, 4, drawn.population, 48213)
    assert again.same and again.snapshot_whole


def test_an_audited_account_is_never_picked_again(coded_site: Database, auditor: Actor) -> None:
    first = draw(coded_site, auditor, "Q3", Method.SIMPLE, WHOLE, Criteria(), seed=1)

    second = draw(coded_site, auditor, "Q4", Method.EVERYTHING, Size(), Criteria(), seed=1)

    accounts = [one.account_id for one in audits(coded_site)]
    assert second.audited_before >= 4 and second.population + second.audited_before == first.population
    assert not {one.account_id for one in audits(coded_site, audit_sample_id=first.sample_id)} & {
        one.account_id for one in audits(coded_site, audit_sample_id=second.sample_id)
    }
    assert accounts


def test_more_than_there_is_and_nothing_at_all_are_answered_in_plain_words(
    coded_site: Database, auditor: Actor
) -> None:
    with pytest.raises(SampleTooLarge, match="5000 charts were asked for, but only"):
        draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=5000), Criteria())
    with pytest.raises(SampleTooLarge, match="no chart is there to pick from: final coded 2001-01-01 to 2001-02-01"):
        draw(coded_site, auditor, "Q3", Method.SIMPLE, WHOLE, Criteria("2001-01-01", "2001-02-01"))

    assert audits(coded_site) == []


def test_a_sample_narrows_by_type_code_and_money(coded_site: Database, auditor: Actor) -> None:
    with coded_site.reading() as session:
        everything, _ = samples.population_of(session, Criteria())
        clinic, _ = samples.population_of(session, Criteria(types=("clinic",)))
        diabetes, _ = samples.population_of(session, Criteria(codes=("E11",)))
        dear, _ = samples.population_of(session, Criteria(least_cents=20000))

    assert 0 < len(clinic) < len(everything)
    assert 0 < len(diabetes) < len(everything) and 0 < len(dear) < len(everything)


def test_a_sample_narrows_by_the_rule_that_found_something_on_chart_or_claim(
    coded_site: Database, auditor: Actor
) -> None:
    admin = person_of(coded_site, Role.ADMIN)
    build_claims(coded_site, admin)
    with coded_site.change(admin, action="test") as change:
        claim = change.session.exec(select(Claim).order_by(Claim.claim_number)).first()
        change.session.add(
            EditFiring(subject_id=claim.id, rule_id="r031", rule_version=1, severity="error", place="line.1")
        )
        change.log("test", "claim", claim.id)
        coding_id = claim.coding_id

    with coded_site.reading() as session:
        picked, _ = samples.population_of(session, Criteria(rule="r031"))

    assert [one.id for one in picked] == [coding_id]


def test_an_audit_before_the_bill_is_of_charts_that_are_not_billed(coded_site: Database, auditor: Actor) -> None:
    admin = person_of(coded_site, Role.ADMIN)
    build_claims(coded_site, admin)
    with coded_site.change(admin, action="test") as change:
        claim = change.session.exec(select(Claim).order_by(Claim.claim_number)).first()
        export = ClaimExport(
            form="837p",
            receiver="R",
            interchange_control=1,
            group_control=1,
            transaction_control="1",
            file_name="",
            sha256="",
            content=b"",
            claims=1,
        )
        change.session.add(export)
        change.session.flush()
        claim.status, claim.export_id = ClaimStatus.EXPORTED, export.id
        change.log("test", "claim", claim.id)
        coding_id = claim.coding_id

    draw(coded_site, auditor, "before", Method.EVERYTHING, Size(), Criteria(), prebill=True)

    assert coding_id not in {one.coding_id for one in audits(coded_site)}


def test_two_audits_of_a_pair_are_of_two_people(coded_site: Database, auditor: Actor, second_auditor: Actor) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1)
    assigning.second_reviews(coded_site, auditor, "Q3", second_auditor.login, 1)

    with pytest.raises(AuditRefused, match="the other audit of the pair"):
        review.begin(coded_site, second_auditor, "Q3#1")
    with pytest.raises(AuditRefused, match="has the other audit"):
        assigning.assign(coded_site, auditor, ["Q3#1"], second_auditor.login)
    assert review.begin(coded_site, second_auditor, "Q3#1=").audit_id == audits(coded_site)[1].id


def test_two_auditors_agree_where_they_make_the_same_of_a_code_and_add_the_same(
    coded_site: Database, auditor: Actor, second_auditor: Actor
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1)
    assigning.second_reviews(coded_site, auditor, "Q3", second_auditor.login, 1)
    first, second = audits(coded_site)

    reviewed(coded_site, auditor, first.id, "e11.42", "g0467-25 1")
    reviewed(coded_site, second_auditor, second.id, "e11.51", "g0467-25 1")
    with coded_site.reading() as session:
        agreement = scorecard(session, "Q3").agreement

    # Both hold the coder's diagnoses for wrong and the line for right; what is right in their place they see apart.
    assert agreement.both > 1 and 0 < agreement.observed < 1


def test_codes_seen_by_another_way_are_told_in_the_history_of_a_blind_audit(
    coded_site: Database, auditor: Actor
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=2), Criteria(), seed=1)
    seen, blind = audits(coded_site)
    log.note(coded_site, auditor, "encounter.view", "encounter", seen.encounter_id, by="command line")

    for one in (seen, blind):
        review.begin(coded_site, auditor, one.id)
        type_in(coded_site, auditor, one.id, "e11.42")
        review.reveal(coded_site, auditor, one.id)

    with coded_site.reading() as session:
        told = [
            " ".join(step.comment for step in audit_history(SessionReader(session), one.id)) for one in (seen, blind)
        ]
    assert ["not blind" in words for words in told] == [True, False]


def test_a_second_auditor_who_read_the_first_review_is_told_of_in_the_history(
    coded_site: Database, auditor: Actor, second_auditor: Actor
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1)
    assigning.second_reviews(coded_site, auditor, "Q3", second_auditor.login, 1)
    first, second = audits(coded_site)
    log.note(coded_site, second_auditor, "audit.view", "audit", first.id)

    review.begin(coded_site, second_auditor, second.id)
    type_in(coded_site, second_auditor, second.id, "e11.42")
    review.reveal(coded_site, second_auditor, second.id)

    with coded_site.reading() as session:
        assert "not blind" in " ".join(step.comment for step in audit_history(SessionReader(session), second.id))


def test_a_sample_of_a_rule_that_is_not_there_is_refused(coded_site: Database) -> None:
    with coded_site.reading() as session, pytest.raises(UsageError, match="no rule is called 'nonsense'"):
        samples.checked(Criteria(rule="nonsense"), session)


def test_who_audits_does_not_answer_and_who_rebutted_does_not_decide(
    coded_site: Database, coder: Actor, auditor: Actor, returned: str
) -> None:
    with coded_site.change(SYSTEM, action="test") as change:
        change.session.get_one(Person, auditor.person_id).role = Role.ADMIN
        change.log("test", "person", auditor.person_id or "")
    both = replace(auditor, role=Role.ADMIN)
    admin = person_of(coded_site, Role.ADMIN, "rfox")

    with pytest.raises(AuditRefused, match="you are its auditor"):
        answers.rebut(coded_site, both, returned, 1, "it stands in the note", "note line 12")
    answers.rebut(coded_site, admin, returned, 1, "it stands in the note", "note line 12")
    answers.decide(coded_site, both, returned, 1, True, "it does not")
    answers.rebut(coded_site, admin, returned, 1, "it does", "I.A.15")
    with pytest.raises(AuditRefused, match="you rebutted this finding"):
        answers.decide(coded_site, admin, returned, 1, True, "no, it stands there")


def test_a_stratified_sample_names_its_strata_and_a_focused_one_its_focus(db: Database) -> None:
    nobody = Actor("root", Role.ADMIN)
    with pytest.raises(UsageError, match="names its strata"):
        draw(db, nobody, "Q3", Method.STRATIFIED, WHOLE, Criteria())
    with pytest.raises(UsageError, match="names its focus"):
        draw(db, nobody, "Q3", Method.FOCUSED, WHOLE, Criteria())


def test_a_blind_review_begins_without_the_coder_s_codes_and_shows_them_once_it_has_its_own(
    coded_site: Database, auditor: Actor
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1)
    audit = audits(coded_site)[0]

    opened = review.begin(coded_site, auditor, audit.id)

    assert not opened.revealed
    assert not found.auditor_codes(audits(coded_site)[0]).diagnoses
    with pytest.raises(AuditRefused, match="no diagnosis was entered yet"):
        review.reveal(coded_site, auditor, audit.id)
    with coded_site.reading() as session:
        assert audit_list(SessionReader(session))[0].coder == ""
    type_in(coded_site, auditor, audit.id, "e11.42")
    review.reveal(coded_site, auditor, audit.id)
    with coded_site.reading() as session:
        assert audit_list(SessionReader(session))[0].coder


def test_the_coder_s_codes_are_never_touched_by_a_review(coded_site: Database, auditor: Actor, returned: str) -> None:
    audit = audits(coded_site, id=returned)[0]

    with coded_site.reading() as session:
        assert load_codes(session, audit.coding_id) == Codes.from_json(audit.coder_codes)
    assert audit.auditor_codes != audit.coder_codes


def test_what_an_auditor_changes_after_the_look_is_kept_apart_from_what_was_blind(
    coded_site: Database, auditor: Actor
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1)
    audit_id = audits(coded_site)[0].id
    review.begin(coded_site, auditor, audit_id)
    type_in(coded_site, auditor, audit_id, "e11.42")
    review.reveal(coded_site, auditor, audit_id)

    type_in(coded_site, auditor, audit_id, "i50.9")

    audit = audits(coded_site)[0]
    assert len(audit.blind_codes["diagnoses"]) == 1 and len(audit.auditor_codes["diagnoses"]) == 2
    review.undo(coded_site, auditor, audit_id)
    assert audits(coded_site)[0].auditor_codes["diagnoses"] == audit.blind_codes["diagnoses"]


def test_review_mode_begins_with_the_coder_s_codes_and_ends_without_a_finding_where_nothing_changed(
    coded_site: Database, auditor: Actor
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1, blind=False)
    audit_id = audits(coded_site)[0].id
    review.begin(coded_site, auditor, audit_id)

    said = review.give_back(coded_site, auditor, audit_id)

    assert said == "No finding: the audit is final." and audits(coded_site)[0].status is AuditStatus.FINAL


def test_nobody_audits_a_chart_that_they_coded_or_another_has(
    coded_site: Database, auditor: Actor, second_auditor: Actor
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1)
    audit_id = audits(coded_site)[0].id
    assigning.assign(coded_site, auditor, [audit_id], auditor.login)

    with pytest.raises(AuditRefused, match="another auditor's"):
        review.begin(coded_site, second_auditor, audit_id)
    with pytest.raises(AuditRefused, match="no auditor but a coder"):
        assigning.assign(coded_site, auditor, [audit_id], "mreyes")


def test_words_of_a_finding_stay_when_the_auditor_changes_another_code(coded_site: Database, auditor: Actor) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1)
    audit_id = audits(coded_site)[0].id
    review.begin(coded_site, auditor, audit_id)
    type_in(coded_site, auditor, audit_id, "s52.501a")
    review.reveal(coded_site, auditor, audit_id)
    explaining.explain(coded_site, auditor, audit_id, 1, "see the note", "I.C.4.a", "diabetes")

    type_in(coded_site, auditor, audit_id, "z00.00")

    first = findings(coded_site, audit_id)[0]
    assert (first.note, first.citation, first.topic) == ("see the note", "I.C.4.a", "diabetes")


def test_a_missed_query_is_added_by_hand_and_stays(coded_site: Database, auditor: Actor, returned: str) -> None:
    audit_id = audits(coded_site)[1].id
    review.begin(coded_site, auditor, audit_id)
    type_in(coded_site, auditor, audit_id, "e11.42")
    review.reveal(coded_site, auditor, audit_id)

    explaining.add_by_hand(coded_site, auditor, audit_id, "ask for the stage of the kidney disease")
    review.give_back(coded_site, auditor, audit_id)

    assert [one.kind for one in findings(coded_site, audit_id)][-1] == "query"


def test_agreeing_to_all_findings_makes_the_audit_final(coded_site: Database, coder: Actor, returned: str) -> None:
    said = answers.agree(coded_site, coder, returned)

    assert " The audit is final." in said
    assert {one.status for one in findings(coded_site, returned)} == {FindingStatus.AGREED}


def test_only_the_coder_answers_and_a_rebuttal_needs_comment_and_citation(
    coded_site: Database, coder: Actor, another_coder: Actor, returned: str
) -> None:
    with pytest.raises(AuditRefused, match="coded by somebody else"):
        answers.agree(coded_site, another_coder, returned)
    with pytest.raises(AuditRefused, match="a comment and a citation"):
        answers.rebut(coded_site, coder, returned, 1, "no", "")


def test_a_finding_climbs_every_level_and_each_is_decided_by_another_person(
    coded_site: Database, coder: Actor, auditor: Actor, second_auditor: Actor, manager: Actor, returned: str
) -> None:
    answers.rebut(coded_site, coder, returned, 1, "it stands in the note", "note line 12")
    with pytest.raises(AuditRefused, match="its auditor decides first"):
        answers.decide(coded_site, second_auditor, returned, 1, True, "no, it stands there")
    answers.decide(coded_site, auditor, returned, 1, True, "it does not")
    answers.rebut(coded_site, coder, returned, 1, "it does", "I.A.15")
    with pytest.raises(AuditRefused, match="another auditor's"):
        answers.decide(coded_site, auditor, returned, 1, True, "no, it stands there")
    answers.decide(coded_site, second_auditor, returned, 1, True, "no, it stands there")
    answers.rebut(coded_site, coder, returned, 1, "it does", "I.A.15")
    with pytest.raises(AuditRefused, match="a manager's to decide"):
        answers.decide(coded_site, second_auditor, returned, 1, True, "no, it stands there")
    answers.decide(coded_site, manager, returned, 1, False, "the coder is right")

    with coded_site.reading() as session:
        told = [one.status for one in audit_history(SessionReader(session), returned) if one.finding == 1]
    assert told == [
        "rebutted", "upheld", "second_level", "upheld_again", "escalated", "overturned",
    ]  # fmt: skip


def test_an_answer_to_a_finding_that_moved_on_is_refused_with_the_words_that_came(
    coded_site: Database, coder: Actor, auditor: Actor, returned: str
) -> None:
    number = findings(coded_site, returned)[0].number
    seen = {number: FindingStatus.RETURNED}
    answers.rebut(coded_site, coder, returned, number, "it is documented", "note line 4")
    answers.decide(coded_site, auditor, returned, number, True, "line 4 is of another visit", "I.A.15")

    for answer in (
        lambda: answers.rebut(coded_site, coder, returned, number, "as I said", "note line 4", seen=seen),
        lambda: answers.agree(coded_site, coder, returned, number, seen=seen),
        lambda: answers.agree(coded_site, coder, returned, seen=seen),
        lambda: answers.decide(coded_site, auditor, returned, number, False, "no, it stands there", seen=seen),
    ):
        with pytest.raises(
            answers.FindingMovedOn, match=rf"{number} was upheld meanwhile by .*: line 4 is of another visit \[I.A.15\]"
        ):
            answer()

    assert findings(coded_site, returned)[0].status is FindingStatus.UPHELD


def test_an_overturned_finding_is_no_error(coded_site: Database, coder: Actor, auditor: Actor, returned: str) -> None:
    with coded_site.reading() as session:
        before = scorecard(session, "Q3").total
    wrong = next(one for one in findings(coded_site, returned) if one.kind in ("principal", "revised", "added"))
    answers.rebut(coded_site, coder, returned, wrong.number, "it stands in the note", "note line 12")
    answers.decide(coded_site, auditor, returned, wrong.number, False, "you are right")

    with coded_site.reading() as session:
        after = scorecard(session, "Q3").total
    assert after.errors < before.errors
    assert after.code_over_code.part == before.code_over_code.part + 1


def test_a_finding_is_open_until_it_is_decided_at_every_level(
    coded_site: Database, coder: Actor, auditor: Actor, second_auditor: Actor, returned: str
) -> None:
    def open_ones() -> int:
        with coded_site.reading() as session:
            return scorecard(session, "Q3").open_findings

    many = len(findings(coded_site, returned))
    seen = [open_ones()]
    answers.rebut(coded_site, coder, returned, 1, "documented", "line 4")
    seen.append(open_ones())
    answers.decide(coded_site, auditor, returned, 1, True, "not in the note")
    answers.rebut(coded_site, coder, returned, 1, "documented", "line 4")
    seen.append(open_ones())
    answers.decide(coded_site, second_auditor, returned, 1, False, "line 4 has it")
    seen.append(open_ones())

    assert seen == [many, many, many, many - 1]


def test_the_sides_of_an_audit_mark_what_was_overturned(
    coded_site: Database, coder: Actor, auditor: Actor, returned: str
) -> None:
    answers.rebut(coded_site, coder, returned, 1, "documented", "line 4")
    answers.decide(coded_site, auditor, returned, 1, False, "line 4 has it")

    with coded_site.reading() as session:
        reader = SessionReader(session)
        _, hers, comparison = found.compared(audits(coded_site, id=returned)[0])
        row, rows = audit_row(reader, returned), audit_findings(reader, returned)
    table = [line for line in side_by_side(row, hers, comparison, rows, ()) if not line.startswith("finding")]

    assert sum("(overturned)" in line for line in table) == 1


def test_a_person_s_last_audit_is_their_score_in_the_newest_sample_and_moves_with_a_decision(
    coded_site: Database, coder: Actor, auditor: Actor, returned: str
) -> None:
    def seen() -> tuple[LastAudit | None, str]:
        with coded_site.reading() as session:
            state = own_figures(SessionReader(session), coder.person_id or "", today()).audit_state
        return last_audit(coded_site, coder), state

    before, state = seen()
    with coded_site.reading() as session:
        expected = scorecard(session, "Q3").coders[0].score.code_over_code.value
    wrong = next(one for one in findings(coded_site, returned) if one.kind in ("principal", "revised", "added"))
    answers.rebut(coded_site, coder, returned, wrong.number, "it stands in the note", "note line 12")
    answers.decide(coded_site, auditor, returned, wrong.number, False, "you are right")
    after, later = seen()

    assert before is not None and after is not None and expected is not None
    assert (before.sample, before.charts, before.percent) == ("Q3", 1, expected * 100)
    assert after.percent is not None and before.percent is not None and after.percent > before.percent
    assert state and state != later and last_audit(coded_site, auditor) is None
    assert before.waiting - 1 == after.waiting == len(findings(coded_site, returned)) - 1


def test_silence_until_the_day_is_a_yes_and_the_history_says_that_it_was_silence(
    coded_site: Database, auditor: Actor, returned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answers.accept_unanswered(coded_site, auditor) == 0
    monkeypatch.setenv("CODEDESK_TODAY", (today() + dt.timedelta(days=15)).isoformat())

    accepted = answers.accept_unanswered(coded_site, auditor)

    assert accepted == len(findings(coded_site, returned))
    assert {one.status for one in findings(coded_site, returned)} == {FindingStatus.ACCEPTED}
    assert audits(coded_site, id=returned)[0].status is AuditStatus.FINAL
    with coded_site.reading() as session:
        assert audit_history(SessionReader(session), returned)[-2].comment.startswith("not answered by")


def test_a_chart_of_a_prebill_sample_is_not_billed_before_its_audit_is_final(
    coded_site: Database, auditor: Actor, biller: Actor, coder: Actor
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1, prebill=True)
    audit = audits(coded_site)[0]

    held = build_claims(coded_site, biller, audit.coding_id).not_built
    reviewed(coded_site, auditor, audit.id, "e11.42")
    for number in [one.number for one in findings(coded_site, audit.id)]:
        answers.rebut(coded_site, coder, audit.id, number, "documented", "note line 4")
        answers.decide(coded_site, auditor, audit.id, number, False, "the coder is right")
    after = build_claims(coded_site, biller, audit.coding_id)

    assert [one.reason for one in held] == [NotBuiltReason.AUDIT]
    assert after.built


@pytest.fixture
def found_wrong(coded_site: Database, auditor: Actor, coder: Actor) -> Audit:
    """An audit before the bill whose findings its coder has agreed to."""
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1, prebill=True)
    audit = audits(coded_site)[0]
    reviewed(coded_site, auditor, audit.id, "e11.42")
    answers.agree(coded_site, coder, audit.id)
    return audit


def task_of_audit(db: Database, audit: Audit) -> WorkItem:
    with db.reading() as session:
        query = select(WorkItem).where(WorkItem.encounter_id == audit.encounter_id, WorkItem.kind == audit.kind)
        return session.exec(query).one()


def test_no_claim_is_built_of_codes_that_an_audit_before_the_bill_found_wrong(
    coded_site: Database, biller: Actor, found_wrong: Audit
) -> None:
    refused = build_claims(coded_site, biller, found_wrong.coding_id).not_built

    assert [(one.reason, one.detail) for one in refused] == [(NotBuiltReason.CORRECTION, "Q3#1")]


def test_a_chart_with_findings_that_stand_is_back_with_its_coder_and_says_what_is_to_be_corrected(
    coded_site: Database, coder: Actor, found_wrong: Audit
) -> None:
    item = task_of_audit(coded_site, found_wrong)

    assert (item.status, item.assigned_to) == (WorkStatus.READY, coder.person_id)
    assert item.came_back.startswith("audit Q3#1: ") and "E11.42" in item.came_back


def test_a_chart_to_be_corrected_waits_for_coding_in_what_is_not_final_billed(
    coded_site: Database, found_wrong: Audit
) -> None:
    with coded_site.reading() as session:
        report = read_report(SessionReader(session), figure_named("dnfb"), period_of())

    assert ("audited, to be corrected", "coding", 1) in {row[:3] for row in report.rows}


def test_findings_that_the_clock_accepts_bring_the_chart_back_as_well(
    coded_site: Database, auditor: Actor, biller: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1, prebill=True)
    audit = audits(coded_site)[0]
    reviewed(coded_site, auditor, audit.id, "e11.42")
    monkeypatch.setenv("CODEDESK_TODAY", (today() + dt.timedelta(days=60)).isoformat())

    answers.accept_unanswered(coded_site, SYSTEM)

    assert task_of_audit(coded_site, audit).status is WorkStatus.READY
    refused = build_claims(coded_site, biller, audit.coding_id).not_built
    assert [one.reason for one in refused] == [NotBuiltReason.CORRECTION]


def test_a_claim_that_was_built_before_the_draw_does_not_leave_before_the_audit_is_final(
    coded_site: Database, auditor: Actor, biller: Actor
) -> None:
    build_claims(coded_site, biller)
    with coded_site.change(SYSTEM, action="test") as change:
        claims = change.session.exec(select(Claim)).all()
        for claim in claims:
            claim.status, claim.scrubbed_at = ClaimStatus.READY, now()
        change.log("test", "claim", claims[0].id)
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1, prebill=True)

    with coded_site.reading() as session:
        ids = session.exec(select(Claim.id).where(Claim.coding_id == audits(coded_site)[0].coding_id)).all()
        staying = staying_behind(session, ids, "837p")

    assert len(staying) == 1 and "waits for the audit before its bill" in staying[0].reason


def test_a_withdrawn_sample_holds_no_bill_and_its_charts_may_be_picked_again(
    coded_site: Database, auditor: Actor, biller: Actor
) -> None:
    draw(coded_site, auditor, "wrong", Method.SIMPLE, Size(number=2), Criteria(), seed=1, prebill=True)
    charts = {one.coding_id for one in audits(coded_site)}

    said = withdrawing.withdraw(coded_site, auditor, "wrong", "the wrong month")

    built = [build_claims(coded_site, biller, one).built for one in charts]
    again = draw(coded_site, auditor, "right", Method.EVERYTHING, Size(), Criteria(), seed=1)
    picked = {one.coding_id for one in audits(coded_site, audit_sample_id=again.sample_id)}
    assert said == "wrong is withdrawn: its 2 charts may be picked again, and no bill waits for it."
    assert all(built) and charts <= picked


def test_a_withdrawn_sample_stays_in_the_list_with_who_and_why(coded_site: Database, auditor: Actor) -> None:
    draw(coded_site, auditor, "wrong", Method.SIMPLE, Size(number=2), Criteria(), seed=1)

    withdrawing.withdraw(coded_site, auditor, "wrong", "the wrong month")

    with coded_site.reading() as session:
        row = sample_list(SessionReader(session))[0]
        open_ones = audit_list(SessionReader(session), AuditFilter.OPEN)
    assert row.withdrawn.startswith(f"withdrawn by {auditor.name}, ") and row.withdrawn.endswith(": the wrong month")
    assert not open_ones
    assert reproduce(coded_site, auditor, "wrong").same


def test_a_sample_is_not_withdrawn_twice_without_a_reason_or_once_a_finding_was_returned(
    coded_site: Database, auditor: Actor, returned: str
) -> None:
    with pytest.raises(AuditRefused, match="was returned to its coder"):
        withdrawing.withdraw(coded_site, auditor, "Q3", "the wrong month")
    draw(coded_site, auditor, "wrong", Method.SIMPLE, Size(number=1), Criteria(), seed=1)
    with pytest.raises(ReasonNeeded):
        withdrawing.withdraw(coded_site, auditor, "wrong", "so")
    withdrawing.withdraw(coded_site, auditor, "wrong", "the wrong month")
    with pytest.raises(AuditRefused, match="withdrawn already"):
        withdrawing.withdraw(coded_site, auditor, "wrong", "once again")
    with pytest.raises(AuditRefused, match="its sample was withdrawn"):
        review.begin(coded_site, auditor, "wrong#1")


def test_codes_that_stay_with_a_reason_are_billed_and_the_history_has_the_reason(
    coded_site: Database, coder: Actor, biller: Actor, found_wrong: Audit
) -> None:
    corrections.keep_codes(coded_site, coder, found_wrong.id, "addendum of 09-20 supports the code")

    built = build_claims(coded_site, biller, found_wrong.coding_id).built
    item = task_of_audit(coded_site, found_wrong)
    with coded_site.reading() as session:
        last = audit_history(SessionReader(session), found_wrong.id)[-1]
    assert built
    assert (item.status, item.came_back) == (WorkStatus.FINAL, "")
    assert (last.status, last.comment) == ("codes_stay", "addendum of 09-20 supports the code")


@pytest.mark.parametrize("reason", ["", "  ", "so"])
def test_codes_do_not_stay_without_a_reason(
    coded_site: Database, coder: Actor, found_wrong: Audit, reason: str
) -> None:
    with pytest.raises(ReasonNeeded):
        corrections.keep_codes(coded_site, coder, found_wrong.id, reason)


def test_another_coder_does_not_say_that_codes_stay(coded_site: Database, found_wrong: Audit) -> None:
    add_person(coded_site, SYSTEM, "other", "Other Coder", Role.CODER)

    with pytest.raises(AuditRefused, match="coded by somebody else"):
        corrections.keep_codes(coded_site, person_of(coded_site, Role.CODER, "other"), found_wrong.id, "it is right")


def test_what_an_audit_found_is_not_marked_as_seen(coded_site: Database, coder: Actor, found_wrong: Audit) -> None:
    with pytest.raises(AuditRefused, match="audit Q3#1 found codes to correct"):
        mark_seen(coded_site, coder, found_wrong.encounter_id, ())


def test_the_same_codes_are_not_final_coded_again_after_an_audit_and_others_are_billed(
    coded_site: Database, coder: Actor, biller: Actor, reference: Reference, found_wrong: Audit
) -> None:
    take_back(coded_site, coder, found_wrong.coding_id)

    with pytest.raises(CodingRefused, match="the codes are those that audit Q3#1 found wrong"):
        finalize(coded_site, reference, coder, found_wrong.coding_id)
    enter_code(coded_site, coder, found_wrong.coding_id, AddDiagnosis("E11.42"), DEFAULTS)
    finalize(coded_site, reference, coder, found_wrong.coding_id)
    built = build_claims(coded_site, biller, found_wrong.coding_id)

    assert built.built
    assert task_of_audit(coded_site, found_wrong).came_back == ""


def test_a_chart_that_was_audited_after_the_bill_says_that_a_correction_may_be_due(
    coded_site: Database, coder: Actor, returned: str
) -> None:
    said = answers.agree(coded_site, coder, returned)

    audit = audits(coded_site, id=returned)[0]
    item = task_of_audit(coded_site, audit)
    with coded_site.reading() as session:
        told = audited_after_bill(SessionReader(session), item.id)
    assert "can still be taken back" in said
    assert told.startswith("audit Q3#1: ") and told.endswith("Its claim has not left: u corrects it")
    assert (item.status, item.came_back) == (WorkStatus.FINAL, "")


def test_the_scorecard_adds_up_reviewed_charts_by_coder_and_says_its_formula(
    coded_site: Database, auditor: Actor, returned: str
) -> None:
    with coded_site.reading() as session:
        card = scorecard(session, "Q3")

    (coder,) = card.coders
    assert (card.picked, card.reviewed, card.total.charts) == (2, 1, 1)
    assert coder.score == card.total
    assert card.interval(card.total.record_over_record)[1] > 0
    assert any("code over code = right codes" in text for text in card.scheme.formula())


def test_two_auditors_of_the_same_charts_are_compared(
    coded_site: Database, auditor: Actor, second_auditor: Actor, manager: Actor, returned: str
) -> None:
    made = assigning.second_reviews(coded_site, manager, "Q3", second_auditor.login, 1)
    second = next(one for one in audits(coded_site) if one.second_of)
    reviewed(coded_site, second_auditor, second.id, "e11.42", "g0467-25 1")

    with coded_site.reading() as session:
        card = scorecard(session, "Q3")
    assert made == 1 and second.second_of == returned
    assert card.agreement.observed == 1
    assert card.total.charts == 1, "a second look is not scored again"


def test_a_topic_is_taught_and_the_trend_counts_findings_before_and_after(
    coded_site: Database, auditor: Actor, manager: Actor, coder: Actor
) -> None:
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=2), Criteria(), seed=1)
    first, second = audits(coded_site)
    for number, audit in enumerate((first, second)):
        review.begin(coded_site, auditor, audit.id)
        type_in(coded_site, auditor, audit.id, "e11.42")
        review.reveal(coded_site, auditor, audit.id)
        if number == 0:
            explaining.explain(coded_site, auditor, audit.id, 1, topic="diabetes")
        review.give_back(coded_site, auditor, audit.id)
        if number == 0:
            education.give(coded_site, manager, "diabetes", coder.login)
            education.learned(coded_site, coder, "diabetes", coder.login)

    with coded_site.reading() as session:
        (line,) = education.trend(session, manager)
        (topic,) = education.topics(session, manager)
    assert (line.charts_before, line.findings_before, line.charts_after, line.findings_after) == (1, 1, 1, 0)
    assert (topic.name, topic.findings, topic.given, topic.done) == ("diabetes", 1, 1, 1)


def test_a_coder_reads_and_closes_their_own_education_alone(coded_site: Database, manager: Actor, coder: Actor) -> None:
    other = Actor("elsewhere", Role.CODER, "somebody")
    education.add_topic(coded_site, manager, "diabetes")
    education.give(coded_site, manager, "diabetes", coder.login)

    with coded_site.reading() as session:
        own, others = education.trend(session, coder), education.trend(session, other)
    with pytest.raises(NotAllowed):
        education.learned(coded_site, other, "diabetes", coder.login)

    assert ([line.topic for line in own], others) == (["diabetes"], [])


def test_what_is_done_stands_below_what_waits_and_is_not_open(
    coded_site: Database, coder: Actor, auditor: Actor, returned: str
) -> None:
    answers.agree(coded_site, coder, returned)
    second = next(one.id for one in audits(coded_site) if one.id != returned)
    reviewed(coded_site, auditor, second, "e11.42", "g0467-25 1")

    with coded_site.reading() as session:
        reader, me = SessionReader(session), coder.person_id or ""
        every = [one.id for one in audit_list(reader, AuditFilter.ALL, me=me, own=True)]
        still_open = [one.id for one in audit_list(reader, AuditFilter.OPEN, me=me, own=True)]

    assert every == [second, returned] and still_open == [second]


def test_lists_tell_what_waits_for_whom(coded_site: Database, coder: Actor, auditor: Actor, returned: str) -> None:
    answers.rebut(coded_site, coder, returned, 1, "it stands in the note", "note line 12")

    with coded_site.reading() as session:
        reader = SessionReader(session)
        rebutted = audit_list(reader, AuditFilter.REBUTTED)
        own = audit_list(reader, AuditFilter.ALL, me=coder.person_id or "", own=True)
        waiting = audit_list(reader, AuditFilter.TO_REVIEW)
        (sample,) = sample_list(reader)
    assert [one.id for one in rebutted] == [one.id for one in own] == [returned]
    assert rebutted[0].mark == "!" and len(waiting) == 1
    assert (sample.picked, sample.reviewed, sample.final) == (2, 1, 0)


def test_every_step_is_in_the_log_and_a_retry_of_a_draw_changes_nothing(coded_site: Database, auditor: Actor) -> None:
    once = draw(coded_site, auditor, "Q3", Method.SIMPLE, WHOLE, Criteria(), seed=1, operation_id="op1")
    twice = draw(coded_site, auditor, "Q3", Method.SIMPLE, WHOLE, Criteria(), seed=1, operation_id="op1")

    assert once == twice and len(audits(coded_site)) == 4
    with coded_site.reading() as session:
        assert len(session.exec(select(LogEntry).where(LogEntry.action == "audit.draw")).all()) == 1


def test_a_coding_that_is_not_final_is_not_there_to_be_picked(demo: Database, auditor: Actor) -> None:
    with demo.reading() as session:
        assert samples.population_of(session, Criteria()) == ([], 0)
        assert session.exec(select(Coding)).all() == []


def test_the_drg_that_a_grouper_kept_goes_into_audit_strata_and_money(
    coded_site: Database, auditor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_DRG_BASE_RATE", "600000")
    with coded_site.change(SYSTEM) as change:
        coding_id = change.session.exec(select(Coding.id).order_by(Coding.finalized_at, Coding.id)).first()
        kept = dict.fromkeys(("initial_drg", "engine", "version", "return_code", "discharged"), "")
        change.session.add(CodingDrg(coding_id=coding_id, drg="194", weight="0.8639", **kept))
    with coded_site.reading() as session:
        strata = {unit.stratum for unit in samples.population_of(session, Criteria(), "drg")[0]}
    draw(coded_site, auditor, "Q3", Method.EVERYTHING, Size(), Criteria(), seed=1, blind=False)
    audit = audits(coded_site, coding_id=coding_id)[0]
    review.begin(coded_site, auditor, audit.id)
    as_stay(coded_site, audit.id)
    explaining.state_whole(coded_site, auditor, audit.id, drg="193", weight=1.3107)

    (drg,) = [one for one in findings(coded_site, audit.id) if one.kind == "drg"]

    # 1.3107 - 0.8639 = 0.4468 times 6,000.00 = 2,680.80 that was left.
    assert strata == {"", "194"} and (drg.coder, drg.auditor, drg.cents) == ("194", "193", 268080)


def as_stay(db: Database, audit_id: str) -> None:
    """Make the chart of an audit the facility's side of an inpatient stay."""
    with db.change(SYSTEM) as change:
        audit = change.session.get_one(Audit, audit_id)
        audit.kind = CodingKind.FACILITY
        change.session.get_one(Encounter, audit.encounter_id).patient_class = PatientClass.INPATIENT


@pytest.fixture
def in_review(coded_site: Database, auditor: Actor) -> str:
    """An audit of a professional chart in review, not blind; its id."""
    draw(coded_site, auditor, "Q3", Method.SIMPLE, Size(number=1), Criteria(), seed=1, blind=False)
    (audit,) = audits(coded_site)
    review.begin(coded_site, auditor, audit.id)
    return audit.id


@pytest.mark.parametrize("weight", [float("inf"), float("nan"), -3.0, 0.0, 100.5, 1.23456])
def test_what_can_be_no_relative_weight_is_refused_with_what_is_expected(
    coded_site: Database, auditor: Actor, in_review: str, weight: float
) -> None:
    as_stay(coded_site, in_review)

    for side in ("weight", "coder_weight"):
        with pytest.raises(UsageError, match="above 0 and up to 100 with at most 4 decimals"):
            explaining.state_whole(coded_site, auditor, in_review, **{side: weight})


@pytest.mark.parametrize("drg", ["1", "000", "1930", "19x", "-03", "١٩٣"])
def test_what_can_be_no_drg_is_refused_with_what_is_expected(
    coded_site: Database, auditor: Actor, in_review: str, drg: str
) -> None:
    as_stay(coded_site, in_review)

    for side in ("drg", "coder_drg"):
        with pytest.raises(UsageError, match="three digits from 001 to 999"):
            explaining.state_whole(coded_site, auditor, in_review, **{side: drg})


def test_a_chart_that_is_not_grouped_has_no_drg_to_state(coded_site: Database, auditor: Actor, in_review: str) -> None:
    with pytest.raises(AuditRefused, match="a professional chart, which has no DRG"):
        explaining.state_whole(coded_site, auditor, in_review, drg="193")
    with pytest.raises(AuditRefused, match="a professional chart, which has no DRG"):
        explaining.state_whole(coded_site, auditor, in_review, weight=1.3107)

    explaining.state_whole(coded_site, auditor, in_review, disposition="03")


def test_a_weight_of_an_old_record_that_is_no_number_has_no_money(
    coded_site: Database, auditor: Actor, in_review: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_DRG_BASE_RATE", "600000")
    with coded_site.change(SYSTEM) as change:
        audit = change.session.get_one(Audit, in_review)
        audit.coder_drg, audit.coder_weight, audit.auditor_drg = "194", 1.0, "193"
        audit.auditor_weight = float("inf")

    review.give_back(coded_site, auditor, in_review)

    assert [one.cents for one in findings(coded_site, in_review) if one.kind == "drg"] == [None]


STEPS = st.lists(st.sampled_from([*FindingStatus]), max_size=12)


@given(STEPS)
def test_a_finding_only_moves_along_the_diagram_and_ends_where_it_is_settled(steps: list[FindingStatus]) -> None:
    finding = AuditFinding(audit_id="a", number=1, kind="added", dimension="DRG", place="x")
    for wanted in steps:
        before = finding.status
        try:
            states.move_finding(finding, wanted)
        except AuditRefused:
            assert finding.status is before and wanted not in states.FINDING_TRANSITIONS[before]
        else:
            assert before not in states.SETTLED


def test_every_state_can_be_reached_and_every_open_one_left() -> None:
    reached = {FindingStatus.DRAFT} | {after for all_of in states.FINDING_TRANSITIONS.values() for after in all_of}

    assert reached == set(FindingStatus)
    assert {
        FindingStatus.AGREED, FindingStatus.ACCEPTED, FindingStatus.CONFIRMED, FindingStatus.OVERTURNED,
    } == states.SETTLED  # fmt: skip
