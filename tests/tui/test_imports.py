"""The floors of the house, and what each start may load: proved in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"textual", "sqlmodel", "sqlalchemy", "alembic", "pydantic"}


def loaded(statement: str) -> set[str]:
    """The top-level modules that a statement brings in."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{statement}\nprint(*{{m.split('.')[0] for m in sys.modules}})"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import codesets.catalog, codesets.search, codesets.edits",
        "import tui.cli; tui.cli._parser()",
        "import tui.commands.search, tui.commands.code, tui.commands.codesets",
        "import store.queries.worklists, store.queries.charts, store.queries.codings, store.queries.claims",
        "import store.coding.codes, store.coding.entry, store.coding.lookup",
    ],
)
def test_reading_code_sets_and_rows_loads_neither_orm_nor_screens(statement: str) -> None:
    assert loaded(statement) & HEAVY == set()


def test_a_command_starts_without_event_loop_and_files_of_the_installation() -> None:
    assert loaded("import tui.cli; tui.cli._parser()") & {"asyncio", "email", "ssl"} == set()


def test_the_event_loop_of_the_screens_comes_without_tls_and_whoever_needs_it_still_gets_it() -> None:
    start = "import tui.commands.workstation as start; start._asyncio_without_tls()"

    assert "ssl" not in loaded(f"{start}; import tui.app, tui.screens.worklist")
    assert "ssl" in loaded(f"{start}; import ssl")


def test_the_first_screen_knows_its_own_looks_alone() -> None:
    script = "import tui.app, tui.screens.worklist; assert 'store.queries.remits' not in sys.modules"

    assert "store" in loaded(script)


def test_the_first_screen_loads_nothing_that_its_keys_may_never_ask_for() -> None:
    later = "store.criteria store.queries.late store.queries.saved_views tui.screens.holding tui.screens.help tomllib"

    told = loaded(
        "import tui.app, tui.screens.worklist, tui.actions; tui.actions.registry()\n"
        f"print(*(name for name in {later.split()} if name in sys.modules))"
    )

    assert told & set(later.split()) == set()


def test_the_first_screen_loads_neither_search_nor_edits() -> None:
    assert "numpy" not in loaded("import tui.app, tui.screens.worklist, tui.commands.workstation, tui.commands.demo")


def test_the_store_loads_no_screens() -> None:
    assert "textual" not in loaded("import store.database, store.coding.finishing, store.claims.build")


def test_a_current_record_is_opened_without_the_means_to_change_its_schema() -> None:
    assert "alembic" not in loaded("import store.database, store.coding.finishing, store.migrations.upgrade")


def test_the_floors_import_downward_only() -> None:
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout


def test_the_first_screen_loads_no_orm(at_desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
import asyncio
from store import os_account
os_account.os_login = lambda: "mreyes"
from tui.app import Workstation
from store.settings import today
async def main():
    app = Workstation(today())
    app.warm = lambda: None
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(40):
            await pilot.pause(0.05)
            if app.screen.rows.count:
                break
        assert app.screen.rows.count, "no rows came"
        return set(sys.modules)
first_screen = asyncio.run(main())
for name in set(sys.modules) - first_screen:
    del sys.modules[name]  # leaving writes the log of what was seen, and may load what it likes
"""

    assert loaded(script) & {"sqlmodel", "sqlalchemy", "alembic", "pydantic"} == set()
