"""The harness's provider, seen from a worker: one HTTP request a message, each answer judged by what it proves."""

import http.client
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engines.providers.contract import Absent, Accepted, Deferred, Outgoing, Refused, Result, Uncertain


class ChaosProvider:
    name = "chaos"
    honours_key_for: timedelta | None = None

    def __init__(self, port: int) -> None:
        self.port = port

    def send(self, outgoing: Outgoing, *, timeout: float) -> Result:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.connect()
        except OSError as error:
            return Deferred(f"no connection: {error}")
        try:
            body = json.dumps({"key": outgoing.key, "to": outgoing.recipient, "text": outgoing.text})
            connection.request("POST", "/send", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return judged(response.status, response.headers.get("Retry-After"), response.read())
        except (OSError, http.client.HTTPException) as error:
            return Uncertain(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    def look_up(self, key: str) -> Accepted | Absent | None:
        del key
        return None


def judged(status: int, retry_after: str | None, content: bytes) -> Result:
    if status == 429:
        return Deferred("429", float(retry_after or 1))
    if 400 <= status < 500:
        return Refused(f"{status}: {content[:80].decode(errors='replace')}")
    try:
        return Accepted(str(json.loads(content)["id"])) if status == 200 else Uncertain(f"status {status}")
    except (ValueError, KeyError, TypeError):
        return Uncertain("an answer that cannot be read")


def build(options: Mapping[str, Any], credentials: Mapping[str, str]) -> ChaosProvider:
    del credentials
    return ChaosProvider(int(options["port"]))


class AsleepProvider:
    """Accepts everything after 20 ms, without a process of its own."""

    name = "asleep"
    honours_key_for: timedelta | None = None

    def send(self, outgoing: Outgoing, *, timeout: float) -> Result:
        del timeout
        time.sleep(0.02)
        return Accepted(f"asleep-{outgoing.key}")

    def look_up(self, key: str) -> Accepted | Absent | None:
        del key
        return None


def asleep(options: Mapping[str, Any], credentials: Mapping[str, str]) -> AsleepProvider:
    del options, credentials
    return AsleepProvider()
