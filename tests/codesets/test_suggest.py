"""What the suggestions make of a note: codes with evidence, and what is left out and why."""

from __future__ import annotations

import datetime as dt
import itertools
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesets.conventions import code_notes, exclusion
from codesets.reference import Reference
from codesets.suggest import Note, Suggester, Suggestion, Suggestions, open_suggester

ON = dt.date(2026, 6, 1)


@pytest.fixture(scope="module")
def suggester(reference: Reference) -> Suggester:
    return open_suggester(reference)


def found(suggester: Suggester, text: str, inpatient: bool = False) -> Suggestions:
    return suggester.suggest(text, ON, inpatient)


def codes(suggester: Suggester, text: str, inpatient: bool = False) -> list[str]:
    return [one.dotted for one in found(suggester, text, inpatient).codes]


def one(suggester: Suggester, text: str, code: str) -> Suggestion:
    return next(each for each in found(suggester, text).codes if each.dotted == code)


def left_out(suggester: Suggester, text: str) -> dict[str, str]:
    return {one.dotted: one.why for one in found(suggester, text).withheld}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hypertension, well controlled.", "I10"),
        ("Patient with CHF.", "I50.9"),  # an abbreviation
        ("He had a heart attack.", "I21.9"),  # a phrase in everyday words
        ("pain in the left knee", "M25.562"),  # words in any order, with the side
        ("L ankle sprain", "S93.402A"),  # a side as charts write it
        ("closed fracture of the right distal radius", "S52.501A"),
        ("Acute on chronic systolic heart failure", "I50.23"),  # acuity and type
        ("CKD, now stage 3b", "N18.32"),
        ("Type II diabetes", "E11.9"),  # Roman numerals
        ("Asthma, moderate persistent, with acute exacerbation", "J45.41"),
        ("Major depressive disorder, recurrent, moderate", "F33.1"),
        ("oesophageal varices", "I85.00"),  # British spelling
        ("COPD with acute exacerbation", "J44.1"),
        ("BMI 33.1", "Z68.33"),
        ("CKD 4", "N18.4"),  # a number that says by itself what it counts
        ("CKD3b", "N18.32"),
        ("CKD IV", "N18.4"),
        ("OA left knee", "M17.12"),  # the primary form is taken for granted
        ("Acute on chronic HFrEF", "I50.23"),
        ("RLQ pain", "R10.31"),
        ("Sacral pressure ulcer, stage 3", "L89.153"),
        ("Stage 2 pressure injury of the left heel", "L89.622"),
        ("Recurrent left inguinal hernia", "K40.91"),
        ("Carpal tunnel syndrome, severe by nerve study, right", "G56.01"),  # the only side of its clause
        ("s/p appendectomy", "Z90.49"),
        ("CKD stage IIIb", "N18.32"),
        ("CKD G3a", "N18.31"),
        ("Rotator cuff tear, complete, right", "M75.121"),  # two things that the plain code leaves open
        ("RLQ tenderness", "R10.813"),
        ("A-fib, permanent", "I48.21"),
        ("Anemia, iron deficiency", "D50.9"),  # the noun first
        ("CVA with left hemiparesis", "G81.94"),
        ("R hemiparesis from L MCA stroke", "G81.91"),  # each side belongs to its own noun
        ("Fracture of right femur, pain in left knee", "S72.91XA"),
        ("Sepsis due to E. coli", "A41.51"),  # the full stop of a genus ends no sentence
        ("Intentional acetaminophen overdose, suicide attempt", "T39.1X2A"),
        ("Right distal radius fracture, routine healing", "S52.501D"),  # the time at which it is seen
        ("Left tibia fracture, nonunion", "S82.202K"),
        ("Right knee posterior cruciate ligament strain", "S83.521A"),
        ("EKG with frequent PVCs", "I49.3"),
        ("Diabetic foot ulcer, left", "L97.529"),
        ("Lower GI bleed", "K92.2"),
        ("BPH with LUTS", "N40.1"),
        ("Knee pain x 3 weeks, worse at night, on the left", "M25.562"),
    ],
)
def test_the_words_of_a_note_lead_to_the_specific_code(suggester: Suggester, text: str, code: str) -> None:
    assert code in codes(suggester, text)


