"""Files as they really come: damaged, foreign, hostile or interrupted. Each is named, and the rest goes on."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
import tracemalloc
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.actors import SYSTEM
from store.intake import take_in
from store.intake.files import MAX_LINE, NotTakenIn, recognize
from store.models import Document, Encounter, LogEntry, Patient, Quarantine
from tests.store.intake_samples import (
    SHARED_FHIR,
    count,
    encounter_resource,
    native,
    needs_shared_fhir,
    open_site,
    patient_resource,
    reasons,
    write_lines,
)

EXPECTED = "; expected HL7 v2 messages, FHIR R4, C-CDA, X12 837, CSV or the native format, or a zip of them"


@pytest.fixture
def db(tmp_path):
    database = open_site(tmp_path)
    yield database
    database.close()


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def visits(number: int) -> list[dict]:
    return [
        native(visit_number=f"V{n}", account={"source": "clinic", "account_number": f"A{n}"}) for n in range(number)
    ]


def said_of(db, path) -> str:
    """What the report says of one file that cannot be read, after checking that nothing of it was stored."""
    report = take_in(db, SYSTEM, [path])
    assert report.exit_code == 2
    assert count(db, Patient) == 0
    [message] = report.files[-1].messages
    return message


def zipped(path, *members: tuple[str, bytes]):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty" + EXPECTED),
        (b" \n\n", "it is empty" + EXPECTED),
        (b"\x00\x01\x02" * 50, "it is binary" + EXPECTED),
        (b'{"a": "\x00"}', "it is binary" + EXPECTED),
        (b"<html/>", "it is XML, but no clinical document" + EXPECTED),
        (b"ISA*00*", "the interchange header at byte 1 is cut off; an ISA segment has 106 characters"),
        (
            b"a,b,c\n1,2,3\n",
            "no column map fits its header, and no column looks like mrn, family_name, which patients need: it must"
            " come with one, or --save-map NAME with --column FIELD=COLUMN says which is meant",
        ),
        (b"[1, 2]", "it is a JSON list" + EXPECTED),
        (b'{"a": 1}\n', "it is JSON of an unknown kind" + EXPECTED),
        (b"\xff\xfe{\x00", "it is UTF-16, not UTF-8" + EXPECTED),
        (b"\x1f\x8b\x08", "it is compressed with gzip; unpack it first" + EXPECTED),
        (b"PK\x03\x04 and no more", "the zip archive is damaged or truncated"),
        (b'{"resourceType": "Bundle", "entry": [', "it ends before it is complete (line 1 column 37)" + EXPECTED),
        (b'{"resourceType":"Bundle","entry":' + b"[" * 900, "it is nested deeper than 200 levels" + EXPECTED),
    ],
)
def test_a_file_of_another_kind_is_named_with_what_was_expected(db, inbox, content, words):
    (inbox / "file").write_bytes(content)

    assert said_of(db, inbox / "file") == words


def test_a_file_that_is_not_there_is_named(db, inbox):
    assert said_of(db, inbox / "missing") == "there is no such file or folder"


def test_a_symbolic_link_is_not_followed(db, inbox):
    (inbox / "link").symlink_to(write_lines(inbox.parent / "target", native()))

    assert said_of(db, inbox / "link") == "it is a symbolic link, which is not followed"


def test_a_pipe_is_not_waited_for(db, inbox):
    os.mkfifo(inbox / "pipe")

    assert said_of(db, inbox / "pipe") == "it is not a regular file"


@pytest.mark.skipif(os.geteuid() == 0, reason="an administrator may read everything")
def test_a_file_that_may_not_be_read_is_named(db, inbox):
    write_lines(inbox / "file", native()).chmod(0)

    assert said_of(db, inbox / "file") == "permission denied"


def test_a_bad_file_does_not_stop_the_rest_of_its_folder(db, inbox):
    (inbox / "a").write_bytes(b"\x00")
    write_lines(inbox / "b", native())

    report = take_in(db, SYSTEM, [inbox])

    assert [(f.name, f.kind) for f in report.files] == [("inbox/a", ""), ("inbox/b", "native")]
    assert (report.exit_code, count(db, Encounter)) == (1, 1)


def test_a_bad_line_goes_to_quarantine_with_its_place_and_the_rest_comes_in(db, inbox):
    file = write_lines(inbox / "file", native(), native(setting="ward"), "{", native(visit_number="V2"))

    report = take_in(db, SYSTEM, [file])

    assert [refusal.place for refusal in report.files[0].quarantined] == ["line 2", "line 3"]
    assert (report.exit_code, count(db, Encounter), count(db, Quarantine)) == (1, 2, 2)


def test_a_line_in_another_encoding_goes_to_quarantine(db, inbox):
    file = write_lines(inbox / "file", native())
    file.write_bytes(
        json.dumps(native(reason="caf?")).replace("?", "\xe9").encode("latin-1") + b"\n" + file.read_bytes()
    )

    report = take_in(db, SYSTEM, [file])

    assert report.files[0].quarantined[0].reason.startswith("it is not UTF-8")
    assert count(db, Encounter) == 1


def test_a_bad_record_lands_in_quarantine_once_however_often_it_comes(db, inbox):
    file = write_lines(inbox / "file", native(), native(setting="ward"))

    for _ in range(2):
        take_in(db, SYSTEM, [file])

    assert len(reasons(db)) == 1


def test_what_looks_like_a_social_security_number_is_not_kept_in_an_excerpt(db, inbox):
    write_lines(inbox / "file", native(), native(setting="ward", reason="ssn 999-11-2222"))

    take_in(db, SYSTEM, [inbox / "file"])

    with db.reading() as session:
        [row] = session.exec(Quarantine.__table__.select()).all()
    assert "999-11-2222" not in row.excerpt


def test_a_byte_order_mark_and_other_line_ends_are_no_trouble(db, inbox):
    line = json.dumps(native()).encode()
    (inbox / "file").write_bytes(b"\xef\xbb\xbf" + line + b"\r\n")

    assert take_in(db, SYSTEM, [inbox / "file"]).total("encounters_new") == 1


def test_one_record_may_be_written_over_several_lines(db, inbox):
    (inbox / "file").write_text(json.dumps(native(), indent=2))

    assert take_in(db, SYSTEM, [inbox / "file"]).total("encounters_new") == 1


def test_standard_input_is_read_like_a_file(db, monkeypatch):
    stream = io.BytesIO(json.dumps(native()).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))

    report = take_in(db, SYSTEM, ["-"])

    assert (report.files[0].name, report.total("encounters_new")) == ("-", 1)


def test_a_native_file_cut_anywhere_leaves_whole_encounters_only(tmp_path, inbox):
    whole = write_lines(inbox / "whole", *visits(12)).read_bytes()
    for cut in range(1000, len(whole), 1000):
        place = tmp_path / str(cut)
        place.mkdir()
        db = open_site(place)
        (place / "file").write_bytes(whole[:cut])

        take_in(db, SYSTEM, [place / "file"])

        complete = whole[:cut].count(b"\n")
        assert (count(db, Encounter), count(db, Document)) == (complete, complete)
        db.close()


@needs_shared_fhir
def test_a_bundle_cut_anywhere_is_refused_whole(db, inbox):
    whole = next((SHARED_FHIR / "bundles").iterdir()).read_bytes()
    cuts = range(1000, len(whole), 9000)
    for cut in cuts:
        (inbox / f"{cut:07}").write_bytes(whole[:cut])

    report = take_in(db, SYSTEM, [inbox])

    assert (len(report.files), report.exit_code) == (len(cuts), 2)
    assert all("it ends before it is complete" in file.messages[0] for file in report.files)
    assert count(db, Encounter) == 0


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=st.binary(max_size=300) | st.text().map(str.encode) | st.text().map(lambda t: f'{{"source": {t}'.encode())
)
def test_no_bytes_whatever_bring_intake_down(db, inbox, content):
    (inbox / "file").write_bytes(content)

    report = take_in(db, SYSTEM, [inbox / "file"])

    assert report.exit_code in (1, 2)


def test_a_line_of_100_megabytes_is_refused_within_the_cap(db, inbox):
    with (inbox / "file").open("wb") as file:
        file.write(b'{"visit_number": "')
        for _ in range(100):
            file.write(b"x" * 2**20)
    tracemalloc.start()

    message = said_of(db, inbox / "file")

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message == "its first line is longer than 32 MB" + EXPECTED
    assert peak < 4 * MAX_LINE


def test_a_line_that_is_too_long_does_not_stop_the_next_one(db, inbox):
    file = write_lines(inbox / "file", native())
    with file.open("a") as more:
        more.write(" " * (MAX_LINE + 10) + "{}\n" + json.dumps(native(visit_number="V2", account=native()["account"])))

    report = take_in(db, SYSTEM, [file])

    assert [(r.place, r.reason) for r in report.files[0].quarantined] == [("line 2", "the line is longer than 32 MB")]
    assert count(db, Encounter) == 2


def test_a_zip_is_read_like_a_folder(db, inbox):
    parts = [json.dumps(r).encode() for r in (encounter_resource(), patient_resource())]
    zipped(inbox / "a.bin", ("x/1", parts[0]), ("y/2", parts[1]))

    report = take_in(db, SYSTEM, [inbox / "a.bin"])

    assert [file.name for file in report.files] == ["a.bin/x/1", "a.bin/y/2"]
    assert count(db, Encounter) == 1


def test_a_zip_bomb_is_refused_before_it_is_unpacked(db, inbox):
    zipped(inbox / "bomb", ("file", b"\x00" * 50_000_000))

    assert said_of(db, inbox / "bomb") == "it unpacks to more than 200 times its size"


def test_a_zip_of_too_many_files_is_refused(db, inbox):
    zipped(inbox / "many", *((str(n), b"") for n in range(1001)))

    assert said_of(db, inbox / "many") == "the archive holds more than 1,000 files"


@pytest.mark.parametrize("name", ["../up", "/etc/file", "a/../../b", "C:\\file"])
def test_a_path_that_leads_out_of_a_zip_is_refused(db, inbox, name):
    zipped(inbox / "a.zip", (name, json.dumps(native()).encode()))

    assert said_of(db, inbox / "a.zip") == "its path leads out of the archive"


def test_a_symbolic_link_in_a_zip_is_refused(db, inbox):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(inbox / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")

    assert said_of(db, inbox / "a.zip") == "it is a symbolic link, which is not followed"


def test_a_zip_that_is_damaged_inside_is_named(db, inbox):
    data = zipped(inbox / "a.zip", ("file", os.urandom(20) + json.dumps(visits(3)).encode())).read_bytes()
    (inbox / "a.zip").write_bytes(data[:60] + b"\xff" * 40 + data[100:])

    report = take_in(db, SYSTEM, [inbox / "a.zip"])

    assert report.exit_code == 2
    assert len(report.files[0].messages) == 1


def test_an_interrupted_run_leaves_whole_encounters_and_the_next_run_completes(db, inbox):
    file = write_lines(inbox / "file", *visits(120))

    def interrupt(_what, done, _total):
        if done == 110:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_in(db, SYSTEM, [file], interrupt)
    left = count(db, Encounter), count(db, Document)

    report = take_in(db, SYSTEM, [file])

    assert left == (100, 100)
    assert (report.total("encounters_unchanged"), report.total("encounters_new")) == (100, 20)


def test_a_run_that_changes_nothing_logs_only_itself(db, inbox):
    file = write_lines(inbox / "file", *visits(3))
    take_in(db, SYSTEM, [file])
    before = count(db, LogEntry)

    take_in(db, SYSTEM, [file])

    assert count(db, LogEntry) == before + 1


def test_progress_is_told_as_it_goes(db, inbox):
    told = []

    take_in(db, SYSTEM, [write_lines(inbox / "file", *visits(2))], lambda *step: told.append(step))

    assert told == [("file", 0, 0), ("file", 1, 0), ("file", 2, 0)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PID|1||M1\rMSH|^~\\&|A|B\rPV1|1|O\r", "segment 1 is PID: HL7 v2 begins with MSH, .*; here MSH is segment 2"),
        (b"\xef\xbb\xbfPV1|1|O\nPID|1||M1\nMSH|^~\\&|A\n", "segment 1 is PV1: .*; here MSH is segment 3"),
        (b"PID|1||M1\nPV1|1|O\n", "segment 1 is PID: .*; none follows at its beginning"),
        (b"Dear colleague\n", "it begins like nothing that is known here; expected HL7 v2 messages"),
    ],
)
def test_segments_out_of_their_order_are_told_as_hl7_with_what_was_expected_and_where(
    content: bytes, told: str
) -> None:
    with pytest.raises(NotTakenIn, match=told):
        recognize(io.BytesIO(content))
