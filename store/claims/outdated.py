"""Which claims were scrubbed with what is retired now: payer, facility or provider say something else since.

Such a claim does not leave: nobody has seen what it would say. Scrubbing it copies what stands now and checks that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import Session, col, select

from store.claims.chart import billed_payer, billing_provider, practitioner
from store.claims.restating import said_otherwise
from store.models import Claim, Encounter, Facility, Payer, Provider

_READ_AT_ONCE = 200

_WORDS = {
    "coverage": "a payer",
    "other_coverages": "a payer",
    "receiver": "a payer",
    "billing": "the facility that bills",
    "rendering": "a provider",
    "referring": "a provider",
    "supervising": "a provider",
    "line_rendering": "a provider",
    "facility_bill.attending": "a provider",
    "facility_bill.operating": "a provider",
    "facility_bill.other_operating": "a provider",
}
"""What changed, by the parts of a claim that say it."""


def outdated(session: Session, claim_ids: Sequence[str]) -> dict[str, str]:
    """Of the claims those that the record contradicts, with what changed since they copied it, in words.

    Only those that name a payer, facility or provider as nobody of the directory is called now are read whole.
    """
    found = {}
    directory = _Directory(session)
    for start in range(0, len(claim_ids), _READ_AT_ONCE):
        query = (
            select(Claim.id, Claim.parties, Claim.payer_id, Encounter.facility_id)
            .join(Encounter, col(Encounter.id) == Claim.encounter_id)
            .where(col(Claim.id).in_(claim_ids[start : start + _READ_AT_ONCE]))
        )
        rows = session.exec(query).all()
        known = _practitioners(session, [stated for _, stated, _, _ in rows])
        for claim_id, stated, payer_id, facility_id in rows:
            if directory.has(stated, payer_id, facility_id) and all(one in known for one in named_providers(stated)):
                continue
            if changed := said_otherwise(session, session.get_one(Claim, claim_id)):
                words = dict.fromkeys(
                    _WORDS.get(place, place.replace("_", " ")) for place in changed if place in _WORDS
                )
                found[claim_id] = " and ".join(words) or "what it copied"
    return found


class _Directory:
    """Payers and facilities as claims state them, in the plain form of `Claim.parties`."""

    def __init__(self, session: Session) -> None:
        self._payers = {row.id: asdict(billed_payer(row)) for row in session.exec(select(Payer))}
        self._facilities = {row.id: asdict(billing_provider(row)) for row in session.exec(select(Facility))}

    def has(self, stated: Mapping[str, Any], payer_id: str | None, facility_id: str | None) -> bool:
        """Whether a claim names its payers and the facility that bills as they are now."""
        billed, others = stated.get("coverage"), stated.get("other_coverages") or ()
        if billed and billed["payer"] != self._payers.get(payer_id or ""):
            return False
        if any(one["payer"] not in self._payers.values() for one in others):
            return False
        if facility_id:
            return bool(stated["billing"] == self._facilities.get(facility_id))
        return stated["billing"] in self._facilities.values()


def _practitioners(session: Session, claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The providers with the NPIs that claims name, in the plain form of `Claim.parties`."""
    numbers = {one["npi"] for stated in claims for one in named_providers(stated)}
    rows = session.exec(select(Provider).where(col(Provider.npi).in_(numbers)))
    return [asdict(practitioner(row)) for row in rows]


def named_providers(stated: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The providers that a claim names."""
    bill = stated.get("facility_bill") or {}
    some = [stated.get(part) for part in ("rendering", "referring", "supervising")]
    some += (stated.get("line_rendering") or {}).values()
    some += [bill.get(part) for part in ("attending", "operating", "other_operating")]
    yield from (one for one in some if one)
