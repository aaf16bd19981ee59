"""Acknowledgments find the batch and the claims they answer, and tell those at fault from those that only traveled."""

from __future__ import annotations

import io
import logging
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import col, select

from codesets.errors import UnreadableInput
from store.acks import AnswerTakenIn, take_in
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.changes import release_claim, set_fields
from store.claims.export import ExportRefused, export_claims
from store.claims.scrubbing import scrub_claim
from store.claims.voiding import void_sent_claim
from store.database import Database
from store.models import Acknowledgment, Claim, ClaimAnswer, ClaimExport, Payer
from store.queries import SessionReader
from store.queries.claims import AnswerRow, claim_page
from store.reasons import ReasonNeeded
from store.remits.posting import take_in as take_in_remittance
from store.terms import AnswerPart, ClaimStatus, Outcome
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter
from tests.store.remittance_samples import a_set
from tests.store.remittance_samples import interchange as settlement

pytestmark = pytest.mark.both_databases


@dataclass(frozen=True)
class Sent:
    """What left: three claims in one set."""

    interchange: int
    group: int
    control: str
    receiver: str
    numbers: tuple[str, ...]
    places: tuple[tuple[str, int, str, str], ...]

    def position(self, number: str, field: str) -> int:
        return next(place[1] for place in self.places if place[2] == number and place[3] == field)


@pytest.fixture
def sent(db: Database, tmp_path: Path) -> Sent:
    for number in range(3):
        with db.change(SYSTEM) as change:
            add_coding(change.session, add_encounter(change.session, f"V{number}", f"2026-09-{number + 1:02d}"))
    for claim in build_claims(db, SYSTEM).built:
        scrub_claim(db, CODES, SYSTEM, claim.claim_id, today=TODAY)
    export_claims(db, SYSTEM, None, tmp_path / "out.837")
    with db.reading() as session:
        export = session.exec(select(ClaimExport)).one()
        numbers = session.exec(select(Claim.claim_number).order_by(col(Claim.claim_number))).all()
    return Sent(
        export.interchange_control,
        export.group_control,
        export.transaction_control,
        export.receiver,
        tuple(numbers),
        tuple(tuple(place) for place in export.segments),
    )


def interchange(sent: Sent, functional_id: str, body: str, sender: str = "") -> bytes:
    name = (sender or sent.receiver).ljust(15)
    isa = f"ISA*00*          *00*          *ZZ*{name}*ZZ*US             *261103*1200*^*00501*000000007*0*T*:~"
    group = f"GS*{functional_id}*THEM*US*20261103*1200*7*X*005010~{body}GE*1*7~" if functional_id else body
    return f"{isa}{group}IEA*1*000000007~".encode()


def implementation(sent: Sent, sets: str, answer: str) -> bytes:
    body = f"ST*999*0001*005010X231A1~AK1*HC*{sent.group}*005010X222A1~{sets}AK9*{answer}*1*1*0~SE*9*0001~"
    return interchange(sent, "FA", body)


def claim_status(sent: Sent, levels: str, reference: str = "") -> bytes:
    batch = reference or f"{sent.interchange:09d}-{sent.control}"
    body = (
        f"ST*277*0001*005010X214~BHT*0085*08*X1*20261103*1200*TH~HL*1**20*1~NM1*PR*2*BLUE PLAINS*****PI*BLUEP~"
        f"TRN*1*T1~HL*2*1*21*1~NM1*41*2*US*****46*US~TRN*2*{batch}~{levels}SE*9*0001~"
    )
    return interchange(sent, "HN", body)


def patient(number: str, stc: str, payer_number: str = "") -> str:
    given = f"REF*1K*{payer_number}~" if payer_number else ""
    return f"HL*4*3*PT~NM1*QC*1*LINDQVIST*PER****MI*X~TRN*2*{number}~STC*{stc}*20261103*WQ*100.03~{given}"


PROVIDER = "HL*3*2*19*1~NM1*85*2*US*****XX*{npi}~TRN*1*P1~"


