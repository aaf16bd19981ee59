"""Exporting claims: the file is whole or absent, numbers are never used twice, and marks follow the file."""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import Session, select

from store.actors import SYSTEM
from store.claims import export
from store.claims.build import build_claims
from store.claims.export import ExportRefused, export_claims
from store.claims.partners import save_partner
from store.claims.scrubbing import scrub_claim
from store.database import Database
from store.directory import FACILITY, PAYER, save_entry
from store.models import Account, Claim, ClaimExport, Counter, Coverage, LogEntry, Payer, Provider
from store.output import DestinationUnusable
from store.terms import ClaimStatus
from store.x12.tokenizer import segments, transactions
from store.x12.writer import X12Unwritable
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter

pytestmark = pytest.mark.both_databases


def ready_claims(db: Database, count: int = 1) -> list[str]:
    """Claims of different days, built and scrubbed."""
    for number in range(count):
        with db.change(SYSTEM) as change:
            encounter = add_encounter(change.session, f"V{number}", f"2026-09-{number + 1:02d}")
            add_coding(change.session, encounter)
    built = build_claims(db, SYSTEM).built
    for claim in built:
        scrub_claim(db, CODES, SYSTEM, claim.claim_id, today=TODAY)
    return [claim.claim_id for claim in built]


def blocked_claim(db: Database) -> str:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session, "VX", "2026-08-01"), lines=(("G0463", ()),))
    claim_id = build_claims(db, SYSTEM).built[0].claim_id
    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)
    return claim_id


def statuses(db: Database) -> list[ClaimStatus]:
    with db.reading() as session:
        return list(session.exec(select(Claim.status).order_by(Claim.claim_number)))


def exports(db: Database) -> list[ClaimExport]:
    with db.reading() as session:
        return list(session.exec(select(ClaimExport).order_by(ClaimExport.interchange_control)))


def test_ready_claims_leave_in_one_file_and_are_marked(db: Database, tmp_path: Path) -> None:
    ready_claims(db, 3)

    report = export_claims(db, SYSTEM, None, tmp_path / "out.837")

    assert (report.claims, statuses(db)) == (3, [ClaimStatus.EXPORTED] * 3)
    assert (tmp_path / "out.837").read_bytes().count(b"\nCLM*") == 3


def test_the_export_keeps_the_bytes_their_hash_and_where_each_segment_belongs(db: Database, tmp_path: Path) -> None:
    ready_claims(db, 2)
    out = tmp_path / "out.837"

    report = export_claims(db, SYSTEM, None, out)

    (kept,) = exports(db)
    assert zlib.decompress(kept.content) == out.read_bytes()
    assert kept.sha256 == report.file_sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    (transaction,) = transactions(out.read_bytes(), [])
    control, position, number, field = next(place for place in kept.segments if place[3] == "line.2.service_date")
    assert (control, number) == ("0001", "2026-000001")
    assert transaction.segments[position - 1].identifier == "DTP"


def test_the_file_is_for_its_owner_alone(db: Database, tmp_path: Path) -> None:
    ready_claims(db)

    export_claims(db, SYSTEM, None, tmp_path / "out.837")

    assert stat.S_IMODE(os.stat(tmp_path / "out.837").st_mode) == 0o600


def test_a_blocked_claim_refuses_the_export_by_name_and_no_file_is_written(db: Database, tmp_path: Path) -> None:
    ready_claims(db)
    blocked_claim(db)

    with pytest.raises(ExportRefused) as refusal:
        export_claims(db, SYSTEM, None, tmp_path / "out.837")

    assert [claim.claim_number for claim in refusal.value.claims] == ["2026-000002"]
    assert (list(tmp_path.glob("*.837*")), statuses(db)[0]) == ([], ClaimStatus.READY)


def test_a_claim_that_was_not_scrubbed_is_refused(db: Database, tmp_path: Path) -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    claim_id = build_claims(db, SYSTEM).built[0].claim_id

    with pytest.raises(ExportRefused) as refusal:
        export_claims(db, SYSTEM, [claim_id], tmp_path / "out.837")

    assert "has not been scrubbed" in refusal.value.message


