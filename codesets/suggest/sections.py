"""The sections of a note: where each heading stands, and what kind of section it opens.

A heading is a known one (`data/sections.csv`) at the beginning of a line, alone or before a colon, numbered,
bulleted or with a remark in parentheses; or any short line in capitals, which closes the section before it,
unless it is a condition in abbreviations.
A note without headings is one section of kind NARRATIVE. Offsets are characters of the text, from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from codesets.errors import UnreadableInput
from codesets.suggest.tables import rows


class SectionKind(StrEnum):
    """What a section is about; it decides how much a mention in it counts."""

    NARRATIVE = "narrative"
    COMPLAINT = "complaint"
    HPI = "hpi"
    COURSE = "course"
    PAST = "past"
    PROBLEMS = "problems"
    SURGICAL = "surgical"
    OBSTETRIC = "obstetric"
    FAMILY = "family"
    SOCIAL = "social"
    ALLERGIES = "allergies"
    MEDICATIONS = "medications"
    IMMUNIZATIONS = "immunizations"
    ROS = "ros"
    EXAM = "exam"
    VITALS = "vitals"
    RESULTS = "results"
    FINDINGS = "findings"
    INDICATION = "indication"
    PROCEDURE = "procedure"
    IMPRESSION = "impression"
    ASSESSMENT = "assessment"
    REASONING = "reasoning"
    PLAN = "plan"
    TESTS = "tests"
    INSTRUCTIONS = "instructions"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The kind as a person reads it."""
        return _LABELS.get(self, self.value)


_LABELS = {
    SectionKind.NARRATIVE: "text without heading",
    SectionKind.COMPLAINT: "chief complaint",
    SectionKind.HPI: "history of present illness",
    SectionKind.COURSE: "hospital course",
    SectionKind.PAST: "past history",
    SectionKind.PROBLEMS: "problem list",
    SectionKind.SURGICAL: "surgical history",
    SectionKind.OBSTETRIC: "obstetric history",
    SectionKind.FAMILY: "family history",
    SectionKind.SOCIAL: "social history",
    SectionKind.ROS: "review of systems",
    SectionKind.OTHER: "another section",
}


@dataclass(frozen=True)
class Section:
    """A stretch of the text from `start` to `end`, its heading left out; `heading` as written, maybe empty."""

    kind: SectionKind
    heading: str
    start: int
    end: int


def sections(text: str) -> list[Section]:
    """The sections in order; together with their headings they cover the text."""
    found: list[Section] = []
    kind, heading, start = SectionKind.NARRATIVE, "", 0
    above = SectionKind.NARRATIVE
    for opened, name, begins, content in _headings(text):
        if begins > start or found or name:
            found.append(Section(kind, heading, start, begins))
        # A heading in capitals on its own line opens a part of the note: "PLAN".
        # Labels inside an assessment ("Medical treatment:") do not end it: its next paragraph is assessment again.
        alone = name.isupper() and len(name) > 1 and text[content : content + 1] in ("\n", "")
        if opened in _WITHIN_ASSESSMENT and above in _ASSESSING and not (alone and opened is SectionKind.PLAN):
            kind, heading, start = opened, name, content
            end = _paragraph_end(text, content)
            found.append(Section(kind, heading, start, end))
            kind, heading, start = above, "", end
            continue
        above = kind = opened
        heading, start = name, content
    found.append(Section(kind, heading, start, len(text)))
    return [one for one in found if one.start < one.end and text[one.start : one.end].strip()]


def has_sections(found: list[Section]) -> bool:
    """Whether the note says what its parts are: by one heading that judges, or by two of any kind."""
    kinds = {one.kind for one in found} - {SectionKind.NARRATIVE, SectionKind.OTHER}
    return len(kinds) > 1 or bool(kinds & set(_JUDGING))


_JUDGING = (SectionKind.ASSESSMENT, SectionKind.IMPRESSION, SectionKind.PROBLEMS, SectionKind.FAMILY)
_ASSESSING = (SectionKind.ASSESSMENT, SectionKind.IMPRESSION, SectionKind.PLAN)
_WITHIN_ASSESSMENT = (
    SectionKind.REASONING,
    SectionKind.PLAN,
    SectionKind.TESTS,
    SectionKind.INSTRUCTIONS,
)


