"""Asked about many touches at once, the guard says of each what it says of it alone."""

import pytest

from conversion.models import Agency, Suppression
from conversion.suppressions import forget
from engines.guard import examine, examine_all
from tests.engines.guarded import DAY, TUESDAY, client_of, mailbox, planned, reachable, sent

pytestmark = pytest.mark.django_db


def twin_of(client, slug, agency=None):
    """Another client with the same person and the same mailbox's address."""
    return type(client).objects.create(
        agency=agency or client.agency, name=slug, slug=slug, timezone=client.timezone, postal_address="1 High St"
    )


def queued(client, **fields):
    return planned(reachable(client, **fields), mailbox(client), idempotency_key=None)


@pytest.fixture
def touches(make_client):
    """The same person as a lead of four clients, the last one another agency's."""
    acme = client_of(make_client)
    elsewhere = Agency.objects.create(name="Southwind", slug="southwind")
    clients = [acme, twin_of(acme, "beta"), twin_of(acme, "gamma"), twin_of(acme, "delta", elsewhere)]
    return [queued(client) for client in clients]


def codes(touches):
    together = examine_all([touch.pk for touch in touches], TUESDAY)
    assert together == {touch.pk: examine(touch, TUESDAY) for touch in touches}
    return [getattr(together[touch.pk], "code", "go") for touch in touches]


def test_nothing_of_one_client_binds_another(touches):
    assert codes(touches) == ["go"] * 4
    Suppression.objects.create(client=touches[0].client, kind="email", value="jo@example.com")
    assert codes(touches) == ["suppressed", "go", "go", "go"]
    forget([("email", "jo@example.com")], touches[3].client)
    assert codes(touches) == ["suppressed", "go", "go", "suppressed"]
    Suppression.objects.create(agency=touches[0].client.agency, kind="domain", value="example.com")
    assert codes(touches) == ["suppressed"] * 4
    Suppression.objects.filter(client=touches[3].client).delete()
    assert codes(touches) == ["suppressed", "suppressed", "suppressed", "go"]


def test_each_leads_touches_and_each_senders_day_are_its_own(touches):
    first, second, third, _ = touches
    sent(first.lead, first.sender, TUESDAY - DAY / 24)
    assert codes(touches) == ["fatigue", "go", "go", "go"]
    type(first.sender).objects.filter(pk=second.sender_id, client=second.client).update(daily_cap=1)
    sent(reachable(second.client, external_id="L-2"), second.sender, TUESDAY - DAY / 24)
    assert codes(touches) == ["fatigue", "daily_cap", "go", "go"]
    third.lead.is_unsubscribed = True
    third.lead.save()
    assert codes(touches) == ["fatigue", "daily_cap", "unsubscribed", "go"]


def test_two_of_one_sender_and_one_lead(touches):
    """Neither has gone out, so neither stands in the other's way yet: the second question will."""
    first = touches[0]
    again = planned(first.lead, first.sender, idempotency_key=None)
    assert codes([first, again]) == ["go", "go"]


def test_two_statements_for_any_number(touches, django_assert_num_queries):
    with django_assert_num_queries(2):
        examine_all([touch.pk for touch in touches], TUESDAY)
    with django_assert_num_queries(2):
        examine(touches[0], TUESDAY)


def test_a_touch_that_is_gone_among_others(touches):
    gone, *others = touches
    gone.delete()
    found = examine_all([touch.pk for touch in (*others, planned(others[0].lead, None))], TUESDAY)
    assert len(found) == 4
    assert examine_all([], TUESDAY) == {}
