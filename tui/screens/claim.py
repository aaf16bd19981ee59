"""One claim in review (F4, Enter): the form as it will leave beside its findings, or beside its segments.

Findings and segments lead to their field of the form, and a finding leads to the segment that states its field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Container

from codesets.edits.rules import within
from store.queries.claims import ClaimPage, FindingRow, LineRow, claim_page
from store.terms import ClaimStatus, FindingState, Severity
from tui.cells import Line, ends, left, right, wrap
from tui.money import dollars, filing_words
from tui.screens.claims import standing_style
from tui.screens.desk import WIDE, DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from store.claims.segments import ClaimSegment, ClaimSegments


UNCHECKED = "unchecked"
"""The row that stands for all findings that could not be checked."""


class ClaimScreen(DeskScreen):
    """The form above, the findings below; the finding under the cursor is shown whole."""

    name_on = "claim"

    def __init__(self, claim_id: str) -> None:
        super().__init__()
        self._claim_id = claim_id
        self._page: ClaimPage | None = None
        self._segments: ClaimSegments | None = None
        """The segments, while they are shown instead of the findings."""

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield TextPane(id="form")
            with Container(id="found"):
                yield TextPane(id="findings-rule")
                yield RowTable(_COLUMNS, headings=False, id="findings", empty="No findings: the claim is clean.")
                yield TextPane(id="finding")

    @property
    def findings(self) -> RowTable:
        return self.query_one("#findings", RowTable)

    @property
    def pane(self) -> RowTable:
        return self.findings

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._load())

    def place(self) -> tuple[Line, Line]:
        if self._page is None:
            return (("Claim", "strong"),), ()
        row = self._page.row
        start: Line = (
            (f"Claim {row.number}", "strong"),
            (f"  {row.patient}  {row.payer or 'no payer'}", "text"),
        )
        status = (row.standing, standing_style(row))
        return start, (status, (f"  {dollars(row.total_cents)}", "strong"))

    def why_not(self, action: str) -> str:
        gone = self._page is not None and self._page.row.status in (ClaimStatus.EXPORTED, ClaimStatus.VOID)
        if gone and action in ("rescrub", "override", "claim_set"):
            return "the claim has left or was given up"
        if action == "override" and self._segments is not None:
            return "the segments are shown; ' shows the findings"
        if action in ("go_to_field", "override") and self.findings.selected is None:
            return "there is nothing under the cursor"
        if action in ("go_to_field", "override") and self._segments is None and self.findings.selected.id == UNCHECKED:
            return "what could not be checked has no one place; the words below say what to load"
        if action == "release_claim" and (self._page is None or self._page.row.status is not ClaimStatus.REJECTED):
            return "the claim is not rejected"
        left = self._page is not None and self._page.row.status is ClaimStatus.EXPORTED
        if action in ("next_payer", "replace_next") and not left:
            return "the claim has not left"
        return ""

    async def _load(self) -> None:
        page = await self.workstation.record.read(claim_page, self._claim_id, self.workstation.today)
        if page is None:
            self.say("That claim is not there any more.", "error")
            return
        self._page = page
        self.query_one("#form", TextPane).show("form", lambda width: form_lines(page, width, self.wide), _tally(page))
        self._segments = None
        self._show_findings()
        self.refresh_frame()
        if page.row.status is ClaimStatus.PATIENT:
            self.say("Billed to the patient, since no payer takes it.", "dim")
        elif page.row.status is ClaimStatus.REJECTED:
            self.say("Rejected: change what was refused, or R releases it as it is.", "warning")
        elif page.filing_days_left is not None and page.row.status is not ClaimStatus.EXPORTED:
            self.say(filing_words(page.filing_days_left), "dim" if page.filing_days_left > 30 else "warning")
        elif page.file_name:
            self.say(f"Exported {page.exported_at[:10]} in {Path(page.file_name).name}.", "dim")

    def _show_findings(self) -> None:
        assert self._page is not None, "a page is read before it is shown"
        note = _tally(self._page) if self.wide else ""
        self.query_one("#findings-rule", TextPane).show("findings", lambda width: (), note)
        rows = folded(self._page.findings)
        self.findings.set_source(ListSource(rows, lambda row: row.id), columns=_COLUMNS)

    def do_claim_segments(self) -> None:
        """Show the segments instead of the findings, at the one that states the field under the cursor; or back."""
        if self._segments is not None:
            self._segments = None
            self._show_findings()
            return

        async def shown() -> None:
            from store.claims.segments import claim_segments

            finding: FindingRow | None = self.findings.selected
            found = await self.workstation.change(claim_segments, self._claim_id)
            if not found.rows:
                self.say("It cannot be written as it stands; the findings say why.", "warning")
                return
            self._segments = found
            note = "as it left" if found.file_name else "as it would leave now"
            self.query_one("#findings-rule", TextPane).show("segments", lambda width: (), note)
            at = _segment_of(found.rows, finding.place) if finding else 0
            source = ListSource(found.rows, lambda row: str(row.position))
            self.findings.set_source(source, keep=False, columns=_SEGMENT_COLUMNS, at=at)

        self.in_turn(shown())

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.findings and self._segments is not None:
            segment: ClaimSegment | None = self.findings.selected
            pane = self.query_one("#finding", TextPane)
            pane.show(segment.field if segment else "", lambda width: segment_lines(segment, width))
            if segment:
                self.query_one("#form", TextPane).mark(_form_words(segment.field))
            self.refresh_frame()
        elif event.table is self.findings:
            finding: FindingRow | None = self.findings.selected
            pane = self.query_one("#finding", TextPane)
            whole = self._page.findings if self._page and finding and finding.id == UNCHECKED else (finding,)
            title = finding.place if finding and finding.id != UNCHECKED else ""
            pane.show(title, lambda width: [line for one in whole for line in detail_lines(one, width, len(whole) > 1)])
            self.refresh_frame()

    def copied(self) -> str:
        if self._segments is not None:
            return self.findings.selected.text if self.findings.selected else ""
        finding: FindingRow | None = self.findings.selected
        return f"{finding.rule_id}  {finding.message}" if finding else self._page.row.number if self._page else ""

    def do_rescrub(self) -> None:
        async def scrubbed() -> None:
            from store.claims.scrubbing import scrub_claim

            result = await self.workstation.record.change_with_codes(scrub_claim, self._claim_id)
            await self._load()
            self.say(f"Scrubbed again: {result.errors} errors, {result.warnings} warnings.")

        self.in_turn(scrubbed())

    def do_override(self) -> None:
        finding: FindingRow = self.findings.selected

        async def overridden(reason: str) -> None:
            from store.scrub.findings import override

            await self.workstation.change(override, finding.id, reason)
            await self._load()
            self.say(f"{finding.rule_id} overridden; it is followed to the remittance.")

        self.ask("override", "reason to let it pass:", answer=overridden)

    def do_go_to_field(self) -> None:
        if self._segments is not None:
            segment: ClaimSegment = self.findings.selected
            found = self.query_one("#form", TextPane).mark(_form_words(segment.field))
            self.say(f"{segment.field}" if found else f"{segment.field} stands nowhere else on the form.", "dim")
            return
        from store.claims.entered import field_words, where_entered

        finding: FindingRow = self.findings.selected
        self.query_one("#form", TextPane).mark(_form_words(finding.place))
        entered = where_entered(finding.place)
        self.say(f"{field_words(finding.place)}: {entered.where}.", "text" if entered.chart else "warning")
        if entered.chart:
            self.do_claim_chart()

    def do_claim_set(self) -> None:
        """Let a place of the claim be chosen and ask for what it states."""

        async def asked() -> None:
            from store.claims.places import settable
            from tui.claim_fields import shown_value

            places = await self.workstation.change(settable, self._claim_id)
            stated = {place: shown_value(value) for place, value in places}
            options = [(place, value or "nothing yet") for place, value in stated.items()]

            async def chosen(place: str) -> None:
                async def given(value: str) -> None:
                    await self._set(place, value)

                self.ask("set", f"{place}:", stated.get(place, ""), given, marked=True)

            self.choose("set", "field:", options, chosen, own_words=True)

        self.in_turn(asked())

    def do_claim_coverage(self) -> None:
        """Let a field of a coverage be chosen and ask for its value, or a payer for a coverage to add."""

        async def asked() -> None:
            from store.coverages import coverage_choices

            account, stated, payers = await self.workstation.change(coverage_choices, self._claim_id)
            options = [(place, value or "nothing yet") for place, value in stated.items()]
            first = min((int(place.split(".")[1]) for place in stated), default=1)
            options += [(one, "add a coverage") for one in ("add behind", f"add before {first}")]

            async def chosen(place: str) -> None:
                async def mended(value: str) -> None:
                    await self._mend_coverage(account, place, value)

                if place.startswith("add"):
                    self._add_coverage(account, None if place == "add behind" else first, payers)
                elif place.endswith(".payer"):
                    self.choose("coverage", f"{place}:", payers, mended)
                else:
                    self.ask("coverage", f"{place}:", stated.get(place, ""), mended, marked=True)

            self.choose("coverage", "field:", options, chosen)

        self.in_turn(asked())

    def _add_coverage(self, account: str, before: int | None, payers: list[tuple[str, str]]) -> None:
        async def chosen(payer: str) -> None:
            async def given(member: str) -> None:
                from store.coverages import add_coverage

                done = await self.workstation.change(add_coverage, account, payer, {"member_id": member}, before)
                await self._load()
                self.say(f"Coverage {done.sequence} is added. {done.told()}", "good")

            self.ask("coverage", "member id:", answer=given)

        self.choose("coverage", "payer:", payers, chosen)

    async def _mend_coverage(self, account: str, place: str, value: str) -> None:
        from store.coverages import mend_coverage

        _, sequence, name = place.split(".")
        done = await self.workstation.change(mend_coverage, account, int(sequence), {name: value.strip()})
        await self._load()
        self.say(f"{name.replace('_', ' ')} is set. {done.told() or 'No claim waits for it.'}", "good")

    async def _set(self, place: str, value: str) -> None:
        from store.claims.changes import set_fields
        from tui.claim_fields import typed_value

        await self.workstation.change(set_fields, self._claim_id, {place: typed_value(place, value.strip())})
        await self._load()
        self.say(f"{place} is set; r scrubs the claim again.", "good")

    def do_next_payer(self) -> None:
        async def built() -> None:
            from store.claims.secondary import bill_next_payer

            claim = await self.workstation.change(bill_next_payer, self._claim_id)
            self.say(f"{claim.claim_number} is built for the next payer; scrub it in the queue.", "good")

        self.in_turn(built())

    def do_replace_next(self) -> None:
        async def built() -> None:
            from store.claims.replacing import replace_claim

            claim = await self.workstation.change(replace_claim, self._claim_id)
            await self._load()
            told = f"{claim.claim_number} replaces it: set what is another, and scrub it in the queue."
            self.say(" ".join((told, *map(_sentence, claim.notes))), "warning" if claim.notes else "good")

        self.in_turn(built())

    def do_release_claim(self) -> None:
        async def released(reason: str) -> None:
            from store.claims.changes import release_claim

            as_it_is = await self.workstation.change(release_claim, self._claim_id, reason)
            await self._load()
            leaves = "it leaves with the next batch as it is"
            self.say(f"Released: {leaves if as_it_is else 'it states what the record says now; scrub it'}.", "good")

        self.ask("release", "why may it leave unchanged:", answer=released)

    def do_void(self) -> None:
        left = self._page is not None and self._page.row.status is ClaimStatus.EXPORTED
        what = "why void it with its payer:" if left else "why give it up:"

        async def voided(reason: str) -> None:
            from store.claims.changes import void_claim
            from store.claims.voiding import void_sent_claim

            if left:
                claim = await self.workstation.change(void_sent_claim, self._claim_id, reason)
                told = " ".join(
                    (f"{claim.claim_number} voids it; scrub it in the queue.", *map(_sentence, claim.notes))
                )
            else:
                await self.workstation.change(void_claim, self._claim_id, reason)
                told = "Given up: building all leaves it out until the chart is coded again."
            await self._load()
            self.say(told, "good")

        self.ask("void", what, answer=voided)

    def do_paper(self) -> None:
        async def printed() -> None:
            from store.claims.printing import print_to_outbox

            path = await self.workstation.change(print_to_outbox, self._claim_id, self.workstation.today)
            self.say(f"Printed to {path}.", "good")

        self.in_turn(printed())

    def do_claim_chart(self) -> None:
        if self._page:
            self.workstation.opening.chart_of(self._page.coding_id)


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."


def form_lines(page: ClaimPage, width: int, tall: bool = False) -> list[Line]:
    """The claim as a form: who bills, for whom, to whom, the diagnoses by letter, the lines.

    What is long goes on below where the form is `tall`; where it is not, a row more of the claim is worth more.
    """
    marks = _marks(page.findings)
    listed = "   ".join(f"{chr(64 + sequence)}\u00a0{code}" for sequence, code in page.diagnoses)
    fields = [
        ("" if number else label, part, place)
        for label, text, place in (*_party_fields(page.parties), ("Dx", listed or "none", "diagnosis"))
        for number, part in enumerate(wrap(text, width - 14) if tall or place == "diagnosis" else [text])
    ]
    lines = _answer_lines(page, width) + [
        ends(((f" {label:<10}", "dim"), (text, "text")), _mark(marks, place), width) for label, text, place in fields
    ]
    revenue = any(line.revenue_code for line in page.lines)
    of_lines = "  # REV  CODE   MODS           UNITS    CHARGE  DATE" if revenue else _LINE_HEADING
    lines.append(((of_lines, "dim"),))
    return lines + [_form_line(line, marks, width, revenue) for line in page.lines]


_LINE_HEADING = "  # CODE   MODS         DX       UNITS    CHARGE  DATE"


def _answer_lines(page: ClaimPage, width: int) -> list[Line]:
    """What the receiver or the payer's front end said last: why it was rejected, or that it was taken.

    What it said of an earlier file is told in a quiet color while nothing came for the last one: it is no state.
    """
    lines: list[Line] = []
    for note in filter(None, (page.to_replace, page.not_voided, page.to_void, page.answered_though)):
        for at, part in enumerate(wrap(note, width - 13)):
            lines.append(((f" {'' if at else 'Note':<10}", "dim"), (part, "error")))
    of_the_last = [one for one in page.answers if not one.earlier]
    for answer in (of_the_last or page.answers)[:1]:
        taken = "accepted" if answer.accepted else "rejected"
        number = f", payer's number {page.payer_number}" if page.payer_number else ""
        about = f" ({answer.place})" if answer.place and answer.place not in answer.message else ""
        before = "Before it left again: " if answer.earlier else ""
        head = f"{before}{answer.kind.upper()} {taken} {answer.answered_at[:10]}{number}"
        said = f"{head}: {answer.message or 'no words'}{about}"
        style = "dim" if answer.earlier else "good" if answer.accepted else "error"
        for at, part in enumerate(wrap(said, width - 13)):
            lines.append(((f" {'' if at else 'Answer':<10}", "dim"), (part, style)))
    return lines


def _party_fields(parties: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Label, text and place of each party of the claim."""
    billing, coverage = _part(parties, "billing"), _part(parties, "coverage")
    rendering = _part(parties, "rendering")
    fields = [
        ("Billing", f"{billing.get('name', '–')}   NPI {billing.get('npi') or '–'}   {_address(billing)}", "billing"),
        ("Patient", _person(_part(parties, "patient")), "patient"),
    ]
    if coverage:
        payer, relationship = _part(coverage, "payer"), coverage.get("relationship")
        member = coverage.get("member_id") or "–"
        fields.append(("Payer", f"{payer.get('name', '–')}   member {member}   {relationship}", "coverage"))
        if relationship != "self":
            fields.append(("Insured", _person(_part(coverage, "subscriber")), "subscriber"))
    else:
        fields.append(("Payer", "none: self pay", "coverage"))
    if bill := _part(parties, "facility_bill"):
        period = f"{bill.get('statement_from')} to {bill.get('statement_through')}"
        stay = f"{period}   status {bill.get('patient_status') or '–'}"
        fields.append(("Bill", f"type {bill.get('type_of_bill')}   {stay}", "facility_bill"))
        if attending := _part(bill, "attending"):
            fields.append(("Attending", f"{_name(attending)}   NPI {attending.get('npi') or '–'}", "facility_bill"))
    for other in parties.get("other_coverages") or ():
        if prior := _part(other, "prior"):
            paid = f"{_part(other, 'payer').get('name', '–')} paid {dollars(prior.get('paid_cents', 0))}"
            fields.append(("Before", f"{paid}, left {dollars(prior.get('patient_cents', 0))}", "coverage"))
    if rendering:
        fields.append(("Rendering", f"{_name(rendering)}   NPI {rendering.get('npi') or '–'}", "rendering"))
    return fields


