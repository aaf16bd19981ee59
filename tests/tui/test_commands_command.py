"""`codedesk commands`: the document is current, the man page and the completions can be read by what reads them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import tui
from tui.cli import COMMANDS, main
from tui.commands.commands import man_page, markdown, pages


def test_the_document_of_the_commands_is_current() -> None:
    written = (Path(tui.__file__).parent / "COMMANDS.md").read_text(encoding="utf-8")

    assert written == markdown(), "codedesk commands --markdown > tui/COMMANDS.md"


def test_every_command_has_a_page_with_words() -> None:
    found = pages()

    assert {page.name.split()[0] for page in found} == set(COMMANDS)
    assert [page.name for page in found if not page.words] == []


def test_the_man_page_is_formatted_without_a_complaint() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")

    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww"], input=man_page(), capture_output=True, text=True, timeout=60
    )

    assert "codedesk rules list" in re.sub(".\b", "", done.stdout)
    assert done.stderr == ""


def test_bash_completes_a_command_below_a_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["commands", "--completion", "bash"]) == 0
    script = tmp_path / "codedesk.bash"
    script.write_text(capsys.readouterr().out, encoding="utf-8")

    ask = f"source {script}; COMP_WORDS=(codedesk rules ro); COMP_CWORD=2; {_function(script)}; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=60)

    assert done.stdout.split() == ["rollback"]


def test_the_commands_are_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["commands", "--json"]) == 0

    rules = {page["name"]: page for page in json.loads(capsys.readouterr().out)}["rules write"]
    assert [argument["name"] for argument in rules["arguments"]][-3:] == ["PART", "[TEXT]", "--remove"]


def _function(script: Path) -> str:
    """The function that the script has bash call."""
    (line,) = [line for line in script.read_text(encoding="utf-8").splitlines() if line.startswith("complete ")]
    return line.split("-F ")[1].split()[0]
