"""The provider itself: a process of its own with an append-only ledger, and a switch for how it behaves.

    python -m benchmarks.chaos.fake PORT LEDGER

Knows no Django. A line of the ledger (time, key, recipient) is written before the answer is given; what is refused or
deferred leaves none. POST /switch takes {"mode", "delay", "limit"}: the mode holds for `limit` messages, then it is `ok`.
"""

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass

BEFORE = {"429": (429, "Too Many Requests"), "400": (400, "Bad Request")}  # nothing is accepted
AFTER = ("hang", "reset", "500", "html")  # accepted, and not said so


@dataclass
class Behaviour:
    """delay: seconds until an answer. left: messages that the mode still holds for. troubled: how many it held for."""

    ledger: int
    mode: str = "ok"
    delay: float = 0.02
    left: int = 0
    troubled: int = 0
    received: int = 0

    def take(self) -> str:
        self.received += 1
        if self.mode == "ok" or self.left <= 0:
            return "ok"
        self.left -= 1
        self.troubled += 1
        return self.mode


async def serve(behaviour: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")
        )
        payload = json.loads(await reader.readexactly(length))
        if head.startswith("POST /switch"):
            behaviour.mode, behaviour.delay = payload.get("mode", "ok"), payload.get("delay", 0.02)
            behaviour.left = payload.get("limit", 10**9)
            await answer(writer, 200, {"troubled": behaviour.troubled, "received": behaviour.received})
            behaviour.troubled = 0
            return
        await send(behaviour, payload, writer)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def send(behaviour: Behaviour, payload: dict[str, str], writer: asyncio.StreamWriter) -> None:
    mode = behaviour.take()
    if mode in BEFORE:
        await answer(writer, BEFORE[mode][0], {"error": BEFORE[mode][1]}, "Retry-After: 2\r\n")
        return
    line = json.dumps([time.time(), payload["key"], payload["to"]])
    os.write(behaviour.ledger, f"{line}\n".encode())
    if mode == "hang":
        await asyncio.sleep(600)
    await asyncio.sleep(behaviour.delay)
    if mode == "reset":
        writer.transport.abort()
    elif mode == "500":
        await answer(writer, 500, {"error": "internal"})
    elif mode == "html":
        await answer(writer, 200, "<html>It works!</html>")
    else:
        await answer(writer, 200, {"id": f"chaos-{payload['key']}"})


async def answer(writer: asyncio.StreamWriter, status: int, content: object, headers: str = "") -> None:
    body = (content if isinstance(content, str) else json.dumps(content)).encode()
    head = f"HTTP/1.1 {status} Said\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def main(port: int, path: str) -> None:
    behaviour = Behaviour(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    server = await asyncio.start_server(lambda reader, writer: serve(behaviour, reader, writer), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
