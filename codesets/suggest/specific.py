"""From the code of a term to the code that the sentence allows: laterality, acuity, degree and the like.

A header, or a code that says "unspecified", is compared with the codes beside it: the one that says more goes in
its place where every further word of its title stands near the mention. What stays open is named, with the
question that would close it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from codesets.suggest.acuity import fits
from codesets.suggest.answers import Missing
from codesets.suggest.codebook import Codebook
from codesets.suggest.lexical import Lexical
from codesets.suggest.reading import ACUTE, Read, says_without
from codesets.suggest.tables import rows

NEAR_SIDE = 12  # places for the only side that a sentence names: "rotator cuff tear, complete, right"
NEAR = 6  # places on either side of a mention in which its sentence may tell more
LEAST_WEIGHT = 0.9
MOST_FAMILY = 400
MOST_SIBLINGS = 40


@dataclass(frozen=True)
class Refined:
    """A more specific code, by position, and the tokens that led to it."""

    position: int
    tokens: tuple[int, ...]


class Specific:
    """Refines codes of one release; for one thread."""

    def __init__(self, codebook: Codebook, lexical: Lexical) -> None:
        self._codebook = codebook
        self._lexical = lexical
        self._optional = frozenset(
            n for (word,) in rows("optional_words.csv", ("word",)) for n in lexical.numbers(word)
        )
        self._other = frozenset(lexical.numbers("other"))
        self._sides = frozenset(n for word in ("left", "right", "bilateral") for n in lexical.numbers(word))
        self._bilateral = next(iter(lexical.numbers("bilateral")), None)
        self._complications = frozenset(n for word in ("complication", "unspecified") for n in lexical.numbers(word))
        self._acute = frozenset(n for word in ACUTE for n in lexical.numbers(word))
        self._without = frozenset(lexical.numbers("without"))
        self._unspecified = frozenset(lexical.numbers("unspecified"))
        self._at: Read | None = None
        self._near_in_it: dict[tuple[tuple[int, ...], frozenset[int]], dict[int, int]] = {}
        self._family = lru_cache(maxsize=2048)(self._find_family)
        self._sided = lru_cache(maxsize=2048)(self._find_sided)
        self.missing = lru_cache(maxsize=4096)(self._missing)

    def refine(
        self, position: int, read: Read, tokens: tuple[int, ...], barred: frozenset[int] = frozenset()
    ) -> Refined | None:
        """A code that says more than the one at `position` by words near its tokens; None for none.

        `barred` are tokens that the sentence denies: only a code "without" them is led to by them.
        """
        family = self._family(position)
        if not family:
            return None
        said = self._remembered(read, tokens, frozenset())
        denied = self._remembered(read, tokens, barred) if barred else said
        best: tuple[float, Refined] | None = None
        for candidate, extra in family:
            without = not self._without.isdisjoint(extra)
            near = said if without else denied
            if not all(word in near for word in extra):
                continue
            led = tuple(sorted(near[word] for word in extra))
            title = self._codebook.segment.text(candidate)
            if without and not says_without(title, [read.normal[token] for token in led if token in barred]):
                continue
            if read.contradicts(title) or not read.numbers_fit(led, title):
                continue
            worth = float(sum(self._codebook.segment.idf[word] for word in extra)) - 0.01 * len(extra)
            worth += 0.005 * bool(self._unspecified & self._codebook.words(candidate))  # says no more than is said
            if best is None or best[0] < worth:
                best = (worth, Refined(candidate, led))
        return best[1] if best else None

    def _remembered(self, read: Read, tokens: tuple[int, ...], barred: frozenset[int]) -> dict[int, int]:
        """What `_near` says, kept for the sentence at hand: many terms stand on the same words."""
        if self._at is not read:
            self._at, self._near_in_it = read, {}
        key = (tokens, barred)
        if key not in self._near_in_it:
            self._near_in_it[key] = self._near(read, tokens, barred)
        return self._near_in_it[key]

    def _near(self, read: Read, tokens: tuple[int, ...], barred: frozenset[int]) -> dict[int, int]:
        """The words that stand near the tokens and are not among them, with the token that says each.

        A side is looked for farther off where the sentence knows of one side only.
        """
        places, own = read.places, frozenset(tokens)
        low, high = places[tokens[0]], places[tokens[-1]]
        one_sided = sum(side in read.spans for side in self._sides) == 1
        near: dict[int, int] = {}
        for word, spans in read.spans.items():
            side = word in self._sides
            reach = NEAR_SIDE if one_sided and side else NEAR
            begin, end = low - reach, high + reach
            for first, last, weight in spans:
                if weight < LEAST_WEIGHT or places[first] < begin or places[last - 1] > end or first in barred:
                    continue
                if first in own and not side and first not in read.abbreviated:  # MCA has more words than were asked
                    continue
                if word not in self._acute or first in read.acuity and fits(read.acuity, (first, *tokens)):
                    near.setdefault(word, first)
        named = [side for side in self._sides if side in near]
        # "both" may stand beside a side and not against it; OU is of another finding than OS.
        named = [side for side in named if side != self._bilateral or read.sentence.tokens[near[side]].text == "OU"]
        if len(named) > 1:
            away = {side: max(low - read.places[near[side]], read.places[near[side]] - high) for side in named}
            near = {word: token for word, token in near.items() if away.get(word, 0) <= min(away.values())}
        return near

    def both_sides(self, position: int, read: Read, tokens: tuple[int, ...]) -> tuple[int, ...]:
        """The codes of the right and the left, where the sentence says both and no code does; else none."""
        low, high = read.places[tokens[0]] - NEAR, read.places[tokens[-1]] + NEAR
        said = {word for word, place in zip(read.normal, read.places, strict=True) if low <= place <= high}
        return self._sided(position) if said & _BOTH else ()

    def _find_sided(self, position: int) -> tuple[int, ...]:
        codebook = self._codebook
        code = codebook.code(int(codebook.segment.answer[position]))
        own = codebook.position(code)
        words = codebook.words(own) if own is not None else frozenset()
        if words & self._sides or not words & self._unspecified:
            return ()
        found = {}
        for place in codebook.beginning_with(_above(code))[:MOST_SIBLINGS]:
            sides = codebook.words(place) & self._sides
            alike = codebook.words(place) - sides <= words and _seventh(codebook.code(place)) == _seventh(code)
            if len(sides) == 1 and alike and len(codebook.code(place)) == len(code):
                found[next(iter(sides))] = place
        return tuple(sorted(found.values())) if len(found) == 2 else ()

    def _find_family(self, position: int) -> list[tuple[int, tuple[int, ...]]]:
        """The billable codes beside an open one, with the words by which they say more."""
        segment, codebook = self._codebook.segment, self._codebook
        code = codebook.code(position)
        billable = bool(segment.billable[position])
        if billable and not _OPEN.search(segment.text(position).lower()):
            return []
        prefix = _above(code) if billable else code
        # M75.100 leaves the side open, its header M75.10 the kind of tear as well.
        places = codebook.beginning_with(prefix)
        while len(prefix) > 3 + (prefix[0] != "C") and "unspecified" in codebook.title(prefix).lower():
            prefix = prefix[:-1]
            if len(wider := codebook.beginning_with(prefix)) > MOST_FAMILY:
                break
            places = wider
        if len(places) > MOST_FAMILY or len(prefix) < 3:
            return []
        base = int(segment.answer[position])
        own, seventh = codebook.words(base) - self._left_open(base), _seventh(codebook.code(base))
        optional, denied = self._optional | self._default_words(code), self._denied(base)
        found = []
        for place in places:
            if place == base or not segment.billable[place] or _seventh(codebook.code(place)) not in ("", seventh):
                continue
            words = codebook.words(place) - self._left_open(place)
            if own & self._sides and words & self._sides - own:
                continue  # who has said one side is not led to the other
            affirmed = (
                words - self._denied(place) - self._complications
            )  # "with hemorrhage" says more than "without" it
            extra = tuple(sorted(words - own - optional | affirmed & denied))
            if extra and not (words - own) & self._other:
                found.append((place, extra))
        return found

    def _left_open(self, position: int) -> frozenset[int]:
        """Words of a title that leave open what they name: "not specified as recurrent", "chronic or unspecified"."""
        title = self._codebook.segment.text(position)
        match = _NOT_SPECIFIED.search(title) or _OR_UNSPECIFIED.match(title)
        return frozenset(self._lexical.numbers(" ".join(match.groups("")))) if match else frozenset()

    def _denied(self, position: int) -> frozenset[int]:
        """The words that an open title only has to deny them: "without hemorrhage"."""
        parts = _WITH_OR_WITHOUT.split(self._codebook.segment.text(position))
        denied = " ".join(said for how, said in zip(parts[1::2], parts[2::2], strict=True) if how == "without")
        return frozenset(self._lexical.numbers(denied))

    def _default_words(self, code: str) -> frozenset[int]:
        """The words of a title that the classification takes for granted in a category."""
        return frozenset(n for word in taken_for_granted().get(code[:3], ()) for n in self._lexical.numbers(word))

    def _missing(
        self, code: str, said: frozenset[str] = frozenset(), chart: frozenset[str] = frozenset()
    ) -> tuple[Missing, ...]:
        """What a code leaves open; `said` are the words of the lines that led to it, `chart` the codes beside it."""
        return tuple(dict.fromkeys(self._open(code, said, chart)))

    def _open(self, code: str, said: frozenset[str], chart: frozenset[str]) -> Iterator[Missing]:
        vague = "unspecified" in self._codebook.title(code).lower()
        for query in _queries():
            same = code == query.prefix or len(query.prefix) == 3 and code.startswith(query.prefix) and vague
            answered = query.answered and any(one.startswith(query.answered) for one in chart)
            if same and not said & query.unless and not answered:
                yield Missing(query.what, query.ask)
        if self.side_open(code):
            yield Missing("side", "Please state the side as far as it can be determined.")

    def side_open(self, code: str) -> bool:
        """Whether a code beside this one says the same of the right or the left."""
        codebook = self._codebook
        own = codebook.position(code)
        said = codebook.words(own) if own is not None else frozenset()
        if said & self._sides or not said & self._unspecified:
            return False
        return any(
            (words := codebook.words(place)) & self._sides and words - self._sides <= said
            for place in codebook.beginning_with(_above(code))[:MOST_SIBLINGS]
            if len(codebook.code(place)) == len(code)
        )


def _above(code: str) -> str:
    """The header that tells an open code apart: of S72.009A it is S72.00."""
    return (code[:6].rstrip("X") if _seventh(code) else code)[:-1]


def _seventh(code: str) -> str:
    """The 7th character where it tells the encounter or a stage; in the chapter of diabetes it tells the eye."""
    return "" if code[0] == "E" else code[6:7]


_NOT_SPECIFIED = re.compile(r"\b(?:not specified|unspecified) as (\w+)(?: or (\w+))?", re.IGNORECASE)
_WITH_OR_WITHOUT = re.compile(r"\b(with|without)\b")
_OR_UNSPECIFIED = re.compile(r"(\w+) or unspecified\b", re.IGNORECASE)
_BOTH = frozenset(["bilateral", "bilaterally", "both"])
_OPEN = re.compile(r"\bunspecified\b|\bnot otherwise\b|\bnot specified\b|\buncomplicated\b")


@dataclass(frozen=True)
class _Query:
    """A row of the table of queries."""

    prefix: str
    what: str
    unless: frozenset[str]
    answered: tuple[str, ...]
    ask: str


@cache
def taken_for_granted() -> dict[str, tuple[str, ...]]:
    """By category, the words of its titles that a note need not say."""
    found: dict[str, list[str]] = {}
    for category, word in rows("granted.csv", ("category", "word")):
        found.setdefault(category, []).append(word)
    return {category: tuple(words) for category, words in found.items()}


@cache
def _queries() -> tuple[_Query, ...]:
    found = rows("queries.csv", ("prefix", "missing", "unless", "answered", "ask"))
    return tuple(
        _Query(
            prefix.replace(".", ""),
            what,
            frozenset(unless.split()) - {"-"},
            tuple(code.replace(".", "") for code in answered.split() if code != "-"),
            ask,
        )
        for prefix, what, unless, answered, ask in found
    )
