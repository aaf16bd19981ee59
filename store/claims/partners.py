"""Trading partners as people keep them: who takes whose claims, under which identifiers, in files of which name.

A claim goes to the partner that names its payer, else to the one that names none, else to the receiver of the settings.
Identifiers that a partner leaves empty are those of the settings. Every change is checked whole before it is kept.

Source: X12.5, ISA05 to ISA08, ISA11, ISA16 and the segment terminator; 005010X222A1, appendix C.1.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.claims.content import Receiver
from store.claims.numbers import take
from store.database import Database
from store.models import TradingPartner
from store.models.partner import TradingPartnerFields
from store.scrub.checks.written import can_stand
from store.settings import Settings
from store.x12.writer import STANDARD, Delimiters, Envelope, Submitter, writable

_NAME_PARTS = ("partner", "form", "date", "time", "number")
_LETTERS = frozenset(string.ascii_letters + string.digits + " .,'()&-/")
FIELDS = tuple(TradingPartnerFields.model_fields)


class PartnerRefused(CodedeskError):
    """The partner is unknown, or a value does not fit its field; nothing was changed."""

    title = "trading partner"


@dataclass(frozen=True)
class Channel:
    """How a file to a receiver is made: everything of its envelope but numbers and time."""

    receiver: str
    sender: str
    usage: str
    delimiters: Delimiters
    submitter: Submitter
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    sender_code: str = ""
    receiver_code: str = ""
    most_claims: int = 5000
    partner: str = ""

    def envelope(
        self, interchange: int, group: int, created: dt.datetime, functional_id: str, version: str
    ) -> Envelope:
        """The envelope of one interchange."""
        return Envelope(
            self.sender,
            self.receiver,
            self.usage,
            interchange,
            group,
            created,
            functional_id,
            version,
            self.delimiters,
            self.submitter,
            self.sender_qualifier,
            self.receiver_qualifier,
            self.sender_code,
            self.receiver_code,
        )


def partners(session: Session) -> list[TradingPartner]:
    """Every partner, by name."""
    return list(session.exec(select(TradingPartner).order_by(TradingPartner.name)))


def save_partner(
    db: Database, actor: Actor, name: str, values: Mapping[str, Any], operation_id: str | None = None
) -> str:
    """Make a partner, or change some fields of it; its id. Raises PartnerRefused."""
    with db.change(actor, operation_id, "partner.save") as change:
        if change.repeated:
            return str(change.answer["id"])
        session = change.session
        row = session.exec(select(TradingPartner).where(TradingPartner.name == name)).first()
        before = row.model_dump(include=set(FIELDS)) if row else {}
        checked = _checked({**before, "name": name, **values})
        row = row or TradingPartner(**checked)
        for field, value in checked.items():
            setattr(row, field, value)
        _no_payer_twice(session, row)
        session.add(row)
        session.flush()
        changed = {field: value for field, value in checked.items() if before.get(field) != value}
        change.log("partner.save", "partner", row.id, name=name, changed=changed)
        change.answer = {"id": row.id}
        return row.id


def partner_for(session: Session, payer_identifier: str) -> TradingPartner | None:
    """The active partner that takes a payer's claims; None where the settings' receiver does."""
    active = [row for row in partners(session) if row.active]
    named = next((row for row in active if payer_identifier and payer_identifier in row.payers), None)
    return named or next((row for row in active if not row.payers), None)


def route_of(session: Session, settings: Settings) -> Callable[[str], tuple[Receiver, TradingPartner | None]]:
    """What tells to whom a claim for a payer goes, by the partners as they are now; for many claims at once."""
    active = [row for row in partners(session) if row.active]
    by_payer = {payer: row for row in reversed(active) for payer in row.payers}
    others = next((row for row in active if not row.payers), None)

    def route(payer_identifier: str) -> tuple[Receiver, TradingPartner | None]:
        row = by_payer.get(payer_identifier, others) if payer_identifier else others
        return _receiver(row, settings), row

    return route


def receiver_for(session: Session, payer_identifier: str, settings: Settings) -> Receiver:
    """To whom a claim for the payer goes."""
    return _receiver(partner_for(session, payer_identifier), settings)


def _receiver(partner: TradingPartner | None, settings: Settings) -> Receiver:
    if partner is None:
        return Receiver(settings.submitter_id, settings.receiver_id, settings.receiver_name)
    return Receiver(partner.submitter_id or settings.submitter_id, partner.receiver_id, partner.name)


def channel_to(session: Session, receiver: str, submitter: str, settings: Settings) -> Channel:
    """How files to a receiver are made: as its partner says, else as the settings do."""
    query = select(TradingPartner).where(TradingPartner.receiver_id == receiver, TradingPartner.active)
    row = session.exec(query.order_by(TradingPartner.name)).first()
    if row is None:
        return Channel(receiver, submitter, settings.usage_indicator, Delimiters(), Submitter())
    return Channel(
        receiver,
        submitter,
        row.usage_indicator,
        Delimiters(*row.delimiters),
        Submitter(row.submitter_name, row.contact_name, row.contact_phone),
        row.sender_qualifier,
        row.receiver_qualifier,
        row.sender_code,
        row.receiver_code,
        row.most_claims,
        row.name,
    )


def next_file_name(session: Session, partner: TradingPartner, form: str, now: dt.datetime) -> str:
    """What the next file to a partner is called; its number counts up for ever."""
    return file_name(partner, form, now, take(session, f"file.{partner.name}"))


def file_name(partner: TradingPartner, form: str, now: dt.datetime, number: int) -> str:
    """What a file of that number to a partner is called."""
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in partner.name)
    parts = {"partner": plain, "form": form, "date": f"{now:%Y%m%d}", "time": f"{now:%H%M%S}", "number": f"{number:04}"}
    return partner.file_name.format_map(parts)


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(values) - set(FIELDS):
        raise PartnerRefused(f"a partner has no {min(unknown)}", f"it has {', '.join(FIELDS)}")
    from pydantic import ValidationError

    try:
        kept = TradingPartnerFields.model_validate(dict(values)).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        if first["type"] == "missing":
            raise PartnerRefused(f"a new partner needs its {field}", f"say {field}=ID, which becomes ISA08") from None
        raise PartnerRefused(f"{field}: {first['msg']}") from None
    for field, trouble in _trouble(kept):
        raise PartnerRefused(f"{field}: {trouble}, got {kept[field]!r}")
    return kept


def _trouble(kept: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for field, needed in (
        ("receiver_id", True),
        ("submitter_id", False),
        ("sender_code", False),
        ("receiver_code", False),
    ):
        text = kept[field]
        if (text or needed) and not (1 <= len(text) <= 15 and writable(text).text == text.upper()):
            found.append((field, "expected 1 to 15 characters of X12's set"))
    for field in ("sender_qualifier", "receiver_qualifier"):
        if not (len(kept[field]) == 2 and kept[field].isalnum()):
            found.append((field, "expected two letters or digits, such as ZZ or 30"))
    if kept["usage_indicator"] not in ("T", "P"):
        found.append(("usage_indicator", "expected T or P"))
    marks = kept["delimiters"]
    if (
        len(set(marks)) != 4
        or len(marks) != 4
        or set(marks) & _LETTERS
        or not marks.isascii()
        or not marks.isprintable()
    ):
        found.append(("delimiters", "expected four different signs, such as *:~^"))
    if not 1 <= kept["most_claims"] <= 100_000:
        found.append(("most_claims", "expected 1 to 100,000"))
    signs = set(marks) or set(STANDARD.all)
    for field in ("submitter_name", "contact_name"):
        if set(kept[field]) & signs or (kept[field] and not writable(kept[field]).text):
            found.append((field, "expected a text without the delimiters of its files"))
    if wrong := next((one for one in kept["payers"] if not can_stand(one)), None):
        found.append(("payers", f"expected identifiers without the delimiters of X12, not {wrong!r}"))
    if kept["contact_phone"] and sum(c.isdigit() for c in kept["contact_phone"]) != 10:
        found.append(("contact_phone", "expected ten digits"))
    return found + _name_trouble(kept["file_name"])


def _name_trouble(pattern: str) -> list[tuple[str, str]]:
    expected = f"expected a file name with {', '.join('{' + part + '}' for part in _NAME_PARTS)} in it"
    try:
        parts = [part for _, part, spec, conversion in string.Formatter().parse(pattern) if part is not None]
    except ValueError:
        return [("file_name", expected)]
    if not set(parts) <= set(_NAME_PARTS) or "number" not in parts:
        return [("file_name", f"{expected}, {{number}} always")]
    return [("file_name", "expected a name without a folder")] if "/" in pattern or pattern.startswith(".") else []


def _no_payer_twice(session: Session, row: TradingPartner) -> None:
    for other in partners(session):
        if other.id == row.id or not (other.active and row.active):
            continue
        if both := set(other.payers) & set(row.payers):
            raise PartnerRefused(f"payer {min(both)} goes to {other.name} already")
        if not other.payers and not row.payers:
            raise PartnerRefused(f"{other.name} takes every other payer already", "name the payers that this one takes")
        if other.receiver_id == row.receiver_id:
            raise PartnerRefused(f"{other.name} has the receiver id {row.receiver_id} already")
