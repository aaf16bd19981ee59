"""Training: what was coded of a chart with an answer key, held against it as an audit would, and explained from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesets.catalog import normalize
from codesets.edits import CodeFinding
from store.audits.differences import Coded, Comparison, compare
from store.audits.schemes import USUAL, scheme_named
from store.audits.scores import Score, score
from store.coding.codes import Codes, Diagnosis, ProcedureLine
from store.demo.site import AnswerKey, KeyDiagnosis, KeyProcedure, answer_key
from store.terms import CodingKind, DiagnosisRole


@dataclass(frozen=True)
class Lesson:
    """A coding held against its key as the auditor's side; `reasons` are why the key has a code, by code, `words` what
    they rest on."""

    comparison: Comparison
    score: Score
    reasons: dict[str, str]
    words: dict[str, str]
    traps: tuple[str, ...]


SEQUENCE_RULES = {"c72": "code", "c77": "additional"}
"""The edits that find a secondary diagnosis in the wrong order (code first, use additional code), and which value that
they saw is the code that stands too early."""


def out_of_order(findings: Sequence[CodeFinding]) -> frozenset[str]:
    """The diagnoses (with dot) that stand before one that a rule of the code set wants first."""
    return frozenset(
        str(one.seen.get(SEQUENCE_RULES[one.rule_id], "")) for one in findings if one.rule_id in SEQUENCE_RULES
    )


def lesson(visit_number: str, kind: CodingKind, coded: Codes, findings: Sequence[CodeFinding] = ()) -> Lesson | None:
    """What a coding of a visit teaches; None for a visit that has no key.

    The principal or first-listed diagnosis is compared. The order of the others is free (ICD-10-CM guidelines, section
    III) but for what `findings`, of the edits on these codes, say of a sequence.
    """
    key = answer_key(visit_number)
    if key is None:
        return None
    coder, auditor = Coded(coded), Coded(key_codes(key, kind))
    found = compare(coder, auditor, out_of_order=out_of_order(findings))
    parts: list[KeyDiagnosis | KeyProcedure] = [*key.diagnoses_of(kind), *key.procedures_of(kind)]
    return Lesson(
        found,
        score(coder, auditor, found, found.differences, scheme_named(USUAL)),
        {_code(part.code): part.reason for part in parts},
        {_code(part.code): part.evidence for part in parts},
        key.traps,
    )


def key_codes(key: AnswerKey, kind: CodingKind) -> Codes:
    """The codes of an answer key for one side of the bill, as a coding would have them."""
    diagnoses = key.diagnoses_of(kind)
    place = {id(one): number for number, one in enumerate(diagnoses, 1)}
    lines = tuple(
        ProcedureLine(
            system=one.system,
            code=_code(one.code),
            modifiers=tuple(one.modifiers),
            units=one.units,
            charge_cents=one.charge_cents,
            pointers=tuple(place[id(d)] for p in one.pointers if id(d := key.diagnoses[p - 1]) in place),
            service_date=one.service_date,
            performer_npi=one.performer_npi,
        )
        for one in key.procedures_of(kind)
    )
    coded = tuple(Diagnosis(one.code, DiagnosisRole(one.role), one.poa, evidence=one.evidence) for one in diagnoses)
    return Codes(coded, lines)


def _code(code: str) -> str:
    """As codings have it: diagnoses with their dot, procedures without."""
    return code if "." in code else normalize(code)
