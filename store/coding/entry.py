"""The one-line grammar in which a whole chart is coded from the home row. It only reads the line; nothing changes here.

    e11.42              add a diagnosis; p makes it principal, a admitting, r reason for visit, e external cause,
    i50.23 p y          y n u w or 1 is its POA indicator (1: exempt)
    g0467-25 a,b x2     add a procedure line: modifiers after hyphens, pointers as letters or numbers, units after x,
    j1100 $12.50        charge after $, date after @
    0dtj4zz @2026-09-14 add an ICD-10-PCS procedure
    3 y     3 p         change diagnosis 3: its POA, its role
    b -25 1,2 x3        change line b: modifiers, pointers, units, charge, date
    *       * 1,2       point every line that has no pointers to the first four diagnoses, or to those named
    3>1     b>a         move a diagnosis or a line to another place
    -3      -b          remove a diagnosis or a line

A leading + is allowed before a code. Anything else is a search for words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from codesets.errors import UsageError
from store.terms import DiagnosisRole, Origin

MAX_MODIFIERS = 4
MAX_POINTERS = 4

_CODE = re.compile(r"\+?([A-Za-z0-9][A-Za-z0-9]{2}\.?[A-Za-z0-9]{0,4})((?:-[A-Za-z0-9]{2})*)")
_TARGET = re.compile(r"(\d{1,2})|([a-z])")
_REMOVE = re.compile(r"-\s?(?:(\d{1,2})|([a-z]))")
_MOVE = re.compile(r"(?:(\d{1,2})>(\d{1,2})|([a-z])>([a-z]))")
_POINTERS = re.compile(r"(?:[a-l]|\d{1,2})(?:,(?:[a-l]|\d{1,2}))*,?")
# "b 12 deficiency" is a search: no part of a row's change is a word of three letters.
_WORD = re.compile(r"[a-z]{3,}.*")
_ROLES = {
    "p": DiagnosisRole.PRINCIPAL,
    "a": DiagnosisRole.ADMITTING,
    "r": DiagnosisRole.REASON,
    "e": DiagnosisRole.EXTERNAL_CAUSE,
    "s": DiagnosisRole.SECONDARY,
}
_POA = {"y": "Y", "n": "N", "u": "U", "w": "W", "1": "1"}


class EntryError(UsageError):
    """The entry line was not understood; its message names the word and what was expected."""

    title = "entry"


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
class Search:
    words: str


Entry = AddDiagnosis | AddProcedure | ChangeDiagnosis | ChangeLine | PointAll | Move | Remove | Search

SystemOf = Callable[[str], str | None]
"""Tells the code system (icd10cm, hcpcs, icd10pcs) that has a code as typed, or None.

