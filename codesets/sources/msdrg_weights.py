"""MS-DRG weights and lengths of stay of a fiscal year: Table 5 of the IPPS final rule.

Source: "Table 5" of the IPPS final rule (CMS), tab-separated text in cp1252 or workbook. Its title is one
quoted cell of two lines; the columns are DRG, post-acute transfer, special pay, MDC, type, title, weight before
and after the 10 % cap, geometric and arithmetic mean length of stay. DRGs 998 and 999 have no values.

A whole table begins with 001 and ends with 999, ungroupable, as in every version of the MS-DRG grouper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.completeness import refuse_cut_off, refuse_lacking
from codesets.sources.editions import fiscal_year, fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "Table 5: MS-DRG, two post-acute flags, MDC, type, title, weights, lengths of stay"
_ENDS = ("001", "999")
# The fewest DRGs of which the ends are expected; official tables have hundreds.
_OFFICIAL_SIZE = 10
_DRG = re.compile(r"[0-9]{1,3}")
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+")
_NONE = ("", ".", "*", "**")


@dataclass(frozen=True)
class DrgWeight:
    """One MS-DRG, three digits as text. `mdc` is a number of two digits, "PRE", or empty where none applies.

    `kind` is SURG or MED, empty for 998 and 999. Weights and lengths of stay (days) are None where the table
    has none; `capped_weight` is the one that is paid where the table has both.
    """

    line: int
    drg: str
    title: str
    mdc: str
    kind: str
    post_acute: bool
    special_pay: bool
    weight: Decimal | None
    capped_weight: Decimal | None
    geometric_days: Decimal | None
    arithmetic_days: Decimal | None


def recognize(file: SourceFile) -> Recognized | None:
    """Table 5, by its column heads; they or the title state the fiscal year."""
    if (header := _header(file)) is None:
        return None
    stated = re.search(r"FY\s*(20\d\d)", " ".join(cell for _, row in cells.head_rows(file, 4) for cell in row))
    period = fiscal_year(int(stated[1])) if stated else fiscal_year_in(file.name)
    if period is None:
        asks = "the fiscal year, which neither the table nor its name says"
        return Recognized(FileKind.DRG_WEIGHTS, CodeSystem.MSDRG, "", None, None, asks=asks)
    detail = "with weights before and after the cap" if header[2] else ""
    return Recognized(FileKind.DRG_WEIGHTS, CodeSystem.MSDRG, period.name, period.starts, period.ends, detail=detail)


def read(file: SourceFile, recognized: Recognized) -> Iterator[DrgWeight | Rejected]:
    """The DRGs in file order. Raises UnreadableInput when the file is cut off, lacks an end or is empty."""
    if not cells.is_workbook(file):
        refuse_cut_off(file, _EXPECTED)
    if (header := _header(file)) is None:
        raise UnreadableInput(f"{file.name}: no such column heads", f"expected {_EXPECTED}")
    line, places, _ = header
    seen: set[str] = set()
    last = ""
    for number, row in cells.rows(file):
        if number <= line:
            continue
        drg = _weight(number, row, places)
        if isinstance(drg, DrgWeight) and drg.drg in seen:
            drg = Rejected(number, f"DRG {drg.drg} occurs twice", "\t".join(row))
        elif isinstance(drg, DrgWeight):
            seen.add(drg.drg)
            last = drg.drg
        yield drg
    if not seen:
        raise UnreadableInput(f"{file.name}: no DRGs in it", f"expected {_EXPECTED}")
    refuse_lacking(file, seen, last, _ENDS, _OFFICIAL_SIZE, "DRGs")


def _weight(number: int, row: tuple[str, ...], places: dict[str, int]) -> DrgWeight | Rejected:
    cell = {name: at(row, place) for name, place in places.items()}
    numbers = {name: cell.get(name, "") for name in ("weight", "capped", "geometric", "arithmetic")}
    legal = _DRG.fullmatch(cell["drg"]) and cell["title"] and cell["post-acute"].lower() in ("yes", "no")
    if not legal or any(text not in _NONE and not _NUMBER.fullmatch(text) for text in numbers.values()):
        return Rejected(number, f"expected {_EXPECTED}", "\t".join(row))
    value = {name: None if text in _NONE else Decimal(text) for name, text in numbers.items()}
    return DrgWeight(
        line=number,
        drg=cell["drg"].zfill(3),
        title=cell["title"],
        mdc=cell["mdc"].zfill(2) if cell["mdc"].isdigit() else cell["mdc"],
        kind="" if cell["type"] in _NONE else cell["type"],
        post_acute=cell["post-acute"].lower() == "yes",
        special_pay=cell["special pay"].lower() == "yes",
        weight=value["weight"],
        capped_weight=value["capped"] if "capped" in places else value["weight"],
        geometric_days=value["geometric"],
        arithmetic_days=value["arithmetic"],
    )


def _header(file: SourceFile) -> tuple[int, dict[str, int], bool] | None:
    """The line of the column heads, where each column stands, and whether there are two columns of weights."""
    for number, row in cells.head_rows(file):
        heads = [" ".join(cell.lower().split()) for cell in row]
        places = {name: index for name, word in _WORDS for index, head in enumerate(heads) if word in head}
        if at(tuple(heads), 0) == "ms-drg" and {"title", "weight", "geometric", "arithmetic"} <= places.keys():
            places["drg"] = 0
            exact = [index for index, head in enumerate(heads) if head in ("mdc", "type")]
            if len(exact) == 2 and {"post-acute", "special pay"} <= places.keys():
                places["mdc"], places["type"] = exact
                return number, places, "capped" in places
    return None


# Later words win, so that the column after the cap does not count as the weight before it.
_WORDS = (
    ("post-acute", "post-acute"),
    ("special pay", "special pay"),
    ("title", "title"),
    ("weight", "before cap"),
    ("capped", "cap applied"),
    ("geometric", "geometric mean los"),
    ("arithmetic", "arithmetic mean los"),
)
