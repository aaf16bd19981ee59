"""Passages of a document that say of all conditions in them what they mean: open boxes, answers, lists taken back.

A cue (`cues`) reaches over a part of one sentence; these rules of language go over several. "[ ] Gout [x] Psoriasis"
and "Gout: No" answer for each condition, and "T2DM, pneumonia - none of these are active" takes a list back that
stands before it, as a whole or up to a number of its items. Offsets are characters of the document, from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from codesets.suggest.cues import Effect
from codesets.suggest.tables import rows

STRETCH = 500  # characters by which passages are looked up
MOST_OF_PASSAGE = 400
MOST_OF_ITEM = 50


@dataclass(frozen=True)
class Passage:
    """What text[start:end] means by the words of another place; effect NONE says yes to it."""

    effect: Effect
    words: str
    start: int
    end: int


class Passages:
    """The passages of one document, by where they stand."""

    def __init__(self, text: str) -> None:
        self._near: dict[int, list[Passage]] = {}
        for passage in _all(text):
            for place in range(passage.start // STRETCH, passage.end // STRETCH + 1):
                self._near.setdefault(place, []).append(passage)

    def within(self, start: int, end: int) -> tuple[Passage, ...]:
        """Those that text[start:end] may have a part of."""
        if not self._near:
            return ()
        places = range(start // STRETCH, end // STRETCH + 1)
        return tuple(dict.fromkeys(one for place in places for one in self._near.get(place, ())))


def _all(text: str) -> tuple[Passage, ...]:
    """The passages of a document, in no order."""
    found: list[Passage] = []
    if _BOX.search(text):
        found += _boxes(text)
    if _SIGN.search(text):
        found += _signs(text)
    return (*found, *_reactions(text), *_differentials(text), *_answers(text), *_taken_back(text))


def _boxes(text: str) -> Iterator[Passage]:
    """The items of check lists: behind their boxes, before them where a line ends with one, or with a yes and a no."""
    for line in _LINE.finditer(text):
        boxes = list(_BOX.finditer(text, line.start(), line.end()))
        if not boxes:
            continue
        labeled = list(_LABELED.finditer(text, line.start(), line.end()))
        if labeled:
            yield from _labeled(text, line.start(), labeled)
            continue
        written = text[line.start() : line.end()].rstrip(" .,;")
        behind = boxes[0].start() > line.start() and line.start() + len(written) == boxes[-1].end()
        ends = [box.start() for box in boxes[1:]] + [line.end()]
        begins = [line.start()] + [box.end() for box in boxes[:-1]]
        for box, begin, end in zip(boxes, begins, ends, strict=True):
            item = (begin, box.start()) if behind else (box.end(), end)
            yield _answered(bool(box["ticked"]), box[0], *item)


def _labeled(text: str, start: int, labeled: list[re.Match[str]]) -> Iterator[Passage]:
    """Items with a box for yes and one for no: "Heart failure ___ yes _X_ no"."""
    begin = end = start
    for box in labeled:
        if re.search(r"\w", text[end : box.start()]):
            begin = end
        end = box.end()
        if box["ticked"]:
            yes = box["label"].lower().startswith("y")
            yield _answered(yes, " ".join(box[0].split()), begin, box.start())


def _answers(text: str) -> Iterator[Passage]:
    """Items with an answer: "Diabetes: No. Asthma - yes"; a lone letter answers where others are answered, too."""
    found = list(_ANSWER.finditer(text))
    for match in found:
        said = match["answer"] or match["loud"]
        start = max(text.rfind(mark, max(0, match.start() - MOST_OF_ITEM), match.start()) for mark in _BEFORE_ITEM) + 1
        start = max(start, match.start() - MOST_OF_ITEM)
        if (len(said) > 1 or len(found) > 1) and text[start : match.start()].strip():
            yield _answered(said.lower() in _YES, said, start, match.start())


def _signs(text: str) -> Iterator[Passage]:
    """Items with a sign behind or before them: "DM (-), HTN (+)", "+HTN, -DM"; a line of minus signs only is a list."""
    for line in _LINE.finditer(text):
        signs = list(_SIGN.finditer(text, line.start(), line.end()))
        if len({sign["behind"] or sign["before"] for sign in signs}) < 2 and not any(sign["behind"] for sign in signs):
            continue
        for sign in signs:
            if sign["behind"]:
                low = max(line.start(), sign.start() - MOST_OF_ITEM)
                start = max(text.rfind(mark, low, sign.start()) for mark in _BEFORE_ITEM) + 1
                start, end = max(start, low), sign.start()
            else:
                high = min(line.end(), sign.end() + MOST_OF_ITEM)
                ends = (text.find(mark, sign.end(), high) for mark in ",;")
                start, end = sign.end(), min((at for at in ends if at >= 0), default=high)
            yield _answered((sign["behind"] or sign["before"]) == "+", sign[0].strip(), start, end)


def _answered(yes: bool, words: str, start: int, end: int) -> Passage:
    return Passage(Effect.NONE if yes else Effect.NEGATED, words, start, end)


def _differentials(text: str) -> Iterator[Passage]:
    """The lines below a heading of a differential diagnosis, up to an empty line or another heading."""
    end = 0
    for heading in _DIFFERENTIAL.finditer(text):
        if heading.start() < end:
            continue
        stop = _LIST_ENDS.search(text, heading.end())
        end = stop.start() if stop else len(text)
        yield Passage(Effect.DIFFERENTIAL, heading[0].strip(), heading.end(), end)


def _reactions(text: str) -> Iterator[Passage]:
    """What a substance does to the patient, as a list of allergies writes it: "PCN: anaphylaxis", "sulfa (rash)"."""
    for match in _reaction().finditer(text):
        yield Passage(Effect.HYPOTHETICAL, f"{match['substance']}: a reaction", match.start("what"), match.end())


@cache
def _reaction() -> re.Pattern[str]:
    substances = sorted((name for name, _ in rows("allergies.csv", ("substance", "code"))), key=len, reverse=True)
    named = "|".join(map(re.escape, substances))
    return re.compile(
        rf"\b(?P<substance>{named})\b(?: allergy)?\s?(?::|\(|=|->?)\s?(?P<what>[^.;:()\n]{{3,50}}?)(?=[.;,)\n]|\Z)",
        re.IGNORECASE,
    )


def _taken_back(text: str) -> Iterator[Passage]:
    """The lists that a statement behind them takes back, or all of their items but those it keeps."""
    for match in _RETRACTION.finditer(text):
        who = " ".join(match["who"].lower().split())
        denies = who.startswith(("none", "neither", "no "))
        kept = (match["kept"] or "").lower()
        # "none are active", "all are wrong", "only AKI is valid" take back; "all are active" does not.
        if bool(match["good"]) is not (denies or bool(kept)):
            continue
        words = " ".join(match["who"].split()) + " ... " + " ".join((match["good"] or match["bad"]).split())
        items = list(_items(text, _list_begins(text, match.start()), match.start()))
        if counted := _COUNTED.search(who):
            number = _NUMBERS[counted["number"]]
            items = items[:number] if counted["place"] == "first" else items[-number:]
        elif ordinal := _ORDINAL.search(who):
            items = items[_ORDINALS[ordinal[1]]]
        for begin, end in items:
            if not kept or not set(kept.split()) & set(re.findall(r"\w+", text[begin:end].lower())):
                yield Passage(Effect.DOUBTED, words, begin, end)


def _list_begins(text: str, end: int) -> int:
    """Where the list begins that ends at text[:end]: with its sentence, or with the first line of its items."""
    stop = max(0, end - MOST_OF_PASSAGE)
    head = text[stop:end].rstrip()
    lines = head.split("\n")
    taken = 1
    while taken < len(lines) and _LISTED.match(lines[-taken]):
        taken += 1
    begin = stop + len(head) - len("\n".join(lines[-taken:]))
    if taken > 1:
        return begin
    ends = [match.end() for match in _SENTENCE_END.finditer(text, begin, stop + len(head))]
    return ends[-1] if ends else begin


def _items(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    start = begin
    for match in _PARTS.finditer(text, begin, end):
        if text[start : match.start()].strip():
            yield start, match.start()
        start = match.end()
    if text[start:end].strip():
        yield start, end


_SIGN = re.compile(r"\s?\((?P<behind>[+-])(?:ve)?\)|(?:^|(?<=[\s,;(]))(?P<before>[+-])(?=[A-Za-z])", re.MULTILINE)
_LINE = re.compile(r"[^\n]+")
_BOX = re.compile(
    r"(?P<ticked>\[ ?[xX\u2713\u2714\u221a*] ?\]|\([xX\u2713\u2714]\)|[\u2611\u2612\u2705\u2713\u2714]"
    r"|(?<!_)_{1,12}[xX\u2713]_{1,12})"
    r"|\[ {0,3}\]|\( {1,3}\)|[\u2610\u25a1]|(?<!_)_{2,}"
)
_LABELED = re.compile(rf"(?:{_BOX.pattern})\s?(?P<label>yes|no)\b", re.IGNORECASE)
_YES = frozenset(["yes", "y", "pos", "positive", "present"])
_ANSWER_WORDS = r"yes|no|y|n|neg|negative|pos|positive|denied|absent|present|none"
_BEFORE_ITEM = ":,;.?!\n()[]|"
_ANSWER = re.compile(
    rf"(?:(?:\s?[:?]\s{{0,3}}|\s[-\u2013\u2014]\s|\s?\()\[?(?P<answer>(?i:{_ANSWER_WORDS}))|\s(?P<loud>YES|NO))"
    r"(?=\s*(?:[]),.;|\n]|\Z|[A-Z][\w /]{1,40}[:?]))"
)
_GOOD = (
    r"active|valid|current|applies|apply|applicable|correct|accurate|true|confirmed|present|supported|real"
    r"|relevant|ongoing|established|(?:ever )?(?:happened|occurred)"
)
_BAD = (
    rf"not (?:\w+ )?(?:{_GOOD}|diagnosed|documented|a diagnosis|diagnoses)"
    r"|(?:does|do|did|was|were|is|are|has|have)(?:n['\u2019]t| not)(?: been)? (?:\w+ )?"
    rf"(?:{_GOOD}|diagnosed|documented)"
    r"|no longer (?:active|valid|current|present|apply|applies)"
    r"|(?:in )?errors?|erroneous(?:ly)?|wrong(?:ly)?|incorrect(?:ly)?|inaccurate|mistak\w+|retracted|invalid|inactive"
    r"|ruled out|excluded|refuted|copied from another|belongs? to another|removed"
)
_WHO = (
    r"none|neither|no(?: \w+)? (?:diagnos[ie]s|entr(?:y|ies)|items?)(?= (?:above|listed|here))|all|both"
    r"|(?:the )?(?:first|last) (?:two|three|four|five|2|3|4|5)|(?:the|these|those) (?:diagnos[ie]s|entries|items)"
    r"|the (?:first|second|third|last|former|latter)(?: one)?(?= (?:is|was|has)\b)"
    r"|these|those|this|that|only (?P<kept>(?:the )?[\w-]+(?: [\w-]+){0,2}?)(?= (?:is|are|was|were|remains?)\b)"
)
_RETRACTION = re.compile(
    r"(?:[-\u2013\u2014:;.,(\n]|\s(?:but|and|of which)\b)[ \t]*\b"
    rf"(?:(?:the )?\w+ (?:says|states|reports|confirms)(?: that)? )?(?P<who>{_WHO})\b"
    rf"(?P<between>(?:[ ,]+(?!but\b|however\b)[\w'\u2019-]+){{0,7}}?)[ ,]+(?:(?P<bad>{_BAD})|(?P<good>{_GOOD}))\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"^the (first|second|third|last|former|latter)(?: one)?$")
_ORDINALS = {
    "first": slice(0, 1),
    "former": slice(0, 1),
    "second": slice(1, 2),
    "third": slice(2, 3),
    "last": slice(-1, None),
    "latter": slice(-1, None),
}
_COUNTED = re.compile(r"(?P<place>first|last) (?P<number>two|three|four|five|[2-5])")
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}
_DIFFERENTIAL = re.compile(
    r"^[ \t]*(?:d/?dx|diff(?:erential)?\.?(?: (?:dx|diagnos[ei]s))?)[ \t]*[:.-]?[ \t]*\n", re.MULTILINE | re.IGNORECASE
)
_LIST_ENDS = re.compile(r"^[ \t]*(?:$|[A-Z][\w /&]{2,40}:|[A-Z][A-Z /&]{3,40}$)", re.MULTILINE)
_LISTED = re.compile(r"\s*(?:[-*\u2022#]|\d{1,2}[.)])\s*\S")
_SENTENCE_END = re.compile(r"[.;!](?=\s)|\n")
_PARTS = re.compile(r"[,;:\n]|\.(?=\s)|\s(?:and|or)\s|\s[-\u2013\u2014]\s")
