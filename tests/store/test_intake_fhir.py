"""FHIR R4 in: how resources of several files become one encounter, and what is left out."""

from __future__ import annotations

import base64
import copy
import json
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.actors import SYSTEM
from store.intake import take_in
from store.intake.export import encounter_ids, export_encounter
from store.intake.fhir.attachments import html_to_text
from store.models import Encounter, Patient, Quarantine, RawMessage
from tests.store.intake_samples import (
    SHARED_FHIR,
    actions,
    count,
    encounter_resource,
    needs_shared_fhir,
    only,
    open_site,
    patient_resource,
    write_lines,
)

AT_E1 = {"encounter": {"reference": "Encounter/e1"}}
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"


@pytest.fixture
def db(tmp_path):
    database = open_site(tmp_path)
    yield database
    database.close()


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def stored(db) -> list:
    with db.reading() as session:
        return [export_encounter(session, row_id) for row_id in encounter_ids(session)]


def read(db, inbox, *resources):
    """Take in the made-up patient and visit with these resources, and give back the one encounter."""
    types = {resource["resourceType"] for resource in resources}
    base = [] if "Encounter" in types else [encounter_resource()]
    report = take_in(db, SYSTEM, [write_lines(inbox / "all", patient_resource(), *base, *resources)])
    assert report.total("encounters_new") == 1, report
    return stored(db)[0]


def note(text: str, content_type: str = "text/plain", **more) -> dict:
    attachment = {"contentType": content_type, "data": base64.b64encode(text.encode()).decode()}
    return {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11506-3", "display": "Progress note"}]},
        "context": {"encounter": [{"reference": "Encounter/e1"}]},
        "content": [{"attachment": attachment}],
    } | more


def bundle(*resources) -> dict:
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in resources],
    }


def test_references_go_across_the_files_of_a_folder_in_any_order(db, inbox):
    write_lines(inbox / "a", encounter_resource())
    write_lines(inbox / "b", note("Better today."))
    write_lines(inbox / "c", patient_resource())

    report = take_in(db, SYSTEM, [inbox])

    [encounter] = stored(db)
    assert report.exit_code == 0
    assert (encounter.patient.mrn, encounter.documents[0].text) == ("MRN-p1", "Better today.")


def test_a_bundle_resolves_its_own_addresses(db, inbox):
    visit = encounter_resource(subject={"reference": "urn:uuid:p1"})
    file = inbox / "bundle"
    file.write_text(json.dumps(bundle(visit, patient_resource()), indent=2))

    report = take_in(db, SYSTEM, [file])

    assert (report.files[0].kind, report.files[0].records, count(db, Encounter)) == ("FHIR Bundle", 2, 1)


def test_two_bundles_with_the_same_local_ids_are_never_mixed_up(db, inbox):
    for name, mrn in (("one", "M1"), ("two", "M2")):
        patient = patient_resource() | {"identifier": [{"system": "urn:site", "value": mrn}]}
        visit = encounter_resource(identifier=[{"system": "urn:site", "value": f"V-{mrn}"}])
        (inbox / name).write_text(
            json.dumps({"resourceType": "Bundle", "entry": [{"resource": patient}, {"resource": visit}]})
        )

    take_in(db, SYSTEM, [inbox])

    assert {(e.visit_number, e.patient.mrn) for e in stored(db)} == {("V-M1", "M1"), ("V-M2", "M2")}


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/p1"},
        {"reference": "urn:uuid:p1"},
        {"reference": "https://server.example/fhir/Patient/p1/_history/2"},
        {"reference": "Patient?identifier=urn:site|MRN-p1"},
        {"identifier": {"system": "urn:site", "value": "MRN-p1"}},
    ],
)
def test_a_patient_is_found_by_every_kind_of_reference(db, inbox, reference):
    encounter = read(db, inbox, encounter_resource(subject=reference))

    assert encounter.patient.mrn == "MRN-p1"


