"""What an account says of its mail servers is checked when it is said."""

import pytest

from engines.providers import smtp
from engines.providers.errors import AccountError
from engines.providers.servers import Server, mailbox_of

SMTP = {"host": "mail.example"}
ANN = {"username": "ann", "password": "secret"}


@pytest.mark.parametrize(
    ("options", "credentials", "server"),
    [
        ({}, ANN, None),
        ({"imap_host": " "}, ANN, None),
        ({"imap_host": "imap.example"}, ANN, Server("imap.example", 993, "tls", "ann", "secret")),
        (
            {"imap_host": "imap.example", "imap_security": "starttls"},
            {**ANN, "imap_username": "box", "imap_password": "other"},
            Server("imap.example", 143, "starttls", "box", "other"),
        ),
        (
            {"imap_host": "127.0.0.1", "imap_security": "none", "imap_port": "1143"},
            ANN,
            Server("127.0.0.1", 1143, "none", "ann", "secret"),
        ),
    ],
)
def test_the_mailbox_of_an_account(options, credentials, server):
    assert mailbox_of(options, credentials) == server
    smtp.build({**SMTP, **options}, credentials)


@pytest.mark.parametrize(
    ("options", "credentials", "said"),
    [
        ({"imap_host": "imap.example"}, {}, "needs a user name and a password"),
        ({"imap_host": "imap.example", "imap_security": "ssl"}, ANN, "imap_security is 'ssl'"),
        ({"imap_host": "imap.example", "imap_port": "x"}, ANN, "imap_port is no number"),
        ({"imap_host": "imap.example", "imap_port": "0"}, ANN, "imap_port is 0"),
        ({"imap_host": "imap.example", "imap_security": "none"}, ANN, "does not travel unencrypted"),
        ({"imap_port": "993"}, ANN, "imap_port means nothing without"),
        ({}, {**ANN, "imap_password": "x"}, "imap_password means nothing without"),
        ({"imap_hosts": "x"}, ANN, "there is no option 'imap_hosts'"),
    ],
)
def test_what_cannot_work_is_refused(options, credentials, said):
    with pytest.raises(AccountError, match=said):
        smtp.build({**SMTP, **options}, credentials)
