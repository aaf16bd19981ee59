"""The made-up site: every chart reads, every answer key stands on its chart, and nothing real or licensed is in it."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import pytest

from codesets.catalog import Reference, find
from codesets.releases import CodeSystem
from store.demo.site import DemoChart, DemoSiteError, answer_key, load_site, read_chart, read_directory
from store.intake.native import NativeEncounter
from store.terms import CodingKind, DiagnosisRole, Relationship, Role, Setting

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
CHARTS = [pytest.param(chart, id=f"{chart.number:02d}-{chart.name}") for chart in load_site().charts]
FIRST_DAY, LAST_DAY = "2026-08-03", "2026-09-28"
LAST_DAY_OF_THE_RELEASE = "2026-09-30"
WORDS_AT_LEAST = {
    Setting.CLINIC: 250,
    Setting.EMERGENCY: 250,
    Setting.SURGERY: 250,
    Setting.OBSERVATION: 400,
    Setting.INPATIENT: 1000,
    Setting.RADIOLOGY: 90,
}


def service_day(chart: DemoChart) -> str:
    encounter = chart.encounter
    return (encounter.ended_at if encounter.setting is Setting.INPATIENT else encounter.started_at)[:10]


def check_digit_is_right(npi: str) -> bool:
    """Luhn over 80840 and the ten digits (45 CFR 162.406)."""
    digits = [int(d) for d in reversed("80840" + npi)]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0


@lru_cache
def codes_of(path: Path) -> frozenset[str]:
    """Valid codes of a CMS order file: columns 7 to 13 the code, column 15 is 1 where it is billable."""
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository")
    lines = path.read_text(encoding="cp1252").splitlines()
    return frozenset(line[6:14].strip() for line in lines if line[14:15] == "1")


@lru_cache
def exempt_from_poa(path: Path) -> frozenset[str]:
    """Dotted codes of the CMS list of codes exempt from POA: the second of three tab-separated columns."""
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository")
    lines = path.read_text(encoding="cp1252").splitlines()
    return frozenset(line.split("\t")[1] for line in lines if "\t" in line)


def texts_of_the_folder() -> dict[str, str]:
    folder = files("store.demo")
    paths = [folder / "site.toml", *(p for p in (folder / "charts").iterdir() if p.name.endswith(".toml"))]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def found_faults(chart: DemoChart) -> set[str]:
    faults = set()
    for coverage in chart.encounter.coverages:
        if " " in coverage.member_id:
            faults.add("member_id_blank")
        if coverage.relationship is not Relationship.SELF and not coverage.subscriber_birth_date:
            faults.add("subscriber_birth_date_missing")
        if coverage.expires_on and coverage.expires_on < service_day(chart):
            faults.add("coverage_expired")
        pattern = coverage.payer.member_id_pattern
        if pattern and " " not in coverage.member_id and not re.fullmatch(pattern, coverage.member_id):
            faults.add("member_id_pattern")
    if any(not document.status.authenticated for document in chart.encounter.documents):
        faults.add("document_unsigned")
    if service_day(chart) > LAST_DAY_OF_THE_RELEASE:
        faults.add("no_release_for_date")
    return faults


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_survives_the_native_format(chart: DemoChart) -> None:
    line = chart.encounter.model_dump_json()

    again = NativeEncounter.model_validate_json(line)

    assert again == chart.encounter


@pytest.mark.parametrize("chart", CHARTS)
def test_every_npi_is_known_to_the_site_and_has_a_right_check_digit(chart: DemoChart) -> None:
    site = load_site()
    known = {row.npi for row in (*site.facilities, *site.providers)}

    used = {c.performer_npi for c in chart.encounter.charges} | {p.performer_npi for p in chart.key.procedures}

    assert used - {""} <= known
    assert all(npi.startswith("1") and len(npi) == 10 and check_digit_is_right(npi) for npi in known)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_quoted_evidence_stands_word_for_word_in_a_document(chart: DemoChart) -> None:
    quotes = [row.evidence for row in (*chart.key.diagnoses, *chart.key.procedures)]

    missing = [q for q in quotes if not q or not any(q in d.text for d in chart.encounter.documents)]

    assert missing == []


@pytest.mark.parametrize("chart", CHARTS)
def test_pointers_name_diagnoses_of_the_same_side(chart: DemoChart) -> None:
    for kind in chart.encounter.tasks:
        diagnoses = chart.key.diagnoses_of(kind)
        for line in chart.key.procedures_of(kind):
            pointed = [diagnoses[p - 1] for p in line.pointers]

            assert len(pointed) <= 4
            assert [d.code for d in pointed] == [chart.key.diagnoses[p - 1].code for p in line.pointers]
            assert bool(pointed) == (line.system == "hcpcs")


@pytest.mark.parametrize("chart", CHARTS)
def test_roles_come_in_the_order_of_the_claim(chart: DemoChart) -> None:
    order = [
        DiagnosisRole.PRINCIPAL,
        DiagnosisRole.SECONDARY,
        DiagnosisRole.EXTERNAL_CAUSE,
        DiagnosisRole.ADMITTING,
        DiagnosisRole.REASON,
    ]

    places = [order.index(d.role) for d in chart.key.diagnoses]

    assert places == sorted(places)
    assert places.count(0) == 1


@pytest.mark.parametrize("chart", CHARTS)
def test_poa_stands_on_inpatient_diagnoses_only(chart: DemoChart) -> None:
    inpatient = chart.encounter.setting is Setting.INPATIENT

    marks = [(d.poa, d.role) for d in chart.key.diagnoses]

    assert all((poa in tuple("YNUW1")) == (inpatient and role is not DiagnosisRole.ADMITTING) for poa, role in marks)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_line_of_the_key_has_its_charge(chart: DemoChart) -> None:
    posted = Counter((c.procedure_code, c.units, c.amount_cents) for c in chart.encounter.charges)

    keyed = Counter((p.code, p.units, p.charge_cents) for p in chart.key.procedures if p.system == "hcpcs")

    assert keyed - posted == Counter()


@pytest.mark.parametrize("chart", CHARTS)
def test_documents_have_a_realistic_length(chart: DemoChart) -> None:
    words = sum(len(d.text.split()) for d in chart.encounter.documents)

    assert words >= WORDS_AT_LEAST[chart.encounter.setting]


@pytest.mark.parametrize("chart", CHARTS)
def test_documents_are_numbered_in_the_order_they_were_written(chart: DemoChart) -> None:
    documents = chart.encounter.documents

    by_number = sorted(documents, key=lambda d: d.document_number)

    assert by_number == documents == sorted(documents, key=lambda d: d.authored_at)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_service_date_lies_within_the_stay(chart: DemoChart) -> None:
    encounter = chart.encounter
    first, last = encounter.started_at[:10], encounter.ended_at[:10]

    dates = [c.service_date for c in encounter.charges] + [p.service_date for p in chart.key.procedures]

    assert all(first <= day <= last for day in dates)
    assert first >= FIRST_DAY and (last <= LAST_DAY or "no_release_for_date" in found_faults(chart))


@pytest.mark.parametrize("chart", CHARTS)
def test_an_inpatient_charge_names_a_revenue_code_and_no_procedure(chart: DemoChart) -> None:
    if chart.encounter.setting is not Setting.INPATIENT:
        return

    charges = chart.encounter.charges

    assert all(c.revenue_code and not c.procedure_code for c in charges)


@pytest.mark.parametrize("chart", CHARTS)
def test_planted_faults_are_exactly_those_listed(chart: DemoChart) -> None:
    listed = {fault.what for fault in load_site().planted if fault.chart == chart.number}

    assert found_faults(chart) == listed


@pytest.mark.parametrize("chart", CHARTS)
def test_every_icd_10_code_of_the_key_is_billable(chart: DemoChart) -> None:
    diagnoses = codes_of(SHARED / "icd10cm" / "icd10cm_order_2026.txt")
    procedures = codes_of(SHARED / "icd10pcs" / "icd10pcs_order_2026.txt")

    unknown = [d.code for d in chart.key.diagnoses if d.code.replace(".", "") not in diagnoses]
    unknown += [p.code for p in chart.key.procedures if p.system == "icd10pcs" and p.code not in procedures]

    assert unknown == []


@pytest.mark.parametrize("chart", CHARTS)
def test_poa_is_1_exactly_for_exempt_codes(chart: DemoChart) -> None:
    exempt = exempt_from_poa(SHARED / "poa" / "POAexemptCodesFY26.txt")

    marked = {d.code: d.poa == "1" for d in chart.key.diagnoses if d.poa}

    assert marked == {code: code in exempt for code in marked}


def test_no_file_holds_a_licensed_code() -> None:
    shapes = re.compile(r"""(?:code = |\[|, )"(\d{4}[0-9AFTUM]|D\d{4})\"""")

    found = {name: shapes.findall(text) for name, text in texts_of_the_folder().items()}

    assert not any(found.values())


