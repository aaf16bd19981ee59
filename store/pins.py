"""The PIN of a person: asked when a covered screen is opened again and before a glass is broken.

It is no login, which is the host's (SSH key, second factor); it keeps somebody at a terminal left open from going on.
Kept as scrypt (RFC 7914) with a salt of its own. The standard library has scrypt and not argon2; what guards four
to twelve digits against guessing is the limit on wrong ones, so a dependency would add nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Database
from store.models import Person
from store.queries.people import MOST_PIN_FAILURES as MOST_FAILURES

LEAST, MOST = 4, 12
_N, _R, _P = 2**14, 8, 1
"""scrypt's cost, 16 MiB and some 50 ms: what OWASP's password storage cheat sheet lists for interactive use."""


class WrongPin(CodedeskError):
    """The PIN is not the person's, or was wrong too often."""

    title = "PIN"
    exit_code = 1
    refusal = True
    blocked = False


class UnfitPin(CodedeskError):
    """A PIN that cannot be taken."""

    title = "PIN"


def set_pin(db: Database, actor: Actor, pin: str, old: str = "", operation_id: str | None = None) -> None:
    """Give the actor a PIN, or with an empty text none. Raises UnfitPin, and WrongPin for another `old` one."""
    if pin and not (pin.isdigit() and LEAST <= len(pin) <= MOST):
        raise UnfitPin(f"expected {LEAST} to {MOST} digits")
    require_pin(db, actor, old)
    with db.change(actor, operation_id, "people.pin") as change:
        person = change.session.get(Person, actor.person_id) if actor.person_id else None
        if person is None:
            raise UnfitPin("only a person of this site has a PIN", "codedesk users add")
        person.pin, person.pin_failures = (_hashed(pin) if pin else None), 0
        change.session.add(person)
        change.log("people.pin", "person", person.id, given=bool(pin))


def has_pin(db: Database, actor: Actor) -> bool:
    """Whether the actor has a PIN."""
    with db.reading() as session:
        person = session.get(Person, actor.person_id) if actor.person_id else None
        return bool(person and person.pin)


def require_pin(db: Database, actor: Actor, pin: str) -> None:
    """Check the actor's PIN, where there is one; wrong ones are counted. Raises WrongPin, which is logged."""
    with db.reading() as session:
        person = session.get(Person, actor.person_id) if actor.person_id else None
        kept, failures = (person.pin, person.pin_failures) if person else (None, 0)
    if kept is None:
        return
    right = failures < MOST_FAILURES and _matches(pin, kept)
    if right and not failures:
        return
    with db.change(actor) as change:
        person = change.session.get_one(Person, actor.person_id)
        blocked = person.pin_failures >= MOST_FAILURES
        if right and not blocked:
            person.pin_failures = 0
        elif not blocked:
            person.pin_failures += 1
        left = MOST_FAILURES - person.pin_failures
        change.session.add(person)
        if not right or blocked:
            change.log("refused", "person", person.id, asked="pin", why="wrong PIN", left=left)
    if not right or blocked:
        if left <= 0:
            error = WrongPin("it was wrong too often and opens nothing any more", "an administrator takes it away")
            error.blocked = True
            raise error
        raise WrongPin(f"that is not your PIN; {left} tries are left")


def _hashed(pin: str, salt: bytes | None = None) -> str:
    salt = salt or os.urandom(16)
    found = hashlib.scrypt(pin.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)
    return f"scrypt${_N}${_R}${_P}${salt.hex()}${found.hex()}"


def _matches(pin: str, kept: str) -> bool:
    _, n, r, p, salt, wanted = kept.split("$")
    found = hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), n=int(n), r=int(r), p=int(p), dklen=32)
    return hmac.compare_digest(found.hex(), wanted)
