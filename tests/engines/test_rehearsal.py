"""Time that runs fast: nowhere near a real provider, through the whole outbox, and answered from the planted truth."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import numpy as np
import pytest

from conversion.models import Activity, Event, Lead, ProviderAccount, Sequence
from conversion.tenancy import across_clients
from conversion.vocabulary import CHANNELS
from engines.allocator import AllocatorEngine
from engines.inbound.arrivals import Arrival
from engines.management import simulated
from engines.management.show import told
from engines.management.simulated import SimulatedPeople, equip
from engines.outbox import clock, dispatching
from engines.outbox.sending import send_now
from engines.rehearsal import Met, Rehearsal
from engines.texts.templates import set_template
from patterns.simulator.world import simulate
from tests.engines.guarded import client_of, mailbox, planned, reachable

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
transactional = pytest.mark.django_db(transaction=True)


@dataclass
class Patient:
    """Nobody answers, but for what is given: by touch number."""

    answers: dict[int, str] = field(default_factory=dict)
    seen: list = field(default_factory=list)

    def meet(self, touch, at, before):
        self.seen.append((touch.touch_number, touch.channel, at, before))
        kind = self.answers.get(touch.touch_number)
        if kind is None:
            return Met()
        arrival = Arrival(
            "rehearsal", f"{touch.pk}", kind, at + timedelta(hours=5), client_id=touch.client_id,
            idempotency_key=touch.idempotency_key or "", channel=touch.channel, text="Yes, send me the details please",
        )  # fmt: skip
        return Met((arrival,))


@pytest.fixture
def acme(make_client):
    client = client_of(make_client)
    equip(client)
    for touch in range(1, 7):
        for channel in CHANNELS:
            subject = "Hi {{ first_name }}" if channel == "email" else ""
            set_template(client, channel.value, touch, "a", subject=subject, body="Hi {{ first_name }}, a word?")
    return client


def rehearse(client, people, days=70):
    AllocatorEngine().allocate_client(client, at=START)
    return list(Rehearsal(client, people).run(START, START + days * DAY))


@transactional
def test_a_plan_runs_to_its_end(acme):
    jo, people = reachable(acme), Patient()
    days = rehearse(acme, people)
    assert [(number, channel) for number, channel, _, _ in people.seen] == [
        (1, "email"), (2, "linkedin"), (3, "email"), (4, "sms"), (5, "voice"), (6, "email"),
    ]  # fmt: skip
    sent = Activity.objects.for_client(acme).order_by("touch_number")
    assert {touch.state for touch in sent} == {"sent"}
    moments = [touch.sent_at for touch in sent]
    assert moments == sorted(moments)
    assert START < moments[0] < moments[-1] < START + 40 * DAY
    assert all(touch.sent_at - touch.scheduled_at < timedelta(hours=1) for touch in sent)
    assert sum((day.sent for day in days), Counter()) == Counter(email=3, linkedin=1, sms=1, voice=1)
    jo.refresh_from_db()
    assert (jo.status, jo.touch_count) == ("contacted", 6)
    assert people.seen[0][3] == sent[1].scheduled_at
    assert people.seen[-1][3] is None


@transactional
@pytest.mark.parametrize(
    ("kind", "code"), [("replied", "replied"), ("meeting_booked", "booked"), ("unsubscribed", "unsubscribed")]
)
def test_an_answer_ends_it(acme, make_client, kind, code):
    other = client_of(make_client, name="Other")
    theirs = reachable(other)
    AllocatorEngine().allocate_client(other, at=START)
    jo = reachable(acme)
    days = rehearse(acme, Patient({3: kind}))
    states = [touch.state for touch in Activity.objects.for_client(acme).order_by("touch_number")]
    assert states == ["sent"] * 3 + ["cancelled"] * 3
    codes = Activity.objects.for_client(acme).filter(state="cancelled").values_list("reason_code", flat=True)
    assert set(codes) == {code}
    assert Event.objects.filter(lead=jo, kind=kind).count() == 1
    assert [lead.pk for day in days for lead, _ in day.back] == [jo.pk]
    assert set(Activity.objects.filter(lead=theirs).values_list("state", flat=True)) == {"planned"}


@dataclass
class Keen(Patient):
    """Books in the call."""

    def meet(self, touch, *_):
        return Met(outcome="meeting_booked" if touch.channel == "voice" else "connected")


@transactional
def test_who_books_in_a_call_is_named(acme):
    jo = reachable(acme)
    days = rehearse(acme, Keen())
    assert [(lead, day.sent) for day in days for lead in day.booked] == [(jo, Counter(voice=1))]
    jo.refresh_from_db()
    assert jo.status == "converted"
    assert [line.strip() for day in days if day.booked for line in told(day)][1:] == [
        f"{jo} booked a meeting in a call"
    ]


@transactional
def test_a_plan_without_texts_waits(acme):
    reachable(acme)
    with across_clients("operations"):
        acme.templates.all().delete()
    assert sum((day.sent for day in rehearse(acme, Patient(), days=20)), Counter()) == Counter()
    touches = Activity.objects.for_client(acme).order_by("touch_number")
    assert [touch.state for touch in touches] == ["held"] + ["planned"] * 5


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["smtp", "twilio"])
def test_time_is_not_set_where_something_is_sent_for_real(agency, customer, settings, kind):
    with clock.rehearsed(START):
        assert clock.database_now() == START
    assert clock.database_now() > START + 100 * DAY
    account = ProviderAccount.objects.create(agency=agency, channel="email", kind=kind, name="x")
    with pytest.raises(clock.RehearsalError, match=f"console alone, and {kind} could send"), clock.rehearsed(START):
        raise AssertionError
    ProviderAccount.objects.filter(pk=account.pk).update(is_active=False)
    with clock.rehearsed(START):
        pass
    settings.DEFAULT_PROVIDERS = {"email": "console", "sms": kind}
    with pytest.raises(clock.RehearsalError, match=f"console alone, and {kind} could send"), clock.rehearsed(START):
        raise AssertionError


@transactional
def test_no_other_provider_is_handed_a_message_within_it(acme, monkeypatch):
    """Should one be set up while it runs."""
    sent = []
    real = SimpleNamespace(name="smtp", honours_key_for=None, send=lambda *given, **_: sent.append(given))
    monkeypatch.setattr(dispatching, "provider_for", lambda *_: real)
    touch = planned(reachable(acme), mailbox(acme), state="planned")
    with clock.rehearsed(START + timedelta(days=1, hours=1)):
        tried = send_now(touch)
    assert (tried.state, sent) == ("queued", [])
    assert "A rehearsal hands nothing to smtp" in tried.reason


@pytest.fixture(scope="module")
def world():
    return simulate("all", leads=50, seed=3, as_of=START)


def touch_of(number, channel, template, count):
    lead = SimpleNamespace(external_id=f"new-{number + 1}", email="a@b.example", phone="+61", linkedin_url="x")
    return SimpleNamespace(
        pk=UUID(int=number * 10 + count), lead=lead, channel=channel, template_id=template, message_type="",
        client_id=UUID(int=1), idempotency_key="k",
    )  # fmt: skip


def test_answers_come_from_the_worlds_hazard(world):
    """The same probabilities as the simulator's own, and as many bookings as they say."""
    leads = 400
    people = world.fresh(leads, np.random.default_rng(5))
    channels = ["email", "voice", "email"]
    codes = np.array([[CHANNELS.index(channel) for channel in channels]] * leads, dtype=np.int8)
    moments = START.timestamp() + np.array([[10.0, 12.0, 17.0]] * leads) * 86_400
    sends = world.plan(people, codes, moments, np.random.default_rng(6))
    truth = world.world.hazard(people, sends, world.library)
    names = {f"row-{row}": row for row in range(len(world.library))}
    mine = SimulatedPeople(world, people, None, 9, templates=names)
    booked = expected = spread = 0.0
    for number in range(leads):
        for count, channel in enumerate(channels):
            at = datetime.fromtimestamp(moments[number, count], UTC)
            touch = touch_of(number, channel, f"row-{sends.template[number, count]}", count)
            met = mine.meet(touch, at, at + 2 * DAY)
            chance = truth[number, count]
            assert mine.hazard(number, mine.got[number]) == pytest.approx(chance)
            kinds = {arrival.kind for arrival in met.arrivals}
            booked += "meeting_booked" in kinds or met.outcome == "meeting_booked"
            expected, spread = expected + chance, spread + chance * (1 - chance)
            assert all(at <= arrival.occurred_at <= at + 2 * DAY for arrival in met.arrivals)
    assert abs(booked - expected) < 4 * spread**0.5
    assert expected > 20


@pytest.mark.django_db
def test_templates_are_the_worlds_texts(world, customer):
    people = SimulatedPeople(world, world.fresh(2, np.random.default_rng(5)), customer, 9)
    people.write_templates(3)
    stored = list(customer.templates.filter(client=customer))
    assert len(stored) == len(people.templates) == 3 * len(CHANNELS) * len(simulated.VARIANTS)
    assert not any("{company}" in one.body or "{first_name}" in one.subject for one in stored)
    assert any("{{ company_name }}" in one.body for one in stored)


@pytest.mark.django_db
def test_a_sequence_of_a_rehearsal_began_then(acme):
    reachable(acme)
    AllocatorEngine().allocate_client(acme, at=START)
    assert Sequence.objects.for_client(acme).get().created_at == START
    assert Lead.objects.for_client(acme).get().status == "new"