def test_ready_only_leaves_blocked_claims_behind_and_names_them(db: Database, tmp_path: Path) -> None:
    ready_claims(db)
    blocked_claim(db)

    report = export_claims(db, SYSTEM, None, tmp_path / "out.837", ready_only=True)

    assert (report.claims, [claim.claim_number for claim in report.left_behind]) == (1, ["2026-000002"])


def test_a_claim_leaves_once(db: Database, tmp_path: Path) -> None:
    claims = ready_claims(db)
    export_claims(db, SYSTEM, claims, tmp_path / "first.837")

    with pytest.raises(ExportRefused):
        export_claims(db, SYSTEM, claims, tmp_path / "second.837")

    assert not (tmp_path / "second.837").exists()


def test_the_same_operation_exports_once_and_answers_the_same(db: Database, tmp_path: Path) -> None:
    ready_claims(db)

    first = export_claims(db, SYSTEM, None, tmp_path / "out.837", "operation")
    second = export_claims(db, SYSTEM, None, tmp_path / "out.837", "operation")

    assert (first, len(exports(db))) == (second, 1)


def test_an_existing_file_is_not_overwritten(db: Database, tmp_path: Path) -> None:
    ready_claims(db)
    (tmp_path / "out.837").write_text("earlier")

    with pytest.raises(DestinationUnusable):
        export_claims(db, SYSTEM, None, tmp_path / "out.837")

    assert ((tmp_path / "out.837").read_text(), statuses(db)) == ("earlier", [ClaimStatus.READY])


def test_a_folder_that_is_not_there_is_refused_and_nothing_is_marked(db: Database, tmp_path: Path) -> None:
    ready_claims(db)

    with pytest.raises(DestinationUnusable):
        export_claims(db, SYSTEM, None, tmp_path / "nowhere" / "out.837")

    assert statuses(db) == [ClaimStatus.READY]