@pytest.mark.parametrize(
    ("text", "together", "instead_of"),
    [
        ("Type 2 diabetes. Neuropathy.", "E11.40", "E11.9"),
        ("Type 2 diabetes. Peripheral neuropathy.", "E11.42", "E11.9"),
        ("Type 2 diabetes with chronic kidney disease stage 4.", "E11.22", "E11.9"),
        ("Type 1 diabetes with hyperglycemia.", "E10.65", "E10.9"),
        ("Hypertension. Congestive heart failure.", "I11.0", "I10"),
        ("Hypertension and chronic kidney disease stage 3a.", "I12.9", "I10"),
        ("Hypertension, heart failure, chronic kidney disease stage 3a.", "I13.0", "I10"),
        ("Coronary artery disease. Stable angina.", "I25.118", "I25.10"),
        ("Calculus of ureter with hydronephrosis.", "N13.2", "N20.1"),
        ("Gallstones. Acute cholecystitis.", "K80.00", "K80.20"),
    ],
)
def test_two_conditions_that_one_code_names_become_it(
    suggester: Suggester, text: str, together: str, instead_of: str
) -> None:
    answer = codes(suggester, text)

    assert together in answer
    assert instead_of not in answer


def test_a_combination_cites_its_rule_and_shows_both_places(suggester: Suggester) -> None:
    text = "Hypertension. Congestive heart failure."

    combined = one(suggester, text, "I11.0")

    assert "I.C.9.a" in combined.why()
    assert {evidence.text for evidence in combined.evidence} == {"Hypertension", "Congestive heart failure"}


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("Denies chest pain.", "R07.9", "denied"),
        ("No evidence of pneumonia.", "J18.9", "denied"),
        ("Pneumonia was ruled out.", "J18.9", "denied"),
        ("Rule out deep vein thrombosis.", "I82.409", "IV.H"),
        ("Probable pneumonia.", "J18.9", "IV.H"),
        ("? pneumonia", "J18.9", "IV.H"),
        ("Return if fever develops.", "R50.9", "not a finding"),
        ("Counseled on risks of stroke.", "I63.9", "not a finding"),
        ("UTI ruled out.", "N39.0", "denied"),
        ("Pulmonary embolism excluded.", "I26.99", "denied"),
        ("Pneumonia not present.", "J18.9", "denied"),
        ("Pneumonia considered - no.", "J18.9", "denied"),
        ("DVT, stroke and MI ruled out.", "I82.409", "denied"),  # the whole list
        ("DVT, stroke and MI ruled out.", "I63.9", "denied"),
        ("DVT, stroke and MI ruled out.", "I21.9", "denied"),
        ("CKD?", "N18.9", "IV.H"),
        ("HTN??", "I10", "IV.H"),
        ("Pneumonia, likely.", "J18.9", "IV.H"),
        ("HTN listed in error.", "I10", "doubted"),
        ("Diabetes - entered in error.", "E11.9", "doubted"),
        ("Gout, resolved.", "M10.9", "no longer there"),
        ("History of appendicitis.", "K37", "a history"),
        ("Stroke and sepsis were both excluded.", "I63.9", "denied"),
        ("No longer has asthma.", "J45.909", "no longer there"),
        ("COVID-19 ruled out.", "U07.1", "denied"),  # a hyphen within a word parts nothing
        ("Hepatitis C, treated and cured.", "B19.20", "no longer there"),
        ("Tobacco use: never.", "Z72.0", "denied"),
        ("? PE", "I26.99", "IV.H"),
        ("PE excluded.", "I26.99", "denied"),
        ("CHF vs pneumonia.", "I50.9", "IV.H"),  # both sides of it are only possible
        ("Alcohol dependence. Alcohol abuse.", "F10.10", "dependence"),
    ],
)
def test_what_is_denied_feared_or_only_possible_is_left_out_with_its_reason(
    suggester: Suggester, text: str, code: str, reason: str
) -> None:
    assert code not in codes(suggester, text)
    assert reason in left_out(suggester, text)[code]


