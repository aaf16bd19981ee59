"""Reads the XML of official files safely: no entities, no runaway depth, one clear error for anything broken."""

from __future__ import annotations

import re
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from codesets.errors import UnreadableInput
from codesets.sources.source import SourceFile

_REFUSED = "it declares entities or outside references, which no official file does"
# The deepest official file nests terms nine deep; anything far beyond is not one of them.
_DEEPEST = 40
_ROOT = re.compile(rb"<\s*([A-Za-z_][\w.-]*)")


def root_name(head: bytes) -> str:
    """The name of the first element in these bytes; empty where there is none."""
    found = _ROOT.search(head)
    return found[1].decode("ascii") if found else ""


def parse(file: SourceFile, expected: str, what: str) -> Element:
    """The root element, which must be `expected`.

    Raises UnreadableInput for XML that is cut off or broken, carries entities, nests too deep or has another root.
    """
    remedy = f"expected the {what.removeprefix('the ')}, complete and as published"
    try:
        with file.open() as content:
            root = _shallow(content)
    except (OSError, ParseError, DefusedXmlException, ValueError, LookupError) as error:
        reason = _REFUSED if isinstance(error, DefusedXmlException) else getattr(error, "strerror", None) or str(error)
        raise UnreadableInput(f"{file.name}: {reason}", remedy) from error
    if root.tag != expected:
        raise UnreadableInput(f"{file.name}: root element {root.tag}", remedy)
    return root


def text_of(element: Element | None) -> str:
    """All text inside the element with single blanks; empty for None."""
    return " ".join("".join(element.itertext()).replace("\u00a0", " ").split()) if element is not None else ""


def _shallow(content: BinaryIO) -> Element:
    depth = 0
    root: Element | None = None
    for event, element in ElementTree.iterparse(content, ("start", "end")):
        depth += 1 if event == "start" else -1
        root = element if root is None else root
        if depth > _DEEPEST:
            raise ValueError(f"elements nest deeper than {_DEEPEST}")
    if root is None:
        raise ValueError("no XML in it")
    return root
