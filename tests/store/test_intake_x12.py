"""X12 837 of outside coders in: claims as encounters with charges, insurances and source codes."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import Database
from store.intake import IntakeReport, take_in
from store.intake.quarantine import quarantined, retry
from store.models import Charge, Coverage, Encounter, Facility, Patient, Provider, RawMessage, SourceCode, WorkItem
from store.terms import EncounterStatus, WorkStatus
from tests.codesets.shared_data import shared_file
from tests.store.intake_samples import count, only

ISA = "ISA*00*          *01*SECRET    *ZZ*SENDER         *ZZ*RECEIVER       *260302*1200*^*00501*000000001*0*T*:"
HEAD = "BHT*0019*00*1*20260302*1200*CH~NM1*41*2*OUTSIDE CODERS*****46*SUB1~NM1*40*2*SITE*****46*R1~"
BILLING = "HL*1**20*1~NM1*85*2*NORTH CLINIC*****XX*1234567893~N3*1 ROAD~N4*TOWN*KS*660020000~REF*EI*123456789~"
SUBSCRIBER = (
    "HL*2*1*22*0~SBR*P*18*G7****MC~NM1*IL*1*SAMPLE*ANN****MI*M77~N3*2 LANE~N4*TOWN*KS*66002~DMG*D8*19610302*F~"
    "REF*SY*999112222~NM1*PR*2*PAYER ONE*****PI*P1~"
)
CLAIM = (
    "CLM*C100*195***11:B:1*Y*A*Y*Y~REF*EA*M1~HI*ABK:J029*ABF:R059~NM1*82*1*GREY*IRIS****XX*1999999984~"
    "LX*1~SV1*HC:G0463:25:LT*150*UN*1***1:2~DTP*472*D8*20260302~REF*6R*L1~LX*2~SV1*HC:J1885*45*UN*3***1~"
    "DTP*472*D8*20260302~"
)
INPATIENT = (
    "CLM*C200*5000***11:A:1**A*Y*Y~DTP*434*RD8*20260302-20260305~DTP*435*DT*202603021130~DTP*096*TM*1400~CL1*1*7*01~"
    "REF*EA*M1~HI*ABK:J189:::::::Y~HI*BBR:0BJ08ZZ:D8:20260303~HI*DR:194~NM1*71*1*GREY*IRIS****XX*1999999984~"
    "LX*1~SV2*0120**5000*DA*3~"
)


def interchange(body: str, version: str = "005010X222A1", kind: str = "837") -> bytes:
    segments = f"ST*{kind}*0001*{version}~{HEAD}{BILLING}{SUBSCRIBER}{body}"
    closing = f"SE*{segments.count('~') + 1}*0001~GE*1*1~IEA*1*000000001~"
    return f"{ISA}~GS*HC*SENDER*RECEIVER*20260302*1200*1*X*{version}~{segments}{closing}".encode()


def take(db: Database, tmp_path: Path, data: bytes) -> IntakeReport:
    (tmp_path / "claims.txt").write_bytes(data)
    return take_in(db, SYSTEM, [tmp_path / "claims.txt"])


@pytest.mark.both_databases
def test_a_professional_claim_becomes_a_visit_with_charges_and_source_codes(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, interchange(CLAIM))

    visit = only(db, Encounter)
    assert report.exit_code == 0
    assert (visit.source, visit.visit_number, visit.setting.value) == ("SUB1", "C100", "clinic")
    assert (visit.status, visit.service_date, visit.place_of_service) == (
        EncounterStatus.DISCHARGED,
        "2026-03-02",
        "11",
    )
    with db.reading() as session:
        lines = session.execute(select(Charge.charge_number, Charge.procedure_code, Charge.units, Charge.amount_cents))
        assert sorted(map(tuple, lines)) == [("2", "J1885", 3, 4500), ("L1", "G0463", 1, 15000)]
        codes = session.execute(select(SourceCode.system, SourceCode.code, SourceCode.display)).all()
    assert ("ICD-10-CM", "J029", "principal") in codes
    assert (only(db, Patient).mrn, only(db, Coverage).member_id) == ("M1", "M77")
    assert (only(db, Facility).npi, only(db, Provider).npi) == ("1234567893", "1999999984")
    assert only(db, WorkItem).status == WorkStatus.READY


@pytest.mark.both_databases
def test_an_institutional_claim_brings_stay_disposition_poa_procedures_and_drg(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, interchange(INPATIENT, "005010X223A2"))

    visit = only(db, Encounter)
    assert (visit.setting.value, visit.started_at, visit.ended_at) == (
        "inpatient",
        "2026-03-02T11:30:00",
        "2026-03-05T14:00:00",
    )
    assert visit.discharge_disposition == "01"
    assert only(db, SourceCode, code="J189").display == "principal; present on admission Y"
    assert only(db, SourceCode, code="0BJ08ZZ").system == "ICD-10-PCS"
    assert only(db, SourceCode, code="194").system == "MS-DRG"
    assert only(db, Charge).revenue_code == "0120"


def test_the_same_claim_again_changes_nothing_and_a_replacement_reverses_what_changed(
    db: Database, tmp_path: Path
) -> None:
    take(db, tmp_path, interchange(CLAIM))

    again = take(db, tmp_path, interchange(CLAIM))
    take(db, tmp_path, interchange(CLAIM.replace("11:B:1", "11:B:7").replace("*45*UN*3", "*30*UN*2")))

    assert again.total("encounters_unchanged") == 1
    with db.reading() as session:
        rows = session.execute(select(Charge.charge_number, Charge.amount_cents)).all()
    assert sorted(map(tuple, rows)) == [("2", 4500), ("2~2", 3000), ("2~R", -4500), ("L1", 15000)]


def test_a_void_cancels_its_visit_and_keeps_it(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, interchange(CLAIM))

    take(db, tmp_path, interchange(CLAIM.replace("11:B:1", "11:B:8")))

    assert (only(db, Encounter).status, only(db, WorkItem).status) == (EncounterStatus.CANCELED, WorkStatus.CANCELED)


def test_a_claim_is_kept_alone_without_passwords_and_can_be_tried_again(db: Database, tmp_path: Path) -> None:
    bad = CLAIM.replace("*150*UN", "*abc*UN").replace("C100", "C101")

    report = take(db, tmp_path, interchange(CLAIM + bad))

    [record] = quarantined(db)
    kept = zlib.decompress(only(db, RawMessage).content)
    assert report.total("encounters_new") == 1
    assert record.reason == "line 1: expected an amount in dollars and cents and a quantity as numbers"
    assert b"SECRET" not in kept
    assert b"999112222" not in kept
    assert b"C101" not in kept
    assert retry(db, SYSTEM).quarantined == 1


def test_why_medicare_is_second_is_taken_in_with_the_visit(db: Database, tmp_path: Path) -> None:
    content = interchange(CLAIM).replace(b"SBR*P*18*G7****MC~", b"SBR*S*18*G7**43****MB~")

    take(db, tmp_path, content)

    with db.reading() as session:
        assert session.exec(select(Encounter)).one().extra["msp_type"] == "43"


def test_a_composite_with_another_separator_is_named_and_not_guessed(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, interchange(CLAIM.replace("HC:G0463:25:LT", "HC>G0463>25>LT")))

    [refusal] = report.files[0].quarantined
    assert refusal.reason == "line 1: SV101: expected : between its components, as the ISA says"


def test_institutional_claims_with_professional_lines_are_refused(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, interchange(CLAIM, "005010X223A2"))

    assert report.files[0].quarantined[0].reason == "line 1: expected a service in SV2, found SV1"


@pytest.mark.parametrize(
    ("version", "kind", "words"),
    [("004010X098A1", "837", "X12 837 of the old version 004010X098A1"), ("005010X221A1", "835", "X12 835")],
)
def test_other_transactions_and_old_versions_are_named(
    db: Database, tmp_path: Path, version: str, kind: str, words: str
) -> None:
    report = take(db, tmp_path, interchange(CLAIM, version, kind))

    assert report.files[0].messages == (f"not used: 1 {words}",)
    assert count(db, Encounter) == 0


def test_counts_that_are_wrong_are_said_and_cost_nothing(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, interchange(CLAIM).replace(b"SE*", b"SE*9"))

    assert report.total("encounters_new") == 1
    assert report.files[0].messages[0].startswith("SE counts 9")


def test_every_sample_claim_is_stored_or_named(db: Database) -> None:
    report = take_in(db, SYSTEM, [shared_file("data", "x12", name) for name in ("837P", "837I")])

    assert report.total("records") > 1_500
    assert report.total("encounters_new") >= 30
    assert all(file.kind == "X12" or "106 characters" in file.messages[0] for file in report.files)
