"""A made-up claim that no rule has anything to say about: examples of rules are this claim with something changed.

Nobody in it exists. Procedure codes are of HCPCS level II, which is public.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from store.claims.content import (
    BilledCoverage,
    BilledDiagnosis,
    BilledLine,
    BilledPayer,
    BillingProvider,
    ClaimContent,
    Insured,
    Parties,
    Receiver,
)
from store.claims.facility_bill import FacilityBill
from store.claims.people import Address, Practitioner
from store.claims.prior_payment import PriorAdjustment, PriorLine, PriorPayment

TODAY = dt.date(2026, 9, 20)
SERVICE = "2026-09-15"

_ADDRESS = Address("77 Elm Street", "", "Ansel", "NE", "68814-0077")
_PATIENT = Insured("Lindqvist", "Per", "", "", "1961-03-02", "M", _ADDRESS)
_PAYER = BilledPayer("Blue Plains", "BLUEP", "BL", timely_filing_days=180, member_id_pattern="[A-Z]{2}[0-9]{7}")

SAMPLE = ClaimContent(
    claim_number="2026-000418",
    form="837p",
    frequency="1",
    parties=Parties(
        patient=_PATIENT,
        patient_record_number="00398120",
        billing=BillingProvider(
            "Prairie Community Health",
            "1234567893",
            "470000001",
            "261QF0400X",
            Address("410 Mill Road", "", "Ansel", "NE", "68814-0410"),
            "Billing office",
            "308-555-0100",
        ),
        receiver=Receiver("CODEDESK", "CLEARINGHOUSE", "Clearinghouse"),
        coverage=BilledCoverage(
            1, _PAYER, _PATIENT, "self", "XQ4471902", "G100", effective_on="2026-01-01", expires_on="2026-12-31"
        ),
        rendering=Practitioner("Adeyemi", "Folake", "1999990033", "207Q00000X"),
        place_of_service="11",
        account_number="A1",
        encounter_from=SERVICE,
        encounter_through=SERVICE,
    ),
    diagnoses=(BilledDiagnosis(1, "M54.50"), BilledDiagnosis(2, "I10")),
    lines=(
        BilledLine(1, "G0463", SERVICE, 14250, 1, ("25",), (1, 2)),
        BilledLine(2, "G0439", SERVICE, 7000, 1, (), (2,)),
    ),
    total_cents=21250,
    service_from=SERVICE,
    service_through=SERVICE,
)

STAY = replace(
    SAMPLE,
    form="837i",
    parties=replace(
        SAMPLE.parties,
        rendering=None,
        place_of_service="",
        encounter_from="2026-09-10",
        facility_bill=FacilityBill(
            type_of_bill="11",
            statement_from="2026-09-10",
            statement_through=SERVICE,
            admitted_at="2026-09-10T14:40:00-05:00",
            discharged_at="2026-09-15T13:15:00-05:00",
            admission_type="1",
            point_of_origin="1",
            patient_status="01",
            admitting="R50.9",
            attending=Practitioner("Adeyemi", "Folake", "1999990033", "207Q00000X"),
        ),
    ),
    lines=tuple(replace(line, revenue_code="0250", pointers=()) for line in SAMPLE.lines),
    service_from="2026-09-10",
)
"""The same as a stay of five nights."""


def in_second_place(claim: ClaimContent, answer: str) -> ClaimContent:
    """The claim as one of the second payer; the first's answer is `answered`, `undated`, `unnamed` or `unanswered`."""
    first = claim.parties.coverage
    assert first is not None, "the sound claim has a payer"
    day = "" if answer == "undated" else "2026-09-18"
    lines = tuple(
        PriorLine(
            line.sequence,
            "" if answer == "unnamed" else line.code,
            0,
            day,
            revenue_code="" if answer == "unnamed" else line.revenue_code,
            adjustments=(PriorAdjustment("PR", "1", line.charge_cents),),
        )
        for line in claim.lines
    )
    prior = None if answer == "unanswered" else PriorPayment(0, day, lines=lines)
    others = (replace(first, prior=prior),)
    return replace(claim, parties=replace(claim.parties, coverage=replace(first, sequence=2), other_coverages=others))
