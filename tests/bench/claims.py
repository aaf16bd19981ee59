"""Claims that leave: exporting 5,000 professional and 5,000 institutional claims, beside pyx12's validator.

Claims are made up; a professional one has two lines, an institutional one three. A part runs in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.figures import Figure, peak

if TYPE_CHECKING:
    from sqlmodel import Session

    from store.models import Encounter

CLAIMS = 5_000
_JUDGED = 300
_SECONDS, _MEBIBYTES = 6.0, 200.0


def measure() -> list[Figure]:
    """Export both forms, and let the validator read some of what left."""
    figures = []
    with tempfile.TemporaryDirectory() as name:
        for form in ("837p", "837i"):
            folder = Path(name) / form
            folder.mkdir()
            _apart("site", folder, form, CLAIMS)
            seconds, work, memory = _apart("export", folder, form, CLAIMS)
            seconds_bar, memory_bar = (_SECONDS, _MEBIBYTES) if form == "837p" else (None, None)
            figures += [
                Figure(f"{form}: {CLAIMS:,} claims exported", seconds_bar, seconds, "s"),
                Figure(f"{form}: {CLAIMS:,} claims exported, of it on the processor", None, work, "s"),
                Figure(f"{form}: {CLAIMS:,} claims exported, peak memory", memory_bar, memory, "MiB"),
            ]
        judged = Path(name) / "judged"
        judged.mkdir()
        _apart("site", judged, "837p", _JUDGED)
        _apart("export", judged, "837p", _JUDGED)
        theirs, *_ = _apart("judge", judged, "837p", _JUDGED)
    ours = CLAIMS / figures[0].figure
    figures.append(Figure("837p claims a second (stock: pyx12 validating)", None, ours, "1/s", False, _JUDGED / theirs))
    return figures


def _apart(what: str, folder: Path, form: str, count: int) -> tuple[float, float, float]:
    """Seconds, those on the processor, and peak MiB of a part in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.claims", what, str(folder), form, str(count)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    seconds, work, memory = map(float, told)
    return seconds, work, memory


def _export(folder: Path, form: str, count: int) -> float:
    from store.actors import SYSTEM
    from store.claims.export import export_claims
    from store.database import open_database

    db = open_database(f"sqlite:///{folder}/workstation.sqlite")
    began = time.perf_counter()
    report = export_claims(db, SYSTEM, None, folder / "out.837", form=form)
    seconds = time.perf_counter() - began
    assert report.claims == count, report
    db.close()
    return seconds


def _judge(folder: Path, form: str, count: int) -> float:
    from store.claims.strict_check import strict_faults

    began = time.perf_counter()
    assert strict_faults(folder / "out.837") == ()
    return time.perf_counter() - began


def _site(folder: Path, form: str, count: int) -> float:
    """A record with so many claims that are ready."""
    from sqlalchemy import insert

    from store.actors import SYSTEM
    from store.claims.content import parties_to_json
    from store.claims.partners import receiver_for
    from store.database import open_database
    from store.models import Claim, ClaimDiagnosis, ClaimLine
    from store.models.columns import new_id
    from store.settings import load_settings
    from store.terms import ClaimStatus
    from tests.store.claim_samples import SOUND_CLAIM, add_coding, add_encounter
    from tests.store.claim_shapes import OUTPATIENT

    db = open_database(f"sqlite:///{folder}/workstation.sqlite")
    sample = SOUND_CLAIM if form == "837p" else OUTPATIENT
    claims, diagnoses, lines = [], [], []
    with db.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        coding = add_coding(change.session, encounter)
        parties = parties_to_json(sample.parties)
        payer_id = _as_the_record_has_it(change.session, encounter, parties)
        parties["receiver"] = asdict(receiver_for(change.session, "", load_settings()))
        for number in range(count):
            claim_id = new_id()
            claims.append(
                {
                    "id": claim_id,
                    "claim_number": f"2026-{number:06d}",
                    "form": form,
                    "encounter_id": encounter.id,
                    "coding_id": coding,
                    "payer_id": payer_id,
                    "status": ClaimStatus.READY,
                    "frequency": "1",
                    "total_cents": sample.total_cents,
                    "service_from": sample.service_from,
                    "service_through": sample.service_through,
                    "parties": parties,
                    "created_at": "2026-09-20T00:00:00.000Z",
                    "scrubbed_at": "2026-09-20T00:00:00.000Z",
                    "row_version": 1,
                }
            )
            diagnoses += [{"id": new_id(), "claim_id": claim_id, **asdict(one)} for one in sample.diagnoses]
            for line in sample.lines:
                fields = asdict(line)
                del fields["rendering"]
                lines.append({"id": new_id(), "claim_id": claim_id, **fields})
        for model, rows in ((Claim, claims), (ClaimDiagnosis, diagnoses), (ClaimLine, lines)):
            change.session.execute(insert(model), rows)
    db.close()
    return 0.0


def _as_the_record_has_it(session: Session, encounter: Encounter, parties: dict[str, Any]) -> str:
    """Have what a claim states of payers, facility and providers be that of the record; the id of its payer.

    What the record says otherwise does not leave (`store.claims.outdated`).
    """
    from sqlmodel import select

    from store.claims.chart import billed_payer, billing_provider
    from store.claims.outdated import named_providers
    from store.models import Facility, Payer, Provider

    payer, facility = session.exec(select(Payer)).first(), session.get(Facility, encounter.facility_id)
    assert payer is not None and facility is not None
    for one in (parties["coverage"], *parties["other_coverages"]):
        one["payer"] = asdict(billed_payer(payer))
    parties["billing"] = asdict(billing_provider(facility))
    known = set(session.exec(select(Provider.npi)))
    for who in named_providers(parties):
        if who["npi"] not in known:
            known.add(who["npi"])
            names = {name: who[name] for name in ("family_name", "given_name", "npi", "taxonomy")}
            session.add(Provider(source="bench", local_id=who["npi"], **names))
    session.flush()
    return payer.id


if __name__ == "__main__":
    part, place, kind, many = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    before = time.process_time()
    print({"site": _site, "export": _export, "judge": _judge}[part](place, kind, many), end=" ")
    print(time.process_time() - before, end=" ")
    print(peak())
