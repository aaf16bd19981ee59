"""The quarantine by keys: what could not be taken in, why, and another try after it was mended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.database import open_database
from store.intake import take_in
from tests.store.hl7_samples import message, pid, pv1, write
from tests.tui.screens import SIZES, cells, keys, opened, settle, type_text


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "132x43"])
async def test_files_and_records_stand_with_place_and_reason_and_are_tried_again(
    as_administrator: None, tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "scan.hl7").write_bytes(b"%PDF-1.7")
    ward = write(tmp_path / "ward.hl7", message("ADT^A01", pid(), pv1(kind="WARD")))
    take_in(open_database(), SYSTEM, [tmp_path / "scan.hl7", ward])
    async with opened(size) as (app, pilot):
        await keys(pilot, "g", "i")
        listed = cells(app)
        await keys(pilot, "enter")
        text = cells(app)
        write(tmp_path / "scan.hl7", message("ADT^A01", pid("M2", "A2"), pv1("V2")))
        await keys(pilot, "T")
        await settle(pilot)
        tried = cells(app)
        await keys(pilot, "x", "y")
        aside = cells(app)

    assert "scan.hl7" in listed and "it is a PDF document" in listed and "SHA-256" in listed
    assert re.search(r"\bat\s+/", text), "where the file lies"
    assert "2 rows tried: 1 taken in, 1 still here." in tried
    assert "is set aside" in aside and "Nothing waits in quarantine" in aside


async def test_the_quarantine_is_for_those_who_take_charts_in(at_desk: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "colon")
        await type_text(pilot, "quarantine")
        await keys(pilot, "enter")

        assert "for medical records and administrators; you are a coder" in cells(app)


async def test_trying_all_says_what_it_did_not_try(as_administrator: None, tmp_path: Path) -> None:
    visits = [message("ADT^A04", pid(f"M{n}", f"A{n}"), pv1(f"V{n}", kind="O")) for n in (1, 2)]
    take_in(open_database(), SYSTEM, [write(tmp_path / "two.hl7", visits[0], visits[1].rstrip(b"\r"))])
    async with opened() as (app, pilot):
        await keys(pilot, "g", "i", "T")
        await settle(pilot)
        shown = " ".join(cells(app).split())

    assert "0 rows tried: 0 taken in, 0 still here. 1 message not tried, it seems cut short" in shown
    assert "two.hl7" in shown
