"""Tables shipped as data: what is read of them, and which are refused, with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesets.errors import UnreadableInput
from codesets.shipped_tables import read_table

COLUMNS = ("code", "words")


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "made.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_come_without_header_remarks_and_blanks_around_cells(tmp_path: Path) -> None:
    path = table(tmp_path, '# a remark\ncode,words\n\nA00, fever \nB01,"chill, mild"\n')

    assert read_table(path, COLUMNS) == [("A00", "fever"), ("B01", "chill, mild")]


def test_only_a_column_that_may_be_empty_is(tmp_path: Path) -> None:
    path = table(tmp_path, "code,words\nA00,\n")

    assert read_table(path, COLUMNS, may_be_empty=["words"]) == [("A00", "")]
    with pytest.raises(UnreadableInput, match="made.csv line 2"):
        read_table(path, COLUMNS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("words,code\nfever,A00\n", "wrong header"),
        ("", "wrong header"),
        ("code,words\nA00,fever,more\n", "line 2"),
        ('code,words\n# remark\nA00,"fever\nand chill"\n', "over two lines"),
    ],
)
def test_a_table_of_another_shape_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UnreadableInput, match=told):
        read_table(table(tmp_path, text), COLUMNS)
