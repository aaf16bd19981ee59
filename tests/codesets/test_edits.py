"""Code edits: what the codes of one encounter are told, by rule, place and weight."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from codesets.catalog import Code, Reference, Validity, ValidityKind, normalize
from codesets.edits import (
    ClaimKind,
    CodedDiagnosis,
    CodedEncounter,
    CodedProcedure,
    CodeFinding,
    ReferenceFacts,
    Severity,
    check_codes,
)
from codesets.edits.rules import BadRules, code_rules, read_rules
from codesets.releases import CodeSystem
from tests.codesets.made_facts import MadeFacts

DAY = dt.date(2026, 9, 14)


def handful(system: CodeSystem, code: str) -> Validity:
    """A handful of valid codes, a header, all else unknown."""
    plain = normalize(code)
    if plain in {"E1142", "I10", "N1831", "W19XXXA", "Z7984", "G0463", "G0439"}:
        return Validity(ValidityKind.VALID, f"{code} is valid.")
    if plain == "E114":
        child = Code(system, "E1142", "title", billable=True, position=0, parent="E114", release_id=1)
        return Validity(ValidityKind.HEADER, f"{code} is a header.", proposed=child)
    if plain.startswith("99"):
        return Validity(ValidityKind.COULD_NOT_CHECK, f"{code}: only a starter list is loaded.")
    return Validity(ValidityKind.UNKNOWN, f"{code} is not a code.")


FACTS = MadeFacts(handful)


def encounter(*codes: str, kind: ClaimKind = ClaimKind.PROFESSIONAL) -> CodedEncounter:
    """Diagnoses in order, the first one principal, and one sound line."""
    diagnoses = tuple(
        CodedDiagnosis(place, code, "principal" if place == 1 else "secondary")
        for place, code in enumerate(codes, start=1)
    )
    return CodedEncounter(DAY, kind, diagnoses, (CodedProcedure(1, "hcpcs", "G0463", (), (1,)),))


def with_line(**changes: object) -> CodedEncounter:
    sound = encounter("E11.42", "I10")
    return replace(sound, procedures=(sound.procedures[0]._replace(**changes),))


def with_poa(poa: str, kind: ClaimKind = ClaimKind.INPATIENT) -> CodedEncounter:
    sound = encounter("E11.42", kind=kind)
    return replace(sound, diagnoses=(sound.diagnoses[0]._replace(poa=poa),))


def with_two_lines(first: str, second: str) -> CodedEncounter:
    sound = encounter("E11.42")
    lines = [sound.procedures[0]._replace(sequence=n, modifiers=(m,)) for n, m in ((1, first), (2, second))]
    return replace(sound, procedures=tuple(lines))


def with_pcs(day: dt.date | None) -> CodedEncounter:
    sound = encounter("E11.42", kind=ClaimKind.INPATIENT)
    return replace(sound, procedures=(CodedProcedure(1, "icd10pcs", "0DTJ4ZZ", date=day),))


def told(subject: CodedEncounter, facts: MadeFacts = FACTS) -> list[tuple[str, str]]:
    return [(finding.rule_id, finding.place) for finding in check_codes(subject, facts)]


NO_EXEMPT = MadeFacts(handful, exempt=frozenset())
ALL_EXEMPT = MadeFacts(handful, exempt=frozenset({"E1142"}))

CASES: dict[str, tuple[CodedEncounter, CodedEncounter, str]] = {
    # rule: (codes that pass, codes that do not, the place)
    "c01": (encounter("E11.42"), encounter("E11.4"), "diagnosis.1"),
    "c02": (encounter("E11.42"), encounter("E11.42", "Q9Z.9"), "diagnosis.2"),
    "c11": (with_line(code="G0439"), with_line(code="G9Z99"), "line.1"),
    "c21": (encounter("E11.42", "I10"), encounter("E11.42", "I10", "e1142"), "diagnosis.3"),
    "c22": (encounter("E11.42"), replace(encounter(), procedures=()), "diagnosis"),
    "c23": (
        encounter("E11.42", "I10"),
        replace(encounter("E11.42"), diagnoses=(CodedDiagnosis(1, "I10"),)),
        "diagnosis.1",
    ),
    "c24": (encounter("E11.42", "W19.XXXA"), encounter("W19.XXXA"), "diagnosis.1"),
    "c154": (
        encounter("S61.411A", "W19.XXXA"),
        encounter("S61.411A", "W19.XXXA", kind=ClaimKind.OUTPATIENT),
        "diagnosis.2",
    ),
    "c31": (with_line(pointers=(2,)), with_line(pointers=(1, 3)), "line.1.pointers"),
    "c32": (with_line(pointers=(2, 1)), with_line(pointers=(1, 1)), "line.1.pointers"),
    "c34": (with_line(pointers=(1,)), with_line(pointers=()), "line.1.pointers"),
    "c35": (with_two_lines("25", "59"), with_two_lines("25", "25"), "line.2"),
    "c41": (with_line(modifiers=("25", "59")), with_line(modifiers=("25", "25")), "line.1.modifiers"),
    "c42": (
        with_line(modifiers=("25", "59", "GT", "95")),
        with_line(modifiers=("25", "59", "GT", "95", "GC")),
        "line.1.modifiers",
    ),
    "c43": (with_line(modifiers=("gt",)), with_line(modifiers=("G",)), "line.1.modifiers"),
    "c61": (with_pcs(dt.date(2026, 8, 4)), with_pcs(None), "line.1.service_date"),
    "c54": (with_poa("", ClaimKind.PROFESSIONAL), with_poa("Y", ClaimKind.PROFESSIONAL), "diagnosis.1.poa"),
}


@pytest.mark.parametrize("rule_id", CASES)
def test_the_rule_lets_sound_codes_pass(rule_id: str) -> None:
    sound, _, _ = CASES[rule_id]

    assert rule_id not in [found for found, _ in told(sound)]


@pytest.mark.parametrize("rule_id", CASES)
def test_the_rule_finds_its_fault_and_names_the_place(rule_id: str) -> None:
    _, faulty, place = CASES[rule_id]

    assert (rule_id, place) in told(faulty)


def test_sound_codes_have_no_finding() -> None:
    assert told(encounter("E11.42", "I10")) == []


def test_more_than_four_pointers_are_told_besides_what_else_is_wrong() -> None:
    sound = encounter("E11.42", "I10", "N18.31", "Z79.84", "W19.XXXA")
    five = replace(sound, procedures=(sound.procedures[0]._replace(pointers=(1, 2, 3, 4, 5)),))

    assert told(five) == [("c33", "line.1.pointers")]


def test_a_header_is_answered_with_its_default_child() -> None:
    (finding,) = check_codes(encounter("E11.4"), FACTS)

    assert "E11.42" in finding.fix


@pytest.mark.parametrize(
    ("poa", "facts", "told_rules"),
    [
        ("Y", NO_EXEMPT, []),
        ("", NO_EXEMPT, ["c51"]),
        ("1", NO_EXEMPT, ["c51"]),
        ("Q", NO_EXEMPT, ["c53"]),
        ("", ALL_EXEMPT, []),
        ("1", ALL_EXEMPT, []),
        ("N", ALL_EXEMPT, ["c52"]),
    ],
)
def test_poa_of_an_inpatient_diagnosis(poa: str, facts: MadeFacts, told_rules: list[str]) -> None:
    assert [rule for rule, _ in told(with_poa(poa), facts)] == told_rules


def test_without_the_exempt_list_missing_poa_could_not_be_checked_which_is_said_once() -> None:
    (finding,) = check_codes(encounter("E11.42", "I10", kind=ClaimKind.INPATIENT), FACTS)

    assert (finding.rule_id, finding.severity, finding.place) == ("c55", Severity.COULD_NOT_CHECK, "diagnosis.1.poa")
    assert "E11.42, I10" in finding.message


def test_without_the_exempt_list_it_is_said_that_an_indicator_was_not_checked_against_it() -> None:
    stay = replace(encounter("I10", kind=ClaimKind.INPATIENT), diagnoses=(CodedDiagnosis(1, "I10", "principal", "Y"),))

    (finding,) = check_codes(stay, FACTS)

    assert (finding.rule_id, finding.severity) == ("c55", Severity.COULD_NOT_CHECK)
    assert "POA of I10: no list of exempt diagnoses is loaded" in finding.message


def test_without_the_exempt_list_a_chapter_that_has_no_exempt_code_needs_its_indicator() -> None:
    everything_valid = MadeFacts(lambda system, code: Validity(ValidityKind.VALID, f"{code} is valid."))

    found = [one.rule_id for one in check_codes(encounter("J44.1", kind=ClaimKind.INPATIENT), everything_valid)]

    assert "c51" in found and "c55" not in found


def test_pointers_do_not_matter_on_a_facility_claim() -> None:
    facility = replace(with_line(pointers=()), claim_kind=ClaimKind.OUTPATIENT)

    assert told(facility) == []


def test_an_admitting_diagnosis_may_repeat_the_principal_one() -> None:
    sound = encounter("E11.42", kind=ClaimKind.OUTPATIENT)
    admitting = CodedDiagnosis(2, "E11.42", "admitting")

    assert told(replace(sound, diagnoses=(*sound.diagnoses, admitting))) == []


def test_a_code_outside_a_starter_list_could_not_be_checked() -> None:
    (finding,) = check_codes(with_line(code="99999"), FACTS)

    assert (finding.rule_id, finding.severity) == ("c11", Severity.COULD_NOT_CHECK)


def test_an_unknown_code_system_could_not_be_checked() -> None:
    (finding,) = check_codes(with_line(system="local"), FACTS)

    assert finding.severity is Severity.COULD_NOT_CHECK


def _on(day: dt.date, *codes: str) -> CodedEncounter:
    return replace(encounter(*codes), date=day, procedures=())


def _from(reference: Reference, subject: CodedEncounter) -> list[CodeFinding]:
    return list(check_codes(subject, ReferenceFacts(reference)))


def test_the_loaded_release_answers_for_its_dates(reference: Reference) -> None:
    findings = _from(reference, _on(DAY, "E11.42", "I10", "N18.3"))

    assert [(finding.rule_id, finding.severity) for finding in findings] == [("c01", Severity.ERROR)]


def test_a_date_that_no_release_covers_is_said_once_with_the_release_that_answered(reference: Reference) -> None:
    findings = _from(reference, _on(dt.date(2019, 5, 1), "E11.42", "I10"))

    assert [(finding.rule_id, finding.severity) for finding in findings] == [("c03", Severity.COULD_NOT_CHECK)]
    assert "FY2026" in findings[0].message


def test_a_header_of_the_nearest_release_is_a_warning(reference: Reference) -> None:
    findings = _from(reference, _on(dt.date(2019, 5, 1), "E11.4"))

    assert ("c04", Severity.WARNING) in [(finding.rule_id, finding.severity) for finding in findings]


def test_every_rule_has_a_citation() -> None:
    assert all(rule.citation for rule in code_rules().values())


def test_severities_have_the_values_that_findings_are_stored_with() -> None:
    from store.terms import Severity as Stored

    assert [severity.value for severity in Severity] == [severity.value for severity in Stored]


@pytest.mark.parametrize("broken", ['severity = "fatal"', "version = 0", 'kinds = ["dental"]', "color = 1"])
def test_a_rule_outside_the_schema_is_refused(broken: str) -> None:
    fields = {
        "id": 'id = "c1"',
        "version": "version = 1",
        "title": 'title = "t"',
        "severity": 'severity = "error"',
        "message": 'message = "m"',
        "fix": 'fix = "f"',
        "citation": 'citation = "c"',
    }
    fields[broken.split(" ")[0]] = broken

    with pytest.raises(BadRules):
        read_rules("[[rule]]\n" + "\n".join(fields.values()))


def test_a_service_that_stands_many_times_is_told_once() -> None:
    line = encounter("E11.42").procedures[0]
    many = replace(encounter("E11.42"), procedures=tuple(line._replace(sequence=n) for n in range(1, 1001)))

    told = [finding.message for finding in check_codes(many, FACTS) if finding.rule_id == "c35"]

    assert len(told) == 1
    assert "line 2 and 998 more" in told[0]
