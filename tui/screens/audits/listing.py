"""The audit desk (F6): charts of samples in review, where each stands, and the scorecard of its sample.

A coder sees the charts of their own that came back, and answers there.
"""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult

from store.actors import Actor
from store.database import Database
from store.queries.audits import AuditFilter, AuditRow, audit_findings, audit_list, sample_list
from store.terms import AuditStatus, Role, in_words
from tui.cells import Line, counted
from tui.screens.audits.lines import finding_lines, sample_lines, scorecard_pane, trend_pane
from tui.screens.desk import following
from tui.screens.filling import Filling, what_fills
from tui.screens.list_screen import ListScreen
from tui.widgets.row_table import Column, ListSource, RowTable

EMPTY = {
    AuditFilter.MINE: "No audit is yours. v shows those to review; A gives one to somebody.",
    AuditFilter.RETURNED: "No chart waits for its coder's answer. v shows the others.",
    AuditFilter.REBUTTED: "No finding waits for a decision. v shows the others.",
    AuditFilter.FINAL: "No audit is final yet. v shows those that are open.",
}

FILLING = Filling("audit_open", "takes one", "take them", right=("do", "audit.begin"))

OWN_EMPTY = {
    AuditFilter.OPEN: "No audit of a chart of yours is open. v shows those that are final, and all.",
    AuditFilter.REBUTTED: "No finding of yours waits for a decision. v shows the others.",
}

BEGUN = (AuditStatus.RETURNED, AuditStatus.FINAL)


