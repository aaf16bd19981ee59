"""HCPCS Level II: codes and modifiers of a quarter with coverage, pricing and dates.

Source: the quarterly "Alpha-Numeric HCPCS File" of CMS, as records of 320 bytes (`..._CONTR_ANWEB`, layout in
`HCPCS..._recordlayout.txt`) or as its CSV or workbook twin (`..._ANWEB`), and the list of processing notes.
Terminated codes stay in the file for years: presence is not validity, the termination date is.

A whole file has the modifiers, then codes under every letter of HCPCS Level II, A to V, down to the
speech and language services V53.. (CMS, "HCPCS Level II Coding Process & Criteria", sections by letter).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.completeness import OFFICIAL_SIZE, Parts, refuse_cut_off, refuse_lacking
from codesets.sources.editions import Edition
from codesets.sources.periods import calendar_year, compact_date, quarter_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "the HCPCS alphanumeric file: 320-byte records, or its twin that begins HCPC,SEQNUM,RECID"
_RECORD = re.compile(r"(?:[A-Z][0-9]{4}|   [0-9A-Z]{2})[0-9]{5}[3478]")
_CODE = re.compile(r"[A-Z][0-9]{4}")
_MODIFIER = re.compile(r"[0-9A-Z]{2}")
_LETTERS: Parts = (*"ABCEGHJKLMPQRST", "V53")
_LENGTH = 320
_FIRST = ("3", "7")
_NOTES_HEADING = "PROCESSING NOTES"
_NOTE = re.compile(r"\s+(\d{4})--(.*)")


@dataclass(frozen=True)
class HcpcsCode:
    """A code, or a modifier (2 characters), as of one release; texts are the official ones.

    The indicators are those of the record layout, empty where the file has none: `coverage` C carrier
    judgment, D special instructions, I not payable, M not covered, S not covered by statute. `action` is
    what was last done (A added, B and C changed, D discontinued, N nothing, and others), from `effective`.
    `terminated` is the last day, None while the code is in force.
    """

    line: int
    code: str
    title: str
    short_title: str
    pricing: tuple[str, ...]
    multiple_pricing: str
    coverage_manual: tuple[str, ...]
    carrier_manual: tuple[str, ...]
    statute: str
    laboratory: tuple[str, ...]
    cross_references: tuple[str, ...]
    coverage: str
    asc_group: str
    asc_effective: dt.date | None
    opps_group: str
    opps_policy: str
    opps_effective: dt.date | None
    processing_note: str
    betos: str
    types_of_service: tuple[str, ...]
    anesthesia_units: int | None
    added: dt.date | None
    effective: dt.date | None
    terminated: dt.date | None
    action: str

    @property
    def is_modifier(self) -> bool:
        """Whether this is a modifier."""
        return len(self.code) == 2


@dataclass(frozen=True)
class ProcessingNote:
    """A note that codes refer to by its number, four digits."""

    line: int
    number: str
    text: str


@dataclass(frozen=True)
class _Field:
    """Where a field stands: its column in the 320-byte record (from 1), its width, its name in the twin."""

    first: int
    width: int
    heading: str
    times: int = 1


_PRICING = _Field(120, 2, "PRICE", 4)
_MULTIPLE = _Field(128, 1, "MULT_PI")
_CIM = _Field(129, 6, "CIM", 3)
_MCM = _Field(147, 8, "MCM", 3)
_STATUTE = _Field(171, 10, "STATUTE")
_LABORATORY = _Field(181, 3, "LABCERT", 8)
_CROSS = _Field(205, 5, "XREF", 5)
_COVERAGE = _Field(230, 1, "COV")
_ASC_GROUP = _Field(231, 2, "ASC_GRP")
_ASC_DATE = _Field(233, 8, "ASC_DT")
_OPPS = _Field(241, 3, "OPPS")
_OPPS_POLICY = _Field(244, 1, "OPPS_PI")
_OPPS_DATE = _Field(245, 8, "OPPS_DT")
_PROCESSING = _Field(253, 4, "PROCNOTE")
_BETOS = _Field(257, 3, "BETOS")
_SERVICE = _Field(261, 1, "TOS", 5)
_ANESTHESIA = _Field(266, 3, "ANEST_BU")
_ADDED = _Field(269, 8, "ADD DT")
_EFFECTIVE = _Field(277, 8, "ACT EFF DT")
_TERMINATED = _Field(285, 8, "TERM DT")
_ACTION = _Field(293, 1, "ACTION CD")
# Reads one occurrence, from 0, of a field of the record at hand.
_Look = Callable[[_Field, int], str]


def recognize(file: SourceFile) -> Recognized | None:
    """A HCPCS file, by its records or column heads, or its processing notes; the quarter stands in the name."""
    if _begins_with_notes(file):
        return _recognized(file, FileKind.HCPCS_NOTES)
    return _recognized(file, FileKind.HCPCS) if _heads(file) or _has_records(file) else None


def read(file: SourceFile, recognized: Recognized) -> Iterator[HcpcsCode | ProcessingNote | Rejected]:
    """The codes and modifiers, or the notes, in file order.

    A malformed record and a code that occurs twice are rejected; disclaimers above and below are no records.
    Raises UnreadableInput when the file is cut off, lacks the modifiers or the codes of a letter, or holds no code.
    """
    if not cells.is_workbook(file):
        refuse_cut_off(file, _EXPECTED)
    if recognized.kind is FileKind.HCPCS_NOTES:
        yield from _notes(file)
        return
    seen: set[str] = set()
    last = ""
    for row in _twin(file) if _heads(file) else _records(file):
        if isinstance(row, HcpcsCode) and row.code in seen:
            row = Rejected(row.line, f"{row.code} occurs twice", row.title)
        elif isinstance(row, HcpcsCode):
            seen.add(row.code)
            last = row.code
        yield row
    if not seen:
        raise UnreadableInput(f"{file.name}: no codes in it", f"expected {_EXPECTED}")
    if len(seen) >= OFFICIAL_SIZE:
        codes = {code for code in seen if len(code) > 2}
        refuse_lacking(file, codes, last, _LETTERS, least=0)
        if len(codes) == len(seen):
            raise UnreadableInput(f"{file.name}: {len(codes):,} codes, no modifiers", f"expected {_EXPECTED}")


def _recognized(file: SourceFile, kind: FileKind) -> Recognized:
    period = _period(file.name)
    if period is None:
        asks = "the quarter, which only the name could say"
        return Recognized(kind, CodeSystem.HCPCS, "", None, None, asks=asks)
    return Recognized(kind, CodeSystem.HCPCS, period.name, period.starts, period.ends)


def _period(name: str) -> Edition | None:
    """The quarter that the name states; a year alone is the yearly file of the time before quarterly ones."""
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", name)
    return quarter_in(name) or (calendar_year(int(year[1])) if year else None)


def _has_records(file: SourceFile) -> bool:
    found = [line for line in file.head_lines() if _RECORD.match(line)]
    return any(line[10] in _FIRST and compact_date(line[276:284]) for line in found)


def _records(file: SourceFile) -> Iterator[HcpcsCode | Rejected]:
    """The codes of 320-byte records: a first line and, while the long text goes on, continuation lines."""
    pending: list[str] = []
    begun = 0
    for number, line in enumerate(file.lines(), start=1):
        if not _RECORD.match(line):
            # Disclaimers carry no record id in column 11; a line that does and is still no record is damaged.
            if len(line) > 200 and line[10:11] in ("3", "4", "7", "8"):
                yield Rejected(number, "expected a code, five digits and a record id in column 11", line)
            continue
        if line[10] in _FIRST:
            if pending:
                yield _record(begun, pending)
            pending, begun = [line.ljust(_LENGTH)], number
        elif pending and pending[0][:5] == line[:5]:
            pending.append(line.ljust(_LENGTH))
        else:
            yield Rejected(number, f"continues {line[:5].strip()}, which has no first line above it", line)
    if pending:
        yield _record(begun, pending)


def _record(number: int, lines: list[str]) -> HcpcsCode | Rejected:
    first = lines[0]
    title = " ".join(text for text in (line[11:91].strip() for line in lines) if text)

    def look(field: _Field, index: int) -> str:
        begin = field.first - 1 + index * field.width
        return first[begin : begin + field.width].strip()

    return _code(number, first[:5].strip(), title, first[91:119].strip(), look, first.rstrip())


def _twin(file: SourceFile) -> Iterator[HcpcsCode | Rejected]:
    header, places = _heads(file) or (0, {})

    for number, row in cells.rows(file):
        if number <= header or at(row, places["RECID"]) not in _FIRST:
            continue

        def look(field: _Field, index: int, row: tuple[str, ...] = row) -> str:
            heading = f"{field.heading}{index + 1}" if field.times > 1 else field.heading
            return at(row, places[heading]) if heading in places else ""

        title, short = at(row, places["LONG DESCRIPTION"]), at(row, places["SHORT DESCRIPTION"])
        yield _code(number, at(row, places["HCPC"]), title, short, look, ",".join(row))


def _heads(file: SourceFile) -> tuple[int, dict[str, int]] | None:
    """The line of the column heads of the twin and where each stands; None in any other file."""
    for number, row in cells.head_rows(file):
        places = {" ".join(cell.upper().split()): index for index, cell in enumerate(row)}
        if at(row, 0).upper() == "HCPC" and {"RECID", "LONG DESCRIPTION", "SHORT DESCRIPTION"} <= places.keys():
            return number, places
    return None


def _code(number: int, code: str, title: str, short: str, look: _Look, text: str) -> HcpcsCode | Rejected:
    if not (_CODE.fullmatch(code) or _MODIFIER.fullmatch(code)) or not title:
        return Rejected(number, "expected a code or a modifier with its long text", text)
    written = {field: look(field, 0) for field in (_ASC_DATE, _OPPS_DATE, _ADDED, _EFFECTIVE, _TERMINATED)}
    dates = {field: compact_date(value) for field, value in written.items()}
    # Payment dates have slipped by a column in official files; that costs the code no more than the date.
    if wrong := [field for field in (_ADDED, _EFFECTIVE, _TERMINATED) if written[field] and dates[field] is None]:
        return Rejected(number, f"{written[wrong[0]]} is no date as YYYYMMDD", text)
    units = look(_ANESTHESIA, 0)
    if units and not re.fullmatch(r"[0-9]{1,3}", units):
        return Rejected(number, f"{units} is no number of anesthesia base units", text)

    def every(field: _Field) -> tuple[str, ...]:
        return tuple(filter(None, (look(field, index) for index in range(field.times))))

    return HcpcsCode(
        line=number,
        code=code,
        title=title,
        short_title=short,
        pricing=every(_PRICING),
        multiple_pricing=look(_MULTIPLE, 0),
        coverage_manual=every(_CIM),
        carrier_manual=every(_MCM),
        statute=look(_STATUTE, 0),
        laboratory=every(_LABORATORY),
        cross_references=every(_CROSS),
        coverage=look(_COVERAGE, 0),
        asc_group=look(_ASC_GROUP, 0) if dates[_ASC_DATE] else "",
        asc_effective=dates[_ASC_DATE],
        opps_group=look(_OPPS, 0),
        opps_policy=look(_OPPS_POLICY, 0),
        opps_effective=dates[_OPPS_DATE],
        processing_note=look(_PROCESSING, 0),
        betos=look(_BETOS, 0),
        types_of_service=every(_SERVICE),
        anesthesia_units=int(units) if units else None,
        added=dates[_ADDED],
        effective=dates[_EFFECTIVE],
        terminated=dates[_TERMINATED],
        action=look(_ACTION, 0),
    )


def _begins_with_notes(file: SourceFile) -> bool:
    lines = [line.strip() for line in file.head_lines() if line.strip()]
    return bool(lines) and lines[0] == _NOTES_HEADING


def _notes(file: SourceFile) -> Iterator[ProcessingNote | Rejected]:
    """The notes: a number with two hyphens, then lines of text under a right margin of asterisks."""
    number, begun, parts = "", 0, [""]
    for place, line in enumerate(file.lines(), start=1):
        text = line.rstrip("* ")
        if found := _NOTE.match(text):
            if number:
                yield ProcessingNote(begun, number, " ".join(filter(None, parts)))
            number, begun, parts = found[1], place, [found[2].strip()]
        elif number:
            parts.append(text.strip())
    if not number:
        raise UnreadableInput(f"{file.name}: no notes in it", "expected numbered processing notes")
    yield ProcessingNote(begun, number, " ".join(filter(None, parts)))
