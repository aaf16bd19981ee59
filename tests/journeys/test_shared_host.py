"""The shared host of `SHARED-HOST.md`, really set up: sshd on loopback, sudo, two accounts, one service account.

Two people work at once, one of them is dropped in the middle of a chart, and neither can read the files.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import open_database
from store.demo.create import DEMO_DAY
from store.models import LogEntry
from store.people import add_person
from store.terms import Role
from tests.journeys.host import Host, NoHost, block, set_up
from tests.journeys.pseudo import PseudoTerminal

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def bare() -> Iterator[Host]:
    try:
        host = set_up()
    except NoHost as reason:
        pytest.skip(f"no shared host: {reason}")
    yield host
    host.take_away()


@pytest.fixture
def host(bare: Host, demo_template: Path, reference_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """The host with the demo site's charts and two coders."""
    shutil.rmtree(bare.site, ignore_errors=True)
    bare.site.mkdir(parents=True)
    shutil.copy(demo_template, bare.site / "workstation.sqlite")
    shutil.copy(demo_template.with_suffix(".log-key"), bare.site / "workstation.log-key")
    shutil.copy(reference_file, bare.site / "reference.sqlite")
    (bare.site / "config.toml").write_text(bare.ours(block("settings")) + f'today = "{DEMO_DAY}"\n')
    monkeypatch.setenv("CODEDESK_HOME", str(bare.site))
    db = open_database()
    for person, name in zip(bare.people, ("Ana Ray", "Ben Ito"), strict=True):
        add_person(db, SYSTEM, person, name, Role.CODER)
    db.close()
    account = pwd.getpwnam(bare.service)
    for path in [bare.folder / "service", *(bare.folder / "service").rglob("*")]:
        os.chown(path, account.pw_uid, account.pw_gid)
        path.chmod(0o700 if path.is_dir() else 0o600)
    yield bare


def sit(host: Host, person: str) -> PseudoTerminal:
    return PseudoTerminal(host.ssh(person), {})


def who_signed_in() -> list[str]:
    db = open_database()
    with db.reading() as session:
        actors = session.exec(select(LogEntry.actor).where(LogEntry.action == "login")).all()
    db.close()
    return list(actors)


def test_two_people_work_and_one_who_is_dropped_finds_the_chart_at_the_same_field(host: Host) -> None:
    ana, ben = (sit(host, person) for person in host.people)
    try:
        for terminal in (ana, ben):
            terminal.expect("Clinic, ready to code", 60)
        ana.send("n")
        ana.expect("Clinic visit note")
        ben.expect("open by Ana Ray since", 10)
        ana.send("+")
        ana.expect(r"\n \+")
        for letter in "e11.4":
            ana.send(letter)
        ana.expect(r"\+e11\.4")
        ana.settle(1.0)
        before = set(host.running())

        ana.process.send_signal(signal.SIGKILL)
        ana.process.wait(5)

        deadline = time.monotonic() + 15
        while len(host.running()) >= len(before) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(host.running()) < len(before), "the session of who was dropped runs on"
        ben.press("Down")
        assert "Clinic, ready to code" in ben.text
        again = sit(host, host.people[0])
        try:
            again.expect("Go on with .*, left at .*e11.4", 60)
            again.settle(0.5)
            again.send("y")
            again.expect(r"\n \+e11\.4")
        finally:
            again.end()
    finally:
        ana.end()
        ben.end()

    assert set(who_signed_in()) == set(host.people)


@pytest.fixture
def ready(host: Host) -> Iterator[Host]:
    """The host with the program loaded, as its service keeps it."""
    account = pwd.getpwnam(host.service)
    words = host.ours(re.search(r"^ExecStart=(.*)$", block("ready"), re.M)[1]).split()
    process = subprocess.Popen(
        words, user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/", stderr=subprocess.PIPE, text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": account.pw_dir},
    )  # fmt: skip
    assert process.stderr is not None and "ready at" in process.stderr.readline()
    yield host
    process.terminate()
    process.wait(10)
    process.stderr.close()


