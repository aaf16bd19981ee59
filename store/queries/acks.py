"""Acknowledgments taken in (TA1, 999, 277CA): which file of ours each answers, and what it says of the claims in it.

Read with plain SQL from what `store.acks` keeps; nothing is matched or moved here. The totals that a 277CA states
(QTY and AMT of its batch and provider levels) and the numbers that it gives claims (REF*1K) are read from the file as
it came, for one answer at a time. Source: ASC X12N/005010X214, loops 2200B, 2200C and 2200D.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from store.queries import Reader, Row
from store.queries.restricted import NAME
from store.terms import AcknowledgmentKind, AnswerPart, ClaimStatus, Outcome

if TYPE_CHECKING:
    from store.x12.claim_status import LevelStatus

PAGE_ROWS = 200
SHORTEST_END = 6
"""How many characters of the end of an id name it."""


class AckFilter(StrEnum):
    """Which acknowledgments the list shows; rejected are those that refuse all or a part of a file of ours."""

    ALL = "all"
    REJECTED = "rejected"
    NOT_OURS = "not_ours"


class Standing(StrEnum):
    """What an answer makes of a claim: it is at fault, it only traveled with one that is, or it was accepted."""

    CULPRIT = "culprit"
    RIDER = "rider"
    ACCEPTED = "accepted"


@dataclass(frozen=True)
class AckRow:
    """One acknowledgment of the list; claims are counted once, however often it names them.

    `answers` is the name of our file, empty where none was found; `partner` to whom that went. The amounts are the
    totals of our claims in cents: of those accepted, and of culprits and riders together.
    """

    id: str
    received_at: str
    file_name: str
    kind: AcknowledgmentKind
    control: str
    outcome: Outcome
    answers: str
    partner: str
    accepted: int
    culprits: int
    riders: int
    accepted_cents: int
    refused_cents: int
    note: str

    @property
    def number(self) -> str:
        """The end of its id, by which the command line names it."""
        return self.id[-8:]

    @property
    def ours(self) -> bool:
        """Whether it answers a file or a claim of ours."""
        return bool(self.answers or self.accepted or self.culprits or self.riders)


@dataclass(frozen=True)
class AnswerRow:
    """One thing that is said of a claim. `position` counts segments in our set, ST is 1; 0 where none is named.

    `category` and `code` are STC01-1 and STC01-2, or IK304 and IK403; `place` is our name of the field.
    """

    category: str
    code: str
    entity: str
    message: str
    position: int
    place: str
    value: str


@dataclass(frozen=True)
class AckClaimRow:
    """A claim of ours in an answer, as it stands now; `payer_number` is what this answer calls it, or empty."""

    id: str
    number: str
    standing: Standing
    status: ClaimStatus
    patient: str
    payer: str
    service_from: str
    total_cents: int
    payer_number: str
    answers: tuple[AnswerRow, ...]


@dataclass(frozen=True)
class StatedTotal:
    """A total that a level of a 277CA states: claims for a QTY, cents for an AMT; `name` is who the level is of."""

    level: str
    name: str
    qualifier: str
    claims: str = ""
    cents: int | None = None


@dataclass(frozen=True)
class AckPage:
    """An acknowledgment with its claims: culprits, then riders, then those accepted, each by number."""

    row: AckRow
    claims: tuple[AckClaimRow, ...]
    stated: tuple[StatedTotal, ...] = ()


_FILTERS = {
    AckFilter.ALL: "1 = 1",
    AckFilter.REJECTED: "a.outcome <> 'accepted' AND (a.export_id IS NOT NULL"
    " OR EXISTS (SELECT 1 FROM claim_answer n WHERE n.acknowledgment_id = a.id))",
    AckFilter.NOT_OURS: "a.export_id IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM claim_answer n WHERE n.acknowledgment_id = a.id)",
}

_STANDING = f"""MIN(CASE WHEN n.accepted THEN 2 WHEN n.part = '{AnswerPart.TRAVELED}' THEN 1 ELSE 0 END)"""
"""Of all that is said of a claim, what weighs most: 0 at fault, 1 traveled, 2 accepted; the order of Standing."""

_LIST = f"""
WITH shown AS (
  SELECT a.* FROM acknowledgment a WHERE {{which}} ORDER BY a.received_at DESC, a.id DESC LIMIT :limit
), named AS (
  SELECT n.acknowledgment_id, n.claim_id, {_STANDING} AS standing
  FROM shown a JOIN claim_answer n ON n.acknowledgment_id = a.id GROUP BY n.acknowledgment_id, n.claim_id
), told AS (
  SELECT m.acknowledgment_id,
   SUM(CASE WHEN m.standing = 2 THEN 1 ELSE 0 END) AS accepted,
   SUM(CASE WHEN m.standing = 0 THEN 1 ELSE 0 END) AS culprits,
   SUM(CASE WHEN m.standing = 1 THEN 1 ELSE 0 END) AS riders,
   SUM(CASE WHEN m.standing = 2 THEN c.total_cents ELSE 0 END) AS accepted_cents,
   SUM(CASE WHEN m.standing < 2 THEN c.total_cents ELSE 0 END) AS refused_cents
  FROM named m JOIN claim c ON c.id = m.claim_id GROUP BY m.acknowledgment_id
)
SELECT a.id, a.received_at, f.name AS file_name, a.kind, a.control, a.outcome, a.note,
 COALESCE(e.file_name, '') AS answers, COALESCE(e.partner, '') AS partner, COALESCE(e.receiver, '') AS receiver,
 t.accepted, t.culprits, t.riders, t.accepted_cents, t.refused_cents
