"""Text measured in terminal cells: cutting, filling and wrapping. Never `len`, which counts a wide character as one.

A line of a screen is a tuple of spans, each a text and the name of its style (`tui.palette`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, chop_cells, set_cell_size

Span = tuple[str, str]
Line = tuple[Span, ...]

CUT = "…"


def cut(text: str, width: int) -> str:
    """The text in at most `width` cells, with a mark where something was cut off."""
    if width <= 0:
        return ""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + CUT


def left(text: str, width: int) -> str:
    """The text at the left of exactly `width` cells."""
    return set_cell_size(cut(text, width), width)


def right(text: str, width: int) -> str:
    """The text at the right of exactly `width` cells."""
    shown = cut(text, width)
    return " " * (width - cell_len(shown)) + shown


def both_ends(text: str, width: int) -> str:
    """The text in exactly `width` cells, a long one cut in its middle: titles say side and encounter at their end."""
    if cell_len(text) <= width or width < 12:
        return left(text, width)
    head = set_cell_size(text, (width - 1) * 3 // 5).rstrip()
    start, room = len(text), width - 1 - cell_len(head)
    while start and cell_len(text[start - 1 :]) <= room:
        start -= 1
    return set_cell_size(head + CUT + text[start:].lstrip(), width)


def minute(at: str) -> str:
    """A stored moment (ISO, UTC) to the minute as people read it: `2026-10-08 09:30`."""
    return at[:16].replace("T", " ")


def counted(number: int, noun: str) -> str:
    """A number with its noun in the right form: `1 claim`, `3 claims`, `2 diagnoses`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-2]}es" if noun.endswith("sis") else f"{number} {noun}s"


def days_in(days: int, width: int = 5) -> str:
    """A number of days as `9d`, below 0 `-9d`; in whole years (`176y`) where that is wider than a column."""
    told = f"{days}d"
    return told if len(told) <= width else f"{int(days / 365.25)}y"


def line_width(line: Line) -> int:
    """How many cells a line takes."""
    return sum(cell_len(text) for text, _ in line)


def fit_line(line: Line, width: int) -> Line:
    """The line cut to `width` cells; what fits stays as it is."""
    if line_width(line) <= width:
        return line
    fitted: list[Span] = []
    room = width
    for text, style in line:
        if room <= 0:
            break
        shown = cut(text, room)
        fitted.append((shown, style))
        room -= cell_len(shown)
    return tuple(fitted)


def ends(start: Line, end: Line, width: int) -> Line:
    """A line with one part at the left and one at the right; the left part gives way."""
    room = width - line_width(end) - 1
    start = fit_line(start, max(room, 0))
    gap = max(width - line_width(start) - line_width(end), 0)
    return (*start, (" " * gap, "text"), *end)


def rule(title: str, note: str, width: int, style: str = "dim") -> Line:
    """A rule with its title at the left and a note at the right: the only frame that screens have."""
    end = f" {note} " if note else ""
    if end:
        end += "─"
    start = f"── {cut(title, max(width - cell_len(end) - 6, 4))} " if title else "──"
    fill = "─" * max(width - cell_len(start) - cell_len(end), 0)
    return ((start, style), (fill, style if style == "dim" else "dim"), (end, style))


def heading(title: str, note: str, width: int, style: str = "dim") -> Line:
    """The same without a rule, for a screen reader: the title, then the note, as one sentence."""
    said = ". ".join(filter(None, (title, note)))
    return ((cut(f"{said}." if said else "", width), style),)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells; words stay whole where they fit, indentation is kept for what follows.

    Any width is taken, as panes have odd ones for a moment while a window changes: less than 2 counts as 2.
    """
    width = max(width, 2)
    wrapped: list[str] = []
    for paragraph in text.split("\n"):
        wrapped.extend(_wrap_paragraph(paragraph.expandtabs(4).rstrip(), width))
    return wrapped


def labeled(label: str, text: str, width: int, style: str = "text", room: int = 11) -> list[Line]:
    """A value behind its label, which has `room` cells, in as many lines as it needs; no line without a value."""
    parts = wrap(text, max(width - room - 2, 10)) if text else []
    return [((f" {'' if number else label:<{room}}", "dim"), (part, style)) for number, part in enumerate(parts)]


def join(parts: Iterable[Line], gap: str = "  ", start: str = "") -> Line:
    """Parts of a line with a gap between them, after a blank start."""
    joined: list[Span] = [(start, "text")]
    for number, part in enumerate(parts):
        if number:
            joined.append((gap, "text"))
        joined.extend(part)
    return tuple(span for span in joined if span[0])


def plain(line: Sequence[Span]) -> str:
    """The text of a line without its styles."""
    return "".join(text for text, _ in line)


def _wrap_paragraph(paragraph: str, width: int) -> list[str]:
    if cell_len(paragraph) <= width:
        return [paragraph]
    body = paragraph.lstrip()
    indent = " " * min(len(paragraph) - len(body), width // 2)
    lines, current = [], indent
    for word in body.split(" "):
        candidate = f"{current} {word}" if current.strip() else indent + word
        if cell_len(candidate) <= width:
            current = candidate
            continue
        if current.strip():
            lines.append(current)
        current = indent + word
        *full, current = chop_cells(word, width - len(indent)) if cell_len(current) > width else [current.lstrip()]
        lines += [indent + piece for piece in full]
        current = indent + current
    lines.append(current)
    return lines
