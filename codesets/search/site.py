"""A site's own synonyms: what its people call things, as words of the classification or as a code.

They live in one CSV file in codedesk's folder (`search_synonyms.csv`, header `term,meaning`), which `codedesk
synonyms` keeps and a person may edit. They win over what is shipped: where one applies, the shipped senses of
the same term are not read. Open sessions notice a change with the next key.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from codesets.errors import CodedeskError, UnreadableInput
from codesets.home import ensure_home, home
from codesets.safe import safe_line
from codesets.search.words import words

HEADER = ("term", "meaning")
LONGEST = 200
MOST_WORDS = 8


class BadSynonym(CodedeskError):
    """A synonym that search could not use."""

    title = "synonym"


@dataclass(frozen=True)
class SiteSynonym:
    """A term of the site and what it means: words, or one code, dotted or not."""

    term: str
    meaning: str

    @property
    def code(self) -> str:
        """The meaning as a code without its dot; empty when it is words."""
        return self.meaning.upper().replace(".", "") if _CODE.fullmatch(self.meaning.strip()) else ""


@dataclass
class SiteSynonyms:
    """The synonyms of a file, read again when the file has changed; for one thread."""

    path: Path
    _seen: tuple[int, int] = (0, 0)
    _by_words: dict[tuple[str, ...], list[SiteSynonym]] = field(default_factory=dict)

    def within(self, typed: list[str]) -> list[tuple[int, int, SiteSynonym]]:
        """The synonyms whose term stands in these words, as (first place, place after the last, synonym)."""
        table = self._table()
        if not table:
            return []
        spans = ((start, end) for start in range(len(typed)) for end in range(start + 1, len(typed) + 1))
        return [
            (start, end, one)
            for start, end in spans
            if end - start <= MOST_WORDS
            for one in table.get(tuple(typed[start:end]), ())
        ]

    def _table(self) -> dict[tuple[str, ...], list[SiteSynonym]]:
        try:
            status = os.stat(self.path)
            now = (status.st_mtime_ns, status.st_size)
        except OSError:
            now = (0, 0)
        if now != self._seen:
            self._seen = now
            self._by_words = {}
            for one in read_or_none(self.path):
                self._by_words.setdefault(_key(one.term), []).append(one)
        return self._by_words


def site_file() -> Path:
    """Where the synonyms of this site are; the file may not exist."""
    return home() / "search_synonyms.csv"


def read(path: Path) -> list[SiteSynonym]:
    """The synonyms of a file in its order, none when it does not exist.

    Raises UnreadableInput or BadSynonym, naming the line, for the first row that search could not use.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{path}: {error}", "expected a CSV file in UTF-8") from error
    rows = [(number, row) for number, row in enumerate(csv.reader(text.splitlines()), start=1) if any(row)]
    if not rows or tuple(cell.strip() for cell in rows[0][1]) != HEADER:
        raise UnreadableInput(f"{path}: line 1", f"expected the header {','.join(HEADER)}")
    found = []
    for number, row in rows[1:]:
        if len(row) != len(HEADER):
            raise BadSynonym(f"{path}: line {number}: {len(row)} cells", "expected a term and a meaning")
        found.append(checked(row[0], row[1], f"{path}: line {number}: "))
    return found


def read_or_none(path: Path) -> list[SiteSynonym]:
    """The same, but none at all of a file that cannot be read: search goes on with what is shipped."""
    try:
        return read(path)
    except CodedeskError:
        return []


def checked(term: str, meaning: str, where: str = "") -> SiteSynonym:
    """A synonym, spaces at the ends off; raises BadSynonym for one that search could not use."""
    term, meaning = term.strip(), meaning.strip()
    for name, text in (("term", term), ("meaning", meaning)):
        if not text or text != safe_line(text) or len(text) > LONGEST:
            raise BadSynonym(
                f"{where}the {name} {text[:40]!r}", f"expected one line of text, at most {LONGEST} characters"
            )
    if not _key(term):
        raise BadSynonym(f"{where}the term {term!r} has no word to search for", "expected letters or digits")
    if len(_key(term)) > MOST_WORDS:
        raise BadSynonym(f"{where}the term {term!r}", f"expected at most {MOST_WORDS} words")
    one = SiteSynonym(term, meaning)
    if not one.code and not words(meaning):
        raise BadSynonym(f"{where}the meaning {meaning!r} has no word to search for", "expected words or a code")
    if _key(term) == tuple(words(meaning)):
        raise BadSynonym(f"{where}{term!r} and {meaning!r} are the same words", "expected another meaning")
    return one


def add(path: Path, term: str, meaning: str) -> bool:
    """Add a synonym; False when the file already has it. Raises BadSynonym or UnreadableInput."""
    one = checked(term, meaning)
    known = read(path)
    if any(_key(other.term) == _key(one.term) and other.meaning == one.meaning for other in known):
        return False
    _write(path, [*known, one])
    return True


def remove(path: Path, term: str, meaning: str = "") -> int:
    """Remove the meanings of a term, or one of them; how many there were."""
    known = read(path)
    kept = [one for one in known if _key(one.term) != _key(term) or (meaning and one.meaning != meaning)]
    if len(kept) < len(known):
        _write(path, kept)
    return len(known) - len(kept)


def _key(term: str) -> tuple[str, ...]:
    return tuple(words(term))


def _write(path: Path, synonyms: Iterable[SiteSynonym]) -> None:
    ensure_home()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows((one.term, one.meaning) for one in synonyms)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


_CODE = re.compile(r"[A-Za-z][0-9][0-9A-Za-z](?:\.?[0-9A-Za-z]{1,4})?|[A-Za-z][0-9]{4}|[0-9A-Za-z]{7}(?<=[0-9])")
