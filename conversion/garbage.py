"""Python's search for garbage, where thousands of rows are made at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_AT = 50_000  # new objects after which Python looks for garbage; some thousand rows make about as many


@contextmanager
def few_collections() -> Iterator[None]:
    """Rows form no cycles, so looking for garbage among them finds nothing; it costs up to a half of the time."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AT, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
