"""Exports of rows: a layout under a profile into files, logged, and a disclosure of each patient whom they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from codesets.errors import UsageError
from store.actors import Actor, NotAllowed
from store.database import Database
from store.models import Disclosure
from store.queries import SessionReader
from store.reports.layouts import Table, claims_layout, omop_tables, tidy_tables
from store.reports.profiles import Deidentified, Profile
from store.reports.tables import Format, write_rows
from store.reports.views import Condition, View, view_rows
from store.settings import outbox
from store.terms import Role

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
) -> list[Exported]:
    """Write every table of a layout into a folder, the outbox without one; one whose key is not told is left out.

    An identified one names who receives it and why. Raises UsageError, NotAllowed, NoParquet.
    """
    tables = {"tidy": tidy_tables, "claims": lambda: (claims_layout(),), "omop": omop_tables}.get(layout)
    if tables is None:
        raise UsageError(f"no layout is called {layout!r}", f"there are {', '.join(LAYOUTS)}")
    _permit(actor, profile, recipient, purpose)
    done = []
    with db.reading() as session:
        reader, keys = SessionReader(session), None
        patients: set[str] = set()
        for table in tables():
            told = Deidentified(profile, table.classes)
            if next(iter(table.classes)) not in told.columns:
                continue
            keys = keys or told
            rows = _told(table.rows(reader, since, until, told.order), told, keys, patients)
            path = (folder or outbox()) / f"{table.name}.{form.value}"
            done.append(Exported(path, write_rows(path, told.columns, rows, form)))
    _record(db, actor, layout, profile, done, patients, recipient, purpose, f"{since} to {until}")
    return done


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
) -> tuple[tuple[str, ...], list[dict[str, Any]], Path | None]:
    """The rows of a view that a filter leaves, under a profile; to a file where one is named.

    An identified one names who receives it and why, wherever it goes. Raises UsageError, NotAllowed, NoParquet.
    """
    _permit(actor, profile, recipient, purpose)
    names = [view.field(name).name for name in columns] or [one.name for one in view.fields]
    told = Deidentified(profile, {name: view.field(name).kind for name in names})
    patients: set[str] = set()
    with db.reading() as session:
        found = view_rows(SessionReader(session), view, conditions, names, limit, profile)
        rows = list(_told(found, told, told, patients))
        if profile is Profile.IDENTIFIED and "patient_id" not in names:
            patients = _patients_of(SessionReader(session), view, conditions, limit)
    if path:
        write_rows(path, told.columns, rows, form)
    words = ", ".join(one.words for one in conditions) or "all rows"
    done = [Exported(path, len(rows))] if path else []
    _record(db, actor, view.name, profile, done, patients, recipient, purpose, words)
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


def _permit(actor: Actor, profile: Profile, recipient: str, purpose: str) -> None:
    """Analysts export without names; who exports with them says for whom and why. Raises NotAllowed, UsageError."""
    if profile is not Profile.IDENTIFIED:
        return
    if actor.role is Role.ANALYST:
        raise NotAllowed("an export that names patients is not for analysts", "--profile limited or safe-harbor")
    if not (recipient.strip() and purpose.strip()):
        raise UsageError(
            "an export that names patients is a disclosure: say who receives it and why",
            "--to RECIPIENT --purpose TEXT",
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
) -> None:
    """Log an export; of an identified one record a disclosure for each patient (45 CFR 164.528).

    A limited data set need not be accounted for (164.528(a)(1)(viii)).
    """
    with db.change(actor, action="report.export") as change:
        files = [one.path.name for one in done]
        change.log("report.export", "report", what, profile=profile.value, files=files, rows=[d.rows for d in done],
                   of=words)  # fmt: skip
        if profile is not Profile.IDENTIFIED:
            return
        for patient in sorted(one for one in patients if one):
            change.session.add(
                Disclosure(
                    patient_id=patient,
                    disclosed_on=date.today().isoformat(),
                    recipient=recipient,
                    description=f"rows of {what}: {words}",
                    purpose=purpose,
                    recorded_by=actor.login,
                )
            )


__all__ = ["LAYOUTS", "Exported", "Table", "export_layout", "export_view", "restricted_visits"]
