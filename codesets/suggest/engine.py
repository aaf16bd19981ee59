"""From a note to suggested diagnosis codes, each with its evidence and its reasons.

A note is cut into sections and sentences, terms of the classification are found in each sentence, and cues and
the section decide what a mention means (`meaning`). What is not suggested is told as well, with the reason.
Nothing here decides a code: a person does. Deterministic, and of no other data than the notes and the code sets.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from codesets.catalog import dotted
from codesets.laterality import NAMED
from codesets.reference import Reference
from codesets.releases import CodeSystem, Release
from codesets.search import Engine, open_engine
from codesets.search.index import Segment
from codesets.search.vocabulary import Vocabulary
from codesets.suggest import statuses
from codesets.suggest.answers import Evidence, Note, Suggestions
from codesets.suggest.closing import ClosingStatement
from codesets.suggest.codebook import Codebook
from codesets.suggest.combinations import partners
from codesets.suggest.cues import Cue, Effect, cues
from codesets.suggest.excluded import excluded_after, excluded_by_test, may_exclude
from codesets.suggest.exclusions import Exclusions
from codesets.suggest.gathered import Worth
from codesets.suggest.immunity import immune
from codesets.suggest.lexical import NUMBERED
from codesets.suggest.longago import long_ago
from codesets.suggest.meaning import Setting, allowed_in, chapters, meaning
from codesets.suggest.mentions import Matcher, Mention, apart, widest
from codesets.suggest.passages import Passage, Passages
from codesets.suggest.reading import Read, says_without
from codesets.suggest.removed import REMOVED, removed
from codesets.suggest.sections import Section, SectionKind, has_sections, sections
from codesets.suggest.senses import EYES, tells_of_eyes
from codesets.suggest.sentences import Sentence, sentences
from codesets.suggest.specific import Specific
from codesets.suggest.stated import stated
from codesets.suggest.told import told
from codesets.suggest.weighing import Weighing
from codesets.suggest.weights import document_weight, is_symptom, plainness, weight

MOST_CHARACTERS = 200_000
SUMMED_UP = 0.5  # of a symptom where an assessment only repeats why the patient came
MOST_OF_A_VISIT = 100  # words of a text without sections that still tells one visit and no course of years
SURE = 1.0  # the quality of a mention by which a single word is a condition of its own
MOST_REFINEMENTS = 3  # degree, then complication, then side


class Suggester:
    """Suggests codes from the releases of one open reference database; for the thread that opened it."""

    def __init__(self, reference: Reference, engine: Engine) -> None:
        self._reference = reference
        self._engine = engine
        self._build_id = ""
        self._readers: dict[int, _Reader] = {}

    def suggest(self, text: str, on: dt.date | None = None, inpatient: bool = False) -> Suggestions:
        """Codes for the text of one note. `on` is the date of service, today if not given."""
        return self.suggest_chart([Note(text)], on, inpatient)

    def suggest_chart(self, notes: Sequence[Note], on: dt.date | None = None, inpatient: bool = False) -> Suggestions:
        """Codes for all documents of one encounter together."""
        date = on or dt.date.today()
        choice = self._reference.choose(CodeSystem.ICD10CM, date)
        if choice.release is None:
            return Suggestions((), warning=choice.warning)
        warning = choice.warning
        if any(len(note.text) > MOST_CHARACTERS for note in notes):
            warning = f"{warning} only the first {MOST_CHARACTERS:,} characters were read".strip()
        read = [replace(note, text=note.text[:MOST_CHARACTERS]) for note in notes]
        return replace(self._reader(choice.release, date).suggest(read, inpatient, date.year), warning=warning)

    def _reader(self, release: Release, on: dt.date) -> _Reader:
        if self._build_id != self._reference.build_id:
            self._readers.clear()
            self._build_id = self._reference.build_id
        if release.id not in self._readers:
            words = self._engine.words_of(release)
            self._readers[release.id] = _Reader(*words, Exclusions(self._reference, on))
        return self._readers[release.id]


def open_suggester(reference: Reference, engine: Engine | None = None) -> Suggester:
    """A suggester on an open reference database, for the thread that opened that.

    Where a search engine is open on the same one, both share its words.
    """
    return Suggester(reference, engine or open_engine(reference))


@dataclass(frozen=True)
class _Line:
    """A sentence of a section with its meaning; `document` is its place and `factor` its weight.

    `final` says that it is of the final statement of a stay, `excludes` that its document may exclude an "it";
    `passages` are those of its document. `cues` are found once a mention stands in it.
    """

    document: int
    text: str
    factor: float
    final: bool
    section: Section
    sentence: Sentence
    read: Read
    excludes: bool = False
    passages: tuple[Passage, ...] = ()
    cues: tuple[Cue, ...] = ()

    @property
    def said(self) -> str:
        """The sentence as it is written."""
        return self.text[self.sentence.start : self.sentence.end]

    def means(self, mention: Mention) -> Iterator[Passage]:
        """The passages in which a mention stands."""
        tokens = self.sentence.tokens
        start, end = tokens[mention.core[0]].start, tokens[mention.core[-1]].end
        return (one for one in self.passages if one.start <= start and end <= one.end)

    def cut(self, mention: Mention) -> bool:
        """Whether a passage begins or ends within a mention."""
        tokens = self.sentence.tokens
        start, end = tokens[mention.tokens[0]].start, tokens[mention.tokens[-1]].end
        return any(
            one.start < end and start < one.end and not (one.start <= start and end <= one.end) for one in self.passages
        )

    def evidence(self, start: int, end: int, told: tuple[str, ...] = ()) -> Evidence:
        """The evidence at text[start:end], with the line it stands on."""
        begin = self.text.rfind("\n", 0, start) + 1
        stop = self.text.find("\n", end)
        whole = self.text[begin : len(self.text) if stop < 0 else stop].strip()
        named = self.section.heading or self.section.kind.label
        return Evidence(self.document, start, end, self.text[start:end], whole, named, told)


class _Reader:
    """One release in the form that notes are read with."""

    def __init__(self, segment: Segment, vocabulary: Vocabulary, exclusions: Exclusions) -> None:
        self._exclusions = exclusions
        self._codebook = Codebook(segment)
        self._matcher = Matcher(segment, vocabulary)
        self._specific = Specific(self._codebook, self._matcher.lexical)

    def suggest(self, notes: Sequence[Note], inpatient: bool, year: int) -> Suggestions:
        """The suggestions for the documents of one chart; `year` is that of the service."""
        parts = [sections(note.text) for note in notes]
        structured = any(map(has_sections, parts))
        one_visit = structured or sum(len(note.text.split()) for note in notes) <= MOST_OF_A_VISIT
        # A story of years names the years of the present illness, too.
        setting = Setting(structured, inpatient, year if one_visit else 0, one_visit)
        excluding = [may_exclude(note.text) for note in notes]
        closing = [ClosingStatement(note.kind, found) for note, found in zip(notes, parts, strict=True)]
        apart_from = [Passages(note.text) for note in notes]
        of_eyes = any(tells_of_eyes(note.text) for note in notes)
        lines = [
            _Line(
                document=place,
                text=note.text,
                factor=document_weight(note.kind),
                final=closing[place].states(part),
                section=part,
                sentence=sentence,
                read=self._matcher.read(sentence, note.text, of_eyes),
                excludes=excluding[place],
                passages=apart_from[place].within(sentence.start, sentence.end),
            )
            for place, note in enumerate(notes)
            for part in parts[place]
            for sentence in sentences(note.text, part.start, part.end)
        ]
        weighing = Weighing(
            self._codebook,
            self._specific,
            self._exclusions,
            setting,
            told(note.text for note in notes),
            stated(notes, parts) if inpatient else None,
        )
        allowed = chapters([note.text for note in notes])
        self._weigh_mentions(lines, setting, allowed, weighing)
        newborn = inpatient and "P" in allowed
        for line in lines:
            self._weigh_statuses(line, allowed, newborn, weighing)
        return weighing.answer()

    def _weigh_mentions(
        self, lines: Sequence[_Line], setting: Setting, allowed: frozenset[str], weighing: Weighing
    ) -> None:
        mentions = self._matcher.find([line.read for line in lines])
        for number, group in groupby(mentions, key=lambda mention: mention.sentence):
            line = lines[number]
            line = replace(line, cues=tuple(cues(line.sentence, setting.year, line.section.kind in _ASSESSED)))
            turns = [cue for cue in line.cues if cue.turns(setting.inpatient)]
            whole = [one for one in group if not turns or not self._torn(one, turns, line.read)]
            if line.passages:
                whole = [one for one in whole if not line.cut(one)]
            whole = _best_of_alike(whole)
            named = {one.tokens for one in whole if len(one.tokens) > 1 or one.quality >= SURE}
            refined = self._own_first([self._refined(one, line.read, turns, named) for one in whole])
            for mention in self._with_partners(widest(refined), refined):
                sides = self._specific.both_sides(mention.code, line.read, mention.tokens)
                for code in sides or (mention.code,):
                    self._weigh(line, replace(mention, code=code), setting, allowed, weighing)

    def _own_first(self, found: list[Mention]) -> list[Mention]:
        """The mentions without wider ones of the index that take another condition for a word of their own.

        "Left heel diabetic ulcer" is a heel ulcer in a wording of notes, and diabetes; the index would make it one
        ulcer of the lower limb. A symptom may well be a word of a disease: respiratory failure with hypoxia.
        """
        own = [one for one in found if self._matcher.terms.is_own(one.row)]

        def outdone(mention: Mention) -> bool:
            tokens, category = set(mention.tokens), self._codebook.code(mention.code)[:3]
            within = [one for one in found if set(one.tokens) < tokens and one.quality > mention.quality]
            named = [(set(one.tokens), self._codebook.code(one.code), one) for one in within]
            others = [found for found, code, _ in named if code[:3] != category and not is_symptom(code)]
            alike = [found for found, code, one in named if code[:3] == category and one in own]
            return any(other <= tokens - inside for inside in alike for other in others)

        return [one for one in found if one in own or not outdone(one)] if own else found

    def _with_partners(self, kept: list[Mention], found: Sequence[Mention]) -> list[Mention]:
        """The mentions with the best narrower one of what their code asks for: acute bronchitis beside its COPD."""
        added = []
        for mention in kept:
            code = self._codebook.code(mention.code)
            for keeps in (keeps for has, keeps in partners() if code.startswith(has)):
                inside = [
                    one
                    for one in found
                    if set(one.tokens) < set(mention.tokens) and self._codebook.code(one.code).startswith(keeps)
                ]
                added += sorted(inside, key=lambda one: (-len(one.tokens), -one.quality))[:1]
        return kept + added

    def _torn(self, mention: Mention, turns: Sequence[Cue], read: Read) -> bool:
        """Whether a cue reaches a part of a mention only: "COPD without exacerbation" says COPD, not the exacerbation.

        Not torn is a term that says so itself: "without hemorrhage".
        """
        for cue in turns:
            reached = [token for token in mention.tokens if cue.first <= token <= cue.last]
            if len(reached) in (0, len(mention.tokens)) or cue.last < cue.begin:
                continue
            said = [read.normal[token] for token in reached]
            if not (cue.effect is Effect.NEGATED and says_without(self._matcher.terms.text(mention.row), said)):
                return True
        return False

    def _refined(
        self, mention: Mention, read: Read, turns: Sequence[Cue], named: Collection[tuple[int, ...]]
    ) -> Mention:
        """The mention with the most specific code that its sentence allows; `named` are all that stand in it."""
        # What is denied or doubted near a condition tells nothing of it, unless the code denies it as well.
        barred = frozenset(
            token
            for cue in turns
            if not cue.reaches(mention.begin, mention.end)
            for token in range(cue.first, cue.last + 1)
            if read.sentence.tokens[token].text not in EYES  # "without macular edema OU"
        ) | frozenset(
            token
            for other in named
            if apart(read, mention.tokens, other)
            for token in other
            if read.normal[token] not in NAMED  # a side may be said once for both
        )
        for _ in range(MOST_REFINEMENTS):
            refined = self._specific.refine(mention.code, read, mention.tokens, barred)
            if refined is None:
                break
            counting = {t - 1 for t in refined.tokens if read.counted(t) and read.normal[t - 1] in NUMBERED}
            tokens = tuple(sorted({*mention.tokens, *refined.tokens, *counting}))
            mention = replace(mention, code=refined.position, tokens=tokens, weight=read.says(tokens))
        return mention

    def _weigh(
        self, line: _Line, mention: Mention, setting: Setting, allowed: frozenset[str], weighing: Weighing
    ) -> None:
        """Decide what one mention means, and add it where it belongs."""
        code, reasons = self._code(mention)
        section, tokens = line.section.kind, line.sentence.tokens
        reached = [cue for cue in line.cues if cue.reaches(mention.core[0], mention.core[-1] + 1)]
        effects = {cue.effect: cue.words for cue in reached}
        listed = section is SectionKind.ALLERGIES  # which says by itself what stands in it
        for passage in line.means(mention) if line.passages and not listed else ():
            if passage.effect is Effect.NONE:  # a yes: what stands between it and its item denies nothing
                effects = {effect: words for effect, words in effects.items() if effect not in _ANSWERED}
            else:
                effects.setdefault(passage.effect, passage.words)
        if guarded := immune(line.said, code):
            effects.setdefault(Effect.HYPOTHETICAL, guarded)
        if setting.one_visit and (gone := removed(line.said, code[:3])):
            effects.setdefault(Effect.RESOLVED, gone)
            reasons = (*reasons, REMOVED)
        if setting.one_visit and (before := effects.get(Effect.HISTORY)) and long_ago(line.said, code, before):
            effects.setdefault(Effect.OVER, before)
        if gone := self._excluded(line, tokens[mention.end - 1].end, code, Effect.UNCERTAIN in effects):
            effects.setdefault(Effect.NEGATED, gone)
        cued = tuple(f"{effect.value}: {words!r}" for effect, words in effects.items())
        first = mention.begin - line.read.counted(mention.begin)
        evidence = line.evidence(tokens[first].start, tokens[mention.end - 1].end, cued)
        meant = meaning(code, section, effects, replace(setting, final=line.final))
        place = weight(section, setting.structured) * (line.factor if setting.structured else 1.0)
        if _DENIED & effects.keys():
            weighing.deny(code, place, meant.why_not, evidence)
        if not meant.code or self._codebook.position(meant.code) is None:
            weighing.withhold(code, meant.why_not or "this release has no code for it", evidence)
            return
        if not allowed_in(allowed, meant.code):
            return
        if is_symptom(meant.code) and setting.structured and _said_of_the_visit(line):
            place *= SUMMED_UP
        worth = Worth(place, place * mention.quality * plainness(mention.weight, setting.structured))
        term = (self._matcher.terms.text(mention.row), self._matcher.terms.kind(mention.row))
        weighing.add(self._codebook.answer(meant.code), worth, term, (*reasons, *meant.because), evidence, section)

    @staticmethod
    def _excluded(line: _Line, end: int, code: str, suspected: bool) -> str:
        """The words behind text[:end] that exclude a condition; a suspected one by the result of its test, too."""
        gone = excluded_after(line.text, end, line.section.end) if line.excludes else ""
        return gone or (excluded_by_test(line.text, end, line.section.end, code) if suspected else "")

    def _code(self, mention: Mention) -> tuple[str, tuple[str, ...]]:
        """The billable code of a mention, and why it is not the term's own."""
        own = int(self._matcher.terms.row_code[mention.row])
        named = self._codebook.code(own)
        code = self._codebook.answer(self._codebook.code(mention.code))
        if mention.code != own:
            return code, (f"more specific than {dotted(named)} by its words",)
        return code, () if code == named else (f"default of {dotted(named)}",)

    def _weigh_statuses(self, line: _Line, allowed: frozenset[str], newborn: bool, weighing: Weighing) -> None:
        for status in statuses.read(line.text, line.section, line.sentence, "O" in allowed, newborn):
            if allowed_in(allowed, status.code) and self._codebook.position(status.code) is not None:
                score = status.score * (0.5 + 0.5 * line.factor)
                term, evidence = (status.term, status.kind), line.evidence(status.start, status.end)
                code = self._codebook.on_side(self._codebook.answer(status.code), line.read.normal)
                weighing.add(code, Worth(score, score), term, (), evidence, status.section.kind)


