"""The ICD-10-CM tabular list in XML: chapters, sections, codes, notes and 7th characters.

Source: the file `icd10cm-tabular-….xml` of the yearly "Table and Index" package (CDC/NCHS and CMS); its root
element is `ICD10CM.tabular`. Codes with a 7th character do not stand in the file, only the table of
characters does: which of them exist is for the order file, or the code list, to say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from codesets.errors import UnreadableInput
from codesets.notes import NoteKind
from codesets.sources import xml
from codesets.sources.completeness import DIAGNOSES_SIZE
from codesets.sources.icd10cm_index import recognized_xml
from codesets.sources.source import FileKind, Recognized, SourceFile

ROOT = "ICD10CM.tabular"
_CHAPTER_22_FROM = dt.date(2020, 10, 1)


@dataclass(frozen=True)
class SeventhCharacter:
    """One row of a 7th-character table; `also` holds the terms printed under it."""

    character: str
    meaning: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A chapter: its number as text ("1" to "22"), its title without the range, its notes in file order."""

    number: str
    title: str
    notes: tuple[tuple[NoteKind, str], ...]


@dataclass(frozen=True)
class Section:
    """A section (block) of a chapter. `id` is a range ("A00-A09") or one category ("B20")."""

    id: str
    chapter: str
    title: str
    notes: tuple[tuple[NoteKind, str], ...]

    @property
    def first(self) -> str:
        """The first category of the range."""
        return self.id.partition("-")[0]

    @property
    def last(self) -> str:
        """The last category of the range."""
        return self.id.rpartition("-")[2]


@dataclass(frozen=True)
class TabularCode:
    """A category, subcategory or code as printed, without dots; a category has no parent."""

    code: str
    title: str
    parent: str | None
    section: str
    notes: tuple[tuple[NoteKind, str], ...]
    seventh_characters: tuple[SeventhCharacter, ...]


def recognize(file: SourceFile) -> Recognized | None:
    """A tabular list by its root element; the name tells an April edition only."""
    head = file.head(4096)
    return recognized_xml(file, FileKind.CM_TABULAR, head) if xml.root_name(head) == ROOT else None


def read(file: SourceFile, recognized: Recognized) -> Iterator[Chapter | Section | TabularCode]:
    """The parts of the list in file order.

    Raises UnreadableInput for XML that is broken, carries entities, has another root, or holds no codes, and where a
    chapter is missing, or a section that a chapter lists at its beginning.
    """
    root = xml.parse(file, ROOT, "ICD-10-CM tabular XML")
    if root.find("chapter/section/diag") is None:
        raise UnreadableInput(f"{file.name}: no codes in it", "expected chapters, sections and codes")
    _refuse_missing_parts(file, recognized, root)
    for chapter in root.findall("chapter"):
        number = _text(chapter.find("name"))
        yield Chapter(number, _title(chapter), _notes(chapter))
        for section in chapter.findall("section"):
            identity = section.get("id", "")
            yield Section(identity, number, _title(section), _notes(section))
            for diagnosis in section.findall("diag"):
                yield from _codes(diagnosis, None, identity, shown=False)


def _refuse_missing_parts(file: SourceFile, recognized: Recognized, root: Element) -> None:
    """XML that lost elements is well-formed: chapters are known by number, sections by the list of the chapter."""
    remedy = "expected every chapter with the sections that it lists; download it again"
    chapters = {_text(chapter.find("name")): chapter for chapter in root.findall("chapter")}
    if len(chapters) > 1 and sum(1 for _ in root.iter("diag")) >= DIAGNOSES_SIZE:
        # Chapter 22, codes for special purposes, has codes since FY2021.
        last = 22 if recognized.starts and recognized.starts >= _CHAPTER_22_FROM else 21
        if missing := [str(number) for number in range(1, last + 1) if str(number) not in chapters]:
            raise UnreadableInput(f"{file.name}: chapter {', '.join(missing)} is missing", remedy)
    for number, chapter in chapters.items():
        there = {section.get("id") for section in chapter.findall("section")}
        listed = [reference.get("id", "") for reference in chapter.findall("sectionIndex/sectionRef")]
        if lacking := [one for one in listed if one not in there]:
            raise UnreadableInput(f"{file.name}: chapter {number} lists section {lacking[0]}, which is missing", remedy)


def _codes(element: Element, parent: str | None, section: str, shown: bool) -> Iterator[TabularCode]:
    """A code and those below it. The table of visual impairment stands among the notes of the highest code that refers
    to it, and is `shown` below that.
    """
    code, notes = _text(element.find("name")).replace(".", ""), _notes(element)
    table = None if shown else element.find(".//visualImpairment")
    if table is not None and any("table below" in text for _, text in notes):
        notes, shown = (*notes, *((NoteKind.NOTES, text) for text in _impairments(table))), True
    yield TabularCode(code, _text(element.find("desc")), parent, section, notes, _seventh_characters(element))
    for child in element.findall("diag"):
        yield from _codes(child, code, section, shown)


def _impairments(table: Element) -> Iterator[str]:
    """The rows of the table of visual impairment, each as one line under the heads of its columns."""
    heads, *rows = table.findall("visCategory")
    category, most, least = (
        _text(heads.find(place)).rstrip(":").lower()
        for place in ("heading", "visRange/visMax/heading", "visRange/visMin/heading")
    )
    yield f"{_text(heads.find('heading'))}: {_text(heads.find('visRange/heading')).lower()}"
    for row in rows:
        # The same acuity is written in several notations: 6/18, 3/10 (0.3), 20/70.
        ranges = {
            head: " or ".join(_text(one) for one in row.findall(f"visRange/{place}/value"))
            for head, place in ((most, "visMax"), (least, "visMin"))
        }
        told = "; ".join(
            f"{head} {text}" if row.find("visRange/visMin") is not None else text
            for head, text in ranges.items()
            if text
        )
        yield f"{category} {_text(row.find('value'))}: {told}"


def _notes(element: Element) -> tuple[tuple[NoteKind, str], ...]:
    found: list[tuple[NoteKind, str]] = []
    for child in element:
        if child.tag in _KINDS:
            texts = (_text(note) for note in child.findall("note"))
            found.extend((NoteKind(child.tag), text) for text in texts if text)
    return tuple(found)


def _seventh_characters(element: Element) -> tuple[SeventhCharacter, ...]:
    rows: list[SeventhCharacter] = []
    for child in element.findall("sevenChrDef/*"):
        if child.tag == "extension":
            rows.append(SeventhCharacter(child.get("char", ""), _text(child)))
        elif child.tag == "note" and rows:
            # A note belongs to the character printed above it, although the file makes it a sibling.
            last = rows.pop()
            rows.append(SeventhCharacter(last.character, last.meaning, (*last.also, _text(child))))
    return tuple(rows)


def _title(element: Element) -> str:
    """The title of a chapter or section without the range in parentheses at its end."""
    return re.sub(r"\s*\([A-Z0-9]+(-[A-Z0-9]+)?\)$", "", _text(element.find("desc")))


_text = xml.text_of
_KINDS = frozenset(kind.value for kind in NoteKind)
