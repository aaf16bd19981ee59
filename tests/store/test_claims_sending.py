"""The command line of claims that leave: batches, paper, segments, the validator, and claims that follow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.changes import CannotChange, set_fields
from store.claims.content import load_claim
from store.claims.details import Ambulance
from store.claims.places import settable
from store.claims.scrubbing import scrub_claim
from store.database import Database
from store.models import Claim, Encounter, Person
from store.os_account import os_login
from store.terms import Role
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter
from tests.store.test_claims_facility import add_stay
from tui.cli import main


@pytest.fixture(autouse=True)
def site(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A record with an administrator behind this account, on the day of the samples."""
    monkeypatch.setenv("CODEDESK_TODAY", str(TODAY))
    with db.change(SYSTEM) as change:
        change.session.add(Person(login=os_login(), name="An Administrator", role=Role.ADMIN))
    return db


@pytest.fixture
def claim(db: Database, site: Database) -> Claim:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    (built,) = build_claims(db, SYSTEM).built
    scrub_claim(db, CODES, SYSTEM, built.claim_id, today=TODAY)
    with db.reading() as session:
        return session.get_one(Claim, built.claim_id)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(list(arguments))
    out = capsys.readouterr()
    return code, out.out, out.err


def test_a_batch_writes_a_file_that_the_validator_accepts(
    claim: Claim, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "claims", "batch", "--folder", str(tmp_path))[0] == 0
    (path,) = tmp_path.glob("*.837")

    code, out, _ = told(capsys, "claims", "validate", str(path))

    assert (code, out) == (0, "accepted\n")


def test_a_file_that_the_validator_does_not_accept_is_told_by_segment(
    claim: Claim, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "claims", "batch", "--folder", str(tmp_path))
    (path,) = tmp_path.glob("*.837")
    path.write_bytes(path.read_bytes().replace(b"DMG*D8*19610302*M~", b"DMG*D8*19610332*M~"))

    code, out, _ = told(capsys, "claims", "validate", str(path))

    assert (code, "DMG" in out) == (1, True)


