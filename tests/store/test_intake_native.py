"""The native format: what a line may say, what is refused, and the round trip without loss."""

from __future__ import annotations

import json
import string

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.actors import SYSTEM
from store.intake import take_in
from store.intake.export import encounter_ids, export_encounter, to_line
from store.intake.jsontext import BadJson
from store.intake.native import json_schema, read_lines, to_record
from store.intake.writer import store_encounter
from store.people import add_person
from store.terms import (
    CodingKind,
    CodingStatus,
    DiagnosisRole,
    DocumentStatus,
    EncounterStatus,
    Origin,
    PatientClass,
    ProviderRole,
    Relationship,
    Role,
    Setting,
)
from tests.store.intake_samples import NATIVE, native, open_site, write_lines

words = st.text(max_size=30)
numbers = st.text(alphabet=string.ascii_letters + string.digits + "-é中", min_size=1, max_size=12)
partial_dates = st.none() | st.sampled_from(["1961", "1961-03", "1961-03-02"])
moments = st.sampled_from(["2026-03-02", "2026-03-02T09:00:00Z", "2026-03-02 09:00", "2026-03-02T09:00:00.5-06:00"])
cents = st.integers(-(10**9), 10**9)


def values(**fields: st.SearchStrategy) -> st.SearchStrategy:
    return st.fixed_dictionaries(fields)


def listed(strategy: st.SearchStrategy, *key: str) -> st.SearchStrategy:
    return st.lists(strategy, max_size=3, unique_by=lambda v: tuple(str(v[k]) for k in key))


def member(enum: type) -> st.SearchStrategy:
    return st.sampled_from([m.value for m in enum])


payers = values(source=numbers, local_id=numbers, name=words, timely_filing_days=st.none() | st.integers(1, 999))
providers = values(source=numbers, local_id=numbers, family_name=words, npi=words, credential=words)
diagnoses = values(
    sequence=st.integers(1, 25), code=words, role=member(DiagnosisRole), poa=st.sampled_from(["", "Y", "N", "1"]),
    origin=member(Origin), evidence=words,
)  # fmt: skip
lines = values(
    sequence=st.integers(1, 50), code=words, modifiers=st.lists(words, max_size=2), units=st.integers(1, 9),
    charge_cents=cents, pointers=st.lists(st.integers(1, 12), max_size=2), service_date=partial_dates,
)  # fmt: skip
codings = values(
    kind=member(CodingKind), version=st.integers(1, 3), status=member(CodingStatus), release=words,
    coder=st.sampled_from(["", "coder1"]), finalized_at=st.none() | words,
    diagnoses=listed(diagnoses, "sequence"), procedures=listed(lines, "sequence"),
)  # fmt: skip
documents = values(
    document_number=numbers, version=st.integers(1, 3), type_name=words, title=words, text=st.text(max_size=200),
    status=member(DocumentStatus), authored_at=st.none() | moments, author=words,
)  # fmt: skip
charges = values(
    charge_number=numbers, service_date=st.just("2026-03-02"), description=words, units=st.integers(-9, 9),
    amount_cents=cents, modifiers=st.lists(words, max_size=2), hard_coded=st.booleans(),
)  # fmt: skip
coverages = values(
    sequence=st.integers(1, 9), payer=payers, member_id=words, relationship=member(Relationship),
    subscriber_birth_date=partial_dates, effective_on=partial_dates,
)  # fmt: skip
encounters = values(
    source=numbers, visit_number=numbers, setting=member(Setting), patient_class=member(PatientClass),
    status=member(EncounterStatus), started_at=moments, ended_at=st.none() | moments, reason=words,
    accident_date=partial_dates,
    extra=st.dictionaries(words, words | st.integers(-(2**50), 2**50) | st.booleans() | st.none(), max_size=3),
    patient=values(source=numbers, mrn=numbers, family_name=words, given_name=words, birth_date=partial_dates),
    account=values(source=numbers, account_number=numbers, bill_hold_days=st.integers(0, 30)),
    facility=st.none() | values(source=numbers, local_id=numbers, name=words, npi=words),
    coverages=listed(coverages, "sequence"),
    providers=st.lists(values(role=member(ProviderRole), provider=providers), max_size=3),
    documents=listed(documents, "document_number", "version"),
    charges=listed(charges, "charge_number"),
    source_codes=st.lists(values(system=words, code=words, display=words, kind=words), max_size=4),
    codings=listed(codings, "kind", "version"),
    tasks=st.lists(member(CodingKind), max_size=2, unique=True),
)  # fmt: skip


