"""Status codes that words ask for without naming them: a history, a drug in long-term use, a body mass index.

ICD-10-CM has no term "family history of colon cancer": a condition of the family or of the past is led to the code
of its history by the condition's own code, a drug to the code of its long-term use and an operation to the code of the
state it leaves by their names. The tables are data (`history.csv`, `family_history.csv`, `medications.csv`,
`operations.csv`); codes are without dots here.
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


def status(query: str) -> Status | None:
    """The status that a query in plain lower case asks for as a whole: "on warfarin", "bmi 42"."""
    if match := _DRUG.fullmatch(query) or _DRUG_USE.fullmatch(query):
        code = long_term_drugs().get(match["drug"])
        return Status(code, match["drug"], "long-term drug") if code else None
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
def past_operations() -> dict[str, str]:
    """Operations in lower case as notes write them, and the code of the state they leave."""
    return {name.lower(): code.replace(".", "") for name, code in rows("operations.csv", ("operation", "code"))}


def _operation(written: str) -> tuple[str, str] | None:
    """The code and the name of an operation, its side and its approach left out."""
    known = past_operations()
    bare = _HOW.sub("", written).strip()
    return next(((known[name], name) for name in (written, bare) if name in known), None)


@cache
def _prefixes(table: str) -> dict[str, str]:
    return {prefix.replace(".", ""): becomes.replace(".", "") for prefix, becomes in rows(table, ("prefix", "becomes"))}


_DRUG = re.compile(
    r"(?:on|taking|takes|uses?|using|chronic|long[ -]term(?: \(?current\)?)?(?: use)?(?: of)?) (?P<drug>[a-z][a-z -]+)"
)
_DRUG_USE = re.compile(r"(?P<drug>[a-z][a-z -]+) (?:use|therapy|long[ -]term)")
_OPERATION = re.compile(
    r"(?:s/p|sp|status[ -]post|(?:personal |past |surgical )*(?:history|hx|h/o)(?: of)?)(?::| -)? +(?P<operation>.{2,})"
)
_STATE = re.compile(r"(?P<operation>.{2,}) status")
_HOW = re.compile(r"\b(?:left|lt|right|rt|laparoscopic|lap|open|robotic|prior|previous|old|remote|recent)\b *")
_BMI = re.compile(r"(?:bmi|body mass index)(?: of| is|:| =|=)? *(?P<value>\d\d(?:[.,]\d{1,2})?)")
_FAMILY = re.compile(r"(?:fam(?:ily)?\.? (?:history|hx|h/o)|famhx|fhx|fh)(?: of|:| -)? +(?P<condition>.{2,})")
_PERSONAL = re.compile(r"(?:(?:personal|past) )?(?:history|hx|h/o|pmhx?)(?: of|:| -)? +(?P<condition>.{2,})")
