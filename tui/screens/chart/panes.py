"""What a chart shows in place of its document when a key asks: findings, evidence, facts, DRG, risk, key and lesson.

Each is read or reckoned, made into lines, and put into the document pane; the same key or Esc puts it away.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from store.coding.grouping import drg_of, stay_drg, what_if
from store.coding.risk import COUNTED, patient_risk, risk_facts
from tui.screens.chart.drg import compared, drg_lines
from tui.screens.chart.facts import fact_lines, read_facts
from tui.screens.chart.finishing import FINAL, renew_final
from tui.screens.chart.risk import risk_lines
from tui.screens.chart.view import evidence_lines, finding_lines, tally

if TYPE_CHECKING:
    from store.coding.risk import PatientRisk
    from tui.screens.chart.screen import ChartScreen
    from tui.screens.chart.view import ChartOnScreen

NO_KEY = "This chart has no answer key: only charts of the demo site have one."


async def renew(screen: ChartScreen) -> None:
    """Show anew what goes by the codes and stands in place of the document, after the codes have changed.

    The DRG is grouped again by the screen, which shows its line in any case.
    """
    chart, reading = screen.on_screen, screen.reading
    if chart is None:
        return
    if reading.shows("findings"):
        reading.renew("findings", partial(finding_lines, screen.findings), tally(screen.findings))
    elif reading.shows("evidence"):
        reading.renew("evidence", partial(evidence_lines, chart, screen.titles))
    elif reading.shows("training"):
        from store.demo.training import lesson
        from tui.screens.chart.training import lesson_lines

        if found := lesson(chart.head.visit_number, chart.head.kind, chart.codes, screen.findings):
            reading.renew("training", lesson_lines(found))
    elif reading.shows("hcc"):
        if (risk := await _reckoned(screen, chart)) and screen.on_screen is chart:
            reading.renew("hcc", risk_lines(risk), risk.models[0].said)
    elif reading.shows(FINAL):
        await renew_final(screen)


def show_findings(screen: ChartScreen) -> None:
    """Every finding of the edits, whole."""
    found = screen.findings
    screen.reading.toggle("findings", "Findings", partial(finding_lines, found), tally(found))


def show_evidence(screen: ChartScreen) -> None:
    """How each code was found, and the words it rests on."""
    if chart := screen.on_screen:
        screen.reading.toggle(
            "evidence", "Evidence", partial(evidence_lines, chart, screen.titles), "how each was found"
        )


async def show_facts(screen: ChartScreen) -> None:
    """What is known of the visit beside its notes."""
    if chart := screen.on_screen:
        facts = await screen.workstation.record.read(read_facts, chart.head)
        screen.reading.toggle(
            "facts", "Visit, coverage, charges, codes as received", fact_lines(facts, chart.late.charges), ""
        )


async def show_answer_key(screen: ChartScreen) -> None:
    """The answer key of a training chart."""
    from tui.screens.chart.answer_key import key_lines

    chart = screen.on_screen
    lines = key_lines(chart.head.visit_number, chart.head.kind) if chart else None
    if lines is None:
        screen.say(NO_KEY, "warning")
    else:
        screen.reading.toggle("key", "Answer key", lines, "training")


async def show_lesson(screen: ChartScreen) -> None:
    """The codes held against the answer key."""
    from store.demo.training import lesson
    from tui.screens.chart.training import lesson_lines

    chart = screen.on_screen
    found = lesson(chart.head.visit_number, chart.head.kind, chart.codes, screen.findings) if chart else None
    if found is None:
        screen.say(NO_KEY, "warning")
    else:
        screen.reading.toggle("training", "Held against the answer key", lesson_lines(found), "training")


async def show_drg(screen: ChartScreen) -> None:
    """The DRG with its reasons, and each diagnosis as the principal one."""
    if chart := screen.on_screen:
        stay = await screen.workstation.codes.ask(stay_drg, chart.head, chart.codes)
        screen.reading.toggle("drg", "MS-DRG", drg_lines(stay), "D asks what if")


def ask_what_if(screen: ChartScreen) -> None:
    """Ask for entries that are not made, and say the DRG they would lead to."""

    async def asked(text: str) -> None:
        chart = screen.on_screen
        if chart is None or not text.strip():
            return
        lines = [line for line in text.split(";") if line.strip()]
        now = await screen.workstation.codes.ask(drg_of, chart.head, chart.codes)
        then = await screen.workstation.codes.ask(what_if, chart.head, chart.codes, lines, chart.defaults)
        screen.say(compared(now, then), "text")

    screen.ask("what if", "what if (i50.23 y; -3; 2 n; 4 p):", "", asked)


def show_risk(screen: ChartScreen) -> None:
    """The risk scores, reckoned beside the keys; the document again where they are shown."""
    if screen.reading.shows("hcc"):
        screen.reading.show_document()
    else:
        screen.say("Reading the risk model…", "dim")
        screen.work(_risk(screen), group="hcc", exclusive=True)


async def _risk(screen: ChartScreen) -> None:
    chart = screen.on_screen
    risk = await _reckoned(screen, chart) if chart else None
    if risk and screen.on_screen is chart and not screen.entry.asking:
        screen.reading.toggle("hcc", "Risk scores (CMS-HCC)", risk_lines(risk), risk.models[0].said)


async def _reckoned(screen: ChartScreen, chart: ChartOnScreen) -> PatientRisk | None:
    """Score in a thread of its own: a model takes a second to load, and neither keys nor searches wait for it."""
    facts = await screen.workstation.record.read(risk_facts, screen.service_date.year, chart.head.encounter_id)
    if facts is None:
        return None
    coded = [d.code for d in chart.codes.diagnoses if d.role in COUNTED]
    return await asyncio.to_thread(patient_risk, facts, coded, chart.head.visit_number)
