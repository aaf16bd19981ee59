"""Favorites and personal code lists: what a person keeps at hand, seen by nobody else.

A list has a name and is there as long as a code is on it. Whether a code is valid on a date is asked of the code
sets when it is shown or used, never here.
"""

from __future__ import annotations

from sqlmodel import func, select

from codesets.errors import CodedeskError
from codesets.releases import CodeSystem
from codesets.safe import safe_line
from store.actors import Actor
from store.database import Change, Database
from store.models import FavoriteCode
from store.models.columns import MOST_IN_A_LINE
from store.models.favorite import FAVORITES

MOST_FAVORITES = 2_000
LONGEST_NAME = 40


class FavoritesRefused(CodedeskError):
    """The favorites cannot be changed so; the message names what stands in the way."""

    title = "favorites"
    exit_code = 1


def add_favorite(
    db: Database,
    actor: Actor,
    system: CodeSystem,
    code: str,
    list_name: str = FAVORITES,
    note: str = "",
    operation_id: str | None = None,
) -> str:
    """Put a code, written as it is printed, on a list of the actor; one that is there gets the new note.

    Returns one line that says what happened. Raises FavoritesRefused.
    """
    with db.change(actor, operation_id, "favorites.add") as change:
        if change.repeated:
            return str(change.answer["message"])
        person, name = _person(change), _name(list_name)
        words = safe_line(note.strip())[:MOST_IN_A_LINE]
        present = _on_list(change, person, name, system, code)
        if present:
            present.note = words
            change.session.add(present)
            message = f"{code} is in {name} already."
        else:
            held = select(func.count()).select_from(FavoriteCode).where(FavoriteCode.person_id == person)
            if change.session.exec(held).one() >= MOST_FAVORITES:
                raise FavoritesRefused(f"your lists hold {MOST_FAVORITES:,} codes", "remove some first")
            row = FavoriteCode(person_id=person, list_name=name, system=system.value, code=code, note=words)
            change.session.add(row)
            message = f"{code} added to {name}."
        change.log("favorites.add", "person", person, list=name, system=system.value, code=code)
        change.answer = {"message": message}
        return message


def remove_favorite(
    db: Database,
    actor: Actor,
    system: CodeSystem,
    code: str,
    list_name: str = FAVORITES,
    operation_id: str | None = None,
) -> str:
    """Take a code off a list of the actor. Returns one line. Raises FavoritesRefused where it is not on it."""
    with db.change(actor, operation_id, "favorites.remove") as change:
        if change.repeated:
            return str(change.answer["message"])
        person, name = _person(change), _name(list_name)
        present = _on_list(change, person, name, system, code)
        if present is None:
            raise FavoritesRefused(f"{code} is not in {name}")
        change.session.delete(present)
        change.log("favorites.remove", "person", person, list=name, system=system.value, code=code)
        message = f"{code} removed from {name}."
        change.answer = {"message": message}
        return message


def toggle_favorite(
    db: Database, actor: Actor, system: CodeSystem, code: str, list_name: str = FAVORITES
) -> tuple[bool, str]:
    """Put a code on a list, or take it off where it is on it; whether it is on it now, and what happened."""
    with db.reading() as session:
        person = actor.person_id or ""
        query = select(FavoriteCode.id).where(
            FavoriteCode.person_id == person,
            FavoriteCode.list_name == list_name,
            FavoriteCode.system == system.value,
            FavoriteCode.code == code,
        )
        present = session.exec(query).first() is not None
    if present:
        return False, remove_favorite(db, actor, system, code, list_name)
    return True, add_favorite(db, actor, system, code, list_name)


def _person(change: Change) -> str:
    if change.actor.person_id is None:
        raise FavoritesRefused(
            "favorites belong to a person, and this site has none of your login", "codedesk users add makes one"
        )
    return change.actor.person_id


def _name(list_name: str) -> str:
    name = safe_line(" ".join(list_name.split()))
    if not 0 < len(name) <= LONGEST_NAME:
        raise FavoritesRefused(f"a list needs a name of at most {LONGEST_NAME} characters")
    return name


def _on_list(change: Change, person: str, name: str, system: CodeSystem, code: str) -> FavoriteCode | None:
    query = select(FavoriteCode).where(
        FavoriteCode.person_id == person,
        FavoriteCode.list_name == name,
        FavoriteCode.system == system.value,
        FavoriteCode.code == code,
    )
    return change.session.exec(query).first()