class AuditsScreen(ListScreen):
    """Audits with the findings of the one under the cursor."""

    name_on = "audits"
    desk = "audits"

    def __init__(self) -> None:
        super().__init__()
        self._show = AuditFilter.OPEN
        self._scored: str | None = None
        """The audit under the cursor (empty: none) when a scorecard or trend was shown, which stays with it."""
        self._shown: list[AuditRow] = []

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(COLUMNS, "")

    def record_changed(self) -> None:
        self.reload()

    def place(self) -> tuple[Line, Line]:
        return self.list_place("Audits", self._show.value)

    def why_not(self, action: str) -> str:
        row: AuditRow | None = self.rows.selected if self.is_mounted else None
        if action in ("audit_open", "audit_score", "audit_assign", "audit_withdraw") and row is None:
            return "there is no audit under the cursor"
        if row and row.status is AuditStatus.WITHDRAWN and action in ("audit_open", "audit_withdraw"):
            return "its sample was withdrawn"
        if action == "audit_assign" and row and row.status not in (AuditStatus.SELECTED, AuditStatus.ASSIGNED):
            return f"it is {in_words(row.status)} already"
        return ""

    async def read_rows(self) -> None:
        actor = await self.workstation.record.actor()
        own = actor.role is Role.CODER
        rows = await self.workstation.record.read(audit_list, self._show, "", actor.person_id or "", own)
        shown = self._shown = [row for row in rows if self.passes_filter(_searched(row))]
        if not self.is_attached:
            return
        self.rows.empty = (
            OWN_EMPTY.get(self._show, "No chart of yours came back from an audit.")
            if own
            else EMPTY.get(
                self._show,
                "No audits here. d draws a sample; codedesk audits draw narrows it by days, types and payers.",
            )
        )
        if not own and self._show is AuditFilter.MINE:
            self.rows.empty += f" {what_fills(self, FILLING)}"
        self.rows.set_source(ListSource(shown, lambda row: row.id), columns=COLUMNS)
        self.refresh_frame()
        self.show_page_here()

    async def show_sample(self, sample: str) -> None:
        """Show what is open, and stand on the first chart of a sample."""
        self._show, self.filter_text = AuditFilter.OPEN, ""
        await self.read_rows()
        names = [row.name.rpartition("#")[0] for row in self._shown]
        if sample in names:
            self.rows.move_to(names.index(sample))

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        row: AuditRow | None = self.rows.selected
        if event.table is self.rows and self._scored != (row.id if row else ""):
            self._scored = None
        super().on_row_table_moved(event)

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        row: AuditRow | None = self.rows.selected
        if self._scored is not None:
            return
        if row is None:
            self.page_pane.show("", lambda width: ())
            return
        name = row.name
        if not row.revealed:
            samples = await self.workstation.record.read(sample_list)
            sample = next((one for one in samples if one.name == row.sample), None)
            told = "blind: the coder's codes were not shown yet"
            self.page_pane.show(name, lambda width: sample_lines(sample, width) if sample else (), told)
            return
        if await self.workstation.opening.is_closed("audit", row.id):
            self.page_pane.show(name, lambda width: (), "the chart is restricted")
            return
        found = await self.workstation.record.read(audit_findings, row.id)
        self.page_pane.show(name, lambda width: finding_lines(found, width), counted(len(found), "finding"))

    def copied(self) -> str:
        row: AuditRow | None = self.rows.selected
        return f"{row.name}  {row.patient}  {row.mrn}  {row.status.value}" if row else ""

    def do_audit_view(self) -> None:
        self._show = following(self._show)
        self.reload()

    def do_audit_open(self) -> None:
        """The review of a chart that is not reviewed yet, else both sides with the findings."""
        self.in_turn(self._open(self.rows.selected))

    async def _open(self, row: AuditRow) -> None:
        from store.access import let_in
        from store.audits.review import begin
        from tui.screens.audits.recode import RecodeScreen
        from tui.screens.audits.sides import SidesScreen

        actor = await self.workstation.record.actor()
        reviews = actor.role in (Role.AUDITOR, Role.ADMIN) and row.auditor_id in ("", actor.person_id)
        if row.status in BEGUN or not reviews:
            await self.workstation.change(let_in, "audit", row.id)
            await self.workstation.push_screen(SidesScreen(row.id))
            return
        opened = await self.workstation.change(begin, row.id)
        if opened.revealed and row.status is AuditStatus.IN_REVIEW:
            await self.workstation.push_screen(SidesScreen(row.id))
            return
        name = row.name
        await self.workstation.push_screen(RecodeScreen(opened.work_item_id, row.id, name, opened.emergency))

    def do_audit_score(self) -> None:
        row: AuditRow = self.rows.selected

        async def shown() -> None:
            from store.audits.scorecards import read_scorecard

            card = await self.workstation.change(read_scorecard, row.sample)
            self._scored = row.id
            self.page_pane.show(f"scorecard {row.sample}", lambda width: scorecard_pane(card, width), "D U read on")

        self.in_turn(shown())

    def do_audit_trend(self) -> None:
        """The trend of the coder that is chosen; of a coder's own at once."""

        async def shown(login: str) -> None:
            from store.audits.trends import read_trend

            trend = await self.workstation.change(read_trend, login)
            row: AuditRow | None = self.rows.selected
            self._scored = row.id if row else ""
            self.page_pane.show(f"trend of {trend.login}", lambda width: trend_pane(trend, width), "D U read on")

        async def asked() -> None:
            actor = await self.workstation.record.actor()
            if actor.role is Role.CODER:
                await shown(actor.login)
                return
            coders = await self.workstation.change(_audited)
            if coders:
                self.choose("coder", "trend of:", coders, shown)
            else:
                self.say("No chart was reviewed to its end yet.")

        self.in_turn(asked())

    def do_page_on(self) -> None:
        self.page_pane.page(1)

    def do_page_back(self) -> None:
        self.page_pane.page(-1)

    def do_audit_assign(self) -> None:
        row: AuditRow = self.rows.selected

        async def given(login: str) -> None:
            from store.audits.assigning import assign

            await self.workstation.change(assign, [row.id], login)
            await self.read_rows()
            self.say(f"{row.name} given to {login}.", "good")

        async def choose() -> None:
            from store.queries.people import staff

            people = await self.workstation.record.read(staff)
            fit = [one for one in people if one.active and one.role in (Role.AUDITOR, Role.ADMIN)]
            self.choose("auditor", "auditor:", [(one.login, one.name) for one in fit], given)

        self.in_turn(choose())

    def do_audit_withdraw(self) -> None:
        row: AuditRow = self.rows.selected

        async def told(reason: str) -> None:
            from store.audits.withdrawing import withdraw

            message = await self.workstation.change(withdraw, row.sample, reason)
            await self.read_rows()
            self.say(message, "good")

        self.ask("reason", f"why the sample {row.sample} is withdrawn:", answer=told)

    def do_audit_draw(self) -> None:
        from tui.screens.audits.drawing import draw_by_keys

        draw_by_keys(self)


def _audited(db: Database, actor: Actor) -> list[tuple[str, str]]:
    """Who can be chosen."""
    from store.audits.trends import audited_coders

    with db.reading() as session:
        return audited_coders(session)


def _searched(row: AuditRow) -> str:
    said = (row.name, row.patient, row.mrn, row.coder, row.auditor, row.setting.value, row.status.value)
    return " ".join(said).lower()


COLUMNS: tuple[Column[AuditRow], ...] = (
    Column(
        "",
        2,
        lambda row: f" {row.mark}",
        style=lambda row: {"!": "warning", "✓": "good"}.get(row.mark, "text"),
        said=lambda row: {"!": "rebutted", "✓": "final", "=": "second review", "H": "bill held", "-": "withdrawn"}.get(
            row.mark, ""
        ),
    ),
    Column("SAMPLE", 16, lambda row: row.name),
    Column("SERVICE", 10, lambda row: row.service_date),
    Column("PATIENT", 0, lambda row: row.patient),
    Column("TYPE", 9, lambda row: row.setting.label, from_width=100),
    Column("STATUS", 9, lambda row: in_words(row.status)),
    Column("FOUND", 5, lambda row: str(row.findings) if row.revealed else "", align="right"),
    Column("DUE", 10, lambda row: row.due_on),
    Column("CODER", 15, lambda row: row.coder or "(blind)", from_width=110),
    Column("AUDITOR", 15, lambda row: row.auditor, from_width=110),
)
