"""The parts of FHIR R4 resources that intake reads; everything else in a resource is passed over (hl7.org/fhir/R4).

Nothing is required but what identifies a resource: samples and senders leave out most of what the standard allows
to be left out, and some of what it does not.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Element(BaseModel):
    """What every part has in common: unknown elements are passed over."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, hide_input_in_errors=True)


class Coding(Element):
    system: str = ""
    code: str = ""
    display: str = ""


class Concept(Element):
    coding: list[Coding] = []
    text: str = ""

    @property
    def words(self) -> str:
        """The concept in words, or its first code."""
        return self.text or next((c.display or c.code for c in self.coding if c.display or c.code), "")


class Identifier(Element):
    use: str = ""
    type: Concept = Concept()
    system: str = ""
    value: str = ""


class Reference(Element):
    reference: str = ""
    identifier: Identifier | None = None
    display: str = ""


class Period(Element):
    start: str | None = None
    end: str | None = None


class HumanName(Element):
    use: str = ""
    text: str = ""
    family: str = ""
    given: list[str] = []
    suffix: list[str] = []


class ContactPoint(Element):
    system: str = ""
    value: str = ""


class Address(Element):
    use: str = ""
    line: list[str] = []
    city: str = ""
    state: str = ""
    postal_code: str = Field(default="", alias="postalCode")


class Attachment(Element):
    content_type: str = Field(default="", alias="contentType")
    data: str = ""
    url: str = ""
    title: str = ""


class Money(Element):
    value: float | None = None
    currency: str = ""


class Quantity(Element):
    value: float | None = None


class Patient(Element):
    id: str = ""
    identifier: list[Identifier] = []
    name: list[HumanName] = []
    gender: str = ""
    birth_date: str | None = Field(default=None, alias="birthDate")
    deceased: str | None = Field(default=None, alias="deceasedDateTime")
    address: list[Address] = []
    telecom: list[ContactPoint] = []


class Practitioner(Element):
    id: str = ""
    identifier: list[Identifier] = []
    name: list[HumanName] = []


class PractitionerRole(Element):
    practitioner: Reference = Reference()
    specialty: list[Concept] = []
    code: list[Concept] = []


class Organization(Element):
    id: str = ""
    identifier: list[Identifier] = []
    name: str = ""
    address: list[Address] = []
    telecom: list[ContactPoint] = []


class Location(Element):
    name: str = ""


class Participant(Element):
    type: list[Concept] = []
    individual: Reference | None = None


class Hospitalization(Element):
    admit_source: Concept = Field(default=Concept(), alias="admitSource")
    discharge_disposition: Concept = Field(default=Concept(), alias="dischargeDisposition")


class EncounterLocation(Element):
    location: Reference = Reference()


class Encounter(Element):
    id: str = ""
    identifier: list[Identifier] = []
    status: str = ""
    class_: Coding = Field(default=Coding(), alias="class")
    type: list[Concept] = []
    service_type: Concept = Field(default=Concept(), alias="serviceType")
    priority: Concept = Concept()
    subject: Reference = Reference()
    participant: list[Participant] = []
    period: Period = Period()
    reason_code: list[Concept] = Field(default=[], alias="reasonCode")
    reason_reference: list[Reference] = Field(default=[], alias="reasonReference")
    account: list[Reference] = []
    hospitalization: Hospitalization = Hospitalization()
    location: list[EncounterLocation] = []
    service_provider: Reference = Field(default=Reference(), alias="serviceProvider")


class Condition(Element):
    verification_status: Concept = Field(default=Concept(), alias="verificationStatus")
    code: Concept = Concept()
    subject: Reference = Reference()


class Procedure(Element):
    status: str = ""
    code: Concept = Concept()
    subject: Reference = Reference()


class DocumentContent(Element):
    attachment: Attachment = Attachment()


class DocumentReference(Element):
    id: str = ""
    master_identifier: Identifier | None = Field(default=None, alias="masterIdentifier")
    identifier: list[Identifier] = []
    status: str = ""
    doc_status: str = Field(default="", alias="docStatus")
    type: Concept = Concept()
    description: str = ""
    date: str | None = None
    author: list[Reference] = []
    authenticator: Reference | None = None
    content: list[DocumentContent] = []
    subject: Reference = Reference()


class DiagnosticReport(Element):
    id: str = ""
    identifier: list[Identifier] = []
    status: str = ""
    code: Concept = Concept()
    issued: str | None = None
    effective: str | None = Field(default=None, alias="effectiveDateTime")
    performer: list[Reference] = []
    results_interpreter: list[Reference] = Field(default=[], alias="resultsInterpreter")
    conclusion: str = ""
    presented_form: list[Attachment] = Field(default=[], alias="presentedForm")
    subject: Reference = Reference()


class ServiceRequest(Element):
    status: str = ""
    code: Concept = Concept()
    requester: Reference | None = None
    reason_code: list[Concept] = Field(default=[], alias="reasonCode")
    subject: Reference = Reference()


class AccountCoverage(Element):
    coverage: Reference = Reference()
    priority: int | None = None


class Account(Element):
    id: str = ""
    identifier: list[Identifier] = []
    type: Concept = Concept()
    coverage: list[AccountCoverage] = []


class CoverageClass(Element):
    type: Concept = Concept()
    value: str = ""
    name: str = ""


class Coverage(Element):
    id: str = ""
    status: str = ""
    type: Concept = Concept()
    subscriber: Reference | None = None
    subscriber_id: str = Field(default="", alias="subscriberId")
    relationship: Concept = Concept()
    period: Period = Period()
    payor: list[Reference] = []
    class_: list[CoverageClass] = Field(default=[], alias="class")
    order: int | None = None


class ClaimInsurance(Element):
    sequence: int = 1
    coverage: Reference = Reference()
    pre_auth: list[str] = Field(default=[], alias="preAuthRef")


class ClaimDiagnosis(Element):
    sequence: int = 0
    concept: Concept | None = Field(default=None, alias="diagnosisCodeableConcept")


class ClaimProcedure(Element):
    sequence: int = 0
    concept: Concept | None = Field(default=None, alias="procedureCodeableConcept")


class ClaimItem(Element):
    sequence: int = 0
    revenue: Concept = Concept()
    product: Concept = Field(default=Concept(), alias="productOrService")
    modifier: list[Concept] = []
    serviced_date: str | None = Field(default=None, alias="servicedDate")
    serviced_period: Period | None = Field(default=None, alias="servicedPeriod")
    quantity: Quantity = Quantity()
    unit_price: Money = Field(default=Money(), alias="unitPrice")
    net: Money = Money()
    encounter: list[Reference] = []


class Claim(Element):
    id: str = ""
    status: str = ""
    use: str = ""
    subject: Reference = Field(default=Reference(), alias="patient")
    insurance: list[ClaimInsurance] = []
    diagnosis: list[ClaimDiagnosis] = []
    procedure: list[ClaimProcedure] = []
    item: list[ClaimItem] = []


class ChargeItem(Element):
    id: str = ""
    identifier: list[Identifier] = []
    status: str = ""
    code: Concept = Concept()
    occurrence: str | None = Field(default=None, alias="occurrenceDateTime")
    occurrence_period: Period | None = Field(default=None, alias="occurrencePeriod")
    quantity: Quantity = Quantity()
    price: Money = Field(default=Money(), alias="priceOverride")
    subject: Reference = Reference()
