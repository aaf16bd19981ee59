"""The walk through the encoder: back and forward as in a browser, and what of it a trail tells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.screens.encoder import MOST_STOPS, TRAIL_STOPS, Stop, Walk


def at(name: str, screen: str = "codes") -> Stop:
    return Stop(screen, None, name)


def walked(*names: str) -> Walk:
    walk = Walk()
    for here, there in zip(names, names[1:], strict=False):
        walk.go(at(here), at(there))
    return walk


def test_back_and_forward_lead_along_the_same_stops() -> None:
    walk = walked("a", "b", "c")

    back = [walk.step(at("c"), -1), walk.step(at("b"), -1), walk.step(at("a"), -1)]
    forward = [walk.step(at("a"), 1), walk.step(at("b"), 1), walk.step(at("c"), 1)]

    assert [stop and stop.words for stop in back] == ["b", "a", None]
    assert [stop and stop.words for stop in forward] == ["b", "c", None]


def test_going_on_from_an_earlier_stop_forgets_what_came_after_it() -> None:
    walk = walked("a", "b", "c")
    walk.step(at("c"), -1)

    walk.go(at("b"), at("d"))

    assert [stop.words for stop in walk.stops] == ["a", "b", "d"]


def test_a_stop_is_kept_as_it_was_left() -> None:
    walk = walked("a", "b")

    walk.step(at("b, further down"), -1)

    assert walk.step(at("a"), 1) == at("b, further down")


def test_leaving_a_screen_goes_back_to_where_the_one_below_was_left() -> None:
    walk = Walk()
    walk.go(at("search"), at("term", "index"))
    walk.go(at("term", "index"), at("other term", "index"))

    walk.leave(at("other term", "index"), "codes")

    assert walk.words(at("search")) == ["search"]
    forward = walk.step(at("search"), 1)
    assert forward is not None
    assert forward.words == "term"


@given(st.lists(st.sampled_from(["a", "b", "go", "back", "on"]), max_size=300))
def test_no_walk_leaves_its_stops_or_grows_without_end(acts: list[str]) -> None:
    walk, here = Walk(), at("start")

    for act in acts:
        if act in ("back", "on"):
            here = walk.step(here, -1 if act == "back" else 1) or here
        else:
            walk.go(here, there := at(act))
            here = there

    assert 0 <= walk.at <= len(walk.stops) <= MOST_STOPS
    told = walk.words(here)
    assert len(told) <= TRAIL_STOPS
    assert told[-1] == here.words
    assert all(one != other for one, other in zip(told, told[1:], strict=False))
