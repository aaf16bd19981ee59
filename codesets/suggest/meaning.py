"""What a mention stands for: a current condition, a past one, one of the family, or nothing to code.

Sources: Official Guidelines IV.H (uncertain diagnoses are not coded outpatient), II.H and III.C (coded as if they
existed at the end of an inpatient stay), IV.J (conditions that no longer exist are not coded), I.C.21.c.4
(history codes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codesets.search.status import family_history, history
from codesets.suggest.cues import Effect
from codesets.suggest.sections import SectionKind
from codesets.suggest.statuses import exposure, in_remission, resolved
from codesets.suggest.weights import is_symptom


@dataclass(frozen=True)
class Setting:
    """What holds for the whole chart: whether it names sections, whether it is an inpatient stay, and in which year.

    `one_visit` says that all of it is of one time, so that codes that exclude each other clash. `final` holds for a
    document: whether it speaks from the end of the stay, when uncertain diagnoses count.
    """

    structured: bool
    inpatient: bool
    year: int
    one_visit: bool = True
    final: bool = True


@dataclass(frozen=True)
class Meaning:
    """The code that a mention stands for, without the dot, with what changed it; or none, with the reason."""

    code: str
    because: tuple[str, ...] = ()
    why_not: str = ""


def meaning(code: str, section: SectionKind, effects: Mapping[Effect, str], setting: Setting) -> Meaning:
    """What a mention of `code` means in a section; `effects` are the cues that reach it, with their words."""
    if cue := effects.get(Effect.NEGATED):
        return _none(f"denied: {cue!r}")
    if cue := effects.get(Effect.DOUBTED):
        return _none(f"doubted in the record: {cue!r}")
    if cue := effects.get(Effect.HYPOTHETICAL):
        return _none(f"not a finding: {cue!r}")
    if (cue := effects.get(Effect.OTHERS)) and Effect.EXPOSED not in effects:
        return _none(f"of another person: {cue!r}")
    if cue := effects.get(Effect.DIFFERENTIAL):
        return _none(f"one of a differential ({cue!r}): not coded before it is settled, Official Guidelines IV.H")
    if cue := effects.get(Effect.EXPOSED):
        becomes = exposure(code)
        return Meaning(becomes, (f"a contact: {cue!r}",)) if becomes else _none(f"not a finding: {cue!r}")
    if Effect.FAMILY in effects or section is SectionKind.FAMILY:
        becomes = family_history(code)
        cue = effects.get(Effect.FAMILY, "family history")
        return Meaning(becomes, (f"of the family: {cue!r}",)) if becomes else _none("of the family")
    if cue := effects.get(Effect.UNCERTAIN):
        if setting.inpatient and setting.final:
            return Meaning(code, (f"uncertain ({cue!r}): coded as if it existed, Official Guidelines II.H",))
        if setting.inpatient:
            return _none(f"uncertain ({cue!r}) before the end of the stay, Official Guidelines II.H")
        return _none(f"uncertain ({cue!r}): not coded outpatient, Official Guidelines IV.H")
    if section in _SILENT or section is SectionKind.SOCIAL and not code.startswith(_SOCIAL):
        return _none(f"only in {section.label}")
    if section is SectionKind.PROCEDURE and code.startswith(_LEFT_BY_OPERATIONS):
        return _none("what an operation of this encounter leaves is no status yet")
    past = section in (SectionKind.PAST, SectionKind.SURGICAL)
    if (cue := effects.get(Effect.REMISSION)) and (becomes := in_remission(code)):
        return Meaning(becomes, (f"in remission: {cue!r}",))
    if (cue := effects.get(Effect.OVER)) and (becomes := in_remission(code, past=True)):
        return Meaning(becomes, (f"in remission: {cue!r}",))
    if (cue := effects.get(Effect.REMISSION)) and code.startswith("F17"):
        return Meaning(_PAST_TOBACCO, (f"a history: {cue!r}",))
    if cue := effects.get(Effect.OVER):
        return _resolved(code, cue, past or Effect.HISTORY in effects or setting.one_visit)
    if cue := effects.get(Effect.RESOLVED):
        before = past or Effect.HISTORY in effects or setting.one_visit and not setting.inpatient
        return _resolved(code, cue, before)
    if past and Effect.CURRENT not in effects or Effect.HISTORY in effects:
        return _of_the_past(code, effects.get(Effect.HISTORY, "past history"), past, setting)
    return Meaning(code)


def _resolved(code: str, cue: str, before: bool) -> Meaning:
    """What is over: its history, or nothing; over within the stay or the story itself it was treated and is coded."""
    if not before:
        return Meaning(code, (f"over by the end: {cue!r}",))
    becomes = resolved(code)
    return Meaning(becomes, (f"a history: {cue!r}",)) if becomes else _none(f"no longer there: {cue!r}")


def _of_the_past(code: str, cue: str, past: bool, setting: Setting) -> Meaning:
    if is_symptom(code) and not past:
        return Meaning(code)  # "a two-week history of pain" tells the present illness
    becomes = history(code)
    if becomes == code:
        return Meaning(code)
    if becomes:
        return Meaning(becomes, (f"a history: {cue!r}",))
    if past or setting.one_visit:
        return _none(f"a history: {cue!r}")
    # In a long story without sections "history" is often the present illness: the coder decides.
    return Meaning(code, (f"named as a history ({cue!r}): look whether it is current",))


def _none(why: str) -> Meaning:
    return Meaning("", why_not=why)


_PAST_TOBACCO = "Z87891"
_SILENT = (
    SectionKind.MEDICATIONS,
    SectionKind.IMMUNIZATIONS,
    SectionKind.ALLERGIES,
    SectionKind.INSTRUCTIONS,
    SectionKind.TESTS,
    SectionKind.VITALS,
)
_LEFT_BY_OPERATIONS = ("Z89", "Z90", "Z93", "Z94", "Z95", "Z96", "Z97", "Z98")
_SOCIAL = ("F1", "Z5", "Z6", "Z7", "Z8")


def chapters(texts: Sequence[str]) -> frozenset[str]:
    """First letters of codes that a chart can have; O and P only where it is of a pregnancy or a newborn.

    An infant's note tells of a pregnancy that is not its own.
    """
    letters = set("ABCDEFGHIJKLMNQRSTUVWXYZ")
    if any(_PREGNANCY.search(text) for text in texts) and not any(_INFANT.search(text) for text in texts):
        letters.add("O")
    if any(_NEWBORN.search(text) for text in texts):
        letters.add("P")
    return frozenset(letters)


def allowed_in(letters: frozenset[str], code: str) -> bool:
    """Whether a chart with these chapters can have the code; codes of a pregnancy stand in chapter 21 too."""
    return code[0] in letters and ("O" in letters or not code.startswith(("Z33", "Z34", "Z36", "Z3A")))


_PREGNANCY = re.compile(
    r"\b(?:pregnan\w+|gravida|gestation\w*|intrauterine|post-?partum|prenatal|antepartum"
    r"|obstetric\w*|cesarean|G\d ?P\d|\d\d?w[0-6]d|trimester|N?SVD\b|(?-i:ROB|NOB|IUP)\b)",
    re.IGNORECASE,
)
_INFANT = re.compile(r"\b\d+[- ](?:month|week|day)s?[- ]old\b|\bborn at \d\d\b", re.IGNORECASE)
_NEWBORN = re.compile(r"\b(?:newborn|neonat\w+|apgar|\d+ (?:day|hour)s?[- ]old)", re.IGNORECASE)
