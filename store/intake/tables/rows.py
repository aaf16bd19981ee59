"""Rows of a table as what they say: a patient, a visit, or a charge, code or document of a visit that is here."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from pydantic import ValidationError

from store.intake.charges import Posting, posting
from store.intake.files import EXPECTED, NotTakenIn
from store.intake.hl7v2.values import cents, line, moment, whole
from store.intake.jsontext import first_error
from store.intake.statement import Item, Person, Statement, Step
from store.intake.tables.columns import BadMap, ColumnMap, Kind, load_map, map_for, save_map, shipped
from store.intake.tables.guess import Guess, guess
from store.intake.tables.sheet import Layout, Row, layout_of, mangled, rows
from store.intake.unit import Unit, refused
from store.intake.writer import Raw
from store.models.columns import MOST_IN_A_LINE
from store.models.patient import PatientFields
from store.terms import PatientClass, ProviderRole, Setting

SAMPLE = 64 * 1024
_PATIENT = ("family_name", "given_name", "middle_name", "suffix", "address_line1", "city", "state", "phone")
_CLASS = {
    Setting.INPATIENT: PatientClass.INPATIENT,
    Setting.EMERGENCY: PatientClass.EMERGENCY,
    Setting.SERIES: PatientClass.RECURRING,
}
_NOT_HERE = "the visit that it belongs to is not here"


class BadRow(ValueError):
    """A row that cannot be taken in; the message names the column and what was expected."""


@dataclass(frozen=True)
class Previewed:
    """What a map makes of the first rows: the guess where there is no saved map, and field values or a reason."""

    column_map: ColumnMap
    guessed: Guess | None
    rows: tuple[dict[str, str] | str, ...]


@dataclass(frozen=True)
class TableOptions:
    """How tables are read: by a named map, or by a guess that is saved; `columns` are those a person named."""

    map_name: str = ""
    save_as: str = ""
    source: str = ""
    columns: Mapping[str, str] = dataclasses.field(default_factory=dict)


def choose_map(sample: bytes, options: TableOptions) -> tuple[Layout, ColumnMap]:
    """The layout of a table by its first bytes, and the map for it: named, guessed and saved, or known by the header.

    Raises NotTakenIn where there is none or the named one does not fit, BadMap.
    """
    layout = layout_of(sample)
    if options.save_as:
        first = _first_rows(sample, layout)
        found = guess(options.save_as, options.source or options.save_as, layout, first, options.columns).column_map
        save_map(found)
        return layout, found
    chosen = load_map(options.map_name) if options.map_name else map_for(layout.header)
    if chosen is None:
        raise NotTakenIn(_without_map(sample, layout))
    absent = [column for column in chosen.columns.values() if column not in layout.header]
    if absent:
        raise NotTakenIn(f"the map {chosen.name} wants a column {absent[0]}, which it does not have")
    return layout, chosen


def _without_map(sample: bytes, layout: Layout) -> str:
    """How a table comes to a map that has none: by a guess, or with the columns that it lacks."""
    try:
        guess("guess", "csv", layout, _first_rows(sample, layout))
    except BadMap as lacking:
        way = "it must come with one, or --save-map NAME with --column FIELD=COLUMN says which is meant"
        return f"no column map fits its header, and {lacking.message}: {way}"
    return "no column map fits its header; look at --preview 5 and keep a map with --save-map NAME"


def _first_rows(sample: bytes, layout: Layout) -> list[Row]:
    return [row for row in rows(io.BytesIO(sample), layout) if isinstance(row, Row)][:50]


def preview(stream: BinaryIO, count: int, options: TableOptions) -> Previewed:
    """What would be made of the first rows of a table. Raises NotTakenIn, BadMap."""
    sample = stream.read(SAMPLE * 4)
    layout = layout_of(sample)
    first = [row for row in rows(io.BytesIO(sample), layout, shipped().never_kept) if isinstance(row, Row)]
    found = load_map(options.map_name) if options.map_name else None
    if found is None and not options.columns:
        found = map_for(layout.header)
    guessed = None
    if found is None:
        guessed = guess("guess", options.source or "csv", layout, first[:50], options.columns)
        found = guessed.column_map
    shown: list[dict[str, str] | str] = []
    for row in first[:count]:
        try:
            item(row, found)
            shown.append({field: value for field in found.columns if (value := _cell(row, found, field))})
        except BadRow as error:
            shown.append(f"line {row.line}: {error}")
    return Previewed(found, guessed, tuple(shown))


def units(stream: BinaryIO, layout: Layout, column_map: ColumnMap) -> Iterator[Unit]:
    """The rows of a table that the map takes."""
    for row in rows(stream, layout, shipped().never_kept):
        if isinstance(row, str):
            yield refused(row.partition(":")[0], kind_of(column_map), b"", row.partition(": ")[2])
        elif all(row.cells.get(column) == value for column, value in column_map.only.items()):
            yield _unit(row, column_map)


def unit(content: bytes, place: str, name: str) -> Unit:
    """One row out of what was kept of it. Raises BadMap."""
    layout, column_map = layout_of(content), load_map(name)
    row = next((row for row in rows(io.BytesIO(content), layout) if isinstance(row, Row)), None)
    if row is None:
        return refused(place, kind_of(column_map), content, f"it is no row of a table; {EXPECTED}")
    return _unit(row, column_map)


def kind_of(column_map: ColumnMap) -> str:
    """The kind of a raw row: it names the map that reads it."""
    return f"csv:{column_map.name}"


def _unit(row: Row, column_map: ColumnMap) -> Unit:
    place, kind = f"line {row.line}", kind_of(column_map)
    try:
        said = item(row, column_map)
    except BadRow as error:
        return refused(place, kind, row.raw, str(error))
    keys = ("visit_number", "mrn", "charge_number", "document_number", "code")
    identity = "|".join(_cell(row, column_map, key) for key in keys)
    return Unit(place, Raw(kind, row.raw, identity[:400]), (said,))


def item(row: Row, column_map: ColumnMap) -> Item:
    """What one row says. Raises BadRow."""
    for field in shipped().required[column_map.record]:
        if not _cell(row, column_map, field):
            raise BadRow(f"{column_map.columns.get(field, field)}: it is required")
    for field in ("visit_number", "mrn", "account_number", "charge_number", "code", "procedure_code", "member_id"):
        if mangled(_cell(row, column_map, field)):
            column = column_map.columns.get(field, field)
            raise BadRow(f"{column}: a spreadsheet turned the number into powers of ten; export it as text")
    values: dict[str, Any]
    postings: list[Posting] = []
    try:
        match column_map.record:
            case Kind.PATIENT:
                return Person(PatientFields.model_validate(_patient(row, column_map)))
            case Kind.ENCOUNTER:
                return _encounter(row, column_map)
            case Kind.CHARGE:
                values, postings = {}, [posting(_charge(row, column_map), restated=True)]
            case Kind.CODE:
                values = {"source_codes": [_code(row, column_map)]}
            case _:
                values = {"documents": [_document(row, column_map)]}
    except ValidationError as error:
        raise BadRow(first_error(error)) from None
    number = _cell(row, column_map, "visit_number")
    return Statement(column_map.source, number, values, Step.NONE, postings=postings, known_only=_NOT_HERE)


def _cell(row: Row, column_map: ColumnMap, field: str) -> str:
    column = column_map.columns.get(field)
    cell = row.cells.get(column, "") if column else ""
    cell = cell or column_map.constants.get(field, "")
    return column_map.values.get(field, {}).get(cell, cell)


def _line(row: Row, column_map: ColumnMap, field: str) -> str:
    return line(_cell(row, column_map, field))[:MOST_IN_A_LINE]


def _date(row: Row, column_map: ColumnMap, field: str) -> str | None:
    """A date or time as ISO text, in the format that the map names. Raises BadRow."""
    cell = _cell(row, column_map, field)
    if not cell:
        return None
    named = column_map.formats.get(field)
    try:
        if named:
            when = datetime.strptime(cell, named)
            return when.isoformat() if "%H" in named else when.date().isoformat()
        when = datetime.fromisoformat(cell)
        return cell.replace(" ", "T") if len(cell) > 10 else when.date().isoformat()
    except ValueError:
        if found := moment(cell):
            return found
    expected = named or "an ISO date such as 2026-03-02"
    raise BadRow(f"{column_map.columns.get(field, field)}: expected a date as {expected}")


def _patient(row: Row, column_map: ColumnMap) -> dict[str, Any]:
    values: dict[str, Any] = {"source": column_map.source, "mrn": _cell(row, column_map, "mrn")[:120]}
    values |= {name: _line(row, column_map, name) for name in _PATIENT if name in _named(column_map)}
    values.setdefault("family_name", "")
    if "zip" in _named(column_map):
        values["zip"] = _line(row, column_map, "zip").replace("-", "")
    if sex := _cell(row, column_map, "sex"):
        values["sex"] = sex[0].upper() if sex[0].upper() in "FMX" else "U"
    for field in ("birth_date", "deceased_on"):
        if when := _date(row, column_map, field):
            values[field] = when[:10]
    return values


def _encounter(row: Row, column_map: ColumnMap) -> Statement:
    said = _named(column_map)
    number, account = _cell(row, column_map, "visit_number"), _cell(row, column_map, "account_number")
    values: dict[str, Any] = {"started_at": _date(row, column_map, "started_at")}
    if {"family_name", "birth_date", "sex"} & said:
        values["patient"] = _patient(row, column_map)
    else:
        # The row names its patient by number alone: no name of theirs is changed by it.
        values["patient"] = {"source": column_map.source, "mrn": _cell(row, column_map, "mrn")[:120]}
    if account:
        values["account"] = {"source": column_map.source, "account_number": account[:120]}
    if ended := _date(row, column_map, "ended_at"):
        values["ended_at"] = ended
    word = _cell(row, column_map, "setting")
    if word:
        setting = shipped().setting.get(" ".join(word.lower().split()))
        if setting is None:
            raise BadRow(
                f"{column_map.columns.get('setting', 'setting')}: no class of visit is called {line(word)[:40]}"
            )
        values |= {"setting": setting, "patient_class": _CLASS.get(setting, PatientClass.OUTPATIENT)}
    for field in ("hospital_service", "reason", "place_of_service", "discharge_disposition"):
        if field in said:
            cell = _line(row, column_map, field)
            values[field] = cell.zfill(2) if field == "discharge_disposition" and cell.isdigit() else cell
    if place := _line(row, column_map, "facility"):
        values["facility"] = {"source": column_map.source, "local_id": place[:120], "name": place}
    if provider := _cell(row, column_map, "provider_id") or _cell(row, column_map, "provider_npi"):
        family, _, given = _line(row, column_map, "provider_name").partition(",")
        role = ProviderRole.ATTENDING if values.get("setting") == Setting.INPATIENT else ProviderRole.RENDERING
        fields = {"source": column_map.source, "local_id": provider[:120], "family_name": family.strip()}
        fields |= {"given_name": given.strip(), "npi": _line(row, column_map, "provider_npi")}
        values["providers"] = [{"role": role, "provider": fields}]
    if payer := _cell(row, column_map, "payer_id") or _cell(row, column_map, "payer_name"):
        name = _line(row, column_map, "payer_name") or line(payer)
        who = {"source": column_map.source, "local_id": payer[:120], "name": name}
        values["coverages"] = [{"sequence": 1, "payer": who, "member_id": _line(row, column_map, "member_id")}]
    return Statement(
        column_map.source, number[:120], values, Step.PAST, {"setting": Setting.CLINIC} if not word else {}
    )


def _charge(row: Row, column_map: ColumnMap) -> dict[str, Any]:
    units_cell = _cell(row, column_map, "units")
    units_said = whole(units_cell) if units_cell else 1
    amount = cents(_cell(row, column_map, "amount"))
    if units_said is None:
        raise BadRow(f"{column_map.columns.get('units', 'units')}: expected a whole number")
    if amount is None:
        raise BadRow(f"{column_map.columns.get('amount', 'amount')}: expected an amount of money in whole cents")
    modifiers = _cell(row, column_map, "modifiers").replace(",", " ").split()
    modifiers += [cell for n in (2, 3, 4) if (cell := _cell(row, column_map, f"modifier{n}"))]
    code, date = _line(row, column_map, "procedure_code"), _date(row, column_map, "service_date")
    number = (
        _cell(row, column_map, "charge_number") or f"{date}-{code or _cell(row, column_map, 'revenue_code')}-{amount}"
    )
    return {
        "charge_number": number[:110],
        "service_date": (date or "")[:10],
        "procedure_code": code,
        "modifiers": [modifier[:20] for modifier in modifiers[:4]],
        "units": units_said,
        "amount_cents": amount,
        **{
            name: _line(row, column_map, name)
            for name in ("revenue_code", "description", "department", "performer_npi")
        },
    }


def _code(row: Row, column_map: ColumnMap) -> dict[str, Any]:
    fields = ("system", "code", "display")
    kind = _line(row, column_map, "kind") or "diagnosis"
    return {**{field: _line(row, column_map, field) for field in fields}, "kind": kind}


def _document(row: Row, column_map: ColumnMap) -> dict[str, Any]:
    return {
        "document_number": _cell(row, column_map, "document_number")[:120],
        "type_name": _line(row, column_map, "type_name") or "Document",
        "author": _line(row, column_map, "author"),
        "authored_at": _date(row, column_map, "authored_at"),
        "status": "PA",
        "text": _cell(row, column_map, "text"),
    }


def _named(column_map: ColumnMap) -> set[str]:
    return {*column_map.columns, *column_map.constants}
