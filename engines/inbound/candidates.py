"""Who may have written a message that nobody was found for: guesses for a person to choose from, each with its reason."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from conversion.access import Access
from conversion.addresses import AddressError, email_key
from conversion.folding import canonical
from conversion.models import Activity, Client, InboundMessage, Lead
from conversion.vocabulary import ActivityState, Role
from engines.inbound.matching import going_by
from engines.inbound.unmatched import pair_of

RECENT = 2_000  # touches that went out last, whose leads are looked at by name and domain
MOST = 10
SHORTEST = 3  # letters of a name that count as one
# Mailboxes that anybody may have: the domain says nothing.
SHARED = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com"),
        *(
            "gmx.de",
            "gmx.net",
            "web.de",
            "t-online.de",
            "aol.com",
            "proton.me",
            "protonmail.com",
            "orange.fr",
            "free.fr",
        ),
    }
)


@dataclass(frozen=True)
class Candidate:
    lead: Lead
    why: str


def candidates(message: InboundMessage, reach: Access) -> list[Candidate]:
    """At most MOST leads that the message may be of, the likeliest first, of clients at which somebody is an operator."""
    clients = clients_of(message, reach)
    present = Lead.objects.filter(client__in=clients, deleted_at=None, erased_at=None)
    found = {lead.pk: Candidate(lead, "goes by this address") for lead in exact(message, present)}
    guessed = alike(message, clients)
    missing = [pk for pk in guessed if pk not in found]
    rows = present.select_related("client").in_bulk(missing)
    found |= {pk: Candidate(rows[pk], guessed[pk]) for pk in missing if pk in rows}
    return list(found.values())[:MOST]


def clients_of(message: InboundMessage, reach: Access) -> list[Client]:
    """Those whose message it may be, as far as somebody may say so (`unmatched.settle`)."""
    mine = reach.clients(Role.OPERATOR)
    if message.client_id is not None:
        return list(mine.filter(pk=message.client_id))
    account = message.account
    if account is None:
        return []
    if account.client_id is not None:
        return list(mine.filter(pk=account.client_id))
    return list(mine.filter(agency=account.agency_id))


def exact(message: InboundMessage, present: QuerySet[Lead]) -> list[Lead]:
    pair = pair_of(message)
    return going_by(pair, present.select_related("client"))[:MOST] if pair else []


def alike(message: InboundMessage, clients: Iterable[Client]) -> dict[UUID, str]:
    """Leads that were written to lately, by id: those of the same domain, and those whose name stands in the address or before
    it.
    """
    domain, words = domain_of(message), words_of(message)
    if not domain and not words:
        return {}
    touches = Activity.objects.filter(client__in=list(clients), state=ActivityState.SENT)
    if message.sender_id is not None:
        touches = touches.filter(sender=message.sender_id)
    columns = ("lead_id", "lead__first_name", "lead__last_name", "lead__email_key")
    same: dict[UUID, str] = {}
    named: dict[UUID, str] = {}
    for lead, first, last, key in touches.order_by("-sent_at").values_list(*columns)[:RECENT]:
        if last and len(last) >= SHORTEST and canonical(last) in words:
            both = bool(first) and canonical(first) in words
            named.setdefault(lead, "has this name" if both else "has this last name")
        elif domain and key.endswith(f"@{domain}"):
            same.setdefault(lead, f"has an address at {domain}")
    return named | {lead: why for lead, why in same.items() if lead not in named}


def domain_of(message: InboundMessage) -> str:
    try:
        domain = email_key(message.person).rpartition("@")[2]
    except AddressError:
        return ""
    return "" if domain in SHARED else domain


def words_of(message: InboundMessage) -> frozenset[str]:
    """What may be names in whom it came from."""
    local = message.person.partition("@")[0]
    return frozenset(re.split(r"[^\w]+|_", canonical(local))) - {""}
