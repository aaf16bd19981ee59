"""The X12 writer: segments, the interchange header, and what becomes of text that cannot be sent."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.x12.tokenizer import segments
from store.x12.writer import STANDARD, Envelope, SegmentWriter, X12Unwritable, amount, isa, segment, writable

ENVELOPE = Envelope("CODEDESK", "CLEARING", "T", 12, 34, dt.datetime(2026, 9, 20, 12, 5), "HC", "005010X222A1")

PLAIN = st.text("ABCXYZ019 -./'&", max_size=12).map(str.strip)
ELEMENT = st.one_of(PLAIN, st.lists(PLAIN, min_size=1, max_size=4))


def _trimmed(elements: list) -> list[str]:
    """What a reader should find: components joined, empty ends left off."""
    joined = []
    for element in elements:
        components = [element] if isinstance(element, str) else list(element)
        while components and not components[-1]:
            components.pop()
        joined.append(":".join(components))
    while joined and not joined[-1]:
        joined.pop()
    return joined


@given(st.lists(st.tuples(st.sampled_from(["NM1", "REF", "SV1", "N3"]), st.lists(ELEMENT, max_size=6)), max_size=8))
def test_what_is_written_is_read_back_the_same(written: list) -> None:
    out = io.BytesIO()
    writer = SegmentWriter(out, ENVELOPE)
    writer.open()
    writer.open_transaction("837", "0001")
    for identifier, elements in written:
        writer.put(identifier, *elements)
    writer.close_transaction()
    writer.close()
    notes: list = []

    read = [(part.identifier, list(part.elements)) for part in segments(out.getvalue(), notes)]

    assert read[3:-3] == [(identifier, _trimmed(elements)) for identifier, elements in written]
    assert notes == []


@given(st.text(max_size=40))
def test_any_text_becomes_writable(text: str) -> None:
    made = writable(text, 20)

    assert segment("N3", [made.text]).isascii()
    assert len(made.text) <= 20


@given(st.text(max_size=40))
def test_making_a_text_writable_twice_changes_nothing_more(text: str) -> None:
    once = writable(text, 30).text

    assert writable(once, 30).text == once


def test_the_interchange_header_has_106_characters() -> None:
    assert len(isa(ENVELOPE)) == 106


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ENVELOPE, sender=""),
        replace(ENVELOPE, receiver="A" * 16),
        replace(ENVELOPE, receiver="A*B"),
        replace(ENVELOPE, usage="X"),
        replace(ENVELOPE, interchange_control=1_000_000_000),
    ],
)
def test_a_header_that_has_no_form_is_refused(wrong: Envelope) -> None:
    with pytest.raises(X12Unwritable):
        isa(wrong)


def test_no_separator_is_left_at_the_end() -> None:
    assert segment("NM1", ["IL", "1", "DOE", "", ["A", "", ""], ""]) == "NM1*IL*1*DOE**A~"


def test_a_delimiter_in_data_is_refused_by_the_last_gate() -> None:
    with pytest.raises(X12Unwritable):
        segment("NM1", ["A*B"])


def test_delimiters_are_taken_out_and_named() -> None:
    made = writable("Smith*Jones~", 0, STANDARD)

    assert (made.text, made.removed) == ("SMITHJONES", "*~")


@pytest.mark.parametrize(
    ("text", "written"), [("Zoë", "ZOE"), ("Łódź", "LODZ"), ("Straße", "STRASSE"), ("O’Neil", "O'NEIL")]
)
def test_letters_with_marks_are_written_plain(text: str, written: str) -> None:
    assert writable(text).text == written


def test_a_name_without_any_letter_that_can_be_sent_becomes_empty() -> None:
    assert writable("山田").text == ""


def test_a_long_text_is_cut_and_says_so() -> None:
    made = writable("A" * 61, 60)

    assert (len(made.text), made.shortened) == (60, True)


@pytest.mark.parametrize(("cents", "text"), [(21250, "212.5"), (7000, "70"), (5, "0.05"), (0, "0"), (-107, "-1.07")])
def test_amounts_carry_no_needless_zeros(cents: int, text: str) -> None:
    assert amount(cents) == text
