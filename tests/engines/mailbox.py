"""A real SMTP server on loopback, what it received, and a client that sends through it."""

from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from conversion.models import ProviderAccount, Sender

PUBLIC_URL = "https://outreach.example"


class Mailbox:
    """Keeps every message that the server took, with its envelope."""

    def __init__(self):
        self.received = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (aiosmtpd's name)
        mail = message_from_bytes(envelope.content, policy=policy.SMTP)
        self.received.append((envelope.mail_from, envelope.rcpt_tos, mail))
        return "250 queued"


class AnyPort(Controller):
    """Learns which port the system gave, before aiosmtpd tries its own server."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox():
    kept = Mailbox()
    controller = AnyPort(kept, hostname="127.0.0.1", port=0, enable_SMTPUTF8=True)
    controller.start()
    kept.port = controller.port
    yield kept
    controller.stop()


@pytest.fixture
def account(transactional_db, agency, mailbox, settings):
    """The agency's account at that server, and a public address for links."""
    settings.PUBLIC_URL = PUBLIC_URL
    settings.EMAIL_AT_ANY_TIME = True
    options = {"host": "127.0.0.1", "port": mailbox.port, "security": "none"}
    return ProviderAccount.objects.create(agency=agency, channel="email", kind="smtp", name="main", options=options)


@pytest.fixture
def sender(account, make_client):
    client = make_client(postal_address="Acme Pty Ltd\n1 Collins St, Melbourne")
    return Sender.objects.create(
        client=client, channel="email", address="ann@acme.example", display_name="Ann Müller", account=account
    )
