"""A stand-in of Unipile's API for LinkedIn: people, invitations, connections, chats, and the webhooks that tell of them.

    python -m benchmarks.standins.unipile PORT LEDGER

Knows no Django. What a write accepts is kept, and written to the ledger as one line (time, key, recipient, kind), before the
answer is given; the key is what came as X-Request-Id. POST /switch takes {"mode", "delay", "limit"}: the mode holds for
`limit` writes, then it is `accept`. POST /world takes {"do": "accept" or "reply", "account", "person", "text"}, and answers
with the webhooks that follow from it. In a test the same server runs in a thread.

Modes: `accept`; `busy` (429), `refuse` (422), `no_account` (401): nothing is accepted. `fault` (500), `reset`, `hang`,
`garbage`, `wrong`: accepted, and not said so. `redirect`.
"""

import json
import sys
import time
from collections.abc import Mapping
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks.standins.linkedin import World
from benchmarks.standins.server import Answering, StandIn

ERRORS = {
    "busy": (429, "too_many_requests"),
    "no_account": (401, "disconnected_account"),
    "refuse": (422, "invalid_recipient"),
}
KEY = "the-secret-of-this-account"


class Unipile(StandIn):
    """taken: what it accepted, each a dict with key, kind, account, person, text and subject."""

    def __init__(self, port: int = 0, ledger: Path | None = None, *, everybody: bool = False) -> None:
        self.world, self.api_key = World(everybody), KEY
        super().__init__(Handler, port, ledger)

    def keep(self, kind: str, key: str, fields: Mapping[str, str]) -> str:
        """Accept a write; the id of what was made."""
        self.taken.append({"kind": kind, "key": key, "subject": "", **fields})
        self.write([time.time(), key, fields["person"], kind])
        return f"{kind}-{len(self.taken)}"


class Handler(Answering):
    @property
    def stand_in(self) -> Unipile:
        found: Unipile = self.server.stand_in  # type: ignore[attr-defined] # set where the server is made
        return found

    def do_GET(self) -> None:  # noqa: N802 (the name that the server calls)
        parts = urlsplit(self.path)
        self.stand_in.requests.append(f"GET {parts.path}")
        account = parse_qs(parts.query).get("account_id", [""])[0]
        name = unquote(parts.path.rpartition("/")[2])
        if self.headers.get("X-API-KEY") != self.stand_in.api_key:
            self.error(401, "missing_credentials")
        elif not parts.path.startswith("/api/v1/users/") or name in self.stand_in.world.unknown:
            self.error(404, "resource_not_found", "The requested profile was not found")
        else:
            with self.stand_in.lock:
                self.reply(200, self.stand_in.world.profile(account, name))

    def do_POST(self) -> None:  # noqa: N802 (the name that the server calls)
        stand_in, body = self.stand_in, self.body()
        path = urlsplit(self.path).path
        stand_in.requests.append(f"POST {path}")
        if path == "/switch":
            self.reply(200, stand_in.switch(json.loads(body)))
        elif path == "/world":
            with stand_in.lock:
                self.reply(200, self.moved(json.loads(body)))
        elif self.headers.get("X-API-KEY") != stand_in.api_key:
            self.error(401, "missing_credentials")
        else:
            with stand_in.lock:
                mode = stand_in.next_mode()
                made = self.written(mode, path, body)
            if made is not None:
                time.sleep(stand_in.delay)
                self.misbehave(mode, made)

    def moved(self, content: Mapping[str, str]) -> dict[str, Any]:
        world = self.stand_in.world
        if content["do"] == "accept":
            return world.accept(content["account"], content["person"])
        return world.reply(content["account"], content["person"], content["text"])

    def written(self, mode: str, path: str, body: bytes) -> dict[str, Any] | None:
        """The answer to a write that is accepted; None where it is not, and was answered."""
        if mode == "redirect":
            self.reply(307, {}, {"Location": f"{self.stand_in.url}/elsewhere"})
            return None
        if mode in ERRORS:
            code, kind = ERRORS[mode]
            self.error(
                code, kind, f"told to {mode}{self.stand_in.said}", {"Retry-After": "7"} if mode == "busy" else {}
            )
            return None
        key = self.headers.get("X-Request-Id", "")
        if path == "/api/v1/users/invite":
            return self.invited(key, json.loads(body))
        return self.messaged(key, path, fields_of(self.headers["Content-Type"], body))

    def invited(self, key: str, content: Mapping[str, str]) -> dict[str, Any] | None:
        world, pair = self.stand_in.world, (content["account_id"], content["provider_id"])
        kind = world.refusals.pop("invitation", "")
        if world.is_related(pair):
            kind = "already_connected"
        elif pair in world.invitations:
            kind = "already_invited_recently"
        if kind:
            self.error(422, kind)
            return None
        world.invitations[pair] = "PENDING"
        fields = {"account": pair[0], "person": pair[1], "text": content.get("message", "")}
        return {"object": "UserInvitationSent", "invitation_id": self.stand_in.keep("invitation", key, fields)}

    def messaged(self, key: str, path: str, given: Mapping[str, str]) -> dict[str, Any] | None:
        world, account = self.stand_in.world, given["account_id"]
        in_chat = path.removeprefix("/api/v1/chats").strip("/").removesuffix("/messages")
        pairs = {chat: pair for pair, chat in world.chats.items()}
        if in_chat and in_chat not in pairs:
            self.error(404, "resource_not_found", "The requested chat was not found")
            return None
        pair = pairs[in_chat] if in_chat else (account, given["attendees_ids"])
        is_inmail = given.get("linkedin[inmail]") == "true"
        kind = world.refusals.pop("message", "")
        if not is_inmail and not world.is_related(pair):
            kind = "no_connection_with_recipient"
        if kind:
            self.error(422, kind)
            return None
        fields = {"account": account, "person": pair[1], "text": given["text"], "subject": given.get("subject", "")}
        made = self.stand_in.keep("inmail" if is_inmail else "message", key, fields)
        if in_chat:
            return {"object": "MessageSent", "message_id": made}
        return {"object": "ChatStarted", "chat_id": world.chat(*pair), "message_id": made}

    def misbehave(self, mode: str, made: dict[str, Any]) -> None:
        if mode == "fault":
            self.reply(500, {"type": "errors/provider_error", "title": "Provider error", "status": 500})
        elif mode == "reset":
            self.break_off()
        elif mode == "hang":
            self.stand_in.released.wait(600)
        elif mode == "garbage":
            self.reply(200, "<html>Welcome</html>")
        elif mode == "wrong":
            self.reply(200, {"object": 5, "chat_id": None, "message_id": None})
        else:
            self.reply(201, made)

    def error(self, code: int, kind: str, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.reply(code, {"type": f"errors/{kind}", "status": code, "title": "Error", "detail": detail}, headers)


def fields_of(content_type: str, body: bytes) -> dict[str, str]:
    """The text fields of a form."""
    whole = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
    return {
        str(part.get_param("name", header="Content-Disposition")): part.get_payload(decode=True).decode()
        for part in whole.iter_parts()  # type: ignore[attr-defined] # an EmailMessage by its policy
    }


if __name__ == "__main__":
    Unipile(int(sys.argv[1]), Path(sys.argv[2])).server.serve_forever()