def folded(findings: Sequence[FindingRow]) -> list[FindingRow]:
    """The rows of the findings: what could not be checked is one row, which says what was not, behind all others."""
    rows = [one for one in findings if one.severity != Severity.COULD_NOT_CHECK]
    unchecked = [one for one in findings if one.severity == Severity.COULD_NOT_CHECK]
    if len(unchecked) < 2:
        return [*rows, *unchecked]
    names = dict.fromkeys(_not_checked_words(one.title) for one in unchecked)
    message = f"{len(unchecked)} not checked: {', '.join(names)}"
    return [*rows, replace(unchecked[0], id=UNCHECKED, message=message, snip=None, rule_id="", place="")]


_NOT_CHECKED = "Not checked: "


def _not_checked_words(title: str) -> str:
    """What was not checked: code edits name it, the titles of other rules tell of a fault that may or may not be."""
    named = title.removeprefix(_NOT_CHECKED)
    return within(named) if named != title else f"whether {within(title)}"


def detail_lines(finding: FindingRow | None, width: int, unchecked_alone: bool = False) -> list[Line]:
    """One finding whole: what, the fix, and where the rule comes from; of many only what could not be checked."""
    if finding is None or (unchecked_alone and finding.severity != Severity.COULD_NOT_CHECK):
        return []
    lines: list[Line] = [((" ", "text"), (text, "text")) for text in wrap(finding.message, width - 2)]
    if finding.fix:
        lines += [((" ", "text"), (text, "strong")) for text in wrap(finding.fix, width - 2)]
    snip = f"SNIP {finding.snip}   " if finding.snip else ""
    source = f"{snip}{finding.rule_id} version {finding.rule_version}   {finding.citation}"
    lines += [((" ", "text"), (text, "dim")) for text in wrap(source, width - 2)]
    if finding.state == FindingState.OVERRIDDEN:
        said = f"overridden by {finding.overridden_by or 'somebody'}: {finding.override_reason}"
        lines += [((" ", "text"), (text, "warning")) for text in wrap(said, width - 2)]
    return lines