@pytest.mark.parametrize("here", [True, False], ids=["known", "unknown"])
def test_a_document_of_another_patient_is_left_out_of_the_visit_and_named(db, inbox, here):
    other = [patient_resource("p2")] if here else []
    document = note("Not hers.", subject={"reference": "Patient/p2"})

    report = take_in(db, SYSTEM, [write_lines(inbox / "a", patient_resource(), *other, encounter_resource(), document)])

    [refusal] = report.files[0].quarantined
    number = "MRN-p2" if here else "Patient/p2"
    assert refusal.reason == f"it is about another patient ({number}) than its visit (MRN-p1)"
    assert stored(db)[0].documents == []


def test_a_visit_without_its_patient_waits_in_quarantine(db, inbox):
    report = take_in(db, SYSTEM, [write_lines(inbox / "a", encounter_resource())])

    [refusal] = report.files[0].quarantined
    assert refusal.place == "line 1, Encounter/e1"
    assert refusal.reason == "its patient (Patient/p1) is not among the files read; take them in together"
    assert (report.exit_code, count(db, Encounter)) == (1, 0)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AMB", ("clinic", "O", "")),
        ("EMER", ("emergency", "E", "23")),
        ("IMP", ("inpatient", "I", "21")),
        ("OBSENC", ("observation", "O", "")),
        ("PRENC", ("clinic", "P", "")),
        ("never heard of", ("clinic", "O", "")),
    ],
)
def test_the_class_of_a_visit_decides_its_setting(db, inbox, code, expected):
    encounter = read(db, inbox, encounter_resource(**{"class": {"code": code}}))

    assert (encounter.setting, encounter.patient_class, encounter.place_of_service) == expected


def test_a_visit_needs_neither_insurance_nor_hospitalization_nor_a_provider(db, inbox):
    encounter = read(db, inbox)

    assert (encounter.coverages, encounter.providers, encounter.discharge_disposition) == ([], [], "")


def test_the_discharge_becomes_a_patient_status_of_two_digits(db, inbox):
    stay = {"dischargeDisposition": {"coding": [{"code": "1"}]}, "admitSource": {"coding": [{"code": "emd"}]}}

    encounter = read(db, inbox, encounter_resource(hospitalization=stay))

    assert (encounter.discharge_disposition, encounter.point_of_origin) == ("01", "emd")


def test_the_social_security_number_is_kept_nowhere(db, inbox):
    read(db, inbox)

    kept = zlib.decompress(only(db, RawMessage).content)
    assert b"MRN-p1" in kept
    assert b"999-11-2222" not in kept


def test_codes_stay_in_the_system_of_their_sender(db, inbox):
    condition = {"resourceType": "Condition", "id": "c1", **AT_E1}
    condition["code"] = {"coding": [{"system": "http://snomed.info/sct", "code": "1", "display": "Cough"}]}
    refuted = condition | {"id": "c2", "verificationStatus": {"coding": [{"code": "refuted"}]}}

    encounter = read(db, inbox, condition, refuted)

    [code] = encounter.source_codes
    assert (code.system, code.code, code.display, code.kind) == ("http://snomed.info/sct", "1", "Cough", "diagnosis")


@pytest.mark.parametrize(
    ("more", "status"),
    [({}, "AU"), ({"docStatus": "final"}, "AU"), ({"docStatus": "preliminary"}, "PA")],
)
def test_the_status_of_a_document_says_whether_it_is_authenticated(db, inbox, more, status):
    encounter = read(db, inbox, note("Better.", **more))

    assert encounter.documents[0].status == status


def test_a_document_entered_in_error_is_not_taken_in(db, inbox):
    encounter = read(db, inbox, note("Wrong chart.", docStatus="entered-in-error"))

    assert encounter.documents == []


def test_an_xhtml_document_becomes_readable_text(db, inbox):
    html = "<div><h1>Plan</h1><ul><li>rest</li><li>fluids &amp; tea</li></ul><script>x()</script></div>"

    encounter = read(db, inbox, note(html, "application/xhtml+xml"))

    assert encounter.documents[0].text == "Plan\n\n- rest\n- fluids & tea"


def test_table_rows_become_lines():
    assert html_to_text("<table><tr><td>Na</td><td>140</td></tr><tr><td>K</td><td>4</td></tr></table>") == (
        "Na 140\n\nK 4"
    )


def test_a_document_that_is_elsewhere_becomes_a_pointer(db, inbox):
    content = [{"attachment": {"contentType": "application/pdf", "url": "https://files.example/1.pdf"}}]

    encounter = read(db, inbox, note("", content=content))

    assert encounter.documents[0].text == "not readable here: application/pdf at https://files.example/1.pdf"


