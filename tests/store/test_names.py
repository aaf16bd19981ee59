"""Patients found by name: by the beginning of any part of it, misspelled or misheard, and restricted ones by none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from store.access import restrict
from store.actors import SYSTEM
from store.database import Database
from store.intake import take_in
from store.names import plain, sound, words_of
from store.queries import Row, SessionReader, names, worklists
from store.queries.worklists import Listing, as_found, worklist_count, worklist_ids, worklist_page, worklist_rows
from tests.store.intake_samples import native, write_lines

pytestmark = pytest.mark.both_databases(always=True)

NAMES = (
    ("O'Brien", "Maeve"),
    ("Muñoz", "Iker"),
    ("De La Cruz", "Ana María"),
    ("Smith-Jones", "Taylor"),
    ("Johnson", "Maria"),
    ("Maier", "Otto"),
    ("Schmidt", "Ann"),
    ("Anders", "Annabel"),
    ("Weiß", "Jørgen"),
    ("Ann", "Ann"),
)


@pytest.fixture
def visits(db: Database, tmp_path: Path) -> Database:
    """A record with one clinic visit for each of NAMES."""
    arrive(db, tmp_path, *NAMES)
    return db


def arrive(db: Database, tmp_path: Path, *given: tuple[str, str], first: int = 0) -> None:
    records = []
    for number, (family, other) in enumerate(given, start=first):
        record = native(ended_at="2026-03-02T10:00:00", visit_number=f"VISIT-{number}")
        record["account"]["account_number"] = f"A{number}"
        record["patient"] |= {"mrn": f"R70{number}", "family_name": family, "given_name": other, "middle_name": ""}
        records.append(record)
    take_in(db, SYSTEM, [write_lines(tmp_path / f"visits{first}.jsonl", *records)])


def found(db: Database, text: str, alike: bool = False) -> set[str]:
    with db.reading() as session:
        return {row.patient for row in worklist_rows(SessionReader(session), Listing(text=text, alike=alike))}


def test_a_name_is_read_without_case_accents_and_marks() -> None:
    spelled = [plain(name) for name in ("Muñoz-O'NEIL", "  Jørgen ", "Weiß", "")]

    assert spelled == ["munoz o neil", "jorgen", "weiss", ""]
    assert words_of("De La Cruz") == ("de", "la", "cruz", "delacruz")


@pytest.mark.parametrize("one, other", [("meyer", "maier"), ("catherine", "kathryn"), ("philip", "filip")])
def test_names_that_sound_alike_have_one_sound(one: str, other: str) -> None:
    assert sound(one) == sound(other) != sound("johnson")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "typed, whose",
    [
        ("obr", {"O'Brien, Maeve"}),
        ("o'brien", {"O'Brien, Maeve"}),
        ("brien", {"O'Brien, Maeve"}),
        ("MUNOZ", {"Muñoz, Iker"}),
        ("muñ", {"Muñoz, Iker"}),
        ("cruz ana", {"De La Cruz, Ana María"}),
        ("maria", {"De La Cruz, Ana María", "Johnson, Maria"}),
        ("smithj tay", {"Smith-Jones, Taylor"}),
        ("smith-jones", {"Smith-Jones, Taylor"}),
        ("weiss", {"Weiß, Jørgen"}),
        ("ann", {"Schmidt, Ann", "Anders, Annabel", "Ann, Ann"}),
        ("clinic jones", {"Smith-Jones, Taylor"}),
        ("r704", {"Johnson, Maria"}),
        ("visit-4 johnson", {"Johnson, Maria"}),
        ("2026-03 otto", {"Maier, Otto"}),
        ("ohnson", set()),
        ("%", set()),
        ("-", set()),
        ("johnson otto", set()),
    ],
)
def test_every_word_begins_a_part_of_a_name_or_is_in_a_number(visits: Database, typed: str, whose: set[str]) -> None:
    rows = found(visits, typed)

    assert rows == whose


@pytest.mark.thorough
@pytest.mark.parametrize(
    "typed, whose",
    [
        ("jonson", "Johnson, Maria"),
        ("johnsno", "Johnson, Maria"),
        ("johmson", "Johnson, Maria"),
        ("ohnson", "Johnson, Maria"),
        ("johnsson", "Johnson, Maria"),
        ("meyer", "Maier, Otto"),
        ("smit ann", "Schmidt, Ann"),
        ("obrian", "O'Brien, Maeve"),
        ("munos", "Muñoz, Iker"),
        ("delacruse", "De La Cruz, Ana María"),
    ],
)
def test_a_misspelled_or_misheard_name_is_found_where_none_begins_so(visits: Database, typed: str, whose: str) -> None:
    with visits.reading() as session:
        listing, count = as_found(SessionReader(session), Listing("Clinic", text=typed))
        rows = [row.patient for row in worklist_page(SessionReader(session), listing)]

    assert listing.alike and whose in rows and count == len(rows)


@pytest.mark.parametrize("name", ["Orte", "Gravo", "Ilmena", "Lorinda", "Barnewic"])
def test_every_name_with_one_letter_wrong_is_found(visits: Database, tmp_path: Path, name: str) -> None:
    arrive(visits, tmp_path, (name, "Zoe"), first=40)

    with visits.reading() as session:
        reader = SessionReader(session)
        missed = [word for word in _with_one_error(name.lower()) if name not in names.names_alike(reader, word)]

    assert missed == []


def _with_one_error(word: str) -> list[str]:
    """The word with a letter left out, put in, changed or swapped with its neighbor, at every place."""
    parts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    left_out = [left + right[1:] for left, right in parts if right]
    changed = [f"{left}x{right[1:]}" for left, right in parts if right]
    put_in = [f"{left}x{right}" for left, right in parts if right]
    swapped = [left + right[1] + right[0] + right[2:] for left, right in parts if len(right) > 1]
    every = {*left_out, *changed, *put_in, *swapped} - {word}
    return sorted(one for one in every if len(one) >= names.LEAST_LETTERS and not word.startswith(one))


def test_names_like_the_words_are_looked_for_without_asking_anything_twice(visits: Database) -> None:
    asked: list[tuple[str, str]] = []

    class Recorder(SessionReader):
        def rows(self, sql: str, /, **parameters: object) -> Sequence[Row]:
            asked.append((sql, repr(sorted(parameters.items()))))
            return super().rows(sql, **parameters)

    with visits.reading() as session:
        listing, count = as_found(Recorder(session), Listing("Clinic", text="jonson mar"))

    assert listing.alike and count == 1
    assert len(asked) == len(set(asked)) == 9


def test_who_is_there_as_typed_is_shown_alone_until_names_like_it_are_asked_for(
    visits: Database, tmp_path: Path
) -> None:
    arrive(visits, tmp_path, ("Meyer", "Ida"), first=50)

    with visits.reading() as session:
        listing, _ = as_found(SessionReader(session), Listing(text="meyer"))

    assert not listing.alike
    assert found(visits, "meyer") == {"Meyer, Ida"}
    assert found(visits, "~meyer") == {"Meyer, Ida", "Maier, Otto"}


def test_words_that_begin_many_names_stay_whole_beside_a_misspelled_one(visits: Database, tmp_path: Path) -> None:
    arrive(visits, tmp_path, *((f"Jo{letter}ner", "Zelda") for letter in "abcdefghijklmnopqrstuvwxyz"), first=60)

    beside = found(visits, "~jo zleda")

    assert len(beside) == 26


def test_what_is_no_name_at_all_finds_nothing_like_it(visits: Database) -> None:
    assert found(visits, "xqxqxqx", alike=True) == set()
    assert found(visits, "oto", alike=True) == set()  # too short to be misspelled


def test_a_restricted_patient_is_found_by_no_name(visits: Database) -> None:
    restrict(visits, SYSTEM, "R704", "works here")

    shown = [found(visits, text) for text in ("johnson", "~jonson", "maria", "r704", "visit-4")]

    assert shown == [set(), set(), {"De La Cruz, Ana María"}, set(), set()]
    assert found(visits, "restricted") == {"Restricted"}


def test_a_patient_who_is_renamed_is_found_by_the_new_name_alone(visits: Database, tmp_path: Path) -> None:
    arrive(visits, tmp_path, *NAMES[:4], ("Zeller", "Maria"), *NAMES[5:])

    assert found(visits, "zeller") == {"Zeller, Maria"} and found(visits, "johnson") == set()


@pytest.mark.parametrize("few, long", [(2_500, 10_000), (0, 1), (0, 10_000)])
def test_every_way_through_a_list_finds_the_same_in_its_order(
    visits: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int, long: int
) -> None:
    arrive(visits, tmp_path, ("Smith", "Jo"), ("Smith Jr", "Ann"), ("Smith,Sr", "Ann"), ("Smithe", ""), first=80)
    monkeypatch.setattr(names, "FEW", few)
    monkeypatch.setattr(names, "FEW_ON_POSTGRES", few)
    monkeypatch.setattr(worklists, "_LONG", long)
    texts = ("ann", "a", "maria", "an an", "smith", "smithe", "jr", "~jonson", "ana cruz", "s t", "smith ann")

    for text in texts:
        with visits.reading() as session:
            reader, listing = SessionReader(session), Listing("Clinic", text=text)
            page = worklist_page(reader, listing)
            last = worklist_page(reader, listing, last=True)
            ids, count = worklist_ids(reader, listing, 100), worklist_count(reader, listing)
            every = worklist_rows(reader, Listing("Clinic"))
        typed = text.removeprefix("~").split()
        expected = [row.id for row in every if all(_begins(row.patient, word) for word in typed)]

        assert [row.id for row in page] == [row.id for row in last] == ids and len(ids) == count
        assert ids == expected or text.startswith("~")


def test_a_family_name_with_a_comma_is_found_once(visits: Database, tmp_path: Path) -> None:
    arrive(visits, tmp_path, ("Zell", "Jo"), ("Zell, Sr", "Mia"), first=90)

    with visits.reading() as session:
        reader, listing = SessionReader(session), Listing("Clinic", text="zell")
        rows, ids = worklist_page(reader, listing), worklist_ids(reader, listing, 9)

    assert sorted(row.patient for row in rows) == ["Zell, Jo", "Zell, Sr, Mia"]
    assert ids == [row.id for row in rows]


def _begins(patient: str, word: str) -> bool:
    return any(known.startswith(word) for name in patient.split(", ") for known in words_of(name))
