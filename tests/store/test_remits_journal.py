"""Whatever arrives, is taken back, posted again or given back: the journal's cash is what the posted ones state."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlmodel import func, select

from store.actors import SYSTEM
from store.database import open_database
from store.ledger.money import take_back
from store.models import JournalLine
from store.queries import SessionReader
from store.queries.unapplied import unapplied_list
from store.remits.posting import RemittanceRefused, cash_of, post_again, take_in, unpost
from store.remits.unapplied import refund_unapplied
from store.terms import JournalAccount
from tests.store.remittance_samples import a_set, interchange


def dollars(value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100}.{abs(value) % 100:02d}"


class Remittances(RuleBasedStateMachine):
    """What a biller may do, in any order; the model is the cents of each remittance that is posted."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.db = open_database(f"sqlite:///{self.folder.name}/workstation.sqlite")
        self.posted: dict[str, int] = {}
        self.taken_back: dict[str, int] = {}
        self.files: list[Path] = []
        self.given_back: dict[str, list[tuple[str, int]]] = {}

    @rule(claims=st.lists(st.tuples(st.integers(0, 90_000), st.integers(0, 90_000)), max_size=3), off=st.booleans())
    def arrives(self, claims: list[tuple[int, int]], off: bool) -> None:
        number = len(self.files)
        body: list[str] = []
        for place, (charge, cut) in enumerate(claims):
            body += [f"CLP*C{place}*1*{dollars(charge)}*{dollars(charge - cut)}", f"CAS*CO*45*{dollars(cut)}"]
        total = sum(charge - cut for charge, cut in claims)
        content = interchange(a_set(tuple(body), dollars(total + off)).replace("EFT0001", f"EFT{number}"))
        path = Path(self.folder.name) / f"{number}.835"
        path.write_bytes(content)
        self.files.append(path)
        (taken,) = take_in(self.db, SYSTEM, path).sets
        if taken.outcome == "posted":
            self.posted[taken.remittance_id] = total
        assert taken.outcome == ("held" if off or total < 0 else "posted")

    @precondition(lambda self: self.files)
    @rule(data=st.data())
    def arrives_again(self, data: st.DataObject) -> None:
        (taken,) = take_in(self.db, SYSTEM, data.draw(st.sampled_from(self.files))).sets
        assert taken.outcome == "already there"

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def is_taken_back(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(sorted(self.posted)))
        if self.given_back.get(one):
            with pytest.raises(RemittanceRefused):
                unpost(self.db, SYSTEM, one, "because of it")
            return
        unpost(self.db, SYSTEM, one, "because of it")
        self.taken_back[one] = self.posted.pop(one)

    @rule(data=st.data())
    def is_given_back(self, data: st.DataObject) -> None:
        with self.db.reading() as session:
            rows = [row for row in unapplied_list(SessionReader(session)) if row.left_cents > 0]
        if rows:
            row = data.draw(st.sampled_from(rows))
            cents = data.draw(st.integers(1, row.left_cents))
            done = refund_unapplied(self.db, SYSTEM, row.id, cents, "not ours")
            self.given_back.setdefault(row.remittance_id, []).append((done.posting_id, cents))

    @precondition(lambda self: any(self.given_back.values()))
    @rule(data=st.data())
    def comes_back(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(sorted(name for name, refunds in self.given_back.items() if refunds)))
        posting, _ = self.given_back[one].pop()
        take_back(self.db, SYSTEM, posting, "the check came back")

    @precondition(lambda self: self.taken_back)
    @rule(data=st.data())
    def is_posted_again(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(sorted(self.taken_back)))
        post_again(self.db, SYSTEM, one)
        self.posted[one] = self.taken_back.pop(one)

    @invariant()
    def cash_is_what_the_posted_ones_state(self) -> None:
        with self.db.reading() as session:
            found = {one: cash_of(session, one) for one in (*self.posted, *self.taken_back)}
            total = session.exec(
                select(func.coalesce(func.sum(JournalLine.cents), 0)).where(JournalLine.account == JournalAccount.CASH)
            ).one()
        assert found == {**self.posted, **dict.fromkeys(self.taken_back, 0)}
        assert total == sum(self.posted.values()) - sum(
            cents for refunds in self.given_back.values() for _, cents in refunds
        )

    @invariant()
    def what_waits_is_what_was_not_given_back(self) -> None:
        with self.db.reading() as session:
            left = sum(row.left_cents for row in unapplied_list(SessionReader(session)))
        given = sum(cents for refunds in self.given_back.values() for _, cents in refunds)
        assert left == sum(self.posted.values()) - given

    @invariant()
    def the_journal_comes_to_zero(self) -> None:
        with self.db.reading() as session:
            assert session.exec(select(func.coalesce(func.sum(JournalLine.cents), 0))).one() == 0

    def teardown(self) -> None:
        self.db.close()
        self.folder.cleanup()


TestRemittances = Remittances.TestCase
TestRemittances.settings = settings(max_examples=5, stateful_step_count=10, deadline=None)
