"""The files of a site on SQLite: who may read them, on which file system they lie, how much room there is."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from codesets.home import home
from store.backup import megabytes
from store.doctor.finding import Finding, State
from store.settings import load_settings

MOUNTS = Path("/proc/self/mountinfo")

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre"}) | {
    *("gpfs", "beegfs", "9p", "davfs", "vboxsf", "virtiofs", "prl_fs", "vmhgfs", "fuse.vmhgfs-fuse"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.davfs", "fuse.ceph"),
}
"""File systems whose locks or syncs cannot be trusted with a database that many write to (SQLite, "How To Corrupt")."""


def file_system(path: Path) -> Finding:
    """Whether the record lies on a disk of this host."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Finding("file system", State.NOT_CHECKED, "this system does not list its mounts", f"df {path.parent}")
    point, kind = mounted_on(path.parent.resolve(), mounts)
    if kind in NETWORK:
        return Finding(
            "file system",
            State.WRONG,
            f"{point} is a network file system ({kind}): its locks do not hold, the record can be damaged",
            "move the record to a disk of this host, or to PostgreSQL (codedesk move)",
        )
    return Finding("file system", State.OK, f"{kind} on {point}")


def mounted_on(folder: Path, mounts: str) -> tuple[str, str]:
    """The mount point of a folder and the kind of its file system, from the text of `mountinfo`."""
    found = ("/", "unknown")
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        parts = fields.split()
        if len(parts) < 5 or not rest:
            continue
        point = parts[4].replace("\\040", " ")
        if (folder == Path(point) or Path(point) in folder.parents) and len(point) >= len(found[0]):
            found = (point, rest.split()[0])
    return found


def modes(path: Path, log_key: Path) -> Iterator[Finding]:
    """Whether only their owner can read the files, and whether that owner is the account that runs codedesk."""
    if not path.parent.is_dir():
        yield Finding("modes", State.NOT_CHECKED, f"{path.parent} is not there yet")
        return
    wrong = list(_wrong_modes(path, log_key))
    yield from wrong
    if not wrong:
        yield Finding("modes", State.OK, f"folders are 0700 and files 0600 in {path.parent}")


def room(path: Path) -> Finding:
    """Whether an upgrade would find the room that it asks for."""
    if not path.exists():
        return Finding("room", State.NOT_CHECKED, "there is no record yet")
    system = os.statvfs(path.parent)
    free, needed = system.f_bavail * system.f_frsize, 2 * path.stat().st_size
    words = f"{megabytes(free)} free, the record has {megabytes(path.stat().st_size)}"
    if free < needed:
        return Finding("room", State.WRONG, words, "a full disk is what most often stops a record: free some space")
    return Finding("room", State.OK, words)


def _wrong_modes(path: Path, log_key: Path) -> Iterator[Finding]:
    folders = {path.parent, home(), path.parent / "outbox", path.parent / "backups"}
    if named := load_settings().backups:
        folders.add(Path(named).expanduser())
    present = sorted(folder for folder in folders if folder.is_dir())
    files = {log_key, home() / "crashes.log"} | {path.with_name(path.name + end) for end in ("", "-wal", "-shm")}
    for folder in present:
        if folder.name in ("backups", "outbox"):
            files.update(entry for entry in folder.iterdir() if entry.is_file())
        yield from _mode(folder, 0o700)
    files.update(path.parent.glob(path.name + ".kept-*"))
    for file in sorted(file for file in files if file.is_file()):
        yield from _mode(file, 0o600)


def _mode(place: Path, wanted: int) -> Iterator[Finding]:
    status = place.stat()
    mode = stat.S_IMODE(status.st_mode)
    if mode & ~wanted:
        others = "others can read it" if mode & 0o077 else "it can be run"
        yield Finding("modes", State.WRONG, f"{place} is {mode:04o}: {others}", f"chmod {wanted:o} {place}")
    owner = _owner()
    if status.st_uid != owner:
        yield Finding(
            "owner",
            State.WRONG,
            f"{place} belongs to user id {status.st_uid}, codedesk runs as {owner}",
            "one service account owns the files and runs codedesk",
        )


def _owner() -> int:
    """The user id that is to own the files: of the service account where one is named, else of this process."""
    try:
        return pwd.getpwnam(load_settings().service_account).pw_uid
    except (KeyError, ValueError):
        return os.getuid()
