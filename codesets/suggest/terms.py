"""The terms that notes are matched with, as arrays: those of the search index that name a condition, and our own.

A term needs all its essential words but those that tell only the default ("unspecified", "initial encounter").
Left out are drug names, which in a note are treatment, external causes, and what the index says of visits. Our
own terms (`data/terms.csv`) are everyday wordings; they win over the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from codesets.search.index import Segment
from codesets.search.terms import KIND_WEIGHTS, TermKind
from codesets.search.words import words
from codesets.suggest.lexical import Lexical
from codesets.suggest.tables import rows

MOST_REQUIRED = 8
OWN_WORTH = 1.06
OWN_IDF = 8.0
_READ = (
    TermKind.TITLE,
    TermKind.INCLUSION,
    TermKind.INCLUDES,
    TermKind.CROSS_REFERENCE,
    TermKind.INDEX,
    TermKind.INDEX_SEE,
    TermKind.NEOPLASM,
)


@dataclass(frozen=True)
class TermTable:
    """Rows are those of the index, then our own. `required[r]` are the words of row r, the rarest first, filled
    up with the number `none`; `asked` is how much its words say, `worth` a factor for its kind.

    `anchored[anchor_starts[w]:][:anchor_counts[w]]` are the rows whose rarest word is w; `idf` how much each
    word says.
    """

    segment: Segment
    none: int
    idf: NDArray[np.float32]
    required: NDArray[np.uint16 | np.int32]
    row_code: NDArray[np.int32]
    asked: NDArray[np.float32]
    worth: NDArray[np.float32]
    anchored: NDArray[np.int32]
    anchor_starts: NDArray[np.int64]
    anchor_counts: NDArray[np.int64]

    def is_own(self, row: int) -> bool:
        """Whether a row is one of our own terms."""
        return row >= len(self.segment.row_code)

    def text(self, row: int) -> str:
        """The term."""
        return own_terms()[row - len(self.segment.row_code)][0] if self.is_own(row) else self.segment.text(row)

    def kind(self, row: int) -> str:
        """What kind of term it is, in words."""
        return "everyday term" if self.is_own(row) else TermKind(int(self.segment.row_kind[row])).label

    def is_wording(self, row: int) -> bool:
        """Whether the order of its words is that of running text: our own, titles and inclusion terms."""
        return self.is_own(row) or bool(self.segment.row_kind[row] <= TermKind.INCLUSION)


@cache
def own_terms() -> tuple[tuple[str, str], ...]:
    """Our own terms, and the code without the dot that each leads to."""
    return tuple((term, code.replace(".", "")) for term, code in rows("terms.csv", ("term", "code")))


def term_table(segment: Segment, lexical: Lexical) -> TermTable:
    """The terms of a release; some tenths of a second."""
    none = len(segment.vocabulary)
    idf = np.concatenate((segment.idf, [0.0], np.full(lexical.own_count, OWN_IDF))).astype(np.float32)
    required, asked = _index_rows(segment, lexical, none, len(idf))
    own_required, own_code = _own_rows(segment, lexical, none, idf)
    number = np.uint16 if len(idf) < 65_536 else np.int32
    required = np.concatenate((required, own_required)).astype(number)
    usable = np.flatnonzero(np.concatenate((required[: len(asked), 0] != none, own_code >= 0)))
    anchors = required[usable, 0].astype(np.int64)
    counts = np.bincount(anchors, minlength=len(idf))
    return TermTable(
        segment=segment,
        none=none,
        idf=idf,
        required=required,
        row_code=np.concatenate((segment.row_code, own_code)),
        asked=np.maximum(np.concatenate((asked, idf[own_required].sum(axis=1))), 1.0).astype(np.float32),
        worth=np.concatenate((_worth(segment, lexical), np.full(len(own_code), OWN_WORTH))).astype(np.float32),
        anchored=usable[np.argsort(anchors, kind="stable")].astype(np.int32),
        anchor_starts=np.cumsum(counts) - counts,
        anchor_counts=counts,
    )


def _index_rows(
    segment: Segment, lexical: Lexical, none: int, vocabulary: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The required words of every row of the index, and how much its essential words say.

    A row that is not read, or asks for more than MOST_REQUIRED words, has none.
    """
    optional = np.zeros(vocabulary, dtype=bool)
    for (word,) in rows("optional_words.csv", ("word",)):
        optional[list(lexical.numbers(word))] = True
    sizes = np.diff(segment.row_starts)
    row_of = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    place = np.arange(len(row_of), dtype=np.int32) - np.repeat(segment.row_starts[:-1], sizes)
    essential = (place < segment.essentials[row_of]) & _is_read(segment)[row_of]
    entries = segment.row_words.astype(np.int32)
    needed = essential & ~optional[entries]
    rows_needed, words_needed = row_of[needed], entries[needed]
    order = np.lexsort((-segment.idf[words_needed], rows_needed))
    rows_needed, words_needed = rows_needed[order], words_needed[order]
    counts = np.bincount(rows_needed, minlength=len(sizes))
    first = np.cumsum(counts) - counts
    nth = np.arange(len(rows_needed)) - np.repeat(first, counts)
    fits = (nth < MOST_REQUIRED) & (counts[rows_needed] <= MOST_REQUIRED)
    required = np.full((len(sizes), MOST_REQUIRED), none, dtype=np.int32)
    required[rows_needed[fits], nth[fits]] = words_needed[fits]
    asked = np.bincount(row_of[essential], weights=segment.idf[entries[essential]], minlength=len(sizes))
    return required, asked.astype(np.float64)


