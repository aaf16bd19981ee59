"""CPT codes and texts from the user's licensed files of the American Medical Association.

Three forms are read: the consolidated list (tab-separated, with heads such as "CPT Code", "Long", "Medium",
"Short"), the older delimited files (code, tab, text) and the older fixed files (code in columns 1-5, text from
column 7, or a two-digit line number before the text where it goes over several lines). A notice of the AMA
stands above the codes; where a site took it away, the name must say what the file is. Neither codes nor texts of
CPT are part of this program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.periods import calendar_year
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "an AMA CPT file: the consolidated list, or code and text delimited by a tab or in fixed columns"
_CODE = re.compile(r"[0-9A-Z]{2}[0-9]{2}[0-9A-Z]")
_DELIMITED = re.compile(r"(?P<code>[0-9A-Z]{2}[0-9]{2}[0-9A-Z])\t(?P<text>\S.*)")
_NUMBERED = re.compile(r"(?P<code>[0-9A-Z]{2}[0-9]{2}[0-9A-Z]) ?(?P<line>[0-9]{2}) ?(?P<text>\S.*)")
_FIXED = re.compile(r"(?P<code>[0-9A-Z]{2}[0-9]{2}[0-9A-Z]) (?P<text>\S.*)")
_NOTICE = re.compile(r"american medical association|\bCPT\b", re.IGNORECASE)
_BARE = re.compile(r"[0-9]{4}[0-9A-Z](?=[\t ])")
# LONGULT.txt, LONGUF.txt, MEDU.txt, SHORTU.txt, or whatever says CPT.
_AMA_NAME = re.compile(r"(?<![a-z])(?:longu|medu|shortu)|cpt", re.IGNORECASE)
_FEWEST_BARE = 20
_HEAD_LINES = 200
_SHORT, _MEDIUM = 28, 48


class TextKind(StrEnum):
    """Which of the three texts of a code; short has at most 28 characters, medium at most 48."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


@dataclass(frozen=True)
class CptText:
    """A code with one of its texts."""

    line: int
    code: str
    kind: TextKind
    text: str


def recognize(file: SourceFile) -> Recognized | None:
    """A CPT file: the heads of the consolidated list, or a notice of the AMA above lines of code and text.

    `part` is "all" for the consolidated list, else the kind of text. The year stands in the notice or the name.
    """
    heads = _heads(file)
    form = None if heads else _form(file)
    if heads is None and form is None:
        return None
    said = re.search(r"CPT\W{0,12}(20\d\d)", " ".join(file.head_lines(40)))
    year = said or re.search(r"(?<!\d)(20\d\d)(?!\d)", file.name)
    part = "all" if heads else _kind(file, form).value if form else None
    if year is None:
        asks = "the year, which neither the notice nor the name says"
        return Recognized(FileKind.CPT, CodeSystem.CPT, "", None, None, part=part, asks=asks)
    period = calendar_year(int(year[1]))
    return Recognized(FileKind.CPT, CodeSystem.CPT, period.name, period.starts, period.ends, part=part)


def read(file: SourceFile, recognized: Recognized) -> Iterator[CptText | Rejected]:
    """The texts in file order. Raises UnreadableInput when the file is none of the forms or holds no code."""
    heads, found = _heads(file), False
    if heads is None and _form(file) is None:
        raise UnreadableInput(f"{file.name}: no lines of code and text", f"expected {_EXPECTED}")
    for row in _consolidated(file, *heads) if heads else _lines(file):
        found = found or isinstance(row, CptText)
        yield row
    if not found:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {_EXPECTED}")


def _consolidated(file: SourceFile, header: int, places: dict[str, int]) -> Iterator[CptText | Rejected]:
    seen: set[str] = set()
    for number, row in cells.rows(file):
        if number <= header:
            continue
        code = at(row, places["cpt code"])
        if not _CODE.fullmatch(code) or code in seen:
            reason = f"{code} occurs twice" if code in seen else "expected a code of five characters"
            yield Rejected(number, reason, "\t".join(row[:3]))
            continue
        seen.add(code)
        for kind in TextKind:
            if text := at(row, places[kind.value]):
                yield CptText(number, code, kind, text)


def _lines(file: SourceFile) -> Iterator[CptText | Rejected]:
    """The lines of a delimited or fixed file; the text of a code may go over several numbered lines."""
    form = _form(file) or _FIXED
    kind = _kind(file, form)
    code, begun, parts = "", 0, [""]
    seen: set[str] = set()
    for number, line in enumerate(file.lines(), start=1):
        found = form.match(line)
        if found and found["code"] == code and form is _NUMBERED:
            parts.append(found["text"].strip())
            continue
        if code:
            yield CptText(begun, code, kind, " ".join(parts))
            code = ""
        if found is None and seen and line:
            yield Rejected(number, "expected a code and its text", line)
        elif found and found["code"] in seen:
            yield Rejected(number, f"{found['code']} occurs twice", line)
        elif found:
            code, begun, parts = found["code"], number, [found["text"].strip()]
            seen.add(code)
    if code:
        yield CptText(begun, code, kind, " ".join(parts))


def _form(file: SourceFile) -> re.Pattern[str] | None:
    """The form of the lines below the notice; None without such lines, and without both a notice and the AMA's name."""
    lines = [line for line in file.head_lines(_HEAD_LINES) if line]
    begins = next((index for index, line in enumerate(lines) if _FIXED.match(line) or _DELIMITED.match(line)), None)
    if begins is None:
        begins = next((index for index, line in enumerate(lines) if _NUMBERED.match(line)), None)
    if begins is None or not (_NOTICE.search(" ".join(lines[:begins])) or _is_named_so(file, lines[begins:-1])):
        return None
    below = lines[begins:-1] or lines[begins:]
    for form in (_DELIMITED, _NUMBERED, _FIXED):
        if all(map(form.match, below)):
            return form
    return None


def _is_named_so(file: SourceFile, lines: list[str]) -> bool:
    """Whether a file without its notice is named as the AMA names it and has what no other list of codes has.

    Its codes go up line by line, four digits and one more character; lists of zip codes look so too, but for the name.
    """
    found = [code[0] for line in lines if (code := _BARE.match(line))]
    ascending = all(one <= after for one, after in zip(found, found[1:], strict=False))
    return bool(_AMA_NAME.search(file.name)) and len(found) == len(lines) > _FEWEST_BARE and ascending


def _kind(file: SourceFile, form: re.Pattern[str]) -> TextKind:
    """The kind of text: by the longest text of the file, because names differ from year to year."""
    if form is _NUMBERED:
        return TextKind.LONG
    longest = max((len(found["text"].strip()) for line in file.lines() if (found := form.match(line))), default=0)
    return TextKind.SHORT if longest <= _SHORT else TextKind.MEDIUM if longest <= _MEDIUM else TextKind.LONG


def _heads(file: SourceFile) -> tuple[int, dict[str, int]] | None:
    """The line of the heads of the consolidated list and where they stand; None in any other file."""
    for number, row in cells.head_rows(file, 40):
        places = {cell.lower(): index for index, cell in enumerate(row)}
        if {"cpt code", "long", "medium", "short"} <= places.keys():
            return number, places
    return None
