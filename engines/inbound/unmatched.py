"""Replies and bookings of nobody that is known: a person says whose they are, or that they are nobody's."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from conversion.access import Access
from conversion.models import Client, InboundMessage, Lead
from conversion.suppressions import EMAIL, LINKEDIN, PHONE, Pair
from conversion.vocabulary import ArrivalKind, Channel, InboundState, Role
from engines.inbound.classify import Kind, Reading
from engines.inbound.consequences import carry_out
from engines.inbound.matching import PHONES, Match, last_touch
from engines.inbound.meaning import OF_REPLY, Meaning
from engines.inbound.recording import Fact
from engines.outbox.clock import database_now


class SettledError(ValueError):
    """The message cannot be settled so; the text says why."""


def waiting(client: Client | None = None) -> QuerySet[InboundMessage]:
    """Messages that nobody was found for, the oldest first: of a client, those that may be any of its agency's included; or
    all.
    """
    found = InboundMessage.objects.filter(state=InboundState.UNMATCHED).order_by("received_at", "id")
    if client is None:
        return found
    maybe = Q(client=None, account__agency=client.agency_id) & (Q(account__client=None) | Q(account__client=client.pk))
    return found.filter(Q(client=client) | maybe)


def within(reach: Access, role: Role) -> QuerySet[InboundMessage]:
    """Messages of clients at which somebody has this role. One that may be several clients' is shown to who sees all of them
    alone.
    """
    mine = reach.clients(role)
    named = Q(client__in=mine) | Q(client=None, account__client__in=mine)
    return InboundMessage.objects.filter(named if reach.ids(role) is not None else named | Q(client=None))


def visible(reach: Access, role: Role) -> QuerySet[InboundMessage]:
    """Those of them that wait for a person, the oldest first."""
    return within(reach, role).filter(state=InboundState.UNMATCHED).order_by("received_at", "id")


def settle(message: InboundMessage, lead: Lead, by: Any = None) -> InboundMessage:
    """The message is the lead's: all follows that would have followed had it been known. by: the user, where there is one.

    Raises SettledError where it was settled or dismissed already, or the lead is of a client whose message it cannot be.
    """
    with transaction.atomic():
        found = taken_on(message)
        if not waiting(lead.client).filter(pk=found.pk).exists():
            raise SettledError(f"The message did not come to {lead.client}.")
        if lead.erased_at is not None or lead.deleted_at is not None:
            raise SettledError("The lead was deleted.")
        reading = Reading(Kind(found.reading), found.rule, found.until) if found.reading else None
        touch = last_touch(lead, found.channel, found.received_at)
        mark = found.callback.key if found.callback else str(found.pk)
        fact = Fact(lead, touch, mark, found.received_at)
        match = Match((lead.client_id,), lead, touch, found.sender)
        events = carry_out(meaning_of(found, reading), fact, match, reading, pair_of(found))
        if events is None:
            raise SettledError("The lead was deleted.")
        found.client, found.lead, found.activity, found.event = lead.client, lead, touch, events[-1] if events else None
        return ended(found, InboundState.SETTLED, by)


def dismiss(message: InboundMessage, by: Any = None) -> InboundMessage:
    """The message is of no lead. Raises SettledError where it was settled or dismissed already."""
    with transaction.atomic():
        return ended(taken_on(message), InboundState.DISMISSED, by)


def taken_on(message: InboundMessage) -> InboundMessage:
    """The row as it stands, locked."""
    found = InboundMessage.objects.select_for_update(of=("self",)).filter(pk=message.pk).first()
    if found is None:
        raise SettledError("The message is not kept any more.")
    if found.state != InboundState.UNMATCHED:
        raise SettledError(f"The message is {found.state} already.")
    return found


def ended(message: InboundMessage, state: InboundState, by: Any) -> InboundMessage:
    message.state, message.settled_by, message.settled_at = state.value, by, database_now()
    message.save()
    return message


def meaning_of(message: InboundMessage, reading: Reading | None) -> Meaning:
    if message.kind != ArrivalKind.REPLIED or reading is None:
        return Meaning(message.kind)
    return OF_REPLY.get(reading.kind, Meaning.AUTOMATIC)


def pair_of(message: InboundMessage) -> Pair | None:
    if not message.person_key:
        return None
    if message.channel == Channel.LINKEDIN:
        return (LINKEDIN, message.person_key)
    return (PHONE if message.channel in PHONES else EMAIL, message.person_key)
