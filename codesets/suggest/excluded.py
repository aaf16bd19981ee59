"""Whether what follows a suspected condition excludes it: by the result of the test that it was made for, or in words.

"r/o PE - CTA neg" and "possible aspiration pneumonia until CT excluded it" leave nothing to code, in a stay either:
Official Guidelines II.H codes what is uncertain at discharge, not what was found not to be there. Which test settles
which condition is data (`data/tests.csv`).
"""

from __future__ import annotations

import re
from functools import cache

from codesets.suggest.tables import rows

MOST_BEHIND = 160  # characters behind a mention in which its test is told


def excluded_by_test(text: str, end: int, stop: int, code: str) -> str:
    """The negative result, behind text[:end], of a test that settles a suspected condition; empty for none."""
    for match in _result().finditer(text, end, _behind(text, end, stop)):
        settled = _settled()[match["test"].lower()]
        if code.startswith(settled):
            return " ".join(match[0].split())
    return ""


def excluded_after(text: str, end: int, stop: int) -> str:
    """The words behind a mention by which "it" is excluded: "until CT ruled it out"; empty for none."""
    match = _IT.match(text, end, _behind(text, end, stop))
    return " ".join(match[0].split()) if match else ""


def may_exclude(text: str) -> bool:
    """Whether a text excludes an "it" anywhere."""
    return _EXCLUDES.search(text) is not None


def _behind(text: str, end: int, stop: int) -> int:
    """Where the rest of a sentence and the next one end; at an empty line or another item of a list."""
    stop = min(stop, end + MOST_BEHIND)
    for ends, match in enumerate(_END.finditer(text, end, stop)):
        if match[0].startswith("\n") or ends:
            return match.start()
    return stop


@cache
def _settled() -> dict[str, tuple[str, ...]]:
    return {
        test: ("",) if excludes == "*" else tuple(code.replace(".", "") for code in excludes.split())
        for test, excludes in rows("tests.csv", ("test", "excludes"))
    }


_END = re.compile(r"[.;](?=\s)|\n\s*\n|\n\s*(?:[-*\u2022#]|\d{1,2}[.)])\s")
_WHERE = r"(?:of )?(?:the )?(?:abdomen|abd|pelvis|chest|head|brain|legs?|LE|RLE|LLE|lower extremit\w+)"


@cache
def _result() -> re.Pattern[str]:
    tests = "|".join(re.escape(test) for test in sorted(_settled(), key=len, reverse=True))
    return re.compile(
        rf"\b(?P<test>{tests})\b(?: {_WHERE})*"
        r"(?: scans?| studies| study| results?| series)?(?:,? ?[x\u00d7] ?\d)?"
        r"(?:,?:? (?:was|were|is|are|has been|came back|returned|all|both|serial|also|read as))*"
        r"[:,]? (?:neg(?:ative)?|normal|clear|unremarkable|nl|wnl|unrevealing)\b(?! for\b)",
        re.IGNORECASE,
    )


_EXCLUDES = re.compile(r"\b(?:ruled|rules|excluded)\b", re.IGNORECASE)
_IT = re.compile(
    r"(?:,? (?:which (?:was|were|has been|had been|have been)(?: \w+ly)? (?:ruled out|excluded)\b)"
    r"|[^.;\n]{0,60}?\b(?:(?:excluded|ruled out|rules out) (?:it|this|that|both)\b"
    r"|(?:ruled|rules) (?:it|this|that) out\b"
    r"|(?:it|this|that) (?:was|were|is|has been|had been)(?: \w+ly)? (?:ruled out|excluded)\b))",
    re.IGNORECASE,
)
