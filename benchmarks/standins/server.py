"""What the stand-ins of providers share: a server on loopback, its ledger, and the trouble that it is told to make."""

import json
import os
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Any, Self

ENDLESS = 10**9  # requests
# As the harness calls them.
ALIASES = {"ok": "accept", "429": "busy", "400": "refuse", "500": "fault", "html": "garbage"}


class StandIn:
    """Runs in a thread. taken: what it accepted. requests: what it was asked. mode: the trouble, for `left` more writes.
    delay: seconds until a write is answered. troubled: writes that the mode held for.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int, ledger: str | Path | None) -> None:
        self.mode, self.left, self.delay, self.said = "accept", ENDLESS, 0.0, ""
        self.troubled = 0
        self.taken: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.released, self.lock = Event(), RLock()
        self.ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if ledger else None
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = True
        self.server.stand_in = self  # type: ignore[attr-defined] # how its handler finds it
        self.port = self.server.server_address[1]
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        if self.ledger is not None:
            os.close(self.ledger)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next_mode(self) -> str:
        """How to treat the next write."""
        with self.lock:
            mode = ALIASES.get(self.mode, self.mode)
            if mode == "accept" or self.left <= 0:
                return "accept"
            self.left -= 1
            self.troubled += 1
            return mode

    def switch(self, told: Mapping[str, Any]) -> dict[str, int]:
        """Another mode; the answer tells what the last one did."""
        with self.lock:
            self.mode, self.delay = told.get("mode", "accept"), told.get("delay", 0.0)
            self.left = told.get("limit", ENDLESS)
            troubled, self.troubled = self.troubled, 0
            return {"troubled": troubled, "received": len(self.taken)}

    def write(self, line: list[Any]) -> None:
        """Into the ledger, before the answer is given."""
        if self.ledger is not None:
            os.write(self.ledger, f"{json.dumps(line)}\n".encode())


class Answering(BaseHTTPRequestHandler):
    """Answers for a stand-in."""

    def log_message(self, *_: object) -> None:
        pass

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def break_off(self) -> None:
        """A reset instead of an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def reply(self, status: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        """content: a text as it is, anything else as JSON."""
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
