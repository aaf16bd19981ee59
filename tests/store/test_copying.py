"""Codes of the last visit on the day of this one, changes of edits on the chart, and words as they are kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlmodel import select

from codesets.catalog import Reference
from codesets.edits import CodeFinding
from codesets.edits import Severity as EditSeverity
from store.actors import Actor
from store.coding.cited import Cited, places_of, read_cited
from store.coding.codes import Codes, Defaults, Diagnosis, ProcedureLine
from store.coding.copying import copies, left_out, take_all
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis, ReplaceDiagnosis, Several
from store.coding.finishing import finalize
from store.coding.in_work import CodingRefused
from store.coding.lookup import as_charted, with_exemption
from store.coding.opening import open_chart
from store.coding.site_edits import as_the_site_says, site_edits
from store.database import Database
from store.models import Charge, Encounter, Person, WorkItem
from store.people import actor_for
from store.queries import SessionReader
from store.queries.charts import ChartDocument, ChartHead, chart_head
from store.queries.last_visit import last_visit
from store.scrub.overlays import Action, Overlay, Scope
from store.scrub.site_rules import change_rule
from store.terms import CodingKind, DiagnosisRole, DocumentStatus, Origin, PatientClass, Role

pytestmark = pytest.mark.both_databases

ON = dt.date(2026, 8, 4)


def test_codes_that_hold_are_offered_and_those_that_do_not_say_why(reference: Reference) -> None:
    last = Codes((Diagnosis("E11.22"), Diagnosis("E11.2")), (ProcedureLine("hcpcs", "G0467", ("25",), 2),))

    found = copies(reference, last, Codes(), ON)

    assert [one.entry is not None for one in found] == [True, False, True]
    assert found[1].note.startswith("no code on 2026-08-04")


def test_all_codes_that_hold_come_in_together_without_those_that_are_here(reference: Reference) -> None:
    last = Codes((Diagnosis("E11.22", DiagnosisRole.PRINCIPAL), Diagnosis("I10")))

    entries = take_all(copies(reference, last, Codes((Diagnosis("I10"),)), ON)).entries

    assert [entry.code for entry in entries if isinstance(entry, AddDiagnosis)] == ["E11.22"]


def test_lines_that_nobody_charged_here_or_that_the_last_visit_reversed_are_left_and_told(reference: Reference) -> None:
    lines = tuple(ProcedureLine("hcpcs", code) for code in ("G0467", "G0008", "G0463"))
    last = Codes((Diagnosis("E11.22"), Diagnosis("E11.2"), Diagnosis("I10")), lines)
    charged = {"G0467": 21000, "G0463": 9000}

    found = copies(reference, last, Codes((Diagnosis("I10"),)), ON, lambda code, units: charged.get(code, 0), {"G0463"})

    assert [one.code for one in take_all(found).entries] == ["E11.22", "G0467"]  # type: ignore[union-attr]
    assert left_out(found) == (
        "4 left: 1 no code any more (E11.2); 1 here already (I10); 1 no charge here (G0008); 1 reversed then (G0463)"
    )
    assert all(one.entry is not None for one in found if one.code in ("G0008", "G0463"))  # one by one they can be taken


def test_a_code_of_the_last_visit_is_reversed_once_none_of_its_charges_stands(demo: Database, coder: Actor) -> None:
    with demo.change(coder) as change:
        session = change.session
        visits = session.exec(select(Encounter).join(WorkItem).where(WorkItem.kind == "professional")).all()
        earlier, later = visits[0], visits[1]
        later.patient_id, later.service_date = earlier.patient_id, "2026-09-30"
        for number, code, back in (("1", "G0008", ""), ("2", "G0008", "1"), ("3", "G0463", ""), ("4", "G0463", "")):
            amount = -500 if back else 500
            charge = Charge(encounter_id=earlier.id, charge_number=f"X{number}", service_date=earlier.service_date,
                            procedure_code=code, amount_cents=amount, reversal_of=back and f"X{back}")  # fmt: skip
            session.add(charge)
        session.add(Charge(encounter_id=earlier.id, charge_number="X5", service_date=earlier.service_date,
                           procedure_code="G0463", amount_cents=-500, reversal_of="X4"))  # fmt: skip
        item = session.exec(select(WorkItem.id).where(WorkItem.encounter_id == earlier.id)).first()
        later_id = later.id
    opened = open_chart(demo, coder, item)
    enter(demo, coder, opened.coding_id, AddDiagnosis("E11.22"), Defaults("2026-08-04"))

    with demo.reading() as session:
        found = last_visit(SessionReader(session), later_id, "professional")

    assert found is not None and found.reversed == {"G0008"}


def test_the_last_visit_is_the_newest_before_this_one(demo: Database, coder: Actor) -> None:
    with demo.change(coder) as change:
        visits = change.session.exec(select(Encounter).join(WorkItem).where(WorkItem.kind == "professional")).all()
        earlier, later = visits[0], visits[1]
        later.patient_id, later.service_date = earlier.patient_id, "2026-09-30"
        change.session.add(later)
        item = change.session.exec(select(WorkItem.id).where(WorkItem.encounter_id == earlier.id)).first()
        later_id = later.id
    opened = open_chart(demo, coder, item)
    enter(demo, coder, opened.coding_id, AddDiagnosis("E11.22"), Defaults("2026-08-04"))

    with demo.reading() as session:
        found = last_visit(SessionReader(session), later_id, "professional")

    assert found is not None
    assert [d.code for d in found.codes.diagnoses] == ["E11.22"]


def finding(rule: str, severity: EditSeverity) -> CodeFinding:
    return CodeFinding(rule, 1, severity, "title", "message", "", "source", "diagnosis.1")


@pytest.fixture
def manager(demo: Database) -> Actor:
    with demo.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.role == Role.MANAGER)).first())


def test_an_edit_that_the_site_switched_off_stops_no_chart(
    demo: Database, coder: Actor, manager: Actor, reference: Reference
) -> None:
    with demo.reading() as session:
        item = session.exec(select(WorkItem).where(WorkItem.kind == CodingKind.PROFESSIONAL)).first()
        encounter_id = item.encounter_id
    opened = open_chart(demo, coder, item.id)
    enter(demo, coder, opened.coding_id, AddDiagnosis("E11.22"), Defaults("2026-08-04"))
    with pytest.raises(CodingRefused) as refused:
        finalize(demo, reference, coder, opened.coding_id)
    assert "points to no diagnosis" in refused.value.message
    with demo.reading() as session:
        from store.coding.lookup import check_chart
        from store.queries.codings import coding_codes

        reader = SessionReader(session)
        head = chart_head(reader, item.id)
        codes = coding_codes(reader, opened.coding_id)
    blocking = [one.rule_id for one in check_chart(reference, head, codes) if one.severity.value == "error"]
    for rule in blocking:
        change_rule(demo, manager, Overlay(0, rule, Scope.ALL, "", Action.OFF, reason="trial at this site"))

    finalize(demo, reference, coder, opened.coding_id)

    with demo.reading() as session:
        edits = site_edits(SessionReader(session), encounter_id, "2026-08-04")
    assert all(edits.code_edits[rule].off for rule in blocking)


def test_what_could_not_be_checked_keeps_its_weight(demo: Database, manager: Actor) -> None:
    change = Overlay(0, "c02", Scope.ALL, "", Action.SEVERITY, {"severity": "warning"}, reason="softer here")
    change_rule(demo, manager, change)
    with demo.reading() as session:
        encounter_id = session.exec(select(Encounter.id)).first()
        edits = site_edits(SessionReader(session), encounter_id, "2026-08-04")

    said = as_the_site_says([finding("c02", EditSeverity.ERROR), finding("c02", EditSeverity.COULD_NOT_CHECK)], edits)

    assert [one.severity for one in said] == [EditSeverity.WARNING, EditSeverity.COULD_NOT_CHECK]


def inpatient(demo: Database) -> ChartHead:
    with demo.reading() as session:
        stays = select(WorkItem.id).join(Encounter).where(Encounter.patient_class == PatientClass.INPATIENT)
        return chart_head(SessionReader(session), session.exec(stays.where(WorkItem.kind == "facility")).first())


def test_a_diagnosis_that_no_list_covers_gets_no_indicator_by_itself(demo: Database, reference: Reference) -> None:
    entry = AddDiagnosis("Z79.4")

    assert with_exemption(reference, inpatient(demo), entry) == entry


def test_an_exempt_diagnosis_of_a_stay_gets_its_indicator_by_the_list_of_the_day(demo: Database, tmp_path) -> None:
    from tests.codesets.loaded_reference import loaded_reference
    from tests.codesets.sources.made_files import MADE, made_file

    head = replace(inpatient(demo), service_date="2099-03-01")
    name = "POAexemptCodesFY99.txt"
    with loaded_reference(tmp_path / "reference.sqlite", [made_file(name, MADE[name])]) as listed:
        told = [with_exemption(listed, head, AddDiagnosis(code)) for code in ("X01.1", "X09")]
        named = with_exemption(listed, head, AddDiagnosis("X01.1", poa="N"))

    assert [one.poa for one in told if isinstance(one, AddDiagnosis)] == ["1", ""]
    assert isinstance(named, AddDiagnosis) and named.poa == "N"


CAUSE = DiagnosisRole.EXTERNAL_CAUSE


@pytest.mark.parametrize(
    ("entry", "role"),
    [
        (AddDiagnosis("W10.9XXA"), CAUSE),
        (AddDiagnosis("Y92009"), CAUSE),
        (AddDiagnosis("V00.01XA", origin=Origin.SUGGESTED), CAUSE),
        (ReplaceDiagnosis(2, "X58.XXXA"), CAUSE),
        (AddDiagnosis("W10.9XXA", DiagnosisRole.SECONDARY), DiagnosisRole.SECONDARY),
        (AddDiagnosis("T78.3XXA"), None),
        (AddDiagnosis("Z79.4"), None),
    ],
)
def test_an_external_cause_has_its_role_from_its_code_where_none_is_named(
    demo: Database, reference: Reference, entry: AddDiagnosis | ReplaceDiagnosis, role: DiagnosisRole | None
) -> None:
    head = inpatient(demo)

    alone, among = as_charted(reference, head, entry), as_charted(reference, head, Several((entry,)))

    assert isinstance(alone, AddDiagnosis | ReplaceDiagnosis) and alone.role == role
    assert isinstance(among, Several) and among.entries == (alone,)


def test_a_professional_chart_gives_an_external_cause_no_role(demo: Database, reference: Reference) -> None:
    head = replace(inpatient(demo), kind=CodingKind.PROFESSIONAL)

    assert as_charted(reference, head, AddDiagnosis("W10.9XXA")) == AddDiagnosis("W10.9XXA")


def document(number: str, text: str, status: DocumentStatus = DocumentStatus.AUTHENTICATED) -> ChartDocument:
    return ChartDocument(number, number, "Note", "", "", "2026-08-04", "", status, 1, text)


def test_words_are_found_across_line_breaks_grown_to_whole_words() -> None:
    documents = [document("D1", "Type 2 DM.\nCKD stage\n  3a today."), document("D2", "ckd STAGE 3b")]

    found = places_of("ckd stage 3", documents)

    assert [(one.number, one.words) for one in found] == [("D1", "CKD stage 3a"), ("D2", "ckd STAGE 3b")]


def test_words_of_a_document_that_nobody_signed_support_nothing() -> None:
    assert places_of("stage", [document("D1", "stage 3a", DocumentStatus.IN_PROGRESS)]) == []


def test_words_are_read_back_as_they_were_kept() -> None:
    cited = Cited("D1", 3, 9, "sugars")

    assert read_cited(cited.kept) == cited
    assert read_cited("typed e11.9") is None
