"""Numbers beyond what the record keeps: one clear line with the range, on every command and in the record itself."""

from __future__ import annotations

import pytest
from sqlmodel import select

from codesets.errors import UsageError
from store.actors import SYSTEM
from store.amounts import MOST_WHOLE, NumberTooLarge
from store.audits.samples import Criteria, draw
from store.audits.sampling import Method, Size
from store.database import Database
from store.models import AuditSample
from store.queries import SessionReader
from store.reports.views import condition_of, view_named
from tui.cli import main

BEYOND = "99999999999999999999"


@pytest.mark.parametrize(
    "words",
    [
        ["audits", "draw", "x", "3", "--seed", BEYOND],
        ["audits", "draw", "x", "3", "--seed", "-1"],
        ["audits", "draw", "x", "3", "--from-dollars", "1e300"],
        ["audits", "draw", "x", "3", "--from-dollars", "nan"],
        ["audits", "draw", "x", "3", "--from-dollars", BEYOND],
        ["audits", "draw", "x", "--margin", "nan"],
        ["audits", "draw", "x", BEYOND],
        ["audits", "size", BEYOND],
        ["audits", "show", f"x#{BEYOND}"],
        ["audits", "show", "x#\u00b2"],
        ["audits", "explain", "x#1", BEYOND],
        ["em", "--minutes", BEYOND],
        ["audits", "second", "x", "auditor", BEYOND],
        ["export", "encounter", "--limit", BEYOND],
        ["export", "encounter", "-w", f"charge_cents>{BEYOND}"],
        ["export", "encounter", "-w", "charge_cents>--5"],
        ["export", "encounter", "-w", "charge_cents>\u00b2"],
        ["report", "dnfb", "--top", BEYOND],
        ["rules", "try", "r031", "--days", BEYOND],
        ["worklists", "use", BEYOND],
        ["worklists", "charts", "--where", f"charges at least {BEYOND}"],
    ],
    ids=" ".join,
)
def test_a_number_off_the_scale_is_one_line(
    demo: Database, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: "rfox")

    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)

    said = capsys.readouterr().err
    assert code in (1, 2) and "Traceback" not in said
    assert said.strip().splitlines()[-1].startswith("codedesk")


@pytest.mark.parametrize("seed", [-1, MOST_WHOLE + 1])
def test_a_seed_beyond_the_record_is_refused_with_its_range(db: Database, seed: int) -> None:
    with pytest.raises(UsageError, match="from 0 to 9,223,372,036,854,775,807"):
        draw(db, SYSTEM, "x", Method.SIMPLE, Size(number=1), Criteria(), seed=seed)


def test_a_condition_names_its_range() -> None:
    with pytest.raises(UsageError, match="from -9,223,372,036,854,775,807 to 9,223,372,036,854,775,807"):
        condition_of(view_named("encounter"), f"charge_cents>{BEYOND}")


@pytest.mark.both_databases
def test_whatever_asks_the_record_with_a_larger_number_is_told_so(db: Database) -> None:
    with db.change(SYSTEM, action="test") as change, pytest.raises(NumberTooLarge):
        change.session.exec(select(AuditSample).where(AuditSample.seed == 10**40)).all()
    with db.reading() as session:
        found = SessionReader(session).rows("SELECT id FROM audit_sample WHERE seed = :seed", seed=MOST_WHOLE)
    assert not found
