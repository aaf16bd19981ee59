"""What would stop the claim of a coding that is not final yet: its claim is composed and scrubbed, and nothing kept.

The same composition as `store.claims.build` and the same rules as `store.claims.scrubbing`, on the codes as they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from codesets.edits import facts_of
from codesets.reference import Reference
from store.actors import Actor
from store.claims.build import NotBuiltReason, form_of, parts_of
from store.claims.chart import Chart, compose_parties, read_chart
from store.claims.content import ClaimContent, Parties
from store.claims.division import CannotDivide, Part
from store.claims.facility import BadExtra
from store.claims.followers import FOLLOWS_REPLACEMENT
from store.claims.scrubbing import scrub_facts
from store.claims.to_patient import no_payer_takes
from store.database import Database
from store.models import Claim, Coding
from store.queries import SessionReader
from store.scrub.engine import scrub
from store.scrub.site_rules import site_rules
from store.settings import load_settings
from store.settings import today as present_day


def stops_of(
    db: Database, reference: Reference, actor: Actor, coding_id: str, drg: str = "", today: dt.date | None = None
) -> tuple[str, ...]:
    """What will stop the claims of a coding once it is final, a line each; empty where they can leave.

    Nothing does where no payer takes them: the patient is billed, and no rule is asked (`store.claims.to_patient`).
    `drg` is the MS-DRG of a stay as it would be grouped now. Only for who has the chart open: nothing is logged.
    """
    with db.reading() as session:
        coding = session.get(Coding, coding_id)
        if coding is None:
            return ()
        chart = replace(read_chart(session, coding), drg=drg)
        try:
            composed = _composed(chart)
        except CannotDivide:
            return (NotBuiltReason.TOO_MANY_POINTERS.value,)
        except BadExtra as error:
            return (f"{NotBuiltReason.BAD_EXTRA.value}: {error}",)
        if isinstance(composed, NotBuiltReason):
            return (composed.value,)
        parties, parts = composed
        payer = chart.coverages[0][1] if chart.coverages else None
        if no_payer_takes(payer, parties.coverage is not None):
            return ()
        day = today or present_day()
        found = [line for part in parts for line in _found(session, reference, chart, parties, part, day)]
        return tuple(dict.fromkeys(found))


def _composed(chart: Chart) -> tuple[Parties, Sequence[Part]] | NotBuiltReason:
    """The parties and parts of the claims, or why there would be none. Raises CannotDivide, BadExtra."""
    if not chart.of_facility and not chart.lines:
        return NotBuiltReason.NO_LINES
    if chart.facility is None:
        return NotBuiltReason.NO_FACILITY
    parties = compose_parties(chart, load_settings())
    return (parties, parts) if (parts := parts_of(chart, parties)) else NotBuiltReason.NO_CHARGES


def _found(
    session: Session, reference: Reference, chart: Chart, parties: Parties, part: Part, today: dt.date
) -> list[str]:
    """The blocking findings on one claim, as its rules say them. Claims of this visit do not count as others."""
    bill = parties.facility_bill
    days = sorted(day for line in part.lines for day in (line.service_date, line.service_through) if day)
    first, last = (bill.statement_from, bill.statement_through) if bill else (days[0], days[-1])
    claim = Claim(
        claim_number="",
        form=form_of(chart.coding),
        encounter_id=chart.encounter.id,
        coding_id=chart.coding.id,
        frequency="1",
        service_from=first,
        service_through=last,
        follows_as=FOLLOWS_REPLACEMENT,
    )
    content = ClaimContent(
        claim_number="would-be",
        form=claim.form,
        frequency="1",
        parties=replace(parties, build_notes=part.notes),
        diagnoses=tuple(part.diagnoses),
        lines=tuple(part.lines),
        total_cents=sum(line.charge_cents for line in part.lines),
        service_from=first,
        service_through=last,
    )
    # Final coding groups the stay anew: what an earlier grouping of this coding says is no fault of it.
    facts = replace(scrub_facts(session, claim, content, facts_of(reference), today), grouped=None)
    book = site_rules(SessionReader(session)).for_claim(content)
    return [one.message for one in scrub(content, facts, book) if one.severity.blocks]
