"""The settings: named where they are asked for, and listed in full in a document that is made from them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

import store
from store.settings import Settings, SettingsError, load_settings, settings_markdown

DOCUMENT = Path(store.__file__).with_name("SETTINGS.md") if store.__file__ else Path("store/SETTINGS.md")


def test_the_document_lists_every_setting_as_the_program_has_it() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")

    assert written == settings_markdown(), "store/SETTINGS.md is what settings_markdown() of store.settings makes"
    assert all(f"| `{field.name}` |" in written for field in fields(Settings))


def test_a_setting_that_is_not_there_is_named_with_the_one_that_may_be_meant(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('service_acount = "coder-svc"\n')

    with pytest.raises(SettingsError) as told:
        load_settings()

    assert "no setting is called service_acount" in told.value.message
    assert told.value.remedy == "service_account? SETTINGS.md lists them"
