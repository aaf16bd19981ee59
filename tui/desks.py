"""The desks: the screen that each action of the registry goes to, loaded when somebody goes there."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tui.screens.desk import DeskScreen

DESKS = {
    "codes": "tui.screens.codes:CodeSearchScreen",
    "worklists": "tui.screens.worklist:WorklistScreen",
    "claims": "tui.screens.claims:ClaimsScreen",
    "remits": "tui.screens.remits:RemitsScreen",
    "ledger": "tui.screens.ledger:LedgerScreen",
    "deposits": "tui.screens.deposits:DepositsScreen",
    "acks": "tui.screens.acks:AcksScreen",
    "partners": "tui.screens.partners:PartnersScreen",
    "rules": "tui.screens.rules:RulesScreen",
    "worklist_rules": "tui.screens.worklist_rules:WorklistRulesScreen",
    "holds": "tui.screens.holds:HoldsScreen",
    "provider_queries": "tui.screens.provider_queries:ProviderQueriesScreen",
    "audits": "tui.screens.audits:AuditsScreen",
    "numbers": "tui.screens.board:BoardScreen",
    "records_desk": "tui.screens.records:RecordsScreen",
    "quarantine": "tui.screens.quarantine:QuarantineScreen",
    "administration": "tui.screens.administration:AdministrationScreen",
}
"""By the id of the action."""


def desk_screen(action_id: str) -> type[DeskScreen]:
    """The screen of a desk. KeyError for an action that goes to none."""
    module, _, name = DESKS[action_id].partition(":")
    return cast("type[DeskScreen]", getattr(import_module(module), name))
