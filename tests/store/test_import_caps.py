"""Files made to fill the memory or to take forever: refused by their size or first bytes, before they are read."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from codesets.errors import CodedeskError
from codesets.reference import Reference
from store.actors import SYSTEM
from store.database import Database
from store.intake.run import take_in
from store.received import LARGEST_FILE, copied
from tui.cli import main

ISA = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260914*1200*^*00501*000000001*0*T*:~"
    b"GS*HP*S*R*20260914*1200*1*X*005010X221A1~ST*835*0001~BPR*"
)
MOST_SECONDS, MOST_BYTES = 1.0, 100 * 2**20


@pytest.fixture
def gigabyte(tmp_path: Path) -> Path:
    """An interchange whose last segment has no end within a gigabyte; its blocks are not on the disk."""
    path = tmp_path / "one.x12"
    with path.open("wb") as file:
        file.write(ISA)
        file.truncate(2**30)
    return path


def bomb(tmp_path: Path) -> Path:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.jsonl", "w") as member:
        for _ in range(40):
            member.write(b"{" + bytes(2**20))
    return path


def cost(work: Callable[[], object]) -> tuple[float, int]:
    """Seconds of the processor and bytes of memory that some work takes; once before for what is imported."""
    tracemalloc.start()
    begun = process_time()
    work()
    seconds = process_time() - begun
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds, most


@pytest.mark.parametrize(
    "command",
    [
        ["intake"], ["check"], ["group"], ["remits", "check"], ["remits", "import"], ["acks", "import"],
        ["claims", "validate"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_gigabyte_of_one_segment_is_refused_before_it_is_read(
    db: Database, reference: Reference, gigabyte: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    if command == ["claims", "validate"]:
        pytest.importorskip("pyx12")
    main([*command, str(gigabyte.with_name("nothing"))])
    capsys.readouterr()
    codes: list[int] = []

    seconds, most = cost(lambda: codes.append(main([*command, str(gigabyte)])))

    assert codes == [2]
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert seconds <= MOST_SECONDS and most <= MOST_BYTES


def test_an_archive_that_unpacks_a_thousandfold_is_refused_by_what_it_says_of_itself(
    db: Database, tmp_path: Path
) -> None:
    path = bomb(tmp_path)
    take_in(db, SYSTEM, [tmp_path / "nothing"])

    seconds, most = cost(lambda: take_in(db, SYSTEM, [path]))

    assert seconds <= MOST_SECONDS and most <= MOST_BYTES


def test_a_received_file_of_one_segment_within_the_size_is_refused_by_its_first_piece(tmp_path: Path) -> None:
    path = tmp_path / "half.x12"
    with path.open("wb") as file:
        file.write(ISA)
        file.truncate(LARGEST_FILE)

    def copy() -> None:
        with pytest.raises(CodedeskError, match="longer than 64 KB"), copied(path):
            pass

    seconds, most = cost(copy)

    assert seconds <= MOST_SECONDS and most <= MOST_BYTES
