"""A plan's whole run in seconds: time jumps from one thing that is due to the next, touches go through the outbox to the
console, and what somebody makes up as answers comes back the way that real ones do.

For demonstrations and trials. `engines.outbox.clock.rehearsed` sees to it that nothing real can be sent.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from typing import Any, Protocol

from django.db.models import Min, Q

from conversion.models import Activity, Client, Lead
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import CallOutcome
from engines.inbound.arrivals import Arrival, take
from engines.outbox import clock
from engines.outbox.queue import enqueue
from engines.outbox.sending import send_now
from engines.running import queue_due
from engines.voice import VoiceEngine

CALL_DUE = "call_due"
MOST_STEPS = 5_000
ROUNDS = 4  # at one moment; a touch that is sent lets the next one be looked at


@dataclass(frozen=True)
class Met:
    """What a touch meets with. outcome, seconds: of a call, with what was said. arrivals: what comes back, with its moments."""

    arrivals: tuple[Arrival, ...] = ()
    outcome: str = CallOutcome.CONNECTED.value
    seconds: int = 0


class People(Protocol):
    """Whoever the touches go to. They answer by what they got, when."""

    def meet(self, touch: Activity, at: datetime, before: datetime | None) -> Met:
        """at: when it reached them. before: when the lead's next touch is to come, None where it is the last."""
        ...


@dataclass
class Day:
    """sent: touches by channel. back: what came back, each the lead and the arrival. booked: leads that booked in a call."""

    date: date
    sent: Counter[str] = field(default_factory=Counter)
    back: list[tuple[Lead, Arrival]] = field(default_factory=list)
    booked: list[Lead] = field(default_factory=list)


@dataclass
class Rehearsal:
    """Of the plans of a client. people: who answers."""

    client: Client
    people: People
    coming: list[tuple[datetime, int, Lead, Arrival]] = field(default_factory=list)
    met: int = 0

    def run(self, start: datetime, end: datetime) -> Iterator[Day]:
        """The days on which something happened, in the client's plans and between these moments (aware).

        Raises `engines.outbox.clock.RehearsalError` where something could be sent for real.
        """
        moment, day = start, None
        for _ in range(MOST_STEPS):
            if day is None or moment.date() != day.date:
                if day is not None:
                    yield day
                day = Day(moment.date())
            with clock.rehearsed(moment):
                self.step(moment, day)
            following = self.next_moment(moment)
            if following is None or following > end:
                break
            moment = following
        if day is not None:
            yield day

    def step(self, moment: datetime, day: Day) -> None:
        while self.coming and self.coming[0][0] <= moment:
            _, _, lead, arrival = heappop(self.coming)
            take(arrival)
            day.back.append((lead, arrival))
        held = self.touches().filter(state=State.HELD, due_at__lte=moment)
        enqueue(self.client, list(held.exclude(reason_code=CALL_DUE).values_list("pk", flat=True)), moment)
        for _ in range(ROUNDS):
            queue_due(client=self.client)
            queued = self.touches().filter(state=State.QUEUED, due_at__lte=moment)
            touches = list(queued.select_related("lead", "sequence").order_by("due_at", "pk"))
            for touch in touches:
                self.go(touch, moment, day)
            if not touches:
                break

    def go(self, touch: Activity, moment: datetime, day: Day) -> None:
        """One touch: through the outbox, or by telephone once the guard says that the call is due."""
        lead, before = touch.lead, self.following(touch)
        tried = send_now(touch)
        if tried.state == State.HELD and tried.reason_code == CALL_DUE:
            met = self.people.meet(touch, moment, before)
            VoiceEngine().complete_call(
                lead,
                self.client,
                outcome=met.outcome,
                duration_seconds=met.seconds,
                touch_number=touch.touch_number,
                sequence_id=touch.sequence_id,
            )
            if met.outcome == CallOutcome.MEETING_BOOKED:
                day.booked.append(lead)
        elif tried.state == State.SENT:
            met = self.people.meet(tried, moment, before)
        else:
            return
        day.sent[touch.channel] += 1
        for arrival in met.arrivals:
            self.met += 1
            heappush(self.coming, (arrival.occurred_at or moment, self.met, lead, arrival))

    def following(self, touch: Activity) -> datetime | None:
        planned = self.touches().filter(sequence=touch.sequence_id, state=State.PLANNED)
        moments = planned.aggregate(next=Min("scheduled_at"))
        found: datetime | None = moments["next"]
        return found

    def next_moment(self, moment: datetime) -> datetime | None:
        """When something is due next, after a moment."""
        later = self.touches().aggregate(
            planned=Min("scheduled_at", filter=Q(state=State.PLANNED, scheduled_at__gt=moment)),
            queued=Min("due_at", filter=Q(state__in=[State.QUEUED, State.HELD], due_at__gt=moment)),
        )
        known = [found for found in (*later.values(), self.coming[0][0] if self.coming else None) if found is not None]
        return max(min(known), moment + timedelta(seconds=1)) if known else None

    def touches(self) -> Any:
        return Activity.objects.for_client(self.client).exclude(plan="").filter(sequence__isnull=False)
