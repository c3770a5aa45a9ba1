"""What a load balancer is told."""

import socket

import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor

from engines.monitoring import probes

pytestmark = pytest.mark.django_db
ALL_FINE = {"status": "ok", "parts": {"database": "ok", "migrations": "ok"}}


@pytest.fixture(autouse=True)
def no_broker(settings):
    settings.REDIS_URL = ""


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_answers_by_whatever_name(client, path):
    response = client.get(path, headers={"Host": "10.1.2.3:8000"})
    assert response.status_code == 200
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert client.post(path).status_code == 405


def test_life_asks_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}


def test_ready(client):
    assert client.get("/readyz").json() == ALL_FINE


def test_a_database_that_is_away(client, monkeypatch):
    def away():
        raise OperationalError("could not connect to 10.0.0.1 as agency")

    monkeypatch.setattr(probes, "looked_at", away)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "failing", "parts": {"database": "no answer (OperationalError)"}}
    assert client.get("/healthz").status_code == 200


def test_migrations_that_are_missing(client, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [("one", False), ("two", False)])
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"] == {"database": "ok", "migrations": "2 to be applied: run `manage.py migrate`"}


def test_a_broker_that_is_away_is_told_and_may_be_left_out(client, settings):
    with socket.socket() as unused:  # bound, and nobody listens
        unused.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://:secret@127.0.0.1:{unused.getsockname()[1]}/0"
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["parts"]["broker"] == "no answer (ConnectionError)"
        without = client.get("/readyz?without=broker")
    assert (without.status_code, without.json()) == (200, ALL_FINE)


def test_a_broker_that_never_answers_is_not_waited_for(client, settings, monkeypatch):
    monkeypatch.setattr(probes, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        assert client.get("/readyz").json()["parts"]["broker"] == "no answer (TimeoutError)"