def test_a_failed_write_leaves_no_file_and_its_control_number_is_not_used_again(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready_claims(db)
    monkeypatch.setenv("CODEDESK_USAGE_INDICATOR", "X")
    with pytest.raises(X12Unwritable):
        export_claims(db, SYSTEM, None, tmp_path / "first.837")
    monkeypatch.setenv("CODEDESK_USAGE_INDICATOR", "P")

    report = export_claims(db, SYSTEM, None, tmp_path / "second.837")

    assert report.interchanges[0].interchange_control == 2
    assert [path.name for path in tmp_path.iterdir() if "837" in path.name] == ["second.837"]


def test_a_mark_that_cannot_be_kept_takes_the_file_back(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready_claims(db)

    def full_disk(session: Session, actor: str, events: list, *more: object) -> None:
        if events:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("store.log.append", full_disk)
    with pytest.raises(DestinationUnusable):
        export_claims(db, SYSTEM, _ids(db), tmp_path / "out.837")

    assert ([path.name for path in tmp_path.iterdir() if "837" in path.name], statuses(db)) == ([], [ClaimStatus.READY])


def _ids(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.exec(select(Claim.id)))


def test_each_receiver_gets_an_interchange_with_numbers_of_its_own(db: Database, tmp_path: Path) -> None:
    _, second = ready_claims(db, 2)
    save_partner(db, SYSTEM, "Other", {"receiver_id": "OTHERHOUSE", "payers": ["OTHERP"]})
    with db.change(SYSTEM) as change:
        other = Payer(source="test", local_id="P2", name="Other", payer_identifier="OTHERP", claim_filing_code="CI")
        change.session.add(other)
        change.session.flush()
        account = select(Account).where(Account.account_number == "V1")
        change.session.exec(
            select(Coverage).where(Coverage.account_id == change.session.exec(account).one().id)
        ).one().payer_id = other.id
    scrub_claim(db, CODES, SYSTEM, second, today=TODAY)

    report = export_claims(db, SYSTEM, None, tmp_path / "out.837")

    assert {(sent.receiver, sent.interchange_control) for sent in report.interchanges} == {
        ("CLEARINGHOUSE", 1),
        ("OTHERHOUSE", 1),
    }
    read = segments((tmp_path / "out.837").read_bytes(), [])
    assert [part.element(8).strip() for part in read if part.identifier == "ISA"] == ["CLEARINGHOUSE", "OTHERHOUSE"]


def test_exporting_makes_no_claims_and_logs_each_one_that_left(db: Database, tmp_path: Path) -> None:
    ready_claims(db, 2)

    export_claims(db, SYSTEM, None, tmp_path / "out.837")

    with db.reading() as session:
        entries = session.exec(select(LogEntry).where(LogEntry.action == "claim.export")).all()
    assert (len(statuses(db)), len(entries)) == (2, 2)


def test_standard_output_gets_the_file(db: Database, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ready_claims(db)

    export_claims(db, SYSTEM, None, "-")

    out, _ = capfdbinary.readouterr()
    assert out.startswith(b"ISA*") and out.rstrip().endswith(b"IEA*1*000000001~")


def test_a_claim_that_changed_while_the_file_was_written_stops_the_export(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (claim_id,) = ready_claims(db)
    keep = export._keep

    def changed_meanwhile(change, batch, destination):
        batch.claims = [(claim, number, version - 1) for claim, number, version in batch.claims]
        return keep(change, batch, destination)

    monkeypatch.setattr(export, "_keep", changed_meanwhile)
    with pytest.raises(ExportRefused):
        export_claims(db, SYSTEM, [claim_id], tmp_path / "out.837")

    assert (statuses(db), [path.name for path in tmp_path.iterdir() if "837" in path.name]) == ([ClaimStatus.READY], [])


def test_counters_are_kept_by_receiver(db: Database, tmp_path: Path) -> None:
    ready_claims(db)

    export_claims(db, SYSTEM, None, tmp_path / "out.837")

    with db.reading() as session:
        names = {counter.name for counter in session.exec(select(Counter))}
    assert {"interchange.CLEARINGHOUSE", "group.CLEARINGHOUSE", "transaction.CLEARINGHOUSE"} <= names


def rename_provider(db: Database) -> None:
    with db.change(SYSTEM) as change:
        change.session.exec(select(Provider)).one().family_name = "Okafor"


RETIRED = {
    "payer": (lambda db: save_entry(db, SYSTEM, PAYER, "P1", {"payer_identifier": "NEWID"}), "a payer"),
    "facility": (lambda db: save_entry(db, SYSTEM, FACILITY, "F1", {"tax_id": "470000009"}), "the facility that bills"),
    "provider": (rename_provider, "a provider"),
}


@pytest.mark.parametrize(("changed", "named"), RETIRED.values(), ids=RETIRED)
def test_a_claim_of_whom_the_directory_says_something_else_since_stays_behind_until_it_is_scrubbed_again(
    db: Database, tmp_path: Path, changed: Callable[[Database], object], named: str
) -> None:
    (claim_id,) = ready_claims(db)
    changed(db)

    with pytest.raises(ExportRefused, match=f"states {named} as it was when it was scrubbed"):
        export_claims(db, SYSTEM, None, tmp_path / "old.837")
    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)

    assert export_claims(db, SYSTEM, None, tmp_path / "new.837").claims == 1


def test_what_leaves_after_a_scrub_states_the_payer_as_it_is_now(db: Database, tmp_path: Path) -> None:
    (claim_id,) = ready_claims(db)
    save_entry(db, SYSTEM, PAYER, "P1", {"payer_identifier": "NEWID77"})
    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)

    export_claims(db, SYSTEM, None, tmp_path / "out.837")

    written = (tmp_path / "out.837").read_text()
    assert "PI*NEWID77" in written and "BLUEP" not in written