def test_no_document_holds_a_number_of_five_digits() -> None:
    documents = [(c.name, d.text) for c in load_site().charts for d in c.encounter.documents]

    found = [(name, re.findall(r"(?<![\d.,-])\d{5}(?![\d.,-])", text)) for name, text in documents]

    assert [pair for pair in found if pair[1]] == []


def test_nothing_looks_like_a_social_security_number() -> None:
    found = {name: re.findall(r"\b\d{3}-\d{2}-\d{4}\b", text) for name, text in texts_of_the_folder().items()}

    assert not any(found.values())


def test_every_phone_number_is_of_the_reserved_kind() -> None:
    site = load_site()

    phones = [f.contact_phone for f in site.facilities] + [c.encounter.patient.phone for c in site.charts]

    assert all(re.fullmatch(r"\d{3}-555-01\d\d", phone) for phone in phones)


def test_every_setting_has_its_charts() -> None:
    at_least = {
        Setting.CLINIC: 12,
        Setting.EMERGENCY: 4,
        Setting.SURGERY: 4,
        Setting.OBSERVATION: 1,
        Setting.INPATIENT: 5,
        Setting.RADIOLOGY: 4,
    }

    counted = Counter(chart.encounter.setting for chart in load_site().charts)

    assert {setting: n for setting, n in at_least.items() if counted[setting] < n} == {}


