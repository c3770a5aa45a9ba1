"""A real HTTP receiver on loopback, what it got, and an endpoint that leads to it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.mail import get_connection

from engines.notices.endpoints import set_endpoint
from engines.notices.signing import signature
from tests.engines.mailbox import AnyPort, Mailbox


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append((self.path, self.headers, body))
        if server.trickles:
            while not server.over.wait(0.05):
                self.wfile.write(b"H")
            return
        status = server.answers.pop(0) if server.answers else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    """answers: the statuses to give, then 204. got: (path, headers, body) of each request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got, self.answers, self.trickles, self.over = [], [], False, threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"

    def documents(self):
        return [json.loads(body) for _, _, body in self.got]

    def handle_error(self, *_):
        pass


@pytest.fixture
def receiver():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def endpoint(customer, receiver, settings):
    """Of the client, with the secret that it was told."""
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    found, found.told = set_endpoint(customer, receiver.url)
    return found


def is_signed(request, secret):
    _, headers, body = request
    return headers["Agency-Signature"] == f"v1={signature(secret, body, int(headers['Agency-Timestamp']))}"


@pytest.fixture
def inbox(settings):
    """What arrives at a mail server for operators."""
    kept = Mailbox()
    controller = AnyPort(kept, hostname="127.0.0.1", port=0, enable_SMTPUTF8=True)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "Agency OS <alerts@agency.example>"
    settings.ALERT_EMAILS = ["ops@agency.example"]
    assert get_connection().host == "127.0.0.1"
    kept.stop = controller.stop
    yield kept
    if controller.server is not None:
        controller.stop()
