"""Codes as people type them: with or without the dot, with blanks or other marks in its place."""

from __future__ import annotations

import re


def may_be_code(word: str) -> bool:
    """Whether a typed word can be a code or the beginning of one."""
    return _CODE_LIKE.fullmatch(word) is not None


def is_dotted(text: str) -> bool:
    """Whether a text can be nothing but an ICD-10-CM code: with its dot."""
    return _DOTTED.fullmatch(text) is not None


def respelled(text: str) -> str:
    """A text that begins with an ICD-10-CM code parted by blanks or marks ("e 11.9", "E11-9") in the usual spelling.

    Empty where it does not look like one. After a blank the rest has to be the whole text: "s72 3 part" is no S72.3.
    """
    match = _PARTED.fullmatch(text)
    if match is None:
        return ""
    rest = match["rest"] or ""
    if rest and match["mark"] and match["mark"].isspace():
        return ""
    return f"{match['letter']}{match['category']}{match['tail'] or ''}{rest}"


_DOTTED = re.compile(r"[A-Za-z](?:[0-9][0-9A-Za-z]|[A-Za-z][0-9])\.[0-9A-Za-z]+")
_PARTED = re.compile(
    r"(?P<letter>[A-Za-z]) ?-?(?P<category>[0-9][0-9A-Za-z])"
    r"(?:(?P<mark> ?[.,\-_] ?|\s+)?(?P<tail>[0-9A-Za-z]{1,4}))?[.\-]?(?P<rest> .*)?"
)
_CODE_LIKE = re.compile(r"[A-Za-z0-9][0-9A-Za-z](?:[0-9A-Za-z](?:\.?[0-9A-Za-z]{0,4}\.?)?)?")
