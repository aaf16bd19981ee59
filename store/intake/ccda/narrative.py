"""The narrative of a CDA section as readable text of 78 columns: paragraphs, lists, tables, line breaks.

A table keeps its columns where they fit, wraps its cells where they nearly do, and becomes a list of named values
where they do not. Source: HL7 CDA R2, section 4.3.5 (narrative block).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

COLUMNS = 78
MOST_DEPTH = 60
_GAP = 2
_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_BLOCKS = frozenset(("paragraph", "list", "table", "caption", "br"))


def text_of(block: Element, width: int = COLUMNS) -> str:
    """The narrative below a `text` element, without blank lines at its ends."""
    lines = [line.rstrip() for line in _blocks(block, width, 0)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def words(element: Element, depth: int = 0) -> str:
    """All words below an element on one line."""
    return _SPACE.sub(" ", "".join(_inline(element, depth))).strip()


def _blocks(element: Element, width: int, depth: int) -> Iterator[str]:
    """The lines below an element; text between blocks makes paragraphs of its own."""
    if depth > MOST_DEPTH:
        return
    held: list[str] = [element.text or ""]

    def flush() -> list[str]:
        text = _SPACE.sub(" ", "".join(held)).strip()
        held.clear()
        return _wrapped(text, width) if text else []

    for child in element:
        name = local(child)
        if name == "br":
            yield from flush() or ([""] if depth == 0 and not held else [])
        elif name == "paragraph":
            yield from flush()
            yield from _blocks(child, width, depth + 1)
            yield ""
        elif name == "caption":
            yield from flush()
            yield from _wrapped(words(child), width)
        elif name == "list":
            yield from flush()
            yield from _list(child, width, depth + 1)
        elif name == "table":
            yield from flush()
            yield from _table(child, width)
            yield ""
        elif _has_blocks(child):
            yield from flush()
            yield from _blocks(child, width, depth + 1)
        else:
            held.append("".join(_inline(child, depth)))
        held.append(child.tail or "")
    yield from flush()


def _has_blocks(element: Element) -> bool:
    return any(local(one) in _BLOCKS for one in element.iter())


def _inline(element: Element, depth: int) -> Iterator[str]:
    if depth > MOST_DEPTH or not local(element):
        return
    if local(element) == "renderMultiMedia":
        yield "(picture) "
    yield element.text or ""
    for child in element:
        separate = " " if local(child) in (*_BLOCKS, "item", "td", "th", "tr") else ""
        yield separate
        yield from _inline(child, depth + 1)
        yield separate + (child.tail or "")


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 10), break_on_hyphens=False)


def _list(element: Element, width: int, depth: int) -> Iterator[str]:
    ordered = element.get("listType") == "ordered"
    number = 0
    for child in element:
        if local(child) == "caption":
            yield from _wrapped(words(child), width)
        if local(child) != "item":
            continue
        number += 1
        mark = f"{number}. " if ordered else "- "
        lines = [line for line in _blocks(child, width - len(mark), depth + 1) if line] or [""]
        yield mark + lines[0]
        yield from (" " * len(mark) + line for line in lines[1:])


def _table(element: Element, width: int) -> Iterator[str]:
    caption = next((child for child in element if local(child) == "caption"), None)
    if caption is not None:
        yield from _wrapped(words(caption), width)
    head: list[str] = []
    body: list[list[str]] = []
    for row in (one for one in element.iter() if local(one) == "tr"):
        cells = [one for one in row if local(one) in ("td", "th")]
        texts = [words(cell) for cell in cells for _ in range(_span(cell))]
        if not head and not body and cells and all(local(cell) == "th" for cell in cells):
            head = texts
        elif any(texts):
            body.append(texts)
    yield from _laid_out(head, body, width)


def _span(cell: Element) -> int:
    """A cell over several columns is said once, in the first of them."""
    return 1


def _laid_out(head: Sequence[str], body: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    rows = [*([head] if head else []), *body]
    count = max((len(row) for row in rows), default=0)
    if not count:
        return
    full = [[*row, *[""] * (count - len(row))] for row in rows]
    natural = [max(len(row[column]) for row in full) for column in range(count)]
    room = width - _GAP * (count - 1)
    widths = natural if sum(natural) <= room else _squeezed(full, natural, room)
    if widths is None:
        yield from _named(head, body, width)
        return
    for number, row in enumerate(full):
        cells = [_wrapped(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
        for line in range(max(map(len, cells))):
            parts = [(c[line] if line < len(c) else "").ljust(size) for c, size in zip(cells, widths, strict=True)]
            yield (" " * _GAP).join(parts).rstrip()
        if number == 0 and head:
            yield (" " * _GAP).join("-" * size for size in widths)


def _squeezed(rows: Sequence[Sequence[str]], natural: Sequence[int], room: int) -> list[int] | None:
    """Widths that fit, no narrower than a column's longest word needs; None where there are none."""
    least = [
        min(size, max([10, *(min(len(word), 16) for row in rows for word in row[column].split())]))
        for column, size in enumerate(natural)
    ]
    spare = room - sum(least)
    if spare < 0:
        return None
    wanted = [size - low for size, low in zip(natural, least, strict=True)]
    total = sum(wanted) or 1
    return [low + spare * want // total for low, want in zip(least, wanted, strict=True)]


def _named(head: Sequence[str], body: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Each row as its values by the names of their columns."""
    for row in body:
        first = True
        for column, value in enumerate(row):
            if not value:
                continue
            name = head[column] if column < len(head) else ""
            lines = _wrapped(f"{name}: {value}" if name else value, width - 2)
            for line in lines:
                yield ("- " if first else "  ") + line
                first = False
