"""The denial desk on a record of 100,000 denials: its page, what stands behind one, and all of them by their causes.

Claims are made up: 50,000 with two findings each, one of them let pass, each denied on both of its lines.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import prepared
from tests.bench.figures import Figure

DENIALS = 100_000
_OPEN_BAR, _PAGE_BAR, _CAUSES_BAR = 0.1, 0.2, 2.0
_LINES = 2
_MOST_ROWS = 5_000
_RUNS = 5
_AT_ONCE = 5_000
_REASONS = (("CO", "50", "medical necessity"), ("CO", "16", "information"), ("CO", "97", "bundling"))


def measure() -> list[Figure]:
    """Read a record as the desk does that a process of its own has filled."""
    from store.database import open_database
    from store.denials.causes import By, cause_of, pareto
    from store.queries import SessionReader
    from store.queries.denials import DenialFilter, denial_list

    db = open_database(f"sqlite:///{prepared.path(prepared.DENIALS)}")
    with db.reading() as session:
        reader = SessionReader(session)
        rows = denial_list(reader, DenialFilter.LIVING, None, _MOST_ROWS)
        middle = rows[len(rows) // 2].id
        first = denial_list(reader, DenialFilter.LIVING)
        figures = [
            Figure(
                f"denial desk: the first {len(first):,} rows, with which it opens",
                _OPEN_BAR,
                _timed(lambda: denial_list(reader, DenialFilter.LIVING)),
                "s",
            ),
            Figure(
                f"denial desk: {len(rows):,} of {DENIALS:,} denials listed",
                _PAGE_BAR,
                _timed(lambda: denial_list(reader, DenialFilter.LIVING, None, _MOST_ROWS)),
                "s",
            ),
            Figure("denial desk: what stands behind one", _PAGE_BAR, _timed(lambda: cause_of(reader, middle)), "s"),
        ]
        for by in By:
            seconds = _timed(lambda by=by: pareto(reader, by), runs=1)
            figures.append(Figure(f"{DENIALS:,} denials by {by.value}", _CAUSES_BAR, seconds, "s"))
    db.close()
    return figures


def _timed(work: Callable[[], Any], runs: int = _RUNS) -> float:
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def fill(path: Path, denials: int = DENIALS) -> None:
    """A record with so many denials, two a claim."""
    from sqlalchemy import insert

    from store.actors import SYSTEM
    from store.claims.content import parties_to_json
    from store.database import open_database
    from store.models import (
        Claim,
        ClaimLine,
        Coding,
        Denial,
        Finding,
        Person,
        ReceivedFile,
        Remittance,
        RemittanceClaim,
        RemittanceLine,
    )
    from tests.store.claim_samples import SOUND_CLAIM, add_coding, add_encounter

    db = open_database(f"sqlite:///{path}")
    with db.change(SYSTEM) as change:
        session = change.session
        people = [Person(login=f"coder{number}", name=f"Coder {number}", role="coder") for number in range(20)]
        session.add_all(people)
        session.flush()
        encounter = add_encounter(session)
        coders = [add_coding(session, encounter, version=number + 1) for number in range(len(people))]
        for coding, person in zip(coders, people, strict=True):
            session.get_one(Coding, coding).coder_id = person.id
        file = ReceivedFile(name="era.835", sha256="0" * 64, content=b"", size=0)
        session.add(file)
        session.flush()
        remittance = Remittance(
            file_id=file.id, segment=1, status="posted", control="0001", envelope="", payer_identifier="P",
            payer_name="Blue Plains", trace="EFT1", method="ACH", paid_on="2026-10-01", payment_cents=0,
            paid_cents=0, provider_cents=0, claims=denials // _LINES,
        )  # fmt: skip
        session.add(remittance)
        session.flush()
        parties = parties_to_json(SOUND_CLAIM.parties)
        for first in range(0, denials // _LINES, _AT_ONCE):
            rows: dict[type, list[dict[str, Any]]] = {
                model: [] for model in (Claim, ClaimLine, RemittanceClaim, RemittanceLine, Finding, Denial)
            }
            for number in range(first, min(first + _AT_ONCE, denials // _LINES)):
                _claim(rows, number, encounter.id, coders, people, parties, remittance.id)
            for model, values in rows.items():
                session.execute(insert(model), values)
    db.close()


def _claim(
    rows: dict[type, list[dict[str, Any]]],
    number: int,
    encounter: str,
    codings: list[str],
    people: list[Any],
    parties: dict[str, Any],
    remittance: str,
) -> None:
    from store.models import Claim, ClaimLine, Denial, Finding, RemittanceClaim, RemittanceLine
    from store.terms import ClaimStatus, DenialStatus, FindingState, MatchedBy, Severity

    claim, answer, person = f"c{number:07d}", f"r{number:07d}", people[number % len(people)]
    rows[Claim].append(
        {
            "id": claim, "claim_number": f"2026-{number:06d}", "form": "837p", "encounter_id": encounter,
            "coding_id": codings[number % len(codings)], "status": ClaimStatus.EXPORTED, "frequency": "1",
            "total_cents": 10_000, "service_from": "2026-09-15", "service_through": "2026-09-15",
            "parties": parties, "created_at": "2026-09-20T00:00:00.000Z", "row_version": 1,
        }
    )  # fmt: skip
    rows[RemittanceClaim].append(
        {
            "id": answer, "remittance_id": remittance, "sequence": number + 1, "segment": 10 * number + 10,
            "account_number": f"2026-{number:06d}", "status_code": "4", "charge_cents": 10_000, "paid_cents": 0,
            "patient_cents": 0, "patient_name": f"Patient, {number % 997}", "service_from": "2026-09-15",
            "claim_id": claim, "matched_by": MatchedBy.CLAIM_NUMBER,
        }
    )  # fmt: skip
    for line in range(1, _LINES + 1):
        group, reason, category = _REASONS[(number + line) % len(_REASONS)]
        ours, theirs = f"{claim}-{line}", f"{answer}-{line}"
        rows[ClaimLine].append(
            {
                "id": ours, "claim_id": claim, "sequence": line, "code": "G0463", "modifiers": [], "units": 1,
                "charge_cents": 5_000, "pointers": [1], "service_date": "2026-09-15", "performer_npi": "",
            }
        )  # fmt: skip
        rows[RemittanceLine].append(
            {
                "id": theirs, "remittance_claim_id": answer, "sequence": line, "segment": 10 * number + 10 + line,
                "code": "G0463", "charge_cents": 5_000, "paid_cents": 0, "claim_line_id": ours,
            }
        )  # fmt: skip
        let_pass = line == 1
        rows[Finding].append(
            {
                "id": f"{claim}-f{line}", "subject_kind": "claim", "subject_id": claim,
                "rule_id": ("r201", "r031", "r241")[number % 3], "rule_version": 1, "severity": Severity.WARNING,
                "title": "A finding", "message": "It does not hold.", "place": f"line.{line}.pointers",
                "state": FindingState.OVERRIDDEN if let_pass else FindingState.OPEN,
                "override_reason": "seen" if let_pass else "", "overridden_by": person.id if let_pass else None,
                "overridden_at": "2026-09-20T00:00:00.000Z" if let_pass else None,
            }
        )  # fmt: skip
        rows[Denial].append(
            {
                "id": f"d{number:07d}-{line}", "remittance_id": remittance, "remittance_claim_id": answer,
                "remittance_line_id": theirs, "claim_id": claim, "payer_name": f"Payer {number % 7}",
                "procedure_code": "G0463", "group_code": group, "reason_code": reason, "remarks": ["N115"],
                "cents": 5_000, "category": category, "status": DenialStatus.OPEN,
                "due_on": f"2027-{number % 12 + 1:02d}-{number % 28 + 1:02d}", "segment": 10 * number + 10 + line,
                "opened_at": f"2026-{number % 12 + 1:02d}-01T00:00:00.000Z", "row_version": 1,
            }
        )  # fmt: skip
