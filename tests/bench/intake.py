"""Intake: HL7 v2 messages split and read, and stored with their visits, documents and charges, on SQLite."""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path

from store.actors import SYSTEM
from store.database import open_database
from store.intake import take_in
from store.intake.hl7v2.message import parse, split
from store.intake.hl7v2.read import read
from tests.bench.figures import Figure
from tests.store.hl7_samples import charge, message, note, pid, pv1, segment

VISITS = 500
"""Each with an admission, an update, a document, two charges and a discharge: six messages."""


def measure() -> list[Figure]:
    """Messages a second: split and read alone, stored, and stored again without a change."""
    stream = b"".join(_messages())
    count = VISITS * 6
    begun = time.perf_counter()
    for _, data in split(io.BytesIO(stream)):
        read(parse(data or b""))
    parsed = count / (time.perf_counter() - begun)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messages.hl7"
        path.write_bytes(stream)
        database = open_database(f"sqlite:///{folder}/bench.sqlite")
        rates = []
        for _ in range(2):
            begun = time.perf_counter()
            report = take_in(database, SYSTEM, [path])
            rates.append(count / (time.perf_counter() - begun))
            assert report.quarantined == 0, report.files[0].quarantined[:3]
        database.close()
    return [
        Figure("HL7 v2 messages split and read", 2_000, parsed, "/s", at_most=False),
        Figure("HL7 v2 messages stored", 300, rates[0], "/s", at_most=False),
        Figure("HL7 v2 messages that are there already", 300, rates[1], "/s", at_most=False),
    ]


def _messages() -> list[bytes]:
    """What happens to the visits, interleaved as on a real line: all admissions first, then the rest."""
    steps: list[list[bytes]] = [[] for _ in range(6)]
    for number in range(VISITS):
        who, visit = pid(f"M{number}", f"A{number}", f"Sample{number}^Ann"), f"V{number}"
        plan = segment("IN1", f1="1", f2="HMO^Plan One", f3="P1", f4="Payer One", f17="SEL", f36=f"I{number}")
        text = "\\.br\\".join(f"Line {line} of a note about visit {number}." for line in range(40))
        steps[0].append(message("ADT^A01", who, pv1(visit, f7="7001^Grey^Iris"), plan))
        steps[1].append(message("ADT^A08", who, pv1(visit, f7="7002^Blue^Otto", f3="4E^12^B"), plan))
        steps[2].append(message("MDM^T02", who, pv1(visit), *note(f"D{number}", text)))
        steps[3].append(message("DFT^P03", who, pv1(visit), charge(f"C{number}-1")))
        steps[4].append(message("DFT^P03", who, pv1(visit), charge(f"C{number}-2", "J1885")))
        steps[5].append(message("ADT^A03", who, pv1(visit, ended="202603051000-0600", f36="1"), plan))
    return [one for step in steps for one in step]