def arrive(db: Database, tmp_path: Path, content: bytes, name: str = "answer.x12") -> tuple[AnswerTakenIn, ...]:
    path = tmp_path / name
    path.write_bytes(content)
    return take_in(db, SYSTEM, path).answers


def statuses(db: Database) -> dict[str, ClaimStatus]:
    with db.reading() as session:
        return dict(session.exec(select(Claim.claim_number, Claim.status)).all())


def test_an_accepted_999_is_kept_for_every_claim_and_moves_none(db: Database, tmp_path: Path, sent: Sent) -> None:
    (answer,) = arrive(db, tmp_path, implementation(sent, f"AK2*837*{sent.control}~IK5*A~", "A"))

    assert (answer.outcome, answer.accepted) == (Outcome.ACCEPTED, sent.numbers)
    assert set(statuses(db).values()) == {ClaimStatus.EXPORTED}


def test_an_error_of_the_billing_provider_is_at_every_claim_below_it_and_none_leaves_unmended(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    position = sent.position(sent.numbers[0], "billing")
    error = f"AK2*837*{sent.control}~IK3*N4*{position + 4}*2010*8~IK4*3*116*I12*689950220~IK5*R*5~"

    (answer,) = arrive(db, tmp_path, implementation(sent, error, "R"))

    assert (answer.culprits, answer.traveled) == (sent.numbers, ())
    assert set(statuses(db).values()) == {ClaimStatus.REJECTED}
    assert "it is the billing provider's, on all its 3 claims of the set: the facility of the visit" in answer.note


def test_the_words_of_the_payer_beside_a_rejection_are_kept(db: Database, tmp_path: Path, sent: Sent) -> None:
    refusal = patient(sent.numbers[0], "A7:164").replace("*WQ*100.03~", "*U*100.03********MEMBER NOT ON FILE~")

    arrive(db, tmp_path, claim_status(sent, refusal))

    with db.reading() as session:
        said = session.exec(select(ClaimAnswer).where(col(ClaimAnswer.accepted).is_(False))).one()
    assert said.message.endswith(': "MEMBER NOT ON FILE"')


def test_the_culprit_of_a_refused_set_is_found_without_ctx_and_the_others_may_leave_again(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    culprit = sent.numbers[1]
    position = sent.position(culprit, "line.2.service_date")
    error = f"AK2*837*{sent.control}~IK3*DTP*{position}**8~IK4*3*1251*8*20269999~IK5*R*5~"

    (answer,) = arrive(db, tmp_path, implementation(sent, error, "R"))

    assert answer.outcome is Outcome.REJECTED
    assert (answer.culprits, answer.traveled) == ((culprit,), (sent.numbers[0], sent.numbers[2]))
    assert statuses(db) == {
        sent.numbers[0]: ClaimStatus.READY,
        culprit: ClaimStatus.REJECTED,
        sent.numbers[2]: ClaimStatus.READY,
    }
    with db.reading() as session:
        said = session.exec(select(ClaimAnswer).where(ClaimAnswer.part == AnswerPart.CULPRIT)).one()
    assert (said.place, said.position, said.value) == ("line.2.service_date", position, "20269999")


def test_a_refused_set_without_a_culprit_is_a_fault_of_the_envelope(db: Database, tmp_path: Path, sent: Sent) -> None:
    (answer,) = arrive(db, tmp_path, implementation(sent, f"AK2*837*{sent.control}~IK5*R*3~", "R"))

    assert (answer.culprits, answer.traveled) == ((), sent.numbers)
    assert answer.note == f"set {sent.control} was refused for its envelope"
    assert set(statuses(db).values()) == {ClaimStatus.READY}


def rejected(db: Database) -> str:
    with db.reading() as session:
        return session.exec(select(Claim.id).where(Claim.status == ClaimStatus.REJECTED)).one()


def refuse_one(db: Database, tmp_path: Path, sent: Sent) -> str:
    levels = PROVIDER.format(npi="1234567893") + patient(sent.numbers[0], "A7:562:85", "ICN2")
    arrive(db, tmp_path, claim_status(sent, levels))
    return rejected(db)


def test_a_rejected_claim_stays_so_through_a_scrub_and_changes_that_change_nothing(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    claim_id = refuse_one(db, tmp_path, sent)

    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)
    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)

    assert statuses(db)[sent.numbers[0]] is ClaimStatus.REJECTED
    with pytest.raises(ExportRefused, match="was rejected"):
        export_claims(db, SYSTEM, [claim_id], tmp_path / "again.837")


def test_a_rejected_claim_leaves_unchanged_once_somebody_releases_it_with_a_reason(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    claim_id = refuse_one(db, tmp_path, sent)
    with pytest.raises(ReasonNeeded):
        release_claim(db, SYSTEM, claim_id, "so")

    release_claim(db, SYSTEM, claim_id, "the receiver's table was old")

    assert export_claims(db, SYSTEM, [claim_id], tmp_path / "again.837").claims == 1


def test_a_claim_that_a_999_brought_back_is_rejected_by_the_277ca_of_the_same_file(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    arrive(db, tmp_path, implementation(sent, f"AK2*837*{sent.control}~IK5*R*3~", "R"), "first.x12")
    levels = PROVIDER.format(npi="1234567893") + "STC*A3:496:85*20261103*U*300.09~"

    arrive(db, tmp_path, claim_status(sent, levels))

    assert set(statuses(db).values()) == {ClaimStatus.REJECTED}


def test_a_claim_that_was_changed_since_it_came_back_is_not_rejected_by_the_older_answer(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    claim_id = refuse_one(db, tmp_path, sent)
    set_fields(db, SYSTEM, claim_id, {"details.note": "as asked for"})
    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)
    levels = PROVIDER.format(npi="1234567893") + "STC*A3:496:85*20261103*U*300.09~"

    arrive(db, tmp_path, claim_status(sent, levels), "later.x12")

    assert statuses(db)[sent.numbers[0]] is ClaimStatus.READY


def test_a_mended_claim_can_leave_again(db: Database, tmp_path: Path, sent: Sent) -> None:
    arrive(db, tmp_path, implementation(sent, f"AK2*837*{sent.control}~IK3*CLM*{_clm(sent)}**8~IK5*R*5~", "R"))
    claim_id = rejected(db)
    set_fields(db, SYSTEM, claim_id, {"details.note": "as asked for"})
    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)

    report = export_claims(db, SYSTEM, None, tmp_path / "again.837")

    assert report.claims == 3


def paid(db: Database, tmp_path: Path, number: str) -> None:
    """A posted remittance that pays a claim in full."""
    path = tmp_path / "paid.835"
    path.write_bytes(settlement(a_set((f"CLP*{number}*1*100.03*100.03**HM*ICN1",), "100.03")))
    (taken,) = take_in_remittance(db, SYSTEM, path).sets
    assert taken.matched == 1


def claim_id_of(db: Database, number: str) -> str:
    with db.reading() as session:
        return session.exec(select(Claim.id).where(Claim.claim_number == number)).one()


def refused_set(sent: Sent) -> bytes:
    """A 999 that refuses the set for its second claim."""
    position = sent.position(sent.numbers[1], "line.2.service_date")
    return implementation(sent, f"AK2*837*{sent.control}~IK3*DTP*{position}**8~IK5*R*5~", "R")


def test_a_claim_that_was_paid_stays_where_it_is_when_its_set_is_refused_afterwards(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    paid(db, tmp_path, sent.numbers[0])

    (answer,) = arrive(db, tmp_path, refused_set(sent))

    why = "trace EFT0001 on 2026-11-03 answers it"
    assert (answer.traveled, answer.stayed) == ((sent.numbers[2],), ((sent.numbers[0], why),))
    assert answer.note == f"{sent.numbers[0]} stays where it is: {why}"
    assert statuses(db)[sent.numbers[0]] is ClaimStatus.EXPORTED


def test_a_claim_whose_void_follows_it_stays_where_it_is(db: Database, tmp_path: Path, sent: Sent) -> None:
    void = void_sent_claim(db, SYSTEM, claim_id_of(db, sent.numbers[0]), "wrong patient")

    (answer,) = arrive(db, tmp_path, refused_set(sent))

    assert answer.stayed == ((sent.numbers[0], f"{void.claim_number} follows it (void)"),)
    assert statuses(db)[sent.numbers[0]] is ClaimStatus.EXPORTED


def test_a_claim_that_left_again_stays_when_its_first_file_is_refused_again(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    arrive(db, tmp_path, implementation(sent, f"AK2*837*{sent.control}~IK5*R*3~", "R"))
    export_claims(db, SYSTEM, None, tmp_path / "again.837")

    (answer,) = arrive(db, tmp_path, refused_set(sent), "second.x12")

    assert [why for _, why in answer.stayed] == ["it left in another file, again.837"] * 3
    assert set(statuses(db).values()) == {ClaimStatus.EXPORTED}


def test_a_277ca_rejects_no_claim_that_left_in_another_file_than_it_names(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    arrive(db, tmp_path, implementation(sent, f"AK2*837*{sent.control}~IK5*R*3~", "R"))
    export_claims(db, SYSTEM, None, tmp_path / "again.837")
    levels = PROVIDER.format(npi="1234567893") + patient(sent.numbers[0], "A7:562:85")

    (answer,) = arrive(db, tmp_path, claim_status(sent, levels), "late.x12")

    assert answer.stayed == ((sent.numbers[0], "it left in another file, again.837"),)
    assert statuses(db)[sent.numbers[0]] is ClaimStatus.EXPORTED


def test_a_277ca_rejects_no_claim_that_was_paid(db: Database, tmp_path: Path, sent: Sent) -> None:
    paid(db, tmp_path, sent.numbers[0])
    levels = PROVIDER.format(npi="1234567893") + patient(sent.numbers[0], "A7:562:85")

    (answer,) = arrive(db, tmp_path, claim_status(sent, levels))

    assert (answer.culprits, [number for number, _ in answer.stayed]) == ((), [sent.numbers[0]])
    assert statuses(db)[sent.numbers[0]] is ClaimStatus.EXPORTED


def _clm(sent: Sent) -> int:
    own = (place for place in sent.places if place[2] == sent.numbers[0] and not place[3].startswith("billing"))
    return min(place[1] for place in own)


def test_the_same_file_twice_changes_nothing(db: Database, tmp_path: Path, sent: Sent) -> None:
    content = implementation(sent, f"AK2*837*{sent.control}~IK5*R*5~", "R")
    arrive(db, tmp_path, content)

    (again,) = arrive(db, tmp_path, content, "again.x12")

    assert again.repeated
    with db.reading() as session:
        assert len(session.exec(select(Acknowledgment)).all()) == 1


def test_an_answer_to_another_s_group_is_kept_and_says_so(db: Database, tmp_path: Path, sent: Sent) -> None:
    content = implementation(sent, "AK2*837*0001~IK5*R*5~", "R").replace(
        f"AK1*HC*{sent.group}*".encode(), b"AK1*HC*99999*"
    )

    (answer,) = arrive(db, tmp_path, content)

    assert answer.note == "no file of ours has this group number"
    assert set(statuses(db).values()) == {ClaimStatus.EXPORTED}


@pytest.mark.parametrize(("code", "status"), [("A*000", ClaimStatus.EXPORTED), ("R*022", ClaimStatus.READY)])
def test_a_ta1_answers_the_whole_interchange(
    db: Database, tmp_path: Path, sent: Sent, code: str, status: ClaimStatus
) -> None:
    arrive(db, tmp_path, interchange(sent, "", f"TA1*{sent.interchange:09d}*261103*1200*{code}~"))

    assert set(statuses(db).values()) == {status}


def test_a_277ca_keeps_the_payer_s_number_and_rejects_by_claim(db: Database, tmp_path: Path, sent: Sent) -> None:
    levels = PROVIDER.format(npi="1234567893") + patient(sent.numbers[0], "A2:20", "ICN1")
    levels += patient(sent.numbers[1], "A7:562:85", "ICN2")

    (answer,) = arrive(db, tmp_path, claim_status(sent, levels))

    assert (answer.outcome, answer.culprits, answer.accepted) == (
        Outcome.IN_PART,
        (sent.numbers[1],),
        (sent.numbers[0],),
    )
    assert statuses(db)[sent.numbers[1]] is ClaimStatus.REJECTED
    with db.reading() as session:
        numbers = dict(session.exec(select(Claim.claim_number, Claim.payer_number)).all())
    assert numbers == {sent.numbers[0]: "ICN1", sent.numbers[1]: "ICN2", sent.numbers[2]: ""}


OTHER = "HL*4*3*PT~NM1*QC*1*OAKES*ANN****MI*Z9~TRN*2*{number}~STC*{stc}*20261103*WQ*100.03~REF*1K*ICN9~"


@pytest.mark.parametrize("stc", ["A7:562:85", "A2:20:PR"], ids=["rejected", "accepted"])
def test_a_277ca_of_another_patient_than_the_claim_with_its_number_moves_and_keeps_nothing_and_says_so(
    db: Database, tmp_path: Path, sent: Sent, stc: str
) -> None:
    number = sent.numbers[0]

    (told,) = arrive(db, tmp_path, claim_status(sent, OTHER.format(number=number, stc=stc)))

    with db.reading() as session:
        claim = session.exec(select(Claim).where(Claim.claim_number == number)).one()
        answers = session.exec(select(ClaimAnswer)).all()
    assert (claim.status, claim.payer_number, answers) == (ClaimStatus.EXPORTED, "", [])
    assert told.stayed == ((number, "its answer has the number, but the name and the member id are of another"),)
    assert "the name and the member id are of another" in told.note


def test_a_277ca_of_another_payer_that_we_bill_moves_and_keeps_nothing_and_says_so(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    number = sent.numbers[0]
    with db.change(SYSTEM) as change:
        change.session.add(Payer(source="test", local_id="P2", name="Second Plan", payer_identifier="SECOND"))
    content = claim_status(sent, patient(number, "A7:562:85"))
    content = content.replace(b"BLUE PLAINS*****PI*BLUEP", b"SECOND PLAN*****PI*SECOND")

    (told,) = arrive(db, tmp_path, content)

    assert statuses(db)[number] is ClaimStatus.EXPORTED
    assert told.stayed == ((number, "its answer has the number, but the payer is SECOND PLAN"),)


@pytest.mark.parametrize(
    "sender",
    [b"CLEARINGHOUSE*****46*CH", b"BLUE PLAINS OF NEBRASKA*****PI*X1"],
    ids=["clearinghouse", "written otherwise"],
)
def test_a_277ca_rejects_by_number_where_who_answers_is_no_other_payer_that_we_bill(
    db: Database, tmp_path: Path, sent: Sent, sender: bytes
) -> None:
    number = sent.numbers[0]
    content = claim_status(sent, patient(number, "A7:562:85")).replace(b"BLUE PLAINS*****PI*BLUEP", sender)

    arrive(db, tmp_path, content)

    assert statuses(db)[number] is ClaimStatus.REJECTED


def test_a_refusal_of_the_batch_holds_for_every_claim_of_it(db: Database, tmp_path: Path, sent: Sent) -> None:
    (answer,) = arrive(db, tmp_path, claim_status(sent, "STC*A8:24*20261103*U*300.09~"))

    assert (answer.outcome, answer.culprits) == (Outcome.REJECTED, sent.numbers)
    assert set(statuses(db).values()) == {ClaimStatus.REJECTED}


@pytest.mark.parametrize(
    ("npi", "status"), [("1234567893", ClaimStatus.REJECTED), ("1999999984", ClaimStatus.EXPORTED)]
)
def test_a_refusal_of_a_billing_provider_holds_for_its_claims(
    db: Database, tmp_path: Path, sent: Sent, npi: str, status: ClaimStatus
) -> None:
    arrive(db, tmp_path, claim_status(sent, PROVIDER.format(npi=npi) + "STC*A3:496:85*20261103*U*300.09~"))

    assert set(statuses(db).values()) == {status}


def test_a_refusal_of_a_batch_that_is_not_ours_is_a_refusal_and_says_whose(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    content = claim_status(sent, "STC*A8:24*20261103*U*300.09~", reference="UNKNOWNBATCH")

    (answer,) = arrive(db, tmp_path, content)

    assert (answer.control, answer.outcome) == ("UNKNOWNBATCH", Outcome.REJECTED)
    assert answer.note == "no file of ours has this number, and no claim in it is ours"
    assert set(statuses(db).values()) == {ClaimStatus.EXPORTED}


def test_a_refusal_above_holds_for_a_claim_that_is_accepted_below(db: Database, tmp_path: Path, sent: Sent) -> None:
    levels = PROVIDER.format(npi="1234567893") + "STC*A3:496:85*20261103*U*100.03~" + patient(sent.numbers[0], "A1:20")

    (answer,) = arrive(db, tmp_path, claim_status(sent, levels))

    assert (answer.culprits, answer.accepted) == ((sent.numbers[0],), ())


def test_totals_that_do_not_agree_with_the_claims_are_said(db: Database, tmp_path: Path, sent: Sent) -> None:
    levels = "QTY*90*2~AMT*YU*100.03~" + PROVIDER.format(npi="1234567893") + patient(sent.numbers[0], "A2:20")

    (answer,) = arrive(db, tmp_path, claim_status(sent, levels))

    assert answer.note == "QTY 90 states 2, the claims are 1"


def test_a_claim_that_is_not_ours_is_said(db: Database, tmp_path: Path, sent: Sent) -> None:
    (answer,) = arrive(db, tmp_path, claim_status(sent, PROVIDER.format(npi="1") + patient("X9", "A7:562")))

    assert answer.note == "1 claims are not ours: X9"
    assert set(statuses(db).values()) == {ClaimStatus.EXPORTED}


@pytest.mark.parametrize("content", [b"", b"prose", b"ISA*short~"])
def test_what_is_no_acknowledgment_is_refused(db: Database, tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableInput):
        arrive(db, tmp_path, content)


def test_the_999_of_an_independent_validator_finds_our_batch(db: Database, tmp_path: Path, sent: Sent) -> None:
    params, document = pytest.importorskip("pyx12.params"), pytest.importorskip("pyx12.x12n_document")
    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    with db.reading() as session:
        content = zlib.decompress(session.exec(select(ClaimExport)).one().content)
    broken = content.replace(b"DTP*472*D8*20260902", b"DTP*472*D8*20269902", 1)
    path, answered = tmp_path / "sent.837", io.StringIO()
    path.write_bytes(broken)
    document.x12n_document(
        param=params.params(None), src_file=str(path), fd_997=answered,
        fd_html=None, fd_xmldoc=None, fd_json=io.StringIO(), map_path=None,
    )  # fmt: skip

    (answer,) = arrive(db, tmp_path, answered.getvalue().encode())

    assert (answer.culprits, answer.traveled) == ((sent.numbers[1],), (sent.numbers[0], sent.numbers[2]))


def test_what_was_said_of_an_earlier_file_is_history_once_the_claim_left_again(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    arrive(db, tmp_path, implementation(sent, f"AK2*837*{sent.control}~IK5*R*3~", "R"))
    before = answers_of(db, sent.numbers[0])

    export_claims(db, SYSTEM, None, tmp_path / "again.837")

    assert [one.earlier for one in before] == [False]
    assert [one.earlier for one in answers_of(db, sent.numbers[0])] == [True]


def answers_of(db: Database, number: str) -> tuple[AnswerRow, ...]:
    with db.reading() as session:
        claim_id = session.exec(select(Claim.id).where(Claim.claim_number == number)).one()
        page = claim_page(SessionReader(session), claim_id, TODAY)
    assert page is not None
    return page.answers
