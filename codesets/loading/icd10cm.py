"""Stores ICD-10-CM: the codes of a release, the tabular list around them, conversions, and which list serves
which release.

The order file and the tabular list are published apart, with dates of their own. A release takes its notes,
index and tables from the loads of its own edition, else of its fiscal year, else from the nearest in time; the
catalog says which.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Iterator

from codesets.errors import UnreadableInput
from codesets.hierarchy import bare, default_billable
from codesets.loading.loads import Counts
from codesets.notes import NoteKind
from codesets.releases import CodeSystem
from codesets.sources.icd10cm_addenda import Action, Change, Total
from codesets.sources.icd10cm_conversion import Conversion
from codesets.sources.icd10cm_order import CodeRow, longest_prefix
from codesets.sources.icd10cm_shipped import printed_base
from codesets.sources.icd10cm_tabular import Chapter, Section, TabularCode
from codesets.sources.source import FileKind, Recognized
from codesets.titles import same_title

# What is printed around the codes, each from a load of its own.
PARTS = (
    FileKind.CM_TABULAR,
    FileKind.CM_INDEX,
    FileKind.CM_EXTERNAL_CAUSES,
    FileKind.CM_NEOPLASMS,
    FileKind.CM_DRUGS,
    FileKind.CM_CONVERSION,
)
# A full file that lost more of the codes before it is no full file.
_MOST_ENDED = 0.05
_MOST_LISTED = 8

BEFORE = "the edition before"
"""What a code set is compared with: the same edition as it was, else the last one before it."""

_Billable = dict[str, str]


def store_codes(db: sqlite3.Connection, release: int, rows: list[CodeRow], before: _Billable) -> Counts:
    """Store the codes of a release in the place of earlier ones; `before` are billable codes to compare with.

    Raises UnreadableInput when more than a twentieth of those is gone: then the file is not whole.
    """
    counts = compared(before, {row.code: row.title for row in rows if row.billable}, len(rows))
    if counts.ended > _MOST_ENDED * len(before):
        raise UnreadableInput(
            f"{counts.ended:,} of {len(before):,} codes of the edition before are missing",
            "expected the complete order file, not a part of it",
        )
    db.execute("DELETE FROM codes WHERE release_id = ?", (release,))
    defaults = default_billable(rows)
    db.executemany(
        "INSERT INTO codes (release_id, code, position, title, billable, parent, default_code, short_title)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                release,
                row.code,
                position,
                row.title,
                row.billable,
                row.parent,
                row.code if row.billable else defaults.get(row.code, row.code),
                row.short_title if row.short_title != row.title else None,
            )
            for position, row in enumerate(rows)
        ),
    )
    return counts


def billable(db: sqlite3.Connection, release: int | None) -> _Billable:
    """The billable codes of a release with their titles; none for None."""
    query = "SELECT code, title FROM codes WHERE release_id = ? AND billable"
    return dict(db.execute(query, (release,)).fetchall()) if release is not None else {}


def to_compare_with(db: sqlite3.Connection, system: CodeSystem, recognized: Recognized) -> int | None:
    """The release that a load is compared with: the same edition, else the last one before it."""
    row = db.execute(
        "SELECT id FROM releases WHERE system = ? AND complete AND (edition = ? OR starts < ?)"
        " ORDER BY edition = ? DESC, starts DESC LIMIT 1",
        (system.value, recognized.edition, str(recognized.starts), recognized.edition),
    ).fetchone()
    return int(row[0]) if row else None


def compared(before: _Billable, now: _Billable, rows: int) -> Counts:
    """What changed between two sets of codes with titles; a set without codes is compared with nothing."""
    if not before:
        return Counts(rows)
    return Counts(
        rows,
        added=len(now.keys() - before.keys()),
        changed=sum(not same_title(now[code], title) for code, title in before.items() if code in now),
        ended=len(before.keys() - now.keys()),
        before=BEFORE,
    )


def with_headers(db: sqlite3.Connection, rows: list[CodeRow]) -> list[CodeRow]:
    """Billable codes with the headers above them, which a codes file lacks, from the newest tabular list."""
    printed: dict[str, str] = dict(
        db.execute(
            "SELECT code, title FROM printed_codes WHERE load_id ="
            " (SELECT id FROM loads WHERE kind = ? ORDER BY starts DESC LIMIT 1)",
            (FileKind.CM_TABULAR.value,),
        ).fetchall()
    )
    known = {row.code for row in rows}
    whole: list[CodeRow] = []
    headers: set[str] = set()
    for row in rows:
        for length in range(3, len(row.code)):
            prefix = row.code[:length]
            if prefix in printed and prefix not in known and prefix not in headers:
                whole.append(CodeRow(prefix, printed[prefix], False, longest_prefix(prefix, headers)))
                headers.add(prefix)
        whole.append(CodeRow(row.code, row.title, True, longest_prefix(row.code, headers), row.short_title))
    return whole


def store_tabular(db: sqlite3.Connection, load: int, rows: Iterable[Chapter | Section | TabularCode]) -> Counts:
    """Store a tabular list under its load."""
    chapters = sections = codes = 0
    for row in rows:
        if isinstance(row, Chapter):
            db.execute("INSERT INTO chapters VALUES (?, ?, ?, ?)", (load, row.number, chapters, row.title))
            _add_notes(db, load, "chapter", row.number, row)
            chapters += 1
        elif isinstance(row, Section):
            values = (load, row.id, row.chapter, sections, row.title)
            db.execute("INSERT INTO sections VALUES (?, ?, ?, ?, ?)", values)
            _add_notes(db, load, "section", row.id, row)
            sections += 1
        else:
            printed = (load, row.code, row.parent, row.section, row.title)
            db.execute("INSERT INTO printed_codes VALUES (?, ?, ?, ?, ?)", printed)
            _add_notes(db, load, "code", row.code, row)
            db.executemany(
                "INSERT INTO seventh_characters VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (load, row.code, ordinal, one.character, one.meaning, "\n".join(one.also))
                    for ordinal, one in enumerate(row.seventh_characters)
                ),
            )
            codes += 1
    return Counts(rows=codes)


def store_conversions(db: sqlite3.Connection, load: int, rows: Iterable[Conversion]) -> Counts:
    """Store a conversion table under its load."""
    stored = db.executemany(
        "INSERT OR IGNORE INTO conversions VALUES (?, ?, ?, ?, ?)",
        ((load, row.code, ordinal, row.effective, row.previous) for ordinal, row in enumerate(rows)),
    )
    return Counts(rows=stored.rowcount)


def check_addenda(db: sqlite3.Connection, recognized: Recognized, rows: list[Change | Total]) -> list[str]:
    """Whether the addenda fit: their own totals, and the edition before plus the changes gives this edition.

    Returns what does not fit, a line each. Raises UnreadableInput when either edition is not loaded, because
    addenda replace no full file.
    """
    changes = [row for row in rows if isinstance(row, Change)]
    problems = list(_wrong_totals(changes, [row for row in rows if isinstance(row, Total)]))
    this = db.execute(
        "SELECT id FROM releases WHERE system = ? AND edition = ? AND complete",
        (recognized.system.value, recognized.edition),
    ).fetchone()
    earlier = db.execute(
        "SELECT id, edition FROM releases WHERE system = ? AND starts < ? AND complete ORDER BY starts DESC LIMIT 1",
        (recognized.system.value, str(recognized.starts)),
    ).fetchone()
    if this is None or earlier is None:
        missing = recognized.edition if this is None else f"the edition before {recognized.edition}"
        raise UnreadableInput(
            f"addenda hold changes only, and the full order file of {missing} is not loaded",
            "expected the full order file, such as icd10cm_order_2026.txt; import it first or together",
        )
    expected = _rows_of(db, earlier[0])
    for change in changes:
        if change.action in (Action.DELETE, Action.REVISE_FROM):
            expected.pop((change.code, change.billable), None)
        else:
            expected[change.code, change.billable] = change.title
    actual = _rows_of(db, this[0])
    odd = sorted({code for code, _ in expected.items() ^ actual.items()})
    problems += [f"{code}: {earlier[1]} with the addenda is not {recognized.edition}" for code, _ in odd[:10]]
    return problems


def attach(db: sqlite3.Connection) -> None:
    """Choose for every release the loads that serve it, and place the codes of ICD-10-CM in their tabular list."""
    query = "SELECT id, edition, starts, ends, system FROM releases WHERE system IN (?, ?)"
    systems = (CodeSystem.ICD10CM.value, CodeSystem.ICD10PCS.value)
    for release, edition, starts, ends, system in db.execute(query, systems).fetchall():
        for kind in PARTS if system == CodeSystem.ICD10CM else (FileKind.PCS_INDEX,):
            load = _best_load(db, kind, edition, starts, ends)
            key = (release, kind.value)
            known = db.execute("SELECT load_id FROM release_parts WHERE release_id = ? AND kind = ?", key).fetchone()
            if load is not None and known != (load,):
                db.execute("INSERT OR REPLACE INTO release_parts VALUES (?, ?, ?)", (*key, load))
        if tabular := tabular_load(db, release):
            _place(db, release, tabular)
            _choose_defaults(db, release, tabular)


def leftovers(db: sqlite3.Connection, release: int) -> Iterator[str]:
    """The codes that the books name and the release does not have, a line for each book that has some.

    The tabular list is checked for the same fiscal year only; an index lags behind by nature.
    """
    query = (
        "SELECT p.kind, p.load_id, l.ends = r.ends FROM release_parts p JOIN loads l ON l.id = p.load_id"
        " JOIN releases r ON r.id = p.release_id WHERE p.release_id = ?"
    )
    for kind, load, same_year in db.execute(query, (release,)).fetchall():
        if kind == FileKind.CM_CONVERSION or (kind == FileKind.CM_TABULAR and not same_year):
            continue
        table = "printed_codes" if kind == FileKind.CM_TABULAR else "index_targets"
        codes = [
            row[0]
            for row in db.execute(
                f"SELECT DISTINCT code FROM {table} t WHERE load_id = ? AND code IS NOT NULL AND NOT EXISTS"
                " (SELECT 1 FROM codes c WHERE c.release_id = ? AND c.code = t.code) ORDER BY code",
                (load, release),
            )
        ]
        if codes:
            name = kind.removeprefix("icd10cm ")
            shown = ", ".join(codes[:_MOST_LISTED]) + (", ..." if len(codes) > _MOST_LISTED else "")
            yield f"{len(codes):,} codes of the {name} are not in the release: {shown}"


def tabular_load(db: sqlite3.Connection, release: int) -> int | None:
    """The load whose tabular list serves the release."""
    query = "SELECT load_id FROM release_parts WHERE release_id = ? AND kind = ?"
    row = db.execute(query, (release, FileKind.CM_TABULAR.value)).fetchone()
    return int(row[0]) if row else None


def _best_load(db: sqlite3.Connection, kind: FileKind, edition: str, starts: str, ends: str) -> int | None:
    """The load of the same edition, else of the same fiscal year, else the nearest in time."""
    begin = dt.date.fromisoformat(starts)

    def distance(row: tuple[int, str, str, str]) -> tuple[bool, bool, int]:
        return row[1] != edition, row[3] != ends, abs((dt.date.fromisoformat(row[2]) - begin).days)

    loads = db.execute("SELECT id, edition, starts, ends FROM loads WHERE kind = ?", (kind.value,)).fetchall()
    return min(loads, key=distance)[0] if loads else None


def _place(db: sqlite3.Connection, release: int, tabular: int) -> None:
    """Give every code of the release its printed form and section, and every section its categories."""
    query = "SELECT code, section, parent FROM printed_codes WHERE load_id = ?"
    printed = {code: (code, section) for code, section, parent in db.execute(query, (tabular,))}
    codes = db.execute(
        "SELECT code, position, printed, section FROM codes WHERE release_id = ? ORDER BY position", (release,)
    ).fetchall()

    def moved() -> Iterator[tuple[str | None, str | None, int, str]]:
        for code, _, old, section in codes:
            base = printed_base(code, printed) or (None, None)
            if base != (old, section):
                yield *base, release, code

    db.executemany("UPDATE codes SET printed = ?, section = ? WHERE release_id = ? AND code = ?", list(moved()))
    first = {code: position for code, position, *_ in codes if len(code) == 3}
    last = {code[:3]: position for code, position, *_ in codes}
    members: dict[str, list[str]] = {}
    for code, section in printed.values():
        if len(code) == 3:
            members.setdefault(section, []).append(code)
    db.execute("DELETE FROM section_spans WHERE release_id = ?", (release,))
    for (section,) in db.execute("SELECT id FROM sections WHERE load_id = ?", (tabular,)).fetchall():
        # A section that prints no categories of its own (V00-V99) spans those that its id names.
        named = [*members.get(section, ()), section.partition("-")[0], section.rpartition("-")[2]]
        known = [code for code in named if code in first]
        if known:
            span = (min(first[code] for code in known), max(last[code] for code in known))
            db.execute("INSERT INTO section_spans VALUES (?, ?, ?, ?)", (release, section, *span))


def _choose_defaults(db: sqlite3.Connection, release: int, tabular: int) -> None:
    """Give every header the code that the tabular list says it stands for."""
    query = "SELECT load_id, owner, text FROM notes WHERE owner_kind = 'code' AND kind = ? AND text LIKE '% NOS'"
    said = db.execute(query, (NoteKind.INCLUSION_TERM.value,)).fetchall()
    # Of every tabular list: another one may have served the release before.
    titles = {(owner[:3], bare(text)) for _, owner, text in said}
    unspecified: dict[str, list[str]] = {}
    for load, owner, text in said:
        if load == tabular:
            unspecified.setdefault(bare(text), []).append(owner)
    query = "SELECT code, title FROM codes WHERE release_id = ? AND NOT billable"
    headers = db.execute(query, (release,))
    categories = sorted({code[:3] for code, title in headers if (code[:3], bare(title)) in titles})
    query = (
        "SELECT code, title, billable, parent, default_code FROM codes"
        " WHERE release_id = ? AND code >= ? AND code < ? ORDER BY position"
    )
    rows = [row for category in categories for row in db.execute(query, (release, category, category + "~"))]
    codes = [CodeRow(code, title, bool(flag), parent) for code, title, flag, parent, _ in rows]
    defaults = default_billable(codes, unspecified)
    known = {code for code, *_ in rows}
    moved = [
        (defaults[code], release, code)
        for code, _, _, _, old in rows
        if defaults.get(code, old) != old and defaults[code] in known
    ]
    db.executemany("UPDATE codes SET default_code = ? WHERE release_id = ? AND code = ?", moved)


def _add_notes(
    db: sqlite3.Connection, load: int, owner_kind: str, owner: str, row: Chapter | Section | TabularCode
) -> None:
    db.executemany(
        "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?)",
        ((load, owner_kind, owner, ordinal, *note) for ordinal, note in enumerate(row.notes)),
    )


def _rows_of(db: sqlite3.Connection, release: int) -> dict[tuple[str, bool], str]:
    query = "SELECT code, billable, title FROM codes WHERE release_id = ?"
    return {(code, bool(flag)): title for code, flag, title in db.execute(query, (release,))}


def _wrong_totals(changes: list[Change], totals: list[Total]) -> Iterator[str]:
    actions = {"additions": Action.ADD, "deletions": Action.DELETE, "revisions": Action.REVISE_TO}
    if not totals:
        yield "the closing totals are missing: the file is cut off"
    for total in totals:
        found = sum(c.billable == total.billable and c.action is actions[total.what] for c in changes)
        if found != total.count:
            holders = "codes" if total.billable else "headers"
            yield f"{total.what} of {holders}: the file counts {total.count}, but holds {found}"
