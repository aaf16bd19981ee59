"""Samples of final codings: what is there to be picked, the draw, its snapshot, and the proof that it can be repeated.

An account that was audited before is never picked again, unless its sample was withdrawn; how many were left out for
that is kept. The snapshot of the
population is what the draw was made from, so that the same seed gives the same charts whatever happened since.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from codesets.errors import UsageError
from codesets.safe import safe_line
from store import log
from store.actors import Actor
from store.amounts import MOST_WHOLE
from store.audits.sampling import Method, SampleTooLarge, Size, Unit, pick
from store.audits.schemes import USUAL, scheme_named
from store.audits.states import AuditRefused
from store.database import Database
from store.models import (
    Audit,
    AuditPopulation,
    AuditSample,
    Claim,
    Coding,
    CodingDrg,
    Coverage,
    EditFiring,
    Encounter,
    FinalDiagnosis,
    FinalProcedureLine,
    Finding,
    Payer,
    Person,
    RuleVersion,
)
from store.queries import SessionReader
from store.queries.codings import coding_codes
from store.settings import load_settings
from store.terms import AuditStatus, ClaimStatus, CodingKind, CodingStatus, Setting
from store.whole import require_seen

STRATA = ("coder", "type", "payer", "drg")
SELF_PAY = "Self pay"


@dataclass(frozen=True)
class Criteria:
    """What narrows the population; empty means any. `since` and `until` are ISO days of final coding, both included.

    `codes` are beginnings of codes (with their dot), `rule` the id of an edit that found something on the chart or
    its claim, `least_cents` the charges from which a chart counts as dear.
    """

    since: str = ""
    until: str = ""
    coders: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    payers: tuple[str, ...] = ()
    kind: str = ""
    codes: tuple[str, ...] = ()
    rule: str = ""
    least_cents: int = 0

    @property
    def words(self) -> str:
        """In one line, as a person would say it."""
        said = [
            f"final coded {self.since or 'from the beginning'} to {self.until or 'today'}",
            *(f"by {one}" for one in self.coders),
            *self.types,
            *self.payers,
            self.kind,
            *(f"with {one}" for one in self.codes),
            f"found by {self.rule}" if self.rule else "",
            f"from {self.least_cents / 100:,.2f} on" if self.least_cents else "",
        ]
        return ", ".join(part for part in said if part)


@dataclass(frozen=True)
class Drawn:
    """A sample as it was drawn."""

    sample_id: str
    name: str
    picked: int
    population: int
    audited_before: int
    seed: int


@dataclass(frozen=True)
class Reproduced:
    """Whether the snapshot is whole, and the draw from it gives the same charts in the same order."""

    name: str
    picked: int
    population: int
    seed: int
    snapshot_whole: bool
    same: bool


def draw(
    db: Database,
    actor: Actor,
    name: str,
    method: Method,
    size: Size,
    criteria: Criteria,
    seed: int | None = None,
    stratified_by: str = "",
    prebill: bool = False,
    blind: bool = True,
    scheme: str = USUAL,
    operation_id: str | None = None,
) -> Drawn:
    """Draw a sample of final codings. Raises SampleTooLarge, AuditRefused (a name twice), UsageError."""
    title = safe_line(" ".join(name.split()))
    _refuse_vague(title, method, stratified_by, criteria)
    if seed is not None and not 0 <= seed <= MOST_WHOLE:
        raise UsageError(f"a seed is a whole number from 0 to {MOST_WHOLE:,}", "without one it is made up")
    rules = scheme_named(scheme)
    with db.change(actor, operation_id, "audit.draw") as change:
        if change.repeated:
            return Drawn(**change.answer)
        session = change.session
        if session.exec(select(AuditSample.id).where(AuditSample.name == title)).first():
            raise AuditRefused(f"a sample is called {title} already", "give this one another name")
        strata = stratified_by if method is Method.STRATIFIED else ""
        population, before = population_of(session, criteria, strata, unbilled=prebill)
        _refuse_empty(population, before, criteria, prebill)
        number = random.SystemRandom().randrange(1, 100_000) if seed is None else seed
        picked = _picked(population, method, size, number, before)
        sample = AuditSample(
            name=title,
            method=method.value,
            prebill=prebill,
            blind=blind,
            seed=number,
            size="all" if method is Method.EVERYTHING else size.words,
            asked=asdict(size),
            criteria=asdict(criteria),
            stratified_by=strata,
            population=len(population),
            population_sha256=_hash(population),
            audited_before=before,
            scheme=rules.to_json(),
            answer_days=load_settings().audit_answer_days,
            made_by=actor.person_id,
        )
        session.add(sample)
        session.flush()
        session.add(AuditPopulation(audit_sample_id=sample.id, units=[[unit.id, unit.stratum] for unit in population]))
        for position, unit in enumerate(picked, 1):
            session.add(audit_of_coding(session, sample.id, position, unit.id, unit.stratum))
        change.log(
            "audit.draw", "audit_sample", sample.id, name=title, method=method.value, seed=number, picked=len(picked)
        )
        done = Drawn(sample.id, title, len(picked), len(population), before, number)
        change.answer = asdict(done)
        return done


@dataclass(frozen=True)
class Planned:
    """What a draw would pick, before it is made; its population was final coded from the ISO day `first` to `last`."""

    picked: int
    population: int
    audited_before: int
    first: str
    last: str


def plan(
    session: Session, method: Method, size: Size, criteria: Criteria, stratified_by: str = "", prebill: bool = False
) -> Planned:
    """What a draw would pick now. Raises SampleTooLarge where there is nothing, or less than is asked for."""
    strata = stratified_by if method is Method.STRATIFIED else ""
    population, before = population_of(session, criteria, strata, unbilled=prebill)
    _refuse_empty(population, before, criteria, prebill)
    picked = _picked(population, method, size, 1, before)
    ends = (session.get_one(Coding, population[place].id).finalized_at or "" for place in (0, -1))
    return Planned(len(picked), len(population), before, *(end[:10] for end in ends))


def _refuse_empty(population: Sequence[Unit], before: int, criteria: Criteria, prebill: bool) -> None:
    """Raise SampleTooLarge with what narrowed it where a population is empty."""
    if not population:
        more = f"; {before} were audited before" if before else ""
        billed = ", of charts that are not billed yet" if prebill else ""
        said = f"no chart is there to pick from: {criteria.words}{billed}{more}"
        raise SampleTooLarge(said, "widen the days or types")


def _refuse_vague(title: str, method: Method, stratified_by: str, criteria: Criteria) -> None:
    if not title:
        raise UsageError("a sample needs a name", "as in codedesk audits draw 2026-Q3-clinic 30")
    if method is Method.STRATIFIED and stratified_by not in STRATA:
        raise UsageError("a stratified sample names its strata", f"--by {', '.join(STRATA)}")
    if method is Method.FOCUSED and not (criteria.rule or criteria.codes or criteria.least_cents):
        raise UsageError("a focused sample names its focus", "--rule, --code or --from-dollars")


def _picked(population: Sequence[Unit], method: Method, size: Size, seed: int, before: int) -> list[Unit]:
    """The units of the sample; who asks for too many is told as well how many were audited `before`."""
    try:
        return pick(population, method, size, seed)
    except SampleTooLarge as error:
        if before:
            raise SampleTooLarge(f"{error.message}; {before} more were audited before", error.remedy) from None
        raise


def reproduce(db: Database, actor: Actor, name: str) -> Reproduced:
    """Draw a sample again from its snapshot and compare.

    Raises AuditRefused for a sample that is not there, PartOfRecord for one that has audits of other facilities.
    """
    log.note(db, actor, "audit.reproduce", "audit_sample", name)
    with db.reading() as session:
        sample = sample_named(session, name)
        require_seen(SessionReader(session), "audit_sample", (sample.id,), "drawing it again")
        units = session.get_one(AuditPopulation, sample.id).units
        population = [Unit(identity, stratum) for identity, stratum in units]
        again = pick(population, Method(sample.method), Size(**sample.asked), sample.seed)
        kept = session.exec(
            select(Audit.coding_id)
            .where(Audit.audit_sample_id == sample.id, Audit.second_of == "")
            .order_by(col(Audit.position))
        ).all()
        return Reproduced(
            sample.name,
            len(kept),
            len(population),
            sample.seed,
            _hash(population) == sample.population_sha256,
            [unit.id for unit in again] == list(kept),
        )


def population_of(
    session: Session, criteria: Criteria, stratified_by: str = "", unbilled: bool = False
) -> tuple[list[Unit], int]:
    """What there is to pick from, the oldest first, and how many were left out as audited before.

    `unbilled` leaves out what has left as a claim: an audit before the bill comes too late for it.
    """
    payer = (
        select(Payer.name)
        .join(Coverage, col(Coverage.payer_id) == Payer.id)
        .where(Coverage.account_id == Encounter.account_id)
        .order_by(col(Coverage.sequence))
        .limit(1)
        .scalar_subquery()
    )
    standing = Audit.status != AuditStatus.WITHDRAWN
    audited = select(Audit.id).where(Audit.account_id == Encounter.account_id, standing).exists()
    drg = select(CodingDrg.drg).where(CodingDrg.coding_id == Coding.id).scalar_subquery()
    columns: Sequence[Any] = (Coding.id, Person.login, Encounter.setting, func.coalesce(payer, SELF_PAY), audited, drg)
    query = (
        select(*columns)
        .join(Encounter, Encounter.id == Coding.encounter_id)
        .join(Person, Person.id == Coding.coder_id, isouter=True)
        .where(Coding.status == CodingStatus.FINAL, *_conditions(criteria, payer))
        .order_by(Coding.finalized_at, Coding.id)
    )
    if unbilled:
        billed = col(Claim.export_id).is_not(None) | (col(Claim.status) == ClaimStatus.PATIENT)
        left = select(Claim.id).where(Claim.coding_id == Coding.id, billed)
        query = query.where(~left.exists())
    rows = session.execute(query).all()
    strata = {"coder": 1, "type": 2, "payer": 3, "drg": 5}
    place = strata.get(stratified_by)
    units = [Unit(row[0], str(getattr(row[place], "value", row[place] or "")) if place else "") for row in rows]
    fresh = [unit for unit, row in zip(units, rows, strict=True) if not row[4]]
    return fresh, len(units) - len(fresh)


def audit_of_coding(session: Session, sample_id: str, position: int, coding_id: str, stratum: str = "") -> Audit:
    """An audit of a coding with its codes as they are now."""
    coding = session.get_one(Coding, coding_id)
    encounter = session.get_one(Encounter, coding.encounter_id)
    drg, weight = drg_of_coding(session, coding_id)
    return Audit(
        audit_sample_id=sample_id,
        position=position,
        encounter_id=encounter.id,
        coding_id=coding_id,
        account_id=encounter.account_id,
        kind=coding.kind,
        stratum=stratum,
        coder_id=coding.coder_id,
        coder_codes=coding_codes(SessionReader(session), coding_id).to_json(),
        coder_disposition=encounter.discharge_disposition,
        coder_drg=drg,
        coder_weight=weight,
    )


def drg_of_coding(session: Session, coding_id: str) -> tuple[str, float | None]:
    """The DRG that a grouper kept with a coding, and its relative weight; empty and None where none is kept."""
    kept = session.get(CodingDrg, coding_id)
    return (kept.drg, float(kept.weight) if kept.weight else None) if kept else ("", None)


def sample_named(session: Session, name: str) -> AuditSample:
    """A sample by name or id. Raises AuditRefused."""
    found = session.exec(select(AuditSample).where((AuditSample.name == name) | (AuditSample.id == name))).first()
    if found is None:
        raise AuditRefused(f"no sample is called {name[:60]!r}", "codedesk audits samples lists them")
    return found


def checked(criteria: Criteria, session: Session) -> Criteria:
    """The criteria, once every name in them is known. Raises UsageError, which names the one that is not."""
    known = set(session.exec(select(Person.login)))
    for login in criteria.coders:
        if login not in known:
            raise UsageError(f"no person has the login {login!r}", "codedesk users list shows them")
    for word, allowed, given in (
        ("type", [one.value for one in Setting], criteria.types),
        ("kind", [one.value for one in CodingKind], (criteria.kind,) if criteria.kind else ()),
    ):
        for one in given:
            if one not in allowed:
                raise UsageError(f"no {word} is called {one!r}", f"there are {', '.join(allowed)}")
    if criteria.rule and criteria.rule not in _rule_ids(session):
        raise UsageError(f"no rule is called {criteria.rule!r}", "codedesk rules list shows them")
    return criteria


def _rule_ids(session: Session) -> set[str]:
    from store.scrub.rules import rule_book

    book = rule_book()
    return {rule.id for rule in book.rules} | set(book.code_edits) | set(session.exec(select(RuleVersion.rule_id)))


def criteria_from(data: dict[str, Any]) -> Criteria:
    """Criteria as a sample keeps them."""
    known = {field.name for field in fields(Criteria)}
    kept: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in known}
    return Criteria(**kept)


def _conditions(criteria: Criteria, payer: object) -> list[Any]:
    where: list[Any] = []
    if criteria.since:
        where.append(col(Coding.finalized_at) >= criteria.since)
    if criteria.until:
        where.append(col(Coding.finalized_at) < criteria.until + "~")  # behind every time of that day
    if criteria.coders:
        where.append(col(Person.login).in_(criteria.coders))
    if criteria.types:
        where.append(col(Encounter.setting).in_(criteria.types))
    if criteria.payers:
        where.append(func.coalesce(payer, SELF_PAY).in_(criteria.payers))
    if criteria.kind:
        where.append(Coding.kind == criteria.kind)
    if criteria.codes:
        where.append(_begins(FinalDiagnosis, criteria.codes) | _begins(FinalProcedureLine, criteria.codes))
    if criteria.rule:
        on_chart = select(Finding.id).where(
            Finding.subject_kind == "coding", Finding.subject_id == Coding.id, Finding.rule_id == criteria.rule
        )
        on_claim = (
            select(EditFiring.id)
            .join(Claim, col(Claim.id) == EditFiring.subject_id)
            .where(EditFiring.rule_id == criteria.rule, Claim.coding_id == Coding.id)
        )
        where.append(on_chart.exists() | on_claim.exists())
    if criteria.least_cents:
        lines = select(func.coalesce(func.sum(FinalProcedureLine.charge_cents), 0)).where(
            FinalProcedureLine.coding_id == Coding.id
        )
        where.append(lines.scalar_subquery() >= criteria.least_cents)
    return where


def _begins(table: type[FinalDiagnosis] | type[FinalProcedureLine], codes: Sequence[str]) -> ColumnElement[bool]:
    coding = col(table.coding_id)
    held = select(coding).where(coding == Coding.id)
    either = [col(table.code).startswith(code, autoescape=True) for code in codes]
    whole = either[0]
    for one in either[1:]:
        whole = whole | one
    return held.where(whole).exists()


def _hash(population: Sequence[Unit]) -> str:
    return hashlib.sha256("\n".join(f"{unit.id}\t{unit.stratum}" for unit in population).encode()).hexdigest()
