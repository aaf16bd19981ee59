"""The codes of one coding as plain values, and what each entry makes of them. No database, no screens.

Sequences are 1-based and always without gaps. Moving or removing a diagnosis carries the pointers of the
procedure lines along: a pointer follows its diagnosis, and goes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from store.coding.entry import (
    AddDiagnosis,
    AddProcedure,
    ChangeDiagnosis,
    ChangeLine,
    Entry,
    EntryError,
    Move,
    PointAll,
    Remove,
    line_letter,
)
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
    """A procedure as coded; `pointers` are 1-based diagnosis sequences."""

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


@dataclass(frozen=True)
class Codes:
    """All codes of a coding at one moment."""

    diagnoses: tuple[Diagnosis, ...] = ()
    lines: tuple[ProcedureLine, ...] = ()

    @property
    def charge_cents(self) -> int:
        return sum(line.charge_cents or 0 for line in self.lines)  # None where money is covered

    def to_json(self) -> dict:
        """Plain lists and text, for the steps of undo."""
        return {"diagnoses": [asdict(d) for d in self.diagnoses], "lines": [asdict(line) for line in self.lines]}

    @classmethod
    def from_json(cls, data: dict) -> Codes:
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
class Defaults:
    """What a line that names nothing gets: the day of service, the performer, and the charge of a code if known."""

    service_date: str
    performer_npi: str = ""
    charge_of: Callable[[str], int] = lambda code: 0
    dotted: Callable[[str], str] = lambda code: code


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
            return _change_line(codes, entry)
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
        case Move():
            return _move(codes, entry)
    raise EntryError("expected a code or a row", "e11.42  3 y  -b")


def _add_diagnosis(codes: Codes, entry: AddDiagnosis, defaults: Defaults, found: Found) -> tuple[Codes, str]:
    code = defaults.dotted(entry.code)
    for place, present in enumerate(codes.diagnoses, 1):
        if present.code == code and _same_list(present.role, entry.role):
            raise EntryError(f"{code} is diagnosis {place} already")
    role = entry.role or DiagnosisRole.SECONDARY
    added = Diagnosis(code, role, entry.poa, entry.origin, entry.evidence, found.why, found.trail)
    grown = replace(codes, diagnoses=(*codes.diagnoses, added))
    if role == DiagnosisRole.PRINCIPAL:
        return _as_principal(grown, len(grown.diagnoses)), f"Added {code} as the principal diagnosis."
    return grown, f"Added {code} as diagnosis {len(grown.diagnoses)}."


def _add_procedure(codes: Codes, entry: AddProcedure, defaults: Defaults, found: Found) -> tuple[Codes, str]:
    units = 1 if entry.units is None else entry.units
    charge = defaults.charge_of(entry.code) * units if entry.charge_cents is None else entry.charge_cents
    line = ProcedureLine(
        system=entry.system,
        code=entry.code,
        modifiers=entry.modifiers,
        units=units,
        charge_cents=charge,
        pointers=entry.pointers or (),
        service_date=entry.service_date or ("" if entry.system == "icd10pcs" else defaults.service_date) or None,
        performer_npi=defaults.performer_npi,
        why=found.why,
        trail=found.trail,
    )
    grown = replace(codes, lines=(*codes.lines, line))
    return grown, f"Added {line.code} as line {line_letter(len(grown.lines))}."


def _change_diagnosis(codes: Codes, entry: ChangeDiagnosis) -> tuple[Codes, str]:
    diagnosis = _diagnosis(codes, entry.sequence)
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


def _change_line(codes: Codes, entry: ChangeLine) -> tuple[Codes, str]:
    line = _line(codes, entry.sequence)
    changed = replace(
        line,
        modifiers=line.modifiers if entry.modifiers is None else entry.modifiers,
        units=line.units if entry.units is None else entry.units,
        charge_cents=line.charge_cents if entry.charge_cents is None else entry.charge_cents,
        pointers=line.pointers if entry.pointers is None else entry.pointers,
        service_date=entry.service_date or line.service_date,
    )
    if entry.units is not None and entry.charge_cents is None and line.units > 0:
        # The price of one unit stays what it was.
        changed = replace(changed, charge_cents=round(line.charge_cents / line.units * entry.units))
    lines = list(codes.lines)
    lines[entry.sequence - 1] = changed
    return replace(codes, lines=tuple(lines)), f"Changed line {line_letter(entry.sequence)}, {changed.code}."


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
