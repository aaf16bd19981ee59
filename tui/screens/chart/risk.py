"""The risk scores of the open chart's patient (H), as lines: score in its parts, what each code maps to, gaps."""

from __future__ import annotations

from codesets.catalog import dotted
from codesets.risk_scores import CategoryScore, NoScore
from store.coding.risk import ModelScore, PatientRisk
from tui.cells import Line, ends, left, right, wrap
from tui.widgets.text_pane import Content


def risk_lines(risk: PatientRisk) -> Content:
    """Everything of the scores, for any width."""

    def lines(width: int) -> list[Line]:
        shown: list[Line] = []
        for one in risk.models:
            shown += _model(one, risk, width)
        if risk.assumed:
            count = len({seen.visit_number for seen in risk.facts.this_year})
            said = f"Coded visits of {risk.facts.year}: {count}, not filtered by eligible services. "
            said += f"Assumed: {risk.assumed}. A gap is a reason to look, never to code."
            shown += [((f" {part}", "dim"),) for part in wrap(said, width - 2)]
        return shown

    return lines


def _model(one: ModelScore, risk: PatientRisk, width: int) -> list[Line]:
    if isinstance(one.answer, NoScore):
        return [((f" {one.model}  ", "strong"), (part, "warning")) for part in wrap(one.answer.reason, width - 8)]
    answer = one.answer
    added = f"this chart adds {one.added:.3f} " if one.added else ""
    start: Line = ((f" {one.model}  ", "strong"), (f"RAF {answer.score:.3f}", "strong"))
    lines = [ends(start, ((added, "good"),), width)]
    lines.append(((f" payment year {answer.payment_year}, services of {risk.facts.year}", "dim"),))
    if answer.warning:
        lines += [((f" {part}", "warning"),) for part in wrap(answer.warning, width - 2)]
    lines.append(_part("age and sex", "", answer.demographic, width))
    lines += [_category(category, width) for category in answer.categories]
    lines += [_part("together", name.replace("_", " ").lower(), value, width) for name, value in answer.interactions]
    for gap in one.gaps:
        codes = " ".join(map(dotted, gap.category.codes))
        text = f"{gap.category.label}  {codes}, coded {gap.last_coded}"
        lines.append(((f" gap  {left(f'HCC {gap.category.category}', 9)}", "warning"), (text, "text")))
    return [*lines, ((" ", "text"),)]


def _category(one: CategoryScore, width: int) -> Line:
    codes = " ".join(map(dotted, one.codes))
    if not one.counted:
        why = f"{codes}  a higher category of its family counts"
        return ((f" {left(f'HCC {one.category}', 13)}", "dim"), (why, "dim"))
    return _part(f"HCC {one.category}", f"{codes}  {one.label}", one.coefficient, width)


def _part(name: str, text: str, value: float, width: int) -> Line:
    start: Line = ((f" {left(name, 13)}", "text"), (text, "dim"))
    return ends(start, ((right(f"{value:.3f}", 8) + " ", "text"),), width)
