"""`codedesk claims`: what a script sees on stdout and stderr, and the exit codes it gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import select

from codesets.catalog import Reference
from store.actors import SYSTEM
from store.database import Database
from store.models import Claim, Coding, Encounter, Person
from store.os_account import os_login
from store.terms import Role
from tests.store.claim_samples import TODAY, add_coding, add_encounter
from tui.cli import main


@pytest.fixture(autouse=True)
def site(db: Database, reference: Reference, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A record with a person behind this account, on the day of the samples."""
    monkeypatch.setenv("CODEDESK_TODAY", str(TODAY))
    with db.change(SYSTEM) as change:
        change.session.add(Person(login=os_login(), name="A Biller", role=Role.BILLER))
    return db


def sound(db: Database, visit: str = "V1", service: str = "2026-09-15") -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session, visit, service))


def blocked(db: Database) -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session, "V2", "2026-09-01"), lines=(("G0463", ()),))


def built_and_scrubbed() -> None:
    main(["claims", "build"])
    main(["claims", "scrub"])


def test_an_empty_database_says_what_would_fill_it(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["claims", "list"])

    assert (code, "claims build" in capsys.readouterr().out) == (0, True)


@pytest.mark.parametrize("by", ["visit number", "visit", "coding"])
def test_a_claim_is_built_of_a_visit_or_a_coding_that_is_named(
    site: Database, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    sound(site, "V1")
    sound(site, "V5")
    with site.reading() as session:
        coding = session.exec(select(Coding).join(Encounter).where(Encounter.visit_number == "V5")).one()
    named = {"visit number": "V5", "visit": coding.encounter_id, "coding": coding.id}[by]

    code = main(["claims", "build", named])

    with site.reading() as session:
        claims = session.exec(select(Claim.coding_id)).all()
    assert (code, list(claims)) == (0, [coding.id])
    assert "1 claim built" in capsys.readouterr().out


def test_a_name_that_is_no_visit_and_no_coding_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["claims", "build", "V77"])

    assert code == 2
    assert "V77 is not known here" in capsys.readouterr().err


def test_a_list_that_shows_some_alone_says_so_where_none_fits(
    site: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(site)
    main(["claims", "build"])
    capsys.readouterr()

    main(["claims", "list", "--show", "rejected"])

    assert capsys.readouterr().out == "No claim is rejected. `codedesk claims list` shows all.\n"


def test_building_names_each_claim_and_counts(site: Database, capsys: pytest.CaptureFixture[str]) -> None:
    sound(site)

    code = main(["claims", "build", "--all"])

    assert code == 0
    assert capsys.readouterr().out.splitlines() == ["2026-000001      100.03", "1 claim built, 0 codings not built"]


def test_listing_as_json_gives_a_document_per_line(site: Database, capsys: pytest.CaptureFixture[str]) -> None:
    sound(site)
    built_and_scrubbed()
    capsys.readouterr()

    main(["claims", "list", "--json"])

    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["number"], row["status"], row["errors"], row["age_days"]) == ("2026-000001", "ready", 0, 5)


