"""Files that lie beside the official ones and hold no codes: schemas, readmes, record layouts, PDFs, web pages.

An import leaves them aside and says what they are; a file that is neither this nor a known kind is a fault.
"""

from __future__ import annotations

import re

from codesets.sources import xml
from codesets.sources.source import SourceFile

_DESCRIBING = re.compile(r"read[ _-]?me|layout|licen[cs]e|disclaimer|guidelines?|whats?[ _-]?new", re.IGNORECASE)
_MOST_COLUMNS = 3


def accompanies(file: SourceFile) -> str:
    """What the file is, in words ("an XML schema"); empty where it may be more than company."""
    head = file.head(4096)
    if head.startswith(b"%PDF-"):
        return "a PDF document"
    if re.search(rb"<(\w+:)?schema\b", head) and b"XMLSchema" in head:
        return "an XML schema"
    if xml.root_name(head).lower() == "html" or head.lstrip()[:14].lower() == b"<!doctype html":
        return "a web page"
    # Prose is told by its name too, and never where it has columns: a table can be called a layout.
    if _DESCRIBING.search(file.name) and b"\0" not in head and not _has_columns(file):
        return "a description"
    return ""


def _has_columns(file: SourceFile) -> bool:
    lines = [line for line in file.head_lines(20)[:-1] if line.strip()]
    return any(max(line.count(mark) for mark in "\t|") >= _MOST_COLUMNS for line in lines)
