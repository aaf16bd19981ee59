"""Claims on paper: what stands where on the grid, where pages end, and the PDF for the eye."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from store.claims.content import BilledLine, ClaimContent
from store.paper import cms1500, ub04
from store.paper.grid import COLUMNS, ROWS, Page, dollars_and_cents, fields_of, text_of
from store.paper.pdf import pdf_of
from store.x12.loops837 import undotted
from tests.store.claim_samples import LINES, SERVICE, SOUND_CLAIM
from tests.store.claim_shapes import INPATIENT, OUTPATIENT, institutional_shapes, professional_shapes

TODAY = dt.date(2026, 9, 20)


def with_lines(claim: ClaimContent, count: int) -> ClaimContent:
    first: BilledLine = replace(LINES[0] if claim.form == "837p" else claim.lines[0], pointers=(1,))
    lines = tuple(replace(first, sequence=n, charge_cents=100 + n) for n in range(1, count + 1))
    return replace(claim, lines=lines, total_cents=sum(line.charge_cents for line in lines))


def pages(claim: ClaimContent) -> list[Page]:
    return cms1500.pages(claim) if claim.form == "837p" else ub04.pages(claim, TODAY)


def values(page: Page, name: str) -> list[str]:
    return [text for place, text in page.values if place.name == name]


@pytest.mark.parametrize("form", ["cms1500", "ub04"])
def test_fields_lie_on_the_page_and_none_on_another(form: str) -> None:
    cells = [(place.row, place.column + offset) for place in fields_of(form).values() for offset in range(place.width)]

    assert len(cells) == len(set(cells))
    assert all(1 <= row <= ROWS and 1 <= column <= COLUMNS for row, column in cells)


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (6, 1), (7, 2), (12, 2), (13, 3), (50, 9)])
def test_a_professional_claim_has_six_lines_a_page_and_its_total_on_the_last(count: int, expected: int) -> None:
    made = pages(with_lines(SOUND_CLAIM, count))

    assert [len(values(page, "procedure")) for page in made][:-1] == [6] * (expected - 1)
    assert len(made) == expected
    assert [bool(values(page, "total")) for page in made] == [False] * (expected - 1) + [True]


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (22, 1), (23, 2), (44, 2), (45, 3)])
def test_an_institutional_claim_has_twenty_two_lines_a_page(count: int, expected: int) -> None:
    made = pages(with_lines(INPATIENT, count))

    assert [values(page, "page_count") for page in made] == [[str(expected)]] * expected
    assert [bool(values(page, "total")) for page in made] == [False] * (expected - 1) + [True]


def test_lines_of_item_24_stand_two_rows_apart_from_row_44() -> None:
    (page,) = pages(with_lines(SOUND_CLAIM, 6))

    rows = [number for number, line in enumerate(page.lines(), 1) if "G0463" in line]
    assert rows == [44, 46, 48, 50, 52, 54]


SHAPES = {name: claim for shapes in (professional_shapes, institutional_shapes) for name, claim in shapes()}


@pytest.mark.parametrize("name", [name for name in SHAPES if name.endswith((", self", ", secondary by line"))])
def test_what_the_file_states_of_codes_and_money_stands_on_the_paper(name: str) -> None:
    claim = SHAPES[name]
    made = pages(claim)
    text = text_of(made)

    assert text.count("\f") == len(made) - 1
    most = 12 if claim.form == "837p" else 18
    assert all(undotted(one.code) in text for one in claim.diagnoses[:most])
    amount = dollars_and_cents if claim.form == "837p" else str
    assert all(amount(line.charge_cents) in text for line in claim.lines)
    assert all(line.code in text for line in claim.lines)
    assert amount(claim.total_cents) in made[-1].lines()[55 if claim.form == "837p" else 40]
    assert claim.claim_number in text


def test_present_on_admission_stands_behind_its_code() -> None:
    (page,) = pages(INPATIENT)

    assert (values(page, "diagnosis_1"), values(page, "poa_1"), values(page, "poa_3")) == (["A419"], ["Y"], [])


def test_an_outpatient_bill_has_days_on_its_lines_and_reasons_for_the_visit() -> None:
    (page,) = pages(OUTPATIENT)

    assert values(page, "service_date") == ["091526"] * 3
    assert (values(page, "reason_a"), values(page, "admitting")) == (["R079"], [])


def test_a_value_that_is_too_long_is_cut_and_told() -> None:
    long = replace(SOUND_CLAIM.parties.patient, family_name="Wolfeschlegelsteinhausenbergerdorff")

    (page,) = pages(replace(SOUND_CLAIM, parties=replace(SOUND_CLAIM.parties, patient=long)))

    assert "patient_name" in page.cut


def test_a_printer_that_is_off_can_be_met() -> None:
    made = pages(SOUND_CLAIM)
    plain, moved = text_of(made).split("\n"), text_of(made, (2, 1)).split("\n")

    assert moved[2:11] == [f" {line}" if line else "" for line in plain[:9]]


def test_the_pdf_has_a_page_for_each_and_its_table_points_to_its_objects() -> None:
    made = pdf_of(pages(with_lines(SOUND_CLAIM, 13)), "CMS-1500 (a\\b)")

    places = [int(match) for match in re.findall(rb"^(\d{10}) 00000 n ", made, re.MULTILINE)]
    start = int(re.search(rb"startxref\n(\d+)\n", made).group(1))
    assert all(made[place:].startswith(b"%d 0 obj" % number) for number, place in enumerate(places, 1))
    assert made[start:].startswith(b"xref")
    assert made.count(b"/Type /Page /Parent") == 3
    assert b"(LINDQVIST, PER) Tj" in made


def test_only_what_is_stated_is_on_the_paper() -> None:
    (page,) = pages(SOUND_CLAIM)

    assert {place.name for place, _ in page.values}.isdisjoint({"onset_month", "shaded", "source_name", "auto_yes"})
    assert SERVICE[:4] in page.lines()[9] or "1961" in page.lines()[9]


def at(page: Page, row: int, column: int, width: int) -> str:
    return page.lines()[row - 1].ljust(COLUMNS)[column - 1 : column - 1 + width]


@pytest.mark.parametrize(
    ("item", "row", "column", "printed"),
    [
        ("1 other", 8, 31, "X"),
        ("1a", 8, 50, "XQ4471902"),
        ("2", 10, 1, "LINDQVIST, PER"),
        ("3", 10, 31, "03 02 1961 X"),
        ("6 self", 12, 33, "X"),
        ("10a no", 20, 41, "X"),
        ("11", 18, 50, "G100"),
        ("12", 30, 6, "SIGNATURE ON FILE"),
        ("21 indicator", 37, 42, "0"),
        ("21A", 38, 3, "M5450"),
        ("21B", 38, 16, "I10"),
        ("24A line 1", 44, 1, "09 15 26 09 15 26 11"),
        ("24D line 1", 44, 25, "G0463   25"),
        ("24E line 1", 44, 45, "AB  "),
        ("24F line 1", 44, 50, "  142 50"),
        ("24G line 1", 44, 59, "  1"),
        ("24I and 24J line 1, shaded", 43, 65, "ZZ 207Q00000X"),
        ("24J line 1", 44, 68, "1999990033"),
        ("24D line 2", 46, 25, "G0439"),
        ("25", 56, 1, "470000001         X"),
        ("26", 56, 23, "2026-000418"),
        ("27 yes", 56, 38, "X"),
        ("28", 56, 51, "   212 50"),
        ("32", 58, 23, "PRAIRIE COMMUNITY HEALTH"),
        ("33 phone", 57, 66, "308 5550100"),
        ("33", 58, 50, "PRAIRIE COMMUNITY HEALTH"),
        ("33a", 61, 50, "1234567893"),
    ],
)
def test_items_of_a_professional_claim_stand_where_the_form_has_them(
    item: str, row: int, column: int, printed: str
) -> None:
    (page,) = pages(SOUND_CLAIM)

    assert at(page, row, column, len(printed)) == printed


@pytest.mark.parametrize(
    ("locator", "row", "column", "printed"),
    [
        ("3a", 2, 54, "2026-000418"),
        ("4", 3, 78, "0111"),
        ("5", 5, 51, "470000001"),
        ("6", 5, 62, "091026 091526"),
        ("8b", 7, 2, "LINDQVIST, PER"),
        ("9a", 6, 42, "77 ELM STREET"),
        ("10", 9, 1, "03021961 M"),
        ("12 to 15", 9, 13, "09102614 1  1"),
        ("16, 17", 9, 28, "13 01"),
        ("42 line 1", 19, 1, "0120"),
        ("46 line 1", 19, 53, "      5"),
        ("47 line 1", 19, 60, "    500000"),
        ("47 line 2", 20, 60, "     81234"),
        ("47 total", 41, 60, "    581234"),
        ("56", 42, 68, "1234567893"),
        ("50a", 43, 1, "BLUE PLAINS"),
        ("58a", 47, 1, "LINDQVIST, PER"),
        ("60a", 47, 30, "XQ4471902"),
        ("66", 55, 1, "0"),
        ("67 with POA", 54, 2, "A419   YN179   NI10"),
        ("69", 56, 5, "R509"),
        ("71", 56, 43, "871"),
        ("76", 57, 59, "1999990041"),
        ("76 name", 58, 53, "OYELARAN          TUNDE"),
    ],
)
def test_locators_of_a_stay_stand_where_the_form_has_them(locator: str, row: int, column: int, printed: str) -> None:
    (page,) = pages(INPATIENT)

    assert at(page, row, column, len(printed)) == printed


def test_the_source_of_every_position_is_named_and_few_have_none() -> None:
    sources = {form: [place.source for place in fields_of(form).values()] for form in ("cms1500", "ub04")}

    assert all(set(source) <= set("VRO") | set("vro") or source == "-" for own in sources.values() for source in own)
    assert sources["cms1500"].count("-") == 0
    assert sources["ub04"].count("-") <= 1
