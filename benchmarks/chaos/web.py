"""The web server itself, as it is run in production, on a port of its own."""

import http.client
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from benchmarks.chaos.doors import Knock
from benchmarks.chaos.servers import PATIENCE, free_port, is_open, wait_for
from benchmarks.chaos.stage import Stage

ANSWERED_WITHIN = 5.0  # seconds


@dataclass
class Web:
    """patience: seconds that an answer may take. seconds: that each took. bad: answers that were no 2xx."""

    stage: Stage
    patience: float = ANSWERED_WITHIN
    port: int = field(default_factory=free_port)
    seconds: list[float] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    def start(self) -> None:
        options = ["--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "4", "--no-control-socket"]
        self.stage.started([sys.executable, "-m", "gunicorn", "agency_os.wsgi", *options], "web")
        wait_for("the web", lambda: is_open(self.port))
        with ThreadPoolExecutor(8) as pool:  # each process answers once it has loaded everything
            list(pool.map(lambda _: self.ask("GET", "/healthz", patience=PATIENCE), range(16)))
        self.seconds.clear()

    def ask(self, method: str, path: str, knock: Knock | None = None, patience: float = 0.0) -> bool:
        """Whether it was answered with a 2xx."""
        start = time.monotonic()
        wire = http.client.HTTPConnection("localhost", self.port, timeout=patience or self.patience)
        try:
            wire.request(method, path, knock.body if knock else None, dict(knock.headers) if knock else {})
            answer = wire.getresponse()
            answer.read()
            status = str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
        finally:
            wire.close()
        self.seconds.append(time.monotonic() - start)
        if not status.startswith("2"):
            self.bad.append(f"{method} {path.split('/')[1]}: {status}")
        return status.startswith("2")

    def knock(self, knock: Knock) -> bool:
        return self.ask("POST", knock.path, knock)

    def judge(self) -> None:
        if self.bad:
            some = sorted(set(self.bad))[:3]
            self.stage.wrong.append(f"{len(self.bad)} of {len(self.seconds)} requests were not answered: {some}")
