"""Records (F7): what charts lack and who owes it, likely duplicates, requests for information. One view at a time."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container

from store.actors import Actor
from store.database import Database
from store.merge_plan import MergePlan
from store.reasons import reason_in_words
from store.records.deficiencies import (
    DeficiencyRow,
    Delinquency,
    ProviderRow,
    by_provider,
    deficiencies,
    delinquency,
    suspended,
)
from store.records.duplicates import Candidate, Pair, duplicates
from store.records.patients import Found
from store.records.releases import ReleaseRow, requests
from tui.actions import Action
from tui.cells import Line, counted, days_in, labeled, left, wrap
from tui.commands.records import figure_words
from tui.screens.desk import DeskScreen, NotAnAnswer, following
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane


class View(StrEnum):
    CHARTS = "what charts lack"
    PROVIDERS = "who owes it"
    DUPLICATES = "likely duplicates"
    RELEASES = "requests for information"


EMPTY = {
    View.CHARTS: "No chart lacks anything that was looked for. s looks the charts over.",
    View.PROVIDERS: "Nobody owes anything. s looks the charts over.",
    View.DUPLICATES: "No two patients look like one.",
    View.RELEASES: "No request is open. n records one.",
}
OF_VIEW = {
    "records_waive": View.CHARTS,
    "records_open": View.CHARTS,
    "records_suspend": View.PROVIDERS,
    "records_merge": View.DUPLICATES,
    "records_apart": View.DUPLICATES,
    "records_unmerge": View.DUPLICATES,
    "records_release": View.RELEASES,
    "records_refuse": View.RELEASES,
}


class RecordsScreen(DeskScreen):
    """The desk of the records technician."""

    name_on = "records"
    desk = "records"

    def __init__(self) -> None:
        super().__init__()
        self._view = View.CHARTS
        self._figure: Delinquency | None = None
        self._merged: Candidate | None = None
        """The patient that was merged into another one last here, while that can be undone."""

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(COLUMNS[View.CHARTS], id="rows", unread=True)
            yield TextPane(id="page")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_screen_resume(self) -> None:
        self.reload()
        self.in_turn(self.first_rows())

    def place(self) -> tuple[Line, Line]:
        start: Line = (("Records", "strong"), (f"  {self._view.value}", "text"))
        if self.filter_text:
            start = (*start, (f"  /{self.filter_text}", "focus"))
        if self._figure is None or self._figure.share is None:
            return start, self.rows_place()
        share = self._figure.share * 100
        style = "good" if share < 50 else "warning"
        return start, ((f"{share:.1f} % delinquent  ", style), *self.rows_place())

    def why_not(self, action: str) -> str:
        wanted = OF_VIEW.get(action)
        if wanted is None:
            return ""
        if self._view is not wanted:
            return f"v shows {wanted.value}"
        if action == "records_unmerge":
            return "" if self._merged else "nothing was merged here; codedesk records merges lists what was"
        row = self.rows.selected if self.is_mounted else None
        if row is None:
            return "nothing is under the cursor"
        if action == "records_suspend" and not row.provider_id:
            return "nobody is named who owes it"
        return ""

    def footer(self) -> tuple[Action, ...]:
        """The keys of this view alone: those of others come back with theirs."""
        return tuple(one for one in super().footer() if OF_VIEW.get(one.id, self._view) is self._view)

    def reload(self) -> None:
        """Read the view again; the cursor stays on its row."""
        self.work(self._reload(), group="rows", exclusive=True)

    async def _reload(self) -> None:
        rows, self._figure = await self.workstation.change(_read, self._view)
        shown = [row for row in rows if self.passes_filter(_searched(row))]
        if not self.is_attached:
            return
        self.rows.empty = EMPTY[self._view]
        self.rows.set_source(ListSource(shown, _key), columns=COLUMNS[self._view])
        self.refresh_frame()
        self._explain()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self.refresh_frame()
            self._explain()

    def _explain(self) -> None:
        row, figure = self.rows.selected, self._figure
        self.page_pane.show(_title(row), lambda width: _lines(row, figure, width))

    def filtered(self) -> None:
        self.reload()

    def copied(self) -> str:
        row = self.rows.selected
        return "" if row is None else "  ".join(column.text(row).strip() for column in COLUMNS[self._view])

    def do_records_view(self) -> None:
        self._view = following(self._view)
        self.rows.move_to(0)
        self.say("")
        if self._view is not View.DUPLICATES:
            self.reload()
            return

        async def compared() -> None:
            self.say("Comparing patients …", "dim")
            await self._reload()
            many = self.rows.count
            self.say(f"{counted(many, 'pair')} to look at; x keeps two apart, m makes one of them." if many else "")

        self.in_turn(compared())

    def do_records_scan(self) -> None:
        async def scanned() -> None:
            from store.records.deficiencies import scan

            self.say("Looking every closed visit over …", "dim")
            done = await self.workstation.change(scan)
            await self._reload()
            found = f"{counted(done.opened, 'lack')} found, {done.closed} closed"
            self.say(f"{counted(done.charts, 'chart')} looked over: {found}.")

        self.in_turn(scanned())

    def do_records_open(self) -> None:
        row: DeficiencyRow = self.rows.selected

        async def opened() -> None:
            item = await self.workstation.record.read(_item_of, row.encounter_id)
            if item:
                await self.workstation.opening.chart_now(item)
            else:
                self.say("This visit is in no worklist.", "warning")

        self.in_turn(opened())

    def do_records_waive(self) -> None:
        row: DeficiencyRow = self.rows.selected

        async def said(reason: str) -> None:
            from store.records.deficiencies import waive

            await self.workstation.change(waive, row.id, reason)
            await self._reload()
            self.say(f"Waived: {row.lacks}.", "good")

        self.ask("waive", f"{row.patient} {row.service_date}: why {row.lacks} need not come:", answer=said)

    def do_records_suspend(self) -> None:
        row: ProviderRow = self.rows.selected

        async def lifted() -> None:
            from store.records.deficiencies import lift

            await self.workstation.change(lift, row.provider_id)
            await self._reload()
            self.say(f"{row.provider} is off the suspension list.", "good")

        async def said(reason: str) -> None:
            from store.records.deficiencies import suspend

            await self.workstation.change(suspend, row.provider_id, reason)
            await self._reload()
            self.say(f"{row.provider} is on the suspension list. p takes them off it.", "good")

        if row.suspended_since:
            self.confirm(f"Take {row.provider} off the suspension list?", lifted)
        else:
            self.ask("suspend", f"why {row.provider} is suspended:", answer=said)

    def do_records_merge(self) -> None:
        """Show what differs and what goes over, ask how it is known, and merge after a yes."""
        pair: Pair = self.rows.selected

        async def asked() -> None:
            from store.merge_plan import merge_plan

            plan = await self.workstation.change(merge_plan, pair.other.id, pair.one.id)
            self.page_pane.show("what a merge would do", lambda width: _plan_lines(plan, width))

            async def told(reason: str) -> None:
                if not reason.strip():
                    raise NotAnAnswer("Nothing was merged: the log keeps how you know that they are one.")
                reason_in_words(reason)
                sure(reason)

            def sure(reason: str) -> None:
                over = f"{counted(plan.gone.visits, 'visit')}, {counted(plan.gone.accounts, 'account')}"
                question = f"Merge {plan.gone.mrn} {plan.gone.name} into {plan.kept.mrn} {plan.kept.name} ({over})?"

                async def merged() -> None:
                    await self._merge(pair, reason)

                self.confirm(question, merged, name=plan.gone.name)

            self.ask("merge", f"how you know that {plan.gone.mrn} is {plan.kept.mrn}:", answer=told)

        self.in_turn(asked())

    async def _merge(self, pair: Pair, reason: str) -> None:
        from store.merges import merge_patients

        done = await self.workstation.change(merge_patients, pair.other.id, pair.one.id, None, reason)
        self._merged = pair.other
        await self._reload()
        self.say(f"{counted(done.encounters, 'encounter')} went over to {pair.one.mrn}. u undoes it.", "good")

    def do_records_unmerge(self) -> None:
        merged = self._merged
        assert merged is not None

        async def told(reason: str) -> None:
            reason_in_words(reason)

            async def parted() -> None:
                await self._unmerge(merged, reason)

            self.confirm(f"Undo the merge of {merged.mrn} {merged.name}?", parted, name=merged.name)

        self.ask("unmerge", f"how you know that {merged.mrn} {merged.name} is another:", answer=told)

    async def _unmerge(self, merged: Candidate, reason: str) -> None:
        from store.merges import unmerge_patients

        done = await self.workstation.change(unmerge_patients, merged.id, None, reason)
        self._merged = None
        await self._reload()
        self.say(f"{merged.mrn} is a patient again, with {counted(done.encounters, 'encounter')}.", "good")

    def do_records_apart(self) -> None:
        pair: Pair = self.rows.selected

        async def said(reason: str) -> None:
            from store.records.duplicates import tell_apart

            await self.workstation.change(tell_apart, pair.one.id, pair.other.id, reason)
            await self._reload()
            self.say("They are two, and are not offered again.", "good")

        self.ask("apart", "how you know that they are two:", answer=said)

    def do_records_request(self) -> None:
        """Record a request: whose information, then part by part. The patient under the cursor is offered."""
        row = self.rows.selected
        here = row.one.mrn if isinstance(row, Pair) else getattr(row, "mrn", "")

        async def meant(text: str) -> None:
            from store.records.patients import patients_meant

            several = await self.workstation.change(patients_meant, text)
            twice = len({one.mrn for one in several}) < len(several)
            found = {one.id if twice else one.mrn: one for one in several}
            if len(found) == 1:
                self._ask_request(*found.values())
                return

            async def chosen(number: str) -> None:
                self._ask_request(found[number])

            options = [(number, _choice(one)) for number, one in found.items()]
            self.choose("patient", "which of them:", options, chosen)

        self.ask("patient", "whose information, by name or record number:", here, meant, marked=True)

    def _ask_request(self, patient: Found) -> None:
        given: list[str] = []
        parts = ("who asks", "what is asked for", "why", "what allows it (empty: not known yet)")

        def ask() -> None:
            self.ask("request", f"{patient.words}: {parts[len(given)]}:", answer=said)

        async def said(text: str) -> None:
            part = text.strip()
            if len(given) + 1 < len(parts):
                if not part:
                    self.say("Nothing was recorded.")
                    return
                given.append(part)
                ask()
                return
            from store.records.releases import receive

            requester, what, why = given
            made = await self.workstation.change(receive, patient.id, requester, what, why, "", part)
            await self._show_request(made)
            self.say(f"Recorded for {patient.words}; it is due in 30 days.", "good")

        ask()

    async def _show_request(self, request_id: str) -> None:
        """Show the open requests, and stand on this one."""
        self._view, self.filter_text = View.RELEASES, ""
        await self._reload()
        self.rows.move_to(self.rows.place_of(request_id))

    def do_records_release(self) -> None:
        """Note that it was sent: asked of by the patient's name, and never done without a yes."""
        row: ReleaseRow = self.rows.selected
        whose = _whose(row)

        def sure(authorization: str) -> None:
            async def sent() -> None:
                from store.records.releases import release

                await self.workstation.change(release, row.id, "", authorization)
                await self._reload()
                self.say(f"{whose}: released to {row.requester}; the disclosure is recorded.", "good")

            self.confirm(f"{whose}: was it sent to {row.requester}?", sent, name=row.requester)

        async def allowed(text: str) -> None:
            from store.records.releases import authorization_in_words

            sure(authorization_in_words(text))

        if row.authorization:
            sure("")
        else:
            self.ask("authorization", f"{whose}, to {row.requester}: what allows it:", answer=allowed)

    def do_records_refuse(self) -> None:
        row: ReleaseRow = self.rows.selected

        async def said(reason: str) -> None:
            from store.records.releases import refuse

            await self.workstation.change(refuse, row.id, reason)
            await self._reload()
            self.say(f"{_whose(row)}: refused; the reason is kept.", "good")

        self.ask("refuse", f"{_whose(row)}: why {row.requester} is refused:", answer=said)


