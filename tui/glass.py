"""Breaking the glass of a restricted chart by keys: a reason in words, the PIN of whoever has one, then it opens.

Who has no right to it is told what `store.access` says of the chart; the emergency itself is logged there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from codesets.errors import CodedeskError
from store.permissions import refusal
from tui.screens.desk import DeskScreen
from tui.widgets.entry_line import SECRET


def break_the_glass(
    front: DeskScreen, work_item_id: str, error: CodedeskError, then: Callable[[], Awaitable[None]]
) -> None:
    """Offer to break the glass of a chart to whoever has the right to, and do what was asked for `then`."""
    from store.access import break_glass
    from store.reasons import reason_in_words

    workstation = front.workstation
    actor = workstation.record.known_actor
    if not work_item_id or actor is None or refusal(actor.role, "do", "glass.break"):
        front.trouble(error)
        return

    async def broken(reason: str, pin: str = "") -> None:
        if not reason.strip():
            front.say("Nothing was opened.")
            return
        await workstation.change(break_glass, work_item_id, reason, pin)
        await then()

    async def reasoned(reason: str) -> None:
        if reason.strip():
            reason_in_words(reason)  # a PIN is asked for once the rest is right
        if reason.strip() and await workstation.idle.pin_is_set():

            async def with_pin(pin: str) -> None:
                await broken(reason, pin)

            front.ask(SECRET, "your PIN:", answer=with_pin)
        else:
            await broken(reason)

    front.ask("reason", "Restricted. In an emergency, say why:", answer=reasoned)
