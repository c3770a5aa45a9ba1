"""The rows that hostile input is to leave as they are: two clients of one agency, with the same person."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.utils.timezone import now

from conversion.api.tokens import issue
from conversion.models import Activity, Agency, BookingHook, Client, Lead, Membership, ProviderAccount, Sender
from conversion.secrets import credentials_of, seal
from conversion.tenancy import across_clients
from conversion.vocabulary import ACTION_OF, Channel, Role
from engines.webhooks.bookings import new_secret

EMAIL, PHONE, SEAT, PERSON = "bob@recipient.example", "+61255501234", "seat-1", "person-1"
OURS = {"email": "ann@acme.example", "sms": "+61255500001", "voice": "+61255500001", "linkedin": SEAT}
KINDS = {"email": "postmark", "sms": "twilio", "voice": "twilio", "linkedin": "unipile"}
BASIC, MAILGUN, TOKEN, SECRET = "user:a password", "key-of-mailgun", "token-of-twilio", "secret-of-unipile"
SVIX = "whsec_YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcyAuLi4="
CREDENTIALS = {
    "postmark": {"server_token": "t", "webhook_secret": BASIC},
    "resend": {"api_key": "re_1", "signing_secret": SVIX, "inbound_secret": SVIX},
    "mailgun": {"api_key": "k", "webhook_signing_key": MAILGUN},
    "mailjet": {"api_key": "k", "secret_key": "k", "webhook_secret": BASIC},
    "twilio": {"account_sid": "AC0123", "auth_token": TOKEN},
    "unipile": {"api_key": "k", "webhook_secret": SECRET},
}


@dataclass(frozen=True)
class World:
    """accounts: by kind and channel. sent: a touch of each channel that went out to Bob of the first client."""

    client: Client
    twin: Client
    accounts: dict[tuple[str, str], ProviderAccount]
    sent: dict[str, Activity]
    hook: BookingHook
    hook_secret: bytes


def make_world(name: str) -> World:
    """name: of the agency, which begins the names of its clients."""
    agency = Agency.objects.create(name=name, slug=name)
    wanted = [*((kind, channel) for channel, kind in KINDS.items())]
    wanted += [("resend", "email"), ("mailgun", "email"), ("mailjet", "email")]
    accounts = {(kind, channel): make_account(agency, kind, channel) for kind, channel in wanted}
    client, twin = (
        Client.objects.create(agency=agency, name=f"{name} {which}", slug=f"{name}-{which}") for which in ("one", "two")
    )
    sent = {channel: make_touch(client, channel, accounts[kind, channel]) for channel, kind in KINDS.items()}
    Lead.objects.create(client=twin, external_id="B", email=EMAIL, email_key=EMAIL, phone=PHONE)
    new_secret(client)
    hook = BookingHook.objects.get(client=client)
    return World(client, twin, accounts, sent, hook, credentials_of(hook)["secret"].encode())


def make_caller(client: Client) -> str:
    """The token of an admin of one client."""
    user = get_user_model().objects.create_user("fuzz")
    Membership.objects.create(user=user, client=client, role=Role.ADMIN, accepted_at=now())
    return issue(user, name="fuzz", role=Role.ADMIN, days=1, clients=[client])[1]


def make_account(agency: Agency, kind: str, channel: str) -> ProviderAccount:
    account = ProviderAccount(agency=agency, channel=channel, kind=kind, name=f"{kind} {channel}")
    seal(account, CREDENTIALS[kind])
    account.save()
    return account


def make_touch(client: Client, channel: str, account: ProviderAccount) -> Activity:
    """Of a lead of its own, so that what stops one leaves the others on their way."""
    address = {"email": EMAIL, "email_key": EMAIL} if channel == "email" else {"phone": PHONE}
    lead = Lead.objects.create(client=client, external_id=f"bob-{channel}", **address)
    sender = Sender.objects.create(client=client, channel=channel, address=OURS[channel], account=account)
    moment = now()
    went = {"state": "sent", "sent_at": moment, "dispatched_at": moment, "provider_message_id": f"m-{channel}"}
    touch = Activity.objects.create(
        client=client, lead=lead, sender=sender, channel=channel, action=ACTION_OF[Channel(channel)], **went
    )
    Activity.objects.filter(client=client, pk=touch.pk).update(idempotency_key=str(touch.pk))
    touch.refresh_from_db()
    return touch


def tables() -> list[type[Model]]:
    return [model for name in ("conversion", "patterns", "engines") for model in apps.get_app_config(name).get_models()]


def counts() -> dict[str, int]:
    """How many rows each table has."""
    with across_clients("operations"):
        return {model.__name__: model._default_manager.count() for model in tables()}


def rows_of(client: Client) -> dict[str, list[Any]]:
    """All that is known of a client's leads and touches, to be compared."""
    return {
        model.__name__: list(model.objects.filter(client=client).order_by("pk").values()) for model in (Lead, Activity)
    }
