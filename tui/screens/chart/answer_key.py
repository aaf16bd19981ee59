"""The answer key of a training chart: each code with its reason and the words of the chart that support it."""

from __future__ import annotations

from store.terms import CodingKind
from tui.cells import Line, wrap
from tui.widgets.text_pane import Content


def key_lines(visit_number: str, kind: CodingKind) -> Content | None:
    """The lines of the key, for any width; None for a chart that has none."""
    from store.demo.site import answer_key

    key = answer_key(visit_number)
    if key is None:
        return None

    def lines(width: int) -> list[Line]:
        shown: list[Line] = []
        for sequence, diagnosis in enumerate(key.diagnoses, 1):
            head = f"{sequence:>2} {diagnosis.code:<9}"
            shown.append(((head, "strong"), (f" {diagnosis.role.value} {diagnosis.poa}".rstrip(), "dim")))
            shown += [(("   ", "text"), (text, "text")) for text in wrap(diagnosis.reason, width - 4)]
            if diagnosis.evidence:
                shown += [(("   ", "text"), (text, "dim")) for text in wrap(f"“{diagnosis.evidence}”", width - 4)]
        for procedure in key.procedures:
            modifiers = "".join(f"-{modifier}" for modifier in procedure.modifiers)
            shown.append(((f" · {procedure.code}{modifiers}", "strong"),))
            shown += [(("   ", "text"), (text, "text")) for text in wrap(procedure.reason, width - 4)]
        for trap in key.traps:
            shown += [(("   ", "text"), (text, "warning")) for text in wrap(f"trap: {trap}", width - 4)]
        return shown

    return lines
