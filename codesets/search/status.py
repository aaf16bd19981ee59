"""Status codes that words ask for without naming them: a history, a drug in long-term use, a machine, a mass index.

ICD-10-CM has no term "family history of colon cancer": a condition of the family or of the past is led to the code
of its history by the condition's own code, a drug to the code of its long-term use, a machine to the code of the
dependence on it and an operation to the code of the state it leaves by their names. The tables are data (`history.csv`,
`family_history.csv`, `medications.csv`, `dependence.csv`, `operations.csv`); codes are without dots here.
Sources: ICD-10-CM Z68, Z79 to Z87, Z89 to Z98; Official Guidelines I.C.21.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from codesets.search.tables import rows


@dataclass(frozen=True)
class Status:
    """A code that a whole query asks for, and the term and the kind of it in words."""

    code: str
    term: str
    kind: str


@dataclass(frozen=True)
class Past:
    """A query for a history: the words of the condition, whose it is, and what its code becomes (empty for nothing)."""

    condition: str
    family: bool
    becomes: Callable[[str], str]
    kind: str


@dataclass(frozen=True)
class Beside:
    """A condition and what a query names beside it: a drug or machine (`status`), or a second query (`other`)."""

    condition: str
    status: Status | None = None
    other: str = ""


def status(query: str) -> Status | None:
    """The status that a query in plain lower case asks for as a whole: "on warfarin", "cpap dependence", "bmi 42"."""
    if match := _DRUG.fullmatch(query) or _DRUG_USE.fullmatch(query):
        return _used(match["used"])
    if (bare := _OFTEN.sub("", query)) in long_term_drugs():
        return _used(bare)
    if (match := _OPERATION.fullmatch(query) or _STATE.fullmatch(query)) and (named := _operation(match["operation"])):
        return Status(*named, "past operation")
    if (match := _BMI.fullmatch(query)) and (code := bmi_code(match["value"])):
        return Status(code, f"body mass index {match['value']}", "measure")
    return None


def past(query: str) -> Past | None:
    """The history that a query in plain lower case asks for: "fhx colon ca", "hx of breast cancer"."""
    if match := _FAMILY.fullmatch(query):
        return Past(match["condition"], True, family_history, "family history")
    if match := _PERSONAL.fullmatch(query):
        return Past(match["condition"], False, history, "history")
    return None


def beside(query: str) -> Beside | None:
    """A condition with what it is treated with or has spread to: "osa on cpap", "colon ca w liver mets"."""
    if (match := _TREATED.fullmatch(query)) and (used := _used(match["used"])):
        return Beside(match["condition"], used)
    if match := _SPREAD.fullmatch(query):
        return Beside(match["condition"], other=match["spread"])
    return None


def is_family_history(code: str) -> bool:
    """Whether a code is one of a condition of the family (Z80 to Z84)."""
    return code.startswith(("Z80", "Z81", "Z82", "Z83", "Z84"))


def history(code: str) -> str:
    """What a condition named as history is coded with: itself when chronic, a history code, or nothing."""
    becomes = longest(_prefixes("history.csv"), code)
    return code if becomes == "current" else becomes


def family_history(code: str) -> str:
    """The family history code of a condition; empty where there is none."""
    return longest(_prefixes("family_history.csv"), code)


def longest(known: dict[str, str], code: str) -> str:
    """What the longest known beginning of a code stands for; empty for none."""
    for length in range(len(code), 1, -1):
        if (becomes := known.get(code[:length])) is not None:
            return becomes
    return ""


def bmi_code(written: str) -> str:
    """The code of an adult body mass index (ICD-10-CM Z68.1 to Z68.45); none below 10."""
    value = float(written.replace(",", "."))
    if value < 10:
        return ""
    if value < 20:
        return "Z681"
    if value < 40:
        return f"Z68{int(value)}"
    return "Z68" + next(
        code for most, code in ((45, "41"), (50, "42"), (60, "43"), (70, "44"), (100, "45")) if value < most
    )


@cache
def long_term_drugs() -> dict[str, str]:
    """Drugs in lower case that patients take for long, and the code of their long-term use."""
    return {drug.lower(): code.replace(".", "") for drug, code in rows("medications.csv", ("drug", "code"))}


@cache
def machines() -> dict[str, str]:
    """Machines and devices in lower case that patients live with, and the code of the dependence on them."""
    return {device.lower(): code.replace(".", "") for device, code in rows("dependence.csv", ("device", "code"))}


@cache
def past_operations() -> dict[str, str]:
    """Operations in lower case as notes write them, and the code of the state they leave."""
    return {name.lower(): code.replace(".", "") for name, code in rows("operations.csv", ("operation", "code"))}


def _used(written: str) -> Status | None:
    """The status of who uses a drug or a machine."""
    name = _OFTEN.sub("", written)
    if code := long_term_drugs().get(name):
        return Status(code, name, "long-term drug")
    if code := machines().get(name):
        return Status(code, name, "dependence")
    return None


def _operation(written: str) -> tuple[str, str] | None:
    """The code and the name of an operation, its side and its approach left out."""
    known = past_operations()
    bare = _HOW.sub("", written).strip()
    return next(((known[name], name) for name in (written, bare) if name in known), None)


@cache
def _prefixes(table: str) -> dict[str, str]:
    return {prefix.replace(".", ""): becomes.replace(".", "") for prefix, becomes in rows(table, ("prefix", "becomes"))}


_DRUG = re.compile(
    r"(?:on|taking|takes|uses?|using|chronic|depend(?:ent|ence) on|long[ -]term(?: \(?current\)?)?(?: use)?(?: of)?) "
    r"(?P<used>[a-z][a-z0-9 -]+)"
)
_DRUG_USE = re.compile(r"(?P<used>[a-z][a-z0-9 -]+) (?:use|user|therapy|dependen(?:t|ce|cy)|long[ -]term)")
_OFTEN = re.compile(r" (?:daily|nightly|weekly|bid|tid|qd|qhs|prn)$")
_TREATED = re.compile(
    r"(?P<condition>.{2,}?) (?:on|uses|using|takes|taking|tx w|treated with) (?P<used>[a-z][a-z0-9 -]+)"
)
_SPREAD = re.compile(
    r"(?P<condition>.{2,}?),? (?:with|w|w/|and|&) "
    r"(?P<spread>[a-z -]{3,} (?:mets|metast\w+)|(?:mets|metast\w+) to [a-z -]{3,})"
)
_OPERATION = re.compile(
    r"(?:s/p|sp|status[ -]post|(?:personal |past |surgical )*(?:history|hx|h/o)(?: of)?)(?::| -)? +(?P<operation>.{2,})"
)
_STATE = re.compile(r"(?P<operation>.{2,}) status")
_HOW = re.compile(r"\b(?:left|lt|right|rt|laparoscopic|lap|open|robotic|prior|previous|old|remote|recent)\b *")
_BMI = re.compile(r"(?:bmi|body mass index)(?: of| is|:| =|=)? *(?P<value>\d\d(?:[.,]\d{1,2})?)")
_FAMILY = re.compile(r"(?:fam(?:ily)?\.? (?:history|hx|h/o)|famhx|fhx|fh)(?: of|:| -)? +(?P<condition>.{2,})")
_PERSONAL = re.compile(r"(?:(?:personal|past) )?(?:history|hx|h/o|pmhx?)(?: of|:| -)? +(?P<condition>.{2,})")
