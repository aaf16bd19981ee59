"""What people pick: the codes that rise by it, and what is kept of the words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.search import open_engine
from store.picks import Usage, forget, listed

ON = TODAY = dt.date(2026, 6, 1)


@pytest.fixture(autouse=True)
def picks_folder(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)


def test_a_code_that_is_picked_for_the_same_words_rises_and_says_why(reference: Reference, home: Path) -> None:
    usage = Usage(home / "picks.sqlite", "ada")
    engine = open_engine(reference, usage)
    before = [hit.code for hit in engine.search("chest pain", on=ON)]

    for _ in range(6):
        engine.pick("chest pain", CodeSystem.ICD10CM, "R0789", ON)

    hits = engine.search("chest pain", on=ON)
    assert before[0] == "R079"
    assert hits[0].code == "R0789"
    assert hits[0].why.picked == "picked 6 times here, 6 by you"
    assert [hit.code for hit in open_engine(reference).search("chest pain", on=ON)] == before


def test_a_pick_of_others_counts_less_than_one_s_own(reference: Reference, home: Path) -> None:
    mine, theirs = Usage(home / "picks.sqlite", "ada"), Usage(home / "picks.sqlite", "bo")

    mine.record(["chest", "pain"], CodeSystem.ICD10CM, "R0789", TODAY)

    place = (CodeSystem.ICD10CM, "R0789")
    assert mine.of(["pain", "chest"], TODAY)[place].bonus > theirs.of(["pain", "chest"], TODAY)[place].bonus > 0


def test_a_pick_fades_by_half_in_ninety_days(home: Path) -> None:
    usage = Usage(home / "picks.sqlite", "ada")

    usage.record(["pain"], CodeSystem.ICD10CM, "R52", TODAY)

    later = usage.of(["pain"], TODAY + dt.timedelta(days=90))
    assert later[CodeSystem.ICD10CM, "R52"].here == pytest.approx(0.5)


def test_only_words_that_search_knows_are_kept(reference: Reference, home: Path) -> None:
    engine = open_engine(reference, Usage(home / "picks.sqlite", "ada"))

    engine.pick("jane zzyzx 19570322 chest pain", CodeSystem.ICD10CM, "R079", ON)
    engine.pick("zzyzx 19570322", CodeSystem.ICD10CM, "R079", ON)

    kept = [row[0] for row in listed(home / "picks.sqlite")]
    assert len(kept) == 1
    assert "zzyzx" not in kept[0]
    assert "1957" not in kept[0]


def test_picks_can_be_forgotten(home: Path) -> None:
    usage = Usage(home / "picks.sqlite", "ada")
    usage.record(["pain"], CodeSystem.ICD10CM, "R52", TODAY)

    assert forget(home / "picks.sqlite", ["pain"]) == 1
    assert usage.of(["pain"], TODAY) == {}


def test_a_file_of_picks_that_is_none_counts_as_empty(reference: Reference, home: Path) -> None:
    (home / "picks.sqlite").write_bytes(b"not a database" * 100)
    engine = open_engine(reference, Usage(home / "picks.sqlite", "ada"))

    engine.pick("chest pain", CodeSystem.ICD10CM, "R079", ON)

    assert engine.search("chest pain", on=ON)[0].code == "R079"
