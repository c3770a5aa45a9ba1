"""An IMAP server on loopback (RFC 3501, as much of it as a reader needs), with switches for what goes wrong."""

import re
import socketserver
import threading
from datetime import date

USER, PASSWORD = "ann@acme.example", "s3cret-word"


class MailServer:
    """mails: number -> (day of arrival, bytes), to be changed while it runs. mode: ok, refuse (the sign-in), hang (after the
    greeting), garbage, reset (in the middle of a mail), deaf (no UIDVALIDITY). `commands` has what clients said.
    """

    def __init__(self):
        self.mails, self.validity, self.mode, self.commands = {}, 7, "ok", []
        self.released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.mailbox = self
        self.port = self._server.server_address[1]

    def put(self, raw, day=None):
        """The number under which the mail is kept."""
        number = max(self.mails, default=0) + 1
        self.mails[number] = (day or date.today(), raw)  # noqa: DTZ011 (a mailbox has its own days)
        return number

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 50

    def handle_error(self, *_):
        """A client that hangs up is no news."""


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        box = self.server.mailbox
        self.say("* OK ready" if box.mode != "garbage" else "<html>teapot</html>")
        if box.mode == "hang":
            box.released.wait(20)
            return
        for line in self.rfile:
            tag, _, rest = line.decode("latin-1").strip().partition(" ")
            box.commands.append(re.sub(r"^(LOGIN \S+).*", r"\1", rest))
            if not self.answer(box, tag, rest):
                return

    def say(self, line):
        self.wfile.write(line.encode("latin-1") + b"\r\n")

    def answer(self, box, tag, rest):
        name = rest.split(" ")[0].upper()
        if name == "UID":
            return self.by_number(box, tag, rest[4:])
        if name == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif name == "LOGIN":
            if box.mode == "refuse" or rest != f'LOGIN "{USER}" "{PASSWORD}"':
                self.say(f"{tag} NO wrong: {rest[6:]}")
                return True
        elif name in {"EXAMINE", "SELECT"}:
            self.say(f"* {len(box.mails)} EXISTS")
            if box.mode != "deaf":
                self.say(f"* OK [UIDVALIDITY {box.validity}] valid")
        elif name == "LOGOUT":
            self.say("* BYE")
        self.say(f"{tag} OK done")
        return name != "LOGOUT"

    def by_number(self, box, tag, rest):
        if rest.upper().startswith("SEARCH"):
            found = " ".join(str(number) for number in sorted(self.search(box, rest[7:])))
            self.say(f"* SEARCH {found}".rstrip())
            self.say(f"{tag} OK done")
            return True
        number, length = re.fullmatch(r"FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest).groups()
        if int(number) in box.mails:
            raw = box.mails[int(number)][1][: int(length)]
            self.wfile.write(f"* 1 FETCH (UID {number} BODY[]<0> {{{len(raw)}}}\r\n".encode())
            if box.mode == "reset":
                self.wfile.write(raw[: len(raw) // 2])
                return False
            self.wfile.write(raw + b")\r\n")
        self.say(f"{tag} OK done")
        return True

    def search(self, box, wanted):
        wanted = wanted.strip("()")
        if found := re.fullmatch(r"UID (\d+):\*", wanted):
            newer = {number for number in box.mails if number >= int(found[1])}
            return newer or {max(box.mails)} if box.mails else set()
        if found := re.fullmatch(r"SINCE (\d+)-(\w{3})-(\d{4})", wanted):
            month = "JanFebMarAprMayJunJulAugSepOctNovDec".index(found[2]) // 3 + 1
            since = date(int(found[3]), month, int(found[1]))
            return {number for number, (day, _) in box.mails.items() if day >= since}
        return set(box.mails)
