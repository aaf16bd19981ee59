"""Filters of rows under a name: any field of a view, one's own or shared, and exported at their time.

A filter that has a time (day, week, month) is written to the outbox when it is due and `codedesk export --due` runs: a
scheduler of the host calls that. It is due once a day, once a week (Monday to Sunday), once a month, in the profile
that it was kept with; what its owner may not export, it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from codesets.errors import CodedeskError, UsageError
from store.actors import Actor
from store.database import Database
from store.models import SavedView
from store.permissions import require
from store.queries import SessionReader
from store.queries.saved_views import KeptView, usable_views
from store.reports.export import RIGHTS, Exported, export_view, require_receiver
from store.reports.profiles import Profile
from store.reports.tables import Format
from store.reports.views import Condition, Operator, check_columns, check_conditions, view_named
from store.saved_views import Listing, forget_view, keep_view
from store.settings import outbox, today


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Filter:
    """A filter by name: what view, which conditions and columns (none: all), and when it is exported by itself."""

    name: str
    owner: str
    shared: bool
    source: str
    conditions: tuple[Condition, ...]
    columns: tuple[str, ...]
    every: str = ""
    ran_on: str = ""
    profile: Profile = Profile.SAFE_HARBOR
    format: Format = Format.CSV
    id: str = ""
    recipient: str = ""
    purpose: str = ""
    agreement: str = ""

    @property
    def words(self) -> str:
        return ", ".join(one.words for one in self.conditions) or "all rows"

    def due(self, day: date) -> bool:
        """Whether it has a time, and was not exported in that day, week or month yet."""
        return bool(self.every) and (not self.ran_on or _period(self.every, self.ran_on) < _period(self.every, day))


def save_filter(
    db: Database,
    actor: Actor,
    name: str,
    source: str,
    conditions: Sequence[Condition],
    columns: Sequence[str] = (),
    shared: bool = False,
    every: str = "",
    profile: Profile = Profile.SAFE_HARBOR,
    form: Format = Format.CSV,
    operation_id: str | None = None,
    recipient: str = "",
    purpose: str = "",
    agreement: str = "",
) -> None:
    """Keep a filter under a name; the same name of the same person is changed.

    One that exports with names at its time keeps who receives it and why, one of a limited data set the agreement.
    Raises UsageError, NotAllowed, ViewRefused.
    """
    check_conditions(view_named(source), conditions, profile)
    check_columns(view_named(source), columns, profile)
    if every:
        require_receiver(profile, recipient, purpose, agreement)
    if every and every not in [one.value for one in Every]:
        raise UsageError(f"expected a time, got {every!r}", f"one of {', '.join(Every)}")
    content = {
        "source": view_named(source).name,
        "conditions": [[one.field, one.operator.value, one.value] for one in conditions],
        "columns": list(columns),
        "profile": profile.value,
        "format": form.value,
        "recipient": recipient,
        "purpose": purpose,
        "agreement": agreement,
    }
    with db.change(actor, operation_id, "report.filter") as change:
        if change.repeated:
            return
        if every and profile in RIGHTS:
            require(actor, RIGHTS[profile])
        kept = keep_view(change, Listing.ROWS, name, content, shared, every)
        change.log("report.filter", "filter", kept.id, name=kept.name, source=source, shared=shared, every=every)


def remove_filter(db: Database, actor: Actor, name: str, operation_id: str | None = None) -> None:
    """Forget a filter of one's own. Raises ViewRefused."""
    with db.change(actor, operation_id, "report.filter") as change:
        if change.repeated:
            return
        forget_view(change, Listing.ROWS, name)
        change.log("report.filter", "filter", name, removed=True)


def filters(db: Database, actor: Actor) -> list[Filter]:
    """The filters that a person may use: their own, then shared ones."""
    with db.reading() as session:
        return [filter_of(one) for one in usable_views(SessionReader(session), actor.person_id or "", Listing.ROWS)]


def filter_of(kept: KeptView) -> Filter:
    """A filter as the record keeps it."""
    content = kept.content
    return Filter(
        kept.name,
        kept.owner,
        kept.shared,
        content["source"],
        tuple(Condition(field, Operator(operator), value) for field, operator, value in content["conditions"]),
        tuple(content["columns"]),
        kept.every,
        kept.ran_on,
        Profile(content.get("profile", Profile.SAFE_HARBOR.value)),
        Format(content.get("format", Format.CSV.value)),
        kept.id,
        content.get("recipient", ""),
        content.get("purpose", ""),
        content.get("agreement", ""),
    )


def filter_named(db: Database, actor: Actor, name: str) -> Filter:
    """A filter that a person may use. Raises UsageError."""
    found = next((one for one in filters(db, actor) if one.name == name), None)
    if found is None:
        raise UsageError(f"no filter is called {name!r}", "codedesk export --filters lists them")
    return found


def export_due(db: Database, actor: Actor) -> list[tuple[Filter, Exported | CodedeskError]]:
    """Write the person's own filters whose time has come to the outbox, and keep that they ran.

    The name of a file says filter and day: run again on the day, it is not due any more. One that must not be exported
    as it was kept holds up no other: its refusal stands in place of its file, and it stays due.
    """
    day, done = today(), list[tuple[Filter, Exported | CodedeskError]]()
    for one in filters(db, actor):
        if one.owner != actor.login or not one.due(day):
            continue
        path = outbox() / f"{_file_name(one.name)}-{day}.{one.format.value}"
        try:
            _, rows, _ = export_view(
                db, actor, view_named(one.source), one.conditions, one.columns, one.profile, one.format, path,
                recipient=one.recipient, purpose=one.purpose or f"every {one.every}",
                agreement=one.agreement,
            )  # fmt: skip
        except CodedeskError as error:
            done.append((one, error))
            continue
        with db.change(actor, action="report.filter") as change:
            change.session.get_one(SavedView, one.id).ran_on = day.isoformat()
            change.log("report.filter", "filter", one.id, name=one.name, ran=day.isoformat())
        done.append((one, Exported(path, len(rows))))
    return done


def _period(every: str, day: date | str) -> tuple[int, ...]:
    when = date.fromisoformat(day) if isinstance(day, str) else day
    if every == Every.DAY:
        return when.year, when.month, when.day
    return tuple(when.isocalendar()[:2]) if every == Every.WEEK else (when.year, when.month)


def _file_name(name: str) -> str:
    """A name as part of a file's: letters, digits and - alone."""
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in name).strip("-") or "filter"
