"""Restricted charts: no other way leads to what they hold; who was admitted goes every way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import select

from store import access
from store.access import ChartRestricted, admit, restrict
from store.actors import SYSTEM, Actor
from store.claims.export import ExportRefused, export_claims
from store.claims.printing import print_to_outbox
from store.claims.segments import claim_segments
from store.coding.codes import Defaults
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis
from store.coding.opening import open_chart
from store.criteria import Operator, fields, parse, read_condition
from store.criteria.language import OPERATORS
from store.database import Database
from store.denials.letter import letter_to_outbox
from store.disclosures import disclosure_report, record_disclosure
from store.intake.export import list_encounters
from store.log.reading import last_entries, who_opened, who_saw
from store.models import (
    Account,
    Claim,
    Denial,
    Encounter,
    LogEntry,
    Patient,
    Person,
    ProviderQuery,
    ReleaseRequest,
    WorkItem,
)
from store.os_account import os_login
from store.people import actor_for
from store.queries import SessionReader
from store.queries.code_use import open_charts_with
from store.queries.ledger import account_page
from store.queries.restricted import PATIENT_OF, is_closed
from store.queries.worklists import Listing, WorkRow, worklist_page
from store.terms import RESTRICTED, CodingKind, QueryTiming, QueryType, Role, WorkStatus
from store.worklists.why import why
from tests.store.claim_samples import TODAY
from tests.store.test_denials import arrive, denied
from tests.store.test_remits_posting import number
from tui.cli import main

__all__ = ["number"]

CODES = ("G0463", "G0439", "LINDQVIST", "Lindqvist", "M54.50")
"""What the claim of these tests states."""


@pytest.fixture
def claim(db: Database, tmp_path: Path, number: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The number of a claim that left and was denied, of a patient whose charts are restricted; for an administrator
    who was not admitted to them."""
    monkeypatch.setenv("CODEDESK_TODAY", str(TODAY))
    arrive(db, tmp_path, denied(number), "40")
    with db.change(SYSTEM) as change:
        change.session.add(Person(login=os_login(), name="An Administrator", role=Role.ADMIN))
        visit = change.session.exec(select(Encounter)).one()
        task = WorkItem(encounter_id=visit.id, kind=CodingKind.PROFESSIONAL, status=WorkStatus.FINAL, worklist="Clinic")
        change.session.add(task)
        change.session.flush()
        asked = {"type": QueryType.OPEN_ENDED, "timing": QueryTiming.RETROSPECTIVE, "reason": "specificity"}
        change.session.add(
            ProviderQuery(
                **asked, number=1, encounter_id=visit.id, work_item_id=task.id, provider="Dr A", question="M54.50?"
            )
        )
        change.session.add(
            ReleaseRequest(
                patient_id=visit.patient_id,
                requester="A court",
                purpose="an order",
                what="M54.50",
                authorization="order of 2026-09-01",
                received_on="2026-09-01",
                due_on="2026-10-01",
            )
        )
    restrict(db, SYSTEM, patient(db).id, "works in this clinic")
    return number


@pytest.fixture
def outsider(db: Database, claim: str) -> Actor:
    with db.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.login == os_login())).one())


def patient(db: Database) -> Patient:
    with db.reading() as session:
        return session.exec(select(Patient)).one()


def id_of(db: Database, model: type) -> str:
    with db.reading() as session:
        return session.exec(select(model.id)).first()


