"""Meanings of remittance and claim codes: own wording, and lists that a site imported."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from codesets.remittance_codes import meaning
from codesets.sources.carc_rarc import RemitList
from codesets.sources.ub_codes import UbList
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources.made_files import made_file

ON = dt.date(2026, 8, 1)
CARC = "Code,Description,Start Date,Stop Date\n1,A made-up text,1/1/2001,\n2,Another,1/1/2001,12/31/2020\n"


def test_a_common_adjustment_code_has_own_wording(tmp_path: Path) -> None:
    with loaded_reference(tmp_path / "reference.sqlite", []) as reference:
        found = meaning(reference, RemitList.CARC, "45", ON)

    assert found is not None
    assert (found.official, found.in_force) == (False, None)


def test_the_list_of_the_site_stands_before_own_wording(tmp_path: Path) -> None:
    with loaded_reference(tmp_path / "reference.sqlite", [made_file("carc_2026_jul.csv", CARC)]) as reference:
        current = meaning(reference, RemitList.CARC, "1", ON)
        ended = meaning(reference, RemitList.CARC, "2", ON)

    assert current is not None and ended is not None
    assert (current.text, current.official, current.in_force) == ("A made-up text", True, True)
    assert ended.in_force is False


def test_a_list_that_was_not_imported_has_no_meanings(tmp_path: Path) -> None:
    with loaded_reference(tmp_path / "reference.sqlite", []) as reference:
        assert meaning(reference, RemitList.RARC, "M998", ON) is None
        assert meaning(reference, UbList.REVENUE, "0450", ON) is None