def test_an_uncertain_diagnosis_counts_at_the_end_of_an_inpatient_stay(suggester: Suggester) -> None:
    text = "Probable pneumonia."

    inpatient = found(suggester, text, inpatient=True)

    assert [one.dotted for one in inpatient.codes] == ["J18.9"]
    assert "II.H" in inpatient.codes[0].why()


def test_in_a_stay_only_its_last_documents_make_an_uncertain_diagnosis_count(suggester: Suggester) -> None:
    notes = [
        Note("Assessment: r/o meningitis.", "History and physical"),
        Note("Diagnosis: probable pneumonia.", "Discharge summary"),
    ]

    answer = suggester.suggest_chart(notes, ON, inpatient=True)

    assert [one.dotted for one in answer.codes] == ["J18.9"]


def test_what_resolved_within_a_stay_is_coded_for_it(suggester: Suggester) -> None:
    assert "N17.9" in codes(suggester, "Diagnosis: acute kidney injury, resolved.", inpatient=True)


@pytest.mark.parametrize("text", ["Hypertension. No CKD.", "HTN, CKD ruled out", "HTN. CKD?", "HTN, no heart failure"])
def test_what_is_not_there_makes_no_combination(suggester: Suggester, text: str) -> None:
    assert codes(suggester, text) == ["I10"]


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("COPD without exacerbation", "J44.9"),
        ("COPD w/o exacerbation", "J44.9"),
        ("COPD, no acute exacerbation", "J44.9"),
        ("Asthma without exacerbation", "J45.909"),
        ("Type 2 diabetes w/o complication", "E11.9"),
        ("GERD without esophagitis", "K21.9"),
        ("Gastritis without bleeding", "K29.70"),
        ("COPD with possible exacerbation", "J44.9"),
    ],
)
def test_what_a_condition_is_without_does_not_enter_its_code(suggester: Suggester, text: str, only: str) -> None:
    assert codes(suggester, text) == [only]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Family hx colon cancer.", "Z80.0"),
        ("FHx: colon ca.", "Z80.0"),
        ("PMH: colon cancer.", "Z85.038"),
        ("hx of breast ca", "Z85.3"),
        ("Quit smoking in 2010.", "Z87.891"),
        ("s/p MI", "I25.2"),
        ("MI in 2015", "I25.2"),  # a year before that of the visit
        ("s/p right hip replacement", "Z96.641"),
        ("Pneumonia resolved.", "Z87.01"),
    ],
)
def test_a_past_or_a_familys_condition_becomes_its_history_alone(suggester: Suggester, text: str, code: str) -> None:
    assert codes(suggester, text) == [code]


def test_conditions_of_a_list_keep_their_own_words(suggester: Suggester) -> None:
    assert codes(suggester, "Family hx: colon cancer, breast cancer") == ["Z80.0", "Z80.3"]


def test_two_conditions_joined_by_and_are_two(suggester: Suggester) -> None:
    assert set(codes(suggester, "Anxiety and depression")) == {"F41.9", "F32.A"}


def test_no_family_history_is_none(suggester: Suggester) -> None:
    assert codes(suggester, "No family history of colon cancer.") == []


@pytest.mark.parametrize("text", ["Swollen great toe.", "Heels intact.", "Lower today.", "Upper and lower."])
def test_a_single_word_that_is_a_fragment_of_a_term_names_nothing(suggester: Suggester, text: str) -> None:
    assert not any(code.startswith("C") for code in codes(suggester, text))


def test_two_codes_that_exclude_each_other_are_not_suggested_together(suggester: Suggester) -> None:
    text = "Assessment: Bell's palsy. Facial weakness."

    answer = found(suggester, text)

    assert [one.dotted for one in answer.codes] == ["G51.0"]
    assert "Excludes1" in left_out(suggester, text)["R29.810"]


