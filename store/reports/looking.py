"""Rows of a view on the screen: what a person of the house looks at, and what leaves nothing.

No patient is named: columns are those of the limited profile, to analysts those of the safe harbor, without what the
role does not see (money). Nothing is written to a file, so that there is no recipient and no disclosure; the look is
logged with what was asked. Files go by `store.reports.export`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codesets.errors import UsageError
from store.actors import Actor
from store.database import Database
from store.permissions import allowed
from store.queries import SessionReader
from store.reports.profiles import Deidentified, FieldClass, Profile
from store.reports.views import Condition, Field, View, asked_by, check_conditions, view_rows
from store.terms import Role


def profile_seen(role: Role) -> Profile:
    """The profile whose columns a role looks at."""
    return Profile.SAFE_HARBOR if role is Role.ANALYST else Profile.LIMITED


def fields_seen(role: Role, view: View) -> list[Field]:
    """The fields of a view that a role may ask rows by."""
    return [one for one in view.fields if asked_by(one, profile_seen(role)) and not _is_hidden(role, one)]


def check_seen(role: Role, view: View, conditions: Sequence[Condition]) -> None:
    """Hold conditions to what a role sees. Raises UsageError with the field that it must not ask by."""
    for one in conditions:
        if _is_hidden(role, view.field(one.field)):
            names = ", ".join(field.name for field in fields_seen(role, view))
            raise UsageError(
                f"{one.field} is not shown to you, so that rows cannot be asked for by it", f"ask by {names}"
            )
    check_conditions(view, conditions, profile_seen(role))


def look_at_rows(
    db: Database, actor: Actor, view: View, conditions: Sequence[Condition] = (), limit: int = 0
) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """The columns and rows of a view that a person sees, at most `limit` (0: all). Raises UsageError, NotAllowed."""
    check_seen(actor.role, view, conditions)
    profile = profile_seen(actor.role)
    told = Deidentified(profile, {one.name: one.kind for one in view.fields if not _is_hidden(actor.role, one)})
    with db.reading() as session:
        found = view_rows(SessionReader(session), view, conditions, told.columns, limit, profile)
        rows = [told.row(row) for row in found]
    words = ", ".join(one.words for one in conditions) or "all rows"
    with db.change(actor, action="report.rows") as change:
        change.log("report.rows", "report", view.name, of=words, rows=len(rows))
    return told.columns, rows


def _is_hidden(role: Role, field: Field) -> bool:
    return field.kind is FieldClass.MONEY and not allowed(role, "column", "money")
