"""Both sides of an audit beside each other, with the finding of the row under the cursor and the answers to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container

from codesets.catalog import Reference
from store.audits.decided import decided
from store.audits.differences import Coded, Comparison, Row, compare
from store.queries import Reader
from store.queries.audits import (
    AuditRow,
    AuditSides,
    FindingRow,
    StepRow,
    audit_findings,
    audit_history,
    audit_row,
    audit_sides,
)
from store.terms import AuditStatus, FindingStatus, in_words
from tui.actions import Action, actions_on
from tui.cells import Line, counted, minute
from tui.screens.audits.lines import scorecard_pane, whole_finding
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

WITH_CODER = (FindingStatus.RETURNED, FindingStatus.UPHELD, FindingStatus.UPHELD_AGAIN)
OF_REVIEW = ("finding_explain", "finding_topic", "audit_return", "finding_query", "audit_recode")
OF_FINDING = (
    "finding_agree",
    "finding_rebut",
    "finding_uphold",
    "finding_overturn",
    "finding_explain",
    "finding_topic",
)
BESIDE = ("finding_overturn", "agree_all")
"""Keys that stand in the key line where they can be used."""
EVERYWHERE = ("command", "help")
BLIND = "The coder's codes were not shown yet: C goes to the chart."
REBUTTED = (FindingStatus.REBUTTED, FindingStatus.SECOND_LEVEL, FindingStatus.ESCALATED)


@dataclass(frozen=True)
class SideRow:
    """A row of the screen: one code on both sides, or what belongs to the whole chart; `finding` where there is one."""

    key: str
    mark: str
    coder: str
    auditor: str
    result: str
    finding: FindingRow | None
    coder_title: str = ""
    auditor_title: str = ""


@dataclass(frozen=True)
class AuditOnScreen:
    """Everything of an audit that the screen shows, read in one go."""

    row: AuditRow
    sides: AuditSides
    findings: tuple[FindingRow, ...]
    steps: tuple[StepRow, ...]


def read_audit(reader: Reader, audit_id: str) -> AuditOnScreen | None:
    """An audit from the record; None where it is not there."""
    row, sides = audit_row(reader, audit_id), audit_sides(reader, audit_id)
    if row is None or sides is None:
        return None
    return AuditOnScreen(row, sides, tuple(audit_findings(reader, audit_id)), tuple(audit_history(reader, audit_id)))


class SidesScreen(DeskScreen):
    """One audit: the coder's codes, the auditor's, what differs, and what is said about it."""

    name_on = "audit"

    def __init__(self, audit_id: str) -> None:
        super().__init__()
        self.audit_id = audit_id
        self._audit: AuditOnScreen | None = None
        self._shown: list[SideRow] = []
        self._scored = False
        self._changing = False
        self._at = ""
        """The key of the row that the cursor was on last."""

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(COLUMNS, id="rows", empty=BLIND, unread=True)
            yield TextPane(id="page")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._load())

    def on_screen_resume(self) -> None:
        if self._audit is not None:
            self.in_turn(self._load())

    def place(self) -> tuple[Line, Line]:
        if self._audit is None:
            return (), ()
        row = self._audit.row
        start: Line = (
            (f"Audit {row.name}", "strong"),
            (f"  {row.patient}  {row.mrn}  {row.service_date} {row.setting.label}", "text"),
        )
        return start, ((f"{row.coder or 'blind'}  ", "text"), (in_words(row.status), "focus"))

    def why_not(self, action: str) -> str:
        if self._audit is None:
            return ""
        finding = self._finding
        status = self._audit.row.status
        if action in OF_REVIEW and status is not AuditStatus.IN_REVIEW:
            return f"the audit is {in_words(status)}"
        if action == "keep_codes" and status is not AuditStatus.FINAL:
            return f"the audit is {in_words(status)}: its findings are answered first"
        if action == "agree_all" and not any(one.status in WITH_CODER for one in self._audit.findings):
            return "no finding waits for an answer"
        if action in OF_FINDING and finding is None:
            return "no finding is under the cursor"
        if action in ("finding_agree", "finding_rebut") and finding and finding.status not in WITH_CODER:
            return f"finding {finding.number} is {in_words(finding.status)}: it waits for no answer"
        if action in ("finding_uphold", "finding_overturn") and finding and finding.status not in REBUTTED:
            return f"finding {finding.number} is {in_words(finding.status)}: nobody has rebutted it"
        return ""

    def footer(self) -> tuple[Action, ...]:
        """What can be done now comes first; what belongs to another state of the audit, or another finding, last."""
        usual = super().footer()
        beside = (one for one in actions_on(self.name_on) if one.id in BESIDE and not self.unusable(one))
        return tuple(sorted((*usual, *beside), key=lambda one: (bool(self.unusable(one)), one.id in EVERYWHERE)))

    @property
    def _finding(self) -> FindingRow | None:
        row: SideRow | None = self.rows.selected if self.is_mounted else None
        return row.finding if row else None

    def record_changed(self) -> None:
        """Somebody else has changed the record: show the audit as it is, and say what became of a finding."""
        if self._audit is not None:
            self.work(self._follow(), group="rows", exclusive=True)

    async def _follow(self) -> None:
        if self._changing:  # it shows the audit by itself, and who did it is told what they did
            return
        before = self._audit
        await self._load()
        if before and self._audit and (came := _came(before, self._audit)):
            self.say(came, "warning")

    async def _change(self, service: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Change the audit and show it as it is then; what the service answers."""
        self._changing, self._scored = True, False
        try:
            answer = await self.workstation.change(service, *args, **named)
            await self._load()
        finally:
            self._changing = False
        return answer

    @property
    def _seen(self) -> dict[int, FindingStatus]:
        """The findings as they are shown now: what an answer is given to."""
        return {one.number: one.status for one in self._audit.findings} if self._audit else {}

    async def _answer(self, service: Callable[..., Any], *args: Any, seen: dict[int, FindingStatus]) -> None:
        """Give an answer to findings as they were `seen`; where one moved on, it is shown and answered again."""
        from store.audits.answers import FindingMovedOn

        try:
            message = await self._change(service, self.audit_id, *args, seen=seen)
        except FindingMovedOn:
            await self._load()
            seen.update(self._seen)
            raise
        self.say(message, "good")

    async def _load(self) -> None:
        audit = await self.workstation.record.read(read_audit, self.audit_id)
        if audit is None:
            self.say("That audit is not there any more.", "warning")
            return
        self._audit = audit
        self._shown = _rows(audit)
        titles = await self.workstation.codes.ask(_titles, self._shown, audit.row.service_date)
        self._shown = [
            replace(row, coder_title=titles.get(row.coder, ""), auditor_title=titles.get(row.auditor, ""))
            for row in self._shown
        ]
        self.rows.set_source(ListSource(self._shown, lambda row: row.key))
        self.refresh_frame()
        self._show_finding()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            row: SideRow | None = self.rows.selected
            if row is None or row.key != self._at:  # a list that is read again leaves the scorecard in sight
                self._scored = False
            self._at = row.key if row else ""
            self.refresh_frame()
            self._show_finding()

    def _show_finding(self) -> None:
        audit, finding = self._audit, self._finding
        if audit is None or self._scored:
            return
        tally = _tally(audit)
        if finding is None:
            row: SideRow | None = self.rows.selected
            self.page_pane.show(row.result if row else "", lambda width: _history(audit.steps), tally)
            return
        from tui.commands.audits_text import kind_words

        title = f"finding {finding.number} of {len(audit.findings)}  {kind_words(finding.kind)}, {finding.place}"
        self.page_pane.show(title, lambda width: whole_finding(finding, audit.steps, width), tally)

    def copied(self) -> str:
        row: SideRow | None = self.rows.selected
        return f"{row.coder or '-'}  {row.auditor or '-'}  {row.result}" if row else ""

    def do_finding_explain(self) -> None:
        finding = self._finding
        if finding is None:
            return

        async def noted(note: str) -> None:
            async def cited(citation: str) -> None:
                from store.audits.explaining import explain

                await self._change(explain, self.audit_id, finding.number, note, citation)
                self.say(f"Finding {finding.number}: kept.")

            self.ask("citation", "citation (guideline, note line):", finding.citation, cited)

        self.ask("note", "why:", finding.note, noted)

    def do_finding_topic(self) -> None:
        finding = self._finding
        if finding is None:
            return

        async def named(topic: str) -> None:
            from store.audits.explaining import explain

            await self._change(explain, self.audit_id, finding.number, None, None, topic)
            self.say(f"Topic of finding {finding.number}: {topic.strip() or 'none'}.")

        self.ask("topic", "topic of education:", finding.topic, named)

    def do_finding_query(self) -> None:
        async def told(what: str) -> None:
            from store.audits.explaining import add_by_hand

            number = await self._change(add_by_hand, self.audit_id, what)
            self.say(f"Finding {number}: a query that was missed.")

        self.ask("query", "what should have been asked:", answer=told)

    def do_audit_return(self) -> None:
        count = len(self._audit.findings) if self._audit else 0
        question = f"Return the chart with {counted(count, 'finding')}?" if count else "Close it without a finding?"
        self.confirm(question, self._return)

    async def _return(self) -> None:
        from store.audits.review import give_back

        message = await self._change(give_back, self.audit_id)
        self.say(message, "good")

    def do_audit_recode(self) -> None:
        async def back() -> None:
            from store.audits.review import begin
            from tui.screens.audits.recode import RecodeScreen

            opened = await self.workstation.change(begin, self.audit_id)
            audit = self._audit
            name = audit.row.name if audit else ""
            chart = RecodeScreen(opened.work_item_id, self.audit_id, name, opened.emergency)
            await self.workstation.close(self)
            await self.workstation.push_screen(chart)

        self.in_turn(back())

    def do_finding_agree(self) -> None:
        if finding := self._finding:
            self.in_turn(self._agree(finding.number, self._seen))

    def do_agree_all(self) -> None:
        seen = self._seen

        async def agreed() -> None:
            await self._agree(None, seen)

        self.confirm("Agree to every finding that waits for an answer?", agreed)

    async def _agree(self, number: int | None, seen: dict[int, FindingStatus]) -> None:
        from store.audits.answers import agree

        await self._answer(agree, number, seen=seen)

    def do_keep_codes(self) -> None:
        async def told(reason: str) -> None:
            from store.audits.corrections import keep_codes

            message = await self._change(keep_codes, self.audit_id, reason)
            self.say(message, "good")

        self.ask("reason", "why the codes stay:", answer=told)

    def do_finding_rebut(self) -> None:
        finding, seen = self._finding, self._seen
        if finding is None:
            return

        async def said(comment: str) -> None:
            async def cited(citation: str) -> None:
                from store.audits.answers import rebut

                await self._answer(rebut, finding.number, comment, citation, seen=seen)

            self.ask("citation", "citation (guideline, note line):", answer=cited)

        self.ask("rebuttal", f"why finding {finding.number} is wrong:", answer=said)

    def do_finding_uphold(self) -> None:
        self._decide(True)

    def do_finding_overturn(self) -> None:
        self._decide(False)

    def _decide(self, upheld: bool) -> None:
        finding, seen = self._finding, self._seen
        if finding is None:
            return

        async def said(comment: str) -> None:
            from store.audits.answers import decide

            await self._answer(decide, finding.number, upheld, comment, seen=seen)

        self.ask("decision", f"why finding {finding.number} {'stands' if upheld else 'falls'}:", answer=said)

    def do_audit_score(self) -> None:
        async def shown() -> None:
            from store.audits.scorecards import read_scorecard

            if self._audit is None:
                return
            card = await self.workstation.change(read_scorecard, self._audit.row.sample)
            self._scored = True
            self.page_pane.show("scorecard", lambda width: scorecard_pane(card, width), "D U read on")

        self.in_turn(shown())

    def do_page_on(self) -> None:
        self.page_pane.page(1)

    def do_page_back(self) -> None:
        self.page_pane.page(-1)


