"""`codedesk search`, `code` and `codesets`: what they print, say on stderr and end with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.codesets import small_files
from tests.tui.command_line import run_apart, run_here

ON = ("-d", "2026-06-01")


@pytest.fixture
def codedesk(reference_file: Path):
    """Runs a command on the shared reference database."""

    def run(*arguments: str, home: Path = reference_file.parent) -> subprocess.CompletedProcess:
        return run_here(*arguments, home=home)

    return run


@pytest.fixture
def program(reference_file: Path):
    """The same in a process of its own."""
    return partial(run_apart, home=reference_file.parent)


def test_search_prints_codes_with_their_reason(program) -> None:
    done = program("search", *ON, "-n", "1", "chest", "pain")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "R07.9  Chest pain, unspecified",
        "       title: Chest pain, unspecified",
    ]
    assert done.stderr == ""


def test_search_as_json_is_one_document(codedesk) -> None:
    done = codedesk("search", *ON, "--json", "-n", "2", "uti")

    hits = json.loads(done.stdout)
    assert hits[0]["code"] == "N39.0"
    assert hits[0]["why"]["expanded"] == {"uti": "urinary tract infection"}


def test_search_without_an_answer_says_so(codedesk) -> None:
    assert codedesk("search", *ON, "qqqq").stdout == "nothing found\n"


def test_batch_answers_one_line_of_codes_per_query_and_nothing_else(program) -> None:
    done = program("search", *ON, "--batch", stdin="chest pain\n\ne11.9\n")

    first, second, third = done.stdout.split("\n")[:3]
    assert first.split()[0] == "R07.9"
    assert second == ""
    assert third == "E11.9"


def test_all_systems_are_searched_with_all(codedesk) -> None:
    done = codedesk("search", *ON, "-s", "all", "-n", "3", "wellness visit")

    assert "G0438" in done.stdout
    assert "HCPCS Level II" in done.stdout


def test_code_shows_the_page(codedesk) -> None:
    done = codedesk("code", *ON, "e11.42")

    assert done.returncode == 0
    assert done.stdout.startswith("E11.42  Type 2 diabetes mellitus with diabetic polyneuropathy\nbillable\n")
    assert "Excludes1 (not coded here)" in done.stdout


def test_code_as_json_is_one_document(codedesk) -> None:
    page = json.loads(codedesk("code", *ON, "--json", "E11").stdout)

    assert page["billable"] is False
    assert page["default"] == "E11.9"
    assert {
        "code": "E11.9",
        "title": "Type 2 diabetes mellitus without complications",
        "billable": True,
    } in page["children"]


def test_codesets_list_names_what_is_complete_and_what_a_starter(codedesk) -> None:
    releases = {row["system"]: row for row in json.loads(codedesk("codesets", "list", "--json").stdout)}

    assert releases["icd10cm"]["billable"] == 74_719
    assert releases["icd10cm"]["complete"] is True
    assert releases["hcpcs"]["complete"] is False


def test_a_date_nobody_covers_is_a_warning_and_an_answer(codedesk) -> None:
    done = codedesk("search", "-d", "2026-10-05", "-n", "1", "chest pain")

    assert done.returncode == 0
    assert done.stdout.startswith("R07.9")
    assert done.stderr.count("\n") == 1
    assert "covers 2026-10-05" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "-d", "2026-02-30", "pain"),
        ("search", "-d", "yesterday", "pain"),
        ("search", *ON),
        ("code", "-d", "20260601", "I10"),
        ("code", *ON, "E11.4Z"),
        ("code", *ON, "\x1b[31m"),
        ("code", "-s", "hcpcs", *ON, "K0001"),
    ],
)
def test_a_bad_date_or_code_is_one_clear_line_and_exit_2(codedesk, arguments: tuple[str, ...]) -> None:
    done = codedesk(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"not a database at all"])
def test_a_damaged_reference_database_is_one_clear_line_and_exit_2(codedesk, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "reference.sqlite").write_bytes(content)

    done = codedesk("search", "pain", home=tmp_path)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_one_clear_line_and_exit_2(codedesk, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    done = codedesk("search", "pain", home=tmp_path)

    assert done.returncode == 2
    assert "no write permission" in done.stderr


def test_a_home_that_is_a_file_is_one_clear_line_and_exit_2(codedesk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    done = codedesk("search", "pain", home=tmp_path / "file")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["search", *ON, "pain"], ["code", *ON, "I10"], ["codesets", "list"]])
def test_the_code_commands_load_neither_the_orm_nor_the_screens(reference_file: Path, arguments: list[str]) -> None:
    program = (
        "import sys; from tui.cli import main\n"
        f"code = main({arguments!r})\n"
        "print(sorted({'textual', 'sqlmodel', 'sqlalchemy'} & set(sys.modules)), file=sys.stderr)\n"
        "sys.exit(code)"
    )
    environment = {**os.environ, "CODEDESK_HOME": str(reference_file.parent)}

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)

    assert (done.returncode, done.stderr.strip()) == (0, "[]")


@pytest.fixture
def own_home(tmp_path: Path, reference_file: Path) -> Path:
    """A folder of codedesk with a reference database of its own."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(reference_file, home / "reference.sqlite")
    shutil.copytree(reference_file.with_suffix(".search"), home / "reference.search")
    return home


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Order files of two made-up years."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for year, rows in ((2020, small_files.ROWS_2020), (2021, small_files.ROWS_2021)):
        path = folder / f"icd10cm_order_{year}.txt"
        path.write_text(small_files.order_text(rows), encoding="ascii", newline="")
    return folder


