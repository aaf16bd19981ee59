"""Two sessions save to one chart in whatever order it comes: every save is refused or stands, none is lost."""

from __future__ import annotations

import random
import threading

from store.coding.codes import Codes, Defaults
from store.coding.entering import enter
from store.coding.entry import parse
from store.coding.in_work import CodingChanged, load_codes
from store.coding.opening import open_next
from store.database import Database, open_database
from store.models import Coding
from tests.faults.conftest import a_coder

DEFAULTS = Defaults("2026-09-01")


def seen(db: Database, coding_id: str) -> tuple[Codes, int]:
    """What a session reads: the codes and their version."""
    with db.reading() as session:
        return load_codes(session, coding_id), session.get_one(Coding, coding_id).row_version


def test_no_save_over_another_is_lost_whichever_order_two_sessions_come_in(demo_url: str, rounds: int) -> None:
    saves = 500 if rounds else 40
    db = open_database(demo_url)
    coder = a_coder(db)
    chart = open_next(db, coder, "Clinic")
    enter(db, coder, chart.coding_id, parse("g0008", lambda code: "hcpcs"), DEFAULTS)
    accepted, refused, failed = [0, 0], [0, 0], []

    def session(number: int) -> None:
        """Add one to the units of the line that it sees, again where somebody else was first."""
        own, chance = open_database(demo_url), random.Random(number)
        try:
            while accepted[number] < saves:
                codes, version = seen(own, chart.coding_id)
                threading.Event().wait(chance.uniform(0, 0.002))
                one_more = parse(f"a x{codes.lines[0].units + 1}", lambda code: "hcpcs")
                try:
                    enter(own, coder, chart.coding_id, one_more, DEFAULTS, seen_version=version)
                    accepted[number] += 1
                except CodingChanged:
                    refused[number] += 1
        except Exception as error:
            failed.append(error)
        finally:
            own.close()

    both = [threading.Thread(target=session, args=(number,)) for number in (0, 1)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    codes, _ = seen(db, chart.coding_id)
    db.close()

    assert not failed
    assert min(refused) > 0, "the sessions never met"
    assert codes.lines[0].units == 1 + sum(accepted)