def _whose(row: ReleaseRow) -> str:
    """The patient of a request as a question names them."""
    return f"{row.patient} ({row.mrn})" if row.mrn else row.patient


def _choice(one: Found) -> str:
    """What tells a patient from others of the name."""
    return "  ".join(filter(None, (one.name, one.birth_date and f"born {one.birth_date}", one.sex)))


def _read(db: Database, actor: Actor, view: View) -> tuple[Sequence[Any], Delinquency | None]:
    """The rows of a view, and the delinquency figure where it belongs."""
    if view is View.DUPLICATES:
        return duplicates(db, actor), None
    if view is View.RELEASES:
        return requests(db, actor), None
    found = deficiencies(db, actor)
    with db.reading() as session:
        figure = delinquency(session)
        rows: Sequence[Any] = found if view is View.CHARTS else by_provider(found, suspended(session))
    return rows, figure


def _item_of(reader: Any, encounter_id: str) -> str:
    rows = reader.rows("SELECT MIN(id) AS id FROM work_item WHERE encounter_id = :visit", visit=encounter_id)
    return rows[0]["id"] or ""


def _plan_lines(plan: MergePlan, width: int) -> list[Line]:
    """Both patients beside each other, what differs marked."""
    half = max((width - 12) // 2, 8)
    style = "warning" if plan.differs else "text"
    lines: list[Line] = [((f" {part}", style),) for part in wrap(plan.likeness, max(width - 2, 10))]
    over = f"{counted(plan.gone.visits, 'visit')}, {counted(plan.gone.accounts, 'account')} go over to {plan.kept.mrn}"
    lines.append(((f" {over}", "strong"),))
    for name, one, other, differs in plan.rows:
        style = "warning" if differs else "text"
        lines.append(
            (
                (f" {name:<9}", "dim"),
                (f"{left(one, half - 1)} ", style),
                (left(other, half), style),
                ("!" if differs else "", "warning"),
            )
        )
    return lines


def _key(row: Any) -> str:
    if isinstance(row, Pair):
        return f"{row.one.id}{row.other.id}"
    return str(row.provider_id or row.provider) if isinstance(row, ProviderRow) else str(row.id)


def _searched(row: Any) -> str:
    if isinstance(row, Pair):
        return f"{row.one.name} {row.one.mrn} {row.other.name} {row.other.mrn}".lower()
    return " ".join(str(value) for value in vars(row).values()).lower()


def _title(row: Any) -> str:
    if isinstance(row, Pair):
        return f"score {row.score:g} of 100"
    if isinstance(row, DeficiencyRow):
        return row.lacks
    return row.provider if isinstance(row, ProviderRow) else row.requester if isinstance(row, ReleaseRow) else ""


def _lines(row: Any, figure: Delinquency | None, width: int) -> list[Line]:
    lines: list[Line] = []

    def put(label: str, text: str, style: str = "text") -> None:
        lines.extend(labeled(label, text, width, style, room=12))

    if isinstance(row, Pair):
        for part in row.parts:
            put(part.name, f"{part.points:>4g} of {part.of:<2g}  {part.words}", "text" if part.points else "warning")
    elif isinstance(row, DeficiencyRow):
        put("Visit", f"{row.visit_number}  {row.service_date}  {row.setting}")
        put("Owes it", row.provider)
        put(
            "Age",
            f"{row.age} days" + (", delinquent" if row.delinquent else ""),
            "warning" if row.delinquent else "text",
        )
        signs = "its signature" if row.lacks.startswith("unsigned") else "the document"
        put("Ends", f"when {signs} comes (s looks again), or waived by w")
    elif isinstance(row, ProviderRow):
        put("Owes", f"{row.deficiencies} in {counted(row.charts, 'chart')}, the oldest {row.oldest} days")
        put("Suspended", f"since {row.suspended_since}" if row.suspended_since else "no")
    elif isinstance(row, ReleaseRow):
        put("Asked for", row.what)
        put("Why", row.purpose)
        put("Allowed by", row.authorization or "nothing named yet", "text" if row.authorization else "warning")
    if figure is not None:
        put("Site", figure_words(figure), "dim")
    return lines


COLUMNS: dict[View, tuple[Column[Any], ...]] = {
    View.CHARTS: (
        Column(
            "",
            2,
            lambda row: " !" if row.delinquent else "",
            style=lambda row: "warning",
            said=lambda row: "delinquent" if row.delinquent else "",
        ),  # fmt: skip
        Column("SERVICE", 10, lambda row: row.service_date),
        Column("PATIENT", 15, lambda row: row.patient, most=26),
        Column("TYPE", 9, lambda row: row.setting, most=11, from_width=90),
        Column("LACKS", 0, lambda row: row.lacks),
        Column("PROVIDER", 14, lambda row: row.provider, most=26),
        Column("AGE", 5, lambda row: days_in(row.age), align="right"),
    ),
    View.PROVIDERS: (
        Column(
            "",
            2,
            lambda row: " H" if row.suspended_since else "",
            style=lambda row: "warning",
            said=lambda row: "suspended" if row.suspended_since else "",
        ),  # fmt: skip
        Column("PROVIDER", 0, lambda row: row.provider),
        Column("CHARTS", 6, lambda row: str(row.charts), align="right"),
        Column("LACKS", 6, lambda row: str(row.deficiencies), align="right"),
        Column("0-7", 5, lambda row: str(row.upto_7), align="right"),
        Column("8-30", 5, lambda row: str(row.upto_30), align="right"),
        Column(
            "30+",
            5,
            lambda row: str(row.delinquent),
            align="right",
            style=lambda row: "warning" if row.delinquent else "text",
        ),  # fmt: skip
        Column("OLDEST", 6, lambda row: days_in(row.oldest, 6), align="right"),
    ),
    View.DUPLICATES: (
        Column("", 1, lambda row: ""),
        Column("SCORE", 6, lambda row: f"{row.score:.1f}", align="right"),
        Column("MRN", 9, lambda row: row.one.mrn),
        Column("PATIENT", 0, lambda row: row.one.name),
        Column("BORN", 10, lambda row: row.one.birth_date),
        Column("MRN", 9, lambda row: row.other.mrn),
        Column("PATIENT", 0, lambda row: row.other.name),
        Column("BORN", 10, lambda row: row.other.birth_date, from_width=100),
    ),
    View.RELEASES: (
        Column(
            "",
            2,
            lambda row: " !" if row.left < 0 else "",
            style=lambda row: "warning",
            said=lambda row: "past due" if row.left < 0 else "",
        ),  # fmt: skip
        Column("CAME", 10, lambda row: row.received_on),
        Column("PATIENT", 18, lambda row: row.patient, most=26),
        Column("WHO ASKS", 18, lambda row: row.requester, most=30),
        Column("WHAT", 0, lambda row: row.what),
        Column("LEFT", 5, lambda row: days_in(row.left), align="right"),
    ),
}
