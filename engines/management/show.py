"""The demo's rehearsal, told day by day: new leads are put on plans, the plans run, and what comes of them is learned from."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils.timezone import now

from conversion.models import Activity, Client, Event, Lead
from conversion.vocabulary import ArrivalKind, EventKind, LeadStatus
from engines.allocator import AllocatorEngine
from engines.inbound.arrivals import Arrival
from engines.management.simulated import SimulatedPeople, equip
from engines.outbox.clock import RehearsalError, rehearsed
from engines.plan import TOUCHES
from engines.rehearsal import Day, Rehearsal
from engines.running import stop
from patterns.learning import learn
from patterns.models import ConversionPattern
from patterns.simulator.world import Simulation

LEADS = 30
# Long enough ago that all of it is over, and old enough to be learned from, today: six touches and two weeks after the last.
DAYS = 70
HELD_OUT = 0.5  # of the leads are planned by the defaults, so that both can be seen
SAID = {
    ArrivalKind.MEETING_BOOKED: "booked a meeting",
    ArrivalKind.UNSUBSCRIBED: "unsubscribed",
    ArrivalKind.INVITATION_ACCEPTED: "accepted the invitation",
}


def rehearsal(client: Client, world: Simulation, seed: int, today: datetime) -> Iterator[str]:
    """The lines of it. The client's new leads are those that `load_fresh` brought with the same seed."""
    start, end = today - timedelta(days=DAYS), today
    people = SimulatedPeople(world, world.fresh(LEADS, np.random.default_rng(seed)), client, seed)
    try:
        with rehearsed(start):
            equip(client)
            people.write_templates(TOUCHES)
            planned = plan(client, start)
    except RehearsalError as error:
        yield f"\nNothing is rehearsed: {error}"
        return
    head = f"{client}: {planned} new leads are put on their plans as of {DAYS} days ago, and time runs fast"
    yield from ("", head, "=" * len(head))
    yield "By lot, one in two gets the usual plan. The console stands in for the providers; the simulated leads answer."
    try:
        for day in Rehearsal(client, people).run(start, end):
            yield from told(day)
    finally:  # nothing of it is to be sent later
        for lead in touches_of(client, start).values_list("lead_id", flat=True).distinct():
            stop(client.pk, lead, "rehearsed", "the rehearsal is over")
    yield from concluded(client, start)
    yield learned_again(client)


def plan(client: Client, at: datetime) -> int:
    """Put the client's new leads on plans, half of them held out; returns how many."""
    usual, client.holdout_share = client.holdout_share, HELD_OUT
    client.save(update_fields=["holdout_share"])
    planned = AllocatorEngine().allocate_client(client, at=at).planned
    client.holdout_share = usual
    client.save(update_fields=["holdout_share"])
    return planned


def touches_of(client: Client, start: datetime) -> Any:
    return Activity.objects.for_client(client).filter(created_at=start).exclude(plan="")


def told(day: Day) -> Iterator[str]:
    sent = ", ".join(f"{count} {channel}" for channel, count in sorted(day.sent.items()))
    lines = [f"{lead} {said(arrival)}" for lead, arrival in day.back]
    lines += [f"{lead} booked a meeting in a call" for lead in day.booked]
    if sent or lines:
        yield f"  {day.date:%a %d %b}  {sent or 'nothing to send'}"
    for line in lines:
        yield f"              {line}"


def said(arrival: Arrival) -> str:
    kind = ArrivalKind(arrival.kind)
    return SAID.get(kind) or f"answered by {arrival.channel}: {arrival.text}"


def concluded(client: Client, start: datetime) -> Iterator[str]:
    """What became of the leads, by the arm that they were on; and why touches did not go out."""
    rows = touches_of(client, start)
    arms: dict[str, set[object]] = {}
    for arm, lead in rows.values_list("sequence__arm", "lead_id"):
        arms.setdefault(arm, set()).add(lead)
    for arm, leads in sorted(arms.items(), reverse=True):
        booked = Lead.objects.for_client(client).filter(pk__in=leads, status=LeadStatus.CONVERTED).count()
        by = "what was learned" if arm == "learned" else "the usual plan"
        yield f"{len(leads)} leads by {by}: {booked} booked"
    yield "So few leads prove nothing; `python -m benchmarks.decisions` compares plans in the thousands."
    why = Counter(rows.exclude(state="sent").values_list("state", "reason_code"))
    states = ", ".join(f"{count} {state} ({code or 'open'})" for (state, code), count in why.most_common())
    answers = Event.objects.for_client(client).filter(lead__activities__in=rows, kind=EventKind.REPLIED).distinct()
    sent = rows.filter(state="sent").count()
    yield f"{sent} touches went out, {answers.count()} replies came back; not sent: {states or 'none'}"


def learned_again(client: Client) -> str:
    before = sizes(client)
    learned = learn(client, now())
    after = sizes(client)
    grown = ", ".join(
        f"{kind} {before[kind][0]} -> {version} ({before[kind][1]:,} -> {size:,})"
        for kind, (version, size) in sorted(after.items())
        if kind in before
    )
    return f"Learned again in {learned.seconds:.1f} s, from {learned.touches:,} touches: {grown}"


def sizes(client: Client) -> dict[str, tuple[int, int]]:
    """Version and sample of each pattern."""
    rows = ConversionPattern.objects.for_client(client).values_list("pattern_type", "version", "sample_size")
    return {kind: (version, size) for kind, version, size in rows}
