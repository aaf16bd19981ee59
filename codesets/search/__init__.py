"""Text to ranked codes: `open_engine(reference).search("chest pain")`."""

from codesets.search.engine import Engine, Hit, Why, open_engine

__all__ = ["Engine", "Hit", "Why", "open_engine"]
