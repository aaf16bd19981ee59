"""The program `codedesk` as it is installed: nothing of a stranger's Python comes into it.

Variables of Python's environment that lead to other modules (PYTHONPATH above all) are taken out, and the program
begins again without them; what the interpreter itself loads before this is in the hands of who installed it, which is
why the program of a shared host begins with `python -I` (SHARED-HOST.md).
"""

from __future__ import annotations

import os
import sys

HOSTILE = frozenset(
    {
        *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONPLATLIBDIR", "PYTHONWARNINGS"),
        *("PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONPYCACHEPREFIX", "PYTHONEXECUTABLE", "PYTHONCASEOK"),
    }
)
"""Variables by which modules are found elsewhere, or code is run at a stranger's word."""

_AGAIN = "import sys; from tui.cli import main; sys.exit(main())"


def main() -> int:
    """Run the command line, begun again without the environment of Python where that holds anything hostile."""
    if HOSTILE & os.environ.keys() and not sys.flags.ignore_environment:
        kept = {name: value for name, value in os.environ.items() if name not in HOSTILE}
        os.execve(sys.executable, [sys.executable, "-E", "-P", "-c", _AGAIN, *sys.argv[1:]], kept)
    from tui.cli import main as run

    return run()
