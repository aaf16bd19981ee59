"""Storing tables: checks against the codes loaded, and loading the same again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from codesets.errors import UnreadableInput
from codesets.loading import schema, tables
from codesets.sources.source import FileKind, SourceFile
from tests.codesets.loaded_reference import remarks
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import MADE, made_file

ORDER = "icd10pcs_order_2099.txt"


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:", isolation_level=None)
    opened.executescript(schema.TABLES + tables.TABLES)
    yield opened
    opened.close()


def test_tables_that_build_exactly_the_codes_of_the_order_file_are_checked(db: sqlite3.Connection) -> None:
    said = remarks(db, [made_file(ORDER, made.PCS_ORDER), made_file("t.xml", made.PCS_TABLES)])

    assert said == ["checked: the tables build exactly the 5 valid codes of the order file"]


def test_an_order_file_that_lost_many_codes_of_the_edition_before_is_refused(db: sqlite3.Connection) -> None:
    half = "".join(made.PCS_ORDER.splitlines(keepends=True)[:3])
    remarks(db, [made_file("icd10pcs_order_2098.txt", made.PCS_ORDER)])

    with pytest.raises(UnreadableInput, match="3 of 5 codes"):
        remarks(db, [made_file(ORDER, half)])


def test_a_list_that_shrank_far_below_the_edition_before_is_refused(db: sqlite3.Connection) -> None:
    remarks(db, [made_file("POAexemptCodesFY98.txt", made.POA.replace("Order99", "Order98"))])

    with pytest.raises(UnreadableInput, match="2 rows where FY2098 has 3"):
        remarks(db, [made_file("POAexemptCodesFY99.txt", "".join(made.POA.splitlines(keepends=True)[:3]))])


def test_a_list_that_shrank_far_below_what_is_loaded_of_its_edition_is_refused(db: sqlite3.Connection) -> None:
    remarks(db, [made_file("POAexemptCodesFY99.txt", made.POA)])

    with pytest.raises(UnreadableInput, match="2 rows where FY2099 has 3"):
        remarks(db, [made_file("POAexemptCodesFY99.txt", "".join(made.POA.splitlines(keepends=True)[:3]))])


def pairs(number: int, firsts: range) -> SourceFile:
    """A part of the practitioner pairs: each code of column 1 with the one after it and the last of the part."""
    rows = (f"{c:05}\t{c2:05}\t\t20200101\t*\t1\tMade up\n" for c in firsts for c2 in (c + 1, firsts[-1]) if c2 > c)
    return made_file(f"ccipra-v322r0-f{number}.txt", made.PTP_HEAD + "".join(dict.fromkeys(rows)))


def test_parts_of_the_pairs_that_follow_each_other_are_loaded_without_a_word(db: sqlite3.Connection) -> None:
    assert remarks(db, [pairs(1, range(100, 200)), pairs(2, range(200, 300))]) == []


def test_a_part_of_the_pairs_that_ends_before_the_next_begins_is_told(db: sqlite3.Connection) -> None:
    whole = pairs(1, range(100, 200))
    others = "".join(f"00100\t{c:05}\t\t20200101\t*\t1\tMade up\n" for c in range(150, 200))
    cut = made_file(whole.name, pairs(1, range(100, 150)).content + others.encode())

    (said,) = remarks(db, [cut, pairs(2, range(200, 300))])

    assert said.startswith("part f1 ends at 00149 and f2 begins at 00200, but 50 codes lie between them")


def test_addenda_are_checked_against_both_editions(db: sqlite3.Connection) -> None:
    more = "".join(made.pcs_order_line(7 + number, f"0019{number:03}", True, "Hum", "Humming") for number in range(40))
    old, new = "Humming Ear, Open", "Humming Throat with Kazoo, Loud, Open"
    before = made.PCS_ORDER.replace("00170J1", "00180ZZ").replace(new, old) + more
    files = [made_file("icd10pcs_order_2098.txt", before), made_file(ORDER, made.PCS_ORDER + more)]
    addenda = made.PCS_ADDENDA.replace("      5 codes", "     45 codes")

    said = remarks(db, [*files, made_file("order_addenda_2099.txt", addenda)])

    assert said == ["checked: FY2098 with these changes is FY2099"]


def test_addenda_that_do_not_show_in_the_codes_are_told(db: sqlite3.Connection) -> None:
    without = made.PCS_ORDER.replace("with Kazoo", "with Comb")

    said = remarks(db, [made_file(ORDER, without), made_file("order_addenda_2099.txt", made.PCS_ADDENDA)])

    assert said == ["00170J1 is not as the addenda say"]


@pytest.mark.parametrize("name", sorted(MADE))
def test_every_file_can_be_stored_twice_with_the_same_result(db: sqlite3.Connection, name: str) -> None:
    remarks(db, [made_file(name, MADE[name])])
    before = _contents(db)

    remarks(db, [made_file(name, MADE[name])])

    assert _contents(db) == before


def test_every_kind_has_a_place() -> None:
    own = {kind for kind in FileKind if not kind.name.startswith("CM_")}

    assert own == tables.STORES.keys()


def _contents(db: sqlite3.Connection) -> dict[str, int]:
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names if "sequence" not in name}
