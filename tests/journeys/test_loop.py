"""The whole loop with nothing in place of the real thing but the other side of the wire: import, learn, plan, send by worker
processes over SMTP and Twilio's API, hear the answers by IMAP and signed webhooks, book, and learn again. Who books is drawn
from a simulated world, so the truth that the pattern has to move towards is known.
"""
# ruff: noqa: F811 (fixtures are imported)

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import F
from django.utils.timezone import now

from benchmarks.chaos.channels import DAY, zone_at
from benchmarks.chaos.servers import wait_for
from conversion.models import Activity, Event, Lead, Sender, Sequence
from conversion.secrets import seal
from engines.management.simulated import OUT_OF_OFFICE, SimulatedPeople
from engines.poll import poll
from engines.webhooks.bookings import new_secret
from patterns.models import ConversionPattern
from patterns.simulator.effects import World
from patterns.simulator.leads import TITLE_NAMES
from patterns.simulator.load import load
from patterns.simulator.rows import person_row
from patterns.simulator.world import Simulation
from tests.engines.inbound.mails import mail
from tests.engines.inbound.mailserver import PASSWORD, USER, MailServer
from tests.engines.mailbox import account, mailbox  # noqa: F401 (fixtures)
from tests.engines.phones import OURS, account_at, twilio  # noqa: F401 (fixtures)
from tests.engines.webhooks.knocking import stamped

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_URL = "https://chaos.example"  # of the settings that the workers run with, by which every day is a business day
WORLD = World("loop", base=0.12, titles={"Founder": 4.0}, unsubscribe=0.03, stars=0.0)
SEED, BEFORE, LEADS = 5, 80, 400
MATURED = timedelta(days=20)
MAILER, TWIN_MAILER = "ann@acme.example", "ann@twin.example"

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="the workers are processes of their own, which SQLite in memory cannot serve",
)


@pytest.fixture
def simulation():
    return Simulation.draw(WORLD, BEFORE, datetime(2026, 3, 1, tzinfo=UTC).timestamp(), np.random.default_rng(SEED))


@pytest.fixture
def people(simulation, acme):
    """Those who are written to, as the world knows them; half of them have an e-mail address alone, and half a phone number."""
    found = SimulatedPeople(simulation, simulation.fresh(LEADS, np.random.default_rng(SEED)), acme, SEED)
    found.write_templates(2)
    return found


@pytest.fixture
def inbox():
    with MailServer() as running:
        yield running


@pytest.fixture
def clients(account, inbox, twilio, settings, make_client):
    """Two that know the same people and share the agency's accounts."""
    settings.PUBLIC_URL = PUBLIC_URL
    account.options |= {"imap_host": "127.0.0.1", "imap_port": inbox.port, "imap_security": "none"}
    seal(account, {"imap_username": USER, "imap_password": PASSWORD})
    account.save()
    texts = account_at(twilio, account.agency, "sms")
    made = [make_client(name, postal_address="1 Collins St, Melbourne") for name in ("Acme", "Twin")]
    for client, mailer, number in zip(made, (MAILER, TWIN_MAILER), (OURS, "+61255500002"), strict=True):
        for channel, address, through in (("email", mailer, account), ("sms", number, texts)):
            Sender.objects.create(client=client, channel=channel, address=address, account=through, daily_cap=10_000)
    return made


@pytest.fixture
def acme(clients):
    return clients[0]


@pytest.fixture
def workers(acme, settings, tmp_path):
    """Two processes that send."""
    server = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.chaos.settings",
        "DATABASE_URL": server._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "SECRET_KEY": settings.SECRET_KEY,
        "CREDENTIAL_KEY": settings.CREDENTIAL_KEY[0],
        "SUPPRESSION_KEY": settings.SUPPRESSION_KEY,
        "LOG_LEVEL": "WARNING",
    }
    with (tmp_path / "log").open("wb") as log:
        command = [sys.executable, "manage.py", "run_sender", "--threads", "4"]
        running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) for _ in range(2)]  # noqa: S603
        yield running
        for one in running:
            one.terminate()
        assert [one.wait(30) for one in running] == [0, 0]