def test_the_staff_fill_every_role() -> None:
    roles = {person.role for person in load_site().people}

    assert roles == set(Role)


def test_every_chart_tells_its_traps() -> None:
    without = [chart.name for chart in load_site().charts if not chart.key.traps]

    assert without == []


def test_an_answer_key_is_found_by_its_visit_number() -> None:
    chart = load_site().charts[0]

    key = answer_key(chart.encounter.visit_number)

    assert key is chart.key


def test_an_unknown_visit_has_no_answer_key() -> None:
    assert answer_key("V00-0000") is None


SITE = {
    "source": "demo",
    "facilities": [{"local_id": "clinic", "name": "Clinic"}],
    "payers": [],
    "providers": [],
    "people": [{"login": "a", "name": "A", "role": "coder"}],
}
CHART = {
    "number": 1,
    "name": "one",
    "encounter": {
        "visit_number": "V1",
        "setting": "clinic",
        "started_at": "2026-08-04",
        "facility": "clinic",
    },
    "patient": {"mrn": "P1", "family_name": "Test"},
    "account": {"account_number": "A1"},
    "key": {"diagnoses": []},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encounter": {**CHART["encounter"], "facility": "moon"}}, "encounter.facility: 'moon' is not in site.toml"),
        ({"encounter": {**CHART["encounter"], "setting": "moon"}}, "encounter.setting"),
        ({"patient": {"mrn": "P1", "family_nmae": "Test"}}, "patient.family_nmae: no such field"),
        ({"charges": [{"charge_number": "C1", "service_date": "soon", "amount_cents": 1}]}, "charges.1.service_date"),
        ({"key": {"diagnoses": [{"code": "I10", "role": "moon"}]}}, "key.diagnoses.1.role"),
        ({"note": "x"}, "chart.note: no such field"),
        ({"patient": "x"}, "patient: Input should be a valid dictionary"),
        ({"documents": "x"}, "documents: Input should be a valid list"),
        ({"number": "x"}, "number: Input should be a valid integer"),
    ],
)
def test_a_wrong_chart_names_its_file_and_field(change: dict, message: str) -> None:
    directory = read_directory(SITE, "site.toml")

    with pytest.raises(DemoSiteError) as caught:
        read_chart({**CHART, **change}, "01-one.toml", directory)

    assert caught.value.message.startswith("01-one.toml: ")
    assert message in caught.value.message


def test_sides_keep_diagnoses_apart() -> None:
    directory = read_directory(SITE, "site.toml")
    both = {"code": "R55", "role": "principal", "reason": "r", "evidence": "e"}
    facility = {**both, "role": "reason_for_visit", "sides": ["facility"]}

    chart = read_chart({**CHART, "key": {"diagnoses": [both, facility]}}, "01-one.toml", directory)

    assert [d.role for d in chart.key.diagnoses_of(CodingKind.PROFESSIONAL)] == [DiagnosisRole.PRINCIPAL]
    assert len(chart.key.diagnoses_of(CodingKind.FACILITY)) == 2


def test_every_procedure_of_the_site_is_in_a_starter_list(reference: Reference) -> None:
    on = dt.date(2026, 9, 1)
    systems = {"hcpcs": CodeSystem.HCPCS, "icd10pcs": CodeSystem.ICD10PCS}
    used = {("hcpcs", charge.procedure_code) for chart in load_site().charts for charge in chart.encounter.charges}
    used |= {(procedure.system, procedure.code) for chart in load_site().charts for procedure in chart.key.procedures}

    missing = [code for system, code in used if code and not find(reference, systems[system], code, on)]

    assert missing == []
