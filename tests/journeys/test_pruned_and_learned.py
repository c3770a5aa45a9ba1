"""What is taken away when it is old changes nothing that is learned."""

import io
from datetime import timedelta

import pytest

from conversion.clients import find_client
from conversion.models import Event
from engines.retention import KINDS, prune
from patterns.models import ConversionPattern, ConversionPatternHistory
from patterns.simulator.load import load
from patterns.simulator.world import simulate
from tests.patterns.test_learning import AS_OF, learned

pytestmark = pytest.mark.django_db


def test_the_same_bytes_before_and_after(db):
    load(simulate("all", leads=300, seed=5, as_of=AS_OF), "Acme", stdout=io.StringIO())
    client = find_client("Acme")
    lead = client.leads.first()
    opened = Event.objects.create(client=client, lead=lead, kind="opened", occurred_at=AS_OF - timedelta(days=200))
    before = learned(client)
    versions = ConversionPatternHistory.objects.for_client(client).count()
    counts = prune(dict.fromkeys(KINDS, 1), AS_OF + timedelta(days=3000))
    assert counts["events"] >= 1
    assert not Event.objects.for_client(client).filter(pk=opened.pk).exists()
    assert learned(client) == before
    assert ConversionPatternHistory.objects.for_client(client).count() > versions
    assert ConversionPattern.objects.for_client(client).count() > 0
