"""Where the work of the screens is done: one thread for the record, one for the code sets, never the event loop.

A screen awaits a function of `store` or `codesets` run in its thread; connections belong to their thread and
no ORM object leaves it. Heavy imports happen there too, after the first frame.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from codesets.errors import CodedeskError
from store import os_account
from store.actors import Actor, NotAllowed
from store.looks import AGAIN_SECONDS, TYPING_SECONDS, Look, login_of, look_of
from store.opened_file import RecordExchanged
from store.permissions import require
from store.permissions.columns import require_shown, seen_by
from store.queries import Reader, SessionReader, SqliteReader, current_reader
from store.queries.people import person_of
from store.settings import database_url, sqlite_path

if TYPE_CHECKING:
    from codesets.reference import Reference
    from codesets.search import Engine
    from codesets.suggest import Suggester
    from store.database import Database
    from store.watch import Watch

P = ParamSpec("P")
T = TypeVar("T")


CHECK_SECONDS = 1.0
"""How long a look relies on who the person was; a change asks anew each time."""


class SignedOut(CodedeskError):
    """The person at the keyboard was disabled, or given another role, since they came in: their session ends."""

    title = "signed out"
    exit_code = 1


class RecordDesk:
    """The record: reads through plain SQL, changes through the store's services, in one thread.

    A second desk `beside` the first one works for the same person, who came in once.
    """

    def __init__(self, beside: RecordDesk | None = None) -> None:
        self._beside = beside
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record")
        self._db: Database | None = None
        self._actor: Actor | None = None
        self._reader: SqliteReader | None = None
        self._reference: Reference | None = None
        self._looks: list[Look] = []
        self._seen: dict[Look, float] = {}
        self._last_look = 0.0
        self._watch: Watch | None = None
        self._checked_at = 0.0

    async def read(self, function: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query of `store.queries`."""
        return await self._run(lambda: self._reading(function, *args, **kwargs))

    async def change(
        self, function: Callable[Concatenate[Database, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service of the store as the person at the keyboard."""

        def run() -> T:
            opened = self._opened()
            self._require_unchanged()
            self._log_looks()
            return function(*opened, *args, **kwargs)

        return await self._run(run)

    async def change_with_codes(
        self, function: Callable[Concatenate[Database, Reference, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service that asks the code sets too; this thread has its own connection to them."""

        def run() -> T:
            db, actor = self._opened()
            self._require_unchanged()
            self._log_looks()
            return function(db, self._open_reference(), actor, *args, **kwargs)

        return await self._run(run)

    async def actor(self) -> Actor:
        """The person at the keyboard. Raises NotAUser."""
        return await self._run(self._person)

    @property
    def known_actor(self) -> Actor | None:
        """The person at the keyboard; None until the first look."""
        return self._actor

    async def changed(self) -> bool:
        """Whether the record was changed since this was asked before; costs next to nothing. Raises RecordExchanged."""
        return await self._run(self._look_for_changes)

    async def exchanged(self) -> RecordExchanged | None:
        """What happened to the record where another file lies in its place than the one that is shown; else None."""

        def looked() -> RecordExchanged | None:
            try:
                self._require_same_file()
            except RecordExchanged as error:
                return error
            return None

        return await self._run(looked)

    async def warm(self) -> bool:
        """Load what changes need, once the first screen stands; whether nobody has begun this day yet."""
        return await self._run(self._begin)

    async def begin_day(self) -> None:
        """Do what each day begins with: it looks at every open chart, so that it is for a desk of long work."""
        await self._run(self._begin_day)

    def close(self) -> None:
        """Finish what is under way and let the thread go."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _reading(self, function: Callable[..., T], *args: object, **kwargs: object) -> T:
        self._watching()
        actor = self._person()
        if time.monotonic() - self._checked_at >= CHECK_SECONDS:
            self._require_unchanged()
        look = look_of(function, *args, **kwargs)
        self._permit(actor, look, (*args, *kwargs.values()))
        self._look(look)
        return seen_by(actor.role, self._read(function, *args, **kwargs))

    def _require_same_file(self) -> None:
        """Raise RecordExchanged where another file lies in the place of the record that is shown, here or beside."""
        if self._beside is not None:
            self._beside._require_same_file()
        if self._reader is not None:
            self._reader.opened.require_same()

    def _require_unchanged(self) -> None:
        """Raise RecordExchanged, or SignedOut where the person was disabled, or given another role, since they came in.

        Who may not work any more is logged; another file is not asked who may.
        """
        self._require_same_file()
        self._checked_at = time.monotonic()
        actor = self._actor
        if actor is None or actor.person_id is None:
            return
        person = self._read(person_of, actor.login)
        if person and (person.id, person.role) == (actor.person_id, actor.role):
            return
        from store import log

        why = f"{actor.login} has another role now, {person.role.value}" if person else f"{actor.login} was disabled"
        log.note(self._opened()[0], actor, "refused", "person", actor.person_id, asked="session", why=why)
        raise SignedOut(f"{why}: this session has ended", "" if person is None else "start codedesk again")

    def _permit(self, actor: Actor, look: Look | None, asked: tuple[object, ...]) -> None:
        """Refuse a look, or a list asked by columns, that is not for the person's role; logged. Raises NotAllowed."""
        try:
            if look:
                require(actor, look.action)
            require_shown(actor.role, *asked)
        except NotAllowed as refusal:
            from store.people import refuse

            raise refuse(self._opened()[0], actor, look.action if look else "column", refusal) from None

    def _look(self, look: Look | None) -> None:
        """Log a look before its answer is shown; until the record is open for changes it waits for `warm`.

        Words that are still being typed wait for a pause, so that one search is one entry.
        """
        moment = time.monotonic()
        if look and not (look.lasting and moment - self._seen.get(look, -AGAIN_SECONDS) < AGAIN_SECONDS):
            self._seen[look] = self._last_look = moment
            if self._looks and look.continues(self._looks[-1]):
                self._looks[-1] = look
            else:
                self._looks.append(look)
        typing = self._looks and self._looks[-1].typed and moment - self._last_look < TYPING_SECONDS
        if self._db is not None and not typing:
            self._log_looks()

    def _log_looks(self) -> None:
        if not self._looks:
            return
        db, actor = self._opened()
        with db.change(actor) as change:
            for look in self._looks:
                change.log(look.action, look.target_kind, look.target_id, **dict(look.detail))
        self._looks.clear()

    def _read(self, function: Callable[..., T], *args: object, **kwargs: object) -> T:
        if (reader := self._plain_reader()) is not None:
            return function(reader, *args, **kwargs)
        with self._opened()[0].reading() as session:
            return function(SessionReader(session), *args, **kwargs)

    def _plain_reader(self) -> SqliteReader | None:
        """A reader through the standard library, so that the first screen need not wait for the ORM."""
        if self._reader is None and (path := sqlite_path(database_url())) is not None:
            self._reader = current_reader(path)
            if self._reader is None:
                self._opened()
                self._reader = current_reader(path)
        return self._reader

    def _look_for_changes(self) -> bool:
        self._require_same_file()
        changed = self._watching().changed()
        if changed:
            self._require_unchanged()
        return changed

    def _watching(self) -> Watch:
        """The watch, which begins before the first look: what changes after it is never missed."""
        if self._watch is None:
            from store.watch import PostgresWatch, SqliteWatch

            reader = self._plain_reader()
            url = database_url().replace("postgresql+psycopg:", "postgresql:", 1)
            self._watch = SqliteWatch(reader) if reader else PostgresWatch(url)
        return self._watch

    def _person(self) -> Actor:
        if self._actor is None and self._beside is not None:
            self._actor = self._beside._actor
        if self._actor is None:
            reader = self._plain_reader()
            person = person_of(reader, os_account.os_login()) if reader else None
            if person is None:
                return self._opened()[1]
            self._actor = Actor(person.login, person.role, person.id, person.name)
            self._looks.insert(0, login_of(self._actor))
        return self._actor

    def _opened(self) -> tuple[Database, Actor]:
        from store.database import open_database
        from store.people import sign_in

        if self._db is None:
            self._require_same_file()
            db = open_database()
            try:
                self._require_same_file()
            except RecordExchanged:
                db.close()
                raise
            self._db = db
        if self._actor is None and self._beside is not None:
            self._actor = self._beside._actor
        if self._actor is None:
            self._actor = sign_in(self._db)
            self._looks.insert(0, login_of(self._actor))
        return self._db, self._actor

    def _begin(self) -> bool:
        from store.actors import SYSTEM
        from store.worklists import sweep_leases
        from store.worklists.placing import day_is_new

        db, _ = self._opened()
        self._look(None)
        sweep_leases(db, SYSTEM)
        return day_is_new(db)

    def _begin_day(self) -> None:
        from store.actors import SYSTEM
        from store.audits.answers import accept_unanswered
        from store.provider_queries import escalate_due
        from store.worklists import refresh_priorities

        db, _ = self._opened()
        refresh_priorities(db, SYSTEM)
        escalate_due(db, SYSTEM)
        accept_unanswered(db, SYSTEM)

    def _open_reference(self) -> Reference:
        if self._reference is None:
            from codesets.catalog import open_reference

            self._reference = open_reference()
        return self._reference

    def _close(self) -> None:
        try:
            self._log_looks()
        finally:
            for opened in (self._watch, self._reader, self._reference, self._db):
                if opened:
                    opened.close()


class CodeDesk:
    """The code sets: reference database and search engine, in one thread."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="codes")
        self._reference: Reference | None = None
        self._engine: Engine | None = None
        self._suggester: Suggester | None = None

    async def ask(self, function: Callable[Concatenate[Reference, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of the catalog or the edits."""
        return await self._run(lambda: function(self._open_reference(), *args, **kwargs))

    async def warm(self) -> None:
        """Map the search index and read its first pages, so that the first word typed does not wait for the disk."""
        await self._run(lambda: self._open_engine().search("warm"))

    async def search(self, function: Callable[Concatenate[Engine, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of the search engine."""
        return await self._run(lambda: function(self._open_engine(), *args, **kwargs))

    async def suggest(self, function: Callable[Concatenate[Suggester, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of the suggester."""
        return await self._run(lambda: function(self._open_suggester(), *args, **kwargs))

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

    def _open_suggester(self) -> Suggester:
        if self._suggester is None:
            from codesets.suggest import open_suggester

            self._suggester = open_suggester(self._open_reference(), self._open_engine())
        return self._suggester

    def _open_engine(self) -> Engine:
        if self._engine is None:
            from codesets.search import open_engine
            from store.picks import Usage, usage_file

            self._engine = open_engine(self._open_reference(), Usage(usage_file(), os_account.os_login()))
        return self._engine

    def _close(self) -> None:
        if self._reference is not None:
            self._reference.close()
