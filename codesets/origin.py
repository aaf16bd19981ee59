"""Which load answers a question on a date, and the line that says so when none covers it.

Tables that come in files of their own (edits, weights, lists) are kept a load each, with a period. The load in
force answers; where none is, the caller gets the newest and a warning, or nothing at all.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from codesets.reference import Reference
from codesets.sources.source import FileKind


@dataclass(frozen=True)
class Origin:
    """The load that answers: its id and edition, 0 and empty when none of the kind is loaded.

    `covered` says whether it is in force on the date; `warning` is one line for the reader, else empty.
    """

    load: int
    edition: str
    covered: bool
    warning: str = ""


def loaded(reference: Reference, kind: FileKind, label: str, on: dt.date, part: str | None = None) -> Origin:
    """The newest load of the kind (and part) in force on the date, else the newest of all with a warning.

    `label` names the data in the warning, in the singular: "ICD-10-PCS table file".
    """
    rows = reference.db.execute(
        "SELECT id, edition, starts, ends FROM loads WHERE kind = ? AND NOT shipped AND (? IS NULL OR part = ?)"
        " ORDER BY starts DESC, id DESC",
        (kind.value, part, part),
    ).fetchall()
    for load, edition, starts, ends in rows:
        if starts <= str(on) <= ends:
            return Origin(load, edition, True)
    if not rows:
        return Origin(0, "", False, f"No {label} is loaded.")
    load, edition, starts, ends = rows[0]
    warning = f"No loaded {label} covers {on}; answered from {edition} ({starts} to {ends})."
    return Origin(load, edition, False, warning)
