"""The seam before the groupers: the first one that this host has answers; where there is none, that is the answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Protocol

from codesets.errors import UnreadableInput
from codesets.grouping.answer import Grouping, Ungrouped
from codesets.grouping.discharge import Discharge

NO_GROUPER = Ungrouped("No grouper is loaded.", "pip install 'codedesk[drg]' adds one")


class Grouper(Protocol):
    """A grouper that is at hand."""

    def group(self, discharge: Discharge) -> Grouping | Ungrouped: ...


Opener = Callable[[], Grouper | None]
"""Opens a grouper, or tells that it is not there. Raises OSError or RuntimeError for one that is broken.

UnreadableInput is of a site's own that is set up wrongly: no other then answers in its place.
"""


def group(discharge: Discharge) -> Grouping | Ungrouped:
    """The DRG of a discharge by the grouper of this host, opened at the first question. Milliseconds, no network."""
    found = opened()
    if isinstance(found, Ungrouped):
        return found
    if not discharge.diagnoses:
        return Ungrouped("A stay without a diagnosis has no DRG.", "enter the principal diagnosis")
    return found.group(discharge)


@cache
def opened() -> Grouper | Ungrouped:
    """The grouper of this process."""
    from codesets.grouping.package import open_package
    from codesets.grouping.site import open_site

    return first_of((open_site, open_package))


def wait_until_ready() -> None:
    """Let a grouper that takes long to start do so: for commands, which can wait; screens ask again instead."""
    from codesets.grouping.child import ChildGrouper

    found = opened()
    if isinstance(found, ChildGrouper):
        found.wait_until_ready()


def first_of(openers: tuple[Opener, ...]) -> Grouper | Ungrouped:
    """The first grouper that opens; why there is none where one is there and broken."""
    trouble = NO_GROUPER
    for opener in openers:
        try:
            if found := opener():
                return found
        except UnreadableInput as error:
            return Ungrouped(f"No grouper is loaded: {error.message.rstrip('.')}.", error.remedy)
        except (OSError, RuntimeError) as error:
            trouble = Ungrouped(f"The grouper cannot be loaded: {str(error).splitlines()[0]}.", "reinstall it")
    return trouble
