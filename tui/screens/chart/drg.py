"""The MS-DRG of an inpatient chart: one line that is always in sight, and the reasons behind it (d), as lines."""

from __future__ import annotations

from decimal import Decimal

from codesets.catalog import dotted
from codesets.drg import Drg, Severity
from codesets.grouping.alternatives import Alternative
from codesets.grouping.answer import Ungrouped
from codesets.grouping.reasons import Explained
from store.coding.grouping import StayDrg
from tui.cells import Line, both_ends, ends, left, right, wrap
from tui.widgets.text_pane import Content

FIRST_IS_NOT_CHOSEN = (
    "The principal diagnosis is the condition established after study to have occasioned the admission (II);"
    " weight is no reason to choose it."
)


def drg_line(answer: Explained | Ungrouped | None, width: int) -> Line:
    """DRG, title, weight and length of stay in one line."""
    if answer is None:
        return (("    DRG …", "dim"),)
    if isinstance(answer, Ungrouped):
        return ((f"  ? {answer.line}", "dim"),)
    found = answer.grouping
    style = "error" if found.trouble else "strong"
    table = answer.table
    # Without a table of weights there is no figure to give room to: the reasons (d) say how it is loaded.
    figures = f"weight {_number(answer.weight)}  GMLOS {_number(table.geometric_days)} " if table else ""
    title = found.trouble or found.title
    before = f"  {found.initial} before HAC" if found.initial != found.drg else ""
    room = width - len(figures) - len(before) - 13
    start: Line = (("    DRG ", "dim"), (f"{found.drg} ", style), (both_ends(title, room), "text"), (before, "warning"))
    return ends(start, ((figures, "text"),), width)


def drg_lines(stay: StayDrg) -> Content:
    """Everything about the DRG: figures, each diagnosis with its reason, procedures, each diagnosis as principal."""

    def lines(width: int) -> list[Line]:
        answer = stay.answer
        if isinstance(answer, Ungrouped):
            return [((f" {part}", "warning"),) for part in wrap(answer.line, width - 2)]
        return [*_head(answer, width), *_reasons(answer, width), *_principals(answer, stay.principals, width)]

    return lines


def compared(now: Explained | Ungrouped, then: Explained | Ungrouped) -> str:
    """What a change that nobody has made would do, in one line."""
    if isinstance(then, Ungrouped):
        return then.line
    before = "no DRG" if isinstance(now, Ungrouped) else now.grouping.drg
    after = then.grouping.drg
    words = f"DRG {before} would stay" if before == after else f"DRG {before} would be {after}"
    words += f", weight {_number(then.weight)}" if then.weight is not None else ""
    if isinstance(now, Explained) and now.weight is not None and then.weight is not None:
        words += f" ({then.weight - now.weight:+.4f})"
    return f"{words}: {then.grouping.trouble or then.grouping.title}"


def _head(answer: Explained, width: int) -> list[Line]:
    found = answer.grouping
    lines: list[Line] = [
        ((f" {'' if number else found.drg:<3} ", "strong"), (part, "text"))
        for number, part in enumerate(wrap(found.title, width - 6))
    ]
    if found.trouble:
        lines += [((f" {part}", "error"),) for part in wrap(f"{found.drg}: {found.trouble}", width - 2)]
    lines += _figures(answer.table, "")
    if found.initial != found.drg:
        lines.append(((f" {found.initial} before hospital-acquired conditions are left out", "warning"),))
        lines += _figures(answer.before, "before: ")
    if found.mdc:
        lines += [((f" {part}", "dim"),) for part in wrap(f"MDC {found.mdc} {found.mdc_title}", width - 2)]
    stay = answer.discharge
    asked = f"discharged {stay.discharged}, disposition {stay.status or '–'}, return code {found.status}"
    lines += [((f" {part}", "dim"),) for part in wrap(f"{answer.release}; {asked}", width - 2)]
    return lines


def _figures(table: Drg | None, before: str) -> list[Line]:
    if table is None:
        return [((f" {before}no weights: codedesk codesets import TABLE-5 loads them", "warning"),)]
    days = f"GMLOS {_number(table.geometric_days)}  AMLOS {_number(table.arithmetic_days)}"
    flags = "  post-acute transfer" * table.post_acute + "  special pay" * table.special_pay
    weight = table.weight if table.capped_weight is None else table.capped_weight
    lines: list[Line] = [((f" {before}weight {_number(weight)}  {days}{flags}", "text"),)]
    if table.origin.warning:
        lines.append(((f" {table.origin.warning}", "warning"),))
    return lines


def _reasons(answer: Explained, width: int) -> list[Line]:
    lines: list[Line] = [((" ", "text"),), ((" what each secondary diagnosis does", "dim"),)]
    for one in answer.reasons:
        level = "" if one.severity is Severity.NONE else one.severity.value
        style = "strong" if one.raises else "text"
        parts = wrap(one.why, max(width - 21, 12))
        start = f" {left(dotted(one.code), 9)}{left(one.poa, 2)}{left(level, 5)}"
        lines.append(((start, style), (parts[0], "text" if one.raises else "dim")))
        lines += [((" " * 17, "text"), (part, "dim")) for part in parts[1:]]
    for procedure in answer.grouping.procedures:
        kind = "operating room" if procedure.operating_room else "no operating-room procedure"
        rests = "; the DRG rests on it" if procedure.raises else ""
        lines.append(
            ((f" {left(procedure.code, 16)}", "strong" if procedure.raises else "text"), (kind + rests, "dim"))
        )
    if len(lines) == 2:
        lines.append(((" there is none", "dim"),))
    return lines


def _principals(answer: Explained, principals: tuple[Alternative, ...], width: int) -> list[Line]:
    if len(principals) < 2:
        return []
    lines: list[Line] = [((" ", "text"),), ((" each diagnosis in the first place", "dim"),)]
    for one in principals:
        style = "error" if one.trouble else "strong" if one.drg == answer.grouping.drg else "text"
        start: Line = ((f" {one.place:>2} {left(dotted(one.code), 9)}", "text"), (f"{one.drg} ", style))
        weight = f"{right(_number(one.weight), 8)} " if answer.table else ""
        title = both_ends(one.trouble or one.title, width - 18 - len(weight))
        lines.append(ends((*start, (title, "dim")), ((weight, "text"),), width))
    return lines + [((f" {part}", "dim"),) for part in wrap(FIRST_IS_NOT_CHOSEN, width - 2)]


def _number(value: Decimal | None) -> str:
    return "–" if value is None else f"{value}"
