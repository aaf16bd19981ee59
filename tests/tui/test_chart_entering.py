"""The entry line and the code cursor of the chart: what is offered, what a change makes, words linked and found."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from codesets.catalog import Reference
from codesets.edits import CodeFinding
from codesets.edits.findings import Severity
from store.actors import SYSTEM
from store.coding.codes import Codes, Defaults, Diagnosis, Performer, PostedAs, ProcedureLine
from store.database import Database, open_database
from store.models import Coding, Encounter, FinalDiagnosis, WorkItem
from store.queries import SessionReader
from store.queries.charts import ChartHead, chart_head
from store.terms import CodingKind, DiagnosisRole, PatientClass
from tests.tui.screens import cells, diagnoses, keys, opened, settle, type_text
from tui.app import Workstation
from tui.screens.chart.completing import completed, completions, outcome
from tui.screens.chart.view import gathered

CODES = Codes(
    (Diagnosis("E11.22", DiagnosisRole.PRINCIPAL), Diagnosis("I10")),
    (ProcedureLine("hcpcs", "G0467", units=1), ProcedureLine("hcpcs", "G0008", pointers=(1,))),
)
DEFAULTS = Defaults("2026-08-04", performers=(Performer("1999901014", "Okafor, Ngozi MD"),))


@pytest.fixture
def head(demo: Database) -> ChartHead:
    with demo.reading() as session:
        item = session.exec(select(WorkItem.id).where(WorkItem.kind == CodingKind.PROFESSIONAL)).first()
        return chart_head(SessionReader(session), item)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("e11.22 ", ("p", "principal or first-listed diagnosis")),
        ("g0467 by ok", ("okafor", "Okafor, Ngozi MD  1999901014")),
        ("g0467 -25-5", ("-25-50", "Both sides")),
        ("a,b 1", ("", " a G0467     – → 1")),
        ("a,b -59", ("", " a G0467     – → -59")),
        ("-2", ("", "takes 2 I10 secondary away")),
        ("g0467 by nobody", ("", "by nobody: nobody here is called so.  a name, or an NPI of ten digits")),
    ],
)
def test_behind_a_code_or_a_row_the_line_offers_what_may_follow_and_shows_what_it_does(
    head: ChartHead, reference: Reference, typed: str, first: tuple[str, str]
) -> None:
    assert completions(reference, typed, head, CODES, DEFAULTS)[0] == first


@pytest.mark.parametrize("typed", ["diabetic kidney", "b 12 deficiency", "chest pain"])
def test_words_are_searched_and_not_completed(head: ChartHead, reference: Reference, typed: str) -> None:
    assert completions(reference, typed, head, CODES, DEFAULTS) == []


@pytest.mark.parametrize(
    ("typed", "told", "first"),
    [
        ("e78.5", "Enter adds E78.5", "Hyperlipidemia, unspecified"),
        ("e78.5 p", "Enter adds E78.5 as principal", "principal or first-listed diagnosis"),
        ("g0121-pt", "Enter adds G0121-PT", "Screening colonoscopy of a person not at high risk"),
        ("2>1", "Enter moves diagnosis 2 to 1", "2 I10 secondary → 1"),
        ("b>a", "Enter moves line b to a", "b G0008 x1 1 0.00 → a"),
        ("-1,2", "Enter removes diagnoses 1, 2", "takes 1 E11.22 principal away"),
        ("-i10", "Enter removes I10", "takes 2 I10 secondary away"),
        ("2 e78.5", "Enter replaces diagnosis 2 with E78.5", " 2 I10       → E78.5 secondary"),
        ("a,b -59", "Enter changes lines a, b", " a G0467     – → -59"),
        ("1-9 y", "Enter changes diagnoses 1, 2", " 1 E11.22"),
        ("6>2", "not carried out", "there is no diagnosis 6"),
        ("e11.22", "not carried out", "E11.22 is diagnosis 1 already."),
    ],
)
def test_a_line_that_enter_carries_out_says_what_it_will_do(
    head: ChartHead, reference: Reference, typed: str, told: str, first: str
) -> None:
    does, rows = outcome(reference, typed, head, CODES, DEFAULTS)

    assert does is not None and does.told == told
    assert rows[0][1].startswith(first)


@pytest.mark.parametrize("typed", ["chest pain", "b 12 deficiency", "e11", "diab"])
def test_of_words_enter_does_what_their_matches_say(head: ChartHead, reference: Reference, typed: str) -> None:
    assert outcome(reference, typed, head, CODES, DEFAULTS) == (None, [])


@pytest.mark.usefixtures("at_desk")
async def test_a_line_that_is_carried_out_shows_its_outcome_and_no_matches() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        for line in ("e11.22", "i10"):
            await type_text(pilot, line)
            await keys(pilot, "enter")
        await type_text(pilot, "2>1")
        moved = cells(app)
        await keys(pilot, *["backspace"] * 3)
        await type_text(pilot, "-1,2")
        removed = cells(app)

    assert "Enter moves diagnosis 2 to 1" in moved and " matches" not in moved and "Enter move  " in moved
    assert "Enter removes diagnoses 1, 2" in removed and " matches" not in removed and "Enter remove  " in removed


@pytest.mark.usefixtures("at_desk")
async def test_enter_asks_before_it_searches_for_what_begins_like_a_change_or_a_code() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter")
        asked = []
        for typed in ("2 left", "a none", "e11.4 2"):
            await type_text(pilot, typed)
            await keys(pilot, "enter")
            asked.append(cells(app))
            await keys(pilot, *["backspace"] * len(typed))

    assert [one.code for one in diagnoses()] == ["I10"]
    assert "“2 left” begins like a change of diagnosis 2" in asked[0]
    assert "“a none” begins like a change of line a" in asked[1]
    assert "“e11.4 2” begins like a code" in asked[2]


@pytest.mark.usefixtures("at_desk")
@pytest.mark.parametrize("typed", ["foo", "bar", "asthm"])
async def test_enter_asks_before_it_takes_a_match_that_only_begins_with_what_was_typed(typed: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, typed)
        hint = cells(app).splitlines()[-1]
        await keys(pilot, "enter")
        asked, before = cells(app), diagnoses()
        await keys(pilot, "enter")

    assert "Enter ask  " in hint
    assert f"read {typed} as " in asked and before == []
    assert len(diagnoses()) == 1


@pytest.mark.usefixtures("at_desk")
async def test_the_key_line_says_what_enter_will_do_with_the_line_as_it_stands() -> None:
    said = {}
    lines = (
        "",
        "e11.9",
        "s72.001",
        "e11.4",
        "essential hypertension",
        "asthm",
        "qqqqq",
        "e11.99",
        "250.00",
        "-7",
        "=nothing",
        "^",
    )

    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        for line in lines:
            await type_text(pilot, line)
            said[line] = app.screen.asking_hints("entry")[0][1]  # type: ignore[attr-defined]
            await keys(pilot, "ctrl+u")
        await type_text(pilot, "e11.9")
        await keys(pilot, "enter")
        blocked = app.screen.asking_hints("entry")[0]  # type: ignore[attr-defined]
        await type_text(pilot, "*")
        await keys(pilot, "enter")
        ready = app.screen.asking_hints("entry")[0]  # type: ignore[attr-defined]
        await keys(pilot, "enter")
        asked = cells(app)

    assert said == {
        "": "leave",
        "e11.9": "add",
        "s72.001": "ask 7th",
        "e11.4": "list below",
        "essential hypertension": "add",
        "asthm": "ask",
        "qqqqq": "say why not",
        "e11.99": "say why not",
        "250.00": "say why not",
        "-7": "say why not",
        "=nothing": "say why not",
        "^": "say why not",
    }
    assert blocked == ("Enter", "what is in the way")
    assert ready == ("Enter", "final code?") and "Final code 1 diagnosis" in asked


@pytest.mark.usefixtures("at_desk")
async def test_the_key_line_says_whether_enter_links_words_or_takes_the_link_away() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter", "escape", "greater_than_sign", "E")
        said = [app.screen.asking_hints("words")[0][1]]  # type: ignore[attr-defined]
        for words in ("of", "nowhere at all"):
            await type_text(pilot, words)
            said.append(app.screen.asking_hints("words")[0][1])  # type: ignore[attr-defined]
            await keys(pilot, "ctrl+u")
        await type_text(pilot, "of")
        await keys(pilot, "enter", "greater_than_sign", "E")
        said.append(app.screen.asking_hints("words")[0][1])  # type: ignore[attr-defined]

    assert said == ["leave", "link", "say why not", "unlink"]


@pytest.mark.usefixtures("at_desk")
@pytest.mark.parametrize("typed", ["essential hypertension", "fracture of left clavicle"])
async def test_enter_takes_at_once_what_the_words_name(typed: str) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, typed)
        hint = cells(app).splitlines()[-1]
        await keys(pilot, "enter")

    assert "Enter add  " in hint
    assert len(diagnoses()) == 1


def test_a_completion_takes_the_place_of_the_last_word() -> None:
    assert completed("g0467 by ok", ("okafor", "")) == "g0467 by okafor "
    assert completed("g0467 ", ("by ", "")) == "g0467 by "
    assert completed("a,b 1", ("", "told")) == "a,b 1"


@pytest.mark.usefixtures("at_desk")
async def test_words_are_linked_to_a_code_by_typing_them_and_found_again() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        for line in ("e11.22", "n18.31"):
            await type_text(pilot, line)
            await keys(pilot, "enter")
        await keys(pilot, "escape", "greater_than_sign", "greater_than_sign", "E")
        await type_text(pilot, "ckd stage 3")
        assert "CKD stage 3a" in cells(app)
        await keys(pilot, "enter")
        assert "Linked N18.31" in cells(app)

        await keys(pilot, "home", "less_than_sign", "v")

        assert "CKD stage 3a" in cells(app)
    kept = diagnoses()[1].evidence
    assert kept.endswith(": CKD stage 3a")


@pytest.mark.usefixtures("at_desk")
async def test_the_next_finding_takes_the_cursor_to_its_code_and_c_opens_the_line_there() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.22")
        await keys(pilot, "enter", "escape", "full_stop")
        assert "points to no diagnosis" in cells(app)

        await keys(pilot, "c")

        assert app.screen.entry.text == "a "  # type: ignore[attr-defined]


@pytest.mark.usefixtures("at_desk")
async def test_one_change_of_several_lines_is_one_step_of_undo() -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "n", "plus")
        for line in ("e11.22", "n18.31", "i10", "-1,3"):
            await type_text(pilot, line)
            await keys(pilot, "enter")
        assert [d.code for d in diagnoses()] == ["N18.31"]

        await keys(pilot, "escape", "u")

    with open_database().reading() as session:
        assert len(session.exec(select(FinalDiagnosis)).all()) == 3


def test_rows_flag_what_loaded_tables_say_of_their_codes(demo: Database, tmp_path: Path) -> None:
    from tests.codesets.loaded_reference import loaded_reference
    from tests.codesets.sources.made_files import MADE, made_file
    from tui.screens.chart.view import code_lines, look_up, read_chart

    with demo.reading() as session:
        stays = select(WorkItem.id).join(Encounter).where(Encounter.patient_class == PatientClass.INPATIENT)
        item = session.exec(stays.where(WorkItem.kind == CodingKind.FACILITY)).first()
        chart = read_chart(SessionReader(session), item, "")
    coded = Codes((Diagnosis("X09", DiagnosisRole.PRINCIPAL), Diagnosis("X01.1", poa="Y"), Diagnosis("X02", poa="Y")))
    chart = replace(chart, codes=coded, head=replace(chart.head, service_date="2099-03-01"))
    files = [made_file("Table 6K FY 2099.txt", MADE["Table 6K FY 2099.txt"])]

    with loaded_reference(tmp_path / "reference.sqlite", files) as reference:
        told = look_up(reference, chart, ())

    assert told.flags == {"X01.1": "CC", "X02": "MCC"}
    rows = ["".join(text for text, _ in line) for line in code_lines(chart, {}, told.flags, (), None, 60)]
    assert rows[1].endswith("CC     Y ")


PRICED = replace(DEFAULTS, charge_of=lambda code, units: {"G0467": 21400}.get(code, 0) * units)


@pytest.mark.parametrize(
    ("typed", "does", "first"),
    [
        ("g0467-25", "add G0467-25 214.00", "line a has it already, 214.00: a -25 changes it"),
        ("g0467 x2", "add G0467 x2 428.00", "line a has it already, 214.00: a -25 x2 changes it"),
        ("g0439", "add G0439", ""),
    ],
)
def test_a_line_to_add_tells_its_money_and_the_line_that_has_its_code_already(
    head: ChartHead, reference: Reference, typed: str, does: str, first: str
) -> None:
    codes = replace(CODES, lines=(replace(CODES.lines[0], charge_cents=21400),))

    said, rows = outcome(reference, typed, head, codes, PRICED)

    assert said is not None and f"{said.verb} {said.what}" == does
    assert rows[0][1] == first if first else "already" not in rows[0][1]


def test_a_line_that_a_posted_charge_gives_place_to_says_so(head: ChartHead, reference: Reference) -> None:
    posted = replace(DEFAULTS, posted_as=lambda lines, added: PostedAs("G0382", 1, 64500))

    said, rows = outcome(reference, "g0383-25", head, Codes(), posted)

    assert said is not None and said.what == "G0383-25 645.00"
    assert rows[0][1] == "the posted G0382 x1 645.00 gives place to this line"


@asynccontextmanager
async def no_answers(app: Workstation) -> AsyncIterator[None]:
    """The code sets answer nothing meanwhile, as on a busy machine; what was asked is answered behind it, in order."""
    begin = threading.Event()
    app.codes._thread.submit(begin.wait)
    try:
        yield
    finally:
        begin.set()


@pytest.mark.usefixtures("at_desk")
async def test_enter_that_overtakes_the_search_waits_for_the_answer_to_the_whole_text_and_takes_its_first() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "heart")
        answer_to_less = app.screen.choices.selected[0]  # type: ignore[attr-defined]
        async with no_answers(app):
            await pilot.press("space", *"failure", "enter")
            await pilot.pause(0.05)
            before = diagnoses()
        await settle(pilot)

        assert before == [] and app.screen.entry.text == ""  # type: ignore[attr-defined]
    [taken] = diagnoses()
    assert taken.why.startswith("search “heart failure”") and taken.code != answer_to_less


@pytest.mark.usefixtures("at_desk")
async def test_enter_that_overtakes_a_search_which_reads_a_word_as_another_asks_first() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        async with no_answers(app):
            await pilot.press(*"pnuemonia", "enter")
        await settle(pilot)

        assert diagnoses() == [] and "read pnuemonia as pneumonia" in cells(app)
        await keys(pilot, "enter")
        assert [one.code for one in diagnoses()] == ["J18.9"]


@pytest.mark.usefixtures("at_desk")
async def test_down_and_enter_that_overtake_the_search_choose_among_the_matches_of_the_whole_text() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "asthma")
        await keys(pilot, "down")
        second = app.screen.choices.selected[0]  # type: ignore[attr-defined]
        await keys(pilot, *["backspace"] * 6)
        async with no_answers(app):
            await pilot.press(*"asthma", "down", "enter")
        await settle(pilot)

    assert [one.code for one in diagnoses()] == [second]


@pytest.mark.usefixtures("at_desk")
async def test_a_whole_code_typed_ahead_of_its_search_goes_in_and_leaves_no_matches_behind() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        async with no_answers(app):
            await pilot.press(*"i10", "enter", *"e119", "enter")
        await settle(pilot)

        assert [one.code for one in diagnoses()] == ["I10", "E11.9"]
        assert not app.screen.choices.has_class("-open")  # type: ignore[attr-defined]


@pytest.mark.usefixtures("at_desk")
async def test_why_a_line_is_refused_is_told_once_and_whole_in_as_many_lines_as_it_takes() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "g0467 by nobody")
        await keys(pilot, "enter")
        once = cells(app)
        await type_text(pilot, "e11.99")
        await keys(pilot, "enter")
        narrow = cells(app).splitlines()
        await keys(pilot, "i")
        after = cells(app).splitlines()

    assert once.count("nobody here is called so") == 1
    told = " ".join(" ".join(narrow[-3:]).split())
    assert "E11.99 is not a code of ICD-10-CM" in told and told.endswith("Backspace to mend.")
    assert "Enter say why not" in after[-1] and after[-2] == " +i"


@pytest.mark.usefixtures("at_desk")
async def test_a_refused_line_gives_way_to_the_next_and_is_mended_by_backspace_and_says_so() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.99")
        await keys(pilot, "enter")
        said = " ".join(cells(app).split())
        await keys(pilot, "backspace")
        mended = app.screen.entry.text  # type: ignore[attr-defined]
        await type_text(pilot, "9")
        await keys(pilot, "enter", "i")
        begun = app.screen.entry.text  # type: ignore[attr-defined]

    assert "Type anew, or Backspace to mend." in said
    assert (mended, begun) == ("e11.9", "i")


def finding(message: str, place: str, rule: str = "pointers.none") -> CodeFinding:
    return CodeFinding(rule, 1, Severity.ERROR, "pointer missing", message, "Point to the reason.", "1500 24E", place)


def test_what_is_found_on_several_rows_is_told_once_with_the_rows() -> None:
    found = [finding(f"Line {n} points to no diagnosis.", f"line.{n}.pointers") for n in (1, 2, 3, 5)]
    other = finding("Line 1, G0467, lies outside the stay.", "line.1", "dates.outside")
    lone = finding("The encounter has no diagnosis.", "encounter")

    told = gathered([found[0], other, *found[1:], lone])

    assert [one.message for one in told] == [
        "Lines a-c, e: each points to no diagnosis.",
        "Line 1, G0467, lies outside the stay.",
        "The encounter has no diagnosis.",
    ]
    assert told[0].place == "lines a-c, e"


def test_rows_with_different_findings_or_fixes_stay_apart() -> None:
    carries = [
        finding(f"Line {n} carries modifier {m} more than once.", f"line.{n}") for n, m in ((1, "25"), (2, "59"))
    ]

    assert gathered(carries) == carries


@pytest.mark.usefixtures("at_desk")
@pytest.mark.parametrize("size", [(80, 24), (132, 43)])
async def test_a_finding_is_read_whole_below_the_codes(size: tuple[int, int]) -> None:
    async with opened(size) as (app, pilot):
        await keys(pilot, "n")

        beside = 66 if size[0] > 80 else 0  # the codes stand beside the document there
        shown = " ".join(" ".join(line[beside:].split()) for line in cells(app).splitlines())

    assert "Point to the diagnosis that the service was for." in shown


@pytest.mark.usefixtures("at_desk")
async def test_codes_of_the_last_visit_come_in_together_and_what_is_left_is_told_with_its_reason() -> None:
    async with opened((132, 43)) as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "^")
        none = cells(app)
        for line in ("e11.22", "i10", "g0008"):
            app.screen.entry.text = ""  # type: ignore[attr-defined]
            await type_text(pilot, line)
            await keys(pilot, "enter")
        await keys(pilot, "escape", "escape")
        as_the_next_visit_of_the_same_patient()
        await keys(pilot, "down", "enter", "l")
        offered = cells(app)
        await type_text(pilot, "*")
        await keys(pilot, "enter")
        taken = cells(app)

    assert "No visit of this patient was coded before" in none
    assert "last visit, 2026-08-04" in offered
    assert "2 codes of the visit of 2026-08-04 added; 2 left: 2 no charge here (G0467, G0008)." in taken


def as_the_next_visit_of_the_same_patient() -> None:
    """The second chart of the worklist is a later visit of the patient of the first."""
    with open_database().change(SYSTEM) as change:
        session = change.session
        coded = session.exec(select(Encounter).join(Coding)).one()
        for other in session.exec(select(Encounter).where(Encounter.setting == "clinic", Encounter.id != coded.id)):
            other.patient_id = coded.patient_id
            session.add(other)
