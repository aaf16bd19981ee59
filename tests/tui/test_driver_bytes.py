"""What each act may cost on the line, in bytes: exact, whatever the machine does meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.bench.terminal import BUDGETS, SIZES, Budget, Measured, make_site, walk

pytestmark = pytest.mark.thorough

# Going back shows a whole other screen full of text, more than the target has room for: held to what that takes.
_WHOLE_SCREEN = {("back", 0): 2_050, ("back", 1): 5_500}


@pytest.fixture(scope="module")
def walked(reference_file, tmp_path_factory) -> Callable[[tuple[int, int]], Measured]:
    """The answers of the program at a size; the walk is made once for each."""
    environment = make_site(tmp_path_factory.mktemp("bytes"), reference_file)
    return cache(lambda size: walk(environment, size, idle=1.0))


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: budget.act)
@pytest.mark.parametrize("number", range(len(SIZES)), ids=[f"{columns}x{rows}" for columns, rows in SIZES])
def test_an_act_costs_no_more_than_its_budget(
    walked: Callable[[tuple[int, int]], Measured], number: int, budget: Budget
) -> None:
    most = _WHOLE_SCREEN.get((budget.act, number), (budget.small, budget.large)[number])

    measured = walked(SIZES[number])

    assert measured.most_bytes(budget.act) <= most
    assert budget.act == "idle" or min(answer.size for answer in measured.answers[budget.act]) > 0
