"""Looking up NCCI edits by date, on made-up codes."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets import ncci
from codesets.loading import tables
from codesets.ncci import Setting
from codesets.reference import Reference
from codesets.sources.source import SourceFile
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import made_file

IN_FORCE = dt.date(2026, 8, 1)


def parts(version: str, *numbers: int) -> list[SourceFile]:
    """Parts of a practitioner release: the first holds the pairs, the others one pair each."""
    others = {
        number: f"{made.PTP_HEAD}ZY{number:03}\tZZ002\t\t20200101\t*\t1\tMade up\n" for number in numbers if number > 1
    }
    return [
        made_file(f"ccipra-{version}r0-f{number}.txt", others.get(number, made.PTP), line_end="\n")
        for number in numbers
    ]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    files = [*parts("v322", 1, 2, 3, 4), made_file(made.MUE_NAME, made.MUE), made_file(made.ADD_ON_NAME, made.ADD_ON)]
    with loaded_reference(tmp_path_factory.mktemp("ncci") / "reference.sqlite", files) as opened:
        yield opened


def test_a_pair_in_force_is_found_whichever_code_is_named_first(reference: Reference) -> None:
    found = ncci.pairs(reference, ["ZZ002", "ZZ001"], IN_FORCE, Setting.PRACTITIONER)

    assert [(edit.column1, edit.column2, edit.indicator) for edit in found.edits] == [("ZZ001", "ZZ002", 1)]
    assert found.coverage.complete


@pytest.mark.parametrize(
    ("on", "count"),
    [
        (dt.date(2014, 12, 31), 0),
        (dt.date(2015, 1, 1), 1),
        (dt.date(2019, 12, 31), 1),
        (dt.date(2020, 1, 1), 0),
        (dt.date(2021, 4, 1), 1),
    ],
)
def test_a_deleted_and_reinstated_pair_holds_in_its_periods_only(reference: Reference, on: dt.date, count: int) -> None:
    found = ncci.pairs(reference, ["ZZ001", "ZZ003"], on, Setting.PRACTITIONER)

    assert len(found.edits) == count


def test_a_withdrawn_pair_never_fires(reference: Reference) -> None:
    found = ncci.pairs(reference, ["ZZ004", "ZZ005"], dt.date(2018, 1, 1), Setting.PRACTITIONER)

    assert not found.edits


def test_all_pairs_of_a_claim_come_from_one_query(reference: Reference) -> None:
    source = ncci.pair_source(reference, IN_FORCE, Setting.PRACTITIONER)
    asked: list[str] = []
    reference.db.set_trace_callback(asked.append)

    ncci.pairs_among(reference, source, [f"ZZ{number:03}" for number in range(12)], IN_FORCE)

    reference.db.set_trace_callback(None)
    assert sum("FROM ncci_pairs" in query for query in asked) == 1


def test_a_date_after_the_release_is_said(reference: Reference) -> None:
    found = ncci.pairs(reference, ["ZZ001", "ZZ002"], dt.date(2026, 10, 1), Setting.PRACTITIONER)

    assert not found.coverage.complete
    assert "cover 2026-10-01" in found.coverage.warning


def test_no_pairs_for_a_setting_is_said(reference: Reference) -> None:
    found = ncci.pairs(reference, ["ZZ001", "ZZ002"], IN_FORCE, Setting.HOSPITAL)

    assert (found.edits, found.coverage.edition) == ((), "")
    assert "hospital" in found.coverage.warning


def test_missing_parts_are_named_and_no_conflict_is_not_declared(tmp_path: Path) -> None:
    with loaded_reference(tmp_path / "reference.sqlite", parts("v322", 1, 3)) as partial:
        found = ncci.pairs(partial, ["ZY002", "ZZ002"], IN_FORCE, Setting.PRACTITIONER)

        assert not found.edits
        assert not found.coverage.complete
        assert "lacks part f2, f4" in found.coverage.warning
        assert "f2, f4" in tables.notices(partial.db)[0]


def test_a_whole_older_release_answers_while_the_newer_one_is_in_parts(tmp_path: Path) -> None:
    files = [*parts("v321", 1, 2, 3, 4), *parts("v322", 1)]
    with loaded_reference(tmp_path / "reference.sqlite", files) as mixed:
        earlier = ncci.pairs(mixed, ["ZZ001", "ZZ002"], dt.date(2026, 5, 1), Setting.PRACTITIONER)
        later = ncci.pairs(mixed, ["ZZ001", "ZZ002"], IN_FORCE, Setting.PRACTITIONER)

        assert (earlier.coverage.edition, earlier.coverage.complete) == ("2026 Q2", True)
        assert (later.coverage.edition, later.coverage.complete) == ("2026 Q3", False)


def test_loading_a_part_again_changes_nothing(tmp_path: Path) -> None:
    once = parts("v322", 1)
    with loaded_reference(tmp_path / "reference.sqlite", [*once, *once]) as twice:
        assert _count(twice.db) == 4


def test_the_most_units_come_with_how_they_count(reference: Reference) -> None:
    units = ncci.mue(reference, "ZZ002", IN_FORCE, Setting.PRACTITIONER)

    assert units.most is not None
    assert (units.most.units, units.most.indicator) == (1, 2)


def test_no_published_limit_is_not_the_same_as_not_loaded(reference: Reference) -> None:
    unpublished = ncci.mue(reference, "ZZ999", IN_FORCE, Setting.PRACTITIONER)
    not_loaded = ncci.mue(reference, "ZZ001", dt.date(2025, 8, 1), Setting.PRACTITIONER)

    assert (unpublished.most, unpublished.coverage.complete) == (None, True)
    assert (not_loaded.most, not_loaded.coverage.complete) == (None, False)


def test_an_add_on_code_names_its_primaries_on_the_date(reference: Reference) -> None:
    early = ncci.add_on_primaries(reference, ["ZZ101"], dt.date(2020, 6, 1)).rules["ZZ101"]
    late = ncci.add_on_primaries(reference, ["ZZ101"], dt.date(2021, 6, 1)).rules["ZZ101"]

    assert early.primaries == ("ZZ001", "ZZ002")
    assert late.primaries == ("ZZ001",)


def test_an_add_on_code_of_type_2_is_for_the_contractor_to_judge(reference: Reference) -> None:
    rule = ncci.add_on_primaries(reference, ["ZZ102"], dt.date(2021, 6, 1)).rules["ZZ102"]

    assert (rule.primaries, rule.contractor_decides) == ((), True)


def test_an_ended_add_on_edit_is_no_rule(reference: Reference) -> None:
    assert ncci.add_on_primaries(reference, ["ZZ103", "ZZ001"], dt.date(2025, 6, 1)).rules == {}


def _count(db: sqlite3.Connection) -> int:
    (count,) = db.execute("SELECT count(*) FROM ncci_pairs").fetchone()
    return int(count)
