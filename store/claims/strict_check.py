"""Asks pyx12, a validator with the maps of the published guides, what it thinks of an 837 file.

It is an optional package, slow and strict: a check before sending, never a step of saving. What it does not look at
(pointers, check digits, sums) the rules do. It works on a private copy, since it writes beside its input.
"""

from __future__ import annotations

import io
import json
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesets.errors import CodedeskError, UnreadableInput
from store.x12.tokenizer import segments


class NoValidator(CodedeskError):
    """pyx12 is not installed."""

    title = "validator"


@dataclass(frozen=True)
class StrictFault:
    """One segment that the validator does not accept: identifier, position in its set (ST is 1), and its words."""

    segment: str
    position: int
    words: str


def strict_faults(path: Path) -> tuple[StrictFault, ...]:
    """What the validator finds wrong; empty where it accepts the file. Raises NoValidator or UnreadableInput."""
    try:
        import pyx12.params
        import pyx12.x12n_document
    except ImportError:
        raise NoValidator("the validator pyx12 is not installed", "pip install 'codedesk[validator]'") from None
    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    report, acknowledgment = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "checked.837"
        try:
            with path.open("rb") as source:
                for _ in segments(source, []):  # within the caps, or refused before it is read whole
                    pass
            copy.write_bytes(path.read_bytes())
        except OSError as error:
            raise UnreadableInput(f"{path}: {error.strerror or error}", "expected an 837 file") from None
        try:
            accepted = pyx12.x12n_document.x12n_document(
                param=pyx12.params.params(None),
                src_file=str(copy),
                fd_997=acknowledgment,
                fd_html=None,
                fd_xmldoc=None,
                fd_json=report,
                map_path=None,
            )
        except Exception as error:  # it can stop on bad input with anything
            return (StrictFault("", 0, f"the validator stopped: {type(error).__name__}"),)
    found = tuple(_faults(json.loads(report.getvalue() or "{}")))
    return () if accepted else found or (StrictFault("", 0, "rejected"),)


def _faults(report: dict[str, Any]) -> list[StrictFault]:
    return [
        StrictFault(segment["seg_id"], int(segment["seg_count"]), _words(segment))
        for interchange in report.get("interchanges", [])
        for group in interchange.get("groups", [])
        for transaction in group.get("transactions", [])
        for segment in transaction.get("segments", [])
        if segment.get("errors")
        or any(element.get("errors") for element in segment.get("elements") or [] if isinstance(element, dict))
    ]


def _words(segment: dict[str, Any]) -> str:
    told = [str(error) for error in segment.get("errors") or []]
    for element in segment.get("elements") or []:
        if isinstance(element, dict):
            told += [str(error) for error in element.get("errors") or []]
    return "; ".join(told)
