"""The ICD-10-CM files: recognized by content, read row by row, refused where they are not whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import icd10cm_codes, recognize, source
from codesets.sources.icd10cm_addenda import Action, Change, Total
from codesets.sources.icd10cm_index import IndexTarget, IndexTerm, TargetKind
from codesets.sources.icd10cm_order import CodeRow
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile
from tests.codesets import small_files
from tests.codesets.shared_data import shared_file
from tests.codesets.small_files import named

ORDER = small_files.order_text(small_files.ROWS_2020)
CODES = "".join(f"{code:<7} {title}\n" for code, flag, _, title in small_files.ROWS_2020 if flag)
WHOLE = {
    FileKind.CM_ORDER: ORDER,
    FileKind.CM_CODES: CODES,
    FileKind.CM_ADDENDA: small_files.addenda_text(),
    FileKind.CM_TABULAR: small_files.TABULAR,
    FileKind.CM_INDEX: small_files.INDEX,
    FileKind.CM_EXTERNAL_CAUSES: small_files.INDEX.replace("DISEASES", "EXTERNAL CAUSE"),
    FileKind.CM_DRUGS: small_files.DRUGS,
}


def rows_of(file: SourceFile) -> Iterator[object]:
    found = recognize(file)
    assert found is not None, f"{file.name} was not recognized"
    name, recognized = found
    return source(name).read(file, recognized)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_is_recognized_by_its_content_whatever_its_name(kind: FileKind) -> None:
    found = recognize(named("download(3).dat", WHOLE[kind]))

    assert found is not None
    assert found[1].kind is kind


def test_the_drug_table_is_recognized_as_csv_too() -> None:
    found = recognize(named("x.csv", small_files.DRUGS_CSV.encode("cp1252")))

    assert found is not None
    assert found[1].kind is FileKind.CM_DRUGS


@pytest.mark.parametrize(
    ("name", "edition", "starts"),
    [
        ("icd10cm_order_2026.txt", "FY2026", "2025-10-01"),
        ("icd10cm-order-April-2025.txt", "FY2025 Apr", "2025-04-01"),
        ("icd10cm-order-April-1-2025.txt", "FY2025 Apr", "2025-04-01"),
        ("order.txt", "", "None"),
    ],
)
def test_the_edition_comes_from_the_name_where_the_content_has_none(name: str, edition: str, starts: str) -> None:
    found = recognize(named(name, ORDER))

    assert found is not None
    assert (found[1].edition, str(found[1].starts)) == (edition, starts)
    assert bool(found[1].asks) is not bool(edition)


def test_an_order_row_has_both_titles_the_flag_and_the_header_above() -> None:
    rows = [row for row in rows_of(named("o.txt", ORDER)) if isinstance(row, CodeRow)]

    assert rows[2] == CodeRow("A009", "Made-up fever, unspecified", True, "A00", "Made-up fever, unsp")
    assert rows[7].parent == "S011"
    assert len(rows) == len(small_files.ROWS_2020)


def test_a_bad_record_is_rejected_with_its_line_and_the_others_are_read() -> None:
    lines = ORDER.splitlines(keepends=True)
    lines.insert(3, "00004 A01     x Shown wrongly\r\n")
    lines.insert(5, lines[4])

    rejected = [row for row in rows_of(named("o.txt", "".join(lines))) if isinstance(row, Rejected)]

    assert [(one.line, one.reason) for one in rejected] == [
        (4, "expected an order number, a code and the flag 0 or 1"),
        (6, "code M1A stands twice"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_both_encodings_of_official_files_are_read(encoding: str) -> None:
    text = ORDER.replace("Humming of ear\r", "Humming of \u00e9ar\u00a0\r")

    rows = [row for row in rows_of(named("o.txt", text.encode(encoding))) if isinstance(row, CodeRow)]

    assert rows[4].title == "Humming of \u00e9ar"


def test_addenda_have_changes_and_closing_totals() -> None:
    rows = list(rows_of(named("a.txt", small_files.addenda_text())))

    changes = [row for row in rows if isinstance(row, Change)]
    totals = [row for row in rows if isinstance(row, Total)]
    assert (changes[0].action, changes[0].code, changes[0].title) == (
        Action.REVISE_FROM,
        "A000",
        "Made-up fever, mild",
    )
    assert [(total.billable, total.what, total.count) for total in totals] == [
        (False, "additions", 1),
        (False, "deletions", 0),
        (False, "revisions", 0),
        (True, "additions", 2),
        (True, "deletions", 2),
        (True, "revisions", 1),
    ]


def test_an_index_term_has_its_modifiers_and_every_target() -> None:
    terms = [row for row in rows_of(named("i.xml", small_files.INDEX)) if isinstance(row, IndexTerm)]

    assert terms[0].title == "Fever, feverish (hot) NEC"
    assert terms[0].modifiers == "(hot)"
    assert terms[1].targets == (
        IndexTarget(TargetKind.CODE, "A00.0"),
        IndexTarget(TargetKind.MANIFESTATION, "M1A.0"),
    )
    assert [(term.id, term.parent, term.level) for term in terms[:4]] == [(0, None, 0), (1, 0, 1), (2, 1, 2), (3, 0, 1)]
    assert terms[-1].targets[0].code == "S011"


def test_a_table_row_has_a_target_for_every_filled_cell() -> None:
    terms = [row for row in rows_of(named("d.xml", small_files.DRUGS)) if isinstance(row, IndexTerm)]

    assert [(target.column, target.text) for target in terms[0].targets] == [(2, "S01.1XXA"), (6, "A00.0")]


def test_the_csv_of_the_drug_table_nests_by_dashes() -> None:
    file = named("d.csv", small_files.DRUGS_CSV.encode("cp1252"))

    terms = [row for row in rows_of(file) if isinstance(row, IndexTerm)]

    assert [(term.title, term.level, term.parent) for term in terms] == [
        ("Fizzwater", 0, None),
        ("sweet", 1, 0),
        ("Zing", 0, None),
    ]


def test_swapped_columns_of_a_table_are_refused_with_what_was_expected() -> None:
    swapped = small_files.DRUGS.replace("Adverse effect", "X").replace("Underdosing", "Adverse effect")

    with pytest.raises(UnreadableInput, match="column 6 is 'x'") as refusal:
        list(rows_of(named("d.xml", swapped)))

    assert "adverse" in refusal.value.remedy


def test_swapped_columns_of_an_order_file_make_it_no_order_file() -> None:
    swapped = "".join(
        f"{code:<7} {n:05} {flag} {title:<60} {short}\n"
        for n, (code, flag, short, title) in enumerate(small_files.ROWS_2020)
    )

    found = recognize(named("icd10cm_order_2020.txt", swapped))

    assert found is None or found[1].kind is not FileKind.CM_ORDER


def test_an_order_file_with_swapped_columns_is_not_read_as_a_codes_file() -> None:
    swapped = "".join(
        f"{code:<7} {n:05} {flag} {title:<60} {short}\n"
        for n, (code, flag, short, title) in enumerate(small_files.ROWS_2020)
    )

    with pytest.raises(UnreadableInput, match="line 1 has the order number behind the code"):
        list(
            icd10cm_codes.read(
                named("icd10cm_codes_2020.txt", swapped),
                Recognized(FileKind.CM_CODES, CodeSystem.ICD10CM, "FY2020", None, None),
            )
        )


def test_a_file_in_utf_16_is_not_recognized() -> None:
    assert recognize(named("icd10cm_order_2020.txt", ORDER.encode("utf-16"))) is None


@pytest.mark.parametrize("kind", [kind for kind in WHOLE if kind is not FileKind.CM_ADDENDA])
def test_a_file_cut_off_anywhere_is_refused(kind: FileKind) -> None:
    content = WHOLE[kind].encode()
    last_line = content.rstrip().rfind(b"\n")

    for length in range(40, last_line - 1, 97):
        file = named("cut_2020", content[:length])
        found = recognize(file)
        if found is None:
            continue
        with pytest.raises(UnreadableInput):
            list(source(found[0]).read(file, found[1]))


ENTITY_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY c "&a;&a;&a;">]><{root}><version>&c;</version></{root}>'
)
DEEP = "<{root}><letter>" + "<mainTerm>" * 5_000 + "</mainTerm>" * 5_000 + "</letter></{root}>"


@pytest.mark.parametrize("text", [ENTITY_BOMB, DEEP])
@pytest.mark.parametrize("root", ["ICD10CM.tabular", "ICD10CM.index"])
def test_an_entity_bomb_and_runaway_nesting_are_refused(text: str, root: str) -> None:
    with pytest.raises(UnreadableInput, match="bomb"):
        list(rows_of(named("bomb.xml", text.replace("{root}", root))))


def test_an_encoding_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="unknown encoding"):
        list(rows_of(named("i.xml", small_files.INDEX.replace("utf-8", "utg-8"))))


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read_without_another_error(data: bytes) -> None:
    file = named("any_2020", data)

    try:
        found = recognize(file)
        if found is not None:
            list(source(found[0]).read(file, found[1]))
    except UnreadableInput as refusal:
        assert refusal.message


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_damaged_file_is_refused_or_read_without_another_error(kind: FileKind, data: st.DataObject) -> None:
    content = bytearray(WHOLE[kind].encode())
    for _ in range(5):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file = named("damaged_2020", bytes(content))

    try:
        found = recognize(file)
        if found is not None:
            list(source(found[0]).read(file, found[1]))
    except UnreadableInput as refusal:
        assert refusal.message


@pytest.mark.parametrize("share", [0.001, 0.2, 0.7, 0.999])
def test_the_official_order_file_cut_off_is_refused(share: float) -> None:
    content = shared_file("data", "icd10cm", "icd10cm_order_2026.txt").read_bytes()
    file = named("icd10cm_order_2026.txt", content[: int(len(content) * share) // 1000 * 1000])

    with pytest.raises(UnreadableInput):
        list(rows_of(file))
