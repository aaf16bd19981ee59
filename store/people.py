"""The people of the site and who is acting now.

Identity comes from the account of the operating system (`SUDO_UID` where a sudo rule started codedesk, else the
real user id), never from `$USER`. People are disabled, never deleted.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store import log, os_account
from store.actors import SYSTEM, Actor, NotAllowed
from store.database import Database, engine_options, has_bytes, make_engine, open_database, place_of, told
from store.models import Person
from store.os_account import NotAUser
from store.permissions import columns, not_allowed, roles_with
from store.queries import SessionReader
from store.queries.people import person_of
from store.seal import bears_seal
from store.settings import load_settings, sqlite_path
from store.terms import Role


class NoSuchPerson(CodedeskError):
    """A login that this site does not know."""

    title = "no such person"


class CannotAdd(CodedeskError):
    """A login that cannot be a person of this site."""

    title = "users"


NAMING = frozenset({"users add", "users role", "users enable"})
"""Commands that can name an administrator where a site has none."""


def current_actor(session: Session, login: str | None = None) -> Actor:
    """The person behind the operating-system account (or `login`), as an actor.

    On a site without any people yet, the account acts as administrator, so that it can add the first ones.
    Raises NotAUser when the site has people and this is none of them, or a disabled one.
    """
    login = login or os_account.os_login()
    person = session.exec(select(Person).where(Person.login == login)).first()
    if person and person.active:
        return actor_for(person)
    if person is None and session.exec(select(Person).limit(1)).first() is None:
        return Actor(login=login, role=Role.ADMIN, name=login)
    raise not_a_user(login)


def owner_actor(db: Database) -> Actor | None:
    """Who owns the record, as administrator, where people are known and none of them administers; else None.

    The owner of the file (on PostgreSQL of the tables) could change it all the same. Whoever came in by sudo or by a
    key is not the owner.
    """
    with db.reading() as session:
        if administered(session) or session.exec(select(Person.id).limit(1)).first() is None:
            return None
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            owned = "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = 'person'::regclass"
            owner = bool(connection.exec_driver_sql(owned).scalar())
        else:
            path = connection.engine.url.database
            owner = bool(path) and os_account.owns(Path(str(path)))
    login = os_account.os_login()
    return Actor(login=login, role=Role.ADMIN, name=login) if owner else None


def administered(session: Session) -> bool:
    """Whether somebody active administers the site."""
    having = select(Person.id).where(Person.role == Role.ADMIN, col(Person.active).is_(True))
    return session.exec(having.limit(1)).first() is not None


def _owner_without_administrator(url: str) -> bool:
    try:
        db = open_database(url)
    except CodedeskError:  # told where the record is opened for the command itself
        return False
    try:
        return owner_actor(db) is not None
    finally:
        db.close()


def not_a_user(login: str) -> NotAUser:
    """The refusal of a login, with what is missing where sudo was called by somebody who is not believed."""
    if caller := os_account.unbelieved_caller():
        return NotAUser(
            f"{login} is not an active user of this site, and that {caller} called sudo does not count",
            f'it does once config.toml says service_account = "{login}": SHARED-HOST.md',
        )
    return NotAUser(f"{login} is not an active user of this site", "an administrator adds people: codedesk users add")


def sign_in(db: Database, login: str | None = None) -> Actor:
    """Who is at the keyboard; a login that is nobody's here is refused and the refusal logged. Raises NotAUser."""
    login = login or os_account.os_login()
    try:
        with db.reading() as session:
            return current_actor(session, login)
    except NotAUser as refusal:
        log.note(db, Actor(login, Role.ANALYST), "refused", "person", login, asked="login", why=refusal.message)
        raise


def administrator_of(url: str, action: str) -> Actor:
    """The administrator at the keyboard, asked of a record of any schema. Raises NotAllowed, and logs it if it can."""
    return permit(
        url, action, frozenset({Role.ADMIN}), NotAllowed("only an administrator does this", "ask one of them")
    )


