"""A person's saved views: filter, sort and columns of a list under a name of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store.actors import Actor
from store.criteria import Condition, read_condition
from store.database import Database
from store.models import SavedView
from store.models.columns import now
from store.queries.saved_views import COLUMNS
from store.queries.worklists import Sort

MOST_VIEWS = 100


class ViewRefused(CodedeskError):
    """A view cannot be kept so; the message says what was expected."""

    title = "view"
    exit_code = 1


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
        return read_condition({"all": list(self.criteria)})

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
    name = " ".join(safe_line(view.name).split())[:60]
    if not name:
        raise ViewRefused("a view needs a name")
    if unknown := [one for one in view.columns if one not in COLUMNS]:
        raise ViewRefused(f"no column is called {unknown[0]!r}", f"one of {', '.join(COLUMNS)}")
    _ = view.condition
    with db.change(actor, operation_id, "view.save") as change:
        if change.repeated:
            return
        session, me = change.session, actor.person_id or ""
        present = session.get(SavedView, (me, name))
        if present is None and len(_names(session, me)) >= MOST_VIEWS:
            raise ViewRefused(f"you have {MOST_VIEWS} views", "remove one first")
        row = present or SavedView(person_id=me, name=name, content={})
        row.content, row.saved_at = view.as_content(), now()
        session.add(row)
        change.log("view.save", "person", me, name=name)


def remove_view(db: Database, actor: Actor, name: str, operation_id: str | None = None) -> None:
    """Forget a view. Raises ViewRefused where there is none of that name."""
    with db.change(actor, operation_id, "view.remove") as change:
        if change.repeated:
            return
        row = change.session.get(SavedView, (actor.person_id or "", name.strip()))
        if row is None:
            raise ViewRefused(f"you have no view {name!r}", "codedesk worklists views")
        change.session.delete(row)
        change.log("view.remove", "person", actor.person_id or "", name=row.name)


def _names(session: Session, person_id: str) -> Sequence[str]:
    return session.exec(select(SavedView.name).where(SavedView.person_id == person_id)).all()
