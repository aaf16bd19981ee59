"""Tells which payer of a claim an answer is of: its place among them, 1 primary, 2 secondary, 3 tertiary.

Who answers tells it: the one coverage of our claim that has the name or an identifier of the payer of the payment,
whatever that says of its place. A payer that gets a claim forwarded calls itself primary, and the one that we bill
first can know another payer before it.

Where several coverages have that payer, or none has, the payer says it with CLP02 (1 and 19, 2 and 20, 3 and 21). A
denial (4), a claim that it forwards as none of its own (23) and a reversal (22) say nothing of it: those are of the
first of its coverages, else of the payer that comes after one which forwarded the claim, else of the one that our claim
bills. No payer before the billed one answers our claim: it answers the claim that billed it.

Source: 005010X221A1, loop 1000A (N104, REF*2U) and CLP02; section 1.10.2.13 (claims that a payer forwards).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from store.x12.remittance import RemitClaim

FORWARDED = ("19", "20", "21")

FORWARDED_TO = "forwarded to "
"""How the note of an answer says that its payer sent the claim on to another one, whatever its status (CLP02)."""

FORWARDING_REMARKS = frozenset(["MA07", "MA18", "N89"])
"""Remarks by which a payer says that it sent the claim on: to Medicaid, a supplemental insurer, several payers."""

_PLACES = {"1": 1, "19": 1, "2": 2, "20": 2, "3": 3, "21": 3}


class Answering(Protocol):
    """An answer of a payer: its status (CLP02) and who gave it (TRN03 or BPR10, and the name of loop 1000A).

    `payer_numbers` are the identifiers of loop 1000A (N104, REF*2U), by which claims are addressed to it too;
    `sent_on` says that it names the carrier that it sent the claim on to, or has a remark that says so.
    """

    @property
    def status(self) -> str: ...

    @property
    def payer(self) -> str: ...

    @property
    def payer_name(self) -> str: ...

    @property
    def payer_numbers(self) -> Sequence[str]: ...

    @property
    def sent_on(self) -> bool: ...


@dataclass(frozen=True)
class From:
    """The least that is an answer (`Answering`)."""

    status: str
    payer: str
    payer_name: str
    payer_numbers: Sequence[str] = ()
    sent_on: bool = False


@dataclass(frozen=True)
class Payers:
    """The payers of a claim in the order in which they pay, each a name and an identifier.

    `sequences` are those of their coverages, `billed` is the place of the one that the claim bills, from 1.
    """

    named: tuple[tuple[str, str], ...] = ()
    sequences: tuple[int, ...] = ()
    billed: int = 1

    def name_at(self, place: int) -> str:
        """The name of the payer at a place; empty where our claim knows none there."""
        return self.named[place - 1][0] if 0 < place <= len(self.named) else ""


def payers_of(parties: Mapping[str, Any]) -> Payers:
    """The payers of the parties of a claim, as they are stored."""
    billed = parties.get("coverage") or {}
    coverages = sorted([billed, *(parties.get("other_coverages") or ())], key=lambda one: int(one.get("sequence") or 0))
    payers = [one.get("payer") or {} for one in coverages]
    return Payers(
        tuple((str(one.get("name") or ""), str(one.get("identifier") or "")) for one in payers),
        tuple(int(one.get("sequence") or 0) for one in coverages),
        next(place for place, one in enumerate(coverages, 1) if one is billed),
    )


def says_forwarded(status: str, remarks: Iterable[str], note: str) -> bool:
    """Whether an answer says that its payer sent the claim on: by its status, its remarks, or its note of a carrier."""
    told = status in (*FORWARDED, "23") or FORWARDED_TO in note
    return told or not FORWARDING_REMARKS.isdisjoint(remarks)


def sent_on_to(claim: RemitClaim) -> str:
    """The carrier that a payer which answered sent the claim on to (NM1*TT), or that a remark says so; else empty."""
    if claim.status not in ("1", "2", "3", *FORWARDED):
        return ""
    carrier = claim.party("TT")
    remarks = {*claim.remarks, *(one for line in claim.lines for one in line.remarks)}
    return carrier.name or carrier.id or ("the next payer" if FORWARDING_REMARKS & remarks else "")


def stated_place(status: str) -> int | None:
    """The place that a status (CLP02) tells; None where it tells none."""
    return _PLACES.get(status)


def same_payer(one: Answering, other: Answering) -> bool:
    """Whether two answers are of one payer: its identifier, or its name where a payment comes under another one."""
    return one.payer == other.payer or (
        bool(plain(one.payer_name)) and plain(one.payer_name) == plain(other.payer_name)
    )


def one_payer(payers: Payers, one: Answering, other: Answering) -> bool:
    """Whether two answers of a claim are of one payer: of one of its coverages, where those tell who both are of.

    Payers of one house pay under one identifier (TRN03), and one payer answers under several.
    """
    here, there = named_places(payers, one), named_places(payers, other)
    return not here.isdisjoint(there) if here and there else same_payer(one, other)


def place_of(payers: Payers, answer: Answering, before: Sequence[Answering] = ()) -> int:
    """The place of an answer among the payers of a claim; `before` are the answers that stood when it came."""
    if told := known_place(payers, answer):
        return told
    sent_on = [one for one in before if one.status in FORWARDED or one.sent_on]
    forwarded = [one for one in sent_on if not one_payer(payers, one, answer)]
    return max((place_of(payers, one) for one in forwarded), default=payers.billed - 1) + 1


def known_place(payers: Payers, answer: Answering) -> int | None:
    """The place of an answer by who gave it or its status; None where neither tells it."""
    return told_place(payers, answer) or min(named_places(payers, answer), default=None)


def told_place(payers: Payers, answer: Answering) -> int | None:
    """The same, None too where its payer has several places and the status tells none of them."""
    named, stated = named_places(payers, answer), stated_place(answer.status)
    if len(named) == 1:
        return min(named)
    place = max(stated, payers.billed) if stated else None
    return place if not named or place in named else None


def named_places(payers: Payers, answer: Answering) -> frozenset[int]:
    """The places, from the billed one on, of the coverages that have the name or an identifier of an answer's payer."""
    numbers = {answer.payer, *answer.payer_numbers} - {""}
    return frozenset(
        place
        for place, (name, identifier) in enumerate(payers.named, 1)
        if place >= payers.billed
        and (identifier in numbers or (bool(plain(name)) and plain(name) == plain(answer.payer_name)))
    )


def places_in_order(payers: Payers, answers: Sequence[Answering]) -> list[int]:
    """The places of answers that stand, in the order in which they came."""
    return [place_of(payers, one, answers[:at]) for at, one in enumerate(answers)]


def next_place(payers: Payers, answers: Sequence[Answering]) -> int | None:
    """The place of the payer after the last one that answered, after the billed one where none did; None for none."""
    after = max([payers.billed, *places_in_order(payers, answers)]) + 1
    return after if after <= len(payers.named) else None


def plain(name: str | None) -> str:
    """A name without its case, blanks and marks, as names of people and payers are compared."""
    return "".join(letter for letter in (name or "").upper() if letter.isalnum())
