"""Putting leads on plans: which leads, as of when, and what is kept; the decision itself is `engines.plan`."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from conversion import als
from conversion.interpreter import few_collections
from conversion.models import Activity, Client, Lead
from conversion.models import Sequence as StoredSequence
from conversion.vocabulary import LeadStatus
from engines.bookings import booked, booked_on
from engines.calendar import checked
from engines.channels import PlanRefused
from engines.enrolment import enrol
from engines.plan import Plan, PlannedLead, plan
from engines.planner import Planner
from engines.reach import refusal, unreachable
from engines.seats import Seats
from engines.senders import Desk, desk
from engines.suppressed import SuppressedAmong
from engines.whereabouts import whereabouts
from patterns import guidance
from patterns.guidance import Guidance

# What planning reads of a lead.
READ = (
    *("id", "external_id", "email", "email_key", "phone", "linkedin_url", "country", "timezone", "extra"),
    *("status", "deleted_at", "erased_at", "is_unsubscribed", "has_bounced", "do_not_contact", "als_tier", "als_score"),
)
BATCH = 3_000  # leads planned in one transaction, during which nobody else plans for the client: about a second


@dataclass(frozen=True)
class Allocated:
    """What planning a client's new leads did. refused: leads by the reason for which no plan was made."""

    client: Client
    planned: int
    refused: Mapping[str, int]
    seconds: float


@dataclass(frozen=True)
class Terms:
    """What holds for every lead that is planned together. sequence: channels given by hand. touch_count: 6 if None."""

    guidance: Guidance
    at: datetime
    sequence: Sequence[str] | None = None
    touch_count: int | None = None

    def plan(self, lead: Lead, found: Desk, seats: Seats, suppressed: frozenset[str]) -> Plan:
        """The lead's plan, on these seats. Raises PlanRefused where it may not be contacted, and as `engines.plan.plan`."""
        return plan(
            self.view(lead, found, suppressed),
            self.guidance,
            self.at,
            seats=seats,
            touch_count=self.touch_count,
            sequence=self.sequence,
            holdout_share=found.holdout_share,
        )

    def planner(self, found: Desk, seats: Seats) -> Planner:
        """Of many leads, on these seats, which it books."""
        return Planner(self.guidance, self.at, seats, self.touch_count, self.sequence, found.holdout_share)

    def view(self, lead: Any, found: Desk, suppressed: frozenset[str]) -> PlannedLead:
        """What a plan needs to know of a lead, which has the attributes READ. Raises PlanRefused where it may not be
        contacted.
        """
        if reason := refusal(lead, suppressed):
            raise PlanRefused(reason)
        return PlannedLead(
            lead.id,
            lead.als_tier or als.tier(lead.als_score, self.guidance.tiers).value,
            whereabouts(lead.timezone, lead.country, found.timezone),
            unreachable(lead, suppressed),
        )


class AllocatorEngine:
    """Puts leads on the plans that their client's valid patterns give."""

    def allocate_lead(
        self,
        lead: Lead,
        client: Client,
        sequence_override: Sequence[str] | None = None,
        *,
        touch_count: int | None = None,
        at: datetime | None = None,
    ) -> dict[str, Any]:
        """Plan one lead's touches, store them as a sequence with planned activities, and say why each is where it is.

        sequence_override: channels given by hand, kept as they are. touch_count: 6 where not given. at: aware, as of
        when; now if None. Returns `Plan.payload()`. Five queries. Raises PlanRefused, with the reason, where no plan is
        made, also where the lead is on one already; ValueError on arguments that make no sense, for a lead of another
        client and for a deleted client.
        """
        moment = checked(at or now())
        terms = Terms(guidance.for_client(client, moment), moment, sequence_override, touch_count)
        with transaction.atomic():
            made = draft(lead, client, terms, lock=True)
            enrol([made], client, moment)
        return made.payload()

    def allocate_client(
        self,
        client: Client,
        *,
        touch_count: int | None = None,
        limit: int | None = None,
        at: datetime | None = None,
        batch: int = BATCH,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Allocated:
        """Plan all leads of a client that are new and were never planned nor touched, best score first, so that the
        best leads get the first places where senders are booked up. Each batch is one transaction; a second call changes
        nothing.

        limit: most leads that are planned. progress: called with the number of leads seen so far. Raises ValueError for a
        deleted client.
        """
        started, moment = time.monotonic(), checked(at or now())
        terms = Terms(guidance.for_client(client, moment), moment, touch_count=touch_count)
        refused, planned = Counter[str](), 0
        for ids in batches(client, batch):
            left = None if limit is None else limit - planned
            if left == 0:
                break
            with few_collections, transaction.atomic():
                planned += enrol(islice(drafts(client, ids, terms, refused), left), client, moment)
            progress(planned + refused.total())
        return Allocated(client, planned, dict(refused), time.monotonic() - started)


def draft(lead: Lead, client: Client, terms: Terms, *, lock: bool = False) -> Plan:
    """One lead's plan, not stored; errors as `AllocatorEngine.allocate_lead`. lock: it will be stored in the transaction
    that is open, so a lead that is on a plan is refused.

    Two queries where the plan finds room on the days that it would choose if nothing were booked, three where not: a
    long list of what is booked is read only then.
    """
    if lead.client_id != client.pk:
        raise ValueError(f"lead {lead.pk} is not of client {client.pk}")
    found = desk(client, lead, lock=lock)
    ideal = terms.plan(lead, found, found.seats, found.suppressed)
    places = {(touch.sender, touch.at) for touch in ideal.touches if touch.sender is not None}
    near = booked_on(found.seats, places, terms.at, lead)
    if near.is_planned and lock:
        raise PlanRefused("it is on a plan already, whose open touches come first")
    near.seats.book(places)
    if near.seats.within_caps():
        return ideal
    return terms.plan(lead, found, booked(found.seats, terms.at).seats, found.suppressed)


def batches(client: Client, size: int) -> Iterator[list[Any]]:
    """The ids of the leads to plan, best score first."""
    ids = list(
        new_leads(client)
        .annotate(rank=Coalesce("als_score", Value(als.UNSCORED)))
        .order_by("-rank", "id")
        .values_list("id", flat=True)
    )
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def new_leads(client: Client) -> QuerySet[Lead]:
    """Leads that are new, that no sequence was ever made for and that were never touched."""
    return Lead.objects.for_client(client).filter(
        ~Exists(StoredSequence.objects.filter(lead=OuterRef("pk"))),
        ~Exists(Activity.objects.filter(lead=OuterRef("pk"))),
        status=LeadStatus.NEW,
        deleted_at__isnull=True,
    )


def drafts(client: Client, ids: Sequence[Any], terms: Terms, refused: Counter[str]) -> Iterator[Plan]:
    """The plans of those of the leads that are still to be planned, in the order of `ids`; each books its places."""
    found = desk(client, lock=True)
    leads = {lead.id: lead for lead in new_leads(client).filter(pk__in=ids).values_list(*READ, named=True)}
    planner = terms.planner(found, booked(found.seats, terms.at).seats)
    suppressed = SuppressedAmong(leads.values(), client)
    for lead in (leads[key] for key in ids if key in leads):
        try:
            yield planner.plan(terms.view(lead, found, suppressed.kinds(lead)))
        except PlanRefused as answer:
            refused[str(answer)] += 1
