"""The schema's history: a record of an earlier codedesk is brought up to date with everything that is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlmodel import select

from store.actors import SYSTEM, Actor
from store.coding.codes import Defaults
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis
from store.coding.opening import open_next
from store.database import Database, open_database
from store.migrations import HEAD
from store.migrations.append_only import TRIGGERS
from store.models import Claim, Encounter, FavoriteCode, FinalDiagnosis, FinalProcedureLine, WorkItem
from store.sqlite import driver
from store.terms import CodingKind
from store.upgrade import upgrade
from tests.store.claim_samples import SERVICE, add_coding, add_encounter

BEFORE_TRAILS = (
    "DROP TABLE known_name",
    "DROP INDEX ix_encounter_patient",
    "CREATE INDEX ix_encounter_patient_id ON encounter (patient_id)",
    *(f"DROP INDEX ix_patient_{name}" for name in ("family_name", "given_name")),
    *(f"ALTER TABLE {table} DROP COLUMN told_at" for table in ("charge", "document")),
    *(f"ALTER TABLE claim DROP COLUMN {name}" for name in ("given_up_at", "answered_otherwise")),
    "ALTER TABLE remittance_claim DROP COLUMN reverses_id",
    "ALTER TABLE charge DROP COLUMN posted_at",
    "DROP TABLE retention_hold",
    "ALTER TABLE final_diagnosis DROP COLUMN trail",
    "ALTER TABLE final_procedure_line DROP COLUMN trail",
    "ALTER TABLE final_procedure_line DROP COLUMN why",
    "DROP TABLE favorite_code",
    *(f"ALTER TABLE claim_line DROP COLUMN {name}" for name in ("revenue_code", "service_through", "unit", "details")),
    "DROP INDEX ix_claim_follows_id",
    "ALTER TABLE claim DROP COLUMN follows_id",
    "ALTER TABLE claim DROP COLUMN follows_as",
    "ALTER TABLE claim_export DROP COLUMN partner",
    *(
        f"DROP TABLE {table}"
        for table in (
            "trading_partner",
            "deposit",
            "denial",
            "journal_line",
            "posting",
            "provider_level_adjustment",
            "remittance_adjustment",
            "remittance_line",
            "remittance_claim",
            "remittance",
            "claim_answer",
            "acknowledgment",
            "received_file",
        )
    ),
    "DROP INDEX ix_claim_payer_number",
    "ALTER TABLE claim DROP COLUMN payer_number",
    *(f"DROP TRIGGER {name}" for name in TRIGGERS),
    "DROP TABLE site_fact",
    "DROP TABLE disclosure",
    "DROP TABLE merged_number",
    "DROP TABLE encounter_change",
    "ALTER TABLE work_item DROP COLUMN came_back",
    "ALTER TABLE encounter DROP COLUMN told_at",
    *(f"ALTER TABLE quarantine DROP COLUMN {name}" for name in ("content", "tried_at", "kind", "settled")),
    "DROP TABLE rule_version",
    "DROP TABLE rule_change",
    "DROP TABLE edit_firing",
    "ALTER TABLE finding DROP COLUMN overlay",
    "DROP TABLE coding_drg",
    *(
        f"ALTER TABLE final_procedure_line DROP COLUMN {name}"
        for name in ("evidence", "ndc", "ndc_quantity", "revenue_code")
    ),
    "DROP TABLE chart_access",
    "ALTER TABLE person DROP COLUMN pin",
    "ALTER TABLE person DROP COLUMN pin_failures",
    "ALTER TABLE patient DROP COLUMN restricted",
    "ALTER TABLE work_item DROP COLUMN claimed_at",
    "ALTER TABLE work_item DROP COLUMN restricted",
    *(f"DROP INDEX ix_work_item_{name}" for name in ("next", "assigned", "order_key", "bill_by", "state")),
    *(
        f"ALTER TABLE work_item DROP COLUMN {name}"
        for name in ("bill_by", "skill", "route", "order_key", "assigned_to")
    ),
    "CREATE INDEX ix_work_item_next ON work_item (worklist, status, rank, id)",
    "DROP TABLE provider_query_step",
    "DROP TABLE provider_query",
    "DROP INDEX ix_hold_open",
    *(f"ALTER TABLE hold DROP COLUMN {name}" for name in ("reason_id", "physician", "about_on", "cleared_why")),
    *(
        f"DROP TABLE {table}"
        for table in (
            *("worklist_version", "worklist_step", "work_skip", "person_skill", "person_facility", "saved_view"),
            "active_time",
        )
    ),
    "DROP INDEX ix_coding_finalized",
    *(
        f"DROP TABLE {table}"
        for table in (
            "audit_step",
            "audit_finding",
            "audit",
            "audit_population",
            "audit_sample",
            "education_assignment",
            "education_topic",
            "published_figure",
            "line_month",
            "denial_month",
            "deficiency",
            "suspension",
            "release_request",
            "patient_merge",
            "not_duplicate",
        )
    ),
    "UPDATE work_item SET charge_rank = -317800",
    "UPDATE alembic_version SET version_num = '0002'",
)


@pytest.fixture
def upgraded(demo: Database, demo_url: str, coder: Actor) -> Iterator[Database]:
    """The demo site with a coded chart, set back to an earlier schema and upgraded again."""
    opened = open_next(demo, coder, "Clinic")
    assert opened is not None
    enter(demo, coder, opened.coding_id, AddDiagnosis("E11.9"), Defaults("2026-08-04"), "typed e11.9")
    demo.close()
    with closing(driver.connect(Path(demo_url.removeprefix("sqlite:///")))) as old, old:
        for statement in BEFORE_TRAILS:
            old.execute(statement)
    upgrade(demo_url, SYSTEM)
    database = open_database(demo_url)
    yield database
    database.close()


def test_codes_of_before_keep_their_reason_and_have_an_empty_trail(upgraded: Database) -> None:
    with upgraded.reading() as session:
        diagnosis = session.exec(select(FinalDiagnosis)).one()
        lines = session.exec(select(FinalProcedureLine)).all()

    assert (diagnosis.code, diagnosis.why, diagnosis.trail) == ("E11.9", "typed e11.9", "")
    assert lines
    assert {(line.why, line.trail) for line in lines} == {("", "")}


def test_each_side_of_a_bill_is_ranked_by_its_own_charges_after_the_upgrade(upgraded: Database) -> None:
    with upgraded.reading() as session:
        rows = session.exec(select(WorkItem.kind, WorkItem.charge_rank, Encounter.visit_number).join(Encounter)).all()

    of_visit = {(visit, kind): rank for kind, rank, visit in rows}
    assert of_visit["V26-1016", CodingKind.FACILITY] == -308900
    assert of_visit["V26-1016", CodingKind.PROFESSIONAL] == -8900
    assert of_visit["V26-1007", CodingKind.FACILITY] == -317800, "one side alone bills the whole visit, as before"


def test_nobody_has_favorites_after_the_upgrade_and_the_schema_is_the_newest(upgraded: Database) -> None:
    with upgraded.reading() as session:
        favorites = session.exec(select(FavoriteCode)).all()
        version = session.connection().exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

    assert (favorites, version) == ([], HEAD)


def step(db: Database, module: str) -> None:
    """Carry one step of the history out on a record that has everything before it."""
    with db.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        import_module(f"store.migrations.versions.{module}").upgrade()


@pytest.mark.both_databases
def test_that_a_claim_is_to_be_replaced_goes_from_its_notes_into_a_column(db: Database) -> None:
    note = "a payer before it has answered otherwise since it left: replace it"
    with db.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        coding_id = add_coding(change.session, encounter)
        visit = {"form": "837p", "encounter_id": encounter.id, "coding_id": coding_id, "follows_id": "FIRST"}
        days = {"service_from": SERVICE, "service_through": SERVICE, "follows_as": "secondary"}
        for number, notes in (("noted", ["Part 1 of 2.", note]), ("another", ["Part 2 of 2."])):
            change.session.add(Claim(claim_number=number, parties={"build_notes": notes}, **visit, **days))
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE claim DROP COLUMN answered_otherwise")

    step(db, "0024_claims_answered_otherwise")

    with db.reading() as session:
        claims = {row.claim_number: row for row in session.exec(select(Claim))}
    assert {number: row.answered_otherwise for number, row in claims.items()} == {"noted": True, "another": False}
    assert claims["noted"].parties == {"build_notes": ["Part 1 of 2."]}
    assert claims["another"].parties == {"build_notes": ["Part 2 of 2."]}