def stored_lines(db) -> list[str]:
    with db.reading() as session:
        return [to_line(export_encounter(session, row_id)) for row_id in encounter_ids(session)]


@pytest.mark.thorough
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(encounter=encounters)
def test_what_is_exported_comes_in_elsewhere_and_goes_out_again_byte_for_byte(tmp_path_factory, encounter):
    here, there = (open_site(tmp_path_factory.mktemp("site")) for _ in range(2))
    for db in (here, there):
        add_person(db, SYSTEM, "coder1", "Coder", Role.CODER)
    file = write_lines(tmp_path_factory.mktemp("in") / "a", encounter)
    first_report = take_in(here, SYSTEM, [file])
    first = stored_lines(here)

    second_report = take_in(there, SYSTEM, [write_lines(file.parent / "b", *first)])
    second = stored_lines(there)
    here.close()
    there.close()

    assert (first_report.exit_code, second_report.exit_code, len(first)) == (0, 0, 1)
    assert second == first


def test_an_export_satisfies_the_schema_that_we_publish(tmp_path):
    db = open_site(tmp_path)
    with db.change(SYSTEM) as change:
        store_encounter(change, to_record(json.dumps(native()).encode()))

    exported = json.loads(stored_lines(db)[0])

    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(exported, json_schema(), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"setting": "ward"}, "setting: expected 'clinic'"),
        ({"started_at": "yesterday"}, "started_at: expected a date or time such as 2026-09-14"),
        ({"patient": {"source": "s", "mrn": "", "family_name": "x"}}, "patient.mrn: it must not be empty"),
        ({"charges": [{"charge_number": "1", "service_date": "2026-03-02", "amount_cents": "ten"}]},
         "charges.1.amount_cents: expected a whole number"),
        ({"charges": [{"charge_number": "1", "service_date": "2026-03-02", "amount_cents": 10**30}]},
         "a number that is too large"),
        ({"started_at": "2026-02-30T10:00"}, "started_at: expected a date or time that exists"),
        ({"ward": "7"}, "ward: the format has no such field"),
        ({"patient": NATIVE["patient"] | {"mnr": "M1"}}, "patient.mnr: the format has no such field"),
        ({"charges": [NATIVE["charges"][0] | {"unit": 4}]}, "charges.1.unit: the format has no such field"),
        ({"coverages": [NATIVE["coverages"][0] | {"memberid": "A"}]},
         "coverages.1.memberid: the format has no such field"),
        ({"reason": "x" * 401}, "reason: expected at most 400"),
        ({"documents": 7}, "documents: expected a list"),
    ],
)  # fmt: skip
def test_a_refused_line_names_the_field_and_what_was_expected(changes, words):
    line = json.dumps(native(**changes)).encode()

    with pytest.raises(BadJson) as refusal:
        to_record(line)

    assert words in refusal.value.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"source": "a"', "it ends before it is complete"),
        (b'{"source": "\xff"}', "it is not UTF-8"),
        (b'{"source": "\\ud800"}', "it is not JSON"),
        (b'{"extra": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested deeper than 200 levels"),
        (b'{"units": NaN}', "it is not JSON"),
        (b'{"units": 1e999}', "a number that is too large"),
        (b"[1, 2]", "expected one encounter as a JSON object"),
    ],
)
def test_a_line_that_is_not_good_json_says_so_without_repeating_it(line, words):
    [read] = read_lines([line])

    assert read.record is None
    assert words in read.problem


def test_controls_in_names_are_replaced_and_markup_stays_text():
    line = json.dumps(native(reason="a\x1b]0;title\x07 [/] b")).encode()

    record = to_record(line)

    assert record.reason == "a\ufffd]0;title\ufffd [/] b"


def test_values_beyond_the_format_are_made_safe_as_well():
    line = json.dumps(native(extra={"k\x1b": ["\x1b[2J"]})).encode()

    record = to_record(line)

    assert record.extra == {"k\ufffd": ["\ufffd[2J"]}


def test_blank_lines_are_passed_over_and_lines_keep_their_numbers():
    good = json.dumps(native()).encode()

    numbers_read = [line.number for line in read_lines([b"\n", good, b"  \n", good])]

    assert numbers_read == [2, 4]