def segment_lines(segment: ClaimSegment | None, width: int) -> list[Line]:
    """A segment whole: its field, its place in the set, its text."""
    if segment is None:
        return []
    lines: list[Line] = [((" ", "text"), (text, "strong")) for text in wrap(segment.text, width - 2)]
    lines.append(((f" states {segment.field}; position {segment.position} of set {segment.transaction}", "dim"),))
    return lines


def _segment_of(rows: Sequence[ClaimSegment], place: str) -> int:
    """The row whose segment states a field, or else most of its path."""
    parts = place.split(".")
    for length in range(len(parts), 0, -1):
        wanted = ".".join(parts[:length])
        for number, row in enumerate(rows):
            if row.field == wanted or row.field.startswith(f"{wanted}."):
                return number
    return 0


def _form_words(field: str) -> str:
    """What to look for on the form for the field of a segment: the line's number, or the label of its part."""
    parts = field.split(".")
    if parts[0] == "line":
        return f"{parts[1]:>3} "
    labels = {"subscriber": "Insured", "facility_bill": "Bill", "patient_record_number": "Patient"}
    return labels.get(parts[0], _words_of(field))


def _words_of(place: str) -> str:
    """What the form calls the part that a place lies in."""
    parts = {"billing": "Billing", "patient": "Patient", "coverage": "Payer", "rendering": "Rendering"}
    return parts.get(place.partition(".")[0], "Dx")


