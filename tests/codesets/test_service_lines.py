"""CPT from the user's files beside HCPCS: found, searched, and named on the lines of a chart. Codes are invented."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from codesets import build, importing
from codesets.errors import UnknownCode
from codesets.flags import flags
from codesets.gathering import gather
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.search import open_engine
from codesets.service_lines import line_system, system_of_line, title_on_line
from store.coding.entry import EntryError
from store.coding.lookup import system_of
from tests.codesets.sources import made_files as made
from tests.codesets.sources.test_fee_files import CELLS, HEAD

ON = dt.date(2026, 8, 1)
NOTICE = "Made-up notice in the place of that of the American Medical Association, CPT 2026\n\n"
LONG = (
    NOTICE + "0001Z\tHumming with a kazoo, loudly and for a very long time, each\n0002Z\tWhistling with two fingers\n"
)
SHORT = NOTICE + "0001Z\tHUM KAZOO\n0003Z\tDRUM\n"
PAIRS = made.PTP_HEAD + "0001Z\t0002Z\t\t20200101\t*\t1\tMade up\n0001Z\t0003Z\t\t20200101\t20211231\t1\tMade up\n"
VALUES = HEAD + ",".join(["0004Z", "", "TAMBOURINE", *CELLS[3:]]) + "\n"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    folder = tmp_path_factory.mktemp("services")
    place, inbox = folder / "reference.sqlite", folder / "inbox"
    inbox.mkdir()
    with build.replacement(place, None, _quiet):
        pass
    files = {"long.txt": LONG, "short.txt": SHORT, "ccipra-v322r0-f1.txt": PAIRS, "PPRRVU2026_Jul_nonQPP.csv": VALUES}
    for name, content in files.items():
        Path(inbox, name).write_text(content)
    with gather([str(inbox)], _quiet) as gathered:
        report = importing.run(place, importing.plan(place, gathered), _quiet)
    assert [result.item.status for result in report.results] == [importing.Status.LOADED] * 4
    return Reference(place)


def test_a_code_on_a_service_line_is_of_cpt_where_it_begins_with_a_digit() -> None:
    assert system_of_line("hcpcs", "0001Z") is CodeSystem.CPT
    assert system_of_line("hcpcs", "G0001") is CodeSystem.HCPCS
    assert system_of_line("icd10pcs", "0DTJ4ZZ") is CodeSystem.ICD10PCS
    assert line_system(CodeSystem.CPT) is CodeSystem.HCPCS


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("0001Z", "Humming with a kazoo, loudly and for a very long time, each"),
        ("0003Z", "DRUM"),
        ("0004Z", "TAMBOURINE"),
        ("0005Z", ""),
    ],
)
def test_a_line_has_the_longest_text_of_its_code_or_that_of_the_fee_schedule(
    reference: Reference, code: str, title: str
) -> None:
    assert title_on_line(reference, "hcpcs", code, ON) == title


def test_words_find_codes_of_cpt(reference: Reference) -> None:
    hits = open_engine(reference).search("kazoo humming", [CodeSystem.CPT], ON)

    assert [(hit.system, hit.code) for hit in hits] == [(CodeSystem.CPT, "0001Z")]


def test_a_typed_code_of_cpt_goes_to_a_line_of_hcpcs(reference: Reference) -> None:
    assert system_of(reference, "0002z", ON) == "hcpcs"


def test_a_typed_code_that_the_files_do_not_have_is_refused_on_a_date_they_cover(reference: Reference) -> None:
    with pytest.raises(EntryError, match="0009Z is not a code of CPT 2026"):
        system_of(reference, "0009Z", ON)

    assert system_of(reference, "0009Z", dt.date(2024, 1, 1)) == "hcpcs"


def test_the_page_of_a_service_says_how_many_codes_it_denies_on_the_date(reference: Reference) -> None:
    now, then = (
        [(flag.name, flag.value) for flag in flags(reference, CodeSystem.CPT, "0001Z", day)]
        for day in (ON, dt.date(2021, 6, 1))
    )

    assert ("pairs, practitioner", "column 1 of 1, of the parts loaded") in now
    assert ("pairs, practitioner", "column 1 of 2, of the parts loaded") in then


def test_the_command_shows_and_searches_cpt(
    reference: Reference, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tui.cli import main

    monkeypatch.setenv("CODEDESK_REFERENCE", str(reference.path))

    shown = main(["code", "0001Z", "-d", str(ON), "--json"])
    page = json.loads(capsys.readouterr().out)
    searched = main(["search", "-s", "cpt", "-d", str(ON), "whistling"])
    found = capsys.readouterr().out

    assert (shown, searched) == (0, 0)
    assert (page["system"], page["release"]["edition"]) == ("cpt", "2026")
    assert found.startswith("0002Z  Whistling with two fingers")


def test_a_code_of_its_shape_is_looked_for_in_cpt(reference: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.commands import code

    with pytest.raises(UnknownCode, match="CPT 2026"):
        raise code._unknown(reference, code._system_of(reference, "0009Z", ON), "0009Z", ON)


def _quiet(stage: str, done: float) -> None:
    """No progress."""
