"""How many, as it is typed behind an option: a whole number above 0, for every command that takes one."""

from __future__ import annotations

import argparse


def how_many(text: str) -> int:
    """A number of rows or things. Raises ArgumentTypeError, which the parser tells with the option, for any other."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)
