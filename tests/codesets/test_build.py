"""Building the reference database: complete, atomic, once."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from codesets import build
from codesets.errors import ReferenceUnavailable
from codesets.reference import SEARCH_FORMAT, Reference, open_reference, search_folder
from codesets.releases import CodeSystem
from codesets.sources import icd10cm_shipped
from tests.codesets.shared_data import shared_file


def folded(text: str) -> str:
    """The text without diacritics, as the order file writes it."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def test_codes_titles_and_flags_equal_the_official_order_file(reference: Reference) -> None:
    order = shared_file("data", "icd10cm", "icd10cm_order_2026.txt").read_text(encoding="ascii").splitlines()
    official = [(line[6:13].strip(), line[14] == "1", line[77:].strip()) for line in order]

    rows = reference.db.execute(
        "SELECT code, billable, title FROM codes WHERE release_id ="
        " (SELECT id FROM releases WHERE system = 'icd10cm') ORDER BY position"
    )

    assert [(code, bool(billable), folded(title)) for code, billable, title in rows] == official


def test_the_release_has_all_billable_codes_and_headers(reference: Reference) -> None:
    (release,) = reference.releases(CodeSystem.ICD10CM)

    assert reference.count(release) == (74_719, 23_467)


def test_every_header_has_a_child_and_a_billable_default(reference: Reference) -> None:
    childless = reference.db.execute(
        "SELECT count(*) FROM codes h WHERE NOT billable AND NOT EXISTS"
        " (SELECT 1 FROM codes c WHERE c.release_id = h.release_id AND c.parent = h.code)"
    ).fetchone()[0]
    without_default = reference.db.execute(
        "SELECT count(*) FROM codes h JOIN codes d ON d.release_id = h.release_id AND d.code = h.default_code"
        " WHERE NOT h.billable AND NOT d.billable"
    ).fetchone()[0]

    assert (childless, without_default) == (0, 0)


def test_starter_procedure_codes_exist_in_the_official_order_file(reference: Reference) -> None:
    order = shared_file("data", "icd10pcs", "icd10pcs_order_2026.txt").read_text(encoding="ascii")
    valid = {line[6:13] for line in order.splitlines() if line[14] == "1"}

    starter = {
        row[0]
        for row in reference.db.execute(
            "SELECT code FROM codes JOIN releases r ON r.id = release_id WHERE system = 'icd10pcs'"
        )
    }

    assert starter <= valid


def test_no_starter_list_holds_a_cpt_or_a_dental_code(reference: Reference) -> None:
    codes = [
        row[0]
        for row in reference.db.execute(
            "SELECT code FROM codes JOIN releases r ON r.id = release_id WHERE system = 'hcpcs'"
        )
    ]

    assert codes
    assert not [code for code in codes if code[0].isdigit() or code[0] == "D"]


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00" + b"\x00" * 100])
def test_a_damaged_file_is_one_clear_error_and_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "reference.sqlite"
    path.write_bytes(content)

    with pytest.raises(ReferenceUnavailable, match=r"reference\.sqlite"):
        open_reference(path)

    assert path.read_bytes() == content


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reference.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE recipes (name)")

    with pytest.raises(ReferenceUnavailable, match="not a code-set database"):
        open_reference(path)


def test_missing_data_files_are_one_clear_error_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icd10cm_shipped, "DISTRIBUTION", "no_such_distribution")

    with pytest.raises(ReferenceUnavailable, match="simple-icd-10-cm"):
        open_reference(tmp_path / "reference.sqlite")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("a_small_shipment")
def test_a_build_that_fails_late_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "_flush", disk_full)

    with pytest.raises(ReferenceUnavailable, match="No space left"):
        open_reference(tmp_path / "reference.sqlite")

    assert list(tmp_path.rglob("*.sqlite*")) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("a_small_shipment")
def test_an_older_format_is_built_anew(tmp_path: Path) -> None:
    path = tmp_path / "reference.sqlite"
    with open_reference(path) as reference:
        before = reference.build_id
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 0")

    with open_reference(path) as reference:
        assert reference.build_id != before
        assert search_folder(path, reference.build_id).is_dir()


@pytest.mark.usefixtures("a_small_shipment")
def test_a_lost_search_index_is_built_again(tmp_path: Path) -> None:
    path = tmp_path / "reference.sqlite"
    with open_reference(path) as reference:
        shutil.rmtree(search_folder(path, reference.build_id))

    with open_reference(path) as reference:
        assert search_folder(path, reference.build_id).is_dir()


@pytest.mark.thorough
def test_two_processes_that_start_at_once_build_one_database(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from codesets.reference import open_reference\n"
        "print(open_reference(Path(sys.argv[1])).build_id)"
    )
    place = tmp_path / "reference.sqlite"

    started = [
        subprocess.Popen([sys.executable, "-c", program, str(place)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    build_ids = {process.communicate(timeout=120)[0].strip() for process in started}

    assert len(build_ids) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reference.search", "reference.sqlite"]
    assert [path.name for path in (tmp_path / "reference.search").iterdir()] == [f"{build_ids.pop()}.{SEARCH_FORMAT}"]


def test_importing_the_code_sets_loads_neither_the_orm_nor_the_screens_nor_the_data_package() -> None:
    program = (
        "import sys, codesets.catalog, codesets.build, codesets.search\n"
        "print(sorted({'textual', 'sqlmodel', 'sqlalchemy', 'simple_icd_10_cm'} & set(sys.modules)))"
    )

    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert output.stdout.strip() == "[]"
