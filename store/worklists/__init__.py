"""Work items: how a coding task comes into a worklist, who has it, and how it leaves.

The states of a work item:

    ready ──open──▶ in_progress ──final──▶ final
      ▲  ◀─release──     │  ▲                 │
      │    skip          │  └────take back────┘
      └──last hold cleared── on_hold ◀──hold── (ready, in_progress)
    (ready, in_progress, on_hold) ──visit canceled or open again──▶ canceled ──visit closed again──▶ ready
    final ──a document or charge came late──▶ ready

The worklists of a site are data in versions (`rulebook`, `versions`): the first one whose condition a task meets takes
it. That happens when a chart changes (`placing`), never when a list is read. `leases` gives charts out: an opened chart
is a lease, which stays with its coder for `lease_minutes` without a key. `why` explains a place, `assigning` moves work
between people. Codes are the business of `store.coding`, holds that of `store.holds`.
"""

from store.worklists.leases import is_held, next_item, open_item, release, skip, sweep_leases
from store.worklists.placing import name_on_list, place, refresh_priorities, reroute, usual_tasks
from store.worklists.rulebook import Rulebook, WorklistRule
from store.worklists.states import TRANSITIONS, ChartOnHold, ChartOpenElsewhere, ChartUnavailable, move
from store.worklists.versions import rulebook_of

__all__ = [
    "TRANSITIONS",
    "ChartOnHold",
    "ChartOpenElsewhere",
    "ChartUnavailable",
    "Rulebook",
    "WorklistRule",
    "is_held",
    "move",
    "name_on_list",
    "next_item",
    "open_item",
    "place",
    "refresh_priorities",
    "release",
    "reroute",
    "rulebook_of",
    "skip",
    "sweep_leases",
    "usual_tasks",
]
