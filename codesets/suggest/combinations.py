"""Codes that name two conditions at once: diabetes with its complications, hypertension with heart failure.

The rules are data (`data/combinations.toml`). ICD-10-CM presumes such a link where its index has the word "with"
or the guidelines say so (Official Guidelines I.A.15, I.C.9.a); a coder still has to see that the note does not
deny it, so that every use of a rule is told.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from codesets.errors import UnreadableInput
from codesets.suggest.tables import DATA, rows


@dataclass(frozen=True)
class Combination:
    """One rule. All codes are without dots; one of `words` has to stand in what the note says of `other`.

    `lead` is "first" or "other": the condition whose words tell the combination. No rule holds beside a code of its
    `unless`: what a stroke of today does is no sequela of one before.
    """

    name: str
    first: tuple[str, ...]
    other: tuple[str, ...]
    code: str
    citation: str
    replaces: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    lead: str = "first"
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Combined:
    """A rule that holds: the code it gives, the codes it rests on, and those it takes the place of."""

    rule: Combination
    code: str
    rests_on: tuple[str, ...]
    replaced: tuple[str, ...]


def combine(said: Mapping[str, str]) -> Iterator[Combined]:
    """The rules that hold for the codes of a note, in the order of the file.

    `said` maps each code to the words of the note that led to it. A later rule sees what earlier ones replaced.
    """
    codes = dict(said)
    for rule in combinations():
        if rule.unless and any(code.startswith(rule.unless) for code in codes):
            continue
        for first in [code for code in codes if code.startswith(rule.first)]:
            others = [code for code in codes if code.startswith(rule.other) and _says(codes[code], rule.words)]
            also = [code for code in codes if rule.also and code.startswith(rule.also)]
            if not others or (rule.also and not also):
                continue
            code = rule.code.replace("*", first[:3]).replace("&", others[0][3:])
            replaces = tuple(one.replace("*", first[:3]) for one in rule.replaces)
            replaced = tuple(one for one in codes if one.startswith(replaces) and one != code)
            if code in codes and not replaced:
                continue
            rests_on = (*others, first, *also) if rule.lead == "other" else (first, *others, *also)
            yield Combined(rule, code, rests_on, replaced)
            said_so = " ".join((codes[first], *(codes[one] for one in others)))
            # The first condition stays known to later rules under its new code.
            for one in replaced:
                if one == first or one not in others:
                    codes.pop(one, None)
            codes.setdefault(code, said_so)
            for one in others:
                if one in replaced:
                    codes.pop(one, None)


def _says(words: str, wanted: Iterable[str]) -> bool:
    lowered = words.lower()
    wanted = tuple(wanted)
    return not wanted or any(word in lowered for word in wanted)


@cache
def combinations() -> tuple[Combination, ...]:
    """The rules of the file; raises UnreadableInput for an entry that is not one."""
    text = (DATA / "combinations.toml").read_text(encoding="utf-8")
    found = []
    for entry in tomllib.loads(text)["combination"]:
        name = entry.get("name", "without name")
        lists = {key: entry.get(key, []) for key in ("first", "other", "replaces", "also", "words", "unless")}
        if not (lists["first"] and lists["other"] and entry.get("code") and entry.get("citation")):
            raise UnreadableInput(f"combinations.toml: {name}", "expected first, other, code and citation")
        plain = {
            key: tuple(value if key == "words" else value.replace(".", "") for value in values)
            for key, values in lists.items()
        }
        code, citation, lead = entry["code"].replace(".", ""), entry["citation"], entry.get("lead", "first")
        found.append(Combination(name=name, code=code, citation=citation, lead=lead, **plain))
    return tuple(found)


@cache
def superseded() -> tuple[tuple[str, str, str], ...]:
    """Beginnings of codes without dots: what the note has, what then goes, and why."""
    found = rows("supersedes.csv", ("has", "drops", "why"))
    return tuple((has.replace(".", ""), drops.replace(".", ""), why) for has, drops, why in found)


@cache
def explained() -> tuple[tuple[str, str, str], ...]:
    """Beginnings of codes without dots: what the note of a visit has, the sign that it explains, and why."""
    found = rows("explained.csv", ("has", "drops", "why"))
    return tuple((has.replace(".", ""), drops.replace(".", ""), why) for has, drops, why in found)


@cache
def single() -> tuple[tuple[str, str], ...]:
    """Beginnings of codes without dots of which a chart has one at a time, and what that is."""
    return tuple((prefix.replace(".", ""), why) for prefix, why in rows("single.csv", ("prefix", "why")))


@cache
def partners() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Beginnings of codes without dots: one that names two conditions, and the code of one of them beside it."""
    found = rows("partners.csv", ("has", "keeps", "why"))
    return tuple((has.replace(".", ""), tuple(keeps.replace(".", "").split())) for has, keeps, _ in found)


@cache
def following() -> tuple[tuple[str, str], ...]:
    """Beginnings of codes without dots: one that stands behind another of the same chart, and that other."""
    found = rows("follows.csv", ("code", "follows", "why"))
    return tuple((code.replace(".", ""), other.replace(".", "")) for code, other, _ in found)


def in_order(codes: Sequence[str]) -> list[str]:
    """The codes as they were, but each that follows another of them behind the last of those."""
    ordered = list(codes)
    for code in codes:
        leaders = [other for begin, other in following() if code.startswith(begin)]
        places = [place for place, one in enumerate(ordered) if leaders and one.startswith(tuple(leaders))]
        if places and ordered.index(code) < places[-1]:
            ordered.remove(code)
            ordered.insert(places[-1], code)
    return ordered
