"""The codes of one coding as plain values, and what each entry makes of them. No database, no screens.

Sequences are 1-based and always without gaps. Moving or removing a diagnosis carries the pointers of the
procedure lines along: a pointer follows its diagnosis, and goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from codesets.edits.checks import is_external_cause
from store.coding.entry import (
    AddDiagnosis,
    AddProcedure,
    ChangeDiagnosis,
    ChangeLine,
    Cite,
    Entry,
    EntryError,
    ForEach,
    Move,
    PointAll,
    Remove,
    RemoveCode,
    ReplaceDiagnosis,
    ReplaceLine,
    Several,
    line_letter,
    sequence_changed,
)
from store.coding.line_parts import day_of
from store.terms import DiagnosisRole, Origin


@dataclass(frozen=True)
class Diagnosis:
    """A diagnosis as coded, its code with the dot; its place in the tuple is its sequence."""

    code: str
    role: DiagnosisRole = DiagnosisRole.SECONDARY
    poa: str = ""
    origin: Origin = Origin.TYPED
    evidence: str = ""
    why: str = ""
    trail: str = ""


@dataclass(frozen=True)
class ProcedureLine:
    """A procedure as coded; `pointers` are 1-based diagnosis sequences, `ndc` has 11 digits."""

    system: str
    code: str
    modifiers: tuple[str, ...] = ()
    units: int = 1
    charge_cents: int = 0
    pointers: tuple[int, ...] = ()
    service_date: str | None = None
    performer_npi: str = ""
    origin: Origin = Origin.TYPED
    why: str = ""
    trail: str = ""
    evidence: str = ""
    ndc: str = ""
    ndc_quantity: str = ""
    revenue_code: str = ""


def plain(code: Diagnosis | ProcedureLine) -> dict[str, Any]:
    """A code by the names of its columns, with lists for tuples: what a row keeps and what JSON has."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(code).items()}


