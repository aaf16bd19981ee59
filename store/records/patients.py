"""Whom somebody means who asks for information: found by record number, or by the beginning of every part of a name.

Restricted patients are found by no name, and who asks by their number is told no more than that (45 CFR 164.522(a)).
A search is a look, and logged.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from codesets.safe import safe_line
from store.actors import Actor
from store.database import Change, Database
from store.models import Patient
from store.names import plain
from store.queries import SessionReader
from store.queries.names import named, typed_name
from store.record_numbers import NoSuchPatient
from store.terms import RESTRICTED

MOST_FOUND = 50
"""Patients of one search, at most: of more a longer part of the name is asked for."""


@dataclass(frozen=True)
class Found:
    """A patient to choose; name, day of birth (ISO, may be short) and sex are empty where the charts are restricted."""

    id: str
    mrn: str
    name: str
    birth_date: str
    sex: str

    @property
    def words(self) -> str:
        """The patient as a question names them."""
        return f"{self.name} ({self.mrn})"


def patients_meant(db: Database, actor: Actor, text: str) -> list[Found]:
    """Who has this record number, else everybody whose names begin with each of the words, by name.

    Raises NoSuchPatient for nobody, and for more than MOST_FOUND.
    """
    asked = " ".join(text.split())
    if not asked:
        raise NoSuchPatient("no patient was named", "a name or a record number")
    with db.change(actor, action="records.find") as change:
        found = _numbered(change, asked) or _called(change, asked)
        change.log("records.find", "patient", found[0].id if len(found) == 1 else "", words=safe_line(asked)[:80])
    if not found:
        raise NoSuchPatient(f"no patient has the record number or name {asked[:40]!r}")
    if len(found) > MOST_FOUND:
        raise NoSuchPatient(
            f"more than {MOST_FOUND} patients are called {asked[:40]!r}", "more of the name finds fewer"
        )
    return [_found(one) for one in found]


def _numbered(change: Change, asked: str) -> list[Patient]:
    """Who has the number, as it was typed or in capitals; of several sources there may be several."""
    query = select(Patient).where(col(Patient.mrn).in_({asked, asked.upper()})).order_by(col(Patient.id))
    return list(change.session.exec(query.limit(MOST_FOUND + 1)))


def _called(change: Change, asked: str) -> list[Patient]:
    """Who is called so, who was merged into another left out."""
    reader = SessionReader(change.session)
    words = [typed_name(reader, word, number) for number, word in enumerate(asked.replace(",", " ").split())
             if plain(word)]  # fmt: skip
    meant = named(reader, words)
    if meant is None:
        return []
    parameters = {name: value for word in words for name, value in word.parameters.items()}
    sql = " UNION ALL ".join(
        f"SELECT p.id AS id FROM patient p WHERE p.merged_into_id IS NULL AND {one}" for one in meant.conditions
    )
    ids = [row["id"] for row in reader.rows(f"SELECT id FROM ({sql}) AS found LIMIT {MOST_FOUND + 1}", **parameters)]
    query = select(Patient).where(col(Patient.id).in_(ids))
    return list(change.session.exec(query.order_by(Patient.family_name, Patient.given_name, Patient.mrn)))


def _found(one: Patient) -> Found:
    if one.restricted is not None:
        return Found(one.id, one.mrn, RESTRICTED, "", "")
    name = ", ".join(filter(None, (one.family_name, one.given_name)))
    return Found(one.id, one.mrn, name, one.birth_date or "", one.sex)
