"""The rules (g e): every edit with its weight and state, its examples and changes, and what it did so far.

A rule is tested, tried on the last claims, weighed, set, switched and rolled back here, for everybody or for one payer,
plan, specialty or site and some days of service. One of the site's own begins as a copy of a condition under a new
name; it is written on a screen of its own (`tui.screens.rule_text`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container

from codesets.safe import safe_line
from store.queries import Reader
from store.queries.rules import Firings, ScopeRow, rule_firings, rule_scopes
from store.terms import Severity
from tui.cells import Line, counted, wrap
from tui.money import dollars
from tui.screens.desk import WIDE, DeskScreen, NotAnAnswer
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from codesets.reference import Reference
    from store.actors import Actor
    from store.database import Database
    from store.scrub.catalog import RuleEntry, RulePage
    from store.scrub.trial import Trial

WEIGHTS = [("error", "stops a claim"), ("warning", "is shown and stops nothing"), ("info", "is told")]
EVERYBODY = "everybody"


class View(StrEnum):
    """Which rules are shown; `fired` shows what they did instead of what they are."""

    ALL = "all"
    SITE = "of this site"
    CHANGED = "changed here"
    OFF = "switched off"
    FIRED = "fired"


class RulesScreen(DeskScreen):
    """The list of rules, and the one under the cursor whole."""

    name_on = "rules"
    desk = "rules"

    def __init__(self) -> None:
        super().__init__()
        self._view = View.ALL
        self._entries: list[RuleEntry] = []
        self._firings: dict[str, Firings] = {}

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(_COLUMNS, id="rows", empty="No rule is like that. v shows the others.", unread=True)
            yield TextPane(id="page")

    @property
    def pane(self) -> RowTable:
        return self.rows

    @property
    def chosen(self) -> RuleEntry:
        """The rule under the cursor."""
        entry: RuleEntry = self.rows.selected
        return entry

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._reload())

    def place(self) -> tuple[Line, Line]:
        start: Line = (("Rules", "strong"), (f"  {self._view.value}", "text"))
        if self.filter_text:
            start = (*start, (f"  /{self.filter_text}", "focus"))
        return start, self.rows_place()

    def why_not(self, action: str) -> str:
        if action in ("test_rule", "try_rule", "switch_rule", "weigh_rule", "set_rule", "roll_back", "write_rule"):
            if not self.is_mounted or self.rows.selected is None:
                return "there is no rule under the cursor"
            if action == "write_rule" and self.chosen.kind not in ("site", "condition"):
                return "only a rule that is a condition is written here"
        return ""

    async def _reload(self) -> None:
        self._entries, self._firings = await self.workstation.record.read(_everything)
        self._show()

    def _show(self) -> None:
        words = self.filter_text.lower().split()
        shown = [
            one
            for one in self._entries
            if self._in_view(one)
            and all(w in f"{one.id} {one.title} {one.family} {one.severity}".lower() for w in words)
        ]
        columns = _COLUMNS
        if self._view is View.FIRED:
            shown.sort(key=lambda one: (-self._firings[one.id].fired, one.id))
            columns = _counting(self._firings)
        self.rows.set_source(ListSource(shown, lambda row: row.id), columns=columns)
        self.refresh_frame()

    def _in_view(self, entry: RuleEntry) -> bool:
        return {
            View.ALL: True,
            View.SITE: entry.kind == "site",
            View.CHANGED: bool(entry.overlay),
            View.OFF: not entry.on,
            View.FIRED: entry.id in self._firings,
        }[self._view]

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            if self.rows.selected is None:
                self.query_one("#page", TextPane).show("", lambda width: [])
            else:
                self.work(self._show_page(self.chosen.id), group="page", exclusive=True)
            self.refresh_frame()

    async def _show_page(self, rule_id: str) -> None:
        page = await self.workstation.record.read(_page, rule_id)
        firings = self._firings.get(rule_id)
        pane = self.query_one("#page", TextPane)
        pane.show(f"{rule_id}  {page.entry.title}", lambda width: page_lines(page, firings, width), _state(page.entry))

    def copied(self) -> str:
        return f"{self.chosen.id}  {self.chosen.title}" if self.rows.selected else ""

    def filtered(self) -> None:
        self._show()

    def do_rule_view(self) -> None:
        views = list(View)
        self._view = views[(views.index(self._view) + 1) % len(views)]
        self._show()

    def do_test_rule(self) -> None:
        self.in_turn(self._test(self.chosen.id))

    async def _test(self, rule_id: str) -> None:
        page = await self.workstation.record.read(_page, rule_id)
        outcome = page.outcome
        if outcome.holds:
            self.say(f"{rule_id}: {outcome.passing} examples pass, {outcome.failing} are found, as they say.", "good")
        else:
            self.say(f"{rule_id}: {outcome.reasons[0]}", "error")

    def do_try_rule(self) -> None:
        entry, today = self.chosen, self.workstation.today
        self.workstation.batch(self._try(entry, today))

    async def _try(self, entry: RuleEntry, today: date) -> None:
        self.say(f"Trying {entry.id} on the claims of the last 90 days.", "dim")
        trial = await self.workstation.batches.change_with_codes(tried_on_claims, entry.id, today)
        if self.is_attached:
            self.query_one("#page", TextPane).show(f"{entry.id} tried", partial(trial_lines, trial), "nothing was kept")
            self.say(trial_words(trial), "warning" if trial.stopped else "good")

    def do_switch_rule(self) -> None:
        entry = self.chosen
        if not entry.on:
            self._with_reason(f"why {entry.id} goes on:", partial(self._switch_on, entry.id))
        else:
            self._for_whom(entry.id, "off", {}, f"{entry.id} is off")

    async def _switch_on(self, rule_id: str, reason: str) -> None:
        from store.scrub.site_rules import switch_on

        await self.workstation.change(switch_on, rule_id, reason)
        await self._done(f"{rule_id} is on. u takes it back.")

    def do_weigh_rule(self) -> None:
        entry = self.chosen

        async def weighed(severity: str) -> None:
            self._for_whom(entry.id, "severity", {"severity": severity}, f"{entry.id} is {severity}")

        self.choose("weight", f"{entry.id} is {entry.severity}; it becomes:", WEIGHTS, weighed)

    def do_set_rule(self) -> None:
        self.in_turn(self._set(self.chosen.id))

    async def _set(self, rule_id: str) -> None:
        from store.scrub.example_text import read_settings, write_settings

        page = await self.workstation.record.read(_page, rule_id)
        if not page.params:
            self.say(f"{rule_id} has no settings.", "warning")
            return

        async def written(text: str) -> None:
            settings = read_settings(text)
            if unknown := set(settings) - set(page.params):
                raise NotAnAnswer(f"{rule_id} has no setting {min(unknown)}: {', '.join(page.params)}")
            elif changed := {name: value for name, value in settings.items() if value != page.params[name]}:
                self._for_whom(rule_id, "params", changed, f"{rule_id} is set: {write_settings(changed)}")
            else:
                self.say("Nothing was changed.")

        self.ask("setting", "settings:", write_settings(page.params), written)

    def _for_whom(self, rule_id: str, action: str, value: dict[str, object], done: str) -> None:
        """Ask for whom a change is, for which days of service and why, then make it."""
        self.in_turn(self._ask_whom(rule_id, action, value, done))

    async def _ask_whom(self, rule_id: str, action: str, value: dict[str, object], done: str) -> None:
        scopes = await self.workstation.record.read(rule_scopes)
        named = {f"{one.scope} {one.scope_id}": one for one in scopes}

        async def whom(name: str) -> None:
            scope = named.get(name)

            async def days(text: str) -> None:
                begins, ends = _days(text)
                change = partial(self._change, rule_id, action, value, scope, begins, ends)

                async def because(reason: str) -> None:
                    await change(reason)
                    await self._done(f"{done} for {name}. u takes it back.")

                self._with_reason(f"why, for {name}:", because)

            self.ask("days", "for services from, to (Enter: always), as 2026-10-01 2026-12-31:", answer=days)

        options = [(EVERYBODY, ""), *((name, one.words) for name, one in named.items())]
        self.choose("for whom", f"{rule_id}: for whom:", options, whom)

    def do_roll_back(self) -> None:
        entry = self.chosen
        self._with_reason(f"why the last change of {entry.id} is undone:", partial(self._roll_back, entry.id))

    async def _roll_back(self, rule_id: str, reason: str) -> None:
        from store.scrub.site_rules import roll_back

        undone = await self.workstation.change(roll_back, rule_id, reason)
        await self._done(f"{rule_id}: undone: {undone}.")

    def do_write_rule(self) -> None:
        entry = self.chosen
        if entry.kind == "site":
            self.in_turn(self._open_text(entry.id))
            return

        async def named(name: str) -> None:
            from store.scrub.writing import copy_rule

            await self.workstation.change(copy_rule, entry.id, name.strip())
            await self._open_text(name.strip())
            self._view, self.filter_text = View.SITE, ""

        self.ask("rule", f"a rule of this site like {entry.id}, named:", "site_", named)

    async def _open_text(self, rule_id: str) -> None:
        from tui.screens.rule_text import RuleTextScreen

        await self.workstation.push_screen(RuleTextScreen(rule_id))

    def on_screen_resume(self) -> None:
        if self._entries:
            self.in_turn(self._reload())

    def _with_reason(self, prompt: str, answer: Callable[[str], Awaitable[None]]) -> None:
        self.ask("reason", prompt, answer=answer)

    async def _change(
        self,
        rule_id: str,
        action: str,
        value: dict[str, object],
        whom: ScopeRow | None,
        begins: str,
        ends: str,
        reason: str,
    ) -> None:
        from store.scrub.overlays import Action, Overlay, Scope
        from store.scrub.site_rules import change_rule

        scope, scope_id = (Scope(whom.scope), whom.scope_id) if whom else (Scope.ALL, "")
        overlay = Overlay(0, rule_id, scope, scope_id, Action(action), value, begins, ends, reason)
        await self.workstation.change(change_rule, overlay)

    async def _done(self, text: str) -> None:
        await self._reload()
        self.say(text)


def page_lines(page: RulePage, firings: Firings | None, width: int) -> list[Line]:
    """A rule whole: what it looks for, what it says, its source, its examples, its changes and what it did."""
    entry = page.entry
    lines: list[Line] = []
    for label, text, style in (
        ("when", page.when, "strong"),
        ("check", page.check, "strong"),
        ("settings", ", ".join(f"{name} {value}" for name, value in page.params.items()), "text"),
        ("says", page.message, "text"),
        ("fix", page.fix, "text"),
        ("source", page.citation, "dim"),
        ("in force", page.period, "text"),
        ("changed", entry.overlay, "warning"),
    ):
        for number, part in enumerate(wrap(safe_line(text), width - 11) if text else []):
            lines.append(((f" {label if number == 0 else '':<9} ", "dim"), (part, style)))
    outcome = page.outcome
    held = f"{outcome.passing} pass, {outcome.failing} are found"
    lines.append(((" examples  ", "dim"), (held, "good" if outcome.holds else "text")))
    lines += [((" " * 11, "dim"), (part, "error")) for reason in outcome.reasons for part in wrap(reason, width - 11)]
    if firings:
        told = f"fired {firings.fired}, fixed {firings.fixed}, overridden {firings.overridden}"
        told += f", withdrawn with the rule {firings.withdrawn}" if firings.withdrawn else ""
        told += f" (denied {firings.denied}, paid {firings.paid})" if firings.overridden else ""
        lines.append(((" so far    ", "dim"), (told, "text")))
    for change in page.changes:
        undone = f", undone by {change.undone_by}" if change.undone_at else ""
        text = f"{change.made_at[:10]} {change.made_by}: {change.scope} {change.scope_id} {change.action}{undone}: "
        lines += [((" " * 11, "dim"), (part, "dim")) for part in wrap(safe_line(text + change.reason), width - 11)]
    return lines


def trial_lines(trial: Trial, width: int) -> list[Line]:
    """What a trial found: the sum, and the claims."""
    lines: list[Line] = [((" ", "text"), (part, "strong")) for part in wrap(trial_words(trial), width - 2)]
    for hit in trial.hits:
        head = f" {hit.claim_number}  {hit.status:<12} {dollars(hit.total_cents):>9}  "
        lines.append(((head, "text"), (safe_line(hit.message)[: max(width - len(head) - 1, 0)], "dim")))
    return lines


def trial_words(trial: Trial) -> str:
    """What a trial found, in one line."""
    return (
        f"Since {trial.since}: {counted(trial.claims, 'claim')}, {trial.found} found, {trial.stopped} stopped, "
        f"{dollars(trial.charges_cents)} in charges."
    )


def _everything(reader: Reader) -> tuple[list[RuleEntry], dict[str, Firings]]:
    from store.scrub.catalog import rule_entries

    return rule_entries(reader), rule_firings(reader)


def _page(reader: Reader, rule_id: str) -> RulePage:
    from store.scrub.catalog import rule_page

    return rule_page(reader, rule_id)


def tried_on_claims(
    db: Database, reference: Reference, actor: Actor, rule_id: str, today: date, version: int | None = None
) -> Trial:
    """What a rule, of the site's own a version, would have found on the claims of the last days."""
    from codesets.edits import facts_of
    from store.queries import SessionReader
    from store.scrub.catalog import rule_of
    from store.scrub.trial import try_rule

    with db.reading() as session:
        rule = rule_of(SessionReader(session), rule_id, version)
    return try_rule(db, facts_of(reference), rule, today, person_id=actor.person_id)


