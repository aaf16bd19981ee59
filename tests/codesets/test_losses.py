"""Files that lost lines or elements, beside what was loaded before: they are not loaded unless a person says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from codesets import build, importing
from codesets.gathering import gather
from codesets.importing import Report, Status
from tests.codesets.shared_data import shared_file
from tests.codesets.small_files import order_text
from tests.codesets.sources import made_files as made

LETTERS = "ABCDEFGHIJKLMNOPQRSTVWXYZ"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A reference database without releases."""
    path = tmp_path / "home" / "reference.sqlite"
    path.parent.mkdir()
    with build.replacement(path, None, _quiet):
        pass
    return path


def load(place: Path, accept_missing: bool = False, **files: str) -> Report:
    """Import files of these names and contents; a double underscore in a name is a dot."""
    folder = place.parent / "inbox"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content.encode())
    with gather([str(folder)], _quiet) as gathered:
        return importing.run(place, importing.plan(place, gathered), _quiet, accept_missing)


def refusal(report: Report) -> str:
    """Why the one file of the report was refused."""
    (result,) = report.results
    assert result.item.status is Status.REFUSED
    return result.item.remark


def diagnoses(categories: Iterable[str]) -> str:
    """An order file with ten codes in each category."""
    rows = [row for category in categories for row in _of(category)]
    return order_text(tuple(rows))


def _of(category: str) -> list[tuple[str, int, str, str]]:
    codes = [(f"{category}{n}", 1, f"Hum {category}{n}", f"Hum {category}{n}") for n in range(10)]
    return [(category, 0, f"Hum {category}", f"Hum {category}"), *codes]


CATEGORIES = [f"{letter}{n:02}" for letter in LETTERS for n in (*range(5), 99)] + ["U07"]


def test_a_category_that_is_gone_is_doubted(place: Path) -> None:
    load(place, icd10cm_order_2098__txt=diagnoses(CATEGORIES))

    said = refusal(load(place, icd10cm_order_2099__txt=diagnoses(c for c in CATEGORIES if c != "E02")))

    assert "10 of the 1,510 codes of FY2098 are missing, whole categories among them: E02" in said
    assert "--accept-missing" in said


def test_what_a_person_says_is_right_is_loaded_and_told(place: Path) -> None:
    load(place, icd10cm_order_2098__txt=diagnoses(CATEGORIES))

    report = load(place, True, icd10cm_order_2099__txt=diagnoses(c for c in CATEGORIES if c != "E02"))

    (result,) = report.results
    assert result.item.status is Status.LOADED
    assert result.counts.ended == 10
    assert "whole categories among them: E02" in result.remarks[0]


@pytest.mark.parametrize("lost", [0.0005, 0.002])
def test_pairs_that_are_gone_are_doubted_by_their_share(place: Path, lost: float) -> None:
    pairs = [f"{c1:05}\t{c2:05}\t\t20200101\t*\t1\tMade up\n" for c1 in range(100, 140) for c2 in range(200, 300)]
    kept = [pair for number, pair in enumerate(pairs) if number % int(1 / lost)] + pairs[-1:]
    load(place, **{"ccipra-v322r0-f1__txt": made.PTP_HEAD + "".join(pairs)})

    report = load(place, **{"ccipra-v323r0-f1__txt": made.PTP_HEAD + "".join(dict.fromkeys(kept))})

    (result,) = report.results
    gone = len(pairs) - len(set(kept))
    if lost < 0.001:
        assert (result.item.status, result.counts.ended) == (Status.LOADED, gone)
    else:
        assert f"{gone} of the 4,000 pairs of 2026 Q3 are missing" in refusal(report)


def test_pairs_that_moved_to_the_next_part_are_not_missing(place: Path) -> None:
    rows = [f"{c1:05}\t{c1 + 1:05}\t\t20200101\t*\t1\tMade up\n" for c1 in range(100, 300)]

    def parts(quarter: int, cut: int) -> dict[str, str]:
        halves = enumerate((rows[:cut], rows[cut:]), start=1)
        return {f"ccipra-v32{quarter}r0-f{part}__txt": made.PTP_HEAD + "".join(half) for part, half in halves}

    load(place, **parts(2, 100))

    report = load(place, **parts(3, 80))

    assert [(result.item.status, result.counts.ended) for result in report.results] == [(Status.LOADED, 0)] * 2


