"""The independent judge of 837 files: pyx12, with the maps of the published implementation guides."""

from __future__ import annotations

import io
import json
import logging
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyx12.map_if
import pyx12.params
import pyx12.x12n_document

logging.getLogger("pyx12").setLevel(logging.CRITICAL)

_read_map = pyx12.map_if.load_map_file


@cache
def _map(name: str) -> Any:
    """A map of pyx12, read once: what it finds in a file is kept beside it, by its walker."""
    return _read_map(name, pyx12.params.params(None), None)


def faults_of(content: bytes, folder: Path) -> list[str]:
    """What pyx12 finds wrong with a file; empty where it accepts it. An exception of its own counts as a rejection."""
    path = folder / "judged.837"
    path.write_bytes(content)
    report, acknowledgment = io.StringIO(), io.StringIO()
    try:
        with patch.object(pyx12.map_if, "load_map_file", lambda name, *_: _map(name)):
            accepted = pyx12.x12n_document.x12n_document(
                param=pyx12.params.params(None),
                src_file=str(path),
                fd_997=acknowledgment,
                fd_html=None,
                fd_xmldoc=None,
                fd_json=report,
                map_path=None,
            )
    except Exception as error:
        return [f"pyx12 stopped: {type(error).__name__}"]
    if accepted:
        return []
    return [
        f"{segment['seg_id']} {segment['seg_count']}: {segment['errors']} {segment.get('elements')}"
        for interchange in json.loads(report.getvalue() or "{}").get("interchanges", [])
        for group in interchange.get("groups", [])
        for transaction in group.get("transactions", [])
        for segment in transaction.get("segments", [])
        if segment.get("errors")
    ] or ["rejected"]
