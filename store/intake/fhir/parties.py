"""Who takes part in a FHIR encounter: patient, facility, providers, and the payers with their coverages.

A reference that leads nowhere still tells an identifier and a name; that is kept, and nothing is made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from store.intake.fhir.models import (
    Account,
    Address,
    Claim,
    Concept,
    Coverage,
    Element,
    Encounter,
    HumanName,
    Identifier,
    Organization,
    Patient,
    Practitioner,
    PractitionerRole,
    Reference,
)
from store.intake.fhir.spool import Spool, Stored
from store.intake.fhir.terms import terms
from store.intake.native import NativeCoverage, NativeProvider
from store.models.directory import FacilityFields, PayerFields, ProviderFields
from store.models.patient import PatientFields
from store.terms import PatientClass, ProviderRole, Relationship, Setting

Resource = TypeVar("Resource", bound=Element)

UNNAMED_SOURCE = "fhir"
"""The source of an identifier whose system the sender left out."""

_TITLES = re.compile(r"^(?:(?:Dr|Mr|Mrs|Ms|Miss|Prof)\.?\s+)+")


class Reader:
    """Reads the resources around one encounter; what many encounters share is parsed once."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self._parsed: dict[int, Element] = {}

    def get(self, reference: Reference | None, kind: type[Resource], seen_from: Stored) -> Resource | None:
        """The resource behind a reference, or None when it leads nowhere or to another type."""
        stored = self.find(reference, kind.__name__, seen_from)
        return self.parse(stored, kind) if stored else None

    def find(self, reference: Reference | None, kind: str, seen_from: Stored) -> Stored | None:
        """The stored resource behind a reference, by its address or by the identifier that it names."""
        if reference is None:
            return None
        name = reference.reference
        if not name and reference.identifier:
            name = f"{kind}?identifier={reference.identifier.system}|{reference.identifier.value}"
        stored = self.spool.resolve(name, seen_from) if name else None
        return stored if stored and stored.type == kind else None

    def parse(self, stored: Stored, kind: type[Resource]) -> Resource:
        """The model of a stored resource. Raises pydantic.ValidationError."""
        known = self._parsed.get(stored.id)
        if isinstance(known, kind):
            return known
        parsed = kind.model_validate_json(stored.body)
        if kind in (Patient, Practitioner, Organization):
            if len(self._parsed) > 5000:
                self._parsed.clear()
            self._parsed[stored.id] = parsed
        return parsed


def clip(text: str, length: int = 400) -> str:
    """Words for people, cut to the length of a line."""
    return text if len(text) <= length else text[: length - 1] + "…"


def identity(identifiers: Sequence[Identifier], own_id: str, wanted_type: str = "") -> tuple[str, str]:
    """(source, number) of a resource: of the wanted type, else official, else the first, else its own id."""
    known = [i for i in identifiers if i.value and not _never_kept(i)]
    typed = [i for i in known if any(c.code == wanted_type for c in i.type.coding)] if wanted_type else []
    official = [i for i in known if i.use == "official"]
    for identifier in [*typed, *official, *known]:
        return identifier.system or UNNAMED_SOURCE, identifier.value
    return UNNAMED_SOURCE, own_id


def patient_fields(patient: Patient) -> PatientFields:
    """The patient with every field stated, so that what the sender took out goes. Raises ValidationError."""
    source, mrn = identity(patient.identifier, patient.id, "MR")
    name = _official(patient.name)
    address = _home(patient.address)
    lines = [*address.line, "", ""]
    return PatientFields(
        source=source,
        mrn=mrn,
        family_name=name.family or name.text,
        given_name=name.given[0] if name.given else "",
        middle_name=" ".join(name.given[1:]),
        suffix=" ".join(name.suffix),
        birth_date=patient.birth_date,
        sex=terms().sex.get(patient.gender, "U"),
        address_line1=lines[0],
        address_line2=lines[1],
        city=address.city,
        state=address.state,
        zip=address.postal_code.replace("-", ""),
        phone=next((t.value for t in patient.telecom if t.system == "phone"), ""),
        deceased_on=patient.deceased[:10] if patient.deceased else None,
    )


def facility_fields(reader: Reader, encounter: Encounter, stored: Stored) -> FacilityFields | None:
    """The organization that the visit took place at, or None when the sender names none."""
    reference = encounter.service_provider
    organization = reader.get(reference, Organization, stored)
    if organization is None:
        named = _named_by(reference)
        return FacilityFields(source=named[0], local_id=named[1], name=clip(reference.display)) if named else None
    source, local_id = identity(organization.identifier, organization.id)
    address = _home(organization.address)
    return FacilityFields(
        source=source,
        local_id=local_id,
        name=clip(organization.name or reference.display),
        npi=_registered(organization.identifier, terms().npi),
        tax_id=_registered(organization.identifier, terms().tax_id).replace("-", ""),
        address_line1=address.line[0] if address.line else "",
        city=address.city,
        state=address.state,
        zip=address.postal_code.replace("-", ""),
        contact_phone=next((t.value for t in organization.telecom if t.system == "phone"), ""),
    )


