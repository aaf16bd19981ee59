"""Which of our lines a line of a remittance is of: by its number, else by what tells it best, and by order last."""

from __future__ import annotations

import io

import pytest

from store.models import ClaimLine
from store.remits.matching import OurClaim, match_lines
from store.remits.places import Payers
from store.remits.same_patient import Person
from store.x12.remittance import RemitClaim, read
from tests.store.remittance_samples import a_set, interchange

NOBODY = Person("", "", frozenset(), "", "")
J1100_TWICE = (
    ClaimLine(
        id="10.00", claim_id="c", sequence=1, code="J1100", charge_cents=1000, units=1, service_date="2026-09-15"
    ),
    ClaimLine(
        id="20.00", claim_id="c", sequence=2, code="J1100", charge_cents=2000, units=2, service_date="2026-09-15"
    ),
)


def matched(ours: tuple[ClaimLine, ...], *body: str) -> tuple[str | None, ...]:
    """The ids of our lines that an answer with these segments finds."""
    content = interchange(a_set(("CLP*2026-000001*1*30*15**HM*ICN1", *body), "15"))
    (claim,) = [part for part in read(io.BytesIO(content), []) if isinstance(part, RemitClaim)]
    return match_lines(claim, OurClaim("c", "2026-000001", "a", ours, 3000, Payers(), NOBODY))


def line(code: str, charge: str, units: str = "", day: str = "", number: str = "") -> tuple[str, ...]:
    days = (f"DTM*472*{day}",) if day else ()
    return (f"SVC*HC:{code}*{charge}*0**{units}", *days, *((f"REF*6R*{number}",) if number else ()))


def test_lines_of_one_code_without_a_number_are_found_by_their_charge() -> None:
    found = matched(J1100_TWICE, *line("J1100", "20", "2"), *line("J1100", "10", "1"))

    assert found == ("20.00", "10.00")


def test_lines_of_one_code_and_charge_are_found_by_units_and_by_day() -> None:
    first, second = (ClaimLine(**{**one.model_dump(), "charge_cents": 1500}) for one in J1100_TWICE)
    later = ClaimLine(**{**first.model_dump(), "id": "later", "sequence": 3, "service_date": "2026-09-16"})

    found = matched(
        (first, second, later),
        *line("J1100", "15", "2", "20260915"),
        *line("J1100", "15", "1", "20260916"),
        *line("J1100", "15", "1", "20260915"),
    )

    assert found == ("20.00", "later", "10.00")


def test_modifiers_tell_a_line_before_its_charge_does() -> None:
    plain, modified = J1100_TWICE[0], ClaimLine(**{**J1100_TWICE[1].model_dump(), "modifiers": ["JW"]})

    found = matched((plain, modified), *line("J1100:JW", "10"), *line("J1100", "20"))

    assert found == ("20.00", "10.00")


def test_a_number_tells_a_line_whatever_else_differs() -> None:
    found = matched(
        J1100_TWICE,
        *line("J1100", "20", number="2026-000001-1"),
        *line("J1100", "20"),
    )

    assert found == ("10.00", "20.00")


def test_lines_that_nothing_tells_apart_are_found_in_their_order_and_a_divided_one_twice() -> None:
    found = matched(J1100_TWICE, *line("J1100", "7"), *line("J1100", "8"), *line("J1100", "9"))

    assert found == ("10.00", "20.00", "10.00")


@pytest.mark.parametrize(("charge", "wanted"), [("20", "20.00"), ("10", "10.00")])
def test_a_revenue_code_alone_is_found_by_its_charge(charge: str, wanted: str) -> None:
    ours = tuple(ClaimLine(**{**one.model_dump(), "code": "", "revenue_code": "0250"}) for one in J1100_TWICE)

    found = matched(ours, f"SVC*NU:0250*{charge}*0**1")

    assert found == (wanted,)