def _is_read(segment: Segment) -> NDArray[np.bool_]:
    """Which rows of the index are terms that notes are matched with."""
    categories = segment.codes.astype("S3")
    chapters = segment.codes.astype("S1")
    external = np.isin(chapters, [b"V", b"W", b"X", b"Y"])
    # Ranges of numbers and answers of a coma scale ("localizes pain") are no words of a condition.
    scales = segment.codes.astype("S4")
    measured = (categories == b"Z68") | np.isin(scales, [b"R402"]) & (segment.codes != b"R4020")
    drugs = (categories >= b"T36") & (categories < b"T51")
    visits = (categories >= b"Z00") & (categories < b"Z14")
    code, kind = segment.row_code, segment.row_kind
    return np.asarray(
        np.isin(kind, np.array(_READ, dtype=np.uint8))
        & ~(external | measured)[code]
        & ~(drugs[code] & (kind > TermKind.TITLE))
        & ~(visits[code] & (kind >= TermKind.INDEX))
    )


def _worth(segment: Segment, lexical: Lexical) -> NDArray[np.float32]:
    """A factor of every row of the index: its kind, the prior of its code, short before long.

    A header whose default says more than the header is a weaker answer.
    """
    open_titles = np.zeros(len(segment.codes), dtype=bool)
    for word in lexical.numbers("unspecified"):
        titled = segment.postings[segment.starts[word] : segment.starts[word + 1]]
        open_titles[titled[titled < len(segment.codes)]] = True
    fair = segment.billable | open_titles[segment.answer]
    header = np.where(fair[segment.row_code], 0.0, -0.06)
    length = np.diff(segment.text_starts) * -0.0003
    prior = segment.prior[segment.answer[segment.row_code]]
    return np.asarray(KIND_WEIGHTS[segment.row_kind] + header + length + prior, dtype=np.float32)


def _own_rows(
    segment: Segment, lexical: Lexical, none: int, idf: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The words and the codes of our own terms; code -1 for a code that the release does not have."""
    terms = own_terms()
    required = np.full((len(terms), MOST_REQUIRED), none, dtype=np.int32)
    positions = np.full(len(terms), -1, dtype=np.int32)
    for number, (term, code) in enumerate(terms):
        wanted = dict.fromkeys(lexical.numbers(term))
        at = segment.beginning_with(code)
        if len(at) and bytes(segment.codes[at[0]]).decode() == code and len(wanted) == len(dict.fromkeys(words(term))):
            ordered = sorted(wanted, key=lambda word: -float(idf[word]))[:MOST_REQUIRED]
            required[number, : len(ordered)] = ordered
            positions[number] = at[0]
    return required, positions
