"""Text to ranked codes: `open_engine(reference).search("chest pain")`."""

from codesets.search.engine import Engine, open_engine, unread
from codesets.search.hits import Hit, Why

__all__ = ["Engine", "Hit", "Why", "open_engine", "unread"]
