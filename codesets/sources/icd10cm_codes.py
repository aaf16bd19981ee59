"""The ICD-10-CM codes file: billable codes and long titles alone, for want of the order file.

Source: `icd10cm_codes_YYYY.txt` of the "Code Descriptions" package: columns 1-7 code, 9- long title. It lacks
headers, short titles and flags; where the order file of the same edition is loaded, this file adds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources.editions import fiscal_year_in
from codesets.sources.icd10cm_order import CODE, CodeRow, check_whole
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_LINE = re.compile(r"[A-Z][0-9A-Z]{2,6} +\S")
_ORDER_COLUMNS = re.compile(r"\d{5} +[01] ")
"""What stands before a title in the order file, and never in one."""


def recognize(file: SourceFile) -> Recognized | None:
    """A codes file of ICD-10-CM: codes of several lengths, none with a dot, and titles."""
    lines = [line for line in file.head_lines(400)[:-1] if line]
    codes = [line[:7].strip() for line in lines if _LINE.match(line)]
    ours = [code for code in codes if CODE.fullmatch(code)]
    if len(ours) < max(3, len(lines) * 0.9) or ours[0][:3] != "A00":
        return None
    edition = fiscal_year_in(file.name)
    return Recognized(
        FileKind.CM_CODES,
        CodeSystem.ICD10CM,
        edition.name if edition else "",
        edition.starts if edition else None,
        edition.ends if edition else None,
        detail="billable codes only: headers and short titles are in the order file",
        asks="" if edition else "the fiscal year, because the name does not say it",
    )


def read(file: SourceFile, recognized: Recognized) -> Iterator[CodeRow | Rejected]:
    """The billable codes in file order, without parents; raises UnreadableInput for a file that is cut off."""
    known: set[str] = set()
    for number, line in enumerate(file.lines(), start=1):
        if not line:
            continue
        code, title = line[:7].strip(), line[8:].strip()
        if _ORDER_COLUMNS.match(title):
            raise UnreadableInput(
                f"{file.name}: line {number} has the order number behind the code",
                "expected the codes file, code and title alone, or the order file as published",
            )
        if not CODE.fullmatch(code) or not title or line[7:8] not in ("", " ") or code in known:
            yield Rejected(number, "expected a code, once, and its title", line[:120])
            continue
        known.add(code)
        yield CodeRow(code, title, True, None)
    check_whole(file, recognized, {code[:3] for code in known}, set())
