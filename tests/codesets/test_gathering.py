"""Finding files to import: folders, nested zips and addresses, and the caps on all of them."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from codesets.gathering import Caps, gather


def quiet(stage: str, done: float) -> None:
    """No progress."""


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def names(*paths: str, caps: Caps = Caps()) -> tuple[list[str], list[str]]:  # noqa: B008 - frozen
    """Where files were found, and the reasons of what was refused."""
    with gather(list(paths), quiet, caps) as gathered:
        return [found.where for found in gathered.found], [refused.reason for refused in gathered.refused]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a server on loopback."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Stay silent."""

        def do_GET(self) -> None:
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "http://192.0.2.1/x")
                self.end_headers()
            else:
                super().do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_file_is_found_the_same_in_a_folder_a_zip_and_a_zip_in_a_zip(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_bytes(b"hello")
    (tmp_path / "one.zip").write_bytes(zipped({"deep/a.txt": b"hello"}))
    (tmp_path / "two.zip").write_bytes(zipped({"one.zip": zipped({"a.txt": b"hello"})}))

    with gather([str(tmp_path / name) for name in ("folder", "one.zip", "two.zip")], quiet) as gathered:
        found = [(one.file.name, one.file.sha256, one.file.open().read()) for one in gathered.found]

    assert found == [("a.txt", hashlib.sha256(b"hello").hexdigest(), b"hello")] * 3


def test_a_workbook_is_one_file_although_it_is_a_zip(tmp_path: Path) -> None:
    book = tmp_path / "table.xlsx"
    book.write_bytes(zipped({"[Content_Types].xml": b"<x/>", "xl/sharedStrings.xml": b"<x/>"}))

    assert names(str(book)) == ([str(book)], [])


def test_names_in_an_archive_never_become_paths(tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    path.write_bytes(zipped({"../../escape.txt": b"x", "/etc/passwd": b"y"}))

    found, _ = names(str(path))

    assert [where.rpartition(" > ")[2] for where in found] == ["escape.txt", "passwd"]
    assert not (tmp_path.parent / "escape.txt").exists()


def test_a_zip_bomb_is_stopped_and_nothing_of_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"a.txt": b"fine", "b.txt": b"0" * 40_000_000}))

    found, reasons = names(str(path))

    assert found == []
    assert reasons == ["expands to more than 200 times its size; nothing of it was taken"]


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        (Caps(files=2), "more than 2 files"),
        (Caps(total=1_500_000, one_file=1_000_000_000), "expands to more than 1 MiB"),
        (Caps(depth=1), "archives nest deeper than 1"),
    ],
)
def test_every_cap_has_its_own_reason(tmp_path: Path, caps: Caps, reason: str) -> None:
    path = tmp_path / "many.zip"
    noise = bytes(range(256)) * 3_000
    inner = zipped({f"{n}.txt": noise + bytes([n]) for n in range(3)})
    path.write_bytes(zipped({"inner.zip": inner}))

    _, reasons = names(str(path), caps=caps)

    assert any(one.startswith(reason) for one in reasons)


def test_a_broken_archive_is_refused_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "cut.zip"
    path.write_bytes(zipped({"a.txt": bytes(range(256)) * 40})[:-30])

    found, reasons = names(str(path))

    assert found == []
    assert reasons[0].startswith("the archive cannot be read")


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "secret")

    assert names(str(tmp_path / "folder")) == ([], ["a link, which is not followed"])


def test_a_missing_path_is_refused_and_the_others_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")

    found, reasons = names(str(tmp_path / "none"), str(tmp_path / "a.txt"))

    assert found == [str(tmp_path / "a.txt")]
    assert reasons == ["no such file or folder"]


def test_an_address_is_downloaded_and_unpacked(tmp_path: Path) -> None:
    (tmp_path / "release.zip").write_bytes(zipped({"a.txt": b"hello"}))

    with served(tmp_path) as address:
        found, reasons = names(f"{address}/release.zip")

    assert found == [f"{address}/release.zip > a.txt"]
    assert reasons == []


def test_a_download_stops_at_its_cap(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_bytes(b"x" * 3_000_000)

    with served(tmp_path) as address:
        found, reasons = names(f"{address}/large.txt", caps=Caps(download=1_048_576))

    assert (found, reasons) == ([], ["larger than 1 MiB"])


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/none.zip", "the server answered 404"), ("/elsewhere", "http: only https addresses are fetched")],
)
def test_an_address_that_cannot_be_fetched_is_refused_with_the_reason(tmp_path: Path, path: str, reason: str) -> None:
    with served(tmp_path) as address:
        _, reasons = names(address + path)

    assert reasons[0].startswith(reason)


def test_plain_http_to_another_host_is_refused() -> None:
    assert names("http://192.0.2.1/release.zip") == ([], ["http: only https addresses are fetched"])
