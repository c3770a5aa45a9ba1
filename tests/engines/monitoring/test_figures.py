"""The figures are the rows', whoever they belong to, and name nobody."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now
from prometheus_client.parser import text_string_to_metric_families

from conversion import signs
from conversion.models import Callback, FlowPeriod, ProviderAccount, Sender, Sign
from engines.monitoring import figures
from patterns.models import ConversionPattern, HealthAlert, LearningRun
from tests.factories import lead, touch

pytestmark = pytest.mark.django_db
TOKEN = {"Authorization": "Bearer long-token"}


def read():
    """{(name, *labels' values): value}"""
    families = text_string_to_metric_families(figures.text().decode())
    return {
        (one.name.removeprefix("agency_"), *one.labels.values()): one.value
        for family in families
        for one in family.samples
    }


@pytest.fixture
def twins(make_client):
    """Two clients with the same touches."""
    made = [make_client("Acme"), make_client("Globex")]
    for one in made:
        sender = Sender.objects.create(client=one, channel="email", address=f"me@{one.slug}.example")
        person = lead(one, email=f"jo@{one.slug}.example", first_name="Josephine")
        fields = {"sender": sender, "due_at": now() - timedelta(minutes=10)}
        touch(person, state="queued", **fields)
        touch(person, state="held", reason_code="daily_cap", **fields)
        touch(person, state="unknown", dispatched_at=now() - timedelta(hours=1), **fields)
        touch(person, state="failed", sender=sender)
        touch(person, sender=sender, sent_at=now() - timedelta(minutes=5))
        touch(person, sender=sender, sent_at=now() - timedelta(hours=2))
        touch(person, sent_at=now() - timedelta(minutes=5))  # imported: nobody here sent it
        HealthAlert.objects.create(client=one, code="unknown_send", severity="high", message="1 message")
        HealthAlert.objects.create(client=one, code="drift", severity="medium", message="old", resolved_at=now())
    return made


def test_the_queue_of_all_clients(twins):
    found = read()
    states = {state: found["touches", state] for state in ("planned", "queued", "held", "unknown", "failed")}
    assert states == {"planned": 0, "queued": 2, "held": 2, "unknown": 2, "failed": 2}
    assert found["held", "daily_cap"] == 2
    assert found["sent_last_hour", "email"] == 2
    assert found["queue_age_seconds",] == pytest.approx(600, abs=30)
    assert found["unknown_age_seconds",] == pytest.approx(3600, abs=30)
    assert found["alerts_open", "unknown_send", "high"] == 2
    assert ("alerts_open", "drift", "medium") not in found


def test_an_idle_server(customer):
    found = read()
    assert found["queue_age_seconds",] == found["unknown_age_seconds",] == 0
    assert found["callbacks", "waiting"] == found["circuits_open",] == found["replies_unmatched",] == 0
    assert found["flow_runs_open", "pattern_learning_flow"] == 0


def test_learning_and_what_runs_by_itself(customer):
    at = now()
    for seconds in (2, 5):
        LearningRun.objects.create(
            client=customer, as_of=at, state="done", started_at=at - timedelta(seconds=seconds), finished_at=at
        )
    LearningRun.objects.create(client=customer, as_of=at, state="failed", started_at=at - timedelta(days=9))
    pattern = {"sample_size": 40, "confidence": 0.75, "algorithm": "who-1", "valid_until": at + timedelta(days=14)}
    ConversionPattern.objects.create(
        client=customer, pattern_type="who", version=1, patterns={}, computed_at=at, **pattern
    )
    FlowPeriod.objects.create(flow="pattern_learning_flow", period=at, state="done", finished_at=at)
    FlowPeriod.objects.create(flow="pattern_learning_flow", period=at + timedelta(days=7), state="queued")
    signs.beat("poll")
    Sign.objects.create(name="home", value="somewhere")
    found = read()
    assert (found["learning_runs", "done"], found["learning_seconds_longest",], found["learning_seconds",]) == (2, 5, 7)
    assert ("learning_runs", "failed") not in found
    assert found["learning_rows", "who"] == 40
    assert found["flow_done_timestamp_seconds", "pattern_learning_flow"] == pytest.approx(at.timestamp(), abs=1)
    assert found["flow_runs_open", "pattern_learning_flow"] == 1
    assert found["alive_timestamp_seconds", "poll"] == pytest.approx(at.timestamp(), abs=30)
    assert ("alive_timestamp_seconds", "home") not in found


def test_accounts_and_callbacks_in_trouble(agency):
    ProviderAccount.objects.create(agency=agency, channel="email", kind="smtp", name="Main", circuit_opened_at=now())
    Callback.objects.create(key="k", source="resend", kind="delivered", occurred_at=now(), state="waiting")
    found = read()
    assert (found["circuits_open",], found["callbacks", "waiting"]) == (1, 1)


def test_nobody_is_named(twins):
    text = figures.text().decode().casefold()
    assert [word for word in ("acme", "globex", "josephine", "@") if word in text] == []
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text) is None


def test_the_number_of_queries_does_not_grow(twins, django_assert_num_queries):
    with django_assert_num_queries(20 + (connection.vendor == "postgresql")):  # its time-out
        figures.text()


def test_the_page_needs_its_token(client, settings, customer):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers=TOKEN).status_code == 404
    settings.METRICS_TOKEN = "long-token"  # noqa: S105 (of this test)
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer \udce9"}).status_code == 401
    response = client.get("/metrics", headers={**TOKEN, "Host": "10.1.2.3:9100"})
    assert response.status_code == 200
    assert b"agency_queue_age_seconds 0.0" in response.content


def test_a_sign_of_life_is_written_now_and_then():
    signs.beat("poll")
    first = Sign.objects.get(name="poll").at
    signs.beat("poll")
    assert Sign.objects.get(name="poll").at == first
    Sign.objects.update(at=first - timedelta(minutes=1))
    signs.beat("poll")
    assert Sign.objects.get(name="poll").at >= first
