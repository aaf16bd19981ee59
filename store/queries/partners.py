"""Trading partners as screens show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from store.queries import Reader


def partner_rows(reader: Reader) -> list[Mapping[str, Any]]:
    """Every partner by name, with its fields; `payers` is a list."""
    rows = reader.rows("SELECT * FROM trading_partner ORDER BY name")
    return [{**dict(row), "payers": _list(row["payers"]), "active": bool(row["active"])} for row in rows]


def _list(value: Any) -> list[str]:
    return list(json.loads(value) if isinstance(value, str) else value)
