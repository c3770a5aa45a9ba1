"""What differs between channels: the provider's process, the accounts, the senders, the people, and what is queued."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from benchmarks.chaos.servers import Fake
from benchmarks.standins.linkedin import person_id
from benchmarks.standins.unipile import KEY
from conversion.models import Activity, Agency, Client, Lead, ProviderAccount, Sender
from conversion.secrets import seal
from conversion.vocabulary import ACTION_OF
from engines.facts import CALL_ASKED

SID, TOKEN = "AC00000000000000000000000000000000", "the-token-of-this-account"
SIGNING_KEY, WEBHOOK_SECRET = "the-key-that-signs-mail", "the-secret-of-webhooks"
OPERATOR = "+61255500009"
DAY, NIGHT = 12, 0  # hours
SUBJECT, TEXT = "Quick question", "Hi Jo, worth 15 minutes to talk about your pipeline?"

PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "email": ("benchmarks.chaos.fake",),
    "sms": ("benchmarks.standins.twilio", SID, TOKEN),
    "voice": ("benchmarks.standins.twilio", SID, TOKEN),
    "linkedin": ("benchmarks.standins.unipile",),
}
# Mail goes to the harness's own provider under the name of a service whose webhooks are signed.
KINDS = {"email": "mailgun", "sms": "twilio", "voice": "twilio", "linkedin": "unipile"}
PEOPLE = count(10_000_000)  # nobody comes twice: who opted out stays out


def account_of(agency: Agency, channel: str, fake: Fake) -> ProviderAccount:
    url = f"http://127.0.0.1:{fake.port}"
    options: dict[str, Any] = {"email": {"port": fake.port}}.get(channel, {"base_url": url})
    twilio = {"account_sid": SID, "auth_token": TOKEN}
    credentials = {
        "email": {"webhook_signing_key": SIGNING_KEY},
        "sms": twilio,
        "voice": twilio,
        "linkedin": {"api_key": KEY, "webhook_secret": WEBHOOK_SECRET},
    }[channel]
    if channel == "voice":
        options["operator_phone"] = OPERATOR
    account = ProviderAccount(agency=agency, channel=channel, kind=KINDS[channel], name=channel, options=options)
    seal(account, credentials)
    account.save()
    return account


def senders_of(client: Client, account: ProviderAccount, number: int) -> list[Sender]:
    """Two of them. number: of the client."""
    addresses = {
        "email": "s{index}@c{number}.example",
        "sms": "+6125550{number}{index:02}",
        "voice": "+6125551{number}{index:02}",
        "linkedin": "seat-{number}-{index}",
    }
    named = {"client": client, "channel": account.channel, "account": account, "daily_cap": 100_000}
    return [
        Sender.objects.create(address=addresses[account.channel].format(number=number, index=index), **named)
        for index in range(2)
    ]


def somebody(client: Client, hour: int) -> Lead:
    """A new person who can be reached on every channel, where it is this hour now; not saved."""
    number = next(PEOPLE)
    email = f"lead{number}@{client.slug}.example"
    return Lead(
        client=client,
        first_name="Jo",
        email=email,
        email_key=email,
        phone=f"+614{number}",
        linkedin_url=f"https://www.linkedin.com/in/lead-{number}/",
        timezone=zone_at(hour),
    )


def zone_at(hour: int) -> str:
    """A time zone where it is this hour now."""
    offset = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-offset:+d}"  # these names count from the other side


def touch_of(lead: Lead, sender: Sender, at: datetime) -> Activity:
    """Not saved. A call is one that somebody at the phone asked for."""
    channel = sender.channel
    return Activity(
        client=lead.client,
        lead=lead,
        sender=sender,
        channel=channel,
        action=ACTION_OF[channel].value,
        subject=SUBJECT if channel == "email" else "",
        body=TEXT,
        scheduled_at=at,
        metadata={CALL_ASKED: at.isoformat()} if channel == "voice" else {},
    )


def prepare(touches: list[Activity], fake: Fake) -> None:
    """Half of the people are connected with their LinkedIn seat already, which nobody here knows."""
    for touch in touches[::2]:
        if touch.channel == "linkedin":
            fake.post("/world", {"do": "accept", "account": touch.sender.address, "person": profile_of(touch.lead)})


def profile_of(lead: Lead) -> str:
    return str(lead.linkedin_url).rstrip("/").rpartition("/")[2]


def recipient_of(touch: Activity) -> str:
    """As the provider's ledger names who got it: a call rings the operator."""
    lead = touch.lead
    return {
        "email": lead.email,
        "sms": lead.phone,
        "voice": OPERATOR,
        "linkedin": person_id(profile_of(lead)),
    }[touch.channel]
