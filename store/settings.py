"""The site's settings: `config.toml` in codedesk's folder, each one also an environment variable `CODEDESK_…`.

The environment wins over the file, the file over the default. Unknown names in the file are refused by name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from codesets.errors import CodedeskError
from codesets.home import ensure_home, home

KEYS = "keys"
"""The table of the settings file that is no setting but a map of keys."""


class SettingsError(CodedeskError):
    """The settings file cannot be read, or names a setting that does not exist."""

    title = "settings"


@dataclass(frozen=True)
class Settings:
    """Every setting with its default and, beside it, what it does."""

    database_url: str = ""
    """Where the record is kept; empty: the file `workstation.sqlite` in codedesk's folder."""

    service_account: str = ""
    """The account of a shared host that owns the record and that sudo or sshd runs codedesk as (SHARED-HOST.md)."""

    log_key: str = ""
    """File with the key of the log; empty: beside the record. Keep a copy of it apart from the database."""

    log_anchor: str = ""
    """Where anchors of the log go: a file on another disk or share, or `syslog`; several with commas between."""

    backups: str = ""
    """Folder for the backups that `upgrade` makes; empty: `backups` beside the record."""

    facilities: str = "*"
    """Local ids of the facilities whose charts are worked on, with commas between; only PostgreSQL holds to it."""

    busy_seconds: int = 30
    """How long a change of a record on SQLite waits for another one to end, before it says that it cannot."""

    billing_facility: str = ""
    """Local id of the facility that bills for visits that name none; empty: those are not billed."""

    usage_indicator: str = "T"
    """ISA15 of every file that leaves: `T` test, `P` production."""

    submitter_id: str = "CODEDESK"
    """ISA06, GS02 and the submitter's identifier in loop 1000A."""

    receiver_id: str = "CLEARINGHOUSE"
    """ISA08, GS03 and the receiver's identifier in loop 1000B, where a payer names no other."""

    receiver_name: str = "CLEARINGHOUSE"
    """Name of the receiver in loop 1000B."""

    today: str = ""
    """The ISO day that counts as today; empty: the real one. For demos and training, whose visits never age."""

    lease_minutes: int = 15
    """How long an opened chart stays with its coder without a key."""

    lock_minutes: int = 10
    """After how many minutes without a key the screen is covered; 0: never."""

    leave_minutes: int = 30
    """After how many minutes without a key the program ends and gives its chart back; 0: never."""

    idle_seconds: int = 120
    """A gap between keys longer than this is no active time of the person."""

    clipboard: str = "terminal"
    """Where `y` copies to: `terminal` (OSC 52) and a file in `copies/`, `file` (that alone), or `off`."""

    preset: str = "default"
    """The set of keys to begin with: `default` (letters beside F-keys), `fkeys` (arrows and F-keys lead)."""

    first_desk: str = ""
    """The desk to begin on, for all (`claims`) or by role (`biller remits, admin worklists`); empty: the role's own."""

    palette: str = ""
    """Colors: `dark`, `light` (for a light background), `16`, `mono`; empty: what the terminal can show."""

    linear: bool = False
    """Screens for a screen reader: one column, no rules, each value behind its label."""

    audit_answer_days: int = 14
    """Days in which a coder answers a finding of an audit; after them it counts as accepted."""

    dnfb_goal_days: int = 5
    """Days of revenue that may stand discharged and not final billed: what boards and capacity are held against."""

    unended_seconds: int = 5
    """How long a file of a watched folder must stand still without its end before it is taken or refused."""

    drg_base_rate: int = 0
    """Cents that a DRG of weight 1.0 is paid; 0: not known, and no money is reckoned from DRGs."""

    authenticated_only: bool = True
    """Whether codes may rest only on authenticated documents; others are marked in the chart."""


def load_settings() -> Settings:
    """The settings in force. Raises SettingsError with the file and the name that is wrong."""
    path = home() / "config.toml"
    environment = tuple(map(os.environ.get, _VARIABLES))
    return _in_force(path, _identity(path), environment)


_NAMES = tuple(field.name for field in fields(Settings))
_VARIABLES = tuple(f"CODEDESK_{name.upper()}" for name in _NAMES)


def _identity(path: Path) -> tuple[int, int, int] | None:
    """What changes with a file: every change of a record asks for the settings, and the file seldom is another."""
    try:
        status = path.stat()
    except OSError:  # told by what reads it
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(8)
def _in_force(path: Path, identity: tuple[int, int, int] | None, environment: tuple[str | None, ...]) -> Settings:
    values = _from_file(path)
    values |= {name: text for name, text in zip(_NAMES, environment, strict=True) if text is not None}
    given: dict[str, Any] = {name: _typed(name, value) for name, value in values.items()}
    return Settings(**given)


