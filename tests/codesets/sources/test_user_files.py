"""Reading the lists that users bring under their own licenses, on made-up codes and texts."""

from __future__ import annotations

import datetime as dt

import pytest

from codesets import sources
from codesets.errors import UnreadableInput
from codesets.sources.cpt import TextKind
from codesets.sources.mcd_articles import Article, ArticleCode
from codesets.sources.source import FileKind
from tests.codesets.sources.made_files import known, made_file, rejected_of, rows_of

NOTICE = "Made-up notice in the place of that of the American Medical Association, CPT 2099\n\n"
CONSOLIDATED = (
    NOTICE
    + "Concept Id\tCPT Code\tLong\tMedium\tShort\tConsumer\tSpanish Consumer\tCurrent Descriptor Effective Date\n"
    "1\tZZ001\tHumming with a kazoo, loudly\tHUMMING KAZOO LOUD\tHUM KAZOO\t\t\t20990101\n"
    "2\tZZ002\tWhistling\tWHISTLING\tWHISTLE\t\t\t20990101\n"
)
NUCC = (
    "Code,Grouping,Classification,Specialization,Definition,Notes,Display Name,Section\n"
    '999Z00000X,Made-up group,Kazooist,,"Hums.<br/>Or drones",,Kazooist,Individual\n'
)
UB = (
    "List,Code,Description,Effective Date\nRevenue,450,A made-up department,\nTOB,131,A made-up bill,\n"
    "Condition,ZZ,Odd,1/1/2020\n"
)
RARC = "Code,Description,Start Date,Stop Date\nM998,A made-up remark,1/1/2001,\nMA997,Another,1/1/2001,12/31/2020\n"


def test_the_consolidated_list_gives_all_texts_of_a_code() -> None:
    file = made_file("codes.txt", CONSOLIDATED)

    rows = rows_of(file)

    assert (known(file).kind, known(file).edition) == (FileKind.CPT, "2099")
    assert [(row.kind, row.text) for row in rows if row.code == "ZZ001"] == [
        (TextKind.SHORT, "HUM KAZOO"),
        (TextKind.MEDIUM, "HUMMING KAZOO LOUD"),
        (TextKind.LONG, "Humming with a kazoo, loudly"),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("HUM KAZOO", TextKind.SHORT),
        ("HUMMING WITH A KAZOO OR WITH A COMB", TextKind.MEDIUM),
        ("Humming with a kazoo or with a comb and paper, loudly", TextKind.LONG),
    ],
)
@pytest.mark.parametrize("separator", ["\t", " "])
def test_delimited_and_fixed_files_are_told_by_their_lines_and_their_longest_text(
    text: str, kind: TextKind, separator: str
) -> None:
    rows = rows_of(made_file("texts.txt", f"{NOTICE}ZZ001{separator}{text}\nZZ002{separator}Whistle\n"))

    assert [(row.code, row.kind) for row in rows] == [("ZZ001", kind), ("ZZ002", kind)]


def test_numbered_lines_of_a_fixed_file_are_one_text() -> None:
    rows = rows_of(made_file("long.txt", f"{NOTICE}ZZ00101 Humming with\nZZ00102 a kazoo\nZZ00201 Whistling\n"))

    assert [(row.code, row.text) for row in rows] == [("ZZ001", "Humming with a kazoo"), ("ZZ002", "Whistling")]


def test_lines_of_code_and_text_without_the_notice_are_not_taken_for_cpt() -> None:
    assert sources.recognize(made_file("codes.txt", "ZZ001 Humming\nZZ002 Whistling\n")) is None


def test_a_taxonomy_version_says_from_when_to_when_it_holds() -> None:
    found = known(made_file("nucc_taxonomy_251.csv", NUCC))

    assert (found.edition, found.starts, found.ends) == ("25.1", dt.date(2025, 10, 1), dt.date(2026, 3, 31))


def test_breaks_in_a_definition_become_lines() -> None:
    (row,) = rows_of(made_file("nucc_taxonomy_251.csv", NUCC))

    assert row.definition == "Hums.\nOr drones"


def test_ub_codes_get_back_the_zeros_a_spreadsheet_dropped() -> None:
    rows = rows_of(made_file("nubc_2026.csv", UB))

    assert [(row.list_name, row.code) for row in rows] == [
        ("revenue", "0450"),
        ("type of bill", "0131"),
        ("condition", "ZZ"),
    ]


def test_a_code_of_the_wrong_shape_for_its_list_is_rejected() -> None:
    (rejected,) = rejected_of(made_file("nubc_2026.csv", UB + "Revenue,45A,Odd,\n"))

    assert rejected.reason == "45A is no revenue code"


