"""The ICD-10-CM tabular list in XML: chapters, sections, codes, notes and 7th characters.

Source: the file `icd10cm-tabular-….xml` of the yearly "Table and Index" package (CDC/NCHS and CMS); its root
element is `ICD10CM.tabular`. Codes with a 7th character do not stand in the file, only the table of
characters does: which of them exist is for the order file, or the code list, to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from codesets.errors import UnreadableInput
from codesets.notes import NoteKind

ROOT = "ICD10CM.tabular"


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


@dataclass(frozen=True)
class Tabular:
    """A whole tabular list, each part in file order. `version` is the fiscal year as the file states it."""

    version: str
    chapters: tuple[Chapter, ...]
    sections: tuple[Section, ...]
    codes: tuple[TabularCode, ...]


def recognizes(head: bytes) -> bool:
    """Whether a file that begins with these bytes (some 4 KB) is a tabular list; the name does not matter."""
    first = re.search(rb"<\s*([A-Za-z_][\w.-]*)", head)
    return first is not None and first[1] == ROOT.encode()


def read(path: Path) -> Tabular:
    """Read a tabular list.

    Raises UnreadableInput when the file is missing, no well-formed XML, carries entities, or has another
    root.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ParseError, DefusedXmlException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnreadableInput(f"{path.name}: {reason}", "expected the ICD-10-CM tabular XML") from error
    if root.tag != ROOT:
        raise UnreadableInput(f"{path.name}: root element {root.tag}", f"expected {ROOT}")
    chapters: list[Chapter] = []
    sections: list[Section] = []
    codes: list[TabularCode] = []
    for chapter in root.findall("chapter"):
        number = _text(chapter.find("name"))
        chapters.append(Chapter(number, _title(chapter), _notes(chapter)))
        for section in chapter.findall("section"):
            identity = section.get("id", "")
            sections.append(Section(identity, number, _title(section), _notes(section)))
            for diagnosis in section.findall("diag"):
                codes.extend(_codes(diagnosis, None, identity))
    return Tabular(_text(root.find("version")), tuple(chapters), tuple(sections), tuple(codes))


def _codes(element: Element, parent: str | None, section: str) -> Iterator[TabularCode]:
    code = _text(element.find("name")).replace(".", "")
    yield TabularCode(code, _text(element.find("desc")), parent, section, _notes(element), _seventh_characters(element))
    for child in element.findall("diag"):
        yield from _codes(child, code, section)


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


def _text(element: Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


_KINDS = frozenset(kind.value for kind in NoteKind)
