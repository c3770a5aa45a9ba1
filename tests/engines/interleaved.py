"""A small world in which sends and opt-outs come in any order, and what may be sent in it, worked out without the guard."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
from django.db import transaction
from django.db.models import F

from conversion import optouts
from conversion.attribution import LeadSet
from conversion.erasure import erase
from conversion.models import Activity, Event, Lead, Suppression
from conversion.suppressions import forget
from engines.guard import Cancel, Go, examine
from engines.inbound.optout import unsubscribe
from engines.reputation import watch
from engines.unsubscribe import Link
from tests.engines.guarded import mailbox, planned, reachable

PLACES = (("America/New_York", "US"), ("Australia/Lord_Howe", "AU"), ("Europe/London", "GB"))
CAPS = {"email": 2, "sms": 1}  # fewer than people: each has one touch a day
HOURS = {"email": (6, 22), "sms": (8, 21)}
HOME = ZoneInfo("Australia/Sydney")


@dataclass
class Person:
    """A lead, and what its person has said. shut: channels. gone: for all channels."""

    lead: Lead
    zone: ZoneInfo
    country: str
    shut: set = field(default_factory=set)
    gone: bool = False


class World:
    """Three people, each with three touches; a ledger of what went out: (touch's index, moment)."""

    def __init__(self, client, twin, at):
        self.client, self.twin, self.at = client, twin, at
        self.ledger, self.verdicts = [], []
        self.people = [self.person(number) for number in range(len(PLACES))]
        senders = {
            channel: mailbox(client, channel=channel, address=channel, daily_cap=cap) for channel, cap in CAPS.items()
        }
        self.touches = [
            planned(person.lead, senders[channel], channel=channel, state="queued", due_at=None, idempotency_key=None)
            for person in self.people
            for channel in ("email", "sms", "email")
        ]

    def person(self, number):
        zone, country = PLACES[number]
        address, phone = f"p{number}@d{number % 2}.example", f"+6125550000{number}"
        fields = {"external_id": f"L{number}", "email": address, "email_key": address, "phone": phone}
        lead = reachable(self.client, **fields, linkedin_url="", timezone=zone, country=country)
        return Person(lead, ZoneInfo(zone), country)

    def owner(self, index):
        return self.people[index // 3]

    # What happens.

    def advance(self, minutes):
        self.at += timedelta(minutes=minutes)

    def claim(self, index):
        self.ask(index, "queued", "claimed")

    def dispatch(self, index):
        with transaction.atomic():
            if self.ask(index, "claimed", "dispatching"):
                self.ledger.append((index, self.at))

    def record(self, index):
        mine = self.row(index).filter(state="dispatching")
        # As of its dispatch, however late its answer comes.
        mine.update(state="sent", sent_at=F("dispatched_at")) if index % 2 else mine.update(state="unknown")

    def row(self, index):
        return Activity.objects.for_client(self.client).filter(pk=self.touches[index].pk)

    def ask(self, index, before, after):
        if not self.row(index).filter(state=before).exists():
            return False
        verdict = examine(self.touches[index], self.at)
        self.verdicts.append(type(verdict).__name__)
        assert isinstance(verdict, Go) == self.allowed(index), (verdict, index, self.at)
        if isinstance(verdict, Go):
            self.row(index).update(state=after, **({"dispatched_at": self.at} if after == "dispatching" else {}))
            return True
        self.row(index).update(state="cancelled" if isinstance(verdict, Cancel) else "queued")
        return False

    def stop(self, number):
        """The word STOP in a text message, as an inbound handler takes it."""
        person = self.people[number]
        self.event(person, "unsubscribed")
        person.gone = True

    def unsubscribe(self, number):
        person = self.people[number]
        if unsubscribe(Link(self.client.pk, self.touches[3 * number].pk)):
            person.gone = True

    def bounce(self, number):
        person = self.people[number]
        self.event(person, "bounced", self.touches[3 * number])
        watch(self.touches[3 * number].sender_id, self.at)
        person.gone = True

    def event(self, person, kind, touch=None):
        with transaction.atomic(), LeadSet() as leads:
            of = {"client": self.client, "lead": person.lead, "activity": touch}
            Event.objects.create(**of, kind=kind, occurred_at=self.at)
            leads.add([person.lead.pk])
            leads.settle(optouts.settle)

    def suppress_email(self, number):
        Suppression.objects.get_or_create(client=self.client, kind="email", value=f"p{number}@d{number % 2}.example")
        self.people[number].shut.add("email")

    def suppress_phone(self, number):
        Suppression.objects.get_or_create(agency=self.client.agency, kind="phone", value=f"+6125550000{number}")
        self.people[number].shut.add("sms")

    def suppress_domain(self, number):
        Suppression.objects.get_or_create(client=None, agency=None, kind="domain", value=f"d{number % 2}.example")
        for other in self.people[number % 2 :: 2]:
            other.shut.add("email")

    def suppress_for_twin(self, number):
        Suppression.objects.get_or_create(client=self.twin, kind="email", value=f"p{number}@d{number % 2}.example")

    def forget_number(self, number):
        forget([("phone", f"+6125550000{number}")], self.client)
        self.people[number].shut.add("sms")

    def forget_person(self, number):
        forget([("email", f"p{number}@d{number % 2}.example")], None)
        self.people[number].gone = True

    def erase(self, number):
        erase(str(self.people[number].lead.pk), self.client, self.at)
        self.people[number].gone = True

    def convert(self, number):
        Lead.objects.for_client(self.client).filter(pk=self.people[number].lead.pk).update(status="converted")
        self.people[number].gone = True

    # What may be.

    def allowed(self, index):
        person, touch = self.owner(index), self.touches[index]
        return (
            not person.gone
            and touch.channel not in person.shut
            and self.is_open(person, touch.channel)
            and self.is_rested(person, index)
            and self.has_room(touch.channel, index)
        )

    def is_open(self, person, channel):
        local = self.at.astimezone(person.zone)
        first, end = HOURS[channel]
        off = local.weekday() >= 5 or local.date() in holidays.country_holidays(person.country, years=local.year)
        return not off and first <= local.hour < end

    def is_rested(self, person, index):
        today = self.at.astimezone(person.zone).date()
        days = [
            (today - moment.astimezone(person.zone).date()).days
            for other, moment in self.ledger
            if other != index and self.owner(other) is person
        ]
        return days.count(0) == 0 and sum(0 <= day <= 6 for day in days) < 3

    def has_room(self, channel, index):
        today = self.at.astimezone(HOME).date()
        sent = [
            other
            for other, moment in self.ledger
            if other != index and self.touches[other].channel == channel and moment.astimezone(HOME).date() == today
        ]
        return len(sent) < CAPS[channel]


def start(year, month, day, hour):
    return datetime(year, month, day, hour, tzinfo=UTC)
