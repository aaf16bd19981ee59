"""Reads the files of one command line, one after the other: what each came to on stdout, what cannot be read on stderr.

A file that cannot be read leaves the others. Where the database fails, those before it are told of, then the failure.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from codesets.errors import UnreadableInput
from codesets.safe import safe_line

Taken = TypeVar("Taken")


def each_file(
    paths: Sequence[str],
    take: Callable[[Path], Taken],
    fields: Callable[[str, Taken], dict[str, Any]],
    text: Callable[[str, Taken], Iterable[str]],
    odd: Callable[[Taken], bool],
    as_json: bool,
) -> int:
    """Take every file and tell what became of it, with `as_json` as one document of all.

    The exit code: 2 where a file could not be read, 1 where one is `odd`, else 0. Raises DatabaseUnusable.
    """
    from store.database import DatabaseUnusable

    broken: DatabaseUnusable | None = None
    taken: list[tuple[str, Taken]] = []
    refused: list[tuple[str, UnreadableInput]] = []
    for path in paths:
        try:
            taken.append((path, take(Path(path))))
        except UnreadableInput as error:
            refused.append((path, error))
        except DatabaseUnusable as error:
            broken = error
            break
    if as_json:
        print(json.dumps([fields(path, one) for path, one in taken], ensure_ascii=False, indent=2))
    else:
        for path, one in taken:
            print("\n".join(text(path, one)))
    for path, error in refused:
        print(f"codedesk: {safe_line(path)}: {safe_line(error.line())}", file=sys.stderr)
    if broken is not None:
        told = f"{broken.message}; {len(taken):,} of {len(paths):,} files were taken in before"
        raise DatabaseUnusable(told, broken.remedy) from broken
    return 2 if refused else int(any(odd(one) for _, one in taken))
