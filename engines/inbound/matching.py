"""Whose an arrival is: by our own name of the touch, the provider's, the thread, or the person's address.

Nothing is found outside the clients that the account serves: what comes through the account of one agency can never speak of
another's leads.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from conversion.addresses import AddressError, e164, email_key, linkedin_key
from conversion.models import Activity, Client, Connection, Lead, Sender, Suppression
from conversion.suppressions import EMAIL, LINKEDIN, PHONE, Pair, both_forms, naming
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import Channel
from engines.inbound.arrival import Arrival

PHONES = frozenset({Channel.SMS, Channel.VOICE})
NEVER = datetime.min.replace(tzinfo=UTC)
WENT = (State.SENT, State.DISPATCHING, State.UNKNOWN)  # states in which a touch was, or may have been, seen


@dataclass(frozen=True)
class Match:
    """clients: those that may be meant. touch: the one that it is about; `is_named`: by its id, which proves that the provider
    has it, else the last one that the lead got. sender: ours that it came to, where it says so. maybe: of whom one is meant,
    where that is all that is known. sharing: the clients that write from the address it came to, where they are several.
    """

    clients: tuple[UUID, ...]
    lead: Lead | None = None
    touch: Activity | None = None
    sender: Sender | None = None
    is_named: bool = False
    maybe: tuple[Lead, ...] = ()
    sharing: frozenset[UUID] = frozenset()

    @property
    def client_id(self) -> UUID | None:
        if self.lead is not None:
            return self.lead.client_id
        return self.clients[0] if len(self.clients) == 1 else None


def find(arrival: Arrival, at: datetime) -> Match:
    """at: the touches that the lead got until then are looked through. Deleted leads are nobody's; an erased one is found by
    its touch alone.
    """
    served = clients_of(arrival)
    touch = named(arrival, served)
    sender, sharing = sender_of(arrival, served)
    if touch is not None:
        return Match((touch.client_id,), touch.lead, touch, touch.sender or sender, is_named=True, sharing=sharing)
    clients = tuple(served.values_list("pk", flat=True)) if sender is None else (sender.client_id,)
    maybe = leads_of(arrival, clients)
    if not maybe or len({person_of(one) for one in maybe}) > 1:
        return Match(clients, sender=sender, maybe=tuple(maybe), sharing=sharing)
    lead = maybe[0]
    return Match((lead.client_id,), lead, last_touch(lead, arrival.channel, at), sender, sharing=sharing)


def clients_of(arrival: Arrival) -> QuerySet[Client]:
    """The clients whom the account serves."""
    clients = Client.objects.all()
    if arrival.client_id is not None:
        clients = clients.filter(pk=arrival.client_id)
    account = arrival.account
    if account is None:
        return clients if arrival.client_id is not None else clients.none()
    if account.client_id is not None:
        return clients.filter(pk=account.client_id)
    return clients.filter(agency=account.agency_id)


def named(arrival: Arrival, clients: QuerySet[Client]) -> Activity | None:
    """The touch that it names, or that it answers: of several, such as a thread's, the last."""
    touches = Activity.objects.filter(client__in=clients).select_related("lead", "sender")
    if arrival.idempotency_key:
        found = touches.filter(idempotency_key=arrival.idempotency_key).first()
        if found is not None:
            return found
    ids, keys = {arrival.message_id} - {""}, set()
    for reference in arrival.references:
        bare = reference.strip().strip("<>")
        local, _, _ = bare.partition("@")
        ids |= {bare, f"<{bare}>", local} - {"", "<>"}
        keys |= {local} - {""}
    wanted = Q(provider_message_id__in=ids) & ~Q(provider_message_id="") | Q(idempotency_key__in=keys)
    if not ids:
        return None
    if arrival.channel:
        touches = touches.filter(channel=arrival.channel)
    return touches.filter(wanted).order_by(Coalesce("sent_at", "dispatched_at").desc(nulls_last=True)).first()


