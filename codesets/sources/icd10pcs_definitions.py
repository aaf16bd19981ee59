"""The ICD-10-PCS definitions in XML: what the values of the axes mean, and which names belong to them.

Source: `icd10pcs_definitions_YYYY.xml` of the yearly "ICD-10-PCS Codes and Index" package (CMS): by section and
axis the operations with definition and explanation, the body-part, approach, device and substance keys, and
the device aggregation table, which says under which broader device a specific one is coded.

A whole file defines values of the sections from 0 (medical and surgical) over F and G to X (new technology).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from codesets.sources import xml
from codesets.sources.completeness import refuse_lacking
from codesets.sources.icd10pcs_tables import recognize_pcs_xml
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile
from codesets.sources.xml import text_of

ROOT = "ICD10PCS.definitions"
_EXPECTED = "the ICD-10-PCS definitions XML"
_SECTIONS = "0FGX"


@dataclass(frozen=True)
class Definition:
    """What a label of an axis (position 3 to 7) means in a section.

    `titles` are the labels it holds for, more than one for left, right and bilateral; `includes` the names
    that belong to them. Definition and explanation can be empty.
    """

    section: str
    axis: int
    axis_title: str
    titles: tuple[str, ...]
    definition: str
    explanation: str
    includes: tuple[str, ...]


@dataclass(frozen=True)
class DeviceAggregate:
    """A specific device that is coded as a broader one (`value`, `parent`) in an operation and body systems."""

    device: str
    operation: str
    body_systems: tuple[str, ...]
    value: str
    parent: str


def recognize(file: SourceFile) -> Recognized | None:
    """The definitions of a fiscal year, which the file states itself."""
    return recognize_pcs_xml(file, ROOT, FileKind.PCS_DEFINITIONS)


def read(file: SourceFile, recognized: Recognized) -> Iterator[Definition | DeviceAggregate | Rejected]:
    """The definitions in file order, then the device aggregates.

    Raises UnreadableInput when the file is no such XML or lacks one of these sections.
    """
    root = xml.parse(file, ROOT, _EXPECTED)
    defined: dict[str, None] = {}
    for section in root.findall("section"):
        for axis in section.findall("axis"):
            for terms in axis.findall("terms"):
                row = _definition(section.get("code", ""), axis, terms)
                if isinstance(row, Definition):
                    defined[f"{row.section}: {row.titles[0]}"] = None
                yield row
    for aggregate in root.iterfind("deviceAggregation/aggregate"):
        yield _aggregate(aggregate)
    refuse_lacking(file, defined, next(reversed(defined), "its head"), _SECTIONS, what="definitions")


def _definition(section: str, axis: Element, terms: Element) -> Definition | Rejected:
    titles = _texts(terms, "title")
    position = axis.get("pos", "")
    if len(section) != 1 or position not in ("1", "2", "3", "4", "5", "6", "7") or not titles:
        where = f"section {section} axis {position} {' / '.join(titles)}"
        return Rejected(0, "expected a section, an axis from 1 to 7 and a title", where)
    return Definition(
        section=section,
        axis=int(position),
        axis_title=text_of(axis.find("title")),
        titles=titles,
        definition=text_of(terms.find("definition")),
        explanation=text_of(terms.find("explanation")),
        includes=_texts(terms, "includes"),
    )


def _aggregate(element: Element) -> DeviceAggregate | Rejected:
    parent = element.find("parent")
    device, value = text_of(element.find("device")), parent.get("value", "") if parent is not None else ""
    if not device or len(value) != 1:
        return Rejected(0, "expected a device and the value it is coded with", device)
    operation = text_of(element.find("operation"))
    return DeviceAggregate(device, operation, _texts(element, "bodySys"), value, text_of(parent))


def _texts(element: Element, tag: str) -> tuple[str, ...]:
    return tuple(text for text in map(text_of, element.findall(tag)) if text)
