"""Which backups stay: all of two days, then one of each day, week and month, and nothing that is not ours goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.errors import UsageError
from store.actors import SYSTEM
from store.database import Database
from store.log.reading import last_entries
from store.thinning import Keep, kept, made_at, new_name, thin
from tui.cli import main

NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
KEEP = Keep(14, 8, 12)


def nightly(days: int) -> list[datetime]:
    return [NOW - timedelta(days=day) for day in range(days)]


def test_three_years_of_nights_leave_days_then_weeks_then_months() -> None:
    present: set[datetime] = set()
    for night in sorted(nightly(3 * 365)):
        present = kept(present | {night}, night, KEEP)

    ages = sorted((NOW - moment).days for moment in present)
    assert ages[:14] == list(range(14))
    assert len(present) <= 14 + 8 + 12
    assert len({(moment.year, moment.month) for moment in present}) == 12


def test_every_backup_of_two_days_stays() -> None:
    hourly = [NOW - timedelta(hours=hour) for hour in range(72)]

    staying = kept(hourly, NOW, Keep(0, 0, 0))

    assert staying == set(hourly[:49])


def test_a_host_that_was_off_for_a_year_keeps_what_it_had() -> None:
    before = [moment - timedelta(days=365) for moment in nightly(14)]

    assert set(before) <= kept([*before, NOW], NOW, Keep(15, 0, 0))


MOMENTS = st.lists(st.integers(0, 60 * 24 * 800).map(lambda minutes: NOW - timedelta(minutes=minutes)), max_size=60)
KEEPS = st.builds(Keep, st.integers(0, 20), st.integers(0, 10), st.integers(0, 24))


@given(MOMENTS, KEEPS)
def test_the_newest_always_stays_and_thinning_again_takes_nothing(moments: list[datetime], keep: Keep) -> None:
    staying = kept(moments, NOW, keep)

    assert staying <= set(moments)
    assert not moments or max(moments) in staying
    assert kept(staying, NOW, keep) == staying


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))
def test_a_name_tells_when_it_was_made(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)

    assert made_at(new_name(moment)) == moment


def test_only_backups_that_it_named_itself_are_taken_away(db: Database, tmp_path: Path) -> None:
    old = NOW - timedelta(days=900)
    others = ["workstation-0004-20230101T000000000000Z.sqlite", "notes.txt", f"{new_name(old)}.copy"]
    for name in [new_name(old), new_name(NOW), *others]:
        (tmp_path / name).write_text("x")
    (tmp_path / new_name(old - timedelta(days=1))).symlink_to(tmp_path / "notes.txt")

    gone = thin(db, SYSTEM, tmp_path, Keep(1, 0, 0), NOW)

    assert gone == [new_name(old)]
    assert {path.name for path in tmp_path.iterdir()} >= {new_name(NOW), *others}
    assert last_entries(db, SYSTEM, 1)[0].detail["taken_away"] == gone


def test_a_night_s_backup_into_a_folder_is_made_first_and_thins_then(
    db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / new_name(NOW - timedelta(days=900))).write_text("old")
    (folder / new_name(NOW - timedelta(days=899))).write_text("old")

    code = main(["backup", str(folder), "--keep", "1,1,1"])

    out = capsys.readouterr().out
    assert (code, len(list(folder.iterdir()))) == (0, 1)
    assert "2 older ones taken away" in out


@pytest.mark.parametrize("text", ["", "14", "a,b,c", "1,2", "-1,2,3"])
def test_what_is_no_rule_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="14,8,12"):
        Keep.parse(text)


def test_thinning_wants_a_folder(db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["backup", str(tmp_path / "b.sqlite"), "--keep", "1,1,1"])

    assert (code, "folder" in capsys.readouterr().err) == (2, True)
    assert not (tmp_path / "b.sqlite").exists()