def _headings(text: str) -> Iterator[tuple[SectionKind, str, int, int]]:
    """Each heading: its kind, its words, where it begins and where its section's text begins."""
    known = _known()
    for line in _LINE.finditer(text):
        written = line[0].strip()
        if not written or len(written) > _LONGEST_LINE and ":" not in written[:_LONGEST_HEADING]:
            continue
        if match := _BEFORE_COLON.match(line[0]):
            name = _normal(match["name"])
            if name in known and (len(name) > 1 or match["name"].strip().isupper()):
                yield known[name], match["name"].strip(), line.start(), line.start() + match.end()
                yield from _inside(text, line.start() + match.end(), line.end())
                continue
        if (match := _BARE.match(line[0])) and not line[0][match.end() :].lstrip().startswith(":"):
            yield known[_normal(match["name"])], match["name"], line.start(), line.start() + match.end()
            yield from _inside(text, line.start() + match.end(), line.end())
            continue
        alone = _normal(_BULLET.sub("", written).rstrip(":.-"))
        if alone in known and len(alone) > 2 and (not written.endswith(".")):
            yield known[alone], written.rstrip(":"), line.start(), line.end()
        elif _CAPITALS.fullmatch(written) and len(written.split()) <= 6 and not _is_condition(written):
            kind = known.get(alone, SectionKind.OTHER)
            yield kind, written.rstrip(":"), line.start(), line.end()
        else:
            yield from _inside(text, line.start(), line.end())


def _inside(text: str, start: int, end: int) -> Iterator[tuple[SectionKind, str, int, int]]:
    """Short headings in the middle of a line, after a full stop: "No surgery. Meds: none. NKDA."."""
    for match in _INSIDE.finditer(text, start, end):
        name = match["name"] or match["bare"]
        yield _known()[_normal(name)], name, match.start(), match.end()


def _is_condition(written: str) -> bool:
    """Whether a line in capitals is a condition in abbreviations ("CKD IV") and no heading."""
    said = _REMARK.sub(" ", written).lower().split()
    return any(word in _abbreviated() for word in said) and all(
        word in _abbreviated() or _NUMERAL.fullmatch(word) for word in said
    )


@cache
def _abbreviated() -> frozenset[str]:
    return frozenset(short for short, _ in rows("abbreviations.csv", ("abbreviation", "sense")))


def _paragraph_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _normal(name: str) -> str:
    return " ".join(_REMARK.sub(" ", name).lower().split())


@cache
def _known() -> dict[str, SectionKind]:
    found = {}
    for heading, kind in rows("sections.csv", ("heading", "kind")):
        if kind not in {one.value for one in SectionKind}:
            raise UnreadableInput(f"sections.csv: {heading}: {kind}", f"expected one of {', '.join(SectionKind)}")
        found[heading] = SectionKind(kind)
    return found


_LONGEST_LINE = 60
_LONGEST_HEADING = 48
_LINE = re.compile(r"[^\n]+")
_BULLET = re.compile(r"^\s*(?:[-*\u2022#]+|\d{1,2}[.)])\s*")
_BEFORE_COLON = re.compile(r"^\s*(?:[-*\u2022#]+\s*)?(?P<name>[A-Za-z][A-Za-z /&().,0-9-]{0,47}?)\s*:(?!\d)")
_BARE = re.compile(
    r"^\s*(?P<name>A/P|A&P|PMH|PSH|HPI|ROS|FH|SH|Meds|PE(?=\s+(?:BP|HR|VS|NAD|Gen|Wt|T|P)\b))\b(?=[ \t])"
)
_INSIDE = re.compile(
    r"(?<=[.;] )(?:"
    r"(?P<name>PMH|PSH|FH|SH|ROS|PE|HPI|Meds|Medications|All|Allergies|Labs|Imaging|Exam|Plan|(?:ED )?Dx|Assessment"
    r"|A/P|A&P|A|P|Imp|Impression|Assessment/Plan|Assessment and Plan):"
    r"|(?P<bare>PMH|PSH|FH|SH|Meds)(?=[ ]\w))"
)
_NUMERAL = re.compile(r"[ivx]+|\d[ab]?")
_REMARK = re.compile(r"\([^()]*\)|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b|[.,]")
_CAPITALS = re.compile(r"[A-Z][A-Z /&()-]{3,46}:?")
