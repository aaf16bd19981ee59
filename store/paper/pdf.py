"""Pages of a form as PDF, for the eye: each value where it is printed, under a small label in our own words.

PDF 1.4 with the two fonts that every reader has; no library is needed for text at places. The page is letter paper.

Source: ISO 32000-1, sections 7.5 (file structure), 8.5 (lines) and 9.4 (text).
"""

from __future__ import annotations

from collections.abc import Sequence

from store.paper.grid import Field, Page

WIDTH, HEIGHT = 612, 792
_PITCH, _LEADING = 7.0, 11.6
_LEFT, _TOP = 22, 772
_SIZE, _SMALL = 9.5, 4


def pdf_of(pages: Sequence[Page], title: str) -> bytes:
    """A PDF file with these pages."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    kids = []
    for number, page in enumerate(pages, 1):
        drawn = _drawn(page, f"{title}   page {number} of {len(pages)}").encode("cp1252", "replace")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
        contents = len(objects)
        box = f"[0 0 {WIDTH} {HEIGHT}]"
        fonts = "<< /Font << /V 3 0 R /L 4 0 R >> >>"
        made = f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Resources {fonts} /Contents {contents} 0 R >>"
        objects.append(made.encode())
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    return _file(objects)


def _drawn(page: Page, title: str) -> str:
    """The drawing of a page: labels and rules of all fields in gray, then the values."""
    parts = ["0.55 g 0.75 G 0.4 w"]
    for place in page.fields.values():
        x, y = _at(place)
        parts.append(_text(place.label, x, y + 6.4, "L", _SMALL))
        parts.append(f"{x:.1f} {y - 1.6:.1f} m {x + place.width * _PITCH:.1f} {y - 1.6:.1f} l S")
    parts.append(_text(title, _LEFT, 12, "L", 7))
    parts.append("0 g")
    for place, text in page.values:
        x, y = _at(place)
        if place.align == "right":
            x += (place.width - len(text)) * _PITCH
        spaced = f"{_PITCH - 0.6 * _SIZE:.2f} Tc"
        parts.append(_text(text, x, y, "V", _SIZE, spaced))
    return "\n".join(parts)


def _at(place: Field) -> tuple[float, float]:
    return _LEFT + (place.column - 1) * _PITCH, _TOP - (place.row - 1) * _LEADING


def _text(text: str, x: float, y: float, font: str, size: float, spacing: str = "0 Tc") -> str:
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /{font} {size} Tf {spacing} {x:.1f} {y:.1f} Td ({escaped}) Tj ET"


def _file(objects: Sequence[bytes]) -> bytes:
    """The objects in a file with its table of places."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