def _came(before: AuditOnScreen, now: AuditOnScreen) -> str:
    """What became of the first finding that is in another state than before, in the words of who brought it there."""
    had = {one.number: one.status for one in before.findings}
    moved = next((one for one in now.findings if had.get(one.number, one.status) != one.status), None)
    if moved is None:
        return ""
    step = next((one for one in reversed(now.steps) if one.finding == moved.number), None)
    who = (step.who if step else "") or "the clock"
    said = f": {step.comment}" if step and step.comment else "."
    return f"Finding {moved.number} is {in_words(moved.status)} now, by {who}{said}"


def _key(finding: FindingRow) -> tuple[str, str, str, str]:
    """What tells the difference that a finding is of."""
    return finding.kind, finding.place, finding.coder, finding.auditor


def _compared(sides: AuditSides) -> Comparison:
    coder = Coded(sides.coder, sides.coder_disposition, sides.coder_drg)
    return compare(coder, Coded(sides.auditor, sides.auditor_disposition, sides.auditor_drg))


def _rows(audit: AuditOnScreen) -> list[SideRow]:
    """Every code on both sides, a row for each further difference of it, then what belongs to no code."""
    from tui.commands.audits_text import kind_words, mark_of, result_of

    if not audit.sides.revealed:
        return []
    comparison = _compared(audit.sides)
    by_key = {_key(one): one for one in audit.findings}
    rows: list[SideRow] = []

    def finding_for(row: Row, number: int) -> FindingRow | None:
        one = row.differences[number]
        return by_key.get((one.kind.value, one.place, one.coder, one.auditor))

    for place, row in enumerate(comparison.rows):
        mark = mark_of(row)
        first = finding_for(row, 0) if row.differences else None
        rows.append(SideRow(f"{place}", mark, row.coder, row.auditor, result_of(row), first))
        for number in range(1, len(row.differences)):
            one = row.differences[number]
            rows.append(
                SideRow(f"{place}.{number}", "", one.coder, one.auditor, kind_words(one.kind), finding_for(row, number))
            )
    for number, one in enumerate(comparison.whole):
        found = by_key.get((one.kind.value, one.place, one.coder, one.auditor))
        rows.append(SideRow(f"whole.{number}", "", one.coder, one.auditor, kind_words(one.kind), found))
    rows += [
        SideRow(f"hand.{one.number}", "", "", one.note, kind_words(one.kind), one)
        for one in audit.findings
        if one.kind == "query"
    ]
    return rows


