"""Who carries out an operation: a person of the site, or a program under its own name."""

from __future__ import annotations

from dataclasses import dataclass

from codesets.errors import CodedeskError
from store.terms import Role


class NotAllowed(CodedeskError):
    """The action belongs to another role."""

    title = "not allowed"
    refusal = True


@dataclass(frozen=True)
class Actor:
    """Who acts; `person_id` is None for a program and for an account on a site without people."""

    login: str
    role: Role
    person_id: str | None = None
    name: str = ""


SYSTEM = Actor(login="codedesk", role=Role.ADMIN, name="codedesk")