def permit_command(url: str, command: str) -> None:
    """Let the person at the keyboard run a command of the command line. Raises NotAllowed, and logs it if it can.

    A record that does not exist yet has no people, and what everybody may do is asked of nobody. Where nobody
    administers the site, its owner may name an administrator.
    """
    having = roles_with("command", command)
    path = sqlite_path(url)
    if having == frozenset(Role) or (path is not None and not path.exists()):
        return
    if command in NAMING and _owner_without_administrator(url):
        return
    permit(url, command, having, None)


def permit(url: str, action: str, having: frozenset[Role], refused: NotAllowed | None) -> Actor:
    """The person at the keyboard if they are of one of these roles, asked of a record of any schema.

    A record that cannot be read has no people to ask; then whoever may write its files may mend it. One that another
    program holds can be asked later, and nobody is let in meanwhile. Raises `refused` (without it, what the table of
    rights says), and logs it if it can; DatabaseUnusable. A backup that is named as the record is only read.
    """
    login = os_account.os_login()
    path = sqlite_path(url)
    if path is not None and not has_bytes(path):  # asking would make an empty one
        return Actor(login=login, role=Role.ADMIN, name=login)
    backup = path is not None and bears_seal(path)
    engine = _only_reading(url) if backup else make_engine(url)
    try:
        with Session(engine.execution_options(read_only=True)) as session:
            reader = SessionReader(session)
            person = person_of(reader, login)
            others = person is None and reader.rows("SELECT 1 FROM person LIMIT 1")
    except DBAPIError as error:
        if "locked" in str(error.orig):
            with told(place_of(url)):
                raise
        return Actor(login=login, role=Role.ADMIN, name=login)
    finally:
        engine.dispose()
    if others or (person and person.role not in having):
        role = person.role if person else None
        refusal = refused or _not_for(role, action, login)
        if backup:
            raise refusal
        with suppress(CodedeskError):  # a record of another schema has no log that we may write to
            db = open_database(url)
            try:
                refuse(db, Actor(login, role or Role.ANALYST), action, refusal)
            finally:
                db.close()
        raise refusal
    if person is None:
        return Actor(login, Role.ADMIN, None, login)
    return Actor(login, person.role, person.id, person.name)


def _only_reading(url: str) -> Engine:
    """An engine whose connections leave a file as it is: those of a record bring it into WAL mode."""
    return create_engine(url, poolclass=NullPool, **engine_options(url))


def _not_for(role: Role | None, command: str, login: str) -> CodedeskError:
    if role is None:
        return not_a_user(login)
    return not_allowed(role, "command", command)


def require_shown(db: Database, actor: Actor, action: str, *asked: object) -> None:
    """Let a list be asked and sorted by what the person sees of it alone. Raises NotAllowed, logged."""
    try:
        columns.require_shown(actor.role, *asked)
    except NotAllowed as refusal:
        raise refuse(db, actor, action, refusal) from None


def refuse(db: Database, actor: Actor, action: str, error: CodedeskError) -> CodedeskError:
    """Log that somebody was kept from something, and hand the error back to be raised."""
    log.note(db, actor, "refused", asked=action, why=f"{error.title}: {error.message}")
    return error


def actor_for(person: Person) -> Actor:
    """A person as the actor of an operation."""
    return Actor(login=person.login, role=person.role, person_id=person.id, name=person.name)


def add_person(db: Database, actor: Actor, login: str, name: str, role: Role, operation_id: str | None = None) -> str:
    """Add a person and return their id; the same login again only answers with the one that is there.

    Raises CannotAdd for the service account, which is everybody's, and for the first person where none could come in;
    NotAllowed for any other role than administrator while nobody administers the site.
    """
    _require_addable(actor, login)
    with db.change(actor, operation_id, "people.add") as change:
        if change.repeated:
            return str(change.answer["person_id"])
        person = change.session.exec(select(Person).where(Person.login == login)).first()
        if person is None:
            _require_administrator(change.session, actor, role)
            _require_one_who_comes_in(change.session, actor, login)
            person = Person(login=login, name=name, role=role)
            change.session.add(person)
            change.log("people.add", "person", person.id, login=login, role=role.value)
        change.answer = {"person_id": person.id}
        return person.id


