"""What the chart screen shows, as values and lines: the chart read in one go, its document, codes and findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from codesets import catalog
from codesets.catalog import Reference
from codesets.edits import CodeFinding
from codesets.releases import CodeSystem
from store.coding.codes import Codes, Defaults, Diagnosis, ProcedureLine
from store.coding.entry import line_letter
from store.coding.lookup import check_chart
from store.queries import Reader
from store.queries.charts import ChartDocument, ChartHead, chart_charges, chart_documents, chart_head
from store.queries.codings import coding_codes, coding_defaults
from store.terms import DiagnosisRole, DocumentStatus, Origin, Severity
from tui.cells import Line, cut, ends, left, right, wrap
from tui.money import dollars
from tui.screens.encoder import SEEN

ROLE_MARK = {
    DiagnosisRole.PRINCIPAL: "p",
    DiagnosisRole.SECONDARY: "",
    DiagnosisRole.ADMITTING: "adm",
    DiagnosisRole.REASON: "rfv",
    DiagnosisRole.EXTERNAL_CAUSE: "ext",
}


ORIGINS = {Origin.CHARGE: "a posted charge", Origin.IMPORTED: "as received", Origin.SUGGESTED: "suggested"}
"""Where a code came from that nobody looked for."""


@dataclass(frozen=True)
class ChartOnScreen:
    """Everything of the chart that the screen shows, read in one go."""

    head: ChartHead
    documents: tuple[ChartDocument, ...]
    charged: dict[str, str]
    """The charge master's words for each code charged: the title where no code set has one."""
    codes: Codes
    defaults: Defaults


@dataclass(frozen=True)
class LookedUp:
    """What the code sets say of a chart: titles by system and code, findings, and the release that answered."""

    titles: dict[tuple[str, str], str]
    findings: tuple[CodeFinding, ...]
    release: str


def read_chart(reader: Reader, work_item_id: str, coding_id: str) -> ChartOnScreen:
    """Everything of a chart from the record. Raises ChartMissing."""
    head = chart_head(reader, work_item_id)
    return ChartOnScreen(
        head,
        tuple(chart_documents(reader, head.encounter_id)),
        {charge.procedure_code: charge.description for charge in chart_charges(reader, head.encounter_id)},
        coding_codes(reader, coding_id),
        coding_defaults(reader, head.encounter_id, head.service_date),
    )


def look_up(reference: Reference, chart: ChartOnScreen, known: tuple[tuple[str, str], ...]) -> LookedUp:
    """Titles of codes not seen yet, the findings of the edits, and the release that answered."""
    on = date.fromisoformat(chart.head.service_date)
    wanted = [("icd10cm", d.code) for d in chart.codes.diagnoses] + [(p.system, p.code) for p in chart.codes.lines]
    titles = {}
    for system, code in set(wanted) - set(known):
        found = catalog.find(reference, CodeSystem(system), code, on)
        titles[system, code] = found.title if found else ""
    choice = reference.choose(CodeSystem.ICD10CM, on)
    release = f"ICD {choice.release.edition}" if choice.release else "no ICD release"
    if not choice.covered:
        release += ": date not covered"
    return LookedUp(titles, check_chart(reference, chart.head, chart.codes), release)


def changed_row(before: Codes, after: Codes) -> int | None:
    """The row, from 0 and diagnoses first, of the first code that is not what it was; None where nothing differs."""
    old = [*before.diagnoses, *before.lines]
    new = [*after.diagnoses, *after.lines]
    for row, code in enumerate(new):
        if row >= len(old) or old[row] != code:
            return row
    return len(new) - 1 if len(old) != len(new) else None


def document_lines(document: ChartDocument, width: int) -> list[Line]:
    """A document wrapped for a width, with a warning above one that nobody has signed."""
    lines: list[Line] = []
    if not document.status.authenticated:
        lines.append(((" not signed yet: do not code from it", "warning"),))
    return lines + [((" ", "text"), (text, "text")) for text in wrap(document.text.strip("\n"), width - 2)]


def signature(document: ChartDocument) -> str:
    """Whether and when the document was signed."""
    if document.status in (DocumentStatus.AUTHENTICATED, DocumentStatus.LEGALLY_AUTHENTICATED):
        when = document.authenticated_at
        return f"signed {when[11:16] or when[:10]}".strip() if when else "signed"
    return "not signed"


def tally(findings: tuple[CodeFinding, ...]) -> str:
    """How many findings there are of each weight, in words."""
    names = {"critical": "critical", "error": "error", "warning": "warning", "could_not_check": "not checked"}
    parts = []
    for severity, name in names.items():
        count = sum(finding.severity.value == severity for finding in findings)
        if count:
            plural = "s" if count > 1 and name in ("error", "warning") else ""
            parts.append(f"{count} {name}{plural}")
    return "  ".join(parts) or "no findings"


def faults(findings: tuple[CodeFinding, ...]) -> list[CodeFinding]:
    """What was found: without what could not be checked, which the tally counts and the list of findings explains."""
    return [finding for finding in findings if finding.severity.value != Severity.COULD_NOT_CHECK]


