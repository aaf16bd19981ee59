"""The payers and facilities of a site: made and mended by hand, beside what registration says of them.

Registration names them by its own numbers and often no more than that: what a claim needs besides (NPI, tax id,
address, the payer's identifier, its filing limit) is set here. What registration says later of a field goes before it;
what it leaves out stays as it was set (`store.intake`). One that is made here has the source `SITE`.

What no claim could state is refused on the spot, of the fields that are set: what registration gave is for the scrub.

Source: 005010X222A1 and 005010X223A2, loops 2010AA (billing provider), 2010BB (payer) and 2310 (service facility).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.claims.to_patient import SELF_PAY
from store.database import Database
from store.models import Facility, Payer
from store.models.directory import FacilityFields, PayerFields
from store.scrub.checks.insured import filing_codes
from store.scrub.checks.providers import valid_npi
from store.scrub.checks.written import LONGEST, SHORTEST, can_stand, is_city, is_state, is_zip, valid_taxonomy
from store.x12.writer import STANDARD

SITE = "site"
"""The source of what was made by hand."""

_KEY = ("source", "local_id")

LINES_OF_BUSINESS = (
    *("commercial", "medicare", "medicare_advantage", "medicaid", "medicaid_managed_care"),
    *("tricare", "workers_compensation", "auto", SELF_PAY, "other"),
)
"""What payers are told apart by in criteria (`payer class`); for `self_pay` the patient is billed."""


class DirectoryRefused(CodedeskError):
    """A payer or facility is not known, is not known alone, or a value of it is wrong; nothing was changed."""

    title = "directory"
    exit_code = 1


@dataclass(frozen=True)
class Kind:
    """What one of the two is called, and kept as."""

    name: str
    table: type[Payer] | type[Facility]
    fields: type[PayerFields] | type[FacilityFields]

    @property
    def settable(self) -> tuple[str, ...]:
        """The fields that are set by hand."""
        return tuple(field for field in self.fields.model_fields if field not in _KEY)


PAYER = Kind("payer", Payer, PayerFields)
FACILITY = Kind("facility", Facility, FacilityFields)


def entries(session: Session, kind: Kind) -> Sequence[Payer | Facility]:
    """All of a kind by their local ids, those of one source after the other."""
    return sorted(session.exec(select(kind.table)), key=lambda row: (row.source, row.local_id))


def save_entry(
    db: Database,
    actor: Actor,
    kind: Kind,
    local_id: str,
    values: Mapping[str, str],
    source: str = "",
    operation_id: str | None = None,
    shared: bool = False,
) -> bool:
    """Set fields of one, found by its local id and, where several sources have that, its source; whether it is new.

    `shared` gives it the identifier of another payer, as plans of one company have it. Raises DirectoryRefused.
    """
    with db.change(actor, operation_id, "directory.save") as change:
        if change.repeated:
            return bool(change.answer["new"])
        session = change.session
        if unknown := set(values) - set(kind.settable):
            raise DirectoryRefused(f"a {kind.name} has no {min(unknown)}", f"it has {', '.join(kind.settable)}")
        row = _known(session, kind, local_id, source)
        before = row.model_dump(include=set(kind.settable)) if row else {}
        if kind is PAYER:
            others = [one for one in session.exec(select(Payer)) if row is None or one.id != row.id]
            values = {**values, **_line_of_business(values, others)}
            _require_own_identifier(values, str(before.get("payer_identifier") or ""), others, shared)
        new = row is None
        checked = _checked(kind, {"source": source or SITE, "local_id": local_id, **before, **values}, values)
        row = row or kind.table(**checked.model_dump())
        for field in values:
            setattr(row, field, getattr(checked, field))
        session.add(row)
        session.flush()
        changed = {field: str(getattr(row, field)) for field in values if before.get(field) != getattr(row, field)}
        change.log("directory.save", kind.name, row.id, local_id=local_id, changed=changed)
        change.answer = {"new": new}
        return new


def _require_own_identifier(values: Mapping[str, str], before: str, others: Sequence[Payer], shared: bool) -> None:
    """Raise DirectoryRefused where claims would go to no payer any more, or to another one without a word."""
    identifier = values.get("payer_identifier")
    if identifier is None or identifier == before:
        return
    if not identifier:
        raise DirectoryRefused(
            f"payer_identifier: its claims are addressed by {before}", "set another one: no claim leaves without it"
        )
    same = [one for one in others if one.payer_identifier.casefold() == identifier.casefold()]
    if same and not shared:
        raise DirectoryRefused(
            f"payer_identifier: {identifier} is that of {same[0].name} ({same[0].local_id}), which would get them",
            "where both are plans of one company, --shared keeps it",
        )


def _line_of_business(values: Mapping[str, str], others: Sequence[Payer]) -> dict[str, str]:
    """The line of business that is set, as it is written; that registration gives other payers is one too.

    Raises DirectoryRefused.
    """
    if not (given := values.get("line_of_business")):
        return {}
    known = dict.fromkeys([*LINES_OF_BUSINESS, *sorted(filter(None, (one.line_of_business for one in others)))])
    written = next((one for one in known if one.casefold() == given.casefold()), None)
    if written is None:
        raise DirectoryRefused(f"line_of_business: expected one of {' '.join(known)}, got {given!r}")
    return {"line_of_business": written}


def _known(session: Session, kind: Kind, local_id: str, source: str) -> Payer | Facility | None:
    found = [one for one in entries(session, kind) if one.local_id == local_id and source in ("", one.source)]
    if len(found) > 1:
        sources = ", ".join(one.source for one in found)
        raise DirectoryRefused(f"{len(found)} sources have a {kind.name} {local_id}: {sources}", "say --source SOURCE")
    return found[0] if found else None


def _checked(kind: Kind, values: Mapping[str, Any], set_now: Collection[str]) -> PayerFields | FacilityFields:
    given = {name: value for name, value in values.items() if not (name == "timely_filing_days" and value == "")}
    try:
        checked = kind.fields.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        if first["type"] == "missing":
            raise DirectoryRefused(f"a new {kind.name} needs its {field}", f"say {field}=…") from None
        raise DirectoryRefused(f"{field}: {first['msg']}, got {str(values[field])!r}") from None
    for field in (one for one in _RULES if one in set_now):
        given_now, rule = getattr(checked, field, None), _RULES[field]
        empty = given_now in (None, "")
        if rule.needed if empty else not rule.fits(str(given_now)):
            raise DirectoryRefused(f"{field}: expected {rule.expected}, got {str(values[field])!r}")
    return checked


@dataclass(frozen=True)
class _Rule:
    """What a value must be, and whether it may not be taken out."""

    expected: str
    fits: Callable[[str], bool]
    needed: bool = False


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


_TEXT = f"a text without {' '.join(STANDARD.all)}, which part the elements of a file"

_RULES = {
    "name": _Rule("a name, without " + " ".join(STANDARD.all), can_stand, needed=True),
    "npi": _Rule("ten digits, the last one their check digit", valid_npi),
    "tax_id": _Rule("nine digits", lambda text: re.fullmatch(r"[0-9]{9}", text) is not None),
    "taxonomy": _Rule("ten characters, the last one X", lambda text: valid_taxonomy(text.upper())),
    "payer_identifier": _Rule(
        f"{SHORTEST} to {LONGEST} letters and digits", lambda text: SHORTEST <= len(text) <= LONGEST and can_stand(text)
    ),
    "claim_filing_code": _Rule(f"one of {' '.join(filing_codes())}", lambda text: text in filing_codes()),
    "timely_filing_days": _Rule("a number of days, 1 or more", lambda text: int(text) >= 1),
    "address_line1": _Rule(_TEXT, can_stand),
    "city": _Rule(
        f"two letters or more, without {' '.join(STANDARD.all)}", lambda text: is_city(text) and can_stand(text)
    ),
    "state": _Rule("the two letters of a state, as NE", lambda text: len(text) == 2 and is_state(text)),
    "zip": _Rule("five or nine digits", is_zip),
    "contact_name": _Rule(_TEXT, can_stand),
    "contact_phone": _Rule("ten digits", lambda text: len(re.findall("[0-9]", text)) == 10 and can_stand(text)),
    "member_id_pattern": _Rule("a regular expression", _is_pattern),
}
"""The rules that the scrub has for a claim (`store.scrub.checks`), held where the value is entered."""
