"""The watch that ends a program nobody sits at any more."""

from __future__ import annotations

import os
import select
import subprocess
import sys

from tui.lifeline import hung_up

_CHILD = """
import os, sys
from textual.app import App
from tui import lifeline

lifeline.WATCH_SECONDS = 0.1

class Waiting(App):
    def on_mount(self):
        lifeline.hold(self)
        os.write(int(sys.argv[1]), b"ready")

Waiting().run(headless=True)
"""


def test_a_terminal_hangs_up_when_its_other_end_closes() -> None:
    master, terminal = os.openpty()
    before = hung_up(terminal)

    os.close(master)

    assert (before, hung_up(terminal)) == (False, True)
    os.close(terminal)


def test_a_process_ends_when_its_parent_has_died() -> None:
    read, write = os.pipe()
    command = ["sh", "-c", '"$0" -c "$1" "$2" & read line', sys.executable, _CHILD, str(write)]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(write,))
    os.close(write)
    ready = os.read(read, 5)

    assert parent.stdin is not None
    parent.stdin.close()
    parent.wait(5)

    assert ready == b"ready"
    assert select.select([read], [], [], 3)[0] and os.read(read, 1) == b"", "the child still holds its end of the pipe"
    os.close(read)
