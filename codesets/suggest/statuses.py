"""Codes of chapter 21 that follow from how and where a note says something.

A past condition becomes its history code, one of the family its family history code; a drug of the medication
list its long-term use, an allergy its status, a body mass index its range. All of it is data.
Sources: ICD-10-CM Z68, Z79 to Z88, Z91.0; Official Guidelines I.C.21.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from codesets.search.status import bmi_code, history, long_term_drugs, longest, past_operations
from codesets.suggest.cues import Effect, cues
from codesets.suggest.pregnancy import births, deliveries, gestation, visits, weeks
from codesets.suggest.sections import Section, SectionKind
from codesets.suggest.sentences import Sentence
from codesets.suggest.tables import rows


@dataclass(frozen=True)
class Status:
    """A status code that the note's text[start:end] leads to."""

    code: str
    term: str
    kind: str
    section: Section
    start: int
    end: int
    score: float


def resolved(code: str) -> str:
    """The code of a condition that is over; empty where there is none."""
    becomes = longest(_over(), code) or history(code)
    return "" if becomes == code and code[0] != "Z" else becomes


def in_remission(code: str, past: bool = False) -> str:
    """The code of the same use of a substance in remission (F10 to F19); empty where that is not told by one.

    A dependence that is `past` is one in remission (index: History, personal, alcohol dependence).
    """
    if code[:2] != "F1" or code.startswith("F17") or len(code) < 5 or code[3] not in ("2" if past else "12"):
        return ""
    return code[:4] + "1" if code[4] in "0129" else ""


def exposure(code: str) -> str:
    """The code of a contact with a condition (Z20); empty for one that is not passed on."""
    return longest(_exposures(), code)


def read(
    text: str, section: Section, sentence: Sentence, pregnant: bool = False, newborn: bool = False
) -> Iterator[Status]:
    """The statuses of one sentence of a note; `pregnant` and `newborn` say of whom its chart can be."""
    narrative = section.kind is SectionKind.NARRATIVE and _TREATED.search(text, sentence.start, sentence.end)
    if section.kind is SectionKind.ALLERGIES:
        yield from _listed(section, sentence, "allergies.csv", "allergy", 0.5)
    elif match := _ALLERGIC.search(text, sentence.start, sentence.end):
        for status in _listed(section, sentence, "allergies.csv", "allergy", 0.5):
            if match.start() <= status.start < match.end():
                yield status
    elif section.kind is SectionKind.IMMUNIZATIONS:
        if match := _GIVEN.search(text, sentence.start, sentence.end):
            yield Status("Z23", match[0], "immunization", section, match.start(), match.end(), 0.6)
    elif section.kind in _DRUG_SECTIONS or narrative:
        for status in _listed(section, sentence, _DRUGS, "long-term drug", 0.45):
            going_on = _GOING_ON.search(text, sentence.start, status.start)
            if section.kind is SectionKind.MEDICATIONS or going_on or status.code.startswith(_SURELY_LONG):
                yield status
    told_of = section.kind not in _NOT_GIVEN or section.kind is SectionKind.PAST
    if told_of and (match := _STOPPED_SMOKING.search(text, sentence.start, sentence.end)) and _said(sentence, match):
        yield Status("Z87891", match[0], "past use of tobacco", section, match.start(), match.end(), 0.45)
    yield from _operations(section, sentence)
    for table, kind, score in _EXPRESSIONS:
        if section.kind not in (_NOT_STANDING if table == "standing.csv" else _NO_CAUSES):
            yield from _expressed(text, section, sentence, table, kind, score)
    yield from _treatments(text, section, sentence)
    yield from _adverse_effects(text, section, sentence)
    if (match := _BMI.search(text, sentence.start, sentence.end)) and (code := bmi_code(match["value"])):
        yield Status(code, f"BMI {match['value']}", "measure", section, match.start(), match.end(), 0.4)
    for completed, begin, end in weeks(text, sentence.start, sentence.end) if pregnant else ():
        yield Status(gestation(completed), f"{completed} weeks", "gestation", section, begin, end, 0.6)
    for found in (deliveries, visits) if pregnant else ():
        for code, begin, end in found(text, sentence.start, sentence.end):
            yield Status(code, text[begin:end], "pregnancy", section, begin, end, 0.6)
    for code, begin, end in births(text, sentence.start, sentence.end) if newborn else ():
        yield Status(code, text[begin:end], "birth", section, begin, end, 0.6)
    given = section.kind not in _NOT_GIVEN and any(token.small in _ADMINISTERED for token in sentence.tokens)
    if given and (match := _VACCINATED.search(text, sentence.start, sentence.end)):
        yield Status("Z23", match[0], "immunization", section, match.start(), match.end(), 0.6)