def _require_addable(actor: Actor, login: str) -> None:
    if login == load_settings().service_account:
        raise CannotAdd(
            f"{login} is the service account: whoever comes in by it would count as one person",
            "add people by the logins of their own",
        )
    caller = os_account.unbelieved_caller() if actor.person_id is None and actor is not SYSTEM else ""
    if caller:
        raise CannotAdd(
            f"{caller} called sudo, but no setting says that {actor.login} is a service account: everybody counts as"
            f" {actor.login}, and whoever is added could not come in",
            f'service_account = "{actor.login}" in config.toml first: SHARED-HOST.md',
        )


def set_active(db: Database, actor: Actor, login: str, active: bool, operation_id: str | None = None) -> None:
    """Enable or disable a person. Raises NoSuchPerson, and NotAllowed for the last administrator."""
    with db.change(actor, operation_id, "people.active") as change:
        if change.repeated:
            return
        person = _person(change.session, login)
        if not active:
            _keep_an_administrator(change.session, person)
        _require_administrator(change.session, actor, person.role if active else None)
        person.active = active
        change.session.add(person)
        change.log("people.active", "person", person.id, login=login, active=active)


def set_role(db: Database, actor: Actor, login: str, role: Role, operation_id: str | None = None) -> None:
    """Give a person another role. Raises NoSuchPerson, and NotAllowed for the last administrator."""
    with db.change(actor, operation_id, "people.role") as change:
        if change.repeated:
            return
        person = _person(change.session, login)
        if role != Role.ADMIN:
            _keep_an_administrator(change.session, person)
        _require_administrator(change.session, actor, role)
        before, person.role = person.role, role
        change.session.add(person)
        change.log("people.role", "person", person.id, login=login, before=before.value, role=role.value)


def take_pin_away(db: Database, actor: Actor, login: str, operation_id: str | None = None) -> None:
    """Take the PIN of a person away who has forgotten it or was wrong too often. Raises NoSuchPerson."""
    with db.change(actor, operation_id, "people.reset_pin") as change:
        if change.repeated:
            return
        person = _person(change.session, login)
        person.pin, person.pin_failures = None, 0
        change.session.add(person)
        change.log("people.reset_pin", "person", person.id, login=login)


def _person(session: Session, login: str) -> Person:
    person = session.exec(select(Person).where(Person.login == login)).first()
    if person is None:
        raise NoSuchPerson(f"{login} is not known here", "codedesk users list shows who is")
    return person


def _require_administrator(session: Session, actor: Actor, role: Role | None) -> None:
    """Raise NotAllowed where nobody administers the site and a change would not make an administrator.

    The program itself (SYSTEM) may: it builds sites whole.
    """
    if role != Role.ADMIN and actor is not SYSTEM and not administered(session):
        first = session.exec(select(Person.id).limit(1)).first() is None
        words = "the first person of a site" if first else "nobody administers this site: the next one"
        raise NotAllowed(f"{words} must be an administrator", "codedesk users add LOGIN --name NAME --role admin")


def _require_one_who_comes_in(session: Session, actor: Actor, login: str) -> None:
    """Raise CannotAdd for a first administrator under whose login nobody could come in."""
    known = login == actor.login or actor is SYSTEM or os_account.has_account(login)
    if not known and not administered(session):
        raise CannotAdd(
            f"no account of this host is called {login}: nobody could come in and administer the site",
            f"add yourself first: {actor.login}",
        )


def _keep_an_administrator(session: Session, person: Person) -> None:
    """Raise NotAllowed where nobody could administer the site any more."""
    others = select(Person.id).where(Person.role == Role.ADMIN, col(Person.active).is_(True), Person.id != person.id)
    if person.role == Role.ADMIN and person.active and session.exec(others.limit(1)).first() is None:
        raise NotAllowed(f"{person.login} is the last administrator", "add another one first")


def list_people(session: Session) -> list[Person]:
    """Everybody, by login."""
    return list(session.exec(select(Person).order_by(Person.login)))
