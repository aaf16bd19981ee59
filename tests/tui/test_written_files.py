"""Commands that write a file write it whole, into a folder that exists, or say what they expected and make nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.database import Database
from store.output import DestinationUnusable, make_folder, replaced_file, write_text
from tui.cli import main

WRITING = (
    ("report", "dnfb", "--html"),
    ("report", "dnfb", "--parquet"),
    ("export", "encounter", "-o"),
    ("encounters", "export", "--all", "--de-identified", "-o"),
)


@pytest.mark.parametrize("words", WRITING, ids=lambda words: " ".join((words[0], words[-1])))
def test_a_folder_that_is_missing_is_named_and_not_made(
    demo: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    missing = tmp_path / "missing"

    code = main([*words, str(missing / "file")])

    assert code == 2 and not missing.exists()
    assert f"there is no folder {missing} (name a folder that exists; nothing was written)" in capsys.readouterr().err


def test_a_layout_makes_its_folder_in_one_that_exists_alone(
    demo: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["export", "claims", "-o", str(tmp_path / "missing" / "claims")])

    assert code == 2 and not (tmp_path / "missing").exists()
    assert "there is no folder" in capsys.readouterr().err
    assert make_folder(tmp_path / "claims").is_dir()


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DestinationUnusable, match="is no file"):
        write_text(tmp_path, "a page")


def test_a_device_is_never_replaced_by_a_file() -> None:
    with pytest.raises(DestinationUnusable, match="is no file"):
        write_text(Path("/dev/null"), "a page")


def test_a_file_that_breaks_off_leaves_the_older_one(tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    write_text(place, "older")

    with pytest.raises(ValueError), replaced_file(place) as part:
        part.write_text("half")
        raise ValueError

    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("page.html", "older")]


def test_a_written_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_text(tmp_path / "page.html", "a page")

    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600
