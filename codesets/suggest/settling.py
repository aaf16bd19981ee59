"""Settles what a code leaves open by what the chart tells elsewhere: trimester, encounter, findings, consciousness.

Each rule puts another code in the place of one that was found and says why.
Sources: ICD-10-CM chapter 15 and S06; Official Guidelines I.C.19.a, I.C.21.c.13, I.C.2.m.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from codesets.catalog import dotted
from codesets.search.status import history
from codesets.suggest.fragile import with_osteoporosis
from codesets.suggest.gathered import Gathered
from codesets.suggest.pregnancy import trimester
from codesets.suggest.removed import REMOVED
from codesets.suggest.tables import rows
from codesets.suggest.told import Told, sites
from codesets.suggest.weights import ASSESSED


def set_encounter(gathered: Gathered, said: Told) -> None:
    """Give injuries the 7th character of the time that the note tells."""
    for code in list(gathered.found) if said.time else ():
        assert said.time is not None
        for other in said.time.of(code):
            if gathered.replace(code, other, f"subsequent encounter: {said.time.words!r} (I.C.19.a)"):
                break


def set_side(gathered: Gathered, said: Told, side_open: Callable[[str], bool]) -> None:
    """Give a code that leaves its side open the only side that the chart tells of the same part of the body."""
    for code in list(gathered.found):
        if code[0] == "Z" or not side_open(code):
            continue
        named = {word for one in gathered.found[code].evidence for word in _WORD.findall(one.text.lower())}
        sides = {(side, site) for site in named & sites() for side in said.sides.get(site, ())}
        if len({side for side, _ in sides}) != 1:
            continue
        side, site = min(sides)
        gathered.replace(code, gathered.codebook.on_side(code, (side,)), f"elsewhere in the note: {side} {site}")


def set_fragile(gathered: Gathered, said: Told) -> None:
    """Tell a fracture and the osteoporosis of its patient by one code, but after what would break a healthy bone."""
    if said.violent:
        return
    for fracture, osteoporosis, together in list(with_osteoporosis(gathered.found)):
        code = gathered.codebook.on_side(together, _WORD.findall(gathered.codebook.title(fracture).lower()))
        known = gathered.found[osteoporosis].evidence[0] if osteoporosis in gathered.found else None
        named = "" if osteoporosis == code else f"{dotted(fracture)} with osteoporosis "
        if gathered.replace(fracture, code, f"{named}and no injury that would break a healthy bone (I.C.13.d.2)"):
            if known and known not in gathered.found[code].evidence:
                gathered.found[code].evidence.append(known)
            if osteoporosis.startswith("M81") and osteoporosis in gathered.found:
                gathered.withdraw(osteoporosis, f"{dotted(code)} tells it with its fracture: M81 Excludes1")


def set_consciousness(gathered: Gathered, said: Told) -> None:
    """Give head injuries the sixth character of the time without consciousness that the note tells."""
    for code in list(gathered.found) if said.unconscious else ():
        assert said.unconscious is not None
        if other := said.unconscious.of(code):
            gathered.replace(code, other, f"loss of consciousness: {said.unconscious.words!r}")


def set_depth(gathered: Gathered, said: Told) -> None:
    """Give a chronic ulcer of the skin the depth that the chart tells, where it tells one only (L97, L98.4)."""
    if len(said.depths) != 1:
        return
    ((character, words),) = said.depths.items()
    for code in [code for code in gathered.found if code.startswith(("L97", "L984")) and code.endswith("9")]:
        gathered.replace(code, code[:-1] + character, f"depth of the ulcer: {words!r}")


def set_findings(gathered: Gathered, said: Told) -> None:
    """Give a routine examination its age, and its findings: what the note says of them, or a new condition beside it.

    A chronic condition that is stable is none (I.C.21.c.13): what a past history would keep as current is chronic.
    """
    for adult, child in _ages():
        if adult in gathered.found and 0 <= said.years < 18:
            gathered.replace(adult, child, "a child by the age in the note")
        elif child in gathered.found and said.years >= 18:
            gathered.replace(child, adult, "an adult by the age in the note")
    for without, having in _with_findings():
        if having in gathered.found and said.findings is False:
            gathered.replace(having, without, "no abnormal findings by the note")
        if without not in gathered.found or said.findings is False:
            continue
        new = next((code for code, entry in gathered.found.items() if entry.best.place >= ASSESSED and _new(code)), "")
        if said.findings or new:
            why = "abnormal findings by the note" if said.findings else f"a new condition at it: {dotted(new)}"
            gathered.replace(without, having, f"{why} (I.C.21.c.13)")


def set_pregnancy(gathered: Gathered, said: Told) -> None:
    """Give the codes of a pregnancy its trimester or its end, and which pregnancy it is; a normal one stands alone."""
    if any(code.startswith("Z38") for code in gathered.found):
        for code in [code for code in gathered.found if code[0] == "O" or code.startswith(("Z34", "Z37", "Z3A"))]:
            gathered.withdraw(code, "of the mother: this is the record of the newborn")
    if said.pregnancy.delivered or said.pregnancy.postpartum:
        for code in [code for code in gathered.found if code.startswith("Z34")]:
            gathered.withdraw(code, "the child is born")
        _put_titles(gathered, _BORN if said.pregnancy.delivered else _AFTERWARDS, "the child is born")
    if said.pregnancy.postpartum:
        for code, becomes in _puerperal():
            if code in gathered.found:
                gathered.replace(code, becomes, "after a delivery: chapter 15 comes first (I.C.15.a.1)")
        for code in [code for code in gathered.found if code.startswith("Z3A")]:
            gathered.withdraw(code, "weeks are told of a pregnancy, not of the time after it")
    if gravida := said.pregnancy.gravida:
        if "Z3490" in gathered.found:
            first = "Z3400" if gravida == 1 else "Z3480"
            gathered.replace("Z3490", first, f"pregnancy number {gravida}")
        if gravida == 1:
            _put_titles(gathered, (("multigravida", "primigravida"),), "the first pregnancy")
    told_of = any(code[0] == "O" or code.startswith(("Z34", "Z37", "Z3A")) for code in gathered.found)
    if told_of and "Z331" in gathered.found:
        gathered.withdraw("Z331", "what is coded tells of the pregnancy")
    if any(code[0] == "O" for code in gathered.found):
        for code in [code for code in gathered.found if code.startswith("Z34")]:
            gathered.withdraw(code, "a code of chapter 15 tells that the pregnancy is not without complication")
    completed = next((int(c[3:]) for c in gathered.found if c.startswith("Z3A") and c[3:].isdigit()), 0)
    if completed:
        named = trimester(completed)
        swaps = (("unspecified trimester", f"{named} trimester"),)
        _put_titles(gathered, swaps, f"{completed} weeks: {named} trimester")
    others = [code for code in gathered.found if code[0] == "O" and code not in ("O80", "O82")]
    if others and "O80" in gathered.found:
        gathered.withdraw("O80", f"{dotted(others[0])}: a delivery with a complication is no normal one (I.C.15.n)")


def keep_first_score(gathered: Gathered) -> None:
    """Of several scores of a stroke keep the first that the chart tells (Official Guidelines I.C.18.i)."""
    scores = [code for code in gathered.found if code.startswith("R297")]
    first = min(scores, key=lambda code: _first_told(gathered, code), default="")
    for code in scores:
        if code != first:
            gathered.withdraw(code, f"{dotted(first)} is told first: the initial score (I.C.18.i)")


def _first_told(gathered: Gathered, code: str) -> tuple[int, int]:
    return min((one.document, one.start) for one in gathered.found[code].evidence)


def drop_removed(gathered: Gathered) -> None:
    """Withdraw a cancer that the chart tells to be removed, beside the code of its history (I.C.2.m)."""
    for code in [code for code in gathered.found if code[0] == "C" and not code.startswith(("C77", "C78", "C79"))]:
        past = gathered.found.get(history(code))
        if past is not None and any(REMOVED in reason for reason in past.reasons):
            gathered.withdraw(code, f"{dotted(history(code))}: {REMOVED}")


def add_aftercare(gathered: Gathered, said: Told) -> None:
    """Add the aftercare of a joint that was replaced some days or weeks ago (Z47.1) beside the joint (I.C.21.c.7)."""
    joint = next((code for code in gathered.found if code.startswith("Z966")), "")
    if said.recent and joint and "Z471" not in gathered.found and gathered.codebook.position("Z471") is not None:
        entry = gathered.found[joint]
        gathered.found["Z471"] = replace(
            entry,
            score=entry.score + 0.01,
            best=replace(entry.best, place=max(entry.best.place, ASSESSED)),
            term="aftercare following joint replacement surgery",
            kind="combination",
            reasons=(f"a joint of {said.recent!r}", "Z47.1, use additional code: the joint"),
        )


def _put_titles(gathered: Gathered, swaps: Iterable[tuple[str, str]], why: str) -> None:
    """Put the code in place whose title is that of a found one with some words exchanged."""
    codebook = gathered.codebook
    for code in [code for code in gathered.found if code[0] == "O" or code.startswith("Z34")]:
        title = codebook.title(code)
        wanted = {title.replace(old, new) for old, new in swaps} - {title}
        prefixes = dict.fromkeys(code[:size] for size in range(len(code) - 1, 2, -1)) if wanted else ()
        for prefix in prefixes:
            names = (codebook.code(place) for place in codebook.beginning_with(prefix))
            other = next((one for one in names if codebook.title(one) in wanted and len(one) > 3), "")
            if other:
                gathered.replace(code, other, why)
                break


def _new(code: str) -> bool:
    """Whether a code names a condition that is not chronic: what a history would not keep as it is."""
    return code[0] not in "ZO" and history(code) != code


@cache
def _with_findings() -> tuple[tuple[str, str], ...]:
    found = rows("findings.csv", ("without", "with"))
    return tuple((without.replace(".", ""), having.replace(".", "")) for without, having in found)


@cache
def _puerperal() -> tuple[tuple[str, str], ...]:
    found = rows("puerperal.csv", ("code", "becomes"))
    return tuple((code.replace(".", ""), becomes.replace(".", "")) for code, becomes in found)


@cache
def _ages() -> tuple[tuple[str, str], ...]:
    found = rows("ages.csv", ("adult", "child"))
    return tuple((adult.replace(".", ""), child.replace(".", "")) for adult, child in found)


_BORN = (
    ("pregnancy, unspecified trimester", "childbirth"),
    ("complicating pregnancy, unspecified trimester", "complicating childbirth"),
    ("complicating pregnancy", "complicating childbirth"),
    ("in pregnancy", "in childbirth"),
)
_AFTERWARDS = (
    ("pregnancy, unspecified trimester", "the puerperium"),
    ("complicating pregnancy", "complicating the puerperium"),
    ("in pregnancy", "in the puerperium"),
)
_WORD = re.compile(r"[a-z]+")