def test_a_damaged_attachment_is_left_out_and_the_visit_goes_on(db, inbox):
    content = [{"attachment": {"contentType": "text/plain", "data": "%%%"}}]

    encounter = read(db, inbox, note("", content=content))

    assert encounter.documents == []
    assert only(db, Quarantine).reason == "its attachment is not base64"


def test_a_report_that_a_document_stands_for_is_not_repeated(db, inbox):
    report = {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "conclusion": "Normal.", **AT_E1}
    reference = note("Normal.", identifier=[{"value": "urn:uuid:r1"}])

    encounter = read(db, inbox, report, reference)

    assert [d.document_number for d in encounter.documents] == ["r1"]


def test_a_level_ii_item_of_a_claim_becomes_a_charge_and_others_stay_evidence(db, inbox):
    def item(sequence, system, code):
        product = {"coding": [{"system": system, "code": code}]}
        visit = {"encounter": [{"reference": "Encounter/e1"}]}
        return {"sequence": sequence, "productOrService": product, "net": {"value": 140.525}, **visit}

    claim = {"resourceType": "Claim", "id": "k1", "use": "claim"}
    claim["item"] = [item(1, HCPCS, "G0463"), item(2, HCPCS, "12345"), item(3, "urn:other", "G0463")]

    encounter = read(db, inbox, claim)

    assert [(c.charge_number, c.procedure_code, c.amount_cents) for c in encounter.charges] == [
        ("k1-1", "G0463", 14052)
    ]
    assert [(c.code, c.kind) for c in encounter.source_codes] == [("12345", "procedure"), ("G0463", "procedure")]


def test_a_charge_item_is_a_charge(db, inbox):
    item = {"resourceType": "ChargeItem", "id": "i1", "status": "billable", "context": {"reference": "Encounter/e1"}}
    item |= {"code": {"text": "Dressing"}, "quantity": {"value": 2}, "priceOverride": {"value": 7.5}}

    encounter = read(db, inbox, item)

    [charge] = encounter.charges
    assert (charge.charge_number, charge.description, charge.units, charge.amount_cents) == ("i1", "Dressing", 2, 750)


def test_the_insurance_of_a_claim_leads_to_payer_and_subscriber(db, inbox):
    organization = {"resourceType": "Organization", "id": "o1", "name": "Plan One"}
    organization["identifier"] = [{"system": "urn:payers", "value": "77"}]
    coverage = {
        "resourceType": "Coverage",
        "id": "v1",
        "subscriberId": "S-9",
        "relationship": {"coding": [{"code": "child"}]},
        "subscriber": {"reference": "Patient/p2"},
        "payor": [{"reference": "Organization/o1"}],
        "class": [{"type": {"coding": [{"code": "group"}]}, "value": "G-3"}],
        "period": {"start": "2026-01"},
    }
    claim = {"resourceType": "Claim", "id": "k1", "item": [{"encounter": [{"reference": "Encounter/e1"}]}]}
    claim["insurance"] = [{"sequence": 1, "coverage": {"reference": "Coverage/v1"}, "preAuthRef": ["PA-1"]}]

    encounter = read(db, inbox, organization, coverage, claim, patient_resource("p2"))

    [native] = encounter.coverages
    assert (native.payer.local_id, native.payer.name, native.member_id) == ("77", "Plan One", "S-9")
    assert (native.relationship, native.subscriber_family_name, native.group_number) == ("child", "Sample", "G-3")
    assert (native.effective_on, native.authorization_number) == ("2026-01", "PA-1")


def test_a_dangling_provider_still_has_its_number_and_name(db, inbox):
    npi = "http://hl7.org/fhir/sid/us-npi"
    who = {"reference": f"Practitioner?identifier={npi}|9999999999", "display": "Dr. Ann Bea Sample"}

    encounter = read(db, inbox, encounter_resource(participant=[{"individual": who}]))

    [provider] = encounter.providers
    assert provider.role == "rendering"
    assert (provider.provider.npi, provider.provider.family_name) == ("9999999999", "Sample")


