"""A person's saved views: filter, sort and columns of a list under a name of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from store.actors import Actor
from store.criteria import Condition, read_lines
from store.database import Database
from store.queries.saved_views import COLUMNS
from store.queries.worklists import Sort
from store.saved_views import Listing, ViewRefused, forget_view, keep_view


@dataclass(frozen=True)
class View:
    """One look at a list: words and criteria of the filter, the sort, and the columns by name; none: the usual ones."""

    name: str
    worklist: str = ""
    """Empty: all worklists."""
    text: str = ""
    criteria: tuple[str, ...] = ()
    """Lines that must all be met."""
    sort: Sort = Sort.ORDER
    columns: tuple[str, ...] = ()

    @property
    def condition(self) -> Condition:
        """The criteria, checked. Raises BadCriterion."""
        return read_lines(self.criteria)

    def as_content(self) -> dict[str, Any]:
        """As the record keeps it."""
        return {
            "worklist": self.worklist,
            "text": self.text,
            "criteria": list(self.criteria),
            "sort": self.sort.value,
            "columns": list(self.columns),
        }


def view_of(name: str, content: Mapping[str, Any]) -> View:
    """A view as the record has it."""
    return View(
        name,
        content.get("worklist", ""),
        content.get("text", ""),
        tuple(content.get("criteria", ())),
        Sort(content.get("sort", Sort.ORDER.value)),
        tuple(content.get("columns", ())),
    )


def save_view(db: Database, actor: Actor, view: View, operation_id: str | None = None) -> None:
    """Keep a view, in place of one of that name. Raises ViewRefused, BadCriterion."""
    if unknown := [one for one in view.columns if one not in COLUMNS]:
        raise ViewRefused(f"no column is called {unknown[0]!r}", f"one of {', '.join(COLUMNS)}")
    _ = view.condition
    with db.change(actor, operation_id, "view.save") as change:
        if change.repeated:
            return
        kept = keep_view(change, Listing.WORKLISTS, view.name, view.as_content())
        change.log("view.save", "person", actor.person_id or "", name=kept.name)


def remove_view(db: Database, actor: Actor, name: str, operation_id: str | None = None) -> None:
    """Forget a view. Raises ViewRefused where there is none of that name."""
    with db.change(actor, operation_id, "view.remove") as change:
        if change.repeated:
            return
        forget_view(change, Listing.WORKLISTS, name)
        change.log("view.remove", "person", actor.person_id or "", name=name.strip())