def code_lines(
    chart: ChartOnScreen,
    titles: dict[tuple[str, str], str],
    findings: tuple[CodeFinding, ...],
    width: int,
) -> list[Line]:
    """The codes with their marks, and under them each finding in one line."""
    lines: list[Line] = []
    marked = {".".join(finding.place.split(".")[:2]): finding.severity.value for finding in reversed(findings)}
    for sequence, diagnosis in enumerate(chart.codes.diagnoses, 1):
        role = ROLE_MARK[diagnosis.role]
        end = f"{role:>3} {diagnosis.poa:>1}" if chart.head.inpatient else f"{role:>3}"
        mark = _mark(marked.get(f"diagnosis.{sequence}"))
        start: Line = (mark, (f"{sequence:>2} ", "dim"), (left(diagnosis.code, 9), "strong"))
        title = titles.get(("icd10cm", diagnosis.code), "")
        lines.append(ends((*start, (cut(title, width - 19), "text")), ((end + " ", "dim"),), width))
    for sequence, line in enumerate(chart.codes.lines, 1):
        mark = _mark(marked.get(f"line.{sequence}"))
        end = _line_end(line)
        start = (mark, (f" {line_letter(sequence)} ", "dim"), (left(line.code, 9), "strong"))
        title = titles.get((line.system, line.code), "") or chart.charged.get(line.code, "")
        lines.append(ends((*start, (cut(title, width - len(end) - 15), "text")), ((end, "text"),), width))
    if not lines:
        lines.append(((" Nothing coded yet. + and a code or words begin.", "dim"),))
    for finding in faults(findings):
        severity = Severity(finding.severity.value)
        fix = f"  {finding.fix}" if finding.fix else ""
        lines.append((_mark(severity.value), (" " + cut(f"{finding.message}{fix}", width - 4), _style(severity))))
    return lines


def evidence_lines(chart: ChartOnScreen, titles: dict[tuple[str, str], str], width: int) -> list[Line]:
    """How each code was found, and the trail that stays with it: the walk through the books and the notes seen."""
    lines: list[Line] = []
    diagnoses = [(str(n), "icd10cm", d) for n, d in enumerate(chart.codes.diagnoses, 1)]
    procedures = [(line_letter(n), line.system, line) for n, line in enumerate(chart.codes.lines, 1)]
    for name, system, coded in (*diagnoses, *procedures):
        title = titles.get((system, coded.code), "") or chart.charged.get(coded.code, "")
        lines.append(((f" {name:>2} ", "dim"), (left(coded.code, 9), "strong"), (cut(title, width - 14), "text")))
        evidence = coded.evidence if isinstance(coded, Diagnosis) else ""
        told = [("chart", evidence), ("found", coded.why or ORIGINS.get(coded.origin, ""))]
        told += [("trail", step) for step in coded.trail.split("\n")]
        said, source = "", ""
        for label, text in told:
            label, text = ("seen", text.removeprefix(SEEN)) if text.startswith(SEEN) else (label, text)
            at, _, note = text.partition(": ")
            if label == "seen" and at == source:  # notes of one kind and place: named once
                text = f"  {note}"
            source = at
            for number, part in enumerate(wrap(text, width - 14) if text else ()):
                shown = label if number == 0 and label != said else ""
                lines.append(((f"    {shown:<9}", "dim"), (part, "text")))
            said = label if text else said
    return lines or [((" Nothing coded yet.", "dim"),)]


def _line_end(line: ProcedureLine) -> str:
    """Modifiers, units, pointers and charge of an HCPCS line; the day of an ICD-10-PCS procedure."""
    if line.system == "icd10pcs":
        return f"{line.service_date or 'no date'} "
    pointers = ",".join(map(str, line.pointers)) or "–"
    return f"{' '.join(line.modifiers):<5} {line.units:>3} {pointers:<8}{right(dollars(line.charge_cents), 9)} "


def finding_lines(findings: tuple[CodeFinding, ...], width: int) -> list[Line]:
    """Every finding whole: message, fix, where, and the source of the rule."""
    lines: list[Line] = []
    for finding in findings:
        severity = Severity(finding.severity.value)
        lines.append((_mark(severity.value), (f" {finding.title}", "strong"), (f"   {finding.place}", "dim")))
        lines += [(("   ", "text"), (text, _style(severity))) for text in wrap(finding.message, width - 4)]
        if finding.fix:
            lines += [(("   ", "text"), (text, "text")) for text in wrap(finding.fix, width - 4)]
        source = f"{finding.rule_id} version {finding.rule_version}: {finding.citation}"
        lines += [(("   ", "text"), (text, "dim")) for text in wrap(source, width - 4)]
    return lines or [((" The edits found nothing on these codes.", "good"),)]


def _mark(severity: str | None) -> tuple[str, str]:
    if severity is None:
        return "  ", "text"
    found = Severity(severity)
    return f"{found.mark:>2}", _style(found)


def _style(severity: Severity) -> str:
    if severity.blocks:
        return "error"
    return {"warning": "warning", "could_not_check": "dim"}.get(severity.value, "text")
