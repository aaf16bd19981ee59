"""Reduces the codes of a chart to what a coder would keep: each rule withdraws codes, with its reason.

Sources: Official Guidelines I.A.12 (Excludes1), I.B.4, I.B.14, III, IV.D and IV.J; the tables `supersedes.csv`,
`single.csv`, `vague.csv` and `always_bearing.csv`.
"""

from __future__ import annotations

import re
from functools import cache

from codesets.catalog import dotted
from codesets.search.status import history, is_family_history
from codesets.suggest.answers import Evidence
from codesets.suggest.combinations import explained, single, superseded
from codesets.suggest.exclusions import Exclusions
from codesets.suggest.gathered import Gathered
from codesets.suggest.sections import SectionKind
from codesets.suggest.tables import rows
from codesets.suggest.weights import ASSESSED, NARRATED, TAKEN_UP, always_bearing, is_symptom, vague

VAGUE_SHARE = 0.4
# Overweight and obesity, malnutrition, cachexia, and what a body mass index is looked up for.
WEIGHT = ("E40", "E41", "E42", "E43", "E44", "E45", "E46", "E640", "E66", "F50", "R63", "R64")
_BACKGROUND = (SectionKind.PAST, SectionKind.SURGICAL, SectionKind.FAMILY, SectionKind.OBSTETRIC)
_FOLLOWS = ("combination", "pregnancy", "birth", "long-term drug", "allergy", "measure", "gestation", "immunization")
_OPEN = re.compile(r"(?<!\bor )\bunspecified\b|\bnot specified as\b", re.IGNORECASE)


def drop_denied(gathered: Gathered) -> None:
    """Withdraw what only a list or a history names and a weightier place denies: "4. No CKD." """
    for code in list(gathered.found):
        place = gathered.found[code].best.place
        plainer = _plainer(gathered, code)
        against = max((gathered.denied[one] for one in plainer if one in gathered.denied), default=None)
        if against is not None and place < ASSESSED and against[0] >= place:
            gathered.withdraw(code, f"elsewhere {against[1]}")


def drop_excluded(gathered: Gathered) -> None:
    """Withdraw what is only suspected and denied later: "concern for pneumonia; CT showed no pneumonia"."""
    for code in list(gathered.found):
        evidence = gathered.found[code].evidence
        denials = [gathered.denied_last[one] for one in _plainer(gathered, code) if one in gathered.denied_last]
        if not denials or not all(any(cue.startswith("uncertain") for cue in one.cues) for one in evidence):
            continue
        where, why = max(denials)
        if where > max((one.document, one.start) for one in evidence):
            gathered.withdraw(code, f"later {why}")


def _plainer(gathered: Gathered, code: str) -> set[str]:
    return {code, gathered.codebook.answer(code[:3])}


def keep_single(gathered: Gathered) -> None:
    """Of codes that exclude each other keep the one in the weightiest place: a copied list is often out of date."""
    for prefix, why in single():
        alike = [code for code in gathered.found if code.startswith(prefix)]
        best = max(alike, key=lambda code: gathered.found[code].best.order, default="")
        for code in alike:
            if gathered.found[code].best.place < gathered.found[best].best.place:
                gathered.withdraw(code, f"{dotted(best)} stands in a weightier place: {why}")


def keep_stated(gathered: Gathered) -> None:
    """Withdraw a type of a disease where a weightier place states another one: "PMH: type 1 ... A/P: type 2"."""
    for prefix, drops, words in _stated():
        stated = [
            gathered.found[code].best.place
            for code in gathered.found
            if code.startswith(prefix) and any(words.search(one.text) for one in gathered.found[code].evidence[:1])
        ]
        for code in [code for code in gathered.found if code.startswith(drops)] if stated else ():
            if gathered.found[code].best.place < max(stated):
                gathered.withdraw(code, "a weightier place states another type")


