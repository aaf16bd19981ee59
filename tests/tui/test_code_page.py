"""A code's page laid out: every link stands where its words stand, at any width; notes know their line."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from codesets.catalog import Reference, dotted
from codesets.releases import CodeSystem
from tui.cells import plain
from tui.screens.code_page import FullPage, lay_out, page_note, read_page

ON = dt.date(2026, 6, 1)
WIDTHS = (20, 41, 52, 80, 132, 200)


def read(reference: Reference, code: str) -> FullPage:
    page = read_page(reference, CodeSystem.ICD10CM, code, ON)
    assert page is not None
    return page


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("code", ["E11.22", "N39.0", "T39.011A", "S52.501", "I27.20", "O24.410", "F02.80"])
def test_a_link_s_words_are_the_codes_it_leads_to(reference: Reference, code: str, width: int) -> None:
    text = lay_out(read(reference, code), "", width)

    shown: dict[int, str] = {}
    for line in text.lines:
        for words, style in line:
            if style.startswith("link "):
                number = int(style.removeprefix("link "))
                shown[number] = shown.get(number, "") + words
    assert set(shown) == set(range(len(text.links)))
    for number, to in enumerate(text.links):
        if to.first:
            assert re.sub(r"[^A-Z0-9.]", "", shown[number])[: len(dotted(to.first))] == dotted(to.first)


@pytest.mark.parametrize("width", WIDTHS)
def test_cutting_out_links_loses_no_word(reference: Reference, width: int) -> None:
    page = read(reference, "N39.0")
    wanted = [note.text for notes in page.page.notes.values() for note in notes]

    told = re.sub(
        r"\s+", "", "".join(plain(line)[12 if width > 40 else 2 :] for line in lay_out(page, "", width).lines)
    )

    assert [text for text in wanted if re.sub(r"\s+", "", text) not in told] == []


def test_notes_above_a_line_are_those_that_begin_there(reference: Reference) -> None:
    text = lay_out(read(reference, "E11.22"), "", 80)

    assert text.notes_above(0) == []
    assert text.notes_above(2) == ["Use add. at E11.22: code to identify stage of chronic kidney disease (N18.1-N18.6)"]
    assert len(text.notes_above(len(text.lines))) == len(text.notes)


def test_own_notes_come_first_and_inherited_ones_nearest_first(reference: Reference) -> None:
    lines = [plain(line).strip() for line in lay_out(read(reference, "T39.011A"), "", 80).lines]

    assert [line for line in lines if line.startswith("from ")] == ["from T39", "from T36-T50", "from chapter 19"]


@pytest.mark.parametrize(
    ("code", "note"),
    [("S52.501", "needs a 7th character"), ("E11", "header, 10 below"), ("F02.80", "billable  never first")],
)
def test_the_rule_says_what_the_code_is(reference: Reference, code: str, note: str) -> None:
    assert page_note(read(reference, code)) == note


@pytest.mark.parametrize(
    ("became", "split_off", "label"), [(("N391",), (), "Became"), ((), ("N391", "N392"), "Split off")]
)
def test_codes_that_took_over_are_told_by_whether_the_code_itself_ended(
    reference: Reference, became: tuple[str, ...], split_off: tuple[str, ...], label: str
) -> None:
    page = read(reference, "N39.0")
    told = replace(page, history=replace(page.history, became=became, split_off=split_off))

    lines = [plain(line) for line in lay_out(told, "", 80).lines]

    assert [line[:12].strip() for line in lines if "N39.1" in line[12:17]] == [label]
    assert any(line.split() == [*label.split(), "N39.1"] for line in lines)