def _titles(reference: Reference, rows: Sequence[SideRow], day: str) -> dict[str, str]:
    """The titles of the codes on both sides."""
    from datetime import date

    from codesets.catalog import find
    from codesets.releases import CodeSystem

    on = date.fromisoformat(day)
    titles: dict[str, str] = {}
    for code in {code for row in rows for code in (row.coder, row.auditor) if code}:
        for system in (CodeSystem.ICD10CM, CodeSystem.HCPCS, CodeSystem.CPT, CodeSystem.ICD10PCS):
            if found := find(reference, system, code, on):
                titles[code] = found.title
                break
    return titles


def _tally(audit: AuditOnScreen) -> str:
    """Code over code as the findings stand, beside the rule; what was overturned is no error, as on the scorecard."""
    if not audit.sides.revealed:
        return "blind"
    comparison = _compared(audit.sides)
    overturned = {_key(one) for one in audit.findings if one.status is FindingStatus.OVERTURNED}
    stands = [
        one for one in comparison.differences if (one.kind.value, one.place, one.coder, one.auditor) not in overturned
    ]
    holding = [one for one in decided(comparison, stands) if one.holds]
    right = sum(not any(difference in stands for difference in one.row.differences) for one in holding)
    return f"code over code {right} of {len(holding)}"


def _history(steps: Sequence[StepRow]) -> list[Line]:
    """The steps of the audit itself."""
    own = [one for one in steps if not one.finding]
    said = [
        f"{one.status.replace('_', ' ')}, {one.who or 'the clock'}{f': {one.comment}' if one.comment else ''}"
        for one in own
    ]
    return [((f" {minute(one.at)}  ", "dim"), (text, "text")) for one, text in zip(own, said, strict=True)]


COLUMNS: tuple[Column[SideRow], ...] = (
    Column("", 2, lambda row: f"{row.mark:>2}", style=lambda row: "dim"),
    Column("CODER", 8, lambda row: row.coder or "–"),
    Column("", 0, lambda row: row.coder_title, style=lambda row: "dim", from_width=64),
    Column("AUDITOR", 8, lambda row: row.auditor or "–", style=lambda row: "text"),
    Column("", 0, lambda row: row.auditor_title, style=lambda row: "dim", from_width=64),
    Column("RESULT", 13, lambda row: row.result, style=lambda row: "dim" if row.result == "agree" else "warning"),
    Column(
        "ANSWER",
        12,
        lambda row: in_words(row.finding.status) if row.finding else "",
        style=lambda row: "text",
    ),
)