@dataclass(frozen=True)
class Codes:
    """All codes of a coding at one moment."""

    diagnoses: tuple[Diagnosis, ...] = ()
    lines: tuple[ProcedureLine, ...] = ()

    @property
    def charge_cents(self) -> int:
        return sum(line.charge_cents or 0 for line in self.lines)  # None where money is covered

    def to_json(self) -> dict[str, Any]:
        """Plain lists and text, for the steps of undo."""
        return {"diagnoses": [plain(d) for d in self.diagnoses], "lines": [plain(line) for line in self.lines]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Codes:
        return cls(
            tuple(
                Diagnosis(**d | {"role": DiagnosisRole(d["role"]), "origin": Origin(d["origin"])})
                for d in data["diagnoses"]
            ),
            tuple(
                ProcedureLine(
                    **line
                    | {
                        "modifiers": tuple(line["modifiers"]),
                        "pointers": tuple(line["pointers"]),
                        "origin": Origin(line["origin"]),
                    }
                )
                for line in data["lines"]
            ),
        )


@dataclass(frozen=True)
class Found:
    """How a code was found: in one line, and the trail: the stops of the walk and the notes seen, a line each."""

    why: str = ""
    trail: str = ""


@dataclass(frozen=True)
class Performer:
    """A clinician whom a line can name: NPI and name, family name first."""

    npi: str
    name: str


class PostedAs(NamedTuple):
    """The posted charge that a line of a facility is about; `kept` where a coder does not change units and money."""

    code: str
    units: int
    cents: int
    kept: bool = False


@dataclass(frozen=True)
class Defaults:
    """What a line that names nothing gets: the day of service, the performer, and the charge of a code if known.

    `charge_of` gives the cents of so many units of a code, 0 where none is posted.

    A procedure of ICD-10-PCS gets `operator_npi`: whom the visit names as operating, and nobody else by itself.

    `posted_as` gives the posted charge that a line added to others is about, on a facility's chart.

    `performers` are the clinicians that it may name, those of the chart first.
    """

    service_date: str
    performer_npi: str = ""
    charge_of: Callable[[str, int], int] = lambda code, units: 0
    dotted: Callable[[str], str] = lambda code: code
    posted_as: Callable[[Sequence[ProcedureLine], ProcedureLine], PostedAs | None] = lambda lines, added: None
    performers: tuple[Performer, ...] = ()
    operator_npi: str = ""


def apply_entry(codes: Codes, entry: Entry, defaults: Defaults, found: Found = Found()) -> tuple[Codes, str]:
    """The codes after an entry, and one line that says what happened. Raises EntryError; then nothing changed."""
    changed, message = _applied(codes, entry, defaults, found)
    return settled(changed), message


def _applied(codes: Codes, entry: Entry, defaults: Defaults, found: Found) -> tuple[Codes, str]:
    match entry:
        case AddDiagnosis():
            return _add_diagnosis(codes, entry, defaults, found)
        case AddProcedure():
            return _add_procedure(codes, entry, defaults, found)
        case ChangeDiagnosis():
            return _change_diagnosis(codes, entry)
        case ChangeLine():
            return _change_line(codes, entry, defaults)
        case PointAll(pointers=pointers):
            return _point_all(codes, pointers)
        case Remove(line=True, sequence=sequence):
            line = _line(codes, sequence)
            kept = codes.lines[: sequence - 1] + codes.lines[sequence:]
            return replace(codes, lines=kept), f"Removed {line.code} from line {line_letter(sequence)}."
        case Remove(sequence=sequence):
            diagnosis = _diagnosis(codes, sequence)
            order = [i for i in range(1, len(codes.diagnoses) + 1) if i != sequence]
            return _reordered(codes, order), f"Removed {diagnosis.code}."
        case RemoveCode(code=code):
            return _applied(codes, row_with(codes, code), defaults, found)
        case ReplaceDiagnosis():
            return _replace_diagnosis(codes, entry, defaults, found)
        case ReplaceLine():
            return _replace_line(codes, entry, defaults, found)
        case Move():
            return _move(codes, entry)
        case Cite():
            return _cite(codes, entry)
        case ForEach():
            return _for_each(codes, entry, defaults, found)
        case Several(entries=entries, what=what):
            for one in entries:
                codes, message = _applied(codes, one, defaults, found)
            if len(entries) == 1:
                return codes, message
            return codes, f"Added {len(entries)} {what}." if entries else "There was nothing to add."
    raise EntryError("expected a code or a row", "e11.42  3 y  -b")


def _add_diagnosis(codes: Codes, entry: AddDiagnosis, defaults: Defaults, found: Found) -> tuple[Codes, str]:
    code = defaults.dotted(entry.code)
    for place, present in enumerate(codes.diagnoses, 1):
        if present.code == code and _same_list(present.role, entry.role):
            raise EntryError(f"{code} is diagnosis {place} already")
    role = entry.role or DiagnosisRole.SECONDARY
    _room_for(codes, role)
    added = Diagnosis(code, role, entry.poa, entry.origin, entry.evidence, found.why, found.trail)
    grown = replace(codes, diagnoses=(*codes.diagnoses, added))
    if role == DiagnosisRole.PRINCIPAL:
        return _as_principal(grown, len(grown.diagnoses)), f"Added {code} as the principal diagnosis."
    return grown, f"Added {code} as diagnosis {len(grown.diagnoses)}."


def _add_procedure(codes: Codes, entry: AddProcedure, defaults: Defaults, found: Found) -> tuple[Codes, str]:
    usual = defaults.operator_npi if entry.system == "icd10pcs" else defaults.performer_npi
    line = ProcedureLine(
        system=entry.system,
        code=entry.code,
        modifiers=entry.modifiers,
        units=1 if entry.units is None else entry.units,
        pointers=entry.pointers or (),
        service_date=_day(entry, defaults) or ("" if entry.system == "icd10pcs" else defaults.service_date) or None,
        performer_npi=_npi_of(entry.performer, defaults) if entry.performer else usual,
        origin=entry.origin,
        why=found.why,
        trail=found.trail,
        evidence=entry.evidence,
        ndc=entry.ndc or "",
        ndc_quantity=entry.ndc_quantity or "",
        revenue_code=entry.revenue_code or "",
    )
    posted = defaults.posted_as(codes.lines, line)
    units = posted.units if posted and entry.units is None and posted.units > 0 else line.units
    charge = entry.charge_cents
    if charge is None:
        charge = defaults.charge_of(entry.code, units) if posted is None else _at_posted_price(posted, units)
    added = replace(line, units=units, charge_cents=charge)
    grown = replace(codes, lines=(*codes.lines, added))
    told = _told_of_posted(posted, added) if posted else ""
    return grown, f"Added {line.code} as line {line_letter(len(grown.lines))}{told}."


def _told_of_posted(posted: PostedAs, line: ProcedureLine) -> str:
    """What becomes of the posted charge that an added line is about, behind the words that it was added."""
    if not posted.kept:
        return f", in the place of the posted {posted.code if posted.code != line.code else 'one'}"
    if (line.code, line.units, line.charge_cents) == (posted.code, posted.units, posted.cents):
        return ""
    return f"; {posted.code} x{posted.units}, {posted.cents / 100:,.2f}, is billed, as its charge master says"


def _at_posted_price(posted: PostedAs, units: int) -> int:
    """The charge of so many units at the price that is posted for them."""
    return round(posted.cents * units / posted.units) if posted.units > 0 else posted.cents


def row_with(codes: Codes, code: str) -> Remove:
    """The removal of the one row that has a code, with or without its dot. Raises EntryError for none and several."""

    def bare(written: str) -> str:
        return written.replace(".", "").upper()

    rows = [Remove(False, place) for place, one in enumerate(codes.diagnoses, 1) if bare(one.code) == bare(code)]
    rows += [Remove(True, place) for place, one in enumerate(codes.lines, 1) if bare(one.code) == bare(code)]
    if not rows:
        raise EntryError(f"{code} is no code of this chart", "-3 or -b removes a row")
    if len(rows) > 1:
        named = [f"-{line_letter(one.sequence) if one.line else one.sequence}" for one in rows]
        raise EntryError(f"{code} stands in {len(rows)} rows", " or ".join(named))
    return rows[0]


def _replace_diagnosis(codes: Codes, entry: ReplaceDiagnosis, defaults: Defaults, found: Found) -> tuple[Codes, str]:
    was, code = _diagnosis(codes, entry.sequence), defaults.dotted(entry.code)
    for place, present in enumerate(codes.diagnoses, 1):
        if present.code == code and (place == entry.sequence or _same_list(present.role, entry.role or was.role)):
            raise EntryError(f"{code} is diagnosis {place} already")
    poa = entry.poa or (was.poa if was.poa != "1" else "")
    was_cause = was.role == DiagnosisRole.EXTERNAL_CAUSE and is_external_cause(was.code)
    role = DiagnosisRole.SECONDARY if was_cause and not is_external_cause(code) else was.role
    row = Diagnosis(code, role, poa, Origin.TYPED, why=found.why, trail=found.trail)
    diagnoses = (*codes.diagnoses[: entry.sequence - 1], row, *codes.diagnoses[entry.sequence :])
    changed = replace(codes, diagnoses=diagnoses)
    if entry.role:
        changed, _ = _change_diagnosis(changed, ChangeDiagnosis(entry.sequence, entry.role))
    return changed, f"{was.code} is {code} now."


def _replace_line(codes: Codes, entry: ReplaceLine, defaults: Defaults, found: Found) -> tuple[Codes, str]:
    """The line with another code: it keeps its charge, unless the new code is posted at a price of its own."""
    was = _line(codes, entry.sequence)
    if was.system != entry.system:
        raise EntryError(f"line {line_letter(entry.sequence)} has a code of another kind", "remove it, then add")
    code = defaults.dotted(entry.code) if entry.system == "icd10pcs" else entry.code
    charge = defaults.charge_of(code, was.units) or was.charge_cents
    row = replace(was, code=code, charge_cents=charge, why=found.why, trail=found.trail, evidence="")
    lines = (*codes.lines[: entry.sequence - 1], row, *codes.lines[entry.sequence :])
    changed, _ = _change_line(replace(codes, lines=lines), entry.change, defaults)
    if charge == was.charge_cents or entry.change.charge_cents is not None:
        return changed, f"{was.code} is {code} now."
    is_now = changed.lines[entry.sequence - 1].charge_cents
    told = f"its charge is {is_now / 100:,.2f} as posted; {was.code} had {was.charge_cents / 100:,.2f}"
    return changed, f"{was.code} is {code} now; {told}."


def _change_diagnosis(codes: Codes, entry: ChangeDiagnosis) -> tuple[Codes, str]:
    diagnosis = _diagnosis(codes, entry.sequence)
    if entry.role and entry.role != diagnosis.role:
        _room_for(codes, entry.role)
    changed = replace(
        diagnosis,
        role=entry.role or diagnosis.role,
        poa=diagnosis.poa if entry.poa is None else entry.poa,
    )
    diagnoses = list(codes.diagnoses)
    diagnoses[entry.sequence - 1] = changed
    result = replace(codes, diagnoses=tuple(diagnoses))
    if entry.role == DiagnosisRole.PRINCIPAL:
        result = _as_principal(result, entry.sequence)
    return result, f"Changed {changed.code}."


def _change_line(codes: Codes, entry: ChangeLine, defaults: Defaults) -> tuple[Codes, str]:
    line = _line(codes, entry.sequence)
    if entry.units is not None and entry.units < 1:
        raise EntryError(
            f"x{entry.units}: expected units from 1 on, such as x2",
            f"-{line_letter(entry.sequence)} takes the line away",
        )
    changed = replace(
        line,
        modifiers=line.modifiers if entry.modifiers is None else entry.modifiers,
        units=line.units if entry.units is None else entry.units,
        charge_cents=line.charge_cents if entry.charge_cents is None else entry.charge_cents,
        pointers=line.pointers if entry.pointers is None else entry.pointers,
        service_date=_day(entry, defaults) or line.service_date,
        performer_npi=_npi_of(entry.performer, defaults) if entry.performer else line.performer_npi,
        ndc=line.ndc if entry.ndc is None else entry.ndc,
        ndc_quantity=line.ndc_quantity if entry.ndc_quantity is None else entry.ndc_quantity,
        revenue_code=line.revenue_code if entry.revenue_code is None else entry.revenue_code,
    )
    kept = ""
    if entry.units is not None and entry.charge_cents is None and line.units > 0:
        # The price of one unit stays what it was: the posted one, else that of a charge which its units share evenly.
        if line.charge_cents == defaults.charge_of(line.code, line.units):
            changed = replace(changed, charge_cents=defaults.charge_of(line.code, entry.units))
        elif line.charge_cents % line.units == 0:
            changed = replace(changed, charge_cents=line.charge_cents // line.units * entry.units)
        else:
            kept = f"; its charge stays {line.charge_cents / 100:,.2f}, which {line.units} units do not share evenly"
    lines = list(codes.lines)
    lines[entry.sequence - 1] = changed
    money = kept
    if changed.charge_cents != line.charge_cents:
        money = f", {line.charge_cents / 100:,.2f} to {changed.charge_cents / 100:,.2f}"
    return replace(codes, lines=tuple(lines)), f"Changed line {line_letter(entry.sequence)}, {changed.code}{money}."


def _point_all(codes: Codes, pointers: tuple[int, ...]) -> tuple[Codes, str]:
    chosen = pointers or _usual_pointers(codes)
    if not chosen:
        raise EntryError("there is no diagnosis to point to", "enter one first")
    lines = tuple(_pointed(line, chosen) for line in codes.lines)
    count = sum(old != new for old, new in zip(codes.lines, lines, strict=True))
    if not count:
        raise EntryError("every line has its pointers", "a 1,2 changes those of line a")
    named = ",".join(map(str, chosen))
    return replace(codes, lines=lines), f"Pointed {count} line{'s' if count > 1 else ''} to {named}."


def _move(codes: Codes, entry: Move) -> tuple[Codes, str]:
    if entry.line:
        line = _line(codes, entry.source)
        _line(codes, entry.target)
        lines = list(codes.lines)
        lines.insert(entry.target - 1, lines.pop(entry.source - 1))
        return replace(codes, lines=tuple(lines)), f"Moved {line.code} to line {line_letter(entry.target)}."
    diagnosis = _diagnosis(codes, entry.source)
    _diagnosis(codes, entry.target)
    order = [i for i in range(1, len(codes.diagnoses) + 1) if i != entry.source]
    order.insert(entry.target - 1, entry.source)
    moved = _reordered(codes, order)
    if DiagnosisRole.PRINCIPAL in (diagnosis.role, codes.diagnoses[entry.target - 1].role):
        # Who stands first is first-listed: the place decides, not what was principal before.
        demoted = tuple(
            replace(d, role=DiagnosisRole.SECONDARY) if d.role == DiagnosisRole.PRINCIPAL else d
            for d in moved.diagnoses
        )
        moved = replace(moved, diagnoses=demoted)
    return moved, f"Moved {diagnosis.code} to place {entry.target}."


def _cite(codes: Codes, entry: Cite) -> tuple[Codes, str]:
    said = "Linked {} to its words." if entry.evidence else "{} has no words linked any more."
    if entry.line:
        line = _line(codes, entry.sequence)
        lines = list(codes.lines)
        lines[entry.sequence - 1] = replace(line, evidence=entry.evidence)
        return replace(codes, lines=tuple(lines)), said.format(line.code)
    diagnosis = _diagnosis(codes, entry.sequence)
    diagnoses = list(codes.diagnoses)
    diagnoses[entry.sequence - 1] = replace(diagnosis, evidence=entry.evidence)
    return replace(codes, diagnoses=tuple(diagnoses)), said.format(diagnosis.code)


def rows_changed(codes: Codes, entry: ForEach) -> list[int]:
    """The rows of a change of several that it is carried out on: those that are there and can take it."""
    count = len(codes.lines if entry.line else codes.diagnoses)
    present = [sequence for sequence in entry.sequences if 1 <= sequence <= count]
    if isinstance(entry.change, ChangeDiagnosis) and entry.change.poa in ("Y", "N", "U", "W"):
        return [sequence for sequence in present if _takes_indicator(codes.diagnoses[sequence - 1])]
    return present


def _for_each(codes: Codes, entry: ForEach, defaults: Defaults, found: Found) -> tuple[Codes, str]:
    count = len(codes.lines if entry.line else codes.diagnoses)
    present = [sequence for sequence in entry.sequences if 1 <= sequence <= count]
    if not present:
        kind = "line" if entry.line else "diagnosis"
        raise EntryError(f"none of these is a {kind} of the chart")
    if isinstance(entry.change, ChangeDiagnosis) and entry.change.role == DiagnosisRole.PRINCIPAL and len(present) > 1:
        raise EntryError("one diagnosis alone is the principal one", "3 p")
    present = rows_changed(codes, entry)
    if not present:
        raise EntryError("none of these takes a POA indicator")
    for sequence in reversed(present):  # a removal moves those behind it
        codes, _ = _applied(codes, sequence_changed(entry.change, sequence), defaults, found)
    names = ", ".join(line_letter(sequence) if entry.line else str(sequence) for sequence in present)
    return codes, f"{'Removed' if isinstance(entry.change, Remove) else 'Changed'} {names}."


def _takes_indicator(diagnosis: Diagnosis) -> bool:
    """Whether an indicator for several rows is meant for this one: exempt ones and lists of their own have none."""
    return diagnosis.poa != "1" and diagnosis.role not in MOST_OF_ROLE


MOST_OF_ROLE = {DiagnosisRole.ADMITTING: 1, DiagnosisRole.REASON: 3}
"""How many diagnoses a claim takes of a role. Source: UB-04 FL 69 and FL 70 a-c; 837I HI*ABJ and HI*APR."""


def _room_for(codes: Codes, role: DiagnosisRole) -> None:
    """Raise EntryError where a claim takes no further diagnosis of a role."""
    most = MOST_OF_ROLE.get(role)
    if most and sum(d.role == role for d in codes.diagnoses) >= most:
        named = {DiagnosisRole.ADMITTING: "one admitting diagnosis", DiagnosisRole.REASON: "three reasons for visit"}
        raise EntryError(f"a claim takes {named[role]} at most", "remove one first")


def _day(entry: AddProcedure | ChangeLine, defaults: Defaults) -> str:
    return day_of(entry.service_date, defaults.service_date) if entry.service_date else ""


def _npi_of(typed: str, defaults: Defaults) -> str:
    """The NPI of whom a line names. Raises EntryError where nobody or several have a name that begins so."""
    if typed.isdigit() and len(typed) == 10:
        return typed
    fitting = [one for one in defaults.performers if any(w.startswith(typed) for w in one.name.lower().split())]
    if not fitting:
        raise EntryError(f"by {typed}: nobody here is called so", "a name, or an NPI of ten digits")
    if len({one.npi for one in fitting}) > 1:
        names = "; ".join(one.name for one in fitting[:4])
        raise EntryError(f"by {typed}: that may be {names}", "more letters")
    return fitting[0].npi


def _as_principal(codes: Codes, sequence: int) -> Codes:
    """Make one diagnosis the principal one and put it first; the former principal becomes secondary."""
    diagnoses = tuple(
        replace(d, role=DiagnosisRole.SECONDARY) if d.role == DiagnosisRole.PRINCIPAL and i != sequence else d
        for i, d in enumerate(codes.diagnoses, 1)
    )
    rest = [i for i in range(1, len(diagnoses) + 1) if i != sequence]
    return _reordered(replace(codes, diagnoses=diagnoses), [sequence, *rest])


def settled(codes: Codes) -> Codes:
    """The principal diagnosis in front; where there is none, the first secondary one becomes it."""
    order = range(1, len(codes.diagnoses) + 1)
    for role in (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY):
        for sequence in order:
            if codes.diagnoses[sequence - 1].role == role:
                diagnoses = list(codes.diagnoses)
                diagnoses[sequence - 1] = replace(diagnoses[sequence - 1], role=DiagnosisRole.PRINCIPAL)
                return _as_principal(replace(codes, diagnoses=tuple(diagnoses)), sequence)
    return codes


def _reordered(codes: Codes, order: list[int]) -> Codes:
    """The diagnoses in a new order of old sequences; pointers follow, those to absent diagnoses go."""
    place = {old: new for new, old in enumerate(order, 1)}
    count = len(codes.diagnoses)
    lines = tuple(
        replace(line, pointers=tuple(place.get(p, p) for p in line.pointers if p in place or p > count))
        for line in codes.lines
    )
    return Codes(tuple(codes.diagnoses[old - 1] for old in order), lines)


def _pointed(line: ProcedureLine, pointers: tuple[int, ...]) -> ProcedureLine:
    return replace(line, pointers=pointers) if line.system == "hcpcs" and not line.pointers else line


def _usual_pointers(codes: Codes) -> tuple[int, ...]:
    """The first diagnoses that can stand on a claim line: external causes and admitting ones do not."""
    usable = (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY)
    return tuple(i for i, d in enumerate(codes.diagnoses, 1) if d.role in usable)[:4]


def _same_list(present: DiagnosisRole, asked: DiagnosisRole | None) -> bool:
    """Admitting diagnosis and reason for visit are lists of their own: the same code may stand there too."""
    apart = (DiagnosisRole.ADMITTING, DiagnosisRole.REASON)
    return (present if present in apart else None) == (asked if asked in apart else None)


def _diagnosis(codes: Codes, sequence: int) -> Diagnosis:
    if not 1 <= sequence <= len(codes.diagnoses):
        raise EntryError(f"there is no diagnosis {sequence}", f"1 to {len(codes.diagnoses)}" if codes.diagnoses else "")
    return codes.diagnoses[sequence - 1]


def _line(codes: Codes, sequence: int) -> ProcedureLine:
    if not 1 <= sequence <= len(codes.lines):
        last = line_letter(len(codes.lines))
        raise EntryError(f"there is no line {line_letter(sequence)}", f"a to {last}" if codes.lines else "")
    return codes.lines[sequence - 1]
