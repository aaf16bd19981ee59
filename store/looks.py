"""Which reads are looks at patients: what the log notes when a screen only reads.

Opening a chart is a change (its lease) and logs itself; what stands here are the reads of `store.queries` that show
patients without changing anything. Free of the ORM, because the first screen asks it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from store.actors import Actor
from store.queries.worklists import Listing, WorkRow, worklist_page

TYPING_SECONDS = 1.0
"""A search is logged once no key has changed it for so long, or something else is done."""

AGAIN_SECONDS = 600
"""A list that is read again within this time, because it changed or a chart was closed, is the same look."""


@dataclass(frozen=True)
class Look:
    """What to log of a read: an action, its target, details as pairs. `lasting`: reading again soon adds nothing."""

    action: str
    target_kind: str = ""
    target_id: str = ""
    detail: tuple[tuple[str, str], ...] = ()
    lasting: bool = True
    typed: bool = False
    """Whether a person types what is looked for, so that each key is a read."""

    def continues(self, earlier: Look) -> bool:
        """Whether this is an earlier search with more or fewer letters at its end."""
        if not (self.typed and earlier.typed and self.target_id == earlier.target_id):
            return False
        mine, theirs = self.detail[0][1], earlier.detail[0][1]
        return mine.startswith(theirs) or theirs.startswith(mine)


def look_of(function: Callable[..., object], *args: Any, **kwargs: Any) -> Look | None:
    """The look that a call of a query is, by its arguments without the reader; None for a read of no patient.

    Turning the pages of one list is one look, as is moving the cursor in it.
    """
    name = function.__name__
    if name == worklist_page.__name__:
        return _worklist(*args, **kwargs)
    if name not in _OF_DESKS:
        return None
    read: Callable[..., Look | None] = getattr(import_module("store.desk_looks"), name)
    return read(*args, **kwargs)


def login_of(actor: Actor) -> Look:
    """The look that stands before all others: somebody came in."""
    return Look("login", "person", actor.person_id or "", lasting=False)


def _worklist(
    listing: Listing, after: WorkRow | None = None, before: WorkRow | None = None, last: bool = False
) -> Look | None:
    if after or before or last:
        return None
    if listing.text.strip():
        return Look("worklist.search", "worklist", listing.worklist or "", (("words", listing.text),), typed=True)
    return Look("worklist.view", "worklist", listing.worklist or "")


_OF_DESKS = frozenset(
    {
        *("claim_list", "claim_page", "denial_list", "denial_of", "remittance_list", "remittance_page"),
        "remittances_naming",
        *("account_list", "account_page", "hold_list", "provider_query_list", "provider_query_of"),
        *("audit_list", "audit_row", "visits_behind", "open_charts_with"),
        *("unapplied_list", "quarantine_list", "quarantine_text", "acknowledgment_list", "acknowledgment_page"),
    }
)
"""The queries whose looks stand in `store.desk_looks`, a function of the same name each."""


def looking() -> set[str]:
    """The names of the queries that are looks."""
    return {worklist_page.__name__, *_OF_DESKS}
