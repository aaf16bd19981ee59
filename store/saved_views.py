"""Saved views: what a list shows and how, under a name; one table for worklists, claims and rows of the views.

A view is its owner's, or shared with everybody; only its owner changes it. What its content says is the business of the
list (`store.worklists.views`, `store.claims.views`, `store.reports.filters`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlmodel import select

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store.database import Change
from store.models import SavedView
from store.models.columns import now

MOST_VIEWS = 100
"""Of one list and one person."""

MOST_IN_A_NAME = 60


class Listing(StrEnum):
    WORKLISTS = "worklists"
    CLAIMS = "claims"
    ROWS = "rows"


class ViewRefused(CodedeskError):
    """A view cannot be kept so; the message says what was expected."""

    title = "view"
    exit_code = 1


def keep_view(
    change: Change, listing: Listing, name: str, content: dict[str, Any], shared: bool = False, every: str = ""
) -> SavedView:
    """Keep a view of the actor, in place of one of that name. Raises ViewRefused."""
    title = " ".join(safe_line(name).split())[:MOST_IN_A_NAME]
    if not title or change.actor.person_id is None:
        raise ViewRefused("a view needs a name and a person whose it is")
    mine = _of(change, listing)
    row = mine.get(title)
    if row is None and len(mine) >= MOST_VIEWS:
        raise ViewRefused(f"you have {MOST_VIEWS} views", "remove one first")
    row = row or SavedView(person_id=change.actor.person_id, listing=listing.value, name=title, content={})
    row.content, row.shared, row.every, row.saved_at = content, shared, every, now()
    change.session.add(row)
    change.session.flush()
    return row


def forget_view(change: Change, listing: Listing, name: str) -> None:
    """Forget a view of the actor. Raises ViewRefused where there is none of that name."""
    row = _of(change, listing).get(" ".join(name.split()))
    if row is None:
        raise ViewRefused(f"you have no view {name!r}")
    change.session.delete(row)


def _of(change: Change, listing: Listing) -> dict[str, SavedView]:
    query = select(SavedView).where(SavedView.person_id == change.actor.person_id, SavedView.listing == listing.value)
    return {row.name: row for row in change.session.exec(query)}
