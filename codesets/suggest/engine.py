"""From a note to suggested diagnosis codes, each with its evidence and its reasons.

A note is cut into sections and sentences, terms of the classification are found in each sentence, and cues and
the section decide what a mention means: a current condition, a past one, one of the family, one that is denied,
feared or only possible. Uncertain diagnoses are not coded in the outpatient setting (Official Guidelines IV.H) and
coded as if they existed at the end of an inpatient stay (II.H). What is not suggested is told as well, with the
reason. Nothing here decides a code: a person does. Deterministic, and of no other data than the note.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from codesets.catalog import dotted
from codesets.reference import Reference, search_folder
from codesets.releases import CodeSystem, Release
from codesets.search import index
from codesets.search.index import Segment
from codesets.search.vocabulary import Vocabulary
from codesets.suggest import statuses
from codesets.suggest.combinations import combine, superseded
from codesets.suggest.cues import Effect, cues
from codesets.suggest.mentions import Matcher, Mention, Read, widest
from codesets.suggest.sections import Section, SectionKind, has_sections, sections
from codesets.suggest.sentences import Sentence, sentences
from codesets.suggest.specific import Missing, Specific
from codesets.suggest.weights import ASSESSED, LEAST_SCORE, document_weight, is_symptom, plainness, vague, weight

MOST_CHARACTERS = 200_000
MOST_EVIDENCE = 8
MOST_REFINEMENTS = 3  # degree, then complication, then side


@dataclass(frozen=True)
class Note:
    """One document of a chart: its text and what kind of document it is, as the chart names it."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Evidence:
    """Where the note says it: text[start:end], the line it stands on, the section, and the cues that reach it.

    `document` is the place of the document among those that were read, from 0.
    """

    document: int
    start: int
    end: int
    text: str
    line: str
    section: str
    cues: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """A code to look at, without the dot. `reasons` are steps in words; `score` only orders one note's codes."""

    code: str
    title: str
    score: float
    term: str
    kind: str
    evidence: tuple[Evidence, ...]
    reasons: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def dotted(self) -> str:
        """The code as it is printed."""
        return dotted(self.code)

    def why(self) -> str:
        """The reasons in one line."""
        first = self.evidence[0]
        parts = [f"{self.kind}: {self.term}", f"in {first.section}", *self.reasons, *first.cues]
        return " \u00b7 ".join(parts)


@dataclass(frozen=True)
class Withheld:
    """A code that the note's words lead to but that is not suggested, and why not."""

    code: str
    title: str
    why: str
    evidence: Evidence

    @property
    def dotted(self) -> str:
        """The code as it is printed."""
        return dotted(self.code)


@dataclass(frozen=True)
class Suggestions:
    """The answer for one note, best first. `warning` tells a date that no release covers, or a text cut short."""

    codes: tuple[Suggestion, ...]
    withheld: tuple[Withheld, ...] = ()
    warning: str = ""


