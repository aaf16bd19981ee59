"""Every rule of the scrubber: one claim it lets pass and one it finds, and where it says the fault is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.claims.content import Accident, Address, ClaimContent, Practitioner, ServiceFacility
from store.scrub.checks import CHECKS, DuplicateLine, ScrubFacts
from store.scrub.checks.providers import valid_npi
from store.scrub.engine import Found, scrub
from store.scrub.rules import BadRules, Rule, RuleBook, read_rules, rule_book
from store.terms import Severity
from tests.store.claim_samples import (
    ADDRESS,
    BILLING,
    CODES,
    LINES,
    OWN_COVERAGE,
    PATIENT,
    PAYER,
    RENDERING,
    SOUND_CLAIM,
    SPOUSE,
    TODAY,
    with_billing,
    with_coverage,
    with_line,
    with_parties,
    with_payer,
)

FACTS = ScrubFacts(today=TODAY, codes=CODES)
BAD_NPI = "1234567890"
FACILITY = ServiceFacility("Prairie Annex", "1999990058", ADDRESS)


def _subscriber(**changes: object) -> ClaimContent:
    return with_coverage(subscriber=replace(PATIENT, **changes))


def _patient(**changes: object) -> ClaimContent:
    return with_parties(patient=replace(PATIENT, **changes))


def _child(**changes: object) -> ClaimContent:
    coverage = replace(OWN_COVERAGE, relationship="child", subscriber=SPOUSE)
    return with_parties(patient=replace(PATIENT, **changes), coverage=coverage)


def _street(line1: str) -> ClaimContent:
    return with_billing(address=replace(BILLING.address, line1=line1))


def _secondary(**changes: object) -> ClaimContent:
    return with_parties(other_coverages=(replace(OWN_COVERAGE, sequence=2, **changes),))


def _diagnoses(count: int) -> ClaimContent:
    first = SOUND_CLAIM.diagnoses[0]
    return replace(SOUND_CLAIM, diagnoses=tuple(replace(first, sequence=n) for n in range(1, count + 1)))


def _lines(count: int) -> ClaimContent:
    return replace(SOUND_CLAIM, lines=tuple(replace(LINES[0], sequence=n) for n in range(1, count + 1)))


def _first_diagnosis(code: str, **parties: object) -> ClaimContent:
    claim = with_parties(**parties)
    return replace(claim, diagnoses=(claim.diagnoses[0], replace(claim.diagnoses[1], code=code)))


RULES: dict[str, tuple[ClaimContent, ClaimContent, str]] = {
    # rule: (a claim that passes, a claim that does not, the place of the fault)
    "r001": (SOUND_CLAIM, with_billing(npi=""), "billing.npi"),
    "r002": (SOUND_CLAIM, with_billing(npi=BAD_NPI), "billing.npi"),
    "r003": (with_billing(name="Ärztehaus"), with_billing(name="診療所"), "billing.name"),
    "r004": (SOUND_CLAIM, _street(""), "billing.address.line1"),
    "r005": (_street("410 Box Elder Road"), _street("P.O. Box 12"), "billing.address"),
    "r006": (SOUND_CLAIM, with_billing(address=replace(ADDRESS, state="Nebraska")), "billing.address"),
    "r007": (
        with_billing(address=replace(ADDRESS, zip="688140410")),
        with_billing(address=replace(ADDRESS, zip="68814")),
        "billing.address",
    ),
    "r008": (with_billing(tax_id="47-0000001"), with_billing(tax_id="4700"), "billing.tax_id"),
    "r009": (SOUND_CLAIM, with_billing(taxonomy="261Q"), "billing.taxonomy"),
    "r010": (with_billing(contact_phone="(308) 555-0100"), with_billing(contact_phone="555"), "billing.contact_phone"),
    "r011": (SOUND_CLAIM, with_parties(rendering=replace(RENDERING, npi="")), "rendering.npi"),
    "r012": (SOUND_CLAIM, with_parties(rendering=replace(RENDERING, npi=BAD_NPI)), "rendering.npi"),
    "r013": (SOUND_CLAIM, with_parties(rendering=None), "rendering"),
    "r014": (SOUND_CLAIM, with_parties(rendering=replace(RENDERING, taxonomy="")), "rendering.taxonomy"),
    "r015": (
        with_parties(referring=RENDERING),
        with_parties(referring=Practitioner("Oyelaran", "Tunde")),
        "referring.npi",
    ),
    "r016": (
        with_parties(referring=RENDERING),
        with_parties(referring=replace(RENDERING, npi=BAD_NPI)),
        "referring.npi",
    ),
    "r017": (
        with_parties(supervising=RENDERING),
        with_parties(supervising=replace(RENDERING, npi="")),
        "supervising.npi",
    ),
    "r018": (with_line(performer_npi="1999990041"), with_line(performer_npi=BAD_NPI), "line.1.performer_npi"),
    "r019": (
        with_line(performer_npi="1999990041", rendering=RENDERING),
        with_line(performer_npi="1999990041"),
        "line.1.performer_npi",
    ),
    "r020": (
        with_parties(service_facility=FACILITY),
        with_parties(service_facility=replace(FACILITY, address=replace(ADDRESS, zip="68814"))),
        "service_facility",
    ),
    "r101": (SOUND_CLAIM, with_payer(name=""), "coverage.1.payer.name"),
    "r102": (SOUND_CLAIM, with_payer(identifier=""), "coverage.1.payer.identifier"),
    "r103": (with_payer(filing_code="MB"), with_payer(filing_code="QQ"), "coverage.1.payer.claim_filing_code"),
    "r104": (
        SOUND_CLAIM,
        with_parties(receiver=replace(SOUND_CLAIM.parties.receiver, receiver_id="")),
        "receiver",
    ),
    "r111": (SOUND_CLAIM, _subscriber(given_name=""), "coverage.1.subscriber"),
    "r112": (SOUND_CLAIM, with_coverage(member_id=""), "coverage.1.member_id"),
    "r113": (with_coverage(member_id="XQ-4471902"), with_coverage(member_id="XQ 4471902"), "coverage.1.member_id"),
    "r114": (with_payer(member_id_pattern=""), with_coverage(member_id="XQ447190"), "coverage.1.member_id"),
    "r115": (
        with_coverage(payer=replace(PAYER, filing_code="MB"), member_id="1EG4-TE5-MK73"),
        with_coverage(payer=replace(PAYER, filing_code="MB"), member_id="1EG4-TE5-MK7S"),
        "coverage.1.member_id",
    ),
    "r116": (_child(), _subscriber(birth_date="1961"), "coverage.1.subscriber.birth_date"),
    "r117": (SOUND_CLAIM, _subscriber(sex=""), "coverage.1.subscriber.sex"),
    "r118": (SOUND_CLAIM, _subscriber(address=Address()), "coverage.1.subscriber.address"),
    "r119": (_subscriber(given_name="PER Olof"), _subscriber(given_name="Maja"), "coverage.1.relationship"),
    "r120": (_child(), with_coverage(relationship="child"), "coverage.1.relationship"),
    "r121": (SOUND_CLAIM, _patient(family_name=""), "patient"),
    "r122": (SOUND_CLAIM, _patient(birth_date="1961-03"), "patient.birth_date"),
    "r123": (_patient(sex="X"), _patient(sex=""), "patient.sex"),
    "r124": (_patient(address=Address()), _child(address=Address()), "patient.address"),
    "r125": (_patient(birth_date="2026-09-15"), _patient(birth_date="2026-09-16"), "patient.birth_date"),
    "r126": (
        _child(),
        with_coverage(relationship="child", subscriber=replace(SPOUSE, birth_date=None)),
        "coverage.1.subscriber.birth_date",
    ),
    "r131": (
        with_coverage(effective_on="2026-09"),
        with_coverage(effective_on="2026-10"),
        "coverage.1.effective_on",
    ),
    "r132": (
        with_coverage(expires_on="2026-09-15"),
        with_coverage(expires_on="2026-09-14"),
        "coverage.1.expires_on",
    ),
    "r133": (SOUND_CLAIM, with_parties(coverage=None), "coverage"),
    "r134": (_secondary(), _secondary(member_id=""), "coverage.2"),
    "r135": (SOUND_CLAIM, with_coverage(sequence=2), "coverage.2"),
    "r201": (_diagnoses(12), _diagnoses(13), "diagnosis"),
    "r202": (_first_diagnosis("E78.5"), _first_diagnosis("78-5"), "diagnosis.2"),
    "r203": (SOUND_CLAIM, _lines(0), "line"),
    "r204": (_lines(50), _lines(51), "line"),
    "r205": (with_line(charge_cents=1), with_line(charge_cents=0), "line.1.charge_cents"),
    "r206": (with_line(units=1), with_line(units=0), "line.1.units"),
    "r207": (SOUND_CLAIM, with_line(service_date="2026-09-14"), "line.1.service_date"),
    "r208": (
        with_line(service_date=str(TODAY)),
        with_line(service_date="2026-09-21"),
        "line.1.service_date",
    ),
    "r209": (SOUND_CLAIM, with_line(service_date="2026-09"), "line.1.service_date"),
    "r210": (SOUND_CLAIM, replace(SOUND_CLAIM, total_cents=21251), "total_cents"),
    "r211": (SOUND_CLAIM, with_line(code="G046"), "line.1.code"),
    "r212": (SOUND_CLAIM, with_line(sequence=3), "line"),
    "r213": (SOUND_CLAIM, with_parties(place_of_service="1"), "place_of_service"),
    "r214": (SOUND_CLAIM, replace(SOUND_CLAIM, claim_number="2026-000418-0000000001"), "claim_number"),
    "r216": (SOUND_CLAIM, replace(SOUND_CLAIM, frequency="2"), "frequency"),
    "r217": (
        replace(with_parties(original_reference="X1"), frequency="7"),
        replace(SOUND_CLAIM, frequency="7"),
        "original_reference",
    ),
    "r218": (SOUND_CLAIM, with_parties(build_notes=("Part 1 of 2.",)), "claim"),
    "r231": (with_payer(timely_filing_days=20), with_payer(timely_filing_days=19), "service_date"),
    "r232": (with_payer(timely_filing_days=5), with_payer(timely_filing_days=4), "service_date"),
    "r251": (SOUND_CLAIM, with_parties(accident=Accident(None, "OA")), "accident.date"),
    "r252": (
        _first_diagnosis("W19.XXXA", accident=Accident("2026-09-14", "OA")),
        _first_diagnosis("W19.XXXA"),
        "diagnosis.2",
    ),
    "r253": (
        with_parties(accident=Accident("2026-09-14", "AA", "NE")),
        with_parties(accident=Accident("2026-09-14", "AA")),
        "accident.state",
    ),
    "r262": (
        with_coverage(authorization_number="A12-3"),
        with_coverage(authorization_number="A12*3"),
        "coverage.1.authorization_number",
    ),
    "r271": (SOUND_CLAIM, _subscriber(family_name="Lind*qvist"), "coverage.1.subscriber.family_name"),
    "r272": (SOUND_CLAIM, _subscriber(family_name="Lindqvíst"), "coverage.1.subscriber.family_name"),
    "r273": (SOUND_CLAIM, with_billing(name="A" * 61), "billing.name"),
    "r282": (with_line(modifiers=("50",)), with_line(modifiers=("50",), units=2), "line.1.units"),
    "r283": (with_line(modifiers=("LT",)), with_line(modifiers=("LT", "RT")), "line.1.modifiers"),
    "r284": (with_line(modifiers=("26",)), with_line(modifiers=("26", "TC")), "line.1.modifiers"),
    "r285": (with_line(modifiers=("76",)), with_line(modifiers=("76", "77")), "line.1.modifiers"),
    "r286": (with_line(modifiers=("GX", "GY")), with_line(modifiers=("GX", "GZ")), "line.1.modifiers"),
    "r287": (with_line(modifiers=("GA",)), with_line(modifiers=("GA", "GZ")), "line.1.modifiers"),
    "r136": (SOUND_CLAIM, _patient(birth_date="1899-12-31"), "patient.birth_date"),
}

HISTORY: dict[str, tuple[ScrubFacts, str]] = {
    "r215": (replace(FACTS, same_number=1), "claim_number"),
    "r241": (replace(FACTS, duplicates=(DuplicateLine(2, "2026-000001"),)), "line.2"),
}


def _found(claim: ClaimContent, rule_id: str, facts: ScrubFacts = FACTS) -> list[Found]:
    return [finding for finding in scrub(claim, facts) if finding.rule_id == rule_id]


@pytest.mark.parametrize("rule_id", RULES)
def test_the_rule_lets_a_sound_claim_pass(rule_id: str) -> None:
    sound, _, _ = RULES[rule_id]

    assert _found(sound, rule_id) == []


@pytest.mark.parametrize("rule_id", RULES)
def test_the_rule_finds_its_fault_and_names_the_place(rule_id: str) -> None:
    _, faulty, place = RULES[rule_id]

    findings = _found(faulty, rule_id)

    assert [finding.place for finding in findings] == [place]
    assert findings[0].severity is rule_book().rule(rule_id).severity


@pytest.mark.parametrize("rule_id", HISTORY)
def test_a_rule_of_the_history_passes_without_other_claims(rule_id: str) -> None:
    assert _found(SOUND_CLAIM, rule_id) == []


@pytest.mark.parametrize("rule_id", HISTORY)
def test_a_rule_of_the_history_finds_the_other_claim(rule_id: str) -> None:
    facts, place = HISTORY[rule_id]

    assert [finding.place for finding in _found(SOUND_CLAIM, rule_id, facts)] == [place]


def test_a_replacement_is_no_duplicate_of_what_it_replaces() -> None:
    facts, _ = HISTORY["r241"]

    assert _found(replace(SOUND_CLAIM, frequency="7"), "r241", facts) == []


def _with_authorizations(*required: str) -> RuleBook:
    book = rule_book()
    rules = tuple(replace(rule, params={"required": list(required)}) for rule in book.rules if rule.id == "r261")
    return RuleBook(rules, book.code_edits)


def test_an_authorization_that_the_payer_wants_is_asked_for() -> None:
    found = scrub(SOUND_CLAIM, FACTS, _with_authorizations("BLUEP:G0439"))

    assert [(finding.place, finding.severity) for finding in found] == [("line.2.code", Severity.ERROR)]


def test_a_service_that_needs_no_authorization_passes() -> None:
    assert scrub(SOUND_CLAIM, FACTS, _with_authorizations("BLUEP:G9999")) == ()


@pytest.mark.parametrize(
    ("rule_id", "claim"),
    [
        ("r261", SOUND_CLAIM),
        ("r232", with_payer(timely_filing_days=None)),
        ("r114", with_payer(member_id_pattern="(a+)+b")),
        ("r114", with_payer(member_id_pattern="[")),
    ],
)
def test_what_could_not_be_checked_is_said(rule_id: str, claim: ClaimContent) -> None:
    (finding,) = _found(claim, rule_id)

    assert finding.severity is Severity.COULD_NOT_CHECK
    assert finding.message


def test_every_rule_has_a_passing_and_a_failing_claim_here() -> None:
    assert {rule.id for rule in rule_book().rules} == {*RULES, *HISTORY, "r261"}


def test_the_sound_claim_has_nothing_but_what_could_not_be_checked() -> None:
    assert [finding.rule_id for finding in scrub(SOUND_CLAIM, FACTS)] == ["r261"]


@pytest.mark.parametrize("rule", rule_book().rules, ids=lambda rule: rule.id)
def test_every_rule_names_its_source_and_a_check_that_exists_or_a_condition(rule: Rule) -> None:
    assert rule.citation
    assert rule.when is not None or rule.check in CHECKS


def test_every_check_is_used_by_a_rule() -> None:
    assert {rule.check for rule in rule_book().rules if rule.check} == set(CHECKS)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ('when = "units >> 4"', "rule x1: when: computing is not let through at character 1"),
        ('when = "units > 4"\ncheck = "npi"', "either check or when"),
        ("", "either check or when"),
        ('check = "nothing"', "no check is called nothing"),
    ],
)
def test_a_rule_that_says_not_clearly_what_it_looks_for_is_refused(broken: str, told: str) -> None:
    text = f"""
    [[rule]]
    id = "x1"
    version = 1
    title = "t"
    family = "codes"
    level = "line"
    forms = ["837p"]
    severity = "error"
    message = "m"
    fix = "f"
    citation = "c"
    snip = 6
    {broken}
    """

    with pytest.raises(BadRules, match=told):
        read_rules(text, frozenset(CHECKS))


def test_code_edits_are_carried_over_with_their_place() -> None:
    claim = with_line(pointers=(1, 7))

    (finding,) = _found(claim, "c31")

    assert (finding.place, finding.snip, finding.severity) == ("line.1.pointers", 3, Severity.ERROR)


def test_the_tax_id_is_not_kept_in_a_finding() -> None:
    (finding,) = _found(with_billing(tax_id="12345678"), "r008")

    assert "12345678" not in f"{finding.message}{finding.seen}"


@pytest.mark.parametrize("npi", ["1234567893", "1999990033", "1999990041", "1999990058"])
def test_a_number_with_its_check_digit_is_an_npi(npi: str) -> None:
    assert valid_npi(npi)


@pytest.mark.parametrize("npi", ["1234567890", "123456789", "12345678931", "123456789X", "", "１２３４５６７８９３"])
def test_any_other_text_is_no_npi(npi: str) -> None:
    assert not valid_npi(npi)


RULE = """
[[rule]]
id = "r1"
version = 1
title = "t"
family = "format"
level = "claim"
forms = ["837p"]
severity = "error"
check = "no_line"
message = "m {count}"
fix = "f"
citation = "c"
snip = 1
"""


@pytest.mark.parametrize(
    ("changed", "to", "named"),
    [
        ('severity = "error"', 'severity = "fatal"', "fatal"),
        ('family = "format"', 'family = "other"', "other"),
        ('check = "no_line"', 'check = "nothing"', "nothing"),
        ('forms = ["837p"]', 'forms = ["1500"]', "forms"),
        ("snip = 1", "snip = 8", "SNIP"),
        ("snip = 1", "snip = 1\ncolor = 2", "color"),
        ('message = "m {count}"', 'message = "m {count.real}"', "braces"),
        ('message = "m {count}"', 'message = "m {count"', "r1"),
        ("version = 1", "version = 0", "version"),
        ('citation = "c"', 'citation = ""', "citation"),
        ("[[rule]]", "[[rules]]", "rules"),
    ],
)
def test_a_rule_outside_the_schema_is_refused_by_name(changed: str, to: str, named: str) -> None:
    with pytest.raises(BadRules) as refusal:
        read_rules(RULE.replace(changed, to), frozenset(CHECKS))

    assert named in refusal.value.message
