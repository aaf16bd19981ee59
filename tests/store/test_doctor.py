"""`codedesk doctor`: what it finds on a right and on a wrong set-up, and that it never changes anything."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from store import doctor
from store.actors import SYSTEM
from store.backup import back_up
from store.database import Database
from store.doctor import State, host
from store.doctor.files import NETWORK, mounted_on
from store.doctor.sudoers import of_sudo
from store.log.anchor import write_anchor
from store.models import ChartAccess, Patient, Person
from store.people import add_person
from store.settings import database_url
from store.sqlite import WAL_RESET_FIXED
from store.terms import Role
from tests.store import attacks
from tests.store.old_record import make_old_record
from tui.cli import main

OTHER_DISK = Path("/dev/shm")
"""A file system beside the one of the tests' folders, for anchors."""

MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
40 22 0:45 / /srv/share rw,relatime shared:5 - nfs4 server:/share rw
41 40 0:46 / /srv/share/local rw - xfs /dev/sdb1 rw
42 22 0:47 / /home/a\\040b rw - cifs //server/b rw
"""


@pytest.fixture
def site(db: Database) -> Database:
    add_person(db, SYSTEM, "ana", "Ana", Role.ADMIN)
    return db


@pytest.fixture
def good(site: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A site with everything that doctor asks for."""
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system for the anchor")
    anchors = OTHER_DISK / f"codedesk-{os.getpid()}-{tmp_path.name}"
    monkeypatch.setenv("CODEDESK_LOG_ANCHOR", str(anchors))
    write_anchor(site, SYSTEM, (str(anchors),))
    back_up(site, SYSTEM, tmp_path / "backup.sqlite")
    yield site
    anchors.unlink()


def wrong() -> dict[str, str]:
    return {f.check: f.words for f in doctor.examine(database_url()) if f.state == State.WRONG}


def test_a_right_set_up_has_nothing_wrong(good: Database, capsys: pytest.CaptureFixture[str]) -> None:
    found = {name: words for name, words in wrong().items() if name not in ("sqlite", "file system", "sudo", "sshd")}

    assert found == {}


def test_a_site_without_anchor_and_backup_is_told(site: Database, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json"])

    findings = json.loads(capsys.readouterr().out)["findings"]
    assert code == 1
    assert {"anchor", "backup"} <= {f["check"] for f in findings if f["state"] == "wrong"}


def test_files_that_others_can_read_are_named_with_the_command_that_mends_them(good: Database, home: Path) -> None:
    (home / "workstation.sqlite").chmod(0o644)
    home.chmod(0o755)

    remedies = [f.remedy for f in doctor.examine(database_url()) if f.check == "modes"]

    assert remedies == [f"chmod 700 {home}", f"chmod 600 {home / 'workstation.sqlite'}"]


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/srv/share/site", "nfs4"), ("/srv/share/local/site", "xfs"), ("/srv/shared", "ext4"), ("/home/a b/x", "cifs")],
)
def test_the_file_system_of_a_folder_is_that_of_its_nearest_mount(folder: str, kind: str) -> None:
    assert mounted_on(Path(folder), MOUNTS)[1] == kind