def test_resources_that_are_not_used_are_counted_by_name(db, inbox):
    others = [{"resourceType": "Observation", "id": f"{n}"} for n in range(3)]

    report = take_in(db, SYSTEM, [write_lines(inbox / "a", *others, {"resourceType": "Teapot"})])

    assert report.files[0].messages == ("not used: 3 Observation, 1 Teapot",)
    assert report.exit_code == 0


def test_the_same_id_with_other_content_is_refused_and_a_newer_one_replaces(db, inbox):
    old = patient_resource() | {"meta": {"lastUpdated": "2026-01-01T00:00:00Z"}, "gender": "male"}
    new = patient_resource() | {"meta": {"lastUpdated": "2026-02-01T00:00:00Z"}}
    undated = patient_resource() | {"birthDate": "1950"}

    report = take_in(db, SYSTEM, [write_lines(inbox / "a", encounter_resource(), old, new, undated)])

    assert [r.reason for r in report.files[0].quarantined] == [
        "Patient: the same id occurs twice with different content"
    ]
    assert (stored(db)[0].patient.sex, stored(db)[0].patient.birth_date) == ("F", "1961-03")


def test_a_resource_of_another_shape_is_left_out_with_its_place(db, inbox):
    bad = {"resourceType": "Condition", "id": "c1", "code": "cough", **AT_E1}

    read(db, inbox, bad)

    row = only(db, Quarantine)
    assert (row.place, row.reason) == ("line 3, Condition/c1", "code: expected an object")


def test_markup_and_escapes_in_names_are_stored_as_text(db, inbox):
    patient = patient_resource() | {"name": [{"family": "A [/] \x1b]52;c;x\x07", "given": ["B\u202e"]}]}

    take_in(db, SYSTEM, [write_lines(inbox / "a", patient, encounter_resource())])

    stored_patient = stored(db)[0].patient
    assert (stored_patient.family_name, stored_patient.given_name) == ("A [/] \ufffd]52;c;x\ufffd", "B\ufffd")


@pytest.mark.thorough
@needs_shared_fhir
def test_the_sample_folder_comes_in_whole_and_the_second_run_changes_nothing(db):
    folder = SHARED_FHIR / "ndjson"
    first = take_in(db, SYSTEM, [folder])
    logged = len(actions(db))

    second = take_in(db, SYSTEM, [folder])

    assert (first.patients, first.total("encounters_new"), first.exit_code) == (13, 319, 0)
    settings = [encounter.setting.value for encounter in stored(db)]
    assert {s: settings.count(s) for s in set(settings)} == {"clinic": 247, "inpatient": 49, "emergency": 23}
    assert (second.total("encounters_unchanged"), second.total("encounters_new")) == (319, 0)
    assert actions(db)[logged:] == ["intake.run"]


@needs_shared_fhir
def test_the_sample_bundles_come_in_with_their_payers(db):
    report = take_in(db, SYSTEM, [SHARED_FHIR / "bundles"])

    assert (report.patients, report.total("encounters_new"), report.exit_code) == (2, 60, 0)
    assert all(encounter.coverages for encounter in stored(db))
    assert count(db, Patient) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
charge_item = {"resourceType": "ChargeItem", "id": "i1", "context": {"reference": "Encounter/e1"}}
claim = {"resourceType": "Claim", "id": "k1", "item": [{"encounter": [{"reference": "Encounter/e1"}]}]}
shapes = [patient_resource(), encounter_resource(), note("Better."), charge_item, claim]


@st.composite
def damaged(draw):
    """The made-up resources with one element of one of them, at any depth, replaced by something else."""
    resources = copy.deepcopy(shapes)
    place = draw(st.sampled_from(resources))
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from([*keys, "quantity", "priceOverride", "meta"] if isinstance(place, dict) else keys))
        inner = place.get(key) if isinstance(place, dict) else place[key]
        if not inner or not isinstance(inner, dict | list) or draw(st.booleans()):
            place[key] = draw(json_values)
            return resources
        place = inner


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(resources=damaged())
def test_a_resource_damaged_anywhere_is_named_or_passed_over(db, inbox, resources):
    report = take_in(db, SYSTEM, [write_lines(inbox / "a", *resources)])

    assert report.exit_code in (0, 1)
