"""Finds the files to import: files, folders, zips within zips, and https addresses, within caps.

Nothing is believed about an archive: what it expands to is counted while it expands, names in it never become
paths, and links in a folder are not followed. Downloads go over https (plain http only to this host) and stop
at their cap.
"""

from __future__ import annotations

import ipaddress
import socket
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from codesets.sources.source import SourceFile, source_file

Progress = Callable[[str, float], None]

_CHUNK = 1 << 18
_MIB = 1024 * 1024


class NotFetched(CodedeskError):
    """An address could not be downloaded."""

    title = "cannot download"


@dataclass(frozen=True)
class Caps:
    """Limits in bytes, files and levels; `ratio` is expanded size to packed size of one file of an archive."""

    files: int = 1_000
    one_file: int = 1_024 * _MIB
    total: int = 4_096 * _MIB
    ratio: int = 200
    depth: int = 4
    download: int = 512 * _MIB
    seconds: float = 30.0


@dataclass(frozen=True)
class Found:
    """A file to look at, and where it was found: `release.zip > icd10cm_order_2026.txt`."""

    file: SourceFile
    where: str


@dataclass(frozen=True)
class Refused:
    """A path, archive or address that was not taken, and why."""

    where: str
    reason: str


@dataclass(frozen=True)
class Gathered:
    """What was found below the given paths; valid until the block of `gather` ends."""

    found: tuple[Found, ...]
    refused: tuple[Refused, ...]


@contextmanager
def gather(paths: list[str], progress: Progress, caps: Caps = Caps()) -> Iterator[Gathered]:
    """All files below the paths and addresses, each with its digest; unpacked copies vanish with the block."""
    with tempfile.TemporaryDirectory(prefix="codedesk-import-") as folder:
        search = _Search(Path(folder), caps, progress)
        for path in paths:
            search.take(path)
        yield Gathered(tuple(search.found), tuple(search.refused))


class _TooMuch(Exception):
    """A cap was reached; the message says which."""


