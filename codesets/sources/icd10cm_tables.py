"""The ICD-10-CM table of neoplasms and table of drugs and chemicals, in XML; the drug table also as CSV.

Source: `icd10cm-neoplasm-YYYY.xml`, `icd10cm-drug-YYYY.xml` (or `.csv` from 2025) of the "Table and Index"
package (CDC/NCHS). Same root as the index, but with the heads of columns 1 to 7; each term has up to six cells.
The CSV has a title row, a header row and an empty column at the end; the levels of its terms are dashes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import xml
from codesets.sources.completeness import refuse_cut_off
from codesets.sources.editions import fiscal_year_in
from codesets.sources.icd10cm_index import (
    ROOT,
    Column,
    IndexTarget,
    IndexTerm,
    TargetKind,
    recognized_xml,
    refuse_letters,
    terms,
)
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_COLUMNS = 7
# Of the substances; the neoplasm table has one main term, and its sites are below it.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DASHES = re.compile(r"(?:[-\u2013]\s+)+")
_CELL = re.compile(r"[A-Z][0-9A-Z]{2}(?:\.[0-9A-Z]{0,4})?-*")


def recognize(file: SourceFile) -> Recognized | None:
    """A table by its first column: Neoplasm, or Substance."""
    head = file.head(4096)
    if xml.root_name(head) == ROOT and b"<indexHeading" in head:
        first = re.search(rb'<head col="1">\s*([^<\s]*)', head)
        kinds = {b"Neoplasm": FileKind.CM_NEOPLASMS, b"Substance": FileKind.CM_DRUGS}
        kind = kinds.get(first[1]) if first else None
        return recognized_xml(file, kind, head) if kind else None
    if any(line.startswith("Substance,Poisoning") for line in file.head_lines(3)):
        edition = fiscal_year_in(file.name)
        return Recognized(
            FileKind.CM_DRUGS,
            CodeSystem.ICD10CM,
            edition.name if edition else "",
            edition.starts if edition else None,
            edition.ends if edition else None,
            detail="as CSV",
            asks="" if edition else "the fiscal year, because the name does not say it",
        )
    return None


def read(file: SourceFile, recognized: Recognized) -> Iterator[Column | IndexTerm | Rejected]:
    """The heads of the columns, then the terms in file order.

    Raises UnreadableInput for a file that is broken or cut off, or whose columns are not the official ones.
    """
    if xml.root_name(file.head(4096)) == ROOT:
        root = xml.parse(file, ROOT, recognized.kind.value)
        heads = [Column(int(head.get("col", "0")), xml.text_of(head)) for head in root.findall("indexHeading/head")]
        _check_heads(file, heads, recognized.kind)
        yield from heads
        letters: set[str] = set()
        mains = 0
        for row in terms(root):
            if isinstance(row, IndexTerm) and row.level == 0:
                mains += 1
                letters.add(row.title[:1].upper())
            yield row
        refuse_letters(file, letters, mains, _LETTERS)
    else:
        yield from _csv(file, recognized)


def _csv(file: SourceFile, recognized: Recognized) -> Iterator[Column | IndexTerm | Rejected]:
    parents: list[int] = []
    number, last, mains = 0, "", 0
    letters: set[str] = set()
    with file.text() as text:
        rows = csv.reader(text)
        for cells in rows:
            if cells and cells[0] == "Substance":
                heads = [Column(place, cell.strip()) for place, cell in enumerate(cells[:_COLUMNS], start=1)]
                _check_heads(file, heads, recognized.kind)
                yield from heads
                break
        for cells in rows:
            title, codes = cells[0].strip() if cells else "", [cell.strip() for cell in cells[1:_COLUMNS]]
            if not title or title == "Substance":  # the header row, set again at the top of a page
                continue
            if len(codes) < _COLUMNS - 1 or not all(cell.strip("-") == "" or _CELL.fullmatch(cell) for cell in codes):
                yield Rejected(rows.line_num, "expected a substance and six cells of codes", ",".join(cells)[:120])
                continue
            dashes = _DASHES.match(title)
            level = min(sum(c in "-\u2013" for c in dashes[0]) if dashes else 0, len(parents))
            title = title[dashes.end() :] if dashes else title
            targets = tuple(
                IndexTarget(TargetKind.CELL, cell, column)
                for column, cell in enumerate(codes, start=2)
                if cell.strip("-")
            )
            parents[level:] = [number]
            yield IndexTerm(number, parents[level - 1] if level else None, level, title, "", targets)
            number += 1
            if level == 0:
                mains += 1
                letters.add(title[:1].upper())
                last = max(last, title[:1].upper())
    refuse_cut_off(file, "the drug table as CSV")
    if last < "Z":
        raise UnreadableInput(f"{file.name}: substances end at {last!r}", "expected substances from A to Z")
    refuse_letters(file, letters, mains, _LETTERS)


def _check_heads(file: SourceFile, heads: list[Column], kind: FileKind) -> None:
    """The columns must mean what the program takes them for, whatever their exact wording in a year."""
    wanted = _HEADS[kind]
    for place, words in enumerate(wanted, start=1):
        head = next((column.head.lower() for column in heads if column.number == place), "")
        if not all(word in head for word in words.split()):
            expected = ", ".join(wanted)
            raise UnreadableInput(f"{file.name}: column {place} is {head!r}", f"expected the columns {expected}")


_HEADS = {
    FileKind.CM_NEOPLASMS: (
        "neoplasm",
        "malignant primary",
        "malignant secondary",
        "situ",
        "benign",
        "uncertain",
        "unspec",
    ),
    FileKind.CM_DRUGS: ("substance", "accident", "self", "assault", "undetermined", "adverse", "under"),
}
