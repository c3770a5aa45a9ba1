"""The addresses that are entered at providers, so that they tell us what became of messages and bring replies."""

from dataclasses import dataclass

from django.conf import settings

from conversion.models import BookingHook, ProviderAccount
from conversion.vocabulary import Channel
from engines.numbers import WEBHOOKS
from engines.providers.registry import KINDS
from engines.webhooks.services import BASIC, INBOUND, LEFT_OUT, PROOF, TRACKING

SILENT = frozenset({"console", "smtp"})  # tell nothing: replies to SMTP's mails are read from a mailbox
EVENTS = {TRACKING: "Deliveries, bounces, opens, clicks", INBOUND: "Replies (inbound mail)"}


@dataclass(frozen=True)
class Address:
    """what: that is told there. proof: what it is proven by, in words."""

    what: str
    url: str
    proof: str = ""


def of_account(account: ProviderAccount) -> list[Address]:
    """Those of an account; none where its provider tells nothing, or learns the address with each message."""
    kind = account.kind
    if kind in SILENT:
        return []
    if account.channel == Channel.EMAIL:
        told = [what for what in EVENTS if (kind, what) not in LEFT_OUT]
        return [Address(EVENTS[what], public(f"{kind}/{account.pk}/{what}"), proof_of(kind, what)) for what in told]
    if account.channel == Channel.SMS and kind in KINDS["sms"]:
        return [
            Address("A message comes in (by POST), of each number", public(f"{kind}/{account.pk}"), "signed by Twilio")
        ]
    if account.channel == Channel.LINKEDIN:
        proof = "the header Unipile-Auth with the account's webhook_secret"
        return [Address("Sources users, messaging and account_status", public(f"{kind}/{account.pk}"), proof)]
    return []


def proof_of(kind: str, what: str) -> str:
    secret = PROOF.get((kind, what))
    if secret is not None:
        return f"signed with the credential {secret}"
    return f"put the credential {BASIC} into the address: https://user:password@..."


def of_hook(hook: BookingHook) -> Address:
    return Address(
        "Meetings that are booked or cancelled", public(f"bookings/{hook.pk}"), "signed with the hook's secret"
    )


def public(path: str) -> str:
    """Below PUBLIC_URL; without one, the path alone."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/{WEBHOOKS}/{path}"


def is_reachable() -> bool:
    """Whether a provider would post there."""
    return bool(settings.PUBLIC_URL.startswith("https://"))