def test_a_list_of_a_visit_has_no_pair_that_excludes1_forbids(suggester: Suggester, reference: Reference) -> None:
    text = (
        "HPI: diarrhea, dyspnea, tachypnea, cough. PMH: depression, mania, type 1 diabetes, type 2 diabetes.\n"
        "A/P:\n1. Gastroenteritis.\n2. Respiratory failure.\n3. Sinusitis, acute sinusitis.\n4. Back pain, pain.\n"
        "5. Fever, chills.\n6. Jaundice, alcoholic liver disease.\n"
    )

    notes = [code_notes(reference, one.code, ON) for one in found(suggester, text).codes]

    known = [one for one in notes if one is not None]
    assert len(known) > 4
    assert [(a.code, b.code) for a, b in itertools.combinations(known, 2) if exclusion(a, b)] == []


def test_a_long_story_without_sections_tells_its_exclusions_beside_the_codes(suggester: Suggester) -> None:
    text = "Bell's palsy was seen. " + "He went on well. " * 50 + "Years later there was facial weakness."

    answer = {one.dotted: one.why() for one in found(suggester, text).codes}

    assert {"G51.0", "R29.810"} <= set(answer)
    assert "Excludes1" in answer["R29.810"] or "Excludes1" in answer["G51.0"]


def test_what_only_a_list_names_and_the_assessment_denies_is_left_out(suggester: Suggester) -> None:
    text = "PMH: CKD stage 3a, hypertension\nA/P:\n1. Hypertension.\n2. No CKD."

    assert codes(suggester, text) == ["I10"]
    assert "elsewhere denied" in left_out(suggester, text)["N18.31"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FH: father stroke\nAssessment: Gout.", "Z82.3"),
        ("PMH: cataract\nAssessment: Gout.", "H26.9"),
        ("PMH: osteoarthritis\nAssessment: Gout.", "M19.90"),
    ],
)
def test_background_that_the_visit_does_not_take_up_is_left_out(suggester: Suggester, text: str, code: str) -> None:
    assert codes(suggester, text) == ["M10.9"]
    assert code in left_out(suggester, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FH: mother breast cancer\nAssessment: Gout.", "Z80.3"),
        ("PMH: COPD\nAssessment: Gout.", "J44.9"),
        ("PMH: cataract\nAssessment: Gout. Cataract.", "H26.9"),
    ],
)
def test_background_that_always_bears_on_care_or_is_taken_up_stays(suggester: Suggester, text: str, code: str) -> None:
    assert code in codes(suggester, text)


def test_a_body_mass_index_stands_only_beside_a_diagnosis_of_weight(suggester: Suggester) -> None:
    assert codes(suggester, "Exam: BMI 31.2\nAssessment: Gout.") == ["M10.9"]
    assert "Z68.31" in codes(suggester, "Exam: BMI 31.2\nAssessment: Obesity.")


def test_a_search_for_cancer_is_no_cancer(suggester: Suggester) -> None:
    assert codes(suggester, "Impression: Screening colonoscopy, complete to cecum.") == ["Z12.11"]


def test_a_negation_ends_where_the_sentence_turns(suggester: Suggester) -> None:
    answer = codes(suggester, "Denies chest pain but has a cough.")

    assert "R05.9" in answer
    assert "R07.9" not in answer


def test_a_condition_of_the_family_becomes_family_history(suggester: Suggester) -> None:
    assert codes(suggester, "Her mother had breast cancer.") == ["Z80.3"]


def test_a_past_cancer_becomes_its_history_code(suggester: Suggester) -> None:
    answer = codes(suggester, "PMH: breast cancer\nAssessment: Hypertension.")

    assert "Z85.3" in answer
    assert not any(code.startswith("C50") for code in answer)


def test_a_chronic_condition_of_the_past_history_stays_current(suggester: Suggester) -> None:
    assert "I10" in codes(suggester, "PMH: hypertension, pneumonia\nAssessment: Gout.")


def test_a_resolved_acute_condition_of_the_past_history_is_not_coded(suggester: Suggester) -> None:
    assert "K37" not in codes(suggester, "PMH: appendicitis\nAssessment: Gout.")


