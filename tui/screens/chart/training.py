"""Training on a chart with an answer key (T): the score, each difference, and why the key has the code, as lines."""

from __future__ import annotations

from store.audits.differences import Difference, Dimension, Row
from store.audits.figures import Share
from store.audits.scores import Score
from store.demo.training import Lesson
from tui.cells import Line, left, wrap
from tui.widgets.text_pane import Content


def lesson_lines(found: Lesson) -> Content:
    """Everything of a lesson, for any width."""

    def lines(width: int) -> list[Line]:
        shown: list[Line] = [((f" {part}", "strong"),) for part in wrap(score_words(found.score), width - 2)]
        counts = ", ".join(f"{count} {kind.value}" for kind, count in found.score.kinds.items() if count)
        shown.append(((f" {counts or 'no difference: the record is right'}", "warning" if counts else "good"),))
        for row in found.comparison.rows:
            shown += _row(row, found, width) if row.differences else []
        for one in found.comparison.whole:
            shown.append(((f"   {difference_words(one)}", "error"),))
        for trap in found.traps:
            shown += [
                ((f" {'trap' if not n else '':<5}", "dim"), (t, "dim")) for n, t in enumerate(wrap(trap, width - 7))
            ]
        return shown

    return lines


def score_words(found: Score) -> str:
    """The scores in one line, by the usual scheme of audits."""
    principal = found.dimensions.get(Dimension.PRINCIPAL)
    poa = found.dimensions.get(Dimension.POA)
    right = found.code_over_code
    parts = [
        f"code over code {right.part:g} of {right.whole:g}, {_percent(right)}",
        f"opportunity {_percent(found.total_opportunity)}",
        f"principal {'agrees' if principal.value == 1 else 'differs'}" if principal and principal.whole else "",
        f"POA {_percent(poa)}" if poa and poa.whole else "",
    ]
    return "; ".join(part for part in parts if part)


def difference_words(one: Difference) -> str:
    """A difference as one line: what the key has, and what was coded."""
    coded, wanted = one.coder or "nothing", one.auditor or "nothing"
    return f"{one.kind.value}: {wanted} expected, {coded} coded"


def _row(row: Row, found: Lesson, width: int) -> list[Line]:
    """A row that differs: what is wrong, then why the key has the code and the words it rests on."""
    code = row.auditor or row.coder
    lines: list[Line] = [((f" {left(code, 9)}", "strong"), (f"{row.dimension.value}", "dim"))]
    told = [part for one in row.differences for part in wrap(difference_words(one), width - 4)]
    lines += [(("   ", "text"), (part, "error")) for part in told]
    reason, words = found.reasons.get(code, ""), found.words.get(code, "")
    lines += [(("   ", "text"), (part, "text")) for part in wrap(reason, width - 4) if reason]
    lines += [(("   ", "text"), (part, "dim")) for part in wrap(f"“{words}”", width - 4) if words]
    return lines


def _percent(share: Share) -> str:
    return "–" if share.value is None else f"{share.value:.0%}"