def end_events(gathered: Gathered) -> None:
    """Take what a problem list or a history alone names of acute events as over (Guidelines I.C.9, IV.J)."""
    for code in [code for code in gathered.found if code.startswith(_events())]:
        entry = gathered.found[code]
        if entry.section is not SectionKind.PROBLEMS and entry.section not in _BACKGROUND:
            continue
        becomes, why = history(code), f"an acute event that only {entry.evidence[0].section} names is over (IV.J)"
        if not (becomes and becomes != code and gathered.replace(code, becomes, why)):
            gathered.withdraw(code, why)


@cache
def _stated() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    return tuple(
        (prefix, drops, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
        for prefix, drops, words in rows("stated.csv", ("prefix", "drops", "words"))
    )


@cache
def _events() -> tuple[str, ...]:
    return tuple(prefix.replace(".", "") for prefix, _ in rows("events.csv", ("prefix", "event")))


def drop_superseded(gathered: Gathered, one_visit: bool) -> None:
    """Withdraw codes that another one of the note makes superfluous; in a note of one visit signs that it explains."""
    for has, drops, why in (*superseded(), *explained()) if one_visit else superseded():
        by = next((code for code in gathered.found if code.startswith(has)), "")
        for code in [code for code in gathered.found if code.startswith(drops)] if by else ():
            if not code.startswith(has):
                gathered.inherit(by, code)
                gathered.withdraw(code, f"{dotted(by)}: {why}")


def drop_unspecified(gathered: Gathered) -> None:
    """Withdraw a code that leaves open what another one of its family says."""
    for code in list(gathered.found):
        title = gathered.codebook.title(code).lower()
        if not any(words in title for words in ("unspecified", "without complications", "not specified as")):
            continue
        family = code[:3] if code[3:4] == "9" or title.startswith("unspecified") else code[:4]
        others = (one for one in gathered.found if one != code and one.startswith(family))
        more = next((one for one in others if not _OPEN.search(gathered.codebook.title(one))), "")
        if more:
            gathered.inherit(more, code)
            gathered.withdraw(code, f"{dotted(more)} says more")


def drop_repeated(gathered: Gathered, one_visit: bool) -> None:
    """Withdraw a code that says of the same words of the note less than another one of its family.

    In a note of one visit also one of its category, and a symptom whose words belong to a diagnosis.
    """
    family = 3 if one_visit else 4
    for code in list(gathered.found):
        symptom = one_visit and is_symptom(code)
        if not symptom and "unspecified" not in gathered.codebook.title(code).lower():
            continue
        said = gathered.found[code].evidence
        alike = (other for other in gathered.found if other != code)
        for other in [one for one in alike if one[:family] == code[:family] or symptom and not is_symptom(one)]:
            wider = gathered.found[other].evidence
            if not _OPEN.search(gathered.codebook.title(other)) and all(_within(one, wider) for one in said):
                gathered.withdraw(code, f"{dotted(other)} says more of the same words")
                break


def _within(evidence: Evidence, wider: list[Evidence]) -> bool:
    return any(
        one.document == evidence.document and one.start <= evidence.start and evidence.end <= one.end for one in wider
    )


def drop_uncomplicated(gathered: Gathered) -> None:
    """Withdraw the use of a substance without complication beside one with it, or with remission (F10 to F19)."""
    for code in [code for code in gathered.found if code.startswith("F1")]:
        if not gathered.codebook.title(code).lower().endswith(", uncomplicated"):
            continue
        if more := next((one for one in gathered.found if one != code and one[:4] == code[:4]), ""):
            gathered.withdraw(code, f"{dotted(more)} says more")


def drop_symptoms(gathered: Gathered) -> None:
    """Withdraw symptoms from outside the assessment where there is a diagnosis (Guidelines I.B.4, IV.D)."""
    diagnosed = any(
        not is_symptom(code) and code[0] != "Z" and entry.best.place >= ASSESSED
        for code, entry in gathered.found.items()
    )
    for code in [code for code in gathered.found if is_symptom(code)]:
        if diagnosed and gathered.found[code].best.place <= NARRATED:
            gathered.withdraw(code, "a symptom outside the assessment, beside a diagnosis")


def drop_open_injuries(gathered: Gathered) -> None:
    """Withdraw an injury without a kind ("knee injury") from outside the assessment that names what the injury is."""
    named = any(
        code[0] == "S" and entry.best.place >= ASSESSED and not gathered.codebook.title(code).startswith(_OPEN_INJURY)
        for code, entry in gathered.found.items()
    )
    for code in [code for code in gathered.found if code[0] == "S"]:
        if not gathered.codebook.title(code).startswith(_OPEN_INJURY) or gathered.found[code].best.place >= ASSESSED:
            continue
        if named:
            gathered.withdraw(code, "an injury without a kind, which the assessment names")


_OPEN_INJURY = "Unspecified injury of"


def drop_background(gathered: Gathered) -> None:
    """Withdraw what stands in a history alone and does not bear on this visit (Guidelines IV.J, III).

    A family's condition counts where it is a cancer, a past or present one of the patient where it always bears
    on care; all others where some weightier place takes them up.
    """
    for code in list(gathered.found):
        entry = gathered.found[code]
        if entry.best.place >= TAKEN_UP or entry.kind in _FOLLOWS:
            continue
        if is_family_history(code):
            if not code.startswith("Z80"):
                gathered.withdraw(code, "a family history that the assessment does not take up")
        elif entry.section in _BACKGROUND and not code.startswith(always_bearing()):
            gathered.withdraw(code, f"only in {entry.evidence[0].section}: nothing weightier takes it up")


def drop_lone_measures(gathered: Gathered) -> None:
    """Withdraw a body mass index without a diagnosis that it belongs to (Guidelines I.B.14), or in a pregnancy."""
    pregnant = any(code[0] == "O" for code in gathered.found)
    weighed = any(code.startswith(WEIGHT) for code in gathered.found)
    for code in [code for code in gathered.found if code.startswith("Z68")]:
        if pregnant or not weighed:
            gathered.withdraw(code, "a body mass index is only coded beside a diagnosis of weight or nutrition")


def drop_lone_causes(gathered: Gathered) -> None:
    """Withdraw an external cause without an injury that it caused (Official Guidelines I.C.20.a)."""
    injured = any(code[0] == "S" or code[0] == "T" and code < "T36" for code in gathered.found)
    for code in [code for code in gathered.found if code[0] in "VWXY"]:
        if not injured:
            gathered.withdraw(code, "an external cause is told of an injury, and none stands here")


def lower_vague(gathered: Gathered, structured: bool) -> None:
    """Withdraw codes that say next to nothing; in a text without sections they only come last."""
    for code, why in vague().items():
        if code in gathered.found and structured:
            gathered.withdraw(code, why)
        elif code in gathered.found:
            gathered.found[code].score *= VAGUE_SHARE


def part_excluding(gathered: Gathered, exclusions: Exclusions, one_visit: bool) -> None:
    """Of two codes that an Excludes1 note forbids together keep the better supported one.

    A long text without sections tells a course of years, in which both may have their time: there it is said.
    """
    kept: list[str] = []
    for code in sorted(gathered.found, key=lambda code: _support(gathered, code), reverse=True):
        against = ((other, exclusions.note(code, other)) for other in kept)
        by, note = next(((other, note) for other, note in against if note), ("", ""))
        if by and not one_visit:
            gathered.found[code].reasons += (f"not together with {dotted(by)}: {note}",)
        elif by:
            gathered.withdraw(code, f"{dotted(by)} is better supported: {note}")
        else:
            kept.append(code)


def _support(gathered: Gathered, code: str) -> tuple[object, ...]:
    """What speaks for a code beside one that it excludes: a diagnosis before its symptom, then where it stands."""
    entry = gathered.found[code]
    return not is_symptom(code), round(entry.best.place, 2), entry.score, code
