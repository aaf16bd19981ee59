"""What stands under the number of a charge after its postings, corrections and credits, in whatever order they came."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.coding.opening import posted_lines
from store.database import Database
from store.intake import IntakeReport, take_in
from store.intake.export import encounter_ids, export_encounter, to_line
from store.intake.quarantine import quarantined, retry
from store.models import Charge, Encounter
from store.queries import SessionReader
from store.queries.late import late_charges
from tests.store.hl7_samples import charge, message, pid, pv1, write

pytestmark = pytest.mark.both_databases

CG, CR = "CG", "CR"


def dft(*charges: str, number: str = "V1", at: str = "20260302120000-0600") -> bytes:
    return message("DFT^P03", pid(account=number), pv1(number, kind="O"), *charges, at=at)


def take(db: Database, tmp_path: Path, *messages: bytes) -> IntakeReport:
    return take_in(db, SYSTEM, [write(tmp_path / "messages.hl7", *messages)])


def net(db: Database, number: str = "V1") -> int:
    """The cents of every row of the charges of a visit together."""
    with db.reading() as session:
        rows = select(Charge.amount_cents).join(Encounter).where(Encounter.visit_number == number)
        return sum(session.exec(rows))


def standing(db: Database, number: str = "V1") -> list[tuple[str, int, int]]:
    """Code, units and cents of the lines that a chart of the visit begins with; late lines are the same ones."""
    with db.reading() as session:
        visit = session.exec(select(Encounter.id).where(Encounter.visit_number == number)).one()
        lines = sorted((line.code, line.units, line.charge_cents) for line in posted_lines(session, visit))
        numbers = frozenset(session.exec(select(Charge.charge_number).where(Charge.encounter_id == visit)))
        late = late_charges(SessionReader(session), visit, numbers)
        assert sorted((line.code, line.units, line.cents) for line in late) == lines
        return lines


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(CG, "J1885", "100.01"), (CG, "J1100", "50.00"), (CR, "J1100", "50.00")], []),
        ([(CG, "J1885", "100.01"), (CG, "J1885", "100.02"), (CR, "J1885", "100.02")], []),
        ([(CG, "J1885", "100.01"), (CG, "J1885", "100.02"), (CG, "J1885", "100.01"), (CR, "J1885", "100.01")], []),
        ([(CG, "J1885", "100.01"), (CR, "J1885", "100.01"), (CG, "J1885", "100.01")], [("J1885", 1, 10001)]),
        ([(CG, "J1885", "100.01"), (CR, "J1885", "100.01"), (CG, "J1885", "100.02")], [("J1885", 1, 10002)]),
        ([(CR, "J1885", "100.01"), (CG, "J1885", "100.01")], []),
        ([(CR, "J1885", "40.00"), (CG, "J1885", "100.00")], [("J1885", 1, 6000)]),
        ([(CG, "J1885", "100.00"), (CR, "J1885", "40.00")], [("J1885", 1, 6000)]),
        ([(CG, "J1885", "100.00"), (CR, "J1885", "40.00"), (CR, "J1885", "60.00")], []),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_what_stands_is_the_last_charge_that_no_credit_took_back(
    db: Database,
    tmp_path: Path,
    steps: list[tuple[str, str, str]],
    expected: list[tuple[str, int, int]],
    together: bool,
) -> None:
    messages = [dft(charge("T1", code, amount, kind)) for kind, code, amount in steps]

    reports = [take(db, tmp_path, *part) for part in ([messages] if together else [[one] for one in messages])]

    assert (standing(db), net(db)) == (expected, sum(cents for _, _, cents in expected))
    assert not any(report.quarantined for report in reports)


def test_a_credit_of_some_units_leaves_the_others_with_their_money(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, dft(charge("T1", "J1885", "100.01", f10="3")))

    take(db, tmp_path, dft(charge("T1", "J1885", "33.34", CR, f10="1")))

    assert standing(db) == [("J1885", 2, 6667)]


def test_a_credit_and_a_new_charge_in_one_message_are_taken_in_their_order(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, dft(charge("T1", "J1885", "100.01")))

    take(db, tmp_path, dft(charge("T1", "J1885", "100.01", CR), charge("T1", "J1885", "100.02")))

    assert (standing(db), net(db)) == ([("J1885", 1, 10002)], 10002)


def test_two_charges_under_one_number_in_one_message_are_two_and_so_are_their_credits(
    db: Database, tmp_path: Path
) -> None:
    take(db, tmp_path, dft(charge("T1", "J1885", "10.00"), charge("T1", "J1100", "20.00")))
    both = standing(db)

    take(db, tmp_path, dft(charge("T1", "J1885", "10.00", CR), charge("T1", "J1100", "20.00", CR)))

    assert both == [("J1100", 1, 2000), ("J1885", 1, 1000)]
    assert (standing(db), net(db)) == ([], 0)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([(CG, "10.00"), (CR, "10.00"), (CR, "10.00")], "credit of charge T1: nothing stands under it, not posted"),
        ([(CG, "10.00"), (CR, "12.50")], "credit of charge T1: 2.50 more than stands under it, that much not posted"),
    ],
)
def test_a_credit_of_more_than_stands_takes_back_no_more_and_is_told(
    db: Database, tmp_path: Path, steps: list[tuple[str, str]], told: str
) -> None:
    report = take(db, tmp_path, *(dft(charge("T1", "J1885", amount, kind)) for kind, amount in steps))

    assert net(db) == 0
    assert told in report.files[0].messages


def test_a_credit_under_a_number_of_its_own_is_of_the_charge_of_its_service(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, dft(charge("T1", "J1885", "10.00")), dft(charge("T2", "J1885", "4.00", CR)))

    assert (net(db), standing(db)) == (600, [("J1885", 1, 600)])


def test_a_credit_that_was_refused_and_came_again_is_not_posted_twice_by_a_retry(db: Database, tmp_path: Path) -> None:
    head = pid(account="V1"), pv1("V1", kind="WARD")
    messages = (
        message("DFT^P03", *head, charge("T1", "J1885", "100.00")),
        message("DFT^P03", *head, charge("T1", "J1885", "40.00", CR)),
    )
    refused = take(db, tmp_path, *messages)
    take(db, tmp_path, message("ADT^A04", pid(account="V1"), pv1("V1", kind="O")), *messages)

    retry(db, SYSTEM)

    assert refused.quarantined == 2
    assert (net(db), standing(db), quarantined(db)) == (6000, [("J1885", 1, 6000)], [])


def exported(db: Database) -> bytes:
    """Every visit in the native format."""
    with db.reading() as session:
        lines = [to_line(export_encounter(session, visit)) for visit in encounter_ids(session)]
    return "\n".join(lines).encode() + b"\n"


def test_the_record_of_a_credit_before_its_charge_was_settled_changes_nothing(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, dft(charge("T1", "J1885", "100.01", CR)))
    early = exported(db)
    take(db, tmp_path, dft(charge("T1", "J1885", "100.01")))
    settled = exported(db)

    for record in (settled, early):
        take(db, tmp_path, record)

    assert (net(db), standing(db), exported(db)) == (0, [], settled)


@dataclass
class Plain:
    """One number as a plain model has it: what stands of the last charge, and credits that wait for the first."""

    code: str = ""
    posted: int = 0
    left: int = 0
    early: list[tuple[str, int]] = field(default_factory=list)

    def tell(self, kind: str, code: str, cents: int) -> None:
        if kind == CR and not self.code:
            self.early.append((code, cents))
        elif kind == CR:
            self.left = max(self.left - cents, 0)
        elif (code, cents) != (self.code, self.posted) or self.left != self.posted:
            self.code, self.posted, self.left = code, cents, cents
            for _, credit in self.early:
                self.left = max(self.left - credit, 0)
            self.early.clear()


def lines_of(numbers: Mapping[str, Plain]) -> list[tuple[str, int, int]]:
    """The lines of a visit: what stands, less the credits that wait for their charge, where one fits the service."""
    charges = [[one.code, one.left] for _, one in sorted(numbers.items()) if one.left]
    for _, one in sorted(numbers.items()):
        for code, cents in one.early:
            fitting = [line for line in charges if line[0] == code and line[1] >= cents]
            if fitting:
                fitting[0][1] -= cents
    return sorted((code, 1, left) for code, left in charges if left)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(4))
def test_any_course_of_charges_corrections_and_credits_agrees_with_a_plain_model(
    db: Database, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    visits = [f"V{number}" for number in range(12)]
    model: dict[str, dict[str, Plain]] = defaultdict(lambda: defaultdict(Plain))
    sent: list[bytes] = []

    for _ in range(9):
        batch = []
        for visit in visits:
            kind, number = chance.choice((CG, CG, CR)), chance.choice(("T1", "T2"))
            code, cents = chance.choice(("J1885", "J1100")), chance.choice((4000, 10001, 10002))
            batch.append(dft(charge(number, code, f"{cents / 100:.2f}", kind), number=visit))
            model[visit][number].tell(kind, code, cents)
        sent += batch
        take(db, tmp_path, *batch, *chance.sample(sent, min(len(sent), 6)))
        if chance.random() < 0.3:
            take(db, tmp_path, *batch)

        for visit in visits:
            assert standing(db, visit) == lines_of(model[visit])
            waiting = sum(cents for one in model[visit].values() for _, cents in one.early)
            assert net(db, visit) == sum(one.left for one in model[visit].values()) - waiting

    before = exported(db)
    report = take(db, tmp_path, before)
    assert (exported(db), report.quarantined) == (before, 0)
