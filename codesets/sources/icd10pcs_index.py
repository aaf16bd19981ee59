"""The ICD-10-PCS alphabetic index in XML: terms that lead to codes, tables and other terms.

Source: `icd10pcs_index_YYYY.xml` of the yearly "ICD-10-PCS Codes and Index" package (CMS). A term points on by
`see` (another root operation), `use` (the body part or device value a name belongs to), a complete code, the
beginning of codes (3 to 6 characters) or a table; `see` and `use` can name codes or a table themselves.

A whole index has main terms under every letter, X and Y perhaps left out, the last under Z.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element

from codesets.sources import xml
from codesets.sources.completeness import refuse_lacking
from codesets.sources.icd10pcs_tables import recognize_pcs_xml
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile
from codesets.sources.xml import text_of

ROOT = "ICD10PCS.index"
_EXPECTED = "the ICD-10-PCS index XML"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWZ"
_CODE = re.compile(r"[0-9A-HJ-NP-Z]{1,7}")


class PointerKind(StrEnum):
    """How a term points on."""

    SEE = "see"
    USE = "use"
    CODE = "code"
    CODES = "codes"
    TABLE = "tab"


@dataclass(frozen=True)
class Pointer:
    """Where a term leads. `text` is a term to see or use, `code` a code or the beginning of codes, or empty."""

    kind: PointerKind
    text: str
    code: str


@dataclass(frozen=True)
class IndexTerm:
    """A term of the index. `number` counts the terms from 0 in file order; a main term has level 0, no parent.

    `title` is empty where the entry is only a further pointer of the term above it.
    """

    number: int
    parent: int | None
    level: int
    letter: str
    title: str
    pointers: tuple[Pointer, ...]


def recognize(file: SourceFile) -> Recognized | None:
    """The index of a fiscal year, which the file states itself."""
    return recognize_pcs_xml(file, ROOT, FileKind.PCS_INDEX)


def read(file: SourceFile, recognized: Recognized) -> Iterator[IndexTerm | Rejected]:
    """The terms in file order, a term before those below it.

    A term with neither title nor pointer, or with a code that is none, is rejected; those below it stay.
    Raises UnreadableInput when the file is no such XML or has no main term under a letter.
    """
    root = xml.parse(file, ROOT, _EXPECTED)
    number = 0
    main: dict[str, None] = {}
    for letter in root.findall("letter"):
        initial = text_of(letter.find("title"))
        waiting: list[tuple[Element, int | None, int]] = []
        waiting += ((term, None, 0) for term in reversed(letter.findall("mainTerm")))
        while waiting:
            element, parent, level = waiting.pop()
            term = _term(element, number, parent, level, initial)
            yield term
            below = number if isinstance(term, IndexTerm) else parent
            number += isinstance(term, IndexTerm)
            if level == 0 and isinstance(term, IndexTerm):
                main[term.title.upper()] = None
            waiting += [(child, below, level + 1) for child in element.findall("term")][::-1]
    refuse_lacking(file, main, next(reversed(main), "its head"), _LETTERS, what="main terms")


def _term(element: Element, number: int, parent: int | None, level: int, letter: str) -> IndexTerm | Rejected:
    title = text_of(element.find("title"))
    pointers = tuple(pointer for child in element if child.tag in _TAGS for pointer in _pointers(child))
    if not title and not pointers:
        return Rejected(0, "expected a title or a reference", f"{letter}, term {number + 1}")
    if wrong := [pointer.code for pointer in pointers if pointer.code and not _CODE.fullmatch(pointer.code)]:
        return Rejected(0, f"{wrong[0]} is no beginning of an ICD-10-PCS code", title)
    return IndexTerm(number, parent, level, letter, title, pointers)


def _pointers(element: Element) -> list[Pointer]:
    """One pointer, or one for each of the codes and tables that a `see` or `use` names."""
    kind = PointerKind(element.tag)
    if kind not in (PointerKind.SEE, PointerKind.USE):
        return [Pointer(kind, "", text_of(element))]
    named = [text_of(child) for child in element if child.tag in ("code", "codes", "tab")]
    return [Pointer(kind, _own_text(element), code) for code in named or [""]]


def _own_text(element: Element) -> str:
    """The text directly in the element, without that of the codes it names."""
    return " ".join(" ".join([element.text or "", *(child.tail or "" for child in element)]).split())


_TAGS = frozenset(kind.value for kind in PointerKind)
