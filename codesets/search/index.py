"""The search index: term rows of every release, as arrays that all sessions map from the same file.

One term row per phrase that can lead to a code (`codesets.search.terms`). A release has a segment of its own:
its words, which rows each word stands in, and what each row leads to. The index is derived from the reference
database alone and named after it, so that both are replaced together.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesets.errors import ReferenceUnavailable
from codesets.reference import SEARCH_FORMAT
from codesets.releases import SEARCHED

_SIMILAR = 0.5


@dataclass(frozen=True)
class Segment:
    """The arrays of one release. Rows and codes are numbered from 0; a code's number is its position.

    Words: `starts[w]:starts[w + 1]` are the places in `postings` of the rows that hold word w, and in
    `essential` whether the row needs the word or has it in parentheses. `idf` is the weight of a word.
    `sounds` are the sounds of all words in order, each that of the word in `by_sound`. `gram_words` from
    `gram_starts[g]` on are the words that hold the three letters `grams[g]`; `gram_counts` tells how many
    such threes a word has.

    Rows: `initials` are those of the terms in order, each of the row in `by_initials`. `row_weight` is the
    sum over a row's essential words. `row_words[row_starts[r]:row_starts[r + 1]]` are the words of row r, its
    `essentials[r]` essential ones first. `texts` holds all row texts in UTF-8, row r from `text_starts[r]`.

    Codes: `by_name` has them in string order. `answer` is the code that a code is answered with: itself, or
    a header's default. `side` is the side of the body it names (`laterality.Side.number`), `neighbors` its like on the
    left, the right and both, or -1.
    """

    vocabulary: list[str]
    starts: NDArray[np.int32]
    postings: NDArray[np.int32]
    essential: NDArray[np.bool_]
    idf: NDArray[np.float32]
    sounds: NDArray[np.bytes_]
    by_sound: NDArray[np.int32]
    grams: NDArray[np.bytes_]
    gram_starts: NDArray[np.int32]
    gram_words: NDArray[np.int32]
    gram_counts: NDArray[np.uint8]
    initials: NDArray[np.bytes_]
    by_initials: NDArray[np.int32]
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
    side: NDArray[np.uint8]
    neighbors: NDArray[np.int32]

    def text(self, row: int) -> str:
        """The text of a term row."""
        return self.texts[self.text_starts[row] : self.text_starts[row + 1]].tobytes().decode()

    def beginning_with(self, prefix: str) -> NDArray[np.int32]:
        """The codes that begin with these characters, in official order."""
        sorter, kind = self.by_name, self.codes.dtype
        room = kind.itemsize - len(prefix)
        if room < 0:
            return sorter[:0]
        # Of the type of the codes, else numpy turns all of them into the longer type of what is looked for.
        first, after = (np.array(text.encode(), dtype=kind) for text in (prefix, f"{prefix}~" if room else prefix))
        low = np.searchsorted(self.codes, first, side="left", sorter=sorter)
        high = np.searchsorted(self.codes, after, side="left" if room else "right", sorter=sorter)
        return np.sort(sorter[low:high])

    def similar(self, word: str) -> list[tuple[float, int]]:
        """The words that share half of their threes of letters with a word, as (share, word), most first."""
        wanted = np.array(sorted(threes(word)), dtype="S3")
        places = np.searchsorted(self.grams, wanted)
        held = [p for p, gram in zip(places.tolist(), wanted, strict=True) if self.grams[p : p + 1] == gram]
        if not held:
            return []
        starts = self.gram_starts
        counts = np.bincount(np.concatenate([self.gram_words[starts[g] : starts[g + 1]] for g in held]))
        share = 2 * counts / (self.gram_counts[: len(counts)] + len(wanted))
        near = np.flatnonzero(share >= _SIMILAR)
        return sorted(((float(share[number]), number) for number in near.tolist()), reverse=True)

    def with_initials(self, letters: str) -> NDArray[np.int32]:
        """The rows whose words begin with these letters."""
        low, high = (np.searchsorted(self.initials, letters.encode(), side=side) for side in ("left", "right"))
        return self.by_initials[low:high]


def threes(word: str) -> set[str]:
    """Every three letters in a row of a word, its ends marked."""
    marked = f"^{word}$"
    return {marked[place : place + 3] for place in range(len(marked) - 2)}


def build(db: sqlite3.Connection, folder: Path, progress: Callable[[float], None]) -> Path:
    """Write the index of every searched release in the database into a new folder and return it.

    The segment of a release whose content is the same as in an earlier build beside it is linked, not built.
    """
    from codesets.search.building import row_words, segment  # not when a session starts

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
            built = segment(db, release, _part_of(progress, before, share))
            _write(folder / str(release), built, prints[release])
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
        if meta["format"] != SEARCH_FORMAT:
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
    # CPT comes in several files of one edition.
    files = db.execute("SELECT kind, part, sha256 FROM loads WHERE release_id = ? ORDER BY 1, 2", (release,)).fetchall()
    return hashlib.sha256(json.dumps([SEARCH_FORMAT, own, files, parts]).encode()).hexdigest()


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
        json.dumps({"format": SEARCH_FORMAT, "fingerprint": fingerprint, "arrays": names}), encoding="utf-8"
    )
