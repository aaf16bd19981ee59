"""Two people, or one in two windows, changed the same chart: what differs, field by field, and what is made of it.

Three versions are compared: the codes as the second saver had read them, as they are now (theirs), and as the second
saver would have them (yours). What only one of the two changed is taken over by itself; where both changed the same
field, somebody chooses. Which diagnosis is principal is one field of the whole: the first one that is entered becomes
it, on each side another. A diagnosis is known by its code, a line by system and code; pointers are compared by the
diagnoses they point to, so that they stay right whichever order is taken. No database, no screens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from store.coding.codes import Codes, Diagnosis, ProcedureLine, settled
from store.terms import DiagnosisRole, in_words


class Side(StrEnum):
    THEIRS = "theirs"
    YOURS = "yours"


@dataclass(frozen=True)
class Difference:
    """A field whose value is not the same on both sides, in words; `side` is None where somebody must choose."""

    key: str
    label: str
    base: str
    theirs: str
    yours: str
    side: Side | None

    @classmethod
    def of(cls, key: str, label: str, base: str, theirs: str, yours: str) -> Difference:
        """With the side that is taken by itself: the one that changed, where only one did."""
        side = Side.YOURS if base == theirs else Side.THEIRS if base == yours else None
        return cls(key, label, base, theirs, yours, side)


ABSENT = "–"
_Item = Diagnosis | ProcedureLine
_Items = dict[str, _Item]

PRINCIPAL = "principal diagnosis"
_RANKED = (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY)
"""The roles between which the one field `PRINCIPAL` decides."""

_DIAGNOSIS_FIELDS = ("role", "poa")
_LINE_FIELDS = (
    "modifiers",
    "units",
    "charge_cents",
    "pointers",
    "service_date",
    "performer_npi",
    "ndc",
    "revenue_code",
)
_LABELS = {"poa": "POA", "charge_cents": "charge", "service_date": "day", "performer_npi": "performer", "ndc": "NDC"}


def differences(base: Codes, theirs: Codes, yours: Codes) -> tuple[Difference, ...]:
    """Every field that differs between theirs and yours: the principal diagnosis, diagnoses, lines."""
    first = [_name(key) if (key := _principal(codes)) else ABSENT for codes in (base, theirs, yours)]
    chosen_first = (Difference.of(PRINCIPAL, "principal (first)", *first),) if first[1] != first[2] else ()
    return (*chosen_first, *_of_kind(base, theirs, yours, "diagnosis"), *_of_kind(base, theirs, yours, "line"))


def merged(base: Codes, theirs: Codes, yours: Codes, chosen: Mapping[str, Side]) -> Codes:
    """The codes with a side taken for every difference; `chosen` wins over what is taken by itself.

    Raises KeyError with the key of a difference that nobody chose for.
    """
    sides = {}
    for one in differences(base, theirs, yours):
        sides[one.key] = chosen[one.key] if one.side is None else chosen.get(one.key, one.side)
    diagnoses = _ranked(_merged_items(base, theirs, yours, "diagnosis", sides), theirs, yours, sides.get(PRINCIPAL))
    lines = _merged_items(base, theirs, yours, "line", sides)
    places = {key: place for place, key in enumerate(diagnoses, 1)}
    versions = {Side.THEIRS: theirs, Side.YOURS: yours}
    pointed = []
    for key, line in lines.items():
        side = sides.get(f"{key} pointers") or (Side.THEIRS if key in _items(theirs, "line") else Side.YOURS)
        names = _pointed_at(versions[side], _items(versions[side], "line")[key])
        pointers = tuple(places[n] if n in places else int(n) for n in names if n in places or n.isdigit())
        if isinstance(line, ProcedureLine):
            pointed.append(replace(line, pointers=pointers))
    kept = tuple(one for one in diagnoses.values() if isinstance(one, Diagnosis))
    return settled(Codes(kept, tuple(pointed)))


def _of_kind(base: Codes, theirs: Codes, yours: Codes, kind: str) -> Iterator[Difference]:
    was, there, here = (_items(codes, kind) for codes in (base, theirs, yours))
    for key in _in_order(there, here):
        values = [one.get(key) for one in (was, there, here)]
        if (values[1] is None) != (values[2] is None):
            first = _all_told(base, values[0], kind)
            said = [_all_told(codes, value, kind) for codes, value in ((theirs, values[1]), (yours, values[2]))]
            words = [ABSENT if not one else "there" if not first or one == first else "changed" for one in said]
            yield Difference.of(key, _name(key), "there" if first else ABSENT, *words)
            continue
        for field in _DIAGNOSIS_FIELDS if kind == "diagnosis" else _LINE_FIELDS:
            told = [_told(codes, value, field) for codes, value in zip((base, theirs, yours), values, strict=True)]
            if told[1] != told[2]:
                label = f"{_name(key)} {_LABELS.get(field, field)}"
                yield Difference.of(f"{key} {field}", label, *told)
    both = set(there) & set(here)
    orders = [[key for key in items if key in both] for items in (was, there, here)]
    if orders[1] != orders[2]:
        before, other, own = (" ".join(_name(key) for key in order) for order in orders)
        yield Difference.of(f"{kind} order", "order", before, other, own)


def _principal(codes: Codes) -> str | None:
    """The key of the principal or first-listed diagnosis."""
    items = _items(codes, "diagnosis").items()
    return next((k for k, one in items if isinstance(one, Diagnosis) and one.role == DiagnosisRole.PRINCIPAL), None)


def _ranked(items: _Items, theirs: Codes, yours: Codes, side: Side | None) -> _Items:
    """The diagnoses with the principal one of the side taken; where that was left out, with the other side's."""
    sides = (yours, theirs) if side is Side.YOURS else (theirs, yours)
    ranked = {key: one for key, one in items.items() if isinstance(one, Diagnosis) and one.role in _RANKED}
    principal = next((key for key in map(_principal, sides) if key in ranked), None)
    roles = {key: DiagnosisRole.PRINCIPAL if key == principal else DiagnosisRole.SECONDARY for key in ranked}
    return items | {key: replace(one, role=roles[key]) for key, one in ranked.items()}


