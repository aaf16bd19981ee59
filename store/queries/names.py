"""Patients looked for by name: every word typed begins a part of a name, or is a name misspelled or misheard.

Words are found in `known_name`, from there patients by an index, however many the record has. A restricted patient
is found by no name. The words themselves are made by `store.names`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.names import joined, sound
from store.queries import Reader

FEW, FEW_ON_POSTGRES = 2_000, 700
"""Up to so many patients of a name, what they have is looked up by patient; of more, a long list finds some soon."""

LEAST_LETTERS = 4
"""A shorter word is no name misspelled: too many are like it."""

MOST_ALIKE = 20
"""Names that are taken for one that was typed, at most."""

_SPELLED_OUT = 200
"""Up to so many names a word is asked by them, which a database knows how common they are; of more by their range."""

_NOBODY = chr(0x10FFFF)
"""No name: what a word is asked by that is none."""

_TWO_ERRORS = 8
"""From so many letters on two of them may be wrong."""

_AFTER = chr(0x10FFFF)
"""Behind every letter: what begins with a word sorts before the word and this."""

_LEAST_ALIKE_IN_SOUND = 0.4
"""How like the spelling of a name must be that sounds the same: Schmidt is found for Smith, not every S-M-T."""

_WORDS = "SELECT word, name, sound = :sound AS heard FROM known_name WHERE"
_BOTH = "given IN (TRUE, FALSE) AND"
"""Both kinds of names, for the index of words, which has them apart; the other indexes do without."""

_FAMILY_OF, _GIVEN_OF = "SPLIT_PART(w.patient_name, ', ', 1)", "SPLIT_PART(w.patient_name, ', ', 2)"
_COMMA = "INSTR(w.patient_name || ', ', ', ')"
_FAMILY_OF_SQLITE = f"SUBSTR(w.patient_name, 1, {_COMMA} - 1)"
_GIVEN_OF_SQLITE = f"SUBSTR(w.patient_name, {_COMMA} + 2)"


@dataclass(frozen=True)
class TypedName:
    """A word typed for a name, as letters alone.

    `family` and `given` are the names to ask by. Where the word begins more names than are spelled out (`many`), they
    are asked by its range, and those here are what is taken for it beside them. `number` is its place among the words:
    its parameters are named by it.
    """

    letters: str
    number: int
    family: tuple[str, ...]
    given: tuple[str, ...]
    many: bool = False

    @property
    def parameters(self) -> dict[str, object]:
        """What its statements ask by: names, and a range of words where they are many."""
        named = (("family", self.family), ("given", self.given))
        told: dict[str, object] = {
            f"{of}{self.number}_{n}": name for of, names in named for n, name in enumerate(names)
        }
        if self.many:
            told |= {f"from{self.number}": self.letters, f"until{self.number}": self.letters + _AFTER}
        return told

    def names(self, given: bool, as_rows: bool = False) -> str:
        """The family names or given names it is found in, as what stands behind IN.

        As rows PostgreSQL looks a name up in them; of a list a prepared statement compares it with one after the
        other. An index is asked by the list.
        """
        names, kind = (self.given, "given") if given else (self.family, "family")
        asked = [f":{kind}{self.number}_{n}" for n in range(len(names))]
        if not self.many:
            return f"(VALUES ({'), ('.join(asked)}))" if as_rows else f"({', '.join(asked)})"
        words = f"k.word >= :from{self.number} AND k.word < :until{self.number}"
        begun = f"SELECT k.name FROM known_name k WHERE k.given = {'TRUE' if given else 'FALSE'} AND {words}"
        return f"({' UNION ALL SELECT '.join([begun, *asked])})"

    def of_task(self, on_postgres: bool) -> str:
        """Whether the patient of the task `w` has such a name and may be found by it; asks no other table."""
        family, given = (_FAMILY_OF, _GIVEN_OF) if on_postgres else (_FAMILY_OF_SQLITE, _GIVEN_OF_SQLITE)
        families, givens = self.names(False, on_postgres), self.names(True, on_postgres)
        return f"(NOT w.restricted AND ({family} IN {families} OR {given} IN {givens}))"

    @property
    def tasks_of_family(self) -> str:
        """The open tasks `w` of patients with such a family name, from FROM on, by the index of one list's names.

        Says nothing of restricted ones. Empty where it is asked by a range of words or a name holds the comma that
        stands between the names of a task.
        """
        if self.many or any(", " in name for name in self.family):
            return ""
        return (
            f"FROM {self.names(False, as_rows=True)} AS f CROSS JOIN work_item w"
            " WHERE w.patient_name >= f.column1 AND w.patient_name < f.column1 || ',!'"
            " AND (w.patient_name = f.column1 OR w.patient_name >= f.column1 || ', ')"
        )

    @property
    def of_patient(self) -> tuple[str, str]:
        """Whether the patient `p` has it: as a family name, and as a given name alone. Each is asked by its index."""
        return (
            f"p.family_name IN {self.names(False)}",
            f"p.given_name IN {self.names(True)} AND p.family_name NOT IN {self.names(False)}",
        )

    @property
    def of_patient_too(self) -> str:
        """The same of a patient who is found already; an empty text behind the columns keeps their indexes out."""
        return f"(p.family_name || '' IN {self.names(False)} OR p.given_name || '' IN {self.names(True)})"


@dataclass(frozen=True)
class Named:
    """Patients by all the words that are names and nothing else; with `few` they are few (`FEW`), with `nobody` none.

    The conditions on the patient `p` are two, which leave nobody out and name nobody twice; each is asked by an index.
    `tasks` says the first of them of the open tasks `w` of one list, from FROM on, in half the time; empty on
    PostgreSQL, which does not go that way, and where names cannot be told so.
    """

    conditions: tuple[str, str]
    few: bool
    nobody: bool
    tasks: str = ""


def typed_name(reader: Reader, word: str, number: int, alike: bool = False) -> TypedName:
    """A word that was typed, the `number`th; with `alike` also for names that it is like and does not begin."""
    letters = joined(word)
    sql = f"SELECT given, name FROM known_name WHERE {_BOTH} word >= :word AND word < :until LIMIT {_SPELLED_OUT + 1}"
    begun = reader.rows(sql, word=letters, until=letters + _AFTER)
    like = names_alike(reader, letters) if alike and len(letters) >= LEAST_LETTERS else ()
    if len(begun) > _SPELLED_OUT:
        return TypedName(letters, number, like, like, many=True)
    family, given = ({*like, *(row["name"] for row in begun if bool(row["given"]) is kind)} for kind in (False, True))
    return TypedName(letters, number, tuple(sorted(family)) or (_NOBODY,), tuple(sorted(given)) or (_NOBODY,))


def names_alike(reader: Reader, letters: str) -> tuple[str, ...]:
    """Names of the record that are like a word and do not begin with it, the likest first, at most MOST_ALIKE.

    Like is what differs by one letter (two in a long word) put in, left out, changed or swapped with its neighbor, or
    what sounds the same (`store.names.sound`).
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    errors = 1 if len(letters) < _TWO_ERRORS else 2
    found = {word: of for word, of in _candidates(reader, letters, errors).items() if not word.startswith(letters)}
    near = {word for word, _, _ in extract(letters, {*found}, scorer=OSA.distance, score_cutoff=errors, limit=None)}
    scores: dict[str, float] = {}
    for word, (heard, names) in found.items():
        if not (heard or word in near):
            continue
        score = OSA.normalized_similarity(letters, word)
        if word in near or score >= _LEAST_ALIKE_IN_SOUND:
            for name in names:
                scores[name] = max(score, scores.get(name, 0.0))
    return tuple(sorted(scores, key=lambda name: (-scores[name], name))[:MOST_ALIKE])


