"""What a payer before the billed one paid and did not pay, as its remittance stated it (loops 2320, 2330B and 2430).

Cents as in the remittance: a positive adjustment is paid less. The charge of each line is what was paid of it and all
adjustments together, and so for the claim.

Source: 005010X222A1 and 005010X223A2, section 1.4.1 (coordination of benefits) and loops 2320 to 2430.
"""

from __future__ import annotations

from dataclasses import dataclass

ANSWERED_SINCE = "answered since it was built: "
"""How the note of a replacement begins that has not left and whose claim was paid meanwhile."""


@dataclass(frozen=True)
class PriorAdjustment:
    """One reason of a CAS: group CO, PR, OA or PI, and its number."""

    group: str
    reason: str
    cents: int
    quantity: str = ""


@dataclass(frozen=True)
class PriorLine:
    """What became of one of our lines; `code` is what the payer paid for. `paid_on` is an ISO day."""

    line: int
    code: str
    paid_cents: int
    paid_on: str
    units: str = "1"
    modifiers: tuple[str, ...] = ()
    revenue_code: str = ""
    adjustments: tuple[PriorAdjustment, ...] = ()


@dataclass(frozen=True)
class PriorPayment:
    """What a payer before this one answered; `lines` is empty where it answered for the claim as a whole."""

    paid_cents: int
    paid_on: str
    payer_number: str = ""
    patient_cents: int = 0
    noncovered_cents: int = 0
    adjustments: tuple[PriorAdjustment, ...] = ()
    lines: tuple[PriorLine, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def accounted_cents(self) -> int:
        """Paid and all adjustments, of the claim and of its lines: the charge, where the sums are right."""
        own = sum(one.cents for one in self.adjustments)
        return self.paid_cents + own + sum(one.cents for line in self.lines for one in line.adjustments)
