"""What payers and banks sent, as files that lie in the `inbox` beside the record: which there are, and taking one in.

Whoever fetches them from a clearinghouse or a bank puts them there. A remittance (835) is posted where it balances, an
acknowledgment (TA1, 999, 277CA) moves the claims that it answers, any other file is read as a bank's deposits. What was
taken in goes to `inbox/done`; what cannot be read stays where it is. A name that begins with a dot or ends as one does
that is being written is no file yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from pathlib import Path

from codesets.errors import UnreadableInput
from store.acks import AnswersTakenIn
from store.acks import take_in as take_in_answers
from store.actors import Actor
from store.database import Database
from store.intake.inbox import BEING_WRITTEN, DONE
from store.ledger.deposits import DepositsTakenIn, take_in_deposits
from store.remits.posting import FileTakenIn
from store.remits.posting import take_in as take_in_remittances
from store.settings import inbox

_HEAD_BYTES = 1 << 16


class ArrivalKind(StrEnum):
    """What a file is, told by its beginning."""

    REMITTANCE = "remittance"
    ACKNOWLEDGMENT = "acknowledgment"
    DEPOSITS = "deposits"


@dataclass(frozen=True)
class Arrival:
    """A file that waits; `at` is when it was written, ISO text in UTC."""

    name: str
    kind: ArrivalKind
    size: int
    at: str


def arrivals() -> list[Arrival]:
    """The files that wait, the oldest first."""
    found = []
    for path in inbox().iterdir():
        if path.name.startswith(".") or path.name.endswith(BEING_WRITTEN) or path.is_symlink() or not path.is_file():
            continue
        state = path.stat()
        at = datetime.fromtimestamp(state.st_mtime, UTC).isoformat(timespec="seconds")
        found.append((state.st_mtime_ns, Arrival(path.name, _kind(path), state.st_size, at)))
    return [arrival for _, arrival in sorted(found, key=lambda pair: (pair[0], pair[1].name))]


def take_in_arrival(db: Database, actor: Actor, name: str) -> FileTakenIn | AnswersTakenIn | DepositsTakenIn:
    """Take in the file of that name. Raises UnreadableInput where it is gone or cannot be read; then it stays."""
    path = inbox() / Path(name).name
    if path.is_symlink() or not path.is_file():
        raise UnreadableInput(f"{name}: it is not in the inbox any more", "look again")
    taken: FileTakenIn | AnswersTakenIn | DepositsTakenIn
    match _kind(path):
        case ArrivalKind.REMITTANCE:
            taken = take_in_remittances(db, actor, path)
        case ArrivalKind.ACKNOWLEDGMENT:
            taken = take_in_answers(db, actor, path)
        case ArrivalKind.DEPOSITS:
            taken = take_in_deposits(db, actor, path)
    _put_away(path)
    return taken


def _put_away(path: Path) -> None:
    """Move a file that was taken in; it is kept in the record too, and the same once more would change nothing."""
    done = path.parent / DONE
    done.mkdir(mode=0o700, exist_ok=True)
    target = done / path.name
    for number in count(2):
        if not target.exists():
            break
        target = done / f"{path.stem}-{number}{path.suffix}"
    path.replace(target)


def _kind(path: Path) -> ArrivalKind:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).lstrip()
    if not head.startswith(b"ISA"):
        return ArrivalKind.DEPOSITS
    separator = head[3:4]
    remittance = separator.join((b"ST", b"835", b"")) in head
    return ArrivalKind.REMITTANCE if remittance else ArrivalKind.ACKNOWLEDGMENT
