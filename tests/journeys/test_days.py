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
    for line, code in (("a41.51 y", "A41.51"), ("n17.0 y", "N17.0"), ("n10 y", "N10")):
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


def test_a_biller_sends_claims_and_works_what_payers_answer(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    day = at(NORMAL)
    code_clinic_charts(monkeypatch, 6)
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
    day.press("/", shows="filter")
    day.say("Osei", "Osei, Kwabena +188.00 +188.00")
    day.terminal.expect(r"Osei, Kwabena ─(.|\n)*patient receivable  PR-27")


def test_an_auditor_reviews_blind_and_a_rebuttal_is_decided_by_another(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    day = at(WIDE)
    code_clinic_charts(monkeypatch, 1)
    day.sit(Role.AUDITOR, "Audits  open")

    day.press("d", shows="name of the sample:")
    day.say("Q4", "how to pick:")
    day.say("simple", "how many charts")
    day.say("30", "only 1 chart")
    day.press("C-u", shows=r"seed 48213\): *\n")
    day.say("1 seed 7", "Drawn: 1 of 1 chart, seed 7")
