"""Training on a chart with an answer key (T): the score, each difference, and why the key has the code, as lines."""

from __future__ import annotations

from store.coding.differences import Pair, Score
from store.demo.training import Lesson
from tui.cells import Line, left, wrap
from tui.widgets.text_pane import Content


def lesson_lines(found: Lesson) -> Content:
    """Everything of a lesson, for any width."""

    def lines(width: int) -> list[Line]:
        shown: list[Line] = [((f" {part}", "strong"),) for part in wrap(score_words(found.score), width - 2)]
        counts = ", ".join(f"{count} {error.value}" for error, count in found.comparison.counts.items())
        shown.append(((f" {counts or 'no difference: the record is right'}", "warning" if counts else "good"),))
        for pair in found.comparison.errors:
            shown += _pair(pair, found, width)
        for trap in found.traps:
            shown += [
                ((f" {'trap' if not n else '':<5}", "dim"), (t, "dim")) for n, t in enumerate(wrap(trap, width - 7))
            ]
        return shown

    return lines


def score_words(found: Score) -> str:
    """The scores in one line."""
    words = f"code over code {found.correct} of {found.expected}"
    if found.over_code is not None:
        words += f", {found.over_code:.0%}; less added {found.less_added:.0%}; opportunity {found.opportunity:.0%}"
    if found.principal is not None:
        words += f"; principal {'agrees' if found.principal else 'differs'}"
    return words + (f"; POA {found.poa:.0%}" if found.poa is not None else "")


def _pair(pair: Pair, found: Lesson, width: int) -> list[Line]:
    """A difference: what is wrong, then why the key has the code and the words it rests on."""
    code = (pair.expected or pair.coded).code  # type: ignore[union-attr]
    lines: list[Line] = [((f" {left(code, 9)}", "strong"), (f"{pair.dimension.value}", "dim"))]
    lines += [(("   ", "text"), (part, "error")) for told in pair.told for part in wrap(told, width - 4)]
    reason, words = found.reasons.get(code, ""), found.words.get(code, "")
    lines += [(("   ", "text"), (part, "text")) for part in wrap(reason, width - 4) if reason]
    lines += [(("   ", "text"), (part, "dim")) for part in wrap(f"“{words}”", width - 4) if words]
    return lines
