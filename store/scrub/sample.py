"""A made-up claim that no rule has anything to say about: examples of rules are this claim with something changed.

Nobody in it exists. Procedure codes are of HCPCS level II, which is public.
"""

from __future__ import annotations

import datetime as dt

from store.claims.content import (
    Address,
    BilledCoverage,
    BilledDiagnosis,
    BilledLine,
    BilledPayer,
    BillingProvider,
    ClaimContent,
    Insured,
    Parties,
    Practitioner,
    Receiver,
)

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