def providers_of(reader: Reader, encounter: Encounter, stored: Stored, setting: Setting) -> Iterator[NativeProvider]:
    """The participants in their roles; the primary performer of a hospital visit is also its attending."""
    hospital = setting in (Setting.INPATIENT, Setting.EMERGENCY, Setting.OBSERVATION, Setting.SURGERY)
    for participant in encounter.participant:
        fields = provider_fields(reader, participant.individual, stored)
        if fields is None:
            continue
        codes = [coding.code for concept in participant.type for coding in concept.coding] or ["PPRF"]
        for code in codes:
            if role := terms().participant.get(code):
                yield NativeProvider(role=role, provider=fields)
            if code == "PPRF" and hospital:
                yield NativeProvider(role=ProviderRole.ATTENDING, provider=fields)


def provider_fields(reader: Reader, reference: Reference | None, seen_from: Stored) -> ProviderFields | None:
    """The clinician behind a reference, with the taxonomy of their role where one is given."""
    if reference is None:
        return None
    stored = reader.find(reference, "Practitioner", seen_from)
    if stored is None:
        named = _named_by(reference)
        if named is None or not reference.display or not _may_be(reference, "Practitioner"):
            return None
        given, family = _split_name(reference.display)
        npi = named[1] if named[0] in terms().npi else ""
        return ProviderFields(source=named[0], local_id=named[1], family_name=family, given_name=given, npi=npi)
    practitioner = reader.parse(stored, Practitioner)
    source, local_id = identity(practitioner.identifier, practitioner.id)
    name = _official(practitioner.name)
    taxonomy, specialty = _taxonomy(reader, stored)
    return ProviderFields(
        source=source,
        local_id=local_id,
        npi=_registered(practitioner.identifier, terms().npi),
        family_name=name.family or name.text or reference.display,
        given_name=" ".join(name.given),
        credential=" ".join(name.suffix),
        taxonomy=taxonomy,
        specialty=clip(specialty),
    )


def coverages_of(
    reader: Reader, patient: Stored, claims: Sequence[Claim], account: Account | None, seen_from: Stored, source: str
) -> list[NativeCoverage]:
    """The insurances in order: those of the claim, else of the account, else the patient's active ones."""
    wanted = [(i.sequence, i.coverage, i.pre_auth) for claim in claims[:1] for i in claim.insurance]
    if not wanted and account:
        wanted = [(c.priority or n, c.coverage, []) for n, c in enumerate(account.coverage, 1)]
    found: list[tuple[Coverage | None, str, list[str]]] = []
    for _, reference, pre_auth in sorted(wanted, key=lambda w: w[0]):
        found.append((reader.get(reference, Coverage, seen_from), reference.display, pre_auth))
    if not wanted:
        active = [reader.parse(s, Coverage) for s in reader.spool.pointing_at(patient) if s.type == "Coverage"]
        active = [c for c in active if c.status in ("", "active")]
        found = [(c, "", []) for c in sorted(active, key=lambda c: c.order or 9)]
    coverages: list[NativeCoverage] = []
    for coverage, display, pre_auth in found:
        native = _coverage(reader, coverage, display, pre_auth, seen_from, source, len(coverages) + 1)
        if native and len(coverages) < 9:
            coverages.append(native)
    return coverages