def _best_of_alike(found: Sequence[Mention]) -> list[Mention]:
    """Of the mentions of one code on the same words the best: the others would be read for nothing."""
    best: dict[tuple[int, tuple[int, ...]], Mention] = {}
    for one in found:
        known = best.get((one.code, one.tokens))
        if known is None or known.weight * known.quality < one.weight * one.quality:
            best[one.code, one.tokens] = one
    return list(best.values())


_ASSESSED = (SectionKind.ASSESSMENT, SectionKind.IMPRESSION, SectionKind.PLAN, SectionKind.PROBLEMS)
_DENIED = {Effect.NEGATED, Effect.DOUBTED}
_ANSWERED = {Effect.NEGATED, Effect.UNCERTAIN}


def _said_of_the_visit(line: _Line) -> bool:
    """Whether a sentence tells why the patient came: "who presents with back pain"."""
    return _PRESENTS.search(line.text, line.sentence.start, line.sentence.end) is not None


_PRESENTS = re.compile(
    r"\b(?:presents?|presenting|presented|here (?:for|with|today)"
    r"|(?:referred|seen|returns?|came|comes)(?: in)?(?: today)? for|for (?:the )?evaluation of"
    r"|complain(?:s|ed|ing) of)\b",
    re.IGNORECASE,
)
