"""Claims of every shape, professional and institutional: who is insured, times what the claim states. Nobody exists."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

from store.claims.content import (
    Accident,
    Address,
    BilledCoverage,
    BilledDiagnosis,
    BilledLine,
    ClaimContent,
    Parties,
    Practitioner,
    ServiceFacility,
)
from store.claims.details import (
    Ambulance,
    Attachment,
    Certification,
    ClaimDates,
    Details,
    Drug,
    LineDetails,
    Measurement,
)
from store.claims.facility_bill import BilledProcedure, CauseCode, DatedCode, FacilityBill, SpanCode, ValueCode
from store.claims.prior_payment import PriorAdjustment, PriorLine, PriorPayment
from tests.store.claim_samples import LINES, OWN_COVERAGE, PARTIES, PAYER, SERVICE, SOUND_CLAIM, SPOUSE

COLLEAGUE = Practitioner("Oyelaran", "Tunde", "1999990041", "207R00000X")
SURGEON = Practitioner("Marsh", "Ida", "1999990058", "208600000X")
ANNEX = ServiceFacility("Prairie Annex", "1999990058", Address("5 Oak Lane", "", "Ansel", "NE", "688140005"))
BEFORE = replace(PAYER, name="First Plan", identifier="FIRST", filing_code="CI")
AFTER = replace(PAYER, name="Third Plan", identifier="THIRD", filing_code="CI")

BILL = FacilityBill(
    type_of_bill="11",
    statement_from="2026-09-10",
    statement_through=SERVICE,
    admitted_at="2026-09-10T14:40:00-05:00",
    discharged_at="2026-09-15T13:15:00-05:00",
    admission_type="1",
    point_of_origin="1",
    patient_status="01",
    admitting="R50.9",
    drg="871",
    attending=COLLEAGUE,
)
VISIT = FacilityBill(
    type_of_bill="13",
    statement_from=SERVICE,
    statement_through=SERVICE,
    admitted_at=f"{SERVICE}T09:00:00-05:00",
    admission_type="3",
    point_of_origin="1",
    patient_status="01",
    reasons=("R07.9",),
    attending=COLLEAGUE,
)
_DAYS = BilledLine(1, "", SERVICE, 500000, 5, revenue_code="0120", unit="DA")
_DRUGS = BilledLine(2, "", SERVICE, 81234, 12, revenue_code="0250")
INPATIENT = replace(
    SOUND_CLAIM,
    form="837i",
    parties=replace(PARTIES, rendering=None, facility_bill=BILL, place_of_service=""),
    diagnoses=(BilledDiagnosis(1, "A41.9", "Y"), BilledDiagnosis(2, "N17.9", "N"), BilledDiagnosis(3, "I10", "1")),
    lines=(_DAYS, _DRUGS),
    total_cents=581234,
    service_from="2026-09-10",
)
OUTPATIENT = replace(
    INPATIENT,
    parties=replace(INPATIENT.parties, facility_bill=VISIT),
    diagnoses=(BilledDiagnosis(1, "R07.9"), BilledDiagnosis(2, "I10")),
    lines=(
        BilledLine(1, "G0463", SERVICE, 30000, 1, ("25",), revenue_code="0450"),
        BilledLine(2, "J1885", SERVICE, 4200, 2, revenue_code="0636"),
        BilledLine(3, "", SERVICE, 1234, 1, revenue_code="0250"),
    ),
    total_cents=35434,
    service_from=SERVICE,
)

Change = Callable[[ClaimContent], ClaimContent]


def with_details(**values: object) -> Change:
    """What only some claims state, for the claim as a whole."""
    return lambda claim: _parties(claim, details=Details(**values))  # type: ignore[arg-type]


def with_bill(**values: object) -> Change:
    """Something of the institutional part."""
    return lambda claim: _parties(claim, facility_bill=replace(_bill(claim), **values))  # type: ignore[arg-type]


def with_first_line(**values: object) -> Change:
    """What only some lines state, on the first one."""
    return lambda claim: _first(claim, details=LineDetails(**values))  # type: ignore[arg-type]


def with_parties(**values: object) -> Change:
    """Other parties."""
    return lambda claim: _parties(claim, **values)


def paid_before(claim: ClaimContent, by_line: bool = True) -> PriorPayment:
    """What a payer before this one answered: half is paid, the rest is reduced and left to the patient."""
    lines = []
    for line in claim.lines:
        paid, reduced = line.charge_cents // 2, line.charge_cents // 4
        left = line.charge_cents - paid - reduced
        reasons = (PriorAdjustment("CO", "45", reduced), PriorAdjustment("PR", "2", left))
        own = (line.modifiers, line.revenue_code, reasons)
        lines.append(PriorLine(line.sequence, line.code, paid, "2026-09-25", str(line.units), *own))
    paid_cents = sum(one.paid_cents for one in lines)
    patient = sum(each.cents for one in lines for each in one.adjustments if each.group == "PR")
    if by_line:
        return PriorPayment(paid_cents, "2026-09-25", "ICN77", patient, lines=tuple(lines), remarks=("MA18",))
    reasons = (
        PriorAdjustment("CO", "45", claim.total_cents - paid_cents - patient),
        PriorAdjustment("PR", "2", patient),
    )
    return PriorPayment(paid_cents, "2026-09-25", "ICN77", patient, adjustments=reasons)


def _secondary(by_line: bool, relationship: str = "self") -> Change:
    def change(claim: ClaimContent) -> ClaimContent:
        own = replace(OWN_COVERAGE, sequence=2, relationship=relationship)
        own = replace(own, subscriber=SPOUSE) if relationship != "self" else own
        first = replace(OWN_COVERAGE, payer=BEFORE, member_id="FP1", prior=paid_before(claim, by_line))
        return _parties(claim, coverage=own, other_coverages=(first,))

    return change


def _tertiary(claim: ClaimContent) -> ClaimContent:
    first = replace(OWN_COVERAGE, payer=BEFORE, member_id="FP1", prior=paid_before(claim))
    nothing = PriorPayment(
        0, "2026-09-28", "ICN88", lines=tuple(_refused(line) for line in claim.lines), remarks=("N4",)
    )
    second = replace(OWN_COVERAGE, sequence=2, payer=PAYER, relationship="spouse", subscriber=SPOUSE, prior=nothing)
    third = replace(OWN_COVERAGE, sequence=3, payer=AFTER, member_id="TP1")
    return _parties(claim, coverage=third, other_coverages=(first, second))


def _refused(line: BilledLine) -> PriorLine:
    reasons = (PriorAdjustment("OA", "23", line.charge_cents // 2),)
    reasons += (PriorAdjustment("CO", "96", line.charge_cents - line.charge_cents // 2),)
    own = (line.modifiers, line.revenue_code, reasons)
    return PriorLine(line.sequence, line.code, 0, "2026-09-28", str(line.units), *own)


def _insured(**values: object) -> Change:
    return lambda claim: _parties(claim, coverage=replace(OWN_COVERAGE, **values))  # type: ignore[arg-type]


INSURED: dict[str, Change] = {
    "self": lambda claim: claim,
    "child": _insured(relationship="child", subscriber=SPOUSE),
    "spouse": _insured(relationship="spouse", subscriber=SPOUSE),
    "other dependent": _insured(relationship="other", subscriber=SPOUSE),
    "a second payer to come": lambda claim: _parties(claim, other_coverages=(_second(),)),
    "secondary by line": _secondary(True),
    "secondary by claim": _secondary(False),
    "secondary of a dependent": _secondary(True, "spouse"),
    "tertiary": _tertiary,
}


def _second() -> BilledCoverage:
    return replace(OWN_COVERAGE, sequence=2, relationship="spouse", subscriber=SPOUSE, member_id="ZZ1", payer=AFTER)


_RIDE = Ambulance(
    "A",
    "12",
    "154",
    "",
    "Bedridden",
    Address("1 Field Road", "", "Ansel", "NE", "688140001"),
    Address("2 Clinic Way", "", "Omaha", "NE", "681020001"),
    ("01", "05"),
    2,
)
_PAPER = Attachment("OZ", "BM", "PAPER7")

SHARED: dict[str, Change] = {
    "plain": lambda claim: claim,
    "replacement": lambda claim: replace(_parties(claim, original_reference="ICN1"), frequency="7"),
    "void": lambda claim: replace(_parties(claim, original_reference="ICN1"), frequency="8"),
    "authorization": lambda claim: _covered(claim, authorization_number="AUTH 12-3", referral_number="R9"),
    "attachment": with_details(attachments=(_PAPER, Attachment("B4"))),
    "note": with_details(note="Seen for follow up", delay_reason="1"),
    "clearinghouse and demonstration": with_details(clearinghouse_number="CH1", demonstration="P40"),
    "drug": with_first_line(drug=Drug("00000-0000-01", "2.5", "ML", "RX1")),
    "line attachment and note": with_first_line(attachments=(_PAPER,), note="Second dose"),
    "pay-to address": with_parties(pay_to=Address("PO Box 12", "", "Ansel", "NE", "688140012")),
    "service facility": with_parties(service_facility=ANNEX),
    "referring": with_parties(referring=SURGEON),
    "several days": lambda claim: _first(claim, service_date="2026-09-14", service_through=SERVICE),
    "payer's number of the provider": lambda claim: _covered(claim, secondary_id="PROV1"),
}
PROFESSIONAL: dict[str, Change] = {
    **SHARED,
    "dates of an illness": with_details(
        dates=ClaimDates(
            onset="2026-09-01",
            initial_treatment="2026-09-02",
            last_seen="2026-09-03",
            acute_manifestation="2026-09-04",
            last_xray="2026-09-05",
            last_worked="2026-09-06",
            return_to_work="2026-09-12",
            disability_from="2026-09-06",
            disability_through="2026-09-12",
        )
    ),
    "pregnancy": with_details(dates=ClaimDates(last_menstrual_period="2026-03-01")),
    "shared care": with_details(dates=ClaimDates(assumed_care="2026-09-01", relinquished_care="2026-09-10")),
    "ambulance": with_details(ambulance=_RIDE),
    "auto accident": with_parties(accident=Accident("2026-09-01", "AA", "NE")),
    "accident at work": with_parties(accident=Accident("2026-09-01", "EM")),
    "homebound": with_details(homebound=True),
    "vision": with_details(certifications=(Certification("E1", "Y", ("L1",)),)),
    "patient paid": with_details(patient_paid_cents=2500),
    "laboratory": with_details(clia="28D1234567"),
    "condition codes": with_details(condition_codes=("A1", "B2")),
    "anesthesia": with_first_line(anesthesia_minutes=45),
    "supervising": with_parties(supervising=COLLEAGUE),
    "hospital": lambda claim: _parties(claim, place_of_service="21"),
    "ordering, supervising and referring of a line": with_first_line(
        ordering=COLLEAGUE, supervising=SURGEON, referring=SURGEON
    ),
    "rendering of a line": lambda claim: _first(claim, performer_npi=COLLEAGUE.npi, rendering=COLLEAGUE),
    "place, emergency and screening of a line": with_first_line(place_of_service="22", emergency=True, epsdt=True),
    "code not otherwise classified": with_first_line(description="Special dressing"),
    "result of a test": with_first_line(measurements=(Measurement("R1", "9.8"),)),
    "fifty lines": lambda claim: _lines(claim, 50),
    "twelve diagnoses": lambda claim: replace(
        claim, diagnoses=tuple(BilledDiagnosis(n, code) for n, code in enumerate(_MANY[:12], 1))
    ),
}
_MANY = (
    *("M54.50", "I10", "E78.5", "Z23", "E11.9", "N18.31", "J44.1", "F32.A", "I50.9", "E03.9", "K21.9", "G47.33"),
    *("M17.11", "E66.9", "D64.9", "R05.9", "J45.909", "N40.0", "H25.9", "L40.0", "M81.0", "G43.909", "I48.91", "Z79.4"),
    "F41.9",
)
_PROCEDURE = BilledProcedure("0DTJ4ZZ", "2026-09-11")
INSTITUTIONAL: dict[str, Change] = {
    **SHARED,
    "procedure": with_bill(procedures=(_PROCEDURE,), operating=SURGEON),
    "many procedures": with_bill(procedures=(_PROCEDURE,) * 25, operating=SURGEON, other_operating=COLLEAGUE),
    "occurrences": with_bill(occurrences=(DatedCode("11", "2026-09-01"), DatedCode("A1", "2026-09-02"))),
    "spans": with_bill(spans=(SpanCode("72", "2026-09-10", SERVICE),)),
    "values": with_bill(values=(ValueCode("A1", 160000), ValueCode("80", 500))),
    "conditions and treatments": with_bill(conditions=("17", "67"), treatments=("A01", "A02")),
    "external cause": with_bill(causes=(CauseCode("W19.XXXA", "Y"), CauseCode("Y92.009", ""))),
    "accident by car": with_parties(accident=Accident("2026-09-01", "AA", "NE")),
    "rendering": with_parties(rendering=SURGEON),
    "estimated amount due": with_bill(estimated_due_cents=160000),
    "other status": with_bill(patient_status="20"),
    "not covered": with_first_line(noncovered_cents=1000),
    "operating of a line": with_first_line(operating=SURGEON, referring=SURGEON),
    "twenty-five diagnoses": lambda claim: replace(
        claim, diagnoses=tuple(BilledDiagnosis(n, code, "Y") for n, code in enumerate(_MANY, 1))
    ),
    "many lines": lambda claim: _lines(claim, 120),
}


def professional_shapes() -> Iterator[tuple[str, ClaimContent]]:
    """Every professional shape for everyone insured, each with a number of its own."""
    yield from _numbered("P", {"clinic": SOUND_CLAIM}, PROFESSIONAL)


def institutional_shapes() -> Iterator[tuple[str, ClaimContent]]:
    """Every institutional shape, inpatient and outpatient, for everyone insured."""
    yield from _numbered("I", {"inpatient": INPATIENT, "outpatient": OUTPATIENT}, INSTITUTIONAL)


def _numbered(
    letter: str, bases: dict[str, ClaimContent], shapes: dict[str, Change]
) -> Iterator[tuple[str, ClaimContent]]:
    product = itertools.product(bases.items(), shapes.items(), INSURED.items())
    for number, ((base, claim), (what, shape), (who, insured)) in enumerate(product, 1):
        made = insured(shape(claim))
        yield f"{base}, {what}, {who}", replace(made, claim_number=f"{letter}-{number:05d}")


def _covered(claim: ClaimContent, **values: object) -> ClaimContent:
    assert claim.parties.coverage is not None
    return _parties(claim, coverage=replace(claim.parties.coverage, **values))  # type: ignore[arg-type]


def _bill(claim: ClaimContent) -> FacilityBill:
    assert claim.parties.facility_bill is not None
    return claim.parties.facility_bill


def _parties(claim: ClaimContent, **values: object) -> ClaimContent:
    parties: Parties = replace(claim.parties, **values)  # type: ignore[arg-type]
    return replace(claim, parties=parties)


def _first(claim: ClaimContent, **values: object) -> ClaimContent:
    first = replace(claim.lines[0], **values)  # type: ignore[arg-type]
    return replace(claim, lines=(first, *claim.lines[1:]))


def _lines(claim: ClaimContent, count: int) -> ClaimContent:
    one = replace(LINES[0] if claim.form == "837p" else claim.lines[0], pointers=(1,))
    lines = tuple(replace(one, sequence=n, charge_cents=100 + n) for n in range(1, count + 1))
    return replace(claim, lines=lines, total_cents=sum(line.charge_cents for line in lines))
