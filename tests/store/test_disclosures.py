"""The accounting of disclosures: its four parts, six years back, and every export by hand in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codesets.errors import CodedeskError
from store.actors import SYSTEM, Actor
from store.database import Database
from store.disclosures import disclosure_report, record_disclosure
from store.log.reading import last_entries
from tui.cli import main

pytestmark = pytest.mark.both_databases


@pytest.fixture
def mrn(demo: Database) -> str:
    from sqlmodel import select

    from store.models import Patient

    with demo.reading() as session:
        return session.exec(select(Patient.mrn).order_by(Patient.mrn)).first() or ""


def test_a_disclosure_has_the_four_parts_of_the_rule(demo: Database, clerk: Actor, mrn: str) -> None:
    record_disclosure(
        demo, clerk, mrn, "County health department", "laboratory report", "public health", "2026-09-01", "1 Main St"
    )

    line = disclosure_report(demo, clerk, mrn).lines[0]

    assert (line.disclosed_on, line.recipient, line.recipient_address, line.description, line.purpose) == (
        "2026-09-01",
        "County health department",
        "1 Main St",
        "laboratory report",
        "public health",
    )


def test_the_report_goes_six_years_back(demo: Database, clerk: Actor, mrn: str) -> None:
    for day in ("2020-10-07", "2020-10-08", "2026-10-01"):
        record_disclosure(demo, clerk, mrn, "Court", "chart", "subpoena", day)

    report = disclosure_report(demo, clerk, mrn)

    assert [line.disclosed_on for line in report.lines] == ["2026-10-01", "2020-10-08"]


def test_the_report_is_itself_logged(demo: Database, clerk: Actor, mrn: str) -> None:
    disclosure_report(demo, clerk, mrn)

    entry = last_entries(demo, SYSTEM, 1)[0]
    assert (entry.action, entry.actor) == ("disclosure.report", clerk.login)


def test_the_same_operation_again_records_nothing_more(demo: Database, clerk: Actor, mrn: str) -> None:
    for _ in range(2):
        record_disclosure(demo, clerk, mrn, "Court", "chart", "subpoena", "2026-09-01", operation_id="once")

    assert len(disclosure_report(demo, clerk, mrn).lines) == 1


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        (("", "chart", "subpoena", "2026-09-01"), "recipient"),
        (("Court", " ", "subpoena", "2026-09-01"), "description"),
        (("Court", "chart", "", "2026-09-01"), "purpose"),
        (("Court", "chart", "subpoena", "yesterday"), "expected a day"),
        (("Court", "chart", "subpoena", "2126-09-01"), "future"),
    ],
)
def test_a_part_that_is_missing_is_named(
    demo: Database, clerk: Actor, mrn: str, parts: tuple[str, str, str, str], named: str
) -> None:
    with pytest.raises(CodedeskError, match=named):
        record_disclosure(demo, clerk, mrn, *parts)


def test_an_export_by_hand_is_in_the_accounting(
    demo: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["encounters", "list", "--json"])
    visit = json.loads(capsys.readouterr().out)[0]["visit_number"]
    main(["encounters", "show", visit, "--json"])
    mrn = json.loads(capsys.readouterr().out)["patient"]["mrn"]

    main(["encounters", "export", visit, "-o", str(tmp_path / "out.jsonl"), "--to", "Auditor", "--purpose", "audit"])

    main(["disclosures", "report", mrn, "--json"])
    lines = json.loads(capsys.readouterr().out.partition("\n")[2])["lines"]
    assert [(line["recipient"], line["purpose"], line["visit_number"]) for line in lines] == [
        ("Auditor", "audit", visit)
    ]
