"""Whether a claim can be written as it stands: the quick answer before its texts are written to see what changes.

Most claims hold plain short texts. Where all of them are of the characters that are never replaced, and shorter than
the tightest place they can be written to, writing changes nothing, and it need not be done to know that.
Source: 005010X222A1, lengths of N3, N4, NM103 to NM107; X12.6, basic character set.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from store.claims.content import ClaimContent

LONGEST, LONGEST_SUFFIX, LONGEST_NAME = 25, 10, 55
"""Middle names take 25 characters, suffixes 10, streets 55 and names of organizations 60; a city takes 30."""

_LONG = frozenset({"name", "line1", "line2", "receiver_name", "contact_name", "plan_name"})
_UNWRITTEN = frozenset({"member_id_pattern"})
_CHARACTERS = r"-A-Za-z0-9 .,'/()&#;"
_PLAIN = re.compile(rf"[{_CHARACTERS}\n]*")
_MOST_KEPT = 4_096


def is_plain(claim: ClaimContent) -> bool:
    """Whether no text of the claim can change when it is written; False where it must be tried.

    Of what many claims share, billing provider, clinicians, receiver, payer and facility, `is_plain_part` tells.
    """
    parties = claim.parties
    coverage = parties.coverage
    assert coverage is not None, "a claim without payer is not written"
    if parties.details or parties.facility_bill or parties.pay_to:
        return False
    codes = [diagnosis.code for diagnosis in claim.diagnoses]
    for line in claim.lines:
        if line.details or line.rendering and not _kept(line.rendering):
            return False
        codes += line.code, *line.modifiers
    if not all(map(_short, codes)):
        return False
    numbers = (
        claim.claim_number,
        parties.original_reference,
        parties.account_number,
        parties.patient_record_number,
        parties.place_of_service,
    )
    if len(max(numbers, key=len)) > LONGEST or not _PLAIN.fullmatch("\n".join(numbers)):
        return False
    if not (is_plain_part(parties.patient) and is_plain_part(coverage)):
        return False
    if coverage.subscriber != parties.patient and not is_plain_part(coverage.subscriber):
        return False
    return all(
        one.prior is None and is_plain_part(one) and is_plain_part(one.subscriber) and _kept(one.payer)
        for one in parties.other_coverages
    )


@lru_cache(1 << 14)
def _short(code: str) -> bool:
    """Whether a code or modifier is plain and short."""
    return len(code) <= LONGEST_SUFFIX and bool(_PLAIN.fullmatch(code))


@lru_cache(_MOST_KEPT)
def _kept(part: Any) -> bool:
    """Of what many claims share: clinicians of lines and payers."""
    return is_plain_part(part)


def is_plain_part(part: Any) -> bool:
    """Whether the texts of a part and of its address are plain and short."""
    plain, getters = _texts(type(part))  # type: ignore[arg-type]  # typeshed: a metaclass's hash is no Hashable
    if not plain.fullmatch("\n".join([value or "" for value in getters(part)])):
        return False
    address = getattr(part, "address", None)
    return address is None or is_plain_part(address)


@lru_cache(32)
def _texts(kind: type) -> tuple[re.Pattern[str], Any]:
    """What the texts of a part are, a line each, where all are plain and short; and what reads them."""
    assert is_dataclass(kind)
    names = [one.name for one in fields(kind) if str(one.type) in ("str", "str | None") and one.name not in _UNWRITTEN]
    most = [LONGEST_SUFFIX if n == "suffix" else LONGEST_NAME if n in _LONG else LONGEST for n in names]
    lines = "\n".join(f"[{_CHARACTERS}]{{0,{longest}}}" for longest in most)
    return re.compile(lines), attrgetter(*names)
