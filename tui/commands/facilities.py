"""`codedesk facilities`: who bills, with what a claim states of them.

codedesk facilities save CLINIC name="Hill Clinic" npi=1999999984
"""

from __future__ import annotations

import argparse

from tui.commands import directory


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    directory.configure(parser)


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    return directory.run(args, "facilities")
