"""Replies and bookings that nobody could be found for: list them, say whose one is, or that it is nobody's."""

import json as json_lib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import Client, InboundMessage
from conversion.people import PersonNotFound, find_person
from engines.inbound.unmatched import SettledError, dismiss, settle, waiting

SHOWN = 100  # characters of a text


class Command(Audited):
    help = (
        "List the replies and bookings that no lead was found for; or settle one: whose it is, or that it is nobody's."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "message", nargs="?", metavar="MESSAGE", help="its id; without it, all are listed", type=UUID
        )
        parser.add_argument("--client", help="name, slug or id; needed with --lead")
        answer = parser.add_mutually_exclusive_group()
        answer.add_argument(
            "--lead", help="whose it is: e-mail address, phone number, LinkedIn profile, id or external id"
        )
        answer.add_argument("--dismiss", action="store_true", help="it is nobody's")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def changes(self, options: Mapping[str, Any]) -> bool:
        return options["message"] is not None

    def handle(self, *, message: UUID | None, lead: str | None, dismiss: bool, json: bool, **given: Any) -> None:
        with told_plainly("nothing was settled", ClientNotFound, PersonNotFound, SettledError, ValidationError):
            client = find_client(given["client"]) if given["client"] else None
            if message is None:
                if lead or dismiss:
                    raise CommandError("Say which message.", returncode=UNUSABLE)
                self.stdout.write(listed(client, as_json=json))
                return
            settled = answered(message, client, lead, is_nobodys=dismiss)
        self.stdout.write(json_lib.dumps(document(settled)) if json else f"The message is {settled.state}.")


def answered(key: UUID, client: Client | None, lead: str | None, *, is_nobodys: bool) -> InboundMessage:
    found = InboundMessage.objects.filter(pk=key).first()
    if found is None:
        raise CommandError(f"There is no message {key}.", returncode=UNUSABLE)
    if is_nobodys:
        return dismiss(found)
    if lead is None or client is None:
        raise CommandError("Say whose it is (--client and --lead), or --dismiss.", returncode=UNUSABLE)
    leads = [one for one in find_person(lead, client).leads if one.deleted_at is None]
    if len(leads) != 1:
        raise CommandError(
            f"{client} has {len(leads)} leads that go by {lead[:80]!r}; give the id of one.", returncode=UNUSABLE
        )
    return settle(found, leads[0])


def listed(client: Client | None, *, as_json: bool) -> str:
    found = waiting(client).select_related("client", "account")
    if as_json:
        return json_lib.dumps([document(one) for one in found])
    lines = [line(one) for one in found]
    return "\n".join(lines) if lines else "Nothing waits for a person."


def line(message: InboundMessage) -> str:
    whose = message.client.name if message.client else f"any client of {message.account}"
    text = visible(" ".join((message.text or message.subject).split()))
    said = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    what = " ".join(part for part in (message.channel, message.kind, message.reading) if part)
    return f"{message.pk}  {message.received_at:%Y-%m-%d %H:%M}  {whose}  {what}  from {visible(message.person) or '?'}: {said}"


def visible(text: str) -> str:
    """Without what a terminal would obey: anybody can write to us."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def document(message: InboundMessage) -> dict[str, Any]:
    return {
        "id": str(message.pk),
        "client": message.client.slug if message.client else None,
        "kind": message.kind,
        "channel": message.channel,
        "received_at": message.received_at.isoformat(),
        "person": message.person,
        "ours": message.ours,
        "subject": message.subject,
        "text": message.text,
        "reading": message.reading,
        "rule": message.rule,
        "state": message.state,
    }
