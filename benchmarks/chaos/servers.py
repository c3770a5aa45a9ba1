"""PostgreSQL, Redis and the providers, each a process of the harness's own in its own directory."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, true: Callable[[], Any], seconds: float = PATIENCE, pause: float = 0.05) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def installed(name: str, package: str) -> str:
    """The path of a program; installs its Debian package where it is missing."""
    own = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True
    )  # the newest; Debian's is not on the path
    found = str(own[0]) if own else shutil.which(name)
    if found is None:
        subprocess.run(["apt-get", "update", "-qq"], check=True)  # noqa: S607
        subprocess.run(["apt-get", "install", "-qq", "-y", package], check=True, stdout=subprocess.DEVNULL)  # noqa: S603, S607
        return installed(name, package)
    return found


@dataclass
class Postgres:
    """settings: beside those that it needs here, as its configuration file names them."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.programs = Path(installed("pg_ctl", "postgresql")).parent
        self.data = self.folder / "data"
        self.prefix: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(self.folder, "postgres")
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self.url = f"postgresql://chaos@{str(self.folder).replace('/', '%2F')}/postgres"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def run(self, program: str, *arguments: str, check: bool = True) -> None:
        command = [*self.prefix, str(self.programs / program), *arguments]
        subprocess.run(command, check=check, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603

    def create(self) -> None:
        self.run("initdb", "-D", str(self.data), "-U", "chaos", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.start()

    def start(self) -> None:
        settings = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c max_connections=200"
        settings += "".join(f" -c {name}={value}" for name, value in self.settings.items())
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.log), "-o", settings, "start")

    def stop(self, how: str = "immediate") -> None:
        self.run("pg_ctl", "-D", str(self.data), "-m", how, "stop", check=False)


@dataclass
class Redis:
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = installed("redis-server", "redis-server")
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
        wait_for("Redis", lambda: is_open(self.port))

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def command(self, *words: str) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 5) as wire:
            wire.sendall((" ".join(words) + "\r\n").encode())
            wire.recv(100)


class Line(NamedTuple):
    """Of a ledger: when a message was accepted, its key, to whom it went, and the provider's name for it or its kind."""

    at: float
    key: str
    to: str
    name: str = ""


@dataclass
class Fake:
    """A provider. program: its module, and what it is told after its port and its ledger."""

    ledger: Path
    program: Sequence[str] = ("benchmarks.chaos.fake",)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    def start(self) -> None:
        module, *told = self.program
        command = [sys.executable, "-m", module, str(self.port), str(self.ledger), *told]
        self.process = subprocess.Popen(command)  # noqa: S603
        wait_for("the provider", lambda: is_open(self.port))

    def switch(self, mode: str, **options: float) -> dict[str, Any]:
        """Behave so from now on."""
        return self.post("/switch", {"mode": mode, **options})

    def post(self, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        wire.request("POST", path, json.dumps(content))
        found: dict[str, Any] = json.loads(wire.getresponse().read())
        wire.close()
        return found

    def lines(self) -> list[Line]:
        """Everything that was accepted."""
        if not self.ledger.exists():
            return []
        whole = self.ledger.read_text().rpartition("\n")[0]
        return [Line(*json.loads(line)) for line in whole.splitlines()]

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class Worker:
    """A worker in a process group of its own, with what it writes in a file."""

    command: list[str]
    environment: dict[str, str]
    log: Path

    def __post_init__(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603
                self.command, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )

    def children(self) -> list[int]:
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
        return [int(pid) for pid in found.stdout.split()]

    def signal(self, number: int, *, group: bool = False) -> None:
        try:
            if group:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)
        except ProcessLookupError:
            pass

    def kill(self) -> None:
        self.signal(signal.SIGKILL, group=True)
        self.process.wait()

    def ended(self, seconds: float = PATIENCE) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
