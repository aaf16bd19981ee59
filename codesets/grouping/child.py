"""A grouper in a process of its own, asked line by line: one long-lived child, which never makes a screen wait.

The protocol, in `SITE-GROUPER.md` for whoever writes a grouper: the child says `ready`, then answers each question
`NUMBER FIELDS` with one line `NUMBER FIELDS`; fields are written as in a URL's query. A child that does not start,
does not answer in time, ends, or answers what cannot be read is stopped; the answer then is that no grouper is loaded,
and why. It is begun again no sooner than after `RETRY_SECONDS`.
"""

from __future__ import annotations

import atexit
import queue
import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlencode

from codesets.drg import Severity
from codesets.grouping.answer import GroupedDiagnosis, GroupedProcedure, Grouping, Ungrouped, trouble_of
from codesets.grouping.discharge import Discharge
from codesets.grouping.versions import spoken, version_on

RETRY_SECONDS = 60.0
"""How long a child that failed is left alone."""

START_PATIENCE = 0.1
"""How long a question waits for a child that starts; it is told that it starts, and asks again."""

MOST_LINE = 256 * 1024
"""Bytes of one answer; a longer one is none."""

Fields = Mapping[str, list[str]]


class Nonsense(ValueError):
    """An answer that cannot be read as one; the message says what was expected."""


class ChildGrouper:
    """The child behind the seam: started at the first question, ended with this process."""

    def __init__(self, command: Sequence[str], name: str, start_seconds: float, answer_seconds: float) -> None:
        self._command, self._name = tuple(command), name
        self._start_seconds, self._answer_seconds = start_seconds, answer_seconds
        self._one_at_a_time = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._complaints: list[str] = []
        self._begun = self._failed = 0.0
        self._trouble = ""
        self._versions: frozenset[str] | None = None
        self._asked = 0
        atexit.register(self.close)

    def group(self, discharge: Discharge) -> Grouping | Ungrouped:
        """The DRG of one discharge, or why there is none; returns after `answer_seconds` in every case."""
        with self._one_at_a_time:
            return self._group(discharge)

    def wait_until_ready(self) -> None:
        """Start the child and wait for it: for commands, which can wait where screens cannot."""
        with self._one_at_a_time:
            if not self._resting():
                self._become_ready(self._start_seconds)

    def close(self) -> None:
        """End the child."""
        child, self._child, self._versions = self._child, None, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe:
                    with suppress(OSError):  # what was not read any more
                        pipe.close()

    def _group(self, discharge: Discharge) -> Grouping | Ungrouped:
        if self._resting():
            return self._none_loaded()
        if not self._become_ready(START_PATIENCE):
            if self._trouble:
                return self._none_loaded()
            return Ungrouped(f"{self._name} is starting.", "it answers in a moment", starting=True)
        version = spoken(version_on(discharge.discharged))
        assert self._versions is not None
        if version not in self._versions:
            known = ", ".join(sorted(self._versions)) or "no version"
            return Ungrouped(f"{self._name} has no grouper for {discharge.discharged}.", f"it has {known}")
        try:
            found = self._answer(_question(discharge, version))
            if "error" in found:
                return Ungrouped(f"{self._name} did not take the stay: {found['error'][0][:200]}")
            return _grouping(found, self._name, version)
        except Nonsense as wrong:
            return self._give_up(str(wrong))

    def _answer(self, question: str) -> Fields:
        self._asked += 1
        assert self._child is not None and self._child.stdin is not None
        try:
            self._child.stdin.write(f"{self._asked} {question}\n".encode("ascii"))
            self._child.stdin.flush()
        except OSError:
            raise Nonsense(self._ended()) from None
        line = self._line(self._answer_seconds)
        if line is None:
            raise Nonsense(f"it did not answer in {self._answer_seconds:g} s")
        number, _, fields = line.partition(" ")
        if number != str(self._asked):
            raise Nonsense(f"it answered {line[:40]!r} where {self._asked} and fields were expected")
        return parse_qs(fields, keep_blank_values=True)

    def _become_ready(self, patience: float) -> bool:
        """Whether the child is ready; waits for it no longer than `patience` seconds."""
        if self._child is None:
            self._start()
            if self._child is None:
                return False
        if self._versions is not None:
            return True
        left = self._begun + self._start_seconds - time.monotonic()
        try:
            line = self._line(max(min(patience, left), 0.0))
            if line is None and patience < left:
                return False
            if line is None:
                raise Nonsense(f"it was not ready in {self._start_seconds:g} s")
            word, _, text = line.partition(" ")
            fields = parse_qs(text)
            if word != "ready" or not fields.get("version"):
                raise Nonsense(f"it said {line[:40]!r} where ready and its versions were expected")
        except Nonsense as wrong:
            self._give_up(str(wrong))
            return False
        self._versions = frozenset(fields["version"])
        return True

    def _start(self) -> None:
        self._lines, self._complaints, self._trouble = queue.Queue(), [], ""
        self._begun = time.monotonic()
        try:
            pipe = subprocess.PIPE
            self._child = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
        except OSError as error:
            self._give_up(f"{self._command[0]}: {(error.strerror or 'cannot be run').lower()}")
            return
        assert self._child.stdout is not None and self._child.stderr is not None
        threading.Thread(target=_pass_on, args=(self._child.stdout, self._lines), daemon=True).start()
        threading.Thread(target=_overhear, args=(self._child.stderr, self._complaints), daemon=True).start()

    def _line(self, seconds: float) -> str | None:
        """The next line, None where none came in time. Raises Nonsense for the end, or what is no text."""
        try:
            data = self._lines.get(timeout=seconds) if seconds > 0 else self._lines.get_nowait()
        except queue.Empty:
            return None
        if not data:
            raise Nonsense(self._ended())
        if not data.endswith(b"\n"):
            raise Nonsense("an answer was cut off or has no end")
        try:
            return data.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise Nonsense("an answer is no UTF-8 text") from None

    def _ended(self) -> str:
        assert self._child is not None
        try:
            code = self._child.wait(1)
        except subprocess.TimeoutExpired:
            return "it closed its output"
        said = f": {self._complaints[-1]}" if self._complaints else ""
        return f"it ended with code {code}{said}"

    def _give_up(self, trouble: str) -> Ungrouped:
        self.close()
        self._trouble, self._failed = trouble, time.monotonic()
        return self._none_loaded()

    def _resting(self) -> bool:
        return bool(self._trouble) and time.monotonic() - self._failed < RETRY_SECONDS

    def _none_loaded(self) -> Ungrouped:
        return Ungrouped(f"No grouper is loaded: {self._name}: {self._trouble}.", "see grouper.toml")


