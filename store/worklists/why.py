"""Why a chart is where it is: every rule from the top with its criteria on this chart, and the parts of its place.

Of a restricted chart it tells what lists show; what else a rule asks is told as asked, and not with what is here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from store.criteria import Judged, parse
from store.criteria.facts import facts_of
from store.holds.clocks import coder_seconds
from store.models.columns import now
from store.queries import Reader
from store.queries.worklists import WhyHere, why_here
from store.terms import RESTRICTED
from store.worklists.rulebook import RuleSeen, SortKey
from store.worklists.versions import rulebook


@dataclass(frozen=True)
class Why:
    """A chart's worklist and place, explained. Seconds are whole; the days to bill are below 0 when they are over."""

    worklist: str
    version: int
    taken: RuleSeen
    above: tuple[RuleSeen, ...]
    """The rules above that did not fit, in order."""
    here: WhyHere
    order: tuple[SortKey, ...]
    skill: str
    facility: str
    assigned: str
    skipped: tuple[str, ...]
    """Who skipped it, with their reasons."""
    days_to_bill: int | None
    days_since_discharge: int | None
    coder_hours: float
    moved: bool
    """Whether the rules in force would place it elsewhere than it stands: it is placed anew when it changes."""


def why(reader: Reader, work_item_id: str, today: date) -> Why | None:
    """Explain a chart's place on a day; None where it is not there."""
    here = why_here(reader, work_item_id)
    book = rulebook(reader)
    names = sorted(
        book.fields | {"restricted", "days to bill", "days since discharge", "facility", "assigned to", "skill"}
    )
    facts = facts_of(reader, work_item_id, names, today)
    if here is None or facts is None:
        return None
    seen = book.seen(facts.values, today)
    if facts.values["restricted"]:
        seen = [_without_chart(rule) for rule in seen]
    rule = next(one for one in book.rules if one.name == seen[-1].name)
    skips = reader.rows(
        "SELECT p.login, s.reason FROM work_skip s JOIN person p ON p.id = s.person_id"
        " WHERE s.work_item_id = :id AND s.until > :moment ORDER BY s.at",
        id=work_item_id,
        moment=now(),
    )
    return Why(
        worklist=facts.worklist,
        version=book.version,
        taken=seen[-1],
        above=tuple(seen[:-1]),
        here=here,
        order=rule.order,
        skill=str(facts.values["skill"] or ""),
        facility=str(facts.values["facility"] or ""),
        assigned=str(facts.values["assigned to"] or ""),
        skipped=tuple(f"{row['login']}: {row['reason']}" for row in skips),
        days_to_bill=_days(facts.values["days to bill"]),
        days_since_discharge=_days(facts.values["days since discharge"]),
        coder_hours=coder_hours(reader, work_item_id),
        moved=seen[-1].name != facts.worklist,
    )


def _without_chart(rule: RuleSeen) -> RuleSeen:
    """What a rule saw of a restricted chart: a criterion that asks what lists do not show says as much as its rule."""
    shown = [
        one if parse(one.words).field.listed else replace(one, met=rule.takes, seen=RESTRICTED.lower())
        for one in rule.criteria
    ]
    return replace(rule, criteria=tuple(shown))


def coder_hours(reader: Reader, work_item_id: str) -> float:
    """Hours that coding has had a chart until now or its final coding, without the time that it was on hold."""
    rows = reader.rows("SELECT created_at, finished_at FROM work_item WHERE id = :id", id=work_item_id)
    holds = reader.rows("SELECT opened_at, cleared_at FROM hold WHERE work_item_id = :id", id=work_item_id)
    if not rows:
        return 0.0
    spans = [(row["opened_at"], row["cleared_at"]) for row in holds]
    return round(coder_seconds(rows[0]["created_at"], rows[0]["finished_at"] or now(), spans) / 3600, 1)


def unmet(seen: RuleSeen) -> list[Judged]:
    """The criteria of a rule that a chart did not meet."""
    return [one for one in seen.criteria if not one.met]


def _days(value: object) -> int | None:
    return value if isinstance(value, int) else None