def _days(text: str) -> tuple[str, str]:
    """The first and last day of service of a change, as typed; the record refuses what is no day."""
    first, _, last = text.strip().partition(" ")
    return first, last.strip()


def _state(entry: RuleEntry) -> str:
    return f"{'on' if entry.on else 'off'}   {entry.kind}   version {entry.version}"


def _style(entry: RuleEntry) -> str:
    if not entry.on:
        return "dim"
    return {"critical": "error", "error": "error", "warning": "warning"}.get(entry.severity, "text")


def _counting(firings: dict[str, Firings]) -> tuple[Column[RuleEntry], ...]:
    """Columns of what the rules did."""

    def number(name: str) -> Callable[[RuleEntry], str]:
        return lambda row: str(getattr(firings[row.id], name) or "") if row.id in firings else ""

    return (
        Column("RULE", 10, lambda row: row.id),
        Column("TITLE", 0, lambda row: row.title),
        *(
            Column(name.upper()[:6], 6, number(name), align="right")
            for name in ("fired", "fixed", "open", "overridden", "denied", "paid")
        ),
    )


_COLUMNS: tuple[Column[RuleEntry], ...] = (
    Column(
        "",
        3,
        lambda row: f" {Severity(row.severity).mark}" if row.on else " –",
        style=_style,
        said=lambda row: row.severity if row.on else "switched off",
    ),
    Column("RULE", 10, lambda row: row.id),
    Column("FAMILY", 13, lambda row: row.family.replace("_", " ")),
    Column("SNIP", 4, lambda row: str(row.snip), align="right"),
    Column("CARC", 4, lambda row: str(row.carc or ""), align="right", from_width=WIDE // 2),
    Column("TITLE", 0, lambda row: row.title, style=lambda row: "text" if row.on else "dim"),
    Column("", 1, lambda row: "*" if row.overlay else "", style=lambda row: "warning"),
)
