"""Stand-ins for mail servers and mail services on loopback. Each keeps what it accepted, and misbehaves as it is told.

Modes: `accept`; `busy` (come back later); `refuse` (never); `no_account` (who are you); `fault` (500, or a broken line, after
it accepted); `reset` and `hang` after it accepted; `garbage` for an answer after it accepted.
"""

import json
import socket
import struct
from contextlib import suppress
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from urllib.parse import parse_qsl, urlsplit

LATER = {"Retry-After": "7"}


class StandIn:
    """Runs a server in a thread. taken: what it accepted, each a dict with key, subject, text, html and headers."""

    def __init__(self, server_class, handler):
        self.mode, self.taken, self.requests = "accept", [], []
        self.released, self.said = Event(), ""
        server_class.allow_reuse_address = True
        self.server = server_class(("127.0.0.1", 0), handler, bind_and_activate=True)
        self.server.daemon_threads = True
        self.server.stand_in = self
        self.port = self.server.server_address[1]
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def reset(connection):
    """Close with RST, as a crashed process or a middlebox does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Service(StandIn):
    """A mail service behind HTTP. read: a request (handler, body) to what it holds; answer: the id of a message to the
    JSON of a success; honours: the header of an idempotency key, if it knows one.
    """

    def __init__(self, read, answer, honours=None, errors=None):
        super().__init__(ThreadingHTTPServer, ServiceHandler)
        self.read, self.answer, self.honours = read, answer, honours
        self.errors = {"busy": 429, "refuse": 422, "no_account": 401, **(errors or {})}
        self.error_code = 300  # of Postmark: an invalid request; 406 is a recipient that it does not write to any more

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"


class ServiceHandler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        """Postmark's search of sent messages."""
        stand_in = self.server.stand_in
        stand_in.requests.append(self)
        wanted = dict(parse_qsl(urlsplit(self.path).query)).get("metadata_key")
        found = [
            {"MessageID": f"id-{place}", "Metadata": {"key": one["key"]}}
            for place, one in enumerate(stand_in.taken, start=1)
            if one["key"] == wanted
        ]
        self.reply(200, json.dumps({"TotalCount": len(found), "Messages": found}))

    def do_POST(self):
        stand_in = self.server.stand_in
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        stand_in.requests.append(self)
        mode = stand_in.mode
        if mode in stand_in.errors:
            extra = LATER if mode == "busy" else {}
            self.reply(
                stand_in.errors[mode],
                json.dumps({"message": f"told to {mode}{self.echo()}", "ErrorCode": stand_in.error_code}),
                extra,
            )
            return
        if mode == "redirect":
            self.reply(307, "", {"Location": f"{stand_in.url}elsewhere"})
            return
        key = self.headers.get(stand_in.honours) if stand_in.honours else None
        keys = [one["idempotency_key"] for one in stand_in.taken]
        if key is None or key not in keys:
            keys.append(key)
            stand_in.taken.append({**stand_in.read(self, body), "idempotency_key": key})
        place = len(keys) if key is None else keys.index(key) + 1
        self.misbehave(mode, stand_in, f"id-{place}")

    def echo(self):
        """What services like to repeat, where the test wants it."""
        return self.server.stand_in.said

    def misbehave(self, mode, stand_in, message_id):
        if mode == "fault":
            self.reply(500, "<html>Internal Server Error</html>")
        elif mode == "reset":
            reset(self.connection)
        elif mode == "hang":
            stand_in.released.wait(10)
        elif mode == "garbage":
            self.reply(200, "<html>Welcome</html>")
        elif mode == "wrong":
            self.reply(200, json.dumps({"id": 5, "Message": None, "ErrorCode": 0, "MessageID": None}))
        else:
            self.reply(200, json.dumps(stand_in.answer(message_id, stand_in.taken[-1])))

    def reply(self, code, text, headers=()):
        content = text.encode()
        self.send_response(code)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def finish(self):
        with suppress(OSError):
            super().finish()


class MailServer(StandIn):
    """An SMTP server without TLS. `at`: the command at which `busy` and `refuse` are said, and at which `reset` and `hang`
    happen; `.` stands for the end of the message.
    """

    def __init__(self):
        super().__init__(ThreadingTCPServer, MailHandler)
        self.at, self.extensions, self.password = ".", ("8BITMIME", "AUTH PLAIN LOGIN"), None


class MailHandler(StreamRequestHandler):
    def handle(self):
        with suppress(OSError, ValueError):
            self.converse()

    def finish(self):
        with suppress(OSError, ValueError):
            super().finish()

    def converse(self):
        server = self.server.stand_in
        if self.troubled(server, "CONNECT"):
            return
        self.say("220 stand-in")
        while line := self.rfile.readline():
            command = line.decode("utf-8", "replace").strip()
            word = command.split(" ")[0].upper()
            server.requests.append(command)
            if word == "QUIT":
                self.say("221 bye")
                return
            if self.troubled(server, word):
                if server.mode in {"busy", "refuse"}:
                    continue
                return
            if word == "EHLO":
                lines = ["stand-in", *server.extensions]
                self.say("\r\n".join(f"250{'-' if one != lines[-1] else ' '}{one}" for one in lines))
            elif word == "AUTH":
                self.say("535 5.7.8 who are you?" if server.mode == "no_account" else "235 welcome")
            elif word == "DATA":
                self.say("354 go on")
                if self.message(server):
                    return
            else:
                self.say("250 ok")

    def message(self, server):
        """Read a message up to its dot, and answer; true where the connection is over."""
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if line == b"":
            return True
        if server.mode in {"busy", "refuse"} and self.troubled(server, "."):
            return False
        server.taken.append(read_mail(b"".join(lines)))
        return self.misbehave(server)

    def misbehave(self, server):
        if server.at != ".":
            self.say("250 queued as 7")
            return False
        if server.mode == "fault":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif server.mode == "reset":
            reset(self.connection)
        elif server.mode == "hang":
            server.released.wait(10)
        elif server.mode == "garbage":
            self.say("<html>Welcome</html>")
        elif server.mode == "wrong":
            self.say("354 go on and on")
        else:
            self.say("250 queued as 7")
            return False
        return True

    def troubled(self, server, word):
        """Whether the conversation does not go on as usual at this word."""
        if server.at != word:
            return False
        if server.mode == "busy":
            self.say("451 4.7.1 come back later")
        elif server.mode == "refuse":
            self.say(f"550 5.1.1 nobody here{server.said}")
        elif server.mode == "reset":
            reset(self.connection)
        elif server.mode == "hang":
            server.released.wait(10)
        return server.mode in {"busy", "refuse", "reset", "hang"}

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()


def read_mail(content):
    mail = message_from_bytes(content, policy=policy.SMTP)
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    return {
        "key": mail["Message-ID"].strip("<>").partition("@")[0],
        "subject": mail["Subject"],
        "text": parts["text/plain"].replace("\r\n", "\n"),
        "html": parts["text/html"].replace("\r\n", "\n"),
        "headers": dict(mail.items()),
        "from": mail["From"],
        "to": mail["To"],
    }
