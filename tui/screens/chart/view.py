"""What the chart screen shows, as values and lines: the chart read in one go, its document, codes and findings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from codesets import catalog, drg
from codesets.catalog import Reference
from codesets.drg import Severity as DrgSeverity
from codesets.edits import CodeFinding
from codesets.releases import CodeSystem
from codesets.risk import categories, is_loaded
from codesets.service_lines import title_on_line
from store.coding.codes import Codes, Defaults, ProcedureLine
from store.coding.entry import line_letter
from store.coding.facility_claim import posted_as
from store.coding.grouping import is_stay
from store.coding.site_edits import findings_of, site_edits
from store.queries import Reader
from store.queries.audits import audited_after_bill
from store.queries.charts import ChartDocument, ChartHead, chart_charges, chart_documents, chart_head, held_by
from store.queries.codings import coding_codes, coding_defaults
from store.queries.late import Late, late_of, nothing_to_code
from store.queries.provider_queries import answer_to_read
from store.queries.surroundings import Surroundings, surroundings_of
from store.terms import DiagnosisRole, DocumentStatus, Origin, Severity
from tui.cells import Line, cut, ends, left, plain, right, wrap
from tui.money import dollars
from tui.screens.encoder import SEEN

if TYPE_CHECKING:
    from store.scrub.rules import RuleBook

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
    edits: RuleBook | None = None
    late: Late = Late()
    around: Surroundings = Surroundings()
    canceled: str = ""
    """Why there is nothing to code any more, in words; empty where there is."""
    holder: tuple[str, str] = ("", "")
    """Who has it open for coding: id and name; both empty where nobody has."""
    audited: str = ""
    """What an audit found in the codes as they are, in words; empty for nothing."""
    answered: str = ""
    """The newest answer of a provider whose query is not closed yet, in words; empty for none."""


@dataclass(frozen=True)
class LookedUp:
    """What the code sets say of a chart: titles by system and code, findings, and the release that answered.

    `flags` are a word for each diagnosis that has one, by its code: MCC or CC in a stay, else its category (HCC37).
    """

    titles: dict[tuple[str, str], str]
    findings: tuple[CodeFinding, ...]
    release: str
    flags: dict[str, str]


def read_chart(reader: Reader, work_item_id: str, coding_id: str) -> ChartOnScreen:
    """Everything of a chart from the record. Raises ChartMissing."""
    head = chart_head(reader, work_item_id)
    around = surroundings_of(reader, head)
    defaults = coding_defaults(reader, head.encounter_id, head.service_date)
    return ChartOnScreen(
        head,
        tuple(chart_documents(reader, head.encounter_id)),
        {charge.procedure_code: charge.description for charge in chart_charges(reader, head.encounter_id)},
        coding_codes(reader, coding_id),
        replace(defaults, posted_as=partial(posted_as, head, around)),
        site_edits(reader, head.encounter_id, head.service_date),
        late_of(reader, work_item_id),
        around,
        nothing_to_code(reader, work_item_id),
        held_by(reader, work_item_id),
        audited_after_bill(reader, work_item_id),
        answer_to_read(reader, work_item_id),
    )


def look_up(reference: Reference, chart: ChartOnScreen, known: tuple[tuple[str, str], ...]) -> LookedUp:
    """Titles of codes not seen yet, the findings of the edits, and the release that answered."""
    on = date.fromisoformat(chart.head.service_date)
    wanted = [("icd10cm", d.code) for d in chart.codes.diagnoses] + [(p.system, p.code) for p in chart.codes.lines]
    titles = {}
    for system, code in set(wanted) - set(known):
        titles[system, code] = title_on_line(reference, system, code, on)
    choice = reference.choose(CodeSystem.ICD10CM, on)
    release = f"ICD {choice.release.edition}" if choice.release else "no ICD release"
    if not choice.covered:
        release += ", not covered"
    findings = findings_of(reference, chart.head, chart.codes, chart.edits, chart.around)
    return LookedUp(titles, findings, release, _flags(reference, chart, on))


RISK_MODEL = "V28"


def _flags(reference: Reference, chart: ChartOnScreen, on: date) -> dict[str, str]:
    """The flags of diagnoses, from tables that are loaded for the day alone."""
    codes = {d.code for d in chart.codes.diagnoses}
    if is_stay(chart.head):
        codes = {d.code for d in chart.codes.diagnoses if d.role == DiagnosisRole.SECONDARY}
        levels = {code: drg.severity(reference, catalog.normalize(code), on).listed for code in codes}
        return {code: level.value for code, level in levels.items() if level and level is not DrgSeverity.NONE}
    if not is_loaded(reference, on):
        return {}
    found = {code: categories(reference, catalog.normalize(code), on) for code in codes}
    named = {code: [one.category for one in each if one.model == RISK_MODEL] for code, each in found.items()}
    return {code: f"HCC{each[0]}" for code, each in named.items() if each}


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


def title_of(chart: ChartOnScreen, place: int) -> str:
    """The title of the document at a place from 0: type, day, which of how many, and whether it came late."""
    document = chart.documents[place]
    late = "NEW  " if document.number in chart.late.documents else ""
    return f"{late}{document.type_name} {document.authored_at[:10]}   {place + 1}/{len(chart.documents)}"


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


def gathered(findings: Sequence[CodeFinding]) -> list[CodeFinding]:
    """The findings, those that say the same of several rows as one that names the rows: `Lines a-e: each points …`."""
    alike: dict[tuple[str, ...], list[CodeFinding]] = {}
    for finding in findings:
        row = _OF_ROW.match(finding.message)
        says = (row[1], finding.message[row.end() :]) if row else (finding.place, finding.message)
        alike.setdefault((finding.rule_id, finding.severity.value, finding.fix, *says), []).append(finding)
    return [_as_one(group) if len(group) > 1 else group[0] for group in alike.values()]


def _as_one(group: Sequence[CodeFinding]) -> CodeFinding:
    """What several findings say that differ in their row alone."""
    rows = [_OF_ROW.match(finding.message) for finding in group]
    kind, numbers = next(row[1] for row in rows if row), sorted({int(row[2]) for row in rows if row})
    names = _row_names(kind == "Line", numbers)
    said = group[0].message[next(row.end() for row in rows if row) :].lstrip(",: ")
    each = "each " if said.split(" ")[0] in _VERBS else ""
    plural = "Lines" if kind == "Line" else "Diagnoses"
    return replace(group[0], message=f"{plural} {names}: {each}{said}", place=f"{plural.lower()} {names}")


def _row_names(line: bool, numbers: Sequence[int]) -> str:
    """Rows by letter or number, those in a row by their ends: `a-c, e`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    name = line_letter if line else str
    return ", ".join(name(run[0]) if len(run) == 1 else f"{name(run[0])}-{name(run[-1])}" for run in runs)


