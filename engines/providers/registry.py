"""Which provider a touch goes through: that of its sender's account, else its channel's default.

A kind of provider is a name and a dotted path; its module is loaded when the first account of that kind sends.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from conversion.models import ProviderAccount
from conversion.secrets import CredentialError, credentials_of
from engines.providers.contract import Provider
from engines.providers.errors import AccountError

__all__ = ["AccountError", "provider_for"]

# Every kind by channel. Each is a function of (options, credentials) that returns a Provider and raises AccountError
# where something is missing. Any other kind of an e-mail account is looked for among the backends of django-anymail.
KINDS: Mapping[str, Mapping[str, str]] = {
    "email": {
        "console": "engines.providers.console.build",
        "smtp": "engines.providers.smtp.build",
        "resend": "engines.providers.resend.build",
        "postmark": "engines.providers.postmark.build",
    },
    "sms": {
        "console": "engines.providers.console.build",
        "twilio": "engines.providers.twilio.build_sms",
    },
    "voice": {
        "console": "engines.providers.console.build",
        "twilio": "engines.providers.twilio.build_voice",
    },
    "linkedin": {
        "console": "engines.providers.console.build",
        "unipile": "engines.providers.unipile.build",
    },
}
ANYMAIL = "engines.providers.esp.build"
NOWHERE = "none"


def provider_for(account: ProviderAccount | None, channel: str) -> Provider:
    """The provider of an account; without one, the channel's default. Opens no connection. Raises AccountError."""
    if account is None:
        kind = default_kind(channel)
        if kind == NOWHERE:
            raise AccountError(f"the sender has no account at a provider, and there is no default for {channel}")
        return build(channel, kind, {}, {})
    if not account.is_active:
        raise AccountError(f"the account {account.name} at the provider is switched off")
    if account.channel != channel:
        raise AccountError(f"the account {account.name} is one for {account.channel}, not for {channel}")
    try:
        credentials = credentials_of(account)
    except CredentialError as error:
        raise AccountError(str(error)) from error
    try:
        return build(channel, account.kind, account.options, credentials)
    except AccountError as error:
        raise AccountError(f"the account {account.name}: {error}") from error


def default_kind(channel: str) -> str:
    """The kind that sends for senders without an account; `none` where such a sender is held."""
    kind: str = settings.DEFAULT_PROVIDERS.get(channel, NOWHERE)
    return kind


def build(channel: str, kind: str, options: Mapping[str, Any], credentials: Mapping[str, str]) -> Provider:
    """A provider of the kind. Raises AccountError where there is none of that name, or something it needs is missing."""
    path = KINDS.get(channel, {}).get(kind)
    if path is None and channel == "email":
        path = ANYMAIL
        options = {**options, "kind": kind}
    if path is None:
        raise AccountError(f"there is no provider {kind!r} for {channel}")
    provider: Provider = import_string(path)(options, credentials)
    return provider
