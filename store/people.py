"""The people of the site and who is acting now.

Identity comes from the account of the operating system (`SUDO_UID` where a sudo rule started codedesk, else the
real user id), never from `$USER`. People are disabled, never deleted.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from codesets.errors import CodedeskError
from store import log, os_account
from store.actors import Actor, NotAllowed
from store.database import Database, make_engine, open_database
from store.models import Person
from store.os_account import NotAUser
from store.queries import SessionReader
from store.queries.people import person_of
from store.terms import Role


class NoSuchPerson(CodedeskError):
    """A login that this site does not know."""

    title = "no such person"


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
    raise NotAUser(f"{login} is not an active user of this site", "an administrator adds people: codedesk users add")


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
    """The administrator at the keyboard, asked of a record of any schema. Raises NotAllowed, and logs it if it can.

    A record that cannot be read has no people to ask; then whoever may write its files may mend it.
    """
    login = os_account.os_login()
    engine = make_engine(url)
    try:
        with Session(engine.execution_options(read_only=True)) as session:
            reader = SessionReader(session)
            person = person_of(reader, login)
            others = person is None and reader.rows("SELECT 1 FROM person LIMIT 1")
    except DBAPIError:
        return Actor(login=login, role=Role.ADMIN, name=login)
    finally:
        engine.dispose()
    if others or (person and person.role != Role.ADMIN):
        refusal = NotAllowed("only an administrator does this", "ask one of them")
        with suppress(CodedeskError):  # a record of another schema has no log that we may write to
            db = open_database(url)
            try:
                refuse(db, Actor(login, person.role if person else Role.ANALYST), action, refusal)
            finally:
                db.close()
        raise refusal
    return Actor(login, Role.ADMIN, person.id if person else None, person.name if person else login)


def refuse(db: Database, actor: Actor, action: str, error: CodedeskError) -> CodedeskError:
    """Log that somebody was kept from something, and hand the error back to be raised."""
    log.note(db, actor, "refused", asked=action, why=f"{error.title}: {error.message}")
    return error


def actor_for(person: Person) -> Actor:
    """A person as the actor of an operation."""
    return Actor(login=person.login, role=person.role, person_id=person.id, name=person.name)


def add_person(db: Database, actor: Actor, login: str, name: str, role: Role, operation_id: str | None = None) -> str:
    """Add a person and return their id; the same login again only answers with the one that is there."""
    with db.change(actor, operation_id, "people.add") as change:
        if change.repeated:
            return change.answer["person_id"]
        person = change.session.exec(select(Person).where(Person.login == login)).first()
        if person is None:
            person = Person(login=login, name=name, role=role)
            change.session.add(person)
            change.log("people.add", "person", person.id, login=login, role=role.value)
        change.answer = {"person_id": person.id}
        return person.id


def set_active(db: Database, actor: Actor, login: str, active: bool, operation_id: str | None = None) -> None:
    """Enable or disable a person. Raises NoSuchPerson."""
    with db.change(actor, operation_id, "people.active") as change:
        if change.repeated:
            return
        person = change.session.exec(select(Person).where(Person.login == login)).first()
        if person is None:
            raise NoSuchPerson(f"{login} is not known here", "codedesk users list shows who is")
        person.active = active
        change.session.add(person)
        change.log("people.active", "person", person.id, login=login, active=active)


def list_people(session: Session) -> list[Person]:
    """Everybody, by login."""
    return list(session.exec(select(Person).order_by(Person.login)))
