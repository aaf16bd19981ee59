"""Favorites and personal lists: one person's own, written once, logged, and gone when they are taken out."""

from __future__ import annotations

import pytest
from sqlmodel import select

from codesets.releases import CodeSystem
from store.actors import SYSTEM, Actor
from store.database import Database
from store.favorites import FavoritesRefused, add_favorite, remove_favorite, toggle_favorite
from store.models import LogEntry
from store.queries import SessionReader
from store.queries.favorites import Favorite, favorites_of

CM = CodeSystem.ICD10CM


def kept(db: Database, actor: Actor) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(one.list_name, one.code) for one in favorites_of(SessionReader(session), actor.person_id)]


def test_a_code_goes_to_the_favorites_of_one_person_alone(demo: Database, coder: Actor, another_coder: Actor) -> None:
    add_favorite(demo, coder, CM, "E11.42")

    assert kept(demo, coder) == [("favorites", "E11.42")]
    assert kept(demo, another_coder) == []


def test_favorites_come_before_lists_and_codes_in_the_order_they_were_added(demo: Database, coder: Actor) -> None:
    for code, name in (("I10", "a list"), ("Z23", "favorites"), ("A09", "favorites")):
        add_favorite(demo, coder, CM, code, name)

    assert kept(demo, coder) == [("favorites", "Z23"), ("favorites", "A09"), ("a list", "I10")]


def test_a_code_that_is_there_only_gets_the_new_words(demo: Database, coder: Actor) -> None:
    add_favorite(demo, coder, CM, "I10")

    message = add_favorite(demo, coder, CM, "I10", note="pressure")

    with demo.reading() as session:
        found = favorites_of(SessionReader(session), coder.person_id)
    assert found == (Favorite("favorites", CM, "I10", "pressure"),)
    assert message == "I10 is in favorites already."


def test_the_same_operation_again_changes_nothing(demo: Database, coder: Actor) -> None:
    first = add_favorite(demo, coder, CM, "I10", operation_id="op-1")
    remove_favorite(demo, coder, CM, "I10")

    again = add_favorite(demo, coder, CM, "I10", operation_id="op-1")

    assert (again, kept(demo, coder)) == (first, [])


def test_a_star_is_put_and_taken_away_by_the_same_key(demo: Database, coder: Actor) -> None:
    states = [toggle_favorite(demo, coder, CM, "I10")[0] for _ in range(3)]

    assert states == [True, False, True]
    assert kept(demo, coder) == [("favorites", "I10")]


def test_what_was_done_is_in_the_log(demo: Database, coder: Actor) -> None:
    add_favorite(demo, coder, CM, "I10", "clinic")
    remove_favorite(demo, coder, CM, "I10", "clinic")

    with demo.reading() as session:
        entries = session.exec(select(LogEntry).where(LogEntry.action.startswith("favorites."))).all()
    assert [(one.action, one.actor, one.detail["list"]) for one in entries] == [
        ("favorites.add", coder.login, "clinic"),
        ("favorites.remove", coder.login, "clinic"),
    ]


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_list_needs_a_name(demo: Database, coder: Actor, name: str) -> None:
    with pytest.raises(FavoritesRefused, match="needs a name"):
        add_favorite(demo, coder, CM, "I10", name)

    assert kept(demo, coder) == []


def test_only_a_person_has_favorites(demo: Database) -> None:
    with pytest.raises(FavoritesRefused, match="belong to a person"):
        add_favorite(demo, SYSTEM, CM, "I10")


def test_what_is_not_on_a_list_cannot_be_taken_off_it(demo: Database, coder: Actor) -> None:
    with pytest.raises(FavoritesRefused, match="I10 is not in favorites"):
        remove_favorite(demo, coder, CM, "I10")


def test_words_with_controls_are_kept_without_them(demo: Database, coder: Actor) -> None:
    add_favorite(demo, coder, CM, "I10", "a\x1b]0;list", note="b\x1b[31m\x07")

    with demo.reading() as session:
        (found,) = favorites_of(SessionReader(session), coder.person_id)
    assert (found.list_name, found.note) == ("a\ufffd]0;list", "b\ufffd[31m\ufffd")
