"""Doors for those who never sign in, while the web connects by its own role: each is shown what its key is good for."""

import pytest
from django.db import connection
from django.test import Client as Browser

from conversion import walls
from conversion.models import Activity, Client, Event, Suppression
from engines.unsubscribe import PATH, token_of
from tests.engines.webhooks.knocking import basic, encoded, post
from tests.factories import MONDAY
from tests.journeys.walls.world import SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def kinds(client):
    with walls.only(client.pk):
        return sorted(Event.objects.filter(client=client).values_list("kind", flat=True))


def test_a_provider_tells_of_its_accounts_touch(as_web):
    mine, said = as_web.mine, {"RecordType": "Delivery", "DeliveredAt": MONDAY.isoformat(), "Metadata": {}}
    path = f"/webhooks/postmark/{mine.account.pk}/tracking"
    assert post(path, encoded({**said, "MessageID": "m-1"}), **basic("hook:wrong")) == 401
    assert post(path, encoded({**said, "MessageID": "m-1"}), **basic(f"hook:{SECRET}")) == 200
    assert kinds(mine.client) == ["delivered", "replied"]
    assert kinds(as_web.neighbour.client) == ["replied"]  # whose message has the same id, at another account
    assert Client.objects.count() == 0  # nothing is shown any more


def test_a_link_unsubscribes_from_its_client(as_web):
    mine = as_web.mine
    address = f"/{PATH}{token_of(mine.touch)}"
    assert b"mine" in Browser().get(address).content
    assert Browser().post(address).status_code == 200
    with walls.lifted("operations"):
        listed = Suppression.objects.filter(value="ada@example.com").values_list("client", flat=True)
        assert list(listed) == [mine.client.pk]
        states = Activity.objects.filter(client=mine.client, pk__in=[mine.waiting.pk, mine.call.pk]).values_list(
            "state"
        )
        assert ("cancelled",) in states
    assert "unsubscribed" not in kinds(as_web.neighbour.client)


def test_figures_count_everybody(as_web, settings):
    settings.METRICS_TOKEN = "figures"  # noqa: S105 (made up)
    text = Browser().get("/metrics", headers={"Authorization": "Bearer figures"}).content.decode()
    assert 'agency_touches{state="unknown"} 3.0' in text


def test_a_connection_that_broke_shows_nothing(as_web):
    """Whoever forgets on a connection that cannot be told closes it."""
    walls.show(clients=[as_web.mine.client.pk])
    assert Client.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('agency_os.clients')")
        assert cursor.fetchone()[0] == str(as_web.mine.client.pk)
    walls.forget()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('agency_os.clients'), current_setting('agency_os.user')")
        assert cursor.fetchone() == ("", "")
