"""The search index: term rows of every release, as arrays that all sessions map from the same file.

One term row per phrase that can lead to a code (`codesets.search.terms`). A release has a segment of its own:
its words, which rows each word stands in, and what each row leads to. The index is derived from the reference
database alone and named after it, so that both are replaced together.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
from array import array
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesets.errors import ReferenceUnavailable
from codesets.releases import SEARCHED
from codesets.search import lexicon
from codesets.search.terms import terms
from codesets.search.words import joined_words, words

_FORMAT = 3


@dataclass(frozen=True)
class Segment:
    """The arrays of one release. Rows and codes are numbered from 0; a code's number is its position.

    `starts[w]:starts[w + 1]` are the places in `postings` of the rows that hold word w. `idf` is the weight
    of a word, `row_weight` the sum over the row's essential words. `row_words[row_starts[r]:row_starts[r + 1]]`
    are the words of row r, its `essentials[r]` essential ones first. `texts` holds all row texts in UTF-8, row
    r from `text_starts[r]`. `by_name` has the codes in string order. `answer` is the code that a code is
    answered with: itself, or a header's default.
    """

    vocabulary: list[str]
    starts: NDArray[np.int32]
    postings: NDArray[np.int32]
    idf: NDArray[np.float32]
    row_code: NDArray[np.int32]
    row_kind: NDArray[np.uint8]
    row_weight: NDArray[np.float32]
    row_words: NDArray[np.uint16 | np.int32]
    row_starts: NDArray[np.int32]
    essentials: NDArray[np.uint8]
    texts: NDArray[np.uint8]
    text_starts: NDArray[np.int32]
    codes: NDArray[np.bytes_]
    by_name: NDArray[np.int32]
    billable: NDArray[np.bool_]
    answer: NDArray[np.int32]
    printed: NDArray[np.int32]
    prior: NDArray[np.float32]

    def text(self, row: int) -> str:
        """The text of a term row."""
        return self.texts[self.text_starts[row] : self.text_starts[row + 1]].tobytes().decode()

    def beginning_with(self, prefix: str) -> NDArray[np.int32]:
        """The codes that begin with these characters, in official order."""
        sorter = self.by_name
        low = np.searchsorted(self.codes, prefix.encode(), side="left", sorter=sorter)
        high = np.searchsorted(self.codes, prefix.encode() + b"~", side="left", sorter=sorter)
        return np.sort(sorter[low:high])

    def rows_of(self, word: int) -> NDArray[np.int32]:
        """The rows that hold a word, ascending."""
        return self.postings[self.starts[word] : self.starts[word + 1]]


def build(db: sqlite3.Connection, folder: Path, progress: Callable[[float], None]) -> Path:
    """Write the index of every searched release in the database into a new folder and return it.

    The segment of a release whose content is the same as in an earlier build beside it is linked, not built.
    """
    marks = ", ".join("?" * len(SEARCHED))
    query = f"SELECT id FROM releases WHERE system IN ({marks}) ORDER BY id"
    releases = [row[0] for row in db.execute(query, SEARCHED)]
    folder.mkdir(parents=True, mode=0o700)
    try:
        prints = {release: _fingerprint(db, release) for release in releases}
        known = _earlier(folder)
        to_build = [release for release in releases if prints[release] not in known]
        for release in releases:
            if release not in to_build:
                _link(known[prints[release]], folder / str(release))
        sizes = [_size(db, release) for release in to_build]
        for number, release in enumerate(to_build):
            before, share = sum(sizes[:number]) / sum(sizes), sizes[number] / sum(sizes)
            segment = _segment(db, release, _part_of(progress, before, share))
            _write(folder / str(release), segment, prints[release])
        row_words.cache_clear()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def remove_older(keep: Path) -> None:
    """Remove indexes of earlier builds but the last, which sessions that have not moved yet still read."""
    others = [other for other in keep.parent.iterdir() if other != keep]
    for other in sorted(others, key=lambda folder: folder.stat().st_mtime)[:-1]:
        shutil.rmtree(other, ignore_errors=True)


def load(folder: Path, release: int) -> Segment:
    """Map the segment of a release; raises ReferenceUnavailable when it is missing or of another format."""
    place = folder / str(release)
    try:
        meta = json.loads((place / "meta.json").read_text(encoding="utf-8"))
        if meta["format"] != _FORMAT:
            raise ValueError(f"format {meta['format']}")
        vocabulary = (place / "vocabulary.txt").read_text(encoding="ascii").split("\n")
        arrays: dict[str, Any] = {
            # A plain view of the mapped file: np.memmap itself is slow to index.
            name: np.load(place / f"{name}.npy", mmap_mode="r").view(np.ndarray)
            for name in meta["arrays"]
        }
        return Segment(vocabulary=vocabulary, **arrays)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReferenceUnavailable(
            f"search index {place}: {error}", "move reference.sqlite away; both are built again"
        ) from error


def _part_of(progress: Callable[[float], None], before: float, share: float) -> Callable[[float], None]:
    """Progress of one of several segments: 0 to 1 of it is `share` of the whole, after `before`."""
    return lambda done: progress(before + share * done)


def _fingerprint(db: sqlite3.Connection, release: int) -> str:
    """What the segment of a release is made from; equal fingerprints, equal segments."""
    own = db.execute("SELECT system, edition, source_sha256 FROM releases WHERE id = ?", (release,)).fetchone()
    parts = db.execute(
        "SELECT p.kind, l.sha256 FROM release_parts p JOIN loads l ON l.id = p.load_id WHERE p.release_id = ?"
        " ORDER BY p.kind",
        (release,),
    ).fetchall()
    return hashlib.sha256(json.dumps([_FORMAT, own, parts]).encode()).hexdigest()


def _earlier(folder: Path) -> dict[str, Path]:
    """The segments of earlier builds by their fingerprints."""
    found = {}
    for meta in folder.parent.glob("*/*/meta.json"):
        with suppress(OSError, ValueError):
            found[str(json.loads(meta.read_text(encoding="utf-8")).get("fingerprint"))] = meta.parent
    return found


def _link(old: Path, new: Path) -> None:
    new.mkdir(mode=0o700)
    for file in old.iterdir():
        try:
            os.link(file, new / file.name)
        except OSError:  # a file system without links
            shutil.copyfile(file, new / file.name)


def _size(db: sqlite3.Connection, release: int) -> int:
    return int(db.execute("SELECT count(*) FROM codes WHERE release_id = ?", (release,)).fetchone()[0]) + 1


def _write(place: Path, segment: Segment, fingerprint: str) -> None:
    place.mkdir(mode=0o700)
    names = [name for name in Segment.__dataclass_fields__ if name != "vocabulary"]
    (place / "vocabulary.txt").write_text("\n".join(segment.vocabulary), encoding="ascii")
    for name in names:
        np.save(place / f"{name}.npy", getattr(segment, name))
    (place / "meta.json").write_text(
        json.dumps({"format": _FORMAT, "fingerprint": fingerprint, "arrays": names}), encoding="utf-8"
    )


# Words of the classification, not of the condition.
_NOTATION = re.compile(
    r"\b(?:NEC|NOS)\b|,? not elsewhere classified|,? not otherwise specified"
    r"|\bin diseases classified elsewhere\b",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


@lru_cache(maxsize=500_000)  # the releases of several years share most texts
def row_words(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The essential and the non-essential words of a term, without repetition."""
    cleaned = _NOTATION.sub(" ", text)
    groups = _PARENTHESES.findall(cleaned)
    essential = dict.fromkeys(words(_PARENTHESES.sub(" ", cleaned) if groups else cleaned))
    extra = [word for group in groups for word in words(group)] + joined_words(cleaned)
    return tuple(essential), tuple(word for word in dict.fromkeys(extra) if word not in essential)


