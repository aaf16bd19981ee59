"""Saved views of the claim queue: what it shows, in which orders, with which words; each person has their own."""

from __future__ import annotations

from collections.abc import Sequence

from store.actors import Actor
from store.database import Database
from store.queries.claims import MOST_SORTS, ClaimFilter, ClaimSort
from store.saved_views import Listing, keep_view


def save_view(
    db: Database,
    actor: Actor,
    name: str,
    show: ClaimFilter,
    sorts: Sequence[ClaimSort],
    words: str = "",
    operation_id: str | None = None,
) -> None:
    """Keep a view under a name; one of that name is replaced. Raises ViewRefused."""
    with db.change(actor, operation_id, "claim.save_view") as change:
        if change.repeated:
            return
        orders = [one.value for one in sorts][:MOST_SORTS]
        kept = keep_view(change, Listing.CLAIMS, name, {"show": show.value, "sorts": orders, "words": words})
        change.log("claim.save_view", name=kept.name, show=show.value, sorts=", ".join(orders))
