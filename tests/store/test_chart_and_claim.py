"""The edits say of a chart what they will say of its claim: both ask them the same, beside the codes too."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import Session, select

from codesets.articles import Articles
from codesets.edits import CodedEncounter, check_codes
from codesets.edits.made_facts import MadeFacts, made_facts
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.content import load_claim
from store.claims.scrubbing import scrub_facts
from store.coding.codes import Codes, Diagnosis, ProcedureLine
from store.coding.guideline_rules import check_guidelines
from store.coding.lookup import chart_encounter
from store.database import Database
from store.models import Claim, FinalProcedureLine, Payer, WorkItem
from store.queries import SessionReader
from store.queries.charts import chart_head
from store.queries.codings import coding_codes
from store.queries.surroundings import Surroundings, surroundings_of
from store.scrub.engine import coded_encounter
from store.scrub.sample import TODAY
from store.terms import CodingKind, DiagnosisRole, WorkStatus
from tests.store.claim_samples import add_coding, add_encounter
from tests.store.test_guideline_rules import HEAD

pytestmark = pytest.mark.both_databases

ANOTHER = "1999990041"
KINDS = [CodingKind.PROFESSIONAL, CodingKind.FACILITY]


def visit(session: Session, number: str, service: str, kind: CodingKind, *lines: tuple[str, str]) -> tuple[str, str]:
    """A visit of the one patient, billed to Medicare; lines are codes with their performers. Coding and work item."""
    encounter = add_encounter(session, number, service)
    session.exec(select(Payer)).one().claim_filing_code = "MB"
    coding_id = add_coding(session, encounter, lines=tuple((code, (1,)) for code, _ in lines), kind=kind)
    rows = session.exec(select(FinalProcedureLine).where(FinalProcedureLine.coding_id == coding_id))
    for row, (_, performer) in zip(rows, lines, strict=True):
        row.performer_npi = performer
    item = WorkItem(encounter_id=encounter.id, kind=kind, status=WorkStatus.FINAL, worklist="clinic")
    session.add(item)
    session.flush()
    return coding_id, item.id


def asked_of_the_chart(session: Session, item_id: str, coding_id: str) -> CodedEncounter:
    reader = SessionReader(session)
    head = chart_head(reader, item_id)
    return chart_encounter(head, coding_codes(reader, coding_id), surroundings_of(reader, head))


def asked_of_the_claim(session: Session, coding_id: str) -> CodedEncounter:
    claim = session.exec(select(Claim).where(Claim.coding_id == coding_id)).one()
    content = load_claim(session, claim.id)
    asked = coded_encounter(content, scrub_facts(session, claim, content, MadeFacts(), TODAY).others)
    assert asked is not None
    return asked


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_asked_about_as_its_claim_is(db: Database, kind: CodingKind) -> None:
    with db.change(SYSTEM) as change:
        earlier, _ = visit(change.session, "V0", "2026-08-20", kind, ("G0105", ""))
        coding_id, item_id = visit(change.session, "V1", "2026-09-15", kind, ("G0463", ""), ("G0439", ANOTHER))
    build_claims(db, SYSTEM)

    with db.reading() as session:
        chart = asked_of_the_chart(session, item_id, coding_id)
        claim = asked_of_the_claim(session, coding_id)

    assert chart.medicare and claim.medicare
    assert chart.others == claim.others != ()
    assert (chart.age, chart.sex, chart.date) == (claim.age, claim.sex, claim.date)
    shown = {(p.code, p.modifiers, p.pointers, p.date or chart.date, p.units, p.performer) for p in chart.service_lines}
    assert shown == {(p.code, p.modifiers, p.pointers, p.date, p.units, p.performer) for p in claim.service_lines}


def test_a_line_of_a_facility_is_supported_by_every_diagnosis_of_its_claim() -> None:
    others = tuple(Diagnosis(code) for code in ("E11.9", "E78.5", "M54.50", "I10"))
    codes = Codes((Diagnosis("J45.909", DiagnosisRole.PRINCIPAL), *others), LINES[:1])
    article = made_facts({"articles": {"52423": [["ZZ001"], ["I10"], []]}})

    encounter = chart_encounter(replace(HEAD, kind=CodingKind.FACILITY), codes, MEDICARE)

    assert check_codes(encounter, article) == ()


LINES = (
    ProcedureLine("hcpcs", "ZZ001", pointers=(1,)),
    ProcedureLine("hcpcs", "ZZ002", pointers=(1,), performer_npi=ANOTHER),
)
MEDICARE = Surroundings(filing_code="MB", performer="1999990033")


def found(facts: MadeFacts, around: Surroundings) -> list[str]:
    codes = Codes((Diagnosis("J45.909", DiagnosisRole.PRINCIPAL),), LINES)
    return [one.rule_id for one in check_codes(chart_encounter(HEAD, codes, around), facts)]


def test_what_medicare_does_not_cover_is_told_on_the_chart() -> None:
    article = {"articles": {"52423": [["ZZ001"], ["I10"], []]}}
    status = {"fees": {"ZZ001": {"status": "N"}}}
    unread = MadeFacts(article_list=Articles(warning="No articles are loaded."))

    told = [found(facts, MEDICARE) for facts in (made_facts(article), made_facts(status), unread)]

    assert told == [["c151"], ["c142"], ["c153"]]
    assert [found(facts, replace(MEDICARE, filing_code="CI")) for facts in (made_facts(article), unread)] == [[], []]


def test_a_pair_of_two_who_performed_is_a_warning_on_the_chart_and_of_one_an_error() -> None:
    pair = made_facts({"pairs": [["ZZ001", "ZZ002", 1]]})

    assert found(pair, MEDICARE) == ["c90"]
    assert found(pair, replace(MEDICARE, performer=ANOTHER)) == ["c82"]


def test_where_other_claims_of_the_patient_are_not_known_global_days_are_said_to_be_unchecked() -> None:
    assert found(MadeFacts(), replace(MEDICARE, others=None)) == ["c124"]


def test_a_rule_of_codes_that_asks_for_the_payer_is_told_on_the_chart() -> None:
    codes = Codes((Diagnosis("J45.909"),), (ProcedureLine("hcpcs", "J1100", pointers=(1,)),))

    assert [one.rule_id for one in check_guidelines(HEAD, codes, around=MEDICARE)] == ["r309"]
    assert check_guidelines(HEAD, codes, around=replace(MEDICARE, filing_code="CI")) == ()