WAYS = [
    ["claims", "show", "CLAIM"],
    ["claims", "show", "CLAIM", "--json"],
    ["claims", "segments", "CLAIM"],
    ["claims", "print", "CLAIM", "--draft"],
    ["claims", "print", "CLAIM", "--draft", "--pdf"],
    ["claims", "export", "-", "CLAIM", "--format", "837P"],
    ["claims", "override", "CLAIM", "r1", "--reason", "because of it"],
    ["claims", "set", "CLAIM", "details.note=x"],
    ["claims", "void", "CLAIM", "--reason", "because of it"],
    ["claims", "payer-number", "CLAIM", "1"],
    ["denials", "why", "DENIAL"],
    ["denials", "letter", "DENIAL"],
    ["ledger", "ACCOUNT", "--statement"],
    ["ledger", "ACCOUNT", "--statement", "--json"],
    ["disclosures", "report", "PATIENT"],
    ["encounters", "show", "VISIT"],
    ["encounters", "export", "VISIT", "--to", "a court", "--purpose", "an order"],
    ["hcc", "PATIENT"],
    ["drg", "VISIT"],
    ["queries", "export", "1", "--format", "hl7"],
    ["queries", "export", "1"],
    ["queries", "cancel", "1", "--reason", "because of it"],
    ["disclosures", "add", "PATIENT", "--to", "a court", "--what", "notes", "--why", "an order"],
    ["records", "release", "REQUEST"],
]


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_no_command_tells_what_a_restricted_chart_holds_to_who_was_not_admitted(
    db: Database, claim: str, way: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    names = {
        "CLAIM": claim,
        "DENIAL": id_of(db, Denial),
        "ACCOUNT": id_of(db, Account),
        "PATIENT": patient(db).id,
        "VISIT": id_of(db, Encounter),
        "REQUEST": id_of(db, ReleaseRequest),
    }

    code = main([names.get(word, word) for word in way])

    said = capsys.readouterr()
    assert code != 0
    assert "restricted" in said.err
    assert [word for word in CODES if word in said.out + said.err] == []


def test_what_is_refused_is_in_the_log_with_its_target(db: Database, claim: str) -> None:
    main(["claims", "segments", claim])

    with db.reading() as session:
        refused = session.exec(select(LogEntry).where(LogEntry.action == "refused")).all()
    assert [(one.target_kind, one.target_id) for one in refused] == [("claim", id_of(db, Claim))]


def test_no_service_of_the_screens_tells_it_either(db: Database, outsider: Actor) -> None:
    claim_id, denial_id = id_of(db, Claim), id_of(db, Denial)

    for service, target in ((claim_segments, claim_id), (print_to_outbox, claim_id), (letter_to_outbox, denial_id)):
        with pytest.raises(ChartRestricted):
            service(db, outsider, target, *((TODAY,) if service is not claim_segments else ()))


def test_who_was_admitted_goes_every_way(
    db: Database, outsider: Actor, claim: str, capsys: pytest.CaptureFixture[str]
) -> None:
    admit(db, SYSTEM, patient(db).id, outsider.login, True)

    codes = [main(["claims", "segments", claim]), main(["claims", "print", claim, "--draft"])]

    assert codes == [0, 0]
    assert "G0463" in capsys.readouterr().out


def test_a_file_that_a_person_gets_has_no_claim_of_a_chart_that_is_closed_to_them(
    db: Database, outsider: Actor, tmp_path: Path
) -> None:
    with pytest.raises(ExportRefused, match="restricted"):
        export_claims(db, outsider, [id_of(db, Claim)], tmp_path / "out.837", by_hand=True)


def test_encounters_are_listed_by_name_for_who_was_admitted_alone(db: Database, outsider: Actor) -> None:
    def listed() -> list[str]:
        with db.reading() as session:
            return [row.patient for row in list_encounters(session, outsider.person_id)]

    before = listed()
    admit(db, SYSTEM, patient(db).id, outsider.login, True)

    assert (before, listed()) == ([RESTRICTED], ["Lindqvist, Per"])


@pytest.mark.usefixtures("reference")
@pytest.mark.parametrize("listing", [["remits", "show", "EFT0001"], ["denials", "list"]], ids=" ".join)
def test_what_payers_answered_is_listed_without_the_codes_of_a_restricted_chart(
    db: Database, claim: str, listing: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    codes = [main(listing), main([*listing, "--json"])]

    said = capsys.readouterr().out
    assert codes == [0, 0]
    assert "•••" in said and "50.02" in said
    assert [word for word in CODES if word in said] == []


def test_the_account_of_a_restricted_patient_has_no_record_number(db: Database, claim: str) -> None:
    with db.reading() as session:
        page = account_page(SessionReader(session), session.exec(select(Account.id)).one())

    assert (page.patient, page.mrn) == (RESTRICTED, "")


def test_every_kind_of_row_that_a_chart_is_behind_is_closed(db: Database, outsider: Actor) -> None:
    targets = {
        "patient": patient(db).id,
        "encounter": id_of(db, Encounter),
        "account": id_of(db, Account),
        "claim": id_of(db, Claim),
        "denial": id_of(db, Denial),
        "provider_query": id_of(db, ProviderQuery),
        "work_item": id_of(db, WorkItem),
    }

    with db.reading() as session:
        reader = SessionReader(session)
        closed = {kind for kind, one in targets.items() if is_closed(reader, kind, one, outsider.person_id, "2026")}

    assert closed == set(targets) <= set(PATIENT_OF)


def test_the_log_tells_who_did_what_with_a_closed_chart_and_not_with_which_codes(db: Database, outsider: Actor) -> None:
    visit = id_of(db, Encounter)
    with db.change(SYSTEM) as change:
        change.log("coding.enter", "encounter", visit, typed="J18.9")

    told = [who_opened(db, outsider, visit), who_saw(db, outsider, patient(db).id), last_entries(db, outsider, 50)]

    entries = [entry for events in told for entry in events if entry.action == "coding.enter"]
    assert [(entry.actor, entry.detail) for entry in entries] == [(SYSTEM.login, {"chart": "restricted"})] * 3
    assert "J18.9" not in json.dumps([[entry.detail for entry in events] for events in told])


def test_the_log_tells_all_of_it_to_who_was_admitted(db: Database, outsider: Actor) -> None:
    visit = id_of(db, Encounter)
    with db.change(SYSTEM) as change:
        change.log("coding.enter", "encounter", visit, typed="J18.9")
    admit(db, SYSTEM, patient(db).id, outsider.login, True)

    events = who_opened(db, outsider, visit)

    assert [entry.detail for entry in events if entry.action == "coding.enter"] == [{"typed": "J18.9"}]


def test_the_accounting_of_disclosures_of_a_closed_chart_is_refused(db: Database, outsider: Actor) -> None:
    record_disclosure(db, SYSTEM, patient(db).id, "a court", "the note of J18.9", "an order", "2026-09-01")

    with pytest.raises(ChartRestricted):
        disclosure_report(db, outsider, patient(db).id)


def test_a_look_is_logged_before_it_is_shown(db: Database, outsider: Actor) -> None:
    admit(db, SYSTEM, patient(db).id, outsider.login, True)

    access.look(db, outsider, "claim.view", "claim", [id_of(db, Claim)], what="segments")

    assert last_entries(db, outsider, 1)[0].detail == {"what": "segments"}


@pytest.fixture
def listed(demo: Database) -> WorkRow:
    """A chart of a worklist whose patient is restricted now; as it was listed before."""
    with demo.reading() as session:
        row = next(
            row
            for row in worklist_page(SessionReader(session), Listing("Clinic"))
            if session.get_one(Encounter, row.encounter_id).reason
        )
    restrict(demo, SYSTEM, row.mrn, "works in this clinic")
    return row


def found(db: Database, *lines: str) -> set[str]:
    with db.reading() as session:
        listing = Listing(criteria=read_condition({"all": list(lines)}), today=TODAY)
        return {row.id for row in worklist_page(SessionReader(session), listing)}


def test_a_restricted_chart_is_selected_by_what_lists_show_of_it_and_by_nothing_else(
    demo: Database, listed: WorkRow
) -> None:
    by_itself = [f"{name} is not empty" for name, one in fields().items() if Operator.NOT_EMPTY in OPERATORS[one.kind]]
    by_nothing = [f"{name} is empty" for name, one in fields().items() if Operator.EMPTY in OPERATORS[one.kind]]

    selecting = {
        line.removesuffix(" is empty").removesuffix(" is not empty")
        for line in (*by_itself, *by_nothing)
        if listed.id in found(demo, line)
    }

    assert {"payer", "charges", "service date"} <= selecting
    assert selecting <= {name for name, one in fields().items() if one.listed}


@pytest.mark.parametrize("text", ["visit reason contains e", "patient sex is F", "patient sex is not F"])
def test_what_is_denied_of_a_restricted_chart_selects_it_no_more_than_what_is_said(
    demo: Database, listed: WorkRow, text: str
) -> None:
    assert listed.id not in found(demo, text)
    assert listed.id in found(demo, "restricted is yes")


def test_every_field_that_a_list_shows_of_a_restricted_chart_is_known() -> None:
    assert {name for name, one in fields().items() if one.listed} == {
        *("setting", "kind", "facility", "restricted", "payer", "charges", "service date", "days since service"),
        *("days to bill", "status", "worklist", "skill", "priority", "assigned to", "open with", "came back"),
        *("hold reasons", "hold owners", "days on hold", "query open", "days available", "late document"),
    }


def test_why_it_is_here_tells_nothing_of_a_restricted_chart(demo: Database, listed: WorkRow) -> None:
    with demo.reading() as session:
        told = why(SessionReader(session), listed.id, TODAY)

    seen = {
        one.seen for rule in (*told.above, told.taken) for one in rule.criteria if not parse(one.words).field.listed
    }
    assert (told.here.reason_for_visit, seen - {"restricted"}) == ("", set())


def test_which_charts_hold_a_code_leaves_restricted_ones_out(demo: Database, listed: WorkRow, coder: Actor) -> None:
    admit(demo, SYSTEM, listed.mrn, coder.login, True)
    opened = open_chart(demo, coder, listed.id)
    enter(demo, coder, opened.coding_id, AddDiagnosis("M10.9"), Defaults("2026-03-02"), "typed")

    with demo.reading() as session:
        assert open_charts_with(SessionReader(session), "M10.9", "2020-01-01") == ()