def sender_of(arrival: Arrival, clients: QuerySet[Client]) -> tuple[Sender | None, frozenset[UUID]]:
    """The sender that it came to, where one client alone has one of that address; else the clients that have."""
    if not arrival.ours:
        return None, frozenset()
    senders = Sender.objects.filter(client__in=clients, address__iexact=arrival.ours.strip())
    if arrival.channel in PHONES:
        senders = senders.filter(channel__in=PHONES)
    elif arrival.channel:
        senders = senders.filter(channel=arrival.channel)
    found = list(senders)
    sharing = frozenset(sender.client_id for sender in found)
    if len(sharing) > 1:
        return None, sharing
    return next((one for one in found if one.channel == arrival.channel), found[0] if found else None), frozenset()


def pair_of(arrival: Arrival) -> Pair | None:
    """The person as suppressions and leads know it; None where it is no address."""
    text = arrival.person.strip()
    with suppress(AddressError):
        if arrival.channel == Channel.LINKEDIN:
            return (LINKEDIN, linkedin_key(text)) if linkedin_key(text) else None
        if "@" in text:
            return (EMAIL, email_key(text))
        if text:
            return (PHONE, e164(text, None))
    return None


def person_of(lead: Lead) -> tuple[UUID, str]:
    """The same for all leads of a client that stand for one person: those with the same e-mail address."""
    return lead.client_id, lead.email_key or str(lead.pk)


def leads_of(arrival: Arrival, clients: tuple[UUID, ...]) -> list[Lead]:
    """The leads whose address it is, whoever was touched last first; of several those that were touched. Where the client is
    not certain, nobody counts who was never touched.
    """
    leads = Lead.objects.filter(client__in=clients, deleted_at=None, erased_at=None)
    called = {arrival.person.strip(), str(arrival.details.get("person_id") or "")} - {""}
    known = Connection.objects.filter(client__in=clients, person_id__in=called)
    found = going_by(pair_of(arrival), leads)
    if arrival.channel == Channel.LINKEDIN and called:
        found = list({one.pk: one for one in [*found, *leads.filter(pk__in=known.values("lead"))]}.values())
    if len(found) == 1 and len(clients) == 1:
        return found
    touched = Activity.objects.filter(client__in=clients, lead__in=[one.pk for one in found], state__in=WENT)
    ids = set(touched.values_list("lead_id", flat=True)) if found else set()
    left = [one for one in found if one.pk in ids] or (found if len(clients) == 1 else [])
    return sorted(left, key=lambda one: one.last_contacted_at or NEVER, reverse=True)


def going_by(pair: Pair | None, leads: QuerySet[Lead]) -> list[Lead]:
    kind, value = pair or ("", "")
    if kind == EMAIL:
        return list(leads.filter(email_key=value))
    if kind == PHONE:
        return list(leads.filter(phone=value))
    name = value.rpartition("/")[2]  # a profile's own name; spellings of what stands before it differ
    alike = leads.filter(linkedin_url__icontains=name) if name else leads.none()
    return [one for one in alike if linkedin_key(one.linkedin_url).rpartition("/")[2] == name]


def last_touch(lead: Lead, channel: str, at: datetime) -> Activity | None:
    """The last touch that the lead got up to a moment, of that channel if there is one."""
    moment = Coalesce("sent_at", "dispatched_at")
    touches = Activity.objects.for_client(lead.client_id).filter(lead=lead, state__in=WENT)
    got = touches.annotate(moment=moment).filter(moment__lte=at).order_by("-moment", "-touch_number")
    same = got.filter(channel=channel).select_related("sender").first() if channel else None
    return same or got.select_related("sender").first()


def is_forgotten(arrival: Arrival, clients: Iterable[UUID]) -> bool:
    """Whether the person asked one of these clients, or everybody, to be forgotten: then nothing of it is kept."""
    pair = pair_of(arrival)
    if pair is None:
        return False
    hashes = both_forms([pair])[1:]
    bound = Q(client__in=list(clients)) | Q(client=None, agency=None)
    return Suppression.objects.filter(bound & naming(hashes)).exists()