class Suggester:
    """Suggests codes from the releases of one open reference database; for the thread that opened it."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._build_id = ""
        self._readers: dict[int, _Reader] = {}

    def suggest(self, text: str, on: dt.date | None = None, inpatient: bool = False) -> Suggestions:
        """Codes for the text of one note. `on` is the date of service, today if not given."""
        return self.suggest_chart([Note(text)], on, inpatient)

    def suggest_chart(self, notes: Sequence[Note], on: dt.date | None = None, inpatient: bool = False) -> Suggestions:
        """Codes for all documents of one encounter together."""
        choice = self._reference.choose(CodeSystem.ICD10CM, on or dt.date.today())
        if choice.release is None:
            return Suggestions((), warning=choice.warning)
        warning = choice.warning
        if any(len(note.text) > MOST_CHARACTERS for note in notes):
            cut = f"only the first {MOST_CHARACTERS:,} characters were read"
            warning = f"{warning} {cut}".strip()
        read = [replace(note, text=note.text[:MOST_CHARACTERS]) for note in notes]
        return replace(self._reader(choice.release).suggest(read, inpatient), warning=warning)

    def _reader(self, release: Release) -> _Reader:
        if self._build_id != self._reference.build_id:
            self._readers.clear()
            self._build_id = self._reference.build_id
        if release.id not in self._readers:
            segment = index.load(search_folder(self._reference.path, self._build_id), release.id)
            self._readers[release.id] = _Reader(segment)
        return self._readers[release.id]


def open_suggester(reference: Reference) -> Suggester:
    """A suggester on an open reference database; it is for the thread that opened that."""
    return Suggester(reference)


@dataclass(frozen=True)
class _Line:
    """A sentence of a section with its meaning; `document` is its place and `factor` its weight."""

    document: int
    text: str
    factor: float
    section: Section
    sentence: Sentence
    read: Read


@dataclass(frozen=True)
class _Setting:
    """What holds for the whole chart: whether it names sections anywhere, and whether it is an inpatient stay."""

    structured: bool
    inpatient: bool


@dataclass
class _Found:
    """A code while it is being weighed; `best` is the weight of the section of its first evidence, and its score."""

    code: str
    score: float
    term: str
    kind: str
    evidence: list[Evidence]
    reasons: tuple[str, ...]
    best: tuple[float, float]


class _Reader:
    """One release in the form that notes are read with."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._matcher = Matcher(segment, Vocabulary(segment))
        self._specific = Specific(segment, self._matcher.lexical)
        self._position = lru_cache(maxsize=8192)(self._find_position)
        self._missing = lru_cache(maxsize=8192)(self._specific.missing)

    def suggest(self, notes: Sequence[Note], inpatient: bool) -> Suggestions:
        """The suggestions for the documents of one chart."""
        lines: list[_Line] = []
        setting = _Setting(False, inpatient)
        for place, note in enumerate(notes):
            parts = sections(note.text)
            if has_sections(parts):
                setting = replace(setting, structured=True)
            factor, _ = document_weight(note.kind)
            lines += [
                _Line(place, note.text, factor, part, sentence, self._matcher.read(sentence))
                for part in parts
                for sentence in sentences(note.text, part.start, part.end)
            ]
        found: dict[str, _Found] = {}
        withheld: dict[str, Withheld] = {}
        allowed = _chapters_allowed([note.text for note in notes])
        mentions = self._matcher.find([line.read for line in lines])
        for number, group in groupby(mentions, key=lambda mention: mention.sentence):
            line = lines[number]
            for mention in widest(self._refined(one, line.read) for one in group):
                if self._specific.code(mention.code)[0] in allowed:
                    self._weigh(line, mention, setting, found, withheld)
        for line in lines:
            for status in statuses.read(line.text, line.section, line.sentence):
                if self._position(status.code) is not None:
                    evidence = _evidence(line, status.start, status.end, ())
                    score = status.score * (0.5 + 0.5 * line.factor)
                    self._add(found, self._answer_of(status.code), (score, score), (status.term, status.kind), (), evidence)
        self._with_trimester(found)
        self._combine(found)
        self._supersede(found, withheld, setting.structured)
        if setting.structured:
            _leave_out_symptoms(found, withheld, self._title)
        _leave_out_vague(found, setting.structured)
        return self._answer(found, withheld, setting.structured)

    def _refined(self, mention: Mention, read: Read) -> Mention:
        """The mention with the most specific code that its sentence allows."""
        for _ in range(MOST_REFINEMENTS):
            refined = self._specific.refine(mention.code, read, mention.tokens)
            if refined is None:
                break
            tokens = tuple(sorted({*mention.tokens, *refined.tokens}))
            mention = replace(mention, code=refined.position, tokens=tokens, weight=self._matcher.worth(read, tokens))
        return mention

    def _code(self, mention: Mention, line: _Line) -> tuple[str, tuple[str, ...]]:
        """The billable code of a mention, and why it is not the term's own."""
        own = self._matcher.code_of(mention.row)
        answer = int(self._segment.answer[mention.code])
        reasons: tuple[str, ...] = ()
        if mention.code != own:
            reasons = (f"more specific than {dotted(self._specific.code(own))} by its words",)
        elif answer != own:
            reasons = (f"default of {dotted(self._specific.code(own))}",)
        return self._specific.code(answer), reasons

    def _weigh(
        self,
        line: _Line,
        mention: Mention,
        setting: _Setting,
        found: dict[str, _Found],
        withheld: dict[str, Withheld],
    ) -> None:
        """Decide what one mention means and add it where it belongs."""
        code, reasons = self._code(mention, line)
        tokens = mention.tokens
        section = line.section.kind
        reached = [cue for cue in cues(line.sentence) if cue.reaches(mention.begin, mention.end)]
        effects = {cue.effect: cue.words for cue in reached}
        evidence = _evidence(
            line,
            line.sentence.tokens[tokens[0]].start,
            line.sentence.tokens[tokens[-1]].end,
            tuple(f"{effect.value}: {words!r}" for effect, words in effects.items()),
        )
        meant, why, steps = _meaning(code, section, effects, setting.structured, setting.inpatient)
        if meant and meant != code and self._position(meant) is None:
            meant = ""
        if not meant:
            withheld.setdefault(code, Withheld(code, self._title(code), why, evidence))
            return
        meant = self._answer_of(meant)
        here = weight(section, setting.structured) * (line.factor if setting.structured else 1.0)
        score = here * mention.quality * plainness(mention.weight, setting.structured)
        term = self._matcher.term(mention.row)
        self._add(found, meant, (here, score), term, (*reasons, *steps), evidence)

    def _add(
        self,
        found: dict[str, _Found],
        code: str,
        worth: tuple[float, float],
        term: tuple[str, str],
        reasons: tuple[str, ...],
        evidence: Evidence,
    ) -> None:
        """Add a mention of a code; `worth` is the weight of its section, and its score."""
        score = worth[1]
        known = found.get(code)
        if known is None:
            found[code] = _Found(code, score, *term, [evidence], reasons, worth)
            return
        if worth > known.best:
            known.term, known.kind = term
            known.reasons, known.best = reasons, worth
            known.evidence.insert(0, evidence)
        elif len(known.evidence) < MOST_EVIDENCE and evidence not in known.evidence:
            known.evidence.append(evidence)
        known.score = max(known.score, score) + 0.1 * min(known.score, score)

    def _with_trimester(self, found: dict[str, _Found]) -> None:
        """Give obstetric codes the trimester of the weeks that the note tells (ICD-10-CM chapter 15, trimesters)."""
        weeks = [int(code[3:]) for code in found if code.startswith("Z3A") and code[3:].isdigit()]
        if not weeks:
            return
        name = "first" if weeks[0] < 14 else "second" if weeks[0] < 28 else "third"
        for code in [code for code in found if code[0] == "O"]:
            title = self._title(code)
            wanted = title.replace("unspecified trimester", f"{name} trimester")
            for place in self._segment.beginning_with(code[:-1]).tolist() if wanted != title else ():
                other = self._specific.code(place)
                if self._segment.text(place) == wanted and other not in found:
                    entry = found.pop(code)
                    entry.code = other
                    entry.reasons = (*entry.reasons, f"{weeks[0]} weeks: {name} trimester")
                    found[other] = entry

    def _combine(self, found: dict[str, _Found]) -> None:
        """Put combination codes where the note has both conditions."""
        said = {code: " ".join(one.text for one in entry.evidence) for code, entry in found.items()}
        dropped: set[str] = set()
        for combined in combine(said):
            if self._position(combined.code) is None:
                continue
            rests = [found[code] for code in combined.rests_on if code in found]
            if not rests:
                continue
            evidence = [entry.evidence[0] for entry in rests]
            named = " and ".join(dotted(code) for code in combined.rests_on)
            reasons = (f"{combined.rule.name}, from {named}", combined.rule.citation)
            score = max(entry.score for entry in rests) + 0.01
            best = max(entry.best for entry in rests)
            entry = found.get(combined.code)
            if entry is None:
                found[combined.code] = _Found(
                    combined.code, score, combined.rule.name, "combination", evidence, reasons, best
                )
            dropped.update(combined.replaced)
        for code in dropped:
            found.pop(code, None)

    def _supersede(self, found: dict[str, _Found], withheld: dict[str, Withheld], structured: bool) -> None:
        """Without codes that another one of the note makes superfluous."""
        for has, drops, why in superseded():
            by = next((code for code in found if code.startswith(has)), "")
            for code in [code for code in found if code.startswith(drops)] if by else ():
                if code != by and not code.startswith(has):
                    self._withdraw(found, withheld, code, f"{dotted(by)}: {why}")
        if not structured:
            return
        for code in list(found):
            title = self._title(code).lower()
            if "unspecified" in title or "without complications" in title:
                more = next((one for one in found if one != code and one.startswith(code[:4].rstrip("9"))), "")
                if more and "unspecified" not in self._title(more).lower():
                    self._withdraw(found, withheld, code, f"{dotted(more)} says more")

    def _withdraw(self, found: dict[str, _Found], withheld: dict[str, Withheld], code: str, why: str) -> None:
        entry = found.pop(code)
        withheld.setdefault(code, Withheld(code, self._title(code), why, entry.evidence[0]))

    def _answer(self, found: dict[str, _Found], withheld: dict[str, Withheld], structured: bool) -> Suggestions:
        ordered = sorted(found.values(), key=lambda entry: (-entry.score, entry.code))
        codes = []
        for entry in ordered:
            if entry.score < LEAST_SCORE and structured:
                evidence = entry.evidence[0]
                why = f"only in {evidence.section}"
                withheld.setdefault(entry.code, Withheld(entry.code, self._title(entry.code), why, evidence))
                continue
            title = self._title(entry.code)
            codes.append(
                Suggestion(
                    entry.code,
                    title,
                    round(entry.score, 4),
                    entry.term,
                    entry.kind,
                    tuple(entry.evidence),
                    entry.reasons,
                    self._missing(entry.code, title, _said(entry.evidence)),
                )
            )
        chosen = {one.code for one in codes}
        left = tuple(one for code, one in withheld.items() if code not in chosen)
        return Suggestions(tuple(codes), left)

    def _find_position(self, code: str) -> int | None:
        places = self._segment.beginning_with(code)
        return int(places[0]) if len(places) and self._specific.code(int(places[0])) == code else None

    def _answer_of(self, code: str) -> str:
        """The code, or the billable one that a header stands for."""
        position = self._position(code)
        return code if position is None else self._specific.code(int(self._segment.answer[position]))

    def _title(self, code: str) -> str:
        position = self._position(code)
        return "" if position is None else self._segment.text(position)


