"""Which code a level of a family of visits is at this site: the user's own table, since none may ship.

`em_codes.csv` in codedesk's folder has the columns family, level, code: `office_established,4,…`, a line a level.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from codesets.errors import UnreadableInput
from codesets.home import home

FILE = "em_codes.csv"
_COLUMNS = ["family", "level", "code"]
_CODE = re.compile(r"[0-9A-Z]{5}")


def site_code(family: str, level: int, path: Path | None = None) -> str:
    """The code of a level, empty where the site has no table or no line for it. Raises UnreadableInput."""
    return site_codes(path).get((family, level), "")


def site_codes(path: Path | None = None) -> dict[tuple[str, int], str]:
    """Every line of the table; empty where there is no file. Raises UnreadableInput with the line that is wrong."""
    path = path or home() / FILE
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{path.name}: {error}", "mend or remove the file") from None
    if not rows or [cell.strip().lower() for cell in rows[0]] != _COLUMNS:
        raise UnreadableInput(f"{path.name}: expected the columns {', '.join(_COLUMNS)}", "mend or remove the file")
    found = {}
    for number, row in enumerate(rows[1:], 2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != 3 or not cells[1].isdigit() or not _CODE.fullmatch(cells[2].upper()):
            raise UnreadableInput(f"{path.name} line {number}: expected family, level, code of five characters")
        found[cells[0], int(cells[1])] = cells[2].upper()
    return found
