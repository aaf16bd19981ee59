"""Trading partners: what is kept of them, which claims they take, and the files that batches write to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from codesets.errors import CodedeskError
from store.actors import SYSTEM
from store.claims.batches import batch_claims, from_json, plan_batch, to_json
from store.claims.build import build_claims
from store.claims.export import export_claims
from store.claims.partners import PartnerRefused, partner_for, save_partner
from store.claims.scrubbing import scrub_claim
from store.database import Database
from store.models import Claim, ClaimExport, LogEntry, Payer
from store.terms import ClaimStatus
from store.x12.tokenizer import segments
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter
from tests.store.test_claims_facility import add_stay
from tests.store.validator import faults_of

pytestmark = pytest.mark.both_databases

CLEARING = {
    "receiver_id": "CLEAR1",
    "receiver_qualifier": "30",
    "submitter_id": "US1",
    "submitter_name": "Prairie Billing",
    "contact_name": "Ines Roy",
    "contact_phone": "308-555-0123",
    "usage_indicator": "P",
    "delimiters": "|>!^",
    "file_name": "{partner}_{form}_{date}_{number}.txt",
}


def ready(db: Database, count: int = 1) -> list[str]:
    for number in range(count):
        with db.change(SYSTEM) as change:
            add_coding(change.session, add_encounter(change.session, f"V{number}", f"2026-09-{number + 1:02d}"))
    ids = [claim.claim_id for claim in build_claims(db, SYSTEM).built]
    for claim_id in ids:
        scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)
    return ids


def test_a_batch_writes_a_file_as_its_partner_wants_it(db: Database, tmp_path: Path) -> None:
    save_partner(db, SYSTEM, "Clearing", CLEARING)
    ready(db)

    (file,) = batch_claims(db, SYSTEM, tmp_path).files

    content = Path(file.report.destination).read_bytes()
    isa, gs = list(segments(content, []))[:2]
    assert [isa.element(place) for place in (5, 7, 15)] == ["ZZ", "30", "P"]
    assert (isa.element(6).strip(), gs.element(3), content[3:4]) == ("US1", "CLEAR1", b"|")
    assert Path(file.report.destination).name.startswith("Clearing_837p_")
    assert b"NM1|41|2|PRAIRIE BILLING|||||46|US1!" in content
    assert faults_of(content, tmp_path) == []


def test_each_partner_gets_the_claims_of_its_payers_and_the_other_one_the_rest(db: Database) -> None:
    save_partner(db, SYSTEM, "Blue", {"receiver_id": "BLUE", "payers": ["BLUEP"]})
    save_partner(db, SYSTEM, "Rest", {"receiver_id": "REST"})

    with db.reading() as session:
        assert partner_for(session, "BLUEP").name == "Blue"
        assert partner_for(session, "OTHER").name == "Rest"


def test_a_batch_takes_both_forms_each_in_its_own_file(db: Database, tmp_path: Path) -> None:
    ready(db)
    add_stay_beside(db)

    report = batch_claims(db, SYSTEM, tmp_path)

    assert sorted(one.form for one in report.files) == ["837i", "837p"]
    with db.reading() as session:
        exports = session.exec(select(ClaimExport)).all()
    assert len({export.interchange_control for export in exports}) == 2


def add_stay_beside(db: Database) -> None:
    (built,) = build_claims(db, SYSTEM, add_stay(db, "VS")).built
    with db.change(SYSTEM) as change:
        claim = change.session.get_one(Claim, built.claim_id)
        claim.status, claim.scrubbed_at = ClaimStatus.READY, "2026-09-20T00:00:00.000Z"


def test_a_partner_that_takes_few_claims_gets_several_interchanges(db: Database, tmp_path: Path) -> None:
    save_partner(db, SYSTEM, "Clearing", {**CLEARING, "most_claims": 2})
    ready(db, 3)

    (file,) = batch_claims(db, SYSTEM, tmp_path).files

    assert [len(one.claim_numbers) for one in file.report.interchanges] == [2, 1]
    assert [one.interchange_control for one in file.report.interchanges] == [1, 2]


def test_what_is_not_ready_stays_behind_by_name_and_no_file_is_written(db: Database, tmp_path: Path) -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    (built,) = build_claims(db, SYSTEM).built

    report = batch_claims(db, SYSTEM, tmp_path)

    assert [(one.claim_number, one.reason) for one in report.left_behind] == [
        (built.claim_number, "has not been scrubbed")
    ]
    assert (report.files, list(tmp_path.glob("*.837"))) == ((), [])
    assert from_json(to_json(report)) == report


def test_a_claim_goes_to_the_partner_of_today_whatever_it_was_built_for(db: Database, tmp_path: Path) -> None:
    ready(db)
    save_partner(db, SYSTEM, "Blue", {**CLEARING, "payers": ["BLUEP"]})

    (file,) = batch_claims(db, SYSTEM, tmp_path).files

    isa = next(iter(segments(Path(file.report.destination).read_bytes(), [])))
    assert (file.partner, isa.element(8).strip(), isa.element(15)) == ("Blue", "CLEAR1", "P")
    with db.reading() as session:
        (entry,) = session.exec(select(LogEntry).where(LogEntry.action == "claim.address"))
    assert (entry.detail["before"], entry.detail["receiver"]) == ("CLEARINGHOUSE", "CLEAR1")


def test_an_export_goes_to_the_partner_of_today_like_a_batch(db: Database, tmp_path: Path) -> None:
    ready(db)
    save_partner(db, SYSTEM, "Blue", {**CLEARING, "payers": ["BLUEP"]})

    export_claims(db, SYSTEM, None, tmp_path / "out.837")

    content = (tmp_path / "out.837").read_bytes()
    isa = next(iter(segments(content, [])))
    assert (isa.element(6).strip(), isa.element(8).strip(), isa.element(15)) == ("US1", "CLEAR1", "P")
    assert b"|40|2|BLUE|||||46|CLEAR1!" in content
    with db.reading() as session:
        (claim,) = session.exec(select(Claim))
        assert claim.parties["receiver"]["receiver_id"] == "CLEAR1"


def test_a_batch_that_is_refused_leaves_its_claims_addressed_as_they_were(db: Database, tmp_path: Path) -> None:
    ready(db)
    save_partner(db, SYSTEM, "Blue", {**CLEARING, "payers": ["BLUEP"]})

    with pytest.raises(CodedeskError):
        batch_claims(db, SYSTEM, tmp_path / "no such folder")

    with db.reading() as session:
        (claim,) = session.exec(select(Claim))
        logged = session.exec(select(LogEntry).where(LogEntry.action == "claim.address")).all()
    assert (claim.status, claim.parties["receiver"]["receiver_id"], logged) == (
        ClaimStatus.READY, "CLEARINGHOUSE", [],
    )  # fmt: skip


def test_a_plan_tells_partner_file_claims_money_and_usage_and_the_batch_does_so(db: Database, tmp_path: Path) -> None:
    ready(db, 2)
    save_partner(db, SYSTEM, "Blue", {**CLEARING, "payers": ["BLUEP"], "file_name": "{partner}_{form}_{number}.txt"})

    (planned,) = plan_batch(db, SYSTEM).files
    (file,) = batch_claims(db, SYSTEM, tmp_path).files

    assert (planned.partner, planned.receiver, planned.usage) == ("Blue", "CLEAR1", "P")
    assert (planned.claims, planned.total_cents) == (2, 20_006)
    assert Path(file.report.destination).name == planned.file_name == "Blue_837p_0001.txt"


def test_a_claim_of_a_patient_who_pays_alone_stays_behind_in_words(db: Database, tmp_path: Path) -> None:
    ready(db)
    with db.change(SYSTEM) as change:
        for payer in change.session.exec(select(Payer)):
            payer.line_of_business = "self_pay"

    plan, report = plan_batch(db, SYSTEM), batch_claims(db, SYSTEM, tmp_path)

    assert (plan.files, report.files, list(tmp_path.glob("*.837"))) == ((), (), [])
    told = [one.reason for one in (*plan.left_behind, *report.left_behind)]
    assert told == ["is self pay: no payer takes it; scrubbing it bills the patient"] * 2


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"receiver_id": ""}, "receiver_id"),
        ({"receiver_id": "SIXTEEN-LETTERS-"}, "receiver_id"),
        ({"receiver_id": "A", "usage_indicator": "X"}, "usage_indicator: expected T or P"),
        ({"receiver_id": "A", "delimiters": "**:~"}, "delimiters: expected four different signs"),
        ({"receiver_id": "A", "delimiters": "A:~^"}, "delimiters"),
        ({"receiver_id": "A", "file_name": "../{number}"}, "file_name"),
        ({"receiver_id": "A", "file_name": "claims.txt"}, "file_name"),
        ({"receiver_id": "A", "file_name": "{payer}{number}"}, "file_name"),
        ({"receiver_id": "A", "most_claims": 0}, "most_claims"),
        ({"receiver_id": "A", "contact_phone": "555"}, "contact_phone: expected ten digits"),
        ({"receiver_id": "A", "contact_name": "Jo*An"}, "contact_name: expected a text without the delimiters"),
        ({"receiver_id": "A", "submitter_name": "Hill~Clinic"}, "submitter_name: expected a text without"),
        ({"receiver_id": "A", "payers": ["BLUEP", "B*P"]}, "payers: expected identifiers without the delimiters"),
        ({"receiver_id": "A", "color": "red"}, "a partner has no color"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(db: Database, values: dict, told: str) -> None:
    with pytest.raises(PartnerRefused, match=told.replace("(", r"\(")):
        save_partner(db, SYSTEM, "Clearing", values)

    with db.reading() as session:
        assert session.exec(select(LogEntry).where(LogEntry.action == "partner.save")).all() == []


def test_two_partners_do_not_take_the_same_payer(db: Database) -> None:
    save_partner(db, SYSTEM, "Blue", {"receiver_id": "BLUE", "payers": ["BLUEP"]})

    with pytest.raises(PartnerRefused, match="payer BLUEP goes to Blue already"):
        save_partner(db, SYSTEM, "Other", {"receiver_id": "OTHER", "payers": ["BLUEP", "X"]})


def test_a_change_keeps_the_other_fields_and_is_logged(db: Database) -> None:
    save_partner(db, SYSTEM, "Clearing", CLEARING)

    save_partner(db, SYSTEM, "Clearing", {"usage_indicator": "T"})

    with db.reading() as session:
        row = partner_for(session, "")
        (first, second) = session.exec(select(LogEntry).where(LogEntry.action == "partner.save")).all()
    assert (row.usage_indicator, row.receiver_id) == ("T", "CLEAR1")
    assert second.detail["changed"] == {"usage_indicator": "T"}


def test_an_unknown_partner_is_refused(db: Database, tmp_path: Path) -> None:
    with pytest.raises(PartnerRefused, match="no active trading partner is called 'Nobody'"):
        batch_claims(db, SYSTEM, tmp_path, "Nobody")
