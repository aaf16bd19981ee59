"""Every kind of bad claim is named before it leaves, at its field, and no file is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims import scrubbing
from store.claims.build import store_claim
from store.claims.content import ClaimContent
from store.claims.details import Attachment, Drug
from store.claims.export import ExportRefused, export_claims
from store.claims.scrubbing import scrub_claim
from store.database import Database
from store.models import Claim, Finding
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter
from tests.store.claim_samples import SOUND_CLAIM as CLINIC
from tests.store.claim_shapes import (
    INPATIENT,
    INSURED,
    Change,
    with_bill,
    with_details,
    with_first_line,
    with_parties,
)

BAD_NPI = "1234567890"


@dataclass(frozen=True)
class Bad:
    """A fault, and the field that it is named at."""

    change: Change
    at: str
    stay: bool = False


def first_line(**values: object) -> Change:
    return lambda claim: replace(claim, lines=(replace(claim.lines[0], **values), *claim.lines[1:]))  # type: ignore[arg-type]


def billing(**values: object) -> Change:
    return lambda claim: with_parties(billing=replace(claim.parties.billing, **values))(claim)  # type: ignore[arg-type]


def _paid_wrong(claim: ClaimContent) -> ClaimContent:
    made = INSURED["secondary by claim"](claim)
    (first,) = made.parties.other_coverages
    prior = replace(first.prior, paid_cents=first.prior.paid_cents + 1)
    return with_parties(other_coverages=(replace(first, prior=prior),))(made)


def _unanswered(claim: ClaimContent) -> ClaimContent:
    made = INSURED["secondary by claim"](claim)
    (first,) = made.parties.other_coverages
    return with_parties(other_coverages=(replace(first, prior=None),))(made)


STREET = replace(CLINIC.parties.billing.address, line1="P.O. Box 12")
SHORT_ZIP = replace(CLINIC.parties.billing.address, zip="68814")
BAD: dict[str, Bad] = {
    "no pointer": Bad(first_line(pointers=()), "line.1.pointers"),
    "pointer to nothing": Bad(first_line(pointers=(9,)), "line.1.pointers"),
    "five pointers": Bad(first_line(pointers=(1, 2, 1, 2, 1)), "line.1.pointers"),
    "bad NPI of who bills": Bad(billing(npi=BAD_NPI), "billing.npi"),
    "bad NPI of who rendered": Bad(
        with_parties(rendering=replace(CLINIC.parties.rendering, npi=BAD_NPI)), "rendering.npi"
    ),
    "box as billing address": Bad(billing(address=STREET), "billing.address"),
    "five digits of the ZIP code": Bad(billing(address=SHORT_ZIP), "billing.address"),
    "replacement without the payer's number": Bad(lambda claim: replace(claim, frequency="7"), "original_reference"),
    "void without the payer's number": Bad(lambda claim: replace(claim, frequency="8"), "original_reference"),
    "drug without eleven digits": Bad(with_first_line(drug=Drug("1-2-3")), "line.1.drug"),
    "drug without a quantity": Bad(with_first_line(drug=Drug("00000000001")), "line.1.drug"),
    "delay reason that is none": Bad(with_details(delay_reason="12"), "details.delay_reason"),
    "attachment without its number": Bad(
        with_details(attachments=(Attachment("OZ", "BM"),)),
        "details.attachment",
    ),
    "answers of a payer that do not add up": Bad(_paid_wrong, "coverage.1.prior"),
    "second payer before the first answered": Bad(_unanswered, "coverage.1.prior"),
    "no attending provider": Bad(with_bill(attending=None), "facility_bill.attending", stay=True),
    "no patient status": Bad(with_bill(patient_status=""), "facility_bill.patient_status", stay=True),
    "no hour of admission": Bad(with_bill(admitted_at="2026-09-10"), "facility_bill.admitted_at", stay=True),
    "no admitting diagnosis": Bad(with_bill(admitting=""), "facility_bill.admitting", stay=True),
    "revenue code of three digits": Bad(first_line(revenue_code="120"), "line.1.revenue_code", stay=True),
    "more days of room than nights": Bad(first_line(units=9), "line.1.units", stay=True),
}


@pytest.fixture(autouse=True)
def as_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the claims of these tests as they are: no chart says what they state."""
    monkeypatch.setattr(scrubbing, "restate_claim", lambda *_: False)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_claim_is_named_at_its_field_and_no_file_is_written(db: Database, tmp_path: Path, kind: str) -> None:
    bad = BAD[kind]
    content = bad.change(INPATIENT if bad.stay else CLINIC)
    claim_id = stored(db, content)

    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)

    with pytest.raises(ExportRefused, match="no file was written") as refused:
        export_claims(db, SYSTEM, [claim_id], tmp_path / "out.837", form=content.form)
    with db.reading() as session:
        blocking = {one.place for one in session.exec(select(Finding)) if one.severity.blocks}
        number = session.get_one(Claim, claim_id).claim_number
    assert bad.at in blocking
    assert [one.claim_number for one in refused.value.claims] == [number]
    assert list(tmp_path.glob("out.837*")) == []


def test_a_total_that_is_not_the_sum_of_the_lines_is_named_too(db: Database, tmp_path: Path) -> None:
    claim_id = stored(db, CLINIC)
    with db.change(SYSTEM) as change:
        change.session.get_one(Claim, claim_id).total_cents += 1

    scrub_claim(db, CODES, SYSTEM, claim_id, today=TODAY)

    with pytest.raises(ExportRefused):
        export_claims(db, SYSTEM, [claim_id], tmp_path / "out.837")
    with db.reading() as session:
        assert "total_cents" in {one.place for one in session.exec(select(Finding)) if one.severity.blocks}


def stored(db: Database, content: ClaimContent) -> str:
    """The claim as a row of the record; its id."""
    with db.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        claim = Claim(
            claim_number="",
            form=content.form,
            encounter_id=encounter.id,
            coding_id=add_coding(change.session, encounter),
            frequency=content.frequency,
            service_from="",
            service_through="",
        )
        store_claim(change.session, claim, content.parties, content.diagnoses, content.lines, content.service_from)
        return claim.id
