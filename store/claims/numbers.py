"""Numbers that are given out once: claim numbers of a year, control numbers of a receiver."""

from __future__ import annotations

from sqlmodel import Session

from store.models import Counter


def take(session: Session, name: str, count: int = 1) -> int:
    """The first of `count` consecutive numbers under a name; the caller's transaction must commit to keep them."""
    counter = session.get(Counter, name, with_for_update=True) or Counter(name=name, last=0)
    first = counter.last + 1
    counter.last += count
    session.add(counter)
    return first


def claim_number(session: Session, service_date: str) -> str:
    """The next claim number of the service's year: `2026-000418` (CLM01, at most 20 characters)."""
    year = service_date[:4]
    return f"{year}-{take(session, f'claim.{year}'):06d}"
