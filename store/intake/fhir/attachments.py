"""The readable text of a FHIR attachment: plain text and XHTML inline; anything else becomes a pointer in words."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from html.parser import HTMLParser

from store.intake.fhir.models import Attachment

_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_BLOCKS = frozenset(
    ("p", "div", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr", "section", "pre")
)
_HIDDEN = frozenset(("script", "style", "head", "title"))


class BadAttachment(ValueError):
    """The attachment's data is not what it says it is."""


def text_of(attachments: Sequence[Attachment]) -> str:
    """All attachments as one text, one after another. Raises BadAttachment."""
    return "\n\n".join(filter(None, map(_text, attachments)))


def html_to_text(html: str) -> str:
    """Readable text of HTML: a line for each block and table row, list items with a dash."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (re.sub(r"[ \t\r\f\v]+", " ", line).strip() for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _text(attachment: Attachment) -> str:
    kind = attachment.content_type.split(";")[0].strip().lower()
    if not attachment.data:
        where = f" at {attachment.url}" if attachment.url else ""
        return f"not readable here: {kind or 'a document'}{where}" if attachment.url or kind else ""
    if kind not in ("", "text/plain", "text/html", "application/xhtml+xml", "text/markdown"):
        return f"not readable here: {kind}"
    try:
        data = base64.b64decode("".join(attachment.data.split()), validate=True)
    except binascii.Error:
        raise BadAttachment("its attachment is not base64") from None
    text = _decoded(data, attachment.content_type)
    return html_to_text(text) if kind in ("text/html", "application/xhtml+xml") else text


def _decoded(data: bytes, content_type: str) -> str:
    named = _CHARSET.search(content_type)
    for charset in (named[1] if named else "utf-8", "utf-8"):
        try:
            return data.decode(charset)
        except (LookupError, UnicodeError):
            continue
    return data.decode("latin-1")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append("  ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(self._hidden - 1, 0)
        elif tag in _BLOCKS and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)
