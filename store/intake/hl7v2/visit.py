"""Patient, visit, providers and insurances out of PID, PV1, PV2, IN1 and their like, named fields only.

Source: HL7 v2.5.1 chapters 3.4 (PID, PV1, PV2) and 6.5 (IN1, IN2, ACC).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from store.intake.hl7v2.interface import Interface
from store.intake.hl7v2.message import Message, Segment, part
from store.intake.hl7v2.values import day, line, moment, numbered, provider
from store.models.directory import ProviderFields
from store.models.patient import PatientFields
from store.terms import PatientClass, ProviderRole

_ROLES = ((7, ProviderRole.ATTENDING), (8, ProviderRole.REFERRING), (9, ProviderRole.CONSULTING))
_ADMITTING = (17, ProviderRole.ADMITTING)


def fallback_source(message: Message) -> str:
    """Whose numbers they are where nothing else says so: the sending facility, else the application."""
    return message.text("MSH-4") or message.text("MSH-3") or "hl7v2"


def patient_number(segment: Segment, interface: Interface, fallback: str, field: int = 3) -> tuple[str, str] | None:
    """(source, record number) of a PID-3 or MRG-1: of the best kind that the interface knows."""
    best: tuple[int, tuple[str, str]] | None = None
    for raw in segment.repetitions(field):
        number = numbered(raw, segment.marks, interface, fallback)
        kind = part(raw, segment.marks, 5)
        types = interface.patient_number_types
        rank = types.index(kind) if kind in types else len(types)
        if number and (best is None or rank < best[0]):
            best = rank, number
    if best is None and field == 3 and segment.name == "PID":
        raw = segment.raw(2)
        return numbered(raw, segment.marks, interface, fallback) if raw else None
    return best[1] if best else None


def patient(pid: Segment, interface: Interface, fallback: str) -> PatientFields | None:
    """What PID says of the patient; None where it gives no record number. Raises pydantic.ValidationError."""
    number = patient_number(pid, interface, fallback)
    if number is None:
        return None
    marks = pid.marks
    values: dict[str, Any] = {"source": number[0], "mrn": number[1], "family_name": line(pid.text(5))}
    for place, name in enumerate(("given_name", "middle_name", "suffix"), 2):
        # What is not valued is not known to the sender; two quotes say that there is none (chapter 2.5.3).
        if pid.says(5, place):
            values[name] = line(pid.text(5, place))
    if born := day(pid.text(7)):
        values["birth_date"] = born
    if pid.says(8):
        values["sex"] = interface.sex.get(pid.text(8).upper(), "U")
    if pid.says(11):
        values |= address(pid.repetitions(11)[0], pid)
    if phone := pid.text(13) or part(pid.raw(13), marks, 12):
        values["phone"] = line(phone)
    if died := day(pid.text(29)):
        values["deceased_on"] = died
    return PatientFields.model_validate(values)


def address(raw: str, segment: Segment, prefix: str = "") -> dict[str, str]:
    """An XAD as the columns of an address."""
    names = ("address_line1", "address_line2", "city", "state", "zip")
    values = {f"{prefix}{name}": line(part(raw, segment.marks, number)) for number, name in enumerate(names, 1)}
    values[f"{prefix}zip"] = values[f"{prefix}zip"].replace("-", "")
    return values


def identifiers(message: Message, interface: Interface, paths: tuple[str, ...]) -> tuple[str, str] | None:
    """(source, number) at the first of the paths that gives one."""
    fallback = fallback_source(message)
    for path in paths:
        name, _, rest = path.partition("-")
        numbers = [int(number) for number in rest.split(".")]
        segment = message.first(name)
        if segment is None:
            continue
        if len(numbers) == 1 and segment.says(numbers[0]):
            if found := numbered(segment.repetitions(numbers[0])[0], segment.marks, interface, fallback):
                return found
        elif len(numbers) > 1 and (value := segment.text(*numbers)):
            return (interface.source or fallback)[:120], value[:120]
    return None


def first_moment(message: Message, paths: tuple[str, ...]) -> str | None:
    """The first of the paths that holds a time known to the day."""
    found = (moment(message.text(path)) for path in paths)
    return next((when for when in found if when and len(when) >= 10), None)


def visit_values(message: Message, interface: Interface) -> dict[str, Any]:
    """The fields of the visit that PV1, PV2 and ACC name."""
    pv1, pv2, acc = message.first("PV1"), message.first("PV2"), message.first("ACC")
    values: dict[str, Any] = {}
    if pv1 and (known := interface.class_.get(pv1.text(2).upper())):
        setting = known.setting
        service = interface.service.get(pv1.text(10).upper())
        if service and known.patient_class == PatientClass.OUTPATIENT:
            setting = service
        values |= {"setting": setting, "patient_class": known.patient_class}
        if known.place_of_service:
            values["place_of_service"] = known.place_of_service
    if pv1:
        if pv1.says(10):
            values["hospital_service"] = line(pv1.text(10, 2) or pv1.text(10))
        if pv1.says(4):
            values["admission_type"] = line(interface.admission_type.get(pv1.text(4).upper(), pv1.text(4)))
        if pv1.says(14):
            values["point_of_origin"] = line(pv1.text(14))
        if code := pv1.text(36):
            values["discharge_disposition"] = line(code.zfill(2) if code.isdigit() else code)
    if pv2 and pv2.says(3):
        values["reason"] = line(pv2.text(3, 2) or pv2.text(3))
    if acc and (when := day(acc.text(1))):
        values["accident_date"] = when
    return values


def extra_values(message: Message, interface: Interface) -> dict[str, Any]:
    """What the sender says beyond the fields: location, local class, Z segments, and what the site names."""
    extra: dict[str, Any] = {}
    if pv1 := message.first("PV1"):
        place = " ".join(filter(None, (pv1.text(3, number) for number in (1, 2, 3))))
        found = {"location": place, "class": pv1.text(2), "patient_type": pv1.text(18)}
        extra |= {name: line(value) for name, value in found.items() if value}
    for name, path in interface.extra.items():
        if value := message.text(path):
            extra[name] = line(value)
    own = {segment.name: segment for segment in message.segments if segment.name.startswith("Z")}
    for name, segment in own.items():
        extra[name[:3]] = line(segment.marks.field.join(segment.fields))
    return extra


def facility(message: Message, interface: Interface, paths: Sequence[str]) -> dict[str, str] | None:
    """The place that bills, at the first of the paths that names one."""
    name = next(filter(None, (message.text(path) for path in paths)), "")
    if not name:
        return None
    return {"source": (interface.source or fallback_source(message))[:120], "local_id": name[:120], "name": line(name)}


def providers(message: Message, interface: Interface) -> Iterator[tuple[ProviderRole, ProviderFields]]:
    """Who took part, from PV1, PR1, FT1 and the orders."""
    fallback = fallback_source(message)
    fields = [("PV1", number, role) for number, role in (*_ROLES, _ADMITTING)]
    fields += [
        ("PR1", 11, ProviderRole.OPERATING),
        ("FT1", 20, ProviderRole.RENDERING),
        ("FT1", 21, ProviderRole.ORDERING),
        ("ORC", 12, ProviderRole.ORDERING),
        ("OBR", 16, ProviderRole.ORDERING),
    ]
    for name, number, role in fields:
        for segment in message.all(name):
            for raw in segment.repetitions(number)[:10]:
                if found := provider(raw, segment.marks, interface, fallback):
                    yield role, found


def coverages(message: Message, interface: Interface) -> list[dict[str, Any]]:
    """The insurances in their order, from IN1; a payer is known by IN1-3, else by the plan, else by its name."""
    found = []
    for sequence, in1 in enumerate(message.all("IN1")[:9], 1):
        name = line(in1.text(4) or in1.text(2, 2) or in1.text(2))
        number = in1.text(3) or in1.text(2) or name
        if not number:
            continue
        source = (interface.source or fallback_source(message))[:120]
        values: dict[str, Any] = {
            "sequence": sequence,
            "payer": {"source": source, "local_id": number[:120], "name": name or line(number)},
            "plan_name": line(in1.text(2, 2) or in1.text(35)),
            "group_number": line(in1.text(8)),
            "member_id": line(in1.text(49) or in1.text(36)),
            "relationship": interface.relationship.get(in1.text(17).upper(), "other" if in1.says(17) else "self"),
            "subscriber_family_name": line(in1.text(16)),
            "subscriber_given_name": line(in1.text(16, 2)),
            "subscriber_birth_date": day(in1.text(18)),
            "subscriber_sex": interface.sex.get(in1.text(43).upper(), ""),
            "effective_on": day(in1.text(12)),
            "expires_on": day(in1.text(13)),
            "authorization_number": line(in1.text(14)),
        }
        if in1.says(19):
            where = address(in1.repetitions(19)[0], in1, "subscriber_")
            values |= {name: value for name, value in where.items() if name != "subscriber_address_line2"}
        found.append(values)
    return found
