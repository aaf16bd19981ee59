"""`codedesk suggest`: a note in, codes with their evidence out, for people, programs and lines of a pipe."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tui.cli import main

NOTE = "PMH: hypothyroidism\nA/P:\n1. Type 2 diabetes with neuropathy. Rule out DVT.\n2. Knee pain.\n"


@pytest.fixture(autouse=True)
def shared_reference(reference_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_REFERENCE", str(reference_file))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command with what stdin gives; exit code, stdout and stderr."""

    def ran(*arguments: str, given: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        code = main(["suggest", "-d", "2026-06-01", *arguments])
        return code, *capsys.readouterr()

    return ran


def test_a_note_is_answered_with_code_title_reason_and_the_line_of_the_evidence(run: Any) -> None:
    code, out, _ = run("-", given=NOTE.encode())

    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("E11.40") and "neuropathy" in lines[0]
    assert "in A/P" in lines[1]
    assert "Type 2 diabetes with neuropathy" in lines[2]


def test_a_file_is_read_like_stdin(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text(NOTE, encoding="utf-8")

    assert run(str(file))[1] == run("-", given=NOTE.encode())[1]


def test_json_gives_offsets_reasons_what_is_missing_and_what_is_left_out(run: Any) -> None:
    _, out, _ = run("--json", given=NOTE.encode())

    document = json.loads(out)
    knee = next(one for one in document["codes"] if one["code"] == "M25.569")
    place = knee["evidence"][0]
    assert NOTE[place["start"] : place["end"]] == place["text"] == "Knee pain"
    assert [one["what"] for one in knee["missing"]] == ["side"]
    assert any("IV.H" in one["why"] for one in document["not_suggested"])


def test_a_batch_answers_each_line_with_its_id(run: Any) -> None:
    given = b'{"id": "a", "text": "Gout."}\n\n{"id": 2, "text": ""}\n'

    code, out, _ = run("--batch", given=given)

    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(one["id"], one["codes"]) for one in answers] == [("a", ["M10.9"]), (2, [])]
    assert answers[0]["evidence"][0]["text"] == "Gout"


@pytest.mark.parametrize(
    ("line", "said", "named"),
    [
        (b"{bad", "not JSON", None),
        (b"[1]", "not a JSON object", None),
        (b'{"id": 7}', 'no "text"', 7),
        (b'{"id": 7, "text": 5}', '"text" is not a string', 7),
        (b"[" * 100_000, "not JSON", None),
        (b"\xff\xfe", "not JSON", None),
    ],
)
def test_a_bad_line_is_told_in_its_place_and_with_its_number_and_the_rest_goes_on(
    run: Any, line: bytes, said: str, named: int | None
) -> None:
    code, out, err = run("--batch", given=b'{"id": 1, "text": "Gout."}\n' + line + b'\n{"id": 3, "text": "Gout."}\n')

    assert code == 2
    answers = [json.loads(each) for each in out.splitlines()]
    assert [one["id"] for one in answers] == [1, named, 3]
    assert said in answers[1]["error"]
    assert err.count("\n") == 1
    assert "line 2" in err and said in err


@pytest.mark.thorough
@pytest.mark.parametrize(
    "given",
    [b"", b"\x07\x01\x1b[2J", b"\xff" * 100, "患者は糖尿病である".encode(), b"a" * 1_000_000, b"(((:::,,," * 110_000],
    ids=["empty", "controls", "no text", "not Latin", "one word", "marks"],
)
def test_odd_notes_are_answered_with_nothing(run: Any, given: bytes) -> None:
    code, out, err = run("-", given=given)

    assert (code, out) == (0, "nothing to suggest\n")
    assert "Traceback" not in err


def test_a_lone_surrogate_breaks_no_line(run: Any) -> None:
    code, out, _ = run("--batch", given=b'{"id": "\\ud800", "text": "Gout \\ud800."}\n')

    assert code == 0
    assert json.loads(out)["codes"] == ["M10.9"]


def test_controls_of_a_note_do_not_reach_the_terminal(run: Any) -> None:
    _, out, _ = run("-", "--all", given=b"Gout \x1b[31m with \x9b red. No \x1b[0m cough.")

    assert "\x1b" not in out and "\x9b" not in out


def test_an_uncertain_diagnosis_counts_for_an_inpatient_stay(run: Any) -> None:
    assert "J18.9" in run("--inpatient", given=b"Probable pneumonia.")[1]


@pytest.mark.parametrize("name", ["/nonexistent", "/"])
def test_what_cannot_be_read_is_one_clear_line(run: Any, name: str) -> None:
    code, out, err = run(name)

    assert (code, out) == (2, "")
    assert err.startswith("codedesk: cannot read") and err.count("\n") == 1


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 Gout",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0 Gout",
        b"PK\x03\x04word",
        b"Gout.\0\0\1",
        b"{\\rtf1 Gout}",
    ],
    ids=["PDF", "PNG", "JPEG", "office document", "NUL bytes", "RTF"],
)
def test_a_file_that_is_no_text_is_refused_in_one_line(run: Any, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "note"
    file.write_bytes(content)

    code, out, err = run(str(file))

    assert (code, out) == (2, "")
    assert "not text" in err and "plain text" in err and err.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_text_with_a_byte_order_mark_is_read(run: Any, encoding: str) -> None:
    assert run("-", given="Gout.".encode(encoding))[1].startswith("M10.9")


def test_a_batch_takes_no_file(run: Any) -> None:
    code, _, err = run("--batch", "note.txt")

    assert code == 2
    assert "stdin" in err