def _segment(db: sqlite3.Connection, release: int, progress: Callable[[float], None]) -> Segment:
    numbers: dict[str, int] = {}
    # Of every row the numbers of its words, the essential ones first, and how many there are of both.
    entries, essentials, sizes = array("i"), array("i"), array("i")
    row_code, row_kind, texts = array("i"), array("B"), list[bytes]()
    for row, term in enumerate(terms(db, release)):
        essential, extra = row_words(term.marked or term.text)
        for word in essential + extra:
            entries.append(numbers.setdefault(word, len(numbers)))
        essentials.append(len(essential))
        sizes.append(len(essential) + len(extra))
        row_code.append(term.position)
        row_kind.append(term.kind)
        texts.append(term.text.encode())
        if row % 20_000 == 0:
            progress(min(0.9, row / 270_000))
    vocabulary = sorted(numbers)
    rank = np.empty(len(numbers), dtype=np.int32)
    rank[[numbers[word] for word in vocabulary]] = np.arange(len(numbers), dtype=np.int32)
    word_of = rank[np.array(entries, dtype=np.int64)]
    row_of = np.repeat(np.arange(len(sizes), dtype=np.int32), np.array(sizes))
    order = np.argsort(word_of, kind="stable")
    counts = np.bincount(word_of, minlength=len(numbers))
    idf = _idf(vocabulary, counts, len(texts))
    codes = db.execute(_CODES, (release,)).fetchall()
    names = np.array([row[0] for row in codes], dtype="S8")
    return Segment(
        vocabulary=vocabulary,
        starts=np.concatenate(([0], np.cumsum(counts))).astype(np.int32),
        postings=row_of[order],
        idf=idf,
        row_code=np.array(row_code, dtype=np.int32),
        row_kind=np.array(row_kind, dtype=np.uint8),
        row_weight=_row_weights(row_of, idf[word_of], np.array(essentials), np.array(sizes)),
        row_words=word_of.astype(np.uint16 if len(vocabulary) < 65_536 else np.int32),
        row_starts=np.concatenate(([0], np.cumsum(np.array(sizes)))).astype(np.int32),
        essentials=np.minimum(np.array(essentials), 255).astype(np.uint8),
        texts=np.frombuffer(b"".join(texts), dtype=np.uint8),
        text_starts=np.concatenate(([0], np.cumsum([len(text) for text in texts]))).astype(np.int32),
        codes=names,
        by_name=np.argsort(names, kind="stable").astype(np.int32),
        billable=np.array([row[2] for row in codes], dtype=bool),
        **_links(codes),
        prior=np.array([_prior(code, title) for code, title, *_ in codes], dtype=np.float32),
    )