def test_giving_up_a_claim_names_the_visit_that_builds_it_again(
    site: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(site)
    main(["claims", "build"])
    capsys.readouterr()

    main(["claims", "void", "2026-000001", "--reason", "not ready yet"])

    told = "2026-000001 is given up; codedesk claims build V1 builds it again, building all does not\n"
    assert capsys.readouterr().out == told


def test_giving_up_a_void_names_the_claim_that_stands(
    site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(site)
    built_and_scrubbed()
    main(["claims", "export", "--format", "837p", str(tmp_path / "out.837")])
    main(["claims", "void", "2026-000001", "--reason", "wrong patient"])
    capsys.readouterr()

    main(["claims", "void", "2026-000002", "--reason", "it was right"])

    assert capsys.readouterr().out == "2026-000002 is given up; 2026-000001 stands with its payer as before\n"


def test_scrubbing_a_blocked_claim_exits_with_1(site: Database, capsys: pytest.CaptureFixture[str]) -> None:
    blocked(site)
    main(["claims", "build"])
    capsys.readouterr()

    code = main(["claims", "scrub", "2026-000001", "--json"])

    (result,) = json.loads(capsys.readouterr().out)
    assert (code, result["status"], result["errors"]) == (1, "scrub_failed", 1)


def test_showing_a_claim_names_findings_with_place_and_rule(site: Database, capsys: pytest.CaptureFixture[str]) -> None:
    blocked(site)
    built_and_scrubbed()
    capsys.readouterr()

    code = main(["claims", "show", "2026-000001"])

    assert code == 0
    assert "!  Line 1 points to no diagnosis.  [line.1.pointers]  SNIP 2 c34" in capsys.readouterr().out


def test_showing_a_claim_says_where_it_stands_as_the_list_does(
    site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(site)
    built_and_scrubbed()
    main(["claims", "export", "--format", "837p", str(tmp_path / "out.837")])
    capsys.readouterr()

    main(["claims", "show", "2026-000001"])

    assert capsys.readouterr().out.splitlines()[1].startswith("unanswered  visit V1")


def test_showing_a_claim_as_json(site: Database, capsys: pytest.CaptureFixture[str]) -> None:
    sound(site)
    built_and_scrubbed()
    capsys.readouterr()

    main(["claims", "show", "2026-000001", "--json"])

    document = json.loads(capsys.readouterr().out)
    assert document["row"]["number"] == "2026-000001"
    assert document["parties"]["billing"]["name"] == "Prairie Community Health"


@pytest.mark.parametrize("command", ["show", "scrub"])
def test_an_unknown_number_is_one_clear_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["claims", command, "2026-999999"])

    error = capsys.readouterr().err
    assert (code, error.count("\n"), "2026-999999" in error) == (2, 1, True)


def test_exporting_writes_the_file(site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound(site)
    built_and_scrubbed()

    code = main(["claims", "export", "--format", "837p", str(tmp_path / "out.837")])

    assert (code, (tmp_path / "out.837").exists()) == (0, True)


def test_a_blocked_claim_exits_with_1_names_it_and_leaves_no_file(
    site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(site)
    blocked(site)
    built_and_scrubbed()
    capsys.readouterr()

    code = main(["claims", "export", "--format", "837p", str(tmp_path / "out.837")])

    assert (code, (tmp_path / "out.837").exists()) == (1, False)
    assert "has 1 open blocking finding" in capsys.readouterr().err


def test_ready_only_leaves_the_blocked_claim_and_names_it(
    site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(site)
    blocked(site)
    built_and_scrubbed()
    capsys.readouterr()

    code = main(["claims", "export", "--format", "837p", str(tmp_path / "out.837"), "--ready-only"])

    assert (code, (tmp_path / "out.837").exists()) == (0, True)
    assert "left behind: 2026-00000" in capsys.readouterr().out


def test_exporting_to_standard_output_keeps_the_report_off_it(
    site: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    sound(site)
    built_and_scrubbed()
    capfd.readouterr()

    main(["claims", "export", "--format", "837p", "-"])

    out, err = capfd.readouterr()
    assert (out.startswith("ISA*"), out.count("ISA*"), "1 claim to CLEARINGHOUSE" in err) == (True, 1, True)


def test_an_unknown_format_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["claims", "export", "--format", "xlsx", str(tmp_path / "out")])

    error = capsys.readouterr().err
    assert (code, error.count("\n"), "837p" in error) == (2, 1, True)


def test_a_destination_that_cannot_be_written_is_one_clear_line(
    site: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(site)
    built_and_scrubbed()
    capsys.readouterr()

    code = main(["claims", "export", "--format", "837p", str(tmp_path / "nowhere" / "out.837")])

    error = capsys.readouterr().err
    assert (code, error.count("\n"), "nowhere" in error) == (2, 1, True)


def test_exporting_from_an_empty_database_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["claims", "export", "--format", "837p", str(tmp_path / "out.837")])

    assert (code, "no claim is ready" in capsys.readouterr().err) == (1, True)


def test_a_finding_is_overridden_by_its_rule_and_place_with_a_reason(
    site: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked(site)
    built_and_scrubbed()
    capsys.readouterr()
    main(["claims", "show", "2026-000001", "--json"])
    finding = next(
        one
        for one in json.loads(capsys.readouterr().out)["findings"]
        if one["severity"] == "error" and one["state"] == "open"
    )

    unknown = main(["claims", "override", "2026-000001", "r999", "--reason", "it may stand"])
    refused = capsys.readouterr().err
    name = f"{finding['rule_id']}@{finding['place']}"
    done = main(["claims", "override", "2026-000001", name, "--reason", "the payer asked for it"])

    assert (unknown, done) == (1, 0)
    assert "no open finding is 'r999'" in refused and name in refused
    assert "the payer asked for it" in capsys.readouterr().out