def without_secrets(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without identifiers that are kept nowhere (social security numbers)."""
    listed = resource.get("identifier")
    if not isinstance(listed, list):
        return resource
    kept = [entry for entry in listed if not (isinstance(entry, dict) and _secret_entry(entry))]
    return resource if len(kept) == len(listed) else {**resource, "identifier": kept}


def _coverage(
    reader: Reader,
    coverage: Coverage | None,
    display: str,
    pre_auth: list[str],
    seen_from: Stored,
    source: str,
    sequence: int,
) -> NativeCoverage | None:
    payor = coverage.payor[0] if coverage and coverage.payor else Reference(display=display)
    payer = _payer(reader, payor, coverage.type.words if coverage else "", seen_from, source)
    if payer is None or payer.name.strip().lower() in terms().self_pay:
        return None
    values: dict[str, Any] = {"authorization_number": clip(pre_auth[0])} if pre_auth else {}
    if coverage:
        values |= _subscriber(reader, coverage, seen_from)
        values |= {name: words for name, words in _plan(coverage).items() if words}
        values["member_id"] = coverage.subscriber_id
        values["effective_on"] = coverage.period.start[:10] if coverage.period.start else None
        values["expires_on"] = coverage.period.end[:10] if coverage.period.end else None
    return NativeCoverage(sequence=sequence, payer=payer, **values)


def _payer(
    reader: Reader, reference: Reference, line_of_business: str, seen_from: Stored, source: str
) -> PayerFields | None:
    organization = reader.get(reference, Organization, seen_from)
    business: dict[str, Any] = {"line_of_business": clip(line_of_business)} if line_of_business else {}
    if organization is None:
        named = _named_by(reference)
        name = reference.display or (named[1] if named else "")
        if not name:
            return None
        key = named or (source, name[:120])
        return PayerFields(source=key[0], local_id=key[1], name=clip(name), **business)
    key = identity(organization.identifier, organization.id)
    return PayerFields(source=key[0], local_id=key[1], name=clip(organization.name or reference.display), **business)


def _plan(coverage: Coverage) -> dict[str, str]:
    classes = {c.code: entry for entry in coverage.class_ for c in entry.type.coding}
    plan, group = classes.get("plan"), classes.get("group")
    return {
        "plan_name": clip(plan.name or plan.value) if plan else "",
        "group_number": clip(group.value) if group else "",
    }


def _subscriber(reader: Reader, coverage: Coverage, seen_from: Stored) -> dict[str, Any]:
    code = next((c.code for c in coverage.relationship.coding if c.code), "self")
    relationship = terms().relationship.get(code, Relationship.OTHER)
    values: dict[str, Any] = {"relationship": relationship}
    person = reader.get(coverage.subscriber, Patient, seen_from)
    if relationship == Relationship.SELF or person is None:
        return values
    name, address = _official(person.name), _home(person.address)
    return values | {
        "subscriber_family_name": name.family or name.text,
        "subscriber_given_name": " ".join(name.given),
        "subscriber_birth_date": person.birth_date,
        "subscriber_sex": terms().sex.get(person.gender, "U"),
        "subscriber_address_line1": address.line[0] if address.line else "",
        "subscriber_city": address.city,
        "subscriber_state": address.state,
        "subscriber_zip": address.postal_code.replace("-", ""),
    }


def _taxonomy(reader: Reader, practitioner: Stored) -> tuple[str, str]:
    for stored in reader.spool.pointing_at(practitioner):
        if stored.type != "PractitionerRole":
            continue
        role = reader.parse(stored, PractitionerRole)
        concepts: Iterable[Concept] = [*role.specialty, *role.code]
        for coding in (c for concept in concepts for c in concept.coding):
            if coding.system in terms().taxonomy:
                return coding.code, coding.display
    return "", ""


def _official(names: Sequence[HumanName]) -> HumanName:
    preferred = [n for n in names if n.use == "official"] + [n for n in names if n.use in ("usual", "")]
    return (preferred or [*names, HumanName()])[0]


def _home(addresses: Sequence[Address]) -> Address:
    return next((a for a in addresses if a.use in ("home", "", "work", "billing")), Address())


def _registered(identifiers: Sequence[Identifier], systems: frozenset[str]) -> str:
    return next((i.value for i in identifiers if i.system in systems), "")


def _named_by(reference: Reference) -> tuple[str, str] | None:
    """(source, number) out of the reference itself, or None."""
    if reference.identifier and reference.identifier.value:
        return reference.identifier.system or UNNAMED_SOURCE, reference.identifier.value
    _, question, rest = reference.reference.partition("?identifier=")
    if question:
        system, _, value = rest.rpartition("|")
        return (system or UNNAMED_SOURCE, value) if value else None
    own_id = reference.reference.rpartition("/")[2].removeprefix("urn:uuid:")
    return (UNNAMED_SOURCE, own_id[:120]) if own_id else None


def _may_be(reference: Reference, kind: str) -> bool:
    name = reference.reference
    return not name or name.startswith((kind, "urn:")) or f"/{kind}/" in name


def _split_name(display: str) -> tuple[str, str]:
    given, _, family = _TITLES.sub("", clip(display)).rpartition(" ")
    return given, family


def _never_kept(identifier: Identifier) -> bool:
    types = {coding.code for coding in identifier.type.coding}
    return identifier.system in terms().never_kept_systems or bool(types & terms().never_kept_types)


def _secret_entry(entry: dict[str, Any]) -> bool:
    try:
        return _never_kept(Identifier.model_validate(entry))
    except ValueError:
        return False


def visit_class(code: str) -> tuple[Setting, PatientClass, str]:
    """(setting, patient class, place of service) of an Encounter.class; an unknown one is a clinic visit."""
    known = terms().classes.get(code.upper()) or terms().classes["AMB"]
    return known.setting, known.patient_class, known.place_of_service
