"""Stands in for Twilio's API on loopback: messages and calls, what becomes of them, signed reports, and a ledger.

    python -m benchmarks.standins.twilio PORT LEDGER SID TOKEN [--reports http://127.0.0.1:8000]

Knows no Django. A line of the ledger (time, key, recipient, name) is written before the answer is given; what is refused or
deferred leaves none. Modes: `accept`; `busy` (429), `refuse` (400) and `no_account` (401), which take nothing; `fault` (500),
`reset`, `hang`, `garbage` and `wrong` after it was taken; `redirect`. POST /switch takes {"mode", "delay", "limit"}: the mode
holds for `limit` requests, then it is `accept`.

Reports go to the addresses that came with a message or a call, signed for them, and are carried to `reports`, as a proxy would.
"""

import argparse
import hmac
import json
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import uuid4

from benchmarks.standins.server import Answering, StandIn

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
STARTS = frozenset({"START", "YES", "UNSTOP"})
BEFORE = {"busy": (429, 20429), "refuse": (400, 21211), "no_account": (401, 20003)}


class Twilio(StandIn):
    """taken: what it accepted, each a dict with key, to, from, sid and what else was sent. stopped: (number of ours, person)
    that opted out. reports: where its reports are carried.
    """

    def __init__(self, sid: str, token: str, ledger: str = "", port: int = 0, reports: str = "") -> None:
        self.sid, self.token, self.reports = sid, token, reports
        self.error_code: int | None = None  # of a refusal
        self.stopped: set[tuple[str, str]] = set()
        super().__init__(Handler, port, ledger)

    def accept(self, kind: str, fields: Mapping[str, str]) -> dict[str, Any]:
        report_to = fields.get("StatusCallback", "")
        key = parse_qs(urlsplit(report_to).query).get("key", [""])[0]
        row = {
            "sid": f"{kind}{uuid4().hex}",
            "key": key,
            "to": fields["To"],
            "from": fields["From"],
            "text": fields.get("Body", ""),
            "twiml": fields.get("Twiml", ""),
            "report_to": report_to,
        }
        with self.lock:
            self.taken.append(row)
            self.write([time.time(), key, row["to"], row["sid"]])
        return row

    def error_of(self, kind: str, fields: Mapping[str, str]) -> int | None:
        """Twilio's code of what is wrong with a request."""
        if not NUMBER.fullmatch(fields.get("To", "")):
            return 21211
        if kind == "SM" and not 1 <= len(fields.get("Body", "")) <= 1600:
            return 21602
        if not fields.get("StatusCallback", "https://x").startswith(("https://", "http://")):
            return 21609
        return 21610 if kind == "SM" and (fields.get("From", ""), fields["To"]) in self.stopped else None

    def row(self, sid: str) -> dict[str, Any]:
        return next(row for row in self.taken if row["sid"] == sid)

    def report(self, sid: str, status: str, error_code: str = "") -> int:
        """Tell what became of a message; returns how that was answered."""
        row = self.row(sid)
        fields = {
            "MessageSid": sid,
            "SmsSid": sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "ApiVersion": "2010-04-01",
        }
        fields |= {"AccountSid": self.sid, "To": row["to"], "From": row["from"]}
        return self.post(row["report_to"], fields | ({"ErrorCode": error_code} if error_code else {}))[0]

    def receive(self, url: str, person: str, ours: str, text: str, sid: str = "") -> tuple[int, str]:
        """Somebody writes to a number of ours, whose webhook is `url`."""
        word = text.strip().upper()
        if word in STOPS:
            self.stopped.add((ours, person))
        elif word in STARTS:
            self.stopped.discard((ours, person))
        sid = sid or f"SM{uuid4().hex}"
        fields = {"MessageSid": sid, "SmsSid": sid, "AccountSid": self.sid, "NumMedia": "0", "NumSegments": "1"}
        return self.post(url, fields | {"From": person, "To": ours, "Body": text, "SmsStatus": "received"})

    def pick_up(self, sid: str, *, press: bool = True) -> str:
        """The operator answers; returns the number that is rung then, empty for none."""
        row = self.row(sid)
        if not press:
            return ""
        action = re.search(r'<Gather[^>]* action="([^"]+)"', row["twiml"])
        assert action, row["twiml"]  # noqa: S101 (a call of ours asks for a key)
        _, content = self.post(action[1].replace("&amp;", "&"), {"CallSid": sid, "AccountSid": self.sid, "Digits": "1"})
        number = re.search(r"<Number([^>]*)>([^<]+)</Number>", content)
        if number is None:
            return ""
        leg = re.search(r'statusCallback="([^"]+)"', number[1])
        row["leg_to"] = leg[1].replace("&amp;", "&") if leg else ""
        return number[2]

    def end_leg(self, sid: str, status: str, seconds: int = 0) -> int:
        """The part of the call that rang the lead is over."""
        row = self.row(sid)
        child = row.setdefault("child", f"CA{uuid4().hex}")
        fields = {"CallSid": child, "ParentCallSid": sid, "CallStatus": status, "CallDuration": str(seconds)}
        return self.post(row["leg_to"], fields | {"AccountSid": self.sid, "Timestamp": stamp()})[0]

    def end_call(self, sid: str, status: str) -> int:
        fields = {"CallSid": sid, "CallStatus": status, "AccountSid": self.sid, "Timestamp": stamp()}
        return self.post(self.row(sid)["report_to"], fields)[0]

    def post(self, url: str, fields: Mapping[str, str], signature: str | None = None) -> tuple[int, str]:
        """A signed request as Twilio makes it; the status and the text of the answer."""
        parts, target = urlsplit(url), urlsplit(self.reports)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection = HTTPConnection(target.hostname or "127.0.0.1", target.port or 80, timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": parts.netloc}
        headers["X-Twilio-Signature"] = signed(self.token, url, fields) if signature is None else signature
        try:
            connection.request("POST", path, urlencode(fields), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def signed(token: str, url: str, fields: Mapping[str, str]) -> str:
    """twilio.com/docs/usage/security, "Validating requests": the address and all fields, sorted by name, under the token."""
    content = url + "".join(name + fields[name] for name in sorted(fields))
    return b64encode(hmac.digest(token.encode(), content.encode(), "sha1")).decode()


def stamp() -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())


class Handler(Answering):
    def do_POST(self) -> None:  # noqa: N802 (the name that the server calls)
        stand_in: Twilio = self.server.stand_in  # type: ignore[attr-defined] # set by it
        body = self.body().decode()
        if self.path == "/switch":
            self.reply(200, stand_in.switch(json.loads(body)))
            return
        stand_in.requests.append(self.path)
        fields, mode = dict(parse_qsl(body, keep_blank_values=True)), stand_in.next_mode()
        kind = {"Messages.json": "SM", "Calls.json": "CA"}.get(self.path.rpartition("/")[2])
        if kind is None or f"/Accounts/{stand_in.sid}/" not in self.path:
            self.fail(404, 20404)
        elif not self.is_known(stand_in):
            self.fail(401, 20003)
        elif mode in BEFORE:
            status, code = BEFORE[mode]
            self.fail(status, stand_in.error_code or code if mode == "refuse" else code)
        elif mode == "redirect":
            self.reply(307, "", {"Location": f"{stand_in.url}/elsewhere"})
        elif wrong := stand_in.error_of(kind, fields):
            self.fail(400, wrong)
        else:
            row = stand_in.accept(kind, fields)
            time.sleep(stand_in.delay)
            self.answer(stand_in, mode, row)

    def is_known(self, stand_in: Twilio) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        return b64decode(given).decode() == f"{stand_in.sid}:{stand_in.token}"

    def answer(self, stand_in: Twilio, mode: str, row: Mapping[str, Any]) -> None:
        if mode == "fault":
            self.reply(500, "<html>Internal Server Error</html>")
        elif mode == "reset":
            self.break_off()
        elif mode == "hang":
            stand_in.released.wait(30)
        elif mode == "garbage":
            self.reply(200, "<html>Welcome</html>")
        elif mode == "wrong":
            self.reply(201, {"sid": None, "status": 5})
        else:
            self.reply(201, {"sid": row["sid"], "status": "queued", "to": row["to"], "from": row["from"]})

    def fail(self, status: int, code: int) -> None:
        stand_in: Twilio = self.server.stand_in  # type: ignore[attr-defined] # as above
        content = {"code": code, "message": f"told so{stand_in.said}", "more_info": "", "status": status}
        self.reply(status, content, {"Retry-After": "7"} if status == BEFORE["busy"][0] else {})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("ledger")
    parser.add_argument("sid")
    parser.add_argument("token")
    parser.add_argument("--reports", default="http://127.0.0.1:8000")
    given = parser.parse_args()
    with Twilio(given.sid, given.token, given.ledger, given.port, given.reports) as running:
        running.thread.join()


if __name__ == "__main__":
    main()
