"""What the audit screens show of findings, history and scores, as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.queries.audits import FindingRow, SampleRow, StepRow
from store.terms import FindingStatus, in_words
from tui.cells import Line, counted, labeled, wrap
from tui.money import dollars

if TYPE_CHECKING:
    from store.audits.scorecards import Scorecard
    from store.audits.trends import CoderTrend

_STYLE = {
    FindingStatus.OVERTURNED: "dim",
    FindingStatus.REBUTTED: "warning",
    FindingStatus.SECOND_LEVEL: "warning",
    FindingStatus.ESCALATED: "warning",
    FindingStatus.AGREED: "good",
    FindingStatus.ACCEPTED: "good",
    FindingStatus.CONFIRMED: "good",
}


def finding_lines(findings: Sequence[FindingRow], width: int) -> list[Line]:
    """Findings a line each: number, what, from and to, and where it stands."""
    from tui.commands.audits_text import kind_words

    lines: list[Line] = []
    for one in findings:
        change = f"{one.coder or '–'} → {one.auditor or '–'}"
        wide = width >= 60
        lines.append(
            (
                (f" {one.number:>2} ", "dim"),
                (f"{kind_words(one.kind):<12} ", "text"),
                (f"{one.place:<11} " if wide else "", "dim"),
                (f"{change:<19} ", "text"),
                (in_words(one.status), _STYLE.get(one.status, "text")),
                (f"  by {one.due_on}" if one.due_on and wide else "", "dim"),
            )
        )
    return lines


def whole_finding(one: FindingRow, steps: Sequence[StepRow], width: int) -> list[Line]:
    """One finding with its words, citation, topic, money, and everything that was said about it."""
    lines: list[Line] = []

    def put(label: str, text: str, style: str = "text") -> None:
        lines.extend(labeled(label, text, width, style))

    due = f", answer by {one.due_on}" if one.due_on else ""
    put("Stands", in_words(one.status) + due, _STYLE.get(one.status, "text"))
    draft = one.status is FindingStatus.DRAFT
    put("Why", one.note or ("no words yet: e explains it" if draft else "the auditor left no words"))
    put("Citation", one.citation)
    put("Topic", one.topic)
    money = "" if one.cents is None else dollars(abs(one.cents)) + (" was left" if one.cents > 0 else " too much")
    put("Money", money or "none, or not known")
    for step in steps:
        if step.finding == one.number:
            cited = f" [{step.citation}]" if step.citation else ""
            put(step.at[:10], f"{step.who or 'the clock'}: {step.status.replace('_', ' ')}. {step.comment}{cited}")
    return lines


def scorecard_pane(card: Scorecard, width: int) -> list[Line]:
    """The scorecard, its long lines wrapped."""
    from tui.commands.audits_text import scorecard_lines

    return _wrapped(scorecard_lines(card, width), width)


def trend_pane(trend: CoderTrend, width: int) -> list[Line]:
    """The audits of a coder, long lines wrapped."""
    from tui.commands.audits_text import trend_lines

    return _wrapped(trend_lines(trend, width), width)


def _wrapped(lines: Sequence[str], width: int) -> list[Line]:
    return [
        ((" " + part, "text"),)
        for line in lines
        for part in (wrap(line, max(width - 2, 20)) if len(line) > width - 2 else [line])
    ]


def sample_lines(sample: SampleRow, width: int) -> list[Line]:
    """How a sample was drawn and how far it is, and what to do with a chart of it that nobody reviewed yet."""
    held = "; no bill leaves before its audit is final" if sample.prebill else ""
    asked = "" if sample.size == str(sample.picked) else f" of {sample.size}"
    drawn = (
        f"{sample.method.replace('_', ' ')} sample{asked}: {counted(sample.picked, 'chart')}"
        f" of {sample.population:,}, seed {sample.seed}{held}"
    )
    far = sample.withdrawn or f"{sample.reviewed} reviewed, {sample.final} final"
    how = (
        ""
        if sample.withdrawn
        else (
            "Enter begins: code the chart from its documents; f then shows the coder's codes beside yours."
            if sample.blind
            else "Enter begins with the coder's codes beside yours."
        )
    )
    return [((f" {part}", style),) for text, style in ((drawn, "text"), (far, "dim"), ("", "dim"), (how, "dim"))
            for part in (wrap(text, width - 2) or [""])]  # fmt: skip
