"""Exports of rows: a layout under a profile into files, logged, and a disclosure of each patient whom they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesets.errors import UsageError
from store.actors import Actor
from store.clock import clock_day
from store.database import Database
from store.models import Disclosure
from store.output import make_folder
from store.queries import SessionReader
from store.reports.layouts import Table, claims_layout, omop_tables, tidy_tables
from store.reports.profiles import Deidentified, Profile
from store.reports.run import period_of
from store.reports.tables import Format, write_rows
from store.reports.views import Condition, View, check_columns, view_rows
from store.settings import outbox

LAYOUTS = ("tidy", "claims", "omop")


@dataclass(frozen=True)
class Exported:
    """One file that was written, and its rows."""

    path: Path
    rows: int


def export_layout(
    db: Database,
    actor: Actor,
    layout: str,
    profile: Profile,
    form: Format,
    since: str,
    until: str,
    folder: Path | None = None,
    recipient: str = "",
    purpose: str = "",
    agreement: str = "",
) -> list[Exported]:
    """Write every table of a layout into a folder, the outbox without one; one whose key is not told is left out.

    `since` and `until` are ISO days, both included; of the safe harbor whole years (`layout_days`). An identified one
    names who receives it and why, a limited one who and under which data use agreement. Raises
    UsageError, NotAllowed, NoParquet, DestinationUnusable.
    """
    tables = {"tidy": tidy_tables, "claims": lambda: (claims_layout(),), "omop": omop_tables}.get(layout)
    if tables is None:
        raise UsageError(f"no layout is called {layout!r}", f"there are {', '.join(LAYOUTS)}")
    check_days(profile, since, until)
    _permit(db, actor, profile, recipient, purpose, agreement)
    done = []
    place = make_folder(folder) if folder else outbox()
    with db.reading() as session:
        reader, keys = SessionReader(session), None
        patients: set[str] = set()
        for table in tables():
            told = Deidentified(profile, table.classes)
            if next(iter(table.classes)) not in told.columns:
                continue
            keys = keys or told
            rows = _told(table.rows(reader, since, until, told.order), told, keys, patients)
            path = place / f"{table.name}.{form.value}"
            done.append(Exported(path, write_rows(path, told.columns, rows, form)))
    _record(db, actor, layout, profile, done, patients, recipient, purpose, f"{since} to {until}", agreement)
    return done


def layout_days(profile: Profile, since: str, until: str) -> tuple[str, str]:
    """The days of a layout from what was typed (empty: not): the month so far, under the safe harbor whole years.

    Of a day the safe harbor tells the year alone (45 CFR 164.514(b)(2)(i)(C)), so that rows cannot be chosen by less:
    without days it is this year, with one of them the year of that. Raises UsageError.
    """
    period = period_of(since, until)
    if profile is not Profile.SAFE_HARBOR:
        return period.since, period.until
    first, last = (f"{(since or period.until)[:4]}-01-01", f"{(until or period.until)[:4]}-12-31")
    days = (period.since if since else first, period.until if until else last)
    check_days(profile, *days)
    return days


def check_days(profile: Profile, since: str, until: str) -> None:
    """Hold the days of a layout to what its profile tells. Raises UsageError with days that ask for more."""
    if profile is Profile.SAFE_HARBOR and (since[5:], until[5:]) != ("01-01", "12-31"):
        years = f"--since {since[:4]}-01-01 --until {until[:4]}-12-31"
        raise UsageError(
            f"service_date is told by its year under {profile.value}: {since} to {until} asks for more",
            f"as in {years}",
        )


def export_view(
    db: Database,
    actor: Actor,
    view: View,
    conditions: Sequence[Condition],
    columns: Sequence[str],
    profile: Profile,
    form: Format,
    path: Path | None = None,
    limit: int = 0,
    recipient: str = "",
    purpose: str = "",
    agreement: str = "",
) -> tuple[tuple[str, ...], list[dict[str, Any]], Path | None]:
    """The rows of a view that a filter leaves, under a profile; to a file where one is named.

    An identified one names who receives it and why, wherever it goes, a limited one who and under which data use
    agreement. Raises UsageError, NotAllowed, NoParquet, DestinationUnusable.
    """
    _permit(db, actor, profile, recipient, purpose, agreement)
    check_columns(view, columns, profile)
    names = [view.field(name).name for name in columns] or [one.name for one in view.fields]
    told = Deidentified(profile, {name: view.field(name).kind for name in names})
    patients: set[str] = set()
    with db.reading() as session:
        found = view_rows(SessionReader(session), view, conditions, names, limit, profile)
        rows = list(_told(found, told, told, patients))
        if profile is not Profile.SAFE_HARBOR and "patient_id" not in names:
            patients = _patients_of(SessionReader(session), view, conditions, limit)
    if path:
        write_rows(path, told.columns, rows, form)
    words = ", ".join(one.words for one in conditions) or "all rows"
    done = [Exported(path, len(rows))] if path else []
    _record(db, actor, view.name, profile, done, patients, recipient, purpose, words, agreement)
    return told.columns, rows, path


def restricted_visits(db: Database, since: str = "", until: str = "9999") -> int:
    """How many visits of these days are of restricted charts: no export has them."""
    with db.reading() as session:
        rows = SessionReader(session).rows(
            "SELECT COUNT(*) AS n FROM encounter e JOIN patient p ON p.id = e.patient_id"
            " WHERE p.restricted IS NOT NULL AND e.service_date >= :since AND e.service_date <= :until",
            since=since,
            until=until,
        )
    return int(rows[0]["n"])


def _told(
    rows: Iterable[dict[str, Any]], told: Deidentified, keys: Deidentified, patients: set[str]
) -> Iterable[dict[str, Any]]:
    for row in rows:
        if person := row.get("patient_id") or row.get("person_id"):
            patients.add(str(person))
        yield told.row(row, keys)


def _patients_of(reader: SessionReader, view: View, conditions: Sequence[Condition], limit: int) -> set[str]:
    """Whose rows they are, where the columns chosen do not say it."""
    names = {one.name for one in view.fields}
    if "patient_id" in names:
        return {str(row["patient_id"]) for row in view_rows(reader, view, conditions, ("patient_id",), limit)}
    visits = {str(row["encounter_id"]) for row in view_rows(reader, view, conditions, ("encounter_id",), limit)}
    return {
        str(row["patient_id"]) for row in reader.rows("SELECT id, patient_id FROM encounter") if row["id"] in visits
    }


RIGHTS = {Profile.IDENTIFIED: "report.export_identified", Profile.LIMITED: "report.export_limited"}
"""What a role needs besides the right to export; without it what leaves is de-identified (164.514(b)(2))."""


def verb_of(profile: Profile) -> str:
    """The right that an export under a profile needs."""
    return RIGHTS.get(profile, "report.export")


def permit(db: Database, actor: Actor, profile: Profile) -> None:
    """Hold a profile to the role, before anything else is asked for it. Raises NotAllowed, which is logged."""
    with db.change(actor, action=verb_of(profile)):
        pass


def _permit(db: Database, actor: Actor, profile: Profile, recipient: str, purpose: str, agreement: str) -> None:
    """Hold a profile to the role, and to what is said of who receives it. Raises NotAllowed (logged), UsageError."""
    permit(db, actor, profile)
    require_receiver(profile, recipient, purpose, agreement)


def require_receiver(profile: Profile, recipient: str, purpose: str, agreement: str) -> None:
    """Ask for who receives an export and why, or under which agreement (45 CFR 164.514(e)(4)). Raises UsageError."""
    if profile is Profile.IDENTIFIED and not (recipient.strip() and purpose.strip()):
        raise UsageError(
            "an export that names patients is a disclosure: say who receives it and why",
            "--to RECIPIENT --purpose TEXT",
        )
    if profile is Profile.LIMITED and not (recipient.strip() and agreement.strip()):
        raise UsageError(
            "a limited data set goes to who signed a data use agreement: say to whom and which",
            "--to RECIPIENT --agreement TEXT, or --profile safe-harbor",
        )


def _record(
    db: Database,
    actor: Actor,
    what: str,
    profile: Profile,
    done: Sequence[Exported],
    patients: set[str],
    recipient: str,
    purpose: str,
    words: str,
    agreement: str,
) -> None:
    """Log an export; of one that is not de-identified record a disclosure for each patient (45 CFR 164.528).

    A limited data set need not be accounted for (164.528(a)(1)(viii)); it is, with the agreement it left under.
    """
    with db.change(actor, action="report.export") as change:
        files = [one.path.name for one in done]
        under = {"to": recipient, "agreement": agreement} if profile is Profile.LIMITED else {}
        change.log("report.export", "report", what, profile=profile.value, files=files, rows=[d.rows for d in done],
                   of=words, **under)  # fmt: skip
        if profile is Profile.SAFE_HARBOR:
            return
        limited = profile is Profile.LIMITED
        for patient in sorted(one for one in patients if one):
            change.log("report.export", "patient", patient, what=what)
            change.session.add(
                Disclosure(
                    patient_id=patient,
                    disclosed_on=clock_day().isoformat(),
                    recipient=recipient,
                    description=f"{'limited data set, ' if limited else ''}rows of {what}: {words}",
                    purpose=f"data use agreement: {agreement}" if limited else purpose,
                    recorded_by=actor.login,
                )
            )


__all__ = [
    "LAYOUTS",
    "Exported",
    "Table",
    "check_days",
    "export_layout",
    "export_view",
    "layout_days",
    "restricted_visits",
]
