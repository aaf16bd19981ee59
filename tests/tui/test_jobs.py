"""Work that is called off before anybody begins it."""

from __future__ import annotations

import gc
import warnings

import pytest

from tests.tui.screens import opened

pytestmark = pytest.mark.usefixtures("at_desk")


async def test_work_that_is_called_off_before_it_begins_is_neither_done_nor_warned_of() -> None:
    begun: list[str] = []

    async def job() -> None:
        begun.append("begun")

    async with opened() as (app, pilot):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            app.front.work(job(), group="called off")
            app.workers.cancel_group(app.front, "called off")
            await pilot.pause()
            gc.collect()

    assert (begun, [str(one.message) for one in told]) == ([], [])
