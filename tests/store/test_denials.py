"""Denials are opened by what payers did not pay, worked by people, and their money never goes astray."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, select

from store.actors import SYSTEM
from store.database import Database
from store.denials.reasons import categories, category_of, due_day
from store.denials.work import DenialRefused, appeal, assign, resolve, similar, write_off
from store.models import Claim, Denial, EditFiring, LogEntry, Patient, Person
from store.queries import SessionReader
from store.queries.denials import DenialFilter, denial_list
from store.queries.remits import remittance_page
from store.reasons import ReasonNeeded
from store.remits.posting import post_again, take_in, unpost
from store.terms import RESTRICTED, DenialStatus, JournalAccount, Role
from tests.store.remittance_samples import a_set, balances, interchange
from tests.store.test_remits_posting import number, paid, reversed_

__all__ = ["number"]

pytestmark = pytest.mark.both_databases


def denied(number: str, reason: str = "50") -> tuple[str, ...]:
    """One line paid, one denied for 50.02."""
    return (
        f"CLP*{number}*1*100.03*40**MB*ICN1",
        "NM1*QC*1*LINDQVIST*PER",
        "SVC*HC:G0463*50.01*40**1",
        "CAS*CO*45*10.01",
        "SVC*HC:G0439*50.02*0**1",
        f"CAS*CO*{reason}*50.02",
        "LQ*HE*N115",
    )


def arrive(db: Database, tmp_path: Path, body: tuple[str, ...], paid: str, trace: str = "EFT0001") -> str:
    path = tmp_path / f"{trace}.835"
    path.write_bytes(interchange(a_set(body, paid).replace("EFT0001", trace)))
    (taken,) = take_in(db, SYSTEM, path).sets
    assert taken.outcome == "posted", taken.why
    return taken.remittance_id


def denials(db: Database) -> list[Denial]:
    with db.reading() as session:
        return list(session.exec(select(Denial).order_by(col(Denial.opened_at), col(Denial.id))))


def test_a_copy_of_a_denial_under_another_trace_opens_none(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, denied(number), "40")

    arrive(db, tmp_path, denied(number), "40", "EFT0002")

    assert len(denials(db)) == 1
    assert balances(db)[JournalAccount.DENIED] == 5_002


def test_a_denied_line_opens_one_denial_with_reason_remarks_and_due_day(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, denied(number), "40")

    (one,) = denials(db)
    assert (one.procedure_code, one.group_code, one.reason_code, one.cents) == ("G0439", "CO", "50", 5_002)
    assert (one.category, one.remarks, one.due_on) == ("medical necessity", ["N115"], "2027-03-03")
    assert one.claim_id is not None


@pytest.mark.parametrize(
    ("produced", "day", "due", "by"),
    [
        ("DTM*405*20261005", "20261103", "2027-03-03", ""),
        ("DTM*405*20261005", "", "2027-02-02", "2026-10-05 (DTM*405)"),
        ("DTM*405*2026", "", "2027-03-03", "2026-11-03 (ISA09)"),
        ("LX*0", "20261399", "2027-03-03", "2026-11-03 (ISA09)"),
    ],
    ids=["the day of the payment", "that of production", "one that is none", "no other"],
)
def test_the_due_day_of_a_payment_without_a_day_rests_on_another_of_its_file_and_says_on_which(
    db: Database, tmp_path: Path, number: str, produced: str, day: str, due: str, by: str
) -> None:
    content = a_set((f"{produced}", *denied(number)), "40").replace("*2*20261103~", f"*2*{day}~".replace("*~", "~"))
    content = content.replace(f"LX*1~{produced}~", f"{produced}~LX*1~")
    (tmp_path / "era.835").write_bytes(interchange(content))
    (taken,) = take_in(db, SYSTEM, tmp_path / "era.835").sets
    first = [(one.due_on, one.note) for one in denials(db)]

    unpost(db, SYSTEM, taken.remittance_id, "to see it again")
    post_again(db, SYSTEM, taken.remittance_id)

    ((due_on, note),) = first
    assert due_on == due
    assert note == (f"due day counted from {by}: the payment states no day (BPR16)" if by else "")
    assert [(one.due_on, one.note) for one in denials(db)] == first


def test_lists_of_money_show_no_name_of_a_restricted_patient(db: Database, tmp_path: Path, number: str) -> None:
    remittance_id = arrive(db, tmp_path, denied(number), "40")
    with db.reading() as session:
        reader = SessionReader(session)
        before = (denial_list(reader)[0].patient, remittance_page(reader, remittance_id).claims[0].patient)

    with db.change(SYSTEM) as change:
        for patient in change.session.exec(select(Patient)):
            patient.restricted = "works in this clinic"

    with db.reading() as session:
        reader = SessionReader(session)
        after = (denial_list(reader)[0].patient, remittance_page(reader, remittance_id).claims[0].patient)
    assert before == ("LINDQVIST, PER",) * 2
    assert after == (RESTRICTED,) * 2


def test_lists_of_money_name_the_patient_of_our_claim_where_the_payer_names_none(
    db: Database, tmp_path: Path, number: str
) -> None:
    nameless = tuple(part for part in denied(number) if not part.startswith("NM1"))
    remittance_id = arrive(db, tmp_path, nameless, "40")

    with db.reading() as session:
        reader = SessionReader(session)
        patient = session.exec(select(Patient)).one()
        named = (denial_list(reader)[0].patient, remittance_page(reader, remittance_id).claims[0].patient)

    assert named == (f"{patient.family_name}, {patient.given_name}",) * 2


@pytest.mark.parametrize("adjustment", ["CO*45", "PR*1", "PR*2", "PR*3", "OA*23", "CO*253"])
def test_reductions_and_the_patient_s_share_are_no_denials(
    db: Database, tmp_path: Path, number: str, adjustment: str
) -> None:
    arrive(db, tmp_path, (f"CLP*{number}*1*100.03*0**MB*I", f"CAS*{adjustment}*100.03"), "0")

    assert denials(db) == []


@pytest.mark.parametrize(
    ("reason", "category"), [("31", "registration"), ("27", "eligibility"), ("204", "not covered")]
)
@pytest.mark.parametrize("status", ["4", "1"])
def test_what_is_denied_is_work_though_the_payer_says_the_patient_is_liable(
    db: Database, tmp_path: Path, number: str, status: str, reason: str, category: str
) -> None:
    arrive(db, tmp_path, (f"CLP*{number}*{status}*100.03*0*100.03*MB*I", f"CAS*PR*{reason}*100.03"), "0")

    (one,) = denials(db)
    assert (one.group_code, one.reason_code, one.category, one.cents) == ("PR", reason, category, 10_003)
    assert one.due_on == "2027-03-03"
    assert balances(db) == {JournalAccount.DENIED: 10_003, JournalAccount.PAYER_RECEIVABLE: -10_003}


def test_a_line_that_is_paid_nothing_is_denied_and_of_a_paid_line_the_patient_has_a_share(
    db: Database, tmp_path: Path, number: str
) -> None:
    body = (
        f"CLP*{number}*1*100.03*40*60.03*MB*ICN1",
        *("SVC*HC:G0463*50.01*40**1", "CAS*PR*96*10.01"),
        *("SVC*HC:G0439*50.02*0**1", "CAS*PR*96*50.02"),
    )

    arrive(db, tmp_path, body, "40")

    assert [(one.procedure_code, one.cents) for one in denials(db)] == [("G0439", 5_002)]
    assert balances(db)[JournalAccount.PATIENT_RECEIVABLE] == 1_001
    assert balances(db)[JournalAccount.DENIED] == 5_002


def test_a_reversal_takes_what_was_denied_to_the_patient_back_from_what_is_denied(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, (f"CLP*{number}*4*100.03*0*100.03*MB*ICN1", "CAS*PR*31*100.03"), "0")
    back = (f"CLP*{number}*22*-100.03*0**MB*ICN1", "CAS*PR*31*-100.03")

    arrive(db, tmp_path, (*back, f"CLP*{number}*1*100.03*100.03**MB*ICN2"), "100.03", "EFT0002")

    assert balances(db) == {JournalAccount.CASH: 10_003, JournalAccount.PAYER_RECEIVABLE: -10_003}
    assert [one.status for one in denials(db)] == [DenialStatus.WITHDRAWN]


def test_denied_money_waits_in_an_account_of_its_own(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, denied(number), "40")

    assert balances(db) == {
        JournalAccount.CASH: 4_000,
        JournalAccount.CONTRACTUAL: 1_001,
        JournalAccount.DENIED: 5_002,
        JournalAccount.PAYER_RECEIVABLE: -10_003,
    }


def test_a_write_off_posts_the_money_once(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, denied(number), "40")
    (one,) = denials(db)

    done = [write_off(db, SYSTEM, [one.id], "not worth an appeal", "op-1") for _ in range(2)]

    assert [(worked.count, worked.cents) for worked in done] == [(1, 5_002)] * 2
    assert balances(db)[JournalAccount.WRITE_OFF] == 5_002
    assert JournalAccount.DENIED not in balances(db)
    assert denials(db)[0].status is DenialStatus.WRITTEN_OFF


def test_an_appeal_goes_up_a_level_and_has_a_new_day(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, denied(number), "40")
    (one,) = denials(db)

    appeal(db, SYSTEM, [one.id], "note and article sent")
    appeal(db, SYSTEM, [one.id], "second level")

    (after,) = denials(db)
    assert (after.status, after.level, after.note) == (DenialStatus.APPEALED, 2, "second level")
    assert after.due_on != one.due_on


def test_a_step_for_all_that_are_alike(db: Database, tmp_path: Path, number: str) -> None:
    body = (
        f"CLP*{number}*4*100.03*0**MB*ICN1",
        *("SVC*HC:G0463*50.01*0**1", "CAS*CO*50*20**29*30.01", "SVC*HC:G0439*50.02*0**1", "CAS*CO*50*50.02"),
    )
    arrive(db, tmp_path, body, "0")
    one = next(each for each in denials(db) if each.reason_code == "50")
    with db.reading() as session:
        alike = [row.id for row in similar(session, one.id)]

    write_off(db, SYSTEM, alike, "not worth an appeal")

    assert sorted((each.reason_code, each.status) for each in denials(db)) == [
        ("29", DenialStatus.OPEN),
        ("50", DenialStatus.WRITTEN_OFF),
        ("50", DenialStatus.WRITTEN_OFF),
    ]


def test_a_denial_of_a_claim_that_is_not_ours_is_no_work_before_it_is(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, denied(number), "40")
    arrive(db, tmp_path, ("CLP*X1*1*9*4**MB", "CAS*CO*50*5"), "4", "EFT0002")
    own, foreign = denials(db)

    with db.reading() as session:
        reader = SessionReader(session)
        shown = {show: [row.id for row in denial_list(reader, show)] for show in DenialFilter}
        alike = [row.id for row in similar(session, own.id)]
    with pytest.raises(DenialRefused, match="not ours"):
        write_off(db, SYSTEM, [own.id, foreign.id], "too small")

    assert alike == shown[DenialFilter.LIVING] == shown[DenialFilter.UNASSIGNED] == [own.id]
    assert shown[DenialFilter.NOT_OURS] == [foreign.id]
    assert set(shown[DenialFilter.ALL]) == {own.id, foreign.id}
    assert balances(db)[JournalAccount.DENIED] == 5_002


def test_a_posted_remittance_counts_the_denials_of_claims_of_ours(db: Database, tmp_path: Path, number: str) -> None:
    path = tmp_path / "era.835"
    path.write_bytes(interchange(a_set((*denied(number), "CLP*X1*4*9*0**MB", "CAS*CO*50*9"), "40")))

    (taken,) = take_in(db, SYSTEM, path).sets

    assert (taken.denials, len(denials(db))) == (1, 2)


def test_a_denial_is_given_to_somebody_active(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, denied(number), "40")
    (one,) = denials(db)
    with db.change(SYSTEM) as change:
        change.session.add(Person(login="bill", name="Bill", role=Role.BILLER))

    assign(db, SYSTEM, [one.id], "bill")

    with db.reading() as session:
        (row,) = denial_list(SessionReader(session), DenialFilter.LIVING)
        assert denial_list(SessionReader(session), DenialFilter.UNASSIGNED) == []
    assert (row.owner, row.claim) == ("bill", number)
    with pytest.raises(DenialRefused):
        assign(db, SYSTEM, [one.id], "nobody")


def test_a_closed_denial_is_worked_no_more(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, denied(number), "40")
    (one,) = denials(db)
    write_off(db, SYSTEM, [one.id], "small balance")

    with pytest.raises(DenialRefused):
        write_off(db, SYSTEM, [one.id], "once again")

    assert balances(db)[JournalAccount.WRITE_OFF] == 5_002


def test_every_step_needs_its_words_and_is_logged(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, denied(number), "40")
    (one,) = denials(db)
    with pytest.raises(DenialRefused):
        appeal(db, SYSTEM, [one.id], " ")
    for step in (resolve, write_off):
        with pytest.raises(ReasonNeeded):
            step(db, SYSTEM, [one.id], "so")

    appeal(db, SYSTEM, [one.id], "sent")

    with db.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "denial.appeal")).one()
    assert (entry.target_id, entry.detail["note"]) == (one.id, "sent")


def test_taking_the_remittance_back_withdraws_and_posting_it_again_reopens(
    db: Database, tmp_path: Path, number: str
) -> None:
    remittance = arrive(db, tmp_path, denied(number), "40")

    unpost(db, SYSTEM, remittance, "wrong site")
    withdrawn = [one.status for one in denials(db)]
    post_again(db, SYSTEM, remittance)

    assert withdrawn == [DenialStatus.WITHDRAWN]
    assert [one.status for one in denials(db)] == [DenialStatus.OPEN]


def the_work(one: Denial) -> tuple[object, ...]:
    """What makes a denial a piece of work: how it stands, whose it is, what was done, and by when it goes on."""
    return one.id, one.status, one.owner_id, one.level, one.note, one.due_on, one.closed_at, one.opened_at


@pytest.mark.parametrize("how", ["taken back and posted again", "reversed and the reversal taken back"])
def test_an_appeal_is_the_same_piece_of_work_after_its_answer_was_away(
    db: Database, tmp_path: Path, number: str, how: str
) -> None:
    remittance = arrive(db, tmp_path, denied(number), "40")
    with db.change(SYSTEM) as change:
        change.session.add(Person(login="bill", name="Bill", role=Role.BILLER))
    (one,) = denials(db)
    assign(db, SYSTEM, [one.id], "bill")
    for words in ("note and article sent", "second level by fax"):
        appeal(db, SYSTEM, [one.id], words)
    before = [the_work(each) for each in denials(db)]

    if how.startswith("reversed"):
        carried = "PLB*1999999984*20261231*FB:X*-40"
        reversal = arrive(db, tmp_path, (*reversing(number), carried), "0", "EFT0002")
        away = denials(db)[0].status
        unpost(db, SYSTEM, reversal, "to see it again")
    else:
        unpost(db, SYSTEM, remittance, "to see it again")
        away = denials(db)[0].status
        post_again(db, SYSTEM, remittance)

    assert away is DenialStatus.WITHDRAWN
    assert [the_work(each) for each in denials(db)] == before


def test_a_reversal_withdraws_the_denials_of_what_it_reverses(db: Database, tmp_path: Path, number: str) -> None:
    arrive(db, tmp_path, (*paid(number)[:-2], "CAS*CO*50*10.02", "CAS*PR*1*20"), "60")

    body = (*reversed_(number), f"CLP*{number}*1*100.03*60**HM*ICN2", "CAS*CO*45*20.03", "CAS*PR*1*20")
    arrive(db, tmp_path, body, "0", "EFT0002")

    assert [one.status for one in denials(db)] == [DenialStatus.WITHDRAWN]


def reversing(number: str) -> tuple[str, ...]:
    """The reversal of what `denied` pays and denies."""
    return (f"CLP*{number}*22*-100.03*-40**MB*ICN1", "CAS*CO*45*-10.01**50*-50.02")


def test_what_was_given_up_of_an_answer_is_posted_back_when_the_payer_reverses_it(
    db: Database, tmp_path: Path, number: str
) -> None:
    arrive(db, tmp_path, denied(number), "40")
    write_off(db, SYSTEM, [denials(db)[0].id], "small balance")

    arrive(db, tmp_path, (*reversing(number), f"CLP*{number}*1*100.03*100.03**MB*ICN1"), "60.03", "EFT0002")

    assert [one.status for one in denials(db)] == [DenialStatus.WITHDRAWN]
    assert balances(db) == {JournalAccount.CASH: 10_003, JournalAccount.PAYER_RECEIVABLE: -10_003}


@pytest.mark.parametrize("step", [None, appeal, write_off], ids=["open", "appealed", "written off"])
def test_a_reversal_that_is_taken_back_leaves_denials_and_journal_as_they_were(
    db: Database, tmp_path: Path, number: str, step: object
) -> None:
    arrive(db, tmp_path, denied(number), "40")
    if step:
        step(db, SYSTEM, [denials(db)[0].id], "words of why")
    before = (denials(db)[0].status, balances(db))
    body = (*reversing(number), f"CLP*{number}*1*100.03*100.03**MB*ICN1")
    reversal = arrive(db, tmp_path, body, "60.03", "EFT0002")
    reversed_ = (denials(db)[0].status, balances(db))

    unpost(db, SYSTEM, reversal, "to see it again")
    after = (denials(db)[0].status, balances(db))
    post_again(db, SYSTEM, reversal)

    assert after == before
    assert (denials(db)[0].status, balances(db)) == reversed_


@pytest.mark.parametrize("order", [("orig", "rev"), ("rev", "orig")], ids=["answer first", "reversal first"])
def test_an_answer_and_its_reversal_can_be_taken_back_in_any_order_and_posted_again(
    db: Database, tmp_path: Path, number: str, order: tuple[str, str]
) -> None:
    sets = {"orig": arrive(db, tmp_path, denied(number), "40")}
    write_off(db, SYSTEM, [denials(db)[0].id], "small balance")
    body = (*reversing(number), f"CLP*{number}*1*100.03*100.03**MB*ICN1")
    sets["rev"] = arrive(db, tmp_path, body, "60.03", "EFT0002")

    for name in order:
        unpost(db, SYSTEM, sets[name], "to see it again", though_reversed=True)
    nothing = (denials(db)[0].status, balances(db))
    post_again(db, SYSTEM, sets["orig"])
    answered = (denials(db)[0].status, balances(db)[JournalAccount.DENIED])
    post_again(db, SYSTEM, sets["rev"])

    assert nothing == (DenialStatus.WITHDRAWN, {})
    assert answered == (DenialStatus.OPEN, 5_002)
    assert denials(db)[0].status is DenialStatus.WITHDRAWN
    assert balances(db) == {JournalAccount.CASH: 10_003, JournalAccount.PAYER_RECEIVABLE: -10_003}


def test_a_reversal_withdraws_the_denials_of_its_own_answer_alone(db: Database, tmp_path: Path, number: str) -> None:
    first = (f"CLP*{number}*1*50.01*40**MB*ICN1", "SVC*HC:G0463*50.01*40**1", "CAS*CO*50*10.01")
    second = (f"CLP*{number}*1*50.02*30**MB*ICN1", "SVC*HC:G0439*50.02*30**1", "CAS*CO*29*20.02")
    arrive(db, tmp_path, first, "40")
    arrive(db, tmp_path, second, "30", "EFT0002")

    body = (f"CLP*{number}*22*-50.01*-40**MB*ICN1", "CAS*CO*50*-10.01", f"CLP*{number}*1*50.01*50.01**MB*ICN1")
    arrive(db, tmp_path, body, "10.01", "EFT0003")

    assert {one.reason_code: one.status for one in denials(db)} == {
        "50": DenialStatus.WITHDRAWN,
        "29": DenialStatus.OPEN,
    }


def test_every_category_has_an_action_and_an_owner() -> None:
    assert all(one.action and one.owner in list(Role) for one in categories())


@pytest.mark.parametrize(
    ("group", "reason", "category"),
    [("CO", "50", "medical necessity"), ("OA", "18", "duplicate"), ("PR", "50", None), ("CO", "45", None)],
)
def test_a_category_comes_of_group_and_reason(group: str, reason: str, category: str | None) -> None:
    found = category_of(group, reason)

    assert (found.name if found else None) == category


@pytest.mark.parametrize(
    ("filing", "level", "day"), [("MB", 1, "2026-05-01"), ("ZZ", 1, "2026-03-02"), ("MB", 9, "2026-03-02")]
)
def test_the_due_day_follows_the_payer_and_the_level(filing: str, level: int, day: str) -> None:
    assert due_day(filing, level, "2026-01-01") == day


@pytest.mark.parametrize(
    ("place", "outcome"), [("line.2.modifiers", "denied"), ("line.1.units", "paid"), ("coverage.1", "paid")]
)
def test_what_an_override_let_pass_is_followed_to_the_remittance(
    db: Database, tmp_path: Path, number: str, place: str, outcome: str
) -> None:
    with db.change(SYSTEM) as change:
        claim_id = change.session.exec(select(Claim.id)).one()
        change.session.add(
            EditFiring(
                subject_id=claim_id,
                rule_id="r1",
                rule_version=1,
                place=place,
                severity="error",
                overridden_at="2026-09-20T00:00:00.000Z",
                overridden_by="bill",
            )
        )

    arrive(db, tmp_path, denied(number), "40")

    with db.reading() as session:
        assert session.exec(select(EditFiring.outcome)).one() == outcome
