"""The registry of actions: complete, without contradictions, and carried out by a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tui
from store.settings import SettingsError
from tui.actions import ALONE, actions_on, footer, key_name, keymap, registry
from tui.app import Workstation
from tui.commands.keys import markdown
from tui.desks import DESKS, desk_screen
from tui.screens.acks import AcksScreen
from tui.screens.administration import AdministrationScreen
from tui.screens.audits import AuditsScreen
from tui.screens.audits.sides import SidesScreen
from tui.screens.behind import BehindScreen
from tui.screens.board import BoardScreen
from tui.screens.changes import ChangesScreen
from tui.screens.chart import ChartScreen
from tui.screens.chart.suggestions import SuggestionsScreen
from tui.screens.claim import ClaimScreen
from tui.screens.claims import ClaimsScreen
from tui.screens.codes import CodeSearchScreen
from tui.screens.conflict import ConflictScreen
from tui.screens.denials import DenialsScreen
from tui.screens.deposits import DepositsScreen
from tui.screens.em import EmScreen
from tui.screens.fields import FieldsScreen
from tui.screens.help import HelpScreen
from tui.screens.holds import HoldsScreen
from tui.screens.index import IndexScreen
from tui.screens.ledger import LedgerScreen
from tui.screens.lock import LockScreen
from tui.screens.partners import PartnersScreen
from tui.screens.pcs import PcsScreen
from tui.screens.pcs_index import PcsIndexScreen
from tui.screens.provider_queries import ProviderQueriesScreen
from tui.screens.quarantine import QuarantineScreen
from tui.screens.query import QueryScreen
from tui.screens.records import RecordsScreen
from tui.screens.remits import RemitsScreen
from tui.screens.rule_text import RuleTextScreen
from tui.screens.rules import RulesScreen
from tui.screens.tabular import TabularScreen
from tui.screens.unapplied import UnappliedScreen
from tui.screens.why import WhyScreen
from tui.screens.worklist import WorklistScreen
from tui.screens.worklist_rules import WorklistRulesScreen

SCREENS = {
    screen.name_on: screen
    for screen in (
        WorklistScreen,
        ChartScreen,
        SuggestionsScreen,
        CodeSearchScreen,
        IndexScreen,
        PcsScreen,
        PcsIndexScreen,
        RulesScreen,
        RuleTextScreen,
        ChangesScreen,
        TabularScreen,
        ClaimsScreen,
        ClaimScreen,
        RemitsScreen,
        AuditsScreen,
        RecordsScreen,
        BoardScreen,
        BehindScreen,
        FieldsScreen,
        SidesScreen,
        DenialsScreen,
        LedgerScreen,
        UnappliedScreen,
        DepositsScreen,
        AcksScreen,
        PartnersScreen,
        AdministrationScreen,
        ConflictScreen,
        EmScreen,
        HelpScreen,
        HoldsScreen,
        LockScreen,
        ProviderQueriesScreen,
        QuarantineScreen,
        QueryScreen,
        WhyScreen,
        WorklistRulesScreen,
    )
}
# Keys that a terminal, a multiplexer or another key's bytes take away.
OPEN_SCREENS = [name for name in SCREENS if name not in ALONE]
FORBIDDEN = ("ctrl", "alt", "F11", "F12")


@pytest.mark.parametrize("action", registry(), ids=lambda action: action.id)
def test_every_action_has_a_method_on_each_of_its_screens(action) -> None:
    places = [SCREENS[name] for name in OPEN_SCREENS] if "any" in action.on else [SCREENS[name] for name in action.on]

    known = action.id in DESKS or hasattr(Workstation, f"do_{action.id}")
    missing = [s.__name__ for s in places if not (known or hasattr(s, f"do_{action.id}"))]

    assert missing == []


@pytest.mark.parametrize("action_id", DESKS)
def test_an_action_that_goes_to_a_desk_opens_one_that_says_so(action_id: str) -> None:
    assert desk_screen(action_id).desk
    assert action_id in {action.id for action in registry()}


@pytest.mark.parametrize("action", registry(), ids=lambda action: action.id)
def test_no_action_needs_a_key_that_terminals_lose(action) -> None:
    assert not [key for key in action.keys if key.startswith(FORBIDDEN)]


@pytest.mark.parametrize("screen", OPEN_SCREENS)
def test_a_screen_shows_its_keys_and_help_in_80_columns(screen: str) -> None:
    shown = footer(screen)

    assert shown[-1].id == "help"
    assert sum(len(f"{action.key} {action.label}  ") for action in shown[:5]) <= 80


@pytest.mark.parametrize("key", ["F1", "F2", "F3", "F4", "F9", "g x", "g s", "g q", "g c", ":", "q", "Esc", "?"])
@pytest.mark.parametrize("screen", OPEN_SCREENS)
def test_the_keys_that_never_change_work_on_every_screen(screen: str, key: str) -> None:
    assert key in keymap(screen)


def test_a_screen_s_own_key_hides_the_one_of_every_screen() -> None:
    assert keymap("codes")["Space"].id == "read_on"
    assert keymap("chart")["Space"].id == "page_down"


def test_keys_are_named_as_they_are_written_in_the_registry() -> None:
    names = [key_name("question_mark", "?"), key_name("escape", "\x1b"), key_name("f2", None), key_name("k", "k")]

    assert names == ["?", "Esc", "F2", "k"]


def test_dangerous_actions_are_few_and_ask_first() -> None:
    assert {action.id for action in registry() if action.danger} == {"quit", "final", "export", "batch"}


def test_every_screen_of_the_registry_exists() -> None:
    named = {screen for action in registry() for screen in action.on} - {"any"}

    assert named <= set(SCREENS)
    assert all(actions_on(screen) for screen in SCREENS)


def test_a_locked_screen_takes_nothing_but_its_own_key() -> None:
    assert set(keymap("lock")) == {"Enter"}


def test_the_key_document_is_current() -> None:
    written = (Path(tui.__file__).parent / "KEYS.md").read_text(encoding="utf-8")

    assert written == markdown(), "codedesk keys --markdown > tui/KEYS.md"


@pytest.fixture
def own_keys(home: Path) -> Iterator[Callable[[str], None]]:
    """Writes a site's settings; the registry is read anew before and after."""

    def written(text: str) -> None:
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text(text)
        for cached in (registry, actions_on, keymap, footer):
            cached.cache_clear()

    yield written
    for cached in (registry, actions_on, keymap, footer):
        cached.cache_clear()


