"""Building ICD-10-PCS codes and asking HCPCS, on made-up tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from codesets import build, catalog, importing, procedures
from codesets.catalog import ValidityKind
from codesets.differences import difference, release_named
from codesets.flags import flags
from codesets.gathering import gather
from codesets.history import Stage, history
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.search import open_engine
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import made_file

COVERED = dt.date(2099, 3, 1)
SERVICE = dt.date(2019, 6, 1)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    names = ("icd10pcs_order_2099.txt", "tables.xml", "index.xml", "definitions.xml", made.HCPCS_NAME)
    files = [made_file(name, made.MADE[name]) for name in names]
    with loaded_reference(tmp_path_factory.mktemp("procedures") / "reference.sqlite", files) as opened:
        yield opened


def test_each_choice_leaves_only_values_that_lead_to_a_code(reference: Reference) -> None:
    choice = procedures.next_values(reference, "0017", COVERED)

    assert (choice.axis, choice.title) == (5, "Approach")
    assert [(value.character, value.labels, value.codes) for value in choice.values] == [
        ("0", ("Open",), 2),
        ("3", ("Closed",), 1),
    ]


def test_a_value_of_another_row_is_no_choice(reference: Reference) -> None:
    choice = procedures.next_values(reference, "00173", COVERED)

    assert [value.character for value in choice.values] == ["Z"]


def test_the_first_three_axes_are_chosen_from_the_tables(reference: Reference) -> None:
    choices = [procedures.next_values(reference, chosen, COVERED) for chosen in ("", "0", "00")]

    assert [(choice.title, choice.values[0].labels, choice.values[0].codes) for choice in choices] == [
        ("Section", ("Made-up section",), 5),
        ("Body System", ("Made-up system",), 5),
        ("Operation", ("Humming",), 5),
    ]


def test_a_whole_code_is_complete(reference: Reference) -> None:
    assert procedures.next_values(reference, "00170J1", COVERED).complete


@pytest.mark.parametrize("chosen", ["9", "0019", "00170J9", "00170J11"])
def test_a_beginning_of_no_code_leaves_nothing_and_is_not_complete(reference: Reference, chosen: str) -> None:
    choice = procedures.next_values(reference, chosen, COVERED)

    assert not choice.values
    assert not choice.complete


@pytest.fixture
def of_two_years(tmp_path: Path) -> Iterator[Reference]:
    """Tables of FY2098 and an order file of FY2099, which has one code less and one that the tables do not build."""
    rows = [line for line in made.PCS_ORDER.splitlines(keepends=True) if "00160ZZ" not in line]
    numbered = [f"{number:05}{line[5:]}" for number, line in enumerate(rows, start=1)]
    later = "".join(numbered) + made.pcs_order_line(len(rows) + 1, "00173J1", True, "Hum", "Humming Throat, Closed")
    files = [made_file("t.xml", made.PCS_TABLES.replace("2099", "2098")), made_file("icd10pcs_order_2099.txt", later)]
    with loaded_reference(tmp_path / "reference.sqlite", files) as opened:
        yield opened


def test_the_order_file_of_the_date_decides_which_codes_tables_of_another_year_build(of_two_years: Reference) -> None:
    reached, waiting = set(), [""]
    while waiting:
        choice = procedures.next_values(of_two_years, waiting.pop(), COVERED)
        waiting += [choice.chosen + value.character for value in choice.values]
        reached |= {choice.chosen} if choice.complete else set()

    assert reached == {"00163ZZ", "00170ZZ", "00173ZZ", "00170J1", "00173J1"}
    assert procedures.next_values(of_two_years, "0", COVERED).codes_edition == "FY2099"


def test_a_value_that_the_tables_lack_is_offered_with_the_title_of_its_code(of_two_years: Reference) -> None:
    body, device = (procedures.next_values(of_two_years, chosen, COVERED) for chosen in ("0017", "00173"))

    assert [(value.labels, value.codes) for value in body.values] == [(("Open",), 2), (("Closed",), 2)]
    assert [(value.character, value.labels) for value in device.values] == [
        ("J", ("Humming Throat, Closed (not in the tables of FY2098)",)),
        ("Z", ("No Device",)),
    ]


def test_walking_every_choice_reaches_exactly_the_codes_of_the_tables(reference: Reference) -> None:
    reached, waiting = [], [""]
    while waiting:
        choice = procedures.next_values(reference, waiting.pop(), COVERED)
        if choice.complete:
            reached.append(choice.chosen)
        waiting += [choice.chosen + value.character for value in choice.values]

    assert sorted(reached) == procedures.expand(reference, "001", COVERED)
    assert len(reached) == 5


def test_labels_name_every_character_of_a_code(reference: Reference) -> None:
    labels = procedures.labels_of(reference, "00170J1", COVERED)

    assert [label for _, _, label in labels] == [
        *("Made-up section", "Made-up system", "Humming"),
        *("Throat", "Open", "Kazoo", "Loud"),
    ]


def test_a_combination_that_is_no_code_has_no_labels(reference: Reference) -> None:
    impossible = [
        "001" + "".join(rest)
        for rest in product("67", "03", "ZJ", "Z1")
        if "001" + "".join(rest) not in procedures.expand(reference, "001", COVERED)
    ]

    assert impossible
    assert not any(procedures.labels_of(reference, code, COVERED) for code in impossible)


def test_a_label_has_its_meaning_with_the_names_it_includes(reference: Reference) -> None:
    (meaning,) = procedures.meanings(reference, "0", 3, "Humming", COVERED)

    assert (meaning.definition, meaning.includes) == ("Making a low sound", ("Droning", "Purring"))


def test_tables_that_do_not_cover_the_date_say_so(reference: Reference) -> None:
    choice = procedures.next_values(reference, "", dt.date(2026, 3, 1))

    assert not choice.origin.covered
    assert "covers 2026-03-01; answered from FY2099" in choice.origin.warning


def test_a_hcpcs_code_in_force_is_valid(reference: Reference) -> None:
    details = procedures.hcpcs_details(reference, "X0001", SERVICE)

    assert details is not None
    assert (details.valid, details.coverage_meaning) == (True, "special coverage instructions apply")


def test_a_terminated_code_is_not_valid_though_the_file_has_it(reference: Reference) -> None:
    details = procedures.hcpcs_details(reference, "X0002", SERVICE)

    assert details is not None
    assert (details.valid, details.reason) == (False, "X0002 was terminated on 2018-12-31.")


def test_the_catalog_does_not_take_a_terminated_code_for_valid(reference: Reference) -> None:
    terminated = catalog.validity(reference, CodeSystem.HCPCS, "X0002", SERVICE)
    in_force = catalog.validity(reference, CodeSystem.HCPCS, "X0001", SERVICE)

    assert (terminated.kind, terminated.reason) == (ValidityKind.UNKNOWN, "X0002 was terminated on 2018-12-31.")
    assert in_force.kind is ValidityKind.VALID


def test_a_date_that_no_file_covers_leaves_validity_open(reference: Reference) -> None:
    details = procedures.hcpcs_details(reference, "X0001", dt.date(2026, 3, 1))

    assert details is not None
    assert details.valid is None
    assert "No loaded HCPCS" in details.reason


def test_modifiers_come_with_their_official_texts(reference: Reference) -> None:
    assert procedures.hcpcs_modifiers(reference, SERVICE) == {"ZA": "Made-up modifier"}


def test_nothing_loaded_is_said(tmp_path: Path) -> None:
    with loaded_reference(tmp_path / "empty.sqlite", []) as empty:
        choice = procedures.next_values(empty, "0", COVERED)

        assert not choice.values
        assert choice.origin.warning == "No ICD-10-PCS table file is loaded."


def test_the_page_of_a_terminated_code_says_so(reference: Reference) -> None:
    told = [flag.value for flag in flags(reference, CodeSystem.HCPCS, "X0002", SERVICE) if flag.name == "terminated"]

    assert told == [f"on 2018-12-31: not to be reported on {SERVICE}"]


def test_search_puts_a_terminated_code_last_and_says_so(tmp_path: Path) -> None:
    place, inbox = tmp_path / "reference.sqlite", tmp_path / made.HCPCS_NAME
    inbox.write_bytes(made.HCPCS.encode("cp1252"))
    with build.replacement(place, None, lambda stage, done: None):
        pass
    with gather([str(inbox)], lambda stage, done: None) as gathered:
        importing.run(place, importing.plan(place, gathered), lambda stage, done: None)

    with Reference(place) as reference:
        hits = open_engine(reference).search("x0002", [CodeSystem.HCPCS], SERVICE)

    assert [(hit.code, hit.why.outside) for hit in hits] == [("X0002", "terminated on 2018-12-31")]


def test_search_finds_a_procedure_by_its_name_in_the_index(tmp_path: Path) -> None:
    place, inbox = tmp_path / "reference.sqlite", tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "icd10pcs_order_2099.txt").write_text(made.PCS_ORDER, encoding="ascii", newline="")
    (inbox / "index.xml").write_text(made.PCS_INDEX, encoding="utf-8")
    with build.replacement(place, None, lambda stage, done: None):
        pass
    with gather([str(inbox)], lambda stage, done: None) as gathered:
        importing.run(place, importing.plan(place, gathered), lambda stage, done: None)

    with Reference(place) as reference:
        named = open_engine(reference).search("humming nose", [CodeSystem.ICD10PCS], COVERED)

    assert [(hit.code, hit.why.kind) for hit in named][:1] == [("00160ZZ", "index")]


def test_a_code_that_the_later_file_terminates_is_deleted_and_one_that_neither_has_in_force_is_not(
    tmp_path: Path,
) -> None:
    def record(code: str, added: str, terminated: str = "") -> str:
        return made.hcpcs_record(code, 100, "3", f"Hum {code}", "Hum", "D", added, added, terminated, "")

    always, long_gone = record("X0001", "20100101"), record("X0002", "20100101", "20161231")
    before = [always, long_gone, record("X0003", "20100101")]
    after = [*before[:2], record("X0003", "20100101", "20181231"), record("X0005", "20190101")]
    modifier = made.hcpcs_record("ZA", 100, "7", "Made-up modifier", "Made-up", "C", "20020701", "20020701", "", "N")
    files = [
        made_file(f"HCPC{year}_CONTR_ANWEB.txt", "\n".join([modifier, *records, ""]))
        for year, records in ((2018, before), (2019, after))
    ]

    with loaded_reference(tmp_path / "reference.sqlite", files) as reference:
        old, new = (release_named(reference, CodeSystem.HCPCS, year) for year in ("2018", "2019"))
        found = difference(reference, old, new)
        page = catalog.page(reference, CodeSystem.HCPCS, "X0003", SERVICE)
        stages = [era.stage for era in history(reference, CodeSystem.HCPCS, "X0003").eras]

    assert [(one.code, one.terminated) for one in found.ended] == [("X0003", "2018-12-31")]
    assert [one.code for one in found.added] == ["X0005"]
    assert page is not None and page.outside == "terminated on 2018-12-31"
    assert stages == [Stage.BILLABLE, Stage.TERMINATED]


def test_a_table_has_no_default_code(reference: Reference) -> None:
    page = catalog.page(reference, CodeSystem.ICD10PCS, "001", COVERED)

    assert page is not None and page.children and page.default is None
