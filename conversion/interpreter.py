"""Settings of Python's interpreter, which are the whole process's, for as long as any of its threads works on many rows."""

import gc
import sys
from collections.abc import Callable
from threading import Lock
from types import TracebackType
from typing import Any

COLLECT_AT = 50_000  # new objects after which Python looks for garbage; some thousand rows make about as many
# Seconds after which a thread lets another one have its turn: usually a hundred times as long.
TURN = 0.00005


class Meanwhile:
    """A context in which a setting is another. Threads may be in it at once: the first one changes it, the last one restores
    it.
    """

    def __init__(self, change: Callable[[], Any], restore: Callable[[Any], None]) -> None:
        """change: returns what `restore` is given."""
        self._change, self._restore = change, restore
        self._lock, self._inside, self._usual = Lock(), 0, None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._usual = self._change()
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._restore(self._usual)


def _collect_seldom() -> tuple[int, int, int]:
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AT, *usual[1:])
    return usual


def _collect_as(usual: tuple[int, int, int]) -> None:
    gc.set_threshold(*usual)
    gc.unfreeze()


def _turn_quickly() -> float:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    return usual


# Rows form no cycles, so looking for garbage among them finds nothing; it costs up to a half of the time.
few_collections = Meanwhile(_collect_seldom, _collect_as)
# A thread that feeds a server, which takes what it is sent at once, would leave it waiting while another one computes.
short_turns = Meanwhile(_turn_quickly, sys.setswitchinterval)