_CODES = "SELECT code, title, billable, default_code, printed FROM codes WHERE release_id = ? ORDER BY position"


def _links(codes: list[tuple[Any, ...]]) -> dict[str, NDArray[np.int32]]:
    positions = {row[0]: position for position, row in enumerate(codes)}
    return {
        "answer": np.array([positions[row[3] or row[0]] for row in codes], dtype=np.int32),
        "printed": np.array([positions[row[4] or row[0]] for row in codes], dtype=np.int32),
    }


def _idf(vocabulary: list[str], counts: NDArray[np.int64], rows: int) -> NDArray[np.float32]:
    idf = np.log((rows + 1) / (counts + 0.5)) + 0.5
    weak = lexicon.weak_words()
    factors = np.array([weak.get(word, 1.0) for word in vocabulary])
    return np.asarray(idf * factors, dtype=np.float32)


def _row_weights(
    row_of: NDArray[np.int32], idf_of: NDArray[np.float32], essentials: NDArray[np.int32], sizes: NDArray[np.int32]
) -> NDArray[np.float32]:
    """The sum over the essential words of every row; 1 for a row that has none."""
    place = np.arange(len(row_of)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    essential = place < np.repeat(essentials, sizes)
    weights = np.bincount(row_of[essential], weights=idf_of[essential], minlength=len(sizes))
    return np.where(essentials > 0, weights, 1.0).astype(np.float32)


def _prior(code: str, title: str) -> float:
    """A small preference between codes that match alike: the plainer, shorter and unspecified ones first."""
    lowered = title.lower()
    prior = 0.0
    if "unspecified" in lowered or code.endswith("9"):
        prior += 0.012
    if lowered.startswith("other ") or "other specified" in lowered:
        prior -= 0.012
    if "in diseases classified elsewhere" in lowered:
        prior -= 0.1  # a manifestation is never the first code
    if lowered.startswith(("pathological fracture", "stress fracture")):
        prior -= 0.03  # a fracture of which nothing else is said is traumatic
    if len(code) == 7 and code[6] not in "A019":
        prior -= 0.03
    if code[0] in "VWXY":
        prior -= 0.03
    if code[0] in "OP":
        prior -= 0.05  # only for obstetric records and newborns
    if lowered.startswith(("personal history", "family history", "subsequent ")):
        prior -= 0.04
    if code[0] == "T" and "A" <= code[-1] <= "Z" and len(code) == 7:
        prior -= 0.005
    return prior - 0.002 * max(0, len(code) - 3)
