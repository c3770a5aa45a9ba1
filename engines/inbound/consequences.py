"""What follows for a lead from what came back: events, what is suppressed, stopped or moved, and who converted.

Locks are taken in the order in which a send takes them: the lists of suppressions, the lead, its touches, the sender.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from conversion import optouts
from conversion.addresses import linkedin_key
from conversion.attribution import LeadSet
from conversion.models import Client, Event, Lead, Suppression
from conversion.models.suppression import normal
from conversion.people import same_person
from conversion.places import zone_of
from conversion.suppressions import EMAIL, LINKEDIN, PHONE, Pair
from conversion.vocabulary import Channel, EventKind, LeadStatus
from engines import connections, reputation, running
from engines.inbound import recording
from engines.inbound.classify import Reading
from engines.inbound.matching import PHONES, Match
from engines.inbound.meaning import FOLLOWS, Meaning
from engines.inbound.recording import Fact
from engines.outbox.clock import database_now
from engines.reach import address_of

# Kinds of events that change flags, statuses or who converted.
TURNING = frozenset({EventKind.BOUNCED, EventKind.COMPLAINED, EventKind.UNSUBSCRIBED, EventKind.MEETING_BOOKED})
CHANNELS_OF = {EMAIL: (Channel.EMAIL,), PHONE: (Channel.SMS, Channel.VOICE), LINKEDIN: (Channel.LINKEDIN,)}
ABSENCE = timedelta(days=7)  # of whom the answer does not say until when: a judgement
LONGEST = timedelta(days=90)  # an absence; what is read as a longer one is likely misread, or a parental leave


def carry_out(
    meaning: Meaning, fact: Fact, match: Match, reading: Reading | None = None, person: Pair | None = None
) -> list[Event] | None:
    """Do to the lead of the fact what its meaning asks for, in the caller's transaction. Doing it again changes nothing more.

    person: the address that it came from, which may be another one of the lead's. Returns the events that stand for it; None
    where the lead was erased, of which nothing is kept but that the touch was sent.
    """
    follow = FOLLOWS[meaning]
    if follow.suppresses:
        shut(names(fact, meaning, person), follow.reason, client_id=fact.lead.client_id)
    if follow.suppresses and meaning is not Meaning.BOUNCED and person is not None:
        for client in sorted(match.sharing - {fact.lead.client_id}):  # it is that address that was told to stop
            shut([person], follow.reason, client_id=client)
    lead = locked(fact.lead)
    if match.is_named and fact.touch is not None:
        recording.confirm(fact.touch, fact.message_id if lead else "")
    if lead is None:
        return None
    fact = replace(fact, lead=lead)
    events = [recording.record(kind, fact) for kind in follow.events]
    if any(is_new and event.kind in TURNING for event, is_new in events):
        settle(lead)
    if follow.code:
        running.stop(lead.client_id, lead.pk, follow.code, follow.reason)
    others(meaning, fact, match, reading)
    return [event for event, _ in events]


def others(meaning: Meaning, fact: Fact, match: Match, reading: Reading | None) -> None:
    """What a few meanings have of their own."""
    lead, touch = fact.lead, fact.touch
    if meaning is Meaning.NEGATIVE:
        open_ones = Lead.objects.for_client(lead.client_id).filter(
            pk=lead.pk, status__in=[LeadStatus.NEW, LeadStatus.CONTACTED]
        )
        open_ones.update(status=LeadStatus.NOT_INTERESTED.value, status_at=fact.at)
    elif meaning is Meaning.OUT_OF_OFFICE:
        running.postpone(lead.client_id, lead.pk, back(lead, fact.at, reading), "the lead is out of office")
    elif meaning is Meaning.INVITATION_ACCEPTED:
        seat = match.sender.pk if match.sender else recording.sender_id_of(touch)
        if seat is not None:
            connections.accepted(lead.client_id, lead.pk, seat, fact.at, str(fact.details.get("person_id", "")))
    elif meaning is Meaning.FAILED and touch is not None:
        recording.undelivered(touch, str(fact.details.get("reason", "")))
    elif meaning is Meaning.CALL_COMPLETED and touch is not None:
        recording.call_completed(touch, fact.at, fact.details)
    elif meaning is Meaning.BOUNCED and (sender := recording.sender_id_of(touch)) is not None:
        reputation.watch(sender, database_now())


def locked(lead: Lead) -> Lead | None:
    """The lead as it stands, and nobody changes it, nor another of the same person, until the transaction ends; None where it
    is erased or gone.
    """
    rows = (
        Lead.objects.for_client(lead.client_id)
        .filter(same_person(lead.pk, lead.email_key), erased_at=None)
        .select_related("client")
    )
    found = rows.order_by("pk").select_for_update(no_key=True, of=("self",))
    return next((one for one in list(found) if one.pk == lead.pk), None)


def settle(lead: Lead) -> None:
    """Flags, status, conversion and converting touch, as a function of all that is known of the lead."""
    with LeadSet() as leads:
        leads.add([lead.pk])
        leads.settle(optouts.settle)


def names(fact: Fact, meaning: Meaning, person: Pair | None) -> Iterable[Pair]:
    """The addresses that are not to be written to any more. Who asks for it from another address means that one as well."""
    lead = fact.lead
    channel = fact.touch.channel if fact.touch else person_channel(person)
    own: Pair = (EMAIL, address_of(lead))
    if meaning is not Meaning.BOUNCED and channel in PHONES:
        own = (PHONE, lead.phone.strip())
    elif meaning is not Meaning.BOUNCED and channel == Channel.LINKEDIN:
        own = (LINKEDIN, linkedin_key(lead.linkedin_url))
    others = {person} if person is not None and meaning is not Meaning.BOUNCED else set()
    return sorted(pair for pair in {own, *others} if pair[1])


def person_channel(person: Pair | None) -> str:
    return {PHONE: Channel.SMS.value, LINKEDIN: Channel.LINKEDIN.value}.get(person[0] if person else "", "email")


def shut(pairs: Iterable[Pair], reason: str, **owner: UUID) -> None:
    """Put addresses on a list, once each. owner: whose, as `client_id` or `agency_id`."""
    for kind, value in pairs:
        Suppression.objects.get_or_create(**owner, kind=kind, value=normal(kind, value), defaults={"reason": reason})


def shut_unknown(match: Match, agency_id: UUID | None, person: Pair, reason: str) -> None:
    """Nobody is known by the address that asks to be left alone: it is put on the client's list, where one is meant for
    certain, else on the agency's.
    """
    if match.client_id is not None:
        shut([person], reason, client_id=match.client_id)
    elif agency_id is not None:
        shut([person], reason, agency_id=agency_id)


def stop_maybe(match: Match, meaning: Meaning, person: Pair | None) -> None:
    """One of several leads of a client is meant, such as colleagues with one number, and nobody knows which: none of them gets
    more at this address.
    """
    follow, channels = FOLLOWS[meaning], CHANNELS_OF.get(person[0] if person else "", ())
    if not follow.code or not match.maybe or match.client_id is None:
        return
    rows = Lead.objects.for_client(match.client_id).filter(pk__in=[one.pk for one in match.maybe]).order_by("pk")
    for lead in list(rows.select_for_update(no_key=True, of=("self",))):
        running.stop(lead.client_id, lead.pk, follow.code, f"{follow.reason}, or another of the same address", channels)


def day_at(match: Match, at: datetime) -> date:
    """The day at the lead."""
    lead = match.lead
    if lead is None:
        return at.date()
    return at.astimezone(zone_of(lead.timezone, lead.country, lead.client.timezone)).date()


def back(lead: Lead, at: datetime, reading: Reading | None) -> datetime:
    """When an absent lead is written to again: the first minute of the day, at the lead, on which it is back."""
    until = reading.until if reading else None
    if until is None:
        return at + ABSENCE
    client: Client = lead.client
    with suppress(OverflowError):
        day = datetime.combine(until, time(), zone_of(lead.timezone, lead.country, client.timezone))
        return min(max(day, at), at + LONGEST)
    return at + LONGEST