def named(reader: Reader, words: Sequence[TypedName]) -> Named | None:
    """Who has all the words as names, looked for from the rarest one on; None without words."""
    if not words:
        return None
    few = FEW_ON_POSTGRES if reader.on_postgres else FEW
    first = words[0]
    if len(words) > 1:
        first = min(words, key=lambda word: _counted(reader, word.of_patient, word.parameters, FEW))
    besides = "".join(f" AND {word.of_patient_too}" for word in words if word is not first)
    family, given = (f"p.restricted IS NULL AND {condition}{besides}" for condition in first.of_patient)
    parameters = {name: value for word in words for name, value in word.parameters.items()}
    count = _counted(reader, (family, given), parameters, few)
    tasks = ""
    if not reader.on_postgres and first.tasks_of_family:
        others = (word.of_task(on_postgres=False) for word in words if word is not first)
        tasks = " AND ".join([f"{first.tasks_of_family} AND NOT w.restricted", *others])
    return Named((family, given), count <= few, count == 0, tasks)


def _candidates(reader: Reader, letters: str, errors: int) -> dict[str, tuple[bool, set[str]]]:
    """Words that may be like it: the same beginning or end, which is the half without the error, or the same sound.

    With each whether it sounds the same, and the names that it is in.
    """
    head, tail, swapped = _halves(letters, errors)
    asked: dict[str, object] = {"least": len(letters) - errors, "most": len(letters) + errors, "sound": sound(letters)}
    asked |= {"head": head, "head_until": head + _AFTER, "tail": tail, "tail_until": tail + _AFTER, "swapped": swapped}
    length = "LENGTH(word) BETWEEN :least AND :most"
    found = (
        f"{_WORDS} {_BOTH} word >= :head AND word < :head_until AND {length}",
        f"{_WORDS} turned >= :tail AND turned < :tail_until AND {length}",
        f"{_WORDS} {_BOTH} word = :swapped",
        f"{_WORDS} sound = :sound",
    )
    words: dict[str, tuple[bool, set[str]]] = {}
    for row in reader.rows(" UNION ALL ".join(found), **asked):
        word, name, heard = row.values() if isinstance(row, Mapping) else row
        words.setdefault(word, (bool(heard), set()))[1].add(name)
    return words


def _halves(letters: str, errors: int) -> tuple[str, str, str]:
    """The first half of a word, its other half backwards, and the word with the letters swapped where they meet.

    One error is in one of the halves or is that swap. Of two both halves are shorter by a letter, for errors side by
    side in the middle; two that are far apart are not looked for.
    """
    half = len(letters) // 2
    swapped = letters[: half - 1] + letters[half] + letters[half - 1] + letters[half + 1 :]
    if errors == 1:
        return letters[:half], letters[half:][::-1], swapped
    half = (len(letters) - 1) // 2
    return letters[:half], letters[-half:][::-1], swapped


def _counted(reader: Reader, conditions: tuple[str, str], parameters: Mapping[str, object], most: int) -> int:
    """How many patients meet either condition, counted up to one more than `most`."""
    found = " UNION ALL ".join(f"SELECT 1 AS n FROM patient p WHERE {condition}" for condition in conditions)
    sql = f"SELECT COUNT(*) AS n FROM (SELECT n FROM ({found}) AS every LIMIT {most + 1}) AS counted"
    return int(reader.rows(sql, **parameters)[0]["n"])