def settings_markdown() -> str:
    """The settings as the document `store/SETTINGS.md`: from this module, which alone says what each one does."""
    import ast
    import inspect

    (body,) = (node.body for node in ast.parse(inspect.getsource(Settings)).body if isinstance(node, ast.ClassDef))
    words = {
        field.target.id: " ".join(str(told.value.value).split())
        for field, told in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(told, ast.Expr) and isinstance(told.value, ast.Constant)
    }
    lines = [
        "# Settings",
        "",
        "Lines `name = value` in `config.toml` in codedesk's folder; each is also an environment variable",
        "`CODEDESK_NAME`, which wins over the file. A table `[keys]` gives actions keys of a site's own.",
        "",
        "| setting | without it | what it does |",
        "| --- | --- | --- |",
    ]
    for field in fields(Settings):
        default = str(field.default).lower() if isinstance(field.default, bool) else field.default
        lines.append(f"| `{field.name}` | {f'`{default}`' if default != '' else ''} | {words[field.name]} |")
    return "\n".join(lines) + "\n"


def user_keys() -> dict[str, tuple[str, ...]]:
    """The keys of a site's own, by action: the table `keys` of the settings file. Raises SettingsError."""
    path = home() / "config.toml"
    table = _read(path).get(KEYS, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: keys is a table of actions, as in undo = 'u'")
    keys = {action: (value,) if isinstance(value, str) else value for action, value in table.items()}
    for action, value in keys.items():
        if not isinstance(value, list | tuple) or not all(isinstance(key, str) and key for key in value):
            raise SettingsError(f"{path}: keys.{action}: expected a key or a list of keys, got {value!r}")
    return {action: tuple(value) for action, value in keys.items()}


def database_url() -> str:
    """The URL of the record to work on."""
    return load_settings().database_url or _url_in_home()


def site_url() -> str:
    """The URL of the record by the settings file alone, whatever the environment names. Raises SettingsError."""
    return str(_from_file(home() / "config.toml").get("database_url") or _url_in_home())


def _url_in_home() -> str:
    return f"sqlite:///{home() / 'workstation.sqlite'}"


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite URL, or None for another database."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def outbox() -> Path:
    """Where files that leave are put: beside the record, so that a demo's never mix with a site's; made if need be."""
    return _beside_the_record("outbox")


def inbox() -> Path:
    """Where files that payers and banks sent are put to be taken in: beside the record; made if need be."""
    return _beside_the_record("inbox")


def copies() -> Path:
    """Where copied texts are kept, which leave by no transfer; made if need be."""
    return _beside_the_record("copies")


def _beside_the_record(name: str) -> Path:
    path = sqlite_path(database_url())
    folder = (path.parent if path else ensure_home()) / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def today() -> date:
    """The day that ages, deadlines and future dates are reckoned from. Raises SettingsError for a wrong one."""
    named = load_settings().today
    if not named:
        return date.today()
    try:
        return date.fromisoformat(named)
    except ValueError:
        raise SettingsError(f"today: expected a day such as 2026-09-29, got {named!r}") from None


def demo_url() -> str:
    """The URL of the made-up site's record: a file of its own beside that of this site."""
    return f"sqlite:///{home() / 'demo' / 'workstation.sqlite'}"


def _from_file(path: Path) -> dict[str, Any]:
    values = {name: value for name, value in _read(path).items() if name != KEYS}
    if unknown := sorted(set(values) - {field.name for field in fields(Settings)}):
        from difflib import get_close_matches

        close = get_close_matches(unknown[0], [field.name for field in fields(Settings)], 1)
        meant = f"{close[0]}? " if close else ""
        raise SettingsError(f"{path}: no setting is called {unknown[0]}", f"{meant}SETTINGS.md lists them")
    return values


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}", "mend or remove the file") from error
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}", "mend or remove the file") from error


def _typed(name: str, value: object) -> object:
    default = getattr(Settings, name)
    if isinstance(default, bool):
        if str(value).lower() in ("1", "true", "yes", "on"):
            return True
        if str(value).lower() in ("0", "false", "no", "off"):
            return False
        raise SettingsError(f"{name}: expected true or false, got {value!r}")
    if isinstance(default, int):
        try:
            return int(str(value))
        except ValueError:
            raise SettingsError(f"{name}: expected a whole number, got {value!r}") from None
    return str(value)
