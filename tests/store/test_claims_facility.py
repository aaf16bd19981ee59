"""Institutional claims from final codings of facilities: their lines, their codes, their limits, and what leaves."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from codesets.catalog import Reference
from store.actors import SYSTEM, Actor
from store.claims.build import NotBuiltReason, build_claims
from store.claims.content import BilledDiagnosis, BilledLine, ClaimContent, load_claim
from store.claims.details import Drug
from store.claims.division import divide_facility
from store.claims.export import export_claims
from store.claims.facility import billed_lines
from store.claims.scrubbing import scrub_claim
from store.database import Database
from store.models import (
    Charge,
    Coding,
    CodingDrg,
    Encounter,
    EncounterProvider,
    FinalDiagnosis,
    FinalProcedureLine,
    Finding,
    Provider,
)
from store.paper import ub04
from store.paper.grid import text_of
from store.terms import ClaimStatus, CodingKind, DiagnosisRole, PatientClass, ProviderRole, Setting
from store.x12 import institutional
from store.x12.writer import Envelope
from tests.store.claim_samples import CODES, SERVICE, TODAY, add_coding, add_encounter
from tests.store.demo_coding import code_site
from tests.store.validator import faults_of

STAY = {"setting": Setting.INPATIENT, "patient_class": PatientClass.INPATIENT}


def visit(**values: object) -> Encounter:
    fields = {"setting": Setting.EMERGENCY, "started_at": "2026-09-10T14:40:00-05:00", "service_date": SERVICE}
    return Encounter(source="t", visit_number="V", patient_id="p", account_id="a", **{**fields, **values})


def charge(number: str, revenue: str, cents: int, code: str = "", units: int = 1, **more: object) -> Charge:
    fields = {"service_date": SERVICE, "procedure_code": code, "units": units, **more}
    return Charge(encounter_id="e", charge_number=number, revenue_code=revenue, amount_cents=cents, **fields)


def facility_lines(encounter: Encounter, charges: list[Charge], coded: list[FinalProcedureLine]) -> list[BilledLine]:
    return list(billed_lines(encounter, charges, coded).lines)


def shown(lines: list[BilledLine]) -> list[tuple[str, str, int, int]]:
    return [(line.revenue_code, line.code, line.units, line.charge_cents) for line in lines]


def test_an_inpatient_bill_adds_up_its_charges_by_revenue_code() -> None:
    charges = [charge("1", "250", 1000), charge("2", "0250", 500, "J1885"), charge("3", "0120", 90000, units=3)]

    lines = facility_lines(visit(**STAY), charges, [])

    assert shown(lines) == [("0120", "", 3, 90000), ("0250", "", 2, 1500)]
    assert [line.unit for line in lines] == ["DA", "UN"]


def test_a_revenue_code_gets_its_leading_zero_back_and_no_more() -> None:
    lines = facility_lines(visit(**STAY), [charge("1", "250", 1000), charge("2", "12", 500)], [])

    assert sorted(line.revenue_code for line in lines) == ["0250", "12"]


def test_an_outpatient_bill_keeps_codes_modifiers_and_days_apart() -> None:
    charges = [
        charge("1", "0636", 1000, "J1885"),
        charge("2", "0636", 1000, "J1885", service_date="2026-09-14"),
        charge("3", "0636", 500, "J1885"),
    ]

    lines = facility_lines(visit(), charges, [])

    assert [(line.service_date, line.units, line.charge_cents) for line in lines] == [
        ("2026-09-14", 1, 1000),
        (SERVICE, 2, 1500),
    ]


def test_a_reversed_charge_leaves_nothing_behind() -> None:
    charges = [charge("1", "0300", 700), charge("2", "0300", -700, reversal_of="1"), charge("3", "0250", 100)]

    assert shown(facility_lines(visit(), charges, [])) == [("0250", "", 1, 100)]


def test_a_reversal_takes_its_units_back_whichever_sign_its_sender_gave_them() -> None:
    of_a_feed = [charge("1", "0300", 700), charge("2", "0300", -700, units=-1, reversal_of="1")]
    of_nothing = [charge("1", "0300", 0), charge("2", "0300", 0, units=-1, reversal_of="1")]

    assert facility_lines(visit(), of_a_feed, []) == facility_lines(visit(), of_nothing, []) == []


def test_a_credit_that_leaves_money_leaves_one_unit() -> None:
    charges = [charge("1", "0300", 700), charge("2", "0300", -200)]

    assert shown(facility_lines(visit(), charges, [])) == [("0300", "", 1, 500)]


@pytest.mark.parametrize("units", [0, -1])
@pytest.mark.parametrize("stay", [{}, STAY], ids=["outpatient", "stay"])
def test_units_that_were_charged_as_none_or_fewer_are_billed_so_and_hidden_in_no_sum(units: int, stay: dict) -> None:
    charges = [charge("1", "0510", 9000, "G0463", units=3), charge("2", "0510", 3000, "G0463", units=units)]

    lines = facility_lines(visit(**stay), charges, [])

    assert sorted((line.units, line.charge_cents) for line in lines) == [(units, 3000), (3, 9000)]


@pytest.mark.parametrize("units", [0, -1])
@pytest.mark.parametrize("charges", [[], [charge("1", "0510", 3000, "G0463")]], ids=["alone", "beside its charge"])
def test_units_that_were_coded_as_none_or_fewer_are_billed_so(units: int, charges: list[Charge]) -> None:
    coded = [FinalProcedureLine(coding_id="c", sequence=1, code="G0463", units=units, charge_cents=3000)]

    assert shown(facility_lines(visit(), charges, coded)) == [("0510", "G0463", units, 3000)]


def test_what_the_coder_entered_gives_its_charge_the_modifiers_and_is_not_billed_twice() -> None:
    coded = [FinalProcedureLine(coding_id="c", sequence=1, code="G0463", modifiers=["25"], charge_cents=30000)]

    (line,) = facility_lines(visit(), [charge("1", "0450", 30000, "G0463")], coded)

    assert (line.code, line.modifiers, line.charge_cents) == ("G0463", ("25",), 30000)


def test_a_procedure_that_no_charge_carries_gets_its_usual_revenue_code() -> None:
    coded = [FinalProcedureLine(coding_id="c", sequence=1, code="G0378", units=9, charge_cents=45000)]

    assert shown(facility_lines(visit(), [], coded)) == [("0762", "G0378", 9, 45000)]


@given(st.lists(st.tuples(st.sampled_from(["0250", "0300", "0450"]), st.integers(1, 10**6)), min_size=1, max_size=40))
def test_the_lines_add_up_to_the_charges(amounts: list[tuple[str, int]]) -> None:
    charges = [charge(str(n), revenue, cents) for n, (revenue, cents) in enumerate(amounts)]

    for encounter in (visit(), visit(**STAY)):
        lines = facility_lines(encounter, charges, [])
        assert sum(line.charge_cents for line in lines) == sum(cents for _, cents in amounts)


@given(st.integers(1, 60), st.integers(1, 2500))
def test_parts_keep_to_the_limits_of_the_form_and_lose_no_line(diagnoses: int, lines: int) -> None:
    codes = [BilledDiagnosis(n, f"A{n:02}") for n in range(1, diagnoses + 1)]
    billed = [BilledLine(n, "", SERVICE, n, revenue_code="0250") for n in range(1, lines + 1)]

    parts = divide_facility(codes, billed)

    assert all(len(part.diagnoses) <= 25 and 1 <= len(part.lines) <= 999 for part in parts)
    assert all([line.sequence for line in part.lines] == list(range(1, len(part.lines) + 1)) for part in parts)
    assert [line.charge_cents for part in parts for line in part.lines] == [line.charge_cents for line in billed]
    assert all(bool(part.notes) == (len(parts) > 1 or diagnoses > 25) for part in parts)


def add_stay(db: Database, visit_number: str = "V1", **extra: object) -> str:
    with db.change(SYSTEM) as change:
        session = change.session
        encounter = add_encounter(session, visit_number, "2026-09-10")
        for name, value in {
            **STAY,
            "started_at": "2026-09-10T14:40:00-05:00",
            "ended_at": "2026-09-15T13:15:00-05:00",
            "service_date": SERVICE,
            "admission_type": "1",
            "point_of_origin": "1",
            "discharge_disposition": "01",
            "extra": dict(extra),
        }.items():
            setattr(encounter, name, value)
        coding = add_coding(session, encounter, ("A41.9", "N17.9", "R50.9"), (), CodingKind.FACILITY)
        rows = session.exec(select(FinalDiagnosis).where(FinalDiagnosis.coding_id == coding)).all()
        rows[2].role = DiagnosisRole.ADMITTING
        session.add(
            FinalProcedureLine(
                coding_id=coding, sequence=1, system="icd10pcs", code="0DTJ4ZZ", service_date="2026-09-11"
            )
        )
        session.add(
            Charge(
                encounter_id=encounter.id,
                charge_number="1",
                service_date="2026-09-10",
                revenue_code="0120",
                units=5,
                amount_cents=500000,
            )
        )
    return coding


def built(db: Database) -> ClaimContent:
    (claim,) = build_claims(db, SYSTEM).built
    with db.reading() as session:
        return load_claim(session, claim.claim_id)


def test_a_stay_becomes_an_institutional_claim_with_its_codes_in_their_roles(db: Database) -> None:
    add_stay(db)

    claim = built(db)

    bill = claim.parties.facility_bill
    assert (claim.form, bill.type_of_bill, claim.total_cents) == ("837i", "11", 500000)
    assert [one.code for one in claim.diagnoses] == ["A41.9", "N17.9"]
    assert (bill.admitting, [one.code for one in bill.procedures]) == ("R50.9", ["0DTJ4ZZ"])
    assert (claim.service_from, claim.service_through) == ("2026-09-10", SERVICE)


def test_whom_the_coder_named_with_a_procedure_operated_whatever_the_visit_says(db: Database) -> None:
    coding = add_stay(db)
    with db.change(SYSTEM) as change:
        session = change.session
        surgeon, other = (
            Provider(source="test", local_id=npi, npi=npi, family_name=name, given_name="Ada")
            for npi, name in (("1999902012", "Whitcomb"), ("1999903010", "Boone"))
        )
        session.add_all([surgeon, other])
        session.flush()
        encounter = session.get_one(Coding, coding).encounter_id
        session.add(EncounterProvider(encounter_id=encounter, provider_id=other.id, role=ProviderRole.OPERATING))
        line = session.exec(select(FinalProcedureLine).where(FinalProcedureLine.coding_id == coding)).one()
        line.performer_npi = surgeon.npi

    bill = built(db).parties.facility_bill

    assert bill is not None and bill.operating is not None and bill.other_operating is not None
    assert (bill.operating.family_name, bill.other_operating.family_name) == ("Whitcomb", "Boone")


def test_what_a_sender_gives_of_the_bill_goes_on_it(db: Database) -> None:
    values = {"drg": "871", "values": [{"code": "80", "cents": 500}], "conditions": ["17"]}
    add_stay(db, facility_bill=values)

    bill = built(db).parties.facility_bill

    assert (bill.drg, bill.values[0].cents, bill.conditions) == ("871", 500, ("17",))


@pytest.mark.parametrize("stated", ["13", "131", "0131"])
def test_a_type_of_bill_is_read_with_or_without_its_zero_and_frequency_one(db: Database, stated: str) -> None:
    add_stay(db, facility_bill={"type_of_bill": stated})

    text = written(built(db))

    assert "*13:A:1*" in text


@pytest.mark.parametrize("stated", ["0117", "117", "0999", "999", "0", "013", "1310"])
def test_any_other_type_of_bill_of_a_sender_is_found(db: Database, stated: str) -> None:
    add_stay(db, facility_bill={"type_of_bill": stated})
    (claim,) = build_claims(db, SYSTEM).built

    scrub_claim(db, CODES, SYSTEM, claim.claim_id, today=TODAY)

    with db.reading() as session:
        said = {one.message for one in session.exec(select(Finding)) if one.severity.blocks}
    assert f"The type of bill is {stated}." in said


def written(claim: ClaimContent) -> str:
    out = io.BytesIO()
    envelope = Envelope("S", "R", "T", 1, 1, dt.datetime(2026, 9, 20), "HC", institutional.VERSION)
    institutional.write_interchange(out, [claim], envelope, 1)
    return out.getvalue().decode()


def printed(claim: ClaimContent) -> str:
    return text_of(ub04.pages(claim, dt.date(2026, 9, 20)))


def group(db: Database, coding: str, drg: str, **values: str) -> None:
    told = {"discharged": SERVICE, "disposition": "01", "return_code": "OK", **values}
    with db.change(SYSTEM) as change:
        change.session.add(
            CodingDrg(coding_id=coding, drg=drg, initial_drg=drg, engine="grouper", version="44.0", **told)
        )


def test_the_drg_of_the_final_coding_goes_on_the_bill_before_what_a_sender_gave(db: Database, tmp_path: Path) -> None:
    group(db, add_stay(db, facility_bill={"drg": "870"}), "853")

    claim = built(db)

    assert claim.parties.facility_bill.drg == "853"
    assert "HI*DR:853~" in written(claim)
    assert "853" in printed(claim)


def test_a_stay_that_could_not_be_grouped_states_no_drg(db: Database) -> None:
    group(db, add_stay(db), "999", return_code="INVALID_PRINCIPAL_DX")

    assert built(db).parties.facility_bill.drg == ""


def test_a_stay_whose_status_changed_after_it_was_grouped_does_not_leave(db: Database, reference: Reference) -> None:
    group(db, add_stay(db), "853", disposition="03")
    (claim,) = build_claims(db, SYSTEM).built

    assert scrub_claim(db, reference, SYSTEM, claim.claim_id).blocked
    with db.reading() as session:
        (finding,) = session.exec(select(Finding).where(Finding.rule_id == "r428")).all()
        assert finding.message == "The claim states DRG 853, but the discharge status was 03."


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"facility_bill": {"drg": 871}}, "extra.facility_bill.drg: expected text, got 871"),
        ({"claim": {"notes": "x"}}, "extra.claim.notes is no field"),
        ({"claim": {"ambulance": {"miles": "2"}}}, "extra.claim.ambulance"),
    ],
)
def test_what_a_sender_gives_and_cannot_be_read_is_named_and_nothing_is_built(
    db: Database, extra: dict, told: str
) -> None:
    add_stay(db, **extra)

    report = build_claims(db, SYSTEM)

    (refused,) = report.not_built
    assert refused.reason is NotBuiltReason.BAD_EXTRA
    assert refused.detail.startswith(told)


@pytest.mark.thorough
def test_every_facility_chart_of_the_demo_site_leaves_as_a_file_that_the_validator_accepts(
    demo: Database, reference: Reference, coder: Actor, biller: Actor, tmp_path: Path
) -> None:
    coded = code_site(demo, reference, coder, CodingKind.FACILITY)
    report = build_claims(demo, biller)
    results = [scrub_claim(demo, reference, biller, claim.claim_id) for claim in report.built]

    sent = export_claims(demo, biller, None, tmp_path / "claims.837", ready_only=True, form="837i")

    assert len(report.built) == len(coded)
    to_payers = [result for result in results if result.status is not ClaimStatus.PATIENT]
    assert sent.claims == sum(not result.blocked for result in to_payers) > 0
    assert faults_of((tmp_path / "claims.837").read_bytes(), tmp_path) == []


def test_a_revenue_code_and_a_drug_that_were_coded_go_before_those_of_the_charge() -> None:
    coded = [
        FinalProcedureLine(
            coding_id="c",
            sequence=1,
            code="J1100",
            ndc="00093721410",
            ndc_quantity="ML2.5",
            revenue_code="0636",
            charge_cents=2000,
        ),
        FinalProcedureLine(coding_id="c", sequence=2, code="G0101", revenue_code="510", charge_cents=9000),
    ]

    lines = facility_lines(visit(), [charge("1", "0250", 2000, "J1100")], coded)

    assert shown(lines) == [("0510", "G0101", 1, 9000), ("0636", "J1100", 1, 2000)]
    assert lines[1].drug == Drug("00093721410", "2.5", "ML")


def coded(code: str, cents: int = 0, units: int = 1, **more: object) -> FinalProcedureLine:
    return FinalProcedureLine(coding_id="c", sequence=1, code=code, charge_cents=cents, units=units, **more)


def test_units_and_charge_of_the_coder_take_the_place_of_those_posted_and_that_is_told() -> None:
    found = billed_lines(visit(), [charge("1", "0636", 700, "J1200")], [coded("J1200", 2100, units=3)])

    assert shown(list(found.lines)) == [("0636", "J1200", 3, 2100)]
    assert found.notes == ("J1200 is billed with the units and the charge of its line, not with those posted.",)


def test_a_line_without_a_charge_has_the_posted_price_of_its_units() -> None:
    found = billed_lines(visit(), [charge("1", "0636", 1400, "J1200", units=2)], [coded("J1200", units=3)])

    assert shown(list(found.lines)) == [("0636", "J1200", 3, 2100)]


def test_a_modifier_alone_changes_no_money_and_is_not_told() -> None:
    found = billed_lines(visit(), [charge("1", "0450", 700, "G0383")], [coded("G0383", 700, modifiers=["25"])])

    assert (found.cents, found.lines[0].modifiers, found.notes) == (700, ("25",), ())


def test_a_charge_of_the_charge_master_keeps_its_units_and_money_and_takes_the_modifiers() -> None:
    posted = [charge("1", "0636", 700, "J1200", hard_coded=True)]

    found = billed_lines(visit(), posted, [coded("J1200", 2100, units=3, modifiers=["JZ"])])

    assert (shown(list(found.lines)), found.lines[0].modifiers) == ([("0636", "J1200", 1, 700)], ("JZ",))
    assert found.notes == ("J1200 is billed with the posted units and charge: they are of the charge master.",)


def test_a_level_of_an_emergency_visit_takes_the_place_of_the_posted_level() -> None:
    posted = [charge("1", "0450", 64500, "G0382"), charge("2", "0270", 40200)]

    found = billed_lines(visit(), posted, [coded("G0383", 64000, modifiers=["25"])])

    assert shown(list(found.lines)) == [("0270", "", 1, 40200), ("0450", "G0383", 1, 64000)]
    assert found.notes == ("G0383 is billed as coded, in the place of the posted G0382.",)


def test_a_level_of_the_charge_master_stands_and_no_second_one_is_billed() -> None:
    found = billed_lines(visit(), [charge("1", "0450", 64500, "G0382", hard_coded=True)], [coded("G0383", 64000)])

    assert shown(list(found.lines)) == [("0450", "G0382", 1, 64500)]
    assert "G0383 is not billed" in found.notes[0]


@pytest.mark.parametrize(
    ("revenue", "posted", "code", "modifiers"),
    [("0450", "G0382", "G0383", ["27"]), ("0510", "G0382", "G0383", []), ("0450", "G0382", "G0101", [])],
    ids=["another visit of the day", "another department", "another service"],
)
def test_what_no_posted_charge_is_of_is_billed_beside_them_and_that_is_told(
    revenue: str, posted: str, code: str, modifiers: list[str]
) -> None:
    found = billed_lines(visit(), [charge("1", revenue, 64500, posted)], [coded(code, 9000, modifiers=modifiers)])

    assert found.cents == 73500
    assert found.notes == (f"{code} is billed beside the posted charges: none of them is of it.",)


def test_a_line_is_about_the_charge_of_its_own_modifiers_before_that_of_others() -> None:
    posted = [charge("1", "0320", 500, "P9612"), charge("2", "0320", 700, "P9612", modifiers=["76"])]

    found = billed_lines(visit(), posted, [coded("P9612", 900, modifiers=["76"])])

    assert [(line.modifiers, line.charge_cents) for line in found.lines] == [((), 500), (("76",), 900)]


def test_a_line_is_about_the_charge_of_its_day_before_that_of_another() -> None:
    posted = [charge("1", "0636", 500, "J1200", service_date="2026-09-14"), charge("2", "0636", 500, "J1200")]

    found = billed_lines(visit(), posted, [coded("J1200", 900, service_date=SERVICE)])

    assert [(line.service_date, line.charge_cents) for line in found.lines] == [("2026-09-14", 500), (SERVICE, 900)]


def test_a_second_line_of_a_code_that_is_posted_once_is_billed_beside_it() -> None:
    lines = [coded("J1200", 700), coded("J1200", 700, modifiers=["59"])]

    found = billed_lines(visit(), [charge("1", "0636", 700, "J1200")], lines)

    assert (found.cents, len(found.notes)) == (1400, 1)


def test_a_line_whose_charge_was_taken_back_is_not_lost() -> None:
    posted = [charge("1", "0636", 700, "J1200"), charge("2", "0636", -700, "J1200", reversal_of="1")]

    assert shown(facility_lines(visit(), posted, [coded("J1200", 700)])) == [("0636", "J1200", 1, 700)]


def test_a_stay_is_billed_by_its_charges_alone_and_that_is_told() -> None:
    found = billed_lines(visit(**STAY), [charge("1", "0636", 700, "J1200")], [coded("J1200", 2100, units=3)])

    assert found.cents == 700
    assert found.notes == ("J1200 is not billed: the bill of a stay is made of its posted charges alone.",)


def test_what_is_billed_otherwise_than_posted_is_found_on_the_claim(db: Database, reference: Reference) -> None:
    coding = add_stay(db)
    with db.change(SYSTEM) as change:
        line = coded("G0101", 9000)
        line.coding_id, line.sequence = coding, 2
        change.session.add(line)
    (claim,) = build_claims(db, SYSTEM).built

    scrub_claim(db, reference, SYSTEM, claim.claim_id, today=TODAY)

    with db.reading() as session:
        (finding,) = session.exec(select(Finding).where(Finding.rule_id == "r481")).all()
    assert finding.message == "G0101 is not billed: the bill of a stay is made of its posted charges alone."


FINAL_AT, LATER = "2026-09-20T10:00:00.000Z", "2026-09-21T10:00:00.000Z"


def earlier(*args: object, **more: object) -> Charge:
    return charge(*args, posted_at="2026-09-16T10:00:00.000Z", **more)


def test_what_is_posted_after_final_coding_is_added_to_the_line_that_took_the_place_of_its_service() -> None:
    posted = [earlier("1", "0636", 700, "J1200"), charge("2", "0636", 700, "J1200", posted_at=LATER)]

    found = billed_lines(visit(), posted, [coded("J1200", 1400, units=2, modifiers=["59"])], FINAL_AT)

    assert (shown(list(found.lines)), found.lines[0].modifiers) == ([("0636", "J1200", 3, 2100)], ("59",))


def test_what_is_credited_after_final_coding_is_taken_off_the_line_that_took_the_place_of_its_service() -> None:
    credit = charge("2", "0450", -700, "G0383", reversal_of="1", posted_at=LATER)

    posted = [earlier("1", "0450", 700, "G0383"), credit]

    found = billed_lines(visit(), posted, [coded("G0383", 700, modifiers=["25"])], FINAL_AT)

    assert found.lines == ()


def test_a_coding_that_is_older_than_all_its_charges_is_about_them() -> None:
    posted = [charge("1", "0450", 700, "G0383", posted_at=LATER)]

    found = billed_lines(visit(), posted, [coded("G0383", 700, modifiers=["25"])], FINAL_AT)

    assert (found.cents, found.notes) == (700, ())