def _form_line(line: LineRow, marks: Mapping[str, str], width: int, revenue: bool) -> Line:
    """A line of the claim: by its code and diagnoses, or, on an institutional one, by its revenue code and code."""
    billed = f"{left(line.code or '–', 6)} {left(' '.join(line.modifiers), 12)}"
    billed = f"{left(line.revenue_code, 4)} {billed}  " if revenue else f"{billed} {left(line.letters or '–', 8)}"
    text = (
        f"{right(str(line.sequence), 3)} {billed} {right(str(line.units), 5)} {right(dollars(line.charge_cents), 9)}  "
        f"{line.service_date}"
    )
    return ends(((text, "text"),), _mark(marks, f"line.{line.sequence}"), width)


def _mark(marks: Mapping[str, str], place: str) -> Line:
    mark = marks.get(place, "")
    return ((mark or " ", "error" if mark == "!" else "warning"), (" ", "text"))


def _marks(findings: tuple[FindingRow, ...]) -> dict[str, str]:
    """The heaviest open mark of each part of the form, by the beginning of the place."""
    marks: dict[str, str] = {}
    for finding in reversed(findings):
        if finding.state == FindingState.OVERRIDDEN or finding.severity == Severity.COULD_NOT_CHECK:
            continue
        parts = finding.place.split(".")
        place = ".".join(parts[:2]) if parts[0] == "line" else parts[0]
        marks[place] = finding.severity.mark
    return marks