def test_sessions_that_start_at_once_are_of_who_asked_for_them(ready: Host) -> None:
    before = len(ready.running())
    terminals = [sit(ready, person) for person in ready.people]
    try:
        for terminal in terminals:
            terminal.expect("Clinic, ready to code", 60)
        terminals[0].send("n")
        terminals[0].expect("Clinic visit note")
        terminals[1].expect("open by Ana Ray since", 10)
        terminals[0].process.send_signal(signal.SIGKILL)
        terminals[0].process.wait(5)
        deadline = time.monotonic() + 15
        while len(ready.running()) > before + 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(ready.running()) <= before + 2, "the session of who was dropped runs on"
    finally:
        for terminal in terminals:
            terminal.end()

    deadline = time.monotonic() + 15
    while set(actors := who_signed_in()) != set(ready.people) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert set(actors) == set(ready.people)


def test_no_person_reaches_the_process_that_is_ready(ready: Host) -> None:
    socket = ready.site / "ready.socket"
    asked = "import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"

    done = ready.as_person(ready.people[0], "/usr/bin/python3", "-c", asked, str(socket))

    assert done.returncode == 1 and "Permission denied" in done.stderr


def test_nobody_but_the_service_account_reads_the_files(host: Host) -> None:
    person = host.people[0]
    for path in (host.site / "workstation.sqlite", host.site / "workstation.log-key", host.site / "config.toml"):
        done = host.as_person(person, "cat", str(path))
        assert (done.returncode, done.stdout) == (1, "")
        assert "Permission denied" in done.stderr
    assert host.as_person(person, "ls", str(host.site)).returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [["log", "list"], ["encounters", "export", "--all"], ["--linear"]],
    ids=["log", "export", "option"],
)
def test_sudo_lets_people_run_codedesk_without_arguments_alone(host: Host, arguments: list[str]) -> None:
    done = host.as_person(host.people[0], "sudo", "-n", "-u", host.service, str(host.program), *arguments)

    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("program", ["/bin/sh", "/bin/cat"])
def test_sudo_lets_people_run_nothing_else(host: Host, program: str) -> None:
    done = host.as_person(host.people[0], "sudo", "-n", "-u", host.service, program)

    assert done.returncode == 1


@pytest.mark.parametrize("command", [[], ["cat", "/etc/passwd"], ["/bin/sh", "-c", "id"]], ids=["none", "cat", "sh"])
def test_whatever_is_asked_of_sshd_it_leads_into_codedesk(host: Host, command: list[str]) -> None:
    done = subprocess.run(
        host.ssh(host.people[0], *command, terminal=False), stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"the screens need a terminal" in done.stderr


def test_a_name_in_the_environment_makes_nobody_else_of_a_person(host: Host) -> None:
    """Whoever runs the program without sudo is themselves, and has no record of the site's."""
    person = host.people[0]
    uid = pwd.getpwnam(host.people[1]).pw_uid

    done = host.as_person(
        person, "env", f"SUDO_UID={uid}", f"USER={host.people[1]}", f"CODEDESK_HOME={host.site}", str(host.program),
        "users", "list",
    )  # fmt: skip

    assert done.returncode == 2
    assert "ermission" in done.stderr and done.stderr.count("\n") == 1


def test_forwarding_is_refused(host: Host) -> None:
    words = host.ssh(host.people[0], terminal=False)
    words[1:1] = ["-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1"]

    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    assert b"forwarding failed" in done.stderr


@pytest.fixture
def by_key(host: Host) -> Host:
    """The other way: all come in as the service account; the key of the first coder is listed, a stranger's is not."""
    host.let_in_by_key(host.people[0], "stranger")
    keys = host.site / "login_keys"
    keys.write_text(f"# whose key is whose\n{host.people[0]} {host.key(host.people[0])}\n")
    account = pwd.getpwnam(host.service)
    os.chown(keys, account.pw_uid, account.pw_gid)
    return host


def test_who_comes_in_by_the_service_account_is_whose_key_it_was(by_key: Host) -> None:
    terminal = PseudoTerminal(by_key.ssh(by_key.service, key_of=by_key.people[0]), {})
    try:
        terminal.expect("Clinic, ready to code", 60)
    finally:
        terminal.end()

    deadline = time.monotonic() + 15
    while not (actors := who_signed_in()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert actors == [by_key.people[0]]


@pytest.mark.parametrize("command", [[], ["/bin/sh", "-c", "id"]], ids=["none", "sh"])
def test_a_key_that_is_nobodys_opens_nothing(by_key: Host, command: list[str]) -> None:
    words = by_key.ssh(by_key.service, *command, key_of="stranger")

    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    assert done.returncode == 2
    assert "the key of this session belongs to nobody" in done.stdout
    assert "uid=" not in done.stdout
