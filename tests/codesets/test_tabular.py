"""The tabular list as a tree, read from the release of April 2026."""

from __future__ import annotations

import datetime as dt

import pytest

from codesets import catalog
from codesets.catalog import StepKind
from codesets.notes import NoteKind
from codesets.reference import Reference
from codesets.tabular import Branch, below, branch_page, chapters, edition, way_to

ON = dt.date(2026, 6, 1)


def names(branches: list[Branch]) -> list[str]:
    return [branch.name for branch in branches]


def test_the_chapters_are_the_roots(reference: Reference) -> None:
    found = chapters(reference, ON)

    assert names(found) == [str(number) for number in range(1, 23)]
    assert edition(reference, ON) == "FY2026 Apr"


def test_a_block_stands_in_the_block_around_it(reference: Reference) -> None:
    injuries = names(below(reference, StepKind.CHAPTER, "19", ON))

    around = names(below(reference, StepKind.SECTION, "T07-T88", ON))

    assert "T07-T88" in injuries
    assert "T36-T50" not in injuries
    assert "T36-T50" in around


def test_every_category_stands_below_exactly_one_block(reference: Reference) -> None:
    def categories(kind: StepKind, identity: str) -> list[str]:
        found: list[str] = []
        for branch in below(reference, kind, identity, ON):
            found += [branch.id] if branch.kind is StepKind.CODE else categories(branch.kind, branch.id)
        return found

    walked = [code for chapter in chapters(reference, ON) for code in categories(chapter.kind, chapter.id)]

    (count,) = reference.db.execute(
        "SELECT count(*) FROM codes JOIN releases ON id = release_id"
        " WHERE system = 'icd10cm' AND edition = 'FY2026 Apr' AND parent IS NULL"
    ).fetchone()
    assert len(walked) == len(set(walked)) == count


def test_codes_stand_below_their_header_with_what_is_printed_at_them(reference: Reference) -> None:
    found = below(reference, StepKind.CODE, "E112", ON)

    assert names(found) == ["E11.21", "E11.22", "E11.29"]
    assert [(branch.billable, branch.has_below, branch.notes > 0) for branch in found] == [(True, False, True)] * 3


@pytest.mark.parametrize(
    ("wanted", "way"),
    [
        ("e11.22", ["4", "E08-E13", "E11", "E112", "E1122"]),
        ("T39.012A", ["19", "T07-T88", "T36-T50", "T39", "T390", "T3901", "T39012", "T39012A"]),
        ("t36-t50", ["19", "T07-T88", "T36-T50"]),
        ("19", ["19"]),
        ("ZZ9", []),
    ],
)
def test_the_way_leads_from_the_chapter_down(reference: Reference, wanted: str, way: list[str]) -> None:
    assert [step.id for step in way_to(reference, wanted, ON)] == way


def test_a_block_has_its_own_notes_and_those_of_what_is_around_it(reference: Reference) -> None:
    block = next(one for one in below(reference, StepKind.SECTION, "T07-T88", ON) if one.id == "T36-T50")

    page = branch_page(reference, block, ON)

    assert page is not None
    assert [step.id for step in page.path] == ["19", "T07-T88"]
    first = page.notes[NoteKind.CODE_FIRST][0]
    assert (first.owner, first.inherited) == ("T36-T50", False)
    assert {note.owner for notes in page.notes.values() for note in notes if note.inherited} == {"19"}


@pytest.mark.parametrize(
    ("first", "last", "codes"),
    [
        ("E08", "E13", ["E08", "E09", "E10", "E11", "E13"]),
        ("I702", "I704", ["I702", "I703", "I704"]),
        ("E112", "E112", ["E112", "E1121", "E1122", "E1129"]),
        ("E1122", "E1122", ["E1122"]),
    ],
)
def test_a_note_s_target_names_its_codes(reference: Reference, first: str, last: str, codes: list[str]) -> None:
    assert [code.code for code in catalog.named_by(reference, first, last, ON)] == codes
