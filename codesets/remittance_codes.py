"""What the codes of a remittance and the lists of a claim form mean: the site's own list first, else own wording.

Adjustment and remark codes are X12's, bill type and revenue codes the NUBC's: their texts are there only when the
site imported its licensed list. For common adjustment codes a short meaning in own wording is shipped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codesets.reference import Reference
from codesets.shipped_tables import read_table
from codesets.sources.carc_rarc import RemitList
from codesets.sources.source import FileKind
from codesets.sources.ub_codes import UbList

_FILE = Path(__file__).parent / "data" / "carc.csv"
_COLUMNS = ("code", "meaning")


@dataclass(frozen=True)
class CodeMeaning:
    """A code of a list. `official` says that `text` is from the list that the site imported as `edition`.

    `in_force` is whether the code holds on the date by that list; None for own wording, which has no dates.
    """

    code: str
    text: str
    official: bool
    edition: str
    in_force: bool | None


def meaning(reference: Reference, of: RemitList | UbList, code: str, on: dt.date) -> CodeMeaning | None:
    """The meaning of a code on a date; None when neither an imported list nor the shipped one has it.

    An imported list that does not cover the date still explains an old code, because codes are not reused.
    """
    row = reference.db.execute(
        "SELECT text, edition, coalesce(e.starts, '') <= ? AND coalesce(e.ends, '9999') >= ?"
        " FROM list_entries e JOIN loads ON loads.id = load_id WHERE kind IN (?, ?) AND list = ? AND code = ?"
        " ORDER BY ? BETWEEN loads.starts AND loads.ends DESC, loads.starts DESC LIMIT 1",
        (str(on), str(on), FileKind.CARC_RARC.value, FileKind.UB_CODES.value, of.value, code, str(on)),
    ).fetchone()
    if row:
        return CodeMeaning(code, row[0], True, row[1], bool(row[2]))
    text = _shipped().get(code) if of is RemitList.CARC else None
    return CodeMeaning(code, text, False, "", None) if text else None


def adjustment_meanings(reference: Reference, codes: Iterable[str], on: dt.date) -> dict[str, str]:
    """The texts of those adjustment reason codes that have a meaning on the date."""
    found = {code: meaning(reference, RemitList.CARC, code, on) for code in codes}
    return {code: one.text for code, one in found.items() if one}


@cache
def _shipped() -> dict[str, str]:
    return {row[0]: row[1] for row in read_table(_FILE, _COLUMNS)}
