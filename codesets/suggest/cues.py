"""Cues: the words of a sentence that change what a mention in it means.

After the ConText method (Harkema et al., J Biomed Inform 2009): a cue reaches forward or backward over the
sentence until another cue or a conjunction ends its reach. The cues are data (`data/cues.csv`). A library was
measured and left: on 2,057 mentions medspaCy's ConText agreed on most negations, let more of them run on ("no
relevant history, presented with anorexia") and knew fewer than half of the uncertain ones, for 70 packages, 280 MB,
1.7 s of loading and thirteen times the time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from codesets.errors import UnreadableInput
from codesets.suggest.sentences import Sentence
from codesets.suggest.tables import rows


class Effect(StrEnum):
    """What a cue does to a mention in its reach."""

    NEGATED = "negated"
    UNCERTAIN = "uncertain"
    HYPOTHETICAL = "hypothetical"
    HISTORY = "history"
    FAMILY = "family"
    CURRENT = "current"
    RESOLVED = "resolved"
    OVER = "over"
    EXPOSED = "exposed"
    DOUBTED = "doubted"
    OTHERS = "another person"
    DIFFERENTIAL = "differential"
    REMISSION = "remission"
    NONE = "none"
    END = "end"


class Reach(StrEnum):
    """Where the mentions of a cue stand: it comes before them or after them.

    Or it does so only where it opens its clause, with a word behind it, or ends it.
    """

    BEFORE = "before"
    OPENS = "opens"
    AFTER = "after"
    ENDS = "ends"


@dataclass(frozen=True)
class Cue:
    """One cue in a sentence. Tokens from..to are its own; first..last, inclusive, those it reaches."""

    effect: Effect
    words: str
    begin: int
    end: int
    first: int
    last: int

    def reaches(self, begin: int, end: int) -> bool:
        """Whether tokens begin..end (end exclusive) lie within its reach."""
        if self.last < self.begin:  # what stands before a cue is meant as a whole
            return self.first < end and end - 1 <= self.last
        return self.first <= begin and end - 1 <= self.last

    def turns(self, inpatient: bool) -> bool:
        """Whether what it reaches is not there: in an inpatient stay an uncertain condition is coded."""
        return self.effect in _TURNING or self.effect is Effect.UNCERTAIN and not inpatient


_TURNING = frozenset([Effect.NEGATED, Effect.DOUBTED, Effect.HYPOTHETICAL, Effect.DIFFERENTIAL, Effect.OTHERS])
MOST_NEGATED = 14  # tokens that a negation reaches: long lists are common ("denies fever, chills, ...")
MOST_UNCERTAIN = 8
MOST_AFTER = 8
MOST_LISTED = 20  # tokens that a cue reaches back over a list
MOST_OF_LIST = 80
MOST_OF_PART = 5  # tokens of one part of such a list
MOST_OF_FIRST = 12  # and of the first part of what is denied
MOST_OF_ENTRY = 14  # tokens of the part in which a record doubts itself
MOST_FAMILY = 30
MOST_OTHERS = 12
MOST_POSSESSED = 5  # tokens behind "her mother's"
_MARKS = frozenset([",", ":", "-", "/", "(", ")"])


def cues(sentence: Sentence, year: int = 0, assessed: bool = False) -> list[Cue]:
    """The cues of a sentence that change mentions, in the order of the text; `year` is that of the service, 0 for any.

    A year before it tells the past: "MI in 2015". `assessed` says that it lists what is assessed or planned.
    """
    said = [token.small for token in sentence.tokens]
    written = [_written(word, year) for word in said]
    attached = _attached(sentence)
    found = list(_found(written, attached))
    changing = []
    for place, (effect, reach, begin, end, _) in enumerate(found):
        if effect in (Effect.NONE, Effect.END):
            continue
        words = " ".join(said[begin:end])
        if reach in (Reach.BEFORE, Reach.OPENS):
            whose = said[end - 1] != written[end - 1] and said[end - 1].endswith(_WHOSE)
            last = _reach_on(found, place, written, assessed, whose)
            treated = _treated(written, end, last) if effect is Effect.HISTORY else None
            if treated is not None:
                changing.append(Cue(Effect.RESOLVED, f"{words} ... for", begin, end, treated, last))
                last = treated - 1
            changing.append(Cue(effect, words, begin, end, end, last))
        else:
            first = _reach_back(found, place, written, attached)
            changing.append(Cue(effect, words, begin, end, first, begin - 1))
    return changing


def _written(word: str, year: int) -> str:
    """A token as the table of cues has it: question marks as one, a past year as YEAR."""
    if word[0] == "?":
        return "?"
    word = word.replace("\u2019", "'")
    if word.endswith(_WHOSE) and word[:-2] in _people():
        return word[:-2]
    return YEAR if len(word) == 4 and word.isdecimal() and 1900 < int(word) < year else word


YEAR = "yyyy"
_WHOSE = ("'s", "\u2019s")
_Found = tuple[Effect, Reach, int, int, int]


def _attached(sentence: Sentence) -> frozenset[int]:
    """The tokens that follow the one before them without a space."""
    tokens = sentence.tokens
    return frozenset(place for place in range(1, len(tokens)) if tokens[place - 1].end == tokens[place].start)


def _found(written: Sequence[str], attached: frozenset[int]) -> list[_Found]:
    """The longest cue at every place: effect, where the mention stands, its tokens, and how many it reaches."""
    table = _table()
    found: list[_Found] = []
    place = 0
    while place < len(written):
        sizes = table.get(written[place])
        if sizes is None:
            place += 1
            continue
        longest: _Meanings = []
        end = place + 1
        for size, phrases in sizes:
            if found_here := phrases.get(tuple(written[place : place + size])):
                longest, end = found_here, place + size
                break
        if not longest:
            place += 1
            continue
        reaches = {reach for _, reach, _ in longest}
        ends = (
            Reach.ENDS in reaches
            and place > 0
            and (_ends_clause(written, place, end) or written[place] == "?" and place in attached)
        )
        left_out = {Reach.BEFORE if ends else Reach.ENDS}
        if Reach.OPENS in reaches:
            left_out.add(Reach.AFTER if _opens(written, place, end) else Reach.OPENS)
        found += [(effect, reach, place, end, most) for effect, reach, most in longest if reach not in left_out]
        place = end
    return found


def _opens(written: Sequence[str], begin: int, end: int) -> bool:
    """Whether a cue is the first word of its clause, with the condition right behind it: "Resolved pneumonia"."""
    if end == len(written) or not written[end][0].isalpha() or written[end] in _words("manner"):
        return False
    return begin == 0 or written[begin - 1] in _MARKS or written[begin - 1] in _words("opening")


def _ends_clause(written: Sequence[str], begin: int, end: int) -> bool:
    """Whether a cue is the last word of its clause: of "excluded, by CT", "ruled out in the ED" and "neg 6/26" too."""
    if end == len(written) or _is_date(written, end + (written[end] in _words("dating"))):
        return True
    told = end - begin > 1 or written[begin] == "excluded"
    return written[end] in _MARKS or told and (written[end] in _words("manner") or written[end][:1].isdigit())


def _is_date(written: Sequence[str], place: int) -> bool:
    """Whether a date or a count of times stands at a place: "6/26", "2024", "June 2026", "x3", "in 2023"."""
    here, following = [*written[place : place + 2], "", ""][:2]
    if here == YEAR or here in _words("month") or _TIMES.fullmatch(here):
        return True
    numbered = here.isdecimal() and (following in ("/", "-") or len(here) == 4 and here[:2] in ("19", "20"))
    return numbered or here == "x" and following.isdecimal()


_TIMES = re.compile(r"x\d{1,2}")


def _reach_on(found: list[_Found], place: int, written: Sequence[str], assessed: bool, possessed: bool = False) -> int:
    """The last token that a cue reaches forward; one that is `possessed` is what somebody else has."""
    effect, _, cue_begin, begin, most = found[place]
    if not most:
        most = MOST_NEGATED if effect in (Effect.NEGATED, Effect.HYPOTHETICAL) else MOST_UNCERTAIN
        most = {Effect.FAMILY: MOST_FAMILY, Effect.OTHERS: MOST_OTHERS}.get(effect, most)
        if effect is Effect.NEGATED:
            most = max(most, _listed_on(written, begin, written[cue_begin] in _words("denying")) - begin)
    last = min(begin + most, len(written)) - 1
    if possessed:
        last = min(begin + MOST_POSSESSED, len(written)) - 1
        return next((at - 1 for at in range(begin, last + 1) if written[at] in _words("possessive")), last)
    if effect is Effect.REMISSION:
        last = next((at - 1 for at in range(begin, last + 1) if written[at] == ","), last)
    for other, reach, other_begin, _, _ in found[place + 1 :]:
        if other_begin > last:
            break
        if other_begin < begin or reach not in (Reach.BEFORE, Reach.OPENS) and other is not Effect.END:
            continue
        if effect is Effect.DIFFERENTIAL:
            if other is Effect.END and written[other_begin] in _words("settled"):
                return other_begin - 1
        elif effect in (Effect.FAMILY, Effect.OTHERS) or "family" in written[cue_begin:begin]:
            # "mother, who is diabetic": only the patient ends what is said of the family.
            if other in (Effect.HISTORY, Effect.CURRENT) or written[other_begin] in _words("patient"):
                return other_begin - 1
        # "if she does have": what she has is meant.
        elif (other is Effect.END and other_begin > begin) or (
            other is Effect.NEGATED and effect is not Effect.NEGATED
        ):
            return other_begin - 1
    return _of_one_item(found, place, written, last, assessed) if effect is Effect.NEGATED else last


def _listed_on(written: Sequence[str], begin: int, denied: bool) -> int:
    """One after the last token of a list of short parts: "denies fever, chills, chest pain, ..., or edema".

    What is `denied` may end with "and" as well, and its first part may be a longer one: "denies any symptoms at this
    time including fever, chills, and cough".
    """
    end, part = begin, 0
    most = MOST_OF_FIRST if denied else MOST_OF_PART
    for place in range(begin, min(begin + MOST_OF_LIST, len(written))):
        if written[place] == ",":
            part, most = 0, MOST_OF_PART
            continue
        part += 1
        if part > most:
            return begin
        if written[place] in _words("either") or denied and written[place] == "and" and written[place - 1] == ",":
            end = min(place + MOST_OF_PART, len(written))
    return end


def _treated(written: Sequence[str], begin: int, last: int) -> int | None:
    """Where the condition begins that a past operation was for: "s/p THA for osteoarthritis" has none left."""
    for place in range(begin + 1, last):
        if written[place] == "for" and any(word.endswith(_OPERATED) for word in written[begin:place]):
            return place + 1
    return None


_OPERATED = ("ectomy", "plasty", "replacement", "tha", "tka", "tsa", "chole", "appy", "resection", "transplant")


def _of_one_item(found: list[_Found], place: int, written: Sequence[str], last: int, assessed: bool) -> int:
    """The last token of a negation that is about one item of a list, else `last`.

    "COPD w/o exacerbation, HTN" and "gout, no tophi, HTN" go on with what is there; "no fever, chills or cough" and
    "denies pain, no fever, chills" do not. A list of what was `assessed` goes on as well: "no fever, COPD stable".
    """
    _, _, cue_begin, begin, _ = found[place]
    negated_before = any(effect is Effect.NEGATED for effect, *_ in found[:place])
    listed = cue_begin > 0 and written[cue_begin - 1] == "," and not negated_before
    narrow = written[cue_begin] in _words("narrow") and cue_begin > 0
    # "T2DM no complications, HTN" says of the diabetes alone what it is without.
    of_noun = assessed and written[cue_begin] == "no" and cue_begin > 0
    narrow = narrow or (of_noun and written[cue_begin - 1] not in _words("before no"))
    if any(word in _words("either") for word in written[begin : last + 1]):
        return last
    if not (listed or narrow):
        return _before_state(written, begin, last) if assessed else last
    ends = (at for at in range(begin + 1, last + 1) if written[at] == "," or narrow and written[at] == "and")
    return next(ends, last + 1) - 1


def _before_state(written: Sequence[str], begin: int, last: int) -> int:
    """The last token before an item whose state is told: "no fever, hypertension stable" has no fever alone."""
    commas = [at for at in range(begin + 1, last + 1) if written[at] == ","]
    for at, end in zip(commas, [*commas, len(written)][1:], strict=True):
        if any(word in _words("state") for word in written[at:end]):
            return at - 1
    return last


def _reach_back(found: list[_Found], place: int, written: Sequence[str], attached: frozenset[int]) -> int:
    """The first token that a cue reaches backward: of its clause, or of the list that its clause ends.

    "DVT, PE and MI ruled out" is a list, by its "and"; in "gout, PE ruled out" only the part before the cue is meant.
    """
    effect, _, begin, end, most = found[place]
    opened = _opened(written, begin)
    if opened is not None and (effect is Effect.DOUBTED or opened == begin - 1):
        begin, most = opened, most or MOST_AFTER
    verb = begin
    while verb and written[verb - 1] in _words("between"):
        verb -= 1
    first = max(0, begin - (most or MOST_LISTED))
    for other, reach, other_begin, other_end, _ in found[:place]:
        if effect is Effect.DOUBTED and written[other_begin] in _words("between"):
            continue  # "was entered in the chart by mistake" tells of one thing
        # "Pneumonia has been ruled out": the verb of the cue itself ends nothing.
        if other_begin < verb and other_end != begin and (other in _STOPPING or other is effect is Effect.NEGATED):
            first = max(first, other_end if reach is Reach.BEFORE or other is Effect.END else other_begin)
    listed, part = any(word in _words("many") for word in written[verb:end]), 0
    for back in range(begin - 1, first - 1, -1):
        word, part = written[back], part + 1
        listed = listed or word in _words("joining")
        hyphen = word == "-" and back in attached and back + 1 in attached  # "COVID-19"
        if word in (",", ":", "-", "(", ")") and not hyphen and back < verb - 1:
            if word != "," or not listed or part > (MOST_OF_ENTRY if effect is Effect.DOUBTED else MOST_OF_PART + 1):
                return back + 1
            part = 0
        elif not listed and begin - back > (most or MOST_AFTER):
            return back + 1
    return first


_STOPPING = (Effect.END, Effect.FAMILY, Effect.OTHERS, Effect.CURRENT)


def _opened(written: Sequence[str], begin: int) -> int | None:
    """The place of the parenthesis in which a token stands; None for one that stands in none."""
    for place in range(begin - 1, -1, -1):
        if written[place] == ")":
            return None
        if written[place] == "(":
            return place
    return None


@cache
def _words(role: str) -> frozenset[str]:
    """The small words with a role around cues."""
    return frozenset(word for word, of in rows("clause_words.csv", ("word", "role")) if of == role)


@cache
def _people() -> frozenset[str]:
    """The cues of one word that name another person than the patient."""
    people = (Effect.FAMILY, Effect.OTHERS)
    single = (phrases for sizes in _table().values() for size, phrases in sizes if size == 1)
    return frozenset(
        phrase[0]
        for phrases in single
        for phrase, meanings in phrases.items()
        if any(effect in people for effect, _, _ in meanings)
    )


_Meanings = list[tuple[Effect, Reach, int]]


@cache
def _table() -> dict[str, list[tuple[int, dict[tuple[str, ...], _Meanings]]]]:
    """By the first token, the cues as tokens by their number, the longest first, with their effects."""
    table: dict[str, dict[int, dict[tuple[str, ...], _Meanings]]] = {}
    for cue, effect, reach, most in rows("cues.csv", ("cue", "effect", "reach", "most")):
        known = effect in {one.value for one in Effect} and reach in {one.value for one in Reach}
        if not known or not most.isdigit():
            wanted = "expected a known effect, before, opens, after or ends, and a number"
            raise UnreadableInput(f"cues.csv: {cue}", wanted)
        phrase = _tokens(cue)
        phrases = table.setdefault(phrase[0], {}).setdefault(len(phrase), {})
        phrases.setdefault(phrase, []).append((Effect(effect), Reach(reach), int(most)))
    return {first: sorted(sizes.items(), reverse=True) for first, sizes in table.items()}


def _tokens(cue: str) -> tuple[str, ...]:
    from codesets.suggest.sentences import sentences

    return tuple(token.text for sentence in sentences(cue, 0, len(cue)) for token in sentence.tokens)