def test_a_network_file_system_is_wrong(
    site: Database, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = tmp_path / "mountinfo"
    listing.write_text(f"{MOUNTS}50 22 0:50 / {home} rw - nfs4 server:/home rw\n")
    monkeypatch.setattr("store.doctor.files.MOUNTS", listing)

    assert "nfs4" in wrong()["file system"]
    assert {"nfs", "cifs", "fuse.sshfs"} <= NETWORK


def test_an_old_backup_and_an_old_anchor_are_told_with_their_age(
    good: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(connection) -> None:
        connection.exec_driver_sql("UPDATE log_entry SET at = '2026-01-01T00:00:00.000Z'")

    attacks.attack(good, older)

    found = wrong()
    assert "hours old" in found["backup"] and "hours old" in found["anchor"]
    assert "log_entry_no_update" in found["append-only"]
    assert "entry 1" in found["log"]


def test_a_log_that_its_anchor_does_not_fit_is_told(good: Database) -> None:
    attacks.attack(good, lambda connection: connection.exec_driver_sql("DELETE FROM log_entry"))
    add_person(good, SYSTEM, "eve", "Eve", Role.ADMIN)
    add_person(good, SYSTEM, "ian", "Ian", Role.ADMIN)

    found = wrong()

    assert "entry 1" in found["log"]
    assert "it does not hold: entry 1: the anchor of" in found["anchor"]


def test_a_clock_that_was_set_back_is_told_of_a_log_that_is_right(
    site: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.log.now", lambda: "2020-01-02T10:00:00.000Z")
    add_person(site, SYSTEM, "ian", "Ian", Role.ADMIN)

    log = next(one for one in doctor.examine(database_url()) if one.check == "log")

    assert log.state == State.OK
    assert "1 entry is dated earlier than the one before: entry" in log.words


def test_anchors_that_cannot_be_read_are_said_not_to_be_checked(good: Database) -> None:
    folder = Path(os.environ["CODEDESK_LOG_ANCHOR"])
    folder.unlink()
    folder.mkdir()

    found = {f.check: f.state for f in doctor.examine(database_url())}

    folder.rmdir()
    folder.touch()
    assert found["anchor"] == State.NOT_CHECKED


def test_an_anchor_beside_the_record_proves_little(site: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_LOG_ANCHOR", str(home / "anchors"))
    write_anchor(site, SYSTEM, (str(home / "anchors"),))

    assert "same disk" in wrong()["anchor"]


def test_an_older_or_damaged_record_is_a_finding_not_an_error(home: Path) -> None:
    make_old_record(home / "workstation.sqlite")
    older = wrong()["record"]
    shutil.rmtree(home)
    home.mkdir(mode=0o700)
    (home / "workstation.sqlite").write_bytes(b"SQLite format 3\x00" + b"\xff" * 4096)

    damaged = wrong()["record"]

    assert "0001" in older
    assert "damaged" in damaged


def test_a_sqlite_that_can_lose_its_log_is_wrong(site: Database) -> None:
    script = "import sys; sys.modules['pysqlite3'] = None; from tui.cli import main; main(['doctor', '--json'])"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    first = json.loads(done.stdout)["findings"][0]
    weak = sqlite3.sqlite_version_info < WAL_RESET_FIXED
    assert first["check"] == "sqlite"
    assert first["state"] == ("wrong" if weak else "ok")


def test_doctor_changes_nothing(site: Database, home: Path) -> None:
    site.close()
    before = {path: path.read_bytes() for path in home.iterdir()}

    doctor.examine(database_url())

    assert {path: path.read_bytes() for path in home.iterdir()} == before


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", State.ADVICE),
        ('%coders ALL=(coder-svc) NOPASSWD: NOEXEC: /usr/bin/codedesk ""', State.OK),
        ('%coders ALL=(coder-svc) NOPASSWD: /usr/bin/codedesk ""', State.ADVICE),
        ("%coders ALL=(coder-svc) NOPASSWD: NOEXEC: /usr/bin/codedesk", State.WRONG),
        ('%coders ALL=(ALL) NOPASSWD: NOEXEC: /usr/bin/codedesk ""', State.WRONG),
        ('Defaults !env_reset\n%coders ALL=(coder-svc) NOEXEC: /usr/bin/codedesk ""', State.WRONG),
        ('# %coders ALL=(ALL) /usr/bin/codedesk ""', State.ADVICE),
    ],
)
def test_rules_of_sudo_are_read(text: str, state: State) -> None:
    assert of_sudo(text).state == state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", State.ADVICE),
        (
            "ClientAliveInterval 30\nMatch Group coders\n ForceCommand sudo -u coder-svc /usr/bin/codedesk\n"
            " DisableForwarding yes",
            State.OK,
        ),
        ("Match Group coders\n ForceCommand sudo -u coder-svc codedesk\n DisableForwarding yes", State.ADVICE),
        ("Match Group coders\n ForceCommand codedesk\n", State.WRONG),
        ("PermitUserEnvironment yes\n", State.WRONG),
    ],
)
def test_settings_of_sshd_are_read(text: str, state: State) -> None:
    assert host.of_sshd(text).state == state


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("coder-night ALL=(coder-svc) NOPASSWD: NOEXEC: /usr/bin/codedesk log anchor", State.OK),
        ("coder-night ALL=(coder-svc) NOPASSWD: NOEXEC: /usr/bin/codedesk log *", State.WRONG),
        ('ana ALL=(coder-svc) NOPASSWD: NOEXEC: /usr/bin/codedesk "", /opt/codedesk', State.WRONG),
        ('%coders ALL=(coder-svc) NOPASSWD: NOEXEC: /usr/bin/codedesk "", /bin/cat', State.WRONG),
        ('%coders ALL=(coder-svc) NOPASSWD: NOEXEC: SETENV: /usr/bin/codedesk ""', State.WRONG),
        ("%coders ALL=(coder-svc) NOPASSWD: ALL", State.WRONG),
        ("%coders ALL=(ALL) NOPASSWD: ALL", State.WRONG),
        ("Cmnd_Alias READ = /bin/cat, /bin/less\n%coders ALL=(coder-svc) READ", State.WRONG),
        ("%coders ALL=(coder-svc) \\\n  /bin/cat", State.WRONG),
        ('%sudo ALL=(ALL:ALL) ALL\n%coders ALL=(coder-svc) NOEXEC: /usr/bin/codedesk ""', State.OK),
        ('ana ALL=(backup) /bin/tar\n%coders ALL=(coder-svc) NOEXEC: /usr/bin/codedesk ""', State.OK),
        ("root ALL=(ALL:ALL) ALL", State.ADVICE),
    ],
)
def test_a_rule_of_sudo_that_names_its_arguments_allows_no_others(rule: str, state: State) -> None:
    assert of_sudo(rule, "coder-svc").state == state