def run(*words, **options):
    call_command(*words, stdout=StringIO(), **options)


def bring_in(people, clients, folder):
    """The same file for both clients."""
    rows = [person_row(people.people, number, "new") for number in range(LEADS)]
    for number, row in enumerate(rows):
        row |= {"timezone": zone_at(DAY), "linkedin_url": "", ("phone" if number % 2 else "email"): ""}
    with (folder / "new.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    for client in clients:
        run("import_history", client.slug, leads=folder / "new.csv")


def founders(client):
    """What WHO says of founders, beside the pattern."""
    pattern = ConversionPattern.objects.for_client(client).get(pattern_type="who")
    [found] = [one for one in pattern.patterns["title_rankings"] if one["title"] == "Founder"]
    return found, pattern


def planted(simulation, people):
    """By how much more founders book than others, of all leads together: six touches each before, one each now."""
    chances = [simulation.chance(simulation.people, simulation.sends), WORLD.base * WORLD.lead_factor(people.people)]
    who = [those.title == TITLE_NAMES.index("Founder") for those in (simulation.people, people.people)]
    book = sum(chance[founder].sum() for chance, founder in zip(chances, who, strict=True))
    return book / sum(chance.mean() * founder.sum() for chance, founder in zip(chances, who, strict=True))


def plan_and_send(acme):
    """First touches go out at once; everything else stays as it was planned."""
    run("plan_leads", acme.slug, touches=2)
    touches = Activity.objects.for_client(acme).filter(touch_number=1, state="planned")
    assert touches.update(scheduled_at=now() - timedelta(minutes=1)) == LEADS
    assert poll(now()) == []
    states = Activity.objects.for_client(acme).filter(touch_number=1, lead__external_id__startswith="new-")
    wait_for("all are sent", lambda: not states.exclude(state="sent").exists(), 90, 0.2)
    return list(states.select_related("lead", "sender", "sequence").order_by("lead__external_id"))


class Outside:
    """The people's side: mails to our mailbox, text messages, clicks, meetings in the client's calendar."""

    def __init__(self, acme, live_server, twilio, mailbox, inbox):
        self.url, self.twilio, self.inbox = live_server.url, twilio, inbox
        self.mails = {recipients[0].casefold(): mail for _, recipients, mail in mailbox.received}
        self.texts = {row["key"]: row for row in twilio.taken}
        self.hook, self.secret = new_secret(acme)
        texts = Sender.objects.for_client(acme).get(channel="sms").account
        self.number, self.one_by_one = f"{PUBLIC_URL}/webhooks/twilio/{texts.pk}", Lock()

    def delivered(self, touch):
        assert self.twilio.report(self.texts[touch.idempotency_key]["sid"], "delivered") == 204

    def says(self, touch, text):
        if touch.channel == "sms":
            assert self.twilio.receive(self.number, touch.lead.phone, OURS, text)[0] == 200
        else:
            got = self.mails[touch.lead.email]
            answered = {"In_Reply_To": got["Message-ID"], "subject": f"Re: {got['Subject']}", "name": f"re-{touch.pk}"}
            with self.one_by_one:
                self.inbox.put(mail(text, sender=touch.lead.email, to=MAILER, **answered))

    def leaves(self, touch):
        if touch.channel == "sms":
            self.says(touch, "STOP")
        else:
            link = self.mails[touch.lead.email]["List-Unsubscribe"].split(">")[0].lstrip("<")
            self.post(link, {"List-Unsubscribe": "One-Click"})

    def books(self, touch):
        person = {"phone": touch.lead.phone} if touch.channel == "sms" else {"email": touch.lead.email}
        said = {"event": "meeting_booked", "booking": str(touch.pk), "occurred_at": now().isoformat(), **person}
        body = json.dumps(said).encode()
        headers = {"Booking-Signature": stamped(body, self.secret), "Content-Type": "application/json"}
        self.post(self.hook, body, headers)

    def post(self, url, body, headers=None):
        answer = requests.post(self.url + urlsplit(url).path, body, headers=headers, timeout=60)
        assert answer.status_code == 200, (url, answer.status_code)

    def answer(self, touch, arrivals):
        try:
            if touch.channel == "sms":
                self.delivered(touch)
            for one in arrivals:
                {
                    "replied": lambda: self.says(touch, one.text),  # noqa: B023 (called at once)
                    "unsubscribed": lambda: self.leaves(touch),
                    "meeting_booked": lambda: self.books(touch),
                }[one.kind]()
        finally:
            connections.close_all()


def days_pass(acme):
    """What was sent and answered just now lies so far back that learning may read it."""
    columns = {
        Activity: ("sent_at", "dispatched_at", "scheduled_at"),
        Event: ("occurred_at",),
        Lead: ("created_at", "status_at", "converted_at", "last_contacted_at"),
        Sequence: ("created_at",),
    }
    for model, names in columns.items():
        who = {"external_id__startswith": "new-"} if model is Lead else {"lead__external_id__startswith": "new-"}
        rows = model.objects.for_client(acme).filter(**who)
        rows.update(**{name: F(name) - MATURED for name in names})


def test_what_is_learned_from_real_answers_is_the_truth(
    people, clients, simulation, workers, twilio, mailbox, inbox, live_server, tmp_path
):
    acme, twin = clients
    load(simulation, acme.name, stdout=StringIO())
    Lead.objects.for_client(acme).update(phone="", email="", email_key="")  # else some would be the same people
    bring_in(people, clients, tmp_path)
    run("learn_patterns", acme.slug)
    before, first = founders(acme)
    assert before["status"] != "supported"

    touches = plan_and_send(acme)
    assert len(mailbox.received) == len(twilio.taken) == LEADS / 2
    met = {touch.pk: people.meet(touch, now(), None).arrivals for touch in touches}
    outside = Outside(acme, live_server, twilio, mailbox, inbox)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda touch: outside.answer(touch, met[touch.pk]), touches))
    assert poll(now()) == []

    heard(acme, twin, touches, met)
    days_pass(acme)
    run("learn_patterns", acme.slug)
    after, second = founders(acme)
    truth = planted(simulation, people)
    assert (second.version, second.sample_size) == (first.version + 1, first.sample_size + LEADS)
    assert (after["status"], after["lift_low"] <= truth <= after["lift_high"]) == ("supported", True)
    assert abs(after["lift"] - truth) < abs(before["lift"] - truth)
    assert after["lift_high"] / after["lift_low"] < before["lift_high"] / before["lift_low"]
    assert second.confidence > first.confidence
    assert not ConversionPattern.objects.for_client(twin).exists()


