"""What each kind of provider is told: names of its options and credentials, as its module lists them, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from engines.providers.registry import KINDS

# By the name of an option or a credential.
MEANING: Mapping[str, str] = {
    "host": "Name of the mail server, such as mail.example.com.",
    "port": "587 with starttls, 465 with tls, unless it says otherwise.",
    "security": "starttls (the default), tls or none.",
    "imap_host": "Where replies arrive: they are read from the INBOX there. Empty: replies are not read.",
    "imap_port": "993 with tls, 143 with starttls, unless it says otherwise.",
    "imap_security": "tls (the default), starttls or none.",
    "username": "Of the mail server.",
    "password": "Of the mail server.",
    "imap_username": "Where it is another one than the mail server's.",
    "imap_password": "Where it is another one than the mail server's.",
    "api_key": "The provider shows it once, when it is made.",
    "server_token": "Of the server at Postmark.",
    "message_stream": "Such as outbound (the default) or broadcast.",
    "api_url": "Another address of the provider, for trials.",
    "signing_secret": "Of the webhook for events: without it none is believed.",
    "inbound_secret": "Of the webhook for replies: without it none is believed.",
    "webhook_secret": "Proves the provider's webhooks: without it none is believed. With an e-mail service it is "
    "user:password, and stands in the webhook's address.",
    "account_sid": "Begins with AC.",
    "auth_token": "Of the account; it proves the provider's webhooks as well.",
    "operator_phone": "Calls ring there first. In its international form, such as +61412345678.",
    "base_url": "Of Unipile the subscription's address (its DSN), such as https://api1.unipile.com:13111; else for trials.",
    "api": "Over which InMails go: classic (the default), sales_navigator or recruiter.",
    "note_length": "Of an invitation, where LinkedIn allows less than 300 characters.",
}
LEFT_OUT = {("sms", "twilio"): frozenset({"operator_phone"})}


@dataclass(frozen=True)
class Asks:
    """options: stored as they are. credentials: encrypted. is_open: it takes others as well, which its service names."""

    options: tuple[str, ...]
    credentials: tuple[str, ...]
    is_open: bool = False


def asks(channel: str, kind: str) -> Asks:
    """What an account of this kind is told. A service that only anymail knows is asked for by that library's own names."""
    path = KINDS.get(channel, {}).get(kind)
    if path is None:
        return Asks((), (), is_open=True)
    module = import_module(path.rpartition(".")[0])
    left_out = LEFT_OUT.get((channel, kind), frozenset())

    def named(what: str) -> tuple[str, ...]:
        names = getattr(module, what, ())
        return tuple(
            name for name in (sorted(names) if isinstance(names, frozenset) else names) if name not in left_out
        )

    return Asks(named("OPTIONS"), named("CREDENTIALS"))


def kinds() -> list[tuple[str, str]]:
    """(channel, kind) of everything that can be set up, but for services that only anymail knows."""
    return [(channel, kind) for channel, known in KINDS.items() for kind in known]


def is_known(channel: str, kind: str) -> bool:
    return kind in KINDS.get(channel, {}) or (channel == "email" and kind in SERVICES)


# Services of django-anymail that speak HTTP and have no module here.
SERVICES = (
    *(
        "brevo",
        "mailersend",
        "mailgun",
        "mailjet",
        "mailtrap",
        "mandrill",
        "postal",
        "scaleway",
        "sparkpost",
    ),
    "unisender_go",
)
