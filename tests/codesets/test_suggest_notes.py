"""What suggestions make of whole notes in many styles, beside what an experienced coder reports of them.

The notes and their codes are ours, of made-up people. `suggest_notes/developed.toml` was written before the rules that
read it; `suggest_notes/held_out.toml` after them, with no rule made for it: its counts tell what to expect of others.
`suggest_notes/lines` has single lines by kind of mistake.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from codesets.reference import Reference
from codesets.suggest import Note, Suggester, open_suggester

ON = dt.date(2026, 6, 1)
NOTES = Path(__file__).parent / "suggest_notes"


@dataclass(frozen=True)
class CodedNote:
    """A note, the codes that are reported of it, those that may be as well, and those that may not."""

    name: str
    text: str
    codes: tuple[str, ...]
    also: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()
    inpatient: bool = False


@cache
def notes(name: str) -> tuple[CodedNote, ...]:
    entries = tomllib.loads((NOTES / name).read_text(encoding="utf-8"))["note"]
    return tuple(
        CodedNote(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})
        for entry in entries
    )


@cache
def lines() -> list[dict[str, Any]]:
    files = (NOTES / "sentences.toml", *sorted((NOTES / "lines").glob("*.toml")))
    return [line for file in files for line in tomllib.loads(file.read_text(encoding="utf-8"))["line"]]


@pytest.fixture(scope="module")
def suggester(reference: Reference) -> Suggester:
    return open_suggester(reference)


def codes(suggester: Suggester, note: CodedNote) -> list[str]:
    return [one.dotted for one in suggester.suggest(note.text, ON, note.inpatient).codes]


@pytest.mark.parametrize("note", notes("developed.toml"), ids=lambda note: note.name)
def test_a_note_brings_what_a_coder_reports_and_nothing_that_must_not_come(
    suggester: Suggester, note: CodedNote
) -> None:
    found = codes(suggester, note)

    assert {*note.codes} - {*note.unreached} <= {*found}
    assert not {*note.never} & {*found}


@pytest.mark.parametrize("line", lines(), ids=lambda line: line["text"][:60])
def test_small_words_around_a_condition_decide_what_it_means(suggester: Suggester, line: dict[str, Any]) -> None:
    note = Note(line["text"], line.get("kind", ""))
    found = [one.dotted for one in suggester.suggest_chart([note], ON, line.get("inpatient", False)).codes]

    assert {*line.get("codes", ())} <= {*found}
    assert not [code for code in found if code.startswith(tuple(line.get("never", ())))]
    assert {*found} == {*line.get("only", found)}


@pytest.mark.parametrize(("file", "acceptable", "missing"), [("developed.toml", 0.96, 8), ("held_out.toml", 0.84, 4)])
def test_of_all_notes_few_codes_are_wrong_or_missing(
    suggester: Suggester, file: str, acceptable: float, missing: int
) -> None:
    answers = [(note, codes(suggester, note)) for note in notes(file)]

    suggested = sum(len(found) for _, found in answers)
    right = sum(code in (*note.codes, *note.also) for note, found in answers for code in found)
    lacking = [code for note, found in answers for code in note.codes if code not in found]

    assert right / suggested >= acceptable
    assert len(lacking) <= missing, lacking
