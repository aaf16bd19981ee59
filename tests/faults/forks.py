"""Work in a child of the test run: cheap, because everything is loaded already, and its limits and its end are its own.

A child opens the record by itself: a connection must never cross a fork.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable


def in_a_fork(work: Callable[[], int]) -> int:
    """Do something in a child and return its answer; 99 when it failed, minus the signal when it was killed."""
    return ended(forked(work))


def forked(work: Callable[[], int]) -> int:
    """Begin something in a child; its process id."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        code = work()
    except BaseException:
        traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """Wait for a child; its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
