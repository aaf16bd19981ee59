"""A note's text to suggested codes: `open_suggester(reference).suggest(text, on)`."""

from codesets.suggest.engine import Evidence, Suggester, Suggestion, Suggestions, Withheld, open_suggester

__all__ = ["Evidence", "Suggester", "Suggestion", "Suggestions", "Withheld", "open_suggester"]
