"""The one-line grammar in which a whole chart is coded from the home row. It only reads the line; nothing changes here.

    e11.42              add a diagnosis; p makes it principal, a admitting, r reason for visit, e external cause,
    i50.23 p y          y n u w or 1 is its POA indicator (1: exempt)
    g0467-25 a,b x2     add a procedure line: modifiers after hyphens, pointers as letters or numbers, units after x,
    j1100 $12.50        charge after $, date after @
    0dtj4zz @2026-09-14 add an ICD-10-PCS procedure
    3 y     3 p         change diagnosis 3: its POA (3 - takes it away), its role
    b -25 1,2 x3        change line b: modifiers, pointers, units, charge, date, performer, drug (`line_parts`)
    2-9 y   a,c -59     the same change on several rows: 2 to 9, a and c; -2,4 removes both
    *       * 1,2       point every line that has no pointers to the first four diagnoses, or to those named
    3>1     b>a         move a diagnosis or a line to another place
    -3      -b          remove a diagnosis or a line
    -e11.42             remove the diagnosis or the line that has this code
    4 z91.040           put another code in the place of diagnosis 4; b j1100 the same for line b

A leading + is allowed before a code. Words are searched; what begins like a change and is none is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from store.coding.line_parts import POINTERS, EntryError, checked_modifiers, line_parts, pointers_of
from store.terms import DiagnosisRole, Origin

__all__ = ["EntryError", "parse"]

_CODE = re.compile(r"\+?([A-Za-z0-9][A-Za-z0-9]{2}\.?[A-Za-z0-9]{0,4})((?:-[A-Za-z0-9]{2})*)")
_TARGET = re.compile(r"(\d{1,2})|([a-z])")
_REMOVE = re.compile(r"-\s?(?:(\d{1,2})|([a-z]))")
_MOVE = re.compile(r"(?:(\d{1,2})>(\d{1,2})|([a-z])>([a-z]))")
_NUMBERS = re.compile(r"\d{1,2}(?:[-,]\d{1,2})+")
_LETTERS = re.compile(r"[a-z](?:[-,][a-z])+")
_REMOVE_CODE = re.compile(r"-\s?([a-z0-9]{3}\.?[a-z0-9]{0,4})")
# What stands behind the letter of a line and looks like a code, but is units, a revenue code or a drug.
_NO_CODE = re.compile(r"x\d+|r\d{3,4}|ndc.*|\d{1,2}|\d{4}-.*")
_MISTYPED = re.compile(r"[0-9][0-9A-Za-z]{0,2}\.[0-9A-Za-z]*[A-Za-z][0-9A-Za-z]*")
"""A number with a dot and letters behind it, as of a code that lost its letter."""

_CODE_BEGUN = re.compile(r"[a-z]\d[0-9a-z]?(?:\.[0-9a-z]*)?")
_TWO_CODES = re.compile(r"[A-Za-z]\d[0-9A-Za-z]{6,}")
_PUNCTUATION = ".,'’/()&%+-:#"
"""What may stand between words that are searched."""

# "b 12 deficiency" is a search: no part of a row's change is a word of three letters, but for a drug and a name.
_WORD = re.compile(r"(?!ndc\d)[a-z]{3,}.*")
_ROLES = {
    "p": DiagnosisRole.PRINCIPAL,
    "a": DiagnosisRole.ADMITTING,
    "r": DiagnosisRole.REASON,
    "e": DiagnosisRole.EXTERNAL_CAUSE,
    "s": DiagnosisRole.SECONDARY,
}
_POA = {"y": "Y", "n": "N", "u": "U", "w": "W", "1": "1", "-": ""}


@dataclass(frozen=True)
class AddDiagnosis:
    """A diagnosis to add; one that a person took from a suggestion carries the words of the chart."""

    code: str
    role: DiagnosisRole | None = None
    poa: str = ""
    origin: Origin = Origin.TYPED
    evidence: str = ""


@dataclass(frozen=True)
class AddProcedure:
    """A procedure to add: `pointers` are 1-based diagnosis numbers, None where the line named none."""

    system: str
    code: str
    modifiers: tuple[str, ...] = ()
    units: int | None = None
    charge_cents: int | None = None
    pointers: tuple[int, ...] | None = None
    service_date: str | None = None
    performer: str | None = None
    ndc: str | None = None
    ndc_quantity: str | None = None
    revenue_code: str | None = None
    origin: Origin = Origin.TYPED
    evidence: str = ""


@dataclass(frozen=True)
class ChangeDiagnosis:
    sequence: int
    role: DiagnosisRole | None = None
    poa: str | None = None


@dataclass(frozen=True)
class ChangeLine:
    sequence: int
    modifiers: tuple[str, ...] | None = None
    units: int | None = None
    charge_cents: int | None = None
    pointers: tuple[int, ...] | None = None
    service_date: str | None = None
    performer: str | None = None
    ndc: str | None = None
    ndc_quantity: str | None = None
    revenue_code: str | None = None


@dataclass(frozen=True)
class PointAll:
    """Point the lines that have no pointers; an empty tuple is the first four diagnoses that a line can have."""

    pointers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Move:
    """Move a diagnosis (or, with `line`, a procedure line) to another 1-based place."""

    line: bool
    source: int
    target: int


@dataclass(frozen=True)
class Remove:
    line: bool
    sequence: int


@dataclass(frozen=True)
class RemoveCode:
    """Remove the diagnosis or the line that has a code, as typed."""

    code: str


@dataclass(frozen=True)
class ReplaceDiagnosis:
    """Another code in the place of a diagnosis, with its role; a POA indicator stays but for that of an exempt code."""

    sequence: int
    code: str
    role: DiagnosisRole | None = None
    poa: str = ""


@dataclass(frozen=True)
class ReplaceLine:
    """Another code in the place of a procedure line; `change` has what else was named, all other parts stay."""

    sequence: int
    system: str
    code: str
    change: ChangeLine


@dataclass(frozen=True)
class Cite:
    """Link a diagnosis (or, with `line`, a procedure line) to the words of the chart that support it.

    `evidence` names document and place: `DOC-1 120-141: stage 3a kidney disease`; empty takes the link away.
    """

    line: bool
    sequence: int
    evidence: str


@dataclass(frozen=True)
class ForEach:
    """One change on several rows: `change` is a change or removal, its own sequence means nothing.

    Rows that are not there are passed over, as long as one is.
    """

    line: bool
    sequences: tuple[int, ...]
    change: ChangeDiagnosis | ChangeLine | Remove


@dataclass(frozen=True)
class Several:
    """Entries that are made and taken back together; `what` says in a word what they are."""

    entries: tuple[Entry, ...]
    what: str = "codes"


@dataclass(frozen=True)
class Search:
    words: str


Entry = (
    AddDiagnosis
    | AddProcedure
    | ChangeDiagnosis
    | ChangeLine
    | PointAll
    | Move
    | Remove
    | RemoveCode
    | ReplaceDiagnosis
    | ReplaceLine
    | Cite
    | ForEach
    | Several
    | Search
)

SystemOf = Callable[[str], str | None]
"""Tells the code system (icd10cm, hcpcs, icd10pcs) that has a code as typed, or None.