def test_symptoms_outside_the_assessment_go_where_there_is_a_diagnosis(suggester: Suggester) -> None:
    text = "HPI: cough and fever\nAssessment: Pneumonia."

    assert codes(suggester, text) == ["J18.9"]
    assert "symptom" in left_out(suggester, text)["R05.9"]


def test_symptoms_of_the_assessment_stay(suggester: Suggester) -> None:
    assert codes(suggester, "HPI: fell last week\nAssessment: Chest pain.") == ["R07.9"]


def test_the_first_problem_of_the_assessment_stands_first(suggester: Suggester) -> None:
    text = "PMH: hypothyroidism\nA/P:\n1. Gout.\n2. Hypertension.\n"

    assert codes(suggester, text) == ["M10.9", "I10", "E03.9"]


ADMISSION = Note("Assessment: 1. Acute hypoxic respiratory failure\n2. Pneumonia\n3. CHF", "History and physical")


@pytest.mark.parametrize(
    ("summary", "first"),
    [
        ("Principal diagnosis: Pneumonia\nSecondary diagnoses: Acute hypoxic respiratory failure", ["J18.9", "J96.01"]),
        ("Principal: Pneumonia\nOther:\n- CHF\n- Acute hypoxic respiratory failure", ["J18.9", "I50.9", "J96.01"]),
        ("Discharge diagnoses:\n1. Pneumonia\n2. Hypokalemia\n3. CHF", ["J18.9", "E87.6", "I50.9", "J96.01"]),
        ("Dx: 1. Pneumonia 2. CHF\nCourse: oxygen for two days.", ["J18.9", "I50.9", "J96.01"]),
        # A heading that says principal counts wherever it stands before the list.
        (
            "Final diagnoses: CHF; pneumonia\nPrincipal diagnosis:\nAcute hypoxic respiratory failure",
            ["J96.01"],
        ),
    ],
)
def test_suggestions_of_a_stay_begin_with_the_stated_principal_diagnosis_and_its_others_in_their_order(
    suggester: Suggester, summary: str, first: list[str]
) -> None:
    found = suggester.suggest_chart([ADMISSION, Note(summary, "Discharge summary")], ON, inpatient=True)

    assert [one.dotted for one in found.codes][: len(first)] == first


def test_a_combination_that_rests_on_the_stated_principal_diagnosis_stands_first(suggester: Suggester) -> None:
    summary = Note("Principal: Acute on chronic systolic heart failure\nOther:\n- HTN with CKD 4", "Discharge summary")

    found = suggester.suggest_chart([ADMISSION, summary], ON, inpatient=True)

    assert [one.dotted for one in found.codes][:2] == ["I13.0", "I50.23"]


def test_a_birth_record_begins_with_the_birth(suggester: Suggester) -> None:
    text = "Baby boy, born in this hospital by cesarean, single.\nDiagnoses:\n1. Transient tachypnea of newborn"

    found = suggester.suggest_chart([Note(text, "Discharge summary")], ON, inpatient=True)

    assert [one.dotted for one in found.codes][0] == "Z38.01"


def test_a_visit_keeps_the_order_of_its_assessment(suggester: Suggester) -> None:
    text = "Assessment: 1. Asthma\n2. Gout\nPrincipal diagnosis: Gout"

    assert codes(suggester, text)[0] == "J45.909"


def test_allergies_and_long_term_drugs_lead_to_their_status(suggester: Suggester) -> None:
    text = "Allergies: penicillin - rash\nMeds: warfarin 5 mg, metformin 500 bid\nAssessment: Hypertension."

    answer = codes(suggester, text)

    assert {"Z88.0", "Z79.01", "Z79.84"} <= set(answer)
    assert "R21" not in answer


def test_a_stopped_drug_is_no_long_term_use(suggester: Suggester) -> None:
    assert "Z79.4" not in codes(suggester, "Meds: glargine 18 u (stopped in June)\nAssessment: Hypertension.")


def test_a_word_stands_for_what_it_counts(suggester: Suggester) -> None:
    answer = codes(suggester, "Type 2 diabetes with chronic kidney disease, stage 3a")

    assert "N18.31" in answer
    assert "N18.2" not in answer


