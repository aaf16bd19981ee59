"""The report of an intake run as text: a line for each file, or for each kind of file where there are many."""

from __future__ import annotations

from collections import Counter

MOST_FILES = 30
"""Files that are shown one by one."""

_HEAD = f"{'kind':<14} {'records':>7} {'new':>5} {'changed':>7} {'same':>5} {'documents':>9}"


def print_report(report, seconds: float | None = None) -> None:
    """Print what came in, what was left out and why."""
    read = [file for file in report.files if not file.unreadable]
    if len(read) > MOST_FILES:
        _print_kinds(read)
    else:
        _print_files(read)
    records = sum(file.records for file in read)
    if seconds is not None and records:
        print(f"{count(len(read), 'file')}, {count(records, 'record')} in {seconds:.1f} s")
    for words, number in (
        ("charts came back", report.total("came_back")),
        ("merges and moves", report.total("merges")),
        ("patients told of without a visit", report.total("persons")),
    ):
        if number:
            print(f"{words}: {number:,}")
    if report.quarantined:
        print(f"quarantine: {report.quarantined}")
    for file in report.files:
        for refusal in file.quarantined:
            print(f"  {file.name}, {refusal.place}: {refusal.reason}")
    print(summary(report))


def summary(report) -> str:
    """The run in one line."""
    new, changed, same = (report.total(f"encounters_{word}") for word in ("new", "changed", "unchanged"))
    if not (new or changed or same):
        return "no encounters were taken in"
    if not (new or changed) and not report.patients:
        # Messages that are known again are not opened to see whom they are about.
        return f"{count(same, 'record')}: already there, nothing changed"
    if not (new or changed):
        return f"{count(same, 'encounter')} of {count(report.patients, 'patient')}: already there, nothing changed"
    already = f", {same} already there" if same else ""
    return (
        f"{count(new + changed + same, 'encounter')} of {count(report.patients, 'patient')}: "
        f"{new} new, {changed} changed{already}; "
        f"{count(report.total('documents_new'), 'new document')}, "
        f"{count(report.total('document_versions'), 'new version')}"
    )


def count(number: int, word: str) -> str:
    """A number with its noun."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _print_files(read) -> None:
    if read:
        width = min(max(len("file"), *(len(file.name) for file in read)), 32)
        print(f"{'file':<{width}}  {_HEAD}")
    for file in read:
        name = file.name if len(file.name) <= width else "…" + file.name[-(width - 1) :]
        _print_row(f"{name:<{width}}", file.kind, [file])
    for file in read:
        for message in file.messages:
            print(f"{file.name}: {message}")


def _print_kinds(read) -> None:
    print(f"{'files':>7}  {_HEAD}")
    not_used: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for kind in sorted({file.kind for file in read}):
        files = [file for file in read if file.kind == kind]
        _print_row(f"{len(files):>7}", kind, files)
    for message in (message for file in read for message in file.messages):
        if message.startswith("not used: "):
            for part in message.removeprefix("not used: ").split(", "):
                number, _, word = part.partition(" ")
                not_used[word] += int(number) if number.isdecimal() else 1
        else:
            others[message] += 1
    if not_used:
        print("not used: " + ", ".join(f"{number} {word}" for word, number in sorted(not_used.items())))
    for message, number in others.items():
        print(message if number == 1 else f"{message} (in {number} files)")


def _print_row(name: str, kind: str, files) -> None:
    records, new, changed, same = (
        sum(getattr(file, field) for file in files)
        for field in ("records", "encounters_new", "encounters_changed", "encounters_unchanged")
    )
    documents = sum(file.documents_new + file.document_versions for file in files)
    print(f"{name}  {kind:<14} {records:>7} {new:>5} {changed:>7} {same:>5} {documents:>9}")