def test_a_site_can_give_an_action_other_keys(own_keys: Callable[[str], None]) -> None:
    own_keys("[keys]\nundo = ['U', 'F8']\n")

    assert keymap("chart")["U"].id == "undo"
    assert "u" not in keymap("chart")


@pytest.mark.parametrize("key", ["Ü", "ctrl+u", "S-Tab", "g U", "F12"])
def test_any_key_that_a_terminal_sends_can_be_given(own_keys: Callable[[str], None], key: str) -> None:
    own_keys(f"[keys]\nundo = '{key}'\n")

    assert keymap("chart")[key].id == "undo"


def test_with_the_preset_of_f_keys_no_letter_moves(own_keys: Callable[[str], None]) -> None:
    own_keys('preset = "fkeys"\n')

    assert {"j", "k", "g s"} & set(keymap("worklist")) == set()
    assert keymap("worklist")["F2"].id == "codes"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[keys]\nfly = 'x'\n", "no action is called 'fly'"),
        ("[keys]\nundo = 'f'\n", "f is both"),
        ("[keys]\nundo = 3\n", "expected a key"),
        ("[keys]\nundo = ['U', 'bogus+key']\n", "undo: there is no key 'bogus\\+key'"),
        ("[keys]\nundo = 'F99'\n", "undo: there is no key 'F99'"),
        ("[keys]\nundo = 'g u x'\n", "undo: there is no key 'g u x'"),
        ("[keys]\nundo = 'f8'\n", "undo: there is no key 'f8'"),
        ("[keys]\nundo = ' '\n", "undo: there is no key ' '"),
        ("preset = 'emacs'\n", "no set of keys is called 'emacs'"),
    ],
)
def test_a_wrong_key_map_is_named(own_keys: Callable[[str], None], text: str, named: str) -> None:
    own_keys(text)

    with pytest.raises(SettingsError, match=named):
        registry()
