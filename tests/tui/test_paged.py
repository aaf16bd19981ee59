"""The paged source: what a table sees of a long list is what the list holds, however it moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.paged import KEPT_PAGES, PagedSource, PageNeed

PAGE = 7


class LongList:
    """A list that answers pages as a database would, and keeps count of what it was asked."""

    def __init__(self, size: int) -> None:
        self.rows = [f"row {n:05}" for n in range(size)]
        self.asked: list[PageNeed[str]] = []
        self.source = PagedSource(size, PAGE, str, self.asked.append)

    def answer(self) -> None:
        while self.asked:
            need = self.asked.pop(0)
            if need.after is not None:
                start = self.rows.index(need.after) + 1
                page = self.rows[start : start + PAGE]
            elif need.before is not None:
                end = self.rows.index(need.before)
                page = self.rows[max(end - PAGE, 0) : end]
            else:
                page = self.rows[-PAGE:] if need.last else self.rows[:PAGE]
            self.source.fill(need.number, page)


def seen(held: LongList, top: int, height: int = 10) -> list[str | None]:
    """The window after everything that it asks for has come, page by page."""
    for _ in range(4):
        held.source.window(top, height)
        held.answer()
    return list(held.source.window(top, height))


@given(st.integers(0, 200), st.lists(st.sampled_from([-10, -3, -1, 1, 3, 10]), max_size=60))
def test_stepping_through_a_list_shows_its_rows(size: int, steps: list[int]) -> None:
    held, top = LongList(size), 0
    for step in [0, *steps]:
        top = max(0, min(top + step, size - 1)) if size else 0

        assert seen(held, top) == held.rows[top : top + 10]


@given(st.integers(1, 200))
def test_the_end_can_be_reached_at_once_and_walked_back_from(size: int) -> None:
    held = LongList(size)
    last = max(size - 10, 0)

    assert seen(held, last)[-1] == held.rows[-1]
    for top in range(last, max(last - 20, -1), -1):
        assert seen(held, top) == held.rows[top : top + 10]


def test_rows_that_are_not_here_yet_are_none_and_are_asked_for_once() -> None:
    held = LongList(100)

    first, again = held.source.window(0, 5), held.source.window(0, 5)

    assert list(first) == list(again) == [None] * 5
    assert len(held.asked) == 1


def test_only_some_pages_are_kept() -> None:
    held = LongList(PAGE * 40)
    for top in range(0, PAGE * 39, PAGE):
        seen(held, top)

    assert len(held.source._pages) == KEPT_PAGES
    assert held.source.locate("row 00000") is None
