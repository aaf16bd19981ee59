"""A row source that reads page by page, going on from a row it has: a million rows cost what a hundred do.

Rows that are not here yet are None, which a table draws as a dim line; `need` is called with a page's number and
the rows beside it, and `fill` takes the answer. Only pages beside known ones, the first and the last can be asked
for, which is all that keys can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

RowT = TypeVar("RowT")

KEPT_PAGES = 12


@dataclass(frozen=True)
class PageNeed(Generic[RowT]):
    """A page to be read: after a row, before a row, the last one, or (none of these) the first one."""

    number: int
    after: RowT | None = None
    before: RowT | None = None
    last: bool = False


class PagedSource(Generic[RowT]):
    """Rows of a long list by their place from 0, as far as they have been read."""

    def __init__(
        self,
        count: int,
        page_rows: int,
        key: Callable[[RowT], str],
        need: Callable[[PageNeed[RowT]], None],
        capped: bool = False,
    ) -> None:
        self._count = count
        self._page_rows = page_rows
        self._key = key
        self._need = need
        self._pages: dict[int, Sequence[RowT]] = {}
        self._asked: set[int] = set()
        self.capped = capped
        """Whether there are more rows than were counted."""

    def __len__(self) -> int:
        return self._count

    def window(self, top: int, height: int) -> Sequence[RowT | None]:
        """Rows from a place on; None for those that are still being read, which this call asks for."""
        rows: list[RowT | None] = []
        for place in range(top, min(top + height, self._count)):
            number, inside = divmod(place, self._page_rows)
            page = self._pages.get(number)
            if page is None:
                self._ask(number)
            rows.append(page[inside] if page is not None and inside < len(page) else None)
        return rows

    def identity(self, row: RowT) -> str:
        return self._key(row)

    def locate(self, identity: str) -> int | None:
        """The place of a row that has been read."""
        for number, page in self._pages.items():
            for inside, row in enumerate(page):
                if self._key(row) == identity:
                    return number * self._page_rows + inside
        return None

    def fill(self, number: int, rows: Sequence[RowT]) -> None:
        """Take a page that was asked for; the oldest ones are let go. The last page ends where the list ends."""
        self._asked.discard(number)
        if number == self._last_page:
            rows = rows[-(self._count - number * self._page_rows) :]
        self._pages[number] = rows
        while len(self._pages) > KEPT_PAGES:
            del self._pages[next(iter(self._pages))]

    @property
    def _last_page(self) -> int:
        return max(self._count - 1, 0) // self._page_rows

    def _ask(self, number: int) -> None:
        if number in self._asked:
            return
        before, after = self._pages.get(number - 1), self._pages.get(number + 1)
        if before:
            need = PageNeed(number, after=before[-1])
        elif after:
            need = PageNeed(number, before=after[0])
        elif number == 0:
            need = PageNeed(number)
        elif number == self._last_page:
            need = PageNeed(number, last=True)
        else:
            return
        self._asked.add(number)
        self._need(need)
