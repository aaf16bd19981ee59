"""The loops that professional and institutional claims have in common, from the envelope down to what others paid.

    interchange   ISA to SE: transactions, their header, claims by billing provider
    levels        2000A to 2010CA: who bills, who is insured, which payer, which patient
    beginning     2300, 2400, 2410: what claims and lines of both forms begin with, and drugs
    payers        2320, 2330, 2430: the other payers, and what those before have paid
    parties       NM1, N3, N4 and the small segments that stand everywhere

What differs is in `professional` and `institutional`. Every segment is written with the claim number and the field it
states, so that an acknowledgment that names a segment position leads back to the field. Fields are those of
`store.claims.content`: `billing.address`, `coverage.1.member_id`, `line.2`. Only what is set is written.
"""

from store.x12.loops837.beginning import NOTE, begin_claim, drug, procedure_of, support_claim
from store.x12.loops837.interchange import CLAIMS_PER_TRANSACTION, FUNCTIONAL_ID, Form, transactions_needed
from store.x12.loops837.parties import (
    address_of,
    attachments,
    digits,
    organization,
    practitioner,
    references,
    service_period,
    taxonomy,
    undotted,
)
from store.x12.loops837.payers import other_coverages, prior_lines

__all__ = [
    "CLAIMS_PER_TRANSACTION",
    "FUNCTIONAL_ID",
    "NOTE",
    "Form",
    "address_of",
    "attachments",
    "begin_claim",
    "digits",
    "drug",
    "organization",
    "other_coverages",
    "practitioner",
    "prior_lines",
    "procedure_of",
    "references",
    "service_period",
    "support_claim",
    "taxonomy",
    "transactions_needed",
    "undotted",
]