def test_remark_codes_are_known_by_their_shape() -> None:
    file = made_file("list_2026_jul.csv", RARC)

    assert (known(file).part, known(file).edition) == ("rarc", "2026 Q3")
    assert rows_of(file)[1].ends == dt.date(2020, 12, 31)


def test_adjustment_codes_need_a_word_that_says_so() -> None:
    numbers = "Code,Description\n998,Made up\n997,Made up too\n"

    assert sources.recognize(made_file("list_2026_jul.csv", numbers)) is None
    assert known(made_file("carc_2026_jul.csv", numbers)).part == "carc"
    assert known(made_file("claim_status_codes_2026_jul.csv", numbers)).part == "claim status"


def test_the_tables_of_an_article_export_are_told_by_their_columns() -> None:
    articles = "article_id,article_version,title,article_eff_date\n99901,3,Made-up billing,2026-01-01 00:00:00\n"
    covered = "article_id,article_version,icd10_code_id,icd10_covered_group\n99901,3,X01.1,1\n"

    assert rows_of(made_file("a_2026_Q3.csv", articles)) == [
        Article(2, "99901", "3", "Made-up billing", dt.date(2026, 1, 1), None)
    ]
    (code,) = rows_of(made_file("b_2026_Q3.csv", covered))
    assert isinstance(code, ArticleCode) and (code.code, code.group) == ("X011", "1")


def test_an_hcc_format_file_is_for_the_services_of_the_year_before() -> None:
    file = made_file("F2826T1N.TXT", "X011\t21\nX012\t22\tD\nX02\t23\n")

    assert (known(file).edition, known(file).part, known(file).starts) == ("PY2026", "V28", dt.date(2025, 1, 1))
    assert [(row.code, row.category, row.flag) for row in rows_of(file)] == [
        ("X011", "21", ""),
        ("X012", "22", "D"),
        ("X02", "23", ""),
    ]


def test_a_mapping_table_keeps_the_models_apart() -> None:
    content = "diagnosis_code,cc,model_name\nX011,21,CMS-HCC Model V28\nX011,9,RxHCC Model V08\n"

    rows = rows_of(made_file("ra_dx_to_cc_2026.csv", content))

    assert [(row.model, row.category) for row in rows] == [("V28", "21"), ("RxHCC Model V08", "9")]


def test_places_of_service_pass_over_unassigned_ranges() -> None:
    heads = "Place of Service Code(s),Place of Service Name,Place of Service Description\n"

    rows = rows_of(made_file("pos_2026.csv", f"{heads}1,Kiosk,Made up\n28-30,Unassigned,\n"))

    assert [row.code for row in rows] == ["01"]


def test_a_renamed_hcc_file_is_refused_because_its_model_is_not_known() -> None:
    file = made_file("mapping.txt", "X011\t21\nX012\t22\nX02\t23\n")

    with pytest.raises(UnreadableInput, match="model"):
        rows_of(file)


@pytest.mark.parametrize(
    ("heads", "row", "found"),
    [
        ("Revenue Code,Description", "450,A made-up department", ("revenue", "0450")),
        ("Occurrence Code,Description", "1,Odd", ("occurrence", "01")),
        ("Type of Bill,Description", "131,A made-up bill", ("type of bill", "0131")),
        ("FL,Code,Title", "42,450,A made-up department", ("revenue", "0450")),
        ("Form Locator,Code,Description", "18-28,C1,Odd", ("condition", "C1")),
    ],
)
def test_a_list_of_its_own_is_known_by_its_code_column_or_form_locator(
    heads: str, row: str, found: tuple[str, str]
) -> None:
    file = made_file("nubc_2026.csv", f"{heads}\n{row}\n")

    (entry,) = rows_of(file)

    assert (entry.list_name, entry.code) == found
    assert known(file).part == found[0]


def test_a_plain_column_of_values_is_no_list_of_the_ub_04() -> None:
    assert sources.recognize(made_file("values_2026.csv", "Value,Description\n1,Odd\n")) is None


def test_a_fixed_file_without_its_notice_is_known_by_its_lines_and_the_name_of_the_ama() -> None:
    lines = "".join(f"{number:04}Z Humming of kind {number}, with a kazoo and a comb, loudly\n" for number in range(30))

    named = known(made_file("CPT2026_LONGULT.txt", lines))

    assert (named.kind, named.edition, named.part) == (FileKind.CPT, "2026", "long")
    assert len(rows_of(made_file("LONGULT_2026.txt", lines))) == 30
    assert sources.recognize(made_file("places_2026.txt", lines)) is None