def _evidence(line: _Line, start: int, end: int, told: tuple[str, ...]) -> Evidence:
    """The evidence with the line of the text that it stands on."""
    text, section = line.text, line.section
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    whole = text[begin : len(text) if stop < 0 else stop].strip()
    return Evidence(line.document, start, end, text[start:end], whole, section.heading or section.kind.label, told)


def _said(evidence: list[Evidence]) -> frozenset[str]:
    """The words of the evidence in lower case, as far as they can close a question."""
    return frozenset(word for one in evidence for word in _WORD.findall(one.text.lower()))


def _meaning(
    code: str, section: SectionKind, effects: dict[Effect, str], structured: bool, inpatient: bool
) -> tuple[str, str, tuple[str, ...]]:
    """The code that a mention stands for, or none with the reason; and what changed it."""
    if Effect.NEGATED in effects:
        return "", f"denied: {effects[Effect.NEGATED]!r}", ()
    if Effect.HYPOTHETICAL in effects:
        return "", f"not a finding: {effects[Effect.HYPOTHETICAL]!r}", ()
    if Effect.FAMILY in effects or section is SectionKind.FAMILY:
        becomes = statuses.family_history(code)
        cue = effects.get(Effect.FAMILY, "family history")
        return (becomes, "", (f"of the family: {cue!r}",)) if becomes else ("", "of the family", ())
    if Effect.UNCERTAIN in effects:
        cue = effects[Effect.UNCERTAIN]
        if not inpatient:
            return "", f"uncertain ({cue!r}): not coded outpatient, Official Guidelines IV.H", ()
        return code, "", (f"uncertain ({cue!r}): coded as if it existed, Official Guidelines II.H",)
    if section in _SILENT:
        return "", f"only in {section.label}", ()
    if section is SectionKind.SOCIAL and not code.startswith(("F1", "Z7", "Z8", "Z5", "Z6")):
        return "", "only in social history", ()
    past = section in (SectionKind.PAST, SectionKind.SURGICAL) and structured
    if Effect.HISTORY in effects and is_symptom(code) and not past:
        return code, "", ()  # "a two-week history of pain" tells the present illness
    if Effect.HISTORY in effects or (past and Effect.CURRENT not in effects):
        becomes = statuses.history(code)
        cue = effects.get(Effect.HISTORY, "past history")
        if becomes == code:
            return code, "", ()
        if becomes:
            return becomes, "", (f"a history: {cue!r}",)
        if structured:
            return "", f"a history: {cue!r}", ()
        # Without sections "history" is often the present illness: the coder decides.
        return code, "", (f"named as a history ({cue!r}): look whether it is current",)
    return code, "", ()


