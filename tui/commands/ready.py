"""`codedesk ready`: keep the program loaded on this host, so that sessions start at once and share its memory.

It stays in the foreground until it is told to end, as a service of the host (`SHARED-HOST.md`).
"""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    """Load and wait. Raises NotReady."""
    from tui.ready.keeping import keep

    return keep()
