"""Administration (F9): the people of the site with their roles, and the emergencies that wait for a review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from store.queries.people import StaffRow, staff
from store.terms import Role
from tui.cells import Line, counted, wrap
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from store.access import Emergency


class View(StrEnum):
    PEOPLE = "people"
    WAITING = "emergencies to review"
    ALL = "all emergencies"


_EMPTY = {
    View.PEOPLE: "Nobody is known here yet. a adds the first person, an administrator: begin with yourself.",
    View.WAITING: "No emergency waits for a review. v shows the people.",
    View.ALL: "No emergency yet. v shows the people.",
}

OF_PEOPLE = ("person_role", "person_access", "reset_pin")


class AdministrationScreen(DeskScreen):
    """One view at a time; managers see the emergencies, administrators the people too."""

    name_on = "administration"
    desk = "administration"

    def __init__(self) -> None:
        super().__init__()
        self._view = View.PEOPLE
        self._waiting = 0

    def compose_work(self) -> ComposeResult:
        yield RowTable(_PEOPLE, id="rows", unread=True)
        yield TextPane(id="why", title="")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def place(self) -> tuple[Line, Line]:
        start: Line = (("Administration", "strong"), (f"  {self._view.value}", "text"))
        count = self.rows.count if self.is_mounted else 0
        where = f"{self.rows.index + 1} of {count}" if count else self.no_row
        waiting: Line = ((f"{counted(self._waiting, 'emergency')} to review   ", "warning"),) if self._waiting else ()
        return start, (*waiting, (where, "text"))

    def why_not(self, action: str) -> str:
        of_people = self._view is View.PEOPLE
        if action in OF_PEOPLE and not (of_people and self.rows.selected):
            return "there is no person under the cursor"
        if action == "add_person" and not of_people:
            return "v shows the people"
        if action == "review_glass" and (of_people or not self.rows.selected):
            return "there is no emergency under the cursor; v shows them"
        if action == "review_glass" and self.rows.selected.reviewed_at:
            return "it was reviewed already"
        return ""

    def on_screen_resume(self) -> None:
        self.reload()
        self.in_turn(self.first_rows())

    def record_changed(self) -> None:
        if self._view is View.PEOPLE:
            self.reload()

    def reload(self) -> None:
        """Read the view again; the cursor stays on its row."""
        self.work(self._reload(), group="rows", exclusive=True)

    async def _reload(self) -> None:
        rows: Sequence[StaffRow | Emergency]
        if self._view is View.PEOPLE:
            rows = await self.workstation.record.read(staff)
        else:
            from store.access import emergencies

            rows = await self.workstation.change(emergencies, self._view is View.ALL)
            self._waiting = sum(row.reviewed_at is None for row in rows)
        if not self.is_attached:
            return
        columns = _PEOPLE if self._view is View.PEOPLE else _EMERGENCIES
        self.rows.empty = _EMPTY[self._view]
        self.rows.set_source(ListSource(rows, lambda row: row.id), columns=columns)
        self.refresh_frame()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            row = self.rows.selected
            title = "person" if self._view is View.PEOPLE else "emergency"
            self.query_one("#why", TextPane).show(title, lambda width: _detail(row, width))
            self.refresh_frame()

    def copied(self) -> str:
        row = self.rows.selected
        return "" if row is None else f"{row.login}  {row.name if self._view is View.PEOPLE else row.reason}"

    def do_other_view(self) -> None:
        views = list(View)
        self._view = views[(views.index(self._view) + 1) % len(views)]
        self.rows.move_to(0)
        self.reload()

    def do_add_person(self) -> None:
        async def named(login: str) -> None:
            if not login.strip():
                self.say("Nobody was added.")
                return

            async def called(name: str) -> None:
                async def given(role: str) -> None:
                    from store.people import add_person

                    await self.workstation.change(add_person, login.strip(), name.strip() or login.strip(), Role(role))
                    await self._reload()
                    self.say(f"Added {login.strip()} as {role}. d closes the access again.")

                first = self.rows.count == 0
                self.choose("role", "role:", _roles(first=first), given, unchosen=not first)

            self.ask("name", "name of the person:", answer=called)

        self.ask("login", "login of their account on this host:", answer=named)

    def do_person_role(self) -> None:
        row: StaffRow = self.rows.selected

        async def given(role: str) -> None:
            from store.people import set_role

            await self.workstation.change(set_role, row.login, Role(role))
            await self._reload()
            self.say(f"{row.name} is now {role}; it was {row.role.value}.")

        self.choose("role", f"role of {row.name}:", _roles(), given, unchosen=True)

    def do_person_access(self) -> None:
        row: StaffRow = self.rows.selected

        async def switched() -> None:
            from store.people import set_active

            await self.workstation.change(set_active, row.login, not row.active)
            await self._reload()
            self.say(f"{row.name} {'may not come in any more' if row.active else 'may come in again'}. d undoes it.")

        self.confirm(f"{'Close' if row.active else 'Open'} the access of {row.name}?", switched)

    def do_reset_pin(self) -> None:
        row: StaffRow = self.rows.selected

        async def taken() -> None:
            from store.people import take_pin_away

            await self.workstation.change(take_pin_away, row.login)
            await self._reload()
            self.say(f"{row.name} has no PIN any more; codedesk users pin gives a new one.")

        self.confirm(f"Take the PIN of {row.name} away?", taken)

    def do_review_glass(self) -> None:
        row: Emergency = self.rows.selected

        async def told(verdict: str) -> None:
            from store.access import review

            if not verdict.strip():
                self.say("Nothing was reviewed.")
                return
            await self.workstation.change(review, row.id, verdict)
            await self._reload()
            self.say(f"Reviewed: {row.person}, {row.mrn}.", "good")

        self.ask("verdict", "review came to:", answer=told)


def _roles(first: bool = False) -> list[tuple[str, str]]:
    """The roles that a person may be given, with their words; the `first` person of a site can only administer it."""
    from store.permissions import PEOPLE, rights

    possible = (Role.ADMIN,) if first else tuple(Role)
    own = {role: sum(role in right.roles for right in rights().values()) for role in Role}
    return [
        (role.value, f"{PEOPLE[role][1]}: {own[role]} rights; codedesk users rights lists them") for role in possible
    ]


def _detail(row: StaffRow | Emergency | None, width: int) -> list[Line]:
    if row is None:
        return []
    if isinstance(row, StaffRow):
        pin = "blocked by wrong PINs; p takes it away" if row.pin_blocked else "has a PIN" if row.pin else "no PIN"
        return [
            ((f" {row.name}", "strong"), (f"  {row.login}", "text")),
            ((f" {row.role.value}, {'active' if row.active else 'access closed'}, {pin}", "text"),),
            ((f" here since {row.since[:10]}, last came in {_at(row.last_login) or 'never'}", "dim"),),
        ]
    lines: list[Line] = [((" " + text, "text"),) for text in wrap(f"why: {row.reason}", width - 2)]
    if row.reviewed_at:
        lines.append(((f" reviewed {_at(row.reviewed_at)} by {row.reviewed_by}: {row.verdict}", "good"),))
    return lines


def _at(moment: str | None) -> str:
    """A moment of the record by this host's clock."""
    if not moment:
        return ""
    return f"{datetime.fromisoformat(moment.replace('Z', '+00:00')).astimezone():%Y-%m-%d %H:%M}"


_PEOPLE: tuple[Column[StaffRow], ...] = (
    Column("", 2, lambda row: "  " if row.active else " –", said=lambda row: "" if row.active else "access closed"),
    Column("LOGIN", 12, lambda row: row.login),
    Column("NAME", 0, lambda row: row.name, style=lambda row: "text" if row.active else "dim"),
    Column("ROLE", 8, lambda row: row.role.value),
    Column(
        "PIN",
        7,
        lambda row: "blocked" if row.pin_blocked else "yes" if row.pin else "",
        style=lambda row: "warning" if row.pin_blocked else "text",
    ),
    Column("LAST CAME IN", 16, lambda row: _at(row.last_login)),
)

_EMERGENCIES: tuple[Column[Any], ...] = (
    Column(
        "",
        2,
        lambda row: " ✓" if row.reviewed_at else " !",
        style=lambda row: "good" if row.reviewed_at else "warning",
        said=lambda row: "reviewed" if row.reviewed_at else "to review",
    ),
    Column("SINCE", 16, lambda row: _at(row.since)),
    Column("WHO", 18, lambda row: row.person),
    Column("PATIENT", 10, lambda row: row.mrn),
    Column("WHY", 0, lambda row: row.reason),
)