FROM shown a JOIN received_file f ON f.id = a.file_id LEFT JOIN claim_export e ON e.id = a.export_id
LEFT JOIN told t ON t.acknowledgment_id = a.id ORDER BY a.received_at DESC, a.id DESC
"""


def acknowledgment_list(
    reader: Reader, show: AckFilter = AckFilter.ALL, after: AckRow | None = None, limit: int = PAGE_ROWS
) -> list[AckRow]:
    """One page of acknowledgments, the newest first; `after` is the last row of the page before."""
    paging = " AND (a.received_at, a.id) < (:received, :id)" if after else ""
    parameters: dict[str, object] = {"received": after.received_at, "id": after.id} if after else {}
    return [_row(row) for row in reader.rows(_LIST.format(which=_FILTERS[show] + paging), limit=limit, **parameters)]


def acknowledgment_id_of(reader: Reader, named: str) -> str | None:
    """The id of the acknowledgment with this id, or the only one whose id ends so; None where there is none alone."""
    end = f"%{named}" if len(named) >= SHORTEST_END and named.replace("-", "").isalnum() else ""
    rows = reader.rows("SELECT id FROM acknowledgment WHERE id = :named OR id LIKE :end LIMIT 2", named=named, end=end)
    return str(rows[0]["id"]) if len(rows) == 1 else None


def acknowledgment_page(reader: Reader, acknowledgment_id: str) -> AckPage | None:
    """An acknowledgment with all that it says of our claims; None where there is none."""
    found = reader.rows(_LIST.format(which="a.id = :id"), id=acknowledgment_id, limit=1)
    if not found:
        return None
    row = _row(found[0])
    levels = _levels(reader, acknowledgment_id) if row.kind is AcknowledgmentKind.CLAIM else ()
    given = {one.trace: one.payer_number for one in levels if one.payer_number}
    return AckPage(row, _claims(reader, acknowledgment_id, given), _stated(levels))


def _claims(reader: Reader, acknowledgment_id: str, payer_numbers: Mapping[str, str]) -> tuple[AckClaimRow, ...]:
    said = defaultdict[str, list[AnswerRow]](list)
    for row in reader.rows(
        "SELECT claim_id, category, code, entity, message, position, place, value FROM claim_answer"
        " WHERE acknowledgment_id = :id ORDER BY position, answered_at, id",
        id=acknowledgment_id,
    ):
        told = (row[name] for name in ("category", "code", "entity", "message", "position", "place", "value"))
        said[row["claim_id"]].append(AnswerRow(*told))
    rows = reader.rows(
        f"SELECT c.id, c.claim_number, c.status, c.service_from, c.total_cents, {NAME} AS patient,"
        " COALESCE(y.name, '') AS payer, m.standing"
        f" FROM (SELECT n.claim_id, {_STANDING} AS standing FROM claim_answer n"
        " WHERE n.acknowledgment_id = :id GROUP BY n.claim_id) m"
        " JOIN claim c ON c.id = m.claim_id JOIN encounter v ON v.id = c.encounter_id"
        " JOIN patient p ON p.id = v.patient_id LEFT JOIN payer y ON y.id = c.payer_id"
        " ORDER BY m.standing, c.claim_number",
        id=acknowledgment_id,
    )
    return tuple(
        AckClaimRow(
            row["id"],
            row["claim_number"],
            list(Standing)[row["standing"]],
            ClaimStatus(row["status"]),
            row["patient"],
            row["payer"],
            row["service_from"],
            row["total_cents"],
            payer_numbers.get(row["claim_number"], ""),
            tuple(said[row["id"]]),
        )
        for row in rows
    )


def _levels(reader: Reader, acknowledgment_id: str) -> Sequence[LevelStatus]:
    """The levels of a 277CA as it came, in file order."""
    from store.x12 import claim_status

    kept = reader.rows(
        "SELECT f.content, a.segment FROM acknowledgment a JOIN received_file f ON f.id = a.file_id WHERE a.id = :id",
        id=acknowledgment_id,
    )[0]
    answers = claim_status.read(zlib.decompress(bytes(kept["content"])), [])
    return next((one.levels for one in answers if one.segment == kept["segment"]), ())


def _stated(levels: Sequence[LevelStatus]) -> tuple[StatedTotal, ...]:
    """What the levels state in sum, in file order."""
    found: list[StatedTotal] = []
    for level in levels:
        of = (level.level.name.lower(), level.name)
        found += [StatedTotal(*of, qualifier, claims=number) for qualifier, number in level.quantities]
        found += [StatedTotal(*of, qualifier, cents=cents) for qualifier, cents in level.amounts]
    return tuple(found)


def _row(row: Row) -> AckRow:
    return AckRow(
        row["id"],
        row["received_at"],
        row["file_name"],
        AcknowledgmentKind(row["kind"]),
        row["control"],
        Outcome(row["outcome"]),
        Path(row["answers"]).name,
        row["partner"] or row["receiver"],
        int(row["accepted"] or 0),
        int(row["culprits"] or 0),
        int(row["riders"] or 0),
        int(row["accepted_cents"] or 0),
        int(row["refused_cents"] or 0),
        row["note"],
    )