def test_without_does_not_become_with(suggester: Suggester) -> None:
    answer = codes(suggester, "Laceration of left index finger without foreign body")

    assert "S61.211A" in answer
    assert "S61.221A" not in answer


def test_both_sides_are_two_codes_where_no_code_has_both(suggester: Suggester) -> None:
    assert codes(suggester, "Bilateral medial epicondylitis.") == ["M77.01", "M77.02"]
    assert codes(suggester, "Bilateral primary osteoarthritis of knee.") == ["M17.0"]


def test_an_infant_is_not_pregnant(suggester: Suggester) -> None:
    answer = codes(suggester, "22-month-old girl, born at 34 weeks +3 days gestation, twin. Otitis media.")

    assert not any(code.startswith(("O", "Z3")) for code in answer)


def test_body_sites_and_tests_are_no_conditions(suggester: Suggester) -> None:
    assert codes(suggester, "Chest x-ray and physical examination of abdomen, lungs and skin. Blood drawn.") == []


@pytest.mark.parametrize(
    ("text", "code", "missing"),
    [
        ("Diabetes.", "E11.9", "type"),
        ("Heart failure.", "I50.9", "type and acuity"),
        ("Knee pain.", "M25.569", "side"),
        ("Chronic kidney disease.", "N18.9", "stage"),
    ],
)
def test_what_is_not_documented_is_named_with_the_question_to_ask(
    suggester: Suggester, text: str, code: str, missing: str
) -> None:
    named = {each.what: each.ask for each in one(suggester, text, code).missing}

    assert named[missing].startswith(f"Please state the {missing} as far as")


def test_nothing_is_asked_that_the_note_tells(suggester: Suggester) -> None:
    assert "type" not in {each.what for each in one(suggester, "Type 2 diabetes.", "E11.9").missing}
    assert one(suggester, "Pain in left knee.", "M25.562").missing == ()


def test_a_suggestion_says_which_term_matched_where_and_what_changed_it(suggester: Suggester) -> None:
    suggestion = one(suggester, "A/P:\n1. Pain in left knee.", "M25.562")

    assert suggestion.term
    assert "in A/P" in suggestion.why()
    assert suggestion.evidence[0].line == "1. Pain in left knee."


def test_the_documents_of_a_chart_are_read_together(suggester: Suggester) -> None:
    notes = [
        Note("Assessment: Hypertension.", "Clinic visit note"),
        Note("Assessment: Gout.", "Clinic visit note"),
    ]

    answer = suggester.suggest_chart(notes, ON)

    assert [(one.dotted, one.evidence[0].document) for one in answer.codes] == [("I10", 0), ("M10.9", 1)]


def test_what_only_nursing_writes_weighs_less(suggester: Suggester) -> None:
    notes = [Note("Pressure ulcer. Cough.", "Nursing note"), Note("Assessment: Gout.", "Clinic visit note")]

    assert [one.dotted for one in suggester.suggest_chart(notes, ON).codes] == ["M10.9"]


def test_the_same_note_gives_the_same_answer(suggester: Suggester, reference: Reference) -> None:
    text = "HPI: cough\nA/P:\n1. Type 2 diabetes with neuropathy.\n2. COPD.\n3. Left knee pain."

    assert found(open_suggester(reference), text) == found(suggester, text)


def test_a_date_that_no_release_covers_is_said(suggester: Suggester) -> None:
    assert "2031-01-01" in suggester.suggest("gout", dt.date(2031, 1, 1)).warning


