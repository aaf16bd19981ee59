"""A note's text to suggested codes: `open_suggester(reference).suggest(text, on)`."""

from codesets.suggest.answers import Evidence, Missing, Note, Suggestion, Suggestions, Withheld
from codesets.suggest.engine import Suggester, open_suggester
from codesets.suggest.weights import is_only_additional

__all__ = [
    "Evidence",
    "Missing",
    "Note",
    "Suggester",
    "Suggestion",
    "Suggestions",
    "Withheld",
    "is_only_additional",
    "open_suggester",
]
