"""The ICD-10-CM alphabetic index and the external-cause index in XML.

Source: `icd10cm-index-YYYY.xml` and `icd10cm-eindex-YYYY.xml` of the "Table and Index" package (CDC/NCHS); root
`ICD10CM.index`. Main terms hold terms, nested to level 9; the words of `nemod` are non-essential modifiers and
can stand inside a title. One term can lead to several places, so its targets are a list in file order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import xml
from codesets.sources.completeness import OFFICIAL_SIZE
from codesets.sources.editions import fiscal_year, fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

ROOT = "ICD10CM.index"
_CODE = re.compile(r"[A-Z][0-9A-Z]{2}(?:\.[0-9A-Z]{0,4})?[.\s-]*")
_LAST_MAIN_TERM = "V"  # every edition has main terms up to the letter Z; both indexes go beyond V
# The letters under which every edition since FY2017 has main terms.
_LETTERS = {
    FileKind.CM_INDEX: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    FileKind.CM_EXTERNAL_CAUSES: "ABCDEFGHIJKLMNOPRSTUVW",
}


class TargetKind(StrEnum):
    """The elements by which a term leads somewhere."""

    CODE = "code"
    MANIFESTATION = "manif"
    SEE = "see"
    SEE_ALSO = "seeAlso"
    SEE_CATEGORY = "seecat"
    SUBCATEGORY = "subcat"
    CELL = "cell"


@dataclass(frozen=True)
class IndexTarget:
    """Where a term leads: a code as printed ("S72.0-"), or the words of a reference.

    `column` is 2 to 7 in the neoplasm and drug tables, else 0.
    """

    kind: TargetKind
    text: str
    column: int = 0

    @property
    def code(self) -> str | None:
        """The code without dot and dash, or None for a reference in words."""
        if self.kind in (TargetKind.SEE, TargetKind.SEE_ALSO):
            return None
        return re.sub(r"[.\s-]", "", self.text) or None


@dataclass(frozen=True)
class IndexTerm:
    """A main term (level 0) or a term below one. `id` is its rank in the file from 0.

    `title` is as printed, `modifiers` the non-essential words in it, with their parentheses.
    """

    id: int
    parent: int | None
    level: int
    title: str
    modifiers: str
    targets: tuple[IndexTarget, ...]


@dataclass(frozen=True)
class Column:
    """The head of a column of the neoplasm or drug table, as printed; column 1 is the term."""

    number: int
    head: str


def recognize(file: SourceFile) -> Recognized | None:
    """An index without column heads; the title tells the external causes from the diseases."""
    head = file.head(4096)
    if xml.root_name(head) != ROOT or b"<indexHeading" in head:
        return None
    title = re.search(rb"<title>([^<]*)", head)
    external = title is not None and b"EXTERNAL" in title[1].upper()
    kind = FileKind.CM_EXTERNAL_CAUSES if external else FileKind.CM_INDEX
    return recognized_xml(file, kind, head)


def recognized_xml(file: SourceFile, kind: FileKind, head: bytes) -> Recognized:
    """What an XML file of the package is: the year from its version, an April edition from its name."""
    version = re.search(rb"<version>([^<]*)", head)
    stated = version[1].decode("utf-8", errors="replace").strip() if version else ""
    edition, named = fiscal_year_in(stated), fiscal_year_in(file.name)
    if edition and named and named.name.endswith("Apr"):
        edition = fiscal_year(edition.ends.year, april=True)
    edition = edition or named
    return Recognized(
        kind,
        CodeSystem.ICD10CM,
        edition.name if edition else "",
        edition.starts if edition else None,
        edition.ends if edition else None,
        detail=f"version {stated}" if stated else "",
        asks="" if edition else "the fiscal year, because neither version nor name says it",
    )


def read(file: SourceFile, recognized: Recognized) -> Iterator[IndexTerm | Rejected]:
    """The terms in file order, a main term before those below it.

    Raises UnreadableInput for XML that is broken, ends before the last letters of the alphabet or lacks one of them.
    """
    root = xml.parse(file, ROOT, recognized.kind.value)
    last, mains = "", 0
    letters: set[str] = set()
    for row in terms(root):
        if isinstance(row, IndexTerm) and row.level == 0:
            mains += 1
            letters.add(row.title[:1].upper())
            last = max(last, row.title[:1].upper())
        yield row
    if last < _LAST_MAIN_TERM:
        raise UnreadableInput(f"{file.name}: main terms end at {last!r}", "expected main terms from A to Z")
    refuse_letters(file, letters, mains, _LETTERS[recognized.kind])


def refuse_letters(file: SourceFile, letters: set[str], mains: int, wanted: str) -> None:
    """Raise UnreadableInput where no main term begins with one of the wanted letters; not of a book of a few terms."""
    missing = [letter for letter in wanted if letter not in letters]
    if missing and mains >= OFFICIAL_SIZE:
        raise UnreadableInput(
            f"{file.name}: {mains:,} main terms, but none that begins with {', '.join(missing)}",
            f"expected main terms that begin with each of {', '.join(wanted)}; download it again",
        )


def terms(root: Element) -> Iterator[IndexTerm | Rejected]:
    """The terms of an index or a table, numbered in file order."""
    number = 0
    for main in root.findall("letter/mainTerm"):
        waiting: list[tuple[Element, int | None, int]] = [(main, None, 0)]
        while waiting:
            element, parent, level = waiting.pop()
            title = element.find("title")
            targets, odd = _targets(element)
            name = _title(title)
            modifiers = " ".join(xml.text_of(one) for one in title.findall("nemod")) if title is not None else ""
            for text in odd:
                if text[0].islower():  # words that say what is meant, set as if they were a code
                    name, modifiers = f"{name} ({text})", f"{modifiers} ({text})".strip()
                else:
                    yield Rejected(0, "expected a code", f"{name}: {text}")
            if name or targets:
                yield IndexTerm(number, parent, level, name, modifiers, targets)
            waiting += [(below, number, level + 1) for below in reversed(element.findall("term"))]
            number += 1


def _title(title: Element | None) -> str:
    """The title with a blank between words and modifiers, which the file sets close."""
    if title is None:
        return ""
    parts = [title.text or ""]
    for child in title:
        parts += [" ", "".join(child.itertext()), " ", child.tail or ""]
    return " ".join("".join(parts).replace("\u00a0", " ").split()).replace(" ,", ",")


def _targets(element: Element) -> tuple[tuple[IndexTarget, ...], list[str]]:
    """The targets of a term, and what should have been a code and is none."""
    found: list[IndexTarget] = []
    odd: list[str] = []
    for child in element:
        if child.tag not in _KINDS:
            continue
        kind, text = TargetKind(child.tag), xml.text_of(child)
        if kind in (TargetKind.SEE, TargetKind.SEE_ALSO):
            if text:
                found.append(IndexTarget(kind, text))
        elif text.strip("- "):
            if _CODE.fullmatch(text.strip("[] ")):
                column = child.get("col", "0") if kind is TargetKind.CELL else "0"
                found.append(IndexTarget(kind, text.strip("[] "), int(column) if column.isdigit() else 0))
            else:
                odd.append(text)
    return tuple(found), odd


_KINDS = frozenset(kind.value for kind in TargetKind)