Raises EntryError for what has the shape of a code and is none: it must never be searched as words.
"""


def parse(line: str, system_of: SystemOf) -> Entry:
    """Read one entry line. Raises EntryError; words that name no code and no row are a Search."""
    text = line.strip()
    words = text.lower().split()
    if not words:
        raise EntryError("expected a code, a row or words to search for", "e11.42  3 y  -b")
    if match := _REMOVE.fullmatch(text.lower()):
        return Remove(line=match[2] is not None, sequence=_row(match[1], match[2]))
    if words[0].startswith("-") and (rows := _rows("".join(words)[1:])):
        return ForEach(rows[0], rows[1], Remove(rows[0], 0))
    if (match := _REMOVE_CODE.fullmatch(text.lower())) and any(map(str.isdigit, match[1])):
        return RemoveCode(match[1].upper())
    if match := _MOVE.fullmatch("".join(words)):
        return Move(match[3] is not None, _row(match[1], match[3]), _row(match[2], match[4]))
    if words[0] == "*" and len(words) <= 2:
        return PointAll(_all_pointers(words[1]) if len(words) == 2 else ())
    if (match := _TARGET.fullmatch(words[0])) and len(words) > 1 and not _says_words(words[1:]):
        row = _row(match[1], match[2])
        if not _NO_CODE.fullmatch(words[1]) and (code := _CODE.fullmatch(words[1])):
            return _replacement(bool(match[2]), row, code, words[1:], system_of)
        if match[1]:
            return _change_diagnosis(int(match[1]), words[1:])
        return _change_line(_row(None, match[2]), words[1:])
    if len(words) > 1 and not _says_words(words[1:]) and (rows := _rows(words[0])):
        change = _change_line(0, words[1:]) if rows[0] else _change_diagnosis(0, words[1:])
        return ForEach(*rows, change)
    if match := _CODE.fullmatch(words[0]):
        system = system_of(match[1])
        if system == "icd10cm" and not match[2]:
            return _add_diagnosis(match[1], words[1:])
        if system in ("hcpcs", "icd10pcs"):
            return _add_procedure(system, match[1], match[2], words[1:])
    return Search(_searchable(text.lstrip("+").strip()))


def doubt_of_words(words: str, lines: int) -> str:
    """Why words to search for may be a change or a code that was mistyped; empty where they are words alone.

    `lines` is how many procedure lines the chart has: a letter in front of words names one only where it is there.
    """
    first, *others = words.lower().split()
    if not others:
        return ""
    if (match := _TARGET.fullmatch(first)) and (match[1] or _row(None, match[2]) <= lines):
        what = f"diagnosis {match[1]}" if match[1] else f"line {match[2]}"
        return f"“{words}” begins like a change of {what}"
    if _CODE_BEGUN.fullmatch(first) and not any(_WORD.fullmatch(one) for one in others):
        return f"“{words}” begins like a code"
    return ""


def line_letter(sequence: int) -> str:
    """The letter of a procedure line: a for 1. Lines beyond z show as their number."""
    return chr(96 + sequence) if 1 <= sequence <= 26 else str(sequence)


def _searchable(words: str) -> str:
    """The words, where they can be searched for. Raises EntryError for what must be a mistyped change or code."""
    if words[:1] in ("=", "^"):  # the person's own lists and the last visit, which a screen looks through
        return words
    meant = "a code, a change of a row (3 y, -b, 3>1) or words to search for"
    strange = [one for one in words if not (one.isalnum() or one.isspace() or one in _PUNCTUATION or _marks(one))]
    if (
        strange
        or not any(map(str.isalpha, words))
        or _MISTYPED.fullmatch(words)
        or not (words[0].isalnum() or words[0] in "('’")
    ):
        raise EntryError(f"“{words[:40]}” is no entry", meant)
    if run := next(filter(_TWO_CODES.fullmatch, words.split()), None):
        raise EntryError(f"{run[:40]} is longer than any code", meant)
    return words


def _marks(character: str) -> bool:
    """Whether a character only marks the letter before it."""
    return unicodedata.category(character).startswith("M")


def _replacement(
    line: bool, sequence: int, typed: re.Match[str], words: list[str], system_of: SystemOf
) -> ReplaceDiagnosis | ReplaceLine:
    """A row with another code. Raises EntryError for a code that is not complete or not of the kind of the row."""
    system = system_of(typed[1])
    if not line and system == "icd10cm" and not typed[2]:
        role, poa = _flags(words[1:])
        return ReplaceDiagnosis(sequence, typed[1].upper(), role, poa or "")
    if line and system in ("hcpcs", "icd10pcs"):
        change = _change_line(sequence, [*re.findall("-[a-z0-9]{2}", typed[2]), *words[1:]])
        return ReplaceLine(sequence, system, typed[1].upper(), change)
    expected = (
        "a code of HCPCS or ICD-10-PCS" if line else "a role (p a r e s), a POA indicator (y n u w 1 -) or a code"
    )
    raise EntryError(f"{words[0]}: expected {expected}, complete")


def _says_words(parts: list[str]) -> bool:
    """Whether what follows a row are words to search for, and no change of it."""
    named = {place + 1 for place, part in enumerate(parts) if part == "by"}
    return any(_WORD.fullmatch(part) for place, part in enumerate(parts) if place not in named)


def sequence_changed(change: ChangeDiagnosis | ChangeLine | Remove, sequence: int) -> Entry:
    """The change of one of several rows."""
    return replace(change, sequence=sequence)


def _rows(text: str) -> tuple[bool, tuple[int, ...]] | None:
    """Several rows named at once, whether they are lines and their sequences; None for anything else."""
    numbers, letters = _NUMBERS.fullmatch(text), _LETTERS.fullmatch(text)
    if not numbers and not letters:
        return None
    found: set[int] = set()
    for part in text.split(","):
        ends = [_row(end, None) if numbers else _row(None, end) for end in part.split("-")]
        if len(ends) > 2:
            return None
        found.update(range(min(ends), max(ends) + 1))
    return bool(letters), tuple(sorted(found))


def _row(number: str | None, letter: str | None) -> int:
    return int(number) if number else ord(letter or "a") - 96


def _add_diagnosis(code: str, words: list[str]) -> AddDiagnosis:
    role, poa = _flags(words)
    return AddDiagnosis(code.upper(), role, poa or "")


def _change_diagnosis(sequence: int, words: list[str]) -> ChangeDiagnosis:
    role, poa = _flags(words)
    return ChangeDiagnosis(sequence, role, poa)


def _flags(words: list[str]) -> tuple[DiagnosisRole | None, str | None]:
    role: DiagnosisRole | None = None
    poa: str | None = None
    for word in words:
        if word in _ROLES and role is None:
            role = _ROLES[word]
        elif word in _POA and poa is None:
            poa = _POA[word]
        else:
            raise EntryError(f"{word}: expected a role (p a r e s) or a POA indicator (y n u w 1 -)")
    return role, poa


def _add_procedure(system: str, code: str, modifiers: str, words: list[str]) -> AddProcedure:
    parts = line_parts(words)
    typed = tuple(part.upper() for part in modifiers.split("-") if part) + (parts.modifiers or ())
    return AddProcedure(system, code.upper(), **vars(parts) | {"modifiers": checked_modifiers(typed)})


def _change_line(sequence: int, words: list[str]) -> ChangeLine:
    parts = line_parts(words)
    if parts.modifiers is not None:
        checked_modifiers(parts.modifiers)
    return ChangeLine(sequence, **vars(parts))


def _all_pointers(word: str) -> tuple[int, ...]:
    if not POINTERS.fullmatch(word):
        raise EntryError(f"{word}: expected pointers such as 1,2 or a,b")
    return pointers_of(word)