def _pass_on(stream: IO[bytes], lines: queue.Queue[bytes]) -> None:
    try:
        while data := stream.readline(MOST_LINE):
            lines.put(data)
    except (OSError, ValueError):
        pass
    lines.put(b"")


def _overhear(stream: IO[bytes], complaints: list[str]) -> None:
    """Keep the last lines that the child complained in: they say why it ended."""
    try:
        while data := stream.readline(MOST_LINE):
            text = " ".join("".join(c if c.isprintable() else " " for c in data.decode("utf-8", "replace")).split())
            if text:
                complaints.append(text[:200])
                del complaints[:-5]
    except (OSError, ValueError):
        pass


def _question(discharge: Discharge, version: str) -> str:
    fields = [
        ("version", version),
        ("discharged", discharge.discharged.isoformat()),
        ("age", str(discharge.age)),
        ("sex", discharge.sex),
        ("status", discharge.status),
        *(
            ("dx", f"{one.code} {one.poa if one.poa in ('Y', 'N', 'U', 'W') else ''}".strip())
            for one in discharge.diagnoses
        ),
        *(("pr", code) for code in discharge.procedures),
    ]
    return urlencode([*fields, ("admitting", discharge.admitting)] if discharge.admitting else fields)


def _grouping(found: Fields, engine: str, version: str) -> Grouping:
    def one(name: str, shape: str, expected: str) -> str:
        text = found.get(name, [""])[0]
        if not re.fullmatch(shape, text):
            raise Nonsense(f"its {name} is {text[:40]!r} where {expected} was expected")
        return text

    status = one("status", r"[A-Z0-9_]{1,60}", "a return code")
    final = one("drg", r"[0-9]{3}", "three digits")
    levels = {"": Severity.NONE, "CC": Severity.CC, "MCC": Severity.MCC}
    return Grouping(
        engine=engine,
        version=version,
        drg=final,
        initial=one("initial", r"([0-9]{3})?", "three digits") or final,
        title=found.get("title", [""])[0][:200],
        mdc=one("mdc", r"([0-9]{2})?", "two digits"),
        mdc_title=found.get("mdc_title", [""])[0][:200],
        severity=levels[one("severity", "(CC|MCC)?", "CC, MCC or nothing")],
        status=status,
        trouble=trouble_of(status),
        diagnoses=tuple(_diagnosis(text, found.get("hac", [])) for text in found.get("dx", [])),
        procedures=tuple(_procedure(text) for text in found.get("pr", [])),
    )


def _diagnosis(text: str, acquired: Sequence[str]) -> GroupedDiagnosis:
    code, *words = text.split()
    severity = Severity.MCC if "MCC" in words else Severity.CC if "CC" in words else Severity.NONE
    hac = next((one.partition(" ")[2] or "acquired here" for one in acquired if one.split(" ")[0] == code), "")
    return GroupedDiagnosis(
        code=code,
        severity=severity,
        raises="raises" in words and not hac,
        excluded="excluded" in words,
        alive_only="alive_only" in words,
        hospital_acquired=hac,
        valid="invalid" not in words,
    )


def _procedure(text: str) -> GroupedProcedure:
    code, *words = text.split()
    return GroupedProcedure(code, "or" in words, "raises" in words)


def java_command(java: str, jars: Path, bridge: Path) -> tuple[str, ...]:
    """The command that runs the bridge over a folder of jars in one Java process (17 or newer, with its compiler)."""
    return (java, "-Xmx1g", "-cp", f"{jars}/*", str(bridge))
