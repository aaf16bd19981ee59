"""The codes that an instructional note names, as links: "(E08-E13 with .42)", "(I70.2--I70.7-)", "(U07.1)".

Source: the ICD-10-CM tabular list, whose notes write codes, ranges and dashes in many ways. Codes in parentheses
stand before codes in the running text, because prose has words that look like codes ("vitamin B12 deficiency").
A match counts only if it is a known code or the beginning of one. What a note says beyond codes and characters
("fifth or sixth character to indicate intent") is kept as words: such a link is for people, not for a check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

Known = Callable[[str], bool]


class QualifierKind(StrEnum):
    """What must hold beyond the named code or range."""

    AFTER_CATEGORY = "characters after the category"
    FINAL = "final characters"
    CHARACTER = "characters from a place on"
    WORDS = "in words"


@dataclass(frozen=True)
class Qualifier:
    """A condition on the codes of a target: one of `values` from `place` on.

    `place` is the 1-based place in the code without the dot for CHARACTER, else 0. `text` is as printed.
    """

    kind: QualifierKind
    text: str
    values: tuple[str, ...] = ()
    place: int = 0

    def holds(self, code: str) -> bool | None:
        """Whether a code without the dot fulfills it; None where only a person can tell."""
        if self.kind is QualifierKind.AFTER_CATEGORY:
            return code[3:].startswith(self.values)
        if self.kind is QualifierKind.FINAL:
            return code.endswith(self.values)
        if self.kind is QualifierKind.CHARACTER:
            return code[self.place - 1 :].startswith(self.values)
        return None


@dataclass(frozen=True)
class NoteTarget:
    """A code with all below it, or a range of them, both without dots and inclusive.

    `start` and `end` are the place of it in the text of the note, from 0. Ranges go by official order, not by
    string order.
    """

    first: str
    last: str
    start: int
    end: int
    qualifier: Qualifier | None = None


def targets(text: str, known: Known) -> tuple[NoteTarget, ...]:
    """The targets of a note in order; none for one that is prose alone or a heading.

    `known` says whether a code without the dot is a code of the release, or the beginning of one.
    """
    found = [target for begin, end in _groups(text) for target in _in_group(text, begin, end, known)]
    return tuple(found or _in_group(text, 0, len(text), known))


def _groups(text: str) -> Iterator[tuple[int, int]]:
    """Where the outermost parentheses and brackets are; one that never closes goes to the end."""
    depth, begin = 0, 0
    for place, character in enumerate(text):
        if character in "([":
            begin = place + 1 if depth == 0 else begin
            depth += 1
        elif character in ")]" and depth:
            depth -= 1
            if depth == 0:
                yield begin, place
    if depth:
        yield begin, len(text)


def _in_group(text: str, begin: int, end: int, known: Known) -> list[NoteTarget]:
    found: list[NoteTarget] = []
    waiting = 0  # targets from here on still lack the qualifier that follows them
    place = begin
    while match := _RANGE_OR_CODE.search(text, place, end):
        condition = _QUALIFIER.search(text, place, match.start())
        if condition and waiting < len(found):
            found[waiting:] = [_qualified(target, condition[0]) for target in found[waiting:]]
            waiting = len(found)
        place, target = _target(match, known)
        if target is not None:
            found.append(target)
    condition = _QUALIFIER.search(text, place, end)
    if condition and waiting < len(found):
        found[waiting:] = [_qualified(target, condition[0]) for target in found[waiting:]]
    return found


def _target(match: re.Match[str], known: Known) -> tuple[int, NoteTarget | None]:
    """Where to go on, and the target of a match if its codes are known."""
    first = match["first"].replace(".", "")
    last = match["last"].replace(".", "") if match["last"] else first
    if known(first) and known(last):
        return match.end(), NoteTarget(first, last, match.start(), match.end())
    end = match.end("first")
    return end, NoteTarget(first, first, match.start(), end) if known(first) else None


def _qualified(target: NoteTarget, text: str) -> NoteTarget:
    return NoteTarget(target.first, target.last, target.start, target.end, _qualifier(text.strip(" ,;.")))


def _qualifier(text: str) -> Qualifier:
    """The condition, read where it is one of the official forms."""
    if numbered := _NUMBERED.search(text):
        place = _ORDINALS.get(numbered["place"].lower()) or int(numbered["place"][0])
        if values := tuple(re.findall(r"\b[0-9A-Z]{1,2}\b", numbered["values"])):
            return Qualifier(QualifierKind.CHARACTER, text, values, place)
    if final := _FINAL.search(text):
        return Qualifier(QualifierKind.FINAL, text, tuple(re.findall(r"[0-9A-Z]+", final["values"])))
    if after := _AFTER_CATEGORY.search(text):
        return Qualifier(QualifierKind.AFTER_CATEGORY, text, tuple(re.findall(r"[0-9A-Z]+", after["values"])))
    for words, kind, values, place in _IN_WORDS:
        if words in text:
            return Qualifier(kind, text, values, place)
    return Qualifier(QualifierKind.WORDS, text)


# The second character can be a letter (QA0), the third A or B (M1A, C7B); only known codes count anyway.
_CODE = r"[A-Z][0-9A-Z][0-9A-Z](?:\.[0-9A-Z]{1,4})?(?![0-9a-z])"
_RANGE_OR_CODE = re.compile(
    rf"(?<![0-9A-Za-z.])(?P<first>{_CODE})\.?(?:(?:[\s-]*-[\s-]*|\s+(?:to|through)\s+)(?P<last>{_CODE}))?[.-]*"
)
_QUALIFIER = re.compile(r"\b(?:with|without)\b[^;()\[\]]*")
_ORDINALS = {"fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7}
_NUMBERED = re.compile(
    r"(?P<place>[4-7]th|fourth|fifth|sixth|seventh)(?:\s+to\s+\w+)?[\s-]+characters?\s+(?P<values>[.0-9A-Z ,or]+)",
    re.IGNORECASE,
)
_FINAL = re.compile(r"final characters?\s+(?P<values>[-.0-9A-Z ,or]+)")
_AFTER_CATEGORY = re.compile(
    r"^with\s+(?P<values>\.[0-9A-Z]+[-.]*(?:(?:\s*[,.]\s*|\s+or\s+|\s+and\s+)\.?[0-9]+[-.]*)*)$"
)
_IN_WORDS = (
    ("open fracture 7th character", QualifierKind.CHARACTER, tuple("BCEFHJMNQR"), 7),
    ("with ketoacidosis", QualifierKind.CHARACTER, ("1",), 4),
)
"""What the tabular list says in words and means by characters: its 7th characters of open fractures of the forearm
(category S52, initial to malunion), and the subcategory "with ketoacidosis" of each category of diabetes."""
