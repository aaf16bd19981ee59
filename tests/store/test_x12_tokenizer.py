"""The tokenizer on what real files do: every oddity is named, nothing that can be kept is lost."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.errors import UnreadableInput
from store.x12.tokenizer import LONGEST_SEGMENT, Note, segments, transactions
from store.x12.writer import STANDARD, Delimiters, Envelope, isa

SAMPLES = Path(__file__).parents[2].parent / "shared" / "data" / "x12"


def _interchange(body: str, delimiters: Delimiters = STANDARD, control: int = 1, ending: str = "") -> str:
    envelope = Envelope("A", "B", "T", control, 1, dt.datetime(2026, 9, 20), "HC", "005010X222A1")
    sets = body.count("ST*")
    text = f"GS*HC*A*B*20260920*1200*1*X*005010X222A1~{body}GE*{sets}*1~IEA*1*{control:09d}~"
    swapped = text.translate(str.maketrans({"*": delimiters.element, "~": delimiters.segment + ending}))
    return isa(envelope, delimiters) + ending + swapped


TRANSACTION = "ST*837*0001~BHT*0019*00*1~SE*3*0001~"
FILE = _interchange(TRANSACTION)


def _read(text: str | bytes) -> tuple[list[str], list[Note]]:
    notes: list[Note] = []
    content = text.encode("utf-8") if isinstance(text, str) else text
    return [part.identifier for part in segments(content, notes)], notes


ALL = ["ISA", "GS", "ST", "BHT", "SE", "GE", "IEA"]


def test_segments_come_in_order_without_notes() -> None:
    assert _read(FILE) == (ALL, [])


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\n\n"])
def test_line_ends_after_a_terminator_are_ignored(ending: str) -> None:
    assert _read(_interchange(TRANSACTION, ending=ending)) == (ALL, [])


@pytest.mark.parametrize(
    "delimiters", [Delimiters("~", "|", "_", "^"), Delimiters("*", ">", "\n", "^"), Delimiters("|", ":", "\r", "!")]
)
def test_delimiters_come_from_the_header(delimiters: Delimiters) -> None:
    assert _read(_interchange(TRANSACTION, delimiters)) == (ALL, [])


def test_a_newline_as_terminator_with_carriage_returns_is_one_line_end() -> None:
    text = _interchange(TRANSACTION, Delimiters(segment="\r"), ending="\n")

    assert _read(text) == (ALL, [])


def test_each_interchange_may_have_delimiters_of_its_own() -> None:
    text = FILE + _interchange(TRANSACTION, Delimiters("|", ">", "\n", "^"), control=2)

    assert _read(text) == (ALL + ALL, [])


def test_prose_and_a_byte_order_mark_before_the_header_are_skipped_and_noted() -> None:
    identifiers, notes = _read("\ufeffDear colleague,\n\n" + FILE)

    assert identifiers == ALL
    assert [note.segment for note in notes] == [0]


@pytest.mark.parametrize(
    "prose",
    [
        "From: VISA card desk\n\n",
        "The ISA* and its IEA* are below.\n",
        "ISA ISA ISA, GS and ST follow\n",
        "PISA\n" + "ISA a b c d e f g h i j k l m n o p " * 5,
    ],
)
def test_prose_that_names_the_header_is_left_out_and_its_place_is_noted(prose: str) -> None:
    identifiers, notes = _read(prose + FILE)

    assert identifiers == ALL
    assert notes == [Note(0, f"text outside an interchange was left out: bytes 1 to {len(prose)}")]


def test_prose_between_interchanges_is_left_out_by_its_bytes() -> None:
    prose = "this ISA-file was resent"

    identifiers, notes = _read(FILE + prose + FILE)

    assert identifiers == ALL + ALL
    assert notes == [
        Note(7, f"text outside an interchange was left out: bytes {len(FILE) + 1} to {len(FILE) + len(prose)}")
    ]


def test_a_damaged_header_is_refused_with_its_place() -> None:
    damaged = "Mail about ISA:\n" + FILE.replace("ISA*00*", "ISA*00**", 1)

    with pytest.raises(UnreadableInput, match="header at byte 17 is not 106 characters"):
        _read(damaged)


def test_a_header_that_is_cut_off_after_a_whole_interchange_is_noted() -> None:
    identifiers, notes = _read(FILE + FILE[:40])

    assert identifiers == ALL
    assert notes[0] == Note(7, f"an interchange header at byte {len(FILE) + 1} is cut off")


@pytest.mark.parametrize("tail", ["\x1a", "\x00\x00", "\r\n \n"])
def test_padding_after_the_last_interchange_is_ignored(tail: str) -> None:
    assert _read(FILE + tail) == (ALL, [])


def test_a_missing_trailer_is_noted_and_the_next_interchange_is_read() -> None:
    cut = FILE[: FILE.index("IEA")]

    identifiers, notes = _read(cut + FILE)

    assert identifiers == ALL[:-1] + ALL
    assert ["no IEA" in note.message for note in notes] == [True]


def test_an_unfinished_segment_at_the_end_is_given_up() -> None:
    identifiers, notes = _read(FILE[: FILE.index("SE*") + 4])

    assert identifiers == ["ISA", "GS", "ST", "BHT"]
    assert notes


def test_latin_1_bytes_are_kept_and_noted() -> None:
    content = FILE.replace("BHT*0019", "BHT*Zoé").encode("latin-1")
    notes: list[Note] = []

    read = list(segments(content, notes))

    assert read[3].element(1) == "Zoé"
    assert len(notes) == 1


def test_a_file_without_an_interchange_is_refused() -> None:
    with pytest.raises(UnreadableInput):
        _read("name,date\nx,y\n")


def test_a_header_that_is_too_short_is_refused() -> None:
    with pytest.raises(UnreadableInput):
        _read("ISA*00*~GS*HC~" + "X" * 200)


def test_a_segment_beyond_the_cap_is_refused() -> None:
    with pytest.raises(UnreadableInput):
        _read(FILE.replace("0019", "0" * (LONGEST_SEGMENT + 1)))


def test_a_transaction_is_given_whole_with_its_headers() -> None:
    notes: list[Note] = []

    (transaction,) = transactions(FILE.encode(), notes)

    assert [part.identifier for part in transaction.segments] == ["ST", "BHT", "SE"]
    assert (transaction.complete, transaction.gs.element(8), notes) == (True, "005010X222A1", [])


def test_wrong_counts_are_noted_with_both_numbers() -> None:
    notes: list[Note] = []

    list(transactions(FILE.replace("SE*3*", "SE*9*").encode(), notes))

    assert [note.message for note in notes] == ["SE counts 9, found 3"]


def test_a_cut_off_transaction_comes_out_marked() -> None:
    notes: list[Note] = []

    (transaction,) = transactions(FILE[: FILE.index("SE*")].encode(), notes)

    assert not transaction.complete


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_by_name(content: bytes) -> None:
    with contextlib.suppress(UnreadableInput):
        list(transactions(FILE.encode()[:150] + content, []))


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the public X12 samples are not on this host")
def test_every_public_sample_is_read_or_refused_by_name() -> None:
    outcomes = {"read": 0, "refused": 0}

    for path in sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.suffix != ".md"):
        try:
            list(transactions(path.read_bytes(), []))
            outcomes["read"] += 1
        except UnreadableInput:
            outcomes["refused"] += 1

    assert outcomes["read"] > outcomes["refused"]
