"""A person at a real terminal: the program in tmux, keys sent, the screen polled for what is expected."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path


class Tmux:
    """One tmux server of the test's own, without anybody's configuration."""

    def __init__(self, folder: Path, columns: int = 80, rows: int = 24) -> None:
        self._folder = folder
        self._sockets: list[str] = []
        self._ended = 0
        self._size = (columns, rows)

    def start(self, command: list[str], environment: dict[str, str]) -> None:
        """Run a command in a new terminal, on a server of its own; its exit code is shown when it ends."""
        self._sockets.append(str(self._folder / f"tmux-{len(self._sockets) + 1}"))
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        words = [f"{name}={value}" for name, value in (kept | environment).items()]
        line = f'env -i {shlex.join([*words, "TERM=screen-256color", *command])}; echo "exit code $?"; sleep 60'
        columns, rows = self._size
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "sh", "-c", line)

    def press(self, *keys: str) -> None:
        """Send keys by tmux's names."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Send a text as it is."""
        self._tmux("send-keys", "-l", text)

    def expect(self, pattern: str, seconds: float = 20) -> str:
        """Wait until the screen shows a pattern, and return the screen."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            screen = self.screen()
            if re.search(pattern, screen):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} never came to the screen, which shows:\n{self.screen()}")

    def screen(self) -> str:
        """What the terminal shows."""
        return self._tmux("capture-pane", "-p")

    def end(self) -> None:
        """End every server that was started, and what runs in it."""
        for socket in self._sockets[self._ended :]:
            subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True, timeout=10)
        # A new server gets a socket of its own: that of one that is ending would take it along.
        self._ended = len(self._sockets)

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._sockets[-1], "-f", "/dev/null", *words], capture_output=True, text=True, timeout=10
        )
        if done.returncode:
            raise AssertionError(f"tmux {words[0]}: {done.stderr.strip()}")
        return done.stdout


def codedesk(*words: str) -> list[str]:
    """The command line that starts the program under test."""
    return [sys.executable, "-m", "tui.cli", *words]