def test_the_segments_of_a_claim_are_shown_with_their_fields_before_and_after_it_left(
    claim: Claim, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = told(capsys, "claims", "segments", claim.claim_number, "--field", "line.1")[1]
    told(capsys, "claims", "batch", "--folder", str(tmp_path))
    after = told(capsys, "claims", "segments", claim.claim_number, "--field", "line.1")[1]

    assert before.startswith("as it would leave now")
    assert after.startswith("as it left in")
    assert before.splitlines()[1:] == after.splitlines()[1:]
    assert "SV1*HC:G0463*50.01*UN*1***1:2" in after


def test_paper_has_the_data_on_the_grid_of_the_form(claim: Claim, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "claims", "print", claim.claim_number)

    lines = out.splitlines()
    assert code == 0
    assert lines[9][:14] == "LINDQVIST, PER"
    assert lines[43].startswith("09 15 26 09 15 26 11    G0463")
    assert lines[55].endswith("100 03      0 00")


def test_an_unscrubbed_claim_is_printed_as_a_draft_alone(
    claim: Claim, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "claims", "set", claim.claim_number, "details.note=seen again")

    refused = told(capsys, "claims", "print", claim.claim_number)
    place = tmp_path / "claim.pdf"
    drafted = told(capsys, "claims", "print", claim.claim_number, "--draft", "--pdf", "--out", str(place))

    assert (refused[0], "has not been scrubbed" in refused[2]) == (1, True)
    assert drafted[:2] == (0, f"{place}  1 page\n")
    assert place.read_bytes().startswith(b"%PDF-1.4")


def test_what_is_set_of_a_claim_goes_on_it_and_is_checked(claim: Claim, db: Database, site: Database) -> None:
    set_fields(db, SYSTEM, claim.id, {"line.1.drug": {"ndc": "00000000001"}, "details.dates.onset": "2026-09-01"})

    with db.reading() as session:
        content = load_claim(session, claim.id)
    assert content.lines[0].details.drug.ndc == "00000000001"
    assert content.parties.details.dates.onset == "2026-09-01"


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("details.color", "red", "details.color: color is no field"),
        ("details.patient_paid_cents", "ten", "expected a whole number"),
        ("line.9.note", "x", "no such line"),
        ("billing.npi", "1", "this cannot be set"),
        ("details.ambulance", {"miles": "3"}, "details.ambulance"),
        ("details.note.text", "x", "details.note.text"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_place(
    claim: Claim, db: Database, place: str, value: object, words: str
) -> None:
    with pytest.raises(CannotChange, match=words):
        set_fields(db, SYSTEM, claim.id, {place: value})


def test_the_parts_of_a_field_are_set_in_any_order_and_what_lacks_is_named(claim: Claim, db: Database) -> None:
    with pytest.raises(CannotChange, match="details.ambulance.miles: ambulance lacks reason"):
        set_fields(db, SYSTEM, claim.id, {"details.ambulance.miles": "12"})

    set_fields(db, SYSTEM, claim.id, {"details.ambulance.miles": "12", "details.ambulance.reason": "A"})

    with db.reading() as session:
        assert load_claim(session, claim.id).parties.details.ambulance == Ambulance("A", "12")


def test_what_a_person_set_stays_when_the_chart_is_copied_again(claim: Claim, db: Database) -> None:
    with db.change(SYSTEM) as change:
        visit = change.session.exec(select(Encounter)).one()
        visit.extra = {
            "claim": {"note": "from the sender", "dates": {"onset": "2026-09-01", "last_seen": "2026-09-02"}}
        }
    set_fields(db, SYSTEM, claim.id, {"details.dates.onset": "2026-08-30", "details.condition_codes": ["AA"]})

    scrub_claim(db, CODES, SYSTEM, claim.id, today=TODAY)

    with db.reading() as session:
        details = load_claim(session, claim.id).parties.details
    assert (details.note, details.condition_codes) == ("from the sender", ("AA",))
    assert (details.dates.onset, details.dates.last_seen) == ("2026-08-30", "2026-09-02")


def test_the_places_that_may_be_set_are_listed_with_what_the_claim_states(claim: Claim, db: Database) -> None:
    set_fields(db, SYSTEM, claim.id, {"details.ambulance": {"reason": "A", "pick_up": {"city": "Ansel"}}})

    places = dict(settable(db, SYSTEM, claim.id))

    assert places["details.ambulance.pick_up.city"] == "Ansel"
    assert places["details.ambulance.drop_off.line1"] == "" and "line.1.drug.ndc" in places
    assert not [place for place in places if place.startswith("facility_bill")]


def test_an_account_is_shown_with_who_owes_what_and_its_statement(
    claim: Claim, db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "claims", "batch", "--folder", str(tmp_path))

    code, out, _ = told(capsys, "ledger", "V1")
    document = json.loads(told(capsys, "ledger", "V1", "--json")[1])
    statement = told(capsys, "ledger", "V1", "--statement")[1]

    assert code == 0
    assert "Blue Plains" in out and "100.03" in out
    assert document["parties"][0]["cents"] == 10003
    assert "Still with your insurance" in statement


def test_money_by_hand_is_posted_and_taken_back(
    claim: Claim, db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "claims", "batch", "--folder", str(tmp_path))

    out = told(capsys, "postings", "write-off", "V1", "0.03", "small balance", "--payer")[1]
    back = told(capsys, "postings", "take-back", out.split("take-back ")[1].split()[0], "by mistake")[1]

    assert out.startswith("posted, 100.00 are owed")
    assert back.startswith("posted, 100.03 are owed")


def test_partners_are_kept_and_listed(claim: Claim, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "partners", "save", "Clearing", "receiver_id=CLEAR1", "payers=A,B", "usage_indicator=P")

    row = json.loads(told(capsys, "partners", "list", "--json")[1])

    assert (row["receiver_id"], row["payers"], row["usage_indicator"]) == ("CLEAR1", ["A", "B"], "P")


@pytest.mark.parametrize(
    "arguments",
    [
        ("claims", "segments", "2026-999999"),
        ("claims", "print", "2026-999999"),
        ("claims", "void", "2026-999999", "--reason", "x"),
        ("claims", "batch", "--partner", "Nobody"),
        ("ledger", "nothing"),
        ("partners", "save", "A", "receiver_id"),
        ("postings", "pay", "V1", "ten", "x"),
        ("deposits", "import", "nothing.csv"),
        ("claims", "validate", "nothing.837"),
    ],
)
def test_what_is_not_there_is_one_clear_line(
    claim: Claim, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, *arguments)

    assert code == 2
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_an_institutional_claim_goes_on_the_other_form(
    db: Database, site: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    add_stay(db)
    (built,) = build_claims(db, SYSTEM).built

    code, out, _ = told(capsys, "claims", "print", built.claim_number, "--draft")

    lines = out.splitlines()
    assert code == 0
    assert lines[2].endswith("0111")
    assert lines[18].startswith("0120")
