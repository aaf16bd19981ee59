"""A watched folder: finished files are taken in, one after another, and moved to `done` or `quarantine`.

Whoever writes into it gives the file another name first and renames it when it is whole: names that begin with a dot or
end in `.tmp`, `.part` or `.filepart` are being written. Or a file of the same name with `.done` or `.ready` beside it
says that it is. Of any other file it is a guess: it must have stood still for some looks and end as its format ends
(`store.intake.ending`). One that stands still without its end for some seconds is taken where nothing but the carriage
return of its last segment is missing (`store.intake.hl7v2.cut`), and else goes to quarantine; should its writer go on
after all, it comes back and is read again. A file that changed while it was read stays and is read again, as is one
that was interrupted half way, which changes nothing twice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Database
from store.intake.ending import NO_END, missing_end
from store.intake.files import Found, is_hl7
from store.intake.quarantine import quarantined, set_aside
from store.intake.report import FileReport, IntakeReport
from store.intake.run import take_in
from store.intake.unreadable import keep_unreadable, moved
from store.models.columns import now
from store.settings import load_settings

DONE, LEFT_OUT = "done", "quarantine"
LOOK_SECONDS = 0.5
STILL_LOOKS = 3
"""Looks in which a file must not have changed before it is taken."""

FOLLOWED_SECONDS = 60
"""How long a file that was moved without its end is looked at, should its writer go on."""

BEING_WRITTEN = (".tmp", ".part", ".filepart")
"""How a name ends while its file is being written."""
_MARKS = (".done", ".ready")


class CannotWatch(CodedeskError):
    """The folder is not there, or codedesk may not move files in it."""

    title = "watch"


def watch(
    db: Database,
    actor: Actor,
    folder: Path,
    seconds: float | None = None,
    told: Callable[[IntakeReport], None] = lambda report: None,
    look: float = LOOK_SECONDS,
    unended: float | None = None,
    waiting: Callable[[str], None] = lambda words: None,
) -> IntakeReport:
    """Watch until the time is up (None: until interrupted); `told` hears of each file. Raises CannotWatch.

    `unended` are the seconds for which a file without its end must stand still; None: those of the settings. `waiting`
    hears once what such a file waits for.
    """
    for place in (folder, folder / DONE, folder / LEFT_OUT):
        _make(place, folder)
    if unended is None:
        unended = load_settings().unended_seconds
    end = time.monotonic() + seconds if seconds is not None else None
    seen: dict[Path, _Seen] = {}
    files: list[FileReport] = []
    patients = 0
    followed: list[_Followed] = []
    try:
        while True:
            followed = [one for one in followed if _still_followed(db, actor, folder, one)]
            seen = {path: _looked_at(seen.get(path), state) for path, state in _waiting(folder).items()}
            for path, one in seen.items():
                if not (_marked(path) or one.looks >= STILL_LOOKS):
                    continue
                missing = _missing(path)
                marked = _marked(path)
                if missing and not marked and time.monotonic() - one.since < unended:
                    if not one.told:
                        rest = f"{unended:g} seconds"
                        waiting(f"{path.name}: {missing}; it waits until it has not changed for {rest}")
                        seen[path] = replace(one, told=True)
                    continue
                begun = now()
                taken = _taken(db, actor, folder, path, one.state, missing, marked)
                if taken is None:
                    continue
                report, target = taken
                if missing and not marked:
                    until = time.monotonic() + FOLLOWED_SECONDS
                    followed.append(_Followed(path.name, target, one.state, until, begun))
                files += report.files
                patients += report.patients
                told(report)
            if end is not None and time.monotonic() >= end:
                break
            time.sleep(look if end is None else max(0.0, min(look, end - time.monotonic())))
    except KeyboardInterrupt:
        pass
    return IntakeReport(tuple(files), patients)


State = tuple[int, int]
"""Size of a file in bytes and its time in nanoseconds."""


@dataclass(frozen=True)
class _Seen:
    """A file as it was seen: in how many looks after the first it had not changed, and since when (monotonic)."""

    state: State
    since: float
    looks: int = 0
    told: bool = False


@dataclass(frozen=True)
class _Followed:
    """A file that was moved without its end: its name, where to, as what, until when it is looked at (monotonic).

    `begun` is when its reading began, ISO text in UTC.
    """

    name: str
    target: Path
    state: State
    until: float
    begun: str


def _still_followed(db: Database, actor: Actor, folder: Path, one: _Followed) -> bool:
    """Bring a file back whose writer went on after it was moved; what was refused of it is set aside."""
    if time.monotonic() > one.until or not one.target.is_file():
        return False
    if not _changed(one.target, one.state):
        return True
    refused = [row.id for row in quarantined(db) if row.file_name == one.name and row.received_at >= one.begun]
    _move(one.target, folder)
    for number in refused:
        set_aside(db, actor, number)
    return False


def _looked_at(before: _Seen | None, state: State) -> _Seen:
    if before is None or before.state != state:
        return _Seen(state, time.monotonic())
    return replace(before, looks=before.looks + 1)


def _is_hl7(path: Path) -> bool:
    with path.open("rb") as file:
        return is_hl7(file.read(4096))


def _missing(path: Path) -> str:
    try:
        return missing_end(path)
    except OSError:  # told by what reads it
        return ""


def _taken(
    db: Database, actor: Actor, folder: Path, path: Path, state: State, missing: str, marked: bool
) -> tuple[IntakeReport, Path] | None:
    """Take a file in and move it away, and say where to; None where it went on being written, so that it is read again.

    Of a file without its end only whole HL7 messages are taken in: what is left of any other might be half a record.
    """
    if not missing or _is_hl7(path):
        report = take_in(db, actor, [path], finished=marked)
        if missing == NO_END and not report.quarantined:
            missing = ""
    else:
        report = IntakeReport((FileReport(path.name, "", messages=(f"it broke off: {missing}",)),), 0)
    if _changed(path, state):
        return None
    target = _move(path, folder / (LEFT_OUT if report.exit_code or missing else DONE))
    if _changed(target, state):
        os.replace(target, path)
        return None
    if missing and not report.quarantined:
        keep_unreadable(db, actor, Found(path.name, 0, target), f"it broke off: {missing}", 0)
    if report.exit_code or missing:
        moved(db, actor, path, target)
    return report, target


def _waiting(folder: Path) -> dict[Path, State]:
    """The files that may be taken, by name, each with its size and time."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix in (*BEING_WRITTEN, *_MARKS) or path.is_symlink():
            continue
        try:
            if path.is_file():
                found[path] = _state(path)
        except OSError:
            continue
    return found


def _state(path: Path) -> State:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _changed(path: Path, state: State) -> bool:
    try:
        return _state(path) != state
    except OSError:
        return True


def _marked(path: Path) -> bool:
    return any(path.with_name(path.name + mark).exists() for mark in _MARKS)


def _move(path: Path, into: Path) -> Path:
    """Move a file and its mark, and say where to; a name that is taken gets a number."""
    target, number = into / path.name, 1
    while target.exists():
        number += 1
        target = into / f"{path.stem}.{number}{path.suffix}"
    try:
        os.replace(path, target)
        for mark in _MARKS:
            path.with_name(path.name + mark).unlink(missing_ok=True)
    except OSError as error:
        raise CannotWatch(
            f"{path.name}: {(error.strerror or 'it cannot be moved').lower()}", "check the folder"
        ) from None
    return target


def _make(place: Path, folder: Path) -> None:
    if place == folder and not folder.is_dir():
        raise CannotWatch(f"{folder}: there is no such folder")
    try:
        place.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotWatch(f"{place}: {(error.strerror or 'it cannot be made').lower()}", "check the folder") from None
    if not os.access(place, os.W_OK | os.X_OK):
        raise CannotWatch(f"{place}: files cannot be moved there", "check its permissions")
