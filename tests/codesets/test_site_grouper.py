"""The site's own grouper in a process of its own: asked in time, and one clear line for every way it can fail."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets.drg import Severity
from codesets.errors import UnreadableInput
from codesets.grouping import child, site
from codesets.grouping.answer import Grouping, Ungrouped
from codesets.grouping.child import ChildGrouper
from codesets.grouping.discharge import Discharge, StayDiagnosis
from codesets.grouping.engine import first_of

PROGRAM = Path(__file__).with_name("line_grouper.py")
STAY = Discharge(
    dt.date(2026, 5, 1),
    70,
    "F",
    "01",
    (StayDiagnosis("I5023", "Y"), StayDiagnosis("J9601", "Y"), StayDiagnosis("N179", "N")),
    ("02703ZZ",),
    "R0602",
)


@pytest.fixture
def opened() -> Iterator[list[ChildGrouper]]:
    made: list[ChildGrouper] = []
    yield made
    for one in made:
        one.close()


def grouper(opened: list[ChildGrouper], how: str, start: float = 20, answer: float = 5) -> ChildGrouper:
    one = ChildGrouper((sys.executable, str(PROGRAM), how), "Test grouper", start, answer)
    opened.append(one)
    return one


def ready(one: ChildGrouper) -> ChildGrouper:
    one.wait_until_ready()
    return one


def test_a_stay_is_grouped_by_the_child_with_what_each_code_did(opened: list[ChildGrouper]) -> None:
    answer = ready(grouper(opened, "well")).group(STAY)

    assert isinstance(answer, Grouping)
    assert (answer.drg, answer.initial, answer.title, answer.mdc) == ("291", "290", "HEART FAILURE & SHOCK", "05")
    assert (answer.engine, answer.version, answer.severity) == ("Test grouper", "43.1", Severity.MCC)
    assert [(one.code, one.raises, one.hospital_acquired) for one in answer.diagnoses] == [
        ("J9601", True, ""),
        ("N179", False, "a fall"),
    ]
    assert answer.procedures[0].operating_room and not answer.procedures[0].raises


def test_one_child_answers_every_question(opened: list[ChildGrouper]) -> None:
    one = ready(grouper(opened, "well"))

    answers = {one.group(STAY) for _ in range(50)}

    assert len(answers) == 1 and isinstance(answers.pop(), Grouping)


def test_a_day_that_the_child_has_no_version_of_is_said(opened: list[ChildGrouper]) -> None:
    answer = ready(grouper(opened, "well")).group(Discharge(dt.date(2020, 1, 1), 70, "F", "01", STAY.diagnoses))

    assert isinstance(answer, Ungrouped) and answer.line == "Test grouper has no grouper for 2020-01-01.  it has 43.1"


def test_a_screen_does_not_wait_for_a_child_that_starts(opened: list[ChildGrouper]) -> None:
    one = grouper(opened, "never")
    begun = time.monotonic()

    answer = one.group(STAY)

    assert isinstance(answer, Ungrouped) and answer.starting and answer.reason == "Test grouper is starting."
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("ends", "it ended with code 1: Error: Unable to access jarfile grouper.jar"),
        ("greets", "it said 'Hello, I am a grouper' where ready and its versions were expected"),
        ("hangs", "it did not answer in 0.5 s"),
        ("dies", "it ended with code 3"),
        ("out of turn", "where 1 and fields were expected"),
        ("no drg", "its drg is '2 or 3' where three digits was expected"),
        ("endless", "an answer was cut off or has no end"),
    ],
)
def test_every_failure_is_one_line_and_no_grouper(opened: list[ChildGrouper], how: str, said: str) -> None:
    answer = ready(grouper(opened, how, answer=0.5)).group(STAY)

    assert isinstance(answer, Ungrouped) and "\n" not in answer.line
    assert answer.reason.startswith("No grouper is loaded: Test grouper: ") and said in answer.reason


def test_a_child_that_does_not_start_in_time_is_stopped(opened: list[ChildGrouper]) -> None:
    one = grouper(opened, "never", start=0.3)

    one.wait_until_ready()
    answer = one.group(STAY)

    assert isinstance(answer, Ungrouped) and "it was not ready in 0.3 s" in answer.reason and not answer.starting


def test_a_program_that_is_not_there_is_said(opened: list[ChildGrouper]) -> None:
    one = ChildGrouper(("/nowhere/grouper",), "Test grouper", 5, 1)

    answer = one.group(STAY)

    assert isinstance(answer, Ungrouped) and "/nowhere/grouper: no such file or directory" in answer.reason


def test_a_stay_that_the_child_refuses_is_no_failure_of_the_child(opened: list[ChildGrouper]) -> None:
    one = ready(grouper(opened, "refuses"))

    first, second = one.group(STAY), one.group(STAY)

    assert isinstance(first, Ungrouped) and first == second and "the age is not valid" in first.reason


def test_a_failed_child_is_left_alone_for_a_while_and_then_begun_again(
    opened: list[ChildGrouper], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ready(grouper(opened, "dies"))
    one.group(STAY)
    one.wait_until_ready()
    resting = one.group(STAY)
    monkeypatch.setattr(child, "RETRY_SECONDS", 0.0)

    one.wait_until_ready()
    again = one.group(STAY)

    assert isinstance(resting, Ungrouped) and isinstance(again, Ungrouped)
    assert "code 3" in resting.reason and "code 3" in again.reason


def test_the_site_s_file_names_the_program(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    command = f'command = ["{sys.executable}", "{PROGRAM}", "well"]\nname = "Ours"\n'
    (home / "grouper.toml").write_text(command)

    one = site.open_site()
    assert one is not None
    answer = ready(one).group(STAY)
    one.close()

    assert isinstance(answer, Grouping) and answer.engine == "Ours"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jars = '/nowhere'", "jars: no jar is in /nowhere"),
        ("jar = '/x'", "no setting is called jar"),
        ("name = 'x'", "expected jars (a folder) or command"),
        ("command = 'java'", "command: expected a list of words"),
        ("command = ['x']\nanswer_seconds = 0", "answer_seconds: expected seconds"),
        ("command = [", "cannot be read"),
    ],
)
def test_a_wrong_file_is_one_line_and_no_other_grouper_answers_in_its_place(home: Path, text: str, said: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "grouper.toml").write_text(text)

    with pytest.raises(UnreadableInput, match="grouper.toml"):
        site.open_site()
    answer = first_of((site.open_site, lambda: ChildGrouper(("x",), "another", 1, 1)))

    assert isinstance(answer, Ungrouped) and said in answer.reason and answer.reason.startswith("No grouper is loaded:")


def test_the_bridge_asks_classes_named_as_those_of_the_jars(tmp_path: Path, opened: list[ChildGrouper]) -> None:
    """Against stand-ins for the classes of the jars; the jars themselves may not be passed on."""
    if not (shutil.which("javac") and shutil.which("jar")):
        pytest.skip("no Java compiler is installed")
    sources = sorted((Path(__file__).parent / "cms_stand_ins").glob("*.java"))
    subprocess.run(["javac", "-d", tmp_path / "classes", *sources], check=True, timeout=60)
    jar = tmp_path / "stand-in.jar"
    subprocess.run(["jar", "cf", jar, "-C", tmp_path / "classes", "."], check=True, timeout=60)
    one = ChildGrouper(child.java_command("java", tmp_path, site.BRIDGE), "Stand-in", 60, 10)
    opened.append(one)

    answer = ready(one).group(STAY)

    assert isinstance(answer, Grouping), answer
    assert (answer.drg, answer.initial, answer.mdc, answer.status) == ("065", "064", "05", "OK")
    assert [(d.code, d.severity, d.raises) for d in answer.diagnoses] == [
        ("J9601", Severity.MCC, True),
        ("N179", Severity.NONE, False),
    ]
    assert answer.title == "70 FEMALE 1 I5023:Y R0602 & 02703ZZ" and answer.procedures[0].operating_room
