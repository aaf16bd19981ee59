"""What is known of a visit beside its notes: times and place, coverages, posted charges, codes as they came in."""

from __future__ import annotations

from dataclasses import dataclass

from store.queries import Reader
from store.queries.charts import (
    ChartCharge,
    ChartCoverage,
    ChartHead,
    ReceivedCode,
    chart_charges,
    chart_coverages,
    source_codes,
)
from tui.cells import Line, labeled, left, right
from tui.money import dollars
from tui.widgets.text_pane import Content


@dataclass(frozen=True)
class Facts:
    """What is read for the pane in one go; as rows, so that columns that are not for a role are covered."""

    head: ChartHead
    coverages: tuple[ChartCoverage, ...]
    charges: tuple[ChartCharge, ...]
    received: tuple[ReceivedCode, ...]


def read_facts(reader: Reader, head: ChartHead) -> Facts:
    """Everything of the pane from the record."""
    encounter = head.encounter_id
    return Facts(
        head,
        tuple(chart_coverages(reader, encounter)),
        tuple(chart_charges(reader, encounter)),
        tuple(source_codes(reader, encounter)),
    )


def fact_lines(facts: Facts, late: frozenset[str] = frozenset()) -> Content:
    """The lines of the facts pane, for any width; `late` are numbers of charges that came after coding began."""
    head = facts.head
    visit = [
        ("visit", f"{head.visit_number}   {head.setting.label}, class {head.patient_class.value}"),
        ("from", head.started_at.replace("T", " ")),
        ("to", (head.ended_at or "–").replace("T", " ")),
        ("place", f"POS {head.place_of_service or '–'}   disposition {head.discharge_disposition or '–'}"),
        ("reason", head.reason or "–"),
    ]
    coverages, charges, received = facts.coverages, facts.charges, facts.received

    def lines(width: int) -> list[Line]:
        shown: list[Line] = []
        for label, text in visit:
            shown += labeled(label, text, width, room=9)
        for c in coverages:
            shown.append(((f" payer {c.sequence}  ", "dim"), (f"{c.payer}   member {c.member_id or '–'}", "text")))
            dates = f"{c.effective_on or '…'} to {c.expires_on or '…'}"
            detail = f"{c.relationship} {c.subscriber}   group {c.group_number or '–'}   {dates}"
            if c.authorization_number:
                detail += f"   authorization {c.authorization_number}"
            shown.append(((" " * 10, "text"), (detail, "dim")))
        if not coverages:
            shown.append(((" payer    ", "dim"), ("self pay", "text")))
        for number, charge in enumerate(charges):
            label = "charges" if number == 0 else ""
            code = charge.procedure_code or charge.revenue_code
            new = charge.number in late
            words = f"NEW {charge.description}" if new else charge.description
            text = f"{charge.service_date}  {left(code, 6)} {left(words, max(width - 48, 8))}"
            end = f"{right(f'x{charge.units}', 4)} {right(dollars(charge.cents), 10)}"
            style = "warning" if new else "text"
            shown.append(((f" {label:<9}", "dim"), (text, style), (end, style)))
        for number, code in enumerate(received):
            label = "received" if number == 0 else ""
            text = f"{code.system} {code.code} {code.display}"
            shown.append(((f" {label:<9}", "dim"), (text, "text")))
        return shown

    return lines
