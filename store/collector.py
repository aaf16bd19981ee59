"""Python's garbage collector out of the way of a batch: it would walk the same objects again and again for nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """No garbage collection within: for work whose objects go by their count, as those without cycles do."""
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


@contextmanager
def collector_past_tables() -> Iterator[None]:
    """Collection of what is made within alone: rules and tables that were read before it stay as long as the batch."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