Raises EntryError for what has the shape of a code and is none: it must never be searched as words.
"""


def parse(line: str, system_of: SystemOf) -> Entry:
    """Read one entry line. Raises EntryError; a line that names no code and no row is a Search."""
    text = line.strip()
    words = text.lower().split()
    if not words:
        raise EntryError("expected a code, a row or words to search for", "e11.42  3 y  -b")
    if match := _REMOVE.fullmatch(text.lower()):
        return Remove(line=match[2] is not None, sequence=_row(match[1], match[2]))
    if match := _MOVE.fullmatch("".join(words)):
        return Move(match[3] is not None, _row(match[1], match[3]), _row(match[2], match[4]))
    if words[0] == "*" and len(words) <= 2:
        return PointAll(_all_pointers(words[1]) if len(words) == 2 else ())
    if (match := _TARGET.fullmatch(words[0])) and len(words) > 1 and not any(map(_WORD.fullmatch, words[1:])):
        if match[1]:
            return _change_diagnosis(int(match[1]), words[1:])
        return _change_line(_row(None, match[2]), words[1:])
    if match := _CODE.fullmatch(words[0]):
        system = system_of(match[1])
        if system == "icd10cm" and not match[2]:
            return _add_diagnosis(match[1], words[1:])
        if system in ("hcpcs", "icd10pcs"):
            return _add_procedure(system, match[1], match[2], words[1:])
    return Search(text.lstrip("+").strip())


def line_letter(sequence: int) -> str:
    """The letter of a procedure line: a for 1. Lines beyond z show as their number."""
    return chr(96 + sequence) if 1 <= sequence <= 26 else str(sequence)


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
            raise EntryError(f"{word}: expected a role (p a r e s) or a POA indicator (y n u w 1)")
    return role, poa


def _add_procedure(system: str, code: str, modifiers: str, words: list[str]) -> AddProcedure:
    parts = _line_parts(words)
    typed = tuple(part.upper() for part in modifiers.split("-") if part) + (parts.modifiers or ())
    return AddProcedure(
        system=system,
        code=code.upper(),
        modifiers=_checked_modifiers(typed),
        units=parts.units,
        charge_cents=parts.charge_cents,
        pointers=parts.pointers,
        service_date=parts.service_date,
    )


def _change_line(sequence: int, words: list[str]) -> ChangeLine:
    parts = _line_parts(words)
    return ChangeLine(
        sequence,
        _checked_modifiers(parts.modifiers) if parts.modifiers is not None else None,
        parts.units,
        parts.charge_cents,
        parts.pointers,
        parts.service_date,
    )


@dataclass
class _LineParts:
    modifiers: tuple[str, ...] | None = None
    units: int | None = None
    charge_cents: int | None = None
    pointers: tuple[int, ...] | None = None
    service_date: str | None = None


def _line_parts(words: list[str]) -> _LineParts:
    parts = _LineParts()
    for word in words:
        if word == "-":
            parts.modifiers = ()
        elif re.fullmatch(r"(-[a-z0-9]{2})+", word):
            parts.modifiers = (parts.modifiers or ()) + tuple(m.upper() for m in word.split("-") if m)
        elif re.fullmatch(r"x\d{1,5}", word):
            parts.units = int(word[1:])
        elif word.startswith("$"):
            parts.charge_cents = _cents(word)
        elif re.fullmatch(r"@?\d{4}-\d{2}-\d{2}", word):
            parts.service_date = _day(word.lstrip("@"))
        elif _POINTERS.fullmatch(word):
            parts.pointers = _pointers(word)
        else:
            raise EntryError(f"{word}: expected -modifier, pointers (a,b), x units, $ charge or @ date")
    return parts


def _all_pointers(word: str) -> tuple[int, ...]:
    if not _POINTERS.fullmatch(word):
        raise EntryError(f"{word}: expected pointers such as 1,2 or a,b")
    return _pointers(word)


def _pointers(word: str) -> tuple[int, ...]:
    numbers = tuple(int(p) if p.isdigit() else ord(p) - 96 for p in word.split(",") if p)
    if len(numbers) > MAX_POINTERS:
        raise EntryError(f"{word}: a line points to at most {MAX_POINTERS} diagnoses")
    if len(set(numbers)) < len(numbers):
        raise EntryError(f"{word}: a diagnosis is named twice")
    if 0 in numbers:
        raise EntryError(f"{word}: diagnoses are numbered from 1")
    return numbers


def _checked_modifiers(modifiers: tuple[str, ...]) -> tuple[str, ...]:
    if len(modifiers) > MAX_MODIFIERS:
        raise EntryError(f"{'-'.join(modifiers)}: a line carries at most {MAX_MODIFIERS} modifiers")
    return modifiers


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise EntryError(f"{text}: there is no such day") from None


def _cents(word: str) -> int:
    try:
        amount = Decimal(word[1:]) * 100
    except InvalidOperation:
        raise EntryError(f"{word}: expected an amount such as $160.00") from None
    if not amount.is_finite() or amount < 0 or amount != amount.to_integral_value() or amount > 10**11:
        raise EntryError(f"{word}: expected an amount such as $160.00")
    return int(amount)
