"""An agency's aggregate: off until it is turned on, of at least five clients, and the only way from one to another."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.core.management import call_command
from scipy.special import expit

from conversion.models import Activity, Agency, Client, Lead
from conversion.vocabulary import PatternType
from patterns import learning, pooling
from patterns.detectors.findings import Abstention
from patterns.models import ConversionPattern, PooledWeights

pytestmark = pytest.mark.django_db
AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
SENT = AS_OF - timedelta(days=30)
LEADS = 90


def history(client, seed, leads=LEADS):
    """Leads with score components, one touch each, who convert by authority."""
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 6, (leads, 4)) * np.array([4, 5, 5, 3])
    books = rng.random(leads) < expit(-3 + points / np.array([20, 25, 25, 15]) @ np.array([0.2, 4.0, 0.3, 0.2]))
    columns = ("als_data_quality", "als_authority", "als_company_fit", "als_timing")
    rows = [
        Lead(
            client=client,
            external_id=str(number),
            status="converted" if booked else "contacted",
            status_at=SENT + timedelta(days=2) if booked else SENT,
            converted_at=SENT + timedelta(days=2) if booked else None,
            als_risk=0,
            **dict(zip(columns, own.tolist(), strict=True)),
        )
        for number, (own, booked) in enumerate(zip(points, books, strict=True))
    ]
    Lead.objects.bulk_create(rows)
    Activity.objects.bulk_create(
        Activity(
            client=client, lead=lead, channel="email", action="email_sent", state="sent", sent_at=SENT,
            led_to_booking=bool(booked),
        )
        for lead, booked in zip(rows, books, strict=True)
    )  # fmt: skip


@pytest.fixture
def family(agency):
    """Six clients of one agency that has pooling on, and a seventh that is small."""
    agency.pooling_enabled = True
    agency.save()
    made = [Client.objects.create(agency=agency, name=f"Client {n}", slug=f"client-{n}") for n in range(7)]
    for n, client in enumerate(made):
        history(client, seed=n, leads=LEADS if n < 6 else 25)
    return made


def who(client, as_of=AS_OF):
    return learning.learn(client, as_of).patterns[PatternType.WHO]


def test_a_small_client_borrows_from_the_others(agency, family):
    small = family[-1]
    assert isinstance(who(small), Abstention)
    row = pooling.renew(agency, AS_OF)
    assert (row.version, row.clients) == (1, 6)
    assert set(row.pool) == {"algorithm", "mean", "variance", "gain"}
    found = who(small)
    assert found["weights_evidence"]["borrowed"] == {"version": 1, "clients": 6, "p_better": row.pool["gain"]["share"]}
    assert found["recommended_weights"]["authority"] == pytest.approx(0.5, abs=0.05)
    small.refresh_from_db()
    assert small.als_learned_weights is None


def test_the_same_version_gives_the_same_bytes_and_another_client_changes_them_only_through_it(agency, family):
    pooling.renew(agency, AS_OF)
    before = json.dumps(who(family[-1]))
    history(family[0], seed=99, leads=0)
    Lead.objects.for_client(family[1]).update(status="contacted", converted_at=None)
    assert json.dumps(who(family[-1])) == before
    pooling.renew(agency, AS_OF)
    after = json.loads(json.dumps(who(family[-1])))
    assert after["weights_evidence"]["borrowed"]["version"] == 2


def test_off_nothing_is_pooled_and_nothing_is_lent(agency, family):
    pooling.renew(agency, AS_OF)
    agency.pooling_enabled = False
    agency.save()
    with pytest.raises(ValueError, match="pooling is off"):
        pooling.renew(agency, AS_OF)
    small = Client.objects.get(pk=family[-1].pk)
    assert pooling.borrowing(small, AS_OF) is None
    assert isinstance(who(small), Abstention)


def test_four_clients_are_too_few(agency, family):
    for client in family[:2]:
        client.is_paused = True
        client.save()
    found = pooling.renew(agency, AS_OF)
    assert isinstance(found, Abstention)
    assert "5 are needed" in found.reason
    assert not PooledWeights.objects.exists()


def test_another_agencys_clients_neither_lend_nor_borrow(agency, family):
    other = Agency.objects.create(name="Southwind", slug="southwind", pooling_enabled=True)
    stranger = Client.objects.create(agency=other, name="Stranger", slug="stranger")
    history(stranger, seed=50)
    assert pooling.renew(agency, AS_OF).clients == 6
    assert pooling.borrowing(stranger, AS_OF) is None


def test_a_look_back_borrows_no_later_facts(agency, family):
    pooling.renew(agency, AS_OF)
    assert pooling.borrowing(family[0], AS_OF - timedelta(seconds=1)) is None
    assert pooling.borrowing(family[0], AS_OF).version == 1


def test_learn_patterns_renews_the_aggregate_once(agency, family, capsys):
    call_command("learn_patterns", as_of=AS_OF)
    assert PooledWeights.objects.count() == 1
    assert "borrowed from what 6 clients have in common" in capsys.readouterr().out
    assert ConversionPattern.objects.for_client(family[-1]).filter(pattern_type=PatternType.WHO).exists()


def test_an_aggregate_of_a_look_back_does_not_replace_one_that_knows_more(agency, family):
    pooling.renew(agency, AS_OF)
    earlier = pooling.renew(agency, AS_OF - timedelta(days=1))
    assert earlier.version == 2
    assert pooling.borrowing(family[0], AS_OF).version == 1
    assert pooling.borrowing(family[0], AS_OF - timedelta(days=1)).version == 2
