"""A watched folder: finished files are taken in, one after another, and moved to `done` or `quarantine`.

A file is finished when its size and time have stood still between two looks, or when a file of the same name with
`.done` or `.ready` lies beside it. Names that begin with a dot or end in `.tmp`, `.part` or `.filepart` are being
written. A file that is interrupted half way stays where it is and is taken again, which changes nothing twice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Database
from store.intake.report import FileReport, IntakeReport
from store.intake.run import take_in
from store.intake.unreadable import moved

DONE, LEFT_OUT = "done", "quarantine"
LOOK_SECONDS = 0.5
_BEING_WRITTEN = (".tmp", ".part", ".filepart")
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
) -> IntakeReport:
    """Watch until the time is up (None: until interrupted); `told` hears of each file. Raises CannotWatch."""
    for place in (folder, folder / DONE, folder / LEFT_OUT):
        _make(place, folder)
    end = time.monotonic() + seconds if seconds is not None else None
    seen: dict[Path, tuple[int, int]] = {}
    files: list[FileReport] = []
    patients = 0
    try:
        while True:
            now_here = _waiting(folder)
            for path, state in now_here.items():
                if seen.get(path) == state or _marked(path):
                    report = take_in(db, actor, [path])
                    target = _move(path, folder / (LEFT_OUT if report.exit_code else DONE))
                    if report.exit_code:
                        moved(db, actor, path, target)
                    files += report.files
                    patients += report.patients
                    told(report)
            seen = now_here
            if end is not None and time.monotonic() >= end:
                break
            time.sleep(look if end is None else max(0.0, min(look, end - time.monotonic())))
    except KeyboardInterrupt:
        pass
    return IntakeReport(tuple(files), patients)


def _waiting(folder: Path) -> dict[Path, tuple[int, int]]:
    """The files that may be taken, by name, each with its size and time."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix in (*_BEING_WRITTEN, *_MARKS) or path.is_symlink():
            continue
        try:
            if path.is_file():
                state = path.stat()
                found[path] = (state.st_size, state.st_mtime_ns)
        except OSError:
            continue
    return found


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
