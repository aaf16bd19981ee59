"""A shared host as `SHARED-HOST.md` describes it, made for a test and taken away again: accounts, sudo rule, sshd.

Everything has a name of this process; sshd listens on loopback alone and dies with the test. Needs root.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import store.doctor
from tests.postgres import _die_with_parent

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = Path(store.doctor.__file__).parent / "SHARED-HOST.md"
SSHD, SUDO = Path("/usr/sbin/sshd"), Path("/usr/bin/sudo")


class NoHost(Exception):
    """A host cannot be set up here; the reason."""


def block(name: str) -> str:
    """A block of the document by its name."""
    found = re.search(rf"^```\w+ {name}\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
    assert found, f"{DOCUMENT.name} has no block {name}"
    return found[1]


@dataclass
class Host:
    """The host that was set up: its folder, the accounts, the port of sshd."""

    folder: Path
    service: str
    group: str
    people: tuple[str, ...]
    port: int = 0
    rule: Path | None = None
    made: list[tuple[str, str]] = field(default_factory=list)
    sshd: subprocess.Popen[bytes] | None = None

    @property
    def program(self) -> Path:
        return self.folder / "codedesk"

    @property
    def site(self) -> Path:
        """The folder of the record."""
        return self.folder / "service" / ".local" / "share" / "codedesk"

    def ours(self, text: str) -> str:
        """A block with the names of this host."""
        names = {"/usr/local/bin/codedesk": str(self.program), "coder-svc": self.service, "coders": self.group}
        for name, here in names.items():
            text = text.replace(name, here)
        return text

    def ssh(self, person: str, *command: str, terminal: bool = True, key_of: str = "") -> list[str]:
        """The command of an account's ssh client with its own key, or with that of somebody else, and no password."""
        key = self.folder / f"key-{key_of or person}"
        return [
            *("ssh", "-F", "/dev/null", "-p", str(self.port), "-i", str(key), "-tt" if terminal else "-T"),
            *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"),
            *("-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", f"{person}@127.0.0.1", *command),
        ]

    def let_in_by_key(self, *people: str) -> None:
        """Let people come in as the service account, each with a key of their own, which need not be known to codedesk.

        The other way of the document: a shell for the account, and `restrict,pty` before every key.
        """
        _run("usermod", "-s", "/bin/sh", "-p", "*", self.service)
        keys = self.folder / "service" / ".ssh" / "authorized_keys"
        keys.parent.mkdir(0o700, exist_ok=True)
        keys.write_text("".join(f"restrict,pty {self.key(person)}\n" for person in people))
        account = pwd.getpwnam(self.service)
        for path in (keys.parent, keys):
            os.chown(path, account.pw_uid, account.pw_gid)

    def key(self, person: str) -> str:
        """The public key of a person, `TYPE KEY`; made where there is none yet."""
        private = self.folder / f"key-{person}"
        if not private.exists():
            _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(private))
        return " ".join(private.with_suffix(".pub").read_text().split()[:2])

    def as_person(self, person: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the host as a person who got hold of a shell."""
        account = pwd.getpwnam(person)
        return subprocess.run(
            command,
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[grp.getgrnam(self.group).gr_gid],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "HOME": account.pw_dir, "TERM": "xterm"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )

    def running(self) -> list[int]:
        """The processes of codedesk that run as the service account."""
        return _processes(pwd.getpwnam(self.service).pw_uid)

    def take_away(self) -> None:
        """Stop sshd, end what is left of the sessions, and remove accounts, rule and files."""
        if self.sshd:
            self.sshd.terminate()
            self.sshd.wait(10)
        if self.rule:
            self.rule.unlink(missing_ok=True)
        for kind, name in reversed(self.made):
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                for process in _processes(pwd.getpwnam(name).pw_uid) if kind == "user" else ():
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
                # An account whose last process is just ending is not removed yet.
                if subprocess.run([f"{kind}del", name], stderr=subprocess.DEVNULL).returncode == 0:
                    break
                time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)


def _processes(uid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it has just ended
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                found.append(int(entry.name))
    return found


def set_up() -> Host:
    """Accounts, program, sudo rule and sshd; nobody is known to codedesk yet. Raises NoHost with the reason."""
    if os.getuid() != 0:
        raise NoHost("only root makes accounts")
    for needed in (SSHD, SUDO, Path("/usr/bin/ssh"), Path("/usr/sbin/useradd")):
        if not needed.exists():
            raise NoHost(f"{needed} is not installed: apt-get install openssh-server openssh-client sudo")
    number = os.getpid() % 100_000
    folder = Path(tempfile.mkdtemp(prefix="codedesk-host-"))
    host = Host(folder, f"cdsvc{number}", f"cdgroup{number}", (f"cdana{number}", f"cdben{number}"))
    try:
        folder.chmod(0o755)
        _accounts(host)
        _program(host)
        host.rule = Path(f"/etc/sudoers.d/codedesk-test-{number}")
        host.rule.touch(0o440)
        host.rule.write_text(host.ours(block("sudo")))
        _run("visudo", "-c", "-q", "-f", str(host.rule))
        _start_sshd(host)
    except BaseException:
        host.take_away()
        raise
    return host


def _accounts(host: Host) -> None:
    made = [line.split() for line in host.ours(block("accounts")).splitlines()]
    group = next(line for line in made if line[0] == "groupadd")
    service = [word.replace("/var/lib/codedesk", str(host.folder / "service")) for word in made[0]]
    _run(*group)
    host.made.append(("group", host.group))
    _run(*service)
    host.made.append(("user", host.service))
    (host.folder / "service").chmod(0o700)
    for person in host.people:
        home = host.folder / f"home-{person}"
        _run("useradd", "-m", "-d", str(home), "-s", "/bin/sh", "-p", "*", "-G", host.group, person)
        host.made.append(("user", person))
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host.folder / f"key-{person}"))
        keys = home / ".ssh"
        keys.mkdir(0o700)
        shutil.copy(host.folder / f"key-{person}.pub", keys / "authorized_keys")
        account = pwd.getpwnam(person)
        for path in (keys, keys / "authorized_keys"):
            os.chown(path, account.pw_uid, account.pw_gid)
        home.chmod(0o700)


def _program(host: Host) -> None:
    """The script of the document, with an interpreter and folders that the service account can read."""
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    tried = (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}")
    for interpreter in tried:
        host.program.write_text(
            f"#!{interpreter} -I\nimport sys\nsys.path[:0] = [{str(ROOT)!r}, {packages!r}]\n"
            "from tui.cli import main\nsys.exit(main())\n"
        )
        host.program.chmod(0o755)
        done = host.as_person(host.service, "/usr/bin/env", str(host.program), "keys")
        if done.returncode == 0:
            return
    raise NoHost(f"another account cannot run {' or '.join(tried)} with {ROOT} and {packages}")


def _start_sshd(host: Host) -> None:
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host.folder / "host-key"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host.port = int(probe.getsockname()[1])
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    settings = host.folder / "sshd_config"
    settings.write_text(
        f"Port {host.port}\nListenAddress 127.0.0.1\nHostKey {host.folder / 'host-key'}\nUsePAM no\n"
        f"PasswordAuthentication no\nPidFile none\nSubsystem sftp internal-sftp\n"
        f"{host.ours(block('keys'))}{host.ours(block('sshd'))}"
    )
    _run(str(SSHD), "-t", "-f", str(settings))
    host.sshd = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", settings],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(host.folder / "sshd.log").open("wb"),
        preexec_fn=_die_with_parent,
    )
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", host.port)) == 0:
                return
        time.sleep(0.05)
    raise NoHost("sshd did not start: " + (host.folder / "sshd.log").read_text())


def _run(*words: str) -> None:
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise NoHost(f"{words[0]}: {(done.stderr or done.stdout).strip()}")
