"""What people type for a field of a claim, on the command line and on the screen of a claim."""

from __future__ import annotations

import json
from typing import Any

from codesets.errors import UsageError


def typed_field(text: str) -> tuple[str, Any]:
    """A field with its value from `FIELD=VALUE`. Raises UsageError."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"expected FIELD=VALUE, got {text!r}")
    return name, typed_value(name, value)


def typed_value(name: str, value: str) -> Any:
    """A value as it is meant: JSON where it is that, else text; an empty one takes the field out. Raises UsageError."""
    if value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError as error:
            raise UsageError(f"{name}: {error}") from None
    if name.rpartition(".")[2].endswith(("_cents", "_minutes", "patients")) or value in ("true", "false"):
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise UsageError(f"{name}: expected a whole number, got {value!r}") from None
    return value or None


def shown_value(value: Any) -> str:
    """A value as it would be typed; empty where there is none."""
    if value is None or value == "" or value == () or value is False or value == 0:
        return ""
    if isinstance(value, tuple):
        return json.dumps(value, default=vars, ensure_ascii=False)
    return {True: "true"}.get(value, str(value)) if isinstance(value, bool) else str(value)
