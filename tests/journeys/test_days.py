"""The day of each role at a real terminal: from the desk that it begins on to what it leaves for the next one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codesets.catalog import normalize
from store.demo.site import load_site
from store.terms import CodingKind, Role
from tests.journeys import payer
from tests.journeys.days import ROLES, Day, code_clinic_charts
from tests.journeys.payer import Sent
from tests.journeys.sites import site
from tests.journeys.test_coding import enter, final_codings
from tests.journeys.test_first_path import wait_for_draft
from tests.journeys.tmux import Tmux

WIDE = (132, 43)
NORMAL = (80, 24)

At = Callable[[tuple[int, int]], Day]


@pytest.fixture
def at(terminal: Tmux, tmp_path: Path, home: Path, reference: object, reference_file: Path) -> Iterator[At]:
    """Makes the demo site, and a terminal of a size."""
    days: list[Day] = []

    def made(size: tuple[int, int]) -> Day:
        days.append(Day(Tmux(tmp_path, *size), site(home, reference_file), home))
        return days[-1]

    yield made
    for one in days:
        one.terminal.end()


def code_and_final(day: Day) -> None:
    """Code the chart whose entry line is open as its answer key has it, and final code it."""
    family = re.match(r"\s*([^,\s]+)", day.terminal.screen())[1]  # type: ignore[index]
    chart = next(one for one in load_site().charts if one.encounter.patient.family_name == family)
    for diagnosis in chart.key.diagnoses_of(CodingKind.PROFESSIONAL):
        typed = f"{normalize(diagnosis.code).lower()}{ROLES.get(diagnosis.role, '')}"
        enter(day.terminal, typed, f"Added {re.escape(diagnosis.code)}")
    enter(day.terminal, "*", "Pointed|every line has its pointers")
    final_code(day)


def final_code(day: Day, key: str = "y", shows: str = "Final coded") -> None:
    day.press("Escape", shows="f final")
    day.press("f", shows="Final code .*y yes")
    day.answer(key, shows)


def to_worklist(day: Day, name: str) -> None:
    day.press("F3", shows="Worklists  ")
    day.press("v", shows="worklist:")
    day.say(name, f"{name}, ready to code")
    day.press("n", shows="codes the chart")
    day.press("+", shows=r"\n \+")


@pytest.mark.thorough
def test_a_coder_codes_four_settings_asks_holds_and_comes_back_to_what_was_typed(at: At) -> None:
    day = at(NORMAL)
    day.sit(Role.CODER, "Clinic, ready to code")

    to_worklist(day, "Clinic")
    code_and_final(day)
    to_worklist(day, "ED professional")
    code_and_final(day)
    to_worklist(day, "Surgery professional")
    day.terminal.type("typed and not")
    wait_for_draft(day.home, "typed and not")
    day.sit(Role.CODER, "Go on with .* typed")
    day.answer("y", r"\+typed and not")
    day.press("C-u", shows=r"\n \+ *\n")
    code_and_final(day)

    to_worklist(day, "Inpatient")
    typed = (("a41.51 y", "A41.51"), ("n17.0 y", "N17.0"), ("n10 y", "N10"), ("r50.9 a", "R50.9"))
    for line, code in typed:
        enter(day.terminal, line, f"Added {code}")
    final_code(day, "n", "codes the chart")
    day.press("h", shows="hold for:")
    day.say("signature", "is on hold: signature missing")
    day.press("n", "Q", shows="ask about:")
    day.say("detail", "quotes at least one clinical indicator")
    day.press("Enter", shows="s sends it")
    day.press("s", shows="Send it to")
    day.answer("y", "waits for it")

    assert [kind for _, kind in final_codings(day.home)] == ["professional"] * 3 + ["facility"]


@pytest.mark.thorough
def test_a_biller_sends_claims_and_works_what_payers_answer(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    day = at(NORMAL)
    code_clinic_charts(monkeypatch, slice(6))
    day.sit(Role.BILLER, "No claims yet. a builds them")

    day.press("a", shows="6 claims built and scrubbed")
    day.press("b", shows="Batch 6 claims")
    day.answer("y", "6 claims in 1 file")
    sent = Sent.read(next(day.outbox.glob("*.837")).read_text())
    first, second, third, fourth, fifth, refused = sent.claims
    cents = sent.claims
    given = payer.share(cents[first], 2000) + payer.share(cents[second])
    balance = payer.share(cents[fifth]) - payer.share(cents[second])
    files = {
        "set.999": sent.accepted(),
        "claims.277": sent.status(refused),
        "paid.835": payer.remittance(
            "EFT1",
            given,
            payer.paid(first, cents[first], 2000),
            payer.paid(second, cents[second]),
            payer.denied(third, cents[third], "CO", "50"),
            payer.denied(fourth, cents[fourth], "PR", "27"),
        ),
        "taken-back.835": payer.remittance(
            "EFT2",
            0,
            payer.reversed_(second, cents[second]),
            payer.paid(fifth, cents[fifth]),
            provider=(f"PLB*1999990017*20261231*FB:{second}*{payer.money(balance)}",),
        ),
    }
    for name, content in files.items():
        (day.outbox / name).write_bytes(content)
    day.command(Role.BILLER, "acks", "import", str(day.outbox / "set.999"))
    day.command(Role.BILLER, "acks", "import", str(day.outbox / "claims.277"), code=1)
    day.command(Role.BILLER, "remits", "import", str(day.outbox / "paid.835"), str(day.outbox / "taken-back.835"))

    assert re.search(rf"1 claim at fault(.|\n)*{refused}", day.press("g", "f", shows="277CA of"))
    assert "EFT2" in day.press("F5", shows="✓ .*EFT1")
    day.press("d", shows=f"{third} .*CO-50")
    day.press("l", shows="what you have to say")
    day.say("The note shows why the visit was needed.", "is in the outbox. A notes")
    day.press("A", shows="what was sent:")
    day.say("letter by mail", "1 denial appealed, 278.50")
    day.press("v", shows=f"Denials  open(.|\n)*{fourth}")
    day.press("P", shows="why does the patient owe")
    day.say("the coverage had ended", "1 denial billed to the patient, 188.00")
    day.press("q", "m", "v", shows="Unapplied  open takebacks(.|\n)*-270.00 open")
    day.press("g", "l", shows="Accounts  owing")
    day.press("/", shows="Enter done")
    day.say("Osei", "Osei, Kwabena +188.00 +188.00")
    day.terminal.expect(r"Osei, Kwabena ─(.|\n)*patient receivable  PR-27")


@pytest.mark.thorough
def test_an_auditor_reviews_blind_and_a_rebuttal_is_decided_by_another(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    day = at(WIDE)
    code_clinic_charts(monkeypatch, slice(4, 5))
    day.command(Role.ADMIN, "users", "role", "jpark", "auditor")
    day.sit(Role.AUDITOR, "Audits  open")

    day.press("d", shows="name of the sample:")
    day.say("Q4", "how to pick:")
    day.say("simple", "its charts are billed")
    day.say("after", "how many charts")
    day.say("30", "only 1 chart")
    day.press("C-u", shows=r"seed 48213\): *\n")
    day.say("1 seed 7", r"Draw 1 of 1 chart, coded 20\d\d-\d\d-\d\d to")
    day.answer("y", "Drawn: 1 of 1 chart, seed 7")
    assert "F10.21" not in day.press("Enter", shows="Audit Q4#1 .* blind")
    day.press("+", shows=r"\n \+")
    enter(day.terminal, "f33.1", "Added F33.1")
    enter(day.terminal, "f41.1", "Added F41.1")
    enter(day.terminal, "a 1", "Changed line a")
    day.press("Escape", shows="f compare")
    day.press("f", shows=r"Compare\? ")
    day.answer("y", "3 F10.21 .* deleted +draft")
    day.press("Down", "Down", shows="finding 1 of 2")
    day.press("e", shows="why:")
    day.say("remission is not documented", "citation")
    day.say("I.C.5.b", "remission is not documented")
    day.press("r", shows="Return the chart with 2 findings")
    day.answer("y", "Returned with 2 findings")

    rebut(day, "sober three years by the note")
    day.press("Down", shows="finding 2 of 2")
    day.press("a", shows="Agreed to 1 finding")
    to_finding(day, Role.AUDITOR)
    day.press("h", shows="why")
    day.say("remission is the clinician's word", "Finding 1 is upheld")
    rebut(day, "the note says in remission")
    to_finding(day, "jpark")
    day.press("o", shows="why")
    day.say("line 9 says so", "Finding 1 is overturned(.|\n)*The audit is final|The audit is final")
    day.press("s", shows=r"0 findings open(.|\n)*code over code +75.0 %  3 of 4")


def to_finding(day: Day, who: Role | str) -> None:
    """Open the audit of the sample at its first finding, as somebody who comes to the terminal for it."""
    day.sit(who, "Worklists|Audits")
    day.press("F6", shows=r"Audits  .*(.|\n)*Q4#1")
    day.press("Enter", shows="Audit Q4#1")
    day.press("Down", "Down", shows="finding 1 of 2")


def rebut(day: Day, words: str) -> None:
    to_finding(day, Role.CODER)
    day.press("b", shows="why")
    day.say(words, "citation")
    day.say("line 9", "Finding 1 is rebutted")


@pytest.mark.thorough
def test_a_manager_sees_what_waits_gives_it_out_and_changes_a_worklist(at: At) -> None:
    day = at(NORMAL)
    day.sit(Role.MANAGER, "Numbers  discharged, not final billed")

    day.press("Enter", shows="ready to code, coding .* 1 of 3")
    day.press("q", shows="b boards")
    day.press("b", shows="board:")
    day.say("edits", "Numbers  edits by rule and coder")
    day.press("F3", shows="Clinic, ready to code .* 1 of 13(.|\n)*a assign  A balance")
    day.press("A", shows="in turn to")
    day.say("mreyes jpark", "7 to mreyes, 6 to jpark; why:|6 to mreyes, 7 to jpark; why:")
    day.say("Monday", "13 charts assigned")

    day.press("g", "w", shows="Worklist rules  version 1, in force")
    day.press("a", shows="a worklist above Incomplete, named:")
    day.say("Every clinic", "takes charts with")
    day.say("setting is clinic", "Version 2 is kept")
    day.press("d", shows="13 of 40 open charts would move")
    day.press("f", shows="why")
    day.say("one list for the whole clinic", "Version 2 is in force: 13 charts moved. u puts back")
    day.press("F3", "v", shows=r"Every clinic +13 ready")


@pytest.mark.thorough
def test_a_records_technician_settles_lacks_duplicates_and_requests(at: At) -> None:
    day = at(NORMAL)
    day.sit(Role.RECORDS, "Records  what charts lack")

    day.press("s", shows=r"38 charts looked over: \d lacks? found")
    day.press("w", shows="need not come")
    day.say("the film was signed on paper", "Waived: unsigned")
    day.press("v", "v", shows="1 pair to look at")
    day.press("m", shows="how you know that D90417 is P20037")
    day.say("one birth date and one house", "Merge D90417 .* into P20037")
    day.answer("y", "went over to P20037. u undoes it")
    day.press("u", shows="how you know that D90417")
    day.say("two passports were shown", "Undo the merge of D90417")
    day.answer("y", "D90417 is a patient again")
    day.press("v", shows="requests for information .*1 of 2")
    day.press("r", shows="what allows it")
    day.say("authorization of 2026-10-01", r"Halvorsen, Inge \(D90003\): was it sent to Redfern")
    day.answer("y", r"released to Redfern and Oake, attorneys; the\s+disclosure is recorded")
    assert "Redfern and Oake" in day.command(Role.RECORDS, "disclosures", "report", "D90003")


@pytest.mark.thorough
def test_an_analyst_publishes_the_month_and_gives_rows_away_under_a_profile(at: At) -> None:
    day = at(WIDE)
    day.sit(Role.ANALYST, "Numbers  discharged, not final billed   as of 2026-09-30")

    day.press("p", shows="Publish discharged, not final billed of 2026-09-30")
    day.answer("y", "ublished")
    day.press("w", shows="A page in .*html")
    day.press("f", shows="Rows  encounter")
    day.press("e", shows="profile:")
    day.say("safe", "38 rows .*written|38 rows in")
    (number,) = re.findall(r"^\S+", day.command(Role.ANALYST, "report", "--published"))
    assert "the same to the digit" in day.command(Role.ANALYST, "report", "--repeat", number)


@pytest.mark.thorough
def test_an_administrator_sets_a_site_up_from_nothing_and_the_first_coder_comes_in(
    terminal: Tmux, home: Path, reference_file: Path, tmp_path: Path
) -> None:
    root = str(Path(__file__).resolve().parents[2])
    site_home = tmp_path / "site"
    day = Day(
        terminal,
        {"CODEDESK_HOME": str(site_home), "CODEDESK_REFERENCE": str(reference_file), "PYTHONPATH": root},
        site_home,
        (),
    )
    site_home.mkdir(mode=0o700)
    visits = tmp_path / "visits.csv"
    visits.write_text(
        "Visit No,MRN,Last,First,DOB,Sex,Service Date,Class,Payer,Insurance,Shoe Size\n"
        "V1,M1,Alder,Rhea,1961-04-02,F,2026-09-14,O,BLUEP,Blue Plains,38\n"
    )
    admin = Role.ADMIN

    assert "users add LOGIN --name NAME --role admin" in day.command(admin, "users", "list")
    assert "users add LOGIN --name NAME --role admin" in day.command(admin, "doctor", code=1)
    day.command(admin, "users", "add", "rfox", "--name", "Robin Fox", "--role", "admin")
    day.command(admin, "users", "add", "mreyes", "--name", "Marisol Reyes", "--role", "coder")
    assert "ICD-10-CM" in day.command(admin, "codesets", "list")
    assert "not used: Shoe Size" in day.command(admin, "intake", "--preview", "1", str(visits))
    taken = day.command(admin, "intake", "--save-map", "clinic", "--source", "clinic", str(visits))
    assert "1 encounter" in taken and "not used: Shoe Size" in taken
    day.command(admin, "partners", "save", "Plains Hub", "receiver_id=HUB1", "payers=BLUEP")
    assert "Plains Hub" in day.command(admin, "partners", "list")
    day.command(admin, "backup", str(tmp_path / "first.backup"))
    assert "whole" in day.command(admin, "restore", "--verify", str(tmp_path / "first.backup"))
    assert "nothing was to be done" in day.command(admin, "upgrade")
    assert "nobody is known" not in day.command(admin, "doctor", code=1)

    day.sit(admin, "Administration  people(.|\n)*mreyes +Marisol Reyes +coder")
    day.press("F3", shows="Worklists")
