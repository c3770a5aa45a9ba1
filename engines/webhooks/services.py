"""Each e-mail service's own webhook: its signature is checked and its events are read by django-anymail's view of it, made for
one account with that account's secrets.
"""

import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from uuid import UUID

import requests
from anymail.inbound import AnymailInboundMessage
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.resend import ResendInboundWebhookView
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from conversion.models import ProviderAccount
from conversion.secrets import CredentialError, credentials_of
from conversion.vocabulary import Channel
from engines.webhooks.door import AWAY_NOW, FORBIDDEN, SKEW, UNREADABLE, Turned, read_json

TRACKING, INBOUND = "tracking", "inbound"
BASIC = "webhook_secret"  # `user:password` in the address, which every service can send
# The credential that proves a service's signature. A service that is not named here has no signature of its own, or one that
# anymail does not know: it proves itself by BASIC alone.
PROOF: Mapping[tuple[str, str], str] = {
    ("resend", TRACKING): "signing_secret",
    ("resend", INBOUND): "inbound_secret",
    ("mailgun", TRACKING): "webhook_signing_key",
    ("mailgun", INBOUND): "webhook_signing_key",
    ("mailersend", TRACKING): "signing_secret",
    ("mailersend", INBOUND): "inbound_secret",
    ("mailtrap", TRACKING): "tracking_secret",
    ("postal", TRACKING): "webhook_key",
    ("postal", INBOUND): "webhook_key",
}
# Views that fetch a message without a time-out of their own, or whose proof stands in the address.
LEFT_OUT = frozenset({("mailtrap", INBOUND), ("mandrill", TRACKING), ("mandrill", INBOUND), ("amazon_ses", TRACKING)})
FETCH_SECONDS = 10.0


class ResendInbound(ResendInboundWebhookView):  # type: ignore[misc] # anymail has no types
    """Resend tells that a mail came, and has to be asked for it: here with a time-out, and without its attachments."""

    def _fetch_inbound_email(self, email_id: str) -> AnymailInboundMessage:
        try:
            response = requests.get(
                f"{self.api_url}emails/receiving/{UUID(email_id)}",
                headers={"Authorization": f"Bearer {self.api_key}"},
                timeout=FETCH_SECONDS,
                allow_redirects=False,
            )
            response.raise_for_status()
        except requests.RequestException as error:
            raise Turned(AWAY_NOW, "Resend did not give the mail") from error
        content = read_json(response.content)
        headers = content.get("headers") or {}
        return AnymailInboundMessage.construct(
            from_email=content.get("from"),
            to=", ".join(content.get("to") or []) or None,
            subject=content.get("subject"),
            headers=[*headers.items(), ("Message-ID", content.get("message_id") or "")],
            text=content.get("text"),
            html=content.get("html"),
        )


def events(request: HttpRequest, kind: str, account_id: UUID, what: str) -> tuple[ProviderAccount, list[Any]]:
    """The account, and the events that its service tells of, as anymail gives them. what: TRACKING or INBOUND.

    Raises Turned: 401 where the signature is missing, wrong, too old, or cannot be checked since no secret is set; 400 where
    the rest cannot be read.
    """
    account = ProviderAccount.objects.filter(pk=account_id, channel=Channel.EMAIL, kind=kind).first()
    if account is None:
        raise Turned(FORBIDDEN, "no such account")
    try:
        credentials = credentials_of(account)
    except CredentialError as error:
        raise Turned(AWAY_NOW, str(error)) from error
    view = view_of(kind, what, {**account.options, **credentials})
    check(view, request)
    if request.content_type == "application/json":
        read_json(b'{"all": ' + request.body + b"}")  # some services send a list
    try:
        return account, list(view.parse_events(request))
    except (Turned, RequestDataTooBig):
        raise
    except (
        Exception
    ) as error:  # what anymail's reader trips over, where the service says something else than it used to
        raise Turned(UNREADABLE, f"{kind} says something else than expected: {type(error).__name__}") from error


def view_of(kind: str, what: str, given: Mapping[str, str]) -> AnymailBaseWebhookView:
    proofs = {BASIC, PROOF.get((kind, what), BASIC)}
    if (kind, what) in LEFT_OUT or not any(given.get(name) for name in proofs):
        raise Turned(FORBIDDEN, f"the account has no secret for {what} webhooks: {' or '.join(sorted(proofs))}")
    found = class_of(kind, what)
    wanted = {name: given[name] for name in (*proofs, "api_key", "api_url") if given.get(name)}
    try:
        return found(**wanted)
    except Exception as error:  # a secret that is none, in the words of whichever library reads it
        raise Turned(FORBIDDEN, f"the secret cannot be used: {type(error).__name__}") from error


def class_of(kind: str, what: str) -> type[AnymailBaseWebhookView]:
    if (kind, what) == ("resend", INBOUND):
        return ResendInbound
    try:
        module = import_module(f"anymail.webhooks.{kind}") if kind.isidentifier() else None
    except ImportError:
        module = None
    ending = f"{what.capitalize()}WebhookView"
    for name, found in vars(module).items() if module else ():
        if name.endswith(ending) and found.__module__ == module.__name__:  # type: ignore[union-attr] # there is one here
            return found  # type: ignore[no-any-return] # anymail has no types
    raise Turned(FORBIDDEN, f"{kind} has no {what} webhook")


def check(view: AnymailBaseWebhookView, request: HttpRequest) -> None:
    """Signature and age. What cannot even be looked at for its signature proves nothing."""
    try:
        view.run_validators(request)
        stamp = stamp_of(view, request)
    except Exception as error:  # whatever a checker trips over, it has not found a signature
        raise Turned(FORBIDDEN, f"not signed as it should be: {type(error).__name__}") from error
    if stamp is not None and not abs(time.time() - stamp) <= SKEW:
        raise Turned(FORBIDDEN, "the signature is too old, or of the future")


def stamp_of(view: AnymailBaseWebhookView, request: HttpRequest) -> float | None:
    """When it was signed, where the signature covers that and anymail does not look at it: Mailgun's."""
    if view.esp_name != "Mailgun":
        return None
    if request.content_type == "application/json":
        return float(read_json(request.body)["signature"]["timestamp"])
    return float(request.POST["timestamp"])