_SILENT = (
    SectionKind.MEDICATIONS,
    SectionKind.ALLERGIES,
    SectionKind.INSTRUCTIONS,
    SectionKind.TESTS,
    SectionKind.VITALS,
)


def _leave_out_symptoms(
    found: dict[str, _Found], withheld: dict[str, Withheld], title: Callable[[str], str]
) -> None:
    """Symptoms that only stand outside the assessment go where there is a diagnosis (Guidelines I.B.4, IV.D)."""
    diagnosed = any(not is_symptom(code) and code[0] != "Z" and entry.best[0] >= ASSESSED for code, entry in found.items())
    for code in [code for code, entry in found.items() if is_symptom(code)]:
        entry = found[code]
        if diagnosed and entry.best[0] < ASSESSED:
            why = "a symptom outside the assessment, beside a diagnosis"
            withheld.setdefault(code, Withheld(code, title(code), why, entry.evidence[0]))
            del found[code]



def _leave_out_vague(found: dict[str, _Found], structured: bool) -> None:
    """Without codes that say next to nothing, where the note says more."""
    for code in [code for code in found if code in vague()]:
        if structured:
            del found[code]
        else:
            found[code].score *= 0.4


def _chapters_allowed(texts: Sequence[str]) -> frozenset[str]:
    """First letters of codes; obstetric and newborn ones only where the note is of a pregnancy or a newborn."""
    letters = set("ABCDEFGHIJKLMNQRSTUZ")
    if any(_PREGNANCY.search(text) for text in texts):
        letters.add("O")
    if any(_NEWBORN.search(text) for text in texts):
        letters.add("P")
    return frozenset(letters)


_WORD = re.compile(r"[a-z0-9]+")
_PREGNANCY = re.compile(
    r"\b(?:pregnan\w+|gravida|gestation\w*|intrauterine|post-?partum|prenatal|antepartum|obstetric\w*|cesarean|G\d ?P\d)",
    re.IGNORECASE,
)
_NEWBORN = re.compile(r"\b(?:newborn|neonat\w+|apgar|\d+ (?:day|hour)s?[- ]old)", re.IGNORECASE)
