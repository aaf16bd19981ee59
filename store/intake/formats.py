"""Which reader makes units of which kind of input; readers are loaded when their format comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from store.intake.files import Content, Kind
from store.intake.jsontext import BadJson
from store.intake.native import to_record
from store.intake.statement import CannotComplete, for_chosen_visit
from store.intake.unit import Unit, refused
from store.intake.writer import Raw

UNITS = frozenset({Kind.HL7, Kind.CCDA, Kind.X12})
"""Kinds that are read unit by unit."""

ONLY_WITH_ITS_FILE = "it refers to other resources; take in its file again, or choose its visit with --visit"
NOT_KEPT = "only an excerpt of it was kept; take in its file again"


def units_of(content: Content, finished: bool = True) -> Iterator[Unit]:
    """The units of a recognized file; of one that nobody says is `finished`, no last message that looks cut."""
    if content.kind == Kind.CCDA:
        from store.intake.ccda import document

        return document.units(content.stream)
    if content.kind == Kind.X12:
        from store.intake.outside import claims

        return claims.units(content.stream)
    from store.intake.hl7v2 import feed

    return feed.units(content.stream, finished)


def unit_of(kind: str, content: bytes | None, place: str, visit: tuple[str, str] | None = None) -> Unit:
    """One unit out of what was kept of it.

    `visit` is (source, number) of the visit that a person chose for what it adds to a chart, of whatever kind it is.
    """
    if not content:
        return refused(place, kind, b"", NOT_KEPT)
    unit = _read(kind, content, place, visit)
    if visit is None or not unit.items:
        return unit
    try:
        return replace(unit, items=tuple(for_chosen_visit(item, visit) for item in unit.items))
    except CannotComplete as error:
        return refused(place, kind, content, str(error))


def _read(kind: str, content: bytes, place: str, visit: tuple[str, str] | None) -> Unit:
    if kind == "hl7v2":
        from store.intake.hl7v2 import feed

        return feed.unit(content, place.split(", ")[0], visit)
    if kind == "ccda":
        from store.intake.ccda import document

        return document.unit(content, placed=visit is not None)
    if kind == "x12":
        from store.intake.outside import claims

        return claims.unit(content, place)
    if kind.startswith("csv:"):
        from store.intake.tables import rows

        return rows.unit(content, place, kind.partition(":")[2])
    if kind == "native":
        try:
            return Unit(place, Raw("native", content), (to_record(content),))
        except BadJson as error:
            return refused(place, kind, content, error.message)
    if kind == "fhir" and visit is not None:
        from store.intake.fhir import kept

        return kept.unit(content, place)
    return refused(place, kind, content, ONLY_WITH_ITS_FILE)
