"""Before and after final coding: what it comes to, the DRG that stays with it, a new version once it has left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import col, select

from codesets.catalog import Reference
from codesets.edits import CodeFinding, Severity
from codesets.grouping.reasons import Explained
from store.actors import Actor
from store.coding.codes import Codes, Defaults, Diagnosis, ProcedureLine
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis, PointAll
from store.coding.finishing import finalize
from store.coding.in_work import CodingRefused, load_codes
from store.coding.opening import open_chart
from store.coding.reopening import recode, take_back
from store.coding.summary import FinalSummary, summarize
from store.coding.would_be_claim import stops_of
from store.database import Database
from store.models import Charge, Claim, Coding, CodingDrg, Coverage, Encounter, Payer, WorkItem
from store.queries import SessionReader
from store.queries.charts import ChartHead, chart_head
from store.reasons import ReasonNeeded
from store.terms import ClaimStatus, CodingKind, CodingStatus, DiagnosisRole, PatientClass, WorkStatus
from tui.screens.chart.finishing import summary_lines

pytestmark = pytest.mark.both_databases

CODES = Codes((Diagnosis("E11.22", DiagnosisRole.PRINCIPAL),), (ProcedureLine("hcpcs", "G0467", charge_cents=20000),))


def head_of(demo: Database, kind: CodingKind, inpatient: bool) -> ChartHead:
    with demo.reading() as session:
        query = select(WorkItem.id).join(Encounter, Encounter.id == WorkItem.encounter_id)
        stay = Encounter.patient_class == PatientClass.INPATIENT
        item = session.exec(query.where(WorkItem.kind == kind, stay if inpatient else ~stay)).first()
        return chart_head(SessionReader(session), item)


def finding(severity: Severity) -> CodeFinding:
    return CodeFinding("c01", 1, severity, "title", f"{severity.value} here", "", "source", "diagnosis.1")


def summary_of(reference: Reference, head: ChartHead, codes: Codes = CODES, *found: CodeFinding) -> FinalSummary:
    return summarize(reference, head, codes, found, ["op report missing (records)"], signed=True)


def test_a_summary_tells_money_holds_and_the_claims_that_will_be_built(demo: Database, reference: Reference) -> None:
    head = head_of(demo, CodingKind.PROFESSIONAL, inpatient=False)

    told = summary_of(reference, head)

    assert (told.charge_cents, told.changed_cents) == (20000, 20000 - head.charged_cents)
    assert told.holds == ("op report missing (records)",)
    assert told.claims.startswith("1 professional claim to ")


def test_each_side_of_a_visit_is_held_against_the_charges_that_it_bills(demo: Database, reference: Reference) -> None:
    with demo.reading() as session:
        both = select(WorkItem.encounter_id).where(WorkItem.kind == CodingKind.FACILITY)
        items = select(WorkItem).where(WorkItem.kind == CodingKind.PROFESSIONAL, col(WorkItem.encounter_id).in_(both))
        item = session.exec(items).first()
        charges = session.exec(select(Charge).where(Charge.encounter_id == item.encounter_id)).all()
        side = [one for one in charges if not one.revenue_code]
        lines = tuple(ProcedureLine("hcpcs", one.procedure_code, charge_cents=one.amount_cents) for one in side)
        head = chart_head(SessionReader(session), item.id)

    told = summary_of(reference, head, replace(CODES, lines=lines))

    assert 0 < len(side) < len(charges)
    assert told.changed_cents == 0


def test_what_blocks_is_an_obstacle_and_the_rest_is_left(demo: Database, reference: Reference) -> None:
    head = head_of(demo, CodingKind.PROFESSIONAL, inpatient=False)

    told = summary_of(reference, head, CODES, finding(Severity.ERROR), finding(Severity.WARNING))

    assert told.obstacles == ("error here",)
    assert [one.message for one in told.left] == ["warning here"]


def test_what_to_do_about_an_obstacle_stands_beside_it_on_the_page(demo: Database, reference: Reference) -> None:
    head = head_of(demo, CodingKind.PROFESSIONAL, inpatient=False)
    told = summary_of(reference, head, CODES, replace(finding(Severity.ERROR), fix="Type r07.9 r."))

    rows = ["".join(text for text, _ in line) for line in summary_lines(told)(70)]

    assert rows[0].split(maxsplit=3) == ["in", "the", "way", "error here  Type r07.9 r."]


def test_a_chart_without_codes_says_what_it_needs(demo: Database, reference: Reference) -> None:
    told = summary_of(reference, head_of(demo, CodingKind.PROFESSIONAL, inpatient=False), Codes())

    assert told.obstacles == ("A chart needs at least one diagnosis.",)
    assert told.claims == "none: no line is billed"


def test_a_stay_is_summed_up_with_its_drg(demo: Database, reference: Reference) -> None:
    pytest.importorskip("msdrg", reason="the extra drg is not installed")
    codes = Codes((Diagnosis("I50.23", DiagnosisRole.PRINCIPAL, "Y"), Diagnosis("J96.01", poa="Y")))

    told = summary_of(reference, head_of(demo, CodingKind.FACILITY, inpatient=True), codes)

    assert isinstance(told.drg, Explained)
    assert told.drg.grouping.drg == "291"


def test_the_drg_stays_with_the_final_coding_and_goes_when_it_is_taken_back(
    demo: Database, coder: Actor, reference: Reference
) -> None:
    pytest.importorskip("msdrg", reason="the extra drg is not installed")
    head = head_of(demo, CodingKind.FACILITY, inpatient=True)
    opened = open_chart(demo, coder, head.work_item_id)
    admitting = AddDiagnosis("R06.02", DiagnosisRole.ADMITTING)
    for entry in (AddDiagnosis("I50.23", poa="Y"), AddDiagnosis("J96.01", poa="Y"), admitting):
        enter(demo, coder, opened.coding_id, entry, Defaults(head.service_date))

    finalize(demo, reference, coder, opened.coding_id)

    with demo.reading() as session:
        kept = session.get(CodingDrg, opened.coding_id)
        assert (kept.drg, kept.return_code, kept.engine.split()[0]) == ("291", "OK", "msdrg")
    take_back(demo, coder, opened.coding_id)
    with demo.reading() as session:
        assert session.get(CodingDrg, opened.coding_id) is None


def final_coding(demo: Database, coder: Actor, reference: Reference) -> str:
    head = head_of(demo, CodingKind.PROFESSIONAL, inpatient=False)
    opened = open_chart(demo, coder, head.work_item_id)
    for entry in (AddDiagnosis("E11.22"), AddDiagnosis("N18.31"), PointAll()):
        enter(demo, coder, opened.coding_id, entry, Defaults(head.service_date, dotted=lambda code: code))
    finalize(demo, reference, coder, opened.coding_id)
    return opened.coding_id


def export_claim(demo: Database, coder: Actor, biller: Actor, coding_id: str) -> None:
    from store.claims.build import build_claims

    build_claims(demo, biller, coding_id)
    with demo.change(biller) as change:
        claim = change.session.exec(select(Claim).where(Claim.coding_id == coding_id)).one()
        claim.status = ClaimStatus.EXPORTED
        change.session.add(claim)


def test_a_coding_whose_claim_has_left_is_recoded_as_a_new_version_and_stays_as_it_was(
    demo: Database, coder: Actor, biller: Actor, reference: Reference
) -> None:
    first = final_coding(demo, coder, reference)
    export_claim(demo, coder, biller, first)

    done = recode(demo, coder, first, "pathology came late")

    with demo.reading() as session:
        new, old = session.get_one(Coding, done.coding_id), session.get_one(Coding, first)
        assert (new.version, new.status, old.status) == (2, CodingStatus.DRAFT, CodingStatus.SUPERSEDED)
        assert load_codes(session, new.id) == load_codes(session, old.id)
        item = session.exec(select(WorkItem).where(WorkItem.encounter_id == new.encounter_id)).first()
        assert item.status == WorkStatus.IN_PROGRESS


def test_a_coding_whose_claim_has_not_left_is_taken_back_and_not_recoded(
    demo: Database, coder: Actor, reference: Reference
) -> None:
    first = final_coding(demo, coder, reference)

    with pytest.raises(CodingRefused, match="has not been exported"):
        recode(demo, coder, first, "pathology came late")


def test_a_recode_without_a_reason_is_refused(demo: Database, coder: Actor, reference: Reference) -> None:
    first = final_coding(demo, coder, reference)

    with pytest.raises(ReasonNeeded):
        recode(demo, coder, first, "so")


def with_a_diagnosis(demo: Database, coder: Actor) -> tuple[WorkItem, str]:
    """Open a professional chart that is ready and enter a diagnosis: its task, and the id of its coding."""
    with demo.reading() as session:
        query = select(WorkItem).where(WorkItem.kind == CodingKind.PROFESSIONAL, WorkItem.status == WorkStatus.READY)
        item = session.exec(query).first()
        assert item is not None
    opened = open_chart(demo, coder, item.id)
    with demo.reading() as session:
        chart = chart_head(SessionReader(session), item.id)
    enter(demo, coder, opened.coding_id, AddDiagnosis("E11.22"), Defaults(chart.service_date), "typed")
    return item, opened.coding_id


def test_the_summary_says_what_will_stop_the_claim_and_keeps_nothing_of_it(
    demo: Database, reference: Reference, coder: Actor
) -> None:
    item, coding_id = with_a_diagnosis(demo, coder)
    with demo.change(coder) as change:
        account = change.session.get_one(Encounter, item.encounter_id).account_id
        for coverage in change.session.exec(select(Coverage).where(Coverage.account_id == account)):
            coverage.expires_on = "2020-01-31"

    stops = stops_of(demo, reference, coder, coding_id)

    assert any("2020-01-31" in one for one in stops)
    with demo.reading() as session:
        assert session.exec(select(Claim).where(Claim.coding_id == coding_id)).all() == []


def test_nothing_stops_the_claim_of_a_patient_who_pays_alone(
    demo: Database, reference: Reference, coder: Actor
) -> None:
    item, coding_id = with_a_diagnosis(demo, coder)
    with demo.change(coder) as change:
        account = change.session.get_one(Encounter, item.encounter_id).account_id
        own = Payer(source="test", local_id="ALONE", name="Self pay", line_of_business="self_pay")
        change.session.add(own)
        change.session.flush()
        for coverage in change.session.exec(select(Coverage).where(Coverage.account_id == account)):
            coverage.payer_id, coverage.member_id = own.id, ""

    stops = stops_of(demo, reference, coder, coding_id)

    assert stops == ()