_EXPRESSIONS = (("standing.csv", "status", 0.5), ("causes.csv", "external cause", 0.5))
_DRUGS = "long-term drugs"
_STOPPED_SMOKING = re.compile(
    r"(?<!to )(?<!never )\b(?:quit|stopped|gave up|ceased) (?:using )?"
    r"(?:smoking|tobacco|cigarettes?|nicotine|dipping|vaping)\b"
    r"(?! (?:counsel|advice|class|program|aid|attempt|date|handout|line))"
    r"|\boff (?:tobacco|cigarettes) (?:for|since|x)\b"
    r"|\bnot smoked (?:since|in|for)\b|\bno longer smokes?\b|\bsmoked (?:until|till)\b",
    re.IGNORECASE,
)
_NOT_GIVEN = (SectionKind.IMMUNIZATIONS, SectionKind.PAST, SectionKind.FAMILY, SectionKind.ALLERGIES)
_COLUMNS = {"allergies.csv": "substance"}
_GOING_ON = re.compile(r"\b(?:continues?|continued|stable on|remains on|refill(?:ed)?)\b", re.IGNORECASE)
_ADMINISTERED = ("given", "administered", "vaccinated")
_VACCINE = (
    r"(?:MMRV?|varicella|tdap|dtap|td|flu|influenza|HPV|gardasil|PCV ?\d*|pneumococcal|prevnar|pneumovax"
    r"|hep(?:atitis)? ?[AB]|rotavirus|hib|IPV|polio|meningococcal|menacwy|shingrix|zoster|covid(?:-19)?|RSV"
    r"|pentavalent|pediarix|tetanus|vaccin(?:e|ation)s?|immunizations?|booster)"
)
_VACCINATED = re.compile(
    rf"\b{_VACCINE}\b(?:[\w ,#/&-]{{0,40}}?)\b(?:given|administered)\b(?! (?:in|at|last) )|\bvaccinated today\b",
    re.IGNORECASE,
)
_NOT_STANDING = (
    SectionKind.IMMUNIZATIONS,
    SectionKind.FAMILY,
    SectionKind.ALLERGIES,
    SectionKind.INSTRUCTIONS,
    SectionKind.TESTS,
)
_NO_CAUSES = (
    *_NOT_STANDING,
    SectionKind.PAST,
    SectionKind.SURGICAL,
    SectionKind.SOCIAL,
    SectionKind.PLAN,
    SectionKind.ROS,
    SectionKind.MEDICATIONS,
)
_DRUG_SECTIONS = (SectionKind.MEDICATIONS, SectionKind.HPI, SectionKind.ASSESSMENT, SectionKind.PLAN)
_ALLERGIC = re.compile(r"\ballerg(?:ic to|y to|ies to)\b(?: \w+,?){1,4}|\b\w+ allergy\b", re.IGNORECASE)
_GIVEN = re.compile(r"\b\w+ (?:given|administered)\b(?! (?:in|at) \d)", re.IGNORECASE)
_SURELY_LONG = ("Z790", "Z794", "Z7984", "Z7985", "Z7981")
_BMI = re.compile(
    r"\b(?:BMI|body mass index)(?: \(BMI\))?(?:\s*(?:of|is|was|:|=))*\s*(?P<value>\d\d(?:[.,]\d+)?)(?!\d|th\b|\s?%)",
    re.IGNORECASE,
)


def _listed(section: Section, sentence: Sentence, table: str, kind: str, score: float) -> Iterator[Status]:
    names = _table(table)
    written = [token.small for token in sentence.tokens]
    stopped = [cue for cue in cues(sentence) if cue.effect in _STOPPING]
    for place in range(len(written)):
        for size in (2, 1):
            name = " ".join(written[place : place + size])
            future = kind == _DRUGS_KIND and any(word in _FUTURE for word in written[:place])
            if name in names and not future and not any(cue.reaches(place, place + size) for cue in stopped):
                if kind != "allergy" and _stopped(written, place):
                    break
                begin, end = sentence.tokens[place].start, sentence.tokens[min(place + size, len(written)) - 1].end
                yield Status(names[name], name, kind, section, begin, end, score)
                break


