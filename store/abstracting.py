"""The abstract of a visit: the few fields of an encounter that people here may set right after it came in.

Every change names the value that was seen. Where somebody else has changed the field since, nothing is overwritten:
AbstractChanged carries both sides. Formats are those of the UB-04 data set (FL 14, 15, 17, FL 29 and 10-13) and of the
CMS place of service code set, causes and states of accidents those of CLM11 (005010X222A1, loop 2300), what makes
Medicare the second payer that of SBR05 (loop 2000B); which codes exist is for the edits to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import select

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store import access
from store.actors import Actor
from store.coding.conflict import ABSENT, Difference
from store.database import Change, Database
from store.models import Encounter, WorkItem
from store.queries import Reader


@dataclass(frozen=True)
class AbstractField:
    """A field that may be set: its name in the record, what screens call it, what it must look like, in words.

    `in_extra`: the record keeps it in `extra` of the encounter, where senders give it too.
    """

    name: str
    label: str
    pattern: str
    expected: str
    in_extra: bool = False


FIELDS = (
    AbstractField("discharge_disposition", "disposition", r"\d{2}", "two digits"),
    AbstractField("admission_type", "admission type", r"\d", "one digit"),
    AbstractField("point_of_origin", "point of origin", r"[0-9A-Z]", "one digit or letter"),
    AbstractField("place_of_service", "place of service", r"\d{2}", "two digits"),
    AbstractField("hospital_service", "hospital service", r".{1,40}", "up to 40 characters"),
    AbstractField("accident_date", "accident date", r"\d{4}(-\d{2}(-\d{2})?)?", "a day such as 2026-09-14"),
    AbstractField("accident_cause", "accident cause", "AA|EM|OA", "AA auto, EM employment or OA other", in_extra=True),
    AbstractField("accident_state", "accident state", "[A-Z]{2}", "two letters such as NE", in_extra=True),
    AbstractField(
        "msp_type",
        "Medicare second by",
        "1[2-6]|4[1237]",
        "12 aged, 43 disabled, 13 to 16, 41, 42 or 47",
        in_extra=True,
    ),
)


class AbstractRefused(CodedeskError):
    """No such field, or a value that it cannot take; nothing was changed."""

    title = "abstract"


class AbstractChanged(CodedeskError):
    """Somebody else changed the same fields since they were seen; nothing was overwritten."""

    title = "changed elsewhere"
    exit_code = 1

    def __init__(self, differences: tuple[Difference, ...]) -> None:
        told = "; ".join(f"{one.label}: theirs {one.theirs}, yours {one.yours}" for one in differences)
        super().__init__(told, "choose, and save again")
        self.differences = differences


def abstract_of(reader: Reader, encounter_id: str) -> dict[str, str]:
    """The fields of a visit by name; an empty text where there is nothing."""
    names = ", ".join(field.name for field in FIELDS if not field.in_extra)
    row = reader.rows(f"SELECT {names}, extra FROM encounter WHERE id = :id", id=encounter_id)[0]
    extra = json.loads(row["extra"]) if isinstance(row["extra"], str) else row["extra"]
    return {
        field.name: str((extra or {}).get(field.name, "") if field.in_extra else row[field.name] or "")
        for field in FIELDS
    }


def set_abstract(
    db: Database,
    actor: Actor,
    encounter_id: str,
    wanted: Mapping[str, str],
    seen: Mapping[str, str],
    operation_id: str | None = None,
) -> str:
    """Set fields of a visit to values, where they still are as they were `seen`; one line that says what was done.

    Claims of it that have not left state the values from now on. An empty value takes it out.

    Raises AbstractRefused, AbstractChanged, ChartRestricted.
    """
    values = {name: _checked(name, value) for name, value in wanted.items()}
    with db.change(actor, operation_id, "encounter.abstract") as change:
        if change.repeated:
            return str(change.answer["message"])
        change.target = ("encounter", encounter_id)
        encounter = change.session.get_one(Encounter, encounter_id)
        access.require_access(change, encounter.patient_id)
        present = {name: _present(encounter, name) for name in values}
        contested = tuple(
            Difference(name, field_of(name).label, seen[name] or ABSENT, present[name] or ABSENT, value or ABSENT, None)
            for name, value in values.items()
            if present[name] not in (seen[name], value)
        )
        if contested:
            raise AbstractChanged(contested)
        changed = {name: value for name, value in values.items() if value != present[name]}
        for name, value in changed.items():
            _put(encounter, name, value)
        change.session.add(encounter)
        if changed:
            before = {name: present[name] for name in changed}
            change.log("encounter.abstract", "encounter", encounter_id, before=before, after=changed)
            _follow(change, encounter, changed)
        told = ", ".join(f"{field_of(name).label} {value or ABSENT}" for name, value in values.items())
        claims = _restated(change, encounter_id, changed)
        change.answer = {"message": f"Set: {told}.{claims}" if changed else f"Already so: {told}."}
        return str(change.answer["message"])


def _present(encounter: Encounter, name: str) -> str:
    return str((encounter.extra.get(name) if field_of(name).in_extra else getattr(encounter, name)) or "")


def _put(encounter: Encounter, name: str, value: str) -> None:
    if field_of(name).in_extra:
        others = {key: kept for key, kept in encounter.extra.items() if key != name}
        encounter.extra = {**others, name: value} if value else others
    else:
        setattr(encounter, name, value or (None if name == "accident_date" else ""))


def _follow(change: Change, encounter: Encounter, changed: Collection[str]) -> None:
    """Clear the holds that waited for these fields, and place the tasks of the visit by what it is now."""
    from store.holds.clearing import clear_by_abstract
    from store.worklists.placing import place

    change.session.flush()
    tasks = change.session.exec(select(WorkItem).where(WorkItem.encounter_id == encounter.id)).all()
    for item in tasks:
        clear_by_abstract(change, item, changed)
    if tasks:
        place(change.session, encounter, [item.kind for item in tasks])


def _restated(change: Change, encounter_id: str, changed: Collection[str]) -> str:
    """What became of the claims of the visit, with a blank before it."""
    from store.claims.restating import restate

    if not changed:
        return ""
    claims = restate(change, encounter_id, f"{', '.join(field_of(name).label for name in changed)} of the visit")
    return f" {claims.told()}".rstrip()


def field_of(name: str) -> AbstractField:
    """The field with that name. Raises AbstractRefused."""
    found = next((field for field in FIELDS if field.name == name), None)
    if found is None:
        raise AbstractRefused(f"{name!r} is no field of the abstract", ", ".join(field.name for field in FIELDS))
    return found


def _checked(name: str, value: str) -> str:
    field = field_of(name)
    value = safe_line(value).strip()
    if value and not re.fullmatch(field.pattern, value):
        raise AbstractRefused(f"{field.label}: expected {field.expected}, got {value!r}")
    return value
