"""HL7 v2 text: separators, escapes, frames and wrappers as real streams have them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.intake.hl7v2.message import BadMessage, Ending, Marks, parse, split, unescape
from store.intake.hl7v2.values import cents, day, moment
from tests.store.hl7_samples import message, pid, pv1

A01 = message("ADT^A01", pid(), pv1(), control="1")


def messages(data: bytes) -> list[bytes | None]:
    return [piece for _, piece in split(io.BytesIO(data))]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n\n"])
def test_segments_end_with_any_line_end(end: bytes) -> None:
    read = parse(A01.replace(b"\r", end))

    assert [one.name for one in read.segments] == ["MSH", "EVN", "PID", "PV1"]


def test_separators_come_from_the_message_itself() -> None:
    read = parse(b"MSH#@*!%#APP#PLACE\rPID#1##7@@@NORTH%2.16@MR*8#A!S!B")

    pid_segment = read.first("PID")
    assert pid_segment is not None
    assert pid_segment.text(3) == "7"
    assert pid_segment.text(3, 4, 2) == "2.16"
    assert pid_segment.repetitions(3)[1] == "8"
    assert read.text("PID-4") == "A@B"


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"one\.br\two", "one\ntwo"),
        (r"\H\bold\N\ text", "bold text"),
        (r"\X48C3A9\y", "Hé" + "y"),
        (r"C:\temp", "C:\\temp"),
        (r"50\zz", "50\\zz"),
    ],
)
def test_escapes_are_resolved_and_a_lone_one_is_text(escaped: str, text: str) -> None:
    assert unescape(escaped, Marks()) == text


@pytest.mark.parametrize(
    "data",
    [
        A01 + A01,
        b"\xef\xbb\xbf" + A01 + b"\r\n\r\n" + A01,
        b"\x0b" + A01 + b"\x1c\r\x0b" + A01 + b"\x1c\r",
        b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + A01 + A01 + b"BTS|2\rFTS|1\r",
        b"mail header\r\n" + A01 + A01,
        A01.rstrip(b"\r") + A01,
        A01.rstrip(b"\r") + b"\xef\xbb\xbf" + A01,
    ],
)
def test_messages_are_found_within_frames_batches_and_noise(data: bytes) -> None:
    found = messages(data)

    assert [parse(one or b"").control_id for one in found] == ["1", "1"]
    assert all(b"BTS" not in (one or b"") for one in found)


def test_a_wrong_count_of_a_batch_is_said() -> None:
    ending = Ending()
    batch = b"BHS|^~\\&|A\r" + A01 + A01 + b"BTS|3\rBHS|^~\\&|A\r" + A01 + b"BTS|1\rFTS|2\r"

    found = list(split(io.BytesIO(batch), ending=ending))

    assert (len(found), ending.problems) == (3, ["BTS counts 3, found 2"])


def test_a_message_beyond_the_limit_is_named_and_the_next_one_is_read() -> None:
    long = message("MDM^T02", "OBX|1|TX|||" + "x" * 600_000)

    found = [piece for _, piece in split(io.BytesIO(long + A01), most=300_000)]

    assert found[0] is None
    assert parse(found[1] or b"").control_id == "1"


def test_latin_1_is_read_where_it_is_not_utf_8() -> None:
    read = parse(A01.replace(b"Sample", "Müller".encode("latin-1")))

    assert read.text("PID-5") == "Müller"


@pytest.mark.parametrize("data", [b"", b"PID|1", b"MSH", b"MSHA^~\\&|x", b"MSH|abcd|x"])
def test_what_is_no_message_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(BadMessage, match="MSH"):
        parse(data)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_message_or_a_refusal(noise: bytes) -> None:
    for piece in messages(A01[:40] + noise + A01):
        try:
            parse(piece or b"")
        except BadMessage as error:
            assert error.message


@given(st.text(st.characters(codec="ascii", exclude_characters="\\")))
def test_text_without_escapes_is_itself(text: str) -> None:
    assert unescape(text, Marks()) == text


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("202603020900-0600", "2026-03-02T09:00:00-06:00"),
        ("20260302", "2026-03-02"),
        ("1961", "1961"),
        ("20260302120000.1234+0000", "2026-03-02T12:00:00+00:00"),
        ("20260231", None),
        ("20260302250000", None),
        ("yesterday", None),
    ],
)
def test_times_keep_their_precision_or_are_none(text: str, when: str | None) -> None:
    assert moment(text) == when


def test_days_and_money_are_read_as_the_tables_keep_them() -> None:
    assert (day("20260302101010"), cents("1,234.50"), cents("0.125"), cents("12 dollars"), cents("NaN")) == (
        "2026-03-02",
        123450,
        None,
        None,
        None,
    )
