"""Letters of appeal with the evidence of the codes, and where denials come from."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlmodel import select

from store.acks import take_in
from store.actors import SYSTEM
from store.database import Database
from store.denials.causes import By, cause_of, pareto
from store.denials.letter import NoLetter, appeal_letter
from store.models import ClaimExport, Coding, Denial, FinalDiagnosis, Finding, Person
from store.queries import SessionReader
from store.queries.denials import denial_list
from store.terms import DenialStatus, FindingState, Role, Severity
from tests.store.test_claims_following import Office, office

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

TODAY = dt.date(2026, 12, 1)
DENIED = (
    "CLP*{number}*{status}*100.03*50.02**HM*ICN1",
    "SVC*HC:G0463*50.01*0**1",
    "CAS*CO*50*50.01",
    "REF*6R*{number}-1",
    "LQ*HE*N290",
    "SVC*HC:G0439*50.02*50.02**1",
    "REF*6R*{number}-2",
)


@pytest.fixture
def denial(office: Office) -> str:
    with office.db.change(SYSTEM) as change:
        session = change.session
        person = Person(login="mreyes", name="M Reyes", role=Role.CODER)
        session.add(person)
        session.flush()
        coding = session.exec(select(Coding)).one()
        coding.coder_id = person.id
        first = session.exec(select(FinalDiagnosis).order_by(FinalDiagnosis.sequence)).first()
        assert first is not None
        first.evidence, first.why = "low back pain for six weeks", "index: Pain > low back"
        session.add(
            Finding(
                subject_kind="claim",
                subject_id=office.claim_id,
                rule_id="c82",
                rule_version=1,
                severity=Severity.WARNING,
                title="Not covered for these diagnoses",
                message="",
                place="line.1.pointers",
                state=FindingState.OVERRIDDEN,
                override_reason="policy says otherwise",
                overridden_by=person.id,
                overridden_at="2026-09-20T10:00:00.000Z",
            )
        )
    office.answer("1", DENIED, "50.02")
    with office.db.reading() as session:
        return session.exec(select(Denial.id)).one()


def letter(db: Database, denial: str, why: str = "") -> str:
    with db.reading() as session:
        return appeal_letter(session, denial, TODAY, why).text


def test_a_letter_quotes_the_chart_for_the_codes_that_the_denied_line_rests_on(office: Office, denial: str) -> None:
    text = letter(office.db, denial, "It was needed.")

    for wanted in (office.number, "ICN1", "CO-50, remark N290", "50.01", "G0463", "It was needed.", "level 1"):
        assert wanted in text
    assert 'M54.50: the record says "low back pain for six weeks".' in text
    assert "I10:" not in text


def test_a_letter_is_of_all_lines_of_the_claim_that_were_denied_for_one_reason(office: Office) -> None:
    both = (
        "CLP*{number}*{status}*100.03*0**HM*ICN1",
        "SVC*HC:G0463*50.01*0**1",
        "CAS*CO*50*50.01",
        "SVC*HC:G0439*50.02*0**1",
        "CAS*CO*50*50.02",
    )
    office.answer("4", both, "0")
    with office.db.reading() as session:
        first, second = session.exec(select(Denial.id).order_by(Denial.segment))
        letters = [appeal_letter(session, one, TODAY) for one in (first, second)]

    assert letters[0] == letters[1]
    assert letters[0].denials == (first, second)
    assert "G0463, G0439" in letters[0].text and "100.03" in letters[0].text


def test_a_letter_without_words_of_the_record_says_nothing_of_it_and_encloses_nothing(
    office: Office, denial: str
) -> None:
    with office.db.change(SYSTEM) as change:
        for row in change.session.exec(select(FinalDiagnosis)):
            row.evidence = ""

    text = letter(office.db, denial)

    assert "No words" not in text and "evidence" not in text
    assert "look at it again and to pay it.\n\nPlease answer in writing" in text
    assert "index: Pain" not in text
    assert "documents quoted" not in text


def test_a_line_with_a_revenue_code_alone_is_named_by_that_and_not_as_the_whole_claim(office: Office) -> None:
    lines = (
        "CLP*{number}*{status}*100.03*50.02**HM*ICN1",
        *("SVC*NU:0636*50.01*0**1", "CAS*CO*50*50.01", "REF*6R*{number}-1"),
        *("SVC*HC:G0439*50.02*50.02**1", "REF*6R*{number}-2"),
    )
    office.answer("1", lines, "50.02")
    with office.db.reading() as session:
        denial = session.exec(select(Denial.id)).one()

    text = letter(office.db, denial)

    assert "Procedure         revenue code 0636" in text and "whole claim" not in text
    with office.db.reading() as session:
        (row,) = denial_list(SessionReader(session))
    assert (row.code, row.what) == ("0636", "revenue code 0636")


def test_a_letter_against_timely_filing_has_the_day_the_numbers_and_who_accepted_the_claim(
    office: Office, tmp_path: Path
) -> None:
    with office.db.reading() as session:
        export = session.exec(select(ClaimExport)).one()
    accepted = (
        f"ISA*00*          *00*          *ZZ*{export.receiver:<15}"
        "*ZZ*US             *261103*1200*^*00501*000000007*0*T*:~"
        f"GS*FA*THEM*US*20261103*1200*7*X*005010~ST*999*0001*005010X231A1~AK1*HC*{export.group_control}*005010X222A1~"
        f"AK2*837*{export.transaction_control}~IK5*A~AK9*A*1*1*1~SE*6*0001~GE*1*7~IEA*1*000000007~"
    )
    (tmp_path / "ours.999").write_text(accepted)
    take_in(office.db, SYSTEM, tmp_path / "ours.999")
    office.answer("4", ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*29*100.03"), "0")
    with office.db.reading() as session:
        denial = session.exec(select(Denial.id)).one()

    text = " ".join(letter(office.db, denial).split())

    assert f"Claim {office.number} left on {export.exported_at[:10]} for {export.receiver} in interchange" in text
    assert f"{export.interchange_control:09d}, group {export.group_control}, set {export.transaction_control}" in text
    assert f"to {export.group_control}, file ours.999, accepted it." in text


def test_a_site_can_have_a_letter_of_its_own(office: Office, denial: str, home: Path) -> None:
    (home / "appeal_letter.txt").write_text("Dear {payer}: {evidence}", encoding="utf-8")

    assert letter(office.db, denial).startswith("Dear Blue Plains: M54.50")


@pytest.mark.parametrize("template", ["{diagnosis}", "{payer.__class__}", "{", "{0}"])
def test_a_template_with_a_word_that_is_not_known_is_refused(
    office: Office, denial: str, home: Path, template: str
) -> None:
    (home / "appeal_letter.txt").write_text(template, encoding="utf-8")

    with pytest.raises(NoLetter, match="the template"):
        letter(office.db, denial)


def test_a_denial_leads_back_to_the_edit_that_was_overridden_the_coder_and_the_provider(
    office: Office, denial: str
) -> None:
    with office.db.reading() as session:
        cause = cause_of(SessionReader(session), denial)

    assert (cause.coder, cause.provider, cause.claim) == ("mreyes", "Adeyemi, Folake", office.number)
    assert [(edit.rule_id, edit.overridden_by, edit.override_reason) for edit in cause.edits] == [
        ("c82", "mreyes", "policy says otherwise")
    ]


@pytest.mark.parametrize(("place", "seen"), [("line.1", True), ("diagnosis.2", True), ("line.2.code", False)])
def test_an_edit_that_was_let_pass_is_behind_a_denial_of_its_line_or_of_the_claim(
    office: Office, denial: str, place: str, seen: bool
) -> None:
    with office.db.change(SYSTEM) as change:
        finding = change.session.exec(select(Finding).where(Finding.rule_id == "c82")).one()
        finding.place = place

    with office.db.reading() as session:
        cause = cause_of(SessionReader(session), denial)
        counted = [one.what for one in pareto(SessionReader(session), By.RULE)]

    assert [edit.rule_id for edit in cause.edits] == (["c82"] if seen else [])
    assert counted == (["c82 Not covered for these diagnoses"] if seen else ["no edit saw it"])


def test_an_edit_that_was_let_pass_is_behind_a_denial_that_names_no_line(office: Office, denial: str) -> None:
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Denial, denial).remittance_line_id = None

    with office.db.reading() as session:
        assert [edit.rule_id for edit in cause_of(SessionReader(session), denial).edits] == ["c82"]
        assert [one.what for one in pareto(SessionReader(session), By.RULE)] == ["c82 Not covered for these diagnoses"]


@pytest.mark.parametrize(
    ("by", "what"),
    [
        (By.REASON, "CO-50"),
        (By.PAYER, "MEADOWLARK HMO"),
        (By.RULE, "c82 Not covered for these diagnoses"),
        (By.CODER, "mreyes"),
        (By.PROVIDER, "Adeyemi, Folake"),
        (By.CODE, "G0463"),
    ],
)
def test_denials_are_counted_by_what_they_come_from(office: Office, denial: str, by: By, what: str) -> None:
    with office.db.reading() as session:
        (counted,) = pareto(SessionReader(session), by)

    assert (counted.what, counted.count, counted.cents) == (what, 1, 5001)


@pytest.mark.parametrize("by", list(By))
def test_a_closed_denial_is_counted_but_lives_no_more_and_one_that_was_reversed_is_not_counted(
    office: Office, denial: str, by: By
) -> None:
    found = []
    for status in (DenialStatus.APPEALED, DenialStatus.RESOLVED, DenialStatus.WITHDRAWN):
        with office.db.change(SYSTEM) as change:
            change.session.get_one(Denial, denial).status = status
        with office.db.reading() as session:
            rows = pareto(SessionReader(session), by)
        found.append([(row.count, row.cents, row.living, row.living_cents) for row in rows])

    assert found == [[(1, 5001, 1, 5001)], [(1, 5001, 0, 0)], []]


def test_a_denial_that_no_edit_saw_is_counted_as_such(office: Office, denial: str) -> None:
    with office.db.change(SYSTEM) as change:
        change.session.exec(select(Finding).where(Finding.rule_id == "c82")).one().place = "line.2.pointers"

    with office.db.reading() as session:
        (counted,) = pareto(SessionReader(session), By.RULE)

    assert counted.what == "no edit saw it"
