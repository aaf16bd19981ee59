"""A coding of a training chart, held against its answer key as an audit would hold it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codesets.edits import CodeFinding, Severity
from store.audits.differences import DifferenceKind
from store.coding.codes import Codes
from store.demo.site import AnswerKey, answer_key
from store.demo.training import key_codes, lesson
from store.terms import CodingKind

VISIT, KIND = "V26-1002", CodingKind.PROFESSIONAL


@pytest.fixture
def key() -> AnswerKey:
    found = answer_key(VISIT)
    assert found is not None
    return found


def test_the_key_itself_is_right_in_every_way(key: AnswerKey) -> None:
    found = lesson(VISIT, KIND, key_codes(key, KIND))

    assert found is not None
    assert found.comparison.differences == ()
    assert (found.score.code_over_code.value, found.score.record_over_record.value) == (1, 1)


def test_a_code_that_is_missing_is_told_with_its_reason(key: AnswerKey) -> None:
    wanted = key_codes(key, KIND)
    missed = wanted.diagnoses[-1].code
    coded = replace(wanted, diagnoses=wanted.diagnoses[:-1])

    found = lesson(VISIT, KIND, coded)

    assert found is not None
    assert (DifferenceKind.ADDED, missed) in {(one.kind, one.auditor) for one in found.comparison.differences}
    assert found.reasons[missed]


def test_the_order_of_secondary_diagnoses_and_a_missing_one_are_no_errors_of_sequence_or_pointers(
    key: AnswerKey,
) -> None:
    wanted = key_codes(key, KIND)
    first, missed, *others = wanted.diagnoses
    turned = (first, *reversed(others))
    place = {wanted.diagnoses.index(one) + 1: number for number, one in enumerate(turned, 1)}
    lines = tuple(replace(one, pointers=tuple(place[p] for p in one.pointers if p in place)) for one in wanted.lines)

    found = lesson(VISIT, KIND, Codes(turned, lines))

    assert found is not None and len(others) > 1
    assert [(one.kind, one.auditor) for one in found.comparison.differences] == [(DifferenceKind.ADDED, missed.code)]


def test_a_sequence_that_a_rule_of_the_code_set_wants_otherwise_is_an_error(key: AnswerKey) -> None:
    wanted = key_codes(key, KIND)
    first, second, third, *others = wanted.diagnoses
    rule = CodeFinding("c72", 1, Severity.WARNING, "", "", "", "", "diagnosis.2", {"code": third.code})

    found = lesson(VISIT, KIND, replace(wanted, diagnoses=(first, third, second, *others), lines=()), [rule])

    assert found is not None
    sequence = [one for one in found.comparison.differences if one.kind is DifferenceKind.SEQUENCE]
    assert [(one.coder, one.auditor) for one in sequence] == [("place 2", "place 3")]


def test_a_visit_without_a_key_teaches_nothing() -> None:
    assert lesson("no such visit", KIND, Codes()) is None
