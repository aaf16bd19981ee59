"""The document that decides the coding of a visit: where a chart opens. Kinds by setting stand in `deciding.csv`.

It is a place to begin reading, no rule of what may be coded from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from codesets.shipped_tables import read_table
from codesets.suggest.weights import document_weight
from store.queries.charts import ChartDocument
from store.terms import Setting


@dataclass(frozen=True)
class _Kind:
    """A kind of document by LOINC codes and the beginnings of its names."""

    codes: frozenset[str]
    names: tuple[str, ...]

    def fits(self, document: ChartDocument) -> bool:
        return document.type_code in self.codes or document.type_name.lower().startswith(self.names)


def deciding(setting: Setting, documents: Sequence[ChartDocument]) -> int:
    """The place, from 0, of the newest document of the visit's kind, a signed one first; `documents` oldest first.

    Where none of the kind has come it is the newest of those whose kind says most; 0 for a chart without documents.
    """
    places = range(len(documents))
    for kind in _kinds()[setting]:
        if of_kind := [place for place in places if kind.fits(documents[place])]:
            return max(of_kind, key=lambda place: (documents[place].status.authenticated, place))
    return max(places, key=lambda place: (document_weight(documents[place].type_name), place), default=0)


@cache
def _kinds() -> dict[Setting, list[_Kind]]:
    kinds: dict[Setting, list[_Kind]] = {setting: [] for setting in Setting}
    path = Path(str(files("store.coding").joinpath("deciding.csv")))
    for setting, codes, names in read_table(path, ("setting", "codes", "names")):
        kinds[Setting(setting)].append(_Kind(frozenset(codes.split()), tuple(names.lower().split("/"))))
    return kinds
