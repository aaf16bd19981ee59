"""The official files beside the repository, where they are: the counts that must come out of them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator

import pytest

from codesets import sources
from codesets.loading import schema, tables
from codesets.search import lexicon
from codesets.search.words import words
from codesets.sources.source import Recognized, Rejected, source_file
from tests.codesets.loaded_reference import remarks
from tests.codesets.shared_data import shared_file


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:", isolation_level=None)
    opened.executescript(schema.TABLES + tables.TABLES)
    yield opened
    opened.close()


def read(*parts: str) -> tuple[Recognized, Counter[str], list[Rejected]]:
    """What a file is, how many rows of each class it has, and its rejected records."""
    file = source_file(shared_file("data", *parts))
    found = sources.recognize(file)
    assert found is not None
    rows = list(sources.source(found[0]).read(file, found[1]))
    return found[1], Counter(type(row).__name__ for row in rows), [row for row in rows if isinstance(row, Rejected)]


def test_the_pcs_tables_expand_to_exactly_the_codes_of_the_order_file(db: sqlite3.Connection) -> None:
    names = ("icd10pcs_order_2025.txt", "icd10pcs_tables_2025.xml")

    said = remarks(db, [source_file(shared_file("data", "icd10pcs", name)) for name in names])

    assert said == ["checked: the tables build exactly the 78,948 valid codes of the order file"]


def test_procedures_are_named_in_the_words_of_the_order_file() -> None:
    text = shared_file("data", "icd10pcs", "icd10pcs_order_2026.txt").read_text(encoding="utf-8")
    known = {word for line in text.splitlines() for word in words(line[77:])}

    unknown = {name: set(words(meaning)) - known for name, meaning in lexicon.procedure_names().values()}

    assert {name: left for name, left in unknown.items() if left} == {}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("parts", "counts"),
    [
        (("icd10pcs", "icd10pcs_order_2026.txt"), {"OrderRow": 79_115 + 914}),
        (("icd10pcs", "icd10pcs_tables_2025.xml"), {"Table": 908}),
        (("icd10pcs", "icd10pcs_index_2025.xml"), {"IndexTerm": 3_215 + 21_269}),
        (("icd10pcs", "order_addenda_2026.txt"), {"Change": 189, "Totals": 2}),
        (("hcpcs", "HCPC2019_CONTR_ANWEB.txt"), {"HcpcsCode": 6_440 + 360}),
        (("poa", "POAexemptCodesFY26.txt"), {"ExemptCode": 38_349}),
        (("msdrg", "drg_weights.txt"), {"DrgWeight": 772}),
        (("msdrg", "mcc_list.txt"), {"SeverityCode": 3_354}),
        (("ncci", "MCR_MUE_DMESupplierServices_Eff_07-01-2024.csv"), {"Mue": 2_928}),
    ],
)
def test_an_official_file_gives_its_known_number_of_rows(parts: tuple[str, ...], counts: dict[str, int]) -> None:
    _, found, rejected = read(*parts)

    assert dict(found) == counts
    assert not rejected


def test_the_cc_list_and_table_6k_name_the_same_number_of_codes() -> None:
    _, listed, _ = read("msdrg", "cc_list.txt")
    _, major, _ = read("msdrg", "mcc_list.txt")
    _, parts, rejected = read("msdrg", "cc_exclusions.txt")

    assert listed["SeverityCode"] + major["SeverityCode"] == parts["Severity"]
    assert (parts["AliveOnly"], rejected) == (8, [])