def test_a_text_that_is_too_long_is_read_to_a_point_and_said_so(suggester: Suggester) -> None:
    answer = suggester.suggest("gout. " + "x" * 1_000_000, ON)

    assert [one.dotted for one in answer.codes] == ["M10.9"]
    assert "200,000" in answer.warning


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n\n", "患者は糖尿病", "диабет", "\x00\x1b[31m", "((((", "::::", "-" * 5000, ".*+?["]
)
def test_odd_input_has_an_empty_answer(suggester: Suggester, text: str) -> None:
    assert found(suggester, text).codes == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "A/P:",
                    "PMH:",
                    "no",
                    "denies",
                    "but",
                    "left",
                    "chest pain",
                    "diabetes",
                    "stage",
                    "3",
                    "\n",
                    ",",
                    ".",
                    "?",
                ]
            ),
            st.text(max_size=8),
        ),
        max_size=40,
    ).map(" ".join)
)
def test_any_text_has_an_answer_whose_evidence_stands_in_it(suggester: Suggester, text: str) -> None:
    answer = found(suggester, text)

    for evidence in [each for one in answer.codes for each in one.evidence] + [one.evidence for one in answer.withheld]:
        assert text[evidence.start : evidence.end] == evidence.text
    assert len({one.code for one in answer.codes}) == len(answer.codes)
    assert not {one.code for one in answer.codes} & {one.code for one in answer.withheld}


def test_a_note_of_400_words_costs_no_more_than_to_count_its_words_510_times(suggester: Suggester) -> None:
    """The bar of 30 ms is the benchmark's; here the machine is measured too, which may be half as fast at times."""
    note = (
        "HPI: 62 year old with cough, fever and chest pain for three days, denies dyspnea. History of type 2 diabetes "
        "with neuropathy, hypertension, CKD stage 3b and left knee osteoarthritis. No evidence of heart failure.\n"
    )
    text = note * (400 // len(note.split()) + 1) + "A/P:\n1. Pneumonia.\n2. COPD with acute exacerbation.\n"
    found(suggester, text)

    spent, counting = [], []
    for _ in range(25):  # beside another test on the same core both take longer: the least of them is their own
        began = time.process_time()
        found(suggester, text)
        suggested = time.process_time()
        counts: dict[str, int] = {}
        for word in text.split() * 51:
            counts[word.lower()] = counts.get(word.lower(), 0) + 1
        spent.append(suggested - began)
        counting.append(time.process_time() - suggested)

    assert min(spent) <= 10 * min(counting)


@pytest.mark.parametrize(
    "text",
    [
        "Sugar tong splint applied.",
        "Discharge dx:",
        "localized, dominant",
        "His pain is localized.",  # an answer of the coma scale
        "Right elbow pain, consistent with medial epicondylitis.",  # a side before the cue is no part of what it doubts
    ],
)
def test_ordinary_words_name_no_condition(suggester: Suggester, text: str) -> None:
    assert [code for code in codes(suggester, text) if not code.startswith(("R52", "M25"))] == []


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("A/P: Right hemiparesis as late effect of CVA", "I69.351"),
        ("A/P: Aphasia, h/o stroke in 2019", "I69.320"),
    ],
)
def test_a_deficit_after_a_stroke_of_the_past_is_its_sequela(suggester: Suggester, text: str, only: str) -> None:
    assert codes(suggester, text) == [only]


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("Assessment:\n1. No fever, hypertension stable, COPD stable", ["I10", "J44.9"]),
        ("A/P:\n1. T2DM no complications, HTN", ["E11.9", "I10"]),
        ("A/P:\n1. Hx TIA 2016 no deficits, BPH, COPD", ["Z86.73", "N40.0", "J44.9"]),
        ("Assessment:\nPatient has no fever, chills, cough.", []),
    ],
)
def test_in_an_assessment_a_no_ends_where_the_next_condition_is_told(
    suggester: Suggester, text: str, there: list[str]
) -> None:
    assert codes(suggester, text) == there


def test_a_cue_that_a_reason_tells_is_not_told_twice(suggester: Suggester) -> None:
    (one,) = found(suggester, "h/o breast cancer").codes

    assert one.why().count("h/o") == 1


def test_a_combination_names_of_each_category_the_code_that_says_most(suggester: Suggester) -> None:
    text = "A/P: HTN. Heart failure. Acute on chronic systolic heart failure."

    whys = [one.why() for one in found(suggester, text).codes if one.dotted == "I11.0"]

    assert whys and "I50.9" not in whys[0]
