"""The ICD-10-CM release that comes with the installation: the data files of the `simple-icd-10-cm`
distribution.

The distribution carries the official tabular XML of April 2026 and, beside it, the list of all codes in the
order of the official order file. Only these two files are read; the package itself is never imported, because
importing it builds its own tree in seconds. Titles of codes with a 7th character are composed as the order
file writes them: the title of the code as printed, a comma, the meaning of the character.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from codesets.errors import ReferenceUnavailable, UnreadableInput
from codesets.sources import icd10cm_tabular, xml
from codesets.sources.icd10cm_order import CodeRow, longest_prefix
from codesets.sources.icd10cm_tabular import SeventhCharacter, TabularCode

DISTRIBUTION = "simple_icd_10_cm"
T = TypeVar("T")

EDITION = "FY2026 Apr"
STARTS = dt.date(2026, 4, 1)
ENDS = dt.date(2026, 9, 30)


@dataclass(frozen=True)
class ShippedFiles:
    """The two data files found in the distribution."""

    tabular: Path
    code_list: Path


def find_files() -> ShippedFiles:
    """The data files of the installed distribution; raises ReferenceUnavailable when they are not there."""
    spec = importlib.util.find_spec(DISTRIBUTION)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        tabulars = [path for path in sorted(Path(folder, "data").glob("*.xml")) if _is_tabular(path)]
        lists = sorted(Path(folder, "data").glob("code-list*.txt"))
        if tabulars and lists:
            return ShippedFiles(tabulars[-1], lists[-1])
    raise ReferenceUnavailable(
        "the ICD-10-CM data files of the simple-icd-10-cm package are missing",
        "install codedesk again, or pip install simple-icd-10-cm==1.5.0",
    )


def read_code_list(path: Path) -> list[str]:
    """The codes of the list without dots, in its order; chapters and sections, which it lists too, left out.

    A section of one category ("B20") stands twice under the same name, so the later one of a pair is dropped.
    Raises UnreadableInput when the file cannot be read or holds no codes.
    """
    try:
        names = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{path.name}: {error}", "expected one code per line") from error
    codes = [name for name in dict.fromkeys(names) if "-" not in name and not name.isdigit()]
    if not codes:
        raise UnreadableInput(f"{path.name}: no codes in it", "expected one code per line")
    return codes


def code_rows(printed: dict[str, TabularCode], codes: list[str]) -> list[CodeRow]:
    """Every code of the list with its title, flag and parent; `printed` is the tabular list by code.

    A code is billable when no other code extends it; its parent is its longest proper prefix in the list.
    Raises UnreadableInput when a code has no printed ancestor or its 7th character no meaning.
    """
    known = set(codes)
    parents = {code: longest_prefix(code, known) for code in codes}
    headers = set(parents.values())
    return [CodeRow(code, _title_of(code, printed), code not in headers, parents[code]) for code in codes]


def printed_base(code: str, printed: Mapping[str, T]) -> T | None:
    """The code as printed in the tabular list to which a 7th character, and any filler X, was added."""
    for length in range(len(code), 2, -1):
        if found := printed.get(code[:length]):
            return found
    return None


def _title_of(code: str, printed: dict[str, TabularCode]) -> str:
    base = printed_base(code, printed)
    if base is None:
        raise UnreadableInput(f"code {code} has no entry in the tabular list", "the two files do not fit")
    if base.code == code:
        return base.title
    if set(code[len(base.code) :]) == {"X"}:
        return base.title
    character = _seventh_character(base, code[-1], printed)
    if character is None:
        raise UnreadableInput(f"code {code}: no meaning for its 7th character", "the two files do not fit")
    return f"{base.title}, {character.meaning}"


def _seventh_character(base: TabularCode, character: str, printed: dict[str, TabularCode]) -> SeventhCharacter | None:
    """The row for the character in the nearest table at or above the printed code."""
    at: TabularCode | None = base
    while at is not None:
        for row in at.seventh_characters:
            if row.character == character:
                return row
        at = printed.get(at.parent) if at.parent else None
    return None


def _is_tabular(path: Path) -> bool:
    with path.open("rb") as file:
        return xml.root_name(file.read(4096)) == icd10cm_tabular.ROOT