def test_an_import_that_nobody_agreed_to_shows_what_was_recognized_and_loads_nothing(
    codedesk, own_home: Path, inbox: Path
) -> None:
    before = (own_home / "reference.sqlite").read_bytes()

    done = codedesk("codesets", "import", str(inbox), home=own_home)

    assert done.returncode == 0
    assert "icd10cm order file             FY2020       to load" in done.stdout
    assert done.stdout.endswith("nothing was loaded; --yes loads without asking\n")
    assert (own_home / "reference.sqlite").read_bytes() == before


def test_an_import_reports_and_the_difference_of_its_releases_can_be_shown(
    codedesk, own_home: Path, inbox: Path
) -> None:
    loaded = codedesk("codesets", "import", "--yes", "--json", str(inbox), home=own_home)
    changes = codedesk("codesets", "diff", "icd10cm", "2020", "2021", home=own_home)

    files = {row["edition"]: row for row in json.loads(loaded.stdout)["files"]}
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert (files["FY2021"]["added"], files["FY2021"]["changed"], files["FY2021"]["ended"]) == (2, 1, 2)
    assert changes.stdout.splitlines() == [
        "ICD-10-CM FY2020 to FY2021: 2 added, 2 deleted, 1 revised",
        "+ A00.90    Made-up fever, unspecified, unproven",
        "+ A00.91    Made-up fever, unspecified, proven",
        "- A00.9     Made-up fever, unspecified  (a header now)",
        "- Z80       Comfort of kind 0",
        "~ A00.0     Made-up fever, mild",
        "            Made-up fever, gentle",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not an official file\n", "not recognized: it begins with 'not an official file'"),
        ("00001 A00     0 Fever" + " " * 56 + "Fever\n" * 2, "not recognized"),
    ],
)
def test_a_file_that_is_none_is_exit_code_2_with_what_was_expected(
    codedesk, own_home: Path, tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "order_2020.txt"
    path.write_text(content, encoding="ascii")

    done = codedesk("codesets", "import", "--yes", str(path), home=own_home)

    assert done.returncode == 2
    assert said in done.stdout
    assert "Traceback" not in done.stderr


def test_a_readme_beside_the_files_is_no_fault_and_an_unknown_file_is(codedesk, own_home: Path, inbox: Path) -> None:
    (inbox / "README.md").write_text("# What is here\n")
    with_readme = codedesk("codesets", "import", "--yes", str(inbox), home=own_home)
    (inbox / "order_2022.txt").write_text("00001 A00\n")

    with_fault = codedesk("codesets", "import", "--yes", str(inbox), home=own_home)

    assert (with_readme.returncode, with_fault.returncode) == (0, 1)
    assert "1 left aside" in with_readme.stdout
    assert "rows, with no earlier edition here to compare them with" in with_readme.stdout
    assert "2 added, 1 changed, 2 ended since the edition before" in with_readme.stdout
    assert "1 not recognized" in with_fault.stdout


def test_an_edition_is_removed_only_after_a_yes(codedesk, own_home: Path, inbox: Path) -> None:
    codedesk("codesets", "import", "--yes", str(inbox), home=own_home)

    asked = codedesk("codesets", "remove", "icd10cm", "2020", home=own_home)
    agreed = codedesk("codesets", "remove", "icd10cm", "2020", "--yes", home=own_home)
    again = codedesk("codesets", "remove", "icd10cm", "2020", "--yes", home=own_home)

    assert asked.stdout.endswith("nothing was removed; --yes removes without asking\n")
    assert (agreed.returncode, again.returncode) == (0, 2)
    assert "imported and removable: FY2021" in again.stderr


def test_a_release_that_is_not_loaded_is_a_usage_error(codedesk) -> None:
    done = codedesk("codesets", "diff", "icd10cm", "2019", "2026")

    assert (done.returncode, done.stdout) == (2, "")
    assert "no ICD-10-CM release '2019' is loaded" in done.stderr


@pytest.mark.parametrize(
    ("named", "first", "below"),
    [
        ("e08-e13", "E08-E13  Diabetes mellitus", "E11       Type 2 diabetes mellitus"),
        ("4", "chapter 4  Endocrine", "E08-E13   Diabetes mellitus"),
        ("T36-T50", "T36-T50  Poisoning", "T39       Poisoning by"),
    ],
)
def test_a_block_or_chapter_has_its_notes_and_what_is_below_it(codedesk, named: str, first: str, below: str) -> None:
    done = codedesk("code", *ON, named)
    document = json.loads(codedesk("code", *ON, "--json", named).stdout)

    assert done.returncode == 0
    assert done.stdout.startswith(first)
    assert below in done.stdout
    assert document["below"]


def test_a_code_s_json_has_flags_index_history_and_note_targets(codedesk) -> None:
    page = json.loads(codedesk("code", *ON, "--json", "F02.80").stdout)

    assert page["flags"][0]["name"] == "manifestation"
    assert page["history"] == [
        {"first": "FY2026 Apr", "last": "FY2026 Apr", "stage": "billable", "title": page["title"]}
    ]
    assert [["F06.7", "F06.7"]] in [note["targets"] for note in page["notes"]["excludes1"]]
