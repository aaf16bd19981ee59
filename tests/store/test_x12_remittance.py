"""Reading remittance advices: everything a payer states, with its segment, from files as they really come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.errors import UnreadableInput
from store.x12.remittance import OtherSet, Part, Payment, RemitClaim, SetEnd, cents, iso_day, read
from store.x12.tokenizer import Note
from store.x12.writer import Delimiters
from tests.store.remittance_samples import DENIED_CLAIM, PAID_CLAIM, a_set, interchange

FILE = interchange(a_set((*PAID_CLAIM, *DENIED_CLAIM, "PLB*1999999984*20261231*WO:ICN0007*-2.5*L6*-1")))


def parts(content: bytes) -> list[Part]:
    return list(read(content, []))


def claims(content: bytes) -> list[RemitClaim]:
    return [part for part in parts(content) if isinstance(part, RemitClaim)]


def faults(content: bytes) -> list[str]:
    return [note.message for part in parts(content) if isinstance(part, SetEnd) for note in part.faults]


def test_a_set_is_its_payment_its_claims_and_its_end() -> None:
    assert [type(part) for part in parts(FILE)] == [Payment, RemitClaim, RemitClaim, SetEnd]


def test_the_payment_has_its_amount_trace_and_parties() -> None:
    payment = parts(FILE)[0]

    assert isinstance(payment, Payment)
    assert (payment.cents, payment.credit, payment.method, payment.date) == (10_000, True, "ACH", "2026-11-03")
    assert (payment.trace, payment.payer_id) == ("EFT0001", "1512345678")
    assert (payment.payer.name, payment.payee.name, payment.payee.id) == (
        "MEADOWLARK HMO",
        "COTTONWOOD CLINIC",
        "1999999984",
    )


def test_a_claim_has_numbers_amounts_patient_and_days() -> None:
    claim = claims(FILE)[0]

    assert (claim.account_number, claim.payer_number, claim.status) == ("C0001", "ICN0001", "1")
    assert (claim.charge_cents, claim.paid_cents, claim.patient_cents) == (15_000, 10_000, 2_000)
    assert (claim.party("QC").name, claim.party("QC").id, claim.service_from) == ("ROE", "M001", "2026-10-01")
    assert [(one.group, one.reason, one.cents) for one in claim.adjustments] == [("CO", "45", 2_000)]


def test_a_line_has_code_modifiers_adjustments_remarks_and_our_own_number() -> None:
    (line,) = claims(FILE)[0].lines

    assert (line.code, line.modifiers, line.units, line.control_number) == ("G0463", ("25",), "1", "C0001L1")
    assert [(one.group, one.reason, one.cents) for one in line.adjustments] == [
        ("CO", "253", 1_000),
        ("PR", "1", 1_500),
        ("PR", "2", 500),
    ]
    assert line.remarks == ("N130",)


def test_a_claim_without_lines_is_normal() -> None:
    assert claims(FILE)[1].lines == ()


def test_every_pair_of_a_provider_adjustment_is_kept_with_its_reference() -> None:
    end = parts(FILE)[-1]

    assert isinstance(end, SetEnd)
    assert [(one.reason, one.reference, one.cents) for one in end.provider_adjustments] == [
        ("WO", "ICN0007", -250),
        ("L6", "", -100),
    ]


def test_a_payment_without_claims_is_told_too() -> None:
    found = parts(interchange(a_set(("PLB*1999999984*20261231*WO:X*-5",), paid="5")))

    assert [type(part) for part in found] == [Payment, SetEnd]


@pytest.mark.parametrize(
    "delimiters", [Delimiters("|", ">", "\n", "^"), Delimiters("~", "|", "_", "^"), Delimiters("+", ">", "\r", "!")]
)
def test_separators_change_nothing(delimiters: Delimiters) -> None:
    plain = interchange(a_set(PAID_CLAIM))
    other = interchange(a_set(PAID_CLAIM), delimiters=delimiters, ending="\n" if delimiters.segment == "\r" else "")

    assert claims(other) == claims(plain)


def test_another_component_separator_than_the_header_s_is_a_fault() -> None:
    content = interchange(a_set(PAID_CLAIM)).replace(b"HC:G0463:25", b"HC>G0463>25")

    assert faults(content) == ["SVC01 is 'HC>G0463>25'; expected a qualifier, ':' and a code"]


def test_an_amount_that_is_none_is_a_fault_with_its_place() -> None:
    content = interchange(a_set(PAID_CLAIM)).replace(b"CAS*CO*253*10", b"CAS*CO*253*1O")

    assert faults(content) == ["CAS03 is '1O'; expected the adjustment in dollars"]


def test_a_set_of_another_kind_or_version_is_left_out_by_name() -> None:
    claim = a_set(PAID_CLAIM).replace("ST*835", "ST*837").replace("X221A1", "X222A1")
    old = a_set(PAID_CLAIM, control="0002").replace("005010X221A1", "004010X091A1")

    found = [part for part in parts(interchange(claim, old, a_set((), control="0003"))) if isinstance(part, OtherSet)]

    assert [part.why for part in found] == [
        "transaction set 837 is no remittance advice",
        "version 004010X091A1; expected 005010X221A1",
    ]


def test_a_set_that_is_cut_off_keeps_what_it_has_and_says_so() -> None:
    found = parts(FILE[: FILE.index(b"CLP*C0002")])

    assert [type(part) for part in found] == [Payment, RemitClaim, SetEnd]
    assert isinstance(found[-1], SetEnd) and not found[-1].complete


def test_wrong_counts_are_noted_and_lose_nothing() -> None:
    notes: list[Note] = []

    found = list(read(FILE.replace(b"SE*21*", b"SE*7*"), notes))

    assert len(found) == 4
    assert [note.message for note in notes] == ["SE counts 7, found 21"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.5", 1_250), ("-3", -300), ("", 0), (".5", 50), ("1.234", None), ("1e400", None), ("nan", None), ("x", None)],
)
def test_amounts_are_cents_or_nothing(text: str, value: int | None) -> None:
    assert cents(text) == value


@pytest.mark.parametrize(("text", "day"), [("20261103", "2026-11-03"), ("20990080", ""), ("261103", ""), ("", "")])
def test_days_are_iso_or_empty(text: str, day: str) -> None:
    assert iso_day(text) == day


@given(st.integers(0, len(FILE)), st.binary(max_size=4))
def test_a_damaged_file_is_read_or_refused_never_a_crash(place: int, damage: bytes) -> None:
    content = FILE[:place] + damage + FILE[place + len(damage) :]

    try:
        found = parts(content)
    except UnreadableInput:
        return

    ends = sum(isinstance(part, SetEnd) for part in found)
    assert ends == sum(isinstance(part, Payment) for part in found)


def test_claims_are_told_while_the_file_is_read() -> None:
    class Counted:
        """A file that tells how much of it was read."""

        def __init__(self, content: bytes) -> None:
            self.content, self.read_bytes = content, 0

        def read(self, size: int) -> bytes:
            chunk = self.content[self.read_bytes : self.read_bytes + size]
            self.read_bytes += len(chunk)
            return chunk

    source = Counted(interchange(a_set(PAID_CLAIM * 5_000)))
    stream: Iterator[Part] = read(source, [])  # type: ignore[arg-type]

    next(stream), next(stream)

    assert source.read_bytes < len(source.content) / 4