class _Search:
    """One walk over paths, with what it has found and how much it may still unpack."""

    def __init__(self, folder: Path, caps: Caps, progress: Progress) -> None:
        self._folder, self._caps, self._progress = folder, caps, progress
        self._unpacked = self._files = 0
        self.found: list[Found] = []
        self.refused: list[Refused] = []

    def take(self, path: str) -> None:
        try:
            if urllib.parse.urlsplit(path).scheme in ("http", "https"):
                name, content = self._download(path)
                self._file(content, name, safe_line(path), 0)
            elif Path(path).is_dir():
                self._walk(Path(path))
            elif Path(path).is_file():
                self._file(Path(path), Path(path).name, safe_line(path), 0)
            else:
                self.refused.append(Refused(safe_line(path), "no such file or folder"))
        except _TooMuch as cap:
            self.refused.append(Refused(safe_line(path), str(cap)))
        except NotFetched as error:
            self.refused.append(Refused(safe_line(path), error.message))
        except OSError as error:
            self.refused.append(Refused(safe_line(path), error.strerror or str(error)))

    def _walk(self, folder: Path) -> None:
        for path in sorted(folder.rglob("*")):
            where = safe_line(str(path.relative_to(folder.parent)))
            if path.is_symlink():
                self.refused.append(Refused(where, "a link, which is not followed"))
            elif path.is_file():
                self._file(path, path.name, where, 0)

    def _file(self, path: Path, name: str, where: str, depth: int) -> None:
        self._files += 1
        if self._files > self._caps.files:
            raise _TooMuch(f"more than {self._caps.files:,} files")
        if path.stat().st_size > self._caps.one_file:
            raise _TooMuch(f"{safe_line(name)} is larger than {self._caps.one_file // _MIB:,} MiB")
        if _is_archive(path):
            try:
                self._unpack(path, where, depth + 1)
            except _TooMuch as cap:
                self.refused.append(Refused(where, f"{cap}; nothing of it was taken"))
            except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
                self.refused.append(Refused(where, f"the archive cannot be read: {error}"))
            return
        file = source_file(path)
        self.found.append(Found(SourceFile(safe_line(name), path, file.size, file.sha256), where))

    def _unpack(self, path: Path, where: str, depth: int) -> None:
        """Take the files of an archive, all or none."""
        if depth > self._caps.depth:
            raise _TooMuch(f"archives nest deeper than {self._caps.depth}")
        kept, self.found = self.found, []
        try:
            with zipfile.ZipFile(path) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                if len(entries) > self._caps.files:
                    raise _TooMuch(f"more than {self._caps.files:,} files")
                for entry in entries:
                    name = PurePosixPath(entry.filename.replace("\\", "/")).name
                    if name.startswith((".", "__MACOSX")) or not name:
                        continue
                    target = self._folder / f"{self._files}-{len(kept) + len(self.found)}-{depth}"
                    with archive.open(entry) as packed, target.open("wb") as content:
                        self._expand(packed, content, entry)
                    self._file(target, name, f"{where} > {safe_line(name)}", depth)
        except BaseException:
            self.found = kept
            raise
        self.found = kept + self.found

    def _expand(self, packed: IO[bytes], content: BinaryIO, entry: zipfile.ZipInfo) -> None:
        """Copy one file of an archive, counting what it really expands to, not what it says."""
        size = 0
        while chunk := packed.read(_CHUNK):
            size += len(chunk)
            self._unpacked += len(chunk)
            if size > _MIB and size > self._caps.ratio * max(1, entry.compress_size):
                raise _TooMuch(f"expands to more than {self._caps.ratio} times its size")
            if size > self._caps.one_file or self._unpacked > self._caps.total:
                raise _TooMuch(f"expands to more than {self._caps.total // _MIB:,} MiB")
            content.write(chunk)

    def _download(self, address: str) -> tuple[str, Path]:
        """Fetch an address into the folder; the name it had there, and where it is now."""
        _check_address(address)
        name = PurePosixPath(urllib.parse.unquote(urllib.parse.urlsplit(address).path)).name or "download"
        target = self._folder / f"download-{len(list(self._folder.iterdir()))}"
        request = urllib.request.Request(address, headers={"User-Agent": "codedesk"})
        try:
            with _OPENER.open(request, timeout=self._caps.seconds) as answer, target.open("wb") as content:
                expected, size = int(answer.headers.get("Content-Length") or 0), 0
                while chunk := answer.read(_CHUNK):
                    size += len(chunk)
                    if max(size, expected) > self._caps.download:
                        raise NotFetched(f"larger than {self._caps.download / _MIB:g} MiB")
                    content.write(chunk)
                    self._progress(f"downloading {safe_line(name)}", min(0.99, size / expected) if expected else 0.5)
        except urllib.error.HTTPError as error:
            raise NotFetched(f"the server answered {error.code} {error.reason}") from error
        except (OSError, ValueError) as error:
            raise NotFetched(f"{getattr(error, 'reason', None) or error}") from error
        if expected and size != expected:
            raise NotFetched(f"cut off: {size:,} of {expected:,} bytes came")
        return name, target


class _OnlySafeAddresses(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to an address that could have been asked for."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _check_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_OnlySafeAddresses)


def _check_address(address: str) -> None:
    """Raises NotFetched for anything but https, or http to this host."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_this_host(parts.hostname or "")):
        return
    raise NotFetched(f"{parts.scheme or 'no scheme'}: only https addresses are fetched")


def _is_this_host(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" and socket.gethostbyname(name).startswith("127.")


def _is_archive(path: Path) -> bool:
    """Whether the file is a zip of files; a workbook is a zip too, but one document."""
    with path.open("rb") as content:
        if content.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" not in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return True  # broken: unpacking says how
