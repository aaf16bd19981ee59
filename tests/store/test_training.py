"""A coding of a training chart, held against its answer key as an audit would hold it."""

from __future__ import annotations

from dataclasses import replace

import pytest

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


def test_a_visit_without_a_key_teaches_nothing() -> None:
    assert lesson("no such visit", KIND, Codes()) is None
