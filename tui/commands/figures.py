"""`codedesk figures`: your own figures of a day: units against the target, active and idle time, and the last audit."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import date

from codesets.errors import UsageError
from store.clock import clock_day
from store.queries import SessionReader
from store.queries.figures import own_figures
from tui.cells import counted
from tui.commands.answers import told


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--day", default="", metavar="DAY", help="another day than today, as 2026-09-30")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Print the figures of whoever asks; nobody else's are told."""
    from store.database import open_database
    from store.figures.last_audit import last_audit
    from store.people import sign_in

    try:
        day = date.fromisoformat(args.day) if args.day else clock_day()
    except ValueError:
        raise UsageError(f"{args.day[:20]!r} is no day", "expected 2026-09-30") from None
    db = open_database()
    try:
        actor = sign_in(db)
        with db.reading() as session:
            figures = own_figures(SessionReader(session), actor.person_id or "", day)
        audit = last_audit(db, actor)
    finally:
        db.close()
    lines = [
        f"{day} {actor.login}: {figures.units_text} units, {counted(figures.charts, 'chart')}",
        f"active by keys {figures.active_text}, idle {figures.idle_seconds // 60} min, {figures.keys} keys",
    ]
    if audit:
        charts = counted(audit.charts, "chart")
        score = "–" if audit.percent is None else f"{audit.percent:.1f}%"
        lines.append(f"last audit {score} code over code: {audit.sample}, {charts}, returned {audit.returned_on}")
        if audit.waiting:
            lines.append(f"{counted(audit.waiting, 'finding')} of it not settled yet: the score may still rise")
    data = {"day": day.isoformat(), "login": actor.login, **asdict(figures)}
    del data["audit_state"]
    return told(args, data | {"last_audit": asdict(audit) if audit else None}, lines)