def _tally(page: ClaimPage) -> str:
    row = page.row
    parts = [
        f"{count} {name}{'s' if count > 1 and plural else ''}"
        for count, name, plural in (
            (row.errors, "error", True),
            (row.warnings, "warning", True),
            (row.not_checked, "not checked", False),
        )
        if count
    ]
    return "  ".join(parts) or "clean"


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return of.get(name) or {}


def _name(person: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, (person.get("family_name"), person.get("given_name")))) or "–"


def _person(person: Mapping[str, Any]) -> str:
    return f"{_name(person)}  {person.get('sex') or '–'} {person.get('birth_date') or '–'}"


def _address(party: Mapping[str, Any]) -> str:
    address = _part(party, "address")
    return " ".join(filter(None, (address.get("line1"), address.get("city"), address.get("state"), address.get("zip"))))


def _finding_mark(row: FindingRow) -> str:
    return "✓" if row.state == FindingState.OVERRIDDEN else row.severity.mark


def _finding_words(row: FindingRow) -> str:
    return (row.state if row.state == FindingState.OVERRIDDEN else row.severity).value.replace("_", " ")


def _severity_style(row: FindingRow) -> str:
    if row.state == FindingState.OVERRIDDEN or row.severity == Severity.COULD_NOT_CHECK:
        return "dim"
    return "error" if row.severity.blocks else "warning" if row.severity == Severity.WARNING else "text"


_SEGMENT_COLUMNS: tuple[Column[Any], ...] = (
    Column("", 5, lambda row: str(row.position), align="right", style=lambda row: "dim"),
    Column("", 0, lambda row: f" {row.text}"),
    Column("", 18, lambda row: row.field, "ends", style=lambda row: "dim"),
)

_COLUMNS: tuple[Column[FindingRow], ...] = (
    Column(
        "",
        2,
        lambda row: f"{'✓' if row.state == FindingState.OVERRIDDEN else row.severity.mark:>2}",
        style=_severity_style,
        said=_finding_words,
    ),
    Column("", 0, lambda row: row.message, style=_severity_style),
    Column("", 6, lambda row: f"SNIP {row.snip}" if row.snip else "", style=lambda row: "dim"),
    Column("", 5, lambda row: row.rule_id, style=lambda row: "dim"),
    Column("", 24, lambda row: row.place, style=lambda row: "dim", from_width=WIDE),
)