_OF_ROW = re.compile(r"(Line|Diagnosis) (\d+)\b")
_VERBS = ("points", "carries", "lies", "is", "has", "takes", "needs", "belongs")


def code_lines(
    chart: ChartOnScreen,
    titles: dict[tuple[str, str], str],
    flags: dict[str, str],
    findings: tuple[CodeFinding, ...],
    cursor: int | None,
    width: int,
) -> list[Line]:
    """The codes with their marks, the one of the cursor (from 0) reversed; under them the findings."""
    lines: list[Line] = []
    marked = {".".join(finding.place.split(".")[:2]): finding.severity.value for finding in reversed(findings)}
    for sequence, diagnosis in enumerate(chart.codes.diagnoses, 1):
        role = ROLE_MARK[diagnosis.role]
        end = f"{role:>3} {diagnosis.poa:>1}" if chart.head.inpatient else f"{role:>3}"
        if flag := flags.get(diagnosis.code, ""):
            end = f"{flag} {end}"
        mark = _mark(marked.get(f"diagnosis.{sequence}"))
        start: Line = (mark, (f"{sequence:>2} ", "dim"), (left(diagnosis.code, 9), "strong"))
        title = titles.get(("icd10cm", diagnosis.code), "")
        lines.append(ends((*start, (cut(title, width - 16 - len(end)), "text")), ((end + " ", "dim"),), width))
    for sequence, line in enumerate(chart.codes.lines, 1):
        mark = _mark(marked.get(f"line.{sequence}"))
        end = _line_end(line)
        start = (mark, (f" {line_letter(sequence)} ", "dim"), (left(line.code, 9), "strong"))
        title = titles.get((line.system, line.code), "") or chart.charged.get(line.code, "")
        lines.append(ends((*start, (cut(title, width - len(end) - 15), "text")), ((end, "text"),), width))
    if cursor is not None and cursor < len(lines):
        lines[cursor] = ((left(plain(lines[cursor]), width), "cursor"),)
    if not lines:
        lines.append(((" Nothing coded yet. + and a code or words begin.", "dim"),))
    for finding in gathered(faults(findings)):
        severity = Severity(finding.severity.value)
        fix = f"  {finding.fix}" if finding.fix else ""
        for number, part in enumerate(wrap(f"{finding.message}{fix}", max(width - 4, 8))):
            mark = ("  ", "text") if number else _mark(severity.value)
            lines.append((mark, (" " + part.lstrip(), _style(severity))))
    return lines


def evidence_lines(chart: ChartOnScreen, titles: dict[tuple[str, str], str], width: int) -> list[Line]:
    """How each code was found, and the trail that stays with it: the walk through the books and the notes seen."""
    lines: list[Line] = []
    diagnoses = [(str(n), "icd10cm", d) for n, d in enumerate(chart.codes.diagnoses, 1)]
    procedures = [(line_letter(n), line.system, line) for n, line in enumerate(chart.codes.lines, 1)]
    for name, system, coded in (*diagnoses, *procedures):
        title = titles.get((system, coded.code), "") or chart.charged.get(coded.code, "")
        lines.append(((f" {name:>2} ", "dim"), (left(coded.code, 9), "strong"), (cut(title, width - 14), "text")))
        told = [("line", _told_of(coded))] if isinstance(coded, ProcedureLine) else []
        told += [("chart", coded.evidence), ("found", coded.why or ORIGINS.get(coded.origin, ""))]
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


def _told_of(line: ProcedureLine) -> str:
    """What stands with a line and has no room in its row: who performed it and when, drug, revenue code."""
    parts = (
        f"{line.service_date}" if line.service_date else "",
        f"by {line.performer_npi}" if line.performer_npi else "",
        f"NDC {line.ndc} {line.ndc_quantity}".rstrip() if line.ndc else "",
        f"revenue code {line.revenue_code}" if line.revenue_code else "",
    )
    return "   ".join(filter(None, parts))


def _line_end(line: ProcedureLine) -> str:
    """Modifiers, units, pointers and charge of an HCPCS line; the day of an ICD-10-PCS procedure."""
    if line.system == "icd10pcs":
        return f"{line.service_date or 'no date'} "
    pointers = ",".join(map(str, line.pointers)) or "–"
    return f"{' '.join(line.modifiers):<5} {line.units:>3} {pointers:<8}{right(dollars(line.charge_cents), 9)} "


def finding_lines(findings: tuple[CodeFinding, ...], width: int) -> list[Line]:
    """Every finding whole: message, fix, where, and the source of the rule."""
    lines: list[Line] = []
    for finding in gathered(findings):
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
