"""A second process, which works while this one reads the file and the database stores.

It is a command of its own, not a fork: it has neither this one's connections nor its threads, and workers of Celery, which may
have no children of `multiprocessing`, start it as well. What the two say to each other is pickled.
"""

import gc
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

WORTH = 1_000  # things given at once, from which on it pays to start a process: that takes a tenth of a second
HERE = Path(__file__).parents[2]

Work = Callable[[Sequence[Any]], Any]


class Beside:
    """Does the same work on one list of things after another, each while the next is prepared.

    A process that cannot be started, or that ends, is done without: then the work is done here.
    """

    def __init__(self, work: Work) -> None:
        """work: what can be pickled."""
        self._work = work
        self._given: Sequence[Any] = ()
        self._process: subprocess.Popen[bytes] | None = None
        self._alone = False

    def exchange(self, things: Sequence[Any]) -> Any:
        """Give things, and take the result of those given before; None where there were none."""
        done = self._result() if self._given else None
        self._given = things
        if len(things) >= WORTH:
            self.start()
        if things:
            self._send(things)
        return done

    def _result(self) -> Any:
        if self._process is not None and self._process.stdout is not None:
            try:
                return pickle.load(self._process.stdout)  # noqa: S301 (of our own process)
            except (EOFError, OSError, pickle.UnpicklingError):
                self.close()
        return self._work(self._given)

    def close(self) -> None:
        """End the process, whatever it does."""
        process, self._process, self._alone = self._process, None, True
        if process is not None:
            process.kill()
            process.communicate()

    def start(self) -> None:
        """Start the process, where it does not run: much is to come, and it needs a moment before it can begin."""
        if self._process is not None or self._alone:
            return
        command = [sys.executable, "-m", __name__]
        try:
            # A session of its own: Ctrl-C ends this process, and that its end ends the other.
            self._process = subprocess.Popen(  # noqa: S603 (our own words)
                command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        except OSError:
            self._alone = True
        self._send(self._work)

    def _send(self, what: Any) -> None:
        if self._process is not None and self._process.stdin is not None:
            try:
                pickle.dump(what, self._process.stdin, pickle.HIGHEST_PROTOCOL)
                self._process.stdin.flush()
            except OSError:
                self.close()


def main() -> None:
    """The second process: first comes the work, then what it is to be done on, until there is no more."""
    gc.disable()  # rows form no cycles
    given, results = sys.stdin.buffer, sys.stdout.buffer
    work: Work = pickle.load(given)  # noqa: S301 (of the process that started this one)
    while True:
        try:
            things = pickle.load(given)  # noqa: S301 (likewise)
        except EOFError:
            return
        pickle.dump(work(things), results, pickle.HIGHEST_PROTOCOL)
        results.flush()


if __name__ == "__main__":
    main()
