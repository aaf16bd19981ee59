"""What commands on a file of the native format share: its encounters as charts, and the place of what is none."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO

from codesets.errors import UnreadableInput
from codesets.safe import safe_line

if TYPE_CHECKING:
    from store.coding.from_record import RecordedChart


def declare(parser: argparse.ArgumentParser) -> None:
    """The file and `--json`."""
    parser.add_argument("file", metavar="FILE", help="encounters of the native format, one a line; - for stdin")
    parser.add_argument("--json", action="store_true", help="one JSON document a coding, a line each")


def for_each_chart(path: str, told: Callable[[str, RecordedChart], bool]) -> int:
    """Call `told` with the place and chart of every coding in a file; it says whether nothing was wrong.

    Returns the exit code: 0, 1 where something was wrong, 2 where a line is no encounter. Raises UnreadableInput for a
    file that cannot be opened or holds none.
    """
    from store.coding.from_record import charts_of
    from store.intake.native import read_lines
    from store.intake.writer.record import RecordRefused

    code = seen = 0
    with ExitStack() as stack:
        for line in read_lines(_open(path, stack)):
            seen += 1
            problem = line.problem
            try:
                charts = list(charts_of(line.record)) if line.record else []
            except RecordRefused as refusal:
                charts, problem = [], refusal.message
            if problem:
                print(f"codedesk: {safe_line(path)} line {line.number}: {safe_line(problem)}", file=sys.stderr)
                code = 2
            for chart in charts:
                if not told(f"line {line.number}", chart):
                    code = max(code, 1)
    if not seen:
        raise UnreadableInput(f"{path}: no encounter in it", "one JSON object a line; codedesk schema encounter")
    return code


def _open(path: str, stack: ExitStack) -> Iterator[bytes]:
    if path == "-":
        return _capped(sys.stdin.buffer, path)
    try:
        return _capped(stack.enter_context(open(path, "rb")), path)
    except OSError as error:
        raise UnreadableInput(f"{path}: {error.strerror}") from None


def _capped(stream: BinaryIO, path: str) -> Iterator[bytes]:
    """The lines of a file. Raises UnreadableInput for one beyond the cap, and for a first one that is no JSON object,
    before it is read to its end."""
    from store.intake.files import MAX_LINE

    begun = False
    while line := stream.readline(_BEGINNING if not begun else MAX_LINE + 1):
        if not begun and (head := line.removeprefix(b"\xef\xbb\xbf").lstrip()):
            begun = True
            if len(line) == _BEGINNING and not line.endswith(b"\n"):
                if not head.startswith(b"{"):
                    raise UnreadableInput(f"{path}: its first line is no JSON object", "codedesk schema encounter")
                line += stream.readline(MAX_LINE + 1 - len(line))
        if len(line) > MAX_LINE:
            raise UnreadableInput(f"{path}: a line is longer than {MAX_LINE // 2**20} MB", "one encounter a line")
        yield line


_BEGINNING = 64 * 1024


def named(place: str, chart: RecordedChart) -> dict[str, Any]:
    """What tells a chart of a file from the others."""
    return {"place": place, "visit_number": chart.head.visit_number, "coding": chart.coding}
