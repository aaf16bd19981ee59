"""The desks: the screen that each action of the registry goes to, loaded when somebody goes there."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from store.permissions import on_key
from store.settings import SettingsError, load_settings
from store.terms import Role

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

FIRST = "worklists"
"""The desk that lies under all others."""

DESK_OF = {
    Role.CODER: FIRST,
    Role.BILLER: "claims",
    Role.AUDITOR: "audits",
    Role.MANAGER: "numbers",
    Role.RECORDS: "records_desk",
    Role.ANALYST: "numbers",
    Role.ADMIN: "administration",
}
"""The desk on which each role begins its day; the worklists lie under it."""


def desk_screen(action_id: str) -> type[DeskScreen]:
    """The screen of a desk. KeyError for an action that goes to none."""
    module, _, name = DESKS[action_id].partition(":")
    return cast("type[DeskScreen]", getattr(import_module(module), name))


def first_desk(role: Role) -> str:
    """The action of the desk that a person begins on: the setting's where it is for the role, else the role's own.

    Raises SettingsError for a setting that names no desk or no role.
    """
    chosen = DESK_OF[role]
    for part in load_settings().first_desk.split(","):
        *whose, desk = part.split() or [chosen]
        if desk not in DESKS:
            raise SettingsError(f"first_desk: no desk is called {desk!r}", f"there are {', '.join(DESKS)}")
        if unknown := set(whose) - set(Role):
            raise SettingsError(f"first_desk: no role is called {min(unknown)!r}", f"there are {', '.join(Role)}")
        if not whose or role in whose:
            chosen = desk
    return DESK_OF[role] if on_key(role, chosen, "Anywhere") else chosen
