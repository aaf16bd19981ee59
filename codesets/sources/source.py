"""What every importer of an official file offers, and what it is given.

A source module knows one kind of file. It offers two functions:

    recognize(file: SourceFile) -> Recognized | None
    read(file: SourceFile, recognized: Recognized) -> Iterator[Row | Rejected]

`recognize` decides by content: names change every year and are only a hint for the edition and the dates. It
looks at the whole file only where it must, because every module is asked about every file. `read` yields
frozen dataclass rows, declared in the module, in file order, with `Rejected` items mixed in for bad records;
it goes past them. It raises UnreadableInput where the file as a whole is not what it was taken for. What a
source reads is stored by a module of `codesets.loading`; a source knows nothing of the database.
"""

from __future__ import annotations

import codecs
import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from codesets.releases import CodeSystem

# How much of a file `head` gives: enough for a long notice before the first row.
_HEAD_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024


class FileKind(StrEnum):
    """The kinds of official files, one or more to a source module; the value is shown and stored."""

    CM_ORDER = "icd10cm order file"
    CM_CODES = "icd10cm codes file"
    CM_ADDENDA = "icd10cm order addenda"
    CM_TABULAR = "icd10cm tabular list"
    CM_INDEX = "icd10cm alphabetic index"
    CM_EXTERNAL_CAUSES = "icd10cm external-cause index"
    CM_NEOPLASMS = "icd10cm neoplasm table"
    CM_DRUGS = "icd10cm drug table"
    CM_CONVERSION = "icd10cm conversion table"
    PCS_ORDER = "icd10pcs order file"
    PCS_ADDENDA = "icd10pcs order addenda"
    PCS_TABLES = "icd10pcs tables"
    PCS_INDEX = "icd10pcs index"
    PCS_DEFINITIONS = "icd10pcs definitions"
    HCPCS = "hcpcs file"
    HCPCS_NOTES = "hcpcs processing notes"
    CPT = "cpt file"
    PTP = "ncci ptp edits"
    MUE = "ncci mue values"
    ADD_ON = "ncci add-on codes"
    MPFS = "mpfs relative values"
    GPCI = "gpci"
    ANESTHESIA = "anesthesia conversion factors"
    POA_EXEMPT = "poa-exempt list"
    DRG_WEIGHTS = "ms-drg table 5"
    MCC_LIST = "ms-drg table 6i"
    CC_LIST = "ms-drg table 6j"
    CC_EXCLUSIONS = "ms-drg table 6k"
    HCC_MAPPING = "hcc mapping"
    NUCC = "nucc taxonomy"
    POS = "place of service codes"
    UB_CODES = "ub-04 codes"
    CARC_RARC = "carc and rarc"
    MCD_ARTICLES = "medicare coverage articles"


@dataclass(frozen=True)
class SourceFile:
    """One file to import, wherever it comes from.

    `name` is its own name without folders, `size` its bytes, `sha256` its digest in hex. `content` is where
    it lies on disk, the bytes themselves, or a function that opens it.
    """

    name: str
    content: Path | bytes | Callable[[], BinaryIO]
    size: int
    sha256: str

    def open(self) -> BinaryIO:
        """The bytes from the start; the caller closes it. Raises OSError where the file is gone."""
        if isinstance(self.content, bytes):
            return io.BytesIO(self.content)
        return self.content.open("rb") if isinstance(self.content, Path) else self.content()

    def head(self, most: int = _HEAD_BYTES) -> bytes:
        """The first bytes, at most `most`."""
        with self.open() as file:
            return file.read(most)

    def encoding(self) -> str:
        """`utf-8-sig` where all of the file is that, else `cp1252`."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self.open() as file:
            try:
                while chunk := file.read(_CHUNK_BYTES):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return "cp1252"
        return "utf-8-sig"

    def text(self) -> io.TextIOWrapper:
        """The decoded text for a reader such as csv; line ends are left as they are, NBSP too."""
        return io.TextIOWrapper(self.open(), encoding=self.encoding(), errors="replace", newline="")

    def lines(self) -> Iterator[str]:
        """The lines without their ends, NBSP and blanks stripped from the right; line 1 first.

        An NBSP elsewhere becomes a blank, so that columns keep their place. CRLF, LF and CR all end a line.
        """
        with io.TextIOWrapper(self.open(), encoding=self.encoding(), errors="replace") as text:
            for line in text:
                yield line.replace("\u00a0", " ").rstrip()

    def head_lines(self, most: int = 40) -> list[str]:
        """The first lines as `lines` gives them, read from the head alone; the last one may be cut."""
        head = self.head()
        try:
            text = head.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            whole = error.start >= len(head) - 3 and error.start > 0
            text = head[: error.start].decode("utf-8-sig") if whole else head.decode("cp1252", errors="replace")
        lines = io.StringIO(text, newline=None).read().split("\n", most)[:most]
        return [line.replace("\u00a0", " ").rstrip() for line in lines]


def source_file(path: Path) -> SourceFile:
    """The file at the path, with its size and digest. Raises OSError where it cannot be read."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return SourceFile(path.name, path, path.stat().st_size, digest)


@dataclass(frozen=True)
class Recognized:
    """What a file was taken for, before it is read.

    `edition` is the name of the release ("FY2026 Apr", "2026 Q3"), `starts` and `ends` its period, both
    inclusive; None where neither content nor name says it, and then the importer asks or refuses. `part` is
    the piece of a release that comes in several files ("f1", "practitioner"); `detail` is a remark for the
    preview, such as the version the file states. `asks` says in words what only a person can supply
    ("the quarter, because the name does not say it"), empty where nothing is missing.
    """

    kind: FileKind
    system: CodeSystem
    edition: str
    starts: dt.date | None
    ends: dt.date | None
    part: str | None = None
    detail: str = ""
    asks: str = ""


@dataclass(frozen=True)
class Rejected:
    """A record that was not taken: its line (from 1; 0 where the format has none), why, and its text or path."""

    line: int
    reason: str
    text: str


class SourceModule(Protocol):
    """What the registry expects of a module."""

    def recognize(self, file: SourceFile) -> Recognized | None: ...
    def read(self, file: SourceFile, recognized: Recognized) -> Iterator[Any]: ...