def _expressed(
    text: str, section: Section, sentence: Sentence, table: str, kind: str, score: float
) -> Iterator[Status]:
    """What a sentence tells of by the way notes write it: a status of a patient, the cause of an injury."""
    small = {token.small for token in sentence.tokens}
    if small.isdisjoint(_triggers(table)):
        return
    for words, pattern, code, what in _expressions(table):
        if small.isdisjoint(words) or not (match := pattern.search(text, sentence.start, sentence.end)):
            continue
        if _said(sentence, match):
            visit = code.startswith("Z0")
            yield Status(code, what, kind, section, match.start(), match.end(), 1.0 if visit else score)


@cache
def _triggers(table: str) -> frozenset[str]:
    return frozenset(word for words, *_ in _expressions(table) for word in words)


@cache
def _expressions(table: str) -> tuple[tuple[frozenset[str], re.Pattern[str], str, str], ...]:
    found = rows(table, ("words", "expression", "code", "what"))
    return tuple(
        (frozenset(words.split()), re.compile(expression, re.IGNORECASE), code.replace(".", ""), what)
        for words, expression, code, what in found
    )


def _said(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether a sentence says of the patient what matched, and does not deny or only consider it."""
    place = next(at for at, token in enumerate(sentence.tokens) if token.end > match.start())
    return not any(cue.effect in _UNTOLD and cue.reaches(place, place + 1) for cue in cues(sentence))


def _stopped(written: list[str], place: int) -> bool:
    """Whether a drug at a place is stopped, not yet begun, or given for some days only: "2 more days", "taper"."""
    behind = " ".join(written[place : place + 14])
    before = " ".join(written[max(0, place - 3) : place])
    return bool(_STOPPED.search(behind) or _STOPPED_BEFORE.search(before) or _SHORT.search(f"{before} {behind}"))


def _operations(section: Section, sentence: Sentence) -> Iterator[Status]:
    """Operations that are named as past: in a history, or by a cue."""
    names, sizes_of = past_operations(), _operation_sizes()
    written = [token.small for token in sentence.tokens]
    if sizes_of.keys().isdisjoint(written):
        return
    told = cues(sentence)
    past = section.kind in (SectionKind.SURGICAL, SectionKind.PAST)
    place = 0
    while place < len(written):
        sizes = sizes_of.get(written[place], ())
        size = next((size for size in sizes if " ".join(written[place : place + size]) in names), 0)
        end = place + max(size, 1)
        if size:
            effects = {cue.effect for cue in told if cue.reaches(place, end)}
            if (past or Effect.HISTORY in effects) and not effects & _UNTOLD:
                name = " ".join(written[place:end])
                begin, stop = sentence.tokens[place].start, sentence.tokens[end - 1].end
                yield Status(names[name], name, "past operation", section, begin, stop, 0.4)
        place = end


@cache
def _operation_sizes() -> dict[str, tuple[int, ...]]:
    """By the first word of a past operation, how many words those have, the longest first."""
    found: dict[str, set[int]] = {}
    for name in past_operations():
        parts = name.split()
        found.setdefault(parts[0], set()).add(len(parts))
    return {first: tuple(sorted(sizes, reverse=True)) for first, sizes in found.items()}


def _treatments(text: str, section: Section, sentence: Sentence) -> Iterator[Status]:
    """The visit for a treatment of a cancer: "here for cycle 4 of chemotherapy"."""
    if section.kind in _NOT_GIVEN or not _names(sentence, "treatments.csv", "words"):
        return
    if (match := _for_treatment().search(text, sentence.start, sentence.end)) is None:
        return
    code = _codes_of("treatments.csv", "words")[match["what"].lower()]
    yield Status(code, match["what"], "visit", section, match.start(), match.end(), 1.2)


def _adverse_effects(text: str, section: Section, sentence: Sentence) -> Iterator[Status]:
    """The drug that something is due to: "hypokalemia due to furosemide"."""
    if section.kind in _NOT_GIVEN or not _names(sentence, "adverse_effects.csv", "drug"):
        return
    if (match := _due_to_drug().search(text, sentence.start, sentence.end)) is None:
        return
    place = next(at for at, token in enumerate(sentence.tokens) if token.end > match.start())
    effects = {cue.effect for cue in cues(sentence) if cue.reaches(place, place + 1)}
    if effects & {*_STOPPING, Effect.UNCERTAIN}:
        return
    drug = (match["drug"] or match["before"]).lower()
    code = _codes_of("adverse_effects.csv", "drug")[drug]
    yield Status(code, f"adverse effect of {drug}", "adverse effect", section, match.start(), match.end(), 0.5)


def _names(sentence: Sentence, name: str, column: str) -> bool:
    """Whether a sentence has the first word of a row of a table."""
    return not _first_words(name, column).isdisjoint(token.small for token in sentence.tokens)


@cache
def _first_words(name: str, column: str) -> frozenset[str]:
    return frozenset(words.split()[0] for words in _codes_of(name, column))


@cache
def _codes_of(name: str, column: str) -> dict[str, str]:
    return {words: code.replace(".", "") for words, code in rows(name, (column, "code"))}


@cache
def _for_treatment() -> re.Pattern[str]:
    what = "|".join(sorted(_codes_of("treatments.csv", "words"), key=len, reverse=True))
    return re.compile(
        r"\b(?:here|presents?|presenting|admitted|seen|comes|returns?|visit|encounter|arrives)(?: in)?(?: today)?"
        rf" (?:for|to (?:receive|get))\b[^.;,\n]{{0,50}}?\b(?P<what>{what})\b",
        re.IGNORECASE,
    )


@cache
def _due_to_drug() -> re.Pattern[str]:
    drug = "|".join(sorted(_codes_of("adverse_effects.csv", "drug"), key=len, reverse=True))
    return re.compile(
        rf"\b(?:due to|secondary to|caused by|from|d/t|2/2)(?: \w+)? (?P<drug>{drug})\b"
        rf"|\b(?P<before>{drug})[- ](?:induced|related|associated)\b",
        re.IGNORECASE,
    )


_UNTOLD = {
    Effect.NEGATED,
    Effect.DOUBTED,
    Effect.FAMILY,
    Effect.OTHERS,
    Effect.HYPOTHETICAL,
    Effect.UNCERTAIN,
    Effect.DIFFERENTIAL,
}
_HYPHEN = re.compile(r" |(?=-)|(?<=-)")
_TREATED = re.compile(
    r"\b(?:treat(?:ed|ment) with|taking|receiving|on|therapy with|anticoagula\w+ with)\b", re.IGNORECASE
)
_DRUGS_KIND = "long-term drug"
_FUTURE = frozenset(["then", "will", "plan", "consider", "discuss", "discussed", "recommend", "offered", "candidate"])
_STOPPING = (
    Effect.NEGATED,
    Effect.DOUBTED,
    Effect.HYPOTHETICAL,
    Effect.FAMILY,
    Effect.OTHERS,
    Effect.HISTORY,
    Effect.RESOLVED,
    Effect.OVER,
)
_STOPPED = re.compile(
    r"\b(?:stopped|discontinued|held|d/c|dc'd|remove|completed|avoid|not taking|start|initiate|begin)\b"
)

_STOPPED_BEFORE = re.compile(r"\b(?:stopped|discontinued|off|completed|finished|prior|previous|d/c|last|course of)\b")
_SHORT = re.compile(
    r"\b(?:\d{1,2}|one|two|three|four|five|a few) (?:more|remaining|additional) (?:days?|doses?)\b|\btaper|\bburst\b"
    r"|\bx ?\d{1,2} ?(?:d|days?)\b|\bfor \d{1,2} (?:more )?days\b|\b\d{1,2} - day (?:course|burst)\b|\bdays? left\b"
    r"|\bshort course\b"
)


@cache
def _over() -> dict[str, str]:
    table = rows("resolved.csv", ("prefix", "becomes"))
    return {prefix.replace(".", ""): code.replace(".", "") for prefix, code in table}


@cache
def _exposures() -> dict[str, str]:
    table = rows("exposures.csv", ("prefix", "becomes"))
    return {prefix.replace(".", ""): code.replace(".", "") for prefix, code in table}


@cache
def _table(name: str) -> dict[str, str]:
    if name == _DRUGS:
        named = list(long_term_drugs().items())
    else:
        named = [(one, code) for one, code in rows(name, (_COLUMNS[name], "code"))]
    return {" ".join(_HYPHEN.split(one.lower())): code.replace(".", "") for one, code in named}