def test_a_service_account_that_is_a_person_is_wrong(good: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_SERVICE_ACCOUNT", "ana")

    assert "is itself a person" in wrong()["people"]


def test_sudo_without_the_setting_is_wrong_whatever_the_rules_say(
    good: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "SUDOERS", (str(tmp_path / "none"),))
    monkeypatch.setattr(os, "getuid", lambda: pwd.getpwnam("nobody").pw_uid)
    monkeypatch.setenv("SUDO_UID", str(pwd.getpwnam("bin").pw_uid))

    told = {f.check: f for f in host.sessions()}["identity"]

    assert (told.state, told.remedy) == (State.WRONG, 'service_account = "nobody" in config.toml')
    assert "bin called sudo" in told.words


def test_the_blocks_of_the_document_are_what_doctor_asks_for() -> None:
    from tests.journeys.host import block

    assert of_sudo(block("sudo")).state == State.OK
    assert of_sudo(block("nightly")).state == State.OK
    assert host.of_sshd(block("sshd")).state == State.OK


def test_a_service_account_that_is_not_named_makes_everybody_one_person(
    good: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = pwd.getpwuid(os.getuid()).pw_name
    (tmp_path / "sudoers").write_text(f'%coders ALL=({account}) NOPASSWD: NOEXEC: /usr/bin/codedesk ""\n')
    monkeypatch.setattr(host, "SUDOERS", (str(tmp_path / "sudoers"),))
    forgotten = wrong()["identity"]
    monkeypatch.setenv("CODEDESK_SERVICE_ACCOUNT", account)
    named = {f.check: f.state for f in host.sessions()}
    monkeypatch.setenv("CODEDESK_SERVICE_ACCOUNT", "no-such-account")

    assert "everybody counts as" in forgotten
    assert named["identity"] == State.OK
    assert "no account" in wrong()["identity"]


@pytest.mark.parametrize(("minutes", "state"), [("0", State.WRONG), ("10", State.OK), ("60", State.WRONG)])
def test_a_terminal_that_is_never_covered_is_wrong(minutes: str, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_LOCK_MINUTES", minutes)

    assert {f.check: f.state for f in host.sessions()}["lock"] == state


def test_an_emergency_that_nobody_reviewed_in_a_day_is_wrong(good: Database) -> None:
    with good.change(SYSTEM) as change:
        person = change.session.exec(select(Person)).first()
        patient = Patient(source="s", mrn="1", family_name="A")
        change.session.add(patient)
        change.session.flush()
        change.session.add(
            ChartAccess(patient_id=patient.id, person_id=person.id, emergency=True, since="2026-01-01T00:00:00.000Z")
        )

    assert "nobody has reviewed" in wrong()["emergencies"]
