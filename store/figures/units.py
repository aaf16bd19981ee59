"""Units: what a finished chart counts. Free of the ORM."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from codesets.errors import UnreadableInput
from codesets.home import home

SITE_FILE = "weights.toml"
USUAL = 100


def weights() -> Mapping[str, int]:
    """Hundredths of a unit by `setting-kind`. Raises UnreadableInput for a wrong table of the site."""
    path = home() / SITE_FILE
    return _read(path, path.stat().st_mtime if path.is_file() else 0.0)


def weight_of(setting: str, kind: str) -> int:
    """Hundredths of a unit of one chart."""
    return weights().get(f"{setting}-{kind}", USUAL)


@lru_cache(4)
def _read(path: Path, changed_at: float) -> Mapping[str, int]:
    import tomllib  # not before the first frame, which asks for the weights of no chart

    found: dict[str, int] = {}
    shipped = Path(__file__).with_name("weights.toml").read_text(encoding="utf-8")
    for name, text in [("weights.toml", shipped), *([(path.name, _text(path))] if changed_at else [])]:
        try:
            table = tomllib.loads(text).get("weights", {})
        except tomllib.TOMLDecodeError as error:
            raise UnreadableInput(f"{name}: no TOML: {error}") from None
        for key, value in table.items():
            if not isinstance(value, int) or not 0 <= value <= 10_000:
                raise UnreadableInput(f"{name}: {key}: expected hundredths of a unit, from 0 to 10000")
            found[key] = value
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{path.name} cannot be read: {error}") from None
