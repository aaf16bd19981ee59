"""What became of claims that left, by the remittances that are posted and by what followed them: in SQL and in words.

The conditions are of a claim `c`, the same on SQLite and PostgreSQL; lists filter by them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from store.queries import Reader, Row, any_of, parsed
from store.queries.chains import (
    charges_of_two,
    is_answered,
    is_beside,
    is_denied_whole,
    is_replaced,
    is_reversed,
    is_voided,
    posted_answers,
    void_denied,
    void_stands,
)
from store.terms import LIVING_DENIALS, AcknowledgmentKind

TO_REPLACE = "a payer before it has answered otherwise since it left: replace it"
"""What a page says of a claim to a next payer that left on an answer which stands no more."""


class PayersAnswer(StrEnum):
    """What became of a claim that left, by the remittances that are posted and by what followed it.

    One is to be voided whose payer holds it still, while another payer is billed in its place, or the claim before it,
    to another payer, is voided, or the visit was billed anew before its void was denied; one is to be replaced that
    left for a next payer on an answer that changed since. One is taken back that its payer reversed, and not owed that
    it denied, while another one is the claim of the visit.
    """

    NONE = "unanswered"
    DENIED = "denied"
    IN_PART = "part denied"
    PAID = "paid"
    NOTHING_PAID = "answered"
    VOIDED = "voided"
    REPLACED = "replaced"
    TO_VOID = "to be voided"
    TO_REPLACE = "to be replaced"
    TAKEN_BACK = "taken back"
    NOT_OWED = "not owed"


_POSTED, ANSWERED = posted_answers("c.id"), is_answered("c.id")
PAID = f"(SELECT COALESCE(SUM(a.paid_cents), 0) {_POSTED}) > 0"
_DENIED_MONEY = (
    "EXISTS (SELECT 1 FROM denial d WHERE d.claim_id = c.id AND d.cents > 0"
    f" AND d.status IN ({', '.join(repr(status.value) for status in LIVING_DENIALS)}))"
)
# A void has no money of its own that could be denied.
VOID_DENIED = f"(c.frequency = '8' AND {void_denied('c')})"
# Nobody waits for an answer to a void once its claim is taken back, not corrected.
TAKEN_BACK = f"(c.frequency = '8' AND {is_reversed('c.follows_id')} AND NOT {is_answered('c.follows_id')})"


def _beside_as(claim: str, answered: str) -> str:
    """The condition that a payer answered a claim so, and another one is the claim of its visit."""
    # A CASE, whose order holds, as in `store.queries.chains`.
    return f"(CASE WHEN {answered} THEN {is_beside(claim)} ELSE FALSE END)"


def _taken_back(claim_id: str) -> str:
    """The condition that what was answered of a claim is reversed."""
    return f"{is_reversed(claim_id)} AND NOT {is_answered(claim_id)}"


REVERSED_BESIDE = _beside_as("c", _taken_back("c.id"))
DENIED_BESIDE = _beside_as("c", is_denied_whole("c.id"))
# Nor is a denied void work where its payer has the claim no more: by another void, or by a replacement that it got. Nor
# where the claim is that of the visit by now, since what was billed anew was denied or reversed.
_SETTLED_ANEW = (
    "EXISTS (SELECT 1 FROM claim gone JOIN claim n ON n.encounter_id = gone.encounter_id AND n.form = gone.form"
    " AND n.id <> gone.id AND n.status = 'exported' WHERE gone.id = c.follows_id AND "
    + _beside_as("n", f"({is_denied_whole('n.id')} OR ({_taken_back('n.id')}))")
    + f" AND NOT {is_beside('gone')})"
)
_NEEDLESS = (
    f"({TAKEN_BACK} OR {_SETTLED_ANEW} OR EXISTS (SELECT 1 FROM claim gone WHERE gone.id = c.follows_id"
    f" AND ({void_stands('gone')}"
    " OR EXISTS (SELECT 1 FROM claim later WHERE later.follows_id = gone.id AND later.follows_as = 'replacement'"
    " AND later.frequency = '7' AND later.status = 'exported'))))"
)
DENIED = f"({_DENIED_MONEY} OR ({VOID_DENIED} AND NOT {_NEEDLESS}))"

VOIDED, REPLACED = is_voided("c"), is_replaced("c")
# What another payer is billed for in its place, until its own payer has it no more: voided, reversed or denied.
_ELSEWHERE = (
    "later.follows_id = c.id AND later.follows_as = 'replacement' AND later.frequency = '1' AND later.status <> 'void'"
)


def _not_taken_back(claim_id: str) -> str:
    """The condition that an answer to a claim stands, or none was ever reversed."""
    return f"({is_answered(claim_id)} OR NOT {is_reversed(claim_id)})"


_DENIED_WHOLE = is_denied_whole("c.id")
# What bills the visit since a void of the claim had left, or replaced that, until it is voided, reversed or denied.
BILLED_ANEW = (
    "EXISTS (SELECT 1 FROM claim undone JOIN claim anew ON anew.encounter_id = c.encounter_id AND anew.form = c.form"
    " AND anew.created_at > undone.created_at WHERE undone.follows_id = c.id AND undone.frequency = '8'"
    " AND undone.export_id IS NOT NULL AND anew.id <> c.id AND anew.status = 'exported' AND anew.frequency <> '8'"
    " AND (anew.follows_as = '' OR (anew.follows_as = 'replacement' AND EXISTS (SELECT 1 FROM claim root"
    " WHERE root.encounter_id = c.encounter_id AND root.form = c.form AND root.follows_as = ''"
    f" AND root.created_at > undone.created_at AND {is_replaced('root')})))"
    f" AND NOT {is_replaced('anew')} AND NOT {is_voided('anew')} AND NOT {is_denied_whole('anew.id')}"
    f" AND {_not_taken_back('anew.id')})"
)
_BESIDE_ANEW = f"(c.follows_as IN ('', 'replacement') AND NOT {REPLACED} AND {BILLED_ANEW})"
# What bills a next payer falls with the first claim, and what replaced it there; its own payer is told nothing by that.
_FELL_WITH_FIRST = f"(c.follows_as IN ('secondary', 'replacement') AND {VOIDED} AND NOT {REPLACED})"
# What was reversed or denied whole is no claim that a payer holds to pay.
HELD = f"(NOT {void_stands('c')} AND {_not_taken_back('c.id')} AND NOT {_DENIED_WHOLE})"
TO_VOID = (
    f"((EXISTS (SELECT 1 FROM claim later WHERE {_ELSEWHERE}) OR {_FELL_WITH_FIRST} OR {_BESIDE_ANEW}) AND {HELD})"
)
# Nobody waits for an answer to what was voided or replaced.
NOT_FOLLOWED = f"NOT {VOIDED} AND NOT {REPLACED} AND NOT {TO_VOID} AND NOT {REVERSED_BESIDE}"
ANSWERED_OTHERWISE = "c.answered_otherwise"
STANDS = f"{NOT_FOLLOWED} AND NOT {ANSWERED_OTHERWISE}"


_ASKED = (
    f"{_DENIED_MONEY} OR {VOID_DENIED} AS denied, {PAID} AS paid,"
    f" {ANSWERED} OR {TAKEN_BACK} OR {VOID_DENIED} AS answered,"
    f" {VOIDED} AS voided, {REPLACED} AS replaced, {TO_VOID} AS to_void, {ANSWERED_OTHERWISE} AS to_replace,"
    f" {REVERSED_BESIDE} AS taken_back, {DENIED_BESIDE} AS not_owed"
)
_FOLLOWED = (
    ("to_void", PayersAnswer.TO_VOID),
    ("voided", PayersAnswer.VOIDED),
    ("replaced", PayersAnswer.REPLACED),
    ("taken_back", PayersAnswer.TAKEN_BACK),
    ("not_owed", PayersAnswer.NOT_OWED),
    ("to_replace", PayersAnswer.TO_REPLACE),
)
_TOLD = {
    (True, True): PayersAnswer.IN_PART,
    (True, False): PayersAnswer.DENIED,
    (False, True): PayersAnswer.PAID,
    (False, False): PayersAnswer.NOTHING_PAID,
}


def payers_answers(reader: Reader, claim_ids: list[str]) -> dict[str, PayersAnswer]:
    """What became of claims that left, for one page of them; those that wait for an answer are not in it."""
    if not claim_ids:
        return {}
    these, asked = any_of(claim_ids)
    rows = reader.rows(f"SELECT c.id, {_ASKED} FROM claim c WHERE c.id IN {these}", **asked)
    answers = {row["id"]: _answer(row) for row in rows}
    return {claim_id: answer for claim_id, answer in answers.items() if answer is not PayersAnswer.NONE}


def answer_counts(reader: Reader, most: int) -> dict[PayersAnswer, int]:
    """How many of the claims that left stand so, in one statement; of at most so many of them, the newest numbers."""
    asked = ", ".join(f"q.{name}" for name in ("denied", "paid", "answered", *(name for name, _ in _FOLLOWED)))
    rows = reader.rows(
        f"SELECT {asked}, count(*) AS n FROM (SELECT {_ASKED} FROM claim c WHERE c.status = 'exported'"
        f" ORDER BY c.claim_number DESC LIMIT :most) AS q GROUP BY {asked}",
        most=most,
    )
    counts = Counter[PayersAnswer]()
    for row in rows:
        counts[_answer(row)] += row["n"]
    return dict(counts)


def _answer(row: Row) -> PayersAnswer:
    """What became of one claim, by what was asked of it."""
    if gone := next((word for name, word in _FOLLOWED if row[name]), None):
        return gone
    return _TOLD[bool(row["denied"]), bool(row["paid"])] if row["answered"] else PayersAnswer.NONE


def charges_beside_anew(reader: Reader, encounter_ids: list[str]) -> dict[str, bool]:
    """Of visits that were billed anew beside a void, the claims that left, and whether each one's charge stands.

    Without those to next payers, which bill what is left of another's charge.
    """
    these, asked = any_of(encounter_ids)
    visits = f"SELECT w.id FROM encounter w WHERE w.id IN {these}"
    return {row["id"]: bool(row["charged"]) for row in reader.rows(charges_of_two(visits), **asked)}


def held_ones(reader: Reader, claim_ids: list[str]) -> dict[str, bool]:
    """Those of claims that left which their payers hold to pay, and whether each is to be voided."""
    if not claim_ids:
        return {}
    these, asked = any_of(claim_ids)
    rows = reader.rows(
        f"SELECT c.id, {TO_VOID} AS to_void FROM claim c WHERE c.id IN {these} AND c.status = 'exported' AND {HELD}",
        **asked,
    )
    return {row["id"]: bool(row["to_void"]) for row in rows}


# A 277CA took the void in since it last left, or an 835 carries it out by its number (CLP02 22).
_VOID_ACCEPTED = (
    "(EXISTS (SELECT 1 FROM claim_answer n JOIN acknowledgment k ON k.id = n.acknowledgment_id"
    " JOIN claim_export x ON x.id = v.export_id"
    f" WHERE n.claim_id = v.id AND n.accepted AND k.kind = '{AcknowledgmentKind.CLAIM.value}'"
    " AND n.answered_at >= x.exported_at)"
    " OR EXISTS (SELECT 1 FROM remittance_claim a JOIN remittance r ON r.id = a.remittance_id"
    " WHERE a.account_number = v.claim_number AND a.status_code = '22' AND r.status = 'posted'))"
)


def unanswered_voids(reader: Reader, claim_ids: list[str]) -> dict[str, str]:
    """The number of the void that left and has no answer yet, by the claim that it voids.

    None of what its payer reversed or denied whole: there is nothing left that a refusal would have it hold.
    """
    if not claim_ids:
        return {}
    these, asked = any_of(claim_ids)
    rows = reader.rows(
        "SELECT c.id, v.claim_number FROM claim c JOIN claim v ON v.follows_id = c.id AND v.frequency = '8'"
        f" WHERE c.id IN {these} AND v.status = 'exported'"
        f" AND NOT {void_denied('v')} AND NOT {_VOID_ACCEPTED}"
        f" AND {_not_taken_back('c.id')} AND NOT {_DENIED_WHOLE} ORDER BY v.created_at, v.claim_number",
        **asked,
    )
    return {row["id"]: row["claim_number"] for row in rows}


def needless_voids(reader: Reader, claim_ids: list[str]) -> set[str]:
    """Those of claims that are denied voids which leave nothing to do."""
    these, asked = any_of(claim_ids)
    rows = reader.rows(f"SELECT c.id FROM claim c WHERE c.id IN {these} AND {VOID_DENIED} AND {_NEEDLESS}", **asked)
    return {row["id"] for row in rows}


def why_not_voided(reader: Reader, claim_id: str) -> str:
    """The last of its voids that its payer denied, where none stands; and which claim is that of the visit instead."""
    rows = reader.rows(
        "SELECT v.claim_number FROM claim c JOIN claim v ON v.follows_id = c.id AND v.frequency = '8'"
        f" WHERE c.id = :id AND v.status = 'exported' AND {void_denied('v')} AND NOT {void_stands('c')}"
        " ORDER BY v.created_at DESC, v.claim_number DESC",
        id=claim_id,
    )
    denied = f"Its payer denied {rows[0]['claim_number']}, its void" if rows else ""
    if how := _answered_beside(reader, claim_id):
        return f"{denied}, and {how}" if denied else f"Its payer {how}"
    return f"{denied}: it stands as it was" if denied else ""


def _answered_beside(reader: Reader, claim_id: str) -> str:
    """What a payer did with a claim that nobody owes, as another is that of its visit; empty where that is not so."""
    rows = reader.rows(
        f"SELECT {REVERSED_BESIDE} AS taken_back, n.claim_number FROM claim c JOIN claim n"
        " ON n.encounter_id = c.encounter_id AND n.form = c.form AND n.id <> c.id AND n.status = 'exported'"
        " AND n.frequency <> '8' AND n.follows_as IN ('', 'replacement')"
        f" WHERE c.id = :id AND ({REVERSED_BESIDE} OR {DENIED_BESIDE})"
        f" AND NOT {is_beside('n')} AND NOT {is_voided('n')} AND NOT {is_replaced('n')}"
        " ORDER BY n.created_at DESC, n.claim_number DESC",
        id=claim_id,
    )
    if not rows:
        return ""
    how = "reversed it" if rows[0]["taken_back"] else "denied it"
    return f"{how}, while {rows[0]['claim_number']} is the claim of the visit: nothing of this one is owed"


def why_to_void(reader: Reader, claim: Row, parties: Mapping[str, Any]) -> str:
    """Who bills another payer in the place of a claim that its own payer holds still, and what is left to do.

    Or that the claim before it is voided, with which it falls, or what bills the visit anew since its void had left.
    """
    rows = reader.rows(
        "SELECT later.claim_number, later.parties, (SELECT MIN(v.claim_number) FROM claim v WHERE v.follows_id = c.id"
        f" AND v.follows_as = 'void' AND v.status <> 'void' AND NOT {void_denied('v')}) AS void,"
        f" {_BESIDE_ANEW} AS beside_anew,"
        " (SELECT MAX(n.claim_number) FROM claim n WHERE n.encounter_id = c.encounter_id"
        " AND n.form = c.form AND n.id <> c.id AND n.status = 'exported' AND n.frequency <> '8' AND n.follows_as = ''"
        " AND n.created_at > c.created_at) AS anew"
        f" FROM claim c LEFT JOIN claim later ON {_ELSEWHERE}"
        f" WHERE c.id = :id AND c.status = 'exported' AND {TO_VOID}",
        id=claim["id"],
    )
    if not rows:
        return ""
    (later, *_), number = rows, claim["claim_number"]
    way = f"codedesk claims void {number} --reason WHY takes it back there (frequency 8)"
    if later["void"]:
        way = f"{later['void']} takes it back there once it has left"
    elsewhere = "the claim before it is voided"
    if later["beside_anew"] and later["anew"]:
        elsewhere = f"{later['anew']} bills the visit anew"
    if later["claim_number"]:
        payer = payer_of(parsed(later["parties"])) or "another payer"
        elsewhere = f"{later['claim_number']} bills {payer} in its place"
    return f"{payer_of(parties) or 'Its payer'} still holds it, while {elsewhere}: {way}"


def payer_of(parties: Mapping[str, Any]) -> str:
    """What the billed payer is called, or known by where it has no name; empty where no coverage is billed."""
    if not (coverage := parties.get("coverage")):
        return ""
    payer = coverage.get("payer") or {}
    return str(payer.get("name") or payer.get("identifier") or "payer without a name")