def test_a_part_of_a_release_that_broke_off_refuses_the_release(place: Path) -> None:
    rows = [f"{c1:05}\t{c1 + 1:05}\t\t20200101\t*\t1\tMade up\n" for c1 in range(100, 300)]
    first, second = made.PTP_HEAD + "".join(rows[:100]), made.PTP_HEAD + "".join(rows[100:])
    load(place, **{"ccipra-v322r0-f1__txt": first, "ccipra-v322r0-f2__txt": second})

    cut = made.PTP_HEAD + "".join(rows[:90])
    report = load(place, **{"ccipra-v323r0-f1__txt": cut, "ccipra-v323r0-f2__txt": second})

    assert [result.item.status for result in report.results] == [Status.REFUSED] * 2
    assert not report.changed


def test_tables_that_do_not_build_the_codes_of_the_order_file_leave_the_old_ones(place: Path) -> None:
    load(place, icd10pcs_order_2099__txt=made.PCS_ORDER, t__xml=made.PCS_TABLES)
    begin, _, rest = made.PCS_TABLES.partition('    <pcsRow codes="1">')
    cut = begin + rest.partition("</pcsRow>\n")[2]

    said = refusal(load(place, t__xml=cut))

    assert "it disagrees with the order file icd10pcs_order_2099.txt of FY2099" in said
    assert "1 codes of the order file are built by no table (00170J1)" in said
    assert _count(place, "pcs_axes") == 3 + 2 * 4


def test_an_order_file_that_its_tables_do_not_build_is_refused_and_names_them(place: Path) -> None:
    load(place, t__xml=made.PCS_TABLES)
    more = made.PCS_ORDER + made.pcs_order_line(7, "00183ZZ", True, "Hum Ear", "Humming Ear, Closed")

    said = refusal(load(place, icd10pcs_order_2099__txt=more))

    assert "it disagrees with the tables t.xml of FY2099" in said
    assert "00183ZZ" in said


OFFICIAL = [
    ("icd10cm/icd10cm_order_2026.txt", 40_000, 40_001, "order number 40002 follows 40000, so 1 lines are missing"),
    ("icd10cm/icd10cm_order_2026.txt", 98_181, None, "category U07 is missing"),
    ("icd10pcs/icd10pcs_order_2026.txt", 79_000, 79_010, "10 lines are missing"),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "start", "end", "said"), OFFICIAL)
def test_an_official_order_file_without_some_lines_is_refused(
    place: Path, name: str, start: int, end: int | None, said: str
) -> None:
    lines = shared_file("data", *name.split("/")).read_text("cp1252").splitlines(keepends=True)

    found = refusal(load(place, **{Path(name).name.replace(".", "__"): "".join(lines[:start] + lines[end or 10**6 :])}))

    assert said in found


XML = [
    ("icd10cm/fy2017xml/icd10cm_tabular_2017.xml", "chapter", 9, "chapter 10 is missing"),
    ("icd10cm/fy2017xml/icd10cm_tabular_2017.xml", "section", 30, "lists section C50, which is missing"),
    ("icd10cm/fy2025xml/icd10cm-index-2025.xml", "letter", 12, "none that begins with M"),
    ("icd10cm/fy2025xml/icd10cm-eindex-2025.xml", "letter", 4, "none that begins with E"),
    ("icd10cm/fy2025xml/icd10cm-drug-2025.xml", "letter", 5, "none that begins with E"),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "element", "number", "said"), XML)
def test_official_xml_without_one_element_is_refused(
    place: Path, name: str, element: str, number: int, said: str
) -> None:
    text = shared_file("data", *name.split("/")).read_text("utf-8")
    end = f"</{element}>"
    pieces = text.split(end)
    begin = pieces[number].rindex(f"<{element}>" if element != "section" else "<section ")
    pieces[number] = pieces[number][:begin]
    cut = end.join(pieces[: number + 1]) + end.join(pieces[number + 1 :]) if number else ""

    found = refusal(load(place, **{Path(name).name.replace(".", "__"): cut}))

    assert said in found


def _count(place: Path, table: str) -> int:
    db = sqlite3.connect(place)
    try:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        db.close()


def _quiet(stage: str, done: float) -> None:
    """No progress."""
