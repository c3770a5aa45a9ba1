"""A second process, which works while this one reads the file and the database stores.

It is a command of its own, not a fork: it has neither this one's connections nor its threads, and workers of Celery, which may
have no children of `multiprocessing`, start it as well. What the two say to each other is pickled.
"""

import gc
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

WORTH = 1_000  # things given at once, from which on it pays to start a process: that takes a tenth of a second
PIPE = 1 << 20  # bytes that wait between the two: with fewer, each has to wake the other for the rest
HERE = Path(__file__).parents[2]

Work = Callable[[Sequence[Any]], Any]


class Beside:
    """Does the same work on one list of things after another, while whoever gave them goes on.

    A process that cannot be started, or that ends, is done without: then the work is done here.
    """

    def __init__(self, work: Work) -> None:
        """work: what can be pickled."""
        self._work = work
        self._given: deque[tuple[Sequence[Any], Future[Any] | None]] = deque()
        self._process: subprocess.Popen[bytes] | None = None
        self._talk: ThreadPoolExecutor | None = None
        self._alone = False

    def __len__(self) -> int:
        """How many lists were given whose results were not taken."""
        return len(self._given)

    def give(self, things: Sequence[Any]) -> None:
        if len(things) >= WORTH:
            self.start()
        coming = None
        if self._talk is not None:
            coming = self._talk.submit(_asked, self._process, pickle.dumps(things, pickle.HIGHEST_PROTOCOL))
        self._given.append((things, coming))

    def take(self) -> Any:
        """The result of what was given first and not taken."""
        things, coming = self._given.popleft()
        if coming is not None:
            try:
                return coming.result()
            except (CancelledError, EOFError, OSError, ValueError, pickle.UnpicklingError):
                self.close()
        return self._work(things)

    def close(self) -> None:
        """End the process, whatever it does."""
        process, self._process, self._alone = self._process, None, True
        talk, self._talk = self._talk, None
        if process is not None and talk is not None:
            process.kill()
            talk.shutdown(cancel_futures=True)
            process.communicate()

    def start(self) -> None:
        """Start the process, where it does not run: much is to come, and it needs a moment before it can begin."""
        if self._process is not None or self._alone:
            return
        command = [sys.executable, "-m", __name__]
        try:
            # A session of its own: Ctrl-C ends this process, and that its end ends the other.
            self._process = subprocess.Popen(  # noqa: S603 (our own words)
                command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, pipesize=PIPE
            )
        except OSError:
            self._alone = True
            return
        self._talk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside")
        self._talk.submit(_tell, self._process, pickle.dumps(self._work))


def _asked(process: Any, things: bytes) -> Any:
    """What comes of one list: given the next one before, both processes might wait for each other to read."""
    _tell(process, things)
    return pickle.load(process.stdout)  # noqa: S301 (of our own process)


def _tell(process: Any, what: bytes) -> None:
    process.stdin.write(what)
    process.stdin.flush()


def main() -> None:
    """The second process: first comes the work, then what it is to be done on, until there is no more, or nobody is there."""
    gc.disable()  # rows form no cycles
    heard, results = _heard(sys.stdin.buffer), sys.stdout.buffer
    work: Work = next(heard, list)
    for things in heard:
        done = work(things)
        try:
            pickle.dump(done, results, pickle.HIGHEST_PROTOCOL)
            results.flush()
        except BrokenPipeError:
            os._exit(0)  # Python would try to write the rest again, and say that it could not


def _heard(given: IO[bytes]) -> Iterator[Any]:
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            yield pickle.load(given)  # noqa: S301 (of the process that started this one)


if __name__ == "__main__":
    main()