def _merged_items(base: Codes, theirs: Codes, yours: Codes, kind: str, sides: Mapping[str, Side]) -> _Items:
    there, here, was = (_items(codes, kind) for codes in (theirs, yours, base))
    kept: _Items = {}
    for key in _in_order(there, here):
        if key in there and key in here:
            kept[key] = _merged_item(key, there[key], here[key], was.get(key), kind, sides)
        elif sides[key] is (Side.THEIRS if key in there else Side.YOURS):
            kept[key] = there.get(key) or here[key]
    first, second = (here, there) if sides.get(f"{kind} order") is Side.YOURS else (there, here)
    return {key: kept[key] for key in _in_order(first, second) if key in kept}


def _merged_item(key: str, there: _Item, here: _Item, was: _Item | None, kind: str, sides: Mapping[str, Side]) -> _Item:
    """One code with a side for each field; what shows nowhere (how it was found) goes with whoever changed it."""
    fields = _DIAGNOSIS_FIELDS if kind == "diagnosis" else _LINE_FIELDS
    taken = {}
    for field in fields:
        side = sides.get(f"{key} {field}", Side.THEIRS)
        taken[field] = getattr(here if side is Side.YOURS else there, field)
    unseen = dict.fromkeys(("origin", "why", "trail", "evidence"))
    found = here if was is not None and all(getattr(there, n) == getattr(was, n) for n in unseen) else there
    return replace(found, **taken)


def _items(codes: Codes, kind: str) -> _Items:
    """The codes by what they are known by: lists of their own (admitting, reason) and a number for repeated ones."""
    found: _Items = {}
    for one in codes.diagnoses if kind == "diagnosis" else codes.lines:
        name = f"{kind} {one.code}"
        if isinstance(one, Diagnosis) and one.role in (DiagnosisRole.ADMITTING, DiagnosisRole.REASON):
            name += f" ({in_words(one.role)})"
        number = sum(other == name or other.startswith(f"{name} #") for other in found)
        found[f"{name} #{number + 1}" if number else name] = one
    return found


def _in_order(first: Mapping[str, _Item], second: Mapping[str, _Item]) -> list[str]:
    """The keys of both in the order of the first; those of the second alone behind what they stand behind there.

    What the first alone has at that place stays in front of them.
    """
    order = list(first)
    place = 0
    for key in second:
        if key in first:
            place = order.index(key) + 1
            continue
        while place < len(order) and order[place] in first and order[place] not in second:
            place += 1
        order.insert(place, key)
        place += 1
    return order


def _name(key: str) -> str:
    return key.partition(" ")[2]


def _told(codes: Codes, item: _Item | None, field: str) -> str:
    """A value in words, the same for equal values."""
    if item is None:
        return ABSENT
    if field == "pointers" and isinstance(item, ProcedureLine):
        return ",".join(_name(name) or name for name in _pointed_at(codes, item)) or ABSENT
    value = getattr(item, field)
    if value in _RANKED:
        return "principal or secondary"
    if field == "charge_cents":
        return f"{value / 100:,.2f}"
    if isinstance(value, tuple):
        return ",".join(value) or ABSENT
    return str(value).replace("_", " ") if value not in ("", None) else ABSENT


def _all_told(codes: Codes, item: _Item | None, kind: str) -> tuple[str, ...]:
    fields = _DIAGNOSIS_FIELDS if kind == "diagnosis" else _LINE_FIELDS
    return tuple(_told(codes, item, field) for field in fields) if item is not None else ()


def _pointed_at(codes: Codes, line: _Item) -> Sequence[str]:
    """The keys of the diagnoses that a line points to; a number that leads nowhere stays one."""
    keys = list(_items(codes, "diagnosis"))
    pointers = line.pointers if isinstance(line, ProcedureLine) else ()
    return [keys[p - 1] if 1 <= p <= len(keys) else str(p) for p in pointers]
