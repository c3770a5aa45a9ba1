"""System checks of sending: `manage.py check --deploy` refuses a set-up in which nothing, or nothing lawful, would be sent."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 (Django's name)
from django.db import DatabaseError
from django.http.request import validate_host

from conversion.models import ProviderAccount
from conversion.secrets import CredentialError, KeyMissingError, check_keys, credentials_of
from engines.outbox.limits import Limits
from engines.providers import registry

CONSOLE = "console"
CONSOLE_HINT = (
    "Set {channel}_PROVIDER=none, give each sender an account (manage.py set_account, set_sender), and start again: "
    "a touch that the console takes counts as sent, and nobody gets it."
)


@register(Tags.security, deploy=True)
def check_sending(**_: Any) -> list[CheckMessage]:
    return [*credential_key(), *console_by_default(), *unusable_default(), *public_url(), *times()]


@register(Tags.database, deploy=True)
def check_accounts(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Accounts at the console. Runs with `check --deploy --database default`."""
    if not databases:
        return []
    try:
        accounts = ProviderAccount.objects.filter(kind=CONSOLE, is_active=True)
        found = sorted(accounts.values_list("name", "channel"))
    except DatabaseError:  # not migrated yet
        return []
    return [
        Error(
            f"The account {name} sends nothing anywhere.",
            hint=CONSOLE_HINT.format(channel=channel.upper()),
            id="agency.E006",
        )
        for name, channel in found
    ]


@register(Tags.database, deploy=True)
def check_replies(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """LinkedIn accounts whose webhooks nobody can prove to be the provider's. Runs as `check_accounts`."""
    if not databases:
        return []
    try:
        accounts = list(ProviderAccount.objects.filter(kind="unipile", is_active=True).order_by("name"))
    except DatabaseError:  # not migrated yet
        return []
    hint = "Set one with set_account, and the same at Unipile: who asks to be left alone is not heard without."
    return [
        Warning(f"The account {account.name} has no webhook_secret.", hint=hint, id="agency.W013")
        for account in accounts
        if not has_secret(account)
    ]


def has_secret(account: ProviderAccount) -> bool:
    try:
        return bool(credentials_of(account).get("webhook_secret"))
    except CredentialError:  # said when it is used
        return True


def credential_key() -> Iterator[CheckMessage]:
    try:
        check_keys()
    except KeyMissingError as error:
        text, _, hint = str(error).partition("; ")
        yield Error(f"{text}.", hint=hint[:1].upper() + hint[1:], id="agency.E003")


def console_by_default() -> Iterator[CheckMessage]:
    for channel, kind in settings.DEFAULT_PROVIDERS.items():
        if kind == CONSOLE:
            yield Error(
                f"The console provider is the default for {channel}, and sends nothing anywhere.",
                hint=CONSOLE_HINT.format(channel=channel.upper()),
                id="agency.E004",
            )


def unusable_default() -> Iterator[CheckMessage]:
    for channel, kind in settings.DEFAULT_PROVIDERS.items():
        if kind in {CONSOLE, registry.NOWHERE}:
            continue
        try:
            registry.build(channel, kind, {}, {})
        except registry.AccountError as error:
            yield Error(
                f"The default provider for {channel} cannot send: {error}.",
                hint=f"Set {channel.upper()}_PROVIDER=none and give each sender an account (manage.py set_account, "
                "set_sender).",
                id="agency.E009",
            )


def times() -> Iterator[CheckMessage]:
    try:
        Limits.of_settings()
    except ValueError as error:
        yield Error(str(error), hint="Else a call to a provider could outlive its claim.", id="agency.E010")
    if settings.EMAIL_AT_ANY_TIME:
        yield Warning(
            "EMAIL_AT_ANY_TIME is true: e-mails go out at night, at weekends and on holidays.",
            hint="It is meant for trials; unset it.",
            id="agency.W003",
        )


def public_url() -> Iterator[CheckMessage]:
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.hostname and not validate_host(parts.hostname, settings.ALLOWED_HOSTS):
        yield Error(
            f"ALLOWED_HOSTS lacks {parts.hostname}, the host of PUBLIC_URL.",
            hint="Add it: links to unsubscribe lead there, and would be answered by 400.",
            id="agency.E007",
        )
    if parts.scheme != "https" or parts.hostname in {None, "localhost", "127.0.0.1", "::1"}:
        yield Error(
            f"PUBLIC_URL is {settings.PUBLIC_URL or 'not set'}.",
            hint="Set it to the https address at which recipients reach this server. Each e-mail carries a link below it by "
            "which they unsubscribe (RFC 8058), and a STOP by text message is heard there: neither leaves without.",
            id="agency.E005",
        )
