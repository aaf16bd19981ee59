"""The XML of the official packages: told apart by the root element, parsed with entities refused."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from codesets.errors import UnreadableInput
from codesets.sources.source import SourceFile

# The largest official file, the alphabetic index, has some 10 MB.
_LARGEST = 100_000_000


def root_name(file: SourceFile) -> str:
    """The name of the root element; empty when the file is no XML."""
    head = re.sub(rb"<!--.*?-->", b"", file.head(4096), flags=re.DOTALL).lstrip(b"\xef\xbb\xbf \t\r\n")
    found = re.match(rb"(?:<\?.*?\?>\s*)?<\s*([A-Za-z_][\w.-]*)", head, re.DOTALL)
    return found[1].decode("ascii", "replace") if found else ""


def parse(file: SourceFile, root: str, expected: str) -> Element:
    """The root element, which must have this name.

    Raises UnreadableInput when the file is too large, cut off, no well-formed XML, carries entities, or has
    another root; `expected` says in words what it should have been.
    """
    if file.size > _LARGEST:
        raise UnreadableInput(f"{file.name}: {file.size:,} bytes of XML", f"expected {expected}")
    try:
        with file.open() as opened:
            element: Element = ElementTree.parse(opened).getroot()
    except (OSError, ParseError, DefusedXmlException, ValueError, LookupError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnreadableInput(f"{file.name}: {reason}", f"expected {expected}") from error
    if element.tag != root:
        raise UnreadableInput(f"{file.name}: root element {element.tag}", f"expected {root}")
    return element


def text_of(element: Element | None) -> str:
    """All text inside the element with its blanks run together; empty for None."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def own_text(element: Element) -> str:
    """The text directly in the element, without that of its children."""
    return " ".join(" ".join([element.text or "", *(child.tail or "" for child in element)]).split())