def heard(acme, twin, touches, met):
    """Each thing that people did is there once, their plans ended with it, and nobody else's did."""
    people = {key: [one for one in arrivals if one.text != OUT_OF_OFFICE] for key, arrivals in met.items()}
    did = Counter(one.kind for arrivals in people.values() for one in arrivals)
    did["delivered"] = sum(touch.channel == "sms" for touch in touches)
    new = Event.objects.for_client(acme).filter(lead__external_id__startswith="new-")
    found = Counter(new.exclude(kind="positive_reply").values_list("kind", flat=True))
    assert found == did
    assert min(did.values()) >= 5
    ended = {touch.lead_id for touch in touches if people[touch.pk]}
    rest = dict(Activity.objects.for_client(acme).filter(touch_number=2, state__in=["planned", "cancelled"])
                .filter(lead__external_id__startswith="new-").values_list("lead", "state"))  # fmt: skip
    assert {lead for lead, state in rest.items() if state == "cancelled"} == ended
    assert len(rest) == LEADS
    booked = new.filter(kind="meeting_booked")
    assert (
        Lead.objects.for_client(acme).filter(pk__in=booked.values("lead"), status="converted").count() == booked.count()
    )
    assert Activity.objects.for_client(acme).filter(led_to_booking=True, pk__in=met).count() == booked.count()
    assert not Event.objects.for_client(twin).exists()
    assert set(Lead.objects.for_client(twin).values_list("status", flat=True)) == {"new"}
