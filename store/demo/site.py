"""The made-up site: facilities, payers, clinicians, staff, and charts written for it, each with its answer key.

Reads `site.toml` and `charts/NN-name.toml` beside this module and makes `NativeEncounter` objects of the charts.
It touches no database: intake takes the encounters in like those of any other source. The answer keys follow the
ICD-10-CM official guidelines of FY2026; sections are cited as I.C.4.a in each reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from sqlmodel import SQLModel

from codesets.errors import UnreadableInput
from store.intake.native import NativeCoverage, NativeDocument, NativeEncounter
from store.models.directory import FacilityFields, PayerFields, ProviderFields
from store.models.encounter import AccountFields, ChargeFields, SourceCodeFields
from store.models.patient import PatientFields
from store.terms import CodingKind, DiagnosisRole, Role

_STRICT = ConfigDict(extra="forbid")
_PARTS = ("patient", "account", "coverages", "providers", "documents", "charges", "source_codes")

Fields = TypeVar("Fields", bound=SQLModel)
Kind = TypeVar("Kind")


class DemoSiteError(UnreadableInput):
    """A file of the made-up site is wrong; the message names the file and the field."""

    title = "demo site"


@dataclass(frozen=True, config=_STRICT)
class DemoPerson:
    """A made-up member of staff; `login` is the name of the operating system account."""

    login: str
    name: str
    role: Role


@dataclass(frozen=True, config=_STRICT)
class PlantedFault:
    """A fault put into a chart on purpose, for the edits to find. `chart` is the chart's number."""

    chart: int
    what: str
    note: str


@dataclass(frozen=True, config=_STRICT)
class KeyDiagnosis:
    """A diagnosis of the answer key: dotted code, role, POA (inpatient only), why, and the words of the chart.

    `sides` names the sides of the bill it belongs to; empty means every task of the chart.
    """

    code: str
    role: DiagnosisRole
    reason: str
    evidence: str
    poa: str = ""
    sides: tuple[CodingKind, ...] = ()


@dataclass(frozen=True, config=_STRICT)
class KeyProcedure:
    """A procedure of the answer key: an HCPCS Level II line, or an ICD-10-PCS code (no pointers, no charge).

    `pointers` are 1-based positions among the key's diagnoses; `charge_cents` is the extended amount in cents;
    `service_date` is an ISO day.
    """

    system: str
    code: str
    service_date: str
    reason: str
    evidence: str
    modifiers: tuple[str, ...] = ()
    units: int = 1
    pointers: tuple[int, ...] = ()
    charge_cents: int = 0
    performer_npi: str = ""
    sides: tuple[CodingKind, ...] = ()


@dataclass(frozen=True, config=_STRICT)
class AnswerKey:
    """What the chart should be coded to, in sequence, and what a hurried coder would get wrong."""

    diagnoses: tuple[KeyDiagnosis, ...]
    procedures: tuple[KeyProcedure, ...] = ()
    traps: tuple[str, ...] = ()

    def diagnoses_of(self, kind: CodingKind) -> tuple[KeyDiagnosis, ...]:
        """The diagnoses of one side of the bill, in sequence; positions that lines point to do not move."""
        return tuple(d for d in self.diagnoses if not d.sides or kind in d.sides)

    def procedures_of(self, kind: CodingKind) -> tuple[KeyProcedure, ...]:
        """The procedures of one side of the bill, in sequence."""
        return tuple(p for p in self.procedures if not p.sides or kind in p.sides)


@dataclass(frozen=True, config=ConfigDict(arbitrary_types_allowed=True))
class DemoChart:
    """One chart: its number, its short name, the encounter as intake takes it, and its answer key."""

    number: int
    name: str
    encounter: NativeEncounter
    key: AnswerKey


@dataclass(frozen=True, config=ConfigDict(arbitrary_types_allowed=True))
class DemoSite:
    """The whole made-up site, charts in the order of their numbers."""

    source: str
    facilities: tuple[FacilityFields, ...]
    payers: tuple[PayerFields, ...]
    providers: tuple[ProviderFields, ...]
    people: tuple[DemoPerson, ...]
    planted: tuple[PlantedFault, ...]
    charts: tuple[DemoChart, ...] = field(repr=False)


@dataclass(frozen=True, config=ConfigDict(arbitrary_types_allowed=True))
class Directory:
    """What `site.toml` says, by local id, so that charts can refer to it."""

    source: str
    facilities: dict[str, FacilityFields]
    payers: dict[str, PayerFields]
    providers: dict[str, ProviderFields]
    people: tuple[DemoPerson, ...]
    planted: tuple[PlantedFault, ...]


@lru_cache(maxsize=1)
def load_site() -> DemoSite:
    """The made-up site, read once. Raises DemoSiteError with file and field where a file is wrong."""
    folder = files("store.demo")
    directory = read_directory(_read(folder / "site.toml"), "site.toml")
    paths = sorted((p for p in (folder / "charts").iterdir() if p.name.endswith(".toml")), key=lambda p: p.name)
    charts = tuple(read_chart(_read(path), path.name, directory) for path in paths)
    _unique(charts)
    return DemoSite(
        source=directory.source,
        facilities=tuple(directory.facilities.values()),
        payers=tuple(directory.payers.values()),
        providers=tuple(directory.providers.values()),
        people=directory.people,
        planted=directory.planted,
        charts=charts,
    )


