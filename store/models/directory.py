"""The dictionaries that encounters point into: facilities, providers and payers, with their national numbers."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Identifier, Line, new_id


class FacilityFields(SQLModel):
    """The place and legal entity that bills (837 loops 2010AA and 2310C)."""

    source: Identifier
    local_id: Identifier
    name: Line
    npi: Line = ""
    tax_id: Line = Field(default="", description="employer identification number, digits only")
    taxonomy: Line = Field(default="", description="provider taxonomy code of the billing provider")
    address_line1: Line = ""
    city: Line = ""
    state: Line = ""
    zip: Line = Field(default="", description="nine digits where the claim needs them")
    contact_name: Line = ""
    contact_phone: Line = ""


class Facility(FacilityFields, table=True):
    __table_args__ = (UniqueConstraint("source", "local_id", name="uq_facility_source_local_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)


class ProviderFields(SQLModel):
    """A clinician by local number and NPI."""

    source: Identifier
    local_id: Identifier
    npi: Line = ""
    family_name: Line
    given_name: Line = ""
    credential: Line = ""
    taxonomy: Line = ""
    specialty: Line = ""


class Provider(ProviderFields, table=True):
    __table_args__ = (UniqueConstraint("source", "local_id", name="uq_provider_source_local_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)


class PayerFields(SQLModel):
    """Who is billed. `claim_filing_code` is SBR09 of the 837; `payer_identifier` is NM109 of loop 2010BB."""

    source: Identifier
    local_id: Identifier
    name: Line
    payer_identifier: Line = ""
    claim_filing_code: Line = ""
    line_of_business: Line = ""
    timely_filing_days: int | None = Field(default=None, description="days from service to first filing")
    member_id_pattern: Line = Field(default="", description="regular expression that a member id must match")
    address_line1: Line = ""
    city: Line = ""
    state: Line = ""
    zip: Line = ""


class Payer(PayerFields, table=True):
    __table_args__ = (UniqueConstraint("source", "local_id", name="uq_payer_source_local_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
