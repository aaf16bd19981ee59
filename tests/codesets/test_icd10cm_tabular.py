"""Reading the tabular XML, on a small list written for the purpose."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.errors import UnreadableInput
from codesets.notes import NoteKind
from codesets.releases import CodeSystem
from codesets.sources import icd10cm_shipped, icd10cm_tabular
from codesets.sources.icd10cm_tabular import Chapter, Section, TabularCode
from codesets.sources.source import FileKind, Recognized, SourceFile

TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular>
  <version>2099</version>
  <chapter>
    <name>3</name>
    <desc>Made-up diseases (Q10-Q12)</desc>
    <excludes2><note>dreams (R99)</note></excludes2>
    <section id="Q10"><desc>Humming (Q10)</desc>
      <diag><name>Q10</name><desc>Humming</desc>
        <sevenChrDef>
          <extension char="A">initial encounter</extension>
          <note>first visit</note>
          <extension char="D">subsequent encounter</extension>
        </sevenChrDef>
        <diag><name>Q10.1</name><desc>Humming of ear</desc>
          <inclusionTerm><note>Buzzing</note><note/></inclusionTerm>
          <inclusionTerm><note>Ringing</note></inclusionTerm>
        </diag>
        <diag><name>Q10.2</name><desc>Humming of nose</desc></diag>
      </diag>
    </section>
    <section id="Q11-Q12"><desc>Whistling (Q11-Q12)</desc>
      <diag><name>Q11</name><desc>Whistling</desc></diag>
    </section>
  </chapter>
</ICD10CM.tabular>
"""


Part = Chapter | Section | TabularCode


def parts_of(content: str) -> list[Part]:
    """The parts of a list with this content, in a file with a name that says nothing."""
    file = SourceFile("any-name.xml", content.encode(), len(content), "")
    recognized = Recognized(FileKind.CM_TABULAR, CodeSystem.ICD10CM, "FY2099", None, None)
    return list(icd10cm_tabular.read(file, recognized))


@pytest.fixture(scope="module")
def codes() -> list[TabularCode]:
    return [part for part in parts_of(TABULAR) if isinstance(part, TabularCode)]


def test_chapters_sections_and_codes_are_read_in_order() -> None:
    parts = parts_of(TABULAR)

    assert [part.title for part in parts if isinstance(part, Chapter)] == ["Made-up diseases"]
    assert [(part.id, part.title) for part in parts if isinstance(part, Section)] == [
        ("Q10", "Humming"),
        ("Q11-Q12", "Whistling"),
    ]
    assert [(part.code, part.parent) for part in parts if isinstance(part, TabularCode)] == [
        ("Q10", None),
        ("Q101", "Q10"),
        ("Q102", "Q10"),
        ("Q11", None),
    ]


def test_blocks_of_one_kind_are_joined_and_empty_notes_skipped(codes: list[TabularCode]) -> None:
    notes = codes[1].notes

    assert notes == ((NoteKind.INCLUSION_TERM, "Buzzing"), (NoteKind.INCLUSION_TERM, "Ringing"))


def test_a_note_in_the_7th_character_table_belongs_to_the_character_above_it(
    codes: list[TabularCode],
) -> None:
    first, second = codes[0].seventh_characters

    assert (first.character, first.meaning, first.also) == ("A", "initial encounter", ("first visit",))
    assert (second.character, second.also) == ("D", ())


def test_titles_of_7th_character_codes_are_composed_from_the_printed_code(
    codes: list[TabularCode],
) -> None:
    rows = icd10cm_shipped.code_rows(
        {code.code: code for code in codes}, ["Q10", "Q101", "Q101XXA", "Q101XXD", "Q102", "Q11"]
    )

    assert [(row.code, row.title, row.billable, row.parent) for row in rows] == [
        ("Q10", "Humming", False, None),
        ("Q101", "Humming of ear", False, "Q10"),
        ("Q101XXA", "Humming of ear, initial encounter", True, "Q101"),
        ("Q101XXD", "Humming of ear, subsequent encounter", True, "Q101"),
        ("Q102", "Humming of nose", True, "Q10"),
        ("Q11", "Whistling", True, None),
    ]


def test_a_code_without_an_entry_in_the_tabular_list_is_refused(codes: list[TabularCode]) -> None:
    with pytest.raises(UnreadableInput, match="R99"):
        icd10cm_shipped.code_rows({code.code: code for code in codes}, ["R99"])


def test_the_code_list_leaves_out_chapters_and_sections(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("3\nQ10\nQ10\nQ101\nQ11-Q12\nQ11\n", encoding="ascii")

    assert icd10cm_shipped.read_code_list(path) == ["Q10", "Q101", "Q11"]


def recognized(content: bytes) -> Recognized | None:
    return icd10cm_tabular.recognize(SourceFile("file", content, len(content), ""))


def test_a_tabular_list_is_recognized_by_its_root_element() -> None:
    assert recognized(b'<?xml version="1.0"?>\n<ICD10CM.tabular>')
    assert not recognized(b'<?xml version="1.0"?>\n<ICD10CM.index>')
    assert not recognized(b"00001 A00     0 Cholera")


@given(st.binary(max_size=300))
def test_any_bytes_are_recognized_or_not_without_an_error(head: bytes) -> None:
    assert recognized(head) is None or head


BOMB = '<!DOCTYPE a [<!ENTITY b "b">]><ICD10CM.tabular><version>&b;</version></ICD10CM.tabular>'


@pytest.mark.parametrize("content", ["", "plain text", "<ICD10CM.index/>", "<ICD10CM.tabular>", BOMB])
def test_any_other_file_is_one_clear_error(content: str) -> None:
    with pytest.raises(UnreadableInput, match=r"any-name\.xml"):
        parts_of(content)


def test_the_table_of_visual_impairment_stands_once_at_the_code_that_refers_to_it() -> None:
    table = """<visualImpairment>
      <visCategory><heading>Grade of humming</heading><visRange><heading>Pitch</heading>
        <visMax><heading>Maximum less than:</heading></visMax><visMin><heading>Minimum equal to:</heading></visMin>
      </visRange></visCategory>
      <visCategory><value>1</value>
        <visRange><visMax><value>6/18</value></visMax><visMin><value>6/60</value></visMin></visRange>
        <visRange><visMax><value>20/70</value></visMax><visMin><value>20/200</value></visMin></visRange></visCategory>
      <visCategory><value>9</value><visRange><visMax><value>Unheard</value></visMax></visRange></visCategory>
    </visualImpairment>"""
    named = TABULAR.replace("<desc>Humming</desc>", "<desc>Humming</desc><notes><note>see table below</note></notes>")
    own = f"<desc>Humming of nose</desc><notes><note>The table below is old.</note></notes>{table}"

    parts = parts_of(named.replace("<desc>Humming of nose</desc>", own))

    notes = {part.code: [text for _, text in part.notes] for part in parts if isinstance(part, TabularCode)}
    assert notes["Q10"] == [
        "see table below",
        "Grade of humming: pitch",
        "grade of humming 1: maximum less than 6/18 or 20/70; minimum equal to 6/60 or 20/200",
        "grade of humming 9: Unheard",
    ]
    assert notes["Q102"] == ["The table below is old."]
