"""Payers and facilities set by hand: what is kept, what is refused, and what registration says after it."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.database import Database
from store.directory import FACILITY, PAYER, DirectoryRefused, Kind, entries, save_entry
from store.intake.rows import KnownRows
from store.intake.writer.parties import store_payer
from store.models import Encounter, Facility, LogEntry, Payer
from store.models.directory import PayerFields
from tests.store.claim_samples import add_coding, add_encounter

pytestmark = pytest.mark.both_databases


def test_a_facility_is_made_and_set_and_the_log_tells_what_changed(db: Database) -> None:
    new = save_entry(db, SYSTEM, FACILITY, "HILL", {"name": "Hill Clinic", "npi": "1999999984"})
    again = save_entry(db, SYSTEM, FACILITY, "HILL", {"zip": "606010001"})

    with db.reading() as session:
        (row,) = entries(session, FACILITY)
        logged = session.exec(select(LogEntry).where(LogEntry.action == "directory.save").order_by(LogEntry.seq)).all()
    assert (new, again) == (True, False)
    assert (row.source, row.name, row.npi, row.zip) == ("site", "Hill Clinic", "1999999984", "606010001")
    assert [entry.detail["changed"] for entry in logged][1] == {"zip": "606010001"}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"npi": "1999999985"}, "npi: expected ten digits"),
        ({"tax_id": "12"}, "tax_id: expected nine digits"),
        ({"owner": "x"}, "a facility has no owner"),
        ({"city": "x"}, "a new facility needs its name"),
    ],
    ids=["npi", "tax id", "no field", "no name"],
)
def test_what_no_facility_can_have_is_refused_and_nothing_is_kept(
    db: Database, values: dict[str, str], why: str
) -> None:
    name = {} if "city" in values else {"name": "Hill Clinic"}

    with pytest.raises(DirectoryRefused, match=why):
        save_entry(db, SYSTEM, FACILITY, "HILL", name | values)

    with db.reading() as session:
        assert not entries(session, FACILITY)


UNSTATED = {
    "an empty name": (PAYER, {"name": ""}, "name: expected a name"),
    "a filing limit below none": (PAYER, {"timely_filing_days": "-5"}, "timely_filing_days: expected a number of days"),
    "an identifier with a delimiter": (PAYER, {"payer_identifier": "A*B"}, "payer_identifier: expected 2 to 80"),
    "no filing code": (PAYER, {"claim_filing_code": "XX"}, "claim_filing_code: expected one of 11 12"),
    "no state": (PAYER, {"state": "ZZ"}, "state: expected the two letters of a state"),
    "a city with delimiters": (PAYER, {"city": "A*B~C"}, "city: expected two letters or more"),
    "a street with a delimiter": (FACILITY, {"address_line1": "1 Mill~Road"}, "address_line1: expected a text without"),
    "a contact with a delimiter": (FACILITY, {"contact_name": "Jo:An"}, "contact_name: expected a text without"),
    "no taxonomy": (FACILITY, {"taxonomy": "261"}, "taxonomy: expected ten characters"),
}


@pytest.mark.parametrize(("kind", "values", "why"), UNSTATED.values(), ids=UNSTATED)
def test_what_no_claim_could_state_is_refused_with_what_was_expected(
    db: Database, kind: Kind, values: dict[str, str], why: str
) -> None:
    save_entry(db, SYSTEM, kind, "ONE", {"name": "Hill Clinic"})

    with pytest.raises(DirectoryRefused, match=why):
        save_entry(db, SYSTEM, kind, "ONE", values)

    with db.reading() as session:
        (row,) = entries(session, kind)
        assert row.model_dump(include=set(values)) == kind.table(source="", local_id="", name="Hill Clinic").model_dump(
            include=set(values)
        )


def test_the_identifier_of_another_payer_is_refused_with_its_name(db: Database) -> None:
    save_entry(db, SYSTEM, PAYER, "BLUE", {"name": "Blue Plains", "payer_identifier": "BLUEP"})
    save_entry(db, SYSTEM, PAYER, "HMO", {"name": "Meadow HMO", "payer_identifier": "MHMO1"})

    with pytest.raises(DirectoryRefused, match=r"bluep is that of Blue Plains \(BLUE\)"):
        save_entry(db, SYSTEM, PAYER, "HMO", {"payer_identifier": "bluep"})

    with db.reading() as session:
        assert [one.payer_identifier for one in session.exec(select(Payer).where(Payer.local_id == "HMO"))] == ["MHMO1"]


def test_plans_of_one_company_share_an_identifier_where_that_is_said_and_keep_it(db: Database) -> None:
    save_entry(db, SYSTEM, PAYER, "BLUE", {"name": "Blue Plains", "payer_identifier": "BLUEP"})
    save_entry(db, SYSTEM, PAYER, "BLUE2", {"name": "Blue Gold", "payer_identifier": "BLUEP"}, shared=True)

    save_entry(db, SYSTEM, PAYER, "BLUE2", {"payer_identifier": "BLUEP", "zip": "60601"})

    with db.reading() as session:
        assert {one.payer_identifier for one in session.exec(select(Payer))} == {"BLUEP"}


def test_an_identifier_that_a_payer_has_is_not_taken_out(db: Database) -> None:
    save_entry(db, SYSTEM, PAYER, "BLUE", {"name": "Blue Plains", "payer_identifier": "BLUEP"})

    with pytest.raises(DirectoryRefused, match="its claims are addressed by BLUEP"):
        save_entry(db, SYSTEM, PAYER, "BLUE", {"payer_identifier": ""})


def test_a_line_of_business_is_one_that_is_known_in_any_case(db: Database) -> None:
    with db.change(SYSTEM) as change:
        change.session.add(Payer(source="his", local_id="1", name="State Plan", line_of_business="CHIP"))
    save_entry(db, SYSTEM, PAYER, "BLUE", {"name": "Blue Plains", "line_of_business": "Medicare"})
    save_entry(db, SYSTEM, PAYER, "PLAN", {"name": "Plan", "line_of_business": "chip"})

    with pytest.raises(DirectoryRefused, match="expected one of commercial medicare .* self_pay other CHIP, got 'nons"):
        save_entry(db, SYSTEM, PAYER, "BLUE", {"line_of_business": "nonsense"})

    with db.reading() as session:
        kept = {one.local_id: one.line_of_business for one in session.exec(select(Payer))}
    assert kept == {"1": "CHIP", "BLUE": "medicare", "PLAN": "CHIP"}


def test_a_new_payer_needs_a_name_with_words(db: Database) -> None:
    with pytest.raises(DirectoryRefused, match="name: expected a name"):
        save_entry(db, SYSTEM, PAYER, "ONE", {"name": " "})


def test_a_field_is_set_beside_one_that_registration_gave_in_its_own_way(db: Database) -> None:
    with db.change(SYSTEM) as change:
        change.session.add(Facility(source="his", local_id="F1", name="Hill Clinic", state="Nebraska"))

    save_entry(db, SYSTEM, FACILITY, "F1", {"city": "Ansel"})

    with db.reading() as session:
        assert entries(session, FACILITY)[0].city == "Ansel"


def test_what_registration_leaves_out_stays_as_it_was_set(db: Database) -> None:
    save_entry(db, SYSTEM, PAYER, "BLUEP", {"name": "Blue", "timely_filing_days": "180"}, "his")

    with db.change(SYSTEM) as change:
        store_payer(KnownRows(change.session), PayerFields(source="his", local_id="BLUEP", name="Blue Plains"))

    with db.reading() as session:
        (row,) = entries(session, PAYER)
        assert (row.name, row.timely_filing_days) == ("Blue Plains", 180)


def test_a_number_that_several_sources_have_needs_its_source(db: Database) -> None:
    for source in ("his", "lab"):
        save_entry(db, SYSTEM, PAYER, "1", {"name": source}, source)

    with pytest.raises(DirectoryRefused, match="2 sources have a payer 1: his, lab"):
        save_entry(db, SYSTEM, PAYER, "1", {"zip": "60601"})


def test_a_visit_that_names_no_facility_is_billed_by_that_of_the_settings(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    with db.change(SYSTEM) as change:
        change.session.exec(select(Encounter)).one().facility_id = None
        own = change.session.exec(select(Facility)).one().local_id
    monkeypatch.setenv("CODEDESK_BILLING_FACILITY", own)

    report = build_claims(db, SYSTEM)

    assert len(report.built) == 1
