"""Made-up HL7 v2 messages for the tests: one patient, one visit, and what happens to them."""

from __future__ import annotations

import itertools
from pathlib import Path

_numbers = itertools.count(1)


def segment(name: str, **fields: str) -> str:
    """A segment with the fields given as `f3="…"`."""
    last = max((int(field[1:]) for field in fields), default=0)
    return "|".join([name, *(fields.get(f"f{number}", "") for number in range(1, last + 1))])


def pid(mrn: str = "M1", account: str = "A1", name: str = "Sample^Ann^B", **fields: str) -> str:
    usual = {"f1": "1", "f3": f"{mrn}^^^NORTH^MR", "f5": name, "f7": "19610302", "f8": "F", "f18": f"{account}^^^NORTH"}
    return segment("PID", **usual | fields)


def pv1(number: str = "V1", kind: str = "I", started: str = "202603020900-0600", ended: str = "", **fields: str) -> str:
    usual = {"f1": "1", "f2": kind, "f19": f"{number}^^^NORTH", "f44": started, "f45": ended}
    return segment("PV1", **usual | fields)


def note(number: str = "D1", text: str = "Cough.", status: str = "AU", **fields: str) -> tuple[str, str]:
    usual = {"f1": "1", "f2": "PR", "f6": "202603021000", "f12": number, "f17": status}
    return segment("TXA", **usual | fields), segment("OBX", f1="1", f2="TX", f3="^note", f5=text)


def charge(number: str, code: str = "G0463", amount: str = "95.00", kind: str = "CG", **fields: str) -> str:
    usual = {"f2": number, "f4": "20260302", "f6": kind, "f8": "Visit", "f10": "1", "f11": amount, "f25": code}
    return segment("FT1", **usual | fields)


def message(
    event: str, *segments: str, control: str = "", version: str = "2.5.1", at: str = "20260302120000-0600"
) -> bytes:
    """A message of the made-up sender NORTH; with a control id of its own unless one is given."""
    control = control or f"C{next(_numbers)}"
    head = f"MSH|^~\\&|REG|NORTH|CODEDESK|NORTH|{at}||{event}|{control}|P|{version}"
    return "\r".join([head, "EVN||20260302120000-0600", *segments]).encode() + b"\r"


def write(path: Path, *messages: bytes) -> Path:
    path.write_bytes(b"".join(messages))
    return path
