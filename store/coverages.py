"""The coverages of an account, as billers mend and add them where a claim shows that one is wrong or lacking.

Registration gives them (`store.intake`); a biller who reads the card again need not wait for it. Every change is in the
log with what was before and after, claims that have not left state it at once, and those that left are named so that
they can be replaced (`store.claims.replacing`).

A later message of registration does not undo this unsaid (`beside_mends`). Where it repeats what was mended, the mend
stays and the report says so; where it says something new, that is taken, and the report says what it took the place of.
What was added stays behind or before what registration has; a self-pay entry that an added coverage took the place of
does not come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store import access
from store.actors import Actor
from store.claims.restating import Restated, restate_of_account
from store.claims.to_patient import SELF_PAY
from store.database import Change, Database
from store.models import Account, Claim, Coverage, Encounter, LogEntry, Payer
from store.models.encounter import CoverageFields
from store.terms import Relationship

FIELDS = ("payer", *(name for name in CoverageFields.model_fields if name != "sequence"))
"""What is set of a coverage; its payer by name, identifier (NM109) or the number that registration gives it."""

_MEND, _ADD = "coverage.mend", "coverage.add"
_MOST = 9


class CoverageRefused(CodedeskError):
    """There is no such account, coverage, payer or field, or the value does not fit."""

    title = "coverage"
    exit_code = 1


@dataclass(frozen=True)
class CoverageSet:
    """What was done: the place of the coverage, and the claims that state it now or left without it, by numbers."""

    sequence: int
    changed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def told(self) -> str:
        """What became of the claims, in sentences."""
        said = [f"Claim {number} states it now: scrub it." for number in self.changed]
        said += [f"Claim {number} has left without it: codedesk claims replace {number}." for number in self.left]
        return " ".join(said)


def account_of(session: Session, name: str) -> str:
    """The id of the account that its number, a claim's or a visit's names. Raises CoverageRefused."""
    found = set(session.exec(select(Account.id).where((Account.account_number == name) | (Account.id == name))))
    visits = select(Encounter.account_id).outerjoin(Claim, col(Claim.encounter_id) == Encounter.id)
    found |= set(session.exec(visits.where((Claim.claim_number == name) | (Encounter.visit_number == name))))
    if len(found) != 1:
        what = "no account, visit or claim" if not found else "more than one account"
        raise CoverageRefused(f"{what} is called {name[:40]!r}", "codedesk claims show names the visit")
    return found.pop()


def coverages_listed(db: Database, actor: Actor, account_id: str) -> list[tuple[Coverage, Payer]]:
    """The coverages of an account in their order, as a look at it. Raises ChartRestricted."""
    access.look(db, actor, "coverage.list", "account", [account_id])
    with db.reading() as session:
        return list(_rows(session, account_id))


def coverage_choices(db: Database, actor: Actor, claim_id: str) -> tuple[str, dict[str, str], list[tuple[str, str]]]:
    """The account of a claim, the fields of its coverages by place (`coverage.1.member_id`), and the payers known.

    It is a look at them. Raises ChartRestricted.
    """
    with db.reading() as session:
        visit = session.get_one(Claim, claim_id).encounter_id
        account_id = session.get_one(Encounter, visit).account_id
    rows = coverages_listed(db, actor, account_id)
    stated = {
        f"coverage.{row.sequence}.{name}": str(payer.name if name == "payer" else getattr(row, name) or "")
        for row, payer in rows
        if payer.line_of_business != SELF_PAY
        for name in FIELDS
    }
    with db.reading() as session:
        payers = [(one.payer_identifier or one.name, one.name) for one in known_payers(session)]
    return account_id, stated, payers


def known_payers(session: Session) -> list[Payer]:
    """The payers that a coverage may name, by name."""
    return list(session.exec(select(Payer).where(Payer.line_of_business != SELF_PAY).order_by(Payer.name, Payer.id)))


def mend_coverage(
    db: Database,
    actor: Actor,
    account_id: str,
    sequence: int,
    values: Mapping[str, str],
    operation_id: str | None = None,
) -> CoverageSet:
    """Set fields of one coverage; an empty value takes it out. Raises CoverageRefused, ChartRestricted."""
    with db.change(actor, operation_id, _MEND) as change:
        if change.repeated:
            return _again(change)
        session = change.session
        _let_in(change, account_id)
        row = session.exec(
            select(Coverage).where(Coverage.account_id == account_id, Coverage.sequence == sequence)
        ).first()
        if row is None:
            raise CoverageRefused(f"the account has no coverage {sequence}", "codedesk coverages add makes one")
        before = _present(session, row)
        after = {**before, **_checked(session, sequence, {**_stated(before), **values}, tuple(values))}
        changed = [name for name in FIELDS if after[name] != before[name]]
        for name in changed:
            setattr(row, "payer_id" if name == "payer" else name, _kept(name, after[name]))
        session.add(row)
        if not changed:
            change.answer = asdict(CoverageSet(sequence))
            return CoverageSet(sequence)
        was, now = ({name: one[name] for name in changed} for one in (before, after))
        change.log(_MEND, "account", account_id, coverage=row.id, sequence=sequence, before=was, after=now)
        return _followed(change, account_id, sequence)


def add_coverage(
    db: Database,
    actor: Actor,
    account_id: str,
    payer: str,
    values: Mapping[str, str],
    before: int | None = None,
    operation_id: str | None = None,
) -> CoverageSet:
    """Add a coverage behind the others, or before the one at a place; it takes the place of a self-pay entry.

    Before the first of an account that has none, or that the patient pays alone, it is the first.
    Raises CoverageRefused, ChartRestricted.
    """
    with db.change(actor, operation_id, _ADD) as change:
        if change.repeated:
            return _again(change)
        session = change.session
        _let_in(change, account_id)
        rows = [row for row, of in _rows(session, account_id) if of.line_of_business != SELF_PAY]
        gone = [row for row, of in _rows(session, account_id) if of.line_of_business == SELF_PAY]
        sequences = [row.sequence for row in rows]
        freed = {row.sequence for row in gone} | ({1} if not rows else set())
        if before is not None and before not in sequences and before not in freed:
            raise CoverageRefused(f"the account has no coverage {before} to put one before")
        if len(rows) >= _MOST:
            raise CoverageRefused(f"the account has {_MOST} coverages, which is the most that a claim can name")
        for row in gone:
            session.delete(row)
        session.flush()
        place = before or max(sequences, default=0) + 1
        for row in reversed(rows):
            if before in sequences and row.sequence >= place:
                row.sequence += 1
                session.add(row)
                session.flush()  # one by one, the last first: no two of an account have one place
        stated = {"relationship": "self", **values, "payer": payer}
        checked = _checked(session, place, stated, tuple(stated))
        fields = {name: _kept(name, value) for name, value in checked.items() if name != "payer"}
        made = Coverage(account_id=account_id, payer_id=str(checked["payer"]), sequence=place, **fields)
        session.add(made)
        session.flush()
        change.log(_ADD, "account", account_id, coverage=made.id, sequence=place, after=checked, self_pay=len(gone))
        return _followed(change, account_id, place)


def _again(change: Change) -> CoverageSet:
    return CoverageSet(change.answer["sequence"], *(tuple(change.answer[name]) for name in ("changed", "left")))


def _let_in(change: Change, account_id: str) -> None:
    change.target = ("account", account_id)
    account = change.session.get(Account, account_id)
    if account is None:
        raise CoverageRefused(f"no account has the id {account_id[:40]!r}")
    access.require_access(change, account.patient_id)


def _rows(session: Session, account_id: str) -> Sequence[tuple[Coverage, Payer]]:
    query = select(Coverage, Payer).join(Payer, col(Payer.id) == Coverage.payer_id)
    return session.exec(query.where(Coverage.account_id == account_id).order_by(col(Coverage.sequence))).all()


def _present(session: Session, row: Coverage) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in FIELDS if name != "payer"}
    return {"payer": row.payer_id, **plain, "relationship": row.relationship.value}


def _stated(present: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value or "") for name, value in present.items()}


def _checked(session: Session, sequence: int, stated: Mapping[str, str], named: Sequence[str]) -> dict[str, Any]:
    """The named fields as they are kept. Raises CoverageRefused."""
    if unknown := [name for name in named if name not in FIELDS]:
        raise CoverageRefused(f"{unknown[0][:40]!r} is no field of a coverage", f"known: {', '.join(FIELDS)}")
    plain = {name: " ".join(value.split()) for name, value in stated.items() if name != "payer"}
    try:
        fits = CoverageFields.model_validate(
            {"sequence": sequence, **{name: value or _EMPTY.get(name, "") for name, value in plain.items()}}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise CoverageRefused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    kept = {name: getattr(fits, name) for name in named if name != "payer"}
    if "relationship" in kept:
        kept["relationship"] = fits.relationship.value
    if "payer" in named:
        kept["payer"] = _payer(session, stated["payer"]).id
    return kept


def _kept(name: str, value: Any) -> Any:
    return Relationship(value) if name == "relationship" else value


_EMPTY: dict[str, Any] = {
    "subscriber_birth_date": None,
    "effective_on": None,
    "expires_on": None,
    "relationship": "self",
}
"""What stands for nothing in fields that are no text."""


def _payer(session: Session, name: str) -> Payer:
    wanted = name.strip().lower()
    known = known_payers(session)
    for told in ("id", "payer_identifier", "local_id", "name"):
        found = [one for one in known if wanted and str(getattr(one, told)).lower() == wanted]
        if len(found) == 1:
            return found[0]
    raise CoverageRefused(
        f"the record knows no one payer called {name[:40]!r}", "codedesk coverages payers lists those it knows"
    )


def _followed(change: Change, account_id: str, sequence: int) -> CoverageSet:
    """Have the claims of the account follow, and keep the answer."""
    change.session.flush()
    told: Restated = restate_of_account(change, account_id, "a biller changed the coverage")
    done = CoverageSet(sequence, told.changed, told.left)
    change.answer = asdict(done)
    return done


@dataclass
class Mends:
    """What billers did to the coverages of an account: fields by coverage, and the coverages that they added, by id."""

    fields: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    self_pay: bool = False


def mends_of(session: Session, account_id: str) -> Mends:
    """What billers did to the coverages of an account, from the log."""
    query = select(LogEntry).where(
        LogEntry.target_kind == "account",
        LogEntry.target_id == account_id,
        col(LogEntry.action).in_((_MEND, _ADD)),
    )
    mends = Mends()
    for entry in session.exec(query.order_by(col(LogEntry.seq))):
        coverage = str(entry.detail["coverage"])
        if entry.action == _ADD:
            mends.added.add(coverage)
            mends.self_pay |= bool(entry.detail["self_pay"])
            continue
        own = mends.fields.setdefault(coverage, {})
        for name, now in entry.detail["after"].items():
            own[name] = (own[name][0] if name in own else entry.detail["before"][name], now)
    return mends


Said = tuple[dict[str, Any], Payer]
"""A coverage as registration says it: its fields, those that it names alone, and its payer."""


def beside_mends(
    mends: Mends, stored: Sequence[Coverage], said: Sequence[Said]
) -> tuple[list[tuple[Coverage | None, dict[str, Any]]], list[str]]:
    """What registration's coverages come to beside what billers did: rows with their new values, and what is told.

    Rows that are in none of the pairs are registration's no more; a pair without a row is a new one.
    """
    ordered = sorted(stored, key=lambda row: row.sequence)
    own = [row for row in ordered if row.id not in mends.added]
    added = [row for row in ordered if row.id in mends.added]
    pairs: list[tuple[Coverage | None, dict[str, Any]]] = []
    notes: list[str] = []
    free = max((row.sequence for row in ordered), default=0)
    for values, payer in sorted(said, key=lambda one: one[0]["sequence"]):
        if mends.self_pay and added and payer.line_of_business == SELF_PAY:
            notes.append("self pay of the message is left out: a biller added a coverage")
            continue
        row = own.pop(0) if own else next((one for one in added if one.payer_id == payer.id), None)
        if row is None:
            free += 1
            pairs.append((None, {**values, "payer_id": payer.id, "sequence": free}))
            continue
        if row in added:
            added.remove(row)
        kept, told = _beside(mends.fields.get(row.id, {}), row, {**values, "payer_id": payer.id})
        pairs.append((row, {**kept, "sequence": row.sequence}))
        notes += told
    for row in added:
        pairs.append((row, {"sequence": row.sequence}))
        notes.append(f"coverage {row.sequence}, which a biller added, stays")
    return pairs, notes


def _beside(
    mended: Mapping[str, tuple[Any, Any]], row: Coverage, values: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The values of a message without those that repeat what was mended, and what is told of the mended ones."""
    kept, notes = dict(values), []
    for name, (was, now) in mended.items():
        column = "payer_id" if name == "payer" else name
        if column not in values:
            continue
        said, words = getattr(values[column], "value", values[column]), name.replace("_", " ")
        if said == was and said != now:
            del kept[column]
            notes.append(
                f"{words} of coverage {row.sequence} stays as a biller mended it; the message repeats the old one"
            )
        elif said != now:
            notes.append(f"{words} of coverage {row.sequence} is the message's now; a biller had mended it")
    return kept, notes