def answer_key(visit_number: str) -> AnswerKey | None:
    """The answer key of the visit, or None where the made-up site has no such visit."""
    for chart in load_site().charts:
        if chart.encounter.visit_number == visit_number:
            return chart.key
    return None


def read_directory(content: Mapping[str, Any], name: str) -> Directory:
    """The directory from the content of `site.toml`. Raises DemoSiteError with file and field."""
    source = str(_need(content, "source", name))

    def by_local_id(table: str, model: type[Fields]) -> dict[str, Fields]:
        _need(content, table, name)
        rows = [_row(model, row, name, place, source=source) for place, row in _rows(content, table, name)]
        return {str(row.model_dump()["local_id"]): row for row in rows}

    return Directory(
        source=source,
        facilities=by_local_id("facilities", FacilityFields),
        payers=by_local_id("payers", PayerFields),
        providers=by_local_id("providers", ProviderFields),
        people=_parse(tuple[DemoPerson, ...], _need(content, "people", name), name, "people"),
        planted=_parse(tuple[PlantedFault, ...], content.get("planted", []), name, "planted"),
    )


def read_chart(content: Mapping[str, Any], name: str, directory: Directory) -> DemoChart:
    """One chart from the content of its file. Raises DemoSiteError with file and field."""
    _only(content, {"number", "name", "encounter", "key", *_PARTS}, name, "chart")
    encounter = {**_table(content, "encounter", name), "source": directory.source}
    encounter["facility"] = _find(directory.facilities, encounter.get("facility"), name, "encounter.facility")
    encounter["patient"] = _row(
        PatientFields, _table(content, "patient", name), name, "patient", source=directory.source
    )
    encounter["account"] = _row(
        AccountFields, _table(content, "account", name), name, "account", source=directory.source
    )
    encounter["coverages"] = [
        _row(NativeCoverage, row | {"payer": _find(directory.payers, row.get("payer"), name, place)}, name, place)
        for place, row in _rows(content, "coverages", name)
    ]
    encounter["providers"] = [
        {"role": row.get("role"), "provider": _find(directory.providers, row.get("provider"), name, place)}
        for place, row in _rows(content, "providers", name)
    ]
    for table, model in (("documents", NativeDocument), ("charges", ChargeFields), ("source_codes", SourceCodeFields)):
        encounter[table] = [_row(model, row, name, place) for place, row in _rows(content, table, name)]
    key = _parse(AnswerKey, _need(content, "key", name), name, "key")
    return DemoChart(
        number=_parse(int, _need(content, "number", name), name, "number"),
        name=_parse(str, _need(content, "name", name), name, "name"),
        encounter=_parse(NativeEncounter, encounter, name, "encounter"),
        key=key,
    )


def _read(path: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DemoSiteError(f"{path.name}: {error}", "reinstall codedesk") from error


def _need(content: Mapping[str, Any], table: str, name: str) -> Any:
    if table not in content:
        raise DemoSiteError(f"{name}: {table}: missing")
    return content[table]


def _table(content: Mapping[str, Any], table: str, name: str) -> dict[str, Any]:
    return _parse(dict[str, Any], _need(content, table, name), name, table)


def _rows(content: Mapping[str, Any], table: str, name: str) -> list[tuple[str, dict[str, Any]]]:
    rows = _parse(list[dict[str, Any]], content.get(table, []), name, table)
    return [(f"{table}.{number}", row) for number, row in enumerate(rows, 1)]


def _find(known: Mapping[str, Fields], local_id: object, name: str, place: str) -> Fields:
    if local_id not in known:
        raise DemoSiteError(f"{name}: {place}: {local_id!r} is not in site.toml")
    return known[str(local_id)]


def _row(model: type[Fields], row: Mapping[str, Any], name: str, place: str, **given: str) -> Fields:
    """A row of a table; field names that the table does not have are an error, not silently dropped."""
    _only(row, set(model.model_fields) - set(given), name, place)
    return _parse(model, {**row, **given}, name, place)


def _only(row: Mapping[str, Any], known: set[str], name: str, place: str) -> None:
    unknown = sorted(set(row) - known)
    if unknown:
        raise DemoSiteError(f"{name}: {place}.{unknown[0]}: no such field")


def _parse(kind: type[Kind], value: Any, name: str, place: str) -> Kind:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([place, *(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])])
        raise DemoSiteError(f"{name}: {where}: {first['msg']}") from error


def _unique(charts: tuple[DemoChart, ...]) -> None:
    seen: dict[str, int] = {}
    for chart in charts:
        for number in (f"chart {chart.number}", f"visit {chart.encounter.visit_number}"):
            if number in seen:
                raise DemoSiteError(f"{chart.number:02d}-{chart.name}.toml: {number} is there twice")
            seen[number] = chart.number
