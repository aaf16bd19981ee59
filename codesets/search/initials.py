"""The initials of a term, under which people who were never asked abbreviate it.

"Oral hairy leukoplakia" is OHL; a compound word may give two letters ("thromboembolism": TE); a path of the
index is read in the order of speech ("Leukoplakia, hairy" is HL). No table can have them all; these are read
only where the table of abbreviations has no better sense.
"""

from __future__ import annotations

import re
from itertools import product

from codesets.search import lexicon
from codesets.search.words import STOP_WORDS, plain

LONGEST = 6
_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_TOKEN = re.compile(r"[a-z0-9]+")
_SILENT = STOP_WORDS | {"nos", "nec", "unspecified", "other", "not", "with", "without", "due"}
_SHORTEST_REST = 4


def spoken(text: str, path: bool) -> str:
    """The essential words of a term in the order of speech; `path`: main term first, subterms after commas."""
    bare = _PARENTHESES.sub(" ", plain(text))
    if not path or "," not in bare:
        return bare
    main, *below = bare.split(",")
    return " ".join([*below, main])


def initials(phrase: str) -> list[str]:
    """The initials of a phrase of two to six letters, compounds read as one word and as two."""
    found = [word for word in _TOKEN.findall(phrase) if word not in _SILENT]
    if not 1 <= len(found) <= LONGEST:
        return []
    letters = [_letters(word) for word in found]
    if sum(len(one) > 1 for one in letters) > 2:
        letters = [one[:1] for one in letters]
    joined = dict.fromkeys("".join(one) for one in product(*letters))
    return [one for one in joined if 2 <= len(one) <= LONGEST]


def _letters(word: str) -> list[str]:
    """The first letter of a word, and the first letters of its parts when it is a compound."""
    for length in range(min(10, len(word) - _SHORTEST_REST), 2, -1):
        if word[:length] in lexicon.combining_forms():
            return [word[0], word[0] + word[length]]
    return [word[0]]
