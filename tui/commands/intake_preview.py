"""`codedesk intake --preview N FILE`: the columns of a table, why they were taken for what, and its first rows."""

from __future__ import annotations

import json
from pathlib import Path

from codesets.errors import UnreadableInput
from codesets.safe import safe_line


def preview(path: str, count: int, options, as_json: bool) -> int:
    """Print what a map, saved or guessed, makes of the first rows. Raises UnreadableInput, BadMap."""
    from store.intake.files import NotTakenIn
    from store.intake.tables import rows

    try:
        with Path(path).open("rb") as stream:
            found = rows.preview(stream, count, options)
    except OSError as error:
        raise UnreadableInput(f"{path}: {(error.strerror or 'it cannot be read').lower()}") from None
    except NotTakenIn as error:
        raise UnreadableInput(f"{path}: {error.message}") from None
    bad = sum(isinstance(row, str) for row in found.rows)
    if as_json:
        document = {
            "map": found.column_map.model_dump(mode="json"),
            "guessed": found.guessed is not None,
            "reasons": found.guessed.reasons if found.guessed else [],
            "unused": found.guessed.unused if found.guessed else [],
            "rows": list(found.rows),
        }
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return 1 if bad else 0
    _print_map(found)
    for number, row in enumerate(found.rows, 1):
        if isinstance(row, str):
            print(safe_line(row))
        else:
            print(f"row {number}: " + ", ".join(f"{field} {safe_line(value)[:60]}" for field, value in row.items()))
    return 1 if bad else 0


def _print_map(found) -> None:
    kind = found.column_map.record.value
    if found.guessed is None:
        print(f"read by the map {found.column_map.name}, as {kind}s")
        for field, column in found.column_map.columns.items():
            print(f"  {field} = {column}")
        if left := found.column_map.unused:
            print(f"  not used: {safe_line(', '.join(left))}")
        return
    print(f"guessed: each row is one {kind}")
    for reason in found.guessed.reasons:
        print(f"  {safe_line(reason)}")
    if found.guessed.unused:
        print(f"  not used: {safe_line(', '.join(found.guessed.unused))}")
    print("keep it with --save-map NAME, or name columns yourself with --column FIELD=COLUMN")
