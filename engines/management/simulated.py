"""A simulated world's people, on the other side of a rehearsal: whether and how they answer a touch is drawn from the same
hazard as their world's history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

import numpy as np

from conversion.models import Activity, Client, Sender
from conversion.vocabulary import CHANNELS, ArrivalKind, CallOutcome, Channel, MessageType
from engines.inbound.arrivals import Arrival
from engines.rehearsal import Met
from engines.texts.templates import name_of, set_template
from patterns.simulator.event_rows import NO, YES
from patterns.simulator.history import ANSWERED_FIRST, BOOKED_IN_CALL, CALLS, POSITIVE, REPLIES
from patterns.simulator.leads import People
from patterns.simulator.play import delays
from patterns.simulator.sends import planned_sends
from patterns.simulator.world import Simulation

ACCEPTED = 0.4  # share of the invitations over LinkedIn that are accepted; the worlds have no such thing
AWAY = 0.02  # share of the e-mails that somebody's absence answers, which changes nothing in who books
OUT_OF_OFFICE = "I am out of the office until further notice and will read your e-mail when I am back."
VARIANTS = ("a", "b")
NOTE_LENGTH = 300  # characters that an invitation may have
ROOM = 60  # characters for what a lead's own values are longer than their placeholders
FIELDS = {"{company}": "{{ company_name }}", "{first_name}": "{{ first_name }}", "{industry}": "{{ industry }}"}
LAST_ROOM = timedelta(days=14)  # after a plan's last touch
KEY = {
    Channel.EMAIL: "email",
    Channel.LINKEDIN: "linkedin_url",
}  # what the person is known by on a channel; else the phone
SEATS = {
    Channel.EMAIL: "sam@{domain}",
    Channel.SMS: "+61255500199",
    Channel.VOICE: "+61255500199",
    Channel.LINKEDIN: "https://www.linkedin.com/in/sam-{slug}",
}


def equip(client: Client) -> None:
    """Give a client what sending needs: seats on all channels, and a postal address."""
    client.postal_address = client.postal_address or f"{client.name}\n1 Example Street\nSydney NSW 2000"
    client.save(update_fields=["postal_address"])
    for channel, address in SEATS.items():
        name = {"client": client, "channel": channel.value}
        own = address.format(domain=f"{client.slug}.example", slug=client.slug)
        Sender.objects.get_or_create(**name, address=own, defaults={"display_name": "Sam Lee", "daily_cap": 200})


@dataclass
class SimulatedPeople:
    """people: numbered as the leads' external ids end, from 1. templates: rows of the world's library by the names that touches
    carry. got: what each lead was sent so far: channels, moments in seconds, rows.
    """

    simulation: Simulation
    people: People
    client: Client
    seed: int
    templates: dict[str, int] = field(default_factory=dict)
    got: dict[int, list[tuple[int, float, int]]] = field(default_factory=dict)

    def write_templates(self, touches: int) -> None:
        """Texts of the world's library as the client's templates, two variants for each touch and channel."""
        rng, library = np.random.default_rng((self.seed, 0)), self.simulation.library
        for code, channel in enumerate(CHANNELS):
            rows = [row for row in np.flatnonzero(library.channel == code).tolist() if self.fits(row, channel)]
            for touch in range(1, touches + 1):
                for variant, row in zip(VARIANTS, rng.choice(rows, len(VARIANTS), replace=False).tolist(), strict=True):
                    subject, body = library.subject[row], library.body[row]
                    for mark, variable in FIELDS.items():
                        subject, body = subject.replace(mark, variable), body.replace(mark, variable)
                    subject = subject if channel == Channel.EMAIL else ""
                    written = set_template(self.client, channel.value, touch, variant, subject=subject, body=body)
                    self.templates[name_of(written[0])] = row

    def fits(self, row: int, channel: Channel) -> bool:
        return channel != Channel.LINKEDIN or len(self.simulation.library.body[row]) <= NOTE_LENGTH - ROOM

    def meet(self, touch: Activity, at: datetime, before: datetime | None) -> Met:
        """As `engines.rehearsal.People`."""
        number = int(str(touch.lead.external_id).rpartition("-")[2]) - 1
        got = self.got.setdefault(number, [])
        got.append((CHANNELS.index(Channel(touch.channel)), at.timestamp(), self.templates[touch.template_id]))
        rng = np.random.default_rng((self.seed, 1, number, len(got)))
        room = (before or at + LAST_ROOM) - at
        return self.drawn(touch, at, max(room.total_seconds(), 1.0), self.hazard(number, got), rng)

    def hazard(self, number: int, got: Sequence[tuple[int, float, int]]) -> float:
        """The world's probability that the last touch books, given all that came before it."""
        one = People(**{column.name: getattr(self.people, column.name)[[number]] for column in fields(People)})
        channel, moment, row = (np.array([values]) for values in zip(*got, strict=True))
        sends = planned_sends(one, channel.astype(np.int8), moment, row)
        return float(self.simulation.world.hazard(one, sends, self.simulation.library)[0, -1])

    def drawn(self, touch: Activity, at: datetime, room: float, hazard: float, rng: np.random.Generator) -> Met:
        is_call, books = touch.channel == Channel.VOICE, rng.random() < hazard
        if is_call and books and rng.random() < BOOKED_IN_CALL:
            return Met(outcome=CallOutcome.MEETING_BOOKED.value, seconds=420)
        seconds = float(delays(np.array([room]), rng)[0])
        back: list[tuple[ArrivalKind, float, str]] = []
        if books:
            if rng.random() < ANSWERED_FIRST and not is_call:
                back.append((ArrivalKind.REPLIED, seconds / 2, YES))
            back.append((ArrivalKind.MEETING_BOOKED, seconds, ""))
        elif rng.random() < self.simulation.world.unsubscribe:
            back.append((ArrivalKind.UNSUBSCRIBED, seconds, ""))
        elif rng.random() < REPLIES and not is_call:
            back.append((ArrivalKind.REPLIED, seconds, YES if rng.random() < POSITIVE else NO))
        elif touch.channel == Channel.EMAIL and rng.random() < AWAY:
            back.append((ArrivalKind.REPLIED, 60.0, OUT_OF_OFFICE))
        if touch.message_type == MessageType.CONNECTION_REQUEST and (books or rng.random() < ACCEPTED):
            back.append((ArrivalKind.INVITATION_ACCEPTED, seconds / 3, ""))
        arrivals = tuple(self.arrival(touch, kind, at + timedelta(seconds=after), text) for kind, after, text in back)
        outcome = CallOutcome.CONNECTED if books else rng.choice([str(one) for one in CALLS], p=list(CALLS.values()))
        return Met(arrivals, str(outcome), 180 if outcome == CallOutcome.CONNECTED else 25)

    def arrival(self, touch: Activity, kind: ArrivalKind, at: datetime, text: str) -> Arrival:
        return Arrival(
            source="rehearsal",
            key=f"{touch.pk}:{kind}",
            kind=kind.value,
            occurred_at=at,
            client_id=touch.client_id,
            idempotency_key=touch.idempotency_key or "",
            # A call that a person made has no key, and several leads may share a number.
            person=getattr(touch.lead, KEY.get(Channel(touch.channel), "phone") if touch.idempotency_key else "email"),
            channel=touch.channel,
            text=text,
        )
