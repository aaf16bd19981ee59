"""Who may do and see what: the table `permissions.csv`, read and checked, and the questions asked of it.

Least privilege (45 CFR 164.308(a)(4), 164.502(b)): a role has what its work needs, and what no row names is an
administrator's alone. The record asks for every operation with a name (`Database.change`), screens ask for every
key, the command line for every command, readers for every column. Free of the ORM, because the first screen asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codesets.errors import UnreadableInput
from codesets.shipped_tables import read_table
from store.actors import Actor, NotAllowed
from store.terms import Role

KINDS = ("do", "group", "action", "command", "column")

COLUMNS = ("kind", "name", *(role.value for role in Role), "what")

PEOPLE = {
    Role.CODER: ("a coder", "coders"),
    Role.BILLER: ("a biller", "billers"),
    Role.AUDITOR: ("an auditor", "auditors"),
    Role.MANAGER: ("a manager", "managers"),
    Role.RECORDS: ("of medical records", "medical records"),
    Role.ANALYST: ("an analyst", "analysts"),
    Role.ADMIN: ("an administrator", "administrators"),
}
"""What one of a role and all of them are called."""


MOST_NAMED = 3
"""How many roles a refusal names; more do not fit on a line."""


@dataclass(frozen=True)
class Right:
    """One row: what it is about, who has it, and what a refusal calls it."""

    kind: str
    name: str
    roles: frozenset[Role]
    what: str


@cache
def rights() -> Mapping[tuple[str, str], Right]:
    """Every right by kind and name. Raises UnreadableInput with the row that is wrong."""
    return read_rights(Path(__file__).with_name("permissions.csv"))


def read_rights(path: Path) -> dict[tuple[str, str], Right]:
    """The rights of a table. Raises UnreadableInput for another kind, a cell that is neither y nor -, a row twice,
    or a row that keeps administrators out."""
    found: dict[tuple[str, str], Right] = {}
    for kind, name, *cells, what in read_table(path, COLUMNS):
        if kind not in KINDS:
            raise UnreadableInput(f"{path.name}: {kind} {name}: expected one of {', '.join(KINDS)}")
        if (kind, name) in found:
            raise UnreadableInput(f"{path.name}: {kind} {name} stands twice")
        if (roles := _roles(tuple(cells))) is None:
            raise UnreadableInput(f"{path.name}: {kind} {name}: expected y or - for every role")
        if Role.ADMIN not in roles:
            raise UnreadableInput(f"{path.name}: {kind} {name}: administrators have every right")
        found[kind, name] = Right(kind, name, roles, what)
    return found


@cache
def _roles(cells: tuple[str, ...]) -> frozenset[Role] | None:
    """The roles that these cells give a right; None where one says neither y nor -. Few rows differ in them."""
    if not set(cells) <= {"y", "-"}:
        return None
    return frozenset(role for role, cell in zip(Role, cells, strict=True) if cell == "y")


def roles_with(kind: str, name: str) -> frozenset[Role]:
    """The roles that have a right; administrators alone have one that no row names."""
    right = rights().get((kind, name))
    return right.roles if right else frozenset({Role.ADMIN})


def allowed(role: Role, kind: str, name: str) -> bool:
    """Whether a role has a right."""
    return role in roles_with(kind, name)


def refusal(role: Role, kind: str, name: str) -> str:
    """Why a role may not: `for coders and administrators; you are a biller`, or where most may `not for analysts`.

    Empty where it may.
    """
    having = roles_with(kind, name)
    if role in having:
        return ""
    if len(having) > MOST_NAMED:
        return f"not for {PEOPLE[role][1]}"
    names = [PEOPLE[one][1] for one in Role if one in having]
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f"for {listed}; you are {PEOPLE[role][0]}"


def on_key(role: Role, action: str, group: str) -> str:
    """Why a role may not use a key of the screens: its own row decides, else that of its group. Empty where it may."""
    return refusal(role, *right_of_key(action, group))


def whom_to_ask(role: Role, action: str, group: str) -> tuple[str, ...]:
    """Whom to ask for a key, as lines have room: all who may but administrators, who may all, or one of those.

    None where the refusal names them.
    """
    having = roles_with(*right_of_key(action, group))
    if role in having or len(having) <= MOST_NAMED:
        return ()
    return f"Ask {_listed(having - {Role.ADMIN})}.", f"Ask {PEOPLE[Role.ADMIN][0]}."


def who_may(kind: str, name: str) -> str:
    """All who have a right but administrators, who have all: `billers`, `coders or managers`; else those."""
    return _listed(roles_with(kind, name) - {Role.ADMIN} or frozenset({Role.ADMIN}))


def right_of_key(action: str, group: str) -> tuple[str, str]:
    """The kind and name of the right that decides about a key: its own where it has a row, else that of its group."""
    return ("action", action) if ("action", action) in rights() else ("group", group)


def _listed(having: frozenset[Role]) -> str:
    names = [PEOPLE[one][1] for one in Role if one in having]
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def not_allowed(role: Role, kind: str, name: str) -> NotAllowed:
    """The error for a right that a role has not."""
    right = rights().get((kind, name))
    what = right.what if right else name
    having = roles_with(kind, name)
    whom = "one of them" if len(having) <= MOST_NAMED else _listed(having)
    return NotAllowed(f"{what} is {refusal(role, kind, name)}", f"ask {whom}")


def require(actor: Actor, verb: str) -> None:
    """Raise NotAllowed where the actor's role has no right to an operation or a look."""
    if not allowed(actor.role, "do", verb):
        raise not_allowed(actor.role, "do", verb)
