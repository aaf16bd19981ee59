"""Identifiers sort in the order they were made, whatever the clock says."""

import time

import pytest

from store.models import columns
from store.models.columns import new_id


@pytest.fixture(autouse=True)
def no_number_made_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests go on from numbers of the present."""
    monkeypatch.setattr(columns, "_last_number", 0)


def test_identifiers_of_one_millisecond_sort_in_the_order_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.25)

    made = [new_id() for _ in range(2000)]

    assert made == sorted(set(made))
    assert {len(one) for one in made} == {26}


def test_identifiers_go_on_where_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 4_000_000_100.0)
    before = new_id()

    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)

    assert new_id() > before
