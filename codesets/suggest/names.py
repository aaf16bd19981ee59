"""Names of people and places in a sentence: what stands in one is no condition of the patient.

"Dr. Hodgkin", "Mr. Parkinson", "Burns, MD", the "Heart Failure Clinic" and the "American Diabetes Association" hold
words of the classification. A person is known by a title before the name or a degree behind it, a place by its head
noun; the words before that belong to it as far as they are capitals, or nouns right before it. The nouns are data
(`data/places.csv`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from codesets.search.words import STOP_WORDS
from codesets.suggest.sentences import Sentence, Token
from codesets.suggest.tables import pairs

MOST_OF_NAME = 3
MOST_OF_PLACE = 6
MOST_NOUNS = 3


def named(sentence: Sentence) -> frozenset[int]:
    """The places of the tokens that are part of a name."""
    tokens = sentence.tokens
    found: set[int] = set()
    for place, token in enumerate(tokens):
        if token.text in _TITLES:
            found.update(_name_after(tokens, place))
        elif token.small in _ROLES and place + 1 < len(tokens) and tokens[place + 1].text == ":":
            found.update(_name_after(tokens, place + 1))
        elif token.text in _DEGREES:
            found.update(_name_before(tokens, place))
        elif (kind := _places().get(token.small)) and (token.text[0].isupper() or kind == "any"):
            found.update(_place_before(tokens, place))
    return frozenset(found)


def _name_after(tokens: Sequence[Token], title: int) -> Iterator[int]:
    for place in range(title + 1, min(title + 1 + MOST_OF_NAME, len(tokens))):
        if not _capital(tokens[place]):
            return
        yield place


def _name_before(tokens: Sequence[Token], degree: int) -> Iterator[int]:
    """The name before a degree: two words or more, or one behind a colon or an initial; "Gout, MD aware" has none."""
    last = degree - 1 - (degree > 0 and tokens[degree - 1].text == ",")
    first = last + 1
    while first > 0 and last - first < MOST_OF_NAME - 1 and _capital(tokens[first - 1]):
        first -= 1
    before = tokens[first - 1].text if first else ""
    size = last - first + 1
    initial = size > 1 and len(tokens[first].text.rstrip(".")) == 1
    signed = first == 0 and degree == len(tokens) - 1 - 2 * (tokens[-1].text == "C")  # "Burns, PA-C"
    if initial or size and (before == ":" or signed) or size > 1 and last == degree - 1:
        yield from range(first, degree)


def _place_before(tokens: Sequence[Token], head: int) -> Iterator[int]:
    """The words that name a place: capitals as far as they go, else the nouns right before its head."""
    capital = tokens[head].text[0].isupper()
    most = MOST_OF_PLACE if capital else MOST_NOUNS
    for place in range(head - 1, max(-1, head - 1 - most), -1):
        token = tokens[place]
        if not token.is_word or token.small in STOP_WORDS or token.small in _VERBS | _CARE:
            return
        if capital and not token.text[0].isupper():
            return
        yield place


def _capital(token: Token) -> bool:
    """Whether a token is a word that begins with a capital and is no abbreviation, or an initial."""
    text = token.text.rstrip(".")
    return text[:1].isupper() and (len(text) == 1 or not text.isupper())


@cache
def _places() -> dict[str, str]:
    """Head nouns of the names of places, with whether they are one in small letters, too."""
    return pairs("places.csv", ("word", "letters"))


_TITLES = frozenset(["Dr.", "Dr", "Mr.", "Mr", "Mrs.", "Mrs", "Ms.", "Ms", "Miss", "Prof", "Professor", "Nurse"])
_DEGREES = frozenset(["MD", "DO", "NP", "RN", "APRN", "PhD", "DPM", "DDS", "FNP", "CRNA", "PA", "LCSW", "PharmD"])
_CARE = frozenset(["dialysis", "hemodialysis", "palliative", "hospice"])  # who is in such a unit has it
_ROLES = frozenset(
    ["attending", "surgeon", "physician", "provider", "pcp", "author", "assistant", "resident", "fellow", "consultant"]
    + ["cc", "referring", "anesthesiologist", "hospitalist", "signed", "radiologist", "pathologist", "scribe"]
)
_VERBS = frozenset(["seen", "followed", "follows", "referred", "see", "has", "had", "per", "via", "called"])
