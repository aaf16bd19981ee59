"""Reading the physician fee schedule, on made-up codes in the official layouts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from codesets.errors import UnreadableInput
from codesets.sources.source import FileKind
from tests.codesets.sources.made_files import known, made_file, rejected_of, rows_of

COLUMNS = 32
HEAD = "Made-up relative values\n" * 9 + ",".join(["HCPCS", "MOD", "DESCRIPTION", "CODE", *["x"] * 28]) + "\n"
CELLS = [
    *("ZZ001", "26", "Humming", "A", "", "1.50", "2.25", "NA", "0.75", "", "0.10", "3.85", "2.35"),
    *("1", "010", "0.10", "0.80", "0.10", "2", "1", "0", "0", "0", "9", "     ", "33.4009", "09", "0", "99"),
    *("0.00", "0.00", "0.00"),
]
MPFS = HEAD + ",".join(CELLS) + "\n"
GPCI = (
    "ADDENDUM E. MADE-UP INDICES\n\n"
    "Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,2026 PW GPCI (with 1.0 Floor),"
    "2026 PE GPCI,2026 MP GPCI\n"
    "10112,ZZ,00,MADE-UP STATE,1.000,0.869,0.575\n"
    "1112,ZZ,5,MADE-UP TOWN,1.1,1.2,.4\n"
    "\n* A footnote.,,,,,,\n"
)
ANESTHESIA = "Contractor,Locality,Locality Name,Anesthesia CF\n10112 ,00 ,MADE-UP STATE,20.4976\n"


def test_a_fee_schedule_is_dated_by_its_name_and_has_two_versions() -> None:
    found = known(made_file("PPRRVU2026_Jul_nonQPP.csv", MPFS))

    assert (found.kind, found.edition, found.part) == (FileKind.MPFS, "2026 Q3", "nonQPP")


def test_values_are_read_by_position() -> None:
    (value,) = rows_of(made_file("PPRRVU2026_Jul.csv", MPFS))

    assert (value.code, value.modifier, value.status) == ("ZZ001", "26", "A")
    assert (value.work, value.nonfacility_total, value.facility_total) == tuple(map(Decimal, ("1.50", "3.85", "2.35")))
    assert (value.pctc, value.global_days, value.multiple, value.bilateral) == ("1", "010", "2", "1")
    assert (value.conversion_factor, value.supervision) == (Decimal("33.4009"), "09")


def test_a_year_without_the_pricing_indicator_has_the_later_columns_one_to_the_left() -> None:
    narrow = HEAD.replace(",x\n", "\n") + ",".join(CELLS[:23] + CELLS[24:]) + "\n"

    (value,) = rows_of(made_file("PPRRVU2020_Jan.csv", narrow))

    assert (value.conversion_factor, value.supervision) == (Decimal("33.4009"), "09")


def test_a_word_where_a_number_belongs_rejects_the_row() -> None:
    (rejected,) = rejected_of(
        made_file("PPRRVU2026_Jul.csv", MPFS + MPFS.splitlines()[-1].replace("1.50", "much") + "\n")
    )

    assert rejected.reason == "much stands where a number is expected"


def test_localities_are_text_and_footnotes_are_none() -> None:
    rows = rows_of(made_file("GPCI2026.csv", GPCI))

    assert [(row.contractor, row.locality, row.malpractice) for row in rows] == [
        ("10112", "00", Decimal("0.575")),
        ("01112", "05", Decimal(".4")),
    ]


def test_the_index_with_the_floor_is_taken_where_there_are_two() -> None:
    two = GPCI.replace(
        "2026 PW GPCI (with 1.0 Floor)", "2026 PW GPCI (without 1.0 Floor),2026 PW GPCI (with 1.0 Floor)"
    )
    two = two.replace("MADE-UP STATE,1.000", "MADE-UP STATE,0.980,1.000").replace("TOWN,1.1", "TOWN,1.1,1.1")

    assert rows_of(made_file("GPCI2026.csv", two))[0].work == Decimal("1.000")


def test_anesthesia_factors_lose_the_blanks_behind_their_numbers() -> None:
    file = made_file("ANES2026.csv", ANESTHESIA)

    (factor,) = rows_of(file)

    assert known(file).starts == dt.date(2026, 1, 1)
    assert (factor.contractor, factor.locality, factor.factors) == ("10112", "00", (Decimal("20.4976"),))


def test_a_fee_schedule_that_is_cut_off_is_refused() -> None:
    file = made_file("PPRRVU2026_Jul.csv", MPFS[:-20])

    with pytest.raises(UnreadableInput, match="cut off"):
        rows_of(file)
