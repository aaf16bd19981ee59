"""`codedesk payers`: who is billed, with what a claim states of them.

codedesk payers save BLUEP payer_identifier=BLUEP timely_filing_days=180
"""

from __future__ import annotations

import argparse

from tui.commands import directory


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    save = directory.configure(parser)
    save.add_argument("--shared", action="store_true", help="it has the payer_identifier of another payer, as plans do")


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    return directory.run(args, "payers")
