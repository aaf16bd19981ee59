"""Files that broke off between two lines: every line is right, and what is missing shows only in the whole."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from codesets.errors import UnreadableInput
from codesets.sources.source import SourceFile, source_file
from tests.codesets.shared_data import shared_file
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import made_file, rows_of

SECTIONS = "0123456789BCDFGH"


def pcs_order(tables: Iterable[str]) -> SourceFile:
    """An order file of FY2099 with three codes in each of the tables."""
    codes = [code for table in tables for code in (table, *(f"{table}{n}0ZZ" for n in range(3)))]
    lines = (made.pcs_order_line(n, code, len(code) == 7, "Hum", "Humming") for n, code in enumerate(codes, start=1))
    return made_file("icd10pcs_order_2099.txt", "".join(lines))


def pcs_tables(tables: Iterable[str]) -> SourceFile:
    """Tables XML with these tables, well-formed and closed."""
    begin, rest = made.PCS_TABLES.split("  <pcsTable>", 1)
    one = "  <pcsTable>" + rest.partition("</ICD10PCS.tabular>")[0]
    written = []
    for table in tables:
        text = one
        for place, character in enumerate(table, start=1):
            head, _, tail = text.partition(f'<axis pos="{place}"')
            before, _, after = tail.partition('<label code="')
            text = f'{head}<axis pos="{place}"{before}<label code="{character}{after[1:]}'
        written.append(text)
    return made_file("t.xml", begin + "".join(written) + "</ICD10PCS.tabular>\n")


def hcpcs(beginnings: Iterable[str], modifiers: bool = True) -> SourceFile:
    """A HCPCS file with four codes to each letter or beginning of two more characters."""
    codes = [f"{begin}{n:0{5 - len(begin)}}" for begin in beginnings for n in range(4)]
    every = [*(["ZA"] if modifiers else []), *codes]
    records = (made.hcpcs_record(c, 100, "73"[len(c) > 2], "Kazoo", effective="20180101") for c in every)
    return made_file(made.HCPCS_NAME, "\n".join([*records, ""]))


def poa(categories: Iterable[str]) -> SourceFile:
    """A POA-exempt list with ten codes in each of the categories."""
    codes = [f"{category}.{n}" for category in categories for n in range(10)]
    lines = (f"{n:05}\t{code}\tHumming\n" for n, code in enumerate(codes, start=1))
    return made_file("POAexemptCodesFY99.txt", "Order99\tPOAexemptCode\tDescription\n" + "".join(lines))


def table_5(drgs: Iterable[int]) -> SourceFile:
    """Table 5 with these DRGs."""
    head = made.TABLE_5.decode("cp1252").partition("001\t")[0]
    lines = (f"{drg:03}\tNo\tNo\t01\tMED\tHUMMING\t1.5\t1.5\t2.4\t4.0\n" for drg in drgs)
    return made_file("Table 5.txt", (head + "".join(lines)).encode("cp1252"))


def mue(beginnings: Iterable[str]) -> SourceFile:
    """An MUE file with twenty codes to each beginning."""
    head = made.MUE.partition("ZZ001")[0]
    codes = [f"{begin}{n:0{5 - len(begin)}}" for begin in beginnings for n in range(20)]
    return made_file(made.MUE_NAME, head + "".join(f"{code},3,1 Line Edit,Nature of Equipment\n" for code in codes))


TABLES = ["001", *(f"{section}00" for section in SECTIONS[1:]), "XW0", "XY0"]
LETTERS = "ABCEGHJKLMPQRST"


@pytest.mark.parametrize(
    "whole",
    [
        pcs_order(TABLES),
        pcs_tables(TABLES),
        hcpcs([*LETTERS, "V53"]),
        poa(["B90", "S00", "T07", "V00", "W00", "X00", "Y62", "Z66", "Z99"]),
        table_5([*range(1, 60), 998, 999]),
        mue(["0", "A", "E", "L", "Q", "V5"]),
    ],
    ids=lambda file: file.name,
)
def test_a_whole_file_is_read(whole: SourceFile) -> None:
    assert rows_of(whole)


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (pcs_order(TABLES[:-1]), "none that begins with XX or XY; the file ends at XW020ZZ"),
        (pcs_order(TABLES[:13]), "none that begins with F; the file ends at D0020ZZ"),
        (pcs_tables(TABLES[:11]), "11 tables, but none that begins with C; the file ends at B00"),
        (hcpcs(LETTERS), "none that begins with V53; the file ends at T0003"),
        (hcpcs([*LETTERS, "V53"], modifiers=False), "no modifiers"),
        (poa(["B90", "S00", "T07", "V00", "W00", "X00", "Y62", "Z66"]), "begins with Z99; the file ends at Z66.9"),
        (table_5(range(1, 60)), "59 DRGs, but none that begins with 999; the file ends at 059"),
        (mue(["0", "A", "E", "L"]), "none that begins with Q; the file ends at L0019"),
    ],
)
def test_a_file_that_lacks_a_part_of_every_edition_is_refused_with_its_end(cut: SourceFile, said: str) -> None:
    with pytest.raises(UnreadableInput, match=said):
        rows_of(cut)


def test_an_order_file_that_ends_at_a_table_without_its_codes_is_refused() -> None:
    file = made_file("icd10pcs_order_2099.txt", made.PCS_ORDER + made.pcs_order_line(7, "002", False, "Hum", "Hum"))

    with pytest.raises(UnreadableInput, match="ends at table 002, without its codes"):
        rows_of(file)


@pytest.mark.parametrize(
    ("name", "element", "said"),
    [
        ("icd10pcs_tables_2025.xml", "pcsTable", "291 tables, but none that begins with 1; the file ends at 0FT"),
        ("icd10pcs_index_2025.xml", "letter", "main terms, but none that begins with U; the file ends at TY"),
        ("icd10pcs_definitions_2025.xml", "section", "definitions, but none that begins with X; the file ends at H: "),
    ],
)
def test_official_xml_that_was_cut_and_closed_again_is_refused(name: str, element: str, said: str) -> None:
    file = source_file(shared_file("data", "icd10pcs", name))
    end = f"</{element}>".encode()
    pieces = b"".join(_chunks(file)).split(end)
    kept = {"pcsTable": 291, "letter": 21, "section": len(pieces) - 2}[element]
    root = pieces[-1].strip().splitlines()[-1]
    cut = made_file(name, end.join(pieces[:kept]) + end + root)

    assert rows_of(file)
    with pytest.raises(UnreadableInput, match=said):
        rows_of(cut)


def test_the_last_part_of_the_pairs_is_refused_when_it_ends_before_the_codes_of_hcpcs() -> None:
    pairs = "".join(f"9{n:04}\tZZ002\t\t20200101\t*\t1\tMade up\n" for n in range(60))
    file = made_file("ccipra-v322r0-f4.txt", made.PTP_HEAD + pairs)

    with pytest.raises(UnreadableInput, match="60 codes, but none that begins with Q or R .*; the file ends at 90059"):
        rows_of(file)


OFFICIAL = [
    ("icd10pcs", "icd10pcs_order_2025.txt"),
    ("icd10pcs", "icd10pcs_order_2026.txt"),
    ("hcpcs", "HCPC2018_CONTR_ANWEB_disc.txt"),
    ("hcpcs", "HCPC2019_CONTR_ANWEB.txt"),
    ("poa", "POAexemptCodesFY25.txt"),
    ("poa", "POAexemptCodesFY26.txt"),
    ("msdrg", "drg_weights.txt"),
    ("ncci", "MCR_MUE_DMESupplierServices_Eff_07-01-2024.csv"),
    ("ncci", "MCR_MUE_OutpatientHospitalServices_Eff_07-01-2024.csv"),
    ("ncci", "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv"),
]


@pytest.mark.parametrize("parts", OFFICIAL, ids=lambda parts: parts[1])
def test_an_official_file_is_read_whole_and_refused_when_its_last_tenth_is_missing(parts: tuple[str, str]) -> None:
    file = source_file(shared_file("data", *parts))
    lines = b"".join(_chunks(file)).splitlines(keepends=True)
    cut = made_file(parts[1], b"".join(lines[: len(lines) * 9 // 10]))

    assert rows_of(file)
    with pytest.raises(UnreadableInput, match="the file ends at"):
        rows_of(cut)


def _chunks(file: SourceFile) -> Iterable[bytes]:
    with file.open() as opened:
        while chunk := opened.read(1 << 20):
            yield chunk
