"""What of an address, a name or an identifier cannot be written as the guides want it, in words.

Source: 005010X222A1 and 005010X223A2: N301, N401 to N403, NM103, NM109 and PRV03 wherever they are required; lengths by
the data elements 19 (city, 2 to 30), 67 (identifier, 2 to 80), 127 and 116.
"""

from __future__ import annotations

import re
from functools import lru_cache

from codesets.states import states
from store.claims.people import Address, Practitioner
from store.scrub.checks.registry import written
from store.x12.writer import writable

SHORTEST, LONGEST = 2, 80
"""Characters of an identifier (NM109)."""

_STATES = states()
_ZIP = re.compile(r"(?!00000)[0-9]{5}([- ]?[0-9]{4})?").fullmatch
_TAXONOMY = re.compile(r"[0-9A-Z]{9}X")


def is_state(letters: str) -> bool:
    """Whether a state, territory or military region has these two letters, blanks around them and case aside."""
    return letters.strip().upper() in _STATES


def is_zip(text: str) -> bool:
    """Whether a ZIP code has five or nine digits, with or without the hyphen, and is not all zeros."""
    return _ZIP(text.strip()) is not None


def is_city(name: str) -> bool:
    """Whether a city has two characters or more that can be written."""
    return len(written(name)) >= SHORTEST


def can_stand(text: str) -> bool:
    """Whether a text has something to write and none of it is taken out, as the delimiters of a file are."""
    found = writable(text)
    return bool(found.text) and not found.removed


def can_be_written(address: Address) -> bool:
    """Whether street, city, state and ZIP code can all be written; `lacking` says what cannot."""
    return (
        address.state.strip().upper() in _STATES
        and _ZIP(address.zip.strip()) is not None
        and len(written(address.city)) >= SHORTEST
        and bool(written(address.line1))
    )


def lacking(address: Address) -> tuple[str, ...]:
    """What an address lacks: parts that are empty, and such as there are not."""
    wrong = []
    if not written(address.line1):
        wrong.append("street")
    if not is_city(address.city):
        wrong.append(_or_given("city", "a city of two letters or more", address.city))
    if not is_state(address.state):
        wrong.append(_or_given("state", "a state that there is", address.state))
    if not is_zip(address.zip):
        wrong.append(_or_given("ZIP code", "a ZIP code that there is", address.zip))
    return tuple(wrong)


def _or_given(name: str, words: str, given: str) -> str:
    return f"{words} ({given.strip()})" if given.strip() else name


@lru_cache(1 << 12)
def identifier_fault(identifier: str) -> str:
    """What is wrong with an identifier: its length, or a character that is replaced in writing; empty for nothing."""
    text = identifier.strip()
    if not SHORTEST <= len(text) <= LONGEST:
        return f"has {len(text)} character{'s' if len(text) != 1 else ''}; it takes {SHORTEST} to {LONGEST}"
    return "" if written(text) == text.upper() else "holds a character that cannot be written"


def valid_taxonomy(code: str) -> bool:
    """Whether it has the form of a code of the NUCC taxonomy: nine letters or digits and X."""
    return _TAXONOMY.fullmatch(code) is not None


@lru_cache(1 << 12)
def clinician_fault(who: Practitioner, with_taxonomy: bool) -> str:
    """What is wrong with the name of a clinician, or with the taxonomy where that is written too; empty for nothing."""
    if not written(who.family_name):
        return "has no last name"
    if with_taxonomy and who.taxonomy.strip() and not valid_taxonomy(who.taxonomy.strip().upper()):
        return f"has the taxonomy {who.taxonomy.strip()}, which is none of ten characters"
    return ""
