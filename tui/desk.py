"""Where the work of the screens is done: one thread for the record, one for the code sets, never the event loop.

A screen awaits a function of `store` or `codesets` run in its thread; connections belong to their thread and
no ORM object leaves it. Heavy imports happen there too, after the first frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from store.queries import Reader, SessionReader, SqliteReader

if TYPE_CHECKING:
    from codesets.reference import Reference
    from codesets.search import Engine
    from store.database import Actor, Database

P = ParamSpec("P")
T = TypeVar("T")


class RecordDesk:
    """The record: reads through plain SQL, changes through the store's services, in one thread."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record")
        self._db: Database | None = None
        self._actor: Actor | None = None
        self._reader: SqliteReader | None = None
        self._reference: Reference | None = None

    async def read(self, function: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query of `store.queries`."""
        return await self._run(lambda: self._reading(function, *args, **kwargs))

    async def change(
        self, function: Callable[Concatenate[Database, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service of the store as the person at the keyboard."""
        return await self._run(lambda: function(*self._opened(), *args, **kwargs))

    async def change_with_codes(
        self, function: Callable[Concatenate[Database, Reference, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service that asks the code sets too; this thread has its own connection to them."""

        def run() -> T:
            db, actor = self._opened()
            return function(db, self._open_reference(), actor, *args, **kwargs)

        return await self._run(run)

    async def actor(self) -> Actor:
        """The person at the keyboard."""
        return await self._run(lambda: self._opened()[1])

    def close(self) -> None:
        """Finish what is under way and let the thread go."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _reading(self, function: Callable[..., T], *args: object, **kwargs: object) -> T:
        if self._reader is None and (path := self._sqlite_file()) is not None:
            self._opened()
            self._reader = SqliteReader(path)
        if self._reader is not None:
            return function(self._reader, *args, **kwargs)
        with self._opened()[0].reading() as session:
            return function(SessionReader(session), *args, **kwargs)

    def _opened(self) -> tuple[Database, Actor]:
        if self._db is None or self._actor is None:
            from store.database import open_database
            from store.people import current_actor

            self._db = open_database()
            with self._db.reading() as session:
                self._actor = current_actor(session)
        return self._db, self._actor

    def _open_reference(self) -> Reference:
        if self._reference is None:
            from codesets.catalog import open_reference

            self._reference = open_reference()
        return self._reference

    @staticmethod
    def _sqlite_file() -> Path | None:
        from store.database import database_url, sqlite_path

        return sqlite_path(database_url())

    def _close(self) -> None:
        if self._reader:
            self._reader.close()
        if self._reference:
            self._reference.close()
        if self._db:
            self._db.close()


class CodeDesk:
    """The code sets: reference database and search engine, in one thread."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="codes")
        self._reference: Reference | None = None
        self._engine: Engine | None = None

    async def ask(self, function: Callable[Concatenate[Reference, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of the catalog or the edits."""
        return await self._run(lambda: function(self._open_reference(), *args, **kwargs))

    async def search(self, function: Callable[Concatenate[Engine, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of the search engine."""
        return await self._run(lambda: function(self._open_engine(), *args, **kwargs))

    def close(self) -> None:
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open_reference(self) -> Reference:
        if self._reference is None:
            from codesets.catalog import open_reference

            self._reference = open_reference()
        return self._reference

    def _open_engine(self) -> Engine:
        if self._engine is None:
            from codesets.search import open_engine

            self._engine = open_engine(self._open_reference())
        return self._engine

    def _close(self) -> None:
        if self._reference is not None:
            self._reference.close()
