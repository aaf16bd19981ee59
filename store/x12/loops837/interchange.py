"""One interchange of claims, of either form: its transactions, their header, and the claims by billing provider.

Source: 005010X222A1 and 005010X223A2, transaction header and loops 1000A and 1000B.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from store.claims.content import BilledCoverage, ClaimContent
from store.x12.loops837.levels import billing_provider, subscriber_and_patient
from store.x12.loops837.parties import NAME, digits, organization
from store.x12.writer import Envelope, SegmentWriter, Sink, TextChange

FUNCTIONAL_ID = "HC"
CLAIMS_PER_TRANSACTION = 5000
"""CLM segments in one ST, the most that receivers take."""


@dataclass(frozen=True)
class Form:
    """What makes a claim professional or institutional: its version, and what writes its loops 2300 to 2430."""

    version: str
    claim: Callable[[SegmentWriter, ClaimContent, BilledCoverage], None]

    def write_interchange(
        self, out: Sink, claims: Iterable[ClaimContent], envelope: Envelope, first_transaction: int
    ) -> SegmentWriter:
        """Write one ISA with all claims, a new ST after every 5,000; the writer returned holds places and changes.

        Claims should come ordered by billing provider: each change of it opens a new HL*20. Transaction control
        numbers count up from `first_transaction`. Raises X12Unwritable; the stream then holds an unfinished file.
        """
        writer = SegmentWriter(out, envelope, envelope.delimiters)
        writer.open()
        number, remaining = first_transaction, iter(claims)
        for first in remaining:
            own = itertools.chain([first], itertools.islice(remaining, CLAIMS_PER_TRANSACTION - 1))
            self._transaction(writer, own, f"{number:04d}")
            number += 1
        writer.close()
        return writer

    def text_changes(self, claim: ClaimContent) -> list[TextChange]:
        """What writing the claim would change in its texts: characters taken out, letters replaced, cuts."""
        nothing = Envelope("S", "R", "T", 1, 1, datetime(2000, 1, 1), FUNCTIONAL_ID, self.version)
        writer = SegmentWriter(io.BytesIO(), nothing)
        billing_provider(writer, claim, 1)
        self._claim(writer, claim, 2, 1)
        return writer.changes

    def _transaction(self, writer: SegmentWriter, claims: Iterable[ClaimContent], control: str) -> None:
        writer.open_transaction("837", control)
        level, billing_level, billing = 0, 0, None
        for claim in claims:
            if billing is None:
                _header(writer, claim, control)
            who = (claim.parties.billing, claim.parties.pay_to)
            if who != billing:
                level += 1
                billing, billing_level = who, level
                billing_provider(writer, claim, level)
            level = self._claim(writer, claim, level + 1, billing_level)
        writer.close_transaction()

    def _claim(self, writer: SegmentWriter, claim: ClaimContent, level: int, billing_level: int) -> int:
        """Loops 2000B to 2430 of one claim; answers the last HL number used."""
        level = subscriber_and_patient(writer, claim, level, billing_level)
        assert claim.parties.coverage is not None, "a claim without coverage is not exported"
        self.claim(writer, claim, claim.parties.coverage)
        return level


def transactions_needed(claims: int) -> int:
    """How many ST a number of claims takes."""
    return -(-claims // CLAIMS_PER_TRANSACTION)


def _header(writer: SegmentWriter, claim: ClaimContent, control: str) -> None:
    """BHT, and loops 1000A and 1000B from the first claim."""
    created = writer.envelope.created
    reference = f"{writer.envelope.interchange_control:09d}-{control}"
    writer.put("BHT", "0019", "00", reference, f"{created:%Y%m%d}", f"{created:%H%M}", "CH", field="transaction")
    billing, receiver = claim.parties.billing, claim.parties.receiver
    submitter = writer.envelope.submitter
    organization(writer, "41", submitter.name or billing.name, "46", receiver.submitter_id, "", "submitter")
    contact = submitter.contact or billing.contact_name or billing.name
    phone = digits(submitter.phone or billing.contact_phone)
    writer.put("PER", "IC", contact, "TE", phone, field="submitter", most=NAME)
    organization(writer, "40", receiver.receiver_name, "46", receiver.receiver_id, "", "receiver")
