"""The scorecard of a sample: its scores in whole, by coder and dimension, with intervals, money and the formula.

Only charts count whose review has ended (returned or final); findings that were overturned do not. Intervals are
Wilson's at 95 %: of charts for record over record, of codes for code over code (codes of one chart are alike, so that
the true interval is somewhat wider).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from store.actors import Actor
from store.audits.differences import Dimension
from store.audits.figures import Agreement, Share, agreement, wilson
from store.audits.found import compared, difference_of
from store.audits.samples import criteria_from, sample_named
from store.audits.schemes import Scheme
from store.audits.scores import Score, score, together
from store.audits.states import SETTLED
from store.database import Database
from store.models import Audit, AuditFinding, AuditSample, EducationTopic, Person
from store.queries import SessionReader
from store.reports.spans import is_covered
from store.settings import load_settings
from store.terms import AuditStatus, FindingStatus
from store.whole import require_seen

REVIEWED = (AuditStatus.RETURNED, AuditStatus.FINAL)
TARGET_CHARTS = 30
"""Charts that a coder's target is told from: the field's usual number a coder and period."""


@dataclass(frozen=True)
class CoderScore:
    """The scores of one coder; `name` is that of the person."""

    login: str
    name: str
    score: Score


@dataclass(frozen=True)
class Scorecard:
    """A sample with its scores; `interval` maps the name of a share to its bounds, from 0 to 1."""

    sample: str
    sample_id: str
    method: str
    words: str
    seed: int
    size: str
    population: int
    picked: int
    reviewed: int
    open_findings: int
    scheme: Scheme
    total: Score
    coders: tuple[CoderScore, ...]
    base_rate: int
    """Cents that a DRG of weight 1.0 is paid; 0 where the site has none, and DRGs have no money."""
    topics: tuple[tuple[str, int], ...]
    agreement: Agreement | None
    covered: bool = False
    """Whether it is told without what few charts stand behind (`store.audits.covered`)."""

    def interval(self, share: Share) -> tuple[float, float] | None:
        return wilson(share)

    def below(self) -> list[Dimension]:
        """The dimensions that do not reach their threshold."""
        return [
            one
            for one, share in self.total.dimensions.items()
            if share.value is not None and share.value * 100 < self.scheme.thresholds[one.value]
        ]

    def target(self, coder: CoderScore) -> str:
        """Whether a coder whose every chart is audited has reached the target, in words."""
        aim = self.scheme.thresholds[Dimension.SECONDARY.value]
        value = coder.score.code_over_code.value
        if not coder.score.code_over_code.told:
            return ""
        if value is None or value * 100 < aim:
            return f"below {aim:g} %"
        if coder.score.charts < TARGET_CHARTS:
            return f"{aim:g} % reached in {coder.score.charts} of {TARGET_CHARTS} charts"
        return f"{aim:g} % reached: sampling is enough"


def scorecard(session: Session, name: str) -> Scorecard:
    """The scorecard of a sample by its name or id. Raises AuditRefused, PartOfRecord."""
    sample = sample_named(session, name)
    require_seen(SessionReader(session), "audit_sample", (sample.id,), "a scorecard")
    audits = session.exec(select(Audit).where(Audit.audit_sample_id == sample.id).order_by(col(Audit.position))).all()
    firsts = [one for one in audits if not one.second_of]
    reviewed = [one for one in firsts if one.status in REVIEWED]
    findings = _findings(session, sample)
    scheme = Scheme.from_json(sample.scheme)
    scores = [(one, _score(one, findings.get(one.id, ()), scheme)) for one in reviewed]
    people = {one.id: one for one in session.exec(select(Person))}
    coders = []
    for coder_id in dict.fromkeys(one.coder_id for one in reviewed):
        person = people.get(coder_id or "")
        own = together([made for one, made in scores if one.coder_id == coder_id])
        coders.append(CoderScore(person.login if person else "", person.name if person else "nobody", own))
    criteria = criteria_from(sample.criteria)
    return Scorecard(
        sample=sample.name,
        sample_id=sample.id,
        method=sample.method,
        words=criteria.words,
        seed=sample.seed,
        size=sample.size,
        population=sample.population,
        picked=len(firsts),
        reviewed=len(reviewed),
        open_findings=sum(_is_open(one) for all_of in findings.values() for one in all_of),
        scheme=scheme,
        total=together([made for _, made in scores]),
        coders=tuple(sorted(coders, key=lambda one: one.name)),
        base_rate=load_settings().drg_base_rate,
        topics=_topics(session, findings),
        agreement=_agreement(audits),
    )


def score_of(session: Session, audit: Audit) -> Score:
    """The score of one chart as its findings stand."""
    sample = session.get_one(AuditSample, audit.audit_sample_id)
    found = session.exec(select(AuditFinding).where(AuditFinding.audit_id == audit.id)).all()
    return _score(audit, found, Scheme.from_json(sample.scheme))


def _score(audit: Audit, findings: Sequence[AuditFinding], scheme: Scheme) -> Score:
    coder, auditor, comparison = compared(audit)
    stands = [difference_of(one) for one in findings if one.status is not FindingStatus.OVERTURNED]
    return score(coder, auditor, comparison, stands, scheme)


def _findings(session: Session, sample: AuditSample) -> dict[str, list[AuditFinding]]:
    query = (
        select(AuditFinding)
        .join(Audit, col(Audit.id) == AuditFinding.audit_id)
        .where(Audit.audit_sample_id == sample.id)
        .order_by(col(AuditFinding.audit_id), col(AuditFinding.number))
    )
    found: dict[str, list[AuditFinding]] = {}
    for one in session.exec(query):
        found.setdefault(one.audit_id, []).append(one)
    return found


def _is_open(finding: AuditFinding) -> bool:
    """Whether a finding that was returned waits for somebody: its coder, an auditor at any level, or a manager."""
    return finding.status is not FindingStatus.DRAFT and finding.status not in SETTLED


def _topics(session: Session, findings: dict[str, list[AuditFinding]]) -> tuple[tuple[str, int], ...]:
    names = dict(session.exec(select(EducationTopic.id, EducationTopic.name)).all())
    counted: dict[str, int] = {}
    for one in (finding for of_audit in findings.values() for finding in of_audit):
        if one.topic_id and one.status is not FindingStatus.OVERTURNED:
            counted[names[one.topic_id]] = counted.get(names[one.topic_id], 0) + 1
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def _agreement(audits: Sequence[Audit]) -> Agreement | None:
    """Whether two auditors said the same of the coder's codes and added the same, chart by chart that both reviewed.

    That both hold a code for wrong is no agreement yet: what each made of it counts.
    """
    by_id = {one.id: one for one in audits}
    verdicts: list[tuple[str, str]] = []
    for second in audits:
        first = by_id.get(second.second_of)
        if first is None or first.status not in REVIEWED or second.status not in REVIEWED:
            continue
        mine, theirs = _verdicts(first), _verdicts(second)
        both = dict.fromkeys((*mine, *theirs))
        verdicts += [(mine.get(place, _NOT_ADDED), theirs.get(place, _NOT_ADDED)) for place in both]
    return agreement(verdicts)


_NOT_ADDED = "not added"


def _verdicts(audit: Audit) -> dict[tuple[bool, int, str], str]:
    """Of every row of the coder what the auditor made of it, and of every code that the auditor added that it was."""
    _, _, comparison = compared(audit)
    verdicts = {}
    for row in comparison.rows:
        said = "; ".join(sorted(f"{one.kind}: {one.auditor}" for one in row.differences))
        if row.coder_place:
            verdicts[row.line, row.coder_place, ""] = said or ("right" if row.auditor_place else "deleted")
        else:
            verdicts[row.line, 0, row.auditor] = "added"
    return verdicts


def read_scorecard(db: Database, actor: Actor, name: str) -> Scorecard:
    """The scorecard as a person may see it, logged. Raises AuditRefused, NotAllowed, PartOfRecord."""
    with db.change(actor, action="audit.score") as change:
        change.log("audit.score", "audit_sample", name)
        card = scorecard(change.session, name)
    if not is_covered(actor):
        return card
    from store.audits.covered import covered_card

    return covered_card(card)
