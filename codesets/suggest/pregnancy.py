"""What a chart tells of a pregnancy: how many, how far, whether the child is born, and the codes that follow.

Sources: ICD-10-CM chapter 15 (trimesters: note at its head; Z3A, use additional code), Z34, Z37; Official Guidelines
I.C.15.a.3 (trimester), I.C.15.b.5 (outcome of delivery), I.C.15.n (normal delivery).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_WEEKS = 43


@dataclass(frozen=True)
class Pregnancy:
    """How many pregnancies a chart tells (0 for none), and whether it tells of a delivery or of the time after one."""

    gravida: int = 0
    delivered: bool = False
    postpartum: bool = False


def pregnancy_of(texts: Iterable[str]) -> Pregnancy:
    """What the documents of a chart tell of a pregnancy."""
    whole = "\n".join(texts)
    counted = _GRAVIDA.search(whole)
    first = bool(_FIRST.search(whole))
    return Pregnancy(
        gravida=int(counted["count"]) if counted else int(first),
        delivered=bool(_OVER.search(whole)) or any(outcome(match[0]) for match in _DELIVERED.finditer(whole)),
        postpartum=bool(_POSTPARTUM.search(whole)),
    )


def weeks(text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The completed weeks of gestation that text[start:end] tells, each with where it stands."""
    seen: set[int] = set()
    for pattern in (_WEEKS_AND_DAYS, _AFTER_PREGNANCY, _BEFORE_PREGNANCY):
        for match in pattern.finditer(text, start, end):
            place = match.start("weeks")
            if place in seen or _NOT_NOW.search(text, max(start, place - 30), place):
                continue
            seen.add(place)
            if 3 < int(match["weeks"]) < MOST_WEEKS:
                yield int(match["weeks"]), place, match.end()


def gestation(completed: int) -> str:
    """The code of the weeks of gestation (Z3A), without the dot."""
    return "Z3A01" if completed < 8 else f"Z3A{completed:02}" if completed < MOST_WEEKS else "Z3A49"


def trimester(completed: int) -> str:
    """The name of the trimester: to 13 weeks and 6 days, to 27 weeks and 6 days, and after."""
    return "first" if completed < 14 else "second" if completed < 28 else "third"


def outcome(text: str) -> str:
    """The code of the outcome of a delivery (Z37) that these words tell, without the dot; empty for none."""
    lowered = text.lower()
    if not _DELIVERED.search(lowered):
        return ""
    dead = _STILLBORN.search(lowered) is not None
    if "triplet" in lowered:
        return "Z3751" if not dead else ""
    if "twin" in lowered:
        return "Z372" if not dead else ""
    return "Z371" if dead else "Z370"


def deliveries(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The outcomes of deliveries that text[start:end] tells, with where each stands."""
    for match in _DELIVERED.finditer(text, start, end):
        if code := outcome(match[0]):
            yield code, match.start(), match.end()


def visits(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The words by which a visit is one of prenatal care, with the code of a normal pregnancy (Z34.90)."""
    for match in _PRENATAL.finditer(text, start, end):
        yield "Z3490", match.start(), match.end()


def births(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The birth that text[start:end] of a newborn's own record tells: its code (Z38, no dot) and where it stands."""
    for match in _BIRTH.finditer(text, start, end):
        cesarean = match["how"][:1] in "cC"
        twin = "twin" in match[0].lower()
        yield ("Z3831" if cesarean else "Z3830") if twin else ("Z3801" if cesarean else "Z3800"), *match.span()


_BIRTH = re.compile(
    r"\b(?:newborn|neonate|infant|baby|male|female|boy|girl|twin)\b[^.\n]{0,70}?\b(?:born|delivered|delivery)\b"
    r"[^.\n]{0,60}?\b(?P<how>c/s|c-?section|cesarean|vaginal\w*|N?SVD)",
    re.IGNORECASE,
)
_GRAVIDA = re.compile(r"\b(?:[Gg]\s?(?=\d{1,2}\s?,?\s?[Pp]\s?\d)|[Gg]ravida (?=\d))(?P<count>\d{1,2})")
_FIRST = re.compile(r"\bprimigravida\b|\bfirst pregnancy\b", re.IGNORECASE)
_UNIT = r"[ -]?(?:weeks?|wks?|w)\b"
_WEEKS_AND_DAYS = re.compile(
    r"(?<![\d.])(?P<weeks>\d{1,2})(?:"
    r"\s?w(?:k|ks|eeks?)?[ ,]*(?:[0-6]\s?d(?:ays?)?\b|\+\s?[0-6]\b|[0-6]/7|and [0-6] days?)"
    r"|\s[0-6]/7(?:[ -]?w(?:ee)?ks?\b)?|\+[0-6]\s?(?:w(?:ee)?ks?\b|/7))",
    re.IGNORECASE,
)
_AFTER_PREGNANCY = re.compile(
    r"(?:\bpregnan\w+|\bIUP|\bE?GA|\bgestation\w*|\bgravida \d+\S*|\bG\d+\s?,?\s?P\d+)"
    r"[^.;\n\d]{0,30}(?<![\d.])(?P<weeks>\d{1,2})" + _UNIT + r"(?! (?:post|ago|later))",
    re.IGNORECASE,
)
_BEFORE_PREGNANCY = re.compile(
    r"(?<![\d.])(?P<weeks>\d{1,2})" + _UNIT + r"[ -](?:of )?(?:pregnan\w+|gestation\w*|IUP|intrauterine|EGA|GA|gravid)",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(
    r"\b(?:born|delivered|until|before|scan|ultrasound|returns?|rtc|next|previous|prior|loss)\b[^.;]*$", re.IGNORECASE
)
_DELIVERED = re.compile(
    r"\b(?:N?SVD|SVB|(?:vaginal|cesarean|c-section|vacuum|forceps)\b[^.;\n]{0,40}\bdelivery|deliver(?:ed|y)"
    r"|c-section|cesarean section)\b[^.;\n]{0,60}?"
    r"\b(?:viable|live|liveborn|healthy|male|female|infant|baby|boy|girl|twins?|triplets?|newborn|stillb\w+|demise)\b"
    r"(?:[^.;\n]{0,12}\b(?:twins?|triplets?|infants?|male|female)\b)?"
    r"|\b(?:viable|live) (?:fe)?male (?:infant|newborn|neonate|baby)\b"
    r"|\b(?:single )?live ?born (?:(?:fe)?male|infant|boy|girl|twins?)\b"
    r"|\b(?:outcome|single)[^.;\n]{0,14}\blive ?born\b"
    r"|\blive (?:fe)?male,? (?:at )?\d{3,4}\b",
    re.IGNORECASE,
)
_OVER = re.compile(r"\bpregnancy\b[^.\n]{0,30}\bdelivered\b|\bsame, delivered\b", re.IGNORECASE)
_STILLBORN = re.compile(r"\bstillb|\bdemise\b|\bnonviable\b")
_POSTPARTUM = re.compile(
    r"\bpost-?partum (?:day|visit|check|wk|week)|\bPPD ?#? ?\d|\b(?:days?|weeks?|wks?) post-?partum", re.IGNORECASE
)
_PRENATAL = re.compile(
    r"\b(?i:prenatal (?:visit|care|check\w*|appointment)|(?:supervision of|normal) (?:\w+ )?pregnancy)"
    r"|\b(?:(?i:new|initial|return|routine) OB|NOB|ROB|OB (?:visit|check|f/u))\b",
)
