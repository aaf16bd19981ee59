"""What a facility's chart says of its money before it is final coded, and what a line takes from a posted charge."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from codesets.catalog import Reference
from store.actors import Actor
from store.claims.build import build_claims
from store.coding.codes import Codes, Defaults, Diagnosis, ProcedureLine, apply_entry
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis, AddProcedure, PointAll
from store.coding.facility_claim import billed_cents, posted_as
from store.coding.finishing import finalize
from store.coding.opening import open_chart
from store.coding.summary import summarize
from store.database import Database
from store.queries import SessionReader
from store.queries.charts import chart_head
from store.queries.codings import coding_codes, tasks_of
from store.queries.standing import Posted
from store.queries.surroundings import Surroundings, surroundings_of
from store.terms import CodingKind, DiagnosisRole, PatientClass, Setting
from tests.store.test_guideline_rules import HEAD

VISIT = replace(HEAD, kind=CodingKind.FACILITY, setting=Setting.EMERGENCY, charged_cents=104700)
LEVEL = Posted("1", "", "0450", "G0382", (), 1, 64500, VISIT.service_date)
POSTED = Surroundings(posted=(LEVEL, Posted("2", "", "0270", "", (), 1, 40200, VISIT.service_date)))


def added(entry: AddProcedure, around: Surroundings = POSTED) -> tuple[ProcedureLine, str]:
    """The line that an entry adds to an emergency visit of a facility, and what is said of it."""
    defaults = Defaults(VISIT.service_date, posted_as=partial(posted_as, VISIT, around))
    codes, said = apply_entry(Codes(), entry, defaults)
    return codes.lines[0], said


def test_a_level_that_names_no_charge_has_that_of_the_posted_level() -> None:
    line, said = added(AddProcedure("hcpcs", "G0383", ("25",)))

    assert (line.units, line.charge_cents) == (1, 64500)
    assert said == "Added G0383 as line a, in the place of the posted G0382."


def test_a_line_that_names_no_units_has_those_that_are_posted() -> None:
    drug = Posted("1", "", "0636", "J2919", (), 25, 2750, VISIT.service_date)

    line, said = added(AddProcedure("hcpcs", "J2919"), Surroundings(posted=(drug,)))

    assert (line.units, line.charge_cents) == (25, 2750)
    assert said == "Added J2919 as line a, in the place of the posted one."


def test_units_that_are_named_come_at_the_posted_price() -> None:
    drug = Posted("1", "", "0636", "J2919", (), 25, 2750, VISIT.service_date)

    line, _ = added(AddProcedure("hcpcs", "J2919", units=10), Surroundings(posted=(drug,)))

    assert (line.units, line.charge_cents) == (10, 1100)


def test_a_line_that_a_charge_of_the_charge_master_outweighs_says_what_is_billed() -> None:
    drug = Posted("1", "", "0636", "J1200", (), 1, 700, VISIT.service_date, hard_coded=True)

    _, said = added(AddProcedure("hcpcs", "J1200", units=3, charge_cents=2100), Surroundings(posted=(drug,)))

    assert said == "Added J1200 as line a; J1200 x1, 7.00, is billed, as its charge master says."


@pytest.mark.parametrize(
    ("line", "cents"),
    [
        (ProcedureLine("hcpcs", "G0383", ("25",), charge_cents=64000), 104200),
        (ProcedureLine("hcpcs", "G0101", charge_cents=9000), 113700),
    ],
    ids=["in the place of a charge", "beside the charges"],
)
def test_the_money_of_the_page_is_that_of_the_claim(reference: Reference, line: ProcedureLine, cents: int) -> None:
    codes = Codes((Diagnosis("S82.891A", DiagnosisRole.PRINCIPAL),), (line,))

    told = summarize(reference, VISIT, codes, (), (), signed=True, around=POSTED)

    assert (told.charge_cents, told.changed_cents) == (cents, cents - VISIT.charged_cents)
    assert told.claims == "the facility's claim, from the posted charges and the coder's lines"


def test_covered_money_stays_covered_on_the_page(reference: Reference) -> None:
    covered = replace(VISIT, charged_cents=None)

    told = summarize(reference, covered, Codes(), (), (), signed=True, around=POSTED)

    assert (told.charge_cents, told.changed_cents) == (None, None)


def test_the_lines_of_a_stay_are_no_part_of_its_money() -> None:
    stay = replace(VISIT, patient_class=PatientClass.INPATIENT, setting=Setting.INPATIENT)
    codes = Codes((), (ProcedureLine("hcpcs", "G0383", charge_cents=64000),))

    assert billed_cents(stay, codes, POSTED) == VISIT.charged_cents


@pytest.mark.parametrize("kind", list(CodingKind))
@pytest.mark.parametrize("line", [AddProcedure("hcpcs", "G0384", ("25",)), AddProcedure("hcpcs", "J1200", units=3)])
def test_the_claim_bills_what_the_chart_said(
    demo: Database, reference: Reference, coder: Actor, biller: Actor, kind: CodingKind, line: AddProcedure
) -> None:
    with demo.reading() as session:
        reader = SessionReader(session)
        (visit,) = reader.rows("SELECT id FROM encounter WHERE visit_number = 'V26-1017'")
        item = tasks_of(reader, visit["id"])[kind]
    opened = open_chart(demo, coder, item)
    with demo.reading() as session:
        head = chart_head(SessionReader(session), item)
        around = surroundings_of(SessionReader(session), head)
    defaults = Defaults(head.service_date, posted_as=partial(posted_as, head, around))
    cause, reason = AddDiagnosis("R07.9"), AddDiagnosis("R07.9", DiagnosisRole.REASON)
    for entry in (cause, reason, replace(line, charge_cents=2100), PointAll()):
        enter(demo, coder, opened.coding_id, entry, defaults)

    with demo.reading() as session:
        codes = coding_codes(SessionReader(session), opened.coding_id)
    finalize(demo, reference, coder, opened.coding_id)

    (claim,) = build_claims(demo, biller, opened.coding_id).built
    assert claim.total_cents == billed_cents(head, codes, around)
