"""Damage that official files meet on their way: every reader refuses it clearly, or rejects single records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets import sources
from codesets.errors import CodedeskError
from codesets.sources.source import Rejected, SourceFile
from tests.codesets.sources.made_files import MADE, made_file

NAMES = sorted(MADE)
# Texts that a cut can leave whole by chance: at the end of a line, or inside what is no record.
_XML = (".xml",)


@pytest.mark.parametrize("name", NAMES)
def test_every_made_file_is_read_without_a_rejected_record(name: str) -> None:
    file = made_file(name, MADE[name])

    assert not [row for row in _read(file) if isinstance(row, Rejected)]


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_file_that_breaks_off_is_refused_or_not_recognized(name: str, data: st.DataObject) -> None:
    whole = _content(name)
    cut = data.draw(st.integers(min_value=1, max_value=len(whole) - 3), label="cut")
    file = _of(name, whole[:cut])

    try:
        rows = _read(file)
    except CodedeskError as error:
        assert name in error.message
    else:
        # Only a cut at the end of a line can pass, and never in XML.
        assert rows is None or (whole[:cut].endswith((b"\r", b"\n")) and not name.endswith(_XML))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_damaged_byte_never_raises_anything_but_a_clear_refusal(name: str, data: st.DataObject) -> None:
    whole = bytearray(_content(name))
    place = data.draw(st.integers(min_value=0, max_value=len(whole) - 1), label="place")
    whole[place] = data.draw(st.integers(min_value=0, max_value=255), label="byte")

    try:
        _read(_of(name, bytes(whole)))
    except CodedeskError as error:
        assert error.message


@given(content=st.binary(max_size=400))
def test_bytes_of_any_kind_are_no_official_file(content: bytes) -> None:
    assert sources.recognize(_of("order_2026.txt", content)) is None


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(_XML)])
def test_an_entity_bomb_is_refused(name: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    content = str(MADE[name]).replace("?>\n", f"?>\n{bomb}\n", 1).replace("Humming", "&b;")

    with pytest.raises(CodedeskError, match=name):
        list(_all_sources(made_file(name, content)))


def _all_sources(file: SourceFile) -> list[object]:
    """Rows of the file by the module of its name, however the file is recognized."""
    whole = sources.recognize(made_file(file.name, MADE[file.name]))
    assert whole is not None
    return list(sources.source(whole[0]).read(file, whole[1]))


def _read(file: SourceFile) -> list[object] | None:
    found = sources.recognize(file)
    return None if found is None else list(sources.source(found[0]).read(file, found[1]))


def _content(name: str) -> bytes:
    content = made_file(name, MADE[name]).content
    assert isinstance(content, bytes)
    return content


def _of(name: str, content: bytes) -> SourceFile:
    return SourceFile(name, content, len(content), "")
